//! Names that one directive defines and others use: upstreams, log formats, shared memory zones.

use std::collections::{BTreeMap, BTreeSet};

use super::super::syntax::{Config, Directive};
use super::{Context, Extent, variables};
use crate::hole::has_hole;
use crate::nearest::nearest;
use crate::problem::{Class, Kind, Problem};
use crate::source::Span;

/// What a file defines, at any depth.
#[derive(Default)]
pub struct Names<'c> {
    /// In lower case: nginx compares them so.
    upstreams: BTreeSet<String>,
    /// By name, where it is defined: a format must stand before its use.
    formats: BTreeMap<&'c str, u32>,
    zones: BTreeSet<&'c str>,
    pub variables: variables::Defined<'c>,
    /// An include or a hole may define more.
    open: bool,
    /// Where the first file of unknown content is read.
    first_include: Option<u32>,
}

pub fn check(
    config: &Config<'_>,
    context: Context,
    extent: Extent,
    out: &mut Vec<(bool, Problem)>,
) {
    let mut names = Names::default();
    names.collect(&config.directives);
    let mut found = Vec::new();
    walk(&config.directives, context, &names, &mut found);
    // What a fragment does not define, another file may.
    for (late, problem) in &mut found {
        let elsewhere = extent == Extent::Fragment
            || (names.open && *late)
            // What must stand before its use can only come from a file that is read before.
            || names.first_include.is_some_and(|at| at < problem.span.start);
        if elsewhere && matches!(problem.class, Class::UndefinedName | Class::UndefinedPool) {
            problem.kind = Kind::Warning;
        }
    }
    out.append(&mut found);
}

impl<'c> Names<'c> {
    fn collect(&mut self, directives: &'c [Directive<'_>]) {
        for directive in directives {
            let first = directive.arg(0);
            match &*directive.name.text {
                "upstream" => {
                    self.upstreams.insert(first.to_ascii_lowercase());
                }
                "log_format" => {
                    self.formats.entry(first).or_insert(directive.span.start);
                }
                "include" if opens(first) => {
                    self.open = true;
                    self.first_include.get_or_insert(directive.span.start);
                }
                "map" | "geo" | "types" | "split_clients" | "charset_map" => {
                    self.variables.define(directive);
                    continue;
                }
                name => {
                    self.open |= has_hole(name);
                    self.zones(directive, name);
                }
            }
            self.variables.define(directive);
            self.collect(directive.block());
        }
    }

    fn zones(&mut self, directive: &'c Directive<'_>, name: &str) {
        let prefix = match name {
            "limit_req_zone" | "limit_conn_zone" => "zone=",
            _ if name.ends_with("_cache_path") => "keys_zone=",
            _ => return,
        };
        let zone = directive
            .arguments
            .iter()
            .find_map(|a| a.text.strip_prefix(prefix));
        if let Some(zone) = zone {
            self.zones.insert(zone.split(':').next().unwrap_or(zone));
            self.open |= has_hole(zone);
        }
    }
}

/// Includes of nginx's own parameter files define nothing that others use.
fn opens(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !matches!(
        name,
        "mime.types"
            | "fastcgi_params"
            | "fastcgi.conf"
            | "uwsgi_params"
            | "scgi_params"
            | "proxy_params"
            | "koi-utf"
            | "koi-win"
            | "win-utf"
    )
}

