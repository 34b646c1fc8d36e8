//! Native methods of `Integer`. What goes over 64 bits goes on in [`super::bigint`].

use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::encoding::Encoding;
use super::super::env::Args;
use super::super::flow::R;
use super::super::value::{Kind, Value};
use super::{Builtin, bigint, def, table};

static METHODS: &[Builtin] = &[
    def("%", 1, 1, modulo),
    def("&", 1, 1, |i, t, a| bits(i, t, a, "&", |x, y| x & y)),
    def("*", 1, 1, |i, t, a| arith(i, t, a, '*')),
    def("**", 1, 1, pow),
    def("+", 1, 1, |i, t, a| arith(i, t, a, '+')),
    def("-", 1, 1, |i, t, a| arith(i, t, a, '-')),
    def("-@", 0, 0, negate),
    def("/", 1, 1, divide),
    def("<<", 1, 1, |i, t, a| {
        let n = i.int_arg(a.get(0))?;
        bigint::shift(i, t, n)
    }),
    def(">>", 1, 1, |i, t, a| {
        let n = i.int_arg(a.get(0))?;
        bigint::shift(i, t, n.saturating_neg())
    }),
    def("[]", 1, 2, bit),
    def("^", 1, 1, |i, t, a| bits(i, t, a, "^", |x, y| x ^ y)),
    def("abs", 0, 0, abs),
    def("allbits?", 1, 1, |i, t, a| {
        let m = i.int_arg(a.get(0))?;
        Ok((int(t) & m == m).into())
    }),
    def("anybits?", 1, 1, |i, t, a| {
        let m = i.int_arg(a.get(0))?;
        Ok((int(t) & m != 0).into())
    }),
    def("bit_length", 0, 0, |_, t, _| {
        let n = int(t);
        let n = if n < 0 { !n } else { n };
        Ok(i64::from(64 - n.leading_zeros()).into())
    }),
    def("ceil", 0, 1, |i, t, a| rounded(i, t, a, Mode::Ceil)),
    def("chr", 0, 1, chr),
    def("denominator", 0, 0, |_, _, _| Ok(1i64.into())),
    def("digits", 0, 1, digits),
    def("div", 1, 1, div),
    def("divmod", 1, 1, divmod),
    def("downto", 1, 1, downto).enumerates(),
    def("even?", 0, 0, |_, t, _| Ok((int(t) % 2 == 0).into())),
    def("fdiv", 1, 1, fdiv),
    def("floor", 0, 1, |i, t, a| rounded(i, t, a, Mode::Floor)),
    def("gcd", 1, 1, |i, t, a| bigint::gcd(i, t, a.get(0))),
    def("gcdlcm", 1, 1, |i, t, a| {
        let pair = vec![bigint::gcd(i, t, a.get(0))?, bigint::lcm(i, t, a.get(0))?];
        Ok(i.array(pair))
    }),
    def("hash", 0, 0, |_, t, _| Ok(t)),
    def("inspect", 0, 1, to_s),
    def("integer?", 0, 0, |_, _, _| Ok(Value::TRUE)),
    def("lcm", 1, 1, |i, t, a| bigint::lcm(i, t, a.get(0))),
    def("magnitude", 0, 0, abs),
    def("modulo", 1, 1, modulo),
    def("next", 0, 0, |i, t, _| bigint::binary(i, t, 1.into(), "+")),
    def("nobits?", 1, 1, |i, t, a| {
        let m = i.int_arg(a.get(0))?;
        Ok((int(t) & m == 0).into())
    }),
    def("numerator", 0, 0, |_, t, _| Ok(t)),
    def("odd?", 0, 0, |_, t, _| Ok((int(t) % 2 != 0).into())),
    def("ord", 0, 0, |_, t, _| Ok(t)),
    def("pow", 1, 2, pow),
    def("pred", 0, 0, |i, t, _| bigint::binary(i, t, 1.into(), "-")),
    def("remainder", 1, 1, remainder),
    def("round", 0, -1, |i, t, a| rounded(i, t, a, Mode::Round)),
    def("size", 0, 0, |_, _, _| Ok(8i64.into())),
    def("succ", 0, 0, |i, t, _| bigint::binary(i, t, 1.into(), "+")),
    def("times", 0, 0, times).enumerates(),
    def("to_f", 0, 0, |_, t, _| Ok((int(t) as f64).into())),
    def("to_i", 0, 0, |_, t, _| Ok(t)),
    def("to_int", 0, 0, |_, t, _| Ok(t)),
    def("to_s", 0, 1, to_s),
    def("truncate", 0, 1, |i, t, a| rounded(i, t, a, Mode::Truncate)),
    def("upto", 1, 1, upto).enumerates(),
    def("zero?", 0, 0, |_, t, _| Ok((int(t) == 0).into())),
    def("|", 1, 1, |i, t, a| bits(i, t, a, "|", |x, y| x | y)),
    def("~", 0, 0, |_, t, _| Ok((!int(t)).into())),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

static STATIC: &[Builtin] = &[def("sqrt", 1, 1, |i, _, a| {
    bigint::square_root(i, a.get(0))
})];
static STATIC_TABLE: Table = LazyLock::new(|| table(STATIC));

/// The names declared here.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    METHODS.iter().map(|b| b.name)
}

