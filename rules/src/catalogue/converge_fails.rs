//! A converge that fails.

use foretaste_simulator::impact::Impact;

use crate::config::Config;
use crate::failure::{self, Kind};
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Reports nodes whose simulated converge raises an error with the change and did not before, with the class and
    /// message that Chef would print. Nodes that fail for the same reason are one finding. Failures that a rule of
    /// their own explains (a missing template, an unknown property, …) are left to that rule.
    ///
    /// ## Why it matters
    /// A node that fails stays half-way: resources before the failure are done, later ones are not, services may not
    /// be notified. It does not save itself, so searches still find what it was.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// file '/etc/edge.conf' do
    ///   content node['edge']['name'].upcase
    /// end
    /// ```
    /// ```ruby before/cookbooks/edge/attributes/default.rb
    /// default['edge']['name'] = 'shop'
    /// ```
    /// ```ruby before/cookbooks/edge/metadata.rb
    /// name 'edge'
    /// version '1.0.0'
    /// ```
    /// ```json before/nodes/lb1.json
    /// {"name": "lb1", "run_list": ["recipe[edge]"], "automatic": {"hostname": "lb1", "ipaddress": "10.0.0.1"}}
    /// ```
    /// Bad: the attribute moves, its reader does not.
    /// ```ruby bad/cookbooks/edge/attributes/default.rb
    /// default['edge']['title'] = 'shop'
    /// ```
    /// Good:
    /// ```ruby good/cookbooks/edge/attributes/default.rb
    /// default['edge']['name'] = 'store'
    /// ```
    ///
    /// ## What to do
    /// Mend the place that the finding points at; the evidence shows the frames that led there and the changed lines that they read.
    ///
    /// ## Incident
    /// `attribute-moved-to-another-namespace`: an attribute moves and its template still reads the old place.
    ///
    /// ## How the server behaves
    /// Chef has three stages: expansion of the run list, compilation of recipes, convergence of resources. An error
    /// in the first two leaves the machine untouched; one in the third leaves it half-way.
    CONVERGE_FAILS = "converge-fails", Error,
    "a converge would fail",
    incident: "attribute-moved-to-another-namespace"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    failure::news(impact, Kind::Other)
        .into_iter()
        .map(|(node, moment, failure)| {
            let what = failure::first_line(&failure.message);
            let message = format!("the converge would fail: {}: {what}", failure.class);
            failure::finding(impact, node, moment, failure, message)
                .help("handle the case at the place shown, or give the attribute a default; the node keeps its old state until then")
        })
        .collect()
}
