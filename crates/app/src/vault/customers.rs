//! Customers' keys, as they were read lately: a cache.

use crate::vault::keys::CustomerKey;
use remit_domain::id::CustomerId;
use remit_store::NewCustomer;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A customer whose words can be sealed.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) id: CustomerId,
    pub(crate) key: CustomerKey,
    /// The row to insert, until it is known to be stored.
    pub(crate) new: Option<NewCustomer>,
    /// Whether there may be cases of theirs; if not, none need be looked for.
    pub(crate) met: bool,
}

/// Customers seen lately. A customer who writes twice at once must get one key, so a key that is made
/// stays here longer than it takes to be stored: two generations, each of more than can wait to be written.
#[derive(Debug, Default)]
pub(crate) struct Customers(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    forgotten: u64,
    young: HashMap<CustomerId, Customer>,
    old: HashMap<CustomerId, Customer>,
}

const GENERATION: usize = 8_192;

impl Customers {
    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The customer seen lately, and else how many were forgotten so far.
    pub(crate) fn get(&self, id: &CustomerId) -> Result<Customer, u64> {
        let kept = self.lock();
        kept.young.get(id).or_else(|| kept.old.get(id)).cloned().ok_or(kept.forgotten)
    }

    /// Keeps `customer` unless another request was quicker, whose key then counts. None if somebody was
    /// forgotten since `forgotten`: what was read before may no longer hold.
    pub(crate) fn keep(&self, customer: Customer, forgotten: u64) -> Option<Customer> {
        let mut kept = self.lock();
        if kept.forgotten != forgotten {
            return None;
        }
        if kept.young.len() >= GENERATION {
            // Their room is used again, not given back and asked for.
            let kept = &mut *kept;
            std::mem::swap(&mut kept.young, &mut kept.old);
            kept.young.clear();
        }
        let known = kept.old.get(&customer.id).cloned();
        Some(kept.young.entry(customer.id.clone()).or_insert(known.unwrap_or(customer)).clone())
    }

    pub(crate) fn forget(&self, id: &CustomerId) {
        let mut kept = self.lock();
        kept.forgotten += 1;
        kept.young.remove(id);
        kept.old.remove(id);
    }
}
