//! Takes a decision: facts and verdicts in, a record out.

use super::{
    candidate::Candidate,
    collects::calls_back,
    consideration, custody,
    facts::ResponderKind,
    outcome,
    record::{Decision, DecisionPoint, Deliberation, Outcome, Standing},
};
use crate::{
    case::{Holder, HolderRef},
    id::{DecisionId, Timestamp},
};

/// Takes the decision. Pure: the same arguments give the same record, byte for byte.
pub fn deliberate(id: DecisionId, at: Timestamp, standing: &Standing<'_>, asked: Deliberation) -> Decision {
    let Deliberation {
        point, trigger, signals, candidates, considered, mut policies, terms, read_by, collecting, ..
    } = asked;
    let mut candidates: Vec<Candidate> = candidates
        .into_iter()
        .zip(considered.into_iter().chain(std::iter::repeat_with(Vec::new)))
        .map(|((facts, verdict), considered)| {
            let cost = terms.economics.cost(&facts, &signals);
            let preference = consideration::preference_minor(&terms.considerations, &considered, &cost);
            Candidate { cost: cost.preferred_by(preference), facts, verdict, considered }
        })
        .collect();
    if standing.custody.as_ref().is_some_and(|custody| custody.people) && !trigger.asks_for_ai() {
        custody::people_keep(&mut candidates, &mut policies);
    }
    let mut ranked: Vec<&Candidate> = candidates.iter().filter(|c| c.verdict.permits()).collect();
    // Who is there comes before who only promises to call back, whatever either costs.
    ranked.sort_by_cached_key(|c| {
        let places = consideration::places(&terms.considerations, &c.facts.responder, &c.considered);
        let calls_back = calls_back(&collecting, &c.facts.responder);
        (calls_back, places, c.cost.total_minor, c.facts.responder.clone())
    });
    let outcome = outcome::of(&outcome::Considered {
        point,
        trigger: &trigger,
        at,
        standing,
        candidates: &candidates,
        ranked: &ranked,
        collecting: &collecting,
        terms: &terms,
    });
    let chosen = match &outcome {
        Outcome::Assign { responder } | Outcome::Take { responder, .. } => Some(responder),
        Outcome::Keep { holder: HolderRef::Responder(responder), .. } => Some(responder),
        Outcome::Keep { .. } | Outcome::Exception { .. } => None,
    };
    // Who gives a case up is not next; who keeps it, or had it taken away by a human, may be.
    let held_by = standing.holder.and_then(Holder::responder).filter(|_| point == DecisionPoint::Escalate);
    // What people give up goes to other people.
    let is_queue = |c: &&&Candidate| c.facts.kind == ResponderKind::Queue;
    let to_people =
        standing.custody.is_some() && ranked.iter().filter(is_queue).any(|c| Some(&c.facts.responder) == chosen);
    let next = |c: &&&Candidate| Some(&c.facts.responder) != chosen && Some(&c.facts.responder) != held_by;
    let next = ranked.iter().filter(next).filter(|c| !to_people || is_queue(c));
    let sequence = next.map(|c| c.facts.responder.clone()).collect();
    Decision {
        v: standing.version,
        id,
        case: standing.case,
        point,
        // INVARIANT: a bundle without an owner for every decision point is not activated.
        owner: terms.owners.get(&point).unwrap_or(&terms.exception_owner).clone(),
        trigger,
        at,
        bundle: terms.bundle.clone(),
        baseline: standing.custody.as_ref().map(|_| terms.baseline.clone()),
        read_by,
        holder: standing.holder.map(Holder::to_ref),
        handoffs: standing.handoffs,
        custody: standing.custody.clone(),
        signals,
        considerations: consideration::noted(&terms.considerations, &candidates),
        candidates,
        policies,
        collecting,
        outcome,
        sequence,
    }
}
