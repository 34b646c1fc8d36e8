//! The collections that hold node attributes: `VividMash` of a level, `ImmutableMash` and `ImmutableArray` of the merged
//! view, `Mash`; and paths into them (`Chef::Node::CommonAPI`).

use super::attribute_view::deep_copy;
use super::attributes::{Classes, child_tag, put, tag_of, touched, vivify, written};
use super::json::attribute_key;
use super::run::run;
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::{ClassId, Table};
use crate::ruby::env::Args;
use crate::ruby::flow::{Flow, R};
use crate::ruby::object::{Data, Hash};
use crate::ruby::value::{Kind, Value};
use foretaste_parser::name::Name;
use std::sync::LazyLock;

static VIVID: &[Builtin] = &[
    def("[]", 1, 1, vivid_get).takes_unknown(),
    def("[]=", 2, 2, vivid_set).takes_unknown(),
    def("store", 2, 2, vivid_set).takes_unknown(),
    def("delete", 1, 1, vivid_delete),
    def("clear", 0, 0, vivid_clear),
    def("update", 1, 1, vivid_update).takes_unknown(),
    def("merge!", 1, 1, vivid_update).takes_unknown(),
    def("replace", 1, 1, vivid_replace).takes_unknown(),
    def("read", 1, -1, read),
    def("read!", 1, -1, read_strict),
    def("exist?", 1, -1, exist),
    def("write", 2, -1, write).takes_unknown(),
    def("write!", 2, -1, write_strict).takes_unknown(),
    def("unlink", 1, -1, unlink),
    def("unlink!", 1, -1, unlink_strict),
    def("dig", 1, -1, read),
    def("dup", 0, 0, to_plain_mash).takes_unknown(),
    def("to_h", 0, 0, to_plain).takes_unknown(),
    def("to_hash", 0, 0, to_plain).takes_unknown(),
    def("attribute?", 1, 1, has_key),
];

static VIVID_TABLE: Table = LazyLock::new(|| table(VIVID));

static IMMUTABLE: &[Builtin] = &[
    def("[]", 1, 1, immutable_get),
    def("read", 1, -1, read),
    def("dig", 1, -1, read),
    def("read!", 1, -1, read_strict),
    def("exist?", 1, -1, exist),
    def("dup", 0, 0, to_plain_mash).takes_unknown(),
    def("to_h", 0, 0, to_plain).takes_unknown(),
    def("to_hash", 0, 0, to_plain).takes_unknown(),
    def("attribute?", 1, 1, has_key),
];

static IMMUTABLE_TABLE: Table = LazyLock::new(|| table(IMMUTABLE));

static IMMUTABLE_ARRAY: &[Builtin] = &[
    def("dup", 0, 0, to_plain).takes_unknown(),
    def("to_a", 0, 0, to_plain).takes_unknown(),
    def("to_array", 0, 0, to_plain).takes_unknown(),
];

static IMMUTABLE_ARRAY_TABLE: Table = LazyLock::new(|| table(IMMUTABLE_ARRAY));

/// What is put into an array of a level becomes what levels hold. Source: `Chef::Node::Mixin::MashyArray`.
static ATTR_ARRAY: &[Builtin] = &[
    def("<<", 1, 1, |i, t, a| converted(i, t, "<<", a)).takes_unknown(),
    def("[]=", 2, 3, |i, t, a| converted(i, t, "[]=", a)).takes_unknown(),
    def("append", 0, -1, |i, t, a| converted(i, t, "append", a)).takes_unknown(),
    def("collect!", 0, 0, |i, t, a| mapped(i, t, "collect!", a)),
    def("concat", 0, -1, |i, t, a| converted(i, t, "concat", a)).takes_unknown(),
    def("fill", 0, -1, |i, t, a| mapped(i, t, "fill", a)).takes_unknown(),
    def("insert", 1, -1, |i, t, a| converted(i, t, "insert", a)).takes_unknown(),
    def("map!", 0, 0, |i, t, a| mapped(i, t, "map!", a)),
    def("prepend", 0, -1, |i, t, a| converted(i, t, "prepend", a)).takes_unknown(),
    def("push", 0, -1, |i, t, a| converted(i, t, "push", a)).takes_unknown(),
    def("replace", 1, 1, |i, t, a| converted(i, t, "replace", a)).takes_unknown(),
    def("unshift", 0, -1, |i, t, a| converted(i, t, "unshift", a)).takes_unknown(),
];

