//! Folders of a crate that `ARCHITECTURE.md` maps by folder: none need one another in a circle, and the map has them
//! from the bottom up, so that a folder needs those alone that stand above it or in its row. A file beside the folders
//! is held to the first like a folder of its own.

use super::{
    graph::{self, Need},
    sources::Sources,
};
use std::{collections::BTreeMap, iter};

/// What is wrong, with the needs of files for which it is.
pub(super) type Fault = (String, Vec<Need>);

/// What is wrong in a crate, by what its files need of one another. `rows` is its table of folders.
pub(super) fn faults(needs: &[Need], sources: &Sources, rows: &[Vec<String>]) -> Vec<Fault> {
    let between = Between::of(needs, sources);
    let says = "folders need one another in a circle; move what both need to a lower one:";
    let mut circles = graph::circles(&between.needs).into_iter().map(|circle| {
        let first = circle.iter().filter_map(|need| between.first(need)).cloned().collect();
        (says.to_owned(), first)
    });
    match circles.next() {
        Some(circle) => iter::once(circle).chain(circles).collect(),
        None => between.needs.iter().filter_map(|need| between.against(need, rows)).collect(),
    }
}

/// What parts of a crate need of one another.
struct Between<'a> {
    /// Names of the parts: folders, and files beside them.
    parts: Vec<&'a str>,
    /// Between parts, by their numbers.
    needs: Vec<Need>,
    /// By two parts, the need of one file for another that was found first.
    first: BTreeMap<(usize, usize), &'a Need>,
}

impl<'a> Between<'a> {
    fn of(needs: &'a [Need], sources: &'a Sources) -> Self {
        let mut between = Self { parts: Vec::new(), needs: Vec::new(), first: BTreeMap::new() };
        for need in needs {
            let (Some(from), Some(to)) = (between.number(need.from, sources), between.number(need.to, sources)) else {
                continue;
            };
            if from != to && !between.first.contains_key(&(from, to)) {
                between.first.insert((from, to), need);
                between.needs.push(Need { from, to, line: need.line, named: need.named.clone() });
            }
        }
        between
    }

    /// The number of the part in which a file is; none of the crate's root, which hands names on.
    fn number(&mut self, file: usize, sources: &'a Sources) -> Option<usize> {
        let part = part(sources.files.get(file)?)?;
        Some(self.parts.iter().position(|known| *known == part).unwrap_or_else(|| {
            self.parts.push(part);
            self.parts.len() - 1
        }))
    }

    fn first(&self, need: &Need) -> Option<&'a Need> {
        self.first.get(&(need.from, need.to)).copied()
    }

    /// What is told of a need for what stands in a lower row.
    fn against(&self, need: &Need, rows: &[Vec<String>]) -> Option<Fault> {
        let row = |part: usize| {
            let name = self.parts.get(part)?;
            rows.iter().position(|row| row.iter().any(|named| named == name))
        };
        if row(need.from)? >= row(need.to)? {
            return None;
        }
        let (from, to) = (self.parts.get(need.from)?, self.parts.get(need.to)?);
        let says = format!("`{from}` needs `{to}`, which stands below it in the table of folders; move one of both:");
        Some((says, vec![self.first(need)?.clone()]))
    }
}

/// The folder of a path of sources, or the file's name without its ending where it stands beside the folders.
fn part(path: &str) -> Option<&str> {
    let (_, within) = path.split_once("/src/")?;
    let first = within.split('/').next()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (!["lib", "main"].contains(&name)).then_some(name)
}
