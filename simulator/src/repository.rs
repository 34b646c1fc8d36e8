//! A Chef repository as files: where its cookbooks, roles, environments, data bags and policies are.
//!
//! Nothing is read from disk here: the tree of files comes from the caller, and texts are parsed on first use.

use crate::hash::HashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use foretaste_parser::erb;
use foretaste_parser::ruby;
use foretaste_parser::ruby::ast::{ExprKind, Program};
use foretaste_parser::source::Source;
use serde_json::Value as Json;

use crate::chef::metadata::Metadata;
use crate::chef::ohai;
use crate::chef::roles::{Described, Unreadable};

/// A tree of files. Paths are relative to its root, with `/` as separator.
#[derive(Clone, Debug, Default)]
pub struct Files(pub BTreeMap<Arc<str>, Arc<[u8]>>);

impl Files {
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Arc<[u8]>> {
        self.0.get(path)
    }

    /// Paths below a folder (without a final slash; empty for the root), in order.
    pub fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a Arc<str>> {
        let start: Arc<str> = if folder.is_empty() {
            "".into()
        } else {
            format!("{folder}/").into()
        };
        let prefix = start.clone();
        self.0
            .range(start..)
            .map(|(path, _)| path)
            .take_while(move |p| p.starts_with(&*prefix))
    }

    /// Names of what lies directly in a folder, in order.
    fn children(&self, folder: &str) -> Vec<String> {
        let skip = if folder.is_empty() {
            0
        } else {
            folder.len() + 1
        };
        let mut names: Vec<String> = Vec::new();
        for path in self.below(folder) {
            let name = path
                .get(skip..)
                .and_then(|p| p.split('/').next())
                .unwrap_or("");
            if names.last().is_none_or(|last| last != name) {
                names.push(name.to_owned());
            }
        }
        names
    }
}

/// Where things are in a repository. Paths are relative to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Folders of cookbooks. A later one wins where two have the same cookbook, as `cookbook_path` does.
    pub cookbooks: Vec<String>,
    /// The root itself is one cookbook.
    pub single_cookbook: Option<String>,
    pub roles: String,
    pub environments: String,
    pub data_bags: String,
    pub nodes: String,
}

impl Layout {
    /// Finds the usual folders, at the root or one folder below it.
    #[must_use]
    pub fn detect(files: &Files) -> Self {
        let root = Self::root(files);
        let at = |name: &str| {
            if root.is_empty() {
                name.to_owned()
            } else {
                format!("{root}/{name}")
            }
        };
        let has_metadata = |folder: &str| {
            let in_folder = |f: &str| {
                if folder.is_empty() {
                    f.to_owned()
                } else {
                    format!("{folder}/{f}")
                }
            };
            files.get(&in_folder("metadata.rb")).is_some()
                || files.get(&in_folder("metadata.json")).is_some()
        };
        let cookbooks = [
            "berks-cookbooks",
            "vendor/cookbooks",
            "cookbook_artifacts",
            "cookbooks",
            "site-cookbooks",
        ]
        .into_iter()
        .map(at)
        .filter(|path| files.below(path).next().is_some())
        .collect();
        Self {
            cookbooks,
            single_cookbook: has_metadata(&root).then(|| root.clone()),
            roles: at("roles"),
            environments: at("environments"),
            data_bags: at("data_bags"),
            nodes: at("nodes"),
        }
    }

    /// The folder of the repository: the root, or the one folder that has cookbooks or roles.
    fn root(files: &Files) -> String {
        let is_root = |folder: &str| {
            let below = |name: &str| {
                let path = if folder.is_empty() {
                    name.to_owned()
                } else {
                    format!("{folder}/{name}")
                };
                files.below(&path).next().is_some()
            };
            below("cookbooks") || below("site-cookbooks") || below("cookbook_artifacts")
        };
        if is_root("") || files.get("metadata.rb").is_some() || files.get("metadata.json").is_some()
        {
            return String::new();
        }
        let found: Vec<String> = files
            .children("")
            .into_iter()
            .filter(|name| is_root(name))
            .collect();
        match found.as_slice() {
            [only] => only.clone(),
            _ => String::new(),
        }
    }
}

