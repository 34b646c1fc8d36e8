//! Files of `[section]` and `key = value` lines: INI, Java properties, MySQL's option files, systemd's units.

use std::collections::BTreeMap;

use crate::hole::has_hole;
use crate::lines::{Continue, Line, lines};
use crate::nearest::nearest;
use crate::problem::{Class, Problem};
use crate::source::{Source, Span};

/// A section of any such file without its header's brackets; the first has no name.
struct Section {
    name: String,
    span: Span,
    keys: Vec<(String, String, Span)>,
}

/// A header's name; `Err` where the bracket never closes.
fn header<'l>(line: &'l Line<'_>) -> Option<Result<&'l str, ()>> {
    let rest = line.text.trim().strip_prefix('[')?;
    Some(rest.split_once(']').map(|(name, _)| name).ok_or(()))
}

fn unclosed(line: &Line<'_>) -> Problem {
    let message = format!("Invalid section header '{}'", line.text.trim());
    Problem::error(Class::Syntax, message, line.span)
}

/// INI as most readers take it: only a section header that never closes is refused.
#[must_use]
pub fn problems(source: &Source) -> Vec<Problem> {
    let mut out = Vec::new();
    for line in lines(source.text(), Continue::Never) {
        // Indented lines often continue a value.
        let indented = line.text.starts_with([' ', '\t']);
        if line.is_silent(&['#', ';']) || indented || has_hole(&line.text) {
            continue;
        }
        if header(&line) == Some(Err(())) && !line.text.contains('=') {
            out.push(unclosed(&line));
        }
    }
    out
}

/// Java properties: a `\u` escape needs four digits, and of two equal keys the last counts.
#[must_use]
pub fn properties(source: &Source) -> Vec<Problem> {
    let mut out = Vec::new();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for line in lines(source.text(), Continue::BackslashOutsideComments) {
        if line.is_silent(&['#', '!']) || has_hole(&line.text) {
            continue;
        }
        let text = line.text.trim_start();
        if has_bad_escape(text) {
            out.push(Problem::error(
                Class::Syntax,
                "Malformed \\uxxxx encoding",
                line.span,
            ));
        }
        let end = text
            .char_indices()
            .find(|(i, c)| {
                matches!(c, '=' | ':' | ' ' | '\t')
                    && !text.get(..*i).is_some_and(|b| b.ends_with('\\'))
            })
            .map_or(text.len(), |(i, _)| i);
        let key = text.get(..end).unwrap_or(text);
        let number = source.line(line.span.start);
        if let Some(first) = seen.insert(key.to_owned(), number) {
            let message =
                format!("the key `{key}` is already on line {first}: the last one counts");
            out.push(Problem::warning(Class::DuplicateName, message, line.span));
        }
    }
    out
}

fn has_bad_escape(text: &str) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\\' && chars.next() == Some('u') {
            let digits = chars.as_str().chars().take(4);
            if digits.filter(char::is_ascii_hexdigit).count() < 4 {
                return true;
            }
        }
    }
    false
}

/// MySQL's and MariaDB's option files: the client and the server refuse to start over a line outside a group.
#[must_use]
pub fn my_cnf(source: &Source) -> Vec<Problem> {
    let mut out = Vec::new();
    let mut in_group = false;
    for line in lines(source.text(), Continue::Never) {
        if line.is_silent(&['#', ';']) {
            continue;
        }
        let text = line.text.trim();
        in_group |= line.starts_with_hole();
        if has_hole(text) {
            continue;
        }
        match header(&line) {
            Some(Ok(_)) => in_group = true,
            Some(Err(())) => {
                in_group = true;
                let message = format!("Wrong group definition in config file: '{text}'");
                out.push(Problem::error(Class::Syntax, message, line.span));
            }
            None if text.starts_with('!') => {}
            None if !in_group => {
                in_group = true;
                out.push(Problem::error(
                    Class::Placement,
                    "Found option without preceding group in config file",
                    line.span,
                ));
            }
            None => {}
        }
    }
    out
}

