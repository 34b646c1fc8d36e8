//! Customers are sent to nodes that nobody has seen serve as they will be.

use std::collections::BTreeSet;

use foretaste_parser::source::Location;
use foretaste_simulator::impact::{Impact, NodeImpact, Part, PoolImpact};
use foretaste_simulator::pool::Pool;
use foretaste_simulator::rollout::{Record, Traffic};

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;
use crate::severity::Severity;

/// So many changed places are shown.
const SHOWN: usize = 3;

declare_rule! {
    /// ## What it does
    /// Where `[rotation]` in `foretaste.toml` says which zone files or data bag items send customers to which site, it
    /// compares where they lead before and after the change. It reports a failover to nodes that the same change also
    /// alters, to nodes whose converge fails, and to a balancer whose pool has nobody who serves.
    ///
    /// ## Why it matters
    /// A site out of rotation is the place to try a change, and the place to go when the other one breaks. A failover
    /// together with a change of that site spends both at once: whatever is wrong with the change meets all customers,
    /// and the way back leads over a second failover.
    ///
    /// ## Example
    /// Before:
    /// ```toml before/foretaste.toml
    /// [rotation]
    /// site = "site"
    /// [[rotation.record]]
    /// item = "dns/www"
    /// key = "active"
    /// ```
    /// ```json before/data_bags/dns/www.json
    /// {"id": "www", "active": "london"}
    /// ```
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// app = search(:node, "roles:app AND site:#{node['site']}").sort_by(&:name)
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
    /// ```ruby before/cookbooks/app/metadata.rb
    /// name 'app'
    /// version '1.0.0'
    /// ```
    /// ```ruby before/cookbooks/app/recipes/default.rb
    /// file '/etc/app.conf' do
    ///   content "workers #{node['app']['workers']}\n"
    /// end
    /// ```
    /// ```ruby before/cookbooks/app/attributes/default.rb
    /// default['app']['workers'] = 4
    /// ```
    /// ```ruby before/environments/york.rb
    /// name 'york'
    /// default_attributes('app' => { 'workers' => 4 })
    /// ```
    /// ```json before/nodes/lb1.json
    /// {"name": "lb1", "run_list": ["recipe[edge]"], "normal": {"site": "london"}, "automatic": {"hostname": "lb1", "ipaddress": "10.0.0.1"}}
    /// ```
    /// ```json before/nodes/app1.json
    /// {"name": "app1", "run_list": ["role[app]"], "normal": {"site": "london"}, "automatic": {"hostname": "app1", "ipaddress": "10.0.0.2", "roles": ["app"]}}
    /// ```
    /// ```json before/nodes/lb2.json
    /// {"name": "lb2", "chef_environment": "york", "run_list": ["recipe[edge]"], "normal": {"site": "york"}, "automatic": {"hostname": "lb2", "ipaddress": "10.1.0.1"}}
    /// ```
    /// ```json before/nodes/app2.json
    /// {"name": "app2", "chef_environment": "york", "run_list": ["role[app]"], "normal": {"site": "york"}, "automatic": {"hostname": "app2", "ipaddress": "10.1.0.2", "roles": ["app"]}}
    /// ```
    /// Bad: customers go to york, and york gets other workers in the same step.
    /// ```json bad/data_bags/dns/www.json
    /// {"id": "www", "active": "york"}
    /// ```
    /// ```ruby bad/environments/york.rb
    /// name 'york'
    /// default_attributes('app' => { 'workers' => 400 })
    /// ```
    /// Good: york gets them while nobody is sent there.
    /// ```ruby good/environments/york.rb
    /// name 'york'
    /// default_attributes('app' => { 'workers' => 400 })
    /// ```
    ///
    /// ## What to do
    /// Make it two changes. First the one of the site that nobody is sent to: let it converge, and see that it serves.
    /// Then the failover, alone.
    ///
    /// ## Incident
    /// `failover-onto-the-changed-site`: one site is to be emptied for a change, and the other one changes with it.
    ///
    /// ## How the server behaves
    /// Data bags have no versions and act as soon as they are uploaded; a zone acts when its server loads it. Neither
    /// waits for the nodes of a site to converge.
    FAILOVER_UNPROVEN = "failover-unproven", Error,
    "customers are sent to nodes that nobody has seen serve as they will be",
    incident: "failover-onto-the-changed-site"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    let Some(traffic) = &impact.traffic else {
        return Vec::new();
    };
    let arriving = &impact.rollout.arriving;
    let nodes: Vec<&NodeImpact> = arriving
        .iter()
        .filter_map(|n| impact.nodes.get(n))
        .filter(|n| n.after.is_some())
        .collect();
    let mut out = Vec::new();
    let failing = nodes.iter().filter(|n| n.failure().is_some());
    let failing: Vec<String> = failing.map(|n| n.name.clone()).collect();
    if !failing.is_empty() {
        let message = format!(
            "customers are sent to {}, where {} does not converge",
            target(traffic, arriving),
            chain::names(&failing)
        );
        let help = "let it converge first, and see that it serves; then send customers there";
        out.push(finding(impact, traffic, message, help, failing));
    }
    for pool in &impact.pools {
        if arriving.contains(&pool.node) && is_empty(pool) {
            let message = format!(
                "customers are sent to {}, whose pool `{}` has nobody who serves",
                pool.node, pool.name
            );
            let help = "fill the pool first, and see that it serves; then send customers there";
            let mut finding = finding(impact, traffic, message, help, vec![pool.node.clone()]);
            finding.pools.push(pool.name.clone());
            out.push(finding);
        }
    }
    let own: BTreeSet<&str> = impact
        .files
        .iter()
        .map(|f| &*f.path)
        .filter(|path| !is_record(impact, traffic, path))
        .collect();
    let altered =
        |n: &&&NodeImpact| n.altered && n.before.is_some() && own.iter().any(|path| n.reads(path));
    let altered: Vec<&NodeImpact> = nodes.iter().filter(altered).copied().collect();
    if !altered.is_empty() && out.is_empty() {
        out.push(altering(impact, traffic, &own, &altered));
    }
    out
}

