//! What stands behind a keyword.

use super::Directive;
use super::keywords::{
    CHOICES, CIPHERS, CRITERIA, EXCHANGES, FLAG, FLAGS, KEYS, MACS, METHODS, QUALITIES, SINGLE,
};
use crate::hole::has_hole;
use crate::lines::Line;
use crate::nearest::nearest;
use crate::problem::{Class, Problem};

pub fn value(directive: &Directive<'_>, line: &Line<'_>, out: &mut Vec<Problem>) {
    let Directive { name, value } = directive;
    if has_hole(value) {
        return;
    }
    let first = value
        .split_ascii_whitespace()
        .next()
        .unwrap_or("")
        .trim_matches('"');
    let choices = if FLAGS.contains(name) {
        Some(FLAG)
    } else {
        CHOICES.iter().find(|(n, _)| n == name).map(|(_, c)| *c)
    };
    if let Some(choices) = choices
        && !choices.iter().any(|c| c.eq_ignore_ascii_case(first))
    {
        let shown = choices.iter().filter(|c| !matches!(**c, "true" | "false"));
        let shown: Vec<&str> = shown.copied().collect();
        let message = format!("unsupported option \"{first}\" for {name}");
        out.push(
            Problem::error(Class::Value, message, line.span)
                .with_help(format!("it takes {}", shown.join(", "))),
        );
    }
    let count = value
        .split_ascii_whitespace()
        .take_while(|w| !w.starts_with('#'))
        .count();
    let patched = name.starts_with("GSSAPI") || name.starts_with("Kerberos");
    let single = (choices.is_some() && !patched) || SINGLE.contains(name);
    if single && count > 1 && !value.contains('"') {
        let message = format!("keyword {name} extra arguments at end of line");
        out.push(Problem::error(Class::Arity, message, line.span));
    }
    algorithms(directive, line, out);
    let number = |low: u32| first.parse::<u32>().is_ok_and(|n| n >= low);
    let bad = match *name {
        "Port" => !first.parse::<u16>().is_ok_and(|p| p > 0),
        "MaxAuthTries" | "MaxSessions" | "ClientAliveCountMax" | "X11DisplayOffset" => !number(0),
        "LoginGraceTime" | "ClientAliveInterval" => first != "none" && !is_time(first),
        "MaxStartups" => !is_startups(first),
        "RekeyLimit" => !is_rekey(value),
        "PermitOpen" | "PermitListen" => !value.split_ascii_whitespace().all(is_target),
        "AuthorizedKeysCommand" | "AuthorizedPrincipalsCommand" => {
            !first.eq_ignore_ascii_case("none") && !first.starts_with('/')
        }
        "AuthenticationMethods" => !value.split_ascii_whitespace().all(are_methods),
        "IPQoS" => value
            .split_ascii_whitespace()
            .take_while(|w| !w.starts_with('#'))
            .any(|w| {
                nearest(&w.to_ascii_lowercase(), QUALITIES.iter().copied()).is_some()
                    && !is_quality(w)
            }),
        "Subsystem" => value.split_ascii_whitespace().count() < 2,
        _ => false,
    };
    if bad {
        let message = format!("Badly formatted value \"{value}\" for {name}");
        out.push(Problem::error(Class::Value, message, line.span));
    }
    let shut = match *name {
        "DenyUsers" | "DenyGroups" => value.split_ascii_whitespace().any(|w| w == "*"),
        "MaxSessions" => first == "0",
        _ => false,
    };
    if shut {
        let message = format!("`{name} {value}` keeps everybody out");
        out.push(Problem::warning(Class::LockOut, message, line.span));
    }
}

/// A class of service; numbers and short names are left to sshd.
fn is_quality(word: &str) -> bool {
    QUALITIES.iter().any(|q| q.eq_ignore_ascii_case(word)) || word.len() <= 4
}

/// `90`, `2m`, `1h30m`
fn is_time(text: &str) -> bool {
    let mut digits = 0;
    for c in text.chars() {
        match c.to_ascii_lowercase() {
            '0'..='9' => digits += 1,
            's' | 'm' | 'h' | 'd' | 'w' if digits > 0 => digits = 0,
            _ => return false,
        }
    }
    !text.is_empty()
}

/// `10` or `10:30:100`
fn is_startups(text: &str) -> bool {
    let parts: Vec<Option<u32>> = text.split(':').map(|p| p.parse().ok()).collect();
    match parts.as_slice() {
        [Some(_)] => true,
        [Some(begin), Some(rate), Some(full)] => begin <= full && (1..=100).contains(rate),
        _ => false,
    }
}

