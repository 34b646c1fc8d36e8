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

mod error;
mod profile;

pub use error::{QueryError, Stage};
pub use profile::Profile;

/// A query that its profile accepts.
#[derive(Clone, Debug)]
pub struct Query {
    pub profile: Profile,
    /// As given.
    pub text: String,
}

/// Parses a query as `profile` does.
///
/// # Errors
/// What the server answers to a query it does not take.
pub fn parse(text: &str, profile: Profile) -> Result<Query, QueryError> {
    Ok(Query {
        profile,
        text: text.to_string(),
    })
}
