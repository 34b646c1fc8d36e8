//! What a section has to be as a whole. The daemon asks once it has read it.

use std::collections::BTreeSet;

use super::super::syntax::{Config, Line, Section, SectionKind};
use super::{Checker, value};
use crate::problem::{Class, Problem};

pub fn check(config: &Config<'_>, checker: &mut Checker<'_>) {
    if checker.names.open {
        return;
    }
    let verified = config.sections.iter().any(|s| s.lines.iter().any(verifies));
    for section in &config.sections {
        match section.kind {
            SectionKind::Cache => cache(section, checker),
            SectionKind::Userlist => users(section, checker),
            SectionKind::Peers => peers(section, checker),
            SectionKind::Resolvers => once(section, "nameserver", checker),
            kind if kind.is_proxy() => {
                proxy(section, checker);
                if !verified && kind.is_backend() {
                    certificates(section, checker);
                }
            }
            _ => {}
        }
    }
}

/// True where a line could say for servers how certificates are verified.
fn verifies(line: &Line<'_>) -> bool {
    let says = |word: &str| line.words.iter().any(|w| w.text == word);
    match line.keyword() {
        "default-server" => line.has_hole() || says("verify") || says("ca-file"),
        "ssl-server-verify" => true,
        _ => false,
    }
}

/// Servers that are spoken to by TLS, without a word on whose certificates are to be believed.
fn certificates(section: &Section<'_>, checker: &mut Checker<'_>) {
    let default = section
        .lines
        .iter()
        .any(|l| l.keyword() == "default-server" && l.from(1).iter().any(|w| w.text == "ssl"));
    for line in section
        .lines
        .iter()
        .filter(|l| l.keyword() == "server" && !l.has_hole())
    {
        let says = |word: &str| line.from(3).iter().any(|w| w.text == word);
        let none = line
            .words
            .windows(2)
            .any(|w| matches!(w, [a, b] if a.text == "verify" && b.text != "required"));
        let encrypted = (says("ssl") || says("check-ssl") || default) && !says("no-ssl");
        if encrypted && !none && !says("ca-file") && !line.arg(2).is_empty() {
            let message = format!(
                "server '{}': verify is enabled by default but no CA file specified",
                line.arg(1)
            );
            checker.late(
                Problem::error(Class::Value, message, line.span_of(1)).with_help(
                    "add `ca-file`, as `ca-file @system-ca`, or `verify none` where the network is trusted",
                ),
            );
        }
    }
}

fn proxy(section: &Section<'_>, checker: &mut Checker<'_>) {
    let mut tables = section
        .lines
        .iter()
        .filter(|l| l.keyword() == "stick-table")
        .skip(1);
    if let Some(second) = tables.next() {
        let message = format!(
            "stick-table name '{}' conflicts with the table before it: a section has one",
            section.name()
        );
        checker.push(
            second,
            Err(Problem::error(
                Class::DuplicateName,
                message,
                second.span_of(0),
            )),
        );
    }
    let listed = section.lines.iter().any(|l| l.keyword() == "ssl-f-use");
    for line in section
        .lines
        .iter()
        .filter(|l| l.keyword() == "bind" && !l.has_hole() && !listed)
    {
        let says = |word: &str| line.from(2).iter().any(|w| w.text == word);
        let given = ["crt", "crt-list", "default-crt", "strict-sni"];
        if says("ssl") && !given.into_iter().any(says) {
            let message = format!("no SSL certificate specified for bind '{}'", line.arg(1));
            checker.late(
                Problem::error(Class::Value, message, line.span_of(1)).with_help("add `crt`"),
            );
        }
    }
}

fn cache(section: &Section<'_>, checker: &mut Checker<'_>) {
    let size = section
        .lines
        .iter()
        .filter(|l| l.keyword() == "total-max-size")
        .map(|l| (value::leading(l.arg(1)), l.has_hole()))
        .next_back();
    if size.is_none_or(|(size, unknown)| size == 0 && !unknown) {
        let message = format!("Size not specified for cache '{}'", section.name());
        checker.late(
            Problem::error(Class::Arity, message, section.header.span)
                .with_help("add `total-max-size`, in megabytes"),
        );
    }
}

/// Users and groups of a list name one another.
fn users(section: &Section<'_>, checker: &mut Checker<'_>) {
    let named = |keyword: &str| -> BTreeSet<&str> {
        let lines = section.lines.iter().filter(|l| l.keyword() == keyword);
        lines.map(|l| l.arg(1)).collect()
    };
    let (users, groups) = (named("user"), named("group"));
    if section.lines.iter().any(Line::has_hole) {
        return;
    }
    for line in &section.lines {
        let (word, what, known) = match line.keyword() {
            "user" => ("groups", "group", &groups),
            "group" => ("users", "user", &users),
            _ => continue,
        };
        let Some(at) = line.from(2).iter().position(|w| w.text == word) else {
            continue;
        };
        for name in line.arg(at + 3).split(',').filter(|n| !n.is_empty()) {
            if !known.contains(name) {
                let message = format!("no such {what} '{name}' specified in '{}'", line.arg(1));
                checker.late(Problem::error(
                    Class::UndefinedName,
                    message,
                    line.span_of(at + 3),
                ));
            }
        }
    }
}

fn peers(section: &Section<'_>, checker: &mut Checker<'_>) {
    let line = |keyword: &str, n: usize| {
        section
            .lines
            .iter()
            .filter(|l| l.keyword() == keyword)
            .nth(n)
    };
    let whole = |l: &&Line<'_>| !l.arg(2).is_empty();
    let mixed = match (line("bind", 0), line("peer", 0).filter(whole)) {
        (Some(bind), Some(peer)) => Some(if bind.number > peer.number {
            bind
        } else {
            peer
        }),
        _ => None,
    };
    let problem = if let Some(line) = mixed {
        let message = "mixing \"peer\" and \"bind\" line is forbidden";
        Some((
            line,
            Problem::error(Class::Placement, message, line.span_of(0))
                .with_help("with `bind`, the others are `server` lines"),
        ))
    } else {
        line("bind", 1).map(|line| {
            let message = "a \"peers\" section has one listener, and it has one already";
            (
                line,
                Problem::error(Class::DuplicateName, message, line.span_of(0)),
            )
        })
    };
    if let Some((line, problem)) = problem {
        checker.push(line, Err(problem));
    }
}

/// Lines of one keyword have names of their own.
fn once(section: &Section<'_>, keyword: &str, checker: &mut Checker<'_>) {
    let mut seen = BTreeSet::new();
    for line in section
        .lines
        .iter()
        .filter(|l| l.keyword() == keyword && !l.has_hole())
    {
        if !line.arg(1).is_empty() && !seen.insert(line.arg(1)) {
            let message = format!("{keyword} '{}' has same name as another", line.arg(1));
            checker.push(
                line,
                Err(Problem::error(
                    Class::DuplicateName,
                    message,
                    line.span_of(1),
                )),
            );
        }
    }
}
