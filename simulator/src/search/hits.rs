//! The documents that a search finds.

use std::fmt;
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::document::Document;
use super::engine::Segment;

/// Documents by name. How many there are is known at once; which, when asked: a query that finds most of a fleet costs
/// no more than one that finds a node.
#[derive(Clone, Default)]
pub struct Hits(Held);

#[derive(Clone)]
enum Held {
    Listed(Vec<Arc<Document>>),
    /// Of each segment the documents with these numbers.
    Numbered(Vec<(Arc<Segment>, RoaringBitmap)>),
}

impl Default for Held {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl Hits {
    pub(super) fn numbered(parts: Vec<(Arc<Segment>, RoaringBitmap)>) -> Self {
        Self(Held::Numbered(parts))
    }

    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Held::Listed(list) => list.len(),
            Held::Numbered(parts) => {
                let count: u64 = parts.iter().map(|(_, numbers)| numbers.len()).sum();
                usize::try_from(count).unwrap_or(usize::MAX)
            }
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Held::Listed(list) => list.is_empty(),
            Held::Numbered(parts) => parts.iter().all(|(_, numbers)| numbers.is_empty()),
        }
    }

    /// The documents by name.
    pub fn iter(&self) -> std::vec::IntoIter<&Arc<Document>> {
        let mut out = Vec::with_capacity(self.len());
        match &self.0 {
            Held::Listed(list) => out.extend(list),
            Held::Numbered(parts) => {
                for (segment, numbers) in parts {
                    out.extend(numbers.iter().filter_map(|at| segment.document(at)));
                }
                if parts.len() > 1 {
                    // Each part is in order, and the sort goes by what is in order already.
                    out.sort_by(|a, b| a.name().cmp(b.name()));
                }
            }
        }
        out.into_iter()
    }

    /// Their names, in order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.iter().map(|document| document.name()).collect()
    }

    #[must_use]
    pub fn to_vec(&self) -> Vec<Arc<Document>> {
        self.iter().cloned().collect()
    }
}

impl From<Vec<Arc<Document>>> for Hits {
    /// Takes documents in the order that they are to have.
    fn from(list: Vec<Arc<Document>>) -> Self {
        Self(Held::Listed(list))
    }
}

impl<'a> IntoIterator for &'a Hits {
    type Item = &'a Arc<Document>;
    type IntoIter = std::vec::IntoIter<&'a Arc<Document>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Hits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
