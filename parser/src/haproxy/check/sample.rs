//! Sample expressions (`req.hdr(host),lower`) and log formats (`%ci %[src]`).
//!
//! Source: HAProxy's configuration manual, 7.3 "Fetching samples" and 8.2.6 "Custom log format".

use super::super::syntax::Line;
use super::super::tables::{CONVERTERS, FETCHES, Sample};
use super::super::version::Version;
use super::Check;
use super::value::is_bad_ip;
use crate::hole::{has_hole, is_hole};
use crate::nearest::nearest;
use crate::problem::{Class, Problem};

/// Why an expression does not parse.
pub struct Fault {
    pub class: Class,
    pub message: String,
}

impl Fault {
    fn new(class: Class, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
        }
    }

    /// The fault as a problem of word `n`.
    pub fn at(self, line: &Line<'_>, n: usize) -> Problem {
        Problem::error(self.class, self.message, line.span_of(n))
    }
}

/// What an expression gives, and the text after it.
pub struct Parsed<'t> {
    pub output: &'static str,
    pub rest: &'t str,
}

/// An expression that starts at word `n`, whose converters may be words of their own. Returns the word after it.
pub fn words(line: &Line<'_>, n: usize) -> Result<usize, Problem> {
    let text = line.arg(n);
    let parsed = expression(text, line.version).map_err(|f| f.at(line, n))?;
    if !parsed.rest.is_empty() {
        let message = format!(
            "unexpected '{}' after the expression in '{text}'",
            parsed.rest
        );
        return Err(Problem::error(Class::Syntax, message, line.span_of(n)));
    }
    let mut next = n + 1;
    while CONVERTERS
        .get(identifier(line.arg(next)), line.version)
        .is_ok()
    {
        let text = line.arg(next);
        let rest = converter(text, line.version).map_err(|f| f.at(line, next))?;
        converters(rest.rest, rest.output, line.version).map_err(|f| f.at(line, next))?;
        next += 1;
    }
    Ok(next)
}

/// A fetch with its converters at the start of a text.
pub fn expression(text: &str, version: Version) -> Result<Parsed<'_>, Fault> {
    let name = identifier(text);
    if name.is_empty() {
        if text.starts_with(is_hole) {
            return Ok(Parsed {
                output: "any",
                rest: "",
            });
        }
        return Err(Fault::new(Class::UnknownKeyword, "missing fetch method"));
    }
    if text
        .get(name.len()..)
        .is_some_and(|r| r.starts_with(is_hole))
    {
        return Ok(Parsed {
            output: "any",
            rest: "",
        });
    }
    // Lua scripts register fetches of their own.
    if name.starts_with("lua.") {
        return Ok(Parsed {
            output: "any",
            rest: "",
        });
    }
    let sample = FETCHES.get(name, version).map_err(|why| {
        let message = match nearest(name, FETCHES.names(version)) {
            Some(near) if why.is_empty() => {
                format!("unknown fetch method '{name}': did you mean '{near}'?")
            }
            _ => format!("unknown fetch method '{name}'{why}"),
        };
        Fault::new(Class::UnknownKeyword, message)
    })?;
    let rest = arguments(text, name, sample, "fetch method")?;
    converters(rest, sample.output, version)
}

/// Converters after commas.
pub fn converters<'t>(
    mut rest: &'t str,
    mut output: &'static str,
    version: Version,
) -> Result<Parsed<'t>, Fault> {
    while let Some(next) = rest.strip_prefix(',') {
        let parsed = converter(next, version)?;
        if parsed.output != "any" {
            output = parsed.output;
        }
        rest = parsed.rest;
    }
    Ok(Parsed { output, rest })
}

fn converter(text: &str, version: Version) -> Result<Parsed<'_>, Fault> {
    let name = identifier(text);
    if text
        .get(name.len()..)
        .is_some_and(|r| r.starts_with(is_hole))
        || name.starts_with("lua.")
    {
        return Ok(Parsed {
            output: "any",
            rest: "",
        });
    }
    let sample = CONVERTERS.get(name, version).map_err(|why| {
        let message = if name.is_empty() {
            "missing converter after ','".to_owned()
        } else {
            format!("unknown converter '{name}'{why}")
        };
        Fault::new(Class::UnknownKeyword, message)
    })?;
    let rest = arguments(text, name, sample, "converter")?;
    Ok(Parsed {
        output: sample.output,
        rest,
    })
}

