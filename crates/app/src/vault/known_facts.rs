//! What is known of a customer, as it is kept: sealed under the customer's key as a whole, so that it goes with it.

use crate::{
    environment::metrics::Metrics,
    refused::Refused,
    vault::{
        keys::{CustomerKey, SEALED_MORE},
        opened::Opener,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use remit_domain::{
    event::Words,
    field::FieldValue,
    id::{CustomerId, FieldName, Timestamp},
};
use remit_store::{Collection, Expected, ItemWrite};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Facts by customer.
pub(crate) const FACTS: Collection<FactsItem> = Collection::new("customer_facts");

/// All that is known of a customer, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactsItem {
    /// The commitment to it, as it is on record.
    pub(crate) words: Words,
    /// It, sealed, in Base64.
    pub(crate) sealed: String,
}

impl FactsItem {
    /// All that is known; nothing where it does not open under `key`, or is not what was committed to.
    pub(crate) fn open(&self, key: &CustomerKey) -> Option<Facts> {
        let bytes = STANDARD_NO_PAD.decode(&self.sealed).ok()?;
        serde_json::from_str(&key.open(&bytes, &self.words).ok()?).ok()
    }

    /// Whether it is as long as is on record.
    pub(crate) fn is_whole(&self) -> bool {
        let sealed = STANDARD_NO_PAD.decode(&self.sealed);
        sealed.is_ok_and(|sealed| sealed.len() as u64 == u64::from(self.words.bytes) + SEALED_MORE)
    }
}

/// A fact, or that one was taken away: what was so before that is not known again for a message that comes late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fact {
    /// What; none where it was taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) held: Option<FieldValue>,
    /// Who said it.
    pub(crate) source: SmolStr,
    /// When it was so, as far as its source knows.
    pub(crate) at: Timestamp,
}

/// All that is known of a customer.
pub(crate) type Facts = BTreeMap<FieldName, Fact>;

/// All that is known of a customer; nothing where that is nothing, or was erased.
pub(crate) async fn of(opener: Opener<'_>, id: &CustomerId) -> Result<Option<Facts>, Refused> {
    let stored = FACTS.get(opener.store, id.as_str()).await.map_err(Refused::internal)?;
    let Some(stored) = stored else { return Ok(None) };
    let key = opener.customer_key(id).await?;
    Ok(key.and_then(|key| opened(opener.metrics, &key, &stored.value)))
}

/// What is kept, opened. What does not open is gone for whoever asks, and somebody has to see to it.
pub(crate) fn opened(metrics: &Metrics, key: &CustomerKey, stored: &FactsItem) -> Option<Facts> {
    let facts = stored.open(key);
    if facts.is_none() {
        metrics.unreadable.inc();
        tracing::error!(commit = stored.words.commit, "what is known of a customer cannot be read");
    }
    facts
}

/// That nothing is known of a customer any more.
pub(crate) fn forgotten(customer: &CustomerId) -> ItemWrite {
    FACTS.forget(customer.as_str(), Expected::Any("what is erased goes, whatever was said since"))
}
