//! What the program adds to every bundle's schema: the actions of its own interfaces, and the entities that they are
//! asked of, as far as the bundle does not declare them itself. So a bundle need not know them all, and one that was
//! written before an action came is as good as it was.

use crate::{actions::API_ACTIONS, finding::Finding};
use serde::Deserialize;
use serde_json::Value as Json;

/// The version of what is added, which a bundle names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u8")]
pub enum SchemaVersion {
    /// Who is meant by nobody is an empty string.
    #[default]
    First,
    /// An attribute that is of nobody is not there.
    Second,
}

impl TryFrom<u8> for SchemaVersion {
    type Error = String;

    fn try_from(version: u8) -> Result<Self, String> {
        match version {
            1 => Ok(Self::First),
            2 => Ok(Self::Second),
            other => Err(format!("{other} is no version of the schema that Remit adds; there are 1 and 2")),
        }
    }
}

/// The entities that are asked of, with their attributes beside a token's roles.
const ENTITIES: [(&str, &[&str]); 3] = [
    ("Organisation", &[]),
    ("Case", &["holder", "staff", "offered", "customer"]),
    (TOKEN, &["responder", "staff", "customer", DELEGATE]),
];
const TOKEN: &str = "Token";
/// The class of the delegate that a token is of, which the first version knows nothing of.
pub(crate) const DELEGATE: &str = "delegate";
/// What a token's roles are values of: the bundle's own.
const ROLE: &str = "Role";
/// Names of actions on a line.
const ON_A_LINE: usize = 6;

/// The declaration of an entity with these attributes.
fn declaration(version: SchemaVersion, entity: &str, attributes: &[&str]) -> String {
    let optional = match version {
        SchemaVersion::First => "",
        SchemaVersion::Second => "?",
    };
    let roles = (entity == TOKEN).then(|| "roles: Set<Role>".to_owned());
    let known = attributes.iter().filter(|name| version == SchemaVersion::Second || **name != DELEGATE);
    let named = known.map(|name| format!("{name}{optional}: String"));
    let all: Vec<String> = roles.into_iter().chain(named).collect();
    if all.is_empty() { format!("entity {entity};") } else { format!("entity {entity} {{ {} }};", all.join(", ")) }
}

/// The first attribute that may be of nobody and that a bundle declares itself as one that is always there.
fn always_there(declared: Option<&Json>) -> Option<(&'static str, &'static str)> {
    let is = |entity: &str, name: &str| {
        let at = format!("/entityTypes/{entity}/shape/attributes/{name}");
        let attribute = declared.and_then(|root| root.pointer(&at));
        attribute.is_some_and(|attribute| attribute.get("required") != Some(&Json::Bool(false)))
    };
    ENTITIES.into_iter().find_map(|(entity, names)| Some((entity, *names.iter().find(|name| is(entity, name))?)))
}

/// What of this `declared` lacks, the root namespace of a bundle's schema in Cedar's JSON form; empty where it lacks
/// nothing.
///
/// # Errors
/// When the bundle does not say which roles there are, or declares that what is not always there is; the finding is in
/// `file`.
pub(crate) fn lacking(declared: Option<&Json>, version: SchemaVersion, file: &str) -> Result<String, Box<Finding>> {
    let has = |of: &str, name: &str| declared.and_then(|root| root.get(of)?.get(name)).is_some();
    let actions: Vec<&str> = API_ACTIONS.into_iter().filter(|action| !has("actions", action)).collect();
    let roles = has("entityTypes", ROLE);
    if !roles && !has("entityTypes", TOKEN) && !actions.is_empty() {
        let message = "the schema does not say which roles a token can have: it declares no `entity Role enum`";
        let cure = "add `entity Role enum [\"admin\", …];` with the roles that your policies name";
        return Err(Box::new(Finding::new(file, 1, message, cure)));
    }
    if let (SchemaVersion::Second, Some((entity, attribute))) = (version, always_there(declared)) {
        let message = format!(
            "the schema declares that `{attribute}` of `{entity}` is always there, and with `schema = 2` it is not \
             where it is of nobody"
        );
        let cure = format!("declare it as `{attribute}?: String`, or leave `{entity}` out: Remit adds it");
        return Err(Box::new(Finding::new(file, 1, message, cure)));
    }
    let entities = ENTITIES.into_iter().filter(|(name, _)| !has("entityTypes", name) && (roles || *name != TOKEN));
    let mut text: String = entities.map(|(name, attributes)| declaration(version, name, attributes) + "\n").collect();
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
        let version = SchemaVersion::Second;
        let added = lacking(Some(&root("entity Role enum [\"admin\"];")), version, "schema").unwrap();
        assert!(docs.contains(&format!("```cedarschema\n{added}```\n")), "docs/bundle.md must show:\n{added}");
    }

    #[test]
    fn what_a_bundle_declares_is_not_added() {
        let own = "entity Role enum [\"admin\"]; entity Case { holder: String }; entity Token { roles: Set<Role> }; \
                   action \"case.read\", \"case.list\" appliesTo { principal: Token, resource: Case };";
        let version = SchemaVersion::First;
        let added = lacking(Some(&root(own)), version, "schema").unwrap();
        assert!(added.starts_with("entity Organisation;\naction\n  \"chat.start\", \"case.open\", \"case.resolve\","));
        let both = root(&format!("{own}\n{added}"));
        let declared = |of: &str| both[of].as_object().unwrap().len();
        assert_eq!((declared("actions"), declared("entityTypes")), (API_ACTIONS.len(), 4));
        assert_eq!(lacking(Some(&both), version, "schema").unwrap(), "");
        // What the second version has that is not always there is not declared as if it were.
        let refused = lacking(Some(&both), SchemaVersion::Second, "schema").unwrap_err();
        assert!(refused.message.contains("`holder` of `Case` is always there"), "{refused}");
    }

    #[test]
    fn roles_are_the_bundle_s_to_name() {
        let missing = lacking(None, SchemaVersion::Second, "schema").unwrap_err();
        assert!(missing.message.contains("entity Role enum"), "{missing}");
    }

    #[test]
    fn the_first_version_is_what_it_was() {
        let roles = root("entity Role enum [\"admin\"];");
        let added = lacking(Some(&roles), SchemaVersion::First, "schema").unwrap();
        let entities = "entity Organisation;\n\
            entity Case { holder: String, staff: String, offered: String, customer: String };\n\
            entity Token { roles: Set<Role>, responder: String, staff: String, customer: String };\naction\n";
        assert!(added.starts_with(entities), "{added}");
    }
}
