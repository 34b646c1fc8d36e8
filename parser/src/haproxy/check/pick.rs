//! How a backend picks and remembers servers: `balance`, `hash-type`, `cookie`, `source`, `stick`, and filters.

use super::super::syntax::Line;
use super::value::{size_text, time_text, wrong};
use super::{Check, Proxy, acl, arguments, sample, value};
use crate::hole::has_hole;

pub fn line(line: &Line<'_>, proxy: &Proxy<'_, '_>) -> Check {
    match line.keyword() {
        "balance" => balance(line),
        "hash-type" => hash_type(line),
        "cookie" => cookie(line),
        "source" => source(line),
        "stick-table" => stick_table(line, 1),
        "stick" => stick(line, proxy),
        "compression" => compression(line),
        _ => filter(line),
    }
}

fn balance(line: &Line<'_>) -> Check {
    let word = line.arg(1);
    let (name, parameter) = word.split_once('(').unwrap_or((word, ""));
    if let Some(check) = arguments::of_versions(line, 1) {
        return check;
    }
    match name {
        "" | "roundrobin" | "static-rr" | "leastconn" | "source" | "first" | "random" => Ok(()),
        "rdp-cookie" if word == name || parameter.len() > 1 && parameter.ends_with(')') => Ok(()),
        "hash" => sample::words(line, 2).map(|_| ()),
        "uri" => balance_uri(line),
        "url_param" => {
            if line.arg(2).is_empty() {
                return Err(arguments::missing(line, "'balance url_param' requires a parameter name".to_owned()));
            }
            if matches!(line.arg(3), "" | "check_post") {
                return Ok(());
            }
            Err(wrong(line, 3, "'balance url_param' only accepts 'check_post'"))
        }
        "hdr" if parameter.len() > 1 && parameter.ends_with(')') => {
            if matches!(line.arg(2), "" | "use_domain_only") {
                return Ok(());
            }
            Err(wrong(line, 2, "'balance hdr' only accepts 'use_domain_only'"))
        }
        _ if has_hole(word) => Ok(()),
        _ => Err(wrong(line, 1, format!("'balance' does not know '{word}'"))
            .with_help("roundrobin, static-rr, leastconn, first, source, uri, url_param, hdr(name), random, hash or rdp-cookie(name)")),
    }
}

fn balance_uri(line: &Line<'_>) -> Check {
    let mut n = 2;
    loop {
        n += match line.arg(n) {
            "" => return Ok(()),
            "len" | "depth" => {
                if line.arg(n + 1).parse::<u32>().is_err() && !has_hole(line.arg(n + 1)) {
                    return Err(wrong(
                        line,
                        n + 1,
                        format!(
                            "'balance uri': '{}' expects a positive integer",
                            line.arg(n)
                        ),
                    ));
                }
                2
            }
            "whole" | "path-only" => 1,
            other => {
                return Err(wrong(
                    line,
                    n,
                    format!("'balance uri' does not know '{other}'"),
                ));
            }
        };
    }
}

fn hash_type(line: &Line<'_>) -> Check {
    arguments::choice(line, 1, &["consistent", "map-based"])?;
    if !line.arg(2).is_empty() {
        arguments::choice(line, 2, &["sdbm", "djb2", "wt6", "crc32", "none"])?;
    }
    if !line.arg(3).is_empty() {
        arguments::choice(line, 3, &["avalanche"])?;
    }
    Ok(())
}

