//! Every command in every state, as rows: what leads there, what is given, and what must be told of it.

mod refused;

use crate::transcript::Transcript;
use refused::REFUSED;

/// Where a row begins. Costs are handling costs; expected failure adds 1,000 to each.
const STATES: &[(&str, &str)] = &[
    ("nothing", ""),
    ("ai", "open"),
    ("ai again", "open; yield 1 unsure"),
    ("queue", "open human"),
    (
        "owner",
        "policy a-ai deny; policy b-ai deny; policy desk deny; policy late deny; open; \
      policy a-ai allow; policy b-ai allow; policy desk allow; policy late allow",
    ),
    ("resolved", "open; resolve 1"),
    (
        "resolved by owner",
        "policy a-ai deny; policy b-ai deny; policy desk deny; policy late deny; open; end 1 close; \
      policy a-ai allow; policy b-ai allow; policy desk allow; policy late allow",
    ),
    ("erased", "open; erase"),
    ("erased by an earlier version", "open; raise legal 30; erased-before"),
    ("raised", "open; raise legal 30"),
    ("limit", "limit 1; open; yield 1 unsure"),
    ("person", "responders a-ai=100 desk=500 late=900; open human; offer ana; accept 1"),
];

/// State, what is given, and lines that must be told of its last command.
pub(crate) type Row = (&'static str, &'static str, &'static [&'static str]);

