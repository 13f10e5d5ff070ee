//! What verification does not look at, with why.

use super::authority::sides::Known;
use remit_domain::id::CaseId;

/// What was not looked at, and why.
type Not = (&'static str, &'static str);

/// What is on no record in any directory.
pub(super) fn always() -> Vec<Not> {
    vec![
        ("answers kept to be repeated, beyond their form", "they are not in the ledger"),
        (
            "names of tokens and of subscriptions, and why and since when staff are away",
            "records have no names and no words",
        ),
        (
            "how far events were delivered to a subscription, what was given up, and until when a secret of before \
             signs",
            "what is delivered is on no record; a replay sends everything again",
        ),
        (
            "further cases of a chat than its first, beyond whose they are",
            "records do not say on which chat one was opened",
        ),
        (
            "whether the values that cases are found by are those of their fields",
            "which fields cases are found by is the bundle's to say: the list by value is held against the list by \
             case alone, so that what is taken from both is not missed; a search looks at the field as well",
        ),
        (
            "whether checkpoints before the newest are there",
            "how many were signed is on no record, and what an earlier one says the newest says as well",
        ),
        (
            "when promises are looked at again, and whether and when silences are",
            "it follows from the bundle and the moment, not from records",
        ),
        (
            "whether AI responders other than the built-in one have turns left",
            "one that answers by itself says so outside the ledger, and its case goes on when its time is over",
        ),
        (
            "whether it remains to be done to look at cases that came back (`unattended`, `back`), whose needs nobody \
             meets (`needs`), whose queue is closed (`closed`), of whose customer something else is known (`facts`), \
             and which wait for another one that has ended (`ended`)",
            "whether there was something to look at follows from staff, bundle and moment, and a look that finds \
             nothing leaves no record",
        ),
        (
            "whether a case remains to be told that its customer opened another one about the same (`again`)",
            "records name the case before only where the customer wrote on it",
        ),
        (
            "when cases that came back are looked at again (`unattended`), and when who waits for another one that has \
             ended is told (`ended`)",
            "it follows from the bundle, its calendars and the moment",
        ),
    ]
}

/// What an earlier version left that is on no record.
pub(super) fn of_earlier(known: Known<'_>, is_recorded: bool) -> Vec<Not> {
    let mut not = Vec::new();
    if !is_recorded {
        not.push((
            "tokens, staff, chats and subscriptions, beyond their form",
            "an earlier version made them, and the next start puts them on record",
        ));
    }
    if !known.is_whole {
        not.push((
            "counts of outcomes, and whether everything that remains to be done is there",
            "the database was made by an earlier version, which did not count from the first record on",
        ));
        not.push((
            "overrides and questions for advice as they are listed, and which AI responders are stopped",
            "the database was made by an earlier version, which did not list them from the first record on",
        ));
    }
    if !known.is_recorded_from_birth {
        not.push((
            "whether what a case has to know of another one, and what is left of erasures, remains to be done",
            "the database was made by an earlier version, which did otherwise",
        ));
        not.push((
            "of which revoked tokens names are kept, whether subscriptions have secrets of before, and whether it is \
             marked that acts of authority are on record",
            "the database was made by an earlier version, which did not put each act of authority on record",
        ));
    }
    not
}

/// What of the outbox depends on a bundle that cannot be read, or on more cases than are remembered.
pub(super) fn of_outbox(promises: Option<&(Vec<CaseId>, u64)>, turns: Option<&(Vec<CaseId>, u64)>) -> Vec<Not> {
    let mut not = Vec::new();
    match promises {
        None => not.push(("whether promises that run are looked at again", "the bundle in force is not on record")),
        Some((_, more @ 1..)) => {
            tracing::warn!(more, "more cases than are remembered");
            not.push(("whether promises are looked at again on all cases", "there are too many that are not"));
        }
        Some(_) => {}
    }
    match turns {
        None => not.push(("whether AI responders have turns left", "the bundle in force is not on record")),
        Some((_, more @ 1..)) => {
            tracing::warn!(more, "more cases than are remembered");
            not.push(("whether AI responders have turns left on all cases", "there are too many that have none"));
        }
        Some(_) => {}
    }
    not
}
