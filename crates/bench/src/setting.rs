//! What every measurement works on: the bundle, its classifier, and real messages.

use crate::{bundle_copy, options::Bench};
use anyhow::Context as _;
use remit_app::environment::block_on::block_on;
use remit_app::{
    Caller, Parts, Settings,
    access::auth,
    boot,
    environment::{clock::SystemClock, limits::Limits},
    governance::services::Services,
    token,
};
use remit_policy::{address::Address, bundle::Bundle, files::Files};
use remit_signals::message_reader::MessageReader;
use remit_store::Journal as _;
use serde::Deserialize;
use std::{path::Path, sync::Arc};

/// What is measured is not what callers may have: one token asks for everything here, from one address.
const LIMITS: Limits = Limits {
    requests_a_second: 1_000_000,
    streams_each: usize::MAX,
    streams: usize::MAX,
    connections: 65_536,
    connections_each: usize::MAX,
    knocks_each: 1_000_000,
    knocks: 1_000_000,
    proxies: Vec::new(),
};

/// A message of the sample traffic.
#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    pub(crate) text: String,
    /// What it is about.
    pub(crate) intent: String,
}

/// The sample traffic.
pub(crate) struct Messages(Vec<Message>);

impl std::ops::Deref for Messages {
    type Target = [Message];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Messages {
    pub(crate) fn read(bench: &Bench) -> anyhow::Result<Self> {
        let mut reader = csv::Reader::from_path(&bench.traffic)
            .with_context(|| format!("{} cannot be read", bench.traffic.display()))?;
        let messages = reader.deserialize().collect::<Result<Vec<Message>, _>>()?;
        anyhow::ensure!(!messages.is_empty(), "{} holds no messages", bench.traffic.display());
        Ok(Self(messages))
    }

    /// The message with this number, round and round.
    pub(crate) fn text(&self, n: u64) -> &str {
        let at = usize::try_from(n).unwrap_or(0) % self.len().max(1);
        self.get(at).map_or("", |message| &message.text)
    }
}

/// What every measurement works on.
pub(crate) struct Setting {
    pub(crate) files: Files,
    pub(crate) bundle: Arc<Bundle>,
    pub(crate) messages: Arc<Messages>,
    /// Kept between runs so that the classifier is trained once.
    models: tempfile::TempDir,
}

impl Setting {
    pub(crate) fn read(bench: &Bench) -> anyhow::Result<Self> {
        let files = Files::read(&bench.bundle)?;
        let bundle = Arc::new(load(files.clone())?);
        let messages = Arc::new(Messages::read(bench)?);
        let models = tempfile::tempdir_in(&bench.directory)?;
        let setting = Self { files, bundle, messages, models };
        setting.reader(&setting.bundle)?;
        Ok(setting)
    }

    /// A server's use cases over the data directory `data`.
    pub(crate) fn open(&self, data: &Path) -> anyhow::Result<Parts> {
        self.open_under(data, &self.bundle)
    }

    /// The same under another bundle with the same examples.
    pub(crate) fn open_under(&self, data: &Path, bundle: &Arc<Bundle>) -> anyhow::Result<Parts> {
        self.open_with(data, bundle, Services::none())
    }

    /// The same with services that are asked.
    pub(crate) fn open_with(&self, data: &Path, bundle: &Arc<Bundle>, services: Services) -> anyhow::Result<Parts> {
        self.open_at(data, bundle, services, Vec::new())
    }

    /// The same, found at these addresses.
    pub(crate) fn open_at(
        &self,
        data: &Path,
        bundle: &Arc<Bundle>,
        services: Services,
        public: Vec<Address>,
    ) -> anyhow::Result<Parts> {
        let (from, to) = (self.models.path().join("models"), data.join("models"));
        std::fs::create_dir_all(&to)?;
        for model in std::fs::read_dir(from)? {
            let model = model?;
            std::fs::copy(model.path(), to.join(model.file_name()))?;
        }
        let settings = Settings { limits: LIMITS, public, ..Settings::default() };
        let open = boot::open(data, Arc::clone(bundle), Box::new(SystemClock), services, settings, &mut |step| {
            eprintln!("{step}")
        });
        Ok(open?)
    }

    /// What reads messages under a bundle; what it trains is kept with what the others train.
    pub(crate) fn reader(&self, bundle: &Bundle) -> anyhow::Result<MessageReader> {
        Ok(remit_app::governance::reader::open(Some(self.models.path()), bundle, &mut |step| eprintln!("{step}"))?)
    }

    /// The message with this number, round and round.
    pub(crate) fn text(&self, n: u64) -> &str {
        self.messages.text(n)
    }
}

/// Loads a bundle, or says what is wrong with it.
pub(crate) fn load(files: Files) -> anyhow::Result<Bundle> {
    Bundle::load(files).map_err(|findings| {
        anyhow::anyhow!("{}", findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

/// The files of a bundle in which the encoder is asked as `when` says.
pub(crate) fn asking(files: Files, when: &str) -> anyhow::Result<Files> {
    let bundle = bundle_copy::asking(std::str::from_utf8(files.get("bundle.toml").unwrap_or_default())?, when);
    Ok(files.with("bundle.toml", bundle.into_bytes()))
}

/// A token that may do what an integration and a lead may, and its caller.
pub(crate) fn token(app: &Parts) -> anyhow::Result<(String, Arc<Caller>)> {
    token_of(app, &["integration", "lead"], None)
}

/// A token of these roles and this source, and its caller.
pub(crate) fn token_of(app: &Parts, roles: &[&str], source: Option<&str>) -> anyhow::Result<(String, Arc<Caller>)> {
    made(app, token::NewToken { source: source.map(ToOwned::to_owned), ..new_token(roles) })
}

/// A token of a member of staff with these roles.
pub(crate) fn token_of_staff(app: &Parts, roles: &[&str], staff: &str) -> anyhow::Result<String> {
    Ok(made(app, token::NewToken { staff: Some(staff.to_owned()), ..new_token(roles) })?.0)
}

fn new_token(roles: &[&str]) -> token::NewToken {
    token::NewToken {
        name: "bench".into(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        responder: None,
        source: None,
        sources: Vec::new(),
        staff: None,
        days: 1,
    }
}

fn made(app: &Parts, new: token::NewToken) -> anyhow::Result<(String, Arc<Caller>)> {
    let refused = |problem: remit_app::refused::Refused| anyhow::anyhow!("{problem:?}");
    let made = token::make(app, new).map_err(refused)?;
    let bearer = format!("Bearer {}", made.token);
    let caller = block_on(auth::caller(&app.journal, &app.live, &app.environment, Some(&bearer))).map_err(refused)?;
    block_on(app.journal.store().last_seq())?;
    Ok((made.token, caller))
}

/// A number that looks random, as keys and pseudonyms do, and is of `n` alone.
pub(crate) fn scattered(n: u64) -> u128 {
    u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
}
