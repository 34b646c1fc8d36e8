//! Variables: which exist, and which are used without.

use std::collections::BTreeSet;

use super::super::syntax::Directive;
use super::super::tables::{FIXED_VARIABLES, INTERPOLATED, VARIABLES, is_known_elsewhere};
use super::Context;
use crate::hole::{has_hole, is_hole};
use crate::nearest::nearest;
use crate::problem::{Class, Problem};

/// Variables that a file defines, in lower case.
#[derive(Default)]
pub struct Defined<'c> {
    names: BTreeSet<String>,
    /// Something unknown may define any.
    open: bool,
    marker: std::marker::PhantomData<&'c ()>,
}

/// Variables that exist under any name that begins so.
const PREFIXES: &[&str] = &[
    "arg_",
    "http_",
    "sent_http_",
    "sent_trailer_",
    "cookie_",
    "upstream_http_",
    "upstream_cookie_",
    "upstream_trailer_",
    "proxy_protocol_tlv_",
    "jwt_",
    "date_",
];

/// The longest name of a group that PCRE takes is shorter.
const MAX_CAPTURE: usize = 130;

impl<'c> Defined<'c> {
    pub fn define(&mut self, directive: &'c Directive<'_>) {
        let name = &*directive.name.text;
        let argument = |n: usize| directive.arguments.get(n).map(|w| &*w.text);
        let last = directive.arguments.last().map(|w| &*w.text);
        match name {
            "set" | "auth_request_set" | "perl_set" | "js_set" | "set_by_lua"
            | "set_by_lua_file" | "set_by_lua_block" | "auth_jwt_claim_set" | "js_var" => {
                self.insert(argument(0))
            }
            "map" | "split_clients" => self.insert(argument(1)),
            "geo" | "keyval" => self.insert(last),
            // A module that is not known here may set any variable that it names.
            _ if is_known_elsewhere(name) => {
                (0..directive.arguments.len()).for_each(|n| self.insert(argument(n)));
            }
            _ => {}
        }
        if name == "map" {
            for line in directive.block() {
                self.captures(&line.name.text);
            }
        }
        for word in &directive.arguments {
            self.captures(&word.text);
        }
        self.open |= has_hole(name);
    }

    fn insert(&mut self, name: Option<&str>) {
        match name.and_then(|n| n.strip_prefix('$')) {
            Some(name) if has_hole(name) => self.open = true,
            Some(name) => {
                self.names.insert(name.to_ascii_lowercase());
            }
            None => {}
        }
    }

    /// Named groups of regular expressions become variables.
    fn captures(&mut self, text: &str) {
        for (at, _) in text.match_indices("(?") {
            let rest = text.get(at + 2..).unwrap_or("");
            let rest = rest.strip_prefix('P').unwrap_or(rest);
            let close = match rest.chars().next() {
                Some('<') => b'>',
                Some('\'') => b'\'',
                _ => continue,
            };
            // Names are short: looking further would make hostile input slow.
            let name = rest.get(1..).unwrap_or("");
            let end = name.bytes().take(MAX_CAPTURE).position(|b| b == close);
            if let Some(name) = end.and_then(|e| name.get(..e))
                && !name.is_empty()
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            {
                self.names.insert(name.to_ascii_lowercase());
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.open
            || name.is_empty()
            || name.bytes().all(|b| b.is_ascii_digit())
            || self.names.contains(&name)
            || VARIABLES.contains(&*name)
            || PREFIXES.iter().any(|p| name.starts_with(p))
    }
}

/// Checks a directive's use of variables; the daemon says it when it has read the whole file.
pub fn check(
    directive: &Directive<'_>,
    context: Context,
    defined: &Defined<'_>,
    out: &mut Vec<(bool, Problem)>,
) {
    let name = &*directive.name.text;
    // A variable of nginx's own cannot be set.
    if matches!(
        (name, context.is_http()),
        ("set" | "map" | "geo" | "split_clients", true)
    ) {
        let target = if name == "set" {
            directive.arguments.first()
        } else {
            directive.arguments.last()
        };
        let target = target
            .and_then(|w| w.text.strip_prefix('$'))
            .map(str::to_ascii_lowercase);
        if let Some(target) = target.filter(|t| FIXED_VARIABLES.contains(&**t)) {
            let message = format!("the duplicate \"{target}\" variable");
            out.push((
                false,
                Problem::error(Class::DuplicateName, message, directive.end),
            ));
        }
    }
    if name == "map" {
        for line in directive.block() {
            // Only a value that is one variable, or holds some, is interpolated.
            used(line.arg(0), line, defined, out);
        }
    }
    if name == "geo" && directive.arguments.len() == 2 {
        used(directive.arg(0), directive, defined, out);
    }
    if name == "if" {
        let mut pattern = false;
        for word in &directive.arguments {
            if !pattern {
                used(&word.text, directive, defined, out);
            }
            pattern = word.text.trim_start_matches('!').starts_with('~');
        }
    }
    let Some(places) = INTERPOLATED.get(name) else {
        return;
    };
    for (n, word) in directive.arguments.iter().enumerate() {
        if places.contains(&(n + 1)) || places.contains(&0) {
            used(&word.text, directive, defined, out);
        }
    }
}

fn used(
    text: &str,
    directive: &Directive<'_>,
    defined: &Defined<'_>,
    out: &mut Vec<(bool, Problem)>,
) {
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        rest = rest.get(at + 1..).unwrap_or("");
        let braced = rest.strip_prefix('{');
        let body = braced.unwrap_or(rest);
        let end = body
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(body.len());
        let name = body.get(..end).unwrap_or("");
        rest = body.get(end..).unwrap_or("");
        if rest.starts_with(is_hole) || defined.has(name) {
            continue;
        }
        let problem = Problem::error(
            Class::UndefinedName,
            format!("unknown \"{name}\" variable"),
            directive.end,
        );
        let near = nearest(
            name,
            VARIABLES
                .iter()
                .copied()
                .chain(defined.names.iter().map(String::as_str)),
        );
        out.push((
            true,
            match near {
                Some(near) => problem.with_help(format!("did you mean ${near}?")),
                None => problem,
            },
        ));
    }
}
