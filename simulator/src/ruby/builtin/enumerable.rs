//! Native methods of `Enumerable`, for everything that has `each`: arrays, hashes, ranges, structs,
//! enumerators and classes written in Ruby.

use crate::hash::IndexMap;
use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::R;
use super::super::object::{Hash, Key};
use super::super::value::{Kind, Value};
pub use super::enumerator::enumerator;
use super::support::Step;
use super::{Builtin, def, table};

static METHODS: &[Builtin] = &[
    def("all?", 0, 1, all),
    def("any?", 0, 1, any),
    def("chunk", 0, 0, super::grouping::chunk).enumerates(),
    def("chunk_while", 0, 0, super::grouping::chunk_while),
    def("collect", 0, 0, map).takes_unknown().enumerates(),
    def("collect_concat", 0, 0, flat_map).enumerates(),
    def("compact", 0, 0, compact),
    def("count", 0, 1, count),
    def("cycle", 0, 1, cycle).enumerates(),
    def("detect", 0, 1, find).enumerates(),
    def("drop", 1, 1, drop),
    def("drop_while", 0, 0, drop_while).enumerates(),
    def("each_cons", 1, 1, super::grouping::each_cons),
    def("each_entry", 0, 0, each_entry).enumerates(),
    def("each_slice", 1, 1, super::grouping::each_slice),
    def("each_with_index", 0, -1, each_with_index).enumerates(),
    def("each_with_object", 1, 1, each_with_object)
        .takes_unknown()
        .enumerates(),
    def("entries", 0, 0, to_a),
    def("filter", 0, 0, select).enumerates(),
    def("filter_map", 0, 0, filter_map).enumerates(),
    def("find", 0, 1, find).enumerates(),
    def("find_all", 0, 0, select).enumerates(),
    def("find_index", 0, 1, find_index).enumerates_alone(),
    def("first", 0, 1, first),
    def("flat_map", 0, 0, flat_map).enumerates(),
    def("grep", 1, 1, grep),
    def("grep_v", 1, 1, grep_v),
    def("group_by", 0, 0, super::grouping::group_by).enumerates(),
    def("include?", 1, 1, include),
    def("inject", 0, 2, inject).takes_unknown(),
    def("lazy", 0, 0, super::lazy::lazy),
    def("map", 0, 0, map).takes_unknown().enumerates(),
    def("member?", 1, 1, include),
    def("none?", 0, 1, none),
    def("one?", 0, 1, one),
    def("partition", 0, 0, super::grouping::partition).enumerates(),
    def("reduce", 0, 2, inject).takes_unknown(),
    def("reject", 0, 0, reject).enumerates(),
    def("reverse_each", 0, 0, reverse_each).enumerates(),
    def("select", 0, 0, select).enumerates(),
    def("slice_after", 0, 1, super::grouping::slice_after),
    def("slice_before", 0, 1, super::grouping::slice_before),
    def("slice_when", 0, 0, super::grouping::slice_when),
    def("sum", 0, 1, sum),
    def("take", 1, 1, take),
    def("take_while", 0, 0, take_while).enumerates(),
    def("tally", 0, 0, super::grouping::tally),
    def("to_a", 0, 0, to_a),
    def("to_h", 0, 0, to_h),
    def("uniq", 0, 0, uniq),
    def("zip", 0, -1, zip).takes_unknown(),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub(super) fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.enumerable, &TABLE);
    super::ordering::install(interp);
    super::enumerator::install(interp);
    super::lazy::install(interp);
}

/// What an element is tested by: a pattern argument, the block, or its own truth.
fn test(interp: &mut Interp, args: &Args, item: Value) -> R<bool> {
    match (args.opt(0), args.block) {
        (Some(pattern), _) => interp.case_equal(pattern, item),
        (None, Some(_)) => interp.test(args, item),
        (None, None) => interp.truth(item),
    }
}

fn any(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut found = false;
    interp.iterate(this, &mut |interp, item| {
        found = test(interp, args, item)?;
        Ok(if found { Step::Stop } else { Step::Go })
    })?;
    Ok(found.into())
}

fn all(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut all = true;
    interp.iterate(this, &mut |interp, item| {
        all = test(interp, args, item)?;
        Ok(if all { Step::Go } else { Step::Stop })
    })?;
    Ok(all.into())
}

fn none(interp: &mut Interp, this: Value, args: &Args) -> R {
    let found = any(interp, this, args)?;
    Ok((!interp.truth(found)?).into())
}

fn one(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut n = 0;
    interp.iterate(this, &mut |interp, item| {
        n += i32::from(test(interp, args, item)?);
        Ok(if n > 1 { Step::Stop } else { Step::Go })
    })?;
    Ok((n == 1).into())
}

