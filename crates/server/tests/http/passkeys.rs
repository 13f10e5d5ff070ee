//! People who work here register passkeys, sign in with them alone, and remove them.

use crate::{
    device::{Device, ORIGIN, encoded},
    hands::OwnClock,
    harness::{Client, Got, Server, open_at, settings, verified},
    sample_bundle::BANK,
    sessions::{Browser, PASSWORD, accept, invited, kept, record, with_account},
    staff::note,
};
use remit_app::{
    Settings,
    environment::{clock::Clock, provider::ProviderSettings},
    governance::services::Services,
};
use remit_ledger::checkpoint::Signer;
use remit_policy::address::Address;
use remit_responders::ApiKey;
use remit_store::sqlite::DATABASE;
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;

/// A server that knows where browsers find it.
pub(crate) fn found_at(public: &[&str], data: TempDir, clock: Box<dyn Clock>) -> Server {
    let public = public.iter().map(|origin| Address::parse(origin).unwrap()).collect();
    let settings = Settings { public, ..settings() };
    let app = open_at(data.path(), Arc::clone(&BANK), Services::none(), settings, clock);
    Server::serve(app, data)
}

pub(crate) fn start() -> (Server, OwnClock) {
    let clock = OwnClock::new();
    (found_at(&[ORIGIN], tempfile::tempdir().unwrap(), Box::new(clock.clone())), clock)
}

