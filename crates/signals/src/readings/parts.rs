//! Takes the languages, situations and rules of one file, and says what is wrong with them.

use super::{
    FRUSTRATED, FRUSTRATION, Language, Location, NONE, Reads, Rule, RuleExample, Situation, UNDETERMINED, WANTS_HUMAN,
    file::{Lines, RawLanguage, RawRule, RawSituation, ReadingsFile},
    mistake::{At, meant},
    pattern::{Pattern, plain},
    resolving::{PendingRule, Resolving},
    sentences::{RawSentence, SENTENCE_MAX},
};
use toml::Spanned;

/// Most languages, so that each has a bit.
const LANGUAGES_MAX: usize = 64;
/// Most situations of a bundle with its packs.
const SITUATIONS_MAX: usize = 64;
/// Most rules of a bundle with its packs.
const RULES_MAX: usize = 5_000;
/// Most words of a language or of an `unless`.
const WORDS_MAX: usize = 500;
/// Most sentences that a rule names of each kind.
const EXAMPLES_MAX: usize = 100;
/// Longest name.
const NAME_MAX: usize = 64;

/// A file and whose it is.
pub(super) struct Source {
    pub(super) pack: Option<String>,
    pub(super) file: String,
}

impl Source {
    pub(super) fn at(&self, line: usize) -> Location {
        Location { pack: self.pack.clone(), file: self.file.clone(), line }
    }

    fn wrong_at(&self, line: usize) -> At {
        At::File(self.file.clone(), line)
    }
}

/// Takes all parts of a file; answers with the sentences that stand with its situations.
pub(super) fn take(
    draft: &mut Resolving<'_>,
    source: &Source,
    file: ReadingsFile,
    lines: Lines<'_>,
) -> Vec<(RawSentence, Location)> {
    for language in file.languages {
        draft.language(source, language, lines);
    }
    let mut sentences = Vec::new();
    for situation in file.situations {
        sentences.extend(draft.situation(source, situation, lines));
    }
    for rule in file.rules {
        draft.rule(source, rule, lines);
    }
    sentences
}

/// Small letters, digits and these marks, beginning with a letter.
fn is_name(name: &str, marks: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || marks.contains(c);
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= NAME_MAX && name.chars().all(plain)
}

/// Puts something in its place, or behind the others; whether there was room.
fn put<T>(list: &mut Vec<T>, known: Option<usize>, new: T, most: usize) -> bool {
    let full = list.len() >= most;
    match known.and_then(|at| list.get_mut(at)) {
        Some(before) => *before = new,
        None if full => return false,
        None => list.push(new),
    }
    true
}

