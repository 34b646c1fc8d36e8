//! Keywords of the proxy sections whose arguments the table leaves to code.

use super::super::syntax::{Line, SectionKind};
use super::super::tables::OPTIONS;
use super::super::version::Version;
use super::value::{self, wrong};
use super::{Check, Proxy, acl, arguments, checks, pick, rules, sample, server};
use crate::hole::has_hole;
use crate::problem::{Class, Problem};

/// Checks one line of a proxy section that the keyword table let through.
pub fn line<'c>(line: &'c Line<'_>, proxy: &mut Proxy<'c, '_>) -> Check {
    match line.keyword() {
        // Passed over with a warning, whatever they say.
        "stick" | "dispatch" if proxy.kind() == SectionKind::Frontend => Ok(()),
        "log-format" | "log-format-sd"
            if proxy.kind() == SectionKind::Backend && !line.arg(1).is_empty() =>
        {
            Ok(())
        }
        "acl" => {
            acl::definition(line)?;
            proxy.acls.insert(line.arg(1));
            Ok(())
        }
        "bind" => server::bind(line),
        "server" => server::server(line),
        "server-template" => server::template(line),
        "default-server" => server::keywords(line, 1),
        "mode" => mode(line),
        "timeout" => timeout(line),
        "option" => option(line),
        "balance" | "hash-type" | "cookie" | "source" | "stick-table" | "stick" | "compression"
        | "filter" => pick::line(line, proxy),
        "http-request" | "http-response" | "http-after-response" => {
            rules::http(line, line.keyword(), 1, &proxy.acls)
        }
        "tcp-request" | "tcp-response" => rules::tcp(line, proxy),
        "http-check" | "tcp-check" | "external-check" => checks::line(line),
        "redirect" => {
            let next = rules::redirect(line, 1)?;
            acl::optional_condition(line, next, &proxy.acls)
        }
        "use_backend" => use_backend(line, proxy),
        "use-server" => {
            named(line, "a server name")?;
            acl::required_condition(line, 2, &proxy.acls)
        }
        "default_backend" => {
            named(line, "a backend name")?;
            arguments::at_most(line, 1)
        }
        "force-persist" | "ignore-persist" => acl::required_condition(line, 1, &proxy.acls),
        "monitor" => {
            arguments::choice(line, 1, &["fail"])?;
            acl::required_condition(line, 2, &proxy.acls)
        }
        "log" => log(line, true),
        "log-format" | "log-format-sd" | "error-log-format" | "unique-id-format" => format(line),
        "stats" => stats(line, proxy),
        "capture" => capture(line),
        "declare" => declare(line),
        "errorfile" | "errorloc" | "errorloc302" | "errorloc303" => errorfile(line),
        "http-error" => http_error(line),
        "errorfiles" => named(line, "the name of an http-errors section"),
        "email-alert" => email_alert(line),
        "persist" => persist(line),
        "rate-limit" => {
            arguments::choice(line, 1, &["sessions"])?;
            required_number(line, 2)
        }
        "retry-on" => retry_on(line),
        "dispatch" => server::dispatch(line),
        "id" if line.arg(1).parse::<i64>().is_ok_and(|id| id <= 0) => {
            Err(wrong(line, 1, "a custom id has to be more than 0"))
        }
        "hash-balance-factor" => match value::leading(line.arg(1)) {
            0 | 100.. => Ok(()),
            _ => Err(wrong(
                line,
                1,
                "'hash-balance-factor' must be 0 or at least 100",
            )),
        },
        "max-keep-alive-queue" => required_number(line, 1),
        "bind-process"
            if line.version > Version::new(2, 4)
                && line.arg(1).parse::<u32>().is_ok_and(|p| p != 1) =>
        {
            Err(wrong(line, 1, "there is only process 1 since HAProxy 2.5"))
        }
        _ => Ok(()),
    }
}

/// Word 1 is there.
fn named(line: &Line<'_>, what: &str) -> Check {
    if line.arg(1).is_empty() {
        return Err(arguments::missing(
            line,
            format!("'{}' expects {what}", line.keyword()),
        ));
    }
    Ok(())
}

pub fn required_number(line: &Line<'_>, n: usize) -> Check {
    if line.arg(n).is_empty() {
        return Err(arguments::missing(
            line,
            format!("'{}' expects an integer value", line.keyword()),
        ));
    }
    value::number(line, n)
}

