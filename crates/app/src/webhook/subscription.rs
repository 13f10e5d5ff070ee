//! Subscriptions to events: made, listed, paused, sent again to, and deleted. A secret is shown once and kept sealed.

use crate::{
    Caller, Environment, Governance, Journal, Live, Parts, Vault,
    access::auth,
    environment::clock::rfc3339,
    evidence::feed,
    governance::resolve_names::{NAME_MAX, printable},
    live::{
        delivery::DeliveryState,
        subscriptions::{self, Subscription, SubscriptionItem},
    },
    operation::{
        DeleteSubscriptionRefusal, GetSubscriptionRefusal, ListSubscriptionsRefusal, MakeSubscriptionRefusal,
        PauseSubscriptionRefusal, ReplaySubscriptionRefusal, ResumeSubscriptionRefusal, RotateSecretRefusal,
        TestSubscriptionRefusal,
    },
    pipeline::authority,
    refused::{Kind, Refused},
    webhook,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use remit_domain::{Event, governance::SubscriptionChange, id::Timestamp};
use remit_ledger::hash::hex;
use remit_policy::{actions::Permission, address::Address};
use remit_store::{Commit, Entry, Expected, Journal as _};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::Arc};
use utoipa::ToSchema;

/// Subscriptions at most.
const SUBSCRIPTIONS_MAX: usize = 64;

/// For how long a secret that was replaced signs too, in milliseconds: a day.
const BOTH_MS: i64 = 24 * 3_600_000;

/// A wish to be sent events.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSubscription {
    /// What it is for: up to 64 characters.
    #[schema(max_length = 64, min_length = 1)]
    pub name: String,
    /// Where events are posted: `https://…`, or `http://…` on this machine.
    #[schema(max_length = 2_048)]
    pub url: String,
    /// The kinds of events to send; all unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1)]
    pub kinds: Option<BTreeSet<String>>,
    /// The position in the ledger after which to begin; the newest unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

/// A subscription, and where its delivery stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SubscriptionView {
    /// Its identifier.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// Where events are posted.
    pub url: String,
    /// The kinds of events that are sent; all where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kinds: Option<BTreeSet<String>>,
    /// `active`, `failing` (nothing was delivered since the last failure) or `paused`.
    pub state: &'static str,
    /// Everything up to this position in the ledger was delivered, passed over or given up.
    pub cursor: u64,
    /// How many events of the ledger come after.
    pub lag: u64,
    /// Since when nothing has been delivered, if the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub failing_since: Option<String>,
    /// The last attempt that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<FailureView>,
    /// Streams, such as cases, whose event waits for another attempt; others do not wait for them.
    pub waiting_cases: usize,
    /// Since when the first of them waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub waiting_since: Option<String>,
    /// Events that were given up and are kept.
    pub dead_letters: usize,
    /// Events that were given up and are not kept any more, because there were too many; a replay sends them again.
    pub dead_letters_dropped: u64,
    /// Until when the secret before this one signs too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub previous_secret_until: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// An attempt that failed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FailureView {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// In what way.
    pub failure: String,
}

/// A subscription with its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SubscriptionSecret {
    /// What is on record.
    #[serde(flatten)]
    pub view: SubscriptionView,
    /// What its messages are signed with, shown this once: `whsec_` and the key in base64.
    pub secret: String,
}

/// A wish to have events sent again.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// Everything after this position in the ledger is sent again; 0 for all there is.
    pub after: u64,
}

/// What came of a test.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TestView {
    /// Whether the receiver answered with a success.
    pub delivered: bool,
    /// In what way it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

impl SubscriptionView {
    fn of(subscription: &Subscription, newest: u64, now: Timestamp) -> Self {
        let (item, line) = (subscription.item(), subscription.line());
        let told = |ms: i64| rfc3339(Timestamp(ms));
        let ((waiting_cases, waiting_since), cursor) = (line.waiting(), line.settled());
        Self {
            id: subscription.id.clone(),
            name: item.name.clone(),
            url: item.url.clone(),
            kinds: item.kinds.clone(),
            state: match (line.paused, line.failing_since) {
                (true, _) => "paused",
                (false, Some(_)) => "failing",
                (false, None) => "active",
            },
            cursor,
            lag: newest.saturating_sub(cursor),
            failing_since: line.failing_since.map(told),
            last_failure: line.last_failure.clone().map(|(at, failure)| FailureView { at: told(at), failure }),
            waiting_cases,
            waiting_since: waiting_since.map(told),
            dead_letters: line.dead_letters(),
            dead_letters_dropped: line.dropped,
            previous_secret_until: item.previous.as_ref().filter(|(_, until)| *until > now.0).map(|(_, ms)| told(*ms)),
            created_at: told(item.created_ms),
        }
    }
}

