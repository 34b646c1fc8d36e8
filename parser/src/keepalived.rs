//! keepalived's config: text → blocks of lines, and what does not parse.
//!
//! keepalived itself passes over much that it does not know, so little is refused. Source: keepalived.conf(5).

use crate::hole::has_hole;
use crate::lines::{Continue, lines, words};
use crate::nearest::nearest;
use crate::problem::{Class, Problem};
use crate::source::{Source, Span, SyntaxError};

const MAX_DEPTH: usize = 32;

/// `name argument …`, perhaps with a block.
#[derive(Clone, Debug)]
pub struct Item {
    pub name: String,
    pub arguments: Vec<String>,
    pub span: Span,
    pub end: u32,
    pub block: Option<Vec<Item>>,
}

impl Item {
    /// Argument `n` from 0; empty past the end.
    #[must_use]
    pub fn arg(&self, n: usize) -> &str {
        self.arguments.get(n).map_or("", String::as_str)
    }
}

/// Parses a config or a part of one.
#[must_use]
pub fn parse(source: &Source) -> (Vec<Item>, Vec<SyntaxError>) {
    let mut open: Vec<(Item, Vec<Item>)> = Vec::new();
    let mut done: Vec<Item> = Vec::new();
    let mut errors = Vec::new();
    let mut sure = true;
    for line in lines(source.text(), Continue::BackslashOutsideComments) {
        let text = without_comment(&line.text);
        let mut rest = text.trim();
        if rest.is_empty() {
            continue;
        }
        sure &= !line.starts_with_hole();
        // Braces may stand on the line of their words or on one of their own.
        while !rest.is_empty() {
            let brace = brace(rest);
            let end = brace.unwrap_or(rest.len());
            let (head, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if !head.trim().is_empty() {
                done.push(item(head.trim(), line.span));
            }
            rest = match tail.chars().next() {
                Some('{') => {
                    let opened = done.pop().unwrap_or_else(|| item("", line.span));
                    if open.len() < MAX_DEPTH {
                        open.push((opened, std::mem::take(&mut done)));
                    }
                    tail.get(1..).unwrap_or("").trim_start()
                }
                Some(_) => {
                    match open.pop() {
                        Some((mut opened, outer)) => {
                            opened.end = line.span.end;
                            opened.block = Some(std::mem::replace(&mut done, outer));
                            done.push(opened);
                        }
                        None if sure => errors.push(
                            SyntaxError::new("unexpected '}'", line.span)
                                .with_help("no block is open here"),
                        ),
                        None => {}
                    }
                    tail.get(1..).unwrap_or("").trim_start()
                }
                None => "",
            };
        }
    }
    while let Some((mut opened, outer)) = open.pop() {
        if sure {
            errors.push(SyntaxError::new(
                format!("the block of `{}` is never closed", opened.name),
                opened.span,
            ));
        }
        opened.block = Some(std::mem::replace(&mut done, outer));
        done.push(opened);
    }
    (done, errors)
}

/// The first brace that is a word of its own: one within a word or quotes is text.
fn brace(text: &str) -> Option<usize> {
    let mut quoted = false;
    let mut before = ' ';
    for (i, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '{' if !quoted && before != '$' => return Some(i),
            '}' if !quoted && (before.is_ascii_whitespace() || before == '{' || before == '}') => {
                return Some(i);
            }
            _ => {}
        }
        before = c;
    }
    None
}

fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    for (i, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '#' | '!'
                if !quoted
                    && (i == 0 || line.get(..i).is_some_and(|b| b.ends_with([' ', '\t']))) =>
            {
                return line.get(..i).unwrap_or(line);
            }
            _ => {}
        }
    }
    line
}

fn item(text: &str, span: Span) -> Item {
    let all: Vec<String> = match words(text) {
        Ok(words) => words.iter().map(|w| w.text.to_owned()).collect(),
        Err(_) => text.split_whitespace().map(str::to_owned).collect(),
    };
    let mut all = all.into_iter();
    Item {
        name: all.next().unwrap_or_default(),
        arguments: all.collect(),
        span,
        end: span.end,
        block: None,
    }
}

