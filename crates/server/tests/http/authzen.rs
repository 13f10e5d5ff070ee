//! What others ask about Remit's own subjects, actions and resources: the same verdicts as everything else gets, and
//! nothing of what who asks may not know.

use crate::{
    authzen_interop::found,
    delegate::Desk,
    expected::Expected as _,
    harness::{Client, Server, id},
    requests::Bank,
    sample_bundle::{bank_asking_for, bank_with_file},
    staff::staff_client,
};
use remit_app::governance::services::Services;
use remit_policy::actions::Permission;
use serde_json::{Value, json};

const ONE: &str = "/access/v1/evaluation";
const SEVERAL: &str = "/access/v1/evaluations";

fn of(kind: &str, id: &str) -> Value {
    json!({ "type": kind, "id": id })
}

fn asked(subject: &Value, action: &str, resource: &Value) -> Value {
    json!({ "subject": subject, "action": { "name": action }, "resource": resource })
}

fn organisation() -> Value {
    of("organisation", "organisation")
}

fn answer(client: &Client, asked: &Value) -> Value {
    client.post(ONE, asked).expect(200)
}

fn permits(client: &Client, asked: &Value) -> bool {
    answer(client, asked)["decision"].as_bool().unwrap()
}

/// Who asks for an action of the catalogue with so much money.
fn goodwill(bank: &Bank, subject: &Value, minor: i64) -> Value {
    let mut asked = asked(subject, "pay_goodwill", &of("case", &bank.case));
    asked["action"]["properties"] = bank.of(minor)["arguments"].clone();
    asked
}

