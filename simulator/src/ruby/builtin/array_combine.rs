//! Native methods of `Array` that make one list of several: unions, differences, products, combinations.

use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::R;
use super::super::value::Value;
use super::array::{join, list};
use super::enumerable::enumerator;
use super::{Builtin, def, table};

static METHODS: &[Builtin] = &[
    def("&", 1, 1, and),
    def("*", 1, 1, times).takes_unknown(),
    def("+", 1, 1, plus).takes_unknown(),
    def("-", 1, 1, minus),
    def("combination", 1, 1, combination),
    def("difference", 0, -1, difference),
    def("intersect?", 1, 1, intersects),
    def("intersection", 0, -1, intersection),
    def("permutation", 0, 1, permutation),
    def("product", 0, -1, product),
    def("transpose", 0, 0, transpose),
    def("union", 0, -1, union),
    def("|", 1, 1, union),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub(super) fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.array, &TABLE);
}

fn plus(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut items = list(interp, this);
    items.extend(interp.array_arg(args.get(0))?);
    Ok(interp.array(items))
}

fn times(interp: &mut Interp, this: Value, args: &Args) -> R {
    if interp.text(args.get(0)).is_some() {
        return join(interp, this, args);
    }
    let n = interp.count_arg(args.get(0), "argument must be non-negative")?;
    let items = list(interp, this);
    interp.spend(items.len().saturating_mul(n))?;
    Ok(interp.array(items.repeat(n)))
}

/// Keys of a list, for set operations.
fn keys(
    interp: &mut Interp,
    items: &[Value],
) -> R<crate::hash::HashSet<super::super::object::Key>> {
    let mut out = crate::hash::HashSet::default();
    for item in items {
        out.insert(interp.key(*item)?);
    }
    Ok(out)
}

fn minus(interp: &mut Interp, this: Value, args: &Args) -> R {
    let other = interp.array_arg(args.get(0))?;
    let gone = keys(interp, &other)?;
    let mut out = Vec::new();
    for item in list(interp, this) {
        if !gone.contains(&interp.key(item)?) {
            out.push(item);
        }
    }
    Ok(interp.array(out))
}

fn difference(interp: &mut Interp, this: Value, args: &Args) -> R {
    let items = list(interp, this);
    let mut result = interp.array(items);
    for other in &args.list {
        result = minus(interp, result, &Args::of(&[*other]))?;
    }
    Ok(result)
}

fn and(interp: &mut Interp, this: Value, args: &Args) -> R {
    let other = interp.array_arg(args.get(0))?;
    let mut wanted = keys(interp, &other)?;
    let mut out = Vec::new();
    for item in list(interp, this) {
        if wanted.remove(&interp.key(item)?) {
            out.push(item);
        }
    }
    Ok(interp.array(out))
}

fn intersection(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut result = super::enumerable::uniq(interp, this, &Args::default())?;
    for other in &args.list {
        result = and(interp, result, &Args::of(&[*other]))?;
    }
    Ok(result)
}

fn intersects(interp: &mut Interp, this: Value, args: &Args) -> R {
    let common = and(interp, this, args)?;
    Ok((!list(interp, common).is_empty()).into())
}

fn union(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut items = list(interp, this);
    for other in &args.list {
        items.extend(interp.array_arg(*other)?);
    }
    let all = interp.array(items);
    super::enumerable::uniq(interp, all, &Args::default())
}

fn transpose(interp: &mut Interp, this: Value, _: &Args) -> R {
    let mut rows = Vec::new();
    for row in list(interp, this) {
        rows.push(interp.array_arg(row)?);
    }
    let width = rows.first().map_or(0, Vec::len);
    if let Some(row) = rows.iter().find(|r| r.len() != width) {
        let n = row.len();
        return Err(interp.error(
            interp.core.index_error,
            format!("element size differs ({n} should be {width})"),
        ));
    }
    let columns = (0..width)
        .map(|i| {
            let column = rows.iter().filter_map(|r| r.get(i).copied()).collect();
            interp.array(column)
        })
        .collect();
    Ok(interp.array(columns))
}

fn each_or_list(
    interp: &mut Interp,
    this: Value,
    args: &Args,
    name: &str,
    lists: Vec<Vec<Value>>,
) -> R {
    let lists: Vec<Value> = lists.into_iter().map(|l| interp.array(l)).collect();
    if args.block.is_none() {
        let list = interp.array(lists);
        if name == "product" {
            return Ok(list);
        }
        return Ok(enumerator(interp, list, "each", &Args::default()));
    }
    for list in lists {
        interp.yield_to(args, &[list])?;
    }
    Ok(this)
}

fn product(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut rows: Vec<Vec<Value>> = list(interp, this).into_iter().map(|v| vec![v]).collect();
    for other in &args.list {
        let other = interp.array_arg(*other)?;
        interp.spend(rows.len().saturating_mul(other.len()))?;
        rows = rows
            .iter()
            .flat_map(|row| {
                other.iter().map(|item| {
                    let mut row = row.clone();
                    row.push(*item);
                    row
                })
            })
            .collect();
    }
    each_or_list(interp, this, args, "product", rows)
}

fn combination(interp: &mut Interp, this: Value, args: &Args) -> R {
    let n = interp.int_arg(args.get(0))?;
    let items = list(interp, this);
    let mut out = Vec::new();
    if let Ok(n) = usize::try_from(n) {
        choose(interp, &items, n, &mut Vec::new(), 0, &mut out)?;
    }
    each_or_list(interp, this, args, "combination", out)
}

fn choose(
    interp: &mut Interp,
    items: &[Value],
    n: usize,
    chosen: &mut Vec<Value>,
    from: usize,
    out: &mut Vec<Vec<Value>>,
) -> R<()> {
    interp.spend(1)?;
    if chosen.len() == n {
        out.push(chosen.clone());
        return Ok(());
    }
    for (i, item) in items.iter().enumerate().skip(from) {
        chosen.push(*item);
        choose(interp, items, n, chosen, i + 1, out)?;
        chosen.pop();
    }
    Ok(())
}

fn permutation(interp: &mut Interp, this: Value, args: &Args) -> R {
    let items = list(interp, this);
    let n = match args.opt(0) {
        Some(n) => interp.int_arg(n)?,
        None => items.len() as i64,
    };
    let mut out = Vec::new();
    if let Ok(n) = usize::try_from(n) {
        permute(interp, &items, n, &mut Vec::new(), &mut out)?;
    }
    each_or_list(interp, this, args, "permutation", out)
}

fn permute(
    interp: &mut Interp,
    items: &[Value],
    n: usize,
    chosen: &mut Vec<usize>,
    out: &mut Vec<Vec<Value>>,
) -> R<()> {
    interp.spend(1)?;
    if chosen.len() == n {
        out.push(
            chosen
                .iter()
                .filter_map(|i| items.get(*i).copied())
                .collect(),
        );
        return Ok(());
    }
    for i in 0..items.len() {
        if !chosen.contains(&i) {
            chosen.push(i);
            permute(interp, items, n, chosen, out)?;
            chosen.pop();
        }
    }
    Ok(())
}
