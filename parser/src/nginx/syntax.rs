//! The tree of an nginx config: directives, some with a block.

use std::borrow::Cow;

use crate::hole::has_hole;
use crate::source::Span;

/// A whole file.
#[derive(Clone, Debug, Default)]
pub struct Config<'s> {
    pub directives: Vec<Directive<'s>>,
}

/// `name argument …;` or `name argument … { … }`.
#[derive(Clone, Debug)]
pub struct Directive<'s> {
    pub name: Word<'s>,
    pub arguments: Vec<Word<'s>>,
    pub body: Body<'s>,
    /// From the name to the `;`, `{` or the closing `}`.
    pub span: Span,
    /// The `;` or `{` that ends the words: nginx speaks of the line it stands on.
    pub end: Span,
}

#[derive(Clone, Debug)]
pub enum Body<'s> {
    /// `;`
    None,
    Block(Vec<Directive<'s>>),
    /// Lua or Perl code in braces, not read any further.
    Code,
}

/// One word after quotes and escapes are taken away.
#[derive(Clone, Debug)]
pub struct Word<'s> {
    pub text: Cow<'s, str>,
    pub quoted: bool,
    pub span: Span,
}

impl Word<'_> {
    /// True where part of the word is unknown.
    #[must_use]
    pub fn has_hole(&self) -> bool {
        has_hole(&self.text)
    }
}

impl<'s> Directive<'s> {
    /// The text of argument `n`, counted from 0; empty past the end.
    #[must_use]
    pub fn arg(&self, n: usize) -> &str {
        self.arguments.get(n).map_or("", |w| &w.text)
    }

    /// The directives of its block; empty where it has none.
    #[must_use]
    pub fn block(&self) -> &[Directive<'s>] {
        match &self.body {
            Body::Block(directives) => directives,
            _ => &[],
        }
    }

    #[must_use]
    pub fn has_block(&self) -> bool {
        !matches!(self.body, Body::None)
    }

    #[must_use]
    pub fn has_hole(&self) -> bool {
        self.name.has_hole() || self.arguments.iter().any(Word::has_hole)
    }
}
