//! Values: numbers, sizes, times, choices, and what single directives ask of their arguments.

use super::super::syntax::Directive;
use super::super::tables::{VALUES, ValueKind};
use super::choices::choices;
use super::{Context, zones};
use crate::hole::has_hole;
use crate::problem::{Class, Problem};

pub type Check = Result<(), Problem>;

/// A value that is not accepted: nginx speaks of the line that ends the directive.
pub fn wrong(directive: &Directive<'_>, message: impl Into<String>) -> Problem {
    Problem::error(Class::Value, message, directive.end)
}

pub fn check(directive: &Directive<'_>, context: Context) -> Check {
    let name = &*directive.name.text;
    if directive.arguments.len() == 1 && !directive.has_hole() {
        kind(directive, name)?;
    }
    if let Some((choices, several)) = choices(name, directive.arguments.len(), context) {
        let count = if several {
            directive.arguments.len()
        } else {
            1
        };
        for argument in directive.arguments.iter().take(count) {
            let text = &*argument.text;
            // Only this one takes variables, where it is the commercial one.
            let made = name == "server_tokens" && text.contains('$');
            if !has_hole(text) && !made && !choices.iter().any(|c| c.eq_ignore_ascii_case(text)) {
                return Err(wrong(directive, format!("invalid value \"{text}\""))
                    .with_help(format!("one of {}", choices.join(", "))));
            }
        }
    }
    special(directive, name, context)
}

fn kind(directive: &Directive<'_>, name: &str) -> Check {
    let text = directive.arg(0);
    let fits = match VALUES.get(name).map(|v| v.kind) {
        Some(ValueKind::Time) => is_time(text),
        Some(ValueKind::Size) => is_size(text),
        Some(ValueKind::Number) if name == "worker_priority" => {
            is_number(text.strip_prefix('-').unwrap_or(text))
        }
        Some(ValueKind::Number) => is_number(text),
        Some(ValueKind::Text) | None => true,
    };
    if fits {
        Ok(())
    } else {
        Err(wrong(
            directive,
            format!("\"{name}\" directive invalid value"),
        ))
    }
}

pub fn is_number(text: &str) -> bool {
    has_hole(text) || text.parse::<i64>().is_ok() && !text.starts_with(['+', '-'])
}

pub fn is_size(text: &str) -> bool {
    is_number(
        text.strip_suffix(['k', 'K', 'm', 'M', 'g', 'G'])
            .unwrap_or(text),
    )
}

/// `1d 12h`, `30s`, `500ms`, or seconds.
pub fn is_time(text: &str) -> bool {
    if has_hole(text) {
        return true;
    }
    let mut rest = text;
    let mut any = false;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        if digits == 0 || rest.get(..digits).is_none_or(|d| d.parse::<i64>().is_err()) {
            return false;
        }
        rest = rest.get(digits..).unwrap_or("");
        let unit = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        if !matches!(
            rest.get(..unit).unwrap_or("").trim_end(),
            "" | "y" | "M" | "w" | "d" | "h" | "m" | "s" | "ms"
        ) {
            return false;
        }
        rest = rest.get(unit..).unwrap_or("");
        any = true;
    }
    any
}

