//! `remit init`: a small complete bundle, made of five answers.

use crate::starter::{
    answers::{self, Answers, Desk},
    files::{self, Made},
};
use anyhow::Context as _;
use clap::Args;
use remit_command::shown::{self, say};
use remit_policy::{advice, bundle::Bundle, files::Files};
use remit_signals::intent::Training;
use std::{
    fs,
    io::{BufRead, Write as _},
    path::{Path, PathBuf},
};

/// Make a small complete bundle to start from: asks five questions, and says what each file is for.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The directory; made if it is not there, and empty if it is.
    directory: PathBuf,
    /// The organisation's name.
    #[arg(long, value_parser = answers::organisation)]
    name: Option<String>,
    /// The time zone of its hours, such as Europe/Berlin.
    #[arg(long, value_parser = answers::time_zone)]
    time_zone: Option<String>,
    /// The languages in which customers are answered, as codes between commas.
    #[arg(long, value_name = "CODES", value_parser = listed(answers::languages))]
    languages: Option<Listed<String>>,
    /// The desks where people work, between commas; the first takes everything.
    #[arg(long, value_name = "NAMES", value_parser = listed(answers::desks))]
    desks: Option<Listed<Desk>>,
    /// Whether an AI answers by quoting articles: yes or no.
    #[arg(long, value_name = "YES|NO", value_parser = answers::yes)]
    ai: Option<bool>,
    /// The currency in which costs are counted, as a code of ISO 4217; unless told, that of the time zone's country.
    #[arg(long, value_parser = answers::currency)]
    currency: Option<String>,
    /// Ask nothing: what is not told is as by default.
    #[arg(long)]
    yes: bool,
}

/// What stood between commas.
#[derive(Debug, Clone)]
struct Listed<T>(Vec<T>);

fn listed<T: 'static>(
    read: fn(&str) -> Result<Vec<T>, String>,
) -> impl Fn(&str) -> Result<Listed<T>, String> + Clone + Send + Sync + 'static {
    move |text| read(text).map(Listed)
}

