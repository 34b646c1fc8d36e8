//! Assignment in all its forms.

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast::{AssignOp, Expr, MultiTarget, Target, TargetKind as T};

use super::super::Interp;
use super::super::call::Form;
use super::super::env::{Args, Env};
use super::super::flow::R;
use super::super::object::Data;
use super::super::value::Value;

impl Interp {
    pub(crate) fn assign(&mut self, env: &Env, target: &Target, value: Value) -> R {
        self.assign_as(env, target, value, false)
    }

    /// `grows` where the value is the old one with something added.
    fn assign_as(&mut self, env: &Env, target: &Target, value: Value, grows: bool) -> R {
        match &target.kind {
            T::Local(at) => {
                let scope = self.heap.scope_of(env.scope, at.depth);
                let value = self.assigned(scope, value, grows);
                self.heap.set_local(env.scope, at.depth, at.slot, value);
            }
            T::IVar(name) => {
                let value = self.assigned_in(env.ctx.self_value, value, grows);
                self.set_ivar(env.ctx.self_value, *name, value)?;
            }
            T::GVar(name) => {
                let value = self.assigned(None, value, grows);
                self.globals.insert(*name, value);
            }
            T::CVar(name) => {
                let value = self.assigned(None, value, grows);
                self.set_class_variable(env, *name, value);
            }
            T::Const(name) => self.set_const(env.ctx.cref.class, *name, value),
            T::ScopedConst(scope, name) => {
                let scope = self.eval(env, scope)?;
                if let Some(class) = self.as_class(scope) {
                    self.set_const(class, *name, value);
                }
            }
            T::Attr { recv, name, safe } => {
                let recv_value = self.eval(env, recv)?;
                if *safe && recv_value.is_nil() {
                    return Ok(Value::NIL);
                }
                self.current = target.span;
                self.send(recv_value, writer(*name), Args::of(&[value]), form(recv))?;
            }
            T::Index { recv, args } => {
                let recv_value = self.eval(env, recv)?;
                let mut args = self.eval_args(env, args)?;
                args.list.push(value);
                self.current = target.span;
                self.send(recv_value, Name::new("[]="), args, form(recv))?;
            }
            T::Multi(targets) => self.assign_multi(env, targets, value)?,
        }
        Ok(value)
    }

    /// `a, (b, *c) = value`
    pub(crate) fn assign_multi(&mut self, env: &Env, targets: &MultiTarget, value: Value) -> R<()> {
        let fixed = targets.before.len() + targets.after.len();
        let items = if let Some(id) = self.unknown_of(value) {
            vec![Value::from(id).with_origin(value.origin); fixed]
        } else if let Some(items) = self.array_items(value) {
            items.to_vec()
        } else if !value.is_nil() && self.responds(value, "to_ary") {
            let list = self.call(value, "to_ary", &[])?;
            self.array_items(list)
                .map_or_else(|| vec![value], <[Value]>::to_vec)
        } else {
            vec![value]
        };
        let origin = self.origin_of(value);
        let together = self.origins.together(origin);
        let mut items = items;
        for item in &mut items {
            item.origin = self.origins.union(item.origin, together);
        }
        let mut items = items.into_iter();
        for target in &targets.before {
            let item = items.next().unwrap_or(Value::NIL);
            self.assign(env, target, item)?;
        }
        if let Some(splat) = &targets.splat {
            let count = items.len().saturating_sub(targets.after.len());
            let rest: Vec<Value> = items.by_ref().take(count).collect();
            if let Some(target) = splat {
                let rest = self.array(rest).with_origin(together);
                self.assign(env, target, rest)?;
            }
        }
        for target in &targets.after {
            let item = items.next().unwrap_or(Value::NIL);
            self.assign(env, target, item)?;
        }
        Ok(())
    }