fn special(directive: &Directive<'_>, name: &str, context: Context) -> Check {
    match name {
        "error_log" => error_log(directive),
        "return" => return_code(directive, context),
        "if" => condition(directive),
        "rewrite" => rewrite(directive),
        "server_name" => names(directive),
        "set" => variable_name(directive, 0),
        "allow" | "deny" | "set_real_ip_from" => network(directive, name),
        "server" if matches!(context, Context::Upstream | Context::StreamUpstream) => {
            upstream_server(directive)
        }
        "location" => super::server::location_shape(directive),
        "map" => block_of_pairs(directive, "map", &["hostnames", "volatile"]),
        "geo" => geo(directive),
        "split_clients" => split_clients(directive),
        "limit_req" => {
            parameters(directive, 0, &["zone=", "burst=", "delay=", "nodelay"])?;
            zones::limit_req(directive)
        }
        "limit_req_zone" => {
            rate(directive)?;
            zones::limit_zone(directive)
        }
        "limit_conn_zone" => zones::limit_zone(directive),
        "limit_conn" => zones::limit_conn(directive),
        "worker_processes"
            if !matches!(directive.arg(0), "auto") && !is_number(directive.arg(0)) =>
        {
            Err(wrong(
                directive,
                "\"worker_processes\" directive invalid value",
            ))
        }
        "limit_rate" | "limit_rate_after" if !directive.arg(0).contains('$') => {
            one_of_or(directive, name, &[], is_size)
        }
        "aio" => one_of_or(
            directive,
            name,
            &["on", "off", "sendfile", "threads"],
            |text| text.starts_with("threads="),
        ),
        "directio" => one_of_or(directive, name, &["off"], is_size),
        "userid_expires" => one_of_or(directive, name, &["off", "max"], is_time),
        "open_file_cache" => zones::file_cache(directive, &["max", "inactive"]),
        "open_log_file_cache" => {
            zones::file_cache(directive, &["max", "inactive", "min_uses", "valid"])
        }
        "ssl_session_cache" => zones::session_cache(directive),
        _ if name.ends_with("_store_access") || name == "dav_access" => access(directive),
        _ if name.ends_with("_bind") && context.is_http() => bind(directive),
        _ if name.ends_with("_cache_path") => zones::cache_path(directive),
        "access_log" => access_log(directive),
        "fastcgi_split_path_info" => regex(directive, directive.arg(0)),
        "fastcgi_buffers"
        | "proxy_buffers"
        | "uwsgi_buffers"
        | "scgi_buffers"
        | "output_buffers"
        | "gzip_buffers"
        | "large_client_header_buffers"
        | "grpc_buffers"
            if !is_number(directive.arg(0)) || !is_size(directive.arg(1)) =>
        {
            Err(wrong(
                directive,
                format!("\"{name}\" directive invalid value"),
            ))
        }
        "keepalive_timeout" if !directive.arguments.iter().all(|a| is_time(&a.text)) => Err(wrong(
            directive,
            format!("\"{name}\" directive invalid value"),
        )),
        _ if name.ends_with("_cache_valid") => cache_valid(directive),
        "expires" => expires(directive),
        "proxy_download_rate" | "proxy_upload_rate"
            if !directive.arg(0).contains('$') && !is_size(directive.arg(0)) =>
        {
            Err(wrong(
                directive,
                format!("\"{name}\" directive invalid value"),
            ))
        }
        "add_header" | "add_trailer"
            if directive.arguments.len() == 3 && directive.arg(2) != "always" =>
        {
            Err(invalid(directive, 2))
        }
        "error_page" => error_page(directive),
        "zone" if directive.arguments.len() == 2 && !is_size(directive.arg(1)) => Err(wrong(
            directive,
            format!("invalid zone size \"{}\"", directive.arg(1)),
        )),
        _ => Ok(()),
    }
}

pub fn invalid(directive: &Directive<'_>, n: usize) -> Problem {
    let text = directive.arg(n);
    if has_hole(text) {
        // Dropped by the caller: the span lies on the hole.
        return Problem::error(
            Class::Value,
            "unknown",
            directive.arguments.get(n).map_or(directive.end, |w| w.span),
        );
    }
    wrong(directive, format!("invalid parameter \"{text}\""))
}

/// The first argument is one of some words, or what a check takes.
fn one_of_or(
    directive: &Directive<'_>,
    name: &str,
    words: &[&str],
    fits: fn(&str) -> bool,
) -> Check {
    let text = directive.arg(0);
    if has_hole(text) || words.contains(&text) || fits(text) {
        return Ok(());
    }
    Err(wrong(
        directive,
        format!("\"{name}\" directive invalid value"),
    ))
}

/// `user:rw group:r all:r`
fn access(directive: &Directive<'_>) -> Check {
    let fits = |text: &str| {
        has_hole(text)
            || text.split_once(':').is_some_and(|(who, what)| {
                matches!(who, "user" | "group" | "all") && matches!(what, "r" | "w" | "rw")
            })
    };
    match directive.arguments.iter().find(|a| !fits(&a.text)) {
        Some(argument) => Err(wrong(
            directive,
            format!("invalid value \"{}\"", argument.text),
        )),
        None => Ok(()),
    }
}

