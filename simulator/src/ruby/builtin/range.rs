//! Native methods of `Range`.

use std::cmp::Ordering;
use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::{Flow, R};
use super::super::value::{Kind, Value};
use super::support::{Step, Visit};
use super::{Builtin, def, table};

static METHODS: &[Builtin] = &[
    def("==", 1, 1, eq),
    def("eql?", 1, 1, eq),
    def("===", 1, 1, covers),
    def("%", 1, 1, step).enumerates(),
    def("begin", 0, 0, low),
    def("bsearch", 0, 0, bsearch).enumerates(),
    def("count", 0, 1, count),
    def("cover?", 1, 1, covers),
    def("each", 0, 0, each_method).enumerates(),
    def("end", 0, 0, high),
    def("exclude_end?", 0, 0, exclude_end),
    def("first", 0, 1, first),
    def("frozen?", 0, 0, |_, _, _| Ok(Value::TRUE)),
    def("hash", 0, 0, hash),
    def("include?", 1, 1, covers),
    def("inspect", 0, 0, inspect),
    def("last", 0, 1, last),
    def("max", 0, 1, max),
    def("member?", 1, 1, covers),
    def("min", 0, 1, min),
    def("minmax", 0, 0, minmax),
    def("reverse_each", 0, 0, reverse_each).enumerates(),
    def("size", 0, 0, size),
    def("step", 0, 1, step).enumerates(),
    def("sum", 0, 1, sum),
    def("to_a", 0, 0, to_a),
    def("entries", 0, 0, to_a),
    def("to_s", 0, 0, to_s),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

static STATIC: &[Builtin] = &[def("new", 2, 3, new)];
static STATIC_TABLE: Table = LazyLock::new(|| table(STATIC));

pub(super) fn install(interp: &mut Interp) {
    interp.include(interp.core.range, interp.core.enumerable);
    interp.add_methods(interp.core.range, &TABLE);
    interp.add_static(interp.core.range, &STATIC_TABLE);
}

/// Low end, high end, whether the high end is left out.
fn parts(interp: &Interp, this: Value) -> (Value, Value, bool) {
    interp
        .range_of(this)
        .map_or((Value::NIL, Value::NIL, false), |r| {
            (r.low, r.high, r.exclusive)
        })
}

/// The integers of a range: first and last; `None` for another kind of range.
fn int_bounds(interp: &Interp, this: Value) -> Option<(i64, i64)> {
    let (low, high, exclusive) = parts(interp, this);
    let Kind::Int(low) = low.kind else {
        return None;
    };
    let high = match high.kind {
        Kind::Int(n) if exclusive => n.checked_sub(1)?,
        Kind::Int(n) => n,
        Kind::Nil => i64::MAX,
        Kind::Float(f) if f == f64::INFINITY => i64::MAX,
        Kind::Float(f) if exclusive && f.fract() == 0.0 => f as i64 - 1,
        Kind::Float(f) => f.floor() as i64,
        _ => return None,
    };
    Some((low, high))
}

/// Visits the elements of a range.
pub(super) fn each(interp: &mut Interp, this: Value, visit: Visit) -> R<()> {
    if let Some((low, high)) = int_bounds(interp, this) {
        let mut n = low;
        while n <= high {
            interp.spend(1)?;
            if visit(interp, n.into())? == Step::Stop {
                break;
            }
            match n.checked_add(1) {
                Some(next) => n = next,
                None => break,
            }
        }
        return Ok(());
    }
    let (low, high, exclusive) = parts(interp, this);
    if let (Some(a), Some(b)) = (interp.text(low), interp.text(high)) {
        let (a, b) = (a.to_owned(), b.to_owned());
        return each_text(interp, a, &b, exclusive, visit);
    }
    if interp.text(low).is_some() && high.is_nil() {
        let mut text = interp.str_arg(low)?;
        loop {
            interp.spend(1)?;
            let value = interp.str(text.clone());
            if visit(interp, value)? == Step::Stop {
                return Ok(());
            }
            text = super::string::succ_text(&text);
        }
    }
    if !low.is_nil() && !matches!(low.kind, Kind::Float(_)) && interp.responds(low, "succ") {
        let mut value = low;
        loop {
            interp.spend(1)?;
            if !high.is_nil() {
                match interp.compare(value, high)? {
                    Ordering::Greater => return Ok(()),
                    Ordering::Equal if exclusive => return Ok(()),
                    _ => {}
                }
            }
            if visit(interp, value)? == Step::Stop {
                return Ok(());
            }
            value = interp.call(value, "succ", &[])?;
        }
    }
    let label = interp.class_name(interp.real_class_of(low));
    Err(interp.type_error(format!("can't iterate from {label}")))
}

fn each_text(interp: &mut Interp, a: String, b: &str, exclusive: bool, visit: Visit) -> R<()> {
    let longest = b.chars().count();
    let mut text = a;
    if text.chars().count() > longest || (text.chars().count() == longest && text.as_str() > b) {
        return Ok(());
    }
    loop {
        interp.spend(1)?;
        let last = text == b;
        if last && exclusive {
            return Ok(());
        }
        let value = interp.str(text.clone());
        if visit(interp, value)? == Step::Stop || last {
            return Ok(());
        }
        text = super::string::succ_text(&text);
        if text.chars().count() > longest {
            return Ok(());
        }
    }
}

fn new(interp: &mut Interp, _: Value, args: &Args) -> R {
    let (low, high) = (args.get(0), args.get(1));
    interp.check_ends(low, high)?;
    let exclusive = args.get(2).truthy().unwrap_or(false);
    Ok(interp.new_range(low, high, exclusive))
}

impl Interp {
    /// The ends of a range must compare.
    pub fn check_ends(&mut self, low: Value, high: Value) -> R<()> {
        match (low.kind, high.kind) {
            (Kind::Nil, _) | (_, Kind::Nil) | (Kind::Int(_), Kind::Int(_)) => Ok(()),
            _ => match self.compare(low, high) {
                Err(Flow::Raise(_)) => Err(self.argument_error("bad value for range")),
                Err(Flow::Halt(id)) => Err(Flow::Halt(id)),
                _ => Ok(()),
            },
        }
    }
}

fn eq(interp: &mut Interp, this: Value, args: &Args) -> R {
    if interp.range_of(args.get(0)).is_none() {
        return Ok(Value::FALSE);
    }
    let (a, b, c) = parts(interp, this);
    let (x, y, z) = parts(interp, args.get(0));
    Ok((c == z && interp.equal(a, x)? && interp.equal(b, y)?).into())
}

fn low(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(parts(interp, this).0)
}

fn high(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(parts(interp, this).1)
}

fn exclude_end(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(parts(interp, this).2.into())
}

fn hash(interp: &mut Interp, this: Value, _: &Args) -> R {
    let text = interp.inspect(this)?;
    Ok(super::string::hash_text(&text).into())
}

/// `<=>` that gives `None` where two values cannot be compared.
fn try_compare(interp: &mut Interp, a: Value, b: Value) -> R<Option<Ordering>> {
    let number = |v: Value| matches!(v.kind, Kind::Int(_) | Kind::Float(_));
    let text = |v: Value| interp.text(v).is_some();
    if (number(a) && number(b)) || (text(a) && text(b)) {
        return interp.compare(a, b).map(Some);
    }
    if number(a) != number(b) || text(a) != text(b) || !interp.responds(a, "<=>") {
        return Ok(None);
    }
    let order = interp.call(a, "<=>", &[b])?;
    match order.kind {
        Kind::Int(n) => Ok(Some(n.cmp(&0))),
        Kind::Unknown(id) => Err(super::super::flow::Flow::Unknown(id)),
        _ => Ok(None),
    }
}

fn contains(interp: &mut Interp, this: Value, value: Value) -> R<bool> {
    let (low, high, exclusive) = parts(interp, this);
    if !low.is_nil() {
        match try_compare(interp, low, value)? {
            Some(Ordering::Less | Ordering::Equal) => {}
            _ => return Ok(false),
        }
    }
    if !high.is_nil() {
        match try_compare(interp, value, high)? {
            Some(Ordering::Less) => {}
            Some(Ordering::Equal) if !exclusive => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn covers(interp: &mut Interp, this: Value, args: &Args) -> R {
    let value = args.get(0);
    if interp.range_of(value).is_some() {
        let (low, high, exclusive) = parts(interp, value);
        let (_, my_high, my_exclusive) = parts(interp, this);
        let same_end = !my_high.is_nil()
            && my_exclusive
            && exclusive
            && interp.equal(high, my_high).unwrap_or(false);
        return Ok(
            (contains(interp, this, low)? && (same_end || contains(interp, this, high)?)).into(),
        );
    }
    Ok(contains(interp, this, value)?.into())
}

fn each_method(interp: &mut Interp, this: Value, args: &Args) -> R {
    each(interp, this, &mut |interp, item| {
        interp.yield_to(args, &[item])?;
        Ok(Step::Go)
    })?;
    Ok(this)
}

fn reverse_each(interp: &mut Interp, this: Value, args: &Args) -> R {
    let items = interp.to_list(this)?;
    for item in items.into_iter().rev() {
        interp.yield_to(args, &[item])?;
    }
    Ok(this)
}

fn to_a(interp: &mut Interp, this: Value, _: &Args) -> R {
    let (low, high, _) = parts(interp, this);
    if !low.is_nil() && high.is_nil() {
        return Err(interp.error(
            interp.core.range_error,
            "cannot convert endless range to an array",
        ));
    }
    let items = interp.to_list(this)?;
    Ok(interp.array(items))
}

fn count(interp: &mut Interp, this: Value, args: &Args) -> R {
    if args.block.is_none() && args.is_empty() {
        let (low, high, _) = parts(interp, this);
        if low.is_nil() || high.is_nil() {
            return Ok(f64::INFINITY.into());
        }
        if let Some(n) = int_size(interp, this) {
            return Ok(n.into());
        }
    }
    super::enumerable::count(interp, this, args)
}

fn int_size(interp: &Interp, this: Value) -> Option<i64> {
    let (low, high) = int_bounds(interp, this)?;
    Some(high.checked_sub(low)?.checked_add(1)?.max(0))
}

fn size(interp: &mut Interp, this: Value, _: &Args) -> R {
    let (low, high, exclusive) = parts(interp, this);
    let infinite = high.is_nil() || high.kind == Kind::Float(f64::INFINITY);
    if matches!(low.kind, Kind::Int(_)) && infinite {
        return Ok(f64::INFINITY.into());
    }
    if let Some(n) = int_size(interp, this) {
        return Ok(n.into());
    }
    if let (Some(a), Some(b)) = (interp.whole(low), interp.whole(high)) {
        let count = (b - a + i64::from(!exclusive)).max(0.into());
        return Ok(interp.big(count));
    }
    match (low.kind, high.kind) {
        (Kind::Float(a), Kind::Float(b)) => Ok(float_count(a, b, exclusive).into()),
        (Kind::Float(a), Kind::Int(b)) => Ok(float_count(a, b as f64, exclusive).into()),
        _ => Ok(Value::NIL),
    }
}

fn float_count(a: f64, b: f64, exclusive: bool) -> i64 {
    if a > b {
        return 0;
    }
    let whole = (b - a).floor();
    whole as i64 + i64::from(!(exclusive && whole == b - a))
}

fn sum(interp: &mut Interp, this: Value, args: &Args) -> R {
    if args.block.is_none()
        && args.is_empty()
        && let Some((low, high)) = int_bounds(interp, this)
        && high != i64::MAX
    {
        if high < low {
            return Ok(0i64.into());
        }
        let total =
            (i128::from(high) - i128::from(low) + 1) * (i128::from(high) + i128::from(low)) / 2;
        return Ok(interp.big(total.into()));
    }
    super::enumerable::sum(interp, this, args)
}

fn first(interp: &mut Interp, this: Value, args: &Args) -> R {
    if args.is_empty() {
        let (low, _, _) = parts(interp, this);
        if low.is_nil() {
            return Err(interp.error(
                interp.core.range_error,
                "cannot get the first element of beginless range",
            ));
        }
        return Ok(low);
    }
    super::enumerable::first(interp, this, args)
}

fn last(interp: &mut Interp, this: Value, args: &Args) -> R {
    let (_, high, _) = parts(interp, this);
    if high.is_nil() {
        return Err(interp.error(
            interp.core.range_error,
            "cannot get the last element of endless range",
        ));
    }
    if args.is_empty() {
        return Ok(high);
    }
    let n = interp.count_arg(args.get(0), "negative array size")?;
    let items = interp.to_list(this)?;
    let skip = items.len().saturating_sub(n);
    Ok(interp.array(items.into_iter().skip(skip).collect()))
}

fn min(interp: &mut Interp, this: Value, args: &Args) -> R {
    let (low, high, exclusive) = parts(interp, this);
    if args.block.is_some() || !args.is_empty() {
        return super::ordering::min(interp, this, args);
    }
    if low.is_nil() {
        return Err(interp.error(
            interp.core.range_error,
            "cannot get the minimum of beginless range",
        ));
    }
    if high.is_nil() {
        return Ok(low);
    }
    Ok(match interp.compare(low, high)? {
        Ordering::Greater => Value::NIL,
        Ordering::Equal if exclusive => Value::NIL,
        _ => low,
    })
}

fn max(interp: &mut Interp, this: Value, args: &Args) -> R {
    let (low, high, exclusive) = parts(interp, this);
    if high.is_nil() {
        return Err(interp.error(
            interp.core.range_error,
            "cannot get the maximum of endless range",
        ));
    }
    let integers = matches!((low.kind, high.kind), (Kind::Int(_), Kind::Int(_)));
    if args.block.is_some() || !args.is_empty() || (exclusive && !integers) {
        if exclusive && matches!(high.kind, Kind::Float(_)) {
            return Err(interp.type_error("cannot exclude non Integer end value"));
        }
        return super::ordering::max(interp, this, args);
    }
    if !low.is_nil() && interp.compare(low, high)? == Ordering::Greater {
        return Ok(Value::NIL);
    }
    match (low.kind, high.kind) {
        (Kind::Int(a), Kind::Int(b)) if exclusive => {
            Ok(if a == b { Value::NIL } else { (b - 1).into() })
        }
        (Kind::Int(_), Kind::Float(f)) => Ok((f.floor() as i64).into()),
        _ => Ok(high),
    }
}

fn minmax(interp: &mut Interp, this: Value, args: &Args) -> R {
    let low = min(interp, this, args)?;
    let high = max(interp, this, args)?;
    Ok(interp.array(vec![low, high]))
}

fn step(interp: &mut Interp, this: Value, args: &Args) -> R {
    let by = args.opt(0).unwrap_or(1i64.into());
    let (low, high, exclusive) = parts(interp, this);
    match by.kind {
        Kind::Int(0) => return Err(interp.argument_error("step can't be 0")),
        Kind::Int(n) if n < 0 => return Err(interp.argument_error("step can't be negative")),
        _ => {}
    }
    let float = [low, high, by]
        .iter()
        .any(|v| matches!(v.kind, Kind::Float(_)));
    if float {
        let (from, by) = (
            super::float::as_float(interp, low)?,
            super::float::as_float(interp, by)?,
        );
        let to = match high.kind {
            Kind::Nil => f64::INFINITY,
            _ => super::float::as_float(interp, high)?,
        };
        super::numeric::float_steps(interp, from, to, by, exclusive, &mut |interp, f| {
            interp.yield_to(args, &[f.into()]).map(|_| ())
        })?;
        return Ok(this);
    }
    let n = interp.int_arg(by)?;
    let mut at = 0i64;
    each(interp, this, &mut |interp, item| {
        if at % n == 0 {
            interp.yield_to(args, &[item])?;
        }
        at += 1;
        Ok(Step::Go)
    })?;
    Ok(this)
}

fn bsearch(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some((mut low, high)) = int_bounds(interp, this) else {
        return Err(interp.not_supported("Range#bsearch over non-integers"));
    };
    let mut high = high.saturating_add(1);
    let end = high;
    while low < high {
        let middle = low + (high - low) / 2;
        let answer = interp.yield_to(args, &[middle.into()])?;
        match answer.kind {
            Kind::Int(0) => return Ok(middle.into()),
            Kind::Int(n) if n > 0 => low = middle + 1,
            Kind::Int(_) => high = middle,
            _ if interp.truth(answer)? => high = middle,
            _ => low = middle + 1,
        }
    }
    Ok(if low < end { low.into() } else { Value::NIL })
}

fn to_s(interp: &mut Interp, this: Value, _: &Args) -> R {
    let (low, high, exclusive) = parts(interp, this);
    let text = format!(
        "{}{}{}",
        interp.to_text(low)?,
        if exclusive { "..." } else { ".." },
        interp.to_text(high)?
    );
    Ok(interp.str(text))
}

fn inspect(interp: &mut Interp, this: Value, _: &Args) -> R {
    let (low, high, exclusive) = parts(interp, this);
    let mut text = String::new();
    if !low.is_nil() || high.is_nil() {
        text.push_str(&interp.inspect(low)?);
    }
    text.push_str(if exclusive { "..." } else { ".." });
    if !high.is_nil() || low.is_nil() {
        text.push_str(&interp.inspect(high)?);
    }
    Ok(interp.str(text))
}