static ATTR_ARRAY_TABLE: Table = LazyLock::new(|| table(ATTR_ARRAY));

static MASH: &[Builtin] = &[
    def("new", 0, 1, new_mash).takes_unknown(),
    def("[]", 0, 1, new_mash).takes_unknown(),
    def("from_hash", 1, 1, new_mash).takes_unknown(),
];

/// Source: `ChefUtils::Mash`.
static MASH_METHODS: &[Builtin] = &[
    def("[]=", 2, 2, mash_store).takes_unknown().mutates(),
    def("merge", 1, 1, mash_merge).takes_unknown(),
    def("merge!", 1, 1, mash_update).takes_unknown().mutates(),
    def("stringify_keys!", 0, 0, |_, this, _| Ok(this)),
    def("symbolize_keys", 0, 0, |i, t, _| {
        let hash = i.to_hash(t)?;
        let mut out = Hash::default();
        for (key, value) in hash.map.into_values() {
            let name = i.to_text(key)?;
            let key = Value::sym(&name);
            out.map.insert(i.key(key)?, (key, value));
        }
        Ok(i.hash(out))
    }),
    def("to_hash", 0, 0, |i, t, _| {
        let hash = i.to_hash(t)?;
        Ok(i.plain_hash(hash))
    }),
    def("update", 1, 1, mash_update).takes_unknown().mutates(),
];

static MASH_METHODS_TABLE: Table = LazyLock::new(|| table(MASH_METHODS));

fn mash_store(interp: &mut Interp, this: Value, args: &Args) -> R {
    let value = for_mash(interp, args.get(1))?;
    let args = Args::of(&[args.get(0), value]);
    as_method(interp, interp.core.hash, this, "[]=", args)
}

fn mash_update(interp: &mut Interp, this: Value, args: &Args) -> R {
    let other = args.get(0);
    let converted = match interp.hash_data(other) {
        Some(_) => mash_of(interp, other, 0)?,
        None if interp.unknown_of(other).is_some() => other,
        // A Mash asks for the pairs, whatever it is given.
        None => return interp.call(other, "each_pair", &[]),
    };
    as_method(
        interp,
        interp.core.hash,
        this,
        "update",
        Args::of(&[converted]),
    )
}

/// What is merged is a copy, which is a Mash also of what may not be changed.
fn mash_merge(interp: &mut Interp, this: Value, args: &Args) -> R {
    let copy = interp.call(this, "dup", &[])?;
    interp.call(copy, "update", &args.list)
}

/// A value as a Mash keeps it: plain hashes become one, also within arrays.
fn for_mash(interp: &mut Interp, value: Value) -> R {
    let plain = |i: &Interp| i.real_class_of(value) == i.core.hash;
    match interp.array_items(value).is_some() || interp.hash_data(value).is_some() && plain(interp)
    {
        true => mash_of(interp, value, 0),
        false => Ok(value),
    }
}

static MASH_TABLE: Table = LazyLock::new(|| table(MASH));

/// `Mash.new(hash)` holds what the hash has, hashes inside it included; another argument is the default.
fn new_mash(interp: &mut Interp, _: Value, args: &Args) -> R {
    let given = args.get(0);
    if let Some(id) = interp.unknown_of(given) {
        return Ok(id.into());
    }
    if interp.hash_data(given).is_some() {
        return mash_of(interp, given, 0);
    }
    let hash = Hash {
        default: args.opt(0),
        default_proc: args.block,
        ..Hash::default()
    };
    Ok(empty_mash(interp, hash))
}

fn empty_mash(interp: &mut Interp, hash: Hash) -> Value {
    let class = run(interp).attributes.classes.mash;
    let hash = Hash {
        indifferent: true,
        ..hash
    };
    interp.alloc(class, Data::Hash(Box::new(hash))).into()
}

