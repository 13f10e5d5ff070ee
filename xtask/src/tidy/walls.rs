//! Walls: the use cases know nothing of how they are asked and answered, say where each of their refusals arises, and
//! nobody but they names the backend in which a data directory is kept; the forms of OAuth get what they work on, the
//! time too.

mod named;

use super::{
    files::File,
    syntax::{attributes, is_of_tests},
};
use named::{Named, named_in};

/// Where the use cases are.
const USE_CASES: &str = "crates/app/src/";
/// What the use cases depend on.
const DEPENDENCIES: &str = "crates/app/Cargo.toml";
/// Libraries of an interface's forms of asking and answering.
const INTERFACE: [&str; 8] = ["axum", "headers", "http", "hyper", "mime", "reqwest", "tower", "tower_http"];
/// Top levels of media types.
const MEDIA: [&str; 9] = ["application", "audio", "font", "image", "message", "model", "multipart", "text", "video"];
/// Types of numbers in which a status comes.
const NUMBERS: [&str; 4] = ["u8", "u16", "u32", "usize"];
/// Sources beside the store's own that may name the backend: they open and migrate a data directory, or measure it.
const BACKEND: [&str; 7] = [
    "crates/app/src/boot.rs",
    "crates/app/src/directory.rs",
    "crates/app/src/journal/store.rs",
    "crates/app/src/migration.rs",
    "crates/bench/",
    "crates/fuzz/",
    "crates/store/",
];

/// Where the forms of OAuth are.
const FORMS: &str = "crates/oauth/src/";
/// Libraries, and parts of the standard one, by which they would get something for themselves.
const OUTSIDE: [&str; 12] =
    ["Instant", "SystemTime", "axum", "env", "fs", "getrandom", "hyper", "io", "net", "process", "thread", "tokio"];

pub(super) fn faults(files: &[File]) -> Result<Vec<String>, String> {
    let mut faults = Vec::new();
    for file in files {
        if file.path == DEPENDENCIES {
            faults.extend(libraries(file));
        }
        if is_source(&file.path) {
            let named = named_in(file)?;
            if file.path.starts_with(USE_CASES) {
                faults
                    .extend(named.iter().filter_map(|named| of_use_cases(named).map(|says| told(file, named, &says))));
            }
            if file.path.starts_with(FORMS) {
                let is_outside = |named: &&Named| matches!(named, Named::Path(path, _) if is_outside(path));
                let says = "is outside of what the forms of OAuth work on; have it given, as the time is";
                faults.extend(named.iter().filter(is_outside).map(|named| told(file, named, says)));
            }
            if !BACKEND.iter().any(|place| file.path.starts_with(place)) {
                let is_backend = |named: &&Named| matches!(named, Named::Path(path, _) if is_backend(path));
                let says = "names the backend; ask the port, or what `app` opens a data directory with";
                faults.extend(named.iter().filter(is_backend).map(|named| told(file, named, says)));
            }
        }
    }
    Ok(faults)
}

/// Whether it is a source of a crate that is built for use, and not for tests alone.
fn is_source(path: &str) -> bool {
    let within = path.strip_prefix("crates/").and_then(|path| path.split_once('/'));
    within.is_some_and(|(_, path)| path.starts_with("src/") && path.ends_with(".rs") && !path.ends_with("/tests.rs"))
}

fn told(file: &File, named: &Named, says: &str) -> String {
    format!("{}:{}: {says}", file.path, named.line())
}

/// Libraries that the use cases depend on and must not.
fn libraries(file: &File) -> Vec<String> {
    let name = |line: &str| Some(line.split_once(['.', '=', ' '])?.0.replace('-', "_"));
    let lines = file.text.lines().enumerate();
    let interface = lines.filter(|(_, line)| name(line).is_some_and(|name| INTERFACE.contains(&name.as_str())));
    interface
        .map(|(at, line)| format!("{}:{}: {line:?} is of an interface; use it in `server`", file.path, at + 1))
        .collect()
}

/// What is wrong with what the use cases name, if it is.
fn of_use_cases(named: &Named) -> Option<String> {
    match named {
        Named::Path(path, _) => {
            let first = path.first().filter(|_| path.len() > 1)?;
            let interface = INTERFACE.contains(&first.as_str()) || path.iter().any(|part| part == "StatusCode");
            let status = path.windows(2).any(|pair| {
                let [of, kind] = pair else { return false };
                of == "Failure" && ["Status", "ForGood"].contains(&kind.as_str())
            });
            (interface || status)
                .then(|| format!("`{}` is how an interface says it; ask what it means", path.join("::")))
        }
        Named::Text(text, _) => {
            is_media_type(text).then(|| format!("{text:?} is a media type; name the kind, and say it in `server`"))
        }
        Named::Number { name, number, .. } => {
            let is_status = name.to_ascii_lowercase().contains("status") && NUMBERS.contains(&number.as_str());
            is_status.then(|| format!("`{name}` is a status; name the kind, and say it in `server`"))
        }
        Named::Refused { function, refusal, is_told, .. } => (!is_told)
            .then(|| format!("say of `{function}` below `# Errors` that [`{refusal}`] tells when it is refused")),
    }
}

fn is_media_type(text: &str) -> bool {
    let whole = text.split(';').next().unwrap_or_default();
    let Some((top, sub)) = whole.split_once('/') else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c);
    MEDIA.contains(&top) && !sub.is_empty() && sub.chars().all(plain)
}

/// Whether a path is into the store's backend.
fn is_backend(path: &[String]) -> bool {
    matches!(path, [library, part, ..] if library == "remit_store" && part == "sqlite")
}

/// Whether a path leads out of what is given.
fn is_outside(path: &[String]) -> bool {
    let (Some(first), Some(second)) = (path.first(), path.get(1)) else { return false };
    let outside = |part: &String| OUTSIDE.contains(&part.as_str());
    outside(first) || first == "std" && (outside(second) || path.get(2).is_some_and(outside)) || second == "now"
}

#[cfg(test)]
mod tests;
