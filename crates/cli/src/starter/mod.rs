//! A bundle to start from: made of templates and of what its author answers.

pub(crate) mod answers;
mod examples;
pub(crate) mod files;
mod template;
