//! A search that begins to find nodes of other environments.

use std::collections::BTreeSet;

use foretaste_parser::query::{Clause, Matcher, Meaning, Test, parse};
use foretaste_simulator::convergence::Search;
use foretaste_simulator::impact::{Impact, SearchImpact};
use foretaste_simulator::search::SearchIndex;

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::query;
use crate::rule::declare_rule;
use crate::severity::Severity;

declare_rule! {
    /// ## What it does
    /// Reports a query that the change writes, that asks for no environment and whose results are of another
    /// environment than the node that searches, where it found none of those before. It is a warning where the results
    /// reach a pool, else a note; a new search counts only on its way to a pool.
    ///
    /// ## Why it matters
    /// Roles and recipes have the same names in every environment. Customers are sent to servers of staging, or
    /// production's jobs to its database.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// web = search(:node, "roles:web AND chef_environment:#{node.chef_environment}")
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
    /// ```ruby before/environments/live.rb
    /// name 'live'
    /// ```
    /// ```ruby before/environments/staging.rb
    /// name 'staging'
    /// ```
    /// ```json before/nodes/lb1.json
    /// {"name": "lb1", "chef_environment": "live", "run_list": ["recipe[edge]"], "automatic": {"hostname": "lb1", "ipaddress": "10.0.0.1"}}
    /// ```
    /// ```json before/nodes/web1.json
    /// {"name": "web1", "chef_environment": "live", "run_list": ["role[web]"], "automatic": {"roles": ["web"]}}
    /// ```
    /// ```json before/nodes/web2.json
    /// {"name": "web2", "chef_environment": "staging", "run_list": ["role[web]"], "automatic": {"roles": ["web"]}}
    /// ```
    /// Bad: staging has web servers, too.
    /// ```ruby bad/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web')
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.sort.join(' ')
    /// end
    /// ```
    /// Good: another role, the same environment.
    /// ```ruby good/cookbooks/edge/recipes/default.rb
    /// web = search(:node, "chef_environment:#{node.chef_environment} AND role:web")
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.sort.join(' ')
    /// end
    /// ```
    ///
    /// ## What to do
    /// Add `AND chef_environment:#{node.chef_environment}`. Where all environments are meant, suppress the rule in that
    /// line and say so.
    ///
    /// ## Incident
    /// `environment-forgotten-in-a-search`: production and preproduction serve each other's customers.
    ///
    /// ## How the server behaves
    /// One index holds the nodes of all environments. Nothing in a search is taken from the node that makes it.
    SEARCH_CROSSES_ENVIRONMENTS = "search-crosses-environments", Warning,
    "a search without an environment finds nodes of others",
    incident: "environment-forgotten-in-a-search"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    impact
        .searches
        .iter()
        .filter(|s| s.after.index == "node" && query::is_new(s) && query::is_written(impact, s))
        .filter_map(|search| finding(impact, search))
        .collect()
}

fn finding(impact: &Impact, search: &SearchImpact) -> Option<Finding> {
    let now = &search.after;
    let own = environment(&impact.index, &search.node)?;
    let old = impact.index_before.as_ref().unwrap_or(&impact.index);
    let before = search.before.as_ref();
    if asks_for_environment(now, impact)
        || before.is_some_and(|before| !others(old, before, &own).is_empty())
    {
        return None;
    }
    let others = others(&impact.index, now, &own);
    let to_pool = search
        .files
        .iter()
        .any(|file| query::has_pools(impact, &search.node, file));
    if others.is_empty() || (before.is_none() && !to_pool) {
        return None;
    }
    let others: Vec<String> = others.into_iter().collect();
    let message = format!(
        "the search `{}` asks for no environment and finds nodes of {} from {own}",
        now.query,
        chain::names(&others)
    );
    let severity = if to_pool && impact.has_base {
        Severity::Warning
    } else {
        Severity::Note
    };
    let finding = query::finding(impact, search, message)
        .help("add `AND chef_environment:#{node.chef_environment}`, or say that all are meant");
    Some(finding.at_most(severity))
}

fn environment(index: &SearchIndex, node: &str) -> Option<String> {
    let saved = index.document("node", node)?.saved()?;
    Some(match saved.chef_environment.as_str() {
        "" => "_default".to_owned(),
        name => name.to_owned(),
    })
}

/// The environments of results that are not the searching node's own.
fn others(index: &SearchIndex, search: &Search, own: &str) -> BTreeSet<String> {
    search
        .results
        .iter()
        .filter_map(|name| environment(index, name))
        .filter(|environment| environment != own)
        .collect()
}

/// Whether some clause is about the environment, or about what stands for one in policies.
fn asks_for_environment(search: &Search, impact: &Impact) -> bool {
    const FIELDS: [&str; 2] = ["chef_environment", "policy_group"];
    fn any(clause: &Clause) -> bool {
        match &clause.test {
            Test::All | Test::Nothing => false,
            Test::Group(clauses) => clauses.iter().any(|(_, clause)| any(clause)),
            Test::Tokens(_, matcher) => {
                let text = match matcher {
                    Matcher::Text(text)
                    | Matcher::Phrase(text, _)
                    | Matcher::Prefix(text)
                    | Matcher::Wildcard(text)
                    | Matcher::Regex(text)
                    | Matcher::Fuzzy(text, _)
                    | Matcher::Range { lower: text, .. } => text,
                };
                FIELDS.iter().any(|field| text.starts_with(field))
            }
        }
    }
    match parse(&search.query, impact.index.profile()).map(|q| q.meaning) {
        Ok(Meaning::Lucene { clause, .. }) => any(&clause),
        Ok(Meaning::Zero(_)) => FIELDS.iter().any(|field| search.query.contains(field)),
        Err(_) => true,
    }
}
