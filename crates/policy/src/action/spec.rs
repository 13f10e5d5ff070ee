//! An action that is requested exactly, as the rest of the program sees it.

use super::{
    http_call::HttpMapping,
    parameters::Parameters,
    template::{FACTS, Template},
};
use crate::manifest::{ActionLimit, EffectClass, TermKind};
use remit_domain::{
    id::ActionName,
    request::{Confirming, Money, Names, Term},
};
use std::collections::BTreeMap;

/// An action that is requested exactly.
#[derive(Debug, Clone)]
pub struct ActionSpec {
    /// Its name.
    pub name: ActionName,
    /// What people call it.
    pub title: String,
    /// What of the world it changes.
    pub effect: EffectClass,
    /// Who carries it out.
    pub connector: String,
    /// What is asked for with it.
    pub parameters: Parameters,
    /// What who confirms it reads.
    pub template: Template,
    /// Within which time it must be confirmed, in milliseconds.
    pub deadline_ms: i64,
    /// What the connector tells of it before policy is asked.
    pub facts: Vec<(String, TermKind)>,
    /// Actions whose last time policies look back at.
    pub recent: Vec<ActionName>,
    /// The sets of confirmations with which policy is asked, the smallest first.
    pub confirmations: Vec<Vec<Confirming>>,
    /// What says how much money it moves.
    pub amount: Option<String>,
    /// How often and how much in a time.
    pub limits: Vec<ActionLimit>,
    /// How its connector is asked for it, where that is an HTTP service.
    pub http: Option<HttpMapping>,
}

impl ActionSpec {
    /// How much money a request moves, of its arguments and facts; nothing where it moves none.
    pub fn amount(&self, arguments: &Names, facts: &Names) -> Option<Money> {
        let name = self.amount.as_deref()?;
        let found = match name.strip_prefix(FACTS) {
            Some(fact) => facts.get(fact),
            None => arguments.get(name),
        };
        match found? {
            Term::Money(money) => Some(money.clone()),
            _ => None,
        }
    }

    /// What of the facts must stay as it is for a yes to count: all that does not grow by itself.
    pub fn standing(&self, facts: &Names) -> Names {
        let grows = |name: &str| self.facts.iter().any(|(known, kind)| known == name && *kind == TermKind::Elapsed);
        facts.iter().filter(|(name, _)| !grows(name)).map(|(name, term)| (name.clone(), term.clone())).collect()
    }

    /// What of the facts has elapsed, which may grow and not shrink.
    pub fn elapsed(&self, facts: &Names) -> BTreeMap<String, i64> {
        let grows = self.facts.iter().filter(|(_, kind)| *kind == TermKind::Elapsed);
        let elapsed = grows.filter_map(|(name, _)| match facts.get(name)? {
            Term::Number(elapsed) => Some((name.clone(), *elapsed)),
            _ => None,
        });
        elapsed.collect()
    }

    /// The value of a fact that nobody told: what stands for "not known", which no policy can take for a yes.
    pub fn untold(kind: TermKind, currency: &str) -> Term {
        match kind {
            TermKind::Truth => Term::Truth(false),
            TermKind::Number | TermKind::Elapsed => Term::Number(0),
            TermKind::Text => Term::Text(String::new()),
            TermKind::Texts => Term::Texts(Vec::new()),
            TermKind::Money => Term::Money(Money { minor: 0, currency: currency.to_owned() }),
        }
    }
}
