//! What happens at once, as stories.

use crate::record::{AWAY_MS, Both, MINUTE, at};
use remit_domain::{
    floor::{Presence::Available, Presence::Offline, Proposal, With},
    offer::OfferEnd,
};

fn offered(both: &mut Both) -> (usize, usize) {
    let made = both.propose().expect("an offer to make");
    assert!(both.decide(0), "the record refused it");
    both.settle(0);
    made
}

/// Somebody with room for one, to whom the first of two cases is offered.
fn one_offered(expects: bool) -> Both {
    let mut both = Both::with(expects, &[1]);
    both.waits(0);
    both.waits(1);
    both.follow_all();
    assert_eq!(offered(&mut both), (0, 0));
    both
}

#[test]
fn an_offer_on_its_way_takes_room_until_it_is_known_what_became_of_it() {
    let mut both = Both::with(true, &[1]);
    both.waits(0);
    both.waits(1);
    both.follow_all();
    assert_eq!(both.propose(), Some((0, 0)));
    assert_eq!(both.propose(), None, "no room");
    // Its case is dealt with meanwhile, so that the record refuses it; the room is free once that is known.
    both.resolved(0);
    both.follow_all();
    assert_eq!(both.propose(), None, "it is not known yet whether it is on record");
    assert!(!both.decide(0));
    both.settle(0);
    assert_eq!(both.propose(), Some((1, 0)));
}

#[test]
fn a_commit_that_is_refused_leaves_the_case_to_be_offered_again() {
    let mut both = Both::with(true, &[1, 1]);
    both.waits(0);
    both.follow_all();
    let (_, first) = both.propose().unwrap();
    // Whatever refused it, nobody has passed on it.
    both.noted(first, 2);
    assert!(!both.decide(0), "they have changed since");
    both.settle(0);
    both.quiet();
    assert!(matches!(both.cases[&0].with, With::Offered { .. }));
}

#[test]
fn accept_expire_and_withdraw_at_once_and_the_first_on_record_counts() {
    for first in 0..3 {
        for last in 0..2 {
            let mut both = one_offered(true);
            let end = match both.floor.on_record().next().unwrap().2.clone() {
                With::Offered { offer, .. } => {
                    let case = crate::record::case(0);
                    move |how| Proposal::EndOffer { case, offer, how }
                }
                other => panic!("{other:?}"),
            };
            for turn in 0..3 {
                match (first + turn) % 3 {
                    0 => drop(both.accepted(0)),
                    1 => both.carry_out(&end(OfferEnd::Expired)),
                    _ => both.carry_out(&end(OfferEnd::Withdrawn)),
                }
            }
            // What was committed comes in any order.
            let mut late: Vec<usize> = both.late.keys().copied().collect();
            let turned = last % late.len().max(1);
            late.rotate_left(turned);
            late.into_iter().for_each(|change| both.follow(change));
            let held = matches!(both.cases[&0].with, With::Held { .. });
            assert_eq!(held, first == 0, "{:?}", both.cases[&0]);
            both.quiet();
            assert_eq!(both.has(0), 1, "one of the two");
        }
    }
}

#[test]
fn somebody_goes_while_an_offer_to_them_is_on_its_way() {
    // The record refuses it, where it can expect somebody unchanged.
    let mut both = Both::with(true, &[1]);
    both.waits(0);
    both.follow_all();
    both.propose().unwrap();
    both.said(0, Offline);
    assert!(!both.decide(0));
    both.settle(0);
    both.quiet();
    assert_eq!(both.cases[&0].with, With::Queue);
    // Where it was taken before, it is ended, whichever is followed first.
    for gone_first in [true, false] {
        let mut both = Both::with(false, &[1]);
        both.waits(0);
        both.follow_all();
        both.propose().unwrap();
        both.said(0, Offline);
        assert!(both.decide(0));
        let mut late: Vec<usize> = both.late.keys().copied().collect();
        assert_eq!(late.len(), 2);
        if !gone_first {
            late.reverse();
        }
        late.into_iter().for_each(|change| both.follow(change));
        assert!(matches!(both.floor.due(both.now)[..], [Proposal::EndOffer { how: OfferEnd::Withdrawn, .. }]));
        both.quiet();
        assert_eq!(both.cases[&0].with, With::Queue);
        // They come back, and it is offered to them again at once: they never passed on it.
        both.said(0, Available);
        both.quiet();
        assert!(matches!(both.cases[&0].with, With::Offered { .. }));
    }
}

#[test]
fn somebody_comes_back_before_an_offer_to_them_was_taken_back() {
    let mut both = one_offered(true);
    both.said(0, Offline);
    both.follow_all();
    assert_eq!(both.floor.due(both.now).len(), 1);
    both.said(0, Available);
    both.follow_all();
    assert_eq!(both.floor.due(both.now), vec![], "it can stand");
    assert!(both.accepted(0));
    both.quiet();
    assert_eq!((both.has(0), both.propose()), (1, None));
}

#[test]
fn a_case_is_resolved_while_it_is_offered() {
    let mut both = one_offered(true);
    both.resolved(0);
    assert_eq!(both.propose(), None, "their room is taken until that is followed");
    both.follow_all();
    assert_eq!(both.propose(), Some((1, 0)));
}

