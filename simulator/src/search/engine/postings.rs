//! Which documents hold each term.

use std::borrow::Cow;
use std::ops::Range;

use roaring::RoaringBitmap;

use crate::search::texts::number;

/// Terms of more documents than this have a bitmap.
const LISTED: usize = 16;

/// A term's documents. Most terms are a node's own (addresses, names), so that one number says it all.
#[derive(Clone, Copy, Debug)]
enum Place {
    One(u32),
    List { length: u8, start: u32 },
    Bitmap(u32),
}

/// The documents of every term, by the term's number.
#[derive(Debug, Default)]
pub struct Postings {
    places: Vec<Place>,
    lists: Vec<u32>,
    bitmaps: Vec<RoaringBitmap>,
}

impl Postings {
    /// Adds the documents of the next term: ascending, each once.
    pub fn push(&mut self, documents: &[u32]) {
        let place = match documents {
            [one] => Place::One(*one),
            few if few.len() <= LISTED && self.lists.len() < u32::MAX as usize - LISTED => {
                let start = number(self.lists.len());
                self.lists.extend_from_slice(few);
                Place::List {
                    length: u8::try_from(few.len()).unwrap_or(u8::MAX),
                    start,
                }
            }
            many => {
                let mut bitmap =
                    RoaringBitmap::from_sorted_iter(many.iter().copied()).unwrap_or_default();
                bitmap.optimize();
                self.bitmaps.push(bitmap);
                Place::Bitmap(number(self.bitmaps.len() - 1))
            }
        };
        self.places.push(place);
    }

    pub fn shrink(&mut self) {
        self.places.shrink_to_fit();
        self.lists.shrink_to_fit();
        self.bitmaps.shrink_to_fit();
    }

    /// The documents of one term.
    pub fn of(&self, term: usize) -> Cow<'_, RoaringBitmap> {
        match self.places.get(term) {
            Some(Place::Bitmap(at)) => match self.bitmaps.get(*at as usize) {
                Some(bitmap) => Cow::Borrowed(bitmap),
                None => Cow::default(),
            },
            Some(place) => Cow::Owned(self.few(place).iter().copied().collect()),
            None => Cow::default(),
        }
    }

    /// The documents of any of these terms.
    pub fn union(&self, terms: impl Iterator<Item = usize>) -> RoaringBitmap {
        let mut out = RoaringBitmap::new();
        let mut few: Vec<u32> = Vec::new();
        for term in terms {
            match self.places.get(term) {
                Some(Place::Bitmap(at)) => {
                    if let Some(bitmap) = self.bitmaps.get(*at as usize) {
                        out |= bitmap;
                    }
                }
                Some(place) => few.extend_from_slice(self.few(place)),
                None => {}
            }
        }
        few.sort_unstable();
        few.dedup();
        out | RoaringBitmap::from_sorted_iter(few).unwrap_or_default()
    }

    /// Whether any of these terms is in one of the documents.
    pub fn meets(&self, mut terms: Range<usize>, documents: &RoaringBitmap) -> bool {
        terms.any(|term| match self.places.get(term) {
            Some(Place::Bitmap(at)) => self
                .bitmaps
                .get(*at as usize)
                .is_some_and(|bitmap| !bitmap.is_disjoint(documents)),
            Some(place) => self.few(place).iter().any(|d| documents.contains(*d)),
            None => false,
        })
    }

    fn few<'a>(&'a self, place: &'a Place) -> &'a [u32] {
        match place {
            Place::Bitmap(_) => &[],
            Place::One(document) => std::slice::from_ref(document),
            Place::List { length, start } => {
                let start = *start as usize;
                self.lists
                    .get(start..start + *length as usize)
                    .unwrap_or_default()
            }
        }
    }
}
