//! Squid's config: one directive a line, and the ACLs that lines name.
//!
//! Source: Squid's documented configuration directives. Which directives exist hangs on version and build, so an
//! unknown name is no error.

use std::collections::BTreeSet;

use crate::assembly::Include;
use crate::hole::has_hole;
use crate::lines::{Continue, lines};
use crate::nearest::nearest;
use crate::problem::{Class, Problem};
use crate::source::{Source, Span};

/// A directive with its words.
#[derive(Clone, Debug)]
pub struct Directive {
    pub name: String,
    pub arguments: Vec<String>,
    pub span: Span,
}

impl Directive {
    /// Argument `n` from 0; empty past the end.
    #[must_use]
    pub fn arg(&self, n: usize) -> &str {
        self.arguments.get(n).map_or("", String::as_str)
    }
}

/// The directives of a file, in its order.
#[must_use]
pub fn parse(source: &Source) -> Vec<Directive> {
    lines(source.text(), Continue::BackslashOutsideComments)
        .filter(|l| !l.is_silent(&['#']))
        .map(|line| {
            let mut words = line
                .text
                .split_whitespace()
                .take_while(|w| !w.starts_with('#'))
                .map(str::to_owned);
            Directive {
                name: words.next().unwrap_or_default(),
                arguments: words.collect(),
                span: line.span,
            }
        })
        .collect()
}

/// The `include` lines of a file that ask for one file, in its order.
#[must_use]
pub fn includes(source: &Source) -> Vec<Include> {
    parse(source)
        .into_iter()
        .filter(|d| d.name == "include" && d.arguments.len() == 1)
        .map(|d| Include {
            span: d.span,
            pattern: d.arg(0).to_owned(),
        })
        .collect()
}

/// ACLs that Squid defines itself.
const BUILT_IN: [&str; 6] = [
    "all",
    "manager",
    "localhost",
    "to_localhost",
    "to_linklocal",
    "CONNECT",
];

/// Lists of ACLs after an action.
const ACTIONS: [&str; 9] = [
    "http_access",
    "http_access2",
    "http_reply_access",
    "icp_access",
    "htcp_access",
    "miss_access",
    "always_direct",
    "never_direct",
    "snmp_access",
];

/// ACLs that are named and never defined: Squid refuses to start over one.
#[must_use]
pub fn problems(source: &Source) -> Vec<Problem> {
    let directives = parse(source);
    // What other files define is not known.
    let open = directives
        .iter()
        .any(|d| d.name == "include" || has_hole(&d.name) || d.name == "acl" && has_hole(d.arg(0)));
    let mut out = Vec::new();
    let mut defined: BTreeSet<&str> = BUILT_IN.into_iter().collect();
    for directive in &directives {
        match directive.name.as_str() {
            "acl" => {
                defined.insert(directive.arg(0));
                if directive.arguments.len() < 2 && !directive.arguments.iter().any(|a| has_hole(a))
                {
                    out.push(Problem::error(
                        Class::Arity,
                        "an acl needs a name and a type",
                        directive.span,
                    ));
                }
            }
            "cache_peer" if matches!(directive.arg(0), "" | "parent" | "sibling" | "multicast") => {
                out.push(Problem::warning(
                    Class::BlankAddress,
                    "a cache_peer without a host",
                    directive.span,
                ));
            }
            name if ACTIONS.contains(&name) => access(directive, open, &defined, &mut out),
            _ => {}
        }
    }
    out
}

fn access(line: &Directive, open: bool, defined: &BTreeSet<&str>, out: &mut Vec<Problem>) {
    if line.arguments.iter().any(|a| has_hole(a)) {
        return;
    }
    if !matches!(line.arg(0), "allow" | "deny") {
        let message = format!("expecting 'allow' or 'deny', got '{}'", line.arg(0));
        out.push(Problem::error(Class::Value, message, line.span));
        return;
    }
    for name in line.arguments.iter().skip(1) {
        let name = name.trim_start_matches('!');
        if open || name.is_empty() || defined.contains(name) {
            continue;
        }
        let mut problem = Problem::error(
            Class::UndefinedName,
            format!("ACL not found: {name}"),
            line.span,
        );
        if let Some(near) = nearest(name, defined.iter().copied()) {
            problem = problem.with_help(format!("did you mean `{near}`?"));
        }
        out.push(problem);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acl_must_be_defined_before_it_is_named() {
        let report = |text: &str| -> String {
            let source = Source::new("squid.conf", text);
            problems(&source)
                .iter()
                .map(|p| format!("{}: {}\n", source.line(p.span.start), p.message))
                .collect()
        };
        insta::assert_snapshot!(report("\
acl office src 10.0.0.0/8 # comment
http_access allow office localhost !to_localhost
http_access allow ofice
http_access grant all
acl late
cache_peer  parent 80 0
"), @"
        3: ACL not found: ofice
        4: expecting 'allow' or 'deny', got 'grant'
        5: an acl needs a name and a type
        6: a cache_peer without a host
        ");
        assert_eq!(
            report("include /etc/squid/conf.d/*\nhttp_access allow office\n"),
            ""
        );
    }
}