/// Letters of fetch and converter names.
pub fn identifier(text: &str) -> &str {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | ':')))
        .unwrap_or(text.len());
    text.get(..end).unwrap_or("")
}

/// Checks what stands in parentheses after a name; returns what follows.
pub fn arguments<'t>(
    text: &'t str,
    name: &str,
    sample: &Sample,
    what: &str,
) -> Result<&'t str, Fault> {
    let rest = text.get(name.len()..).unwrap_or("");
    let (given, rest) = match rest.strip_prefix('(') {
        Some(inside) => split(inside)
            .ok_or_else(|| Fault::new(Class::Syntax, format!("{what} '{name}': expected ')'")))?,
        None => (Vec::new(), rest),
    };
    let types = || sample.required.iter().chain(&sample.optional).copied();
    if given.len() > types().count() {
        return Err(Fault::new(
            Class::Arity,
            format!(
                "{what} '{name}': expected ')' before the argument '{}'",
                given.last().map_or("", |s| s)
            ),
        ));
    }
    for (argument, kind) in given.iter().zip(types()) {
        typed(argument, kind)
            .map_err(|why| Fault::new(Class::Value, format!("{what} '{name}': {why}")))?;
    }
    if let Some(kind) = sample.required.get(given.len())
        // The proxy that the line stands in is meant where one of these is not named.
        && !matches!(*kind, "backend" | "frontend" | "table" | "server" | "user list")
        // A lone text may be empty.
        && !(given.is_empty() && *kind == "string")
    {
        return Err(Fault::new(
            Class::Arity,
            format!("{what} '{name}': missing argument of type '{kind}'"),
        ));
    }
    special(name, &given)
        .map_err(|why| Fault::new(Class::Value, format!("{what} '{name}': {why}")))?;
    Ok(rest)
}

/// Splits arguments up to their `)`; quotes and backslashes hide commas and parentheses.
pub fn split(inside: &str) -> Option<(Vec<String>, &str)> {
    let mut given = Vec::new();
    let mut current = String::new();
    let mut quote = None;
    let mut any = false;
    let mut chars = inside.char_indices();
    while let Some((i, c)) = chars.next() {
        match (quote, c) {
            (Some(q), _) if c == q => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                any = true;
            }
            (None | Some('"'), '\\') => {
                if let Some((_, escaped)) = chars.next() {
                    current.push(escaped);
                }
            }
            (None, ',') => {
                given.push(std::mem::take(&mut current));
                any = true;
            }
            (None, ')') => {
                if any || !current.is_empty() {
                    given.push(current);
                }
                return Some((given, inside.get(i + 1..).unwrap_or("")));
            }
            _ => current.push(c),
        }
    }
    // A hole may hold the parenthesis.
    has_hole(inside).then_some((given, ""))
}

fn typed(argument: &str, kind: &str) -> Result<(), String> {
    if has_hole(argument) {
        return Ok(());
    }
    match kind {
        "integer" if argument.parse::<i64>().is_err() => {
            Err(format!("failed to parse '{argument}' as type 'integer'"))
        }
        "IPv4 address" | "IPv6 address" if is_bad_ip(argument) => {
            Err(format!("failed to parse '{argument}' as an address"))
        }
        _ => Ok(()),
    }
}

/// What single fetches and converters ask of their arguments beyond the types.
fn special(name: &str, given: &[String]) -> Result<(), String> {
    let first = given.first().map_or("", String::as_str);
    match name {
        "var" | "set-var" | "unset-var" | "secure_memcmp" | "strcmp" => variable(first),
        "add" | "sub" | "mul" | "div" | "mod" | "and" | "or" | "xor"
            if first.parse::<i64>().is_err() =>
        {
            variable(first)
        }
        _ => Ok(()),
    }
}

/// A variable's name: its scope, a dot, and letters, digits, `_` and `.`.
pub fn variable(name: &str) -> Result<(), String> {
    if has_hole(name) {
        return Ok(());
    }
    let (scope, rest) = name.split_once('.').unwrap_or((name, ""));
    if !matches!(scope, "proc" | "sess" | "txn" | "req" | "res" | "check") || !name.contains('.') {
        return Err(format!(
            "invalid variable name '{name}': it must start with its scope, one of proc, sess, txn, req, res, check"
        ));
    }
    if rest.is_empty()
        || !rest
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
    {
        return Err(format!("invalid variable name '{name}'"));
    }
    Ok(())
}

