//! Integers over 64 bits. They are objects of a hidden class below `Integer`, whose methods here stand
//! before those for small ones; a result that fits 64 bits becomes a small one again.

use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::LazyLock;

use num_bigint::{BigInt, Sign};

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::{Flow, R};
use super::super::object::Data;
use super::super::value::{Kind, Value};
use super::{Builtin, def, integer, table};

static METHODS: &[Builtin] = &[
    def("%", 1, 1, |i, t, a| op(i, t, a, "%")),
    def("&", 1, 1, |i, t, a| op(i, t, a, "&")),
    def("*", 1, 1, |i, t, a| op(i, t, a, "*")),
    def("**", 1, 1, |i, t, a| op(i, t, a, "**")),
    def("+", 1, 1, |i, t, a| op(i, t, a, "+")),
    def("-", 1, 1, |i, t, a| op(i, t, a, "-")),
    def("-@", 0, 0, |i, t, _| binary(i, 0.into(), t, "-")),
    def("/", 1, 1, |i, t, a| op(i, t, a, "/")),
    def("<<", 1, 1, |i, t, a| {
        let n = i.int_arg(a.get(0))?;
        shift(i, t, n)
    }),
    def(">>", 1, 1, |i, t, a| {
        let n = i.int_arg(a.get(0))?;
        shift(i, t, n.saturating_neg())
    }),
    def("[]", 1, 1, |i, t, a| {
        let n = i.int_arg(a.get(0))?;
        let bit = u64::try_from(n).is_ok_and(|n| number(i, t).bit(n));
        Ok(i64::from(bit).into())
    }),
    def("^", 1, 1, |i, t, a| op(i, t, a, "^")),
    def("abs", 0, 0, |i, t, _| magnitude(i, t)),
    def("allbits?", 1, 1, |i, t, a| {
        let both = binary(i, t, a.get(0), "&")?;
        i.equal(both, a.get(0)).map(Value::from)
    }),
    def("anybits?", 1, 1, |i, t, a| {
        let both = binary(i, t, a.get(0), "&")?;
        Ok((both.kind != Kind::Int(0)).into())
    }),
    def("bit_length", 0, 0, |i, t, _| {
        let n = number(i, t);
        let n = if n.sign() == Sign::Minus { !n } else { n };
        Ok(i64::try_from(n.bits()).unwrap_or(i64::MAX).into())
    }),
    def("ceil", 0, 1, |i, t, a| rounded(i, t, a, "ceil")),
    def("chr", 0, 1, |i, _, _| {
        Err(i.error(i.core.range_error, "bignum out of char range"))
    }),
    def("digits", 0, 1, digits),
    def("div", 1, 1, |i, t, a| match a.get(0).kind {
        Kind::Float(f) => {
            let q = i.big_float(t) / f;
            from_float(i, q.floor())
        }
        _ => op(i, t, a, "/"),
    }),
    def("divmod", 1, 1, |i, t, a| {
        if let Kind::Float(_) = a.get(0).kind {
            let f = i.big_float(t);
            return i.call(f.into(), "divmod", &a.list);
        }
        let pair = vec![op(i, t, a, "/")?, op(i, t, a, "%")?];
        Ok(i.array(pair))
    }),
    def("downto", 1, 1, |i, _, _| {
        Err(i.not_supported("counting in integers over 64 bits"))
    }),
    def("eql?", 1, 1, |i, t, a| {
        let same = i.big_of(a.get(0)).is_some_and(|b| *b == number(i, t));
        Ok(same.into())
    }),
    def("even?", 0, 0, |i, t, _| Ok((!number(i, t).bit(0)).into())),
    def("fdiv", 1, 1, |i, t, a| {
        let b = super::float::as_float(i, a.get(0))?;
        Ok((i.big_float(t) / b).into())
    }),
    def("floor", 0, 1, |i, t, a| rounded(i, t, a, "floor")),
    def("gcd", 1, 1, |i, t, a| gcd(i, t, a.get(0))),
    def("gcdlcm", 1, 1, |i, t, a| {
        let pair = vec![gcd(i, t, a.get(0))?, lcm(i, t, a.get(0))?];
        Ok(i.array(pair))
    }),
    def("hash", 0, 0, |i, t, _| {
        let text = number(i, t).to_str_radix(16);
        Ok(super::string::hash_text(&text).into())
    }),
    def("inspect", 0, 1, to_s),
    def("lcm", 1, 1, |i, t, a| lcm(i, t, a.get(0))),
    def("magnitude", 0, 0, |i, t, _| magnitude(i, t)),
    def("modulo", 1, 1, |i, t, a| op(i, t, a, "%")),
    def("negative?", 0, 0, |i, t, _| {
        Ok((number(i, t).sign() == Sign::Minus).into())
    }),
    def("next", 0, 0, |i, t, _| binary(i, t, 1.into(), "+")),
    def("nobits?", 1, 1, |i, t, a| {
        let both = binary(i, t, a.get(0), "&")?;
        Ok((both.kind == Kind::Int(0)).into())
    }),
    def("nonzero?", 0, 0, |_, t, _| Ok(t)),
    def("odd?", 0, 0, |i, t, _| Ok(number(i, t).bit(0).into())),
    def("positive?", 0, 0, |i, t, _| {
        Ok((number(i, t).sign() == Sign::Plus).into())
    }),
    def("pow", 1, 2, |i, t, a| match a.opt(1) {
        Some(m) => modular_power(i, t, a.get(0), m),
        None => op(i, t, a, "**"),
    }),
    def("pred", 0, 0, |i, t, _| binary(i, t, 1.into(), "-")),
    def("remainder", 1, 1, |i, t, a| {
        let Some(b) = i.whole(a.get(0)) else {
            return op(i, t, a, "%");
        };
        if b.sign() == Sign::NoSign {
            return Err(integer::zero_division(i));
        }
        let rest = number(i, t) % b;
        Ok(i.big(rest))
    }),
    def("round", 0, -1, |i, t, a| rounded(i, t, a, "round")),
    def("size", 0, 0, |i, t, _| {
        Ok(i64::try_from(number(i, t).bits().div_ceil(64) * 8)
            .unwrap_or(i64::MAX)
            .into())
    }),
    def("succ", 0, 0, |i, t, _| binary(i, t, 1.into(), "+")),
    def("times", 0, 0, |i, _, _| {
        Err(i.not_supported("counting in integers over 64 bits"))
    }),
    def("to_f", 0, 0, |i, t, _| Ok(i.big_float(t).into())),
    def("to_s", 0, 1, to_s),
    def("truncate", 0, 1, |i, t, a| rounded(i, t, a, "truncate")),
    def("upto", 1, 1, |i, _, _| {
        Err(i.not_supported("counting in integers over 64 bits"))
    }),
    def("zero?", 0, 0, |_, _, _| Ok(Value::FALSE)),
    def("|", 1, 1, |i, t, a| op(i, t, a, "|")),
    def("~", 0, 0, |i, t, _| {
        let n = !number(i, t);
        Ok(i.big(n))
    }),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

/// Longest number that is computed.
const MAX_BITS: u64 = 1 << 18;

pub(super) fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.big, &TABLE);
}

