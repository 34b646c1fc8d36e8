//! Constants, class variables, globals, `defined?`.

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast::{Expr, ExprKind as E};

use super::super::Interp;
use super::super::class::ClassId;
use super::super::env::Env;
use super::super::flow::R;
use super::super::value::Value;

impl Interp {
    pub(super) fn eval_const(&mut self, env: &Env, expr: &Expr) -> R {
        match &expr.kind {
            E::Const(name) => {
                if let Some(value) = self.find_const(env, *name) {
                    return Ok(value);
                }
                self.current = expr.span;
                self.missing_const(env.ctx.cref.class, *name)
            }
            E::RootConst(name) => {
                self.current = expr.span;
                self.const_in(self.core.object, *name)
            }
            E::ScopedConst(scope, name) => {
                let scope = self.eval(env, scope)?;
                self.current = expr.span;
                if let Some(id) = self.unknown_of(scope) {
                    return Ok(Value::from(id).with_origin(scope.origin));
                }
                match self.as_class(scope) {
                    Some(class) => self.const_of(class, *name),
                    None => {
                        let text = self.inspect(scope)?;
                        Err(self.type_error(format!("{text} is not a class/module")))
                    }
                }
            }
            _ => Ok(Value::NIL),
        }
    }

    /// Lexical scopes first, then the ancestors of the innermost one, then Object.
    pub(super) fn find_const(&mut self, env: &Env, name: Name) -> Option<Value> {
        let mut cref = Some(&env.ctx.cref);
        while let Some(scope) = cref {
            if scope.class != self.core.object
                && let Some(value) = self.classes.get(scope.class).constants.get(&name)
            {
                return Some(*value);
            }
            cref = scope.parent.as_ref();
        }
        self.inherited_const(env.ctx.cref.class, name).or_else(|| {
            self.classes
                .get(self.core.object)
                .constants
                .get(&name)
                .copied()
        })
    }

    fn inherited_const(&mut self, class: ClassId, name: Name) -> Option<Value> {
        let order = self.classes.ancestors(class);
        order
            .iter()
            .find_map(|c| self.classes.get(*c).constants.get(&name).copied())
    }

    /// `scope::Name`: what only `Object` has, from which every class descends, is not meant.
    fn const_of(&mut self, scope: ClassId, name: Name) -> R {
        let object = self.core.object;
        let order = self.classes.ancestors(scope);
        let mut own = order.iter().filter(|c| scope == object || **c != object);
        let found = own.find_map(|c| self.classes.get(*c).constants.get(&name).copied());
        match found {
            Some(value) => Ok(value),
            None => self.missing_const(scope, name),
        }
    }

    /// `scope.const_get(name)`
    pub fn const_in(&mut self, scope: ClassId, name: Name) -> R {
        match self.inherited_const(scope, name) {
            Some(value) => Ok(value),
            None => self.missing_const(scope, name),
        }
    }

    fn missing_const(&mut self, scope: ClassId, name: Name) -> R {
        let attached = self.classes.get(scope).attached;
        let of_object = attached.filter(|object| self.as_class(*object).is_none());
        // In an object's own class everything is at hand that is so at the top.
        let place = match of_object {
            Some(_) => self.core.object,
            None => scope,
        };
        if let Some(value) = self.autoload_constant(name)? {
            return Ok(value);
        }
        if let Some(value) = super::super::builtin::errors::errno_constant(self, place, name) {
            return Ok(value);
        }
        let asked = match of_object {
            Some(object) => self.real_class_of(object),
            None => scope,
        };
        let object = self.class_value(asked);
        if self.responds(object, "const_missing") {
            return self.call(object, "const_missing", &[name.into()]);
        }
        if let Some(value) = (self.hooks.const_missing)(self, place, name)? {
            return Ok(value);
        }
        // What Ruby or its library has and we lack is undetermined, never a false `NameError`.
        if super::super::builtin::known::is_constant(name.as_str())
            && !super::super::library::needs_require(name.as_str())
        {
            return Ok(self.unsupported(format!("{name} is not supported")));
        }
        // Of an object's own class Ruby shows the class of the object.
        let owner = match (of_object, self.classes.get(scope).attached) {
            (Some(object), _) => Some(self.real_class_of(object)),
            (None, Some(_)) => None,
            (None, None) => Some(scope),
        };
        let text = match owner {
            Some(class) if class != self.core.object => {
                format!("uninitialized constant {}::{name}", self.class_name(class))
            }
            _ => format!("uninitialized constant {name}"),
        };
        let flow = self.error(self.core.name_error, text);
        let flow = self.with_detail(flow, "name", name.into());
        let receiver = self.class_value(scope);
        Err(self.with_detail(flow, "receiver", receiver))
    }

    pub fn set_const(&mut self, scope: ClassId, name: Name, value: Value) {
        // A class made by `Class.new` takes the name of the first constant it is given to.
        if let Some(class) = self.as_class(value)
            && self.classes.get(class).name.is_none()
            && self.classes.get(class).attached.is_none()
        {
            let full = self.full_name(scope, name);
            self.classes.get_mut(class).name = Some(full.as_str().into());
        }
        self.classes.get_mut(scope).constants.insert(name, value);
    }

