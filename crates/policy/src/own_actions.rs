//! Actions that a bundle's schema declares beside Remit's, of entity types beside Remit's: nothing here takes them.
//! Other systems of the organisation ask whether somebody may, and are answered by the same policies and invariants.
//!
//! Of such a subject and resource nothing is known but what the question says, so that policies find it in the context:
//! the properties of the subject, the resource and the action under these names, and beside them what is said of the
//! circumstances. What the schema does not declare there is not seen.

mod shape;

use crate::{
    action::ActionSpec,
    actions::{ACT, API_ACTIONS, HANDLE, REQUEST},
    files::Files,
    finding::{Finding, line_at},
};
use cedar_policy::{Context, EntityTypeName, EntityUid};
use serde_json::{Map, Value as Json};
use shape::Shape;
pub use shape::Unfit;
use std::{collections::BTreeSet, str::FromStr as _};

/// The types that Remit asks about itself.
const REMITS: [&str; 10] =
    ["Ai", "Queue", "Token", "Case", "Organisation", "Staff", "Integration", "Customer", "Delegate", "RequestedAction"];

/// The attributes of a context that are properties of something, with what that is.
const PROPERTIES: [&str; 3] = ["subject", "resource", ACTION];
const ACTION: &str = "action";

/// An action of a bundle's own.
#[derive(Debug, Clone)]
pub struct OwnAction {
    /// Its name.
    pub name: String,
    /// Types of those who take it.
    pub subjects: Vec<OwnType>,
    /// Types of what it is done to.
    pub resources: Vec<OwnType>,
    context: Shape,
}

/// An entity type of a bundle's own.
#[derive(Debug, Clone)]
pub struct OwnType {
    /// Its name.
    pub name: String,
    /// All that there are of it, where the schema lists them.
    pub values: Option<BTreeSet<String>>,
    entity: EntityTypeName,
    /// Whether the schema gives it attributes.
    has_attributes: bool,
}

/// What is said of one thing in a question.
#[derive(Debug, Clone, Copy)]
pub struct SaidEntity<'a> {
    /// Its type.
    pub kind: &'a str,
    /// Which of that type.
    pub id: &'a str,
    /// What else is said of it.
    pub properties: &'a Map<String, Json>,
}

/// Whether somebody may take one of a bundle's own actions.
#[derive(Debug, Clone, Copy)]
pub struct OwnQuestion<'a> {
    /// Who.
    pub subject: SaidEntity<'a>,
    /// Which action.
    pub action: &'a str,
    /// With what.
    pub properties: &'a Map<String, Json>,
    /// To what.
    pub resource: SaidEntity<'a>,
    /// Under which circumstances.
    pub context: &'a Map<String, Json>,
}

/// Why a question is answered without policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unasked {
    /// There is no such action.
    Action,
    /// The action is not taken by such a subject; in words.
    Subject(String),
    /// The action is not done to such a resource; in words.
    Resource(String),
    /// What is said does not fit the schema.
    Unfit(Unfit),
}

impl OwnType {
    /// The type as a schema in Cedar's JSON form declares it; nothing where it is one of Remit's, or none of its own.
    fn read(root: &Json, name: &Json) -> Option<Self> {
        let name = name.as_str().filter(|name| !REMITS.contains(name))?;
        let declared = root.get("entityTypes")?.get(name)?;
        let values = declared.get("enum").and_then(Json::as_array);
        let attributes = declared.pointer("/shape/attributes").and_then(Json::as_object);
        Some(Self {
            name: name.to_owned(),
            values: values.map(|values| values.iter().filter_map(|value| Some(value.as_str()?.to_owned())).collect()),
            entity: EntityTypeName::from_str(name).ok()?,
            has_attributes: attributes.is_some_and(|attributes| !attributes.is_empty()),
        })
    }

