//! What rules on queries share.

use foretaste_simulator::convergence::{RenderedFile, Search};
use foretaste_simulator::impact::{Impact, SearchImpact, Suspects};

use crate::chain;
use crate::finding::Finding;

/// Whether the change writes this query or its line, and the query is known to the end.
pub(crate) fn is_written(impact: &Impact, search: &SearchImpact) -> bool {
    let now = &search.after;
    let known = search.before.as_ref().is_some_and(|b| b.query == now.query);
    let unclear = now.undetermined.is_some()
        || now.query.contains(['‹', '›'])
        || now.query.contains(RenderedFile::is_hole);
    !unclear && (!known || (impact.has_base && impact.touches(&now.location)))
}

/// Whether the change makes this very query anew: none was there before, or another one.
pub(crate) fn is_new(search: &SearchImpact) -> bool {
    search
        .before
        .as_ref()
        .is_none_or(|before| before.query != search.after.query)
}

/// The search of a node that was made at a place with a query.
pub(crate) fn of<'i>(impact: &'i Impact, node: &str, made: &Search) -> Option<&'i SearchImpact> {
    impact.searches.iter().find(|s| {
        s.node == node && s.after.location == made.location && s.after.query == made.query
    })
}

/// The nodes that search at a place, of those for which a test holds.
pub(crate) fn nodes_at(
    impact: &Impact,
    made: &Search,
    test: impl Fn(&SearchImpact) -> bool,
) -> Vec<String> {
    impact
        .searches
        .iter()
        .filter(|search| search.after.location == made.location && test(search))
        .map(|search| search.node.clone())
        .collect()
}

/// A finding on a query: caused by what writes it, with the way from there to its results.
pub(crate) fn finding(impact: &Impact, search: &SearchImpact, message: String) -> Finding {
    let now = &search.after;
    let mut suspects = Suspects::default();
    suspects.places.push(now.location.clone());
    suspects
        .places
        .extend(now.origins.iter().map(|o| o.location.clone()));
    suspects.nodes.insert(search.node.clone());
    suspects.speak_of(&now.query);
    let mut finding =
        Finding::new(message, now.location.clone()).caused_by(impact.blame(&suspects));
    let causes: Vec<_> = finding
        .cause
        .iter()
        .map(|c| chain::changed(impact, c))
        .collect();
    finding.evidence.extend(causes);
    finding.evidence.extend(now.origins.iter().take(6).cloned());
    finding.evidence.push(chain::searched(search, now));
    finding.node(search.node.clone())
}

/// Whether a rendered file of a node has pools.
pub(crate) fn has_pools(impact: &Impact, node: &str, file: &str) -> bool {
    impact.pools.iter().any(|pool| pool.stands_in(node, file))
}
