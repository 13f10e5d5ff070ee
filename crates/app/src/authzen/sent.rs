//! What is asked, as it was sent: held against the form that the standard gives it, within bounds of our own. Members
//! that are not known are ignored, as it wants; values that policies cannot know exactly are refused in words, so that
//! no denial is one by accident.

use crate::refused::{Kind, Refused};
use remit_responders::once;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Longest type, identifier and name, in bytes of UTF-8.
const NAME_MAX: usize = 256;
/// How deep properties may be nested.
const DEPTH_MAX: usize = 16;
/// Whole numbers that every reader of JSON reads alike (RFC 7493, section 2.2).
const WHOLE_MAX: i64 = 9_007_199_254_740_991;
/// Most evaluations of one request.
pub const EVALUATIONS_MAX: usize = 100;
/// Longest token of a page, in bytes.
const TOKEN_MAX: usize = 2_048;

/// An object as it was sent, in which each member is named once.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Sent(#[serde(deserialize_with = "once")] pub Map<String, Value>);

/// Who may do something, or what it is done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AccessEntity {
    /// Of which type.
    #[serde(rename = "type")]
    #[schema(min_length = 1, max_length = 256)]
    pub kind: String,
    /// Which of that type.
    #[schema(min_length = 1, max_length = 256)]
    pub id: String,
    /// What is said of it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub properties: Map<String, Value>,
}

/// All of a type: which of them are searched for. An identifier is ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AccessType {
    /// Of which type.
    #[serde(rename = "type")]
    #[schema(min_length = 1, max_length = 256)]
    pub kind: String,
    /// What is said of each.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub properties: Map<String, Value>,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AccessAction {
    /// Its name.
    #[schema(min_length = 1, max_length = 256)]
    pub name: String,
    /// With what: of an action of the catalogue, its arguments.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub properties: Map<String, Value>,
}

/// Whether somebody may do something.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AskEvaluation {
    /// Who.
    pub subject: AccessEntity,
    /// What they do.
    pub action: AccessAction,
    /// To what.
    pub resource: AccessEntity,
    /// Under which circumstances.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub context: Map<String, Value>,
}

/// Several evaluations at once. What stands beside them counts for each that does not say it itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AskEvaluations {
    /// Who, unless one says otherwise.
    #[schema(value_type = AccessEntity, required = false)]
    pub subject: Option<Value>,
    /// What they do, unless one says otherwise.
    #[schema(value_type = AccessAction, required = false)]
    pub action: Option<Value>,
    /// To what, unless one says otherwise.
    #[schema(value_type = AccessEntity, required = false)]
    pub resource: Option<Value>,
    /// Under which circumstances, unless one says otherwise.
    #[schema(value_type = Object, required = false)]
    pub context: Option<Value>,
    /// The evaluations; where there are none, what stands beside them is the only one.
    #[schema(value_type = Vec<Object>, max_items = 100, required = false)]
    pub evaluations: Vec<Value>,
    /// How they are carried out.
    #[schema(value_type = EvaluationsOptions, required = false)]
    pub options: EvaluationsOptions,
}

/// How several evaluations are carried out.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub struct EvaluationsOptions {
    /// `execute_all` unless told: each is answered.
    #[schema(required = false)]
    pub evaluations_semantic: Semantic,
}

/// When several evaluations end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Semantic {
    /// After the last one.
    #[default]
    ExecuteAll,
    /// After the first that is denied.
    DenyOnFirstDeny,
    /// After the first that is permitted.
    PermitOnFirstPermit,
}

/// Who of a type may do something.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SearchSubjects {
    /// Of which type.
    pub subject: AccessType,
    /// What they would do.
    pub action: AccessAction,
    /// To what.
    pub resource: AccessEntity,
    /// Under which circumstances.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub context: Map<String, Value>,
    /// Which part of the results.
    #[schema(value_type = AskedPage, required = false)]
    pub page: AskedPage,
}

/// To what of a type somebody may do something.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SearchResources {
    /// Who.
    pub subject: AccessEntity,
    /// What they would do.
    pub action: AccessAction,
    /// Of which type.
    pub resource: AccessType,
    /// Under which circumstances.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub context: Map<String, Value>,
    /// Which part of the results.
    #[schema(value_type = AskedPage, required = false)]
    pub page: AskedPage,
}

