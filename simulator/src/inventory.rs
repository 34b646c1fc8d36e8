//! Node objects: as exported from a Chef server, as written by hand, or made up from roles.

mod read;

use std::collections::BTreeMap;
use std::sync::Arc;

use foretaste_parser::source::Location;
use serde_json::{Map, Value as Json};

use crate::chef::platform::facts;
use crate::convergence::SavedNode;
use crate::repository::{Files, Repository};

/// The nodes that a change is simulated for, by name.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    pub nodes: BTreeMap<String, SavedNode>,
    /// What could not be taken over, in the order of reading.
    pub problems: Vec<Problem>,
}

/// Something in an inventory that is no node object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub message: String,
    pub location: Location,
}

/// A platform and its version, as `ubuntu 22.04`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    pub name: String,
    pub version: String,
}

impl Default for Platform {
    fn default() -> Self {
        Self {
            name: "ubuntu".to_owned(),
            version: "22.04".to_owned(),
        }
    }
}

impl Platform {
    /// Reads `ubuntu 22.04`, or `ubuntu-22.04` as Test Kitchen writes it. A name alone has no version.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        let (name, version) = text
            .split_once(char::is_whitespace)
            .or_else(|| text.rsplit_once('-'))?;
        let version = version.trim();
        let plausible = version.starts_with(|c: char| c.is_ascii_digit());
        (plausible && !name.is_empty()).then(|| Self {
            name: name.to_ascii_lowercase(),
            version: version.to_owned(),
        })
    }

    /// The first platform that a `kitchen.yml` tests on, read line by line: enough for the usual shape of that file.
    #[must_use]
    pub fn from_kitchen(files: &Files) -> Option<Self> {
        let bytes = ["kitchen.yml", ".kitchen.yml"]
            .iter()
            .find_map(|f| files.get(f))?;
        let text = String::from_utf8_lossy(bytes);
        text.lines()
            .skip_while(|line| line.trim_end() != "platforms:")
            .skip(1)
            .take_while(|line| line.is_empty() || line.starts_with([' ', '-', '#']))
            .find_map(|line| {
                let name = line.trim().strip_prefix("- name:")?;
                Self::from_text(name.trim().trim_matches(['"', '\'']))
            })
    }
}

/// A node described by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub run_list: Vec<String>,
    pub environment: Option<String>,
    pub platform: Option<Platform>,
    /// IPv4 and IPv6 addresses; the first of each kind is the node's own.
    pub addresses: Vec<String>,
}

impl Inventory {
    /// Adds the node objects of a JSON text: one object of `knife node show -F json -l` or `knife download`, the
    /// `rows` of `knife search node -F json -l`, an array, or an object of nodes by name. A later object of the same
    /// name replaces an earlier one. What is no node object becomes a problem.
    pub fn add_json(&mut self, path: &str, bytes: &[u8]) {
        read::add(self, path, bytes);
    }

    /// Adds a node described by hand; `platform` is that of entries which name none.
    pub fn add_entry(&mut self, entry: &Entry, platform: &Platform, location: Option<Location>) {
        let mut node = synthetic(
            &entry.name,
            entry.platform.as_ref().unwrap_or(platform),
            location,
        );
        node.run_list.clone_from(&entry.run_list);
        if let Some(environment) = &entry.environment {
            node.chef_environment.clone_from(environment);
        }
        let own = |v6: bool| entry.addresses.iter().find(|a| a.contains(':') == v6);
        let hostname = entry.name.split('.').next().unwrap_or(&entry.name);
        let facts = [
            ("fqdn", Some(entry.name.as_str())),
            ("hostname", Some(hostname)),
            (
                "ipaddress",
                own(false).or_else(|| own(true)).map(String::as_str),
            ),
            ("ip6address", own(true).map(String::as_str)),
        ];
        node.automatic.edit(|automatic| {
            for (key, value) in facts {
                if let Some(value) = value {
                    automatic.insert(key.to_owned(), Json::from(value));
                }
            }
        });
        self.nodes.insert(entry.name.clone(), node);
    }

    /// Adds one node for each role of a repository, named `ROLE-synthetic`, unless a node of that name is there.
    /// Returns how many were added.
    pub fn add_roles(&mut self, repository: &Repository, platform: &Platform) -> usize {
        let before = self.nodes.len();
        for (role, path) in &repository.roles {
            let name = format!("{role}-synthetic");
            self.nodes.entry(name.clone()).or_insert_with(|| {
                let mut node = synthetic(&name, platform, Some(Location::line(path.clone(), 1)));
                node.run_list = vec![format!("role[{role}]")];
                node
            });
        }
        self.nodes.len() - before
    }