#[test]
fn subjects_may_what_they_may_when_they_act_themselves() {
    let server = Server::start();
    let (admin, lead) = (server.client(&["admin"]), server.client(&["lead"]));
    let case = admin.open("ann", "my card has not arrived");
    let (case, holder) = (of("case", &id(&case)), case["holder"]["name"].as_str().unwrap().to_owned());
    let ana = crate::chat::staff(&server, &lead, "ana", "Ana");
    let before = admin.get("/readyz").body["records"].clone();
    let staff = of("staff", "ana");
    // The same as what she is answered herself.
    for (action, resource, path) in [
        ("case.read", &case, format!("/v1/cases/{}", case["id"].as_str().unwrap())),
        ("staff.read", &organisation(), "/v1/staff".to_owned()),
        ("token.manage", &organisation(), "/v1/tokens".to_owned()),
        ("events.read", &organisation(), "/v1/streams/staff/ana/timeline".to_owned()),
    ] {
        let got = answer(&admin, &asked(&staff, action, resource));
        let herself = ana.get(&path).status;
        assert_eq!(got["decision"], herself == 200, "{action}: {got}");
        assert_eq!(got["decision"] == false, herself == 403, "{action}: {herself}");
    }
    let told = answer(&admin, &asked(&staff, "case.read", &case));
    assert_eq!(told["context"]["policies"][0]["id"], "api.staff", "{told}");
    assert_eq!(told["context"]["policies"][0]["owner"], "head-of-support", "{told}");
    let told = answer(&admin, &asked(&staff, "token.manage", &organisation()));
    assert_eq!(told["context"], json!({ "reason": "no policy permits it" }));
    // By whichever of her tokens, and by none that ended; what is said of her roles counts for nothing.
    let made = json!({ "name": "ana-lead", "roles": ["lead"], "days": 1, "staff": "ana" });
    assert!(!permits(&admin, &asked(&staff, "override.make", &case)));
    let mut said = asked(&staff, "override.make", &case);
    said["subject"]["properties"] = json!({ "roles": ["lead", "admin"] });
    assert!(!permits(&admin, &said));
    let more = admin.post("/v1/tokens", &made).expect(201);
    assert!(permits(&admin, &asked(&staff, "override.make", &case)));
    admin.delete(&format!("/v1/tokens/{}", id(&more))).expect(204);
    assert!(!permits(&admin, &asked(&staff, "override.make", &case)));
    // A responder on the case that it has, a customer on their own, a program by the identifier of its token.
    assert!(permits(&admin, &asked(&of("responder", &holder), "message.answer", &case)));
    assert!(!permits(&admin, &asked(&of("responder", "payments-ai"), "message.answer", &case)));
    assert!(permits(&admin, &asked(&of("customer", "ann"), "message.post", &case)));
    assert!(!permits(&admin, &asked(&of("customer", "ben"), "message.post", &case)));
    let program = json!({ "name": "shop", "roles": ["integration"], "days": 1 });
    let program = admin.post("/v1/tokens", &program).expect(201);
    let shop = of("integration", &id(&program));
    assert!(permits(&admin, &asked(&shop, "case.open", &organisation())));
    assert!(!permits(&admin, &asked(&shop, "case.resolve", &case)));
    admin.delete(&format!("/v1/tokens/{}", id(&program))).expect(204);
    // What is not known is denied, and said to be unknown.
    lead.post(
        "/v1/staff",
        &json!({
            "name": "eve", "first_name": "Eve", "queues": ["general"], "languages": { "en": 5 },
            "skills": { "general": 3 }, "capacity": { "chat": 1 },
        }),
    )
    .expect(200);
    let none = of("case", "cas_01KAS5W2Z8M4Q6B1J0T3V7X9YC");
    for (asked, unknown, names) in [
        (asked(&shop, "case.open", &organisation()), "subject", "no token"),
        (asked(&of("staff", "eve"), "case.read", &case), "subject", "no token that stands"),
        (asked(&of("staff", "nobody"), "case.read", &case), "subject", "`nobody`"),
        (asked(&of("responder", "nobody"), "case.read", &case), "subject", "`nobody`"),
        (asked(&of("user", "ana"), "case.read", &case), "subject", "`customer`, `delegation`, `integration`"),
        (asked(&staff, "case.fly", &case), "action", "`case.fly`"),
        (asked(&staff, "case.list", &case), "action", "the organisation alone"),
        (asked(&staff, "case.read", &organisation()), "action", "a case alone"),
        (asked(&staff, "case.read", &none), "resource", "no such case"),
        (asked(&staff, "case.read", &of("case", "zzz")), "resource", "no such case"),
        (asked(&staff, "case.read", &of("organisation", "bank")), "resource", "`organisation`"),
        (asked(&staff, "case.read", &of("planet", "1")), "resource", "`planet`"),
    ] {
        let got = answer(&admin, &asked);
        assert_eq!((&got["decision"], &got["context"]["unknown"]), (&json!(false), &json!(unknown)), "{asked}: {got}");
        assert!(got["context"]["reason"].as_str().unwrap().contains(names), "{got}");
    }
    let after = admin.get("/readyz").body["records"].as_u64().unwrap();
    // Two tokens made, two revoked, and somebody noted.
    assert_eq!(after - before.as_u64().unwrap(), 5, "questions are not on record");
}