/// One version of a cookbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookbook {
    pub name: String,
    /// Its folder; empty where the repository itself is the cookbook.
    pub root: String,
    pub version: Option<String>,
    /// `metadata.json` or `metadata.rb`.
    pub metadata: Option<Arc<str>>,
    /// Paths of its files, in order.
    pub files: Vec<Arc<str>>,
}

impl Cookbook {
    /// The path of a file, by its path inside the cookbook.
    #[must_use]
    pub fn path(&self, inside: &str) -> String {
        if self.root.is_empty() {
            inside.to_owned()
        } else {
            format!("{}/{inside}", self.root)
        }
    }

    /// Its files below one of its folders with an ending, in order.
    pub fn below<'a>(
        &'a self,
        folder: &str,
        ending: &'a str,
    ) -> impl Iterator<Item = &'a Arc<str>> {
        let prefix = self.path(&format!("{folder}/"));
        self.files
            .iter()
            .filter(move |p| p.starts_with(&prefix) && p.ends_with(ending))
    }

    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.files.binary_search_by(|p| (**p).cmp(path)).is_ok()
    }
}

/// Trees of texts that were parsed, shared by all revisions that hold the same bytes (the same `Arc`) at the same path.
#[derive(Default)]
pub struct ParseCache {
    programs: Mutex<HashMap<(Arc<str>, usize), Parsed>>,
}

#[derive(Default, Clone)]
struct Parsed {
    /// Kept so that its address stays its own.
    bytes: Option<Arc<[u8]>>,
    program: Arc<OnceLock<Arc<Program>>>,
}

impl ParseCache {
    fn program(
        &self,
        path: &Arc<str>,
        bytes: &Arc<[u8]>,
        parse: impl FnOnce(Arc<Source>) -> Program,
    ) -> Arc<Program> {
        let cell = {
            let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = programs
                .entry((path.clone(), bytes.as_ptr().addr()))
                .or_default();
            entry.bytes.get_or_insert_with(|| bytes.clone());
            entry.program.clone()
        };
        // The map is free while a text is being parsed.
        cell.get_or_init(|| Arc::new(parse(Arc::new(Source::from_bytes(path.clone(), bytes)))))
            .clone()
    }
}

/// A revision's files with their places known.
pub struct Repository {
    pub files: Files,
    pub layout: Layout,
    /// By name; several versions in the order of their folders, the one that wins last.
    pub cookbooks: BTreeMap<String, Vec<Cookbook>>,
    /// File of each role by the file's own name.
    pub roles: BTreeMap<String, Arc<str>>,
    pub environments: BTreeMap<String, Arc<str>>,
    /// Data bag to item id to file.
    pub data_bags: BTreeMap<String, BTreeMap<String, Arc<str>>>,
    /// `*.lock.json` policies.
    pub policies: Vec<Arc<str>>,
    /// A Berksfile, Policyfile or the like says where further cookbooks come from; so does a repository that is
    /// one cookbook. A cookbook that is not here is then not known to be missing.
    pub dependencies_elsewhere: bool,
    cache: Arc<ParseCache>,
    /// Cookbooks' metadata by the path of its file.
    metadata: Mutex<HashMap<Arc<str>, Arc<Metadata>>>,
    /// Attributes that cookbooks' Ohai plugins report, by the cookbook's folder.
    reported: Mutex<HashMap<String, Arc<BTreeSet<String>>>>,
    /// Roles and environments by path.
    described: Mutex<HashMap<Arc<str>, Reading>>,
}

type Reading = Result<Arc<Described>, Unreadable>;

