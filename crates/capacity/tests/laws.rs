//! What queueing theory says of any queue, held for drawn ones.

use proptest::prelude::*;
use remit_capacity::{
    Uncomputable,
    flow::{Ai, BreakEven, Demand, Difficulty, Fatigue, Flow, Returns, Support, Tier, fit, scenarios},
    queue::{
        Level, LevelBase, Line, Performance, Queue, SERVERS_MAX, Target, blocked, delayed, pooling, priority, rostered,
        square_root, staffing,
    },
};

/// A number of any size between two.
fn of_any_size(low: f64, high: f64) -> impl Strategy<Value = f64> {
    (low.ln()..high.ln()).prop_map(f64::exp)
}

/// Every figure of how a queue goes.
fn figures(how: &Performance, time: f64) -> [f64; 12] {
    [
        how.waits(),
        how.gives_up(),
        how.served(),
        how.mean_wait(),
        how.mean_wait_of_served(),
        how.queue_length(),
        how.occupancy(),
        how.offered_wait_exceeds(time),
        how.wait_exceeds(time),
        how.served_after(time),
        how.served_within(time),
        how.served_within_of_served(time),
    ]
}

fn hold(how: &Performance, time: f64) {
    for (at, figure) in figures(how, time).into_iter().enumerate() {
        assert!(figure.is_finite() && figure >= 0.0, "figure {at} is {figure}: {how:?} at {time}");
        let is_share = !(3..=5).contains(&at);
        assert!(!is_share || figure <= 1.0, "figure {at} is {figure}: {how:?} at {time}");
    }
}

