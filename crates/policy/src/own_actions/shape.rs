//! What a schema declares of a context, and values of a question made to fit it.

use cedar_policy::{EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use serde_json::{Map, Value as Json};
use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr as _,
};

/// How far into a declaration it is looked.
const DEPTH_MAX: usize = 16;

/// What a value must be.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    Truth,
    Number,
    Text,
    /// One of these, of a type of entities that the schema lists.
    Named(EntityTypeName, BTreeSet<String>),
    Set(Box<Shape>),
    /// Attributes, each with whether it must be there.
    Record(BTreeMap<String, (Shape, bool)>),
    /// Something that no question can say.
    Unsayable,
}

/// That something in a question does not fit the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// Which member.
    pub at: String,
    /// What would fit.
    pub why: String,
}

impl Shape {
    /// A record of nothing.
    pub(super) fn empty() -> Self {
        Self::Record(BTreeMap::new())
    }

    /// What is declared, in a namespace of a schema in Cedar's JSON form.
    pub(super) fn read(root: &Json, declared: &Json) -> Self {
        Self::within(root, declared, 0)
    }

    fn within(root: &Json, declared: &Json, depth: usize) -> Self {
        if depth > DEPTH_MAX {
            return Self::Unsayable;
        }
        let kind = declared.get("type").and_then(Json::as_str).unwrap_or_default();
        match kind {
            "Set" => {
                let element = declared.get("element").map_or(Self::Unsayable, |of| Self::within(root, of, depth + 1));
                Self::Set(Box::new(element))
            }
            "Record" => {
                let attributes = declared.get("attributes").and_then(Json::as_object).into_iter().flatten();
                let attribute = |(name, of): (&String, &Json)| {
                    let needed = of.get("required") != Some(&Json::Bool(false));
                    (name.clone(), (Self::within(root, of, depth + 1), needed))
                };
                Self::Record(attributes.map(attribute).collect())
            }
            "Entity" | "EntityOrCommon" => {
                let name = declared.get("name").and_then(Json::as_str).unwrap_or_default();
                Self::named(root, name, depth)
            }
            name => Self::named(root, name, depth),
        }
    }

    fn named(root: &Json, name: &str, depth: usize) -> Self {
        if let Some(common) = root.get("commonTypes").and_then(|types| types.get(name)) {
            return Self::within(root, common, depth + 1);
        }
        if let Some(entity) = root.get("entityTypes").and_then(|types| types.get(name)) {
            let values = entity.get("enum").and_then(Json::as_array);
            let values = values.map(|all| all.iter().filter_map(|one| Some(one.as_str()?.to_owned())).collect());
            return match (EntityTypeName::from_str(name), values) {
                (Ok(kind), Some(values)) => Self::Named(kind, values),
                _ => Self::Unsayable,
            };
        }
        match name.rsplit("::").next().unwrap_or_default() {
            "Bool" | "Boolean" => Self::Truth,
            "Long" => Self::Number,
            "String" => Self::Text,
            _ => Self::Unsayable,
        }
    }

    /// Whether an attribute of this record cannot be empty.
    pub(super) fn needs(&self, attribute: &str) -> bool {
        let Self::Record(attributes) = self else { return false };
        match attributes.get(attribute) {
            Some((Self::Record(members), _)) => members.values().any(|(_, needed)| *needed),
            _ => false,
        }
    }

    /// What is said, as the attributes of this record; what it does not have is left out.
    pub(super) fn pairs(&self, said: &Map<String, Json>) -> Result<Vec<(String, RestrictedExpression)>, Unfit> {
        let Self::Record(attributes) = self else { return Ok(Vec::new()) };
        let mut pairs = Vec::new();
        for (name, (shape, needed)) in attributes {
            let at = match name.as_str() {
                "subject" | "resource" | "action" => format!("{name}.properties"),
                _ => format!("context.{name}"),
            };
            match said.get(name) {
                Some(value) => pairs.push((name.clone(), shape.expression(value, &at)?)),
                None if *needed => return Err(missing(&at)),
                None => {}
            }
        }
        Ok(pairs)
    }

    fn expression(&self, value: &Json, at: &str) -> Result<RestrictedExpression, Unfit> {
        let unfit = |why: &str| Unfit { at: at.to_owned(), why: why.to_owned() };
        Ok(match self {
            Self::Truth => {
                RestrictedExpression::new_bool(value.as_bool().ok_or_else(|| unfit("must be true or false"))?)
            }
            Self::Number => {
                RestrictedExpression::new_long(value.as_i64().ok_or_else(|| unfit("must be a whole number"))?)
            }
            Self::Text => {
                let text = value.as_str().ok_or_else(|| unfit("must be a string"))?;
                RestrictedExpression::new_string(text.to_owned())
            }
            Self::Named(kind, values) => {
                let name = value.as_str().filter(|name| values.contains(*name));
                let name =
                    name.ok_or_else(|| unfit(&format!("must be one of those that the schema lists as `{kind}`")))?;
                let uid = EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(name));
                RestrictedExpression::new_entity_uid(uid)
            }
            Self::Set(element) => {
                let items = value.as_array().ok_or_else(|| unfit("must be an array"))?;
                let item = |(nth, item): (usize, &Json)| element.expression(item, &format!("{at}.{nth}"));
                RestrictedExpression::new_set(items.iter().enumerate().map(item).collect::<Result<Vec<_>, _>>()?)
            }
            Self::Record(attributes) => {
                let members = value.as_object().ok_or_else(|| unfit("must be an object"))?;
                let mut pairs = Vec::new();
                for (name, (shape, needed)) in attributes {
                    let at = format!("{at}.{name}");
                    match members.get(name) {
                        Some(value) => pairs.push((name.clone(), shape.expression(value, &at)?)),
                        None if *needed => return Err(missing(&at)),
                        None => {}
                    }
                }
                RestrictedExpression::new_record(pairs).map_err(|_| unfit("names a member twice"))?
            }
            Self::Unsayable => return Err(unfit("is of a type that no question can say")),
        })
    }
}

fn missing(at: &str) -> Unfit {
    Unfit { at: at.to_owned(), why: "is missing, and the bundle's schema wants it".to_owned() }
}
