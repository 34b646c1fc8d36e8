//! Calls of blocks, procs and lambdas.

use std::rc::Rc;
use std::sync::Arc;

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast;

use super::call::Form;
use super::class::{ClassId, Found, Visibility};
use super::env::{Activation, Args, Context, Definee, Env, new_match_cell};
use super::flow::{Flow, R};
use super::object::{Data, Proc, ProcBody};
use super::value::Value;
use super::{Interp, Label};

impl Interp {
    /// Calls a proc with its own self.
    pub fn call_proc(&mut self, proc: Value, args: Args) -> R {
        self.call_proc_as(proc, args, None)
    }

    /// Calls the block given to a native method with these values.
    pub fn yield_to(&mut self, args: &Args, values: &[Value]) -> R {
        match args.block {
            Some(block) => self.call_proc(block, Args::of(values)),
            None => Err(self.error(self.core.local_jump_error, "no block given (yield)")),
        }
    }

    /// `instance_exec`: the block runs with another self, and defines methods on `definee`.
    pub fn instance_exec(
        &mut self,
        proc: Value,
        this: Value,
        definee: impl Into<Definee>,
        args: Args,
    ) -> R {
        self.call_proc_as(proc, args, Some((this, definee.into())))
    }

    fn proc_of(&mut self, value: Value) -> R<Rc<Proc>> {
        if let Some(id) = value.obj()
            && let Data::Proc(proc) = self.data(id)
        {
            return Ok(proc.clone());
        }
        let class = self.class_name(self.real_class_of(value));
        Err(self.type_error(format!("wrong argument type {class} (expected Proc)")))
    }

    fn call_proc_as(&mut self, value: Value, args: Args, this: Option<(Value, Definee)>) -> R {
        if let Some(id) = self.unknown_of(value) {
            return Ok(id.into());
        }
        let proc = self.proc_of(value)?;
        // An empty body has no expression that would take a step.
        self.spend(1)?;
        match &proc.body {
            ProcBody::Block { block, env } => self.call_block(&proc, block, env, value, args, this),
            ProcBody::Symbol(name) => {
                let mut args = args;
                if args.list.is_empty() {
                    return Err(self.argument_error("no receiver given"));
                }
                let recv = args.list.remove(0);
                self.send(recv, *name, args, Form::Explicit)
            }
            ProcBody::Method(m) => match m.recv {
                Some(recv) => {
                    let found = Found {
                        method: m.method.clone(),
                        owner: m.owner,
                        visibility: Visibility::Public,
                    };
                    self.invoke(&found, recv, m.name, args)
                }
                None => Err(self.type_error("an unbound method cannot be called")),
            },
            ProcBody::Native { f, captured } => f(self, *captured, &args),
            ProcBody::Compose(first, second) => {
                let middle = self.call_callable(*first, args)?;
                self.call_callable(*second, Args::of(&[middle]))
            }
            ProcBody::Curry { f, have, want } => {
                let mut list = have.clone();
                list.extend(&args.list);
                if list.len() >= *want {
                    return self.call_callable(*f, Args { list, ..args });
                }
                let body = ProcBody::Curry {
                    f: *f,
                    have: list,
                    want: *want,
                };
                Ok(self.new_proc(body, true))
            }
        }
    }

    /// Calls a proc, or whatever answers to `call`.
    pub fn call_callable(&mut self, f: Value, args: Args) -> R {
        match f.obj().map(|id| self.data(id)) {
            Some(Data::Proc(_)) => self.call_proc(f, args),
            _ => self.send(f, Name::new("call"), args, Form::Explicit),
        }
    }

    pub fn new_proc(&mut self, body: ProcBody, lambda: bool) -> Value {
        self.alloc(
            self.core.proc_class,
            Data::Proc(Rc::new(Proc { body, lambda })),
        )
        .into()
    }

    /// A block as `define_method` makes a method of it: `return` leaves it.
    pub fn as_lambda(&mut self, block: Value) -> Value {
        let body = match block.obj().map(|id| self.data(id)) {
            Some(Data::Proc(proc)) => match &proc.body {
                ProcBody::Block { block, env } => ProcBody::Block {
                    block: block.clone(),
                    env: env.clone(),
                },
                _ => return block,
            },
            _ => return block,
        };
        self.new_proc(body, true).with_origin(block.origin)
    }

