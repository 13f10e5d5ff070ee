//! People who work here sign in with a browser: by a password that is known here, in sessions that nobody else can use.

use crate::{
    hands::OwnClock,
    harness::{Client, Got, Server, got, id, verified},
    staff::{note, presence, staff_client},
};
use remit_domain::id::Timestamp;
use remit_ledger::checkpoint::Signer;
use remit_store::sqlite::DATABASE;
use serde_json::{Value, json};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A browser: what it keeps, and what its page sends.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) client: Client,
    pub(crate) cookie: Option<String>,
    pub(crate) csrf: String,
}

/// What a browser keeps of an answer's cookie of the session.
pub(crate) fn kept(answer: &Got) -> Option<String> {
    let cookies = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let cookie = cookies.into_iter().find(|cookie| cookie.starts_with("__Host-remit-session="))?;
    for part in ["Path=/", "HttpOnly", "Secure", "SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let (pair, _) = cookie.split_once(';').unwrap();
    Some(pair.to_owned()).filter(|pair| !pair.ends_with('='))
}

impl Browser {
    pub(crate) fn of(server: &Server) -> Self {
        Self { client: server.client_with(""), cookie: None, csrf: String::new() }
    }

    /// Sends a request with the cookie that it keeps.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Got {
        let url = format!("{}{path}", self.client.url);
        let mut request = ureq::http::Request::builder().method(method.to_uppercase().as_str()).uri(url);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let sent = match body {
            Some(body) => {
                let request = request.header("content-type", "application/json").body(body.to_string()).unwrap();
                self.client.agent.run(request)
            }
            None => self.client.agent.run(request.body(()).unwrap()),
        };
        got(method, path, sent.unwrap())
    }

    pub(crate) fn get(&self, path: &str) -> Got {
        self.send("get", path, &[], None)
    }

    /// What its page sends.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Got {
        self.send("post", path, &[("x-remit-csrf", &self.csrf), ("sec-fetch-site", "same-origin")], Some(body))
    }

    pub(crate) fn try_sign_in(&self, name: &str, password: &str) -> Got {
        let body = json!({ "name": name, "password": password });
        self.send("post", "/sign-in/v1/password", &[("sec-fetch-site", "same-origin")], Some(&body))
    }

    /// Keeps a session, and learns what its page sends.
    pub(crate) fn keep(&mut self, answer: &Got) {
        self.cookie = kept(answer);
        let own = self.get("/sign-in/v1/session");
        assert_eq!(own.status, 200, "{}", own.body);
        self.csrf = own.body["csrf"].as_str().unwrap().to_owned();
    }

    pub(crate) fn signed_in(server: &Server, name: &str) -> Self {
        let mut browser = Self::of(server);
        let answer = browser.try_sign_in(name, PASSWORD);
        assert_eq!(answer.status, 204, "{}", answer.body);
        browser.keep(&answer);
        browser
    }

    pub(crate) fn sign_out(&self) -> Got {
        self.send("post", "/sign-in/v1/sign-out", &[("x-remit-csrf", &self.csrf)], None)
    }
}

pub(crate) fn accept(server: &Server, secret: &str, password: &str) -> Got {
    let body = json!({ "secret": secret, "password": password });
    Browser::of(server).send("post", "/sign-in/v1/invitation", &[], Some(&body))
}

pub(crate) fn invited(admin: &Client, name: &str, roles: &[&str]) -> String {
    let made = admin.post(&format!("/v1/staff/{name}/invitation"), &json!({ "roles": roles }));
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["url"].as_str().unwrap().split_once("/sign-in#").unwrap().1.to_owned()
}

/// Somebody who chose their password.
pub(crate) fn with_account(server: &Server, admin: &Client, name: &str, roles: &[&str]) {
    let set = accept(server, &invited(admin, name, roles), PASSWORD);
    assert_eq!(set.status, 204, "{}", set.body);
}

