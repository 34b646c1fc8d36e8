//! Pools round by round, until nothing changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Comparison, NodeImpact, PoolImpact, Round, RoundPool, pools};
use crate::pool::{NodeNames, Pool};

type Key = (String, String, String);

/// The rounds of the head's converges, with those pools that are not the same before and after each of them.
pub(super) fn rounds(
    c: &Comparison<'_>,
    nodes: &BTreeMap<String, NodeImpact>,
    impacts: &[PoolImpact],
    names: &NodeNames,
) -> Vec<Round> {
    let mut balancers: BTreeMap<&str, Vec<&PoolImpact>> = BTreeMap::new();
    for pool in impacts {
        balancers.entry(&pool.node).or_default().push(pool);
    }
    let key = |p: &PoolImpact| (p.node.clone(), p.file.clone(), p.name.clone());
    let mut now: BTreeMap<Key, BTreeSet<String>> = impacts
        .iter()
        .map(|p| (key(p), serving(p.before.as_ref())))
        .collect();
    let mut states = vec![now.clone()];
    for results in &c.head.history {
        for (name, run) in results {
            let Some(of) = balancers
                .get(name.as_str())
                .filter(|_| run.failure.is_none())
            else {
                continue;
            };
            let settled = nodes.get(name).and_then(|n| n.after.as_ref());
            if settled.is_some_and(|s| Arc::ptr_eq(&s.after, run)) {
                now.extend(of.iter().map(|p| (key(p), serving(p.after.as_ref()))));
                continue;
            }
            now.extend(of.iter().map(|p| (key(p), BTreeSet::new())));
            for (_, found) in pools::of_run(run, names, c.readers) {
                let key = (found.node, found.file, found.pool.name.clone());
                now.insert(key, serving(Some(&found.pool)));
            }
        }
        states.push(now.clone());
    }
    let moving: BTreeSet<&Key> = states
        .iter()
        .zip(states.iter().skip(1))
        .flat_map(|(a, b)| b.iter().filter(|(k, v)| a.get(*k) != Some(*v)))
        .map(|(key, _)| key)
        .collect();
    c.head
        .history
        .iter()
        .zip(states.iter().skip(1))
        .map(|(results, state)| Round {
            converged: results.keys().cloned().collect(),
            pools: moving
                .iter()
                .filter_map(|key| {
                    Some(RoundPool {
                        node: key.0.clone(),
                        file: key.1.clone(),
                        name: key.2.clone(),
                        serving: state.get(*key)?.clone(),
                    })
                })
                .collect(),
        })
        .collect()
}

fn serving(pool: Option<&Pool>) -> BTreeSet<String> {
    let members = pool.into_iter().flat_map(Pool::serving);
    members
        .map(|m| m.node.clone().unwrap_or_else(|| m.name.clone()))
        .collect()
}
