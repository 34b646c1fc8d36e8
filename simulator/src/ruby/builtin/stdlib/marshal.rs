//! `Marshal`: a dump's bytes stay unknown, but loading them gives a deep copy, which is what it is used for.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::object::Data;
use super::super::super::unknown::hole;
use super::super::super::value::{Kind, ObjId, Value};
use super::super::{Builtin, def, table};

static STATIC: &[Builtin] = &[
    def("dump", 1, 3, dump),
    def("load", 1, 3, load).takes_unknown(),
];
static TABLE: Table = LazyLock::new(|| table(STATIC));

/// The hidden variable of a dump that holds what was dumped.
const CONTENT: &str = "__marshal__";

pub(super) fn install(interp: &mut Interp) {
    let module = interp.define_module("Marshal");
    interp.add_static(module, &TABLE);
}

fn dump(interp: &mut Interp, _: Value, args: &Args) -> R {
    let copy = copy(interp, args.get(0), &mut BTreeMap::new(), 0)?;
    let bytes = interp.outside("the bytes of a Marshal dump");
    let text = match bytes.kind {
        Kind::Unknown(id) => format!("\u{4}\u{8}{}", hole(id)),
        _ => String::new(),
    };
    let made = interp.str(text);
    interp.set_ivar(made, Name::new(CONTENT), copy)?;
    Ok(made)
}

fn load(interp: &mut Interp, _: Value, args: &Args) -> R {
    match interp.ivar(args.get(0), Name::new(CONTENT)) {
        Some(content) => copy(interp, content, &mut BTreeMap::new(), 0),
        None => match interp.unknown_or_hole(args.get(0)) {
            Some(id) => Ok(id.into()),
            None => Ok(interp.unsupported("reading a Marshal dump")),
        },
    }
}

/// A copy of all that is reached; what was one object stays one.
fn copy(interp: &mut Interp, value: Value, done: &mut BTreeMap<ObjId, Value>, depth: usize) -> R {
    let Some(id) = value.obj() else {
        return Ok(value);
    };
    if let Some(copied) = done.get(&id) {
        return Ok(*copied);
    }
    if depth > 500 {
        return Err(interp.halt("a structure nested too deeply"));
    }
    interp.spend(1)?;
    let object = interp.heap.get(id).clone();
    let class = interp.class_name(interp.real_class_of(value));
    let refused = match &object.data {
        Data::Proc(_) | Data::Method(_) | Data::Match(_) => {
            Some(format!("no _dump_data is defined for class {class}"))
        }
        Data::Class(c) => match interp.classes.get(*c).name {
            Some(_) => return Ok(value),
            None => Some(format!("can't dump anonymous class {class}")),
        },
        Data::Hash(h) if h.default_proc.is_some() => {
            Some("can't dump hash with default proc".into())
        }
        Data::Big(_) | Data::Regex(_) | Data::Opaque(_) => return Ok(value),
        _ => None,
    };
    if let Some(message) = refused {
        return Err(interp.type_error(message));
    }
    if interp.classes.get(object.class).attached.is_some() {
        return Err(interp.type_error("singleton can't be dumped"));
    }
    if interp.classes.get(object.class).name.is_none() {
        return Err(interp.type_error(format!("can't dump anonymous class {class}")));
    }
    let new = interp.alloc(object.class, object.data);
    let made = Value::from(new).with_origin(value.origin);
    done.insert(id, made);
    let ivars: Vec<(Name, Value)> = object
        .ivars
        .iter()
        .flat_map(|m| m.iter())
        .map(|(k, v)| (*k, *v))
        .collect();
    for (name, value) in ivars {
        let value = copy(interp, value, done, depth + 1)?;
        interp.set_ivar(made, name, value)?;
    }
    match interp.data(new).clone() {
        Data::Array(items) => {
            let mut list = Vec::with_capacity(items.len());
            for item in items {
                list.push(copy(interp, item, done, depth + 1)?);
            }
            interp.heap.get_mut(new).data = Data::Array(list);
        }
        Data::Hash(mut hash) => {
            for (key, value) in hash.map.values_mut() {
                *key = copy(interp, *key, done, depth + 1)?;
                *value = copy(interp, *value, done, depth + 1)?;
            }
            interp.heap.get_mut(new).data = Data::Hash(hash);
        }
        Data::Range(mut range) => {
            range.low = copy(interp, range.low, done, depth + 1)?;
            range.high = copy(interp, range.high, done, depth + 1)?;
            interp.heap.get_mut(new).data = Data::Range(range);
        }
        _ => {}
    }
    interp.heap.get_mut(new).frozen = matches!(interp.data(new), Data::Range(_));
    interp.heap.get_mut(new).origin = object.origin;
    Ok(made)
}
