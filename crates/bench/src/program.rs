//! Builds of `remit` as programs of their own: the present one, and another one that it is compared with.

use crate::{
    load::{self, exchange},
    options::Bench,
    python::Ended,
};
use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use std::{
    ffi::OsString,
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tokio::{net::TcpStream, runtime::Runtime};

/// What lies where cargo builds this profile.
const PROFILE: &str = if cfg!(debug_assertions) { "debug" } else { "release" };

/// Takes the bound off how often a token may ask; older programs have none.
const UNBOUNDED: &str = "--requests-per-second";

/// A built program and the bundle that governs it.
#[derive(Debug)]
pub(crate) struct Build {
    /// What it is called where results are printed: its commit, or its path.
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) bundle: PathBuf,
}

impl Build {
    /// The present one, built beside this program.
    pub(crate) fn present(bench: &Bench) -> anyhow::Result<Self> {
        let program = beside_this()?;
        build(Path::new("."), None).context("`remit` could not be built")?;
        ensure!(program.exists(), "there is no {}; run the bench by `cargo xtask bench`", program.display());
        let name = commit(Path::new(".")).unwrap_or_else(|| "present".to_owned());
        Ok(Self { name, program, bundle: bench.bundle.clone() })
    }

    /// The one at `path`: a worktree, where it is built, or a program. Made before the present one, since that is
    /// refused which the present one's build would overwrite.
    pub(crate) fn other(bench: &Bench, path: &Path) -> anyhow::Result<Self> {
        let path = fs::canonicalize(path).with_context(|| format!("there is no {}", path.display()))?;
        let told = bench.against_bundle.clone();
        if path.is_file() {
            ensure!(
                fs::canonicalize(beside_this()?).ok().as_ref() != Some(&path),
                "{} is the present build itself: name a copy of it, or a worktree of another commit",
                path.display()
            );
            let around = path.ancestors().map(|tree| tree.join("bundles/bank")).find(|bundle| bundle.is_dir());
            let bundle = told.or(around).with_context(|| {
                format!("{} lies in no worktree: say with --against-bundle which bundle it reads", path.display())
            })?;
            return Ok(Self { name: path.display().to_string(), program: path, bundle });
        }
        ensure!(
            path.join("crates/cli/Cargo.toml").is_file(),
            "{} is neither a program nor a worktree of Remit; `git worktree add ../before COMMIT` makes one",
            path.display()
        );
        // Not where this one is built, so that neither is built anew for each run.
        let target = path.join("target");
        eprintln!("building `remit` in {}: minutes where it was not built there before …", path.display());
        build(&path, Some(&target)).with_context(|| format!("{} could not be built", path.display()))?;
        let program = target.join(PROFILE).join(file_name());
        let name = commit(&path).unwrap_or_else(|| path.display().to_string());
        Ok(Self { name, program, bundle: told.unwrap_or_else(|| path.join("bundles/bank")) })
    }
}

fn file_name() -> String {
    format!("remit{}", std::env::consts::EXE_SUFFIX)
}

fn beside_this() -> anyhow::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(file_name()))
}

/// Builds the program of a tree as this one was, into `target` if told. Cargo says how far it is.
fn build(tree: &Path, target: Option<&Path>) -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut build = Command::new(cargo);
    build.current_dir(tree).args(["build", "--locked", "--package", "remit-cli"]);
    if PROFILE == "release" {
        build.arg("--release");
    }
    if let Some(target) = target {
        build.arg("--target-dir").arg(target);
    }
    ensure!(build.status()?.success(), "cargo failed; what it wrote above says why");
    Ok(())
}

/// The commit of a tree, and whether it was changed since.
fn commit(tree: &Path) -> Option<String> {
    let asked = Command::new("git").current_dir(tree).args(["describe", "--always", "--dirty"]).output().ok()?;
    let name = String::from_utf8(asked.stdout).ok()?;
    (asked.status.success() && !name.trim().is_empty()).then(|| name.trim().to_owned())
}

/// Whether a program's `serve` takes this option.
fn takes(program: &Path, option: &str) -> anyhow::Result<bool> {
    let help = Command::new(program).args(["serve", "--help"]).output();
    let help = help.with_context(|| format!("{} does not start", program.display()))?;
    ensure!(help.status.success(), "`{} serve --help` failed: is it a `remit`?", program.display());
    Ok(String::from_utf8_lossy(&help.stdout).contains(option))
}

/// `remit serve` as a process.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) address: SocketAddr,
    pub(crate) program: Ended,
    /// Its first token.
    first: String,
}

impl Serving {
    /// Starts it over the data directory `data`; what it notes of each case goes to a file beside that.
    pub(crate) fn start(program: &Path, bundle: &Path, data: &Path) -> anyhow::Result<Self> {
        let mut serve = Command::new(program);
        serve.args(["--json", "serve", "--listen", "127.0.0.1:0"]);
        if takes(program, UNBOUNDED)? {
            serve.args([UNBOUNDED, "1000000"]);
        }
        let notes = data.with_extension("log");
        let to = fs::File::create(&notes)?;
        serve.arg("--bundle").arg(bundle).arg("--data").arg(data).stdout(Stdio::piped()).stderr(to);
        let mut child = serve.spawn().with_context(|| format!("{} does not start", program.display()))?;
        let said = child.stdout.take().context("it has no pipe")?;
        let program = Ended(child);
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        let Ok(said) = serde_json::from_str::<Value>(&line) else {
            let why = fs::read_to_string(&notes).unwrap_or_default();
            bail!("it did not start: {line}{why}");
        };
        let of = |key: &str| said.get(key).and_then(Value::as_str);
        let address = of("address").with_context(|| format!("no address in {said}"))?.parse()?;
        // Older programs say the token itself.
        let first = match (of("token_file"), of("token")) {
            (Some(file), _) => fs::read_to_string(file)?.trim().to_owned(),
            (None, Some(token)) => token.to_owned(),
            (None, None) => bail!("no first token in {said}"),
        };
        Ok(Self { address, program, first })
    }

    /// A token of these roles.
    pub(crate) fn token(&self, runtime: &Runtime, roles: &[&str]) -> anyhow::Result<String> {
        let headers = format!("authorization: Bearer {}\r\n", self.first);
        let new = json!({ "name": "bench", "roles": roles, "days": 1 });
        let made = runtime.block_on(asked(self.address, |out| {
            load::post(out, "/v1/tokens", &headers, new.to_string().as_bytes());
        }))?;
        let token = made.get("token").and_then(Value::as_str).with_context(|| format!("no token in {made}"))?;
        Ok(token.to_owned())
    }
}

/// Asks once, and reads the answer as JSON.
pub(crate) async fn asked(address: SocketAddr, request: impl FnOnce(&mut Vec<u8>)) -> anyhow::Result<Value> {
    let (mut out, mut answer) = (Vec::new(), Vec::new());
    request(&mut out);
    let length = exchange(&mut TcpStream::connect(address).await?, &out, &mut answer).await?;
    let from = answer.len().saturating_sub(length);
    Ok(serde_json::from_slice(answer.get(from..).unwrap_or_default())?)
}
