//! The sources of a crate: its modules, what each defines and imports, and what each names.

use super::super::{
    files::File,
    syntax::{attributes, is_of_tests},
};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use syn::{
    Attribute, ExprMethodCall, ImplItem, ImplItemFn, Item, ItemImpl, ItemMod, ItemUse, Macro, Path, Type, UseTree,
    Visibility,
    spanned::Spanned,
    visit::{self, Visit},
};

/// A crate, read.
#[derive(Default)]
pub(super) struct Sources {
    /// Paths of its files.
    pub(super) files: Vec<String>,
    /// Its modules; the first is its root.
    pub(super) modules: Vec<Module>,
}

/// A module: a file, or a part of one in braces.
#[derive(Default)]
pub(super) struct Module {
    /// Number of its file.
    pub(super) file: usize,
    pub(super) parent: Option<usize>,
    pub(super) children: BTreeMap<String, usize>,
    /// Names that are defined in it.
    pub(super) items: BTreeSet<String>,
    pub(super) imports: Vec<Import>,
    /// Paths that are named in it beside imports.
    pub(super) named: Vec<Named>,
    /// Functions of a type, by blocks.
    pub(super) blocks: Vec<Block>,
}

/// One name that a `use` brings in.
pub(super) struct Import {
    /// The name in this module; `None` for all of what `path` leads to.
    pub(super) name: Option<String>,
    pub(super) path: Vec<String>,
    pub(super) line: usize,
    /// Whether it is handed on.
    pub(super) public: bool,
}

/// A path, as it is named somewhere.
pub(super) struct Named {
    pub(super) path: Vec<String>,
    pub(super) line: usize,
}

/// A block of functions of a type.
pub(super) struct Block {
    /// The type.
    pub(super) of: Vec<String>,
    /// Whether they are a trait's, which says itself where they are.
    pub(super) of_trait: bool,
    pub(super) functions: Vec<String>,
}

impl Sources {
    /// Reads the crate whose modules begin in `root`.
    pub(super) fn of(root: &File, files: &[File]) -> Result<Self, String> {
        let mut reader =
            Reader { sources: Self::default(), files, module: 0, folder: String::new(), of: None, in_bodies: 0 };
        let folder = root.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        reader.file(root, None, folder)?;
        Ok(reader.sources)
    }
}

struct Reader<'a> {
    sources: Sources,
    files: &'a [File],
    /// The module that is being read.
    module: usize,
    /// The folder in which the module's children are.
    folder: String,
    /// The type whose functions are being read.
    of: Option<Vec<String>>,
    /// How many bodies of functions are around: what is defined there is no item of the module.
    in_bodies: usize,
}

