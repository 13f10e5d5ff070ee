//! Issuers: identity providers whose word lets a delegate act for a customer, within what the organisation lets it do,
//! and for as long as neither the issuer nor whom it speaks of is stopped (ID-JAG).

use crate::{
    changed_rows::found,
    delegate::{Delegate, Desk, ISSUER, once},
    expected::{Expected as _, put},
    harness::Got,
    key_addresses::Host,
    own_delegations::{own_link, own_page},
    program::Program,
};
use remit_oauth::{client::ClientKey, id_jag};
use serde_json::{Value, json};

const AGAIN_MS: i64 = 10_000;
const DAY_MS: i64 = 24 * 3_600_000;

pub(crate) fn key(seed: u8) -> ClientKey {
    ClientKey::ed25519(&[seed; 32]).unwrap()
}

/// An issuer's own server, at which it says where its keys are.
pub(crate) fn issuer() -> (Host, String) {
    let host = Host::start();
    let (at, keys) = (host.at(""), host.put_keys(&[&key(77)]));
    host.put("/.well-known/openid-configuration", &json!({ "issuer": at, "jwks_uri": keys }));
    (host, at)
}

/// What an issuer's word lets be done, where a test says nothing else.
fn word() -> Value {
    json!({
        "scopes": ["case:open", "case:read"], "actions": ["refund_charge"],
        "limits": { "max_amount": { "minor": 5_000, "currency": "GBP" }, "max_count": 3 },
    })
}

pub(crate) fn list(desk: &Desk, at: &str, more: &Value) -> Got {
    let mut new = json!({ "issuer": at });
    for members in [&word(), more] {
        new.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    }
    desk.admin.post("/v1/issuers", &new)
}

/// An issuer that is listed, and whose `u-1` is a customer.
pub(crate) struct Word {
    pub(crate) desk: Desk,
    pub(crate) host: Host,
    at: String,
    pub(crate) id: String,
}

impl Word {
    pub(crate) fn of(customer: &str) -> Self {
        let (desk, (host, at)) = (Desk::open(), issuer());
        let listed = list(&desk, &at, &json!({}));
        assert_eq!(listed.status, 201, "{}", listed.body);
        let id = listed.body["id"].as_str().unwrap().to_owned();
        let word = Self { desk, host, at, id };
        word.say(&json!({ "subject": "u-1", "customer": customer }));
        word
    }

    pub(crate) fn say(&self, subject: &Value) {
        put(&self.desk.admin, &format!("/v1/issuers/{}/subjects", self.id), subject).expect(200);
    }

    pub(crate) fn stop(&self, how: &str) {
        self.desk.admin.post(&format!("/v1/issuers/{}/{how}", self.id), &json!({})).expect(200);
    }

    /// What the issuer asserts for a delegate, with these claims in the place of the usual ones.
    pub(crate) fn claims(&self, client: &str, other: &Value) -> Value {
        let now = self.desk.server.app.environment.now().0 / 1_000;
        let mut claims = json!({
            "iss": self.at, "sub": "u-1", "aud": ISSUER, "client_id": client, "jti": once(), "iat": now,
            "exp": now + 300,
        });
        let members = claims.as_object_mut().unwrap();
        members.extend(other.as_object().unwrap().clone());
        members.retain(|_, value| !value.is_null());
        claims
    }

    /// The same, signed.
    fn asserted(&self, client: &str, other: &Value) -> String {
        key(77).sign(&json!({ "typ": id_jag::TYPE }), &self.claims(client, other)).unwrap()
    }

    pub(crate) fn bring(&self, muse: &mut Delegate, assertion: &str, more: &[(&str, &str)]) -> Got {
        muse.now_ms = self.desk.server.app.environment.now().0;
        let grant = [("grant_type", id_jag::GRANT_TYPE), ("assertion", assertion)];
        muse.ask_by(&[&grant, more].concat())
    }

