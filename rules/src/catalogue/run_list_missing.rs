//! A run list that names what is not there.

use foretaste_simulator::impact::Impact;

use crate::config::Config;
use crate::failure::{self, Kind};
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Reports nodes whose expanded run list, or an `include_recipe` on the way, names a role, recipe or cookbook
    /// that the change's tree does not have.
    ///
    /// ## Why it matters
    /// The converge fails before any resource is compiled, on every node with that role.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// package 'haproxy'
    /// ```
    /// ```ruby before/cookbooks/edge/metadata.rb
    /// name 'edge'
    /// version '1.0.0'
    /// ```
    /// ```json before/nodes/lb1.json
    /// {"name": "lb1", "run_list": ["role[edge]"], "automatic": {"hostname": "lb1"}}
    /// ```
    /// ```ruby before/roles/edge.rb
    /// name 'edge'
    /// run_list 'recipe[edge]'
    /// ```
    /// Bad: the recipe does not exist.
    /// ```ruby bad/roles/edge.rb
    /// name 'edge'
    /// run_list 'recipe[edge::balancer]'
    /// ```
    /// Good:
    /// ```ruby good/roles/edge.rb
    /// name 'edge'
    /// run_list 'recipe[edge::default]'
    /// ```
    ///
    /// ## What to do
    /// Name what exists. When something is renamed, keep the old name as a wrapper until no run list uses it.
    ///
    /// ## Incident
    /// `run-list-names-a-renamed-recipe`: a recipe is renamed and a role still names it.
    ///
    /// ## How the server behaves
    /// Missing roles end the expansion (MissingRole); missing cookbooks end the dependency solver (412 Precondition
    /// Failed); missing recipes end the compilation (RecipeNotFound).
    RUN_LIST_MISSING = "run-list-missing", Error,
    "a run list names a role, recipe or cookbook that does not exist",
    incident: "run-list-names-a-renamed-recipe"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    failure::news(impact, Kind::RunList)
        .into_iter()
        .map(|(node, moment, failure)| {
            let what = failure::first_line(&failure.message);
            let message = format!("the run list cannot be expanded: {what}");
            failure::finding(impact, node, moment, failure, message)
                .help("name what exists, or add what is named in the same change")
        })
        .collect()
}
