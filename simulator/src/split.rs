//! A change in two: where no order of converges is safe, what is new goes first, beside what is old (expand), and what
//! looks for it, or takes the old away, goes when all have converged (contract).
//!
//! A split is only named when both of its halves were simulated one after the other, each has an order that is safe, and
//! what lies between them is no worse than the way of a change may be.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::change::{Revision, Settings, in_one};
use crate::impact::Impact;
use crate::repository::{Files, Layout, Repository};
use crate::rollout::{Kind, Order, Selection};
use crate::simulation::Simulation;

/// The files of the two changes to make of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// These first, and everybody converges.
    pub first: Vec<Arc<str>>,
    /// Then these.
    pub then: Vec<Arc<str>>,
}

/// Looks for a split of a change that no order makes safe; `None` where none is known to be safe, or none is needed.
pub(crate) fn split(
    (base, simulated): (&Revision, &Simulation),
    head: &Revision,
    impact: &Impact,
    settings: &Settings,
) -> Option<Split> {
    let Order::None(cycle) = &impact.rollout.order else {
        return None;
    };
    let (old, new) = (&base.repository.files.0, &head.repository.files.0);
    let own = impact.searches.iter().filter(|s| cycle.contains(&s.node));
    let searching: BTreeSet<&str> = own.map(|s| s.after.location.path.as_ref()).collect();
    let mut files = new.clone();
    let mut split = Split::default();
    for change in &impact.files {
        let path = &change.path;
        let waits = !new.contains_key(path) || searching.contains(path.as_ref());
        match old.get(path).filter(|_| waits) {
            Some(text) => {
                files.insert(path.clone(), text.clone());
                split.then.push(path.clone());
            }
            None => split.first.push(path.clone()),
        }
    }
    if split.first.is_empty() || split.then.is_empty() {
        return None;
    }
    let files = Files(files);
    let layout = Layout::detect(&files);
    let between = Revision {
        repository: Arc::new(Repository::new(files, layout, Arc::default())),
        inventory: head.inventory.clone(),
    };
    let is_safe = |half: &Impact| {
        let has_order = matches!(half.rollout.order, Order::Any | Order::Groups(_));
        has_order && half.rollout.failing.is_empty() && half.unsettled_after.is_none()
    };
    let (first, settled) = in_one(Some((base, simulated)), &between, settings, false);
    if !is_safe(&first) || !keeps(&first, impact) {
        return None;
    }
    let (then, _) = in_one(Some((&between, &settled)), head, settings, false);
    is_safe(&then).then_some(split)
}

/// Whether the end of a first half has as many members as the whole change needs on its way.
fn keeps(half: &Impact, whole: &Impact) -> bool {
    let is_one = |a: &Selection, b: &Selection| {
        let place = a.node == b.node && a.file == b.file && a.kind == b.kind;
        place && (a.kind == Kind::Search || a.name == b.name)
    };
    half.rollout.selections.iter().all(|own| {
        let of_whole = whole.rollout.selections.iter().filter(|s| is_one(own, s));
        // What the whole change leaves as it is must not move for its first half.
        let floor = of_whole.map(|s| s.floor).max();
        own.settled.len() >= floor.unwrap_or(own.before.len())
    })
}
