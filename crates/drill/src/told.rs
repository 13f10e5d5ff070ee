//! What a drill came to, for people and as JSON.

use remit_command::key_holder::DelegateAnswer;
use remit_command::shown::{self, say};
use serde::Serialize;
use std::path::Path;

/// What a thief tried, and was refused.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Refusal {
    what: String,
    status: u16,
    why: String,
    refused: bool,
}

impl Refusal {
    pub(crate) fn of(what: &str, answer: &DelegateAnswer) -> Self {
        Self { what: what.to_owned(), status: answer.status, why: answer.why(), refused: !answer.is_success() }
    }
}

/// An action that the thief asked for.
#[derive(Debug, Serialize)]
pub(crate) struct Requested {
    /// How much it would move, in minor units.
    pub(crate) amount: i64,
    /// How far it came before anybody noticed: a state, or why it was refused.
    pub(crate) state: String,
    /// Its state once the delegation was revoked, and the customer had said yes after that where it waited for them.
    pub(crate) became: String,
    /// Which request, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<String>,
}

/// A way to end it.
#[derive(Debug, Serialize)]
pub(crate) struct Countermeasure {
    pub(crate) means: &'static str,
    /// When it was answered, in milliseconds since it began.
    pub(crate) acknowledged_ms: f64,
    /// When the thief's next call had been refused, in milliseconds since it began.
    pub(crate) harmless_ms: f64,
    /// How that was answered.
    pub(crate) next: Refusal,
    /// Whether who has the key gets another token.
    pub(crate) another_token: bool,
    /// Whether it is meant to end all that the key can do.
    pub(crate) ends_all: bool,
}

/// A record that shows it.
#[derive(Debug, Serialize)]
pub(crate) struct EvidenceRecord {
    pub(crate) seq: u64,
    pub(crate) at: String,
    pub(crate) stream: String,
    pub(crate) event: String,
}

/// What it came to.
#[derive(Debug, Serialize)]
pub(crate) struct Told {
    delegation: String,
    currency: String,
    /// How much one action may move, in minor units, and how many there may be.
    max_amount: i64,
    max_count: u32,
    /// How long whoever has the key needs for a token, in milliseconds.
    pub(crate) first_token_ms: f64,
    /// Cases that the thief opened, and those that they see.
    pub(crate) cases: usize,
    pub(crate) seen: usize,
    pub(crate) requested: Vec<Requested>,
    tried: Vec<Refusal>,
    pub(crate) ended: Vec<Countermeasure>,
    pub(crate) records: Vec<EvidenceRecord>,
}

impl Told {
    pub(crate) fn new(delegation: &str, currency: &str, max_amount: i64, max_count: u32) -> Self {
        Self {
            delegation: delegation.to_owned(),
            currency: currency.to_owned(),
            max_amount,
            max_count,
            first_token_ms: 0.0,
            cases: 0,
            seen: 0,
            requested: Vec::new(),
            tried: Vec::new(),
            ended: Vec::new(),
            records: Vec::new(),
        }
    }

    /// Notes what was tried beyond what was granted.
    pub(crate) fn tried(&mut self, what: &str, answer: &DelegateAnswer) {
        self.tried.push(Refusal::of(what, answer));
    }

    /// What was asked for and taken, and how much of it was done.
    fn moved(&self, states: &[&str]) -> (usize, i64) {
        let those = self.requested.iter().filter(|requested| states.contains(&&*requested.state));
        (those.clone().count(), those.map(|requested| requested.amount).sum())
    }

    /// Whether all held: nothing beyond what was granted, and nothing after it was ended.
    pub(crate) fn holds(&self) -> bool {
        let (taken, _) = self.moved(&["waiting", "confirmed", "executing", "done", "unknown"]);
        let within = taken <= usize::try_from(self.max_count).unwrap_or(usize::MAX);
        let ended = |ended: &Countermeasure| ended.next.refused && !(ended.ends_all && ended.another_token);
        let over = |requested: &Requested| requested.state != "waiting" || requested.became == "withdrawn";
        within
            && self.tried.iter().all(|tried| tried.refused)
            && self.ended.iter().all(ended)
            && self.requested.iter().all(over)
    }