pub fn count(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut n = 0;
    interp.iterate(this, &mut |interp, item| {
        let counts = match (args.opt(0), args.block) {
            (Some(value), _) => interp.equal(item, value)?,
            (None, Some(_)) => interp.test(args, item)?,
            (None, None) => true,
        };
        n += usize::from(counts);
        Ok(Step::Go)
    })?;
    Ok(Value::count(n))
}

pub fn map(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut out = Vec::new();
    interp.iterate(this, &mut |interp, item| {
        out.push(interp.yield_to(args, &[item])?);
        Ok(Step::Go)
    })?;
    Ok(interp.array(out))
}

fn flat_map(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut out = Vec::new();
    interp.iterate(this, &mut |interp, item| {
        let result = interp.yield_to(args, &[item])?;
        if let Some(id) = interp.unknown_of(result) {
            return Err(super::super::flow::Flow::Unknown(id));
        }
        match interp.array_items(result) {
            Some(items) => out.extend_from_slice(items),
            None => out.push(result),
        }
        Ok(Step::Go)
    })?;
    Ok(interp.array(out))
}

/// Elements for which `keep` of the block's truth holds.
fn filtered(interp: &mut Interp, this: Value, args: &Args, keep: bool) -> R {
    let mut out = Vec::new();
    interp.iterate(this, &mut |interp, item| {
        if interp.test(args, item)? == keep {
            out.push(item);
        }
        Ok(Step::Go)
    })?;
    Ok(interp.array(out))
}

fn select(interp: &mut Interp, this: Value, args: &Args) -> R {
    filtered(interp, this, args, true)
}

fn reject(interp: &mut Interp, this: Value, args: &Args) -> R {
    filtered(interp, this, args, false)
}

fn filter_map(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut out = Vec::new();
    interp.iterate(this, &mut |interp, item| {
        let value = interp.yield_to(args, &[item])?;
        if interp.truth(value)? {
            out.push(value);
        }
        Ok(Step::Go)
    })?;
    Ok(interp.array(out))
}

fn compact(interp: &mut Interp, this: Value, _: &Args) -> R {
    let mut items = interp.to_list(this)?;
    items.retain(|v| !v.is_nil());
    Ok(interp.array(items))
}

fn find(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut found = None;
    interp.iterate(this, &mut |interp, item| {
        if interp.test(args, item)? {
            found = Some(item);
            return Ok(Step::Stop);
        }
        Ok(Step::Go)
    })?;
    match (found, args.opt(0)) {
        (Some(item), _) => Ok(item),
        (None, Some(f)) if !f.is_nil() => interp.call_callable(f, Args::default()),
        _ => Ok(Value::NIL),
    }
}

pub fn find_index(interp: &mut Interp, this: Value, args: &Args) -> R {
    let (mut at, mut found) = (0usize, false);
    interp.iterate(this, &mut |interp, item| {
        found = match args.opt(0) {
            Some(value) => interp.equal(item, value)?,
            None => interp.test(args, item)?,
        };
        if found {
            return Ok(Step::Stop);
        }
        at += 1;
        Ok(Step::Go)
    })?;
    Ok(if found { Value::count(at) } else { Value::NIL })
}

pub fn first(interp: &mut Interp, this: Value, args: &Args) -> R {
    let n = match args.opt(0) {
        Some(n) => interp.count_arg(n, "attempt to take negative size")?,
        None => 1,
    };
    let items = take_list(interp, this, n)?;
    match args.opt(0) {
        Some(_) => Ok(interp.array(items)),
        None => Ok(items.first().copied().unwrap_or(Value::NIL)),
    }
}

/// The first `n` elements; endless objects are asked for no more.
pub fn take_list(interp: &mut Interp, this: Value, n: usize) -> R<Vec<Value>> {
    if n == 0 {
        return Ok(Vec::new());
    }
    if interp.array_items(this).is_none()
        && interp.hash_data(this).is_none()
        && interp.range_of(this).is_none()
    {
        return interp.collect_each(this, n);
    }
    let mut out = Vec::new();
    interp.iterate(this, &mut |_, item| {
        out.push(item);
        Ok(if out.len() == n { Step::Stop } else { Step::Go })
    })?;
    Ok(out)
}

fn take(interp: &mut Interp, this: Value, args: &Args) -> R {
    let n = interp.count_arg(args.get(0), "attempt to take negative size")?;
    let items = take_list(interp, this, n)?;
    Ok(interp.array(items))
}

