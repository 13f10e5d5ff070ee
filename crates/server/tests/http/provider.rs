//! People who work here sign in by an identity provider that others wrote, npm's `oidc-provider`: what it says counts,
//! and what anybody else says in its place does not.

use crate::{
    delegate::ISSUER,
    harness::{Client, Got, Server, id, open_at, settings},
    program::Program,
    sample_bundle::BANK,
    sessions::{Browser, kept},
    staff::note,
};
use remit_app::{
    Settings,
    environment::{clock::SystemClock, provider::ProviderSettings},
    governance::services::Services,
};
use remit_policy::address::Address;
use remit_responders::ApiKey;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// A server whose staff sign in by the provider, which is told where it is.
struct House {
    server: Server,
    admin: Client,
    provider: Program,
    issuer: String,
}

impl House {
    fn open() -> Self {
        let mut provider = Program::start("provider.mjs", &[ISSUER]);
        let issuer = provider.hear()["issuer"].as_str().unwrap().to_owned();
        let roles = [("support", "staff"), ("heads", "lead"), ("platform", "admin")];
        let declared = ProviderSettings {
            issuer: issuer.clone(),
            client_id: "remit".to_owned(),
            secret: ApiKey::new("a secret of the client, +&%"),
            name_claim: "sub".to_owned(),
            domain: None,
            roles_claim: "groups".to_owned(),
            roles: roles.map(|(group, role)| (group.to_owned(), role.to_owned())).to_vec(),
        };
        let public = vec![Address::parse(ISSUER).unwrap()];
        let settings = Settings { public, provider: Some(declared), ..settings() };
        let data = tempfile::tempdir().unwrap();
        // The provider's clock is the machine's.
        let app = open_at(data.path(), Arc::clone(&BANK), Services::none(), settings, Box::new(SystemClock));
        let server = Server::serve(app, data);
        provider.done(&json!({ "do": "at", "url": server.url }));
        let admin = server.client(&["admin"]);
        Self { server, admin, provider, issuer }
    }

    fn person(&mut self, name: &str, claims: &Value) {
        self.provider.done(&json!({ "do": "person", "name": name, "claims": claims }));
    }

    /// A token as the provider would sign it, or a hostile one.
    fn craft(&mut self, step: &Value) -> String {
        let mut step = step.clone();
        step["do"] = json!("craft");
        self.provider.done(&step)["token"].as_str().unwrap().to_owned()
    }

    /// Begins a sign-in: what the browser keeps, and where it is sent to.
    fn begin(&self, query: &str) -> (String, String) {
        let begun = raw(&Browser::of(&self.server), &format!("/sign-in/v1/begin{query}"), None);
        assert_eq!(begun.status, 303, "{}", begun.body);
        let cookie = cookie(&begun, "__Host-remit-sign-in").unwrap();
        (cookie, begun.headers["location"].to_str().unwrap().to_owned())
    }

    /// Comes back from the provider to this server, in a browser that keeps `cookie`.
    fn come_back(&self, to: &str, cookie: Option<&str>) -> Got {
        let path = to.strip_prefix(ISSUER).unwrap_or_else(|| panic!("{to} leads elsewhere"));
        raw(&Browser::of(&self.server), path, cookie)
    }

    /// Signs in at the provider and comes back.
    fn sign_in(&self, visitor: &mut Visitor, name: &str) -> Got {
        let (cookie, to) = self.begin("");
        let back = visitor.sign_in(&to, name);
        self.come_back(&back, Some(&cookie))
    }

    /// A browser that is signed in.
    fn signed_in(&self, visitor: &mut Visitor, name: &str) -> Browser {
        let answer = self.sign_in(visitor, name);
        assert_eq!((answer.status, answer.headers["location"].to_str().unwrap()), (303, "/sign-in"), "{}", answer.body);
        let mut browser = Browser::of(&self.server);
        browser.keep(&answer);
        browser
    }

    fn log_out_by(&self, token: &str) -> Got {
        let client = self.server.client_with("");
        let body = format!("logout_token={token}");
        let request = client.agent.post(format!("{}/sign-in/v1/back-channel-logout", client.url));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        read(request.send(body).unwrap())
    }
}

