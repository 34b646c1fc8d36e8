//! Calls as written: receiver, arguments, block.

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast::{self, Arg, BlockArg, Call, Expr, ExprKind as E, LocalRef};
use foretaste_parser::source::Span;

use super::super::Interp;
use super::super::call::Form;
use super::super::env::{Args, Env};
use super::super::flow::{Flow, R};
use super::super::heap::ScopeId;
use super::super::object::{Data, Key, ProcBody};
use super::super::value::{Kind, Value};

impl Interp {
    pub(super) fn eval_call(&mut self, env: &Env, span: Span, call: &Call) -> R {
        let (recv, form) = match &call.recv {
            None => {
                if let Some(value) = self.env_function(env, call) {
                    return Ok(value);
                }
                (
                    env.ctx.self_value,
                    if call.vcall { Form::Bare } else { Form::Own },
                )
            }
            Some(Expr {
                kind: E::SelfRef, ..
            }) => (env.ctx.self_value, Form::Own),
            Some(recv) => {
                let value = self.eval(env, recv)?;
                if call.safe && value.is_nil() {
                    return Ok(Value::NIL.with_origin(value.origin));
                }
                (value, Form::Explicit)
            }
        };
        // The commonest operators on integers need no arguments list.
        if let (Kind::Int(a), [Arg::Value(arg)], None) =
            (recv.kind, &*call.args.list, &call.args.block)
        {
            let arg = self.eval(env, arg)?;
            if let Kind::Int(b) = arg.kind
                && let Some(value) = int_operator(call.name.as_str(), a, b)
            {
                let origin = self.origins.union(recv.origin, arg.origin);
                return Ok(value.with_origin(origin));
            }
            self.current = span;
            self.sender = env.ctx.self_value;
            return self.send(recv, call.name, Args::of(&[arg]), form);
        }
        let args = self.eval_args(env, &call.args)?;
        if call.locals.is_some() {
            self.current = span;
            self.sender = env.ctx.self_value;
            if let Some(value) = self.call_with_locals(env, recv, call, &args)? {
                return Ok(value);
            }
        }
        let literal = match &call.args.block {
            Some(BlockArg::Literal(_)) => args.block.and_then(Value::obj),
            _ => None,
        };
        self.current = span;
        self.sender = env.ctx.self_value;
        let stack = self.stack.len();
        let result = self.send(recv, call.name, args, form);
        match result {
            Err(Flow::BreakFrom(proc, value)) if Some(proc) == literal => {
                self.stack.truncate(stack);
                Ok(value)
            }
            other => other,
        }
    }

    /// What only the place of a call can answer.
    fn env_function(&mut self, env: &Env, call: &Call) -> Option<Value> {
        if !call.args.list.is_empty() {
            return None;
        }
        match call.name.as_str() {
            "block_given?" | "iterator?" => Some(env.ctx.activation.args.block.is_some().into()),
            "__method__" => Some(env.ctx.activation.method.map_or(Value::NIL, Value::from)),
            "__dir__" => {
                let path = env.ctx.source.path().clone();
                Some(self.str(path.rsplit_once('/').map_or(".", |(dir, _)| dir)))
            }
            _ => None,
        }
    }

    pub(super) fn eval_args(&mut self, env: &Env, args: &ast::Args) -> R<Args> {
        let mut out = Args {
            list: Vec::with_capacity(args.list.len()),
            keywords: false,
            block: None,
        };
        for arg in &args.list {
            match arg {
                Arg::Value(expr) => out.list.push(self.eval(env, expr)?),
                Arg::Splat(expr) => {
                    let value = self.eval(env, expr)?;
                    match self.unknown_of(value) {
                        Some(id) => out.list.push(id.into()),
                        None => {
                            let items = self.splat(value)?;
                            self.spend(items.len())?;
                            out.list.extend(items);
                        }
                    }
                }
                Arg::Keywords(pairs) => {
                    let hash = self.eval_pairs(env, pairs)?;
                    out.list.push(hash);
                    out.keywords = true;
                }
                Arg::Forward => {
                    let passed = env.ctx.activation.args.clone();
                    out.list.extend(&passed.list);
                    out.keywords = passed.keywords;
                    out.block = passed.block;
                }
            }
        }
        match &args.block {
            None => {}
            Some(BlockArg::Literal(block)) => out.block = Some(self.closure(env, block, false)),
            Some(BlockArg::Pass(None)) => out.block = env.ctx.activation.args.block,
            Some(BlockArg::Pass(Some(expr))) => {
                let value = self.eval(env, expr)?;
                out.block = self.to_block(value)?;
            }
        }
        Ok(out)
    }

    /// `&value`: a proc, a symbol, a method, nil.
    pub fn to_block(&mut self, value: Value) -> R<Option<Value>> {
        match value.kind {
            Kind::Nil => Ok(None),
            Kind::Sym(name) => Ok(Some(self.new_proc(ProcBody::Symbol(name), true))),
            Kind::Unknown(_) => Ok(Some(value)),
            Kind::Obj(id) => match self.data(id) {
                Data::Proc(_) => Ok(Some(value)),
                Data::Method(m) => {
                    let m = m.clone();
                    Ok(Some(self.new_proc(ProcBody::Method(m), true)))
                }
                _ => self.call(value, "to_proc", &[]).map(Some),
            },
            _ => {
                let class = self.class_name(self.real_class_of(value));
                Err(self.type_error(format!("wrong argument type {class} (expected Proc)")))
            }
        }
    }

