//! Every state that a small fleet can come into, whatever its nodes' results depend on.

use std::collections::{BTreeMap, BTreeSet};

use super::table::Groups;

/// Nodes whose converges change something, `0..len`, and what each one's converge gives.
pub trait Fleet {
    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a node's converge gives when `saved` is what each node last saved: 0 before its first converge of the
    /// change, else the number that the converge gave it. Must be a function of its arguments.
    /// `None` ends the exploration: it costs too much.
    fn converge(&mut self, node: usize, saved: &[u32]) -> Option<Outcome>;

    /// Fewer than so many members of the selection are not safe.
    fn floor(&self, node: usize, selection: usize) -> usize;
}

/// What one converge gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// A number for the saved document, equal for equal documents; `None` where the converge fails, which saves and
    /// renders nothing.
    pub saved: Option<u32>,
    /// The members of each of the node's selections, in a fixed order.
    pub selections: Vec<BTreeSet<String>>,
}

/// What was found in all states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explored {
    /// By node and selection, the fewest members that any converge finds.
    pub worst: BTreeMap<(usize, usize), BTreeSet<String>>,
    /// Nodes that fail in some state and not in every one.
    pub fail_on_the_way: BTreeSet<usize>,
    /// Nodes that fail whenever they converge: they stay as they are.
    pub fail_always: BTreeSet<usize>,
    /// A safe order of all that can converge; `None` where there is none.
    pub order: Option<Groups>,
}

/// States that are visited before an exploration is given up.
const STATES: usize = 20_000;

struct Explorer<'f, F: Fleet> {
    fleet: &'f mut F,
    known: BTreeMap<(usize, Vec<u32>), Outcome>,
}

type States = BTreeSet<Vec<u32>>;

/// Visits every state that converges in any order, each node any number of times, lead to. Where `proposed` is a safe
/// order, it is the one that is given; nodes that it does not name go with its first group.
pub fn explore<F: Fleet>(fleet: &mut F, proposed: &Groups) -> Option<Explored> {
    let len = fleet.len();
    let mut explorer = Explorer {
        fleet,
        known: BTreeMap::new(),
    };
    let everybody: BTreeSet<usize> = (0..len).collect();
    let start = States::from([vec![0; len]]);
    let states = explorer.closure(&start, &everybody)?;
    let mut out = Explored::default();
    let mut succeeds = BTreeSet::new();
    for state in &states {
        for node in 0..len {
            let outcome = explorer.converge(node, state)?;
            if outcome.saved.is_none() {
                out.fail_on_the_way.insert(node);
                continue;
            }
            succeeds.insert(node);
            for (i, found) in outcome.selections.into_iter().enumerate() {
                let worst = out.worst.entry((node, i)).or_insert_with(|| found.clone());
                if found.len() < worst.len() {
                    *worst = found;
                }
            }
        }
    }
    out.fail_always = out.fail_on_the_way.difference(&succeeds).copied().collect();
    out.fail_on_the_way = out
        .fail_on_the_way
        .intersection(&succeeds)
        .copied()
        .collect();
    out.order = match explorer.approved(&start, &succeeds, proposed)? {
        Some(groups) => Some(groups),
        None => explorer.order(&start, &succeeds)?,
    };
    Some(out)
}

