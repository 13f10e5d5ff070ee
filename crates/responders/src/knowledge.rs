//! The built-in responder: it answers by quoting one passage of the bundle's articles, and only when it is sure.
//!
//! There is no generating model in it and no network. What the customer wrote since the last answer is held against the
//! questions that each article is listed to answer, its passages, and the questions that it is listed not to answer
//! (`near`): by the sentence encoder beside BM25, or by BM25 alone. From which score on an article is quoted is
//! learnt from the listed questions (`threshold`); one that was asked word for word is answered (`listed`).

mod found;
mod index;
mod library;
mod listed;
mod near;
mod passages;
mod question;
mod synonyms;
mod threshold;
mod words;

pub use found::FoundPassage;
pub use library::{Article, Library};
pub use question::asked;

use crate::{Said, Turn, TurnAuthor, YieldReason};
use index::Index;
use library::primary;
use listed::WORDS_MIN;
use near::{Kind, Near, Scored, Text, nearness};
use passages::Passage;
use remit_encoder::Encoder;
use remit_signals::vector::encode_all;
use std::{collections::BTreeSet, sync::Arc};
use synonyms::Synonyms;
use threshold::Trial;

/// The least score of an article of which a listed question was asked word for word.
const LISTED: f64 = 1.0;
/// Most bytes of a question that are read.
const QUESTION_MAX: usize = 4_000;

/// Quotes articles.
#[derive(Debug)]
pub struct KnowledgeService {
    articles: Vec<Article>,
    /// The articles' languages, in lower case, by their places.
    languages: Vec<String>,
    passages: Vec<Passage>,
    texts: Vec<Text>,
    index: Index,
    synonyms: Synonyms,
    encoder: Option<Arc<Encoder>>,
    threshold: f64,
}

/// The best passage for a question, and how near it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit<'a> {
    /// The article's name.
    pub article: &'a str,
    /// The heading that the passage stands under, if it has one beside the title.
    pub section: Option<&'a str>,
    /// The passage's text.
    pub passage: &'a str,
    /// Its article's score.
    pub score: f64,
    /// From which score on it is quoted.
    pub threshold: f64,
    /// The next best article and its score.
    pub next: Option<(&'a str, f64)>,
    /// How many words were asked.
    pub words: usize,
    place: usize,
}

impl Fit<'_> {
    /// Whether this is enough to quote the passage.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        self.score >= self.threshold && self.words >= WORDS_MIN
    }
}

impl KnowledgeService {
    /// Takes the articles as pairs of name and Markdown, and finds them by their words alone.
    #[must_use]
    pub fn new(articles: Vec<(String, String)>) -> Self {
        let article = |(name, text)| Article { name, text, ..Article::default() };
        Self::with(Library { articles: articles.into_iter().map(article).collect(), ..Library::default() }, None)
    }

    /// Takes what a bundle says, and finds it by the encoder beside words, or by words alone. Each text is encoded
    /// once, by all processors. A passage is quoted under its titles alone.
    #[must_use]
    pub fn with(library: Library, encoder: Option<Arc<Encoder>>) -> Self {
        Self::quoting(library, encoder, &|_, title, section| passages::by_title(title, section), encode_all)
    }

    /// The same, with what `leads` says before a passage that is quoted, by its language, its article's title and its
    /// section's heading; and the texts' vectors by the encoder from `vectors`, which may have them from a cache.
    #[must_use]
    pub fn quoting(
        library: Library,
        encoder: Option<Arc<Encoder>>,
        leads: &dyn Fn(&str, &str, Option<&str>) -> String,
        vectors: impl FnOnce(&Encoder, &[&str]) -> Vec<Vec<f32>>,
    ) -> Self {
        let Library { articles, synonyms } = library;
        let languages: Vec<_> = articles.iter().map(Article::spoken).collect();
        let synonyms = Synonyms::new(&synonyms, languages.first().map_or("en", String::as_str));
        let (mut passages, mut texts) = (Vec::new(), Vec::new());
        for (at, article) in articles.iter().enumerate() {
            let language = languages.get(at).map_or("en", String::as_str);
            let leads = |title: &str, section: Option<&str>| leads(language, title, section);
            let cut = passages::passages(&article.name, &article.text, &leads);
            let mut headings: Vec<String> = Vec::new();
            for passage in &cut {
                texts.push((at, Kind::Passage(passages.len()), passage.whole()));
                headings.push(passage.section.as_ref().unwrap_or(&passage.title).clone());
                passages.push(passage.clone());
            }
            headings.dedup();
            let listed = if article.answers.is_empty() { &headings } else { &article.answers };
            texts.extend(listed.iter().map(|question| (at, Kind::Answers, question.clone())));
            texts.extend(article.not.iter().map(|question| (at, Kind::Not, question.clone())));
        }
        for (at, _, text) in &mut texts {
            *text = synonyms.applied(text, languages.get(*at).map_or("en", String::as_str));
        }
        let language = |at: usize| languages.get(at).map_or("en", String::as_str);
        let index = Index::new(texts.iter().map(|(at, _, text)| words::content(text, language(*at))));
        let read: Vec<&str> = texts.iter().map(|(_, _, text)| text.as_str()).collect();
        let vectors = encoder.as_deref().map(|encoder| vectors(encoder, &read));
        let mut vectors = vectors.into_iter().flatten();
        let held: Vec<_> = texts
            .iter()
            .map(|(article, kind, text)| {
                let lists = articles.get(*article).is_some_and(|article| !article.answers.is_empty());
                let counts = *kind == Kind::Not || (*kind == Kind::Answers && lists);
                let words = if counts { words::all(text, language(*article)) } else { Vec::new() };
                Text { article: *article, kind: *kind, vector: vectors.next().unwrap_or_default(), words }
            })
            .collect();
        let mut service = Self {
            articles,
            passages,
            texts: held,
            index,
            synonyms,
            encoder,
            threshold: 0.0,
            languages: languages.clone(),
        };
        service.threshold = service.learnt(&read);
        service
    }

