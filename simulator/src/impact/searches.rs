//! Which search of the base is which search of the head.

use std::collections::BTreeMap;

use super::{FileChange, NodeImpact, SearchImpact};
use crate::convergence::{Convergence, Search};

pub(super) fn compare(
    nodes: &BTreeMap<String, NodeImpact>,
    changes: &[FileChange],
) -> Vec<SearchImpact> {
    let mut out = Vec::new();
    for node in nodes.values() {
        let Some(run) = &node.after else { continue };
        let nothing = Convergence::default();
        let before = node.before.as_deref().unwrap_or(&nothing);
        let old = pair(&before.searches, &run.after.searches, changes);
        let first = pair(&run.first.searches, &run.after.searches, &[]);
        let worst = pair(&run.worst.searches, &run.after.searches, &[]);
        for (i, search) in run.after.searches.iter().enumerate() {
            let take = |paired: &[Option<usize>], from: &[Search]| {
                paired
                    .get(i)
                    .copied()
                    .flatten()
                    .and_then(|k| from.get(k).cloned())
            };
            out.push(SearchImpact {
                node: node.name.clone(),
                before: take(&old, &before.searches),
                first: take(&first, &run.first.searches),
                worst: take(&worst, &run.worst.searches),
                after: search.clone(),
                files: run
                    .after
                    .files
                    .iter()
                    .filter(|(_, f)| f.searches.contains(&i))
                    .map(|(path, _)| path.clone())
                    .collect(),
            });
        }
    }
    out
}

/// For each of `new`, the index of the search in `old` that stands in its place.
///
/// The same query in the same file, in order; then what is on the same line, as the change moved lines; then, where
/// as many are left on either side, the rest in order.
fn pair(old: &[Search], new: &[Search], changes: &[FileChange]) -> Vec<Option<usize>> {
    let mut taken = vec![false; old.len()];
    let mut out = vec![None; new.len()];
    let mut pass = |out: &mut Vec<Option<usize>>, same: &dyn Fn(&Search, &Search) -> bool| {
        for (slot, search) in out.iter_mut().zip(new) {
            if slot.is_some() {
                continue;
            }
            let found = old
                .iter()
                .zip(&taken)
                .position(|(o, taken)| !taken && same(o, search));
            if let Some(i) = found {
                *slot = Some(i);
                if let Some(t) = taken.get_mut(i) {
                    *t = true;
                }
            }
        }
    };
    let moved = |s: &Search| {
        let line =
            changes
                .iter()
                .find(|c| c.path == s.location.path)
                .map_or(Some(s.location.line), |c| {
                    c.new_line(s.location.line)
                        .or_else(|| replaced(c, s.location.line))
                });
        line.map(|l| (s.location.path.clone(), l))
    };
    pass(&mut out, &|o, n| {
        o.index == n.index && o.query == n.query && o.location.path == n.location.path
    });
    pass(&mut out, &|o, n| o.index == n.index && o.query == n.query);
    pass(&mut out, &|o, n| {
        o.index == n.index && moved(o) == Some((n.location.path.clone(), n.location.line))
    });
    let free_old = taken.iter().filter(|t| !**t).count();
    let free_new = out.iter().filter(|o| o.is_none()).count();
    if free_old == free_new {
        let rest = taken
            .iter()
            .enumerate()
            .filter(|(_, t)| !**t)
            .map(|(i, _)| i);
        for (slot, i) in out.iter_mut().filter(|o| o.is_none()).zip(rest) {
            *slot = Some(i);
        }
    }
    out
}

/// The line that stands for a replaced one: the line as far into its hunk.
fn replaced(change: &FileChange, old: u32) -> Option<u32> {
    let hunk = change
        .hunks
        .iter()
        .find(|h| old >= h.old_line && old < h.old_line.saturating_add(h.old_count))?;
    let offset = old - hunk.old_line;
    (offset < hunk.new_count).then(|| hunk.new_line + offset)
}
