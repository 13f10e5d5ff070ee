//! `remit demo`: a bundle at work, the sample bank's unless told. AI responders answer, people take what these give up,
//! customers write again, one AI turns bad and is stopped; all through the interface that anybody uses.

use remit_app::environment::block_on::block_on;
mod agenda;
mod bad_ai;
mod board;
mod clock;
mod customers;
mod day;
mod dice;
mod errands;
mod events;
mod moment;
mod night;
mod opening;
mod patience;
mod person;
mod report;
mod requests;
mod roles;
mod staff;
mod story;
mod worked;
mod world;

use remit_command::{
    client::Client,
    open,
    shown::{self, counted, say},
    traffic::{self, Message},
};

use agenda::Agenda;
use anyhow::Context as _;
use bad_ai::BadAi;
use board::Board;
use clap::Args;
use clock::DemoClock;
use errands::Errand;
use patience::Patience;
use person::Person;
use remit_app::{
    Parts, Settings, bundle::Moves, environment::clock::Clock as _, governance::model_cache::ModelCache, token,
};
use remit_policy::bundle::Bundle;
use remit_store::Journal as _;
use roles::Roles;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, atomic::AtomicBool, mpsc},
    time::{Duration, Instant},
};
use story::Story;
use world::{Numbers, World};

/// Run a bundle for some hours, many times as fast: customers' messages, AI responders, simulated staff.
#[derive(Debug, Args)]
pub struct Demo {
    /// The data directory; made if it is not there. Unless told, one for each bundle under remit-data.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The bundle that governs; unless told, the one in force in the directory, and the sample bank in a new one.
    #[arg(long)]
    bundle: Option<PathBuf>,
    /// The messages to play: CSV or JSON lines with `text`, and if you like `intent`, `customer`, `channel`,
    /// `signal.…`. Unless told, `traffic.csv` in the bundle's directory, or `messages.csv` in one beside it whose name
    /// ends in `-traffic`.
    #[arg(long)]
    traffic: Option<PathBuf>,
    /// How many of them; all unless told.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    cases: Option<u32>,
    /// How many times as fast as real at most, up to 1,000; it runs slower where the machine does not keep up, and
    /// while an AI responder takes long to answer.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    speed: u16,
    /// Whoever is simulated does the same under the same seed.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Go on serving afterwards, until interrupted.
    #[arg(long)]
    keep: bool,
}

const MINUTE: i64 = 60_000;
const TOKEN_DAYS: u16 = 30;

