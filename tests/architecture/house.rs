//! The sources, parsed, with paths resolved as far as the rules need: to the module that is named,
//! and through `use` to the file that defines the item.
//!
//! Types are not resolved, so calling a method is not a use of the file that defines it.

use std::collections::{BTreeMap, BTreeSet};

use syn::buffer::{Cursor, TokenBuffer};
use syn::visit::{self, Visit};
use syn::{Attribute, Ident, ItemMod, ItemUse, Macro, MetaList, UseTree, Visibility};

type Names = Vec<String>;

/// A module and what its code names.
#[derive(Default)]
struct Module {
    file: String,
    is_test: bool,
    /// Names that `use` brings in, with what they stand for.
    imports: BTreeMap<String, Names>,
    /// `use x::*`.
    globs: Vec<Names>,
    /// As written, of two names or more or in a `use`; whether it only passes a name on: `pub use`.
    paths: BTreeSet<(Names, bool)>,
}

/// All modules, inline ones too, by their path: `video/player.rs` is `["video", "player"]`.
#[derive(Default)]
pub struct House(BTreeMap<Names, Module>);

impl House {
    /// From file names below `src` and their texts.
    pub fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut house = Self::default();
        for (file, text) in files {
            let mut module: Names = file
                .trim_end_matches(".rs")
                .split('/')
                .map(str::to_owned)
                .collect();
            module.pop_if(|name| *name == "mod" || *name == "lib");
            let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"));
            let mut reader = Reader {
                house: &mut house,
                file,
                module,
            };
            reader.enter();
            reader.visit_file(&parsed);
        }
        house
    }

    /// What the first name of a path stands for in a module, if it is not of another crate.
    fn meaning(&self, module: &[String], name: &str, depth: usize) -> Option<Names> {
        let child = [module, &[name.to_owned()]].concat();
        if self.0.contains_key(&child) {
            return Some(child);
        }
        let scope = self.0.get(module)?;
        let deeper = depth.checked_sub(1)?; // `use a::a` of a crate would never end
        if let Some(target) = scope.imports.get(name) {
            return self.absolute(module, target, deeper);
        }
        scope.globs.iter().find_map(|glob| {
            let from = self.absolute(module, glob, deeper)?;
            self.meaning(&from, name, deeper)
        })
    }

    /// A path from the root of the crate, `None` for a path into another crate.
    fn absolute(&self, module: &[String], path: &[String], depth: usize) -> Option<Names> {
        let (first, mut rest) = path.split_first()?;
        let mut start = match first.as_str() {
            "crate" | "vcl" => Names::new(),
            "self" => module.to_vec(),
            "super" => module.split_last()?.1.to_vec(),
            name => self.meaning(module, name, depth)?,
        };
        while let Some((_, after)) = rest.split_first().filter(|(name, _)| *name == "super") {
            start.pop();
            rest = after;
        }
        Some([&start, rest].concat())
    }

    /// The module that defines the item of an absolute path, `None` for the path of a module.
    fn definer(&self, path: &[String], depth: usize) -> Option<Names> {
        let is_module = |n: &usize| self.0.contains_key(&path[..*n]);
        let n = (0..=path.len()).rev().find(is_module)?;
        if n == path.len() {
            return None;
        }
        let module = &path[..n];
        match self.meaning(module, &path[n], depth) {
            Some(target) => self.definer(&[&target, &path[n + 1..]].concat(), depth - 1),
            None => Some(module.to_vec()),
        }
    }

    pub fn modules(&self) -> impl Iterator<Item = &Names> {
        self.0.keys()
    }

    pub fn file(&self, module: &[String]) -> &str {
        &self.0[module].file
    }

    /// What is named outside of the crate: by which module, and the first name.
    pub fn foreign(&self) -> impl Iterator<Item = (&Names, &str)> {
        self.paths().filter_map(|(user, path, _)| {
            let is_foreign = self.absolute(user, path, DEPTH).is_none();
            is_foreign.then_some((user, path[0].as_str()))
        })
    }

    /// What is named in the crate: by which module, and the path from the root.
    pub fn uses(&self) -> impl Iterator<Item = (&Names, Names)> {
        self.paths()
            .filter_map(|(user, path, _)| Some((user, self.absolute(user, path, DEPTH)?)))
    }

    /// Which module uses what another one defines; passing a name on is not using it, and tests may
    /// use what they like.
    pub fn dependencies(&self) -> impl Iterator<Item = (&Names, Names)> {
        let is_test = |user: &Names| (1..=user.len()).any(|n| self.is_test(&user[..n]));
        let used = self
            .paths()
            .filter(move |(user, _, passes_on)| !passes_on && !is_test(user));
        used.filter_map(|(user, path, _)| {
            let path = self.absolute(user, path, DEPTH)?;
            Some((user, self.definer(&path, DEPTH)?))
        })
    }

    fn is_test(&self, module: &[String]) -> bool {
        self.0.get(module).is_some_and(|module| module.is_test)
    }

    fn paths(&self) -> impl Iterator<Item = (&Names, &Names, bool)> {
        self.0.iter().flat_map(|(user, module)| {
            let paths = module.paths.iter();
            paths.map(move |(path, passes_on)| (user, path, *passes_on))
        })
    }
}

