//! `remit policy`: check and test a bundle, say what putting it in force would do, and put it in force.

use super::bundles::{Activate, Compare, Export, List, Rollback};
use clap::{Args, Subcommand};
use remit_app::{
    boot::{BootError, OpenDirectory},
    bundle::{Moves, Plan, PlanError},
    directory,
    environment::clock::{Clock as _, SystemClock, parse_rfc3339},
    governance::reader::{self, ReaderError},
};
use remit_command::{
    open,
    shown::{self, counted, say},
};
use remit_domain::id::Timestamp;
use remit_policy::{advice, bundle::Bundle, engine::Engine, files::Files, finding::Finding, grid, suite};
use remit_signals::{examples::ExamplesError, intent::Training};
use std::path::PathBuf;

/// How a bundle is named to a command that takes it without a flag.
const BY_PLACE: &str = "name the bundle's directory behind the command";
/// Examples up to which a check trains the intent classifier to know whether it abstains on everything.
const TRAINED_MOST: usize = 1_000;

/// Check and test a bundle, and put it in force.
#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Load a bundle, hold its policies against its invariants on a grid of its vocabularies, and say everything that
    /// is wrong with it, by file and line.
    Check(Check),
    /// Run a bundle's own tests, read the sentences of its rules for words, and hold its policies against its
    /// invariants on the same grid.
    Test(Where),
    /// Say what putting a bundle in force would do with what is open. Changes nothing.
    Preview(Preview),
    /// Put a bundle in force: checked, its tests run, held against what is open, then switched for everybody at once.
    Activate(Activate),
    /// Put the bundle in force again that was before the one in force.
    Rollback(Rollback),
    /// List the bundles that came into force: when, by whom, and why.
    List(List),
    /// Write the files of a bundle that came into force into a new directory.
    Export(Export),
    /// Say how one bundle differs from another.
    Compare(Compare),
}

/// Which bundle, and over which data.
#[derive(Debug, Args)]
pub(crate) struct Preview {
    /// The bundle's directory.
    bundle: PathBuf,
    /// A data directory that no server has open.
    #[arg(long)]
    data: PathBuf,
    /// Where would go what a responder had that the bundle does not have; may be repeated.
    #[arg(long = "move", value_name = "OLD=NEW")]
    moves: Vec<String>,
}

/// Which bundle, and as of when.
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    bundle: Where,
    /// As of this moment, such as `2027-01-01T00:00:00Z`, by which lists of holidays may run out; now, where it is not
    /// named.
    #[arg(long, value_name = "MOMENT")]
    at: Option<String>,
}

impl Check {
    fn moment(&self) -> anyhow::Result<Timestamp> {
        let Some(text) = &self.at else { return Ok(SystemClock.now()) };
        let cure = "name it with its offset, such as 2027-01-01T00:00:00Z";
        parse_rfc3339(text).ok_or_else(|| anyhow::anyhow!("`{text}` is no moment; {cure}"))
    }
}

/// Which bundle.
#[derive(Debug, Args)]
pub(crate) struct Where {
    /// The bundle's directory.
    #[arg(default_value = open::SAMPLE)]
    bundle: PathBuf,
}

impl Policy {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        match self {
            Self::Check(asked) => check(&asked.bundle, asked.moment()?, json),
            Self::Test(at) => test(at, json),
            Self::Preview(preview) => preview.run(json),
            Self::Activate(activate) => activate.run(json),
            Self::Rollback(rollback) => rollback.run(json),
            Self::List(list) => list.run(json),
            Self::Export(export) => export.run(json),
            Self::Compare(compare) => compare.run(json),
        }
    }
}

