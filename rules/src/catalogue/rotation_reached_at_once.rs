//! What a change alters reaches nodes in rotation together with those that could have tried it.

use std::collections::{BTreeMap, BTreeSet};

use foretaste_parser::source::Location;
use foretaste_simulator::convergence::SavedNode;
use foretaste_simulator::impact::{FileChange, Impact, NodeImpact, Part};
use foretaste_simulator::rollout::Record;

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;
use crate::severity::Severity;

/// So many changed places are shown.
const SHOWN: usize = 3;
/// Resources that make the chef-client run by itself.
const CLIENTS: [&str; 4] = [
    "chef_client_systemd_timer",
    "chef_client_cron",
    "chef_client_launchd",
    "chef_client_scheduled_task",
];

declare_rule! {
    /// ## What it does
    /// Compares nodes of one server type, those with the same run list or policy: some are in rotation, and some are not
    /// (they are in no pool, only a backup there, the half of a VRRP pair that waits, or of a site that `[rotation]` in
    /// `foretaste.toml` sends nobody to). It reports a role, data bag, environment or cookbook whose change reaches both at once. Where nodes have sites and
    /// customers are sent to several, it also reports what reaches all of them at once.
    ///
    /// It is a note; where `[client]` in `foretaste.toml` or a resource such as `chef_client_systemd_timer` says that
    /// nodes converge by themselves, nobody can keep the order of `foretaste plan`, and it is a warning.
    ///
    /// ## Why it matters
    /// A node out of rotation is where a mistake costs nothing. It is worth that only when it gets a change before the
    /// nodes that customers reach.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// app = search(:node, 'roles:app').sort_by(&:name)
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
    ///   server <%= n['hostname'] %> <%= n['ipaddress'] %>:80<%= ' backup' if n['hostname'] == 'app3' %>
    /// <% end -%>
    /// ```
    /// ```ruby before/cookbooks/edge/metadata.rb
    /// name 'edge'
    /// version '1.0.0'
    /// ```
    /// ```ruby before/roles/app.rb
    /// name 'app'
    /// run_list ['recipe[app]']
    /// default_attributes('app' => { 'workers' => 4 })
    /// ```
    /// ```ruby before/environments/spare.rb
    /// name 'spare'
    /// ```
    /// ```ruby before/cookbooks/app/metadata.rb
    /// name 'app'
    /// version '1.0.0'
    /// ```
    /// ```ruby before/cookbooks/app/recipes/default.rb
    /// file '/etc/app.conf' do
    ///   content "workers #{node['app']['workers']}\n"
    /// end
    /// ```
    /// ```json before/nodes/lb1.json
    /// {"name": "lb1", "run_list": ["recipe[edge]"], "automatic": {"hostname": "lb1", "ipaddress": "10.0.0.1"}}
    /// ```
    /// ```json before/nodes/app1.json
    /// {"name": "app1", "run_list": ["role[app]"], "automatic": {"hostname": "app1", "ipaddress": "10.0.0.2", "roles": ["app"]}}
    /// ```
    /// ```json before/nodes/app2.json
    /// {"name": "app2", "run_list": ["role[app]"], "automatic": {"hostname": "app2", "ipaddress": "10.0.0.3", "roles": ["app"]}}
    /// ```
    /// ```json before/nodes/app3.json
    /// {"name": "app3", "chef_environment": "spare", "run_list": ["role[app]"], "automatic": {"hostname": "app3", "ipaddress": "10.0.0.4", "roles": ["app"]}}
    /// ```
    /// Bad: the role changes, for everybody who has it.
    /// ```ruby bad/roles/app.rb
    /// name 'app'
    /// run_list ['recipe[app]']
    /// default_attributes('app' => { 'workers' => 400 })
    /// ```
    /// Good: the environment of the node that waits in reserve changes first.
    /// ```ruby good/environments/spare.rb
    /// name 'spare'
    /// override_attributes('app' => { 'workers' => 400 })
    /// ```
    ///
    /// ## What to do
    /// Hold the change back where customers are: roles and data bags have no versions, but a cookbook has, and an
    /// environment or a policy group pins it. Where the order is kept by hand, let the nodes out of rotation converge
    /// first: `foretaste plan` has the waves.
    ///
    /// ## Incident
    /// `role-changes-the-reserve-too`: the reserve breaks together with those that it is kept for.
    ///
    /// ## How the server behaves
    /// An upload replaces a role, an environment or a data bag item for every node at its next converge. A cookbook
    /// acts for each node in the newest version that its environment or policy lets it have.
    ROTATION_REACHED_AT_ONCE = "rotation-reached-at-once", Warning,
    "a change reaches nodes in rotation together with those that could have tried it",
    incident: "role-changes-the-reserve-too"
}

