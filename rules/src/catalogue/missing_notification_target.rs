//! A notification to nobody.

use foretaste_simulator::impact::Impact;

use crate::config::Config;
use crate::failure::{self, Kind};
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Reports `notifies` and `subscribes` whose target is not in the resource collection of the node.
    ///
    /// ## Why it matters
    /// The run fails when it converges the notifying resource.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// file '/etc/haproxy.cfg' do
    ///   content ''
    ///   notifies :reload, 'service[haproxy]'
    /// end
    /// service 'haproxy'
    /// ```
    /// ```ruby before/cookbooks/edge/metadata.rb
    /// name 'edge'
    /// version '1.0.0'
    /// ```
    /// ```json before/nodes/lb1.json
    /// {"name": "lb1", "run_list": ["recipe[edge]"], "automatic": {"hostname": "lb1", "ipaddress": "10.0.0.1"}}
    /// ```
    /// Bad:
    /// ```ruby bad/cookbooks/edge/recipes/default.rb
    /// file '/etc/haproxy.cfg' do
    ///   content ''
    ///   notifies :reload, 'service[haproxy]'
    /// end
    /// service 'haproxy-edge'
    /// ```
    /// Good:
    /// ```ruby good/cookbooks/edge/recipes/default.rb
    /// file '/etc/haproxy.cfg' do
    ///   content ''
    ///   notifies :reload, 'service[haproxy-edge]'
    /// end
    /// service 'haproxy-edge'
    /// ```
    ///
    /// ## What to do
    /// Name the resource as it is declared.
    ///
    /// ## Incident
    /// `notified-service-renamed`: a service gets another name and its notifications do not.
    ///
    /// ## How the server behaves
    /// Names are looked up when the notifying resource converges: ResourceNotFound.
    MISSING_NOTIFICATION_TARGET = "missing-notification-target", Error,
    "a notification names a resource that does not exist",
    incident: "notified-service-renamed"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    failure::news(impact, Kind::Notification)
        .into_iter()
        .map(|(node, moment, failure)| {
            let what = failure::first_line(&failure.message);
            let message = format!("a notification has no target: {what}");
            failure::finding(impact, node, moment, failure, message)
                .help("name the resource as it is declared, or declare it")
        })
        .collect()
}
