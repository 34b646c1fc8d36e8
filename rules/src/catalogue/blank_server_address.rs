//! A server without an address.

use foretaste_parser::problem::Class;
use foretaste_simulator::impact::Impact;

use super::config_syntax;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Reports a server line of a rendered HAProxy or nginx config whose address is blank or nil, as in `server web5
    /// :80`.
    ///
    /// ## Why it matters
    /// HAProxy takes the blank host for its own machine or for none at all: the server is in the pool, counts as a
    /// member, and reaches nobody. What looks like a full pool serves only part of its customers.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web')
    /// template '/etc/haproxy/haproxy.cfg' do
    ///   variables(web: web.select { |n| n['ipaddress'] }.sort_by { |n| n.name })
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
    ///   server <%= n.name %> <%= n['ipaddress'] %>:80
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
    /// {"name": "web1", "run_list": ["role[web]"], "automatic": {"ipaddress": "10.0.0.2", "roles": ["web"]}}
    /// ```
    /// ```json before/nodes/web2.json
    /// {"name": "web2", "run_list": ["role[web]"], "automatic": {"roles": ["web"]}}
    /// ```
    /// Bad: the guard goes, and `web2` has not saved an address yet.
    /// ```ruby bad/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web')
    /// template '/etc/haproxy/haproxy.cfg' do
    ///   variables(web: web.sort_by { |n| n.name })
    /// end
    /// ```
    /// Good: the guard stays in another spelling.
    /// ```ruby good/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web')
    /// template '/etc/haproxy/haproxy.cfg' do
    ///   variables(web: web.reject { |n| n['ipaddress'].nil? }.sort_by { |n| n.name })
    /// end
    /// ```
    ///
    /// ## What to do
    /// Leave such nodes out in the recipe, and find out why they have no address: most often they were bootstrapped
    /// and never finished a converge.
    ///
    /// ## Incident
    /// `server-without-an-address`: a new node that is in the role and has no address yet.
    ///
    /// ## How the server behaves
    /// A node that has not finished a run has its run list and normal attributes in the index, but no automatic
    /// attributes. In Ruby `nil.to_s` is an empty string, so the template renders without a complaint.
    BLANK_SERVER_ADDRESS = "blank-server-address", Error,
    "a server line of a rendered config has no address",
    incident: "server-without-an-address"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    config_syntax::findings(impact, |p| p.problem.class == Class::BlankAddress)
        .into_iter()
        .map(|mut finding| {
            finding.help = "leave out nodes without an address, or find out why this one has none: a node that was never \
                            converged has saved no automatic attributes"
                .to_owned();
            finding
        })
        .collect()
}
