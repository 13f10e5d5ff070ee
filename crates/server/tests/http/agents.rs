//! Agents that only sign their requests (Web Bot Auth): recognised by keys at an address of theirs, told whom to prove
//! that they act for, counted and on record, and never let do anything. npm's `web-bot-auth` signs as others do.

use crate::{
    changed_rows::{each_is_found, found},
    delegate::{Desk, ISSUER, usual},
    expected::Expected as _,
    harness::{Server, open_at, settings},
    key_addresses::Host,
    knocking::{Agent, CASES, DAY_MS, Door, MINUTE_MS, Signs, directory, key, not_recognised, recognised},
    program::Program,
    sample_bundle::BANK,
};
use remit_app::{Settings, environment::limits::Limits, governance::services::Services};
use remit_policy::address::Address;
use remit_responders::reach::PrivateHosts;
use serde_json::{Value, json};
use std::sync::Arc;

#[test]
fn npm_web_bot_auth_is_recognised_and_told_how_it_goes_on() {
    let (desk, host, mut program) = (Door::roomy(), Host::start(), Program::start("agent.mjs", &[]));
    let jwk = program.done(&json!({ "do": "key" }))["jwk"].clone();
    host.put(&directory(), &json!({ "keys": [jwk] }));
    let (agent, now) = (host.at(""), desk.server.app.environment.now().0);
    let mut sign = |url: &str, agent: &str| {
        let step = json!({ "do": "sign", "url": url, "agent": agent, "created": now, "expires": now + MINUTE_MS });
        let headers = program.done(&step)["headers"].clone();
        let text = |(name, value): (&String, &Value)| (name.clone(), value.as_str().unwrap().to_owned());
        headers.as_object().unwrap().iter().map(text).collect::<Vec<_>>()
    };
    let url = format!("{ISSUER}{CASES}");
    // As the draft has it, and as earlier ones had it.
    for written in [format!("sig1=\"{agent}\""), format!("\"{agent}\"")] {
        let signed = sign(&url, &written);
        let told = desk.knock(&signed);
        recognised(&told, &agent);
        assert_eq!(told.body["key"], jwk["kid"]);
        for (member, place) in
            [("authorization_server", "oauth-authorization-server"), ("protected_resource", "oauth-protected-resource")]
        {
            assert_eq!(told.body[member], json!(format!("{ISSUER}/.well-known/{place}")));
        }
        let steps: Vec<&str> =
            told.body["next"].as_array().unwrap().iter().filter_map(|one| one["step"].as_str()).collect();
        assert_eq!(steps, ["register", "consent", "token"]);
        let challenge = told.headers["www-authenticate"].to_str().unwrap();
        let metadata = format!("resource_metadata=\"{ISSUER}/.well-known/oauth-protected-resource\"");
        assert!(challenge.starts_with("DPoP ") && challenge.contains(&metadata), "{challenge}");
        // It always says that it is used once.
        not_recognised(&desk.knock(&signed), "replayed");
        // What delegates ask for is no nearer either.
        recognised(&desk.get("/delegate/v1/cases", &sign(&url, &written)), &agent);
    }
    not_recognised(&desk.knock(&sign("https://other.example/v1/cases", &format!("sig1=\"{agent}\""))), "bad_signature");
    not_recognised(&desk.knock(&sign(&url, &format!("sig1=\"{agent}\";type=directory"))), "agent");
    not_recognised(&desk.knock(&sign(&url, "sig1=\"https://muse.example#x\"")), "agent");
    assert_eq!(host.asked(), 1, "what was read counts for all of them");

    let listed = desk.agents();
    let [one] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!(
        (&one["agent"], &one["keys"], &one["knocks"]),
        (&json!(agent), &json!([jwk["kid"]]), &json!(6)),
        "{one}"
    );
    let name = agent.strip_prefix("http://").unwrap().to_owned();
    let [first] = &desk.on_record(&name)[..] else { panic!("{:?}", desk.on_record(&name)) };
    assert_eq!((&first["agent"], &first["knocks"], &first["refused"]), (&json!(agent), &json!(1), &json!(0)));
    let counted = desk.admin.get("/metrics").expect(200).to_string();
    for (outcome, times) in [("recognised", 4), ("not_recognised", 5)] {
        assert!(counted.contains(&format!("remit_knocks_total{{outcome=\\\"{outcome}\\\"}} {times}")), "{counted}");
    }
    assert_eq!(found(desk.server.stop().path()), [""; 0]);
}

