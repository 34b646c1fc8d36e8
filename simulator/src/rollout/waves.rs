//! Waves: who converges when, so that a mistake meets few customers and every pool keeps its floor.
//!
//! Within what a safe order allows, nodes out of rotation go first, then one canary of each server type, then the rest
//! in portions that leave each pool its floor and one more for the next failure.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::unionfind::UnionFind;

use super::selection::{Kind, floor};
use super::{Options, Order, Selection};
use crate::convergence::{Convergence, SavedNode};
use crate::impact::{Impact, NodeImpact, PoolImpact};
use crate::pool::Pool;
use crate::search::SearchIndex;

/// Why a wave comes when it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    OutOfRotation,
    Canary,
    Rest,
}

impl Stage {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OutOfRotation => "out of rotation",
            Self::Canary => "canaries",
            Self::Rest => "the rest",
        }
    }
}

/// Nodes that converge at the same time, in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wave {
    pub stage: Stage,
    pub nodes: Vec<String>,
    /// The search that selects exactly these nodes.
    pub query: String,
    /// Pools that this wave touches: by a member or by who balances it.
    pub pools: Vec<Standing>,
    /// Who fails here and did not before the change. The rollout ends with this wave: none follows it.
    pub failing: Vec<String>,
    /// Where it ends here, all pools as they stay.
    pub stays: Vec<Standing>,
}

/// A pool during a wave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub node: String,
    pub file: String,
    pub name: String,
    /// Members that the balancer's config has at the unluckiest moment of the wave.
    pub members: usize,
    /// How many of them converge in this wave, and may restart.
    pub converging: usize,
    pub floor: usize,
}

impl Standing {
    /// Whether fewer than the floor would be left if all that converge at once were out at once.
    #[must_use]
    pub fn is_low(&self) -> bool {
        self.members.saturating_sub(self.converging) < self.floor
    }
}

fn serving(pool: Option<&Pool>) -> impl Iterator<Item = &str> {
    pool.into_iter()
        .flat_map(Pool::serving)
        .map(|m| m.node.as_deref().unwrap_or(&m.name))
}

/// What is left of a pool must be so many: what its owners say, however few there are, else what is safe on the way.
fn pool_floor(options: &Options, pool: &PoolImpact) -> usize {
    let [before, settled] = [&pool.before, &pool.after].map(|p| serving(p.as_ref()).count());
    let declared = options.declared_floor(&pool.name);
    declared.unwrap_or_else(|| floor(before, settled))
}

fn fails(settled: Option<&Convergence>) -> bool {
    settled.is_some_and(|run| run.failure.is_some())
}

/// Whether a node does anything else than before, or saves something else.
fn is_reached(impact: &Impact, node: &NodeImpact) -> bool {
    if node.after.is_none() {
        return false;
    }
    let saved = |index: &SearchIndex| {
        index
            .document("node", &node.name)
            .and_then(|d| d.saved())
            .cloned()
    };
    let same = match (saved(&impact.index_start), saved(&impact.index)) {
        (Some(a), Some(b)) => std::sync::Arc::ptr_eq(&a, &b) || a == b,
        (a, b) => a.is_none() && b.is_none(),
    };
    node.changed || !same || node.after.as_ref().is_some_and(|r| r.moments().count() > 1)
}

/// Servers of one type have the same run list or policy, in the same environment.
pub(super) fn server_type(node: &SavedNode) -> (String, Vec<String>) {
    match &node.policy_name {
        Some(policy) => (
            node.policy_group.clone().unwrap_or_default(),
            vec![policy.clone()],
        ),
        None => (node.chef_environment.clone(), node.run_list.clone()),
    }
}

pub(super) fn waves(
    impact: &Impact,
    options: &Options,
    selections: &[Selection],
    order: &Order,
    rotation: &BTreeSet<String>,
) -> Vec<Wave> {
    if !impact.has_base {
        return Vec::new();
    }
    let mut waves = all_waves(impact, options, selections, order, rotation);
    if let Some(end) = waves.iter().position(|w| !w.failing.is_empty()) {
        waves.truncate(end + 1);
    }
    waves
}

/// Canaries that would come in later waves than so many go with the rest: nobody waits for more.
const CANARY_WAVES: usize = 100;

