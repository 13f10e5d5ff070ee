//! What people type, and what they get when it is wrong: the cause, the cure and the exit code.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

mod files;

use remit_domain::{id::RequestId, request::request_of};
use remit_sandbox::{Ask, Sandbox};
use remit_statements::{FileForm, Stated, StatedEntry};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path, process::Command};

/// 10 March 2026, 10:00 UTC.
const NOW_MS: i64 = 1_773_136_800_000;
const BANK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bundles/bank");

/// Runs `remit` with `arguments` and holds its exit code, and that each of `said` is printed.
fn check(arguments: &[&str], code: i32, said: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_remit")).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "remit {}: {text}", arguments.join(" "));
    for said in said {
        assert!(text.contains(said), "remit {}: no `{said}` in: {text}", arguments.join(" "));
    }
}

fn written(directory: &Path, name: &str, bytes: &[u8]) -> String {
    let path = directory.join(name);
    fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

#[test]
fn help_teaches() {
    check(&["--help"], 0, &["demo", "serve", "replay", "explain", "policy", "ledger", "knowledge", "signals", "token"]);
    let more = ["case", "history"];
    for command in ["demo", "serve", "replay", "explain", "policy", "ledger", "knowledge", "signals", "token"]
        .into_iter()
        .chain(more)
    {
        check(&[command, "--help"], 0, &["Usage: remit"]);
    }
    check(&["serv"], 2, &["similar subcommand", "serve"]);
    check(&["replay"], 2, &["<FILE>"]);
}

#[test]
fn who_has_read_enough_is_no_fault() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let remit = Command::new(env!("CARGO_BIN_EXE_remit")).args(["policy", "check", BANK]).stdout(writer).output();
    let output = remit.unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), told.as_str()), (Some(2), ""));
}

#[test]
fn files_of_messages_are_refused_by_line() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| written(directory.path(), name, bytes);
    let data = directory.path().join("data").display().to_string();
    for (path, said) in [
        (file("ragged.csv", b"text,intent\nfine,a\nragged\n"), ["line: 3", "as many columns as the header"]),
        (file("named.csv", b"message\nhello\n"), [":1: the header has no column `text`", "name the column"]),
        (file("near.csv", b"text,chanel\nhello,phone\n"), [":1: `chanel` is no column", "did you mean `channel`?"]),
        (file("near.jsonl", b"{\"text\": \"hello\", \"intnt\": \"a\"}\n"), [":1: `intnt`", "did you mean `intent`?"]),
        (file("latin.csv", b"text\ncaf\xe9\n"), ["UTF-8", "latin.csv"]),
        (file("empty.csv", b"text\n"), ["holds no messages", "empty.csv"]),
        (file("line.jsonl", b"{\"text\": \"fine\"}\n{\"txt\": 1}\n"), ["line.jsonl:2", "did you mean `text`?"]),
        (file("latin.jsonl", b"{\"text\": \"fine\"}\n{\"text\": \"caf\xe9\"}\n"), ["latin.jsonl:2", "not UTF-8"]),
        (directory.path().join("none.csv").display().to_string(), ["cannot be read", "No such file"]),
    ] {
        check(&["replay", &path, "--bundle", BANK, "--data", &data], 2, &said);
    }
    assert!(!Path::new(&data).exists(), "a file that is refused leaves nothing");
}

#[test]
fn bundles_are_refused_by_file_and_line() {
    check(&["policy", "check", BANK], 0, &["is good", "12 responders"]);
    check(&["policy", "test", BANK, "--json"], 0, &["\"passed\""]);
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path().display().to_string();
    check(&["policy", "check", &here], 2, &["bundle.toml"]);
    written(directory.path(), "bundle.toml", b"name = 'x'\ncurency = 'GBP'\n");
    check(&["policy", "check", &here], 1, &["bundle.toml:2: unknown field `curency`", "cure: "]);
    check(&["serve", "--bundle", &here, "--data", &here], 2, &["bundle.toml:2"]);
}

/// The bank's bundle in `at` with this text of `name` replaced.
fn bank_with(at: &Path, name: &str, from: &str, to: &str) -> String {
    if !at.exists() {
        files::copy(Path::new(BANK), at);
    }
    let text = fs::read_to_string(at.join(name)).unwrap();
    assert!(text.contains(from), "{name} has no {from}");
    written(at, name, text.replacen(from, to, 1).as_bytes());
    at.display().to_string()
}

