//! Reads the catalogue of actions that are requested exactly, and says by line what is wrong with it.

mod connectors;
mod http_calls;

use super::parts::MANIFEST;
use crate::{
    action::{ActionSpec, FACTS, Parameters, Template, is_attribute},
    actions::{ACT, HANDLE, REQUEST},
    finding::{Fault, Finding},
    manifest::{Action, EffectClass, Manifest, TermKind},
    places::{Places, TomlPath},
};
use remit_domain::{id::ActionName, request::Confirming};
use remit_signals::readings::nearest;

const MINUTE_MS: i64 = 60_000;
/// Minutes within which a request is confirmed where its action does not say.
const DEADLINE_MINUTES: u32 = 60;
/// The longest, a week.
const DEADLINE_MINUTES_MAX: u32 = 10_080;
/// Hours of the longest window of a limit, a year.
const WINDOW_HOURS_MAX: u32 = 8_784;
/// Most confirmations of one request.
const CONFIRMATIONS_MAX: usize = 4;

/// The actions of `manifest` that are requested exactly; those that are wrong are found and left out.
pub(super) fn read(places: &Places<'_>, manifest: &Manifest, findings: &mut Vec<Finding>) -> Vec<ActionSpec> {
    connectors::lint(places, manifest, findings);
    let mut catalogue: Vec<ActionSpec> = Vec::new();
    for (at, action) in manifest.actions.iter().enumerate() {
        let place = TomlPath::entry("action", at);
        if !action.is_requested() {
            left_over(places, action, &place, findings);
            continue;
        }
        let before = findings.len();
        let mut reader = Reader { places, manifest, action, place, findings };
        if let Some(spec) = reader.read() {
            if catalogue.iter().any(|known| known.name == spec.name) {
                let message = format!("the action `{}` is declared twice", spec.name);
                reader.wrong(&["name"], message, "rename one of them");
            } else {
                catalogue.push(spec);
            }
        } else {
            // What is said of its policies then follows from that.
            findings.iter_mut().skip(before).for_each(|finding| finding.is_too(Fault::Action(action.name.clone())));
        }
    }
    catalogue
}

/// What an action says that has no parameters, and what nobody would look at.
fn left_over(places: &Places<'_>, action: &Action, place: &TomlPath, findings: &mut Vec<Finding>) {
    let said = [
        ("effect", action.effect.is_some()),
        ("connector", action.connector.is_some()),
        ("template", action.template.is_some()),
        ("deadline_minutes", action.deadline_minutes.is_some()),
        ("facts", !action.facts.is_empty()),
        ("recent", !action.recent.is_empty()),
        ("confirmations", !action.confirmations.is_empty()),
        ("amount", action.amount.is_some()),
        ("limit", !action.limits.is_empty()),
        ("personal", !action.personal.is_empty()),
        ("http", action.http.is_some()),
    ];
    if let Some((key, _)) = said.into_iter().find(|(_, said)| *said) {
        let message = format!("the action `{}` has `{key}` and no `parameters`", action.name);
        let line = places.line(&place.clone().then(key));
        let cure = "add `[action.parameters]`, a JSON Schema of an object, so that it can be requested exactly";
        findings.push(Finding::new(MANIFEST, line, message, cure));
    }
}

struct Reader<'r, 'a> {
    places: &'r Places<'a>,
    manifest: &'r Manifest,
    action: &'r Action,
    place: TomlPath,
    findings: &'r mut Vec<Finding>,
}

impl Reader<'_, '_> {
    fn wrong(&mut self, keys: &[&str], message: impl Into<String>, cure: &str) {
        let place = keys.iter().fold(self.place.clone(), |place, key| place.then(key));
        let message = format!("action `{}`: {}", self.action.name, message.into());
        self.findings.push(Finding::new(MANIFEST, self.places.line(&place), message, cure));
    }

