//! One statement of a sudoers file, read as sudo's own grammar has it. Source: sudoers(5), "SUDOERS FILE FORMAT", and what
//! `visudo -c` takes.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{anychar, none_of, one_of, satisfy};
use nom::combinator::{opt, recognize};
use nom::multi::{many0_count, many1_count};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use crate::nearest::nearest;

const TAGS: &[&str] = &[
    "EXEC",
    "NOEXEC",
    "FOLLOW",
    "NOFOLLOW",
    "LOG_INPUT",
    "NOLOG_INPUT",
    "LOG_OUTPUT",
    "NOLOG_OUTPUT",
    "MAIL",
    "NOMAIL",
    "INTERCEPT",
    "NOINTERCEPT",
    "PASSWD",
    "NOPASSWD",
    "SETENV",
    "NOSETENV",
];

const OPTIONS: &[&str] = &[
    "APPARMOR_PROFILE",
    "CHROOT",
    "CWD",
    "LIMITPRIVS",
    "NOTAFTER",
    "NOTBEFORE",
    "PRIVS",
    "ROLE",
    "TIMEOUT",
    "TYPE",
];

type Parsed<'s> = IResult<&'s str, &'s str>;
/// What is left after a piece, or what is wrong.
type Left<'s> = Result<&'s str, String>;

fn blank(input: &str) -> &str {
    input.trim_start_matches([' ', '\t'])
}

fn escape(input: &str) -> Parsed<'_> {
    recognize((tag("\\"), anychar)).parse_complete(input)
}

fn quoted(input: &str) -> Parsed<'_> {
    let inside = recognize(many0_count(alt((escape, recognize(none_of("\"\\"))))));
    recognize(delimited(tag("\""), inside, tag("\""))).parse_complete(input)
}

/// A name of a user or host: no mark of the grammar in it without a backslash.
fn word(input: &str) -> Parsed<'_> {
    let plain = recognize(none_of("#>!=:,() \t\r\"\\"));
    recognize(many1_count(alt((plain, escape)))).parse_complete(input)
}

/// An address of version 6, whose colons are no marks.
fn address(input: &str) -> Parsed<'_> {
    let (rest, text) = recognize((
        take_while(|c: char| c.is_ascii_hexdigit()),
        tag(":"),
        take_while1(|c: char| c.is_ascii_hexdigit() || c == ':' || c == '.'),
        opt((
            tag("/"),
            take_while1(|c: char| c.is_ascii_hexdigit() || c == ':'),
        )),
    ))
    .parse_complete(input)?;
    if text.matches(':').count() < 2 {
        return word(input);
    }
    Ok((rest, text))
}

/// A capital, then capitals, digits and underscores.
pub fn alias_name(input: &str) -> Parsed<'_> {
    recognize((
        satisfy(|c| c.is_ascii_uppercase()),
        take_while(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'),
    ))
    .parse_complete(input)
}

fn number(input: &str) -> Parsed<'_> {
    recognize((
        tag("#"),
        opt(tag("-")),
        take_while1(|c: char| c.is_ascii_digit()),
    ))
    .parse_complete(input)
}

/// What a list is a list of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Users,
    Hosts,
}

fn member(of: Of, input: &str) -> Parsed<'_> {
    let group = recognize((
        alt((tag("%:#"), tag("%#"), tag("%:"), tag("%"), tag("+"))),
        alt((word, quoted)),
    ));
    match of {
        Of::Users => alt((quoted, number, group, word)).parse_complete(input),
        Of::Hosts => alt((quoted, address, group, word)).parse_complete(input),
    }
}

fn near(input: &str) -> String {
    let input = blank(input);
    match word(input).or_else(|_| quoted(input)) {
        Ok((_, word)) => format!("syntax error near `{word}`"),
        Err(_) => match input.chars().next() {
            Some('"') => "syntax error: a quote is never closed".to_owned(),
            Some(c) => format!("syntax error near `{c}`"),
            None => "syntax error at the end of the line".to_owned(),
        },
    }
}

/// `a, !b, c`
pub fn list(of: Of, input: &str) -> Left<'_> {
    let mut rest = input;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '!']);
        let (after, _) =
            member(of, rest).map_err(|_| format!("{}: expected {}", near(rest), of.one()))?;
        rest = blank(after);
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None => return Ok(rest),
        }
    }
}