/// Sections of systemd's unit files, by the unit's extension.
const UNIT_SECTIONS: &[&str] = &[
    "Unit",
    "Install",
    "Service",
    "Socket",
    "Timer",
    "Mount",
    "Automount",
    "Swap",
    "Path",
    "Slice",
    "Scope",
    "Match",
    "Link",
    "Network",
    "Address",
    "Route",
    "DHCP",
    "DHCPv4",
    "DHCPv6",
    "NetDev",
];

/// A systemd unit, drop-in, or configuration file.
#[must_use]
pub fn unit(source: &Source) -> Vec<Problem> {
    let mut out = Vec::new();
    let mut sections: Vec<Section> = Vec::new();
    let mut open = false;
    for line in lines(source.text(), Continue::BackslashOutsideComments) {
        if line.is_silent(&['#', ';']) {
            continue;
        }
        open |= line.starts_with_hole();
        let text = line.text.trim();
        match header(&line) {
            Some(Ok(name)) => sections.push(Section {
                name: name.to_owned(),
                span: line.span,
                keys: Vec::new(),
            }),
            Some(Err(())) if !has_hole(text) => out.push(unclosed(&line)),
            Some(Err(())) => {}
            None => {
                let assigned = text.split_once('=');
                let Some((key, value)) = assigned else {
                    if !has_hole(text) {
                        let message = format!("Missing '=', ignoring line: {text}");
                        out.push(Problem::warning(Class::Ignored, message, line.span));
                    }
                    continue;
                };
                let pair = (key.trim().to_owned(), value.trim().to_owned(), line.span);
                match sections.last_mut() {
                    Some(section) => section.keys.push(pair),
                    None if open => {}
                    None => out.push(Problem::warning(
                        Class::Ignored,
                        "Assignment outside of section. Ignoring.",
                        line.span,
                    )),
                }
            }
        }
    }
    if !open {
        // Configuration files of systemd's own services have sections of their own.
        if !source.path().ends_with(".conf") {
            for section in &sections {
                name(section, &mut out);
            }
        }
        if source.path().ends_with(".service") {
            service(&sections, &mut out);
        }
    }
    out.sort_by_key(|p| p.span.start);
    out
}

fn name(section: &Section, out: &mut Vec<Problem>) {
    let known = UNIT_SECTIONS.contains(&section.name.as_str());
    if known || section.name.starts_with("X-") || has_hole(&section.name) {
        return;
    }
    if let Some(near) = nearest(&section.name, UNIT_SECTIONS.iter().copied()) {
        // Network files have many more sections, all longer than a slip of one letter.
        let message = format!("Unknown section '{}'. Ignoring.", section.name);
        out.push(
            Problem::warning(Class::Ignored, message, section.span)
                .with_help(format!("did you mean `[{near}]`?")),
        );
    }
}

fn acts_by_itself(section: &Section) -> bool {
    section
        .keys
        .iter()
        .any(|(key, value, _)| key == "SuccessAction" && !value.is_empty())
}

