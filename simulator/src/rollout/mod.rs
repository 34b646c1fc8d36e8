//! The way from one state to the next: which order of converges is safe, and in which waves to go.
//!
//! # The model of time
//!
//! A search sees what nodes last **saved**, and a node saves at the end of a converge that succeeds. An upload changes
//! at once what lives on the server: node objects, data bags, environments, roles, and cookbooks as far as version
//! pins and policy groups let them. What nodes say of themselves (their expanded roles and recipes, what their
//! cookbooks compute) changes only when they converge. From the upload on every node converges at its own time, again
//! and again, so when a balancer converges, any set of the others may have done so before it.
//!
//! For a selection (the members of a pool, or the results of a search) whose members come and go each by its own
//! converge, let `first` be what is found before anybody has converged and `settled` what is found when everybody has:
//! - `first ∩ settled` stays whatever the order;
//! - `settled ∖ first` joins, each from its own converge on;
//! - `first ∖ settled` leaves, each with its own converge.
//!
//! In the unluckiest order all that leave have left and none that joins has joined: `worst = first ∩ settled`, exactly.
//! A safe order keeps every selection at its floor from its owner's first converge to the end of the rollout, however
//! often nodes converge meanwhile ([`order`]). "Who joins before the owner" is a graph; its layers are a safe order, a
//! cycle in it may mean that there is none. That is claimed only where it is proved: because the nodes of a cycle all
//! need another of them first ([`table::Table::stuck`]), or because every order was tried.
//!
//! Members are not independent where a run branches on what a search returned, or where what a node saves depends on
//! when it converges ([`bonds`]). Then the three simulated moments are samples: the least of them really occurs, and how
//! few are found at worst is not known. What is said of the worst is then a bound: only who is there for certain is
//! counted, and an order is only called safe where it does not rest on more than that. While the nodes that matter are
//! few, their real converges are walked through all states ([`walk`], [`explore`]), and what that finds is the truth,
//! whatever it depends on.
//!
//! A node whose converge fails saves and renders nothing: it has no place in any order and stays as it was.

mod bonds;
pub mod explore;
pub mod order;
mod rotation;
mod selection;
pub mod table;
pub mod traffic;
#[cfg(test)]
mod truth;
pub mod vrrp;
mod walk;
mod waves;

use std::collections::{BTreeMap, BTreeSet};

use crate::impact::Impact;
use crate::pool::matches;
use crate::simulation::Run;
use bonds::Bonds;
pub use selection::{Exactness, Kind, Selection};
pub use traffic::{Record, Rotation, Traffic};
pub use vrrp::SharedAddresses;
pub use walk::{WALKED_NODES, Walked, walk};
pub use waves::{Stage, Standing, Wave};

/// What people decide about a rollout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Taken out of rotation by hand: they serve nobody, and converge before all others.
    pub drained: BTreeSet<String>,
    /// Not running: they serve nobody and do not converge.
    pub down: BTreeSet<String>,
    /// How few may serve in a pool, by patterns of pools' names in which `*` stands for any text; the first that
    /// matches applies.
    pub floors: Vec<(String, usize)>,
    /// Where customers are sent.
    pub rotation: Rotation,
    /// The longest time until every node has converged once more, in minutes; `None` where nobody says that nodes
    /// converge by themselves.
    pub round_minutes: Option<u64>,
}

impl Options {
    /// What the owners say of how few may serve in a pool.
    #[must_use]
    pub fn declared_floor(&self, pool: &str) -> Option<usize> {
        let mut floors = self.floors.iter();
        floors
            .find(|(p, _)| matches(p, pool))
            .map(|(_, floor)| *floor)
    }

    /// What a pool must not go below on the way from one size to another: what its owners say, else [`selection::floor`].
    /// An end that is lower, or a beginning, is no question of order.
    #[must_use]
    pub(crate) fn floor(&self, pool: &str, before: usize, settled: usize) -> usize {
        match self.declared_floor(pool) {
            Some(floor) => floor.min(before).min(settled),
            None => selection::floor(before, settled),
        }
    }
}

/// How a change can go out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rollout {
    /// Those that differ at any moment.
    pub selections: Vec<Selection>,
    pub order: Order,
    pub constraints: Vec<Constraint>,
    /// Nodes that customers' requests reach before the change or after it: members of pools, and who balances them, of
    /// sites that customers are sent to.
    pub rotation: BTreeSet<String>,
    /// Those of them that customers are only sent to by this change, with all that leads there.
    pub arriving: BTreeSet<String>,
    /// All nodes that the change reaches and that can converge.
    pub waves: Vec<Wave>,
    /// Nodes whose converge fails when all is settled, of those that are not down: they keep what they saved and rendered before.
    pub failing: Vec<String>,
}

/// What is known of orders, by names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Any,
    /// Each group in any order, after those before it. Nodes in no group may converge at any time.
    Groups(Vec<Vec<String>>),
    /// None is safe: each of these needs another of them to have converged before.
    None(Vec<String>),
    /// None is known to be safe, for this reason.
    Unknown(String),
}

/// These must have converged before those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    pub first: Vec<String>,
    pub then: Vec<String>,
    /// The selections, by name, that would miss them.
    pub because: Vec<String>,
}

