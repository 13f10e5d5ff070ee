//! Nights: a sample bank whose desks close.

use crate::sample_bundle::bank_with;
use remit_policy::bundle::Bundle;
use std::sync::Arc;

/// The sample bank with a general desk, and a fraud desk, that work so each day, but on these holidays; while they are
/// closed, the one collects mails and both call chats back. The desk for identities never closes.
pub(crate) fn bank_working(range: &str, holidays: &[&str]) -> Arc<Bundle> {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let hours: Vec<String> = days.iter().map(|day| format!("{day} = [\"{range}\"]")).collect();
    let holidays: Vec<String> = holidays.iter().map(|day| format!("\"{day}\"")).collect();
    let calendar = format!(
        "\n[[calendar]]\nname = \"desk\"\ntime_zone = \"Europe/London\"\nholidays = [{}]\n[calendar.hours]\n{}\n",
        holidays.join(", "),
        hours.join("\n")
    );
    bank_with(|toml| {
        let with = |toml: String, queue: &str, was: &str, keys: &str| {
            let name = format!("[[queue]]\nname = \"{queue}\"");
            let (before, after) = toml.split_once(&name).unwrap();
            format!("{before}{name}{}", after.replacen(&format!("calendar = \"{was}\""), keys, 1))
        };
        let calls_back = "calendar = \"desk\"\ncalls_back = [\"chat\"]";
        let toml = with(toml, "general", "always", &format!("{calls_back}\ncollects = [\"email\"]"));
        let toml = with(toml, "fraud", "always", calls_back);
        with(toml, "identity", "office", "calendar = \"always\"") + &calendar
    })
}