fn mash_of(interp: &mut Interp, value: Value, depth: usize) -> R {
    const DEEPEST: usize = 200;
    if depth > DEEPEST {
        return Ok(value);
    }
    if let Some(items) = interp.array_items(value).map(<[Value]>::to_vec) {
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            out.push(mash_of(interp, item, depth + 1)?);
        }
        return Ok(interp.array(out).with_origin(value.origin));
    }
    let Some(hash) = interp.hash_data(value) else {
        return Ok(value);
    };
    let pairs: Vec<(Value, Value)> = hash.map.values().copied().collect();
    let mash = empty_mash(interp, Hash::default());
    for (key, value) in pairs {
        let value = mash_of(interp, value, depth + 1)?;
        interp.call(mash, "[]=", &[key, value])?;
    }
    Ok(mash.with_origin(value.origin))
}

/// Defines the collection classes.
pub fn define(interp: &mut Interp) -> Classes {
    let core = interp.core;
    let mash = interp.define_class("ChefUtils::Mash", core.hash);
    let value = interp.class_value(mash);
    let constants = &mut interp.classes.get_mut(core.object).constants;
    constants.insert(Name::new("Mash"), value);
    interp.add_methods(mash, &MASH_METHODS_TABLE);
    let vivid_mash = interp.define_class("Chef::Node::VividMash", mash);
    let attr_array = interp.define_class("Chef::Node::AttrArray", core.array);
    let immutable_mash = interp.define_class("Chef::Node::ImmutableMash", mash);
    let immutable_array = interp.define_class("Chef::Node::ImmutableArray", core.array);
    interp.add_static(mash, &MASH_TABLE);
    interp.add_methods(vivid_mash, &VIVID_TABLE);
    interp.add_methods(immutable_mash, &IMMUTABLE_TABLE);
    interp.add_methods(immutable_array, &IMMUTABLE_ARRAY_TABLE);
    interp.add_methods(attr_array, &ATTR_ARRAY_TABLE);
    Classes {
        mash,
        vivid_mash,
        attr_array,
        immutable_mash,
        immutable_array,
    }
}

/// A method of `Array`, with its arguments as levels keep them.
fn converted(interp: &mut Interp, this: Value, name: &str, args: &Args) -> R {
    let mut args = args.clone();
    for value in &mut args.list {
        *value = vivify(interp, *value, 0);
    }
    as_array(interp, this, name, args)
}

/// A method of `Array` that makes new elements, which then are as levels keep them.
fn mapped(interp: &mut Interp, this: Value, name: &str, args: &Args) -> R {
    let out = as_array(interp, this, name, args.clone())?;
    let items: Vec<Value> = interp.array_items(this).unwrap_or_default().to_vec();
    let items = items.into_iter().map(|v| vivify(interp, v, 0)).collect();
    *interp.array_mut(this)? = items;
    Ok(out)
}

fn as_array(interp: &mut Interp, this: Value, name: &str, args: Args) -> R {
    as_method(interp, interp.core.array, this, name, args)
}

/// The method that a class further up has.
fn as_method(interp: &mut Interp, class: ClassId, this: Value, name: &str, args: Args) -> R {
    let name = Name::new(name);
    match interp.classes.find(class, name) {
        Some(found) => interp.invoke(&found, this, name, args),
        None => Err(interp.not_supported(format!("{name} of an attribute's collection"))),
    }
}

fn vivid_get(interp: &mut Interp, this: Value, args: &Args) -> R {
    if let Some(id) = interp.unknown_or_hole(args.get(0)) {
        return Ok(id.into());
    }
    let key = attribute_key(interp, args.get(0))?;
    let tag = tag_of(interp, this);
    if let Some((_, value)) = interp.hash_data(this).and_then(|h| h.map.get(&key)) {
        let value = *value;
        // An array may be changed in place through what is handed out here.
        if interp.array_items(value).is_some() {
            touched(interp, tag, super::json::key_text(&key));
        }
        return Ok(value);
    }
    let child = Hash {
        indifferent: true,
        tag: child_tag(interp, tag, &key),
        ..Hash::default()
    };
    let class = run(interp).attributes.classes.vivid_mash;
    let value: Value = interp.alloc(class, Data::Hash(Box::new(child))).into();
    let key_value = interp.key_value(&key);
    touched(interp, tag, super::json::key_text(&key));
    interp.hash_mut(this)?.map.insert(key, (key_value, value));
    Ok(value)
}

