//! The merged view of a node's attributes: what the levels make together.
//!
//! Within the default levels and within the override levels arrays are united and hashes merged; between normal, the
//! defaults together, the overrides together and automatic, only hashes are merged. The view is made of
//! `ImmutableMash`es, for one top-level key at a time, and kept until that key is written.

use std::rc::Rc;

use serde_json::{Map, Value as Json};

use super::attributes::{Classes, Level};
use super::json::to_json;
use super::run::run;
use crate::ruby::Interp;
use crate::ruby::class::ClassId;
use crate::ruby::object::{Data, Hash, Key};
use crate::ruby::value::Value;

pub fn deep_copy(
    interp: &mut Interp,
    value: Value,
    hash_class: ClassId,
    array_class: ClassId,
    mash: bool,
) -> Value {
    let Some(id) = value.obj() else { return value };
    let new = match interp.data(id) {
        Data::Hash(hash) => {
            let default = hash.default.filter(|d| d.unknown().is_some());
            let pairs: Vec<(Key, (Value, Value))> =
                hash.map.iter().map(|(k, v)| (k.clone(), *v)).collect();
            let mut out = Hash {
                indifferent: mash,
                default,
                ..Hash::default()
            };
            for (mut key, (mut k, v)) in pairs {
                let v =
                    interp.descend_or_unknown(|i| deep_copy(i, v, hash_class, array_class, mash));
                if mash && let Key::Sym(name) = key {
                    key = Key::Str(name.as_str().into());
                    k = interp.key_value(&key);
                }
                out.map.insert(key, (k, v));
            }
            interp.alloc(hash_class, Data::Hash(Box::new(out)))
        }
        Data::Array(items) => {
            let items = items.clone();
            let items = items
                .into_iter()
                .map(|item| {
                    interp.descend_or_unknown(|i| deep_copy(i, item, hash_class, array_class, mash))
                })
                .collect();
            interp.alloc(array_class, Data::Array(items))
        }
        _ => return value,
    };
    let own = interp.heap.get(id).origin;
    interp.heap.get_mut(new).origin = own;
    Value::from(new).with_origin(value.origin)
}

/// `node['key']`: the merged value of one top-level key.
pub fn merged(interp: &mut Interp, key: &str) -> Value {
    if let Some(value) = run(interp).attributes.merged.get(key) {
        return *value;
    }
    let levels = run(interp).attributes.levels;
    let at = |interp: &Interp, level: Level| -> Option<Value> {
        let hash = interp.hash_data(*levels.get(level as usize)?)?;
        hash.map.get(&Key::Str(key.into())).map(|(_, v)| *v)
    };
    use Level as L;
    let mut out: Option<Value> = None;
    let group = |interp: &mut Interp, group: &[Level]| {
        let mut out: Option<Value> = None;
        for level in group {
            if let Some(value) = at(interp, *level) {
                out = Some(merge(interp, out, value, true));
            }
        }
        out
    };
    let defaults = group(
        interp,
        &[L::Default, L::EnvDefault, L::RoleDefault, L::ForceDefault],
    );
    let overrides = group(
        interp,
        &[
            L::Override,
            L::RoleOverride,
            L::EnvOverride,
            L::ForceOverride,
        ],
    );
    for part in [
        defaults,
        at(interp, L::Normal),
        overrides,
        at(interp, L::Automatic),
    ]
    .into_iter()
    .flatten()
    {
        out = Some(merge(interp, out, part, false));
    }
    let value = match out {
        Some(value) => {
            let classes = run(interp).attributes.classes;
            let value = freeze(interp, value, classes);
            if let Some(unknown) = from_elsewhere(interp, key, true) {
                open_end(interp, value, unknown);
            }
            let attributes = &run(interp).attributes;
            if let Some(unknown) = attributes.missing_automatic
                && attributes.reported.contains(key)
            {
                open_end(interp, value, unknown);
            }
            value
        }
        None => match run(interp).attributes.missing(key) {
            Some(unknown) => unknown,
            _ => from_elsewhere(interp, key, false).unwrap_or(Value::NIL),
        },
    };
    // What an open trial sees must not outlive it.
    if interp.heap.depth() == 0 {
        run(interp).attributes.merged.insert(key.into(), value);
    }
    value
}

/// The unknown that an attribute is which a cookbook outside the repository may set. `own`: only where the key is
/// that cookbook's own name.
fn from_elsewhere(interp: &mut Interp, key: &str, own: bool) -> Option<Value> {
    let elsewhere = &run(interp).elsewhere;
    if elsewhere.is_empty()
        || (own
            && !elsewhere
                .iter()
                .any(|c| c.replace('-', "_") == key || c == key))
    {
        return None;
    }
    let names = elsewhere.join(", ");
    Some(interp.outside(format!(
        "node['{key}'], which a cookbook that is not in the repository may set ({names})"
    )))
}

/// Missing keys of a tree's hashes are unknown from here on.
pub fn open_end(interp: &mut Interp, tree: Value, unknown: Value) {
    let mut todo = vec![tree];
    while let Some(value) = todo.pop() {
        let Some(id) = value.obj() else { continue };
        if let Data::Hash(hash) = &mut interp.heap.get_mut(id).data {
            hash.default = Some(unknown);
            todo.extend(hash.map.values().map(|(_, v)| *v));
        }
    }
}

/// Whether any level has the key.
pub fn has_top_key(interp: &mut Interp, key: &str) -> Value {
    let levels = run(interp).attributes.levels;
    let found = levels.iter().any(|l| {
        interp
            .hash_data(*l)
            .is_some_and(|h| h.map.contains_key(&Key::Str(key.into())))
    });
    match run(interp).attributes.missing(key) {
        Some(unknown) if !found => unknown,
        _ if !found => from_elsewhere(interp, key, false).unwrap_or(Value::FALSE),
        _ => Value::TRUE,
    }
}

