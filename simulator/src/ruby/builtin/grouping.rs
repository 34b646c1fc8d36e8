//! `Enumerable` methods that split a collection into groups.

use super::super::Interp;
use super::super::env::Args;
use super::super::flow::R;
use super::super::object::{Hash, Key};
use super::super::value::{Kind, Value};
use super::enumerable::enumerator;
use super::support::Step;

pub fn group_by(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut groups: crate::hash::IndexMap<Key, (Value, Vec<Value>)> =
        crate::hash::IndexMap::default();
    interp.iterate(this, &mut |interp, item| {
        let by = interp.yield_to(args, &[item])?;
        let key = interp.key(by)?;
        groups
            .entry(key)
            .or_insert_with(|| (by, Vec::new()))
            .1
            .push(item);
        Ok(Step::Go)
    })?;
    let mut hash = Hash::default();
    for (key, (by, items)) in groups {
        let items = interp.array(items);
        hash.map.insert(key, (by, items));
    }
    Ok(interp.hash(hash))
}

pub fn partition(interp: &mut Interp, this: Value, args: &Args) -> R {
    let (mut yes, mut no) = (Vec::new(), Vec::new());
    interp.iterate(this, &mut |interp, item| {
        if interp.test(args, item)? {
            yes.push(item);
        } else {
            no.push(item);
        }
        Ok(Step::Go)
    })?;
    let (yes, no) = (interp.array(yes), interp.array(no));
    Ok(interp.array(vec![yes, no]))
}

pub fn tally(interp: &mut Interp, this: Value, _: &Args) -> R {
    let mut hash = Hash::default();
    interp.iterate(this, &mut |interp, item| {
        let key = interp.key(item)?;
        let entry = hash.map.entry(key).or_insert((item, 0i64.into()));
        if let Kind::Int(n) = entry.1.kind {
            entry.1 = (n + 1).into();
        }
        Ok(Step::Go)
    })?;
    Ok(interp.hash(hash))
}

fn positive(interp: &mut Interp, value: Value, what: &str) -> R<usize> {
    match interp.int_arg(value)? {
        n if n > 0 => Ok(usize::try_from(n).unwrap_or(usize::MAX)),
        _ => Err(interp.argument_error(what)),
    }
}

pub fn each_slice(interp: &mut Interp, this: Value, args: &Args) -> R {
    let n = positive(interp, args.get(0), "invalid slice size")?;
    if args.block.is_none() {
        return Ok(enumerator(interp, this, "each_slice", args));
    }
    let mut part = Vec::new();
    interp.iterate(this, &mut |interp, item| {
        part.push(item);
        if part.len() == n {
            let full = interp.array(std::mem::take(&mut part));
            interp.yield_to(args, &[full])?;
        }
        Ok(Step::Go)
    })?;
    if !part.is_empty() {
        let rest = interp.array(part);
        interp.yield_to(args, &[rest])?;
    }
    Ok(this)
}

pub fn each_cons(interp: &mut Interp, this: Value, args: &Args) -> R {
    let n = positive(interp, args.get(0), "invalid size")?;
    if args.block.is_none() {
        return Ok(enumerator(interp, this, "each_cons", args));
    }
    let items = interp.to_list(this)?;
    if items.len() >= n {
        for window in items.windows(n) {
            let window = interp.array(window.to_vec());
            interp.yield_to(args, &[window])?;
        }
    }
    Ok(this)
}

/// Groups as an enumerator over them.
fn groups(interp: &mut Interp, groups: Vec<Vec<Value>>) -> Value {
    let list = groups.into_iter().map(|g| interp.array(g)).collect();
    let list = interp.array(list);
    enumerator(interp, list, "each", &Args::default())
}

/// Splits between neighbours where `cut` says so.
fn split_between(
    interp: &mut Interp,
    this: Value,
    cut: &mut dyn FnMut(&mut Interp, Value, Value) -> R<bool>,
) -> R {
    let mut out: Vec<Vec<Value>> = Vec::new();
    let mut last: Option<Value> = None;
    for item in interp.to_list(this)? {
        let new = match last {
            Some(last) => cut(interp, last, item)?,
            None => true,
        };
        match out.last_mut() {
            Some(group) if !new => group.push(item),
            _ => out.push(vec![item]),
        }
        last = Some(item);
    }
    Ok(groups(interp, out))
}

pub fn chunk_while(interp: &mut Interp, this: Value, args: &Args) -> R {
    with_block(interp, args)?;
    split_between(interp, this, &mut |interp, a, b| {
        let same = interp.yield_to(args, &[a, b])?;
        Ok(!interp.truth(same)?)
    })
}

pub fn slice_when(interp: &mut Interp, this: Value, args: &Args) -> R {
    with_block(interp, args)?;
    split_between(interp, this, &mut |interp, a, b| {
        let cut = interp.yield_to(args, &[a, b])?;
        interp.truth(cut)
    })
}

fn with_block(interp: &mut Interp, args: &Args) -> R<()> {
    match args.block {
        Some(_) => Ok(()),
        None => Err(interp.argument_error("tried to create Proc object without a block")),
    }
}

/// Either tells where to cut, and not both.
fn pattern_or_block(interp: &mut Interp, args: &Args) -> R<()> {
    let expected = usize::from(args.block.is_none());
    if args.len() == expected {
        return Ok(());
    }
    let given = args.len();
    Err(interp.argument_error(format!(
        "wrong number of arguments (given {given}, expected {expected})"
    )))
}

fn marks(interp: &mut Interp, args: &Args, item: Value) -> R<bool> {
    match args.opt(0) {
        Some(pattern) => interp.case_equal(pattern, item),
        None => interp.test(args, item),
    }
}

pub fn slice_before(interp: &mut Interp, this: Value, args: &Args) -> R {
    pattern_or_block(interp, args)?;
    split_between(interp, this, &mut |interp, _, b| marks(interp, args, b))
}

pub fn slice_after(interp: &mut Interp, this: Value, args: &Args) -> R {
    pattern_or_block(interp, args)?;
    split_between(interp, this, &mut |interp, a, _| marks(interp, args, a))
}

pub fn chunk(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut out: Vec<(Value, Vec<Value>)> = Vec::new();
    for item in interp.to_list(this)? {
        let by = interp.yield_to(args, &[item])?;
        if by.is_nil() {
            continue;
        }
        let same = match out.last() {
            Some((last, _)) => interp.equal(*last, by)?,
            None => false,
        };
        match out.last_mut() {
            Some((_, group)) if same => group.push(item),
            _ => out.push((by, vec![item])),
        }
    }
    let list = out
        .into_iter()
        .map(|(by, group)| {
            let group = interp.array(group);
            interp.array(vec![by, group])
        })
        .collect();
    let list = interp.array(list);
    Ok(enumerator(interp, list, "each", &Args::default()))
}
