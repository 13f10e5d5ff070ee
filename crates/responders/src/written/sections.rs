//! What of a model's text is said, what is thought, and what calls a tool.

use super::marks::{Class, Mark, Side, next};

/// A header longer than this is none.
const HEADER_MAX: usize = 80;

/// A text, sorted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sorted {
    /// What is meant for the reader.
    pub(super) words: String,
    /// What calls tools, with its marks.
    pub(super) call: String,
    /// What is thought or said by the way, with the marks of calls in it.
    pub(super) hidden: String,
    /// Why the words cannot be trusted to be an answer.
    pub(super) doubt: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Words,
    Reasoning,
    Call,
    /// After an end, or of somebody else: for nobody.
    Skip,
    Header,
}

/// Sorts a text. What stands before the end of reasoning that was never begun is reasoning: its beginning was part of
/// the prompt.
pub(super) fn sort(text: &str) -> Sorted {
    let mut sorter = Sorter { sorted: Sorted::default(), mode: Mode::Words, header: String::new(), open: Vec::new() };
    let mut at = 0;
    while let Some((mark, class)) = next(text, at) {
        sorter.text(text.get(at..mark.start).unwrap_or_default());
        sorter.mark(&mark, class, text.get(mark.start..mark.end).unwrap_or_default());
        at = mark.end;
    }
    sorter.text(text.get(at..).unwrap_or_default());
    if sorter.mode == Mode::Header {
        sorter.end_header();
    }
    if sorter.mode == Mode::Reasoning {
        sorter.sorted.doubt = Some("the model's reasoning has no end");
    }
    sorter.sorted
}

struct Sorter {
    sorted: Sorted,
    mode: Mode,
    header: String,
    /// The name of the reasoning that is open, and of other reasoning within it.
    open: Vec<String>,
}

impl Sorter {
    fn text(&mut self, text: &str) {
        match self.mode {
            Mode::Words => self.sorted.words.push_str(text),
            Mode::Reasoning => self.sorted.hidden.push_str(text),
            Mode::Call => self.sorted.call.push_str(text),
            Mode::Skip => {}
            Mode::Header => match text.split_once('\n') {
                Some((header, rest)) => {
                    self.header.push_str(header);
                    self.end_header();
                    self.text(rest);
                }
                None if self.header.len() + text.len() > HEADER_MAX => {
                    // No line of its own: the first word is all that it can be.
                    let (first, rest) = text.trim_start().split_once(' ').unwrap_or((text, ""));
                    self.header.push_str(first);
                    self.end_header();
                    self.text(rest);
                }
                None => self.header.push_str(text),
            },
        }
    }

    /// What was taken for words was said by the way.
    fn hide_words(&mut self) {
        let words = std::mem::take(&mut self.sorted.words);
        self.sorted.hidden.push_str(&words);
    }

