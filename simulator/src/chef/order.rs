//! Which cookbooks a run needs, which version of each, and in which order they load.

use crate::hash::IndexMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foretaste_parser::source::Location;

use super::depsolve::{Candidate, Unsolvable, solve};
use super::roles::Described;
use super::run_list::{Expansion, split_recipe};
use super::version::compare_gem_versions;
use crate::convergence::Undetermined;
use crate::repository::{Cookbook, Repository};

/// The version of a cookbook whose metadata names none.
const NO_VERSION: &str = "0.0.0";

/// A cookbook as this run uses it.
#[derive(Clone, Debug)]
pub struct Chosen {
    pub cookbook: Cookbook,
}

/// Why the server gives no cookbooks, and the line that asks for what it does not have.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub error: Unsolvable,
    pub location: Option<Location>,
    /// What of the metadata that counts is not known.
    pub open: Option<Box<Undetermined>>,
}

/// The cookbooks that a run list gets.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub cookbooks: BTreeMap<String, Cookbook>,
    /// Those that are needed and come from elsewhere than the repository.
    pub elsewhere: Vec<String>,
}

/// The versions that a run list gets: the newest that run list, environment and dependencies allow.
///
/// # Errors
/// What the server answers with 412.
pub fn choose(
    repository: &Repository,
    expansion: &Expansion,
    environment: &Described,
    inputs: &mut BTreeSet<Arc<str>>,
) -> Result<Choice, Refusal> {
    let mut wanted: IndexMap<String, Option<String>> = IndexMap::default();
    for (recipe, version) in &expansion.recipes {
        let name = split_recipe(recipe).0;
        let known = wanted.entry(name.to_owned()).or_default();
        if let (Some(a), Some(b)) = (known.as_deref(), version.as_deref())
            && compare_gem_versions(a, b).is_ne()
        {
            let name = name.to_owned();
            return Err(Refusal {
                error: Unsolvable::Constraints { name },
                location: None,
                open: None,
            });
        }
        if version.is_some() {
            known.clone_from(version);
        }
    }
    let (mut candidates, folders) = reachable(repository, wanted.keys());
    let elsewhere = if repository.dependencies_elsewhere {
        leave_out_missing(&mut wanted, &mut candidates)
    } else {
        Vec::new()
    };
    for cookbook in folders.values().flatten() {
        note(cookbook, inputs);
    }
    let pins = environment
        .cookbook_versions
        .iter()
        .filter_map(|(name, constraint)| Some((name.clone(), constraint.as_str()?.to_owned())))
        .collect();
    let wanted: Vec<_> = wanted.into_iter().collect();
    match solve(&wanted, &candidates, &pins) {
        Ok(solution) => {
            let cookbooks = solution
                .into_iter()
                .filter_map(|(name, at)| {
                    let cookbook = (*folders.get(&name)?.get(at)?).clone();
                    Some((name, cookbook))
                })
                .collect();
            Ok(Choice {
                cookbooks,
                elsewhere,
            })
        }
        Err(error) => {
            // A cookbook that appears anywhere may change the answer.
            for folder in &repository.layout.cookbooks {
                inputs.insert(format!("{folder}/").into());
            }
            let location = match &error {
                Unsolvable::NoCookbook {
                    name,
                    wanted_by: Some(by),
                } => folders
                    .get(by)
                    .and_then(|list| list.last())
                    .and_then(|c| depends_line(repository, c, name)),
                Unsolvable::Constraints { name } => {
                    environment.place("cookbook_versions", &[name.as_str()])
                }
                _ => None,
            };
            let all = folders.values().flatten();
            let open = all
                .filter_map(|cookbook| repository.metadata(cookbook).open.clone())
                .min()
                .map(Box::new);
            Err(Refusal {
                error,
                location,
                open,
            })
        }
    }
}

/// Takes cookbooks that the repository does not hold out of what is asked for, and names them.
fn leave_out_missing(
    wanted: &mut IndexMap<String, Option<String>>,
    candidates: &mut Candidates,
) -> Vec<String> {
    let held: BTreeSet<String> = candidates.keys().cloned().collect();
    let mut missing: BTreeSet<String> = BTreeSet::new();
    missing.extend(wanted.keys().filter(|name| !held.contains(*name)).cloned());
    wanted.retain(|name, _| held.contains(name));
    for candidate in candidates.values_mut().flatten() {
        missing.extend(
            candidate
                .depends
                .keys()
                .filter(|name| !held.contains(*name))
                .cloned(),
        );
        candidate.depends.retain(|name, _| held.contains(name));
    }
    missing.into_iter().collect()
}

