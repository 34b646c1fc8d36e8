//! Lowers prism's tree to ours. This folder is the only place that names `ruby_prism`.

mod assign;
mod call;
mod expr;
mod pattern;
mod scope;

use std::sync::Arc;

use ruby_prism as p;

use crate::name::Name;
use crate::ruby::ast::{Expr, ExprKind, Program};
use crate::source::{Source, Span, SyntaxError};

/// Deepest nesting of expressions that is lowered; real files stay far below it.
const MAX_DEPTH: u32 = 2_000;
/// Deepest nesting of brackets and keywords that prism is given, whose own descent uses the stack too.
const MAX_BRACKETS: usize = 1_000;

/// Parses a Ruby file. Errors are in the program; the tree is then partial and must not be run.
#[must_use]
pub fn parse(source: Arc<Source>) -> Program {
    let text = source.text().clone();
    parse_generated(source, &text, &Identity, &[])
}

/// Tells where generated code came from.
pub(crate) trait Spans {
    /// The place in the original text of a range of the parsed one.
    fn original(&self, start: u32, end: u32) -> Span;
}

struct Identity;

impl Spans for Identity {
    fn original(&self, start: u32, end: u32) -> Span {
        Span { start, end }
    }
}

/// Name of the call that stands for the template text of the number given to it.
pub(crate) const ERB_TEXT: &str = "__erb_text__";
/// Names of the calls that stand for `<%= %>` and `<%== %>`.
pub(crate) const ERB_OUTPUT: &str = "__erb_output__";
pub(crate) const ERB_ESCAPED: &str = "__erb_escaped__";

/// Parses code that was made from `source`, whose spans shall refer to `source`.
pub(crate) fn parse_generated(
    source: Arc<Source>,
    code: &str,
    spans: &dyn Spans,
    texts: &[Arc<str>],
) -> Program {
    let whole = Expr {
        span: Span::default(),
        kind: ExprKind::Missing,
    };
    if let Some(at) = too_deep(code) {
        let span = spans.original(at, at + 1);
        let error = SyntaxError::new("nested too deeply", span);
        return Program {
            source,
            body: whole,
            locals: Box::new([]),
            errors: vec![error],
        };
    }
    let result = p::parse(code.as_bytes());
    let mut errors: Vec<SyntaxError> = result
        .errors()
        .map(|e| {
            let at = e.location();
            let span = spans.original(at.start(), at.end());
            SyntaxError::new(String::from_utf8_lossy(e.message()).into_owned(), span)
        })
        .collect();
    let mut lower = Lower {
        source: source.clone(),
        spans,
        texts,
        scopes: Vec::new(),
        depth: 0,
        too_deep: None,
    };
    let root = result.node();
    let (body, locals) = match root.as_program_node() {
        Some(program) => {
            lower.scopes.push(scope::Scope::closed(&program.locals()));
            let body = lower.statements(&program.statements());
            let locals = lower
                .scopes
                .pop()
                .map(scope::Scope::names)
                .unwrap_or_default();
            (body, locals)
        }
        None => (whole, Box::default()),
    };
    if let Some(span) = lower.too_deep {
        errors.push(SyntaxError::new("nested too deeply", span));
    }
    Program {
        source,
        body,
        locals,
        errors,
    }
}

/// Where brackets nest deeper than any honest file's; prism's own descent could end the stack there.
fn too_deep(code: &str) -> Option<u32> {
    let mut depth = 0usize;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_BRACKETS {
            return u32::try_from(at).ok();
        }
    }
    None
}

struct Lower<'a> {
    source: Arc<Source>,
    spans: &'a dyn Spans,
    texts: &'a [Arc<str>],
    scopes: Vec<scope::Scope>,
    depth: u32,
    too_deep: Option<Span>,
}

impl Lower<'_> {
    fn span(&self, at: &p::Location<'_>) -> Span {
        self.spans.original(at.start(), at.end())
    }

    fn expr_at(&self, at: &p::Location<'_>, kind: ExprKind) -> Expr {
        Expr {
            span: self.span(at),
            kind,
        }
    }

    /// The text of a literal: `Str`, or `Bytes` where it is not UTF-8.
    fn string_kind(bytes: &[u8]) -> ExprKind {
        match std::str::from_utf8(bytes) {
            Ok(text) => ExprKind::Str(text.into()),
            Err(_) => ExprKind::Bytes(bytes.into()),
        }
    }
}

fn name(id: &p::ConstantId<'_>) -> Name {
    Name::new(&String::from_utf8_lossy(id.as_slice()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
