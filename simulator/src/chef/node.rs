//! `Chef::Node`: the node being simulated, and the nodes that searches return.

use std::sync::{Arc, LazyLock};

use foretaste_parser::name::Name;
use serde_json::Value as Json;

use super::attributes::{self, Level, level_by_method, name_text};
use super::json::to_value;
use super::run::run;
use super::{attribute_collections, attribute_view};
use crate::convergence::{Reads, SavedNode};
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::Table;
use crate::ruby::env::Args;
use crate::ruby::flow::R;
use crate::ruby::object::{Data, Hash, Key};
use crate::ruby::value::{Origin, Value};
use crate::search::Document;

/// Another node, as its search document has it.
#[derive(Clone, Debug)]
pub struct Other {
    pub document: Arc<Document>,
    pub origin: Origin,
}

static NODE: &[Builtin] = &[
    def("[]", 1, 1, get),
    def("read", 1, -1, read),
    def("dig", 1, -1, read),
    def("read!", 1, -1, read_strict),
    def("exist?", 1, -1, exist),
    def("attribute?", 1, 1, has_key),
    def("has_key?", 1, 1, has_key),
    def("key?", 1, 1, has_key),
    def("include?", 1, 1, has_key),
    def("attribute", 0, 0, |_, v, _| Ok(v)),
    def("attributes", 0, 0, |_, v, _| Ok(v)),
    def("construct_attributes", 0, 0, |_, v, _| Ok(v)),
    def("node", 0, 0, |_, v, _| Ok(v)),
    def("name", 0, 0, name),
    def("to_s", 0, 0, to_s),
    def("inspect", 0, 0, to_s),
    def("==", 1, 1, equal),
    def("chef_environment", 0, 1, environment),
    def("environment", 0, 0, environment),
    def("policy_name", 0, 0, policy_name),
    def("policy_group", 0, 0, policy_group),
    def("run_list", 0, -1, run_list),
    def("run_list?", 1, 1, in_run_list),
    def("role?", 1, 1, has_role),
    def("recipe?", 1, 1, has_recipe),
    def("tags", 0, 0, tags),
    def("run_state", 0, 0, |i, _, _| Ok(run(i).run_state)),
    def("default", 0, 0, |i, v, _| level(i, v, Level::Default)),
    def("default_attrs", 0, 0, |i, v, _| level(i, v, Level::Default)),
    def("normal", 0, 0, |i, v, _| level(i, v, Level::Normal)),
    def("normal_attrs", 0, 0, |i, v, _| level(i, v, Level::Normal)),
    def("override", 0, 0, |i, v, _| level(i, v, Level::Override)),
    def("override_attrs", 0, 0, |i, v, _| {
        level(i, v, Level::Override)
    }),
    def("automatic", 0, 0, |i, v, _| level(i, v, Level::Automatic)),
    def("automatic_attrs", 0, 0, |i, v, _| {
        level(i, v, Level::Automatic)
    }),
    def("force_default", 0, 0, |i, v, _| {
        level(i, v, Level::ForceDefault)
    }),
    def("force_override", 0, 0, |i, v, _| {
        level(i, v, Level::ForceOverride)
    }),
    def("role_default", 0, 0, |i, v, _| {
        level(i, v, Level::RoleDefault)
    }),
    def("role_override", 0, 0, |i, v, _| {
        level(i, v, Level::RoleOverride)
    }),
    def("env_default", 0, 0, |i, v, _| {
        level(i, v, Level::EnvDefault)
    }),
    def("env_override", 0, 0, |i, v, _| {
        level(i, v, Level::EnvOverride)
    }),
    def("default=", 1, 1, |i, _, a| assign(i, a, Level::Default)),
    def("normal=", 1, 1, |i, _, a| assign(i, a, Level::Normal)),
    def("normal_attrs=", 1, 1, |i, _, a| assign(i, a, Level::Normal)),
    def("override=", 1, 1, |i, _, a| assign(i, a, Level::Override)),
    def("automatic_attrs=", 1, 1, |i, _, a| {
        assign(i, a, Level::Automatic)
    }),
    def("default!", 0, -1, |i, _, a| {
        chained(i, a, Level::Default, Way::Plain)
    })
    .takes_unknown(),
    def("normal!", 0, -1, |i, _, a| {
        chained(i, a, Level::Normal, Way::Plain)
    })
    .takes_unknown(),
    def("override!", 0, -1, |i, _, a| {
        chained(i, a, Level::Override, Way::Plain)
    })
    .takes_unknown(),
    def("force_default!", 0, -1, |i, _, a| {
        chained(i, a, Level::ForceDefault, Way::Clearing)
    })
    .takes_unknown(),
    def("force_override!", 0, -1, |i, _, a| {
        chained(i, a, Level::ForceOverride, Way::Clearing)
    })
    .takes_unknown(),
    def("default_unless", 0, -1, |i, _, a| {
        chained(i, a, Level::Default, Way::Unless)
    })
    .takes_unknown(),
    def("normal_unless", 0, -1, |i, _, a| {
        chained(i, a, Level::Normal, Way::Unless)
    })
    .takes_unknown(),
    def("override_unless", 0, -1, |i, _, a| {
        chained(i, a, Level::Override, Way::Unless)
    })
    .takes_unknown(),
    def("write", 2, -1, |i, v, a| to_level(i, v, "write", a)).takes_unknown(),
    def("write!", 2, -1, |i, v, a| to_level(i, v, "write!", a)).takes_unknown(),
    def("unlink", 2, -1, |i, v, a| to_level(i, v, "unlink", a)),
    def("unlink!", 2, -1, |i, v, a| to_level(i, v, "unlink!", a)),
    def("rm", 1, -1, remove),
    def("rm_default", 1, -1, |i, _, a| {
        remove_levels(i, a, &DEFAULTS)
    }),
    def("rm_normal", 1, -1, |i, _, a| {
        remove_levels(i, a, &[Level::Normal])
    }),
    def("rm_override", 1, -1, |i, _, a| {
        remove_levels(i, a, &OVERRIDES)
    }),
    def("debug_value", 1, -1, debug_value),
    def("combined_default", 0, -1, |i, _, a| {
        combined(i, a, &DEFAULTS)
    }),
    def("combined_override", 0, -1, |i, _, a| {
        combined(i, a, &OVERRIDES)
    }),
    def("primary_runlist", 0, 0, run_list),
    def("[]=", 2, 2, read_only).takes_unknown(),
    def("chef_environment=", 1, 1, environment),
    def("save", 0, 0, |_, v, _| Ok(v)),
    def("loaded_recipe", 2, 2, |_, v, _| Ok(v)),
    def("merged_attributes", 0, -1, merged_attributes),
    def("to_hash", 0, 0, to_hash),
    def("to_h", 0, 0, to_hash),
    def("keys", 0, 0, keys),
    def("each", 0, 0, each),
    def("run_context", 0, 0, |i, _, _| super::context::root(i)),
    def("method_missing", 1, -1, method_missing).takes_unknown(),
    def("respond_to?", 1, 2, respond_to),
];
static NODE_TABLE: Table = LazyLock::new(|| table(NODE));