/// What of a cookbook's folder a run depends on: whatever is added to it may be loaded.
pub fn note(cookbook: &Cookbook, inputs: &mut BTreeSet<Arc<str>>) {
    if cookbook.root.is_empty() {
        inputs.extend(cookbook.files.iter().cloned());
    } else {
        inputs.insert(format!("{}/", cookbook.root).into());
    }
}

/// Where a cookbook's metadata asks for another cookbook.
fn depends_line(repository: &Repository, cookbook: &Cookbook, wanted: &str) -> Option<Location> {
    let path = cookbook.metadata.as_ref()?;
    let text = repository.text(path)?;
    let quoted = [format!("\"{wanted}\""), format!("'{wanted}'")];
    let at = text
        .lines()
        .position(|line| quoted.iter().any(|q| line.contains(q.as_str())));
    let line = at.map_or(1, |n| u32::try_from(n + 1).unwrap_or(1));
    Some(Location::line(path.clone(), line))
}

/// The versions of a cookbook that an upload of the repository would put on the server.
///
/// Folders called `name-version` are versions side by side (`versioned_cookbooks`); otherwise a later cookbook folder
/// hides what an earlier one has. Policies' artifacts are no cookbooks of the server.
fn uploaded<'r>(repository: &'r Repository, name: &str) -> Vec<&'r Cookbook> {
    let all = repository
        .cookbooks
        .get(name)
        .map_or(&[][..], Vec::as_slice);
    let plain: Vec<&Cookbook> = all.iter().filter(|c| !is_artifact(c)).collect();
    let list = if plain.is_empty() {
        all.iter().collect()
    } else {
        plain
    };
    let versioned: Vec<&Cookbook> = list
        .iter()
        .copied()
        .filter(|c| {
            let folder = c.root.rsplit('/').next().unwrap_or("");
            let version = c.version.as_deref().unwrap_or(NO_VERSION);
            folder.strip_prefix(name).and_then(|r| r.strip_prefix('-')) == Some(version)
        })
        .collect();
    if versioned.is_empty() {
        list.last().copied().into_iter().collect()
    } else {
        versioned
    }
}

fn is_artifact(cookbook: &Cookbook) -> bool {
    let mut parts = cookbook.root.rsplit('/');
    parts.next();
    parts.next() == Some("cookbook_artifacts")
}

type Candidates = BTreeMap<String, Vec<Candidate>>;

/// All versions of what a run list may need, with their folders at the same positions.
fn reachable<'r, 'n>(
    repository: &'r Repository,
    wanted: impl Iterator<Item = &'n String>,
) -> (Candidates, BTreeMap<String, Vec<&'r Cookbook>>) {
    let mut candidates = Candidates::new();
    let mut folders = BTreeMap::new();
    let mut todo: Vec<String> = wanted.cloned().collect();
    while let Some(name) = todo.pop() {
        if candidates.contains_key(&name) {
            continue;
        }
        let list = uploaded(repository, &name);
        if list.is_empty() {
            continue;
        }
        let mut versions = Vec::with_capacity(list.len());
        for cookbook in &list {
            let metadata = repository.metadata(cookbook);
            todo.extend(metadata.depends.keys().cloned());
            versions.push(Candidate {
                version: metadata
                    .version
                    .clone()
                    .unwrap_or_else(|| NO_VERSION.to_owned()),
                depends: metadata.depends.clone(),
            });
        }
        candidates.insert(name.clone(), versions);
        folders.insert(name, list);
    }
    (candidates, folders)
}

/// The order in which cookbooks load. Dependencies load before what needs them, as
/// `Chef::RunContext::CookbookCompiler#cookbook_order` has it: depth first, in the order of the run list,
/// dependencies by name.
pub fn load_order(
    repository: &Repository,
    expansion: &Expansion,
    cookbooks: &BTreeMap<String, Cookbook>,
) -> IndexMap<String, Chosen> {
    let mut out = IndexMap::default();
    for recipe in expansion.recipes.keys() {
        add(repository, split_recipe(recipe).0, cookbooks, &mut out);
    }
    out
}

