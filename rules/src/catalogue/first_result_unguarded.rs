//! A run that fails as soon as a search finds nothing.

use foretaste_simulator::convergence::Failure;
use foretaste_simulator::impact::{EmptyImpact, Impact, SearchImpact};
use foretaste_simulator::search::Moment;

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::query;
use crate::rule::declare_rule;
use crate::severity::Severity;

declare_rule! {
    /// ## What it does
    /// Converges a node once more with a search that finds nothing, where the change writes the search or what uses it
    /// and where there is at most one result to lose. A run that then fails because it calls a method of nil takes
    /// `first` or `[0]` of the results without asking whether there is one.
    ///
    /// ## Why it matters
    /// The one node that is searched for is rebuilt, renamed or not there yet in a new environment: from then on no run
    /// of the searching nodes succeeds, and none of their other changes goes out either.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// file '/etc/edge.db' do
    ///   content '10.0.0.2'
    /// end
    /// ```
    /// ```ruby before/cookbooks/edge/metadata.rb
    /// name 'edge'
    /// version '1.0.0'
    /// ```
    /// ```ruby before/roles/db.rb
    /// name 'db'
    /// run_list []
    /// ```
    /// ```json before/nodes/web1.json
    /// {"name": "web1", "run_list": ["recipe[edge]"], "automatic": {"hostname": "web1", "ipaddress": "10.0.0.1"}}
    /// ```
    /// ```json before/nodes/db1.json
    /// {"name": "db1", "run_list": ["role[db]"], "automatic": {"roles": ["db"], "ipaddress": "10.0.0.2"}}
    /// ```
    /// Bad: without `db1` there is no first.
    /// ```ruby bad/cookbooks/edge/recipes/default.rb
    /// db = search(:node, 'roles:db').first
    /// file '/etc/edge.db' do
    ///   content db['ipaddress']
    /// end
    /// ```
    /// Good: without it the file stays as it is.
    /// ```ruby good/cookbooks/edge/recipes/default.rb
    /// db = search(:node, 'roles:db').first
    /// file '/etc/edge.db' do
    ///   content db ? db['ipaddress'] : '10.0.0.2'
    /// end
    /// ```
    ///
    /// ## What to do
    /// Ask `if db`, or end the run with a sentence of your own: `raise 'no database in this environment' unless db`.
    ///
    /// ## Incident
    /// `first-of-one-balancer`: the one balancer of preproduction is rebuilt.
    ///
    /// ## How the server behaves
    /// No results are an answer like any other: an empty list, of which Ruby's `first` is nil.
    FIRST_RESULT_UNGUARDED = "first-result-unguarded", Warning,
    "a run fails when its search finds nothing",
    incident: "first-of-one-balancer"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    impact
        .empties
        .iter()
        .filter_map(|empty| {
            let failure = empty.failure.as_ref().filter(|f| is_of_nil(f))?;
            let search = query::of(impact, &empty.node, &empty.search)?;
            let place = failure.location.as_ref()?;
            let written = query::is_new(search)
                || impact.touches(place)
                || impact.touches(&search.after.location);
            (written && least(search) < 2).then(|| finding(impact, empty, search, failure))
        })
        .collect()
}

fn is_of_nil(failure: &Failure) -> bool {
    failure.class == "NoMethodError" && failure.message.contains("for nil")
}

/// The fewest results that the search has while the change goes out.
fn least(search: &SearchImpact) -> usize {
    [Moment::Settled, Moment::First, Moment::Worst]
        .into_iter()
        .filter_map(|moment| chain::search_at(search, moment))
        .map(|now| now.results.len())
        .min()
        .unwrap_or_default()
}

fn finding(
    impact: &Impact,
    empty: &EmptyImpact,
    search: &SearchImpact,
    failure: &Failure,
) -> Finding {
    let message = format!(
        "the run fails as soon as the search `{}` finds nothing; it finds {}",
        empty.search.query,
        chain::count(
            empty.search.results.len(),
            chain::thing(&empty.search, true),
            chain::thing(&empty.search, false)
        )
    );
    let mut finding = query::finding(impact, search, message)
        .help("ask whether there is a result, or raise with a sentence that says which is missing");
    if let Some(place) = &failure.location {
        finding = finding.evidence(
            format!("{}: {}", failure.class, failure.message),
            place.clone(),
        );
    }
    finding.nodes = query::nodes_at(impact, &empty.search, |search| least(search) < 2);
    finding.at_most(if impact.has_base {
        Severity::Warning
    } else {
        Severity::Note
    })
}