#[test]
fn a_verdict_on_an_exact_request_is_that_of_its_preview() {
    let bank = Bank::new();
    let admin = bank.server.client(&["admin"]);
    let program = json!({ "name": "shop", "roles": ["integration"], "days": 1 });
    let program = admin.post("/v1/tokens", &program).expect(201);
    let shop = bank.server.client_with(program["token"].as_str().unwrap());
    let preview = format!("/v1/cases/{}/requests/preview", bank.case);
    for (client, subject) in [(&bank.ana, of("staff", "ana")), (&shop, of("integration", &id(&program)))] {
        for minor in [1_250, 6_000, 25_000] {
            let foreseen = client.post(&preview, &bank.of(minor)).expect(200)["verdict"].take();
            let got = answer(&admin, &goodwill(&bank, &subject, minor));
            let context = &got["context"];
            assert_eq!(got["decision"], foreseen["answer"] == "allow", "{got}");
            let or_none = |value: &Value| if value.is_null() { json!([]) } else { value.clone() };
            assert_eq!(or_none(&context["needs"]), or_none(&foreseen["confirmations"]), "{got}");
            // Which rules deny it is told to who works here, and to nobody else who previews it.
            let is_told = subject["type"] == "staff" || foreseen["answer"] != "deny";
            for member in ["policies", "until", "requestable"].into_iter().filter(|_| is_told) {
                assert_eq!(or_none(&context[member]), or_none(&foreseen[member]), "{member}: {got}");
            }
        }
    }
    let got = answer(&admin, &goodwill(&bank, &of("staff", "ana"), 1_250));
    assert_eq!(got["context"]["reason"], "it needs a yes of the staff", "{got}");
    assert_eq!(got["context"]["needs"], json!(["staff"]));
    let got = answer(&admin, &goodwill(&bank, &of("staff", "ana"), 25_000));
    assert!(got["context"]["reason"].as_str().unwrap().contains("goodwill.most: Never more than 200"), "{got}");
    // What is true of it is told to nobody here.
    assert!(!got.to_string().contains("account_found"), "{got}");
    // Who may not ask for it on this case is told so.
    let got = answer(&admin, &goodwill(&bank, &of("customer", "somebody-else"), 1_250));
    assert_eq!(got["decision"], false);
    // Arguments that do not fit are a question that is not whole: told in words, never by a plain denial.
    let mut fraction = goodwill(&bank, &of("staff", "ana"), 1);
    fraction["action"]["properties"]["amount"]["minor"] = json!(19.99);
    let mut null = goodwill(&bank, &of("staff", "ana"), 1);
    null["context"] = json!({ "channel": null });
    let mut lacking = goodwill(&bank, &of("staff", "ana"), 1);
    lacking["action"]["properties"].as_object_mut().unwrap().remove("reason");
    let mut whole = goodwill(&bank, &of("staff", "ana"), 1);
    whole["action"]["properties"]["amount"]["minor"] = json!(1_250.0);
    for (asked, names) in [
        (&fraction, "`action.properties.amount.minor` must be a whole number"),
        (&null, "`context.channel` is null"),
        (&lacking, "`action.properties` do not fit the action"),
    ] {
        let got = admin.post(ONE, asked).expect(400);
        assert!(got["detail"].as_str().unwrap().contains(names), "{got}");
    }
    assert_eq!(answer(&admin, &whole), answer(&admin, &goodwill(&bank, &of("staff", "ana"), 1_250)));
    let all = json!({ "evaluations": [fraction, null, lacking, whole] });
    let got = admin.post(SEVERAL, &all).expect(200);
    let errors: Vec<bool> =
        got["evaluations"].as_array().unwrap().iter().map(|one| one["context"].get("error").is_some()).collect();
    assert_eq!(errors, [true, true, true, false], "{got}");
    // A case that has ended takes no more requests.
    let (case, resolve) = (format!("/v1/cases/{}", bank.case), format!("/v1/cases/{}/resolve", bank.case));
    let epoch = crate::harness::epoch(&admin.get(&case).expect(200));
    bank.server.client(&["lead"]).post(&resolve, &json!({ "epoch": epoch })).expect(200);
    let got = answer(&admin, &goodwill(&bank, &of("staff", "ana"), 1_250));
    assert!(got["context"]["reason"].as_str().unwrap().contains("resolved"), "{got}");
    assert_eq!(bank.paid(), 0);
}

