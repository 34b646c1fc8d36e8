//! What stands inside the statements: names, choices, numbers.

use super::directives::{DIRECTIVES, Value};
use super::tables::{
    ACTIONS, COMPARISONS, FACILITIES, FLAGS, MODULES, NUMBERS, OBJECTS, PRIORITIES, PROPERTIES,
    QUEUE, QUEUE_TYPES, SIZES,
};
use super::token::Token;
use crate::hole::has_hole;
use crate::nearest::nearest;
use crate::problem::{Class, Problem};
use crate::source::Span;

/// A parameter of an object; `None` stands for a list or for text that cannot be known.
pub struct Parameter<'s> {
    pub name: &'s str,
    pub value: Option<&'s str>,
    pub span: Span,
}

fn mistyped<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    nearest(&name.to_ascii_lowercase(), known)
}

fn unknown(what: &str, near: &str, span: Span) -> Problem {
    Problem::error(Class::UnknownKeyword, what, span).with_help(format!("did you mean `{near}`?"))
}

/// An object that has a name and a parenthesis, with all its parameters.
pub fn object(word: &Token<'_>, given: &[Parameter<'_>], out: &mut Vec<Problem>) {
    let name = word
        .text
        .trim_end_matches('(')
        .trim_end()
        .to_ascii_lowercase();
    let Some(object) = OBJECTS.iter().find(|o| o.name == name) else {
        if let Some(near) = mistyped(&name, OBJECTS.iter().map(|o| o.name)) {
            out.push(unknown(&format!("`{name}(` is no object"), near, word.span));
        }
        return;
    };
    let lower: Vec<String> = given.iter().map(|p| p.name.to_ascii_lowercase()).collect();
    let mut seen = std::collections::BTreeSet::new();
    for (parameter, name) in given.iter().zip(&lower) {
        if !seen.insert(name) {
            let message = format!("duplicate parameter '{}'", parameter.name);
            out.push(Problem::error(
                Class::DuplicateName,
                message,
                parameter.span,
            ));
        }
    }
    let value_of = |wanted: &str| {
        let at = lower.iter().position(|n| n == wanted)?;
        given.get(at)?.value
    };
    let kind = value_of("type").unwrap_or("");
    let of_module = ACTIONS
        .iter()
        .find(|(m, _)| *m == kind && object.name == "action");
    let known = || {
        let module = of_module.map_or(&[][..], |(_, takes)| *takes);
        let queue = if object.queues { QUEUE } else { &[] };
        object
            .needs
            .iter()
            .chain(object.takes)
            .chain(module)
            .chain(queue)
            .copied()
    };
    for (parameter, name) in given.iter().zip(&lower) {
        // What a module brings is not known here, but for the two that are.
        let decided = of_module.is_some()
            || matches!(
                object.name,
                "template"
                    | "property"
                    | "constant"
                    | "ruleset"
                    | "global"
                    | "main_queue"
                    | "module"
            )
            || name.starts_with("action.")
            || name.starts_with("queue.");
        if !known().any(|k| k == name) {
            if let (Some(near), true) = (nearest(name, known()), decided) {
                let message = format!("parameter '{}' not known", parameter.name);
                out.push(unknown(&message, near, parameter.span));
            }
        } else if let Some(value) = parameter.value.filter(|v| !has_hole(v)) {
            self::value(object.name, kind, name, value, parameter.span, out);
        }
    }
    for needed in object.needs {
        if !lower.iter().any(|n| n == needed) {
            let message = format!("parameter '{needed}' required but not specified");
            out.push(Problem::error(Class::Arity, message, word.span));
        }
    }
}

fn value(object: &str, kind: &str, name: &str, value: &str, span: Span, out: &mut Vec<Problem>) {
    let is_size = || {
        let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        value.len() - digits.len() <= 1 && is_number(digits)
    };
    let among = |choices: &[&str]| choices.iter().any(|c| c.eq_ignore_ascii_case(value));
    let needed = match name {
        _ if FLAGS.contains(&name) && !matches!(value, "on" | "off" | "yes" | "no") => "on or off",
        _ if NUMBERS.contains(&name) && !is_number(value.trim_start_matches('-')) => "a number",
        _ if SIZES.contains(&name) && !is_size() => "a size",
        "filecreatemode" | "dircreatemode" if !is_mode(value) => {
            "an octal number that starts with 0, such as 0640"
        }
        "queue.type" if !among(QUEUE_TYPES) => "LinkedList, FixedArray, Disk or Direct",
        "protocol" if kind == "omfwd" && !among(&["tcp", "udp"]) => "tcp or udp",
        "type" if object == "template" && !among(&["string", "list", "subtree", "plugin"]) => {
            "string, list, subtree or plugin"
        }
        "mode" if object == "include" && !among(&["optional", "required", "abort-if-missing"]) => {
            "optional, required or abort-if-missing"
        }
        "type" if matches!(object, "action" | "input") => return module(value, span, out),
        "load" => return module(value, span, out),
        "name" if object == "property" => return property(value, span, out),
        "string" if object == "template" => return template(value, span, out),
        _ => return,
    };
    let message = format!("parameter '{name}' does not take \"{value}\"");
    out.push(Problem::error(Class::Value, message, span).with_help(format!("it takes {needed}")));
}

