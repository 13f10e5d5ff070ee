//! Records tell people and responders apart by their names, so that nobody has one of the other.

use crate::{
    activation::put_in_force,
    harness::Server,
    sample_bundle::{BANK, loaded},
    sessions::with_account,
};
use serde_json::json;

#[test]
fn nobody_who_works_here_is_called_as_a_responder_is_and_a_bundle_that_calls_one_so_says_it() {
    let server = Server::start();
    let admin = server.client(&["admin", "lead"]);
    assert!(BANK.candidates().len() > 2);
    for name in BANK.candidates().iter().map(|spec| spec.responder.as_str()) {
        let staff = json!({
            "name": name, "first_name": "Ana", "queues": ["general"], "languages": {}, "skills": {},
            "capacity": { "chat": 1 },
        });
        let invited = json!({ "roles": ["lead"] });
        for (path, body) in [("/v1/staff".to_owned(), staff), (format!("/v1/staff/{name}/invitation"), invited)] {
            let refused = admin.post(&path, &body);
            assert_eq!((refused.status, &refused.body["field"]), (422, &json!("name")), "{path}: {}", refused.body);
        }
    }
    with_account(&server, &admin, "dora", &["auditor"]);
    let text = |name: &str| String::from_utf8(BANK.files().get(name).unwrap().to_vec()).unwrap();
    let (manifest, policies) = (text("bundle.toml"), text("policies/ai-scope.cedar"));
    let another = "[[responder]]\nname = \"dora\"\ntitle = \"Dora\"\naccountable = \"everyday-team\"\n\
                   handling_minor = 12\nprior_resolve_bp = 7800\nprior_weight = 50\ntopics = [\"exchange\"]\n\
                   languages = [\"en\"]\n[responder.service]\nkind = \"knowledge\"\n\n";
    let before = "[[responder]]\nname = \"cards-ai\"";
    assert!(manifest.contains(before));
    let manifest = manifest.replacen(before, &format!("{another}{before}"), 1);
    let may = "@id(\"ai.dora\")\n@owner(\"everyday-team\")\n@reason(\"Dora answers\")\n\
               permit (principal == Ai::\"dora\", action == Action::\"handle\", resource)\n\
               when { context.intent_confidence_bp >= 9900 };\n";
    let files = BANK.files().clone().with("bundle.toml", manifest.into_bytes());
    let next = loaded(files.with("policies/ai-scope.cedar", format!("{policies}\n{may}").into_bytes()));
    let told = put_in_force(&admin, &next, "preview=true");
    assert_eq!(told.status, 200, "{}", told.body);
    let warnings = told.body["warnings"].to_string();
    assert!(warnings.contains("the responder dora is called as a person is"), "{warnings}");
    assert!(!warnings.contains("the responder cards-ai"), "{warnings}");
}
