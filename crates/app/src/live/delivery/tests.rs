//! Where a delivery stands after failures, refusals, pauses, dead letters and replays, at moments that a test names;
//! and over random ones.

use super::*;

const HOUR_MS: i64 = 3_600_000;

fn ready(seq: u64) -> Option<ReadyEvent> {
    Some(ReadyEvent { seq, kind: "message_added".to_owned(), body: Vec::new() })
}

/// A line that has taken these events: position and case.
fn line(events: &[(u64, &str)]) -> DeliveryState {
    let mut line = DeliveryState::after(events[0].0 - 1);
    for (seq, case) in events {
        line.take(seq - 1, *seq, case, ready(*seq), 0);
    }
    line
}

fn fail(line: &mut DeliveryState, pick: &Pick, asked_ms: Option<i64>, now: i64) -> bool {
    line.failed(
        &pick.from,
        (pick.after + 1, "message_added"),
        "the endpoint answered with status 500",
        asked_ms,
        0,
        now,
    )
}

/// Everything that goes now, with each delivered at once: case and the position after which it is looked for.
fn drain(line: &mut DeliveryState, now: i64) -> Vec<(String, u64)> {
    let mut sent = Vec::new();
    while let Some(pick) = line.pick(now, &HashSet::new()) {
        sent.push((pick.from.stream.clone(), pick.after + 1));
        line.delivered(&pick.from, pick.after + 1, now);
    }
    sent
}

#[test]
fn pauses_double_from_seconds_to_hours() {
    for (tries, chance, wanted_ms) in [
        (1, 0, 5_000),
        (2, 0, 10_000),
        (2, u16::MAX, 12_500),
        (10, 0, 2_560_000),
        (14, 0, 40_960_000),
        (15, 0, 12 * HOUR_MS),
        (15, u16::MAX, 12 * HOUR_MS),
        (u32::MAX, 0, 12 * HOUR_MS),
    ] {
        assert_eq!(pause_ms(tries, chance), wanted_ms, "{tries} {chance}");
    }
}

#[test]
fn a_case_that_is_refused_holds_up_only_itself() {
    let mut line = line(&[(1, "a"), (2, "a"), (3, "b")]);
    let first = line.pick(0, &HashSet::new()).unwrap();
    assert_eq!((first.from.stream.as_str(), first.ready.as_ref().unwrap().seq), ("a", 1));
    assert!(!fail(&mut line, &first, None, 0));
    assert_eq!(line.next_due(&HashSet::from(["b".to_owned()])), Some(5_000));
    assert_eq!(drain(&mut line, 4_999), [("b".to_owned(), 3)]);
    assert_eq!((line.settled(), line.waiting()), (0, (1, Some(0))));
    // What comes next of the case comes after.
    assert_eq!(drain(&mut line, 5_000), [("a".to_owned(), 1), ("a".to_owned(), 2)]);
    assert_eq!((line.settled(), line.waiting()), (3, (0, None)));
}

#[test]
fn of_a_case_that_is_under_way_nothing_else_goes() {
    let mut line = line(&[(1, "a"), (2, "a")]);
    let busy = HashSet::from([line.pick(0, &HashSet::new()).unwrap().from.stream]);
    assert!(line.pick(0, &busy).is_none());
    assert_eq!(line.next_due(&busy), None);
}

#[test]
fn after_three_days_of_trying_an_event_is_a_dead_letter_and_the_next_one_goes() {
    let mut line = line(&[(1, "a"), (2, "a")]);
    let (mut now, mut tries) = (0, 0);
    loop {
        let pick = line.pick(now, &HashSet::new()).unwrap();
        tries += 1;
        if fail(&mut line, &pick, None, now) {
            break;
        }
        now = line.next_due(&HashSet::new()).unwrap();
    }
    assert_eq!((now, tries), (WINDOW_MS, 20));
    let unsaved = line.unsaved();
    let letter = unsaved.letters[0].1.clone().unwrap();
    assert_eq!((letter.seq, letter.tries, letter.since_ms, letter.at_ms), (1, tries, 0, WINDOW_MS));
    assert_eq!(drain(&mut line, now), [("a".to_owned(), 2)]);
    // Sent again, it is no dead letter any more once it is delivered.
    assert!(line.retry(&letter, now) && line.is_on_its_way(1) && line.is_dead(1));
    assert_eq!(drain(&mut line, now), [("a".to_owned(), 1)]);
    assert_eq!((line.dead_letters(), line.is_on_its_way(1)), (0, false));
    line.saved(&unsaved, line.paused);
    assert_eq!(line.unsaved().letters, [(1, None)]);
}