impl Repository {
    #[must_use]
    pub fn new(files: Files, layout: Layout, cache: Arc<ParseCache>) -> Self {
        let roles = named(&files, &layout.roles);
        let environments = named(&files, &layout.environments);
        let mut data_bags: BTreeMap<String, BTreeMap<String, Arc<str>>> = BTreeMap::new();
        for path in files.below(&layout.data_bags) {
            let inside = path.get(layout.data_bags.len() + 1..).unwrap_or("");
            // A bag without items is one; git keeps its folder by a file that is none.
            if let Some((bag, file)) = inside.split_once('/') {
                let items = data_bags.entry(bag.to_owned()).or_default();
                if let Some(item) = file.strip_suffix(".json").filter(|i| !i.contains('/')) {
                    items.insert(item.to_owned(), path.clone());
                }
            }
        }
        let policies = files
            .0
            .keys()
            .filter(|p| p.ends_with(".lock.json"))
            .cloned()
            .collect();
        let root = layout.roles.strip_suffix("roles").unwrap_or("");
        let dependencies_elsewhere = layout.single_cookbook.is_some()
            || ["Berksfile", "Cheffile", "Policyfile.rb"]
                .iter()
                .any(|file| {
                    files.get(&format!("{root}{file}")).is_some() || files.get(file).is_some()
                });
        let mut this = Self {
            dependencies_elsewhere,
            files,
            layout,
            cookbooks: BTreeMap::new(),
            roles,
            environments,
            data_bags,
            policies,
            cache,
            metadata: Mutex::default(),
            reported: Mutex::default(),
            described: Mutex::default(),
        };
        this.find_cookbooks();
        this
    }

    fn find_cookbooks(&mut self) {
        let mut roots: Vec<String> = Vec::new();
        for folder in &self.layout.cookbooks {
            for name in self.files.children(folder) {
                roots.push(format!("{folder}/{name}"));
            }
        }
        roots.extend(self.layout.single_cookbook.clone());
        for root in roots {
            if let Some(cookbook) = self.cookbook_at(root) {
                self.cookbooks
                    .entry(cookbook.name.clone())
                    .or_default()
                    .push(cookbook);
            }
        }
    }

    /// A folder is a cookbook where it holds any of a cookbook's files.
    fn cookbook_at(&self, root: String) -> Option<Cookbook> {
        let inside = |f: &str| {
            if root.is_empty() {
                f.to_owned()
            } else {
                format!("{root}/{f}")
            }
        };
        let mut files: Vec<Arc<str>> = self.files.below(&root).cloned().collect();
        if root.is_empty() {
            // A repository that is itself a cookbook: what belongs to cookbooks below it is theirs.
            let others: Vec<String> = self
                .layout
                .cookbooks
                .iter()
                .map(|c| format!("{c}/"))
                .collect();
            files.retain(|p| !others.iter().any(|o| p.starts_with(o)));
        }
        const PARTS: [&str; 8] = [
            "attributes",
            "definitions",
            "files",
            "libraries",
            "providers",
            "recipes",
            "resources",
            "templates",
        ];
        let metadata = ["metadata.json", "metadata.rb"].iter().find_map(|f| {
            let path = inside(f);
            files.iter().find(|p| ***p == *path).cloned()
        });
        let is_cookbook = metadata.is_some()
            || files.iter().any(|p| {
                let rest = if root.is_empty() {
                    &**p
                } else {
                    p.get(root.len() + 1..).unwrap_or("")
                };
                rest.split_once('/')
                    .is_some_and(|(part, _)| PARTS.contains(&part))
            });
        if !is_cookbook {
            return None;
        }
        let folder = root.rsplit('/').next().unwrap_or("").to_owned();
        let (name, version) = match &metadata {
            Some(path) if path.ends_with(".json") => self.metadata_json(path),
            Some(path) => self.metadata_rb(path),
            None => (None, None),
        };
        Some(Cookbook {
            name: name.unwrap_or(folder),
            root,
            version,
            metadata,
            files,
        })
    }

    fn metadata_json(&self, path: &str) -> (Option<String>, Option<String>) {
        let json: Option<Json> = self
            .files
            .get(path)
            .and_then(|b| serde_json::from_slice(b).ok());
        let field = |name: &str| json.as_ref()?.get(name)?.as_str().map(str::to_owned);
        (field("name"), field("version"))
    }

