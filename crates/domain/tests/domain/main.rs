//! What the domain promises, tested from outside: examples, random sessions, stories and purity.

mod commands;
mod promise;
mod purity;
mod random;
mod scenarios;
mod session;
mod transcript;
mod world;