#[test]
fn what_is_wrong_with_a_signature_is_told_and_nobody_recognised() {
    let (desk, host) = (Door::roomy(), Host::start());
    let muse = Agent::of(&host, 1);
    recognised(&muse.knock(&desk), &muse.name());
    let knock = |signs: &dyn Fn(&mut Signs<'static>)| {
        let mut usual = muse.usually(&desk);
        signs(&mut usual);
        desk.knock(&muse.signed(&usual))
    };
    not_recognised(&knock(&|signs| signs.authority = "support.other.example"), "bad_signature");
    not_recognised(&knock(&|signs| signs.expires_ms += DAY_MS), "lifetime");
    not_recognised(&knock(&|signs| signs.created_ms += 3 * MINUTE_MS), "lifetime");
    let later = |by: i64| {
        move |signs: &mut Signs<'static>| {
            signs.created_ms += by;
            signs.expires_ms += by;
        }
    };
    not_recognised(&knock(&later(2 * MINUTE_MS)), "clock_ahead");
    not_recognised(&knock(&later(-3 * MINUTE_MS)), "expired");
    not_recognised(&knock(&|signs| signs.agent = "https://muse.example?x".to_owned()), "agent");
    // Somebody else's key, under the name of this agent.
    let other = Agent { host: &host, key: key(9) };
    not_recognised(&other.knock(&desk), "unknown_key");
    // What was signed was changed since.
    let mut changed = muse.signed(&muse.usually(&desk));
    changed[0].1 = changed[0].1.replace("expires=", "expires=1");
    not_recognised(&desk.knock(&changed), "lifetime");
    let mut changed = muse.signed(&muse.usually(&desk));
    changed[0].1 = changed[0].1.replace("nonce=\"", "nonce=\"x");
    not_recognised(&desk.knock(&changed), "bad_signature");
    for missing in ["signature", "signature-agent"] {
        let mut signed = muse.signed(&muse.usually(&desk));
        signed.retain(|(name, _)| name != missing);
        assert_eq!(desk.knock(&signed).body["type"], "/problems/signature_not_recognised", "{missing}");
    }
    let long = ("signature-input".to_owned(), format!("a=();tag=\"web-bot-auth\", b=\"{}\"", "x".repeat(9_000)));
    not_recognised(&desk.knock(&[long]), "header_unreadable");
    // A signature that is not tagged as an agent's is nobody's business here.
    let untagged = ("signature-input".to_owned(), "sig1=(\"@authority\");tag=\"other\"".to_owned());
    let got = desk.get(CASES, &[untagged]);
    assert_eq!((got.status, &got.body["type"]), (401, &json!("/problems/unauthenticated")));
    assert_eq!(got.headers["www-authenticate"], "Bearer");
    let [one] = &desk.agents()[..] else { panic!("{:?}", desk.agents()) };
    assert_eq!(one["knocks"], 1, "who was not recognised is not counted as an agent: {one}");
}

#[test]
fn a_signature_changes_nothing_of_a_request_that_says_who_calls() {
    let (desk, host) = (Door::roomy(), Host::start());
    let muse = Agent::of(&host, 1);
    let with = |token: &str| {
        let mut headers = muse.signed(&muse.usually(&desk));
        headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        desk.get(CASES, &headers)
    };
    assert_eq!(with(&desk.admin.token).status, 200);
    let auditor = desk.server.client(&["auditor"]);
    assert_eq!(with(&auditor.token).status, 200);
    let tokens = desk.admin.get("/v1/tokens").body;
    let of_auditor = tokens.as_array().unwrap().iter().find(|token| token["roles"] == json!(["auditor"])).unwrap();
    let revoked = desk.admin.delete(&format!("/v1/tokens/{}", of_auditor["id"].as_str().unwrap()));
    assert_eq!(revoked.status, 204);
    for token in [auditor.token.as_str(), "remit_unknown", ""] {
        let got = with(token);
        assert_eq!((got.status, &got.body["type"]), (401, &json!("/problems/unauthenticated")), "{}", got.body);
    }
    assert_eq!((host.asked(), desk.agents()), (0, Vec::new()), "it was not even looked at");
    // What asks nobody who they are is answered as ever.
    assert_eq!(desk.get("/healthz", &muse.signed(&muse.usually(&desk))).status, 200);
}

