//! Calling methods. Blocks and procs are in `blocks`, whole files in `programs`.

use std::rc::Rc;
use std::sync::Arc;

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast;
use foretaste_parser::source::{Source, Span};

use super::builtin::enumerator::enumerator;
use super::builtin::{Builtin, OnUnknown, WithoutBlock};
use super::class::{ClassId, Found, Method, Visibility};
use super::env::{Activation, Args, Context, Cref, Env, MatchCell, new_match_cell};
use super::flow::{Flow, R};
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
}