impl Demo {
    /// Plays it; says whether all went as it should.
    ///
    /// # Errors
    /// When the directory cannot be opened, or the server stops.
    pub fn run(&self, json: bool) -> anyhow::Result<bool> {
        let (data, traffic) = (self.data(), self.traffic()?);
        let messages = traffic::read(&traffic)?;
        let open::Found { opened, bundle, .. } = open::opened(&data, self.bundle.as_deref(), &open::sample)?;
        let bundle = Arc::new(bundle);
        let messages = self.sampled(messages, &bundle);
        let (messages, night) = night::parted(messages, &bundle);
        let (messages, errands) = errands::among(messages, errands::beside(&traffic, &bundle)?);
        let facts = messages.iter().chain(&night).any(|message| !message.facts.is_empty());
        let roles = Roles::of(&bundle, facts)?;
        let asks = errands::by_text(errands.values());
        let clock = DemoClock::new();
        let bad_ai = bundle
            .candidates()
            .iter()
            .find(|spec| spec.responder.as_str() == bad_ai::RESPONDER)
            .and_then(|spec| spec.service.as_ref())
            .map(|configured| {
                anyhow::Ok((BadAi::start(&bundle, &ModelCache::of(Some(&data)), Arc::clone(&asks))?, configured))
            })
            .transpose()?;
        let stood_in = bad_ai::stood_in(&bundle);
        let mut services = open::services_with(&bundle, Some(&data), &|name| {
            // One that is not there is of a service that another one stands in for.
            std::env::var(name).ok().or_else(|| bad_ai::secret().ok())
        })?;
        if !stood_in.is_empty() {
            let stand_in = BadAi::start(&bundle, &ModelCache::of(Some(&data)), asks)?;
            for (spec, configured) in &stood_in {
                services = services.with(spec.responder.as_str(), stand_in.service(configured)?, configured);
            }
        }
        if let Some((ai, configured)) = &bad_ai {
            services = services.with(bad_ai::RESPONDER, ai.service(configured)?, configured);
        }
        let stood_in: Vec<String> = stood_in.iter().map(|(spec, _)| spec.responder.to_string()).collect();
        let (services, enriches) = services.without_enrichment();
        let app = open::start(
            opened,
            Arc::clone(&bundle),
            Box::new(clock.clone()),
            services,
            Settings::default(),
            Moves::default(),
        )?;

        if let Some(path) = &self.bundle {
            open::fill_sandbox(&app, path)?;
        }

        // The day begins when the desks are open that its messages go to, after whatever is on record.
        let last = block_on(app.journal.store().last_seq())?;
        let newest = block_on(app.journal.store().feed(last.saturating_sub(1), 1))?.last().map_or(0, |row| row.ts_ms);
        let from = remit_domain::id::Timestamp(app.environment.now().0.max(newest));
        let length_ms = customers::length_ms(messages.len()) + 30 * MINUTE;
        clock.forward(opening::opening_time(&bundle, &messages, from, length_ms));

        let tokens = Tokens::make(&app, &bundle, &roles)?;
        let runtime = remit_server::serve::runtime()?;
        let app = Arc::new(app);
        let patience = Patience::of(Arc::clone(&app), clock.clone(), &bundle);
        let running = runtime.block_on(remit_server::serve::start(Arc::clone(&app), ([127, 0, 0, 1], 0).into()))?;
        let url = format!("http://{}", running.address);
        let interrupted = interrupts(&runtime);
        let bad_ai = bad_ai.map(|(ai, _)| ai);
        let world = Arc::new(self.world(&app, &url, &tokens, (messages, night, errands), clock, bad_ai));
        if !json {
            self.introduce(&bundle, &world, &url, &traffic);
            if !stood_in.is_empty() {
                say!("not asked here, and stood in for from the bundle's articles: {}", stood_in.join(", "));
            }
            if enriches {
                say!("not asked here: the service of [enrichment]; cases are decided without what it would tell");
            }
            if enriches || !stood_in.is_empty() {
                say!();
            }
        }
        let finished = day::play(&world, last, i64::from(self.speed), &interrupted, json);
        drop(patience);
        let story = story::story(&world);
        self.tell(&story, &world, &url, json);
        let good = finished && story.is_good();
        if self.keep && finished {
            if !json {
                say!();
                say!("serving on at {url} until you press Ctrl-C; in another terminal:");
                say!("  export REMIT_URL={url} REMIT_TOKEN={}", tokens.admin);
                next(&story, "");
                if !story.requests.is_empty() {
                    say!("what was done, in a browser: {url}/sandbox (the password is the token)");
                }
            }
            // Only an interrupt ends the wait; a closed channel could bring none any more.
            let _ = interrupted.recv();
        } else if !json {
            say!();
            say!("Try next");
            let data = typed(&data);
            next(&story, &format!(" --data {data}"));
            say!("  {} ledger verify {data}", called());
            say!("  {} demo{} --keep", called(), self.told());
        }
        // Lets the last checkpoint be signed.
        runtime.block_on(running.stop())?;
        runtime.shutdown_timeout(Duration::from_secs(1));
        Ok(good)
    }

    /// What was told, so that the same is played again.
    fn told(&self) -> String {
        let paths = [("--data", &self.data), ("--bundle", &self.bundle), ("--traffic", &self.traffic)];
        let told = paths.into_iter().filter_map(|(flag, path)| Some(format!(" {flag} {}", typed(path.as_deref()?))));
        let cases = self.cases.map(|cases| format!(" --cases {cases}"));
        told.chain(cases).collect()
    }

