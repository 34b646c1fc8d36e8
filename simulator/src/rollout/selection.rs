//! What nodes select of one another, at the moments that matter, and how sure that is.

use std::collections::BTreeSet;

use super::table::{Row, Table};
use super::walk::{self, Walked};
use crate::convergence::{Convergence, Search};
use crate::impact::{Impact, NodeImpact};
use crate::pool::Pool;
use crate::simulation::Run;

/// What a selection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Serving members of a pool in a rendered config.
    Pool,
    /// Results of a search that are written to a file whose format is not read.
    Search,
    /// What a converge needs to find in order to succeed.
    Need,
}

/// Whether the worst moment is the worst there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// Every member comes and goes by its own converge alone.
    Exact,
    /// The worst that was simulated; in other orders it may be worse still, for this reason.
    Bound(String),
}

impl Exactness {
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Exact => None,
            Self::Bound(reason) => Some(reason),
        }
    }
}

/// Members that one node selects, by node name where they are nodes, else by their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Whose it is.
    pub node: String,
    /// Path of the rendered file; empty for [`Kind::Need`].
    pub file: String,
    /// The pool's name, or the search's query.
    pub name: String,
    pub kind: Kind,
    pub before: BTreeSet<String>,
    /// This node converges before all others.
    pub first: BTreeSet<String>,
    /// The unluckiest order.
    pub worst: BTreeSet<String>,
    pub settled: BTreeSet<String>,
    pub exactness: Exactness,
    /// Fewer than so many are not safe on the way.
    pub floor: usize,
}

impl Selection {
    /// Who is found from its own converge on.
    pub fn joining(&self) -> impl Iterator<Item = &str> {
        self.settled.difference(&self.first).map(String::as_str)
    }

    /// Who is found until its own converge.
    pub fn leaving(&self) -> impl Iterator<Item = &str> {
        self.first.difference(&self.settled).map(String::as_str)
    }

    fn is_steady(&self) -> bool {
        self.before == self.first && self.first == self.worst && self.worst == self.settled
    }
}

/// What must not be gone below on the way from one size to another: half of what there was, and never the last one.
/// An end that is lower, or a beginning, is no question of order.
#[must_use]
pub fn floor(before: usize, settled: usize) -> usize {
    before.div_ceil(2).min(settled)
}

/// All selections that differ at any moment.
pub(super) fn selections(impact: &Impact) -> Vec<Selection> {
    let mut out = all(impact);
    if let Some(walked) = &impact.walked {
        for selection in &mut out {
            take_over(selection, walked);
        }
    }
    out.retain(|s| !s.is_steady());
    out
}

/// What was found in every state, instead of what three moments show.
fn take_over(selection: &mut Selection, walked: &Walked) {
    if let Some(worst) = walked.worst.get(&walk::place(selection)) {
        if worst.len() < selection.worst.len() || !walked.unsure.contains(&selection.node) {
            selection.worst.clone_from(worst);
        }
        if !walked.unsure.contains(&selection.node) {
            selection.exactness = Exactness::Exact;
        }
    }
}

/// Every selection, steady or not.
pub(super) fn all(impact: &Impact) -> Vec<Selection> {
    let mut out = pools(impact);
    out.extend(searches(impact));
    out.extend(needs(impact));
    out.sort_by(|a, b| {
        (&a.node, &a.file, a.kind, &a.name).cmp(&(&b.node, &b.file, b.kind, &b.name))
    });
    out
}

/// Who serves, by node name where it is known.
pub(super) fn members(pool: Option<&Pool>) -> BTreeSet<String> {
    let serving = pool.into_iter().flat_map(Pool::serving);
    serving
        .map(|m| m.node.clone().unwrap_or_else(|| m.name.clone()))
        .collect()
}

