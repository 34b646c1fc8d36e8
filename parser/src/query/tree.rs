//! What was written: the tree of the server's own grammar.

use std::fmt;

use crate::source::Span;

/// A run of expressions, as the top of a query and each group hold one. The grammar has no precedence: what stands
/// between two operators is only a neighbour of both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    pub items: Vec<Item>,
}

/// One part of a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Space(Span),
    /// With the white space around it, which the server does not pass on.
    Operator(Operator, Span),
    Expr(Expr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    And,
    Or,
    /// `&&`
    AndSign,
    /// `||`
    OrSign,
}

impl Operator {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::And => "AND",
            Self::Or => "OR",
            Self::AndSign => "&&",
            Self::OrSign => "||",
        }
    }

    #[must_use]
    pub fn is_and(self) -> bool {
        matches!(self, Self::And | Self::AndSign)
    }
}

/// One operand with what stands before and after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

/// A word or a quoted text, escapes as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// With the quotes where it is quoted.
    pub text: String,
    pub quoted: bool,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// `*:*` where the grammar takes it for "everything".
    Everything,
    /// The mark as written, with its white space: `NOT `, `!`, `! `, `+` or `-`.
    Unary(String, Box<Expr>),
    Group(Sequence),
    Field(Word, Box<Expr>),
    /// `F:"a b"`
    Phrase(Word, Word),
    Range(Word, Range),
    Word(Word),
    /// `word~N`: the number as written, or empty.
    Fuzzy(Word, String),
    /// `word^N`
    Boost(Word, String),
}

/// `[A TO B]` or `{A TO B}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    pub inclusive: bool,
    /// `*` alone has no limit.
    pub lower: String,
    pub upper: String,
    pub span: Span,
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.items.iter().try_for_each(|item| match item {
            Item::Space(_) => f.write_str(" "),
            Item::Operator(operator, _) => write!(f, " {} ", operator.as_str()),
            Item::Expr(expr) => expr.fmt(f),
        })
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Everything => f.write_str("*:*"),
            ExprKind::Unary(mark, operand) => write!(f, "{mark}{operand}"),
            ExprKind::Group(inner) => write!(f, "({inner})"),
            ExprKind::Field(name, value) => write!(f, "{}:{value}", name.text),
            ExprKind::Phrase(name, phrase) => write!(f, "{}:{}", name.text, phrase.text),
            ExprKind::Range(name, range) => write!(f, "{}:{range}", name.text),
            ExprKind::Word(word) => f.write_str(&word.text),
            ExprKind::Fuzzy(word, number) => write!(f, "{}~{number}", word.text),
            ExprKind::Boost(word, number) => write!(f, "{}^{number}", word.text),
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = if self.inclusive {
            ('[', ']')
        } else {
            ('{', '}')
        };
        write!(f, "{open}{} TO {}{close}", self.lower, self.upper)
    }
}