/// `one` is at most `other`, but for rounding.
fn at_most(one: f64, other: f64) {
    assert!(one <= other * (1.0 + 1e-9) + 1e-12, "{one} {other}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn every_figure_of_any_queue_is_a_number(
        arrivals in of_any_size(1e-6, 1e6), handling in of_any_size(1e-3, 1e3), ratio in of_any_size(1e-6, 1e6),
        servers in 1u32..3_000, time in of_any_size(1e-6, 1e6), patient in any::<bool>(),
    ) {
        let Ok(queue) = Queue::of_times(arrivals, handling, (!patient).then_some(handling * ratio)) else {
            return Ok(());
        };
        match queue.with(servers) {
            Ok(how) => [0.0, time, 1e12].iter().for_each(|time| hold(&how, *time)),
            Err(refused) => {
                let is_unstable = matches!(refused, Uncomputable::Unstable { .. });
                prop_assert!(is_unstable && patient && queue.offered() >= f64::from(servers));
            }
        }
    }

    #[test]
    fn whoever_comes_is_served_in_time_or_later_or_gives_up(
        arrivals in of_any_size(0.01, 1e3), handling in of_any_size(0.1, 100.0), ratio in of_any_size(1e-3, 1e3),
        servers in 1u32..300, time in of_any_size(1e-3, 100.0),
    ) {
        let how = Queue::of_times(arrivals, handling, Some(handling * ratio)).unwrap().with(servers).unwrap();
        let whole = how.served_within(time) + how.served_after(time) + how.gives_up();
        prop_assert!((whole - 1.0).abs() < 1e-9, "{whole}");
        // Who works, works off what is served; who waits, gives up at the rate of giving up.
        let worked = f64::from(servers) * how.occupancy() / handling;
        prop_assert!((worked / (arrivals * how.served()) - 1.0).abs() < 1e-9);
        let gave_up = how.queue_length() / (handling * ratio);
        prop_assert!((gave_up - arrivals * how.gives_up()).abs() <= 1e-9 * gave_up);
    }

    #[test]
    fn one_more_at_work_makes_nothing_worse(
        arrivals in of_any_size(0.01, 1e3), handling in of_any_size(0.1, 100.0), ratio in of_any_size(1e-3, 1e3),
        servers in 1u32..300, time in of_any_size(1e-3, 100.0), patient in any::<bool>(),
    ) {
        let queue = Queue::of_times(arrivals, handling, (!patient).then_some(handling * ratio)).unwrap();
        let (Ok(fewer), Ok(more)) = (queue.with(servers), queue.with(servers + 1)) else { return Ok(()) };
        at_most(more.waits(), fewer.waits());
        at_most(more.gives_up(), fewer.gives_up());
        at_most(more.mean_wait(), fewer.mean_wait());
        at_most(more.mean_wait_of_served(), fewer.mean_wait_of_served());
        at_most(more.occupancy(), fewer.occupancy());
        at_most(more.wait_exceeds(time), fewer.wait_exceeds(time));
        at_most(fewer.served_within(time), more.served_within(time));
        at_most(fewer.served_within_of_served(time), more.served_within_of_served(time));
    }

    #[test]
    fn more_who_come_make_nothing_better(
        arrivals in of_any_size(0.01, 1e3), handling in of_any_size(0.1, 100.0), ratio in of_any_size(1e-3, 1e3),
        servers in 1u32..300, time in of_any_size(1e-3, 100.0), times in 1.0f64..2.0, patient in any::<bool>(),
    ) {
        let patience = (!patient).then_some(handling * ratio);
        let with = |arrivals: f64| Queue::of_times(arrivals, handling, patience).unwrap().with(servers);
        let (Ok(few), Ok(many)) = (with(arrivals), with(arrivals * times)) else { return Ok(()) };
        at_most(few.waits(), many.waits());
        at_most(few.gives_up(), many.gives_up());
        at_most(few.mean_wait(), many.mean_wait());
        at_most(few.occupancy(), many.occupancy());
        at_most(many.served_within(time), few.served_within(time));
    }

    #[test]
    fn a_long_patience_is_erlang_c(servers in 1u32..200, load in 0.05f64..0.95, time in of_any_size(0.01, 10.0)) {
        let queue = |abandonment| Queue::new(load * f64::from(servers), 1.0, abandonment).unwrap();
        let (patient, nearly) = (queue(0.0).with(servers).unwrap(), queue(1e-6).with(servers).unwrap());
        for (one, other) in figures(&patient, time).into_iter().zip(figures(&nearly, time)) {
            prop_assert!((one - other).abs() <= 1e-3 * one + 1e-4, "{one} {other}");
        }
        let (c, b) = (delayed(servers, queue(0.0).offered()).unwrap(), blocked(servers, queue(0.0).offered()).0);
        prop_assert!(b <= c && (patient.waits() - c).abs() < 1e-15);
    }

    #[test]
    fn a_short_patience_is_erlang_b(servers in 1u32..200, load in 0.05f64..3.0) {
        let queue = |abandonment| Queue::new(load * f64::from(servers), 1.0, abandonment).unwrap();
        let (nobody, hardly) = (queue(f64::INFINITY).with(servers).unwrap(), queue(1e6).with(servers).unwrap());
        prop_assert!((nobody.gives_up() - blocked(servers, queue(1.0).offered()).0).abs() < 1e-15);
        prop_assert!((nobody.gives_up() - hardly.gives_up()).abs() < 1e-3);
        prop_assert!((nobody.served_within(1.0) - hardly.served_within(1.0)).abs() < 1e-3);
    }

    #[test]
    fn the_fewest_people_reach_the_target_and_one_fewer_do_not(
        arrivals in of_any_size(0.01, 1e3), handling in of_any_size(0.1, 100.0), ratio in of_any_size(1e-2, 1e2),
        share in 0.01f64..0.999, within in of_any_size(1e-3, 10.0), part in 0usize..5, patient in any::<bool>(),
    ) {
        let queue = Queue::of_times(arrivals, handling, (!patient).then_some(handling * ratio)).unwrap();
        let level = |base| Some(Level { share, within, base });
        let target = match part {
            0 => Target { level: level(LevelBase::All), ..Target::default() },
            1 => Target { level: level(LevelBase::Served), ..Target::default() },
            2 => Target { mean_wait: Some(within), ..Target::default() },
            3 => Target { occupancy: Some(share), ..Target::default() },
            _ => Target { gives_up: Some(share), ..Target::default() },
        };
        let found = match staffing(&queue, &target) {
            Ok(found) => found,
            Err(refused) => {
                prop_assert!(patient && part == 4, "{refused}");
                return Ok(());
            }
        };
        let kept = |servers: u32| queue.with(servers).is_ok_and(|how| match part {
            0 => how.served_within(within) >= share - 1e-9,
            1 => how.served_within_of_served(within) >= share - 1e-9,
            2 => how.mean_wait_of_served() <= within * (1.0 + 1e-9),
            3 => how.occupancy() <= share * (1.0 + 1e-9),
            _ => how.gives_up() <= share * (1.0 + 1e-9),
        });
        prop_assert!(kept(found.servers));
        // Rounding decides nothing: where one fewer is just short of it, it is short of it.
        if found.servers > 1 {
            let fewer = queue.with(found.servers - 1);
            let also = fewer.is_ok_and(|how| match part {
                0 => how.served_within(within) >= share + 1e-9,
                1 => how.served_within_of_served(within) >= share + 1e-9,
                2 => how.mean_wait_of_served() <= within * (1.0 - 1e-9),
                3 => how.occupancy() <= share * (1.0 - 1e-9),
                _ => how.gives_up() <= share * (1.0 - 1e-9),
            });
            prop_assert!(!also);
        }
    }

    #[test]
    fn a_pool_takes_no_more_people(
        rates in prop::collection::vec(0.1f64..20.0, 1..6), handling in 0.5f64..20.0, share in 0.5f64..0.95,
    ) {
        let queue = |rate: &f64| Queue::of_times(*rate, handling, None).unwrap();
        let queues: Vec<Queue> = rates.iter().map(queue).collect();
        let target = Target { level: Some(Level { share, within: 0.5, base: LevelBase::All }), ..Target::default() };
        prop_assert!(pooling(&queues, &target).unwrap().saves >= 0);
    }

    #[test]
    fn classes_wait_in_their_order_and_together_as_one(
        rates in prop::collection::vec(0.01f64..1.0, 1..6), servers in 1u32..20, load in 0.1f64..0.99,
    ) {
        let whole: f64 = rates.iter().sum();
        let service = whole / f64::from(servers) / load;
        let (waits, classes) = priority(servers, service, &rates).unwrap();
        let times: Vec<f64> = classes.iter().map(|class| class.mean_wait.unwrap()).collect();
        prop_assert!(times.windows(2).all(|pair| pair[0] <= pair[1]));
        // Who goes first changes who waits, and not how much is waited (conservation).
        let mean: f64 = times.iter().zip(&rates).map(|(time, rate)| time * rate / whole).sum();
        let one = Queue::new(whole, service, 0.0).unwrap().with(servers).unwrap();
        prop_assert!((mean / one.mean_wait() - 1.0).abs() < 1e-9 && (waits - one.waits()).abs() < 1e-12);
    }

    #[test]
    fn the_risk_of_a_contact_grows_with_who_is_ahead_and_falls_with_time(
        servers in 1u32..200, service_rate in of_any_size(1e-3, 10.0), ratio in of_any_size(1e-4, 1e3),
        ahead in 0u32..3_000, t in of_any_size(1e-3, 1e4), patient in any::<bool>(),
    ) {
        let abandon_rate = if patient { 0.0 } else { service_rate * ratio };
        let line = Line { servers, service_rate, abandon_rate };
        let risk = line.exceeds(ahead, t);
        prop_assert!((0.0..=1.0).contains(&risk));
        at_most(risk, line.exceeds(ahead + 1, t));
        at_most(line.exceeds(ahead, t * 1.5), risk);
        at_most(line.exceeds(ahead, t), Line { abandon_rate: 0.0, ..line }.exceeds(ahead, t));
    }

    #[test]
    fn a_flow_leaves_as_it_comes(
        external in of_any_size(0.01, 100.0), containment in 0.0f64..=1.0, servers in 1u32..200,
        handling in 0.5f64..20.0, abandonment in of_any_size(0.01, 10.0), onward in 0.0f64..=1.0,
        back in prop::array::uniform3(0.0f64..0.99),
    ) {
        let tier = Tier { servers, handling, abandonment, onward };
        let ai = Ai { containment, handling: 1.0, concurrency: None };
        let returns = Returns { contained: back[0], resolved: back[1], gave_up: back[2] };
        let flow = Flow::new(ai, vec![tier, Tier { servers: 3, ..tier }], returns).unwrap();
        let steady = flow.settle(external).unwrap();
        prop_assert!((steady.external / external - 1.0).abs() < 1e-9, "{}", steady.external);
        prop_assert!(steady.ai_rate >= external * (1.0 - 1e-12) && (0.0..1.0).contains(&steady.returning().max(0.0)));
        let more = flow.settle(external * 1.1).unwrap();
        prop_assert!(more.ai_rate > steady.ai_rate);
    }

    #[test]
    fn demand_and_effort_hold_each_other(
        elasticity in 0.0f64..3.0, containment in 0.0f64..0.95, servers in 1u32..100, theta in of_any_size(0.01, 2.0),
    ) {
        let tier = Tier { servers, handling: 8.0, abandonment: theta, onward: 0.0 };
        let ai = Ai { containment, handling: 2.0, concurrency: None };
        let returns = Returns { contained: 0.15, resolved: 0.08, gave_up: 0.5 };
        let flow = Flow::new(ai, vec![tier], returns).unwrap();
        let demand = Demand {
            reference_rate: 5.0, reference_effort: 12.0, elasticity, ai_effort: 2.0, person_effort: 8.0,
            wait_weight: 1.5,
        };
        let settled = demand.settle(&flow).unwrap();
        let held = 5.0 * (settled.effort / 12.0).powf(-elasticity);
        prop_assert!((settled.steady.external / held - 1.0).abs() < 1e-9);
    }
}