fn pools(impact: &Impact) -> Vec<Selection> {
    let mut out = Vec::new();
    for pool in &impact.pools {
        let Some(node) = impact.nodes.get(&pool.node) else {
            continue;
        };
        let Some(run) = &node.after else { continue };
        let [before, first, settled] =
            [&pool.before, &pool.first, &pool.after].map(|p| members(p.as_ref()));
        let mut seen = members(pool.worst.as_ref());
        let rounds = impact.rounds.iter().flat_map(|r| &r.pools);
        let own = rounds
            .filter(|p| p.node == pool.node && p.file == pool.file && p.name == pool.name)
            .map(|p| &p.serving);
        if let Some(least) = own.min_by_key(|s| s.len()).filter(|s| s.len() < seen.len()) {
            seen.clone_from(least);
        }
        let parts = pool.after.iter().flat_map(|p| &p.parts);
        let searches: Option<Vec<usize>> = run.after.files.get(&pool.file).map(|own| {
            let parts = parts.filter_map(|p| run.after.files.get(p));
            let mut all: Vec<usize> = own.searches.clone();
            all.extend(parts.flat_map(|f| &f.searches));
            all.sort_unstable();
            all.dedup();
            all
        });
        let index = searches.as_deref();
        let unsure = pool.undetermined.clone();
        let exactness = unsure.map_or_else(
            || exactness(impact, run, index, &first, &settled, &seen),
            Exactness::Bound,
        );
        out.push(Selection {
            node: pool.node.clone(),
            file: pool.file.clone(),
            name: pool.name.clone(),
            kind: Kind::Pool,
            floor: floor(before.len(), settled.len()),
            worst: least(&exactness, [&seen, &first, &settled]),
            before,
            first,
            settled,
            exactness,
        });
    }
    out
}

/// Searches whose results reach a file without pools.
fn searches(impact: &Impact) -> Vec<Selection> {
    let mut out = Vec::new();
    for (i, search) in impact.searches.iter().enumerate() {
        let Some(run) = impact
            .nodes
            .get(&search.node)
            .and_then(|n| n.after.as_ref())
        else {
            continue;
        };
        let place = impact
            .searches
            .iter()
            .take(i)
            .filter(|s| s.node == search.node)
            .count();
        let balances = |file: &String| impact.pools.iter().any(|p| p.stands_in(&search.node, file));
        let Some(file) = search.files.iter().find(|f| !balances(f)) else {
            continue;
        };
        if search.after.index != "node" {
            continue;
        }
        let found = |s: Option<&Search>| -> BTreeSet<String> {
            s.into_iter()
                .flat_map(|s| s.results.iter().cloned())
                .collect()
        };
        let before = found(search.before.as_ref());
        let first = found(search.first.as_ref());
        let seen = found(search.worst.as_ref());
        let settled = found(Some(&search.after));
        let exactness = exactness(impact, run, Some(&[place]), &first, &settled, &seen);
        out.push(Selection {
            node: search.node.clone(),
            file: file.clone(),
            name: search.after.query.clone(),
            kind: Kind::Search,
            // A list of peers may shrink; that it is empty for a while is what hurts.
            floor: floor(before.len(), settled.len()).min(1),
            worst: least(&exactness, [&seen, &first, &settled]),
            before,
            first,
            settled,
            exactness,
        });
    }
    out
}

/// Converges that succeed only when others have been there before.
fn needs(impact: &Impact) -> Vec<Selection> {
    let mut out = Vec::new();
    for node in impact.nodes.values() {
        let Some(run) = &node.after else { continue };
        let fails = run.first.failure.is_some() || run.worst.failure.is_some();
        if !fails || run.after.failure.is_some() {
            continue;
        }
        let found = |run: &Convergence| -> BTreeSet<String> {
            let nodes = run.searches.iter().filter(|s| s.index == "node");
            nodes.flat_map(|s| s.results.iter().cloned()).collect()
        };
        let (first, settled) = (found(&run.first), found(&run.after));
        out.push(Selection {
            node: node.name.clone(),
            file: String::new(),
            name: "converge".to_owned(),
            kind: Kind::Need,
            before: settled.clone(),
            floor: settled.len(),
            worst: first.intersection(&settled).cloned().collect(),
            first,
            settled,
            exactness: Exactness::Bound("its converge fails on the way; what it needs is taken to be all it finds in the end".to_owned()),
        });
    }
    out
}

fn least(exactness: &Exactness, moments: [&BTreeSet<String>; 3]) -> BTreeSet<String> {
    let [worst, ..] = moments;
    if *exactness == Exactness::Exact {
        return worst.clone();
    }
    moments
        .into_iter()
        .min_by_key(|m| m.len())
        .cloned()
        .unwrap_or_default()
}