    /// `target op= value`, evaluating the target's parts once.
    pub(super) fn op_assign(
        &mut self,
        env: &Env,
        target: &Target,
        op: AssignOp,
        value: &Expr,
    ) -> R {
        match &target.kind {
            T::Attr { recv, name, safe } => {
                let recv_value = self.eval(env, recv)?;
                if *safe && recv_value.is_nil() {
                    return Ok(Value::NIL);
                }
                self.current = target.span;
                let form = form(recv);
                let old = self.send(recv_value, *name, Args::default(), form)?;
                self.combine(env, old, op, value, |this, new| {
                    this.current = target.span;
                    this.send(recv_value, writer(*name), Args::of(&[new]), form)?;
                    Ok(new)
                })
            }
            T::Index { recv, args } => {
                let recv_value = self.eval(env, recv)?;
                let args = self.eval_args(env, args)?;
                self.current = target.span;
                let form = form(recv);
                let old = self.send(recv_value, Name::new("[]"), args.clone(), form)?;
                self.combine(env, old, op, value, |this, new| {
                    let mut args = args;
                    args.list.push(new);
                    this.current = target.span;
                    this.send(recv_value, Name::new("[]="), args, form)?;
                    Ok(new)
                })
            }
            _ => {
                let old = self.read_target(env, target, op)?;
                let grows = matches!(op, AssignOp::Op(_));
                self.combine(env, old, op, value, |this, new| {
                    this.assign_as(env, target, new, grows)
                })
            }
        }
    }

    fn combine(
        &mut self,
        env: &Env,
        old: Value,
        op: AssignOp,
        value: &Expr,
        write: impl FnOnce(&mut Self, Value) -> R,
    ) -> R {
        match op {
            AssignOp::Or => self.branch(
                old,
                |_| Ok(old),
                |this| {
                    let new = this.eval(env, value)?;
                    write(this, new)
                },
            ),
            AssignOp::And => self.branch(
                old,
                |this| {
                    let new = this.eval(env, value)?;
                    write(this, new)
                },
                |_| Ok(old),
            ),
            AssignOp::Op(name) => {
                let operand = self.eval(env, value)?;
                self.current = value.span;
                let new = self.send(old, name, Args::of(&[operand]), Form::Explicit)?;
                write(self, new)
            }
        }
    }

    fn read_target(&mut self, env: &Env, target: &Target, op: AssignOp) -> R {
        match &target.kind {
            T::Local(at) => Ok(self.heap.local(env.scope, at.depth, at.slot)),
            T::IVar(name) => Ok(self.ivar(env.ctx.self_value, *name).unwrap_or(Value::NIL)),
            T::GVar(name) => Ok(self.global(*name)),
            T::CVar(name) if op == AssignOp::Or => {
                Ok(self.find_class_variable(env, *name).unwrap_or(Value::NIL))
            }
            T::CVar(name) => self.class_variable(env, *name),
            T::Const(name) => Ok(self.find_const(env, *name).unwrap_or(Value::NIL)),
            _ => Ok(Value::NIL),
        }
    }

    /// `*value` as a list.
    pub(crate) fn splat(&mut self, value: Value) -> R<Vec<Value>> {
        if let Some(items) = self.array_items(value) {
            return Ok(items.to_vec());
        }
        if value.is_nil() {
            return Ok(Vec::new());
        }
        let is_list = match value.obj().map(|id| self.data(id)) {
            Some(Data::Hash(_) | Data::Range(_) | Data::Match(_)) => true,
            Some(Data::Host(_) | Data::Plain) => self.responds(value, "to_a"),
            _ => false,
        };
        if is_list {
            let list = self.call(value, "to_a", &[])?;
            if let Some(items) = self.array_items(list) {
                return Ok(items.to_vec());
            }
        }
        Ok(vec![value])
    }

    /// Whether a method can be found; `respond_to?` for the machine's own questions.
    pub fn responds(&mut self, value: Value, name: &str) -> bool {
        let class = self.class_of(value);
        self.classes.find(class, Name::new(name)).is_some()
    }
}

fn writer(name: Name) -> Name {
    Name::new(&format!("{name}="))
}

fn form(recv: &Expr) -> Form {
    if matches!(recv.kind, foretaste_parser::ruby::ast::ExprKind::SelfRef) {
        Form::Own
    } else {
        Form::Explicit
    }
}
