//! The words of one line, with HAProxy's quoting and escapes.
//!
//! Outside quotes, white space ends a word, `#` starts a comment (also inside a word) and a backslash escapes.
//! In double quotes a backslash escapes and `$NAME` or `${NAME}` stands for an environment variable; in single
//! quotes nothing is special. Source: HAProxy's configuration manual, 2.2 "Quoting and escaping".

use std::borrow::Cow;

use nom::bytes::complete::{take_while, take_while1};
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::delimited;
use nom::{IResult, Parser};

use super::syntax::Word;
use crate::source::{Span, SyntaxError};

/// A line with more words than this is refused (`MAX_LINE_ARGS`).
pub const MAX_WORDS: usize = 64;

/// What an environment variable stands for: a hole, since the daemon's environment is unknown.
const VARIABLE: char = '\u{10FFFD}';

/// Splits a line into words. `offset` is where the line starts in its source.
pub fn words(line: &str, offset: usize) -> Result<Vec<Word<'_>>, SyntaxError> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches(is_space);
        if rest.is_empty() || rest.starts_with('#') {
            return Ok(words);
        }
        let at = line.len() - rest.len();
        if words.len() >= MAX_WORDS {
            let span = Span::new(offset + at, offset + line.len());
            return Err(SyntaxError::new(
                format!("too many words: HAProxy reads at most {MAX_WORDS} on a line"),
                span,
            ));
        }
        let (text, quoted, after) = word(rest, offset + at)?;
        words.push(Word {
            text,
            quoted,
            span: Span::new(offset + at, offset + line.len() - after.len()),
        });
        rest = after;
    }
}

/// HAProxy's white space is C's `isspace`.
pub fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\x0b' | '\x0c')
}

fn is_plain(c: char) -> bool {
    !is_space(c) && !matches!(c, '#' | '"' | '\'' | '\\')
}

fn plain(input: &str) -> IResult<&str, &str> {
    take_while1(is_plain).parse_complete(input)
}

/// One word at the start of `rest`: its text, whether quotes took part, and what follows.
fn word(rest: &str, offset: usize) -> Result<(Cow<'_, str>, bool, &str), SyntaxError> {
    if let Ok((after, text)) = plain(rest)
        && (after.is_empty() || after.starts_with(|c| is_space(c) || c == '#'))
    {
        return Ok((Cow::Borrowed(text), false, after));
    }
    let mut out = String::new();
    let (mut at, mut in_double, mut quoted, mut opened) = (rest, false, false, 0);
    while let Some(c) = at.chars().next() {
        let here = offset + rest.len() - at.len();
        match c {
            '"' => {
                (in_double, quoted, opened) = (!in_double, true, here);
                at = tail(at, 1);
            }
            '\\' => {
                let (text, used) = escape(at, in_double, here)?;
                out.push_str(&text);
                at = tail(at, used);
            }
            '\'' if !in_double => {
                quoted = true;
                let Ok((after, text)) = single_quoted(at) else {
                    return Err(unmatched("single", here));
                };
                out.push_str(text);
                at = after;
            }
            '$' if in_double => {
                at = variable(at, here)?;
                out.push(VARIABLE);
            }
            c if !in_double && (is_space(c) || c == '#') => break,
            c => {
                out.push(c);
                at = tail(at, c.len_utf8());
            }
        }
    }
    if in_double {
        return Err(unmatched("double", opened));
    }
    Ok((Cow::Owned(out), quoted, at))
}

fn unmatched(which: &str, at: usize) -> SyntaxError {
    SyntaxError::new(format!("unmatched {which} quote"), Span::new(at, at + 1))
        .with_help("close the quote on the same line, or escape it with a backslash")
}

fn tail(s: &str, n: usize) -> &str {
    s.get(n..).unwrap_or("")
}

fn single_quoted(input: &str) -> IResult<&str, &str> {
    delimited(char('\''), take_while(|c| c != '\''), char('\'')).parse_complete(input)
}

/// The text of an escape and the bytes it takes; an unknown escape keeps its backslash.
fn escape(at: &str, in_double: bool, offset: usize) -> Result<(String, usize), SyntaxError> {
    let text = match at.chars().nth(1) {
        Some(c @ (' ' | '\\' | '#' | '"' | '\'')) => c,
        Some('$') if in_double => '$',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('x') => {
            let value = at.get(2..4).and_then(|h| u8::from_str_radix(h, 16).ok());
            return match value {
                Some(byte) => Ok((char::from(byte).to_string(), 4)),
                None => Err(SyntaxError::new(
                    "truncated or invalid hexadecimal sequence after '\\x'",
                    Span::new(offset, offset + 2),
                )),
            };
        }
        _ => return Ok(("\\".to_owned(), 1)),
    };
    Ok((text.to_string(), 2))
}

fn name(input: &str) -> IResult<&str, &str> {
    take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_').parse_complete(input)
}

/// Skips `$NAME`, `${NAME}`, `${NAME-default}` and `${NAME[*]}`.
fn variable(at: &str, offset: usize) -> Result<&str, SyntaxError> {
    let (after, brace) = opt(char::<&str, nom::error::Error<&str>>('{'))
        .parse_complete(tail(at, 1))
        .unwrap_or((at, None));
    let Ok((after, found)) = name(after) else {
        return Err(SyntaxError::new(
            "forbidden first char in environment variable name",
            Span::new(offset, offset + 1),
        )
        .with_help("write \\$ for a dollar sign inside double quotes"));
    };
    if found.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(SyntaxError::new(
            "forbidden first char in environment variable name",
            Span::new(offset, offset + 1),
        ));
    }
    if brace.is_none() {
        return Ok(after);
    }
    match after.find('}') {
        Some(end) => Ok(tail(after, end + 1)),
        None => Err(SyntaxError::new(
            "unmatched brace in an environment variable name",
            Span::new(offset, offset + 2),
        )),
    }
}
