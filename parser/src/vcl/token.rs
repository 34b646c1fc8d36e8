//! VCL's tokens. Source: Varnish's own description of VCL's syntax: comments in `#`, `//` and `/* */`, strings in
//! `"…"` on one line, `{"…"}` and `"""…"""` over several, inline C in `C{ … }C`.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_until, take_while1};
use nom::combinator::recognize;
use nom::sequence::delimited;
use nom::{IResult, Parser};

use crate::source::{Span, SyntaxError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name with its dots and dashes, a number, a time.
    Word,
    /// A string of any form.
    Text,
    /// `{`, `}`, `;`, `(`, `)`, an operator.
    Mark,
    /// Inline C.
    Code,
}

#[derive(Clone, Copy, Debug)]
pub struct Token<'s> {
    pub kind: Kind,
    /// A string without its quotes.
    pub text: &'s str,
    pub span: Span,
}

impl Token<'_> {
    #[must_use]
    pub fn is(&self, mark: &str) -> bool {
        self.kind == Kind::Mark && self.text == mark
    }
}

fn space(input: &str) -> IResult<&str, &str> {
    take_while1(char::is_whitespace).parse_complete(input)
}

fn comment(input: &str) -> IResult<&str, &str> {
    let line = recognize((alt((tag("#"), tag("//"))), take_till(|c| c == '\n')));
    let block = recognize((tag("/*"), take_until("*/"), tag("*/")));
    alt((block, line)).parse_complete(input)
}

fn long_text(input: &str) -> IResult<&str, &str> {
    alt((
        delimited(tag("{\""), take_until("\"}"), tag("\"}")),
        delimited(tag("\"\"\""), take_until("\"\"\""), tag("\"\"\"")),
    ))
    .parse_complete(input)
}

fn text(input: &str) -> IResult<&str, &str> {
    delimited(tag("\""), take_till(|c| c == '"' || c == '\n'), tag("\"")).parse_complete(input)
}

fn code(input: &str) -> IResult<&str, &str> {
    delimited(tag("C{"), take_until("}C"), tag("}C")).parse_complete(input)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':') || crate::hole::is_hole(c)
}

fn word(input: &str) -> IResult<&str, &str> {
    take_while1(is_word).parse_complete(input)
}

fn mark(input: &str) -> IResult<&str, &str> {
    let two = [
        "==", "!=", "!~", "<=", ">=", "&&", "||", "+=", "-=", "*=", "/=", "++", "--",
    ];
    for m in two {
        if let Some(rest) = input.strip_prefix(m) {
            return Ok((rest, m));
        }
    }
    recognize(nom::character::complete::anychar).parse_complete(input)
}

/// All tokens of a text, comments left out, and what opens and never closes.
pub fn tokens(source: &str) -> (Vec<Token<'_>>, Vec<SyntaxError>) {
    let mut out = Vec::new();
    let mut rest = source;
    let mut errors = Vec::new();
    while !rest.is_empty() {
        let at = source.len() - rest.len();
        if let Ok((after, _)) = alt((space, comment)).parse_complete(rest) {
            rest = after;
            continue;
        }
        let unclosed = if rest.starts_with("/*") {
            Some("/* … */ comment")
        } else if rest.starts_with("{\"") && long_text(rest).is_err() {
            Some("{\" … \"} string")
        } else if rest.starts_with("C{") && code(rest).is_err() {
            Some("C{ … }C block")
        } else {
            None
        };
        if let Some(what) = unclosed {
            let message = format!("Unterminated {what}");
            errors.push(SyntaxError::new(message, Span::new(at, at + 2)));
            break;
        }
        let found = long_text(rest)
            .or_else(|_| text(rest))
            .map(|found| (Kind::Text, found))
            .or_else(|_| code(rest).map(|found| (Kind::Code, found)))
            .or_else(|_| word(rest).map(|found| (Kind::Word, found)))
            .or_else(|_| mark(rest).map(|found| (Kind::Mark, found)));
        let Ok((kind, (after, text))) = found else {
            break;
        };
        let span = Span::new(at, source.len() - after.len());
        if kind == Kind::Mark && text == "\"" {
            errors.push(SyntaxError::new("Unterminated string at end of line", span));
            // The rest of the line would only be read wrongly.
            rest = after.split_once('\n').map_or("", |(_, next)| next);
            continue;
        }
        out.push(Token { kind, text, span });
        rest = after;
    }
    (out, errors)
}
