//! Calling methods and procs.

use std::rc::Rc;
use std::sync::Arc;

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast;
use foretaste_parser::source::{Source, Span};

use super::builtin::enumerator::enumerator;
use super::builtin::{Builtin, OnUnknown, WithoutBlock};
use super::class::{ClassId, Found, Method, Visibility};
use super::env::{Activation, Args, Context, Cref, Definee, Env, MatchCell};
use super::flow::{Flow, R};
use super::object::{Data, Proc, ProcBody};
use super::value::{Kind, UnknownId, Value};
use super::{Interp, Label, StackFrame};

/// How a call was written, which decides what it may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `recv.name`
    Explicit,
    /// `name(…)`, `self.name`, or `send`: private methods too.
    Own,
    /// A bare `name` that could have been a local.
    Bare,
}

impl Interp {
    /// Calls a method by name with positional arguments, private ones too.
    pub fn call(&mut self, recv: Value, name: &str, args: &[Value]) -> R {
        self.send(recv, Name::new(name), Args::of(args), Form::Own)
    }

    /// Calls a method.
    pub fn send(&mut self, recv: Value, name: Name, args: Args, form: Form) -> R {
        if let Some(id) = self.unknown_of(recv) {
            return self.call_on_unknown(id, recv, name, args);
        }
        let class = self.class_of(recv);
        let Some(found) = self.classes.find(class, name) else {
            return self.missing(recv, class, name, args, form);
        };
        if form == Form::Explicit && found.visibility != Visibility::Public {
            return self.not_public(recv, &found, name, args);
        }
        self.invoke(&found, recv, name, args)
    }

    fn not_public(&mut self, recv: Value, found: &Rc<Found>, name: Name, args: Args) -> R {
        let word = match found.visibility {
            Visibility::Protected => {
                // Allowed where the caller's self is of the owner's kind.
                let sender = self.class_of(self.sender);
                if self.classes.is_a(sender, found.owner) {
                    return self.invoke(found, recv, name, args);
                }
                "protected"
            }
            _ => "private",
        };
        let text = self.receiver_text(recv);
        Err(self.error(
            self.core.no_method_error,
            format!("{word} method `{name}' called for {text}"),
        ))
    }

    /// The unknown that a call's arguments hold, as a value or within a text, with the origin of all of them.
    pub fn unknown_argument(&mut self, args: &Args) -> Option<Value> {
        let id = args.list.iter().find_map(|a| self.unknown_or_hole(*a))?;
        let mut origin = super::value::Origin::HERE;
        for arg in &args.list {
            let of_arg = self.origin_of(*arg);
            origin = self.origins.union(origin, of_arg);
        }
        Some(Value::from(id).with_origin(origin))
    }

    /// A method or block is run once, conditionally, for what it declares; the result stays unknown.
    fn call_on_unknown(&mut self, id: UnknownId, recv: Value, name: Name, args: Args) -> R {
        let mut origin = self.origin_of(recv);
        for arg in &args.list {
            origin = self.origins.union(origin, arg.origin);
        }
        let result = Value {
            kind: Kind::Unknown(id),
            origin,
        };
        // Questions that the answer of is certain whatever the value is.
        match name.as_str() {
            "freeze" | "dup" | "clone" | "tap" | "itself" if args.block.is_none() => {
                return Ok(recv);
            }
            _ => {}
        }
        if let Some(block) = args.block {
            let control = self.control;
            self.control = self.origins.union(control, origin);
            let outcome = self.conditionally(id, |this| {
                let params = Args::of(&vec![result; this.proc_params(block)]);
                this.call_proc(block, params)
            });
            self.control = control;
            outcome?;
        }
        Ok(result)
    }

    fn missing(&mut self, recv: Value, class: ClassId, name: Name, args: Args, form: Form) -> R {
        let missing = Name::new("method_missing");
        if let Some(found) = self.classes.find(class, missing)
            && found.owner != self.core.basic_object
        {
            let mut args = args;
            args.list.insert(0, name.into());
            return self.invoke(&found, recv, missing, args);
        }
        if self.autoload_method(name)? {
            return self.send(recv, name, args, form);
        }
        if let Some(value) = (self.hooks.method_missing)(self, recv, name, &args)? {
            return Ok(value);
        }
        if let Some(id) = self.classes.opaque(class) {
            let unknown = self.of_opaque(id);
            let id = unknown.unknown().unwrap_or(id);
            return self.call_on_unknown(id, unknown, name, args);
        }
        if self.is_known(class, name.as_str()) {
            let method = match self.as_class(recv) {
                Some(class) => format!("{}.{name}", self.class_name(class)),
                None => format!("{}#{name}", self.class_name(self.real_class_of(recv))),
            };
            let unknown = self.unsupported(format!("{method} is not supported"));
            return match unknown.unknown() {
                Some(id) => self.call_on_unknown(id, unknown, name, args),
                None => Ok(unknown),
            };
        }
        let flow = self.no_method(recv, name, form);
        let list = self.array(args.list);
        Err(self.with_detail(flow, "args", list))
    }

