//! Values: names, numbers, times, sizes, ports and addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::super::syntax::Line;
use super::Check;
use crate::hole::has_hole;
use crate::problem::{Class, Problem};

pub fn wrong(line: &Line<'_>, n: usize, message: impl Into<String>) -> Problem {
    Problem::error(Class::Value, message, line.span_of(n))
}

/// Proxy, server and ACL names: letters, digits, `-`, `_`, `.` and `:`.
pub fn name(line: &Line<'_>, n: usize) -> Check {
    let text = line.arg(n);
    match text
        .chars()
        .find(|c| !is_name_char(*c) && !crate::hole::is_hole(*c))
    {
        None => Ok(()),
        Some(c) => Err(wrong(
            line,
            n,
            format!("character '{c}' is not permitted in the name '{text}'"),
        )),
    }
}

pub fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':')
}

/// Digits only, or with a minus sign.
pub fn number(line: &Line<'_>, n: usize) -> Check {
    let text = line.arg(n);
    if has_hole(text) || text.parse::<i64>().is_ok() {
        return Ok(());
    }
    Err(wrong(
        line,
        n,
        format!("'{}' expects a number but got '{text}'", line.keyword()),
    ))
}

/// The number that a text begins with, as C's `atol` reads it: 0 where it begins with none.
pub fn leading(text: &str) -> i64 {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let digits = digits.get(..end).unwrap_or("");
    if digits.is_empty() {
        return 0;
    }
    digits.parse::<i64>().unwrap_or(i64::MAX) * sign
}

/// A time: digits with an optional unit `us`, `ms`, `s`, `m`, `h` or `d`; milliseconds by default.
pub fn time(line: &Line<'_>, n: usize) -> Check {
    time_text(line.arg(n)).map_err(|why| wrong(line, n, format!("{why} in '{}'", line.keyword())))
}

/// Why a text is not a time.
pub fn time_text(text: &str) -> Result<(), String> {
    if has_hole(text) {
        return Ok(());
    }
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = (
        text.get(..digits).unwrap_or(""),
        text.get(digits..).unwrap_or(""),
    );
    let scale: f64 = match unit {
        "" | "ms" => 1.0,
        "us" => 0.001,
        "s" => 1000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => {
            let c = unit
                .trim_start_matches(['u', 'm', 's', 'h', 'd'])
                .chars()
                .next();
            let c = c.or_else(|| unit.chars().nth(1)).unwrap_or(' ');
            return Err(format!("unexpected character '{c}' in time '{text}'"));
        }
    };
    if number.is_empty() {
        return Err(format!("unexpected character in time '{text}'"));
    }
    // The daemon counts milliseconds in 31 bits.
    if number
        .parse::<f64>()
        .is_ok_and(|n| n * scale > 2_147_483_647.0)
    {
        return Err(format!(
            "timer overflow in '{text}' (at most about 24.8 days)"
        ));
    }
    Ok(())
}

/// A size: digits with an optional `k`, `m` or `g`.
pub fn size_text(text: &str) -> Result<(), String> {
    let body = text
        .strip_suffix(['k', 'K', 'm', 'M', 'g', 'G'])
        .unwrap_or(text);
    if has_hole(text) || (!body.is_empty() && body.bytes().all(|b| b.is_ascii_digit())) {
        return Ok(());
    }
    Err(format!("unexpected character in size '{text}'"))
}

/// An address as `server`, `bind`, `log`, … write it: family prefix, host, port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Address<'a> {
    /// `ipv4`, `unix`, `fd`, … before the `@`.
    pub family: &'a str,
    pub host: &'a str,
    /// Text after the last colon; `None` without a colon.
    pub port: Option<&'a str>,
}

impl<'a> Address<'a> {
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let (family, rest) = match text.split_once('@') {
            Some((family, rest)) if is_family(family) => (family, rest),
            _ => ("", text),
        };
        if rest.starts_with('/')
            || matches!(
                family,
                "unix" | "abns" | "fd" | "sockpair" | "uxst" | "uxdg" | "uxdg+" | "rev" | "rhttp"
            )
        {
            return Self {
                family,
                host: rest,
                port: None,
            };
        }
        match rest.rsplit_once(':') {
            // A bare IPv6 address in brackets has no port.
            Some((host, port)) if !port.contains(']') => Self {
                family,
                host,
                port: Some(port),
            },
            _ => Self {
                family,
                host: rest,
                port: None,
            },
        }
    }

    /// True for sockets and descriptors, which have no port.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.host.starts_with('/')
            || matches!(
                self.family,
                "unix" | "abns" | "fd" | "sockpair" | "uxst" | "uxdg" | "uxdg+"
            )
    }

    /// The host without the brackets of IPv6.
    #[must_use]
    pub fn bare_host(&self) -> &'a str {
        self.host
            .strip_prefix('[')
            .and_then(|h| h.strip_suffix(']'))
            .unwrap_or(self.host)
    }
}

fn is_family(text: &str) -> bool {
    matches!(
        text,
        "ipv4"
            | "ipv6"
            | "udp"
            | "udp4"
            | "udp6"
            | "unix"
            | "uxst"
            | "uxdg"
            | "abns"
            | "fd"
            | "sockpair"
            | "tcp"
            | "tcp4"
            | "tcp6"
            | "stream+ipv4"
            | "stream+ipv6"
            | "stream+unix"
            | "dgram+ipv4"
            | "dgram+ipv6"
            | "dgram+unix"
            | "quic4"
            | "quic6"
            | "rhttp"
            | "mptcp"
            | "mptcp4"
            | "mptcp6"
    )
}

/// True where a host is meant as an IPv4 or IPv6 address and is none. Host names are the resolver's business.
pub fn is_bad_ip(host: &str) -> bool {
    if host.is_empty() || has_hole(host) {
        return false;
    }
    if host.contains(':') {
        let bare = host
            .strip_prefix('[')
            .and_then(|h| h.strip_suffix(']'))
            .unwrap_or(host);
        let bare = bare.split('%').next().unwrap_or(bare);
        return bare.parse::<Ipv6Addr>().is_err();
    }
    let numeric = host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    numeric && host.parse::<Ipv4Addr>().is_err() && !is_classful(host)
}

/// `127.1` and plain numbers, which the C library reads as addresses.
fn is_classful(host: &str) -> bool {
    let parts: Option<Vec<u64>> = host.split('.').map(|p| p.parse().ok()).collect();
    let Some(parts) = parts else { return false };
    match parts.split_last() {
        Some((last, head)) if head.len() <= 3 => {
            head.iter().all(|p| *p <= 255) && *last < 1 << (8 * (4 - head.len()))
        }
        _ => false,
    }
}