pub(super) fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.integer, &TABLE);
    interp.add_static(interp.core.integer, &STATIC_TABLE);
}

/// The receiver's number.
fn int(this: Value) -> i64 {
    match this.kind {
        Kind::Int(n) => n,
        _ => 0,
    }
}

pub(super) fn zero_division(interp: &mut Interp) -> super::super::flow::Flow {
    interp.error(interp.core.zero_division_error, "divided by 0")
}

/// The operand of arithmetic, through `coerce` where it is an object of another kind.
fn other_number(
    interp: &mut Interp,
    this: Value,
    other: Value,
    op: &str,
) -> R<Result<Value, Value>> {
    match other.kind {
        Kind::Int(_) | Kind::Float(_) => Ok(Ok(other)),
        Kind::Obj(_) if interp.big_of(other).is_some() => Ok(Ok(other)),
        Kind::Obj(_) if interp.text(other).is_none() && interp.responds(other, "coerce") => {
            let pair = interp.call(other, "coerce", &[this])?;
            match interp.array_items(pair) {
                Some([a, b]) => {
                    let (a, b) = (*a, *b);
                    interp.call(a, op, &[b]).map(Err)
                }
                _ => Err(interp.type_error("coerce must return [x, y]")),
            }
        }
        _ => {
            let label = match other.kind {
                Kind::Nil | Kind::Bool(_) => interp.kind_label(other),
                _ => interp.kind_label(other),
            };
            let class = interp.class_name(interp.real_class_of(this));
            Err(interp.type_error(format!("{label} can't be coerced into {class}")))
        }
    }
}

fn arith(interp: &mut Interp, this: Value, args: &Args, op: char) -> R {
    let a = int(this);
    let b = match other_number(interp, this, args.get(0), &op.to_string())? {
        Ok(b) => b,
        Err(result) => return Ok(result),
    };
    match b.kind {
        Kind::Int(n) => {
            let small = match op {
                '+' => a.checked_add(n),
                '-' => a.checked_sub(n),
                _ => a.checked_mul(n),
            };
            match small {
                Some(n) => Ok(n.into()),
                None => bigint::binary(interp, this, b, &op.to_string()),
            }
        }
        Kind::Float(b) => {
            let a = a as f64;
            Ok(match op {
                '+' => a + b,
                '-' => a - b,
                _ => a * b,
            }
            .into())
        }
        _ => bigint::binary(interp, this, b, &op.to_string()),
    }
}

fn negate(interp: &mut Interp, this: Value, _: &Args) -> R {
    bigint::binary(interp, 0.into(), this, "-")
}

fn abs(interp: &mut Interp, this: Value, args: &Args) -> R {
    match int(this) {
        n if n < 0 => negate(interp, this, args),
        _ => Ok(this),
    }
}

/// Quotient and rest with the rest's sign that of the divisor.
fn floor_div(a: i64, b: i64) -> Option<(i64, i64)> {
    let (q, r) = (a.checked_div(b)?, a.checked_rem(b)?);
    if r != 0 && (r < 0) != (b < 0) {
        Some((q - 1, r + b))
    } else {
        Some((q, r))
    }
}

fn divide(interp: &mut Interp, this: Value, args: &Args) -> R {
    let a = int(this);
    match other_number(interp, this, args.get(0), "/")? {
        Ok(b) => match b.kind {
            Kind::Int(0) => Err(zero_division(interp)),
            Kind::Int(n) => match floor_div(a, n) {
                Some((q, _)) => Ok(q.into()),
                None => bigint::binary(interp, this, b, "/"),
            },
            Kind::Float(b) => Ok((a as f64 / b).into()),
            _ => bigint::binary(interp, this, b, "/"),
        },
        Err(result) => Ok(result),
    }
}

fn div(interp: &mut Interp, this: Value, args: &Args) -> R {
    match args.get(0).kind {
        Kind::Float(0.0) => Err(zero_division(interp)),
        Kind::Float(b) => bigint::from_float(interp, (int(this) as f64 / b).floor()),
        _ => divide(interp, this, args),
    }
}

