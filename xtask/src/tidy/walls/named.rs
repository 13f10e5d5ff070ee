//! What a source names: paths, texts, numbers by the names of what holds them, and refusals that functions give.

use super::{File, attributes, is_of_tests};
use proc_macro2::{Span, TokenStream, TokenTree};
use syn::{
    Attribute, Expr, Field, FnArg, GenericArgument, Ident, ImplItemFn, Item, ItemConst, ItemFn, ItemUse, Lit, LitStr,
    Macro, Pat, Path, PathArguments, ReturnType, Signature, Type, UseTree, Visibility,
    visit::{self, Visit},
};

/// One thing that a source names, with its line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A path.
    Path(Vec<String>, usize),
    /// A text, which is no documentation.
    Text(String, usize),
    /// A field, constant or argument of a type that has one name.
    Number { name: String, number: String, line: usize },
    /// A function for others that gives a refusal, and whether its documentation names it.
    Refused { function: String, refusal: String, is_told: bool, line: usize },
}

impl Named {
    pub(super) fn line(&self) -> usize {
        match self {
            Self::Path(_, line) | Self::Text(_, line) => *line,
            Self::Number { line, .. } | Self::Refused { line, .. } => *line,
        }
    }
}

/// What a source names that is not there for tests alone.
pub(super) fn named_in(file: &File) -> Result<Vec<Named>, String> {
    let syntax = syn::parse_file(&file.text)
        .map_err(|error| format!("{}:{}: is not understood: {error}", file.path, error.span().start().line))?;
    let mut reader = Reader::default();
    reader.visit_file(&syntax);
    Ok(reader.named)
}

#[derive(Default)]
struct Reader {
    named: Vec<Named>,
}

impl Reader {
    fn number(&mut self, name: &Ident, of: &Type) {
        if let Type::Path(of) = of
            && let Some(number) = of.path.get_ident()
        {
            let (name, number, line) = (name.to_string(), number.to_string(), line(name.span()));
            self.named.push(Named::Number { name, number, line });
        }
    }

    fn import(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: &Ident| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.import(&path.tree, &with(&path.ident)),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, before)),
            UseTree::Name(name) => self.named.push(Named::Path(with(&name.ident), line(name.ident.span()))),
            UseTree::Rename(renamed) => {
                self.named.push(Named::Path(with(&renamed.ident), line(renamed.ident.span())));
            }
            UseTree::Glob(glob) => self.named.push(Named::Path(before.to_vec(), line(glob.star_token.spans[0]))),
        }
    }

    /// Texts and paths among arguments of a macro.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: (Vec<String>, usize) = (Vec::new(), 0);
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end(std::mem::take(&mut path));
                        path.1 = line(ident.span());
                    }
                    path.0.push(ident.to_string());
                    colons = 0;
                    continue;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Literal(literal) => {
                    if let Lit::Str(text) = Lit::new(literal) {
                        self.visit_lit_str(&text);
                    }
                }
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Punct(_) => {}
            }
            colons = 0;
            self.end(std::mem::take(&mut path));
        }
        self.end(path);
    }

    fn end(&mut self, (path, line): (Vec<String>, usize)) {
        if !path.is_empty() {
            self.named.push(Named::Path(path, line));
        }
    }

    fn function(&mut self, signature: &Signature, visibility: &Visibility, attributes: &[Attribute]) {
        let Some(refusal) = refusal_of(&signature.output) else { return };
        if matches!(visibility, Visibility::Inherited) {
            return;
        }
        let documentation: String = attributes.iter().filter_map(text_of).collect();
        self.named.push(Named::Refused {
            function: signature.ident.to_string(),
            is_told: documentation.contains(&format!("[`{refusal}`]")),
            refusal,
            line: line(signature.ident.span()),
        });
    }
}

fn line(span: Span) -> usize {
    span.start().line
}

/// What a line of documentation says.
fn text_of(attribute: &Attribute) -> Option<String> {
    let syn::Meta::NameValue(named) = &attribute.meta else { return None };
    match &named.value {
        Expr::Lit(says) if named.path.is_ident("doc") => match &says.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// The refusal of an operation that a function gives in place of what it was asked for.
fn refusal_of(output: &ReturnType) -> Option<String> {
    let ReturnType::Type(_, gives) = output else { return None };
    let Type::Path(gives) = &**gives else { return None };
    let result = gives.path.segments.last().filter(|last| last.ident == "Result")?;
    let PathArguments::AngleBracketed(of) = &result.arguments else { return None };
    let GenericArgument::Type(Type::Path(error)) = of.args.last()? else { return None };
    let name = error.path.segments.last()?.ident.to_string();
    (name.ends_with("Refusal") && name != "Refusal").then_some(name)
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_of_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.import(&item.tree, &[]);
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.function(&item.sig, &item.vis, &item.attrs);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if !is_of_tests(&item.attrs) {
            self.function(&item.sig, &item.vis, &item.attrs);
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_field(&mut self, field: &'ast Field) {
        if let Some(name) = &field.ident {
            self.number(name, &field.ty);
        }
        visit::visit_field(self, field);
    }

    fn visit_item_const(&mut self, item: &'ast ItemConst) {
        self.number(&item.ident, &item.ty);
        visit::visit_item_const(self, item);
    }

    fn visit_fn_arg(&mut self, argument: &'ast FnArg) {
        if let FnArg::Typed(typed) = argument
            && let Pat::Ident(name) = &*typed.pat
        {
            self.number(&name.ident, &typed.ty);
        }
        visit::visit_fn_arg(self, argument);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let Some(first) = path.segments.first() {
            self.named.push(Named::Path(parts, line(first.ident.span())));
        }
        visit::visit_path(self, path);
    }

    fn visit_lit_str(&mut self, text: &'ast LitStr) {
        self.named.push(Named::Text(text.value(), line(text.span())));
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        self.tokens(called.tokens.clone());
        visit::visit_macro(self, called);
    }

    /// Attributes hold documentation, and examples for it.
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}