    /// A token for what the issuer asserts now.
    pub(crate) fn token(&self, muse: &mut Delegate, other: &Value) -> Value {
        let got = self.bring(muse, &self.asserted(&muse.id.clone(), other), &[]);
        assert_eq!(got.status, 200, "{}", got.body);
        muse.token = got.body["access_token"].as_str().unwrap().to_owned();
        got.body
    }

    pub(crate) fn refused(&self, muse: &mut Delegate, other: &Value) -> (String, String) {
        told(&self.bring(muse, &self.asserted(&muse.id.clone(), other), &[]))
    }

    fn listed(&self) -> Value {
        self.desk.crm.get("/v1/customers/ann/delegations").expect(200)
    }
}

fn told(got: &Got) -> (String, String) {
    assert_eq!(got.status, 400, "{}", got.body);
    let text = |name: &str| got.body[name].as_str().unwrap().to_owned();
    (text("error"), text("error_description"))
}

fn delegation(issued: &Value) -> &str {
    issued["authorization_details"][0]["identifier"].as_str().unwrap()
}

fn refund(minor: i64) -> Value {
    let amount = json!({ "minor": minor, "currency": "GBP" });
    json!({ "action": "refund_charge", "arguments": { "charge_id": "charge-1020-1-2", "amount": amount } })
}

#[test]
fn what_a_listed_issuer_asserts_is_granted_within_what_its_word_may() {
    let word = Word::of("ann");
    let desk = &word.desk;
    let mut muse = desk.delegate(1);
    let issued = word.token(&mut muse, &json!({ "scope": "openid case:open case:read support:ask" }));
    assert_eq!((&issued["scope"], &issued["token_type"]), (&json!("case:open case:read"), &json!("DPoP")));
    let case = muse.open("I was charged twice for a card payment, please give me my money back");
    let asks = format!("/delegate/v1/cases/{case}/requests");
    assert_eq!(muse.post(&asks, &refund(5_001)).status, 409, "more than the issuer's word may");
    assert_eq!(muse.post(&asks, &refund(1)).status, 201);

    // Each assertion is of the same delegation, over which what was done counts.
    let again = word.token(&mut muse, &json!({}));
    assert_eq!(delegation(&again), delegation(&issued));
    for minor in [2, 3] {
        assert_eq!(muse.post(&asks, &refund(minor)).status, 201);
    }
    assert_eq!(muse.post(&asks, &refund(4)).status, 409);

    // Less is asserted, or wished for; never more.
    let amount = json!({ "minor": 100, "currency": "GBP" });
    let detail = json!([{ "type": "support_delegation", "constraints": { "max_amount": amount } }]);
    let less = word.token(&mut muse, &json!({ "scope": "case:read", "authorization_details": detail }));
    assert_eq!(less["scope"], "case:read");
    assert_eq!(less["authorization_details"][0]["constraints"]["max_amount"], amount);
    let wide = json!([{ "type": "support_delegation", "actions": ["close_account", "refund_charge"] }]);
    let less = word.token(&mut muse, &json!({ "authorization_details": wide }));
    assert_eq!(less["authorization_details"][0]["actions"], json!(["refund_charge"]));
    let assertion = word.asserted(&muse.id, &json!({ "scope": "case:read" }));
    assert_eq!(told(&word.bring(&mut muse, &assertion, &[("scope", "case:open")])).0, "invalid_scope");
    let assertion = word.asserted(&muse.id, &json!({}));
    let got = word.bring(&mut muse, &assertion, &[("authorization_details", &wide.to_string())]);
    assert_eq!(told(&got).0, "invalid_authorization_details");
    assert_eq!(word.refused(&mut muse, &json!({ "scope": "openid email" })).0, "invalid_scope");

    // The issuer's word is needed for each token.
    let details = json!([{ "type": "support_delegation", "identifier": delegation(&issued) }]);
    let (error, why) = told(&muse.ask_for(&details, &[]));
    assert_eq!(error, "invalid_grant", "{why}");
    assert!(why.contains("an issuer's word"), "{why}");

    // Customers see who let it, and so does the organisation.
    assert_eq!((&word.listed()[0]["issuer"], word.listed().as_array().unwrap().len()), (&json!(word.id), 1));
    let shown = own_page(&desk.crm, "read", &json!({ "secret": own_link(desk, "ann") })).expect(200);
    assert!(shown["delegations"][0]["who"].as_str().unwrap().contains(&word.at), "{shown}");
    assert_eq!(found(word.desk.server.stop().path()), Vec::<String>::new());
}