/// What has or lacks versions of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Role,
    DataBag,
    Environment,
    Cookbook,
}

/// Nodes of one server type that a change alters.
#[derive(Default)]
struct Type<'i> {
    inside: Vec<&'i NodeImpact>,
    outside: Vec<&'i NodeImpact>,
    /// Some out of rotation are left as they are: they may have had it before.
    spared: bool,
}

/// What reaches whom at once.
#[derive(Default)]
struct Reach<'i> {
    names: BTreeSet<String>,
    files: Vec<&'i FileChange>,
    inside: BTreeSet<&'i str>,
    outside: BTreeSet<&'i str>,
    /// The sites that are reached at once, where none is spared.
    sites: BTreeSet<&'i str>,
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    // Of a pool whose members are not known nobody is certain to be out of rotation.
    if !impact.has_base || impact.pools.iter().any(|p| p.undetermined.is_some()) {
        return Vec::new();
    }
    let types = types(impact);
    let mut reaches: BTreeMap<Kind, Reach<'_>> = BTreeMap::new();
    for file in &impact.files {
        let Some((kind, name)) = part(impact, file) else {
            continue;
        };
        for nodes in types.values() {
            let reads = |nodes: &[&'_ NodeImpact]| -> Vec<&str> {
                let reading = nodes.iter().filter(|n| n.reads(&file.path));
                reading
                    .map(|n| impact.nodes.get_key_value(&n.name))
                    .filter_map(|found| Some(found?.0.as_str()))
                    .collect()
            };
            let (inside, outside) = (reads(&nodes.inside), reads(&nodes.outside));
            let sites = match outside.is_empty() && !nodes.spared {
                true => sites(impact, &inside),
                false => BTreeSet::new(),
            };
            if inside.is_empty() || (outside.is_empty() && sites.len() < 2) {
                continue;
            }
            let reach = reaches.entry(kind).or_default();
            reach.names.insert(name.clone());
            if !reach.files.iter().any(|f| f.path == file.path) {
                reach.files.push(file);
            }
            reach.inside.extend(inside);
            reach.outside.extend(outside);
            reach.sites.extend(sites);
        }
    }
    reaches
        .into_iter()
        .map(|(kind, reach)| finding(impact, kind, &reach))
        .collect()
}

/// Altered nodes by their server type, whatever their environment.
fn types(impact: &Impact) -> BTreeMap<(Option<&str>, &[String]), Type<'_>> {
    let mut out: BTreeMap<(Option<&str>, &[String]), Type<'_>> = BTreeMap::new();
    for node in impact.nodes.values() {
        let Some(saved) = saved(impact, &node.name) else {
            continue;
        };
        let down = impact.options.down.contains(&node.name);
        if saved.synthetic || down || node.before.is_none() || node.after.is_none() {
            continue;
        }
        let key = match &saved.policy_name {
            Some(policy) => (Some(policy.as_str()), &[][..]),
            None => (None, saved.run_list.as_slice()),
        };
        let nodes = out.entry(key).or_default();
        let rotates = impact.rollout.rotation.contains(&node.name);
        match (rotates, node.altered) {
            (true, true) => nodes.inside.push(node),
            (false, true) => nodes.outside.push(node),
            (false, false) => nodes.spared = true,
            (true, false) => {}
        }
    }
    out
}

fn saved<'i>(impact: &'i Impact, name: &str) -> Option<&'i SavedNode> {
    let document = impact.index.document("node", name)?;
    document.saved().map(AsRef::as_ref)
}

fn sites<'i>(impact: &'i Impact, nodes: &[&str]) -> BTreeSet<&'i str> {
    let Some(traffic) = &impact.traffic else {
        return BTreeSet::new();
    };
    let of = nodes.iter().filter_map(|n| traffic.sites.get(*n));
    of.map(String::as_str).collect()
}

/// What a file belongs to, for people; `None` where it reaches no node by itself, or is the failover itself.
fn part(impact: &Impact, file: &FileChange) -> Option<(Kind, String)> {
    Some(match impact.parts.get(&file.path)? {
        Part::Role(name) => (Kind::Role, name.clone()),
        Part::Environment(name) => (Kind::Environment, name.clone()),
        Part::Cookbook(name) => (Kind::Cookbook, name.clone()),
        // One group is what holds a change back.
        Part::PolicyGroup(_) => return None,
        Part::DataBagItem { bag, id } => {
            let is_own =
                |r: &Record| matches!(r, Record::Item { bag: b, id: i, .. } if b == bag && i == id);
            if impact.options.rotation.records.iter().any(is_own) {
                return None;
            }
            (Kind::DataBag, format!("{bag}/{id}"))
        }
    })
}