impl<F: Fleet> Explorer<'_, F> {
    fn converge(&mut self, node: usize, state: &[u32]) -> Option<Outcome> {
        let key = (node, state.to_vec());
        if let Some(known) = self.known.get(&key) {
            return Some(known.clone());
        }
        if self.known.len() > STATES {
            return None;
        }
        let outcome = self.fleet.converge(node, state)?;
        self.known.insert(key, outcome.clone());
        Some(outcome)
    }

    /// Every state that converges of `nodes` lead to from `start`.
    fn closure(&mut self, start: &States, nodes: &BTreeSet<usize>) -> Option<States> {
        let mut all = start.clone();
        let mut queue: Vec<Vec<u32>> = start.iter().cloned().collect();
        while let Some(state) = queue.pop() {
            for node in nodes {
                let outcome = self.converge(*node, &state)?;
                let mut next = state.clone();
                if let (Some(slot), Some(saved)) = (next.get_mut(*node), outcome.saved) {
                    *slot = saved;
                }
                if all.len() > STATES {
                    return None;
                }
                if all.insert(next.clone()) {
                    queue.push(next);
                }
            }
        }
        Some(all)
    }

    /// Whether every converge of `nodes` in `states` succeeds and keeps its floors.
    fn holds(&mut self, states: &States, nodes: &BTreeSet<usize>) -> Option<bool> {
        for state in states {
            for node in nodes {
                let outcome = self.converge(*node, state)?;
                let fleet = &self.fleet;
                let enough = outcome
                    .selections
                    .iter()
                    .enumerate()
                    .all(|(i, found)| found.len() >= fleet.floor(*node, i));
                if outcome.saved.is_none() || !enough {
                    return Some(false);
                }
            }
        }
        Some(true)
    }

    /// All at once, else the proposed groups, where that is safe. The outer `None`: too costly to tell.
    fn approved(
        &mut self,
        start: &States,
        nodes: &BTreeSet<usize>,
        proposed: &Groups,
    ) -> Option<Option<Groups>> {
        let together = vec![nodes.clone()];
        if self.is_safe(start, &together)? {
            return Some(Some(together));
        }
        let named: BTreeSet<usize> = proposed.iter().flatten().copied().collect();
        let mut groups: Groups = proposed.iter().map(|g| g & nodes).collect();
        if let Some(first) = groups.first_mut() {
            first.extend(nodes.difference(&named));
        }
        groups.retain(|g| !g.is_empty());
        let is_safe = groups.len() > 1 && self.is_safe(start, &groups)?;
        Some(is_safe.then_some(groups))
    }

    /// A safe order, then its neighbours joined where they may go together. The outer `None`: too costly to tell.
    fn order(&mut self, start: &States, nodes: &BTreeSet<usize>) -> Option<Option<Groups>> {
        let mut order = Vec::new();
        if !self.place(
            start,
            &BTreeSet::new(),
            nodes,
            &mut BTreeSet::new(),
            &mut order,
        )? {
            return Some(None);
        }
        let mut groups: Groups = order.into_iter().map(|n| BTreeSet::from([n])).collect();
        let mut at = 0;
        while let (Some(group), Some(next)) = (groups.get(at), groups.get(at + 1)) {
            let mut joined = groups.clone();
            if let Some(slot) = joined.get_mut(at) {
                *slot = group | next;
            }
            joined.remove(at + 1);
            if self.is_safe(start, &joined)? {
                groups = joined;
            } else {
                at += 1;
            }
        }
        Some(Some(groups))
    }

    /// Whether groups are safe from `start` to their end.
    fn is_safe(&mut self, start: &States, groups: &Groups) -> Option<bool> {
        let mut states = start.clone();
        let mut turn = BTreeSet::new();
        for group in groups {
            turn.extend(group.iter().copied());
            states = self.closure(&states, &turn)?;
            if !self.holds(&states, &turn)? {
                return Some(false);
            }
            states.retain(|state| turn.iter().all(|n| state.get(*n).is_some_and(|s| *s > 0)));
        }
        Some(true)
    }

    /// Adds node after node to a safe order, going back where none can follow. `states` are those possible after
    /// `done` have converged; `dead` the sets of converged nodes and states from which no safe order goes on.
    fn place(
        &mut self,
        states: &States,
        done: &BTreeSet<usize>,
        nodes: &BTreeSet<usize>,
        dead: &mut BTreeSet<(BTreeSet<usize>, States)>,
        order: &mut Vec<usize>,
    ) -> Option<bool> {
        if done == nodes {
            return Some(true);
        }
        for node in nodes.difference(done) {
            let mut then = done.clone();
            then.insert(*node);
            let all = self.closure(states, &then)?;
            if !self.holds(&all, &then)? {
                continue;
            }
            let mut after = all;
            after.retain(|state| state.get(*node).is_some_and(|s| *s > 0));
            let key = (then, after);
            if dead.contains(&key) {
                continue;
            }
            order.push(*node);
            if self.place(&key.1, &key.0, nodes, dead, order)? {
                return Some(true);
            }
            order.pop();
            dead.insert(key);
        }
        Some(false)
    }
}
