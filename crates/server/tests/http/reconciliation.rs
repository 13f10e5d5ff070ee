//! Statements of the sandbox held against what is on record: what it did and nobody asked for, what it said and did not
//! do, other amounts, and what was not known.

use super::{
    chat::staff,
    endpoint::Ai,
    expected::Expected as _,
    hands::OwnClock,
    harness::{Client, Server, id, verified_served},
    requests::{CATALOGUE, POLICIES},
    sample_bundle::bank_asking_for,
    slow_facts,
};
use remit_app::{
    environment::clock::{parse_rfc3339, rfc3339},
    governance::services::Services,
};
use remit_domain::id::Timestamp;
use remit_ledger::checkpoint::Signer;
use remit_sandbox::{Mischief, On, Planned};
use rusqlite::Connection;
use serde_json::{Value, json};

const PATH: &str = "/v1/reconciliations?connector=back-office";
const DAY_MS: i64 = 86_400_000;

struct Bank {
    server: Server,
    lead: Client,
    ana: Client,
    ben: Client,
}

impl Bank {
    fn new(more: &str) -> Self {
        let limit = CATALOGUE.find("[[action.limit]]").unwrap();
        let parameters = CATALOGUE.find("[action.parameters]").unwrap();
        let declared = format!("{}{}", &CATALOGUE[..limit], &CATALOGUE[parameters..]);
        let owned = format!("kind = \"sandbox\"\nowner = \"payments-team\"\n{more}");
        let declared = declared.replacen("kind = \"sandbox\"", &owned, 1);
        let bundle = bank_asking_for(&declared, &[("policies/goodwill.cedar", POLICIES)]);
        let services = Services::none().connected(&bundle, &|_| None, || 0).unwrap();
        let server = Server::start_under_clock(bundle, Box::new(OwnClock::new()), services);
        let lead = server.client(&["lead"]);
        let (ana, ben) = (staff(&server, &lead, "ana", "Ana"), staff(&server, &lead, "ben", "Ben"));
        Self { server, lead, ana, ben }
    }

    /// A request on a case of its own, once it is in this state.
    fn request(&self, minor: i64, mischief: Option<Mischief>, state: &str) -> Value {
        if let Some(mischief) = mischief {
            let environment = &self.server.app.environment;
            let sandbox = environment.sandbox.open(environment.now()).unwrap();
            sandbox.plan(&Planned { on: On::Action("pay_goodwill".to_owned()), mischief, times: 1 }).unwrap();
        }
        let open = json!({ "customer": "ann", "text": "You charged me twice.", "channel": "web" });
        let case = id(&self.server.client(&["integration"]).post("/v1/cases", &open).expect(201)["case"]);
        let amount = json!({ "minor": minor, "currency": "GBP" });
        let arguments = json!({ "account_id": "acc-1002-1", "amount": amount, "reason": "delay" });
        let asked = json!({ "action": "pay_goodwill", "arguments": arguments });
        let asked = self.ana.post(&format!("/v1/cases/{case}/requests"), &asked).expect(201);
        let path = format!("/v1/requests/{}", asked["id"].as_str().unwrap());
        let answer = if state == "declined" { "decline" } else { "confirm" };
        self.ben.post(&format!("{path}/{answer}"), &json!({ "hash": asked["hash"] })).expect(200);
        self.until(&path, state)
    }

    fn until(&self, path: &str, state: &str) -> Value {
        loop {
            let now = self.ana.get(path).expect(200);
            if now["state"] == state {
                return now;
            }
            std::thread::yield_now();
        }
    }

    /// The sandbox's own file of everything.
    fn statement(&self) -> String {
        let environment = &self.server.app.environment;
        let now = environment.now();
        environment.sandbox.open(now).unwrap().statement_file(now.0 - DAY_MS, now.0 + DAY_MS).unwrap()
    }

    fn reconciled(&self, file: &str) -> Value {
        self.lead.send(PATH, &[("content-type", "text/csv")], file.as_bytes()).expect(200)
    }

    fn exceptions(&self) -> Vec<Value> {
        self.lead.get("/v1/exceptions?state=open&limit=100").expect(200)["items"].as_array().unwrap().clone()
    }

    fn exceptions_are(&self, count: usize) {
        while self.exceptions().len() < count {
            std::thread::yield_now();
        }
        assert_eq!(self.exceptions().len(), count);
    }
}

fn key(request: &Value) -> String {
    format!("remit-{}", request["id"].as_str().unwrap())
}

