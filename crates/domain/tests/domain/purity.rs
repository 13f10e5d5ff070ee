//! The domain reaches nothing that does I/O, runs tasks, reads clocks, draws randomness or knows Cedar.

use std::process::Command;

/// Crates that no change may bring in, however far down.
const BANNED: &[&str] = &[
    "async-std",
    "axum",
    "cedar-policy",
    "chrono",
    "diesel",
    "getrandom",
    "hyper",
    "jiff",
    "log",
    "mio",
    "postgres",
    "rand",
    "reqwest",
    "rusqlite",
    "serde_json",
    "socket2",
    "sqlx",
    "tokio",
    "tokio-postgres",
    "toml",
    "tracing",
    "ureq",
];
/// Everything that the domain is built from. A new crate is added here on purpose, or not at all.
const KNOWN: &[&str] = &[
    "proc-macro2",
    "quote",
    "remit-domain",
    "serde",
    "serde_core",
    "serde_derive",
    "smol_str",
    "syn",
    "thiserror",
    "thiserror-impl",
    "ulid",
    "unicode-general-category",
    "unicode-ident",
];

fn reached() -> Vec<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--package", "remit-domain", "--edges", "normal,build", "--prefix", "none"])
        .args(["--format", "{p}", "--offline", "--color", "never"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "cargo tree failed: {}", String::from_utf8_lossy(&tree.stderr));
    let text = String::from_utf8(tree.stdout).unwrap();
    let mut names: Vec<String> = text.lines().filter_map(|l| l.split(' ').next()).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn the_domain_reaches_no_io() {
    let names = reached();
    assert!(names.iter().any(|name| name == "remit-domain"), "nothing was listed: {names:?}");
    let banned: Vec<_> = names.iter().filter(|name| BANNED.contains(&name.as_str())).collect();
    assert!(banned.is_empty(), "remit-domain reaches {banned:?}; move what needs them to a crate above it");
    let new: Vec<_> = names.iter().filter(|name| !KNOWN.contains(&name.as_str())).collect();
    assert!(new.is_empty(), "remit-domain reaches {new:?}; if that is pure, add it to KNOWN here");
}

#[test]
fn the_domain_names_no_io_of_the_standard_library() {
    let banned = [
        "std::fs",
        "std::net",
        "std::io",
        "std::env",
        "std::process",
        "std::thread",
        "std::time",
        "SystemTime",
        "Instant",
        "async fn",
        "RandomState",
        "HashMap",
        "HashSet",
        "println!",
        "eprintln!",
    ];
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let mut read = 0;
    while let Some(path) = folders.pop() {
        if path.is_dir() {
            folders.extend(std::fs::read_dir(&path).unwrap().map(|file| file.unwrap().path()));
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for word in banned {
                assert!(!line.contains(word), "{}:{}: `{word}` has no place here", path.display(), number + 1);
            }
        }
        read += 1;
    }
    assert!(read >= 10, "only {read} sources were read");
}
