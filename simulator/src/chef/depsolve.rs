//! Which version of each cookbook a run gets.
//!
//! The newest versions that satisfy the run list, the environment's constraints and the cookbooks' own
//! dependencies, found by trying the cookbooks in the order in which they are asked for, as chef-zero does;
//! Chef Server's solver prefers the same versions. What cannot be satisfied is 412 to the client.

use crate::hash::IndexMap;
use std::collections::BTreeMap;

use super::version::{Constraint, Flavour, compare_gem_versions};

/// One version of a cookbook that the server has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    pub version: String,
    /// Constraints by cookbook.
    pub depends: IndexMap<String, String>,
}

/// Why there is no solution; [`Display`](std::fmt::Display) gives the server's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsolvable {
    /// The run list or a dependency names a cookbook that does not exist.
    NoCookbook {
        name: String,
        wanted_by: Option<String>,
    },
    /// The run list asks for a version that does not exist.
    NoVersion { name: String, version: String },
    /// No version of this cookbook meets all constraints.
    Constraints { name: String },
    /// Too many combinations to try.
    TooHard,
}

impl std::fmt::Display for Unsolvable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoCookbook { name, .. } => write!(f, "No such cookbook: {name}"),
            Self::NoVersion { name, version } => {
                write!(f, "No such cookbook version for cookbook {name}: {version}")
            }
            Self::Constraints { name } => {
                write!(f, "Could not satisfy version constraints for: {name}")
            }
            Self::TooHard => write!(f, "Unsolvable versions!"),
        }
    }
}

/// Combinations to try before giving up.
const MAX_TRIES: u32 = 20_000;

/// Chooses versions. `wanted` are the cookbooks of the expanded run list in order, with the version where the run
/// list asks for one; `pins` are the environment's constraints. The result has every needed cookbook, in the
/// order in which it was asked for, with the index of its version in `cookbooks`.
///
/// # Errors
/// The first reason why no combination works.
pub fn solve(
    wanted: &[(String, Option<String>)],
    cookbooks: &BTreeMap<String, Vec<Candidate>>,
    pins: &BTreeMap<String, String>,
) -> Result<IndexMap<String, usize>, Unsolvable> {
    let mut solver = Solver {
        cookbooks,
        pins,
        missing: None,
        failed: None,
        tries: 0,
    };
    let mut open: Open = IndexMap::default();
    for (name, version) in wanted {
        let candidates = solver
            .candidates(name)
            .ok_or_else(|| Unsolvable::NoCookbook {
                name: name.clone(),
                wanted_by: None,
            })?;
        let versions = match version {
            None => candidates,
            Some(version) => {
                let of = |i: &usize| {
                    let own = solver.version(name, *i).map_or("", String::as_str);
                    compare_gem_versions(own, version).is_eq()
                };
                let found = cookbooks
                    .get(name)
                    .into_iter()
                    .flat_map(|c| 0..c.len())
                    .find(of);
                vec![found.ok_or_else(|| Unsolvable::NoVersion {
                    name: name.clone(),
                    version: version.clone(),
                })?]
            }
        };
        open.insert(name.clone(), versions);
    }
    for (name, versions) in &mut open {
        let pin = pins.get(name).map(String::as_str);
        versions.retain(|i| solver.allows(name, *i, pin));
    }
    match solver.search(open, 0) {
        Some(solution) => Ok(solution),
        None => Err(match (solver.missing, solver.failed) {
            _ if solver.tries > MAX_TRIES => Unsolvable::TooHard,
            (Some((name, by)), _) => Unsolvable::NoCookbook {
                name,
                wanted_by: Some(by),
            },
            (None, Some(name)) => Unsolvable::Constraints { name },
            (None, None) => Unsolvable::TooHard,
        }),
    }
}

/// Cookbooks in the order in which they are needed, with the versions still possible, the newest first.
type Open = IndexMap<String, Vec<usize>>;

struct Solver<'a> {
    cookbooks: &'a BTreeMap<String, Vec<Candidate>>,
    pins: &'a BTreeMap<String, String>,
    missing: Option<(String, String)>,
    failed: Option<String>,
    tries: u32,
}