fn check(at: &Where, now: Timestamp, json: bool) -> anyhow::Result<bool> {
    let held = |bundle: Bundle| {
        let engine = Engine::new(&bundle);
        let mut findings = grid::check(&bundle, &engine);
        findings.extend(suite::sentences(&bundle).1);
        findings.extend(suite::of_nobody(&bundle));
        let warnings = advice::of(&bundle, &engine);
        match intents(&bundle) {
            Ok(intents) if findings.is_empty() => Ok((bundle, intents, warnings)),
            Ok(_) => Err(findings),
            Err(finding) => {
                findings.push(*finding);
                Err(findings)
            }
        }
    };
    open::is_named(&at.bundle, BY_PLACE)?;
    match Bundle::load(Files::read(&at.bundle)?).and_then(held) {
        Ok((bundle, intents, mut warnings)) => {
            warnings.extend(intents.as_ref().and_then(Training::abstains_on_all));
            warnings.extend(bundle.doubts(now));
            warnings.extend(advice::without_articles(&bundle));
            warnings.extend(advice::found_by_words(&bundle));
            if json {
                let (digest, policies) = (bundle.digest().as_str(), bundle.policies());
                let readings = bundle.readings();
                shown::json(&serde_json::json!({
                    "good": true, "digest": digest, "policies": policies, "rules": readings.rules().len(),
                    "situations": readings.situations().len(), "packs": readings.packs(),
                    "readings": bundle.readings_digest(), "intents": intents,
                    "warnings": warnings,
                }));
            } else {
                let (responders, articles) = (bundle.candidates().len(), bundle.articles().len());
                say!(
                    "{} is good: {}, {}, {}",
                    bundle.name(),
                    counted(bundle.policies(), "policy", "policies"),
                    counted(responders, "responder", "responders"),
                    counted(articles, "article", "articles")
                );
                let readings = bundle.readings();
                say!(
                    "words are read by {} for {}, a wish for a human and frustration; packs: {}",
                    counted(readings.rules().len(), "rule", "rules"),
                    counted(readings.situations().len(), "situation", "situations"),
                    if readings.packs().is_empty() { "none".to_owned() } else { readings.packs().join(", ") }
                );
                match intents {
                    Some(Training { examples, intents, accuracy, kept, .. }) => say!(
                        "intents are learnt from {examples} examples of {intents}; held out in turn, {accuracy:.3} are \
                         told right and {kept:.3} are sure enough to be followed"
                    ),
                    None => say!(
                        "intents are learnt at the first start, which says how many messages would be followed; \
                         `remit signals train` on intents.csv says so before"
                    ),
                }
                warnings.iter().for_each(|warning| say!("warning: {warning}"));
                say!("digest {}, of the readings {}", bundle.digest(), bundle.readings_digest());
            }
            Ok(true)
        }
        Err(findings) => {
            if json {
                shown::json(&serde_json::json!({ "good": false, "findings": findings }));
            } else {
                findings.iter().for_each(|finding| shown::entry(&finding.to_string()));
                say!("{}", counted(findings.len(), "finding", "findings"));
            }
            Ok(false)
        }
    }
}

/// What training the bundle's intent classifier showed, where it was trained before or that takes no more than seconds.
///
/// # Errors
/// Why no server can start with this bundle.
pub(super) fn intents(bundle: &Bundle) -> Result<Option<Training>, Box<Finding>> {
    reader::training(bundle, TRAINED_MOST, &mut |step| shown::note(step)).map_err(|error| {
        let message = format!("no server can start with this bundle: {error}");
        Box::new(match error {
            ReaderError::Examples(ExamplesError { line, .. }) => {
                let line = usize::try_from(line).unwrap_or(1);
                Finding::new("intents.csv", line, message, "correct the row, or take it out")
            }
            ReaderError::Model(_) | ReaderError::Digest { .. } => {
                let manifest = bundle.files().get("bundle.toml").unwrap_or_default();
                let above = manifest.split(|byte| *byte == b'\n').take_while(|line| !names_model(line)).count();
                let cure = "bring the directory that `encoder_model` names, seen from where Remit is started, or take \
                            `encoder_model` out, so that the model that ships is asked";
                Finding::new("bundle.toml", above + 1, message, cure)
            }
            _ => Finding::new("intents.csv", 1, message, "correct or add examples; docs/bundle.md says what they are"),
        })
    })
}

/// Whether a line of the manifest begins to name another model for the encoder.
fn names_model(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"[encoder_model]") || line.trim_ascii_start().starts_with(b"encoder_model")
}

