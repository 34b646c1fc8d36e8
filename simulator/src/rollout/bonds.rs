//! Whose saved object depends on when it converges: what may not be counted on at moments that were not simulated.
//!
//! A run that asks nobody, or that lets no answer into what it saves or into what it does next, saves one object
//! whenever it converges. Of any other run, only the moments that were simulated are known. What such a run may save
//! at another moment is bounded by what recipes can write: its run list, roles and what the machine reports stay, all
//! other attributes may be anything. A search that could match it then may return anything about it, and whoever
//! makes that search and depends on it is no more certain.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;

use crate::convergence::{Convergence, Reads, SavedNode, Search};
use crate::search::{Answer, SearchIndex};
use crate::simulation::Run;

/// The nodes of a head whose saved objects are not certain at every moment.
pub struct Bonds {
    /// Whether somebody does not converge who was simulated to, and saves something else then.
    down: bool,
    unruly: BTreeSet<String>,
    /// Their objects with all that recipes could write unknown.
    blurred: SearchIndex,
    known: BTreeMap<String, BTreeSet<String>>,
}

/// Searches of nodes whose answers have a part in what a run saves, or in whether it saves.
fn telling(run: &Convergence) -> impl Iterator<Item = &Search> {
    let all = run.searches.iter().enumerate();
    all.filter(|(i, s)| tells(run, *i, s)).map(|(_, s)| s)
}

fn tells(run: &Convergence, i: usize, search: &Search) -> bool {
    let decides = search.guarded || run.failure.is_some() || run.together.contains(&i);
    search.index == "node" && (decides || run.saved_from.contains(&i))
}

/// Whether a run may fail with other answers than those of the moments that were simulated, where one of these has a
/// failure, or results are treated together.
fn may_fail(run: &Run) -> bool {
    run.moments()
        .any(|(_, r)| r.failure.is_some() || !r.together.is_empty())
}

/// Whether a run saves one thing at one moment that was simulated and another at another.
pub fn wavers(name: &str, run: &Run, history: &[BTreeMap<String, Arc<Convergence>>]) -> bool {
    let Some(last) = run.after.saved.as_ref() else {
        return false;
    };
    let other = |run: &Convergence| {
        let saved = run.saved.as_ref();
        saved.is_some_and(|s| !Arc::ptr_eq(s, last) && s != last)
    };
    run.moments().any(|(_, r)| other(r))
        || history
            .iter()
            .filter_map(|r| r.get(name))
            .any(|run| other(run))
}

/// Whether all that a run saves was there at the start.
fn saves_nothing_new(name: &str, run: &Run, start: &SearchIndex) -> bool {
    let old = start.document("node", name).and_then(|d| d.saved());
    run.moments().all(|(_, r)| match (&r.saved, old) {
        (Some(new), Some(old)) => Arc::ptr_eq(new, old) || new == old,
        (new, _) => new.is_none(),
    })
}

