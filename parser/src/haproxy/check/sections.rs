//! `global` and the sections that pass no traffic: users, peers, resolvers, caches, …

use super::super::syntax::{Line, Section, SectionKind};
use super::super::version::Version;
use super::value::{self, is_bad_ip, wrong};
use super::{Check, arguments, checks, pick, proxy, sample, server, unknown};
use crate::hole::has_hole;
use crate::problem::{Class, Problem};

/// Keywords of `global` whose arguments the table leaves to code.
pub fn global(line: &Line<'_>) -> Check {
    match line.keyword() {
        "log" => proxy::log(line, false),
        "nbthread" => threads(line),
        "nbproc" if line.version > Version::new(2, 4) => Err(Problem::error(
            Class::UnknownKeyword,
            "nbproc is not supported any more since HAProxy 2.5",
            line.span_of(0),
        )
        .with_help("remove it: threads are used by themselves")),
        "set-var" | "set-var-fmt" => set_var(line),
        "ssl-default-bind-options" | "ssl-default-server-options" => ssl_options(line),
        "unix-bind" => unix_bind(line),
        "stats" => stats(line),
        "external-check" => arguments::at_most(line, 0),
        _ => Ok(()),
    }
}

fn threads(line: &Line<'_>) -> Check {
    let text = line.arg(1);
    match text.parse::<i64>() {
        _ if has_hole(text) => Ok(()),
        Ok(1..=64) => arguments::at_most(line, 1),
        _ if text.is_empty() => Err(arguments::missing(
            line,
            "'nbthread' expects an integer".to_owned(),
        )),
        _ => Err(wrong(
            line,
            1,
            format!("'nbthread' value must be between 1 and 64 (was '{text}')"),
        )),
    }
}

fn set_var(line: &Line<'_>) -> Check {
    if !line.arg(1).starts_with("proc.") || line.arg(2).is_empty() {
        return Err(arguments::missing(
            line,
            format!(
                "'{}' requires a process-wide variable name ('proc.<name>') and a value",
                line.keyword()
            ),
        ));
    }
    if line.keyword() == "set-var" {
        sample::words(line, 2).map(|_| ())
    } else {
        sample::log_format(line, 2)
    }
}

fn ssl_options(line: &Line<'_>) -> Check {
    const OPTIONS: &[&str] = &[
        "no-sslv3",
        "no-tlsv10",
        "no-tlsv11",
        "no-tlsv12",
        "no-tlsv13",
        "no-tls-tickets",
        "force-sslv3",
        "force-tlsv10",
        "force-tlsv11",
        "force-tlsv12",
        "force-tlsv13",
        "prefer-client-ciphers",
        "strict-sni",
        "allow-0rtt",
        "generate-certificates",
        "no-ca-names",
        "ssl-min-ver",
        "ssl-max-ver",
        "tls-tickets",
    ];
    if line.arg(1).is_empty() {
        return Err(arguments::missing(
            line,
            format!("'{}' expects an option as an argument", line.keyword()),
        ));
    }
    let mut n = 1;
    while !line.arg(n).is_empty() {
        arguments::choice(line, n, OPTIONS)?;
        n += 1;
        if matches!(line.arg(n - 1), "ssl-min-ver" | "ssl-max-ver") {
            arguments::choice(
                line,
                n,
                &["SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"],
            )?;
            n += 1;
        }
    }
    Ok(())
}

fn unix_bind(line: &Line<'_>) -> Check {
    let mut n = 1;
    while !line.arg(n).is_empty() {
        arguments::choice(line, n, &["prefix", "mode", "uid", "gid", "user", "group"])?;
        n += 2;
    }
    Ok(())
}

fn stats(line: &Line<'_>) -> Check {
    match line.arg(1) {
        "socket" => {
            if line.arg(2).is_empty() {
                return Err(arguments::missing(
                    line,
                    "'stats socket' in global section expects an address or a path to a UNIX socket".to_owned(),
                ));
            }
            server::bind_keywords(line, 3, "stats socket")
        }
        "timeout" => checks::timeout(line, 2),
        "maxconn" => proxy::required_number(line, 2),
        "bind-process" => Ok(()),
        other => {
            let message = format!(
                "'stats' only supports 'socket', 'maxconn', 'bind-process' and 'timeout' (got '{other}')"
            );
            Err(if other.is_empty() {
                arguments::missing(line, message)
            } else {
                wrong(line, 1, message)
            })
        }
    }
}

