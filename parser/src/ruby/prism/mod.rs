//! Lowers prism's tree to ours. This folder is the only place that names `ruby_prism`.

mod assign;
mod call;
mod expr;
mod literal;
mod pattern;
mod scope;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use ruby_prism as p;

use crate::name::Name;
use crate::ruby::ast::{Expr, ExprKind, Program};
use crate::source::{Source, Span, SyntaxError};

/// Deepest nesting of expressions that is lowered: evaluating and dropping the tree recurse too.
const MAX_DEPTH: u32 = 1_000;

/// Prism's own limit is 10,000 levels of recursion, and the trees that it builds without recursion
/// (`a + a + …`) are walked with it; neither fits the stack of an ordinary thread.
const STACK: usize = 256 << 20;

/// Below this many bytes no text nests deep enough to matter.
const SHALLOW: usize = 512;

/// Parses a Ruby file. Errors are in the program; the tree is then partial and must not be run.
#[must_use]
pub fn parse(source: Arc<Source>) -> Program {
    let code = source.text().clone();
    parse_deep(source, &code, None, &[])
}

/// Parses text that is evaluated where the locals of these scopes are seen, the outermost first. The program's own
/// locals are those that are new in it.
#[must_use]
pub fn parse_within(source: Arc<Source>, around: &[Box<[Name]>]) -> Program {
    let code = source.text().clone();
    parse_deep(source, &code, None, around)
}

/// Tells where generated code came from.
pub(crate) trait Spans: Sync {
    /// The place in the original text of a range of the parsed one.
    fn original(&self, start: u32, end: u32) -> Span;
}

/// What must be known of code that was generated from a template: a `proc { … }`, as Erubis has it.
pub(crate) struct Template<'a> {
    pub spans: &'a dyn Spans,
    /// Where in the code template text is appended to `_buf`, ascending.
    pub texts: &'a [usize],
    /// Lines of the code, as `__LINE__` counts them.
    pub line: &'a (dyn Fn(usize) -> u32 + Sync),
    /// Where the template's code is; around it stands what Erubis adds.
    pub start: usize,
    pub end: usize,
}

/// Parses code that was made from `source`, whose spans shall refer to `source`.
pub(crate) fn parse_generated(source: Arc<Source>, code: &str, template: &Template<'_>) -> Program {
    parse_deep(source, code, Some(template), &[])
}

fn parse_deep(
    source: Arc<Source>,
    code: &str,
    template: Option<&Template<'_>>,
    around: &[Box<[Name]>],
) -> Program {
    if code.len() <= SHALLOW {
        return parse_here(source, code, template, around);
    }
    let parsed = std::thread::scope(|scope| {
        let work = || parse_here(source.clone(), code, template, around);
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread.spawn_scoped(scope, work).ok()?.join().ok()
    });
    parsed.unwrap_or_else(|| Program {
        body: missing(),
        locals: Box::default(),
        errors: vec![SyntaxError::new(
            "this file could not be parsed: no thread for it",
            Span::default(),
        )],
        source,
    })
}

fn parse_here(
    source: Arc<Source>,
    code: &str,
    template: Option<&Template<'_>>,
    around: &[Box<[Name]>],
) -> Program {
    // Chef 18 runs Ruby 3.1 and Chef 19 Ruby 3.4: what either accepts is no syntax error.
    let newer = parse_as(p::Version::CRuby3_4, &source, code, template, around);
    if newer.errors.is_empty() {
        return newer;
    }
    let older = parse_as(p::Version::CRuby3_3, &source, code, template, around);
    if older.errors.is_empty() {
        older
    } else {
        newer
    }
}

