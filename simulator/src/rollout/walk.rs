//! The real converges of a change, walked through all states of the nodes that matter.
//!
//! Where members depend on one another, three simulated moments say little of the rest. Few nodes are part of that: those
//! whose saved objects change, and those whose runs see it. While they are few, every state that any order of their
//! converges leads to is visited ([`explore`]), and each node converges there as Chef would. A converge that makes the
//! same searches, gets the same answers and reads the same objects is the same converge, and is not run again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::bonds::Bonds;
use super::explore::{Fleet, Outcome, explore};
use super::order;
use super::selection::{self, Kind, Selection};
use super::table::Groups;
use crate::convergence::{Convergence, SavedNode};
use crate::impact::{Impact, node_names, pools_of_run};
use crate::pool::{NodeNames, Pool};
use crate::readers::Readers;
use crate::search::{Document, SearchIndex};
use crate::simulation::{Converge, IndexView, Run, Simulation};

/// Nodes up to which all states are visited, unless settings say another number.
pub const WALKED_NODES: usize = 8;
/// Converges that a walk may cost, if the simulation itself did not cost more.
const CONVERGES: usize = 256;
/// States times nodes that a walk looks at.
const LOOKS: usize = 8_192;

/// Where a selection stands: node, file, kind and name.
pub type Place = (String, String, Kind, String);

/// What a walk through every state found.
#[derive(Clone, Debug, Default)]
pub struct Walked {
    /// The fewest members of each selection of a node that is part of it, in any order.
    pub worst: BTreeMap<Place, BTreeSet<String>>,
    /// The pools of those moments.
    pub pools: BTreeMap<Place, Pool>,
    /// Nodes of which not everything is known in some state.
    pub unsure: BTreeSet<String>,
    /// Nodes that fail in some state and not in every one.
    pub fail_on_the_way: BTreeSet<String>,
    /// A safe order, of those that can converge; `None` where there is none.
    pub order: Option<Vec<BTreeSet<String>>>,
    /// Everybody who took part.
    pub nodes: BTreeSet<String>,
}

/// Walks through a change whose `head` is simulated, with the converges that simulated it. `None` where nothing depends
/// on the order, where more than `most` nodes matter, or where that costs too much.
#[must_use]
pub fn walk(
    impact: &Impact,
    head: &Simulation,
    converge: &dyn Converge,
    readers: &Readers,
    most: usize,
) -> Option<Walked> {
    let runs = head.runs.iter().map(|(name, run)| (name.as_str(), run));
    let down = &impact.options.down;
    let mut bonds = Bonds::new(runs, &head.start, &head.history, down);
    let mut nodes = involved(head, &mut bonds);
    nodes.retain(|n| !down.contains(n));
    if nodes.len() < 2 || nodes.len() > most {
        return None;
    }
    let selections = selection::all(impact, &mut bonds);
    let of = |node: &String| -> Vec<Selection> {
        let own = selections.iter().filter(|s| s.node == *node);
        own.filter(|s| s.kind != Kind::Need).cloned().collect()
    };
    let mut fleet = Real {
        converge,
        readers,
        names: node_names(head),
        gone: selection::gone(impact),
        start: &head.start,
        docs: nodes
            .iter()
            .map(|n| head.start.document("node", n)?.saved().cloned())
            .map(|d| d.map(|d| vec![d]))
            .collect::<Option<_>>()?,
        selections: nodes.iter().map(of).collect(),
        known: vec![Vec::new(); nodes.len()],
        lowest: BTreeMap::new(),
        unsure: BTreeSet::new(),
        now: None,
        answers: Answers::new(),
        converges: head.runs.len().max(CONVERGES),
        looks: LOOKS,
    };
    let explored = explore(&mut fleet, &counted(impact, &mut bonds, &nodes))?;
    let name = |n: &usize| nodes.get(*n).cloned();
    let mut out = Walked {
        unsure: fleet.unsure.iter().filter_map(name).collect(),
        fail_on_the_way: explored.fail_on_the_way.iter().filter_map(name).collect(),
        order: explored.order.map(|groups| {
            let named = groups.iter().map(|g| g.iter().filter_map(name).collect());
            named.collect()
        }),
        ..Walked::default()
    };
    for ((node, i), worst) in explored.worst {
        let Some(selection) = fleet.selections.get(node).and_then(|s| s.get(i)) else {
            continue;
        };
        let place = place(selection);
        if let Some(pool) = fleet.lowest.remove(&(node, i)) {
            out.pools.insert(place.clone(), pool);
        }
        out.worst.insert(place, worst);
    }
    out.nodes = nodes.into_iter().collect();
    Some(out)
}

