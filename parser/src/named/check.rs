//! What the statements say.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::tables::{
    ACLS, ALGORITHMS, CHANNELS, DESTINATIONS, GO_ON, NAMES, OPTIONS, RATES, TOP, Value, ZONE_TYPES,
};
use super::tree::Statement;
use super::values::{is_boolean, is_size, is_time, network};
use crate::hole::has_hole;
use crate::nearest::nearest;
use crate::problem::{Class, Problem};
use crate::source::{Source, Span};

type Words<'s> = [(&'s str, Span)];

struct Check<'s, 'o> {
    source: &'s Source,
    out: &'o mut Vec<Problem>,
    /// The ACLs, where no other file can have any.
    acls: Option<BTreeSet<String>>,
}

/// The ACLs of a main file that includes no other; `None` where there may be more.
fn acls(statements: &[Statement], source: &Source) -> Option<BTreeSet<String>> {
    let name = source.path().rsplit('/').next()?;
    let mut acls: BTreeSet<String> = ACLS.iter().map(|a| (*a).to_owned()).collect();
    let whole = name == "named.conf" && !contains_include(statements, source);
    for statement in statements {
        if let [(first, _), (name, _), ..] = statement.words(source).as_slice()
            && first.eq_ignore_ascii_case("acl")
        {
            acls.insert(name.trim_matches('"').to_ascii_lowercase());
        }
    }
    whole.then_some(acls)
}

fn contains_include(statements: &[Statement], source: &Source) -> bool {
    statements.iter().any(|s| {
        let words = s.words(source);
        words
            .first()
            .is_some_and(|(w, _)| has_hole(w) || w.eq_ignore_ascii_case("include"))
            || s.block().is_some_and(|b| contains_include(b, source))
    })
}

/// Judges a whole file.
pub fn file(statements: &[Statement], source: &Source, out: &mut Vec<Problem>) {
    let mut check = Check {
        source,
        out,
        acls: acls(statements, source),
    };
    let mut once = BTreeSet::new();
    let mut zones = BTreeSet::new();
    let has_view = statements.iter().any(|s| {
        s.words(source)
            .first()
            .is_some_and(|(w, _)| w.eq_ignore_ascii_case("view"))
    });
    for statement in statements {
        let words = statement.words(source);
        let Some((first, span)) = words.first().copied() else {
            continue;
        };
        let name = first.to_ascii_lowercase();
        let inner = statement.block().unwrap_or(&[]);
        let named = words.get(1).map_or("", |(w, _)| w.trim_matches('"'));
        if has_hole(first) {
            continue;
        }
        if !TOP.contains(&name.as_str()) {
            check.unknown(first, span, TOP.iter().copied());
            continue;
        }
        if let Some(after) = statement.after_block()
            && !matches!(
                name.as_str(),
                "controls" | "statistics-channels" | "dlz" | "plugin" | "dyndb"
            )
        {
            check.missing(after);
        }
        check.names(&name, statement, &words);
        let only = match name.as_str() {
            "options" | "logging" => Some(name.clone()),
            "acl" | "key" | "view" if !has_hole(named) => Some(format!("{name} {named}")),
            _ => None,
        };
        if only.is_some_and(|only| !once.insert(only)) {
            let what = if named.is_empty() { first } else { named };
            check.error(
                Class::DuplicateName,
                format!("{name} '{what}' redefined"),
                span,
            );
        }
        match name.as_str() {
            "options" | "server" => check.options(inner),
            "view" => {
                check.options(inner);
                let mut within = BTreeSet::new();
                for statement in inner {
                    check.zone(statement, &mut within);
                }
            }
            "zone" => {
                if has_view {
                    check.error(
                        Class::Placement,
                        "when using 'view' statements, all zones must be in views",
                        span,
                    );
                }
                check.zone(statement, &mut zones);
            }
            "key" => check.key(named, span, inner),
            "logging" => check.logging(inner),
            "acl" => check.addresses(inner),
            _ => {}
        }
    }
}

impl Check<'_, '_> {
    fn error(&mut self, class: Class, message: impl Into<String>, span: Span) {
        self.out.push(Problem::error(class, message, span));
    }

    fn missing(&mut self, at: Span) {
        let word = self.source.slice(at);
        if !has_hole(word) {
            self.error(Class::Syntax, format!("missing ';' before '{word}'"), at);
        }
    }

