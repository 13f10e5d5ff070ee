//! Who knocked, listed.

use crate::{
    Caller, Parts, access::auth, case::query::Page, environment::clock::rfc3339, journal::agents::AGENTS,
    live::agents::Knocks, operation::ListAgentsRefusal, refused::Refused,
};
use remit_domain::agent::{KnownAgent, note_key};
use remit_policy::actions::Permission;
use serde::Serialize;
use utoipa::ToSchema;

/// An agent that knocked: it sent requests that it had signed, and nothing that says whom it acts for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AgentView {
    /// The origin at which it has its keys, by which it is counted; `*` for all together of whom there is no record on
    /// their own.
    #[schema(example = "https://muse.example")]
    pub agent: String,
    /// The thumbprints of the keys that it signed with (RFC 7638), the last one last; 16 at most.
    pub keys: Vec<String>,
    /// When it first knocked.
    #[schema(format = DateTime)]
    pub first: String,
    /// When it knocked last.
    #[schema(format = DateTime)]
    pub last: String,
    /// How often.
    pub knocks: u64,
    /// How many of these were refused since they were too many.
    pub refused: u64,
}

impl AgentView {
    /// By what is on record, and what has come since.
    fn of(agent: String, known: KnownAgent, since: Knocks) -> Self {
        let KnownAgent { mut keys, first, last, knocks, refused, .. } = known;
        since.keys.iter().for_each(|key| note_key(&mut keys, key));
        let (knocks, refused) = (knocks.saturating_add(since.knocks), refused.saturating_add(since.refused));
        let last = rfc3339(last.max(since.last));
        Self { agent, keys, first: rfc3339(first), last, knocks, refused }
    }
}

/// Agents that only signed their requests, by their addresses from the last to the first.
///
/// # Errors
/// [`ListAgentsRefusal`] says when each arises.
pub async fn list_agents(
    parts: &Parts,
    caller: &Caller,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<AgentView>, ListAgentsRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::AGENT_READ)?;
    let all = AGENTS.page(&parts.journal.store, after, limit).await.map_err(Refused::internal)?;
    let next = (all.len() == limit).then(|| all.last().map(|last| last.id.clone())).flatten();
    let view = |entry: remit_store::Entry<KnownAgent>| {
        let since = parts.live.agents.since(&entry.id);
        AgentView::of(entry.id, entry.value, since)
    };
    Ok(Page { items: all.into_iter().map(view).collect(), next })
}
