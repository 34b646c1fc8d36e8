//! `/etc/hosts`, `resolv.conf` and sysctl files: lines that their readers pass over without a word.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::hole::has_hole;
use crate::lines::{Continue, Line, lines};
use crate::nearest::nearest;
use crate::problem::{Class, Problem};
use crate::source::{Source, Span};

fn ignored(line: &Line<'_>, message: String) -> Problem {
    Problem::warning(Class::Ignored, message, line.span)
}

fn is_address(text: &str) -> bool {
    // An IPv6 address may name its interface.
    text.split('%')
        .next()
        .is_some_and(|a| a.parse::<IpAddr>().is_ok())
}

/// hosts(5): an address and at least one name on each line.
#[must_use]
pub fn hosts(source: &Source) -> Vec<Problem> {
    let mut out = Vec::new();
    for line in lines(source.text(), Continue::Never) {
        let text = line.text.split('#').next().unwrap_or("");
        if text.trim().is_empty() || has_hole(text) {
            continue;
        }
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let Some(first) = words.first() else { continue };
        if !is_address(first) {
            let message = format!("`{first}` is no address: the line is passed over");
            out.push(ignored(&line, message).with_help("an address stands first, then its names"));
        } else if words.len() == 1 {
            let message = format!("`{first}` has no name: the line is passed over");
            out.push(ignored(&line, message));
        }
    }
    out
}

/// resolv.conf(5): without a name server of its own, a machine asks itself.
#[must_use]
pub fn resolv_conf(source: &Source) -> Vec<Problem> {
    const WORDS: [&str; 5] = ["nameserver", "search", "domain", "options", "sortlist"];
    let mut out = Vec::new();
    let mut servers = 0;
    let mut said = false;
    for line in lines(source.text(), Continue::Never) {
        if line.is_silent(&['#', ';']) {
            continue;
        }
        said = true;
        let mut words = line.text.split_ascii_whitespace();
        let (word, value) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        if has_hole(&line.text) {
            servers += 1;
        } else if word == "nameserver" {
            if is_address(value) {
                servers += 1;
            } else {
                let message =
                    format!("`nameserver {value}` names no address: the line is passed over");
                out.push(ignored(&line, message));
            }
        } else if let (false, Some(near)) =
            (WORDS.contains(&word), nearest(word, WORDS.into_iter()))
        {
            let message = format!("`{word}` is passed over");
            out.push(ignored(&line, message).with_help(format!("did you mean `{near}`?")));
        }
    }
    if servers == 0 && said {
        out.push(Problem::warning(
            Class::LockOut,
            "no name server is left: names are asked of the machine itself",
            Span::default(),
        ));
    }
    out
}

/// sysctl.conf(5): `key = value`, and of two equal keys the last counts.
#[must_use]
pub fn sysctl(source: &Source) -> Vec<Problem> {
    let mut out = Vec::new();
    let mut seen: BTreeMap<String, (String, u32)> = BTreeMap::new();
    for line in lines(source.text(), Continue::Never) {
        if line.is_silent(&['#', ';']) || has_hole(&line.text) {
            continue;
        }
        let text = line.text.trim();
        let Some((key, value)) = text.split_once('=') else {
            // `-key` keeps a glob from setting a key.
            if !text.starts_with('-') {
                let message = format!("invalid syntax, continuing: `{text}` has no `=`");
                out.push(Problem::error(Class::Syntax, message, line.span));
            }
            continue;
        };
        let key = key.trim().trim_start_matches('-').trim().replace('/', ".");
        if key.is_empty() {
            let message = format!("invalid syntax, continuing: `{text}` has no name");
            out.push(Problem::error(Class::Syntax, message, line.span));
            continue;
        }
        let number = source.line(line.span.start);
        if let Some((other, first)) = seen.get(&key).filter(|(v, _)| v != value.trim()) {
            let message =
                format!("`{key}` is already {other} on line {first}: the last one counts");
            out.push(Problem::warning(Class::DuplicateName, message, line.span));
        }
        seen.insert(key, (value.trim().to_owned(), number));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::report;

    #[test]
    fn lines_that_do_nothing_are_told() {
        insta::assert_snapshot!(report(hosts, "127.0.0.1 localhost # x\n web1 web1.example.com\n10.0.0.256 a\n10.0.0.1\nfe80::1%lo0 b\n"), @"
        2: Warning ignored `web1` is no address: the line is passed over
        3: Warning ignored `10.0.0.256` is no address: the line is passed over
        4: Warning ignored `10.0.0.1` has no name: the line is passed over
        ");
        insta::assert_snapshot!(report(resolv_conf, "search example.com\nnamserver 10.0.0.1\nnameserver\n"), @"
        2: Warning ignored `namserver` is passed over
        3: Warning ignored `nameserver ` names no address: the line is passed over
        1: Warning lock-out no name server is left: names are asked of the machine itself
        ");
        assert_eq!(report(resolv_conf, "# managed by resolvconf\n"), "");
        assert_eq!(report(resolv_conf, "nameserver \u{100000}\n"), "");
        insta::assert_snapshot!(report(sysctl, "net.ipv4.ip_forward 1\n-net.a\n-net.b = 1\nvm/swappiness=1\nvm.swappiness = 2\n= 3\n"), @"
        1: Error syntax invalid syntax, continuing: `net.ipv4.ip_forward 1` has no `=`
        5: Warning duplicate-name `vm.swappiness` is already 1 on line 4: the last one counts
        6: Error syntax invalid syntax, continuing: `= 3` has no name
        ");
    }
}