fn mode(line: &Line<'_>) -> Check {
    if let Some(check) = arguments::of_versions(line, 1) {
        return check.and_then(|()| arguments::at_most(line, 1));
    }
    match line.arg(1) {
        "http" | "tcp" => arguments::at_most(line, 1),
        other => {
            let message = format!("unknown proxy mode '{other}': 'http' or 'tcp'");
            Err(if other.is_empty() {
                arguments::missing(line, message)
            } else {
                wrong(line, 1, message)
            })
        }
    }
}

const TIMEOUTS: [&str; 11] = [
    "client",
    "server",
    "connect",
    "check",
    "queue",
    "http-keep-alive",
    "http-request",
    "tunnel",
    "tarpit",
    "client-fin",
    "server-fin",
];

fn timeout(line: &Line<'_>) -> Check {
    arguments::choice(line, 1, &TIMEOUTS)?;
    if line.arg(2).is_empty() {
        return Err(arguments::missing(
            line,
            format!(
                "'timeout {}' expects an integer value (in milliseconds)",
                line.arg(1)
            ),
        ));
    }
    value::time(line, 2)?;
    arguments::at_most(line, 2)
}

/// Options that take no argument and are not in the table of switches.
const PLAIN_OPTIONS: [&str; 11] = [
    "http-keep-alive",
    "http-server-close",
    "httpclose",
    "ldap-check",
    "redis-check",
    "spop-check",
    "ssl-hello-chk",
    "tcp-check",
    "tcpka",
    "tcplog",
    "external-check",
];

const OPTIONS_WITH_ARGUMENTS: [&str; 10] = [
    "forwardfor",
    "originalto",
    "httpchk",
    "httplog",
    "httpslog",
    "mysql-check",
    "pgsql-check",
    "redispatch",
    "smtpchk",
    "http-restrict-req-hdr-names",
];

fn option(line: &Line<'_>) -> Check {
    let name = line.arg(1);
    named(line, "an option name")?;
    match OPTIONS.get(name, line.version) {
        Ok(()) => return arguments::at_most(line, 1),
        Err(why) if !why.is_empty() => {
            return Err(Problem::error(
                Class::UnknownKeyword,
                format!("unknown option '{name}'{why}"),
                line.span_of(1),
            ));
        }
        Err(_) if PLAIN_OPTIONS.contains(&name) => return arguments::at_most(line, 1),
        Err(_) => {}
    }
    match arguments::of_versions(line, 1) {
        Some(Ok(())) if name == "forwarded" => return Ok(()),
        Some(Err(problem)) => return Err(problem),
        _ => {}
    }
    match name {
        "forwardfor" | "originalto" => forwarded(line),
        "httplog" => match line.arg(2) {
            "" => Ok(()),
            "clf" => arguments::at_most(line, 2),
            _ => Err(wrong(line, 2, "'option httplog' only supports 'clf'")),
        },
        "httpchk" => arguments::at_most(line, 4),
        "smtpchk" => arguments::at_most(line, 3),
        "mysql-check" => mysql_check(line),
        "pgsql-check" => {
            if line.arg(2) != "user" || line.arg(3).is_empty() {
                return Err(arguments::missing(
                    line,
                    "'option pgsql-check' expects 'user <username>'".to_owned(),
                ));
            }
            arguments::at_most(line, 3)
        }
        "http-restrict-req-hdr-names" => {
            arguments::choice(line, 2, &["preserve", "reject", "delete"])?;
            arguments::at_most(line, 2)
        }
        "httpslog" | "redispatch" => Ok(()),
        "http-tunnel" | "forceclose" | "http_proxy" | "tcpsplice" => Err(wrong(
            line,
            1,
            format!("option '{name}' is not supported any more"),
        )),
        _ => {
            let problem = Problem::error(
                Class::UnknownKeyword,
                format!("unknown option '{name}'"),
                line.span_of(1),
            );
            let others = PLAIN_OPTIONS.iter().chain(&OPTIONS_WITH_ARGUMENTS);
            let names = OPTIONS.names(line.version).chain(others.copied());
            Err(match crate::nearest::nearest(name, names) {
                Some(near) => problem.with_help(format!("did you mean '{near}'?")),
                None => problem,
            })
        }
    }
}

