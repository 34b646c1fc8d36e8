//! Native methods of `Numeric`: what integers and floats share.

use std::cmp::Ordering;
use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::{Flow, R};
use super::super::value::{Kind, Value};
use super::{Builtin, bigint, def, table};

static METHODS: &[Builtin] = &[
    def("+@", 0, 0, |_, this, _| Ok(this)),
    def("<", 1, 1, |i, t, a| ordered(i, t, a, "<", Ordering::is_lt)),
    def("<=", 1, 1, |i, t, a| {
        ordered(i, t, a, "<=", Ordering::is_le)
    }),
    def("<=>", 1, 1, spaceship),
    def("==", 1, 1, eq),
    def("===", 1, 1, eq),
    def(">", 1, 1, |i, t, a| ordered(i, t, a, ">", Ordering::is_gt)),
    def(">=", 1, 1, |i, t, a| {
        ordered(i, t, a, ">=", Ordering::is_ge)
    }),
    def("clamp", 1, 2, super::comparable::clamp),
    def("coerce", 1, 1, coerce),
    def("dup", 0, 0, |_, this, _| Ok(this)),
    def("eql?", 1, 1, |_, t, a| Ok((t.kind == a.get(0).kind).into())),
    def("finite?", 0, 0, |_, _, _| Ok(Value::TRUE)),
    def("infinite?", 0, 0, |_, _, _| Ok(Value::NIL)),
    def("integer?", 0, 0, |_, _, _| Ok(Value::FALSE)),
    def("negative?", 0, 0, |_, t, _| Ok((number(t) < 0.0).into())),
    def("nonzero?", 0, 0, |_, t, _| {
        Ok(if number(t) == 0.0 { Value::NIL } else { t })
    }),
    def("positive?", 0, 0, |_, t, _| Ok((number(t) > 0.0).into())),
    def("real?", 0, 0, |_, _, _| Ok(Value::TRUE)),
    def("step", 0, -1, step).enumerates(),
    def("to_c", 0, 0, |i, _, _| {
        Err(i.not_supported("complex numbers"))
    }),
    def("to_r", 0, 0, |i, t, _| i.rational(t)),
    def("rationalize", 0, 1, |i, t, a| {
        let class = i.rational_class()?;
        i.call(class, "__rationalize__", &[t, a.get(0)])
    }),
    def("quo", 1, 1, |i, t, a| {
        let t = match a.get(0).kind {
            Kind::Float(_) => t,
            _ => i.rational(t)?,
        };
        i.call(t, "/", &[a.get(0)])
    }),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

static MATH: &[Builtin] = &[
    def("acos", 1, 1, |i, _, a| function(i, a, "acos", f64::acos)),
    def("acosh", 1, 1, |i, _, a| function(i, a, "acosh", f64::acosh)),
    def("asin", 1, 1, |i, _, a| function(i, a, "asin", f64::asin)),
    def("asinh", 1, 1, |i, _, a| function(i, a, "asinh", f64::asinh)),
    def("atan", 1, 1, |i, _, a| function(i, a, "atan", f64::atan)),
    def("atan2", 2, 2, |i, _, a| {
        let (y, x) = (operand(i, a.get(0))?, operand(i, a.get(1))?);
        Ok(y.atan2(x).into())
    }),
    def("atanh", 1, 1, |i, _, a| function(i, a, "atanh", f64::atanh)),
    def("cbrt", 1, 1, |i, _, a| function(i, a, "cbrt", f64::cbrt)),
    def("cos", 1, 1, |i, _, a| function(i, a, "cos", f64::cos)),
    def("cosh", 1, 1, |i, _, a| function(i, a, "cosh", f64::cosh)),
    def("exp", 1, 1, |i, _, a| function(i, a, "exp", f64::exp)),
    def("hypot", 2, 2, |i, _, a| {
        let (x, y) = (operand(i, a.get(0))?, operand(i, a.get(1))?);
        Ok(x.hypot(y).into())
    }),
    def("log", 1, 2, |i, _, a| {
        let natural = function(i, a, "log", f64::ln)?;
        match a.opt(1) {
            Some(base) => {
                let base = function(i, &Args::of(&[base]), "log", f64::ln)?;
                Ok((number(natural) / number(base)).into())
            }
            None => Ok(natural),
        }
    }),
    def("log10", 1, 1, |i, _, a| function(i, a, "log10", f64::log10)),
    def("log2", 1, 1, |i, _, a| function(i, a, "log2", f64::log2)),
    def("sin", 1, 1, |i, _, a| function(i, a, "sin", f64::sin)),
    def("sinh", 1, 1, |i, _, a| function(i, a, "sinh", f64::sinh)),
    def("sqrt", 1, 1, |i, _, a| function(i, a, "sqrt", f64::sqrt)),
    def("tan", 1, 1, |i, _, a| function(i, a, "tan", f64::tan)),
    def("tanh", 1, 1, |i, _, a| function(i, a, "tanh", f64::tanh)),
];
static MATH_TABLE: Table = LazyLock::new(|| table(MATH));

pub(super) fn install(interp: &mut Interp) {
    interp.include(interp.core.numeric, interp.core.comparable);
    interp.add_methods(interp.core.numeric, &TABLE);
    super::integer::install(interp);
    bigint::install(interp);
    super::float::install(interp);
    let math = interp.define_module("Math");
    interp.add_static(math, &MATH_TABLE);
    let parent = interp.core.argument_error;
    interp.define_class("Math::DomainError", parent);
    for (name, value) in [("PI", std::f64::consts::PI), ("E", std::f64::consts::E)] {
        let name = foretaste_parser::name::Name::new(name);
        interp
            .classes
            .get_mut(math)
            .constants
            .insert(name, value.into());
    }
}

/// An argument of a function of `Math`, which takes no text.
fn operand(interp: &mut Interp, value: Value) -> R<f64> {
    if interp.text(value).is_some() {
        interp.known(value)?;
        return Err(interp.type_error("can't convert String into Float"));
    }
    super::float::to_float(interp, value)
}

/// A function of `Math` on its first argument, within its domain.
fn function(interp: &mut Interp, args: &Args, name: &str, f: fn(f64) -> f64) -> R {
    let x = operand(interp, args.get(0))?;
    let y = f(x);
    if y.is_nan() && !x.is_nan() {
        let class = interp.class_named("Math::DomainError");
        let message = format!("Numerical argument is out of domain - {name}");
        return Err(interp.error(class, message));
    }
    Ok(y.into())
}

fn number(value: Value) -> f64 {
    match value.kind {
        Kind::Int(n) => n as f64,
        Kind::Float(f) => f,
        _ => 0.0,
    }
}

fn order(a: Value, b: Value) -> Option<Ordering> {
    match (a.kind, b.kind) {
        (Kind::Int(x), Kind::Int(y)) => Some(x.cmp(&y)),
        (Kind::Int(_) | Kind::Float(_), Kind::Int(_) | Kind::Float(_)) => {
            number(a).partial_cmp(&number(b))
        }
        _ => None,
    }
}

fn spaceship(interp: &mut Interp, this: Value, args: &Args) -> R {
    let other = args.get(0);
    if let Some(o) = order(this, other).or_else(|| bigint::order(interp, this, other)) {
        return Ok((o as i64).into());
    }
    if other.obj().is_some() && interp.responds(other, "coerce") {
        let pair = interp.call(other, "coerce", &[this])?;
        if let Some([a, b]) = interp.array_items(pair) {
            let (a, b) = (*a, *b);
            return interp.call(a, "<=>", &[b]);
        }
    }
    Ok(if this.kind == other.kind {
        0i64.into()
    } else {
        Value::NIL
    })
}

fn eq(interp: &mut Interp, this: Value, args: &Args) -> R {
    let other = args.get(0);
    if let Some(order) = bigint::order(interp, this, other) {
        return Ok(order.is_eq().into());
    }
    match (this.kind, other.kind) {
        (Kind::Int(_) | Kind::Float(_), Kind::Int(_) | Kind::Float(_)) => {
            Ok((order(this, other) == Some(Ordering::Equal)).into())
        }
        (Kind::Int(_) | Kind::Float(_), Kind::Obj(_))
            if interp.text(other).is_none() && interp.array_items(other).is_none() =>
        {
            interp.equal(other, this).map(Value::from)
        }
        _ => Ok((this.kind == other.kind).into()),
    }
}

fn ordered(interp: &mut Interp, this: Value, args: &Args, op: &str, f: fn(Ordering) -> bool) -> R {
    let other = args.get(0);
    if let Some(o) = order(this, other).or_else(|| bigint::order(interp, this, other)) {
        return Ok(f(o).into());
    }
    match other.kind {
        Kind::Int(_) | Kind::Float(_) => return Ok(Value::FALSE),
        Kind::Obj(_) if interp.text(other).is_none() && interp.responds(other, "coerce") => {
            let pair = interp.call(other, "coerce", &[this])?;
            if let Some([a, b]) = interp.array_items(pair) {
                let (a, b) = (*a, *b);
                return interp.call(a, op, &[b]);
            }
        }
        _ => {}
    }
    Err(super::comparable::failed(interp, this, other))
}

fn coerce(interp: &mut Interp, this: Value, args: &Args) -> R {
    let other = args.get(0);
    let whole = |v: Value| matches!(v.kind, Kind::Int(_)) || interp.big_of(v).is_some();
    if whole(this) && whole(other) {
        return Ok(interp.array(vec![other, this]));
    }
    let a = super::float::to_float(interp, other)?;
    let b = super::float::to_float(interp, this)?;
    Ok(interp.array(vec![a.into(), b.into()]))
}

/// Visits `from, from + by, …` as floats, computed by multiplication so that errors do not add up.
pub fn float_steps(
    interp: &mut Interp,
    from: f64,
    to: f64,
    by: f64,
    exclusive: bool,
    visit: &mut dyn FnMut(&mut Interp, f64) -> R<()>,
) -> R<()> {
    let n = (to - from) / by;
    let error = (from.abs() + to.abs() + (to - from).abs()) / by.abs() * f64::EPSILON;
    let error = error.min(0.5);
    if n.is_nan() {
        return Ok(());
    }
    let count = if exclusive {
        if n <= 0.0 {
            0.0
        } else {
            (n - error).floor() + 1.0
        }
    } else if n < 0.0 {
        0.0
    } else {
        (n + error).floor() + 1.0
    };
    let mut i = 0.0;
    while i < count {
        interp.spend(1)?;
        let value = i * by + from;
        let value = if !exclusive && ((by > 0.0 && value > to) || (by < 0.0 && value < to)) {
            to
        } else {
            value
        };
        visit(interp, value)?;
        i += 1.0;
    }
    Ok(())
}

fn step(interp: &mut Interp, this: Value, args: &Args) -> R {
    let positional = |i: usize| args.opt(i).filter(|_| !args.keywords || i + 1 < args.len());
    let limit = positional(0)
        .or_else(|| interp.keyword(args, "to"))
        .unwrap_or(Value::NIL);
    let by = positional(1)
        .or_else(|| interp.keyword(args, "by"))
        .unwrap_or(1i64.into());
    if let Some(id) = interp.unknown_of(limit).or_else(|| interp.unknown_of(by)) {
        return Err(Flow::Unknown(id));
    }
    if by.kind == Kind::Int(0) {
        return Err(interp.argument_error("step can't be 0"));
    }
    if let (Kind::Int(mut n), Kind::Int(by), Kind::Int(_) | Kind::Nil) =
        (this.kind, by.kind, limit.kind)
    {
        let limit = match limit.kind {
            Kind::Int(l) => l,
            _ if by > 0 => i64::MAX,
            _ => i64::MIN,
        };
        while if by > 0 { n <= limit } else { n >= limit } {
            interp.spend(1)?;
            interp.yield_to(args, &[n.into()])?;
            match n.checked_add(by) {
                Some(next) => n = next,
                None => break,
            }
        }
        return Ok(this);
    }
    let (from, by) = (
        super::float::as_float(interp, this)?,
        super::float::as_float(interp, by)?,
    );
    let to = match limit.kind {
        Kind::Nil if by > 0.0 => f64::INFINITY,
        Kind::Nil => f64::NEG_INFINITY,
        _ => super::float::as_float(interp, limit)?,
    };
    float_steps(interp, from, to, by, false, &mut |interp, f| {
        interp.yield_to(args, &[f.into()]).map(|_| ())
    })?;
    Ok(this)
}
