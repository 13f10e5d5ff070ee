//! People who work here see where they are signed in, and end what they do not know.

use crate::{
    hands::OwnClock,
    harness::{Got, Server},
    sessions::{Browser, record, with_account},
};
use serde_json::{Value, json};

fn listed(browser: &Browser) -> Vec<Value> {
    let told = browser.get("/sign-in/v1/sessions");
    assert_eq!((told.status, &told.headers["cache-control"]), (200, &"private, no-store".parse().unwrap()));
    told.body.as_array().unwrap().clone()
}

fn end(browser: &Browser, id: &Value) -> Got {
    let path = format!("/sign-in/v1/sessions/{}", id.as_str().unwrap());
    browser.send("delete", &path, &[("x-remit-csrf", &browser.csrf)], None)
}

#[test]
fn somebody_sees_where_they_are_signed_in_and_ends_one_or_all_others() {
    let (clock, data) = (OwnClock::new(), tempfile::tempdir().unwrap());
    let server = Server::start_at(data, &clock);
    let admin = server.client(&["admin"]);
    with_account(&server, &admin, "cleo", &["lead"]);
    with_account(&server, &admin, "dora", &["lead"]);
    let old = Browser::signed_in(&server, "cleo");
    clock.forward_ms(60_000);
    let [phone, this] = ["cleo"; 2].map(|name| Browser::signed_in(&server, name));
    let dora = Browser::signed_in(&server, "dora");
    let from = [("x-forwarded-for", "198.51.100.7"), ("user-agent", "Firefox <b>on</b> a phone")];
    assert_eq!(phone.send("get", "/sign-in/v1/session", &from, None).status, 200);
    let seen = listed(&this);
    assert_eq!(seen.len(), 3, "dora's is none of hers: {seen:?}");
    let is_this: Vec<bool> = seen.iter().map(|one| one["is_this"].as_bool().unwrap()).collect();
    assert_eq!(is_this.iter().filter(|this| **this).count(), 1);
    let of_phone = seen.iter().find(|one| one["address"] == "198.51.100.7").unwrap();
    assert_eq!((&of_phone["browser"], &of_phone["way"]), (&json!("Firefox <b>on</b> a phone"), &json!("password")));
    assert!(of_phone["used_at"].as_str().unwrap() >= of_phone["started_at"].as_str().unwrap());
    let of_old = seen.last().unwrap();
    assert!(of_old["used_at"].as_str() < of_phone["used_at"].as_str(), "{seen:?}");
    assert!(!format!("{seen:?}").contains(this.cookie.as_deref().unwrap().split_once('=').unwrap().1));
    // A long name is cut.
    let long = "x".repeat(1_000);
    assert_eq!(old.send("get", "/sign-in/v1/session", &[("user-agent", long.as_str())], None).status, 200);
    let cut = listed(&this);
    assert!(cut.iter().any(|one| one["browser"].as_str().is_some_and(|name| name == "x".repeat(160))), "{cut:?}");

    // One's own alone, and by one's own page.
    assert_eq!(end(&dora, &of_phone["id"]).status, 404);
    assert_eq!(end(&Browser { csrf: String::new(), ..this.clone() }, &of_phone["id"]).status, 403);
    assert_eq!((end(&this, &of_phone["id"]).status, end(&this, &of_phone["id"]).status), (204, 404));
    let status = |browser: &Browser| browser.get("/v1/cases").status;
    assert_eq!([&phone, &old, &this, &dora].map(status), [401, 200, 200, 200]);
    assert_eq!(record(&admin, "cleo").last().unwrap(), "session_ended ended");
    assert_eq!(this.post("/sign-in/v1/sessions/end-others", &json!({})).status, 204);
    assert_eq!([&old, &this, &dora].map(status), [401, 200, 200]);
    let own = listed(&this);
    assert_eq!(own.len(), 1);
    assert_eq!((end(&this, &own[0]["id"]).status, status(&this)), (204, 401));
    assert_eq!(admin.get("/sign-in/v1/sessions").status, 401, "a token has no session");
}
