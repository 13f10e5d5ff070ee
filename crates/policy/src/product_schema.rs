//! What the program adds to every bundle's schema: the actions of its own interfaces, and the entities that they are
//! asked of, as far as the bundle does not declare them itself. So a bundle need not know them all, and one that was
//! written before an action came is as good as it was.

use crate::{actions::API_ACTIONS, finding::Finding};
use serde_json::Value as Json;

/// The entities that are asked of, with their declarations.
const ENTITIES: [(&str, &str); 3] = [
    ("Organisation", "entity Organisation;"),
    ("Case", "entity Case { holder: String, staff: String, offered: String, customer: String };"),
    (TOKEN, "entity Token { roles: Set<Role>, responder: String, staff: String, customer: String };"),
];
const TOKEN: &str = "Token";
/// What a token's roles are values of: the bundle's own.
const ROLE: &str = "Role";
/// Names of actions on a line.
const ON_A_LINE: usize = 6;

/// What of this `declared` lacks, the root namespace of a bundle's schema in Cedar's JSON form; empty where it lacks
/// nothing.
///
/// # Errors
/// When the bundle does not say which roles there are; the finding is in `file`.
pub(crate) fn lacking(declared: Option<&Json>, file: &str) -> Result<String, Box<Finding>> {
    let has = |of: &str, name: &str| declared.and_then(|root| root.get(of)?.get(name)).is_some();
    let actions: Vec<&str> = API_ACTIONS.into_iter().filter(|action| !has("actions", action)).collect();
    let roles = has("entityTypes", ROLE);
    if !roles && !has("entityTypes", TOKEN) && !actions.is_empty() {
        let message = "the schema does not say which roles a token can have: it declares no `entity Role enum`";
        let cure = "add `entity Role enum [\"admin\", …];` with the roles that your policies name";
        return Err(Box::new(Finding::new(file, 1, message, cure)));
    }
    let entities = ENTITIES.into_iter().filter(|(name, _)| !has("entityTypes", name) && (roles || *name != TOKEN));
    let mut text: String = entities.map(|(_, declaration)| format!("{declaration}\n")).collect();
    if !actions.is_empty() {
        let quoted: Vec<String> = actions.iter().map(|action| format!("\"{action}\"")).collect();
        let lines: Vec<String> = quoted.chunks(ON_A_LINE).map(|line| format!("  {}", line.join(", "))).collect();
        let applies = "  appliesTo { principal: Token, resource: [Organisation, Case] };\n";
        text.push_str(&format!("action\n{}\n{applies}", lines.join(",\n")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cedar_policy::SchemaFragment;
    use std::path::Path;

    fn root(schema: &str) -> Json {
        let (fragment, _) = SchemaFragment::from_cedarschema_str(schema).unwrap();
        fragment.to_json_value().unwrap().get("").unwrap().clone()
    }

    #[test]
    fn the_documentation_shows_all_that_is_added() {
        let docs = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/bundle.md")).unwrap();
        let added = lacking(Some(&root("entity Role enum [\"admin\"];")), "schema").unwrap();
        assert!(docs.contains(&format!("```cedarschema\n{added}```\n")), "docs/bundle.md must show:\n{added}");
    }

    #[test]
    fn what_a_bundle_declares_is_not_added() {
        let own = "entity Role enum [\"admin\"]; entity Case { holder: String }; entity Token { roles: Set<Role> }; \
                   action \"case.read\", \"case.list\" appliesTo { principal: Token, resource: Case };";
        let added = lacking(Some(&root(own)), "schema").unwrap();
        assert!(added.starts_with("entity Organisation;\naction\n  \"chat.start\", \"case.open\", \"case.resolve\","));
        let both = root(&format!("{own}\n{added}"));
        let declared = |of: &str| both[of].as_object().unwrap().len();
        assert_eq!((declared("actions"), declared("entityTypes")), (API_ACTIONS.len(), 4));
        assert_eq!(lacking(Some(&both), "schema").unwrap(), "");
    }

    #[test]
    fn roles_are_the_bundle_s_to_name() {
        let missing = lacking(None, "schema").unwrap_err();
        assert!(missing.message.contains("entity Role enum"), "{missing}");
    }
}
