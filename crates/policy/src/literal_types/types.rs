//! What type an expression has, as the schema says; unknown wherever it does not say.

use serde_json::{Map, Value as Json};
use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
};

/// How far into an expression and a declaration types are looked for.
const DEPTH_MAX: usize = 64;

/// The type of an expression, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    /// An entity of one of these types.
    Entity(BTreeSet<String>),
    /// A set of such.
    Set(Box<Type>),
    /// A record with these attributes.
    Record(BTreeMap<String, Type>),
    /// Something else, or not known.
    Unknown,
}

impl Type {
    fn entity(name: impl Into<String>) -> Self {
        Self::Entity(BTreeSet::from([name.into()]))
    }

    /// What either is.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Entity(mut one), Self::Entity(other)) => {
                one.extend(other);
                Self::Entity(one)
            }
            (Self::Set(one), Self::Set(other)) => Self::Set(Box::new(one.or(*other))),
            (Self::Record(mut one), Self::Record(other)) => {
                for (name, kind) in other {
                    let both = match one.remove(&name) {
                        Some(known) => known.or(kind),
                        None => kind,
                    };
                    one.insert(name, both);
                }
                Self::Record(one)
            }
            _ => Self::Unknown,
        }
    }

    fn any(kinds: impl IntoIterator<Item = Self>) -> Self {
        kinds.into_iter().reduce(Self::or).unwrap_or(Self::Unknown)
    }

    /// What each of the two is, where nothing is both.
    pub(super) fn apart(&self, other: &Self) -> Option<(String, String)> {
        match (self, other) {
            (Self::Entity(one), Self::Entity(other))
                if !one.is_empty() && !other.is_empty() && one.is_disjoint(other) =>
            {
                let named = |types: &BTreeSet<String>| types.iter().cloned().collect::<Vec<_>>().join(" or ");
                Some((named(one), named(other)))
            }
            (Self::Set(one), Self::Set(other)) => one.apart(other),
            _ => None,
        }
    }
}

/// What a policy's variables can be.
#[derive(Debug)]
pub(super) struct Scope {
    principal: Type,
    resource: Type,
    context: Type,
}

/// The schema's declarations.
#[derive(Debug, Default)]
pub(super) struct Types {
    /// Attributes of each entity type.
    entities: BTreeMap<String, Type>,
    /// What each entity type can be a member of.
    parents: BTreeMap<String, BTreeSet<String>>,
    actions: BTreeMap<String, Action>,
    /// What the context of any action can be, once that was asked.
    any_context: OnceCell<Type>,
}

#[derive(Debug)]
struct Action {
    principals: BTreeSet<String>,
    resources: BTreeSet<String>,
    context: Type,
    grouped: bool,
}

impl Types {
    /// Those of a schema in Cedar's JSON form.
    pub(super) fn read(json: &Json) -> Option<Self> {
        let mut types = Self::default();
        for (space, declared) in json.as_object()? {
            let names = Names { all: json, space };
            let members = |of: &str| declared.get(of).and_then(Json::as_object).into_iter().flatten();
            for (name, entity) in members("entityTypes") {
                let name = names.qualified(name);
                let shape = entity.get("shape").map_or(Type::Record(BTreeMap::new()), |shape| names.kind(shape, 0));
                types.parents.insert(name.clone(), names.list(entity.get("memberOfTypes")));
                types.entities.insert(name, shape);
            }
            for (name, action) in members("actions") {
                let applies = action.get("appliesTo");
                let of = |what: &str| applies.and_then(|applies| applies.get(what));
                let grouped = action.get("memberOf").and_then(Json::as_array).is_some_and(|of| !of.is_empty());
                let action = Action {
                    principals: names.list(of("principalTypes")),
                    resources: names.list(of("resourceTypes")),
                    context: of("context").map_or(Type::Record(BTreeMap::new()), |context| names.kind(context, 0)),
                    grouped,
                };
                types.actions.insert(format!("{}::{name}", names.qualified("Action")), action);
            }
        }
        Some(types)
    }

