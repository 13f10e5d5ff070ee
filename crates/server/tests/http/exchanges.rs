//! What a delegate was granted, given on to another one: less, for no longer, for the same customer, and stopped with
//! it.

use crate::{
    delegate::{Delegate, Desk, ISSUER, once, usual},
    expected::put,
    harness::Got,
};
use remit_oauth::{assertion, client::ClientKey};
use serde_json::{Value, json};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

fn refund(minor: i64) -> Value {
    let amount = json!({ "minor": minor, "currency": "GBP" });
    json!({ "action": "refund_charge", "arguments": { "charge_id": "charge-1020-1-2", "amount": amount } })
}

/// What a delegate signs that is to act for another one.
fn actor(of: &Delegate) -> String {
    of.key.actor(&of.id, ISSUER, &once(), of.now_ms).unwrap()
}

/// Exchanges the token of `from`, with these fields changed or added.
fn exchange(from: &mut Delegate, with: &[(&str, &str)]) -> Got {
    let token = from.token.clone();
    let mut fields = vec![("grant_type", EXCHANGE), ("subject_token", &*token), ("subject_token_type", ACCESS_TOKEN)];
    for field in with {
        fields.retain(|(name, _)| name != &field.0);
        if !field.1.is_empty() {
            fields.push(*field);
        }
    }
    from.ask_by(&fields)
}

/// Gives on what `detail` and `scope` say.
pub(crate) fn given(from: &mut Delegate, to: &Delegate, scope: &str, detail: &Value) -> Got {
    let (signed, details) = (actor(to), json!([detail]).to_string());
    exchange(
        from,
        &[("actor_token", &signed), ("actor_token_type", JWT), ("scope", scope), ("authorization_details", &details)],
    )
}

pub(crate) fn detail(change: Value) -> Value {
    let mut detail = json!({ "type": "support_delegation" });
    detail.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    detail
}

/// A delegate with the token that it was given, and the delegation that it is of.
fn taken(from: &Delegate, to: &Delegate, got: &Got) -> (Delegate, String) {
    assert_eq!(got.status, 200, "{}", got.body);
    let token = got.body["access_token"].as_str().unwrap().to_owned();
    let id = got.body["authorization_details"][0]["identifier"].as_str().unwrap().to_owned();
    (Delegate { token, nonce: from.nonce.clone(), ..to.clone() }, id)
}

fn error(got: &Got) -> &str {
    assert_eq!(got.status, 400, "{}", got.body);
    got.body["error"].as_str().unwrap()
}

#[test]
fn what_is_given_on_is_less_and_counts_with_what_it_is_of() {
    let desk = Desk::open();
    let (mut muse, root) = desk.for_ann(51, &usual());
    let helper = desk.delegate(52);
    let less = detail(json!({ "actions": ["refund_charge"], "constraints": { "max_count": 2 } }));
    let got = given(&mut muse, &helper, "case:open case:read", &less);
    assert_eq!(got.body["issued_token_type"], ACCESS_TOKEN);
    assert_eq!((&got.body["scope"], &got.body["token_type"]), (&json!("case:open case:read"), &json!("DPoP")));
    let (mut helper, child) = taken(&muse, &helper, &got);
    assert_ne!(child, root);
    let case = helper.open("I was charged twice for a card payment, please give me my money back");
    let asks = format!("/delegate/v1/cases/{case}/requests");
    assert_eq!(helper.post(&asks, &json!({ "action": "freeze_card", "arguments": {} })).status, 403);
    assert_eq!(helper.post(&asks, &refund(5_001)).status, 409, "what the customer granted holds for all");
    assert_eq!(helper.post(&asks, &refund(1)).status, 201);
    // Both see it: it was opened under what the customer granted. Each takes back what it asked for itself.
    assert_eq!(muse.get(&format!("/delegate/v1/cases/{case}")).status, 200);
    // Three in all: one by the helper, two by Muse, and no more by either.
    for minor in [2, 3] {
        assert_eq!(muse.post(&asks, &refund(minor)).status, 201);
    }
    assert_eq!(helper.post(&asks, &refund(4)).status, 409);
    assert_eq!(muse.post(&asks, &refund(5)).status, 409);
    // It gets the next token for itself, and the same again is no other delegation.
    helper.get_token(&child);
    let got = given(&mut muse, &helper, "case:open case:read", &less);
    let (_, again) = taken(&muse, &helper, &got);
    assert_eq!(again, child);
    let claims = muse.form_introspect(&helper.token);
    assert_eq!(claims["active"], false, "nobody asks about another's");

    // Suspending who stands between stops it, and revoking what it is of ends it.
    let path = format!("/v1/delegates/{}", muse.id);
    assert_eq!(desk.admin.post(&format!("{path}/suspend"), &json!({})).status, 200);
    assert_eq!(helper.get("/delegate/v1/cases").status, 401);
    assert_eq!(desk.admin.post(&format!("{path}/resume"), &json!({})).status, 200);
    assert_eq!(helper.get("/delegate/v1/cases").status, 200);
    assert_eq!(desk.crm.post(&format!("/v1/delegations/{root}/revoke"), &json!({})).status, 200);
    assert_eq!(helper.get("/delegate/v1/cases").status, 401);
    let details = json!([{ "type": "support_delegation", "identifier": child }]);
    assert_eq!(error(&helper.ask_for(&details, &[])), "invalid_authorization_details");
}

