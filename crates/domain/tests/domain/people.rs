//! What people do with a case beside answering it, and how cases end: rows like those of `commands`.

use crate::{
    commands::{Row, check_all},
    promise::taken_again,
    transcript::Transcript,
};
use remit_domain::{Decision, Event, decision::Outcome};
use std::sync::Arc;

const LOST: &str = "refused: the lease with epoch 1 is no longer current: desk holds the case under epoch 2";
const NOT_THEIRS: &str = "refused: only the holder may do this: a-ai holds the case";
const ABSENT: &str = "refused: there is no case yet; open one first";
const RESOLVED: &str = "refused: the case is resolved; reopen it first";
const HELD: &str = "refused: exception 1 holds the case; resolve it and the case moves on";

const REFUSED: &[Row] = &[
    ("nothing", "transfer 1 late", &[ABSENT]),
    ("nothing", "consult 1 late", &[ABSENT]),
    ("nothing", "merge 1", &[ABSENT]),
    ("nothing", "feedback yes", &[ABSENT]),
    ("nothing", "abandon", &[ABSENT]),
    // Only who took a case moves it or asks others about it, under the lease that counts.
    ("ai", "transfer 1 late", &[NOT_THEIRS]),
    ("ai", "consult 1 late", &[NOT_THEIRS]),
    ("person", "transfer 1 late", &[LOST]),
    ("person", "consult 1 late", &[LOST]),
    ("person", "merge 1", &[LOST]),
    ("person", "silent 1", &[LOST]),
    ("person", "act 1 refund", &[LOST]),
    ("person", "transfer 2 desk", &["refused: `desk` has the case already"]),
    ("person", "transfer 2 nobody", &["refused: the bundle has no responder `nobody`"]),
    ("person", "transfer 2 a-ai", &["refused: the bundle has no responder `a-ai`"]),
    (
        "person",
        "policy late deny; transfer 2 late",
        &["refused: policy does not permit `late` this case; a lead may decide against it with an override"],
    ),
    // What an AI responder asks for is asked as that AI responder, while it has the case.
    ("person", "act 2 refund", &["refused: only the holder may do this: desk holds the case"]),
    ("owner", "merge 1", &[HELD]),
    ("owner", "silent 1", &[HELD]),
    ("owner", "abandon", &[HELD]),
    // What nobody was asked cannot be answered, and what does not stand cannot be ended.
    ("person", "keep 2", &["refused: nobody is asked whether to hand this case over"]),
    ("person", "keep 1", &[LOST]),
    ("person", "end-danger self_harm", &["refused: no situation `self_harm` stands on this case"]),
    ("resolved", "end-danger self_harm", &[RESOLVED]),
    ("resolved", "keep 1", &[RESOLVED]),
    ("nothing", "end-danger self_harm", &[ABSENT]),
    ("nothing", "keep 1", &[ABSENT]),
    ("resolved", "transfer 1 late", &[RESOLVED]),
    ("resolved", "consult 1 late", &[RESOLVED]),
    ("resolved", "abandon", &[RESOLVED]),
    ("resolved", "silent 1", &[RESOLVED]),
];

