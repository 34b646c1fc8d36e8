//! Converges that change one another's results for ever.

use foretaste_simulator::convergence::Search;
use foretaste_simulator::impact::{Impact, Suspects};
use foretaste_simulator::simulation::Oscillation;

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Converges all nodes in rounds, each round against what the one before saved, and reports nodes that come back to a
    /// state in which they have been: what they find, and so what they save, changes from round to round without an end.
    /// It is an error where they do so even when they converge one after the other, and a warning where only those that
    /// converge at the same time do.
    ///
    /// ## Why it matters
    /// The configs of such nodes are right at one hour and wrong at the next, and every service that a config notifies
    /// reloads or restarts each time. No waiting helps, and what a test has seen depends on when it looked.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/job/recipes/default.rb
    /// names = search(:node, 'recipes:job').map(&:name).sort
    /// node.normal['leader'] = names.first == node.name
    /// ```
    /// ```ruby before/cookbooks/job/metadata.rb
    /// name 'job'
    /// version '1.0.0'
    /// ```
    /// ```json before/nodes/job1.json
    /// {"name": "job1", "run_list": ["recipe[job]"], "normal": {"leader": true}, "automatic": {"hostname": "job1", "ipaddress": "10.0.0.1", "recipes": ["job"]}}
    /// ```
    /// ```json before/nodes/job2.json
    /// {"name": "job2", "run_list": ["recipe[job]"], "normal": {"leader": false}, "automatic": {"hostname": "job2", "ipaddress": "10.0.0.2", "recipes": ["job"]}}
    /// ```
    /// Bad: a node leads where it finds no leader. As soon as it has saved that, it finds one: itself.
    /// ```ruby bad/cookbooks/job/recipes/default.rb
    /// leaders = search(:node, 'leader:true')
    /// node.normal['leader'] = leaders.empty?
    /// ```
    /// Good: who leads is decided by what converges do not change.
    /// ```ruby good/cookbooks/job/recipes/default.rb
    /// node.normal['leader'] = search(:node, 'recipes:job').map(&:name).min == node.name
    /// ```
    ///
    /// ## What to do
    /// Let nothing that a node saves depend on a search for it. Decide by what is the same before and after: names, a data
    /// bag, an attribute of a role or environment.
    ///
    /// ## Incident
    /// `caches-that-take-turns`: two caches each took over when the other had not, and gave back when it had.
    ///
    /// ## How the server behaves
    /// A node saves at the end of a converge that succeeds; a search finds what was saved last, of the node itself too.
    NEVER_SETTLES = "never-settles", Error,
    "nodes change one another's results for ever",
    incident: "caches-that-take-turns"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    impact
        .oscillation
        .iter()
        .map(|oscillation| finding(impact, oscillation))
        .collect()
}

/// A search of a node, in two rounds that followed one another, that found different nodes.
fn turning<'i>(impact: &'i Impact, node: &str) -> Option<(&'i Search, &'i Search)> {
    let mut rounds = impact.history.iter().rev().filter_map(|r| r.get(node));
    let (new, old) = (rounds.next()?, rounds.next()?);
    old.searches
        .iter()
        .zip(&new.searches)
        .find(|(a, b)| a.query == b.query && a.results != b.results)
}

fn finding(impact: &Impact, oscillation: &Oscillation) -> Finding {
    let nodes: Vec<String> = oscillation.nodes.iter().cloned().collect();
    let turns: Vec<(&String, (&Search, &Search))> = nodes
        .iter()
        .filter_map(|n| Some((n, turning(impact, n)?)))
        .collect();
    let mut suspects = Suspects::default();
    suspects.nodes.extend(nodes.iter().cloned());
    for (_, (search, _)) in &turns {
        suspects.places.push(search.location.clone());
        suspects.speak_of(&search.query);
    }
    let own = || {
        let first = nodes.first()?;
        let saved = impact.index.document("node", first)?.saved()?;
        saved.location.clone()
    };
    let place = turns
        .first()
        .map(|(_, (search, _))| search.location.clone())
        .or_else(own)
        .unwrap_or_else(|| foretaste_parser::source::Location::line("nodes", 1));
    let cause = impact.blame(&suspects);
    let steps: Vec<_> = cause.iter().map(|c| chain::changed(impact, c)).collect();
    let message = if oscillation.in_turn {
        format!(
            "{} undo one another's results whenever they converge at the same time; in turn they settle in what \
             depends on who was first",
            chain::names(&nodes)
        )
    } else {
        format!(
            "converges never settle: what {} save changes with every converge",
            chain::names(&nodes)
        )
    };
    let mut finding = Finding::new(message, place)
        .help("decide by what no converge changes (a name, a data bag, an attribute of a role), not by what a search for it finds")
        .caused_by(cause);
    finding.evidence = steps;
    for (node, (old, new)) in turns.iter().take(3) {
        let found = |search: &Search| match search.results.as_slice() {
            [] => "nobody".to_owned(),
            some => chain::names(some),
        };
        finding = finding.evidence(
            format!(
                "{} on {node} finds {} in one round and {} in the next",
                new.query,
                found(old),
                found(new)
            ),
            new.location.clone(),
        );
    }
    if oscillation.in_turn {
        finding = finding.at_most(crate::severity::Severity::Warning);
    }
    finding.nodes = nodes;
    finding
}