    /// What the variables of a policy in Cedar's JSON form can be.
    pub(super) fn scope(&self, policy: &Json) -> Scope {
        let actions = self.admitted(policy.get("action"));
        let narrowed = |part: &str, all: &dyn Fn(&Action) -> &BTreeSet<String>| {
            let constraint = policy.get(part);
            let only = constraint.and_then(|constraint| match constraint.get("op")?.as_str()? {
                "==" => constraint.pointer("/entity/type")?.as_str(),
                "is" => constraint.get("entity_type")?.as_str(),
                _ => None,
            });
            match only {
                Some(only) => Type::entity(only),
                None => Type::Entity(actions.iter().flat_map(|action| all(action).iter().cloned()).collect()),
            }
        };
        Scope {
            principal: narrowed("principal", &|action| &action.principals),
            resource: narrowed("resource", &|action| &action.resources),
            context: self.context(&actions),
        }
    }

    /// What the context of one of these actions can be.
    fn context(&self, actions: &[&Action]) -> Type {
        let of_each = || Type::any(actions.iter().map(|action| action.context.clone()));
        // Most policies admit all actions where groups are about, and each context is a large record.
        if actions.len() == self.actions.len() { self.any_context.get_or_init(of_each).clone() } else { of_each() }
    }

    /// The actions that a scope admits; where groups are about, all of them.
    fn admitted(&self, constraint: Option<&Json>) -> Vec<&Action> {
        let named: Option<Vec<&Action>> = constraint.and_then(|constraint| {
            let one = constraint.get("entity").into_iter();
            let all = one.chain(constraint.get("entities").and_then(Json::as_array).into_iter().flatten());
            let named = all.map(|entity| {
                let (kind, id) = (entity.get("type")?.as_str()?, entity.get("id")?.as_str()?);
                self.actions.get(&format!("{kind}::{id}"))
            });
            named.collect::<Option<Vec<_>>>().filter(|named| !named.is_empty())
        });
        let grouped = self.actions.values().any(|action| action.grouped);
        named.filter(|_| !grouped).unwrap_or_else(|| self.actions.values().collect())
    }

    /// The attributes that something of a type can have; none where it is not known.
    pub(super) fn attributes(&self, kind: &Type) -> Option<BTreeSet<String>> {
        let names = |record: &'_ Type| match record {
            Type::Record(record) => Some(record.keys().cloned().collect::<Vec<_>>()),
            _ => None,
        };
        let all = match kind {
            Type::Record(_) => names(kind)?,
            Type::Entity(kinds) if !kinds.is_empty() => {
                let each = kinds.iter().map(|kind| names(self.entities.get(kind)?));
                each.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect()
            }
            _ => return None,
        };
        Some(all.into_iter().collect())
    }

    /// The type of an expression in Cedar's JSON form.
    pub(super) fn of(&self, scope: &Scope, expression: &Json) -> Type {
        self.within(scope, expression, 0)
    }

    fn within(&self, scope: &Scope, expression: &Json, depth: usize) -> Type {
        if depth > DEPTH_MAX {
            return Type::Unknown;
        }
        if let Some((kind, _)) = literal(expression) {
            return Type::entity(kind);
        }
        let Some((operator, of)) = expression.as_object().and_then(|map| map.iter().next()) else {
            return Type::Unknown;
        };
        let part = |name: &str| of.get(name).map_or(Type::Unknown, |part| self.within(scope, part, depth + 1));
        match operator.as_str() {
            "Var" => match of.as_str() {
                Some("principal") => scope.principal.clone(),
                Some("resource") => scope.resource.clone(),
                Some("context") => scope.context.clone(),
                _ => Type::Unknown,
            },
            "." => self.attribute(part("left"), of.get("attr").and_then(Json::as_str).unwrap_or_default()),
            "if-then-else" => part("then").or(part("else")),
            "Set" => {
                let members = of.as_array().into_iter().flatten();
                Type::Set(Box::new(Type::any(members.map(|member| self.within(scope, member, depth + 1)))))
            }
            "Record" => {
                let members = of.as_object().into_iter().flatten();
                let typed = members.map(|(name, member)| (name.clone(), self.within(scope, member, depth + 1)));
                Type::Record(typed.collect())
            }
            _ => Type::Unknown,
        }
    }

    fn attribute(&self, of: Type, name: &str) -> Type {
        let named = |attributes: &BTreeMap<String, Type>| attributes.get(name).cloned();
        match of {
            Type::Record(attributes) => named(&attributes).unwrap_or(Type::Unknown),
            Type::Entity(kinds) => Type::any(kinds.iter().filter_map(|kind| match self.entities.get(kind) {
                Some(Type::Record(attributes)) => named(attributes),
                _ => Some(Type::Unknown),
            })),
            _ => Type::Unknown,
        }
    }

    /// An entity's types with all that it can be a member of.
    pub(super) fn with_ancestors(&self, of: Type) -> Type {
        let Type::Entity(mut all) = of else { return of };
        let mut open: Vec<String> = all.iter().cloned().collect();
        while let Some(kind) = open.pop() {
            for parent in self.parents.get(&kind).into_iter().flatten() {
                if all.insert(parent.clone()) {
                    open.push(parent.clone());
                }
            }
        }
        Type::Entity(all)
    }

    /// The first attribute of a context that is of this type.
    pub(super) fn in_context(&self, kind: &str) -> Option<&str> {
        let wanted = Type::entity(kind);
        self.actions.values().find_map(|action| match &action.context {
            Type::Record(attributes) => {
                attributes.iter().find(|(_, kind)| **kind == wanted).map(|(name, _)| name.as_str())
            }
            _ => None,
        })
    }
}

