//! `http-request`, `http-response`, `http-after-response`, `tcp-request`, `tcp-response`: actions and conditions.

use super::super::syntax::Line;
use super::super::tables::ACTIONS;
use super::super::version::Known;
use super::sample;
use super::value::{self, wrong};
use super::{Check, Proxy, acl, arguments};
use crate::hole::has_hole;
use crate::problem::{Class, Problem};

/// A line of one of the HTTP rule sets; the action is word 1 (2 after `stats`).
pub fn http(line: &Line<'_>, set: &str, n: usize, acls: &acl::Acls<'_>) -> Check {
    known_action(line, set, n, &[])?;
    let next = action(line, n)?;
    acl::optional_condition(line, next, acls)
}

/// `tcp-request` and `tcp-response`.
pub fn tcp(line: &Line<'_>, proxy: &Proxy<'_, '_>) -> Check {
    let set = line.keyword();
    let stage = line.arg(1);
    match (set, stage) {
        (_, "") => {
            return Err(arguments::missing(
                line,
                format!("missing argument for '{set}'"),
            ));
        }
        (_, "inspect-delay") => {
            if line.arg(2).is_empty() {
                return Err(arguments::missing(
                    line,
                    format!("'{set} inspect-delay' expects a delay in milliseconds"),
                ));
            }
            return value::time(line, 2);
        }
        ("tcp-request", "connection" | "session" | "content") | ("tcp-response", "content") => {}
        _ => {
            return Err(wrong(line, 1, format!("'{set}' does not know '{stage}'")));
        }
    }
    if proxy.kind() == super::SectionKind::Backend && matches!(stage, "connection" | "session") {
        return Err(Problem::error(
            Class::Placement,
            format!("'{set} {stage}' is not allowed in a backend"),
            line.span_of(1),
        ));
    }
    let own: &[&str] = if set == "tcp-request" {
        &[
            "accept",
            "reject",
            "capture",
            "expect-proxy",
            "expect-netscaler-cip",
            "track-sc0",
            "track-sc1",
            "track-sc2",
        ]
    } else {
        &["accept", "close", "reject"]
    };
    known_action(line, &format!("{set} {stage}"), 2, own)?;
    if matches!(line.arg(2), "expect-proxy" | "expect-netscaler-cip") {
        arguments::choice(line, 3, &["layer4"])?;
        return acl::optional_condition(line, 4, &proxy.acls);
    }
    let next = action(line, 2)?;
    acl::optional_condition(line, next, &proxy.acls)
}

fn known_action(line: &Line<'_>, set: &str, n: usize, own: &[&str]) -> Check {
    let action = line.arg(n);
    let known = ACTIONS.get(set);
    let fits = |a: &&(&str, Known)| match a.0.strip_suffix('*') {
        Some(prefix) => action.starts_with(prefix),
        None => a.0 == action,
    };
    if own.contains(&action) || action.starts_with("lua.") {
        return Ok(());
    }
    // `sc-inc-gpc` starts `sc-inc-gpc0` too: the longest counts.
    let found = known
        .into_iter()
        .flatten()
        .filter(fits)
        .max_by_key(|a| a.0.len());
    let why = match found.map(|a| a.1.by(line.version)) {
        Some(Ok(())) => return Ok(()),
        Some(Err(why)) => why,
        None => String::new(),
    };
    if action.is_empty() {
        return Err(arguments::missing(
            line,
            format!("'{set}' expects an action"),
        ));
    }
    let names = own
        .iter()
        .copied()
        .chain(known.into_iter().flatten().map(|a| a.0))
        .map(|a| a.trim_end_matches('*'));
    let problem = Problem::error(
        Class::UnknownKeyword,
        format!("'{set}' does not know the action '{action}'{why}"),
        line.span_of(n),
    );
    if !why.is_empty() {
        return Err(problem);
    }
    Err(match crate::nearest::nearest(action, names) {
        Some(near) => problem.with_help(format!("did you mean '{near}'?")),
        None => problem,
    })
}

