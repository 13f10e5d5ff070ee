//! What two builds came to beside each other, and which goals are met.

use super::pass::{Pass, RequestKind};
use crate::{
    meter::{Measured, geometric_mean},
    ratio::{Goal, Ratio},
};

/// Processor time of a case, and cases a second, at 64 connections.
const CASE: Goal = Goal::AtMost(0.85);
const CASE_RATE: Goal = Goal::AtLeast(1.15);
/// Processor time of a holder's answer, and of a customer's second message.
const MESSAGE: Goal = Goal::AtMost(0.6);

/// Connections at which the goals of cases hold.
const AT: usize = 64;

/// A figure of what was measured.
type Figure = fn(&Measured) -> f64;

const RATE: Figure = |seen| seen.rate;
const CPU: Figure = |seen| seen.cpu_us;

/// What is printed of each, with how many digits after the point.
const FIGURES: [(&str, Figure, usize); 4] =
    [("a second", RATE, 0), ("p50 ms", |seen| seen.p50_ms, 2), ("p99 ms", |seen| seen.p99_ms, 2), ("CPU us", CPU, 1)];

/// Says how far it is, and what the turn came to at the most connections.
pub(super) fn progress(turn: u32, turns: u32, side: &str, pass: &Pass) {
    let told: Vec<String> =
        pass.iter().map(|(asked, seen)| format!("{asked} at {}: {:.0} us", asked.connections(), seen.cpu_us)).collect();
    eprintln!("  turn {turn} of {turns}, {side}: {}", told.join(", "));
}

/// What a figure was in each turn.
fn turns(passes: &[Pass], at: usize, figure: Figure) -> Vec<f64> {
    passes.iter().filter_map(|pass| pass.get(at)).map(|(_, seen)| figure(seen)).collect()
}

/// Prints both builds and their ratios, then each goal; says whether all are met.
pub(super) fn table(present: &[Pass], other: &[Pass]) -> bool {
    let asked: Vec<RequestKind> = present.first().into_iter().flatten().map(|(asked, _)| *asked).collect();
    println!("  means over the turns; the ratio is that of this build to the other, with its interval at 95 %");
    let row = |what: &str, connections: &str, build: &str, cells: [String; 4]| {
        let cells: String = cells.iter().map(|cell| format!(" {cell:>22}")).collect();
        println!("  {what:<28} {connections:>11}   {build:<8}{cells}");
    };
    row("", "connections", "", FIGURES.map(|(name, ..)| name.to_owned()));
    for (at, asked) in asked.iter().enumerate() {
        let mean = |passes: &[Pass]| {
            FIGURES.map(|(_, figure, digits)| format!("{:.digits$}", geometric_mean(&turns(passes, at, figure))))
        };
        row(&asked.to_string(), &asked.connections().to_string(), "this", mean(present));
        row("", "", "other", mean(other));
        let ratio = |figure| Ratio::of(&turns(present, at, figure), &turns(other, at, figure));
        row("", "", "ratio", FIGURES.map(|(_, figure, _)| ratio(figure).to_string()));
    }
    let goals: [(&str, RequestKind, Figure, Goal); 4] = [
        ("processor time of a case at 64 connections", RequestKind::Case(AT), CPU, CASE),
        ("cases a second at 64 connections", RequestKind::Case(AT), RATE, CASE_RATE),
        ("processor time of a holder's answer", RequestKind::Answer, CPU, MESSAGE),
        ("processor time of a customer's second message", RequestKind::Second, CPU, MESSAGE),
    ];
    let mut met = true;
    for (name, what, figure, goal) in goals {
        match asked.iter().position(|asked| *asked == what) {
            Some(at) => {
                met &= judged(name, goal, Ratio::of(&turns(present, at, figure), &turns(other, at, figure)));
            }
            None => println!("  {name}: not measured; the goal is {goal}"),
        }
    }
    met
}

/// Prints a ratio beside its goal, and says whether it meets it.
pub(super) fn judged(name: &str, goal: Goal, ratio: Ratio) -> bool {
    println!("  {name}: {ratio}, goal {goal}: {}", goal.told(ratio));
    goal.met(ratio)
}