#[test]
fn what_is_not_asserted_so_gives_nothing() {
    let word = Word::of("ann");
    let mut muse = word.desk.delegate(1);
    let other = word.desk.delegate(2);
    let now = word.desk.server.app.environment.now().0 / 1_000;
    for (claims, says) in [
        (json!({ "iss": "https://other.example" }), "no issuer that is trusted"),
        (json!({ "iss": format!("{}/", word.at) }), "no issuer that is trusted"),
        (json!({ "iss": ISSUER }), "no issuer that is trusted"),
        (json!({ "tenant": "another" }), "no issuer that is trusted"),
        (json!({ "aud": "https://other.example" }), "aud of assertion"),
        (json!({ "aud": [ISSUER, "https://other.example"] }), "aud of assertion"),
        (json!({ "client_id": other.id }), "another client"),
        (json!({ "cnf": { "jkt": other.key.public().thumbprint() } }), "another key"),
        (json!({ "act": { "sub": other.id } }), "act of assertion"),
        (json!({ "exp": now }), "expired"),
        (json!({ "exp": now + 3_600 }), "10 minutes"),
        (json!({ "iat": now + 120 }), "a minute ahead"),
        (json!({ "iat": now - 3_600 }), "10 minutes ago"),
        (json!({ "iat": now - 60 }), "before this server began"),
        (json!({ "jti": null }), "jti"),
        (json!({ "sub": "u-2" }), "no customer here"),
        (json!({ "sub": "ann" }), "no customer here"),
    ] {
        let (error, why) = word.refused(&mut muse, &claims);
        assert_eq!(error, "invalid_grant", "{claims}: {why}");
        assert!(why.contains(says), "{claims}: {why}");
    }
    let elsewhere = json!({ "resource": "https://support.northgate.example.evil.example/" });
    assert_eq!(word.refused(&mut muse, &elsewhere).0, "invalid_target");
    let speed = json!([{ "type": "support_delegation", "constraints": { "max_speed": 1 } }]);
    let (error, why) = word.refused(&mut muse, &json!({ "authorization_details": speed }));
    assert_eq!(error, "invalid_grant");
    assert!(why.contains("max_speed"), "{why}");

    for other in [
        json!([{ "type": "support_delegation", "constraints": { "max_amount": { "minor": 1, "currency": "EUR" } } }]),
        json!([{ "type": "support_delegation", "identifier": "dgn_01KKBK0TF82Z5S8TC0Z2V1A000" }]),
        json!([{ "type": "support_delegation" }, { "type": "support_delegation" }]),
    ] {
        let (error, why) = word.refused(&mut muse, &json!({ "authorization_details": other }));
        assert_eq!(error, "invalid_authorization_details", "{other}: {why}");
    }

    let claims = word.claims(&muse.id, &json!({}));
    for (header, by, says) in [
        (json!({ "typ": "JWT" }), key(77), "typ oauth-id-jag+jwt"),
        (json!({ "typ": id_jag::TYPE }), key(78), "not signed by its issuer"),
        (json!({ "typ": id_jag::TYPE, "alg": "none" }), key(77), "alg of assertion"),
        (json!({ "typ": id_jag::TYPE, "alg": "HS256" }), key(77), "alg of assertion"),
        (json!({ "typ": id_jag::TYPE, "kid": "other" }), key(77), "no key of the issuer"),
        (json!({ "typ": id_jag::TYPE, "crit": ["b64"], "b64": false }), key(77), "crit"),
    ] {
        let (error, why) = told(&word.bring(&mut muse, &by.sign(&header, &claims).unwrap(), &[]));
        assert_eq!(error, "invalid_grant", "{header}: {why}");
        assert!(why.contains(says), "{header}: {why}");
    }

    // It counts once, and without a client that shows who it is for nothing.
    let assertion = word.asserted(&muse.id, &json!({}));
    let grant = [("grant_type", id_jag::GRANT_TYPE), ("assertion", &*assertion)];
    let proof = muse.proof("POST", "/oauth/token", None);
    let alone = muse.form("/oauth/token", &grant, Some(&proof));
    assert_eq!((alone.status, &alone.body["error"]), (401, &json!("invalid_client")), "{}", alone.body);
    let mut other = other;
    assert!(told(&word.bring(&mut other, &assertion, &[])).1.contains("another client"));
    assert_eq!(word.bring(&mut muse, &assertion, &[]).status, 200);
    assert!(told(&word.bring(&mut muse, &assertion, &[])).1.contains("used before"), "it counts once");
    assert_eq!(found(word.desk.server.stop().path()), Vec::<String>::new());
}