fn take_while(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut out = Vec::new();
    interp.iterate(this, &mut |interp, item| {
        if !interp.test(args, item)? {
            return Ok(Step::Stop);
        }
        out.push(item);
        Ok(Step::Go)
    })?;
    Ok(interp.array(out))
}

fn drop(interp: &mut Interp, this: Value, args: &Args) -> R {
    let n = interp.count_arg(args.get(0), "attempt to drop negative size")?;
    let items = interp.to_list(this)?;
    Ok(interp.array(items.into_iter().skip(n).collect()))
}

fn drop_while(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut out = Vec::new();
    let mut dropping = true;
    interp.iterate(this, &mut |interp, item| {
        dropping = dropping && interp.test(args, item)?;
        if !dropping {
            out.push(item);
        }
        Ok(Step::Go)
    })?;
    Ok(interp.array(out))
}

fn each_entry(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.iterate(this, &mut |interp, item| {
        interp.yield_to(args, &[item])?;
        Ok(Step::Go)
    })?;
    Ok(this)
}

fn reverse_each(interp: &mut Interp, this: Value, args: &Args) -> R {
    for item in interp.to_list(this)?.into_iter().rev() {
        interp.yield_to(args, &[item])?;
    }
    Ok(this)
}

fn each_with_index(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut i = 0;
    interp.iterate(this, &mut |interp, item| {
        interp.yield_to(args, &[item, Value::count(i)])?;
        i += 1;
        Ok(Step::Go)
    })?;
    Ok(this)
}

fn each_with_object(interp: &mut Interp, this: Value, args: &Args) -> R {
    let memo = args.get(0);
    interp.iterate(this, &mut |interp, item| {
        interp.yield_to(args, &[item, memo])?;
        Ok(Step::Go)
    })?;
    Ok(memo)
}

fn grep(interp: &mut Interp, this: Value, args: &Args) -> R {
    grep_as(interp, this, args, true)
}

fn grep_v(interp: &mut Interp, this: Value, args: &Args) -> R {
    grep_as(interp, this, args, false)
}

fn grep_as(interp: &mut Interp, this: Value, args: &Args, keep: bool) -> R {
    let pattern = args.get(0);
    let mut out = Vec::new();
    interp.iterate(this, &mut |interp, item| {
        if interp.case_equal(pattern, item)? == keep {
            out.push(match args.block {
                Some(_) => interp.yield_to(args, &[item])?,
                None => item,
            });
        }
        Ok(Step::Go)
    })?;
    Ok(interp.array(out))
}

fn include(interp: &mut Interp, this: Value, args: &Args) -> R {
    let wanted = args.get(0);
    let mut unknown = None;
    let mut found = false;
    interp.iterate(this, &mut |interp, item| {
        match interp.equal(item, wanted) {
            Ok(same) => found = same,
            Err(super::super::flow::Flow::Unknown(id)) => unknown = Some(id),
            Err(flow) => return Err(flow),
        }
        Ok(if found { Step::Stop } else { Step::Go })
    })?;
    match unknown {
        // An unknown element matters only where no known one is equal.
        Some(id) if !found => Err(super::super::flow::Flow::Unknown(id)),
        _ => Ok(found.into()),
    }
}

fn inject(interp: &mut Interp, this: Value, args: &Args) -> R {
    let (mut memo, operator) = match (args.opt(0), args.opt(1), args.block) {
        (Some(first), Some(op), _) => (Some(first), Some(op)),
        (Some(op), None, None) => (None, Some(op)),
        (first, None, _) => (first, None),
        (None, Some(_), _) => (None, None),
    };
    let operator = match operator {
        Some(op) => Some(interp.name_arg(op)?),
        None if args.block.is_none() && interp.to_list(this)?.len() > 1 => {
            return Err(interp.error(interp.core.local_jump_error, "no block given"));
        }
        None => None,
    };
    interp.iterate(this, &mut |interp, item| {
        memo = Some(match (memo, &operator) {
            (None, _) => item,
            (Some(memo), Some(op)) => interp.call(memo, op, &[item])?,
            (Some(memo), None) => interp.yield_to(args, &[memo, item])?,
        });
        Ok(Step::Go)
    })?;
    Ok(memo.unwrap_or(Value::NIL))
}

