//! Exceptions as objects.

use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::R;
use super::super::object::{Data, Exception};
use super::super::value::Value;
use super::{Builtin, def, table};

static METHODS: &[Builtin] = &[
    def("initialize", 0, -1, initialize).takes_unknown(),
    def("message", 0, 0, message).takes_unknown(),
    def("detailed_message", 0, 1, message).takes_unknown(),
    def("to_s", 0, 0, to_s).takes_unknown(),
    def("inspect", 0, 0, inspect).takes_unknown(),
    def("full_message", 0, 1, message).takes_unknown(),
    def("backtrace", 0, 0, backtrace),
    def("backtrace_locations", 0, 0, backtrace),
    def("set_backtrace", 1, 1, |_, _, a| Ok(a.get(0))).takes_unknown(),
    def("cause", 0, 0, cause),
    def("exception", 0, 1, exception).takes_unknown(),
    def("==", 1, 1, equal),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

static STATIC: &[Builtin] =
    &[def("exception", 0, -1, |i, v, a| i.call(v, "new", &a.list)).takes_unknown()];
static STATIC_TABLE: Table = LazyLock::new(|| table(STATIC));

static SYSTEM_EXIT: &[Builtin] = &[
    def("status", 0, 0, |_, _, _| Ok(0.into())),
    def("success?", 0, 0, |_, _, _| Ok(Value::TRUE)),
];
static SYSTEM_EXIT_TABLE: Table = LazyLock::new(|| table(SYSTEM_EXIT));

pub(super) fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.exception, &TABLE);
    interp.add_static(interp.core.exception, &STATIC_TABLE);
    interp.add_methods(interp.core.system_exit, &SYSTEM_EXIT_TABLE);
}

fn of(interp: &Interp, this: Value) -> Option<&Exception> {
    match interp.data(this.obj()?) {
        Data::Exception(e) => Some(e),
        _ => None,
    }
}

fn initialize(interp: &mut Interp, this: Value, args: &Args) -> R {
    let message = args.get(0);
    if let Some(id) = this.obj()
        && let Data::Exception(e) = &mut interp.heap.get_mut(id).data
    {
        e.message = message;
    }
    Ok(Value::NIL)
}

fn to_s(interp: &mut Interp, this: Value, _: &Args) -> R {
    let message = of(interp, this).map_or(Value::NIL, |e| e.message);
    if message.is_nil() {
        let name = interp.class_name(interp.real_class_of(this));
        return Ok(interp.str(&*name));
    }
    let text = interp.to_text(message)?;
    Ok(interp.str(text))
}

fn message(interp: &mut Interp, this: Value, _: &Args) -> R {
    interp.call(this, "to_s", &[])
}

fn inspect(interp: &mut Interp, this: Value, _: &Args) -> R {
    let name = interp.class_name(interp.real_class_of(this));
    let text = interp.to_text(this)?;
    let text = if text.is_empty() {
        name.to_string()
    } else {
        format!("#<{name}: {text}>")
    };
    Ok(interp.str(text))
}

fn backtrace(interp: &mut Interp, this: Value, _: &Args) -> R {
    let lines: Vec<String> = of(interp, this)
        .map(|e| e.backtrace.iter().map(ToString::to_string).collect())
        .unwrap_or_default();
    if lines.is_empty() {
        return Ok(Value::NIL);
    }
    let list = lines.into_iter().map(|l| interp.str(l)).collect();
    Ok(interp.array(list))
}

fn cause(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(of(interp, this).and_then(|e| e.cause).unwrap_or(Value::NIL))
}

fn exception(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(message) = args.opt(0) else {
        return Ok(this);
    };
    let copy = interp.call(this, "dup", &[])?;
    initialize(interp, copy, &Args::of(&[message]))?;
    Ok(copy)
}

fn equal(interp: &mut Interp, this: Value, args: &Args) -> R {
    let other = args.get(0);
    if interp.real_class_of(this) != interp.real_class_of(other) {
        return Ok(Value::FALSE);
    }
    let (a, b) = (interp.to_text(this)?, interp.to_text(other)?);
    Ok((a == b).into())
}
