//! Proc and Method.

use std::sync::LazyLock;

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast::{KeywordRest, Param, Params};

use super::super::Interp;
use super::super::class::{Found, Method, Table, Visibility};
use super::super::env::Args;
use super::super::flow::R;
use super::super::object::{Data, MethodObject, ProcBody};
use super::super::value::Value;
use super::{Builtin, def, table};

static PROC: &[Builtin] = &[
    def("call", 0, -1, call).takes_unknown(),
    def("()", 0, -1, call).takes_unknown(),
    def("yield", 0, -1, call).takes_unknown(),
    def("[]", 0, -1, call).takes_unknown(),
    def("===", 0, -1, call).takes_unknown(),
    def("to_proc", 0, 0, |_, v, _| Ok(v)),
    def("lambda?", 0, 0, |i, v, _| {
        Ok(matches!(v.obj().map(|id| i.data(id)), Some(Data::Proc(p)) if p.lambda).into())
    }),
    def("arity", 0, 0, arity),
    def("parameters", 0, 1, parameters),
    def("curry", 0, 1, curry),
    def(">>", 1, 1, |i, v, a| {
        let other = callable(i, a)?;
        Ok(i.new_proc(ProcBody::Compose(v, other), true))
    }),
    def("<<", 1, 1, |i, v, a| {
        let other = callable(i, a)?;
        Ok(i.new_proc(ProcBody::Compose(other, v), true))
    }),
];
static PROC_TABLE: Table = LazyLock::new(|| table(PROC));

static PROC_STATIC: &[Builtin] = &[def("new", 0, 0, |i, _, a| {
    a.block
        .ok_or(())
        .map_err(|()| i.argument_error("tried to create Proc object without a block"))
})];
static PROC_STATIC_TABLE: Table = LazyLock::new(|| table(PROC_STATIC));

static METHOD: &[Builtin] = &[
    def("call", 0, -1, call_method).takes_unknown(),
    def("[]", 0, -1, call_method).takes_unknown(),
    def("===", 0, -1, call_method).takes_unknown(),
    def("to_proc", 0, 0, to_proc),
    def("unbind", 0, 0, unbind),
    def("bind", 1, 1, bind),
    def("name", 0, 0, |i, v, _| {
        Ok(method_of(i, v).map_or(Value::NIL, |m| m.name.into()))
    }),
    def("owner", 0, 0, |i, v, _| {
        Ok(method_of(i, v).map_or(Value::NIL, |m| i.class_value(m.owner)))
    }),
    def("receiver", 0, 0, |i, v, _| {
        Ok(method_of(i, v).and_then(|m| m.recv).unwrap_or(Value::NIL))
    }),
    def("arity", 0, 0, arity),
    def("parameters", 0, 0, parameters),
    def(">>", 1, 1, |i, v, a| {
        let other = callable(i, a)?;
        Ok(i.new_proc(ProcBody::Compose(v, other), true))
    }),
    def("<<", 1, 1, |i, v, a| {
        let other = callable(i, a)?;
        Ok(i.new_proc(ProcBody::Compose(other, v), true))
    }),
];
static METHOD_TABLE: Table = LazyLock::new(|| table(METHOD));

/// What a proc is composed with.
fn callable(interp: &mut Interp, args: &Args) -> R {
    let other = args.get(0);
    if interp.responds(other, "call") {
        return Ok(other);
    }
    Err(interp.type_error("callable object is expected"))
}

pub(super) fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.proc_class, &PROC_TABLE);
    interp.add_static(interp.core.proc_class, &PROC_STATIC_TABLE);
    interp.add_methods(interp.core.method, &METHOD_TABLE);
    interp.add_methods(interp.core.unbound_method, &METHOD_TABLE);
}

fn call(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.call_proc(this, args.clone())
}

fn method_of(interp: &Interp, this: Value) -> Option<std::rc::Rc<MethodObject>> {
    match interp.data(this.obj()?) {
        Data::Method(m) => Some(m.clone()),
        _ => None,
    }
}

fn call_method(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(m) = method_of(interp, this) else {
        return Ok(Value::NIL);
    };
    let Some(recv) = m.recv else {
        return Err(interp.type_error("an unbound method cannot be called"));
    };
    let found = Found {
        method: m.method.clone(),
        owner: m.owner,
        visibility: Visibility::Public,
    };
    interp.invoke(&found, recv, m.name, args.clone())
}

fn to_proc(interp: &mut Interp, this: Value, _: &Args) -> R {
    match method_of(interp, this) {
        Some(m) => Ok(interp.new_proc(ProcBody::Method(m), true)),
        None => Ok(Value::NIL),
    }
}

fn unbind(interp: &mut Interp, this: Value, _: &Args) -> R {
    let Some(m) = method_of(interp, this) else {
        return Ok(Value::NIL);
    };
    let unbound = MethodObject {
        recv: None,
        name: m.name,
        owner: m.owner,
        method: m.method.clone(),
    };
    Ok(interp
        .alloc(interp.core.unbound_method, Data::Method(unbound.into()))
        .into())
}

fn bind(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(m) = method_of(interp, this) else {
        return Ok(Value::NIL);
    };
    let bound = MethodObject {
        recv: Some(args.get(0)),
        name: m.name,
        owner: m.owner,
        method: m.method.clone(),
    };
    Ok(interp
        .alloc(interp.core.method, Data::Method(bound.into()))
        .into())
}

