//! A revision with its nodes: all that one side of a change needs.

use std::path::PathBuf;
use std::sync::Arc;

use foretaste_simulator::change;
use foretaste_simulator::repository::ParseCache;

use super::config::{Config, FILE, clean};
use super::nodes::{Nodes, nodes};
use super::revision::{Revision, Source};
use super::tree::Shared;
use crate::error::Failure;
use crate::gate::Side;
use crate::render::paint::count;

/// Reads sides; what two of them share is read and parsed once.
pub struct Loader<'a> {
    source: &'a Source,
    config: &'a Config,
    inventory: Vec<PathBuf>,
    shared: Shared,
    cache: Arc<ParseCache>,
}

impl<'a> Loader<'a> {
    /// `inventory` are the paths of node objects that arguments name.
    #[must_use]
    pub fn new(source: &'a Source, config: &'a Config, inventory: Vec<PathBuf>) -> Self {
        Self {
            source,
            config,
            inventory,
            shared: Shared::default(),
            cache: Arc::default(),
        }
    }

    /// Reads a revision and its nodes, with what there is to say about them.
    ///
    /// # Errors
    /// Files, objects or inventories that cannot be read.
    pub fn side(&mut self, revision: &Revision) -> Result<(Side, Vec<String>), Failure> {
        let loaded = self
            .source
            .load(revision, self.config, &mut self.shared, &self.cache)?;
        let nodes = nodes(&loaded, self.config, &self.source.root, &self.inventory)?;
        let mut notes = notes(&nodes);
        for folder in self.config.folders() {
            let path = clean(folder);
            let files = &loaded.repository.files;
            if !path.is_empty() && files.below(&path).next().is_none() {
                notes.push(format!(
                    "{FILE} names the folder `{folder}`, and nothing is there in {revision}"
                ));
            }
        }
        let side = Side {
            name: revision.to_string(),
            revision: change::Revision {
                repository: Arc::new(loaded.repository),
                inventory: nodes.inventory,
            },
            unread: loaded.unread,
        };
        Ok((side, notes))
    }
}

fn notes(nodes: &Nodes) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(made) = &nodes.synthesized {
        notes.push(format!(
            "{} made up, {}, on {} {}: what real machines say of themselves is unknown. Give real node objects with \
             --inventory, nodes/ or foretaste.toml.",
            count(made.nodes, "node is", "nodes are"),
            made.of,
            made.platform.name,
            made.platform.version
        ));
    }
    notes
}