const DEFAULTS: [Level; 4] = [
    Level::Default,
    Level::EnvDefault,
    Level::RoleDefault,
    Level::ForceDefault,
];
const OVERRIDES: [Level; 4] = [
    Level::Override,
    Level::RoleOverride,
    Level::EnvOverride,
    Level::ForceOverride,
];

/// Adds the methods of the class.
pub fn install(interp: &mut Interp, class: crate::ruby::class::ClassId) {
    interp.add_methods(class, &NODE_TABLE);
}

/// A node object for a search result.
pub fn other(interp: &mut Interp, document: &Arc<Document>, origin: Origin) -> Value {
    let class = run(interp).classes.node;
    let data = Data::Host(Box::new(Other {
        document: document.clone(),
        origin,
    }));
    let id = interp.alloc(class, data);
    Value::from(id).with_origin(origin)
}

/// The document behind a node object that is not the run's own, all of which counts as read.
pub fn other_of(interp: &mut Interp, this: Value) -> Option<Other> {
    let other = peek(interp, this)?;
    let name = other.document.name().to_owned();
    run(interp).reads.insert(name, Reads::All);
    Some(other)
}

/// The same for a caller that takes no more than the name, or notes itself what it reads.
fn peek(interp: &Interp, this: Value) -> Option<Other> {
    match interp.data(this.obj()?) {
        Data::Host(data) => data.as_any().downcast_ref::<Other>().cloned(),
        _ => None,
    }
}

