//! Names that sections define for others.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::super::syntax::{Config, Section, SectionKind};
use crate::hole::has_hole;

/// What can be named across sections.
pub struct Names<'c> {
    sections: BTreeMap<SectionKind, BTreeMap<&'c str, &'c Section<'c>>>,
    /// True where a hole stands for whole lines or for a section's name: any name may exist.
    pub open: bool,
    /// ACLs by defaults section, collected when first asked for.
    inherited: RefCell<BTreeMap<&'c str, Rc<BTreeSet<&'c str>>>>,
    /// Servers by the place of their section, collected when first asked for.
    servers: RefCell<BTreeMap<u32, Servers>>,
}

/// Names of one section's servers.
struct Servers {
    names: BTreeSet<String>,
    /// Of `server-template` lines; more of them than this are not told apart.
    prefixes: Vec<String>,
    open: bool,
}

impl Servers {
    fn of(section: &Section<'_>) -> Self {
        let lines =
            |keyword: &'static str| section.lines.iter().filter(move |l| l.keyword() == keyword);
        let names: BTreeSet<String> = lines("server").map(|l| l.arg(1).to_owned()).collect();
        let prefixes: Vec<String> = lines("server-template")
            .take(64)
            .map(|l| l.arg(1).to_owned())
            .collect();
        let open = prefixes.len() == 64 || names.iter().chain(&prefixes).any(|n| has_hole(n));
        Self {
            names,
            prefixes,
            open,
        }
    }
}

impl<'c> Names<'c> {
    pub fn of(config: &'c Config<'_>) -> Self {
        let mut sections: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        let mut open = config.stray.iter().any(|l| has_hole(l.keyword()));
        for section in &config.sections {
            // Words after a backend's name make it another thing, which nothing can refer to.
            if section.is_void() {
                continue;
            }
            sections
                .entry(section.kind)
                .or_default()
                .entry(section.name())
                .or_insert(section);
            open |= has_hole(section.name()) || section.lines.iter().any(|l| has_hole(l.keyword()));
        }
        Self {
            sections,
            open,
            inherited: RefCell::default(),
            servers: RefCell::default(),
        }
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

    /// True where a section has a server of that name, or may have one.
    pub fn has_server(&self, section: &Section<'_>, name: &str) -> bool {
        let mut known = self.servers.borrow_mut();
        let servers = known
            .entry(section.span.start)
            .or_insert_with(|| Servers::of(section));
        servers.open
            || servers.names.contains(name)
            || servers
                .prefixes
                .iter()
                .any(|p| name.starts_with(p.as_str()))
    }

    /// ACLs that a section has from the named defaults it inherits.
    pub fn inherited_acls(&self, section: &Section<'_>) -> Option<Rc<BTreeSet<&'c str>>> {
        let name = &*section.from()?.text;
        let defaults = self.section(SectionKind::Defaults, name)?;
        if let Some(known) = self.inherited.borrow().get(name) {
            return Some(known.clone());
        }
        let mut acls = BTreeSet::new();
        let mut next = Some(defaults);
        // A chain of defaults ends; a circle ends here.
        for _ in 0..16 {
            let Some(defaults) = next else { break };
            let lines = defaults.lines.iter().filter(|l| l.keyword() == "acl");
            acls.extend(lines.map(|l| l.arg(1)));
            next = defaults
                .from()
                .and_then(|w| self.section(SectionKind::Defaults, &w.text));
        }
        let acls = Rc::new(acls);
        self.inherited
            .borrow_mut()
            .insert(defaults.name(), acls.clone());
        Some(acls)
    }
}
