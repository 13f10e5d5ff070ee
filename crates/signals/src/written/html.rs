//! HTML as mail programs make it, as lines of text. What its elements say of a part (quoted, a signature, hidden) is
//! kept; markup, styles and scripts are left out.
//!
//! Tokens are those of the HTML standard; instead of a tree there is a stack of open elements, which is enough to know
//! within what a text stands, and which nothing that is nested wrongly can make slow.

use super::{lines::Line, part_kind::PartKind, steps};
use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
use std::ops::Range;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Plain.
    None,
    /// Plain lines with elements in them.
    Inline,
    /// A page, whose white space says nothing.
    Page,
}

/// Elements that begin a line of their own.
const BLOCKS: [&str; 34] = [
    "html",
    "body",
    "head",
    "div",
    "p",
    "table",
    "tbody",
    "thead",
    "tfoot",
    "tr",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "center",
    "hr",
    "section",
    "article",
    "header",
    "footer",
    "main",
    "form",
    "address",
    "fieldset",
];
/// Elements that are known beside them.
const INLINE: [&str; 26] = [
    "a", "b", "i", "u", "s", "em", "strong", "font", "span", "br", "img", "td", "th", "style", "script", "title",
    "meta", "link", "small", "big", "sub", "sup", "o:p", "code", "label", "tt",
];
/// Elements that have no end.
const VOID: [&str; 10] = ["br", "hr", "img", "meta", "link", "input", "col", "area", "base", "wbr"];
/// Elements of which nothing is shown.
const UNSHOWN: [&str; 11] =
    ["head", "style", "script", "title", "template", "svg", "object", "noscript", "select", "textarea", "math"];
/// How far back the beginning of an element that ends is looked for.
const DEPTH_MAX: usize = 64;

/// Whether `text` is HTML: some element that is known begins or ends in it.
pub(super) fn kind(text: &str) -> Kind {
    let mut found = Kind::None;
    for (at, _) in text.match_indices('<') {
        let rest = text.get(at + 1..).unwrap_or_default();
        let closing = rest.starts_with('/');
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        if rest.starts_with("!--") || rest.get(..8).is_some_and(|word| word.eq_ignore_ascii_case("!doctype")) {
            return Kind::Page;
        }
        let end = rest.bytes().take(12).position(|byte| !(byte.is_ascii_alphanumeric() || byte == b':'));
        let Some((name, behind)) = end.and_then(|end| rest.split_at_checked(end)) else { continue };
        let is = |known: &str| known.eq_ignore_ascii_case(name);
        // `a <b and c` is no element; `<a href` is one.
        let sure = closing
            || behind.starts_with(['>', '/'])
            || (behind.starts_with([' ', '\n', '\r', '\t']) && name.len() > 1);
        let link = name.eq_ignore_ascii_case("a") && behind.trim_start().starts_with(['h', 'H']);
        if !(sure || link) || !closed(behind) {
            continue;
        }
        let lays_out =
            BLOCKS.iter().any(|known| is(known)) || ["br", "td", "th", "style"].iter().any(|known| is(known));
        if lays_out {
            return Kind::Page;
        }
        if INLINE.iter().any(|known| is(known)) {
            found = Kind::Inline;
        }
    }
    found
}

/// Whether a tag ends before another one begins.
fn closed(behind: &str) -> bool {
    behind.bytes().take(2_048).inspect(|_| steps::look(0)).find(|byte| matches!(byte, b'<' | b'>')) == Some(b'>')
}

/// The lines of a page.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
    lines: Vec<(Range<usize>, Within)>,
}

/// Within what a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Within {
    unshown: bool,
    quoted: bool,
    kind: Option<PartKind>,
    /// White space stands as it is.
    spaced: bool,
}

impl Page {
    /// Its lines, as of plain text.
    pub(super) fn lines(&self) -> Vec<Line<'_>> {
        let line = |(range, within): &(Range<usize>, Within)| {
            let text = self.text.get(range.clone()).unwrap_or_default();
            let line = Line::plain(text);
            Line { quoted: line.quoted || within.quoted, cited: within.quoted, kind: within.kind, ..line }
        };
        self.lines.iter().map(line).collect()
    }
}