const DONE: &[Row] = &[
    // Opening: the least cost among the allowed, the rest in order, ties by name.
    (
        "nothing",
        "open",
        &[
            "route (routing), as a case was opened: it goes to a-ai; next b-ai, desk, late",
            "= open, a-ai has it under epoch 1, ai-lead answers for it, waited 0 min",
        ],
    ),
    (
        "nothing",
        "responders z-ai=100 y-ai=100 x-ai=100; open",
        &["route (routing), as a case was opened: it goes to x-ai; next y-ai, z-ai"],
    ),
    (
        "nothing",
        "responders desk=100 a-ai=100; open",
        &["route (routing), as a case was opened: it goes to a-ai; next desk"],
    ),
    (
        "nothing",
        "policy a-ai deny; policy b-ai nothing; open",
        &[
            "route (routing), as a case was opened: it goes to desk; next late",
            "  not a-ai: support.deny, costs 1100",
            "  not b-ai: nothing permits it, costs 1200",
        ],
    ),
    (
        "nothing",
        "open human",
        &[
            "measured: wants_human is true (remit)",
            "route (routing), as a case was opened: it goes to desk; next late",
            "= open, desk has it under epoch 1, support answers for it, waited 0 min, wants a human",
        ],
    ),
    (
        "nothing",
        "responders a-ai=1; open human",
        &[
            "exception 1 raised: no_responder, owned by duty-manager, due in 60 min",
            "= open, duty-manager has it under epoch 1, duty-manager answers for it, waited 0 min, wants a human, \
             exception 1 open",
        ],
    ),
    (
        "nothing",
        "responders; open",
        &["route (routing), as a case was opened: exception no_responder for duty-manager; next nobody"],
    ),
    // A policy that fails denies, and is somebody's work.
    (
        "nothing",
        "policy a-ai fails; open",
        &[
            "route (routing), as a case was opened: it goes to b-ai; next desk, late",
            "  not a-ai: support.broken failed, costs 1100",
            "exception 1 raised: policy_error, owned by policy-team, due in 60 min",
        ],
    ),
    (
        "nothing",
        "policy a-ai fails-open; open",
        &[
            "route (routing), as a case was opened: it goes to b-ai; next desk, late",
            "exception 1 raised: policy_error, owned by policy-team, due in 60 min",
        ],
    ),
    (
        "ai",
        "policy a-ai fails; customer",
        &["retain (quality), as the customer wrote: it goes to b-ai; next desk, late"],
    ),
    // Told once: a failing policy raises no second exception while the first is open.
    (
        "nothing",
        "policy a-ai fails; open; customer",
        &[
            "the customer wrote",
            "= open, b-ai has it under epoch 1, ai-lead answers for it, waited 0 min, exception 1 open",
        ],
    ),
    (
        "nothing",
        "policy a-ai fails; policy b-ai fails; policy desk fails; policy late fails; open",
        &[
            "exception 1 raised: no_responder, owned by duty-manager, due in 60 min",
            "exception 2 raised: policy_error, owned by policy-team, due in 60 min",
        ],
    ),
    // Without a limit to spend, a case still can be given out.
    ("nothing", "limit 0; open", &["route (routing), as a case was opened: it goes to a-ai; next b-ai, desk, late"]),
    (
        "nothing",
        "limit 0; open; yield 1 unsure",
        &["exception 1 raised: handoff_limit, owned by duty-manager, due in 60 min"],
    ),
    // Retain.
    (
        "ai",
        "customer",
        &[
            "retain (quality), as the customer wrote: a-ai keeps it; next b-ai, desk, late",
            "= open, a-ai has it under epoch 1, ai-lead answers for it, waited 0 min",
        ],
    ),
    (
        "ai",
        "customer human",
        &[
            "retain (quality), as the customer wrote: it goes to desk; next late",
            "  not a-ai: remit.human-when-asked, costs 1100",
            "handed from a-ai to desk with 2 messages",
        ],
    ),
    ("ai", "measure human", &["retain (quality), as signals were posted: it goes to desk; next late"]),
    ("ai", "machine", &["a machine wrote for the customer"]),
    ("queue", "machine", &["a machine wrote for the customer"]),
    ("owner", "machine", &["a machine wrote for the customer"]),
    ("resolved", "machine", &["a machine wrote for the customer"]),
    ("queue", "customer", &["retain (quality), as the customer wrote: desk keeps it; next late"]),
    (
        "ai",
        "responders a-ai=900 b-ai=1; customer",
        &["retain (quality), as the customer wrote: a-ai keeps it; next b-ai"],
    ),
    (
        "owner",
        "customer",
        &["retain (quality), as the customer wrote: duty-manager keeps it; next a-ai, b-ai, desk, late"],
    ),
    // A human says where it goes, and has seen to the exception with that.
    (
        "owner",
        "override desk",
        &[
            "exception 1 resolved by tests",
            "override (duty-manager), as a human chose desk: it goes to desk; next late",
            "handed from duty-manager to desk with 1 messages",
        ],
    ),
    // A new danger waits for no count, and for nobody who looks into something else.
    (
        "limit",
        "policy b-ai deny; customer danger=self_harm",
        &["retain (quality), as the customer wrote: it goes to desk; next late"],
    ),
    ("owner", "customer danger=self_harm", &["retain (quality), as the customer wrote: it goes to desk; next late"]),
    (
        "limit",
        "policy b-ai deny; customer",
        &["exception 1 raised: handoff_limit, owned by duty-manager, due in 60 min"],
    ),
    (
        "ai",
        "policy a-ai deny; policy b-ai deny; policy desk deny; policy late deny; customer",
        &["exception 1 raised: no_responder, owned by duty-manager, due in 60 min"],
    ),
    // Answering stops the customer's wait, and nothing else does.
    (
        "ai",
        "after 7; answer 1",
        &["a-ai answered under epoch 1", "= open, a-ai has it under epoch 1, ai-lead answers for it"],
    ),
    ("ai", "after 7; yield 1 unsure", &["= open, b-ai has it under epoch 2, ai-lead answers for it, waited 7 min"]),
    (
        "ai",
        "answer 1; after 3; customer; after 4; customer",
        &["= open, a-ai has it under epoch 1, ai-lead answers for it, waited 4 min"],
    ),
    ("ai", "attach 1 7", &["a-ai answered under epoch 1", "= open, a-ai has it under epoch 1, ai-lead answers for it"]),
    (
        "ai",
        "after 5; attach customer 7",
        &["the customer wrote", "retain (quality), as the customer wrote: a-ai keeps it; next b-ai, desk, late"],
    ),
    ("owner", "answer 1", &["duty-manager answered under epoch 1"]),
    // Escalate.
    (
        "ai",
        "yield 1 unsure",
        &[
            "escalate (support-lead), as it was given up (unsure): it goes to b-ai; next desk, late",
            "handed from a-ai to b-ai with 1 messages",
        ],
    ),
    (
        "ai",
        "yield 1 wants_human",
        &[
            "measured: wants_human is true (remit)",
            "escalate (support-lead), as it was given up (wants_human): it goes to desk; next late",
        ],
    ),
    (
        "ai again",
        "yield 2 tool_failed",
        &[
            "escalate (support-lead), as it was given up (tool_failed): it goes to desk; next late",
            "  not a-ai: remit.no-second-try, costs 1100",
            "handed from b-ai to desk with 1 messages, before that a-ai",
        ],
    ),
    (
        "queue",
        "yield 1 wrong_team",
        &["escalate (support-lead), as it was given up (wrong_team): it goes to late; next nobody"],
    ),
    (
        "queue",
        "yield 1 wrong_team; yield 2 wrong_team",
        &["exception 1 raised: no_responder, owned by duty-manager, due in 60 min"],
    ),
    (
        "limit",
        "yield 2 unsure",
        &[
            "escalate (support-lead), as it was given up (unsure): exception handoff_limit for duty-manager; next \
             desk, late",
            "exception 1 raised: handoff_limit, owned by duty-manager, due in 60 min",
        ],
    ),
    // Return to AI.
    (
        "ai",
        "override desk; return 2",
        &[
            "return_to_ai (ai-lead), as staff asked for an AI responder: it goes to a-ai; next b-ai, desk, late",
            "= open, a-ai has it under epoch 3, ai-lead answers for it, waited 0 min",
        ],
    ),
    (
        "ai again",
        "yield 2 unsure; return 3",
        &["return_to_ai (ai-lead), as staff asked for an AI responder: desk keeps it; next late"],
    ),
    ("queue", "return 1", &["return_to_ai (ai-lead), as staff asked for an AI responder: desk keeps it; next late"]),
    (
        "ai",
        "return 1",
        &["return_to_ai (ai-lead), as staff asked for an AI responder: it goes to b-ai; next a-ai, desk, late"],
    ),
    (
        "limit",
        "override desk; return 3",
        &["return_to_ai (ai-lead), as staff asked for an AI responder: desk keeps it; next late"],
    ),
    // Override: against cost, against policy, past the limit; never to an AI responder when a human is wanted.
    ("ai", "override late", &["override (duty-manager), as a human chose late: it goes to late; next desk"]),
    (
        "ai",
        "policy late deny; override late",
        &[
            "  not late: support.deny, costs 1900",
            "= open, late has it under epoch 2, support answers for it, waited 0 min",
        ],
    ),
    ("limit", "override late", &["= open, late has it under epoch 3, support answers for it, waited 0 min"]),
    ("queue", "override late", &["override (duty-manager), as a human chose late: it goes to late; next desk"]),
    // Exceptions by hand leave the case where it is; those that hold it move it on.
    (
        "ai",
        "raise legal 30",
        &[
            "exception 1 raised: raised, owned by legal, due in 30 min",
            "= open, a-ai has it under epoch 1, ai-lead answers for it, waited 0 min, exception 1 open",
        ],
    ),
    (
        "ai",
        "deny-turn 1",
        &[
            "exception 1 raised: raised, owned by ai-lead, due in 30 min",
            "= open, b-ai has it under epoch 2, ai-lead answers for it, waited 0 min, exception 1 open",
        ],
    ),
    ("raised", "take 1", &["exception 1 taken by tests"]),
    ("raised", "take 1; give-up 1", &["exception 1 given up by tests"]),
    ("raised", "take 1; give-up 1; take 1", &["exception 1 taken by tests"]),
    ("owner", "take 1; give-up 1", &["exception 1 given up by tests"]),
    (
        "raised",
        "end 1",
        &["exception 1 resolved by tests", "= open, a-ai has it under epoch 1, ai-lead answers for it, waited 0 min"],
    ),
    (
        "raised",
        "end 1 close",
        &["resolved by a-ai, exception", "= resolved, a-ai has it under epoch 1, ai-lead answers for it"],
    ),
    ("raised", "resolve 1; take 1; end 1", &["exception 1 resolved by tests"]),
    (
        "raised",
        "resolve 1; end 1 close",
        &["exception 1 resolved by tests", "= resolved, a-ai has it under epoch 1, ai-lead answers for it"],
    ),
    (
        "owner",
        "end 1",
        &[
            "route (routing), as its exception was resolved: it goes to a-ai; next b-ai, desk, late",
            "handed from duty-manager to a-ai with 1 messages",
        ],
    ),
    ("owner", "end 1 close", &["resolved by duty-manager, exception"]),
    ("owner", "take 1", &["exception 1 taken by tests"]),
    (
        "limit",
        "yield 2 unsure; end 1",
        // Who gave it up does not get it back.
        &["route (routing), as its exception was resolved: it goes to desk; next late"],
    ),
    // The end, and coming back.
    ("ai", "resolve 1", &["resolved by a-ai", "= resolved, a-ai has it under epoch 1, ai-lead answers for it"]),
    (
        "queue",
        "resolve 1",
        &["resolved by desk", "= resolved, desk has it under epoch 1, support answers for it, wants a human"],
    ),
    (
        "resolved",
        "reopen",
        &[
            "reopened",
            "route (routing), as it was reopened: it goes to a-ai; next b-ai, desk, late",
            "= open, a-ai has it under epoch 2, ai-lead answers for it, waited 0 min",
        ],
    ),
    (
        "resolved",
        "policy a-ai deny; reopen",
        &["route (routing), as it was reopened: it goes to b-ai; next desk, late"],
    ),
    ("resolved by owner", "reopen", &["= open, a-ai has it under epoch 2, ai-lead answers for it, waited 0 min"]),
    (
        "queue",
        "resolve 1; reopen",
        &["= open, desk has it under epoch 2, support answers for it, waited 0 min, wants a human"],
    ),
    (
        "nothing",
        "open human not-asked=crm",
        &[
            "measured: wants_human is true (remit)",
            "tests posted that no human was asked for (crm)",
            "route (routing), as a case was opened: it goes to a-ai; next b-ai, desk, late",
        ],
    ),
    (
        "queue",
        "measure not-asked=crm",
        &[
            "tests posted that no human was asked for (crm)",
            "= open, desk has it under epoch 1, support answers for it, waited 0 min",
        ],
    ),
    (
        "queue",
        "measure not-asked=crm; measure human",
        &["= open, desk has it under epoch 1, support answers for it, waited 0 min, wants a human"],
    ),
    (
        "queue",
        "measure button; measure not-asked=crm",
        &["= open, desk has it under epoch 1, support answers for it, waited 0 min, wants a human"],
    ),
    ("resolved", "measure human", &["measured: wants_human is true (remit)"]),
    // Erasing ends what is open, and what an earlier version left open can be ended.
    ("resolved", "erase", &["words erased"]),
    ("ai", "erase", &["words erased", "resolved by a-ai, erased"]),
    ("raised", "erase", &["words erased", "exception 1 resolved by tests", "resolved by a-ai, erased"]),
    ("owner", "erase", &["words erased", "exception 1 resolved by tests", "resolved by duty-manager, erased"]),
    ("erased", "erase", &["= resolved, a-ai has it under epoch 1, ai-lead answers for it"]),
    ("erased by an earlier version", "end-silently 1 close", &["resolved by a-ai, exception"]),
    ("erased by an earlier version", "resolve 1", &["resolved by a-ai"]),
    ("erased by an earlier version", "erase", &["exception 1 resolved by tests", "resolved by a-ai, erased"]),
    ("resolved", "feedback no", &["the customer said it is not solved", "reopened"]),
];

