//! What is sealed, opened; where it cannot be, that is counted and told to operators, and readers go without.

use crate::{
    Environment, Journal, Vault,
    directory::OpenStore,
    environment::metrics::Metrics,
    refused::Refused,
    vault::{
        customers::{Customer, Customers},
        keys::{CustomerKey, KeyError, Keys},
    },
};
use remit_domain::{Case, event::Words, id::CustomerId};
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

/// Opens what is stored sealed, also where nobody is served yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opener<'a> {
    pub(crate) store: &'a OpenStore,
    pub(crate) keys: &'a Keys,
    /// Keys that were read lately.
    pub(crate) customers: &'a Customers,
    /// Where is counted what does not open.
    pub(crate) metrics: &'a Metrics,
}

impl<'a> Opener<'a> {
    pub(crate) fn of(journal: &'a Journal, vault: &'a Vault, environment: &'a Environment) -> Self {
        Self { store: &journal.store, keys: &vault.keys, customers: &vault.customers, metrics: &environment.metrics }
    }

    /// The key that seals the words of a case; nothing once they were erased, or if it does not open.
    pub(crate) async fn case_key(self, case: &Case) -> Result<Option<CustomerKey>, Refused> {
        if case.erased {
            return Ok(None);
        }
        let (id, customer) = (case.id.to_string(), &case.customer);
        let row = self.store.key_of_case(customer.as_str(), case.opened.0, &id).await.map_err(Refused::internal)?;
        let Some(CustomerRow { key, wrapped_key: Some(wrapped) }) = row else { return Ok(None) };
        Ok(opened(self.metrics, case, "key", self.keys.customer(customer, key, &wrapped)))
    }

    /// What `words` on a case say; nothing once they were erased, or if they do not open.
    pub(crate) async fn words(self, case: &Case, words: &Words) -> Result<Option<String>, Refused> {
        let row = self.store.words(&case.id.to_string(), &words.commit).await.map_err(Refused::internal)?;
        let Some(row) = row else { return Ok(None) };
        let Some(key) = self.case_key(case).await? else { return Ok(None) };
        Ok(opened(self.metrics, case, &words.commit, key.open(&row.sealed, words)))
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