#[test]
fn what_is_given_on_at_once_is_given_each_and_listed_below_what_it_is_of() {
    let desk = Desk::open();
    let (muse, root) = desk.for_ann(61, &usual());
    let helpers = [62, 63, 64, 65].map(|seed| desk.delegate(seed));
    let less = detail(json!({ "constraints": { "max_count": 1 } }));
    let children: Vec<String> = std::thread::scope(|scope| {
        let give = |helper: &Delegate| {
            let (mut muse, helper, less) = (muse.clone(), helper.clone(), less.clone());
            scope.spawn(move || {
                let got = given(&mut muse, &helper, "case:open", &less);
                taken(&muse, &helper, &got).1
            })
        };
        let given: Vec<_> = helpers.iter().map(give).collect();
        given.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let listed = desk.crm.get("/v1/customers/ann/delegations").body;
    let listed = listed.as_array().unwrap();
    assert_eq!((&listed[0]["id"], listed.len()), (&json!(root), 5), "{listed:?}");
    for child in &children {
        let one = listed.iter().find(|one| one["id"] == **child).unwrap();
        assert_eq!(one["parent"], json!(root));
    }
    // Each can be ended by itself.
    assert_eq!(desk.crm.post(&format!("/v1/delegations/{}/revoke", children[0]), &json!({})).status, 200);
    let listed = desk.crm.get("/v1/customers/ann/delegations").body;
    let states: Vec<&Value> = listed.as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!(states.iter().filter(|state| ***state == json!("active")).count(), 4, "{states:?}");
    let mut muse = muse;
    assert_eq!(error(&given(&mut muse, &helpers[0], " ", &less)), "invalid_scope");
}

#[test]
fn nothing_wider_is_given_on() {
    let desk = Desk::open();
    let mut grant = usual();
    grant["scopes"] = json!(["case:open", "case:read"]);
    let (mut muse, root) = desk.for_ann(53, &grant);
    let (other, _) = desk.for_ann(54, &grant);
    let helper = desk.delegate(55);
    let (_, elsewhere) = {
        let mut ben = desk.delegate(56);
        let delegation = ben.granted_by(&desk.crm, "ben", &grant);
        ben.get_token(&delegation);
        (ben, delegation)
    };
    let wide = |limits: Value| detail(json!({ "constraints": limits }));
    for (scope, detail, expected) in [
        ("case:open case:write", detail(json!({})), "invalid_scope"),
        ("case:open everything", detail(json!({})), "invalid_scope"),
        ("case:open", detail(json!({ "actions": ["waive_fee"] })), "invalid_authorization_details"),
        ("case:open", wide(json!({ "max_count": 4 })), "invalid_authorization_details"),
        (
            "case:open",
            wide(json!({ "max_amount": { "currency": "GBP", "minor": 5_001 } })),
            "invalid_authorization_details",
        ),
        (
            "case:open",
            wide(json!({ "max_amount": { "currency": "USD", "minor": 1 } })),
            "invalid_authorization_details",
        ),
        ("case:open", wide(json!({ "not_after": "2999-01-01T00:00:00Z" })), "invalid_authorization_details"),
        ("case:open", wide(json!({ "not_after": "2020-01-01T00:00:00Z" })), "invalid_authorization_details"),
        ("case:open", wide(json!({ "max_speed": 1 })), "invalid_authorization_details"),
        ("case:open", detail(json!({ "identifier": elsewhere })), "invalid_authorization_details"),
    ] {
        let got = given(&mut muse, &helper, scope, &detail);
        assert_eq!(error(&got), expected, "{scope} {detail}: {}", got.body);
    }
    // A stolen token, with whoever's proof and name.
    let mut thief = Delegate { token: other.token.clone(), ..muse.clone() };
    assert_eq!(error(&given(&mut thief, &helper, "case:open", &detail(json!({})))), "invalid_grant");
    let key = ClientKey::ed25519(&[57; 32]).unwrap();
    let (signed, shown) = (actor(&helper), muse.assertion());
    let asked =
        remit_oauth::dpop::ProofRequest { method: "POST", url: &format!("{ISSUER}/oauth/token"), access_token: None };
    let proof = key.proof(&asked, Some(&muse.nonce), &once(), muse.now_ms).unwrap();
    let token = muse.token.clone();
    let fields = [
        ("grant_type", EXCHANGE),
        ("client_assertion_type", assertion::TYPE),
        ("client_assertion", &shown),
        ("subject_token", &token),
        ("subject_token_type", ACCESS_TOKEN),
        ("actor_token", &signed),
        ("actor_token_type", JWT),
    ];
    assert_eq!(error(&muse.form("/oauth/token", &fields, Some(&proof))), "invalid_grant", "another key's proof");
    // What the actor signed is used once, is of its own kind, and stands for itself alone.
    let good = actor(&helper);
    let with = |signed: &str, kind: &str, muse: &mut Delegate| {
        exchange(muse, &[("actor_token", signed), ("actor_token_type", kind)])
    };
    assert_eq!(with(&good, JWT, &mut muse).status, 200);
    assert_eq!(error(&with(&good, JWT, &mut muse)), "invalid_grant");
    let claims = |change: Value| {
        let now = muse.now_ms / 1_000;
        let mut claims = json!({ "iss": helper.id, "sub": helper.id, "aud": ISSUER, "iat": now, "exp": now + 60,
            "jti": once() });
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        claims
    };
    let sign = |typ: &str, change: Value| helper.key.sign(&json!({ "typ": typ }), &claims(change)).unwrap();
    for signed in [
        helper.assertion(),
        sign("actor+jwt", json!({ "act": { "sub": other.id } })),
        sign("actor+jwt", json!({ "aud": "https://evil.example" })),
        sign("actor+jwt", json!({ "exp": 1 })),
        sign("actor+jwt", json!({ "sub": other.id })),
        sign("at+jwt", json!({})),
        muse.key.sign(&json!({ "typ": "actor+jwt" }), &claims(json!({}))).unwrap(),
        "e30.e30.".to_owned(),
        other.token.clone(),
    ] {
        assert_eq!(error(&with(&signed, JWT, &mut muse)), "invalid_grant", "{signed}");
    }
    let own = actor(&muse);
    for (signed, kind) in [(&*own, JWT), (&*other.token, ACCESS_TOKEN), ("", JWT), (&*good, "")] {
        assert_eq!(error(&with(signed, kind, &mut muse)), "invalid_request", "{kind}");
    }
    for (name, value, expected) in [
        ("subject_token_type", JWT, "invalid_request"),
        ("requested_token_type", JWT, "invalid_request"),
        ("subject_token", "x", "invalid_grant"),
        ("audience", "https://other.example", "invalid_target"),
    ] {
        assert_eq!(error(&exchange(&mut muse, &[(name, value)])), expected, "{name}");
    }
    // And it shows nobody who they are: whoever is given it cannot pass for who signed it.
    let (signed, details) = (actor(&helper), json!([{ "type": "support_delegation", "identifier": root }]).to_string());
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", assertion::TYPE),
        ("client_assertion", &*signed),
        ("authorization_details", &*details),
    ];
    let proof = muse.proof("POST", "/oauth/token", None);
    let got = muse.form("/oauth/token", &fields, Some(&proof));
    assert_eq!((got.status, &got.body["error"]), (401, &json!("invalid_client")));
    assert_eq!(desk.admin.post(&format!("/v1/delegates/{}/suspend", helper.id), &json!({})).status, 200);
    assert_eq!(error(&with(&actor(&helper), JWT, &mut muse)), "invalid_grant");
}

#[test]
fn four_act_one_after_the_other_and_no_more() {
    let desk = Desk::open();
    let (mut last, _) = desk.for_ann(60, &usual());
    for seed in 61..64 {
        let next = desk.delegate(seed);
        let got = given(&mut last, &next, "case:open case:read", &detail(json!({})));
        last = taken(&last, &next, &got).0;
    }
    assert_eq!(last.get("/delegate/v1/cases").status, 200);
    let fifth = desk.delegate(64);
    assert_eq!(error(&given(&mut last, &fifth, "case:open", &detail(json!({})))), "invalid_request");
}

#[test]
fn a_delegate_takes_less_for_itself() {
    let desk = Desk::open();
    let (mut muse, root) = desk.for_ann(65, &usual());
    let got = exchange(&mut muse, &[("scope", "case:read")]);
    let (mut less, of) = taken(&muse, &muse, &got);
    assert_eq!((of, &got.body["scope"]), (root, &json!("case:read")));
    assert!(got.body["expires_in"].as_i64().unwrap() <= 300);
    assert_eq!(less.post("/delegate/v1/cases", &json!({ "text": "Hello" })).status, 403);
    assert_eq!(error(&exchange(&mut less, &[("scope", "case:read case:open")])), "invalid_scope");
    assert_eq!(muse.post("/delegate/v1/cases", &json!({ "text": "Hello" })).status, 201);
}

#[test]
fn a_part_reaches_no_further_than_it_was_given() {
    let desk = Desk::open();
    let mut grant = usual();
    grant["limits"] = json!({ "max_amount": { "minor": 10_000, "currency": "GBP" } });
    let (mut muse, _) = desk.for_ann(66, &grant);
    let case = muse.open("I was charged twice for a card payment, please give me my money back");
    let asked = muse.post(&format!("/delegate/v1/cases/{case}/requests"), &refund(6_000)).body;
    assert_eq!(asked["needs"], json!(["customer", "staff"]), "{asked}");
    // Nothing is more the customer's own for being passed through who only passes words on.
    let proxy = Delegate::registered(&desk.server, &desk.admin, 67, "proxy");
    let got = given(&mut muse, &proxy, "case:open case:read", &detail(json!({})));
    let (mut proxy, _) = taken(&muse, &proxy, &got);
    let own = proxy.open("I was charged twice for a card payment, please give me my money back");
    let by_proxy = proxy.post(&format!("/delegate/v1/cases/{own}/requests"), &refund(6_000)).body;
    assert_eq!(by_proxy["needs"], asked["needs"], "{by_proxy}");
    // What was opened and asked for by who gave it on is none of its own; the other way round it is.
    assert_eq!(proxy.get(&format!("/delegate/v1/cases/{case}")).status, 404);
    assert_eq!(proxy.get("/delegate/v1/cases").body["items"].as_array().unwrap().len(), 1);
    let request = asked["request"].as_str().unwrap();
    assert_eq!(proxy.post(&format!("/delegate/v1/requests/{request}/withdraw"), &json!({})).status, 404);
    let by_proxy = by_proxy["request"].as_str().unwrap();
    assert_eq!(muse.get(&format!("/delegate/v1/requests/{by_proxy}")).status, 200);
    // A token with limits of its own cannot be exchanged for one that begins to count anew.
    let narrow = json!([{ "type": "support_delegation", "constraints": { "max_count": 1 } }]).to_string();
    let got = exchange(&mut muse, &[("authorization_details", &narrow)]);
    let (mut narrowed, _) = taken(&muse, &muse, &got);
    assert_eq!(error(&exchange(&mut narrowed, &[])), "invalid_grant");
    // What was given on by keys that were replaced ends with them.
    desk.clock.forward_ms(1_000);
    let new = ClientKey::ed25519(&[68; 32]).unwrap();
    let path = format!("/v1/delegates/{}/keys", muse.id);
    assert_eq!(put(&desk.admin, &path, &json!({ "jwks": { "keys": [new.public().to_json()] } })).status, 200);
    assert_eq!(proxy.get("/delegate/v1/cases").status, 401);
}