#[test]
fn a_bundle_with_which_no_server_can_start_is_not_good() {
    let directory = tempfile::tempdir().unwrap();
    let model = |digest: &str| format!("[encoder_model]\ndirectory = \"no/such\"\ndigest = \"{digest}\"\n[readings]\n");
    let missing = bank_with(&directory.path().join("missing"), "bundle.toml", "[readings]\n", &model(&"0".repeat(64)));
    check(&["policy", "check", &missing], 1, &["bundle.toml:", "no/such", "cure: bring the directory"]);
    let plain = bank_with(&directory.path().join("plain"), "bundle.toml", "[readings]\n", &model("xyz"));
    check(&["policy", "check", &plain], 1, &["no SHA-256", "cure: "]);

    let latin = directory.path().join("latin");
    files::copy(Path::new(BANK), &latin);
    written(&latin, "intents.csv", b"text,intent\ncaf\xe9,age_limit\n");
    check(&["policy", "check", &latin.display().to_string()], 1, &["intents.csv:2", "cure: "]);
}

#[test]
fn a_situation_that_no_policy_gives_to_anybody_is_warned_of() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path().join("own");
    let bundle = bank_with(&at, "schema.cedarschema", "\"bereavement\"]", "\"bereavement\", \"stranded\"]");
    let own = "[[situation]]\nname = \"stranded\"\ntitle = \"Cannot travel on\"\nrank = 35\nowner = \"care-team\"\n";
    fs::create_dir(at.join("readings")).unwrap();
    written(&at, "readings/own.toml", own.as_bytes());
    check(&["policy", "check", &bundle], 0, &["is good", "warning: no policy gives", "`stranded`"]);
}

#[test]
fn a_language_that_no_article_is_in_is_refused_with_those_that_are() {
    let asked = ["knowledge", "ask", "How do I change my PIN?", "--bundle", BANK, "--language"];
    for language in ["klingon", "fr"] {
        let told = format!("there is no article in the language `{language}`; the articles are in: en");
        check(&[&asked[..], &[language]].concat(), 2, &[&told]);
    }
}

#[test]
fn a_cache_that_cannot_be_used_is_gone_without() {
    let directory = tempfile::tempdir().unwrap();
    let file = written(directory.path(), "file", b"x");
    let few = bank_of_few(&directory.path().join("few"), 2);
    for (cache, warned) in [(file.as_str(), 1), ("", 0)] {
        let mut remit = Command::new(env!("CARGO_BIN_EXE_remit"));
        remit.args(["policy", "check", &few]).env("REMIT_CACHE_DIR", cache).current_dir(directory.path());
        let output = remit.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{told}");
        assert_eq!(told.matches("cannot be kept").count(), warned, "{told}");
    }
    let there: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(there.len(), 2, "{there:?}");
}

/// The bank's bundle with so many examples of each intent.
fn bank_of_few(at: &Path, each: usize) -> String {
    files::copy(Path::new(BANK), at);
    let all = fs::read_to_string(at.join("intents.csv")).unwrap();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut lines = all.lines();
    let mut few = format!("{}\n", lines.next().unwrap());
    for line in lines.filter(|line| !line.starts_with('"')) {
        let count = seen.entry(line.rsplit(',').next().unwrap()).or_default();
        *count += 1;
        if *count <= each {
            few += &format!("{line}\n");
        }
    }
    written(at, "intents.csv", few.as_bytes());
    at.display().to_string()
}