fn check((state, given, wanted): &Row) -> Result<(), String> {
    let mut transcript = Transcript::new();
    transcript.line("responders a-ai=100 b-ai=200 desk=500 late=900")?;
    let (_, path) = STATES.iter().find(|(name, _)| name == state).ok_or("no such state")?;
    let mut told = vec![];
    for line in path.split(';').chain(given.split(';')).map(str::trim).filter(|line| !line.is_empty()) {
        told = transcript.line(line)?;
    }
    match wanted.iter().find(|line| !told.iter().any(|told| told == *line)) {
        Some(missing) => Err(format!("`{missing}` is missing in:\n    {}", told.join("\n    "))),
        None => Ok(()),
    }
}

pub(crate) fn check_all(rows: &[Row]) {
    let failed: Vec<_> =
        rows.iter().filter_map(|row| check(row).err().map(|why| format!("{}, then {}: {why}", row.0, row.1))).collect();
    assert!(failed.is_empty(), "{} of {} rows:\n{}", failed.len(), rows.len(), failed.join("\n"));
}

#[test]
fn what_is_refused() {
    assert!(REFUSED.iter().all(|(_, _, wanted)| wanted.iter().all(|line| line.starts_with("refused: "))));
    check_all(REFUSED);
}

#[test]
fn what_is_done() {
    check_all(DONE);
}

#[test]
fn every_command_is_tried_in_the_states_that_matter() {
    let verbs = [
        "open",
        "customer",
        "machine",
        "measure",
        "answer",
        "attach",
        "yield",
        "return",
        "override",
        "raise",
        "take",
        "deny-turn",
        "end",
        "resolve",
        "reopen",
        "erase",
    ];
    for verb in verbs {
        let tried = |state: &str| {
            let mut rows = REFUSED.iter().chain(DONE);
            rows.any(|(at, given, _)| *at == state && given.rsplit("; ").next().is_some_and(|l| l.starts_with(verb)))
        };
        assert!(tried("nothing") && tried("ai") && tried("resolved"), "`{verb}` is not tried in every state");
    }
}
