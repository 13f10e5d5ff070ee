//! What a search among the bundle's articles found for a turn: names and scores, none of the customer's words.

use serde::{Deserialize, Serialize};

/// The passage that was nearest to what the customer asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Retrieval {
    /// The article.
    pub article: String,
    /// The heading that the passage stands under, if it has one beside the title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// Its score, in basis points.
    pub score_bp: i64,
    /// From which score on it is quoted, in basis points.
    pub threshold_bp: i64,
    /// The next best article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NextBest>,
}

/// The next best article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NextBest {
    /// Which.
    pub article: String,
    /// Its score, in basis points.
    pub score_bp: i64,
}

impl Retrieval {
    /// Whether the passage was near enough to be quoted.
    pub fn is_sure(&self) -> bool {
        self.score_bp >= self.threshold_bp
    }

    /// It in a sentence.
    pub fn told(&self) -> String {
        let score = |bp: i64| format!("{}{}.{:02} %", if bp < 0 { "-" } else { "" }, bp.abs() / 100, bp.abs() % 100);
        let section = self.section.iter().map(|section| format!(", “{section}”")).collect::<String>();
        let next =
            self.next.iter().map(|next| format!("; the next best is `{}` with {}", next.article, score(next.score_bp)));
        format!(
            "The nearest passage is of `{}`{section} with {}, and {} is needed{}.",
            self.article,
            score(self.score_bp),
            score(self.threshold_bp),
            next.collect::<String>()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_with_its_scores() {
        let next = Some(NextBest { article: "knowledge/fees.md".into(), score_bp: -507 });
        let mut found =
            Retrieval { article: "knowledge/pin.md".into(), section: None, score_bp: 3_120, threshold_bp: 3_300, next };
        assert!(!found.is_sure());
        assert_eq!(
            found.told(),
            "The nearest passage is of `knowledge/pin.md` with 31.20 %, and 33.00 % is needed; the next best is \
             `knowledge/fees.md` with -5.07 %."
        );
        found = Retrieval { section: Some("Lost".into()), score_bp: 3_300, next: None, ..found };
        assert!(found.is_sure() && found.told().contains("`knowledge/pin.md`, “Lost” with 33.00 %"));
    }
}
