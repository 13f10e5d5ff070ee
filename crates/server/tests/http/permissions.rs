//! Which action of policy each operation asks for: held against `docs/permissions.txt`, so that a reviewer sees each
//! change of it, and no operation that asks for nothing slips in.

use crate::{
    asking::connected,
    asks_nothing::{ASK_NOTHING, EXCHANGE, UNDESCRIBED},
    attachments::PNG,
    chat::staff,
    customer::Customer,
    delegate::{Delegate, ISSUER, usual},
    described::DESCRIPTION,
    described_requests::{Asked, requests},
    exchanges,
    expected::put,
    harness::{Client, Got, Server, epoch, id, open_set, settings},
    sample_bundle::{BANK, bank_with_file},
};
use remit_app::{
    Settings,
    governance::services::Services,
    operation::{self, OAUTH_ASKS},
};
use remit_oauth::id_jag;
use remit_policy::{
    actions::{API_ACTIONS, Permission},
    address::Address,
    bundle::Bundle,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
    sync::Arc,
};
use tempfile::TempDir;

/// What an operation asks for.
struct Asks {
    named: BTreeSet<&'static str>,
    /// Who may ask for it, where that is not whoever has a token.
    who: Option<&'static str>,
}

impl Asks {
    fn told(&self) -> String {
        let named: Vec<&str> = self.named.iter().copied().collect();
        let parts = [named.join(", "), self.who.unwrap_or_default().to_owned()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// What there is to ask for, and who asks without being permitted anything.
struct Probe {
    /// Names of things, by what stands before them in an address, or by their parameter.
    ids: BTreeMap<&'static str, String>,
    callers: Vec<Client>,
    /// A customer with a case, and one who has said nothing yet.
    customers: Vec<Customer>,
    /// The secret of a link to a request that waits for its customer.
    link: String,
    /// The secret of a link that asks for consent.
    consent: String,
    /// The secret of a link to what a customer granted.
    own: String,
    /// A delegate with a case of its own, and a request on it.
    delegate: Delegate,
    /// Another one.
    helper: Delegate,
    /// What an issuer asserts for it.
    assertion: String,
}

impl Probe {
    /// Things on record, made while there are policies; and a server on them under which nobody may anything.
    fn start() -> (Server, Self) {
        let server = found(tempfile::tempdir().unwrap(), Arc::clone(&BANK), connected(&BANK));
        let lead = server.client(&["lead", "admin"]);
        // A chat whose answers are the customer's is started by a program.
        let program = server.client(&["integration"]);
        let begun = Customer::of(&program, "ann");
        begun.say("my card has not arrived");
        let added = begun.send("attachments", &[("content-type", "image/png"), ("idempotency-key", "file")], PNG);
        assert_eq!(added.status, 204, "{}", added.body);
        let silent = Customer::of(&program, "ben");
        let ana = staff(&server, &lead, "ana", "Ana");
        let case = lead.open("cyd", "my card has not arrived");
        let attachments = format!("/v1/cases/{}/attachments", id(&case));
        let added = lead.send(&attachments, &[("content-type", "image/png")], PNG);
        assert_eq!(added.status, 201, "{}", added.body);
        let raised =
            json!({ "owner": "head-of-support", "due_at": "2026-03-17T10:00:00Z", "reason": "to be looked at" });
        let raised = lead.post(&format!("/v1/cases/{}/exceptions", id(&case)), &raised);
        assert_eq!(raised.status, 201, "{}", raised.body);
        let exception = lead.get("/v1/exceptions").body["items"][0].clone();
        let wish = json!({ "name": "crm", "url": "http://127.0.0.1:1/" });
        let subscription = lead.post("/v1/subscriptions", &wish).body;
        let files = |messages: &Value, of: &str| {
            let file = messages[of].as_array().unwrap().iter().find_map(|said| said["attachments"][0]["id"].as_str());
            file.unwrap().to_owned()
        };
        let told = lead.get(&format!("/v1/cases/{}/messages", id(&case))).body;
        let timeline = lead.get(&format!("/v1/cases/{}/timeline", id(&case))).body.to_string();
        let decision = timeline.find("dec_").map(|at| timeline[at..at + 30].to_owned()).unwrap();
        let core = server.client_as(&["integration"], None, Some("core-banking"));
        assert_eq!(put(&core, "/v1/customers/cyd/facts", &json!({ "facts": { "account": "cust-1009" } })).status, 200);
        let asked = json!({
            "action": "send_replacement_card", "arguments": { "card_id": "card-1009-1-1" }, "epoch": epoch(&case),
        });
        let ai = server.client_as(&["responder"], case["holder"]["name"].as_str(), None);
        let asked = ai.post(&format!("/v1/cases/{}/requests", id(&case)), &asked).body;
        assert_eq!(asked["state"], "waiting", "{asked}");
        let link = core.post(&format!("/v1/requests/{}/link", id(&asked)), &json!({})).body;
        let link = link["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
        let mut delegate = Delegate::registered(&server, &lead, 1, "proxy");
        let helper = Delegate::registered(&server, &lead, 2, "proxy");
        let delegation = delegate.granted_by(&core, "cyd", &usual());
        delegate.get_token(&delegation);
        let opened = delegate.open("please close my account");
        let closing = json!({ "action": "freeze_card", "arguments": { "card_id": "card-1009-1-1" } });
        let closing = delegate.post(&format!("/delegate/v1/cases/{opened}/requests"), &closing).body;
        let consent = delegate.asked_of(&core, "cyd", &usual());
        let listed = json!({
            "issuer": "https://id.example", "jwks": { "keys": [delegate.key.public().to_json()] },
            "subjects": "customers", "scopes": ["case:read"],
        });
        let issuer = lead.post("/v1/issuers", &listed).body;
        let seconds = delegate.now_ms / 1_000;
        let claims = json!({
            "iss": "https://id.example", "sub": "cyd", "aud": ISSUER, "client_id": helper.id, "jti": "once",
            "iat": seconds, "exp": seconds + 300,
        });
        let assertion = delegate.key.sign(&json!({ "typ": id_jag::TYPE }), &claims).unwrap();
        let own = core.post("/v1/customers/cyd/delegations/link", &json!({})).body;
        let own = own["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
        let ids = BTreeMap::from([
            ("/v1/delegates", delegate.id.clone()),
            ("/v1/delegations", delegation),
            ("/v1/issuers", id(&issuer)),
            ("/delegate/v1/cases", opened),
            ("/delegate/v1/requests", closing["request"].as_str().unwrap_or_else(|| panic!("{closing}")).to_owned()),
            ("/v1/cases", id(&case)),
            ("/v1/exceptions", id(&exception)),
            ("/v1/decisions", decision),
            ("/v1/requests", asked["id"].as_str().unwrap().to_owned()),
            ("/access/v1/requests", asked["id"].as_str().unwrap().to_owned()),
            ("/v1/capacity/proposals", "pro_01KKBK0TF82Z5S8TC0Z2V1A000".to_owned()),
            ("/v1/reconciliations", "rec_01KKBK0TF82Z5S8TC0Z2V1A000".to_owned()),
            ("/v1/subscriptions", id(&subscription)),
            ("/v1/tokens", lead.get("/v1/tokens").body[0]["id"].as_str().unwrap().to_owned()),
            ("/v1/sessions", "ses_0000000000000000".to_owned()),
            ("/v1/staff", "ana".to_owned()),
            ("/v1/staff/{name}/passkeys", "key_00000000000000000000000000000000".to_owned()),
            ("/sign-in/v1/sessions", "ses_0000000000000000".to_owned()),
            ("/sign-in/v1/passkeys", "key_00000000000000000000000000000000".to_owned()),
            ("/v1/customers", "ann".to_owned()),
            ("/v1/streams", "staff".to_owned()),
            ("/v1/streams/{kind}", "ana".to_owned()),
            ("/v1/responders", "everyday-ai".to_owned()),
            ("/problems", "invalid".to_owned()),
            ("/v1/bundles", BANK.digest().to_string()),
            ("/v1/bundles/{bundle}/compare", BANK.digest().to_string()),
            ("/chat/v1", begun.chat.clone()),
            ("/chat/v1/{chat}/attachments", files(&begun.conversation(), "messages")),
            ("/v1/cases/{id}/attachments", files(&told, "items")),
            ("/v1/subscriptions/{id}/dead", "1".to_owned()),
        ]);
        let server = permitting(server, &BTreeSet::new());
        let again = |customer: &Customer| {
            let customer = Customer::with(&server.client_with(""), &customer.chat, &customer.secret);
            // Beyond the keys that it used before.
            (0..8).for_each(|_| drop(customer.key()));
            customer
        };
        let probe = Self {
            ids,
            callers: vec![server.client(&["auditor"]), server.client_with(&ana.token)],
            customers: vec![again(&begun), again(&silent)],
            link,
            consent,
            own,
            delegate: Delegate { url: server.url.clone(), agent: server.client_with("").agent, ..delegate },
            helper: Delegate { url: server.url.clone(), agent: server.client_with("").agent, ..helper },
            assertion,
        };
        (server, probe)
    }

    /// A token asked for with what an issuer asserts.
    fn asserted(&mut self) -> Got {
        self.helper.ask_by(&[("grant_type", id_jag::GRANT_TYPE), ("assertion", &self.assertion)])
    }

    /// The address of an operation on what is on record.
    fn address(&self, template: &str) -> String {
        let mut known = String::new();
        let mut address = String::new();
        for part in template.split('/').skip(1) {
            let value = if part.starts_with('{') {
                self.ids.get(known.as_str()).unwrap_or_else(|| panic!("name something for {template} after {known}"))
            } else {
                part
            };
            write!(address, "/{value}").unwrap();
            write!(known, "/{part}").unwrap();
        }
        address
    }
}

/// The same server, where everybody may take these actions, and nobody any other.
fn permitting(server: Server, actions: &BTreeSet<&str>) -> Server {
    let named: Vec<String> = actions.iter().map(|action| format!("Action::\"{action}\"")).collect();
    let policy = format!(
        "@id(\"probe\") @owner(\"head-of-support\") @reason(\"To see what is asked next\")\n\
         permit (principal, action in [{}], resource);\n",
        named.join(", ")
    );
    let policy = if actions.is_empty() { String::new() } else { policy };
    let bundle = bank_with_file("policies/api-access.cedar", |_| policy);
    found(server.stop(), bundle, Services::none())
}

/// A server that knows where it is found.
fn found(data: TempDir, bundle: Arc<Bundle>, services: Services) -> Server {
    let settings = Settings { public: vec![Address::parse(ISSUER).unwrap()], ..settings() };
    Server::serve(open_set(data.path(), bundle, services, settings), data)
}

/// Reads an answer as far as it is a refusal: a stream that is let through has no end.
fn read(mut answer: ureq::http::Response<ureq::Body>) -> Got {
    let status = answer.status().as_u16();
    let bytes = if status == 200 { Vec::new() } else { answer.body_mut().read_to_vec().unwrap() };
    Got { status, body: serde_json::from_slice(&bytes).unwrap_or_default(), headers: answer.headers().clone() }
}

fn ask(client: &Client, method: &str, address: &str, asked: &Asked) -> Got {
    let path = format!("{address}{}", asked.query);
    match (method, &asked.body) {
        ("get", _) => {
            let request = client.agent.get(format!("{}{path}", client.url));
            read(request.header("authorization", format!("Bearer {}", client.token)).call().unwrap())
        }
        ("delete", _) => client.delete(&path),
        ("put", body) => put(client, &path, body.as_ref().unwrap_or(&json!({}))),
        ("post", None) if asked.file => client.send(&path, &[("content-type", "image/png")], PNG),
        ("post", body) => client.post(&path, body.as_ref().unwrap_or(&json!({}))),
        _ => panic!("{method} is asked by nobody here"),
    }
}

/// The same of a delegate.
fn ask_as_delegate(delegate: &Delegate, method: &str, address: &str, asked: &Asked) -> Got {
    let path = format!("{address}{}", asked.query);
    let method = if method == "get" { "get" } else { "post" };
    let mut delegate = delegate.clone();
    match delegate.ask(method, &path, asked.body.as_ref()) {
        // A nonce of the process before counts no more; this answer has one.
        stale if stale.status == 401 => delegate.ask(method, &path, asked.body.as_ref()),
        got => got,
    }
}

/// The same of a customer, whose chat is in the address.
fn ask_as_customer(customer: &Customer, method: &str, rest: &str, asked: &Asked) -> Got {
    match (method, &asked.body) {
        ("get", _) => {
            let request =
                customer.agent.get(format!("{}/chat/v1/{}/{rest}{}", customer.url, customer.chat, asked.query));
            read(request.header("cookie", customer.cookie()).call().unwrap())
        }
        ("post", None) if asked.file => {
            let headers = [("content-type", "image/png"), ("idempotency-key", &*customer.key())];
            customer.send(rest, &headers, PNG)
        }
        ("post", body) => customer.post(rest, body.as_ref().unwrap_or(&json!({}))),
        _ => panic!("{method} is asked by nobody here"),
    }
}

/// The action that a refusal names; none if the answer is no refusal of policy.
fn action(got: &Got) -> Option<&'static str> {
    let named = got.body["detail"].as_str()?.strip_prefix('`')?.split_once("` by a token with the roles [")?.0;
    (got.status == 403 && got.body["type"] == "/problems/forbidden").then_some(())?;
    Some(API_ACTIONS.into_iter().find(|action| *action == named).unwrap_or_else(|| panic!("{named} is no action")))
}

/// The actions that these refusals name.
fn actions<'a>(answers: impl IntoIterator<Item = &'a Got>) -> BTreeSet<&'static str> {
    answers.into_iter().filter_map(action).collect()
}

/// What an operation that asks for several actions one after the other asks for, once the first is permitted.
fn asked_next(server: &Server, probe: &Probe) -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut next = BTreeMap::new();
    for (template, method, operation) in described() {
        let callers = probe.callers.iter().map(|caller| server.client_with(&caller.token));
        let asked: Vec<Got> = callers
            .filter(|_| !["/chat/", "/delegate/"].iter().any(|other| template.starts_with(other)))
            .flat_map(|caller| {
                let ask = |asked: &Asked| ask(&caller, method, &probe.address(template), asked);
                requests(operation).iter().map(ask).collect::<Vec<_>>()
            })
            .collect();
        next.insert(format!("{} {template}", method.to_uppercase()), actions(&asked));
    }
    next
}

/// Every operation of the description, with its address and method.
fn described() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let paths = DESCRIPTION["paths"].as_object().unwrap();
    paths.iter().flat_map(|(template, item)| {
        item.as_object().unwrap().iter().map(|(method, operation)| (template.as_str(), method.as_str(), operation))
    })
}

