//! Native methods of `Float`.

use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::R;
use super::super::value::{Kind, Value};
use super::{Builtin, bigint, def, table};

static METHODS: &[Builtin] = &[
    def("%", 1, 1, rest),
    def("*", 1, 1, |i, t, a| arith(i, t, a, "*", |x, y| x * y)),
    def("**", 1, 1, |i, t, a| arith(i, t, a, "**", f64::powf)),
    def("+", 1, 1, |i, t, a| arith(i, t, a, "+", |x, y| x + y)),
    def("-", 1, 1, |i, t, a| arith(i, t, a, "-", |x, y| x - y)),
    def("-@", 0, 0, |_, t, _| Ok((-float(t)).into())),
    def("/", 1, 1, |i, t, a| arith(i, t, a, "/", |x, y| x / y)),
    def("abs", 0, 0, |_, t, _| Ok(float(t).abs().into())),
    def("ceil", 0, 1, |i, t, a| rounded(i, t, a, "ceil", f64::ceil)),
    def("div", 1, 1, div),
    def("divmod", 1, 1, divmod),
    def("fdiv", 1, 1, |i, t, a| arith(i, t, a, "/", |x, y| x / y)),
    def("finite?", 0, 0, |_, t, _| Ok(float(t).is_finite().into())),
    def("floor", 0, 1, |i, t, a| {
        rounded(i, t, a, "floor", f64::floor)
    }),
    def("hash", 0, 0, |_, t, _| {
        Ok(((float(t).to_bits() >> 2) as i64).into())
    }),
    def("infinite?", 0, 0, |_, t, _| {
        Ok(match float(t) {
            f64::INFINITY => 1i64.into(),
            f64::NEG_INFINITY => (-1i64).into(),
            _ => Value::NIL,
        })
    }),
    def("inspect", 0, 0, to_s),
    def("magnitude", 0, 0, |_, t, _| Ok(float(t).abs().into())),
    def("modulo", 1, 1, rest),
    def("nan?", 0, 0, |_, t, _| Ok(float(t).is_nan().into())),
    def("denominator", 0, 0, |i, t, _| {
        let exact = i.rational(t)?;
        i.call(exact, "denominator", &[])
    }),
    def("numerator", 0, 0, |i, t, _| {
        let exact = i.rational(t)?;
        i.call(exact, "numerator", &[])
    }),
    def("next_float", 0, 0, |_, t, _| Ok(float(t).next_up().into())),
    def("prev_float", 0, 0, |_, t, _| {
        Ok(float(t).next_down().into())
    }),
    def("quo", 1, 1, |i, t, a| arith(i, t, a, "/", |x, y| x / y)),
    def("round", 0, -1, round),
    def("to_f", 0, 0, |_, t, _| Ok(t)),
    def("to_i", 0, 0, |i, t, _| bigint::from_float(i, float(t))),
    def("to_int", 0, 0, |i, t, _| bigint::from_float(i, float(t))),
    def("to_s", 0, 0, to_s),
    def("truncate", 0, 1, |i, t, a| {
        rounded(i, t, a, "truncate", f64::trunc)
    }),
    def("zero?", 0, 0, |_, t, _| Ok((float(t) == 0.0).into())),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub(super) fn install(interp: &mut Interp) {
    let class = interp.core.float;
    interp.add_methods(class, &TABLE);
    for (name, value) in [
        ("INFINITY", Value::from(f64::INFINITY)),
        ("NAN", f64::NAN.into()),
        ("EPSILON", f64::EPSILON.into()),
        ("MAX", f64::MAX.into()),
        ("MIN", f64::MIN_POSITIVE.into()),
        ("DIG", 15i64.into()),
    ] {
        let name = foretaste_parser::name::Name::new(name);
        interp.classes.get_mut(class).constants.insert(name, value);
    }
}

fn float(this: Value) -> f64 {
    match this.kind {
        Kind::Float(f) => f,
        Kind::Int(n) => n as f64,
        _ => 0.0,
    }
}

/// A number argument as a float.
pub fn as_float(interp: &mut Interp, value: Value) -> R<f64> {
    match value.kind {
        Kind::Float(f) => Ok(f),
        Kind::Int(n) => Ok(n as f64),
        Kind::Unknown(id) => Err(super::super::flow::Flow::Unknown(id)),
        _ if interp.big_of(value).is_some() => Ok(interp.big_float(value)),
        _ => {
            let label = interp.kind_label(value);
            Err(interp.type_error(format!("{label} can't be coerced into Float")))
        }
    }
}

/// `Float(value)`
pub fn to_float(interp: &mut Interp, value: Value) -> R<f64> {
    if let Some(text) = interp.text(value).map(str::to_owned) {
        interp.known(value)?;
        return match strict_float(&text) {
            Some(f) => Ok(f),
            None => {
                let shown = super::super::convert::inspect_str(&text, Default::default());
                Err(interp.argument_error(format!("invalid value for Float(): {shown}")))
            }
        };
    }
    match value.kind {
        Kind::Obj(_) if interp.responds(value, "to_f") => {
            let f = interp.call(value, "to_f", &[])?;
            as_float(interp, f)
        }
        Kind::Nil | Kind::Bool(_) | Kind::Obj(_) | Kind::Sym(_) => {
            let label = interp.kind_label(value);
            Err(interp.type_error(format!("can't convert {label} into Float")))
        }
        _ => as_float(interp, value),
    }
}

/// A text that is a number and nothing else.
fn strict_float(text: &str) -> Option<f64> {
    let clean = text.trim();
    let digits = clean.strip_prefix(['+', '-']).unwrap_or(clean);
    if let Some(hex) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        let n = i64::from_str_radix(hex, 16).ok()? as f64;
        return Some(if clean.starts_with('-') { -n } else { n });
    }
    let ok = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '_' | '.' | 'e' | 'E' | '+' | '-'))
        && !digits.contains("__")
        && !digits.contains("_.")
        && !digits.contains("._")
        && !digits.contains(".e");
    if !ok {
        return None;
    }
    clean.replace('_', "").parse().ok()
}