fn cookie(line: &Line<'_>) -> Check {
    if line.arg(1).is_empty() {
        return Err(arguments::missing(
            line,
            "'cookie' expects <cookie_name> as argument".to_owned(),
        ));
    }
    let mut modes = std::collections::BTreeSet::new();
    let mut n = 2;
    loop {
        let word = line.arg(n);
        n += match word {
            "" => break,
            "rewrite" | "insert" | "prefix" => {
                modes.insert(word);
                1
            }
            "indirect" | "nocache" | "postonly" | "preserve" | "httponly" | "secure"
            | "dynamic" => 1,
            "maxidle" | "maxlife" => {
                time_text(line.arg(n + 1))
                    .map_err(|why| wrong(line, n + 1, format!("{why} for '{word}'")))?;
                2
            }
            "domain" | "attr" => {
                if line.arg(n + 1).is_empty() {
                    return Err(arguments::missing(
                        line,
                        format!("'{word}' expects an argument"),
                    ));
                }
                2
            }
            _ => return Err(wrong(line, n, format!("'cookie' does not know '{word}'"))),
        };
    }
    if modes.len() > 1 {
        return Err(wrong(
            line,
            1,
            "cookie 'rewrite', 'insert' and 'prefix' modes are incompatible",
        ));
    }
    Ok(())
}

fn source(line: &Line<'_>) -> Check {
    let address = value::Address::parse(line.arg(1));
    if line.arg(1).is_empty() {
        return Err(arguments::missing(
            line,
            "'source' expects <addr>[:<port>]".to_owned(),
        ));
    }
    if value::is_bad_ip(address.host) {
        return Err(wrong(
            line,
            1,
            format!("invalid address '{}'", address.host),
        ));
    }
    let mut n = 2;
    loop {
        n += match line.arg(n) {
            "" => return Ok(()),
            "usesrc" | "interface" if line.arg(n + 1).is_empty() => {
                return Err(arguments::missing(
                    line,
                    format!("'{}' expects an argument", line.arg(n)),
                ));
            }
            "usesrc" | "interface" => 2,
            other => return Err(wrong(line, n, format!("'source' does not know '{other}'"))),
        };
    }
}

/// Data that a table can keep; `true` for rates, which take a period in parentheses.
const STORED: &[(&str, bool)] = &[
    ("bytes_in_cnt", false),
    ("bytes_in_rate", true),
    ("bytes_out_cnt", false),
    ("bytes_out_rate", true),
    ("conn_cnt", false),
    ("conn_cur", false),
    ("conn_rate", true),
    ("gpc", true),
    ("gpc_rate", true),
    ("gpc0", false),
    ("gpc0_rate", true),
    ("gpc1", false),
    ("gpc1_rate", true),
    ("gpt", true),
    ("gpt0", false),
    ("http_err_cnt", false),
    ("http_err_rate", true),
    ("http_fail_cnt", false),
    ("http_fail_rate", true),
    ("http_req_cnt", false),
    ("http_req_rate", true),
    ("server_id", false),
    ("server_key", false),
    ("sess_cnt", false),
    ("sess_rate", true),
];

/// `stick-table` of proxies and `table` of peers, from word `n` on.
pub fn stick_table(line: &Line<'_>, mut n: usize) -> Check {
    let (mut typed, mut sized) = (false, false);
    loop {
        let word = line.arg(n);
        let argument = line.arg(n + 1);
        if matches!(
            word,
            "size" | "expire" | "type" | "peers" | "srvkey" | "write-to"
        ) && argument.is_empty()
        {
            return Err(arguments::missing(
                line,
                format!("stick-table: missing argument after '{word}'"),
            ));
        }
        n += match word {
            "" => break,
            "size" => {
                size_text(argument)
                    .map_err(|why| wrong(line, n + 1, format!("stick-table: {why}")))?;
                sized = true;
                2
            }
            "expire" => {
                time_text(argument)
                    .map_err(|why| wrong(line, n + 1, format!("stick-table: {why}")))?;
                2
            }
            "type" => {
                arguments::choice(line, n + 1, &["ip", "ipv6", "integer", "string", "binary"])?;
                typed = true;
                if line.arg(n + 2) == "len" {
                    value::number(line, n + 3)?;
                    4
                } else {
                    2
                }
            }
            "store" => {
                stored(line, n + 1)?;
                2
            }
            "peers" => 2,
            "srvkey" => {
                arguments::choice(line, n + 1, &["name", "addr"])?;
                2
            }
            "nopurge" => 1,
            _ => {
                return Err(wrong(
                    line,
                    n,
                    format!("stick-table: unknown argument '{word}'"),
                ));
            }
        };
    }
    let missing = |what| {
        Err(arguments::missing(
            line,
            format!("stick-table: missing {what}"),
        ))
    };
    if !sized {
        return missing("size");
    }
    if typed { Ok(()) } else { missing("type") }
}

