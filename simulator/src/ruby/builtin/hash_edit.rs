//! Methods of `Hash` that change the receiver.

use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::{Flow, R};
use super::super::value::Value;
use super::hash::{Keying, key_for, keying_of, lookup};
use super::hash_derive::chosen;
use super::{Builtin, def, table};

static METHODS: &[Builtin] = &[
    def("[]=", 2, 2, store).takes_unknown().mutates(),
    def("clear", 0, 0, clear).mutates(),
    def("compact!", 0, 0, compact).mutates(),
    def("compare_by_identity", 0, 0, by_identity),
    def("default=", 1, 1, set_default).takes_unknown().mutates(),
    def("default_proc=", 1, 1, set_default_proc).mutates(),
    def("delete", 1, 1, delete).mutates(),
    def("delete_if", 0, 0, delete_if).mutates().enumerates(),
    def("filter!", 0, 0, select).mutates().enumerates(),
    def("keep_if", 0, 0, keep_if).mutates().enumerates(),
    def("merge!", 0, -1, merge).takes_unknown().mutates(),
    def("rehash", 0, 0, rehash).mutates(),
    def("reject!", 0, 0, reject).mutates().enumerates(),
    def("replace", 1, 1, replace).mutates(),
    def("select!", 0, 0, select).mutates().enumerates(),
    def("shift", 0, 0, shift).mutates(),
    def("store", 2, 2, store).takes_unknown().mutates(),
    def("transform_keys!", 0, 1, transform_keys)
        .mutates()
        .enumerates_alone(),
    def("transform_values!", 0, 0, transform_values)
        .mutates()
        .enumerates(),
    def("update", 0, -1, merge).takes_unknown().mutates(),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub(super) fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.hash, &TABLE);
}

/// Stores a pair; an unknown key makes the whole content unknown.
pub fn store_pair(interp: &mut Interp, this: Value, key: Value, value: Value) -> R<()> {
    interp.spend(1)?;
    let (key, stored) = key_for(interp, key, keying_of(interp, this))?;
    if this.obj().is_some_and(|id| interp.iterating.contains(&id))
        && interp
            .hash_data(this)
            .is_some_and(|h| !h.map.contains_key(&key))
    {
        let text = "can't add a new key into hash during iteration";
        return Err(interp.error(interp.core.runtime_error, text));
    }
    let hash = interp.hash_mut(this)?;
    match hash.map.entry(key) {
        indexmap::map::Entry::Occupied(mut entry) => entry.get_mut().1 = value,
        indexmap::map::Entry::Vacant(entry) => {
            entry.insert((stored, value));
        }
    }
    Ok(())
}

fn store(interp: &mut Interp, this: Value, args: &Args) -> R {
    let value = args.get(1);
    match store_pair(interp, this, args.get(0), value) {
        Ok(()) => Ok(value),
        Err(Flow::Unknown(id)) => {
            let object = interp.writable(this)?;
            interp.heap.get_mut(object).data = super::super::object::Data::Opaque(id);
            Ok(value)
        }
        Err(flow) => Err(flow),
    }
}

fn merge(interp: &mut Interp, this: Value, args: &Args) -> R {
    merge_into(interp, this, args)?;
    Ok(this)
}

/// Puts the pairs of the arguments into the receiver; the block decides between two values.
pub fn merge_into(interp: &mut Interp, this: Value, args: &Args) -> R<()> {
    interp.writable(this)?;
    for other in &args.list {
        if let Some(id) = interp.unknown_of(*other) {
            return Err(Flow::Unknown(id));
        }
        let other = interp.to_hash(*other)?;
        for (_, (key, value)) in other.map {
            let value = match (args.block, lookup(interp, this, key)?) {
                (Some(_), Some(old)) => interp.yield_to(args, &[key, old, value])?,
                _ => value,
            };
            store_pair(interp, this, key, value)?;
        }
    }
    Ok(())
}

fn clear(interp: &mut Interp, this: Value, _: &Args) -> R {
    interp.hash_mut(this)?.map.clear();
    Ok(this)
}

fn by_identity(interp: &mut Interp, this: Value, args: &Args) -> R {
    if keying_of(interp, this) == Keying::Indifferent {
        return Err(interp.not_supported("Mash#compare_by_identity"));
    }
    not_walking(interp, this, "compare_by_identity during iteration")?;
    interp.hash_mut(this)?.identity = true;
    rehash(interp, this, args)
}