const TOP: [&str; 21] = [
    "global_defs",
    "vrrp_instance",
    "vrrp_sync_group",
    "vrrp_script",
    "vrrp_track_process",
    "vrrp_track_file",
    "vrrp_track_bfd",
    "track_file",
    "track_process",
    "virtual_server",
    "virtual_server_group",
    "static_ipaddress",
    "static_routes",
    "static_rules",
    "static_track_group",
    "bfd_instance",
    "linkbeat_interfaces",
    "garp_group",
    "net_namespace",
    "checkers_process",
    "interface_up_down_delays",
];

/// What is wrong with a file. A top-level word that looks like a mistyped block is a warning: keepalived skips it.
#[must_use]
pub fn problems(source: &Source) -> Vec<Problem> {
    let (items, errors) = parse(source);
    let mut out: Vec<Problem> = errors.into_iter().map(Problem::from).collect();
    for item in items
        .iter()
        .filter(|i| i.block.is_some() && !has_hole(&i.name))
    {
        let known = TOP.contains(&item.name.as_str());
        if let (false, Some(near)) = (known, nearest(&item.name, TOP.into_iter())) {
            out.push(
                Problem::warning(
                    Class::UnknownKeyword,
                    format!(
                        "Unknown keyword '{}': keepalived skips its block",
                        item.name
                    ),
                    item.span,
                )
                .with_help(format!("did you mean `{near}`?")),
            );
        }
    }
    let virtuals = || items.iter().filter(|i| i.name == "virtual_server");
    for server in virtuals() {
        let Some(block) = &server.block else {
            continue;
        };
        let may_have = |i: &Item| {
            // What a macro or a condition brings is not looked into.
            let written = i.name.starts_with(['$', '@', '~']);
            written || has_hole(&i.name) || matches!(i.name.as_str(), "real_server" | "include")
        };
        if !block.iter().any(may_have) {
            let name = server.arguments.join(" ");
            let message =
                format!("the virtual server {name} has no real servers: keepalived ignores it");
            out.push(Problem::warning(Class::Ignored, message, server.span));
        }
    }
    let servers = virtuals()
        .flat_map(|i| i.block.iter().flatten())
        .filter(|i| i.name == "real_server" && !i.arguments.iter().any(|a| has_hole(a)));
    for server in servers {
        // Where the address is blank, the port stands in its place.
        if server.arg(0).is_empty() || server.arg(0).parse::<u32>().is_ok() {
            out.push(Problem::warning(
                Class::BlankAddress,
                "a real_server without an address",
                server.span,
            ));
        }
    }
    out.sort_by_key(|p| p.span.start);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> String {
        let source = Source::new("keepalived.conf", text);
        problems(&source)
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
    fn blocks_close_and_mistyped_ones_are_told() {
        insta::assert_snapshot!(report("\
! comment {
global_defs { router_id lb1 }
vrrp_instnce VI_1 {
  virtual_ipaddress
  {
    10.0.0.9/24 # vip }
  }
}
virtual_server 10.0.0.9 80 {
  real_server  80 { }
  real_server 10.0.0.1 80 {
    HTTP_GET { url { path \"/a}\" } }
}
"), @"
        3: Warning Unknown keyword 'vrrp_instnce': keepalived skips its block
        9: Error the block of `virtual_server` is never closed
        10: Warning a real_server without an address
        ");
        insta::assert_snapshot!(report("virtual_server fwmark 1 {\n  sorry_server 10.0.0.1 80\n}\n"), @"1: Warning the virtual server fwmark 1 has no real servers: keepalived ignores it");
        for servers in [
            "include /etc/real.conf",
            "$REAL",
            "@lb1 real_server 10.0.0.1 80",
            "\u{100000}",
        ] {
            assert_eq!(
                report(&format!("virtual_server 10.0.0.9 80 {{\n{servers}\n}}\n")),
                ""
            );
        }
        insta::assert_snapshot!(report("global_defs {\n}\n}\n"), @"3: Error unexpected '}'");
        assert_eq!(report("\u{100000}\n}\nfuture_block {\n}\n"), "");
    }
}