/// Whether members are independent: what was simulated agrees with that, and nothing speaks against it.
fn exactness(
    impact: &Impact,
    run: &Run,
    searches: Option<&[usize]>,
    first: &BTreeSet<String>,
    settled: &BTreeSet<String>,
    worst: &BTreeSet<String>,
) -> Exactness {
    let bound = |reason: &str| Exactness::Bound(reason.to_owned());
    if run.moments().any(|(_, r)| r.failure.is_some()) {
        return bound("its owner's converge fails at one moment and not at another");
    }
    // A member that stays may be gone for a while, by what it saves on the way.
    let stays = |name: &&String| impact.nodes.get(*name).is_some_and(|n| wavers(impact, n));
    if first.union(settled).find(stays).is_some() {
        return bound("what a member saves depends on when it converges");
    }
    if run.moments().count() == 1 {
        return Exactness::Exact;
    }
    let behind = |run: &Convergence| -> Vec<Search> {
        let all = run.searches.iter().enumerate();
        all.filter(|(i, _)| searches.is_none_or(|s| s.contains(i)))
            .map(|(_, s)| s.clone())
            .collect()
    };
    for (_, moment) in run.moments() {
        for search in behind(moment) {
            if search.guarded {
                return bound("the recipe branches on what the search returns");
            }
            if !search.maybe.is_empty() || search.undetermined.is_some() {
                return bound("not all results of its searches are known");
            }
        }
    }
    if *worst != first.intersection(settled).cloned().collect() {
        return bound("results are treated together, not each for itself");
    }
    for name in first.symmetric_difference(settled) {
        match impact.nodes.get(name) {
            None => return bound("what comes or goes is no node"),
            Some(node) if !saves_by_itself(node) => {
                return bound("what a member saves depends on when it converges");
            }
            Some(_) if !is_saved_anew(impact, name) => {
                return bound("a member comes or goes by another node's converge");
            }
            Some(_) => {}
        }
    }
    Exactness::Exact
}

/// Whether a node that can converge saves one thing in one round or moment and another in another.
fn wavers(impact: &Impact, node: &NodeImpact) -> bool {
    let Some(last) = node.after.as_ref().and_then(|r| r.after.saved.as_ref()) else {
        return false;
    };
    let other = |run: &Convergence| {
        let saved = run.saved.as_ref();
        saved.is_some_and(|s| !std::sync::Arc::ptr_eq(s, last) && s != last)
    };
    let moments = node.after.iter().flat_map(|r| r.moments());
    moments.into_iter().any(|(_, run)| other(run))
        || impact
            .history
            .iter()
            .filter_map(|r| r.get(&node.name))
            .any(|run| other(run))
}

/// Whether a node saves the same whenever it converges.
fn saves_by_itself(node: &NodeImpact) -> bool {
    node.after.as_ref().is_some_and(|run| {
        run.moments()
            .all(|(_, r)| match (&r.saved, &run.after.saved) {
                (Some(a), Some(b)) => std::sync::Arc::ptr_eq(a, b) || a == b,
                _ => false,
            })
    })
}

fn is_saved_anew(impact: &Impact, name: &str) -> bool {
    let saved = |index: &crate::search::SearchIndex| {
        index
            .document("node", name)
            .and_then(|d| d.saved())
            .cloned()
    };
    match (saved(&impact.index_start), saved(&impact.index)) {
        (Some(a), Some(b)) => !std::sync::Arc::ptr_eq(&a, &b) && a != b,
        _ => true,
    }
}

/// The selections as a table, with the names behind its numbers.
pub(super) fn table(selections: &[Selection], impact: &Impact) -> (Vec<String>, Table) {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for selection in selections {
        names.insert(&selection.node);
        names.extend(
            selection
                .joining()
                .chain(selection.leaving())
                .filter(|n| impact.nodes.contains_key(*n)),
        );
    }
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let number = |name: &str| names.binary_search_by(|n| n.as_str().cmp(name)).ok();
    let rows = selections
        .iter()
        .filter_map(|s| {
            Some(Row {
                owner: number(&s.node)?,
                floor: s.floor,
                fixed: s.first.intersection(&s.settled).count(),
                joining: s.joining().filter_map(number).collect(),
                leaving: s.leaving().filter_map(number).collect(),
            })
        })
        .collect();
    let table = Table {
        nodes: names.len(),
        rows,
    };
    (names, table)
}
