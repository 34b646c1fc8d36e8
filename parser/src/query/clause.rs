//! The clauses that the search engine evaluates.

use crate::source::Span;

/// How a clause counts in its group. Once anything is required, what is optional does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Occur {
    Should,
    Must,
    MustNot,
}

/// A clause and the part of the query that it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    pub test: Test,
    pub span: Span,
}

impl Clause {
    /// Changes the span of this clause and of all inside.
    pub(super) fn move_spans(&mut self, change: &impl Fn(Span) -> Span) {
        self.span = change(self.span);
        if let Test::Group(clauses) = &mut self.test {
            for (_, clause) in clauses {
                clause.move_spans(change);
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    All,
    /// What white space alone asks for.
    Nothing,
    /// Lucene's boolean query: not algebra but a list, judged by what is required, optional and excluded.
    Group(Vec<(Occur, Clause)>),
    /// A test of the indexed tokens.
    Tokens(Scope, Matcher),
}

/// Where a matcher looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The one field that holds every attribute.
    Content,
    /// Bare words on OpenSearch: also the data bag's name and the object's id, type and database.
    Everywhere,
}

/// What a token must look like. Texts are without escapes, but in patterns a backslash still escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matcher {
    /// Analysed like a document: usually one token.
    Text(String),
    /// Tokens in a row, `slop` places apart at most.
    Phrase(String, u32),
    Prefix(String),
    /// `*` and `?` over a whole token.
    Wildcard(String),
    /// Between the slashes.
    Regex(String),
    Fuzzy(String, u32),
    Range {
        lower: String,
        upper: String,
        inclusive: bool,
    },
}