/// The order that counting gives, in the numbers of `nodes`; nothing where it gives none.
fn counted(impact: &Impact, bonds: &mut Bonds, nodes: &[String]) -> Groups {
    let selections = selection::selections(impact, bonds);
    let (names, table) = selection::table(&selections, impact);
    let order::Order::Groups(groups) = order::order(&table) else {
        return Groups::new();
    };
    let number = |n: &usize| nodes.binary_search(names.get(*n)?).ok();
    groups
        .iter()
        .map(|g| g.iter().filter_map(number).collect())
        .collect()
}

pub(super) fn place(selection: &Selection) -> Place {
    (
        selection.node.clone(),
        selection.file.clone(),
        selection.kind,
        selection.name.clone(),
    )
}

/// Nodes that save something new, nodes whose results differ between moments, and nodes that see one of which more than
/// the beginning and the end may be saved.
fn involved(head: &Simulation, bonds: &mut Bonds) -> Vec<String> {
    let starts = |name: &str| head.start.document("node", name).and_then(|d| d.saved());
    let saves = |name: &str, run: &Run| -> Vec<Arc<SavedNode>> {
        let mut out: Vec<Arc<SavedNode>> = Vec::new();
        for saved in run.moments().filter_map(|(_, r)| r.saved.as_ref()) {
            let known = |d: &Arc<SavedNode>| Arc::ptr_eq(d, saved) || **d == **saved;
            if !starts(name).is_some_and(known) && !out.iter().any(known) {
                out.push(saved.clone());
            }
        }
        out
    };
    let mut movers = BTreeSet::new();
    let mut unruly = BTreeSet::new();
    for (name, run) in &head.runs {
        let fails = |r: &Convergence| r.failure.is_some();
        let at_times = run.moments().any(|(_, r)| fails(r) != fails(&run.after));
        match saves(name, run).len() {
            _ if at_times => {
                movers.insert(name);
                unruly.insert(name);
            }
            0 => {}
            1 => drop(movers.insert(name)),
            _ => {
                movers.insert(name);
                unruly.insert(name);
            }
        }
    }
    let sees = |run: &Convergence| {
        run.reads.keys().any(|n| unruly.contains(n))
            || run
                .searches
                .iter()
                .any(|s| s.results.iter().any(|n| unruly.contains(n)))
    };
    let owners = head.runs.iter().filter(|(_, run)| {
        run.moments().count() > 1 || (!unruly.is_empty() && run.moments().any(|(_, r)| sees(r)))
    });
    let mut owners: BTreeSet<&String> = owners.map(|(name, _)| name).collect();
    let mut sees_unruly = |(name, run): &(&String, &Run)| !bonds.unsure_of(name, run).is_empty();
    let asking: Vec<(&String, &Run)> = head.runs.iter().filter(&mut sees_unruly).collect();
    owners.extend(asking.into_iter().map(|(name, _)| name));
    let named = head.runs.keys().filter(|n| bonds.unruly().contains(*n));
    owners.extend(named);
    if owners.is_empty() {
        return Vec::new();
    }
    movers.union(&owners).map(|n| (*n).clone()).collect()
}

/// A converge that was run, with all that it saw.
#[derive(Clone)]
struct Known {
    own: Arc<SavedNode>,
    answers: Vec<((String, String), Vec<String>)>,
    reads: Vec<(String, Option<Arc<Document>>)>,
    outcome: Outcome,
}

type Answers = BTreeMap<(String, String), Vec<String>>;

struct Real<'a> {
    converge: &'a dyn Converge,
    readers: &'a Readers,
    names: NodeNames,
    gone: BTreeSet<String>,
    start: &'a SearchIndex,
    /// By node: what it may have saved, first what it has at the start.
    docs: Vec<Vec<Arc<SavedNode>>>,
    selections: Vec<Vec<Selection>>,
    known: Vec<Vec<Known>>,
    /// The pool with the fewest members so far.
    lowest: BTreeMap<(usize, usize), Pool>,
    unsure: BTreeSet<usize>,
    now: Option<(Vec<u32>, SearchIndex)>,
    /// What searches find in that state.
    answers: Answers,
    converges: usize,
    looks: usize,
}

fn answer(index: &SearchIndex, (name, query): &(String, String)) -> Vec<String> {
    let answer = index.search(name, query);
    answer.names().into_iter().map(str::to_owned).collect()
}

fn same(a: Option<&Arc<Document>>, b: Option<&Arc<Document>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => {
            Arc::ptr_eq(a, b)
                || match (a.saved(), b.saved()) {
                    (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a == b,
                    _ => false,
                }
        }
        (None, None) => true,
        _ => false,
    }
}

