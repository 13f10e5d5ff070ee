//! How often the knowledge responder answers questions to the sample bank, and how often with the wrong article, on
//! `data/questions.csv`; see the README beside it.
//!
//! `cargo test -p remit-responders --test bank -- --nocapture` prints the figures.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what is wrong by panicking")]

use remit_encoder::Encoder;
use remit_policy::{bundle::Bundle, files::Files};
use remit_responders::knowledge::{Article, KnowledgeService, Library};
use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{Arc, LazyLock},
    time::Instant,
};

/// Questions, those that an article answers, those answered with it, and those answered with another or for none.
#[derive(Debug, Default)]
struct Counts {
    questions: u32,
    answerable: u32,
    right: u32,
    wrong: u32,
}

fn place(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

static BANK: LazyLock<Bundle> =
    LazyLock::new(|| Bundle::load(Files::read(&place("../../bundles/bank")).unwrap()).unwrap());

fn bank(encoder: Option<Arc<Encoder>>, listed: bool) -> KnowledgeService {
    let lists = |questions: &[String]| if listed { questions.to_vec() } else { Vec::new() };
    let articles = BANK.articles().iter().map(|article| Article {
        name: article.file.clone(),
        text: article.text.clone(),
        answers: lists(&article.answers),
        not: lists(&article.not),
        language: article.language.clone().unwrap_or_default(),
    });
    KnowledgeService::with(Library { articles: articles.collect(), synonyms: BANK.synonyms().to_vec() }, encoder)
}

/// What was answered to one question of `data/questions.csv`.
struct Asked {
    split: String,
    question: String,
    answerable: bool,
    /// Whether an article was quoted, and if so whether it was the one that answers it.
    right: Option<bool>,
}

fn asked(service: &KnowledgeService) -> Vec<Asked> {
    let rows = csv::Reader::from_path(place("data/questions.csv")).unwrap().into_records();
    let ask = |row: csv::StringRecord| {
        let fit = service.best(&row[1], Some("en")).filter(|fit| fit.is_sure());
        let right = fit.map(|fit| fit.article == format!("knowledge/{}.md", &row[2]));
        Asked { split: row[0].to_owned(), question: row[1].to_owned(), answerable: row[2] != *"none", right }
    };
    rows.map(|row| ask(row.unwrap())).collect()
}

fn count<'a>(asked: impl Iterator<Item = &'a Asked>) -> Counts {
    asked.fold(Counts::default(), |mut counts, asked| {
        counts.questions += 1;
        counts.answerable += u32::from(asked.answerable);
        counts.right += u32::from(asked.right == Some(true));
        counts.wrong += u32::from(asked.right == Some(false));
        counts
    })
}

fn check(service: &KnowledgeService, what: &str, answered_min: f64, wrong_max: f64) {
    let arguable = csv::Reader::from_path(place("data/questions-arguable.csv")).unwrap();
    let arguable: HashSet<_> = arguable.into_records().map(|row| row.unwrap()[0].to_owned()).collect();
    let asked = asked(service);
    for split in ["dev", "held"] {
        for (of, but) in [("all", &HashSet::new()), ("without arguable ones", &arguable)] {
            let counts = count(asked.iter().filter(|asked| asked.split == split && !but.contains(&asked.question)));
            let answered = f64::from(counts.right) / f64::from(counts.answerable);
            let wrong = f64::from(counts.wrong) / f64::from(counts.questions);
            let threshold = service.threshold();
            println!("{what}, {split}, {of}: {answered:.3} answered, {wrong:.4} wrong at {threshold:.3}; {counts:?}");
            assert!(answered >= answered_min && wrong <= wrong_max, "{what} {split} {of}: {answered:.3} {wrong:.4}");
        }
    }
}

#[test]
fn half_of_what_articles_answer_is_answered_and_wrong_articles_are_rare() {
    let started = Instant::now();
    let service = bank(Some(Encoder::built_in()), true);
    println!("started in {:?}", started.elapsed());
    check(&service, "encoder", 0.5, 0.03);
    let asked = Instant::now();
    for _ in 0..100 {
        std::hint::black_box(service.best("How long does it take until my new card is here?", Some("en")));
    }
    println!("a question in {:?}", asked.elapsed() / 100);
}

#[test]
fn by_words_alone_fewer_are_answered_and_no_more_are_wrong() {
    check(&bank(None, true), "words", 0.05, 0.03);
}

#[test]
fn without_listed_questions_it_answers_seldom() {
    check(&bank(Some(Encoder::built_in()), false), "nothing listed", 0.0, 0.03);
}