/// What is on record of somebody: kinds, with the cause of what has one.
pub(crate) fn record(admin: &Client, name: &str) -> Vec<String> {
    let told = admin.get(&format!("/v1/streams/staff/{name}/timeline?limit=200"));
    assert_eq!(told.status, 200, "{}", told.body);
    let items = told.body["items"].as_array().unwrap();
    let text = |event: &Value| {
        let kind = event["type"].as_str().unwrap();
        let more = event["cause"].as_str().or(event["change"]["kind"].as_str());
        more.map_or(kind.to_owned(), |more| format!("{kind} {more}"))
    };
    items.iter().map(|item| text(&item["event"])).collect()
}

#[test]
fn somebody_who_is_invited_chooses_a_password_signs_in_works_and_signs_out() {
    let server = Server::start();
    let admin = server.client(&["admin"]);
    note(&admin, "ana", 3);
    let refused = admin.post("/v1/staff/nobody/invitation", &json!({ "roles": ["staff"] }));
    assert_eq!((refused.status, &refused.body["field"]), (422, &json!("roles")), "{}", refused.body);
    for roles in [json!([]), json!(["integration"]), json!(["staff", "staff"])] {
        assert_eq!(admin.post("/v1/staff/ana/invitation", &json!({ "roles": roles })).status, 422);
    }
    assert_eq!(server.client(&["lead"]).post("/v1/staff/ana/invitation", &json!({ "roles": ["staff"] })).status, 403);
    let first = invited(&admin, "ana", &["staff"]);
    let link = invited(&admin, "ana", &["staff"]);
    assert_eq!(accept(&server, &first, PASSWORD).status, 410, "another link took its place");
    let short = accept(&server, &link, "too short");
    assert_eq!((short.status, &short.body["field"]), (422, &json!("password")), "{}", short.body);
    assert_eq!(accept(&server, &link, PASSWORD).status, 204);
    assert_eq!(accept(&server, &link, "another password, please").status, 410, "it is valid once");
    assert_eq!(accept(&server, "ana.guess", PASSWORD).status, 410);

    let ana = Browser::signed_in(&server, "ana");
    let own = ana.get("/sign-in/v1/session").body;
    assert_eq!((&own["person"], &own["roles"]), (&json!("ana"), &json!(["staff"])));
    // She may what her role may, as herself, and nothing else.
    let there = ana.post("/v1/staff/ana/presence", &json!({ "presence": "available" }));
    assert_eq!((there.status, &there.body["presence"]), (200, &json!("available")), "{}", there.body);
    note(&admin, "ben", 1);
    assert_eq!(ana.post("/v1/staff/ben/presence", &json!({ "presence": "available" })).status, 403);
    assert_eq!(ana.get("/v1/tokens").status, 403);
    let lead = server.client(&["lead", "admin"]);
    let case = lead.open("ann", "I want to talk to a human please");
    let offered = loop {
        let work = ana.get("/v1/staff/ana/work").body;
        if let Some(case) = work["offered"].as_array().unwrap().first() {
            break case.clone();
        }
    };
    assert_eq!(id(&offered), id(&case));
    let body = json!({ "offer": offered["offer"]["id"], "answer": "accept" });
    let taken = ana.post(&format!("/v1/cases/{}/offer", id(&offered)), &body);
    assert_eq!(taken.status, 200, "{}", taken.body);
    // What she did is on record under her session, and shown under her name.
    let timeline = lead.get(&format!("/v1/cases/{}/timeline", id(&case))).body.to_string();
    assert!(timeline.contains("\"ana\""), "{timeline}");

    let listed = admin.get("/v1/sessions").body;
    assert_eq!((&listed[0]["person"], &listed[0]["way"]), (&json!("ana"), &json!("password")), "{listed}");
    let session = id(&listed[0]);
    assert!(session.starts_with("ses_") && !listed.to_string().contains(ana.cookie.as_deref().unwrap()));
    assert!(!admin.get("/v1/tokens").body.to_string().contains("ses_"), "a session is no token");
    assert_eq!(admin.delete(&format!("/v1/tokens/{session}")).status, 404);
    assert_eq!(server.client(&["auditor"]).get("/v1/sessions").status, 200);
    assert_eq!(server.client(&["auditor"]).delete(&format!("/v1/sessions/{session}")).status, 403);

    let out = ana.sign_out();
    assert_eq!((out.status, kept(&out)), (204, None));
    assert_eq!(ana.get("/sign-in/v1/session").status, 401, "it is over at the next call");
    assert_eq!(ana.get("/v1/staff/ana/work").status, 401);
    let said = record(&admin, "ana");
    let said: Vec<&str> = said.iter().map(String::as_str).filter(|kind| !kind.contains("presence")).collect();
    let expected = [
        "staff_noted",
        "account_changed invited",
        "account_changed invited",
        "account_changed password_set",
        "session_started",
        "session_ended signed_out",
    ];
    assert_eq!(said, expected);
    let feed = admin.get("/v1/streams/staff/ana/timeline").body.to_string();
    for secret in [PASSWORD, &link, link.rsplit_once('.').unwrap().1, "argon2"] {
        assert!(!feed.contains(secret), "{feed}");
    }
}

