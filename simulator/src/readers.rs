//! The programs that read the files of nodes: which format a file has, and which version of HAProxy a node runs.

use foretaste_parser::formats::{Format, Override, format_with, matches_pattern};
use foretaste_parser::haproxy::Version;

use crate::convergence::{Convergence, Resource};

/// The user's word on what reads the files of nodes.
#[derive(Clone, Debug, Default)]
pub struct Readers {
    /// The formats of paths.
    pub formats: Vec<Override>,
    /// The versions of HAProxy on nodes; the first that fits a node counts.
    pub haproxy: Vec<HaproxyNodes>,
    /// The versions that files of the repository are written for; the first that fits a path counts.
    pub haproxy_files: Vec<HaproxyFiles>,
}

/// Files of the repository that are written for a version of HAProxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HaproxyFiles {
    /// A path, or a pattern in which `*` stands for any text within a path and `**` for any text.
    pub path: String,
    pub version: Version,
}

/// Nodes that run a version of HAProxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HaproxyNodes {
    /// A node's name, in which `*` stands for any text, or `role[NAME]` for all that have the role.
    pub nodes: String,
    pub version: Version,
}

impl HaproxyNodes {
    fn has(&self, run: &Convergence) -> bool {
        let role = self.nodes.strip_prefix("role[");
        match role.and_then(|r| r.strip_suffix(']')) {
            Some(role) => run.expanded.roles.iter().any(|r| r == role),
            None => matches_pattern(&self.nodes, &run.node),
        }
    }
}

impl Readers {
    /// The format of a file on a node.
    #[must_use]
    pub fn format(&self, path: &str, text: &str) -> Option<Format> {
        let first = text
            .as_bytes()
            .get(..text.len().min(128))
            .unwrap_or_default();
        format_with(&self.formats, path, first)
    }

    /// The version of HAProxy on the node of a run: what the user says, else that of the package which the run
    /// installs, else the usual one.
    #[must_use]
    pub fn haproxy(&self, run: &Convergence) -> Version {
        let said = self.haproxy.iter().find(|h| h.has(run));
        said.map(|h| h.version)
            .or_else(|| run.resources.iter().find_map(|r| package(r)))
            .unwrap_or_default()
    }
}

impl Readers {
    /// The version of HAProxy that a file of the repository is for, of which no node is known: what the user says of its
    /// path, else of all nodes, else the usual one.
    #[must_use]
    pub fn haproxy_of_file(&self, path: &str) -> Version {
        let files = self
            .haproxy_files
            .iter()
            .find(|h| matches_pattern(&h.path, path))
            .map(|h| h.version);
        let every = || self.haproxy.iter().find(|h| h.nodes == "*");
        files
            .or_else(|| every().map(|h| h.version))
            .unwrap_or_default()
    }
}

/// The version of HAProxy that a resource or one inside it installs.
fn package(resource: &Resource) -> Option<Version> {
    let own = || {
        let is_package = resource.r#type == "package" || resource.r#type.ends_with("_package");
        let property = |name: &str| resource.properties.get(name).and_then(|v| v.as_str());
        let name = property("package_name").unwrap_or(&resource.name);
        let installs = resource
            .action
            .iter()
            .any(|a| matches!(a.as_str(), "install" | "upgrade"));
        (is_package && name == "haproxy" && installs)
            .then(|| Version::parse(property("version")?))
            .flatten()
    };
    own().or_else(|| resource.children.iter().find_map(|r| package(r)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use foretaste_parser::source::Location;
    use serde_json::json;

    use super::*;
    use crate::convergence::ExpandedRunList;

    fn run(package: &str, action: &str) -> Convergence {
        let resource = Resource {
            r#type: "apt_package".into(),
            name: package.to_owned(),
            action: vec![action.to_owned()],
            properties: [("version".to_owned(), json!("1:2.8.5-1ubuntu3"))].into(),
            notifies: vec![],
            conditional: None,
            location: Location::line("r.rb", 1),
            children: vec![],
        };
        Convergence {
            node: "lb1.example.com".into(),
            expanded: ExpandedRunList {
                roles: vec!["edge".into()],
                recipes: vec![],
            },
            resources: vec![Arc::new(resource)],
            ..Convergence::default()
        }
    }

    fn version(said: &[(&str, u16)], run: &Convergence) -> String {
        let haproxy = said.iter().map(|(nodes, minor)| HaproxyNodes {
            nodes: (*nodes).to_owned(),
            version: Version::new(3, *minor),
        });
        let readers = Readers {
            haproxy: haproxy.collect(),
            ..Readers::default()
        };
        readers.haproxy(run).to_string()
    }

    #[test]
    fn the_package_tells_the_version_where_nobody_else_does() {
        assert_eq!(version(&[], &run("haproxy", "install")), "2.8");
        assert_eq!(version(&[], &run("haproxy", "remove")), "2.6");
        assert_eq!(version(&[], &run("haproxyctl", "install")), "2.6");
        assert_eq!(version(&[("lb*", 1)], &run("haproxy", "install")), "3.1");
    }

    #[test]
    fn the_first_set_of_nodes_that_fits_counts() {
        let run = run("nginx", "install");
        assert_eq!(version(&[("web*", 1), ("*", 2)], &run), "3.2");
        assert_eq!(version(&[("role[edge]", 0), ("lb*", 1)], &run), "3.0");
        assert_eq!(version(&[("role[edg]", 0), ("lb1", 1)], &run), "2.6");
    }
}
