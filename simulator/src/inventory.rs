//! Node objects: as exported from a Chef server, as written by hand, or made up from roles.

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
        match serde_json::from_slice::<Json>(bytes) {
            Ok(json) => {
                let text = String::from_utf8_lossy(bytes);
                Reader {
                    path: Arc::from(path),
                    text: &text,
                    inventory: self,
                }
                .read(json);
            }
            Err(error) => {
                let mut location = Location::line(path, at_least_one(error.line()));
                location.column = at_least_one(error.column());
                location.end_column = location.column;
                self.problems.push(Problem {
                    message: format!("this is no JSON: {error}"),
                    location,
                });
            }
        }
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

fn at_least_one(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX).max(1)
}

/// Takes the nodes out of one text.
struct Reader<'a> {
    path: Arc<str>,
    text: &'a str,
    inventory: &'a mut Inventory,
}

impl Reader<'_> {
    fn read(&mut self, json: Json) {
        match json {
            Json::Array(nodes) => self.all(nodes),
            Json::Object(mut map) => match map.shift_remove("rows") {
                Some(Json::Array(rows)) => self.all(rows),
                Some(_) => self.problem("`rows` is no array of node objects", 1),
                None if is_node(&map) => {
                    let stem = self.path.rsplit('/').next().unwrap_or("");
                    let stem = stem.strip_suffix(".json").unwrap_or(stem).to_owned();
                    self.node(map, &stem, 1);
                }
                None if map.values().any(Json::is_object) => self.by_name(map),
                None => self.problem(
                    "no node object: it has no `name`, `run_list` or `automatic`",
                    1,
                ),
            },
            _ => self.problem("no node object, and no array or object of them", 1),
        }
    }

    fn all(&mut self, nodes: Vec<Json>) {
        for (i, node) in nodes.into_iter().enumerate() {
            match node {
                Json::Object(map) if is_node(&map) => {
                    let name = map.get("name").and_then(Json::as_str).unwrap_or("");
                    let line = self.line_of(name);
                    self.node(map, "", line);
                }
                // `knife search -a` prints `{"web1": {"roles": [...]}}`: parts of a node cannot be simulated.
                Json::Object(_) => self.problem(
                    &format!(
                        "entry {} is a part of a node: export it with `-l` and without `-a`",
                        i + 1
                    ),
                    1,
                ),
                _ => self.problem(&format!("entry {} is no node object", i + 1), 1),
            }
        }
    }

    fn by_name(&mut self, map: Map<String, Json>) {
        for (name, node) in map {
            let line = self.line_of(&name);
            match node {
                Json::Object(node) if is_node(&node) => self.node(node, &name, line),
                _ => self.problem(&format!("`{name}` is no node object"), line),
            }
        }
    }

    fn node(&mut self, mut map: Map<String, Json>, default_name: &str, line: u32) {
        let text = |map: &Map<String, Json>, key: &str| {
            map.get(key)
                .and_then(Json::as_str)
                .filter(|t| !t.is_empty())
                .map(str::to_owned)
        };
        let name = text(&map, "name").unwrap_or_else(|| default_name.to_owned());
        if name.is_empty() {
            self.problem("a node object without a name", line);
            return;
        }
        if text(&map, "chef_type").is_some_and(|t| t != "node") {
            self.problem(&format!("`{name}` is no node but another object"), line);
            return;
        }
        let mut run_list = Vec::new();
        match map.get("run_list") {
            None | Some(Json::Null) => {}
            Some(Json::Array(items)) => {
                for item in items {
                    match item.as_str() {
                        Some(item) => run_list.push(item.to_owned()),
                        None => self.problem(
                            &format!("`{name}` has a run list item that is no text"),
                            line,
                        ),
                    }
                }
            }
            Some(_) => self.problem(&format!("the run list of `{name}` is no array"), line),
        }
        let chef_environment =
            text(&map, "chef_environment").unwrap_or_else(|| "_default".to_owned());
        let policy_name = text(&map, "policy_name");
        let policy_group = text(&map, "policy_group");
        let mut level = |key: &str| match map.shift_remove(key) {
            None | Some(Json::Null) => Map::new(),
            Some(Json::Object(level)) => level,
            Some(_) => {
                self.problem(&format!("`{key}` of `{name}` is no object"), line);
                Map::new()
            }
        };
        let automatic = level("automatic");
        let node = SavedNode {
            chef_environment,
            run_list,
            policy_name,
            policy_group,
            default: level("default").into(),
            normal: level("normal").into(),
            r#override: level("override").into(),
            // An export without `-l` and a hand-written file tell nothing of the machine: unknown, not absent.
            synthetic: automatic.is_empty(),
            automatic: automatic.into(),
            unknown: Vec::new(),
            location: Some(Location::line(self.path.clone(), line)),
            name: name.clone(),
        };
        self.inventory.nodes.insert(name, node);
    }

    /// The line on which a name stands as a JSON string for the first time.
    fn line_of(&self, name: &str) -> u32 {
        let quoted = Json::from(name).to_string();
        let at = self.text.find(&quoted).unwrap_or(0);
        let before = self.text.get(..at).unwrap_or("");
        at_least_one(before.bytes().filter(|b| *b == b'\n').count() + 1)
    }

    fn problem(&mut self, message: &str, line: u32) {
        self.inventory.problems.push(Problem {
            message: message.to_owned(),
            location: Location::line(self.path.clone(), line),
        });
    }
}

