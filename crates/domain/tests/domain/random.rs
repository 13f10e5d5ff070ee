//! Random sessions: any order of commands, verdicts and lost leases must keep every promise.

use crate::{
    promise::MARKER,
    session::Session,
    world::{
        DUE_MS, Says, World, field, file, noted, open_with, owner, policy, reading, responder, set_field, wants_human,
        words,
    },
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, FileFailurePersistence, RngSeed, TestRunner},
};
use remit_domain::{
    Command,
    action::ActionEnd,
    automatic::AutoSubmitted,
    case::Status,
    decision::{Consideration, ConsiderationEffect, Considerations, DecisionPoint, SlaClock, Trigger, YieldReason},
    deferral::{DeferralHow, DeferralKind, Wish},
    ending::Feedback,
    event::Mark,
    id::{SignalName, StaffId},
    offer::{OfferEnd, OfferWithheld},
    signal::{Reading, Value},
};

const DANGERS: [&str; 4] = ["self_harm", "domestic_abuse", "bereavement", "eviction"];
const STAFF: [&str; 3] = ["ana", "ben", "cleo"];
const NAMES: [&str; 7] = ["cards-ai", "help-ai", "loans-ai", "cards", "fraud", "general", "loans"];
/// Where the inputs that once failed are kept, to be tried first.
const REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/domain/random.regressions");
/// The seed of an ordinary run; PROPTEST_RNG_SEED gives another.
const SEED: u64 = 20_250_615;
const CASES: u32 = 400;

/// One random step: what is given, under which lease, and what the world is like then.
#[derive(Debug, Clone)]
struct Turn {
    act: Act,
    /// Added to the current epoch: 0 is the current lease.
    stale: i64,
    human: bool,
    danger: Option<&'static str>,
    says: Vec<(usize, Says)>,
    waits: Vec<(usize, i64)>,
    minutes: i64,
}

