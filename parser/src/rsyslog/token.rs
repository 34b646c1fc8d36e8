//! rsyslog's tokens. What counts as one depends on where it stands: between statements, inside the parentheses of an
//! object, inside an expression, or after `call`. Source: the lexer of rsyslog 8 and its manual, "Basic Structure".

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_until, take_while, take_while1};
use nom::character::complete::{none_of, one_of, satisfy};
use nom::combinator::{not, opt, peek, recognize, verify};
use nom::multi::{many0_count, many1_count};
use nom::sequence::{delimited, pair, preceded};
use nom::{IResult, Parser};

use crate::hole::is_hole;
use crate::source::Span;

/// Where the next token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Statement,
    /// Between the parentheses of `action( … )`.
    Object,
    Expression,
    /// After `call`.
    Call,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `action(`, with its parenthesis.
    Object,
    /// `if`, `then`, `stop` and the like.
    Keyword,
    /// `mail.info;kern.*`
    Selector,
    /// `:msg, contains, "text"`
    PropertyFilter,
    /// `/var/log/mail`, `@host`, `~` and the like, to the line's end where it is no plain word.
    Action,
    /// `$Name value`, to the line's end.
    Directive,
    /// `!program`, `+host`: blocks of BSD's syslogd.
    Bsd,
    /// A name of a parameter, a function or a ruleset.
    Name,
    /// A string without its quotes.
    Text,
    Number,
    /// `$msg`, `$!tree!leaf`
    Variable,
    /// One of `{ } & [ ] ( ) ; = ,` or an operator.
    Mark,
    /// A string that nothing closes, or with an escape that does not exist.
    BadText,
    /// A character that starts nothing.
    Bad,
    /// Unknown text: what follows cannot be judged.
    Hole,
    End,
}

#[derive(Clone, Copy, Debug)]
pub struct Token<'s> {
    pub kind: Kind,
    pub text: &'s str,
    pub span: Span,
}

impl Token<'_> {
    pub fn is(&self, kind: Kind, text: &str) -> bool {
        self.kind == kind && self.text.eq_ignore_ascii_case(text)
    }
}

type Parsed<'s> = IResult<&'s str, &'s str>;

fn blank(input: &str) -> Parsed<'_> {
    take_while(|c| c == ' ' || c == '\t').parse_complete(input)
}

fn to_line_end(input: &str) -> Parsed<'_> {
    take_till(|c| c == '\n').parse_complete(input)
}

fn block_comment(input: &str) -> Parsed<'_> {
    recognize((tag("/*"), take_until("*/"), tag("*/"))).parse_complete(input)
}

fn line_comment(input: &str) -> Parsed<'_> {
    recognize((tag("#"), to_line_end)).parse_complete(input)
}

/// What says nothing in a place; `#` starts no comment inside an expression.
fn silence(mode: Mode, input: &str) -> &str {
    let space = take_while1::<_, _, nom::error::Error<&str>>(|c: char| c.is_ascii_whitespace());
    let skipped = match mode {
        Mode::Expression => many0_count(alt((space, block_comment))).parse_complete(input),
        Mode::Call => many0_count(space).parse_complete(input),
        Mode::Statement | Mode::Object => {
            many0_count(alt((space, block_comment, line_comment))).parse_complete(input)
        }
    };
    skipped.map_or(input, |(rest, _)| rest)
}

fn selector(input: &str) -> Parsed<'_> {
    let facility = |c: char| c.is_ascii_alphabetic() || c == '*' || is_hole(c);
    let rest = |c: char| {
        c.is_ascii_alphabetic()
            || matches!(c, ',' | '!' | '=' | ';' | '.' | '*' | '0'..='7')
            || is_hole(c)
    };
    recognize((
        take_while1(facility),
        take_while(|c| matches!(c, '0'..='7')),
        one_of(".,"),
        take_while1(rest),
    ))
    .parse_complete(input)
}

fn property_filter(input: &str) -> Parsed<'_> {
    let comma = || (take_while(|c| c == ' '), tag(","), take_while(|c| c == ' '));
    let value = many0_count(alt((tag("\\\""), recognize(none_of("\"")))));
    recognize((
        (tag(":"), opt(tag("$"))),
        take_while1(|c: char| c.is_ascii_alphabetic() || c == '-'),
        comma(),
        opt(tag("!")),
        take_while1(|c: char| c.is_ascii_alphabetic()),
        comma(),
        delimited(tag("\""), value, tag("\"")),
    ))
    .parse_complete(input)
}