impl Interp {
    /// An integer as a value: small where it fits.
    pub fn big(&mut self, n: BigInt) -> Value {
        if let Ok(small) = i64::try_from(&n) {
            return small.into();
        }
        let id = self.alloc(self.core.big, Data::Big(Rc::new(n)));
        self.heap.get_mut(id).frozen = true;
        id.into()
    }

    pub fn big_of(&self, value: Value) -> Option<Rc<BigInt>> {
        match self.data(value.obj()?) {
            Data::Big(n) => Some(n.clone()),
            _ => None,
        }
    }

    /// An integer of either kind.
    pub fn whole(&self, value: Value) -> Option<BigInt> {
        match value.kind {
            Kind::Int(n) => Some(n.into()),
            _ => self.big_of(value).map(|n| (*n).clone()),
        }
    }

    /// The nearest float.
    pub fn big_float(&self, value: Value) -> f64 {
        let text = self.whole(value).unwrap_or_default().to_string();
        text.parse().unwrap_or(f64::NAN)
    }

    /// `Rational`, which the library defines.
    pub fn rational_class(&mut self) -> R {
        match self.class_by_path("Rational") {
            Some(class) => Ok(self.class_value(class)),
            None => match self.autoload_constant("Rational".into_name())? {
                Some(class) => Ok(class),
                None => Err(self.not_supported("rational numbers")),
            },
        }
    }

