//! Measures Remit side by side, in one run: this build beside another one, ours beside the alternative.
//!
//! `cargo xtask bench [http|about|requests|delegates|beside|store|decision|floor|forecast|scale|activate|streams|
//! readers|reading|encoder|capacity …]`

mod about;
mod activate;
mod against;
mod beside;
mod bundle_copy;
mod capacity;
mod decision;
mod delegates;
mod encoder;
mod floor;
mod forecast;
mod http;
mod load;
mod meter;
mod options;
mod program;
mod python;
mod ratio;
mod readers;
mod reading;
mod requests;
mod scale;
mod setting;
mod store;
mod streams;

use clap::Parser as _;
use options::{Bench, Part};
use std::process::ExitCode;

/// The allocator of the `remit` command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let bench = Bench::parse();
    match run(&bench) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("a goal above was missed");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(bench: &Bench) -> anyhow::Result<bool> {
    if let Some(address) = bench.follow {
        streams::follow(address, bench.streams)?;
        return Ok(true);
    }
    if let Some(address) = bench.read {
        readers::read(address)?;
        return Ok(true);
    }
    std::fs::create_dir_all(&bench.directory)?;
    println!("{}", meter::machine());
    let mut met = true;
    // First, since its memory would not show in what training the classifier leaves free.
    if bench.wants(Part::Floor) {
        met &= floor::run(bench)?;
    }
    if bench.wants(Part::Forecast) {
        met &= forecast::run()?;
    }
    if let Some(other) = bench.against.as_deref().filter(|_| bench.wants(Part::Http)) {
        met &= against::run(bench, other)?;
    }
    if bench.wants(Part::Capacity) {
        met &= capacity::run(bench)?;
    }
    if bench.needs_no_setting() {
        return Ok(met);
    }
    let setting = std::sync::Arc::new(setting::Setting::read(bench)?);
    if bench.wants(Part::Decision) {
        met &= decision::run(&setting)?;
    }
    if bench.wants(Part::Reading) {
        met &= reading::run(bench, &setting)?;
    }
    if bench.wants(Part::Encoder) {
        met &= encoder::run(bench, &setting)?;
    }
    if bench.wants(Part::Store) {
        met &= store::run(bench, &setting)?;
    }
    if bench.wants(Part::Http) && bench.against.is_none() {
        met &= http::run(bench, &setting)?;
    }
    if bench.wants(Part::About) {
        met &= about::run(bench, &setting)?;
    }
    if bench.wants(Part::Requests) {
        met &= requests::run(bench, &setting)?;
    }
    if bench.wants(Part::Delegates) {
        met &= delegates::run(bench, &setting)?;
    }
    if bench.wants(Part::Beside) {
        met &= beside::run(bench, &setting)?;
    }
    if bench.wants(Part::Activate) {
        met &= activate::run(bench, &setting)?;
    }
    if bench.wants(Part::Streams) {
        met &= streams::run(bench, &setting)?;
    }
    if bench.wants(Part::Readers) {
        met &= readers::run(bench, &setting)?;
    }
    if bench.wants(Part::Scale) {
        met &= scale::run(bench, &setting)?;
    }
    Ok(met)
}
