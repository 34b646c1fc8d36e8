//! Every member of a pool restarts within one interval.

use std::collections::BTreeSet;

use foretaste_simulator::impact::Impact;

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::restarts::{self, Restart, restarts};
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Looks at files whose text the change alters on every serving member of a pool, and reports it when the resource
    /// that writes the file makes a service restart or stop there. A reload is fine.
    ///
    /// ## Why it matters
    /// Nodes converge on their own within one interval of the chef-client, often half an hour with a splay of a few
    /// minutes. All members restart within it, some at the same moment, and each drops its connections and its caches.
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
    /// ```ruby before/cookbooks/app/metadata.rb
    /// name 'app'
    /// version '1.0.0'
    /// ```
    /// ```ruby before/cookbooks/app/recipes/default.rb
    /// file '/etc/app.conf' do
    ///   content "workers = 4\n"
    ///   notifies :restart, 'service[app]'
    /// end
    ///
    /// service 'app' do
    ///   action [:enable, :start]
    /// end
    /// ```
    /// ```ruby before/roles/web.rb
    /// name 'web'
    /// run_list ['recipe[app]']
    /// ```
    /// ```json before/nodes/lb1.json
    /// {"name": "lb1", "run_list": ["recipe[edge]"], "automatic": {"hostname": "lb1", "ipaddress": "10.0.0.1"}}
    /// ```
    /// ```json before/nodes/web1.json
    /// {"name": "web1", "run_list": ["role[web]"], "automatic": {"hostname": "web1", "ipaddress": "10.0.0.2", "roles": ["web"]}}
    /// ```
    /// ```json before/nodes/web2.json
    /// {"name": "web2", "run_list": ["role[web]"], "automatic": {"hostname": "web2", "ipaddress": "10.0.0.3", "roles": ["web"]}}
    /// ```
    /// Bad: both web servers restart.
    /// ```ruby bad/cookbooks/app/recipes/default.rb
    /// file '/etc/app.conf' do
    ///   content "workers = 8\n"
    ///   notifies :restart, 'service[app]'
    /// end
    ///
    /// service 'app' do
    ///   action [:enable, :start]
    /// end
    /// ```
    /// Good: a reload keeps connections.
    /// ```ruby good/cookbooks/app/recipes/default.rb
    /// file '/etc/app.conf' do
    ///   content "workers = 8\n"
    ///   notifies :reload, 'service[app]'
    /// end
    ///
    /// service 'app' do
    ///   action [:enable, :start]
    /// end
    /// ```
    ///
    /// ## What to do
    /// Notify `:reload` where the service can. Else hold the chef-client and let the members converge in the waves that
    /// `foretaste plan` prints, or move the change through environment pins or policy groups.
    ///
    /// ## Incident
    /// `restart-storm`: a number in a config file restarted all members of a pool within minutes.
    ///
    /// ## How the server behaves
    /// A notification is sent when the notifying resource has changed something; a delayed one at the end of the run.
    /// No node knows of the others: nothing keeps them from restarting at the same time.
    RESTART_STORM = "restart-storm", Warning,
    "every member of a pool restarts within one interval",
    incident: "restart-storm"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    let mut out = Vec::new();
    for pool in &impact.pools {
        let members: BTreeSet<&str> = pool
            .before
            .iter()
            .flat_map(|p| p.serving())
            .filter_map(|m| m.node.as_deref())
            .collect();
        if members.len() < 2 || members.len() != pool.serving_before() {
            continue;
        }
        let all: Option<Vec<Vec<Restart<'_>>>> = members
            .iter()
            .map(|name| {
                let found = restarts(impact.nodes.get(*name)?);
                (!found.is_empty()).then_some(found)
            })
            .collect();
        let Some(all) = all else { continue };
        let Some(restart) = all.first().and_then(|first| {
            first.iter().find(|r| {
                all.iter()
                    .all(|other| other.iter().any(|o| o.service == r.service))
            })
        }) else {
            continue;
        };
        out.push(finding(impact, &pool.name, &members, restart));
    }
    out
}

fn finding(
    impact: &Impact,
    pool: &str,
    members: &BTreeSet<&str>,
    restart: &Restart<'_>,
) -> Finding {
    let cause = restarts::cause(impact, members, restart);
    let steps: Vec<_> = cause.iter().map(|c| chain::changed(impact, c)).collect();
    let mut finding = Finding::new(
        format!(
            "all {} servers of pool `{pool}` restart `{}` within one interval of the chef-client",
            members.len(),
            restart.service
        ),
        restart.place.clone(),
    )
    .help("notify :reload if the service can; else let the members converge in the waves of `foretaste plan`")
    .caused_by(cause);
    finding.evidence = steps;
    finding = finding.evidence(
        format!(
            "{} changes on each of them, and that makes `{}` restart",
            restart.file, restart.service
        ),
        restart.place.clone(),
    );
    finding.nodes = members.iter().map(|n| (*n).to_owned()).collect();
    finding.pools.push(pool.to_owned());
    finding
}
