//! A property that the resource does not have.

use foretaste_simulator::impact::Impact;

use crate::config::Config;
use crate::failure::{self, Kind};
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Reports a property in a resource's block that neither Chef's resource nor the cookbook's custom resource has.
    ///
    /// ## Why it matters
    /// The run fails while it compiles, on every node with the recipe.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// file '/etc/motd' do
    ///   content 'hello'
    /// end
    /// ```
    /// ```ruby before/cookbooks/edge/metadata.rb
    /// name 'edge'
    /// version '1.0.0'
    /// ```
    /// ```json before/nodes/lb1.json
    /// {"name": "lb1", "run_list": ["recipe[edge]"], "automatic": {"hostname": "lb1", "ipaddress": "10.0.0.1"}}
    /// ```
    /// Bad:
    /// ```ruby bad/cookbooks/edge/recipes/default.rb
    /// file '/etc/motd' do
    ///   contents 'hello'
    /// end
    /// ```
    /// Good:
    /// ```ruby good/cookbooks/edge/recipes/default.rb
    /// file '/etc/motd' do
    ///   content 'hello'
    ///   mode '0644'
    /// end
    /// ```
    ///
    /// ## What to do
    /// Use a property that the resource has.
    ///
    /// ## Incident
    /// `property-renamed-in-a-custom-resource`: a custom resource renames a property that a recipe still sets.
    ///
    /// ## How the server behaves
    /// Inside a resource's block, an unknown name is a method that does not exist: NoMethodError.
    UNKNOWN_PROPERTY = "unknown-property", Error,
    "a resource has no such property",
    incident: "property-renamed-in-a-custom-resource"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    failure::news(impact, Kind::Property)
        .into_iter()
        .map(|(node, moment, failure)| {
            let what = failure::first_line(&failure.message);
            let message = format!("no such property: {what}");
            failure::finding(impact, node, moment, failure, message)
                .help("use a property that the resource has, or add it to the custom resource in the same change")
        })
        .collect()
}