#[test]
fn who_is_stopped_is_represented_no_more_from_the_next_call_on() {
    let word = Word::of("ann");
    let mut muse = word.desk.delegate(1);
    let cases = "/delegate/v1/cases";
    let first = word.token(&mut muse, &json!({}));
    assert_eq!(muse.get(cases).status, 200);

    for (stop, go_on) in [
        (
            json!({ "subject": "u-1", "customer": "ann", "disabled": true }),
            json!({ "subject": "u-1", "customer": "ann" }),
        ),
        (json!({ "subject": "u-1", "customer": "ben" }), json!({ "subject": "u-1", "customer": "ann" })),
        (json!({ "subject": "u-1" }), json!({ "subject": "u-1", "customer": "ann" })),
    ] {
        word.say(&stop);
        assert_eq!(muse.get(cases).status, 401, "{stop}");
        let is_nobody = stop.get("customer") != Some(&json!("ben"));
        if is_nobody {
            assert!(word.refused(&mut muse, &json!({})).1.contains("nothing is taken"), "{stop}");
        }
        word.say(&go_on);
        assert_eq!(muse.get(cases).status, 200, "{stop}");
    }
    word.stop("suspend");
    assert_eq!(muse.get(cases).status, 401);
    assert!(word.refused(&mut muse, &json!({})).1.contains("no issuer that is trusted"));
    word.stop("resume");
    assert_eq!(muse.get(cases).status, 200);

    // What the issuer's word may not let be done any more is not done; what it may is begun anew.
    let less = json!({ "scopes": ["case:open", "case:read"], "actions": ["refund_charge"],
        "limits": { "max_amount": { "minor": 10, "currency": "GBP" }, "max_count": 3 }, "days": 2 });
    put(&word.desk.admin, &format!("/v1/issuers/{}/word", word.id), &less).expect(200);
    assert_eq!(muse.get(cases).status, 401);
    let second = word.token(&mut muse, &json!({}));
    assert_ne!(delegation(&second), delegation(&first));
    assert_eq!(second["authorization_details"][0]["constraints"]["max_amount"]["minor"], 10);
    word.desk.clock.forward_ms(2 * DAY_MS);
    let third = word.token(&mut muse, &json!({}));
    assert_ne!(delegation(&third), delegation(&second), "the one of before has come to its end");

    // Who was erased is nobody.
    word.desk.server.client(&["admin"]).post("/v1/customers/erase", &json!({ "customer": "ann" })).expect(200);
    muse.get(cases);
    assert_eq!(muse.get(cases).status, 401);
    assert!(word.refused(&mut muse, &json!({})).1.contains("no customer here"));
    assert_eq!(found(word.desk.server.stop().path()), Vec::<String>::new());
}

