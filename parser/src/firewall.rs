//! Rules of iptables-restore and of nft: what they refuse, and what locks everybody out.
//!
//! Source: iptables-restore(8), nft(8).

use std::collections::BTreeMap;

use crate::hole::{has_hole, is_hole};
use crate::lines::{Continue, Line, lines};
use crate::problem::{Class, Problem};
use crate::source::{Source, Span};

/// One `*table` of an iptables file.
#[derive(Default)]
struct Table {
    name: String,
    span: Span,
    /// By chain: its policy, `-` for a chain of its own.
    chains: BTreeMap<String, (String, Span)>,
    /// Chains that a rule leads on from or accepts in.
    opened: Vec<String>,
    unknown: bool,
}

/// A file for `iptables-restore`.
#[must_use]
pub fn iptables(source: &Source) -> Vec<Problem> {
    let mut out = Vec::new();
    let mut table: Option<Table> = None;
    let mut sure = true;
    for line in lines(source.text(), Continue::Never) {
        if line.is_silent(&['#']) {
            continue;
        }
        if line.starts_with_hole() {
            sure = false;
            if let Some(table) = &mut table {
                table.unknown = true;
            }
            continue;
        }
        let text = line.text.trim();
        if let Some(name) = text.strip_prefix('*') {
            if let Some(open) = table.take()
                && sure
            {
                out.push(uncommitted(&open));
            }
            table = Some(Table {
                name: name.to_owned(),
                span: line.span,
                ..Table::default()
            });
        } else if text == "COMMIT" {
            match table.take() {
                Some(done) => locked_out(&done, &mut out),
                None if sure => out.push(Problem::error(
                    Class::Placement,
                    "COMMIT expected a table before it",
                    line.span,
                )),
                None => {}
            }
        } else if let Some(table) = &mut table {
            within(table, text, &line, &mut out);
        } else if sure {
            out.push(Problem::error(
                Class::Placement,
                format!("no table is open: `{text}`"),
                line.span,
            ));
        }
    }
    if let (Some(open), true) = (table, sure) {
        out.push(uncommitted(&open));
    }
    out
}

fn uncommitted(table: &Table) -> Problem {
    Problem::error(
        Class::Syntax,
        format!(
            "COMMIT expected: no rule of the table `{}` is set",
            table.name
        ),
        table.span,
    )
}

fn within(table: &mut Table, text: &str, line: &Line<'_>, out: &mut Vec<Problem>) {
    if let Some(rest) = text.strip_prefix(':') {
        let mut words = rest.split_ascii_whitespace();
        let (chain, policy) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        table.unknown |= has_hole(chain) || has_hole(policy);
        if !matches!(policy, "ACCEPT" | "DROP" | "QUEUE" | "RETURN" | "-") && !has_hole(rest) {
            let message = format!("Bad policy `{policy}` of the chain `{chain}`");
            out.push(Problem::error(Class::Value, message, line.span));
        }
        table
            .chains
            .insert(chain.to_owned(), (policy.to_owned(), line.span));
        return;
    }
    // Counters may stand before a rule.
    let text = match text.strip_prefix('[').and_then(|t| t.split_once(']')) {
        Some((_, rest)) => rest.trim_start(),
        None => text,
    };
    let mut words = text.split_ascii_whitespace();
    let command = words.next().unwrap_or("");
    if has_hole(command) {
        table.unknown = true;
        return;
    }
    if !command.starts_with('-') {
        let message = format!("`{command}` is no rule: one starts with -A or -I");
        out.push(Problem::error(Class::Syntax, message, line.span));
        return;
    }
    if matches!(command, "-N" | "--new-chain") {
        let chain = words.next().unwrap_or("").to_owned();
        table.chains.insert(chain, ("-".to_owned(), line.span));
        return;
    }
    if !matches!(command, "-A" | "-I" | "--append" | "--insert") {
        return;
    }
    let chain = words.next().unwrap_or("");
    if has_hole(chain) {
        table.unknown = true;
        return;
    }
    let built_in = ["INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING"];
    if !table.chains.contains_key(chain) && !built_in.contains(&chain) && !table.unknown {
        let message = format!("No chain/target/match by that name: `{chain}`");
        out.push(
            Problem::error(Class::UndefinedName, message, line.span)
                .with_help(format!("declare it in this table: `:{chain} - [0:0]`")),
        );
    }
    let rest: Vec<&str> = words.collect();
    let target = rest
        .iter()
        .position(|w| matches!(*w, "-j" | "--jump" | "-g" | "--goto"))
        .and_then(|i| rest.get(i + 1));
    // A rule that lets in, asks another chain, or is unknown.
    if target.is_some_and(|t| !matches!(*t, "DROP" | "REJECT" | "LOG")) || has_hole(text) {
        table.opened.push(chain.to_owned());
    }
}

