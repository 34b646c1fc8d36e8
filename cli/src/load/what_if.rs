//! What if a node or environment had another value: edits of the head without editing files.

use std::str::FromStr;
use std::sync::Arc;

use foretaste_simulator::chef::roles;
use foretaste_simulator::convergence::SavedNode;
use foretaste_simulator::repository::{Files, Repository};
use foretaste_simulator::rollout::Options;
use serde_json::{Map, Value as Json};

use crate::error::Failure;
use crate::gate::Side;

/// One edit, as `NAME.KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// The node's or environment's name and the key: which is which only the inventory tells, for names have dots too.
    target: String,
    value: String,
}

impl FromStr for Set {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((target, value)) if target.trim_matches('.').contains('.') => Ok(Self {
                target: target.to_owned(),
                value: value.to_owned(),
            }),
            _ => Err("write it as NAME.KEY=VALUE, as in `web1.run_list=role[web]`".to_owned()),
        }
    }
}

/// What else is supposed to be so.
#[derive(Clone, Copy, Debug, Default)]
pub struct WhatIf<'a> {
    pub set: &'a [Set],
    /// Nodes that have been taken out of rotation.
    pub drained: &'a [String],
    /// Nodes that do not run.
    pub down: &'a [String],
}

impl WhatIf<'_> {
    /// Edits the head, and says of the rollout what is supposed.
    ///
    /// # Errors
    /// Nodes that neither side has, and what [`Set::apply`] refuses.
    pub fn apply(
        &self,
        base: Option<&Side>,
        head: &mut Side,
        rollout: &mut Options,
    ) -> Result<(), Failure> {
        self.set.iter().try_for_each(|set| set.apply(head))?;
        let sides = || base.into_iter().chain([&*head]);
        for (nodes, into) in [
            (self.drained, &mut rollout.drained),
            (self.down, &mut rollout.down),
        ] {
            for name in nodes {
                if !sides().any(|s| s.revision.inventory.nodes.contains_key(name)) {
                    return Err(Failure::usage(format!("there is no node `{name}`"))
                        .help("nodes are those of the inventory"));
                }
                into.insert(name.clone());
            }
        }
        Ok(())
    }
}

impl Set {
    /// Edits the node or environment of that name.
    ///
    /// # Errors
    /// A name that is neither, or an environment that cannot be read.
    pub fn apply(&self, side: &mut Side) -> Result<(), Failure> {
        let key = |name: &str| self.target.strip_prefix(name)?.strip_prefix('.');
        let nodes = &mut side.revision.inventory.nodes;
        // The longest name: `web1.example.com` is not the node `web1`.
        let node = nodes.values_mut().filter(|n| key(&n.name).is_some());
        if let Some(node) = node.max_by_key(|n| n.name.len()) {
            let key = key(&node.name).unwrap_or_default().to_owned();
            self.edit(node, &key);
            return Ok(());
        }
        let environments = side.revision.repository.environments.iter();
        let found = environments
            .filter_map(|(name, path)| Some((path.clone(), key(name)?.to_owned())))
            .min_by_key(|(_, key)| key.len());
        match found {
            Some((path, key)) => self.environment(side, &path, &key),
            None => Err(Failure::usage(format!(
                "`{}` begins with no node or environment",
                self.target
            ))
            .help("nodes are those of the inventory, environments those of the repository")),
        }
    }

    fn edit(&self, node: &mut SavedNode, key: &str) {
        let list = || {
            let items = self.value.trim_matches(['[', ' ']).split(',');
            let items = items.map(|i| i.trim().trim_matches(['"', '\'']).to_owned());
            items.filter(|i| !i.is_empty()).collect()
        };
        match key {
            "run_list" => {
                node.run_list = match serde_json::from_str::<Vec<String>>(&self.value) {
                    Ok(items) => items,
                    Err(_) => list(),
                };
            }
            "chef_environment" | "environment" => node.chef_environment.clone_from(&self.value),
            "policy_name" => node.policy_name = Some(self.value.clone()),
            "policy_group" => node.policy_group = Some(self.value.clone()),
            "tags" => {
                let tags: Vec<String> = list();
                node.normal.insert("tags".to_owned(), tags.into());
            }
            path => node.normal.edit(|normal| put(normal, path, self.json())),
        }
    }

    fn environment(&self, side: &mut Side, path: &Arc<str>, key: &str) -> Result<(), Failure> {
        let repository = &side.revision.repository;
        let refused = || {
            Failure::usage(format!(
                "{path} cannot be read to its end: --set cannot edit it"
            ))
            .help("edit the file, and plan the work tree")
        };
        let described = roles::read(repository, path).map_err(|_| refused())?;
        if described.open.is_some() {
            return Err(refused());
        }
        let mut level = described.default_attributes.clone();
        put(&mut level, key, self.json());
        let text = match repository.json(path) {
            Some(Ok(Json::Object(mut json))) => {
                json.insert("default_attributes".to_owned(), Json::Object(level));
                Json::Object(json).to_string()
            }
            // What is said last counts; the lines above stay where they are.
            _ => {
                let text = repository.text(path).unwrap_or_default();
                format!("{text}\ndefault_attributes({})\n", ruby(&level.into()))
            }
        };
        let mut files = Files(repository.files.0.clone());
        files.0.insert(path.clone(), Arc::from(text.into_bytes()));
        let layout = repository.layout.clone();
        side.revision.repository = Arc::new(Repository::new(files, layout, Arc::default()));
        Ok(())
    }

    /// The value as JSON where it is that, else as text.
    fn json(&self) -> Json {
        serde_json::from_str(&self.value).unwrap_or_else(|_| Json::from(self.value.as_str()))
    }
}

/// A value as Ruby writes it.
fn ruby(value: &Json) -> String {
    match value {
        Json::Null => "nil".to_owned(),
        Json::Bool(_) | Json::Number(_) => value.to_string(),
        Json::String(text) => quoted(text),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(ruby).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(map) => {
            let pair =
                |(key, value): (&String, &Json)| format!("{} => {}", quoted(key), ruby(value));
            let pairs: Vec<String> = map.iter().map(pair).collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Sets the value at a dotted path.
fn put(level: &mut Map<String, Json>, path: &str, value: Json) {
    let mut level = level;
    let mut keys = path.split('.').peekable();
    while let Some(key) = keys.next() {
        if keys.peek().is_none() {
            level.insert(key.to_owned(), value);
            return;
        }
        let next = level.entry(key).or_insert(Json::Null);
        if !next.is_object() {
            *next = Json::Object(Map::new());
        }
        let Json::Object(map) = next else { return };
        level = map;
    }
}