    /// The data directory: told, or one for each bundle.
    fn data(&self) -> PathBuf {
        let named = || {
            let name = self.bundle.as_deref().filter(|bundle| *bundle != Path::new(open::SAMPLE))?.file_name()?;
            Some(format!("remit-data/demo-{}", name.to_string_lossy()).into())
        };
        self.data.clone().or_else(named).unwrap_or_else(|| "remit-data/demo".into())
    }

    /// The messages to play: told, or those that lie with the bundle.
    fn traffic(&self) -> anyhow::Result<PathBuf> {
        if let Some(traffic) = &self.traffic {
            return Ok(traffic.clone());
        }
        let bundle = self.bundle.as_deref().unwrap_or_else(|| Path::new(open::SAMPLE));
        open::is_named(bundle, "name the bundle's directory with --bundle, and the messages with --traffic")?;
        let beside = bundle.file_name().map(|name| format!("{}-traffic/messages.csv", name.to_string_lossy()));
        let beside = beside.map(|name| bundle.with_file_name(name));
        let places = [Some(bundle.join("traffic.csv")), beside];
        places.into_iter().flatten().find(|path| path.is_file()).with_context(|| {
            format!(
                "no messages lie with {}: name a file with --traffic, as CSV with a column `text`",
                bundle.display()
            )
        })
    }

    fn sampled(&self, messages: Vec<Message>, bundle: &Bundle) -> Vec<Message> {
        let cases = self.cases.map_or(usize::MAX, |cases| usize::try_from(cases).unwrap_or(usize::MAX));
        let knows = |intent: &str| {
            let bad = bundle.candidates().iter().find(|spec| spec.responder.as_str() == bad_ai::RESPONDER);
            let topic = bundle.topic_of(intent);
            bad.zip(topic).is_some_and(|(bad, topic)| bad.topics.iter().any(|known| known == topic))
        };
        customers::sample(messages, cases, &knows)
    }

