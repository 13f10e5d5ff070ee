//! Commands that are refused, with what is said of each.

use super::Row;

const ABSENT: &str = "refused: there is no case yet; open one first";
const RESOLVED: &str = "refused: the case is resolved; reopen it first";
const OPEN: &str = "refused: the case is open already";
const HELD: &str = "refused: exception 1 holds the case; resolve it and the case moves on";
const ERASED: &str =
    "refused: the words on this case were erased and none can be written on it; leave them out, or open a new case";
const UNKNOWN: &str = "refused: no exception unknown is open on this case";
const NOT_TAKEN: &str =
    "refused: you have not taken exception 1 on, or somebody else has since; only who has it gives it up";
const SETTLED: &str = "refused: no exception 1 is open on this case";
const LOST: &str = "refused: the lease with epoch 1 is no longer current: b-ai holds the case under epoch 2";
const EARLY: &str = "refused: the lease with epoch 2 is no longer current: a-ai holds the case under epoch 1";

pub(super) const REFUSED: &[Row] = &[
    ("nothing", "customer", &[ABSENT]),
    ("nothing", "machine", &[ABSENT]),
    ("nothing", "answer 1", &[ABSENT]),
    ("nothing", "attach customer 1", &[ABSENT]),
    ("nothing", "measure", &[ABSENT]),
    ("nothing", "yield 1 unsure", &[ABSENT]),
    ("nothing", "return 1", &[ABSENT]),
    ("nothing", "override desk", &[ABSENT]),
    ("nothing", "raise legal 5", &[ABSENT]),
    ("nothing", "deny-turn 1", &[ABSENT]),
    ("nothing", "take 1", &[ABSENT]),
    ("nothing", "end 1", &[ABSENT]),
    ("nothing", "resolve 1", &[ABSENT]),
    ("nothing", "reopen", &[ABSENT]),
    ("nothing", "erase", &[ABSENT]),
    ("ai", "open", &[OPEN]),
    ("ai", "reopen", &[OPEN]),
    ("ai", "answer 2", &[EARLY]),
    ("ai", "attach 2 1", &[EARLY]),
    ("ai", "attach customer 20971521", &["refused: the case has 0 files of 0 bytes; it may have 10 of 20971520"]),
    (
        "ai",
        "attach customer 20000000; attach 1 1000000",
        &["refused: the case has 1 files of 20000000 bytes; it may have 10 of 20971520"],
    ),
    (
        "ai",
        "attach 1 1; attach 1 2; attach 1 3; attach 1 4; attach 1 5; attach 1 6; attach 1 7; attach 1 8; attach 1 9; \
         attach 1 10; attach 1 11",
        &["refused: the case has 10 files of 55 bytes; it may have 10 of 20971520"],
    ),
    ("resolved", "attach customer 1", &[RESOLVED]),
    ("erased", "attach customer 1", &[ERASED]),
    ("ai", "yield 2 unsure", &[EARLY]),
    ("ai", "return 2", &[EARLY]),
    ("ai", "resolve 2", &[EARLY]),
    ("ai", "override a-ai", &["refused: `a-ai` has the case already"]),
    ("ai", "override nobody", &["refused: the bundle has no responder `nobody`"]),
    ("ai", "take 1", &[UNKNOWN]),
    ("ai", "end 1", &[UNKNOWN]),
    ("ai", "end 1 close", &[UNKNOWN]),
    ("ai again", "answer 1", &[LOST]),
    ("ai again", "yield 1 unsure", &[LOST]),
    ("ai again", "return 1", &[LOST]),
    ("ai again", "resolve 1", &[LOST]),
    (
        "ai again",
        "answer 0",
        &["refused: the lease with epoch 0 is no longer current: b-ai holds the case under epoch 2"],
    ),
    (
        "queue",
        "override a-ai",
        &["refused: the customer asked for a human, so `a-ai`, an AI responder, cannot be given the case"],
    ),
    ("queue", "override desk", &["refused: `desk` has the case already"]),
    ("owner", "yield 1 unsure", &[HELD]),
    ("owner", "return 1", &[HELD]),
    ("owner", "resolve 1", &[HELD]),
    ("owner", "end 2", &[UNKNOWN]),
    (
        "owner",
        "answer 7",
        &["refused: the lease with epoch 7 is no longer current: duty-manager holds the case under epoch 1"],
    ),
    ("resolved", "open", &[OPEN]),
    ("resolved", "customer", &[RESOLVED]),
    ("resolved", "answer 1", &[RESOLVED]),
    ("resolved", "yield 1 unsure", &[RESOLVED]),
    ("resolved", "return 1", &[RESOLVED]),
    ("resolved", "resolve 1", &[RESOLVED]),
    ("resolved", "override desk", &[RESOLVED]),
    ("resolved", "raise legal 5", &[RESOLVED]),
    ("resolved", "deny-turn 1", &[RESOLVED]),
    ("resolved", "take 1", &[UNKNOWN]),
    ("resolved", "end 1", &[UNKNOWN]),
    ("resolved by owner", "answer 1", &[RESOLVED]),
    ("resolved by owner", "end 1", &[SETTLED]),
    ("resolved", "erase; reopen", &[ERASED]),
    ("erased", "customer", &[ERASED]),
    ("erased", "machine", &[ERASED]),
    ("erased", "answer 1", &[ERASED]),
    ("erased", "resolve 1", &[RESOLVED]),
    ("erased", "reopen", &[ERASED]),
    ("erased", "feedback no", &[ERASED]),
    ("erased by an earlier version", "override late", &[ERASED]),
    ("erased by an earlier version", "yield 1 unsure", &[ERASED]),
    ("erased by an earlier version", "raise legal 5", &[ERASED]),
    ("erased by an earlier version", "end 1", &[ERASED]),
    ("raised", "end 1; end 1", &[SETTLED]),
    ("raised", "end 1; take 1", &[SETTLED]),
    ("raised", "end 1; give-up 1", &[SETTLED]),
    ("raised", "give-up 1", &[NOT_TAKEN]),
    ("raised", "take 1; give-up 1; give-up 1", &[NOT_TAKEN]),
    ("owner", "raise legal 5; end 2 close", &[HELD]),
    ("owner", "deny-turn 1", &[HELD]),
];