#[test]
fn a_wrong_password_and_an_unknown_name_are_told_alike_and_too_many_are_refused_on_record() {
    let server = Server::start();
    let admin = server.client(&["admin"]);
    with_account(&server, &admin, "cleo", &["lead"]);
    let browser = Browser::of(&server);
    let (wrong, unknown) = (browser.try_sign_in("cleo", "wrong password here"), browser.try_sign_in("dora", PASSWORD));
    assert_eq!((wrong.status, &wrong.body["type"]), (403, &json!("/problems/sign_in_refused")), "{}", wrong.body);
    assert_eq!((wrong.status, wrong.body), (unknown.status, unknown.body.clone()));
    let names = |answer: &Got| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&unknown), names(&browser.try_sign_in("Not A Name", PASSWORD)));
    assert!(kept(&unknown).is_none());
    // Of those who guess, the owner of the name is told on record, once; the right password waits as well.
    let tried: Vec<u16> = (0..30).map(|_| browser.try_sign_in("cleo", "guess, guess, guess").status).collect();
    assert!(tried.ends_with(&[429; 10]), "{tried:?}");
    let waits = browser.try_sign_in("cleo", PASSWORD);
    assert_eq!((waits.status, &waits.body["type"]), (429, &json!("/problems/too_many_sign_ins")), "{}", waits.body);
    assert!(waits.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    let (of_cleo, of_nobody) =
        (|| record(&admin, "cleo"), (0..30).map(|_| browser.try_sign_in("dora", PASSWORD).status));
    assert_eq!(of_nobody.filter(|status| *status == 429).count(), 21, "an unknown name is refused like a known one");
    let refused = loop {
        let said = of_cleo();
        if said.last().unwrap() == "sign_in_refused" {
            break said;
        }
    };
    assert_eq!(refused.iter().filter(|kind| *kind == "sign_in_refused").count(), 1, "{refused:?}");
    assert_eq!(admin.get("/v1/streams/staff/dora/timeline").status, 404, "nobody puts names on record");
}

#[test]
fn one_address_behind_a_proxy_tries_no_more_than_its_share_and_another_one_does() {
    let server = Server::start();
    let browser = Browser::of(&server);
    let try_from = |address: &str, name: usize| {
        let body = json!({ "name": format!("n{name}"), "password": PASSWORD });
        browser.send("post", "/sign-in/v1/password", &[("x-forwarded-for", address)], Some(&body)).status
    };
    // What it says of addresses before it changes nothing.
    let tried: Vec<u16> = (0..44).map(|n| try_from(&format!("203.0.113.{n}, 198.51.100.7"), n)).collect();
    assert!(tried[..40].iter().all(|status| *status == 403) && tried.ends_with(&[429; 2]), "{tried:?}");
    assert_eq!(try_from("198.51.100.8", 99), 403);
}