/// What somebody may do to something.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SearchActions {
    /// Who.
    pub subject: AccessEntity,
    /// To what.
    pub resource: AccessEntity,
    /// Under which circumstances.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub context: Map<String, Value>,
    /// Which part of the results.
    #[schema(value_type = AskedPage, required = false)]
    pub page: AskedPage,
}

/// Which part of the results of a search.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct AskedPage {
    /// The `next_token` of the page before; whatever else is sent with it must be what was sent for that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub token: Option<String>,
    /// How many results at most; 50 unless told, and 200 where more are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = usize, minimum = 0, required = false)]
    pub limit: Option<usize>,
}

/// A member that is not of the form that the standard gives it.
pub(super) fn wrong(field: &str, why: &str) -> Refused {
    Refused::new(Kind::BadRequest, format!("`{field}` {why}")).with("field", field)
}

impl AskEvaluation {
    /// Reads one.
    pub(super) fn read(sent: &Map<String, Value>) -> Result<Self, Refused> {
        Self::of(|name| sent.get(name))
    }

    /// Reads one of several, for which `otherwise` says what it does not say itself.
    pub(super) fn read_with(own: &Map<String, Value>, otherwise: &AskEvaluations) -> Result<Self, Refused> {
        Self::of(|name| own.get(name).or(otherwise.default(name)))
    }

    fn of<'s>(member: impl Fn(&str) -> Option<&'s Value>) -> Result<Self, Refused> {
        Ok(Self {
            subject: AccessEntity::read(member("subject"), "subject")?,
            action: AccessAction::read(member("action"))?,
            resource: AccessEntity::read(member("resource"), "resource")?,
            context: object(member("context"), "context")?,
        })
    }
}

impl AskEvaluations {
    fn default(&self, name: &str) -> Option<&Value> {
        match name {
            "subject" => self.subject.as_ref(),
            "action" => self.action.as_ref(),
            "resource" => self.resource.as_ref(),
            "context" => self.context.as_ref(),
            _ => None,
        }
    }

    /// Reads them as a whole; each is read when its turn comes.
    pub(super) fn read(mut sent: Map<String, Value>) -> Result<Self, Refused> {
        let mut default = |name: &str| match sent.remove(name) {
            // It may lack what each evaluation says itself.
            Some(Value::Object(members)) => Ok(Some(Value::Object(members))),
            Some(_) => Err(wrong(name, "must be an object")),
            None => Ok(None),
        };
        let (subject, action) = (default("subject")?, default("action")?);
        let (resource, context) = (default("resource")?, default("context")?);
        let evaluations = match sent.remove("evaluations") {
            Some(Value::Array(evaluations)) => evaluations,
            Some(_) => return Err(wrong("evaluations", "must be an array")),
            None => Vec::new(),
        };
        if evaluations.len() > EVALUATIONS_MAX {
            let why = format!("holds {}; at most {EVALUATIONS_MAX} are taken at once", evaluations.len());
            return Err(wrong("evaluations", &why));
        }
        let options = match sent.get("options") {
            Some(Value::Object(options)) => EvaluationsOptions::read(options)?,
            Some(_) => return Err(wrong("options", "must be an object")),
            None => EvaluationsOptions::default(),
        };
        Ok(Self { subject, action, resource, context, evaluations, options })
    }
}

impl EvaluationsOptions {
    fn read(options: &Map<String, Value>) -> Result<Self, Refused> {
        let evaluations_semantic = match options.get("evaluations_semantic") {
            None => Semantic::ExecuteAll,
            Some(Value::String(named)) => match &**named {
                "execute_all" => Semantic::ExecuteAll,
                "deny_on_first_deny" => Semantic::DenyOnFirstDeny,
                "permit_on_first_permit" => Semantic::PermitOnFirstPermit,
                _ => return Err(Self::unknown()),
            },
            Some(_) => return Err(Self::unknown()),
        };
        Ok(Self { evaluations_semantic })
    }

    fn unknown() -> Refused {
        let why = "must be `execute_all`, `deny_on_first_deny` or `permit_on_first_permit`";
        wrong("options.evaluations_semantic", why)
    }
}

