//! nginx's tokens: words with quotes and escapes, `;`, `{` and `}`.
//!
//! A `#` starts a comment only where a word could start; a quote opens only there too. Inside a word `${` does not
//! open a block. Source: what `nginx -t` accepts, and nginx's own description of its configuration syntax.

use std::borrow::Cow;

use nom::bytes::complete::{take_till, take_while1};
use nom::{IResult, Parser};

use super::syntax::Word;
use crate::source::{Span, SyntaxError};

#[derive(Debug)]
pub enum Token<'s> {
    Word(Word<'s>),
    Semicolon(Span),
    Open(Span),
    Close(Span),
}

pub struct Tokens<'s> {
    text: &'s str,
    at: usize,
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn blank(input: &str) -> IResult<&str, &str> {
    take_while1(is_space).parse_complete(input)
}

fn comment(input: &str) -> IResult<&str, &str> {
    take_till(|c| c == '\n').parse_complete(input)
}

/// Characters that need no thought inside a bare word.
fn is_plain(c: char) -> bool {
    !is_space(c) && !matches!(c, ';' | '{' | '\\' | '$')
}

impl<'s> Tokens<'s> {
    pub fn new(text: &'s str) -> Self {
        Self { text, at: 0 }
    }

    pub fn offset(&self) -> usize {
        self.at
    }

    /// True where a line ends between two offsets.
    pub fn has_line_end(&self, from: u32, to: u32) -> bool {
        self.text
            .get(from as usize..to as usize)
            .is_some_and(|t| t.contains('\n'))
    }

    fn rest(&self) -> &'s str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let after = match rest.chars().next() {
                Some('#') => comment(rest).map_or("", |(after, _)| after),
                Some(c) if is_space(c) => blank(rest).map_or("", |(after, _)| after),
                _ => return,
            };
            self.at = self.text.len() - after.len();
        }
    }

    /// The next token; `None` at the end.
    pub fn next(&mut self) -> Option<Result<Token<'s>, SyntaxError>> {
        self.skip_blank();
        let start = self.at;
        let first = self.rest().chars().next()?;
        let one = Span::new(start, start + 1);
        let token = match first {
            ';' => Token::Semicolon(one),
            '{' => Token::Open(one),
            '}' => Token::Close(one),
            '"' | '\'' => return Some(self.quoted(first)),
            _ => return Some(Ok(Token::Word(self.bare()))),
        };
        self.at += 1;
        Some(Ok(token))
    }

    fn quoted(&mut self, quote: char) -> Result<Token<'s>, SyntaxError> {
        let start = self.at;
        let mut escaped = false;
        let mut has_escape = false;
        let inside = self.rest().get(1..).unwrap_or("");
        for (i, c) in inside.char_indices() {
            if escaped {
                escaped = false;
            } else if c == '\\' {
                escaped = true;
                has_escape = true;
            } else if c == quote {
                let raw = inside.get(..i).unwrap_or("");
                self.at = start + 1 + i + 1;
                let text = if has_escape {
                    unescape(raw)
                } else {
                    Cow::Borrowed(raw)
                };
                let span = Span::new(start, self.at);
                // After a closing quote nginx needs a space, `;`, `{` or `)`.
                return match self.rest().chars().next() {
                    None | Some(';' | '{' | ')') => Ok(Token::Word(Word {
                        text,
                        quoted: true,
                        span,
                    })),
                    Some(c) if is_space(c) => Ok(Token::Word(Word {
                        text,
                        quoted: true,
                        span,
                    })),
                    Some(c) => Err(SyntaxError::new(
                        format!("unexpected \"{c}\" right after a quoted word"),
                        Span::new(self.at, self.at + c.len_utf8()),
                    )),
                };
            }
        }
        self.at = self.text.len();
        Err(SyntaxError::new(
            format!("unexpected end of file: this {quote} is never closed"),
            Span::new(start, start + 1),
        ))
    }

    fn bare(&mut self) -> Word<'s> {
        let start = self.at;
        let mut chars = self.rest().char_indices().peekable();
        let mut end = self.rest().len();
        let mut has_escape = false;
        while let Some((i, c)) = chars.next() {
            if is_plain(c) {
                continue;
            }
            match c {
                '\\' => {
                    has_escape = true;
                    chars.next();
                }
                '$' => {
                    chars.next_if(|(_, c)| *c == '{');
                }
                _ => {
                    end = i;
                    break;
                }
            }
        }
        let raw = self.rest().get(..end).unwrap_or("");
        self.at = start + end;
        Word {
            text: if has_escape {
                unescape(raw)
            } else {
                Cow::Borrowed(raw)
            },
            quoted: false,
            span: Span::new(start, self.at),
        }
    }

    /// Skips code in braces after its `{`: Lua with its strings and comments. False where it never closes.
    pub fn skip_code(&mut self) -> bool {
        let mut depth = 1u32;
        let mut chars = self.rest().char_indices().peekable();
        while let Some((i, c)) = chars.next() {
            match c {
                '{' => depth += 1,
                '}' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += i + 1;
                        return true;
                    }
                }
                '"' | '\'' => {
                    let mut escaped = false;
                    for (_, s) in chars.by_ref() {
                        if escaped {
                            escaped = false;
                        } else if s == '\\' {
                            escaped = true;
                        } else if s == c || s == '\n' {
                            break;
                        }
                    }
                }
                '-' if chars.next_if(|(_, c)| *c == '-').is_some() => {
                    for (_, s) in chars.by_ref() {
                        if s == '\n' {
                            break;
                        }
                    }
                }
                _ => {}
            }
        }
        self.at = self.text.len();
        false
    }
}

/// nginx drops the backslash before quotes and itself, makes `\t \r \n`, and keeps any other.
fn unescape(raw: &str) -> Cow<'static, str> {
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some(q @ ('"' | '\'' | '\\')) => out.push(q),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('n') => out.push('\n'),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    Cow::Owned(out)
}
