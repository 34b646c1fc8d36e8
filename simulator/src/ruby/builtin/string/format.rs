//! `Kernel#format` and `String#%`.

use num_bigint::{BigInt, Sign};

use super::super::super::Interp;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::unknown::hole;
use super::super::super::value::{Kind, Value};
use super::text;

/// `template % values`
pub fn percent(interp: &mut Interp, this: Value, args: &Args) -> R {
    let template = text(interp, this);
    let values = match interp.array_items(args.get(0)) {
        Some(items) => items.to_vec(),
        None => vec![args.get(0)],
    };
    let made = format(interp, &template, &values)?;
    super::like(interp, this, made)
}

/// One directive: flags, width, precision.
#[derive(Default)]
struct Spec {
    minus: bool,
    plus: bool,
    zero: bool,
    space: bool,
    sharp: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// The values that a template takes, in order or by position or name.
struct Given<'a> {
    values: &'a [Value],
    next: usize,
}

impl Given<'_> {
    fn take(&mut self, interp: &mut Interp) -> R {
        match (self.values.get(self.next), self.values) {
            (Some(value), _) => {
                self.next += 1;
                Ok(*value)
            }
            // One unknown may be the list of all that is asked for.
            (None, [only]) if interp.unknown_of(*only).is_some() => Ok(*only),
            (None, _) => Err(interp.argument_error("too few arguments")),
        }
    }

    fn named(&self, interp: &mut Interp, name: &str, shown: &str) -> R {
        let hash = match self.values {
            [only] if interp.hash_data(*only).is_some() => *only,
            [only] if interp.unknown_of(*only).is_some() => return Ok(*only),
            _ => return Err(interp.argument_error("one hash required")),
        };
        match super::super::hash::lookup(interp, hash, Value::sym(name))? {
            Some(value) => Ok(value),
            None => {
                let has_default = interp
                    .hash_data(hash)
                    .is_some_and(|h| h.default.is_some() || h.default_proc.is_some());
                if has_default {
                    return super::super::hash::missing(interp, hash, Value::sym(name));
                }
                let flow = interp.error(interp.core.key_error, format!("key{shown} not found"));
                let flow = interp.with_detail(flow, "receiver", hash);
                Err(interp.with_detail(flow, "key", Value::sym(name)))
            }
        }
    }
}

/// Fills a template. Unknown values leave holes.
pub fn format(interp: &mut Interp, template: &str, values: &[Value]) -> R<String> {
    let mut out = String::new();
    let mut given = Given { values, next: 0 };
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut spec = Spec::default();
        let mut value: Option<Value> = None;
        loop {
            let Some(c) = chars.next() else {
                return Err(
                    interp.argument_error("incomplete format specifier; use %% (double %) instead")
                );
            };
            match c {
                '-' => spec.minus = true,
                '+' => spec.plus = true,
                '0' => spec.zero = true,
                ' ' => spec.space = true,
                '#' => spec.sharp = true,
                '1'..='9' => {
                    let mut n = c.to_digit(10).unwrap_or(0) as usize;
                    while let Some(d) = chars.peek().and_then(|c| c.to_digit(10)) {
                        n = n.saturating_mul(10).saturating_add(d as usize);
                        chars.next();
                    }
                    if chars.next_if_eq(&'$').is_some() {
                        value = Some(match values.get(n.wrapping_sub(1)) {
                            Some(v) => *v,
                            None => match values {
                                [only] if interp.unknown_of(*only).is_some() => *only,
                                _ => return Err(interp.argument_error("too few arguments")),
                            },
                        });
                    } else {
                        interp.check_len(n)?;
                        spec.width = Some(n);
                    }
                }
                '*' => {
                    let n = given.take(interp)?;
                    let n = interp.int_arg(n)?;
                    spec.minus |= n < 0;
                    interp.check_len(n.unsigned_abs() as usize)?;
                    spec.width = Some(n.unsigned_abs() as usize);
                }
                '.' => {
                    let mut n = 0usize;
                    if chars.next_if_eq(&'*').is_some() {
                        let v = given.take(interp)?;
                        n = usize::try_from(interp.int_arg(v)?).unwrap_or(0);
                    }
                    while let Some(d) = chars.peek().and_then(|c| c.to_digit(10)) {
                        n = n.saturating_mul(10).saturating_add(d as usize);
                        chars.next();
                    }
                    interp.check_len(n)?;
                    spec.precision = Some(n);
                }
                '<' | '{' => {
                    let close = if c == '<' { '>' } else { '}' };
                    let name: String = chars.by_ref().take_while(|x| *x != close).collect();
                    let shown = format!("{c}{name}{close}");
                    let v = given.named(interp, &name, &shown)?;
                    if c == '{' {
                        let text = interp.to_text(v)?;
                        pad(&mut out, &text, &spec);
                        break;
                    }
                    value = Some(v);
                }
                '%' => {
                    out.push('%');
                    break;
                }
                '\n' | '\0' => {
                    out.push('%');
                    out.push(c);
                    break;
                }
                c => {
                    let v = match value {
                        Some(v) => v,
                        None if "sdiufgGeExXobBcpaA".contains(c) => given.take(interp)?,
                        None => {
                            return Err(
                                interp.argument_error(format!("malformed format string - %{c}"))
                            );
                        }
                    };
                    directive(interp, &mut out, c, &spec, v)?;
                    break;
                }
            }
        }
        interp.check_len(out.len())?;
    }
    Ok(out)
}