    /// The same of a name that there is not, which may be meant to be one of `known`.
    fn unknown(&mut self, key: &str, message: String, fault: Fault, known: &[&str], cure: &str) {
        let named = match &fault {
            Fault::Action(name) | Fault::Connector(name) => nearest(name, known.iter().copied()),
            _ => None,
        };
        let cure = named.map_or_else(|| cure.to_owned(), |like| format!("did you mean `{like}`? Otherwise {cure}"));
        self.wrong(&[key], message, &cure);
        if let Some(last) = self.findings.pop() {
            self.findings.push(last.follows(fault));
        }
    }

    fn read(&mut self) -> Option<ActionSpec> {
        let action = self.action;
        let name = match ActionName::new(&action.name) {
            Ok(name) if ![ACT, HANDLE, REQUEST].contains(&name.as_str()) && !name.as_str().contains('.') => name,
            _ => {
                let cure = "use a letter, then up to 63 of a-z 0-9 _ -, and none of `act`, `handle` and `request`";
                self.wrong(&["name"], "this cannot be its name", cure);
                return None;
            }
        };
        let before = self.findings.len();
        let parameters = self.parameters();
        let facts = self.facts();
        let template = self.template(parameters.as_ref(), &facts);
        let effect = self.needed(action.effect, "effect", "write what it changes: none, reversible, money, account …");
        let connector = self.connector();
        let minutes = action.deadline_minutes.unwrap_or(DEADLINE_MINUTES);
        if !(1..=DEADLINE_MINUTES_MAX).contains(&minutes) {
            let message = format!("deadline_minutes must be 1 to {DEADLINE_MINUTES_MAX}, a week");
            self.wrong(&["deadline_minutes"], message, "correct the number");
        }
        let recent = self.recent();
        let mut confirmations = action.confirmations.clone();
        confirmations.sort_by_key(Vec::len);
        if confirmations.iter().any(|set| set.is_empty() || set.len() > CONFIRMATIONS_MAX) {
            let message = format!("a set of confirmations has 1 to {CONFIRMATIONS_MAX}");
            self.wrong(&["confirmations"], message, "correct it; without any, policy is asked once");
        }
        let customers = |set: &Vec<Confirming>| set.iter().filter(|one| **one == Confirming::Customer).count();
        if confirmations.iter().any(|set| customers(set) > 1) {
            let message = "a set of confirmations names the customer twice, who says yes once";
            self.wrong(&["confirmations"], message, "name them once; further yeses are of staff");
        }
        self.amount(parameters.as_ref(), &facts, effect);
        self.limits();
        let http = http_calls::read(self.places, self.manifest, action, &self.place, self.findings);
        if self.findings.len() > before {
            return None;
        }
        Some(ActionSpec {
            name,
            title: action.title.clone(),
            effect: effect?,
            connector: connector?,
            parameters: parameters?,
            template: template?,
            deadline_ms: i64::from(minutes) * MINUTE_MS,
            facts,
            recent,
            confirmations,
            amount: action.amount.clone(),
            limits: action.limits.clone(),
            http,
        })
    }

    fn needed<T>(&mut self, said: Option<T>, key: &str, cure: &str) -> Option<T> {
        if said.is_none() {
            self.wrong(&[], format!("it has no `{key}`"), cure);
        }
        said
    }

    fn parameters(&mut self) -> Option<Parameters> {
        let schema = self.action.parameters.as_ref()?;
        match Parameters::read(schema, &self.action.personal) {
            Ok(parameters) => Some(parameters),
            Err(wrong) => {
                for message in wrong {
                    self.wrong(&["parameters"], message, "correct the schema; docs/actions.md says what it may hold");
                }
                None
            }
        }
    }

    fn facts(&mut self) -> Vec<(String, TermKind)> {
        for name in self.action.facts.keys().filter(|name| !is_attribute(name)) {
            let message = format!("a fact cannot be called {name:?}");
            self.wrong(&["facts", name], message, "use a letter, then up to 63 of a-z 0-9 _");
        }
        self.action.facts.iter().map(|(name, kind)| (name.clone(), *kind)).collect()
    }

