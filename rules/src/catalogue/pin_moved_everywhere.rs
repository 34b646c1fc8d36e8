//! The same pin moves everywhere at once.

use std::collections::{BTreeMap, BTreeSet};

use foretaste_parser::source::Location;
use foretaste_simulator::impact::Impact;
use foretaste_simulator::search::SearchIndex;
use serde_json::Value as Json;

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Compares the cookbook pins of every environment, and reports a cookbook whose pin moves in all environments with
    /// nodes in rotation, where there are two or more: both datacenters, both halves of a failover pair.
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
    /// the highest that was uploaded.
    PIN_MOVED_EVERYWHERE = "pin-moved-everywhere", Warning,
    "a cookbook's pin moves in every environment at once",
    incident: "pin-moved-for-both-sites"
}

pub(super) type Pins = BTreeMap<String, String>;

/// The cookbook pins of an environment as an index has it.
pub(super) fn pins(index: &SearchIndex, environment: &str) -> Pins {
    let json = index.document("environment", environment).map(|d| d.json());
    let pins = json
        .as_deref()
        .and_then(|j| j.get("cookbook_versions"))
        .and_then(Json::as_object);
    pins.into_iter()
        .flatten()
        .filter_map(|(cookbook, pin)| Some((cookbook.clone(), pin.as_str()?.to_owned())))
        .collect()
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    let Some(before) = &impact.index_before else {
        return Vec::new();
    };
    // Where customers are: environments with nodes in rotation.
    let mut serving: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for name in &impact.rollout.rotation {
        if let Some(saved) = impact.index.document("node", name).and_then(|d| d.saved()) {
            serving
                .entry(saved.chef_environment.clone())
                .or_default()
                .insert(name);
        }
    }
    if serving.len() < 2 {
        return Vec::new();
    }
    let mut moved: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for environment in serving.keys() {
        let (old, new) = (
            pins(before, environment),
            pins(&impact.index_start, environment),
        );
        for (cookbook, pin) in &new {
            if old.get(cookbook).is_some_and(|o| o != pin) {
                moved
                    .entry(cookbook.clone())
                    .or_default()
                    .insert(environment);
            }
        }
    }
    moved
        .into_iter()
        .filter(|(_, environments)| environments.len() == serving.len())
        .filter_map(|(cookbook, environments)| {
            let places: Vec<Location> =
                environments.iter().filter_map(|e| place(impact, e, &cookbook)).collect();
            let first = places.first()?.clone();
            let list: Vec<String> = environments.iter().map(|e| (*e).to_owned()).collect();
            let mut finding = Finding::new(
                format!(
                    "the pin of cookbook `{cookbook}` moves in every environment that serves customers at once: {}",
                    chain::names(&list)
                ),
                first,
            )
            .help("move the pin in one of them, best where nobody is served, and in the others when it has proved itself");
            for place in &places {
                let step = chain::changed(impact, place);
                finding.evidence.push(step);
            }
            finding.cause = places;
            let nodes = serving.iter().filter(|(e, _)| environments.contains(e.as_str()));
            finding.nodes = nodes.flat_map(|(_, n)| n.iter().map(|n| (*n).to_owned())).collect();
            Some(finding)
        })
        .collect()
}

/// The changed line of an environment's file that speaks of the cookbook.
pub(super) fn place(impact: &Impact, environment: &str, cookbook: &str) -> Option<Location> {
    let file = impact.files.iter().find(|f| {
        let name = f.path.rsplit('/').next().unwrap_or("");
        let stem = name
            .strip_suffix(".rb")
            .or_else(|| name.strip_suffix(".json"));
        stem == Some(environment) && f.path.split('/').any(|part| part == "environments")
    })?;
    let after = file.after.as_ref()?;
    let lines = file
        .hunks
        .iter()
        .flat_map(|h| h.new_line..h.new_line.saturating_add(h.new_count));
    let line = lines
        .into_iter()
        .find(|l| after.line_text(*l).contains(cookbook))?;
    Some(Location::line(file.path.clone(), line))
}
