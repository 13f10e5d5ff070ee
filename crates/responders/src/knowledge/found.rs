//! Passages for a question, for who answers with them in words of their own.

use super::KnowledgeService;

/// A passage this much worse than the best one says nothing to the question.
const SHARE_MIN: f64 = 0.4;

/// A passage that may answer a question.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundPassage<'a> {
    /// The article's name.
    pub article: &'a str,
    /// The article's title, or its name.
    pub title: &'a str,
    /// The section's heading.
    pub section: Option<&'a str>,
    /// The text, as Markdown.
    pub text: &'a str,
    /// How near it is to the question, 1 at most.
    pub score: f64,
}

impl KnowledgeService {
    /// The best passages for what a customer wrote, the best first; none where none is near. The words of the intent's
    /// name count like the customer's own.
    #[must_use]
    pub fn found(&self, text: &str, intent: Option<&str>, at_most: usize) -> Vec<FoundPassage<'_>> {
        let near = self.near(&format!("{text} {}", intent.unwrap_or_default().replace('_', " ")), None);
        let mut ranked: Vec<_> = near.passages().filter(|(_, score)| *score > 0.0).collect();
        ranked.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
        let least = ranked.first().map_or(0.0, |(_, best)| best * SHARE_MIN);
        let close = ranked.into_iter().filter(|(_, score)| *score >= least).take(at_most);
        let found = close.filter_map(|(place, score)| {
            let passage = self.passages.get(place)?;
            Some(FoundPassage {
                article: &passage.article,
                title: &passage.title,
                section: passage.section.as_deref(),
                text: &passage.text,
                score,
            })
        });
        found.collect()
    }
}
