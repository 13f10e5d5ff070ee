//! Opening a data directory under a bundle, as commands do.

use crate::shown;
use anyhow::Context;
use remit_app::{
    Parts, Settings,
    boot::{Governing, OpenDirectory},
    bundle::{InForce, Moves},
    directory,
    environment::clock::{Clock, SystemClock},
    governance::{model_cache::ModelCache, services::Services},
};
use remit_domain::id::Digest;
use remit_policy::{bundle::Bundle, files::Files};
use std::{path::Path, sync::Arc};

/// Loads the bundle in `directory`, or says everything that is wrong with it.
pub fn load(directory: &Path) -> anyhow::Result<Bundle> {
    let files = Files::read(directory).context("the bundle cannot be read")?;
    Bundle::load(files).map_err(|findings| {
        let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the bundle in {} does not load:\n{}", directory.display(), told.join("\n"))
    })
}

/// The same of a bundle that is the sample where none is named; `cure` says how one is named.
pub fn load_named(directory: &Path, cure: &str) -> anyhow::Result<Bundle> {
    is_named(directory, cure)?;
    load(directory)
}

/// Holds that the sample is there if it is what is meant: elsewhere than in the repository a bundle has to be named.
pub fn is_named(directory: &Path, cure: &str) -> anyhow::Result<()> {
    anyhow::ensure!(
        directory != Path::new(SAMPLE) || directory.join("bundle.toml").is_file(),
        "{SAMPLE}, the sample bank that is taken where no bundle is named, is not here; {cure}"
    );
    Ok(())
}

/// Bytes of a file that a sandbox is filled from, at most.
const SEED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How a bundle is named to most commands.
pub const BY_FLAG: &str = "name the bundle's directory with --bundle";

/// The first figures of a digest, by which people know it.
pub fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// A data directory with what governs it.
pub struct Governed {
    /// The use cases.
    pub app: Parts,
    /// The digest of what was in force before.
    pub before: Option<String>,
}

/// Opens a data directory under the bundle at this path; without one under its own, and a new one under the sample
/// bank.
pub fn open(data: &Path, bundle: Option<&Path>) -> anyhow::Result<Parts> {
    Ok(govern(data, bundle, Moves::default(), Settings::default(), &sample)?.app)
}

/// Opens a data directory under its own bundle, to look at it or to change what governs it. No AI service is asked
/// meanwhile, so that none of their secrets is needed.
pub fn open_own(data: &Path) -> anyhow::Result<Parts> {
    let none = || anyhow::anyhow!("no bundle is in force in {}", data.display());
    let Found { opened, bundle, .. } = opened(data, None, &|| Err(none()))?;
    start(opened, Arc::new(bundle), Box::new(SystemClock), Services::none(), Settings::default(), Moves::default())
}

/// The sample bank, where it is here.
pub fn sample() -> anyhow::Result<Bundle> {
    load_named(Path::new(SAMPLE), BY_FLAG)
}

/// Where the sample bank lies in the repository.
pub const SAMPLE: &str = "bundles/bank";

/// Opens a data directory under the bundle at `path`; without one under the one in force there, and a new one under
/// `otherwise`.
pub fn govern(
    data: &Path,
    path: Option<&Path>,
    moves: Moves,
    settings: Settings,
    otherwise: &dyn Fn() -> anyhow::Result<Bundle>,
) -> anyhow::Result<Governed> {
    let Found { opened, mut bundle, before } = opened(data, path, otherwise)?;
    if let (Some(path), Some(before), true) = (path, &before, moves.is_empty())
        && before != bundle.digest()
        && opened.from_directory()?.as_ref() == Some(bundle.digest())
        && let Some(in_force) = opened.in_force()?
    {
        // What came into force since by a command is not undone by a start with what was there before it.
        bundle = superseding(path, &bundle, in_force)?;
    }
    let services = services(&bundle, Some(data))?;
    let by = by();
    let governing = Governing {
        bundle: Arc::new(bundle),
        clock: Box::new(SystemClock),
        services,
        settings,
        moves,
        by: &by,
        reason: None,
        from_directory: path.is_some(),
    };
    let app = opened.start(governing, &mut |step| shown::note(step))?;
    if let Some(path) = path {
        fill_sandbox(&app, path)?;
    }
    Ok(Governed { app, before: before.map(|before| before.to_string()) })
}

