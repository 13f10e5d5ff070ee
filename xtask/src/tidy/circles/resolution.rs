//! What a path leads to, and so which file needs which.

use super::{
    graph::Need,
    sources::{Block, Import, Module, Sources},
};
use std::collections::{BTreeMap, BTreeSet};

/// Names in a row that are followed at most; imports may go round.
const HOPS_MAX: usize = 32;

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    Module(usize),
    /// An item of a module, and what is named of it, such as a variant.
    Item {
        module: usize,
        name: String,
        part: Option<String>,
    },
}

/// Every need of one file for another, with the line where it is first named.
pub(super) fn needs(sources: &Sources) -> Vec<Need> {
    let mut needs = Needs { sources, first: BTreeMap::new() };
    let elsewhere = Elsewhere::of(sources);
    for (number, module) in sources.modules.iter().enumerate() {
        for import in &module.imports {
            needs.of_import(number, module, import);
        }
        for named in &module.named {
            let Some(found) = find(sources, number, &named.path, HOPS_MAX) else { continue };
            let told = named.path.join("::");
            needs.of_found(module, &found, named.line, &told);
            for file in elsewhere.defined(&found) {
                needs.add(module.file, file, named.line, &told);
            }
        }
    }
    needs.first.into_iter().map(|((from, to), (line, named))| Need { from, to, line, named }).collect()
}

struct Needs<'a> {
    sources: &'a Sources,
    /// By the two files: the first line, and what is named there.
    first: BTreeMap<(usize, usize), (usize, String)>,
}

impl Needs<'_> {
    fn of_import(&mut self, number: usize, module: &Module, import: &Import) {
        let Some(found) = find(self.sources, number, &import.path, HOPS_MAX) else { return };
        let to = match &found {
            Found::Module(to) | Found::Item { module: to, .. } => *to,
        };
        if import.public && is_under(self.sources, to, number) {
            return;
        }
        let told = import.path.join("::");
        match (&found, &import.name) {
            (Found::Module(to), None) => self.of_module(module, *to, import.line, &format!("{told}::*")),
            _ => self.of_found(module, &found, import.line, &told),
        }
    }

    fn of_found(&mut self, module: &Module, found: &Found, line: usize, told: &str) {
        if let Found::Item { module: to, .. } = found {
            self.of_module(module, *to, line, told);
        }
    }

    fn of_module(&mut self, module: &Module, to: usize, line: usize, told: &str) {
        if let Some(to) = self.sources.modules.get(to) {
            self.add(module.file, to.file, line, told);
        }
    }

    fn add(&mut self, from: usize, to: usize, line: usize, told: &str) {
        if from == to {
            return;
        }
        let first = self.first.entry((from, to)).or_insert_with(|| (line, told.to_owned()));
        if line < first.0 {
            *first = (line, told.to_owned());
        }
    }
}

/// Functions of a type that stand in another file than the type. Who calls one needs that file.
struct Elsewhere {
    /// By the type's module and name and the function's name: the file with the function.
    functions: BTreeMap<(usize, String, String), BTreeSet<usize>>,
}

impl Elsewhere {
    fn of(sources: &Sources) -> Self {
        let mut functions: BTreeMap<(usize, String, String), BTreeSet<usize>> = BTreeMap::new();
        for (number, module) in sources.modules.iter().enumerate() {
            for block in &module.blocks {
                let Some((home, name)) = home(sources, number, module, block) else { continue };
                for function in &block.functions {
                    functions.entry((home, name.clone(), function.clone())).or_default().insert(module.file);
                }
            }
        }
        Self { functions }
    }

    fn defined(&self, found: &Found) -> Vec<usize> {
        let Found::Item { module, name, part: Some(part) } = found else { return Vec::new() };
        self.functions.get(&(*module, name.clone(), part.clone())).into_iter().flatten().copied().collect()
    }
}

/// The module and the name of the block's type, where that is in another file and the functions are its own.
fn home(sources: &Sources, number: usize, module: &Module, block: &Block) -> Option<(usize, String)> {
    let found = find(sources, number, &block.of, HOPS_MAX).filter(|_| !block.of_trait);
    let Some(Found::Item { module: home, name, .. }) = found else { return None };
    let there = sources.modules.get(home).map(|module| module.file);
    (there != Some(module.file)).then_some((home, name))
}

/// Whether a module is under another one, or it.
fn is_under(sources: &Sources, module: usize, over: usize) -> bool {
    let mut at = Some(module);
    while let Some(number) = at {
        if number == over {
            return true;
        }
        at = sources.modules.get(number).and_then(|module| module.parent);
    }
    false
}

/// What the path leads to from a module; `None` where it leads out of the crate or names what is in no module.
fn find(sources: &Sources, from: usize, path: &[String], hops: usize) -> Option<Found> {
    let hops = hops.checked_sub(1)?;
    let (first, mut rest) = path.split_first()?;
    let mut at = match first.as_str() {
        "crate" | "$crate" => Found::Module(0),
        "self" => Found::Module(from),
        "super" => Found::Module(sources.modules.get(from)?.parent?),
        name => looked_up(sources, from, name, rest.is_empty(), hops)?,
    };
    while let (Found::Module(module), Some((name, after))) = (&at, rest.split_first()) {
        at = match name.as_str() {
            "super" => Found::Module(sources.modules.get(*module)?.parent?),
            "self" => Found::Module(*module),
            name => match looked_up(sources, *module, name, after.is_empty(), hops) {
                Some(found) => found,
                None if leads_out(sources.modules.get(*module)?, name) => return None,
                // What a macro makes is in no list.
                None => Found::Item { module: *module, name: name.to_owned(), part: None },
            },
        };
        rest = after;
    }
    if let (Found::Item { part, .. }, Some(next)) = (&mut at, rest.first())
        && part.is_none()
    {
        *part = Some(next.clone());
    }
    Some(at)
}

/// What a name means in a module. At the end of a path an item is meant before a module.
fn looked_up(sources: &Sources, number: usize, name: &str, is_end: bool, hops: usize) -> Option<Found> {
    let hops = hops.checked_sub(1)?;
    let module = sources.modules.get(number)?;
    let item = module.items.contains(name).then(|| Found::Item { module: number, name: name.to_owned(), part: None });
    let child = module.children.get(name).map(|child| Found::Module(*child));
    let own = if is_end { item.or(child) } else { child.or(item) };
    let imported = || {
        let named = module.imports.iter().filter(|import| import.name.as_deref() == Some(name));
        named.filter_map(|import| find(sources, number, &import.path, hops)).next()
    };
    let all = || {
        let globs = module.imports.iter().filter(|import| import.name.is_none());
        globs
            .filter_map(|import| match find(sources, number, &import.path, hops)? {
                Found::Module(of) => looked_up(sources, of, name, is_end, hops),
                Found::Item { .. } => None,
            })
            .next()
    };
    own.or_else(imported).or_else(all)
}

/// Whether a module has the name from another crate.
fn leads_out(module: &Module, name: &str) -> bool {
    module.imports.iter().any(|import| import.name.as_deref() == Some(name))
}
