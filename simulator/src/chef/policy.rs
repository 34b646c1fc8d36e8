//! Policies: nodes whose run list, attributes and cookbooks a lock file settles.
//!
//! A lock is looked for where `chef export` and the server's API have it (`policy_groups/GROUP.json` gives the revision,
//! `policies/NAME-REVISION.json` the lock), else among the repository's `*.lock.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::deep_merge::hash_only_merge;
use super::roles::{Described, Unreadable, read_json};
use super::run_list::{Expansion, RunListItem, split_recipe};
use crate::repository::{Cookbook, Repository};

/// What a lock says, for one policy group.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub revision: String,
    /// Run list and attributes, as a role has them.
    pub described: Described,
    /// Locked cookbooks that the repository holds.
    pub cookbooks: BTreeMap<String, Cookbook>,
    /// Locked cookbooks that it does not hold.
    pub elsewhere: Vec<String>,
}

/// Why there is no policy for a node.
#[derive(Clone, Debug)]
pub enum NoPolicy {
    /// The server would not know it.
    NotFound(String),
    Unreadable(Unreadable),
    Invalid(String),
    /// It may be on the server, but is not in the repository.
    Elsewhere,
}

/// The policy of a name, as a group has it.
pub fn find(
    repository: &Repository,
    name: &str,
    group: &str,
    inputs: &mut BTreeSet<Arc<str>>,
) -> Result<Policy, NoPolicy> {
    let (path, lock, places) = lock(repository, name, group, inputs)?;
    let place = format!("policy_groups/{group}/policies/{name}");
    let (Some(locks), true) = (
        lock.get("cookbook_locks").and_then(Json::as_object),
        lock.get("run_list").is_some_and(Json::is_array),
    ) else {
        let part = match lock.get("run_list") {
            Some(_) => "cookbook_locks",
            None => "run_list",
        };
        return Err(NoPolicy::Invalid(format!(
            "Policyfile fetched from {place} was invalid:\nPolicyfile is missing {part} element"
        )));
    };
    let mut described = Described::from_json(path.clone(), &lock);
    described.places = places;
    hoist(&mut described.default_attributes, group);
    hoist(&mut described.override_attributes, group);
    let mut out = Policy {
        revision: text(&lock, "revision_id").to_owned(),
        ..Policy::default()
    };
    for item in &described.run_list {
        let cookbook = match RunListItem::parse(item) {
            Ok(RunListItem::Recipe { name, .. }) => split_recipe(&name).0.to_owned(),
            _ => {
                return Err(NoPolicy::Invalid(format!(
                    "invalid recipe specification {item} in Policyfile from {place}"
                )));
            }
        };
        if !locks.contains_key(&cookbook) {
            return Err(NoPolicy::Invalid(format!(
                "invalid run_list item '{item}' not in cookbook set of PolicyFile {place}"
            )));
        }
    }
    for (cookbook, lock) in locks {
        match locked(repository, &path, cookbook, lock) {
            Some(found) => {
                super::order::note(found, inputs);
                out.cookbooks.insert(cookbook.clone(), found.clone());
            }
            None => out.elsewhere.push(cookbook.clone()),
        }
    }
    out.described = described;
    Ok(out)
}

/// By policy group of an export: its policies with their revisions. A lock file that stands alone has no groups.
#[must_use]
pub fn policy_groups(repository: &Repository) -> BTreeMap<String, BTreeMap<String, String>> {
    let root = repository.layout.roles.strip_suffix("roles").unwrap_or("");
    let mut out: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for path in repository.files.below(&format!("{root}policy_groups")) {
        let file = path.rsplit('/').next().unwrap_or("");
        let (Some(group), Ok((json, _))) =
            (file.strip_suffix(".json"), read_json(repository, path))
        else {
            continue;
        };
        let policies = json.get("policies").and_then(Json::as_object);
        let revisions = policies.into_iter().flatten().filter_map(|(name, policy)| {
            let revision = policy.get("revision_id")?.as_str()?;
            Some((name.clone(), revision.to_owned()))
        });
        out.entry(group.to_owned()).or_default().extend(revisions);
    }
    out
}

