//! A bundle to start from, by the real command: asked for, checked, tested, and served at once.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use remit_policy::{
    actions::Permission,
    bundle::Bundle,
    engine::{ApiCase, ApiPrincipal, ApiRequest, Engine},
    files::Files,
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

/// What is said of articles in languages that the encoder that ships does not read.
const BY_WORDS: &str = "nearly word for word";
const REMIT: &str = env!("CARGO_BIN_EXE_remit");

fn remit(at: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(REMIT);
    command.args(arguments).current_dir(at).env_remove("TZ");
    command
}

/// What a command prints that ends with `code`, given these lines to read.
fn ended(at: &Path, arguments: &[&str], typed: &str, code: i32) -> String {
    let mut command = remit(at, arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that reads nothing may have ended by now.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert_eq!(status.code(), Some(code), "remit {}: {said}", arguments.join(" "));
    said
}

/// Holds that a bundle is good, that its tests hold, and that some messages would be followed by their intent.
fn is_good(at: &Path, bundle: &str) {
    let told = ended(at, &["--json", "policy", "check", bundle], "", 0);
    let checked: Value = serde_json::from_str(told.lines().find(|line| line.starts_with('{')).unwrap()).unwrap();
    let warnings = checked.pointer("/warnings").and_then(Value::as_array).unwrap().iter().filter_map(Value::as_str);
    // That the encoder that ships reads English is no fault of what was made.
    assert_eq!(warnings.filter(|warning| !warning.contains(BY_WORDS)).count(), 0, "{checked}");
    assert!(checked.pointer("/intents/kept").and_then(Value::as_f64) > Some(0.3), "{checked}");
    let tested = ended(at, &["policy", "test", bundle], "", 0);
    assert!(tested.contains(" 0 findings"), "{tested}");
}

/// What each role may do by the interface: on the organisation, on a case of nobody, on one of their own, on one of
/// their queue's, and on somebody else's.
fn permitted(bundle: &Path) -> BTreeSet<(String, &'static str, &'static str)> {
    let bundle = Bundle::load(Files::read(bundle).unwrap()).unwrap();
    let engine = Engine::new(&bundle);
    let (desk, ana, cus) = (Some("desk"), Some("ana"), Some("cus"));
    let own = ApiCase { holder: desk, staff: ana, offered: ana, customer: cus };
    let of_the_queue = ApiCase { holder: desk, ..ApiCase::default() };
    let (ben, someone) = (Some("ben"), Some("someone"));
    let other = ApiCase { holder: Some("other"), staff: ben, offered: ben, customer: someone };
    let mut all = BTreeSet::new();
    for role in bundle.roles() {
        for (on, case) in [
            ("the organisation", None),
            ("a case of nobody", Some(ApiCase::default())),
            ("a case of their own", Some(own)),
            ("a case of their queue", Some(of_the_queue)),
            ("a case of somebody else", Some(other)),
        ] {
            let roles = std::slice::from_ref(role);
            let staff = ApiPrincipal::Staff { staff: "ana", responder: desk };
            let may = |action: &Permission| {
                let asked = |principal| ApiRequest { roles, principal, action: *action, case };
                [staff, ApiPrincipal::Customer("cus")].map(asked).iter().any(|asked| engine.authorize(asked).permits())
            };
            all.extend(Permission::ALL.into_iter().filter(may).map(|action| (role.clone(), action.as_str(), on)));
        }
    }
    all
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Opens a case at a server under the bundle, and gives what was answered.
fn served(at: &Path, bundle: &str, text: &str) -> Value {
    let mut command = remit(at, &["--json", "serve", "--listen", "127.0.0.1:0", "--data", "data", "--bundle", bundle]);
    let mut server = Server(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("it did not start: {line}"));
    let address = said.pointer("/address").and_then(Value::as_str).unwrap();
    let token = fs::read_to_string(at.join("data/first-token")).unwrap();
    let body = serde_json::json!({ "customer": "ann", "text": text, "channel": "web" });
    let mut answer = ureq::post(format!("http://{address}/v1/cases"))
        .header("authorization", format!("Bearer {}", token.trim()))
        .header("content-type", "application/json")
        .send(body.to_string())
        .unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

#[test]
fn what_is_made_by_default_is_good_and_serves_at_once() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let said = ended(at, &["init", "mine", "--yes"], "", 0);
    for explained in ["bundle.toml", "who answers for what", "remit serve --data data --bundle mine"] {
        assert!(said.contains(explained), "no {explained}: {said}");
    }
    is_good(at, "mine");
    // Whoever takes part may what they may at the sample bank, so that what one can do the other can.
    let bank = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank");
    let (ours, theirs) = (permitted(&at.join("mine")), permitted(&bank));
    assert_eq!(ours.difference(&theirs).collect::<Vec<_>>(), Vec::<&_>::new());
    assert_eq!(theirs.difference(&ours).collect::<Vec<_>>(), Vec::<&_>::new());
    let case = served(at, "mine", "When are you open?");
    assert_eq!(case.pointer("/decision/to"), Some(&Value::from("assistant")), "{case}");
    // Nothing is written over.
    let said = ended(at, &["init", "mine", "--yes"], "", 2);
    assert!(said.contains("not empty"), "{said}");
}

#[test]
fn five_questions_are_asked_and_what_is_no_answer_is_asked_again() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let typed = "Hill \"Top\" & Söhne\nEurope/Nowhere\nEurope/Berlin\nde,en\nfront, Field service\nno\n";
    let said = ended(at, &["init", "hill"], typed, 0);
    assert_eq!(said.matches('?').count(), 6, "{said}");
    assert!(said.contains("`Europe/Nowhere` is no time zone"), "{said}");
    is_good(at, "hill");
    let manifest = fs::read_to_string(at.join("hill/bundle.toml")).unwrap();
    for holds in ["\"Hill \\\"Top\\\" & Söhne\"", "\"Europe/Berlin\"", "\"field-service\"", "[\"de\", \"en\"]"] {
        assert!(manifest.contains(holds), "no {holds}: {manifest}");
    }
    assert!(!manifest.contains("[[responder]]") && !at.join("hill/knowledge").exists());
    // Where nobody answers, nothing is made.
    let said = ended(at, &["init", "other", "--name", "Other"], "", 2);
    assert!(said.contains("not answered: In which time zone") && !at.join("other").exists(), "{said}");
}

#[test]
fn flags_answer_as_well_and_one_desk_is_enough() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let flags = ["--json", "init", "one", "--name", "One", "--time-zone", "Asia/Tokyo", "--languages", "fr"];
    let said = ended(at, &[&flags[..], &["--desks", "desk", "--ai", "yes", "--currency", "jpy"]].concat(), "", 0);
    let said: Value = serde_json::from_str(&said).unwrap();
    for file in said.pointer("/files").and_then(Value::as_array).unwrap() {
        assert!(at.join("one").join(file.pointer("/file").and_then(Value::as_str).unwrap()).is_file(), "{file}");
    }
    is_good(at, "one");
    // Nothing ships in French: what is made is English, and what answers from it says so of itself.
    let told = ended(at, &["init", "deux", "--yes", "--languages", "fr"], "", 0);
    assert!(told.contains("For fr they are in English"), "{told}");
    let manifest = fs::read_to_string(at.join("deux/bundle.toml")).unwrap();
    assert!(
        manifest.contains("languages = [\"en\"]") && manifest.contains("languages = [\"fr\", \"en\"]"),
        "{manifest}"
    );
    let other = manifest.replacen("languages = [\"en\"]", "languages = [\"en\", \"fr\"]", 1);
    fs::write(at.join("deux/bundle.toml"), other).unwrap();
    let warned = ended(at, &["policy", "check", "deux"], "", 0);
    assert!(warned.contains("warning: `assistant` is to answer in fr, and no article is in that language"), "{warned}");
    for (flag, value) in [("--ai", "maybe"), ("--languages", "xx"), ("--desks", ""), ("--time-zone", "here")] {
        ended(at, &["init", "none", "--yes", flag, value], "", 2);
        assert!(!at.join("none").exists());
    }
}