fn parse_as(
    version: p::Version,
    source: &Arc<Source>,
    code: &str,
    template: Option<&Template<'_>>,
    around: &[Box<[Name]>],
) -> Program {
    let scopes = around.iter().map(|names| {
        let names = names.iter().map(|n| n.as_str().as_bytes().to_vec());
        p::Scope::default().locals(names.collect())
    });
    // The last scope is that of the text itself.
    let own = (!around.is_empty()).then(p::Scope::default);
    let options = p::Options::default()
        .version(version)
        .scopes(scopes.chain(own).collect())
        .build();
    let result = p::parse_with_options(code.as_bytes(), &options);
    let mut lower = Lower {
        source: source.clone(),
        template,
        scopes: around.iter().map(|n| scope::Scope::around(n)).collect(),
        depth: 0,
        too_deep: None,
    };
    let mut errors = syntax_errors(&result, &lower);
    let (body, locals) = match result.node().as_program_node() {
        Some(program) => lower.program(&program),
        None => (missing(), Box::default()),
    };
    if let Some(span) = lower.too_deep {
        errors.push(SyntaxError::new("nested too deeply", span));
    }
    errors.sort_by_key(|e| e.span);
    errors.dedup();
    Program {
        source: source.clone(),
        body,
        locals,
        errors,
    }
}

/// Prism's errors. Those about what stands around a template say nothing where there are others.
fn syntax_errors(result: &p::ParseResult<'_>, lower: &Lower<'_>) -> Vec<SyntaxError> {
    let own = |e: &p::Diagnostic<'_>| {
        lower.template.is_none_or(|template| {
            let at = e.location().start() as usize;
            (template.start..template.end).contains(&at)
        })
    };
    // A template's code is evaluated within a method: `yield` in it finds no block when it runs, and not before.
    let in_method = lower.template.is_some();
    let errors = || {
        let errors = result.errors();
        errors.filter(|e| !(in_method && e.message() == b"Invalid yield"))
    };
    let all = !errors().any(|e| own(&e));
    let kept = errors().filter(|e| all || own(e));
    // Prism takes `[]a]` for an empty class and more; whether a class is empty is told when it is compiled.
    let kept = kept.filter(|e| !e.message().starts_with(b"empty char-class"));
    let errors = kept.map(|e| {
        let message = String::from_utf8_lossy(e.message()).into_owned();
        SyntaxError::new(message, lower.span(&e.location()))
    });
    errors.collect()
}

fn missing() -> Expr {
    Expr {
        span: Span::default(),
        kind: ExprKind::Missing,
    }
}

struct Lower<'a> {
    source: Arc<Source>,
    template: Option<&'a Template<'a>>,
    scopes: Vec<scope::Scope>,
    depth: u32,
    too_deep: Option<Span>,
}

impl Lower<'_> {
    fn program(&mut self, program: &p::ProgramNode<'_>) -> (Expr, Box<[Name]>) {
        let statements = program.statements();
        let template = self.template.and_then(|template| {
            let call = statements.body().first()?.as_call_node()?;
            Some((template, call.block()?.as_block_node()?))
        });
        let Some((template, block)) = template else {
            let open = !self.scopes.is_empty();
            self.scopes.push(scope::Scope::new(&program.locals(), open));
            let body = self.statements(&statements);
            return (body, self.leave_scope());
        };
        self.scopes.push(scope::Scope::closed(&block.locals()));
        let mut body = Vec::new();
        if let Some(statements) = block.body().and_then(|b| b.as_statements_node()) {
            for node in &statements.body() {
                if (node.location().start() as usize) < template.end {
                    body.push(self.expr(&node));
                }
            }
        }
        let span = self.span(&block.location());
        let kind = ExprKind::Seq(body.into());
        (Expr { span, kind }, self.leave_scope())
    }

    fn span(&self, at: &p::Location<'_>) -> Span {
        match self.template {
            Some(template) => template.spans.original(at.start(), at.end()),
            None => {
                let length = self.source.text().len();
                Span::new(
                    length.min(at.start() as usize),
                    length.min(at.end() as usize),
                )
            }
        }
    }

    /// One level of recursion; `None` past the limit, which is a syntax error.
    fn nested<T>(
        &mut self,
        node: &p::Node<'_>,
        work: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            let span = self.span(&node.location());
            self.too_deep.get_or_insert(span);
            return None;
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }

    fn expr_at(&self, at: &p::Location<'_>, kind: ExprKind) -> Expr {
        Expr {
            span: self.span(at),
            kind,
        }
    }

    /// The text of a literal: `Str`, or `Bytes` where it is not UTF-8.
    fn string_kind(&self, bytes: &[u8], forced_utf8: bool) -> ExprKind {
        if self.template.is_some() && !bytes.is_ascii() && !forced_utf8 {
            return ExprKind::Binary(bytes.into());
        }
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