#[test]
fn examples_by_which_nobody_would_be_followed_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let bundle = bank_of_few(&directory.path().join("two"), 2);
    let told = "abstains on every message, so that no AI responder is chosen by intent";
    let more = "more examples should help, so that each intent has 10";
    check(&["policy", "check", &bundle], 0, &["is good", "warning: the intent classifier", told, more]);
    let remit = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_remit")).args(arguments).output().unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let checked = remit(&["--json", "policy", "check", &bundle]);
    assert_eq!((&checked["good"], &checked["intents"]["kept"]), (&true.into(), &0.0.into()), "{checked}");
    let of_classifier = |checked: &Value| {
        let warnings = checked["warnings"].as_array().unwrap().iter().map(|warning| warning.as_str().unwrap());
        warnings.filter(|warning| warning.contains("intent classifier")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(matches!(&of_classifier(&checked)[..], [warning] if warning.contains(more)), "{checked}");
    let examples = format!("{bundle}/intents.csv");
    let out = directory.path().join("intents.bin").display().to_string();
    let table = ["intent ", "messages right  kept  taken for", "other intents that are told better"];
    check(&["signals", "train", &examples, "--out", &out], 0, &[&[told, more], &table[..]].concat());
    // One that is never sure can be judged too.
    let never = ["--encoder", "never"];
    let judge = ["signals", "evaluate", &examples, "--test", &examples, "--model", &out];
    check(&[&judge[..], &never].concat(), 0, &["kept"]);

    // Twelve of each are enough to begin with.
    let bundle = bank_of_few(&directory.path().join("twelve"), 12);
    let checked = remit(&["--json", "policy", "check", &bundle, "--at", "2026-01-01T00:00:00Z"]);
    assert!(checked["intents"]["kept"].as_f64().unwrap() > 0.4, "{checked}");
    assert_eq!(of_classifier(&checked), Vec::<String>::new(), "{checked}");
    let examples = format!("{bundle}/intents.csv");
    let judged = remit(&[&["--json", "signals", "evaluate", &examples], &never[..]].concat());
    let rows = judged["intent"]["by_intent"].as_array().unwrap();
    let sum = |of: &str| rows.iter().map(|row| row[of].as_u64().unwrap()).sum::<u64>();
    assert_eq!(Some(sum("messages")), judged["intent"]["messages"].as_u64());
    assert!(rows[0]["right"].as_u64() < rows[0]["messages"].as_u64() && rows[0]["taken_for"][0]["times"].is_u64());
}

/// In London clocks are set back on 2026-10-25, and 2026-12-25 is a Friday.
#[test]
fn hours_are_told_day_by_day_and_lists_of_holidays_that_run_out_are_warned_of() {
    let show = ["calendar", "show", "identity", "--bundle", BANK];
    let autumn = [&show[..], &["--from", "2026-10-23", "--days", "4"]].concat();
    let before = "2026-10-23  friday     08:00 BST to 18:00 BST  2026-10-23T07:00:00.000Z to 2026-10-23T17:00:00.000Z";
    let after = "2026-10-26  monday     08:00 GMT to 18:00 GMT  2026-10-26T08:00:00.000Z to 2026-10-26T18:00:00.000Z";
    check(
        &autumn,
        0,
        &["by the clock of Europe/London", before, "2026-10-25  sunday     closed", after, "10 h 00 min"],
    );
    let mut asked = Command::new(env!("CARGO_BIN_EXE_remit"));
    let output =
        asked.arg("--json").args(show).args(["--from", "2026-12-25T12:00:00+01:00", "--days", "1"]).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let day = serde_json::json!([{ "date": "2026-12-25", "weekday": "friday", "differs": "holiday", "openings": [] }]);
    assert_eq!((&told["time_zone"], &told["days"]), (&"Europe/London".into(), &day), "{told}");
    check(&["calendar", "show", "night", "--bundle", BANK], 2, &["no queue `night`; it has general, cards"]);
    check(&[&show[..], &["--from", "24.12.2026"]].concat(), 2, &["no date such as 2026-12-25"]);
    // No bundle is taken that nobody named.
    check(&["calendar", "show", "identity"], 2, &["name the bundle's directory with --bundle"]);

    check(
        &["policy", "check", BANK, "--at", "2027-06-01T00:00:00Z"],
        0,
        &["calendar `office`", "runs out on 2027-12-28"],
    );
    check(&["policy", "check", BANK, "--at", "tomorrow"], 2, &["name it with its offset"]);
}

#[test]
fn articles_are_asked_and_judged() {
    let ask = |question: &str, code: i32, said: &[&str]| {
        check(&["knowledge", "ask", question, "--bundle", BANK], code, said);
    };
    ask("How do I change my PIN?", 0, &["It is changed at any cash machine", "score", "knowledge/pin.md", "next best"]);
    ask("What is the exchange rate on Mars at the opera?", 1, &["no article is near enough", "nearest", "threshold"]);
    ask("PIN", 1, &["no answer"]);
    ask("🙂", 1, &["nothing is asked"]);
    let directory = tempfile::tempdir().unwrap();
    let judge = |bytes: &[u8], code: i32, said: &[&str]| {
        let file = written(directory.path(), "questions.csv", bytes);
        check(&["knowledge", "evaluate", &file, "--bundle", BANK], code, said);
    };
    judge(
        b"text,article\nHow do I change my PIN?,pin\nDo you sell fish?,none\n",
        0,
        &["2 questions, 1 of which", "answered            1  1.000", "wrong article       0"],
    );
    judge(b"text,article\nHow do I change my PIN?,pins\n", 2, &["row 2 names the article `pins`", "or write `none`"]);
    judge(b"question\nHow?\n", 2, &["there is no column `text`"]);
    judge(b"text,article\n", 2, &["no such questions"]);
}

#[test]
fn who_only_reads_a_directory_needs_no_secret_of_its_ai_services() {
    let directory = tempfile::tempdir().unwrap();
    let messages = written(directory.path(), "messages.csv", b"text,channel\nWhere is my card?,chat\n");
    let data = directory.path().join("data").display().to_string();
    check(&["replay", &messages, "--data", &data, "--bundle", BANK], 0, &["1 cases"]);
    let asks = "kind = \"webhook\"\nurl = \"https://ai.example\"\nsecret_env = \"A_SECRET_THAT_IS_NOT_THERE\"";
    let bundle = bank_with(&directory.path().join("asking"), "bundle.toml", "kind = \"knowledge\"", asks);
    let here = ["--data", &data];
    check(
        &[&["policy", "activate", &bundle, "--reason", "asks"][..], &here].concat(),
        0,
        &["is in force, in the place"],
    );
    check(&[&["policy", "list"][..], &here].concat(), 0, &["asks", "in force"]);
    let to = directory.path().join("exported").display().to_string();
    let listed = Command::new(env!("CARGO_BIN_EXE_remit")).args(["--json", "policy", "list", "--data", &data]).output();
    let listed: Value = serde_json::from_slice(&listed.unwrap().stdout).unwrap();
    let digest = listed[1]["digest"].as_str().unwrap()[..12].to_owned();
    check(&[&["policy", "export", &digest, &to][..], &here].concat(), 0, &["files of"]);
    check(&[&["calendar", "show", "identity"][..], &here].concat(), 0, &["Europe/London"]);
    check(&[&["history", "staff/nobody"][..], &here].concat(), 2, &["404"]);
    check(&[&["policy", "rollback", "--reason", "back"][..], &here].concat(), 0, &["is in force, in the place"]);
    // Who would have them answer needs it.
    check(&["replay", &messages, "--data", &data, "--bundle", &bundle], 2, &["A_SECRET_THAT_IS_NOT_THERE"]);
}

#[test]
fn directories_that_are_not_remits_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path().display().to_string();
    check(&["ledger", "verify", "/nowhere"], 2, &["/nowhere"]);
    check(&["explain", "cas_x", "--data", "/nowhere"], 2, &["no data directory"]);
    written(directory.path(), "remit.db", b"SQLite format 3\0 and then nothing that is so");
    check(&["serve", "--bundle", BANK, "--data", &here, "--listen", "127.0.0.1:0"], 2, &["remit.db"]);
    check(&["token", "create", "--role", "king", "--data", &here], 2, &["remit.db"]);
}

