//! A rendered file that lists results as they come.

use foretaste_simulator::impact::{Impact, OrderImpact, Suspects};

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;
use crate::severity::Severity;

declare_rule! {
    /// ## What it does
    /// Converges a node once more with the results of its searches in another order. A file that then reads
    /// otherwise, and did not do so before the change, depends on the order in which results arrive. It is a warning
    /// where writing the file notifies something, else a note.
    ///
    /// ## Why it matters
    /// The server promises no order. Each time it changes, the file is written anew and what it notifies runs: a
    /// restart of the load balancer for nothing, on all of them at once. And what takes the first result takes any.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web')
    /// service 'edge'
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.sort.join(' ')
    ///   notifies :restart, 'service[edge]'
    /// end
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
    /// {"name": "web1", "run_list": ["role[web]"], "automatic": {"roles": ["web"]}}
    /// ```
    /// ```json before/nodes/web2.json
    /// {"name": "web2", "run_list": ["role[web]"], "automatic": {"roles": ["web"]}}
    /// ```
    /// Bad: the names stand as they arrive.
    /// ```ruby bad/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web')
    /// service 'edge'
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.join(' ')
    ///   notifies :restart, 'service[edge]'
    /// end
    /// ```
    /// Good: sorted by what does not change.
    /// ```ruby good/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web').sort_by { |n| n.name }
    /// service 'edge'
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.join(' ')
    ///   notifies :restart, 'service[edge]'
    /// end
    /// ```
    ///
    /// ## What to do
    /// Sort by the name before rendering: `search(…).sort_by { |n| n.name }`. Where one result is meant, say which: the
    /// least by name, or the one with a tag.
    ///
    /// ## Incident
    /// `restart-for-another-order`: every new web server restarts all balancers twice.
    ///
    /// ## How the server behaves
    /// Results are sorted by the objects' ids, which are random and change when a node is created anew; another server
    /// has others. The client cannot ask for an order.
    RESULTS_IN_ARRIVAL_ORDER = "results-in-arrival-order", Warning,
    "a rendered file depends on the order in which results arrive",
    incident: "restart-for-another-order"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    impact
        .orders
        .iter()
        .filter(|order| match order.before {
            Some(depended) => !depended,
            // More results than before make visible what may be old: then the change must write it.
            None => writes(impact, order),
        })
        .map(|order| finding(impact, order))
        .collect()
}

/// Whether the change writes the search, the resource or the line that depends on the order.
fn writes(impact: &Impact, order: &OrderImpact) -> bool {
    let searches = order.searches.iter().map(|s| &s.location);
    searches
        .chain([&order.written, &order.location])
        .any(|place| impact.touches(place))
}

fn finding(impact: &Impact, order: &OrderImpact) -> Finding {
    let mut suspects = Suspects::default();
    suspects.places.push(order.location.clone());
    for search in &order.searches {
        suspects.places.push(search.location.clone());
    }
    suspects.nodes.insert(order.node.clone());
    let effect = match order.notifies.as_slice() {
        [] => String::new(),
        targets => format!(", and {} with it", chain::names(targets)),
    };
    let mut finding = Finding::new(
        format!(
            "`{}` is written in the order in which results arrive: each other order changes it{effect}",
            order.file
        ),
        order.location.clone(),
    )
    .help("sort before rendering: `.sort_by { |n| n.name }`")
    .caused_by(impact.blame(&suspects));
    let causes: Vec<_> = finding
        .cause
        .iter()
        .map(|c| chain::changed(impact, c))
        .collect();
    finding.evidence.extend(causes);
    for search in &order.searches {
        finding = finding.evidence(
            format!(
                "the search `{}` matches {} ({})",
                search.query,
                search.results.len(),
                chain::names(&search.results)
            ),
            search.location.clone(),
        );
    }
    let (line, other) = &order.line;
    finding = finding.evidence(
        format!(
            "here {} then has:\n{other}\ninstead of:\n{line}",
            order.file
        ),
        order.location.clone(),
    );
    let severity = if order.notifies.is_empty() || !impact.has_base {
        Severity::Note
    } else {
        Severity::Warning
    };
    let mut finding = finding.at_most(severity);
    finding.nodes = nodes(impact, order);
    finding
}

/// The nodes that render the file from the same place, from several results.
fn nodes(impact: &Impact, order: &OrderImpact) -> Vec<String> {
    let tried = impact
        .rendered(
            &order.node,
            &order.file,
            foretaste_simulator::search::Moment::Settled,
        )
        .map(|file| &file.location);
    let mut out: Vec<String> = impact
        .nodes
        .values()
        .filter(|node| {
            let run = node.after.as_ref().map(|run| &run.after);
            let file = run.and_then(|run| run.files.get(&order.file));
            run.zip(file).is_some_and(|(run, file)| {
                Some(&file.location) == tried
                    && file.searches.iter().any(|number| {
                        run.searches
                            .get(*number)
                            .is_some_and(|search| search.results.len() > 1)
                    })
            })
        })
        .map(|node| node.name.clone())
        .collect();
    if out.is_empty() {
        out.push(order.node.clone());
    }
    out
}