/// Notes that a top-level attribute of another node was read, be it absent.
fn note(interp: &mut Interp, node: &str, key: &str) {
    let reads = run(interp).reads.entry(node.to_owned());
    if let Reads::Keys(keys) = reads.or_default()
        && !keys.contains(key)
    {
        keys.insert(key.to_owned());
    }
}

fn saved(interp: &mut Interp, this: Value) -> Arc<SavedNode> {
    match other_of(interp, this).and_then(|o| o.document.saved().cloned()) {
        Some(saved) => saved,
        None => run(interp).node.clone(),
    }
}

/// As the last part of an unknown path: whatever further keys the hash has.
const ANY_KEY: &str = "*";

/// One top-level attribute of a node object.
pub fn top(interp: &mut Interp, this: Value, key: &str) -> Value {
    let Some(other) = peek(interp, this) else {
        return attribute_view::merged(interp, key);
    };
    note(interp, other.document.name(), key);
    let cached = (other.document.name().to_owned(), key.to_owned());
    if let Some(value) = run(interp).documents.get(&cached) {
        return value.with_origin(other.origin);
    }
    let saved = other.document.saved().cloned();
    let json = other.document.key(key);
    let unknown = saved.as_ref().is_some_and(|s| {
        let open = |path: &Vec<String>| match path.as_slice() {
            [] => true,
            [one] => one == key || (one == ANY_KEY && json.is_none()),
            _ => false,
        };
        s.unknown.iter().any(open)
            || (json.is_none() && s.synthetic && attributes::AUTOMATIC_KEYS.contains(&key))
    });
    let value = if unknown {
        interp.outside(format!("{key} of node {}", other.document.name()))
    } else {
        let value = to_value(interp, json.as_ref().unwrap_or(&Json::Null), Origin::HERE);
        let value = with_unknowns(interp, value, saved.as_deref(), key);
        let classes = run(interp).attributes.classes;
        attribute_view::freeze(interp, value, classes)
    };
    if interp.heap.depth() == 0 {
        run(interp).documents.insert(cached, value);
    }
    value.with_origin(other.origin)
}

/// Puts unknowns where the node saved something that the simulation could not know.
fn with_unknowns(interp: &mut Interp, value: Value, saved: Option<&SavedNode>, key: &str) -> Value {
    let Some(saved) = saved else { return value };
    for path in saved
        .unknown
        .iter()
        .filter(|p| p.first().is_some_and(|f| f == key) && p.len() > 1)
    {
        let mut at = value;
        let Some((last, way)) = path.get(1..).and_then(<[String]>::split_last) else {
            continue;
        };
        for part in way {
            let key = crate::ruby::object::Key::Str(part.as_str().into());
            at = interp
                .hash_data(at)
                .and_then(|h| h.map.get(&key))
                .map_or(Value::NIL, |(_, v)| *v);
        }
        let unknown = interp.outside(format!("{} of node {}", path.join("."), saved.name));
        if last == ANY_KEY {
            if let Ok(hash) = interp.hash_mut(at) {
                hash.default = Some(unknown);
            }
            continue;
        }
        let key = crate::ruby::object::Key::Str(last.as_str().into());
        let key_value = interp.str(last.as_str());
        if let Ok(hash) = interp.hash_mut(at) {
            hash.map.insert(key, (key_value, unknown));
        }
    }
    value
}

fn get(interp: &mut Interp, this: Value, args: &Args) -> R {
    let key = name_text(interp, args.get(0))?;
    Ok(top(interp, this, &key))
}

fn walk(interp: &mut Interp, this: Value, args: &Args) -> R<Option<Value>> {
    let Some((first, rest)) = args.list.split_first() else {
        return Ok(None);
    };
    let key = name_text(interp, *first)?;
    let value = top(interp, this, &key);
    if value.is_nil() && has_key(interp, this, &Args::of(&[*first]))?.truthy() == Some(false) {
        return Ok(None);
    }
    attribute_collections::walk(interp, value, rest)
}

fn read(interp: &mut Interp, this: Value, args: &Args) -> R {
    Ok(walk(interp, this, args)?.unwrap_or(Value::NIL))
}

fn read_strict(interp: &mut Interp, this: Value, args: &Args) -> R {
    match walk(interp, this, args)? {
        Some(value) => Ok(value),
        None => Err(attribute_collections::no_such_attribute(interp, &args.list)),
    }
}