/// Reads HTML.
pub(super) fn read(text: &str, kind: Kind) -> Page {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut reader =
        Reader { inherited: Within { spaced: kind == Kind::Inline, ..Within::default() }, ..Reader::default() };
    for token in Tokenizer::new_with_emitter(text, emitter) {
        match token {
            Ok(Token::StartTag(tag)) => reader.start(&tag),
            Ok(Token::EndTag(tag)) => reader.end(&tag.name),
            Ok(Token::String(said)) => reader.say(&String::from_utf8_lossy(&said)),
            Ok(Token::Comment(_) | Token::Doctype(_) | Token::Error(_)) => {}
            Err(never) => match never {},
        }
    }
    reader.break_line();
    reader.page
}

#[derive(Debug, Default)]
struct Reader {
    page: Page,
    /// Open elements with what stands in them.
    open: Vec<(Vec<u8>, Within)>,
    /// Within what everything stands, and from some elements on everything behind them.
    inherited: Within,
    /// Where the line begins.
    begun: usize,
    of_line: Within,
}

impl Reader {
    fn within(&self) -> Within {
        let within = self.open.last().map_or(self.inherited, |(_, within)| *within);
        Within { kind: within.kind.or(self.inherited.kind), ..within }
    }

    fn start(&mut self, tag: &StartTag<()>) {
        let name = tag.name.as_slice();
        let is = |known: &[&str]| known.iter().any(|known| known.as_bytes() == name);
        if is(&BLOCKS) || name == b"br" {
            self.break_line();
            if is(&["p", "table", "ul", "ol", "blockquote", "hr", "h1", "h2", "h3"]) {
                self.blank_line();
            }
        }
        if is(&["td", "th"]) {
            self.say(" ");
        }
        if name == b"li" {
            self.end_implied(&["li"]);
        } else if is(&["td", "th"]) {
            self.end_implied(&["td", "th"]);
        } else if is(&BLOCKS) {
            self.end_implied(&["p"]);
        }
        let of =
            |name: &str| tag.attributes.get(name.as_bytes()).map(|value| String::from_utf8_lossy(value).to_lowercase());
        let marks = Marks { class: of("class"), id: of("id"), style: of("style"), name: of("name") };
        if marks.everything_behind() {
            self.inherited.kind = self.inherited.kind.or(Some(PartKind::Quote));
        }
        if is(&VOID) || tag.self_closing {
            return;
        }
        let outer = self.within();
        let hidden = tag.attributes.contains_key(b"hidden".as_slice()) || marks.is_hidden();
        let cited = name == b"blockquote" && marks.is_cited(of("type").as_deref() == Some("cite"));
        let within = Within {
            unshown: outer.unshown || is(&UNSHOWN) || hidden,
            quoted: outer.quoted || cited || marks.is_quoted(),
            kind: outer.kind.or_else(|| marks.kind()),
            spaced: outer.spaced
                || name == b"pre"
                || marks.style.as_deref().is_some_and(|style| style.contains("pre-wrap")),
        };
        self.open.push((name.to_vec(), within));
        if name == b"li" {
            self.say("- ");
        }
    }

    fn end_implied(&mut self, names: &[&str]) {
        if self.open.last().is_some_and(|(open, _)| names.iter().any(|name| name.as_bytes() == open.as_slice())) {
            self.open.pop();
        }
    }

    fn end(&mut self, name: &[u8]) {
        if BLOCKS.iter().any(|known| known.as_bytes() == name) {
            self.break_line();
            if matches!(name, b"p" | b"table" | b"blockquote" | b"ul" | b"ol") {
                self.blank_line();
            }
        }
        let near = self.open.iter().enumerate().rev().take(DEPTH_MAX);
        let near = near.inspect(|_| steps::look(1));
        if let Some(at) = near.filter(|(_, (open, _))| open.as_slice() == name).map(|(at, _)| at).next() {
            self.open.truncate(at);
        }
    }