fn directive(interp: &mut Interp, out: &mut String, c: char, spec: &Spec, value: Value) -> R<()> {
    if let Some(id) = interp.unknown_of(value) {
        out.push(hole(id));
        return Ok(());
    }
    match c {
        's' | 'p' => {
            let text = if c == 's' {
                interp.to_text(value)?
            } else {
                interp.inspect(value)?
            };
            let text = match spec.precision {
                Some(n) => text.chars().take(n).collect(),
                None => text,
            };
            pad(out, &text, spec);
        }
        'c' => {
            let text = match value.kind {
                Kind::Int(n) => match u32::try_from(n).ok().and_then(char::from_u32) {
                    Some(c) => c.to_string(),
                    None => return Err(interp.argument_error("invalid character")),
                },
                _ => {
                    let text = interp.str_arg(value)?;
                    if text.chars().count() != 1 {
                        return Err(interp.argument_error("%c requires a character"));
                    }
                    text
                }
            };
            pad(out, &text, spec);
        }
        'd' | 'i' | 'u' => {
            let n = whole(interp, value)?;
            let digits = n.magnitude().to_string();
            number(
                out,
                spec,
                n.sign() == Sign::Minus,
                "",
                &digits,
                spec.precision,
            );
        }
        'x' | 'X' | 'o' | 'b' | 'B' => {
            let n = whole(interp, value)?;
            radix(out, spec, c, &n);
        }
        'f' | 'e' | 'E' | 'g' | 'G' | 'a' | 'A' => {
            let f = super::super::float::to_float(interp, value)?;
            float(out, spec, c, f);
        }
        c => return Err(interp.argument_error(format!("malformed format string - %{c}"))),
    }
    Ok(())
}

fn whole(interp: &mut Interp, value: Value) -> R<BigInt> {
    let n = match value.kind {
        Kind::Float(f) => super::super::bigint::from_float(interp, f.trunc())?,
        _ => super::super::integer::to_integer(interp, value)?,
    };
    match interp.whole(n) {
        Some(n) => Ok(n),
        None => interp.int_arg(n).map(BigInt::from),
    }
}

fn pad(out: &mut String, text: &str, spec: &Spec) {
    let missing = spec.width.unwrap_or(0).saturating_sub(text.chars().count());
    let spaces = " ".repeat(missing);
    if spec.minus {
        out.push_str(text);
        out.push_str(&spaces);
    } else {
        out.push_str(&spaces);
        out.push_str(text);
    }
}

