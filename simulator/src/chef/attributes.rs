//! Node attributes: ten precedence levels, and their merged view.
//!
//! The rules are those of `Chef::Node::Attribute`: within the default levels and within the override levels
//! arrays are united and hashes merged; between normal, the defaults together, the overrides together and
//! automatic, only hashes are merged. A level is a `VividMash` (missing keys appear when indexed); the merged
//! view is made of `ImmutableMash`es, for one top-level key at a time, and kept until that key is written.

use crate::hash::HashMap;
use std::collections::BTreeSet;
use std::rc::Rc;

use foretaste_parser::name::Name;
use serde_json::{Map, Value as Json};

use super::json::{attribute_key, to_json};
use super::run::run;
pub use crate::convergence::AUTOMATIC_KEYS;
use crate::ruby::Interp;
use crate::ruby::class::ClassId;
use crate::ruby::flow::{Flow, R};
use crate::ruby::object::{Data, Hash, Key};
use crate::ruby::origin::OriginSource;
use crate::ruby::value::{Origin, Value};

/// A precedence level, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    Default,
    EnvDefault,
    RoleDefault,
    ForceDefault,
    Normal,
    Override,
    RoleOverride,
    EnvOverride,
    ForceOverride,
    Automatic,
}

impl Level {
    pub const ALL: [Level; 10] = [
        Level::Default,
        Level::EnvDefault,
        Level::RoleDefault,
        Level::ForceDefault,
        Level::Normal,
        Level::Override,
        Level::RoleOverride,
        Level::EnvOverride,
        Level::ForceOverride,
        Level::Automatic,
    ];

    /// The name that Chef's own methods have for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Default => "default",
            Level::EnvDefault => "env_default",
            Level::RoleDefault => "role_default",
            Level::ForceDefault => "force_default",
            Level::Normal => "normal",
            Level::Override => "override",
            Level::RoleOverride => "role_override",
            Level::EnvOverride => "env_override",
            Level::ForceOverride => "force_override",
            Level::Automatic => "automatic",
        }
    }
}

/// Classes of attribute collections.
#[derive(Clone, Copy, Debug)]
pub struct Classes {
    pub mash: ClassId,
    pub vivid_mash: ClassId,
    pub attr_array: ClassId,
    pub immutable_mash: ClassId,
    pub immutable_array: ClassId,
}

/// The attributes of the node being simulated.
#[derive(Debug)]
pub struct Attributes {
    pub levels: [Value; 10],
    pub classes: Classes,
    /// The merged view by top-level key.
    merged: HashMap<Rc<str>, Value>,
    /// Top-level keys by number, for the tags of vivid hashes.
    roots: Vec<Rc<str>>,
    /// What a missing automatic attribute is: unknown for a synthetic node.
    pub missing_automatic: Option<Value>,
    /// What plugins of the run's cookbooks report: of a synthetic node unknown, whatever cookbooks set.
    pub reported: BTreeSet<String>,
}

impl Attributes {
    /// The root of a level.
    pub fn level(&self, level: Level) -> Value {
        let root = self.levels.get(level as usize);
        root.copied().unwrap_or(Value::NIL)
    }

    pub fn new(interp: &mut Interp, classes: Classes) -> Self {
        let levels = Level::ALL.map(|level| {
            let hash = Hash {
                indifferent: true,
                tag: tag(level, None),
                ..Hash::default()
            };
            interp
                .alloc(classes.vivid_mash, Data::Hash(Box::new(hash)))
                .into()
        });
        Self {
            levels,
            classes,
            merged: HashMap::default(),
            roots: Vec::new(),
            missing_automatic: None,
            reported: BTreeSet::new(),
        }
    }

    /// What a top-level attribute is that no level has, where only the machine would say.
    fn missing(&self, key: &str) -> Option<Value> {
        let is_automatic = AUTOMATIC_KEYS.contains(&key) || self.reported.contains(key);
        self.missing_automatic.filter(|_| is_automatic)
    }

