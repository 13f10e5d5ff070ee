//! Articles cut into passages: one for each section, long ones at their paragraphs.

/// The most bytes of a passage, unless one paragraph alone has more.
const PASSAGE_BYTES_MAX: usize = 1200;

/// A piece of an article that can be quoted by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passage {
    /// The article's name.
    pub(super) article: String,
    /// The article's title, or its name.
    pub(super) title: String,
    /// The section's heading; none before the first.
    pub(super) section: Option<String>,
    /// The text, as Markdown.
    pub(super) text: String,
    /// What stands before it where it is quoted.
    pub(super) leads: String,
}

impl Passage {
    /// What it is found by: the headings it stands under, and its text.
    pub(super) fn whole(&self) -> String {
        format!("{}. {} {}", self.title, self.section.as_deref().unwrap_or_default(), self.text)
    }

    /// The passage with where it is from.
    pub(super) fn quoted(&self) -> String {
        format!("{}\n\n{}", self.leads, self.text)
    }
}

/// What stands before a passage of an article of this title, and under this heading, where words of no language do.
pub(super) fn by_title(title: &str, section: Option<&str>) -> String {
    let section = section.map(|section| format!(", “{section}”")).unwrap_or_default();
    format!("“{title}”{section}:")
}

/// The passages of one article in order; `leads` says what stands before one of a title and a section's heading.
pub(super) fn passages(article: &str, markdown: &str, leads: &dyn Fn(&str, Option<&str>) -> String) -> Vec<Passage> {
    let (mut title, mut section, mut fenced) = (None, None, false);
    let mut passages = Vec::new();
    let mut text = String::new();
    for line in markdown.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let Some(heading) = (!fenced).then(|| heading(line)).flatten() else {
            text.push_str(line);
            text.push('\n');
            continue;
        };
        cut(&mut passages, article, title.as_deref(), section.as_deref(), &std::mem::take(&mut text));
        if title.is_none() { title = Some(heading) } else { section = Some(heading) }
    }
    cut(&mut passages, article, title.as_deref(), section.as_deref(), &text);
    for passage in &mut passages {
        passage.leads = leads(&passage.title, passage.section.as_deref());
    }
    passages
}

fn heading(line: &str) -> Option<String> {
    let words = line.trim_start_matches('#');
    let level = line.len() - words.len();
    let words = words.strip_prefix([' ', '\t'])?.trim().trim_end_matches('#').trim();
    ((1..=6).contains(&level) && !words.is_empty()).then(|| words.to_owned())
}

/// Adds a section's text, in as many passages as its length asks for.
fn cut(passages: &mut Vec<Passage>, article: &str, title: Option<&str>, section: Option<&str>, text: &str) {
    let mut pieces: Vec<String> = Vec::new();
    for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
        match pieces.last_mut() {
            Some(piece) if piece.len() + paragraph.len() < PASSAGE_BYTES_MAX => {
                piece.push_str("\n\n");
                piece.push_str(paragraph);
            }
            _ => pieces.push(paragraph.to_owned()),
        }
    }
    passages.extend(pieces.into_iter().map(|text| Passage {
        article: article.to_owned(),
        title: title.unwrap_or(article).to_owned(),
        section: section.map(str::to_owned),
        text,
        leads: String::new(),
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_is_cut_at_its_headings_and_long_sections_at_paragraphs() {
        let long = "word ".repeat(PASSAGE_BYTES_MAX / 8);
        let markdown = format!(
            "# Cards\n\nFirst.\n\nSecond.\n## Lost ##\n```\n# no heading\n```\n## Empty\n\n\
             ### Long\n{long}\n\n{long}\n\nEnd."
        );
        let cut = passages("cards", &markdown, &by_title);
        let forms: Vec<_> = cut.iter().map(|p| (p.section.as_deref(), p.text.len())).collect();
        let half = long.trim().len();
        assert_eq!(
            forms,
            [
                (None, "First.\n\nSecond.".len()),
                (Some("Lost"), "```\n# no heading\n```".len()),
                (Some("Long"), half),
                (Some("Long"), half + 6),
            ]
        );
        assert!(cut.iter().all(|passage| passage.title == "Cards"));
        assert_eq!(cut[1].quoted(), "“Cards”, “Lost”:\n\n```\n# no heading\n```");
    }

    #[test]
    fn an_article_without_headings_has_its_name_as_title() {
        assert_eq!(passages("fees", "#no heading\n", &by_title)[0].title, "fees");
        assert!(passages("fees", "# Only a title\n", &by_title).is_empty());
    }
}
