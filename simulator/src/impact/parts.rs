//! What of a Chef repository a changed file is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::FileChange;
use crate::repository::Repository;

/// What a file of a Chef repository belongs to, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Role(String),
    DataBagItem { bag: String, id: String },
    Environment(String),
    Cookbook(String),
    PolicyGroup(String),
}

/// The parts that changed files belong to, by path; those of other files are left out.
#[must_use]
pub fn parts(
    base: Option<&Repository>,
    head: &Repository,
    changes: &[FileChange],
) -> BTreeMap<Arc<str>, Part> {
    let sides = || [Some(head), base].into_iter().flatten();
    let of = |c: &FileChange| Some((c.path.clone(), sides().find_map(|r| part(r, &c.path))?));
    changes.iter().filter_map(of).collect()
}

fn part(repository: &Repository, path: &str) -> Option<Part> {
    let named = |map: &BTreeMap<String, Arc<str>>| {
        let found = map.iter().find(|(_, p)| ***p == *path);
        found.map(|(name, _)| name.clone())
    };
    if let Some(name) = named(&repository.roles) {
        return Some(Part::Role(name));
    }
    if let Some(name) = named(&repository.environments) {
        return Some(Part::Environment(name));
    }
    for (bag, items) in &repository.data_bags {
        if let Some(id) = named(items) {
            let bag = bag.clone();
            return Some(Part::DataBagItem { bag, id });
        }
    }
    let root = repository.layout.roles.strip_suffix("roles").unwrap_or("");
    let group = path
        .strip_prefix(root)
        .and_then(|p| p.strip_prefix("policy_groups/"));
    if let Some(name) = group.and_then(|g| g.strip_suffix(".json")) {
        return Some(Part::PolicyGroup(name.to_owned()));
    }
    let mut cookbooks = repository.cookbooks.iter();
    cookbooks
        .find(|(_, versions)| {
            versions
                .iter()
                .any(|c| c.files.iter().any(|f| **f == *path))
        })
        .map(|(name, _)| Part::Cookbook(name.clone()))
}
