//! What a document may hold besides what is known.

use serde_json::{Map, Value as Json};

use super::flatten::SEPARATOR;
use super::pattern::{self, Glob};
use crate::convergence::{AUTOMATIC_KEYS, SavedNode};

/// The attribute name that a test asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    Exact(String),
    /// With wildcards.
    Like(Glob),
    /// Up to so many edits away: a fuzzy search counts the name's letters, too.
    Near(String, usize),
    /// Any part of any value.
    Any,
}

impl Key {
    /// The name in a token without wildcards.
    pub fn of_token(token: &str) -> Self {
        token
            .split_once(SEPARATOR)
            .map_or(Self::Any, |(key, _)| Self::Exact(key.to_string()))
    }

    /// The name in a wildcard pattern.
    pub fn of_pattern(pattern: &str) -> Self {
        let Some((key, _)) = pattern.split_once(SEPARATOR) else {
            return Self::Any;
        };
        let glob = Glob::new(key);
        match glob.literal() {
            Some(literal) => Self::Exact(literal),
            None => Self::Like(glob),
        }
    }
}

/// Whether an unknown value may give a token with some key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MayHold {
    No,
    Yes,
    /// In documents that have no known value under this very name.
    UnlessKnown(String),
}

impl From<bool> for MayHold {
    fn from(b: bool) -> Self {
        if b { Self::Yes } else { Self::No }
    }
}

/// What a document may hold that the simulation does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Unknown {
    /// Full path and last part of attributes without a known value. Such a value may be a hash, but what it would
    /// give under the names of its inner keys alone is not considered: that would make every search undecided.
    attributes: Vec<(String, String)>,
    /// Some hash has keys that are not known, so any attribute's last part may be among them.
    keys: bool,
    /// Everything may be there.
    all: bool,
    /// Nobody exported this node: what the machine itself reports is unknown.
    synthetic: bool,
    /// Top-level attributes that are known to the end.
    settled: Vec<String>,
}

/// As the last part of an unknown path: whatever keys the hash has.
const ANY_KEY: &str = "*";

/// Keys that come from the node object itself, never from what the machine reports.
const OWN: [&str; 11] = [
    "name",
    "chef_type",
    "chef_environment",
    "run_list",
    "recipe",
    "role",
    "tags",
    "policy_name",
    "policy_group",
    "data_bag",
    "json_class",
];

impl Unknown {
    pub fn of(node: &SavedNode) -> Self {
        let mut out = Self {
            synthetic: node.synthetic,
            ..Self::default()
        };
        for path in &node.unknown {
            match path.as_slice() {
                [] => out.all = true,
                [hash @ .., last] if last == ANY_KEY => {
                    out.keys = true;
                    let leaf = hash.last().cloned().unwrap_or_default();
                    out.attributes.push((hash.join("_"), leaf));
                }
                [.., last] => out.attributes.push((path.join("_"), last.clone())),
            }
        }
        if node.synthetic {
            out.settled = [&node.default, &node.normal, &node.r#override]
                .into_iter()
                .flat_map(|level| level.keys().map(str::to_owned))
                .collect();
        }
        out
    }

    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && !self.all && !self.synthetic
    }

    /// Whether an unknown value may give a token with this key.
    pub fn may_hold(&self, key: &Key) -> MayHold {
        if self.all {
            return MayHold::Yes;
        }
        match key {
            Key::Any => (!self.is_empty()).into(),
            Key::Exact(key) => {
                let named = self.attributes.iter().any(|(path, leaf)| {
                    key == path || key == leaf || is_below(key, path) || key_parent(path) == key
                });
                let any = self.keys || (self.synthetic && self.may_be_reported(key));
                if !named && any && !OWN.contains(&key.as_str()) {
                    MayHold::UnlessKnown(key.clone())
                } else {
                    named.into()
                }
            }
            Key::Near(key, edits) => {
                let letters: Vec<char> = key.chars().collect();
                let near = |other: &str| {
                    let other: Vec<char> = other.chars().collect();
                    pattern::within(&other, &letters, *edits)
                };
                if self
                    .attributes
                    .iter()
                    .any(|(path, leaf)| near(path) || near(leaf))
                {
                    MayHold::Yes
                } else {
                    self.may_hold(&Key::Exact(key.clone()))
                }
            }
            Key::Like(glob) => {
                let prefix = glob.prefix();
                let may = self.keys
                    || self.attributes.iter().any(|(path, leaf)| {
                        glob.matches(path)
                            || glob.matches(leaf)
                            || prefix.starts_with(path.as_str())
                            || path.starts_with(&prefix)
                    })
                    || (self.synthetic && self.may_be_reported_like(&prefix));
                may.into()
            }
        }
    }

    /// Whether the machine itself reports an attribute of this name.
    fn may_be_reported(&self, key: &str) -> bool {
        let reported = AUTOMATIC_KEYS
            .iter()
            .any(|top| key == *top || is_below(key, top));
        reported && !self.is_settled(key)
    }

    /// Whether the machine itself reports an attribute whose name begins like this.
    fn may_be_reported_like(&self, prefix: &str) -> bool {
        let reported = AUTOMATIC_KEYS
            .iter()
            .any(|top| top.starts_with(prefix) || is_below(prefix, top));
        reported && !self.is_settled(prefix)
    }

    fn is_settled(&self, key: &str) -> bool {
        OWN.contains(&key)
            || self
                .settled
                .iter()
                .any(|top| key == top || is_below(key, top))
    }
}

/// Whether a key is inside the attribute at `path`.
fn is_below(key: &str, path: &str) -> bool {
    key.strip_prefix(path)
        .is_some_and(|rest| rest.starts_with('_'))
}

/// The keys of a hash are values of its path, so an unknown attribute is also an unknown value one step up.
fn key_parent(path: &str) -> &str {
    path.rsplit_once('_').map_or("", |(parent, _)| parent)
}

/// Takes away the values that are not known, as if they were not there.
pub fn strip(json: &mut Map<String, Json>, unknown: &[Vec<String>]) {
    for path in unknown {
        let Some((last, parents)) = path.split_last() else {
            json.clear();
            return;
        };
        let mut at = Some(&mut *json);
        for key in parents {
            at = at
                .and_then(|map| map.get_mut(key))
                .and_then(Json::as_object_mut);
        }
        let Some(map) = at else {
            continue;
        };
        if last == ANY_KEY {
            // What is known of a node that has never converged stays beside what is not.
            if !parents.is_empty() {
                map.clear();
            }
        } else if let Some(value) = map.get_mut(last) {
            // An empty array gives nothing itself, but its key is still a value of the hash.
            *value = Json::Array(Vec::new());
        }
    }
}
