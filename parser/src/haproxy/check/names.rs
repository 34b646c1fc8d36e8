//! Names that sections define for others.

use std::collections::{BTreeMap, BTreeSet};

use super::super::syntax::{Config, Section, SectionKind};
use crate::hole::has_hole;

/// What can be named across sections.
pub struct Names<'c> {
    sections: BTreeMap<SectionKind, BTreeMap<&'c str, &'c Section<'c>>>,
    /// True where a hole stands for whole lines or for a section's name: any name may exist.
    pub open: bool,
}

impl<'c> Names<'c> {
    pub fn of(config: &'c Config<'_>) -> Self {
        let mut sections: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        let mut open = config.stray.iter().any(|l| has_hole(l.keyword()));
        for section in &config.sections {
            sections
                .entry(section.kind)
                .or_default()
                .entry(section.name())
                .or_insert(section);
            open |= has_hole(section.name()) || section.lines.iter().any(|l| has_hole(l.keyword()));
        }
        Self { sections, open }
    }

    pub fn section(&self, kind: SectionKind, name: &str) -> Option<&'c Section<'c>> {
        self.sections.get(&kind)?.get(name).copied()
    }

    pub fn has(&self, kind: SectionKind, name: &str) -> bool {
        self.section(kind, name).is_some()
    }

    /// A backend or listen of that name.
    pub fn backend(&self, name: &str) -> Option<&'c Section<'c>> {
        self.section(SectionKind::Backend, name)
            .or_else(|| self.section(SectionKind::Listen, name))
    }

    pub fn of_kind(&self, kind: SectionKind) -> impl Iterator<Item = &'c str> + '_ {
        self.sections
            .get(&kind)
            .into_iter()
            .flat_map(|m| m.keys().copied())
    }

    /// ACLs that a section has from the named defaults it inherits.
    pub fn inherited_acls(&self, section: &Section<'_>) -> BTreeSet<&'c str> {
        let mut acls = BTreeSet::new();
        let mut next = section.from().map(|w| &*w.text);
        // A chain of defaults is as long as there are defaults; a circle ends here.
        for _ in 0..16 {
            let Some(defaults) = next.and_then(|n| self.section(SectionKind::Defaults, n)) else {
                break;
            };
            for line in defaults.lines.iter().filter(|l| l.keyword() == "acl") {
                acls.insert(line.arg(1));
            }
            next = defaults.from().map(|w| &*w.text);
        }
        acls
    }
}
