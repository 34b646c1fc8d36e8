//! Chef search over saved objects, as the server, Solr 4 or chef-zero answers it.
//!
//! A [`SearchIndex`] holds what nodes last saved and the organisation's other objects. Documents are shared and made
//! ready on first use, so cloning an index and replacing a few documents is cheap, and no query flattens twice.

mod analysis;
pub mod client;
mod document;
mod explain;
mod flatten;
mod index;
mod lucene;
mod merge;
mod nearest;
mod number;
mod pattern;
mod plan;
mod truth;
mod unknown;
mod zero;

pub use document::{Document, Kind};
pub use explain::Explanation;
pub use foretaste_parser::query::Profile;
pub use index::{Answer, Moment, SearchIndex, Timeline};
pub use nearest::{Nearest, Unmatched};
pub use plan::Plan;
pub use truth::Truth;

#[cfg(test)]
mod tests;