    fn call_block(
        &mut self,
        proc: &Proc,
        block: &Arc<ast::Block>,
        env: &Env,
        value: Value,
        args: Args,
        this: Option<(Value, Definee)>,
    ) -> R {
        let scope = self
            .heap
            .new_scope(block.body.locals.len(), Some(env.scope));
        let mut activation = None;
        let ctx = match (proc.lambda, this) {
            (false, None) => env.ctx.clone(),
            (lambda, this) => {
                let mut ctx = Context::clone(&env.ctx);
                if let Some((this, definee)) = this {
                    ctx.self_value = this;
                    ctx.definee = definee;
                }
                if lambda {
                    let id = self.fresh_id();
                    activation = Some(id);
                    let old = &env.ctx.activation;
                    ctx.activation = Rc::new(Activation {
                        id,
                        method: old.method,
                        def: old.def.clone(),
                        owner: old.owner,
                        args: old.args.clone(),
                        last_match: old.last_match.clone(),
                        visibility: Default::default(),
                        module_function: Default::default(),
                    });
                }
                Rc::new(ctx)
            }
        };
        let inner = Env { ctx, scope };
        let mut result = self.run_block(block, &inner, &args, proc.lambda, activation);
        while let Err(Flow::Redo) = result {
            result = match self.spend(1) {
                Ok(()) => self.run_block(block, &inner, &args, proc.lambda, activation),
                Err(halt) => Err(halt),
            };
        }
        self.heap.drop_scope(scope);
        match result {
            Err(Flow::Next(value)) => Ok(value),
            Err(Flow::Break(value)) if proc.lambda => Ok(value),
            Err(Flow::Break(result)) => match value.obj() {
                Some(id) => Err(Flow::BreakFrom(id, result)),
                None => Ok(result),
            },
            other => other,
        }
    }

    fn run_block(
        &mut self,
        block: &Arc<ast::Block>,
        env: &Env,
        args: &Args,
        lambda: bool,
        activation: Option<u64>,
    ) -> R {
        let call = self.current;
        let levels = self.heap.levels(env.scope);
        let label = match env.ctx.activation.method {
            None => match env.ctx.definee {
                Definee::Class(class)
                    if class == env.ctx.activation.owner && class != self.core.object =>
                {
                    Label::Class(class)
                }
                _ => Label::Block(None, levels),
            },
            method => Label::Block(method, levels),
        };
        let last_match = env.ctx.activation.last_match.clone();
        self.in_frame(&block.source, label, call, activation, last_match, |this| {
            this.current = block.span;
            this.bind_params(&block.params, env, args, lambda)?;
            match &block.body.expr {
                Some(body) => match this.eval(env, body) {
                    // `next` ends the block's region, so that its value is joined there.
                    Err(Flow::Next(value)) => Ok(value),
                    other => other,
                },
                None => Ok(Value::NIL),
            }
        })
    }

    /// A method made by `define_method`: the block's body with lambda rules and this receiver.
    pub(super) fn call_as_method(
        &mut self,
        value: Value,
        owner: ClassId,
        name: Name,
        recv: Value,
        args: Args,
    ) -> R {
        let proc = self.proc_of(value)?;
        let ProcBody::Block { block, env } = &proc.body else {
            return self.call_proc(value, args);
        };
        let id = self.fresh_id();
        let scope = self
            .heap
            .new_scope(block.body.locals.len(), Some(env.scope));
        let activation = Rc::new(Activation {
            id,
            method: Some(name),
            def: None,
            owner,
            args: args.clone(),
            last_match: new_match_cell(),
            visibility: Default::default(),
            module_function: Default::default(),
        });
        let ctx = Context {
            self_value: recv,
            activation,
            ..Context::clone(&env.ctx)
        };
        let inner = Env {
            ctx: Rc::new(ctx),
            scope,
        };
        let result = self.run_block(block, &inner, &args, true, Some(id));
        self.heap.drop_scope(scope);
        match result {
            Err(Flow::Next(value) | Flow::Break(value)) => Ok(value),
            other => other,
        }
    }

    /// How many parameters a block names; for giving it unknown values.
    pub fn proc_params(&mut self, value: Value) -> usize {
        match self.proc_of(value).as_deref() {
            Ok(Proc {
                body: ProcBody::Block { block, .. },
                ..
            }) => {
                let p = &block.params;
                (p.required.len() + p.optional.len() + p.post.len()).max(1)
            }
            _ => 1,
        }
    }
}
