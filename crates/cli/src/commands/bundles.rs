//! `remit policy activate` and its kin: which bundle governs, in a running server or in a data directory that none has
//! open.

use super::{case::DataOrServer, json::text};
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
    operation, refused,
    succession::Making,
};
use remit_command::{
    client::{Client, Refused},
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
    /// The first figures of the digest of the bundle that is thought to be in force, at least 8, as `remit policy list`
    /// prints them: where another one is, nothing is changed.
    #[arg(long, value_name = "DIGEST")]
    from: Option<String>,
}

/// As what a bundle's files are sent.
const BYTES: &str = "application/octet-stream";
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
    place: DataOrServer,
}

/// Put the bundle in force again that was before the one in force.
#[derive(Debug, Args)]
#[command(mut_arg("data", |data| data.help(DONE_IN)))]
pub(crate) struct Rollback {
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    place: DataOrServer,
}

/// List the bundles that came into force, oldest first: when, by whom, and why.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    place: DataOrServer,
}

/// Write the files of a bundle that came into force into a new directory.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The bundle, by the first figures of its digest.
    bundle: String,
    /// The directory, which must not be there.
    to: PathBuf,
    #[command(flatten)]
    place: DataOrServer,
}

/// Say how a bundle differs from an earlier one: what is new, gone or otherwise in it.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The earlier one: a directory, or the first figures of the digest of one that came into force. Where no other is
    /// named, this is the later one, and is held against the one in force.
    #[arg(value_name = "OLD")]
    bundle: String,
    /// The later one, in the same way.
    #[arg(value_name = "NEW")]
    new: Option<String>,
    #[command(flatten)]
    place: DataOrServer,
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
            None => self.place.client()?.post_file(operation::ActivateBundle, &asked, BYTES, &files.to_bytes()),
            Some(data) => offline(data, async |succession| {
                activate::activate_for_operator(succession, &open::by(), &asked, files).await
            }),
        };
        told(done, json)
    }
}

impl Rollback {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let asked = self.how.asked();
        let done = match self.place.data() {
            None => self.place.client()?.post_patiently(operation::RollBackBundle, &asked),
            Some(data) => offline(data, async |succession| {
                activate::roll_back_for_operator(succession, &open::by(), &asked).await
            }),
        };
        told(done, json)
    }
}

/// Has something done in a data directory that no server has open; where a bundle came into force, what is open is
/// decided anew where it has to be.
fn offline(
    data: &Path,
    act: impl AsyncFnOnce(&Succession) -> Result<Activation, refused::Refused>,
) -> anyhow::Result<Value> {
    anyhow::ensure!(directory::is_there(data)?, "{} is no data directory", data.display());
    let app = Arc::new(open::open_own(data)?);
    let succession = Succession::new(app, Making { data: Some(data.to_owned()), ..Making::without_services() });
    let runtime = remit_server::serve::runtime()?;
    let done = runtime.block_on(async {
        let done = act(&succession).await.map_err(|refused| Refused::of(&refused.detail, &refused.members))?;
        // A preview leaves what is open where it is, also what was left from before.
        if done.in_force {
            rehome::rehome(&succession.current(), &mut |_, _| {}).await?;
        }
        anyhow::Ok(done)
    })?;
    Ok(serde_json::to_value(done)?)
}

/// Tells what was done, or why not: with every finding, and with what to add where something would be left behind.
fn told(done: anyhow::Result<Value>, json: bool) -> anyhow::Result<bool> {
    let refused = match done {
        Ok(done) => {
            tell(&done, json);
            // A preview of what cannot come into force as it is asked for says no.
            return Ok(done.pointer("/asks").is_none_or(Value::is_null));
        }
        Err(refused) => refused,
    };
    let Some(members) = refused.downcast_ref::<Refused>().map(|refused| &refused.members) else { return Err(refused) };
    let findings = members.get("findings").and_then(Value::as_array).into_iter().flatten();
    for finding in findings {
        let line = finding.get("line").and_then(Value::as_u64).unwrap_or(1);
        let (file, message) = (text(finding, "/file"), text(finding, "/message"));
        shown::entry(&format!("{file}:{line}: {message}\ncure: {}", text(finding, "/cure")));
    }
    let gone = members.get("survey").and_then(|survey| survey.get("gone")?.as_object());
    let gone: Vec<String> = gone.into_iter().flat_map(|gone| gone.keys()).map(|name| moving(name)).collect();
    if gone.is_empty() {
        return Err(refused);
    }
    let detail = refused.downcast_ref::<Refused>().map_or_else(String::new, |refused| refused.detail.clone());
    Err(anyhow::anyhow!(
        "the bundle lacks what has open work; nothing was changed: {detail}\n  cure: add {}",
        gone.join(" ")
    ))
}

