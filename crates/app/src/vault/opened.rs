//! What is sealed, opened; where it cannot be, that is counted and told to operators, and readers go without.

use crate::{
    Environment, Journal, Vault,
    environment::metrics::Metrics,
    journal::OpenStore,
    refused::Refused,
    vault::{
        customers::{Customer, Customers},
        erasures::Erasures,
        keys::{CustomerKey, KeyError, Keys},
    },
};
use remit_domain::{Case, event::Words, id::CustomerId, refusal::Refusal};
use remit_store::{CustomerRow, Views as _};

/// What was opened. What does not open is gone for whoever asks, and somebody has to see to it.
pub(crate) fn opened<T>(metrics: &Metrics, case: &Case, commit: &str, opened: Result<T, KeyError>) -> Option<T> {
    opened
        .inspect_err(|error| {
            metrics.unreadable.inc();
            tracing::error!(case = %case.id, commit, %error, "stored words or a file cannot be read");
        })
        .ok()
}

/// The key that seals the words of a case.
#[derive(Debug)]
pub(crate) enum CaseKey {
    There(CustomerKey),
    /// It was destroyed, as is on record.
    Erased,
    /// It is not there, or does not open, and nothing says that it was to be destroyed: that is counted and told to
    /// operators.
    Unreadable,
}

impl CaseKey {
    /// To seal under, or to open what there is.
    ///
    /// # Errors
    /// When what was said was erased, or cannot be read though it was not.
    pub(crate) fn there(self) -> Result<CustomerKey, Refused> {
        match self {
            Self::There(key) => Ok(key),
            Self::Erased => Err(Refusal::WordsErased.into()),
            Self::Unreadable => Err(Refused::internal("the key of a case is not there or does not open")),
        }
    }
}

/// Opens what is stored sealed, also where nobody is served yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opener<'a> {
    pub(crate) store: &'a OpenStore,
    pub(crate) keys: &'a Keys,
    /// Keys that were read lately.
    pub(crate) customers: &'a Customers,
    /// Erasures under way.
    pub(crate) erasures: &'a Erasures,
    /// Where is counted what does not open.
    pub(crate) metrics: &'a Metrics,
}

impl<'a> Opener<'a> {
    pub(crate) fn of(journal: &'a Journal, vault: &'a Vault, environment: &'a Environment) -> Self {
        let Vault { keys, customers, erasures, .. } = vault;
        Self { store: &journal.store, keys, customers, erasures, metrics: &environment.metrics }
    }

    /// The key that seals the words of a case.
    pub(crate) async fn case_key(self, case: &Case) -> Result<CaseKey, Refused> {
        if case.erased {
            return Ok(CaseKey::Erased);
        }
        let (id, customer) = (case.id.to_string(), &case.customer);
        let row = self.store.key_of_case(customer.as_str(), case.opened.0, &id).await.map_err(Refused::internal)?;
        let key = match row {
            Some(CustomerRow { key, wrapped_key: Some(wrapped) }) => self.keys.customer(customer, key, &wrapped),
            // An erasure under way is known of before the key goes, and until each of its cases says so of itself.
            Some(CustomerRow { key, .. }) if self.erasures.is_of(key) => return Ok(CaseKey::Erased),
            _ if self.is_erased_by_now(case).await? => return Ok(CaseKey::Erased),
            _ => Err(KeyError::NoKey),
        };
        Ok(opened(self.metrics, case, "key", key).map_or(CaseKey::Unreadable, CaseKey::There))
    }

    /// Whether the words of a case were erased since it was read.
    async fn is_erased_by_now(self, case: &Case) -> Result<bool, Refused> {
        let row = self.store.case(&case.id.to_string()).await.map_err(Refused::internal)?;
        let Some(row) = row else { return Ok(false) };
        Ok(serde_json::from_slice::<Case>(&row.state).map_err(Refused::internal)?.erased)
    }

    /// What `words` on a case say; nothing once they were erased, or if they do not open.
    pub(crate) async fn words(self, case: &Case, words: &Words) -> Result<Option<String>, Refused> {
        let CaseKey::There(key) = self.case_key(case).await? else { return Ok(None) };
        let row = self.store.words(&case.id.to_string(), &words.commit).await.map_err(Refused::internal)?;
        let said = match row {
            Some(row) => key.open(&row.sealed, words),
            None if self.is_erased_by_now(case).await? => return Ok(None),
            None => Err(KeyError::NotThere),
        };
        Ok(opened(self.metrics, case, &words.commit, said))
    }

    /// The key that seals what is known of a customer now; nothing where there is none.
    ///
    /// # Errors
    /// When it does not open under the master key.
    pub(crate) async fn customer_key(self, id: &CustomerId) -> Result<Option<CustomerKey>, Refused> {
        loop {
            let forgotten = match self.customers.get(id) {
                Ok(customer) => return Ok(Some(customer.key)),
                Err(forgotten) => forgotten,
            };
            let stored = self.store.customer(id.as_str()).await.map_err(Refused::internal)?;
            let Some(CustomerRow { key, wrapped_key: Some(wrapped) }) = stored else { return Ok(None) };
            let key = self.keys.customer(id, key, &wrapped)?;
            let customer = Customer { id: id.clone(), key, new: None, met: true };
            if let Some(customer) = self.customers.keep(customer, forgotten) {
                return Ok(Some(customer.key));
            }
        }
    }
}