/// The kinds of what does not agree, each with its request or reference.
fn kinds(done: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of = |one: &Value| (text(&one["kind"]), text(one.get("request").unwrap_or(&one["reference"])));
    let mut all: Vec<_> = done["discrepancies"].as_array().unwrap().iter().map(of).collect();
    all.sort();
    all
}

#[test]
fn whatever_does_not_agree_is_found_once_and_has_an_owner() {
    let bank = Bank::new("");
    let good = bank.request(1_000, None, "done");
    let twice = bank.request(1_200, Some(Mischief::TwoMore), "done");
    let mute = bank.request(1_300, Some(Mischief::Mute), "unknown");
    let declined = bank.request(1_400, None, "declined");
    let (other, repeated) = (bank.request(1_500, None, "done"), bank.request(1_600, None, "done"));
    // What it only says has the reference of the next one that it does.
    let lied = bank.request(1_100, Some(Mischief::OnlySaid), "done");
    assert_eq!(bank.exceptions().len(), 0);
    // One of the cases has ended before its statement comes.
    let case = lied["case"].as_str().unwrap();
    bank.lead.post(&format!("/v1/cases/{case}/resolve"), &json!({ "reason": "Done" }));

    let file = bank.statement();
    let line = |of: &Value| file.lines().find(|line| line.contains(&key(of))).unwrap().to_owned();
    // The last line is of the moment at which the lie is said to have been done.
    let of_good = line(&good);
    let time = of_good.split(',').find(|value| value.ends_with('Z')).unwrap();
    let never = of_good.replace(&key(&good), &key(&declined)).replace(time, lied["effect"]["at"].as_str().unwrap());
    let ours = [line(&repeated).replace("SBX-", "SBX-9"), never];
    let file = file.replace(&line(&other), &line(&other).replace("1500", "1501")) + &ours.join("\n") + "\n";
    let done = bank.reconciled(&file);
    let counts = &done["counts"];
    assert_eq!(
        counts,
        &json!({
            "entries": 9, "passed_over": 0, "agree": 2, "settled": 1, "discrepancies": 6, "new": 6,
        }),
        "{done}\n{file}"
    );
    let id_of = |request: &Value| request["id"].as_str().unwrap().to_owned();
    let found = kinds(&done);
    for (kind, request) in
        [("amount", &other), ("missing", &lied), ("not_carried_out", &declined), ("repeated", &repeated)]
    {
        assert!(found.contains(&(kind.to_owned(), id_of(request))), "{kind}: {found:?}");
    }
    let nobodys = found.iter().filter(|(kind, _)| kind == "unrequested").count();
    assert_eq!(nobodys, 2, "{found:?}");
    assert!(done["discrepancies"].as_array().unwrap().iter().all(|one| one["owner"] == "payments-team"));
    let settled = bank.until(&format!("/v1/requests/{}", id_of(&mute)), "done");
    assert_eq!(settled["effect"]["agrees"], "agrees");
    assert_eq!(bank.until(&format!("/v1/requests/{}", id_of(&twice)), "done")["effect"]["agrees"], "agrees");
    bank.exceptions_are(4);
    assert!(bank.exceptions().iter().all(|exception| exception["owner"] == "payments-team"));
    assert!(bank.exceptions().iter().any(|exception| exception["case"] == *case), "its case is open again");

    // The same file finds the same, and raises nothing anew.
    let again = bank.reconciled(&file);
    assert_eq!((&again["counts"]["new"], &again["counts"]["discrepancies"]), (&json!(0), &json!(6)), "{again}");
    assert_eq!(again["counts"]["agree"], 3, "what was not known is known by now");
    assert!(again["discrepancies"].as_array().unwrap().iter().all(|one| one["since"] == done["id"]));
    assert_eq!(kinds(&again), found);
    bank.exceptions_are(4);
    let listed = bank.lead.get("/v1/reconciliations?limit=1").expect(200);
    assert_eq!(listed["items"], json!([again]));
    let read = bank.lead.get(&format!("/v1/reconciliations/{}", done["id"].as_str().unwrap())).expect(200);
    assert_eq!(read, done);
    bank.lead.get("/v1/reconciliations/rec_01KAZ0000000000000000000XY").expect(404);

    // What is kept of it is held against the record.
    let data = bank.server.stop();
    let verifier = Signer::new(remit_app::vault::keys::ORIGIN, &[0; 32]).verifier();
    let found = || -> Vec<String> {
        let problems = verified_served(data.path(), &verifier).problems;
        problems.iter().map(ToString::to_string).filter(|found| !found.contains("checkpoint")).collect()
    };
    assert_eq!(found(), [""; 0]);
    let database = Connection::open(data.path().join("remit.db")).unwrap();
    let changed = database.execute("DELETE FROM items WHERE kind = 'discrepancy' AND id LIKE '%missing%'", []).unwrap();
    assert_eq!(changed, 1);
    drop(database);
    assert!(found().iter().any(|found| found.contains("missing")), "{:?}", found());
}

