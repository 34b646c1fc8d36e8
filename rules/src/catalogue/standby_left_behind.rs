//! Who stands in for a server gets the new version last.

use std::collections::{BTreeMap, BTreeSet};

use foretaste_simulator::convergence::SavedNode;
use foretaste_simulator::impact::{Holder, Impact};
use foretaste_simulator::pool::{MemberState, Pool};
use foretaste_simulator::rollout::Traffic;

use super::pin_moved_everywhere::place;
use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Looks at who stands in for whom: backup servers of a pool, the half of a VRRP pair that waits, a site that `[rotation]`
    /// in `foretaste.toml` sends nobody to. It reports a cookbook whose pin moves in the environment of a server that
    /// serves, while the environment of its standby, which has the same run list, keeps it at what the server leaves
    /// behind; and the same for policies and policy groups.
    ///
    /// ## Why it matters
    /// The standby is the place where a version can prove itself without customers. Changed last, it proves nothing;
    /// forgotten, it serves an old version, with an old config, on the day of the failover.
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
    ///   server <%= n['hostname'] %> <%= n['ipaddress'] %>:80<%= ' backup' if n['hostname'] == 'app2' %>
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
    /// file '/etc/app.conf' do
    ///   mode '0600'
    /// end
    /// ```
    /// ```ruby before/environments/live.rb
    /// name 'live'
    /// cookbook 'app', '= 1.0.0'
    /// ```
    /// ```ruby before/environments/spare.rb
    /// name 'spare'
    /// cookbook 'app', '= 1.0.0'
    /// ```
    /// ```json before/nodes/lb1.json
    /// {"name": "lb1", "chef_environment": "live", "run_list": ["recipe[edge]"], "automatic": {"hostname": "lb1", "ipaddress": "10.1.0.1"}}
    /// ```
    /// ```json before/nodes/app1.json
    /// {"name": "app1", "chef_environment": "live", "run_list": ["role[app]"], "automatic": {"hostname": "app1", "ipaddress": "10.1.0.2", "roles": ["app"]}}
    /// ```
    /// ```json before/nodes/app2.json
    /// {"name": "app2", "chef_environment": "spare", "run_list": ["role[app]"], "automatic": {"hostname": "app2", "ipaddress": "10.2.0.2", "roles": ["app"]}}
    /// ```
    /// Bad: who serves goes first.
    /// ```ruby bad/environments/live.rb
    /// name 'live'
    /// cookbook 'app', '= 1.1.0'
    /// ```
    /// Good: the standby goes first.
    /// ```ruby good/environments/spare.rb
    /// name 'spare'
    /// cookbook 'app', '= 1.1.0'
    /// ```
    ///
    /// ## What to do
    /// Move the pin of the standby's environment first, let it converge, fail over to it to see that it serves, and then
    /// move the pin of the others.
    ///
    /// ## Incident
    /// `standby-changed-last`: a version went to the primary first, and the standby did not have what it had written.
    ///
    /// ## How the server behaves
    /// A node converges with the highest versions of its cookbooks that the pins of its environment allow.
    STANDBY_LEFT_BEHIND = "standby-left-behind", Warning,
    "the standby keeps the version that who serves leaves behind",
    incident: "standby-changed-last"
}

/// A version that a standby does not get.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Left<'i> {
    pool: Option<&'i str>,
    holder: Holder,
    kept: Holder,
    /// The name, the old version, the new one.
    version: (String, String, String),
}

#[derive(Default)]
struct Nodes<'i> {
    primaries: BTreeSet<&'i str>,
    standbys: BTreeSet<&'i str>,
}

