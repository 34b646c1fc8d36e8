//! Evaluation of expressions, one file for each kind of construct.

mod assign;
mod call;
mod constant;
mod control;
mod define;
mod literal;
mod pattern;

pub(crate) use pattern::Mismatch;

use foretaste_parser::ruby::ast::{Expr, ExprKind as E};

use super::Interp;
use super::encoding::Encoding;
use super::env::Env;
use super::flow::{Flow, R};
use super::value::{Kind, Value};

impl Interp {
    /// Evaluates an expression: one step of the budget, one level of depth.
    pub(super) fn eval(&mut self, env: &Env, expr: &Expr) -> R {
        if self.budget.steps == 0 {
            return Err(self.halt("the step budget is used up"));
        }
        if self.heap.bytes > self.budget.max_bytes {
            return Err(self.halt("the memory budget is used up"));
        }
        self.budget.steps -= 1;
        self.budget.depth += 1;
        let result = if self.budget.depth > self.budget.max_depth {
            Err(self.error(self.core.system_stack_error, "stack level too deep"))
        } else {
            self.eval_kind(env, expr)
        };
        self.budget.depth -= 1;
        result
    }

    fn eval_kind(&mut self, env: &Env, expr: &Expr) -> R {
        match &expr.kind {
            E::Nil | E::Missing => Ok(Value::NIL),
            E::True => Ok(Value::TRUE),
            E::False => Ok(Value::FALSE),
            E::SelfRef => Ok(env.ctx.self_value),
            E::Int(n) => Ok((*n).into()),
            E::Float(f) => Ok((*f).into()),
            E::Sym(name) => Ok((*name).into()),
            E::Str(text) => Ok(self.str(&**text)),
            E::Local(at) => Ok(self.heap.local(env.scope, at.depth, at.slot)),
            E::IVar(name) => Ok(self.ivar(env.ctx.self_value, *name).unwrap_or(Value::NIL)),
            E::Seq(list) => {
                let mut value = Value::NIL;
                for expr in list {
                    value = self.eval(env, expr)?;
                }
                Ok(value)
            }
            E::Call(call) => self.eval_call(env, expr.span, call),
            E::Interp(parts) => self.interpolate(env, parts),
            E::ErbText(text) => {
                let line = env.ctx.source.line(expr.span.start);
                self.current = expr.span;
                self.emit(text, Encoding::Binary, line, true, Default::default())?;
                Ok(Value::NIL)
            }
            E::ErbOutput { value, escape } => self.eval_output(env, expr.span, value, *escape),

            E::If { .. }
            | E::While(_)
            | E::For { .. }
            | E::Case(_)
            | E::Begin(_)
            | E::And(..)
            | E::Or(..)
            | E::Not(_) => self.eval_control(env, expr),
            E::Return(value) => {
                let value = self.eval_opt(env, value.as_deref())?;
                Err(Flow::Return(env.ctx.activation.id, value))
            }
            E::Break(value) => {
                let value = self.eval_opt(env, value.as_deref())?;
                Err(Flow::Break(value))
            }
            E::Next(value) => {
                let value = self.eval_opt(env, value.as_deref())?;
                Err(Flow::Next(value))
            }
            E::Redo => Err(Flow::Redo),
            E::Retry => Err(Flow::Retry),

            E::Assign(target, value) => {
                let value = self.eval(env, value)?;
                self.assign(env, target, value)
            }
            E::OpAssign(target, op, value) => self.op_assign(env, target, *op, value),
            E::MultiAssign(targets, value) => {
                let value = self.eval(env, value)?;
                self.assign_multi(env, targets, value)?;
                Ok(value)
            }

            E::Const(_) | E::RootConst(_) | E::ScopedConst(..) => self.eval_const(env, expr),
            E::CVar(name) => self.class_variable(env, *name),
            E::GVar(name) => Ok(self.global(*name)),
            E::NthRef(n) => Ok(self.match_group(*n)),
            E::Defined(what) => self.defined(env, what),

            E::Def(_)
            | E::Class(_)
            | E::Module(_)
            | E::SingletonClass { .. }
            | E::Alias { .. }
            | E::Undef(_) => self.eval_definition(env, expr),
            E::Super(args) => self.eval_super(env, expr.span, Some(args), None),
            E::ZSuper(block) => self.eval_super(env, expr.span, None, block.as_deref()),
            E::Yield(args) => self.eval_yield(env, expr.span, args),
            E::MatchWrite { call, targets } => self.match_write(env, expr.span, call, targets),

            E::CaseIn(case) => self.eval_case_in(env, expr.span, case),
            E::MatchPattern {
                value,
                pattern,
                raises,
            } => self.eval_match_pattern(env, expr.span, value, pattern, *raises),

            E::FlipFlop => {
                self.current = expr.span;
                Ok(self.unsupported("a flip-flop"))
            }
            E::Unsupported(what) => {
                self.current = expr.span;
                Ok(self.unsupported(*what))
            }
            _ => self.eval_literal(env, expr),
        }
    }

    pub(super) fn eval_opt(&mut self, env: &Env, expr: Option<&Expr>) -> R {
        match expr {
            Some(expr) => self.eval(env, expr),
            None => Ok(Value::NIL),
        }
    }

    fn eval_output(
        &mut self,
        env: &Env,
        span: foretaste_parser::source::Span,
        value: &Expr,
        escape: bool,
    ) -> R {
        let value = self.eval(env, value)?;
        self.current = span;
        let origin = self.origin_of(value);
        let piece = self.text_piece(value)?;
        let (encoding, mut text) = match piece.encoding {
            Encoding::Utf8 => (Encoding::Utf8, piece.text),
            // What goes into the file is the bytes.
            other => (other, Encoding::Utf8.text_of(&piece.bytes())),
        };
        if escape {
            text = text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;");
        }
        let line = env.ctx.source.line(span.start);
        self.emit(&text, encoding, line, false, origin)?;
        Ok(Value::NIL)
    }

    /// Evaluates with the sources of a condition added to those in force.
    pub(super) fn under(&mut self, condition: Value, f: impl FnOnce(&mut Self) -> R) -> R {
        let origin = self.origin_of(condition);
        if origin == super::value::Origin::HERE {
            return f(self);
        }
        self.branched_on = self.origins.union(self.branched_on, origin);
        let control = self.control;
        self.control = self.origins.union(control, origin);
        let result = f(self);
        self.control = control;
        result
    }

    /// The first unknown that a condition's value is.
    pub(super) fn condition_unknown(&self, value: Value) -> Option<super::value::UnknownId> {
        match value.kind {
            Kind::Unknown(id) => Some(id),
            _ => None,
        }
    }
}