fn vivid_set(interp: &mut Interp, this: Value, args: &Args) -> R {
    if interp.unknown_or_hole(args.get(0)).is_some() {
        return Ok(args.get(1));
    }
    let key = attribute_key(interp, args.get(0))?;
    put(interp, this, key, args.get(1))?;
    Ok(args.get(1))
}

fn vivid_delete(interp: &mut Interp, this: Value, args: &Args) -> R {
    let key = attribute_key(interp, args.get(0))?;
    let tag = tag_of(interp, this);
    written(interp, interp.control);
    touched(interp, tag, super::json::key_text(&key));
    Ok(interp
        .hash_mut(this)?
        .map
        .shift_remove(&key)
        .map_or(Value::NIL, |(_, v)| v))
}

fn vivid_clear(interp: &mut Interp, this: Value, _: &Args) -> R {
    let tag = tag_of(interp, this);
    written(interp, interp.control);
    touched(interp, tag, None);
    interp.hash_mut(this)?.map.clear();
    Ok(this)
}

fn vivid_update(interp: &mut Interp, this: Value, args: &Args) -> R {
    if interp.unknown_of(args.get(0)).is_some() {
        return Ok(this);
    }
    if interp.hash_data(args.get(0)).is_none() {
        return interp.call(args.get(0), "each_pair", &[]);
    }
    let other = interp.to_hash(args.get(0))?;
    for (_, (key, value)) in other.map {
        let key = attribute_key(interp, key)?;
        put(interp, this, key, value)?;
    }
    Ok(this)
}

fn vivid_replace(interp: &mut Interp, this: Value, args: &Args) -> R {
    vivid_clear(interp, this, args)?;
    vivid_update(interp, this, args)
}

fn has_key(interp: &mut Interp, this: Value, args: &Args) -> R {
    let key = attribute_key(interp, args.get(0))?;
    match interp.hash_data(this) {
        Some(hash) if hash.map.contains_key(&key) => Ok(Value::TRUE),
        Some(hash) => Ok(hash
            .default
            .filter(|d| d.unknown().is_some())
            .unwrap_or(Value::FALSE)),
        None => Ok(Value::FALSE),
    }
}

fn immutable_get(interp: &mut Interp, this: Value, args: &Args) -> R {
    let key = attribute_key(interp, args.get(0))?;
    let Some(hash) = interp.hash_data(this) else {
        return Ok(Value::NIL);
    };
    Ok(hash
        .map
        .get(&key)
        .map(|(_, v)| *v)
        .or(hash.default)
        .unwrap_or(Value::NIL))
}

