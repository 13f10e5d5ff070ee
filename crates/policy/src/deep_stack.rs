//! Room on the stack for what calls itself at every level of a policy: a chain of operators is as deep as it is long
//! (`nesting.rs` bounds it), and threads of a server have little room.

/// Bytes of stack that are made; no more of it is used than what calls itself needs.
const STACK: usize = 256 << 20;

/// Does `work` with enough of the stack for the deepest policy that is read.
pub(crate) fn deep<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK / 2, STACK, work)
}

#[cfg(test)]
mod tests {
    use crate::{bundle::Bundle, engine::Engine, files::Files, grid, nearest::Permits};
    use remit_domain::{id::Timestamp, signal::Signals};
    use std::path::Path;

    #[test]
    fn a_long_condition_ends_nothing_that_is_done_with_a_bundle() {
        // Deep, two signs for each level, on the little stack of a thread.
        let sum = vec!["1"; 400].join("+");
        let policy = |id: &str, effect: &str| {
            format!(
                "\n@id(\"{id}\")\n@owner(\"risk\")\n@reason(\"r\")\n{effect} (principal is Ai, action == \
                 Action::\"handle\", resource) when {{ {sum} < 5 && context.wants_human }};\n"
            )
        };
        let files = Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank")).unwrap();
        let files = files.with("policies/long.cedar", policy("long", "permit").into_bytes());
        let files = files.with("invariants/long.cedar", policy("long.never", "forbid").into_bytes());
        let bundle = Bundle::load(files).unwrap();
        let engine = Engine::new(&bundle);
        assert_eq!(grid::check(&bundle, &engine), []);
        assert_eq!(grid::situations_of_nobody(&bundle, &engine), Vec::<&str>::new());
        let facts = bundle.candidates().first().unwrap().idle();
        let mut signals = Signals::new();
        engine.complete(&mut signals, Timestamp(0));
        assert!(Permits::of(&bundle).nearest(&signals, &facts).is_some());
        assert_eq!(bundle.differs(&bundle), []);
    }
}
