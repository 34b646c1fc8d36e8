//! What HAProxy would refuse, and servers that it accepts without an address; one file a group of keywords.
//!
//! The daemon parses line by line, then resolves names across sections; a check is marked late when it belongs to the
//! second phase. A line gives its first error only, as in the daemon.

mod acl;
mod arguments;
mod checks;
mod inherit;
mod names;
mod pick;
mod proxy;
mod references;
mod rules;
mod sample;
mod sections;
mod server;
mod value;
mod whole;

use std::collections::BTreeMap;

use super::syntax::{Config, Line, Prefix, Section, SectionKind};
use super::tables::{KEYWORDS, REMOVED};
use crate::hole::has_hole;
use crate::problem::{Class, Problem};
use crate::source::Span;
use names::Names;
pub use value::Address;

/// Nobody reads further, and a hostile file could make millions.
const MAX_PROBLEMS: usize = 1000;

/// The first thing wrong with a line, if any.
type Check = Result<(), Problem>;

/// Checks a parsed config. Nothing that hangs on a hole is reported.
pub fn check(config: &Config<'_>) -> Vec<Problem> {
    check_in_phases(config)
        .into_iter()
        .map(|(_, p)| p)
        .collect()
}

/// As [`check`]; `true` marks what the daemon finds only after it has read the whole file.
pub(super) fn check_in_phases(config: &Config<'_>) -> Vec<(bool, Problem)> {
    let mut checker = Checker {
        names: Names::of(config),
        out: Vec::new(),
    };
    for line in config.stray.iter().take(MAX_PROBLEMS) {
        let word = line.keyword();
        checker.push(
            line,
            Err(unknown(
                line,
                format!("unknown keyword '{word}' out of section"),
                sections(),
            )),
        );
    }
    let mut seen = BTreeMap::new();
    let mut inheritance = inherit::Inheritance::default();
    for section in &config.sections {
        if checker.out.len() >= MAX_PROBLEMS {
            return checker.out;
        }
        checker.header(section, &mut seen);
        checker.push(&section.header, inheritance.check(section));
        checker.section(section);
    }
    references::check(config, &mut checker);
    whole::check(config, &mut checker);
    checker.out
}

fn sections() -> impl Iterator<Item = &'static str> {
    SectionKind::ALL.iter().map(|k| k.as_str())
}

struct Checker<'c> {
    names: Names<'c>,
    out: Vec<(bool, Problem)>,
}

/// The proxy section that a line stands in.
struct Proxy<'c, 's> {
    #[allow(dead_code)]
    section: &'c Section<'s>,
    acls: acl::Acls<'c>,
}

impl Proxy<'_, '_> {
    fn kind(&self) -> SectionKind {
        self.section.kind
    }
}

impl<'c> Checker<'c> {
    /// Keeps what a line's check found, unless it hangs on a hole of that line.
    fn push(&mut self, line: &Line<'_>, check: Check) {
        if let Err(problem) = check
            && !hangs_on_hole(line, problem.span)
        {
            self.out.push((false, problem));
        }
    }

    fn late(&mut self, problem: Problem) {
        self.out.push((true, problem));
    }

