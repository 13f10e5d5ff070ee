//! What is asked of the organisation's own service before a case is decided first: facts of the customer are noted,
//! fields of the case go with its opening. Where it tells nothing, or what does not fit, the case goes on without.

use crate::{
    Caller, Parts, caller::principal::Job, case::fields, customer::facts, field::sent::Sent,
    governance::enricher::Unenriched, refused::Refused,
};
use remit_domain::{
    case::Channel,
    field::Untold,
    id::{CustomerId, FieldName, Timestamp},
};
use remit_responders::{EnrichmentAsked, Failure};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The source of what is told.
const SOURCE: SmolStr = SmolStr::new_static("enrichment");

/// What came of asking.
#[derive(Debug, Clone, Default)]
pub(crate) struct Enriched {
    /// Fields of the case that were told.
    pub(crate) fields: Vec<fields::FieldsRead>,
    /// Whether facts of the customer were told, and are noted.
    pub(crate) has_facts: bool,
    /// Why nothing was told, or not all, and what of it does not fit.
    pub(crate) untold: Option<(Untold, Vec<FieldName>)>,
}

/// Asks, where the bundle says that something is asked. `external` is the organisation's own identifier of the
/// customer, where it is known; `sent` are the fields that are known already.
pub(crate) async fn enrich(
    parts: &Parts,
    external: Option<&str>,
    customer: &CustomerId,
    channel: Channel,
    sent: &Sent,
    now: Timestamp,
) -> Result<Enriched, Refused> {
    let Some(enricher) = parts.governance.services.enricher() else { return Ok(Enriched::default()) };
    let random: [u8; 16] = parts.environment.entropy.bytes()?;
    let id = format!("enr_{:032x}", u128::from_be_bytes(random));
    let configured = &enricher.configured;
    // What nobody is to see goes to nobody.
    let is_seen = |name: &str| {
        let spec = parts.governance.bundle.field(name);
        spec.is_some_and(|spec| spec.seen_by_staff || spec.seen_by_ai || spec.seen_by_policies)
    };
    let asked = EnrichmentAsked {
        customer: external.map(ToOwned::to_owned),
        pseudonym: customer.to_string(),
        channel: channel.as_str().to_owned(),
        fields: sent.iter().filter(|(name, _)| is_seen(name)).map(|(n, v)| (n.clone(), v.clone())).collect(),
        wants_facts: configured.facts.clone(),
        wants_fields: configured.fields.clone(),
    };
    let told = enricher.ask(&id, &asked, || parts.environment.clock.monotonic()).await;
    let told = match told {
        Ok(told) => told,
        Err(untold) => {
            let why = why(&untold);
            parts.environment.metrics.enriched(why.as_str());
            if let Unenriched::Failed(error) = untold {
                tracing::warn!(%error, "what is asked before a case is decided first was not told");
            }
            return Ok(Enriched { untold: Some((why, Vec::new())), ..Enriched::default() });
        }
    };
    let mut left_out = LeftOut::default();
    // What was sent with the case is newer than what is known of it elsewhere, and then there may be no more to tell.
    let all_known = told.fields.iter().any(|(name, value)| sent.contains_key(name) && !value.is_null());
    let told_fields: Sent = told.fields.into_iter().filter(|(name, _)| !sent.contains_key(name)).collect();
    let fields = one_by_one(told_fields, &configured.fields, &mut left_out, |one| {
        fields::read_of(&parts.governance, SOURCE, one)
    });
    let facts = one_by_one(told.facts, &configured.facts, &mut left_out, |one| {
        facts::read(&parts.governance, SOURCE, one, now)
    });
    let fields = Vec::from_iter(fields::FieldsRead::all(fields));
    let facts = facts::FactsRead::all(facts);
    let has_facts = facts.is_some();
    if let Some(facts) = &facts {
        facts::note(parts, &Caller::system(Job::Enrichment), customer, facts).await?;
    }
    left_out.log();
    let left_out = left_out.names;
    let untold = match (!fields.is_empty() || has_facts || all_known, left_out.is_empty()) {
        (true, true) => None,
        (true, false) => Some((Untold::Partial, left_out)),
        (false, true) => Some((Untold::NothingKnown, left_out)),
        (false, false) => Some((Untold::Unusable, left_out)),
    };
    parts.environment.metrics.enriched(untold.as_ref().map_or("told", |(why, _)| why.as_str()));
    Ok(Enriched { fields, has_facts, untold })
}

/// What of it does not fit, and why: what would, and nothing of the value.
#[derive(Default)]
struct LeftOut {
    names: Vec<FieldName>,
    why: Vec<String>,
}

impl LeftOut {
    /// Whoever runs the service sees in the log what it should tell.
    fn log(&self) {
        if !self.why.is_empty() {
            let why = self.why.join("; ");
            tracing::warn!(%why, "of what is asked before a case is decided first, something was left out");
        }
    }
}

/// Reads each value that may be told by itself, so that one that does not fit spoils no other.
fn one_by_one<T>(
    told: Sent,
    allowed: &[String],
    left_out: &mut LeftOut,
    read: impl Fn(&Sent) -> Result<T, Refused>,
) -> Vec<T> {
    let mut all = Vec::new();
    for (name, value) in told {
        // What nobody asked for, or that is not there, says nothing.
        if value.is_null() || !allowed.contains(&name) {
            continue;
        }
        match read(&BTreeMap::from([(name.clone(), value)])) {
            Ok(one) => all.push(one),
            Err(refused) => {
                left_out.names.extend(FieldName::new(&name));
                left_out.why.push(refused.detail);
            }
        }
    }
    all
}

fn why(untold: &Unenriched) -> Untold {
    match untold {
        Unenriched::LeftAlone => Untold::LeftAlone,
        Unenriched::Failed(Failure::Timeout) => Untold::Timeout,
        Unenriched::Failed(Failure::Malformed(_) | Failure::TooLarge { .. } | Failure::Unsendable(_)) => {
            Untold::Unusable
        }
        Unenriched::Failed(_) => Untold::Unreachable,
    }
}