#[test]
fn who_asks_learns_nothing_of_cases_that_they_may_not_read() {
    let more = r#"
@id("api.ask")
@owner("platform")
@reason("A responder asks what others may")
permit (principal is Token, action in [Action::"access.evaluate", Action::"access.search"], resource is Organisation)
when { principal.roles.contains(Role::"responder") };
"#;
    let bundle = bank_with_file("policies/api-access.cedar", |text| text + more);
    let server = Server::start_with(bundle, Services::none());
    let admin = server.client(&["admin"]);
    let case = admin.open("ann", "my card has not arrived");
    let holder = case["holder"]["name"].as_str().unwrap();
    let own = server.client_as(&["responder"], Some(holder), None);
    let other = server.client_as(&["responder"], Some("payments-ai"), None);
    let (there, none) = (of("case", &id(&case)), of("case", "cas_01KAS5W2Z8M4Q6B1J0T3V7X9YC"));
    for subject in [of("customer", "ann"), of("responder", holder), of("responder", "payments-ai")] {
        for action in ["case.read", "message.post", "message.answer", "request.ask"] {
            assert_eq!(
                answer(&other, &asked(&subject, action, &there)),
                answer(&other, &asked(&subject, action, &none))
            );
        }
        let search = |case: &Value| {
            other.post("/access/v1/search/action", &json!({ "subject": subject, "resource": case })).expect(200)
        };
        let results = |case: &Value| (search(case)["results"].clone(), search(case)["context"].clone());
        assert_eq!(results(&there), results(&none));
        assert_eq!(results(&there).0, json!([]));
    }
    assert!(permits(&own, &asked(&of("customer", "ann"), "case.read", &there)));
    assert!(permits(&own, &asked(&of("responder", holder), "message.answer", &there)));
    // Nor are cases and staff listed for who may not list them.
    let all = asked(&of("customer", "ann"), "case.read", &json!({ "type": "case" }));
    let got = own.post("/access/v1/search/resource", &all).expect(200);
    assert_eq!((&got["results"], &got["context"]["reason"]), (&json!([]), &json!("who asks may not list cases")));
    let who = asked(&json!({ "type": "staff" }), "case.read", &there);
    let got = own.post("/access/v1/search/subject", &who).expect(200);
    assert_eq!((&got["results"], &got["context"]["reason"]), (&json!([]), &json!("who asks may not list staff")));
    // Who may not ask is told so, whatever they ask.
    let staff = server.client(&["staff"]);
    for path in [ONE, SEVERAL, "/access/v1/search/subject", "/access/v1/search/resource", "/access/v1/search/action"] {
        assert_eq!(staff.post(path, &json!({})).expect(403)["type"], "/problems/forbidden");
    }
    let integration = server.client(&["integration"]);
    assert!(permits(&integration, &asked(&of("customer", "ann"), "case.read", &there)));
    integration.post("/access/v1/search/action", &json!({})).expect(403);
}

#[test]
fn searches_find_what_evaluations_permit() {
    let bank = Bank::new();
    let admin = bank.server.client(&["admin"]);
    let other = id(&admin.open("ben", "where is my transfer"));
    let all = |what: &str, asked: &Value, limit: usize| found(&admin, what, asked, limit);
    let (case, staff) = (of("case", &bank.case), of("staff", "ana"));
    // Who may say yes to it.
    staff_client(&bank.server, "ana");
    let who = |action: &str, kind: &str| asked(&json!({ "type": kind }), action, &case);
    assert_eq!(all("subject", &who("request.confirm", "staff"), 1), ["ana", "ben"]);
    assert_eq!(all("subject", &who("override.make", "staff"), 50), Vec::<String>::new());
    let got = admin.post("/access/v1/search/subject", &who("case.read", "customer")).expect(200);
    assert_eq!(got["context"]["reason"], "subjects of this type are evaluated one by one, and not listed");
    let holder = admin.get(&format!("/v1/cases/{}", bank.case)).expect(200)["holder"]["name"].take();
    let may: Vec<String> = all("subject", &who("message.answer", "responder"), 3);
    assert_eq!(json!(may), json!([holder]));
    // Whose cases they are.
    let which = |subject: Value| asked(&subject, "message.post", &json!({ "type": "case" }));
    assert_eq!(all("resource", &which(of("customer", "ann")), 1), std::slice::from_ref(&bank.case));
    assert_eq!(all("resource", &which(of("customer", "ben")), 50), std::slice::from_ref(&other));
    assert_eq!(all("resource", &asked(&staff, "case.read", &json!({ "type": "case" })), 1), [other, bank.case.clone()]);
    let of_all = asked(&staff, "case.list", &json!({ "type": "organisation" }));
    assert_eq!(all("resource", &of_all, 50), ["organisation"]);
    // What she may there is what she may one by one.
    for resource in [&case, &organisation()] {
        let is_case = resource["type"] == "case";
        let mut expected: Vec<&str> = Permission::ALL
            .into_iter()
            .filter(|action| action.asked_of().unwrap().admits(is_case))
            .map(Permission::as_str)
            .filter(|action| permits(&admin, &asked(&staff, action, resource)))
            .collect();
        expected.sort_unstable();
        assert!(expected.len() > 2, "{expected:?}");
        let search = json!({ "subject": staff, "resource": resource });
        assert_eq!(all("action", &search, 4), expected);
        let told = admin.post("/access/v1/search/action", &search).expect(200)["context"].take();
        let need = if is_case { json!({ "need_arguments": ["pay_goodwill"] }) } else { json!({}) };
        assert_eq!(told, need);
    }
    // With exact arguments it is searched for who may have it done; a yes that is wanted is none that was given.
    let mut pay = goodwill(&bank, &json!({ "type": "staff" }), 1_250);
    assert_eq!(all("subject", &pay, 50), Vec::<String>::new());
    pay["action"]["properties"]["amount"]["minor"] = json!("much");
    let got = admin.post("/access/v1/search/subject", &pay).expect(400);
    assert!(got["detail"].as_str().unwrap().contains("do not fit"), "{got}");
}

