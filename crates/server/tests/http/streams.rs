//! Streams: what happened to anything that has events is listed, followed and sent by kind and identifier.

use crate::{
    governance::something_of_each,
    harness::{Server, id},
};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};

#[test]
fn the_history_of_anything_that_has_events_is_listed_to_who_may_read_all_events() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin", "integration", "staff"]);
    something_of_each(&server, &lead);
    let case = lead.open("ann", "my card has not arrived");
    let list = |stream: &str, more: &str| lead.get(&format!("/v1/streams/{stream}/timeline{more}"));
    let kinds = |stream: &str| -> Vec<Value> {
        let listed = list(stream, "").body;
        listed["items"].as_array().unwrap().iter().map(|item| item["event"]["type"].clone()).collect()
    };
    assert_eq!(kinds("staff/ana"), ["staff_noted", "presence_set"]);
    assert_eq!(kinds("bundle/in_force"), ["bundle_activated"]);
    let token = lead.get("/v1/tokens").body[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(kinds(&format!("token/{token}")), ["token_made"]);
    // A case is told as it is elsewhere, with its words.
    let of_case = list(&format!("case/{}", id(&case)), "").body;
    assert_eq!(of_case, lead.get(&format!("/v1/cases/{}/timeline", id(&case))).body);
    assert_eq!(of_case["items"][0]["words"], "my card has not arrived");
    // Page by page.
    let first = list("staff/ana", "?limit=1").body;
    assert_eq!(first["items"].as_array().unwrap().len(), 1);
    let rest = list("staff/ana", &format!("?after={}", first["next"].as_str().unwrap())).body;
    assert_eq!(rest["items"][0]["event"]["presence"], "available");
    // What is not, and what can be none.
    assert_eq!(list("staff/nobody", "").status, 404);
    let refused = list("team/x", "");
    assert_eq!((refused.status, &refused.body["field"]), (422, &json!("stream")), "{}", refused.body);
    let nobody = server.client(&["responder"]);
    assert_eq!(nobody.get("/v1/streams/staff/ana/timeline").status, 403);
}

#[test]
fn one_stream_is_followed_alone_and_each_event_says_of_which_it_is() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin", "integration", "staff"]);
    let case = lead.open("ann", "my card has not arrived");
    something_of_each(&server, &lead);
    lead.open("bob", "my card has not arrived");
    let follow = |only: &str, count: usize| -> Vec<Value> {
        let request = lead.agent.get(format!("{}/v1/events?after=0{only}", lead.url));
        let request = request.header("authorization", format!("Bearer {}", lead.token));
        let lines = BufReader::new(request.call().unwrap().into_body().into_reader()).lines().map(Result::unwrap);
        let data = lines.filter_map(|line| Some(serde_json::from_str(line.strip_prefix("data: ")?).unwrap()));
        data.take(count).collect()
    };
    let newest = usize::try_from(lead.get("/readyz").body["records"].as_u64().unwrap()).unwrap();
    let all = follow("", newest);
    let of = |kind: &str, id: &str| -> Vec<Value> {
        let stream = json!({ "kind": kind, "id": id });
        all.iter().filter(|item| item["stream"] == stream).cloned().collect()
    };
    for (kind, name) in [("staff", "ana".to_owned()), ("case", id(&case))] {
        let wanted = of(kind, &name);
        assert!(wanted.len() >= 2, "{all:?}");
        assert_eq!(follow(&format!("&stream={kind}/{name}"), wanted.len()), wanted);
    }
    // Who knew cases alone finds them where they were.
    for item in &all {
        let case = if item["stream"]["kind"] == "case" { item["stream"]["id"].clone() } else { Value::Null };
        assert_eq!(item["case"], case, "{item}");
    }
    let refused = lead.get("/v1/events?stream=cas_1");
    assert_eq!((refused.status, &refused.body["field"]), (422, &json!("stream")), "{}", refused.body);
}
