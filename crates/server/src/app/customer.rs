//! Customers: their pseudonyms and the keys that seal their words.

use super::App;
use crate::{keys::CustomerKey, problem::Problem};
use remit_domain::id::CustomerId;
use remit_store::{NewCustomer, Store as _};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// A customer whose words can be sealed.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) id: CustomerId,
    pub(crate) key: CustomerKey,
    /// The row to insert, until it is known to be stored.
    pub(crate) new: Option<NewCustomer>,
}

/// Customers seen lately. A customer who writes twice at once must get one key, so a key that is made
/// stays here far longer than it takes to be stored: two generations of many thousand.
#[derive(Debug, Default)]
pub(crate) struct Customers(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<CustomerId, Customer>,
    old: HashMap<CustomerId, Customer>,
}

const GENERATION: usize = 32_768;

impl Customers {
    fn get_or(&self, id: &CustomerId, make: impl FnOnce() -> Result<Customer, Problem>) -> Result<Customer, Problem> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(customer) = kept.young.get(id).or_else(|| kept.old.get(id)) {
            return Ok(customer.clone());
        }
        let customer = make()?;
        if kept.young.len() >= GENERATION {
            kept.old = std::mem::take(&mut kept.young);
        }
        kept.young.insert(id.clone(), customer.clone());
        Ok(customer)
    }

    pub(crate) fn forget(&self, id: &CustomerId) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.young.remove(id);
        kept.old.remove(id);
    }
}

impl App {
    /// The customer with this external identifier; a key is made for one who is new.
    pub(super) fn customer(&self, external: &str) -> Result<Customer, Problem> {
        let id = self.keys.pseudonym(external);
        self.customers.get_or(&id, || {
            if let Some(row) = self.store.customer(id.as_str()).map_err(Problem::internal)? {
                let key = self.keys.customer(&id, &row.wrapped_key)?;
                return Ok(Customer { id: id.clone(), key, new: None });
            }
            let (key, wrapped_key) = self.keys.new_customer(&id, &self.entropy)?;
            let new = NewCustomer { id: id.to_string(), wrapped_key };
            Ok(Customer { id: id.clone(), key, new: Some(new) })
        })
    }

    /// The key of a customer who is on record; nothing once the customer was erased.
    pub(super) fn customer_key(&self, id: &CustomerId) -> Result<Option<CustomerKey>, Problem> {
        match self.store.customer(id.as_str()).map_err(Problem::internal)? {
            Some(row) => Ok(Some(self.keys.customer(id, &row.wrapped_key)?)),
            None => Ok(None),
        }
    }

    /// Forgets the key of an erased customer.
    pub(super) fn forget_customer(&self, id: &CustomerId) {
        self.customers.forget(id);
    }
}