fn arith(interp: &mut Interp, this: Value, args: &Args, op: &str, f: fn(f64, f64) -> f64) -> R {
    match super::integer::operand(interp, this, args.get(0), op)? {
        Ok(other) => {
            let other = as_float(interp, other)?;
            Ok(f(float(this), other).into())
        }
        Err(result) => Ok(result),
    }
}

/// As [`modulo`], where Ruby refuses to divide by nothing.
fn rest(interp: &mut Interp, this: Value, args: &Args) -> R {
    let result = arith(interp, this, args, "%", modulo)?;
    let nothing = |v: Value| matches!(v.kind, Kind::Int(0)) || matches!(v.kind, Kind::Float(0.0));
    if nothing(args.get(0)) {
        return Err(interp.error(interp.core.zero_division_error, "divided by 0"));
    }
    Ok(result)
}

/// The rest of a division with the sign of the divisor.
pub fn modulo(a: f64, b: f64) -> f64 {
    if b.is_infinite() && a.is_finite() {
        return if a == 0.0 || (a < 0.0) == (b < 0.0) {
            a
        } else {
            b
        };
    }
    let r = a % b;
    if r != 0.0 && (r < 0.0) != (b < 0.0) {
        r + b
    } else {
        r
    }
}

fn div(interp: &mut Interp, this: Value, args: &Args) -> R {
    let b = as_float(interp, args.get(0))?;
    if b == 0.0 {
        return Err(interp.error(interp.core.zero_division_error, "divided by 0"));
    }
    bigint::from_float(interp, (float(this) / b).floor())
}

fn divmod(interp: &mut Interp, this: Value, args: &Args) -> R {
    let q = div(interp, this, args)?;
    let b = as_float(interp, args.get(0))?;
    let r = modulo(float(this), b);
    Ok(interp.array(vec![q, r.into()]))
}

fn to_s(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(interp.str(super::super::convert::float_text(float(this))))
}

/// How many decimals are asked for.
fn decimals(interp: &mut Interp, args: &Args) -> R<i64> {
    match args.opt(0).filter(|v| interp.hash_data(*v).is_none()) {
        Some(d) => interp.int_arg(d),
        None => Ok(0),
    }
}

fn rounded(interp: &mut Interp, this: Value, args: &Args, name: &str, f: fn(f64) -> f64) -> R {
    let digits = decimals(interp, args)?;
    let value = float(this);
    if digits <= 0 {
        let n = bigint::from_float(interp, f(value))?;
        if digits == 0 {
            return Ok(n);
        }
        let whole = bigint::from_float(interp, f(value))?;
        return interp.call(whole, name, &[digits.into()]);
    }
    if digits >= 15 || !value.is_finite() {
        return Ok(this);
    }
    // What a decimal of this precision already is stays as it is.
    let shown: f64 = format!("{value:.*}", digits as usize)
        .parse()
        .unwrap_or(value);
    if shown == value {
        return Ok(this);
    }
    let unit = 10f64.powi(digits as i32);
    Ok((f(value * unit) / unit).into())
}

fn round(interp: &mut Interp, this: Value, args: &Args) -> R {
    let digits = decimals(interp, args)?;
    let value = float(this);
    let half = interp
        .keyword(args, "half")
        .and_then(|h| interp.text_or_sym(h))
        .unwrap_or("up")
        .to_owned();
    let nearest = |f: f64| match half.as_str() {
        "even" => f.round_ties_even(),
        "down" if (f - f.trunc()).abs() == 0.5 => f.trunc(),
        _ => f.round(),
    };
    if digits <= 0 {
        if digits == 0 {
            return bigint::from_float(interp, nearest(value));
        }
        let n = bigint::from_float(interp, value)?;
        return interp.call(n, "round", &[digits.into()]);
    }
    if digits >= 15 || !value.is_finite() {
        return Ok(this);
    }
    let unit = 10f64.powi(digits as i32);
    let mut up = nearest(value * unit);
    // A product that was rounded over the half by the machine is taken back, as Ruby does.
    if (up - 0.5) / unit == value.abs() && half == "up" {
        up = value.signum() * (value.abs() * unit + 0.5).floor();
    }
    let result = up / unit;
    Ok(if result.is_finite() {
        result.into()
    } else {
        this
    })
}
