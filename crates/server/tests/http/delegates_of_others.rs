//! A delegate that others wrote: npm's `openid-client` finds the server, shows who it is, gets tokens, proves that they
//! are its own, asks about them and gives them back.

use crate::{
    authorizations,
    delegate::{BACK, Delegate, Desk, ISSUER, encoded, once, usual},
    expected::Expected as _,
    program::Program,
};
use serde_json::{Value, json};

/// A delegation of Ann's for a delegate with this key, and the delegate.
fn granted(desk: &Desk, jwk: &Value) -> (String, String) {
    let about = json!({ "name": "Muse", "class": "autonomous", "owner": "https://muse.example",
        "jwks": { "keys": [jwk] } });
    let id = desk.admin.post("/v1/delegates", &about).expect(201)["id"].as_str().unwrap().to_owned();
    let delegate = Delegate { id: id.clone(), ..desk.delegate(9) };
    (delegate.granted_by(&desk.crm, "ann", &usual()), id)
}

#[test]
fn openid_client_gets_tokens_uses_them_and_gives_them_back() {
    for (signs, proves) in [("Ed25519", "ES256"), ("ES256", "Ed25519")] {
        let (desk, mut program) = (Desk::open(), Program::start("delegate.mjs", &[]));
        let key = program.done(&json!({ "do": "key", "alg": signs }));
        let (delegation, id) = granted(&desk, &key["jwk"]);
        let now = desk.server.app.environment.now().0;
        let via = &desk.admin.url;
        program.done(&json!({ "do": "discover", "issuer": ISSUER, "client_id": id, "via": via, "now": now }));
        let resource = program.done(&json!({ "do": "resource", "url": ISSUER }));
        assert_eq!(resource["metadata"]["authorization_servers"], json!([ISSUER]));
        let proving = program.done(&json!({ "do": "dpop_key", "alg": proves }));

        let mut detail = json!({ "type": "support_delegation", "identifier": delegation });
        let ask = |detail: &Value| json!({ "do": "client_credentials", "authorization_details": [detail], "as": "a" });
        let token = program.done(&ask(&detail));
        let claims = &token["claims"];
        assert_eq!((&token["header"]["typ"], &token["header"]["alg"]), (&json!("at+jwt"), &json!("EdDSA")));
        assert_eq!((&claims["cnf"]["jkt"], &claims["act"]["sub"]), (&proving["jkt"], &json!(id)), "{claims}");
        let verified = program.done(&json!({ "do": "verify", "token": "a", "audience": ISSUER }));
        assert_eq!(&verified["claims"], claims);
        let said = &program.done(&json!({ "do": "introspect", "token": "a" }))["said"];
        assert_eq!((&said["active"], &said["jti"]), (&json!(true), &claims["jti"]), "{said}");

        let url = format!("{ISSUER}/delegate/v1/cases");
        let open = json!({ "do": "call", "token": "a", "method": "POST", "url": url,
            "body": { "text": "You charged me twice." } });
        let opened = program.done(&open);
        assert_eq!(opened["status"], 201, "{opened}");
        let list = json!({ "do": "call", "token": "a", "method": "GET", "url": url });
        assert_eq!(program.done(&list)["body"]["items"][0]["case"], opened["body"]["case"]);

        detail["constraints"] = json!({ "max_speed": 1 });
        let (error, description) = program.refused(&ask(&detail));
        assert_eq!(error, "invalid_authorization_details");
        assert!(description.as_str().unwrap().contains("max_speed"), "{description}");

        program.done(&json!({ "do": "revoke", "token": "a" }));
        let said = program.done(&json!({ "do": "introspect", "token": "a" }));
        assert_eq!(said["said"], json!({ "active": false }));
        assert_eq!(program.refused(&list).0, "invalid_token");
    }
}