fn exist(interp: &mut Interp, this: Value, args: &Args) -> R {
    match walk(interp, this, args)? {
        Some(value) if value.unknown().is_some() => Ok(value),
        found => Ok(found.is_some().into()),
    }
}

fn has_key(interp: &mut Interp, this: Value, args: &Args) -> R {
    let key = name_text(interp, args.get(0))?;
    if let Some(other) = peek(interp, this) {
        note(interp, other.document.name(), &key);
    }
    match peek(interp, this) {
        Some(other) => match other.document.key(&key) {
            Some(_) => Ok(Value::TRUE),
            None => {
                let value = top(interp, this, &key);
                Ok(if value.unknown().is_some() {
                    value
                } else {
                    Value::FALSE
                })
            }
        },
        None => Ok(attribute_view::has_top_key(interp, &key)),
    }
}

fn name(interp: &mut Interp, this: Value, _: &Args) -> R {
    let name = match peek(interp, this) {
        Some(other) => other.document.name().to_owned(),
        None => run(interp).node.name.clone(),
    };
    Ok(interp.str(name))
}

fn to_s(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = name(interp, this, args)?;
    let name = interp.to_text(name)?;
    Ok(interp.str(format!("node[{name}]")))
}

fn equal(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = run(interp).classes.node;
    if !interp.is_a(args.get(0), class) {
        return Ok(Value::FALSE);
    }
    let none = Args::default();
    let (one, other) = (
        name(interp, this, &none)?,
        name(interp, args.get(0), &none)?,
    );
    interp.call(one, "==", &[other])
}

fn environment(interp: &mut Interp, this: Value, args: &Args) -> R {
    let environment = match other_of(interp, this) {
        Some(_) => saved(interp, this).chef_environment.clone(),
        None => {
            if let Some(text) = args.opt(0).and_then(|v| interp.text(v)).map(str::to_owned) {
                run(interp).environment = text;
            }
            run(interp).environment.clone()
        }
    };
    Ok(interp.str(environment))
}

fn policy_name(interp: &mut Interp, this: Value, _: &Args) -> R {
    let name = saved(interp, this).policy_name.clone();
    Ok(name.map_or(Value::NIL, |n| interp.str(n)))
}

fn policy_group(interp: &mut Interp, this: Value, _: &Args) -> R {
    let name = saved(interp, this).policy_group.clone();
    Ok(name.map_or(Value::NIL, |n| interp.str(n)))
}

fn strings(interp: &mut Interp, list: &[String]) -> Value {
    let items = list.iter().map(|s| interp.str(s.as_str())).collect();
    interp.array(items)
}

/// The run list of a node: the run's own may come from a policy.
fn items(interp: &mut Interp, this: Value) -> Vec<String> {
    match other_of(interp, this) {
        Some(_) => saved(interp, this).run_list.clone(),
        None => run(interp).run_list.clone(),
    }
}

fn run_list(interp: &mut Interp, this: Value, _: &Args) -> R {
    let list = items(interp, this);
    Ok(super::objects::run_list(interp, &list))
}

fn in_run_list(interp: &mut Interp, this: Value, args: &Args) -> R {
    let item = name_text(interp, args.get(0))?;
    Ok(items(interp, this).contains(&item).into())
}

fn listed(interp: &mut Interp, this: Value, key: &str, name: &str) -> R {
    let list = top(interp, this, key);
    if let Some(id) = interp.unknown_of(list) {
        return Ok(id.into());
    }
    let items = interp
        .array_items(list)
        .map(<[Value]>::to_vec)
        .unwrap_or_default();
    Ok(items.iter().any(|i| interp.text(*i) == Some(name)).into())
}

fn has_role(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = name_text(interp, args.get(0))?;
    listed(interp, this, "roles", &name)
}

fn has_recipe(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = name_text(interp, args.get(0))?;
    let item = format!("recipe[{name}]");
    if items(interp, this).contains(&item) {
        return Ok(Value::TRUE);
    }
    listed(interp, this, "recipes", &name)
}

fn tags(interp: &mut Interp, this: Value, _: &Args) -> R {
    if peek(interp, this).is_some() {
        let tags = top(interp, this, "tags");
        return Ok(if tags.is_nil() {
            interp.array(Vec::new())
        } else {
            tags
        });
    }
    let normal = run(interp).attributes.level(Level::Normal);
    let key = crate::ruby::object::Key::Str("tags".into());
    if interp
        .hash_data(normal)
        .is_none_or(|h| !h.map.contains_key(&key))
    {
        let empty = interp.array(Vec::new());
        let name = interp.str("tags");
        interp.call(normal, "[]=", &[name, empty])?;
    }
    let name = interp.str("tags");
    interp.call(normal, "[]", &[name])
}