fn forwarded(line: &Line<'_>) -> Check {
    let mut n = 2;
    loop {
        n += match line.arg(n) {
            "" => return Ok(()),
            "except" => {
                let network = line.arg(n + 1);
                let address = network.split('/').next().unwrap_or("");
                let named = !address.contains(':')
                    && !address.bytes().all(|b| b.is_ascii_digit() || b == b'.');
                if !has_hole(network) && (address.is_empty() || named || value::is_bad_ip(address))
                {
                    return Err(wrong(
                        line,
                        n + 1,
                        "'except' expects <address>[/mask] as argument",
                    ));
                }
                2
            }
            "header" => {
                if line.arg(n + 1).is_empty() {
                    return Err(arguments::missing(
                        line,
                        "'header' expects <header_name> as argument".to_owned(),
                    ));
                }
                2
            }
            "if-none" if line.arg(1) == "forwardfor" => 1,
            other => {
                return Err(wrong(
                    line,
                    n,
                    format!("'option {}' does not know '{other}'", line.arg(1)),
                ));
            }
        };
    }
}

fn mysql_check(line: &Line<'_>) -> Check {
    match line.arg(2) {
        "" => Ok(()),
        "user" => {
            if line.arg(3).is_empty() {
                return Err(arguments::missing(
                    line,
                    "'option mysql-check user' expects <username>".to_owned(),
                ));
            }
            if line.arg(4).is_empty() {
                Ok(())
            } else {
                arguments::choice(line, 4, &["post-41", "pre-41"])
            }
        }
        other => Err(wrong(
            line,
            2,
            format!("'option mysql-check' does not know '{other}'"),
        )),
    }
}

fn use_backend(line: &Line<'_>, proxy: &Proxy<'_, '_>) -> Check {
    named(line, "a backend name")?;
    if line.arg(1).contains('%') {
        sample::log_format(line, 1)?;
    }
    acl::optional_condition(line, 2, &proxy.acls)
}

fn format(line: &Line<'_>) -> Check {
    named(line, "an argument")?;
    if !line.arg(2).is_empty() {
        return Err(Problem::error(
            Class::Arity,
            format!(
                "'{}' expects only one argument, don't forget to escape spaces",
                line.keyword()
            ),
            line.span_of(2),
        ));
    }
    sample::log_format(line, 1)
}

/// Syslog levels.
pub const LOG_LEVELS: &[&str] = &[
    "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug",
];

const FACILITIES: &[&str] = &[
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "auth2",
    "ftp", "ntp", "audit", "alert", "cron2", "local0", "local1", "local2", "local3", "local4",
    "local5", "local6", "local7",
];

const LOG_FORMATS: &[&str] = &[
    "local", "rfc3164", "rfc5424", "priority", "short", "timed", "iso", "raw",
];

/// `log global`, or `log <target> [len <n>] [format <f>] [sample <s>] <facility> [<level> [<minimum>]]`
pub fn log(line: &Line<'_>, proxy: bool) -> Check {
    if line.prefix.is_some() {
        return Ok(());
    }
    let target = line.arg(1);
    if target == "global" && line.arg(2).is_empty() {
        return if proxy {
            Ok(())
        } else {
            Err(wrong(
                line,
                1,
                "'log global' is not supported in the global section",
            ))
        };
    }
    if target.is_empty() || line.arg(2).is_empty() {
        return Err(arguments::missing(
            line,
            "'log' expects <address> and <facility> or global".to_owned(),
        ));
    }
    if target != "global" {
        server::log_target(line, 1)?;
    }
    let mut n = 2;
    loop {
        match line.arg(n) {
            "len" => {
                let length = line.arg(n + 1);
                if !has_hole(length)
                    && !length
                        .parse::<u32>()
                        .is_ok_and(|l| (80..=65535).contains(&l))
                {
                    return Err(wrong(line, n + 1, format!("invalid log length '{length}'")));
                }
            }
            "format" => arguments::choice(line, n + 1, LOG_FORMATS)?,
            "sample" => {}
            _ => break,
        }
        n += 2;
    }
    arguments::choice(line, n, FACILITIES)?;
    for at in [n + 1, n + 2] {
        if !line.arg(at).is_empty() {
            arguments::choice(line, at, LOG_LEVELS)?;
        }
    }
    arguments::at_most(line, n + 2)
}

