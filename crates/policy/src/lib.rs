//! Bundles: load, lint, evaluate (facts to verdicts), test and replay.