#[test]
fn a_million_times_too_much_is_answered() {
    for servers in [1, 10, 1_000, SERVERS_MAX] {
        for ratio in [1e-6, 1e-3, 1.0, 1e3, 1e6] {
            let queue = Queue::new(1e6 * f64::from(servers), 1.0, ratio).unwrap();
            let how = queue.with(servers).unwrap();
            hold(&how, 0.5);
            assert!((how.gives_up() - (1.0 - 1e-6)).abs() < 1e-9, "{how:?}");
            // All who are served wait for ln ρ mean patiences, where many wait.
            if ratio <= 1.0 {
                let wait = 1e6f64.ln() / ratio;
                let got = how.mean_wait_of_served();
                let spread = (1.0 / f64::from(servers) * ratio).max(1e-6);
                assert!((got / wait - 1.0).abs() < 2.0 * spread + 1e-3, "{got} {wait} {how:?}");
            }
        }
    }
}

#[test]
fn near_full_load_is_answered() {
    for servers in [1u32, 30, 5_000] {
        let n = f64::from(servers);
        for off in [1e-3, 1e-9, 1e-13] {
            let patient = Queue::new(n * (1.0 - off), 1.0, 0.0).unwrap().with(servers).unwrap();
            hold(&patient, 1.0);
            for load in [1.0 - off, 1.0, 1.0 + off] {
                for theta in [1e-6, 1.0, 1e6] {
                    hold(&Queue::new(n * load, 1.0, theta).unwrap().with(servers).unwrap(), 1.0);
                }
            }
        }
    }
}

