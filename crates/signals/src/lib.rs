//! What can be measured about a case: intent, requests for a human, vulnerability, frustration, language,
//! complexity, SLA risk.

mod calibrate;
pub mod courtesy;
pub mod examples;
mod features;
pub mod intent;
pub mod labelled;
pub mod lexical;
mod linear;
pub mod machine;
pub mod normal;
pub mod report;
pub mod wait;
pub mod written;
