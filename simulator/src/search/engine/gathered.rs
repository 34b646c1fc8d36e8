//! The terms of documents, before they are an index.

use std::sync::Arc;

use super::dictionary::Dictionary;
use crate::search::document::Document;
use crate::search::texts::{Texts, ranks};

/// The terms that documents hold.
#[derive(Debug, Default)]
pub struct Gathered {
    pub terms: Dictionary,
    /// The terms of all documents one after the other, each document's in its own order.
    pub positions: Vec<u32>,
    /// Where each document's terms end.
    pub ends: Vec<usize>,
}

/// Gathers the terms of documents.
pub type Gather = fn(&[Arc<Document>]) -> Gathered;

/// Gathers terms that come one by one.
#[derive(Default)]
pub struct Gatherer {
    texts: Texts,
    positions: Vec<u32>,
    ends: Vec<usize>,
}

impl Gatherer {
    /// The number of a term, until all are gathered.
    pub fn number(&mut self, term: &str) -> u32 {
        self.texts.number(term)
    }

    /// The next term of the document that is being read, by number.
    pub fn hold(&mut self, term: u32) {
        self.positions.push(term);
    }

    /// The document ends here.
    pub fn end(&mut self) {
        self.ends.push(self.positions.len());
    }

    /// Numbers the terms by their order.
    pub fn finish(mut self) -> Gathered {
        let order = self.texts.sorted();
        let ranks = ranks(&order);
        for position in &mut self.positions {
            *position = ranks.get(*position as usize).copied().unwrap_or_default();
        }
        self.positions.shrink_to_fit();
        Gathered {
            terms: Dictionary::new(order.iter().map(|old| self.texts.text(*old))),
            positions: self.positions,
            ends: self.ends,
        }
    }
}