fn stored(line: &Line<'_>, n: usize) -> Check {
    // Nothing to store is taken.
    for part in line.arg(n).split(',').filter(|p| !p.is_empty()) {
        if has_hole(part) {
            return Ok(());
        }
        let (name, parameter) = match part.split_once('(') {
            Some((name, rest)) => (name, Some(rest)),
            None => (part, None),
        };
        let Some((_, rate)) = STORED.iter().find(|(stored, _)| *stored == name) else {
            return Err(wrong(
                line,
                n,
                format!("stick-table: unknown store option '{name}'"),
            ));
        };
        match (rate, parameter) {
            (true, None) => {
                return Err(wrong(
                    line,
                    n,
                    format!("stick-table: missing argument to store option '{name}'"),
                ));
            }
            (_, Some(parameter)) => {
                let Some(period) = parameter.strip_suffix(')') else {
                    return Err(wrong(
                        line,
                        n,
                        format!(
                            "stick-table: missing closing parenthesis after store option '{name}'"
                        ),
                    ));
                };
                time_text(period).map_err(|why| wrong(line, n, format!("stick-table: {why}")))?;
            }
            (false, None) => {}
        }
    }
    Ok(())
}

fn stick(line: &Line<'_>, proxy: &Proxy<'_, '_>) -> Check {
    arguments::choice(line, 1, &["on", "match", "store-request", "store-response"])?;
    let mut n = sample::words(line, 2)?;
    if line.arg(n) == "table" {
        n += 2;
    }
    acl::optional_condition(line, n, &proxy.acls)
}

fn compression(line: &Line<'_>) -> Check {
    if let Some(check) = arguments::of_versions(line, 1) {
        return check;
    }
    match line.arg(1) {
        "algo" | "type" if line.arg(2).is_empty() => Err(arguments::missing(
            line,
            format!("'compression {}' expects an argument", line.arg(1)),
        )),
        "algo" => (2..line.words.len()).try_for_each(|n| {
            arguments::choice(line, n, &["identity", "gzip", "deflate", "raw-deflate"])
        }),
        "type" | "offload" => Ok(()),
        "" => Err(arguments::missing(
            line,
            "'compression' expects 'algo', 'type' or 'offload'".to_owned(),
        )),
        other => Err(wrong(
            line,
            1,
            format!("'compression' does not know '{other}'"),
        )),
    }
}

fn filter(line: &Line<'_>) -> Check {
    if let Some(check) = arguments::of_versions(line, 1) {
        return check;
    }
    match line.arg(1) {
        "compression" => arguments::at_most(line, 1),
        "cache" if line.arg(2).is_empty() => Err(arguments::missing(
            line,
            "'filter cache' expects a <name> argument".to_owned(),
        )),
        "spoe" if !line.words.iter().any(|w| w.text == "config") => Err(arguments::missing(
            line,
            "'filter spoe': missing config file".to_owned(),
        )),
        "cache" | "spoe" | "trace" | "fcgi-app" | "opentracing" => Ok(()),
        "" => Err(arguments::missing(
            line,
            "missing argument for 'filter'".to_owned(),
        )),
        name if name.starts_with("lua.") || has_hole(name) => Ok(()),
        name => Err(wrong(
            line,
            1,
            format!("'filter': unknown keyword '{name}'"),
        )),
    }
}
