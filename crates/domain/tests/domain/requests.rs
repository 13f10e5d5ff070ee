//! Requests under any order of yeses, noes, changes of what they rest on, and time: only what everybody wanted has said
//! yes to, in time and unchanged, is carried out, and once.

use crate::{
    random::run,
    world::{START, customer, owner, policy, words},
};
use proptest::{collection::vec, prelude::*, sample::select};
use remit_domain::{
    decision::PolicyNote,
    id::{ActionName, CaseId, DecisionId, Digest, Ids, RequestId, StaffId, Timestamp},
    request::{
        Agreement, Answer, Asker, Batch, Changed, Confirmation, Confirmer, Confirming, Effect, Link, Money, Names,
        Parties, REQUEST_VERSION, Request, RequestAsked, RequestChange, RequestCommand, RequestDecision,
        RequestRefusal, RequestStanding, RequestState, RequestVerdict, Statement, Term, Via,
    },
    signal::Signals,
};
use std::collections::BTreeMap;

const DUE_MS: i64 = 60_000;
const STAFF: [&str; 3] = ["ana", "ben", "cleo"];

/// What voids a request without policy being asked.
const ENDS: [Changed; 5] = [Changed::Case, Changed::Erased, Changed::Asker, Changed::Confirmer, Changed::Untold];

