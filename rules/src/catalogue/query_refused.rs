//! A query that the server does not take.

use foretaste_simulator::impact::{Impact, Suspects};

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Parses each query that a run makes by the server's own grammar, and reports those that the server answers with
    /// an error.
    ///
    /// ## Why it matters
    /// The search raises: the converge fails at this line on every node that gets there.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web')
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
    /// {"name": "web1", "run_list": ["role[web]"], "automatic": {"roles": ["web"]}}
    /// ```
    /// Bad: a bracket is left open.
    /// ```ruby bad/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web AND (')
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.sort.join(' ')
    /// end
    /// ```
    /// Good:
    /// ```ruby good/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web AND *:*')
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.sort.join(' ')
    /// end
    /// ```
    ///
    /// ## What to do
    /// Write what the help of the finding says; `foretaste search node QUERY` tries it.
    ///
    /// ## Incident
    /// `unescaped-recipe-name`: `recipes:shop::web` is refused.
    ///
    /// ## How the server behaves
    /// The query goes through the server's grammar and then through that of its search engine; the first answers 400,
    /// the second 500. chef-zero (Test Kitchen) has a third grammar and may take what the server refuses.
    QUERY_REFUSED = "query-refused", Error,
    "the server refuses a query",
    incident: "unescaped-recipe-name"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    let mut out = Vec::new();
    for search in &impact.searches {
        let now = &search.after;
        let Some(why) = &now.refused else { continue };
        let known = search
            .before
            .as_ref()
            .is_some_and(|b| b.refused.is_some() && b.query == now.query);
        if known && impact.file(&now.location.path).is_none() {
            continue;
        }
        let mut suspects = Suspects::default();
        suspects.places.push(now.location.clone());
        suspects
            .places
            .extend(now.origins.iter().map(|o| o.location.clone()));
        suspects.nodes.insert(search.node.clone());
        suspects.speak_of(&now.query);
        let help = match foretaste_parser::query::parse(&now.query, impact.index.profile()) {
            Err(error) => error.help,
            Ok(_) => None,
        };
        let mut finding = Finding::new(
            format!("the server refuses the query `{}`: {why}", now.query),
            now.location.clone(),
        )
        .help(help.unwrap_or_else(|| {
            "write the query in the server's grammar; escape `:` in names as `\\\\:`".to_owned()
        }))
        .node(search.node.as_str());
        finding.cause = impact.blame(&suspects);
        for cause in &finding.cause {
            if *cause != now.location {
                finding.evidence.push(chain::changed(impact, cause));
            }
        }
        finding.evidence.extend(now.origins.iter().take(6).cloned());
        finding = finding.evidence(
            format!("asks for `{}`; the converge fails here", now.query),
            now.location.clone(),
        );
        out.push(finding);
    }
    out
}
