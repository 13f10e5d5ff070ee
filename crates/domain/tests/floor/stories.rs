//! What the floor does, as short stories named for what hurts elsewhere.

use crate::setting::{MINUTE, at, case, person, queue, staff, waiting};
use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use remit_domain::{
    case::Channel::{self, Chat},
    floor::{Floor, OfferTerms, Pairing, Presence, Relax, StepRefused, Waiting},
    offer::OfferEnd,
};
use std::sync::Arc;

/// A floor with so many people in the first queue, each with room for as many chats, all available, no ramp.
fn floor(people: usize, capacity: u32) -> Floor {
    let mut floor = Floor::new(OfferTerms { ramp_ms: 0, ..OfferTerms::default() });
    for n in 0..people {
        floor.set_profile(person(n, capacity), at(0));
        floor.set_presence(&staff(n), Presence::Available, at(0)).unwrap();
    }
    floor
}

fn drain(floor: &mut Floor, now: i64) -> Vec<(usize, usize)> {
    let number = |pairing: &Pairing| {
        let case = (0..1_000).find(|n| case(*n) == pairing.case).unwrap();
        (case, (0..9).find(|n| staff(*n) == pairing.staff).unwrap())
    };
    std::iter::from_fn(|| floor.next(at(now))).map(|pairing| number(&pairing)).collect()
}

#[test]
fn starvation_of_older_chats() {
    let mut floor = floor(1, 1);
    for n in [3, 1, 2] {
        floor.wait(waiting(n, at(n as i64 * MINUTE)), at(4 * MINUTE)).unwrap();
    }
    assert_eq!(drain(&mut floor, 5 * MINUTE), [(1, 0)], "the one that has waited longest, whatever came first");
    floor.accepted(&case(1), &staff(0), at(5 * MINUTE)).unwrap();
    assert_eq!(floor.released(&case(1), at(6 * MINUTE)), Ok(staff(0)));
    // A handoff later the customer's wait still counts from its beginning.
    floor.wait(waiting(1, at(MINUTE)), at(6 * MINUTE)).unwrap();
    assert_eq!(drain(&mut floor, 6 * MINUTE), [(1, 0)]);
}

#[test]
fn uneven_or_over_capacity_load() {
    let mut floor = floor(3, 2);
    (0..9).for_each(|n| floor.wait(waiting(n, at(0)), at(0)).unwrap());
    assert_eq!(drain(&mut floor, MINUTE), [(0, 0), (1, 1), (2, 2), (3, 0), (4, 1), (5, 2)]);
    // An override goes above the limit; an offer never does.
    floor.hold(waiting(20, at(0)), &staff(0), at(MINUTE)).unwrap();
    floor.leave(&case(0), at(MINUTE));
    assert_eq!((floor.spent(&staff(0), Chat), drain(&mut floor, MINUTE)), (2, vec![]));
}

#[test]
fn backlog_flushed_onto_the_first_person_back() {
    let mut floor = Floor::new(OfferTerms { ramp_ms: MINUTE, ..OfferTerms::default() });
    floor.set_profile(person(0, 4), at(0));
    (0..9).for_each(|n| floor.wait(waiting(n, at(0)), at(0)).unwrap());
    assert_eq!((drain(&mut floor, 0), floor.next_change(at(0))), (vec![], None), "time alone changes nothing");
    floor.set_presence(&staff(0), Presence::Available, at(0)).unwrap();
    assert_eq!(drain(&mut floor, 0), [(0, 0)]);
    assert_eq!(floor.next_change(at(0)), Some(at(MINUTE)));
    assert_eq!(drain(&mut floor, MINUTE - 1), []);
    assert_eq!(drain(&mut floor, MINUTE), [(1, 0)]);
    assert_eq!(drain(&mut floor, 10 * MINUTE), [(2, 0), (3, 0)], "up to capacity and no further");
}

#[test]
fn nobody_retries_when_staff_decline_or_come_back() {
    let mut floor = floor(2, 1);
    floor.wait(waiting(0, at(0)), at(0)).unwrap();
    assert_eq!(drain(&mut floor, 0), [(0, 0)]);
    floor.ended(&case(0), &staff(0), OfferEnd::Busy, at(1)).unwrap();
    assert_eq!(floor.accepted(&case(0), &staff(0), at(2)), Err(StepRefused::NotOffered(case(0))), "too late");
    assert_eq!(drain(&mut floor, 2), [(0, 1)]);
    floor.ended(&case(0), &staff(1), OfferEnd::Busy, at(3)).unwrap();
    assert_eq!(drain(&mut floor, 3), [(0, 0)], "all have passed: the round begins again");
    floor.ended(&case(0), &staff(0), OfferEnd::NotMine, at(4)).unwrap();
    assert_eq!(drain(&mut floor, 4), [], "the other one is alone now, and is left in peace");
    let again = OfferTerms::default().again_ms + 3;
    assert_eq!(floor.next_change(at(4)), Some(at(again)));
    assert_eq!(drain(&mut floor, again), [(0, 1)]);
    assert_eq!(floor.set_presence(&staff(1), Presence::Offline, at(again)), Ok(vec![case(0)]), "withdrawn");
    assert_eq!(drain(&mut floor, again), []);
    floor.set_presence(&staff(1), Presence::Available, at(again + 1)).unwrap();
    assert_eq!(drain(&mut floor, again + 1), [(0, 1)]);
}

