//! A run list that names what is not there.

use std::collections::BTreeSet;

use foretaste_simulator::convergence::Evidence;
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
            let message = format!("a run list names what is not there: {what}");
            let finding = failure::finding(impact, node, moment, failure, message)
                .help("name what exists, or add what is named in the same change");
            // What code includes is named where the failure shows.
            match Missing::of(&failure.message).filter(|_| failure.location.is_none()) {
                Some(missing) => missing.tell(impact, &node.name, finding),
                None => finding,
            }
        })
        .collect()
}

/// What a run list names in vain.
enum Missing {
    Roles(Vec<String>),
    Recipe(String, String),
    Cookbook(String),
}

impl Missing {
    /// Read from Chef's own words.
    fn of(message: &str) -> Option<Self> {
        let message = message.lines().next()?;
        if let Some((_, roles)) = message.split_once("nonexistent roles: ") {
            return Some(Self::Roles(roles.split(", ").map(str::to_owned).collect()));
        }
        if let Some(rest) = message.strip_prefix("could not find recipe ") {
            let (recipe, cookbook) = rest.split_once(" for cookbook ")?;
            return Some(Self::Recipe(cookbook.to_owned(), recipe.to_owned()));
        }
        let (_, rest) = message
            .split_once("no such cookbook ")
            .or_else(|| message.split_once("Cookbook "))?;
        Some(Self::Cookbook(rest.split_whitespace().next()?.to_owned()))
    }

    fn is_named_by(&self, item: &str) -> bool {
        let inner = |kind: &str| item.strip_prefix(kind)?.strip_suffix(']');
        if let Some(role) = inner("role[") {
            return matches!(self, Self::Roles(roles) if roles.iter().any(|r| r == role));
        }
        let name = inner("recipe[").unwrap_or(item);
        let name = name.split('@').next().unwrap_or(name);
        let (book, own) = name.split_once("::").unwrap_or((name, "default"));
        match self {
            Self::Roles(_) => false,
            Self::Recipe(cookbook, recipe) => book == cookbook && own == recipe,
            Self::Cookbook(cookbook) => book == cookbook,
        }
    }

    fn tell(&self, impact: &Impact, node: &str, mut finding: Finding) -> Finding {
        let names = self.named(impact, node);
        if let Self::Recipe(cookbook, _) = self
            && let Some(file) = failure::added_beside(impact, &format!("{cookbook}/recipes"))
            && let Some(recipe) = file.strip_suffix(".rb")
        {
            finding.help = format!("did you mean `{cookbook}::{recipe}`, which the change adds?");
        }
        let removed = |path: &str| match self {
            Self::Roles(roles) => roles.iter().any(|r| {
                [".rb", ".json"]
                    .iter()
                    .any(|end| path.ends_with(&format!("roles/{r}{end}")))
            }),
            Self::Recipe(cookbook, recipe) => {
                path.ends_with(&format!("{cookbook}/recipes/{recipe}.rb"))
            }
            Self::Cookbook(cookbook) => path.ends_with(&format!("{cookbook}/metadata.rb")),
        };
        failure::of_missing(impact, finding, &names, &removed)
    }

    /// The lines that name it, among the node's own object and the roles that its run list reaches.
    fn named(&self, impact: &Impact, node: &str) -> Vec<Evidence> {
        let mut out = Vec::new();
        let saved = impact.index.document("node", node).and_then(|d| d.saved());
        let Some(saved) = saved else { return out };
        let mut todo: Vec<&str> = saved.run_list.iter().map(String::as_str).collect();
        if let Some(item) = todo.iter().find(|item| self.is_named_by(item))
            && let Some(location) = &saved.location
        {
            out.push(Evidence {
                message: format!("the run list of {node} names `{item}`"),
                location: location.clone(),
            });
        }
        let mut seen = BTreeSet::new();
        while let Some(item) = todo.pop() {
            let Some(role) = item.strip_prefix("role[").and_then(|r| r.strip_suffix(']')) else {
                continue;
            };
            if !seen.insert(role) {
                continue;
            }
            let Some(file) = impact.roles.iter().find(|r| r.stem == role) else {
                continue;
            };
            for (item, location) in &file.run_list {
                todo.push(item);
                if self.is_named_by(item) {
                    out.push(Evidence {
                        message: format!("role `{role}` names `{item}`"),
                        location: location.clone(),
                    });
                }
            }
        }
        out
    }
}