fn stats(line: &Line<'_>, proxy: &Proxy<'_, '_>) -> Check {
    let word = line.arg(1);
    let in_defaults = proxy.kind() == SectionKind::Defaults;
    if in_defaults && matches!(word, "admin" | "http-request") {
        return Err(Problem::error(
            Class::Placement,
            format!("'stats {word}' is not allowed in 'defaults' section"),
            line.span_of(1),
        ));
    }
    match word {
        "admin" => acl::required_condition(line, 2, &proxy.acls),
        "http-request" => rules::http(line, "http-request", 2, &proxy.acls),
        "uri" | "realm" | "auth" | "scope" if line.arg(2).is_empty() => Err(arguments::missing(
            line,
            format!("'stats {word}' needs an argument"),
        )),
        "refresh" => {
            if line.arg(2).is_empty() {
                return Err(arguments::missing(
                    line,
                    "'stats refresh' needs an interval".to_owned(),
                ));
            }
            value::time(line, 2)
        }
        "uri" | "realm" | "auth" | "scope" | "enable" | "hide-version" | "show-desc"
        | "show-legends" | "show-modules" | "show-node" => Ok(()),
        "" => Err(arguments::missing(
            line,
            "missing keyword in 'stats'".to_owned(),
        )),
        _ => Err(Problem::error(
            Class::UnknownKeyword,
            format!("unknown stats parameter '{word}'"),
            line.span_of(1),
        )),
    }
}

fn capture(line: &Line<'_>) -> Check {
    let (expected, n) = match (line.arg(1), line.arg(2)) {
        ("cookie", _) => {
            return if line.arg(4).is_empty() {
                Err(capture_usage(line))
            } else {
                Ok(())
            };
        }
        ("request" | "response", "header") => (5, 3),
        _ => return Err(capture_usage(line)),
    };
    if line.arg(n).is_empty() || line.arg(4) != "len" || line.arg(5).is_empty() {
        return Err(capture_usage(line));
    }
    arguments::at_most(line, expected)
}

fn capture_usage(line: &Line<'_>) -> Problem {
    arguments::missing(
        line,
        "'capture' expects 'cookie <name> len <len>' or 'request|response header <name> len <len>'"
            .to_owned(),
    )
}

fn declare(line: &Line<'_>) -> Check {
    arguments::choice(line, 1, &["capture"])?;
    arguments::choice(line, 2, &["request", "response"])?;
    arguments::choice(line, 3, &["len"])?;
    required_number(line, 4)
}

/// Codes for which HAProxy has an answer of its own.
fn known_status(line: &Line<'_>, n: usize) -> Check {
    const CODES: [&str; 20] = [
        "200", "400", "401", "403", "404", "405", "407", "408", "410", "413", "421", "422", "425",
        "429", "500", "501", "502", "503", "504", "303",
    ];
    if has_hole(line.arg(n)) || CODES.contains(&line.arg(n)) {
        return Ok(());
    }
    Err(wrong(
        line,
        n,
        format!("status code '{}' is not handled", line.arg(n)),
    ))
}

fn errorfile(line: &Line<'_>) -> Check {
    if line.arg(1).is_empty() || line.arg(2).is_empty() {
        return Err(arguments::missing(
            line,
            format!("'{}' expects <status_code> and a target", line.keyword()),
        ));
    }
    known_status(line, 1)
}

fn http_error(line: &Line<'_>) -> Check {
    if line.arg(1) != "status" || line.arg(2).is_empty() {
        return Err(arguments::missing(
            line,
            "'http-error' expects at least a <status>".to_owned(),
        ));
    }
    known_status(line, 2)
}

fn email_alert(line: &Line<'_>) -> Check {
    match line.arg(1) {
        "level" => arguments::choice(line, 2, LOG_LEVELS),
        "from" | "to" | "mailers" | "myhostname" => Ok(()),
        "" => Err(arguments::missing(
            line,
            "missing argument after 'email-alert'".to_owned(),
        )),
        other => Err(wrong(
            line,
            1,
            format!("email-alert: unknown argument '{other}'"),
        )),
    }
}

fn persist(line: &Line<'_>) -> Check {
    let word = line.arg(1);
    if word == "rdp-cookie" || word.starts_with("rdp-cookie(") {
        return Ok(());
    }
    let message = "'persist' expects rdp-cookie or rdp-cookie(<name>)".to_owned();
    Err(if word.is_empty() {
        arguments::missing(line, message)
    } else {
        wrong(line, 1, message)
    })
}

fn retry_on(line: &Line<'_>) -> Check {
    const WORDS: &[&str] = &[
        "none",
        "conn-failure",
        "empty-response",
        "response-timeout",
        "0rtt-rejected",
        "junk-response",
        "all-retryable-errors",
        "401",
        "403",
        "404",
        "408",
        "425",
        "500",
        "501",
        "502",
        "503",
        "504",
    ];
    named(line, "at least one condition")?;
    (1..line.words.len()).try_for_each(|n| arguments::choice(line, n, WORDS))
}