fn is_node(map: &Map<String, Json>) -> bool {
    let is_array = |key: &str| map.get(key).is_some_and(Json::is_array);
    let is_text = |key: &str| map.get(key).is_some_and(Json::is_string);
    is_array("run_list")
        || is_text("name")
        || is_text("chef_environment")
        || map.get("json_class").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::Layout;

    fn read(text: &str) -> String {
        let mut inventory = Inventory::default();
        inventory.add_json("nodes/web1.json", text.as_bytes());
        let nodes = inventory.nodes.values().map(|n| {
            let at = n.location.as_ref().map_or(0, |l| l.line);
            let kind = if n.synthetic { "partial" } else { "full" };
            format!(
                "{} {} {:?} line {at} {kind}",
                n.name, n.chef_environment, n.run_list
            )
        });
        let problems = inventory
            .problems
            .iter()
            .map(|p| format!("! {}:{}: {}", p.location, p.location.column, p.message));
        nodes.chain(problems).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_export_gives_its_nodes() {
        let full = r#"{"name": "web1", "run_list": ["role[web]"], "automatic": {"os": "linux"}}"#;
        assert_eq!(read(full), r#"web1 _default ["role[web]"] line 1 full"#);
        assert_eq!(
            read(r#"{"run_list": [], "chef_environment": "prod"}"#),
            "web1 prod [] line 1 partial"
        );
        let rows = format!("{{\"results\": 2, \"rows\": [\n{full},\n{{\"name\": \"db1\"}}]}}");
        assert_eq!(
            read(&rows),
            "db1 _default [] line 3 partial\nweb1 _default [\"role[web]\"] line 2 full"
        );
        assert_eq!(read(&format!("[{full}]")), read(full));
        assert_eq!(
            read("{\"a\": {\"run_list\": []},\n\"b\": {\"run_list\": []}}"),
            "a _default [] line 1 partial\nb _default [] line 2 partial"
        );
    }

    #[test]
    fn what_is_no_node_is_reported_where_it_stands() {
        assert!(read("{\n  \"name\": }").starts_with("! nodes/web1.json:2:11: this is no JSON"));
        assert!(read(r#"{"rows": [{"web1": {"os": null}}]}"#).contains("without `-a`"));
        assert!(
            read(r#"{"name": "web", "chef_type": "role", "run_list": []}"#)
                .contains("another object")
        );
        assert!(read(r#"{"name": "x", "run_list": "role[a]"}"#).contains("is no array"));
        assert!(read("[1]").contains("entry 1"));
    }

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
