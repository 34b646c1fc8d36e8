//! Documents indexed together: an immutable part of the index.

use std::sync::Arc;

use indexmap::IndexSet;
use roaring::RoaringBitmap;

use super::dictionary::Dictionary;
use super::gathered::{Gather, Gathered, Gatherer};
use super::postings::Postings;
use crate::search::document::Document;
use crate::search::texts::number;
use crate::search::unknown::Unknown;

/// Documents with the terms that they hold. A document's number is its rank by name.
#[derive(Debug, Default)]
pub struct Segment {
    documents: Vec<Arc<Document>>,
    pub terms: Dictionary,
    pub postings: Postings,
    /// The terms of all documents one after the other, each document's in its own order.
    positions: Vec<u32>,
    /// Where each document's terms end.
    ends: Vec<usize>,
    /// What documents may hold besides, with the documents of which that is so.
    pub unknown: Vec<(Unknown, RoaringBitmap)>,
}

impl Segment {
    /// Indexes documents that are sorted by name.
    pub fn new(documents: &[Arc<Document>], gather: Gather) -> Self {
        Self::of(documents.to_vec(), gather(documents))
    }

    fn of(documents: Vec<Arc<Document>>, gathered: Gathered) -> Self {
        let Gathered {
            terms,
            positions,
            ends,
        } = gathered;
        Self {
            unknown: unknown(&documents),
            postings: invert(&positions, &ends, terms.len()),
            documents,
            terms,
            positions,
            ends,
        }
    }

    /// Joins what is alive of other segments, from their terms.
    pub fn merge(parts: &[(Arc<Segment>, Arc<RoaringBitmap>)]) -> Self {
        let mut alive: Vec<(&Arc<Document>, usize, u32)> = Vec::new();
        for (part, (segment, live)) in parts.iter().enumerate() {
            for at in live.iter() {
                alive.extend(segment.document(at).map(|d| (d, part, at)));
            }
        }
        alive.sort_by(|a, b| a.0.name().cmp(b.0.name()));
        let mut gatherer = Gatherer::default();
        let mut renumbered: Vec<Vec<Option<u32>>> = parts
            .iter()
            .map(|(segment, _)| vec![None; segment.terms.len()])
            .collect();
        let mut documents = Vec::with_capacity(alive.len());
        for (document, part, at) in alive {
            let (Some((segment, _)), Some(known)) = (parts.get(part), renumbered.get_mut(part))
            else {
                continue;
            };
            for old in segment.positions(at) {
                let Some(new) = known.get_mut(*old as usize) else {
                    continue;
                };
                let term =
                    *new.get_or_insert_with(|| gatherer.number(segment.terms.term(*old as usize)));
                gatherer.hold(term);
            }
            gatherer.end();
            documents.push(document.clone());
        }
        Self::of(documents, gatherer.finish())
    }

    pub fn documents(&self) -> &[Arc<Document>] {
        &self.documents
    }

    pub fn document(&self, at: u32) -> Option<&Arc<Document>> {
        self.documents.get(at as usize)
    }

    /// The number of the document of this name.
    pub fn number(&self, name: &str) -> Option<u32> {
        let found = self.documents.binary_search_by(|d| d.name().cmp(name));
        found.ok().map(number)
    }

    /// The numbers of a document's terms, in order.
    pub fn positions(&self, document: u32) -> &[u32] {
        let end = |at: usize| self.ends.get(at).copied();
        let at = document as usize;
        let start = at.checked_sub(1).map_or(Some(0), end);
        match (start, end(at)) {
            (Some(start), Some(end)) => self.positions.get(start..end).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// The documents of each term, from the terms of each document.
fn invert(positions: &[u32], ends: &[usize], terms: usize) -> Postings {
    // Each term's documents stand in a row; `next` is where the next of them goes.
    let mut next = vec![0usize; terms + 1];
    for term in positions {
        if let Some(count) = next.get_mut(*term as usize + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for count in &mut next {
        sum += *count;
        *count = sum;
    }
    let starts = next.clone();
    let mut documents = vec![0u32; positions.len()];
    let mut start = 0;
    for (document, end) in (0..).zip(ends) {
        for term in positions.get(start..*end).unwrap_or_default() {
            let term = *term as usize;
            let (Some(next), Some(first)) = (next.get_mut(term), starts.get(term)) else {
                continue;
            };
            let repeated = *next > *first && documents.get(*next - 1) == Some(&document);
            if !repeated && let Some(slot) = documents.get_mut(*next) {
                *slot = document;
                *next += 1;
            }
        }
        start = *end;
    }
    let mut out = Postings::default();
    for (first, end) in starts.iter().zip(&next).take(terms) {
        out.push(documents.get(*first..*end).unwrap_or_default());
    }
    out.shrink();
    out
}

/// Documents of which the same is unknown, together.
fn unknown(documents: &[Arc<Document>]) -> Vec<(Unknown, RoaringBitmap)> {
    let mut out: IndexSet<&Unknown> = IndexSet::new();
    let mut bitmaps: Vec<RoaringBitmap> = Vec::new();
    for (at, document) in (0..).zip(documents) {
        let unknown = document.unknown();
        if unknown.is_empty() {
            continue;
        }
        let (class, is_new) = out.insert_full(unknown);
        if is_new {
            bitmaps.push(RoaringBitmap::new());
        }
        if let Some(bitmap) = bitmaps.get_mut(class) {
            bitmap.insert(at);
        }
    }
    out.into_iter().cloned().zip(bitmaps).collect()
}
