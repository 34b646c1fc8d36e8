//! The inventory of a revision: files that are named, else the repository's own node objects, else its roles.

use std::path::{Path, PathBuf};

use foretaste_simulator::chef::platform::facts;
use foretaste_simulator::inventory::{Inventory, Platform};
use foretaste_simulator::repository::Repository;

use super::config::{Config, Synthesize};
use super::revision::Loaded;
use super::tree::UnreadKind;
use crate::error::Failure;

/// Where an inventory's nodes came from.
#[derive(Debug, Default)]
pub struct Nodes {
    pub inventory: Inventory,
    pub synthesized: Option<Synthesized>,
}

/// Nodes that were made up, for want of real ones.
#[derive(Debug)]
pub struct Synthesized {
    pub nodes: usize,
    /// `one for each role`.
    pub of: &'static str,
    pub platform: Platform,
}

/// Collects the nodes of a revision.
///
/// # Errors
/// Inventory files that cannot be read. What they hold wrongly is a problem of the inventory.
pub fn nodes(
    loaded: &Loaded,
    config: &Config,
    root: &Path,
    arguments: &[PathBuf],
) -> Result<Nodes, Failure> {
    let repository = &loaded.repository;
    let mut inventory = Inventory::default();
    let keys = &config.keys.inventory;
    let platform = config.platform.clone();
    let platform = platform
        .or_else(|| Platform::from_kitchen(&repository.files))
        .unwrap_or_default();
    // Paths of the configuration are relative to the repository, those of arguments to the current folder.
    let configured = keys.paths.iter().map(|p| root.join(p));
    let named: Vec<PathBuf> = if arguments.is_empty() {
        configured.collect()
    } else {
        arguments.to_vec()
    };
    for path in &named {
        add_path(&mut inventory, path)?;
    }
    if named.is_empty() {
        for path in repository.files.below(&repository.layout.nodes) {
            let unread = loaded.unread.get(path);
            if path.ends_with(".json")
                && unread.is_none_or(|u| u.kind == UnreadKind::Lossy)
                && let Some(bytes) = repository.files.get(path)
            {
                inventory.add_json(path, bytes);
            }
        }
    }
    for (entry, location) in &config.nodes {
        inventory.add_entry(entry, &platform, Some(location.clone()));
    }
    // What a hand-written node object does not say of its machine is assumed only where somebody says what to assume.
    if config.platform.is_some() {
        for node in inventory.nodes.values_mut().filter(|n| n.synthetic) {
            if !node.automatic.contains_key("platform") {
                node.automatic
                    .edit(|known| known.extend(facts(&platform.name, Some(&platform.version))));
            }
        }
    }
    let is_asked = match keys.synthesize {
        Some(Synthesize::Roles) => true,
        Some(Synthesize::Never) => false,
        // A repository without any node gets an answer on its first day.
        None => inventory.nodes.is_empty() && inventory.problems.is_empty(),
    };
    let made = is_asked.then(|| synthesize(&mut inventory, repository, platform));
    Ok(Nodes {
        inventory,
        synthesized: made.flatten(),
    })
}

/// Makes nodes of roles; where there are none, of policies or of the one cookbook.
fn synthesize(
    inventory: &mut Inventory,
    repository: &Repository,
    platform: Platform,
) -> Option<Synthesized> {
    type Add = fn(&mut Inventory, &Repository, &Platform) -> usize;
    let ways: [(&str, Add); 3] = [
        ("one for each role", Inventory::add_roles),
        ("one for each policy", Inventory::add_policies),
        ("for the cookbook's default recipe", Inventory::add_cookbook),
    ];
    ways.into_iter().find_map(|(of, add)| {
        let nodes = add(inventory, repository, &platform);
        (nodes > 0).then(|| Synthesized {
            nodes,
            of,
            platform: platform.clone(),
        })
    })
}

/// Adds a file of node objects, or all `*.json` of a folder.
fn add_path(inventory: &mut Inventory, path: &Path) -> Result<(), Failure> {
    let failed = |e| Failure::unreadable(path, &e);
    if path.is_dir() {
        let mut files: Vec<PathBuf> = std::fs::read_dir(path)
            .map_err(failed)?
            .filter_map(|entry| entry.ok().map(|e| e.path()))
            .filter(|p| p.extension().is_some_and(|e| e == "json") && p.is_file())
            .collect();
        files.sort();
        for file in files {
            add_path(inventory, &file)?;
        }
        return Ok(());
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    inventory.add_json(&path.display().to_string(), &bytes);
    Ok(())
}