/// The type and the name of an entity that is written out.
pub(super) fn literal(expression: &Json) -> Option<(&str, &str)> {
    let entity = expression.get("Value")?.get("__entity")?;
    Some((entity.get("type")?.as_str()?, entity.get("id")?.as_str()?))
}

/// Names as one namespace of a schema in Cedar's JSON form understands them.
struct Names<'a> {
    all: &'a Json,
    space: &'a str,
}

impl<'a> Names<'a> {
    fn qualified(&self, name: &str) -> String {
        if self.space.is_empty() { name.to_owned() } else { format!("{}::{name}", self.space) }
    }

    /// Where a name is declared, and as what: in this namespace, or else in the one that it names.
    fn declared(&self, of: &str, name: &'a str) -> Option<(&'a str, &'a str, &'a Json)> {
        let (space, bare) = name.rsplit_once("::").map_or((self.space, name), |(space, bare)| (space, bare));
        let within = |space: &'a str| {
            let declared = self.all.get(space)?.get(of)?.get(bare)?;
            Some((space, bare, declared))
        };
        within(space).or_else(|| within(""))
    }

    fn entity(&self, name: &'a str) -> Option<String> {
        let (space, bare, _) = self.declared("entityTypes", name)?;
        Some(Names { all: self.all, space }.qualified(bare))
    }

    fn list(&self, names: Option<&'a Json>) -> BTreeSet<String> {
        let names = names.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
        names.filter_map(|name| self.entity(name)).collect()
    }

    /// The type of a declaration.
    fn kind(&self, declared: &'a Json, depth: usize) -> Type {
        if depth > DEPTH_MAX {
            return Type::Unknown;
        }
        let of = |name: &str| declared.get(name);
        match of("type").and_then(Json::as_str).unwrap_or_default() {
            "Set" => Type::Set(Box::new(of("element").map_or(Type::Unknown, |element| self.kind(element, depth + 1)))),
            "Record" => {
                let attributes: Option<&Map<String, Json>> = of("attributes").and_then(Json::as_object);
                let typed = attributes.into_iter().flatten();
                Type::Record(typed.map(|(name, kind)| (name.clone(), self.kind(kind, depth + 1))).collect())
            }
            "Entity" | "EntityOrCommon" => {
                of("name").and_then(Json::as_str).map_or(Type::Unknown, |name| self.named(name, depth))
            }
            name => self.named(name, depth),
        }
    }

    fn named(&self, name: &'a str, depth: usize) -> Type {
        if let Some((space, _, declared)) = self.declared("commonTypes", name) {
            return Names { all: self.all, space }.kind(declared, depth + 1);
        }
        self.entity(name).map_or(Type::Unknown, Type::entity)
    }
}