    /// `undefined method `x' for nil:NilClass`, as Ruby 3.1 words it.
    pub fn no_method(&mut self, recv: Value, name: Name, form: Form) -> Flow {
        let text = self.receiver_text(recv);
        let flow = if form == Form::Bare {
            let message = format!("undefined local variable or method `{name}' for {text}");
            self.error(self.core.name_error, message)
        } else {
            let message = format!("undefined method `{name}' for {text}");
            self.error(self.core.no_method_error, message)
        };
        let flow = self.with_detail(flow, "name", name.into());
        self.with_detail(flow, "receiver", recv)
    }

    /// A receiver as error messages show it.
    pub fn receiver_text(&mut self, recv: Value) -> String {
        let class = self.class_name(self.real_class_of(recv));
        match recv.kind {
            Kind::Nil => "nil:NilClass".into(),
            Kind::Bool(b) => format!("{b}:{class}"),
            _ if recv.kind == self.main.kind => "main:Object".into(),
            _ => {
                if let Some(id) = self.as_class(recv) {
                    let word = if self.classes.get(id).is_module {
                        "Module"
                    } else {
                        "Class"
                    };
                    return format!("{}:{word}", self.class_name(id));
                }
                // A `BasicObject` has no `inspect`, whose absence would be told by this very text.
                let text = if self.responds(recv, "inspect") {
                    match self.inspect(recv) {
                        Ok(text) => text,
                        Err(_) => self.any_to_s(recv),
                    }
                } else {
                    self.any_to_s(recv)
                };
                if text.starts_with('#') {
                    text
                } else {
                    format!("{text}:{class}")
                }
            }
        }
    }

    /// Runs a method that lookup found.
    pub fn invoke(&mut self, found: &Found, recv: Value, name: Name, args: Args) -> R {
        match &found.method {
            Method::Native(builtin) => self.call_native(builtin, recv, &args),
            Method::Def(def, cref) => self.call_def(def, cref, found.owner, recv, args),
            Method::Proc(proc) => self.call_as_method(*proc, found.owner, name, recv, args),
            Method::Reader(ivar) => Ok(self.ivar(recv, *ivar).unwrap_or(Value::NIL)),
            Method::Writer(ivar) => {
                let value = args.get(0);
                self.set_ivar(recv, *ivar, value)?;
                Ok(value)
            }
            Method::Named(f, name) => match f(self, recv, *name, &args) {
                Err(Flow::Unknown(id)) => Ok(id.into()),
                other => other,
            },
            Method::Alias(original) => self.invoke(original, recv, name, args),
            Method::Undefined => Err(self.no_method(recv, name, Form::Explicit)),
        }
    }