/// What is done next.
#[derive(Debug, Clone)]
enum Act {
    /// Somebody answers: of `STAFF`, or the customer; to this request or another one; with how many others.
    Confirm(Option<usize>, bool, u32),
    Decline(Option<usize>, bool, u32),
    /// A link is made for the customer, by this token.
    Link(&'static str),
    Withdraw,
    Expire,
    Execute,
    /// The case has ended, the customer was erased, or who asked is no more.
    Void(Changed),
    AskAgain,
    Done(i64),
    Failed,
    Unknown,
    /// A person found out what became of it: with this token, as one of `STAFF` or none; whether it was done.
    Conclude(&'static str, Option<usize>, bool),
    /// What it rests on becomes another.
    Change(Changed),
    Wait(i64),
}

fn act() -> impl Strategy<Value = Act> {
    let who = || prop_oneof![1 => Just(None), 2 => (0..STAFF.len()).prop_map(Some)];
    let changed = select(vec![Changed::Bundle, Changed::Holder, Changed::Fact, Changed::Verdict]);
    prop_oneof![
        8 => (who(), proptest::bool::weighted(0.9), 0..3u32).prop_map(|(who, this, n)| Act::Confirm(who, this, n)),
        1 => (who(), any::<bool>(), 0..3u32).prop_map(|(who, this, n)| Act::Decline(who, this, n)),
        2 => select(vec!["tok_1", "tok_2"]).prop_map(Act::Link),
        1 => Just(Act::Withdraw),
        1 => Just(Act::Expire),
        6 => Just(Act::Execute),
        1 => select(ENDS.to_vec()).prop_map(Act::Void),
        2 => Just(Act::AskAgain),
        3 => (-1i64..2).prop_map(Act::Done),
        1 => Just(Act::Failed),
        2 => Just(Act::Unknown),
        2 => (select(vec!["tok_1", "tok_2"]), proptest::option::of(0..STAFF.len()), any::<bool>())
            .prop_map(|(by, who, done)| Act::Conclude(by, who, done)),
        1 => changed.prop_map(Act::Change),
        2 => (0..DUE_MS / 4).prop_map(Act::Wait),
    ]
}

fn asker() -> impl Strategy<Value = Asker> {
    prop_oneof![
        (0..STAFF.len()).prop_map(|who| Asker::Staff { staff: staff(who), roles: vec!["staff".to_owned()] }),
        Just(Asker::Customer { customer: customer() }),
        Just(Asker::Integration { token: "tok_1".to_owned(), roles: vec!["integration".to_owned()] }),
        select(vec!["tok_1", "ana"])
            .prop_map(|token| Asker::Person { who: token.to_owned(), roles: vec!["lead".to_owned()] }),
    ]
}

/// Whether who concludes it asked for it themselves.
fn own_conclusion(request: &Request, (by, who): &(String, Option<StaffId>)) -> bool {
    match &request.by {
        Asker::Staff { staff, .. } => who.as_ref() == Some(staff),
        Asker::Person { who: asker, .. } => asker == by || who.as_ref().is_some_and(|who| who.as_str() == asker),
        Asker::Integration { token, .. } => token == by,
        _ => false,
    }
}

fn answer() -> impl Strategy<Value = Answer> {
    let yes = select(vec![Confirming::Customer, Confirming::Staff]);
    prop_oneof![
        1 => Just(Answer::Allow),
        1 => Just(Answer::Deny),
        6 => vec(yes, 1..4).prop_map(|confirmations| Answer::Needs { confirmations }),
    ]
}

fn staff(who: usize) -> StaffId {
    StaffId::new(STAFF[who]).unwrap()
}

fn digest(byte: u8) -> Digest {
    Digest::from_bytes(&[byte; 32])
}

fn penny(minor: i64) -> Option<Money> {
    Some(Money { minor, currency: "GBP".to_owned() })
}

/// What was asked for and what has become of it, with what was seen on the way.
struct Played {
    request: Request,
    asked: RequestAsked,
    changes: Vec<RequestChange>,
    now: Timestamp,
    /// What it rests on, as it is now.
    standing: RequestStanding,
    is_denied_now: bool,
    executions: usize,
}

impl Played {
    fn new(asker: Asker, answer: Answer) -> Self {
        let mut ids = Ids::new(START, 1);
        let facts = Names::from([("refundable".to_owned(), Term::Number(5))]);
        let elapsed = BTreeMap::from([("age_days".to_owned(), 3)]);
        let standing = RequestStanding { bundle: digest(1), holder: None, epoch: 3, facts: facts.clone(), elapsed };
        let decision = RequestDecision {
            v: REQUEST_VERSION,
            id: DecisionId::next(&mut ids),
            request: RequestId::next(&mut ids),
            case: CaseId::next(&mut ids),
            parties: Parties { holder: None, staff: None, offered: None, customer: customer() },
            owner: owner("lead"),
            at: START,
            bundle: digest(1),
            baseline: digest(2),
            principal: asker,
            action: ActionName::new("refund").unwrap(),
            hash: digest(7),
            arguments: Names::new(),
            facts,
            recent: Names::new(),
            confirmed: Vec::new(),
            signals: Signals::default(),
            verdict: verdict(answer),
            policies: BTreeMap::<_, PolicyNote>::new(),
        };
        let asked = RequestAsked {
            customer: customer(),
            arguments: words("{}"),
            shown: words("Refund 5"),
            amount: penny(5),
            reserved: Vec::new(),
            standing: standing.clone(),
            due: START.plus_ms(DUE_MS),
            decision,
        };
        let request = Request::asked_for(&asked);
        Self { request, asked, changes: Vec::new(), now: START, standing, is_denied_now: false, executions: 0 }
    }

    fn confirmation(&self, who: Option<usize>, this: bool, with: u32) -> Confirmation {
        let (by, via) = match who {
            None if self.request.link.is_some() => (Confirmer::Customer { customer: customer() }, Via::Link),
            None => (Confirmer::Customer { customer: customer() }, Via::Chat),
            Some(who) => (Confirmer::Staff { staff: staff(who), cases: 2 }, Via::Api),
        };
        let hash = if this { self.request.hash.clone() } else { digest(8) };
        let batch = (with > 0).then(|| Batch { count: with + 1, list: digest(9) });
        Confirmation { by, via, hash, seen_ms: Some(900), batch, at: self.now }
    }

    /// Policy's answer of now.
    fn decision(&self) -> RequestDecision {
        let answer = if self.is_denied_now { Answer::Deny } else { Answer::Allow };
        RequestDecision { verdict: verdict(answer), ..self.asked.decision.clone() }
    }

    fn command(&mut self, act: &Act) -> Option<RequestCommand> {
        Some(match act {
            Act::Confirm(who, this, with) => RequestCommand::Confirm(self.confirmation(*who, *this, *with)),
            Act::Decline(who, this, with) => RequestCommand::Decline(self.confirmation(*who, *this, *with)),
            Act::Link(by) => {
                let link = Link { digest: digest(6), requests: vec![self.request.id], expires: self.request.due };
                RequestCommand::Link { link, by: (*by).to_owned() }
            }
            Act::Withdraw => RequestCommand::Withdraw { by: "tok_1".to_owned() },
            Act::Expire => RequestCommand::Expire,
            Act::Execute => RequestCommand::Execute {
                now: Box::new((self.standing.clone(), self.decision())),
                connector: ActionName::new("core").unwrap(),
            },
            Act::Void(changed) => RequestCommand::Void { changed: *changed },
            Act::AskAgain => RequestCommand::AskAgain,
            Act::Done(more) => RequestCommand::End { effect: self.done(*more) },
            Act::Failed => RequestCommand::End { effect: Effect::Failed { why: "frozen".to_owned() } },
            Act::Unknown => RequestCommand::End { effect: Effect::unknown("no answer") },
            Act::Conclude(by, who, is_done) => {
                let failed = || Effect::Failed { why: "found in the books".to_owned() };
                let effect = if *is_done { self.done(0) } else { failed() };
                RequestCommand::Conclude { effect, by: ((*by).to_owned(), who.map(staff)) }
            }
            Act::Change(changed) => {
                match changed {
                    Changed::Bundle => self.standing.bundle = digest(3),
                    Changed::Holder => self.standing.epoch += 1,
                    Changed::Fact => drop(self.standing.facts.insert("refundable".to_owned(), Term::Number(4))),
                    Changed::Verdict
                    | Changed::Case
                    | Changed::Erased
                    | Changed::Asker
                    | Changed::Confirmer
                    | Changed::Untold => self.is_denied_now = true,
                }
                return None;
            }
            Act::Wait(ms) => {
                self.now = self.now.plus_ms(*ms);
                return None;
            }
        })
    }

    fn done(&self, more: i64) -> Effect {
        let amount = penny(5 + more);
        let agrees = Agreement::of(self.request.amount.as_ref(), amount.as_ref());
        Effect::Done { statement: Statement { reference: "r1".to_owned(), amount, at: Some(self.now) }, agrees }
    }

    fn play(&mut self, act: &Act) -> Result<(), String> {
        let before = self.request.clone();
        let Some(command) = self.command(act) else { return Ok(()) };
        match self.request.act(command.clone(), self.now) {
            Err(refusal) => self.refused(&command, &refusal),
            Ok(change) => {
                self.request = before.clone().changed_by(&change);
                self.holds(&before, &change)?;
                self.changes.push(change);
                Ok(())
            }
        }
    }

    /// What is refused changes nothing, and is refused for what it says.
    fn refused(&self, command: &RequestCommand, refusal: &RequestRefusal) -> Result<(), String> {
        let is_so = match (refusal, command) {
            (RequestRefusal::State { state, .. }, RequestCommand::Confirm(_) | RequestCommand::Link { .. }) => {
                *state == self.request.state && *state != RequestState::Waiting
            }
            (RequestRefusal::OtherRequest, RequestCommand::Confirm(given)) => given.hash != self.request.hash,
            (RequestRefusal::OwnRequest, RequestCommand::Confirm(given)) => asked_themselves(&self.request, given),
            (RequestRefusal::OwnRequest, RequestCommand::Link { by, .. }) => {
                matches!(&self.request.by, Asker::Integration { token, .. } if token == by)
            }
            (RequestRefusal::Twice, RequestCommand::Confirm(given)) => {
                self.request.confirmations.iter().any(|before| same(before, given))
            }
            (RequestRefusal::NotWanted(kind), RequestCommand::Confirm(_) | RequestCommand::Link { .. }) => {
                !self.request.wanted.contains(kind)
            }
            (RequestRefusal::Late, RequestCommand::Confirm(_) | RequestCommand::Link { .. }) => {
                self.now >= self.request.due
            }
            (RequestRefusal::OwnConclusion, RequestCommand::Conclude { by, .. }) => own_conclusion(&self.request, by),
            (RequestRefusal::State { state, .. }, RequestCommand::Conclude { .. }) => *state != RequestState::Unknown,
            (_, command) => !matches!(
                command,
                RequestCommand::Confirm(_) | RequestCommand::Link { .. } | RequestCommand::Conclude { .. }
            ),
        };
        if is_so { Ok(()) } else { Err(format!("refused without cause: {refusal}")) }
    }

    fn holds(&mut self, before: &Request, change: &RequestChange) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("{what}: {before:?} by {change:?}"));
        if before.state.is_final() {
            return wrong("what has ended changed");
        }
        let after = &self.request;
        let unchanged = |request: &Request| {
            let Request { hash, amount, arguments, shown, due, by, .. } = request;
            (hash.clone(), amount.clone(), arguments.clone(), shown.clone(), *due, by.clone())
        };
        if unchanged(before) != unchanged(after) {
            return wrong("what was asked for changed");
        }
        let everybody = match &self.asked.decision.verdict.answer {
            Answer::Needs { confirmations } => sorted(confirmations.clone()),
            Answer::Allow | Answer::Deny => Vec::new(),
        };
        let given = sorted(after.confirmations.iter().map(|given| given.by.confirming()).collect());
        if sorted([given.clone(), after.wanted.clone()].concat()) != everybody {
            return wrong("what is wanted and what was given are not what policy needs");
        }
        for (nth, given) in after.confirmations.iter().enumerate() {
            let again = after.confirmations.iter().take(nth).any(|other| same(other, given));
            if again || asked_themselves(after, given) || given.hash != after.hash || given.at >= after.due {
                return wrong("a yes counts that must not");
            }
        }
        match change {
            RequestChange::Executing { .. } => {
                self.executions += 1;
                let as_confirmed = self.asked.standing == self.standing && !self.is_denied_now;
                if self.executions > 1 || given != everybody || !as_confirmed {
                    return wrong("carried out twice, without every yes, or although something changed");
                }
            }
            RequestChange::Linked { link, by } => {
                let is_own = matches!(&after.by, Asker::Integration { token, .. } if token == by);
                let is_wanted = after.wanted.contains(&Confirming::Customer);
                let is_noted = after.link.as_ref() == Some(link);
                let else_as_before = Request { link: before.link.clone(), ..after.clone() } == *before;
                if is_own || !is_wanted || !is_noted || !else_as_before || self.now >= after.due {
                    return wrong("a link that must not be made, or that changes more");
                }
            }
            RequestChange::Confirmed { confirmation } if after.confirmations.last() != Some(confirmation) => {
                return wrong("a yes is kept otherwise than it was given");
            }
            RequestChange::Declined { confirmation }
                if !before.wanted.contains(&confirmation.by.confirming())
                    && !before.confirmations.iter().any(|given| same(given, confirmation)) =>
            {
                return wrong("a no counts of who was not to say yes");
            }
            RequestChange::CarriedOut { .. } | RequestChange::Concluded { .. } if self.executions != 1 => {
                return wrong("an effect of nothing");
            }
            RequestChange::Concluded { .. } if before.state != RequestState::Unknown || !after.state.is_final() => {
                return wrong("what is known was concluded, or what was concluded goes on");
            }
            RequestChange::Voided { changed, .. } if after.void != Some(*changed) => return wrong("void for nothing"),
            _ => {}
        }
        let denied = self.asked.decision.verdict.answer == Answer::Deny;
        if denied { wrong("what policy denied changed") } else { Ok(()) }
    }
}

