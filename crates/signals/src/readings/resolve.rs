//! Resolves what a bundle says of readings, its packs and its own files into one whole.

use super::{
    FRUSTRATED, FRUSTRATION, Location, NONE, Readings, Reads, Rule, Sentence, WANTS_HUMAN, file,
    mistake::{At, Mistake, meant},
    packs::{self, PACKS, Pack},
    parts::{self, Source},
    resolving::{Choice, PendingRule, Resolving},
    sentences::{self, RawSentence, SENTENCE_MAX, SENTENCES_MAX},
};
use crate::lexical::words::TextWords;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock},
};

/// Resolves readings. `files` are the bundle's own, by path, in the order of their names. What is wrong is left out of
/// the whole and told.
pub fn resolve(choice: &Choice, files: &[(&str, &[u8])]) -> (Readings, Vec<Mistake>) {
    let mut draft = Resolving {
        choice,
        mistakes: Vec::new(),
        languages: Vec::new(),
        situations: Vec::new(),
        rules: Vec::new(),
        sentences: Vec::new(),
        replaced: BTreeSet::new(),
    };
    let taken = draft.taken();
    if let Some(first) = taken.first() {
        draft.read(Some(first.name), packs::SITUATIONS.0, packs::SITUATIONS.1);
    }
    for pack in &taken {
        for (name, bytes) in pack.files {
            draft.read(Some(pack.name), name, bytes);
        }
    }
    for (name, bytes) in files {
        draft.read(None, name, bytes);
    }
    draft.finish(taken.iter().map(|pack| pack.name.to_owned()).collect())
}