impl SearchSubjects {
    pub(super) fn read(sent: &Map<String, Value>) -> Result<Self, Refused> {
        Ok(Self {
            subject: AccessType::read(sent.get("subject"), "subject")?,
            action: AccessAction::read(sent.get("action"))?,
            resource: AccessEntity::read(sent.get("resource"), "resource")?,
            context: object(sent.get("context"), "context")?,
            page: AskedPage::read(sent.get("page"))?,
        })
    }
}

impl SearchResources {
    pub(super) fn read(sent: &Map<String, Value>) -> Result<Self, Refused> {
        Ok(Self {
            subject: AccessEntity::read(sent.get("subject"), "subject")?,
            action: AccessAction::read(sent.get("action"))?,
            resource: AccessType::read(sent.get("resource"), "resource")?,
            context: object(sent.get("context"), "context")?,
            page: AskedPage::read(sent.get("page"))?,
        })
    }
}

impl SearchActions {
    pub(super) fn read(sent: &Map<String, Value>) -> Result<Self, Refused> {
        Ok(Self {
            subject: AccessEntity::read(sent.get("subject"), "subject")?,
            resource: AccessEntity::read(sent.get("resource"), "resource")?,
            context: object(sent.get("context"), "context")?,
            page: AskedPage::read(sent.get("page"))?,
        })
    }
}

impl AskedPage {
    fn read(sent: Option<&Value>) -> Result<Self, Refused> {
        let page = match sent {
            None => return Ok(Self::default()),
            Some(Value::Object(page)) => page,
            Some(_) => return Err(wrong("page", "must be an object")),
        };
        let token = match page.get("token") {
            None => None,
            Some(Value::String(token)) if token.len() <= TOKEN_MAX => Some(token.clone()),
            Some(_) => return Err(wrong("page.token", "must be the `next_token` of the page before")),
        };
        let whole = |limit: &Value| limit.as_u64().and_then(|limit| usize::try_from(limit).ok());
        let limit = match page.get("limit") {
            None => None,
            Some(limit) => Some(whole(limit).ok_or_else(|| wrong("page.limit", "must be a whole number from 0 on"))?),
        };
        Ok(Self { token: token.filter(|token| !token.is_empty()), limit })
    }
}

impl AccessEntity {
    fn read(sent: Option<&Value>, at: &str) -> Result<Self, Refused> {
        let AccessType { kind, properties } = AccessType::read(sent, at)?;
        let id = name(sent.and_then(|sent| sent.get("id")), &format!("{at}.id"))?;
        Ok(Self { kind, id, properties })
    }
}

impl AccessType {
    fn read(sent: Option<&Value>, at: &str) -> Result<Self, Refused> {
        let sent = needed(sent, at)?;
        Ok(Self {
            kind: name(sent.get("type"), &format!("{at}.type"))?,
            properties: object(sent.get("properties"), &format!("{at}.properties"))?,
        })
    }

    /// The one of this identifier.
    pub(super) fn of(&self, id: &str) -> AccessEntity {
        AccessEntity { kind: self.kind.clone(), id: id.to_owned(), properties: self.properties.clone() }
    }
}

impl AccessAction {
    fn read(sent: Option<&Value>) -> Result<Self, Refused> {
        let sent = needed(sent, "action")?;
        Ok(Self {
            name: name(sent.get("name"), "action.name")?,
            properties: object(sent.get("properties"), "action.properties")?,
        })
    }

    /// The one of this name, with nothing more.
    pub(super) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), properties: Map::new() }
    }
}

fn needed<'s>(sent: Option<&'s Value>, at: &str) -> Result<&'s Map<String, Value>, Refused> {
    match sent {
        Some(Value::Object(members)) => Ok(members),
        Some(_) => Err(wrong(at, "must be an object")),
        None => Err(wrong(at, "is missing")),
    }
}

fn name(sent: Option<&Value>, at: &str) -> Result<String, Refused> {
    match sent {
        Some(Value::String(name)) if name.is_empty() => Err(wrong(at, "must not be empty")),
        Some(Value::String(name)) if name.len() > NAME_MAX => {
            Err(wrong(at, &format!("has {} bytes, more than {NAME_MAX}", name.len())))
        }
        Some(Value::String(name)) => Ok(name.clone()),
        Some(_) => Err(wrong(at, "must be a string")),
        None => Err(wrong(at, "is missing")),
    }
}

