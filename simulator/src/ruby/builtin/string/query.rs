//! Asking a string: comparing, searching, slicing.

use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::LazyLock;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::value::{Kind, Value};
use super::super::{Builtin, def, table};
use super::{Pattern, byte_at, char_at, like, pattern, text};

static METHODS: &[Builtin] = &[
    def("<=>", 1, 1, spaceship),
    def("==", 1, 1, eq).takes_unknown(),
    def("===", 1, 1, eq).takes_unknown(),
    def("=~", 1, 1, match_op),
    def("[]", 1, 2, slice),
    def("casecmp", 1, 1, casecmp),
    def("casecmp?", 1, 1, casecmp_p),
    def("count", 1, -1, super::tr::count),
    def("empty?", 0, 0, empty).takes_unknown(),
    def("end_with?", 0, -1, end_with),
    def("eql?", 1, 1, eql),
    def("hash", 0, 0, hash),
    def("include?", 1, 1, include).takes_unknown(),
    def("index", 1, 2, index),
    def("byteindex", 1, 2, index),
    def("inspect", 0, 0, inspect).takes_unknown(),
    def("length", 0, 0, length),
    def("match", 1, 2, match_method),
    def("match?", 1, 2, is_match),
    def("next", 0, 0, succ),
    def("rindex", 1, 2, rindex),
    def("scan", 1, 1, super::split::scan),
    def("size", 0, 0, length),
    def("slice", 1, 2, slice),
    def("start_with?", 0, -1, start_with),
    def("succ", 0, 0, succ),
    def("to_c", 0, 0, |i, _, _| {
        Err(i.not_supported("complex numbers"))
    }),
    def("to_f", 0, 0, to_f),
    def("to_i", 0, 1, to_i),
    def("to_s", 0, 0, to_s).takes_unknown(),
    def("to_str", 0, 0, to_s).takes_unknown(),
    def("intern", 0, 0, to_sym),
    def("to_sym", 0, 0, to_sym),
    def("upto", 1, 2, upto),
    def("between?", 2, 2, between),
    def("hex", 0, 0, hex),
    def("oct", 0, 0, oct),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.string, &TABLE);
}

fn order(o: Ordering) -> Value {
    (o as i64).into()
}

fn spaceship(interp: &mut Interp, this: Value, args: &Args) -> R {
    let other = args.get(0);
    if let (Some(a), Some(b)) = (interp.text(this), interp.text(other)) {
        return Ok(order(a.as_bytes().cmp(b.as_bytes())));
    }
    if other.obj().is_none() {
        return Ok(Value::NIL);
    }
    if interp.responds(other, "to_str") {
        let (a, b) = (interp.str_arg(this)?, interp.str_arg(other)?);
        return Ok(order(a.as_bytes().cmp(b.as_bytes())));
    }
    // What does not turn into a string may know how it compares with one.
    let result = interp.call(other, "<=>", &[this])?;
    Ok(match result.kind {
        Kind::Int(n) => order(0.cmp(&n)),
        Kind::Unknown(_) => result,
        _ => Value::NIL,
    })
}

fn eq(interp: &mut Interp, this: Value, args: &Args) -> R {
    let other = args.get(0);
    if other.obj().is_none() || interp.text(other).is_none() {
        interp.known(other)?;
        if other.obj().is_some() && interp.responds(other, "to_str") {
            let equal = interp.call(other, "==", &[this])?;
            return Ok(equal.truthy().map_or(equal, Value::from));
        }
        return Ok(Value::FALSE);
    }
    Ok(interp.equal(this, other)?.into())
}

fn eql(interp: &mut Interp, this: Value, args: &Args) -> R {
    Ok(match (interp.text(this), interp.text(args.get(0))) {
        (Some(a), Some(b)) => (a == b).into(),
        _ => Value::FALSE,
    })
}

fn hash(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(super::hash_text(interp.text(this).unwrap_or_default()).into())
}

fn between(interp: &mut Interp, this: Value, args: &Args) -> R {
    let low = interp.compare(this, args.get(0))? != Ordering::Less;
    Ok((low && interp.compare(this, args.get(1))? != Ordering::Greater).into())
}

/// The text that is compared with; `None` for what is none, which compares as nil.
fn comparable(interp: &mut Interp, args: &Args) -> R<Option<String>> {
    let other = args.get(0);
    if let Some(text) = interp.text(other) {
        return Ok(Some(text.to_owned()));
    }
    let converts = matches!(other.kind, Kind::Unknown(_)) || interp.responds(other, "to_str");
    converts.then(|| interp.str_arg(other)).transpose()
}

