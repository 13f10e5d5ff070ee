//! What functions can reach: a use case that is given all parts works with three of them at least, or gives them on.

use super::files::File;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::BTreeSet;

/// Where the use cases are.
const USE_CASES: &str = "crates/app/src/";
/// The type that holds all parts.
const ALL: &str = "Parts";
/// How many parts who works with fewer is given by themselves.
const MOST: usize = 2;
/// What all parts make of some of them, and of which.
const MADE: (&str, [&str; 3]) = ("opener", ["journal", "vault", "environment"]);

pub(super) fn faults(files: &[File]) -> Result<Vec<String>, String> {
    let mut faults = Vec::new();
    let held = |file: &&File| file.path.starts_with(USE_CASES) && file.path.ends_with(".rs");
    for file in files.iter().filter(held) {
        let tokens: TokenStream = file.text.parse().map_err(|error| format!("{}: {error}", file.path))?;
        let mut found = Vec::new();
        functions(tokens, &mut found);
        faults.extend(found.iter().map(|few| {
            format!(
                "{}:{}: `{}` is given all parts and works with {}; have it given {}",
                file.path,
                few.line,
                few.function,
                few.parts.iter().map(|part| format!("`{part}`")).collect::<Vec<_>>().join(" and "),
                if few.parts.len() == 1 { "that" } else { "those" },
            )
        }));
    }
    Ok(faults)
}

/// A function that is given more than it works with.
struct Few {
    function: String,
    line: usize,
    parts: BTreeSet<String>,
}

/// Looks at each function of these tokens, and at those within.
fn functions(tokens: TokenStream, found: &mut Vec<Few>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            functions(group.stream(), found);
        }
        let Some([TokenTree::Ident(keyword), TokenTree::Ident(name), rest @ ..]) = tokens.get(at..) else { continue };
        if keyword != "fn" {
            continue;
        }
        let ends = |token: &TokenTree| {
            matches!(token, TokenTree::Punct(mark) if mark.as_char() == ';')
                || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
        };
        let Some(end) = rest.iter().position(ends) else { continue };
        let (Some(signature), Some(TokenTree::Group(body))) = (rest.get(..end), rest.get(end)) else { continue };
        if let Some(all) = signature.iter().filter_map(in_parentheses).find_map(given_all) {
            let mut parts = BTreeSet::new();
            if !gives_on(body.stream(), &all, &mut parts) && !parts.is_empty() && parts.len() <= MOST {
                found.push(Few { function: name.to_string(), line: name.span().start().line, parts });
            }
        }
    }
}

fn in_parentheses(token: &TokenTree) -> Option<TokenStream> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => Some(group.stream()),
        _ => None,
    }
}

/// The name under which a function is given all parts, by reference.
fn given_all(takes: TokenStream) -> Option<String> {
    let tokens: Vec<TokenTree> = takes.into_iter().collect();
    let at = tokens.iter().position(|token| is_ident(token, ALL))?;
    let before = tokens.get(..at)?;
    let reference = before.iter().rposition(|token| is_mark(token, '&'))?;
    match before.get(reference.checked_sub(2)?..reference)? {
        [TokenTree::Ident(name), colon] if is_mark(colon, ':') => Some(name.to_string()),
        _ => None,
    }
}

/// Whether a body names all parts as a whole, with each part that it names of them.
fn gives_on(body: TokenStream, all: &str, parts: &mut BTreeSet<String>) -> bool {
    let tokens: Vec<TokenTree> = body.into_iter().collect();
    let mut whole = false;
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            whole |= gives_on(group.stream(), all, parts);
        }
        if !is_ident(token, all) || at.checked_sub(1).is_some_and(|at| is_field(&tokens, at)) {
            continue;
        }
        match tokens.get(at + 1..) {
            Some([dot, TokenTree::Ident(part), ..]) if is_mark(dot, '.') && part == MADE.0 => {
                parts.extend(MADE.1.map(str::to_owned));
            }
            Some([dot, TokenTree::Ident(part), ..]) if is_mark(dot, '.') => {
                parts.insert(part.to_string());
            }
            _ => whole = true,
        }
    }
    whole
}

/// Whether what comes after the token there is a field of something else.
fn is_field(tokens: &[TokenTree], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| is_mark(token, '.'))
}

fn is_ident(token: &TokenTree, name: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == name)
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

#[cfg(test)]
mod tests {
    use super::super::files::File;

    fn faults(text: &str) -> Vec<String> {
        super::faults(&[File { path: "crates/app/src/a.rs".to_owned(), text: text.to_owned() }]).unwrap()
    }

    #[test]
    fn who_works_with_few_parts_is_given_those_alone() {
        for (text, told) in [
            ("fn a(parts: &Parts) { parts.live.b() }", "`live`; have it given that"),
            (
                "impl A { async fn a(self, p: &'a Parts, c: C) -> D { json!({ \"a\": p.live, \"b\": p.journal }) } }",
                "`journal` and `live`; have it given those",
            ),
            (
                "mod b { fn a<T: Fn(u8)>(of: T, parts: &Parts) where T: B { if x { parts.live } } }",
                "`live`; have it given that",
            ),
        ] {
            let told = format!("crates/app/src/a.rs:1: `a` is given all parts and works with {told}");
            assert_eq!(faults(text), [told], "{text}");
        }
    }

    #[test]
    fn who_works_with_most_or_gives_them_on_is_given_all() {
        for text in [
            "fn a(parts: &Parts) { parts.live; parts.journal; parts.vault }",
            "fn a(parts: &Parts) { parts.live; b(parts) }",
            "fn a(parts: &Parts) { c.parts.live; b!(parts) }",
            "fn a(parts: &Parts) { parts.opener() }",
            "fn a(live: &Live) { live.b() }",
            "trait A { fn a(parts: &Parts); }",
            "fn a(parts: Parts) { parts.live }",
        ] {
            assert_eq!(faults(text), Vec::<String>::new(), "{text}");
        }
    }
}
