//! Text that people are shown: which characters do not show themselves, and what can be a name.

use unicode_general_category::{GeneralCategory as Category, get_general_category};

/// Marks in a row that can stand on one letter. More are piled up to cover what stands beside them.
pub const MARKS_MAX: usize = 4;

/// Whether a reader sees nothing of it, or sees with it something else than what is there: controls, format characters
/// with those that turn the direction, separators of lines, and what has no shape that everybody agrees on.
pub fn is_hidden(c: char) -> bool {
    let hidden = matches!(
        get_general_category(c),
        Category::Control
            | Category::Format
            | Category::LineSeparator
            | Category::ParagraphSeparator
            | Category::PrivateUse
            | Category::Surrogate
            | Category::Unassigned
    );
    hidden || is_ignored(c)
}

/// Letters and marks that are not shown where a font does not know better: what of Unicode's
/// `Default_Ignorable_Code_Point` is in no category that is hidden as a whole.
fn is_ignored(c: char) -> bool {
    matches!(
        c,
        '\u{034f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

/// Whether it is drawn onto the letter before it.
pub fn is_mark(c: char) -> bool {
    matches!(get_general_category(c), Category::NonspacingMark | Category::EnclosingMark)
}

/// Why text can't be a name. Told after the name of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is nothing in it.
    #[error("is empty; write a name")]
    Empty,
    /// It begins or ends with a space.
    #[error("begins or ends with a space; take it away")]
    Spaced,
    /// It is longer than names are.
    #[error("has {chars} characters; write at most {max}")]
    Long {
        /// Its length.
        chars: usize,
        /// The longest.
        max: usize,
    },
    /// It holds a character that is not shown.
    #[error("has at place {place} the character U+{:04X}, which is not shown as it is; take it out", u32::from(*c))]
    Hidden {
        /// Which.
        c: char,
        /// The how many-eth it is, from 1.
        place: usize,
    },
    /// It holds marks without a letter, or too many on one.
    #[error("has at place {place} an accent without a letter of its own; take it out")]
    Marked {
        /// The how many-eth character it is, from 1.
        place: usize,
    },
}

/// Whether `text` can be a name: printable, not empty, of at most `max` characters, without spaces around it.
///
/// # Errors
/// When it can't; the error says what to change.
pub fn check_name(text: &str, max: usize) -> Result<(), NameError> {
    if text.trim().is_empty() {
        return Err(NameError::Empty);
    }
    let mut marks = MARKS_MAX;
    for (at, c) in text.chars().enumerate() {
        if is_hidden(c) {
            return Err(NameError::Hidden { c, place: at + 1 });
        }
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if marks > MARKS_MAX {
            return Err(NameError::Marked { place: at + 1 });
        }
    }
    if text.trim().len() < text.len() {
        return Err(NameError::Spaced);
    }
    let chars = text.chars().count();
    if chars > max { Err(NameError::Long { chars, max }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_are_called_is_a_name() {
        for name in
            ["Ada", "José", "Jose\u{301}", "Nguyễn", "王小明", "דנה", "सुनीता", "O’Neil-Smith", "R & D 🙂", "a b"]
        {
            assert_eq!(check_name(name, 64), Ok(()), "{name}");
        }
        assert_eq!(check_name(&"x".repeat(64), 64), Ok(()));
    }

    #[test]
    fn what_is_not_seen_is_none() {
        let hidden = [
            "\0",
            "\t",
            "\n",
            "\r",
            "\u{1b}",
            "\u{7f}",
            "\u{85}",
            "\u{9b}",
            "\u{ad}",
            "\u{61c}",
            "\u{200b}",
            "\u{200d}",
            "\u{200e}",
            "\u{2028}",
            "\u{2029}",
            "\u{202a}",
            "\u{202e}",
            "\u{2060}",
            "\u{2066}",
            "\u{2069}",
            "\u{3164}",
            "\u{fe0f}",
            "\u{feff}",
            "\u{fff9}",
            "\u{e000}",
            "\u{e0041}",
            "\u{e0100}",
            "\u{10ffff}",
            "\u{115f}",
        ];
        for hidden in hidden {
            let name = format!("Ada{hidden}Lovelace");
            assert!(matches!(check_name(&name, 64), Err(NameError::Hidden { place: 4, .. })), "{hidden:?}");
        }
        for (name, error) in [
            ("", NameError::Empty),
            ("  ", NameError::Empty),
            (" Ada", NameError::Spaced),
            ("Ada\u{a0}", NameError::Spaced),
            ("Adam", NameError::Long { chars: 4, max: 3 }),
            ("\u{301}Ada", NameError::Marked { place: 1 }),
            ("A\u{301}\u{301}\u{301}\u{301}\u{301}", NameError::Marked { place: 6 }),
        ] {
            assert_eq!(check_name(name, 3), Err(error), "{name:?}");
        }
        let told = NameError::Hidden { c: '\u{202e}', place: 2 }.to_string();
        assert_eq!(told, "has at place 2 the character U+202E, which is not shown as it is; take it out");
    }

    #[test]
    fn all_that_unicode_ignores_by_default_is_hidden() {
        // DerivedCoreProperties.txt, Default_Ignorable_Code_Point.
        let ignored = [
            (0xad, 0xad),
            (0x34f, 0x34f),
            (0x61c, 0x61c),
            (0x115f, 0x1160),
            (0x17b4, 0x17b5),
            (0x180b, 0x180f),
            (0x200b, 0x200f),
            (0x202a, 0x202e),
            (0x2060, 0x206f),
            (0x3164, 0x3164),
            (0xfe00, 0xfe0f),
            (0xfeff, 0xfeff),
            (0xffa0, 0xffa0),
            (0xfff0, 0xfff8),
            (0x1bca0, 0x1bca3),
            (0x1d173, 0x1d17a),
            (0xe0000, 0xe0fff),
        ];
        for (first, last) in ignored {
            for c in (first..=last).filter_map(char::from_u32) {
                assert!(is_hidden(c), "U+{:04X}", u32::from(c));
            }
        }
    }
}
