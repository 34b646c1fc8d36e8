//! Everything that is read: revisions, configuration, inventories. Nothing of a repository is executed.

pub mod config;
mod folder;
mod git;
mod links;
pub mod nodes;
pub mod paths;
pub mod revision;
pub mod side;
pub mod tree;
pub mod what_if;