    fn mark(&mut self, mark: &Mark<'_>, class: Class, raw: &str) {
        let closes = mark.side == Side::Close;
        if class == Class::Unknown {
            self.sorted.doubt = Some("the model wrote a token of its template");
        }
        match (self.mode, class) {
            (Mode::Header, Class::Channel) => self.header.push_str(" channel "),
            (Mode::Header, Class::HeaderEnd) => self.end_header(),
            (Mode::Header, Class::Noise | Class::Unknown) => self.header.push(' '),
            (Mode::Header, Class::Assistant | Class::Other) => {
                self.header.push_str(&mark.name);
                self.end_header();
            }
            (Mode::Header, _) => {
                self.end_header();
                if self.mode != Mode::Header {
                    self.mark(mark, class, raw);
                }
            }
            // An end of reasoning says that everything before was reasoning, also what looked like a call.
            (Mode::Call, Class::Reasoning) if closes => {
                let call = std::mem::take(&mut self.sorted.call);
                self.hide_words();
                self.sorted.hidden.push_str(&call);
                self.mode = Mode::Words;
            }
            (Mode::Words | Mode::Skip, Class::Reasoning) if closes => {
                self.hide_words();
                self.mode = Mode::Words;
            }
            (Mode::Reasoning, Class::Reasoning) => self.reason(mark),
            (Mode::Words | Mode::Skip, Class::Reasoning) => {
                self.mode = Mode::Reasoning;
                self.open = vec![mark.name.clone()];
            }
            // Gemma's and others' channels end with a mark of their own.
            (Mode::Reasoning, Class::Channel) if closes => self.mode = Mode::Words,
            (Mode::Words, Class::Channel) if closes => self.hide_words(),
            (Mode::Call, Class::End) if mark.name == "call" || mark.token || mark.name == "s" => self.mode = Mode::Skip,
            (Mode::Call, Class::Header | Class::Channel) => self.begin_header(class),
            (Mode::Call, Class::Result) => self.mode = Mode::Skip,
            (Mode::Call, _) => self.sorted.call.push_str(raw),
            (Mode::Reasoning, Class::Call) => self.sorted.hidden.push_str(raw),
            (Mode::Words | Mode::Skip, Class::Call) => {
                self.mode = Mode::Call;
                self.sorted.call.push_str(raw);
            }
            // Within reasoning only a token is surely not quoted.
            (Mode::Reasoning, Class::Answer) if !mark.token => {}
            (Mode::Words | Mode::Skip | Mode::Reasoning, Class::Answer) => {
                if closes {
                    self.mode = Mode::Skip;
                } else {
                    self.hide_words();
                    self.mode = Mode::Words;
                }
            }
            (_, Class::End) => self.mode = Mode::Skip,
            (_, Class::Header | Class::Channel) => self.begin_header(class),
            (Mode::Words, Class::HeaderEnd) => {
                let words = std::mem::take(&mut self.sorted.words);
                if words.len() <= HEADER_MAX {
                    self.header = words;
                    self.end_header();
                } else {
                    self.sorted.words = words;
                    self.sorted.doubt = Some("the model wrote a token of its template");
                }
            }
            // A second message after a whole one is the model's talk with itself.
            (Mode::Skip, Class::Assistant) if !self.sorted.words.trim().is_empty() => {}
            (Mode::Words | Mode::Skip, Class::Assistant) => {
                self.hide_words();
                self.mode = Mode::Words;
            }
            (_, Class::Other) if closes && ["inst", "system_prompt"].contains(&mark.name.as_str()) => {
                self.hide_words();
                self.mode = Mode::Words;
            }
            (Mode::Words, Class::Other) => {
                // A tag without bars may be a placeholder in the answer.
                if !mark.token && !self.sorted.words.trim().is_empty() {
                    self.sorted.doubt = Some("the model went on in the customer's place");
                }
                self.mode = Mode::Skip;
            }
            (Mode::Words, Class::Result) => {
                self.sorted.doubt = Some("the model made up what a tool returned");
                self.mode = Mode::Skip;
            }
            _ => {}
        }
    }

    /// Reasoning of another name within reasoning ends by itself; anything else that ends ends all of it.
    fn reason(&mut self, mark: &Mark<'_>) {
        let known = self.open.iter().rposition(|name| *name == mark.name);
        match (mark.side, known) {
            (Side::Close, Some(place)) if place > 0 => self.open.truncate(place),
            (Side::Close, _) => {
                self.open.clear();
                self.mode = Mode::Words;
            }
            (Side::Open, None) => self.open.push(mark.name.clone()),
            (Side::Open, Some(_)) => {}
        }
    }

    fn begin_header(&mut self, class: Class) {
        self.header.clear();
        if class == Class::Channel {
            self.header.push_str("channel ");
        }
        self.mode = Mode::Header;
    }

    /// Whose message follows, on which channel, and to whom.
    fn end_header(&mut self) {
        self.open.clear();
        let header = std::mem::take(&mut self.header).to_ascii_lowercase();
        let has = |word: &str| header.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == word);
        let to = header.split_once("to=").map(|(_, to)| to.split_whitespace().next().unwrap_or_default());
        let others =
            ["user", "human", "system", "developer", "tool", "ipython", "observation", "environment", "customer"];
        let first =
            header.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
        self.mode = match to {
            Some("self") => Mode::Reasoning,
            Some(to) if !["user", "all", "commentary", "final", ""].contains(&to) => {
                self.sorted.call.push_str(&header);
                self.sorted.call.push('\n');
                Mode::Call
            }
            _ if ["analysis", "thought", "thinking", "think", "reasoning"].iter().any(|word| has(word)) => {
                Mode::Reasoning
            }
            // What is said by the way is no answer.
            _ if has("commentary") => Mode::Reasoning,
            _ if others.contains(&first) => Mode::Skip,
            // A second message after a whole one is the model's talk with itself.
            _ if !has("final") && to.is_none() && !self.sorted.words.trim().is_empty() => Mode::Skip,
            _ => {
                self.hide_words();
                Mode::Words
            }
        };
    }
}