/// The waves as if none of them ended the rollout.
fn all_waves(
    impact: &Impact,
    options: &Options,
    selections: &[Selection],
    order: &Order,
    rotation: &BTreeSet<String>,
) -> Vec<Wave> {
    let reached: BTreeSet<&str> = impact
        .nodes
        .values()
        .filter(|n| is_reached(impact, n) && !options.down.contains(&n.name))
        .map(|n| n.name.as_str())
        .collect();
    let mut planner = Planner {
        impact,
        options,
        selections: selections
            .iter()
            .filter(|s| s.kind == Kind::Pool)
            .map(|s| ((&*s.node, &*s.file, &*s.name), s))
            .collect(),
        done: BTreeSet::new(),
        tried: BTreeSet::new(),
        waves: Vec::new(),
    };
    for group in grouped(&reached, order) {
        let (inside, outside): (Vec<&str>, Vec<&str>) =
            group.into_iter().partition(|n| rotation.contains(*n));
        planner.wave(Stage::OutOfRotation, &outside);
        let canaries = planner.canaries(&inside);
        let mut tried = BTreeSet::new();
        for portion in planner.apart(&canaries).into_iter().take(CANARY_WAVES) {
            planner.wave(Stage::Canary, &portion);
            tried.extend(portion);
        }
        let rest: Vec<&str> = inside.into_iter().filter(|n| !tried.contains(n)).collect();
        for portion in planner.portions(&rest) {
            planner.wave(Stage::Rest, &portion);
        }
    }
    planner.waves
}

/// The groups of an order with the nodes that no order binds: they may go at once.
fn grouped<'n>(reached: &BTreeSet<&'n str>, order: &Order) -> Vec<Vec<&'n str>> {
    let Order::Groups(groups) = order else {
        return vec![reached.iter().copied().collect()];
    };
    let bound: BTreeSet<&str> = groups.iter().flatten().map(String::as_str).collect();
    let mut out: Vec<Vec<&str>> = groups
        .iter()
        .map(|g| {
            let of_group = g.iter().filter_map(|n| reached.get(n.as_str()));
            let of_group: BTreeSet<&str> = of_group.copied().collect();
            of_group.into_iter().collect()
        })
        .collect();
    let free = reached.iter().filter(|n| !bound.contains(**n)).copied();
    if let Some(first) = out.first_mut() {
        first.extend(free);
        first.sort_unstable();
    }
    out
}

struct Planner<'a> {
    impact: &'a Impact,
    options: &'a Options,
    /// Those of pools, by node, file and name.
    selections: BTreeMap<(&'a str, &'a str, &'a str), &'a Selection>,
    done: BTreeSet<String>,
    /// Server types of which one has converged.
    tried: BTreeSet<(String, Vec<String>)>,
    waves: Vec<Wave>,
}

impl<'a> Planner<'a> {
    fn server_type(&self, node: &str) -> Option<(String, Vec<String>)> {
        let saved = self.impact.index.document("node", node)?.saved()?;
        Some(server_type(saved))
    }