/// The actions that operations are declared to ask for, by method and address.
fn declared() -> BTreeMap<String, BTreeSet<&'static str>> {
    let of = |(template, method, operation): (&str, &str, &Value)| {
        let declared = operation::all().find(|declared| operation["operationId"] == declared.name).unwrap();
        (format!("{} {template}", method.to_uppercase()), declared.asks.iter().map(|action| action.as_str()).collect())
    };
    described().map(of).collect()
}

/// What each operation asks for, by its method and address; and what is wrong with how it answers who may nothing.
fn asked_for(probe: &Probe) -> (BTreeMap<String, Asks>, Vec<String>) {
    let (mut list, mut wrong) = (BTreeMap::new(), Vec::new());
    for (template, method, operation) in described() {
        let address = probe.address(template);
        let of_chat = address.strip_prefix(&format!("/chat/v1/{}/", probe.customers[0].chat));
        let mut answers: Vec<Got> = Vec::new();
        for asked in requests(operation) {
            match of_chat {
                Some(rest) => {
                    let answer = |customer| ask_as_customer(customer, method, rest, &asked);
                    answers.push(answer(&probe.customers[0]));
                    // Who has said nothing has no case yet, and can be refused nothing but to begin one.
                    answers.extend(Some(answer(&probe.customers[1])).filter(|got| action(got).is_some()));
                }
                None if template == "/chat/v1/session" => {
                    answers.push(probe.customers[0].enter(&probe.customers[0].secret, &[]));
                }
                None if template.starts_with("/delegate/") => {
                    answers.push(ask_as_delegate(&probe.delegate, method, &address, &asked));
                }
                None if template.starts_with("/consent/") || template.starts_with("/delegations/") => {
                    let mut body = asked.body.clone().unwrap();
                    let secret = if template.starts_with("/consent/") { &probe.consent } else { &probe.own };
                    body["secret"] = json!(secret);
                    answers.push(probe.callers[0].post(&address, &body));
                }
                None if template.starts_with("/confirm/") => {
                    let mut body = asked.body.clone().unwrap();
                    body["secret"] = json!(probe.link);
                    if !body["requests"].is_null() {
                        body["requests"] = json!([{ "request": probe.ids["/v1/requests"], "hash": "0".repeat(64) }]);
                    }
                    answers.push(probe.callers[0].post(&address, &body));
                }
                None => {
                    // The history of a case is its timeline.
                    let of_case = format!("/v1/streams/case/{}/timeline", probe.ids["/v1/cases"]);
                    let of_case = Some(of_case).filter(|_| template == "/v1/streams/{kind}/{id}/timeline");
                    let addresses = std::iter::once(address.clone()).chain(of_case);
                    let ask = |address: String| {
                        probe.callers.iter().map(|caller| ask(caller, method, &address, &asked)).collect::<Vec<_>>()
                    };
                    answers.extend(addresses.flat_map(ask));
                }
            }
        }
        let name = format!("{} {template}", method.to_uppercase());
        let of = of_chat.map(|_| "(as the chat's customer)");
        let by_link = ["/confirm/", "/consent/"].iter().any(|page| template.starts_with(page));
        let of = of.or(by_link.then_some("(as the link's customer)"));
        let of = of.or(template.starts_with("/delegate/").then_some("(as a delegate)"));
        note(&name, &answers, of, &mut list, &mut wrong);
    }
    for (name, address) in UNDESCRIBED {
        let answers: Vec<Got> =
            probe.callers.iter().map(|caller| ask(caller, "get", address, &Asked::default())).collect();
        note(name, &answers, None, &mut list, &mut wrong);
    }
    (list, wrong)
}