/// The bundle in force, which came into force after what is still in the directory at `path`.
fn superseding(path: &Path, there: &Bundle, in_force: InForce) -> anyhow::Result<Bundle> {
    let (path, named) = (path.display(), short(in_force.digest.as_str()).to_owned());
    let cure = format!("put a bundle in force that can with `remit policy activate {path} --data DIR`");
    let bundle = governing(in_force, "", &cure)?;
    shown::note(&format!(
        "{path} holds bundle {} as when it was loaded last; {named} was put in force since, and goes on. \
         `remit policy activate {path}` puts the directory's in force, and so does SIGHUP",
        short(there.digest().as_str())
    ));
    Ok(bundle)
}

/// The bundle in force, of the directory that `place` names, or why it cannot govern, with the cure.
fn governing(in_force: InForce, place: &str, cure: &str) -> anyhow::Result<Bundle> {
    let named = short(in_force.digest.as_str()).to_owned();
    let told = |why| anyhow::anyhow!("the bundle in force{place}, {named}, cannot govern:\n{why}\ncure: {cure}");
    in_force.governing().map_err(told)
}

/// An opened data directory, and what is to govern it.
pub struct Found {
    /// The directory.
    pub opened: OpenDirectory,
    /// What is to govern it.
    pub bundle: Bundle,
    /// The digest of what is in force in it; none in a new one.
    pub before: Option<Digest>,
}

/// Opens a data directory, and finds what is to govern it. The files of the bundle in force are read where that is to
/// govern, and not else.
pub fn opened(
    data: &Path,
    path: Option<&Path>,
    otherwise: &dyn Fn() -> anyhow::Result<Bundle>,
) -> anyhow::Result<Found> {
    let named = match path {
        Some(path) => Some(load(path)?),
        None if !directory::is_there(data)? => Some(otherwise()?),
        None => None,
    };
    let opened = OpenDirectory::open(data, &mut |step| shown::note(step))?;
    if let Some(bundle) = named {
        let before = opened.digest_in_force()?;
        return Ok(Found { opened, bundle, before });
    }
    let Some(in_force) = opened.in_force()? else { return Ok(Found { opened, bundle: otherwise()?, before: None }) };
    let before = Some(in_force.digest.clone());
    let bundle = governing(in_force, &format!(" in {}", data.display()), "name another one with --bundle")?;
    Ok(Found { opened, bundle, before })
}

/// Fills the shop of the data directory's sandbox, unless there is one, from the file that the bundle in `directory`
/// names beside it.
pub fn fill_sandbox(app: &Parts, directory: &Path) -> anyhow::Result<()> {
    let connectors = app.governance.bundle.connectors();
    for seed in connectors.iter().filter_map(|connector| connector.seed.as_deref()) {
        let path = directory.join(seed);
        let text = match std::fs::metadata(&path) {
            Ok(file) if file.len() > SEED_BYTES_MAX => anyhow::bail!("{} has more than 64 MiB", path.display()),
            Ok(_) => std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?,
            Err(_) => {
                shown::note(&format!("{} is not there: the sandbox's shop stays as it is", path.display()));
                continue;
            }
        };
        let sandbox = app.environment.sandbox.open(app.environment.now())?;
        sandbox.seed_shop(&text).with_context(|| format!("{} fills no shop", path.display()))?;
    }
    Ok(())
}

/// Who acts by the command line, for the record.
pub fn by() -> String {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default();
    let plain: String = user.chars().filter(|c| c.is_ascii_graphic()).take(64).collect();
    if plain.is_empty() { "the command line".to_owned() } else { format!("{plain}, by the command line") }
}

/// Governs an opened data directory, on time told by `clock`, with these AI services.
pub fn start(
    opened: OpenDirectory,
    bundle: Arc<Bundle>,
    clock: Box<dyn Clock>,
    services: Services,
    settings: Settings,
    moves: Moves,
) -> anyhow::Result<Parts> {
    let by = by();
    let (reason, from_directory) = (None, false);
    let governing = Governing { bundle, clock, services, settings, moves, by: &by, reason, from_directory };
    Ok(opened.start(governing, &mut |step| shown::note(step))?)
}

/// The AI services of a bundle, with secrets from the environment.
pub fn services(bundle: &Bundle, data: Option<&Path>) -> anyhow::Result<Services> {
    services_with(bundle, data, &|name| std::env::var(name).ok())
}

/// The AI services of a bundle, with secrets from `environment`, by the names of variables.
pub fn services_with(
    bundle: &Bundle,
    data: Option<&Path>,
    environment: &(impl Fn(&str) -> Option<String> + Clone + Send + Sync + 'static),
) -> anyhow::Result<Services> {
    Ok(Services::of(bundle, &ModelCache::of(data), environment, seconds)?)
}

/// The time in seconds since 1970.
fn seconds() -> i64 {
    SystemClock.now().0 / 1_000
}