#[test]
fn a_session_is_new_with_each_sign_in_and_none_is_taken_from_outside() {
    let server = Server::start();
    let admin = server.client(&["admin"]);
    with_account(&server, &admin, "cleo", &["lead"]);
    // Fixation: what a browser brought is never what it gets, and is over if it was a session.
    let planted = format!("__Host-remit-session={}", "A".repeat(43));
    let mut browser = Browser { cookie: Some(planted.clone()), ..Browser::of(&server) };
    assert_eq!(browser.get("/v1/cases").status, 401);
    let answer = browser.try_sign_in("cleo", PASSWORD);
    assert_ne!(kept(&answer).unwrap(), planted);
    browser.keep(&answer);
    assert_eq!(browser.get("/v1/cases").status, 200);
    assert_eq!(Browser { cookie: Some(planted), ..browser.clone() }.get("/v1/cases").status, 401);
    let before = browser.clone();
    let answer = browser.try_sign_in("cleo", PASSWORD);
    browser.keep(&answer);
    assert_ne!(before.cookie, browser.cookie);
    assert_eq!((before.get("/v1/cases").status, browser.get("/v1/cases").status), (401, 200));
    assert_eq!(record(&admin, "cleo").last().unwrap(), "session_started");
    assert!(record(&admin, "cleo").contains(&"session_ended signed_in_anew".to_owned()));
    // A token is no session, nor the other way round.
    let token = server.client(&["lead"]).token;
    let as_cookie = Browser { cookie: Some(format!("__Host-remit-session={token}")), ..browser.clone() };
    assert_eq!(as_cookie.get("/v1/cases").status, 401);
    let secret = browser.cookie.as_deref().unwrap().split_once('=').unwrap().1.to_owned();
    for bearer in [secret.clone(), format!("remit_{secret}")] {
        assert_eq!(server.client_with(&bearer).get("/v1/cases").status, 401);
    }
    // Both at once are refused, and so are two sessions.
    let both = browser.send("get", "/v1/cases", &[("authorization", &format!("Bearer {token}"))], None);
    assert_eq!((both.status, &both.body["type"]), (401, &json!("/problems/unauthenticated")), "{}", both.body);
    let cookie = browser.cookie.clone().unwrap();
    let twice = Browser { cookie: Some(format!("{cookie}; {cookie}")), ..browser };
    assert_eq!(twice.get("/v1/cases").status, 401);
}

#[test]
fn what_changes_something_comes_from_the_sessions_own_page() {
    let server = Server::start();
    let admin = server.client(&["admin"]);
    with_account(&server, &admin, "cleo", &["lead", "admin"]);
    let (cleo, other) = (Browser::signed_in(&server, "cleo"), Browser::signed_in(&server, "cleo"));
    let body = json!({ "customer": "ann", "text": "my card has not arrived", "channel": "chat" });
    let send = |headers: &[(&str, &str)]| cleo.send("post", "/v1/cases", headers, Some(&body));
    let own = ("x-remit-csrf", cleo.csrf.as_str());
    let upper = cleo.csrf.to_uppercase();
    for headers in [
        &[][..],
        &[("x-remit-csrf", "")],
        &[("x-remit-csrf", "00")],
        &[("x-remit-csrf", "\u{e9}")],
        &[("x-remit-csrf", &other.csrf)],
        &[own, ("sec-fetch-site", "cross-site")],
        &[own, ("sec-fetch-site", "same-site")],
        &[own, ("sec-fetch-site", "none")],
        &[own, ("origin", "https://attacker.example")],
        &[own, ("origin", "null")],
    ] {
        let refused = send(headers);
        assert_eq!((refused.status, &refused.body["type"]), (403, &json!("/problems/cross_site")), "{headers:?}");
    }
    assert_eq!(cleo.send("post", "/sign-in/v1/sign-out", &[], None).status, 403);
    assert_eq!(cleo.send("delete", "/v1/sessions/ses_0", &[], None).status, 403);
    assert_eq!(cleo.get("/v1/cases").body["items"], json!([]), "nothing was done by any of them");
    assert_eq!(send(&[own, ("sec-fetch-site", "same-origin")]).status, 201);
    assert_eq!(send(&[("x-remit-csrf", &upper)]).status, 201);
    // Another site signs nobody in, as somebody else either.
    let crossed = json!({ "name": "cleo", "password": PASSWORD });
    let crossed = cleo.send("post", "/sign-in/v1/password", &[("sec-fetch-site", "cross-site")], Some(&crossed));
    assert_eq!((crossed.status, kept(&crossed)), (403, None));
    let plain = [("content-type", "text/plain")];
    let plain = server.client_with("").send("/sign-in/v1/password", &plain, b"{\"name\":\"cleo\",\"password\":\"x\"}");
    assert_eq!(plain.status, 415);
    // A token needs none of it.
    let lead = server.client(&["lead", "integration"]);
    assert_eq!(lead.post("/v1/cases", &body).status, 201);
}

