//! Going back to a version that does not know what the newer one did.

use std::collections::{BTreeMap, BTreeSet};

use foretaste_simulator::convergence::Resource;
use foretaste_simulator::impact::{Holder, Impact, NodeImpact};

use super::pin_moved_everywhere::place;
use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Looks at pins that move back to an older version of a cookbook, and reports files, services, jobs, users and other
    /// things that the newer version declares and the older one does not: they stay as they are.
    ///
    /// ## Why it matters
    /// Chef undoes nothing by itself. A rollback that only stops declaring a job leaves the job running, and everybody
    /// believes that the state of last week is back.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/app-1.0.0/metadata.rb
    /// name 'app'
    /// version '1.0.0'
    /// ```
    /// ```ruby before/cookbooks/app-1.0.0/recipes/default.rb
    /// file '/etc/app.conf'
    /// ```
    /// ```ruby before/cookbooks/app-1.1.0/metadata.rb
    /// name 'app'
    /// version '1.1.0'
    /// ```
    /// ```ruby before/cookbooks/app-1.1.0/recipes/default.rb
    /// file '/etc/app.conf'
    /// cron 'compact' do
    ///   command '/usr/bin/compact'
    /// end
    /// ```
    /// ```ruby before/environments/live.rb
    /// name 'live'
    /// cookbook 'app', '= 1.1.0'
    /// ```
    /// ```json before/nodes/app1.json
    /// {"name": "app1", "chef_environment": "live", "run_list": ["recipe[app]"], "automatic": {"hostname": "app1", "ipaddress": "10.1.0.2"}}
    /// ```
    /// Bad: the job goes on.
    /// ```ruby bad/environments/live.rb
    /// name 'live'
    /// cookbook 'app', '= 1.0.0'
    /// ```
    /// Good: a version on top that takes the job away.
    /// ```ruby good/cookbooks/app-1.1.1/metadata.rb
    /// name 'app'
    /// version '1.1.1'
    /// ```
    /// ```ruby good/cookbooks/app-1.1.1/recipes/default.rb
    /// file '/etc/app.conf'
    /// cron 'compact' do
    ///   action :delete
    /// end
    /// ```
    /// ```ruby good/environments/live.rb
    /// name 'live'
    /// cookbook 'app', '= 1.1.1'
    /// ```
    ///
    /// ## What to do
    /// Go forward to a version that undoes by name what is no longer wanted (`action :delete`, `:remove`, `[:stop, :disable]`),
    /// or undo it by hand on the nodes that are named. `foretaste plan` of a change's reverse says beforehand what it would leave.
    ///
    /// ## Incident
    /// `rollback-leaves-a-job`: the version went back, and the job that did the damage went on.
    ///
    /// ## How the server behaves
    /// A resource that no recipe declares any more is not touched by a converge.
    ROLLBACK_LEAVES_BEHIND = "rollback-leaves-behind", Warning,
    "an older version of a cookbook does not undo what the newer one did",
    incident: "rollback-leaves-a-job"
}

/// Types that do something in one run and leave no state of their own, or whose state is what the run itself needs.
const MOMENTARY: &[&str] = &[
    "execute",
    "bash",
    "script",
    "ruby",
    "perl",
    "python",
    "csh",
    "ksh",
    "ruby_block",
    "log",
    "notify_group",
    "http_request",
    "chef_sleep",
    "breakpoint",
    "ohai",
    "reboot",
    "apt_update",
    "build_essential",
];

/// Actions that leave nothing.
const UNDOING: &[&str] = &[
    "nothing",
    "delete",
    "remove",
    "purge",
    "stop",
    "disable",
    "uninstall",
    "unmount",
    "umount",
];

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    let mut by_environment: BTreeMap<Holder, Vec<&NodeImpact>> = BTreeMap::new();
    for node in impact.nodes.values() {
        let saved = impact
            .index
            .document("node", &node.name)
            .and_then(|d| d.saved());
        if let Some(saved) = saved {
            let environment = Holder::of(saved);
            by_environment.entry(environment).or_default().push(node);
        }
    }
    let mut out = Vec::new();
    for (environment, nodes) in by_environment {
        // Revisions of policies have no order: which one is a way back cannot be told.
        for (cookbook, left, pin) in impact.versions.moved(&environment) {
            if !is_older(pin, left) {
                continue;
            }
            let Some(cause) = place(impact, &environment, cookbook) else {
                continue;
            };
            let mut stays: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
            for node in &nodes {
                for resource in left_behind(node, cookbook) {
                    let name = format!("{}[{}]", resource.r#type, resource.name);
                    stays.entry(name).or_default().insert(&node.name);
                }
            }
            if stays.is_empty() {
                continue;
            }
            let names: Vec<String> = stays.keys().cloned().collect();
            let mut finding = Finding::new(
                format!(
                    "going back from `{left}` to `{pin}` of cookbook `{cookbook}` leaves behind {}",
                    chain::names(&names)
                ),
                cause.clone(),
            )
            .help("undo by name what is not wanted any more, in a newer version or by hand: Chef does not touch what is not declared");
            finding.evidence.push(chain::changed(impact, &cause));
            finding.cause = vec![cause];
            let on: BTreeSet<&str> = stays.values().flatten().copied().collect();
            finding.nodes = on.into_iter().map(str::to_owned).collect();
            out.push(finding);
        }
    }
    out
}

/// What a node's converge declared in the base and does not in the head, from this cookbook.
fn left_behind<'i>(node: &'i NodeImpact, cookbook: &str) -> Vec<&'i Resource> {
    let (Some(before), Some(run)) = (&node.before, &node.after) else {
        return Vec::new();
    };
    let after = &run.after;
    if before.failure.is_some() || after.failure.is_some() || !after.undetermined.is_empty() {
        return Vec::new();
    }
    let declared: BTreeSet<(&str, &str)> = after
        .resources
        .iter()
        .map(|r| (r.r#type.as_str(), r.name.as_str()))
        .collect();
    before
        .resources
        .iter()
        .map(AsRef::as_ref)
        .filter(|r| !declared.contains(&(r.r#type.as_str(), r.name.as_str())))
        .filter(|r| r.conditional.is_none() && !MOMENTARY.contains(&r.r#type.as_str()))
        .filter(|r| r.action.iter().any(|a| !UNDOING.contains(&a.as_str())))
        .filter(|r| {
            r.location.path.split('/').any(|part| {
                let version = part.strip_prefix(cookbook);
                version.is_some_and(|v| v.is_empty() || v.starts_with('-'))
            })
        })
        .collect()
}

/// Whether one exact pin is of an older version than another.
fn is_older(pin: &str, than: &str) -> bool {
    let version = |pin: &str| -> Option<Vec<u64>> {
        let version = pin.trim().trim_start_matches('=').trim();
        version.split('.').map(|part| part.parse().ok()).collect()
    };
    match (version(pin), version(than)) {
        (Some(pin), Some(than)) => pin < than,
        _ => false,
    }
}
