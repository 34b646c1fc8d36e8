//! A search of which only a part is received.

use foretaste_simulator::convergence::Search;
use foretaste_simulator::impact::Impact;
use foretaste_simulator::search::client::WINDOW;

use crate::config::Config;
use crate::finding::Finding;
use crate::query;
use crate::rule::declare_rule;
use crate::severity::Severity;

declare_rule! {
    /// ## What it does
    /// Reports a search that matches more than its caller receives: more than 1,000 rows, or than it asks for, where
    /// only one page is read; more than 10,000 however it is read. It is an error where the change makes it so and the
    /// results reach a rendered file.
    ///
    /// ## Why it matters
    /// Which objects are left out is arbitrary. Nothing says that any are: pools and lists of hosts are just shorter.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web', rows: 2)
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
    /// ```json before/nodes/web2.json
    /// {"name": "web2", "run_list": ["role[web]"], "automatic": {"roles": ["web"]}}
    /// ```
    /// ```json before/nodes/web3.json
    /// {"name": "web3", "run_list": ["role[web]"], "automatic": {"roles": ["web"]}}
    /// ```
    /// Bad: without a block this gives one page, and whoever wrote it has but two web servers at home.
    /// ```ruby bad/cookbooks/edge/recipes/default.rb
    /// web, = Chef::Search::Query.new.search(:node, 'roles:web', rows: 2)
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.sort.join(' ')
    /// end
    /// ```
    /// Good: with a block it asks for page after page.
    /// ```ruby good/cookbooks/edge/recipes/default.rb
    /// web = []
    /// Chef::Search::Query.new.search(:node, 'roles:web', rows: 2) { |n| web << n }
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.sort.join(' ')
    /// end
    /// ```
    ///
    /// ## What to do
    /// Use `search` as recipes have it, or the block form. Ask for less than 10,000 objects at once: by environment, by
    /// site; and with `filter_result` for the values that are needed.
    ///
    /// ## Incident
    /// `one-page-of-results`: a raw search, and a fleet that outgrew its page.
    ///
    /// ## How the server behaves
    /// It sends 1,000 rows where no number is asked for. `search` in recipes and the block form go on until `start` plus
    /// the rows of a page reach `total`; OpenSearch counts `total` to 10,000 and gives nothing behind. chef-zero sends
    /// everything, so tests do not show it.
    RESULTS_CUT_OFF = "results-cut-off", Error,
    "a search matches more than its caller receives",
    incident: "one-page-of-results"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    let cut = |search: &Search| search.cut.is_some();
    impact
        .searches
        .iter()
        .filter(|search| !search.before.as_ref().is_some_and(cut))
        .filter_map(|search| {
            let now = &search.after;
            let matched = now.cut?;
            let message = format!(
                "the search `{}` matches {matched}, of which only {} are received",
                now.query,
                now.results.len()
            );
            let finding = query::finding(impact, search, message).help(format!(
                "read page after page, as `search` and the block form do, or ask for less than {} at once",
                WINDOW
            ));
            let harmless = search.files.is_empty() || now.conditional || !impact.has_base;
            Some(finding.at_most(if harmless {
                Severity::Warning
            } else {
                Severity::Error
            }))
        })
        .collect()
}