fn bsd(input: &str) -> Parsed<'_> {
    let end = || (blank, peek(alt((tag("\n"), nom::combinator::eof))));
    alt((
        recognize((
            tag("!"),
            take_while1(|c: char| !c.is_whitespace() && !is_hole(c)),
            end(),
        )),
        recognize((
            one_of("+-"),
            take_while1(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '*')),
            end(),
        )),
    ))
    .parse_complete(input)
}

fn action(input: &str) -> Parsed<'_> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | ',' | ';');
    let module = (
        tag(":"),
        take_while1(|c: char| c.is_ascii_alphanumeric() || is_hole(c)),
        tag(":"),
        to_line_end,
    );
    let file = (
        opt(tag("-")),
        tag("/"),
        not(tag("*")),
        none_of("\n"),
        to_line_end,
    );
    alt((
        recognize(file),
        recognize(module),
        recognize((one_of("|.-@^?~>"), none_of("\n"), to_line_end)),
        recognize(one_of("~*")),
        recognize((
            satisfy(|c| c.is_ascii_alphanumeric() || c == '_'),
            take_while(word),
        )),
    ))
    .parse_complete(input)
}

fn directive(input: &str) -> Parsed<'_> {
    recognize((
        tag("$"),
        satisfy(|c| c.is_ascii_alphabetic() || is_hole(c)),
        to_line_end,
    ))
    .parse_complete(input)
}

/// `name (`: an object, known or not.
fn object(input: &str) -> Parsed<'_> {
    let name = (
        satisfy(|c| c.is_ascii_alphabetic()),
        take_while(|c: char| c.is_ascii_alphanumeric() || c == '_'),
    );
    recognize((
        name,
        take_while(|c: char| matches!(c, ' ' | '\t' | '\n')),
        tag("("),
    ))
    .parse_complete(input)
}

/// A string between two of `quote`: no such mark inside without a backslash, after which only some characters may stand.
fn text<'s>(quote: char, escapes: &'static str, input: &'s str) -> Parsed<'s> {
    let octal = || satisfy(|c| matches!(c, '0'..='7'));
    let hex = || satisfy(|c| c.is_ascii_hexdigit());
    let in_expression = escapes.contains('x');
    let escaped = preceded(
        tag("\\"),
        alt((
            recognize(verify(satisfy(|_| true), move |c| {
                *c != 'x' && escapes.contains(c.to_ascii_lowercase())
            })),
            recognize((tag("x"), hex(), hex())),
            recognize(many1_count(octal())),
        )),
    );
    let plain = recognize(satisfy(move |c| {
        c != quote && c != '\\' && !(in_expression && quote == '"' && c == '$')
    }));
    let mark = || nom::character::complete::char(quote);
    recognize(delimited(
        mark(),
        many0_count(alt((plain, escaped))),
        mark(),
    ))
    .parse_complete(input)
}

fn name(input: &str) -> Parsed<'_> {
    recognize(pair(
        satisfy(|c| c.is_ascii_alphabetic()),
        take_while(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')),
    ))
    .parse_complete(input)
}

const STATEMENTS: [&str; 12] = [
    "if",
    "else",
    "elseif",
    "foreach",
    "reload_lookup_table",
    "call",
    "call_indirect",
    "set",
    "reset",
    "unset",
    "continue",
    "stop",
];
/// Operators that are words, and the words that end an expression.
const OPERATORS: [&str; 11] = [
    "then",
    "do",
    "or",
    "and",
    "not",
    "contains",
    "contains_i",
    "startswith",
    "startswith_i",
    "endswith",
    "in",
];

fn is_one_of(words: &[&str], word: &str) -> bool {
    words.iter().any(|w| w.eq_ignore_ascii_case(word))
}

fn statement(input: &str, at_line_start: bool) -> Option<(Kind, &str)> {
    let found = |parsed: Parsed<'_>| parsed.ok().map(|(rest, _)| input.len() - rest.len());
    let piece = |kind, length| Some((kind, input.get(..length)?));
    if let Some(length) = found(object(input)) {
        // `if (`, `set (`: not an object.
        let word = input
            .get(..length)
            .unwrap_or("")
            .trim_end_matches('(')
            .trim_end();
        if !is_one_of(&STATEMENTS, word) {
            return piece(Kind::Object, length);
        }
    }
    if at_line_start {
        if let Some(length) = found(property_filter(input)) {
            return piece(Kind::PropertyFilter, length);
        }
        if let Some(length) = found(selector(input)) {
            return piece(Kind::Selector, length);
        }
    }
    if let Some(length) = found(directive(input)) {
        return piece(Kind::Directive, length);
    }
    if let Some(length) = found(bsd(input)) {
        return piece(Kind::Bsd, length);
    }
    if let Some(length) = found(action(input)) {
        let word = input.get(..length)?;
        let kind = if is_one_of(&STATEMENTS, word) {
            Kind::Keyword
        } else {
            Kind::Action
        };
        return Some((kind, word));
    }
    let length = found(recognize(one_of("{}&")).parse_complete(input))?;
    piece(Kind::Mark, length)
}

