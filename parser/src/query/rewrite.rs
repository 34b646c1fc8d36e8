//! What the server sends to its search engine, and where in the query each part of it came from.
//!
//! `F:V` becomes `content:F__=__V`, textually: a group after a field keeps its parentheses, so `F:(a b)` becomes
//! `content:F__=__(a b)`, where Lucene sees a term that ends at the parenthesis, and a group of bare words.

use super::tree::{Expr, ExprKind, Item, Range, Sequence, Word};
use crate::source::Span;

/// The rewritten query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rewritten {
    pub text: String,
    marks: Vec<Mark>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    /// Offset in the rewritten text.
    start: usize,
    origin: Span,
    verbatim: bool,
}

impl Rewritten {
    pub fn new(sequence: &Sequence, source: &str) -> Self {
        let mut out = Self::default();
        out.sequence(sequence, source);
        out
    }

    /// The part of the query that a part of the rewritten text came from.
    pub fn origin(&self, start: usize, end: usize) -> Span {
        let first = self
            .marks
            .partition_point(|mark| mark.start <= start)
            .saturating_sub(1);
        let mut span: Option<Span> = None;
        for (index, mark) in self.marks.iter().enumerate().skip(first) {
            if mark.start >= end && span.is_some() {
                break;
            }
            let next = self
                .marks
                .get(index + 1)
                .map_or(self.text.len(), |m| m.start);
            let part = if mark.verbatim {
                let base = mark.origin.start as usize;
                Span::new(
                    base + start.clamp(mark.start, next) - mark.start,
                    base + end.clamp(mark.start, next) - mark.start,
                )
            } else {
                mark.origin
            };
            span = Some(span.map_or(part, |s| s.to(part)));
        }
        span.unwrap_or_default()
    }

    fn copy(&mut self, source: &str, span: Span) {
        self.marks.push(Mark {
            start: self.text.len(),
            origin: span,
            verbatim: true,
        });
        let text = source.get(span.start as usize..span.end as usize);
        self.text.push_str(text.unwrap_or_default());
    }

    fn write(&mut self, text: &str, origin: Span) {
        self.marks.push(Mark {
            start: self.text.len(),
            origin,
            verbatim: false,
        });
        self.text.push_str(text);
    }

    fn sequence(&mut self, sequence: &Sequence, source: &str) {
        for item in &sequence.items {
            match item {
                Item::Space(span) => self.copy(source, *span),
                Item::Operator(operator, span) => {
                    self.write(&format!(" {} ", operator.as_str()), *span);
                }
                Item::Expr(expr) => self.expr(expr, source),
            }
        }
    }

    fn expr(&mut self, expr: &Expr, source: &str) {
        let start = expr.span.start as usize;
        match &expr.kind {
            ExprKind::Unary(mark, operand) => {
                self.copy(source, Span::new(start, start + mark.len()));
                self.expr(operand, source);
            }
            ExprKind::Group(inner) => {
                let end = expr.span.end as usize;
                self.copy(source, Span::new(start, start + 1));
                self.sequence(inner, source);
                self.copy(source, Span::new(end.saturating_sub(1), end));
            }
            ExprKind::Field(name, value) => {
                self.field(name, source);
                self.expr(value, source);
            }
            ExprKind::Phrase(name, phrase) => {
                self.write("content:\"", name.span);
                self.copy(source, name.span);
                self.write("__=__", name.span);
                let inside = Span {
                    start: phrase.span.start + 1,
                    end: phrase.span.end,
                };
                self.copy(source, inside);
            }
            ExprKind::Range(name, range) => self.range(expr.span, name, range, source),
            ExprKind::Everything
            | ExprKind::Word(_)
            | ExprKind::Fuzzy(..)
            | ExprKind::Boost(..) => self.copy(source, expr.span),
        }
    }

    fn field(&mut self, name: &Word, source: &str) {
        self.write("content:", name.span);
        self.copy(source, name.span);
        self.write("__=__", name.span);
    }

    /// Without a limit below, a range begins at the attribute's empty value; without one above, it ends at U+FFF0.
    fn range(&mut self, span: Span, name: &Word, range: &Range, source: &str) {
        let (lower, upper) = (range.lower.as_str(), range.upper.as_str());
        if (lower, upper) == ("*", "*") {
            self.field(name, source);
            self.write("*", range.span);
            return;
        }
        let (open, close) = if range.inclusive {
            ("[", "]")
        } else {
            ("{", "}")
        };
        let lower = if lower == "*" { "" } else { lower };
        let upper = if upper == "*" { "\\ufff0" } else { upper };
        let name = &name.text;
        self.write(
            &format!("content:{open}{name}__=__{lower} TO {name}__=__{upper}{close}"),
            span,
        );
    }
}
