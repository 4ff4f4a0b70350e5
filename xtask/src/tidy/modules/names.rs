//! One file: which items it defines, which paths it names, which functions it offers.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Attribute, File, ImplItem, Item, Path, TraitItem, UseTree, Visibility};

/// What one file defines and names; paths are from the root of its crate.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Its path from the root of the repository.
    pub(crate) file: String,
    /// Names of the items that stand in it.
    pub(super) defines: BTreeSet<String>,
    /// Names that `use` brings in, with what they mean; `*` for all of a module.
    pub(super) imports: Vec<(String, Vec<String>)>,
    /// Every path of this crate that the file names.
    pub(super) paths: Vec<Vec<String>>,
    /// Functions and methods that are public.
    pub(crate) public_functions: Vec<String>,
    /// The module that is being read, longer than the file's own inside of an inline module.
    module: Vec<String>,
    /// Modules that are declared in the file: names that begin a path.
    children: BTreeSet<String>,
}

impl Names {
    /// Reads a file that was parsed.
    pub(super) fn of(file: &str, module: &[String], parsed: &File) -> Self {
        let children = parsed.items.iter().filter_map(|item| match item {
            Item::Mod(child) => Some(child.ident.to_string()),
            _ => None,
        });
        let mut names = Self {
            file: file.to_owned(),
            module: module.to_vec(),
            children: children.collect(),
            ..Self::default()
        };
        names.visit_file(parsed);
        names
    }

    /// A path from the root of the crate, `None` for one that leads out of it.
    fn absolute(&self, words: &[String]) -> Option<Vec<String>> {
        let mut path = match words.first()?.as_str() {
            "crate" => Vec::new(),
            "self" | "super" => self.module.clone(),
            child if self.children.contains(child) => self.module.clone(),
            _ => return None,
        };
        for word in words {
            match word.as_str() {
                "crate" | "self" => {}
                "super" => drop(path.pop()),
                _ => path.push(word.clone()),
            }
        }
        Some(path)
    }

    fn import(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(&path.tree, before);
                before.pop();
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, before);
                }
            }
            UseTree::Name(name) => self.imported(before, &name.ident.to_string(), None),
            UseTree::Rename(rename) => {
                self.imported(before, &rename.ident.to_string(), Some(rename.rename.to_string()));
            }
            UseTree::Glob(_) => {
                if let Some(module) = self.absolute(before) {
                    self.imports.push(("*".to_owned(), module.clone()));
                    self.paths.push([module, vec!["*".to_owned()]].concat());
                }
            }
        }
    }

    fn imported(&mut self, before: &[String], name: &str, renamed: Option<String>) {
        let words = [before, &[name.to_owned()]].concat();
        if let Some(path) = self.absolute(&words) {
            self.imports.push((renamed.unwrap_or_else(|| name.to_owned()), path.clone()));
            self.paths.push(path);
        }
    }

    fn define(&mut self, item: &Item) {
        let name = match item {
            Item::Const(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Union(item) => &item.ident,
            _ => return,
        };
        self.defines.insert(name.to_string());
    }

    fn offer(&mut self, visibility: &Visibility, name: &syn::Ident) {
        if matches!(visibility, Visibility::Public(_)) {
            self.public_functions.push(name.to_string());
        }
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_test(item) {
            return;
        }
        self.define(item);
        match item {
            Item::Use(item) => self.import(&item.tree, &mut Vec::new()),
            Item::Mod(item) if item.content.is_some() => {
                self.module.push(item.ident.to_string());
                visit::visit_item_mod(self, item);
                self.module.pop();
            }
            Item::Fn(function) => {
                self.offer(&function.vis, &function.sig.ident);
                visit::visit_item(self, item);
            }
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if let ImplItem::Fn(function) = item {
            self.offer(&function.vis, &function.sig.ident);
        }
        visit::visit_impl_item(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        for method in &item.items {
            if let TraitItem::Fn(method) = method {
                self.offer(&item.vis, &method.sig.ident);
            }
        }
        visit::visit_item_trait(self, item);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let words: Vec<String> =
            path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        // A single word is a local name or an import, which is known already.
        if words.len() > 1
            && let Some(path) = self.absolute(&words)
        {
            self.paths.push(path);
        }
        visit::visit_path(self, path);
    }
}

/// Tells whether an item is compiled for tests only.
fn is_test(item: &Item) -> bool {
    let attributes: &[Attribute] = match item {
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    };
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<Path>().is_ok_and(|argument| argument.is_ident("test"))
    })
}