fn modulo(interp: &mut Interp, this: Value, args: &Args) -> R {
    let a = int(this);
    match other_number(interp, this, args.get(0), "%")? {
        Ok(b) => match b.kind {
            Kind::Int(0) => Err(zero_division(interp)),
            Kind::Int(b) => Ok(floor_div(a, b).map_or(0, |d| d.1).into()),
            Kind::Float(b) => Ok(super::float::modulo(a as f64, b).into()),
            _ => bigint::binary(interp, this, b, "%"),
        },
        Err(result) => Ok(result),
    }
}

fn divmod(interp: &mut Interp, this: Value, args: &Args) -> R {
    if let Kind::Float(_) = args.get(0).kind {
        let float: Value = (int(this) as f64).into();
        return interp.call(float, "divmod", &args.list);
    }
    if args.get(0).obj().is_some() && interp.big_of(args.get(0)).is_none() {
        return match other_number(interp, this, args.get(0), "divmod")? {
            Ok(_) => Ok(Value::NIL),
            Err(result) => Ok(result),
        };
    }
    let q = divide(interp, this, args)?;
    let r = modulo(interp, this, args)?;
    Ok(interp.array(vec![q, r]))
}

fn remainder(interp: &mut Interp, this: Value, args: &Args) -> R {
    let a = int(this);
    match args.get(0).kind {
        Kind::Int(0) => Err(zero_division(interp)),
        Kind::Int(b) => Ok(a.checked_rem(b).unwrap_or(0).into()),
        Kind::Float(b) => Ok((a as f64 % b).into()),
        _ if interp.big_of(args.get(0)).is_some() => Ok(this),
        _ => modulo(interp, this, args),
    }
}

fn fdiv(interp: &mut Interp, this: Value, args: &Args) -> R {
    match other_number(interp, this, args.get(0), "fdiv")? {
        Ok(b) => {
            let b = super::float::as_float(interp, b)?;
            Ok((int(this) as f64 / b).into())
        }
        Err(result) => Ok(result),
    }
}

fn pow(interp: &mut Interp, this: Value, args: &Args) -> R {
    let a = int(this);
    if let Some(m) = args.opt(1) {
        return bigint::modular_power(interp, this, args.get(0), m);
    }
    match other_number(interp, this, args.get(0), "**")? {
        Ok(b) => match b.kind {
            Kind::Int(e) if e >= 0 => {
                let result = match (a, u32::try_from(e)) {
                    (0 | 1, _) if e > 0 || a == 1 => Some(a),
                    (-1, _) => Some(if e % 2 == 0 { 1 } else { -1 }),
                    (_, Ok(e)) => a.checked_pow(e),
                    _ => None,
                };
                match result {
                    Some(n) => Ok(n.into()),
                    None => bigint::binary(interp, this, b, "**"),
                }
            }
            // A negative power is a fraction.
            Kind::Int(_) => {
                let this = interp.rational(this)?;
                interp.call(this, "**", &[b])
            }
            Kind::Float(e) if a < 0 && e.fract() != 0.0 && e.is_finite() => {
                Err(interp.not_supported("complex numbers"))
            }
            Kind::Float(e) => Ok((a as f64).powf(e).into()),
            _ => bigint::binary(interp, this, b, "**"),
        },
        Err(result) => Ok(result),
    }
}

fn bits(interp: &mut Interp, this: Value, args: &Args, op: &str, f: fn(i64, i64) -> i64) -> R {
    match args.get(0).kind {
        Kind::Int(b) => Ok(f(int(this), b).into()),
        _ if interp.big_of(args.get(0)).is_some() => bigint::binary(interp, this, args.get(0), op),
        Kind::Float(_) => {
            Err(interp.type_error("can't convert Float into Integer for bitwise arithmetic"))
        }
        Kind::Unknown(id) => Err(super::super::flow::Flow::Unknown(id)),
        _ => {
            let label = interp.kind_label(args.get(0));
            Err(interp.type_error(format!("{label} can't be coerced into Integer")))
        }
    }
}

