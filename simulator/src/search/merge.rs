//! What of an object is indexed.

use foretaste_parser::query::Profile;
use indexmap::IndexMap;
use indexmap::map::Entry;
use serde_json::{Map, Value as Json};

use super::document::Kind;
use crate::convergence::SavedNode;
use crate::packed::{Attributes, Packed};

/// A value that only one level has, as it is there, or one put together.
pub enum Merged<'a> {
    Alone(Packed<'a>),
    Joined(Json),
}

impl Merged<'_> {
    fn into_json(self) -> Json {
        match self {
            Self::Alone(value) => value.to_json(),
            Self::Joined(value) => value,
        }
    }

    fn join(&mut self, value: Packed<'_>) {
        let mut joined = std::mem::replace(self, Self::Joined(Json::Null)).into_json();
        join(&mut joined, value.to_json(), Profile::Server);
        *self = Self::Joined(joined);
    }
}

/// A node for the server's indexes, key by key: default < normal < override < automatic, then the keys that win over
/// attributes. What only one level has is not copied.
pub fn server_keys(node: &SavedNode) -> impl Iterator<Item = (&str, Merged<'_>)> {
    let mut out: IndexMap<&str, Merged<'_>> = IndexMap::new();
    for (key, value) in levels(node).into_iter().flat_map(Attributes::entries) {
        match out.entry(key) {
            Entry::Occupied(mut old) => old.get_mut().join(value),
            Entry::Vacant(new) => {
                new.insert(Merged::Alone(value));
            }
        }
    }
    let own = own(node).into_iter().map(|(k, v)| (k, Merged::Joined(v)));
    out.extend(own);
    out.into_iter()
}

/// The same in one piece.
pub fn server(node: &SavedNode) -> Map<String, Json> {
    server_keys(node)
        .map(|(key, value)| (key.to_owned(), value.into_json()))
        .collect()
}

/// One key of it.
pub fn server_key(node: &SavedNode, key: &str) -> Option<Json> {
    if let Some((_, own)) = own(node).into_iter().find(|(name, _)| *name == key) {
        return Some(own);
    }
    let mut values = levels(node).into_iter().filter_map(|l| l.value(key));
    let mut out = Merged::Alone(values.next()?);
    values.for_each(|value| out.join(value));
    Some(out.into_json())
}

/// The keys that win over attributes.
fn own(node: &SavedNode) -> Vec<(&'static str, Json)> {
    let (recipes, roles) = entries(&node.run_list);
    let mut out = vec![
        ("name", node.name.as_str().into()),
        ("chef_type", "node".into()),
        ("chef_environment", environment(node).into()),
        ("run_list", strings(&node.run_list)),
        ("recipe", strings(&recipes)),
        ("role", strings(&roles)),
    ];
    if let Some(name) = &node.policy_name {
        out.push(("policy_name", name.as_str().into()));
    }
    if let Some(group) = &node.policy_group {
        out.push(("policy_group", group.as_str().into()));
    }
    out
}

/// A node as chef-zero searches it: arrays are unioned across levels, and `json_class` is there.
pub fn zero(node: &SavedNode) -> Map<String, Json> {
    let mut out = Map::new();
    for level in levels(node) {
        for (key, value) in level.entries() {
            put(&mut out, key.to_owned(), value.to_json(), Profile::Zero);
        }
    }
    let (recipes, roles) = entries(&node.run_list);
    let mut set = |key: &str, value: Json| {
        out.insert(key.to_string(), value);
    };
    set("recipe", strings(&recipes));
    set("role", strings(&roles));
    set("name", node.name.as_str().into());
    set("chef_environment", environment(node).into());
    set("run_list", strings(&node.run_list));
    if let Some(name) = &node.policy_name {
        set("policy_name", name.as_str().into());
    }
    if let Some(group) = &node.policy_group {
        set("policy_group", group.as_str().into());
    }
    set("json_class", "Chef::Node".into());
    set("chef_type", "node".into());
    out
}