/// A line of any other section that is not a proxy.
pub fn other(section: &Section<'_>, line: &Line<'_>) -> Check {
    match section.kind {
        SectionKind::Userlist => userlist(section, line),
        SectionKind::Peers => peers(section, line),
        SectionKind::Resolvers => resolvers(section, line),
        SectionKind::Mailers => mailers(section, line),
        SectionKind::Cache => cache(section, line),
        SectionKind::Program => known(section, line, &["command", "no", "option", "user", "group"]),
        SectionKind::HttpErrors => known(section, line, &["errorfile"]),
        SectionKind::Ring => ring(section, line),
        SectionKind::LogForward => log_forward(section, line),
        SectionKind::FcgiApp => fcgi_app(section, line),
        _ => Ok(()),
    }
}

fn known(section: &Section<'_>, line: &Line<'_>, keywords: &[&'static str]) -> Check {
    let word = line.keyword();
    if keywords.contains(&word) {
        return Ok(());
    }
    // As for choices: a later version may have more.
    let near = crate::nearest::nearest(word, keywords.iter().copied());
    if line.version > Version::USUAL && near.is_none() {
        return Ok(());
    }
    let place = section.kind.as_str();
    Err(unknown(
        line,
        format!("unknown keyword '{word}' in '{place}' section"),
        keywords.iter().copied(),
    ))
}

fn userlist(section: &Section<'_>, line: &Line<'_>) -> Check {
    known(section, line, &["user", "group"])?;
    if line.arg(1).is_empty() {
        return Err(arguments::missing(
            line,
            format!("'{}' expects <name> as arguments", line.keyword()),
        ));
    }
    let allowed: &[&str] = if line.keyword() == "user" {
        &["password", "insecure-password", "groups"]
    } else {
        &["users"]
    };
    let mut n = 2;
    while !line.arg(n).is_empty() {
        arguments::choice(line, n, allowed)?;
        n += 2;
    }
    Ok(())
}

fn peers(section: &Section<'_>, line: &Line<'_>) -> Check {
    known(
        section,
        line,
        &[
            "bind",
            "peer",
            "server",
            "default-bind",
            "default-server",
            "log",
            "table",
            "enabled",
            "disabled",
            "shards",
        ],
    )?;
    match line.keyword() {
        "peer" if line.arg(1).is_empty() => Err(arguments::missing(
            line,
            "'peer' expects <name> and <addr>[:<port>] as arguments".to_owned(),
        )),
        // The machine's own peer may have its address on a `bind` line.
        "peer" if line.arg(2).is_empty() => value::name(line, 1),
        "peer" => server::peer(line),
        "server" if line.arg(2).is_empty() => Ok(()),
        "server" => server::server(line),
        "bind" if line.arg(1).is_empty() => Ok(()),
        "bind" => server::bind(line),
        "table" => {
            value::name(line, 1)?;
            pick::stick_table(line, 2)
        }
        "enabled" | "disabled" => arguments::at_most(line, 0),
        _ => Ok(()),
    }
}

fn resolvers(section: &Section<'_>, line: &Line<'_>) -> Check {
    known(
        section,
        line,
        &[
            "nameserver",
            "parse-resolv-conf",
            "hold",
            "accepted_payload_size",
            "resolution_pool_size",
            "resolve_retries",
            "timeout",
        ],
    )?;
    match line.keyword() {
        "nameserver" => {
            if line.arg(1).is_empty() || line.arg(2).is_empty() {
                return Err(arguments::missing(
                    line,
                    "'nameserver' expects <name> and <addr>[:<port>]".to_owned(),
                ));
            }
            value::name(line, 1)?;
            let address = value::Address::parse(line.arg(2));
            if is_bad_ip(address.host) {
                return Err(wrong(
                    line,
                    2,
                    format!("invalid address '{}'", address.host),
                ));
            }
            let port = address.port.unwrap_or("");
            if !address.is_local() && !has_hole(line.arg(2)) && !port.is_empty() {
                let number = port.parse::<u16>().unwrap_or(0);
                if number == 0 {
                    return Err(wrong(line, 2, format!("invalid port '{port}'")));
                }
            }
            if !address.is_local() && !has_hole(line.arg(2)) && port.is_empty() {
                return Err(wrong(
                    line,
                    2,
                    format!("missing port specification in '{}'", line.arg(2)),
                ));
            }
            Ok(())
        }
        "hold" => {
            arguments::choice(
                line,
                1,
                &["nx", "other", "refused", "timeout", "valid", "obsolete"],
            )?;
            checks::timeout(line, 2)
        }
        "timeout" => {
            arguments::choice(line, 1, &["resolve", "retry"])?;
            checks::timeout(line, 2)
        }
        "accepted_payload_size" | "resolution_pool_size" => proxy::required_number(line, 1),
        // What is no number counts as 0.
        "resolve_retries" if line.arg(1).is_empty() => proxy::required_number(line, 1),
        _ => Ok(()),
    }
}

fn mailers(section: &Section<'_>, line: &Line<'_>) -> Check {
    known(section, line, &["mailer", "timeout"])?;
    if line.keyword() == "timeout" {
        arguments::choice(line, 1, &["mail"])?;
        return checks::timeout(line, 2);
    }
    if line.arg(1).is_empty() || line.arg(2).is_empty() {
        return Err(arguments::missing(
            line,
            "'mailer' expects <name> and <addr>[:<port>] as arguments".to_owned(),
        ));
    }
    value::name(line, 1)
}

fn cache(section: &Section<'_>, line: &Line<'_>) -> Check {
    known(
        section,
        line,
        &[
            "total-max-size",
            "max-age",
            "max-object-size",
            "process-vary",
            "max-secondary-entries",
        ],
    )?;
    match line.keyword() {
        "process-vary" => arguments::choice(line, 1, &["on", "off"]),
        // What is no number counts as 0, and nothing as well.
        "max-age" => arguments::at_most(line, 1),
        _ => {
            proxy::required_number(line, 1)?;
            arguments::at_most(line, 1)
        }
    }
}

fn log_forward(section: &Section<'_>, line: &Line<'_>) -> Check {
    known(
        section,
        line,
        &[
            "bind",
            "dgram-bind",
            "log",
            "maxconn",
            "backlog",
            "timeout",
            "option",
        ],
    )?;
    match line.keyword() {
        "bind" => server::bind(line),
        "log" => proxy::log(line, true),
        "timeout" => {
            arguments::choice(line, 1, &["client"])?;
            checks::timeout(line, 2)
        }
        _ => Ok(()),
    }
}

fn ring(section: &Section<'_>, line: &Line<'_>) -> Check {
    known(
        section,
        line,
        &[
            "description",
            "format",
            "maxlen",
            "server",
            "size",
            "timeout",
            "log",
            "backing-file",
        ],
    )?;
    match line.keyword() {
        "timeout" => {
            arguments::choice(line, 1, &["connect", "server"])?;
            checks::timeout(line, 2)
        }
        "server" => server::server(line),
        "maxlen" | "size" if line.arg(1).is_empty() => Err(arguments::missing(
            line,
            format!("'{}' expects a size", line.keyword()),
        )),
        _ => Ok(()),
    }
}

fn fcgi_app(section: &Section<'_>, line: &Line<'_>) -> Check {
    known(
        section,
        line,
        &[
            "docroot",
            "index",
            "path-info",
            "option",
            "set-param",
            "acl",
            "pass-header",
            "log-stderr",
            "unset-param",
        ],
    )?;
    match line.keyword() {
        "acl" => super::acl::definition(line),
        "docroot" | "index" | "path-info" | "pass-header" if line.arg(1).is_empty() => Err(
            arguments::missing(line, format!("'{}' expects an argument", line.keyword())),
        ),
        _ => Ok(()),
    }
}
