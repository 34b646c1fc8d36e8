//! Who stands in for a server does not converge.

use foretaste_parser::source::Location;
use foretaste_simulator::impact::{Impact, NodeImpact, PoolImpact};
use foretaste_simulator::pool::MemberState;

use crate::chain;
use crate::config::Config;
use crate::failure;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Looks at pools with backup servers, and reports one whose converge fails with the change, or failed before it
    /// already, while the change reaches the servers that it stands in for.
    ///
    /// ## Why it matters
    /// A standby that cannot converge is found out on the day it is needed: it runs what it had when it last
    /// succeeded. A change of the others is then a change without a way back.
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
    /// ```ruby before/cookbooks/app/metadata.rb
    /// name 'app'
    /// version '1.0.0'
    /// ```
    /// ```ruby before/cookbooks/app/recipes/default.rb
    /// include_recipe 'app::room'
    /// file '/etc/app.conf' do
    ///   content "a\n"
    /// end
    /// ```
    /// ```ruby before/cookbooks/app/recipes/room.rb
    /// raise 'no room' if node['hostname'] == 'app2'
    /// ```
    /// ```json before/nodes/lb1.json
    /// {"name": "lb1", "chef_environment": "_default", "run_list": ["recipe[edge]"], "automatic": {"hostname": "lb1", "ipaddress": "10.1.0.1"}}
    /// ```
    /// ```json before/nodes/app1.json
    /// {"name": "app1", "run_list": ["role[app]"], "automatic": {"hostname": "app1", "ipaddress": "10.1.0.2", "roles": ["app"]}}
    /// ```
    /// ```json before/nodes/app2.json
    /// {"name": "app2", "run_list": ["role[app]"], "automatic": {"hostname": "app2", "ipaddress": "10.1.0.3", "roles": ["app"]}}
    /// ```
    /// Bad: the one that serves changes, and its standby has been failing for who knows how long.
    /// ```ruby bad/cookbooks/app/recipes/default.rb
    /// include_recipe 'app::room'
    /// file '/etc/app.conf' do
    ///   content "b\n"
    /// end
    /// ```
    /// Good: the standby is mended first.
    /// ```ruby good/cookbooks/app/recipes/room.rb
    /// directory '/srv/app' if node['hostname'] == 'app2'
    /// ```
    ///
    /// ## What to do
    /// Mend the standby and let it converge before the change goes out; then change the standby first, and fail over to it
    /// to see that it serves.
    ///
    /// ## Incident
    /// `standby-broken-unnoticed`: the standby had been broken for days when the primary was changed.
    ///
    /// ## How the server behaves
    /// A converge that fails saves nothing: searches and pools go on showing the node as it was when it last succeeded.
    STANDBY_BROKEN = "standby-broken", Warning,
    "a standby does not converge while those it stands in for are changed",
    incident: "standby-broken-unnoticed"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    impact
        .pools
        .iter()
        .flat_map(|pool| of_pool(impact, pool))
        .collect()
}

fn of_pool(impact: &Impact, pool: &PoolImpact) -> Vec<Finding> {
    let members = pool.after.iter().flat_map(|p| &p.members);
    let nodes = |state: MemberState| -> Vec<&NodeImpact> {
        let of = members.clone().filter(|m| m.state == state);
        of.filter_map(|m| impact.nodes.get(m.node.as_deref()?))
            .collect()
    };
    let changed: Vec<String> = nodes(MemberState::Serving)
        .into_iter()
        .filter(|n| n.changed && n.before.is_some() && n.failure().is_none())
        .map(|n| n.name.clone())
        .collect();
    if changed.is_empty() {
        return Vec::new();
    }
    nodes(MemberState::Backup)
        .into_iter()
        .filter_map(|standby| {
            let failed = standby.after.as_ref()?.after.failure.as_ref()?;
            let since = match standby.failure_before() {
                Some(_) => "has not converged since before the change",
                None => "does not converge with the change",
            };
            let place = failed.location.clone().or_else(|| {
                let saved = impact.index.document("node", &standby.name)?.saved()?;
                saved.location.clone()
            });
            let place = place.unwrap_or_else(|| Location::line(pool.file.as_str(), 1));
            let mut finding = Finding::new(
                format!(
                    "the standby of pool `{}` {since}: {}",
                    pool.name,
                    failure::first_line(&failed.message)
                ),
                place.clone(),
            )
            .help("mend the standby and let it converge before those it stands in for are changed")
            .evidence(
                format!(
                    "the change reaches {}, for which {} stands in",
                    chain::names(&changed),
                    standby.name
                ),
                place,
            );
            finding.nodes.push(standby.name.clone());
            finding.pools.push(pool.name.clone());
            Some(finding)
        })
        .collect()
}