fn casecmp(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(b) = comparable(interp, args)?.map(|s| s.to_ascii_lowercase()) else {
        return Ok(Value::NIL);
    };
    Ok(order(text(interp, this).to_ascii_lowercase().cmp(&b)))
}

fn casecmp_p(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(b) = comparable(interp, args)?.map(|s| s.to_lowercase()) else {
        return Ok(Value::NIL);
    };
    Ok((text(interp, this).to_lowercase() == b).into())
}

/// A text with a hole may be empty only where it is nothing but holes.
fn empty(interp: &mut Interp, this: Value, _: &Args) -> R {
    let text = interp.text(this).unwrap_or_default();
    if !text.is_empty() && text.chars().all(super::is_hole) {
        interp.known(this)?;
    }
    Ok(text.is_empty().into())
}

fn length(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(Value::count(
        interp.text(this).map_or(0, |t| t.chars().count()),
    ))
}

fn include(interp: &mut Interp, this: Value, args: &Args) -> R {
    let wanted = interp.str_arg(args.get(0))?;
    let found = interp.text(this).unwrap_or_default().contains(&wanted);
    if !found || interp.unknown_or_hole(args.get(0)).is_some() {
        interp.known(this)?;
        interp.known(args.get(0))?;
    }
    Ok(found.into())
}

