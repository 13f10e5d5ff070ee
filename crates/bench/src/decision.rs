//! A decision alone: facts, verdicts for every candidate, choice. And how it grows with policies.

use crate::{meter, setting, setting::Setting};
use remit_app::{Parts, case::request::OpenCase, evidence::would_decide};
use remit_domain::{Decision, decision::CandidateFacts};
use remit_policy::{bundle::Bundle, engine::Engine, reference::Reference, replay};
use std::{fmt::Write as _, hint::black_box};

/// Decisions taken on real messages, to be taken again.
pub(crate) fn asked(setting: &Setting, app: &Parts) -> anyhow::Result<Vec<Decision>> {
    let (_, caller) = setting::token(app)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    (0..500_u64)
        .map(|n| {
            let open: OpenCase = serde_json::from_value(serde_json::json!({
                "customer": format!("customer-{n}"), "text": setting.text(n), "channel": "chat"
            }))?;
            let asked = runtime
                .block_on(would_decide::ask_route(app, &caller, open))
                .map_err(|problem| anyhow::anyhow!("{problem:?}"))?;
            let mut decision = asked.decision;
            // Depths vary from one decision to the next, as they do at work.
            let some = n as usize % decision.candidates.len().max(1);
            if let Some(candidate) = decision.candidates.get_mut(some) {
                candidate.facts.depth = n.cast_signed();
            }
            Ok(decision)
        })
        .collect()
}

/// Microseconds that decisions take.
struct Took {
    /// Cedar asked with all policies for each candidate alone, its requests and entities made for it.
    plain: f64,
    /// The policy question as the engine puts it, mean over decisions that it meets for the first time.
    first: f64,
    /// The same once such decisions were met before, median.
    again: f64,
    /// The whole decision, median and 99th percentile.
    whole: f64,
    whole_p99: f64,
}

fn measure(bundle: &Bundle, decisions: &[Decision]) -> Took {
    let (engine, all) = (Engine::new(bundle), Reference::new(bundle));
    let facts: Vec<Vec<CandidateFacts>> =
        decisions.iter().map(|d| d.candidates.iter().map(|candidate| candidate.facts.clone()).collect()).collect();
    let asked: Vec<_> = decisions.iter().zip(&facts).collect();
    let begun = meter::now();
    for (decision, facts) in &asked {
        black_box(engine.handle(&decision.signals, facts));
    }
    let first = begun.elapsed().as_secs_f64() * 1e6 / asked.len().max(1) as f64;
    let each = |times: usize, ask: &dyn Fn(&Decision, &[CandidateFacts])| {
        meter::each(times, |n| {
            if let Some((decision, facts)) = asked.get(n % asked.len().max(1)) {
                ask(decision, facts);
            }
        })
    };
    let (again, _) = each(4_000, &|decision, facts| drop(black_box(engine.handle(&decision.signals, facts))));
    let (plain, _) = each(200, &|decision, facts| {
        for facts in facts {
            black_box(all.verdict(&decision.signals, facts));
        }
    });
    let (whole, whole_p99) = each(4_000, &|decision, _| drop(black_box(replay::retake(&engine, bundle, decision))));
    Took { plain, first, again, whole, whole_p99 }
}

/// The bundle with enough further policies to make `count`: each forbids one queue or AI responder one
/// topic above a complexity, as a bank with many products would.
fn grown(setting: &Setting, count: usize) -> anyhow::Result<Bundle> {
    let candidates = setting.bundle.candidates();
    let mut text = String::new();
    for n in setting.bundle.policies()..count {
        let Some(spec) = candidates.get(n % candidates.len().max(1)) else { break };
        let kind = if spec.queue.is_some() { "Queue" } else { "Ai" };
        let owner = &spec.accountable;
        let above = 9_000 + n % 1_000;
        writeln!(
            text,
            "@id(\"grown-{n}\")\n@owner(\"{owner}\")\n\
             @reason(\"Product {n} is handled elsewhere when it is complex.\")\n\
             forbid (principal == {kind}::\"{}\", action == Action::\"handle\", resource)\n\
             when {{ context.complexity_bp > {above} && context.handoffs > {} }};",
            spec.responder,
            20 + n % 7
        )?;
    }
    setting::load(setting.files.clone().with("policies/grown.cedar", text.into_bytes()))
}

pub(crate) fn run(setting: &Setting) -> anyhow::Result<bool> {
    let directory = tempfile::tempdir()?;
    let decisions = asked(setting, &setting.open(directory.path())?)?;
    let responders = setting.bundle.candidates().len();
    println!("\ndecision alone: facts to verdicts for {responders} candidates to choice, one thread, microseconds");
    println!(
        "  policies   Cedar plainly   asked first   again   whole p50    p99   times the smallest   policies grew by"
    );
    let mut first = None;
    let mut met = true;
    for count in [setting.bundle.policies(), 100, 300, 1_000] {
        let bundle = grown(setting, count)?;
        let took = measure(&bundle, &decisions);
        let (base, base_count) = *first.get_or_insert((took.whole, count));
        let (growth, linear) = (took.whole / base, count as f64 / base_count as f64);
        met &= growth <= linear.max(1.05);
        println!(
            "  {count:>8}   {:>13.1}   {:>11.1}   {:>5.1}   {:>9.1}   {:>4.0}   {growth:>18.2}   {linear:>16.1}",
            took.plain, took.first, took.again, took.whole, took.whole_p99
        );
        if count == base_count {
            met &= took.whole <= 150.0;
        }
    }
    println!("  goal: at most 150 with the bundle's own policies; growth no worse than linear");
    Ok(met)
}