impl Resolving<'_> {
    /// The packs that the bundle takes.
    fn taken(&mut self) -> Vec<&'static Pack> {
        let choice = self.choice;
        let Some(names) = &choice.packs else { return PACKS.iter().collect() };
        let mut taken: Vec<&'static Pack> = Vec::new();
        for name in names {
            let at = At::Choice(name.clone());
            match packs::named(name) {
                Some(pack) if taken.iter().any(|one| one.name == pack.name) => {
                    self.wrong(at, format!("pack `{name}` is named twice"), "name it once");
                }
                Some(pack) => taken.push(pack),
                None => {
                    let known: Vec<&str> = PACKS.iter().map(|pack| pack.name).collect();
                    self.wrong(
                        at,
                        format!("there is no pack `{name}`"),
                        format!(
                            "the packs are {}; other languages are declared with [[language]] in readings/*.toml",
                            known.join(", ")
                        ),
                    );
                }
            }
        }
        taken
    }

    fn read(&mut self, pack: Option<&str>, name: &str, bytes: &[u8]) {
        let source = Source { pack: pack.map(str::to_owned), file: name.to_owned() };
        if name.ends_with(".csv") {
            let rows = sentences::parse(name, bytes, &mut self.mistakes);
            self.sentences.extend(rows.into_iter().map(|row| {
                let place = source.at(row.line);
                (row, place)
            }));
            return;
        }
        match file::parse(name, bytes) {
            Ok((file, lines)) => {
                let of_situations = parts::take(self, &source, file, lines);
                self.sentences.extend(of_situations);
            }
            Err(mistake) => self.mistakes.push(mistake),
        }
    }

    fn finish(mut self, packs: Vec<String>) -> (Readings, Vec<Mistake>) {
        self.situations.sort_by_key(|situation| situation.rank);
        let same: Vec<(Location, String)> = self
            .situations
            .windows(2)
            .filter_map(|pair| match pair {
                [one, other] if one.rank == other.rank => {
                    // The one of the bundle is the one that can be changed.
                    let (own, kept) = if one.place.pack.is_none() { (one, other) } else { (other, one) };
                    let message = format!("`{}` and `{}` both have the rank {}", own.name, kept.name, own.rank);
                    Some((own.place.clone(), message))
                }
                _ => None,
            })
            .collect();
        for (place, message) in same {
            self.wrong(At::File(place.file, place.line), message, "say which is graver: the lower rank");
        }
        self.owners_named(&packs);
        let gone = self.off();
        self.situations.retain(|situation| !gone.contains(&situation.name));
        let rules = self.rules_resolved(&gone);
        let sentences = self.sentences_resolved(&gone);
        let mut mistakes = self.mistakes;
        mistakes.sort();
        mistakes.dedup();
        (Readings::new(packs, self.languages, self.situations, rules, sentences), mistakes)
    }

    /// Whoever answers for what packs bring is an owner, of something that there is.
    fn owners_named(&mut self, packs: &[String]) {
        let choice = self.choice;
        if !packs.is_empty() && !choice.owner.is_empty() {
            self.owner(&choice.owner, At::Choice(choice.owner.clone()), "the packs");
        }
        for (of, owner) in &choice.owners {
            let kinds = [WANTS_HUMAN, FRUSTRATION].into_iter();
            let known: BTreeSet<String> = kinds
                .map(str::to_owned)
                .chain(packs.iter().cloned())
                .chain(self.situations.iter().map(|situation| situation.name.clone()))
                .collect();
            if !known.contains(of) {
                let otherwise = "name a situation, `wants_human`, `frustration` or a pack that the bundle takes";
                let cure = meant(of, known.iter().map(String::as_str), otherwise);
                self.wrong(
                    At::Choice(of.clone()),
                    format!("`{of}` under [readings.owners] is nothing that is read"),
                    cure,
                );
            }
            self.owner(owner, At::Choice(owner.clone()), of);
        }
    }

    /// The names that are switched off.
    fn off(&mut self) -> BTreeSet<String> {
        let choice = self.choice;
        let mut gone = BTreeSet::new();
        for name in &choice.off {
            let at = At::Choice(name.clone());
            let rule = self.rules.iter().find(|pending| pending.rule.id == *name).map(|pending| &pending.rule.place);
            let situation = self.situations.iter().find(|one| one.name == *name).map(|one| &one.place);
            match rule.or(situation).cloned() {
                Some(place) if place.pack.is_none() => self.wrong(
                    at,
                    format!("`{name}` is switched off, and is the bundle's own ({place})"),
                    "take it out there, and its name out of `off`",
                ),
                Some(_) => {}
                None => {
                    let known: Vec<String> = self
                        .rules
                        .iter()
                        .map(|pending| pending.rule.id.clone())
                        .chain(self.situations.iter().map(|one| one.name.clone()))
                        .collect();
                    let cure = meant(name, known.iter().map(String::as_str), "take it out of `off`");
                    self.wrong(at, format!("`{name}`, which is switched off, is no rule and no situation"), cure);
                }
            }
            if !gone.insert(name.clone()) {
                self.wrong(At::Choice(name.clone()), format!("`{name}` is switched off twice"), "name it once");
            }
        }
        gone
    }

    fn rules_resolved(&mut self, gone: &BTreeSet<String>) -> Vec<Rule> {
        let mut rules = Vec::with_capacity(self.rules.len());
        for PendingRule { mut rule, reads, reads_line } in std::mem::take(&mut self.rules) {
            if gone.contains(&rule.id) || gone.contains(&reads) && rule.place.pack.is_some() {
                continue;
            }
            let known = match reads.as_str() {
                WANTS_HUMAN => Some(Reads::WantsHuman),
                FRUSTRATION => Some(Reads::Frustration),
                _ => self.situations.iter().position(|one| one.name == reads).map(Reads::Situation),
            };
            let Some(known) = known else {
                let situations: Vec<String> = self.situations.iter().map(|one| one.name.clone()).collect();
                let kinds = [WANTS_HUMAN, FRUSTRATION].into_iter().chain(situations.iter().map(String::as_str));
                let otherwise = "declare it with [[situation]], or read `wants_human` or `frustration`";
                let cure = meant(&reads, kinds, otherwise);
                let at = At::File(rule.place.file.clone(), reads_line);
                self.wrong(at, format!("rule `{}` reads `{reads}`, which is no situation", rule.id), cure);
                continue;
            };
            rule.reads = known;
            rules.push(rule);
        }
        rules
    }

    fn sentences_resolved(&mut self, gone: &BTreeSet<String>) -> Vec<Sentence> {
        let mut kept: Vec<Sentence> = Vec::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (RawSentence { text, mut labels, .. }, place) in std::mem::take(&mut self.sentences) {
            let at = At::File(place.file.clone(), place.line);
            if labels.iter().any(|label| gone.contains(label)) {
                continue;
            }
            if text.is_empty() || text.len() > SENTENCE_MAX {
                let message = format!("a sentence has {} bytes, and 1 to {SENTENCE_MAX} count", text.len());
                self.wrong(at, message, "write one sentence, or take the row out");
                continue;
            }
            let known = self.situations.iter().map(|one| one.name.as_str());
            let known: Vec<String> = known.chain([WANTS_HUMAN, FRUSTRATED, NONE]).map(str::to_owned).collect();
            if let Some(unknown) = labels.iter().find(|label| !known.contains(label)) {
                let otherwise = format!("the labels are {}", known.join(", "));
                let cure = meant(unknown, known.iter().map(String::as_str), &otherwise);
                let message = format!("`{unknown}` is nothing that a sentence can read as");
                self.wrong(at, message, cure);
                continue;
            }
            let said = labels.len();
            labels.retain(|label| label != NONE);
            labels.sort();
            labels.dedup();
            if said == 0 || (said > 1 && labels.len() < said) {
                let cure = "name what it reads as, each once, or `none` alone";
                self.wrong(at, format!("\"{text}\" has no label, one twice, or `none` beside another"), cure);
                continue;
            }
            let folded = TextWords::of(&text).iter().collect::<Vec<_>>().join(" ");
            if let Some(before) = seen.get(&folded).and_then(|at| kept.get(*at)) {
                if before.labels != labels {
                    let told = |labels: &[String]| if labels.is_empty() { NONE.to_owned() } else { labels.join(" ") };
                    let message = format!(
                        "\"{text}\" reads as `{}` here, and as `{}` in {}{}:{}",
                        told(&labels),
                        told(&before.labels),
                        before.place.pack.as_ref().map_or_else(String::new, |pack| format!("pack {pack}, ")),
                        before.place.file,
                        before.place.line,
                    );
                    self.wrong(at, message, "keep the one that is right");
                }
                continue;
            }
            if kept.len() >= SENTENCES_MAX {
                self.wrong(at, format!("more than {SENTENCES_MAX} sentences"), "take a sample");
                break;
            }
            seen.insert(folded, kept.len());
            kept.push(Sentence { text, labels, place });
        }
        kept
    }
}

impl Readings {
    /// All shipped packs, owned by nobody: what is read by where no bundle says otherwise.
    pub fn shipped() -> Arc<Self> {
        static SHIPPED: LazyLock<Arc<Readings>> = LazyLock::new(|| Arc::new(resolve(&Choice::default(), &[]).0));
        Arc::clone(&SHIPPED)
    }
}