#[derive(Debug, Clone)]
enum Act {
    Machine,
    Open,
    Write,
    Answer,
    Attach(bool),
    Measure(Option<&'static str>),
    Yield(YieldReason),
    Return,
    Override(usize),
    Raise,
    Take(usize),
    GiveUp(usize),
    End(usize, bool),
    Resolve,
    Reopen,
    Erase,
    Offer(usize),
    Accept(usize, bool),
    Decline(usize, OfferEnd),
    GiveBack,
    TakeBack,
    Review,
    AtRisk,
    Closed,
    Transfer(usize),
    Consult,
    Advise(usize),
    AskAction(bool),
    EndAction(usize),
    Merge,
    Absorb(bool),
    Feedback(Option<bool>),
    Abandon,
    Silent,
    Contact,
    Late,
    Denied,
    EndDanger(usize),
    Keep,
    WriteAgain,
    Defer(DeferralKind, bool),
    EndDeferral(DeferralKind, DeferralHow, bool),
    Awaited,
    Withhold(usize),
    Set(bool),
    MissDeferral,
}

fn act() -> impl Strategy<Value = Act> {
    use YieldReason::{ConversationStuck, NeedsAction, OutOfScope, ToolFailed, Unsure, WantsHuman, WrongTeam};
    let reasons = vec![Unsure, OutOfScope, NeedsAction, ToolFailed, ConversationStuck, WrongTeam, WantsHuman];
    prop_oneof![
        1 => Just(Act::Open),
        5 => Just(Act::Write),
        3 => Just(Act::Answer),
        2 => any::<bool>().prop_map(Act::Attach),
        2 => prop_oneof![Just(None), Just(Some("gold")), Just(Some("plain"))].prop_map(Act::Measure),
        8 => proptest::sample::select(reasons).prop_map(Act::Yield),
        3 => Just(Act::Return),
        3 => (0..NAMES.len() + 1).prop_map(Act::Override),
        1 => Just(Act::Raise),
        2 => (0..4usize, any::<bool>())
            .prop_map(|(number, gives_up)| if gives_up { Act::GiveUp(number) } else { Act::Take(number) }),
        5 => (0..4usize, proptest::bool::weighted(0.2)).prop_map(|(which, close)| Act::End(which, close)),
        1 => Just(Act::Resolve),
        6 => (0..STAFF.len()).prop_map(Act::Offer),
        5 => (0..3usize, proptest::bool::weighted(0.9)).prop_map(|(back, own)| Act::Accept(back, own)),
        2 => (0..3usize, proptest::sample::select(vec![OfferEnd::Busy, OfferEnd::Expired, OfferEnd::Withdrawn]))
            .prop_map(|(back, how)| Act::Decline(back, how)),
        1 => Just(Act::Machine),
        2 => Just(Act::GiveBack),
        2 => Just(Act::TakeBack),
        1 => Just(Act::Review),
        2 => Just(Act::AtRisk),
        2 => Just(Act::Closed),
        2 => (0..NAMES.len() + 1).prop_map(Act::Transfer),
        1 => Just(Act::Consult),
        1 => (0..3usize).prop_map(Act::Advise),
        2 => any::<bool>().prop_map(Act::AskAction),
        1 => (0..3usize).prop_map(Act::EndAction),
        1 => (proptest::bool::weighted(0.3), any::<bool>())
            .prop_map(|(merge, human)| if merge { Act::Merge } else { Act::Absorb(human) }),
        1 => any::<Option<bool>>().prop_map(Act::Feedback),
        1 => proptest::bool::weighted(0.5).prop_map(|gone| if gone { Act::Abandon } else { Act::Silent }),
        1 => Just(Act::Contact),
        1 => Just(Act::Late),
        1 => Just(Act::Denied),
        1 => (0..DANGERS.len() + 1).prop_map(Act::EndDanger),
        1 => Just(Act::Keep),
        1 => Just(Act::WriteAgain),
        5 => (kind(), proptest::bool::weighted(0.8)).prop_map(|(kind, held)| Act::Defer(kind, held)),
        4 => (kind(), how(), any::<bool>()).prop_map(|(kind, how, held)| Act::EndDeferral(kind, how, held)),
        1 => Just(Act::Awaited),
        1 => any::<bool>().prop_map(Act::Set),
        1 => Just(Act::MissDeferral),
        1 => (0..STAFF.len()).prop_map(Act::Withhold),
        3 => Just(Act::Reopen),
        1 => proptest::bool::weighted(0.2).prop_map(|erase| if erase { Act::Erase } else { Act::Write }),
    ]
}

fn kind() -> impl Strategy<Value = DeferralKind> {
    proptest::sample::select(DeferralKind::ALL.to_vec())
}

fn how() -> impl Strategy<Value = DeferralHow> {
    use DeferralHow::{Cancelled, CaseEnded, Due, Kept, Missed, Promise};
    proptest::sample::select(vec![Due, Due, CaseEnded, Promise, Kept, Cancelled, Missed])
}

fn says() -> impl Strategy<Value = Says> {
    prop_oneof![
        12 => Just(Says::Allow),
        3 => Just(Says::Deny("support.deny")),
        2 => Just(Says::Nothing),
        2 => Just(Says::Collects),
        2 => Just(Says::CallsBack),
        1 => Just(Says::Fails("support.broken")),
        1 => Just(Says::FailsOpen("support.broken")),
    ]
}

fn turn() -> impl Strategy<Value = Turn> {
    let stale = prop_oneof![8 => Just(0i64), 1 => -3..0i64, 1 => 1..3i64];
    let says = vec((0..NAMES.len(), says()), 0..3);
    let waits = vec((0..NAMES.len(), 0..40i64), 0..2);
    let danger = proptest::option::weighted(0.1, proptest::sample::select(DANGERS.to_vec()));
    (act(), stale, proptest::bool::weighted(0.06), danger, says, waits, 0..300i64).prop_map(
        |(act, stale, human, danger, says, waits, minutes)| Turn { act, stale, human, danger, says, waits, minutes },
    )
}

/// One of each kind that is weighed beside policy.
fn considerations() -> Considerations {
    let of = ["general", "help-ai", "loans"].map(responder).to_vec();
    let effects = [
        ("weighs.amount", ConsiderationEffect::Amount { minor: -150 }),
        ("weighs.share", ConsiderationEffect::Share { percent: 50 }),
        ("weighs.order", ConsiderationEffect::Order { of }),
        ("weighs.skills", ConsiderationEffect::Skills { least: [("loans".to_owned(), 3)].into(), language: 2 }),
    ];
    let all = effects
        .map(|(name, effect)| (policy(name), Consideration { owner: owner("support"), reason: "so".into(), effect }));
    all.into()
}

fn world() -> impl Strategy<Value = World> {
    // Few costs, so that ties are common; sometimes nobody may have anything.
    let applies = proptest::option::of(vec(vec(proptest::bool::weighted(0.3), 4), NAMES.len()));
    let all = vec((0..4i64, says()), NAMES.len());
    (all, 0..5u32, proptest::bool::weighted(0.1), applies).prop_map(|(all, limit, closed, applies)| {
        let mut world = World::new(&NAMES.map(|name| (name, 0)));
        world.handoffs_max = limit;
        if let Some(applies) = applies {
            world.considerations = considerations();
            let of = |flags: Vec<bool>| {
                let chosen = world.considerations.iter().zip(flags).filter(|(_, applies)| *applies);
                chosen.map(|((id, _), _)| id.clone()).collect()
            };
            world.applies = applies.into_iter().map(of).collect();
        }
        for ((facts, says), (cost, random)) in world.responders.iter_mut().zip(all) {
            facts.handling_minor = cost * 100;
            *says = if closed { Says::Nothing } else { random };
        }
        world
    })
}

/// Gives the turn's command to the session.
fn play(session: &mut Session, turn: &Turn) -> Result<(), String> {
    for (index, says) in &turn.says {
        session.world.responders[*index].1 = says.clone();
    }
    for (index, wait) in &turn.waits {
        session.world.responders[*index].0.expected_wait_ms = wait * 60_000;
    }
    session.world.now = session.world.now.plus_ms(turn.minutes * 60_000);
    let now = session.world.now;
    let mut readings: Vec<(SignalName, Reading)> = vec![];
    if turn.human {
        readings.push(wants_human(now));
    }
    let current = session.case.as_ref().and_then(|case| case.holder.as_ref()).map_or(0, |holder| holder.epoch);
    let epoch = current.saturating_add_signed(turn.stale);
    let situation = turn.danger.map(noted);
    let text = || words(MARKER);
    let command = match &turn.act {
        _ if session.case.is_none() => open_with(readings),
        Act::Open => open_with(readings),
        Act::Write => Command::Write { words: text(), readings, situation },
        Act::Machine => {
            Command::KeepAutomatic { words: text(), auto_submitted: AutoSubmitted::AutoGenerated, situation: None }
        }
        Act::Answer => Command::Answer { epoch, words: text(), to: None, marks: vec![Mark::Promise], found: None },
        Act::Attach(holder) => Command::Attach {
            epoch: holder.then_some(epoch),
            words: text(),
            attachment: file("3000000").ok_or("no file")?,
        },
        Act::Measure(class) => {
            readings.extend(class.map(|class| reading("value_class", Value::name(class), now)));
            // Of what is told with a danger, that no human was asked for.
            let not_asked = situation.is_some().then(|| "crm".into());
            Command::Measure { readings, situation, not_asked }
        }
        Act::Yield(reason) => Command::Yield { epoch, reason: *reason, note: Some(text()), found: None },
        Act::Return => Command::ReturnToAi { epoch, note: None },
        Act::Override(index) => {
            Command::Override { to: responder(NAMES.get(*index).unwrap_or(&"nobody")), reason: text() }
        }
        Act::Raise => Command::RaiseException { owner: owner("legal"), due: now.plus_ms(DUE_MS), reason: Some(text()) },
        Act::GiveUp(number) => Command::GiveUpException { exception: session.exception(*number), reason: text() },
        Act::Take(number) => Command::TakeException { exception: session.exception(*number) },
        // The newest exceptions are the ones that still are open.
        Act::End(back, close) => {
            let number = (session.exceptions.len() + 1).saturating_sub(*back);
            Command::ResolveException { exception: session.exception(number), reason: Some(text()), close: *close }
        }
        Act::Resolve => Command::Resolve { epoch, note: None, disposition: None },
        Act::Reopen => Command::Reopen { reason: text() },
        Act::Erase => Command::Erase,
        Act::Offer(index) => session.offering(STAFF.get(*index).copied().unwrap_or("ana")),
        // The newest offers are the ones that still are open.
        Act::Accept(back, own) => {
            let (offer, staff) = session.offer((session.offers.len() + 1).saturating_sub(*back));
            Command::Accept { offer, staff: if *own { staff } else { StaffId::new("mallory").unwrap() } }
        }
        Act::Decline(back, how) => {
            let (offer, staff) = session.offer((session.offers.len() + 1).saturating_sub(*back));
            Command::EndOffer { offer, staff: Some(staff).filter(|_| *how == OfferEnd::Busy), how: *how }
        }
        Act::GiveBack => Command::Return { epoch, note: None },
        Act::TakeBack => Command::TakeBack { epoch },
        Act::Transfer(index) => {
            Command::Transfer { epoch, to: responder(NAMES.get(*index).unwrap_or(&"nobody")), note: Some(text()) }
        }
        Act::Consult => Command::Consult { epoch, queue: responder("loans"), question: text() },
        Act::Advise(back) => Command::AnswerConsult { consult: session.consult(*back), answer: text() },
        Act::AskAction(allow) => session.asking(epoch, "refund", *allow),
        Act::EndAction(back) => {
            Command::EndAction { epoch, action: session.action(*back), how: ActionEnd::Done, note: Some(text()) }
        }
        Act::Merge => Command::Merge { epoch, into: session.other_case() },
        Act::Absorb(human_requested) => {
            let (from, reopens) = (session.other_case(), Some(text()));
            Command::Absorb { from, situations: vec![], human_requested: *human_requested, reopens }
        }
        Act::Feedback(solved) => {
            let reopens = (*solved == Some(false)).then(text);
            Command::GiveFeedback { feedback: Feedback { solved: *solved, satisfaction: Some(3) }, reopens }
        }
        Act::Abandon => Command::Abandon,
        Act::Silent => Command::EndSilent { epoch },
        Act::EndDanger(index) => {
            Command::EndSituation { situation: DANGERS.get(*index).copied().unwrap_or("none").into(), reason: text() }
        }
        Act::Keep => Command::DeclineHandover { epoch, note: Some(text()) },
        Act::WriteAgain => Command::WriteAgain { words: text(), readings, situation },
        Act::Defer(kind, held) => {
            let until = now.plus_ms(turn.minutes * 60_000);
            let call_by = (*kind == DeferralKind::Callback).then(|| until.plus_ms(900_000));
            let field = (*kind == DeferralKind::Snooze).then(field);
            let wish = Wish {
                kind: *kind,
                until,
                call_by,
                after: None,
                field,
                party: None,
                note: Some(text()),
                wording: None,
            };
            Command::Defer { epoch: held.then_some(epoch), wish }
        }
        Act::Set(decides) => Command::SetFields(set_field(*decides)),
        Act::MissDeferral => Command::MissDeferral { due: now.plus_ms(DUE_MS) },
        Act::EndDeferral(kind, how, held) => {
            let (epoch, due) = (held.then_some(epoch), now.plus_ms(DUE_MS));
            Command::EndDeferral { epoch, kind: *kind, how: *how, due }
        }
        Act::Awaited => Command::NoteAwaited { by: session.other_case() },
        Act::Withhold(index) => {
            let staff = StaffId::new(STAFF.get(*index).copied().unwrap_or("ana")).unwrap();
            let (action, policies) = ("offer.answer".to_owned(), vec![]);
            Command::Withhold { withheld: OfferWithheld { staff, action, policies, at: now } }
        }
        Act::Denied => Command::DenyTurn { epoch, owner: owner("legal"), due: now.plus_ms(DUE_MS), reason: text() },
        Act::Late => Command::NoteLate { responder: responder("cards-ai"), epoch },
        Act::Contact => Command::NoteContact { case: session.other_case(), linked: false },
        Act::Review => Command::Review { epoch, point: DecisionPoint::StopAi, trigger: Trigger::AiStopped },
        Act::Closed => Command::Review { epoch, point: DecisionPoint::Retain, trigger: Trigger::QueueClosed },
        Act::AtRisk => Command::Review {
            epoch,
            point: DecisionPoint::Retain,
            trigger: Trigger::SlaAtRisk { clock: SlaClock::Resolution },
        },
    };
    session.give(command).map(drop)
}

pub(crate) fn run<S: Strategy>(test: &str, strategy: &S, check: impl Fn(S::Value) -> Result<(), String>) {
    let mut config = Config { source_file: Some(file!()), ..Config::default() };
    config.failure_persistence = Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS)));
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    let RngSeed::Fixed(seed) = config.rng_seed else { unreachable!("a seed was set above") };
    let cases = config.cases;
    let outcome = TestRunner::new(config).run(strategy, |value| check(value).map_err(TestCaseError::fail));
    if let Err(failure) = outcome {
        panic!(
            "{failure}\nreplay: PROPTEST_RNG_SEED={seed} PROPTEST_CASES={cases} \
             cargo test -p remit-domain --test domain {test}\n"
        );
    }
}