    fn call_native(&mut self, builtin: &'static Builtin, recv: Value, args: &Args) -> R {
        let given = args.list.len();
        if given < usize::from(builtin.min)
            || usize::try_from(builtin.max).is_ok_and(|max| given > max)
        {
            let expected = match usize::try_from(builtin.max) {
                Err(_) => format!("{}+", builtin.min),
                Ok(max) if max == usize::from(builtin.min) => max.to_string(),
                Ok(max) => format!("{}..{max}", builtin.min),
            };
            return Err(self.arity_error(given, &expected));
        }
        let mut origin = self.origin_of(recv);
        for arg in &args.list {
            let of_arg = self.origin_of(*arg);
            origin = self.origins.union(origin, of_arg);
        }
        if builtin.on_unknown == OnUnknown::Spread {
            let unknown = self
                .unknown_or_hole(recv)
                .or_else(|| args.list.iter().find_map(|a| self.unknown_or_hole(*a)));
            if let Some(id) = unknown {
                let value = Value {
                    kind: Kind::Unknown(id),
                    origin,
                };
                return self.call_on_unknown(id, value, Name::new(builtin.name), args.clone());
            }
        }
        let enumerates = match builtin.without_block {
            WithoutBlock::Call => false,
            WithoutBlock::Enumerate => args.block.is_none(),
            WithoutBlock::EnumerateAlone => args.block.is_none() && args.is_empty(),
        };
        if self.heap.bytes > self.budget.max_bytes {
            return Err(self.halt("the memory budget is used up"));
        }
        self.spend(1)?;
        if enumerates {
            return Ok(enumerator(self, recv, builtin.name, args).with_origin(origin));
        }
        self.budget.depth += 1;
        if self.budget.depth > self.budget.max_depth {
            self.budget.depth -= 1;
            return Err(self.error(self.core.system_stack_error, "stack level too deep"));
        }
        let mark = self.heap.mark();
        let control = self.control;
        if self.origins.is_tagged(origin) {
            let together = self.taken_together(builtin.name, recv, args);
            let inside = self.written_out(builtin.name, recv);
            for more in [together, inside] {
                origin = self.origins.union(origin, more);
            }
        }
        let overwriting = self.overwriting(builtin.name, recv, args);
        let args = overwriting.as_ref().unwrap_or(args);
        let gathering = self.gathering;
        if args.block.is_some() {
            self.control = self.origins.union(control, origin);
            self.gather(recv);
        }
        self.natives.push((self.stack.len(), builtin.name));
        let result = (builtin.f)(self, recv, args);
        self.natives.pop();
        self.control = control;
        self.gathering = gathering;
        self.budget.depth -= 1;
        if args.block.is_some()
            && let Err(flow) = &result
        {
            self.left(recv, flow);
        }
        if builtin.mutates
            && let Some(id) = recv.obj()
        {
            let old = self.heap.get(id).origin;
            let with_control = self.origins.union(origin, control);
            let with_control = self.gathered_into(old, with_control);
            let new = self.origins.union(old, with_control);
            if new != old {
                self.heap.get_mut(id).origin = new;
            }
        }
        match result {
            Ok(value) => {
                let joined = self.origins.union(value.origin, origin);
                if let Some(id) = value.obj()
                    && id.0 >= mark
                    && joined != super::value::Origin::HERE
                {
                    let own = self.heap.get(id).origin;
                    let own = self.origins.union(own, joined);
                    self.heap.get_mut(id).origin = own;
                }
                Ok(value.with_origin(joined))
            }
            Err(Flow::Unknown(id)) => Ok(Value {
                kind: Kind::Unknown(id),
                origin,
            }),
            Err(flow) => Err(flow),
        }
    }

    fn call_def(
        &mut self,
        def: &Arc<ast::Def>,
        cref: &Rc<Cref>,
        owner: ClassId,
        recv: Value,
        args: Args,
    ) -> R {
        if self.classes.get(owner).strict
            && let Some(unknown) = self.unknown_argument(&args)
            && let Some(id) = unknown.unknown()
        {
            return self.call_on_unknown(id, unknown, def.name, args);
        }
        let id = self.fresh_id();
        let scope = self.heap.new_scope(def.body.locals.len(), None);
        let activation = Rc::new(Activation {
            id,
            method: Some(def.name),
            def: Some((def.clone(), scope)),
            owner,
            args,
            last_match: new_match_cell(),
            visibility: Default::default(),
            module_function: Default::default(),
        });
        let ctx = Rc::new(Context {
            self_value: recv,
            source: def.source.clone(),
            cref: cref.clone(),
            definee: cref.class.into(),
            activation: activation.clone(),
        });
        let env = Env { ctx, scope };
        let call = self.current;
        // An arity mistake is reported at the definition, as Ruby does, with the caller next.
        let result = self.in_frame(
            &def.source,
            Label::Method(def.name),
            call,
            Some(id),
            activation.last_match.clone(),
            |this| {
                this.current = def.name_span;
                this.bind_params(&def.params, &env, &activation.args, true)?;
                match &def.body.expr {
                    Some(body) => this.eval(&env, body),
                    None => Ok(Value::NIL),
                }
            },
        );
        self.heap.drop_scope(scope);
        match result {
            Err(Flow::Return(to, value)) if to == id => Ok(value),
            other => other,
        }
    }