/// Everything that comes in is dropped, and no rule lets anything in.
fn locked_out(table: &Table, out: &mut Vec<Problem>) {
    let input = table
        .chains
        .get("INPUT")
        .filter(|(policy, _)| policy == "DROP");
    if let Some((_, span)) = input
        && table.name == "filter"
        && !table.unknown
        && !table.opened.iter().any(|c| c == "INPUT")
    {
        out.push(Problem::warning(
            Class::LockOut,
            "INPUT drops everything and no rule accepts anything: nobody can reach this machine",
            *span,
        ));
    }
}

/// A file for nft: braces and quotes.
#[must_use]
pub fn nftables(source: &Source) -> Vec<Problem> {
    let mut open: Vec<Span> = Vec::new();
    let mut out = Vec::new();
    let mut sure = true;
    let mut at = 0;
    for line in source.text().split_inclusive('\n') {
        let start = at;
        at += line.len();
        // An unknown line may open and close blocks.
        sure &= !line.trim_start().starts_with(is_hole);
        let mut quoted = None;
        for (i, c) in line.char_indices() {
            let span = Span::new(start + i, start + i + 1);
            match (quoted, c) {
                (None, '#') => break,
                (None, '"') => quoted = Some(span),
                (Some(_), '"') => quoted = None,
                (None, '{') => open.push(span),
                (None, '}') if open.pop().is_none() && sure => {
                    out.push(Problem::error(
                        Class::Syntax,
                        "syntax error, unexpected '}'",
                        span,
                    ));
                }
                _ => {}
            }
        }
        if let Some(span) = quoted.filter(|_| !has_hole(line)) {
            out.push(Problem::error(
                Class::Syntax,
                "a quote is never closed",
                span,
            ));
        }
    }
    if let (Some(span), true) = (open.last(), sure) {
        out.push(Problem::error(
            Class::Syntax,
            "syntax error, unexpected end of file: this block is never closed",
            *span,
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::report;

    #[test]
    fn tables_are_committed_and_chains_declared() {
        insta::assert_snapshot!(report(iptables, "\
*filter
:INPUT DROP [0:0]
:LOGDROP - [0:0]
:OUTPUT ACCPT [0:0]
[1:2] -A INPUT -p tcp --dport 22 -j ACCEPT
-A LOGDRP -j DROP
A INPUT -j DROP
COMMIT
-A INPUT -j DROP
*nat
:POSTROUTING ACCEPT [0:0]
"), @"
        4: Error value Bad policy `ACCPT` of the chain `OUTPUT`
        6: Error undefined-name No chain/target/match by that name: `LOGDRP`
        7: Error syntax `A` is no rule: one starts with -A or -I
        9: Error placement no table is open: `-A INPUT -j DROP`
        10: Error syntax COMMIT expected: no rule of the table `nat` is set
        ");
        let shut = "*filter\n:INPUT DROP [0:0]\n-A INPUT -s 10.0.0.0/8 -j DROP\nCOMMIT\n";
        insta::assert_snapshot!(report(iptables, shut), @"2: Warning lock-out INPUT drops everything and no rule accepts anything: nobody can reach this machine");
        assert_eq!(
            report(iptables, &shut.replace("-s", "\u{100000}\n-s"))
                .matches("lock-out")
                .count(),
            0
        );
    }

    #[test]
    fn blocks_of_nft_close() {
        insta::assert_snapshot!(report(nftables, "table inet filter {\n  chain a { # {\n    log prefix \"x{\"\n  }\n"), @"1: Error syntax syntax error, unexpected end of file: this block is never closed");
        insta::assert_snapshot!(report(nftables, "table a { }\n}\nlog prefix \"x\n"), @"
        2: Error syntax syntax error, unexpected '}'
        3: Error syntax a quote is never closed
        ");
        assert_eq!(report(nftables, "\u{100000}\n}\n"), "");
    }
}