#[test]
fn what_is_made_in_german_is_answered_in_german() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    ended(at, &["init", "meins", "--yes", "--languages", "de"], "", 0);
    is_good(at, "meins");
    // Two intents of one desk are too few to be sure of any, which is told with how many examples it takes.
    let told = ended(at, &["init", "wenig", "--yes", "--languages", "de", "--desks", "desk"], "", 0);
    let checked = ended(at, &["policy", "check", "wenig"], "", 0);
    for said in [&told, &checked] {
        let few = said.contains("the intent classifier abstains on every message") && said.contains("examples");
        assert!(few && said.contains("should help"), "{said}");
    }
    let traffic = fs::read_to_string(at.join("meins/traffic.csv")).unwrap();
    assert!(traffic.contains("Ist am Wochenende jemand da?") && !traffic.contains("When"), "{traffic}");
    let case = served(at, "meins", "Wann haben Sie geöffnet?");
    assert_eq!(case.pointer("/decision/to"), Some(&Value::from("assistant")), "{case}");
}

#[test]
fn articles_in_german_are_quoted_in_german_and_it_is_told_how_little_they_answer() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let told = ended(at, &["init", "klinik", "--yes", "--languages", "de"], "", 0);
    assert!(told.contains("articles in de") && told.contains(BY_WORDS) && told.contains("[encoder_model]"), "{told}");
    let told = ended(at, &["policy", "check", "klinik"], "", 0);
    assert!(told.contains("warning: articles in de") && told.contains("[encoder_model]"), "{told}");
    for (asked, article) in [
        ("Ich bin umgezogen, wie ändere ich meine Adresse?", "Ihre Daten ändern"),
        ("Wie ändere ich meine Adresse?", "Ihre Daten ändern"),
        ("Guten Tag, wann haben Sie offen?", "Öffnungszeiten"),
    ] {
        let told = ended(at, &["knowledge", "ask", asked, "--bundle", "klinik", "--language", "de"], "", 0);
        assert!(told.contains(&format!("Aus unserem Artikel „{article}“:")), "{told}");
    }
    ended(at, &["knowledge", "ask", "Jemand anderes hat meine Daten geändert", "--bundle", "klinik"], "", 1);
    // The bundle's own word for it counts.
    let texts = at.join("klinik/texts/de.toml");
    let other = fs::read_to_string(&texts).unwrap().replace("Aus unserem Artikel „{title}“:", "Dazu steht bei uns:");
    fs::write(&texts, other).unwrap();
    let told = ended(at, &["knowledge", "ask", "Wie ändere ich meine Adresse?", "--bundle", "klinik"], "", 0);
    assert!(told.contains("Dazu steht bei uns:"), "{told}");
    let told = ended(at, &["init", "shop", "--yes", "--languages", "en"], "", 0);
    assert!(!told.contains(BY_WORDS), "{told}");
}