fn add(
    repository: &Repository,
    name: &str,
    cookbooks: &BTreeMap<String, Cookbook>,
    out: &mut IndexMap<String, Chosen>,
) {
    // Without recursion: chains of dependencies may be long. The flag says that all below has been loaded.
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut todo = vec![(name.to_owned(), false)];
    while let Some((name, ready)) = todo.pop() {
        let Some(cookbook) = cookbooks.get(&name) else {
            continue;
        };
        if out.contains_key(&name) {
            continue;
        }
        if ready {
            let cookbook = cookbook.clone();
            out.insert(name, Chosen { cookbook });
            continue;
        }
        if !seen.insert(name.clone()) {
            continue;
        }
        let metadata = repository.metadata(cookbook);
        let mut depends: Vec<&String> = metadata.depends.keys().collect();
        depends.sort();
        todo.push((name, true));
        todo.extend(depends.into_iter().rev().map(|d| (d.clone(), false)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::{Files, Layout, ParseCache};

    fn repository(files: &[(&str, &str)]) -> Repository {
        let mut tree = Files::default();
        for (path, text) in files {
            tree.0.insert((*path).into(), text.as_bytes().into());
        }
        let layout = Layout::detect(&tree);
        Repository::new(tree, layout, Arc::new(ParseCache::default()))
    }

    fn order(files: &[(&str, &str)], run_list: &[&str], pins: &[(&str, &str)]) -> String {
        crate::ruby::budget::with_stack(|| {
            let repository = repository(files);
            let items: Vec<_> = run_list
                .iter()
                .map(|i| super::super::run_list::RunListItem::parse(i).unwrap())
                .collect();
            let expansion = super::super::run_list::expand(&items, "_default", &|_| None);
            let environment = Described {
                cookbook_versions: pins
                    .iter()
                    .map(|(n, v)| ((*n).to_owned(), (*v).into()))
                    .collect(),
                ..Described::default()
            };
            match choose(&repository, &expansion, &environment, &mut BTreeSet::new()) {
                Ok(chosen) => load_order(&repository, &expansion, &chosen.cookbooks)
                    .values()
                    .map(|c| c.cookbook.root.clone())
                    .collect::<Vec<_>>()
                    .join(" "),
                Err(refusal) => match refusal.location {
                    Some(location) => format!("{location}: {}", refusal.error),
                    None => refusal.error.to_string(),
                },
            }
        })
    }

    const SITE: &[(&str, &str)] = &[
        (
            "cookbooks/site/metadata.rb",
            "name 'site'\nversion '1.0.0'\ndepends 'ntp'\ndepends 'base'\n",
        ),
        (
            "cookbooks/base/metadata.rb",
            "name 'base'\nversion '2.0.0'\ndepends 'site'\n",
        ),
        ("cookbooks/ntp/metadata.rb", "name 'ntp'\nversion '1.9.0'\n"),
        (
            "site-cookbooks/ntp/metadata.rb",
            "name 'ntp'\nversion '0.1.0'\n",
        ),
    ];

    #[test]
    fn dependencies_load_first_and_cycles_end() {
        insta::assert_snapshot!(order(SITE, &["site"], &[]), @"cookbooks/base site-cookbooks/ntp cookbooks/site");
        insta::assert_snapshot!(order(SITE, &["base"], &[]), @"site-cookbooks/ntp cookbooks/site cookbooks/base");
    }

    #[test]
    fn versions_side_by_side_need_folders_that_name_them() {
        let files = [
            (
                "cookbooks/ntp-1.0.0/metadata.rb",
                "name 'ntp'\nversion '1.0.0'\n",
            ),
            (
                "cookbooks/ntp-2.0.0/metadata.rb",
                "name 'ntp'\nversion '2.0.0'\n",
            ),
        ];
        insta::assert_snapshot!(order(&files, &["ntp"], &[]), @"cookbooks/ntp-2.0.0");
        insta::assert_snapshot!(order(&files, &["ntp"], &[("ntp", "< 2.0")]), @"cookbooks/ntp-1.0.0");
        insta::assert_snapshot!(order(&files, &["ntp@1.0.0", "ntp::x"], &[]), @"cookbooks/ntp-1.0.0");
        insta::assert_snapshot!(order(&files, &["ntp@1.0.0", "ntp::x@2.0.0"], &[]), @"Could not satisfy version constraints for: ntp");
    }

    #[test]
    fn a_missing_dependency_is_shown_where_it_is_asked_for() {
        let files = [(
            "cookbooks/web/metadata.rb",
            "name 'web'\nversion '1.0.0'\ndepends 'nginx', '~> 2.0'\n",
        )];
        insta::assert_snapshot!(order(&files, &["web"], &[]), @"cookbooks/web/metadata.rb:3: No such cookbook: nginx");
    }
}
