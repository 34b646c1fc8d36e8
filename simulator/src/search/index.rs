//! The search index: documents by index name and object name, and the questions put to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use foretaste_parser::query::{Profile, QueryError};
use serde_json::Value as Json;

use super::document::{Document, Kind};
use super::plan::Plan;
use super::truth::Truth;
use crate::convergence::SavedNode;

type Documents = BTreeMap<Arc<str>, Arc<Document>>;

/// What the server's search knows at one moment. Clones share their documents.
#[derive(Clone, Debug)]
pub struct SearchIndex {
    profile: Profile,
    indexes: BTreeMap<Arc<str>, Arc<Documents>>,
}

/// What a search returns.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Documents by name. A real server returns them in no order at all.
    Results {
        certain: Vec<Arc<Document>>,
        /// Those that match or not depending on something unknown.
        maybe: Vec<Arc<Document>>,
    },
    /// The server refuses the query.
    Refused(QueryError),
    /// 404: there is no data bag of this name.
    NoSuchIndex,
}

impl Answer {
    /// Names of the certain results, sorted; empty where there are none or the search is refused.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Results { certain, .. } => certain.iter().map(|d| d.name()).collect(),
            Self::Refused(_) | Self::NoSuchIndex => Vec::new(),
        }
    }
}

/// The indexes that exist without a data bag.
const BUILT_IN: [&str; 4] = ["client", "environment", "node", "role"];

impl SearchIndex {
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        let indexes = BUILT_IN
            .iter()
            .map(|name| (Arc::from(*name), Arc::default()))
            .collect();
        Self { profile, indexes }
    }

    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// The same documents, asked as another program would.
    #[must_use]
    pub fn with_profile(&self, profile: Profile) -> Self {
        Self {
            profile,
            indexes: self.indexes.clone(),
        }
    }

    /// Adds a node, or replaces what it saved before.
    pub fn put_node(&mut self, node: impl Into<Arc<SavedNode>>) {
        self.put("node", Document::node(node.into()));
    }

    /// Adds a role as its JSON has it.
    pub fn put_role(&mut self, name: &str, role: impl Into<Arc<Json>>) {
        self.put("role", Document::object(Kind::Role, name, role.into()));
    }

    pub fn put_environment(&mut self, name: &str, environment: impl Into<Arc<Json>>) {
        self.put(
            "environment",
            Document::object(Kind::Environment, name, environment.into()),
        );
    }

    pub fn put_client(&mut self, name: &str, client: impl Into<Arc<Json>>) {
        self.put(
            "client",
            Document::object(Kind::Client, name, client.into()),
        );
    }

    /// Makes a data bag exist; one without items answers with nothing instead of 404.
    pub fn put_data_bag(&mut self, bag: &str) {
        self.indexes.entry(Arc::from(bag)).or_default();
    }

    /// Adds a data bag item as its file has it.
    pub fn put_item(&mut self, bag: &str, id: &str, item: impl Into<Arc<Json>>) {
        self.put(
            bag,
            Document::object(Kind::Item(Arc::from(bag)), id, item.into()),
        );
    }

    pub fn remove(&mut self, index: &str, name: &str) {
        if let Some(documents) = self.indexes.get_mut(index) {
            Arc::make_mut(documents).remove(name);
        }
    }

    fn put(&mut self, index: &str, document: Document) {
        let documents = self.indexes.entry(Arc::from(index)).or_default();
        Arc::make_mut(documents).insert(document.name_arc(), Arc::new(document));
    }

    /// The documents of an index by name; `None` where the server would say 404.
    pub fn documents(&self, index: &str) -> Option<impl Iterator<Item = &Arc<Document>>> {
        self.indexes.get(index).map(|d| d.values())
    }

    #[must_use]
    pub fn document(&self, index: &str, name: &str) -> Option<&Arc<Document>> {
        self.indexes.get(index)?.get(name)
    }

    /// Answers a query as `search(index, query)` in a recipe gets it; the client's own rewriting is not done here.
    #[must_use]
    pub fn search(&self, index: &str, query: &str) -> Answer {
        match Plan::new(query, self.profile) {
            Ok(plan) => self.run(index, &plan),
            Err(error) => Answer::Refused(error),
        }
    }

    /// Answers a query made ready for this index's profile.
    #[must_use]
    pub fn run(&self, index: &str, plan: &Plan) -> Answer {
        match self.indexes.get(index) {
            None => Answer::NoSuchIndex,
            Some(documents) => collect(documents.values().map(|d| (d, plan.judge(d)))),
        }
    }
}

type Judged<'a> = (&'a Arc<Document>, Result<Truth, QueryError>);

fn collect<'a>(judged: impl Iterator<Item = Judged<'a>>) -> Answer {
    let mut certain = Vec::new();
    let mut maybe = Vec::new();
    for (document, truth) in judged {
        match truth {
            Ok(Truth::Yes) => certain.push(document.clone()),
            Ok(Truth::Maybe) => maybe.push(document.clone()),
            Ok(Truth::No) => {}
            Err(error) => return Answer::Refused(error),
        }
    }
    Answer::Results { certain, maybe }
}

/// When, in the course of a rollout, a search is made. Every node saves at a time of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Before any other node has converged.
    First,
    /// After every node has.
    Settled,
    /// At the unluckiest time: only what matches before and after.
    Worst,
}

/// The index before and after every node has converged once.
#[derive(Clone, Debug)]
pub struct Timeline {
    pub old: SearchIndex,
    pub new: SearchIndex,
}

impl Timeline {
    /// What a search returns at one moment. At the worst one, documents are given as they were before.
    #[must_use]
    pub fn search(&self, moment: Moment, index: &str, query: &str) -> Answer {
        match moment {
            Moment::First => self.old.search(index, query),
            Moment::Settled => self.new.search(index, query),
            Moment::Worst => {
                let plan = match Plan::new(query, self.old.profile) {
                    Ok(plan) => plan,
                    Err(error) => return Answer::Refused(error),
                };
                match (self.old.indexes.get(index), self.new.indexes.get(index)) {
                    (Some(old), Some(new)) => collect(old.iter().map(|(name, document)| {
                        let after = new.get(name).map_or(Ok(Truth::No), |d| plan.judge(d));
                        let truth = after.and_then(|after| Ok(plan.judge(document)?.min(after)));
                        (document, truth)
                    })),
                    _ => Answer::NoSuchIndex,
                }
            }
        }
    }
}
