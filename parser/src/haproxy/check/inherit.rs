//! What a section may inherit from a defaults section.
//!
//! Source: HAProxy's configuration manual, 4 "Proxies", on defaults sections with TCP or HTTP rules.

use std::collections::{BTreeMap, BTreeSet};

use super::super::syntax::{Section, SectionKind};
use super::Check;
use crate::hole::has_hole;
use crate::problem::{Class, Problem};

/// The defaults sections so far, and how others have used them.
#[derive(Default)]
pub struct Inheritance<'c> {
    defaults: Vec<Defaults>,
    by_name: BTreeMap<&'c str, usize>,
    /// Names of more than one.
    ambiguous: BTreeSet<&'c str>,
    /// A defaults section whose name is unknown: it may be the one that is asked for.
    hidden: bool,
}

struct Defaults {
    name: String,
    rules: Rules,
    explicit: bool,
    /// The kind of the first section that inherits its rules.
    heir: Option<SectionKind>,
}

/// Rules that a defaults section hands down.
struct Rules {
    any: bool,
    connection: bool,
    response: bool,
}

fn rules(defaults: &Section<'_>) -> Rules {
    let any =
        |test: fn(&str, &str) -> bool| defaults.lines.iter().any(|l| test(l.keyword(), l.arg(1)));
    Rules {
        any: any(|k, stage| {
            matches!(k, "http-request" | "http-response" | "http-after-response")
                || matches!(k, "tcp-request" | "tcp-response") && stage != "inspect-delay"
        }),
        connection: any(|k, stage| k == "tcp-request" && matches!(stage, "connection" | "session")),
        response: any(|k, stage| k == "tcp-response" && stage == "content"),
    }
}

impl<'c> Inheritance<'c> {
    /// Checks a section's header against the defaults sections before it, and remembers it.
    pub fn check(&mut self, section: &'c Section<'_>) -> Check {
        if !section.kind.is_proxy() {
            return Ok(());
        }
        let check = self.header(section);
        if section.kind == SectionKind::Defaults {
            self.hidden |= has_hole(section.name());
            if self
                .by_name
                .insert(section.name(), self.defaults.len())
                .is_some()
            {
                self.ambiguous.insert(section.name());
            }
            self.defaults.push(Defaults {
                name: section.name().to_owned(),
                rules: rules(section),
                explicit: false,
                heir: None,
            });
        }
        check
    }

    fn header(&mut self, section: &Section<'_>) -> Check {
        let kind = section.kind;
        let refuse = |message: String| {
            Err(Problem::error(
                Class::Placement,
                message,
                section.header.span_of(0),
            ))
        };
        let defaults = match section.from() {
            Some(name) if has_hole(&name.text) => return Ok(()),
            Some(name) if self.ambiguous.contains(&*name.text) => {
                let (from, kind, of) = (&name.text, kind.as_str(), section.name());
                return refuse(format!(
                    "ambiguous defaults section name '{from}' referenced by {kind} '{of}'"
                ));
            }
            Some(name) => {
                let place = self.by_name.get(&*name.text).copied();
                let Some(found) = place.and_then(|i| self.defaults.get_mut(i)) else {
                    let (from, kind, of) = (&name.text, kind.as_str(), section.name());
                    let message = format!("defaults section '{from}' not found for {kind} '{of}'");
                    let problem = Problem::error(Class::UndefinedName, message, name.span);
                    return if self.hidden { Ok(()) } else { Err(problem) };
                };
                found.explicit = true;
                found
            }
            None if kind == SectionKind::Defaults => return Ok(()),
            None => {
                let Some(found) = self.defaults.last_mut() else {
                    return Ok(());
                };
                if found.explicit {
                    return refuse(format!(
                        "defaults section '{}' is explicitly referenced by another proxy and implicitly used here",
                        found.name
                    ));
                }
                found
            }
        };
        if !defaults.rules.any {
            return Ok(());
        }
        match kind {
            SectionKind::Defaults | SectionKind::Listen => refuse(format!(
                "a {} section cannot inherit from a defaults section defining TCP/HTTP rules",
                kind.as_str()
            )),
            SectionKind::Frontend if defaults.rules.response => refuse(
                "a frontend section cannot inherit from a defaults section defining 'tcp-response content' rules"
                    .to_owned(),
            ),
            SectionKind::Backend if defaults.rules.connection => refuse(
                "a backend section cannot inherit from a defaults section defining 'tcp-request connection' or 'session' rules"
                    .to_owned(),
            ),
            _ if *defaults.heir.get_or_insert(kind) == kind => Ok(()),
            _ => refuse(
                "frontends and backends cannot inherit from the same defaults section if it defines TCP/HTTP rules"
                    .to_owned(),
            ),
        }
    }
}
