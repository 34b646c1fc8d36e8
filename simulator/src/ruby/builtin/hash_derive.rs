//! Native methods of `Hash` that make another hash or a list of its pairs.

use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::R;
use super::super::object::Hash;
use super::super::value::Value;
use super::hash::{Keying, from_pairs, key_for, lookup, pairs, put, to_a, walking, yield_pair};
use super::{Builtin, def, table};

static METHODS: &[Builtin] = &[
    def("compact", 0, 0, compact),
    def("except", 0, -1, except),
    def("filter", 0, 0, select).enumerates(),
    def("filter_map", 0, 0, filter_map).enumerates(),
    def("find_all", 0, 0, find_all).enumerates(),
    def("flatten", 0, 1, flatten),
    def("invert", 0, 0, invert),
    def("merge", 0, -1, merge).takes_unknown(),
    def("reject", 0, 0, reject).enumerates(),
    def("select", 0, 0, select).enumerates(),
    def("slice", 0, -1, slice),
    def("to_h", 0, 0, to_h),
    def("transform_keys", 0, 1, transform_keys).enumerates_alone(),
    def("transform_values", 0, 0, transform_values)
        .takes_unknown()
        .enumerates(),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub(super) fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.hash, &TABLE);
}

/// The pairs for which the block, given key and value, is true.
pub fn chosen(interp: &mut Interp, this: Value, args: &Args, keep: bool) -> R<Hash> {
    let Some(old) = interp.hash_data(this).cloned() else {
        return Ok(Hash::default());
    };
    let mut hash = Hash {
        indifferent: old.indifferent,
        identity: old.identity,
        tag: old.tag,
        ..Hash::default()
    };
    walking(interp, this, |interp| {
        for (key, (k, v)) in old.map {
            let result = interp.yield_to(args, &[k, v])?;
            if interp.truth(result)? == keep {
                hash.map.insert(key, (k, v));
            }
        }
        Ok(hash)
    })
}

fn select(interp: &mut Interp, this: Value, args: &Args) -> R {
    let hash = chosen(interp, this, args, true)?;
    Ok(interp.plain_hash(hash))
}

fn reject(interp: &mut Interp, this: Value, args: &Args) -> R {
    let hash = chosen(interp, this, args, false)?;
    Ok(interp.plain_hash(hash))
}

fn find_all(interp: &mut Interp, this: Value, args: &Args) -> R {
    let hash = chosen(interp, this, args, true)?;
    let pairs = hash
        .map
        .into_values()
        .map(|(k, v)| interp.array(vec![k, v]))
        .collect();
    Ok(interp.array(pairs))
}

fn filter_map(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut out = Vec::new();
    for (key, value) in pairs(interp, this) {
        let result = yield_pair(interp, args, key, value)?;
        if interp.truth(result)? {
            out.push(result);
        }
    }
    Ok(interp.array(out))
}

fn compact(interp: &mut Interp, this: Value, _: &Args) -> R {
    let Some(mut hash) = interp.hash_data(this).cloned() else {
        return Ok(this);
    };
    hash.map.retain(|_, (_, v)| !v.is_nil());
    hash.default = None;
    hash.default_proc = None;
    Ok(interp.plain_hash(hash))
}

fn except(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(mut hash) = interp.hash_data(this).cloned() else {
        return Ok(this);
    };
    for key in &args.list {
        let (key, _) = key_for(interp, *key, hash.keying())?;
        hash.map.shift_remove(&key);
    }
    hash.default = None;
    hash.default_proc = None;
    Ok(interp.plain_hash(hash))
}

fn slice(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(old) = interp.hash_data(this).cloned() else {
        return Ok(this);
    };
    let mut hash = Hash { ..Hash::default() };
    for key in &args.list {
        // Looked up as it is: a Mash has no symbols.
        let keying = match old.keying() {
            Keying::Indifferent => Keying::Value,
            keying => keying,
        };
        let (key, _) = key_for(interp, *key, keying)?;
        if let Some(entry) = old.map.get(&key) {
            hash.map.insert(key, *entry);
        }
    }
    Ok(interp.plain_hash(hash))
}

fn merge(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(hash) = interp.hash_data(this).cloned() else {
        return Ok(this);
    };
    let made = interp.same_hash(this, hash);
    super::hash_edit::merge_into(interp, made, args)?;
    Ok(made)
}

fn invert(interp: &mut Interp, this: Value, _: &Args) -> R {
    let pairs = pairs(interp, this)
        .into_iter()
        .map(|(k, v)| (v, k))
        .collect();
    from_pairs(interp, pairs)
}

fn to_h(interp: &mut Interp, this: Value, args: &Args) -> R {
    if args.block.is_some() {
        let mut out = Hash::default();
        for (key, value) in pairs(interp, this) {
            let pair = interp.yield_to(args, &[key, value])?;
            interp.known(pair)?;
            match interp.array_items(pair) {
                Some([key, value]) => {
                    let (key, value) = (*key, *value);
                    put(interp, &mut out, key, value)?;
                }
                Some(items) => {
                    let n = items.len();
                    return Err(interp.argument_error(format!(
                        "element has wrong array length (expected 2, was {n})"
                    )));
                }
                None => {
                    let label = interp.kind_label(pair);
                    return Err(
                        interp.type_error(format!("wrong element type {label} (expected array)"))
                    );
                }
            }
        }
        return Ok(interp.hash(out));
    }
    if interp.real_class_of(this) == interp.core.hash {
        return Ok(this);
    }
    let mut hash = interp.hash_data(this).cloned().unwrap_or_default();
    hash.indifferent = false;
    hash.tag = 0;
    Ok(interp.hash(hash))
}

fn flatten(interp: &mut Interp, this: Value, args: &Args) -> R {
    let depth = match args.opt(0) {
        Some(d) => interp.int_arg(d)?,
        None => 1,
    };
    let list = to_a(interp, this, args)?;
    super::array::flatten(interp, list, &Args::of(&[depth.into()]))
}

fn transform_keys(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut out = Hash::default();
    for (key, value) in pairs(interp, this) {
        let mapped = match args.opt(0) {
            Some(map) => lookup(interp, map, key)?,
            None => None,
        };
        let new = match (mapped, args.block) {
            (Some(new), _) => new,
            (None, Some(_)) => interp.yield_to(args, &[key])?,
            (None, None) => key,
        };
        put(interp, &mut out, new, value)?;
    }
    Ok(interp.hash(out))
}

fn transform_values(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(old) = interp.hash_data(this).cloned() else {
        return Ok(this);
    };
    let mut out = Hash { ..Hash::default() };
    for (key, (k, v)) in old.map {
        let value = interp.yield_to(args, &[v])?;
        out.map.insert(key, (k, value));
    }
    Ok(interp.plain_hash(out))
}