fn walk(
    directives: &[Directive<'_>],
    context: Context,
    names: &Names<'_>,
    out: &mut Vec<(bool, Problem)>,
) {
    if matches!(context, Context::Http | Context::Stream) {
        upstreams(directives, out);
    }
    let mut formats = BTreeSet::new();
    for directive in directives {
        if directive.name.text == "log_format"
            && !directive.has_hole()
            && !formats.insert(directive.arg(0))
        {
            let message = format!("duplicate \"log_format\" name \"{}\"", directive.arg(0));
            out.push((
                false,
                Problem::error(Class::DuplicateName, message, directive.end),
            ));
        }
        if !directive.has_hole() {
            uses(directive, context, names, out);
        }
        variables::check(directive, context, &names.variables, out);
        if let Some(inner) = context.inside(&directive.name.text) {
            walk(directive.block(), inner, names, out);
        }
    }
}

fn upstreams(directives: &[Directive<'_>], out: &mut Vec<(bool, Problem)>) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let blocks = directives
        .iter()
        .filter(|d| d.name.text == "upstream" && d.has_block());
    for upstream in blocks {
        let name = upstream.arg(0);
        if !has_hole(name) && !seen.insert(name.to_ascii_lowercase()) {
            let message = format!("duplicate upstream \"{name}\"");
            out.push((
                false,
                Problem::error(Class::DuplicateName, message, upstream.end),
            ));
        }
        let may_have = upstream.block().iter().any(|d| {
            d.has_hole()
                || matches!(&*d.name.text, "server" | "include")
                || d.name.text.starts_with("balancer_by_lua")
        });
        if !may_have {
            let end = upstream.span.end;
            let problem = Problem::error(
                Class::EmptyPool,
                format!("no servers are inside upstream \"{name}\""),
                Span {
                    start: end.saturating_sub(1),
                    end,
                },
            );
            out.push((
                false,
                problem.with_help("nginx does not start with an upstream that has no server"),
            ));
        }
    }
}

fn undefined(message: String, span: Span) -> Problem {
    Problem::error(Class::UndefinedName, message, span)
}

fn uses(
    directive: &Directive<'_>,
    context: Context,
    names: &Names<'_>,
    out: &mut Vec<(bool, Problem)>,
) {
    let first = directive.arg(0);
    let name = &*directive.name.text;
    match name {
        "access_log" => {
            let format = directive.arg(1);
            let known = format.is_empty()
                || format.contains('=')
                || first == "off"
                || format == "combined" && context.is_http()
                || names
                    .formats
                    .get(format)
                    .is_some_and(|at| *at < directive.span.start);
            if !known {
                let problem = undefined(format!("unknown log format \"{format}\""), directive.end);
                let near = nearest(format, names.formats.keys().copied());
                out.push((
                    false,
                    match near {
                        Some(near) => problem.with_help(format!(
                            "did you mean `{near}`? A format must stand before its use"
                        )),
                        None => problem.with_help("a log_format must stand before its use"),
                    },
                ));
            }
        }
        "limit_req" => {
            let zone = directive
                .arguments
                .iter()
                .find_map(|a| a.text.strip_prefix("zone="));
            zone_exists(zone.unwrap_or(""), directive, names, out);
        }
        "limit_conn" => zone_exists(first, directive, names, out),
        "proxy_cache" | "fastcgi_cache" | "uwsgi_cache" | "scgi_cache"
            if first != "off" && !first.contains('$') && !names.zones.contains(first) =>
        {
            let message = format!("\"{name}\" zone \"{first}\" is unknown");
            out.push((true, undefined(message, directive.end)));
        }
        "fastcgi_pass" | "uwsgi_pass" | "scgi_pass" | "memcached_pass" => {
            pass(first, directive, names, out)
        }
        "proxy_pass" if context == Context::StreamServer => pass(first, directive, names, out),
        "proxy_pass" if context.is_http() => url(first, directive, out),
        _ => {}
    }
}

fn zone_exists(
    zone: &str,
    directive: &Directive<'_>,
    names: &Names<'_>,
    out: &mut Vec<(bool, Problem)>,
) {
    if !zone.is_empty() && !names.zones.contains(zone) {
        out.push((
            true,
            undefined(
                format!("zero size shared memory zone \"{zone}\""),
                directive.end,
            ),
        ));
    }
}

/// The target of a pass directive without a default port: an address with its port, or an upstream.
fn pass(
    target: &str,
    directive: &Directive<'_>,
    names: &Names<'_>,
    out: &mut Vec<(bool, Problem)>,
) {
    if target.contains('$') || target.starts_with("unix:") {
        return;
    }
    let target = target
        .strip_prefix("suwsgi://")
        .or_else(|| target.strip_prefix("uwsgi://"))
        .unwrap_or(target);
    if names.upstreams.contains(&target.to_ascii_lowercase()) {
        return;
    }
    let has_port = target
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.contains(']'));
    if let Err(problem) = super::server::upstream_address(directive, target) {
        out.push((false, problem));
    } else if !has_port {
        let problem = Problem::error(
            Class::UndefinedPool,
            format!("no port in upstream \"{target}\""),
            directive.end,
        );
        let near = nearest(target, names.upstreams.iter().map(String::as_str));
        out.push((
            true,
            match near {
                Some(near) => {
                    problem.with_help(format!("no upstream has this name: did you mean `{near}`?"))
                }
                None => {
                    problem.with_help("no upstream has this name, so it is read as a host name")
                }
            },
        ));
    }
}

/// `proxy_pass http://…`: a name that is no upstream is looked up as a host.
fn url(target: &str, directive: &Directive<'_>, out: &mut Vec<(bool, Problem)>) {
    if target.contains('$') {
        return;
    }
    let Some(rest) = target
        .strip_prefix("http://")
        .or_else(|| target.strip_prefix("https://"))
    else {
        out.push((
            false,
            Problem::error(Class::Value, "invalid URL prefix", directive.end),
        ));
        return;
    };
    let host = rest.split('/').next().unwrap_or(rest);
    if host.is_empty() {
        out.push((
            false,
            Problem::error(
                Class::Value,
                format!("no host in upstream \"{rest}\""),
                directive.end,
            ),
        ));
    } else if !rest.starts_with("unix:")
        && let Err(problem) = super::server::upstream_address(directive, host)
    {
        out.push((false, problem));
    }
}
