//! BIND's `named.conf`: blocks and statements. Source: BIND 9's reference of its configuration file.

use crate::hole::{has_hole, is_hole};
use crate::nearest::nearest;
use crate::problem::{Class, Problem};
use crate::source::{Source, Span};

const TOP: &[&str] = &[
    "acl",
    "controls",
    "dnssec-policy",
    "dlz",
    "dyndb",
    "http",
    "include",
    "key",
    "key-store",
    "logging",
    "lwres",
    "managed-keys",
    "masters",
    "options",
    "parental-agents",
    "plugin",
    "primaries",
    "remote-servers",
    "server",
    "statistics-channels",
    "tls",
    "trust-anchors",
    "trusted-keys",
    "view",
    "zone",
];

/// What `named-checkconf` refuses before it looks at any value.
#[must_use]
pub fn problems(source: &Source) -> Vec<Problem> {
    let text = source.text();
    let mut out = Vec::new();
    let mut sure = true;
    let mut open: Vec<Span> = Vec::new();
    // Words since the last `;` or `{`, and whether a block has just been closed.
    let mut words: Vec<Span> = Vec::new();
    let mut closed: Option<Span> = None;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        let Some((skip, token)) = token(rest) else {
            let message = "unexpected end of input: a quote or comment is never closed";
            out.push(Problem::error(
                Class::Syntax,
                message,
                Span::new(at, at + 1),
            ));
            return out;
        };
        let start = at + skip;
        let span = Span::new(start, start + token.len());
        at = start + token.len().max(1);
        match token {
            "" => break,
            "{" => {
                open.push(words.first().copied().unwrap_or(span));
                top(&words, open.len(), source, &mut out);
                words.clear();
                closed = None;
            }
            "}" => {
                if let (Some(last), true) = (words.last().or(closed.as_ref()), sure) {
                    let word = source.slice(*last);
                    out.push(missing(word, *last));
                }
                if open.pop().is_none() && sure {
                    out.push(Problem::error(
                        Class::Syntax,
                        "syntax error near '}': no block is open here",
                        span,
                    ));
                }
                words.clear();
                closed = Some(span);
            }
            ";" => {
                words.clear();
                closed = None;
            }
            word => {
                sure &= !word.chars().all(is_hole);
                // After a block, words may belong to the same statement: `zone … { … } extra;`, `inet * allow { } keys { }`.
                if words.is_empty() {
                    closed = None;
                }
                words.push(span);
            }
        }
        if out.len() > 100 {
            return out;
        }
    }
    if sure {
        if let Some(first) = open.last() {
            let message = format!(
                "unexpected end of input: the block of `{}` is never closed",
                source.slice(*first)
            );
            out.push(Problem::error(Class::Syntax, message, *first));
        } else if let Some(last) = words.last().or(closed.as_ref()) {
            out.push(missing(source.slice(*last), *last));
        }
    }
    out
}

fn missing(word: &str, span: Span) -> Problem {
    Problem::error(Class::Syntax, format!("missing ';' after '{word}'"), span)
}

/// An unknown statement at the top, where it looks mistyped.
fn top(words: &[Span], depth: usize, source: &Source, out: &mut Vec<Problem>) {
    let Some(first) = words.first().filter(|_| depth == 1) else {
        return;
    };
    let word = source.slice(*first);
    if has_hole(word) || TOP.contains(&word) {
        return;
    }
    if let Some(near) = nearest(word, TOP.iter().copied()) {
        out.push(
            Problem::error(
                Class::UnknownKeyword,
                format!("unknown option '{word}'"),
                *first,
            )
            .with_help(format!("did you mean `{near}`?")),
        );
    }
}

/// How much space and comment precede the next token, and the token; empty at the end.
fn token(text: &str) -> Option<(usize, &str)> {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if rest.starts_with('#') || rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |i| rest.get(i..).unwrap_or(""));
        } else if let Some(inner) = rest.strip_prefix("/*") {
            rest = inner.split_once("*/")?.1;
        } else {
            break;
        }
    }
    let skip = text.len() - rest.len();
    let length = match rest.chars().next() {
        None => 0,
        Some('{' | '}' | ';') => 1,
        Some('"') => {
            let mut escaped = false;
            let end = rest.char_indices().skip(1).find(|(_, c)| {
                let found = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                found
            });
            end?.0 + 1
        }
        Some(_) => rest
            .char_indices()
            .find(|(i, c)| {
                c.is_whitespace()
                    || matches!(c, '{' | '}' | ';' | '"')
                    || rest
                        .get(*i..)
                        .is_some_and(|r| r.starts_with("/*") || r.starts_with("//"))
            })
            .map_or(rest.len(), |(i, _)| i),
    };
    Some((skip, rest.get(..length)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::report;

    #[test]
    fn statements_and_blocks_end_with_a_semicolon() {
        insta::assert_snapshot!(report(problems, "\
options { // x
  directory \"/var/cache/bind;\";
  forwarders { 10.0.0.1; 10.0.0.2 };
  listen-on-v6 { any; }
  inet 127.0.0.1 port 953 allow { localhost; } keys { rndc; };
};
zones \"a\" { type master; };
/* y } */ include \"x\";
acl b { !10.0.0.0/8; }
"), @"
        3: Error syntax missing ';' after '10.0.0.2'
        7: Error unknown-keyword unknown option 'zones'
        9: Error syntax missing ';' after '}'
        ");
        insta::assert_snapshot!(report(problems, "options {\n  recursion no;\n"), @"1: Error syntax unexpected end of input: the block of `options` is never closed");
        insta::assert_snapshot!(report(problems, "};\nzone \"a {\n"), @"
        1: Error syntax syntax error near '}': no block is open here
        2: Error syntax unexpected end of input: a quote or comment is never closed
        ");
        assert_eq!(
            report(problems, "zone \"\u{100000}\" {\n  \u{100000}\n"),
            ""
        );
    }
}
