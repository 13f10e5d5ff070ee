//! How deeply Cedar text may be nested. Cedar's reader calls itself at every level, so that text that is nested deeply
//! enough would end the process; it is refused before it is read.

use crate::finding::{Finding, line_at};

/// Brackets within brackets.
const DEPTH_MAX: usize = 32;
/// `if`s in one policy: each `else if` is a level.
const IFS_MAX: usize = 32;
/// Words and signs in one policy: a chain of operators is as deep as it is long.
const TOKENS_MAX: usize = 4_000;

/// What the text holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Policies, where `<` compares.
    Policies,
    /// A schema, where `<` encloses, and long lists are flat.
    Schema,
}

/// What is nested too deeply in `text`, if anything is.
pub(crate) fn too_deep(file: &str, text: &str, holds: Holds) -> Option<Finding> {
    let (mut depth, mut ifs, mut tokens) = (0_usize, 0, 0);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let token = token(rest, first);
        match token {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            "<" if holds == Holds::Schema => depth += 1,
            ">" if holds == Holds::Schema => depth = depth.saturating_sub(1),
            "if" => ifs += 1,
            ";" => (depth, ifs, tokens) = (0, 0, 0),
            _ => {}
        }
        tokens += usize::from(!first.is_whitespace() && !token.starts_with("//"));
        let wrong = if depth > DEPTH_MAX {
            Some(format!("more than {DEPTH_MAX} brackets within each other"))
        } else if ifs > IFS_MAX {
            Some(format!("more than {IFS_MAX} `if`s in one policy"))
        } else if tokens > TOKENS_MAX && holds == Holds::Policies {
            Some(format!("more than {TOKENS_MAX} words and signs before the `;`"))
        } else {
            None
        };
        if let Some(message) = wrong {
            let line = line_at(text, text.len() - rest.len());
            return Some(Finding::new(file, line, message, "split it: several policies with one effect add up"));
        }
        rest = rest.get(token.len()..)?;
    }
    None
}

/// What `rest` begins with: a word, a string, a comment, or one sign.
fn token(rest: &str, first: char) -> &str {
    let until = |end: Option<usize>| rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest);
    if rest.starts_with("//") {
        return until(rest.find('\n'));
    }
    if first == '"' {
        let mut escaped = false;
        let close = rest.char_indices().skip(1).find(|(_, c)| {
            let closes = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            closes
        });
        return until(close.map(|(at, _)| at + 1));
    }
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if word(first) { until(rest.find(|c| !word(c))) } else { until(Some(first.len_utf8())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_passes_and_what_would_end_the_process_does_not() {
        assert_eq!(too_deep("a.cedar", include_str!("baseline.cedar"), Holds::Policies), None);
        let strings =
            format!("permit (principal, action, resource) when {{ \"{}\\\"(\" == \"\" }};", "(".repeat(5_000));
        assert_eq!(too_deep("a.cedar", &strings.repeat(20), Holds::Policies), None);
        let comments = format!("// {}\npermit (principal, action, resource);", "[".repeat(5_000));
        assert_eq!(too_deep("a.cedar", &comments, Holds::Policies), None);
        for (deep, message) in [
            ("(".repeat(33), "brackets"),
            ("\n\n[".repeat(40), "brackets"),
            ("if a then b else ".repeat(33), "`if`s"),
            ("true && ".repeat(2_000), "words and signs"),
            ("a.".repeat(2_001), "words and signs"),
            ("!".repeat(4_001), "words and signs"),
        ] {
            let finding = too_deep(
                "a.cedar",
                &format!("{comments}\npermit (principal, action, resource) when {{ {deep}"),
                Holds::Policies,
            );
            assert!(finding.as_ref().is_some_and(|finding| finding.message.contains(message)), "{finding:?}");
        }
        let sets = format!("entity Case {{ some: {}Long }};", "Set<".repeat(33));
        assert!(too_deep("a.cedarschema", &sets, Holds::Schema).is_some());
        assert_eq!(too_deep("a.cedar", &format!("{};", "a < b || ".repeat(500)), Holds::Policies), None);
        let names = format!("entity Topic enum [{}];", "\"a\", ".repeat(5_000));
        assert_eq!(too_deep("a.cedarschema", &names, Holds::Schema), None);
    }
}
