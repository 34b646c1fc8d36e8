//! A clause that matches longer values by their first word.

use foretaste_simulator::impact::{Impact, SearchImpact};
use foretaste_simulator::search::{Plan, client};

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::query;
use crate::rule::declare_rule;
use crate::severity::Severity;

declare_rule! {
    /// ## What it does
    /// Looks at each query that the change writes for a clause such as `site:new` that brings in nodes whose value only
    /// begins with that word, as `new york` does.
    ///
    /// ## Why it matters
    /// The clause reads as if the values were equal. The nodes that it finds by accident are those of another site,
    /// another state, another product.
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
    /// {"name": "web1", "run_list": ["role[web]"], "normal": {"site": "new york"}, "automatic": {"roles": ["web"]}}
    /// ```
    /// Bad: there is no site `new`.
    /// ```ruby bad/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web AND site:new')
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.sort.join(' ')
    /// end
    /// ```
    /// Good: all words, in quotes.
    /// ```ruby good/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web AND site:"new york"')
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.sort.join(' ')
    /// end
    /// ```
    ///
    /// ## What to do
    /// Quote the whole value. Where only the one word is meant, no query says so: give such values no spaces, or
    /// look at the results again in Ruby.
    ///
    /// ## Incident
    /// `york-is-not-york-depot`: a test till that rings up sales.
    ///
    /// ## How the server behaves
    /// The indexed text is cut at white space. Of `site: "new york"` it keeps the words `site__=__new` and `york`, so
    /// `site:new` matches, `site:york` does not, and the bare word `york` matches again.
    FIRST_WORD_MATCHES = "first-word-matches", Warning,
    "a clause matches longer values by their first word",
    incident: "york-is-not-york-depot"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    impact
        .searches
        .iter()
        .filter(|search| query::is_written(impact, search) && search.after.refused.is_none())
        .flat_map(|search| findings(impact, search))
        .collect()
}

fn findings(impact: &Impact, search: &SearchImpact) -> Vec<Finding> {
    let now = &search.after;
    let asked = client::arrives(&now.query);
    let Ok(plan) = Plan::new(&asked, impact.index.profile()) else {
        return Vec::new();
    };
    impact
        .index
        .first_words(&now.index, &plan)
        .into_iter()
        .map(|found| {
            let values: Vec<String> = found.values.keys().map(|v| format!("`{v}`")).collect();
            let message = format!(
                "`{}:{}` also matches what only begins with that word: {}",
                found.field,
                found.word,
                chain::names(&values)
            );
            let mut finding = query::finding(impact, search, message)
                .help("quote the whole value, or give values no spaces")
                .at_most(Severity::Warning);
            for (value, names) in found.values.iter().take(6) {
                finding = finding.evidence(
                    format!("{} `{value}`: {}", found.field, chain::names(names)),
                    now.location.clone(),
                );
            }
            finding
        })
        .collect()
}