/// Refuses an address that nothing may be sent to.
fn check_url(url: &str, in_the_clear: bool) -> Result<(), Refused> {
    let address = Address::parse(url).map_err(|why| Refused::invalid("url", why))?;
    if address.is_private() || in_the_clear {
        return Ok(());
    }
    let why = "must be https://…, unless it is on this machine or the server runs with --webhooks-in-the-clear";
    Err(Refused::invalid("url", why))
}

fn check_kinds(kinds: Option<&BTreeSet<String>>) -> Result<(), Refused> {
    let Some(kinds) = kinds else { return Ok(()) };
    if kinds.is_empty() {
        return Err(Refused::invalid("kinds", "name at least one kind, or leave it out to be sent all"));
    }
    match kinds.iter().find(|kind| !Event::KINDS.contains(&kind.as_str())) {
        Some(unknown) => {
            let (unknown, known) = (unknown.chars().take(64).collect::<String>(), Event::KINDS.join(", "));
            Err(Refused::invalid("kinds", format!("`{unknown}` is no kind of event; the kinds are {known}")))
        }
        None => Ok(()),
    }
}

/// Makes a subscription.
///
/// # Errors
/// [`MakeSubscriptionRefusal`] says when each arises.
pub async fn make_subscription(
    parts: &Parts,
    caller: &Caller,
    new: NewSubscription,
) -> Result<SubscriptionSecret, MakeSubscriptionRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::SUBSCRIPTION_MANAGE)?;
    printable("name", &new.name, NAME_MAX)?;
    check_url(&new.url, parts.live.subscriptions.reach.in_the_clear)?;
    check_kinds(new.kinds.as_ref())?;
    let after = match new.after {
        Some(after) => feed::reached(&parts.journal, after).await?,
        None => parts.journal.store.last_seq().await.map_err(Refused::internal)?,
    };
    let _making = parts.live.subscriptions.making.lock().await;
    if parts.live.subscriptions.all().len() >= SUBSCRIPTIONS_MAX {
        let detail = format!("there are {SUBSCRIPTIONS_MAX} subscriptions, and there may be no more");
        return Err(Refused::new(Kind::LimitReached, detail).into());
    }
    let (id, now) = (
        format!("sub_{}", hex(&parts.environment.entropy.bytes::<10>().map_err(Refused::from)?)),
        parts.environment.now(),
    );
    let (secret, sealed) = new_secret(&parts.vault, &parts.environment, &id)?;
    let item = SubscriptionItem {
        name: new.name,
        url: new.url,
        kinds: new.kinds,
        created_ms: now.0,
        secret: sealed,
        previous: None,
    };
    subscriptions::receiver(&id, &item, &parts.vault.keys, &parts.live.subscriptions.reach)
        .map_err(|why| Refused::invalid("url", why))?;
    let line = DeliveryState::after(after);
    let items = vec![
        subscriptions::SUBSCRIPTIONS.write(&id, Expected::Absent, &item).map_err(Refused::internal)?,
        subscriptions::DELIVERIES.write(&id, Expected::Absent, &line).map_err(Refused::internal)?,
    ];
    let event = Event::SubscriptionMade {
        subscription: id.clone(),
        terms: authority::terms_with(&id, &item, &secret, &parts.vault.keys),
        by: caller.pseudonym.to_string(),
        at: now,
    };
    authority::govern(parts, caller, &[event], Commit { items, ..Commit::default() }).await.map_err(crate::refused)?;
    let subscription = parts.live.subscriptions.get(&id)?;
    Ok(SubscriptionSecret { view: subscription_view(&parts.journal, &parts.environment, &subscription), secret })
}

