//! The actions of the program's own interfaces are in every bundle's schema, and a policy names none but what is asked.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use remit_policy::{
    actions::Permission,
    bundle::Bundle,
    engine::{ApiPrincipal, ApiRequest, Engine},
    files::Files,
    finding::Finding,
    own_actions::{OwnQuestion, SaidEntity, Unasked},
    suite,
};
use serde_json::json;
use std::path::PathBuf;

const SCHEMA: &str = "schema.cedarschema";
const ACCESS: &str = "policies/api-access.cedar";

fn bank() -> Files {
    Files::read(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank")).unwrap()
}

fn with(file: &str, change: impl FnOnce(String) -> String) -> Files {
    let text = String::from_utf8(bank().get(file).unwrap().to_vec()).unwrap();
    bank().with(file, change(text).into_bytes())
}

fn loaded(files: Files) -> Bundle {
    Bundle::load(files).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

/// What is found in the bank once this stands behind its policies on the API.
fn found(policy: &str) -> Vec<Finding> {
    Bundle::load(with(ACCESS, |text| text + "\n" + policy)).map_or_else(|findings| findings, |_| Vec::new())
}

fn policy(action: &str, condition: &str) -> String {
    format!(
        "@id(\"x\") @owner(\"risk\") @reason(\"r\")\npermit (principal is Token, {action}, resource) {condition};\n"
    )
}

fn permitted(bundle: &Bundle, action: Permission) -> bool {
    let roles = ["admin".to_owned()];
    let request = ApiRequest { roles: &roles, principal: ApiPrincipal::Unnamed, action, case: None };
    Engine::new(bundle).authorize(&request).allow
}

#[test]
fn a_bundle_names_no_action_of_the_api_in_its_schema_and_its_policies_govern_them_all() {
    let text = String::from_utf8(bank().get(SCHEMA).unwrap().to_vec()).unwrap();
    let bundle = loaded(bank());
    for action in Permission::ALL {
        assert!(!text.contains(&format!("\"{action}\"")), "{action}");
        assert!(permitted(&bundle, action), "{action}");
    }
}

#[test]
fn an_action_that_came_after_a_bundle_was_written_takes_nothing_from_it() {
    let token = "entity Case { holder: String };\nentity Organisation;\n\
                 entity Token { roles: Set<Role>, responder: String, staff: String, customer: String };\n";
    let some = "action \"case.read\", \"case.list\" appliesTo { principal: Token, resource: [Organisation, Case] };\n";
    let access = "@id(\"api.admin\") @owner(\"platform\") @reason(\"Platform engineers run the system\")\n\
                  permit (principal is Token, action == Action::\"case.read\", resource)\n\
                  when { principal.roles.contains(Role::\"admin\") };\n";
    // As it was written before a bundle named the version of the product's schema.
    let toml = String::from_utf8(bank().get("bundle.toml").unwrap().to_vec()).unwrap().replace("schema = 2\n", "");
    let files = with(SCHEMA, |text| text + token + some).with(ACCESS, access.into());
    let files = files.with("bundle.toml", toml.into_bytes());
    let bundle = loaded(files);
    assert!(permitted(&bundle, Permission::CASE_READ));
    for action in Permission::ALL.into_iter().filter(|action| *action != Permission::CASE_READ) {
        assert!(!permitted(&bundle, action), "{action} came later, and no policy names it");
    }
}

#[test]
fn the_digest_covers_the_bundle_s_files_alone() {
    assert_eq!(loaded(bank()).digest(), &bank().digest());
}

#[test]
fn an_action_that_is_never_asked_is_found_with_the_one_that_was_perhaps_meant() {
    let before = String::from_utf8(bank().get(ACCESS).unwrap().to_vec()).unwrap().lines().count();
    let group = "action \"reading\"; action \"case.raed\" appliesTo { principal: Token, resource: Case };\n";
    for (schema, action, condition, name, cure) in [
        ("", "action == Action::\"case.raed\"", "", "case.raed", "did you mean `Action::\"case.read\"`?"),
        ("", "action in [Action::\"token.manage\", Action::\"tokens.list\"]", "", "tokens.list", "docs/bundle.md"),
        ("", "action", "when { action != Action::\"ledger.raed\" }", "ledger.raed", "`Action::\"ledger.read\"`?"),
        ("", "action == Action::\"zzz\"", "", "zzz", "name one of those that docs/bundle.md lists"),
        // That the bundle declares it makes nobody ask it.
        (group, "action == Action::\"case.raed\"", "", "case.raed", "did you mean `Action::\"case.read\"`?"),
        (group, "action in [Action::\"reading\", Action::\"case.read\"]", "", "reading", "docs/bundle.md"),
    ] {
        let files = with(SCHEMA, |text| text + schema);
        let text = String::from_utf8(files.get(ACCESS).unwrap().to_vec()).unwrap();
        let files = files.with(ACCESS, format!("{text}\n{}", policy(action, condition)).into_bytes());
        let findings = Bundle::load(files).err().unwrap_or_default();
        let finding = findings.iter().find(|finding| finding.message.contains(&format!("{name:?}")));
        let finding = finding.unwrap_or_else(|| panic!("{action}: {findings:#?}"));
        // What follows from it is not told beside it, but that the policy is dead.
        let rest = findings.iter().filter(|other| *other != finding && !other.message.contains("is dead"));
        assert_eq!(rest.collect::<Vec<_>>(), Vec::<&Finding>::new(), "{action}");
        assert!(finding.cure.contains(cure), "{finding}");
        assert_eq!((finding.file.as_str(), finding.line), (ACCESS, before + 3), "{finding}");
    }
    assert_eq!(found(&policy("action in [Action::\"case.read\", Action::\"token.manage\"]", "")), []);
}

const OTHER_SYSTEMS: &str = r#"
entity clerk enum ["ines", "omar"];
entity safe;
type SaidEntity = { shift?: String, floors?: Set<Long> };
action "open_safe" appliesTo {
  principal: clerk, resource: safe,
  context: { subject: SaidEntity, resource: { alarmed?: Bool }, action: { alone: Bool }, channel?: Channel },
};
action "paint_safe" appliesTo { principal: clerk, resource: Case };
"#;

const SAFES: &str = r#"
@id("safe.open")
@owner("platform")
@reason("Clerks open safes in pairs on the late shift")
permit (principal is clerk, action == Action::"open_safe", resource == safe::"north")
when { !context.action.alone && context.subject has shift && context.subject.shift == "late" };
"#;

const ALARMED: &str = r#"
@id("safe.alarmed")
@owner("platform")
@reason("Nobody opens what is alarmed")
forbid (principal, action == Action::"open_safe", resource)
when { context.resource has alarmed && context.resource.alarmed };
"#;

/// The bank with more in its schema, its policies and its invariants.
fn with_other_systems(schema: &str, policies: &str, invariants: &str) -> Result<Bundle, Vec<String>> {
    let files = with(SCHEMA, |own| own + schema);
    let files = files.with("policies/other-systems.cedar", policies.as_bytes().to_vec());
    let files = files.with("invariants/other-systems.cedar", invariants.as_bytes().to_vec());
    Bundle::load(files).map_err(|findings| findings.iter().map(ToString::to_string).collect())
}

#[test]
fn actions_of_other_systems_are_asked_of_the_same_policies_and_invariants() {
    let bundle = with_other_systems(OTHER_SYSTEMS, SAFES, ALARMED).unwrap();
    let names: Vec<&str> = bundle.own_actions().iter().map(|own| &*own.name).collect();
    assert_eq!(names, ["open_safe"], "what is done to a case is none of other systems");
    let engine = Engine::new(&bundle);
    let ask = |subject: (&str, &str), resource: (&str, &str), said: serde_json::Value| {
        let object = |name: &str| said[name].as_object().cloned().unwrap_or_default();
        let (who, what, how, when) = (object("subject"), object("resource"), object("action"), object("context"));
        engine.own(&OwnQuestion {
            subject: SaidEntity { kind: subject.0, id: subject.1, properties: &who },
            action: "open_safe",
            properties: &how,
            resource: SaidEntity { kind: resource.0, id: resource.1, properties: &what },
            context: &when,
        })
    };
    let (ines, north) = (("clerk", "ines"), ("safe", "north"));
    let together = || json!({ "subject": { "shift": "late", "hair": "red" }, "action": { "alone": false } });
    let verdict = ask(ines, north, together()).unwrap();
    assert_eq!((verdict.allow, verdict.policies[0].as_str()), (true, "safe.open"));
    assert!(!ask(ines, ("safe", "south"), together()).unwrap().allow);
    assert!(!ask(ines, north, json!({ "action": { "alone": false } })).unwrap().allow);
    // What must hold whatever policies say takes it back.
    let mut alarmed = together();
    alarmed["resource"] = json!({ "alarmed": true });
    let verdict = ask(ines, north, alarmed).unwrap();
    assert_eq!((verdict.allow, verdict.policies[0].as_str()), (false, "safe.alarmed"));
    // Who and what there is not, and what does not fit.
    assert!(matches!(ask(("clerk", "eve"), north, together()), Err(Unasked::Subject(why)) if why.contains("`eve`")));
    assert!(matches!(ask(("safe", "ines"), north, together()), Err(Unasked::Subject(_))));
    assert!(matches!(ask(ines, ("clerk", "omar"), together()), Err(Unasked::Resource(_))));
    for (member, value, at, why) in [
        ("action", json!({}), "action.properties.alone", "is missing"),
        ("action", json!({ "alone": "no" }), "action.properties.alone", "true or false"),
        ("subject", json!({ "floors": [1, "two"] }), "subject.properties.floors.1", "whole number"),
        ("context", json!({ "channel": "pigeon" }), "context.channel", "lists as `Channel`"),
    ] {
        let mut said = together();
        said[member] = value;
        let Err(Unasked::Unfit(unfit)) = ask(ines, north, said) else { panic!("{at} fits") };
        assert!(unfit.at == at && unfit.why.contains(why), "{unfit:?}");
    }
    let mut said = together();
    said["context"] = json!({ "channel": "phone", "weather": "rain" });
    assert!(ask(ines, north, said).unwrap().allow);
}

#[test]
fn a_bundle_tests_what_it_answers_other_systems() {
    let asked = |id: &str, alone: &str, expected: &str| {
        format!(
            "subject = {{ type = \"clerk\", id = \"{id}\", properties = {{ shift = \"late\" }} }}\n\
             action = {{ name = \"open_safe\", properties = {{ alone = {alone} }} }}\n\
             resource = {{ type = \"safe\", id = \"north\" }}\n{expected}\n"
        )
    };
    let tests = [
        (asked("ines", "false", "decision = true\nbecause = [\"safe.open\"]"), None),
        (asked("ines", "true", "decision = false"), None),
        (asked("nobody", "false", "decision = false"), None),
        (asked("ines", "true", "decision = true"), Some("expected the decision true, got false, by no policy applies")),
        (asked("ines", "false", "decision = false"), Some("expected the decision false, got true, by safe.open")),
        (asked("ines", "false", "decision = true\nbecause = [\"x\"]"), Some("expected `x` to determine the decision")),
        (asked("nobody", "false", "decision = true"), Some("lists no `nobody`")),
        (asked("ines", "1", "decision = false"), Some("`action.properties.alone` must be true or false")),
        (asked("ines", "false", "decision = false").replace("open_safe", "case.read"), Some("no action `case.read`")),
    ];
    let written = |(nth, (asked, _)): (usize, &(String, _))| {
        format!("[[test]]\nname = \"question {nth}\"\n[test.access]\n{asked}")
    };
    let file: String = tests.iter().enumerate().map(written).collect();
    let bundle = with_other_systems(OTHER_SYSTEMS, SAFES, ALARMED).unwrap();
    let bundle = loaded(bundle.files().clone().with("tests/safes.toml", file.into_bytes()));
    let failures = suite::run(&bundle, &Engine::new(&bundle)).failures;
    for (nth, (_, says)) in tests.iter().enumerate() {
        let name = format!("\"question {nth}\"");
        let told: Vec<&str> =
            failures.iter().map(|failure| &*failure.message).filter(|told| told.contains(&name)).collect();
        assert_eq!(told.len(), usize::from(says.is_some()), "{name}: {told:?}");
        assert!(says.is_none_or(|says| told[0].contains(says)), "{name}: {told:?}");
    }
}

#[test]
fn what_nobody_would_ask_about_is_found_among_actions_of_other_systems() {
    let policy = |action: &str| {
        format!(
            "@id(\"safe.paint\")\n@owner(\"platform\")\n@reason(\"Never\")\n\
             permit (principal, action == Action::\"{action}\", resource);\n"
        )
    };
    for (schema, policies, says) in [
        (
            OTHER_SYSTEMS,
            policy("paint_safe"),
            "policy `safe.paint` names `Action::\"paint_safe\"`, an action that nobody",
        ),
        (OTHER_SYSTEMS, policy("open_save"), "did you mean `Action::\"open_safe\"`"),
        (
            "entity clerk; entity safe { floor: Long };\n\
             action \"open_safe\" appliesTo { principal: clerk, resource: safe };\n",
            policy("open_safe"),
            "`safe` has attributes, and Remit knows nothing of what is of this type",
        ),
    ] {
        let findings = with_other_systems(schema, &policies, "").unwrap_err();
        assert!(findings.iter().any(|finding| finding.contains(says)), "{says}: {findings:#?}");
    }
}
