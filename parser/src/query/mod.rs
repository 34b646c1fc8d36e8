//! Chef search queries: what a person wrote, and what the server then evaluates.
//!
//! A query goes through two grammars on a real server, and each surprises in its own way, so both are kept apart here:
//!
//! 1. `front`: the server's own grammar (chef_lucene, a PEG). It accepts or refuses the text and rewrites it: `F:V`
//!    becomes `content:F__=__V`, for everything is indexed in one field.
//! 2. `backend`: the rewritten text is parsed again by Lucene's classic query parser, as OpenSearch or Solr 4 use it.
//!    It knows operators and regular expressions that the first grammar passed on without understanding.
//!
//! chef-zero (Test Kitchen) has a third grammar of its own: [`zero`].

mod backend;
mod clause;
mod decode;
mod error;
mod front;
mod help;
mod lexer;
mod profile;
mod rewrite;
mod surprise;
pub mod tree;
pub mod zero;

pub use clause::{Clause, Matcher, Occur, Scope, Test};
pub use error::{QueryError, Stage};
pub use profile::Profile;
pub use surprise::{Surprise, SurpriseKind, surprises};

use self::decode::Decoded;
use self::rewrite::Rewritten;
use crate::source::Span;

/// A query that its profile accepts.
#[derive(Clone, Debug)]
pub struct Query {
    pub profile: Profile,
    /// As given.
    pub text: String,
    pub meaning: Meaning,
}

/// What is evaluated. Spans are byte ranges of the query as given, before its second decoding.
#[derive(Clone, Debug)]
pub enum Meaning {
    Lucene {
        /// What was written, by the server's grammar. Its spans are of the decoded text, which is the text as given
        /// unless that holds a `%`.
        written: tree::Sequence,
        /// What the server sends to its search engine.
        rewritten: String,
        clause: Clause,
    },
    Zero(zero::Node),
}

/// Parses a query as `profile` does.
///
/// # Errors
/// What the server answers to a query it does not take.
pub fn parse(text: &str, profile: Profile) -> Result<Query, QueryError> {
    let meaning = match profile {
        Profile::Zero => zero_meaning(text)?,
        Profile::Server | Profile::Solr4 => lucene_meaning(text, profile)?,
    };
    Ok(Query {
        profile,
        text: text.to_string(),
        meaning,
    })
}

/// What the server makes of a query for its search engine, whether that takes it or not.
///
/// # Errors
/// What the server answers to a query that its own grammar does not take.
pub fn rewrite(text: &str) -> Result<String, QueryError> {
    front(text).map(|front| front.rewritten.text)
}

struct Front {
    decoded: Decoded,
    written: tree::Sequence,
    rewritten: Rewritten,
}

fn front(text: &str) -> Result<Front, QueryError> {
    let decoded = decoded(text, Profile::Server)?;
    let written = front::parse(&decoded.text).map_err(|unparsed| QueryError {
        stage: Stage::Front,
        status: 400,
        message: invalid(&decoded),
        offset: decoded.origin(unparsed.offset),
        help: help::front(&decoded.text, &unparsed),
    })?;
    let rewritten = Rewritten::new(&written, &decoded.text);
    Ok(Front {
        decoded,
        written,
        rewritten,
    })
}

fn lucene_meaning(text: &str, profile: Profile) -> Result<Meaning, QueryError> {
    let Front {
        decoded,
        written,
        rewritten,
    } = front(text)?;
    let mut clause = backend::parse(&rewritten, profile).map_err(|offset| {
        let place = rewritten.origin(offset, offset + 1);
        QueryError {
            stage: Stage::Backend,
            status: 400,
            message: "invalid index name or query".to_string(),
            offset: decoded.origin(place.start as usize),
            help: help::backend(&rewritten.text, offset),
        }
    })?;
    if !decoded.is_same() {
        clause.move_spans(&|span| {
            Span::new(
                decoded.origin(span.start as usize),
                decoded.origin(span.end as usize),
            )
        });
    }
    Ok(Meaning::Lucene {
        written,
        rewritten: rewritten.text,
        clause,
    })
}

fn zero_meaning(text: &str) -> Result<Meaning, QueryError> {
    let decoded = decoded(text, Profile::Zero)?;
    zero::parse(&decoded.text)
        .map(Meaning::Zero)
        .map_err(|refused| QueryError {
            stage: Stage::Zero,
            status: if refused.raised.is_some() { 500 } else { 400 },
            offset: decoded.origin(refused.offset),
            help: refused.help,
            message: refused.raised.unwrap_or_else(|| invalid(&decoded)),
        })
}

fn decoded(text: &str, profile: Profile) -> Result<Decoded, QueryError> {
    decode::decode(text, profile).map_err(|offset| QueryError {
        stage: Stage::Front,
        status: 500,
        message: "crash error:function_clause".to_string(),
        offset,
        help: Some(help::BAD_PERCENT.to_string()),
    })
}

fn invalid(decoded: &Decoded) -> String {
    format!("invalid search query: '{}'", decoded.text)
}

#[cfg(test)]
mod tests;
