//! Methods of `Array` that change the receiver.

use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::R;
use super::super::value::Value;
use super::array::list;
use super::{Builtin, def, table};

static METHODS: &[Builtin] = &[
    def("<<", 1, 1, push).takes_unknown().mutates(),
    def("[]=", 2, 3, store).takes_unknown().mutates(),
    def("append", 0, -1, push).takes_unknown().mutates(),
    def("clear", 0, 0, clear).mutates(),
    def("collect!", 0, 0, map_in_place).mutates().enumerates(),
    def("compact!", 0, 0, compact).mutates(),
    def("concat", 0, -1, concat).takes_unknown().mutates(),
    def("delete", 1, 1, delete).mutates(),
    def("delete_at", 1, 1, delete_at).mutates(),
    def("delete_if", 0, 0, delete_if).mutates().enumerates(),
    def("fill", 0, 3, fill).takes_unknown().mutates(),
    def("filter!", 0, 0, select).mutates().enumerates(),
    def("flatten!", 0, 1, flatten).mutates(),
    def("insert", 1, -1, insert).takes_unknown().mutates(),
    def("keep_if", 0, 0, keep_if).mutates().enumerates(),
    def("map!", 0, 0, map_in_place).mutates().enumerates(),
    def("pop", 0, 1, pop).mutates(),
    def("prepend", 0, -1, unshift).takes_unknown().mutates(),
    def("push", 0, -1, push).takes_unknown().mutates(),
    def("reject!", 0, 0, reject).mutates().enumerates(),
    def("replace", 1, 1, replace).mutates(),
    def("reverse!", 0, 0, reverse).mutates(),
    def("rotate!", 0, 1, rotate).mutates(),
    def("select!", 0, 0, select).mutates().enumerates(),
    def("shift", 0, 1, shift).mutates(),
    def("shuffle!", 0, 1, shuffle).mutates(),
    def("slice!", 1, 2, slice).mutates(),
    def("sort!", 0, 0, sort).mutates(),
    def("sort_by!", 0, 0, sort_by).mutates().enumerates(),
    def("uniq!", 0, 0, uniq).mutates(),
    def("unshift", 0, -1, unshift).takes_unknown().mutates(),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub(super) fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.array, &TABLE);
}

fn push(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.spend(1)?;
    interp.array_mut(this)?.extend_from_slice(&args.list);
    Ok(this)
}

fn unshift(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp
        .array_mut(this)?
        .splice(0..0, args.list.iter().copied());
    Ok(this)
}

fn concat(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut more = Vec::new();
    for other in &args.list {
        more.extend(interp.array_arg(*other)?);
    }
    interp.spend(more.len())?;
    interp.array_mut(this)?.extend(more);
    Ok(this)
}

/// Puts `values` in place of `length` items from `start` on, filling a gap with nil.
fn splice(
    interp: &mut Interp,
    this: Value,
    start: usize,
    length: usize,
    values: Vec<Value>,
) -> R<Vec<Value>> {
    let old = interp.array_items(this).map_or(0, <[Value]>::len);
    if start > old {
        interp.spend(start - old)?;
        if start > (1 << 26) {
            return Err(interp.halt("an array grew over the memory budget"));
        }
    }
    let items = interp.array_mut(this)?;
    if start > items.len() {
        items.resize(start, Value::NIL);
    }
    let end = start.saturating_add(length).min(items.len());
    Ok(items.splice(start..end, values).collect())
}

fn store(interp: &mut Interp, this: Value, args: &Args) -> R {
    let value = args.list.last().copied().unwrap_or(Value::NIL);
    let len = interp.array_items(this).map_or(0, <[Value]>::len);
    let many = |interp: &Interp| match interp.array_items(value) {
        Some(items) => items.to_vec(),
        None => vec![value],
    };
    let index = args.get(0);
    if args.len() == 3 {
        let (start, length) = (interp.int_arg(index)?, interp.int_arg(args.get(1))?);
        if length < 0 {
            return Err(interp.error(
                interp.core.index_error,
                format!("negative length ({length})"),
            ));
        }
        let at = if start < 0 { start + len as i64 } else { start };
        let Ok(at) = usize::try_from(at) else {
            let text = format!("index {start} too small for array; minimum: -{len}");
            return Err(interp.error(interp.core.index_error, text));
        };
        let values = many(interp);
        splice(interp, this, at, length as usize, values)?;
        return Ok(value);
    }
    if let Some(range) = interp.range_of(index).cloned() {
        let low = if range.low.is_nil() {
            0
        } else {
            interp.int_arg(range.low)?
        };
        let at = if low < 0 { low + len as i64 } else { low };
        let Ok(at) = usize::try_from(at) else {
            let text = interp.inspect(index)?;
            return Err(interp.error(interp.core.range_error, format!("{text} out of range")));
        };
        let length = interp.range_span(&range, len)?.map_or(0, |s| s.1);
        let values = many(interp);
        splice(interp, this, at, length, values)?;
        return Ok(value);
    }
    let i = interp.int_arg(index)?;
    let at = if i < 0 { i + len as i64 } else { i };
    let Ok(at) = usize::try_from(at) else {
        let text = format!("index {i} too small for array; minimum: -{len}");
        return Err(interp.error(interp.core.index_error, text));
    };
    splice(interp, this, at, 1, vec![value])?;
    Ok(value)
}

