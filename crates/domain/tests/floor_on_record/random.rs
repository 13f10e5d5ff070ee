//! Random interleavings of what people do, what is committed, what is followed and what the floor proposes.

use crate::record::{Both, staff};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngSeed, TestRunner},
};
use remit_domain::{
    floor::{Presence, With},
    offer::OfferEnd,
};

const CASES: usize = 12;
const STAFF: usize = 4;
const SEED: u64 = 20_261_129;
const RUNS: u32 = 300;

#[derive(Debug, Clone)]
enum Turn {
    Waits(usize),
    Accepted(usize),
    Ended(usize, OfferEnd),
    Written(usize, bool),
    Resolved(usize),
    Noted(usize, u32),
    Said(usize, u32),
    Propose,
    Decide(usize),
    Settle(usize),
    Follow(usize),
    Due(usize),
    Pass(i64),
}

fn turn() -> impl Strategy<Value = Turn> {
    let how = proptest::sample::select(vec![OfferEnd::Busy, OfferEnd::Expired, OfferEnd::Withdrawn]);
    prop_oneof![
        8 => (0..CASES).prop_map(Turn::Waits),
        5 => (0..CASES).prop_map(Turn::Accepted),
        4 => (0..CASES, how).prop_map(|(n, how)| Turn::Ended(n, how)),
        3 => (0..CASES, any::<bool>()).prop_map(|(n, by)| Turn::Written(n, by)),
        5 => (0..CASES).prop_map(Turn::Resolved),
        2 => (0..STAFF, 0..4u32).prop_map(|(n, room)| Turn::Noted(n, room)),
        5 => (0..STAFF, 0..6u32).prop_map(|(n, to)| Turn::Said(n, to)),
        14 => Just(Turn::Propose),
        10 => (0..9usize).prop_map(Turn::Decide),
        10 => (0..9usize).prop_map(Turn::Settle),
        16 => (0..99usize).prop_map(Turn::Follow),
        4 => (0..9usize).prop_map(Turn::Due),
        3 => (0..900_000i64).prop_map(Turn::Pass),
    ]
}

fn play(both: &mut Both, turn: &Turn) -> Result<(), String> {
    match *turn {
        Turn::Waits(n) => both.waits(n),
        Turn::Accepted(n) => drop(both.accepted(n)),
        Turn::Ended(n, how) => drop(both.ended(n, how)),
        Turn::Written(n, by_customer) => both.written(n, by_customer),
        Turn::Resolved(n) => both.resolved(n),
        Turn::Noted(n, room) => both.noted(n, room),
        Turn::Said(n, to) => {
            let away = Presence::Away { reason: "lunch".into() };
            let to = [Presence::Offline, away, Presence::Busy].get(to as usize).cloned();
            both.said(n, to.unwrap_or(Presence::Available));
        }
        Turn::Propose => drop(both.propose()),
        Turn::Decide(nth) if !both.on_its_way.is_empty() => {
            let nth = nth % both.on_its_way.len();
            let to = both.on_its_way[nth].0.pairing.staff.clone();
            let made = both.decide(nth);
            let n = (0..STAFF).find(|n| staff(*n) == to).unwrap();
            if made && both.expects() && (both.has(n) > both.people[&n].room || both.is_absent(n)) {
                return Err(format!("{to} is offered more than they have room for: {:?}", both.people[&n]));
            }
        }
        Turn::Settle(nth) if !both.decided.is_empty() => both.settle(nth % both.decided.len()),
        Turn::Follow(nth) if !both.late.is_empty() => {
            let change = *both.late.keys().nth(nth % both.late.len()).unwrap();
            both.follow(change);
        }
        Turn::Due(nth) => {
            let due = both.floor.due(both.now);
            if let Some(proposal) = due.get(nth % due.len().max(1)) {
                both.carry_out(proposal);
            }
        }
        Turn::Pass(ms) => both.now = both.now.plus_ms(ms),
        Turn::Decide(_) | Turn::Settle(_) | Turn::Follow(_) => {}
    }
    Ok(())
}

fn check(expects: bool, turns: &[Turn]) -> Result<(), String> {
    let mut both = Both::new(expects);
    (0..STAFF).for_each(|n| both.noted(n, 1 + n as u32 % 2));
    for (index, turn) in turns.iter().enumerate() {
        play(&mut both, turn).map_err(|broken| format!("turn {index}, {turn:?}: {broken}"))?;
    }
    both.quiet();
    let again = both.floor.floor().terms().again_ms;
    for (n, case) in &both.cases {
        match &case.with {
            With::Offered { staff: to, .. } if (0..STAFF).any(|n| staff(n) == *to && both.is_absent(n)) => {
                return Err(format!("case {n} is offered to {to}, who is gone"));
            }
            With::Queue => {
                let lately = |who: &usize| {
                    let passed = |(case, by, when): &(usize, usize, _)| {
                        case == n && by == who && remit_domain::id::Timestamp::plus_ms(*when, again) > both.now
                    };
                    both.passed.iter().any(passed)
                };
                let could = |who: &usize| {
                    let person = &both.people[who];
                    person.presence == Presence::Available && both.has(*who) < person.room && !lately(who)
                };
                if let Some(who) = (0..STAFF).find(could) {
                    return Err(format!("case {n} waits, and staff-{who} could take it"));
                }
            }
            With::Held { .. } | With::Offered { .. } | With::Nobody => {}
        }
    }
    let (rebuilt, kept) = (both.known(&both.rebuilt()), both.known(&both.floor));
    if rebuilt != kept {
        return Err(format!("followed:\n{kept:?}\nfrom nothing:\n{rebuilt:?}"));
    }
    Ok(())
}

#[test]
fn random_interleavings_keep_every_promise() {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = RUNS;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    let seed = config.rng_seed;
    let runs = (any::<bool>(), vec(turn(), 1..160));
    let outcome =
        TestRunner::new(config).run(&runs, |(expects, turns)| check(expects, &turns).map_err(TestCaseError::fail));
    if let Err(failure) = outcome {
        panic!("{failure}\nreplay: PROPTEST_RNG_SEED of {seed:?}");
    }
}