#[test]
fn every_text_ships_in_every_language_that_is_made() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/texts");
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let texts: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
        let missing: Vec<_> = remit_policy::texts::names().filter(|name| !texts.contains_key(*name)).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", path.display());
        files += 1;
    }
    assert!(files > 0);
}

#[test]
fn desks_are_titled_as_they_were_typed_in_the_language_that_customers_speak() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let flags = ["--yes", "--languages", "de", "--time-zone", "Europe/London", "--desks"];
    let told = ended(at, &[&["init", "klinik"], &flags[..], &["Termine,Röntgen,labor"]].concat(), "", 0);
    assert!(told.contains("The desk “Röntgen” is called `rontgen`") && told.contains("counted in GBP"), "{told}");
    is_good(at, "klinik");
    let manifest = fs::read_to_string(at.join("klinik/bundle.toml")).unwrap();
    for holds in ["\"rontgen\"", "\"Röntgen\"", "title = \"Termine\"", "title = \"Assistent\"", "currency = \"GBP\""] {
        assert!(manifest.contains(holds), "no {holds}: {manifest}");
    }
    let traffic = fs::read_to_string(at.join("klinik/traffic.csv")).unwrap();
    assert!(traffic.contains("Ist jemand für Labor da?"), "{traffic}");
    let schema = fs::read_to_string(at.join("klinik/schema.cedarschema")).unwrap();
    assert_eq!(schema.matches("language_level: Long").count(), 2, "{schema}");

    let named = ["init", "clinic", "--yes", "--desks", "Front,Cardiology desk", "--currency", "chf"];
    ended(at, &named, "", 0);
    is_good(at, "clinic");
    let manifest = fs::read_to_string(at.join("clinic/bundle.toml")).unwrap();
    for holds in ["title = \"Front desk\"", "title = \"Cardiology desk\"", "currency = \"CHF\""] {
        assert!(manifest.contains(holds), "no {holds}: {manifest}");
    }
    let told = ended(at, &["init", "none", "--yes", "--desks", "support,support"], "", 2);
    assert!(told.contains("`support` is there twice"), "{told}");
}
