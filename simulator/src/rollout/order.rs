//! A safe order of converges, a proof that there is none, or neither.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::table::{Groups, Table};

/// Kinds of nodes up to which every order of kinds is tried.
const KINDS: usize = 14;

/// What is known of the orders in which a fleet may converge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Any order is safe.
    Any,
    /// This one is: each group in any order, after those before it.
    Groups(Groups),
    /// None is. These nodes need one another to have converged first.
    None(BTreeSet<usize>),
    /// None was found, and none was ruled out.
    Unknown,
}

/// Looks for a safe order.
#[must_use]
pub fn order(table: &Table) -> Order {
    let all: BTreeSet<usize> = (0..table.nodes).collect();
    if table.holds(&BTreeSet::new(), &all) {
        return Order::Any;
    }
    if let Some(groups) = layers(table).filter(|groups| table.is_safe(groups)) {
        return Order::Groups(groups);
    }
    let stuck = table.stuck();
    if !stuck.is_empty() {
        return Order::None(cycle(table, &stuck));
    }
    let alike = table.alike();
    if alike.len() <= KINDS
        && let Some(groups) = search(table, &alike)
    {
        return Order::Groups(join(table, groups));
    }
    if table.nodes > KINDS {
        return Order::Unknown;
    }
    let single: Groups = all.iter().map(|n| BTreeSet::from([*n])).collect();
    match search(table, &single) {
        Some(groups) => Order::Groups(join(table, groups)),
        None => Order::None(cycle(table, &all)),
    }
}

/// The graph of who must converge before whom. A node's weight is its number.
#[must_use]
pub fn graph(table: &Table) -> DiGraph<usize, ()> {
    let mut graph = DiGraph::new();
    let nodes: Vec<NodeIndex> = (0..table.nodes).map(|n| graph.add_node(n)).collect();
    for (first, then) in table.before() {
        if let (Some(first), Some(then)) = (nodes.get(first), nodes.get(then)) {
            graph.add_edge(*first, *then, ());
        }
    }
    graph
}

/// Each node as early as those that it waits for allow; `None` where some wait for one another.
fn layers(table: &Table) -> Option<Groups> {
    let graph = graph(table);
    let mut depth: BTreeMap<usize, usize> = BTreeMap::new();
    // A topological order would do; components also tell a cycle, and come with who is waited for last.
    for component in tarjan_scc(&graph).into_iter().rev() {
        let [node] = component.as_slice() else {
            return None;
        };
        let mut at = 0;
        for before in graph.neighbors_directed(*node, petgraph::Direction::Incoming) {
            if before == *node {
                return None;
            }
            at = at.max(depth.get(&before.index())? + 1);
        }
        depth.insert(node.index(), at);
    }
    let mut groups: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (node, at) in depth {
        groups.entry(at).or_default().insert(node);
    }
    Some(groups.into_values().collect())
}

/// The nodes of `among` that wait for one another, in the order of the graph; all of them where no cycle shows it.
fn cycle(table: &Table, among: &BTreeSet<usize>) -> BTreeSet<usize> {
    let graph = graph(table);
    tarjan_scc(&graph)
        .into_iter()
        .filter(|c| match c.as_slice() {
            [one] => graph.contains_edge(*one, *one),
            _ => true,
        })
        .map(|c| {
            c.into_iter()
                .map(NodeIndex::index)
                .collect::<BTreeSet<usize>>()
        })
        .find(|c| !c.is_disjoint(among))
        .unwrap_or_else(|| among.clone())
}

/// A selection by kinds of nodes instead of nodes: how many of each join and leave. Equal ones are one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct OfKinds {
    owner: usize,
    /// Members that are missing when everybody who moves is counted out.
    missing: usize,
    joining: BTreeMap<usize, usize>,
    leaving: BTreeMap<usize, usize>,
}

impl OfKinds {
    fn all(table: &Table, kinds: &Groups) -> BTreeSet<Self> {
        let places = kinds.iter().enumerate();
        let kind_of: BTreeMap<usize, usize> = places
            .flat_map(|(kind, nodes)| nodes.iter().map(move |n| (*n, kind)))
            .collect();
        let count = |nodes: &BTreeSet<usize>| {
            let mut out = BTreeMap::new();
            for kind in nodes.iter().filter_map(|n| kind_of.get(n)) {
                *out.entry(*kind).or_default() += 1;
            }
            out
        };
        let low = table.rows.iter().filter(|row| row.fixed < row.floor);
        low.filter_map(|row| {
            Some(Self {
                owner: *kind_of.get(&row.owner)?,
                missing: row.floor - row.fixed,
                joining: count(&row.joining),
                leaving: count(&row.leaving),
            })
        })
        .collect()
    }

    /// Whether it keeps its floor while one kind moves after those of `done` have.
    fn holds(&self, done: usize, moving: usize) -> bool {
        let is_done = |kind: usize| done & (1 << kind) != 0;
        if self.owner != moving && !is_done(self.owner) {
            return true;
        }
        let joined = self.joining.iter().filter(|(k, _)| is_done(**k));
        let left = self.leaving.iter().filter(|(k, _)| !is_done(**k));
        let sure = joined.chain(left).filter(|(k, _)| **k != moving);
        sure.map(|(_, count)| count).sum::<usize>() >= self.missing
    }
}

/// The shortest safe way from nobody to everybody, one kind after the other. Complete over orders of these kinds.
fn search(table: &Table, kinds: &Groups) -> Option<Groups> {
    let full = 1_usize.checked_shl(u32::try_from(kinds.len()).ok()?)? - 1;
    let rows = OfKinds::all(table, kinds);
    let mut from: BTreeMap<usize, usize> = BTreeMap::from([(0, 0)]);
    let mut queue = VecDeque::from([0_usize]);
    while let Some(state) = queue.pop_front() {
        if state == full {
            break;
        }
        for i in 0..kinds.len() {
            let next = state | (1 << i);
            let is_new = next != state && !from.contains_key(&next);
            if is_new && rows.iter().all(|row| row.holds(state, i)) {
                from.insert(next, state);
                queue.push_back(next);
            }
        }
    }
    let mut groups = Groups::new();
    let mut state = full;
    while state != 0 {
        let earlier = *from.get(&state)?;
        let step = (state ^ earlier).trailing_zeros();
        groups.push(kinds.get(usize::try_from(step).ok()?)?.clone());
        state = earlier;
    }
    groups.reverse();
    Some(groups)
}

/// Joins neighbours that may converge at the same time.
fn join(table: &Table, groups: Groups) -> Groups {
    let mut out = Groups::new();
    let mut done: BTreeSet<usize> = BTreeSet::new();
    for group in groups {
        let joined = out.last().map(|last| last | &group);
        match (out.last_mut(), joined) {
            (Some(last), Some(joined)) if table.holds(&done, &joined) => *last = joined,
            _ => {
                done.extend(out.last().into_iter().flatten().copied());
                out.push(group);
            }
        }
    }
    out
}