/// `n[2]`, `n[offset, length]` and `n[range]`: bits of a number.
fn bit(interp: &mut Interp, this: Value, args: &Args) -> R {
    let at = args.get(0);
    let range = interp.range_of(at).map(|r| (r.low, r.high, r.exclusive));
    if let Some(length) = args.opt(1) {
        let (offset, length) = (interp.int_arg(at)?, interp.int_arg(length)?);
        return part(interp, this, offset, Some(length));
    }
    if let Some((low, high, exclusive)) = range {
        if low.is_nil() {
            return Ok(interp.unsupported("Integer#[] of a range without a beginning"));
        }
        let offset = interp.int_arg(low)?;
        let length = match high.kind {
            Kind::Nil => None,
            _ => {
                let end = interp.int_arg(high)?;
                let length = end
                    .saturating_sub(offset)
                    .saturating_add(i64::from(!exclusive));
                (length >= 0).then_some(length)
            }
        };
        return part(interp, this, offset, length);
    }
    let n = interp.int_arg(at)?;
    Ok(if n < 0 {
        0
    } else {
        (int(this) >> n.min(63)) & 1
    }
    .into())
}

/// The bits of a number from an offset on; all of them without a length.
fn part(interp: &mut Interp, this: Value, offset: i64, length: Option<i64>) -> R {
    let shifted = interp.call(this, ">>", &[offset.into()])?;
    let Some(length) = length.filter(|n| *n >= 0) else {
        return Ok(shifted);
    };
    let one = interp.call(Value::from(1), "<<", &[length.into()])?;
    let mask = interp.call(one, "-", &[Value::from(1)])?;
    interp.call(shifted, "&", &[mask])
}

fn chr(interp: &mut Interp, this: Value, args: &Args) -> R {
    let n = int(this);
    match u32::try_from(n).ok().and_then(char::from_u32) {
        Some(c) if !args.is_empty() => Ok(interp.str(c)),
        Some(c) if n < 0x80 => Ok(interp.new_str(c, Encoding::UsAscii)),
        Some(c) if n < 0x100 => Ok(interp.new_str(c, Encoding::Binary)),
        _ => Err(interp.error(interp.core.range_error, format!("{n} out of char range"))),
    }
}

/// The digits of a number in a base from 2 to 36.
pub fn in_base(mut n: u64, base: u32) -> String {
    let mut out = Vec::new();
    loop {
        out.push(char::from_digit((n % u64::from(base)) as u32, base).unwrap_or('0'));
        n /= u64::from(base);
        if n == 0 {
            break;
        }
    }
    out.into_iter().rev().collect()
}

fn to_s(interp: &mut Interp, this: Value, args: &Args) -> R {
    let base = match args.opt(0) {
        Some(b) => interp.int_arg(b)?,
        None => 10,
    };
    if !(2..=36).contains(&base) {
        return Err(interp.argument_error(format!("invalid radix {base}")));
    }
    let digits = in_base(int(this).unsigned_abs(), base as u32);
    let sign = if int(this) < 0 { "-" } else { "" };
    Ok(interp.str(format!("{sign}{digits}")))
}

fn digits(interp: &mut Interp, this: Value, args: &Args) -> R {
    let base = match args.opt(0) {
        Some(b) => interp.int_arg(b)?,
        None => 10,
    };
    if base < 2 {
        let text = if base < 0 {
            "negative radix".to_owned()
        } else {
            format!("invalid radix {base}")
        };
        return Err(interp.argument_error(text));
    }
    let mut n = int(this);
    if n < 0 {
        let class = interp.class_named("Math::DomainError");
        return Err(interp.error(class, "out of domain"));
    }
    let mut out: Vec<Value> = vec![(n % base).into()];
    n /= base;
    while n > 0 {
        out.push((n % base).into());
        n /= base;
    }
    Ok(interp.array(out))
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Ceil,
    Floor,
    Round,
    Truncate,
}

/// Rounding to tens, hundreds, … for negative digits.
fn rounded(interp: &mut Interp, this: Value, args: &Args, mode: Mode) -> R {
    let digits = match args.opt(0).filter(|v| interp.hash_data(*v).is_none()) {
        Some(d) => interp.int_arg(d)?,
        None => 0,
    };
    let n = i128::from(int(this));
    if digits >= 0 {
        return Ok(this);
    }
    if digits < -18 {
        return Ok(0i64.into());
    }
    let unit = 10i128.pow(digits.unsigned_abs() as u32);
    let floor = n.div_euclid(unit) * unit;
    let rest = n - floor;
    let half = interp
        .keyword(args, "half")
        .and_then(|h| interp.text_or_sym(h))
        .unwrap_or("up")
        .to_owned();
    let up = match mode {
        Mode::Ceil => rest > 0,
        Mode::Floor => false,
        Mode::Truncate => n < 0 && rest > 0,
        Mode::Round if rest * 2 == unit => match half.as_str() {
            "even" => (floor / unit) % 2 != 0,
            "down" => n < 0,
            _ => n >= 0,
        },
        Mode::Round => rest * 2 > unit,
    };
    let result = if up { floor + unit } else { floor };
    Ok(interp.big(result.into()))
}