/// An object of values that policies can know exactly; empty where none was sent.
fn object(sent: Option<&Value>, at: &str) -> Result<Map<String, Value>, Refused> {
    let members = match sent {
        None => return Ok(Map::new()),
        Some(Value::Object(members)) => members,
        Some(_) => return Err(wrong(at, "must be an object")),
    };
    let exact = |(name, value): (&String, &Value)| Ok((name.clone(), exact(value, &format!("{at}.{name}"), 1)?));
    members.iter().map(exact).collect()
}

/// A value with its numbers as whole ones: `5000.0` is 5000.
fn exact(value: &Value, at: &str, depth: usize) -> Result<Value, Refused> {
    if depth > DEPTH_MAX {
        return Err(wrong(at, &format!("is nested more than {DEPTH_MAX} deep")));
    }
    Ok(match value {
        Value::Null => return Err(wrong(at, "is null; leave out what has no value")),
        Value::Number(number) => {
            let whole = number.as_i64().or_else(|| whole(number.as_f64()?));
            let whole = whole.filter(|whole| whole.abs() <= WHOLE_MAX).ok_or_else(|| {
                wrong(at, "must be a whole number below 2^53: policies know no fractions; write money in minor units")
            })?;
            whole.into()
        }
        Value::Array(items) => {
            let item = |(nth, item): (usize, &Value)| exact(item, &format!("{at}.{nth}"), depth + 1);
            Value::Array(items.iter().enumerate().map(item).collect::<Result<_, _>>()?)
        }
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                Ok((name.clone(), exact(value, &format!("{at}.{name}"), depth + 1)?))
            };
            Value::Object(members.iter().map(member).collect::<Result<_, Refused>>()?)
        }
        Value::Bool(_) | Value::String(_) => value.clone(),
    })
}

/// A number that was written as one with a fraction and has none.
fn whole(number: f64) -> Option<i64> {
    const MOST: f64 = 9_007_199_254_740_991.0;
    #[expect(clippy::cast_possible_truncation, reason = "it has no fraction and lies within what is exact")]
    (number.fract() == 0.0 && number.abs() <= MOST).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(sent: &Value) -> Result<Map<String, Value>, String> {
        object(Some(sent), "context").map_err(|refused| refused.detail)
    }

    #[test]
    fn what_policies_cannot_know_exactly_is_refused_by_its_place() {
        let whole = json!({ "amount": 5_000.0, "minus": -3, "text": "19.99", "deep": [{ "yes": true }] });
        let read_as = json!({ "amount": 5_000, "minus": -3, "text": "19.99", "deep": [{ "yes": true }] });
        assert_eq!(Value::Object(read(&whole).unwrap()), read_as);
        for (sent, told) in [
            (json!({ "amount": 19.99 }), "`context.amount` must be a whole number"),
            (json!({ "amount": 9_007_199_254_740_992_u64 }), "`context.amount` must be a whole number"),
            (json!({ "amount": 1e300 }), "`context.amount` must be a whole number"),
            (json!({ "a": [0, { "b": null }] }), "`context.a.1.b` is null"),
            (json!([]), "`context` must be an object"),
        ] {
            let refused = read(&sent).unwrap_err();
            assert!(refused.starts_with(told), "{refused}");
        }
        let deep = (0..DEPTH_MAX).fold(json!(1), |inner, _| json!([inner]));
        assert!(read(&json!({ "deep": deep })).unwrap_err().contains("nested more than 16 deep"));
    }

    #[test]
    fn what_one_evaluation_says_itself_takes_the_place_of_the_whole_default() {
        let sent = json!({
            "subject": { "type": "staff", "id": "ana", "properties": { "shift": "late" } },
            "resource": {}, "evaluations": [{}],
        });
        let defaults = AskEvaluations::read(sent.as_object().unwrap().clone()).unwrap();
        let own = json!({
            "subject": { "type": "staff", "id": "ben" }, "action": { "name": "case.read" },
            "resource": { "type": "case", "id": "cas_1" },
        });
        let read = AskEvaluation::read_with(own.as_object().unwrap(), &defaults).unwrap();
        assert_eq!((&*read.subject.id, read.subject.properties.len()), ("ben", 0));
        let lacking = AskEvaluation::read_with(&Map::new(), &defaults).unwrap_err();
        assert_eq!(lacking.detail, "`action` is missing");
    }
}
