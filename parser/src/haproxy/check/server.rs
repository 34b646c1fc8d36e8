//! `server`, `server-template`, `default-server` and `bind` lines.

use super::super::syntax::{Line, Section};
use super::super::tables::{BIND, SERVER};
use super::super::version::Version;
use super::value::{Address, is_bad_ip, time_text, wrong};
use super::{Check, arguments, sample, value};
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
    // With a resolver or an initial address, a host that does not resolve is only switched off.
    let later = line
        .words
        .iter()
        .any(|w| matches!(&*w.text, "resolvers" | "init-addr"));
    match address(line, 2) {
        Err(problem) if later && problem.message.starts_with("could not resolve") => {}
        other => other?,
    }
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
    let fits = match range.split_once('-') {
        Some((low, high)) => !low.is_empty() && value::leading(low) <= value::leading(high),
        None => value::leading(range) > 0,
    };
    if !has_hole(range) && !fits {
        return Err(wrong(
            line,
            2,
            format!("'server-template' expects a number or range but got '{range}'"),
        ));
    }
    address(line, 3)?;
    keywords(line, 4)
}

/// A server whose address is blank: HAProxy accepts it, and it reaches nobody.
pub fn blank(section: &Section<'_>, line: &Line<'_>) -> Option<Problem> {
    let n = match line.keyword() {
        "server" => 2,
        "server-template" => 3,
        "dispatch" => 1,
        _ => return None,
    };
    let text = line.arg(n);
    let address = Address::parse(text);
    if section.kind.is_backend()
        && !text.is_empty()
        && address.host.is_empty()
        && !address.is_local()
    {
        let message =
            format!("'{text}' has no address: HAProxy accepts it and sends requests nowhere");
        return Some(
            Problem::warning(Class::BlankAddress, message, line.span_of(n))
                .with_help("the value that should stand before the port was blank"),
        );
    }
    // `server  10.0.0.1:80 check`: the name was blank, so the address became the name.
    let shifted = line.keyword() == "server"
        && SERVER.contains(text)
        && Address::parse(line.arg(1))
            .host
            .parse::<std::net::IpAddr>()
            .is_ok();
    shifted.then(|| {
        Problem::warning(
            Class::BlankAddress,
            format!(
                "the server has no name: '{}' is read as its name and '{text}' as its address",
                line.arg(1)
            ),
            line.span_of(1),
        )
    })
}

/// Keywords that are taken without their argument.
const COUNTS_AS_ZERO: &[&str] = &[
    "init-addr",
    "maxconn",
    "maxqueue",
    "minconn",
    "resolve-opts",
    "weight",
];

const PROXY_OPTIONS: &[&str] = &[
    "ssl",
    "cert-cn",
    "ssl-cipher",
    "cert-sig",
    "cert-key",
    "authority",
    "crc32c",
    "unique-id",
];

