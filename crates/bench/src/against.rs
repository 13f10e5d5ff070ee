//! This build beside another one, over HTTP: cases, holders' answers, customers' second messages, and memory. One
//! client sends both the same requests, in turns, each turn to a server that is started anew over a new directory.

mod pass;
mod report;
mod side;

use crate::{
    options::Bench,
    program::Build,
    ratio::{Goal, Ratio},
    setting::Messages,
};
use pass::Client;
use side::Side;
use std::{path::Path, sync::Arc};

/// Memory after many cases. It is measured once each, and two hundredths are what an allocator may differ by.
const MEMORY: Goal = Goal::AtMost(1.02);

pub(crate) fn run(bench: &Bench, other: &Path) -> anyhow::Result<bool> {
    let place = tempfile::tempdir_in(&bench.directory)?;
    let other = Build::other(bench, other)?;
    let (present, other) = (Build::present(bench)?, other);
    println!("\nover HTTP: this build, {}, beside {}", present.name, other.name);
    println!("  governed by {} and by {}", present.bundle.display(), other.bundle.display());
    let client = Client::new(bench, Arc::new(Messages::read(bench)?))?;
    let sides = [Side::prepared("other", other, place.path())?, Side::prepared("present", present, place.path())?];
    let [other, present] = &sides;
    println!(
        "  encoder: this {}, other {}; no AI responder is asked",
        if present.encoder_off { "never asked" } else { "as its bundle says" },
        if other.encoder_off { "never asked" } else { "none, or as its bundle says" }
    );
    if cfg!(debug_assertions) {
        println!("  a debug build: its numbers say nothing");
    }
    // How many requests the other one answers in the time of a measurement: so many are sent to both in each turn.
    let (_, plan) = client.pass(other, None)?;
    let (mut of_present, mut of_other) = (Vec::new(), Vec::new());
    for turn in 1..=bench.turns {
        for (side, passes) in [(present, &mut of_present), (other, &mut of_other)] {
            let (pass, _) = client.pass(side, Some(&plan))?;
            report::progress(turn, bench.turns, side.name, &pass);
            passes.push(pass);
        }
    }
    println!("  {} turns of each build, in turn; to both in each: {plan}", bench.turns);
    let mut met = report::table(&of_present, &of_other);
    if let Some(cases) = bench.memory_after() {
        let (present, other) = (client.memory_after(present, cases)?, client.memory_after(other, cases)?);
        println!("  memory after {cases} cases: {present:.0} MiB, other {other:.0} MiB");
        met &= report::judged("memory, each measured once", MEMORY, Ratio::of(&[present], &[other]));
    }
    Ok(met)
}
