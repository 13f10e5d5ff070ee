//! What must hold of a bundle that is tried on a support: the same figures for the same seed, everybody accounted for,
//! and what policy says is what happens.

use super::{BundleRouting, Simulation, SimulationError, trial::monday};
use proptest::prelude::*;
use remit_capacity::simulate::{CountedWindow, DescribedRouting, Description, Network, Replications, RunTally};
use remit_capacity::simulate::{replicate, run};
use remit_policy::{bundle::Bundle, files::Files};
use std::{path::Path, sync::Arc};

fn bank() -> Arc<Bundle> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank");
    Arc::new(Bundle::load(Files::read(&directory).unwrap()).unwrap())
}

fn support(fraud: u32, ai: &str) -> Description {
    let text = format!(
        r#"
        [[queue]]
        name = "cards"
        within_minutes = 5
        [[queue]]
        name = "fraud"
        within_minutes = 1
        [[queue]]
        name = "general"
        within_minutes = 5
        [[group]]
        name = "cards"
        queues = ["cards", "general"]
        [[group.shift]]
        people = 2
        [[group]]
        name = "fraud"
        queues = ["fraud"]
        [[group.shift]]
        people = {fraud}
        [[class]]
        name = "arrivals"
        queue = "cards"
        contained = 0.9
        ai_minutes = 2
        handling = {{ minutes = 8 }}
        patience_minutes = 30
        returns = {{ after_ai = 0.05, after_people = 0.05, after_giving_up = 0.5, delay_minutes = 100 }}
        signals.intent = ["card_arrival", "activate_my_card"]
        [[class.demand]]
        an_hour = 20
        [[class]]
        name = "stolen"
        queue = "fraud"
        contained = 0.5
        handling = {{ minutes = 10 }}
        patience_minutes = 60
        signals.intent = "lost_or_stolen_card"
        [[class.demand]]
        an_hour = 5
        {ai}
        "#
    );
    toml::from_str(&text).unwrap()
}

const DAY: f64 = 1_440.0;

fn window() -> CountedWindow {
    CountedWindow { from: 0.0, to: DAY, by_slot: false }
}

fn tried(bundle: &Arc<Bundle>, described: &Description, seed: u64) -> (RunTally, super::SimulationCounts) {
    let network = described.network(1).unwrap();
    let simulation = Simulation::new(Arc::clone(bundle), described, &network, "2026-03-04").unwrap();
    let tally = run(&network, &mut BundleRouting::of(&simulation), window(), seed).unwrap();
    (tally, simulation.counts())
}

/// Everybody who came is somewhere.
fn accounted_for(tally: &RunTally) {
    let queues = tally.queues.iter().map(|queue| queue.served + queue.gave_up).sum::<u64>();
    let all = tally.ai_kept + queues + tally.elsewhere + tally.unfinished + tally.with_ai;
    assert_eq!(tally.visits, all, "{tally:?}");
}

#[test]
fn a_bundle_decides_who_goes_where() {
    let bundle = bank();
    let (tally, counts) = tried(&bundle, &support(2, ""), 1);
    accounted_for(&tally);
    assert!(counts.refused.is_empty(), "{counts:?}");
    assert!(counts.decisions >= tally.visits, "every visit is decided");
    // The class says that AI is asked of stolen cards, and the bundle says that a person is.
    let stolen = tally.queues[1];
    assert!(stolen.offered > 80, "{stolen:?}");
    assert!(tally.ai_visits > 200 && tally.ai_kept > 180, "{tally:?}");
    let network = support(2, "").network(1).unwrap();
    let described = run(&network, &mut DescribedRouting::of(&network), window(), 1).unwrap();
    assert_eq!(described.asked, tally.asked, "the same customers come, whoever decides");
    assert!(described.queues[1].offered < stolen.offered, "AI would have kept some of them");
    assert_eq!(tally.elsewhere, 0, "{counts:?}");
}

