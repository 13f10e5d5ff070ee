//! Commands beside the operations that they ask a server for: what a command is told by a flag is what its operation
//! takes, under the same name, and no operation is asked for by a command that is not listed here.

use crate::Cli;
use clap::{Command, CommandFactory as _};
use remit_app::{
    operation,
    signature::{Signature, Signed as _},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Each command that asks a server, with the operations that it asks for.
const ASKED: &[(&str, &[Signature])] = &[
    ("capacity proposals accept", &[operation::AcceptBaseline::SIGNATURE]),
    ("capacity proposals decline", &[operation::DeclineBaseline::SIGNATURE]),
    ("capacity proposals", &[operation::ListBaselineProposals::SIGNATURE]),
    ("capacity proposals show", &[operation::GetBaselineProposal::SIGNATURE]),
    ("capacity history", &[operation::GetDemandHistory::SIGNATURE]),
    (
        "case show",
        &[operation::GetCase::SIGNATURE, operation::ListTimeline::SIGNATURE, operation::ListStaff::SIGNATURE],
    ),
    (
        "explain",
        &[operation::GetCase::SIGNATURE, operation::GetDecision::SIGNATURE, operation::ReplayDecision::SIGNATURE],
    ),
    ("health", &[operation::GetReadiness::SIGNATURE]),
    ("history", &[operation::ListHistory::SIGNATURE]),
    ("policy activate", &[operation::ActivateBundle::SIGNATURE]),
    ("policy compare", &[operation::GetBundle::SIGNATURE, operation::ListBundles::SIGNATURE]),
    ("policy export", &[operation::GetBundle::SIGNATURE, operation::ListBundles::SIGNATURE]),
    ("policy list", &[operation::ListBundles::SIGNATURE]),
    ("policy rollback", &[operation::RollBackBundle::SIGNATURE]),
    ("reconcile", &[operation::Reconcile::SIGNATURE]),
    ("request show", &[operation::GetRequest::SIGNATURE, operation::ListTimeline::SIGNATURE]),
    ("responder outcomes", &[operation::ListOutcomes::SIGNATURE]),
    ("responder reset", &[operation::ResetOutcomes::SIGNATURE]),
    ("responder resume", &[operation::ResumeAi::SIGNATURE]),
    ("responder stopped", &[operation::ListStopped::SIGNATURE, operation::ListRespondersUnreachable::SIGNATURE]),
    ("staff invite", &[operation::InviteStaff::SIGNATURE]),
    ("staff passkeys", &[operation::ListPasskeys::SIGNATURE]),
    ("staff remove-passkey", &[operation::RemovePasskey::SIGNATURE]),
    ("token create", &[operation::MakeToken::SIGNATURE]),
    (
        "trace",
        &[
            operation::GetRequest::SIGNATURE,
            operation::ListRequests::SIGNATURE,
            operation::ListTimeline::SIGNATURE,
            operation::ListHistory::SIGNATURE,
        ],
    ),
];

/// Flags that say where and how to ask, and nothing of what.
const OF_ALL: [&str; 6] = ["data", "help", "json", "token", "url", "version"];
/// What says which page of a list is given: commands read all of them.
const OF_PAGES: [&str; 2] = ["after", "limit"];
/// What another member of the same operation is told by a flag that may be repeated.
const REPEATED: [(&str, &str); 1] = [("sources", "source")];

/// The command of this name, as the program's parser has it.
fn command(name: &str) -> Command {
    name.split(' ').fold(Cli::command(), |of, part| {
        of.find_subcommand(part).unwrap_or_else(|| panic!("there is no command `{name}`")).clone()
    })
}

/// The names of what an operation takes beside what it is about.
fn members(signature: &Signature) -> BTreeSet<String> {
    let schema = signature.takes.json_schema().unwrap_or_default();
    schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

#[test]
fn flags_are_what_operations_take_and_the_other_way_around() {
    for (name, operations) in ASKED {
        let command = command(name);
        let flags = command.get_arguments().filter(|argument| !argument.is_positional());
        let flags: BTreeSet<&str> = flags.map(|argument| argument.get_id().as_str()).collect();
        let taken: BTreeSet<String> = operations.iter().flat_map(members).collect();
        for flag in flags.iter().filter(|flag| !OF_ALL.contains(flag)) {
            assert!(taken.contains(*flag), "`{name}` has the flag `{flag}`, and takes {taken:?}");
        }
        for member in taken.iter().map(String::as_str).filter(|member| !OF_PAGES.contains(member)) {
            let repeated = REPEATED.iter().find(|(more, _)| *more == member).map(|(_, flag)| *flag);
            assert!(flags.contains(repeated.unwrap_or(member)), "`{name}` has no flag for `{member}`: {flags:?}");
        }
    }
}

#[test]
fn what_commands_ask_for_is_listed() {
    let listed: BTreeMap<String, &str> = (ASKED.iter())
        .flat_map(|(command, operations)| operations.iter().map(|of| (of.operation.name.replace('_', ""), *command)))
        .collect();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = ["commands", "capacity"].map(|folder| fs::read_dir(source.join(folder)).unwrap());
    let mut asked = BTreeSet::new();
    for file in files.into_iter().flatten() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let named = text.split("operation::").skip(1).filter(|rest| rest.starts_with(char::is_uppercase));
        asked.extend(named.map(|rest| {
            let name = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            name.to_ascii_lowercase()
        }));
    }
    let unlisted: Vec<&String> = asked.iter().filter(|name| !listed.contains_key(*name)).collect();
    let unasked: Vec<_> = listed.iter().filter(|(name, _)| !asked.contains(*name)).collect();
    assert!(unlisted.is_empty() && unasked.is_empty(), "not listed: {unlisted:?}; listed in vain: {unasked:?}");
}
