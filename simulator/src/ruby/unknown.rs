//! Values that the simulation cannot know, and why.

use crate::hash::{HashMap, HashSet};
use foretaste_parser::source::Location;

use super::value::UnknownId;
use crate::convergence::{Undetermined, UndeterminedKind};

/// First character of the plane whose characters stand for unknown text inside strings.
const HOLE_BASE: u32 = 0x10_0000;
/// The rest of the plane stands for stray bytes ([`super::encoding::stray`]).
const HOLE_COUNT: u32 = 0xFF00;

/// All unknown values of one run; each distinct (reason, place) is kept once.
#[derive(Debug, Default)]
pub struct Unknowns {
    list: Vec<Unknown>,
    ids: HashMap<Unknown, UnknownId>,
    /// Those that stand for what nothing has used yet.
    quiet: HashSet<UnknownId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unknown {
    pub cause: Cause,
    pub reason: String,
    pub location: Option<Location>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The machine outside, and what this run has no model of.
    Outside,
    Unsupported,
    Budget,
    /// Two branches on an unknown value left different values. Not counted on its own.
    Join(UnknownId),
}

impl Unknowns {
    pub fn add(&mut self, unknown: Unknown) -> UnknownId {
        if let Some(id) = self.ids.get(&unknown) {
            return *id;
        }
        let id = UnknownId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        self.list.push(unknown.clone());
        self.ids.insert(unknown, id);
        id
    }

    /// As [`Self::add`], for a class or module of which it is not known what it has: naming it is no gap in what is
    /// known, and only using something of it will be.
    pub fn add_quietly(&mut self, unknown: Unknown) -> UnknownId {
        let count = self.list.len();
        let id = self.add(unknown);
        self.hush(count);
        id
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.list.len()
    }

    /// Does not count what was added since there were so many.
    pub fn hush(&mut self, since: usize) {
        for id in since..self.list.len() {
            self.quiet.extend(u32::try_from(id).map(UnknownId));
        }
    }

    pub fn is_quiet(&self, id: UnknownId) -> bool {
        self.quiet.contains(&id)
    }

    pub fn get(&self, id: UnknownId) -> Option<&Unknown> {
        self.list.get(id.0 as usize)
    }

    /// The reason at the root of joins.
    pub fn reason(&self, mut id: UnknownId) -> &str {
        loop {
            match self.get(id) {
                Some(Unknown {
                    cause: Cause::Join(parent),
                    ..
                }) if parent.0 < id.0 => id = *parent,
                Some(unknown) => return &unknown.reason,
                None => return "unknown",
            }
        }
    }

    /// What the run could not know, for its result; joins are consequences and left out.
    pub fn undetermined(&self) -> impl Iterator<Item = Undetermined> + '_ {
        let ids = (0..self.list.len()).filter_map(|id| u32::try_from(id).ok());
        let told = ids.map(UnknownId).filter(|id| !self.is_quiet(*id));
        told.filter_map(|id| self.one(id))
    }

    /// One unknown as results have it; none for a join, whose parts stand for it.
    pub fn one(&self, id: UnknownId) -> Option<Undetermined> {
        let u = self.list.get(id.0 as usize)?;
        let kind = match u.cause {
            Cause::Outside => UndeterminedKind::Outside,
            Cause::Unsupported => UndeterminedKind::Unsupported,
            Cause::Budget => UndeterminedKind::Budget,
            Cause::Join(_) => return None,
        };
        Some(Undetermined {
            kind,
            reason: u.reason.clone(),
            location: u.location.clone(),
        })
    }
}

/// The character that stands for an unknown piece of text.
#[must_use]
pub fn hole(id: UnknownId) -> char {
    char::from_u32(HOLE_BASE + id.0 % HOLE_COUNT).unwrap_or('\u{100000}')
}

#[must_use]
pub fn is_hole(c: char) -> bool {
    (HOLE_BASE..HOLE_BASE + HOLE_COUNT).contains(&(c as u32))
}

/// The first unknown that a text contains.
#[must_use]
pub fn first_hole(text: &str) -> Option<UnknownId> {
    // Plane 16 is encoded as F4 80..8F; most texts have no F4 byte at all.
    if !text.as_bytes().contains(&0xF4) {
        return None;
    }
    text.chars()
        .find(|c| is_hole(*c))
        .map(|c| UnknownId(c as u32 - HOLE_BASE))
}
