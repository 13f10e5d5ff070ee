//! The words of a text, as rules and languages see them.

use std::ops::Range;

/// The words of a text: lower case, without apostrophes, drawn-out letters shortened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TextWords {
    /// All words, one behind the other.
    folded: String,
    words: Vec<Word>,
}

/// A word: where it stands in `folded` and in the text that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Word {
    from: u32,
    to: u32,
    text_from: u32,
    text_to: u32,
    shouted: bool,
}

impl TextWords {
    pub(crate) fn of(text: &str) -> Self {
        let mut words = Self { folded: String::with_capacity(text.len()), words: Vec::with_capacity(text.len() / 4) };
        let mut open: Option<Open> = None;
        for (at, c) in text.char_indices() {
            if c.is_alphanumeric() || is_apostrophe(c) {
                open.get_or_insert_with(|| Open::new(at, words.folded.len())).take(c, &mut words.folded);
            } else if let Some(open) = open.take() {
                words.end(&open, at);
            }
        }
        if let Some(open) = open {
            words.end(&open, text.len());
        }
        words
    }

    fn end(&mut self, open: &Open, text_to: usize) {
        if self.folded.len() > open.from {
            let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            self.words.push(Word {
                from: short(open.from),
                to: short(self.folded.len()),
                text_from: short(open.text_from),
                text_to: short(text_to),
                shouted: open.chars > 1 && open.letters && !open.small,
            });
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// The word at this place.
    pub(crate) fn get(&self, at: usize) -> Option<&str> {
        self.words.get(at).and_then(|word| self.folded.get(word.from as usize..word.to as usize))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    /// How many are written in capitals.
    pub(crate) fn shouted(&self) -> usize {
        self.words.iter().filter(|word| word.shouted).count()
    }

    /// Where the words from `from` to before `to` stand in the text that was read, in bytes.
    pub(crate) fn place(&self, from: usize, to: usize) -> Range<usize> {
        let of = |at: usize| self.words.get(at);
        let begin = of(from).map_or(0, |word| word.text_from as usize);
        begin..of(to.saturating_sub(1)).map_or(begin, |word| word.text_to as usize)
    }
}

/// A word that is being read.
struct Open {
    text_from: usize,
    from: usize,
    last: char,
    run: usize,
    chars: usize,
    letters: bool,
    small: bool,
}

impl Open {
    fn new(text_from: usize, from: usize) -> Self {
        Self { text_from, from, last: '\0', run: 0, chars: 0, letters: false, small: false }
    }

    fn take(&mut self, c: char, folded: &mut String) {
        self.chars += 1;
        self.letters |= c.is_alphabetic();
        self.small |= c.is_lowercase();
        if c.is_ascii() {
            self.fold(c.to_ascii_lowercase(), folded);
        } else {
            c.to_lowercase().for_each(|c| self.fold(c, folded));
        }
    }

    fn fold(&mut self, c: char, folded: &mut String) {
        if is_apostrophe(c) {
            return;
        }
        self.run = if c == self.last { self.run + 1 } else { 1 };
        self.last = c;
        if self.run <= 2 || c.is_ascii_digit() {
            folded.push(c);
        } else if self.run == 3 {
            // Drawn out for effect: `heeelp` is `help`, while `need` keeps both.
            folded.pop();
        }
    }
}

fn is_apostrophe(c: char) -> bool {
    c == '\'' || c == '’'
}

#[cfg(test)]
mod tests {
    use super::TextWords;

    #[test]
    fn words_are_folded_and_keep_their_place() {
        let text = "Pleeease DON'T, it’s 1000 «No» '’' ÜBER";
        let words = TextWords::of(text);
        assert_eq!(words.iter().collect::<Vec<_>>(), ["please", "dont", "its", "1000", "no", "über"]);
        assert_eq!(text.get(words.place(1, 3)), Some("DON'T, it’s"));
        assert_eq!(words.shouted(), 2);
    }
}
