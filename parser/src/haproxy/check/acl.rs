//! ACLs and the conditions made of them.
//!
//! Source: HAProxy's configuration manual, 7.1 "ACL basics" and 7.2 "Using ACLs to form conditions".

use std::collections::BTreeSet;
use std::rc::Rc;

use super::super::syntax::{Line, Word};
use super::super::tables::{ACLS, FETCHES};
use super::sample::{self, Parsed};
use super::value::{is_bad_ip, name, wrong};
use super::{Check, arguments};
use crate::hole::has_hole;
use crate::nearest::nearest;
use crate::problem::{Class, Problem};

/// The ACLs that a line can use: those defined before it in its section, and in the defaults that it inherits.
#[derive(Default)]
pub struct Acls<'c> {
    own: BTreeSet<&'c str>,
    inherited: Option<Rc<BTreeSet<&'c str>>>,
}

impl<'c> Acls<'c> {
    pub fn inherited(inherited: Option<Rc<BTreeSet<&'c str>>>) -> Self {
        Self {
            own: BTreeSet::new(),
            inherited,
        }
    }

    pub fn insert(&mut self, name: &'c str) {
        self.own.insert(name);
    }

    fn contains(&self, name: &str) -> bool {
        self.own.contains(name) || self.inherited.as_ref().is_some_and(|i| i.contains(name))
    }

    fn iter(&self) -> impl Iterator<Item = &'c str> + '_ {
        self.own
            .iter()
            .chain(self.inherited.iter().flat_map(|i| i.iter()))
            .copied()
    }
}

/// ACLs that are always there.
const PREDEFINED: &[&str] = &[
    "FALSE",
    "HTTP",
    "HTTP_1.0",
    "HTTP_1.1",
    "HTTP_2.0",
    "HTTP_3.0",
    "HTTP_CONTENT",
    "HTTP_URL_ABS",
    "HTTP_URL_SLASH",
    "HTTP_URL_STAR",
    "LOCALHOST",
    "METH_CONNECT",
    "METH_DELETE",
    "METH_GET",
    "METH_HEAD",
    "METH_OPTIONS",
    "METH_POST",
    "METH_PUT",
    "METH_TRACE",
    "RDP_COOKIE",
    "REQ_CONTENT",
    "TRUE",
    "WAIT_END",
];

/// `acl <name> <criterion> [flags] [operator] <values>`
pub fn definition(line: &Line<'_>) -> Check {
    name(line, 1)?;
    if matches!(line.arg(1), "or" | "OR" | "||") && line.arg(1) != "OR" {
        return Err(wrong(
            line,
            1,
            "an ACL named 'or' will never match: 'or' joins conditions",
        ));
    }
    expression(line, 2, line.words.len())
}

/// `if <condition>` or `unless <condition>` at word `n`, or nothing.
pub fn optional_condition(line: &Line<'_>, n: usize, acls: &Acls<'_>) -> Check {
    match line.arg(n) {
        "" => Ok(()),
        "if" | "unless" => condition(line, n + 1, acls),
        other => {
            let message = format!(
                "'{}' expects 'if' or 'unless' and a condition but found '{other}'",
                line.keyword()
            );
            Err(Problem::error(Class::Syntax, message, line.span_of(n)))
        }
    }
}

/// As [`optional_condition`], where one has to stand.
pub fn required_condition(line: &Line<'_>, n: usize, acls: &Acls<'_>) -> Check {
    if matches!(line.arg(n), "if" | "unless") {
        return condition(line, n + 1, acls);
    }
    let message = format!(
        "'{}' requires either 'if' or 'unless' followed by a condition",
        line.keyword()
    );
    if line.arg(n).is_empty() {
        return Err(arguments::missing(line, message));
    }
    Err(Problem::error(Class::Syntax, message, line.span_of(n)))
}

/// Terms from word `n` to the end of the line.
fn condition(line: &Line<'_>, mut n: usize, acls: &Acls<'_>) -> Check {
    while let Some(word) = line.word(n).filter(|w| !w.text.is_empty()) {
        let term = word.text.trim_start_matches('!');
        match term {
            "" | "or" | "||" => {}
            "{" => {
                let inside = line.from(n + 1);
                let Some(length) = inside.iter().position(|w| w.text == "}") else {
                    return Err(Problem::error(
                        Class::Syntax,
                        "missing closing '}' in the condition",
                        line.span_of(n),
                    ));
                };
                expression(line, n + 1, n + 1 + length)?;
                n += length + 1;
            }
            term if has_hole(term) || acls.contains(term) || PREDEFINED.contains(&term) => {}
            term => return Err(undefined(word, term, acls)),
        }
        n += 1;
    }
    Ok(())
}