#[test]
fn a_server_that_does_not_know_where_it_is_found_looks_at_no_signature() {
    let (desk, host) = (Door::with(settings()), Host::start());
    let muse = Agent::of(&host, 1);
    let got = muse.knock(&desk);
    assert_eq!((got.status, &got.body["type"]), (401, &json!("/problems/unauthenticated")));
    assert_eq!(host.asked(), 0);
}

#[test]
fn directories_are_read_within_bounds_and_never_where_nobody_may() {
    let (desk, host) = (Door::roomy(), Host::start());
    let muse = Agent::of(&host, 1);
    let keys = json!({ "keys": [muse.key.public().to_json()] });
    recognised(&muse.knock(&desk), &muse.name());
    for (status, body) in [
        ("302 Found", String::new()),
        ("404 Not Found", String::new()),
        ("200 OK", "<html>".to_owned()),
        ("200 OK", json!({ "keys": [], "more": "x".repeat(70_000) }).to_string()),
        ("200 OK", json!({ "keys": vec![json!({}); 200] }).to_string()),
    ] {
        host.put("/keys", &keys);
        host.answers(&directory(), status, body);
        desk.clock.forward_ms(5 * MINUTE_MS);
        not_recognised(&muse.knock(&desk), "keys_unreadable");
        let asked = host.asked();
        not_recognised(&muse.knock(&desk), "keys_unreadable");
        assert_eq!(host.asked(), asked, "{status}: it was tried a moment ago");
    }
    // Nobody answering is another thing: what was read before counts on.
    host.put(&directory(), &keys);
    desk.clock.forward_ms(5 * MINUTE_MS);
    recognised(&muse.knock(&desk), &muse.name());
    host.answers(&directory(), "503 Service Unavailable", String::new());
    desk.clock.forward_ms(5 * MINUTE_MS);
    recognised(&muse.knock(&desk), &muse.name());
    // What whoever runs the server named for others is asked for its directory alone.
    let asked = host.asked();
    let elsewhere = Signs { agent: host.put("/keys", &keys), ..muse.usually(&desk) };
    not_recognised(&desk.knock(&muse.signed(&elsewhere)), "keys_unreadable");
    assert_eq!(host.asked(), asked);

    // And nobody has this server knock at doors of its own network; nor is a stranger told what stands behind them.
    let public = vec![Address::parse(ISSUER).unwrap()];
    let guarded = Door::with(Settings { public, private_hosts: PrivateHosts::default(), ..settings() });
    let asked = host.asked();
    let mut told = Vec::new();
    for agent in [host.at(""), "https://localhost:1".to_owned(), "https://10.1.2.3".to_owned()] {
        let signs = Signs { agent: agent.clone(), ..muse.usually(&guarded) };
        let got = guarded.knock(&muse.signed(&signs));
        not_recognised(&got, "keys_unreadable");
        let detail = got.body["detail"].as_str().unwrap().replace(&agent, "AGENT");
        told.push(detail);
    }
    assert_eq!(host.asked(), asked);
    assert!(told.windows(2).all(|two| two[0] == two[1]), "{told:?}");
}