/// `proxy_bind 10.0.0.1 transparent`: an address, not a host.
fn bind(directive: &Directive<'_>) -> Check {
    let text = directive.arg(0);
    let host = text.rsplit_once(':').map_or(text, |(host, _)| host);
    let is_address = |text: &str| {
        let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
        bare.unwrap_or(text).parse::<std::net::IpAddr>().is_ok()
    };
    if has_hole(text) || text.contains('$') || text == "off" || is_address(text) || is_address(host)
    {
        return Ok(());
    }
    Err(wrong(directive, format!("invalid address \"{text}\"")))
}

/// Arguments from `from` on are among some words, or begin with one that ends in `=`.
fn parameters(directive: &Directive<'_>, from: usize, known: &[&str]) -> Check {
    for n in from..directive.arguments.len() {
        let text = directive.arg(n);
        let fits = |k: &&str| {
            if k.ends_with('=') {
                text.starts_with(*k)
            } else {
                text == *k
            }
        };
        if !known.iter().any(fits) {
            return Err(invalid(directive, n));
        }
    }
    Ok(())
}

/// `rate=10r/s` or `rate=10r/m`
fn rate(directive: &Directive<'_>) -> Check {
    for argument in &directive.arguments {
        let Some(rate) = argument.text.strip_prefix("rate=") else {
            continue;
        };
        let number = rate
            .strip_suffix("r/s")
            .or_else(|| rate.strip_suffix("r/m"));
        if !has_hole(rate) && !number.is_some_and(|n| is_number(n) && n.parse() != Ok(0)) {
            return Err(wrong(
                directive,
                format!("invalid rate \"{}\"", argument.text),
            ));
        }
    }
    Ok(())
}

fn error_log(directive: &Directive<'_>) -> Check {
    const LEVELS: &[&str] = &[
        "debug", "info", "notice", "warn", "error", "crit", "alert", "emerg",
    ];
    for level in directive.arguments.iter().skip(1) {
        if !LEVELS.contains(&&*level.text) && !level.text.starts_with("debug_") {
            return Err(wrong(
                directive,
                format!("invalid log level \"{}\"", level.text),
            ));
        }
    }
    Ok(())
}

fn access_log(directive: &Directive<'_>) -> Check {
    parameters(directive, 2, &["buffer=", "gzip", "gzip=", "flush=", "if="])
}

fn return_code(directive: &Directive<'_>, context: Context) -> Check {
    let code = directive.arg(0);
    if !context.is_http() || has_hole(code) {
        return Ok(());
    }
    let is_code = code.len() <= 3 && code.parse::<u16>().is_ok();
    let is_target = directive.arguments.len() == 1
        && ["http://", "https://", "$scheme"]
            .iter()
            .any(|p| code.starts_with(p));
    if is_code || is_target {
        return Ok(());
    }
    Err(wrong(directive, format!("invalid return code \"{code}\"")))
}

/// `($variable)`, `($variable = text)`, `(-f path)` and the like.
fn condition(directive: &Directive<'_>) -> Check {
    if directive.has_hole() {
        return Ok(());
    }
    let mut words: Vec<&str> = directive.arguments.iter().map(|w| &*w.text).collect();
    let whole = words.join(" ");
    let refuse = |what: &str| Err(wrong(directive, format!("invalid condition \"{what}\"")));
    let (Some(first), true) = (
        words.first().and_then(|w| w.strip_prefix('(')),
        whole.ends_with(')'),
    ) else {
        return refuse(words.first().copied().unwrap_or(""));
    };
    if first.is_empty() {
        words.remove(0);
    } else if let Some(slot) = words.first_mut() {
        *slot = first;
    }
    if let Some(last) = words.last_mut() {
        *last = last.strip_suffix(')').unwrap_or(last);
    }
    if words.last() == Some(&"") && words.len() > 1 {
        words.pop();
    }
    match words.as_slice() {
        [test, _]
            if matches!(
                *test,
                "-f" | "!-f" | "-d" | "!-d" | "-e" | "!-e" | "-x" | "!-x"
            ) =>
        {
            Ok(())
        }
        [variable] if variable.len() > 1 && variable.starts_with('$') => Ok(()),
        [variable, operator, value @ ..] if variable.starts_with('$') && value.len() <= 1 => {
            match *operator {
                "=" | "!=" => Ok(()),
                "~" | "~*" | "!~" | "!~*" => regex(directive, value.first().copied().unwrap_or("")),
                _ => Err(wrong(
                    directive,
                    format!("unexpected \"{operator}\" in condition"),
                )),
            }
        }
        _ => refuse(words.first().copied().unwrap_or("")),
    }
}

