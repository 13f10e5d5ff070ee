//! Bundles: load, lint, evaluate (facts to verdicts), test and replay.
//!
//! A bundle is everything that governs an organisation's support: policies, responders, queues, hours,
//! SLAs and the owners of every decision point. Cedar is the only policy engine; nothing else in the
//! program says who may handle a case or call an interface.

pub mod action;
pub mod actions;
pub mod address;
pub mod advice;
mod asked_actions;
mod attributes;
mod baseline;
pub mod bundle;
mod calendar;
mod candidate_attributes;
mod cedar;
mod cedar_places;
mod closed_values;
mod considerations;
mod deep_stack;
pub mod engine;
mod expressions;
pub mod files;
pub mod finding;
pub mod grid;
mod lint;
mod literal_types;
mod local_time;
pub mod manifest;
mod names;
pub mod nearest;
mod nesting;
mod nobody;
pub mod own_actions;
mod personal;
mod places;
mod product_schema;
pub mod reference;
pub mod reopen;
pub mod replay;
mod rule;
mod scope;
mod slices;
pub mod suite;
pub mod texts;
mod toml_mistake;
mod verdict_cache;
