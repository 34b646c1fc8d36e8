//! Puts an impact together.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    Comparison, Impact, NodeImpact, Versions, configs, counts, pools, rounds, searches, syntax,
    trials,
};
use crate::convergence::Convergence;
use crate::rollout::{Rollout, SharedAddresses};
use crate::simulation::Oscillation;

pub(super) fn compare(c: &Comparison<'_>) -> Impact {
    let nodes = nodes(c);
    let names = pools::node_names(c.head);
    let pools = pools::compare(&nodes, &names, c.readers);
    let shared = SharedAddresses::new(&nodes, c.readers);
    let rounds = rounds::rounds(c, &nodes, &pools, &names);
    let searches = searches::compare(&nodes, c.changes);
    let configs = configs::problems(&nodes, c.readers);
    let syntax = syntax::compare(c, &nodes);
    let counts = counts::count(c, &nodes, &pools);
    let orders = trials::orders(&nodes, c.trials, c.base_trials);
    let empties = trials::empties(&nodes, c.trials, &names, c.readers);
    Impact {
        orders,
        empties,
        has_base: c.base.is_some(),
        files: c.changes.to_vec(),
        parts: c.parts.clone(),
        versions: Versions::new(c),
        roles: c.roles.to_vec(),
        undetermined: c.head.undetermined(),
        counts,
        pools,
        searches,
        configs,
        syntax,
        nodes,
        index: c.head.index.clone(),
        index_start: c.head.start.clone(),
        index_before: c.base.map(|b| b.index.clone()),
        unsettled_after: (!c.head.settled).then_some(c.head.rounds),
        oscillation: oscillation(c),
        rounds,
        history: c.head.history.clone(),
        walked: None,
        shared,
        traffic: None,
        options: c.rollout.clone(),
        rollout: Rollout::default(),
        split: None,
    }
}

fn oscillation(c: &Comparison<'_>) -> Option<Oscillation> {
    let new = c.head.oscillation.as_ref()?;
    let old = c.base.and_then(|b| b.oscillation.as_ref());
    let known = old.is_some_and(|o| new.nodes.is_subset(&o.nodes));
    (!known).then(|| new.clone())
}

fn nodes(c: &Comparison<'_>) -> BTreeMap<String, NodeImpact> {
    let before = c.base.map(|b| &b.runs);
    let mut names: Vec<&String> = c.head.runs.keys().collect();
    names.extend(before.into_iter().flat_map(BTreeMap::keys));
    names.sort();
    names.dedup();
    names
        .into_iter()
        .map(|name| {
            let before = before.and_then(|b| b.get(name)).map(|r| r.after.clone());
            let after = c.head.runs.get(name).cloned();
            let (changed, altered) = match (&before, &after) {
                (Some(a), Some(b)) if Arc::ptr_eq(a, &b.after) => (false, false),
                (Some(a), Some(b)) => {
                    let altered = act_apart(a, &b.after);
                    (altered || come_apart(a, &b.after), altered)
                }
                _ => (true, true),
            };
            let node = NodeImpact {
                name: name.clone(),
                before,
                after,
                changed,
                altered,
            };
            (name.clone(), node)
        })
        .collect()
}

/// Whether two results differ in how they come to what they do.
fn come_apart(a: &Convergence, b: &Convergence) -> bool {
    a.expanded != b.expanded
        || a.searches
            .iter()
            .map(|s| (&s.index, &s.query, &s.results))
            .ne(b.searches.iter().map(|s| (&s.index, &s.query, &s.results)))
}

/// Whether two results differ in what they do to their machine; where in the code it is written does not matter.
fn act_apart(a: &Convergence, b: &Convergence) -> bool {
    let files = |c: &Convergence| -> Vec<(String, Arc<str>)> {
        c.files
            .iter()
            .map(|(path, file)| (path.clone(), file.text.clone()))
            .collect()
    };
    let failure = |c: &Convergence| {
        c.failure
            .as_ref()
            .map(|f| (f.class.clone(), f.message.clone()))
    };
    let resources = |c: &Convergence| -> Vec<_> {
        c.resources
            .iter()
            .map(|r| {
                (
                    r.r#type.clone(),
                    r.name.clone(),
                    r.action.clone(),
                    r.properties.clone(),
                )
            })
            .collect()
    };
    failure(a) != failure(b) || files(a) != files(b) || resources(a) != resources(b)
}