/// All top-level keys, in the order of the levels.
pub fn top_keys(interp: &mut Interp) -> Vec<Rc<str>> {
    let levels = run(interp).attributes.levels;
    let mut out: Vec<Rc<str>> = Vec::new();
    for level in levels {
        let Some(hash) = interp.hash_data(level) else {
            continue;
        };
        for key in hash.map.keys() {
            if let Key::Str(text) = key
                && !out.contains(text)
            {
                out.push(text.clone());
            }
        }
    }
    out
}

/// `deep_merge!` (arrays united) or `hash_only_merge!`: `with` wins.
pub fn merge(interp: &mut Interp, onto: Option<Value>, with: Value, arrays: bool) -> Value {
    let Some(onto) = onto else { return with };
    let origin = interp.origins.union(onto.origin, with.origin);
    if let (Some(a), Some(b)) = (interp.hash_data(onto), interp.hash_data(with)) {
        let mut out = Hash {
            map: a.map.clone(),
            indifferent: true,
            default: a.default.or(b.default),
            ..Hash::default()
        };
        let pairs: Vec<(Key, (Value, Value))> =
            b.map.iter().map(|(k, v)| (k.clone(), *v)).collect();
        for (key, (key_value, value)) in pairs {
            let value = match out.map.get(&key) {
                Some((_, old)) => {
                    let old = *old;
                    interp.descend_or_unknown(|i| merge(i, Some(old), value, arrays))
                }
                None => value,
            };
            out.map.insert(key, (key_value, value));
        }
        return interp.hash(out).with_origin(origin);
    }
    if arrays && let (Some(a), Some(b)) = (interp.array_items(onto), interp.array_items(with)) {
        let mut out: Vec<Value> = Vec::new();
        let all: Vec<Value> = a.iter().chain(b).copied().collect();
        for item in all {
            let seen = out.clone();
            let mut known = false;
            for other in seen {
                known |= matches!(interp.equal(other, item), Ok(true));
            }
            if !known {
                out.push(item);
            }
        }
        return interp.array(out).with_origin(origin);
    }
    with
}

/// Levels of one group merged, read-only.
pub fn merged_levels(interp: &mut Interp, levels: &[Level]) -> Value {
    let roots = run(interp).attributes.levels;
    let mut out: Option<Value> = None;
    for level in levels {
        if let Some(root) = roots.get(*level as usize) {
            out = Some(merge(interp, out, *root, true));
        }
    }
    let classes = run(interp).attributes.classes;
    freeze(interp, out.unwrap_or(Value::NIL), classes)
}

/// A deep copy that refuses writes.
pub fn freeze(interp: &mut Interp, value: Value, classes: Classes) -> Value {
    let copy = deep_copy(
        interp,
        value,
        classes.immutable_mash,
        classes.immutable_array,
        true,
    );
    if let Some(text) = frozen_text(interp, copy) {
        return text;
    }
    let mut todo = vec![copy];
    while let Some(value) = todo.pop() {
        let Some(id) = value.obj() else { continue };
        match interp.data(id) {
            Data::Hash(hash) => todo.extend(hash.map.values().map(|(_, v)| *v)),
            Data::Array(items) => todo.extend(items),
            _ => continue,
        }
        freeze_texts(interp, id);
        interp.heap.get_mut(id).frozen = true;
    }
    copy
}

/// A frozen copy of a text that is not frozen.
fn frozen_text(interp: &mut Interp, value: Value) -> Option<Value> {
    let old = value.obj()?;
    if interp.heap.get(old).frozen {
        return None;
    }
    let Data::Str(text) = interp.data(old) else {
        return None;
    };
    let data = Data::Str(text.clone());
    let class = interp.heap.get(old).class;
    let origin = interp.heap.get(old).origin;
    let new = interp.alloc(class, data);
    let object = interp.heap.get_mut(new);
    object.frozen = true;
    object.origin = origin;
    Some(Value::from(new).with_origin(value.origin))
}

/// The texts of the merged view are frozen copies: those in the levels may still be changed.
fn freeze_texts(interp: &mut Interp, id: crate::ruby::value::ObjId) {
    let count = match interp.data(id) {
        Data::Hash(hash) => hash.map.len(),
        Data::Array(items) => items.len(),
        _ => 0,
    };
    for at in 0..count {
        let value = match interp.data(id) {
            Data::Hash(hash) => hash.map.get_index(at).map(|(_, (_, v))| *v),
            Data::Array(items) => items.get(at).copied(),
            _ => None,
        };
        let Some(new) = value.and_then(|v| frozen_text(interp, v)) else {
            continue;
        };
        match &mut interp.heap.get_mut(id).data {
            Data::Hash(hash) => {
                if let Some((_, slot)) = hash.map.get_index_mut(at) {
                    slot.1 = new;
                }
            }
            Data::Array(items) => {
                if let Some(slot) = items.get_mut(at) {
                    *slot = new;
                }
            }
            _ => {}
        }
    }
}

/// Levels merged as they are saved: the defaults together or the overrides together.
pub fn combined(interp: &mut Interp, levels: &[Level]) -> Map<String, Json> {
    let roots = run(interp).attributes.levels;
    let mut out: Option<Value> = None;
    for level in levels {
        if let Some(root) = roots.get(*level as usize) {
            out = Some(merge(interp, out, *root, true));
        }
    }
    match out.map(|v| to_json(interp, v)) {
        Some(Json::Object(map)) => map,
        _ => Map::new(),
    }
}