pub fn regex(directive: &Directive<'_>, pattern: &str) -> Check {
    crate::regex::check(pattern).map_err(|why| {
        wrong(
            directive,
            format!("pcre2_compile() failed: {why} in \"{pattern}\""),
        )
    })
}

fn rewrite(directive: &Directive<'_>) -> Check {
    regex(directive, directive.arg(0))?;
    if directive.arguments.len() == 3
        && !matches!(
            directive.arg(2),
            "last" | "break" | "redirect" | "permanent"
        )
    {
        return Err(invalid(directive, 2));
    }
    Ok(())
}

fn names(directive: &Directive<'_>) -> Check {
    for name in &directive.arguments {
        if let Some(pattern) = name.text.strip_prefix('~') {
            regex(directive, pattern)?;
        }
    }
    Ok(())
}

fn variable_name(directive: &Directive<'_>, n: usize) -> Check {
    let text = directive.arg(n);
    if has_hole(text) || text.len() > 1 && text.starts_with('$') {
        return Ok(());
    }
    Err(wrong(
        directive,
        format!("invalid variable name \"{text}\""),
    ))
}

/// Four numbers up to 255; nginx takes nothing for 0, and zeros before a number.
fn is_v4(text: &str) -> bool {
    let parts = || text.split('.');
    parts().count() == 4
        && parts().all(|p| p.is_empty() || is_number(p) && p.parse::<u64>().is_ok_and(|n| n < 256))
}

fn is_network(text: &str) -> bool {
    let (address, bits) = text.split_once('/').unwrap_or((text, ""));
    has_hole(text)
        || (is_v4(address) || address.parse::<std::net::Ipv6Addr>().is_ok())
            && (bits.is_empty() && !text.ends_with('/')
                || bits.parse::<u8>().is_ok_and(|b| b <= 128)
                || bits.parse::<std::net::Ipv4Addr>().is_ok())
}

fn network(directive: &Directive<'_>, name: &str) -> Check {
    let text = directive.arg(0);
    // The name of a host may stand for trusted proxies, also one that C takes for an address, as `10.1`.
    let digits = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'/');
    let short = !text.contains('/') && text.split('.').count() < 4;
    let host = name == "set_real_ip_from" && (short || !text.bytes().all(digits));
    if matches!(text, "all" | "unix:") || is_network(text) || host {
        return Ok(());
    }
    Err(wrong(directive, format!("invalid parameter \"{text}\"")))
}

fn upstream_server(directive: &Directive<'_>) -> Check {
    let address = directive.arg(0);
    super::server::upstream_address(directive, address)?;
    for (n, parameter) in directive.arguments.iter().enumerate().skip(1) {
        let text = &*parameter.text;
        let number = |prefix: &str| text.strip_prefix(prefix).is_some_and(is_number);
        let time = |prefix: &str| text.strip_prefix(prefix).is_some_and(is_time);
        let known = matches!(text, "backup" | "down")
            || number("max_fails=")
            || number("max_conns=")
            || time("fail_timeout=")
            || (number("weight=") && text != "weight=0");
        if !known {
            return Err(invalid(directive, n));
        }
    }
    Ok(())
}