const UNREACHABLE: &str = r#"
[[connector]]
name = "core"
kind = "http"
url = "http://127.0.0.1:1/"
deadline_ms = 1000
attempts = 3
settled_seconds = 120

[[action]]
name = "refund_charge"
title = "Refund a charge"
effect = "money"
connector = "core"
amount = "amount"
template = "Refund {amount} of {charge}."
facts = { owner = "text" }
[action.parameters]
type = "object"
additionalProperties = false
required = ["charge", "amount"]
[action.parameters.properties]
charge = { type = "string", maxLength = 40 }
[action.parameters.properties.amount]
type = "object"
additionalProperties = false
required = ["minor", "currency"]
properties = { minor = { type = "integer", minimum = 1 }, currency = { type = "string", maxLength = 3 } }
[action.http.facts]
method = "GET"
path = "/charges/{arguments.charge}"
not_found = [404]
facts.owner = "/owner"
[action.http.execute]
method = "POST"
path = "/charges/{arguments.charge}/refunds"
body = { value = "{arguments.amount.minor}", currency = "{arguments.amount.currency}" }
refused = [422]
reference = "/id"
amount = { minor = "/amount/value", currency = "/amount/currency" }
at = "/created"
why = "/error/code"
[action.http.find]
method = "GET"
path = "/refunds"
query = { external_id = "{key}", limit = 2 }
list = "/items"
key = "/external_id"
state = { at = "/status", done = ["succeeded"], refused = ["failed"] }
reference = "/id"
amount = { minor = "/amount/value", currency = "/amount/currency" }
at = "/created"
"#;

const MAY: &str = r#"
@id("refund.may")
@owner("payments-team")
@reason("Charges are refunded to whom they were taken from")
permit (principal, action == Action::"refund_charge", resource)
when { context.facts.owner == "ann" };

@id("api.requests")
@owner("platform")
@reason("Requests are asked for by those who work here")
permit (principal is Token, action == Action::"request.ask", resource);
"#;

#[test]
fn a_connector_that_does_not_say_what_is_true_is_told_and_is_no_denial() {
    let bundle = bank_asking_for(UNREACHABLE, &[("policies/refunds.cedar", MAY)]);
    let services = Services::none().connected(&bundle, &|_| None, || 0).unwrap();
    let server = Server::start_with(bundle, services);
    let (admin, lead) = (server.client(&["admin"]), server.client(&["lead"]));
    let case = of("case", &id(&admin.open("ann", "You charged me twice.")));
    crate::chat::staff(&server, &lead, "ana", "Ana");
    let mut refund = asked(&of("staff", "ana"), "refund_charge", &case);
    refund["action"]["properties"] = json!({ "charge": "ch-1", "amount": { "minor": 1, "currency": "GBP" } });
    let got = admin.post(ONE, &refund).expect(503);
    assert_eq!(got["type"], "/problems/connector_unreachable");
    // Beside others it is told of that one alone, and the connector is not asked again for the next.
    let read = asked(&of("staff", "ana"), "case.read", &case);
    let got = admin.post(SEVERAL, &json!({ "evaluations": [refund, read, refund] })).expect(200);
    let answers = got["evaluations"].as_array().unwrap();
    let decisions: Vec<&Value> = answers.iter().map(|answer| &answer["decision"]).collect();
    assert_eq!(decisions, [false, true, false]);
    assert_eq!(answers[0]["context"]["error"]["kind"], "unreachable", "{got}");
    assert_eq!(answers[0], answers[2]);
    // A search that cannot be carried out is no empty one.
    let mut who = refund.clone();
    who["subject"] = json!({ "type": "staff" });
    assert_eq!(admin.post("/access/v1/search/subject", &who).expect(503)["type"], "/problems/connector_unreachable");
}