/// A directory as format 7 wrote it, with a checkpoint and proofs of then.
const FORMAT_7: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../store/formats/7");

#[test]
fn a_directory_of_an_earlier_format_is_verified_as_it_lies_and_what_was_proven_then_is_proven_after_its_migration() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    fs::create_dir_all(data.join("keys")).unwrap();
    let of_then = |name: &str| Path::new(FORMAT_7).join(name);
    let packed = fs::read(of_then("remit.db.lz4")).unwrap();
    fs::write(data.join("remit.db"), lz4_flex::block::decompress_size_prepended(&packed).unwrap()).unwrap();
    for name in ["checkpoint", "keys/master.key", "keys/ledger.key"] {
        fs::copy(of_then(name), data.join(name)).unwrap();
    }
    let data = data.to_str().unwrap();
    let key = fs::read_to_string(of_then("key")).unwrap();
    let (since, proof) = (of_then("checkpoint"), of_then("proof-decision"));
    let (since, proof) = (since.to_str().unwrap(), proof.to_str().unwrap());
    let verify = |told: &[&str]| check(&["ledger", "verify", data, "--since", since], 0, told);
    let whole = "everything that was looked at is what it says";
    verify(&["284 records", "the database is of format 7 and was read as it lies there", whole]);
    // Whoever writes migrates, and says so.
    let made = ["token", "create", "--role", "auditor", "--data", data];
    check(&made, 0, &["bringing the database from format 7 to", "the same records, hashes and proofs"]);
    verify(&["285 records", whole]);
    check(&["ledger", "check", proof, "--key", key.trim()], 0, &["is in the ledger of remit/ledger", "284 records"]);
    let decision = "dec_01M8JCVKMSR8TKKD51JXTVA002";
    check(&["ledger", "prove", decision, "--data", data], 0, &["c2sp.org/tlog-proof@v1"]);
}