fn start_with(interp: &mut Interp, this: Value, args: &Args) -> R {
    let whole = text(interp, this);
    for prefix in &args.list {
        let found = match interp.regex_of(*prefix) {
            Some(regex) => {
                let whole: Rc<str> = whole.as_str().into();
                let found = interp.match_at(&regex, &whole, 0)?;
                found.is_some_and(|m| matches!(m.groups.first(), Some(Some((0, _)))))
            }
            None => whole.starts_with(&interp.str_arg(*prefix)?),
        };
        if found {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

fn end_with(interp: &mut Interp, this: Value, args: &Args) -> R {
    let whole = text(interp, this);
    for suffix in &args.list {
        if whole.ends_with(&interp.str_arg(*suffix)?) {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

fn inspect(interp: &mut Interp, this: Value, _: &Args) -> R {
    let text = interp.inspect(this)?;
    Ok(interp.str(text))
}

fn to_s(interp: &mut Interp, this: Value, _: &Args) -> R {
    if interp.real_class_of(this) == interp.core.string {
        return Ok(this);
    }
    let text = text(interp, this);
    like(interp, this, text)
}

fn to_sym(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(Value::sym(interp.text(this).unwrap_or_default()))
}

fn succ(interp: &mut Interp, this: Value, _: &Args) -> R {
    let text = super::succ_text(interp.text(this).unwrap_or_default());
    like(interp, this, text)
}

fn upto(interp: &mut Interp, this: Value, args: &Args) -> R {
    let range = interp.new_range(this, args.get(0), args.get(1).truthy().unwrap_or(false));
    if args.block.is_none() {
        return Ok(super::super::enumerable::enumerator(
            interp,
            range,
            "each",
            &Args::default(),
        ));
    }
    interp.iterate(range, &mut |interp, item| {
        interp.yield_to(args, &[item])?;
        Ok(super::super::support::Step::Go)
    })?;
    Ok(this)
}

/// The part of a string that slice arguments select, as byte range.
pub fn span(interp: &mut Interp, this: Value, args: &Args) -> R<Option<(usize, usize)>> {
    let whole = text(interp, this);
    let len = whole.chars().count();
    let index = args.get(0);
    if let Some(regex) = interp.regex_of(index) {
        let shared: Rc<str> = whole.as_str().into();
        let found = interp.match_at(&regex, &shared, 0)?;
        let group = match args.opt(1) {
            None => 0,
            Some(g) => match (g.kind, found.as_ref()) {
                (Kind::Int(n), _) => usize::try_from(n).unwrap_or(usize::MAX),
                (_, Some(m)) => {
                    let name = interp.name_arg(g)?;
                    super::super::regexp::group_index(interp, m, &name)?
                }
                _ => 0,
            },
        };
        return Ok(found.and_then(|m| m.groups.get(group).copied().flatten()));
    }
    if args.len() == 1 && interp.text(index).is_some() {
        let wanted = interp.str_arg(index)?;
        return Ok(whole.find(&wanted).map(|b| (b, b + wanted.len())));
    }
    let span = match args.opt(1) {
        Some(length) => {
            let (start, length) = (interp.int_arg(index)?, interp.int_arg(length)?);
            interp.start_length(start, length, len)
        }
        None => match interp.range_of(index).cloned() {
            Some(range) => interp.range_span(&range, len)?,
            None => {
                let i = interp.int_arg(index)?;
                interp.at_index(i, len).map(|i| (i, 1))
            }
        },
    };
    Ok(span.map(|(start, length)| (byte_at(&whole, start), byte_at(&whole, start + length))))
}

fn slice(interp: &mut Interp, this: Value, args: &Args) -> R {
    let part = span(interp, this, args)?.and_then(|(a, b)| {
        interp
            .text(this)
            .and_then(|t| t.get(a..b))
            .map(str::to_owned)
    });
    match part {
        Some(part) => like(interp, this, part),
        None => Ok(Value::NIL),
    }
}

fn index(interp: &mut Interp, this: Value, args: &Args) -> R {
    let whole = text(interp, this);
    let len = whole.chars().count() as i64;
    let from = match args.opt(1) {
        Some(n) => interp.int_arg(n)?,
        None => 0,
    };
    let from = if from < 0 { from + len } else { from };
    if from < 0 || from > len {
        return Ok(Value::NIL);
    }
    let start = byte_at(&whole, from as usize);
    let at = match search_pattern(interp, args.get(0))? {
        Pattern::Text(wanted) => whole
            .get(start..)
            .and_then(|t| t.find(&wanted))
            .map(|b| b + start),
        Pattern::Regex(regex) => {
            let shared: Rc<str> = whole.as_str().into();
            let found = interp.match_at(&regex, &shared, start)?;
            found
                .and_then(|m| m.groups.first().copied().flatten())
                .map(|g| g.0)
        }
    };
    Ok(at.map_or(Value::NIL, |b| Value::count(char_at(&whole, b))))
}

fn search_pattern(interp: &mut Interp, value: Value) -> R<Pattern> {
    match interp.regex_of(value) {
        Some(regex) => Ok(Pattern::Regex(regex)),
        None => Ok(Pattern::Text(interp.str_arg(value)?)),
    }
}

fn rindex(interp: &mut Interp, this: Value, args: &Args) -> R {
    let whole = text(interp, this);
    let len = whole.chars().count() as i64;
    let from = match args.opt(1) {
        Some(n) => interp.int_arg(n)?,
        None => len,
    };
    let from = (if from < 0 { from + len } else { from }).min(len);
    if from < 0 {
        return Ok(Value::NIL);
    }
    let wanted = search_pattern(interp, args.get(0))?;
    let shared: Rc<str> = whole.as_str().into();
    for i in (0..=from as usize).rev() {
        let b = byte_at(&whole, i);
        let found = match &wanted {
            Pattern::Text(t) => whole
                .get(b..)
                .is_some_and(|rest| rest.starts_with(t.as_str())),
            Pattern::Regex(regex) => {
                let found = interp.match_at(regex, &shared, b)?;
                found.is_some_and(|m| {
                    m.groups
                        .first()
                        .copied()
                        .flatten()
                        .is_some_and(|g| g.0 == b)
                })
            }
        };
        if found {
            return Ok(Value::count(i));
        }
    }
    Ok(Value::NIL)
}

fn match_op(interp: &mut Interp, this: Value, args: &Args) -> R {
    if interp.text(args.get(0)).is_some() {
        return Err(interp.type_error("type mismatch: String given"));
    }
    match interp.regex_of(args.get(0)) {
        Some(_) => interp.call(args.get(0), "=~", &[this]),
        None if args.get(0).is_nil() => Ok(Value::NIL),
        None => interp.call(args.get(0), "=~", &[this]),
    }
}

/// A pattern argument of `match`, where a string is the source of one.
fn regex_arg(interp: &mut Interp, value: Value) -> R {
    match pattern(interp, value)? {
        Pattern::Regex(_) => Ok(value),
        Pattern::Text(source) => interp.regex(source, Default::default()),
    }
}

fn match_method(interp: &mut Interp, this: Value, args: &Args) -> R {
    let regex = regex_arg(interp, args.get(0))?;
    let mut list = vec![this];
    list.extend(args.list.iter().skip(1));
    let passed = Args::of(&list).with_block(args.block);
    interp.call_with(regex, "match", &passed)
}

fn is_match(interp: &mut Interp, this: Value, args: &Args) -> R {
    let regex = regex_arg(interp, args.get(0))?;
    let mut list = vec![this];
    list.extend(args.list.iter().skip(1));
    interp.call(regex, "match?", &list)
}

fn to_f(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(leading_float(interp.text(this).unwrap_or_default()).into())
}

/// The number at the beginning of a text, as `to_f` reads it.
pub fn leading_float(text: &str) -> f64 {
    let text = text.trim_start();
    let mut clean = String::new();
    let mut chars = text.chars().peekable();
    if let Some(sign @ ('+' | '-')) = chars.peek().copied() {
        clean.push(sign);
        chars.next();
    }
    let (mut dot, mut exp, mut digits) = (false, false, 0);
    let mut last = ' ';
    while let Some(c) = chars.next() {
        match c {
            '0'..='9' => {
                digits += 1;
                clean.push(c);
            }
            '_' if last.is_ascii_digit() && chars.peek().is_some_and(char::is_ascii_digit) => {}
            '.' if !dot && !exp && chars.peek().is_some_and(char::is_ascii_digit) => {
                dot = true;
                clean.push(c);
            }
            'e' | 'E' if !exp && digits > 0 => {
                let mut rest = chars.clone();
                let sign = rest.next_if(|c| matches!(c, '+' | '-'));
                if !rest.peek().is_some_and(char::is_ascii_digit) {
                    break;
                }
                exp = true;
                clean.push('e');
                if let Some(sign) = sign {
                    clean.push(sign);
                    chars.next();
                }
            }
            _ => break,
        }
        last = c;
    }
    clean.parse().unwrap_or(0.0)
}

fn to_i(interp: &mut Interp, this: Value, args: &Args) -> R {
    let base = match args.opt(0) {
        Some(b) => interp.int_arg(b)?,
        None => 10,
    };
    if base < 0 || base == 1 || base > 36 {
        return Err(interp.argument_error(format!("invalid radix {base}")));
    }
    let text = text(interp, this);
    leading_int(interp, &text, base as u32)
}

fn hex(interp: &mut Interp, this: Value, _: &Args) -> R {
    let text = text(interp, this);
    leading_int(interp, &text, 16)
}

fn oct(interp: &mut Interp, this: Value, _: &Args) -> R {
    let text = text(interp, this);
    let digits = text
        .trim_start()
        .trim_start_matches(['-', '+'])
        .to_ascii_lowercase();
    let base = match digits.get(..2) {
        Some("0x" | "0b" | "0o") => 0,
        _ => 8,
    };
    leading_int(interp, &text, base)
}

/// The integer at the beginning of a text, as `to_i` reads it; base 0 goes by the prefix.
pub fn leading_int(interp: &mut Interp, text: &str, base: u32) -> R {
    let text = text.trim_start();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let marked = |mark: &str| lower.strip_prefix(mark);
    let (base, digits) = match (base, marked("0x"), marked("0b"), marked("0o")) {
        (0 | 16, Some(rest), ..) => (16, rest),
        (0 | 2, _, Some(rest), _) => (2, rest),
        (0 | 8, .., Some(rest)) => (8, rest),
        (0, ..) => match marked("0") {
            Some(rest) if !rest.is_empty() => (8, rest),
            _ => (10, lower.as_str()),
        },
        _ => (base, lower.as_str()),
    };
    let mut clean = String::new();
    let mut last_digit = false;
    for c in digits.chars() {
        if c == '_' && last_digit {
            last_digit = false;
            continue;
        }
        if !c.is_digit(base) {
            break;
        }
        clean.push(c);
        last_digit = true;
    }
    if clean.is_empty() {
        return Ok(0.into());
    }
    let n = match i64::from_str_radix(&clean, base) {
        Ok(n) => n.into(),
        Err(_) => super::super::bigint::parse(interp, &clean, base)?,
    };
    match negative {
        true => super::super::bigint::binary(interp, 0.into(), n, "-"),
        false => Ok(n),
    }
}

/// What `slice!` takes out.
pub fn slice_out(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.writable(this)?;
    let Some((a, b)) = span(interp, this, args)? else {
        return Ok(Value::NIL);
    };
    let whole = text(interp, this);
    let gone = whole.get(a..b).unwrap_or_default().to_owned();
    let rest = format!(
        "{}{}",
        whole.get(..a).unwrap_or_default(),
        whole.get(b..).unwrap_or_default()
    );
    interp.str_mut(this)?.text = rest;
    like(interp, this, gone)
}