#[test]
fn pages_are_framed_by_nobody_and_kept_by_nobody() {
    let server = Server::start();
    let admin = server.client(&["admin"]);
    with_account(&server, &admin, "dora", &["admin"]);
    let dora = Browser::signed_in(&server, "dora");
    for path in ["/sign-in", "/sign-out", "/sandbox"] {
        let request = dora.client.agent.get(format!("{}{path}", server.url));
        let page = request.header("cookie", dora.cookie.as_ref().unwrap()).call().unwrap();
        assert_eq!(page.status(), 200, "{path}");
        let said = |name: &str| page.headers()[name].to_str().unwrap();
        assert!(said("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert!(said("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert!(!said("content-security-policy").contains("unsafe-inline"), "{path}");
        assert_eq!((said("cache-control"), said("referrer-policy")), ("no-store", "no-referrer"), "{path}");
        assert_eq!(said("cross-origin-opener-policy"), "same-origin", "{path}");
    }
    let private = dora.get("/sign-in/v1/session");
    assert_eq!(private.headers["cache-control"], "private, no-store");
}

#[test]
fn sessions_end_with_what_they_rest_on_at_the_next_call() {
    let server = Server::start();
    let admin = server.client(&["admin"]);
    for name in ["ana", "ben"] {
        note(&admin, name, 1);
        with_account(&server, &admin, name, &["staff"]);
    }
    with_account(&server, &admin, "cleo", &["lead"]);
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| Browser::signed_in(&server, name));
    let status = |browser: &Browser| browser.get("/sign-in/v1/session").status;
    assert_eq!([&ana, &ben, &cleo].map(status), [200; 3]);
    // Somebody who is removed: their tokens and sessions, and what they sign in with.
    let token = staff_client(&server, "ana");
    assert_eq!(admin.delete("/v1/staff/ana").status, 204);
    assert_eq!((status(&ana), token.get("/v1/staff").status), (401, 401));
    assert_eq!(ana.try_sign_in("ana", PASSWORD).status, 403);
    let said = record(&admin, "ana");
    assert!(said.contains(&"session_ended removed".to_owned()), "{said:?}");
    assert!(said.contains(&"account_changed ended".to_owned()), "{said:?}");
    // Who has other roles, and who chose another password.
    let link = invited(&admin, "cleo", &["auditor"]);
    assert_eq!(status(&cleo), 401);
    let cleo = Browser::signed_in(&server, "cleo");
    assert_eq!(cleo.get("/sign-in/v1/session").body["roles"], json!(["auditor"]));
    let body = json!({ "customer": "ann", "text": "my card has not arrived", "channel": "chat" });
    assert_eq!(cleo.post("/v1/cases", &body).status, 403);
    assert_eq!(accept(&server, &link, "another password, please").status, 204);
    assert_eq!((status(&cleo), cleo.try_sign_in("cleo", PASSWORD).status), (401, 403));
    // What an admin ends, and whom they let in no more.
    let session = admin.get("/v1/sessions").body;
    assert_eq!(session.as_array().unwrap().len(), 1, "{session}");
    assert_eq!(admin.delete(&format!("/v1/sessions/{}", id(&session[0]))).status, 204);
    assert_eq!((status(&ben), admin.delete(&format!("/v1/sessions/{}", id(&session[0]))).status), (401, 404));
    let ben = Browser::signed_in(&server, "ben");
    assert_eq!(admin.delete("/v1/staff/ben/account").status, 204);
    assert_eq!((status(&ben), ben.try_sign_in("ben", PASSWORD).status), (401, 403));
    assert_eq!(admin.delete("/v1/staff/ben/account").status, 404);
    // Nobody has more than so many: another one ends the oldest.
    with_account(&server, &admin, "dora", &["lead"]);
    let all: Vec<Browser> = (0..17).map(|_| Browser::signed_in(&server, "dora")).collect();
    assert_eq!(all.iter().map(status).collect::<Vec<_>>(), [&[401][..], &[200; 16]].concat());
    presence(&admin, "ben", "busy");
}

#[test]
fn sessions_end_by_themselves_and_survive_a_start() {
    let (clock, data) = (OwnClock::new(), tempfile::tempdir().unwrap());
    let server = Server::start_at(data, &clock);
    let admin = server.client(&["admin"]);
    with_account(&server, &admin, "cleo", &["lead"]);
    let minutes = |minutes: i64| clock.forward_ms(minutes * 60_000);
    let (idle, mut used) = (Browser::signed_in(&server, "cleo"), Browser::signed_in(&server, "cleo"));
    minutes(20);
    assert_eq!(used.get("/v1/cases").status, 200);
    minutes(20);
    assert_eq!((idle.get("/v1/cases").status, used.get("/v1/cases").status), (401, 200));
    assert_eq!(record(&admin, "cleo").last().unwrap(), "session_ended idle");
    // The same session, and what its page sends, after a start.
    let server = Server::start_at(server.stop(), &clock);
    used.client = server.client_with("");
    assert_eq!(used.get("/v1/cases").status, 200);
    let admin = server.client(&["admin"]);
    for _ in 0..33 {
        minutes(20);
        assert_eq!(used.get("/v1/cases").status, 200);
    }
    minutes(20);
    assert_eq!(used.get("/v1/cases").status, 401, "it lasts twelve hours, however much it is used");
    assert_eq!(admin.get("/v1/sessions").body, json!([]));
    Browser::signed_in(&server, "cleo");
    assert!(record(&admin, "cleo").contains(&"session_ended expired".to_owned()));
}

#[test]
fn a_link_ends_by_itself_and_what_is_kept_beside_the_record_is_found() {
    let (clock, data) = (OwnClock::new(), tempfile::tempdir().unwrap());
    let server = Server::start_at(data, &clock);
    let admin = server.client(&["admin"]);
    let link = invited(&admin, "cleo", &["lead"]);
    clock.forward_ms(25 * 3_600_000);
    assert_eq!(accept(&server, &link, PASSWORD).status, 410);
    let data = server.stop();
    // By the command line, where no server runs.
    let opened = remit_app::boot::OpenDirectory::open(data.path(), &mut |_| {}).unwrap();
    let now = Timestamp(1_773_136_800_000 + 26 * 3_600_000);
    let set = |roles: &[&str], password: &str| {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        opened.set_password(now, "cleo", roles, password)
    };
    assert!(set(&["staff"], PASSWORD).is_err() && set(&["lead"], "short").is_err() && set(&[], PASSWORD).is_err());
    set(&["lead"], PASSWORD).unwrap();
    drop(opened);
    let mut server = Server::start_at(data, &clock);
    Browser::signed_in(&server, "cleo");
    // Somebody who writes into the store gives nobody a password, a role or a session unseen.
    server.is_tampered_with();
    let data = server.stop();
    let key = Signer::new(remit_app::vault::keys::ORIGIN, &[0; 32]).verifier();
    let database = rusqlite::Connection::open(data.path().join(DATABASE)).unwrap();
    let anothers = |name: &str| {
        let sql = "UPDATE tokens SET name = ?1 WHERE id LIKE 'ses_%'";
        assert_eq!(database.execute(sql, [name]).unwrap(), 1);
        let problems = verified(data.path(), &key).problems;
        problems.iter().any(|problem| problem.to_string().contains("another person's"))
    };
    assert!(anothers("ben") && !anothers("cleo"));
    for (kind, from, to, found) in [
        ("account", "\"lead\"", "\"admin\"", "account cleo"),
        ("account", "$argon2id$", "$argon2i$", "account cleo"),
        ("session", "\"password\"", "\"provider\"", "session ses_"),
    ] {
        let change = |from: &str, to: &str| {
            let sql = "UPDATE items SET body = CAST(replace(CAST(body AS TEXT), ?2, ?3) AS BLOB) WHERE kind = ?1";
            assert_eq!(database.execute(sql, [kind, from, to]).unwrap(), 1);
        };
        let problems = || verified(data.path(), &key).problems.iter().map(ToString::to_string).collect::<Vec<_>>();
        let is_named = |problems: Vec<String>| problems.iter().any(|problem| problem.contains(found));
        assert!(!is_named(problems()), "{found}");
        change(from, to);
        let told = problems();
        assert!(is_named(told.clone()), "{found}: {told:?}");
        change(to, from);
    }
}