impl Bonds {
    /// Of the runs of a head, with the index as it begins, where some nodes are down.
    pub fn new<'r>(
        runs: impl Iterator<Item = (&'r str, &'r Run)> + Clone,
        start: &SearchIndex,
        history: &[BTreeMap<String, Arc<Convergence>>],
        down: &BTreeSet<String>,
    ) -> Self {
        let mut out = Self {
            down: false,
            unruly: BTreeSet::new(),
            blurred: start.clone(),
            known: BTreeMap::new(),
        };
        let mut asking: Vec<(&str, &Run)> = Vec::new();
        for (name, run) in runs {
            let fails = |r: &Convergence| r.failure.is_some();
            let at_times = run.moments().any(|(_, r)| fails(r) != fails(&run.after));
            let tells = run.moments().any(|(_, r)| telling(r).next().is_some());
            let vague = |s: &Search| !s.maybe.is_empty() || s.undetermined.is_some();
            let unsure = run.moments().any(|(_, r)| telling(r).any(vague));
            let moves = tells && run.moments().count() > 1;
            let waits = down.contains(name) && !saves_nothing_new(name, run, start);
            out.down |= waits;
            if at_times || moves || unsure || waits || wavers(name, run, history) {
                out.add(name, run);
            } else if tells {
                asking.push((name, run));
            }
        }
        loop {
            let (caught, rest): (Vec<_>, Vec<_>) = asking
                .into_iter()
                .partition(|(name, run)| !out.seen_by(name, run, true).is_empty());
            if caught.is_empty() {
                return out;
            }
            for (name, run) in caught {
                out.add(name, run);
            }
            asking = rest;
        }
    }

    fn add(&mut self, name: &str, run: &Run) {
        let start = self.blurred.document("node", name);
        // Who fails keeps what there was, and at another moment may save what it would have.
        let kept = start
            .and_then(|d| d.saved())
            .filter(|_| self.down || may_fail(run));
        let new = run
            .moments()
            .filter_map(|(_, r)| r.saved.as_ref().or(r.unsaved.as_ref()));
        let objects: Vec<&Arc<SavedNode>> = kept.into_iter().chain(new).collect();
        let Some((object, others)) = objects.split_first() else {
            return;
        };
        let mut automatic = object.automatic.clone();
        if others.iter().any(|o| o.automatic != automatic) {
            let same = |key: &String, value: &Json| {
                let mut values = others.iter().map(|o| o.automatic.get(key));
                values.all(|v| v.as_ref() == Some(value))
            };
            automatic.edit(|map| map.retain(|key, value| same(key, value)));
        }
        let blurred = SavedNode {
            name: object.name.clone(),
            chef_environment: object.chef_environment.clone(),
            run_list: object.run_list.clone(),
            policy_name: object.policy_name.clone(),
            policy_group: object.policy_group.clone(),
            automatic,
            unknown: vec![vec!["*".to_owned()], vec!["tags".to_owned()]],
            synthetic: object.synthetic,
            location: object.location.clone(),
            ..SavedNode::default()
        };
        self.blurred.put_node(blurred);
        self.unruly.insert(name.to_owned());
        self.known.clear();
    }

    /// Whether everybody converges in the end as it was simulated.
    pub fn wait_for_nobody(&self) -> bool {
        !self.down
    }

    /// Nodes of which it is not certain what they save when.
    pub fn unruly(&self) -> &BTreeSet<String> {
        &self.unruly
    }

    /// The unruly nodes, other than itself, of which a run may find or read something else at moments that were not
    /// simulated.
    pub fn unsure_of(&mut self, name: &str, run: &Run) -> BTreeSet<String> {
        self.seen_by(name, run, false)
    }

    fn seen_by(&mut self, name: &str, run: &Run, telling_only: bool) -> BTreeSet<String> {
        let mut out = BTreeSet::new();
        if self.unruly.is_empty() {
            return out;
        }
        for (_, moment) in run.moments() {
            let read = moment
                .reads
                .iter()
                .filter(|(n, keys)| self.may_vary(n, keys));
            out.extend(read.map(|(n, _)| n.clone()));
            for (i, search) in moment.searches.iter().enumerate() {
                let counts = !telling_only || tells(moment, i, search);
                if search.index == "node" && counts {
                    out.extend(self.may_find(&search.query).iter().cloned());
                }
            }
        }
        out.remove(name);
        out
    }

    /// Whether a node may save other values of some attributes than are known.
    fn may_vary(&self, name: &str, reads: &Reads) -> bool {
        let object = self.blurred.document("node", name).and_then(|d| d.saved());
        self.unruly.contains(name)
            && match (reads, object) {
                (Reads::Keys(keys), Some(object)) => {
                    !keys.iter().all(|k| object.automatic.get(k).is_some())
                }
                _ => true,
            }
    }

    /// The unruly nodes that a query may match or not, by what they may save.
    fn may_find(&mut self, query: &str) -> &BTreeSet<String> {
        let (blurred, unruly) = (&self.blurred, &self.unruly);
        self.known.entry(query.to_owned()).or_insert_with(|| {
            let Answer::Results { maybe, .. } = blurred.search("node", query) else {
                return unruly.clone();
            };
            let names = maybe.iter().map(|d| d.name());
            let own = names.filter(|n| unruly.contains(*n));
            own.map(str::to_owned).collect()
        })
    }
}