impl Rollout {
    /// Derives how a change can go out from what it does.
    #[must_use]
    pub fn new(impact: &Impact) -> Self {
        let options = &impact.options;
        let mut bonds = selection::bonds(impact);
        let selections = selection::selections(impact, &mut bonds);
        let (names, table) = selection::table(&selections, impact);
        let walked = impact.walked.as_ref();
        let order = match order::order(&table) {
            // Every state was visited: that is the truth, whatever counting says.
            counted if let Some(walked) = walked => walked_order(walked, &counted, &names),
            order::Order::Any => Order::Any,
            order::Order::Groups(groups) => {
                Order::Groups(groups.iter().map(|g| named(g, &names)).collect())
            }
            order::Order::None(_) => no_order(&selections, impact),
            order::Order::Unknown => {
                Order::Unknown("too many kinds of nodes to try all orders".to_owned())
            }
        };
        let order = match order {
            _ if impact.unsettled_after.is_some() => {
                Order::Unknown("converges never settle".to_owned())
            }
            Order::None(_) if fails_in_the_end(impact).is_none() => order,
            order => match uncertain(impact, &mut bonds).filter(|_| walked.is_none()) {
                Some(reason) => Order::Unknown(reason),
                None => order,
            },
        };
        let customers = rotation::Customers::new(impact);
        let (rotation, arriving) = (customers.rotation(), customers.arriving());
        let waves = waves::waves(impact, options, &selections, &order, &rotation);
        let failing = impact
            .nodes
            .values()
            .filter(|n| n.after.as_ref().is_some_and(|r| r.after.failure.is_some()))
            .map(|n| n.name.clone())
            .filter(|n| !options.down.contains(n))
            .collect();
        Self {
            constraints: constraints(&selections, &order),
            selections,
            order,
            rotation,
            arriving,
            waves,
            failing,
        }
    }
}

/// Why no order can be counted on: somebody may fail at a moment that was not simulated, or not fail.
fn uncertain(impact: &Impact, bonds: &mut Bonds) -> Option<String> {
    if let Some(node) = fails_in_the_end(impact) {
        return Some(format!("{node} fails in the end, and may not on the way"));
    }
    let mut runs = converging(impact);
    runs.find(|(name, run)| selection::may_fail_between(name, run, bonds))
        .map(|(node, _)| format!("{node} may fail on the way, by how many it finds"))
}

/// A node that fails when all have converged and may not on the way: it has no place in an order.
fn fails_in_the_end(impact: &Impact) -> Option<&str> {
    let mut runs = converging(impact);
    runs.find(|(_, run)| run.after.failure.is_some() && run.moments().count() > 1)
        .map(|(name, _)| name)
}

fn converging(impact: &Impact) -> impl Iterator<Item = (&str, &Run)> {
    let nodes = impact.nodes.values();
    let runs = nodes.filter_map(|n| Some((n.name.as_str(), n.after.as_ref()?)));
    runs.filter(|(name, _)| !impact.options.down.contains(*name))
}

/// Where no order is known to be safe by what is certain: whether none is, by the selections that are exact.
fn no_order(selections: &[Selection], impact: &Impact) -> Order {
    let (exact, unsure): (Vec<Selection>, Vec<Selection>) = selections
        .iter()
        .cloned()
        .partition(|s| s.exactness == Exactness::Exact);
    let (names, table) = selection::table(&exact, impact);
    match order::order(&table) {
        order::Order::None(cycle) => Order::None(named(&cycle, &names)),
        _ => {
            let low = unsure.iter().find(|s| s.worst.len() < s.floor);
            let reason = low.and_then(|s| s.exactness.reason());
            Order::Unknown(reason.unwrap_or("not all members are certain").to_owned())
        }
    }
}

/// The order that a walk through all states found.
fn walked_order(walked: &Walked, counted: &order::Order, names: &[String]) -> Order {
    match (&walked.order, counted) {
        (Some(groups), _) if groups.len() < 2 => Order::Any,
        (Some(groups), _) => {
            let list = |g: &BTreeSet<String>| g.iter().cloned().collect();
            Order::Groups(groups.iter().map(list).collect())
        }
        (None, _) if !walked.unsure.is_empty() => {
            Order::Unknown("not all results of searches are known".to_owned())
        }
        (None, order::Order::None(cycle)) => Order::None(named(cycle, names)),
        (None, _) => Order::None(walked.nodes.iter().cloned().collect()),
    }
}

fn named(nodes: &BTreeSet<usize>, names: &[String]) -> Vec<String> {
    nodes
        .iter()
        .filter_map(|n| names.get(*n).cloned())
        .collect()
}

/// One constraint for all owners that wait for the same nodes.
fn constraints(selections: &[Selection], order: &Order) -> Vec<Constraint> {
    if *order == Order::Any {
        return Vec::new();
    }
    let mut by_first: BTreeMap<Vec<String>, Constraint> = BTreeMap::new();
    for selection in selections.iter().filter(|s| s.worst.len() < s.floor) {
        let first: Vec<String> = selection.joining().map(str::to_owned).collect();
        if first.is_empty() {
            continue;
        }
        let constraint = by_first.entry(first.clone()).or_insert_with(|| Constraint {
            first,
            then: Vec::new(),
            because: Vec::new(),
        });
        constraint.then.push(selection.node.clone());
        constraint.because.push(selection.name.clone());
    }
    let mut out: Vec<Constraint> = by_first.into_values().collect();
    for constraint in &mut out {
        for list in [&mut constraint.then, &mut constraint.because] {
            list.sort();
            list.dedup();
        }
    }
    out
}