impl Of {
    fn one(self) -> &'static str {
        match self {
            Self::Users => "a user",
            Self::Hosts => "a host",
        }
    }
}

/// Nothing more.
pub fn end(rest: &str) -> Result<(), String> {
    if blank(rest).is_empty() {
        Ok(())
    } else {
        Err(near(rest))
    }
}

/// `users hosts = commands : hosts = commands`
pub fn privileges(text: &str) -> Result<(), String> {
    let mut rest = list(Of::Users, text)?;
    loop {
        if blank(rest).starts_with('=') {
            return Err("syntax error: a user and a host stand before `=`".to_owned());
        }
        rest = list(Of::Hosts, rest).map_err(|e| match rest.is_empty() {
            true => "syntax error: no host and no `=` with commands".to_owned(),
            false => e,
        })?;
        let Some(after) = rest.strip_prefix('=') else {
            let hint = match rest.is_empty() {
                true => "no `=` between hosts and commands",
                false => "is a comma missing? Users, hosts and `=` stand before the commands",
            };
            return Err(format!("{}: {hint}", near(rest)));
        };
        rest = command_list(after)?;
        match rest.strip_prefix(':') {
            Some(after) => rest = after,
            None => return end(rest),
        }
    }
}

fn command_list(input: &str) -> Left<'_> {
    let mut rest = input;
    loop {
        rest = runas(blank(rest))?;
        rest = options(rest)?;
        rest = command(rest)?;
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None => return Ok(rest),
        }
    }
}

/// `(users : groups)`, either of which may be left out.
fn runas(input: &str) -> Left<'_> {
    let Some(mut rest) = input.strip_prefix('(').map(blank) else {
        return Ok(input);
    };
    if !rest.starts_with([':', ')']) {
        rest = list(Of::Users, rest)?;
    }
    if let Some(after) = rest.strip_prefix(':') {
        rest = blank(after);
        if !rest.starts_with(')') {
            rest = list(Of::Users, rest)?;
        }
    }
    match rest.strip_prefix(')') {
        Some(after) => Ok(blank(after)),
        None => Err("syntax error: a parenthesis is never closed".to_owned()),
    }
}

/// `CWD=/srv NOPASSWD: NOEXEC:`
fn options(input: &str) -> Left<'_> {
    let mut rest = input;
    while let Ok((after, name)) = alias_name(rest) {
        let spaced = blank(after);
        if let Some(after) = spaced.strip_prefix(':').filter(|_| TAGS.contains(&name)) {
            rest = blank(after);
        } else if let Some(value) = spaced.strip_prefix('=').filter(|_| OPTIONS.contains(&name)) {
            let value = blank(value);
            let (after, _) = alt((
                quoted,
                recognize(many1_count(alt((escape, recognize(none_of(" \t,\\")))))),
            ))
            .parse_complete(value)
            .map_err(|_: nom::Err<nom::error::Error<&str>>| near(value))?;
            rest = blank(after);
        } else if spaced.starts_with('=') {
            return Err(mistyped("option", name, OPTIONS));
        } else {
            if let (true, Some(near)) =
                (spaced.starts_with(':'), nearest(name, TAGS.iter().copied()))
            {
                return Err(format!(
                    "syntax error: unknown tag {name}, did you mean {near}?"
                ));
            }
            break;
        }
    }
    Ok(rest)
}

fn mistyped(what: &str, name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("syntax error: unknown {what} {name}, did you mean {near}?"),
        None => format!("syntax error: unknown {what} {name}"),
    }
}