/// Checks the arguments of the action at word `n`; returns the word after them.
fn action(line: &Line<'_>, n: usize) -> Result<usize, Problem> {
    let text = line.arg(n);
    let (name, parameter) = match text.split_once('(') {
        Some((name, rest)) => (name, Some(rest)),
        None => (text, None),
    };
    let next = n + 1;
    let formats = |count: usize| {
        need(line, n, count)?;
        (next..next + count).try_for_each(|at| sample::log_format(line, at))?;
        Ok(next + count)
    };
    match name {
        "set-var" | "set-var-fmt" | "unset-var" => {
            scoped_variable(line, n, parameter)?;
            match name {
                "set-var" => sample::words(line, next),
                "set-var-fmt" => formats(1),
                _ => Ok(next),
            }
        }
        "add-header" | "set-header" | "early-hint" => {
            need(line, n, 2)?;
            sample::log_format(line, next + 1)?;
            Ok(next + 2)
        }
        "del-header" => {
            need(line, n, 1)?;
            Ok(if line.arg(next + 1) == "-m" {
                next + 3
            } else {
                next + 1
            })
        }
        "replace-header" | "replace-value" => {
            need(line, n, 3)?;
            regex(line, next + 1)?;
            sample::log_format(line, next + 2)?;
            Ok(next + 3)
        }
        "replace-path" | "replace-pathq" | "replace-uri" => {
            need(line, n, 2)?;
            regex(line, next)?;
            sample::log_format(line, next + 1)?;
            Ok(next + 2)
        }
        "set-method" | "set-path" | "set-pathq" | "set-query" | "set-uri" | "del-map"
        | "add-acl" | "del-acl" => formats(1),
        "set-map" => formats(2),
        "set-status" => {
            need(line, n, 1)?;
            status(line, next)?;
            Ok(if line.arg(next + 1) == "reason" {
                next + 3
            } else {
                next + 1
            })
        }
        "set-nice" | "use-service" | "cache-use" | "cache-store" => {
            need(line, n, 1)?;
            Ok(next + 1)
        }
        "strict-mode" => {
            need(line, n, 1)?;
            arguments::choice(line, next, &["on", "off"])?;
            Ok(next + 1)
        }
        "set-mark" | "set-tos" => {
            need(line, n, 1)?;
            hex(line, next)?;
            Ok(next + 1)
        }
        "set-log-level" => {
            need(line, n, 1)?;
            if line.arg(next) != "silent" {
                arguments::choice(line, next, super::proxy::LOG_LEVELS)?;
            }
            Ok(next + 1)
        }
        "set-src"
        | "set-src-port"
        | "set-dst"
        | "set-dst-port"
        | "set-priority-class"
        | "set-priority-offset"
        | "do-resolve" => sample::words(line, next),
        "capture" => capture(line, next),
        "auth" if line.arg(next) == "realm" => {
            need(line, next, 1)?;
            Ok(next + 2)
        }
        "redirect" => redirect(line, next),
        "deny" | "tarpit" | "return" => reply(line, next),
        "track-sc0" | "track-sc1" | "track-sc2" => {
            let after = sample::words(line, next)?;
            Ok(if line.arg(after) == "table" {
                after + 2
            } else {
                after
            })
        }
        _ if name.starts_with("track-sc") => {
            Err(wrong(line, n, "only track-sc0 to track-sc2 exist"))
        }
        "sc-inc-gpc" | "sc-inc-gpc0" | "sc-inc-gpc1" => counter(line, n, parameter).map(|()| next),
        "sc-set-gpt" | "sc-set-gpt0" => {
            counter(line, n, parameter)?;
            if line.arg(next).parse::<i64>().is_ok() {
                Ok(next + 1)
            } else {
                sample::words(line, next)
            }
        }
        "send-spoe-group" => {
            need(line, n, 2)?;
            Ok(next + 2)
        }
        "set-timeout" => {
            need(line, n, 2)?;
            arguments::choice(line, next, &["server", "tunnel"])?;
            if line.arg(next + 1).starts_with(|c: char| c.is_ascii_digit()) {
                value::time(line, next + 1)?;
                Ok(next + 2)
            } else {
                sample::words(line, next + 1)
            }
        }
        "wait-for-body" => {
            arguments::choice(line, next, &["time"])?;
            need(line, next, 1)?;
            value::time(line, next + 1)?;
            Ok(if line.arg(next + 2) == "at-least" {
                next + 4
            } else {
                next + 2
            })
        }
        "silent-drop" if line.arg(next) == "rst-ttl" => Ok(next + 2),
        "switch-mode" | "normalize-uri" | "ot-group" => Ok(to_condition(line, next)),
        // Of later versions.
        "set-bandwidth-limit"
        | "set-fc-mark"
        | "set-fc-tos"
        | "set-bc-mark"
        | "set-bc-tos"
        | "sc-add-gpc"
        | "do-log"
        | "pause"
        | "set-retries"
        | "attach-srv"
        | "add-headers-bin"
        | "set-headers-bin"
        | "del-headers-bin"
        | "set-cookie-fmt" => Ok(to_condition(line, next)),
        _ if name.starts_with("lua.") => Ok(to_condition(line, next)),
        _ => Ok(next),
    }
}

/// Skips to `if` or `unless`, or to the end.
fn to_condition(line: &Line<'_>, n: usize) -> usize {
    n + line
        .from(n)
        .iter()
        .take_while(|w| !matches!(&*w.text, "if" | "unless"))
        .count()
}

/// At least `count` words after word `n`.
fn need(line: &Line<'_>, n: usize, count: usize) -> Check {
    for at in n + 1..=n + count {
        if line.arg(at).is_empty() {
            let message = format!(
                "'{} {}' expects {count} argument(s)",
                line.keyword(),
                line.arg(n)
            );
            return Err(if at >= line.words.len() {
                arguments::missing(line, message)
            } else {
                Problem::error(Class::Arity, message, line.span_of(at))
            });
        }
    }
    Ok(())
}

