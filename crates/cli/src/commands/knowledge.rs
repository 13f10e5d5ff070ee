//! `remit knowledge`: ask the bundle's articles, and judge how well they are found.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use remit_app::governance::{articles, model_cache::ModelCache};
use remit_command::{
    open::{BY_FLAG, load_named},
    shown::{self, say},
};
use remit_responders::knowledge::{Fit, KnowledgeService};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Most bytes of a table of questions.
const TABLE_MAX: u64 = 64 * 1024 * 1024;

/// Ask the bundle's articles, and judge how well they are found.
#[derive(Debug, Subcommand)]
pub(crate) enum Knowledge {
    /// Print the passage that answers a question, or which was nearest; ends with 1 where none surely answers.
    Ask(Ask),
    /// Count how many questions of a table are answered, and how many with the wrong article.
    Evaluate(Evaluate),
}

/// Ask one question.
#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// What a customer asks.
    question: String,
    /// The bundle's directory.
    #[arg(long, default_value = remit_command::open::SAMPLE)]
    bundle: PathBuf,
    /// The language of the question, such as `en`; articles of every language where it is not named.
    #[arg(long)]
    language: Option<String>,
}

/// Judge on labelled questions.
#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    /// CSV with the columns `text` and `article`: an article's file name without its ending, or `none`.
    file: PathBuf,
    /// The bundle's directory.
    #[arg(long, default_value = remit_command::open::SAMPLE)]
    bundle: PathBuf,
    /// Only rows whose column `split` has this value.
    #[arg(long)]
    split: Option<String>,
    /// Print each question that was answered wrongly, or not at all though an article answers it.
    #[arg(long)]
    misses: bool,
}

impl Knowledge {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        match self {
            Self::Ask(asked) => ask(asked, json),
            Self::Evaluate(asked) => evaluate(asked, json),
        }
    }
}

fn service(bundle: &Path) -> anyhow::Result<KnowledgeService> {
    Ok(articles::knowledge(&load_named(bundle, BY_FLAG)?, &ModelCache::of(None))?)
}

fn ask(asked: &Ask, json: bool) -> anyhow::Result<bool> {
    let service = service(&asked.bundle)?;
    let languages = service.languages().into_iter().collect::<Vec<_>>().join(", ");
    if let Some(tag) = asked.language.as_deref().filter(|tag| !languages.is_empty() && !service.speaks(tag)) {
        anyhow::bail!("there is no article in the language `{tag}`; the articles are in: {languages}");
    }
    let fit = service.best(&asked.question, asked.language.as_deref());
    let sure = fit.as_ref().is_some_and(Fit::is_sure);
    if json {
        shown::json(&json!({
            "answered": sure,
            "answer": fit.as_ref().filter(|_| sure).map(|fit| service.quoted(fit)),
            "article": fit.as_ref().map(|fit| fit.article),
            "section": fit.as_ref().and_then(|fit| fit.section),
            "score": fit.as_ref().map(|fit| fit.score),
            "threshold": service.threshold(),
            "next": fit.as_ref().and_then(|fit| fit.next).map(
                |(article, score)| json!({ "article": article, "score": score })
            ),
        }));
        return Ok(sure);
    }
    let Some(fit) = fit else {
        say!("no answer: nothing is asked, or there is no article in this language");
        return Ok(false);
    };
    if sure {
        shown::words(0, &service.quoted(&fit));
        say!();
    } else if fit.score >= fit.threshold {
        say!("no answer: {} words are too few to be sure", fit.words);
    } else {
        say!("no answer: no article is near enough");
    }
    let section = fit.section.map(|section| format!(", {section}")).unwrap_or_default();
    say!("{:<10} {:.3}  {}{section}", if sure { "score" } else { "nearest" }, fit.score, fit.article);
    say!("{:<10} {:.3}", "threshold", fit.threshold);
    if let Some((article, score)) = fit.next {
        say!("{:<10} {score:.3}  {article}", "next best");
    }
    Ok(sure)
}

/// What became of a table's questions.
#[derive(Debug, Default)]
struct Counts {
    questions: u32,
    answerable: u32,
    right: u32,
    other: u32,
    for_none: u32,
}

fn evaluate(asked: &Evaluate, json: bool) -> anyhow::Result<bool> {
    let at = || asked.file.display().to_string();
    let size = std::fs::metadata(&asked.file).with_context(at)?.len();
    anyhow::ensure!(size <= TABLE_MAX, "{}: more than {TABLE_MAX} bytes; judge on fewer questions", at());
    let mut table = csv::Reader::from_path(&asked.file).with_context(at)?;
    let columns = table.headers().with_context(at)?.clone();
    let column = |name: &str| columns.iter().position(|column| column.trim() == name);
    let needed = |name: &str| column(name).with_context(|| format!("{}: there is no column `{name}`; add it", at()));
    let (text, article, split) = (needed("text")?, needed("article")?, column("split"));
    let bundle = load_named(&asked.bundle, BY_FLAG)?;
    let known = |name: &str| bundle.articles().iter().any(|article| short(&article.file) == name);
    let service = articles::knowledge(&bundle, &ModelCache::of(None))?;
    let mut counts = Counts::default();
    for (row, record) in table.records().enumerate() {
        let record = record.with_context(at)?;
        let field = |place: usize| record.get(place).unwrap_or_default();
        if asked.split.as_deref().is_some_and(|wanted| split.is_none_or(|place| field(place) != wanted)) {
            continue;
        }
        let (question, wanted) = (field(text), field(article));
        anyhow::ensure!(
            wanted == "none" || known(wanted),
            "{}: row {} names the article `{wanted}`, which the bundle does not have; correct it, or write `none`",
            at(),
            row + 2
        );
        let fit = service.best(question, None);
        let quoted = fit.filter(Fit::is_sure).map(|fit| short(fit.article));
        counts.questions += 1;
        counts.answerable += u32::from(wanted != "none");
        counts.right += u32::from(quoted == Some(wanted));
        counts.for_none += u32::from(wanted == "none" && quoted.is_some());
        counts.other += u32::from(wanted != "none" && quoted.is_some_and(|quoted| quoted != wanted));
        if asked.misses && !json && quoted.unwrap_or("none") != wanted {
            shown::entry(&format!("{wanted} / {}: {}", quoted.unwrap_or("none"), question.trim()));
        }
    }
    anyhow::ensure!(counts.questions > 0, "{}: there are no such questions in it", at());
    tell(&counts, service.threshold(), json);
    Ok(true)
}

fn short(file: &str) -> &str {
    file.trim_start_matches("knowledge/").trim_end_matches(".md")
}

fn tell(counts: &Counts, threshold: f64, json: bool) {
    let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
    let wrong = counts.other + counts.for_none;
    if json {
        shown::json(&json!({
            "questions": counts.questions,
            "answerable": counts.answerable,
            "answered": counts.right,
            "answered_share": share(counts.right, counts.answerable),
            "wrong": wrong,
            "wrong_share": share(wrong, counts.questions),
            "wrong_other_article": counts.other,
            "wrong_none_answers": counts.for_none,
            "threshold": threshold,
        }));
        return;
    }
    say!("{} questions, {} of which an article answers; threshold {threshold:.3}", counts.questions, counts.answerable);
    say!(
        "  answered        {:>5}  {:.3} of those that an article answers",
        counts.right,
        share(counts.right, counts.answerable)
    );
    say!("  wrong article   {wrong:>5}  {:.4} of all", share(wrong, counts.questions));
    say!("    of these {} where another article answers, {} where none does", counts.other, counts.for_none);
}