/// A digest, `!`, then ALL, an alias, a path with its arguments, or a pattern.
pub fn command(input: &str) -> Left<'_> {
    let mut rest = input.trim_start_matches([' ', '\t', '!']);
    while let Some(after) = digest(rest)? {
        rest = after.trim_start_matches([' ', '\t', '!']);
    }
    if let Ok((after, _)) = alias_name(rest)
        && after.is_empty() | after.starts_with([' ', '\t', ',', ':', '='])
    {
        return Ok(blank(after));
    }
    let pattern = recognize((
        tag("^"),
        many0_count(alt((escape, recognize(none_of(" \t$\\"))))),
        tag("$"),
    ));
    let plain = || recognize(many1_count(alt((escape, recognize(none_of(",:= \t\\"))))));
    let file = recognize(preceded(tag("/"), opt(plain())));
    let built_in = alt((tag("sudoedit"), tag("list")));
    let found: Parsed<'_> = alt((pattern, file, built_in)).parse_complete(rest);
    let Ok((after, _)) = found else {
        let near = match word(rest) {
            Ok((_, word)) => word,
            Err(_) if rest.is_empty() => {
                return Err("syntax error: a command is missing".to_owned());
            }
            Err(_) => rest
                .get(..rest.chars().next().map_or(0, char::len_utf8))
                .unwrap_or(""),
        };
        return Err(format!(
            "syntax error: `{near}` is no command: expected a fully-qualified path name"
        ));
    };
    if !after.is_empty() && !after.starts_with([' ', '\t', ',', ':', '=']) {
        return Err(near(after));
    }
    let arguments = blank(after);
    if arguments.starts_with('^') && arguments.trim_end().ends_with('$') {
        return Ok("");
    }
    // Before 1.9.13 `=` had to be escaped, too; commas and colons have to be everywhere.
    let argument = recognize(many0_count(alt((escape, recognize(none_of(",:\\"))))));
    let parsed: Parsed<'_> = { argument }.parse_complete(after);
    Ok(parsed.map_or(after, |(rest, _)| rest))
}

/// `sha256:… `: what is left after it, where one stands here.
fn digest(input: &str) -> Result<Option<&str>, String> {
    let head = (
        alt((tag("sha224"), tag("sha256"), tag("sha384"), tag("sha512"))),
        take_while(|c| c == ' ' || c == '\t'),
        tag(":"),
        take_while(|c| c == ' ' || c == '\t'),
    );
    let parsed: Parsed<'_> = recognize(head).parse_complete(input);
    let Ok((rest, head)) = parsed else {
        return Ok(None);
    };
    let body: Parsed<'_> =
        take_while1(|c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='))
            .parse_complete(rest);
    let bytes = match head.get(3..6) {
        Some("224") => 28,
        Some("256") => 32,
        Some("384") => 48,
        _ => 64,
    };
    let fits = |digest: &str| {
        let hex = digest.len() == bytes * 2 && digest.bytes().all(|b| b.is_ascii_hexdigit());
        hex || digest.trim_end_matches('=').len() == (bytes * 8).div_ceil(6)
    };
    match body {
        Ok((after, digest)) if fits(digest) => {
            let after = blank(after);
            let another: Parsed<'_> = recognize((
                one_of(","),
                take_while(|c| c == ' ' || c == '\t'),
                tag("sha"),
            ))
            .parse_complete(after);
            Ok(Some(match another {
                Ok(_) => after.trim_start_matches([',', ' ', '\t']),
                Err(_) => after,
            }))
        }
        _ => Err("syntax error: a digest that is not as long as its kind".to_owned()),
    }
}

/// `name = value`, `name += value`, `!name`, `name`, with commas between. `Err` holds what is wrong.
pub fn settings<'s>(
    input: &'s str,
    mut each: impl FnMut(Setting<'s>) -> Result<(), String>,
) -> Result<(), String> {
    let mut rest = blank(input);
    loop {
        let negated = rest.starts_with('!');
        rest = rest.trim_start_matches([' ', '\t', '!']);
        let name: Parsed<'_> =
            take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_').parse_complete(rest);
        let (after, name) = name.map_err(|_| format!("{}: expected a setting", near(rest)))?;
        let spaced = blank(after);
        let operator: Parsed<'_> = alt((tag("+="), tag("-="), tag("="))).parse_complete(spaced);
        let (after, operator, value) = match operator {
            Ok((after, operator)) if !negated => {
                let after = blank(after);
                let plain = recognize(many1_count(alt((escape, recognize(none_of("#,\" \t\\"))))));
                let value: Parsed<'_> = alt((quoted, plain)).parse_complete(after);
                let (after, value) = value.map_err(|_| near(after))?;
                (after, Some(operator), value)
            }
            _ => (after, None, ""),
        };
        each(Setting {
            name,
            negated,
            operator,
            value: value.trim_matches('"'),
        })?;
        rest = blank(after);
        match rest.strip_prefix(',') {
            Some(after) => rest = blank(after),
            None => return end(rest),
        }
    }
}

pub struct Setting<'s> {
    pub name: &'s str,
    pub negated: bool,
    /// `=`, `+=` or `-=`, where a value is given.
    pub operator: Option<&'s str>,
    pub value: &'s str,
}