impl Solver<'_> {
    /// All versions of a cookbook, the newest first.
    fn candidates(&self, name: &str) -> Option<Vec<usize>> {
        let list = self.cookbooks.get(name)?;
        let mut order: Vec<usize> = (0..list.len()).collect();
        let version = |i: usize| list.get(i).map_or("", |c| c.version.as_str());
        order.sort_by(|a, b| compare_gem_versions(version(*b), version(*a)));
        Some(order)
    }

    fn version(&self, name: &str, index: usize) -> Option<&String> {
        Some(&self.cookbooks.get(name)?.get(index)?.version)
    }

    /// A constraint that cannot be read forbids nothing: it is reported where it is written.
    fn allows(&self, name: &str, index: usize, constraint: Option<&str>) -> bool {
        let Some(constraint) = constraint else {
            return true;
        };
        let Ok(constraint) = Constraint::parse(constraint.trim(), Flavour::Platform) else {
            return true;
        };
        self.version(name, index)
            .is_some_and(|v| constraint.allows_text(v))
    }

    /// Settles the cookbook at a position and all after it.
    fn search(&mut self, open: Open, position: usize) -> Option<IndexMap<String, usize>> {
        self.tries += 1;
        if self.tries > MAX_TRIES {
            return None;
        }
        if let Some((name, _)) = open.iter().find(|(_, versions)| versions.is_empty()) {
            self.failed = Some(name.clone());
            return None;
        }
        let Some((name, versions)) = open.get_index(position) else {
            let first = |(name, versions): (String, Vec<usize>)| Some((name, *versions.first()?));
            return open.into_iter().map(first).collect();
        };
        let name = name.clone();
        for index in versions.clone() {
            if let Some(next) = self.choose(&open, &name, index)
                && let Some(solution) = self.search(next, position + 1)
            {
                return Some(solution);
            }
        }
        None
    }

    /// Takes one version of a cookbook and what follows from its dependencies.
    fn choose(&mut self, open: &Open, name: &str, index: usize) -> Option<Open> {
        let mut next = open.clone();
        next.insert(name.to_owned(), vec![index]);
        let candidate = self.cookbooks.get(name)?.get(index)?;
        for (dependency, constraint) in &candidate.depends {
            if !next.contains_key(dependency) {
                let Some(mut versions) = self.candidates(dependency) else {
                    self.missing = Some((dependency.clone(), name.to_owned()));
                    return None;
                };
                let pin = self.pins.get(dependency).map(String::as_str);
                versions.retain(|i| self.allows(dependency, *i, pin));
                next.insert(dependency.clone(), versions);
            }
            if let Some(versions) = next.get_mut(dependency) {
                versions.retain(|i| self.allows(dependency, *i, Some(constraint)));
            }
        }
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `nginx 1.0.0 java~>1.0; …`
    fn universe(text: &str) -> BTreeMap<String, Vec<Candidate>> {
        let mut out: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
        for line in text.split(';') {
            let words: Vec<_> = line.split_whitespace().collect();
            let depends = words[2..].iter().map(|d| {
                let at = d.find(['<', '>', '=', '~']).unwrap_or(d.len());
                let constraint = if at == d.len() { ">= 0.0.0" } else { &d[at..] };
                (d[..at].to_owned(), constraint.to_owned())
            });
            out.entry(words[0].to_owned()).or_default().push(Candidate {
                version: words[1].to_owned(),
                depends: depends.collect(),
            });
        }
        out
    }

    fn show(cookbooks: &str, wanted: &[(&str, Option<&str>)], pins: &[(&str, &str)]) -> String {
        let cookbooks = universe(cookbooks);
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(n, v)| ((*n).to_owned(), v.map(str::to_owned)))
            .collect();
        let pins = pins
            .iter()
            .map(|(n, c)| ((*n).to_owned(), (*c).to_owned()))
            .collect();
        match solve(&wanted, &cookbooks, &pins) {
            Ok(solution) => solution
                .iter()
                .map(|(n, i)| format!("{n} {}", cookbooks[n][*i].version))
                .collect::<Vec<_>>()
                .join(", "),
            Err(error) => error.to_string(),
        }
    }

    const NGINX: &str = "nginx 1.9.0; nginx 2.3.1; nginx 1.10.0; site 1.0.0 nginx";

    #[test]
    fn the_newest_version_that_the_environment_allows() {
        let site = [("site", None)];
        insta::assert_snapshot!(show(NGINX, &site, &[]), @"site 1.0.0, nginx 2.3.1");
        insta::assert_snapshot!(show(NGINX, &site, &[("nginx", "< 2.0")]), @"site 1.0.0, nginx 1.10.0");
        insta::assert_snapshot!(show(NGINX, &site, &[("nginx", "> 3.0")]), @"Could not satisfy version constraints for: nginx");
        insta::assert_snapshot!(show(NGINX, &[("nginx", Some("1.9.0"))], &[]), @"nginx 1.9.0");
        insta::assert_snapshot!(show(NGINX, &[("nginx", Some("2.0.0"))], &[]), @"No such cookbook version for cookbook nginx: 2.0.0");
    }

    #[test]
    fn an_older_version_is_taken_where_the_newest_does_not_fit() {
        let cookbooks = "a 1.0.0 b; a 2.0.0 b c=1.0.0; b 1.0.0 c>=2.0; c 1.0.0; c 2.0.0";
        insta::assert_snapshot!(show(cookbooks, &[("a", None)], &[]), @"a 1.0.0, b 1.0.0, c 2.0.0");
        insta::assert_snapshot!(show("a 1.0.0 gone", &[("a", None)], &[]), @"No such cookbook: gone");
        insta::assert_snapshot!(show("a 1.0.0", &[("b", None)], &[]), @"No such cookbook: b");
    }
}