type Lock = (Arc<str>, Json, super::places::Places);

fn lock(
    repository: &Repository,
    name: &str,
    group: &str,
    inputs: &mut BTreeSet<Arc<str>>,
) -> Result<Lock, NoPolicy> {
    let root = repository.layout.roles.strip_suffix("roles").unwrap_or("");
    let read = |path: &Arc<str>| read_json(repository, path).map_err(NoPolicy::Unreadable);
    let has = |folder: &str| {
        let folder = format!("{root}{folder}");
        repository.files.below(&folder).next().is_some()
    };
    if has("policy_groups") {
        let not_found = || {
            NoPolicy::NotFound(format!(
                "Error loading policyfile from `policy_groups/{group}/policies/{name}': \
                 Net::HTTPClientException - 404 \"Not Found\""
            ))
        };
        let path: Arc<str> = format!("{root}policy_groups/{group}.json").into();
        inputs.insert(path.clone());
        repository.files.get(&path).ok_or_else(not_found)?;
        let (of_group, _) = read(&path)?;
        let revision = of_group
            .get("policies")
            .and_then(|p| p.get(name)?.get("revision_id")?.as_str());
        let revision = revision.ok_or_else(not_found)?;
        let path: Arc<str> = format!("{root}policies/{name}-{revision}.json").into();
        inputs.insert(path.clone());
        repository.files.get(&path).ok_or_else(not_found)?;
        let (json, places) = read(&path)?;
        return Ok((path, json, places));
    }
    for path in &repository.policies {
        inputs.insert(path.clone());
        let Ok((json, places)) = read(path) else {
            continue;
        };
        if text(&json, "name") == name {
            return Ok((path.clone(), json, places));
        }
    }
    // A lock of this name may be added anywhere.
    inputs.insert("Policyfile.lock.json".into());
    Err(NoPolicy::Elsewhere)
}

fn text<'j>(json: &'j Json, name: &str) -> &'j str {
    json.get(name).and_then(Json::as_str).unwrap_or("")
}

/// Attributes under the group's own name come on top of the others.
fn hoist(tree: &mut Map<String, Json>, group: &str) {
    if let Some(Json::Object(own)) = tree.get(group).cloned() {
        hash_only_merge(tree, &own);
    }
}

/// The folder of a locked cookbook: its artifact, its path beside the lock, or a folder with the same version.
fn locked<'r>(
    repository: &'r Repository,
    lock_path: &str,
    name: &str,
    lock: &Json,
) -> Option<&'r Cookbook> {
    let all = repository.cookbooks.get(name)?;
    let folder = format!("{name}-{}", text(lock, "identifier"));
    if let Some(artifact) = all
        .iter()
        .find(|c| c.root.rsplit('/').next() == Some(&folder))
    {
        return Some(artifact);
    }
    let source = match text(lock, "source") {
        "" => lock.get("source_options").map_or("", |o| text(o, "path")),
        source => source,
    };
    if !source.is_empty() {
        let beside = lock_path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let root = join(beside, source);
        if let Some(local) = all.iter().find(|c| c.root == root) {
            return Some(local);
        }
    }
    let version = text(lock, "version");
    all.iter()
        .rev()
        .find(|c| c.version.as_deref() == Some(version))
}

/// A relative path below a folder, without `.` and `..`.
fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

impl Policy {
    /// As the expansion of a run list: full recipe names and no roles.
    #[must_use]
    pub fn expansion(&self) -> Expansion {
        let mut out = Expansion {
            role_default: self.described.default_attributes.clone(),
            role_override: self.described.override_attributes.clone(),
            ..Expansion::default()
        };
        for item in &self.described.run_list {
            if let Ok(RunListItem::Recipe { name, .. }) = RunListItem::parse(item) {
                let (cookbook, recipe) = split_recipe(&name);
                out.recipes.insert(format!("{cookbook}::{recipe}"), None);
            }
        }
        out
    }
}
