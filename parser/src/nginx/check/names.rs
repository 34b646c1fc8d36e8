//! Names: upstreams without servers or defined twice.

use std::collections::BTreeMap;

use super::super::syntax::{Config, Directive};
use super::Context;
use crate::hole::has_hole;
use crate::problem::{Class, Problem};

pub fn check(config: &Config<'_>, context: Context, out: &mut Vec<(bool, Problem)>) {
    level(&config.directives, context, out);
}

fn level(directives: &[Directive<'_>], context: Context, out: &mut Vec<(bool, Problem)>) {
    if matches!(context, Context::Http | Context::Stream) {
        upstreams(directives, out);
    }
    for directive in directives {
        if let Some(inner) = context.inside(&directive.name.text) {
            level(directive.block(), inner, out);
        }
    }
}

fn upstreams(directives: &[Directive<'_>], out: &mut Vec<(bool, Problem)>) {
    let mut seen: BTreeMap<String, ()> = BTreeMap::new();
    for upstream in directives
        .iter()
        .filter(|d| d.name.text == "upstream" && d.has_block())
    {
        let name = upstream.arg(0);
        if !has_hole(name) && seen.insert(name.to_ascii_lowercase(), ()).is_some() {
            out.push((
                false,
                Problem::error(
                    Class::DuplicateName,
                    format!("duplicate upstream \"{name}\""),
                    upstream.end,
                ),
            ));
        }
        let may_have = upstream
            .block()
            .iter()
            .any(|d| d.has_hole() || matches!(&*d.name.text, "server" | "include"));
        if !may_have {
            let end = upstream.span.end;
            out.push((
                false,
                Problem::error(
                    Class::EmptyPool,
                    format!("no servers are inside upstream \"{name}\""),
                    crate::source::Span {
                        start: end.saturating_sub(1),
                        end,
                    },
                )
                .with_help("nginx does not start with an upstream that has no server"),
            ));
        }
    }
}