    fn root_number(&mut self, key: &str) -> u32 {
        let at = self
            .roots
            .iter()
            .position(|r| &**r == key)
            .unwrap_or_else(|| {
                self.roots.push(key.into());
                self.roots.len() - 1
            });
        u32::try_from(at).unwrap_or(u32::MAX >> 9)
    }
}

/// The level in the low byte (from 1), the number of the top-level key (from 1) above it.
fn tag(level: Level, root: Option<u32>) -> u32 {
    (u32::from(level as u8) + 1) | (root.map_or(0, |r| r + 1) << 8)
}

fn level_of(tag: u32) -> Option<Level> {
    Level::ALL
        .get(((tag & 0xFF) as usize).checked_sub(1)?)
        .copied()
}

fn root_of(tag: u32) -> Option<usize> {
    ((tag >> 8) as usize).checked_sub(1)
}

/// Forgets the merged view of the key that a hash of this tag lies under.
pub(super) fn touched(interp: &mut Interp, tag: u32, key: Option<&str>) {
    let attributes = &mut run(interp).attributes;
    match root_of(tag)
        .and_then(|at| attributes.roots.get(at))
        .map(|r| r.to_string())
        .as_deref()
        .or(key)
    {
        Some(root) => {
            attributes.merged.remove(root);
        }
        None => attributes.merged.clear(),
    }
}

pub(super) fn tag_of(interp: &Interp, value: Value) -> u32 {
    interp.hash_data(value).map_or(0, |h| h.tag)
}

/// The tag of what lies under a key of a vivid hash.
pub(super) fn child_tag(interp: &mut Interp, parent: u32, key: &Key) -> u32 {
    if root_of(parent).is_some() {
        return parent;
    }
    match (level_of(parent), super::json::key_text(key)) {
        (Some(level), Some(text)) => {
            let root = run(interp).attributes.root_number(text);
            tag(level, Some(root))
        }
        _ => parent,
    }
}

/// A value as it is kept in a level: hashes vivid, arrays of the attribute class.
pub fn vivify(interp: &mut Interp, value: Value, tag: u32) -> Value {
    let classes = run(interp).attributes.classes;
    let Some(id) = value.obj() else { return value };
    match interp.data(id) {
        Data::Hash(hash) => {
            let pairs: Vec<(Value, Value)> = hash.map.values().copied().collect();
            let mut out = Hash {
                indifferent: true,
                tag,
                ..Hash::default()
            };
            for (key, item) in pairs {
                let Ok(key) = attribute_key(interp, key) else {
                    continue;
                };
                let item = interp.descend_or_unknown(|i| vivify(i, item, tag));
                let key_value = interp.key_value(&key);
                out.map.insert(key, (key_value, item));
            }
            let new = interp.alloc(classes.vivid_mash, Data::Hash(Box::new(out)));
            Value::from(new).with_origin(value.origin)
        }
        Data::Array(items) => {
            let items = items.clone();
            let items = items
                .into_iter()
                .map(|item| interp.descend_or_unknown(|i| vivify(i, item, tag)))
                .collect();
            let new = interp.alloc(classes.attr_array, Data::Array(items));
            Value::from(new).with_origin(value.origin)
        }
        _ => value,
    }
}

/// The source that a write at the present place is.
fn write_source(interp: &mut Interp, tag: u32, key: &Key) -> Origin {
    let level = level_of(tag).map_or("normal", Level::as_str);
    let text = super::json::key_text(key).unwrap_or("…").to_owned();
    let path = match root_of(tag).and_then(|at| run(interp).attributes.roots.get(at).cloned()) {
        Some(root) => format!("node.{level}['{root}']…['{text}'] is set"),
        None => format!("node.{level}['{text}'] is set"),
    };
    let location = interp.location();
    interp.origins.source(OriginSource {
        message: path,
        location,
        tag: None,
    })
}

/// Notes what a write or removal depends on, once there are searches that it could depend on.
pub(super) fn written(interp: &mut Interp, origin: Origin) {
    if run(interp).searches.is_empty() {
        return;
    }
    let before = run(interp).written_from;
    run(interp).written_from = interp.origins.union(before, origin);
}

