//! What to look at in a bundle that is good: who is never given a case, and what nobody is there for. None of it
//! prevents anything.

use crate::{
    bundle::{Bundle, CandidateSpec},
    deep_stack::deep,
    engine::Engine,
    grid::{self, Grid},
    suite,
};

/// What is to be looked at, one sentence each, in the bundle's order.
pub fn of(bundle: &Bundle, engine: &Engine) -> Vec<String> {
    let of_nobody = |situation: &str| {
        format!(
            "no policy gives a case in the situation `{situation}` to anybody, unless other signals do, so that it \
             becomes an exception; write a permit for who is to have it"
        )
    };
    let mut advice: Vec<String> = grid::situations_of_nobody(bundle, engine).into_iter().map(of_nobody).collect();
    advice.extend(deep(|| of_responders(bundle, engine)));
    advice
}

/// Responders of whom no test says that they may have a case.
fn of_responders(bundle: &Bundle, engine: &Engine) -> Vec<String> {
    let admitted = suite::admitted(bundle);
    let axes = grid::axes(bundle);
    let told = |spec: &CandidateSpec| {
        let name = spec.responder.as_str();
        let may = Grid { bundle, engine, axes: &axes, facts: spec.idle() }.may_have_any();
        match may {
            true => {
                format!("no test says of `{name}` that it may have a case: write a [[test]] that says when it does")
            }
            false => format!(
                "`{name}` may have a case in none of the requests that were tried, and no test says that it may: see \
                 whether its permit can hold, or write a [[test]] that says when it does"
            ),
        }
    };
    let unnamed = bundle.candidates().iter().filter(|spec| !admitted.contains(spec.responder.as_str()));
    unnamed.map(told).collect()
}