/// Adds what an operation asks for, as these answers tell it, or what is wrong with one of them.
fn note(
    name: &str,
    answers: &[Got],
    of: Option<&'static str>,
    list: &mut BTreeMap<String, Asks>,
    wrong: &mut Vec<String>,
) {
    let open = ASK_NOTHING.iter().find(|(known, _)| *known == name).map(|(_, who)| *who);
    let named = actions(answers);
    if open.is_some() && !named.is_empty() {
        wrong.push(format!("{name} is said to ask for nothing, and asks for {named:?}"));
        return;
    }
    // What is refused for its form alone is carried out as little.
    let refused = |answer: &Got| action(answer).is_some() || answer.body["type"] == "/problems/invalid";
    if open.is_none() && named.is_empty() {
        wrong.push(format!("{name} asks for no permission: {:?}", answers.first()));
    } else if let Some(answer) = answers.iter().find(|answer| open.is_none() && !refused(answer)) {
        wrong.push(format!("{name} lets somebody through: {answer:?}"));
    }
    list.insert(name.to_owned(), Asks { named, who: open.or(of) });
}

#[test]
fn what_each_operation_asks_for_is_on_file_and_none_asks_for_nothing_unnamed() {
    let (server, mut probe) = Probe::start();
    // What is asked where tokens are given out is told as OAuth tells it, in words that name what was asked for.
    let given = exchanges::given(&mut probe.delegate, &probe.helper, "case:open", &exchanges::detail(json!({})));
    assert_eq!((given.status, &given.body["error"]), (400, &json!("access_denied")), "{}", given.body);
    let (mut list, mut wrong) = asked_for(&probe);
    let asserted = probe.asserted();
    assert_eq!((asserted.status, &asserted.body["error"]), (400, &json!("access_denied")), "{}", asserted.body);
    let told = [&given, &asserted].map(|answer| answer.body["error_description"].to_string());
    let exchanging = OAUTH_ASKS.map(Permission::as_str);
    let exchange = list.get_mut(EXCHANGE).unwrap();
    exchange.named.extend(exchanging.into_iter().filter(|action| told.iter().any(|told| told.contains(action))));
    assert_eq!(exchange.named, BTreeSet::from(OAUTH_ASKS.map(Permission::as_str)), "{}", given.body);
    let declared = declared();
    let further = |name: &String, asks: &Asks| declared.get(name).is_some_and(|declared| *declared != asks.named);
    let first: BTreeSet<&str> =
        list.iter().filter(|(name, asks)| further(name, asks)).flat_map(|(_, asks)| asks.named.clone()).collect();
    let server = permitting(server, &first);
    for (name, next) in asked_next(&server, &probe) {
        list.get_mut(&name).unwrap().named.extend(next);
    }
    for (name, declared) in &declared {
        if list[name].named != *declared {
            wrong.push(format!("{name} is declared to ask for {declared:?}, and asks for {:?}", list[name].named));
        }
    }
    let cure = "ask policy in its use case, or name it in ASK_NOTHING with why it needs no permission";
    assert!(wrong.is_empty(), "{cure}:\n{}", wrong.join("\n"));
    for (name, _) in ASK_NOTHING {
        assert!(list.contains_key(name), "{name} asks for nothing, and is served no more");
    }
    let width = list.keys().map(String::len).max().unwrap();
    let mut now = String::from(
        "# Which action of policy each operation of the API asks for; several, where it depends on the request.\n\
         # `public`, `chat` (whoever has a chat's link) and `session` (whoever signed in) ask for none. Made and held\n\
         # by `cargo test --package remit-server --test http permissions`, with REMIT_BLESS=1 to write it anew.\n",
    );
    let mut lines: Vec<_> = list.iter().collect();
    lines.sort_by_key(|(name, _)| name.split_once(' ').map(|(method, address)| (address, method)));
    lines.iter().for_each(|(name, asks)| writeln!(now, "{name:width$}  {}", asks.told()).unwrap());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/permissions.txt");
    if std::env::var_os("REMIT_BLESS").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    let differs: Vec<&str> = now.lines().filter(|line| !known.lines().any(|known| known == *line)).collect();
    let cure = "run `REMIT_BLESS=1 cargo test --package remit-server --test http permissions` and look at what changed";
    assert!(known == now, "docs/permissions.txt is not current; {cure}:\n{}", differs.join("\n"));
    let asked: BTreeSet<&str> = list.values().flat_map(|asks| asks.named.clone()).collect();
    let never: Vec<&str> = API_ACTIONS.into_iter().filter(|action| !asked.contains(action)).collect();
    assert!(never.is_empty(), "no operation asks for {}", never.join(", "));
}
