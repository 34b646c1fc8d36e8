//! `Binding`, and the evaluation of text: `eval`, `instance_eval("…")`, `class_eval("…")`.

use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast::Call;
use foretaste_parser::source::Source;

use super::super::class::{ClassId, Method, Table};
use super::super::env::{Args, Cref, Env};
use super::super::flow::R;
use super::super::value::{Kind, Value};
use super::super::{Interp, Label};
use super::{Builtin, def, table};

/// A place in a program: what it sees, and the names of its locals by slot, the outermost scope first.
#[derive(Clone, Debug)]
pub struct Binding {
    pub env: Env,
    pub scopes: Vec<Box<[Name]>>,
}

static METHODS: &[Builtin] = &[
    def("eval", 1, 3, |i, t, a| {
        let rest = a.list.get(1..).unwrap_or_default().to_vec();
        eval_text(i, t, a.get(0), &rest, None)
    }),
    def("irb", 0, 0, |_, _, _| Ok(Value::NIL)),
    def("local_variable_defined?", 1, 1, |i, t, a| {
        let name = Name::new(&i.name_arg(a.get(0))?);
        Ok(place(i, t, name).is_some().into())
    }),
    def("local_variable_get", 1, 1, |i, t, a| {
        let name = Name::new(&i.name_arg(a.get(0))?);
        match place(i, t, name) {
            Some((scope, depth, slot)) => Ok(i.heap.local(scope, depth, slot)),
            None => {
                let text = i.any_to_s(t);
                let flow =
                    i.name_error(format!("local variable `{name}' is not defined for {text}"));
                Err(i.with_detail(flow, "name", name.into()))
            }
        }
    }),
    def("local_variable_set", 2, 2, set).takes_unknown(),
    def("local_variables", 0, 0, |i, t, _| {
        let scopes = i.host_data::<Binding>(t).map(|b| b.scopes.clone());
        let names = visible(&scopes.unwrap_or_default());
        Ok(i.array(names))
    }),
    def("receiver", 0, 0, |i, t, _| {
        let binding = i.host_data::<Binding>(t);
        Ok(binding.map_or(Value::NIL, |b| b.env.ctx.self_value))
    }),
    def("source_location", 0, 0, |i, t, _| {
        let path = i
            .host_data::<Binding>(t)
            .map(|b| b.env.ctx.source.path().to_string());
        let path = i.str(path.unwrap_or_default());
        Ok(i.array(vec![path, 1.into()]))
    }),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub(super) fn install(interp: &mut Interp) {
    let object = interp.core.object;
    let class = interp.define_class("Binding", object);
    interp.add_methods(class, &TABLE);
}

/// A name's scope, as a binding finds it.
fn place(
    interp: &Interp,
    this: Value,
    name: Name,
) -> Option<(super::super::heap::ScopeId, u16, u16)> {
    let binding = interp.host_data::<Binding>(this)?;
    let mut depth = 0u16;
    for names in binding.scopes.iter().rev() {
        if let Some(slot) = names.iter().position(|n| *n == name) {
            return Some((binding.env.scope, depth, u16::try_from(slot).ok()?));
        }
        depth = depth.saturating_add(1);
    }
    None
}

fn set(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = Name::new(&interp.name_arg(args.get(0))?);
    if place(interp, this, name).is_none() {
        let Some(outer) = interp.host_data::<Binding>(this).map(|b| b.env.scope) else {
            return Ok(Value::NIL);
        };
        let scope = interp.heap.new_scope(1, Some(outer));
        interp.heap.capture(scope);
        if let Some(b) = interp.host_data_mut::<Binding>(this) {
            b.env.scope = scope;
            b.scopes.push(Box::new([name]));
        }
    }
    if let Some((scope, depth, slot)) = place(interp, this, name) {
        interp.heap.set_local(scope, depth, slot, args.get(1));
    }
    Ok(args.get(1))
}

/// The names that can be written, the innermost scope first.
fn visible(scopes: &[Box<[Name]>]) -> Vec<Value> {
    let mut seen: Vec<Name> = Vec::new();
    for name in scopes.iter().rev().flat_map(|s| s.iter()) {
        let plain = name
            .as_str()
            .starts_with(|c: char| c.is_alphabetic() || c == '_');
        if plain && !seen.contains(name) {
            seen.push(*name);
        }
    }
    seen.into_iter().map(Value::from).collect()
}

pub fn new_binding(interp: &mut Interp, env: &Env, scopes: Vec<Box<[Name]>>) -> Value {
    interp.heap.capture(env.scope);
    let class = interp.class_named("Binding");
    let env = env.clone();
    interp.new_host(class, Binding { env, scopes })
}

/// Another self and place for methods, as `instance_eval` and `class_eval` have them.
#[derive(Clone, Copy)]
struct Inside {
    this: Value,
    class: ClassId,
}

/// Runs text where a binding stands; `rest` is its file and line.
fn eval_text(
    interp: &mut Interp,
    binding: Value,
    text: Value,
    rest: &[Value],
    inside: Option<Inside>,
) -> R {
    let code = interp.str_arg(text)?;
    let path = match rest.first().filter(|p| !p.is_nil()) {
        Some(path) => interp.str_arg(*path)?,
        None => "(eval)".into(),
    };
    let line = match rest.get(1) {
        Some(line) => usize::try_from(interp.int_arg(*line)? - 1).unwrap_or(0),
        None => 0,
    };
    let Some(Binding { env, scopes }) = interp.host_data::<Binding>(binding).cloned() else {
        let class = interp.class_name(interp.real_class_of(binding));
        return Err(interp.type_error(format!("wrong argument type {class} (expected binding)")));
    };
    interp.check_len(code.len() + line)?;
    interp.spend(code.len() + line)?;
    let source = Arc::new(Source::new(path, "\n".repeat(line) + &code));
    let program = foretaste_parser::ruby::parse_within(source.clone(), &scopes);
    if let Some(error) = program.errors.first() {
        let place = source.location(error.span);
        let message = format!("{place}: {}", error.message);
        return Err(interp.error(interp.core.syntax_error, message));
    }
    let scope = interp.heap.new_scope(program.locals.len(), Some(env.scope));
    interp.heap.capture(scope);
    if !program.locals.is_empty()
        && let Some(b) = interp.host_data_mut::<Binding>(binding)
    {
        b.env.scope = scope;
        b.scopes.push(program.locals.clone());
    }
    let mut ctx = super::super::env::Context::clone(&env.ctx);
    ctx.source = source;
    if let Some(Inside { this, class }) = inside {
        ctx.self_value = this;
        ctx.definee = class.into();
        ctx.cref = Rc::new(Cref {
            class,
            parent: Some(ctx.cref),
        });
    }
    let label = match ctx.activation.method {
        Some(name) => Label::Method(name),
        None => Label::Main,
    };
    let env = Env {
        ctx: Rc::new(ctx),
        scope,
    };
    interp.eval_program(&Arc::new(program), &env, label)
}

impl Interp {
    /// A call whose meaning depends on the locals around it; `None` where it is an ordinary one.
    pub(in super::super) fn call_with_locals(
        &mut self,
        env: &Env,
        recv: Value,
        call: &Call,
        args: &Args,
    ) -> R<Option<Value>> {
        let Some(scopes) = &call.locals else {
            return Ok(None);
        };
        let class = self.class_of(recv);
        let native = match self.classes.find(class, call.name) {
            Some(found) => matches!(found.method, Method::Native(_)),
            None => true,
        };
        if !native || args.block.is_some() || self.unknown_of(recv).is_some() {
            return Ok(None);
        }
        let kernel = self.class_value(self.core.kernel);
        let own = call.recv.is_none() || recv.kind == kernel.kind;
        match call.name.as_str() {
            "binding" if own && args.is_empty() => {
                Ok(Some(new_binding(self, env, scopes.to_vec())))
            }
            "local_variables" if own && args.is_empty() => {
                let names = visible(scopes);
                Ok(Some(self.array(names)))
            }
            "eval" if own && !args.is_empty() => {
                if let Some(id) = args.list.iter().find_map(|a| self.unknown_or_hole(*a)) {
                    return Ok(Some(id.into()));
                }
                let binding = match args.opt(1).filter(|b| !b.is_nil()) {
                    Some(binding) => binding,
                    None => new_binding(self, env, scopes.to_vec()),
                };
                let rest = args.list.get(2..).unwrap_or_default();
                self.within_native("eval", |this| {
                    eval_text(this, binding, args.get(0), rest, None)
                })
                .map(Some)
            }
            "instance_eval" | "class_eval" | "module_eval" if !args.is_empty() => {
                if let Some(id) = args.list.iter().find_map(|a| self.unknown_or_hole(*a)) {
                    return Ok(Some(id.into()));
                }
                let class = match (call.name.as_str(), self.as_class(recv)) {
                    ("instance_eval", _) => self.singleton_of(recv),
                    (_, Some(class)) => class,
                    (_, None) => return Ok(None),
                };
                let binding = new_binding(self, env, scopes.to_vec());
                let rest = args.list.get(1..).unwrap_or_default();
                let inside = Some(Inside { this: recv, class });
                eval_text(self, binding, args.get(0), rest, inside).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// `TOPLEVEL_BINDING`
    pub(in super::super) fn toplevel_binding(&mut self) -> Option<Value> {
        let (env, names) = self.toplevel.clone()?;
        Some(new_binding(self, &env, vec![names]))
    }

    /// Marks what a native method does in backtraces.
    fn within_native(&mut self, name: &'static str, f: impl FnOnce(&mut Self) -> R) -> R {
        self.natives.push((self.stack.len(), name));
        let result = f(self);
        self.natives.pop();
        match result {
            Err(super::super::flow::Flow::Unknown(id)) => Ok(Kind::Unknown(id).into()),
            other => other,
        }
    }
}