    fn say(&mut self, said: &str) {
        let within = self.within();
        if within.unshown {
            return;
        }
        if within != self.of_line && !said.trim().is_empty() {
            if self.page.text.len() > self.begun {
                self.break_line();
            }
            self.of_line = within;
        }
        for c in said.chars() {
            match c {
                '\n' | '\r' if within.spaced => {
                    if c == '\n' {
                        self.break_line();
                    }
                }
                c if c.is_whitespace() && !within.spaced => {
                    let begins = self.page.text.len() == self.begun;
                    if !begins && !self.page.text.ends_with(' ') {
                        self.page.text.push(' ');
                    }
                }
                c => self.page.text.push(c),
            }
        }
    }

    /// Ends the line, if anything stands on it.
    fn break_line(&mut self) {
        let end = self.page.text.len();
        let said = self.page.text.get(self.begun..end).unwrap_or_default();
        if !said.trim().is_empty() {
            self.page.lines.push((self.begun..end, self.of_line));
        } else if self.within().spaced {
            self.blank_line();
        }
        self.begun = end;
        self.of_line = self.within();
    }

    fn blank_line(&mut self) {
        let end = self.page.text.len();
        if self.page.lines.last().is_some_and(|(range, _)| !range.is_empty()) {
            self.page.lines.push((end..end, self.within()));
        }
    }
}

/// The attributes by which programs say what an element is, in small letters.
struct Marks {
    class: Option<String>,
    id: Option<String>,
    style: Option<String>,
    name: Option<String>,
}

impl Marks {
    /// Whether the element's class or identifier is one of these; in what Outlook quotes they begin with `x_`.
    fn any(&self, known: &[&str]) -> bool {
        let is = |word: &str| {
            let word = word.trim_start_matches("x_");
            known.contains(&word)
        };
        [&self.class, &self.id].into_iter().flatten().any(|words| words.split_whitespace().any(is))
    }

    fn is_quoted(&self) -> bool {
        let yahoo = [&self.class, &self.id].into_iter().flatten().any(|words| words.contains("yahoo_quoted"));
        let gmx = self.name.as_deref().is_some_and(|name| matches!(name, "quote" | "quoted-content"));
        yahoo || gmx || self.any(&["moz-cite-prefix", "gmail_attr_quote", "quoted-text", "outlookmessageheader"])
    }

    fn kind(&self) -> Option<PartKind> {
        if self.any(&["moz-forward-container"]) {
            return Some(PartKind::Forward);
        }
        let signature = self.any(&[
            "gmail_signature",
            "gmail_signature_prefix",
            "moz-signature",
            "signature",
            "ms-outlook-mobile-signature",
            "applemailsignature",
            "protonmail_signature_block",
            "tutanota_signature",
            "composer_signature",
            "mailsignature",
            "sig",
        ]);
        signature.then_some(PartKind::Signature)
    }

    /// Whether all that follows the element's beginning is an earlier message.
    fn everything_behind(&self) -> bool {
        self.any(&["divrplyfwdmsg", "mail-editor-reference-message-container", "appendonsend"])
    }

    /// Whether a `blockquote` quotes: some programs indent with one.
    fn is_cited(&self, cite: bool) -> bool {
        let style: String = self.style.as_deref().unwrap_or_default().split_whitespace().collect();
        cite || self.class.is_some() || !(style.contains("border:none") || style.contains("border:0"))
    }

    fn is_hidden(&self) -> bool {
        let style: String = self.style.as_deref().unwrap_or_default().split_whitespace().collect();
        let zero = |property: &str| {
            let value = style.split(';').find_map(|part| part.strip_prefix(property)?.strip_prefix(':'));
            value.is_some_and(|value| {
                let number =
                    value.trim_end_matches("!important").trim_end_matches(|c: char| c.is_alphabetic() || c == '%');
                number.parse() == Ok(0.0f32)
            })
        };
        let hides = |words: &[&str]| words.iter().any(|words| style.contains(words));
        hides(&["display:none", "visibility:hidden", "mso-hide:all"])
            || zero("font-size")
            || zero("max-height")
            || zero("opacity")
            || self.any(&["preheader", "preview-text", "hiddenpreheader"])
    }
}
