//! Customers: their pseudonyms and the keys that seal their words.

pub mod erased;
pub mod erasure;
pub mod facts;

use crate::{
    Environment, Journal, Vault,
    refused::{Kind, Refused},
    vault::customers::Customer,
};
use remit_domain::id::CustomerId;
use remit_signals::normal::identifier;
use remit_store::{CustomerRow, NewCustomer, Views as _};

/// The customer with this external identifier; a key is made for one who is new.
pub(crate) async fn customer(
    journal: &Journal,
    vault: &Vault,
    environment: &Environment,
    external: &str,
) -> Result<Customer, Refused> {
    customer_of(journal, vault, environment, customer_id(vault, external)).await
}

/// The pseudonym of the customer with this external identifier. White space and what nobody sees around it do not
/// count, nor does how an accent is composed; case does.
pub(crate) fn customer_id(vault: &Vault, external: &str) -> CustomerId {
    vault.keys.pseudonym(&identifier(external))
}

/// The customer with this pseudonym; a key is made for one who is new.
pub(crate) async fn customer_of(
    journal: &Journal,
    vault: &Vault,
    environment: &Environment,
    id: CustomerId,
) -> Result<Customer, Refused> {
    loop {
        let forgotten = match vault.customers.get(&id) {
            Ok(customer) => return Ok(Customer { met: true, ..customer }),
            Err(forgotten) => forgotten,
        };
        let stored = journal.store.customer(id.as_str()).await.map_err(Refused::internal)?;
        let customer = match &stored {
            Some(CustomerRow { key, wrapped_key: Some(wrapped) }) => {
                let key = vault.keys.customer(&id, *key, wrapped)?;
                Customer { id: id.clone(), key, new: None, met: true }
            }
            // Who was erased and comes again gets another key.
            erased_or_new => {
                let (key, wrapped_key) = vault.keys.new_customer(&id, &environment.entropy)?;
                let replaces = erased_or_new.as_ref().map(|row| row.key);
                let new = NewCustomer { id: id.to_string(), wrapped_key, replaces };
                Customer { id: id.clone(), key, new: Some(new), met: replaces.is_some() }
            }
        };
        if let Some(customer) = vault.customers.keep(customer, forgotten) {
            return Ok(customer);
        }
    }
}

/// Why a customer's words could not be stored however often their key was read anew. The last time it took the place
/// of the key `replaced` (none of a customer who is new), if a new one was made: where that is still so, nobody was
/// erased meanwhile.
pub(crate) async fn key_refused(
    journal: &Journal,
    id: &CustomerId,
    replaced: Option<Option<u64>>,
) -> Result<Refused, Refused> {
    let stored = journal.store.customer(id.as_str()).await.map_err(Refused::internal)?;
    Ok(match replaced == Some(stored.map(|row| row.key)) {
        true => Refused::damaged("the customer's key is not there, and no erasure of it is on record"),
        false => Refused::new(Kind::Changed, "the customer was erased again and again meanwhile"),
    })
}

/// Forgets the key of an erased customer.
pub(crate) fn forget_customer(vault: &Vault, id: &CustomerId) {
    vault.customers.forget(id);
}