    /// As many words as belong before a block.
    fn names(&mut self, name: &str, statement: &Statement, words: &Words<'_>) {
        let Some((_, least, most)) = NAMES.iter().find(|(n, _, _)| *n == name) else {
            return;
        };
        let (first, rest) = words.split_at_checked(1).unwrap_or((words, &[]));
        if rest.iter().any(|(w, _)| has_hole(w)) {
            return;
        }
        let at = rest
            .last()
            .or(first.last())
            .map_or(Span::default(), |(_, s)| *s);
        if rest.len() < *least {
            self.error(Class::Arity, format!("{name}: expected a name"), at);
        } else if rest.len() > *most || statement.block().is_none() {
            let near = self.source.slice(at);
            self.error(Class::Syntax, format!("'{{' expected near '{near}'"), at);
        }
    }

    /// A name that nobody knows: told where it looks mistyped, and where it is no name at all.
    fn unknown<'n>(&mut self, word: &str, span: Span, known: impl Iterator<Item = &'n str>) {
        let message = format!("unknown option '{word}'");
        let problem = Problem::error(Class::UnknownKeyword, message, span);
        let is_value = word.starts_with(|c: char| c == '"' || c.is_ascii_digit())
            || matches!(word, "yes" | "no" | "true" | "false" | "any" | "none");
        if let Some(near) = nearest(&word.to_ascii_lowercase(), known) {
            self.out
                .push(problem.with_help(format!("did you mean `{near}`?")));
        } else if is_value {
            self.out.push(problem);
        }
    }

    /// The options of a block, each with its value.
    fn options(&mut self, statements: &[Statement]) {
        let mut once = BTreeSet::new();
        for statement in statements {
            if self.out.len() > super::MAX_PROBLEMS {
                return;
            }
            let words = statement.words(self.source);
            let Some(((first, span), values)) = words.split_first() else {
                continue;
            };
            if has_hole(first) {
                continue;
            }
            let name = first.to_ascii_lowercase();
            let Some((known, value)) = OPTIONS.iter().find(|(n, _)| *n == name) else {
                self.unknown(first, *span, OPTIONS.iter().map(|(n, _)| *n));
                continue;
            };
            if *value != Value::Many && !once.insert(name.clone()) {
                let message = format!("'{first}' redefined");
                self.error(Class::DuplicateName, message, *span);
            }
            if !values.iter().any(|(w, _)| has_hole(w)) {
                self.value(known, *value, (*span, values), statement);
            }
        }
    }

    fn value(
        &mut self,
        name: &str,
        value: Value,
        (span, words): (Span, &Words<'_>),
        statement: &Statement,
    ) {
        let block = statement.block();
        if let Some(after) = statement.after_block()
            && value != Value::Many
            && !GO_ON.contains(&name)
        {
            self.missing(after);
        }
        let wanted = match value {
            Value::Many if name.starts_with("listen-on") => {
                if let [("port", _), (port, at), ..] = words
                    && port.parse::<u16>().is_err()
                    && *port != "*"
                {
                    self.error(
                        Class::Value,
                        format!("port value '{port}' is out of range"),
                        *at,
                    );
                }
                return self.addresses(block.unwrap_or(&[]));
            }
            Value::Any | Value::Many => return,
            Value::Time => "time",
            Value::Size => "integer and optional unit or percent",
            Value::Match | Value::Block => {
                let Some(inner) = block else {
                    let near = words.last().map_or(span, |(_, s)| *s);
                    return self.error(Class::Syntax, format!("{name}: '{{' expected"), near);
                };
                if value == Value::Match {
                    if let Some((word, at)) = words.first() {
                        self.error(Class::Syntax, format!("'{{' expected near '{word}'"), *at);
                    }
                    self.addresses(inner);
                } else if name == "forwarders" {
                    self.forwarders(inner);
                } else if name == "rate-limit" {
                    self.rates(inner);
                }
                return;
            }
            Value::Boolean => "boolean",
            Value::Number => "number",
            Value::Text => "quoted string",
            Value::Choice(choices) => &choices.join(", "),
        };
        let Some((first, at)) = words.first().copied() else {
            return self.error(Class::Arity, format!("{name}: {wanted} expected"), span);
        };
        let fits = match value {
            Value::Boolean => is_boolean(first),
            Value::Number => first.bytes().all(|b| b.is_ascii_digit()),
            Value::Time => is_time(first),
            Value::Size => is_size(first),
            Value::Text => first.starts_with('"') || matches!(first, "none" | "auto"),
            Value::Choice(choices) => {
                choices.iter().any(|c| c.eq_ignore_ascii_case(first))
                    || choices.contains(&"yes") && is_boolean(first)
            }
            _ => true,
        };
        if !fits {
            let message = format!("{wanted} expected near '{first}'");
            self.error(Class::Value, message, at);
        } else if let Some((_, extra)) = words.get(1) {
            self.missing(*extra);
        }
    }

    fn forwarders(&mut self, elements: &[Statement]) {
        for element in elements {
            let words = element.words(self.source);
            let Some((first, span)) = words.first() else {
                continue;
            };
            if words.iter().any(|(w, _)| has_hole(w)) {
                continue;
            }
            if first.parse::<IpAddr>().is_err() {
                let message = format!("expected IP address near '{first}'");
                self.error(Class::Value, message, *span);
            } else if let Some((extra, at)) = words.get(1)
                && !matches!(*extra, "port" | "tls" | "dscp" | "key")
            {
                self.error(Class::Syntax, format!("missing ';' before '{extra}'"), *at);
            }
        }
    }

    fn rates(&mut self, statements: &[Statement]) {
        for statement in statements {
            let words = statement.words(self.source);
            let Some((first, span)) = words.first().filter(|(w, _)| !has_hole(w)) else {
                continue;
            };
            if !RATES.contains(first) {
                self.unknown(first, *span, RATES.iter().copied());
            } else if let ("log-only" | "exempt-clients", _) | (_, None) = (*first, words.get(1)) {
            } else if let Some((value, at)) = words.get(1)
                && !has_hole(value)
                && !value.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            {
                let message = format!("expected number near '{value}'");
                self.error(Class::Value, message, *at);
            }
        }
    }

    /// Addresses and networks of a match list.
    fn addresses(&mut self, elements: &[Statement]) {
        for element in elements {
            if let Some(inner) = element.block() {
                self.addresses(inner);
            }
            let words = element.words(self.source);
            let Some((word, span)) = words.first() else {
                continue;
            };
            let word = word.trim_start_matches('!').trim_matches('"');
            let undefined = self.acls.as_ref().is_some_and(|acls| {
                words.len() == 1
                    && word.starts_with(|c: char| c.is_ascii_alphabetic())
                    && !word.contains(':')
                    && !has_hole(word)
                    && !acls.contains(&word.to_ascii_lowercase())
            });
            if undefined {
                self.error(
                    Class::UndefinedName,
                    format!("undefined ACL '{word}'"),
                    *span,
                );
            } else if let Some(why) = network(word) {
                self.error(Class::Value, format!("{why}: '{word}'"), *span);
            } else if words.len() > 1
                && !matches!(
                    word,
                    "key" | "geoip" | "ecs" | "!" | "port" | "transport" | ""
                )
                && !has_hole(word)
                && let Some((_, extra)) = words.get(1)
            {
                self.missing(*extra);
            }
        }
    }

    fn zone(&mut self, statement: &Statement, seen: &mut BTreeSet<String>) {
        let words = statement.words(self.source);
        let is_zone = words
            .first()
            .is_some_and(|(w, _)| w.eq_ignore_ascii_case("zone"));
        let (Some((word, span)), true, Some(inner)) = (words.get(1), is_zone, statement.block())
        else {
            return;
        };
        let name = word
            .trim_matches('"')
            .trim_end_matches('.')
            .to_ascii_lowercase();
        if let Some((class, at)) = words.get(2)
            && !has_hole(class)
            && !["in", "ch", "chaos", "hs", "hesiod"].contains(&class.to_ascii_lowercase().as_str())
        {
            self.error(
                Class::Value,
                format!("zone '{name}': invalid class {class}"),
                *at,
            );
        }
        if !has_hole(&name) && !seen.insert(name.clone()) {
            let message = format!("zone '{name}': already exists");
            self.error(Class::DuplicateName, message, *span);
        }
        self.options(inner);
        let mut kind = None;
        let mut said = BTreeSet::new();
        for statement in inner {
            let words = statement.words(self.source);
            let Some((first, _)) = words.first() else {
                continue;
            };
            if has_hole(first) || first.eq_ignore_ascii_case("include") {
                return;
            }
            if first.eq_ignore_ascii_case("type") {
                kind = words.get(1).copied();
            }
            said.insert(first.to_ascii_lowercase());
        }
        let has = |names: &[&str]| names.iter().any(|n| said.contains(*n));
        let Some((kind, at)) = kind else {
            if !has(&["in-view", "type"]) {
                let message = format!("zone '{name}': type not present");
                self.error(Class::Arity, message, *span);
            }
            return;
        };
        if has_hole(kind) {
            return;
        }
        let kind = kind.to_ascii_lowercase();
        let lacks = match kind.as_str() {
            "master" | "primary" | "hint" if !has(&["file", "database", "dlz", "in-view"]) => {
                Some("file")
            }
            "slave" | "secondary" | "stub" if !has(&["masters", "primaries"]) => Some("primaries"),
            _ if !ZONE_TYPES.contains(&kind.as_str()) => {
                return self.error(
                    Class::Value,
                    format!("'{kind}' unexpected: a type of zones"),
                    at,
                );
            }
            _ => None,
        };
        if let Some(lacks) = lacks {
            let message = format!("zone '{name}': missing '{lacks}' entry");
            self.error(Class::Arity, message, *span);
        }
    }

    fn key(&mut self, name: &str, span: Span, inner: &[Statement]) {
        let mut said = BTreeSet::new();
        for statement in inner {
            let words = statement.words(self.source);
            let Some((first, at)) = words.first().copied() else {
                continue;
            };
            let value = words.get(1).map_or("", |(w, _)| w.trim_matches('"'));
            if has_hole(first) || first.eq_ignore_ascii_case("include") {
                return;
            }
            said.insert(first.to_ascii_lowercase());
            if let Some((_, extra)) = words.get(2) {
                self.missing(*extra);
            }
            if first.eq_ignore_ascii_case("algorithm") && !has_hole(value) {
                let lower = value.to_ascii_lowercase();
                // `hmac-sha256-128` keeps so many bits of it.
                let known = ALGORITHMS.iter().any(|a| {
                    lower
                        .strip_prefix(a)
                        .is_some_and(|r| r.is_empty() || r.starts_with('-'))
                });
                if !known && nearest(&lower, ALGORITHMS.iter().copied()).is_some() {
                    self.error(Class::Value, format!("unknown algorithm '{value}'"), at);
                }
            } else if first.eq_ignore_ascii_case("secret") && !has_hole(value) {
                let digits = value.trim_end_matches('=');
                let fits = value.len() % 4 == 0
                    && value.len() - digits.len() <= 2
                    && digits
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
                if !fits {
                    self.error(Class::Value, "bad secret: bad base64 encoding", at);
                }
            } else if !matches!(first.to_ascii_lowercase().as_str(), "algorithm" | "secret") {
                self.unknown(first, at, ["algorithm", "secret"].into_iter());
            }
        }
        if said.len() < 2 {
            let message = format!("key '{name}' must have both 'secret' and 'algorithm' defined");
            self.error(Class::Arity, message, span);
        }
    }

    fn logging(&mut self, statements: &[Statement]) {
        let source = self.source;
        let open = statements.iter().any(|s| {
            let words = s.words(source);
            words
                .first()
                .is_none_or(|(w, _)| has_hole(w) || w.eq_ignore_ascii_case("include"))
                || words.get(1).is_some_and(|(w, _)| has_hole(w))
        });
        let mut channels: BTreeSet<&str> = CHANNELS.iter().copied().collect();
        for statement in statements {
            let words = statement.words(source);
            let Some((first, span)) = words.first().copied().filter(|(w, _)| !has_hole(w)) else {
                continue;
            };
            let name = words.get(1).map_or("", |(w, _)| w.trim_matches('"'));
            match first.to_ascii_lowercase().as_str() {
                "channel" => {
                    channels.insert(name);
                    let inner = statement.block().unwrap_or(&[]);
                    let mut unknown = false;
                    let leads = inner.iter().filter(|s| {
                        let words = s.words(source);
                        words.first().is_some_and(|(w, _)| {
                            unknown |= has_hole(w);
                            DESTINATIONS.iter().any(|d| d.eq_ignore_ascii_case(w))
                        })
                    });
                    let count = leads.count();
                    if count != 1 && !unknown {
                        let message = format!(
                            "channel '{name}': exactly one of file, syslog, null and stderr must be present"
                        );
                        self.error(Class::Arity, message, span);
                    }
                }
                "category" | "include" => {}
                _ => self.unknown(first, span, ["channel", "category"].into_iter()),
            }
        }
        if open {
            return;
        }
        for statement in statements {
            let words = statement.words(source);
            if !words
                .first()
                .is_some_and(|(w, _)| w.eq_ignore_ascii_case("category"))
            {
                continue;
            }
            for leads in statement.block().unwrap_or(&[]) {
                let words = leads.words(source);
                if let Some((word, at)) = words.first()
                    && !has_hole(word)
                    && !channels.contains(word.trim_matches('"'))
                {
                    let message = format!("undefined channel: '{word}'");
                    self.error(Class::UndefinedName, message, *at);
                }
            }
        }
    }
}
