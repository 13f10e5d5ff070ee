//! What the use cases share, and the pipeline that every command goes through: load, authorise, decide, commit,
//! project.

use crate::{
    Caller, attachment, auth, bundle, chat,
    clock::Clock,
    commit, customer,
    directory::Directory,
    entropy::Entropy,
    erasure, event_buffer, floor, governance,
    keys::{KeyError, Keys},
    limits::Limits,
    load::{self, Load},
    metrics::Metrics,
    off_thread, reading,
    refused::{Kind, Refused},
    services, usage, wakeups, webhook, who,
};
use remit_domain::{
    Case, Context, Step,
    command::Happened,
    decision::ReadBy,
    id::{Digest, Ids, Timestamp},
};
use remit_policy::{address::Address, bundle::Bundle, engine::Engine};
use remit_signals::message_reader::MessageReader;
use remit_store::{CommitError, Store, sqlite::SqliteStore};
use serde::Serialize;
use std::{borrow::Cow, sync::Arc, time::Duration};

/// Everything that the use cases need, open and ready.
pub struct App {
    pub(crate) bundle: Arc<Bundle>,
    pub(crate) engine: Engine,
    pub(crate) reader: Arc<MessageReader>,
    /// Room for work that takes a processor for milliseconds.
    pub(crate) processors: tokio::sync::Semaphore,
    pub(crate) read_by: ReadBy,
    pub(crate) store: SqliteStore,
    pub(crate) keys: Keys,
    /// Where randomness comes from.
    pub entropy: Entropy,
    pub(crate) clock: Box<dyn Clock>,
    /// What the monotonic clock is ahead of the wall clock at the start, in milliseconds; negative where it is behind.
    ahead_ms: i64,
    pub(crate) load: Load,
    pub(crate) customers: customer::Customers,
    pub(crate) erasures: erasure::Erasures,
    /// Chats under way.
    pub chats: chat::Chats,
    /// Room for files on their way.
    pub uploads: tokio::sync::Semaphore,
    pub(crate) tokens: auth::Tokens,
    pub(crate) services: services::Services,
    pub(crate) subscriptions: webhook::Subscriptions,
    pub(crate) floor: floor::LiveFloor,
    pub(crate) tripped: tokio::sync::mpsc::UnboundedSender<load::Tripped>,
    pub(crate) trips: std::sync::Mutex<Option<tokio::sync::mpsc::UnboundedReceiver<load::Tripped>>>,
    /// What operators can watch.
    pub metrics: Metrics,
    /// The newest position in the ledger that is committed.
    pub ticks: tokio::sync::watch::Sender<u64>,
    /// What wakes those who look at what is due.
    pub wakeups: wakeups::Wakeups,
    pub(crate) event_buffer: event_buffer::EventBuffer,
    pub(crate) names: who::Names,
    pub(crate) readers: reading::Readers,
    pub(crate) used: usage::Used,
    /// Limits of what is kept under way at once.
    pub limits: Limits,
    /// Where browsers find this server, the first in links.
    public: Vec<String>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("bundle", &self.bundle.digest()).finish_non_exhaustive()
    }
}

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store would not open.
    #[error(transparent)]
    Store(#[from] remit_store::OpenError),
    /// A read at start failed.
    #[error("reading the store: {0}")]
    Read(#[from] remit_store::ReadError),
    /// The keys would not open.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The system gives no threads.
    #[error("starting the threads that read: {0}")]
    Threads(std::io::Error),
    /// What an earlier version did without a record could not be put on record.
    #[error("putting on record what an earlier version made: {0}")]
    Record(Refused),
    /// The bundle could not be put in force.
    #[error("putting the bundle in force: {0}")]
    Activate(Refused),
}

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
    pub services: services::Services,
    /// What it takes to put the bundle in force, and who has it done; none where it is in force.
    pub plan: Option<(bundle::Plan, String)>,
}

/// A repeatable request: the key that the caller chose, and what the request was.
#[derive(Debug, Clone)]
pub struct Repeat {
    /// The caller's key.
    pub key: String,
    /// SHA-256 of method, path, query, content type and body.
    pub request: [u8; 32],
}

/// What a use case came to, once it is durable.
#[derive(Debug, Clone)]
pub enum Done<T> {
    /// It was carried out.
    Now(T),
    /// The same request was carried out before, under the same key: its output, as it was kept then.
    Before(Kept),
}

/// A use case's output as it is kept for who repeats the request: the `serde_json` form of its type.
#[derive(Debug, Clone)]
pub struct Kept(pub Vec<u8>);

