//! A query that means something else than it seems to.

use std::collections::BTreeMap;

use foretaste_parser::query::{Surprise, SurpriseKind, surprises};
use foretaste_simulator::impact::{Impact, SearchImpact};

use crate::config::Config;
use crate::finding::Finding;
use crate::query;
use crate::rule::declare_rule;
use crate::severity::Severity;

declare_rule! {
    /// ## What it does
    /// Looks at each query that the change writes for what the server reads otherwise than people do: `AND` mixed
    /// with `OR`, `role:(a OR b)`, lower-case `and`, unescaped `::`, `#{}` that reached the query from single quotes,
    /// and more. What nobody means is an error, the rest a warning.
    ///
    /// ## Why it matters
    /// The query is accepted and returns nodes; they are the wrong ones. Pools fill up with servers of another environment, or of none.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web AND tags:live')
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.sort.join(' ')
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
    /// {"name": "web1", "run_list": ["role[web]"], "normal": {"tags": ["live"]}, "automatic": {"roles": ["web"]}}
    /// ```
    /// Bad: to the server, `and` is a word to look for, and what has no operator is joined by OR.
    /// ```ruby bad/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web and tags:live')
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.sort.join(' ')
    /// end
    /// ```
    /// Good: the conditions change places.
    /// ```ruby good/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'tags:live AND roles:web')
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.sort.join(' ')
    /// end
    /// ```
    ///
    /// ## What to do
    /// Write what the help says, and compare the results of both with `foretaste search --explain`.
    ///
    /// ## Incident
    /// `lower-case-and-mixes-environments`: a lower-case `and` sends customers to preproduction.
    ///
    /// ## How the server behaves
    /// The query goes through two grammars: the server's own, which rewrites fields, and Lucene's, whose operators
    /// are not boolean algebra but marks of what is required, optional and excluded. chef-zero has a third, so Test
    /// Kitchen shows other results.
    QUERY_SURPRISE = "query-surprise", Error,
    "a query means something else than it seems to",
    incident: "lower-case-and-mixes-environments"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    // One finding for a kind at a place, though each environment may make a query of its own there.
    let mut found: BTreeMap<(&str, u32, SurpriseKind), Finding> = BTreeMap::new();
    for search in &impact.searches {
        let now = &search.after;
        if !query::is_written(impact, search) {
            continue;
        }
        for surprise in surprises(&now.query) {
            let key = (&*now.location.path, now.location.line, surprise.kind);
            found
                .entry(key)
                .or_insert_with(|| finding(impact, search, &surprise))
                .nodes
                .push(search.node.clone());
        }
    }
    found.into_values().collect()
}

fn finding(impact: &Impact, search: &SearchImpact, surprise: &Surprise) -> Finding {
    let message = format!(
        "in the query `{}`: {}",
        search.after.query, surprise.message
    );
    let mut finding = query::finding(impact, search, message).help(surprise.help.clone());
    finding.nodes.clear();
    if is_never_meant(surprise.kind) {
        finding
    } else {
        finding.at_most(Severity::Warning)
    }
}

/// What nobody writes on purpose.
fn is_never_meant(kind: SurpriseKind) -> bool {
    matches!(
        kind,
        SurpriseKind::LowerCaseOperator
            | SurpriseKind::Interpolation
            | SurpriseKind::GroupAfterField
            | SurpriseKind::UnescapedColons
    )
}
