//! Customers' own AI agents: what a customer granted and policy allows, and no more.

use crate::{
    changed_rows::found,
    delegate::{Delegate, Desk, ISSUER, once, page, usual},
    expected::Expected as _,
    harness::{Got, Server},
};
use remit_oauth::{assertion, client::ClientKey, dpop::ProofRequest};
use serde_json::{Value, json};

/// What is answered once it is so.
fn until(mut ask: impl FnMut() -> Got, is: impl Fn(&Got) -> bool) -> Got {
    loop {
        let got = ask();
        if is(&got) {
            return got;
        }
        std::thread::yield_now();
    }
}

pub(crate) fn refund(minor: i64) -> Value {
    let amount = json!({ "minor": minor, "currency": "GBP" });
    json!({ "action": "refund_charge", "arguments": { "charge_id": "charge-1020-1-2", "amount": amount } })
}

#[test]
fn a_delegate_does_what_was_granted_and_the_customer_says_yes_to_what_it_asks_for() {
    let desk = Desk::open();
    let muse = desk.delegate(1);
    // What the customer reads is what they grant.
    let secret = muse.asked_of(&desk.crm, "ann", &usual());
    let shown = page(&desk.crm, "read", &json!({ "secret": secret, "language": "en-GB" })).body;
    assert_eq!(shown["title"], "May Muse act for you at Northgate Bank?");
    assert!(shown["who"].as_str().unwrap().contains("https://muse.example"), "{shown}");
    assert!(shown["can"].to_string().contains("Open requests to us."), "{shown}");
    assert!(shown["limits"].to_string().contains("At most 50.00 GBP each time."), "{shown}");
    let other = page(&desk.crm, "accept", &json!({ "secret": secret, "hash": "0".repeat(64) }));
    assert_eq!((other.status, &other.body["field"]), (422, &json!("hash")));
    let accepted = page(&desk.crm, "accept", &json!({ "secret": secret, "hash": shown["hash"], "seen_ms": 9_000 }));
    assert_eq!((accepted.status, &accepted.body["state"]), (200, &json!("active")), "{}", accepted.body);
    let delegation = accepted.body["id"].as_str().unwrap().to_owned();
    for path in ["read", "refuse"] {
        assert_eq!(page(&desk.crm, path, &json!({ "secret": secret })).status, 410, "a link is used once");
    }

    let mut muse = muse;
    muse.get_token(&delegation);
    let case = muse.open("I was charged twice for a card payment, please give me my money back");
    let asked = muse.post(&format!("/delegate/v1/cases/{case}/requests"), &refund(1));
    assert_eq!(asked.status, 201, "{}", asked.body);
    assert_eq!((&asked.body["state"], &asked.body["error"]), (&json!("waiting"), &json!("insufficient_scope")));
    assert_eq!(asked.body["needs"], json!(["customer"]), "{}", asked.body);
    let watch = asked.body["watch"].as_str().unwrap().to_owned();
    assert_eq!(muse.get(&watch).body["state"], "waiting");

    // The customer says yes by a link of their own, and it is carried out.
    let request = asked.body["request"].as_str().unwrap();
    let link = desk.crm.post(&format!("/v1/requests/{request}/link"), &json!({})).body;
    let secret = link["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let client = desk.server.client_with("");
    let read = client.post("/confirm/v1/requests", &json!({ "secret": secret })).body;
    assert!(read["requests"][0]["asked_by"].as_str().unwrap().contains("Muse, which acts for you"), "{read}");
    let listed = json!([{ "request": request, "hash": read["requests"][0]["hash"] }]);
    let said = client.post("/confirm/v1/confirm", &json!({ "secret": secret, "requests": listed }));
    assert_eq!(said.status, 204, "{}", said.body);
    let done = until(|| muse.get(&watch), |got| got.body["state"] == "done");
    assert_eq!(done.body["effect"]["agrees"], "agrees", "{}", done.body);

    // It is on record who asked for whom by which consent.
    let timeline = desk.admin.get(&format!("/v1/streams/request/{request}/timeline")).body.to_string();
    for part in [muse.id.as_str(), delegation.as_str(), "\"kind\":\"delegate\"", "autonomous"] {
        assert!(timeline.contains(part), "{part} is not in {timeline}");
    }
    let granted = desk.admin.get(&format!("/v1/streams/delegation/{delegation}/timeline")).body.to_string();
    assert!(granted.contains("delegation_granted") && granted.contains("\"seen_ms\":9000"), "{granted}");
    let told = muse.get(&format!("/delegate/v1/cases/{case}"));
    assert_eq!(told.body["messages"][0]["author"], "you", "{}", told.body);
    assert_eq!(muse.get("/delegate/v1/cases").body["items"][0]["case"], case.as_str());
}

#[test]
fn what_was_revoked_counts_no_more_at_the_next_call() {
    let desk = Desk::open();
    let (mut muse, delegation) = desk.for_ann(2, &usual());
    let case = muse.open("when does my card arrive?");
    let path = format!("/delegate/v1/cases/{case}");
    assert_eq!(muse.get(&path).status, 200);
    let suspended = desk.admin.post(&format!("/v1/delegates/{}/suspend", muse.id), &json!({}));
    assert_eq!(suspended.body["state"], "suspended");
    assert_eq!(muse.get(&path).status, 401);
    assert_eq!(muse.ask_for(&json!([{ "type": "support_delegation", "identifier": delegation }]), &[]).status, 401);
    desk.admin.post(&format!("/v1/delegates/{}/resume", muse.id), &json!({}));
    assert_eq!(muse.get(&path).status, 200);
    let listed = desk.admin.get("/v1/customers/ann/delegations").body;
    assert_eq!((&listed[0]["id"], &listed[0]["state"]), (&json!(delegation), &json!("active")));
    let ended = desk.crm.post(&format!("/v1/delegations/{delegation}/revoke"), &json!({}));
    assert_eq!((&ended.body["state"], &ended.body["cause"]), (&json!("revoked"), &json!("organisation")));
    let refused = muse.get(&path);
    assert_eq!((refused.status, &refused.body["error"]), (401, &json!("invalid_token")), "{}", refused.body);
    assert!(refused.headers["www-authenticate"].to_str().unwrap().contains("error=\"invalid_token\""));
    let refused = muse.ask_for(&json!([{ "type": "support_delegation", "identifier": delegation }]), &[]);
    assert_eq!(refused.body["error"], "invalid_authorization_details", "{}", refused.body);
}

#[test]
fn a_request_is_void_once_the_delegation_that_it_was_asked_under_has_ended() {
    let desk = Desk::open();
    let (mut muse, delegation) = desk.for_ann(3, &usual());
    let case = muse.open("please give me my money back");
    let asked = muse.post(&format!("/delegate/v1/cases/{case}/requests"), &refund(2)).body;
    let request = asked["request"].as_str().unwrap().to_owned();
    let link = desk.crm.post(&format!("/v1/requests/{request}/link"), &json!({})).body;
    let secret = link["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let client = desk.server.client_with("");
    let read = client.post("/confirm/v1/requests", &json!({ "secret": secret })).body;
    // What is asked for under another delegation on the same case waits on.
    let other = muse.granted_by(&desk.crm, "ann", &usual());
    muse.get_token(&other);
    let others = muse.open("and for that one too");
    let asked = muse.post(&format!("/delegate/v1/cases/{others}/requests"), &refund(2)).body;
    let waits_on = asked["request"].as_str().unwrap().to_owned();
    desk.crm.post(&format!("/v1/delegations/{delegation}/revoke"), &json!({}));
    // Nobody has to say yes to it first.
    let path = format!("/v1/requests/{request}");
    let ended = until(|| desk.admin.get(&path), |got| got.body["state"] == "withdrawn");
    assert_eq!(ended.body["void"], "asker", "{}", ended.body);
    let listed = json!([{ "request": request, "hash": read["requests"][0]["hash"] }]);
    let late = client.post("/confirm/v1/confirm", &json!({ "secret": secret, "requests": listed }));
    assert!([409, 410].contains(&late.status), "{}", late.body);
    assert_eq!(desk.admin.get(&format!("/v1/requests/{waits_on}")).body["state"], "waiting");
    desk.crm.post(&format!("/v1/delegations/{other}/revoke"), &json!({}));
    until(|| desk.admin.get(&format!("/v1/requests/{waits_on}")), |got| got.body["state"] == "withdrawn");
    assert_eq!(found(desk.server.stop().path()), [""; 0]);
}

#[test]
fn nobody_says_yes_to_a_request_after_its_delegation_has_ended() {
    let desk = Desk::open();
    let mut grant = usual();
    grant["days"] = json!(1);
    let (mut muse, _) = desk.for_ann(13, &grant);
    desk.clock.forward_ms(24 * 3_600_000 - 120_000);
    muse.now_ms = desk.server.app.environment.now().0;
    let delegation = desk.admin.get("/v1/customers/ann/delegations").body[0]["id"].as_str().unwrap().to_owned();
    muse.get_token(&delegation);
    let case = muse.open("please give me my money back");
    let asked = muse.post(&format!("/delegate/v1/cases/{case}/requests"), &refund(2)).expect(201);
    let path = format!("/v1/requests/{}", asked["request"].as_str().unwrap());
    assert_eq!(desk.admin.get(&path).body["state"], "waiting");
    desk.clock.forward_ms(120_000);
    // The tokens of before have ended too.
    let admin = desk.server.client(&["admin"]);
    until(|| admin.get(&path), |got| got.body["state"] == "expired");
}

#[test]
fn limits_are_counted_over_all_that_is_asked_at_once() {
    let desk = Desk::open();
    let grant = json!({
        "scopes": ["case:open", "case:read"], "actions": ["refund_charge"],
        "limits": {
            "max_total": { "minor": 250, "currency": "GBP" }, "max_amount": { "minor": 100, "currency": "GBP" },
        },
    });
    let (mut muse, _) = desk.for_ann(4, &grant);
    let case = muse.open("please give me my money back");
    let path = format!("/delegate/v1/cases/{case}/requests");
    let large = muse.post(&path, &refund(101));
    assert_eq!((large.status, &large.body["type"]), (409, &json!("/problems/limit_reached")), "{}", large.body);
    assert!(large.body["detail"].as_str().unwrap().contains("1.00 GBP"), "{}", large.body);
    let cases: Vec<String> = (0..10).map(|_| muse.open("and this one")).collect();
    let answers: Vec<(u16, Value)> = std::thread::scope(|scope| {
        let asking: Vec<_> = cases
            .iter()
            .map(|case| {
                let mut muse = muse.clone();
                scope.spawn(move || {
                    let got = muse.post(&format!("/delegate/v1/cases/{case}/requests"), &refund(100));
                    (got.status, got.body)
                })
            })
            .collect();
        asking.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    let taken = answers.iter().filter(|(status, _)| *status == 201).count();
    assert_eq!(taken, 2, "{answers:#?}");
    assert!(answers.iter().all(|(status, body)| *status == 201 || body["type"] == "/problems/limit_reached"));
    // What is taken back is given back.
    let first = answers.iter().find(|(status, _)| *status == 201).unwrap().1["watch"].as_str().unwrap().to_owned();
    let back = muse.ask("post", &format!("{first}/withdraw"), None);
    assert_eq!((back.status, &back.body["state"]), (200, &json!("withdrawn")), "{}", back.body);
    assert_eq!(muse.post(&path, &refund(100)).status, 201);
}

#[test]
fn proofs_that_prove_nothing_are_refused() {
    let desk = Desk::open();
    let (muse, _) = desk.for_ann(5, &usual());
    let (path, url) = ("/delegate/v1/cases", format!("{ISSUER}/delegate/v1/cases"));
    let bearer = format!("DPoP {}", muse.token);
    let thief = ClientKey::ed25519(&[99; 32]).unwrap();
    let asked = |method: &'static str, url: &'static str| ProofRequest { method, url, access_token: Some(&muse.token) };
    let here: &'static str = Box::leak(url.into_boxed_str());
    let proof = |key: &ClientKey, asked: &ProofRequest<'_>, nonce: Option<&str>, at: i64| {
        key.proof(asked, nonce, &once(), at).unwrap()
    };
    let (nonce, now) = (Some(muse.nonce.as_str()), muse.now_ms);
    let get = asked("GET", here);
    let plain = |header: &Value, claims: &Value| muse.key.sign(header, claims).unwrap();
    let jwk = muse.key.public().to_json();
    let claims = json!({ "jti": once(), "htm": "GET", "htu": here, "iat": now / 1_000, "nonce": muse.nonce });
    let no_ath = plain(&json!({ "typ": "dpop+jwt", "jwk": jwk }), &claims);
    let no_alg = {
        let signed = proof(&muse.key, &get, nonce, now);
        let (_, rest) = signed.split_once('.').unwrap();
        let header = json!({ "typ": "dpop+jwt", "alg": "none", "jwk": jwk }).to_string();
        format!("{}.{}.", base64url(header.as_bytes()), rest.split_once('.').unwrap().0)
    };
    let good = proof(&muse.key, &get, nonce, now);
    assert_eq!(muse.send("get", path, &[("authorization", &bearer), ("dpop", &good)], None).status, 200);
    for (what, proof, error) in [
        ("the thief has no key", proof(&thief, &get, nonce, now), "invalid_token"),
        ("sent before", good, "invalid_dpop_proof"),
        ("another method", proof(&muse.key, &asked("POST", here), nonce, now), "invalid_dpop_proof"),
        (
            "another address",
            proof(&muse.key, &asked("GET", "https://support.northgate.example/v1/cases"), nonce, now),
            "invalid_dpop_proof",
        ),
        (
            "another host",
            proof(&muse.key, &asked("GET", "https://evil.example/delegate/v1/cases"), nonce, now),
            "invalid_dpop_proof",
        ),
        ("too old", proof(&muse.key, &get, nonce, now - 301_000), "invalid_dpop_proof"),
        ("from tomorrow", proof(&muse.key, &get, nonce, now + 86_400_000), "invalid_dpop_proof"),
        ("no nonce", proof(&muse.key, &get, None, now), "use_dpop_nonce"),
        ("a nonce of one's own", proof(&muse.key, &get, Some("abc"), now), "use_dpop_nonce"),
        ("of no token", no_ath, "invalid_dpop_proof"),
        ("signed by nobody", no_alg, "invalid_dpop_proof"),
        ("no proof at all", String::new(), "invalid_dpop_proof"),
    ] {
        let got = muse.send("get", path, &[("authorization", &bearer), ("dpop", &proof)], None);
        assert_eq!(got.status, 401, "{what}: {}", got.body);
        let challenge = got.headers["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains(&format!("error=\"{error}\"")), "{what}: {challenge}");
        assert!(got.headers.contains_key("dpop-nonce"), "{what}");
    }
    // Neither the token alone, nor a token of staff.
    let alone = muse.send("get", path, &[("authorization", &format!("Bearer {}", muse.token))], None);
    assert_eq!(alone.status, 401);
    assert_eq!(desk.admin.get(path).status, 401);
    let as_staff = desk.server.client_with(&muse.token);
    assert_eq!(as_staff.get("/v1/cases").status, 401);
    let _ = &desk.clock;
}

fn base64url(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn tokens_are_given_for_no_more_than_is_granted() {
    let desk = Desk::open();
    let (mut muse, delegation) = desk.for_ann(6, &usual());
    let (mut other, _) = desk.for_ann(7, &usual());
    let detail = |more: Value| {
        let mut detail = json!({ "type": "support_delegation", "identifier": delegation });
        detail.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([detail])
    };
    let limit = |limit: Value| detail(json!({ "actions": ["refund_charge"], "constraints": limit }));
    for (what, details) in [
        ("another action", detail(json!({ "actions": ["pay_goodwill"] }))),
        ("more at once", limit(json!({ "max_amount": { "minor": 5_001, "currency": "GBP" } }))),
        ("another currency", limit(json!({ "max_amount": { "minor": 1, "currency": "EUR" } }))),
        ("more often", limit(json!({ "max_count": 4 }))),
        ("for longer", limit(json!({ "not_after": "2030-01-01T00:00:00Z" }))),
        ("an unknown constraint", limit(json!({ "max_speed": 3 }))),
        ("an unknown type", json!([{ "type": "payment", "identifier": delegation }])),
        ("two at once", json!([detail(json!({}))[0], detail(json!({}))[0]])),
        ("none", json!([])),
        ("a delegation that there is not", json!([{ "type": "support_delegation", "identifier": "dgn_x" }])),
    ] {
        let got = muse.ask_for(&details, &[]);
        assert_eq!(
            (got.status, &got.body["error"]),
            (400, &json!("invalid_authorization_details")),
            "{what}: {}",
            got.body
        );
    }
    let got = muse.ask_for(&detail(json!({})), &[("scope", "case:read admin")]);
    assert_eq!(got.body["error"], "invalid_scope", "{}", got.body);
    let got = muse.ask_for(&detail(json!({})), &[("resource", "https://evil.example/mcp")]);
    assert_eq!(got.body["error"], "invalid_target", "{}", got.body);
    let got = muse.ask_for(&detail(json!({})), &[("audience", ISSUER), ("audience", ISSUER)]);
    assert_eq!(got.status, 200, "{}", got.body);
    // Another delegate has nothing of it, though it is the same customer's.
    let got = other.ask_for(&detail(json!({})), &[]);
    assert_eq!(got.body["error"], "invalid_authorization_details", "{}", got.body);
    // A token that was narrowed stays so.
    let got = muse.ask_for(&detail(json!({ "actions": ["freeze_card"] })), &[("scope", "case:read case:open")]);
    assert_eq!((got.status, &got.body["scope"]), (200, &json!("case:open case:read")), "{}", got.body);
    assert_eq!(got.body["expires_in"], 300);
    muse.token = got.body["access_token"].as_str().unwrap().to_owned();
    let case = muse.open("please freeze my card");
    let refused = muse.post(&format!("/delegate/v1/cases/{case}/requests"), &refund(1));
    assert_eq!((refused.status, &refused.body["action"]), (403, &json!("refund_charge")), "{}", refused.body);
    let refused = muse.post(&format!("/delegate/v1/cases/{case}/messages"), &json!({ "text": "and this" }));
    assert_eq!((refused.status, &refused.body["scope"]), (403, &json!("case:write")), "{}", refused.body);
    let challenge = refused.headers["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains("insufficient_scope") && challenge.contains("scope=\"case:write\""), "{challenge}");
}

#[test]
fn a_token_s_own_limits_hold_and_what_others_ask_for_is_not_a_delegates() {
    let desk = Desk::open();
    let (mut muse, delegation) = desk.for_ann(20, &usual());
    let limits = json!({ "max_amount": { "minor": 100, "currency": "GBP" }, "max_count": 1 });
    let detail = json!([{ "type": "support_delegation", "identifier": delegation, "constraints": limits }]);
    let wide = muse.token.clone();
    muse.token = muse.ask_for(&detail, &[]).body["access_token"].as_str().unwrap().to_owned();
    let case = muse.open("please give me my money back");
    let path = format!("/delegate/v1/cases/{case}/requests");
    for (minor, status) in [(101, 409), (100, 201), (1, 409)] {
        let got = muse.post(&path, &refund(minor));
        assert_eq!(got.status, status, "{minor}: {}", got.body);
    }
    muse.token = wide;
    assert_eq!(muse.post(&path, &refund(101)).status, 201);
    // What a lead asks for on the same case is not the delegate's to see or take back.
    let asked = desk.server.client(&["lead"]).post(&format!("/v1/cases/{case}/requests"), &refund(3));
    assert_eq!(asked.status, 201, "{}", asked.body);
    let path = format!("/delegate/v1/requests/{}", asked.body["id"].as_str().unwrap());
    assert_eq!(muse.get(&path).status, 404);
    assert_eq!(muse.ask("post", &format!("{path}/withdraw"), None).status, 404);
    // Who is erased is represented by nobody, and grants nothing by a link that was made before.
    let secret = muse.asked_of(&desk.crm, "zoe", &usual());
    let of_zoe = muse.granted_by(&desk.crm, "zoe", &usual());
    let erased = desk.admin.post("/v1/customers/erase", &json!({ "customer": "zoe" }));
    assert_eq!((erased.status, &erased.body["cases"]), (200, &json!(0)), "who has no words may have granted something");
    assert_eq!(desk.admin.get("/v1/customers/zoe/delegations").body[0]["cause"], "erasure");
    assert_eq!(page(&desk.crm, "read", &json!({ "secret": secret })).status, 410);
    let got = muse.ask_for(&json!([{ "type": "support_delegation", "identifier": of_zoe }]), &[]);
    assert_eq!(got.body["error"], "invalid_authorization_details", "{}", got.body);
}

#[test]
fn clients_prove_who_they_are() {
    let desk = Desk::open();
    let (mut muse, delegation) = desk.for_ann(8, &usual());
    let thief = ClientKey::ed25519(&[98; 32]).unwrap();
    let details = json!([{ "type": "support_delegation", "identifier": delegation }]).to_string();
    let (issuer, now) = (ISSUER, muse.now_ms);
    let used = muse.assertion();
    for (what, assertion) in [
        ("the key of another", thief.assertion(&muse.id, issuer, &once(), now).unwrap()),
        ("for another server", muse.key.assertion(&muse.id, "https://evil.example", &once(), now).unwrap()),
        ("of nobody", muse.key.assertion("dlg_01ARZ3NDEKTSV4RRFFQ69G5FAV", issuer, &once(), now).unwrap()),
        ("expired", muse.key.assertion(&muse.id, issuer, &once(), now - 600_000).unwrap()),
        ("no assertion", "x.y.z".to_owned()),
        ("first time", used.clone()),
        ("second time", used),
    ] {
        let proof = muse.proof("POST", "/oauth/token", None);
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", assertion::TYPE),
            ("client_assertion", &assertion),
            ("authorization_details", &details),
        ];
        let got = muse.form("/oauth/token", &fields, Some(&proof));
        let expected = if what == "first time" { 200 } else { 401 };
        assert_eq!(got.status, expected, "{what}: {}", got.body);
        assert!(expected == 200 || got.body["error"] == "invalid_client", "{what}: {}", got.body);
    }
    let secret = [("grant_type", "client_credentials"), ("client_id", &*muse.id.clone()), ("client_secret", "guess")];
    let got = muse.form("/oauth/token", &secret, None);
    assert_eq!((got.status, &got.body["error"]), (401, &json!("invalid_client")), "{}", got.body);
    let got = muse.form("/oauth/token", &[("grant_type", "password")], None);
    assert_eq!(got.body["error"], "unsupported_grant_type", "{}", got.body);
    let got = muse.form("/oauth/token", &[("grant_type", "a"), ("grant_type", "b")], None);
    assert_eq!(got.body["error"], "invalid_request", "{}", got.body);

    // A token is asked about and revoked by who has it, and by nobody else.
    let (mut other, _) = desk.for_ann(9, &usual());
    let ask = |client: &mut Delegate, path: &str, token: &str| {
        let assertion = client.assertion();
        let fields = [("client_assertion_type", assertion::TYPE), ("client_assertion", &*assertion), ("token", token)];
        client.form(path, &fields, None)
    };
    let token = muse.token.clone();
    let said = ask(&mut muse, "/oauth/introspect", &token);
    assert_eq!((said.status, &said.body["active"]), (200, &json!(true)), "{}", said.body);
    assert_eq!((&said.body["act"]["sub"], &said.body["client_id"]), (&json!(muse.id), &json!(muse.id)));
    assert_eq!(ask(&mut other, "/oauth/introspect", &token).body, json!({ "active": false }));
    assert_eq!(ask(&mut other, "/oauth/revoke", &token).status, 200);
    assert_eq!(muse.get("/delegate/v1/cases").status, 200);
    assert_eq!(ask(&mut muse, "/oauth/revoke", &token).status, 200);
    assert_eq!(ask(&mut muse, "/oauth/introspect", &token).body, json!({ "active": false }));
    assert_eq!(muse.get("/delegate/v1/cases").status, 401);
    // Five minutes later no token counts that was given out before.
    muse.get_token(&delegation);
    assert_eq!(muse.get("/delegate/v1/cases").status, 200);
    desk.clock.forward_ms(301_000);
    muse.now_ms += 301_000;
    let _ = muse.get("/delegate/v1/cases");
    let late = muse.get("/delegate/v1/cases");
    assert!(late.body["detail"].as_str().unwrap().contains("expired"), "{}", late.body);
}