#[test]
fn an_old_case_of_low_value_is_served_before_an_endless_stream_of_urgent_ones() {
    let numbers = (1..100i64, 100..2_000i64, 1..30i64, 60..2_880i64, 1..20i64);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) };
    let served = |(low, high, urgent_minutes, patient_minutes, handling_minutes)| -> Result<(), String> {
        let terms = OfferTerms { ramp_ms: 0, ..OfferTerms::default() };
        let mut floor = Floor::new(terms.clone());
        let handling = handling_minutes * MINUTE;
        floor.set_handling(&queue(0), handling);
        floor.set_profile(person(0, 1), at(0));
        floor.set_presence(&staff(0), Presence::Available, at(0)).unwrap();
        let (urgent, patient) = (urgent_minutes * MINUTE, patient_minutes * MINUTE);
        floor.wait(Waiting { value_percent: low, sla_ms: patient, ..waiting(0, at(0)) }, at(0)).unwrap();
        // What is fresh waits for as long as one case is handled, at most.
        let ratio = terms.index(handling, high, urgent, handling) / terms.index(patient, low, patient, handling);
        let doublings = i64::from((ratio.max(1) as u128).ilog2()) + 2;
        let bound = patient + doublings * terms.double_ms + handling;
        let (mut now, mut next) = (0, 1);
        loop {
            for _ in 0..2 {
                let fresh = Waiting { value_percent: high, sla_ms: urgent, ..waiting(next, at(now)) };
                floor.wait(fresh, at(now)).unwrap();
                next += 1;
            }
            let pairing = floor.next(at(now)).ok_or("nobody is offered anything")?;
            if pairing.case == case(0) {
                return Ok(());
            }
            // One of the two goes away, so that the stream neither ends nor ages.
            floor.leave(&case(next - 1), at(now));
            floor.leave(&case(next - 2), at(now + handling));
            floor.leave(&pairing.case, at(now + handling));
            now += handling;
            if now > bound {
                return Err(format!("not served after {} minutes", now / MINUTE));
            }
        }
    };
    let check = |numbers| served(numbers).map_err(TestCaseError::fail);
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, rng).run(&numbers, check).unwrap();
}

#[test]
fn offers_to_somebody_who_is_not_there() {
    let mut floor = floor(1, 2);
    (0..4).for_each(|n| floor.wait(waiting(n, at(0)), at(0)).unwrap());
    assert_eq!(drain(&mut floor, 0), [(0, 0), (1, 0)]);
    let (deadline, first, to) = floor.next_deadline().unwrap();
    assert_eq!((deadline, first, to), (at(30_000), case(0), &staff(0)));
    for (n, away) in [(0, false), (1, false)] {
        assert_eq!(floor.ended(&case(n), &staff(0), OfferEnd::Expired, at(30_000)).unwrap().away, away);
    }
    assert_eq!(drain(&mut floor, 30_000), [(2, 0), (3, 0)]);
    let ended = floor.ended(&case(2), &staff(0), OfferEnd::Expired, at(60_000)).unwrap();
    assert_eq!((ended.away, ended.withdrawn), (true, vec![case(3)]));
    let reason = "did not answer offers".to_owned();
    assert_eq!(floor.presence(&staff(0)), Some(&Presence::Away { reason }));
}

#[test]
fn whoever_had_it_last_comes_first_for_a_while() {
    let mut floor = floor(2, 1);
    floor.hold(waiting(9, at(0)), &staff(1), at(0)).unwrap();
    let back = Waiting { last_staff: Some(staff(1)), ..waiting(0, at(0)) };
    floor.wait(back.clone(), at(0)).unwrap();
    assert_eq!(drain(&mut floor, 0), [], "kept for them");
    let standing = floor.standing(&case(0), at(0)).unwrap();
    assert_eq!((standing.available, standing.not_kept_from, standing.with_room), (2, 1, 0));
    let mut later = floor.clone();
    assert_eq!(later.next_change(at(0)), Some(at(2 * MINUTE)));
    assert_eq!(drain(&mut later, 2 * MINUTE), [(0, 0)], "then anybody's");
    let mut gone = floor.clone();
    gone.set_presence(&staff(1), Presence::Offline, at(1)).unwrap();
    assert_eq!(drain(&mut gone, 1), [(0, 0)], "at once when they go");
    floor.released(&case(9), at(1)).unwrap();
    let pairing = floor.next(at(1)).unwrap();
    assert_eq!((pairing.staff, pairing.returned), (staff(1), true));
}