    /// The threshold that the listed questions teach: each is asked as if it were not listed, and, where an article
    /// answers it, once more as if that article were not there.
    fn learnt(&self, texts: &[&str]) -> f64 {
        let not_answered = self.texts.iter().any(|text| text.kind == Kind::Not);
        let mut trials = Vec::new();
        for (at, (text, words)) in self.texts.iter().zip(texts).enumerate() {
            let listed = self.articles.get(text.article).is_some_and(|article| !article.answers.is_empty());
            if matches!(text.kind, Kind::Passage(_)) || (text.kind == Kind::Answers && !listed) {
                continue;
            }
            let language = self.languages.get(text.article).map_or("en", String::as_str);
            let near = self.nearness(words, &text.vector, language);
            let same = |article: usize| self.languages.get(article).is_some_and(|other| other == language);
            let mut tried = |ranked: Vec<Scored>, answers: bool| {
                let best = ranked.first();
                let right = answers && best.is_some_and(|best| best.article == text.article);
                trials.extend(best.map(|best| Trial { score: best.score, right }));
            };
            tried(near.ranked(Some(at), same), text.kind == Kind::Answers);
            if text.kind == Kind::Answers {
                tried(near.ranked(Some(at), |article| article != text.article && same(article)), false);
            }
        }
        threshold::learn(trials, threshold::prior(self.encoder.is_some(), not_answered))
    }