    /// `name "x"` and `version "1.0"` at the top of metadata.rb.
    fn metadata_rb(&self, path: &str) -> (Option<String>, Option<String>) {
        let Some(program) = self.ruby(path) else {
            return (None, None);
        };
        let mut found = (None, None);
        let statements = match &program.body.kind {
            ExprKind::Seq(list) => list.iter().collect(),
            _ => vec![&program.body],
        };
        for statement in statements {
            let ExprKind::Call(call) = &statement.kind else {
                continue;
            };
            let [ruby::ast::Arg::Value(value)] = &*call.args.list else {
                continue;
            };
            let ExprKind::Str(text) = &value.kind else {
                continue;
            };
            match (call.recv.is_none(), call.name.as_str()) {
                (true, "name") => found.0 = Some(text.to_string()),
                (true, "version") => found.1 = Some(text.to_string()),
                _ => {}
            }
        }
        found
    }

    /// A file's text, with bytes that are not UTF-8 replaced.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<String> {
        self.files
            .get(path)
            .map(|b| String::from_utf8_lossy(b).into_owned())
    }

    /// A Ruby file's tree; look at its errors before running it.
    #[must_use]
    pub fn ruby(&self, path: &str) -> Option<Arc<Program>> {
        let (path, bytes) = self.files.0.get_key_value(path)?;
        Some(self.cache.program(path, bytes, ruby::parse))
    }

    /// What a cookbook's `metadata.json` or `metadata.rb` says. Running the latter needs a thread with
    /// [`crate::ruby::budget::STACK_BYTES`] of stack.
    #[must_use]
    pub fn metadata(&self, cookbook: &Cookbook) -> Arc<Metadata> {
        let Some(path) = &cookbook.metadata else {
            return Arc::default();
        };
        let lock = |this: &Self| -> Option<Arc<Metadata>> {
            let known = this.metadata.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(path).cloned()
        };
        if let Some(known) = lock(self) {
            return known;
        }
        let metadata = Arc::new(if path.ends_with(".json") {
            match self.json(path) {
                Some(Ok(json)) => Metadata::from_json(&json),
                _ => Metadata::default(),
            }
        } else {
            self.ruby(path)
                .map(|program| Metadata::from_ruby(&program))
                .unwrap_or_default()
        });
        let mut known = self.metadata.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(path.clone(), metadata.clone());
        metadata
    }

    /// The attributes that a cookbook's Ohai plugins report of the machine.
    pub fn reported(&self, cookbook: &Cookbook) -> Arc<BTreeSet<String>> {
        let mut known = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || Arc::new(ohai::provided(&self.files, cookbook));
        known
            .entry(cookbook.root.clone())
            .or_insert_with(read)
            .clone()
    }

    /// What a role or environment file was read as, reading it on first use.
    pub(crate) fn described(
        &self,
        path: &Arc<str>,
        read: impl FnOnce() -> Result<Arc<Described>, Unreadable>,
    ) -> Result<Arc<Described>, Unreadable> {
        let known = self.described.lock();
        if let Some(known) = known.unwrap_or_else(PoisonError::into_inner).get(path) {
            return known.clone();
        }
        // The map is free while a file is being read.
        let result = read();
        let mut known = self
            .described
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known.insert(path.clone(), result.clone());
        result
    }

    /// A template's tree.
    #[must_use]
    pub fn erb(&self, path: &str) -> Option<Arc<Program>> {
        let (path, bytes) = self.files.0.get_key_value(path)?;
        Some(self.cache.program(path, bytes, erb::parse))
    }

    /// A JSON file's value; the error is serde's own words.
    #[must_use]
    pub fn json(&self, path: &str) -> Option<Result<Json, String>> {
        let bytes = self.files.get(path)?;
        Some(serde_json::from_slice(bytes).map_err(|e| e.to_string()))
    }
}

/// Files of a folder by their names without `.rb` or `.json`; roles may lie in sub folders.
fn named(files: &Files, folder: &str) -> BTreeMap<String, Arc<str>> {
    let mut out = BTreeMap::new();
    for path in files.below(folder) {
        let file = path.rsplit('/').next().unwrap_or("");
        if let Some(name) = file
            .strip_suffix(".json")
            .or_else(|| file.strip_suffix(".rb"))
        {
            out.entry(name.to_owned()).or_insert_with(|| path.clone());
        }
    }
    out
}