/// The searches that had a part in what a group of levels holds.
pub fn searches_behind(interp: &mut Interp, levels: &[Level]) -> BTreeSet<usize> {
    let mut origin = Origin::HERE;
    for level in levels {
        let root = run(interp).attributes.level(*level);
        let own = interp.deep_origin(root);
        origin = interp.origins.union(origin, own);
    }
    tagged(interp, origin)
}

/// The numbers of the searches among some sources.
pub fn tagged(interp: &Interp, origin: Origin) -> BTreeSet<usize> {
    interp.origins.tags(origin).map(|t| t as usize).collect()
}

/// Sets one key of a vivid hash, remembering where.
pub(super) fn put(interp: &mut Interp, this: Value, key: Key, value: Value) -> R<()> {
    let tag = tag_of(interp, this);
    let child = child_tag(interp, tag, &key);
    let source = write_source(interp, tag, &key);
    let value = vivify(interp, value, child);
    let own = interp.origin_of(value);
    let origin = interp.origins.union(own, source);
    let origin = interp.origins.union(origin, interp.control);
    written(interp, origin);
    touched(interp, tag, super::json::key_text(&key));
    let key_value = interp.key_value(&key);
    interp
        .hash_mut(this)?
        .map
        .insert(key, (key_value, value.with_origin(origin)));
    Ok(())
}

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

/// Puts a JSON tree into a level. `origin` gives the sources of each part by its path.
pub fn load(
    interp: &mut Interp,
    level: Level,
    tree: &Map<String, Json>,
    origin: &mut dyn FnMut(&mut Interp, &[String]) -> Origin,
) {
    let Some(root) = run(interp).attributes.levels.get(level as usize).copied() else {
        return;
    };
    for (name, value) in tree {
        let key = Key::Str(name.as_str().into());
        let child = child_tag(interp, tag(level, None), &key);
        let value = load_part(interp, value, child, &mut vec![name.clone()], origin);
        let key_value = interp.key_value(&key);
        if let Ok(hash) = interp.hash_mut(root) {
            hash.map.insert(key, (key_value, value));
        }
    }
    run(interp).attributes.merged.clear();
}

fn load_part(
    interp: &mut Interp,
    json: &Json,
    tag: u32,
    path: &mut Vec<String>,
    origin: &mut dyn FnMut(&mut Interp, &[String]) -> Origin,
) -> Value {
    let own = origin(interp, path);
    let Json::Object(map) = json else {
        let value = super::json::to_value(interp, json, own);
        return vivify(interp, value, tag).with_origin(own);
    };
    let mut hash = Hash {
        indifferent: true,
        tag,
        ..Hash::default()
    };
    for (name, value) in map {
        path.push(name.clone());
        let value = load_part(interp, value, tag, path, origin);
        path.pop();
        let key_value = interp.str(name.as_str());
        hash.map
            .insert(Key::Str(name.as_str().into()), (key_value, value));
    }
    let class = run(interp).attributes.classes.vivid_mash;
    let new = interp.alloc(class, Data::Hash(Box::new(hash)));
    Value::from(new).with_origin(own)
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

/// The value of a symbol or string as an attribute name.
pub fn name_text(interp: &mut Interp, value: Value) -> R<String> {
    if let Some(id) = interp.unknown_or_hole(value) {
        return Err(Flow::Unknown(id));
    }
    interp.to_text(value)
}

/// Every level's own hash, by the name of the method that gives it.
pub fn level_by_method(name: Name) -> Option<Level> {
    Some(match name.as_str() {
        "default" | "default_attrs" => Level::Default,
        "normal" | "normal_attrs" => Level::Normal,
        "override" | "override_attrs" => Level::Override,
        "automatic" | "automatic_attrs" => Level::Automatic,
        "force_default" | "default!" => Level::ForceDefault,
        "force_override" | "override!" => Level::ForceOverride,
        "role_default" => Level::RoleDefault,
        "role_override" => Level::RoleOverride,
        "env_default" => Level::EnvDefault,
        "env_override" => Level::EnvOverride,
        _ => return None,
    })
}
