//! What simulations come to, held against what is exact, and what must hold of each whatever there is.

use super::{
    AiOutage, AiStage, ArrivalRates, CountedWindow, CustomerClass, DescribedRouting, Network, OnwardTransfer,
    Replications, ReturnShares, RunTally, ServingOrder, ShiftEnd, ShiftStep, SimulatedQueue, StaffGroup,
    TimeDistribution, replicate, run,
};
use crate::queue::Queue;
use proptest::prelude::*;

/// A queue to which so many come in a minute, each for a minute, to so many people.
fn queue(arrivals: f64, people: u32, patience: TimeDistribution) -> Network {
    Network {
        arrivals: ArrivalRates::constant(vec![arrivals]),
        classes: vec![CustomerClass {
            ai_first: false,
            contained: 0.0,
            ai_time: TimeDistribution::Constant(0.0),
            queue: 0,
            priority: 0,
            patience,
            handling: TimeDistribution::Exponential(1.0),
            transfer: None,
            returns: ReturnShares::NEVER,
        }],
        ai: AiStage::default(),
        queues: vec![SimulatedQueue { threshold: 0.1 }],
        groups: vec![group(people)],
    }
}

fn group(people: u32) -> StaffGroup {
    StaffGroup {
        shifts: vec![ShiftStep { from: 0.0, people }],
        period: None,
        queues: vec![0],
        order: ServingOrder::Queues,
        pace: 1.0,
        at_end: ShiftEnd::Finish,
    }
}

fn ran(network: &Network, to: f64) -> RunTally {
    run(network, &mut DescribedRouting::of(network), CountedWindow { from: to / 20.0, to, by_slot: false }, 7).unwrap()
}

fn near(what: &str, got: f64, exact: f64, apart: f64) {
    assert!((got - exact).abs() <= apart * exact, "{what} came to {got}, and is {exact}");
}

#[test]
fn queues_come_to_what_erlang_says() {
    for (arrivals, people, patience) in [(9.0, 10, 2.0), (12.0, 10, 0.5), (47.5, 50, 2.0), (8.0, 10, f64::INFINITY)] {
        let waits =
            if patience.is_finite() { TimeDistribution::Exponential(patience) } else { TimeDistribution::Never };
        let tally = ran(&queue(arrivals, people, waits), 400_000.0 / arrivals);
        let exact = Queue::new(arrivals, 1.0, 1.0 / patience).unwrap().with(people).unwrap();
        let got = tally.queues[0];
        near("the share that waits", got.waits(), exact.waits(), 0.03);
        near("the mean wait", got.mean_wait(), exact.mean_wait(), 0.08);
        near("occupancy", tally.occupancy(), exact.occupancy(), 0.01);
        near("the share that waits longer", got.waits_beyond(), exact.wait_exceeds(0.1), 0.05);
        if patience.is_finite() {
            near("the share that gives up", got.gives_up(), exact.gives_up(), 0.05);
        }
    }
}

#[test]
fn who_is_first_waits_as_cobham_says() {
    // Of two priorities with the same times, W_k = C/(nμ) / ((1 − s_{k−1})(1 − s_k)).
    let mut network = queue(0.0, 5, TimeDistribution::Never);
    network.arrivals = ArrivalRates::constant(vec![1.5, 2.5]);
    let class = network.classes.remove(0);
    network.classes = vec![class.clone(), CustomerClass { queue: 1, priority: 1, ..class }];
    network.queues = vec![SimulatedQueue { threshold: 0.1 }; 2];
    network.groups = vec![StaffGroup { queues: vec![0, 1], ..group(5) }];
    let tally = ran(&network, 200_000.0);
    let all = Queue::new(4.0, 1.0, 0.0).unwrap().with(5).unwrap();
    let base = all.waits() / 5.0;
    near("the first's wait", tally.queues[0].mean_wait(), base / (1.0 - 0.3), 0.05);
    near("the second's wait", tally.queues[1].mean_wait(), base / ((1.0 - 0.3) * (1.0 - 0.8)), 0.05);
}