fn expression(input: &str) -> Option<(Kind, &str)> {
    let found = |parsed: Parsed<'_>| parsed.ok().map(|(rest, _)| input.len() - rest.len());
    let piece = |kind, length| Some((kind, input.get(..length)?));
    if let Some(quote @ ('"' | '\'' | '`')) = input.chars().next() {
        return match found(text(quote, "'\"`\\$bntrx", input)) {
            Some(length) => piece(Kind::Text, length),
            None => Some((Kind::BadText, input)),
        };
    }
    let variable = recognize((
        tag("$"),
        opt(one_of("$!./")),
        take_while(|c: char| {
            c.is_ascii_alphanumeric() || matches!(c, '@' | '_' | '!' | '-' | '.' | '[' | ']')
        }),
    ))
    .parse_complete(input);
    if let Some(length) = found(variable) {
        return piece(Kind::Variable, length);
    }
    if let Some(length) = found(take_while1(|c: char| c.is_ascii_digit()).parse_complete(input)) {
        return piece(Kind::Number, length);
    }
    if let Some(length) = found(name(input)) {
        let word = input.get(..length)?;
        let kind = if is_one_of(&OPERATORS, word) {
            Kind::Keyword
        } else {
            Kind::Name
        };
        return Some((kind, word));
    }
    let mark = alt((
        alt((tag("=="), tag("<="), tag(">="), tag("!="), tag("<>"))),
        recognize(one_of("()=,*/%+&-[]<>;")),
    ))
    .parse_complete(input);
    piece(Kind::Mark, found(mark)?)
}

fn parameter(input: &str) -> Option<(Kind, &str)> {
    let found = |parsed: Parsed<'_>| parsed.ok().map(|(rest, _)| input.len() - rest.len());
    let piece = |kind, length| Some((kind, input.get(..length)?));
    if let Some(quote @ ('"' | '`')) = input.chars().next() {
        return match found(text(quote, "'\"`?\\abfnrtv", input)) {
            Some(length) => piece(Kind::Text, length),
            None => Some((Kind::BadText, input)),
        };
    }
    if let Some(length) = found(name(input)) {
        return piece(Kind::Name, length);
    }
    piece(
        Kind::Mark,
        found(recognize(one_of("),[]=")).parse_complete(input))?,
    )
}

fn called(input: &str) -> Option<(Kind, &str)> {
    let name: Parsed<'_> = recognize(pair(
        satisfy(|c| c.is_ascii_alphabetic()),
        take_while(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')),
    ))
    .parse_complete(input);
    let (rest, _) = name.ok()?;
    Some((Kind::Name, input.get(..input.len() - rest.len())?))
}

/// The next token of a place from an offset on.
pub fn next(text: &str, at: usize, mode: Mode) -> Token<'_> {
    let rest = text.get(at..).unwrap_or("");
    let input = silence(mode, rest);
    let start = text.len() - input.len();
    let span = |length: usize| Span::new(start, start + length);
    let Some(first) = input.chars().next() else {
        return Token {
            kind: Kind::End,
            text: "",
            span: Span::new(text.trim_end().len(), text.trim_end().len()),
        };
    };
    let before = text.get(..start).unwrap_or("");
    let at_line_start = before.trim_end_matches([' ', '\t']).is_empty()
        || before.trim_end_matches([' ', '\t']).ends_with('\n');
    // `HOLE.* /file` is a selector all the same.
    let is_selector = mode == Mode::Statement && at_line_start && selector(input).is_ok();
    if is_hole(first) && !is_selector {
        return Token {
            kind: Kind::Hole,
            text: "",
            span: span(0),
        };
    }
    let found = match mode {
        Mode::Statement => statement(input, at_line_start),
        Mode::Object => parameter(input),
        Mode::Expression => expression(input),
        Mode::Call => called(input),
    };
    let (kind, text) = found.unwrap_or_else(|| {
        let one = input.get(..first.len_utf8()).unwrap_or("");
        (Kind::Bad, one)
    });
    let length = if kind == Kind::BadText { 1 } else { text.len() };
    let text = match kind {
        Kind::Text => text.get(1..text.len() - 1).unwrap_or(text),
        _ => text,
    };
    Token {
        kind,
        text,
        span: span(length),
    }
}
