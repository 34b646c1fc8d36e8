//! Definitions: methods, classes, modules, aliases.

use std::rc::Rc;
use std::sync::Arc;

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast::{Body, ClassDef, Def, Expr, ExprKind as E};

use super::super::class::{ClassId, Found, Method, Visibility};
use super::super::env::{Activation, Args, Context, Cref, Definee, Env};
use super::super::flow::R;
use super::super::value::Value;
use super::super::{Interp, Label};

impl Interp {
    pub(super) fn eval_definition(&mut self, env: &Env, expr: &Expr) -> R {
        self.current = expr.span;
        match &expr.kind {
            E::Def(def) => self.define_method(env, def),
            E::Class(class) => self.define_class_at(env, class),
            E::Module(module) => self.define_module_at(env, module),
            E::SingletonClass { object, body } => {
                let object = self.eval(env, object)?;
                if let Some(id) = self.unknown_of(object) {
                    return Ok(id.into());
                }
                let class = self.singleton_of(object);
                self.run_class_body(env, class, body)
            }
            E::Alias { new, old } => {
                let (new, old) = (self.eval(env, new)?, self.eval(env, old)?);
                if let (Some(new), Some(old)) = (self.text_or_sym(new), self.text_or_sym(old)) {
                    let (new, old) = (Name::new(new), Name::new(old));
                    if new.as_str().starts_with('$') {
                        let value = self.global(old);
                        self.globals.insert(new, value);
                    } else {
                        let class = self.definee(env);
                        self.alias_method(class, new, old)?;
                    }
                }
                Ok(Value::NIL)
            }
            E::Undef(names) => {
                for name in names {
                    let name = self.eval(env, name)?;
                    if let Some(name) = self.text_or_sym(name).map(Name::new) {
                        let class = self.definee(env);
                        let methods = &mut self.classes.get_mut(class).methods;
                        methods.insert(name, (Method::Undefined, Visibility::Public));
                    }
                }
                Ok(Value::NIL)
            }
            _ => Ok(Value::NIL),
        }
    }

    /// `alias_method`
    pub fn alias_method(&mut self, class: ClassId, new: Name, old: Name) -> R<()> {
        let found = match self.classes.find(class, old) {
            Some(found) => Some(found),
            // A module's aliases may name what Object has.
            None if self.classes.get(class).is_module => self.classes.find(self.core.object, old),
            None => None,
        };
        let Some(found) = found else {
            if self.classes.opaque(class).is_some() || self.is_known(class, old.as_str()) {
                return Ok(());
            }
            let word = if self.classes.get(class).is_module {
                "module"
            } else {
                "class"
            };
            let text = self.class_name(class);
            return Err(self.name_error(format!("undefined method `{old}' for {word} `{text}'")));
        };
        let visibility = found.visibility;
        let method = Method::Alias(Box::new(Found::clone(&found)));
        self.classes
            .get_mut(class)
            .methods
            .insert(new, (method, visibility));
        Ok(())
    }

    fn define_method(&mut self, env: &Env, def: &Arc<Def>) -> R {
        let method = Method::Def(def.clone(), env.ctx.cref.clone());
        if let Some(object) = &def.singleton {
            let object = self.eval(env, object)?;
            if self.unknown_of(object).is_some() {
                return Ok(def.name.into());
            }
            let class = self.singleton_of(object);
            self.classes
                .get_mut(class)
                .methods
                .insert(def.name, (method, Visibility::Public));
            return Ok(def.name.into());
        }
        let class = self.definee(env);
        let activation = &env.ctx.activation;
        let mut visibility = activation.visibility.get();
        if matches!(
            def.name.as_str(),
            "initialize" | "initialize_copy" | "respond_to_missing?"
        ) {
            visibility = Visibility::Private;
        }
        if activation.module_function.get() {
            let object = self.class_value(class);
            let meta = self.singleton_of(object);
            let methods = &mut self.classes.get_mut(meta).methods;
            methods.insert(def.name, (method.clone(), Visibility::Public));
        }
        self.note_redefined(class, def.name);
        self.classes
            .get_mut(class)
            .methods
            .insert(def.name, (method, visibility));
        self.method_added(class, def.name)?;
        Ok(def.name.into())
    }

    /// Operators of the core classes are computed without looking for methods: that somebody gives one of them another
    /// meaning is not followed, and is said.
    fn note_redefined(&mut self, class: ClassId, name: Name) {
        const OPERATORS: &[&str] = &[
            "+", "-", "*", "/", "%", "**", "==", "!=", "<", ">", "<=", ">=", "<=>", "===", "!",
            "=~", "to_s", "to_str", "eql?", "hash", "each", "coerce", "nil?",
        ];
        let core = self.core;
        let classes = [
            core.integer,
            core.float,
            core.string,
            core.symbol,
            core.nil,
            core.true_class,
            core.false_class,
            core.array,
            core.hash,
            core.comparable,
            core.kernel,
            core.object,
        ];
        let native = |interp: &mut Self| {
            let found = interp.classes.find(class, name);
            found.is_some_and(|f| matches!(f.method, Method::Native(_)))
        };
        if classes.contains(&class) && OPERATORS.contains(&name.as_str()) && native(self) {
            let class = self.class_name(class);
            self.unsupported(format!("{class}#{name} with another meaning than Ruby's"));
        }
    }

    /// Where `def`, `alias` and `undef` act.
    fn definee(&mut self, env: &Env) -> ClassId {
        match env.ctx.definee {
            Definee::Class(class) => class,
            Definee::SingletonOf(value) => self.singleton_of(value),
        }
    }

