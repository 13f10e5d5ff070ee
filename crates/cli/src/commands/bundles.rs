//! `remit policy activate` and its kin: which bundle governs, in a running server or in a data directory that none has
//! open.

use super::{case::Place, json::text};
use anyhow::Context as _;
use clap::Args;
use remit_app::{
    Succession,
    bundle::{
        activate::{self, ActivateBundle, Activation},
        catalogue, rehome,
    },
    directory,
    input::ListPart,
    operation,
    refused::Refused,
    succession::Making,
};
use remit_command::{
    client::Client,
    open::{self, short},
    shown::{self, many, say},
};
use remit_policy::files::Files;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// How a bundle is put in force.
#[derive(Debug, Args)]
pub(crate) struct How {
    /// Why, for the record, which is for ever. Needed unless it is a preview.
    #[arg(long, required_unless_present = "preview")]
    reason: Option<String>,
    /// Where goes what a responder had that the bundle does not have; may be repeated.
    #[arg(long = "move", value_name = "OLD=NEW")]
    moves: Vec<String>,
    /// Say what it would do, and change nothing.
    #[arg(long)]
    preview: bool,
    /// The digest of the bundle that is thought to be in force: where another one is, nothing is changed.
    #[arg(long, value_name = "DIGEST")]
    from: Option<String>,
}

/// What is said of the directory where something is done in it.
const DONE_IN: &str = "A data directory that no server has open. It is done there, and no policy is asked";

/// Put a bundle in force, in a running server without a pause, or in a data directory that no server has open.
#[derive(Debug, Args)]
#[command(mut_arg("data", |data| data.help(DONE_IN)))]
pub(crate) struct Activate {
    /// The bundle's directory.
    bundle: PathBuf,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    place: Place,
}

/// Put the bundle in force again that was before the one in force.
#[derive(Debug, Args)]
#[command(mut_arg("data", |data| data.help(DONE_IN)))]
pub(crate) struct Rollback {
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    place: Place,
}

/// List the bundles that came into force, oldest first: when, by whom, and why.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    place: Place,
}

/// Write the files of a bundle that came into force into a new directory.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The bundle, by the first figures of its digest.
    bundle: String,
    /// The directory, which must not be there.
    to: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// Say how one bundle differs from another.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The one: a directory, or the first figures of the digest of one that came into force.
    bundle: String,
    /// The other, in the same way; the one in force unless told.
    other: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl How {
    fn asked(&self) -> ActivateBundle {
        let moves = (!self.moves.is_empty()).then(|| self.moves.join(","));
        let (reason, from) = (self.reason.clone(), self.from.clone());
        ActivateBundle { reason, moves, preview: self.preview.then_some(true), from }
    }
}

impl Activate {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let files = Files::read(&self.bundle).context("the bundle cannot be read")?;
        let asked = self.how.asked();
        let done = match self.place.data() {
            None => self.place.client()?.post_file(operation::ActivateBundle, &asked, &files.to_bytes())?,
            Some(data) => offline(data, async |succession| {
                activate::activate_for_operator(succession, &open::by(), &asked, files).await
            })?,
        };
        tell(&done, json);
        Ok(true)
    }
}

impl Rollback {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let asked = self.how.asked();
        let done = match self.place.data() {
            None => self.place.client()?.post_patiently(operation::RollBackBundle, &asked)?,
            Some(data) => offline(data, async |succession| {
                activate::roll_back_for_operator(succession, &open::by(), &asked).await
            })?,
        };
        tell(&done, json);
        Ok(true)
    }
}

/// Has something done in a data directory that no server has open; where a bundle came into force, what is open is
/// decided anew where it has to be.
fn offline(data: &Path, act: impl AsyncFnOnce(&Succession) -> Result<Activation, Refused>) -> anyhow::Result<Value> {
    anyhow::ensure!(directory::is_there(data)?, "{} is no data directory", data.display());
    let app = Arc::new(open::open_own(data)?);
    let succession = Succession::new(app, Making { data: Some(data.to_owned()), ..Making::without_services() });
    let runtime = remit_server::serve::runtime()?;
    let done = runtime.block_on(async {
        let done = act(&succession).await?;
        // A preview leaves what is open where it is, also what was left from before.
        if done.in_force {
            rehome::rehome(&succession.current(), &mut |_, _| {}).await?;
        }
        anyhow::Ok(done)
    })?;
    Ok(serde_json::to_value(done)?)
}

