//! `remit capacity`: how many people a queue takes, what an AI leaves for them, what comes in the weeks ahead, plans
//! and simulations, and the formulas behind it held against reference values.

mod amounts;
mod check;
mod flow;
mod forecast;
mod history;
mod plan;
mod proposals;
mod simulate;
mod staffing;
mod table;
mod threshold;

use clap::Subcommand;

/// See how many people a support takes and what comes ahead, plan and play a week; have the formulas checked.
#[derive(Debug, Subcommand)]
pub(crate) enum Capacity {
    Staffing(staffing::Staffing),
    Flow(Box<flow::Flow>),
    Plan(plan::Plan),
    Simulate(simulate::Simulate),
    Threshold(threshold::Threshold),
    Check(check::Check),
    Forecast(Box<forecast::Forecast>),
    History(Box<history::History>),
    Proposals(proposals::Proposals),
}

impl Capacity {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        match self {
            Self::Staffing(staffing) => staffing.run(json),
            Self::Flow(flow) => flow.run(json),
            Self::Plan(plan) => plan.run(json),
            Self::Simulate(simulate) => simulate.run(json),
            Self::Threshold(threshold) => threshold.run(json),
            Self::Check(check) => check.run(json),
            Self::Forecast(forecast) => forecast.run(json),
            Self::History(history) => history.run(json),
            Self::Proposals(proposals) => proposals.run(json),
        }
    }
}