#[test]
fn random_sessions_keep_every_promise() {
    run("random_sessions_keep_every_promise", &(world(), vec(turn(), 1..60)), |(world, turns)| {
        let mut session = Session::new(world);
        turns.iter().enumerate().try_for_each(|(index, turn)| {
            play(&mut session, turn).map_err(|broken| format!("turn {index}, {:?}: {broken}", turn.act))
        })
    });
}

#[test]
fn the_sequence_names_who_is_next() {
    run("the_sequence_names_who_is_next", &world(), |mut world| {
        world.handoffs_max = 99;
        let mut session = Session::new(world);
        session.give(open_with(vec![]))?.map_err(|e| e.to_string())?;
        loop {
            let case = session.case.clone().ok_or("no case")?;
            let holder = case.holder.ok_or("no holder")?;
            if holder.responder().is_none() || case.status != Status::Open {
                return Ok(());
            }
            let note = None;
            let command = Command::Yield { epoch: holder.epoch, reason: YieldReason::Unsure, note, found: None };
            let effects = session.give(command)?.map_err(|e| e.to_string())?;
            let got = effects.case.holder.as_ref().and_then(|holder| holder.responder());
            if got != case.sequence.first() {
                return Err(format!("{:?} was next, {got:?} got it", case.sequence));
            }
        }
    });
}