    /// A number as a fraction.
    pub fn rational(&mut self, value: Value) -> R {
        let class = self.rational_class()?;
        match value.kind {
            Kind::Float(f) if !f.is_finite() => {
                let text = super::super::convert::float_text(f);
                Err(self.error(self.core.float_domain_error, text))
            }
            Kind::Float(f) => {
                let (top, bottom) = fraction(f);
                let (top, bottom) = (self.big(top), self.big(bottom));
                self.call(class, "__make__", &[top, bottom])
            }
            _ => self.call(class, "__make__", &[value, 1.into()]),
        }
    }
}

trait IntoName {
    fn into_name(self) -> foretaste_parser::name::Name;
}

impl IntoName for &str {
    fn into_name(self) -> foretaste_parser::name::Name {
        foretaste_parser::name::Name::new(self)
    }
}

/// The exact value of a finite float.
fn fraction(f: f64) -> (BigInt, BigInt) {
    let bits = f.to_bits();
    let exponent = i64::try_from((bits >> 52) & 0x7ff).unwrap_or(0);
    let mantissa = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = match exponent {
        0 => (mantissa, -1074),
        e => (mantissa | (1 << 52), e - 1075),
    };
    let mut top = BigInt::from(mantissa);
    if f < 0.0 {
        top = -top;
    }
    match u64::try_from(exponent) {
        Ok(up) => (top << up, 1.into()),
        Err(_) => (top, BigInt::from(1) << exponent.unsigned_abs()),
    }
}

fn number(interp: &Interp, this: Value) -> BigInt {
    interp.whole(this).unwrap_or_default()
}

/// A whole float as an integer; infinities and NaN are refused as Ruby does.
pub fn from_float(interp: &mut Interp, f: f64) -> R {
    if !f.is_finite() {
        let text = super::super::convert::float_text(f);
        return Err(interp.error(interp.core.float_domain_error, text));
    }
    if f.abs() < 9e18 {
        return Ok((f as i64).into());
    }
    let text = format!("{:.0}", f.trunc());
    Ok(text.parse().map_or(Value::NIL, |n| interp.big(n)))
}

/// Digits in a base, without sign.
pub fn parse(interp: &mut Interp, digits: &str, base: u32) -> R {
    if digits.len() as u64 > MAX_BITS / 4 {
        return Err(too_long(interp));
    }
    interp.spend(digits.len())?;
    match BigInt::parse_bytes(digits.as_bytes(), base) {
        Some(n) => Ok(interp.big(n)),
        None => Ok(0.into()),
    }
}

fn too_long(interp: &mut Interp) -> Flow {
    interp.halt("an integer grew over the memory budget")
}

/// The order of two numbers of which at least one is over 64 bits; `None` for others.
pub fn order(interp: &Interp, a: Value, b: Value) -> Option<Ordering> {
    if interp.big_of(a).is_none() && interp.big_of(b).is_none() {
        return None;
    }
    let float = |v: Value| match v.kind {
        Kind::Float(f) => Some(f),
        _ => None,
    };
    match (interp.whole(a), interp.whole(b)) {
        (Some(x), Some(y)) => Some(x.cmp(&y)),
        (Some(_), None) => interp.big_float(a).partial_cmp(&float(b)?),
        (None, Some(_)) => float(a)?.partial_cmp(&interp.big_float(b)),
        (None, None) => None,
    }
}

fn op(interp: &mut Interp, this: Value, args: &Args, op: &str) -> R {
    let other = args.get(0);
    if let Kind::Float(_) = other.kind
        && matches!(op, "+" | "-" | "*" | "/" | "**" | "%")
    {
        let this = interp.big_float(this);
        return interp.call(this.into(), op, &[other]);
    }
    if interp.whole(other).is_some() {
        return binary(interp, this, other, op);
    }
    match integer::operand(interp, this, other, op)? {
        Ok(_) => Err(interp.type_error("can't convert Float into Integer for bitwise arithmetic")),
        Err(result) => Ok(result),
    }
}

