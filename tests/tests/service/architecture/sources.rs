//! The files of a crate, and which of them use which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

pub(crate) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the workspace").to_owned()
}

pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The files of one crate, by module path.
pub(super) struct Sources {
    /// The path from the workspace root, such as `shared/scim`.
    pub(super) folder: String,
    pub(super) modules: BTreeMap<Vec<String>, PathBuf>,
}

impl Sources {
    pub(super) fn of(folder: &str) -> Self {
        let src = root().join(folder).join("src");
        let mut modules = BTreeMap::new();
        for file in files_below(&src) {
            let below = file
                .strip_prefix(&src)
                .expect("below src")
                .with_extension("");
            let mut module: Vec<String> = below
                .iter()
                .map(|part| part.to_string_lossy().into_owned())
                .collect();
            match module.last().map(String::as_str) {
                Some("mod") => drop(module.pop()),
                Some("lib") if module.len() == 1 => module.clear(),
                Some("main") if module.len() == 1 => continue,
                _ => {}
            }
            modules.insert(module, file);
        }
        Self {
            folder: folder.to_owned(),
            modules,
        }
    }

    /// Returns the module whose file contains the item at an absolute path.
    fn file_of(&self, path: &[String]) -> Option<Vec<String>> {
        let lengths = (0..=path.len()).rev();
        let mut prefixes = lengths.map(|length| &path[..length]);
        let found = prefixes.find(|prefix| self.modules.contains_key(*prefix));
        found.map(<[String]>::to_vec)
    }

    /// Returns the dependencies between files, each with the names that it uses.
    pub(super) fn edges(&self) -> BTreeMap<(Vec<String>, Vec<String>), BTreeSet<String>> {
        let mut edges = BTreeMap::<_, BTreeSet<String>>::new();
        for (module, file) in &self.modules {
            let text = std::fs::read_to_string(file).expect("a source");
            let syntax = syn::parse_file(&text).expect("Rust");
            let mut paths = Paths {
                sources: self,
                module: module.clone(),
                found: Vec::new(),
            };
            paths.visit_file(&syntax);
            for path in paths.found {
                let to = self.file_of(&path).filter(|to| to != module);
                if let Some(to) = to {
                    let name = path.last().cloned().unwrap_or_default();
                    edges.entry((module.clone(), to)).or_default().insert(name);
                }
            }
        }
        edges
    }
}

/// Collects the paths in a file that lead into its own crate.
struct Paths<'a> {
    sources: &'a Sources,
    module: Vec<String>,
    found: Vec<Vec<String>>,
}

impl Paths<'_> {
    fn take(&mut self, path: &[String]) {
        let (first, rest) = match path.split_first() {
            Some((first, rest)) => (first.as_str(), rest),
            None => return,
        };
        let mut base = match first {
            "crate" => Vec::new(),
            "self" => self.module.clone(),
            "super" => self
                .module
                .split_last()
                .map(|(_, up)| up.to_vec())
                .unwrap_or_default(),
            child => {
                let child = [&self.module[..], &[child.to_owned()]].concat();
                match self.sources.modules.contains_key(&child) {
                    true => child,
                    false => return,
                }
            }
        };
        let mut rest = rest;
        while let Some((next, after)) = rest.split_first()
            && next == "super"
        {
            base.pop();
            rest = after;
        }
        base.extend(rest.iter().cloned());
        self.found.push(base);
    }

    fn take_use(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.take_use(&path.tree, &with(&path.ident)),
            syn::UseTree::Name(name) if name.ident == "self" => self.take(before),
            syn::UseTree::Name(name) => self.take(&with(&name.ident)),
            syn::UseTree::Rename(rename) => self.take(&with(&rename.ident)),
            syn::UseTree::Glob(_) => self.take(before),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.take_use(tree, before);
                }
            }
        }
    }
}

fn is_test_only(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let list = attribute.meta.require_list();
        attribute.path().is_ident("cfg") && list.is_ok_and(|it| it.tokens.to_string() == "test")
    })
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test_only(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.take_use(&item.tree, &[]);
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {
        // `pub(crate)` names no file.
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        self.take(&segments.collect::<Vec<_>>());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        // `syn` does not parse the tokens of a macro, so search for `crate :: a :: b` as text.
        let text = item.tokens.to_string().replace(' ', "");
        for start in text.match_indices("crate::").map(|(at, _)| at) {
            let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let path: String = text[start..].chars().take_while(|c| is_path(*c)).collect();
            let segments = path.split("::").filter(|segment| !segment.is_empty());
            self.take(&segments.map(str::to_owned).collect::<Vec<_>>());
        }
        visit::visit_macro(self, item);
    }
}