#[test]
fn capacity_is_lowered_while_an_offer_is_on_its_way() {
    let mut both = Both::with(true, &[2]);
    both.waits(0);
    both.waits(1);
    both.follow_all();
    offered(&mut both);
    both.propose().unwrap();
    both.noted(0, 1);
    assert!(!both.decide(0), "the record has another profile than the one it was proposed by");
    both.settle(0);
    both.quiet();
    assert_eq!(both.has(0), 1);
    // Where nothing was expected, what is above their room by then goes back, and what they were offered before stays.
    let mut both = Both::with(false, &[2]);
    both.waits(0);
    both.waits(1);
    both.follow_all();
    offered(&mut both);
    both.propose().unwrap();
    both.noted(0, 1);
    both.follow_all();
    assert!(both.decide(0));
    both.settle(0);
    both.quiet();
    assert_eq!((both.has(0), &both.cases[&1].with), (1, &With::Queue));
    assert!(matches!(both.cases[&0].with, With::Offered { .. }));
    // What they have and were offered under another profile stays theirs.
    let mut both = Both::with(true, &[2]);
    both.waits(0);
    both.waits(1);
    both.follow_all();
    offered(&mut both);
    offered(&mut both);
    both.noted(0, 1);
    both.quiet();
    assert_eq!(both.has(0), 2);
}

#[test]
fn whoever_does_not_answer_is_offered_nothing_more_and_counts_as_away_once_that_is_on_record() {
    let mut both = Both::with(true, &[2]);
    (0..5).for_each(|n| both.waits(n));
    both.follow_all();
    offered(&mut both);
    offered(&mut both);
    both.ended(0, OfferEnd::Expired);
    both.ended(1, OfferEnd::Expired);
    both.follow_all();
    offered(&mut both);
    offered(&mut both);
    both.ended(2, OfferEnd::Expired);
    both.follow_all();
    assert_eq!(both.propose(), None);
    assert_eq!(both.floor.floor().presence(&crate::record::staff(0)), Some(&Available), "as it is on record");
    let due = both.floor.due(both.now);
    assert_eq!(due, vec![Proposal::Away { staff: crate::record::staff(0) }]);
    // They say that they are there before it is on record: then they are.
    let mut back = Both::with(true, &[2]);
    std::mem::swap(&mut back, &mut both);
    back.now = back.now.plus_ms(1);
    back.said(0, Available);
    back.follow_all();
    assert_eq!(back.floor.due(back.now), vec![]);
    assert!(back.propose().is_some());
}

#[test]
fn what_they_were_offered_besides_goes_back_once_they_count_as_away() {
    let mut both = Both::with(true, &[2]);
    (0..5).for_each(|n| both.waits(n));
    both.follow_all();
    offered(&mut both);
    offered(&mut both);
    both.ended(0, OfferEnd::Expired);
    both.ended(1, OfferEnd::Expired);
    both.follow_all();
    offered(&mut both);
    offered(&mut both);
    both.ended(2, OfferEnd::Expired);
    both.quiet();
    assert!(both.is_absent(0));
    assert_eq!(both.has(0), 0);
}

#[test]
fn a_floor_that_starts_in_the_middle_knows_what_the_other_knows() {
    let mut both = Both::with(true, &[2, 1]);
    (0..4).for_each(|n| both.waits(n));
    both.quiet();
    both.accepted(0);
    both.said(1, Offline);
    both.follow_all();
    let rebuilt = both.rebuilt();
    assert_eq!(format!("{:?}", both.known(&rebuilt)), format!("{:?}", both.known(&both.floor)));
    assert_eq!(rebuilt.due(both.now), both.floor.due(both.now));
    // It goes on where the other was.
    both.floor = rebuilt;
    both.quiet();
    assert_eq!((both.has(0), both.has(1)), (2, 0));
}

#[test]
fn a_case_that_is_followed_before_who_has_it() {
    let mut both = one_offered(true);
    both.accepted(0);
    both.follow_all();
    // Cases first, then staff.
    let rebuilt = both.rebuilt();
    let mut floor = Both::new(true).floor;
    both.follow_both_ways(&mut floor);
    assert_eq!(format!("{:?}", both.known(&floor)), format!("{:?}", both.known(&rebuilt)));
}

#[test]
fn the_clock_is_set_back_and_offers_end_all_the_same() {
    let mut both = one_offered(true);
    // An offer's end on record is of the clock on the wall; the floor's own clock goes on.
    both.now = at(31_500);
    let due = both.floor.due(both.now);
    assert!(matches!(due[..], [Proposal::EndOffer { how: OfferEnd::Expired, .. }]), "{due:?}");
    both.quiet();
    assert!(matches!(both.cases[&1].with, With::Offered { .. }), "the other one is offered instead");
    // What was done before, by a clock that was ahead, is no reason to wait.
    both.now = at(0);
    both.quiet();
    assert_eq!(both.has(0), 1);
}

#[test]
fn a_customer_who_waits_for_somebody_who_is_gone_gets_somebody_else() {
    let mut both = one_offered(true);
    both.accepted(0);
    both.written(0, false);
    both.said(0, Offline);
    both.follow_all();
    assert_eq!(both.floor.due(both.now), vec![], "the customer waits for nothing");
    both.written(0, true);
    both.follow_all();
    assert!(matches!(both.floor.due(both.now)[..], [Proposal::TakeBack { .. }]));
    both.quiet();
    assert_eq!(both.cases[&0].with, With::Queue);
    // Who is away may be back soon.
    let mut both = one_offered(true);
    both.accepted(0);
    both.said(0, remit_domain::floor::Presence::Away { reason: String::new() });
    both.follow_all();
    assert_eq!(both.floor.due(both.now), vec![]);
    both.now = both.now.plus_ms(AWAY_MS - 1);
    assert_eq!(both.floor.due(both.now), vec![]);
    both.now = both.now.plus_ms(MINUTE);
    assert_eq!(both.floor.due(both.now).len(), 1);
}