#[test]
fn a_dead_letter_that_is_discarded_is_not_sent() {
    let mut line = line(&[(1, "a")]);
    let pick = line.pick(0, &HashSet::new()).unwrap();
    fail(&mut line, &pick, None, 0);
    let pick = line.pick(WINDOW_MS, &HashSet::new()).unwrap();
    assert!(fail(&mut line, &pick, None, WINDOW_MS));
    let letter = line.unsaved().letters[0].1.clone().unwrap();
    assert!(line.retry(&letter, WINDOW_MS));
    assert!(line.discard(1) && !line.discard(1));
    assert!(line.pick(WINDOW_MS, &HashSet::new()).is_none());
}

#[test]
fn a_receiver_that_asks_for_a_pause_gets_it_up_to_an_hour() {
    for (asked_ms, quiet_ms) in [(60_000, 60_000), (i64::MAX, HOUR_MS), (-1, 0)] {
        let mut line = line(&[(1, "a"), (2, "b")]);
        let pick = line.pick(0, &HashSet::new()).unwrap();
        fail(&mut line, &pick, Some(asked_ms), 0);
        let busy = HashSet::from(["a".to_owned()]);
        assert_eq!(line.next_due(&busy), Some(quiet_ms), "{asked_ms}");
        assert!(quiet_ms == 0 || line.pick(quiet_ms - 1, &busy).is_none());
        assert_eq!(line.pick(quiet_ms, &busy).unwrap().from.stream, "b");
    }
}

#[test]
fn who_is_back_gets_what_waits_at_once() {
    let names: Vec<String> = (0..=AWAY).map(|n| format!("c{n}")).collect();
    let events: Vec<(u64, &str)> = names.iter().zip(1..).map(|(name, seq)| (seq, name.as_str())).collect();
    let mut line = line(&events);
    let mut now = 0;
    // Long enough that the pauses are hours.
    while now < 30 * HOUR_MS {
        now = line.next_due(&HashSet::new()).unwrap().max(now);
        while let Some(pick) = line.pick(now, &HashSet::new()) {
            fail(&mut line, &pick, None, now);
        }
    }
    assert_eq!(line.failing_since, Some(0));
    now = line.next_due(&HashSet::new()).unwrap();
    let first = line.pick(now, &HashSet::new()).unwrap();
    line.delivered(&first.from, first.after + 1, now);
    assert_eq!(line.failing_since, None);
    assert_eq!(drain(&mut line, now + AGAIN_MS).len(), AWAY as usize);
}

#[test]
fn who_wants_nothing_any_more_is_left_alone_until_somebody_resumes() {
    let mut line = line(&[(1, "a"), (2, "b")]);
    let pick = line.pick(0, &HashSet::new()).unwrap();
    line.gone("the endpoint answered with status 410", 0);
    assert!(line.pick(WINDOW_MS, &HashSet::new()).is_none());
    assert_eq!((line.next_due(&HashSet::new()), line.room().1), (None, 0));
    line.resume(WINDOW_MS);
    assert_eq!(pick.after, 0);
    assert_eq!(drain(&mut line, WINDOW_MS), [("a".to_owned(), 1), ("b".to_owned(), 2)]);
}

#[test]
fn a_line_that_is_set_back_takes_everything_again_and_forgets_what_was_under_way() {
    let mut line = line(&[(1, "a"), (2, "a"), (3, "b")]);
    let pick = line.pick(0, &HashSet::new()).unwrap();
    line.set_back(1);
    assert_eq!(line.room().0, 1);
    // The event before the position still waits; what is heard of it now is of before.
    line.delivered(&pick.from, 1, 0);
    line.take(2, 3, "b", ready(3), 0);
    line.take(1, 2, "a", ready(2), 0);
    assert_eq!(line.room().0, 2, "only the next event is taken");
    assert_eq!(drain(&mut line, 0), [("a".to_owned(), 1), ("a".to_owned(), 2)]);
    assert_eq!(line.settled(), 2);
}

#[test]
fn what_is_read_ahead_and_what_waits_is_bounded() {
    let mut line = DeliveryState::after(0);
    let mut seq = 0;
    while line.room().1 > 0 {
        seq += 1;
        line.take(seq - 1, seq, &format!("c{seq}"), ready(seq), 0);
    }
    assert_eq!(seq, AHEAD_MAX as u64);
    while seq < 5_000 {
        while let Some(pick) = line.pick(0, &HashSet::new()) {
            fail(&mut line, &pick, None, 0);
        }
        if line.room().1 == 0 {
            break;
        }
        seq += 1;
        line.take(seq - 1, seq, &format!("c{seq}"), ready(seq), 0);
    }
    assert_eq!((seq, line.waiting().0), (STREAMS_MAX as u64, STREAMS_MAX));
}