/// Names that a log format may put after `%`.
const FORMAT_VARIABLES: &[&str] = &[
    "o", "B", "CC", "CS", "H", "HM", "HP", "HPO", "HQ", "HU", "HV", "ID", "ST", "T", "Ta", "Tc",
    "Td", "Th", "Ti", "Tl", "Tq", "TR", "Tr", "Ts", "Tt", "Tu", "Tw", "U", "ac", "b", "bc", "bi",
    "bp", "bq", "ci", "cp", "f", "fc", "fi", "fp", "ft", "hr", "hrl", "hs", "hsl", "lc", "ms",
    "pid", "r", "rc", "rt", "s", "sc", "si", "sp", "sq", "sslc", "sslv", "t", "tr", "trg", "trl",
    "ts", "tsc",
];

/// Those that 3.1 added.
const LATER_VARIABLES: &[&str] = &["OG"];

const NAMED_ITEMS: Version = Version::new(3, 0);

/// A log format in word `n`.
pub fn log_format(line: &Line<'_>, n: usize) -> Check {
    format_text(line.arg(n), line.version).map_err(|f| f.at(line, n))
}

fn format_text(text: &str, version: Version) -> Result<(), Fault> {
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        rest = rest.get(at + 1..).unwrap_or("");
        if let Some(after) = rest.strip_prefix('%') {
            rest = after;
            continue;
        }
        // A name for the item, since 3.0.
        if let Some(named) = rest.strip_prefix('(').filter(|_| version >= NAMED_ITEMS) {
            rest = named.split_once(')').map_or("", |(_, after)| after);
        }
        if let Some(flags) = rest.strip_prefix('{') {
            let Some(end) = flags.find('}') else {
                return Err(Fault::new(
                    Class::Syntax,
                    "missing '}' after the flags of a format variable",
                ));
            };
            rest = flags.get(end + 1..).unwrap_or("");
        }
        if let Some(inside) = rest.strip_prefix('[') {
            rest = bracket(inside, version)?;
            continue;
        }
        if rest.starts_with(is_hole) {
            return Ok(());
        }
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or("");
        rest = rest.get(end..).unwrap_or("");
        // Any other mark stands for itself.
        if name.is_empty() && rest.starts_with(|c: char| !c.is_ascii_whitespace()) {
            continue;
        }
        if name.is_empty() {
            return Err(Fault::new(
                Class::Syntax,
                "a '%' that is not followed by a format variable: write '%%' for the character itself",
            ));
        }
        let later = version >= Version::new(3, 1) && LATER_VARIABLES.contains(&name);
        if !FORMAT_VARIABLES.contains(&name) && !later && !rest.starts_with(is_hole) {
            return Err(Fault::new(
                Class::UnknownKeyword,
                format!(
                    "no such format variable '{name}': write '%%' for the character '%' itself"
                ),
            ));
        }
    }
    Ok(())
}

/// An expression up to its `]`; returns what follows.
fn bracket(inside: &str, version: Version) -> Result<&str, Fault> {
    if !inside.contains(']') && !has_hole(inside) {
        return Err(Fault::new(
            Class::Syntax,
            format!("missing ']' after '{inside}'"),
        ));
    }
    let parsed = expression(inside, version)?;
    match parsed.rest.strip_prefix(']') {
        Some(after) => Ok(after),
        None if parsed.rest.is_empty() && (has_hole(inside) || inside.contains("lua.")) => {
            // Skips what cannot be read.
            Ok(inside.rsplit(']').next().unwrap_or(""))
        }
        None => Err(Fault::new(
            Class::Syntax,
            format!("expected ']' but found '{}'", parsed.rest),
        )),
    }
}

/// True where a fetch of this type may be compared with patterns without `-m`.
pub fn default_match(output: &str) -> Option<&'static str> {
    match output {
        "bool" => Some("bool"),
        "sint" => Some("int"),
        "ipv4" | "ipv6" | "addr" => Some("ip"),
        "str" => Some("str"),
        "meth" => Some("meth"),
        "any" => Some("any"),
        _ => None,
    }
}