fn insert(interp: &mut Interp, this: Value, args: &Args) -> R {
    let i = interp.int_arg(args.get(0))?;
    let len = interp.array_items(this).map_or(0, <[Value]>::len) as i64;
    let at = if i < 0 { i + len + 1 } else { i };
    let Ok(at) = usize::try_from(at) else {
        let text = format!("index {i} too small for array; minimum: -{}", len + 1);
        return Err(interp.error(interp.core.index_error, text));
    };
    let values = args.list.iter().skip(1).copied().collect();
    splice(interp, this, at, 0, values)?;
    Ok(this)
}

fn clear(interp: &mut Interp, this: Value, _: &Args) -> R {
    interp.array_mut(this)?.clear();
    Ok(this)
}

fn replace(interp: &mut Interp, this: Value, args: &Args) -> R {
    let items = interp.array_arg(args.get(0))?;
    *interp.array_mut(this)? = items;
    Ok(this)
}

fn pop(interp: &mut Interp, this: Value, args: &Args) -> R {
    match args.opt(0) {
        None => Ok(interp.array_mut(this)?.pop().unwrap_or(Value::NIL)),
        Some(n) => {
            let n = interp.count_arg(n, "negative array size")?;
            let items = interp.array_mut(this)?;
            let gone = items.split_off(items.len().saturating_sub(n));
            Ok(interp.array(gone))
        }
    }
}

fn shift(interp: &mut Interp, this: Value, args: &Args) -> R {
    let n = match args.opt(0) {
        None => 1,
        Some(n) => interp.count_arg(n, "negative array size")?,
    };
    let items = interp.array_mut(this)?;
    let gone: Vec<Value> = items.drain(..n.min(items.len())).collect();
    match args.opt(0) {
        None => Ok(gone.first().copied().unwrap_or(Value::NIL)),
        Some(_) => Ok(interp.array(gone)),
    }
}

fn delete(interp: &mut Interp, this: Value, args: &Args) -> R {
    let wanted = args.get(0);
    let mut kept = Vec::new();
    let mut gone = None;
    for item in list(interp, this) {
        if interp.equal(item, wanted)? {
            gone = Some(item);
        } else {
            kept.push(item);
        }
    }
    match gone {
        Some(item) => {
            *interp.array_mut(this)? = kept;
            Ok(item)
        }
        None if args.block.is_some() => interp.yield_to(args, &[wanted]),
        None => Ok(Value::NIL),
    }
}

fn delete_at(interp: &mut Interp, this: Value, args: &Args) -> R {
    let i = interp.int_arg(args.get(0))?;
    let len = interp.array_items(this).map_or(0, <[Value]>::len);
    match interp.at_index(i, len) {
        Some(i) => Ok(interp.array_mut(this)?.remove(i)),
        None => Ok(Value::NIL),
    }
}

fn slice(interp: &mut Interp, this: Value, args: &Args) -> R {
    let len = interp.array_items(this).map_or(0, <[Value]>::len);
    let span = match args.opt(1) {
        Some(length) => {
            let (start, length) = (interp.int_arg(args.get(0))?, interp.int_arg(length)?);
            interp.start_length(start, length, len)
        }
        None => match interp.range_of(args.get(0)).cloned() {
            Some(range) => interp.range_span(&range, len)?,
            None => return delete_at(interp, this, args),
        },
    };
    match span {
        Some((start, length)) => {
            let gone = splice(interp, this, start, length, Vec::new())?;
            Ok(interp.array(gone))
        }
        None => Ok(Value::NIL),
    }
}

/// Keeps the items for which the block's truth is `keep`; tells whether any went.
fn retain(interp: &mut Interp, this: Value, args: &Args, keep: bool) -> R<bool> {
    interp.writable(this)?;
    let items = list(interp, this);
    let before = items.len();
    let mut kept = Vec::new();
    for item in items {
        if interp.test(args, item)? == keep {
            kept.push(item);
        }
    }
    let changed = kept.len() != before;
    *interp.array_mut(this)? = kept;
    Ok(changed)
}

fn changed_or_nil(this: Value, changed: bool) -> Value {
    if changed { this } else { Value::NIL }
}