    /// One of each server type in rotation that has had none there.
    fn canaries<'n>(&mut self, nodes: &[&'n str]) -> Vec<&'n str> {
        let mut out = Vec::new();
        for node in nodes {
            if let Some(kind) = self.server_type(node)
                && self.tried.insert(kind)
            {
                out.push(*node);
            }
        }
        out
    }

    /// Splits canaries so that one pool never has two of them at once, by its members or by who balances them: what
    /// is wrong with the change meets all canaries of a wave. Pools that have a member in common are one, also where
    /// only others between them do.
    fn apart<'n>(&self, nodes: &[&'n str]) -> Vec<Vec<&'n str>> {
        let (mut out, mut taken): (Vec<Vec<&str>>, Vec<BTreeSet<_>>) = Default::default();
        let pools = &self.impact.pools;
        let mut joined = UnionFind::<usize>::new(pools.len());
        let mut of_member: BTreeMap<&str, usize> = BTreeMap::new();
        let mut of_balancer: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for (i, pool) in pools.iter().enumerate() {
            let mut members = self.members(pool).peekable();
            if members.peek().is_some() {
                of_balancer.entry(&pool.node).or_default().insert(i);
            }
            for member in members {
                joined.union(*of_member.entry(member).or_insert(i), i);
            }
        }
        for node in nodes {
            let own = of_member.get(node).map(|i| (false, joined.find(*i)));
            let balanced = of_balancer.get(node).into_iter().flatten();
            let balanced = balanced.map(|i| (true, joined.find(*i)));
            let shares: BTreeSet<(bool, usize)> = own.into_iter().chain(balanced).collect();
            let free = taken.iter().position(|t| t.is_disjoint(&shares));
            match free.and_then(|i| out.get_mut(i).zip(taken.get_mut(i))) {
                Some((wave, taken)) => {
                    wave.push(node);
                    taken.extend(shares);
                }
                None => {
                    out.push(vec![node]);
                    taken.push(shares);
                }
            }
        }
        out
    }

    /// Splits nodes so that no pool has more of them at once than it can spare.
    fn portions<'n>(&self, nodes: &[&'n str]) -> Vec<Vec<&'n str>> {
        let mut out: Vec<Vec<&str>> = Vec::new();
        // By wave: how many members of each pool it has, and how many balancers.
        let mut taken: Vec<(BTreeMap<usize, usize>, usize)> = Vec::new();
        let mut of_member: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut spare: Vec<usize> = Vec::new();
        for (i, pool) in self.impact.pools.iter().enumerate() {
            let members: BTreeSet<&str> = self.members(pool).collect();
            let declared = self.options.declared_floor(&pool.name);
            let least = declared.unwrap_or_else(|| floor(members.len(), members.len()));
            spare.push(members.len().saturating_sub(least + 1).max(1));
            for member in members {
                of_member.entry(member).or_default().push(i);
            }
        }
        // Who balances the same pools is spared like a member: never all at once.
        let balancers: BTreeSet<&str> = self.impact.pools.iter().map(|p| p.node.as_str()).collect();
        let at_once = balancers.len().div_ceil(2).max(1);
        for node in nodes {
            let of = of_member.get(node).map_or(&[][..], Vec::as_slice);
            let balances = balancers.contains(node);
            let fits = |(used, balancing): &(BTreeMap<usize, usize>, usize)| {
                let pools = of.iter().all(|i| {
                    let used = used.get(i).copied().unwrap_or(0);
                    spare.get(*i).is_some_and(|spare| used < *spare)
                });
                pools && (!balances || *balancing < at_once)
            };
            let wave = taken.iter().position(fits).unwrap_or(out.len());
            if wave == out.len() {
                out.push(Vec::new());
                taken.push(Default::default());
            }
            if let (Some(nodes), Some((used, balancing))) = (out.get_mut(wave), taken.get_mut(wave))
            {
                nodes.push(node);
                *balancing += usize::from(balances);
                for i in of {
                    *used.entry(*i).or_default() += 1;
                }
            }
        }
        out
    }

    /// Who serves, by the config that the balancer has or will have.
    fn members<'p>(&self, pool: &'p PoolImpact) -> impl Iterator<Item = &'p str> + use<'p, 'a> {
        let at = if self.done.contains(&pool.node) {
            &pool.after
        } else {
            &pool.before
        };
        let options = self.options;
        serving(at.as_ref()).filter(|n| !options.drained.contains(*n) && !options.down.contains(*n))
    }

    fn wave(&mut self, stage: Stage, nodes: &[&str]) {
        if nodes.is_empty() {
            return;
        }
        let moving: BTreeSet<&str> = nodes.iter().copied().collect();
        let mut pools = Vec::new();
        for pool in &self.impact.pools {
            let converges = moving.contains(pool.node.as_str());
            let members = self.configured(pool, &moving);
            let converging = members.iter().filter(|m| moving.contains(*m)).count();
            if !converges && converging == 0 {
                continue;
            }
            pools.push(Standing {
                node: pool.node.clone(),
                file: pool.file.clone(),
                name: pool.name.clone(),
                members: members.len(),
                converging,
                floor: pool_floor(self.options, pool),
            });
        }
        let nodes_of_impact = nodes.iter().filter_map(|n| self.impact.nodes.get(*n));
        let (fail, converge): (Vec<&NodeImpact>, Vec<&NodeImpact>) =
            nodes_of_impact.partition(|n| fails(n.after.as_ref().map(|r| &*r.after)));
        // Who fails saves nothing and renders nothing.
        self.done.extend(converge.iter().map(|n| n.name.clone()));
        let fail = fail.into_iter().filter(|n| !fails(n.before.as_deref()));
        let failing: Vec<String> = fail.map(|n| n.name.clone()).collect();
        self.waves.push(Wave {
            stage,
            query: query(self.impact, nodes),
            nodes: nodes.iter().map(|n| (*n).to_owned()).collect(),
            pools,
            stays: if failing.is_empty() {
                Vec::new()
            } else {
                self.stays()
            },
            failing,
        });
    }

    /// Every pool when those that have converged are the only ones that do.
    fn stays(&self) -> Vec<Standing> {
        let pools = self.impact.pools.iter();
        let standing = pools.map(|pool| Standing {
            node: pool.node.clone(),
            file: pool.file.clone(),
            name: pool.name.clone(),
            members: self.configured(pool, &BTreeSet::new()).len(),
            converging: 0,
            floor: pool_floor(self.options, pool),
        });
        standing.collect()
    }

    /// The members in a balancer's config at the unluckiest moment of a wave.
    fn configured<'p>(
        &'p self,
        pool: &'p PoolImpact,
        moving: &BTreeSet<&str>,
    ) -> BTreeSet<&'p str> {
        let own = |n: &&str| !self.options.drained.contains(*n) && !self.options.down.contains(*n);
        let converged = self.done.contains(&pool.node);
        let before: BTreeSet<&str> = serving(pool.before.as_ref()).filter(own).collect();
        if !converged && !moving.contains(pool.node.as_str()) {
            return before;
        }
        let place = (&*pool.node, &*pool.file, &*pool.name);
        let Some(selection) = self.selections.get(&place) else {
            return serving(pool.after.as_ref()).filter(own).collect();
        };
        let stay = selection.first.intersection(&selection.settled);
        let mut members: BTreeSet<&str> = stay.map(String::as_str).collect();
        members.extend(selection.joining().filter(|n| self.done.contains(*n)));
        let stays = |n: &&str| !self.done.contains(*n) && !moving.contains(n);
        members.extend(selection.leaving().filter(stays));
        members.retain(own);
        if !converged && before.len() < members.len() {
            return before;
        }
        members
    }
}

