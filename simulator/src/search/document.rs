//! One indexed object.

use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value as Json};

use super::flatten::{Expanded, SEPARATOR};
use super::merge::{self, Merged};
use super::pairs::Pairs;
use super::unknown::{self, Key, MayHold, Unknown};
use super::zero::{Flat, View};
use crate::convergence::SavedNode;

/// What kind of object a document is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Node,
    Role,
    Environment,
    Client,
    /// Of the data bag of this name.
    Item(Arc<str>),
}

#[derive(Debug)]
enum Origin {
    Node(Arc<SavedNode>),
    Object(Arc<Json>),
}

/// An object as the index holds it. What a query needs is made ready once, when first asked for.
#[derive(Debug)]
pub struct Document {
    kind: Kind,
    name: Arc<str>,
    /// A server's ids are random. Ours depend on the name, so that runs repeat.
    id: Box<str>,
    origin: Origin,
    expanded: OnceLock<Expanded>,
    flat: OnceLock<Flat>,
    unknown: Unknown,
}

/// The organisation that every object is said to be of.
const DATABASE: &str = "chef_00000000000000000000000000000001";

impl Document {
    #[must_use]
    pub fn node(node: Arc<SavedNode>) -> Self {
        Self {
            kind: Kind::Node,
            name: Arc::from(node.name.as_str()),
            id: id(&node.name),
            unknown: Unknown::of(&node),
            origin: Origin::Node(node),
            expanded: OnceLock::new(),
            flat: OnceLock::new(),
        }
    }