/// Arithmetic on integers of any size.
pub fn binary(interp: &mut Interp, a: Value, b: Value, op: &str) -> R {
    let (Some(x), Some(y)) = (interp.whole(a), interp.whole(b)) else {
        return Err(interp.not_supported("arithmetic on what is no integer"));
    };
    let bits = x.bits().max(y.bits());
    let cost = match op {
        "*" | "/" | "%" => (bits / 64 + 1).pow(2) / 16,
        _ => bits / 512,
    };
    interp.spend(usize::try_from(cost).unwrap_or(usize::MAX))?;
    let result = match op {
        "+" => x + y,
        "-" => x - y,
        "*" => x * y,
        "&" => x & y,
        "|" => x | y,
        "^" => x ^ y,
        "/" | "%" => {
            if y.sign() == Sign::NoSign {
                return Err(integer::zero_division(interp));
            }
            let (mut q, mut r) = (&x / &y, &x % &y);
            if r.sign() != Sign::NoSign && (r.sign() == Sign::Minus) != (y.sign() == Sign::Minus) {
                q -= 1;
                r += &y;
            }
            if op == "/" { q } else { r }
        }
        _ => return power(interp, a, x, y),
    };
    if result.bits() > MAX_BITS {
        return Err(too_long(interp));
    }
    Ok(interp.big(result))
}

fn power(interp: &mut Interp, this: Value, x: BigInt, y: BigInt) -> R {
    if y.sign() == Sign::Minus {
        let this = interp.rational(this)?;
        let y = interp.big(y);
        return interp.call(this, "**", &[y]);
    }
    let small = u32::try_from(&y).ok();
    let bits = small.and_then(|y| x.bits().checked_mul(y.into()));
    match (small, bits) {
        (Some(y), Some(bits)) if bits <= MAX_BITS => {
            interp.spend(usize::try_from((bits / 64).pow(2) / 64).unwrap_or(usize::MAX))?;
            Ok(interp.big(x.pow(y)))
        }
        // Ruby itself gives up and answers with infinity, far later.
        (None, _) | (_, None) => Ok(f64::INFINITY.into()),
        (_, Some(bits)) if bits > 32 << 20 => Ok(f64::INFINITY.into()),
        _ => Err(too_long(interp)),
    }
}

/// `pow(exponent, modulus)`
pub fn modular_power(interp: &mut Interp, this: Value, exponent: Value, modulus: Value) -> R {
    let (Some(x), Some(e), Some(m)) = (
        interp.whole(this),
        interp.whole(exponent),
        interp.whole(modulus),
    ) else {
        return Err(interp.type_error(
            "Integer#pow() 2nd argument not allowed unless all arguments are integers",
        ));
    };
    if e.sign() == Sign::Minus {
        let class = interp.core.range_error;
        let text = "Integer#pow() 1st argument cannot be negative when 2nd argument specified";
        return Err(interp.error(class, text));
    }
    if m.sign() == Sign::NoSign {
        return Err(integer::zero_division(interp));
    }
    let limbs = m.bits() / 64 + 1;
    interp.spend(usize::try_from(e.bits() * limbs * limbs / 16).unwrap_or(usize::MAX))?;
    Ok(interp.big(x.modpow(&e, &m)))
}

/// `<<` by a count, `>>` by a negative one.
pub fn shift(interp: &mut Interp, this: Value, by: i64) -> R {
    let n = number(interp, this);
    let result = match u64::try_from(by) {
        Ok(_) if n.sign() == Sign::NoSign => n,
        Ok(by) if n.bits().saturating_add(by) > MAX_BITS => return Err(too_long(interp)),
        Ok(by) => n << by,
        Err(_) => n >> by.unsigned_abs(),
    };
    Ok(interp.big(result))
}

fn magnitude(interp: &mut Interp, this: Value) -> R {
    let n = number(interp, this).magnitude().clone();
    Ok(interp.big(n.into()))
}

fn whole_arg(interp: &mut Interp, value: Value) -> R<BigInt> {
    match interp.whole(value) {
        Some(n) => Ok(n),
        None if value.unknown().is_some() => interp.int_arg(value).map(BigInt::from),
        None => Err(interp.type_error("not an integer")),
    }
}

pub fn gcd(interp: &mut Interp, this: Value, other: Value) -> R {
    let (mut a, mut b) = (number(interp, this), whole_arg(interp, other)?);
    while b.sign() != Sign::NoSign {
        interp.spend(usize::try_from(a.bits() / 256 + 1).unwrap_or(1))?;
        let rest = &a % &b;
        (a, b) = (b, rest);
    }
    let positive = BigInt::from(a.magnitude().clone());
    Ok(interp.big(positive))
}