#[test]
fn where_the_sample_is_not_a_bundle_has_to_be_named_and_how_is_told() {
    let place = tempfile::tempdir().unwrap();
    for (arguments, cure) in [
        (&["knowledge", "ask", "When are you open?"][..], "--bundle"),
        (&["knowledge", "evaluate", "questions.csv"], "--bundle"),
        (&["signals", "read", "When are you open?"], "--bundle"),
        (&["signals", "train"], "behind the command"),
        (&["signals", "evaluate"], "behind the command"),
        (&["policy", "check"], "behind the command"),
        (&["policy", "test"], "behind the command"),
        (&["demo"], "--bundle"),
    ] {
        fs::write(place.path().join("questions.csv"), "text,article\nWhen?,none\n").unwrap();
        let output =
            Command::new(env!("CARGO_BIN_EXE_remit")).args(arguments).current_dir(place.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2), "{arguments:?}: {said}");
        assert!(said.contains("bundles/bank") && said.contains(cure), "{arguments:?}: {said}");
    }
}

#[test]
fn the_sandbox_tells_what_it_did_as_a_file_that_can_be_reconciled() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().display().to_string();
    check(&["sandbox", "statement", "--data", &data], 2, &["is no sandbox that can be read", "kind = \"sandbox\""]);
    assert!(fs::read_dir(directory.path()).unwrap().next().is_none(), "nothing is made");
    let sandbox = Sandbox::open(directory.path().join("sandbox.sqlite")).unwrap();
    sandbox.seed_bank(NOW_MS).unwrap();
    let request = "req_01KAZ0000000000000000000XY";
    let amount = json!({ "minor": 1_250, "currency": "GBP" });
    let arguments = json!({ "account_id": "acc-1002-1", "amount": amount });
    for (action, key, at_ms, arguments) in [
        ("pay_goodwill", format!("remit-{request}"), NOW_MS, arguments),
        ("freeze_card", "SBX-x".to_owned(), NOW_MS + 1_000, json!({ "card_id": "card-1002-1-1" })),
    ] {
        let arguments = arguments.as_object().unwrap();
        let ask = Ask { action, customer: Some("cust-1002"), arguments };
        sandbox.execute(&key, "hash", &ask, at_ms).unwrap();
    }
    let printed = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_remit"))
            .args(["sandbox", "statement", "--data", &data])
            .args(more)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let read = |form, file: &[u8]| remit_statements::read(form, file, "EndToEndId").unwrap();
    let told = |stated: &Stated| -> Vec<(Option<RequestId>, Option<i64>)> {
        let told = |entry: &StatedEntry| {
            (entry.key.as_deref().and_then(request_of), entry.amount.as_ref().map(|amount| amount.minor))
        };
        stated.entries.iter().map(told).collect()
    };
    let request: RequestId = request.parse().unwrap();
    let whole = read(FileForm::Csv, &printed(&[]));
    assert_eq!(told(&whole), [(Some(request), Some(1_250)), (None, None)]);
    let bank = read(FileForm::Camt053, &printed(&["--format", "camt053", "--from", "2026-03-10T00:00:00Z"]));
    assert_eq!(told(&bank), [(Some(request), Some(1_250))]);
    let late = printed(&["--from", "2026-03-10T10:00:01Z", "--format", "csv"]);
    assert_eq!(told(&read(FileForm::Csv, &late)), [(None, None)]);
    check(&["sandbox", "statement", "--data", &data, "--from", "monday"], 2, &["write it as 2026-01-31T00:00:00Z"]);
}
