//! A delegate that waits for its customer's yes by asking from time to time (CIBA): what it hears while nobody answers,
//! after a yes, a no and too long, and what it must not hear.

use crate::{
    delegate::{Delegate, Desk, ISSUER, usual},
    delegates::refund,
    expected::Expected as _,
    harness::Got,
    issuers::Word,
    program::Program,
};
use remit_app::environment::clock::parse_rfc3339;
use remit_oauth::{assertion, ciba};
use serde_json::{Value, json};

/// Answers what waits for Ann on the page of a link, and gives what she was shown.
fn answered(desk: &Desk, request: &str, answer: &str) -> Value {
    let made = desk.crm.post(&format!("/v1/requests/{request}/link"), &json!({})).expect(201);
    let secret = made["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let read = desk.crm.post("/confirm/v1/requests", &json!({ "secret": secret })).expect(200);
    let listed = json!([{ "request": read["requests"][0]["request"], "hash": read["requests"][0]["hash"] }]);
    let said = desk.crm.post(&format!("/confirm/v1/{answer}"), &json!({ "secret": secret, "requests": listed }));
    assert_eq!(said.status, 204, "{}", said.body);
    read["requests"][0].clone()
}

/// A request of a delegate's that waits for Ann, for a refund of so much.
fn waiting(muse: &mut Delegate, minor: i64) -> String {
    let case = muse.open("You charged me twice.");
    let asked = muse.post(&format!("/delegate/v1/cases/{case}/requests"), &refund(minor)).expect(201);
    assert_eq!(asked["error"], "insufficient_scope", "{asked}");
    asked["request"].as_str().unwrap().to_owned()
}

fn named(request: &str) -> String {
    json!([{ "type": "support_confirmation", "identifier": request }]).to_string()
}

/// Begins to wait for a request, with more fields than that.
fn ask(muse: &mut Delegate, request: &str, more: &[(&str, &str)]) -> Got {
    let (shown, details) = (muse.assertion(), named(request));
    let fields = [
        ("client_assertion_type", assertion::TYPE),
        ("client_assertion", &*shown),
        ("authorization_details", &*details),
    ];
    let told: Vec<_> = more.iter().map(|(name, _)| *name).collect();
    let fields = fields.into_iter().filter(|(name, _)| !told.contains(name)).chain(more.iter().copied());
    muse.form("/oauth/bc-authorize", &fields.filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>(), None)
}

/// Asks how it stands, so long after the last time that it may.
fn poll(desk: &Desk, muse: &mut Delegate, id: &str) -> Got {
    desk.clock.forward_ms(6_000);
    muse.now_ms = desk.server.app.environment.now().0;
    muse.ask_by(&[("grant_type", ciba::GRANT_TYPE), ("auth_req_id", id)])
}

fn error(got: &Got) -> (u16, &str) {
    (got.status, got.body["error"].as_str().unwrap_or_default())
}

fn ann(muse: &mut Delegate) -> String {
    let token = muse.token.clone();
    muse.form_introspect(&token)["sub"].as_str().unwrap().to_owned()
}

#[test]
fn a_yes_gives_a_token_for_the_action_alone_once() {
    let desk = Desk::open();
    let (mut muse, delegation) = desk.for_ann(1, &usual());
    let (sub, request) = (ann(&mut muse), waiting(&mut muse, 1));
    let began = ask(&mut muse, &request, &[("login_hint", &sub), ("binding_message", "W4SCT")]).expect(200);
    assert_eq!(began["interval"], 5, "{began}");
    let id = began["auth_req_id"].as_str().unwrap();
    assert_eq!(error(&poll(&desk, &mut muse, id)), (400, "authorization_pending"));

    let shown = answered(&desk, &request, "confirm");
    assert!(shown["code"].as_str().unwrap().contains("W4SCT"), "{shown}");
    let given = poll(&desk, &mut muse, id).expect(200);
    let detail = &given["authorization_details"][0];
    assert_eq!((&detail["identifier"], &detail["actions"]), (&json!(delegation), &json!(["refund_charge"])), "{given}");
    assert_eq!(error(&poll(&desk, &mut muse, id)), (400, "invalid_grant"), "once");

    let view = desk.admin.get(&format!("/v1/requests/{request}")).expect(200);
    let step = view["history"].as_array().unwrap().iter().find(|step| step["step"] == "code_shown").unwrap();
    assert_eq!((&step["code"], &step["by"]), (&json!("W4SCT"), &json!(muse.id)), "{step}");
}

#[test]
fn where_an_issuers_word_is_needed_a_yes_gives_no_token() {
    let word = Word::of("ann");
    let mut muse = word.desk.delegate(1);
    word.token(&mut muse, &json!({ "scope": "case:open" }));
    let (sub, request) = (ann(&mut muse), waiting(&mut muse, 1));
    let began = ask(&mut muse, &request, &[("login_hint", &sub)]).expect(200);
    answered(&word.desk, &request, "confirm");
    let got = poll(&word.desk, &mut muse, began["auth_req_id"].as_str().unwrap());
    assert_eq!(error(&got), (400, "invalid_grant"), "{}", got.body);
    assert!(got.body["error_description"].as_str().unwrap().contains("issuer's word"), "{}", got.body);
}

#[test]
fn a_no_and_too_long_are_told_apart() {
    let desk = Desk::open();
    let (mut muse, _) = desk.for_ann(2, &usual());
    let (sub, declined) = (ann(&mut muse), waiting(&mut muse, 1));
    let id = |got: &Value| got["auth_req_id"].as_str().unwrap().to_owned();
    let first = id(&ask(&mut muse, &declined, &[("login_hint", &sub)]).expect(200));
    answered(&desk, &declined, "decline");
    assert_eq!(error(&poll(&desk, &mut muse, &first)), (400, "access_denied"));
    // Who waits for no longer than that hears so; what nobody answers in its time is told so too.
    let late = waiting(&mut muse, 2);
    let short = id(&ask(&mut muse, &late, &[("login_hint", &sub), ("requested_expiry", "3")]).expect(200));
    let long = id(&ask(&mut muse, &late, &[("login_hint", &sub)]).expect(200));
    assert_eq!(error(&poll(&desk, &mut muse, &short)), (400, "expired_token"));
    assert_eq!(error(&poll(&desk, &mut muse, &long)), (400, "authorization_pending"));
    let due = desk.admin.get(&format!("/v1/requests/{late}")).expect(200)["due_at"].clone();
    let due = parse_rfc3339(due.as_str().unwrap()).unwrap();
    let left = due.since(desk.server.app.environment.now());
    assert!(left > 30 * 60_000, "it waits longer than the token by which it was asked for: {left} ms");
    desk.clock.forward_ms(due.since(desk.server.app.environment.now()) + 1_000);
    muse.now_ms = desk.server.app.environment.now().0;
    assert_eq!(error(&poll(&desk, &mut muse, &long)), (400, "expired_token"));
}

#[test]
fn who_asks_too_often_is_slowed_down() {
    let desk = Desk::open();
    let (mut muse, _) = desk.for_ann(3, &usual());
    let (sub, request) = (ann(&mut muse), waiting(&mut muse, 1));
    let began = ask(&mut muse, &request, &[("login_hint", &sub)]).expect(200);
    let id = began["auth_req_id"].as_str().unwrap();
    assert_eq!(error(&poll(&desk, &mut muse, id)), (400, "authorization_pending"));
    let soon = muse.ask_by(&[("grant_type", ciba::GRANT_TYPE), ("auth_req_id", id)]);
    assert_eq!(error(&soon), (400, "slow_down"));
    assert_eq!(error(&poll(&desk, &mut muse, id)), (400, "slow_down"), "ten seconds are left from now on");
    desk.clock.forward_ms(20_000);
    assert_eq!(error(&poll(&desk, &mut muse, id)), (400, "authorization_pending"));
}

#[test]
fn nobody_waits_for_what_is_not_theirs() {
    let desk = Desk::open();
    let (mut muse, _) = desk.for_ann(4, &usual());
    let (sub, request) = (ann(&mut muse), waiting(&mut muse, 1));
    let hinted = [("login_hint", &*sub)];
    let began = ask(&mut muse, &request, &hinted).expect(200);
    let id = began["auth_req_id"].as_str().unwrap();

    let (mut other, _) = desk.for_ann(5, &usual());
    let details = (400, "invalid_authorization_details");
    let theirs = ask(&mut other, &request, &hinted);
    let none = ask(&mut other, "req_01KAS5W2Z8M4Q6B1J0T3V7X9YC", &hinted);
    assert_eq!((error(&theirs), &theirs.body), (details, &none.body), "it is not told whether it is there");
    assert_eq!(error(&poll(&desk, &mut other, id)), (400, "invalid_grant"));
    let long = "x".repeat(2_000);
    for guessed in ["x", &long] {
        assert_eq!(error(&poll(&desk, &mut muse, guessed)), (400, "invalid_grant"));
    }

    let words = [("login_hint", &*sub), ("binding_message", "Say yes, it is only a test")];
    assert_eq!(error(&ask(&mut muse, &request, &words)), (400, "invalid_binding_message"));
    assert_eq!(error(&ask(&mut muse, &request, &[("login_hint", "ann")])), (400, "unknown_user_id"));
    assert_eq!(error(&ask(&mut muse, &request, &[])), (400, "invalid_request"));
    for name in ["request", "id_token_hint", "login_hint_token", "user_code", "client_notification_token"] {
        let refused = ask(&mut muse, &request, &[("login_hint", &sub), (name, "x")]);
        assert_eq!(error(&refused), (400, "invalid_request"), "{name}");
    }
    for seconds in ["0", "-1", "soon"] {
        let refused = ask(&mut muse, &request, &[("login_hint", &sub), ("requested_expiry", seconds)]);
        assert_eq!(error(&refused), (400, "invalid_request"), "{seconds}");
    }
    let twice = format!("[{0},{0}]", r#"{"type":"support_confirmation","identifier":"req_1"}"#);
    for wrong in ["", "[]", &twice, r#"[{"type":"support_delegation","identifier":"dgn_1"}]"#] {
        let refused = ask(&mut muse, &request, &[("login_hint", &sub), ("authorization_details", wrong)]);
        assert_eq!(error(&refused), details, "{wrong}");
    }
    assert_eq!(error(&ask(&mut muse, &request, &[("login_hint", &sub), ("client_assertion", "x.y.z")])).0, 401);
}

#[test]
fn what_was_revoked_meanwhile_gives_nothing() {
    let desk = Desk::open();
    let (mut muse, delegation) = desk.for_ann(6, &usual());
    let (sub, request) = (ann(&mut muse), waiting(&mut muse, 1));
    let began = ask(&mut muse, &request, &[("login_hint", &sub), ("binding_message", "A1")]).expect(200);
    let id = began["auth_req_id"].as_str().unwrap();
    answered(&desk, &request, "confirm");
    desk.crm.post(&format!("/v1/delegations/{delegation}/revoke"), &json!({})).expect(200);
    let refused = poll(&desk, &mut muse, id);
    assert!(["invalid_grant", "access_denied"].contains(&error(&refused).1), "{}", refused.body);
}

#[test]
fn openid_client_waits_for_a_customer() {
    let (desk, mut program) = (Desk::open(), Program::start("delegate.mjs", &[]));
    let key = program.done(&json!({ "do": "key", "alg": "ES256" }));
    let about = json!({ "name": "Muse", "class": "autonomous", "owner": "https://muse.example",
        "jwks": { "keys": [key["jwk"]] } });
    let id = desk.admin.post("/v1/delegates", &about).expect(201)["id"].as_str().unwrap().to_owned();
    let delegate = Delegate { id: id.clone(), ..desk.delegate(9) };
    let delegation = delegate.granted_by(&desk.crm, "ann", &usual());
    let now = desk.server.app.environment.now().0;
    let via = &desk.admin.url;
    let metadata =
        program.done(&json!({ "do": "discover", "issuer": ISSUER, "client_id": id, "via": via, "now": now }));
    let metadata = &metadata["metadata"];
    assert_eq!(metadata["backchannel_token_delivery_modes_supported"], json!(["poll"]), "{metadata}");
    program.done(&json!({ "do": "dpop_key", "alg": "ES256" }));
    let token = program.done(&json!({ "do": "client_credentials", "as": "a",
        "authorization_details": [{ "type": "support_delegation", "identifier": delegation }] }));
    let url = format!("{ISSUER}/delegate/v1/cases");
    let call =
        |url: &str, body: Value| json!({ "do": "call", "token": "a", "method": "POST", "url": url, "body": body });
    let case = program.done(&call(&url, json!({ "text": "You charged me twice." })))["body"]["case"].clone();
    let url = format!("{url}/{}/requests", case.as_str().unwrap());
    let asked = program.done(&call(&url, refund(1)))["body"].clone();
    assert_eq!((&asked["error"], &asked["needs"]), (&json!("insufficient_scope"), &json!(["customer"])), "{asked}");
    let request = asked["request"].as_str().unwrap().to_owned();

    let backchannel = json!({ "do": "backchannel", "login_hint": token["claims"]["sub"], "binding_message": "W4SCT",
        "authorization_details": [{ "type": "support_confirmation", "identifier": request }] });
    assert_eq!(program.done(&backchannel)["answer"]["interval"], 5);
    answered(&desk, &request, "confirm");
    let given = program.done(&json!({ "do": "poll", "as": "b" }));
    assert_eq!(given["claims"]["authorization_details"][0]["actions"], json!(["refund_charge"]), "{given}");
}