#[test]
fn what_a_customer_took_back_or_limited_stays_so() {
    let word = Word::of("ann");
    let desk = &word.desk;
    let mut muse = desk.delegate(1);
    let first = word.token(&mut muse, &json!({}));
    let secret = own_link(desk, "ann");
    let less = json!({ "secret": secret, "delegation": delegation(&first), "max_count": 1, "scopes": ["case:open"] });
    own_page(&desk.crm, "narrow", &less).expect(200);
    assert_eq!(word.token(&mut muse, &json!({}))["authorization_details"][0]["constraints"]["max_count"], 1);
    // Also in those that take its place, one after the other, which is then good for nothing.
    let mut last = first.clone();
    for minor in [4_000, 3_000, 5_000] {
        let amount = json!({ "minor": minor, "currency": "GBP" });
        let said = json!({ "scopes": ["case:open", "case:read"], "limits": { "max_amount": amount, "max_count": 3 } });
        put(&desk.admin, &format!("/v1/issuers/{}/word", word.id), &said).expect(200);
        let next = word.token(&mut muse, &json!({}));
        let detail = &next["authorization_details"][0];
        assert_eq!((&detail["constraints"]["max_count"], &next["scope"]), (&json!(1), &json!("case:open")), "{next}");
        last = next;
    }
    let states: Vec<Value> = word.listed().as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states.iter().filter(|state| **state == json!("active")).count(), 1, "{states:?}");

    // Nor is it lost where she was somebody else for a while.
    for customer in ["ben", "ann"] {
        word.say(&json!({ "subject": "u-1", "customer": customer }));
        last = word.token(&mut muse, &json!({}));
    }
    assert_eq!(last["authorization_details"][0]["constraints"]["max_count"], 1, "{last}");

    own_page(&desk.crm, "revoke", &json!({ "secret": secret, "delegation": delegation(&last) })).expect(200);
    let (error, why) = word.refused(&mut muse, &json!({}));
    assert_eq!(error, "invalid_grant");
    assert!(why.contains("taken back"), "{why}");
    // Neither by another name, nor once she was somebody else for a while.
    word.say(&json!({ "subject": "u-2", "customer": "ann" }));
    assert!(word.refused(&mut muse, &json!({ "sub": "u-2" })).1.contains("taken back"));
    word.say(&json!({ "subject": "u-1", "customer": "ben" }));
    word.token(&mut muse, &json!({}));
    word.say(&json!({ "subject": "u-1", "customer": "ann" }));
    assert!(word.refused(&mut muse, &json!({})).1.contains("taken back"));
    // For another delegate it was not; what she consented to and took back counts as well.
    let mut other = desk.delegate(2);
    word.token(&mut other, &json!({}));
    let third = desk.delegate(3);
    let consented = third.granted_by(&desk.crm, "ann", &json!({ "scopes": ["case:open"] }));
    desk.crm.post(&format!("/v1/delegations/{consented}/revoke"), &json!({})).expect(200);
    assert!(word.refused(&mut third.clone(), &json!({})).1.contains("taken back"));
    assert_eq!(found(word.desk.server.stop().path()), Vec::<String>::new());
}

#[test]
fn until_when_a_customer_limited_it_nothing_more_begins_after() {
    let word = Word::of("ann");
    let mut muse = word.desk.delegate(1);
    let first = word.token(&mut muse, &json!({}));
    let secret = own_link(&word.desk, "ann");
    let less = json!({ "secret": secret, "delegation": delegation(&first), "days": 1 });
    own_page(&word.desk.crm, "narrow", &less).expect(200);
    word.desk.clock.forward_ms(DAY_MS);
    let (error, why) = word.refused(&mut muse, &json!({}));
    assert_eq!(error, "invalid_grant", "{why}");
    assert!(why.contains("limited it to"), "{why}");
    assert_eq!(found(word.desk.server.stop().path()), Vec::<String>::new());
}

