//! A change's own edits of node objects, applied to what those nodes last saved.

use serde_json::{Map, Value as Json};

use crate::convergence::SavedNode;
use crate::packed::Attributes;

/// What `saved` becomes when its inventory object is edited from `before` to `after`: the edit alone is taken over,
/// so that what the node computed for itself stays until it converges.
pub(super) fn edited(saved: &SavedNode, before: &SavedNode, after: &SavedNode) -> SavedNode {
    let mut node = saved.clone();
    node.location.clone_from(&after.location);
    node.synthetic = after.synthetic;
    if before.chef_environment != after.chef_environment {
        node.chef_environment.clone_from(&after.chef_environment);
    }
    if before.run_list != after.run_list {
        node.run_list.clone_from(&after.run_list);
    }
    if before.policy_name != after.policy_name {
        node.policy_name.clone_from(&after.policy_name);
    }
    if before.policy_group != after.policy_group {
        node.policy_group.clone_from(&after.policy_group);
    }
    level(&mut node.default, &before.default, &after.default);
    level(&mut node.normal, &before.normal, &after.normal);
    level(&mut node.r#override, &before.r#override, &after.r#override);
    level(&mut node.automatic, &before.automatic, &after.automatic);
    node
}

fn level(target: &mut Attributes, before: &Attributes, after: &Attributes) {
    if before != after {
        target.edit(|target| merge(target, &before.to_map(), &after.to_map()));
    }
}

/// Applies the difference of two maps to a third. JSON is read with a bounded depth, which bounds the recursion.
fn merge(target: &mut Map<String, Json>, before: &Map<String, Json>, after: &Map<String, Json>) {
    for key in before.keys() {
        if !after.contains_key(key) {
            target.shift_remove(key);
        }
    }
    for (key, new) in after {
        let old = before.get(key);
        if old == Some(new) {
            continue;
        }
        match (target.get_mut(key), old, new) {
            (Some(Json::Object(target)), Some(Json::Object(old)), Json::Object(new)) => {
                merge(target, old, new);
            }
            _ => {
                target.insert(key.clone(), new.clone());
            }
        }
    }
}
