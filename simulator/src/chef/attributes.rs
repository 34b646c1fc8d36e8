//! Node attributes: ten precedence levels, and what is written to them.
//!
//! The rules are those of `Chef::Node::Attribute`. A level is a `VividMash`: missing keys appear when they are indexed. What
//! the levels make together is in [`attribute_view`](super::attribute_view).

use crate::hash::HashMap;
use std::collections::BTreeSet;
use std::rc::Rc;

use foretaste_parser::name::Name;
use serde_json::{Map, Value as Json};

use super::json::attribute_key;
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
    pub(super) merged: HashMap<Rc<str>, Value>,
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
    pub(super) fn missing(&self, key: &str) -> Option<Value> {
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