    fn template(&mut self, parameters: Option<&Parameters>, facts: &[(String, TermKind)]) -> Option<Template> {
        let cure = "write what who confirms it is to read, with `{name}` for each parameter";
        let text = self.needed(self.action.template.as_ref(), "template", cure)?;
        let (template, wrong) = Template::read(text, &parameters?.names(), facts);
        for message in wrong {
            self.wrong(&["template"], message, cure);
        }
        Some(template)
    }

    fn connector(&mut self) -> Option<String> {
        let cure = "name a [[connector]]; `kind = \"sandbox\"` comes with Remit";
        let named = self.needed(self.action.connector.clone(), "connector", cure)?;
        let known: Vec<&str> = self.manifest.connectors.iter().map(|connector| connector.name.as_str()).collect();
        if !known.contains(&named.as_str()) {
            let fault = Fault::Connector(named.clone());
            self.unknown("connector", format!("`{named}` is no connector"), fault, &known, cure);
        }
        Some(named)
    }

    fn recent(&mut self) -> Vec<ActionName> {
        let mut recent = Vec::new();
        let requested = self.manifest.actions.iter().filter(|other| other.is_requested());
        let requested: Vec<&str> = requested.map(|other| other.name.as_str()).collect();
        for name in &self.action.recent {
            let known = requested.contains(&name.as_str());
            match ActionName::new(name).ok().filter(|_| known && is_attribute(name)) {
                Some(name) => recent.push(name),
                None => {
                    let message = format!("`recent` names `{name}`, which is no action that is requested exactly");
                    let fault = Fault::Action(name.clone());
                    self.unknown("recent", message, fault, &requested, "name one of the catalogue, of a-z 0-9 _");
                }
            }
        }
        recent
    }

    fn amount(&mut self, parameters: Option<&Parameters>, facts: &[(String, TermKind)], effect: Option<EffectClass>) {
        let Some(named) = self.action.amount.as_deref() else {
            if effect == Some(EffectClass::Money) {
                let cure = "write `amount = \"…\"`: a parameter, or `facts.…`, of type money";
                self.wrong(&[], "it moves money and does not say what says how much", cure);
            }
            return;
        };
        let of_fact = named.strip_prefix(FACTS);
        let is_money = match (of_fact, parameters) {
            (Some(fact), _) => facts.iter().any(|(name, kind)| name == fact && *kind == TermKind::Money),
            (None, Some(parameters)) => {
                let found = parameters.of().iter().find(|parameter| parameter.name == named);
                found.is_some_and(|parameter| parameter.seen_as == Some(TermKind::Money))
            }
            (None, None) => true,
        };
        if !is_money {
            let message = format!("`amount` names `{named}`, which is no money that policies see");
            let cure = "name a parameter of `minor` and `currency`, or a fact of type money as `facts.…`";
            self.wrong(&["amount"], message, cure);
        }
    }

    fn limits(&mut self) {
        for limit in &self.action.limits {
            if !(1..=WINDOW_HOURS_MAX).contains(&limit.window_hours) {
                let message = format!("window_hours of a limit must be 1 to {WINDOW_HOURS_MAX}");
                self.wrong(&["limit"], message, "correct the number");
            }
            if limit.count.is_none() && limit.minor.is_none() {
                self.wrong(&["limit"], "a limit has `count` or `minor`", "say how often, or how much");
            }
            if limit.count == Some(0) || limit.minor == Some(0) {
                let message = "`count` and `minor` of a limit are 1 or more";
                self.wrong(&["limit"], message, "forbid in a policy what must never be, and correct the number");
            }
            if limit.minor.is_some() && self.action.amount.is_none() {
                let message = "a limit in money needs to know what is moved";
                self.wrong(&["limit"], message, "add `amount`");
            }
        }
    }
}
