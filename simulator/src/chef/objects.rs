//! Roles, environments and clients as searches and `load` give them, and run lists.

use std::sync::{Arc, LazyLock};

use foretaste_parser::name::Name;
use serde_json::Value as Json;

use super::run::run;
use super::run_list::RunListItem;
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::Table;
use crate::ruby::env::Args;
use crate::ruby::flow::R;
use crate::ruby::object::{Data, Hash, Key};
use crate::ruby::value::{Origin, Value};
use crate::search::{Document, Kind};

static OBJECT: &[Builtin] = &[
    def("name", 0, 0, |i, v, _| Ok(part(i, v, "name"))),
    def("description", 0, 0, |i, v, _| Ok(part(i, v, "description"))),
    def("chef_type", 0, 0, |i, v, _| Ok(part(i, v, "chef_type"))),
    def("default_attributes", 0, 0, |i, v, _| {
        Ok(part(i, v, "default_attributes"))
    }),
    def("override_attributes", 0, 0, |i, v, _| {
        Ok(part(i, v, "override_attributes"))
    }),
    def("to_h", 0, 0, to_hash),
    def("to_hash", 0, 0, to_hash),
    def("to_json", 0, -1, |i, v, a| {
        let ordered = in_order(i, v)?;
        i.call_with(ordered, "to_json", a)
    }),
];
static OBJECT_TABLE: Table = LazyLock::new(|| table(OBJECT));

static ROLE: &[Builtin] = &[
    def("run_list", 0, 0, |i, v, _| list_at(i, v, None)),
    def("run_list_for", 1, 1, |i, v, a| {
        list_at(i, v, Some(a.get(0)))
    }),
    def("env_run_lists", 0, 0, |i, v, _| {
        Ok(part(i, v, "env_run_lists"))
    }),
    def("environments", 0, 0, |i, v, _| {
        let lists = part(i, v, "env_run_lists");
        i.call(lists, "keys", &[])
    }),
    def("to_s", 0, 0, |i, v, _| label(i, v, "role")),
];
static ROLE_TABLE: Table = LazyLock::new(|| table(ROLE));

static ENVIRONMENT: &[Builtin] = &[
    def("cookbook_versions", 0, 0, |i, v, _| {
        Ok(part(i, v, "cookbook_versions"))
    }),
    def("to_s", 0, 0, |i, v, _| {
        let name = part(i, v, "name");
        Ok(name)
    }),
];
static ENVIRONMENT_TABLE: Table = LazyLock::new(|| table(ENVIRONMENT));

static CLIENT: &[Builtin] = &[
    def("admin", 0, 0, |i, v, _| Ok(part(i, v, "admin"))),
    def("validator", 0, 0, |i, v, _| Ok(part(i, v, "validator"))),
    def("public_key", 0, 0, |i, v, _| Ok(part(i, v, "public_key"))),
    def("to_s", 0, 0, |i, v, _| label(i, v, "client")),
];
static CLIENT_TABLE: Table = LazyLock::new(|| table(CLIENT));

static ROLE_STATIC: &[Builtin] = &[def("load", 1, 1, |i, _, a| load(i, a, "role"))];
static ROLE_STATIC_TABLE: Table = LazyLock::new(|| table(ROLE_STATIC));
static ENVIRONMENT_STATIC: &[Builtin] = &[def("load", 1, 1, |i, _, a| load(i, a, "environment"))];
static ENVIRONMENT_STATIC_TABLE: Table = LazyLock::new(|| table(ENVIRONMENT_STATIC));

static RUN_LIST: &[Builtin] = &[
    def("to_s", 0, 0, |i, v, _| {
        let comma = i.str(", ");
        i.call(v, "join", &[comma])
    }),
    def("roles", 0, 0, |i, v, _| names(i, v, true)),
    def("role_names", 0, 0, |i, v, _| names(i, v, true)),
    def("recipes", 0, 0, |i, v, _| names(i, v, false)),
    def("recipe_names", 0, 0, |i, v, _| names(i, v, false)),
    def("run_list", 0, 0, |_, v, _| Ok(v)),
    def("run_list_items", 0, 0, |_, v, _| Ok(v)),
    def("for_json", 0, 0, |i, v, _| {
        let items = i.array_items(v).map(<[Value]>::to_vec).unwrap_or_default();
        Ok(i.array(items))
    }),
];
static RUN_LIST_TABLE: Table = LazyLock::new(|| table(RUN_LIST));

const RUN_LIST_CLASS: &str = "Chef::RunList";

/// Defines the classes.
pub fn install(interp: &mut Interp) {
    let object = interp.core.object;
    for (name, methods, statics) in [
        ("Chef::Role", &ROLE_TABLE, Some(&ROLE_STATIC_TABLE)),
        (
            "Chef::Environment",
            &ENVIRONMENT_TABLE,
            Some(&ENVIRONMENT_STATIC_TABLE),
        ),
        ("Chef::ApiClient", &CLIENT_TABLE, None),
    ] {
        let class = interp.define_class(name, object);
        // Natives are found class by class, the nearest first.
        interp.add_methods(class, &OBJECT_TABLE);
        interp.add_methods(class, methods);
        if let Some(statics) = statics {
            interp.add_static(class, statics);
        }
    }
    let list = interp.define_class(RUN_LIST_CLASS, interp.core.array);
    interp.add_methods(list, &RUN_LIST_TABLE);
}