/// Words that some keywords of `server` and `bind` choose from.
fn choices(name: &str) -> Option<&'static [&'static str]> {
    const TLS: &[&str] = &["SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
    Some(match name {
        "observe" => &["none", "layer4", "layer7"],
        "on-error" => &["fastinter", "fail-check", "sudden-death", "mark-down"],
        "on-marked-down" => &["shutdown-sessions"],
        "on-marked-up" => &["shutdown-backup-sessions"],
        "resolve-prefer" => &["ipv4", "ipv6"],
        "ssl-min-ver" | "ssl-max-ver" => TLS,
        "verify" => &["none", "optional", "required"],
        "ws" => &["auto", "h1", "h2"],
        "log-proto" => &["legacy", "octet-count"],
        "proto" | "check-proto" => &["h1", "h2", "fcgi", "none", "quic", "spop"],
        "level" => &["user", "operator", "admin"],
        "severity-output" => &["none", "number", "string"],
        _ => return None,
    })
}

/// The argument in word `n` of the keyword before it.
fn keyword_value(line: &Line<'_>, n: usize) -> Check {
    let (name, text) = (line.arg(n - 1), line.arg(n));
    if has_hole(text) {
        return Ok(());
    }
    if let Some(choices) = choices(name) {
        return if choices.contains(&text) {
            Ok(())
        } else {
            Err(wrong(
                line,
                n,
                format!(
                    "'{name}' expects one of {} but got '{text}'",
                    choices.join(", ")
                ),
            ))
        };
    }
    match name {
        "inter" | "fastinter" | "downinter" | "agent-inter" | "slowstart" | "tcp-ut"
        | "pool-purge-delay" => {
            time_text(text).map_err(|why| wrong(line, n, format!("{why} for '{name}'")))?;
            let never = matches!(name, "inter" | "fastinter" | "downinter" | "agent-inter");
            if never && value::leading(text) == 0 {
                return Err(wrong(
                    line,
                    n,
                    format!("invalid value 0 for argument '{name}'"),
                ));
            }
            Ok(())
        }
        "resolve-opts" | "proxy-v2-options" => {
            let known: &[&str] = if name == "resolve-opts" {
                &["allow-dup-ip", "ignore-weight", "prevent-dup-ip"]
            } else {
                PROXY_OPTIONS
            };
            match text.split(',').find(|o| !known.contains(o)) {
                // A later version may have more of them.
                Some(_) if line.version > Version::USUAL => Ok(()),
                Some(option) => Err(wrong(
                    line,
                    n,
                    format!("'{name}': unknown option '{option}'"),
                )),
                None => Ok(()),
            }
        }
        "rise" | "fall" | "id" | "error-limit" if leading_number(text) == 0 => Err(wrong(
            line,
            n,
            format!("'{name}' has to be more than 0 but got '{text}'"),
        )),
        "weight" if !(0..=256).contains(&value::leading(text)) => Err(wrong(
            line,
            n,
            format!("weight is not within 0 and 256 ({text})"),
        )),
        "init-addr" => {
            let unknown = text.split(',').find(|m| {
                !matches!(*m, "libc" | "last" | "none") && m.parse::<std::net::IpAddr>().is_err()
            });
            match unknown {
                Some(method) => Err(wrong(
                    line,
                    n,
                    format!("'init-addr': unknown method '{method}'"),
                )),
                None => Ok(()),
            }
        }
        "sni" => sample::words(line, n).map(|_| ()),
        "mode" if u32::from_str_radix(text, 8).is_err() => Err(wrong(
            line,
            n,
            format!("'mode' expects an octal integer but got '{text}'"),
        )),
        _ => Ok(()),
    }
}

/// Keywords of `server` and `default-server` from word `n` on.
pub fn keywords(line: &Line<'_>, mut n: usize) -> Check {
    while let Some(word) = line.word(n).filter(|w| !w.text.is_empty()) {
        let name = &*word.text;
        let count = SERVER
            .get(name, line.version)
            .map_err(|why| unknown(line, n, "server", &why, SERVER.names(line.version)))?;
        // An id for all servers is only complained about.
        let ignored = name == "id" && line.keyword() == "default-server";
        if *count >= 1 && !ignored {
            if !line.arg(n + 1).is_empty() {
                keyword_value(line, n + 1)?;
            } else if !COUNTS_AS_ZERO.contains(&name) {
                return Err(arguments::missing(
                    line,
                    format!("'{name}' expects an argument"),
                ));
            }
        }
        n += match name {
            "source" => source_words(line, n),
            // An expression may have converters as words of their own.
            "sni" => sample::words(line, n + 1)? - n,
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
    why: &str,
    names: impl Iterator<Item = &'n str>,
) -> Problem {
    let text = line.arg(n);
    let problem = Problem::error(
        Class::UnknownKeyword,
        format!("unknown keyword '{text}' on a '{what}' line{why}"),
        line.span_of(n),
    );
    match nearest(text, names) {
        Some(near) if why.is_empty() => problem.with_help(format!("did you mean '{near}'?")),
        _ => problem,
    }
}

/// The address of a server. A blank one is accepted, see [`blank`].
fn address(line: &Line<'_>, n: usize) -> Check {
    let text = line.arg(n);
    let address = Address::parse(text);
    if address.family.starts_with("quic") {
        return Err(wrong(
            line,
            n,
            format!("unsupported protocol for a server in '{text}'"),
        ));
    }
    if address.is_local() || has_hole(text) {
        return Ok(());
    }
    if let Some(port) = address.port {
        let digits = port.strip_prefix(['+', '-']).unwrap_or(port);
        if let Some(c) = digits.chars().next().filter(|c| !c.is_ascii_digit()) {
            return Err(wrong(
                line,
                n,
                format!("invalid character '{c}' in port number '{port}' in '{text}'"),
            ));
        }
        if leading_number(digits) > 65535 {
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
    Ok(())
}

/// The number that a text begins with, as C's `atol` reads it: what follows the digits is not looked at.
fn leading_number(text: &str) -> u64 {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let digits = text.get(..end).unwrap_or("");
    if digits.is_empty() {
        0
    } else {
        digits.parse().unwrap_or(u64::MAX)
    }
}

/// `dispatch <address>:<port>`: one server without a name.
pub fn dispatch(line: &Line<'_>) -> Check {
    let text = line.arg(1);
    if text.is_empty() {
        return Err(arguments::missing(
            line,
            "'dispatch' expects <addr>:<port>".to_owned(),
        ));
    }
    let parsed = Address::parse(text);
    if !parsed.is_local() && parsed.port.is_none_or(str::is_empty) && !has_hole(text) {
        return Err(wrong(
            line,
            1,
            format!("'dispatch': missing port specification in '{text}'"),
        ));
    }
    address(line, 1)?;
    arguments::at_most(line, 1)
}

/// `peer <name> <address>:<port>`
pub fn peer(line: &Line<'_>) -> Check {
    value::name(line, 1)?;
    let text = line.arg(2);
    let parsed = Address::parse(text);
    if !parsed.is_local() && !has_hole(text) && parsed.port.is_none_or(str::is_empty) {
        return Err(wrong(
            line,
            2,
            format!("missing port specification in '{text}'"),
        ));
    }
    address(line, 2)?;
    keywords(line, 3)
}

/// Where `log` sends: an address, a path, a ring, a file descriptor.
pub fn log_target(line: &Line<'_>, n: usize) -> Check {
    let text = line.arg(n);
    let invalid = |what: &str| Err(wrong(line, n, format!("{what} in '{text}'")));
    if text.starts_with("backend@") {
        return invalid("invalid address");
    }
    let address = Address::parse(text);
    if has_hole(text)
        || matches!(text, "stdout" | "stderr")
        || text.starts_with("ring@")
        || address.is_local()
    {
        return Ok(());
    }
    if let Some(port) = address.port {
        if port.contains('-') {
            return invalid("port range not permitted here");
        }
        if leading_number(port) > 65535 {
            return invalid("invalid port");
        }
    }
    if is_bad_ip(address.host) {
        invalid("invalid address")
    } else {
        Ok(())
    }
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
    let text = line.arg(1);
    for part in text.strip_suffix(',').unwrap_or(text).split(',') {
        bind_address(line, part)?;
    }
    bind_keywords(line, 2, "bind")
}

/// Keywords of `bind` and `stats socket` from word `n` on.
pub fn bind_keywords(line: &Line<'_>, mut n: usize, what: &str) -> Check {
    while let Some(word) = line.word(n).filter(|w| !w.text.is_empty()) {
        let count = BIND
            .get(&word.text, line.version)
            .map_err(|why| unknown(line, n, what, &why, BIND.names(line.version)))?;
        if *count >= 1 {
            if line.arg(n + 1).is_empty() {
                return Err(arguments::missing(
                    line,
                    format!("'{}' expects an argument", word.text),
                ));
            }
            keyword_value(line, n + 1)?;
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
    let invalid = |what: String| Err(wrong(line, 1, format!("'bind': {what} in '{text}'")));
    let port = address.port.unwrap_or("");
    if port.is_empty() {
        return invalid("missing port specification".to_owned());
    }
    let (low, high) = port.split_once('-').unwrap_or((port, port));
    for end in [low, high] {
        if !(1..=65535).contains(&leading_number(end)) {
            return invalid(format!("invalid port '{end}'"));
        }
    }
    if leading_number(low) > leading_number(high) {
        return invalid(format!("invalid port range '{port}'"));
    }
    if address.host != "*" && (is_bad_ip(address.host) || address.host.contains('+')) {
        return invalid(format!("invalid address '{}'", address.host));
    }
    Ok(())
}
