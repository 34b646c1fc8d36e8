//! One indexed object.

use std::sync::{Arc, OnceLock};

use foretaste_parser::query::Query;
use serde_json::Value as Json;

use super::merge;
use super::truth::Truth;
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
    origin: Origin,
    json: OnceLock<Arc<Json>>,
}

impl Document {
    #[must_use]
    pub fn node(node: Arc<SavedNode>) -> Self {
        Self {
            kind: Kind::Node,
            name: Arc::from(node.name.as_str()),
            origin: Origin::Node(node),
            json: OnceLock::new(),
        }
    }

    #[must_use]
    pub fn object(kind: Kind, name: &str, json: Arc<Json>) -> Self {
        Self {
            kind,
            name: Arc::from(name),
            origin: Origin::Object(json),
            json: OnceLock::new(),
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

    /// What is indexed and what `filter_result` looks into: for a node its merged attributes and top-level keys.
    pub fn json(&self) -> &Arc<Json> {
        self.json.get_or_init(|| match &self.origin {
            Origin::Node(node) => Arc::new(Json::Object(merge::server(node))),
            Origin::Object(json) => match &self.kind {
                Kind::Item(bag) => Arc::new(merge::item(json, bag)),
                Kind::Role => Arc::new(merge::role(json)),
                _ => json.clone(),
            },
        })
    }

    /// Whether this document is among a query's results.
    #[must_use]
    pub fn matches(&self, query: &Query) -> Truth {
        let _ = query;
        Truth::Maybe
    }
}