fn test(at: &Where, json: bool) -> anyhow::Result<bool> {
    let bundle = open::load_named(&at.bundle, BY_PLACE)?;
    let report = suite::run(&bundle, &Engine::new(&bundle));
    let no_test = report.passed == 0 && report.failures.is_empty();
    if json {
        shown::json(&serde_json::to_value(&report)?);
    } else {
        report.failures.iter().for_each(|failure| shown::entry(&failure.to_string()));
        say!(
            "{}, {} as they must be, {}",
            counted(report.passed, "test holds", "tests hold"),
            counted(report.sentences, "sentence is read", "sentences are read"),
            counted(report.failures.len(), "finding", "findings")
        );
        if no_test {
            let files = bundle.files().under("tests").count();
            say!("no test was run: {files} files are under tests/ that end in .toml, with no [[test]] in them");
        }
    }
    Ok(report.failures.is_empty() && !no_test)
}

impl Preview {
    fn run(&self, json: bool) -> anyhow::Result<bool> {
        let bundle = super::load(&self.bundle)?;
        anyhow::ensure!(directory::is_there(&self.data)?, "{} is no data directory", self.data.display());
        let opened = OpenDirectory::open(&self.data, &mut |step| shown::note(step))?;
        match opened.plan(&bundle, Moves::parse(&self.moves)?, SystemClock.now()) {
            Ok(None) => {
                if json {
                    shown::json(&serde_json::json!({ "in_force": true }));
                } else {
                    say!("{} is in force already", bundle.digest());
                }
                Ok(true)
            }
            Ok(Some(plan)) => {
                tell(&plan, &bundle, json);
                Ok(true)
            }
            Err(BootError::Plan(PlanError::Lost(lost))) => {
                if json {
                    shown::json(&serde_json::json!({ "refused": "lost", "survey": lost.survey }));
                } else {
                    shown::failed(&PlanError::Lost(lost).into());
                }
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn tell(plan: &Plan, bundle: &Bundle, json: bool) {
    let (survey, from, changed) = (&plan.survey, plan.from.as_ref(), plan.changed.as_ref());
    if json {
        let told = serde_json::json!({
            "from": from, "to": bundle.digest(), "changed": changed, "differs": plan.differs,
            "moves": plan.moves, "survey": survey,
        });
        shown::json(&told);
        return;
    }
    say!("from {} to {}", from.map_or("none", |from| from.as_str()), bundle.digest());
    if let Some(changed) = changed {
        let (new, gone, other) = (changed.policies_new, changed.policies_gone, changed.policies_changed);
        say!("policies: {new} new, {gone} gone, {other} read otherwise");
        say!("responders: {} new, {} gone", changed.responders_new, changed.responders_gone);
        let (new, gone, other) = (changed.rules_new, changed.rules_gone, changed.rules_changed);
        say!("rules for words: {new} new, {gone} gone, {other} otherwise");
    }
    super::bundles::differences(&serde_json::json!({ "differs": plan.differs }));
    say!("open cases: {}", survey.open);
    for (name, gone) in &survey.gone {
        let to = plan.moves.to(name).map_or("nowhere", |to| to.as_str());
        say!(
            "  {name} is gone: {} open cases ({} with a person), {} questions and {} staff go to {to}, or where the \
             rules permit a case to be",
            gone.cases(),
            gone.with_person,
            gone.consults,
            gone.staff
        );
    }
    for (count, what) in [
        (survey.accountable, "open cases get another accountable, at once"),
        (survey.exceptions, "open exceptions go to whoever owns exceptions, since their owner cannot be reached"),
        (survey.tokens, "tokens write for a responder that is not there, and may do nothing for it"),
        (survey.not_permitted, "open cases may not stay with their holder, and are decided anew"),
    ] {
        if count > 0 {
            say!("  {count} {what}");
        }
    }
    if survey.not_permitted > 0 || survey.gone.values().any(|gone| gone.cases() > 0) {
        say!(
            "to whom these cases go is not decided here: `remit policy activate DIR --data DATA --preview` decides each"
        );
    }
}