#[test]
fn the_outcome_is_the_same_on_any_number_of_threads() {
    let network = queue(9.0, 10, TimeDistribution::Exponential(2.0));
    let asked = |threads| Replications {
        count: 5,
        window: CountedWindow { from: 10.0, to: 500.0, by_slot: false },
        seed: 3,
        threads,
    };
    let one = replicate(&network, &asked(1), || DescribedRouting::of(&network)).unwrap();
    let four = replicate(&network, &asked(4), || DescribedRouting::of(&network)).unwrap();
    assert_eq!(one, four);
    assert_eq!(one.runs.len(), 5);
    assert!(one.runs.windows(2).all(|two| two[0] != two[1]));
    let wait = one.estimate(|tally| tally.queues[0].mean_wait());
    assert!(wait.half_width > 0.0 && wait.half_width < wait.mean);
}

#[test]
fn both_of_two_networks_meet_the_same_customers() {
    let (few, more) = (queue(9.0, 10, TimeDistribution::Never), queue(9.0, 11, TimeDistribution::Never));
    let asked = Replications {
        count: 4,
        window: CountedWindow { from: 0.0, to: 2_000.0, by_slot: false },
        seed: 3,
        threads: 1,
    };
    let few = replicate(&few, &asked, || DescribedRouting::of(&few)).unwrap();
    let more = replicate(&more, &asked, || DescribedRouting::of(&more)).unwrap();
    for (few, more) in few.runs.iter().zip(&more.runs) {
        assert_eq!(few.asked, more.asked);
        assert!(few.queues[0].wait > more.queues[0].wait);
    }
    let (wait, alone) =
        (few.difference(&more, |tally| tally.queues[0].mean_wait()), few.estimate(|tally| tally.queues[0].mean_wait()));
    assert!(wait.mean + wait.half_width < 0.0 && wait.half_width < alone.half_width, "{wait:?} {alone:?}");
}

#[test]
fn who_serves_somebody_when_their_shift_ends_goes_on_or_hands_back() {
    // Ten are at work in one hour of two. In the other nobody serves, and who was handed back waits.
    let shifts = vec![ShiftStep { from: 0.0, people: 10 }, ShiftStep { from: 60.0, people: 0 }];
    let mut network = queue(2.0, 0, TimeDistribution::Exponential(30.0));
    network.classes[0].handling = TimeDistribution::Constant(10.0);
    network.groups = vec![StaffGroup { shifts, period: Some(120.0), ..group(0) }];
    let finish = ran(&network, 12_000.0);
    network.groups[0].at_end = ShiftEnd::HandBack;
    let hand_back = ran(&network, 12_000.0);
    let over = |tally: &RunTally| tally.busy[0] / tally.at_work[0];
    assert!(over(&finish) > 1.0, "they work on after their shift: {}", over(&finish));
    assert!(over(&hand_back) <= 1.0 + 1e-9, "nobody works on: {}", over(&hand_back));
    for tally in [finish, hand_back] {
        assert_eq!(tally.queues[0].offered, tally.queues[0].served + tally.queues[0].gave_up);
        near("hours at work", tally.at_work[0], 10.0 * tally.length / 2.0, 0.01);
    }
}