impl Init {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let directory = &self.directory;
        anyhow::ensure!(
            is_free(directory)?,
            "{} is there and not empty; name another directory, nothing is written over",
            directory.display()
        );
        let answers = self.answers()?;
        let made = files::made(&answers, &directory.display().to_string())?;
        // What is made is held to what every bundle is.
        let counted = made.iter().filter(|made| !["README.md", "traffic.csv"].contains(&made.path));
        let bundle = Files::new(counted.map(|made| (made.path.to_owned(), made.bytes.clone())));
        let bundle = Bundle::load(bundle).map_err(|findings| {
            let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
            anyhow::anyhow!("these answers make no good bundle:\n{}", findings.join("\n"))
        })?;
        for Made { path, bytes, .. } in &made {
            write(&directory.join(path), bytes)?;
        }
        // What to mind is told here already, and not only by a check.
        let trained = super::policy::intents(&bundle).ok().flatten();
        let mind =
            trained.as_ref().and_then(Training::abstains_on_all).into_iter().chain(advice::found_by_words(&bundle));
        self.tell(&answers, &made, &mind.collect::<Vec<_>>(), json);
        Ok(true)
    }

    /// What was told, and else what is asked for, or holds by default.
    fn answers(&self) -> anyhow::Result<Answers> {
        let name = self.directory.canonicalize().unwrap_or_else(|_| self.directory.clone());
        let name = name.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = answers::organisation(&name).unwrap_or_else(|_| "My organisation".to_owned());
        let mut ask = Ask { nothing: self.yes, from: &mut std::io::stdin().lock() };
        let mut answers = Answers {
            organisation: ask.unless(
                self.name.clone(),
                "What is the organisation called?",
                &name,
                answers::organisation,
            )?,
            time_zone: ask.unless(
                self.time_zone.clone(),
                "In which time zone does it work?",
                &answers::zone_here(),
                answers::time_zone,
            )?,
            languages: ask.unless(
                self.languages.clone().map(|listed| listed.0),
                "In which languages are customers answered, as codes such as en,de?",
                "en",
                answers::languages,
            )?,
            desks: ask.unless(
                self.desks.clone().map(|listed| listed.0),
                "At which desks do people work? The first takes everything.",
                answers::DESKS,
                answers::desks,
            )?,
            ai: ask.unless(
                self.ai,
                "Does an AI answer what your articles say, before people do?",
                "yes",
                answers::yes,
            )?,
            currency: String::new(),
        };
        let usual = || answers::currency_of(&answers.time_zone).to_owned();
        answers.currency = self.currency.clone().unwrap_or_else(usual);
        Ok(answers)
    }

    fn tell(&self, answers: &Answers, made: &[Made], mind: &[String], json: bool) {
        let directory = self.directory.display();
        let next = [
            format!("remit policy check {directory}"),
            format!("remit policy test {directory}"),
            format!("remit demo --bundle {directory} --traffic {directory}/traffic.csv"),
            format!("remit serve --data data --bundle {directory}"),
        ];
        if json {
            let files = made.iter().map(|made| serde_json::json!({ "file": made.path, "what": made.what }));
            let files: serde_json::Value = files.collect();
            shown::json(&serde_json::json!({
                "directory": directory.to_string(), "files": files, "currency": answers.currency,
                "warnings": mind, "next": next,
            }));
            return;
        }
        say!("{directory} holds a bundle that is complete:");
        let widest = made.iter().map(|made| made.path.len()).max().unwrap_or_default();
        made.iter().for_each(|Made { path, what, .. }| say!("  {path:widest$}  {what}"));
        for Desk { name, title, .. } in answers.desks.iter().filter(|desk| desk.spelt_otherwise) {
            say!();
            say!("The desk “{title}” is called `{name}` in files and by the API; customers and staff read its title.");
        }
        let unwritten = answers.unwritten().join(", ");
        if !unwritten.is_empty() {
            say!();
            say!(
                "Articles, examples and messages ship in English and German. For {unwritten} they are in English: \
                 translate them, and add the language to those of the assistant."
            );
        }
        for one in mind {
            say!();
            say!("Mind that {one}.");
        }
        if self.currency.is_none() {
            say!();
            say!("Costs are counted in {}; --currency says another.", answers.currency);
        }
        say!();
        say!("Try next");
        next.iter().for_each(|command| say!("  {command}"));
    }
}

/// Asks on the standard output, and reads a line for each answer.
struct Ask<'a> {
    nothing: bool,
    from: &'a mut dyn BufRead,
}

impl Ask<'_> {
    /// What was told; else the default where nothing is asked; else the first answer that is one.
    fn unless<T>(
        &mut self,
        told: Option<T>,
        question: &str,
        default: &str,
        read: fn(&str) -> Result<T, String>,
    ) -> anyhow::Result<T> {
        if let Some(told) = told {
            return Ok(told);
        }
        let usual = || read(default).map_err(|why| anyhow::anyhow!("{question} {why}"));
        if self.nothing {
            return usual();
        }
        loop {
            shown::line(&format!("{question} [{default}]"));
            std::io::stdout().flush()?;
            let mut line = String::new();
            if self.from.read_line(&mut line).context("no answer can be read")? == 0 {
                anyhow::bail!(
                    "not answered: {question} Answer it by a flag (`remit init --help`), or take defaults with --yes"
                );
            }
            if line.trim().is_empty() {
                return usual();
            }
            match read(line.trim_end_matches(['\r', '\n'])) {
                Ok(answer) => return Ok(answer),
                Err(why) => say!("{why}"),
            }
        }
    }
}

/// Whether nothing is there that could be written over.
fn is_free(directory: &Path) -> anyhow::Result<bool> {
    match fs::read_dir(directory) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(|| format!("{} cannot be used", directory.display())),
    }
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let cannot = || format!("{} cannot be written", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(cannot)?;
    }
    let file = fs::File::options().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(bytes)).with_context(cannot)
}
