//! `remit history`: everything that happened to what has a stream of events, through a running server, or straight from
//! a data directory.

use super::{
    case::DataOrServer,
    history::{self, History},
};
use clap::Args;
use remit_app::operation;
use remit_command::{
    client::Client,
    shown::{self, many, say},
};
use remit_domain::{
    Stream,
    stream::{StreamError, StreamKind},
};
use serde_json::Value;

/// What the one stream of bundles is called, so that `bundle` alone names it.
const BUNDLE: &str = "bundle";

/// Show everything that happened to a token, a member of staff, a responder or anything else that has events.
#[derive(Debug, Args)]
pub(crate) struct OfStream {
    /// The stream, by kind and identifier: staff/ana, token/tok_…, responder/NAME, chat/chat_…, subscription/sub_…,
    /// customer/cus_…, case/cas_…, or bundle.
    #[arg(value_parser = named)]
    stream: Stream,
    #[command(flatten)]
    place: DataOrServer,
}

fn named(text: &str) -> Result<Stream, StreamError> {
    if text == BUNDLE { Ok(Stream::bundle()) } else { text.parse() }
}

impl OfStream {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        self.place.with(|client| if json { self.print_json(client) } else { self.print(client) })?;
        Ok(true)
    }

    fn print(&self, client: &Client) -> anyhow::Result<()> {
        let heading = || {
            say!("{} {}", self.stream.kind().as_str(), if self.is_bundle() { "in force" } else { self.stream.id() });
        };
        let (mut told, mut begun) = (History::default(), false);
        // What is not there has no heading.
        let count = self.each(client, &mut |item| {
            if !std::mem::replace(&mut begun, true) {
                heading();
            }
            told.print(item);
        })?;
        if !begun {
            heading();
        }
        say!("{} events", many(count));
        Ok(())
    }

    fn each(&self, client: &Client, each: &mut dyn FnMut(&Value)) -> anyhow::Result<usize> {
        let names = [self.stream.kind().as_str(), self.stream.id()];
        history::each(client, operation::ListHistory, &names, each)
    }

    fn is_bundle(&self) -> bool {
        self.stream.kind() == StreamKind::Bundle
    }

    fn print_json(&self, client: &Client) -> anyhow::Result<()> {
        shown::own("{\"items\":[");
        let mut between = "";
        self.each(client, &mut |item| {
            shown::json_part(between, item);
            between = ",";
        })?;
        shown::own("]}\n");
        Ok(())
    }
}