/// The parameters of a proc or method written in Ruby, and whether they are counted strictly.
fn with_params<T>(interp: &Interp, this: Value, f: impl Fn(&Params, bool) -> T) -> Option<T> {
    fn of_method<T>(interp: &Interp, method: &Method, f: &dyn Fn(&Params, bool) -> T) -> Option<T> {
        match method {
            Method::Def(def, _) => Some(f(&def.params, true)),
            Method::Alias(found) => of_method(interp, &found.method, f),
            Method::Proc(proc) => match interp.data(proc.obj()?) {
                Data::Proc(p) => match &p.body {
                    ProcBody::Block { block, .. } => Some(f(&block.params, true)),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }
    match interp.data(this.obj()?) {
        Data::Proc(p) => match &p.body {
            ProcBody::Block { block, .. } => Some(f(&block.params, p.lambda)),
            ProcBody::Method(m) => of_method(interp, &m.method, &f),
            _ => None,
        },
        Data::Method(m) => of_method(interp, &m.method, &f),
        _ => None,
    }
}

/// Required parameters count; optional ones of a method or lambda, or a rest, make it open (negative).
fn arity_of(p: &Params, strict: bool) -> i64 {
    let needed = p.required.len() + p.post.len();
    let keyword = p.keywords.iter().any(|k| k.2.is_none());
    let optional_keyword = !keyword && !p.keywords.is_empty();
    let open =
        p.rest.is_some() || p.forward || (strict && (!p.optional.is_empty() || optional_keyword));
    let fixed = i64::try_from(needed + usize::from(keyword)).unwrap_or(0);
    if open { -fixed - 1 } else { fixed }
}

fn arity(interp: &mut Interp, this: Value, _: &Args) -> R {
    if let Some(n) = with_params(interp, this, arity_of) {
        return Ok(n.into());
    }
    if let Some(m) = method_of(interp, this)
        && let Method::Native(b) = &m.method
    {
        let min = i64::from(b.min);
        return Ok(if i64::from(b.max) == min {
            min.into()
        } else {
            (-min - 1).into()
        });
    }
    Ok((-2).into())
}

/// The names of the locals of a proc or method written in Ruby, by slot.
fn locals_of(interp: &Interp, this: Value) -> Vec<Name> {
    fn of_method(interp: &Interp, method: &Method) -> Vec<Name> {
        match method {
            Method::Def(def, _) => def.body.locals.to_vec(),
            Method::Alias(found) => of_method(interp, &found.method),
            Method::Proc(proc) => locals_of(interp, *proc),
            _ => Vec::new(),
        }
    }
    match this.obj().map(|id| interp.data(id)) {
        Some(Data::Proc(p)) => match &p.body {
            ProcBody::Block { block, .. } => block.body.locals.to_vec(),
            ProcBody::Method(m) => of_method(interp, &m.method),
            _ => Vec::new(),
        },
        Some(Data::Method(m)) => of_method(interp, &m.method),
        _ => Vec::new(),
    }
}

/// Kind and name of each parameter.
fn rows(p: &Params, strict: bool, locals: &[Name]) -> Vec<(&'static str, Option<Name>)> {
    let name = |slot: u16| locals.get(usize::from(slot)).copied();
    let written = |slot: u16| {
        name(slot).filter(|n| {
            n.as_str()
                .starts_with(|c: char| c.is_alphabetic() || c == '_')
        })
    };
    let required = |param: &Param| {
        let word = if strict { "req" } else { "opt" };
        match param {
            Param::Slot(slot) => (word, name(*slot)),
            Param::Destructure(_) => (word, None),
        }
    };
    let mut out: Vec<_> = p.required.iter().map(required).collect();
    out.extend(p.optional.iter().map(|(slot, _)| ("opt", name(*slot))));
    if let Some(rest) = p.rest {
        out.push(("rest", rest.and_then(written)));
    }
    out.extend(p.post.iter().map(required));
    let needed = p.keywords.iter().filter(|k| k.2.is_none());
    out.extend(needed.map(|k| ("keyreq", Some(k.0))));
    let optional = p.keywords.iter().filter(|k| k.2.is_some());
    out.extend(optional.map(|k| ("key", Some(k.0))));
    match p.keyword_rest {
        KeywordRest::Rest(slot) => out.push(("keyrest", slot.and_then(written))),
        KeywordRest::Forbidden => out.push(("nokey", None)),
        KeywordRest::None => {}
    }
    if let Some(block) = p.block {
        out.push(("block", block.and_then(written)));
    }
    out
}

fn parameters(interp: &mut Interp, this: Value, args: &Args) -> R {
    let lambda = interp.keyword(args, "lambda").and_then(Value::truthy);
    let locals = locals_of(interp, this);
    let found = with_params(interp, this, |p, strict| {
        rows(p, lambda.unwrap_or(strict), &locals)
    });
    let Some(found) = found else {
        return Ok(interp.unsupported("the parameters of a native method"));
    };
    let mut list = Vec::new();
    for (kind, name) in found {
        let mut row = vec![Value::sym(kind)];
        row.extend(name.map(Value::from));
        list.push(interp.array(row));
    }
    Ok(interp.array(list))
}

fn curry(interp: &mut Interp, this: Value, args: &Args) -> R {
    let want = match args.get(0).kind {
        super::super::value::Kind::Int(n) => usize::try_from(n).unwrap_or(0),
        _ => with_params(interp, this, |p, _| p.required.len() + p.post.len()).unwrap_or(1),
    };
    if want == 0 {
        return interp.call_proc(this, Args::default());
    }
    Ok(interp.new_proc(
        ProcBody::Curry {
            f: this,
            have: Vec::new(),
            want,
        },
        true,
    ))
}
