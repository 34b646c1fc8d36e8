//! Native methods of `nil`, `true` and `false`.

use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::R;
use super::super::object::Hash;
use super::super::value::{Kind, Value};
use super::{Builtin, def, table};

static NIL: &[Builtin] = &[
    def("&", 1, 1, and).takes_unknown(),
    def("=~", 1, 1, |_, _, _| Ok(Value::NIL)).takes_unknown(),
    def("inspect", 0, 0, inspect),
    def("nil?", 0, 0, |_, _, _| Ok(Value::TRUE)),
    def("to_a", 0, 0, |i, _, _| Ok(i.array(Vec::new()))),
    def("to_f", 0, 0, |_, _, _| Ok(0.0.into())),
    def("to_h", 0, 0, |i, _, _| Ok(i.hash(Hash::default()))),
    def("to_i", 0, 0, |_, _, _| Ok(0i64.into())),
    def("to_s", 0, 0, |i, _, _| Ok(i.str(""))),
    def("|", 1, 1, or).takes_unknown(),
];
static NIL_TABLE: Table = LazyLock::new(|| table(NIL));

static BOOL: &[Builtin] = &[
    def("!", 0, 0, |_, t, _| Ok((t.kind != Kind::Bool(true)).into())),
    def("&", 1, 1, and).takes_unknown(),
    def("===", 1, 1, |_, t, a| Ok((t.kind == a.get(0).kind).into())),
    def("^", 1, 1, xor),
    def("inspect", 0, 0, inspect),
    def("to_s", 0, 0, inspect),
    def("|", 1, 1, or).takes_unknown(),
];
static BOOL_TABLE: Table = LazyLock::new(|| table(BOOL));

pub(super) fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.nil, &NIL_TABLE);
    interp.add_methods(interp.core.true_class, &BOOL_TABLE);
    interp.add_methods(interp.core.false_class, &BOOL_TABLE);
}

fn inspect(interp: &mut Interp, this: Value, _: &Args) -> R {
    let text = match this.kind {
        Kind::Bool(true) => "true",
        Kind::Bool(false) => "false",
        _ => "nil",
    };
    Ok(interp.str(text))
}

fn and(interp: &mut Interp, this: Value, args: &Args) -> R {
    match this.truthy() {
        Some(true) => Ok(interp.truth(args.get(0))?.into()),
        _ => Ok(Value::FALSE),
    }
}

fn or(interp: &mut Interp, this: Value, args: &Args) -> R {
    match this.truthy() {
        Some(true) => Ok(Value::TRUE),
        _ => Ok(interp.truth(args.get(0))?.into()),
    }
}

fn xor(interp: &mut Interp, this: Value, args: &Args) -> R {
    let a = this.truthy().unwrap_or(false);
    Ok((a != interp.truth(args.get(0))?).into())
}
