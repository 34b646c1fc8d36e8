//! Names that one section uses and another defines; the daemon resolves them after it has read the file.

use std::collections::BTreeMap;

use super::super::syntax::{Config, Line, Section, SectionKind};
use super::Checker;
use crate::hole::has_hole;
use crate::problem::{Class, Problem};

pub fn check(config: &Config<'_>, checker: &mut Checker<'_>) {
    for section in &config.sections {
        if section.kind.is_proxy() {
            servers(section, checker);
            for line in &section.lines {
                backends(section, line, checker);
            }
        }
    }
}

/// Two servers of one proxy with one name. Found while the file is read, unlike the other references.
fn servers(section: &Section<'_>, checker: &mut Checker<'_>) {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for line in section.lines.iter().filter(|l| l.keyword() == "server") {
        let name = line.arg(1);
        if name.is_empty() || has_hole(name) || line.arg(2).is_empty() {
            continue;
        }
        if let Some(first) = seen.get(name) {
            checker.push(
                line,
                Err(Problem::error(
                    Class::DuplicateServer,
                    format!(
                        "{} '{}', another server named '{name}' was already defined at line {first}",
                        section.kind.as_str(),
                        section.name()
                    ),
                    line.span_of(1),
                )
                .with_help("use distinct names")),
            );
        } else {
            seen.insert(name, line.number);
        }
    }
}

/// `default_backend` and `use_backend`.
fn backends(section: &Section<'_>, line: &Line<'_>, checker: &mut Checker<'_>) {
    let keyword = line.keyword();
    if !matches!(keyword, "default_backend" | "use_backend") {
        return;
    }
    let name = line.arg(1);
    // A name made at run time is looked up at run time.
    if name.is_empty() || has_hole(name) || name.contains('%') || checker.names.open {
        return;
    }
    if keyword == "use_backend" && section.kind == SectionKind::Backend {
        return;
    }
    if checker.names.backend(name).is_some() {
        return;
    }
    let known = checker
        .names
        .of_kind(SectionKind::Backend)
        .chain(checker.names.of_kind(SectionKind::Listen));
    let near = crate::nearest::nearest(name, known);
    let problem = Problem::error(
        Class::UndefinedPool,
        format!(
            "{} '{}': unable to find required {keyword}: '{name}'",
            section.kind.as_str(),
            section.name()
        ),
        line.span_of(1),
    );
    checker.late(match near {
        Some(near) => problem.with_help(format!("did you mean '{near}'?")),
        None => problem,
    });
}