    /// From which score on an article is quoted.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// How near each text is to words of a language.
    fn nearness(&self, text: &str, vector: &[f32], language: &str) -> Near<'_> {
        let words = words::distinct(text, language);
        let whole = self.index.whole(&words);
        let share = |score: f64| if whole > 0.0 { (score / whole).min(1.0) } else { 0.0 };
        let scores = self.index.scores(&words);
        let near =
            scores.into_iter().zip(&self.texts).map(|(score, text)| nearness(vector, &text.vector, share(score)));
        Near { texts: &self.texts, nearness: near.collect(), articles: self.articles.len() }
    }

    /// How near each text is to what a customer wrote in a language, or in that of the first article.
    fn near(&self, text: &str, language: Option<&str>) -> Near<'_> {
        let language = self.language(language);
        let text = text.get(..text.floor_char_boundary(QUESTION_MAX)).unwrap_or_default();
        let text = self.synonyms.applied(text, &language);
        let vector = self.encoder.as_deref().map(|encoder| encoder.encode(&text)).unwrap_or_default();
        self.nearness(&text, &vector, &language)
    }

    /// The languages that articles are in, each once, in order.
    #[must_use]
    pub fn languages(&self) -> BTreeSet<&str> {
        self.languages.iter().map(String::as_str).collect()
    }

    /// Whether there is an article in the language of a tag such as `en` or `en-GB`.
    #[must_use]
    pub fn speaks(&self, tag: &str) -> bool {
        self.languages.contains(&primary(tag))
    }

    /// The best passage for what a customer wrote, among the articles of that language if it is known; none where there
    /// is no such article, or nothing was asked.
    #[must_use]
    pub fn best(&self, text: &str, language: Option<&str>) -> Option<Fit<'_>> {
        if !text.chars().any(char::is_alphanumeric) {
            return None;
        }
        let spoken = language.map(primary);
        let counted = |article: usize| spoken.as_ref().is_none_or(|spoken| self.languages.get(article) == Some(spoken));
        if !(0..self.articles.len()).any(counted) {
            return None;
        }
        let mut ranked = self.near(text, language).ranked(None, counted);
        if let Some(article) = self.listed(text, language, counted)
            && let Some(place) = ranked.iter().position(|scored| scored.article == article)
        {
            if let Some(scored) = ranked.get_mut(place) {
                scored.score = scored.score.max(LISTED).max(self.threshold);
            }
            ranked.get_mut(..=place).unwrap_or_default().rotate_right(1);
        }
        let (best, next) = (ranked.first()?, ranked.get(1));
        let passage = self.passages.get(best.passage)?;
        let named = |scored: &Scored| Some((self.articles.get(scored.article)?.name.as_str(), scored.score));
        Some(Fit {
            article: &passage.article,
            section: passage.section.as_deref(),
            passage: &passage.text,
            score: best.score,
            threshold: self.threshold,
            next: next.and_then(named),
            words: asked_words(text),
            place: best.passage,
        })
    }

    /// The article of which a listed question was asked word for word.
    fn listed(&self, text: &str, language: Option<&str>, counted: impl Fn(usize) -> bool) -> Option<usize> {
        let language = self.language(language);
        let text = text.get(..text.floor_char_boundary(QUESTION_MAX)).unwrap_or_default();
        let asked = words::all(&self.synonyms.applied(text, &language), &language);
        let reads = self.encoder.as_deref().is_some_and(|encoder| encoder.reads(&language));
        listed::asked(&self.texts, &asked, counted, reads)
    }

    /// The language in which a customer's words are read: theirs, or that of the first article.
    fn language(&self, spoken: Option<&str>) -> String {
        spoken.map(primary).or_else(|| self.languages.first().cloned()).unwrap_or_else(|| "en".to_owned())
    }

    /// What is said to this turn. The same turn and articles give the same words.
    #[must_use]
    pub fn turn(&self, turn: &Turn) -> Said {
        self.considered(turn).0
    }

    /// What is said to this turn, and the best passage, whether it was quoted or not.
    #[must_use]
    pub fn considered(&self, turn: &Turn) -> (Said, Option<Fit<'_>>) {
        let language = turn.language.as_deref();
        if language.is_some_and(|tag| !self.speaks(tag)) {
            let note =
                format!("there is no article in the language of the customer's words ({})", primary_of(language));
            return (Said::yielded(YieldReason::Unsure, &note), None);
        }
        let Some(fit) = self.best(&asked(turn), language) else {
            return (Said::yielded(YieldReason::Unsure, "no article surely answers this"), None);
        };
        let passage = self.passages.get(fit.place).filter(|_| fit.is_sure());
        let Some(passage) = passage else {
            return (Said::yielded(YieldReason::Unsure, "no article surely answers this"), Some(fit));
        };
        let quoted = passage.quoted();
        if turn.messages.iter().any(|message| message.author == TurnAuthor::Ai && message.text.contains(&quoted)) {
            let note = "the customer asks again what the same passage has answered";
            return (Said::yielded(YieldReason::ConversationStuck, note), Some(fit));
        }
        (Said::Answer { text: quoted, sources: vec![passage.article.clone()] }, Some(fit))
    }

    /// The passage of a fit as it is quoted.
    #[must_use]
    pub fn quoted(&self, fit: &Fit<'_>) -> String {
        self.passages.get(fit.place).map(Passage::quoted).unwrap_or_default()
    }
}

/// How many words a text has; a character of a script that sets no spaces counts as one.
fn asked_words(text: &str) -> usize {
    let unspaced = text.chars().filter(|c| ('\u{2e80}'..'\u{fb00}').contains(c)).count();
    unspaced + text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).count()
}