/// What systemd refuses to load of a service that is a whole file and no drop-in.
fn service(sections: &[Section], out: &mut Vec<Problem>) {
    let own: Vec<&Section> = sections.iter().filter(|s| s.name == "Service").collect();
    let Some(first) = own.first() else {
        return;
    };
    let unknown = own
        .iter()
        .flat_map(|s| &s.keys)
        .any(|(k, v, _)| has_hole(k) || has_hole(v) && k == "Type");
    let values = |key: &str| -> Vec<(&str, Span)> {
        let mut values: Vec<(&str, Span)> = Vec::new();
        for (k, v, span) in own.iter().flat_map(|s| &s.keys) {
            if k == key && v.is_empty() {
                // An empty assignment takes back what was said before.
                values.clear();
            } else if k == key {
                values.push((v, *span));
            }
        }
        values
    };
    if unknown {
        return;
    }
    let kind = values("Type").last().map_or("simple", |(v, _)| *v);
    let start = values("ExecStart");
    if start.is_empty()
        && values("ExecStop").is_empty()
        && !sections.iter().any(acts_by_itself)
        && values("BusName").is_empty()
    {
        out.push(Problem::error(
            Class::Arity,
            "Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.",
            first.span,
        ));
    }
    if let (Some((_, span)), false) = (start.get(1), kind == "oneshot") {
        out.push(Problem::error(
            Class::DuplicateName,
            "Service has more than one ExecStart= setting, which is only allowed for Type=oneshot services. Refusing.",
            *span,
        ));
    }
    let choices: [(&str, &[&str]); 2] = [
        (
            "Type",
            &[
                "simple",
                "exec",
                "forking",
                "oneshot",
                "dbus",
                "notify",
                "notify-reload",
                "idle",
            ],
        ),
        (
            "Restart",
            &[
                "no",
                "always",
                "on-success",
                "on-failure",
                "on-abnormal",
                "on-watchdog",
                "on-abort",
            ],
        ),
    ];
    for (key, words) in choices {
        for (value, span) in values(key) {
            if !words.contains(&value) && !has_hole(value) {
                let message = format!("Failed to parse {key}={value}, ignoring");
                out.push(Problem::warning(Class::Ignored, message, span));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service_report(text: &str) -> String {
        let source = Source::new("/etc/systemd/system/a.service", text);
        unit(&source)
            .iter()
            .map(|p| {
                format!(
                    "{}: {:?} {}\n",
                    source.line(p.span.start),
                    p.kind,
                    p.message
                )
            })
            .collect()
    }

    #[test]
    fn units_that_do_not_load_are_told() {
        insta::assert_snapshot!(service_report("Wants=a\n[Servce]\nType=simple\n[Service]\nType=onshot\nEnvironment=A=1 \\\n# not here\n  B=2\nnonsense\n[Install\n"), @"
        1: Warning Assignment outside of section. Ignoring.
        2: Warning Unknown section 'Servce'. Ignoring.
        4: Error Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.
        5: Warning Failed to parse Type=onshot, ignoring
        9: Warning Missing '=', ignoring line: nonsense
        10: Error Invalid section header '[Install'
        ");
        insta::assert_snapshot!(service_report("[Service]\nExecStart=/bin/a\nExecStart=/bin/b\n"), @"3: Error Service has more than one ExecStart= setting, which is only allowed for Type=oneshot services. Refusing.");
        assert_eq!(
            service_report("[Service]\nExecStart=/bin/a\nExecStart=\nExecStart=/bin/b\n"),
            ""
        );
        assert_eq!(service_report("[Unit]\nDescription=a\n\u{100000}\n"), "");
    }

    #[test]
    fn option_files_need_a_group() {
        insta::assert_snapshot!(crate::lines::report(my_cnf, "# x\n!includedir /etc/my.d\nport=3306\n[mysqld\nskip-networking\n"), @"
        3: Error placement Found option without preceding group in config file
        4: Error syntax Wrong group definition in config file: '[mysqld'
        ");
        assert_eq!(crate::lines::report(my_cnf, "\u{100000}\nport=3306\n"), "");
    }

    #[test]
    fn properties_and_ini_say_little() {
        insta::assert_snapshot!(crate::lines::report(properties, "a=1\nb : 2\n! a=2\na 3\npath=C:\\\\users\nu=\\u00e\n"), @r#"
        4: Warning duplicate-name the key `a` is already on line 1: the last one counts
        6: Error syntax Malformed \uxxxx encoding
        "#);
        insta::assert_snapshot!(crate::lines::report(problems, "[a]\nb = [c\n[d\n  [e\n"), @"3: Error syntax Invalid section header '[d'");
    }
}