fn verdict(answer: Answer) -> RequestVerdict {
    let (policies, until, errors, requestable) = (vec![policy("may")], vec![], vec![], vec![]);
    RequestVerdict { answer, policies, until, errors, requestable }
}

fn sorted(mut confirming: Vec<Confirming>) -> Vec<Confirming> {
    confirming.sort_unstable();
    confirming
}

/// Whether both come from the same person.
fn same(one: &Confirmation, other: &Confirmation) -> bool {
    match (&one.by, &other.by) {
        (Confirmer::Staff { staff: one, .. }, Confirmer::Staff { staff: other, .. }) => one == other,
        (one, other) => one.confirming() == other.confirming(),
    }
}

/// Whether who answers is the member of staff who asked.
fn asked_themselves(request: &Request, given: &Confirmation) -> bool {
    let Confirmer::Staff { staff, .. } = &given.by else { return false };
    match &request.by {
        Asker::Staff { staff: asker, .. } => asker == staff,
        Asker::Person { who, .. } => who == staff.as_str(),
        _ => false,
    }
}

#[test]
fn only_what_everybody_wanted_has_confirmed_is_carried_out_and_once() {
    let name = "only_what_everybody_wanted_has_confirmed_is_carried_out_and_once";
    run(name, &(asker(), answer(), vec(act(), 1..40)), |(asker, answer, acts)| {
        let mut played = Played::new(asker, answer);
        for act in &acts {
            played.play(act)?;
        }
        // What is stored is what the record says.
        let told = played.changes.iter().fold(Request::asked_for(&played.asked), Request::changed_by);
        if told == played.request { Ok(()) } else { Err(format!("{told:?} is not {:?}", played.request)) }
    });
}

#[test]
fn what_has_elapsed_may_grow_and_not_shrink() {
    let played = Played::new(Asker::Customer { customer: customer() }, Answer::Allow);
    let days = |elapsed: &[i64]| {
        let elapsed = elapsed.iter().map(|days| ("age_days".to_owned(), *days)).collect();
        played.standing.changed(&RequestStanding { elapsed, ..played.standing.clone() })
    };
    assert_eq!([days(&[3]), days(&[4])], [None, None]);
    assert_eq!([days(&[2]), days(&[])], [Some(Changed::Fact), Some(Changed::Fact)]);
}