impl Reader<'_> {
    fn file(&mut self, file: &File, parent: Option<usize>, folder: &str) -> Result<usize, String> {
        let syntax = syn::parse_file(&file.text)
            .map_err(|error| format!("{}:{}: is not understood: {error}", file.path, error.span().start().line))?;
        self.sources.files.push(file.path.clone());
        let number = self.sources.files.len() - 1;
        let module = self.within(parent, number, folder, |reader| reader.visit_file(&syntax));
        Ok(module)
    }

    /// Reads a new module by `read`.
    fn within(&mut self, parent: Option<usize>, file: usize, folder: &str, read: impl FnOnce(&mut Self)) -> usize {
        self.sources.modules.push(Module { file, parent, ..Module::default() });
        let new = self.sources.modules.len() - 1;
        let before = (self.module, std::mem::replace(&mut self.folder, folder.to_owned()));
        self.module = new;
        read(self);
        (self.module, self.folder) = before;
        new
    }

    fn now(&mut self) -> Option<&mut Module> {
        self.sources.modules.get_mut(self.module)
    }

    fn define(&mut self, name: String) {
        if self.in_bodies == 0
            && let Some(module) = self.now()
        {
            module.items.insert(name);
        }
    }

    fn name(&mut self, path: Vec<String>, line: usize) {
        if let Some(module) = self.now() {
            module.named.push(Named { path, line });
        }
    }

    /// A function that is called on `self`.
    fn own(&mut self, function: &syn::Ident) {
        if let Some(mut path) = self.of.clone() {
            path.push(function.to_string());
            self.name(path, function.span().start().line);
        }
    }

    fn import(&mut self, tree: &UseTree, before: &[String], public: bool) {
        let line = tree.span().start().line;
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        let (name, path) = match tree {
            UseTree::Path(path) => return self.import(&path.tree, &with(&path.ident), public),
            UseTree::Group(group) => return group.items.iter().for_each(|tree| self.import(tree, before, public)),
            UseTree::Name(name) if name.ident == "self" => (before.last().cloned(), before.to_vec()),
            UseTree::Name(name) => (Some(name.ident.to_string()), with(&name.ident)),
            UseTree::Rename(renamed) => (Some(renamed.rename.to_string()), with(&renamed.ident)),
            _ => (None, before.to_vec()),
        };
        if let Some(module) = self.now() {
            module.imports.push(Import { name, path, line, public });
        }
    }

    /// Paths among tokens that no grammar is known for: arguments of macros.
    fn tokens(&mut self, tokens: TokenStream) {
        let (mut of_self, mut after_dot, mut colons) = (false, false, 0);
        let mut path: Option<Named> = None;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if colons == 2 && path.is_some() => {
                    path.iter_mut().for_each(|named| named.path.push(ident.to_string()));
                    colons = 0;
                    continue;
                }
                TokenTree::Ident(ident) if after_dot => {
                    if of_self {
                        self.own(&ident);
                    }
                    (of_self, after_dot) = (false, false);
                }
                TokenTree::Ident(ident) => {
                    self.end(path.take());
                    of_self = ident == "self";
                    path = Some(Named { path: vec![ident.to_string()], line: ident.span().start().line });
                    colons = 0;
                    continue;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Punct(punct) => after_dot = punct.as_char() == '.',
                TokenTree::Group(group) => {
                    self.end(path.take());
                    self.tokens(group.stream());
                    (of_self, after_dot) = (false, false);
                }
                TokenTree::Literal(_) => (of_self, after_dot) = (false, false),
            }
            colons = 0;
            self.end(path.take());
        }
        self.end(path);
    }

    fn end(&mut self, path: Option<Named>) {
        if let Some(Named { path, line }) = path {
            self.name(path, line);
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_of_tests(attributes(item)) {
            return;
        }
        if let Some(name) = name_of(item) {
            self.define(name);
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let (name, parent) = (module.ident.to_string(), self.module);
        let folder = format!("{}/{name}", self.folder);
        let child =
            if let Some((_, items)) = &module.content {
                let file = self.sources.modules.get(parent).map_or(0, |module| module.file);
                Some(self.within(Some(parent), file, &folder, |reader| {
                    items.iter().for_each(|item| reader.visit_item(item))
                }))
            } else {
                let paths = [format!("{folder}.rs"), format!("{folder}/mod.rs")];
                let file = self.files.iter().find(|file| paths.contains(&file.path));
                // What does not parse does not compile either: compilers say it better.
                file.and_then(|file| self.file(file, Some(parent), &folder).ok())
            };
        if let (Some(child), Some(module)) = (child, self.now()) {
            module.children.insert(name, child);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.import(&item.tree, &[], !matches!(item.vis, Visibility::Inherited));
    }

    fn visit_item_impl(&mut self, block: &'ast ItemImpl) {
        let of = if let Type::Path(of) = &*block.self_ty { Some(segments(&of.path)) } else { None };
        if let (Some(of), Some(module)) = (of.clone(), self.now()) {
            let functions = block.items.iter().filter_map(|item| match item {
                ImplItem::Fn(function) if !is_of_tests(&function.attrs) => Some(function.sig.ident.to_string()),
                _ => None,
            });
            let functions = functions.collect();
            module.blocks.push(Block { of, of_trait: block.trait_.is_some(), functions });
        }
        let before = std::mem::replace(&mut self.of, of);
        visit::visit_item_impl(self, block);
        self.of = before;
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        if !is_of_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        self.in_bodies += 1;
        visit::visit_block(self, block);
        self.in_bodies -= 1;
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let named = match (&self.of, segments(path)) {
            (Some(of), named) if named.first().is_some_and(|first| first == "Self") => {
                of.iter().cloned().chain(named.into_iter().skip(1)).collect()
            }
            (_, named) => named,
        };
        self.name(named, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if matches!(&*call.receiver, syn::Expr::Path(path) if path.path.is_ident("self")) {
            self.own(&call.method);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        self.tokens(called.tokens.clone());
        visit::visit_macro(self, called);
    }

    /// Attributes name paths in strings, such as `#[serde(with = "crate::time")]`.
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let syn::Meta::List(list) = &attribute.meta else { return };
        for token in list.tokens.clone() {
            if let TokenTree::Literal(literal) = token {
                let text = literal.to_string();
                let path: Vec<String> = text.trim_matches('"').split("::").map(str::to_owned).collect();
                if path.len() > 1 {
                    self.name(path, literal.span().start().line);
                }
            }
        }
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

fn segments(path: &Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

/// The name that an item has in its module.
fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}
