//! A query made ready: parsed and compiled once, then put to any number of documents.

use foretaste_parser::query::zero;
use foretaste_parser::query::{self, Clause, Meaning, Profile, Query, QueryError, Stage};

use super::document::Document;
use super::engine::Family;
use super::lucene::{self, Prepared};
use super::truth::Truth;

/// A query that its profile accepts, ready to judge documents.
#[derive(Debug)]
pub struct Plan {
    query: Query,
    /// For the profiles with Lucene behind.
    prepared: Option<Prepared>,
}

impl Plan {
    /// Parses and prepares a query.
    ///
    /// # Errors
    /// What the server answers to a query it does not take.
    pub fn new(text: &str, profile: Profile) -> Result<Self, QueryError> {
        let query = query::parse(text, profile)?;
        let prepared = match &query.meaning {
            Meaning::Zero(_) => None,
            Meaning::Lucene { clause, .. } => {
                let prepared = lucene::prepare(clause, profile).ok_or_else(|| QueryError {
                    stage: Stage::Backend,
                    status: 400,
                    message: "invalid index name or query".to_string(),
                    offset: text.find('/').unwrap_or(0),
                    help: Some(
                        "an unescaped slash begins a regular expression: write `\\/`".to_string(),
                    ),
                })?;
                Some(prepared)
            }
        };
        Ok(Self { query, prepared })
    }

    /// One clause of a parsed query, alone.
    pub(super) fn of_clause(query: &Query, clause: &Clause) -> Option<Self> {
        Some(Self {
            query: query.clone(),
            prepared: Some(lucene::prepare(clause, query.profile)?),
        })
    }

    /// One part of a parsed query of chef-zero, alone.
    pub(super) fn of_node(query: &Query, node: &zero::Node) -> Self {
        Self {
            query: Query {
                meaning: Meaning::Zero(node.clone()),
                ..query.clone()
            },
            prepared: None,
        }
    }

    pub(super) fn family(&self) -> Family {
        match self.prepared {
            Some(_) => Family::Text,
            None => Family::Zero,
        }
    }

    pub(super) fn prepared(&self) -> Option<&Prepared> {
        self.prepared.as_ref()
    }

    #[must_use]
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Whether a document is among the results.
    ///
    /// # Errors
    /// Some queries make chef-zero raise when a document gets it to an operator that it cannot do.
    pub fn judge(&self, document: &Document) -> Result<Truth, QueryError> {
        match (&self.prepared, &self.query.meaning) {
            (Some(prepared), _) => Ok(prepared.judge(document)),
            (None, Meaning::Zero(node)) => {
                document.zero().judge(node).map_err(|raised| QueryError {
                    stage: Stage::Zero,
                    status: 500,
                    message: raised.0.to_string(),
                    offset: node.span.start as usize,
                    help: None,
                })
            }
            (None, Meaning::Lucene { .. }) => Ok(Truth::No),
        }
    }
}