/// A size or `default`, then a time or `none`.
fn is_rekey(text: &str) -> bool {
    let mut words = text.split_ascii_whitespace();
    let size = words.next().unwrap_or("").to_ascii_lowercase();
    let digits = size.strip_suffix(['k', 'm', 'g']).unwrap_or(&size);
    let sized = matches!(size.as_str(), "default" | "none")
        || !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let timed = words
        .next()
        .is_none_or(|w| w.starts_with('#') || w.eq_ignore_ascii_case("none") || is_time(w));
    sized && timed
}

/// `host:port`, `[address]:port`, `port`, or one of the words that stand for all and none.
fn is_target(text: &str) -> bool {
    let port = text.rsplit_once(':').map_or(text, |(_, p)| p);
    let port = port.split('/').next_back().unwrap_or(port);
    // A service's name is a port, too.
    let named = port.starts_with(|c: char| c.is_ascii_alphabetic());
    port == "*" || named || port.parse::<u16>().is_ok_and(|p| p > 0)
}

/// `publickey,keyboard-interactive:pam`
fn are_methods(text: &str) -> bool {
    text.trim_matches('"').split(',').all(|method| {
        let name = method.split(':').next().unwrap_or("");
        METHODS.contains(&name)
    })
}

/// Names of algorithms that look mistyped; what else is unknown may be another version's.
fn algorithms(directive: &Directive<'_>, line: &Line<'_>, out: &mut Vec<Problem>) {
    let known = match directive.name {
        "Ciphers" => CIPHERS,
        "MACs" => MACS,
        "KexAlgorithms" => EXCHANGES,
        "HostKeyAlgorithms"
        | "HostbasedAcceptedAlgorithms"
        | "HostbasedAcceptedKeyTypes"
        | "PubkeyAcceptedAlgorithms"
        | "PubkeyAcceptedKeyTypes"
        | "CASignatureAlgorithms" => KEYS,
        _ => return,
    };
    let value = directive.value.trim_matches('"');
    // What is taken away may be a pattern, and may be unknown.
    if value.starts_with('-') {
        return;
    }
    for name in value.trim_start_matches(['+', '^']).split(',') {
        let plain = name
            .strip_suffix("-cert-v01@openssh.com")
            .or_else(|| name.strip_suffix("-cert-v00@openssh.com"))
            .unwrap_or(name);
        let is_known = known
            .iter()
            .any(|k| *k == name || *k == plain || k.strip_suffix("@openssh.com") == Some(plain));
        if is_known || name.contains(['*', '?', '#', ' ']) {
            continue;
        }
        // One is enough to say that sshd takes none of them.
        if let Some(near) = nearest(name, known.iter().copied()) {
            let message = format!("Bad algorithm '{name}' for {}", directive.name);
            out.push(
                Problem::error(Class::Value, message, line.span)
                    .with_help(format!("did you mean `{near}`?")),
            );
            return;
        }
    }
}

/// `Match User a,b Address 10.0.0.0/8`, `Match all`
pub fn criteria(directive: &Directive<'_>, line: &Line<'_>, out: &mut Vec<Problem>) {
    let value = directive.value;
    // Newer versions take `user="a b"`, too.
    if has_hole(value) || value.contains(['"', '=']) {
        return;
    }
    let mut refuse = |class, message: String| {
        out.push(Problem::error(class, message, line.span));
    };
    let words: Vec<&str> = value
        .split_ascii_whitespace()
        .take_while(|w| !w.starts_with('#'))
        .collect();
    if words.iter().any(|w| w.eq_ignore_ascii_case("all")) && words.len() == 1 {
        return;
    }
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if word.eq_ignore_ascii_case("all") {
            return refuse(
                Class::Arity,
                "'all' cannot be combined with other Match attributes".to_owned(),
            );
        }
        if !CRITERIA.iter().any(|c| c.eq_ignore_ascii_case(word)) {
            return refuse(
                Class::UnknownKeyword,
                format!("Unsupported Match attribute {word}"),
            );
        }
        // Of all, only this one takes no argument.
        if !word.eq_ignore_ascii_case("invalid-user") && rest.next().is_none() {
            return refuse(Class::Arity, format!("Missing argument for Match {word}"));
        }
    }
}