fn read(mut answer: ureq::http::Response<ureq::Body>) -> Got {
    let text = answer.body_mut().read_to_string().unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Got { status: answer.status().as_u16(), body, headers: answer.headers().clone() }
}

/// Asks for what is no part of the description, and follows nothing.
fn raw(browser: &Browser, path: &str, cookie: Option<&str>) -> Got {
    let mut request = browser.client.agent.get(format!("{}{path}", browser.client.url));
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    read(request.config().max_redirects(0).max_redirects_will_error(false).build().call().unwrap())
}

fn cookie(answer: &Got, name: &str) -> Option<String> {
    let all = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let found = all.into_iter().find(|cookie| cookie.starts_with(name))?;
    Some(found.split(';').next().unwrap().to_owned()).filter(|pair| !pair.ends_with('='))
}

/// Somebody's browser at the provider, which keeps its cookies.
struct Visitor {
    agent: ureq::Agent,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    fn of(house: &House) -> Self {
        Self { agent: house.server.client_with("").agent, cookies: BTreeMap::new() }
    }

    fn ask(&mut self, url: &str, form: Option<&str>) -> Got {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = match form {
            Some(form) => {
                let request = self.agent.post(url).header("cookie", cookies.join("; "));
                let request = request.header("content-type", "application/x-www-form-urlencoded");
                request.config().max_redirects(0).max_redirects_will_error(false).build().send(form)
            }
            None => {
                let request = self.agent.get(url).header("cookie", cookies.join("; "));
                request.config().max_redirects(0).max_redirects_will_error(false).build().call()
            }
        };
        let got = read(answer.unwrap());
        for cookie in got.headers.get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        got
    }