fn select(interp: &mut Interp, this: Value, args: &Args) -> R {
    Ok(changed_or_nil(this, retain(interp, this, args, true)?))
}

fn reject(interp: &mut Interp, this: Value, args: &Args) -> R {
    Ok(changed_or_nil(this, retain(interp, this, args, false)?))
}

fn keep_if(interp: &mut Interp, this: Value, args: &Args) -> R {
    retain(interp, this, args, true)?;
    Ok(this)
}

fn delete_if(interp: &mut Interp, this: Value, args: &Args) -> R {
    retain(interp, this, args, false)?;
    Ok(this)
}

fn map_in_place(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.writable(this)?;
    let mut out = Vec::new();
    for item in list(interp, this) {
        out.push(interp.yield_to(args, &[item])?);
    }
    *interp.array_mut(this)? = out;
    Ok(this)
}

fn compact(interp: &mut Interp, this: Value, _: &Args) -> R {
    let items = interp.array_mut(this)?;
    let before = items.len();
    items.retain(|v| !v.is_nil());
    let changed = items.len() != before;
    Ok(changed_or_nil(this, changed))
}

/// Puts the items of `made` in the receiver; nil where that changes nothing in number.
fn become_shorter(interp: &mut Interp, this: Value, made: Value) -> R {
    let items = list(interp, made);
    let old = interp.array_mut(this)?;
    let changed = old.len() != items.len();
    *old = items;
    Ok(changed_or_nil(this, changed))
}

fn uniq(interp: &mut Interp, this: Value, args: &Args) -> R {
    let made = super::enumerable::uniq(interp, this, args)?;
    become_shorter(interp, this, made)
}

fn flatten(interp: &mut Interp, this: Value, args: &Args) -> R {
    let nested = list(interp, this)
        .into_iter()
        .any(|v| interp.array_items(v).is_some());
    let made = super::array::flatten(interp, this, args)?;
    *interp.array_mut(this)? = list(interp, made);
    Ok(changed_or_nil(this, nested))
}

fn become_items(interp: &mut Interp, this: Value, made: Value) -> R {
    *interp.array_mut(this)? = list(interp, made);
    Ok(this)
}

fn sort(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.writable(this)?;
    let made = super::ordering::sort(interp, this, args)?;
    become_items(interp, this, made)
}

fn sort_by(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.writable(this)?;
    let made = super::ordering::sort_by(interp, this, args)?;
    become_items(interp, this, made)
}

fn reverse(interp: &mut Interp, this: Value, args: &Args) -> R {
    let made = super::array::reverse(interp, this, args)?;
    become_items(interp, this, made)
}

fn rotate(interp: &mut Interp, this: Value, args: &Args) -> R {
    let made = super::array::rotate(interp, this, args)?;
    become_items(interp, this, made)
}

fn shuffle(interp: &mut Interp, this: Value, _: &Args) -> R {
    let unknown = interp.outside("a random order");
    let items = interp.array_mut(this)?;
    if items.len() > 1 {
        items.fill(unknown);
    }
    Ok(this)
}

fn fill(interp: &mut Interp, this: Value, args: &Args) -> R {
    let (value, rest) = match args.block {
        Some(_) => (None, args.list.as_slice()),
        None => (args.opt(0), args.list.get(1..).unwrap_or_default()),
    };
    let len = interp.array_items(this).map_or(0, <[Value]>::len);
    let (start, count) = match rest {
        [] => (0, len),
        [at, ..] if at.is_nil() => (0, len),
        [at] => match interp.range_of(*at).cloned() {
            Some(range) => {
                let low = interp.range_span(&range, len)?.map_or(0, |s| s.0);
                let high = interp.int_arg(range.high)?;
                let high = if high < 0 { high + len as i64 } else { high };
                let end = high + i64::from(!range.exclusive);
                (low, usize::try_from(end - low as i64).unwrap_or(0))
            }
            None => {
                let at = interp.int_arg(*at)?;
                let at = if at < 0 { at + len as i64 } else { at };
                let at = usize::try_from(at).unwrap_or(0);
                (at, len.saturating_sub(at))
            }
        },
        [at, count, ..] => {
            let at = interp.int_arg(*at)?;
            let at = usize::try_from(if at < 0 { at + len as i64 } else { at }).unwrap_or(0);
            let count = if count.is_nil() {
                len as i64
            } else {
                interp.int_arg(*count)?
            };
            (at, usize::try_from(count).unwrap_or(0))
        }
    };
    interp.spend(count)?;
    for i in start..start.saturating_add(count) {
        let item = match value {
            Some(value) => value,
            None => interp.yield_to(args, &[Value::count(i)])?,
        };
        splice(interp, this, i, 1, vec![item])?;
    }
    Ok(this)
}