    pub(super) fn full_name(&self, scope: ClassId, name: Name) -> String {
        if scope == self.core.object {
            name.to_string()
        } else {
            format!("{}::{name}", self.class_name(scope))
        }
    }

    fn variable_class(&self, env: &Env) -> ClassId {
        let class = env.ctx.cref.class;
        match self
            .classes
            .get(class)
            .attached
            .and_then(|v| self.as_class(v))
        {
            Some(class) => class,
            None => class,
        }
    }

    pub(super) fn find_class_variable(&mut self, env: &Env, name: Name) -> Option<Value> {
        let class = self.variable_class(env);
        let order = self.classes.ancestors(class);
        order
            .iter()
            .find_map(|c| self.classes.get(*c).class_variables.get(&name).copied())
    }

    pub(super) fn class_variable(&mut self, env: &Env, name: Name) -> R {
        if let Some(value) = self.find_class_variable(env, name) {
            return Ok(value);
        }
        let class = self.variable_class(env);
        let text = self.class_name(class);
        Err(self.name_error(format!("uninitialized class variable {name} in {text}")))
    }

    pub(super) fn set_class_variable(&mut self, env: &Env, name: Name, value: Value) {
        let class = self.variable_class(env);
        let order = self.classes.ancestors(class);
        let owner = order
            .iter()
            .copied()
            .find(|c| self.classes.get(*c).class_variables.contains_key(&name))
            .unwrap_or(class);
        self.classes
            .get_mut(owner)
            .class_variables
            .insert(name, value);
    }

    pub(super) fn global(&mut self, name: Name) -> Value {
        match name.as_str() {
            "$~" => self.last_match(),
            "$!" => self.current_exception.unwrap_or(Value::NIL),
            "$&" => self.match_group(0),
            "$`" | "$'" | "$+" => self.match_part(name.as_str()),
            "$/" => self.str("\n"),
            "$0" | "$PROGRAM_NAME" => {
                let path = self.stack.first().map(|f| f.source.path().to_string());
                self.str(path.unwrap_or_else(|| "-".into()))
            }
            _ => self.globals.get(&name).copied().unwrap_or(Value::NIL),
        }
    }

    pub(super) fn defined(&mut self, env: &Env, what: &Expr) -> R {
        let text = match &what.kind {
            E::Nil => "expression",
            E::SelfRef => "self",
            E::True | E::False => "expression",
            E::Local(_) => "local-variable",
            E::IVar(name) => {
                if self.ivar(env.ctx.self_value, *name).is_none() {
                    return Ok(Value::NIL);
                }
                "instance-variable"
            }
            E::GVar(name) => {
                if self.global(*name).is_nil() {
                    return Ok(Value::NIL);
                }
                "global-variable"
            }
            E::CVar(name) => {
                if self.find_class_variable(env, *name).is_none() {
                    return Ok(Value::NIL);
                }
                "class variable"
            }
            E::Const(_) | E::RootConst(_) | E::ScopedConst(..) => {
                let count = self.unknowns.count();
                match self.eval_const(env, what) {
                    // `X = … unless defined?(X)`: that a library without a model has this name, too, is far-fetched.
                    Ok(value)
                        if matches!(what.kind, E::Const(_))
                            && value.unknown().is_some()
                            && self.unknowns.count() > count =>
                    {
                        self.unknowns.hush(count);
                        return Ok(Value::NIL);
                    }
                    Ok(value) if self.unknown_of(value).is_some() => return Ok(value),
                    Ok(_) => "constant",
                    Err(super::super::flow::Flow::Raise(_)) => return Ok(Value::NIL),
                    Err(flow) => return Err(flow),
                }
            }
            E::Assign(..) | E::OpAssign(..) | E::MultiAssign(..) => "assignment",
            E::Yield(_) => {
                if env.ctx.activation.args.block.is_none() {
                    return Ok(Value::NIL);
                }
                "yield"
            }
            E::ZSuper(_) | E::Super(_) => {
                let class = self.class_of(env.ctx.self_value);
                let name = env.ctx.activation.method;
                let owner = env.ctx.activation.owner;
                if name
                    .and_then(|n| self.classes.find_after(class, owner, n))
                    .is_none()
                {
                    return Ok(Value::NIL);
                }
                "super"
            }
            E::Call(call) => {
                let recv = match &call.recv {
                    None => env.ctx.self_value,
                    Some(recv) => match self.eval(env, recv) {
                        Ok(value) => value,
                        Err(super::super::flow::Flow::Raise(_)) => return Ok(Value::NIL),
                        Err(flow) => return Err(flow),
                    },
                };
                if let Some(id) = self.unknown_of(recv) {
                    return Ok(id.into());
                }
                if !self.answers(recv, call.name)? {
                    return Ok(Value::NIL);
                }
                "method"
            }
            _ => "expression",
        };
        Ok(self.str(text))
    }

    /// `respond_to?` with `respond_to_missing?` and what is known to exist.
    pub fn answers(&mut self, recv: Value, name: Name) -> R<bool> {
        let class = self.class_of(recv);
        if self.classes.find(class, name).is_some() || self.is_known(class, name.as_str()) {
            return Ok(true);
        }
        if self.responds(recv, "respond_to_missing?") {
            let answer = self.call(recv, "respond_to_missing?", &[name.into(), Value::FALSE])?;
            return self.truth(answer);
        }
        Ok(false)
    }
}