pub fn lcm(interp: &mut Interp, this: Value, other: Value) -> R {
    let common = gcd(interp, this, other)?;
    if common.kind == Kind::Int(0) || other.kind == Kind::Int(0) || this.kind == Kind::Int(0) {
        return Ok(0.into());
    }
    let part = binary(interp, this, common, "/")?;
    let product = binary(interp, part, other, "*")?;
    magnitude(interp, product)
}

/// `Integer.sqrt`
pub fn square_root(interp: &mut Interp, value: Value) -> R {
    let n = match interp.whole(value) {
        Some(n) => n,
        None => interp.int_arg(value)?.into(),
    };
    if n.sign() == Sign::Minus {
        let class = interp.class_named("Math::DomainError");
        let text = "Numerical argument is out of domain - \"isqrt\"";
        return Err(interp.error(class, text));
    }
    Ok(interp.big(n.sqrt()))
}

fn to_s(interp: &mut Interp, this: Value, args: &Args) -> R {
    let base = match args.opt(0) {
        Some(b) => interp.int_arg(b)?,
        None => 10,
    };
    let Some(base) = u32::try_from(base).ok().filter(|b| (2..=36).contains(b)) else {
        return Err(interp.argument_error(format!("invalid radix {base}")));
    };
    let n = number(interp, this);
    interp.spend(usize::try_from((n.bits() / 64).pow(2) / 16).unwrap_or(usize::MAX))?;
    Ok(interp.str(n.to_str_radix(base)))
}

fn digits(interp: &mut Interp, this: Value, args: &Args) -> R {
    let base = match args.opt(0) {
        Some(b) => b,
        None => 10.into(),
    };
    if number(interp, this).sign() == Sign::Minus {
        let class = interp.class_named("Math::DomainError");
        return Err(interp.error(class, "out of domain"));
    }
    let small = interp.whole(base).is_none_or(|b| b < BigInt::from(2));
    if small {
        let text = interp.to_text(base)?;
        return Err(interp.argument_error(format!("invalid radix {text}")));
    }
    let mut out = Vec::new();
    let mut rest = this;
    while rest.kind != Kind::Int(0) {
        out.push(binary(interp, rest, base, "%")?);
        rest = binary(interp, rest, base, "/")?;
    }
    Ok(interp.array(out))
}

/// Rounding to tens, hundreds, … for negative digits.
fn rounded(interp: &mut Interp, this: Value, args: &Args, how: &str) -> R {
    let digits = match args.opt(0).filter(|v| interp.hash_data(*v).is_none()) {
        Some(d) => interp.int_arg(d)?,
        None => 0,
    };
    if digits >= 0 {
        return Ok(this);
    }
    let Some(places) = u32::try_from(digits.unsigned_abs())
        .ok()
        .filter(|d| *d < 70_000)
    else {
        return Ok(0.into());
    };
    let unit = interp.big(BigInt::from(10).pow(places));
    let rest = binary(interp, this, unit, "%")?;
    let floor = binary(interp, this, rest, "-")?;
    let negative = number(interp, this).sign() == Sign::Minus;
    let up = match how {
        "floor" => false,
        "ceil" => rest.kind != Kind::Int(0),
        "truncate" => negative && rest.kind != Kind::Int(0),
        _ => {
            let double: BigInt = number(interp, rest) * 2;
            match double.cmp(&number(interp, unit)) {
                Ordering::Greater => true,
                Ordering::Less => false,
                Ordering::Equal => {
                    let half = interp.keyword(args, "half");
                    match half.and_then(|h| interp.text_or_sym(h)) {
                        Some("even") => {
                            let tens = number(interp, floor) / number(interp, unit);
                            tens.bit(0)
                        }
                        Some("down") => negative,
                        _ => !negative,
                    }
                }
            }
        }
    };
    if up {
        binary(interp, floor, unit, "+")
    } else {
        Ok(floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an object of the hidden class takes from `Integer` must not read a 64-bit number.
    #[test]
    fn every_method_of_small_integers_is_answered_for_big_ones() {
        const SHARED: &[&str] = &[
            "denominator",
            "integer?",
            "numerator",
            "ord",
            "to_i",
            "to_int",
        ];
        let missing: Vec<&str> = integer::names()
            .filter(|n| !SHARED.contains(n) && !METHODS.iter().any(|b| b.name == *n))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
