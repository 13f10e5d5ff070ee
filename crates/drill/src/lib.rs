//! `remit drill`: what goes wrong, played on a server of its own, so that an organisation knows beforehand how long it
//! takes to be over, what it can cost meanwhile, and where that is on record.

mod ai_outage;
mod desk;
mod leaked_key;
mod told;

use ai_outage::AiOutageDrill;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Play what goes wrong, and tell what it came to.
#[derive(Debug, Subcommand)]
pub enum Drill {
    /// The key of a customer's own AI agent leaks: what whoever has it can do, how it is ended, and how soon that
    /// holds. Says no where anything got further than was granted, or went on after it was ended
    LeakedKey(LeakedKey),
    /// The AI is gone for two hours: what becomes of those who ask then, and what each step of the retreat does about
    /// it, by the simulator. Says no where promises are not kept meanwhile
    AiOutage(AiOutageDrill),
}

impl Drill {
    /// Plays it; says whether all held.
    ///
    /// # Errors
    /// When the server cannot be made ready, or what is asked for in the drill cannot be done under the bundle.
    pub fn run(&self, json: bool) -> anyhow::Result<bool> {
        match self {
            Self::LeakedKey(drill) => drill.run(json),
            Self::AiOutage(drill) => drill.run(json),
        }
    }
}

/// How a leaked key is played.
#[derive(Debug, Args)]
pub struct LeakedKey {
    /// The bundle that governs: the sample bank unless told
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,
    /// The data directory, which is kept: one for this drill alone that is removed after it, unless told
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The action that the customer grants, of the bundle's catalogue; it has to move money
    #[arg(long, default_value = "refund_charge", value_name = "NAME")]
    action: String,
    /// With what it is requested, as JSON: the text `AMOUNT` stands for how much
    #[arg(long, default_value = r#"{"charge_id":"charge-1020-1-2","amount":"AMOUNT"}"#, value_name = "JSON")]
    arguments: String,
    /// What is known of the customer, as JSON
    #[arg(long, default_value = r#"{"account":"cust-1020"}"#, value_name = "JSON")]
    facts: String,
    /// The source that says so
    #[arg(long, default_value = "core-banking")]
    source: String,
    /// How much one action may move, in minor units of the bundle's currency
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(i64).range(1..=1_000_000_000))]
    amount: i64,
    /// How many actions there may be
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=20))]
    count: u32,
}