/// Keys that changed since they were stored are found again.
fn rehash(interp: &mut Interp, this: Value, _: &Args) -> R {
    not_walking(interp, this, "rehash during iteration")?;
    let keying = keying_of(interp, this);
    let mut map = indexmap::IndexMap::default();
    for (key, value) in super::hash::pairs(interp, this) {
        let (found, stored) = key_for(interp, key, keying)?;
        map.entry(found).or_insert((stored, value));
    }
    interp.hash_mut(this)?.map = map;
    Ok(this)
}

fn not_walking(interp: &mut Interp, this: Value, what: &str) -> R<()> {
    if this.obj().is_some_and(|id| interp.iterating.contains(&id)) {
        return Err(interp.error(interp.core.runtime_error, what));
    }
    Ok(())
}

fn set_default(interp: &mut Interp, this: Value, args: &Args) -> R {
    let hash = interp.hash_mut(this)?;
    hash.default = args.opt(0);
    hash.default_proc = None;
    Ok(args.get(0))
}

fn set_default_proc(interp: &mut Interp, this: Value, args: &Args) -> R {
    let hash = interp.hash_mut(this)?;
    hash.default_proc = args.opt(0).filter(|p| !p.is_nil());
    hash.default = None;
    Ok(args.get(0))
}

fn delete(interp: &mut Interp, this: Value, args: &Args) -> R {
    let (key, _) = key_for(interp, args.get(0), keying_of(interp, this))?;
    match interp.hash_mut(this)?.map.shift_remove(&key) {
        Some((_, value)) => Ok(value),
        None if args.block.is_some() => interp.yield_to(args, &[args.get(0)]),
        None => Ok(Value::NIL),
    }
}

fn retain(interp: &mut Interp, this: Value, args: &Args, keep: bool) -> R<bool> {
    interp.writable(this)?;
    let kept = chosen(interp, this, args, keep)?;
    let hash = interp.hash_mut(this)?;
    let changed = hash.map.len() != kept.map.len();
    hash.map = kept.map;
    Ok(changed)
}

fn select(interp: &mut Interp, this: Value, args: &Args) -> R {
    Ok(if retain(interp, this, args, true)? {
        this
    } else {
        Value::NIL
    })
}

fn reject(interp: &mut Interp, this: Value, args: &Args) -> R {
    Ok(if retain(interp, this, args, false)? {
        this
    } else {
        Value::NIL
    })
}

fn keep_if(interp: &mut Interp, this: Value, args: &Args) -> R {
    retain(interp, this, args, true)?;
    Ok(this)
}

fn delete_if(interp: &mut Interp, this: Value, args: &Args) -> R {
    retain(interp, this, args, false)?;
    Ok(this)
}

fn compact(interp: &mut Interp, this: Value, _: &Args) -> R {
    let hash = interp.hash_mut(this)?;
    let before = hash.map.len();
    hash.map.retain(|_, (_, v)| !v.is_nil());
    Ok(if hash.map.len() == before {
        Value::NIL
    } else {
        this
    })
}

fn replace(interp: &mut Interp, this: Value, args: &Args) -> R {
    let other = interp.to_hash(args.get(0))?;
    let hash = interp.hash_mut(this)?;
    hash.map = other.map;
    hash.identity = other.identity;
    hash.default = other.default;
    hash.default_proc = other.default_proc;
    Ok(this)
}

fn shift(interp: &mut Interp, this: Value, _: &Args) -> R {
    match interp.hash_mut(this)?.map.shift_remove_index(0) {
        Some((_, (key, value))) => Ok(interp.array(vec![key, value])),
        None => super::hash::missing(interp, this, Value::NIL),
    }
}

fn transform_keys(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.writable(this)?;
    let made = interp.call_with(this, "transform_keys", args)?;
    let map = interp.to_hash(made)?.map;
    interp.hash_mut(this)?.map = map;
    Ok(this)
}

fn transform_values(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.writable(this)?;
    for (key, value) in super::hash::pairs(interp, this) {
        let value = interp.yield_to(args, &[value])?;
        store_pair(interp, this, key, value)?;
    }
    Ok(this)
}