#[test]
fn of_what_is_not_theirs_delegates_learn_nothing() {
    let desk = Desk::open();
    let (mut muse, _) = desk.for_ann(10, &usual());
    let mut other = desk.delegate(11);
    let of_ben = other.granted_by(&desk.crm, "ben", &usual());
    other.get_token(&of_ben);
    let case = other.open("my card has not arrived");
    let asked = other.post(
        &format!("/delegate/v1/cases/{case}/requests"),
        &json!({ "action": "freeze_card", "arguments": { "card_id": "card-1009-1-1" } }),
    );
    let request = asked.body["request"].as_str().unwrap_or("req_01ARZ3NDEKTSV4RRFFQ69G5FAV").to_owned();
    // Neither another customer's, nor one's own customer's that was opened by them elsewhere.
    let elsewhere = desk.crm.open("ann", "my card has not arrived")["id"].as_str().unwrap().to_owned();
    let there_is_none = "cas_01ARZ3NDEKTSV4RRFFQ69G5FAV";
    let read: Vec<(u16, Value)> = [case.as_str(), elsewhere.as_str(), there_is_none]
        .into_iter()
        .map(|case| {
            let got = muse.get(&format!("/delegate/v1/cases/{case}"));
            (got.status, got.body)
        })
        .collect();
    assert!(read.iter().all(|answer| *answer == read[0]), "{read:#?}");
    assert_eq!(read[0].0, 404);
    for case in [&case, &elsewhere] {
        assert_eq!(muse.post(&format!("/delegate/v1/cases/{case}/messages"), &json!({ "text": "x" })).status, 404);
        assert_eq!(muse.post(&format!("/delegate/v1/cases/{case}/requests"), &refund(1)).status, 404);
    }
    let theirs = muse.get(&format!("/delegate/v1/requests/{request}"));
    let none = muse.get("/delegate/v1/requests/req_01ARZ3NDEKTSV4RRFFQ69G5FAV");
    assert_eq!((theirs.status, &theirs.body), (404, &none.body));
    // A question is a question: nothing can be requested on it.
    let question = muse.post("/delegate/v1/cases", &json!({ "text": "when are you open?", "question": true })).body;
    let question = question["case"].as_str().unwrap();
    let refused = muse.post(&format!("/delegate/v1/cases/{question}/requests"), &refund(1));
    assert_eq!(refused.status, 409, "{}", refused.body);
    // What is denied tells nothing of whose it is.
    let case = muse.open("please freeze a card");
    let theirs = json!({ "action": "freeze_card", "arguments": { "card_id": "card-1009-1-1" } });
    let none = json!({ "action": "freeze_card", "arguments": { "card_id": "card-9999-1-1" } });
    let told = |muse: &mut Delegate, what: &Value| {
        let got = muse.post(&format!("/delegate/v1/cases/{case}/requests"), what);
        (got.status, got.body["state"].clone(), got.body["error"].clone(), got.body["shown"].clone())
    };
    assert_eq!(told(&mut muse, &theirs), told(&mut muse, &none));
}

