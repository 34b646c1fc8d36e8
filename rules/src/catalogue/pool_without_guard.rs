//! A pool that a search fills and nothing keeps from running dry.

use foretaste_simulator::impact::{EmptyImpact, Impact};

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::query;
use crate::rule::declare_rule;
use crate::severity::Severity;

declare_rule! {
    /// ## What it does
    /// Converges a balancer once more with a search of the change that finds nothing. It is noted when that run
    /// succeeds and renders a pool in which nobody serves, while a run that raises or keeps servers is silent. Searches
    /// that were there before the change are not looked at.
    ///
    /// ## Why it matters
    /// Searches do come back empty: a role is renamed, an index is rebuilt, an environment is misspelt. What then
    /// happens is decided when the search is written. A run that fails leaves the balancer as it was; one that
    /// succeeds takes the site away.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// template '/etc/haproxy/haproxy.cfg' do
    ///   variables(web: [{ 'hostname' => 'web1', 'ipaddress' => '10.0.0.2' }])
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
    ///   default_backend web
    /// backend web
    /// <% @web.each do |n| -%>
    ///   server <%= n['hostname'] %> <%= n['ipaddress'] %>:80
    /// <% end -%>
    /// ```
    /// ```ruby before/cookbooks/edge/metadata.rb
    /// name 'edge'
    /// version '1.0.0'
    /// ```
    /// ```ruby before/roles/web.rb
    /// name 'web'
    /// run_list []
    /// ```
    /// ```json before/nodes/lb1.json
    /// {"name": "lb1", "run_list": ["recipe[edge]"], "automatic": {"hostname": "lb1", "ipaddress": "10.0.0.1"}}
    /// ```
    /// ```json before/nodes/web1.json
    /// {"name": "web1", "run_list": ["role[web]"], "automatic": {"hostname": "web1", "ipaddress": "10.0.0.2", "roles": ["web"]}}
    /// ```
    /// Bad: whatever the search finds is the pool.
    /// ```ruby bad/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web').sort_by { |n| n.name }
    /// template '/etc/haproxy/haproxy.cfg' do
    ///   variables(web: web)
    /// end
    /// ```
    /// Good: nobody is no pool.
    /// ```ruby good/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web').sort_by { |n| n.name }
    /// raise 'no web server is found: the pool stays as it is' if web.empty?
    /// template '/etc/haproxy/haproxy.cfg' do
    ///   variables(web: web)
    /// end
    /// ```
    ///
    /// ## What to do
    /// Raise, or do not declare the template, where too few are found. Better than "none" is a number that the site
    /// can live with.
    ///
    /// ## Incident
    /// `new-pool-without-a-guard`: an index that is rebuilt while the balancers converge.
    ///
    /// ## How the server behaves
    /// It answers a query for what does not exist with an empty list and the status of success.
    POOL_WITHOUT_GUARD = "pool-without-guard", Note,
    "nothing keeps a new search from emptying its pool",
    incident: "new-pool-without-a-guard"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    impact
        .empties
        .iter()
        .filter_map(|empty| {
            let search = query::of(impact, &empty.node, &empty.search)?;
            let is_added = search.before.is_none() && impact.has_base;
            (is_added && !empty.emptied.is_empty()).then(|| finding(impact, empty))
        })
        .collect()
}

fn finding(impact: &Impact, empty: &EmptyImpact) -> Finding {
    let pools: Vec<String> = empty
        .emptied
        .iter()
        .map(|(_, pool, _)| format!("`{pool}`"))
        .collect();
    let message = format!(
        "where the search `{}` finds nothing, the run succeeds and nobody serves {}",
        empty.search.query,
        chain::names(&pools)
    );
    let mut finding = match query::of(impact, &empty.node, &empty.search) {
        Some(search) => query::finding(impact, search, message),
        None => Finding::new(message, empty.search.location.clone()).node(empty.node.clone()),
    }
    .help("raise where too few are found: a run that fails leaves the balancer as it is")
    .at_most(Severity::Note);
    for (file, pool, place) in &empty.emptied {
        finding = finding.evidence(format!("{file} renders `{pool}` here"), place.clone());
        finding.pools.push(pool.clone());
    }
    finding.nodes = query::nodes_at(impact, &empty.search, |search| search.before.is_none());
    finding
}
