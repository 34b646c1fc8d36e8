//! A pool has too few left in a wave, however the waves are made.

use std::collections::{BTreeMap, BTreeSet};

use foretaste_simulator::impact::{Impact, PoolImpact};
use foretaste_simulator::rollout::{Standing, Wave};

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::restarts::{self, Restart, restarts};
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Follows the waves of `foretaste plan`, which let as few servers of a pool converge at once as they can, and reports
    /// a pool that has fewer servers left than its floor while those of a wave restart. The floor is that of `[pools]` in
    /// `foretaste.toml`, else half of the servers. Servers that are drained, disabled or down (`plan --down`) do not
    /// count.
    ///
    /// ## Why it matters
    /// Waves keep a rollout from taking all servers at once. They cannot make capacity that is not there: where each
    /// server is needed, the restart of one is felt by customers, whatever the order.
    ///
    /// ## Example
    /// Before:
    /// ```toml before/foretaste.toml
    /// [pools.app]
    /// floor = 2
    /// ```
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
    ///   content "workers 4\n"
    ///   notifies :restart, 'service[app]'
    /// end
    /// service 'app'
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
    /// Bad: two are needed, there are two, and one restarts.
    /// ```ruby bad/cookbooks/app/recipes/default.rb
    /// file '/etc/app.conf' do
    ///   content "workers #{node['hostname'] == 'app1' ? 8 : 4}\n"
    ///   notifies :restart, 'service[app]'
    /// end
    /// service 'app'
    /// ```
    /// Good: it reloads, and serves on.
    /// ```ruby good/cookbooks/app/recipes/default.rb
    /// file '/etc/app.conf' do
    ///   content "workers #{node['hostname'] == 'app1' ? 8 : 4}\n"
    ///   notifies :reload, 'service[app]'
    /// end
    /// service 'app'
    /// ```
    ///
    /// ## What to do
    /// Bring a server back, or add one, before the change goes out; reload instead of restarting; or let it go out when
    /// fewer are needed, and waive this finding until then.
    ///
    /// ## Incident
    /// `one-server-less-than-is-needed`: one of four is in repair, and a rollout restarts the others one after the other.
    ///
    /// ## How the server behaves
    /// A service that restarts refuses connections for a moment; the balancer takes it out after its checks fail, and
    /// back when they succeed.
    WAVE_BELOW_FLOOR = "wave-below-floor", Warning,
    "a pool has too few servers left in a wave, however the waves are made",
    incident: "one-server-less-than-is-needed"
}

/// A pool in the first wave that takes too many of it.
struct Low<'i> {
    wave: usize,
    standing: &'i Standing,
    restarting: BTreeSet<&'i str>,
    restart: Restart<'i>,
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    // One pool of several balancers is told once.
    let mut low: BTreeMap<(&str, Vec<&str>), Low<'_>> = BTreeMap::new();
    for (i, wave) in impact.rollout.waves.iter().enumerate() {
        for standing in &wave.pools {
            let Some(pool) = impact.pools.iter().find(|p| {
                p.node == standing.node && p.file == standing.file && p.name == standing.name
            }) else {
                continue;
            };
            let (restarting, restart) = match restarting(impact, pool, wave) {
                Some(found) if is_low(impact, standing, found.0.len()) => found,
                _ => continue,
            };
            let key = (standing.name.as_str(), restarting.iter().copied().collect());
            low.entry(key).or_insert_with(|| Low {
                wave: i + 1,
                standing,
                restarting,
                restart,
            });
        }
    }
    // The first wave tells it; those after it would say the same of other servers.
    let mut told = BTreeSet::new();
    let mut first: Vec<&Low<'_>> = low.values().collect();
    first.sort_by_key(|l| l.wave);
    first.retain(|l| told.insert(&l.standing.name));
    first.into_iter().map(|l| finding(impact, l)).collect()
}

fn is_low(impact: &Impact, standing: &Standing, restarting: usize) -> bool {
    let declared = impact.options.declared_floor(&standing.name).is_some();
    let left = standing.members.saturating_sub(restarting);
    // What is served by one server alone is interrupted by its restart; nobody needs to be told.
    left < standing.floor && (declared || standing.members > 1)
}

/// The members of a pool that restart in a wave.
fn restarting<'i>(
    impact: &'i Impact,
    pool: &'i PoolImpact,
    wave: &'i Wave,
) -> Option<(BTreeSet<&'i str>, Restart<'i>)> {
    let serving = pool.before.iter().flat_map(|p| p.serving());
    let members = serving.filter_map(|m| m.node.as_deref());
    let moving = members.filter(|n| wave.nodes.iter().any(|w| w == n));
    let mut out = BTreeSet::new();
    let mut first = None;
    for name in moving {
        if let Some(restart) = restarts(impact.nodes.get(name)?).into_iter().next() {
            out.insert(name);
            first.get_or_insert(restart);
        }
    }
    Some((out, first?))
}

fn finding(impact: &Impact, low: &Low<'_>) -> Finding {
    let list =
        |names: &BTreeSet<&str>| -> Vec<String> { names.iter().map(|n| (*n).to_owned()).collect() };
    let (standing, nodes) = (low.standing, list(&low.restarting));
    let left = standing.members.saturating_sub(nodes.len());
    let message = format!(
        "pool `{}` has {left} of {} left while {} restarts `{}` in wave {} of the rollout, and needs {}",
        standing.name,
        chain::count(standing.members, "server", "servers"),
        chain::names(&nodes),
        low.restart.service,
        low.wave,
        standing.floor
    );
    let cause = restarts::cause(impact, &low.restarting, &low.restart);
    let steps: Vec<_> = cause.iter().map(|c| chain::changed(impact, c)).collect();
    let mut finding = Finding::new(message, low.restart.place.clone())
        .help(
            "bring a server back before the change goes out, or notify :reload if the service can",
        )
        .caused_by(cause);
    finding.evidence = steps;
    finding = finding.evidence(
        format!(
            "{} changes there, and that makes `{}` restart",
            low.restart.file, low.restart.service
        ),
        low.restart.place.clone(),
    );
    let out: Vec<String> = impact
        .options
        .drained
        .union(&impact.options.down)
        .cloned()
        .collect();
    if !out.is_empty() {
        let place = finding.primary.clone();
        finding = finding.evidence(
            format!("{} does not count: drained or down", chain::names(&out)),
            place,
        );
    }
    finding.nodes = nodes;
    finding.pools.push(standing.name.clone());
    finding
}