#[test]
fn keys_follow_the_directory() {
    let (desk, host) = (Door::roomy(), Host::start());
    let (muse, next) = (Agent::of(&host, 1), Agent { host: &host, key: key(2) });
    recognised(&muse.knock(&desk), &muse.name());
    not_recognised(&next.knock(&desk), "unknown_key");
    // A key that is added counts within a minute, and one that is taken away no longer than five.
    host.put(&directory(), &json!({ "keys": [next.key.public().to_json()] }));
    not_recognised(&next.knock(&desk), "unknown_key");
    recognised(&muse.knock(&desk), &muse.name());
    desk.clock.forward_ms(MINUTE_MS);
    recognised(&next.knock(&desk), &muse.name());
    not_recognised(&muse.knock(&desk), "unknown_key");
    let [one] = &desk.agents()[..] else { panic!("{:?}", desk.agents()) };
    let both = [&muse, &next].map(|agent| agent.key.public().thumbprint());
    assert_eq!((&one["keys"], &one["knocks"]), (&json!(both), &json!(3)));
}

#[test]
fn strangers_have_one_host_asked_a_few_times_a_minute_whatever_they_invent() {
    let (desk, host) = (Door::roomy(), Host::start());
    let muse = Agent::of(&host, 1);
    let ports: Vec<Host> = (0..20).map(|_| Host::start()).collect();
    let asked = || ports.iter().map(Host::asked).sum::<usize>();
    for other in &ports {
        let stranger = Agent { host: other, key: key(3) };
        let got = desk.get(CASES, &stranger.signed(&stranger.usually(&desk)));
        assert_eq!(got.body["type"], "/problems/signature_not_recognised", "{}", got.body);
    }
    assert!(asked() <= 6, "asked {} times", asked());
    let got = desk.get(CASES, &muse.signed(&muse.usually(&desk)));
    not_recognised(&got, "keys_unread");
    assert!(got.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 1, "{:?}", got.headers);
    desk.clock.forward_ms(MINUTE_MS);
    recognised(&muse.knock(&desk), &muse.name());
}

#[test]
fn each_agent_has_a_limit_and_so_have_all_together() {
    let desk = Door::open(Limits { knocks_each: 3, knocks: 9, ..Limits::default() });
    let (one, other) = (Host::start(), Host::start());
    let (muse, zoe) = (Agent::of(&one, 1), Agent::of(&other, 2));
    // The first may have to be sent again, which counts among all.
    recognised(&muse.knock(&desk), &muse.name());
    desk.clock.forward_ms(MINUTE_MS);
    let kinds = |agent: &Agent<'_>, times: usize| -> Vec<String> {
        let knock = |_| agent.knock(&desk).body["type"].as_str().unwrap().to_owned();
        (0..times).map(knock).collect()
    };
    let told = kinds(&muse, 4);
    assert_eq!(told[..3], ["/problems/prove_whom_you_act_for"; 3]);
    assert_eq!(told[3], "/problems/too_many_knocks");
    let refused = muse.knock(&desk);
    assert_eq!((refused.status, refused.headers["retry-after"].to_str().unwrap()), (429, "20"), "{}", refused.body);
    assert!(refused.body["detail"].as_str().unwrap().contains("from http://127.0.0.1"), "{}", refused.body);
    let told = kinds(&zoe, 20);
    assert_eq!(told.last().unwrap(), "/problems/too_many_knocks");
    let refused = zoe.knock(&desk);
    assert!(refused.body["detail"].as_str().unwrap().contains("9 requests a minute"), "{}", refused.body);
    // Whoever has a token does not feel it.
    assert_eq!(desk.admin.get(CASES).status, 200);
    let listed = desk.agents();
    let of = |agent: &Agent<'_>| listed.iter().find(|one| one["agent"] == json!(agent.name())).unwrap();
    assert_eq!((&of(&muse)["knocks"], &of(&muse)["refused"]), (&json!(6), &json!(2)));
}