impl Resolving<'_> {
    fn language(&mut self, source: &Source, raw: RawLanguage, lines: Lines<'_>) {
        let line = lines.of(&raw.code);
        let code = raw.code.into_inner();
        let at = source.wrong_at(line);
        if !is_name(&code, "-") || code.len() > 8 || code == UNDETERMINED {
            let message = format!("`{code}` is no code of a language");
            return self.wrong(at, message, "write two or three small letters, such as `en`");
        }
        let known = self.languages.iter().position(|language| language.code == code);
        if !self.replaces(source, line, known.is_some(), raw.replaces, "language", &code) {
            return;
        }
        let words = self.words_of(source, lines.of(&raw.words), raw.words.as_ref());
        let joins = raw.joins.map(|joins| self.words_of(source, lines.of(&joins), joins.as_ref())).unwrap_or_default();
        if words.is_empty() {
            self.wrong(at, format!("language `{code}` has no words"), "name its most frequent short words");
            return;
        }
        let language = Language { code, name: raw.name, words, joins, place: source.at(line) };
        if !put(&mut self.languages, known, language, LANGUAGES_MAX) {
            self.wrong(source.wrong_at(line), format!("more than {LANGUAGES_MAX} languages"), "take some out");
        }
    }

    /// Words between spaces, each as messages can have it.
    fn words_of(&mut self, source: &Source, line: usize, text: &str) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            if words.len() >= WORDS_MAX {
                self.wrong(source.wrong_at(line), format!("more than {WORDS_MAX} words"), "keep the most frequent");
                break;
            }
            match plain(word) {
                Ok(word) if words.iter().any(|known| known == word) => {
                    self.wrong(source.wrong_at(line), format!("`{word}` stands there twice"), "write it once");
                }
                Ok(word) => words.push(word.to_owned()),
                Err(error) => self.wrong(source.wrong_at(line), error.message, error.cure),
            }
        }
        words
    }

    /// Whether something may take its place beside what there is; it is told where it may not.
    fn replaces(&mut self, source: &Source, line: usize, known: bool, says: bool, what: &str, name: &str) -> bool {
        let at = source.wrong_at(line);
        if known && !says {
            let cure = "give it a name of its own, or say `replaces = true`";
            self.wrong(at, format!("there is a {what} `{name}` already"), cure);
            return false;
        }
        if says && !known {
            let ids: Vec<String> = match what {
                "rule" => self.rules.iter().map(|pending| pending.rule.id.clone()).collect(),
                "situation" => self.situations.iter().map(|situation| situation.name.clone()).collect(),
                _ => self.languages.iter().map(|language| language.code.clone()).collect(),
            };
            let otherwise = "take `replaces` out, or take the pack that has it";
            let cure = meant(name, ids.iter().map(String::as_str), otherwise);
            self.wrong(at, format!("`{name}` replaces a {what} that there is not"), cure);
            return false;
        }
        if known && !self.replaced.insert(format!("{what} {name}")) {
            self.wrong(at, format!("{what} `{name}` is replaced twice"), "keep one");
            return false;
        }
        true
    }

    fn situation(&mut self, source: &Source, raw: RawSituation, lines: Lines<'_>) -> Vec<(RawSentence, Location)> {
        let line = lines.of(&raw.name);
        let at = source.wrong_at(line);
        let name = raw.name.as_ref().clone();
        if !is_name(&name, "_") || [NONE, WANTS_HUMAN, FRUSTRATION, FRUSTRATED].contains(&name.as_str()) {
            let message = format!("`{name}` cannot be the name of a situation");
            self.wrong(at, message, "write small letters, digits and `_`; none, wants_human and frustration are taken");
            return Vec::new();
        }
        let known = self.situations.iter().position(|situation| situation.name == name);
        if !self.replaces(source, line, known.is_some(), raw.replaces, "situation", &name) {
            return Vec::new();
        }
        let owner = self.owner_in(source, raw.owner.as_ref(), lines, line, "situation", &name, &name);
        if raw.title.trim().is_empty() {
            self.wrong(source.wrong_at(line), format!("situation `{name}` has no title"), "say what people call it");
        }
        let rank = *raw.rank.as_ref();
        if rank == 0 || rank > 1_000 {
            let at = source.wrong_at(lines.of(&raw.rank));
            self.wrong(at, format!("situation `{name}` has the rank {rank}"), "choose 1, the gravest, to 1000");
        }
        let labelled = |text: &Spanned<String>| {
            let line = lines.of(text);
            let (text, labels) = (text.as_ref().trim().to_owned(), vec![name.clone()]);
            (RawSentence { text, labels, line }, source.at(line))
        };
        let sentences = raw.sentences.iter().map(labelled).collect();
        let situation = Situation { name, title: raw.title, rank, owner, place: source.at(line) };
        if !put(&mut self.situations, known, situation, SITUATIONS_MAX) {
            self.wrong(source.wrong_at(line), format!("more than {SITUATIONS_MAX} situations"), "take some out");
        }
        sentences
    }

    fn rule(&mut self, source: &Source, raw: RawRule, lines: Lines<'_>) {
        let line = lines.of(&raw.id);
        let id = raw.id.as_ref().clone();
        if !is_name(&id, "_.") || Self::is_reserved(&id) {
            let message = format!("`{id}` cannot be the name of a rule");
            let cure =
                "write small letters, digits, `_` and `.`, such as `stranded.no_flight`; a few names are Remit's own";
            return self.wrong(source.wrong_at(line), message, cure);
        }
        let known = self.rules.iter().position(|pending| pending.rule.id == id);
        if !self.replaces(source, line, known.is_some(), raw.replaces, "rule", &id) {
            return;
        }
        let reads = raw.reads.as_ref().clone();
        let owner = self.owner_in(source, raw.owner.as_ref(), lines, line, "rule", &id, &reads);
        if raw.reason.trim().is_empty() {
            self.wrong(source.wrong_at(line), format!("rule `{id}` has no reason"), "add `reason = \"…\"`");
        }
        let unless = raw.unless.as_ref().map(|unless| self.words_of(source, lines.of(unless), unless.as_ref()));
        let unless = unless.unwrap_or_default();
        if raw.matches.is_empty() {
            let cure = "add `matches = [\"…\"]` with a sentence that it must match";
            self.wrong(source.wrong_at(line), format!("rule `{id}` has no example"), cure);
        }
        if !unless.is_empty() && raw.spares.is_empty() {
            let cure = "add `spares = [\"…\"]` with a sentence that its `unless` spares";
            self.wrong(source.wrong_at(line), format!("rule `{id}` has no example of what it spares"), cure);
        }
        let matches = self.examples(source, &raw.matches, lines);
        let spares = self.examples(source, &raw.spares, lines);
        let compiled = match Pattern::parse(raw.pattern.as_ref()) {
            Ok(pattern) => pattern,
            Err(error) => {
                let message = format!("rule `{id}`: {}", error.message);
                return self.wrong(source.wrong_at(lines.of(&raw.pattern)), message, error.cure);
            }
        };
        let rule = Rule {
            id,
            reads: Reads::Frustration,
            pattern: raw.pattern.into_inner(),
            unless,
            owner,
            reason: raw.reason.trim().to_owned(),
            matches,
            spares,
            place: source.at(line),
            compiled,
        };
        let pending = PendingRule { rule, reads, reads_line: lines.of(&raw.reads) };
        if !put(&mut self.rules, known, pending, RULES_MAX) {
            self.wrong(source.wrong_at(line), format!("more than {RULES_MAX} rules"), "take some out");
        }
    }

    fn examples(&mut self, source: &Source, raw: &[Spanned<String>], lines: Lines<'_>) -> Vec<RuleExample> {
        if let Some(beyond) = raw.get(EXAMPLES_MAX) {
            let message = format!("a rule has more than {EXAMPLES_MAX} examples of a kind");
            self.wrong(source.wrong_at(lines.of(beyond)), message, "keep the telling ones");
        }
        let mut examples = Vec::new();
        for example in raw.iter().take(EXAMPLES_MAX) {
            let (text, line) = (example.as_ref().trim(), lines.of(example));
            if text.is_empty() || text.len() > SENTENCE_MAX {
                let message = format!("an example has {} bytes, and 1 to {SENTENCE_MAX} count", text.len());
                self.wrong(source.wrong_at(line), message, "write one sentence");
            } else {
                examples.push(RuleExample { text: text.to_owned(), line });
            }
        }
        examples
    }

    /// Who answers for something: whom a bundle's own file names, or whom the bundle names for its packs.
    #[expect(clippy::too_many_arguments, reason = "where it stands, and what it is the owner of")]
    fn owner_in(
        &mut self,
        source: &Source,
        named: Option<&Spanned<String>>,
        lines: Lines<'_>,
        line: usize,
        what: &str,
        name: &str,
        reads: &str,
    ) -> String {
        match (&source.pack, named) {
            (Some(pack), _) => self.owner_of(reads, pack),
            (None, Some(owner)) => {
                let at = source.wrong_at(lines.of(owner));
                let owner = owner.as_ref().clone();
                self.owner(&owner, at, &format!("{what} `{name}`"));
                owner
            }
            (None, None) => {
                let message = format!("{what} `{name}` has no owner");
                self.wrong(source.wrong_at(line), message, "add `owner = \"…\"`");
                String::new()
            }
        }
    }
}
