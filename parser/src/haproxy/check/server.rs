//! `server`, `server-template`, `default-server` and `bind` lines.

use super::super::syntax::Line;
use super::super::tables::{BIND, SERVER};
use super::value::{Address, is_bad_ip, time_text, wrong};
use super::{Check, arguments, value};
use crate::hole::has_hole;
use crate::nearest::nearest;
use crate::problem::{Class, Problem};

/// `server <name> <address> [keyword …]`
pub fn server(line: &Line<'_>) -> Check {
    if line.arg(1).is_empty() || line.arg(2).is_empty() {
        return Err(arguments::missing(
            line,
            "'server' expects <name> and <addr>[:<port>] as arguments".to_owned(),
        ));
    }
    value::name(line, 1)?;
    address(line, 2)?;
    keywords(line, 3)
}

/// `server-template <prefix> <number or range> <address> [keyword …]`
pub fn template(line: &Line<'_>) -> Check {
    if (1..=3).any(|n| line.arg(n).is_empty()) {
        return Err(arguments::missing(
            line,
            "'server-template' expects <prefix> <nb | range> <addr>[:<port>] as arguments"
                .to_owned(),
        ));
    }
    value::name(line, 1)?;
    let range = line.arg(2);
    let (low, high) = range.split_once('-').unwrap_or((range, range));
    if !has_hole(range) && (low.parse::<u32>().is_err() || high.parse::<u32>().is_err()) {
        return Err(wrong(
            line,
            2,
            format!("'server-template' expects a number or range but got '{range}'"),
        ));
    }
    address(line, 3)?;
    keywords(line, 4)
}

/// Keywords of `server` and `default-server` from word `n` on.
pub fn keywords(line: &Line<'_>, mut n: usize) -> Check {
    while let Some(word) = line.word(n).filter(|w| !w.text.is_empty()) {
        let name = &*word.text;
        let Some(count) = SERVER.get(name) else {
            return Err(unknown(line, n, "server", SERVER.keys().copied()));
        };
        if *count >= 1 && line.arg(n + 1).is_empty() {
            return Err(arguments::missing(
                line,
                format!("'{name}' expects an argument"),
            ));
        }
        let argument = line.arg(n + 1);
        match name {
            "inter" | "fastinter" | "downinter" | "agent-inter" | "slowstart" | "tcp-ut"
            | "pool-purge-delay" => {
                time_text(argument)
                    .map_err(|why| wrong(line, n + 1, format!("{why} for '{name}'")))?;
            }
            _ => {}
        }
        n += match name {
            "source" => source_words(line, n),
            "usesrc" => 1,
            _ => 1 + usize::try_from(*count).unwrap_or(0),
        };
    }
    Ok(())
}

/// Words that `source <addr> [usesrc <addr>] [interface <name>]` takes.
fn source_words(line: &Line<'_>, n: usize) -> usize {
    let mut taken = 2;
    while matches!(line.arg(n + taken), "usesrc" | "interface") {
        taken += 2;
    }
    taken
}

fn unknown<'n>(
    line: &Line<'_>,
    n: usize,
    what: &str,
    names: impl Iterator<Item = &'n str>,
) -> Problem {
    let text = line.arg(n);
    let problem = Problem::error(
        Class::UnknownKeyword,
        format!("unknown keyword '{text}' on a '{what}' line"),
        line.span_of(n),
    );
    match nearest(text, names) {
        Some(near) => problem.with_help(format!("did you mean '{near}'?")),
        None => problem,
    }
}

/// The address of a server: blank is accepted by the daemon, and reaches nobody.
fn address(line: &Line<'_>, n: usize) -> Check {
    let text = line.arg(n);
    let address = Address::parse(text);
    if address.is_local() || has_hole(text) {
        return Ok(());
    }
    if let Some(port) = address.port {
        let digits = port.strip_prefix(['+', '-']).unwrap_or(port);
        if let Some(c) = digits.chars().find(|c| !c.is_ascii_digit()) {
            return Err(wrong(
                line,
                n,
                format!("invalid character '{c}' in port number '{port}' in '{text}'"),
            ));
        }
        if digits.parse::<u32>().is_ok_and(|p| p > 65535) || digits.len() > 9 {
            return Err(wrong(line, n, format!("invalid port '{port}'")));
        }
    }
    if is_bad_ip(address.host) {
        return Err(wrong(
            line,
            n,
            format!("could not resolve address '{}'", address.host),
        ));
    }
    if address.host.is_empty() {
        return Err(Problem::warning(
            Class::BlankAddress,
            format!("'{text}' has no address: HAProxy accepts it and sends requests nowhere"),
            line.span_of(n),
        )
        .with_help("the value that should stand before the port was blank"));
    }
    Ok(())
}

/// `bind <address>[,…] [keyword …]`
pub fn bind(line: &Line<'_>) -> Check {
    if line.arg(1).is_empty() {
        return Err(arguments::missing(
            line,
            "'bind' expects {<path>|[addr1]:port1[-end1]}{,[addr]:port[-end]}... as arguments"
                .to_owned(),
        ));
    }
    for part in line.arg(1).split(',') {
        bind_address(line, part)?;
    }
    bind_keywords(line, 2, "bind")
}

/// Keywords of `bind` and `stats socket` from word `n` on.
pub fn bind_keywords(line: &Line<'_>, mut n: usize, what: &str) -> Check {
    while let Some(word) = line.word(n).filter(|w| !w.text.is_empty()) {
        let Some(count) = BIND.get(&*word.text) else {
            return Err(unknown(line, n, what, BIND.keys().copied()));
        };
        if *count >= 1 && line.arg(n + 1).is_empty() {
            return Err(arguments::missing(
                line,
                format!("'{}' expects an argument", word.text),
            ));
        }
        n += 1 + usize::try_from(*count).unwrap_or(0);
    }
    Ok(())
}

fn bind_address(line: &Line<'_>, text: &str) -> Check {
    let address = Address::parse(text);
    if address.is_local() || has_hole(text) {
        return Ok(());
    }
    let port = address.port.unwrap_or("");
    if port.is_empty() {
        return Err(wrong(
            line,
            1,
            format!("'bind': missing port specification in '{text}'"),
        ));
    }
    let (low, high) = port.split_once('-').unwrap_or((port, port));
    for end in [low, high] {
        match end.parse::<u32>() {
            Ok(1..=65535) => {}
            Ok(_) => return Err(wrong(line, 1, format!("'bind': invalid port '{end}'"))),
            Err(_) => {
                return Err(wrong(
                    line,
                    1,
                    format!("'bind': invalid port '{end}' in '{text}'"),
                ));
            }
        }
    }
    if address.host != "*" && is_bad_ip(address.host) {
        return Err(wrong(
            line,
            1,
            format!("'bind': invalid address '{}' in '{text}'", address.host),
        ));
    }
    Ok(())
}