#[test]
fn skills_relax_and_the_more_skilled_come_first() {
    let mut floor = floor(2, 1);
    for (n, level) in [(0, 2), (1, 3)] {
        let mut profile = person(n, 1);
        profile.skills.insert("loans".into(), level);
        floor.set_profile(profile, at(0));
    }
    let skills = |level| Arc::new([("loans".to_owned(), level)].into());
    let relax: Arc<[Relax]> = [Relax { after_ms: MINUTE, skill_drop: 2, any_language: true }].as_slice().into();
    floor.wait(Waiting { skills: skills(2), ..waiting(0, at(0)) }, at(0)).unwrap();
    assert_eq!(drain(&mut floor, 0), [(0, 1)]);
    let hard = Waiting { skills: skills(4), language: "fi".into(), relax, ..waiting(1, at(0)) };
    floor.wait(hard, at(0)).unwrap();
    assert_eq!((drain(&mut floor, 0), floor.next_change(at(0))), (vec![], Some(at(MINUTE))));
    assert_eq!(floor.standing(&case(1), at(0)).map(|s| (s.available, s.speak)), Some((2, 0)));
    assert_eq!(drain(&mut floor, MINUTE), [(1, 0)]);
}

#[test]
fn a_language_that_is_needed_well_goes_to_who_speaks_it_well() {
    let mut floor = floor(2, 1);
    for (n, level) in [(0, 2), (1, 3)] {
        let mut profile = person(n, 1);
        profile.languages.insert("en".into(), level);
        floor.set_profile(profile, at(0));
    }
    let relax: Arc<[Relax]> = [Relax { after_ms: MINUTE, skill_drop: 3, any_language: false }].as_slice().into();
    let well = |n| Waiting { language_level: 3, relax: Arc::clone(&relax), ..waiting(n, at(0)) };
    floor.wait(well(0), at(0)).unwrap();
    floor.wait(well(1), at(0)).unwrap();
    assert_eq!(drain(&mut floor, 0), [(0, 1)]);
    assert_eq!(floor.standing(&case(1), at(0)).map(|s| (s.available, s.speak)), Some((2, 1)));
    assert_eq!(drain(&mut floor, MINUTE), [(1, 0)], "after a while whoever speaks it at all");
}

#[test]
fn expected_waits_are_honest() {
    let mut floor = floor(2, 2);
    assert_eq!(floor.expected_wait_ms(&queue(0), 0), Some(0), "somebody has room");
    assert_eq!(floor.expected_wait_ms(&queue(1), 0), None, "nobody works there");
    floor.set_handling(&queue(0), 8 * MINUTE);
    (0..4).for_each(|n| floor.wait(waiting(n, at(0)), at(0)).unwrap());
    assert_eq!(drain(&mut floor, 0).len(), 4);
    assert_eq!(floor.expected_wait_ms(&queue(0), 0), Some(2 * MINUTE), "one of four places in two minutes");
    assert_eq!(floor.expected_wait_ms(&queue(0), 9), Some(20 * MINUTE));
    // What waits, and is known to take longer, is waited for longer.
    let long = Waiting { handling_ms: Some(24 * MINUTE), ..waiting(4, at(0)) };
    floor.wait(long, at(0)).unwrap();
    floor.wait(waiting(5, at(0)), at(0)).unwrap();
    assert_eq!(floor.expected_wait_ms(&queue(0), 2), Some(12 * MINUTE), "three of 16 minutes each, at four places");
    floor.leave(&case(4), at(0));
    floor.leave(&case(5), at(0));
    floor.accepted(&case(0), &staff(0), at(30 * MINUTE)).unwrap();
    assert_eq!(floor.expected_wait_ms(&queue(0), 9), Some(30 * MINUTE), "the last one waited longer than that");
    for n in 0..2 {
        floor.set_presence(&staff(n), Presence::Offline, at(0)).unwrap();
    }
    assert_eq!(floor.expected_wait_ms(&queue(0), 0), None);
    assert_eq!(floor.spent(&staff(0), Channel::Email), 0);
}