    /// Follows the provider's pages from `to`, as this person, until it sends the browser back.
    fn sign_in(&mut self, to: &str, name: &str) -> String {
        let mut to = to.to_owned();
        loop {
            let mut page = self.ask(&to, None);
            if page.status == 200 {
                let text = page.body.as_str().unwrap();
                let form = if text.contains("value=\"login\"") {
                    format!("prompt=login&login={name}&password=any")
                } else {
                    "prompt=consent".to_owned()
                };
                let action = text.split_once("action=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
                page = self.ask(&action, Some(&form));
            }
            let next = page.headers.get("location").unwrap_or_else(|| panic!("{to}: {page:?}")).to_str().unwrap();
            if next.starts_with(ISSUER) {
                return next.to_owned();
            }
            let base = to.split_inclusive('/').take(3).collect::<String>();
            to = if next.starts_with('/') { format!("{}{next}", base.trim_end_matches('/')) } else { next.to_owned() };
        }
    }

    /// Signs out at the provider, which tells its clients.
    fn sign_out(&mut self, issuer: &str) {
        let page = self.ask(&format!("{issuer}/session/end"), None);
        let text = page.body.as_str().unwrap();
        let secret = text.split_once("name=\"xsrf\" value=\"").unwrap().1.split_once('"').unwrap().0;
        let done = self.ask(&format!("{issuer}/session/end/confirm"), Some(&format!("xsrf={secret}&logout=yes")));
        assert!(done.status < 400, "{done:?}");
    }
}

/// Where the page is told that it came to nothing, with why.
fn refused(answer: &Got) -> String {
    assert_eq!((answer.status, kept(answer)), (303, None), "{}", answer.body);
    answer.headers["location"].to_str().unwrap().strip_prefix("/sign-in?refused=").unwrap().to_owned()
}

#[test]
fn people_sign_in_by_their_provider_as_what_it_says_they_are() {
    let mut house = House::open();
    note(&house.admin, "ana", 1);
    house.person("ana", &json!({ "groups": ["support", "football"] }));
    house.person("cleo", &json!({ "groups": ["heads"] }));
    house.person("dora", &json!({ "groups": ["football"] }));
    house.person("finn", &json!({ "groups": ["support"] }));
    house.person("B0ss", &json!({ "groups": ["heads"] }));
    let ways = Browser::of(&house.server).get("/sign-in/v1/ways").body;
    assert_eq!(ways, json!({ "password": false, "provider": true, "passkey": false, "passkey_host": null }));
    let ana = house.signed_in(&mut Visitor::of(&house), "ana");
    let own = ana.get("/sign-in/v1/session").body;
    assert_eq!((&own["person"], &own["roles"]), (&json!("ana"), &json!(["staff"])));
    let there = ana.post("/v1/staff/ana/presence", &json!({ "presence": "available" }));
    assert_eq!(there.status, 200, "{}", there.body);
    let cleo = house.signed_in(&mut Visitor::of(&house), "cleo");
    assert_eq!((ana.get("/metrics").status, cleo.get("/metrics").status), (403, 200));
    let listed = house.admin.get("/v1/sessions").body;
    assert_eq!((&listed[0]["person"], &listed[0]["way"]), (&json!("cleo"), &json!("provider")), "{listed}");
    // Who has no role, is not noted as staff, or has no name that records can have, is told so.
    for (name, why) in [("dora", "no_role"), ("finn", "not_staff"), ("B0ss", "no_name")] {
        assert_eq!(refused(&house.sign_in(&mut Visitor::of(&house), name)), why);
    }
    // Passwords count for nothing here.
    assert_eq!(Browser::of(&house.server).try_sign_in("ana", "correct horse battery").status, 403);
    let invited = house.admin.post("/v1/staff/ana/invitation", &json!({ "roles": ["staff"] }));
    assert_eq!(invited.status, 409, "{}", invited.body);
    let record = house.admin.get("/v1/streams/staff/cleo/timeline").body.to_string();
    assert!(record.contains("\"way\":\"provider\"") && !record.contains(&house.issuer), "{record}");
}

#[test]
fn a_sign_in_ends_in_the_browser_in_which_it_began_once_and_goes_on_to_this_server_alone() {
    let mut house = House::open();
    house.person("cleo", &json!({ "groups": ["heads"] }));
    let mut visitor = Visitor::of(&house);
    let (cookie, to) = house.begin("?return=/sandbox");
    for part in ["code_challenge_method=S256", "response_type=code", "nonce=", "state=", "scope=openid"] {
        assert!(to.contains(part), "{to}");
    }
    let secret = cookie.split_once('=').unwrap().1.split('.').next().unwrap();
    assert!(!to.contains(secret), "{to}");
    let back = visitor.sign_in(&to, "cleo");
    let (other, _) = house.begin("");
    let changed = |from: &str, to: &str| {
        assert!(back.contains(from), "{back}");
        back.replace(from, to)
    };
    // Another browser, none, another state, and an answer of another provider.
    for (to, cookie) in [
        (back.clone(), None),
        (back.clone(), Some(other.as_str())),
        (changed("state=", "state=x"), Some(&cookie)),
        (changed("state=", "other="), Some(&cookie)),
        (changed("iss=", "iss=https%3A%2F%2Fother.example"), Some(&cookie)),
        (changed("&iss=", "&other="), Some(&cookie)),
        (changed("code=", "other="), Some(&cookie)),
    ] {
        assert_eq!(refused(&house.come_back(&to, cookie)), "mixed_up", "{to}");
    }
    let twice = house.come_back(&format!("{back}&state=x"), Some(&cookie));
    assert_eq!(twice.status, 400);
    let done = house.come_back(&back, Some(&cookie));
    assert_eq!((done.status, done.headers["location"].to_str().unwrap()), (303, "/sandbox"));
    assert!(kept(&done).is_some() && super::provider::cookie(&done, "__Host-remit-sign-in").is_none());
    // The code counts once, whatever else is right.
    assert_eq!(refused(&house.come_back(&back, Some(&cookie))), "not_signed_in");
    // A code of another sign-in, in the browser of an attacker who has both, is bound to the verifier of the other.
    let (first, to_first) = house.begin("");
    let (_, to_second) = house.begin("");
    let of_second = visitor.sign_in(&to_second, "cleo");
    let of_first = visitor.sign_in(&to_first, "cleo");
    let code = |back: &str| back.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
    let injected = of_first.replace(&code(&of_first), &code(&of_second));
    assert_eq!(refused(&house.come_back(&injected, Some(&first))), "not_signed_in");
    assert_eq!(
        refused(&house.come_back(
            &format!(
                "{ISSUER}/sign-in/v1/callback?error=access_denied&state={}&iss={}",
                of_first.split_once("state=").unwrap().1.split('&').next().unwrap(),
                house.issuer
            ),
            Some(&first)
        )),
        "not_signed_in"
    );
    for elsewhere in ["https://attacker.example", "//attacker.example", "/%5Cattacker.example", "sandbox", "/%0d%0aa:b"]
    {
        let begun = raw(&Browser::of(&house.server), &format!("/sign-in/v1/begin?return={elsewhere}"), None);
        assert_eq!((begun.status, &begun.body["field"]), (422, &json!("return")), "{elsewhere}");
    }
}

#[test]
fn what_is_said_in_the_providers_place_is_not_taken() {
    let mut house = House::open();
    house.person("cleo", &json!({ "groups": ["heads"] }));
    let mut visitor = Visitor::of(&house);
    let truth = json!({ "sub": "cleo", "groups": ["platform"] });
    let with = |change: Value| {
        let mut claims = truth.clone();
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        claims
    };
    let lied = |house: &mut House, visitor: &mut Visitor, step: Value| {
        let (cookie, to) = house.begin("");
        let back = visitor.sign_in(&to, "cleo");
        let mut step = step;
        step["do"] = json!("lie");
        house.provider.done(&step);
        house.come_back(&back, Some(&cookie))
    };
    for step in [
        json!({ "by": "nobody", "claims": truth }),
        json!({ "by": "nobody", "header": { "alg": "NONE" }, "claims": truth }),
        json!({ "by": "secret", "claims": truth }),
        json!({ "by": "public", "claims": truth }),
        json!({ "by": "public", "header": { "alg": "RS256" }, "claims": truth }),
        json!({ "by": "stranger", "claims": truth }),
        json!({ "header": { "kid": "unknown" }, "claims": truth }),
        json!({ "header": { "typ": "at+jwt" }, "claims": truth }),
        json!({ "header": { "typ": "logout+jwt" }, "claims": truth }),
        json!({ "claims": with(json!({ "iss": "https://other.example" })) }),
        json!({ "claims": with(json!({ "aud": "another" })) }),
        json!({ "claims": with(json!({ "aud": ["another", "remit"] })) }),
        json!({ "claims": with(json!({ "aud": ["another", "remit"], "azp": "another" })) }),
        json!({ "claims": with(json!({ "azp": "another" })) }),
        json!({ "claims": with(json!({ "exp": 1_000_000_000 })) }),
        json!({ "claims": with(json!({ "exp": null })) }),
        json!({ "claims": with(json!({ "iat": 9_000_000_000_i64, "exp": 9_000_000_100_i64 })) }),
        json!({ "claims": with(json!({ "nonce": "of another" })) }),
        json!({ "claims": with(json!({ "nonce": null })) }),
        json!({ "claims": with(json!({ "sub": null })) }),
        json!({ "claims": with(json!({ "events": {} })) }),
    ] {
        let answer = lied(&mut house, &mut visitor, step.clone());
        assert_eq!(refused(&answer), "not_signed_in", "{step}");
    }
    // The same, said by itself, is taken: what was refused was refused for what it says.
    let taken = lied(&mut house, &mut visitor, json!({ "claims": truth }));
    assert!(kept(&taken).is_some(), "{taken:?}");
    let taken =
        lied(&mut house, &mut visitor, json!({ "claims": with(json!({ "aud": ["x", "remit"], "azp": "remit" })) }));
    assert!(kept(&taken).is_some(), "{taken:?}");
}

#[test]
fn another_key_of_the_provider_is_found_and_who_signs_out_there_is_out_here() {
    let mut house = House::open();
    for (name, groups) in [("cleo", "heads"), ("dora", "heads")] {
        house.person(name, &json!({ "groups": [groups] }));
    }
    let mut visitor = Visitor::of(&house);
    let first = house.signed_in(&mut visitor, "cleo");
    for alg in ["ES256", "PS256", "RS256"] {
        house.provider.done(&json!({ "do": "rotate", "alg": alg }));
        visitor = Visitor::of(&house);
        house.signed_in(&mut visitor, "cleo");
    }
    let here = house.signed_in(&mut visitor, "cleo");
    let dora = house.signed_in(&mut Visitor::of(&house), "dora");
    let status = |browser: &Browser| browser.get("/sign-in/v1/session").status;
    // Of the person, one session there ends the sessions here that it began.
    visitor.sign_out(&house.issuer);
    let sent = loop {
        let sent = house.provider.done(&json!({ "do": "sent" }))["sent"].as_array().unwrap().clone();
        if !sent.is_empty() {
            break sent;
        }
    };
    assert_eq!(sent[0]["status"], 200, "{sent:?}");
    assert_eq!([&first, &here, &dora].map(status), [200, 401, 200]);
    let record = house.admin.get("/v1/streams/staff/cleo/timeline?limit=200").body.to_string();
    assert!(record.contains("\"cause\":\"provider\""), "{record}");
    let token = sent[0]["body"].as_str().unwrap().strip_prefix("logout_token=").unwrap();
    let again = house.log_out_by(token);
    assert_eq!((again.status, &again.body["error"]), (400, &json!("invalid_request")), "a token counts once");
    // What is no logout token of the provider's ends nothing.
    let event = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
    let base = json!({ "sub": "dora", "jti": "j-0", "events": event, "nonce": null });
    let with = |change: Value| {
        let mut claims = base.clone();
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        claims
    };
    let typ = json!({ "typ": "logout+jwt" });
    for step in [
        json!({ "header": typ, "by": "nobody", "claims": base }),
        json!({ "header": typ, "by": "secret", "claims": base }),
        json!({ "header": typ, "by": "stranger", "claims": base }),
        json!({ "header": { "typ": "at+jwt" }, "claims": base }),
        json!({ "header": typ, "claims": with(json!({ "nonce": "n" })) }),
        json!({ "header": typ, "claims": with(json!({ "events": null })) }),
        json!({ "header": typ, "claims": with(json!({ "events": { "other": {} } })) }),
        json!({ "header": typ, "claims": with(json!({ "jti": null })) }),
        json!({ "header": typ, "claims": with(json!({ "sub": null })) }),
        json!({ "header": typ, "claims": with(json!({ "aud": "another" })) }),
        json!({ "header": typ, "claims": with(json!({ "iss": "https://other.example" })) }),
        json!({ "header": typ, "claims": with(json!({ "exp": 1_000_000_000 })) }),
        json!({ "header": typ, "claims": with(json!({ "iat": 1_000_000_000 })) }),
    ] {
        let token = house.craft(&step);
        assert_eq!(house.log_out_by(&token).status, 400, "{step}");
    }
    assert_eq!(house.log_out_by("nonsense").status, 400);
    assert_eq!(status(&dora), 200);
    // Somebody's sessions, all of them.
    let token = house.craft(&json!({ "header": typ, "claims": base }));
    let out = house.log_out_by(&token);
    assert_eq!(
        (out.status, out.headers["cache-control"].to_str().unwrap()),
        (200, "private, no-store"),
        "{}",
        out.body
    );
    assert_eq!([&first, &dora].map(status), [200, 401]);
    assert_eq!(house.log_out_by(&token).status, 400);
    // Sessions are listed and ended as any other.
    let listed = house.admin.get("/v1/sessions").body;
    let left: Vec<String> = listed.as_array().unwrap().iter().map(id).collect();
    assert_eq!(left.len(), 3, "{listed}");
    for session in left {
        assert_eq!(house.admin.delete(&format!("/v1/sessions/{session}")).status, 204);
    }
    assert_eq!(status(&first), 401);
}