#[test]
fn whoever_acts_under_a_delegation_may_what_it_grants_and_policy_lets_them() {
    let desk = Desk::open();
    let grant = json!({ "scopes": ["support:ask", "case:open", "case:read"], "actions": ["refund_charge"],
        "limits": { "max_amount": { "minor": 5_000, "currency": "GBP" } } });
    let (mut muse, delegation) = desk.for_ann(21, &grant);
    let subject = of("delegation", &delegation);
    let case = of("case", &muse.open("please give me my money back"));
    let question = muse.post("/delegate/v1/cases", &json!({ "text": "when do you open?", "question": true }));
    let question = of("case", question.expect(201)["case"].as_str().unwrap());
    let others = of("case", &id(&desk.crm.open("ann", "my card has not arrived")));
    let refund = |resource: &Value| {
        let mut asked = asked(&subject, "refund_charge", resource);
        asked["action"]["properties"] = crate::delegates::refund(1)["arguments"].clone();
        asked
    };
    // Its own scopes on its own cases, and a customer's yes where policy wants one.
    assert!(permits(&desk.admin, &asked(&subject, "case.read", &case)));
    assert!(permits(&desk.admin, &asked(&subject, "case.open", &organisation())));
    assert!(permits(&desk.admin, &asked(&subject, "delegation.exchange", &organisation())));
    assert!(permits(&desk.admin, &asked(&subject, "request.ask", &case)));
    let needs = answer(&desk.admin, &refund(&case));
    assert_eq!((&needs["decision"], &needs["context"]["needs"]), (&json!(false), &json!(["customer"])), "{needs}");
    let mut beyond = refund(&case);
    beyond["action"]["properties"]["amount"]["minor"] = json!(5_001);
    for (asked, why) in [
        (beyond, "lets one action move 50.00 GBP at most"),
        (asked(&subject, "message.post", &case), "case:write"),
        (asked(&subject, "case.read", &others), "opened under this delegation"),
        (asked(&subject, "case.resolve", &case), "no delegate does"),
        (asked(&subject, "staff.read", &organisation()), "no delegate does"),
        (refund(&question), "question"),
        (asked(&subject, "request.ask", &question), "question"),
        (refund(&others), "opened under this delegation"),
    ] {
        let answer = answer(&desk.admin, &asked);
        assert_eq!(answer["decision"], false, "{asked}: {answer}");
        assert!(answer["context"]["reason"].as_str().unwrap().contains(why), "{asked}: {answer}");
    }
    let mut other = asked(&subject, "freeze_card", &case);
    other["action"]["properties"] = json!({});
    assert!(answer(&desk.admin, &other)["context"]["reason"].as_str().unwrap().contains("does not name the action"));
    // Nothing, once it has ended; and nobody learns whether there was one.
    desk.crm.post(&format!("/v1/delegations/{delegation}/revoke"), &json!({})).expect(200);
    for gone in [delegation.as_str(), "dgn_01ARZ3NDEKTSV4RRFFQ69G5FAV", "Muse"] {
        let answer = answer(&desk.admin, &asked(&of("delegation", gone), "case.read", &case));
        assert_eq!(
            (&answer["decision"], &answer["context"]["unknown"]),
            (&json!(false), &json!("subject")),
            "{answer}"
        );
    }
}

#[test]
fn only_so_many_actions_of_the_catalogue_are_evaluated_at_once() {
    let bank = Bank::new();
    let one = goodwill(&bank, &of("customer", "ann"), 1_000);
    let several = json!({ "evaluations": vec![one; 23] });
    let answers = bank.server.client(&["admin"]).post(SEVERAL, &several).expect(200);
    let answers = answers["evaluations"].as_array().unwrap();
    assert_eq!(answers.len(), 23);
    let kinds: Vec<&Value> = answers.iter().map(|answer| &answer["context"]["error"]["kind"]).collect();
    assert!(kinds[..20].iter().all(|kind| kind.is_null()), "{answers:?}");
    assert!(kinds[20..].iter().all(|kind| **kind == "too_many"), "{answers:?}");
}
