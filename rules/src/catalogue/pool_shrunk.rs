//! A pool loses more than it may.

use foretaste_simulator::impact::{Impact, PoolImpact};
use foretaste_simulator::search::Moment;

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;
use crate::severity::Severity;

declare_rule! {
    /// ## What it does
    /// Reports a pool that keeps somebody but loses too much: more than 30 percent of ten servers or more, more than half
    /// of any pool, or all but one. `[[pools]]` in `foretaste.toml` sets other limits, for each pool if need be.
    ///
    /// A pool that shrinks only while the change goes out is a warning.
    ///
    /// ## Why it matters
    /// The rest takes the whole load. A pool of one is one failure away from an outage, and the servers that remain
    /// may be too few long before that.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web')
    /// template '/etc/haproxy/haproxy.cfg' do
    ///   variables(web: web)
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
    /// {"name": "web1", "run_list": ["role[web]"], "normal": {"zone": "a"}, "automatic": {"hostname": "web1", "ipaddress": "10.0.0.2", "roles": ["web"]}}
    /// ```
    /// ```json before/nodes/web2.json
    /// {"name": "web2", "run_list": ["role[web]"], "normal": {"zone": "b"}, "automatic": {"hostname": "web2", "ipaddress": "10.0.0.3", "roles": ["web"]}}
    /// ```
    /// ```json before/nodes/web3.json
    /// {"name": "web3", "run_list": ["role[web]"], "normal": {"zone": "b"}, "automatic": {"hostname": "web3", "ipaddress": "10.0.0.4", "roles": ["web"]}}
    /// ```
    /// Bad: only one server is in the zone.
    /// ```ruby bad/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web AND zone:a')
    /// template '/etc/haproxy/haproxy.cfg' do
    ///   variables(web: web)
    /// end
    /// ```
    /// Good: two of three remain.
    /// ```ruby good/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web AND zone:b')
    /// template '/etc/haproxy/haproxy.cfg' do
    ///   variables(web: web)
    /// end
    /// ```
    ///
    /// ## What to do
    /// If the servers are to go, take them out of rotation in steps that each stay within the limit, or waive this finding
    /// for the day of the move, with a bound. If not, follow the evidence to the search that lost them.
    ///
    /// ## Incident
    /// `typo-removes-too-many-servers`: one server is to retire, four of twelve do.
    ///
    /// ## How the server behaves
    /// A search that finds fewer nodes is a success to Chef, and a shorter backend is a valid configuration to the
    /// balancer. The percentage and its floor are octoDNS's guard for DNS zones.
    POOL_SHRUNK = "pool-shrunk", Error,
    "a load balancer's pool loses more servers than it may",
    incident: "typo-removes-too-many-servers"
}

fn check(impact: &Impact, config: &Config) -> Vec<Finding> {
    impact
        .pools
        .iter()
        .filter_map(|pool| {
            let before = pool.serving_before();
            let too_few = |moment| {
                let now = pool.at(moment).filter(|p| p.undetermined.is_none())?;
                let after = now.serving().count();
                let why = config.limits(&pool.name).exceeded(before, after)?;
                Some((moment, after, why))
            };
            let moments = [Moment::Settled, Moment::First, Moment::Worst];
            // An empty pool is another rule's.
            if moments.iter().any(|m| before > 0 && is_gone(pool, *m)) {
                return None;
            }
            let (moment, after, why) = moments.into_iter().find_map(too_few)?;
            Some(finding(impact, pool, moment, after, &why))
        })
        .collect()
}

fn is_gone(pool: &PoolImpact, moment: Moment) -> bool {
    pool.at(moment)
        .is_none_or(|p| p.undetermined.is_none() && p.serving().next().is_none())
}

fn finding(impact: &Impact, pool: &PoolImpact, moment: Moment, after: usize, why: &str) -> Finding {
    let chain = chain::of_pool(impact, pool, moment);
    let before = pool.serving_before();
    let settled = moment == Moment::Settled;
    let message = if settled {
        format!(
            "pool `{}` shrinks from {before} servers to {after}: {why}",
            pool.name
        )
    } else {
        format!(
            "pool `{}` shrinks from {before} servers to {after} while the change goes out: {why}",
            pool.name
        )
    };
    let mut finding = Finding::new(message, chain.place)
        .help("take servers away in steps within the limit, or set `[[pools]]` in foretaste.toml if this pool may lose more")
        .caused_by(chain.cause);
    finding.evidence = chain.evidence;
    finding.nodes.push(pool.node.clone());
    finding.pools.push(pool.name.clone());
    let gone: Vec<String> = chain.gone.into_iter().collect();
    if !gone.is_empty() {
        finding.related.push(crate::Evidence {
            message: format!("no longer served by {}", chain::names(&gone)),
            location: finding.primary.clone(),
        });
    }
    if settled {
        finding
    } else {
        finding.at_most(Severity::Warning)
    }
}
