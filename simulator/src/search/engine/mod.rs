//! An inverted index: for each term the documents that hold it, as compressed bitmaps.
//!
//! An [`Engine`] is made of segments that never change, as in Lucene. A query is put to each of them: its clauses
//! become bitmaps, and its operators operations on these. When documents are replaced, their old numbers die and a
//! small new segment holds what is new; what did not change is never read again. Where segments get many, they are
//! joined from their terms.
//!
//! The server's profiles share one engine over tokens; chef-zero has one over its own names and values.

mod dictionary;
mod found;
mod gathered;
mod nearest;
mod postings;
mod segment;
mod text;
mod tokens;
mod zero;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use foretaste_parser::query::Meaning;
use roaring::RoaringBitmap;

use self::found::Found;
use self::gathered::Gather;
pub use self::segment::Segment;
use super::document::Document;
use super::documents::Documents;
use super::hits::Hits;
use super::plan::Plan;
use super::texts::number;
use super::zero::Raised;

/// More segments than this are joined.
const SEGMENTS: usize = 24;
/// A thread of its own is worth it for so many documents.
const SMALL: usize = 64;
/// A segment of no more is put together within a processor's caches.
const LARGE: usize = 8192;
/// At first there are no more segments, so that some can be added before any are joined.
const FIRST: usize = SEGMENTS / 2;

/// Which terms an engine holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// The tokens of the server's documents.
    Text,
    /// chef-zero's names and values.
    Zero,
}

impl Family {
    fn gather(self) -> Gather {
        match self {
            Self::Text => tokens::gather,
            Self::Zero => zero::gather,
        }
    }
}

/// An index over the documents of one kind.
#[derive(Clone, Debug)]
pub struct Engine {
    parts: Vec<Part>,
}

/// A segment with the documents of it that are not replaced.
#[derive(Clone, Debug)]
struct Part {
    segment: Arc<Segment>,
    live: Arc<RoaringBitmap>,
}

impl Engine {
    /// Indexes documents.
    pub fn new(family: Family, documents: &Documents, threads: NonZeroUsize) -> Self {
        let all: Vec<Arc<Document>> = documents.iter().cloned().collect();
        Self {
            parts: segments(&all, family, threads),
        }
    }

    /// Indexes what is new of documents that differ under these names from what this engine was made of.
    #[must_use]
    pub fn updated(
        &self,
        family: Family,
        documents: &Documents,
        changed: &BTreeSet<Arc<str>>,
        threads: NonZeroUsize,
    ) -> Self {
        let mut parts = self.parts.clone();
        let mut fresh = Vec::new();
        for name in changed {
            let now = documents.get(name);
            let held = parts.iter_mut().find_map(|part| {
                let at = part.number(name)?;
                Some((part, at))
            });
            if let Some((part, at)) = held {
                let same = |now: &Arc<Document>| {
                    let held = part.segment.document(at);
                    held.is_some_and(|held| Arc::ptr_eq(held, now))
                };
                if now.is_some_and(same) {
                    continue;
                }
                Arc::make_mut(&mut part.live).remove(at);
            }
            fresh.extend(now.cloned());
        }
        parts.retain(|part| !part.live.is_empty());
        parts.extend(segments(&fresh, family, threads));
        join(&mut parts);
        Self { parts }
    }

    /// What a query matches: for certain, and perhaps.
    ///
    /// # Errors
    /// Some document makes chef-zero raise.
    pub fn find(&self, plan: &Plan) -> Result<(Hits, Hits), Raised> {
        let mut certain = Vec::with_capacity(self.parts.len());
        let mut maybe = Vec::new();
        for part in &self.parts {
            let (yes, open) = part.find(plan)?.split(&part.live);
            for (numbers, hits) in [(yes, &mut certain), (open, &mut maybe)] {
                if !numbers.is_empty() {
                    hits.push((part.segment.clone(), numbers));
                }
            }
        }
        Ok((Hits::numbered(certain), Hits::numbered(maybe)))
    }

    /// Whether a query matches anything, for certain or perhaps.
    pub fn finds(&self, plan: &Plan) -> bool {
        self.parts.iter().any(|part| {
            part.find(plan)
                .is_ok_and(|found| !found.may().is_disjoint(&part.live))
        })
    }
}

/// Joins the smallest segments where there are too many. One much larger than those before it stays as it is, so that
/// no document is joined again and again with the few that come after it.
fn join(parts: &mut Vec<Part>) {
    if parts.len() <= SEGMENTS {
        return;
    }
    parts.sort_by_key(|part| part.live.len());
    let mut sum = 0;
    let small = parts.iter().take_while(|part| {
        let joins = part.live.len() <= 2 * sum;
        sum += part.live.len();
        joins || sum == part.live.len()
    });
    let count = small.count().max(2);
    let small: Vec<_> = parts
        .drain(..count)
        .map(|part| (part.segment, part.live))
        .collect();
    parts.push(Part::whole(Segment::merge(&small)));
}

impl Part {
    /// The number of the living document of this name.
    fn number(&self, name: &str) -> Option<u32> {
        let at = self.segment.number(name)?;
        self.live.contains(at).then_some(at)
    }

    fn whole(segment: Segment) -> Self {
        let all = 0..number(segment.documents().len());
        Self {
            live: Arc::new(all.into_iter().collect()),
            segment: Arc::new(segment),
        }
    }

    fn find(&self, plan: &Plan) -> Result<Found<'_>, Raised> {
        match (plan.prepared(), &plan.query().meaning) {
            (Some(prepared), _) => Ok(text::find(&self.segment, &self.live, prepared)),
            (None, Meaning::Zero(query)) => zero::find(&self.segment, &self.live, query),
            (None, Meaning::Lucene { .. }) => Ok(Found::nothing()),
        }
    }
}

/// Indexes new documents, several threads taking a share after the other.
fn segments(documents: &[Arc<Document>], family: Family, threads: NonZeroUsize) -> Vec<Part> {
    let each = documents.len().div_ceil(threads.get());
    let share = each
        .clamp(SMALL, LARGE)
        .max(documents.len().div_ceil(FIRST));
    let shares: Vec<&[Arc<Document>]> = documents.chunks(share).collect();
    let built: Vec<OnceLock<Part>> = shares.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let build = |share: &[Arc<Document>]| Part::whole(Segment::new(share, family.gather()));
    let work = || {
        while let Some((share, slot)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            shares.get(at).zip(built.get(at))
        } {
            slot.get_or_init(|| build(share));
        }
    };
    std::thread::scope(|scope| {
        // Where no thread is to be had, or one dies, the others do its work.
        let started: Vec<_> = (1..threads.get().min(shares.len()))
            .filter_map(|_| std::thread::Builder::new().spawn_scoped(scope, work).ok())
            .collect();
        work();
        for thread in started {
            let _ = thread.join();
        }
    });
    let parts = shares.iter().zip(built);
    parts
        .map(|(share, slot)| slot.into_inner().unwrap_or_else(|| build(share)))
        .collect()
}
