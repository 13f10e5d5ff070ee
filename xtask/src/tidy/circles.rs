//! Import circles: no two files of a crate need one another, directly or by way of others.
//!
//! A file needs another one if it names an item that is defined there, whatever it is named through: an import, a path
//! in an expression, a re-export. Handing a child's item on (`mod x; pub use x::Y`) is no need of it. What is under
//! `#[cfg(test)]` is left out.

mod graph;
mod resolution;
mod sources;

use super::files::File;

pub(super) fn faults(files: &[File]) -> Result<Vec<String>, String> {
    let mut faults = Vec::new();
    for root in files.iter().filter(|file| is_root(&file.path)) {
        let sources = sources::Sources::of(root, files)?;
        let needs = resolution::needs(&sources);
        faults.extend(graph::circles(&needs).iter().map(|circle| told(circle, &sources)));
    }
    Ok(faults)
}

/// Whether a crate's modules begin in the file.
fn is_root(path: &str) -> bool {
    let ends = path.ends_with("/src/lib.rs") || path.ends_with("/src/main.rs");
    ends && (path.starts_with("crates/") || path.starts_with("xtask/"))
}

/// A circle with the place of each need in it.
fn told(circle: &[graph::Need], sources: &sources::Sources) -> String {
    let mut told = "files need one another in a circle; move what both need to a file of its own:".to_owned();
    for need in circle {
        let name = |at: usize| sources.files.get(at).map_or("?", |file| file.as_ref());
        let (from, to) = (name(need.from), name(need.to));
        told += &format!("\n  {from}:{} needs `{}` of {to}", need.line, need.named);
    }
    told
}

#[cfg(test)]
mod tests;