/// Roles of a run list that are tried to select a wave's nodes by.
const ROLES_TRIED: usize = 8;

/// A search that gives exactly these nodes, before they converge and after: by role and environment where that does,
/// else by name.
fn query(impact: &Impact, nodes: &[&str]) -> String {
    let saved = |name: &str| {
        impact
            .index
            .document("node", name)
            .and_then(|d| d.saved())
            .cloned()
    };
    let wanted: BTreeSet<&str> = nodes.iter().copied().collect();
    if let Some(first) = nodes
        .first()
        .and_then(|n| saved(n))
        .filter(|_| nodes.len() > 2)
    {
        let mut candidates: Vec<String> = Vec::new();
        let environment = escaped(&first.chef_environment);
        if let (Some(policy), Some(group)) = (&first.policy_name, &first.policy_group) {
            candidates.push(format!(
                "policy_name:{} AND policy_group:{}",
                escaped(policy),
                escaped(group)
            ));
        }
        for item in first.run_list.iter().take(ROLES_TRIED) {
            if let Some(role) = item.strip_prefix("role[").and_then(|i| i.strip_suffix(']')) {
                candidates.push(format!("role:{}", escaped(role)));
                candidates.push(format!(
                    "role:{} AND chef_environment:{environment}",
                    escaped(role)
                ));
            }
        }
        let exact = candidates.into_iter().find(|query| {
            [&impact.index_start, &impact.index].iter().all(|index| {
                let answer = index.search("node", query);
                answer.names().into_iter().collect::<BTreeSet<_>>() == wanted
            })
        });
        if let Some(query) = exact {
            return query;
        }
    }
    let names: Vec<String> = nodes
        .iter()
        .map(|n| format!("name:{}", escaped(n)))
        .collect();
    names.join(" OR ")
}

/// A term as the query grammar takes it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
