//! Small repositories, and what the simulated run makes of them.

mod attributes;
mod custom;
mod introspection;
mod model;
mod objects;
mod paging;
mod resources;
mod world;

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::json;

use super::Options;
use crate::convergence::{Convergence, Resource, SavedNode};
use crate::repository::{Files, Layout, ParseCache, Repository};
use crate::ruby::budget::with_stack;
use crate::search::{Profile, SearchIndex};
use crate::simulation::IndexView;

/// A node that Ohai has described.
pub fn node() -> SavedNode {
    let automatic = json!({
        "platform": "ubuntu", "platform_family": "debian", "platform_version": "22.04", "os": "linux",
        "fqdn": "n1.example.net", "hostname": "n1", "ipaddress": "10.0.0.1", "kernel": { "machine": "x86_64" },
        "cpu": { "total": 2 }, "virtualization": { "systems": {} }
    });
    SavedNode {
        name: "n1".to_owned(),
        chef_environment: "_default".to_owned(),
        run_list: vec!["recipe[a]".to_owned()],
        automatic: automatic.as_object().cloned().unwrap_or_default().into(),
        ..SavedNode::default()
    }
}

/// Converges a node in a repository of these files; cookbook `a` has its metadata without being told.
pub fn converge_as(node: &SavedNode, files: &[(&str, &str)], options: &Options) -> Convergence {
    let metadata = ("cookbooks/a/metadata.rb", "name 'a'\nversion '1.0.0'\n");
    let mut all = Files::default();
    for (path, text) in std::iter::once(&metadata).chain(files) {
        all.0
            .insert((*path).into(), text.as_bytes().to_vec().into());
    }
    let layout = Layout::detect(&all);
    let repository = Arc::new(Repository::new(
        all,
        layout,
        Arc::new(ParseCache::default()),
    ));
    let mut index = SearchIndex::new(Profile::Server);
    super::index_objects(&repository, &mut index);
    index.put_node(node.clone());
    with_stack(|| super::converge(&repository, node, IndexView::Now(&index), options))
}

/// Converges the default recipe of cookbook `a` and shows the result.
pub fn recipe(code: &str) -> String {
    files(&[("cookbooks/a/recipes/default.rb", code)])
}

/// Converges the files of a repository and shows the result.
pub fn files(files: &[(&str, &str)]) -> String {
    show(&converge_as(&node(), files, &Options::default()))
}

/// Resources with their properties, rendered files, what failed and what stayed undetermined.
pub fn show(result: &Convergence) -> String {
    let mut out = String::new();
    for resource in &result.resources {
        show_resource(resource, 0, &mut out);
    }
    for (path, file) in &result.files {
        let _ = writeln!(out, "{path}: {:?}", file.display());
    }
    if let Some(failure) = &result.failure {
        let place = failure.location.as_ref().map(ToString::to_string);
        let place = place.unwrap_or_default();
        let _ = writeln!(
            out,
            "{}: {} at {place}",
            failure.class,
            failure.message.trim_end()
        );
    }
    for gap in &result.undetermined {
        let _ = writeln!(out, "{:?}: {}", gap.kind, gap.reason);
    }
    out
}

fn show_resource(resource: &Resource, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    let action = resource.action.join(",");
    let _ = write!(out, "{pad}{}[{}] {action}", resource.r#type, resource.name);
    for (name, value) in &resource.properties {
        if value.as_str() != Some(&resource.name) {
            let _ = write!(out, " {name}={value}");
        }
    }
    for notification in &resource.notifies {
        let (timing, action) = (&notification.timing, &notification.action);
        let _ = write!(out, " {timing}:{action}->{}", notification.target);
    }
    if let Some(reason) = &resource.conditional {
        let _ = write!(out, " if {reason}");
    }
    out.push('\n');
    for child in &resource.children {
        show_resource(child, depth + 1, out);
    }
}
