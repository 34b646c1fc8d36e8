//! The entries of a zone file: a line each, or several lines in parentheses. Source: RFC 1035, section 5.1.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while1};
use nom::character::complete::{anychar, none_of, one_of};
use nom::combinator::{opt, recognize};
use nom::multi::{many0_count, many1_count};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use crate::problem::{Class, Problem};
use crate::source::{Source, Span};

/// A word of an entry.
#[derive(Clone, Copy, Debug)]
pub struct Word<'s> {
    /// Without the quotes around it; escapes as written.
    pub text: &'s str,
    pub span: Span,
    pub quoted: bool,
}

/// An owner, or the space that stands for the one before; then what is said of it.
#[derive(Debug, Default)]
pub struct Entry<'s> {
    pub words: Vec<Word<'s>>,
    /// True where the line starts with space.
    pub indented: bool,
}

type Parsed<'s> = IResult<&'s str, &'s str>;

fn silence(input: &str) -> &str {
    let space = take_while1::<_, _, nom::error::Error<&str>>(|c| matches!(c, ' ' | '\t' | '\r'));
    let comment = recognize((tag(";"), take_till(|c| c == '\n')));
    let skipped = many0_count(alt((space, comment))).parse_complete(input);
    skipped.map_or(input, |(rest, _)| rest)
}

fn escape(input: &str) -> Parsed<'_> {
    recognize((tag("\\"), opt(anychar))).parse_complete(input)
}

fn quoted(input: &str) -> Parsed<'_> {
    let inside = recognize(many0_count(alt((recognize(none_of("\"\\\n")), escape))));
    delimited(tag("\""), inside, tag("\"")).parse_complete(input)
}

fn bare(input: &str) -> Parsed<'_> {
    let plain = recognize(none_of(" \t\r\n;()\"\\"));
    recognize(many1_count(alt((plain, escape)))).parse_complete(input)
}

/// The entries of a text, and the marks that do not balance.
pub fn entries<'s>(source: &'s Source, out: &mut Vec<Problem>) -> Vec<Entry<'s>> {
    let text = source.text();
    let mut entries = Vec::new();
    let mut entry = Entry::default();
    let mut open: Option<Span> = None;
    let mut rest: &str = text;
    let mut at_start = true;
    loop {
        if at_start {
            entry.indented = rest.starts_with([' ', '\t']);
            at_start = false;
        }
        rest = silence(rest);
        let at = text.len() - rest.len();
        let Some(first) = rest.chars().next() else {
            break;
        };
        let span = |after: &str| Span::new(at, text.len() - after.len());
        let mut refuse = |message: &str, span: Span| {
            out.push(Problem::error(Class::Syntax, message, span));
        };
        if let Ok((after, _)) = one_of::<_, _, nom::error::Error<&str>>("\n()")(rest) {
            match first {
                '(' if open.is_some() => {
                    refuse("a parenthesis inside parentheses", span(after));
                    return entries;
                }
                '(' => open = Some(span(after)),
                ')' if open.take().is_none() => {
                    refuse("unbalanced parentheses: nothing is open here", span(after));
                }
                '\n' if open.is_none() => {
                    entries.push(std::mem::take(&mut entry));
                    at_start = true;
                }
                _ => {}
            }
            rest = after;
        } else if let Ok((after, text)) = quoted(rest) {
            entry.words.push(Word {
                text,
                span: span(after),
                quoted: true,
            });
            rest = after;
        } else if let Ok((after, text)) = preceded(opt(tag("\u{feff}")), bare).parse_complete(rest)
        {
            entry.words.push(Word {
                text,
                span: span(after),
                quoted: false,
            });
            rest = after;
        } else {
            refuse("unbalanced quotes", Span::new(at, at + 1));
            // The line cannot be told apart; neither can the rest of its parentheses.
            if open.is_some() {
                return entries;
            }
            entry = Entry::default();
            rest = rest
                .find('\n')
                .and_then(|i| rest.get(i + 1..))
                .unwrap_or("");
            at_start = true;
        }
        if out.len() > super::MAX_PROBLEMS {
            return entries;
        }
    }
    if let Some(open) = open {
        out.push(Problem::error(
            Class::Syntax,
            "unbalanced parentheses: this one is never closed",
            open,
        ));
        return entries;
    }
    entries.push(entry);
    entries
}
