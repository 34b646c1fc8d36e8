//! `[[format]]` and `[[haproxy]]`: what reads the files of nodes.

use foretaste_parser::formats::{Format, Override};
use foretaste_parser::haproxy::Version;
use foretaste_parser::nearest::nearest;
use foretaste_simulator::readers::{HaproxyFiles, HaproxyNodes, Readers};
use toml::Spanned;

use super::Reader;
use super::keys::{HaproxyKeys, Keys};
use crate::error::Failure;

impl Reader<'_> {
    /// # Errors
    /// A format that does not exist, a path or nodes that nothing fits, a version that is none or of nothing.
    pub(super) fn readers(&self, keys: &Keys) -> Result<Readers, Failure> {
        let mut formats = Vec::new();
        for (pattern, name) in &keys.formats {
            formats.push(Override {
                pattern: pattern.clone(),
                format: self.format(name)?,
            });
        }
        for keys in &keys.format_of {
            if !keys.path.as_ref().starts_with(['/', '*']) {
                return Err(self
                    .refuse(&keys.path, "no file on a node has this path")
                    .help("write the whole path: \"/srv/lb/**.conf\""));
            }
            formats.push(Override {
                pattern: keys.path.as_ref().clone(),
                format: self.format(&keys.format)?,
            });
        }
        let mut readers = Readers {
            formats,
            ..Readers::default()
        };
        for keys in &keys.haproxy {
            self.haproxy(keys, &mut readers)?;
        }
        Ok(readers)
    }

    fn format(&self, name: &Spanned<String>) -> Result<Format, Failure> {
        Format::from_name(name.as_ref()).ok_or_else(|| {
            let failure = self.refuse(name, format!("`{}` is no format", name.as_ref()));
            match nearest(name.as_ref(), Format::ALL.iter().map(|f| f.as_str())) {
                Some(meant) => failure.help(format!("did you mean `{meant}`?")),
                None => failure.help("docs/formats.md lists the formats"),
            }
        })
    }

    fn haproxy(&self, keys: &HaproxyKeys, readers: &mut Readers) -> Result<(), Failure> {
        let said = keys.version.as_ref();
        let version = Version::parse(said)
            .filter(|v| v.is_known())
            .ok_or_else(|| {
                self.refuse(
                    &keys.version,
                    format!("`{said}` is no version that is known"),
                )
                .help(format!(
                    "write a branch from {} to {}, as \"2.8\"",
                    Version::OLDEST,
                    Version::NEWEST
                ))
            })?;
        if keys.nodes.is_none() && keys.path.is_none() {
            return Err(self
                .refuse(&keys.version, "a version of nothing")
                .help("add `nodes`, or `path` for files of the repository"));
        }
        if let Some(nodes) = &keys.nodes {
            if nodes.as_ref().is_empty() {
                return Err(self
                    .refuse(nodes, "no node has this name")
                    .help("write a name with `*` for any text, or \"role[NAME]\""));
            }
            readers.haproxy.push(HaproxyNodes {
                nodes: nodes.as_ref().clone(),
                version,
            });
        }
        if let Some(path) = &keys.path {
            if path.as_ref().is_empty() || path.as_ref().starts_with('/') {
                return Err(self
                    .refuse(path, "no file of the repository has this path")
                    .help("write it from the root of the repository: \"cookbooks/edge/**\""));
            }
            readers.haproxy_files.push(HaproxyFiles {
                path: path.as_ref().clone(),
                version,
            });
        }
        Ok(())
    }
}