#[test]
fn while_ai_is_gone_people_get_everything() {
    let mut network = queue(4.0, 20, TimeDistribution::Exponential(5.0));
    network.classes[0].ai_first = true;
    network.classes[0].contained = 0.75;
    network.classes[0].ai_time = TimeDistribution::Exponential(3.0);
    let with = ran(&network, 10_000.0);
    near("what people get", with.queues[0].offered as f64 / with.length, 1.0, 0.05);
    network.ai.outages = vec![AiOutage { from: 0.0, to: 5_000.0 }];
    let half = ran(&network, 10_000.0);
    let gone = 4_500.0 / 9_500.0;
    near("what people get", half.queues[0].offered as f64 / half.length, 1.0 + 3.0 * gone, 0.05);
    // What AI holds when it goes is people's at once, and a limit holds up no more than it says.
    network.ai = AiStage { at_once: Some(9), outages: vec![AiOutage { from: 4_000.0, to: 4_100.0 }] };
    let limited = ran(&network, 10_000.0);
    assert!(limited.ai_wait > 0.0);
    assert!(limited.ai_visits < with.ai_visits && limited.visits == with.visits);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn nobody_is_lost(
        arrivals in 0.0f64..20.0,
        people in 0u32..30,
        patience in prop_oneof![Just(None), (0.01f64..50.0).prop_map(Some)],
        contained in 0.0f64..=1.0,
        back in (0.0f64..0.9, 0.0f64..0.9, 0.0f64..=1.0),
        transfer in prop_oneof![Just(0.0), 0.0f64..=1.0],
        ends in prop_oneof![Just(ShiftEnd::Finish), Just(ShiftEnd::HandBack)],
        limit in prop_oneof![Just(None), (1u32..10).prop_map(Some)],
        seed: u64,
    ) {
        let waits = patience.map_or(TimeDistribution::Never, TimeDistribution::Exponential);
        let mut network = queue(arrivals, people, waits);
        network.queues = vec![SimulatedQueue { threshold: 1.0 }; 2];
        network.ai = AiStage { at_once: limit, outages: vec![AiOutage { from: 30.0, to: 50.0 }] };
        let class = &mut network.classes[0];
        (class.ai_first, class.contained) = (true, contained);
        class.ai_time = TimeDistribution::LogNormal(1.0, 1.2);
        class.handling = TimeDistribution::Gamma(1.0, 0.7);
        class.transfer = Some(OnwardTransfer { share: transfer, queue: 1, handling: TimeDistribution::Constant(2.0) });
        class.returns = ReturnShares {
            after_ai: back.0,
            after_people: back.1,
            after_giving_up: back.2,
            delay: TimeDistribution::Exponential(10.0),
        };
        let shifts = vec![ShiftStep { from: 0.0, people }, ShiftStep { from: 13.0, people: people / 2 }];
        let both = StaffGroup { shifts, period: Some(25.0), queues: vec![1, 0], at_end: ends, ..group(0) };
        network.groups = vec![both, StaffGroup { order: ServingOrder::Longest, ..group(people / 3) }];
        let window = CountedWindow { from: 0.0, to: 200.0, by_slot: true };
        let tally = run(&network, &mut DescribedRouting::of(&network), window, seed).unwrap();
        for queue in &tally.queues {
            prop_assert_eq!(queue.offered, queue.served + queue.gave_up);
            prop_assert!(queue.at_once <= queue.within && queue.within <= queue.served);
            prop_assert!(queue.wait.is_finite() && queue.wait >= 0.0);
        }
        let first = tally.queues[0].offered;
        // Each visit is kept by AI, came to people, or is still on its way there.
        prop_assert!(tally.ai_kept + first <= tally.visits);
        prop_assert!(tally.asked <= tally.visits);
        prop_assert!(tally.visits - tally.ai_kept - first <= tally.unfinished + tally.with_ai);
        let slots: u64 = tally.by_slot.iter().map(|slot| slot.offered).sum();
        prop_assert_eq!(slots, tally.queues.iter().map(|queue| queue.offered).sum::<u64>());
        prop_assert!(tally.occupancy().is_finite());
        let again = run(&network, &mut DescribedRouting::of(&network), window, seed).unwrap();
        prop_assert_eq!(tally, again);
    }
}

#[test]
fn what_is_out_of_bounds_is_said() {
    let bad = |change: fn(&mut Network)| {
        let mut network = queue(1.0, 1, TimeDistribution::Never);
        change(&mut network);
        let window = CountedWindow { from: 0.0, to: 1.0, by_slot: false };
        run(&network, &mut DescribedRouting::of(&network), window, 1).unwrap_err().to_string()
    };
    assert!(bad(|network| network.arrivals.rates = vec![vec![-1.0]]).contains("negative"));
    assert!(bad(|network| network.classes[0].contained = 1.5).contains("between 0 and 1"));
    assert!(bad(|network| network.classes[0].queue = 7).contains("not there"));
    assert!(bad(|network| network.groups[0].shifts.clear()).contains("begin at 0"));
    assert!(bad(|network| network.classes[0].handling = TimeDistribution::Never).contains("ends some time"));
    assert!(bad(|network| network.classes[0].handling = TimeDistribution::LogNormal(1.0, f64::NAN)).contains("NaN"));
    assert!(bad(|network| network.arrivals.rates = vec![vec![1e30]]).contains("1.0e30 customers"));
    assert!(
        bad(|network| {
            network.arrivals.rates = vec![vec![9.0]];
            let class = &mut network.classes[0];
            (class.ai_first, class.contained) = (true, 1.0);
            let delay = TimeDistribution::Constant(0.0);
            class.returns = ReturnShares { after_ai: 1.0, after_people: 1.0, after_giving_up: 1.0, delay };
        })
        .contains("without end")
    );
}