fn times(interp: &mut Interp, this: Value, args: &Args) -> R {
    for i in 0..int(this).max(0) {
        interp.spend(1)?;
        interp.yield_to(args, &[i.into()])?;
    }
    Ok(this)
}

/// The bound of `upto` and `downto`.
fn bound(interp: &mut Interp, this: Value, value: Value) -> R<f64> {
    match value.kind {
        Kind::Int(n) => Ok(n as f64),
        Kind::Float(f) => Ok(f),
        Kind::Unknown(id) => Err(super::super::flow::Flow::Unknown(id)),
        _ => interp.compare(this, value).map(|_| 0.0),
    }
}

fn upto(interp: &mut Interp, this: Value, args: &Args) -> R {
    let last = bound(interp, this, args.get(0))?.floor();
    let mut n = int(this);
    while n as f64 <= last {
        interp.spend(1)?;
        interp.yield_to(args, &[n.into()])?;
        n += 1;
    }
    Ok(this)
}

fn downto(interp: &mut Interp, this: Value, args: &Args) -> R {
    let last = bound(interp, this, args.get(0))?.ceil();
    let mut n = int(this);
    while n as f64 >= last {
        interp.spend(1)?;
        interp.yield_to(args, &[n.into()])?;
        n -= 1;
    }
    Ok(this)
}

/// `Integer(value)`
pub fn to_integer(interp: &mut Interp, value: Value) -> R {
    match value.kind {
        Kind::Int(_) => Ok(value),
        Kind::Float(f) => {
            if f.is_nan() || f.is_infinite() {
                let text = super::super::convert::float_text(f);
                return Err(interp.error(interp.core.float_domain_error, text));
            }
            bigint::from_float(interp, f)
        }
        Kind::Obj(_) if interp.big_of(value).is_some() => Ok(value),
        Kind::Unknown(id) => Err(super::super::flow::Flow::Unknown(id)),
        Kind::Nil => Err(interp.type_error("can't convert nil into Integer")),
        _ => {
            if interp.text(value).is_some() {
                interp.known(value)?;
                let text = interp.str_arg(value)?;
                return match strict_int(interp, &text, 0)? {
                    Some(n) => Ok(n),
                    None => {
                        let shown = super::super::convert::inspect_str(&text, Default::default());
                        Err(interp.argument_error(format!("invalid value for Integer(): {shown}")))
                    }
                };
            }
            for name in ["to_int", "to_i"] {
                if interp.responds(value, name) {
                    return interp.call(value, name, &[]);
                }
            }
            let label = interp.kind_label(value);
            Err(interp.type_error(format!("can't convert {label} into Integer")))
        }
    }
}

/// A text that is an integer and nothing else; `None` where it is not. Base 0 goes by the prefix.
pub fn strict_int(interp: &mut Interp, text: &str, base: u32) -> R<Option<Value>> {
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    let lower = digits.to_ascii_lowercase();
    let (radix, body) = match (lower.get(..2), base) {
        (Some("0x"), 0 | 16) => (16, lower.get(2..)),
        (Some("0b"), 0 | 2) => (2, lower.get(2..)),
        (Some("0o"), 0 | 8) => (8, lower.get(2..)),
        (_, 0) if lower.len() > 1 && lower.starts_with('0') => (8, lower.get(1..)),
        (_, 0) => (10, Some(lower.as_str())),
        _ => (base, Some(lower.as_str())),
    };
    let body = body
        .unwrap_or_default()
        .trim_start_matches(|c| c == '_' && radix == 8);
    let ok = !body.is_empty()
        && !body.starts_with('_')
        && !body.ends_with('_')
        && !body.contains("__")
        && body.chars().all(|c| c == '_' || c.is_digit(radix));
    if !ok || text.contains('\0') {
        return Ok(None);
    }
    let clean = body.replace('_', "");
    match i64::from_str_radix(&clean, radix) {
        Ok(n) => Ok(Some((if trimmed.starts_with('-') { -n } else { n }).into())),
        Err(_) => {
            interp.check_len(clean.len())?;
            let n = bigint::parse(interp, &clean, radix)?;
            if trimmed.starts_with('-') {
                return bigint::binary(interp, 0.into(), n, "-").map(Some);
            }
            Ok(Some(n))
        }
    }
}

/// Arithmetic's operand for floats: see [`other_number`].
pub(super) fn operand(
    interp: &mut Interp,
    this: Value,
    other: Value,
    op: &str,
) -> R<Result<Value, Value>> {
    other_number(interp, this, other, op)
}