#[test]
fn a_banks_statement_is_read_by_the_short_key() {
    let bank = Bank::new("statement_shared = true");
    let (paid, unpaid) = (bank.request(2_500, None, "done"), bank.request(2_600, None, "done"));
    let day = &bank.statement().lines().nth(1).unwrap().split(',').nth(1).unwrap()[..10].to_owned();
    let short = key(&paid).replace("req_", "");
    assert!(short.len() <= 35);
    let entry = |key: &str, amount: &str| {
        format!(
            "<Ntry><Amt Ccy=\"GBP\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
             <BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>B-1</AcctSvcrRef><NtryDtls><TxDtls><Refs>\
             <EndToEndId>{key}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>"
        )
    };
    let file = format!(
        "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\
         <Stmt>{}{}</Stmt></BkToCstmrStmt></Document>",
        entry(&short, "25.00"),
        entry("Rent for March", "900.00")
    );
    let sent = |file: &str, path: &str, media_type: &str| {
        bank.lead.send(path, &[("content-type", media_type)], file.as_bytes())
    };
    let done = sent(&file, PATH, "application/xml").expect(200);
    assert_eq!(done["counts"]["passed_over"], 1, "{done}");
    assert_eq!(kinds(&done), [("missing".to_owned(), unpaid["id"].as_str().unwrap().to_owned())], "{done}");
    // Nothing of what others paid is on record.
    assert!(!done.to_string().contains("Rent"));
    // A statement of another day has nothing to say of it.
    let other = format!("{PATH}&from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z");
    assert_eq!(sent(&file, &other, "text/xml").expect(200)["counts"]["discrepancies"], 0);

    // What cannot be read, or may not be done, changes nothing.
    let listed = || bank.lead.get("/v1/reconciliations").expect(200)["items"].as_array().unwrap().len();
    assert_eq!(listed(), 2);
    sent(&file, PATH, "text/csv").expect(422);
    sent(&file, PATH, "application/octet-stream").expect(415);
    sent("time,key\n", PATH, "text/csv").expect(422);
    sent("time,key,amount_minor,currency\n", PATH, "text/csv").expect(422);
    sent(&file, "/v1/reconciliations?connector=front-office", "text/xml").expect(422);
    sent(&file, "/v1/reconciliations", "text/xml").expect(422);
    sent(&file, &format!("{PATH}&from=yesterday"), "text/xml").expect(422);
    sent(&file, &format!("{PATH}&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z"), "text/xml").expect(422);
    let integration = bank.server.client(&["integration"]);
    integration.send(PATH, &[("content-type", "text/xml")], file.as_bytes()).expect(403);
    integration.get("/v1/reconciliations").expect(403);
    assert_eq!(listed(), 2);
}