pub fn sum(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut total = args.opt(0).unwrap_or(0i64.into());
    // Floats are added with Kahan-Babuska compensation, as Ruby does.
    let mut float: Option<(f64, f64)> = match total.kind {
        Kind::Float(f) => Some((f, 0.0)),
        _ => None,
    };
    interp.iterate(this, &mut |interp, item| {
        let item = match args.block {
            Some(_) => interp.yield_to(args, &[item])?,
            None => item,
        };
        let number = match item.kind {
            Kind::Float(f) => Some(f),
            Kind::Int(n) => Some(n as f64),
            _ => None,
        };
        match (float, number, total.kind, item.kind) {
            (Some((f, c)), Some(x), _, _) => float = Some(add_compensated(f, c, x)),
            (None, Some(x), Kind::Int(n), Kind::Float(_)) => {
                float = Some(add_compensated(n as f64, 0.0, x));
            }
            _ => {
                if let Some((f, c)) = float.take() {
                    total = (f + c).into();
                }
                total = interp.call(total, "+", &[item])?;
            }
        }
        Ok(Step::Go)
    })?;
    Ok(match float {
        Some((f, c)) => (f + c).into(),
        None => total,
    })
}

fn add_compensated(f: f64, c: f64, x: f64) -> (f64, f64) {
    if !x.is_finite() || !f.is_finite() {
        return (f + x, 0.0);
    }
    let t = f + x;
    let c = if f.abs() >= x.abs() {
        c + ((f - t) + x)
    } else {
        c + ((x - t) + f)
    };
    (t, c)
}

fn to_a(interp: &mut Interp, this: Value, _: &Args) -> R {
    let items = interp.to_list(this)?;
    Ok(interp.array(items))
}

/// A hash of pairs, which the block may make from each element.
pub fn to_h(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut hash = Hash::default();
    let mut at = 0;
    let in_array = interp.array_items(this).is_some();
    interp.iterate(this, &mut |interp, item| {
        let pair = match args.block {
            Some(_) => interp.yield_to(args, &[item])?,
            None => item,
        };
        interp.known(pair)?;
        let place = if in_array && args.block.is_none() {
            format!(" at {at}")
        } else {
            String::new()
        };
        let Some(items) = interp.array_items(pair) else {
            let label = interp.kind_label(pair);
            let place = if args.block.is_some() { "" } else { &place };
            let text = if args.block.is_some() {
                format!("wrong element type {label} (expected array)")
            } else {
                format!("wrong element type {label}{place} (expected array)")
            };
            return Err(interp.type_error(text));
        };
        let [key, value] = items[..] else {
            let n = items.len();
            let text = if place.is_empty() {
                format!("element has wrong array length (expected 2, was {n})")
            } else {
                format!("wrong array length{place} (expected 2, was {n})")
            };
            return Err(interp.argument_error(text));
        };
        super::hash::put(interp, &mut hash, key, value)?;
        at += 1;
        Ok(Step::Go)
    })?;
    Ok(interp.hash(hash))
}

pub fn uniq(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut seen: IndexMap<Key, Value> = IndexMap::default();
    interp.iterate(this, &mut |interp, item| {
        let by = match args.block {
            Some(_) => interp.yield_to(args, &[item])?,
            None => item,
        };
        let key = interp.key(by)?;
        seen.entry(key).or_insert(item);
        Ok(Step::Go)
    })?;
    Ok(interp.array(seen.into_values().collect()))
}

pub fn zip(interp: &mut Interp, this: Value, args: &Args) -> R {
    let items = interp.to_list(this)?;
    let mut others = Vec::new();
    for arg in &args.list {
        if arg.obj().is_none() && arg.unknown().is_none() {
            let label = interp.kind_label(*arg);
            return Err(interp.type_error(format!(
                "wrong argument type {label} (must respond to :each)"
            )));
        }
        others.push(take_list(interp, *arg, items.len())?);
    }
    let mut out = Vec::with_capacity(items.len());
    for (i, item) in items.into_iter().enumerate() {
        let mut row = vec![item];
        row.extend(
            others
                .iter()
                .map(|o| o.get(i).copied().unwrap_or(Value::NIL)),
        );
        let row = interp.array(row);
        match args.block {
            Some(_) => {
                interp.yield_to(args, &[row])?;
            }
            None => out.push(row),
        }
    }
    Ok(match args.block {
        Some(_) => Value::NIL,
        None => interp.array(out),
    })
}

fn cycle(interp: &mut Interp, this: Value, args: &Args) -> R {
    let items = interp.to_list(this)?;
    let mut rounds = match args.opt(0).filter(|n| !n.is_nil()) {
        Some(n) => Some(interp.int_arg(n)?),
        None => None,
    };
    while !items.is_empty() && rounds.is_none_or(|n| n > 0) {
        for item in &items {
            interp.spend(1)?;
            interp.yield_to(args, &[*item])?;
        }
        rounds = rounds.map(|n| n - 1);
    }
    Ok(Value::NIL)
}