impl Real<'_> {
    /// What is on the server in a state.
    fn index(&mut self, saved: &[u32]) -> SearchIndex {
        if let Some((state, index)) = &self.now
            && state == saved
        {
            return index.clone();
        }
        let mut index = self.start.clone();
        for (docs, n) in self.docs.iter().zip(saved) {
            let doc = usize::try_from(*n).ok().and_then(|n| docs.get(n));
            if let Some(doc) = doc.filter(|_| *n > 0) {
                index.put_node(doc.clone());
            }
        }
        self.now = Some((saved.to_vec(), index.clone()));
        self.answers.clear();
        index
    }

    fn run(&mut self, node: usize, own: &Arc<SavedNode>, index: &SearchIndex) -> Option<Known> {
        self.converges = self.converges.checked_sub(1)?;
        let run = self.converge.converge(own, IndexView::Now(index));
        let vague = |s: &crate::convergence::Search| {
            !s.maybe.is_empty() || s.undetermined.is_some() || s.conditional
        };
        let mut unsure = run.searches.iter().any(vague);
        let mut selections = Vec::new();
        let pools = pools_of_run(&run, &self.names, self.readers);
        for (i, selection) in self.selections.get(node)?.iter().enumerate() {
            let members: BTreeSet<String> = match selection.kind {
                Kind::Pool => {
                    let pool = pools
                        .iter()
                        .map(|(_, p)| p)
                        .find(|p| p.file == selection.file && p.pool.name == selection.name);
                    let members = selection::members(pool.map(|p| &p.pool), &self.gone);
                    unsure |= pool.is_some_and(|p| p.pool.undetermined.is_some());
                    if let Some(pool) = pool {
                        let lowest = self.lowest.entry((node, i));
                        let lowest = lowest.or_insert_with(|| pool.pool.clone());
                        if members.len() < selection::members(Some(lowest), &self.gone).len() {
                            *lowest = pool.pool.clone();
                        }
                    }
                    members
                }
                _ => match run.searches.iter().find(|s| s.query == selection.name) {
                    Some(search) => {
                        let found = search.results.iter();
                        found.filter(|n| !self.gone.contains(*n)).cloned().collect()
                    }
                    None => selection.settled.clone(),
                },
            };
            selections.push(members);
        }
        if unsure {
            self.unsure.insert(node);
        }
        let saved = run.saved.as_ref().filter(|_| run.failure.is_none());
        let outcome = Outcome {
            saved: match saved {
                Some(doc) => Some(self.number(node, doc)?),
                None => None,
            },
            selections: if saved.is_some() {
                selections
            } else {
                Vec::new()
            },
        };
        let queries = run.searches.iter().filter(|s| s.undetermined.is_none());
        Some(Known {
            own: own.clone(),
            answers: queries
                .map(|s| (s.index.clone(), s.query.clone()))
                .map(|q| (q.clone(), answer(index, &q)))
                .collect(),
            reads: run
                .reads
                .keys()
                .map(|n| (n.clone(), index.document("node", n).cloned()))
                .collect(),
            outcome,
        })
    }

    /// The number of what a converge saves.
    fn number(&mut self, node: usize, doc: &Arc<SavedNode>) -> Option<u32> {
        let docs = self.docs.get_mut(node)?;
        let known = docs.iter().skip(1).position(|d| **d == **doc);
        let at = known.map_or(docs.len(), |n| n + 1);
        if known.is_none() {
            docs.push(doc.clone());
        }
        u32::try_from(at).ok()
    }
}

impl Fleet for Real<'_> {
    fn len(&self) -> usize {
        self.docs.len()
    }

    fn converge(&mut self, node: usize, saved: &[u32]) -> Option<Outcome> {
        self.looks = self.looks.checked_sub(1)?;
        let index = self.index(saved);
        let at = usize::try_from(*saved.get(node)?).ok()?;
        let own = self.docs.get(node)?.get(at)?.clone();
        let answers = &mut self.answers;
        let mut found = |query: &(String, String)| {
            let known = answers.entry(query.clone());
            known.or_insert_with(|| answer(&index, query)).clone()
        };
        let known = self.known.get(node)?.iter().find(|known| {
            (Arc::ptr_eq(&known.own, &own) || known.own == own)
                && known.answers.iter().all(|(q, a)| found(q) == *a)
                && known
                    .reads
                    .iter()
                    .all(|(n, d)| same(index.document("node", n), d.as_ref()))
        });
        if let Some(known) = known {
            return Some(known.outcome.clone());
        }
        let run = self.run(node, &own, &index)?;
        let outcome = run.outcome.clone();
        self.known.get_mut(node)?.push(run);
        Some(outcome)
    }

    fn floor(&self, node: usize, selection: usize) -> usize {
        let of = self.selections.get(node).and_then(|s| s.get(selection));
        of.map_or(0, |s| s.floor)
    }
}