/// A node that serves nobody while another of its type serves.
struct Standby<'i> {
    node: &'i SavedNode,
    /// For whom it stands in.
    of: BTreeSet<&'i str>,
    /// The pool in which it waits.
    pool: Option<&'i str>,
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    if !impact.has_base {
        return Vec::new();
    }
    let mut left: BTreeMap<Left<'_>, Nodes<'_>> = BTreeMap::new();
    let mut told: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    for standby in standbys(impact) {
        let kept = Holder::of(standby.node);
        let primaries = standby.of.iter().filter_map(|n| saved(impact, n));
        for primary in primaries.filter(|p| is_of_type(p, standby.node)) {
            let holder = Holder::of(primary);
            let changes = impact.nodes.get(&primary.name).is_some_and(|n| n.changed);
            if holder == kept || !changes {
                continue;
            }
            for (name, old, new) in impact.versions.moved(&holder) {
                if impact.versions.after(&kept, name) != Some(old)
                    || !told.insert((&primary.name, &standby.node.name, name))
                {
                    continue;
                }
                let what = Left {
                    pool: standby.pool,
                    holder: holder.clone(),
                    kept: kept.clone(),
                    version: (name.to_owned(), old.to_owned(), new.to_owned()),
                };
                let nodes = left.entry(what).or_default();
                nodes.primaries.insert(&primary.name);
                nodes.standbys.insert(&standby.node.name);
            }
        }
    }
    left.iter()
        .filter_map(|(left, nodes)| finding(impact, left, nodes))
        .collect()
}

fn saved<'i>(impact: &'i Impact, name: &str) -> Option<&'i SavedNode> {
    let document = impact.index.document("node", name)?;
    document.saved().map(AsRef::as_ref)
}

fn is_of_type(a: &SavedNode, b: &SavedNode) -> bool {
    a.policy_name == b.policy_name && (a.policy_name.is_some() || a.run_list == b.run_list)
}

fn standbys(impact: &Impact) -> Vec<Standby<'_>> {
    let mut out = Vec::new();
    for pool in &impact.pools {
        let nodes = |state: MemberState| {
            let members = pool.after.iter().flat_map(|p: &Pool| &p.members);
            members
                .filter(move |m| m.state == state)
                .filter_map(|m| m.node.as_deref())
        };
        let serving: BTreeSet<&str> = nodes(MemberState::Serving).collect();
        for node in nodes(MemberState::Backup).filter_map(|n| saved(impact, n)) {
            out.push(Standby {
                node,
                of: serving.clone(),
                pool: Some(&pool.name),
            });
        }
    }
    let serving = &impact.rollout.rotation;
    let sites = |traffic: &Traffic| traffic.times().all(|ways| ways.open.is_empty());
    let sites = impact.traffic.as_ref().filter(|t| sites(t));
    let waits = impact.shared.standbys();
    for name in impact.nodes.keys().filter(|n| !serving.contains(*n)) {
        let spare = sites.is_some_and(|t| {
            impact.options.rotation.decides() && t.sites.contains_key(name.as_str())
        });
        if let Some(node) = saved(impact, name).filter(|_| spare || waits.contains(name)) {
            out.push(Standby {
                node,
                of: serving.iter().map(String::as_str).collect(),
                pool: None,
            });
        }
    }
    out
}

fn finding(impact: &Impact, left: &Left<'_>, nodes: &Nodes<'_>) -> Option<Finding> {
    let list = |names: &BTreeSet<&str>| -> String {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        chain::names(&names)
    };
    let (name, old, new) = &left.version;
    let (primaries, standbys) = (list(&nodes.primaries), list(&nodes.standbys));
    let cause = place(impact, &left.holder, name)?;
    let what = match left.holder {
        Holder::Environment(_) => "cookbook",
        Holder::PolicyGroup(_) => "policy",
    };
    let place = match left.pool {
        Some(pool) => format!("where pool `{pool}` is served from, and its standby keeps `{old}`"),
        None => format!(
            "where customers are ({primaries}), and {standbys}, out of rotation, keeps `{old}`"
        ),
    };
    let message = format!("{what} `{name}` goes from `{old}` to `{new}` {place}");
    let mut finding = Finding::new(message, cause.clone()).help(format!(
        "move it in `{}` first, let the standby converge and see that it serves; then move it here",
        left.kept.name()
    ));
    finding.evidence.push(chain::changed(impact, &cause));
    finding.cause = vec![cause.clone()];
    finding = finding.evidence(format!("{standbys} stands in for {primaries}"), cause);
    let all = nodes.primaries.iter().chain(&nodes.standbys);
    finding.nodes = all.map(|n| (*n).to_owned()).collect();
    finding.pools.extend(left.pool.map(str::to_owned));
    Some(finding)
}
