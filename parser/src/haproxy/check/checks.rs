//! Health checks: `http-check`, `tcp-check` and `external-check`.

use super::super::syntax::Line;
use super::value::{time_text, wrong};
use super::{Check, arguments, rules, sample};
use crate::hole::has_hole;

pub fn line(line: &Line<'_>) -> Check {
    let word = line.arg(1);
    let http = line.keyword() == "http-check";
    if line.keyword() == "external-check" {
        arguments::choice(line, 1, &["command", "path"])?;
        if line.arg(2).is_empty() {
            return Err(arguments::missing(
                line,
                format!("missing argument after '{word}'"),
            ));
        }
        return arguments::at_most(line, 2);
    }
    match word {
        "comment" => need(line, 1),
        "connect" => connect(line),
        "expect" => expect(line, http),
        "send" if http => http_send(line),
        "send" | "send-lf" if !http => {
            need(line, 1)?;
            if word == "send-lf" {
                sample::log_format(line, 2)?;
            }
            comment(line, 3)
        }
        "send-binary" | "send-binary-lf" if !http => {
            need(line, 1)?;
            if word == "send-binary" {
                binary(line, 2)?;
            }
            comment(line, 3)
        }
        "disable-on-404" | "send-state" if http => arguments::at_most(line, 1),
        _ if word.starts_with("set-var-fmt(") => sample::log_format(line, 2),
        _ if word.starts_with("set-var(") => sample::words(line, 2).map(|_| ()),
        _ if word.starts_with("unset-var(") => Ok(()),
        "" => Err(arguments::missing(
            line,
            format!("'{}' expects a keyword", line.keyword()),
        )),
        _ => Err(wrong(
            line,
            1,
            format!("'{}' does not know '{word}'", line.keyword()),
        )),
    }
}

fn need(line: &Line<'_>, n: usize) -> Check {
    if line.arg(n + 1).is_empty() {
        return Err(arguments::missing(
            line,
            format!("'{} {}' expects an argument", line.keyword(), line.arg(n)),
        ));
    }
    Ok(())
}

fn comment(line: &Line<'_>, n: usize) -> Check {
    match line.arg(n) {
        "" => Ok(()),
        "comment" => need(line, n),
        other => Err(wrong(
            line,
            n,
            format!("expects 'comment' but got '{other}'"),
        )),
    }
}

fn binary(line: &Line<'_>, n: usize) -> Check {
    let text = line.arg(n);
    if has_hole(text) || text.len().is_multiple_of(2) && text.bytes().all(|b| b.is_ascii_hexdigit())
    {
        return Ok(());
    }
    Err(wrong(
        line,
        n,
        format!("invalid binary string '{text}': an even number of hex digits is expected"),
    ))
}

fn connect(line: &Line<'_>) -> Check {
    let mut n = 2;
    loop {
        let word = line.arg(n);
        n += match word {
            "" => return Ok(()),
            "default" | "send-proxy" | "via-socks4" | "ssl" | "linger" => 1,
            "port" => {
                need(line, n)?;
                if !line.arg(n + 1).bytes().all(|b| b.is_ascii_digit()) {
                    sample::words(line, n + 1)?;
                }
                2
            }
            "addr" | "sni" | "alpn" | "proto" | "comment" => {
                need(line, n)?;
                2
            }
            _ => {
                return Err(wrong(
                    line,
                    n,
                    format!("'{} connect' does not know '{word}'", line.keyword()),
                ));
            }
        };
    }
}

fn http_send(line: &Line<'_>) -> Check {
    let mut n = 2;
    loop {
        let word = line.arg(n);
        n += match word {
            "" => return Ok(()),
            "meth" | "uri" | "ver" | "body" | "comment" => {
                need(line, n)?;
                2
            }
            "uri-lf" | "body-lf" => {
                need(line, n)?;
                sample::log_format(line, n + 1)?;
                2
            }
            "hdr" => {
                if line.arg(n + 1).is_empty() || line.arg(n + 2).is_empty() {
                    return Err(arguments::missing(
                        line,
                        "'hdr' expects <name> and <value> as arguments".to_owned(),
                    ));
                }
                sample::log_format(line, n + 2)?;
                3
            }
            _ => {
                return Err(wrong(
                    line,
                    n,
                    format!("'http-check send' does not know '{word}'"),
                ));
            }
        };
    }
}

const HTTP_PATTERNS: &[&str] = &[
    "string",
    "rstring",
    "string-lf",
    "status",
    "rstatus",
    "hdr",
    "fhdr",
];
const TCP_PATTERNS: &[&str] = &[
    "string",
    "rstring",
    "string-lf",
    "binary",
    "rbinary",
    "binary-lf",
    "custom",
];

fn expect(line: &Line<'_>, http: bool) -> Check {
    need(line, 1)?;
    let mut n = 2;
    let mut pattern = false;
    loop {
        let raw = line.arg(n);
        let word = raw.trim_start_matches('!');
        let known = if http { HTTP_PATTERNS } else { TCP_PATTERNS };
        n += match word {
            "" if raw.is_empty() => break,
            "" => 1,
            "hdr" | "fhdr" if http => {
                return Ok(());
            }
            _ if known.contains(&word) => {
                if pattern {
                    return Err(wrong(line, n, "only one pattern is expected"));
                }
                need(line, n)?;
                pattern_value(line, n, word)?;
                pattern = true;
                2
            }
            "min-recv" | "comment" | "on-success" | "on-error" | "status-code" | "error-status"
            | "ok-status" | "tout-status" => {
                need(line, n)?;
                2
            }
            _ => {
                return Err(wrong(
                    line,
                    n,
                    format!("'{} expect' does not know '{word}'", line.keyword()),
                ));
            }
        };
    }
    if pattern {
        return Ok(());
    }
    Err(arguments::missing(
        line,
        "expects at least a matching pattern".to_owned(),
    ))
}

fn pattern_value(line: &Line<'_>, n: usize, word: &str) -> Check {
    let text = line.arg(n + 1);
    match word {
        "status" => {
            let list = text
                .bytes()
                .all(|b| b.is_ascii_digit() || matches!(b, b'-' | b','));
            if list || has_hole(text) {
                Ok(())
            } else {
                Err(wrong(line, n + 1, format!("invalid status list '{text}'")))
            }
        }
        "rstatus" | "rstring" | "rbinary" => rules::regex(line, n + 1),
        "string-lf" => sample::log_format(line, n + 1),
        "binary" => binary(line, n + 1),
        _ => Ok(()),
    }
}

/// `timeout` values inside sections that are not proxies.
pub fn timeout(line: &Line<'_>, n: usize) -> Check {
    if line.arg(n).is_empty() {
        return Err(arguments::missing(
            line,
            format!("'{}' expects a time", line.keyword()),
        ));
    }
    time_text(line.arg(n)).map_err(|why| wrong(line, n, why))
}
