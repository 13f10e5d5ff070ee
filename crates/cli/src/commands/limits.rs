//! `remit serve --requests-per-second …`: what callers may have, each and together.

use clap::{Args, value_parser};
use remit_app::environment::limits::Limits;
use std::net::IpAddr;

/// What callers may have.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArgs {
    /// Requests a second with one token; twice as many may come at once after a pause.
    #[arg(
        long, env = "REMIT_REQUESTS_PER_SECOND",
        default_value_t = Limits::default().requests_a_second,
        value_parser = value_parser!(u32).range(1..=1_000_000)
    )]
    requests_per_second: u32,
    /// Event streams open with one token.
    #[arg(long, env = "REMIT_STREAMS_PER_TOKEN", default_value_t = Limits::default().streams_each)]
    streams_per_token: usize,
    /// Event streams open at all, those of chat pages included.
    #[arg(long, env = "REMIT_STREAMS", default_value_t = Limits::default().streams)]
    streams: usize,
    /// Connections open at all.
    #[arg(
        long, env = "REMIT_CONNECTIONS",
        default_value_t = Limits::default().connections as u32,
        value_parser = value_parser!(u32).range(16..1_000_000)
    )]
    connections: u32,
    /// Connections open from one address (of IPv6, from one /64 network).
    #[arg(long, env = "REMIT_CONNECTIONS_PER_ADDRESS", default_value_t = Limits::default().connections_each)]
    connections_per_address: usize,
    /// Requests a minute of one agent that only signs them, which are told what to do next and nothing else.
    #[arg(
        long, env = "REMIT_KNOCKS_PER_AGENT",
        default_value_t = Limits::default().knocks_each,
        value_parser = value_parser!(u32).range(1..=1_000_000)
    )]
    knocks_per_agent: u32,
    /// Requests a minute that are only signed, of all agents and of whoever passes for one.
    #[arg(
        long, env = "REMIT_KNOCKS",
        default_value_t = Limits::default().knocks,
        value_parser = value_parser!(u32).range(1..=1_000_000)
    )]
    knocks: u32,
    /// The address of a reverse proxy, which may have nearly all connections; may be repeated. Loopback is one anyway.
    #[arg(long, env = "REMIT_PROXY", value_name = "ADDRESS", value_delimiter = ',')]
    proxy: Vec<IpAddr>,
}

impl From<&LimitArgs> for Limits {
    fn from(args: &LimitArgs) -> Self {
        Self {
            requests_a_second: args.requests_per_second,
            streams_each: args.streams_per_token,
            streams: args.streams,
            connections: args.connections as usize,
            connections_each: args.connections_per_address,
            knocks_each: args.knocks_per_agent,
            knocks: args.knocks,
            proxies: args.proxy.clone(),
        }
    }
}
