//! Resources: declaring them, their properties, guards and notifications.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use foretaste_parser::name::Name;
use foretaste_parser::source::Location;

use super::dsl::{cookbook_of, raise, recipe_of};
use super::run::run;
use crate::convergence::Notification;
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::{ClassId, Method, Table, Visibility};
use crate::ruby::env::Args;
use crate::ruby::flow::R;
use crate::ruby::object::Data;
use crate::ruby::value::{Kind, ObjId, Value};

/// What is known of a declared resource beside its object.
#[derive(Clone, Debug)]
pub struct Meta {
    pub r#type: String,
    pub location: Location,
    pub conditional: Option<String>,
    pub notifies: Vec<Notification>,
    /// `(timing, action, target)` of `subscribes`.
    pub subscribes: Vec<Notification>,
    /// Resources that a custom resource's action declared.
    pub children: Vec<Value>,
    /// Properties in the order in which they were set.
    pub set: Vec<Name>,
    /// Actions that `run_action` ran at compile time.
    pub ran: Vec<String>,
}

/// Meta data of all resources of a run.
pub type Metas = BTreeMap<ObjId, Meta>;

static METHODS: &[Builtin] = &[
    def("name", 0, 1, |i, v, a| property(i, v, Name::new("name"), a)).takes_unknown(),
    def("action", 0, 1, action).takes_unknown(),
    def("notifies", 2, 4, notifies).takes_unknown(),
    def("subscribes", 2, 4, subscribes).takes_unknown(),
    def("only_if", 0, 2, |i, v, a| guard(i, v, a, "only_if")).takes_unknown(),
    def("not_if", 0, 2, |i, v, a| guard(i, v, a, "not_if")).takes_unknown(),
    def("run_action", 1, -1, run_action).takes_unknown(),
    def("delayed_action", 0, 1, |_, _, _| Ok(Value::NIL)).takes_unknown(),
    def("to_s", 0, 0, to_s).takes_unknown(),
    def("inspect", 0, 0, to_s).takes_unknown(),
    def("resource_name", 0, 0, type_symbol).takes_unknown(),
    def("declared_type", 0, 0, type_symbol).takes_unknown(),
    def("updated_by_last_action", 0, 1, |_, _, _| Ok(Value::FALSE)).takes_unknown(),
    def("updated_by_last_action?", 0, 0, |_, _, _| Ok(Value::FALSE)),
    def("updated?", 0, 0, |_, _, _| Ok(Value::FALSE)),
    def("updated", 0, 0, |_, _, _| Ok(Value::FALSE)),
    def("helpers", 0, -1, helpers).takes_unknown(),
    def("helper", 1, 1, |_, _, _| Ok(Value::NIL)).takes_unknown(),
    def("property_is_set?", 1, 1, is_set),
    def("set_or_return", 3, 3, set_or_return).takes_unknown(),
    def("set_guard_inherited_attributes", 0, -1, |_, _, _| {
        Ok(Value::NIL)
    }),
    def("method_missing", 1, -1, missing).takes_unknown(),
    def("respond_to_missing?", 1, 2, |_, _, _| Ok(Value::FALSE)),
    // Properties whose names Ruby's own functions have too.
    def("system", 0, 1, |i, v, a| {
        property(i, v, Name::new("system"), a)
    })
    .takes_unknown(),
    def("format", 0, 1, |i, v, a| {
        property(i, v, Name::new("format"), a)
    })
    .takes_unknown(),
    def("method", 0, 1, |i, v, a| {
        property(i, v, Name::new("method"), a)
    })
    .takes_unknown(),
    def("display", 0, 1, |i, v, a| {
        property(i, v, Name::new("display"), a)
    })
    .takes_unknown(),
    def("open", 0, 1, |i, v, a| property(i, v, Name::new("open"), a)).takes_unknown(),
    def("test", 0, 1, |i, v, a| property(i, v, Name::new("test"), a)).takes_unknown(),
    def("load", 0, 1, |i, v, a| property(i, v, Name::new("load"), a)).takes_unknown(),
    def("hash", 0, 1, |i, v, a| property(i, v, Name::new("hash"), a)).takes_unknown(),
    def("exec", 0, 1, |i, v, a| property(i, v, Name::new("exec"), a)).takes_unknown(),
    def("fork", 0, 1, |i, v, a| property(i, v, Name::new("fork"), a)).takes_unknown(),
    def("print", 0, 1, |i, v, a| {
        property(i, v, Name::new("print"), a)
    })
    .takes_unknown(),
    def("srand", 0, 1, |i, v, a| {
        property(i, v, Name::new("srand"), a)
    })
    .takes_unknown(),
    def("rand", 0, 1, |i, v, a| property(i, v, Name::new("rand"), a)).takes_unknown(),
    def("exit", 0, 1, |i, v, a| property(i, v, Name::new("exit"), a)).takes_unknown(),
    def("sleep", 0, 1, |i, v, a| {
        property(i, v, Name::new("sleep"), a)
    })
    .takes_unknown(),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

/// Adds the methods of `Chef::Resource`.
pub fn install(interp: &mut Interp, class: ClassId) {
    interp.add_methods(class, &TABLE);
    super::custom::install(interp, class);
}

fn meta(interp: &mut Interp, this: Value) -> Option<&mut Meta> {
    run(interp).metas.get_mut(&this.obj()?)
}

/// A resource's type and name, as Chef prints it.
pub fn label(interp: &mut Interp, this: Value) -> String {
    let kind = meta(interp, this)
        .map(|m| m.r#type.clone())
        .unwrap_or_default();
    let name = interp.ivar(this, Name::new("@name")).unwrap_or(Value::NIL);
    let name = interp.to_text(name).unwrap_or_default();
    format!("{kind}[{name}]")
}

fn to_s(interp: &mut Interp, this: Value, _: &Args) -> R {
    let text = label(interp, this);
    Ok(interp.str(text))
}

fn type_symbol(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(meta(interp, this)
        .map(|m| m.r#type.clone())
        .map_or(Value::NIL, |t| Value::sym(&t)))
}

/// `Chef::Resource::CamelCase` for a core type, made on first use.
pub fn core_class(interp: &mut Interp, name: &str) -> ClassId {
    let camel: String = name
        .split('_')
        .map(|part| {
            let mut chars = part.chars();
            chars.next().map_or_else(String::new, |c| {
                c.to_uppercase().collect::<String>() + chars.as_str()
            })
        })
        .collect();
    let path = format!("Chef::Resource::{camel}");
    match interp.class_by_path(&path) {
        Some(class) => class,
        None => {
            let parent = run(interp).classes.resource;
            interp.define_class(&path, parent)
        }
    }
}

/// The class that a resource name of the DSL stands for.
pub fn class_for(interp: &mut Interp, name: &str) -> Option<ClassId> {
    if let Some(class) = run(interp).custom.get(name) {
        return Some(*class);
    }
    super::resource_table::lookup(name)?;
    Some(core_class(interp, name))
}

/// Makes a resource and evaluates its block. It is not yet in any collection.
pub fn build(
    interp: &mut Interp,
    owner: Value,
    kind: &str,
    class: ClassId,
    name: Value,
    block: Option<Value>,
) -> R {
    let object: Value = interp.alloc(class, Data::Plain).into();
    let id = object.obj().unwrap_or(ObjId(0));
    let location = interp.location().unwrap_or_else(|| Location::line("", 1));
    let conditional = interp
        .condition()
        .map(|id| interp.unknowns.reason(id).to_owned());
    let name = match interp.array_items(name).map(<[Value]>::to_vec) {
        Some(items) => {
            let mut parts = Vec::new();
            for item in items {
                parts.push(interp.to_text(item)?);
            }
            interp.str(parts.join(", ")).with_origin(name.origin)
        }
        None if interp.text(name).is_none()
            && interp.unknown_of(name).is_none()
            && !name.is_nil() =>
        {
            let text = interp.to_text(name)?;
            interp.str(text).with_origin(name.origin)
        }
        None => name,
    };
    let (cookbook, recipe) = (cookbook_of(interp, owner), recipe_of(interp, owner));
    let (cookbook, recipe) = (interp.str(cookbook), interp.str(recipe));
    interp.set_ivar(object, Name::new("@name"), name)?;
    interp.set_ivar(object, Name::new("@cookbook_name"), cookbook)?;
    interp.set_ivar(object, Name::new("@recipe_name"), recipe)?;
    interp.set_ivar(object, Name::new("@__enclosing"), owner)?;
    run(interp).metas.insert(
        id,
        Meta {
            r#type: kind.to_owned(),
            location,
            conditional,
            notifies: Vec::new(),
            subscribes: Vec::new(),
            children: Vec::new(),
            set: Vec::new(),
            ran: Vec::new(),
        },
    );
    // A class written in Ruby (a resource of the old kind) may set its own state.
    let class_of = interp.class_of(object);
    let initialize = Name::new("initialize");
    if let Some(found) = interp.classes.find(class_of, initialize)
        && found.owner != interp.core.basic_object
    {
        interp.invoke(&found, object, initialize, Args::of(&[name, Value::NIL]))?;
    }
    if let Some(block) = block {
        let definee = interp.singleton_of(object);
        interp.instance_exec(block, object, definee, Args::default())?;
    }
    super::custom::after_build(interp, object)?;
    Ok(object)
}

/// Puts a resource into the innermost collection.
pub fn add(interp: &mut Interp, resource: Value) {
    if let Some(list) = run(interp).collections.last_mut() {
        list.push(resource);
    }
}

/// `file '/x' do … end`: `None` where no resource or definition has this name.
pub fn call(interp: &mut Interp, owner: Value, name: Name, args: &Args) -> R<Option<Value>> {
    if let Some(definition) = run(interp).definitions.get(name.as_str()).cloned() {
        return super::definition::run_definition(interp, owner, &definition, args).map(Some);
    }
    let Some(class) = class_for(interp, name.as_str()) else {
        return Ok(None);
    };
    if args.is_empty() && args.block.is_none() {
        // A bare word that is also a resource's name: Chef declares it all the same, nameless.
        let empty = interp.str("");
        let resource = build(interp, owner, name.as_str(), class, empty, None)?;
        add(interp, resource);
        return Ok(Some(resource));
    }
    let resource = build(interp, owner, name.as_str(), class, args.get(0), args.block)?;
    add(interp, resource);
    Ok(Some(resource))
}

fn missing(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Kind::Sym(name) = args.get(0).kind else {
        return Ok(Value::NIL);
    };
    let mut rest = args.clone();
    rest.list.remove(0);
    let text = name.as_str();
    let plain = Name::new(text.strip_suffix('=').unwrap_or(text));
    let kind = meta(interp, this)
        .map(|m| m.r#type.clone())
        .unwrap_or_default();
    let core = super::resource_table::lookup(&kind);
    if run(interp).custom.contains_key(&kind) || core.is_none() {
        // What the enclosing provider answers is passed on to it.
        let enclosing = interp
            .ivar(this, Name::new("@__enclosing"))
            .unwrap_or(Value::NIL);
        let provider = run(interp).classes.provider;
        if interp.is_a(enclosing, provider) && interp.responds(enclosing, text) {
            return interp.send(enclosing, name, rest, crate::ruby::call::Form::Own);
        }
        if COMMON.contains(&plain.as_str()) {
            return property(interp, this, plain, &rest);
        }
        return Err(no_property(interp, this, name));
    }
    if core.is_some_and(|c| {
        c.property(plain.as_str()).is_some() || c.methods.contains(&plain.as_str())
    }) || COMMON.contains(&plain.as_str())
    {
        return property(interp, this, plain, &rest);
    }
    let enclosing = interp
        .ivar(this, Name::new("@__enclosing"))
        .unwrap_or(Value::NIL);
    let provider = run(interp).classes.provider;
    if interp.is_a(enclosing, provider) && interp.responds(enclosing, text) {
        return interp.send(enclosing, name, rest, crate::ruby::call::Form::Own);
    }
    if let Some(value) = super::platform_helper(interp, name, &rest)? {
        return Ok(value);
    }
    Err(no_property(interp, this, name))
}

/// Properties of every resource.
pub const COMMON: &[&str] = &[
    "ignore_failure",
    "retries",
    "retry_delay",
    "sensitive",
    "umask",
    "compile_time",
    "guard_interpreter",
    "default_guard_interpreter",
    "action",
    "provider",
    "epic_fail",
    "noop",
    "supports",
];

fn no_property(interp: &mut Interp, this: Value, name: Name) -> crate::ruby::flow::Flow {
    let class = interp.class_name(interp.real_class_of(this));
    let own = interp.real_class_of(this);
    let text = match run(interp).custom_labels.get(&own).cloned() {
        Some(label) => label,
        None => class.to_string(),
    };
    interp.error(
        interp.core.no_method_error,
        format!("undefined method `{name}' for {text}"),
    )
}

/// Reads or sets a property. A read evaluates what is lazy.
pub fn property(interp: &mut Interp, this: Value, name: Name, args: &Args) -> R {
    let ivar = Name::new(&format!("@{name}"));
    let value = match (args.opt(0), args.block) {
        (Some(value), _) => value,
        (None, Some(block)) => block,
        (None, None) => return read(interp, this, name),
    };
    let origin = interp.origin_of(value);
    let origin = interp.origins.union(origin, interp.control);
    interp.set_ivar(this, ivar, value.with_origin(origin))?;
    if let Some(meta) = meta(interp, this)
        && !meta.set.contains(&name)
    {
        meta.set.push(name);
    }
    Ok(value)
}

/// A property's value; its default where it was not set.
pub fn read(interp: &mut Interp, this: Value, name: Name) -> R {
    let ivar = Name::new(&format!("@{name}"));
    match interp.ivar(this, ivar) {
        Some(value) => force(interp, this, value),
        None => super::custom::default_value(interp, this, name),
    }
}

/// What a lazy value gives, evaluated for a resource.
pub fn force(interp: &mut Interp, this: Value, value: Value) -> R {
    let lazy = run(interp).classes.lazy;
    if value.obj().is_some() && interp.is_a(value, lazy) {
        let block = interp
            .ivar(value, Name::new("@block"))
            .unwrap_or(Value::NIL);
        let definee = interp.singleton_of(this);
        return interp.instance_exec(block, this, definee, Args::of(&[this]));
    }
    Ok(value)
}

fn set_or_return(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = match interp.text_or_sym(args.get(0)) {
        Some(text) => Name::new(text),
        None => return Ok(Value::NIL),
    };
    let value = args.get(1);
    if value.is_nil() {
        let now = read(interp, this, name)?;
        if now.is_nil()
            && let Some(hash) = interp.hash_data(args.get(2))
            && let Some((_, default)) = hash
                .map
                .get(&crate::ruby::object::Key::Sym(Name::new("default")))
        {
            return Ok(*default);
        }
        return Ok(now);
    }
    property(interp, this, name, &Args::of(&[value]))
}

fn is_set(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = interp.text_or_sym(args.get(0)).map(Name::new);
    let set = meta(interp, this).is_some_and(|m| name.is_some_and(|n| m.set.contains(&n)));
    Ok(set.into())
}

fn action(interp: &mut Interp, this: Value, args: &Args) -> R {
    match args.opt(0) {
        Some(value) => {
            interp.set_ivar(this, Name::new("@action"), value)?;
            Ok(value)
        }
        None => {
            let names = actions(interp, this);
            let list = names.iter().map(|n| Value::sym(n)).collect();
            Ok(interp.array(list))
        }
    }
}

/// The actions that a resource will run.
pub fn actions(interp: &mut Interp, this: Value) -> Vec<String> {
    let set = interp
        .ivar(this, Name::new("@action"))
        .unwrap_or(Value::NIL);
    let list = match interp.array_items(set) {
        Some(items) => items.to_vec(),
        None if set.is_nil() => Vec::new(),
        None => vec![set],
    };
    let mut names: Vec<String> = Vec::new();
    for value in list {
        if let Ok(text) = interp.to_text(value) {
            names.push(interp.show_holes(&text));
        }
    }
    if names.is_empty() {
        names = super::custom::default_action_of_object(interp, this);
    }
    names
}

fn notification(interp: &mut Interp, args: &Args) -> R<Vec<Notification>> {
    let action = interp.to_text(args.get(0))?;
    let timing = match args.opt(2) {
        Some(timing) if interp.hash_data(timing).is_none() => interp.to_text(timing)?,
        _ => "delayed".to_owned(),
    };
    let timing = if timing == "immediate" {
        "immediately".to_owned()
    } else {
        timing
    };
    let location = interp.location().unwrap_or_else(|| Location::line("", 1));
    let target = args.get(1);
    let mut targets = Vec::new();
    if let Some(hash) = interp.hash_data(target) {
        let pairs: Vec<(Value, Value)> = hash.map.values().copied().collect();
        for (kind, name) in pairs {
            let (kind, name) = (interp.to_text(kind)?, interp.to_text(name)?);
            targets.push(format!("{kind}[{name}]"));
        }
    } else if let Some(items) = interp.array_items(target).map(<[Value]>::to_vec) {
        for item in items {
            targets.push(interp.to_text(item)?);
        }
    } else {
        targets.push(interp.to_text(target)?);
    }
    Ok(targets
        .into_iter()
        .map(|t| Notification {
            timing: timing.clone(),
            action: action.clone(),
            target: interp.show_holes(&t),
            location: location.clone(),
        })
        .collect())
}

fn notifies(interp: &mut Interp, this: Value, args: &Args) -> R {
    let list = notification(interp, args)?;
    if let Some(meta) = meta(interp, this) {
        meta.notifies.extend(list);
    }
    Ok(Value::TRUE)
}

fn subscribes(interp: &mut Interp, this: Value, args: &Args) -> R {
    let list = notification(interp, args)?;
    if let Some(meta) = meta(interp, this) {
        meta.subscribes.extend(list);
    }
    Ok(Value::TRUE)
}

fn guard(interp: &mut Interp, this: Value, args: &Args, kind: &str) -> R {
    let ivar = Name::new("@__guards");
    let mut list = match interp.ivar(this, ivar) {
        Some(list) => interp
            .array_items(list)
            .map(<[Value]>::to_vec)
            .unwrap_or_default(),
        None => Vec::new(),
    };
    let what = args.block.unwrap_or_else(|| args.get(0));
    if args.block.is_none() && what.is_nil() {
        return Ok(Value::NIL);
    }
    let pair = interp.array(vec![Value::sym(kind), what]);
    list.push(pair);
    let list = interp.array(list);
    interp.set_ivar(this, ivar, list)?;
    Ok(Value::NIL)
}

fn run_action(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = interp.to_text(args.get(0))?;
    if let Some(meta) = meta(interp, this) {
        meta.ran.push(name.clone());
    }
    super::converge::run_one(interp, this, &name)?;
    Ok(Value::NIL)
}

fn helpers(interp: &mut Interp, this: Value, args: &Args) -> R {
    let ivar = Name::new("@__helpers");
    let mut list = match interp.ivar(this, ivar) {
        Some(list) => interp
            .array_items(list)
            .map(<[Value]>::to_vec)
            .unwrap_or_default(),
        None => Vec::new(),
    };
    if let Some(block) = args.block {
        let module = interp.anonymous_module();
        let value = interp.class_value(module);
        interp.instance_exec(block, value, module, Args::default())?;
        list.push(value);
    }
    list.extend(&args.list);
    let list = interp.array(list);
    interp.set_ivar(this, ivar, list)?;
    Ok(Value::NIL)
}

/// Defines a property's method on a class.
pub fn define_property(interp: &mut Interp, class: ClassId, name: Name) {
    let setter = Name::new(&format!("{name}="));
    let methods = &mut interp.classes.get_mut(class).methods;
    methods.insert(
        name,
        (
            Method::Named(super::custom::property_method, name),
            Visibility::Public,
        ),
    );
    methods.insert(
        setter,
        (
            Method::Named(super::custom::property_method, name),
            Visibility::Public,
        ),
    );
}

/// A resource already declared, by `type[name]`.
pub fn find(interp: &mut Interp, wanted: &str) -> Option<Value> {
    let lists: Vec<Value> = run(interp)
        .collections
        .iter()
        .rev()
        .flat_map(|l| l.iter().rev().copied())
        .collect();
    lists.into_iter().find(|r| label(interp, *r) == wanted)
}

fn wanted(interp: &mut Interp, args: &Args) -> R<String> {
    let kind = interp.to_text(args.get(0))?;
    match args.opt(1) {
        Some(name) if interp.hash_data(name).is_none() => {
            let name = interp.to_text(name)?;
            Ok(format!("{kind}[{name}]"))
        }
        _ => Ok(kind),
    }
}

pub fn declare_resource(interp: &mut Interp, this: Value, args: &Args) -> R {
    let resource = build_resource(interp, this, args)?;
    add(interp, resource);
    Ok(resource)
}

pub fn build_resource(interp: &mut Interp, this: Value, args: &Args) -> R {
    let kind = interp.to_text(args.get(0))?;
    match class_for(interp, &kind) {
        Some(class) => build(interp, this, &kind, class, args.get(1), args.block),
        None => Err(raise(
            interp,
            "NoSuchResourceType",
            format!("Cannot find a resource for {kind}"),
        )),
    }
}

pub fn find_resource(interp: &mut Interp, this: Value, args: &Args) -> R {
    let label = wanted(interp, args)?;
    match find(interp, &label) {
        Some(resource) => Ok(resource),
        None if args.block.is_some() => declare_resource(interp, this, args),
        None => Ok(Value::NIL),
    }
}

fn not_found(interp: &mut Interp, label: &str) -> crate::ruby::flow::Flow {
    raise(
        interp,
        "ResourceNotFound",
        format!("Cannot find a resource matching {label} (did you define it first?)"),
    )
}

pub fn find_resource_strict(interp: &mut Interp, _: Value, args: &Args) -> R {
    let label = wanted(interp, args)?;
    match find(interp, &label) {
        Some(resource) => Ok(resource),
        None => Err(not_found(interp, &label)),
    }
}

pub fn edit_resource(interp: &mut Interp, this: Value, args: &Args) -> R {
    let label = wanted(interp, args)?;
    match find(interp, &label) {
        Some(resource) => {
            if let Some(block) = args.block {
                let definee = interp.singleton_of(resource);
                interp.instance_exec(block, resource, definee, Args::default())?;
            }
            Ok(resource)
        }
        None => declare_resource(interp, this, args),
    }
}

pub fn edit_resource_strict(interp: &mut Interp, this: Value, args: &Args) -> R {
    let label = wanted(interp, args)?;
    match find(interp, &label) {
        Some(_) => edit_resource(interp, this, args),
        None => Err(not_found(interp, &label)),
    }
}

pub fn delete_resource(interp: &mut Interp, _: Value, args: &Args) -> R {
    let label = wanted(interp, args)?;
    let found = find(interp, &label);
    if let Some(found) = found {
        for list in &mut run(interp).collections {
            list.retain(|r| r.kind != found.kind);
        }
    }
    Ok(found.unwrap_or(Value::NIL))
}

/// `resources('service[x]')`, `resources(service: 'x')`
pub fn resources(interp: &mut Interp, _: Value, args: &Args) -> R {
    let mut labels = Vec::new();
    for value in args.list.clone() {
        if let Some(hash) = interp.hash_data(value) {
            let pairs: Vec<(Value, Value)> = hash.map.values().copied().collect();
            for (kind, name) in pairs {
                let (kind, name) = (interp.to_text(kind)?, interp.to_text(name)?);
                labels.push(format!("{kind}[{name}]"));
            }
        } else {
            labels.push(interp.to_text(value)?);
        }
    }
    let mut out = Vec::new();
    for label in labels {
        match find(interp, &label) {
            Some(resource) => out.push(resource),
            None => return Err(not_found(interp, &label)),
        }
    }
    match out.as_slice() {
        [only] => Ok(*only),
        _ => Ok(interp.array(out)),
    }
}