/// So many `use` in a row are followed.
const DEPTH: usize = 8;

struct Reader<'a> {
    house: &'a mut House,
    file: &'a str,
    module: Names,
}

impl Reader<'_> {
    fn enter(&mut self) {
        self.scope().file = self.file.to_owned();
    }

    fn scope(&mut self) -> &mut Module {
        self.house.0.entry(self.module.clone()).or_default()
    }

    fn take(&mut self, path: Names) {
        if path.len() > 1 {
            self.scope().paths.insert((path, false));
        }
    }

    fn take_use(&mut self, before: &[String], tree: &UseTree, passes_on: bool) {
        let with = |name: &dyn ToString| match name.to_string() {
            name if name == "self" && !before.is_empty() => before.to_vec(),
            name => [before, &[name]].concat(),
        };
        let (path, name) = match tree {
            UseTree::Path(path) => return self.take_use(&with(&path.ident), &path.tree, passes_on),
            UseTree::Group(group) => {
                let trees = group.items.iter();
                return trees.for_each(|tree| self.take_use(before, tree, passes_on));
            }
            UseTree::Glob(_) => {
                self.scope().globs.push(before.to_vec());
                (with(&"*"), None)
            }
            UseTree::Name(name) => {
                let path = with(&name.ident);
                (path.clone(), path.last().cloned())
            }
            UseTree::Rename(rename) => (with(&rename.ident), Some(rename.rename.to_string())),
        };
        let scope = self.scope();
        scope.paths.insert((path.clone(), passes_on));
        scope.imports.extend(name.map(|name| (name, path)));
    }

    /// The paths in the words of a macro, which the parser leaves as they are.
    fn take_tokens(&mut self, mut cursor: Cursor<'_>) {
        while let Some((_, after)) = cursor.token_tree() {
            let mut rest = after;
            if let Some((inside, ..)) = cursor.any_group() {
                self.take_tokens(inside);
            } else if let Some((ident, _)) = cursor.ident() {
                let mut path = vec![ident.to_string()];
                while let Some((ident, after)) = after_colons(rest).and_then(Cursor::ident) {
                    path.push(ident.to_string());
                    rest = after;
                }
                self.take(path);
            }
            cursor = rest;
        }
    }
}

fn after_colons(cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    let (first, rest) = cursor.punct()?;
    let (second, rest) = rest.punct()?;
    (first.as_char() == ':' && second.as_char() == ':').then_some(rest)
}

/// `#[cfg(test)]`
fn is_for_tests(attribute: &Attribute) -> bool {
    let condition = || attribute.parse_args::<Ident>();
    attribute.path().is_ident("cfg") && condition().is_ok_and(|name| name == "test")
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module.push(item.ident.to_string());
        if item.attrs.iter().any(is_for_tests) {
            self.scope().is_test = true;
        }
        if item.content.is_some() {
            self.enter();
            visit::visit_item_mod(self, item);
        }
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let passes_on = !matches!(item.vis, Visibility::Inherited);
        self.take_use(&[], &item.tree, passes_on);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        self.take(names.collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.visit_path(&mac.path);
        self.take_tokens(TokenBuffer::new2(mac.tokens.clone()).begin());
    }

    fn visit_meta_list(&mut self, list: &'ast MetaList) {
        self.take_tokens(TokenBuffer::new2(list.tokens.clone()).begin());
    }
}
