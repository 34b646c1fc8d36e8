//! The search index: documents by index name and object name, and the questions put to it.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};

use foretaste_parser::query::{Profile, QueryError};
use serde_json::Value as Json;

use super::document::{Document, Kind};
use super::documents::Documents;
use super::engine::{Engine, Family};
use super::hits::Hits;
use super::plan::Plan;
use super::truth::Truth;
use crate::convergence::SavedNode;

/// What the server's search knows at one moment. Clones share their documents and what is indexed of them.
#[derive(Clone, Debug)]
pub struct SearchIndex {
    profile: Profile,
    threads: NonZeroUsize,
    indexes: BTreeMap<Arc<str>, Arc<Store>>,
}

/// The documents of one index, and engines over them that are made when first asked. Copied only to be changed.
#[derive(Clone, Debug, Default)]
struct Store {
    documents: Documents,
    text: Made,
    zero: Made,
}

/// An engine, or the one of an earlier state of the documents to make it from.
#[derive(Debug, Default)]
struct Made {
    now: OnceLock<Engine>,
    earlier: Option<Earlier>,
}

/// An engine over earlier documents, and the names under which there are others by now.
#[derive(Clone, Debug)]
struct Earlier {
    engine: Engine,
    changed: BTreeSet<Arc<str>>,
}

/// As it is to make the engine of other documents from.
impl Clone for Made {
    fn clone(&self) -> Self {
        let now = self.now.get().map(|engine| Earlier {
            engine: engine.clone(),
            changed: BTreeSet::new(),
        });
        Self {
            now: OnceLock::new(),
            earlier: now.or_else(|| self.earlier.clone()),
        }
    }
}

impl Made {
    /// Notes that the document of this name will be another one.
    fn change(&mut self, name: &Arc<str>) {
        if let Some(engine) = self.now.take() {
            self.earlier = Some(Earlier {
                engine,
                changed: BTreeSet::new(),
            });
        }
        if let Some(earlier) = &mut self.earlier {
            earlier.changed.insert(name.clone());
        }
    }
}

impl Store {
    /// Sets a document, or takes it away.
    fn put(&mut self, name: Arc<str>, document: Option<Arc<Document>>) {
        self.text.change(&name);
        self.zero.change(&name);
        self.documents.put(name, document);
    }

    fn engine(&self, family: Family, threads: NonZeroUsize) -> &Engine {
        let made = match family {
            Family::Text => &self.text,
            Family::Zero => &self.zero,
        };
        made.now.get_or_init(|| match &made.earlier {
            None => Engine::new(family, &self.documents, threads),
            Some(Earlier { engine, changed }) => {
                engine.updated(family, &self.documents, changed, threads)
            }
        })
    }

    /// What a query matches.
    fn find(&self, plan: &Plan, threads: NonZeroUsize) -> Result<Answer, QueryError> {
        let engine = self.engine(plan.family(), threads);
        match engine.find(plan) {
            Ok((certain, maybe)) => Ok(Answer::Results { certain, maybe }),
            // The first document that raises decides what chef-zero says.
            Err(_) => self.judge_each(plan),
        }
    }

    /// The same, one document after the other.
    fn judge_each(&self, plan: &Plan) -> Result<Answer, QueryError> {
        let judged: Result<Vec<_>, QueryError> = self
            .documents
            .iter()
            .map(|document| Ok((document, plan.judge(document)?)))
            .collect();
        Ok(Answer::new(judged?))
    }
}

/// What a search returns.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Documents by name. A real server returns them in no order at all.
    Results {
        certain: Hits,
        /// Those that match or not depending on something unknown.
        maybe: Hits,
    },
    /// The server refuses the query.
    Refused(QueryError),
    /// 404: there is no data bag of this name.
    NoSuchIndex,
}