/// By what words are read under a bundle.
fn read_by(bundle: &Bundle, reader: &MessageReader) -> ReadBy {
    ReadBy {
        readings: bundle.readings_digest(),
        intents: bundle.intents_digest(),
        encoder: reader.encoder().map(|encoder| Digest::from_bytes(encoder.digest())),
    }
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// How often a command is taken anew when the case changed while it was decided.
pub(crate) const ATTEMPTS: usize = 8;

impl App {
    /// Makes everything ready.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn start(start: Start) -> Result<Self, StartError> {
        let entropy = Entropy::default();
        let Directory { store, keys } = start.directory;
        if let Some((plan, by)) = &start.plan {
            let now = start.clock.now();
            plan.put_in_force(&store, &entropy, &start.bundle, by, now).map_err(StartError::Activate)?;
        }
        governance::record_earlier(&store, &entropy, start.clock.now()).map_err(StartError::Record)?;
        let (load, again) = Load::on_record(&store, &start.bundle)?;
        let (tripped, trips) = tokio::sync::mpsc::unbounded_channel();
        for trip in again {
            let _ = tripped.send(trip);
        }
        let engine = Engine::new(&start.bundle);
        let subscriptions = webhook::Subscriptions::open(&store, &keys)?;
        let chats = chat::Chats::load(&store)?;
        let erasures = erasure::Erasures::load(&store)?;
        let last = store.last_seq()?;
        let (ticks, _) = tokio::sync::watch::channel(last);
        let metrics = Metrics::default();
        metrics.intents_kept.set((start.reader.intents.training().kept * 100.0).round() as i64);
        let app = Self {
            subscriptions,
            services: start.services,
            tripped,
            trips: std::sync::Mutex::new(Some(trips)),
            floor: floor::LiveFloor::new(&start.bundle),
            engine,
            read_by: read_by(&start.bundle, &start.reader),
            reader: Arc::new(start.reader),
            processors: off_thread::room(),
            store,
            keys,
            entropy,
            ahead_ms: milliseconds(start.clock.monotonic()).saturating_sub(start.clock.now().0),
            clock: start.clock,
            load,
            customers: customer::Customers::default(),
            erasures,
            chats,
            uploads: tokio::sync::Semaphore::new(attachment::UPLOADS_MAX),
            tokens: auth::Tokens::default(),
            metrics,
            ticks,
            wakeups: wakeups::Wakeups::default(),
            event_buffer: event_buffer::EventBuffer::after(last),
            names: who::Names::default(),
            readers: reading::Readers::start().map_err(StartError::Threads)?,
            used: usage::Used::default(),
            limits: Limits::default(),
            public: Vec::new(),
            bundle: start.bundle,
        };
        app.fill_floor()?;
        Ok(app)
    }

    /// The same within other limits.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Says where browsers find this server. Links that are made lead to the first, and pages write from all of them.
    #[must_use]
    pub fn found_at(mut self, public: &[Address]) -> Self {
        self.public = public.iter().map(Address::origin).collect();
        self
    }

    /// Where browsers find this server, if that was said.
    pub fn public_origins(&self) -> &[String] {
        &self.public
    }

    /// A path as a link: on its own, it leads to the server that it came from.
    pub(crate) fn public_link(&self, path: &str) -> String {
        format!("{}{path}", self.public.first().map_or("", String::as_str))
    }

    /// The moment now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The moment now by a clock that nobody sets: at the start it shows the same, and then it goes on by itself. For
    /// what lasts so long, and is told nobody as a moment.
    pub(crate) fn steady(&self) -> Timestamp {
        Timestamp(milliseconds(self.clock.monotonic()).saturating_sub(self.ahead_ms))
    }

    /// A moment of the wall clock as the steady clock shows it.
    pub(crate) fn steadily(&self, at: Timestamp) -> Timestamp {
        at.plus_ms(self.steady().0.saturating_sub(self.now().0))
    }

    /// The store.
    pub fn store(&self) -> &SqliteStore {
        &self.store
    }

    /// The bundle in force.
    pub fn bundle(&self) -> &Arc<Bundle> {
        &self.bundle
    }

    /// The keys of the data directory.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Open cases by responder, in the bundle's order.
    pub fn depths(&self) -> Vec<(String, i64)> {
        self.load.depths().map(|(responder, depth)| (responder.to_owned(), depth)).collect()
    }

    pub(crate) fn context(&self, caller: &Caller) -> Result<Context, Refused> {
        let now = self.clock.now();
        Ok(Context { now, ids: self.ids(now)?, by: caller.pseudonym.to_string() })
    }

    /// Where new identifiers come from.
    pub(crate) fn ids(&self, now: Timestamp) -> Result<Ids, Refused> {
        let random = u128::from_be_bytes(self.entropy.bytes()?);
        // The lowest bits count up within one command, so they start low.
        Ok(Ids::new(now, random & !0xffff))
    }

    /// Decides `command` against the newest state of `case`, commits what happens, and answers with what
    /// `show` makes of it. Taken anew when somebody else's write came between.
    pub(crate) async fn execute<T: Serialize>(
        &self,
        caller: &Caller,
        repeat: Option<&Repeat>,
        case: Option<&str>,
        mut act: commit::Act,
        show: impl Fn(&Happened) -> T,
    ) -> Result<Done<T>, Refused> {
        if let (Some(repeat), Some(_)) = (repeat, case)
            && let Some(kept) = self.kept(caller, repeat)?
        {
            return Ok(Done::Before(kept));
        }
        let mut loaded = act.loaded.take();
        let mut kept = Some(act);
        for _ in 0..ATTEMPTS {
            // Nobody else writes to a case that is not there yet, so that it takes one attempt.
            let Some(act) = (if case.is_some() { kept.clone() } else { kept.take() }) else { break };
            let coming = self.coming();
            let before = match case {
                Some(id) => Some(match loaded.take() {
                    Some(case) => *case,
                    None => self.case_for(caller, act.action, id)?,
                }),
                None => None,
            };
            let mut prepared = self.prepare(caller, repeat, before, act, &show)?;
            prepared.commit.coming = coming;
            match self.commit_and(prepared.commit, || self.put_into_force(prepared.projections)).await {
                Ok(_) => return Ok(Done::Now(prepared.output)),
                Err(CommitError::VersionConflict { .. }) => self.metrics.conflicts.inc(),
                Err(CommitError::Replayed { response }) => return Ok(Done::Before(Kept(response))),
                Err(error) => return Err(refused(error)),
            };
        }
        Err(Refused::new(Kind::Changed, format!("{ATTEMPTS} attempts met {ATTEMPTS} other writes")))
    }

    fn prepare<T: Serialize>(
        &self,
        caller: &Caller,
        repeat: Option<&Repeat>,
        before: Option<Case>,
        act: commit::Act,
        show: &impl Fn(&Happened) -> T,
    ) -> Result<commit::Prepared<T>, Refused> {
        let mut context = self.context(caller)?;
        let commit::Act { command, beside, .. } = act;
        let now = context.now;
        let happened = match remit_domain::begin(before.as_ref(), command, &mut context)? {
            Step::Done(happened) => happened,
            Step::Asks(pending) => {
                let answer = self.answer(pending.case(), pending.question(), now);
                pending.conclude(answer, &mut context)?
            }
        };
        let output = match self.with_names(&happened.case)? {
            Cow::Borrowed(_) => show(&happened),
            Cow::Owned(case) => show(&Happened { case, events: happened.events.clone() }),
        };
        self.record(caller, repeat, before.as_ref(), happened, beside, output, now)
    }

    /// What `act` comes to; where it is refused, what the same request came to before, if it was carried out. So who
    /// repeats a request because its answer was lost is told it, also where that request ended what they may do.
    ///
    /// # Errors
    /// As `act`, or where the key was sent with another request before.
    pub async fn or_earlier_answer<T>(
        &self,
        caller: &Caller,
        repeat: Option<&Repeat>,
        act: impl Future<Output = Result<Done<T>, Refused>>,
    ) -> Result<Done<T>, Refused> {
        let refused = match act.await {
            Err(refused) if !refused.kind.is_ours() => refused,
            done => return done,
        };
        let before = repeat.map_or(Ok(None), |repeat| self.kept(caller, repeat))?;
        before.map(Done::Before).ok_or(refused)
    }

    /// What the same request came to before.
    fn kept(&self, caller: &Caller, repeat: &Repeat) -> Result<Option<Kept>, Refused> {
        let Some(row) = self.store.idempotency(&caller.token, &repeat.key).map_err(Refused::internal)? else {
            return Ok(None);
        };
        if row.request_hash == self.keys.of_request(&repeat.request) {
            Ok(Some(Kept(row.response)))
        } else {
            Err(refused(CommitError::KeyReused))
        }
    }
}

/// What a refused commit is told as.
pub(crate) fn refused(error: CommitError) -> Refused {
    match error {
        CommitError::KeyReused => Refused::new(Kind::KeyReused, "this key was sent with another request before"),
        CommitError::KeyGone => remit_domain::refusal::Refusal::WordsErased.into(),
        CommitError::Done => Refused::new(Kind::Conflict, "this has been done already"),
        CommitError::Busy => Refused::new(Kind::Busy, "the queue of commands to be written is full"),
        CommitError::StorageFull => Refused::new(Kind::StorageFull, "the store reported that its disk is full"),
        other => Refused::internal(other),
    }
}