    fn world(
        &self,
        app: &Arc<Parts>,
        url: &str,
        tokens: &Tokens,
        (mut messages, night, errands): (Vec<Message>, Vec<Message>, BTreeMap<usize, Errand>),
        clock: DemoClock,
        bad_ai: Option<BadAi>,
    ) -> World {
        let bundle = &app.governance.bundle;
        let mut dice = dice::Dice::of(self.seed, "paces");
        let person = |(profile, token): (&staff::Profile, &String)| Person {
            name: profile.name.clone(),
            first_name: profile.note.get("first_name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            client: Client::new(url, token),
            note: profile.note.clone(),
            pace: dice.between(75, 140),
            gone: AtomicBool::new(false),
        };
        let ai = bundle.candidates().iter().filter(|spec| spec.queue.is_none());
        let day = messages.len();
        messages.extend(night);
        World {
            seed: self.seed,
            agenda: Agenda::new(clock.clone()),
            opened: clock.now().0,
            clock,
            began: Instant::now(),
            turns_bad_at: day / 3,
            messages,
            day,
            errands,
            app: Arc::clone(app),
            people: tokens.staff.iter().map(|(profile, token)| (profile, token)).map(person).collect(),
            customer: Client::new(url, &tokens.customers),
            lead: Client::new(url, &tokens.lead),
            bad_ai,
            raise_to: bundle.terms().exception_owner.to_string(),
            silence_hours: bundle.limits().silence_hours,
            bundle: Arc::clone(bundle),
            numbers: Numbers::default(),
            evening: AtomicBool::new(false),
            board: Mutex::new(Board::new(ai.map(|spec| spec.responder.to_string()).collect())),
            told: Mutex::default(),
        }
    }

    fn introduce(&self, bundle: &Bundle, world: &World, url: &str, traffic: &Path) {
        let ai = bundle.candidates().iter().filter(|spec| spec.queue.is_none()).count();
        let desks = bundle.candidates().len() - ai;
        say!(
            "{}: {}, {} on {}, {}; served at {url}",
            bundle.name(),
            counted(ai, "AI responder", "AI responders"),
            counted(world.people.len(), "person", "people"),
            counted(desks, "desk", "desks"),
            counted(bundle.policies(), "policy", "policies")
        );
        say!(
            "{} of {}, {} from {}, played up to {} times as fast",
            counted(world.messages.len(), "message", "messages"),
            traffic.display(),
            counted(customers::length_ms(world.day) / MINUTE, "minute", "minutes"),
            moment::beginning(world.now_ms()),
            self.speed
        );
        say!();
    }

    fn tell(&self, story: &Story, world: &World, url: &str, json: bool) {
        let (p50, p99, per_second) = {
            let mut told = world.told();
            (told.tally.quantile(0.5), told.tally.quantile(0.99), told.tally.per_second())
        };
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        if json {
            let mut document = serde_json::to_value(story).unwrap_or_default();
            if let Some(document) = document.as_object_mut() {
                document.insert("address".into(), json!(url));
                document.insert("cases_per_second".into(), json!(per_second));
                document.insert("p50_ms".into(), json!(ms(p50)));
                document.insert("p99_ms".into(), json!(ms(p99)));
                document.insert("seconds".into(), json!(world.began.elapsed().as_secs_f64()));
            }
            shown::json(&document);
        } else {
            report::print(story, &|name| world.board().is_ai(name));
        }
    }
}

/// API tokens, one for each who takes part.
struct Tokens {
    admin: String,
    lead: String,
    customers: String,
    staff: Vec<(staff::Profile, String)>,
}

impl Tokens {
    fn make(app: &Parts, bundle: &Bundle, roles: &Roles) -> anyhow::Result<Self> {
        // What messages bring is posted as by a source that the bundle believes.
        let source = bundle.usual_source();
        let make = |name: &str, role: &str, staff: Option<&str>, source: Option<&str>| -> anyhow::Result<String> {
            let new = token::NewToken {
                name: name.to_owned(),
                roles: vec![role.to_owned()],
                responder: None,
                source: source.map(ToOwned::to_owned),
                sources: Vec::new(),
                staff: staff.map(ToOwned::to_owned),
                days: TOKEN_DAYS,
            };
            Ok(token::make(app, new)?.token)
        };
        let staff = staff::profiles(bundle).into_iter().map(|profile| {
            let token = make(&profile.name, &roles.staff, Some(&profile.name), None)?;
            Ok((profile, token))
        });
        Ok(Self {
            admin: make("demo", &roles.admin, None, Some(source))?,
            lead: make("lead", &roles.lead, None, None)?,
            customers: make("customers", &roles.customers, None, Some(source))?,
            staff: staff.collect::<anyhow::Result<_>>()?,
        })
    }
}

/// Hears when the demo is interrupted.
fn interrupts(runtime: &tokio::runtime::Runtime) -> mpsc::Receiver<()> {
    let (tell, told) = mpsc::channel();
    runtime.spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if tell.send(()).is_err() {
                return;
            }
        }
    });
    told
}

/// A path as a shell takes it.
fn typed(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@".contains(c);
    if path.chars().all(is_plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// How this program was called, so that what is printed can be typed.
fn called() -> String {
    std::env::args().next().unwrap_or_else(|| "remit".to_owned())
}

/// Commands to try, on what was just told.
fn next(story: &Story, with: &str) {
    for (number, moment) in story.moments.iter().enumerate() {
        if let Some(look) = &moment.look {
            say!("  {} {look}{with}    # {}", called(), number + 1);
        }
    }
    // One of each end is enough to begin with.
    let mut shown: Vec<&str> = Vec::new();
    for request in &story.requests {
        let end = request.how.split([':', '(', ',']).next().unwrap_or_default().trim();
        if !shown.contains(&end) {
            shown.push(end);
            say!("  {} request show {}{with}    # {end}", called(), request.id);
        }
    }
}