impl Answer {
    fn new<'a>(judged: impl IntoIterator<Item = (&'a Arc<Document>, Truth)>) -> Self {
        let mut certain = Vec::new();
        let mut maybe = Vec::new();
        for (document, truth) in judged {
            match truth {
                Truth::Yes => certain.push(document.clone()),
                Truth::Maybe => maybe.push(document.clone()),
                Truth::No => {}
            }
        }
        Self::Results {
            certain: certain.into(),
            maybe: maybe.into(),
        }
    }

    /// All results, with how sure each is.
    fn judged(&self) -> Vec<(&Arc<Document>, Truth)> {
        match self {
            Self::Results { certain, maybe } => {
                let sure = certain.iter().map(|document| (document, Truth::Yes));
                let open = maybe.iter().map(|document| (document, Truth::Maybe));
                let mut out: Vec<_> = sure.chain(open).collect();
                out.sort_by(|a, b| a.0.name().cmp(b.0.name()));
                out
            }
            Self::Refused(_) | Self::NoSuchIndex => Vec::new(),
        }
    }

    /// Names of the certain results, sorted; empty where there are none or the search is refused.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Results { certain, .. } => certain.names(),
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
        Self {
            profile,
            threads: NonZeroUsize::MIN,
            indexes,
        }
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
            ..self.clone()
        }
    }

    /// The same documents, indexed by several threads. Answers do not depend on it.
    #[must_use]
    pub fn with_threads(self, threads: NonZeroUsize) -> Self {
        Self { threads, ..self }
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
        if let Some(store) = self.indexes.get_mut(index) {
            Arc::make_mut(store).put(Arc::from(name), None);
        }
    }

    fn put(&mut self, index: &str, document: Document) {
        let store = self.indexes.entry(Arc::from(index)).or_default();
        Arc::make_mut(store).put(document.name_arc(), Some(Arc::new(document)));
    }

    /// The names of the indexes that there are, data bags among them.
    pub fn indexes(&self) -> impl Iterator<Item = &str> {
        self.indexes.keys().map(|name| &**name)
    }

    /// The documents of an index by name; `None` where the server would say 404.
    pub fn documents(&self, index: &str) -> Option<impl Iterator<Item = &Arc<Document>>> {
        self.indexes.get(index).map(|s| s.documents.iter())
    }

    #[must_use]
    pub fn document(&self, index: &str, name: &str) -> Option<&Arc<Document>> {
        self.indexes.get(index)?.documents.get(name)
    }

    pub(super) fn engine(&self, index: &str, family: Family) -> Option<&Engine> {
        Some(self.indexes.get(index)?.engine(family, self.threads))
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
        let Some(store) = self.indexes.get(index) else {
            return Answer::NoSuchIndex;
        };
        store
            .find(plan, self.threads)
            .unwrap_or_else(Answer::Refused)
    }

    /// Answers as [`Self::run`] does by judging one document after the other, as the rules of search are written down;
    /// what the engine must agree with.
    #[cfg(test)]
    pub(super) fn run_slowly(&self, index: &str, plan: &Plan) -> Answer {
        match self.indexes.get(index).map(|store| store.judge_each(plan)) {
            None => Answer::NoSuchIndex,
            Some(found) => found.unwrap_or_else(Answer::Refused),
        }
    }
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
                self.worst(index, &plan).unwrap_or_else(Answer::Refused)
            }
        }
    }

    fn worst(&self, index: &str, plan: &Plan) -> Result<Answer, QueryError> {
        let (Some(old), Some(new)) = (self.old.indexes.get(index), self.new.indexes.get(index))
        else {
            return Ok(Answer::NoSuchIndex);
        };
        let after = new.find(plan, self.new.threads)?;
        let after: BTreeMap<&str, Truth> = after
            .judged()
            .into_iter()
            .map(|(document, truth)| (document.name(), truth))
            .collect();
        let before = old.find(plan, self.old.threads)?;
        let worst = before.judged().into_iter().map(|(document, truth)| {
            let after = after.get(document.name()).copied();
            (document, truth.min(after.unwrap_or(Truth::No)))
        });
        Ok(Answer::new(worst))
    }
}