    fn method_added(&mut self, class: ClassId, name: Name) -> R<()> {
        let object = self.class_value(class);
        if self.classes.get(class).attached.is_none() && self.responds(object, "method_added") {
            self.call(object, "method_added", &[name.into()])?;
        }
        Ok(())
    }

    /// The scope and name that a class path stands for.
    fn class_place(&mut self, env: &Env, path: &Expr) -> R<Option<(ClassId, Name)>> {
        Ok(match &path.kind {
            E::Const(name) => Some((env.ctx.cref.class, *name)),
            E::RootConst(name) => Some((self.core.object, *name)),
            E::ScopedConst(scope, name) => {
                let scope = self.eval(env, scope)?;
                self.as_class(scope).map(|c| (c, *name))
            }
            _ => None,
        })
    }

    fn existing(&mut self, path: &Expr, scope: ClassId, name: Name) -> R<Option<Value>> {
        if let Some(value) = self.classes.get(scope).constants.get(&name) {
            return Ok(Some(*value));
        }
        // `class Foo` at top level reopens only what Object itself has; the host may know it too.
        if matches!(path.kind, E::Const(_)) && scope != self.core.object {
            return Ok(None);
        }
        // What has no model is not there to be reopened, and nothing of it is used.
        let count = self.unknowns.count();
        let found = (self.hooks.const_missing)(self, scope, name)?;
        let found = found.filter(|v| self.as_class(*v).is_some());
        if found.is_none() {
            self.unknowns.hush(count);
        }
        Ok(found)
    }

    fn define_class_at(&mut self, env: &Env, def: &Arc<ClassDef>) -> R {
        let superclass = match &def.superclass {
            Some(expr) => Some(self.eval(env, expr)?),
            None => None,
        };
        let Some((scope, name)) = self.class_place(env, &def.path)? else {
            return Ok(self.unsupported("a class inside something unknown"));
        };
        self.current = def.span;
        let existing = self
            .existing(&def.path, scope, name)?
            .and_then(|v| self.as_class(v));
        let class = match existing {
            Some(class) if self.classes.get(class).is_module => {
                let text = self.full_name(scope, name);
                return Err(self.type_error(format!("{text} is not a class")));
            }
            Some(class) => {
                if let Some(given) = superclass.and_then(|v| self.as_class(v))
                    && self.classes.get(class).superclass != Some(given)
                {
                    let text = self.full_name(scope, name);
                    return Err(self.type_error(format!("superclass mismatch for class {text}")));
                }
                class
            }
            None => {
                let parent = superclass
                    .and_then(|v| self.as_class(v))
                    .unwrap_or(self.core.object);
                let class = self.anonymous_class(parent);
                if let Some(id) = superclass.and_then(|v| self.unknown_of(v)) {
                    self.classes.get_mut(class).opaque = Some(id);
                }
                let value = self.class_value(class);
                self.set_const(scope, name, value);
                self.inherited(parent, value)?;
                class
            }
        };
        self.run_class_body(env, class, &def.body)
    }

    /// Tells a superclass of its new child.
    pub fn inherited(&mut self, parent: ClassId, child: Value) -> R<()> {
        let object = self.class_value(parent);
        if self.responds(object, "inherited") {
            self.call(object, "inherited", &[child])?;
        }
        Ok(())
    }

    fn define_module_at(&mut self, env: &Env, def: &Arc<ClassDef>) -> R {
        let Some((scope, name)) = self.class_place(env, &def.path)? else {
            return Ok(self.unsupported("a module inside something unknown"));
        };
        let existing = self
            .existing(&def.path, scope, name)?
            .and_then(|v| self.as_class(v));
        let module = match existing {
            Some(module) if !self.classes.get(module).is_module => {
                let text = self.full_name(scope, name);
                return Err(self.type_error(format!("{text} is not a module")));
            }
            Some(module) => module,
            None => {
                let module = self.anonymous_module();
                let value = self.class_value(module);
                self.set_const(scope, name, value);
                module
            }
        };
        self.run_class_body(env, module, &def.body)
    }

    fn run_class_body(&mut self, env: &Env, class: ClassId, body: &Body) -> R {
        let Some(expr) = &body.expr else {
            return Ok(Value::NIL);
        };
        let scope = self.heap.new_scope(body.locals.len(), None);
        let activation = Rc::new(Activation {
            id: self.fresh_id(),
            method: None,
            def: None,
            owner: class,
            args: Args::default(),
            last_match: Rc::new(std::cell::Cell::new(Value::NIL)),
            visibility: Default::default(),
            module_function: Default::default(),
        });
        self.class_bodies.push((class, activation.clone()));
        let ctx = Context {
            self_value: self.class_value(class),
            source: env.ctx.source.clone(),
            cref: Rc::new(Cref {
                class,
                parent: Some(env.ctx.cref.clone()),
            }),
            definee: class.into(),
            activation,
        };
        let inner = Env {
            ctx: Rc::new(ctx),
            scope,
        };
        let call = self.current;
        let source = env.ctx.source.clone();
        let last_match = inner.ctx.activation.last_match.clone();
        let result = self.in_frame(
            &source,
            Label::Class(class),
            call,
            None,
            last_match,
            |this| this.eval(&inner, expr),
        );
        self.class_bodies.pop();
        self.heap.drop_scope(scope);
        result
    }
}