/// The failover and a change of where it leads, in one.
fn altering(
    impact: &Impact,
    traffic: &Traffic,
    own: &BTreeSet<&str>,
    altered: &[&NodeImpact],
) -> Finding {
    let names: Vec<String> = altered.iter().map(|n| n.name.clone()).collect();
    let message = format!(
        "customers are sent to {}, and the same change alters {} there",
        target(traffic, &impact.rollout.arriving),
        chain::names(&names)
    );
    let help = "make it two changes: first let those nodes converge while nobody is sent there and see that they \
                serve, then send customers there";
    let mut finding = finding(impact, traffic, message, help, names);
    let files = impact
        .files
        .iter()
        .filter(|f| own.contains(&*f.path) && altered.iter().any(|n| n.reads(&f.path)));
    for file in files.take(SHOWN) {
        if let Some(hunk) = file.hunks.first() {
            let place = file.location(hunk);
            finding.evidence.push(chain::changed(impact, &place));
            finding.cause.push(place);
        }
    }
    finding.at_most(Severity::Warning)
}

/// Where customers are sent, for people: by site where there are sites.
fn target(traffic: &Traffic, arriving: &BTreeSet<String>) -> String {
    let sites: BTreeSet<&String> = arriving
        .iter()
        .filter_map(|n| traffic.sites.get(n))
        .collect();
    let names: Vec<String> = match sites.is_empty() {
        true => arriving.iter().cloned().collect(),
        false => sites.into_iter().cloned().collect(),
    };
    chain::names(&names)
}

fn finding(
    impact: &Impact,
    traffic: &Traffic,
    message: String,
    help: &str,
    nodes: Vec<String>,
) -> Finding {
    let known = |to: &str| {
        let before = traffic.before.iter().flat_map(|ways| &ways.leads);
        before.into_iter().any(|l| l.to == to)
    };
    let new: Vec<_> = traffic
        .after
        .leads
        .iter()
        .filter(|l| !known(&l.to))
        .collect();
    let places: Vec<Location> = new.iter().filter_map(|l| l.location.clone()).collect();
    let first = places.first().cloned();
    let first = first.or_else(|| {
        impact
            .files
            .first()
            .map(|f| Location::line(f.path.clone(), 1))
    });
    let mut finding = Finding::new(message, first.unwrap_or_else(|| Location::line("", 1)))
        .help(help)
        .caused_by(places);
    for way in new {
        if let Some(place) = &way.location {
            let step = match way.to == way.reaches {
                true => format!("{} now leads to {}", way.from, way.to),
                false => format!(
                    "{} now leads to {}, which is {}",
                    way.from, way.to, way.reaches
                ),
            };
            finding = finding.evidence(step, place.clone());
        }
    }
    finding.nodes = nodes;
    finding
}

/// Whether a pool has nobody who serves in the end, for certain.
fn is_empty(pool: &PoolImpact) -> bool {
    let none = |p: &Pool| p.undetermined.is_none() && p.serving().next().is_none();
    pool.after.as_ref().is_some_and(none)
}

/// Whether a file is one of those that send customers somewhere.
fn is_record(impact: &Impact, traffic: &Traffic, path: &str) -> bool {
    let leads = traffic.times().flat_map(|ways| &ways.leads);
    let mut places = leads.filter_map(|l| l.location.as_ref());
    let mut items = impact.options.rotation.records.iter();
    places.any(|p| &*p.path == path)
        || items.any(|record| match (record, impact.parts.get(path)) {
            (Record::Item { bag, id, .. }, Some(Part::DataBagItem { bag: b, id: i })) => {
                bag == b && id == i
            }
            _ => false,
        })
}