fn level(interp: &mut Interp, this: Value, level: Level) -> R {
    if let Some(other) = other_of(interp, this) {
        let map = other.document.saved().map(|s| match level {
            Level::Normal => s.normal.to_map(),
            Level::Override => s.r#override.to_map(),
            Level::Automatic => s.automatic.to_map(),
            _ => s.default.to_map(),
        });
        return Ok(to_value(
            interp,
            &Json::Object(map.unwrap_or_default()),
            other.origin,
        ));
    }
    Ok(run(interp).attributes.level(level))
}

/// How a value gets to its place in a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Plain,
    /// Only where the level has nothing yet, or nil.
    Unless,
    /// After removing the path from all levels of the same group.
    Clearing,
}

/// The methods of `Chef::Node::Attribute` that take a path and a value.
pub fn write_as(
    interp: &mut Interp,
    level: Level,
    way: Way,
    path: &[Value],
    value: Value,
) -> R<()> {
    let root = run(interp).attributes.level(level);
    match way {
        Way::Plain => {}
        Way::Unless => {
            if attribute_collections::walk(interp, root, path)?.is_some_and(|old| !old.is_nil()) {
                return Ok(());
            }
        }
        Way::Clearing => {
            let group = if DEFAULTS.contains(&level) {
                DEFAULTS
            } else {
                OVERRIDES
            };
            remove_levels(interp, &Args::of(path), &group)?;
        }
    }
    attribute_collections::write_path(interp, root, path, value)
}

/// `node.default!('a', 'b', x)` at once, or a chain for `node.default!['a']['b'] = x`.
fn chained(interp: &mut Interp, args: &Args, level: Level, way: Way) -> R {
    let Some((value, path)) = args.list.split_last() else {
        return Ok(super::unless::chain(interp, level, way));
    };
    write_as(interp, level, way, path, *value)?;
    Ok(*value)
}

/// `node.write(:default, 'a', 'b', x)`: a method of one level's hash.
fn to_level(interp: &mut Interp, this: Value, method: &str, args: &Args) -> R {
    let mut rest = args.clone();
    let name = Name::new(&name_text(interp, rest.list.remove(0))?);
    let Some(found) = level_by_method(name) else {
        return Err(interp.error(
            interp.core.no_method_error,
            format!("undefined method `{name}' for #<Chef::Node::Attribute>"),
        ));
    };
    let root = level(interp, this, found)?;
    interp.send(
        root,
        Name::new(method),
        rest,
        crate::ruby::call::Form::Explicit,
    )
}

/// `node.default = { … }` replaces a level.
fn assign(interp: &mut Interp, args: &Args, level: Level) -> R {
    let root = run(interp).attributes.level(level);
    interp.call(root, "replace", &[args.get(0)])
}

fn read_only(interp: &mut Interp, _: Value, _: &Args) -> R {
    Err(attribute_collections::read_only(interp))
}

/// Removes a path from levels; what they had there together, where it lay in a hash.
fn remove_levels(interp: &mut Interp, args: &Args, levels: &[Level]) -> R {
    let mut old = combined(interp, args, levels)?;
    if let Some((_, way)) = args.list.split_last() {
        let holder = combined(interp, &Args::of(way), levels)?;
        if interp.hash_data(holder).is_none() && holder.unknown().is_none() {
            old = Value::NIL;
        }
    }
    for level in levels {
        let root = run(interp).attributes.level(*level);
        attribute_collections::remove_path(interp, root, &args.list)?;
    }
    Ok(old)
}

fn remove(interp: &mut Interp, this: Value, args: &Args) -> R {
    let old = walk(interp, this, args)?.unwrap_or(Value::NIL);
    for level in Level::ALL.iter().filter(|l| **l != Level::Automatic) {
        let root = run(interp).attributes.level(*level);
        attribute_collections::remove_path(interp, root, &args.list)?;
    }
    Ok(old)
}

