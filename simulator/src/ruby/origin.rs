//! Where values come from: interned sets of sources, joined as values are combined.
//!
//! A source is a place that a person can look at (an attribute write, a role file, a search).
//! Sets are bounded: beyond [`MAX_PLAIN`] further untagged sources are dropped, while tagged ones
//! (searches, which rules depend on) are always kept.

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

#[derive(Debug, Default)]
pub struct Origins {
    sources: Vec<OriginSource>,
    source_ids: HashMap<OriginSource, u32>,
    sets: Vec<Box<[u32]>>,
    set_ids: HashMap<Box<[u32]>, Origin>,
    unions: HashMap<(Origin, Origin), Origin>,
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
        self.sets.push(set.clone());
        self.set_ids.insert(set, id);
        id
    }

    /// The set of this one source.
    pub fn source(&mut self, source: OriginSource) -> Origin {
        let id = match self.source_ids.get(&source) {
            Some(id) => *id,
            None => {
                let id = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
                self.sources.push(source.clone());
                self.source_ids.insert(source, id);
                id
            }
        };
        self.intern(vec![id])
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
        let sources = &self.sources;
        set.retain(|id| {
            let tagged = sources.get(*id as usize).is_some_and(|s| s.tag.is_some());
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
        self.set(origin)
            .iter()
            .filter_map(|id| self.sources.get(*id as usize))
    }

    /// The host's tags among the sources of a set.
    pub fn tags(&self, origin: Origin) -> impl Iterator<Item = u32> + '_ {
        self.sources(origin).filter_map(|s| s.tag)
    }
}
