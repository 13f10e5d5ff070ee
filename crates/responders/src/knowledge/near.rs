//! How near a question is to each article: to the questions that it answers, to its passages, and to the questions that
//! the articles say they do not answer.
//!
//! The nearness of two texts is the cosine of their vectors (Reimers and Gurevych 2019, arXiv:1908.10084) with a little
//! BM25, as share of what a text with all the words would score; without an encoder it is that share alone.

/// The part of BM25 beside the encoder.
const WORDS: f64 = 0.05;
/// What the nearest, second and third question of an article count.
const QUESTIONS: [f64; 3] = [0.5, 0.3, 0.2];
/// What the nearest passage of the article counts beside its questions.
const PASSAGE: f64 = 0.2;
/// What the nearest question that no article answers takes off.
const NOT_ANSWERED: f64 = 0.7;

/// What a text of the library is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A question that the article answers; its headings, where it lists none.
    Answers,
    /// A question that it does not answer.
    Not,
    /// A passage, by its place among all.
    Passage(usize),
}

/// A text that questions are held against.
#[derive(Debug)]
pub(super) struct Text {
    /// The place of its article.
    pub(super) article: usize,
    pub(super) kind: Kind,
    /// Its vector; empty without an encoder.
    pub(super) vector: Vec<f32>,
    /// All its words, if it is a question that is listed.
    pub(super) words: Vec<String>,
}

/// How near each text is to a question, from 0 to 1.
#[derive(Debug)]
pub(super) struct Near<'a> {
    pub(super) texts: &'a [Text],
    pub(super) nearness: Vec<f64>,
    pub(super) articles: usize,
}

/// An article's score, and its nearest passage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scored {
    pub(super) article: usize,
    pub(super) passage: usize,
    pub(super) score: f64,
}

/// The nearness of a question to a text, by both vectors and the share of BM25.
pub(super) fn nearness(question: &[f32], text: &[f32], share: f64) -> f64 {
    if question.is_empty() || text.is_empty() {
        return share;
    }
    let cosine: f64 = question.iter().zip(text).map(|(a, b)| f64::from(a * b)).sum();
    (1.0 - WORDS) * cosine.max(0.0) + WORDS * share
}

impl Near<'_> {
    /// The passages with how near they are.
    pub(super) fn passages(&self) -> impl Iterator<Item = (usize, f64)> {
        self.texts.iter().zip(&self.nearness).filter_map(|(text, near)| match text.kind {
            Kind::Passage(place) => Some((place, *near)),
            Kind::Answers | Kind::Not => None,
        })
    }

    /// The articles, the best first, as if neither the text at `without` nor an article that is not `counted` were
    /// there.
    pub(super) fn ranked(&self, without: Option<usize>, counted: impl Fn(usize) -> bool) -> Vec<Scored> {
        let mut questions = vec![[0.0_f64; 3]; self.articles];
        let mut listed = vec![0_usize; self.articles];
        let mut passages: Vec<Option<(usize, f64)>> = vec![None; self.articles];
        let mut not_answered = 0.0_f64;
        for (at, (text, near)) in self.texts.iter().zip(&self.nearness).enumerate() {
            if without == Some(at) {
                continue;
            }
            match text.kind {
                Kind::Not => not_answered = not_answered.max(*near),
                Kind::Answers => {
                    let mut next = *near;
                    for slot in questions.get_mut(text.article).into_iter().flatten() {
                        if next > *slot {
                            std::mem::swap(slot, &mut next);
                        }
                    }
                    listed.get_mut(text.article).into_iter().for_each(|count| *count += 1);
                }
                Kind::Passage(place) => {
                    if let Some(best) = passages.get_mut(text.article)
                        && best.is_none_or(|(_, score)| *near > score)
                    {
                        *best = Some((place, *near));
                    }
                }
            }
        }
        let mut ranked: Vec<_> = questions
            .iter()
            .zip(listed)
            .zip(passages)
            .enumerate()
            .filter(|(article, _)| counted(*article))
            .filter_map(|(article, ((nearest, listed), passage))| {
                let (passage, of_passage) = passage?;
                let whole: f64 = QUESTIONS.iter().take(listed).sum();
                let of_questions: f64 = nearest.iter().zip(QUESTIONS).map(|(near, counts)| near * counts).sum();
                let of_questions = if whole > 0.0 { of_questions / whole } else { of_passage };
                let score = of_questions + PASSAGE * of_passage - NOT_ANSWERED * not_answered;
                Some(Scored { article, passage, score })
            })
            .collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.article.cmp(&b.article)));
        ranked
    }
}