/// What a browser keeps of a sign-in by a passkey that begins.
fn kept_passkey(answer: &Got) -> String {
    let all = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let cookie = all.into_iter().find(|cookie| cookie.starts_with("__Host-remit-passkey=")).unwrap();
    for part in ["Path=/", "HttpOnly", "Secure", "SameSite=Lax", "Max-Age=300"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

/// Begins a sign-in: what the browser keeps, and what it is asked for.
pub(crate) fn begin(browser: &Browser) -> (String, Value) {
    let begun = browser.send("post", "/sign-in/v1/passkey/begin", &[("sec-fetch-site", "same-origin")], None);
    assert_eq!(begun.status, 200, "{}", begun.body);
    (kept_passkey(&begun), begun.body["public_key"].clone())
}

/// Shows a passkey in a browser that keeps `cookie`.
pub(crate) fn show(browser: &Browser, cookie: Option<&str>, shown: &Value) -> Got {
    let browser = Browser { cookie: cookie.map(ToOwned::to_owned), ..browser.clone() };
    browser.send("post", "/sign-in/v1/passkey", &[("sec-fetch-site", "same-origin")], Some(shown))
}

/// Signs in with a device, as far as it is let in.
pub(crate) fn try_passkey(server: &Server, device: &mut Device) -> Got {
    let browser = Browser::of(server);
    let (cookie, options) = begin(&browser);
    show(&browser, Some(&cookie), &device.show(&options))
}

pub(crate) fn signed_in_by(server: &Server, device: &mut Device) -> Browser {
    let answer = try_passkey(server, device);
    assert_eq!(answer.status, 204, "{}", answer.body);
    let mut browser = Browser::of(server);
    browser.keep(&answer);
    browser
}

/// What is asked of a browser whose person registers a passkey.
pub(crate) fn begin_registration(browser: &Browser) -> Value {
    let begun = browser.post("/sign-in/v1/passkeys/begin", &json!({}));
    assert_eq!(begun.status, 200, "{}", begun.body);
    begun.body["public_key"].clone()
}

/// Registers a device's passkey, and gives its identifier.
pub(crate) fn register(browser: &Browser, device: &mut Device, name: &str) -> String {
    let made = try_register(browser, device, name);
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["id"].as_str().unwrap().to_owned()
}

pub(crate) fn try_register(browser: &Browser, device: &mut Device, name: &str) -> Got {
    let mut sent = device.make(&begin_registration(browser));
    sent["name"] = json!(name);
    browser.post("/sign-in/v1/passkeys", &sent)
}

pub(crate) fn remove(browser: &Browser, path: &str) -> Got {
    browser.send("delete", path, &[("x-remit-csrf", &browser.csrf)], None)
}

/// Somebody with a password and a passkey.
pub(crate) fn with_passkey(server: &Server, admin: &Client, name: &str, device: &mut Device) -> String {
    with_account(server, admin, name, &["lead"]);
    register(&Browser::signed_in(server, name), device, "laptop")
}

#[test]
fn somebody_registers_a_passkey_signs_in_with_it_alone_and_removes_it() {
    let (server, clock) = start();
    let admin = server.client(&["admin"]);
    note(&admin, "ana", 3);
    with_account(&server, &admin, "ana", &["staff"]);
    let ana = Browser::signed_in(&server, "ana");
    let ways = json!({ "password": true, "provider": false, "passkey": true, "passkey_host": "support.example" });
    assert_eq!(ana.get("/sign-in/v1/ways").body, ways);
    let account = ana.get("/sign-in/v1/account");
    assert_eq!(account.headers["cache-control"], "private, no-store");
    let has = json!({
        "person": "ana", "password": true, "passkeys": [], "no_passkeys": null, "passkey_host": "support.example",
    });
    assert_eq!(account.body, has);

    let asked = begin_registration(&ana);
    assert_eq!((&asked["rp"]["id"], &asked["user"]["name"]), (&json!("support.example"), &json!("ana")), "{asked}");
    let chosen = &asked["authenticatorSelection"];
    assert_eq!((&chosen["residentKey"], &chosen["userVerification"]), (&json!("required"), &json!("required")));
    let mut laptop = Device::new(1);
    let id = register(&ana, &mut laptop, "  Ana's laptop ");
    let known = ana.get("/sign-in/v1/account").body["passkeys"].clone();
    assert_eq!((&known[0]["name"], &known[0]["used_at"]), (&json!("Ana's laptop"), &json!(null)), "{known}");
    assert_eq!((&known[0]["synced"], &known[0]["doubted"]), (&json!(false), &json!(false)));
    // A second one is called by devices as the first one is, and no device makes two.
    let again = begin_registration(&ana);
    assert_eq!(again["user"]["id"], json!(encoded(&laptop.handle)));
    assert_eq!(again["excludeCredentials"][0]["id"], json!(encoded(&laptop.credential)));
    assert_eq!(ana.sign_out().status, 204);

    let (_, options) = begin(&Browser::of(&server));
    assert_eq!((&options["userVerification"], &options["allowCredentials"]), (&json!("required"), &json!([])));
    let by_laptop = signed_in_by(&server, &mut laptop);
    let own = by_laptop.get("/sign-in/v1/session").body;
    assert_eq!((&own["person"], &own["roles"]), (&json!("ana"), &json!(["staff"])));
    let listed = admin.get("/v1/sessions").body;
    assert_eq!((&listed[0]["person"], &listed[0]["way"]), (&json!("ana"), &json!("passkey")), "{listed}");
    assert!(by_laptop.get("/sign-in/v1/account").body["passkeys"][0]["used_at"].is_string());
    clock.forward_ms(60_000);
    let other = signed_in_by(&server, &mut laptop);
    // What an admin sees, and what nobody is told.
    let seen = admin.get("/v1/staff/ana/passkeys").body;
    assert_eq!((&seen[0]["id"], &seen[0]["name"]), (&json!(id), &json!("Ana's laptop")), "{seen}");
    assert_eq!(server.client(&["lead"]).get("/v1/staff/ana/passkeys").status, 403);
    let told = [seen, admin.get("/v1/streams/staff/ana/timeline").body, ana.get("/sign-in/v1/account").body];
    for told in told.map(|told| told.to_string()) {
        for hidden in [&laptop.credential, &laptop.handle].map(|bytes| encoded(bytes)) {
            assert!(!told.contains(&hidden) && !told.contains("public"), "{told}");
        }
    }
    assert!(!admin.get("/v1/streams/staff/ana/timeline").body.to_string().contains("laptop"), "names are on no record");

    // Removed, it signs nobody in any more, and what it began is over; what the password began is not.
    let by_password = Browser::signed_in(&server, "ana");
    assert_eq!(remove(&by_password, "/sign-in/v1/passkeys/key_0").status, 404);
    assert_eq!(remove(&by_password, &format!("/sign-in/v1/passkeys/{id}")).status, 204);
    let status = |browser: &Browser| browser.get("/sign-in/v1/session").status;
    assert_eq!([&by_laptop, &other, &by_password].map(status), [401, 401, 200]);
    let gone = try_passkey(&server, &mut laptop);
    assert_eq!((gone.status, &gone.body["code"]), (403, &json!("unknown")), "{}", gone.body);
    assert_eq!(kept(&gone), None);
    let said = record(&admin, "ana");
    let of_account = |kind: &&str| ["account_", "session_"].iter().any(|start| kind.starts_with(start));
    let said: Vec<&str> = said.iter().map(String::as_str).filter(of_account).collect();
    let expected = [
        "account_changed invited",
        "account_changed password_set",
        "session_started",
        "account_changed passkey_registered",
        "session_ended signed_out",
        "session_started",
        "session_started",
        "session_started",
        "session_ended passkey_removed",
        "session_ended passkey_removed",
        "account_changed passkey_removed",
    ];
    assert_eq!(said, expected);
}

#[test]
fn an_admin_removes_the_passkey_of_a_device_that_was_lost() {
    let (server, _) = start();
    let admin = server.client(&["admin"]);
    let (mut lost, mut phone) = (Device::new(1), Device::new(2));
    let id = with_passkey(&server, &admin, "cleo", &mut lost);
    with_passkey(&server, &admin, "dora", &mut phone);
    let (cleo, dora) = (signed_in_by(&server, &mut lost), signed_in_by(&server, &mut phone));
    let path = |name: &str| format!("/v1/staff/{name}/passkeys/{id}");
    assert_eq!(admin.delete(&path("dora")).status, 404, "it is not hers");
    assert_eq!(remove(&dora, &format!("/sign-in/v1/passkeys/{id}")).status, 404, "nobody removes another one's");
    assert_eq!(server.client(&["lead"]).delete(&path("cleo")).status, 403);
    assert_eq!((admin.delete(&path("cleo")).status, admin.delete(&path("cleo")).status), (204, 404));
    assert_eq!((cleo.get("/v1/cases").status, dora.get("/v1/cases").status), (401, 200));
    assert_eq!((try_passkey(&server, &mut lost).status, try_passkey(&server, &mut phone).status), (403, 204));
    assert_eq!(admin.get("/v1/staff/cleo/passkeys").body, json!([]));
}

#[test]
fn who_may_sign_in_no_more_does_not_with_a_passkey_either_and_a_new_account_does_not_know_it() {
    let (server, _) = start();
    let admin = server.client(&["admin"]);
    note(&admin, "ana", 3);
    let (mut of_cleo, mut of_ana) = (Device::new(1), Device::new(2));
    with_passkey(&server, &admin, "cleo", &mut of_cleo);
    with_account(&server, &admin, "ana", &["staff"]);
    register(&Browser::signed_in(&server, "ana"), &mut of_ana, "phone");
    let (cleo, ana) = (signed_in_by(&server, &mut of_cleo), signed_in_by(&server, &mut of_ana));
    assert_eq!(admin.delete("/v1/staff/cleo/account").status, 204);
    assert_eq!(admin.delete("/v1/staff/ana").status, 204);
    for (browser, device) in [(cleo, &mut of_cleo), (ana, &mut of_ana)] {
        assert_eq!(browser.get("/sign-in/v1/session").status, 401);
        let refused = try_passkey(&server, device);
        assert_eq!((refused.status, &refused.body["code"]), (403, &json!("unknown")), "{}", refused.body);
    }
    with_account(&server, &admin, "cleo", &["lead"]);
    assert_eq!(try_passkey(&server, &mut of_cleo).status, 403);
    assert_eq!(admin.get("/v1/staff/cleo/passkeys").body, json!([]));
    // The same device may be registered anew.
    register(&Browser::signed_in(&server, "cleo"), &mut of_cleo, "laptop");
    signed_in_by(&server, &mut of_cleo);
}

#[test]
fn another_password_or_other_roles_end_sessions_and_leave_the_passkey() {
    let (server, _) = start();
    let admin = server.client(&["admin"]);
    let mut laptop = Device::new(1);
    with_passkey(&server, &admin, "cleo", &mut laptop);
    let cleo = signed_in_by(&server, &mut laptop);
    let link = invited(&admin, "cleo", &["auditor"]);
    assert_eq!(cleo.get("/v1/cases").status, 401);
    let cleo = signed_in_by(&server, &mut laptop);
    assert_eq!(cleo.get("/sign-in/v1/session").body["roles"], json!(["auditor"]), "roles are those of now");
    assert_eq!(accept(&server, &link, "another password, please").status, 204);
    assert_eq!(cleo.get("/v1/cases").status, 401);
    signed_in_by(&server, &mut laptop);
}

#[test]
fn a_password_is_removed_by_who_signed_in_with_a_passkey_and_the_last_passkey_is_not() {
    let (server, clock) = start();
    let admin = server.client(&["admin"]);
    let mut laptop = Device::new(1);
    let id = with_passkey(&server, &admin, "cleo", &mut laptop);
    let by_password = Browser::signed_in(&server, "cleo");
    let refused = remove(&by_password, "/sign-in/v1/password");
    assert_eq!((refused.status, &refused.body["code"]), (403, &json!("not_by_passkey")), "{}", refused.body);
    let cleo = signed_in_by(&server, &mut laptop);
    clock.forward_ms(16 * 60_000);
    let refused = remove(&cleo, "/sign-in/v1/password");
    assert_eq!((refused.status, &refused.body["code"]), (403, &json!("not_fresh")), "{}", refused.body);
    let cleo = signed_in_by(&server, &mut laptop);
    assert_eq!(remove(&cleo, "/sign-in/v1/password").status, 204);
    assert_eq!((cleo.get("/v1/cases").status, by_password.get("/v1/cases").status), (401, 401));
    assert_eq!(by_password.try_sign_in("cleo", PASSWORD).status, 403);
    let cleo = signed_in_by(&server, &mut laptop);
    assert_eq!(cleo.get("/sign-in/v1/account").body["password"], json!(false));
    assert_eq!(remove(&cleo, "/sign-in/v1/password").status, 409);
    let last = remove(&cleo, &format!("/sign-in/v1/passkeys/{id}"));
    assert_eq!((last.status, &last.body["type"]), (409, &json!("/problems/conflict")), "{}", last.body);
    let mut phone = Device::new(2);
    register(&cleo, &mut phone, "phone");
    assert_eq!(remove(&cleo, &format!("/sign-in/v1/passkeys/{id}")).status, 204);
    assert_eq!(record(&admin, "cleo").iter().filter(|kind| *kind == "account_changed password_removed").count(), 1);
    // A link lets them choose a password again.
    assert_eq!(accept(&server, &invited(&admin, "cleo", &["lead"]), PASSWORD).status, 204);
    signed_in_by(&server, &mut phone);
    Browser::signed_in(&server, "cleo");
}

#[test]
fn where_no_browser_makes_passkeys_it_is_said_why() {
    let server = Server::start();
    let admin = server.client(&["admin"]);
    with_account(&server, &admin, "cleo", &["lead"]);
    let cleo = Browser::signed_in(&server, "cleo");
    assert_eq!(cleo.get("/sign-in/v1/ways").body["passkey"], json!(false));
    let why = cleo.get("/sign-in/v1/account").body["no_passkeys"].as_str().unwrap().to_owned();
    assert!(why.contains("--public-url"), "{why}");
    let refused = cleo.post("/sign-in/v1/passkeys/begin", &json!({}));
    assert_eq!((refused.status, &refused.body["detail"]), (409, &json!(why)), "{}", refused.body);
    let refused = cleo.send("post", "/sign-in/v1/passkey/begin", &[], None);
    assert_eq!((refused.status, &refused.body["code"]), (403, &json!("no_passkeys")), "{}", refused.body);
    // An address without a name.
    let server = found_at(&["http://127.0.0.1:8080"], server.stop(), Box::new(OwnClock::new()));
    let why = Browser::signed_in(&server, "cleo").get("/sign-in/v1/account").body["no_passkeys"].clone();
    assert!(why.as_str().unwrap().contains("a name"), "{why}");
}

#[test]
fn no_passkey_counts_while_people_sign_in_by_a_provider() {
    let (server, clock) = start();
    let admin = server.client(&["admin"]);
    let mut laptop = Device::new(1);
    with_passkey(&server, &admin, "cleo", &mut laptop);
    let by_password = Browser::signed_in(&server, "cleo");
    assert_eq!(by_password.get("/v1/cases").status, 200);
    let (cookie, options) = begin(&Browser::of(&server));
    let provider = ProviderSettings {
        issuer: "https://id.example".to_owned(),
        client_id: "remit".to_owned(),
        secret: ApiKey::new("secret"),
        name_claim: "sub".to_owned(),
        domain: None,
        roles_claim: "groups".to_owned(),
        roles: vec![("heads".to_owned(), "lead".to_owned())],
    };
    let public = vec![Address::parse(ORIGIN).unwrap()];
    let settings = Settings { public, provider: Some(provider), ..settings() };
    let data = server.stop();
    let app = open_at(data.path(), Arc::clone(&BANK), Services::none(), settings, Box::new(clock));
    let server = Server::serve(app, data);
    let browser = Browser::of(&server);
    let before = Browser { cookie: by_password.cookie.clone(), ..browser.clone() };
    assert_eq!(before.get("/v1/cases").status, 401, "what a password began counts no more");
    assert_eq!(browser.get("/sign-in/v1/ways").body["passkey"], json!(false));
    let refused = show(&browser, Some(&cookie), &laptop.show(&options));
    assert_eq!((refused.status, &refused.body["code"]), (403, &json!("no_passkeys")), "{}", refused.body);
}

#[test]
fn passkeys_survive_a_start_and_what_is_changed_of_them_beside_the_record_is_found() {
    let (server, clock) = start();
    let admin = server.client(&["admin"]);
    let (mut laptop, mut phone) = (Device::new(1), Device::new(2));
    let id = with_passkey(&server, &admin, "cleo", &mut laptop);
    with_account(&server, &admin, "dora", &["auditor"]);
    let other = register(&Browser::signed_in(&server, "dora"), &mut phone, "phone");
    signed_in_by(&server, &mut laptop);
    let mut server = found_at(&[ORIGIN], server.stop(), Box::new(clock));
    signed_in_by(&server, &mut laptop);
    server.is_tampered_with();
    let data = server.stop();
    let key = Signer::new(remit_app::vault::keys::ORIGIN, &[0; 32]).verifier();
    let database = rusqlite::Connection::open(data.path().join(DATABASE)).unwrap();
    let body = |id: &str| {
        let sql = "SELECT CAST(body AS TEXT) FROM items WHERE kind = 'passkey' AND id = ?1";
        database.query_row(sql, [id], |row| row.get::<_, String>(0)).unwrap()
    };
    let keep = |id: &str, body: &str| {
        let sql = "UPDATE items SET body = CAST(?2 AS BLOB) WHERE kind = 'passkey' AND id = ?1";
        assert_eq!(database.execute(sql, [id, body]).unwrap(), 1);
    };
    let problems = || verified(data.path(), &key).problems.iter().map(ToString::to_string).collect::<Vec<_>>();
    let is_named = |problems: &[String]| problems.iter().any(|problem| problem.contains(&format!("passkey {id}")));
    assert!(!is_named(&problems()));
    let was = body(&id);
    // Another person's, another key, another name, a count that makes room for a copy, and no doubt.
    for (from, to) in [
        ("\"person\":\"cleo\"", "\"person\":\"dora\""),
        ("\"name\":\"laptop\"", "\"name\":\"desktop\""),
        ("\"count\":3", "\"count\":0"),
        ("\"synced\":false", "\"synced\":true"),
        ("\"used\":", "\"used\":1"),
    ] {
        assert!(was.contains(from), "{from} in {was}");
        keep(&id, &was.replace(from, to));
        let told = problems();
        assert!(is_named(&told), "{from}: {told:?}");
    }
    // One that stands in for another.
    keep(&id, &body(&other));
    assert!(is_named(&problems()));
    keep(&id, &was);
    database.execute("UPDATE items SET id = ?1 WHERE kind = 'passkey' AND id = ?2", ["key_0", &id]).unwrap();
    assert!(is_named(&problems()), "none is kept under its name");
    database.execute("UPDATE items SET id = ?1 WHERE kind = 'passkey' AND id = ?2", [&id, "key_0"]).unwrap();
    assert!(!is_named(&problems()));
}