fn scoped_variable(line: &Line<'_>, n: usize, parameter: Option<&str>) -> Check {
    let Some(name) = parameter.and_then(|p| p.strip_suffix(')')) else {
        if has_hole(line.arg(n)) {
            return Ok(());
        }
        return Err(wrong(
            line,
            n,
            format!(
                "incomplete argument after '{}': a variable in parentheses",
                line.arg(n)
            ),
        ));
    };
    let name = name.split(',').next().unwrap_or("");
    sample::variable(name).map_err(|why| wrong(line, n, why))
}

fn counter(line: &Line<'_>, n: usize, parameter: Option<&str>) -> Check {
    let Some(parameter) = parameter else {
        return Ok(());
    };
    let numbers = parameter.strip_suffix(')');
    if has_hole(parameter)
        || numbers.is_some_and(|p| p.split(',').all(|x| x.trim().parse::<u32>().is_ok()))
    {
        return Ok(());
    }
    Err(wrong(
        line,
        n,
        format!("invalid stick table track ID in '{}'", line.arg(n)),
    ))
}

pub fn regex(line: &Line<'_>, n: usize) -> Check {
    crate::regex::check(line.arg(n)).map_err(|why| {
        wrong(
            line,
            n,
            format!("regex '{}' is invalid: {why}", line.arg(n)),
        )
    })
}

fn hex(line: &Line<'_>, n: usize) -> Check {
    let text = line.arg(n);
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if has_hole(text) || (!digits.is_empty() && u32::from_str_radix(digits, 16).is_ok()) {
        return Ok(());
    }
    Err(wrong(
        line,
        n,
        format!("invalid character in '{text}': an integer or hexadecimal value is expected"),
    ))
}

fn status(line: &Line<'_>, n: usize) -> Check {
    let text = line.arg(n);
    if has_hole(text) || text.parse::<u32>().is_ok_and(|s| (100..=999).contains(&s)) {
        return Ok(());
    }
    Err(wrong(
        line,
        n,
        format!("expects a status code between 100 and 999 but got '{text}'"),
    ))
}

fn capture(line: &Line<'_>, n: usize) -> Result<usize, Problem> {
    let after = sample::words(line, n)?;
    if !matches!(line.arg(after), "len" | "id") || line.arg(after + 1).is_empty() {
        return Err(arguments::missing(
            line,
            "'capture' expects <expression> [ 'len' <length> | id <idx> ]".to_owned(),
        ));
    }
    value::number(line, after + 1)?;
    Ok(after + 2)
}

/// What stands after `redirect`, up to the condition.
pub fn redirect(line: &Line<'_>, mut n: usize) -> Result<usize, Problem> {
    let mut target = false;
    loop {
        let word = line.arg(n);
        n += match word {
            "location" | "prefix" | "scheme" => {
                need(line, n, 1)?;
                sample::log_format(line, n + 1)?;
                target = true;
                2
            }
            "set-cookie" | "clear-cookie" => {
                need(line, n, 1)?;
                2
            }
            "code" => {
                need(line, n, 1)?;
                arguments::choice(line, n + 1, &["301", "302", "303", "307", "308"])?;
                2
            }
            "drop-query" | "append-slash" | "ignore-empty" => 1,
            "" | "if" | "unless" => break,
            _ => {
                return Err(wrong(line, n, format!("'redirect' does not know '{word}'")));
            }
        };
    }
    if !target {
        return Err(arguments::missing(
            line,
            "redirection type expected ('prefix', 'location', or 'scheme')".to_owned(),
        ));
    }
    Ok(n)
}

/// `status`, `content-type`, a payload and headers of a reply, up to the condition.
fn reply(line: &Line<'_>, mut n: usize) -> Result<usize, Problem> {
    loop {
        let word = line.arg(n);
        n += match word {
            "status" | "deny_status" => {
                if line.arg(n + 1).is_empty() {
                    return Err(arguments::missing(
                        line,
                        format!("'{word}' expects <status_code> as argument"),
                    ));
                }
                let code = line.arg(n + 1);
                if !has_hole(code) && !code.parse::<u32>().is_ok_and(|s| (200..=599).contains(&s)) {
                    return Err(wrong(
                        line,
                        n + 1,
                        format!("unexpected status code '{code}'"),
                    ));
                }
                2
            }
            "lf-string" => {
                need(line, n, 1)?;
                sample::log_format(line, n + 1)?;
                2
            }
            "content-type" | "string" | "file" | "lf-file" | "errorfile" | "errorfiles" => {
                need(line, n, 1)?;
                2
            }
            "hdr" => {
                need(line, n, 2)?;
                sample::log_format(line, n + 2)?;
                3
            }
            "default-errorfiles" => 1,
            _ => return Ok(n),
        };
    }
}