    /// Adds one node for each policy of a repository: for each group of an export, named `POLICY-GROUP-synthetic`, else
    /// for each lock file, named `POLICY-synthetic`. Returns how many were added.
    pub fn add_policies(&mut self, repository: &Repository, platform: &Platform) -> usize {
        let before = self.nodes.len();
        let root = repository.layout.roles.strip_suffix("roles").unwrap_or("");
        let groups = format!("{root}policy_groups");
        let mut found: Vec<(String, String, String, Arc<str>)> = Vec::new();
        for path in repository.files.below(&groups) {
            let file = path.rsplit('/').next().unwrap_or("");
            let Some(group) = file.strip_suffix(".json") else {
                continue;
            };
            let json = repository.json(path).and_then(Result::ok);
            let policies = json.as_ref().and_then(|j| j.get("policies")?.as_object());
            for policy in policies.into_iter().flat_map(Map::keys) {
                let name = format!("{policy}-{group}-synthetic");
                found.push((name, policy.clone(), group.to_owned(), path.clone()));
            }
        }
        if found.is_empty() {
            for path in &repository.policies {
                let json = repository.json(path).and_then(Result::ok);
                if let Some(policy) = json.as_ref().and_then(|j| j.get("name")?.as_str()) {
                    let name = format!("{policy}-synthetic");
                    found.push((name, policy.to_owned(), "local".to_owned(), path.clone()));
                }
            }
        }
        for (name, policy, group, path) in found {
            self.nodes.entry(name.clone()).or_insert_with(|| SavedNode {
                policy_name: Some(policy),
                policy_group: Some(group.clone()),
                chef_environment: group,
                ..synthetic(&name, platform, Some(Location::line(path, 1)))
            });
        }
        self.nodes.len() - before
    }

    /// Adds one node for a repository that is one cookbook, with its default recipe, named `COOKBOOK-synthetic`.
    /// Returns how many were added.
    pub fn add_cookbook(&mut self, repository: &Repository, platform: &Platform) -> usize {
        let before = self.nodes.len();
        let root = repository.layout.single_cookbook.as_ref();
        let cookbooks = repository.cookbooks.values().flatten();
        for cookbook in cookbooks.filter(|c| Some(&c.root) == root) {
            let recipe = cookbook.path("recipes/default.rb");
            if !cookbook.has(&recipe) {
                continue;
            }
            let name = format!("{}-synthetic", cookbook.name);
            self.nodes.entry(name.clone()).or_insert_with(|| SavedNode {
                run_list: vec![format!("recipe[{}]", cookbook.name)],
                ..synthetic(&name, platform, Some(Location::line(recipe, 1)))
            });
        }
        self.nodes.len() - before
    }

    /// How many nodes nobody exported.
    #[must_use]
    pub fn synthetic(&self) -> usize {
        self.nodes.values().filter(|n| n.synthetic).count()
    }
}

fn synthetic(name: &str, platform: &Platform, location: Option<Location>) -> SavedNode {
    let mut automatic = facts(&platform.name, Some(&platform.version));
    automatic.insert("platform".to_owned(), Json::from(platform.name.as_str()));
    automatic.insert(
        "platform_version".to_owned(),
        Json::from(platform.version.as_str()),
    );
    SavedNode {
        name: name.to_owned(),
        chef_environment: "_default".to_owned(),
        automatic: automatic.into(),
        synthetic: true,
        location,
        ..SavedNode::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::Layout;

    #[test]
    fn roles_become_nodes_on_the_platform_of_the_kitchen() {
        let mut files = Files::default();
        for (path, text) in [
            ("roles/web.rb", "name 'web'"),
            (
                "kitchen.yml",
                "driver:\n  name: dokken\nplatforms:\n  - name: debian-12\nsuites: []\n",
            ),
        ] {
            files.0.insert(path.into(), text.as_bytes().into());
        }
        let platform = Platform::from_kitchen(&files).unwrap_or_default();
        let layout = Layout::detect(&files);
        let repository = Repository::new(files, layout, Arc::default());
        let mut inventory = Inventory::default();
        assert_eq!(inventory.add_roles(&repository, &platform), 1);
        let node = inventory.nodes.get("web-synthetic").unwrap();
        assert!(node.synthetic);
        assert_eq!(node.run_list, ["role[web]"]);
        assert_eq!(node.automatic.get("platform"), Some(Json::from("debian")));
        assert_eq!(node.automatic.get("fqdn"), None);
    }
}