    /// The one of these types that has this name.
    pub fn named<'t>(of: &'t [Self], name: &str) -> Option<&'t Self> {
        of.iter().find(|known| known.name == name)
    }

    /// The one of these types that is said, or why it is none.
    fn uid(of: &[Self], said: SaidEntity<'_>, action: &str) -> Result<EntityUid, String> {
        let Some(known) = Self::named(of, said.kind) else {
            let names: Vec<String> = of.iter().map(|known| format!("`{}`", known.name)).collect();
            return Err(format!("`{action}` is not about the type `{}`, but about {}", said.kind, names.join(", ")));
        };
        if known.values.as_ref().is_some_and(|values| !values.contains(said.id)) {
            return Err(format!("the bundle's schema lists no `{}` of the type `{}`", said.id, said.kind));
        }
        Ok(EntityUid::from_type_name_and_id(known.entity.clone(), cedar_policy::EntityId::new(said.id)))
    }
}

impl OwnAction {
    fn read(declared: &Json, name: &str, action: &Json) -> Option<Self> {
        let root = declared.get("")?;
        let types = |of: &str| -> Option<Vec<OwnType>> {
            let names = action.get("appliesTo")?.get(of)?.as_array()?;
            let types: Option<Vec<OwnType>> = names.iter().map(|name| OwnType::read(root, name)).collect();
            types.filter(|types| !types.is_empty())
        };
        let context = action.pointer("/appliesTo/context");
        Some(Self {
            name: name.to_owned(),
            subjects: types("principalTypes")?,
            resources: types("resourceTypes")?,
            context: context.map_or_else(Shape::empty, |context| Shape::read(root, context)),
        })
    }

    /// Whether somebody of one type takes it, and it is done to something of the other.
    pub fn is_between(&self, subject: &str, resource: &str) -> bool {
        OwnType::named(&self.subjects, subject).is_some() && OwnType::named(&self.resources, resource).is_some()
    }

    /// Whether nobody can ask about it without properties of the action.
    pub fn needs_properties(&self) -> bool {
        self.context.needs(ACTION)
    }

    /// Who asks, what it is done to and the context, as policies see them.
    pub(crate) fn seen(&self, asked: &OwnQuestion<'_>) -> Result<(EntityUid, EntityUid, Context), Unasked> {
        let principal = OwnType::uid(&self.subjects, asked.subject, &self.name).map_err(Unasked::Subject)?;
        let resource = OwnType::uid(&self.resources, asked.resource, &self.name).map_err(Unasked::Resource)?;
        let mut said = asked.context.clone();
        let properties = [asked.subject.properties, asked.resource.properties, asked.properties];
        for (name, properties) in PROPERTIES.into_iter().zip(properties) {
            said.insert(name.to_owned(), properties.clone().into());
        }
        let pairs = self.context.pairs(&said).map_err(Unasked::Unfit)?;
        let none = |_| Unasked::Unfit(Unfit { at: "context".to_owned(), why: "is none that policies know".to_owned() });
        Ok((principal, resource, Context::from_pairs(pairs).map_err(none)?))
    }
}

/// The actions of its own that a schema in Cedar's JSON form declares, in the order of their names.
pub(crate) fn read(declared: &Json, catalogue: &[ActionSpec]) -> Vec<OwnAction> {
    let actions = declared.pointer("//actions").and_then(Json::as_object).into_iter().flatten();
    let requested = |name: &str| catalogue.iter().any(|spec| spec.name.as_str() == name);
    let is_own =
        |name: &str| !API_ACTIONS.contains(&name) && ![HANDLE, ACT, REQUEST].contains(&name) && !requested(name);
    let own = actions.filter(|(name, _)| is_own(name));
    own.filter_map(|(name, action)| OwnAction::read(declared, name, action)).collect()
}

/// Adds a finding for each type of these actions that the schema gives attributes, which nobody would fill.
pub(crate) fn lint(files: &Files, file: &str, actions: &[OwnAction], findings: &mut Vec<Finding>) {
    let text = files.get(file).map(String::from_utf8_lossy).unwrap_or_default();
    let mut told = BTreeSet::new();
    for kind in actions.iter().flat_map(|action| action.subjects.iter().chain(&action.resources)) {
        if !kind.has_attributes || !told.insert(&kind.name) {
            continue;
        }
        let line = text.find(&format!("entity {}", kind.name)).map_or(1, |at| line_at(&text, at));
        let message = format!("`{}` has attributes, and Remit knows nothing of what is of this type", kind.name);
        let cure = "declare them in the context of its actions, in the record `subject` or `resource`: there policies \
                    see the properties that a question says";
        findings.push(Finding::new(file, line, message, cure));
    }
}