/// A module's name; what is not a known one may be somebody's own.
fn module(name: &str, span: Span, out: &mut Vec<Problem>) {
    let name = name.trim_start_matches("builtin:").trim_end_matches(".so");
    if name.contains('/') || MODULES.iter().any(|m| m.eq_ignore_ascii_case(name)) {
        return;
    }
    if let Some(near) = mistyped(name, MODULES.iter().copied()) {
        out.push(unknown(&format!("module '{name}' is unknown"), near, span));
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `0640`, `02755`
fn is_mode(text: &str) -> bool {
    let octal = text.bytes().all(|b| matches!(b, b'0'..=b'7'));
    text.starts_with('0') && octal && matches!(text.len(), 4 | 5)
}

/// A property of messages; names that start with `!`, `.`, `/` or `$` are free.
pub fn property(name: &str, span: Span, out: &mut Vec<Problem>) {
    let free = !name.starts_with(|c: char| c.is_ascii_alphabetic());
    if free || has_hole(name) || PROPERTIES.iter().any(|p| p.eq_ignore_ascii_case(name)) {
        return;
    }
    if let Some(near) = mistyped(name, PROPERTIES.iter().copied()) {
        let message = format!("invalid property '{name}'");
        out.push(unknown(&message, near, span));
    }
}

/// The properties that a template's text names, each as `%name:options%`.
fn template(text: &str, span: Span, out: &mut Vec<Problem>) {
    let mut rest = text;
    while let Some(at) = rest.find(['%', '\\']) {
        let tail = rest.get(at..).unwrap_or("");
        let Some(inner) = tail.strip_prefix('%') else {
            // An escape, also of a percent sign.
            let mut chars = tail.chars();
            chars.nth(1);
            rest = chars.as_str();
            continue;
        };
        let Some((wanted, after)) = inner.split_once('%') else {
            return;
        };
        let name = wanted.split(':').next().unwrap_or("");
        property(name, span, out);
        rest = after;
    }
}

/// `facilities.priority;…`
pub fn selector(word: &Token<'_>, out: &mut Vec<Problem>) {
    if has_hole(word.text) {
        return;
    }
    for part in word.text.split(';').filter(|p| !p.is_empty()) {
        // Without a dot the part is a user's name to rsyslog; that is for the daemon to say.
        let Some((facilities, priority)) = part.split_once('.') else {
            continue;
        };
        let priority = priority.trim_start_matches(['!', '=']);
        let is = |names: &[&str], name: &str| {
            is_number(name) || names.iter().any(|n| n.eq_ignore_ascii_case(name))
        };
        if !is(PRIORITIES, priority) {
            let message = format!("unknown priority name \"{priority}\"");
            out.push(Problem::error(Class::Value, message, word.span));
        }
        for facility in facilities.split(',') {
            if !is(FACILITIES, facility) {
                let message = format!("unknown facility name \"{facility}\"");
                out.push(Problem::error(Class::Value, message, word.span));
            }
        }
    }
}

/// `:property, [!]comparison, "text"`
pub fn property_filter(word: &Token<'_>, out: &mut Vec<Problem>) {
    let mut parts = word.text.trim_start_matches(':').splitn(3, ',');
    let name = parts.next().unwrap_or("").trim();
    let comparison = parts.next().unwrap_or("").trim().trim_start_matches('!');
    property(name, word.span, out);
    if !COMPARISONS
        .iter()
        .any(|c| c.eq_ignore_ascii_case(comparison))
    {
        let message = format!("invalid compare operation '{comparison}'");
        let problem = Problem::error(Class::Value, message, word.span);
        out.push(match mistyped(comparison, COMPARISONS.iter().copied()) {
            Some(near) => problem.with_help(format!("did you mean `{near}`?")),
            None => problem,
        });
    }
}

/// `$Name value`
pub fn directive(word: &Token<'_>, out: &mut Vec<Problem>) {
    let line = word.text.trim_start_matches('$');
    let end = line
        .find(|c: char| c.is_ascii_whitespace())
        .unwrap_or(line.len());
    let (name, rest) = line.split_at_checked(end).unwrap_or((line, ""));
    if has_hole(name) {
        return;
    }
    let Some((known, kind)) = DIRECTIVES
        .iter()
        .find(|(n, _)| n.eq_ignore_ascii_case(name))
    else {
        let lower: Vec<(String, &str)> = DIRECTIVES
            .iter()
            .map(|(n, _)| (n.to_ascii_lowercase(), *n))
            .collect();
        let near = mistyped(name, lower.iter().map(|(l, _)| l.as_str()));
        if let Some((_, near)) = lower.iter().find(|(l, _)| near == Some(l)) {
            let message = format!("invalid or yet-unknown config file command '{name}'");
            out.push(unknown(&message, &format!("${near}"), word.span));
        }
        return;
    };
    if has_hole(rest) {
        return;
    }
    let value = rest.split('#').next().unwrap_or("").trim();
    let needed = match kind {
        Value::OnOff if !matches!(value, "on" | "off") => "on or off",
        Value::Mode if !is_mode(value) => "an octal number that starts with 0, such as 0640",
        _ if known.eq_ignore_ascii_case("ModLoad") && value.is_empty() => "a module's name",
        Value::Any if value.contains(char::is_whitespace) && !value.contains('"') => "one word",
        _ => {
            if known.eq_ignore_ascii_case("ModLoad") {
                module(value, word.span, out);
            }
            if known.eq_ignore_ascii_case("Template")
                && let Some((_, text)) = value.split_once('"')
            {
                template(text, word.span, out);
            }
            return;
        }
    };
    let message = format!("${known} does not take '{value}'");
    out.push(
        Problem::error(Class::Value, message, word.span).with_help(format!("it takes {needed}")),
    );
}
