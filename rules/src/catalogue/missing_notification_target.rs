//! A notification to nobody.

use std::sync::Arc;

use foretaste_simulator::convergence::{Evidence, Failure, Notification, Resource};
use foretaste_simulator::impact::{Impact, NodeImpact};
use foretaste_simulator::search::Moment;

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
            let notifying = notifying(node, moment, failure);
            let message = match notifying {
                Some((resource, notification)) => format!(
                    "`{}[{}]` notifies `{}`, which no recipe of the run declares",
                    resource.r#type, resource.name, notification.target
                ),
                None => {
                    let what = failure::first_line(&failure.message);
                    format!("a notification has no target: {what}")
                }
            };
            let mut finding = failure::finding(impact, node, moment, failure, message)
                .help("name the resource as it is declared, or declare it");
            if let Some((_, notification)) = notifying {
                if let Some(near) = near(node, moment, &notification.target) {
                    finding.help = format!("did you mean `{near}`?");
                }
                let at = finding.evidence.len().saturating_sub(1);
                finding.evidence.insert(
                    at,
                    Evidence {
                        message: format!("notifies `{}`", notification.target),
                        location: notification.location.clone(),
                    },
                );
            }
            finding
        })
        .collect()
}

/// The notification that fails a run, with the resource that it belongs to.
fn notifying<'i>(
    node: &'i NodeImpact,
    moment: Moment,
    failure: &Failure,
) -> Option<(&'i Resource, &'i Notification)> {
    let run = node.at(moment)?;
    // Chef resolves notifications before it converges anything: the message alone says whose it is.
    let (_, rest) = failure.message.split_once("resource ")?;
    let (label, rest) = rest.split_once(" is configured to notify resource ")?;
    run.resources
        .iter()
        .map(Arc::as_ref)
        .filter(|r| format!("{}[{}]", r.r#type, r.name) == label)
        .find_map(|resource| {
            let missing = |n: &&Notification| rest.starts_with(&format!("{} ", n.target));
            Some((resource, resource.notifies.iter().find(missing)?))
        })
}

/// A resource of the run whose type is the same and whose name holds, or is held by, the name that is missing.
fn near(node: &NodeImpact, moment: Moment, target: &str) -> Option<String> {
    let (kind, name) = target.strip_suffix(']')?.split_once('[')?;
    let run = node.at(moment)?;
    run.resources
        .iter()
        .filter(|r| r.r#type == kind && !name.is_empty())
        .find(|r| r.name.contains(name) || (!r.name.is_empty() && name.contains(&r.name)))
        .map(|r| format!("{kind}[{}]", r.name))
}