    /// Pushes a stack frame, guards the depth, and keeps the region of early exits.
    pub(super) fn in_frame(
        &mut self,
        source: &Arc<Source>,
        label: Label,
        call: Span,
        activation: Option<u64>,
        last_match: MatchCell,
        f: impl FnOnce(&mut Self) -> R,
    ) -> R {
        if self.stack.len() > self.budget.max_depth as usize / 4 {
            return Err(self.error(self.core.system_stack_error, "stack level too deep"));
        }
        self.stack.push(StackFrame {
            source: source.clone(),
            call,
            label,
        });
        self.enter_region(activation);
        let outer = std::mem::replace(&mut self.match_cell, last_match);
        let result = f(self);
        self.match_cell = outer;
        let result = match result {
            Err(Flow::Return(to, value)) if Some(to) == activation => Ok(value),
            other => other,
        };
        let result = self.leave_region(result);
        self.stack.pop();
        self.current = call;
        result
    }

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
    fn call_as_method(
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

    /// Evaluates a file at top level with this self; `return` ends it.
    pub fn run_program(&mut self, program: &Arc<ast::Program>, this: Value, class: ClassId) -> R {
        let cref = Rc::new(Cref {
            class,
            parent: None,
        });
        self.run_program_in(program, this, cref, Args::default())
    }

    /// Evaluates a file with this self and lexical scope, methods going to `definee`.
    pub fn run_program_as(
        &mut self,
        program: &Arc<ast::Program>,
        this: Value,
        cref: Rc<Cref>,
        definee: Definee,
    ) -> R {
        let args = Args::default();
        self.run_file(program, this, cref, definee, args, &mut false)
    }

    /// Evaluates a template with this self and lexical scope, methods going to `definee`. What it writes is in the last
    /// buffer; but where `return` or `next` end it, their value is what it gives instead.
    pub fn run_template(
        &mut self,
        program: &Arc<ast::Program>,
        this: Value,
        cref: Rc<Cref>,
        definee: Definee,
    ) -> R<Option<Value>> {
        let mut at_end = false;
        let args = Args::default();
        let result = self.run_file(program, this, cref, definee, args, &mut at_end);
        Ok((!at_end).then_some(result?))
    }

    /// Evaluates a file as the body of a class, so that `private` and its like have their place.
    pub fn run_class_file(
        &mut self,
        program: &Arc<ast::Program>,
        this: Value,
        cref: Rc<Cref>,
        class: ClassId,
    ) -> R {
        let args = Args::default();
        self.run_file(program, this, cref, class.into(), args, &mut false)
    }

    /// Evaluates a file with this self and lexical scope; `yield` in it calls the arguments' block.
    pub fn run_program_in(
        &mut self,
        program: &Arc<ast::Program>,
        this: Value,
        cref: Rc<Cref>,
        args: Args,
    ) -> R {
        let definee = cref.class.into();
        self.run_file(program, this, cref, definee, args, &mut false)
    }

    /// Evaluates text in a place of another program.
    pub(super) fn eval_program(
        &mut self,
        program: &Arc<ast::Program>,
        env: &Env,
        label: Label,
    ) -> R {
        let call = self.current;
        let cell = env.ctx.activation.last_match.clone();
        self.in_frame(&program.source, label, call, None, cell, |this| {
            this.eval(env, &program.body)
        })
    }

    fn run_file(
        &mut self,
        program: &Arc<ast::Program>,
        this: Value,
        cref: Rc<Cref>,
        definee: Definee,
        args: Args,
        at_end: &mut bool,
    ) -> R {
        let id = self.fresh_id();
        let scope = self.heap.new_scope(program.locals.len(), None);
        let activation = Rc::new(Activation {
            id,
            method: None,
            def: None,
            owner: cref.class,
            args,
            last_match: new_match_cell(),
            visibility: Default::default(),
            module_function: Default::default(),
        });
        let ctx = Context {
            self_value: this,
            source: program.source.clone(),
            cref,
            definee,
            activation,
        };
        let env = Env {
            ctx: Rc::new(ctx),
            scope,
        };
        if self.toplevel.is_none() && !super::is_internal(&program.source) {
            self.heap.capture(scope);
            self.toplevel = Some((env.clone(), program.locals.clone()));
        }
        let call = self.current;
        let last_match = env.ctx.activation.last_match.clone();
        let result = self.in_frame(
            &program.source,
            Label::Main,
            call,
            Some(id),
            last_match,
            |this| {
                let value = this.eval(&env, &program.body);
                if let Err(Flow::Break(_)) = value {
                    let message = "break from proc-closure";
                    return Err(this.error(this.core.local_jump_error, message));
                }
                *at_end = value.is_ok();
                value
            },
        );
        match result {
            Err(Flow::Next(value)) => Ok(value),
            other => other,
        }
    }
}

fn new_match_cell() -> MatchCell {
    Rc::new(std::cell::Cell::new(Value::NIL))
}
