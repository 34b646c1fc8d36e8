//! One node that runs one recipe of one cookbook, `app`, and what came of it, as text.

use std::sync::Arc;

use foretaste_simulator::change::{self, Revision, Settings};
use foretaste_simulator::convergence::Convergence;
use foretaste_simulator::inventory::{Inventory, Platform};
use foretaste_simulator::repository::{Files, Layout, ParseCache, Repository};

/// The converge of node `n1`, whose run list is `recipe[app]`; `others` are further files of the repository, of
/// whose roles each has a made-up node.
pub fn converge(recipe: &str, others: &[(&str, &str)]) -> Convergence {
    let own = [
        ("cookbooks/app/metadata.rb", "name 'app'\nversion '1.0.0'\n"),
        ("cookbooks/app/recipes/default.rb", recipe),
    ];
    let files = Files(
        own.iter()
            .chain(others)
            .map(|&(path, text)| (Arc::from(path), Arc::from(text.as_bytes())))
            .collect(),
    );
    let layout = Layout::detect(&files);
    let mut inventory = Inventory::default();
    inventory.add_json(
        "nodes/n1.json",
        br#"{"name": "n1", "run_list": ["recipe[app]"], "automatic": {"fqdn": "n1.example", "platform": "ubuntu",
            "platform_version": "22.04", "platform_family": "debian"}}"#,
    );
    let repository = Repository::new(files, layout, Arc::new(ParseCache::default()));
    inventory.add_roles(&repository, &Platform::default());
    let revision = Revision {
        repository: Arc::new(repository),
        inventory,
    };
    let mut simulation = change::simulate(&revision, &Settings::default());
    let run = simulation.runs.remove("n1").expect("n1 converges");
    Arc::unwrap_or_clone(run.after)
}

/// The error, the resources and what stayed open, a line each.
pub fn told(converge: &Convergence) -> String {
    let mut lines = Vec::new();
    for resource in &converge.resources {
        let conditional = if resource.conditional.is_some() {
            " (conditional)"
        } else {
            ""
        };
        lines.push(format!(
            "{}[{}]{conditional}",
            resource.r#type, resource.name
        ));
    }
    if let Some(failure) = &converge.failure {
        lines.push(format!("{}: {}", failure.class, failure.message));
    }
    for open in &converge.undetermined {
        lines.push(format!("{:?}: {}", open.kind, open.reason));
    }
    lines.join("\n")
}
