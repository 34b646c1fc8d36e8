//! Keywords of the proxy sections whose arguments the table leaves to code.

use super::super::syntax::Line;
use super::super::tables::OPTIONS;
use super::names::Names;
use super::value::{self, wrong};
use super::{Check, Proxy, arguments, server};
use crate::problem::{Class, Problem};

/// Checks one line of a proxy section that the keyword table let through.
pub fn line<'c>(line: &'c Line<'_>, proxy: &mut Proxy<'c, '_>, _names: &Names<'c>) -> Check {
    match line.keyword() {
        "acl" => {
            proxy.acls.insert(line.arg(1));
            Ok(())
        }
        "bind" => server::bind(line),
        "server" => server::server(line),
        "server-template" => server::template(line),
        "default-server" => server::keywords(line, 1),
        "mode" => {
            arguments::choice(line, 1, &["http", "tcp"]).and_then(|()| arguments::at_most(line, 1))
        }
        "timeout" => timeout(line),
        "option" => option(line),
        _ => Ok(()),
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

fn option(line: &Line<'_>) -> Check {
    let name = line.arg(1);
    if name.is_empty() {
        return Err(arguments::missing(
            line,
            "'option' expects an option name".to_owned(),
        ));
    }
    if OPTIONS.contains(name) {
        return arguments::at_most(line, 1);
    }
    match name {
        "http-keep-alive" | "http-server-close" | "httpclose" | "ldap-check" | "redis-check"
        | "spop-check" | "ssl-hello-chk" | "tcp-check" | "tcpka" | "tcplog" | "external-check" => {
            arguments::at_most(line, 1)
        }
        "forwardfor"
        | "originalto"
        | "httpchk"
        | "httplog"
        | "httpslog"
        | "mysql-check"
        | "pgsql-check"
        | "redispatch"
        | "smtpchk"
        | "http-restrict-req-hdr-names" => Ok(()),
        "http-tunnel" | "forceclose" | "http_proxy" => Err(wrong(
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
            Err(
                match crate::nearest::nearest(name, OPTIONS.iter().copied().chain(OTHER_OPTIONS)) {
                    Some(near) => problem.with_help(format!("did you mean '{near}'?")),
                    None => problem,
                },
            )
        }
    }
}

const OTHER_OPTIONS: [&str; 21] = [
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
