//! The remit command: one subcommand, one thing. Prints for people, or JSON with `--json`; exits with 1
//! when the answer is no, and with 2 when the command itself is wrong.
#![warn(clippy::print_stdout, clippy::print_stderr, reason = "what is printed goes through `shown`")]

mod capacity;
mod commands;
mod configuration;
#[cfg(test)]
mod documents;
mod log_format;
#[cfg(test)]
mod operations;
mod service_manager;
mod starter;

use clap::{CommandFactory as _, Parser, Subcommand};
use log_format::LogFormat;
use remit_command::shown;
use std::process::ExitCode;
use tracing_subscriber::filter::LevelFilter;

/// Decisions make and drop many small values on several threads, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Decides who may and who should handle each support case, and keeps the evidence.
#[derive(Debug, Parser)]
#[command(
    version,
    propagate_version = true,
    after_help = "Start with `remit demo`: it runs a whole bank's support and shows what is decided."
)]
struct Cli {
    /// Print JSON instead of text for people.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a sample bank for some hours, many times as fast: real customers' messages, AI responders, staff.
    Demo(remit_demo::Demo),
    /// Play what goes wrong, on a server of its own: how long it takes to be over, and what it can cost meanwhile.
    #[command(subcommand)]
    Drill(remit_drill::Drill),
    /// Make a small complete bundle to start from.
    Init(commands::init::Init),
    /// Serve the interface over a data directory.
    Serve(Box<commands::serve::Serve>),
    /// Say whether a server serves and its store answers.
    Health(commands::health::Health),
    /// Play a file of messages at a fresh server, and count what became of them.
    Replay(commands::replay::Replay),
    /// Look at cases.
    #[command(subcommand)]
    Case(commands::case::Case),
    /// Look at requests for actions.
    #[command(subcommand)]
    Request(commands::request::Request),
    /// Trace a request back to what its customer granted, record by record, with proofs.
    Trace(commands::trace::Trace),
    /// See how many people a queue takes and what an AI leaves for them; have the formulas checked.
    #[command(subcommand)]
    Capacity(capacity::Capacity),
    /// Hold a back office's statement against what is on record of requests.
    Reconcile(commands::reconcile::Reconcile),
    /// Look at the sandbox back office.
    #[command(subcommand)]
    Sandbox(commands::sandbox::SandboxCommand),
    /// Show everything that happened to a token, a member of staff, a responder or anything else that has events.
    History(commands::stream::OfStream),
    /// Say in plain words why a decision was taken.
    Explain(commands::case::Explain),
    /// Look at responders; count anew, or switch on again, what was counted against one.
    #[command(subcommand)]
    Responder(commands::responder::Responder),
    /// Check and test a bundle, and put it in force.
    #[command(subcommand)]
    Policy(commands::policy::Policy),
    /// See when a queue is open.
    #[command(subcommand)]
    Calendar(commands::calendar::Calendar),
    /// Ask the bundle's articles, and judge how well they are found.
    #[command(subcommand)]
    Knowledge(commands::knowledge::Knowledge),
    /// Verify the ledger; prove a record to others.
    #[command(subcommand)]
    Ledger(commands::ledger::Ledger),
    /// Train and judge the intent classifier.
    #[command(subcommand)]
    Signals(commands::signals::Signals),
    /// Let people who work here sign in with a browser.
    #[command(subcommand)]
    Staff(commands::staff::Staff),
    /// Make API tokens.
    #[command(subcommand)]
    Token(commands::token::Token),
}

fn main() -> ExitCode {
    let arguments = match configuration::completed(&Cli::command(), std::env::args_os().collect()) {
        Ok(arguments) => arguments,
        Err(error) => {
            shown::failed(&error);
            return ExitCode::from(2);
        }
    };
    let cli = Cli::parse_from(arguments);
    // What goes wrong inside is told on the standard error, never among what a command prints.
    // The demo and drills play what goes wrong, and tell it themselves.
    let level = match cli.command {
        Command::Demo(_) | Command::Drill(_) => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    };
    let format = match &cli.command {
        Command::Serve(serve) => serve.log_format(),
        _ => LogFormat::Text,
    };
    log_format::begin(format, level);
    let done = match cli.command {
        Command::Demo(demo) => demo.run(cli.json),
        Command::Drill(drill) => drill.run(cli.json),
        Command::Init(init) => init.run(cli.json),
        Command::Serve(serve) => serve.run(cli.json),
        Command::Health(health) => health.run(cli.json),
        Command::Replay(replay) => replay.run(cli.json),
        Command::Case(case) => case.run(cli.json),
        Command::Request(request) => request.run(cli.json),
        Command::Trace(trace) => trace.run(cli.json),
        Command::Capacity(capacity) => capacity.run(cli.json),
        Command::Reconcile(reconcile) => reconcile.run(cli.json),
        Command::Sandbox(sandbox) => sandbox.run(cli.json),
        Command::History(history) => history.run(cli.json),
        Command::Explain(explain) => explain.run(cli.json),
        Command::Responder(responder) => responder.run(cli.json),
        Command::Policy(policy) => policy.run(cli.json),
        Command::Calendar(calendar) => calendar.run(cli.json),
        Command::Knowledge(knowledge) => knowledge.run(cli.json),
        Command::Ledger(ledger) => ledger.run(cli.json),
        Command::Signals(signals) => signals.run(cli.json),
        Command::Staff(staff) => staff.run(cli.json),
        Command::Token(token) => token.run(cli.json),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            shown::failed(&error);
            ExitCode::from(2)
        }
    }
}