/// The object of a document that is neither a node nor a data bag item.
pub fn object(interp: &mut Interp, document: &Arc<Document>, origin: Origin) -> Value {
    let class = super::error_class_at(
        interp,
        match document.kind() {
            Kind::Role => "Chef::Role",
            Kind::Environment => "Chef::Environment",
            _ => "Chef::ApiClient",
        },
    );
    let this: Value = interp.alloc(class, Data::Plain).into();
    let mut fields = Hash::default();
    for (name, value) in document.json().as_object().into_iter().flatten() {
        // Attributes of roles are Mashes, of environments hashes; a Mash answers for both.
        let value = super::json::to_value(interp, value, origin);
        let (mash, array) = (run(interp).attributes.classes.mash, interp.core.array);
        let value = super::attribute_view::deep_copy(interp, value, mash, array, true);
        let key = interp.str(name.as_str());
        fields.map.insert(
            Key::Str(name.as_str().into()),
            (key, value.with_origin(origin)),
        );
    }
    let key = interp.str("name");
    let name = interp.str(document.name());
    let name = name.with_origin(origin);
    fields.map.insert(Key::Str("name".into()), (key, name));
    let fields = interp.hash(fields);
    let _ = interp.set_ivar(this, Name::new("@fields"), fields);
    this.with_origin(origin)
}

fn load(interp: &mut Interp, args: &Args, index: &str) -> R {
    let name = interp.to_text(args.get(0))?;
    let view = run(interp).index.clone();
    match view.view().document(index, &name) {
        Some(document) => Ok(object(interp, document, Origin::HERE)),
        None => Err(super::dsl::http_error(interp, 404, "Not Found")),
    }
}

fn part(interp: &mut Interp, this: Value, name: &str) -> Value {
    let fields = interp
        .ivar(this, Name::new("@fields"))
        .unwrap_or(Value::NIL);
    interp
        .hash_data(fields)
        .and_then(|h| h.map.get(&Key::Str(name.into())))
        .map_or(Value::NIL, |(_, v)| *v)
}

/// The parts of roles in the order in which `Chef::Role#to_h` names them, and of environments in that of theirs.
const ROLE_ORDER: &[&str] = &[
    "name",
    "description",
    "json_class",
    "default_attributes",
    "override_attributes",
    "chef_type",
    "run_list",
    "env_run_lists",
];
const ENVIRONMENT_ORDER: &[&str] = &[
    "name",
    "description",
    "cookbook_versions",
    "json_class",
    "chef_type",
    "default_attributes",
    "override_attributes",
];

fn in_order(interp: &mut Interp, this: Value) -> R {
    let class = interp.real_class_of(this);
    let order = match &*interp.class_name(class) {
        "Chef::Role" => ROLE_ORDER,
        "Chef::Environment" => ENVIRONMENT_ORDER,
        _ => &[],
    };
    let fields = to_hash(interp, this, &Args::default())?;
    let mut rest = interp.to_hash(fields)?;
    let mut out = Hash::default();
    for name in order {
        let key = Key::Str((*name).into());
        if let Some(entry) = rest.map.shift_remove(&key) {
            out.map.insert(key, entry);
        }
    }
    out.map.extend(rest.map);
    Ok(interp.hash(out))
}

fn to_hash(interp: &mut Interp, this: Value, _: &Args) -> R {
    let fields = interp
        .ivar(this, Name::new("@fields"))
        .unwrap_or(Value::NIL);
    interp.call(fields, "dup", &[])
}

fn label(interp: &mut Interp, this: Value, kind: &str) -> R {
    let name = part(interp, this, "name");
    let name = interp.to_text(name)?;
    Ok(interp.str(format!("{kind}[{name}]")))
}

/// A role's run list: in an environment its own, else the default one.
fn list_at(interp: &mut Interp, this: Value, environment: Option<Value>) -> R {
    let mut items = part(interp, this, "run_list");
    if let Some(environment) = environment {
        let lists = part(interp, this, "env_run_lists");
        if interp.hash_data(lists).is_some() {
            let own = interp.call(lists, "[]", &[environment])?;
            if !own.is_nil() {
                items = own;
            }
        }
    }
    let json = super::json::to_json(interp, items);
    let items: Vec<String> = json
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .map(str::to_owned)
        .collect();
    Ok(run_list(interp, &items).with_origin(this.origin))
}

/// A `Chef::RunList` of items, each in its long form.
pub fn run_list(interp: &mut Interp, items: &[String]) -> Value {
    let class = super::error_class_at(interp, RUN_LIST_CLASS);
    let items = items
        .iter()
        .map(|item| {
            let text = RunListItem::parse(item).map_or_else(|_| item.clone(), |i| i.to_string());
            interp.str(text)
        })
        .collect();
    interp.alloc(class, Data::Array(items)).into()
}

fn names(interp: &mut Interp, this: Value, of_roles: bool) -> R {
    let items = interp
        .array_items(this)
        .map(<[Value]>::to_vec)
        .unwrap_or_default();
    let mut out = Vec::new();
    for item in items {
        let text = interp.to_text(item)?;
        match RunListItem::parse(&text) {
            Ok(RunListItem::Role(name)) if of_roles => out.push(interp.str(name)),
            Ok(RunListItem::Recipe { name, .. }) if !of_roles => out.push(interp.str(name)),
            _ => {}
        }
    }
    Ok(interp.array(out))
}
