//! What is wrong with a file of TOML: what its reader says, with the key that it says it of and what is perhaps meant.

use crate::finding::{Finding, line_at};
use remit_signals::readings::nearest;

/// The finding of `error` in the text of a file; `listed` says where every name and value is listed.
pub(crate) fn finding(file: &str, text: &str, error: &toml::de::Error, listed: &str) -> Finding {
    let at = error.span().map(|span| span.start).filter(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let (before, behind) = text.split_at(at.min(text.len()));
    let said = error.message();
    let key = before.rsplit('\n').next().and_then(|line| line.split_once('=')).map(|(key, _)| key.trim());
    let message = match key.filter(|key| is_key(key)) {
        Some(key) => format!("`{key}`: {said}"),
        None => said.to_owned(),
    };
    let cure = match (meant(said), said.ends_with("expected a string") && is_date(behind)) {
        (Some(like), _) => format!("did you mean `{like}`? Otherwise {listed}"),
        (None, true) => "write the date in quotes, as \"2026-12-25\"".to_owned(),
        (None, false) => listed.to_owned(),
    };
    Finding::new(file, line_at(text, at), message, cure)
}

/// Of what is expected in the place of a name that is not known, what is nearest to it.
fn meant(said: &str) -> Option<&str> {
    let rest = ["unknown field `", "unknown variant `"].into_iter().find_map(|begins| said.strip_prefix(begins))?;
    let (named, expected) = rest.split_once('`')?;
    nearest(named, expected.split('`').skip(1).step_by(2))
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

/// Whether a date without quotes begins the text, such as `2026-12-25`.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes().get(..10);
    bytes.is_some_and(|date| {
        date.iter().enumerate().all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    #[test]
    fn the_key_is_named_and_what_is_meant() {
        for (text, line, message, cure) in [
            ("name = \"a\"\ncurency = \"GBP\"\n", 2, "unknown field `curency`", "did you mean `currency`? Otherwise X"),
            ("[limit]\nhandoffs_max = 1\n", 1, "unknown field `limit`", "did you mean `limits`? Otherwise X"),
            ("name = \"ä\"\nschema = \"2\"\n", 2, "`schema`: invalid type: string \"2\"", "X"),
            ("[[queue]]\ncollects = [\"mail\"]\n", 2, "`collects`: unknown variant `mail`", "did you mean `email`?"),
            ("[[calendar]]\nholidays = [2026-12-25]\n", 2, "`holidays`: invalid type", "in quotes, as \"2026-12-25\""),
            ("[[calendar]]\nholidays = [\n  2026-12-25,\n]\n", 3, "invalid type", "in quotes, as \"2026-12-25\""),
            ("name = \n", 1, "", "X"),
        ] {
            let error = toml::from_str::<Manifest>(text).unwrap_err();
            let found = finding("bundle.toml", text, &error, "X");
            assert_eq!(found.line, line, "{text}: {found}");
            assert!(found.message.starts_with(message) && found.cure.contains(cure), "{text}: {found}");
        }
    }
}
