//! What an incident holds.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Expect;

/// Files by their path from the tree's root, with `/` on every system.
pub type Tree = BTreeMap<String, Vec<u8>>;

/// A change to a repository, what it did to whom, and what must be said about it beforehand.
#[derive(Clone, Debug)]
pub struct Incident {
    /// The folder's name; for a twin, `<slug>/<name>`.
    pub slug: String,
    pub title: String,
    /// None for a twin: nothing happened.
    pub story: Option<Story>,
    /// Set for a twin: the slug of the incident that this change only looks like.
    pub harmless_twin_of: Option<String>,
    pub before: Tree,
    /// The whole tree after the change, not only what it touches.
    pub after: Tree,
    /// Node objects as saved; empty where the trees keep them in `nodes/`.
    pub inventory: Tree,
    /// Findings that must be there. Empty for a twin, about which nothing may be found.
    pub expect: Vec<Expect>,
}

impl Incident {
    /// Whether nothing may be found.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.expect.is_empty()
    }
}

/// The incident as it was lived, in our words, and what was made of it here.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    pub happened: String,
    /// Where it was told.
    pub source: String,
    /// How it was noticed.
    pub detection: String,
    /// How customers were served again.
    pub recovery: String,
    /// What keeps it from happening again.
    pub prevention: String,
    /// What to do when it happens all the same.
    pub response: String,
    /// What of the real mechanism this case keeps.
    pub kept: String,
    /// What it changes.
    pub changed: String,
}