    /// Tells it.
    pub(crate) fn print(&self, json: bool, data: Option<&Path>) {
        if json {
            let mut document = serde_json::to_value(self).unwrap_or_default();
            if let Some(members) = document.as_object_mut() {
                members.insert("holds".to_owned(), self.holds().into());
            }
            return shown::json(&document);
        }
        let money = |minor: i64| format!("{minor} minor units of {}", self.currency);
        say!(
            "The key of a delegate leaked. Its customer granted {} actions of {} each at most.",
            self.max_count,
            money(self.max_amount)
        );
        say!();
        say!("What whoever has it could do until it was noticed");
        say!(
            "  a token of five minutes after {:.0} ms, and others for as long as the delegation stands",
            self.first_token_ms
        );
        say!(
            "  {} opened, and {} read: those under this delegation",
            shown::counted(self.cases, "case", "cases"),
            shown::counted(self.seen, "case", "cases")
        );
        let (done, moved) = self.moved(&["done", "unknown"]);
        let (waiting, waits) = self.moved(&["waiting"]);
        say!("  {} done, with {}", shown::counted(done, "action was", "actions were"), money(moved));
        say!(
            "  {} for somebody's yes, with {}",
            shown::counted(waiting, "action waited", "actions waited"),
            money(waits)
        );
        for requested in self.requested.iter().filter(|requested| requested.request.is_none()) {
            say!("  another of {} was refused: {}", money(requested.amount), requested.state);
        }
        say!();
        say!("What was refused");
        for tried in &self.tried {
            let how = if tried.refused { "refused" } else { "NOT REFUSED" };
            say!("  {how} ({} {}): {}", tried.status, tried.why, tried.what);
        }
        say!();
        say!("How it is ended, and when that holds");
        for ended in &self.ended {
            let next = if ended.next.refused { "the next call is refused" } else { "THE NEXT CALL IS NOT REFUSED" };
            let more = match (ended.another_token, ended.ends_all) {
                (false, _) => "",
                (true, false) => "; who has the key gets another token: end the delegation or the key too",
                (true, true) => "; WHO HAS THE KEY GETS ANOTHER TOKEN",
            };
            say!(
                "  {}: answered after {:.1} ms, {next} ({} {}), {:.1} ms after it began{more}",
                ended.means,
                ended.acknowledged_ms,
                ended.next.status,
                ended.next.why,
                ended.harmless_ms
            );
        }
        let over = self.requested.iter().filter(|requested| requested.state == "waiting");
        for requested in over {
            say!("  what waited is {}, though the customer said yes after that", requested.became);
        }
        say!();
        say!("What shows it");
        for record in &self.records {
            say!("  record {} {} {} in {}", record.seq, record.at, record.event.replace('_', " "), record.stream);
        }
        for request in self.requested.iter().filter_map(|requested| requested.request.as_deref()) {
            let at = data.map_or_else(String::new, |data| format!(" --data {}", data.display()));
            say!("  remit request show {request}{at}");
        }
        if let Some(data) = data {
            say!("  remit ledger verify {}", data.display());
        }
        say!();
        match self.holds() {
            true => say!("All held: nothing went beyond what was granted, and nothing on after it was ended."),
            false => say!("It did NOT hold: see above."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(status: u16) -> DelegateAnswer {
        DelegateAnswer { status, body: json!({ "error": "invalid_token" }) }
    }

    fn requested(state: &str, became: &str) -> Requested {
        Requested { amount: 5, state: state.to_owned(), became: became.to_owned(), request: None }
    }

    fn countermeasure(next: u16, another_token: bool, ends_all: bool) -> Countermeasure {
        let next = Refusal::of("it", &answer(next));
        Countermeasure { means: "it", acknowledged_ms: 1.0, harmless_ms: 2.0, next, another_token, ends_all }
    }

    fn told(with: impl FnOnce(&mut Told)) -> bool {
        let mut told = Told::new("dgn_1", "GBP", 5, 2);
        told.requested = vec![requested("done", "done"), requested("waiting", "withdrawn"), requested("refused", "")];
        told.tried("it", &answer(403));
        told.ended = vec![countermeasure(401, false, true), countermeasure(401, true, false)];
        with(&mut told);
        told.holds()
    }

    #[test]
    fn whatever_went_further_than_it_may_is_no() {
        assert!(told(|_| {}));
        assert!(!told(|told| told.tried("more", &answer(200))), "beyond what was granted");
        assert!(!told(|told| told.requested.push(requested("done", "done"))), "more often than was granted");
        assert!(!told(|told| told.requested.push(requested("waiting", "done"))), "after it was revoked");
        assert!(!told(|told| told.ended.push(countermeasure(200, false, true))), "after it was ended");
        assert!(!told(|told| told.ended.push(countermeasure(401, true, true))), "with another token");
    }
}
