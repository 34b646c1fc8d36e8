//! What holds versions back: an environment with its pins, a policy group with its revisions.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Comparison;
use crate::convergence::SavedNode;
use crate::search::SearchIndex;

/// An environment or a policy group: a node has one of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    Environment(String),
    PolicyGroup(String),
}

/// By name: the constraint of a cookbook, or the revision of a policy.
pub type Held = BTreeMap<String, String>;

/// What is held before a change and after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    before: BTreeMap<Holder, Held>,
    after: BTreeMap<Holder, Held>,
}

impl Holder {
    /// Who decides about the versions of a node.
    #[must_use]
    pub fn of(node: &SavedNode) -> Self {
        match (&node.policy_name, &node.policy_group) {
            (Some(_), Some(group)) => Self::PolicyGroup(group.clone()),
            _ => Self::Environment(node.chef_environment.clone()),
        }
    }

    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Environment(name) | Self::PolicyGroup(name) => name,
        }
    }
}

impl Versions {
    pub(super) fn new(c: &Comparison<'_>) -> Self {
        let before = c.base.map(|b| held(&b.index, c.policy_groups[0]));
        Self {
            before: before.unwrap_or_default(),
            after: held(&c.head.start, c.policy_groups[1]),
        }
    }

    /// What a holder moves: each name with its old and its new version.
    pub fn moved(&self, holder: &Holder) -> impl Iterator<Item = (&str, &str, &str)> {
        let old = self.before.get(holder);
        let new = self.after.get(holder).into_iter().flatten();
        new.filter_map(move |(name, new)| {
            let old = old?.get(name).filter(|old| *old != new)?;
            Some((name.as_str(), old.as_str(), new.as_str()))
        })
    }

    /// The version that a holder has after the change.
    #[must_use]
    pub fn after(&self, holder: &Holder, name: &str) -> Option<&str> {
        Some(self.after.get(holder)?.get(name)?.as_str())
    }
}

fn held(index: &SearchIndex, groups: &BTreeMap<String, Held>) -> BTreeMap<Holder, Held> {
    let environments = index.documents("environment").into_iter().flatten();
    let pins = environments.map(|document| {
        let json = document.json();
        let pins = json.get("cookbook_versions").and_then(Json::as_object);
        let pins = pins.into_iter().flatten();
        let pins = pins.filter_map(|(name, pin)| Some((name.clone(), pin.as_str()?.to_owned())));
        let holder = Holder::Environment(document.name().to_owned());
        (holder, pins.collect())
    });
    let groups = groups.iter();
    let groups = groups.map(|(name, held)| (Holder::PolicyGroup(name.clone()), held.clone()));
    pins.chain(groups).collect()
}