/// Lines of a data block have a key and a value each.
fn block_of_pairs(directive: &Directive<'_>, what: &str, alone: &[&str]) -> Check {
    if what == "map" {
        variable_name(directive, 1)?;
    }
    let mut seen = std::collections::BTreeSet::new();
    for line in directive.block() {
        let name = &*line.name.text;
        let count = line.arguments.len();
        let fits = match count {
            0 => alone.contains(&name),
            1 => true,
            _ => false,
        };
        if line.has_hole() {
            continue;
        }
        if !fits {
            return Err(Problem::error(
                Class::Value,
                format!("invalid number of the {what} parameters"),
                line.end,
            ));
        }
        // Names of hosts stand for one another, and included files are read elsewhere.
        let is_key =
            what == "map" && count == 1 && !name.starts_with(['~', '.', '*']) && name != "include";
        if is_key && !seen.insert(name.to_ascii_lowercase()) {
            let message = match name {
                "default" => "duplicate default map parameter".to_owned(),
                name => format!("conflicting parameter \"{name}\""),
            };
            return Err(Problem::error(Class::DuplicateName, message, line.end));
        }
        if let Some(pattern) = name.strip_prefix("~*").or_else(|| name.strip_prefix('~'))
            && what == "map"
        {
            crate::regex::check(pattern).map_err(|why| {
                Problem::error(
                    Class::Value,
                    format!("pcre2_compile() failed: {why} in \"{pattern}\""),
                    line.end,
                )
            })?;
        }
    }
    Ok(())
}

fn geo(directive: &Directive<'_>) -> Check {
    let last = directive.arguments.len().saturating_sub(1);
    variable_name(directive, last)?;
    let ranges = directive
        .block()
        .iter()
        .any(|l| l.name.text == "ranges" && l.arguments.is_empty());
    for line in directive.block() {
        let name = &*line.name.text;
        if line.has_hole() {
            continue;
        }
        let refuse = |message: String| Err(Problem::error(Class::Value, message, line.end));
        match line.arguments.len() {
            0 if matches!(name, "ranges" | "proxy_recursive") => continue,
            1 => {}
            _ => return refuse("invalid number of the geo parameters".to_owned()),
        }
        match name {
            "default" | "include" => {}
            "proxy" if !is_network(line.arg(0)) => {
                return refuse(format!("invalid network \"{}\"", line.arg(0)));
            }
            "proxy" => {}
            "delete" if ranges || is_network(line.arg(0)) => {}
            "delete" => return refuse(format!("invalid network \"{}\"", line.arg(0))),
            _ if ranges => {}
            _ if is_network(name) => {}
            _ => return refuse(format!("invalid network \"{name}\"")),
        }
    }
    Ok(())
}

fn split_clients(directive: &Directive<'_>) -> Check {
    variable_name(directive, 1)?;
    for line in directive.block() {
        let share = &*line.name.text;
        let number = share
            .strip_suffix('%')
            .is_some_and(|s| s.parse::<f64>().is_ok());
        if !line.has_hole() && (line.arguments.len() != 1 || share != "*" && !number) {
            return Err(Problem::error(
                Class::Value,
                format!("invalid percent value \"{share}\""),
                line.end,
            ));
        }
    }
    Ok(())
}

fn cache_valid(directive: &Directive<'_>) -> Check {
    let Some((time, codes)) = directive.arguments.split_last() else {
        return Ok(());
    };
    if !is_time(&time.text) {
        return Err(wrong(
            directive,
            format!("invalid time value \"{}\"", time.text),
        ));
    }
    for code in codes {
        let text = &*code.text;
        if text != "any"
            && !has_hole(text)
            && !text.parse::<u16>().is_ok_and(|c| (100..=599).contains(&c))
        {
            return Err(wrong(directive, format!("invalid status \"{text}\"")));
        }
    }
    Ok(())
}

fn expires(directive: &Directive<'_>) -> Check {
    let n = usize::from(directive.arg(0) == "modified");
    let text = directive.arg(n);
    let time = text.trim_start_matches(['-', '+', '@']);
    if matches!(text, "epoch" | "max" | "off") || text.contains('$') || is_time(time) {
        return Ok(());
    }
    // A time of day: 15h30m.
    Err(wrong(directive, "invalid value"))
}

fn error_page(directive: &Directive<'_>) -> Check {
    let Some((_, rest)) = directive.arguments.split_last() else {
        return Ok(());
    };
    for code in rest {
        let text = &*code.text;
        if has_hole(text) || text.starts_with('=') {
            continue;
        }
        if !text.parse::<u16>().is_ok_and(|c| (300..=599).contains(&c)) {
            return Err(wrong(directive, format!("invalid value \"{text}\"")));
        }
    }
    Ok(())
}
