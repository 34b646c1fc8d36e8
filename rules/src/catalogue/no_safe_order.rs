//! Whoever converges first does harm.

use foretaste_simulator::impact::{Impact, Suspects};
use foretaste_simulator::rollout::{Kind, Order, Selection};

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Works out which nodes must converge before which, so that no pool and no list of peers falls under half of what
    /// it was on the way, and reports nodes that need one another to have converged first. It is reported only where it
    /// is proved: every one of them finds too few as long as none of the others has converged.
    ///
    /// ## Why it matters
    /// The end may be fine, and there is still no way there: each order of converges passes through a state in which
    /// somebody writes a config without the others. Clusters that look for their own members by role do so.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/queue/recipes/default.rb
    /// peers = search(:node, 'roles:queue')
    /// template '/etc/haproxy/haproxy.cfg' do
    ///   variables(peers: peers)
    /// end
    /// ```
    /// ```erb before/cookbooks/queue/templates/default/haproxy.cfg.erb
    /// defaults
    ///   mode tcp
    ///   timeout connect 5s
    ///   timeout client 30s
    ///   timeout server 30s
    /// listen broker
    ///   bind :5672
    /// <% @peers.each do |n| -%>
    ///   server <%= n['hostname'] %> <%= n['ipaddress'] %>:5673
    /// <% end -%>
    ///   server local 127.0.0.1:5673
    /// ```
    /// ```ruby before/cookbooks/queue/metadata.rb
    /// name 'queue'
    /// version '1.0.0'
    /// ```
    /// ```ruby before/roles/queue.rb
    /// name 'queue'
    /// run_list ['recipe[queue]']
    /// ```
    /// ```json before/nodes/mq1.json
    /// {"name": "mq1", "run_list": ["role[queue]"], "automatic": {"hostname": "mq1", "ipaddress": "10.0.0.1"}}
    /// ```
    /// ```json before/nodes/mq2.json
    /// {"name": "mq2", "run_list": ["role[queue]"], "automatic": {"hostname": "mq2", "ipaddress": "10.0.0.2"}}
    /// ```
    /// ```json before/nodes/mq3.json
    /// {"name": "mq3", "run_list": ["role[queue]"], "automatic": {"hostname": "mq3", "ipaddress": "10.0.0.3"}}
    /// ```
    /// Bad: each member gets the new role when it converges, and already looks for it then.
    /// ```ruby bad/cookbooks/queue/recipes/default.rb
    /// peers = search(:node, 'roles:broker')
    /// template '/etc/haproxy/haproxy.cfg' do
    ///   variables(peers: peers)
    /// end
    /// ```
    /// ```ruby bad/roles/queue.rb
    /// name 'queue'
    /// run_list ['role[broker]']
    /// ```
    /// ```ruby bad/roles/broker.rb
    /// name 'broker'
    /// run_list ['recipe[queue]']
    /// ```
    /// Good: the first of two changes adds the new role; the search moves when all have saved it.
    /// ```ruby good/roles/queue.rb
    /// name 'queue'
    /// run_list ['role[broker]']
    /// ```
    /// ```ruby good/roles/broker.rb
    /// name 'broker'
    /// run_list ['recipe[queue]']
    /// ```
    ///
    /// ## What to do
    /// Make two changes of one. In the first, what is looked for is added beside what was (expand), and all converge. In
    /// the second, the searches move and the old is taken away (contract). Each of them is safe in any order.
    ///
    /// ## Incident
    /// `peers-that-wait-for-each-other`: a cluster renamed its role and the search for it in one commit.
    ///
    /// ## How the server behaves
    /// A node saves at the end of a converge that succeeds. Its own search, earlier in the same run, finds it as it was
    /// saved by the run before.
    NO_SAFE_ORDER = "no-safe-order", Error,
    "no order of converges is safe",
    incident: "peers-that-wait-for-each-other"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    let Order::None(cycle) = &impact.rollout.order else {
        return Vec::new();
    };
    let missing: Vec<&Selection> = impact
        .rollout
        .selections
        .iter()
        .filter(|s| s.kind != Kind::Need && cycle.contains(&s.node) && s.worst.len() < s.floor)
        .collect();
    let mut suspects = Suspects::default();
    let mut place = None;
    for search in impact.searches.iter().filter(|s| cycle.contains(&s.node)) {
        let of_one = missing.iter().any(|m| {
            m.node == search.node
                && (search.files.contains(&m.file) || m.name == search.after.query)
        });
        if of_one {
            place.get_or_insert_with(|| search.after.location.clone());
            suspects.places.push(search.after.location.clone());
            suspects.speak_of(&search.after.query);
        }
    }
    let Some(place) = place else {
        return Vec::new();
    };
    suspects.nodes.extend(cycle.iter().cloned());
    let cause = impact.blame(&suspects);
    let mut finding = Finding::new(
        format!(
            "no order of converges is safe: {} each find too few until another of them has converged",
            chain::names(cycle)
        ),
        place,
    )
    .help(help(impact))
    .caused_by(cause);
    for selection in missing.iter().take(3) {
        let at = finding.primary.clone();
        finding = finding.evidence(
            format!(
                "{} on {} has {} at first and {} in the end; {} would be safe",
                selection.name,
                selection.node,
                selection.first.len(),
                selection.settled.len(),
                selection.floor
            ),
            at,
        );
    }
    finding.nodes.clone_from(cycle);
    let pools = missing.iter().filter(|s| s.kind == Kind::Pool);
    finding.pools.extend(pools.map(|s| s.name.clone()));
    vec![finding]
}

/// The split, where one was found and both of its halves were simulated.
fn help(impact: &Impact) -> String {
    let Some(split) = &impact.split else {
        return "split the change in two: add what is new beside what is old and let all converge, then move the searches \
                and take the old away"
            .to_owned();
    };
    let list = |files: &[std::sync::Arc<str>]| {
        let files: Vec<String> = files.iter().map(|f| f.to_string()).collect();
        chain::names(&files)
    };
    format!(
        "split the change in two, each half has a safe order: first {}; when all have converged, {}",
        list(&split.first),
        list(&split.then)
    )
}
