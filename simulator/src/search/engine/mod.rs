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

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use foretaste_parser::query::Meaning;
use roaring::RoaringBitmap;

use self::found::Found;
use self::gathered::Gather;
use self::segment::Segment;
use super::document::Document;
use super::plan::Plan;
use super::texts::number;
use super::truth::Truth;
use super::zero::Raised;

/// Which documents an engine is made of, by name.
pub type Documents = BTreeMap<Arc<str>, Arc<Document>>;

/// More segments than this are joined.
const SEGMENTS: usize = 16;
/// A thread of its own is worth it for so many documents.
const SHARE: usize = 64;

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
    /// Whether the parts, one after the other, have their documents by name.
    ordered: bool,
}

/// A segment with the documents of it that are not replaced.
#[derive(Clone, Debug)]
struct Part {
    segment: Arc<Segment>,
    live: Arc<RoaringBitmap>,
}

impl Engine {
    /// Indexes documents; those that `earlier` holds are taken from there.
    pub fn new(
        family: Family,
        documents: &Documents,
        earlier: Option<&Engine>,
        threads: NonZeroUsize,
    ) -> Self {
        let mut parts = Vec::new();
        let mut known = vec![false; documents.len()];
        for part in earlier.into_iter().flat_map(|e| &e.parts) {
            parts.extend(part.kept(documents, &mut known));
        }
        let fresh: Vec<Arc<Document>> = documents
            .values()
            .zip(known)
            .filter(|(_, known)| !known)
            .map(|(document, _)| document.clone())
            .collect();
        parts.extend(segments(&fresh, family, threads));
        join(&mut parts);
        Self {
            ordered: parts.is_sorted_by(|a, b| a.last() < b.first()),
            parts,
        }
    }

    /// What a query matches: documents with how sure that is, by name.
    ///
    /// # Errors
    /// Some document makes chef-zero raise.
    pub fn find(&self, plan: &Plan) -> Result<Vec<(&Arc<Document>, Truth)>, Raised> {
        let mut out = Vec::new();
        for part in &self.parts {
            let found = part.find(plan)?;
            out.reserve(usize::try_from(found.may().len()).unwrap_or(0));
            found.each_of(&part.live, |at, truth| {
                out.extend(part.segment.document(at).map(|d| (d, truth)));
            });
        }
        if !self.ordered {
            out.sort_by(|a, b| a.0.name().cmp(b.0.name()));
        }
        Ok(out)
    }

    /// Whether a query matches anything, for certain or perhaps.
    pub fn finds(&self, plan: &Plan) -> bool {
        self.parts.iter().any(|part| {
            part.find(plan)
                .is_ok_and(|found| !found.may().is_disjoint(&part.live))
        })
    }
}

/// Joins the smallest segments where there are too many.
fn join(parts: &mut Vec<Part>) {
    if parts.len() <= SEGMENTS {
        return;
    }
    parts.sort_by_key(|part| std::cmp::Reverse(part.live.len()));
    let small: Vec<_> = parts
        .split_off(SEGMENTS / 2)
        .into_iter()
        .map(|part| (part.segment, part.live))
        .collect();
    parts.push(Part::whole(Segment::merge(&small)));
}

impl Part {
    /// The name of the first living document.
    fn first(&self) -> Option<&str> {
        Some(self.segment.document(self.live.min()?)?.name())
    }

    /// The name of the last living document.
    fn last(&self) -> Option<&str> {
        Some(self.segment.document(self.live.max()?)?.name())
    }

    fn whole(segment: Segment) -> Self {
        let all = 0..number(segment.documents().len());
        Self {
            live: Arc::new(all.into_iter().collect()),
            segment: Arc::new(segment),
        }
    }

    /// This part less what is no longer among the documents; `None` where nothing is left. Marks what is, by rank.
    fn kept(&self, documents: &Documents, known: &mut [bool]) -> Option<Self> {
        let mut live = RoaringBitmap::new();
        let mut current = documents.iter().zip(known).peekable();
        for (at, document) in (0..).zip(self.segment.documents()) {
            while current
                .next_if(|((name, _), _)| &***name < document.name())
                .is_some()
            {}
            if let Some(((_, now), known)) = current.peek_mut()
                && Arc::ptr_eq(now, document)
                && self.live.contains(at)
            {
                live.insert(at);
                **known = true;
            }
        }
        (!live.is_empty()).then(|| Self {
            segment: self.segment.clone(),
            live: Arc::new(live),
        })
    }

    fn find(&self, plan: &Plan) -> Result<Found<'_>, Raised> {
        match (plan.prepared(), &plan.query().meaning) {
            (Some(prepared), _) => Ok(text::find(&self.segment, &self.live, prepared)),
            (None, Meaning::Zero(query)) => zero::find(&self.segment, &self.live, query),
            (None, Meaning::Lucene { .. }) => Ok(Found::nothing()),
        }
    }
}

/// Indexes new documents, a share of them in each thread.
fn segments(documents: &[Arc<Document>], family: Family, threads: NonZeroUsize) -> Vec<Part> {
    let threads = threads.get().min(SEGMENTS / 2);
    let share = documents.len().div_ceil(threads).max(SHARE);
    let build = |share: &[Arc<Document>]| Part::whole(Segment::new(share, family.gather()));
    if documents.len() <= share {
        return documents.chunks(share).map(build).collect();
    }
    std::thread::scope(|scope| {
        let started: Vec<_> = documents
            .chunks(share)
            .map(|share| {
                let thread = std::thread::Builder::new().spawn_scoped(scope, move || build(share));
                (share, thread)
            })
            .collect();
        started
            .into_iter()
            .map(|(share, thread)| {
                // No thread to be had, or one that died: this one does it.
                let built = thread.ok().and_then(|thread| thread.join().ok());
                built.unwrap_or_else(|| build(share))
            })
            .collect()
    })
}
