//! A role with another name than its file.

use foretaste_simulator::impact::Impact;

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Reports a role whose `name` is not that of its file.
    ///
    /// ## Why it matters
    /// The upload goes by the name inside. A copied role that keeps its old name overwrites the original on the
    /// server, for every node that has it; the role of the file's name does not exist.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/roles/web.rb
    /// name 'web'
    /// run_list []
    /// ```
    /// Bad: copied from `web`, with its name.
    /// ```ruby bad/roles/api.rb
    /// name 'web'
    /// run_list []
    /// ```
    /// Good:
    /// ```ruby good/roles/api.rb
    /// name 'api'
    /// run_list []
    /// ```
    ///
    /// ## What to do
    /// Write the file's name.
    ///
    /// ## Incident
    /// `role-copied-with-its-old-name`: a copied role keeps the name of its original.
    ///
    /// ## How the server behaves
    /// `knife role from file` takes the name inside the file. Local mode goes by the file's name, so it works in Test Kitchen.
    ROLE_NAME_MISMATCH = "role-name-mismatch", Error,
    "a role's name differs from its file",
    incident: "role-copied-with-its-old-name"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    impact
        .roles
        .iter()
        .filter(|role| !impact.has_base || impact.file(&role.path).is_some())
        .filter_map(|role| {
            let (name, place) = role.name.as_ref()?;
            if *name == role.stem {
                return None;
            }
            let other = impact.roles.iter().find(|r| r.stem == *name);
            let message = match other {
                Some(other) => format!(
                    "this file says that it is role `{name}`: uploading it overwrites the role of {}",
                    other.path
                ),
                None => format!("this file says that it is role `{name}`, not `{}`", role.stem),
            };
            let mut finding = Finding::new(message, place.clone()).help(format!(
                "write `{}`, or rename the file after the role",
                role.stem
            ));
            if impact.has_base && impact.touches(place) {
                finding.cause.push(place.clone());
                finding.evidence.push(chain::changed(impact, place));
            }
            if let Some((_, there)) = other.and_then(|o| o.name.as_ref()) {
                finding = finding.evidence(format!("role `{name}` is here"), there.clone());
            }
            finding.nodes = impact
                .nodes
                .values()
                .filter(|n| {
                    n.after.as_ref().is_some_and(|r| {
                        let roles = &r.after.expanded.roles;
                        roles.contains(name) || roles.contains(&role.stem)
                    })
                })
                .map(|n| n.name.clone())
                .collect();
            Some(finding)
        })
        .collect()
}