#[test]
fn an_issuer_that_calls_customers_as_the_organisation_does_speaks_of_each_but_those_who_are_stopped() {
    let (desk, (host, at)) = (Desk::open(), issuer());
    let listed = list(&desk, &at, &json!({ "subjects": "customers", "tenant": "northgate" })).expect(201);
    let word = Word { desk, host, at, id: listed["id"].as_str().unwrap().to_owned() };
    let mut muse = word.desk.delegate(1);
    let of = |name: &str| json!({ "sub": name, "tenant": "northgate" });
    word.token(&mut muse, &of("ann"));
    assert_eq!(word.listed()[0]["issuer"], json!(word.id));
    word.say(&json!({ "subject": "ann", "disabled": true }));
    assert_eq!(muse.get("/delegate/v1/cases").status, 401);
    assert!(word.refused(&mut muse, &of("ann")).1.contains("nothing is taken"));
    word.token(&mut muse, &of("ben"));
    assert!(word.refused(&mut muse, &json!({ "sub": "ben" })).1.contains("no issuer"), "of no tenant");
    assert_eq!(found(word.desk.server.stop().path()), Vec::<String>::new());
}

#[test]
fn oidc_provider_asserts_and_openid_client_brings_it() {
    let (desk, mut provider) = (Desk::open(), Program::start("provider.mjs", &[ISSUER]));
    let at = provider.hear()["issuer"].as_str().unwrap().to_owned();
    let mut client = Program::start("delegate.mjs", &[]);
    let key = client.done(&json!({ "do": "key", "alg": "ES256" }));
    let about = json!({ "name": "Muse", "class": "proxy", "owner": "https://muse.example",
        "jwks": { "keys": [key["jwk"]] } });
    let id = desk.admin.post("/v1/delegates", &about).expect(201)["id"].as_str().unwrap().to_owned();
    let now = desk.server.app.environment.now().0;
    let via = &desk.admin.url;
    client.done(&json!({ "do": "discover", "issuer": ISSUER, "client_id": id, "via": via, "now": now }));
    client.done(&json!({ "do": "dpop_key", "alg": "Ed25519" }));
    let listed = list(&desk, &at, &json!({})).expect(201);
    let path = format!("/v1/issuers/{}", listed["id"].as_str().unwrap());
    put(&desk.admin, &format!("{path}/subjects"), &json!({ "subject": "ann@example.com", "customer": "ann" }))
        .expect(200);

    // Its keys are of RSA, as most are.
    let assertion = |provider: &mut Program| {
        let scope = "case:open case:read";
        let said = provider.done(
            &json!({ "do": "id_jag", "subject": "ann@example.com", "client_id": id, "scope": scope, "now": now }),
        );
        let parameters = json!({ "assertion": said["id_jag"] });
        json!({ "do": "grant", "grant_type": id_jag::GRANT_TYPE, "parameters": parameters, "as": "a" })
    };
    let first = assertion(&mut provider);
    let token = client.done(&first);
    assert_eq!((&token["scope"], &token["claims"]["act"]["sub"]), (&json!("case:open case:read"), &json!(id)));
    let url = format!("{ISSUER}/delegate/v1/cases");
    let body = json!({ "text": "You charged me twice." });
    let open = json!({ "do": "call", "token": "a", "method": "POST", "url": url, "body": body });
    assert_eq!(client.done(&open)["status"], 201);
    assert_eq!(client.refused(&first).0, "invalid_grant");

    // It signs with another key from now on.
    provider.done(&json!({ "do": "rotate", "alg": "ES256" }));
    desk.clock.forward_ms(AGAIN_MS);
    client.done(&assertion(&mut provider));
    // Somebody whom it knows, and of whom nothing is taken here.
    put(&desk.admin, &format!("{path}/subjects"), &json!({ "subject": "ann@example.com", "disabled": true }))
        .expect(200);
    assert_eq!(client.refused(&open).0, "invalid_token");
    assert_eq!(client.refused(&assertion(&mut provider)).0, "invalid_grant");
}
