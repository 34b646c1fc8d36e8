//! What formats of one statement a line share: logical lines, and words with quotes.

use std::borrow::Cow;

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_while1};
use nom::combinator::{opt, recognize};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use crate::hole::is_hole;
use crate::source::Span;

/// One statement's line, with the lines that continue it.
#[derive(Clone, Debug)]
pub struct Line<'s> {
    /// Without its end; continued lines stand behind one another, each backslash and line end as one space.
    pub text: Cow<'s, str>,
    /// From its first character to its last.
    pub span: Span,
    /// Where the text starts, before its indentation.
    pub start: usize,
}

/// What ends or continues a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continue {
    Never,
    /// A backslash before the line's end.
    Backslash,
    /// A backslash, but not in a line that is a comment.
    BackslashOutsideComments,
}

impl Line<'_> {
    /// True where nothing is said: blank, or a comment that starts with one of these.
    #[must_use]
    pub fn is_silent(&self, comments: &[char]) -> bool {
        self.text.trim_start().is_empty() || self.text.trim_start().starts_with(comments)
    }

    /// True where unknown text could hold whole lines.
    #[must_use]
    pub fn starts_with_hole(&self) -> bool {
        self.text.trim_start().starts_with(is_hole)
    }

    /// The span of a piece of a line that nothing continues; of the whole line otherwise.
    #[must_use]
    pub fn span_of(&self, piece: &str) -> Span {
        let (whole, part) = (self.text.as_ptr() as usize, piece.as_ptr() as usize);
        match (&self.text, part.checked_sub(whole)) {
            (Cow::Borrowed(text), Some(at)) if at + piece.len() <= text.len() => {
                Span::new(self.start + at, self.start + at + piece.len())
            }
            _ => self.span,
        }
    }
}

/// The logical lines of a text, silent ones too.
pub fn lines(text: &str, how: Continue) -> impl Iterator<Item = Line<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        let mut parts: Vec<&str> = Vec::new();
        loop {
            let rest = text.get(at..).unwrap_or("");
            if rest.is_empty() {
                break;
            }
            let end = rest.find('\n').map_or(rest.len(), |i| i + 1);
            at += end;
            let line = rest.get(..end).unwrap_or("").trim_end_matches(['\n', '\r']);
            let comment = parts.is_empty() && line.trim_start().starts_with('#');
            let joins = match how {
                Continue::Never => false,
                Continue::Backslash => true,
                Continue::BackslashOutsideComments => !comment,
            };
            match line.strip_suffix('\\') {
                Some(before) if joins => parts.push(before),
                _ => {
                    parts.push(line);
                    break;
                }
            }
        }
        let first = parts.first()?;
        let text: Cow<'_, str> = match parts.as_slice() {
            [only] => Cow::Borrowed(*only),
            parts => Cow::Owned(parts.join(" ")),
        };
        let indent = first.len() - first.trim_start().len();
        let end = if parts.len() == 1 {
            start + first.trim_end().len()
        } else {
            at
        };
        Some(Line {
            span: Span::new(start + indent, end.max(start + indent)),
            start,
            text,
        })
    })
}

/// A word of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'l> {
    /// Without the quotes around it; escapes as written.
    pub text: &'l str,
    /// With the quotes around it.
    pub raw: &'l str,
    pub quoted: bool,
}

fn space(input: &str) -> IResult<&str, &str> {
    take_while1(|c: char| c.is_ascii_whitespace()).parse_complete(input)
}

fn inside<'a>(
    quote: &'static str,
    stop: &'static str,
) -> impl Fn(&'a str) -> IResult<&'a str, &'a str> {
    move |input| {
        let escape = recognize((tag("\\"), opt(nom::character::complete::anychar)));
        recognize(many0_count(alt((is_not(stop), escape))))
            .parse_complete(input)
            .and_then(|(rest, text)| Ok((tag(quote).parse_complete(rest)?.0, text)))
    }
}

fn quoted(input: &str) -> IResult<&str, &str> {
    alt((
        preceded(tag("\""), inside("\"", "\"\\")),
        preceded(tag("'"), inside("'", "'\\")),
    ))
    .parse_complete(input)
}

fn bare(input: &str) -> IResult<&str, &str> {
    take_while1(|c: char| !c.is_ascii_whitespace()).parse_complete(input)
}

/// The words of a line, separated by space; a word may stand in single or double quotes. `Err` holds the text from a
/// quote that nothing closes.
///
/// # Errors
/// A quote without its end.
pub fn words(line: &str) -> Result<Vec<Word<'_>>, &str> {
    let mut out = Vec::new();
    let mut rest = line;
    loop {
        rest = delimited(opt(space), tag(""), tag(""))
            .parse_complete(rest)
            .map_or(rest, |(rest, _): (&str, &str)| rest);
        if rest.is_empty() {
            return Ok(out);
        }
        if rest.starts_with(['"', '\'']) {
            let (after, text) = quoted(rest).map_err(|_| rest)?;
            let raw = rest.get(..rest.len() - after.len()).unwrap_or(rest);
            out.push(Word {
                text,
                raw,
                quoted: true,
            });
            rest = after;
        } else if let Ok((after, text)) = bare(rest) {
            out.push(Word {
                text,
                raw: text,
                quoted: false,
            });
            rest = after;
        } else {
            return Ok(out);
        }
    }
}

/// The problems of a text for tests, each as `line: kind class message`.
#[cfg(test)]
pub(crate) fn report(
    problems: fn(&crate::source::Source) -> Vec<crate::problem::Problem>,
    text: &str,
) -> String {
    let source = crate::source::Source::new("a", text);
    problems(&source)
        .iter()
        .map(|p| {
            let line = source.line(p.span.start);
            format!("{line}: {:?} {} {}\n", p.kind, p.class.as_str(), p.message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backslash_continues_a_line_and_spans_point_into_the_text() {
        let text = "a b\\\n  c\n# x\\\n  last";
        let found: Vec<(String, &str)> = lines(text, Continue::BackslashOutsideComments)
            .map(|l| {
                let span = l.span.start as usize..l.span.end as usize;
                (l.text.to_string(), &text[span])
            })
            .collect();
        assert_eq!(
            found,
            [
                ("a b   c".to_owned(), "a b\\\n  c\n"),
                ("# x\\".to_owned(), "# x\\"),
                ("  last".to_owned(), "last")
            ]
        );
        let line = lines("key  value", Continue::Never).next().unwrap();
        let words = words(&line.text).unwrap();
        assert_eq!(line.span_of(words[1].raw), Span::new(5, 10));
    }

    #[test]
    fn quotes_hold_spaces_and_must_close() {
        let texts =
            |l| words(l).map(|w| w.into_iter().map(|w| w.text.to_owned()).collect::<Vec<_>>());
        assert_eq!(
            texts(r#"a "b c" 'd \' e'"#),
            Ok(vec!["a".into(), "b c".into(), r"d \' e".into()])
        );
        assert_eq!(texts("a \"b c"), Err("\"b c"));
    }
}
