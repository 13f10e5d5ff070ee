//! Characters that may reach a customer's screen: no control characters, nothing invisible that orders other
//! characters.

/// The text without terminal sequences, control characters and marks that turn the direction of writing around; ends of
/// lines are all of one kind. Joiners stay, which Persian, Indian scripts and emoji need, and so do plain direction
/// marks.
pub(crate) fn clean(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut flag = false;
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => match chars.peek() {
                // ECMA-48: a control sequence ends with a letter or the like, an operating system command with BEL or
                // ST.
                Some('[') => {
                    chars.next();
                    while chars.next_if(|c| (' '..='?').contains(c)).is_some() {}
                    chars.next_if(|c| ('@'..='~').contains(c));
                }
                Some(']') => while chars.next_if(|c| !matches!(c, '\u{7}' | '\u{1b}' | '\n')).is_some() {},
                _ => {}
            },
            '\r' => {
                chars.next_if_eq(&'\n');
                shown.push('\n');
            }
            '\u{2028}' | '\u{2029}' | '\u{85}' => shown.push('\n'),
            '\n' | '\t' => shown.push(c),
            // Flags of parts of countries are spelt with tags after a black flag.
            '\u{e0020}'..='\u{e007f}' if flag => shown.push(c),
            _ if is_hidden(c) => {}
            _ => {
                flag = c == '\u{1f3f4}';
                shown.push(c);
            }
        }
    }
    shown
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{202a}'..='\u{202e}'      // embeddings and overrides
            | '\u{2066}'..='\u{2069}'    // isolates
            | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{180e}' // invisible
            | '\u{206a}'..='\u{206f}'    // deprecated
            | '\u{fff9}'..='\u{fffb}'    // annotations between lines
            | '\u{e0000}'..='\u{e007f}'  // tags
            | '\u{fdd0}'..='\u{fdef}')
        || u32::from(c) & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn what_is_hidden_goes_and_what_writing_needs_stays() {
        for (text, wanted) in [
            ("a\u{0}b\u{7}c\u{7f}\u{9b}d", "abcd"),
            ("pay \u{202e}00.1\u{202c} now", "pay 00.1 now"),
            ("\u{2066}x\u{2069}\u{feff}\u{200b}", "x"),
            ("\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}x", "red x"),
            ("a\r\nb\rc\u{2028}d\te", "a\nb\nc\nd\te"),
            (
                "\u{1f468}\u{200d}\u{1f469} می\u{200c}خواهم \u{200f}",
                "\u{1f468}\u{200d}\u{1f469} می\u{200c}خواهم \u{200f}",
            ),
            ("\u{1f3f4}\u{e0067}\u{e0062}\u{e007f} x\u{e0067}", "\u{1f3f4}\u{e0067}\u{e0062}\u{e007f} x"),
            ("<th\u{200b}ink>", "<think>"),
        ] {
            assert_eq!(clean(text), wanted);
        }
    }
}
