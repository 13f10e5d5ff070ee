//! What is granted, to be read by the customer who grants it: in the bundle's words and the language that they read.

use crate::{
    Parts,
    environment::clock::rfc3339,
    journal::{delegations::DelegateItem, issuers},
    refused::Refused,
};
use remit_domain::{
    delegation::{DelegateClass, DelegatedGrant, Delegation, Scope},
    id::{ActionName, Timestamp},
    request::Money,
};

/// What is granted, in the bundle's words.
pub(super) struct Words<'a> {
    pub(super) parts: &'a Parts,
    pub(super) language: Option<&'a str>,
}

impl Words<'_> {
    pub(super) fn say(&self, text: &str, with: &[(&str, &str)]) -> String {
        self.parts.governance.bundle.texts().say(self.language, text, with)
    }

    /// Who a delegate is, and how much of what it does is the customer's own.
    pub(super) fn who(&self, delegate: &DelegateItem) -> String {
        let class = match delegate.class {
            DelegateClass::Proxy => "consent_proxy",
            DelegateClass::Workflow => "consent_workflow",
            DelegateClass::Autonomous => "consent_autonomous",
        };
        let of = [("name", delegate.name.as_str()), ("owner", delegate.owner.as_str())];
        format!("{} {}", self.say("consent_who", &of), self.say(class, &of))
    }

    /// Who the delegate of a delegation is, as far as it is known, and by whose word it acts, where that is not the
    /// customer's.
    pub(super) async fn who_for(&self, delegate: Option<&DelegateItem>, of: &Delegation) -> Result<String, Refused> {
        let who = delegate.map(|delegate| self.who(delegate)).unwrap_or_default();
        let Some(by) = &of.asserted else { return Ok(who) };
        let issuer = issuers::stored_issuer(&self.parts.journal, by.issuer).await?;
        let name = issuer.map_or_else(|| by.issuer.to_string(), |entry| entry.value.issuer);
        Ok(format!("{who} {}", self.say("delegations_issuer", &[("issuer", &name)])))
    }

    /// What the delegate can do, each in a sentence.
    pub(super) fn can(&self, grant: &DelegatedGrant) -> Vec<String> {
        let scopes = grant.scopes.iter().map(|scope| self.scope(*scope));
        scopes.chain(grant.actions.iter().map(|action| self.action(action))).collect()
    }

    pub(super) fn scope(&self, scope: Scope) -> String {
        let text = match scope {
            Scope::SupportAsk => "consent_ask",
            Scope::CaseOpen => "consent_open",
            Scope::CaseRead => "consent_read",
            Scope::CaseWrite => "consent_write",
        };
        self.say(text, &[])
    }

    pub(super) fn action(&self, action: &ActionName) -> String {
        let spec = self.parts.governance.bundle.requested(action.as_str());
        let title = spec.map_or(action.as_str(), |spec| spec.title.as_str());
        self.say("consent_action", &[("title", title)])
    }

    /// How much of it, each in a sentence.
    pub(super) fn limits(&self, grant: &DelegatedGrant) -> Vec<String> {
        let limits = &grant.limits;
        let money = |money: &Money| remit_policy::action::money_in_words(money);
        let hours = limits.window_hours.map(|hours| hours.to_string());
        let within = |alone: &'static str, in_hours: &'static str, what: (&str, &str)| match &hours {
            Some(hours) => self.say(in_hours, &[what, ("hours", hours)]),
            None => self.say(alone, &[what]),
        };
        let each = limits.max_amount.iter().map(|most| self.say("consent_amount", &[("amount", &money(most))]));
        let total = limits.max_total.iter();
        let total = total.map(|most| within("consent_total", "consent_total_in", ("amount", &money(most))));
        let count = limits.max_count.iter();
        let count = count.map(|most| within("consent_count", "consent_count_in", ("count", &most.to_string())));
        each.chain(total).chain(count).collect()
    }

    /// Until when.
    pub(super) fn until(&self, grant: &DelegatedGrant) -> String {
        self.told_at("consent_until", grant.not_after)
    }

    /// A text in which a moment stands, as a clock shows it there.
    pub(super) fn told_at(&self, text: &str, at: Timestamp) -> String {
        let bundle = &self.parts.governance.bundle;
        let there = bundle.wall_time(None, at);
        let time =
            there.map_or_else(|| rfc3339(at), |there| bundle.texts().moment_of_year(self.language, text, &there));
        self.say(text, &[("time", &time)])
    }
}