fn primary_of(tag: Option<&str>) -> String {
    tag.map(primary).filter(|tag| !tag.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TurnMessage;

    fn service() -> KnowledgeService {
        let article = |name: &str, markdown: &str| (name.to_owned(), markdown.to_owned());
        KnowledgeService::new(vec![
            article("pin", "# Your PIN\nYou see it under Cards.\n\n## Unblocking a blocked PIN\nAt any cash machine."),
            article("transfer", "# How long transfers take\nOne working day.\n"),
            article("delivery", "# When your card arrives\nIn four days.\n"),
            article("fees", "# What cash costs\nTwo per cent.\n"),
            article("empty", ""),
        ])
    }

    fn turn(messages: &[(TurnAuthor, &str)]) -> Turn {
        let messages = messages.iter().map(|&(author, text)| TurnMessage { author, text: text.to_owned() });
        Turn {
            case: "case-1".to_owned(),
            epoch: 1,
            turn_id: "turn-1".to_owned(),
            language: None,
            intent: None,
            messages: messages.collect(),
            summary: String::new(),
            fields: serde_json::Map::new(),
            customer: serde_json::Map::new(),
            requests: Vec::new(),
            waited_ms: 0,
            tried: Vec::new(),
        }
    }

    const QUOTED: &str = "“Your PIN”, “Unblocking a blocked PIN”:\n\nAt any cash machine.";

    #[test]
    fn it_quotes_asks_no_more_than_once_and_else_gives_the_case_away() {
        use TurnAuthor::{Ai, Customer, Staff};
        let answer = || Said::Answer { text: QUOTED.to_owned(), sources: vec!["pin".to_owned()] };
        let check = |messages: &[(TurnAuthor, &str)], wanted: Result<Said, YieldReason>| {
            let said = service().turn(&turn(messages));
            match wanted {
                Ok(wanted) => assert_eq!(said, wanted, "{messages:?}"),
                Err(wanted) => {
                    assert!(matches!(said, Said::Yield { reason, .. } if reason == wanted), "{messages:?}: {said:?}")
                }
            }
        };
        let asked = (Customer, "How do I unblock a blocked PIN?");
        check(&[asked], Ok(answer()));
        check(&[(Customer, "Hi!"), asked], Ok(answer()));
        check(&[(Customer, "How long do transfers take?"), (Ai, "A day."), asked], Ok(answer()));
        check(
            &[asked, (Ai, QUOTED), (Customer, "But how do I unblock it, my PIN is blocked")],
            Err(YieldReason::ConversationStuck),
        );
        check(&[asked, (Staff, QUOTED), asked], Ok(answer()));
        check(&[], Err(YieldReason::Unsure));
        check(&[(Customer, "Hello, can you help me?")], Err(YieldReason::Unsure));
        check(&[(Customer, "PIN")], Err(YieldReason::Unsure));
        check(&[(Customer, "My dog ate the blocked letter about football and the weather")], Err(YieldReason::Unsure));
        check(&[asked, (Ai, "A moment.")], Err(YieldReason::Unsure));
    }

    #[test]
    fn an_intent_alone_is_no_question_and_other_languages_are_not_for_it() {
        let mut greeting = turn(&[(TurnAuthor::Customer, "Hello there")]);
        greeting.intent = Some("unblock_blocked_pin".to_owned());
        assert!(matches!(service().turn(&greeting), Said::Yield { reason: YieldReason::Unsure, .. }));
        let mut asked = turn(&[(TurnAuthor::Customer, "How do I unblock a blocked PIN?")]);
        for (language, answered) in
            [("en", true), ("en-GB", true), ("EN", true), ("de", false), ("", false), ("é", false)]
        {
            asked.language = Some(language.to_owned());
            assert_eq!(matches!(service().turn(&asked), Said::Answer { .. }), answered, "{language}");
        }
        assert!(KnowledgeService::new(Vec::new()).best("card", None).is_none());
    }

    #[test]
    fn a_listed_question_is_answered_as_it_stands_in_a_language_that_the_encoder_does_not_read() {
        let article = |name: &str, text: &str, answers: &[&str], not: &[&str]| Article {
            name: name.to_owned(),
            text: text.to_owned(),
            answers: answers.iter().map(|question| (*question).to_owned()).collect(),
            not: not.iter().map(|question| (*question).to_owned()).collect(),
            language: "de".to_owned(),
        };
        let hours = ["Wann haben Sie geöffnet?", "Sind Sie am Wochenende da?", "Arbeiten Sie an Feiertagen?"];
        let details = [
            "Wie ändere ich meine Adresse?",
            "Mein Name hat sich geändert, was mache ich?",
            "Die Adresse in meinem Konto ist falsch",
        ];
        let not = ["Wie ist Ihre Adresse?", "Jemand anderes hat meine Daten geändert"];
        let library = Library {
            articles: vec![
                article("zeiten", "# Öffnungszeiten\nVon acht bis sechs.\n", &hours, &[]),
                article("daten", "# Ihre Daten ändern\nUnter „Meine Daten“.\n", &details, &not),
            ],
            ..Library::default()
        };
        let leads = |language: &str, title: &str, _: Option<&str>| format!("{title} ({language})");
        let service = KnowledgeService::quoting(library, Some(Encoder::built_in()), &leads, encode_all);
        for asked in hours.iter().chain(&details).chain(&["Ich bin umgezogen, wie ändere ich meine Adresse?"]) {
            assert!(service.best(asked, Some("de")).unwrap().is_sure(), "{asked}");
        }
        let fit = service.best("Guten Tag, wann haben Sie geöffnet", None).unwrap();
        assert_eq!(service.quoted(&fit), "Öffnungszeiten (de)\n\nVon acht bis sechs.");
        for asked in not {
            assert!(!service.best(asked, Some("de")).unwrap().is_sure(), "{asked}");
        }
    }
}
