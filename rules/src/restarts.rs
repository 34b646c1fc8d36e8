//! What a change restarts: what rules on restarts share.

use std::collections::BTreeSet;

use foretaste_parser::source::Location;
use foretaste_simulator::convergence::Resource;
use foretaste_simulator::impact::{Impact, NodeImpact, Suspects};

/// A service that a changed file stops for a moment.
pub(crate) struct Restart<'i> {
    pub service: &'i str,
    pub file: &'i str,
    pub place: &'i Location,
}

/// Restarts and stops that files with another text than before lead to, in a converge that succeeds.
pub(crate) fn restarts(node: &NodeImpact) -> Vec<Restart<'_>> {
    let (Some(before), Some(run)) = (&node.before, &node.after) else {
        return Vec::new();
    };
    let after = &run.after;
    if after.failure.is_some() {
        return Vec::new();
    }
    let mut out = Vec::new();
    for (path, file) in &after.files {
        // A file that is new may come with a service that is new.
        let is_changed = before.files.get(path).is_some_and(|b| b.text != file.text);
        if !is_changed || file.conditional.is_some() || !file.holes.is_empty() {
            continue;
        }
        for resource in after.resources.iter().filter(|r| writes(r, &file.resource)) {
            for notification in &resource.notifies {
                let service = notification.target.strip_prefix("service[");
                if let (Some(service), "restart" | "stop") = (
                    service.and_then(|s| s.strip_suffix(']')),
                    notification.action.as_str(),
                ) {
                    out.push(Restart {
                        service,
                        file: path,
                        place: &notification.location,
                    });
                }
            }
        }
    }
    out
}

fn writes(resource: &Resource, declared: &str) -> bool {
    declared
        .strip_prefix(resource.r#type.as_str())
        .and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'))
        .is_some_and(|name| name == resource.name)
}

/// The changed lines that make nodes restart a service.
pub(crate) fn cause(
    impact: &Impact,
    nodes: &BTreeSet<&str>,
    restart: &Restart<'_>,
) -> Vec<Location> {
    let mut suspects = Suspects::default();
    suspects.nodes.extend(nodes.iter().map(|n| (*n).to_owned()));
    let file = nodes.iter().find_map(|n| {
        let run = impact.nodes.get(*n)?.after.as_ref()?;
        run.after.files.get(restart.file)
    });
    if let Some(file) = file {
        suspects.places.push(file.location.clone());
        suspects
            .places
            .extend(file.origins.iter().map(|o| o.location.clone()));
    }
    suspects.places.push(restart.place.clone());
    suspects.speak_of(restart.file);
    impact.blame(&suspects)
}