/// The flag that says where goes what this one had.
fn moving(gone: &str) -> String {
    format!("--move {gone}=QUEUE")
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
    differences(done);
    say!("open cases: {}", many(number("/survey/open")));
    for moved in done.pointer("/moves").and_then(Value::as_array).into_iter().flatten() {
        let cases = moved.pointer("/cases").and_then(Value::as_u64).unwrap_or(0);
        let (from, to) = (text(moved, "/from"), text(moved, "/to"));
        say!("  {} of `{from}` are decided anew, and go to `{to}` where policy permits it", many(cases));
    }
    if let Some(asks) = done.pointer("/asks").and_then(Value::as_str) {
        let gone = done.pointer("/survey/gone").and_then(Value::as_object).into_iter().flat_map(|gone| gone.keys());
        say!("it cannot come into force like this: {asks}");
        say!("  cure: add {}", gone.map(|name| moving(name)).collect::<Vec<_>>().join(" "));
    }
    let items = |at: &str| done.pointer(at).and_then(Value::as_array).into_iter().flatten();
    let foreseen = || items("/foreseen").filter_map(|one| one.get("cases")?.as_u64());
    if foreseen().next().is_some() {
        say!("open cases that are decided anew at once: {}", many(foreseen().sum::<u64>()));
    }
    items("/foreseen").for_each(|one| say!("  {}", goes(one)));
    items("/staff").for_each(|one| say!("  {}", works(one)));
    for (field, cases) in done.pointer("/survey/fields").and_then(Value::as_object).into_iter().flatten() {
        let cases = many(cases.as_u64().unwrap_or(0));
        say!("  {cases} open cases have a value of the field `{field}`, which is gone: nobody sees it any more");
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

/// Where open cases go that are decided anew.
fn goes(foreseen: &Value) -> String {
    let cases = many(foreseen.get("cases").and_then(Value::as_u64).unwrap_or(0));
    let (from, to) = (text(foreseen, "/from"), text(foreseen, "/to"));
    if text(foreseen, "/because") == "closed" && from == to {
        return format!(
            "as things are now, {cases} stay in `{from}`, which is closed then, and are told when it opens"
        );
    }
    let from = match text(foreseen, "/because") {
        "closed" => format!("`{from}`, which is closed then,"),
        "not_permitted" => format!("`{from}`, which may not keep them,"),
        _ => format!("`{from}`"),
    };
    match text(foreseen, "/exception") {
        "-" => format!("as things are now, {cases} of {from} go to `{to}`"),
        kind => format!(
            "as things are now, {cases} of {from} become exceptions ({}), owned by {to}",
            kind.replace('_', " ")
        ),
    }
}

/// What is otherwise in where a member of staff works.
fn works(moved: &Value) -> String {
    let queues = |at: &str| -> Vec<&str> {
        moved.get(at).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let (staff, from, to) = (text(moved, "/staff"), queues("from"), queues("to"));
    let only = |these: &[&str], those: &[&str]| -> String {
        these.iter().filter(|queue| !those.contains(queue)).copied().collect::<Vec<_>>().join(", ")
    };
    if to.is_empty() {
        return format!("{staff} works in no queue any more (was: {})", from.join(", "));
    }
    match (only(&to, &from), only(&from, &to)) {
        (new, gone) if gone.is_empty() => format!("{staff} works in {new} too"),
        (new, gone) if new.is_empty() => format!("{staff} works no more in {gone}"),
        (new, gone) => format!("{staff} works in {new}, no more in {gone}"),
    }
}

/// Says what differs between two bundles, a line for each.
pub(super) fn differences(of: &Value) {
    let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    for one in list(of, "differs") {
        let name = one.get("name").and_then(Value::as_str).map_or_else(String::new, |name| format!(" {name}"));
        let keys = list(&one, "keys");
        let keys: Vec<&str> = keys.iter().filter_map(Value::as_str).collect();
        let keys = if keys.is_empty() { String::new() } else { format!(": {}", keys.join(", ")) };
        say!("  {}{name}{keys} {}", text(&one, "/section"), text(&one, "/how"));
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

/// The files of the bundle in force.
pub(super) fn in_force(client: &Client) -> anyhow::Result<Files> {
    let all = bundles(client)?;
    let newest = all.last().map(|newest| text(newest, "/digest").to_owned());
    fetch(client, &newest.context("no bundle is in force")?)
}

/// The files of a directory, or of a bundle that came into force.
fn files(client: &Client, named: &str) -> anyhow::Result<Files> {
    if Path::new(named).is_dir() { Ok(Files::read(Path::new(named))?) } else { fetch(client, named) }
}

impl Compare {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let compared = self.place.with(|client| {
            let one = files(client, &self.bundle)?;
            let (new, old) = match &self.new {
                Some(new) => (files(client, new)?, one),
                None => (one, in_force(client)?),
            };
            catalogue::compared(new, old).map_err(anyhow::Error::msg)
        })?;
        let told = serde_json::to_value(&compared)?;
        if json {
            shown::json(&told);
            return Ok(true);
        }
        say!("{} in the place of {}", short(compared.bundle.as_str()), short(compared.other.as_str()));
        for how in ["new", "gone", "changed"] {
            let names = told.pointer(&format!("/files/{how}")).and_then(Value::as_array);
            let names: Vec<&str> = names.into_iter().flatten().filter_map(Value::as_str).collect();
            if !names.is_empty() {
                say!("files {how}: {}", names.join(", "));
            }
        }
        differences(&told);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_where_staff_work_the_difference_is_told() {
        let told = |from: &[&str], to: &[&str]| works(&serde_json::json!({ "staff": "tom", "from": from, "to": to }));
        assert_eq!(told(&["a", "b"], &["a"]), "tom works no more in b");
        assert_eq!(told(&["b"], &[]), "tom works in no queue any more (was: b)");
        assert_eq!(told(&["a", "b"], &["a", "c"]), "tom works in c, no more in b");
        assert_eq!(told(&["a"], &["a", "b"]), "tom works in b too");
    }

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
