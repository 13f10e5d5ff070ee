//! A disk that is really full: what takes a right away is possible all the same.

use crate::{client::Client, small_disk::SmallDisk};
use serde_json::Value;
use std::fs;

/// Room on the disk beside the trained models, in MiB.
const ROOM_MIB: u64 = 5;

fn is_let_in(client: &Client) -> bool {
    match client.send("GET", "/v1/cases?limit=1", None, &Value::Null).status {
        200 => true,
        401 => false,
        status => panic!("{status}"),
    }
}

#[test]
fn on_a_full_disk_a_token_is_revoked_for_good() {
    let Some(disk) = SmallDisk::mount("full", ROOM_MIB) else { return };
    let served = disk.serve();
    let admin = served.client(fs::read_to_string(disk.seen("first-token")).unwrap().trim());
    let (first, second) = (admin.make("first", &["admin"], None), admin.make("second", &["admin"], None));
    let tokens = admin.get("/v1/tokens");
    let revoke = |name: &str| {
        let token = tokens.as_array().unwrap().iter().find(|token| token["name"] == name).unwrap();
        admin.send("DELETE", &format!("/v1/tokens/{}", token["id"].as_str().unwrap()), None, &Value::Null)
    };
    disk.fill("filler");
    let refused = (0..)
        .map(|n| admin.post("/v1/cases", &crate::client::opening(&format!("c{n}"), "hello")))
        .find(|got| !got.is_done());
    let refused = refused.unwrap();
    assert_eq!(
        (refused.status, refused.body["type"].as_str()),
        (507, Some("/problems/storage_full")),
        "{}",
        refused.body
    );
    assert!(is_let_in(&first) && is_let_in(&second));
    let gone = revoke("first");
    assert_eq!(gone.status, 204, "{}", gone.body);
    assert!(!is_let_in(&first));
    // Once that room is taken too, it is at least in force, and told as what it is.
    disk.fill("more");
    let gone = revoke("second");
    assert!(gone.status == 204 || gone.status == 507, "{}: {}", gone.status, gone.body);
    assert!(
        gone.status == 204 || gone.body["detail"].as_str().unwrap().contains("refused from now on"),
        "{}",
        gone.body
    );
    assert!(!is_let_in(&second) && is_let_in(&admin));
    // It dies, and starts again with room.
    drop(served);
    disk.remove("filler");
    disk.remove("more");
    let served = disk.serve();
    assert!(!is_let_in(&served.client(&first.token)), "it was revoked on the disk too");
    assert!(is_let_in(&served.client(&admin.token)));
    served.client(&admin.token).open("ann", "hello again");
    served.stop();
}
