//! Native methods of `Comparable`.

use std::cmp::Ordering;
use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::{Flow, R};
use super::super::value::{Kind, Value};
use super::{Builtin, def, table};

static METHODS: &[Builtin] = &[
    def("<", 1, 1, |i, t, a| {
        Ok(order(i, t, a.get(0))?.is_lt().into())
    }),
    def("<=", 1, 1, |i, t, a| {
        Ok(order(i, t, a.get(0))?.is_le().into())
    }),
    def("==", 1, 1, eq),
    def(">", 1, 1, |i, t, a| {
        Ok(order(i, t, a.get(0))?.is_gt().into())
    }),
    def(">=", 1, 1, |i, t, a| {
        Ok(order(i, t, a.get(0))?.is_ge().into())
    }),
    def("between?", 2, 2, |i, t, a| {
        Ok((order(i, t, a.get(0))?.is_ge() && order(i, t, a.get(1))?.is_le()).into())
    }),
    def("clamp", 1, 2, clamp),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub(super) fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.comparable, &TABLE);
}

/// `comparison of A with 1 failed`
pub fn failed(interp: &mut Interp, a: Value, b: Value) -> Flow {
    let left = interp.class_name(interp.real_class_of(a));
    let right = match b.kind {
        Kind::Nil | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Sym(_) => {
            interp.inspect(b).unwrap_or_default()
        }
        _ => interp.class_name(interp.real_class_of(b)).to_string(),
    };
    interp.argument_error(format!("comparison of {left} with {right} failed"))
}

fn order(interp: &mut Interp, a: Value, b: Value) -> R<Ordering> {
    let result = interp.call(a, "<=>", &[b])?;
    match result.kind {
        Kind::Int(n) => Ok(n.cmp(&0)),
        Kind::Unknown(id) => Err(Flow::Unknown(id)),
        _ => Err(failed(interp, a, b)),
    }
}

fn eq(interp: &mut Interp, this: Value, args: &Args) -> R {
    if this.kind == args.get(0).kind {
        return Ok(Value::TRUE);
    }
    let result = interp.call(this, "<=>", &[args.get(0)])?;
    match result.kind {
        Kind::Int(n) => Ok((n == 0).into()),
        Kind::Unknown(id) => Err(Flow::Unknown(id)),
        _ => Ok(Value::FALSE),
    }
}

pub fn clamp(interp: &mut Interp, this: Value, args: &Args) -> R {
    let (low, high) = match (args.opt(1), interp.range_of(args.get(0)).cloned()) {
        (Some(high), _) => (args.get(0), high),
        (None, Some(range)) if range.exclusive && !range.high.is_nil() => {
            return Err(interp.argument_error("cannot clamp with an exclusive range"));
        }
        (None, Some(range)) => (range.low, range.high),
        (None, None) => {
            let label = interp.kind_label(args.get(0));
            return Err(interp.type_error(format!("wrong argument type {label} (expected Range)")));
        }
    };
    if !low.is_nil() && !high.is_nil() && order(interp, low, high)?.is_gt() {
        return Err(interp.argument_error("min argument must be smaller than max argument"));
    }
    if !low.is_nil() && order(interp, this, low)?.is_lt() {
        return Ok(low);
    }
    if !high.is_nil() && order(interp, this, high)?.is_gt() {
        return Ok(high);
    }
    Ok(this)
}
