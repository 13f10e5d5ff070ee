//! Customers asked by way of their browser: a delegate sends it, the organisation says who signed in, and a code comes
//! back that is worth something to that delegate alone, once, within a minute.

use crate::{
    delegate::{BACK, Delegate, Desk, ISSUER, SIGN_IN, encoded, once, page_in},
    harness::{Client, Got},
};
use remit_oauth::{client::ClientKey, pkce::Challenge};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a verifier is made of.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// What a delegate's usual request has, changed by `with`: a parameter without a value is left out.
pub(crate) fn query(muse: &Delegate, with: &[(&str, &str)]) -> String {
    let challenge = Challenge::of(VERIFIER).unwrap().to_string();
    let details = json!([{ "type": "support_delegation", "actions": ["refund_charge"],
        "constraints": { "max_amount": { "currency": "GBP", "minor": 5_000 }, "max_count": 2 } }]);
    let details = details.to_string();
    let mut all = BTreeMap::from([
        ("response_type", "code"),
        ("client_id", &*muse.id),
        ("redirect_uri", BACK),
        ("state", "of-muse"),
        ("code_challenge", &*challenge),
        ("code_challenge_method", "S256"),
        ("scope", "case:open case:read"),
        ("authorization_details", &*details),
    ]);
    all.extend(with.iter().copied());
    let pairs = all.iter().filter(|(_, value)| !value.is_empty());
    pairs.map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

/// Where a browser is sent that asks this.
pub(crate) fn sent(client: &Client, query: &str) -> Got {
    let asked = client.agent.get(format!("{}/oauth/authorize?{query}", client.url));
    let response = asked.config().max_redirects(0).max_redirects_will_error(false).build().call().unwrap();
    Got { status: response.status().as_u16(), headers: response.headers().clone(), body: Value::Null }
}

fn location(got: &Got) -> String {
    assert_eq!(got.status, 303);
    got.headers["location"].to_str().unwrap().to_owned()
}

/// The parameters of an address.
fn parameters(address: &str) -> BTreeMap<String, String> {
    let query = address.split_once('?').unwrap().1;
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// A browser that was sent to where customers sign in: its cookie, and what it came with.
fn signing_in(desk: &Desk, query: &str) -> (String, String) {
    let got = sent(&desk.crm, query);
    let address = location(&got);
    assert!(address.starts_with(&format!("{SIGN_IN}&authorization=")), "{address}");
    let cookie = got.headers["set-cookie"].to_str().unwrap();
    for part in ["__Host-", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    (cookie.split(';').next().unwrap().to_owned(), parameters(&address)["authorization"].clone())
}

/// The secret of the page that asks Ann, once the organisation said that it is her.
fn asked(desk: &Desk, authorization: &str) -> String {
    let made = desk.crm.post("/v1/authorizations", &json!({ "authorization": authorization, "customer": "ann" }));
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
}

/// Where Ann's browser goes on to when she says yes.
fn granted(desk: &Desk, cookie: &str, secret: &str) -> String {
    let shown = page_in(&desk.crm, cookie, "read", &json!({ "secret": secret }));
    assert_eq!(shown.status, 200, "{}", shown.body);
    let yes = json!({ "secret": secret, "hash": shown.body["hash"], "seen_ms": 5_000 });
    let accepted = page_in(&desk.crm, cookie, "accept", &yes);
    assert_eq!(accepted.status, 200, "{}", accepted.body);
    accepted.body["redirect"].as_str().unwrap().to_owned()
}

/// Where Ann's browser goes on to that a delegate sent with this query, when she says yes.
pub(crate) fn granted_by_ann(desk: &Desk, query: &str) -> String {
    let (cookie, authorization) = signing_in(desk, query);
    granted(desk, &cookie, &asked(desk, &authorization))
}

/// A code of Ann's for a delegate.
pub(crate) fn code(desk: &Desk, query: &str) -> String {
    let address = granted_by_ann(desk, query);
    assert!(address.starts_with(&format!("{BACK}?code=")), "{address}");
    let came = parameters(&address);
    assert_eq!((&*came["state"], &*came["iss"]), ("of-muse", ISSUER));
    came["code"].clone()
}

pub(crate) fn redeemed(muse: &mut Delegate, code: &str, redirect_uri: &str, verifier: &str) -> Got {
    muse.ask_by(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier),
    ])
}

#[test]
fn a_customer_who_signed_in_grants_a_delegate_what_it_asked_for() {
    let desk = Desk::open();
    let mut muse = desk.delegate(41);
    let code = code(&desk, &query(&muse, &[]));
    let got = redeemed(&mut muse, &code, BACK, VERIFIER);
    assert_eq!(got.status, 200, "{}", got.body);
    assert_eq!((&got.body["scope"], &got.body["token_type"]), (&json!("case:open case:read"), &json!("DPoP")));
    let detail = &got.body["authorization_details"][0];
    assert_eq!((&detail["actions"], &detail["constraints"]["max_count"]), (&json!(["refund_charge"]), &json!(2)));
    muse.token = got.body["access_token"].as_str().unwrap().to_owned();
    let case = muse.open("I was charged twice for a card payment, please give me my money back");
    assert_eq!(muse.get(&format!("/delegate/v1/cases/{case}")).status, 200);
    // The next token is for the same delegation.
    muse.get_token(detail["identifier"].as_str().unwrap());
}

#[test]
fn a_no_is_brought_back_as_one() {
    let desk = Desk::open();
    let muse = desk.delegate(42);
    let (cookie, authorization) = signing_in(&desk, &query(&muse, &[]));
    let secret = asked(&desk, &authorization);
    let refused = page_in(&desk.crm, &cookie, "refuse", &json!({ "secret": secret }));
    let came = parameters(refused.body["redirect"].as_str().unwrap());
    assert_eq!((&*came["error"], &*came["state"], &*came["iss"]), ("access_denied", "of-muse", ISSUER));
    assert_eq!(desk.admin.get("/v1/customers/ann/delegations").body, json!([]));
}

#[test]
fn nobody_is_sent_where_a_delegate_is_not_registered() {
    let desk = Desk::open();
    let muse = desk.delegate(43);
    for with in [
        ("redirect_uri", "https://evil.example/back"),
        ("redirect_uri", "https://muse.example/back/../x"),
        ("redirect_uri", "https://muse.example/back?x=1"),
        ("redirect_uri", "https://muse.example.evil.example/back"),
        ("redirect_uri", "//muse.example/back"),
        ("redirect_uri", ""),
        ("client_id", "dlg_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        ("client_id", ""),
    ] {
        let got = sent(&desk.crm, &query(&muse, &[with]));
        assert_eq!((got.status, got.headers.get("location")), (422, None), "{with:?}");
    }
    let twice = format!("{}&client_id=x", query(&muse, &[]));
    assert_eq!(sent(&desk.crm, &twice).status, 422);
    assert_eq!(desk.admin.post(&format!("/v1/delegates/{}/suspend", muse.id), &json!({})).status, 200);
    assert_eq!(sent(&desk.crm, &query(&muse, &[])).status, 422);
}

#[test]
fn what_cannot_be_asked_for_is_brought_back_with_why() {
    let desk = Desk::open();
    let muse = desk.delegate(44);
    let detail = |change: Value| {
        let mut detail = json!({ "type": "support_delegation", "actions": ["refund_charge"] });
        detail.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        json!([detail]).to_string()
    };
    let long = "x".repeat(513);
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "unsupported_response_type"),
        ("response_mode", "fragment", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("request", "eyJhbGciOiJub25lIn0.e30.", "invalid_request"),
        ("request_uri", "https://evil.example/r", "invalid_request"),
        ("dpop_jkt", "short", "invalid_request"),
        ("state", &long, "invalid_request"),
        ("resource", "https://other.example", "invalid_target"),
        ("scope", "case:open admin", "invalid_scope"),
        ("scope", "case:read", "invalid_scope"),
        ("authorization_details", &detail(json!({ "actions": ["steal"] })), "invalid_authorization_details"),
        ("authorization_details", &detail(json!({ "locations": ["x"] })), "invalid_authorization_details"),
        (
            "authorization_details",
            &detail(json!({ "constraints": { "max_speed": 3 } })),
            "invalid_authorization_details",
        ),
        (
            "authorization_details",
            &detail(json!({ "constraints": { "not_after": "2020-01-01T00:00:00Z" } })),
            "invalid_authorization_details",
        ),
        (
            "authorization_details",
            &detail(json!({ "constraints": { "max_amount": { "currency": "USD", "minor": 1 } } })),
            "invalid_authorization_details",
        ),
        (
            "authorization_details",
            &detail(json!({ "identifier": "dgn_01ARZ3NDEKTSV4RRFFQ69G5FAV" })),
            "invalid_authorization_details",
        ),
    ] {
        let address = location(&sent(&desk.crm, &query(&muse, &[(name, value)])));
        assert!(address.starts_with(BACK), "{address}");
        let came = parameters(&address);
        assert_eq!((&*came["error"], &*came["iss"]), (error, ISSUER), "{name}={value}: {came:?}");
        assert_eq!(came.get("state").map(String::as_str), (name != "state").then_some("of-muse"), "{name}={value}");
        assert!(!came.contains_key("code"), "{came:?}");
    }
}

#[test]
fn what_was_begun_in_one_browser_is_answered_in_no_other() {
    let desk = Desk::open();
    let muse = desk.delegate(45);
    let (cookie, authorization) = signing_in(&desk, &query(&muse, &[]));
    let (others, _) = signing_in(&desk, &query(&muse, &[]));
    let secret = asked(&desk, &authorization);
    for cookies in ["", &*others, "__Host-remit-authorization="] {
        for path in ["read", "refuse", "accept"] {
            let body = match path {
                "accept" => json!({ "secret": secret, "hash": "0".repeat(64) }),
                _ => json!({ "secret": secret }),
            };
            assert_eq!(page_in(&desk.crm, cookies, path, &body).status, 410, "{cookies} {path}");
        }
    }
    assert_eq!(page_in(&desk.crm, &cookie, "read", &json!({ "secret": secret })).status, 200);
    // Whoever signs in is named by a program, with what came from here, in time.
    let ask = |client: &Client, authorization: &str| {
        client.post("/v1/authorizations", &json!({ "authorization": authorization, "customer": "ann" })).status
    };
    assert_eq!(ask(&desk.server.client(&["lead"]), &authorization), 403);
    let (body, stamp) = authorization.split_once('.').unwrap();
    let (first, rest) = body.split_at(1);
    let changed = format!("{}{rest}.{stamp}", if first == "e" { "f" } else { "e" });
    for wrong in [&*changed, body, "", "a.b", &format!("{body}.{}", "A".repeat(43))] {
        assert_eq!(ask(&desk.crm, wrong), 422, "{wrong}");
    }
    desk.clock.forward_ms(15 * 60_000);
    assert_eq!(ask(&desk.crm, &authorization), 422);
}

#[test]
fn a_code_is_good_once_for_who_asked_and_for_a_minute() {
    let desk = Desk::open();
    let (mut muse, mut other) = (desk.delegate(46), desk.delegate(47));
    let error = |got: &Got| (got.status, got.body["error"].as_str().unwrap_or_default().to_owned());
    let grant = |error: &str| (400, error.to_owned());
    let usual = query(&muse, &[]);
    let good = code(&desk, &usual);
    assert_eq!(redeemed(&mut muse, &good, BACK, VERIFIER).status, 200);
    assert_eq!(error(&redeemed(&mut muse, &good, BACK, VERIFIER)), grant("invalid_grant"));
    // Whatever it is tried with once, it is over: by another delegate, for another address, or with a guess.
    let stolen = code(&desk, &usual);
    assert_eq!(error(&redeemed(&mut other, &stolen, BACK, VERIFIER)), grant("invalid_grant"));
    assert_eq!(error(&redeemed(&mut muse, &stolen, BACK, VERIFIER)), grant("invalid_grant"));
    let moved = code(&desk, &usual);
    assert_eq!(error(&redeemed(&mut muse, &moved, "https://muse.example/other", VERIFIER)), grant("invalid_grant"));
    let guessed = code(&desk, &usual);
    let guess = VERIFIER.replace('X', "x");
    assert_eq!(error(&redeemed(&mut muse, &guessed, BACK, &guess)), grant("invalid_grant"));
    assert_eq!(error(&redeemed(&mut muse, &guessed, BACK, VERIFIER)), grant("invalid_grant"));
    assert_eq!(error(&redeemed(&mut muse, &once(), BACK, VERIFIER)), grant("invalid_grant"));
    assert_eq!(error(&redeemed(&mut muse, &"x".repeat(9_000), BACK, VERIFIER)), grant("invalid_grant"));
    // Where it is bound to a key, it is of no use with another.
    let key = ClientKey::ed25519(&[99; 32]).unwrap();
    let bound = code(&desk, &query(&muse, &[("dpop_jkt", key.public().thumbprint())]));
    assert_eq!(error(&redeemed(&mut muse, &bound, BACK, VERIFIER)), grant("invalid_dpop_proof"));
    let own = code(&desk, &query(&muse, &[("dpop_jkt", muse.key.public().thumbprint())]));
    assert_eq!(redeemed(&mut muse, &own, BACK, VERIFIER).status, 200);
    let late = code(&desk, &usual);
    desk.clock.forward_ms(60_000);
    muse.now_ms += 60_000;
    assert_eq!(error(&redeemed(&mut muse, &late, BACK, VERIFIER)), grant("invalid_grant"));
    for missing in ["code", "redirect_uri", "code_verifier"] {
        let all = [("code", "x"), ("redirect_uri", BACK), ("code_verifier", VERIFIER)];
        let mut fields = vec![("grant_type", "authorization_code")];
        fields.extend(all.into_iter().filter(|(name, _)| *name != missing));
        assert_eq!(error(&muse.ask_by(&fields)), grant("invalid_request"), "{missing}");
    }
}