    fn header(&mut self, section: &'c Section<'_>, seen: &mut BTreeMap<(u8, &'c str), u32>) {
        let line = &section.header;
        let check = header(section);
        self.push(line, check);
        let name = section.name();
        if name.is_empty() || has_hole(name) {
            return;
        }
        // A frontend and a backend may share a name; two of one capability may not.
        let capabilities: &[u8] = match section.kind {
            SectionKind::Frontend => &[1],
            SectionKind::Backend => &[2],
            SectionKind::Listen => &[1, 2],
            // Of other kinds a name is taken once by itself.
            SectionKind::Peers => &[3],
            SectionKind::Resolvers => &[4],
            SectionKind::Cache => &[5],
            SectionKind::Mailers => &[6],
            SectionKind::HttpErrors => &[7],
            SectionKind::Ring => &[8],
            SectionKind::FcgiApp => &[9],
            SectionKind::LogForward => &[10],
            SectionKind::Program => &[11],
            _ => return,
        };
        for capability in capabilities {
            if let Some(first) = seen.get(&(*capability, name)) {
                let kind = section.kind.as_str();
                self.push(
                    line,
                    Err(Problem::error(
                        Class::DuplicateName,
                        format!("{kind} '{name}' has the same name as a section declared at line {first}"),
                        line.span_of(1),
                    )),
                );
                return;
            }
        }
        for capability in capabilities {
            seen.insert((*capability, name), line.number);
        }
    }

    fn section(&mut self, section: &'c Section<'_>) {
        // A backend's name with more words after it makes no section: its first line then stands nowhere.
        if section.is_void() {
            if let Some(line) = section.lines.first() {
                let problem = Problem::error(
                    Class::Placement,
                    "'listen' or 'defaults' expected",
                    line.span_of(0),
                );
                let help = format!(
                    "remove '{}' from the header of this section",
                    section.header.arg(2)
                );
                self.push(line, Err(problem.with_help(help)));
            }
            return;
        }
        match section.kind {
            SectionKind::Global => {
                for line in &section.lines {
                    let check = keyword(line, section, 'g').and_then(|()| sections::global(line));
                    self.push(line, check);
                }
            }
            kind if kind.is_proxy() => self.proxy(section),
            _ => {
                for line in &section.lines {
                    self.push(line, sections::other(section, line));
                }
            }
        }
    }

    fn proxy(&mut self, section: &'c Section<'_>) {
        let letter = match section.kind {
            SectionKind::Defaults if section.name().is_empty() => 'a',
            SectionKind::Defaults => 'd',
            SectionKind::Frontend => 'f',
            SectionKind::Backend => 'b',
            _ => 'l',
        };
        let mut proxy = Proxy {
            section,
            acls: acl::Acls::inherited(self.names.inherited_acls(section)),
        };
        for line in &section.lines {
            if self.out.len() >= MAX_PROBLEMS {
                return;
            }
            let check = keyword(line, section, letter).and_then(|()| proxy::line(line, &mut proxy));
            self.push(line, check);
            if let Some(blank) = server::blank(section, line) {
                self.push(line, Err(blank));
            }
        }
    }
}

fn header(section: &Section<'_>) -> Check {
    let line = &section.header;
    let kind = section.kind;
    if let Err(why) = kind.known().by(line.version) {
        let message = format!("unknown section '{}'{why}", kind.as_str());
        return Err(Problem::error(
            Class::UnknownKeyword,
            message,
            line.span_of(0),
        ));
    }
    match kind {
        // These may stand without a name.
        SectionKind::CrtStore | SectionKind::Traces => return arguments::at_most(line, 1),
        SectionKind::Global => return arguments::at_most(line, 0),
        // Words after the name of a defaults section are not looked at.
        SectionKind::Defaults => return Ok(()),
        // Nor those of these two.
        SectionKind::Resolvers | SectionKind::Mailers if !section.name().is_empty() => {
            return Ok(());
        }
        _ => {}
    }
    if section.name().is_empty() {
        return Err(arguments::missing(
            line,
            format!("'{}' expects a name", kind.as_str()),
        ));
    }
    if kind.is_proxy() {
        value::name(line, 1)?;
        let third = line.arg(2);
        if section.from().is_some() {
            return arguments::at_most(line, 3);
        }
        if !third.is_empty() && kind != SectionKind::Backend {
            return Err(Problem::error(
                Class::Arity,
                format!("unexpected '{third}'"),
                line.span_of(2),
            )
            .with_help("use the 'bind' keyword for listening addresses"));
        }
        return Ok(());
    }
    arguments::at_most(line, 1)
}

/// Whether the keyword exists, is allowed in this section, and has the arguments that the table asks for.
fn keyword(line: &Line<'_>, section: &Section<'_>, letter: char) -> Check {
    let word = line.keyword();
    let place = section.kind.as_str();
    if line.prefix.is_some() && !takes_prefix(word) {
        let prefix = if line.prefix == Some(Prefix::No) {
            "no"
        } else {
            "default"
        };
        return Err(Problem::error(
            Class::Placement,
            format!(
                "'{prefix}' is only supported for options, log and a few switches, not for '{word}'"
            ),
            line.span_of(0),
        ));
    }
    if letter != 'g'
        && let Some(instead) = REMOVED.get(word)
    {
        return Err(Problem::error(
            Class::UnknownKeyword,
            format!("the '{word}' directive is not supported any more"),
            line.span_of(0),
        )
        .with_help(format!("write: {instead}")));
    }
    let known = KEYWORDS.get(word, line.version).map_err(|why| {
        let names = KEYWORDS
            .known_to(line.version)
            .filter(|(_, k)| k.sections.contains(letter))
            .map(|(n, _)| n);
        let message = format!("unknown keyword '{word}' in '{place}' section");
        if why.is_empty() {
            unknown(line, message, names)
        } else {
            Problem::error(
                Class::UnknownKeyword,
                format!("{message}{why}"),
                line.span_of(0),
            )
        }
    })?;
    if !known.sections.contains(letter) {
        let global = known.sections.starts_with('g') && known.sections.len() == 1;
        return Err(if global || letter == 'g' {
            Problem::error(
                Class::UnknownKeyword,
                format!("unknown keyword '{word}' in '{place}' section"),
                line.span_of(0),
            )
        } else {
            let anonymous = if letter == 'a' && known.sections.contains('d') {
                "anonymous "
            } else {
                ""
            };
            Problem::error(
                Class::Placement,
                format!("'{word}' is not allowed in {anonymous}'{place}' section"),
                line.span_of(0),
            )
        });
    }
    arguments::check(line, &known.arguments)
}

fn takes_prefix(word: &str) -> bool {
    matches!(
        word,
        "option"
            | "log"
            | "busy-polling"
            | "set-dumpable"
            | "strict-limits"
            | "insecure-fork-wanted"
            | "numa-cpu-mapping"
            | "user"
            | "group"
    )
}

fn unknown<'n>(line: &Line<'_>, message: String, names: impl Iterator<Item = &'n str>) -> Problem {
    let problem = Problem::error(Class::UnknownKeyword, message, line.span_of(0));
    match crate::nearest::nearest(line.keyword(), names) {
        Some(near) => problem.with_help(format!("did you mean '{near}'?")),
        None => problem,
    }
}

/// What lies at or after a hole of its line may come from what the hole stands for.
fn hangs_on_hole(line: &Line<'_>, at: Span) -> bool {
    line.words
        .iter()
        .find(|w| w.has_hole())
        .is_some_and(|w| at.end > w.span.start)
}