fn finding(impact: &Impact, kind: Kind, reach: &Reach<'_>) -> Finding {
    let list = |names: &BTreeSet<&str>| -> String {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        chain::names(&names)
    };
    let what: Vec<String> = reach.names.iter().map(|n| format!("`{n}`")).collect();
    let word = match kind {
        Kind::Role => "role",
        Kind::DataBag => "data bag item",
        Kind::Environment => "environment",
        Kind::Cookbook => "cookbook",
    };
    let whom = if reach.outside.is_empty() {
        format!(
            "every site that customers are sent to: {}",
            list(&reach.sites)
        )
    } else {
        format!(
            "{} out of rotation and {} in rotation",
            list(&reach.outside),
            list(&reach.inside)
        )
    };
    let places: Vec<Location> = reach
        .files
        .iter()
        .filter_map(|f| Some(f.location(f.hunks.first()?)))
        .take(SHOWN)
        .collect();
    let first = places.first().cloned();
    let first = first.unwrap_or_else(|| Location::line("", 1));
    let mut finding = Finding::new(
        format!(
            "the change of {word} {} reaches at once {whom}",
            chain::names(&what)
        ),
        first,
    )
    .help(help(impact, kind, reach));
    for place in &places {
        finding.evidence.push(chain::changed(impact, place));
    }
    let nodes = reach.outside.iter().chain(&reach.inside);
    finding.nodes = nodes.map(|n| (*n).to_owned()).collect();
    finding = finding.caused_by(places);
    match clients(impact, reach) {
        Some((why, Some(place))) => finding.evidence(why, place),
        Some((why, None)) => {
            let place = finding.primary.clone();
            finding.evidence(why, place)
        }
        None => finding.at_most(Severity::Note),
    }
}

/// How to let some have it before others.
fn help(impact: &Impact, kind: Kind, reach: &Reach<'_>) -> String {
    let first = match reach.outside.is_empty() {
        true => "one site".to_owned(),
        false => {
            let names: Vec<String> = reach.outside.iter().map(|n| (*n).to_owned()).collect();
            chain::names(&names)
        }
    };
    let of = |names: &BTreeSet<&str>| -> BTreeSet<String> {
        let nodes = names.iter().filter_map(|n| saved(impact, n));
        nodes.map(|n| n.chef_environment.clone()).collect()
    };
    let policies = reach
        .inside
        .iter()
        .any(|n| saved(impact, n).is_some_and(|n| n.policy_name.is_some()));
    let environments = of(&reach.inside);
    let apart = environments.is_disjoint(&of(&reach.outside)) && !reach.outside.is_empty()
        || environments.len() > 1;
    let shared: Vec<String> = environments.iter().map(|e| format!("`{e}`")).collect();
    let shared = chain::names(&shared);
    match kind {
        Kind::Role => format!(
            "roles have no versions: say it in a cookbook that an environment or policy group pins, or in a role that \
             {first} gets first"
        ),
        Kind::DataBag => format!(
            "data bags have no versions: put it into an item of another name that {first} reads first"
        ),
        Kind::Environment => format!(
            "an environment acts for all its nodes: give {first} an environment of its own, and change that first"
        ),
        Kind::Cookbook if policies => {
            format!(
                "push the policy to the policy group of {first} first, and to the others when it has proved itself"
            )
        }
        Kind::Cookbook if apart => format!(
            "raise the cookbook's version, and keep the old one pinned in {shared} until {first} has converged and serves"
        ),
        Kind::Cookbook => format!(
            "no pin tells nodes of {shared} apart: give {first} an environment of its own, and pin the new version there \
             first"
        ),
    }
}

/// Why nodes converge by themselves; `None` where nothing says so.
fn clients(impact: &Impact, reach: &Reach<'_>) -> Option<(String, Option<Location>)> {
    if let Some(minutes) = impact.options.round_minutes {
        let why = format!("nodes converge by themselves within {minutes} minutes, in any order");
        return Some((why, None));
    }
    reach.inside.iter().find_map(|name| {
        let run = &impact.nodes.get(*name)?.after.as_ref()?.after;
        let resource = run.resources.iter().find(|r| {
            let runs = !r.action.iter().any(|a| a == "remove" || a == "nothing");
            CLIENTS.contains(&r.r#type.as_str()) && runs
        })?;
        let why = format!(
            "nodes converge by themselves, in any order: {name} has {}[{}]",
            resource.r#type, resource.name
        );
        Some((why, Some(resource.location.clone())))
    })
}