/// All subscriptions.
///
/// # Errors
/// [`ListSubscriptionsRefusal`] says when each arises.
pub fn subscriptions(parts: &Parts, caller: &Caller) -> Result<Vec<SubscriptionView>, ListSubscriptionsRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::SUBSCRIPTION_MANAGE)?;
    Ok(parts
        .live
        .subscriptions
        .all()
        .iter()
        .map(|subscription| subscription_view(&parts.journal, &parts.environment, subscription))
        .collect())
}

/// A subscription.
///
/// # Errors
/// [`GetSubscriptionRefusal`] says when each arises.
pub fn subscription(parts: &Parts, caller: &Caller, id: &str) -> Result<SubscriptionView, GetSubscriptionRefusal> {
    Ok(subscription_view(
        &parts.journal,
        &parts.environment,
        &*managed(&parts.governance, &parts.live, &parts.environment, caller, id)?,
    ))
}

/// Sends nothing to a subscription until somebody resumes; what happens meanwhile is sent then.
///
/// # Errors
/// [`PauseSubscriptionRefusal`] says when each arises.
pub async fn pause_subscription(
    parts: &Parts,
    caller: &Caller,
    id: &str,
) -> Result<SubscriptionView, PauseSubscriptionRefusal> {
    let subscription = managed(&parts.governance, &parts.live, &parts.environment, caller, id)?;
    subscription.line().pause();
    Ok(changed_by(parts, caller, &subscription, SubscriptionChange::Paused).await?)
}

/// Goes on with everything at once; nothing is given up before it was tried for the whole time again.
///
/// # Errors
/// [`ResumeSubscriptionRefusal`] says when each arises.
pub async fn resume_subscription(
    parts: &Parts,
    caller: &Caller,
    id: &str,
) -> Result<SubscriptionView, ResumeSubscriptionRefusal> {
    let subscription = managed(&parts.governance, &parts.live, &parts.environment, caller, id)?;
    subscription.line().resume(parts.environment.now().0);
    Ok(changed_by(parts, caller, &subscription, SubscriptionChange::Resumed).await?)
}

/// Sends everything after a position again.
///
/// # Errors
/// [`ReplaySubscriptionRefusal`] says when each arises.
pub async fn replay_subscription(
    parts: &Parts,
    caller: &Caller,
    id: &str,
    wish: &Replay,
) -> Result<SubscriptionView, ReplaySubscriptionRefusal> {
    let subscription = managed(&parts.governance, &parts.live, &parts.environment, caller, id)?;
    let after = feed::reached(&parts.journal, wish.after).await?;
    subscription.line().set_back(after);
    Ok(changed_by(parts, caller, &subscription, SubscriptionChange::Replayed { after: wish.after }).await?)
}

/// Gives a subscription a new secret. The one before signs too for a day.
///
/// # Errors
/// [`RotateSecretRefusal`] says when each arises.
pub async fn rotate_secret(
    parts: &Parts,
    caller: &Caller,
    id: &str,
) -> Result<SubscriptionSecret, RotateSecretRefusal> {
    let subscription = managed(&parts.governance, &parts.live, &parts.environment, caller, id)?;
    let _making = parts.live.subscriptions.making.lock().await;
    // It may have been deleted while this waited.
    parts.live.subscriptions.get(id)?;
    let before = subscription.item();
    let (secret, sealed) = new_secret(&parts.vault, &parts.environment, id)?;
    // A secret that does not open any more cannot sign.
    let previous =
        subscription.receiver().is_ok().then(|| (before.secret.clone(), parts.environment.now().plus_ms(BOTH_MS).0));
    let item = SubscriptionItem { secret: sealed, previous, ..(*before).clone() };
    subscriptions::receiver(id, &item, &parts.vault.keys, &parts.live.subscriptions.reach)
        .map_err(Refused::internal)?;
    let kept = subscriptions::SUBSCRIPTIONS.get(&parts.journal.store, id).await.map_err(Refused::internal)?;
    let expected = kept.as_ref().map_or(Expected::Absent, Entry::expected);
    let row = subscriptions::SUBSCRIPTIONS.write(id, expected, &item).map_err(Refused::internal)?;
    let secret_on_record = Some(parts.vault.keys.secret_on_record(id, &secret));
    let change = SubscriptionChange::SecretRotated { secret: secret_on_record };
    let event = changed(&parts.environment, caller, id, change);
    let changed = Commit { items: vec![row], ..Commit::default() };
    authority::govern(parts, caller, &[event], changed).await.map_err(crate::refused)?;
    Ok(SubscriptionSecret { view: subscription_view(&parts.journal, &parts.environment, &subscription), secret })
}

