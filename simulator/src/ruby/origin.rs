//! Where values come from: interned sets of sources, joined as values are combined.
//!
//! A source is a place that a person can look at (an attribute write, a role file, a search).
//! Sets are bounded: beyond [`MAX_PLAIN`] further untagged sources are dropped, while tagged ones
//! (searches, which rules depend on) are always kept.
//!
//! A tag stands for a collection that the host gave. Beside it a set may say of a value that it comes from one of the
//! collection's items alone, or that it comes from the items together (see [`super::together`]).

use crate::hash::HashMap;
use foretaste_parser::source::Location;

use super::value::Origin;

const MAX_PLAIN: usize = 12;

/// One place that a value was derived from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OriginSource {
    /// What stood there, as a step of an evidence chain: `role web sets pool.role`.
    pub message: String,
    pub location: Option<Location>,
    /// The host's own number for it (Chef: the index of a search); tagged sources are never dropped.
    pub tag: Option<u32>,
}

/// A part of a set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    Source(OriginSource),
    /// From an item of the collection with this tag.
    Item(u32),
    /// From the items of the collection with this tag together.
    Together(u32),
}

impl Part {
    fn is_tagged(&self) -> bool {
        match self {
            Self::Source(source) => source.tag.is_some(),
            Self::Item(_) | Self::Together(_) => true,
        }
    }
}

#[derive(Debug, Default)]
pub struct Origins {
    parts: Vec<Part>,
    part_ids: HashMap<Part, u32>,
    sets: Vec<Box<[u32]>>,
    /// Of each set, whether it has a tag.
    tagged: Vec<bool>,
    set_ids: HashMap<Box<[u32]>, Origin>,
    unions: HashMap<(Origin, Origin), Origin>,
    gathered: HashMap<Origin, Origin>,
    together: HashMap<Origin, Origin>,
}

impl Origins {
    pub fn new() -> Self {
        let mut this = Self::default();
        this.intern(Vec::new());
        this
    }

    fn intern(&mut self, set: Vec<u32>) -> Origin {
        let set: Box<[u32]> = set.into();
        if let Some(id) = self.set_ids.get(&set) {
            return *id;
        }
        let id = Origin(u32::try_from(self.sets.len()).unwrap_or(0));
        let parts = &self.parts;
        let is_tagged = |part: &u32| parts.get(*part as usize).is_some_and(Part::is_tagged);
        self.tagged.push(set.iter().any(is_tagged));
        self.sets.push(set.clone());
        self.set_ids.insert(set, id);
        id
    }

    /// The set of this one source.
    pub fn source(&mut self, source: OriginSource) -> Origin {
        let id = self.part(Part::Source(source));
        self.intern(vec![id])
    }

    /// The set that says of a value that it comes from one item of the collection with this tag.
    pub fn item(&mut self, tag: u32) -> Origin {
        let id = self.part(Part::Item(tag));
        self.intern(vec![id])
    }

    fn part(&mut self, part: Part) -> u32 {
        match self.part_ids.get(&part) {
            Some(id) => *id,
            None => {
                let id = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
                self.parts.push(part.clone());
                self.part_ids.insert(part, id);
                id
            }
        }
    }

    /// Whether a set has a tag.
    #[must_use]
    pub fn is_tagged(&self, origin: Origin) -> bool {
        self.tagged.get(origin.0 as usize).is_some_and(|t| *t)
    }

    /// The set of what is gathered from values of this one: of whichever items.
    pub fn gathered(&mut self, origin: Origin) -> Origin {
        if !self.is_tagged(origin) {
            return origin;
        }
        if let Some(id) = self.gathered.get(&origin) {
            return *id;
        }
        let is_item = |id: &u32| matches!(self.parts.get(*id as usize), Some(Part::Item(_)));
        let set = self.set(origin).iter().filter(|id| !is_item(id)).copied();
        let set = set.collect();
        let id = self.intern(set);
        self.gathered.insert(origin, id);
        id
    }

    /// The set that says of a value that it comes from the items together, of all collections that a set comes from
    /// as such, not by an item.
    pub fn together(&mut self, origin: Origin) -> Origin {
        if !self.is_tagged(origin) {
            return Origin::HERE;
        }
        if let Some(id) = self.together.get(&origin) {
            return *id;
        }
        let items: Vec<u32> = self
            .parts_of(origin)
            .filter_map(|p| match p {
                Part::Item(tag) => Some(*tag),
                _ => None,
            })
            .collect();
        let tags: Vec<u32> = self.tags(origin).filter(|t| !items.contains(t)).collect();
        let set = tags.into_iter().map(|t| self.part(Part::Together(t)));
        let mut set: Vec<u32> = set.collect();
        set.sort_unstable();
        set.dedup();
        let id = self.intern(set);
        self.together.insert(origin, id);
        id
    }

    pub fn union(&mut self, a: Origin, b: Origin) -> Origin {
        if a == b || b == Origin::HERE {
            return a;
        }
        if a == Origin::HERE {
            return b;
        }
        let key = if a.0 < b.0 { (a, b) } else { (b, a) };
        if let Some(id) = self.unions.get(&key) {
            return *id;
        }
        let mut set: Vec<u32> = [a, b].iter().flat_map(|o| self.set(*o)).copied().collect();
        set.sort_unstable();
        set.dedup();
        let mut plain = 0;
        let parts = &self.parts;
        set.retain(|id| {
            let tagged = parts.get(*id as usize).is_some_and(Part::is_tagged);
            plain += usize::from(!tagged);
            tagged || plain <= MAX_PLAIN
        });
        let id = self.intern(set);
        self.unions.insert(key, id);
        id
    }

    fn set(&self, origin: Origin) -> &[u32] {
        self.sets.get(origin.0 as usize).map_or(&[], |s| s)
    }

    /// The sources of a set, in the order in which they were first met.
    pub fn sources(&self, origin: Origin) -> impl Iterator<Item = &OriginSource> {
        self.parts_of(origin).filter_map(|p| match p {
            Part::Source(source) => Some(source),
            _ => None,
        })
    }

    fn parts_of(&self, origin: Origin) -> impl Iterator<Item = &Part> {
        let set = self.set(origin).iter();
        set.filter_map(|id| self.parts.get(*id as usize))
    }

    /// The host's tags among the sources of a set.
    pub fn tags(&self, origin: Origin) -> impl Iterator<Item = u32> + '_ {
        self.sources(origin).filter_map(|s| s.tag)
    }

    /// The tags of the collections whose items together had a part in a value.
    pub fn taken_together(&self, origin: Origin) -> impl Iterator<Item = u32> + '_ {
        self.parts_of(origin).filter_map(|p| match p {
            Part::Together(tag) => Some(*tag),
            _ => None,
        })
    }
}
