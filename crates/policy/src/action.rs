//! The catalogue: actions that are requested exactly, as they are declared in `[[action]]`, and what is wrong with
//! them.

mod closed;
mod http_answer;
mod http_call;
mod money;
mod parameters;
mod schema;
mod spec;
mod template;

pub(crate) use http_answer::{Amount, CurrencyAt, FactAt, StateAt};
pub use http_answer::{Answered, HttpAnswer};
pub use http_call::{HttpAsk, HttpMapping, HttpRequest, Unsendable};
pub(crate) use http_call::{Leaf, Node, Piece};
pub use money::amount as money_in_words;
pub use parameters::{ARGUMENTS_MAX, ArgumentError, Parameters, term};
pub(crate) use parameters::{WHOLE_MAX, is_attribute};
pub(crate) use schema::{ARGUMENTS, CONFIRMED, FACTS as REQUEST_FACTS, HOURS_AGO, RECENT, declare};
pub use spec::ActionSpec;
pub(crate) use template::FACTS;
pub use template::Template;

use crate::{bundle::Bundle, manifest::Connector};

impl Bundle {
    /// The actions that are requested exactly, in the bundle's order.
    pub fn catalogue(&self) -> &[ActionSpec] {
        &self.catalogue
    }

    /// One of them by name.
    pub fn requested(&self, name: &str) -> Option<&ActionSpec> {
        self.catalogue.iter().find(|spec| spec.name.as_str() == name)
    }

    /// Those who carry actions out.
    pub fn connectors(&self) -> &[Connector] {
        &self.manifest.connectors
    }
}