#[test]
fn what_an_earlier_file_or_the_connector_said_is_held_against_a_later_one() {
    let bank = Bank::new("[[connector]]\nname = \"front-office\"\nkind = \"sandbox\"");
    let good = bank.request(1_000, None, "done");
    let mute = [1_300, 1_400, 1_500].map(|minor| bank.request(minor, Some(Mischief::Mute), "unknown"));
    let file = bank.statement();
    let head = file.lines().next().unwrap();
    let line = |of: &Value| file.lines().find(|line| line.contains(&key(of))).unwrap().to_owned();
    let of = |lines: &[String]| format!("{head}\n{}\n", lines.join("\n"));
    let found = |done: &Value| (done["counts"]["settled"].clone(), kinds(done));
    let id_of = |request: &Value| request["id"].as_str().unwrap().to_owned();
    let one = |kind: &str, request: &Value| vec![(kind.to_owned(), id_of(request))];

    // A statement of another connector settles nothing.
    let other = PATH.replace("back-office", "front-office");
    let file_of_other = of(&[line(&mute[0])]);
    let done = bank.lead.send(&other, &[("content-type", "text/csv")], file_of_other.as_bytes()).expect(200);
    assert_eq!(found(&done), (json!(0), one("unrequested", &mute[0])), "{done}");
    bank.until(&format!("/v1/requests/{}", id_of(&mute[0])), "unknown");
    bank.exceptions_are(1);

    // The same effect again is one, and another one under the same key is a second payment, in whichever file it is.
    assert_eq!(found(&bank.reconciled(&of(&[line(&good)]))), (json!(0), vec![]));
    assert_eq!(found(&bank.reconciled(&of(&[line(&good)]))), (json!(0), vec![]));
    let again = bank.reconciled(&of(&[line(&good).replace("SBX-", "SBX-9")]));
    assert_eq!(found(&again), (json!(0), one("repeated", &good)), "{again}");
    bank.exceptions_are(2);

    // What settles a request and is not what was asked for is told.
    let less = bank.reconciled(&of(&[line(&mute[0]).replace(",1300,", ",1301,")]));
    assert_eq!(found(&less), (json!(1), one("amount", &mute[0])), "{less}");
    let reference = good["effect"]["reference"].as_str().unwrap();
    let own = line(&mute[1]).split(',').find(|value| value.starts_with("SBX-")).unwrap().to_owned();
    let borrowed = bank.reconciled(&of(&[line(&mute[1]).replace(&own, reference)]));
    assert_eq!(found(&borrowed), (json!(1), one("doubtful", &mute[1])), "{borrowed}");
    let time = line(&mute[2]).split(',').find(|value| value.ends_with('Z')).unwrap().to_owned();
    let before = [line(&mute[2]).replace(&time, "2020-01-01T00:00:00Z"), line(&good)];
    let before = bank.reconciled(&of(&before));
    assert_eq!(found(&before), (json!(1), one("doubtful", &mute[2])), "{before}");
    bank.exceptions_are(5);
}

/// A request that is done, its line of the sandbox's file, and the line of names.
fn done_and_stated(bank: &Bank) -> (Value, String, String) {
    let done = bank.request(1_000, None, "done");
    let file = bank.statement();
    let line = file.lines().find(|line| line.contains(&key(&done))).unwrap().to_owned();
    (done, line, file.lines().next().unwrap().to_owned())
}

#[test]
fn each_further_effect_under_one_key_is_new() {
    let bank = Bank::new("");
    let (done, line, head) = done_and_stated(&bank);
    assert_eq!(bank.reconciled(&format!("{head}\n{line}\n"))["counts"]["agree"], 1);
    for (nth, more) in ["SBX-9", "SBX-8", "SBX-7"].into_iter().enumerate() {
        let again = line.replace("SBX-", more);
        let found = bank.reconciled(&format!("{head}\n{again}\n"));
        assert_eq!(found["counts"]["new"], 1, "{found}");
        assert_eq!(kinds(&found), [("repeated".to_owned(), done["id"].as_str().unwrap().to_owned())]);
        bank.exceptions_are(nth + 1);
        assert_eq!(bank.reconciled(&format!("{head}\n{again}\n"))["counts"]["new"], 0, "the same one again");
    }
    for (nth, other) in [",1001,", ",50000,"].into_iter().enumerate() {
        let found = bank.reconciled(&format!("{head}\n{}\n", line.replace(",1000,", other)));
        assert_eq!((&found["counts"]["new"], &found["discrepancies"][0]["kind"]), (&json!(1), &json!("amount")));
        bank.exceptions_are(4 + nth);
    }
    // Three in one file are two too many.
    let three = ["", "5", "6"].map(|more| line.replace("SBX-", &format!("SBX-{more}"))).join("\n");
    assert_eq!(bank.reconciled(&format!("{head}\n{three}\n"))["counts"]["new"], 2);
}

#[test]
fn who_has_to_be_told_is_told_however_much_nobody_asked_for() {
    let bank = Bank::new("");
    let (_, line, head) = done_and_stated(&bank);
    let nobodys = |nth: usize| {
        line.split(',')
            .map(|cell| match cell {
                cell if cell.starts_with("SBX-") => format!("OTHER-{nth}"),
                cell if cell.starts_with("remit-") => String::new(),
                cell => cell.to_owned(),
            })
            .collect::<Vec<_>>()
            .join(",")
    };
    let many: Vec<String> = (0..600).map(nobodys).collect();
    let file = format!("{head}\n{}\n{line}\n{}\n", many.join("\n"), line.replace("SBX-", "SBX-9"));
    let found = bank.reconciled(&file);
    assert_eq!((&found["counts"]["new"], &found["discrepancies"][0]["kind"]), (&json!(601), &json!("repeated")));
    bank.exceptions_are(1);
}

