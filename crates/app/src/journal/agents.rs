//! Agents that only sign their requests, as they are kept: what follows from their records, by the origin at which
//! each has its keys.

use remit_domain::agent::KnownAgent;
use remit_store::Collection;

/// Who knocked.
pub(crate) const AGENTS: Collection<KnownAgent> = Collection::new("agent");