#[test]
fn the_two_ways_of_an_overloaded_queue_agree_where_they_meet() {
    // With x and y the rates of service and of arrivals over that of giving up, the sum is taken where y lies up to
    // 10·√y above x, and the closed form from there on.
    for x in [0.01, 3.0, 2_000.0, 1e6] {
        let meet = x + 50.0 + 10.0 * (25.0f64 + x).sqrt();
        let how = |y: f64| Queue::new(y / x, 1.0, 1.0 / x).unwrap().with(1).unwrap();
        let (before, after) = (how(meet * (1.0 - 1e-10)), how(meet * (1.0 + 1e-10)));
        for time in [0.0, 0.1 * x, x] {
            for (one, other) in figures(&before, time).into_iter().zip(figures(&after, time)) {
                assert!((one - other).abs() <= 1e-7 * one.abs() + 1e-13, "{one} {other} at {x}");
            }
        }
    }
}

#[test]
fn what_is_no_queue_and_no_target_is_refused_in_words() {
    let told = |refused: Result<Queue, Uncomputable>| refused.unwrap_err().to_string();
    for (bad, said) in [
        (Queue::new(0.0, 1.0, 0.0), "rate of arrivals is 0; it must be a number above 0"),
        (Queue::new(1.0, f64::NAN, 0.0), "rate of service is NaN"),
        (Queue::new(1.0, 1.0, -1.0), "rate of giving up is -1"),
        (Queue::new(1e300, 1e-300, 0.0), "offered work in erlangs is inf"),
        (Queue::of_times(1.0, -4.0, None), "handling time is -4"),
        (Queue::of_times(1.0, 4.0, Some(0.0)), "patience is 0"),
        (Queue::of_times(1.0, 4.0, Some(1e10)), "leave patience out where nobody ever gives up"),
    ] {
        let told = told(bad);
        assert!(told.contains(said), "{told}");
    }
    let queue = Queue::of_times(5.0, 4.0, None).unwrap();
    let refused = |target: Target| staffing(&queue, &target).unwrap_err().to_string();
    let level =
        |share, within| Target { level: Some(Level { share, within, base: LevelBase::All }), ..Target::default() };
    for (target, said) in [
        (level(1.0, 1.0), "reached by no number of people"),
        (level(1.2, 1.0), "service level is 1.2"),
        (level(0.8, f64::NAN), "time of the service level is NaN"),
        (Target { mean_wait: Some(0.0), ..Target::default() }, "a mean wait of 0"),
        (Target { gives_up: Some(0.05), ..Target::default() }, "nobody ever gives up"),
        (Target { occupancy: Some(0.0), ..Target::default() }, "occupancy is 0"),
        (Target { occupancy: Some(1e-9), ..Target::default() }, "a million people do not reach"),
        (Target::default(), "there is no target"),
    ] {
        let told = refused(target);
        assert!(told.contains(said), "{told}");
    }
    let told = queue.with(20).unwrap_err().to_string();
    assert!(told.contains("unstable: 20.0000 erlangs of work come to 20 at work"), "{told}");
    assert!(queue.with(0).is_err() && rostered(10, 1.0).is_err() && rostered(10, -0.1).is_err());
    assert_eq!((rostered(14, 0.3), rostered(10, 0.0), rostered(218, 0.32)), (Ok(20), Ok(10), Ok(321)));
    assert_eq!(square_root(100.0, 0.5), 105.0);
}

