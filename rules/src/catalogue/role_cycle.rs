//! Roles in a circle.

use std::collections::{BTreeMap, BTreeSet};

use foretaste_simulator::impact::{Impact, RoleFile};

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Reports roles whose run lists, also those for one environment, lead back to themselves.
    ///
    /// ## Why it matters
    /// Nothing fails: each role is expanded once, and the circle is silently cut where the expansion happens to meet
    /// it again. Which recipes come first, and which attributes win, then depends on where a node enters the circle.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/roles/base.rb
    /// name 'base'
    /// run_list []
    /// ```
    /// ```ruby before/roles/web.rb
    /// name 'web'
    /// run_list 'role[base]'
    /// ```
    /// Bad:
    /// ```ruby bad/roles/base.rb
    /// name 'base'
    /// run_list 'role[web]'
    /// ```
    /// Good:
    /// ```ruby good/roles/base.rb
    /// name 'base'
    /// description 'everywhere'
    /// run_list []
    /// ```
    ///
    /// ## What to do
    /// Take what both need into a third role.
    ///
    /// ## Incident
    /// `roles-that-include-each-other`: two roles include each other.
    ///
    /// ## How the server behaves
    /// The expansion remembers the roles that it has applied and skips them when it meets them again, without a word.
    ROLE_CYCLE = "role-cycle", Warning,
    "roles include each other in a circle",
    incident: "roles-that-include-each-other"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    let roles: BTreeMap<&str, &RoleFile> =
        impact.roles.iter().map(|r| (r.stem.as_str(), r)).collect();
    let mut reported: BTreeSet<Vec<&str>> = BTreeSet::new();
    let mut out = Vec::new();
    for name in roles.keys() {
        let Some(circle) = circle(&roles, name) else {
            continue;
        };
        let mut key = circle.clone();
        key.sort_unstable();
        if reported.insert(key) {
            out.extend(finding(impact, &roles, &circle));
        }
    }
    out
}

/// The shortest way from a role back to itself.
fn circle<'r>(roles: &BTreeMap<&'r str, &'r RoleFile>, start: &'r str) -> Option<Vec<&'r str>> {
    let mut from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(name) = queue.pop_front() {
        for next in roles.get(name).into_iter().flat_map(|r| included(r)) {
            if next == start {
                let mut way = vec![name];
                while let Some(before) = way
                    .last()
                    .filter(|n| **n != start)
                    .and_then(|n| from.get(n))
                {
                    way.push(before);
                }
                way.reverse();
                return Some(way);
            }
            if !from.contains_key(next) {
                from.insert(next, name);
                queue.push_back(next);
            }
        }
    }
    None
}

fn included(role: &RoleFile) -> impl Iterator<Item = &str> {
    role.run_list
        .iter()
        .filter_map(|(item, _)| item.trim().strip_prefix("role[")?.strip_suffix(']'))
}

fn finding(impact: &Impact, roles: &BTreeMap<&str, &RoleFile>, circle: &[&str]) -> Option<Finding> {
    let mut steps = Vec::new();
    for (i, name) in circle.iter().enumerate() {
        let next = circle.get(i + 1).or(circle.first())?;
        let role = roles.get(name)?;
        let (_, place) = role
            .run_list
            .iter()
            .find(|(item, _)| item.trim() == format!("role[{next}]"))?;
        steps.push((
            format!("role `{name}` includes role `{next}`"),
            place.clone(),
        ));
    }
    let touched = |path: &str| !impact.has_base || impact.file(path).is_some();
    if !steps.iter().any(|(_, place)| touched(&place.path)) {
        return None;
    }
    let (_, primary) = steps
        .iter()
        .find(|(_, place)| impact.has_base && impact.touches(place))
        .or(steps.first())?;
    let mut way = circle.join(" → ");
    way.push_str(" → ");
    way.push_str(circle.first()?);
    let mut finding = Finding::new(format!("roles include each other: {way}"), primary.clone())
        .help("take what both need into a third role that neither includes back");
    finding.cause = steps
        .iter()
        .map(|(_, place)| place.clone())
        .filter(|place| impact.has_base && impact.touches(place))
        .collect();
    let hit: BTreeSet<&str> = circle.iter().copied().collect();
    finding.nodes = impact
        .nodes
        .values()
        .filter(|n| {
            n.after.as_ref().is_some_and(|r| {
                r.after
                    .expanded
                    .roles
                    .iter()
                    .any(|role| hit.contains(role.as_str()))
            })
        })
        .map(|n| n.name.clone())
        .collect();
    for cause in finding.cause.clone() {
        finding.evidence.push(chain::changed(impact, &cause));
    }
    for (message, place) in steps {
        finding = finding.evidence(message, place);
    }
    Some(finding)
}
