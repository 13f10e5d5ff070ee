//! Makes everything ready to serve: memory follows what is stored.

use crate::{
    Environment, Governance, Journal, Live, Parts, StartError, Vault, bundle,
    directory::Directory,
    environment::{block_on::block_on, clock::Clock, sandbox::SandboxFile},
    governance::services::Services,
    journal::readers::Readers,
    live::{committed, subscriptions::WebhookReach},
    pipeline::{authority, stored},
    settings::Settings,
    sign_in::session,
    vault::{customers, delegate_tokens::DelegateTokens, erasures, names},
};
use remit_policy::{address::Address, bundle::Bundle};
use remit_signals::message_reader::MessageReader;
use remit_store::Journal as _;
use std::sync::Arc;

/// What to start with.
pub struct Start {
    /// The data directory.
    pub directory: Directory,
    /// The bundle in force.
    pub bundle: Arc<Bundle>,
    /// What reads messages under the bundle.
    pub reader: MessageReader,
    /// What tells the time.
    pub clock: Box<dyn Clock>,
    /// The AI services that answer by themselves.
    pub services: Services,
    /// How it is run.
    pub settings: Settings,
    /// What it takes to put the bundle in force, and who has it done; none where it is in force.
    pub plan: Option<(bundle::Plan, bundle::By)>,
}

/// Makes everything ready.
///
/// # Errors
/// When the store cannot be read, or does not take what the bundle changes.
pub fn start(start: Start) -> Result<Parts, StartError> {
    let Start { directory: Directory { path, store, keys }, bundle, reader, clock, services, settings, plan } = start;
    let Settings { limits, sessions, provider, public, customer_sign_in, webhooks_in_the_clear, private_hosts } =
        settings;
    let public = public.iter().map(Address::origin).collect();
    let (times, sandbox) = ((limits, sessions), SandboxFile::of(&path));
    let environment =
        Environment::new(clock, times, provider, public, customer_sign_in, private_hosts.clone(), sandbox);
    if let Some((plan, by)) = &plan {
        let put = async {
            bundle::keep(&store, &bundle).await?;
            plan.put_in_force(&store, &environment.entropy, &bundle, by, environment.now()).await
        };
        block_on(put).map_err(StartError::Activate)?;
    }
    block_on(authority::record_earlier(&store, &environment.entropy, environment.now())).map_err(StartError::Record)?;
    block_on(session::end_of_other_ways(&store, &environment)).map_err(StartError::Sessions)?;
    let last = block_on(store.last_seq())?;
    environment.metrics.intents_kept.set((reader.intents.training().kept * 100.0).round() as i64);
    let reach = WebhookReach { in_the_clear: webhooks_in_the_clear, private_hosts };
    let live = Live::new(&bundle, last, reach);
    let vault = Vault {
        delegate_tokens: DelegateTokens::of(&keys, environment.now()),
        keys,
        customers: customers::Customers::default(),
        erasures: erasures::Erasures::load(&store)?,
        names: names::NameCache::default(),
    };
    let readers = Readers::start().map_err(StartError::Threads)?;
    let parts = Parts {
        governance: Arc::new(Governance::new(bundle, reader, services)),
        journal: Arc::new(Journal::new(store, last, readers, committed::follows)),
        vault: Arc::new(vault),
        live: Arc::new(live),
        environment: Arc::new(environment),
    };
    block_on(stored::follow_stored(&parts, &parts.live))?;
    Ok(parts)
}