fn undefined(word: &Word<'_>, term: &str, acls: &Acls<'_>) -> Problem {
    let problem = Problem::error(
        Class::UndefinedName,
        format!("no such ACL: '{term}'"),
        word.span,
    );
    match nearest(term, acls.iter()) {
        Some(near) => problem.with_help(format!("did you mean '{near}'?")),
        None if term.starts_with('{') => problem.with_help("'{' must stand as a word of its own"),
        None => problem.with_help("an ACL must be defined before the line that uses it"),
    }
}

/// A criterion with its flags and values in words `n..end`.
fn expression(line: &Line<'_>, n: usize, end: usize) -> Check {
    let text = if n < end { line.arg(n) } else { "" };
    let (output, method) = criterion(text, line, n)?;
    let mut matching = method.or_else(|| sample::default_match(output));
    let mut next = n + 1;
    while next < end && line.arg(next).starts_with('-') {
        match line.arg(next) {
            "-i" | "-n" | "-u" | "-M" => {}
            "-f" => next += 1,
            "-m" => {
                let method = line.arg(next + 1);
                matching = Some(MATCHES.iter().find(|m| **m == method).copied().ok_or_else(
                    || {
                        wrong(
                            line,
                            next + 1,
                            format!("unknown matching method '{method}'"),
                        )
                    },
                )?);
                next += 1;
            }
            "--" => {
                next += 1;
                break;
            }
            flag => {
                return Err(
                    wrong(line, next, format!("'{flag}' is not a valid ACL option"))
                        .with_help("write '--' before a pattern that begins with '-'"),
                );
            }
        }
        next += 1;
    }
    let Some(matching) = matching else {
        return if next < end {
            Err(wrong(
                line,
                next,
                "a matching method must be given first (with '-m') for a fetch of this type",
            ))
        } else {
            Ok(())
        };
    };
    for at in next..end {
        value(line, at, matching)?;
    }
    Ok(())
}

const MATCHES: [&str; 14] = [
    "found", "bool", "int", "ip", "bin", "len", "str", "beg", "sub", "dir", "dom", "end", "reg",
    "any",
];

/// What a criterion gives, and the matching method that its name implies.
fn criterion(
    text: &str,
    line: &Line<'_>,
    n: usize,
) -> Result<(&'static str, Option<&'static str>), Problem> {
    let name = sample::identifier(text);
    let fault = |f: sample::Fault| {
        if n >= line.words.len() {
            arguments::missing(line, f.message)
        } else {
            f.at(line, n)
        }
    };
    let Some((fetch, method)) = ACLS.get(name) else {
        let parsed = sample::expression(text, line.version).map_err(fault)?;
        return whole(text, &parsed, line, n).map(|()| (parsed.output, None));
    };
    let Ok(sample) = FETCHES.get(fetch, line.version) else {
        return Ok(("any", Some(method)));
    };
    let rest = sample::arguments(text, name, sample, "ACL").map_err(fault)?;
    let parsed = sample::converters(rest, sample.output, line.version).map_err(fault)?;
    whole(text, &parsed, line, n).map(|()| (parsed.output, Some(*method)))
}

fn whole(text: &str, parsed: &Parsed<'_>, line: &Line<'_>, n: usize) -> Check {
    if parsed.rest.is_empty() {
        return Ok(());
    }
    Err(wrong(
        line,
        n,
        format!("unexpected '{}' in the ACL criterion '{text}'", parsed.rest),
    ))
}

fn value(line: &Line<'_>, n: usize, matching: &str) -> Check {
    let text = line.arg(n);
    if has_hole(text) {
        return Ok(());
    }
    match matching {
        "int" | "len" => {
            let is_number = |t: &str| t.parse::<i64>().is_ok() || t.strip_suffix('.').is_some();
            let (low, high) = text.split_once(':').unwrap_or((text, text));
            let number = (low.is_empty() || is_number(low) || low.contains('.'))
                && (high.is_empty() || is_number(high) || high.contains('.'));
            if number || matches!(text, "eq" | "ge" | "gt" | "le" | "lt") {
                return Ok(());
            }
            Err(wrong(line, n, format!("'{text}' is not a number")))
        }
        "ip" => {
            let (address, mask) = text.split_once('/').unwrap_or((text, ""));
            let bits = if address.contains(':') { 128 } else { 32 };
            let bad_mask = !mask.is_empty()
                && mask
                    .parse::<u32>()
                    .map_or(is_bad_ip(mask) || !mask.contains('.'), |m| m > bits);
            let named =
                !address.contains(':') && !address.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            if is_bad_ip(address) || bad_mask || named {
                return Err(wrong(
                    line,
                    n,
                    format!("'{text}' is not a valid IPv4 or IPv6 address"),
                ));
            }
            Ok(())
        }
        "reg" => crate::regex::check(text)
            .map_err(|why| wrong(line, n, format!("regex '{text}' is invalid: {why}"))),
        _ => Ok(()),
    }
}