/// A number of sign, prefix and digits, padded with zeros between them or with spaces around.
fn number(
    out: &mut String,
    spec: &Spec,
    negative: bool,
    prefix: &str,
    digits: &str,
    precision: Option<usize>,
) {
    let sign = match (negative, spec.plus, spec.space) {
        (true, _, _) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    let mut digits = digits.to_owned();
    if let Some(n) = precision {
        digits.insert_str(0, &"0".repeat(n.saturating_sub(digits.len())));
    } else if spec.zero && !spec.minus {
        let used = sign.len() + prefix.len() + digits.len();
        digits.insert_str(0, &"0".repeat(spec.width.unwrap_or(0).saturating_sub(used)));
    }
    pad(out, &format!("{sign}{prefix}{digits}"), spec);
}

fn radix(out: &mut String, spec: &Spec, c: char, n: &BigInt) {
    let base = match c {
        'x' | 'X' => 16,
        'o' => 8,
        _ => 2,
    };
    let prefix = match (spec.sharp && n.sign() != Sign::NoSign, c) {
        (true, 'x') => "0x",
        (true, 'X') => "0X",
        (true, 'o') => "0",
        (true, 'b') => "0b",
        (true, 'B') => "0B",
        _ => "",
    };
    let mut digits = n.magnitude().to_str_radix(base);
    let mut negative = n.sign() == Sign::Minus;
    if negative && !spec.plus && !spec.space {
        // Two's complement with an endless run of the highest digit, shown as `..f`.
        negative = false;
        let top = match base {
            16 => 'f',
            8 => '7',
            _ => '1',
        };
        // So many digits that all before them are the highest.
        let bits = u64::from(base.trailing_zeros());
        let places = n.bits().div_ceil(bits) + 1;
        let value: BigInt = (BigInt::from(1) << (places * bits)) + n;
        let all = value.to_str_radix(base);
        digits = all.trim_start_matches(top).to_owned();
        if !digits.starts_with(top) {
            digits.insert(0, top);
        }
        digits.insert_str(0, "..");
    }
    if c == 'X' {
        digits = digits.to_uppercase();
    }
    number(out, spec, negative, prefix, &digits, spec.precision);
}

fn float(out: &mut String, spec: &Spec, c: char, f: f64) {
    if !f.is_finite() {
        let text = if f.is_nan() { "NaN" } else { "Inf" };
        let plain = Spec {
            zero: false,
            minus: spec.minus,
            plus: spec.plus,
            space: spec.space,
            width: spec.width,
            ..Spec::default()
        };
        return number(out, &plain, f < 0.0, "", text, None);
    }
    let magnitude = f.abs();
    let precision = spec.precision.unwrap_or(6).min(1000);
    let digits = match c {
        'f' => {
            let mut text = format!("{magnitude:.precision$}");
            if spec.sharp && precision == 0 {
                text.push('.');
            }
            text
        }
        'e' | 'E' => scientific(magnitude, precision),
        'g' | 'G' => general(magnitude, precision, spec.sharp),
        _ => format!("{magnitude}"),
    };
    let digits = if c.is_ascii_uppercase() {
        digits.to_uppercase()
    } else {
        digits
    };
    number(out, spec, f.is_sign_negative(), "", &digits, None);
}

/// A float in as few digits as `%g` gives.
pub fn short(f: f64) -> String {
    general(f, 6, false)
}

fn scientific(f: f64, precision: usize) -> String {
    let text = format!("{f:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

fn general(f: f64, precision: usize, keep_zeros: bool) -> String {
    let precision = precision.max(1);
    let e = scientific(f, precision - 1);
    let exponent: i64 = e
        .split_once('e')
        .and_then(|(_, x)| x.parse().ok())
        .unwrap_or(0);
    let strip = |text: String| {
        if keep_zeros || !text.contains('.') {
            return text;
        }
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    if exponent < -4 || exponent >= precision as i64 {
        let (mantissa, rest) = e.split_once('e').unwrap_or((&e, "+00"));
        return format!("{}e{rest}", strip(mantissa.to_owned()));
    }
    let decimals = usize::try_from(precision as i64 - 1 - exponent).unwrap_or(0);
    strip(format!("{f:.decimals$}"))
}