#[test]
fn one_pool_serves_with_fewer_than_several() {
    // 80 % wait 20 seconds at most, 4 minutes of handling, 2 of patience, 5 customers a minute.
    let base = LevelBase::Waiting;
    let target = Target { level: Some(Level { share: 0.8, within: 1.0 / 3.0, base }), ..Target::default() };
    let parts = |count: u32| vec![Queue::of_times(5.0 / f64::from(count), 4.0, Some(2.0)).unwrap(); count as usize];
    for (count, people) in [(1, 21), (2, 24), (5, 30)] {
        let pooling = pooling(&parts(count), &target).unwrap();
        assert_eq!((pooling.pooled.servers, pooling.pooled.servers as i64 + pooling.saves), (21, people));
    }
}

#[test]
fn a_flow_that_cannot_hold_says_so() {
    let ai = Ai { containment: 0.5, handling: 1.0, concurrency: Some(4) };
    let tier = Tier { servers: 10, handling: 8.0, abandonment: 0.0, onward: 0.0 };
    let returns = Returns { contained: 0.1, resolved: 0.1, gave_up: 0.5 };
    let flow = |ai: Ai, returns: Returns| Flow::new(ai, vec![tier], returns).unwrap();
    assert!(flow(ai, returns).settle(1.0).is_ok());
    let told = flow(ai, returns).settle(3.0).unwrap_err().to_string();
    assert!(told.contains("people's queue is unstable"), "{told}");
    let told = flow(Ai { containment: 1.0, ..ai }, returns).settle(5.0).unwrap_err().to_string();
    assert!(told.contains("the AI is unstable"), "{told}");
    let everybody = Returns { contained: 1.0, resolved: 1.0, gave_up: 1.0 };
    let told = flow(Ai { concurrency: None, containment: 1.0, ..ai }, everybody).settle(1.0).unwrap_err().to_string();
    assert!(told.contains("almost everybody comes back"), "{told}");
}