/// A data bag item on the server: the raw item with the bag's name and the type.
pub fn item(raw: &Json, bag: &str) -> Json {
    let mut out = raw.as_object().cloned().unwrap_or_default();
    out.insert("data_bag".into(), bag.into());
    out.insert("chef_type".into(), "data_bag_item".into());
    Json::Object(out)
}

/// A role on the server: as it is, less the default environment's run list.
pub fn role(role: &Json) -> Json {
    let mut out = role.clone();
    if let Some(Json::Object(lists)) = out.get_mut("env_run_lists") {
        lists.shift_remove("_default");
    }
    out
}

/// What chef-zero searches of other objects: what it fills in where the JSON has nothing.
pub fn zero_object(json: &Json, kind: &Kind, name: &str) -> Map<String, Json> {
    let mut out = json.as_object().cloned().unwrap_or_default();
    let defaults: &[(&str, &str)] = match kind {
        Kind::Node => &[],
        Kind::Role => &[
            ("name", name),
            ("json_class", "Chef::Role"),
            ("chef_type", "role"),
        ],
        Kind::Environment => &[
            ("name", name),
            ("json_class", "Chef::Environment"),
            ("chef_type", "environment"),
        ],
        Kind::Client => &[
            ("name", name),
            ("clientname", name),
            ("json_class", "Chef::ApiClient"),
            ("chef_type", "client"),
        ],
        Kind::Item(_) => &[("id", name)],
    };
    for (key, value) in defaults {
        if !out.get(*key).is_some_and(truthy) {
            out.insert((*key).to_string(), (*value).into());
        }
    }
    out
}

fn environment(node: &SavedNode) -> &str {
    match node.chef_environment.as_str() {
        "" => "_default",
        name => name,
    }
}

fn levels(node: &SavedNode) -> [&Attributes; 4] {
    [
        &node.default,
        &node.normal,
        &node.r#override,
        &node.automatic,
    ]
}

/// Merges one key: hashes deeply, anything else replaced; chef-zero unions arrays and lets a null change nothing.
fn put(into: &mut Map<String, Json>, key: String, value: Json, profile: Profile) {
    match into.get_mut(&key) {
        Some(old) => join(old, value, profile),
        None => {
            into.insert(key, value);
        }
    }
}

fn join(old: &mut Json, new: Json, profile: Profile) {
    let zero = profile == Profile::Zero;
    match (old, new) {
        (Json::Object(old), Json::Object(new)) => {
            for (key, value) in new {
                put(old, key, value, profile);
            }
        }
        (Json::Array(old), Json::Array(new)) if zero => {
            let all: Vec<Json> = old.drain(..).chain(new).collect();
            for element in all {
                if !old.contains(&element) {
                    old.push(element);
                }
            }
        }
        (old, Json::Null) if zero && truthy(old) => {}
        (old, Json::Object(new)) if zero && truthy(old) && new.is_empty() => {}
        (old, new) => *old = new,
    }
}

fn truthy(value: &Json) -> bool {
    !matches!(value, Json::Null | Json::Bool(false))
}

/// Recipes and roles that the run list itself names.
fn entries(run_list: &[String]) -> (Vec<String>, Vec<String>) {
    let mut recipes = Vec::new();
    let mut roles = Vec::new();
    for entry in run_list {
        let inside = |kind: &str| {
            let rest = entry.strip_prefix(kind)?.strip_prefix('[')?;
            rest.rfind(']').and_then(|end| rest.get(..end))
        };
        if let Some(role) = inside("role") {
            roles.push(role.to_string());
        } else if let Some(recipe) = inside("recipe") {
            recipes.push(recipe.to_string());
        }
    }
    (recipes, roles)
}

fn strings(list: &[String]) -> Json {
    Json::Array(list.iter().map(|s| s.as_str().into()).collect())
}
