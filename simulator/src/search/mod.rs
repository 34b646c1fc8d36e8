//! Chef search over saved objects, as the server, Solr 4 or chef-zero answers it.
//!
//! A [`SearchIndex`] holds what nodes last saved and the organisation's other objects. How a query is put to one
//! document is written down in `lucene` and `zero`; how it is put to thousands, in `engine`, which must agree with them.
//! An index is indexed at its first query. Clones share that, and replacing documents indexes these alone. An answer is
//! a set of numbers until its documents are asked for.

mod analysis;
pub mod client;
mod document;
mod documents;
mod engine;
mod explain;
mod flatten;
mod hits;
mod index;
mod lucene;
mod merge;
mod nearest;
mod number;
mod pairs;
mod pattern;
mod plan;
mod texts;
mod truth;
mod unknown;
mod zero;

pub use document::{Document, Kind};
pub use explain::{Explanation, Outline};
pub use foretaste_parser::query::Profile;
pub use hits::Hits;
pub use index::{Answer, Moment, SearchIndex, Timeline};
pub use nearest::{FirstWord, Nearest, Unmatched};
pub use plan::Plan;
pub use truth::Truth;

#[cfg(test)]
mod tests;