/// What levels of one group have at a path together.
fn combined(interp: &mut Interp, args: &Args, levels: &[Level]) -> R {
    let whole = attribute_view::merged_levels(interp, levels);
    Ok(attribute_collections::walk(interp, whole, &args.list)?.unwrap_or(Value::NIL))
}

/// Pairs of a level's name and what it has at a path.
fn debug_value(interp: &mut Interp, _: Value, args: &Args) -> R {
    let mut rows = Vec::new();
    for level in Level::ALL {
        let root = run(interp).attributes.level(level);
        let found = attribute_collections::walk(interp, root, &args.list)?;
        let name = interp.str(level.as_str());
        let row = vec![name, found.unwrap_or_else(|| Value::sym("not_present"))];
        rows.push(interp.array(row));
    }
    Ok(interp.array(rows))
}

fn top_names(interp: &mut Interp, this: Value) -> Vec<String> {
    match other_of(interp, this) {
        Some(other) => other.document.keys(),
        None => attribute_view::top_keys(interp)
            .iter()
            .map(ToString::to_string)
            .collect(),
    }
}

fn to_hash(interp: &mut Interp, this: Value, _: &Args) -> R {
    let names = top_names(interp, this);
    let mut hash = crate::ruby::object::Hash::default();
    for name in names {
        let value = top(interp, this, &name);
        let (plain, array) = (interp.core.hash, interp.core.array);
        let value = attribute_view::deep_copy(interp, value, plain, array, false);
        let key = interp.str(name.as_str());
        hash.map.insert(
            crate::ruby::object::Key::Str(name.as_str().into()),
            (key, value),
        );
    }
    Ok(interp.hash(hash))
}

/// All attributes as one read-only hash, which is what the methods of hashes are asked of.
fn whole(interp: &mut Interp, this: Value) -> Value {
    let mut hash = Hash {
        indifferent: true,
        ..Hash::default()
    };
    for name in top_names(interp, this) {
        let value = top(interp, this, &name);
        let key = interp.str(name.as_str());
        hash.map.insert(Key::Str(name.into()), (key, value));
    }
    let class = run(interp).attributes.classes.immutable_mash;
    let whole = interp.alloc(class, Data::Hash(Box::new(hash)));
    interp.heap.get_mut(whole).frozen = true;
    whole.into()
}

fn merged_attributes(interp: &mut Interp, this: Value, args: &Args) -> R {
    if args.list.is_empty() {
        return Ok(whole(interp, this));
    }
    read(interp, this, args)
}

fn keys(interp: &mut Interp, this: Value, _: &Args) -> R {
    let names = top_names(interp, this);
    Ok(strings(interp, &names))
}

fn each(interp: &mut Interp, this: Value, args: &Args) -> R {
    for name in top_names(interp, this) {
        let value = top(interp, this, &name);
        let key = interp.str(name);
        interp.yield_to(args, &[key, value])?;
    }
    Ok(this)
}

/// `node.fqdn`: a method that is none is looked up among the attributes' own methods, which in Chef 18 are
/// those of a hash only.
fn method_missing(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = match args.get(0).kind {
        crate::ruby::value::Kind::Sym(name) => name,
        _ => Name::new(""),
    };
    if let Some(found) = level_by_method(name) {
        return level(interp, this, found);
    }
    let given = match args.list.get(1..) {
        None | Some([]) => Args::of(&[this]),
        Some(rest) => Args::of(rest),
    };
    if let Some(value) = super::introspection::answer(interp, name, &given)? {
        return Ok(value);
    }
    // What a hash answers, the attributes answer.
    let hash = interp.core.hash;
    if interp.classes.find(hash, name).is_some() {
        let whole = whole(interp, this);
        let mut rest = args.clone();
        rest.list.remove(0);
        return interp.send(whole, name, rest, crate::ruby::call::Form::Explicit);
    }
    let mut rest = args.clone();
    rest.list.remove(0);
    if let Some(value) = super::known::stand_in(interp, this, name, &rest)? {
        return Ok(value);
    }
    Err(interp.error(
        interp.core.no_method_error,
        format!("undefined method `{name}' for #<Chef::Node::Attribute>"),
    ))
}

fn respond_to(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = Name::new(&name_text(interp, args.get(0))?);
    let class = interp.class_of(this);
    let hash = interp.core.hash;
    Ok(
        (interp.classes.find(class, name).is_some() || interp.classes.find(hash, name).is_some())
            .into(),
    )
}