#[test]
fn what_is_announced_is_what_there_is() {
    let desk = Desk::open();
    let read = |path: &str| {
        let mut response = desk.admin.agent.get(format!("{}{path}", desk.server.url)).call().unwrap();
        let body = response.body_mut().read_to_vec().unwrap();
        (response.status().as_u16(), serde_json::from_slice::<Value>(&body).unwrap_or_default())
    };
    let (status, server) = read("/.well-known/oauth-authorization-server");
    assert_eq!((status, &server["issuer"]), (200, &json!(ISSUER)), "{server}");
    assert_eq!(server["token_endpoint"], format!("{ISSUER}/oauth/token"));
    assert_eq!(server["dpop_signing_alg_values_supported"], json!(["ES256", "EdDSA"]));
    assert_eq!(server["authorization_endpoint"], format!("{ISSUER}/oauth/authorize"));
    assert_eq!(server["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(server["authorization_response_iss_parameter_supported"], true);
    let (_, resource) = read("/.well-known/oauth-protected-resource");
    assert_eq!(
        (&resource["authorization_servers"][0], &resource["dpop_bound_access_tokens_required"]),
        (&json!(ISSUER), &json!(true))
    );
    let (_, keys) = read("/oauth/jwks");
    assert_eq!(keys["keys"].as_array().unwrap().len(), 3, "{keys}");
    assert!(!keys.to_string().contains("\"d\""));
    // A server that does not know where it is found gives out nothing.
    let nowhere = Server::start();
    let got =
        nowhere.client(&["admin"]).agent.get(format!("{}/.well-known/oauth-authorization-server", nowhere.url)).call();
    assert_eq!(got.unwrap().status().as_u16(), 404);
}