#[test]
fn a_connector_that_dates_back_what_it_never_did_is_found() {
    let moment = |at: Timestamp, ms: i64| rfc3339(at.plus_ms(ms));
    let back_office = Ai::start(|asked| match asked["wanted"].as_str() {
        Some("facts") => json!({ "facts": {
            "account_found": true, "account_customer": "ann", "amount": asked["arguments"]["amount"],
        } }),
        _ => {
            let sent = parse_rfc3339(asked["not_after"].as_str().unwrap()).unwrap();
            let at = rfc3339(sent.plus_ms(-DAY_MS + 3_600_000));
            json!({ "outcome": "done", "reference": "R-1", "amount": asked["arguments"]["amount"], "at": at })
        }
    });
    back_office.set_open(true);
    let bank = slow_facts::bank(&back_office);
    let asked = bank.ask(&bank.ana, 700);
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    let lied = bank.until(&asked, "done");
    assert_eq!(lied["effect"]["agrees"], "agrees", "{lied}");
    // It said so of yesterday, whose statement has come; today's is the one that it ought to be in.
    let now = bank.server.app.environment.now();
    let path = format!("{PATH}&from={}&to={}", moment(now, -3_600_000), moment(now, 3_600_000));
    let empty = "reference,time,action,amount_minor,currency,key\n";
    let lead = bank.server.client(&["lead"]);
    let found = lead.send(&path, &[("content-type", "text/csv")], empty.as_bytes()).expect(200);
    assert_eq!(kinds(&found), [("missing".to_owned(), asked["id"].as_str().unwrap().to_owned())]);
}

#[test]
fn what_statements_said_first_is_held_against_the_record() {
    let bank = Bank::new("");
    let (_, line, head) = done_and_stated(&bank);
    assert_eq!(bank.reconciled(&format!("{head}\n{line}\n"))["counts"]["agree"], 1);
    let data = bank.server.stop();
    let verifier = Signer::new(remit_app::vault::keys::ORIGIN, &[0; 32]).verifier();
    let found = || -> Vec<String> {
        let problems = verified_served(data.path(), &verifier).problems;
        problems.iter().map(ToString::to_string).filter(|found| !found.contains("checkpoint")).collect()
    };
    assert_eq!(found(), [""; 0]);
    let change = |sql: &str| Connection::open(data.path().join("remit.db")).unwrap().execute(sql, []).unwrap();
    let other = "CAST(replace(CAST(body AS TEXT), 'SBX-', 'SBX-1') AS BLOB)";
    assert_eq!(change(&format!("UPDATE items SET body = {other} WHERE kind LIKE 'stated/%'")), 1);
    assert!(found().iter().any(|found| found.contains("the first to say")), "{:?}", found());
    assert_eq!(change("DELETE FROM items WHERE kind LIKE 'stated/%'"), 1);
    assert!(found().iter().any(|found| found.contains("the first to say")), "{:?}", found());
}

#[test]
fn payments_of_a_bank_that_numbers_each_statement_anew_are_told_apart() {
    let bank = Bank::new("");
    let paid = bank.request(100, None, "done");
    let of_day = |day: &str| {
        format!(
            "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\
             <BkToCstmrStmt><Stmt><Ntry><NtryRef>1</NtryRef><Amt Ccy=\"GBP\">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>\
             <Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><NtryDtls><TxDtls><Refs>\
             <EndToEndId>{}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>",
            key(&paid).replace("req_", "")
        )
    };
    let sent = |file: &str| bank.lead.send(PATH, &[("content-type", "application/xml")], file.as_bytes()).expect(200);
    assert_eq!(sent(&of_day("2026-11-30"))["counts"]["agree"], 1);
    assert_eq!(sent(&of_day("2026-11-30"))["counts"]["agree"], 1);
    for (nth, day) in ["2026-12-01", "2026-12-02"].into_iter().enumerate() {
        let again = sent(&of_day(day));
        assert_eq!(kinds(&again), [("repeated".to_owned(), paid["id"].as_str().unwrap().to_owned())], "{again}");
        bank.exceptions_are(nth + 1);
    }
    let reversed = of_day("2026-11-30").replace("<Sts>", "<RvslInd>true</RvslInd><Sts>");
    assert_eq!(kinds(&sent(&reversed))[0].0, "taken_back");
}
