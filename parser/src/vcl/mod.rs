//! Varnish's VCL: text → backends, directors and statements, and what the compiler would refuse.
//!
//! Built-in and modules' functions, variables and types are not looked up: which there are hangs on version and
//! modules. Source: Varnish's reference manual of VCL and of `vmod_directors`.

mod check;
mod token;

pub use check::problems;
pub use token::{Kind, Token};

use crate::assembly::Include;
use crate::source::{Source, Span, SyntaxError};

/// Blocks nested deeper than this are left unread.
const MAX_DEPTH: usize = 64;

/// Words up to a `;` or a block.
#[derive(Clone, Debug)]
pub struct Statement<'s> {
    pub tokens: Vec<Token<'s>>,
    pub span: Span,
    /// `None` where a `;` ends it.
    pub block: Option<Vec<Statement<'s>>>,
}

impl<'s> Statement<'s> {
    /// The text of token `n` from 0; empty past the end.
    #[must_use]
    pub fn word(&self, n: usize) -> &'s str {
        self.tokens.get(n).map_or("", |t| t.text)
    }

    /// The statements of its block; empty where it has none.
    #[must_use]
    pub fn block(&self) -> &[Statement<'s>] {
        self.block.as_deref().unwrap_or(&[])
    }

    /// In a block of fields as `.host = "x";`: the value of one.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Token<'s>> {
        self.block()
            .iter()
            .find(|s| s.word(0).strip_prefix('.') == Some(name) && s.word(1) == "=")
            .and_then(|s| s.tokens.get(2))
            .copied()
    }
}

/// Parses a file.
#[must_use]
pub fn parse(source: &Source) -> (Vec<Statement<'_>>, Vec<SyntaxError>) {
    let (tokens, mut errors) = token::tokens(source.text());
    let mut open: Vec<(Statement<'_>, Vec<Statement<'_>>)> = Vec::new();
    let mut done = Vec::new();
    let mut pending: Vec<Token<'_>> = Vec::new();
    let mut round = 0usize;
    // Where a hole may hold whole statements, nothing is said about how they end.
    let mut sure = errors.is_empty();
    for token in tokens {
        let lone_hole = pending.is_empty() && token.text.chars().all(crate::hole::is_hole);
        if lone_hole && token.kind == Kind::Word {
            sure = false;
            continue;
        }
        if token.kind == Kind::Code && pending.is_empty() {
            continue;
        }
        match (token.kind, token.text) {
            (Kind::Mark, "(") => round += 1,
            (Kind::Mark, ")") => round = round.saturating_sub(1),
            _ => {}
        }
        if token.is(";") {
            round = 0;
            done.push(statement(std::mem::take(&mut pending), token.span));
        } else if token.is("{") {
            if round > 0 && sure {
                errors.push(SyntaxError::new("Expected ')' got '{'", token.span));
            }
            round = 0;
            let head = statement(std::mem::take(&mut pending), token.span);
            if open.len() < MAX_DEPTH {
                open.push((head, std::mem::take(&mut done)));
            }
        } else if token.is("}") {
            if !pending.is_empty() {
                let last = pending.last().map_or("", |t| t.text);
                let whole = std::mem::take(&mut pending);
                if sure
                    && !whole.iter().any(|t| crate::hole::has_hole(t.text))
                    && ends_in_semicolon(&open)
                {
                    errors.push(
                        SyntaxError::new("Expected ';' got '}'", token.span)
                            .with_help(format!("is a `;` missing after `{last}`?")),
                    );
                }
                done.push(statement(whole, token.span));
            }
            match open.pop() {
                Some((mut head, outer)) => {
                    head.span = head.span.to(token.span);
                    head.block = Some(std::mem::replace(&mut done, outer));
                    done.push(head);
                }
                None if sure => errors.push(SyntaxError::new("Unexpected '}'", token.span)),
                None => {}
            }
        } else {
            pending.push(token);
        }
    }
    if sure && errors.is_empty() {
        let end = source.text().len();
        if let Some((head, _)) = open.last() {
            let message = format!(
                "Unbalanced '{{': the block of `{}` is never closed",
                head.word(0)
            );
            errors.push(SyntaxError::new(message, head.span));
        } else if let Some(last) = pending.last() {
            errors.push(
                SyntaxError::new("Expected ';' got the end of input", Span::new(end, end))
                    .with_help(format!("is a `;` missing after `{}`?", last.text)),
            );
        }
    }
    while let Some((mut head, outer)) = open.pop() {
        head.block = Some(std::mem::replace(&mut done, outer));
        done.push(head);
    }
    (done, errors)
}

/// The `include` statements of a file, in its order; none where the file does not parse.
#[must_use]
pub fn includes(source: &Source) -> Vec<Include> {
    let (statements, errors) = parse(source);
    let wanted =
        |s: &&Statement<'_>| s.word(0) == "include" && s.tokens.len() == 2 && errors.is_empty();
    statements
        .iter()
        .filter(wanted)
        .map(|s| Include {
            span: s.span,
            pattern: s.word(1).to_owned(),
        })
        .collect()
}

/// False inside blocks whose entries may end otherwise: Varnish 3 writes `{ .backend = a; }` entries.
fn ends_in_semicolon(open: &[(Statement<'_>, Vec<Statement<'_>>)]) -> bool {
    open.last().is_some()
}

fn statement<'s>(tokens: Vec<Token<'s>>, end: Span) -> Statement<'s> {
    let span = tokens.first().map_or(end, |t| t.span).to(end);
    Statement {
        tokens,
        span,
        block: None,
    }
}