#[test]
fn figures_are_of_the_seed_alone_whatever_the_number_of_threads() {
    let bundle = bank();
    let described = support(2, "");
    let network: Network = described.network(1).unwrap();
    let simulation = Simulation::new(bundle, &described, &network, "2026-03-04").unwrap();
    let asked = |threads| Replications { count: 3, window: window(), seed: 5, threads };
    let one = replicate(&network, &asked(1), || BundleRouting::of(&simulation)).unwrap();
    let three = replicate(&network, &asked(3), || BundleRouting::of(&simulation)).unwrap();
    assert_eq!(one, three);
    assert_ne!(one.runs[0], one.runs[1]);
}

#[test]
fn while_the_ai_is_gone_people_are_asked_and_afterwards_it_is_again() {
    let bundle = bank();
    let (there, _) = tried(&bundle, &support(2, ""), 3);
    let outage = "[[ai.outage]]\nfrom = \"06:00\"\nto = \"12:00\"";
    let (gone, counts) = tried(&bundle, &support(2, outage), 3);
    accounted_for(&gone);
    assert!(counts.refused.is_empty(), "{counts:?}");
    let people = |tally: &RunTally| tally.queues[0].offered + tally.queues[2].offered;
    assert!(people(&gone) > people(&there) + 50, "{gone:?}");
    // A quarter of the day, and what is left of a pause.
    assert!(gone.ai_kept * 2 > there.ai_kept, "{} of {}", gone.ai_kept, there.ai_kept);
}

#[test]
fn what_means_nothing_to_the_bundle_is_refused_in_words() {
    let bundle = bank();
    let refused = |change: fn(&mut Description)| {
        let mut described = support(1, "");
        change(&mut described);
        let network = support(1, "").network(1).unwrap();
        Simulation::new(Arc::clone(&bundle), &described, &network, "2026-03-04").unwrap_err().to_string()
    };
    let told = refused(|of| of.queue[0].name = "carts".into());
    assert!(told.starts_with("the bundle has no queue `carts`; it has "), "{told}");
    let told = refused(|of| of.class[0].channel = "pigeon".into());
    assert!(told.contains("`pigeon`, which is no channel; there are chat, email"), "{told}");
    let told = refused(|of| of.class[1].signals.clear());
    assert!(told.contains("class `stolen` has no signals"), "{told}");
    let told = refused(|of| {
        of.class[0].signals.insert("frustration_bp".into(), remit_capacity::simulate::SignalDescription::Bool(true));
    });
    assert!(told.contains("class `arrivals`, signal `frustration_bp`: "), "{told}");
    let network = support(1, "").network(1).unwrap();
    let error = Simulation::new(bundle, &support(1, ""), &network, "yesterday").unwrap_err();
    assert_eq!(error, SimulationError::NoDate("yesterday".into()));
}

#[test]
fn shifts_that_end_hand_back_and_everybody_is_served_again() {
    let bundle = bank();
    let mut described = support(2, "");
    described.group[0].hands_back = true;
    described.group[0].shift[0].to = "12:00".into();
    let more = described.group[0].shift[0].clone();
    described.group[0].shift.push(more);
    let last = described.group[0].shift.last_mut().unwrap();
    (last.from, last.to, last.people) = ("11:30".into(), "24:00".into(), 1);
    let network = described.network(1).unwrap();
    let simulation = Simulation::new(bundle, &described, &network, "2026-03-04").unwrap();
    let tally = run(&network, &mut BundleRouting::of(&simulation), window(), 2).unwrap();
    accounted_for(&tally);
    assert!(tally.busy[0] <= tally.at_work[0] + 1e-6, "nobody serves longer than their shift: {tally:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn nobody_is_lost(fraud in 0_u32..6, seed in any::<u64>()) {
        let bundle = bank();
        let (tally, counts) = tried(&bundle, &support(fraud, "[[ai.outage]]\nfrom = \"03:00\"\nto = \"04:30\""), seed);
        accounted_for(&tally);
        prop_assert!(counts.refused.is_empty(), "{:?}", counts);
    }
}

#[test]
fn weeks_begin_where_the_bundle_s_queues_work() {
    assert_eq!(monday("2026-03-04", "UTC"), monday("2026-03-02", "UTC"));
    assert_ne!(monday("2026-03-04", "UTC"), monday("2026-03-04", "Europe/London").map(|at| at.plus_ms(1)));
    assert_eq!(monday("1200-03-04", "UTC"), None);
}