#[test]
fn an_ai_that_eases_too_much_lowers_no_load() {
    let support = BreakEven {
        reference_effort: 12.0,
        ai_effort: 2.0,
        person_effort: 8.0,
        elasticity: 1.0,
        difficulty: Difficulty::NONE,
        contained_returns: 0.15,
        resolved_returns: 0.08,
    };
    let elasticity = support.elasticity_at(0.5).unwrap().unwrap();
    let at = BreakEven { elasticity, ..support };
    assert!((at.ratio(0.5) - 1.0).abs() < 1e-12 && (0.9..1.1).contains(&elasticity), "{elasticity}");
    let containments = support.containments().unwrap();
    for containment in &containments {
        assert!((support.ratio(*containment) - 1.0).abs() < 1e-9, "{containments:?}");
    }
    assert_eq!(containments.len(), 1, "{containments:?}");
    // What is left is harder: it takes a greater share to lower the load.
    let harder = BreakEven { difficulty: Difficulty::ASSUMED, ..support }.containments().unwrap();
    assert!(harder[0] > containments[0], "{harder:?}");
    // Where asking takes more effort with the AI than without, it lowers the load from the first request on.
    let tedious = BreakEven { reference_effort: 8.0, elasticity: 0.5, difficulty: Difficulty::ASSUMED, ..support };
    assert_eq!(tedious.containments().unwrap(), [0.0; 0]);
    assert!(tedious.ratio(0.0) < 1.0 && tedious.ratio(1.0) == 0.0);
}

#[test]
fn elasticity_is_found_where_history_allows_it_and_refused_where_not() {
    let efforts = [12.0, 11.5, 11.0, 10.0, 9.0, 8.5, 8.0, 7.0, 6.5, 6.0];
    let demand = |effort: f64, at: usize| 5.0 * (effort / 12.0).powf(-0.7) * [1.02, 0.97, 1.01][at % 3];
    let history: Vec<(f64, f64)> = efforts.iter().enumerate().map(|(at, e)| (*e, demand(*e, at))).collect();
    let found = fit(&history, 0.9).unwrap();
    assert!(found.low < 0.7 && 0.7 < found.high && found.high - found.low < 0.3, "{found:?}");
    assert!(!found.is_dependent());
    let told = |history: &[(f64, f64)]| fit(history, 0.9).unwrap_err().to_string();
    assert!(told(&history[..7]).contains("history has 7 periods"));
    assert!(told(&vec![(10.0, 5.0); 20]).contains("effort varied by 0.0 %"));
    assert!(told(&[history.clone(), vec![(10.0, 0.0)]].concat()).contains("a demand is 0"));
    let (difficulty, rests_on) = Difficulty::fitted(
        &(0..10).map(|i| f64::from(i) * 0.08).map(|p| (p, 6.0 * (1.0 - p).powf(-0.3))).collect::<Vec<_>>(),
        0.9,
    )
    .unwrap();
    assert!(
        (difficulty.exponent - 0.3).abs() < 1e-9 && matches!(rests_on.basis, remit_capacity::Basis::Measured { .. })
    );
}