/// Follows a path of keys and indexes without making anything; `None` where it ends early.
pub fn walk(interp: &mut Interp, from: Value, path: &[Value]) -> R<Option<Value>> {
    let mut value = from;
    for part in path {
        if let Some(id) = interp.unknown_of(value) {
            return Ok(Some(id.into()));
        }
        let next = if let Some(items) = interp.array_items(value) {
            match part.kind {
                Kind::Int(n) => usize::try_from(n).ok().and_then(|n| items.get(n)).copied(),
                _ => None,
            }
        } else if interp.hash_data(value).is_some() {
            let key = attribute_key(interp, *part)?;
            let hash = interp.hash_data(value);
            hash.and_then(|h| h.map.get(&key).map(|(_, v)| *v).or(h.default))
        } else {
            None
        };
        match next {
            Some(next) => value = next,
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}

fn read(interp: &mut Interp, this: Value, args: &Args) -> R {
    Ok(walk(interp, this, &args.list)?.unwrap_or(Value::NIL))
}

fn read_strict(interp: &mut Interp, this: Value, args: &Args) -> R {
    match walk(interp, this, &args.list)? {
        Some(value) => Ok(value),
        None => Err(no_such_attribute(interp, &args.list)),
    }
}

/// `Chef::Exceptions::NoSuchAttribute`
pub fn no_such_attribute(interp: &mut Interp, path: &[Value]) -> Flow {
    let class = super::error_class(interp, "NoSuchAttribute");
    let mut text = Vec::new();
    for part in path {
        text.push(interp.to_text(*part).unwrap_or_default());
    }
    interp.error(class, text.join("."))
}

fn exist(interp: &mut Interp, this: Value, args: &Args) -> R {
    match walk(interp, this, &args.list)? {
        Some(value) if value.unknown().is_some() => Ok(value),
        found => Ok(found.is_some().into()),
    }
}

fn write(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some((value, path)) = args.list.split_last() else {
        return Ok(Value::NIL);
    };
    write_path(interp, this, path, *value)?;
    Ok(*value)
}

/// `write!`: what stands in the way is an error.
fn write_strict(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some((value, path)) = args.list.split_last() else {
        return Ok(Value::NIL);
    };
    let mut at = this;
    for (i, part) in path.iter().enumerate() {
        if interp.hash_data(at).is_none() {
            let class = super::error_class(interp, "AttributeTypeMismatch");
            return Err(interp.error(class, "Chef::Exceptions::AttributeTypeMismatch"));
        }
        if i + 1 < path.len() {
            at = vivid_get(interp, at, &Args::of(&[*part]))?;
        }
    }
    write_path(interp, this, path, *value)?;
    Ok(*value)
}

fn unlink_strict(interp: &mut Interp, this: Value, args: &Args) -> R {
    if walk(interp, this, &args.list)?.is_none() {
        return Err(no_such_attribute(interp, &[]));
    }
    unlink(interp, this, args)
}

/// Sets a value at the end of a path, making what is missing on the way.
pub fn write_path(interp: &mut Interp, from: Value, path: &[Value], value: Value) -> R<()> {
    let Some((last, way)) = path.split_last() else {
        return Ok(());
    };
    let mut at = from;
    for part in way {
        let next = vivid_get(interp, at, &Args::of(&[*part]))?;
        at = if interp.hash_data(next).is_some() {
            next
        } else {
            // What stands in the way is replaced, as `write` does.
            let key = attribute_key(interp, *part)?;
            let empty = interp.hash(Hash::default());
            put(interp, at, key, empty)?;
            vivid_get(interp, at, &Args::of(&[*part]))?
        };
    }
    let key = attribute_key(interp, *last)?;
    put(interp, at, key, value)
}

fn unlink(interp: &mut Interp, this: Value, args: &Args) -> R {
    remove_path(interp, this, &args.list)
}

/// Deletes what a path leads to, without making anything.
pub fn remove_path(interp: &mut Interp, from: Value, path: &[Value]) -> R {
    let Some((last, way)) = path.split_last() else {
        return Ok(Value::NIL);
    };
    match walk(interp, from, way)? {
        Some(at) if interp.hash_data(at).is_some() => vivid_delete(interp, at, &Args::of(&[*last])),
        _ => Ok(Value::NIL),
    }
}

/// `to_h`: a deep copy in plain hashes and arrays.
fn to_plain(interp: &mut Interp, this: Value, _: &Args) -> R {
    let (hash, array) = (interp.core.hash, interp.core.array);
    Ok(deep_copy(interp, this, hash, array, false))
}

/// `dup` of an attribute hash is a Mash.
fn to_plain_mash(interp: &mut Interp, this: Value, _: &Args) -> R {
    let (mash, array) = (run(interp).attributes.classes.mash, interp.core.array);
    Ok(deep_copy(interp, this, mash, array, true))
}

/// What a write to a merged attribute raises.
pub fn immutable_error(interp: &mut Interp, value: Value) -> Option<Flow> {
    let class = interp.class_of(value);
    let classes = run(interp).attributes.classes;
    if class != classes.immutable_mash && class != classes.immutable_array {
        return None;
    }
    Some(read_only(interp))
}

/// `Chef::Exceptions::ImmutableAttributeModification`
pub fn read_only(interp: &mut Interp) -> Flow {
    let class = super::error_class(interp, "ImmutableAttributeModification");
    interp.error(
        class,
        "Node attributes are read-only when you do not specify which precedence level to set. \
         To set an attribute use code like `node.default[\"key\"] = \"value\"'",
    )
}