/// Sends a message of the kind `test` at once, beside everything else, and says what came of it.
///
/// # Errors
/// [`TestSubscriptionRefusal`] says when each arises.
pub async fn test_subscription(
    governance: &Governance,
    live: &Live,
    environment: &Environment,
    caller: &Caller,
    id: &str,
) -> Result<TestView, TestSubscriptionRefusal> {
    let subscription = managed(governance, live, environment, caller, id)?;
    let _place = live
        .subscriptions
        .tests
        .try_acquire()
        .map_err(|_| Refused::new(Kind::LimitReached, "as many tests are under way as there may be at once"))?;
    let data = serde_json::json!({ "subscription": id });
    let message = serde_json::json!({ "type": "remit.test.v1", "timestamp": rfc3339(environment.now()), "data": data });
    let name = format!("{id}_test_{}", hex(&environment.entropy.bytes::<8>().map_err(Refused::from)?));
    let sent = webhook::send(environment, &subscription, &name, message.to_string().into_bytes()).await;
    Ok(TestView { delivered: sent.is_ok(), failure: sent.err().map(|(_, told)| told) })
}

/// Deletes a subscription with its dead letters.
///
/// # Errors
/// [`DeleteSubscriptionRefusal`] says when each arises.
pub async fn delete_subscription(parts: &Parts, caller: &Caller, id: &str) -> Result<(), DeleteSubscriptionRefusal> {
    let subscription = managed(&parts.governance, &parts.live, &parts.environment, caller, id)?;
    let _making = parts.live.subscriptions.making.lock().await;
    parts.live.subscriptions.get(id)?;
    Ok(webhook::forget_subscription(parts, caller, &subscription).await?)
}

/// The subscription, if the caller may manage it.
pub(crate) fn managed(
    governance: &Governance,
    live: &Live,
    environment: &Environment,
    caller: &Caller,
    id: &str,
) -> Result<Arc<Subscription>, Refused> {
    auth::permit(governance, live, environment, caller, Permission::SUBSCRIPTION_MANAGE)?;
    live.subscriptions.get(id)
}

fn changed(environment: &Environment, caller: &Caller, id: &str, change: SubscriptionChange) -> Event {
    let (subscription, by) = (id.to_owned(), caller.pseudonym.to_string());
    Event::SubscriptionChanged { subscription, change, by, at: environment.now() }
}

/// Puts a change on record as an act of `caller`, and sets the one who delivers to work on it.
async fn changed_by(
    parts: &Parts,
    caller: &Caller,
    subscription: &Subscription,
    change: SubscriptionChange,
) -> Result<SubscriptionView, Refused> {
    let event = changed(&parts.environment, caller, &subscription.id, change);
    changed_line(parts, subscription, Some((caller, &event))).await
}

/// Puts a change on record, with the act that it is, and sets the one who delivers to work on it.
pub(crate) async fn changed_line(
    parts: &Parts,
    subscription: &Subscription,
    act: Option<(&Caller, &Event)>,
) -> Result<SubscriptionView, Refused> {
    let saved = webhook::save_delivery_with(parts, subscription, act).await;
    subscription.ring();
    saved.map(|()| subscription_view(&parts.journal, &parts.environment, subscription))
}

fn subscription_view(journal: &Journal, environment: &Environment, subscription: &Subscription) -> SubscriptionView {
    let newest = *journal.ticks.borrow();
    SubscriptionView::of(subscription, newest, environment.now())
}

/// A new secret, and sealed for the store.
fn new_secret(vault: &Vault, environment: &Environment, id: &str) -> Result<(String, Vec<u8>), Refused> {
    let secret = format!("whsec_{}", STANDARD.encode(environment.entropy.bytes::<32>()?));
    let sealed = vault.keys.seal_secret(id, &secret, &environment.entropy)?;
    Ok((secret, sealed))
}
