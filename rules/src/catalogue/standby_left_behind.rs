//! Who stands in for a server gets the new version last.

use foretaste_simulator::convergence::SavedNode;
use foretaste_simulator::impact::Impact;
use foretaste_simulator::pool::MemberState;

use super::pin_moved_everywhere::{pins, place};
use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Looks at pools with backup servers, and reports a cookbook whose pin moves in the environment of the server that
    /// serves, while the standby's environment keeps it at what the server leaves behind.
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

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    let Some(before) = &impact.index_before else {
        return Vec::new();
    };
    let saved = |name: &str| -> Option<&SavedNode> {
        impact
            .index
            .document("node", name)?
            .saved()
            .map(AsRef::as_ref)
    };
    let mut out = Vec::new();
    for pool in &impact.pools {
        let nodes = |state: MemberState| -> Vec<&SavedNode> {
            let members = pool.after.iter().flat_map(|p| &p.members);
            let of = members.filter(|m| m.state == state);
            of.filter_map(|m| saved(m.node.as_deref()?)).collect()
        };
        let serving = nodes(MemberState::Serving);
        for standby in nodes(MemberState::Backup) {
            let kept = pins(&impact.index_start, &standby.chef_environment);
            for primary in &serving {
                if primary.run_list != standby.run_list
                    || primary.chef_environment == standby.chef_environment
                    || !impact.nodes.get(&primary.name).is_some_and(|n| n.changed)
                {
                    continue;
                }
                let old = pins(before, &primary.chef_environment);
                let new = pins(&impact.index_start, &primary.chef_environment);
                for (cookbook, pin) in &new {
                    let left = old.get(cookbook).filter(|o| *o != pin);
                    let (Some(left), Some(cause)) = (
                        left.filter(|l| kept.get(cookbook) == Some(l)),
                        place(impact, &primary.chef_environment, cookbook),
                    ) else {
                        continue;
                    };
                    let mut finding = Finding::new(
                        format!(
                            "cookbook `{cookbook}` goes from `{left}` to `{pin}` where pool `{}` is served from, and its \
                             standby keeps `{left}`",
                            pool.name
                        ),
                        cause.clone(),
                    )
                    .help(format!(
                        "pin it in `{}` first, let the standby converge and see that it serves; then move it here",
                        standby.chef_environment
                    ));
                    finding.evidence.push(chain::changed(impact, &cause));
                    finding.cause = vec![cause.clone()];
                    finding = finding.evidence(
                        format!("{} stands in for {}", standby.name, primary.name),
                        cause,
                    );
                    finding.nodes = vec![primary.name.clone(), standby.name.clone()];
                    finding.pools.push(pool.name.clone());
                    out.push(finding);
                }
            }
        }
    }
    out
}