#[test]
fn who_knocks_is_on_record_at_first_and_once_a_day() {
    let (desk, host) = (Door::roomy(), Host::start());
    let muse = Agent::of(&host, 1);
    let name = muse.name().strip_prefix("http://").unwrap().to_owned();
    for _ in 0..5 {
        recognised(&muse.knock(&desk), &muse.name());
    }
    assert_eq!(desk.on_record(&name).len(), 1);
    desk.clock.forward_ms(DAY_MS);
    // Also of who does not come again.
    desk.server.wait_for(remit_app::agent::knock::note_due(&desk.server.app)).unwrap();
    let knocks = |of: &[Value]| of.iter().map(|event| event["knocks"].as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!(knocks(&desk.on_record(&name)), [1, 4]);
    recognised(&muse.knock(&desk), &muse.name());
    assert_eq!(knocks(&desk.on_record(&name)), [1, 4]);
    desk.clock.forward_ms(DAY_MS);
    recognised(&muse.knock(&desk), &muse.name());
    assert_eq!(knocks(&desk.on_record(&name)), [1, 4, 2]);
    let [one] = &desk.agents()[..] else { panic!("{:?}", desk.agents()) };
    assert_eq!(one["knocks"], 7);

    // A start begins paces anew, and records none the sooner.
    let clock = desk.clock.clone();
    let data = desk.server.stop();
    assert_eq!(found(data.path()), [""; 0]);
    let settings = Settings { public: vec![Address::parse(ISSUER).unwrap()], ..settings() };
    let app = open_at(data.path(), Arc::clone(&BANK), Services::none(), settings, Box::new(clock.clone()));
    let server = Server::serve(app, data);
    let admin = server.client(&["admin"]);
    let again = Door { server, clock, admin };
    recognised(&muse.knock(&again), &muse.name());
    assert_eq!(knocks(&again.on_record(&name)), [1, 4, 2]);
    let [one] = &again.agents()[..] else { panic!("{:?}", again.agents()) };
    assert_eq!(one["knocks"], 8);
}

#[test]
fn what_there_is_no_room_for_on_record_is_in_one_sum() {
    let desk = Door::roomy();
    let hosts: Vec<Host> = (0..103).map(|_| Host::start()).collect();
    for host in &hosts {
        let agent = Agent::of(host, 1);
        recognised(&agent.knock(&desk), &agent.name());
        desk.clock.forward_ms(10_000);
    }
    let listed = desk.agents();
    assert_eq!(listed.len(), 101);
    let others = listed.iter().find(|one| one["agent"] == "*").unwrap();
    assert_eq!((&others["keys"], &others["knocks"]), (&json!([]), &json!(3)), "{others}");
    let sum: u64 = listed.iter().map(|one| one["knocks"].as_u64().unwrap()).sum();
    assert_eq!(sum, hosts.len() as u64);
    assert_eq!(desk.on_record("*").len(), 1);
    // Page by page it is the same.
    let mut after = String::new();
    let mut paged = Vec::new();
    loop {
        let page = desk.admin.get(&format!("/v1/agents?limit=50{after}")).expect(200);
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={}", crate::delegate::encoded(next));
    }
    assert_eq!(paged, listed);
    assert_eq!(found(desk.server.stop().path()), [""; 0]);
}

#[test]
fn whatever_is_changed_of_agents_beside_the_records_is_found() {
    let (desk, host) = (Door::roomy(), Host::start());
    let muse = Agent::of(&host, 1);
    recognised(&muse.knock(&desk), &muse.name());
    let data = desk.server.stop();
    assert_eq!(found(data.path()), [""; 0]);
    let changes = [
        (
            "UPDATE items SET body = put(body, '\"knocks\":1', '\"knocks\":9') WHERE kind = 'agent'",
            "not as its records leave it",
        ),
        ("DELETE FROM items WHERE kind = 'agent'", "it is not kept"),
        ("UPDATE items SET id = 'https://other.example' WHERE kind = 'agent'", "no record says so"),
        ("UPDATE items SET body = put(body, '\"keys\"', '\"kays\"') WHERE kind = 'agent'", "it cannot be read as one"),
    ];
    each_is_found(data.path(), &changes, &found);
}

#[test]
fn a_delegate_that_forgets_its_token_is_told_the_same() {
    let (desk, host) = (Desk::open(), Host::start());
    let (mut muse, _) = desk.for_ann(7, &usual());
    assert_eq!(muse.get("/delegate/v1/cases").status, 200);
    let door = Door { admin: desk.admin.clone(), clock: desk.clock.clone(), server: desk.server };
    let agent = Agent::of(&host, 7);
    recognised(&door.get("/delegate/v1/cases", &agent.signed(&agent.usually(&door))), &agent.name());
}
