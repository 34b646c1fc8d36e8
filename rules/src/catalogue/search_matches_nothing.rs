//! A search that finds nobody.

use std::collections::BTreeSet;

use foretaste_simulator::convergence::Search;
use foretaste_simulator::impact::{Impact, SearchImpact, Suspects};
use foretaste_simulator::search::Moment;

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::query;
use crate::rule::declare_rule;
use crate::severity::Severity;

declare_rule! {
    /// ## What it does
    /// Reports a search that matched something before the change and matches nothing with it, and a search that the
    /// change writes and that matches nothing on any node. The message names what is near. A search whose results
    /// reach a rendered file counts as an error, also where the file's format is not read; one that the recipe guards
    /// against emptiness is a warning.
    ///
    /// ## Why it matters
    /// An empty result is not an error to Chef. Lists are rendered empty, loops do nothing, `first` is nil.
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
    /// Bad: nobody has that role.
    /// ```ruby bad/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:webs')
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.sort.join(' ')
    /// end
    /// ```
    /// Good: another query with the same answer.
    /// ```ruby good/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'role:web')
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.sort.join(' ')
    /// end
    /// ```
    ///
    /// ## What to do
    /// Compare the query's names with those that nodes have; `foretaste search node QUERY --explain` shows which part
    /// matches nobody.
    ///
    /// ## Incident
    /// `search-empties-the-balancer`: a search for a role that nobody has.
    ///
    /// ## How the server behaves
    /// The server does not know which fields or values exist: a misspelt role, attribute or environment is a query
    /// like any other, with no results.
    SEARCH_MATCHES_NOTHING = "search-matches-nothing", Error,
    "a search matches nothing",
    incident: "search-empties-the-balancer"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    // A query built for each environment or site may well find nobody in one of them: it must find nobody anywhere.
    let finds: BTreeSet<(&str, u32)> = impact
        .searches
        .iter()
        .filter(|s| !is_empty(&s.after))
        .map(|s| (&*s.after.location.path, s.after.location.line))
        .collect();
    impact
        .searches
        .iter()
        .filter_map(|search| {
            let place = (&*search.after.location.path, search.after.location.line);
            match &search.before {
                Some(before) if !before.results.is_empty() => lost(impact, search, before),
                Some(before) if before.query == search.after.query => None,
                _ if is_empty(&search.after) && !finds.contains(&place) => {
                    Some(never(impact, search))
                }
                _ => None,
            }
        })
        .collect()
}

/// Nothing for certain, from a search that is made for certain.
fn is_empty(search: &Search) -> bool {
    search.results.is_empty()
        && search.maybe.is_empty()
        && search.undetermined.is_none()
        && search.refused.is_none()
        && !search.conditional
}

/// A search that found something and finds nothing any more.
fn lost(impact: &Impact, search: &SearchImpact, before: &Search) -> Option<Finding> {
    let (moment, now) = [Moment::Settled, Moment::First, Moment::Worst]
        .into_iter()
        .filter_map(|m| Some((m, chain::search_at(search, m)?)))
        .find(|(_, now)| is_empty(now))?;
    let settled = moment == Moment::Settled;
    // On the way, a pool that is read tells it better.
    if !settled
        && (search.files.is_empty()
            || search
                .files
                .iter()
                .all(|f| query::has_pools(impact, &search.node, f)))
    {
        return None;
    }
    let when = if settled {
        ""
    } else {
        " while the change goes out"
    };
    let message = format!(
        "the search `{}` matches nothing{when}; it matched {}",
        now.query,
        chain::count(
            before.results.len(),
            chain::thing(now, true),
            chain::thing(now, false)
        )
    );
    let mut finding = finding(impact, search, now, message);
    if search.files.is_empty() || now.guarded {
        finding = finding.at_most(Severity::Warning);
    }
    Some(if settled {
        finding
    } else {
        finding.at_most(Severity::Warning)
    })
}

/// A search that the change writes and that finds nothing on any node.
fn never(impact: &Impact, search: &SearchImpact) -> Finding {
    let message = format!("the search `{}` matches nothing", search.after.query);
    let finding = finding(impact, search, &search.after, message).at_most(Severity::Warning);
    if search.after.guarded || !impact.has_base {
        finding.at_most(Severity::Note)
    } else {
        finding
    }
}

fn finding(impact: &Impact, search: &SearchImpact, now: &Search, message: String) -> Finding {
    let mut suspects = Suspects::default();
    suspects.places.push(now.location.clone());
    suspects
        .places
        .extend(now.origins.iter().map(|o| o.location.clone()));
    suspects.nodes.insert(search.node.clone());
    suspects.speak_of(&now.query);
    if let Some(before) = search.before.as_ref().filter(|b| b.query == now.query) {
        suspects.nodes.extend(before.results.iter().cloned());
    }
    let cause = impact.blame(&suspects);
    let mut finding = Finding::new(message, now.location.clone())
        .help(chain::nearest(impact, now).unwrap_or_else(|| {
            "each condition matches something, but nothing matches them all: `foretaste search --explain` shows which"
                .to_owned()
        }))
        .node(search.node.as_str())
        .caused_by(cause);
    let causes: Vec<_> = finding
        .cause
        .iter()
        .map(|c| chain::changed(impact, c))
        .collect();
    finding.evidence.extend(causes);
    finding.evidence.extend(now.origins.iter().take(6).cloned());
    finding.evidence.push(chain::searched(search, now));
    for path in &search.files {
        let rendered = impact.rendered(&search.node, path, Moment::Settled);
        if let Some(file) = rendered.filter(|_| !query::has_pools(impact, &search.node, path)) {
            finding = finding.evidence(
                format!("its results are written to {path}, a file whose format is not read"),
                file.location.clone(),
            );
        }
    }
    finding
}