const DONE: &[Row] = &[
    (
        "person",
        "transfer 2 late",
        &[
            "escalate (support-lead), as the holder chose late: it goes to late; next nobody",
            "handed from desk to late with 1 messages",
            "the customer is told to wait 0 min",
            "= open, late has it under epoch 3, support answers for it, waited 0 min, wants a human",
        ],
    ),
    (
        "person",
        "limit 0; transfer 2 late",
        &["escalate (support-lead), as the holder chose late: exception handoff_limit for duty-manager; next late"],
    ),
    // A danger stands until a person ends it, and a graver one is added.
    (
        "ai",
        "customer danger=bereavement; customer danger=self_harm; customer",
        &["= open, desk has it under epoch 2, support answers for it, waited 0 min, in bereavement and self_harm"],
    ),
    (
        "ai",
        "customer danger=bereavement; end-danger bereavement",
        &[
            "tests said that bereavement stands no more",
            "retain (quality), as a person ended a situation: desk keeps it; next late",
        ],
    ),
    // Once a person has said so, what was read before does not come back by itself, but what is read anew does.
    (
        "ai",
        "customer danger=threat; end-danger threat; customer; customer danger=threat",
        &["threat stands on the case from now on"],
    ),
    ("ai", "measure danger=threat", &["threat stands on the case from now on"]),
    // People keep what they have, and are asked.
    (
        "person",
        "policy desk deny; customer",
        &[
            "retain (quality), as the customer wrote: desk keeps it, and is asked about late; next late",
            "= open, ana of desk has it under epoch 2, support answers for it, waited 0 min, wants a human, hand over \
             to late?",
        ],
    ),
    (
        "person",
        "policy desk deny; customer; keep 2",
        &[
            "tests keeps it, as asked",
            "= open, ana of desk has it under epoch 2, support answers for it, waited 0 min, wants a human",
        ],
    ),
    ("person", "policy desk deny; customer; transfer 2 late", &["handed from desk to late with 2 messages"]),
    (
        "person",
        "policy desk deny; policy late deny; customer danger=self_harm",
        &["retain (quality), as the customer wrote: desk keeps it; next nobody"],
    ),
    // From a queue of which nobody took it, a danger that is new goes on to other people, and nothing else moves it.
    (
        "queue",
        "policy desk deny; customer",
        &["retain (quality), as the customer wrote: desk keeps it, and is asked about late; next late"],
    ),
    (
        "queue",
        "policy desk deny; customer danger=self_harm",
        &["retain (quality), as the customer wrote: it goes to late; next nobody"],
    ),
    (
        "queue",
        "policy desk deny; policy late deny; customer danger=self_harm",
        &["retain (quality), as the customer wrote: exception no_responder for duty-manager; next nobody"],
    ),
    // An override stands against what spoke against it, and falls to what did not.
    (
        "ai",
        "policy late deny; override late; customer",
        &["retain (quality), as the customer wrote: late keeps it; next desk"],
    ),
    (
        "ai",
        "policy b-ai deny; override b-ai; customer",
        &["retain (quality), as the customer wrote: b-ai keeps it; next a-ai, desk, late"],
    ),
    (
        "ai",
        "policy b-ai deny; override b-ai; customer human",
        &["retain (quality), as the customer wrote: it goes to desk; next late"],
    ),
    // What people give up goes to people.
    (
        "ai",
        "yield 1 unsure; yield 2 unsure; yield 3 wrong_team",
        &["escalate (support-lead), as it was given up (wrong_team): it goes to late; next nobody"],
    ),
    // A consult moves nothing.
    (
        "person",
        "consult 2 late",
        &[
            "ana asks late for advice",
            "= open, ana of desk has it under epoch 2, support answers for it, waited 0 min, wants a human",
        ],
    ),
    ("person", "consult 2 late; advise", &["tests gave advice"]),
    // Promises, refusals and open actions go along.
    ("ai", "promise 1; refuse 1; yield 1 unsure", &["handed from a-ai to b-ai with 3 messages, 1 promised, 1 refused"]),
    (
        "ai",
        "act 1 refund",
        &[
            "act (risk): a-ai asks for refund: may by support.allow",
            "escalate (support-lead), as it was given up (needs_action): it goes to b-ai; next desk, late",
            "handed from a-ai to b-ai with 1 messages, 1 to be done",
        ],
    ),
    (
        "ai",
        "act 1 refund no",
        &["act (risk): a-ai asks for refund: not by support.no-refunds", "handed from a-ai to b-ai with 1 messages"],
    ),
    ("ai", "act 1 refund; done 2; yield 2 unsure", &["handed from b-ai to desk with 1 messages, before that a-ai"]),
    ("ai", "act 1 refund; done 2", &["the action ended: done by tests"]),
    // Ends.
    ("person", "resolve 2 refunded", &["resolved by desk, wrapped up as refunded"]),
    ("ai", "feedback yes 5", &["the customer said it is solved, 5 of 5", "resolved by a-ai, confirmed"]),
    (
        "ai",
        "feedback no 1",
        &[
            "the customer said it is not solved, 1 of 5",
            "= open, a-ai has it under epoch 1, ai-lead answers for it, waited 0 min",
        ],
    ),
    ("owner", "feedback yes", &["the customer said it is solved"]),
    ("resolved", "feedback 4", &["the customer said how it was, 4 of 5"]),
    ("ai", "answer 1; silent 1", &["resolved by a-ai, silent"]),
    ("queue", "abandon", &["resolved by desk, abandoned"]),
    ("resolved", "contact", &["the customer came back with the same request"]),
    ("ai", "merge 1", &["resolved by a-ai, merged"]),
    ("ai", "absorb", &["another case ended in this one"]),
];

#[test]
fn what_is_refused() {
    check_all(REFUSED);
}

#[test]
fn what_is_done() {
    check_all(DONE);
}

#[test]
fn a_case_that_ended_in_another_goes_on_there_and_nowhere_else() {
    let into = "refused: the case ended in ";
    for given in ["reopen", "customer", "answer 1", "transfer 1 desk", "raise legal 5"] {
        let mut transcript = Transcript::new();
        for line in ["responders a-ai=100 desk=500", "open", "merge 1"] {
            transcript.line(line).unwrap();
        }
        let told = transcript.line(given).unwrap();
        assert!(told.iter().any(|line| line.starts_with(into)), "{given}: {told:?}");
    }
}

#[test]
fn what_came_back_to_a_closed_queue_before_version_6_stays_there_when_it_is_decided_again() {
    let mut transcript = Transcript::new();
    let given = ["responders day=100 late=300", "open human", "offer ana", "accept 1"];
    for line in given.into_iter().chain(["policy day calls-back", "give-back 2"]) {
        transcript.line(line).unwrap();
    }
    let session = transcript.session;
    let Some(Event::DecisionMade { decision, .. }) = session.events.last() else { panic!("{:?}", session.events) };
    let terms = Arc::new(session.world.terms());
    let by_version = |v: u16| {
        let record = Decision { v, ..Decision::clone(decision) };
        match taken_again(record, &[], &terms).outcome {
            Outcome::Assign { responder } => responder.to_string(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!([4, 5, 6].map(by_version), ["day", "day", "late"]);
}

#[test]
fn who_waited_in_a_queue_that_closed_before_version_7_was_told_nothing_when_it_is_decided_again() {
    for (says, other) in [("collects", "allow"), ("calls-back", "nothing")] {
        let mut transcript = Transcript::new();
        let (says, other) = (format!("policy day {says}"), format!("policy late {other}"));
        for line in ["responders day=100 late=300", &other, "open human", &says, "closed 1"] {
            transcript.line(line).unwrap();
        }
        let session = transcript.session;
        let made = session.events.iter().rev().find_map(|event| match event {
            Event::DecisionMade { decision, .. } => Some(decision),
            _ => None,
        });
        let decision = made.unwrap();
        let terms = Arc::new(session.world.terms());
        let by_version = |v: u16| {
            let record = Decision { v, ..Decision::clone(decision) };
            match taken_again(record, &[], &terms).outcome {
                Outcome::Keep { holder, .. } => format!("kept by {}", holder.name()),
                Outcome::Assign { responder } => format!("told by {responder}"),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!([5, 6, 7].map(by_version), ["kept by day", "kept by day", "told by day"], "{says}");
    }
}
