//! The same pin moves everywhere at once.

use std::collections::{BTreeMap, BTreeSet};

use foretaste_parser::source::Location;
use foretaste_simulator::impact::{Holder, Impact, Part};

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Compares the cookbook pins of every environment, and reports a cookbook whose pin moves in all environments with
    /// nodes in rotation, where there are two or more: both datacenters, both halves of a failover pair. The same for a
    /// policy whose revision moves in every policy group (`policy_groups/*.json`) with nodes in rotation.
    ///
    /// ## Why it matters
    /// Roles and data bags reach every node at once. A pin in an environment is what can hold a change back until it has
    /// proved itself in one place. A commit that moves it in all places gives that up, and leaves nowhere to fail over to.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// app = search(:node, "roles:app AND chef_environment:#{node.chef_environment}").sort_by(&:name)
    /// template '/etc/haproxy/haproxy.cfg' do
    ///   variables(app: app)
    /// end
    /// ```
    /// ```erb before/cookbooks/edge/templates/default/haproxy.cfg.erb
    /// defaults
    ///   mode http
    ///   timeout connect 5s
    ///   timeout client 30s
    ///   timeout server 30s
    /// frontend public
    ///   bind :80
    ///   default_backend app
    /// backend app
    /// <% @app.each do |n| -%>
    ///   server <%= n['hostname'] %> <%= n['ipaddress'] %>:80
    /// <% end -%>
    /// ```
    /// ```ruby before/cookbooks/edge/metadata.rb
    /// name 'edge'
    /// version '1.0.0'
    /// ```
    /// ```ruby before/roles/app.rb
    /// name 'app'
    /// run_list ['recipe[app]']
    /// ```
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
    /// file '/etc/app2.conf'
    /// ```
    /// ```ruby before/environments/east.rb
    /// name 'east'
    /// cookbook 'app', '= 1.0.0'
    /// ```
    /// ```ruby before/environments/west.rb
    /// name 'west'
    /// cookbook 'app', '= 1.0.0'
    /// ```
    /// ```json before/nodes/lb-e.json
    /// {"name": "lb-e", "chef_environment": "east", "run_list": ["recipe[edge]"], "automatic": {"hostname": "lb-e", "ipaddress": "10.1.0.1"}}
    /// ```
    /// ```json before/nodes/app-e.json
    /// {"name": "app-e", "chef_environment": "east", "run_list": ["role[app]"], "automatic": {"hostname": "app-e", "ipaddress": "10.1.0.2"}}
    /// ```
    /// ```json before/nodes/lb-w.json
    /// {"name": "lb-w", "chef_environment": "west", "run_list": ["recipe[edge]"], "automatic": {"hostname": "lb-w", "ipaddress": "10.2.0.1"}}
    /// ```
    /// ```json before/nodes/app-w.json
    /// {"name": "app-w", "chef_environment": "west", "run_list": ["role[app]"], "automatic": {"hostname": "app-w", "ipaddress": "10.2.0.2"}}
    /// ```
    /// Bad: both sites at once.
    /// ```ruby bad/environments/east.rb
    /// name 'east'
    /// cookbook 'app', '= 1.1.0'
    /// ```
    /// ```ruby bad/environments/west.rb
    /// name 'west'
    /// cookbook 'app', '= 1.1.0'
    /// ```
    /// Good: one site first.
    /// ```ruby good/environments/west.rb
    /// name 'west'
    /// cookbook 'app', '= 1.1.0'
    /// ```
    ///
    /// ## What to do
    /// Move the pin where the fewest customers are, best in the site that is out of rotation; let all converge; then move
    /// it in the others.
    ///
    /// ## Incident
    /// `pin-moved-for-both-sites`: a version that broke was pinned in both datacenters by one commit.
    ///
    /// ## How the server behaves
    /// A node converges with the highest versions of its cookbooks that its environment's pins allow. Without a pin it is
    /// the highest that was uploaded. With policies it converges with what the revision of its policy group locks; a lock
    /// file that is not in a group acts for no node until it is pushed to one, and nothing is said of it.
    PIN_MOVED_EVERYWHERE = "pin-moved-everywhere", Warning,
    "a cookbook's pin moves in every environment at once",
    incident: "pin-moved-for-both-sites"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    if !impact.has_base {
        return Vec::new();
    }
    // Where customers are: environments and policy groups with nodes in rotation.
    let mut serving: BTreeMap<Holder, BTreeSet<&str>> = BTreeMap::new();
    for name in &impact.rollout.rotation {
        if let Some(saved) = impact.index.document("node", name).and_then(|d| d.saved()) {
            serving.entry(Holder::of(saved)).or_default().insert(name);
        }
    }
    let mut moved: BTreeMap<&str, BTreeSet<&Holder>> = BTreeMap::new();
    for holder in serving.keys() {
        for (name, _, _) in impact.versions.moved(holder) {
            moved.entry(name).or_default().insert(holder);
        }
    }
    moved
        .into_iter()
        // Whoever does not hold it has nothing to hold it back with.
        .filter(|(name, holders)| {
            let having = serving
                .keys()
                .filter(|h| impact.versions.after(h, name).is_some());
            holders.len() > 1 && holders.len() == having.count()
        })
        .filter_map(|(name, holders)| finding(impact, name, &holders, &serving))
        .collect()
}

fn finding(
    impact: &Impact,
    name: &str,
    holders: &BTreeSet<&Holder>,
    serving: &BTreeMap<Holder, BTreeSet<&str>>,
) -> Option<Finding> {
    let places: Vec<Location> = holders
        .iter()
        .filter_map(|holder| place(impact, holder, name))
        .collect();
    let first = places.first()?.clone();
    let list: Vec<String> = holders.iter().map(|h| h.name().to_owned()).collect();
    let what = match holders.first() {
        Some(Holder::PolicyGroup(_)) => {
            format!("the revision of policy `{name}` moves in every policy group")
        }
        _ => format!("the pin of cookbook `{name}` moves in every environment"),
    };
    let message = format!(
        "{what} that serves customers at once: {}",
        chain::names(&list)
    );
    let mut finding = Finding::new(message, first).help(
        "move it in one of them, best where nobody is served, and in the others when it has proved itself",
    );
    for place in &places {
        let step = chain::changed(impact, place);
        finding.evidence.push(step);
    }
    finding.cause = places;
    let nodes = holders.iter().filter_map(|h| serving.get(*h)).flatten();
    finding.nodes = nodes.map(|n| (*n).to_owned()).collect();
    Some(finding)
}

/// The changed line that moves a version: of an environment's file, or of a policy group's.
pub(super) fn place(impact: &Impact, holder: &Holder, name: &str) -> Option<Location> {
    let part = match holder {
        Holder::Environment(name) => Part::Environment(name.clone()),
        Holder::PolicyGroup(name) => Part::PolicyGroup(name.clone()),
    };
    let file = impact
        .files
        .iter()
        .find(|f| impact.parts.get(&f.path) == Some(&part))?;
    let after = file.after.as_ref()?;
    let lines = file
        .hunks
        .iter()
        .flat_map(|h| h.new_line..h.new_line.saturating_add(h.new_count));
    let version = impact.versions.after(holder, name)?;
    let named = |word: &str| {
        let found = lines.clone().find(|l| after.line_text(*l).contains(word));
        found.map(|line| Location::line(file.path.clone(), line))
    };
    // A policy's name may stand on the line above its revision.
    named(name).or_else(|| named(version))
}