#[test]
fn openid_client_has_a_customer_asked_and_gives_a_part_on() {
    let (desk, mut program) = (Desk::open(), Program::start("delegate.mjs", &[]));
    let key = program.done(&json!({ "do": "key", "alg": "ES256" }));
    let about = json!({ "name": "Muse", "class": "proxy", "owner": "https://muse.example",
        "jwks": { "keys": [key["jwk"]] }, "redirect_uris": [BACK] });
    let id = desk.admin.post("/v1/delegates", &about).expect(201)["id"].as_str().unwrap().to_owned();
    let now = desk.server.app.environment.now().0;
    let via = &desk.admin.url;
    program.done(&json!({ "do": "discover", "issuer": ISSUER, "client_id": id, "via": via, "now": now }));
    program.done(&json!({ "do": "dpop_key", "alg": "Ed25519" }));
    let wanted = json!({ "do": "authorize", "redirect_uri": BACK, "scope": "case:open case:read",
        "authorization_details": [{ "type": "support_delegation", "actions": ["refund_charge"] }] });
    let url = program.done(&wanted)["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with(&format!("{ISSUER}/oauth/authorize?")), "{url}");
    let came = authorizations::granted_by_ann(&desk, url.split_once('?').unwrap().1);
    // Whoever brings back what another server said is told so.
    let mixed = came.replace(&encoded(ISSUER), &encoded("https://evil.example"));
    assert_ne!(mixed, came);
    assert_eq!(program.step(&json!({ "do": "code", "url": mixed }))["ok"], false);
    let token = program.done(&json!({ "do": "code", "url": came, "as": "a" }));
    assert_eq!(token["claims"]["client_id"], id.as_str(), "{token}");
    let url = format!("{ISSUER}/delegate/v1/cases");
    let open = json!({ "do": "call", "token": "a", "method": "POST", "url": url, "body": { "text": "Hello" } });
    assert_eq!(program.done(&open)["status"], 201);

    let mut helper = desk.delegate(10);
    let actor = helper.key.actor(&helper.id, ISSUER, &once(), now).unwrap();
    let given =
        program.done(&json!({ "do": "exchange", "subject": "a", "actor": actor, "scope": "case:read", "as": "b" }));
    assert_eq!((&given["scope"], &given["claims"]["act"]["sub"]), (&json!("case:read"), &json!(helper.id)), "{given}");
    assert_eq!(given["claims"]["act"]["act"]["sub"], id.as_str(), "who gave it on is history");
    helper.token = given["access_token"].as_str().unwrap().to_owned();
    let nonce = helper.get("/delegate/v1/cases");
    assert_eq!((nonce.status, helper.get("/delegate/v1/cases").status), (401, 200), "its first proof had no nonce");
    let list = json!({ "do": "call", "token": "b", "method": "GET", "url": url });
    assert_eq!(program.refused(&list).0, "invalid_token", "who gave it on cannot use it");
}

#[test]
fn a_token_is_no_use_to_who_has_another_key() {
    let (desk, mut program) = (Desk::open(), Program::start("delegate.mjs", &[]));
    let key = program.done(&json!({ "do": "key", "alg": "Ed25519" }));
    let (delegation, id) = granted(&desk, &key["jwk"]);
    let now = desk.server.app.environment.now().0;
    let discover =
        |id: &str| json!({ "do": "discover", "issuer": ISSUER, "client_id": id, "via": desk.admin.url, "now": now });
    program.done(&discover(&id));
    program.done(&json!({ "do": "dpop_key", "alg": "Ed25519" }));
    let ask = json!({ "do": "client_credentials", "as": "a",
        "authorization_details": [{ "type": "support_delegation", "identifier": delegation }] });
    program.done(&ask);
    let list = json!({ "do": "call", "token": "a", "method": "GET", "url": format!("{ISSUER}/delegate/v1/cases") });
    assert_eq!(program.done(&list)["status"], 200);
    program.done(&json!({ "do": "dpop_key", "alg": "Ed25519" }));
    assert_eq!(program.refused(&list).0, "invalid_token");
    // Nor does another client's name help, or a key that nobody registered.
    program.done(&discover(&desk.delegate(8).id));
    program.done(&json!({ "do": "dpop_key", "alg": "Ed25519" }));
    assert_eq!(program.refused(&ask).0, "invalid_client");
}
