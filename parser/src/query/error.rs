//! A query that the server refuses.

use std::fmt;

/// Who refuses the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The server's grammar.
    Front,
    /// The search engine behind it.
    Backend,
    /// chef-zero's parser.
    Zero,
}

/// What the server answers to a query that it does not take, and where in the query the reason lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    pub stage: Stage,
    /// The HTTP status: 400, or 500 where the server itself fails on the query.
    pub status: u16,
    /// The server's own words.
    pub message: String,
    /// Byte offset in the query as given, up to which it was understood.
    pub offset: usize,
    /// What is wrong there and what to write instead.
    pub help: Option<String>,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for QueryError {}