fn tell(done: &Value, json: bool) {
    if json {
        shown::json(done);
        return;
    }
    let number = |at: &str| done.pointer(at).and_then(Value::as_u64).unwrap_or(0);
    let (from, to) = (text(done, "/from"), text(done, "/to"));
    let in_force = done.pointer("/in_force") == Some(&Value::Bool(true));
    match (in_force, from == to) {
        (true, true) => say!("{} is in force already", short(to)),
        (true, false) => say!("{} is in force, in the place of {}", short(to), short(from)),
        (false, _) => say!("would put {} in force in the place of {}; nothing is changed", short(to), short(from)),
    }
    if from == to {
        return;
    }
    say!("{} of its tests hold, {} sentences are read as they must be", number("/tests"), number("/sentences"));
    let warnings = done.pointer("/warnings").and_then(Value::as_array).into_iter().flatten();
    warnings.filter_map(Value::as_str).for_each(|warning| say!("warning: {warning}"));
    if let Some(changed) = done.pointer("/changed") {
        changes(changed);
    }
    say!("open cases: {}", many(number("/survey/open")));
    for moved in done.pointer("/moves").and_then(Value::as_array).into_iter().flatten() {
        let cases = moved.pointer("/cases").and_then(Value::as_u64).unwrap_or(0);
        say!("  {} of `{}` go to `{}`", many(cases), text(moved, "/from"), text(moved, "/to"));
    }
    for (at, what) in [
        ("/survey/not_permitted", "may not stay with their holder, and are decided anew"),
        ("/survey/accountable", "get another accountable"),
    ] {
        match number(at) {
            0 => {}
            count => say!("  {} {what}", many(count)),
        }
    }
    if let Some(ms) = done.pointer("/held_up_ms").and_then(Value::as_f64) {
        say!("nothing could be written for {ms:.1} ms");
    }
}

fn changes(changed: &Value) {
    let number = |at: &str| changed.pointer(at).and_then(Value::as_u64).unwrap_or(0);
    say!(
        "policies: {} new, {} gone, {} read otherwise",
        number("/policies_new"),
        number("/policies_gone"),
        number("/policies_changed")
    );
    say!("responders: {} new, {} gone", number("/responders_new"), number("/responders_gone"));
    say!(
        "rules for words: {} new, {} gone, {} otherwise",
        number("/rules_new"),
        number("/rules_gone"),
        number("/rules_changed")
    );
}

/// Every bundle that came into force, the oldest first.
fn bundles(client: &Client) -> anyhow::Result<Vec<Value>> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let asked = ListPart { after: after.take(), limit: Some(200) };
        let page = client.get_with(operation::ListBundles, &[], &asked)?;
        all.extend(page.pointer("/items").and_then(Value::as_array).into_iter().flatten().cloned());
        match page.pointer("/next").and_then(Value::as_str) {
            Some(next) => after = Some(next.to_owned()),
            None => return Ok(all),
        }
    }
}

/// The digest of the one that begins so.
fn named(all: &[Value], figures: &str) -> anyhow::Result<String> {
    let mut digests: Vec<&str> = all.iter().map(|bundle| text(bundle, "/digest")).collect();
    digests.retain(|digest| digest.starts_with(figures));
    digests.sort_unstable();
    digests.dedup();
    match digests.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => anyhow::bail!("no bundle came into force whose digest begins with `{figures}`"),
        _ => anyhow::bail!("several bundles have a digest that begins with `{figures}`: name more of its figures"),
    }
}

impl List {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let all = self.place.with(bundles)?;
        if json {
            shown::json(&Value::Array(all));
            return Ok(true);
        }
        for bundle in &all {
            let in_force = if bundle.pointer("/in_force") == Some(&Value::Bool(true)) { ", in force" } else { "" };
            let (digest, name) = (short(text(bundle, "/digest")), text(bundle, "/name"));
            say!("{} {digest} {name}, by {}{in_force}", text(bundle, "/at"), text(bundle, "/by"));
            match text(bundle, "/reason") {
                "-" => {}
                reason => shown::words(2, reason),
            }
        }
        Ok(true)
    }
}

