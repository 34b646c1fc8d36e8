//! Native methods of `Enumerable` that ask which of two is less: the least, the greatest, sorting.

use std::cmp::Ordering;
use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::R;
use super::super::value::{Kind, Value};
use super::support::Step;
use super::{Builtin, def, table};

static METHODS: &[Builtin] = &[
    def("max", 0, 1, max),
    def("max_by", 0, 1, max_by).enumerates(),
    def("min", 0, 1, min),
    def("min_by", 0, 1, min_by).enumerates(),
    def("minmax", 0, 0, minmax),
    def("minmax_by", 0, 0, minmax_by).enumerates(),
    def("sort", 0, 0, sort),
    def("sort_by", 0, 0, sort_by).enumerates(),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub(super) fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.enumerable, &TABLE);
}

/// The extreme element by a comparison, or the `n` most extreme.
fn extreme(interp: &mut Interp, this: Value, args: &Args, wanted: Ordering) -> R {
    if let Some(n) = args.opt(0).filter(|n| !n.is_nil()) {
        let n = interp.int_arg(n)?;
        let Ok(n) = usize::try_from(n) else {
            return Err(interp.argument_error(format!("negative size ({n})")));
        };
        let items = interp.to_list(this)?;
        let sorted = interp.sort_values(items, &mut |interp, a, b| {
            let order = interp.compare_with(args, a, b)?;
            Ok(if wanted == Ordering::Less {
                order
            } else {
                order.reverse()
            })
        })?;
        return Ok(interp.array(sorted.into_iter().take(n).collect()));
    }
    // An array asks a number that is the best so far, else the new one: seen where they cannot be compared.
    let asks = interp.array_items(this).is_some() && args.block.is_none();
    let number = |v: Value| matches!(v.kind, Kind::Int(_) | Kind::Float(_));
    let mut best: Option<Value> = None;
    interp.iterate(this, &mut |interp, item| {
        best = Some(match best {
            Some(old) if asks && number(old) => {
                match interp.compare(old, item)? == wanted.reverse() {
                    true => item,
                    false => old,
                }
            }
            Some(old) if interp.compare_with(args, item, old)? != wanted => old,
            _ => item,
        });
        Ok(Step::Go)
    })?;
    Ok(best.unwrap_or(Value::NIL))
}

pub fn min(interp: &mut Interp, this: Value, args: &Args) -> R {
    extreme(interp, this, args, Ordering::Less)
}

pub fn max(interp: &mut Interp, this: Value, args: &Args) -> R {
    extreme(interp, this, args, Ordering::Greater)
}

fn minmax(interp: &mut Interp, this: Value, args: &Args) -> R {
    let low = min(interp, this, args)?;
    let high = max(interp, this, args)?;
    Ok(interp.array(vec![low, high]))
}

/// Each element with what the block gives for it.
fn keyed(interp: &mut Interp, this: Value, args: &Args) -> R<Vec<(Value, Value)>> {
    let mut out = Vec::new();
    interp.iterate(this, &mut |interp, item| {
        out.push((interp.yield_to(args, &[item])?, item));
        Ok(Step::Go)
    })?;
    Ok(out)
}

/// Elements in the order of their keys.
pub fn sorted_by_key(interp: &mut Interp, pairs: Vec<(Value, Value)>) -> R<Vec<Value>> {
    let indexes: Vec<Value> = (0..pairs.len()).map(Value::count).collect();
    let key = |v: Value| match v.kind {
        Kind::Int(i) => usize::try_from(i).ok().and_then(|i| pairs.get(i)),
        _ => None,
    };
    let sorted = interp.sort_values(indexes, &mut |interp, a, b| match (key(a), key(b)) {
        (Some(a), Some(b)) => interp.compare(a.0, b.0),
        _ => Ok(Ordering::Equal),
    })?;
    Ok(sorted
        .into_iter()
        .filter_map(|i| key(i).map(|p| p.1))
        .collect())
}

fn extreme_by(interp: &mut Interp, this: Value, args: &Args, wanted: Ordering) -> R {
    let pairs = keyed(interp, this, args)?;
    if let Some(n) = args.opt(0) {
        let n = interp.count_arg(n, "negative size")?;
        let mut sorted = sorted_by_key(interp, pairs)?;
        if wanted == Ordering::Greater {
            sorted.reverse();
        }
        sorted.truncate(n);
        return Ok(interp.array(sorted));
    }
    let mut best: Option<(Value, Value)> = None;
    for pair in pairs {
        best = Some(match best {
            Some(old) if interp.compare(pair.0, old.0)? != wanted => old,
            _ => pair,
        });
    }
    Ok(best.map_or(Value::NIL, |b| b.1))
}

fn min_by(interp: &mut Interp, this: Value, args: &Args) -> R {
    extreme_by(interp, this, args, Ordering::Less)
}

fn max_by(interp: &mut Interp, this: Value, args: &Args) -> R {
    extreme_by(interp, this, args, Ordering::Greater)
}

fn minmax_by(interp: &mut Interp, this: Value, args: &Args) -> R {
    let low = extreme_by(interp, this, args, Ordering::Less)?;
    let high = extreme_by(interp, this, args, Ordering::Greater)?;
    Ok(interp.array(vec![low, high]))
}

pub fn sort(interp: &mut Interp, this: Value, args: &Args) -> R {
    let items = interp.to_list(this)?;
    let sorted = interp.sort_values(items, &mut |interp, a, b| interp.compare_with(args, a, b))?;
    Ok(interp.array(sorted))
}

pub fn sort_by(interp: &mut Interp, this: Value, args: &Args) -> R {
    let pairs = keyed(interp, this, args)?;
    let sorted = sorted_by_key(interp, pairs)?;
    Ok(interp.array(sorted))
}
