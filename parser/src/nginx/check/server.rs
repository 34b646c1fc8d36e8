//! Servers: what they listen on, their locations, and the addresses of upstreams.

use std::collections::{BTreeMap, BTreeSet};

use super::super::syntax::Directive;
use super::Context;
use super::values::{is_number, regex, wrong};
use crate::hole::has_hole;
use crate::problem::{Class, Problem};

type Check = Result<(), Problem>;

/// Host and port of an address; a bare number is a port.
fn split(text: &str) -> (&str, Option<&str>) {
    if text.starts_with("unix:") {
        return (text, None);
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        None if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => ("", Some(text)),
        _ => (text, None),
    }
}

fn is_port(text: &str) -> bool {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    [low, high]
        .into_iter()
        .all(|p| is_number(p) && p.parse::<u32>().is_ok_and(|p| (1..=65535).contains(&p)))
}

/// `listen <address> [parameter …]`
pub fn listen(directive: &Directive<'_>, context: Context) -> Check {
    let text = directive.arg(0);
    if has_hole(text) {
        return Ok(());
    }
    let (host, port) = split(text);
    if port.is_some_and(|p| !is_port(p)) {
        return Err(wrong(
            directive,
            format!("invalid port in \"{text}\" of the \"listen\" directive"),
        ));
    }
    if text.is_empty() || host.is_empty() && text.starts_with(':') {
        return Err(wrong(
            directive,
            format!("no host in \"{text}\" of the \"listen\" directive"),
        ));
    }
    for parameter in directive.arguments.iter().skip(1) {
        let text = &*parameter.text;
        if has_hole(text) {
            return Ok(());
        }
        if !is_listen_parameter(text, context) {
            return Err(wrong(directive, format!("invalid parameter \"{text}\"")));
        }
    }
    Ok(())
}

fn is_listen_parameter(text: &str, context: Context) -> bool {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    match (name, value) {
        ("bind" | "ssl" | "proxy_protocol", None) => true,
        ("default_server" | "default" | "http2" | "spdy" | "deferred", None) => {
            context == Context::Server
        }
        ("reuseport", None) => context != Context::MailServer,
        ("udp", None) => context == Context::StreamServer,
        ("backlog" | "setfib" | "fastopen", Some(v)) => v == "-1" || is_number(v),
        ("rcvbuf" | "sndbuf", Some(v)) => super::values::is_size(v),
        ("ipv6only", Some(v)) => matches!(v, "on" | "off"),
        ("so_keepalive" | "accept_filter", Some(_)) => true,
        _ => false,
    }
}

/// Listening sockets of one file, by address and port as nginx tells them apart.
#[derive(Default)]
pub struct Sockets {
    seen: BTreeMap<String, Socket>,
    servers: u32,
}

struct Socket {
    server: u32,
    default: bool,
    options: bool,
}

impl Sockets {
    /// Checks the `listen` lines of one server against those before.
    pub fn server(
        &mut self,
        server: &Directive<'_>,
        context: Context,
        out: &mut Vec<(bool, Problem)>,
    ) {
        self.servers += 1;
        for directive in server
            .block()
            .iter()
            .filter(|d| d.name.text == "listen" && !d.has_hole())
        {
            if let Err(problem) = self.listen(directive, context) {
                out.push((false, problem));
            }
        }
    }

    fn listen(&mut self, directive: &Directive<'_>, context: Context) -> Check {
        let text = directive.arg(0);
        let key = key(text, directive.arguments.iter().any(|a| a.text == "udp"));
        let says = |words: &[&str]| {
            directive.arguments.iter().skip(1).any(|a| {
                words.iter().any(|w| {
                    if w.ends_with('=') {
                        a.text.starts_with(w)
                    } else {
                        a.text == *w
                    }
                })
            })
        };
        let default = says(&["default_server", "default"]);
        let options = says(&[
            "bind",
            "backlog=",
            "rcvbuf=",
            "sndbuf=",
            "setfib=",
            "fastopen=",
            "accept_filter=",
            "deferred",
            "ipv6only=",
            "reuseport",
            "so_keepalive=",
        ]);
        let number = self.servers;
        let refuse =
            |message: String| Err(Problem::error(Class::DuplicateName, message, directive.end));
        let Some(socket) = self.seen.get_mut(&key) else {
            self.seen.insert(
                key,
                Socket {
                    server: number,
                    default,
                    options,
                },
            );
            return Ok(());
        };
        if context != Context::Server {
            return refuse(format!("duplicate \"{text}\" address and port pair"));
        }
        if socket.server == number {
            return refuse(format!("a duplicate listen {text}"));
        }
        if socket.options && options {
            return refuse(format!("duplicate listen options for {text}"));
        }
        if socket.default && default {
            return refuse(format!("a duplicate default server for {text}"));
        }
        socket.server = number;
        socket.default |= default;
        socket.options |= options;
        Ok(())
    }
}

