//! Import circles: no two files of a crate need one another, directly or by way of others.
//!
//! A file needs another one if it names an item that is defined there, whatever it is named through: an import, a path
//! in an expression, a re-export. Handing a child's item on (`mod x; pub use x::Y`) is no need of it. What is under
//! `#[cfg(test)]` is left out. Nor do folders, where `ARCHITECTURE.md` maps a crate by folder.

mod folders;
mod graph;
mod resolution;
mod sources;

use super::{documents, files::File};

pub(super) fn faults(files: &[File]) -> Result<Vec<String>, String> {
    let mut faults = Vec::new();
    for root in files.iter().filter(|file| is_root(&file.path)) {
        let sources = sources::Sources::of(root, files)?;
        let needs = resolution::needs(&sources);
        let says = "files need one another in a circle; move what both need to a file of its own:";
        faults.extend(graph::circles(&needs).iter().map(|circle| told(says, circle, &sources)));
        if let Some(rows) = documents::folder_rows(&root.path, files) {
            let found = folders::faults(&needs, &sources, &rows);
            faults.extend(found.iter().map(|(says, needs)| told(says, needs, &sources)));
        }
    }
    Ok(faults)
}

/// Whether a crate's modules begin in the file.
fn is_root(path: &str) -> bool {
    let ends = path.ends_with("/src/lib.rs") || path.ends_with("/src/main.rs");
    ends && (path.starts_with("crates/") || path.starts_with("xtask/"))
}

/// What is wrong, with the place of each need for which it is.
fn told(says: &str, needs: &[graph::Need], sources: &sources::Sources) -> String {
    let mut told = says.to_owned();
    for need in needs {
        let name = |at: usize| sources.files.get(at).map_or("?", |file| file.as_ref());
        let (from, to) = (name(need.from), name(need.to));
        told += &format!("\n  {from}:{} needs `{}` of {to}", need.line, need.named);
    }
    told
}

#[cfg(test)]
mod tests;