    #[must_use]
    pub fn object(kind: Kind, name: &str, json: Arc<Json>) -> Self {
        Self {
            kind,
            name: Arc::from(name),
            id: id(name),
            origin: Origin::Object(json),
            expanded: OnceLock::new(),
            flat: OnceLock::new(),
            unknown: Unknown::default(),
        }
    }

    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The node's or object's name, or the item's id.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn name_arc(&self) -> Arc<str> {
        self.name.clone()
    }

    /// The node as it was saved; `None` for other kinds.
    #[must_use]
    pub fn saved(&self) -> Option<&Arc<SavedNode>> {
        match &self.origin {
            Origin::Node(node) => Some(node),
            Origin::Object(_) => None,
        }
    }

    /// What is indexed and what `filter_result` looks into: for a node its merged attributes and top-level keys. Put
    /// together at each call: see [`Self::key`].
    #[must_use]
    pub fn json(&self) -> Arc<Json> {
        match &self.origin {
            Origin::Node(node) => Arc::new(Json::Object(merge::server(node))),
            Origin::Object(json) => match &self.kind {
                Kind::Item(bag) => Arc::new(merge::item(json, bag)),
                Kind::Role => Arc::new(merge::role(json)),
                _ => json.clone(),
            },
        }
    }

    /// One top-level key of it, without putting the rest together.
    #[must_use]
    pub fn key(&self, key: &str) -> Option<Json> {
        match &self.origin {
            Origin::Node(node) => merge::server_key(node, key),
            Origin::Object(_) => self.json().get(key).cloned(),
        }
    }

    /// The names of its top-level keys, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        match &self.origin {
            Origin::Node(node) => merge::server_keys(node)
                .map(|(key, _)| key.to_owned())
                .collect(),
            Origin::Object(_) => {
                let json = self.json();
                let keys = json.as_object().into_iter().flat_map(Map::keys);
                keys.cloned().collect()
            }
        }
    }

    /// The indexed text of the server's profiles.
    #[must_use]
    pub fn content(&self) -> &str {
        self.expanded().content()
    }

    pub(super) fn expanded(&self) -> &Expanded {
        self.expanded.get_or_init(|| {
            let mut pairs = Pairs::default();
            self.pairs(&mut pairs);
            Expanded::new(pairs)
        })
    }

    /// A value of several words that begins with this one, where the document has no value that is the word alone.
    pub(super) fn value_beginning(&self, field: &str, word: &str) -> Option<String> {
        let wanted = format!("{field}{SEPARATOR}{word}");
        let mut longer: Option<String> = None;
        let mut inside = false;
        self.expanded().tokens().for_each(|token| {
            if token == wanted {
                inside = longer.is_none();
                longer.get_or_insert_with(|| word.to_string());
            } else if token.contains(SEPARATOR) {
                inside = false;
            } else if inside && let Some(value) = &mut longer {
                value.push(' ');
                value.push_str(token);
            }
        });
        longer.filter(|value| value != word)
    }

    /// Adds this document's pairs to those of others, without keeping what that takes.
    pub(super) fn pairs(&self, out: &mut Pairs) {
        let extra = [
            ("X_CHEF_database_CHEF_X", DATABASE),
            ("X_CHEF_id_CHEF_X", &*self.id),
            ("X_CHEF_type_CHEF_X", self.type_name()),
        ];
        for (key, value) in extra {
            out.pair(key, value);
        }
        match &self.origin {
            // Most documents are only searched, so the merged attributes are not kept.
            Origin::Node(node) if node.unknown.is_empty() => {
                let mut joined = Map::new();
                for (key, value) in merge::server_keys(node) {
                    match value {
                        Merged::Alone(value) => out.key(key, value),
                        Merged::Joined(value) => {
                            joined.insert(key.to_owned(), value);
                        }
                    }
                }
                out.object(&joined);
            }
            Origin::Node(node) => {
                let mut map = merge::server(node);
                unknown::strip(&mut map, &node.unknown);
                out.object(&map);
            }
            Origin::Object(_) => {
                if let Some(map) = self.json().as_object() {
                    out.object(map);
                }
            }
        }
        out.end();
    }

    pub(super) fn zero(&self) -> View<'_> {
        View {
            flat: self.flat.get_or_init(|| self.flatten()),
            document: self,
        }
    }

    /// Lends chef-zero's form, without keeping it where it was not kept already.
    pub(super) fn with_flat(&self, read: impl FnOnce(&Flat)) {
        match self.flat.get() {
            Some(kept) => read(kept),
            None => read(&self.flatten()),
        }
    }

    fn flatten(&self) -> Flat {
        let map = match &self.origin {
            Origin::Node(node) => {
                let mut map = merge::zero(node);
                unknown::strip(&mut map, &node.unknown);
                map
            }
            Origin::Object(json) => merge::zero_object(json, &self.kind, &self.name),
        };
        Flat::new(&map, &self.name)
    }

    pub(super) fn unknown(&self) -> &Unknown {
        &self.unknown
    }

    /// Whether a value that is not known may give a token with this key.
    pub(super) fn may_hold(&self, key: &Key) -> bool {
        match self.unknown.may_hold(key) {
            MayHold::No => false,
            MayHold::Yes => true,
            MayHold::UnlessKnown(key) => !self.expanded().has_key(&key),
        }
    }

    /// The fields besides the text in which OpenSearch looks for bare words.
    pub(super) fn keywords(&self) -> impl Iterator<Item = &str> {
        let bag = match &self.kind {
            Kind::Item(bag) => Some(&**bag),
            _ => None,
        };
        bag.into_iter()
            .chain([&*self.id, self.type_name(), DATABASE])
    }

    fn type_name(&self) -> &str {
        match &self.kind {
            Kind::Node => "node",
            Kind::Role => "role",
            Kind::Environment => "environment",
            Kind::Client => "client",
            Kind::Item(_) => "data_bag_item",
        }
    }

    /// One value of a row that `filter_result` asks for: null where the path leads nowhere.
    #[must_use]
    pub fn pick<S: AsRef<str>>(&self, path: &[S]) -> Json {
        let Some((first, rest)) = path.split_first() else {
            return Json::clone(&self.json());
        };
        let mut at = self.key(first.as_ref()).unwrap_or_default();
        for key in rest {
            at = match at {
                Json::Object(mut map) => map.swap_remove(key.as_ref()).unwrap_or_default(),
                Json::Null => return Json::Null,
                _ => return "ERROR - Attribute does not exist".into(),
            };
        }
        at
    }
}

/// An object's id: the organisation's twelve digits, then what would be random.
fn id(name: &str) -> Box<str> {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!(
        "000000000001{:020x}",
        u128::from(hash) << 16 | u128::from(hash >> 48)
    )
    .into()
}