impl Export {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let files = self.place.with(|client| fetch(client, &self.bundle))?;
        write_whole(&files, &self.to)?;
        let (digest, count) = (files.digest(), files.all().count());
        if json {
            shown::json(&serde_json::json!({ "digest": digest, "files": count, "to": self.to.display().to_string() }));
        } else {
            say!("{count} files of {} are in {}", short(digest.as_str()), self.to.display());
        }
        Ok(true)
    }
}

/// Writes a bundle into a directory that is not there yet: it has the name once all of it is written, and nothing is
/// left where that fails.
fn write_whole(files: &Files, to: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(fs::symlink_metadata(to).is_err(), "{} is there; name a directory that is not", to.display());
    let partial = to.with_added_extension("partial");
    fs::create_dir(&partial).with_context(|| format!("{} cannot be made", partial.display()))?;
    let written = write_files(files, &partial)
        .and_then(|()| fs::rename(&partial, to).with_context(|| format!("{} cannot be made", to.display())));
    if written.is_err() {
        fs::remove_dir_all(&partial).with_context(|| format!("{} is left, and not whole", partial.display()))?;
    }
    written
}

fn write_files(files: &Files, to: &Path) -> anyhow::Result<()> {
    for (name, bytes) in files.all() {
        let path = to.join(name);
        let cannot = || format!("{} cannot be written", path.display());
        path.parent().map_or(Ok(()), fs::create_dir_all).with_context(cannot)?;
        fs::write(&path, bytes).with_context(cannot)?;
    }
    Ok(())
}

/// The files of a bundle that came into force, held against its digest.
fn fetch(client: &Client, figures: &str) -> anyhow::Result<Files> {
    let digest = named(&bundles(client)?, figures)?;
    let bytes = client.get_bytes(operation::GetBundle, &[&digest])?;
    let files = Files::received(&bytes)?;
    anyhow::ensure!(files.digest().as_str() == digest, "what came is not the bundle {digest}");
    Ok(files)
}

/// The files of a directory, or of a bundle that came into force.
fn files(client: &Client, named: &str) -> anyhow::Result<Files> {
    if Path::new(named).is_dir() { Ok(Files::read(Path::new(named))?) } else { fetch(client, named) }
}

impl Compare {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let compared = self.place.with(|client| {
            let one = files(client, &self.bundle)?;
            let other = match &self.other {
                Some(other) => files(client, other)?,
                None => {
                    let all = bundles(client)?;
                    let newest = all.last().map(|newest| text(newest, "/digest").to_owned());
                    fetch(client, &newest.context("no bundle is in force")?)?
                }
            };
            catalogue::compared(one, other).map_err(anyhow::Error::msg)
        })?;
        let told = serde_json::to_value(&compared)?;
        if json {
            shown::json(&told);
            return Ok(true);
        }
        say!("{} against {}", short(compared.bundle.as_str()), short(compared.other.as_str()));
        for of in ["files", "policies", "responders", "rules"] {
            for how in ["new", "gone", "changed"] {
                let names = told.pointer(&format!("/{of}/{how}")).and_then(Value::as_array);
                let names: Vec<&str> = names.into_iter().flatten().filter_map(Value::as_str).collect();
                if !names.is_empty() {
                    say!("{of} {how}: {}", names.join(", "));
                }
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_written_whole_or_not_at_all() {
        let place = tempfile::tempdir().unwrap();
        let left = || fs::read_dir(place.path()).unwrap().count();
        let to = place.path().join("out");
        let file = |name: &str| (name.to_owned(), b"x".to_vec());
        let far = Files::new([file("bundle.toml"), file(&format!("policies/{}.cedar", "x".repeat(300)))]);
        assert!(write_whole(&far, &to).unwrap_err().to_string().contains("cannot be written"));
        assert_eq!(left(), 0);
        let good = Files::new([file("bundle.toml"), file("policies/a.cedar")]);
        write_whole(&good, &to).unwrap();
        assert_eq!((left(), Files::read(&to).unwrap()), (1, good.clone()));
        assert!(write_whole(&good, &to).unwrap_err().to_string().contains("is there"));
        assert_eq!(left(), 1);
    }
}