/// `80`, `*:80` and `0.0.0.0:80` are one socket.
fn key(text: &str, udp: bool) -> String {
    let (host, port) = split(text);
    let host = match host {
        "" | "*" => "0.0.0.0",
        "localhost" => "127.0.0.1",
        host => host,
    };
    format!(
        "{host}:{}{}",
        port.unwrap_or("80"),
        if udp { "/udp" } else { "" }
    )
}

/// `server <address>` of an upstream.
pub fn upstream_address(directive: &Directive<'_>, text: &str) -> Check {
    if has_hole(text) {
        return Ok(());
    }
    let (host, port) = split(text);
    let refuse = |what: &str| {
        Err(Problem::error(
            Class::Value,
            format!("{what} in upstream \"{text}\""),
            directive.end,
        ))
    };
    if text.starts_with(':') {
        return refuse("no host");
    }
    match port {
        Some(port) if !host.is_empty() && (!is_number(port) || !is_port(port)) => {
            refuse("invalid port")
        }
        _ => Ok(()),
    }
}

/// How a location matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Match {
    Prefix,
    Exact,
    Regex,
    Named,
}

/// Kind and name of a location, whose modifier may stand alone or before the name; `None` where it is none.
fn location<'d>(directive: &'d Directive<'_>) -> Option<(Match, &'d str)> {
    let first = directive.arg(0);
    if directive.arguments.len() == 2 {
        let kind = match first {
            "=" => Match::Exact,
            "^~" => Match::Prefix,
            "~" | "~*" => Match::Regex,
            _ => return None,
        };
        return Some((kind, directive.arg(1)));
    }
    Some(if let Some(name) = first.strip_prefix('=') {
        (Match::Exact, name)
    } else if let Some(name) = first.strip_prefix("^~") {
        (Match::Prefix, name)
    } else if let Some(name) = first.strip_prefix("~*").or_else(|| first.strip_prefix('~')) {
        (Match::Regex, name)
    } else if first.starts_with('@') {
        (Match::Named, first)
    } else {
        (Match::Prefix, first)
    })
}

/// The location's modifier and regular expression.
pub fn location_shape(directive: &Directive<'_>) -> Check {
    if directive.has_hole() {
        return Ok(());
    }
    match location(directive) {
        None => Err(wrong(
            directive,
            format!("invalid location modifier \"{}\"", directive.arg(0)),
        )),
        Some((Match::Regex, pattern)) => regex(directive, pattern),
        Some(_) => Ok(()),
    }
}

/// Nested and duplicate locations among the directives of one level; `parent` is the block that holds them, where
/// the file shows it.
pub fn locations(
    directives: &[Directive<'_>],
    parent: Option<&Directive<'_>>,
    out: &mut Vec<(bool, Problem)>,
) {
    let outer = parent
        .filter(|p| p.name.text == "location" && !p.has_hole())
        .and_then(location);
    let mut seen: BTreeSet<(bool, &str)> = BTreeSet::new();
    for directive in directives
        .iter()
        .filter(|d| d.name.text == "location" && !d.has_hole())
    {
        let Some((kind, name)) = location(directive) else {
            continue;
        };
        if let Some(why) = outer.and_then(|outer| nesting(outer, (kind, name))) {
            out.push((false, Problem::error(Class::Placement, why, directive.end)));
            continue;
        }
        if matches!(kind, Match::Prefix | Match::Exact)
            && !seen.insert((kind == Match::Exact, name))
        {
            let message = format!("duplicate location \"{name}\"");
            out.push((
                true,
                Problem::error(Class::DuplicateName, message, directive.end),
            ));
        }
    }
}

/// Why a location cannot stand inside another.
fn nesting(outer: (Match, &str), inner: (Match, &str)) -> Option<String> {
    match (outer, inner) {
        ((Match::Exact, outer), (_, inner)) => Some(format!(
            "location \"{inner}\" cannot be inside the exact location \"{outer}\""
        )),
        ((Match::Named, outer), (_, inner)) => Some(format!(
            "location \"{inner}\" cannot be inside the named location \"{outer}\""
        )),
        (_, (Match::Named, inner)) => Some(format!(
            "named location \"{inner}\" can be on the server level only"
        )),
        ((Match::Prefix, outer), (Match::Prefix | Match::Exact, inner))
            if !inner.starts_with(outer) =>
        {
            Some(format!(
                "location \"{inner}\" is outside location \"{outer}\""
            ))
        }
        _ => None,
    }
}
