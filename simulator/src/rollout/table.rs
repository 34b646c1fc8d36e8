//! Who is found by what before and after: the form in which a rollout of independent members can be decided by counting.

use std::collections::{BTreeMap, BTreeSet};

/// A selection whose members come and go each for itself, by its own converge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Who makes the selection.
    pub owner: usize,
    /// Fewer than so many are not safe.
    pub floor: usize,
    /// Members that are no nodes, or whose converge changes nothing about it.
    pub fixed: usize,
    /// Found from their own converge on.
    pub joining: BTreeSet<usize>,
    /// Found until their own converge.
    pub leaving: BTreeSet<usize>,
}

impl Row {
    /// Members found in the unluckiest order.
    #[must_use]
    pub fn worst(&self) -> usize {
        self.fixed
    }

    /// The fewest members found while `done` have converged and any of `moving` may have.
    fn fewest(&self, done: &BTreeSet<usize>, moving: &BTreeSet<usize>) -> usize {
        let joined = self
            .joining
            .iter()
            .filter(|n| done.contains(n) && !moving.contains(n));
        let left = |n: &&usize| !done.contains(n) && !moving.contains(n);
        self.fixed + joined.count() + self.leaving.iter().filter(left).count()
    }

    /// The most members that can be found while only nodes of `reachable` may ever have converged.
    fn most(&self, reachable: &BTreeSet<usize>) -> usize {
        let joined = self
            .joining
            .iter()
            .filter(|n| reachable.contains(n))
            .count();
        self.fixed + joined + self.leaving.len()
    }
}

/// All selections of a fleet whose nodes are `0..nodes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub nodes: usize,
    pub rows: Vec<Row>,
}

/// A list of groups: a group may converge, in any order and as often as it likes, when those before it have.
pub type Groups = Vec<BTreeSet<usize>>;

impl Table {
    /// Whether every selection keeps its floor while `moving` converge after `done` have, in any order, and nodes of
    /// both converge again and again.
    #[must_use]
    pub fn holds(&self, done: &BTreeSet<usize>, moving: &BTreeSet<usize>) -> bool {
        self.rows
            .iter()
            .filter(|row| done.contains(&row.owner) || moving.contains(&row.owner))
            .all(|row| row.fewest(done, moving) >= row.floor)
    }

    /// Whether groups are safe from the first converge to the last.
    #[must_use]
    pub fn is_safe(&self, groups: &Groups) -> bool {
        let mut done = BTreeSet::new();
        groups.iter().all(|group| {
            let holds = self.holds(&done, group);
            done.extend(group);
            holds
        })
    }

    /// Who must converge before whom, so that every owner sees the members that join: enough for safety, and more
    /// than is needed where a floor could be kept with some of them.
    #[must_use]
    pub fn before(&self) -> BTreeSet<(usize, usize)> {
        self.rows
            .iter()
            .filter(|row| row.fixed < row.floor)
            .flat_map(|row| row.joining.iter().map(|n| (*n, row.owner)))
            .collect()
    }

    /// Nodes that no order can bring to a safe converge: each needs another of them to have converged before.
    ///
    /// The reasoning is by what is possible at best. A node that finds too few even if everybody who could have
    /// converged safely had, and nobody had left, never converges safely; nor does who needs it.
    #[must_use]
    pub fn stuck(&self) -> BTreeSet<usize> {
        let mut reachable: BTreeSet<usize> = BTreeSet::new();
        loop {
            let low = self.rows.iter().filter(|r| r.most(&reachable) < r.floor);
            let waiting: BTreeSet<usize> = low.map(|r| r.owner).collect();
            let next: BTreeSet<usize> = (0..self.nodes).filter(|n| !waiting.contains(n)).collect();
            if next.len() == reachable.len() {
                return (0..self.nodes).filter(|n| !next.contains(n)).collect();
            }
            reachable = next;
        }
    }

    /// Nodes that are alike in every selection, together; the order of the result is that of their first nodes.
    #[must_use]
    pub fn alike(&self) -> Groups {
        let mut kinds: BTreeMap<Vec<(usize, u8)>, BTreeSet<usize>> = BTreeMap::new();
        let mut marks: Vec<Vec<(usize, u8)>> = vec![Vec::new(); self.nodes];
        let mut owned: BTreeMap<(usize, Vec<usize>, Vec<usize>), usize> = BTreeMap::new();
        for (i, row) in self.rows.iter().enumerate() {
            for (nodes, mark) in [(&row.joining, 1), (&row.leaving, 2)] {
                for node in nodes {
                    if let Some(marks) = marks.get_mut(*node) {
                        marks.push((i, mark));
                    }
                }
            }
            let what = (
                row.floor.saturating_sub(row.fixed),
                row.joining.iter().copied().collect(),
                row.leaving.iter().copied().collect(),
            );
            let known = owned.len();
            let id = *owned.entry(what).or_insert(known);
            if let Some(marks) = marks.get_mut(row.owner) {
                marks.push((id, 3));
            }
        }
        for (node, mut marks) in marks.into_iter().enumerate() {
            marks.sort_unstable();
            marks.dedup();
            kinds.entry(marks).or_default().insert(node);
        }
        let mut groups: Groups = kinds.into_values().collect();
        groups.sort();
        groups
    }
}