/// Draws numbers that look random, the same for the same seed.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Any order of failures, deaths of the process and replays: nothing is lost, and nothing overtakes within its case.
#[test]
fn whatever_happens_every_event_arrives_or_is_a_dead_letter_in_order_of_its_case() {
    const EVENTS: u64 = 60;
    for seed in 0..500 {
        let mut draws = Draws(seed);
        let cases: Vec<String> = (0..EVENTS).map(|_| format!("c{}", draws.below(7))).collect();
        let of = |seq: u64| cases[seq as usize - 1].as_str();
        let mut line = DeliveryState::after(0);
        let (mut kept, mut kept_dead) = (serde_json::to_vec(&line).unwrap(), BTreeSet::new());
        let (mut now, mut arrived) = (0, vec![0_u32; EVENTS as usize + 1]);
        let mut under_way: Vec<(Pick, u64)> = Vec::new();
        let mut again = 0;
        for step in 0.. {
            assert!(step < 100_000, "seed {seed} does not end");
            let busy: HashSet<String> = under_way.iter().map(|(pick, _)| pick.from.stream.clone()).collect();
            match draws.below(40) {
                0..8 => {
                    let (after, room) = line.room();
                    for seq in (after + 1..=EVENTS).take(room.min(3)) {
                        line.take(seq - 1, seq, of(seq), ready(seq), now);
                    }
                }
                8..22 => {
                    if let Some(pick) = line.pick(now, &busy) {
                        let next = (pick.after + 1..=pick.last).find(|seq| of(*seq) == pick.from.stream);
                        assert!(pick.ready.as_ref().is_none_or(|ready| Some(ready.seq) == next), "seed {seed}");
                        match next {
                            Some(seq) => under_way.push((pick, seq)),
                            // A line that was set back waits up to where it was set back to.
                            None => line.pass(&pick.from, pick.last, now),
                        }
                    }
                }
                22..34 if !under_way.is_empty() => {
                    let (pick, seq) = under_way.swap_remove(draws.below(under_way.len() as u64) as usize);
                    if draws.below(3) > 0 {
                        let before = (1..seq).filter(|earlier| of(*earlier) == of(seq));
                        let settled = |seq: &u64| arrived[*seq as usize] > 0 || line.is_dead(*seq);
                        assert!(before.clone().all(|seq| settled(&seq)), "seed {seed}: {seq} overtook");
                        arrived[seq as usize] += 1;
                        line.delivered(&pick.from, seq, now);
                    } else {
                        line.failed(&pick.from, (seq, "message_added"), "no", None, 0, now);
                    }
                }
                34 => {
                    let unsaved = line.unsaved();
                    kept = serde_json::to_vec(&line).unwrap();
                    for (seq, letter) in &unsaved.letters {
                        if letter.is_some() {
                            kept_dead.insert(*seq)
                        } else {
                            kept_dead.remove(seq)
                        };
                    }
                    line.saved(&unsaved, line.paused);
                    assert!(!line.is_unsaved());
                }
                35 if again < 20 => {
                    again += 1;
                    under_way.clear();
                    line = DeliveryState::restore(&kept, kept_dead.clone()).unwrap();
                }
                36 if again < 20 => {
                    again += 1;
                    line.set_back(draws.below(EVENTS));
                }
                37 => now += draws.below(2 * WINDOW_MS as u64) as i64,
                _ => now = line.next_due(&busy).unwrap_or(now).max(now),
            }
            if under_way.is_empty() && line.settled() == EVENTS {
                break;
            }
        }
        for seq in 1..=EVENTS {
            assert!(arrived[seq as usize] > 0 || line.is_dead(seq), "seed {seed}: {seq} was lost");
            assert!(again > 0 || arrived[seq as usize] <= 1, "seed {seed}: {seq} arrived twice");
        }
    }
}

#[test]
fn a_clock_that_is_set_back_makes_no_pause_longer_than_it_is() {
    let (none, now) = (HashSet::new(), 100 * HOUR_MS);
    let mut line = line(&[(1, "a"), (2, "b")]);
    let first = line.pick(now, &none).unwrap();
    fail(&mut line, &first, Some(2 * HOUR_MS), now);
    let back = now - 3 * HOUR_MS;
    assert!(line.pick(back, &none).is_none(), "the receiver asked for quiet");
    assert!(line.pick(back + QUIET_MAX_MS - 1, &none).is_none());
    let again: Vec<_> = drain(&mut line, back + QUIET_MAX_MS).into_iter().map(|(case, _)| case).collect();
    assert_eq!(again, ["a", "b"]);
}
