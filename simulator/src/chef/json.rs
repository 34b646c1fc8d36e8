//! JSON to values and back.

use foretaste_parser::name::Name;
use serde_json::{Map, Number, Value as Json};

use crate::ruby::Interp;
use crate::ruby::convert::without_addresses;
use crate::ruby::object::{Data, Hash, Key};
use crate::ruby::unknown::first_hole;
use crate::ruby::value::{Kind, Origin, Value};

/// What stands in JSON for a part that the simulation does not know; [`unknown_paths`] names them.
pub const UNKNOWN: &str = "\u{100000}";

/// A value of plain hashes with string keys, arrays and scalars, all with one origin.
pub fn to_value(interp: &mut Interp, json: &Json, origin: Origin) -> Value {
    let kind = match json {
        Json::Null => Kind::Nil,
        Json::Bool(b) => Kind::Bool(*b),
        Json::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(n), _) => Kind::Int(n),
            (None, Some(f)) => Kind::Float(f),
            (None, None) => Kind::Nil,
        },
        Json::String(text) if text == UNKNOWN => {
            return interp
                .outside("a value that was unknown when it was saved")
                .with_origin(origin);
        }
        Json::String(text) => return interp.str(text.as_str()).with_origin(origin),
        Json::Array(items) => {
            let items = items.iter().map(|i| to_value(interp, i, origin)).collect();
            return interp.array(items).with_origin(origin);
        }
        Json::Object(map) => {
            let mut hash = Hash::default();
            for (key, value) in map {
                let key_value = interp.str(key.as_str());
                let value = to_value(interp, value, origin);
                hash.map
                    .insert(Key::Str(key.as_str().into()), (key_value, value));
            }
            return interp.hash(hash).with_origin(origin);
        }
    };
    Value { kind, origin }
}

/// A value as JSON, as Chef would save it: symbols as strings, unknown parts as [`UNKNOWN`], other objects
/// by their `to_s`.
pub fn to_json(interp: &mut Interp, value: Value) -> Json {
    let mut left = MAX_PARTS;
    json_at(interp, value, 0, &mut left)
}

/// A value that shares itself may have more parts than can be written: what comes after these is unknown.
const MAX_PARTS: usize = 100_000;

fn json_at(interp: &mut Interp, value: Value, depth: usize, left: &mut usize) -> Json {
    if *left == 0 {
        return Json::from(UNKNOWN);
    }
    *left -= 1;
    match value.kind {
        Kind::Nil => Json::Null,
        Kind::Bool(b) => Json::Bool(b),
        Kind::Int(n) => Json::from(n),
        Kind::Float(f) => Number::from_f64(f).map_or(Json::Null, Json::Number),
        Kind::Sym(name) => Json::from(name.as_str()),
        Kind::Unknown(_) => Json::from(UNKNOWN),
        Kind::Obj(_) if depth > 100 => Json::from(UNKNOWN),
        Kind::Obj(id) => match interp.data(id) {
            Data::Str(s) => match first_hole(&s.text) {
                Some(_) => Json::from(UNKNOWN),
                None => Json::from(s.text.as_str()),
            },
            Data::Opaque(_) => Json::from(UNKNOWN),
            Data::Array(items) => {
                let items = items.clone();
                Json::Array(
                    items
                        .into_iter()
                        .map(|i| json_at(interp, i, depth + 1, left))
                        .collect(),
                )
            }
            Data::Hash(hash) => {
                let pairs: Vec<(Value, Value)> = hash.map.values().copied().collect();
                let mut map = Map::new();
                for (key, value) in pairs {
                    let key = interp.to_text(key).unwrap_or_default();
                    let value = json_at(interp, value, depth + 1, left);
                    map.insert(key, value);
                }
                Json::Object(map)
            }
            _ => match interp.to_text(value) {
                // Where an object lies differs from run to run, though nothing else does.
                Ok(text) if first_hole(&text).is_none() => Json::from(without_addresses(&text)),
                _ => Json::from(UNKNOWN),
            },
        },
    }
}

/// Paths of the unknown parts of a tree, which are replaced with null.
pub fn unknown_paths(map: &mut Map<String, Json>) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for (key, value) in map {
        collect(value, &mut vec![key.clone()], &mut paths);
    }
    paths
}

fn collect(json: &mut Json, path: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    match json {
        Json::String(text) if text == UNKNOWN => {
            paths.push(path.clone());
            *json = Json::Null;
        }
        Json::Array(items) => {
            for item in items {
                collect(item, path, paths);
            }
        }
        Json::Object(map) => {
            for (key, value) in map {
                path.push(key.clone());
                collect(value, path, paths);
                path.pop();
            }
        }
        _ => {}
    }
}

/// A hash key for an attribute name.
pub fn attribute_key(interp: &mut Interp, value: Value) -> crate::ruby::flow::R<Key> {
    match value.kind {
        Kind::Sym(name) => Ok(Key::Str(name.as_str().into())),
        _ => interp.key(value),
    }
}

/// The text of a key, where it is one.
pub fn key_text(key: &Key) -> Option<&str> {
    match key {
        Key::Str(text) => Some(text),
        Key::Sym(name) => Some(Name::as_str(*name)),
        _ => None,
    }
}
