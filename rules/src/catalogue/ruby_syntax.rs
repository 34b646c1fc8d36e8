//! A Ruby file that does not parse.

use foretaste_parser::formats::Format;
use foretaste_simulator::impact::{Impact, Suspects};

use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Parses every Ruby file that the change touches: recipes, attributes, libraries, resources, roles, environments.
    ///
    /// ## Why it matters
    /// Chef loads all attribute and library files of every cookbook in the expanded run list. One file that does not
    /// parse makes the converge fail on every node that has its cookbook, also where its recipe is not used.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// package 'haproxy' do
    ///   action :install
    /// end
    /// ```
    /// ```ruby before/cookbooks/edge/metadata.rb
    /// name 'edge'
    /// version '1.0.0'
    /// ```
    /// ```json before/nodes/lb1.json
    /// {"name": "lb1", "run_list": ["recipe[edge]"], "automatic": {"hostname": "lb1", "ipaddress": "10.0.0.1"}}
    /// ```
    /// Bad: an `end` is lost.
    /// ```ruby bad/cookbooks/edge/recipes/default.rb
    /// package 'haproxy' do
    ///   action :upgrade
    /// ```
    /// Good:
    /// ```ruby good/cookbooks/edge/recipes/default.rb
    /// package 'haproxy' do
    ///   action :upgrade
    /// end
    /// ```
    ///
    /// ## What to do
    /// Mend the line that the finding points at.
    ///
    /// ## Incident
    /// `recipe-loses-its-end`: a recipe loses an `end` in a merge.
    ///
    /// ## How the server behaves
    /// `knife cookbook upload` checks the syntax of cookbooks on the way, but not that of what other tools upload;
    /// the client then fails with SyntaxError while it compiles, before any resource is converged.
    RUBY_SYNTAX = "ruby-syntax", Error,
    "a Ruby file does not parse",
    incident: "recipe-loses-its-end"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    findings(impact, Some(Format::Ruby), "Ruby")
}

/// One finding for each file of a format that does not parse, at its first error: the rest mostly follow from it.
pub(super) fn findings(impact: &Impact, format: Option<Format>, named: &str) -> Vec<Finding> {
    let mut out: Vec<Finding> = Vec::new();
    for error in impact.syntax.iter().filter(|e| e.format == format) {
        // An error that the base has too is reported only because the change touches its file.
        if let Some(first) = out
            .iter_mut()
            .find(|f| f.primary.path == error.location.path)
        {
            first.related.push(crate::Evidence {
                message: error.error.message.clone(),
                location: error.location.clone(),
            });
            continue;
        }
        let title = if named.is_empty() {
            error.error.message.clone()
        } else {
            format!("this file is not valid {named}: {}", error.error.message)
        };
        let mut finding = Finding::new(title, error.location.clone());
        finding.help = error.error.help.clone().unwrap_or_else(|| {
            "mend the line; nothing that reads this file can converge".to_owned()
        });
        finding.nodes.clone_from(&error.nodes);
        let suspects = Suspects {
            places: vec![error.location.clone()],
            ..Suspects::default()
        };
        finding.cause = impact.blame(&suspects);
        out.push(finding);
    }
    out
}