    pub(super) fn eval_yield(&mut self, env: &Env, span: Span, args: &ast::Args) -> R {
        let Some(block) = env.ctx.activation.args.block else {
            self.current = span;
            return Err(self.error(self.core.local_jump_error, "no block given (yield)"));
        };
        let args = self.eval_args(env, args)?;
        self.current = span;
        self.call_proc(block, args)
    }

    pub(super) fn eval_super(
        &mut self,
        env: &Env,
        span: Span,
        args: Option<&ast::Args>,
        block: Option<&BlockArg>,
    ) -> R {
        let activation = env.ctx.activation.clone();
        let mut passed = match args {
            Some(args) => self.eval_args(env, args)?,
            None => match &activation.def {
                Some((def, scope)) => self.present_args(&def.params, *scope, &activation.args)?,
                None => activation.args.clone(),
            },
        };
        if args.is_none()
            && let Some(block) = block
        {
            let list = ast::Args {
                list: Box::new([]),
                block: None,
            };
            let mut own = self.eval_args(env, &list)?;
            own.block = match block {
                BlockArg::Literal(block) => Some(self.closure(env, block, false)),
                BlockArg::Pass(None) => activation.args.block,
                BlockArg::Pass(Some(expr)) => {
                    let value = self.eval(env, expr)?;
                    self.to_block(value)?
                }
            };
            passed.block = own.block;
        }
        if passed.block.is_none() {
            passed.block = activation.args.block;
        }
        self.current = span;
        let recv = env.ctx.self_value;
        let Some(name) = activation.method else {
            return Err(self.error(self.core.runtime_error, "super called outside of method"));
        };
        let class = self.class_of(recv);
        match self.classes.find_after(class, activation.owner, name) {
            Some(found) => self.invoke(&found, recv, name, passed),
            None if name.as_str() == "initialize"
                || name.as_str() == "inherited"
                || name.as_str() == "included" =>
            {
                Ok(Value::NIL)
            }
            None => match self.classes.opaque(class) {
                Some(id) => Ok(self.of_opaque(id)),
                None if name.as_str() == "respond_to_missing?" => Ok(Value::FALSE),
                None if name.as_str() == "method_missing" => {
                    let missing = match passed.get(0).kind {
                        Kind::Sym(name) => name,
                        _ => name,
                    };
                    Err(self.no_method(recv, missing, Form::Explicit))
                }
                None => {
                    let text = self.receiver_text(recv);
                    let message = format!("super: no superclass method `{name}' for {text}");
                    Err(self.error(self.core.no_method_error, message))
                }
            },
        }
    }

    /// What the parameters of a method hold now, as `super` without arguments passes it on.
    fn present_args(&mut self, params: &ast::Params, scope: ScopeId, given: &Args) -> R<Args> {
        let mut list = Vec::new();
        let param = |this: &Self, param: &ast::Param, list: &mut Vec<Value>| {
            let value = match param {
                ast::Param::Slot(slot) => this.heap.local(scope, 0, *slot),
                ast::Param::Destructure(_) => given.get(list.len()),
            };
            list.push(value);
        };
        for required in &params.required {
            param(self, required, &mut list);
        }
        for (slot, _) in &params.optional {
            list.push(self.heap.local(scope, 0, *slot));
        }
        if let Some(Some(slot)) = params.rest {
            let rest = self.heap.local(scope, 0, slot);
            match self.unknown_of(rest) {
                Some(id) => list.push(id.into()),
                None => list.extend(self.splat(rest)?),
            }
        }
        for post in &params.post {
            param(self, post, &mut list);
        }
        let mut hash = super::super::object::Hash::default();
        for (name, slot, _) in &params.keywords {
            let value = self.heap.local(scope, 0, *slot);
            hash.map.insert(Key::Sym(*name), ((*name).into(), value));
        }
        if let ast::KeywordRest::Rest(Some(slot)) = params.keyword_rest {
            let rest = self.heap.local(scope, 0, slot);
            if let Some(rest) = self.hash_data(rest) {
                hash.map.extend(rest.map.clone());
            }
        }
        let keywords = !hash.map.is_empty();
        if keywords {
            list.push(self.hash(hash));
        }
        Ok(Args {
            list,
            keywords,
            block: given.block,
        })
    }

    pub(super) fn match_write(
        &mut self,
        env: &Env,
        span: Span,
        call: &Call,
        targets: &[(Name, LocalRef)],
    ) -> R {
        let result = self.eval_call(env, span, call)?;
        for (name, at) in targets {
            let value = match (result.unknown(), result.is_nil()) {
                (Some(id), _) => id.into(),
                (None, true) => Value::NIL,
                (None, false) => self.match_named(*name),
            };
            self.heap.set_local(env.scope, at.depth, at.slot, value);
        }
        Ok(result)
    }
}

fn int_operator(name: &str, a: i64, b: i64) -> Option<Value> {
    Some(match name {
        "+" => a.checked_add(b)?.into(),
        "-" => a.checked_sub(b)?.into(),
        "*" => a.checked_mul(b)?.into(),
        "==" => (a == b).into(),
        "!=" => (a != b).into(),
        "<" => (a < b).into(),
        ">" => (a > b).into(),
        "<=" => (a <= b).into(),
        ">=" => (a >= b).into(),
        _ => return None,
    })
}