#[test]
fn scenarios_say_that_they_are_assumed() {
    let tier = Tier { servers: 47, handling: 8.0, abandonment: 0.2, onward: 0.0 };
    let ai = Ai { containment: 0.5, handling: 2.0, concurrency: None };
    let flow = Flow::new(ai, vec![tier], Returns { contained: 0.15, resolved: 0.08, gave_up: 0.5 }).unwrap();
    let demand = Demand {
        reference_rate: 5.0,
        reference_effort: 12.0,
        elasticity: 0.0,
        ai_effort: 2.0,
        person_effort: 8.0,
        wait_weight: 1.5,
    };
    let told = scenarios(&demand, &flow, &[0.0, 0.5, 1.0]).unwrap();
    let loads: Vec<f64> = told.iter().map(|(_, one)| one.as_ref().unwrap().steady.tiers[0].queue().offered()).collect();
    assert!(loads.windows(2).all(|pair| pair[0] < pair[1]), "{loads:?}");
    for (_, settled) in &told {
        let elasticity = settled.as_ref().unwrap().rests_on.iter().find(|one| one.name == "elasticity").unwrap();
        assert!(matches!(elasticity.basis, remit_capacity::Basis::Assumed { .. }));
    }
}

fn support(elasticity: f64, containment: f64) -> Support {
    Support {
        demand: Demand {
            reference_rate: 5.0,
            reference_effort: 12.0,
            elasticity,
            ai_effort: 2.0,
            person_effort: 8.0,
            wait_weight: 1.5,
        },
        ai: Ai { containment, handling: 2.0, concurrency: None },
        returns: Returns { contained: 0.15, resolved: 0.08, gave_up: 0.5 },
        handling: 8.0,
        abandonment: 0.2,
        difficulty: Difficulty::ASSUMED,
        fatigue: Fatigue::ASSUMED,
    }
}

#[test]
fn a_support_takes_the_fewest_people_that_keep_the_target() {
    let target = Target { level: Some(Level { share: 0.8, within: 0.5, base: LevelBase::All }), ..Target::default() };
    let mut before = 0;
    for elasticity in [0.0, 0.5, 1.0, 1.5] {
        let support = support(elasticity, 0.5);
        let found = support.staffed(&target).unwrap();
        let kept = |people: u32| support.with(people).unwrap().performance.unwrap().served_within(0.5) >= 0.8;
        assert!(kept(found.people) && !kept(found.people - 1), "{found:?}");
        assert!(found.people > before, "more is asked, and more is to do");
        before = found.people;
        // Handling time and occupancy hold each other.
        let how = found.performance.unwrap();
        let fresh = 8.0 * support.difficulty.handling_ratio(0.5);
        let tired = support.fatigue.handling_ratio(how.occupancy());
        assert!((found.handling / fresh / tired - 1.0).abs() < 1e-9, "{found:?}");
    }
    let nobody = Support { fatigue: Fatigue::NONE, difficulty: Difficulty::NONE, ..support(0.0, 0.0) };
    let alone = nobody.with(47).unwrap();
    assert!((alone.performance.unwrap().queue().offered() - 44.294_967_587_697_43).abs() < 1e-9, "{alone:?}");
    assert!(support(0.5, 1.0).staffed(&target).is_err());
    assert!(support(0.5, 1.0).with(3).unwrap().performance.is_none());
    let patient = Support { abandonment: 0.0, ..support(0.0, 0.2) };
    assert!(patient.with(3).unwrap_err().to_string().contains("unstable"));
    assert!(patient.staffed(&target).unwrap().people > 30);
}
