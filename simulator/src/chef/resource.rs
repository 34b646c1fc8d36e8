//! Resources: declaring them, their properties, guards and notifications.

use crate::hash::IndexMap;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use foretaste_parser::name::Name;
use foretaste_parser::source::Location;

use super::collection;
use super::dsl::{cookbook_of, raise, recipe_of};
use super::notification;
use super::platform::Platform;
use super::property;
use super::property_rules::{self, Rules};
use super::resource_table::{self, ResourceType};
use super::run::run;
use crate::convergence::Notification;
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::{ClassId, Method, Table, Visibility};
use crate::ruby::env::{Args, Definee};
use crate::ruby::flow::R;
use crate::ruby::object::{Data, Hash, Key};
use crate::ruby::value::{Kind, ObjId, Value};

/// What is known of a declared resource beside its object.
#[derive(Clone, Debug)]
pub struct Meta {
    pub r#type: String,
    pub location: Location,
    pub conditional: Option<String>,
    /// Also those that another resource's `subscribes` caused.
    pub notifies: Vec<Notification>,
    /// Resources that a custom resource's action declared.
    pub children: Vec<Value>,
    /// Properties in the order in which they were set.
    pub set: Vec<Name>,
    /// What lazy properties gave when they were last read.
    pub evaluated: IndexMap<Name, Value>,
    /// Whether an action of it has run, or runs.
    pub acts: bool,
}

/// Meta data of all resources of a run.
pub type Metas = BTreeMap<ObjId, Meta>;

static METHODS: &[Builtin] = &[
    def("name", 0, 1, name).takes_unknown(),
    def("action", 0, 1, action).takes_unknown(),
    def("notifies", 2, 3, notification::notifies).takes_unknown(),
    def("subscribes", 2, 3, notification::subscribes).takes_unknown(),
    def("only_if", 0, 2, |i, v, a| guard(i, v, a, "only_if")).takes_unknown(),
    def("not_if", 0, 2, |i, v, a| guard(i, v, a, "not_if")).takes_unknown(),
    def("run_action", 1, -1, run_action).takes_unknown(),
    def("delayed_action", 0, -1, notification::delayed_action).takes_unknown(),
    def("params", 0, 0, |i, v, _| {
        Ok(i.ivar(v, Name::new("@params")).unwrap_or(Value::NIL))
    }),
    def("allowed_actions", 0, 0, |i, v, _| {
        let allowed = super::custom::allowed_actions(i, v).unwrap_or_default();
        let mut actions = vec![Value::sym("nothing")];
        let others = allowed.iter().filter(|a| *a != "nothing");
        actions.extend(others.map(|a| Value::sym(a)));
        Ok(i.array(actions))
    }),
    def("to_s", 0, 0, to_s).takes_unknown(),
    def("inspect", 0, 0, to_s).takes_unknown(),
    def("resource_name", 0, 0, own_name).takes_unknown(),
    def("declared_type", 0, 0, type_symbol).takes_unknown(),
    def("updated_by_last_action", 0, 1, |_, _, _| Ok(Value::FALSE)).takes_unknown(),
    def("updated_by_last_action?", 0, 0, |_, _, _| Ok(Value::FALSE)),
    def("updated?", 0, 0, |_, _, _| Ok(Value::FALSE)),
    def("updated", 0, 0, |_, _, _| Ok(Value::FALSE)),
    def("to_hash", 0, 0, to_hash).takes_unknown(),
    def("to_h", 0, 0, to_hash).takes_unknown(),
    def("helpers", 0, -1, helpers).takes_unknown(),
    def("helper", 1, 1, helper).takes_unknown(),
    def("property_is_set?", 1, 1, is_set),
    def("current_value_does_not_exist!", 0, 0, |i, _, _| {
        Err(raise(
            i,
            "CurrentValueDoesNotExist",
            "Chef::Exceptions::CurrentValueDoesNotExist",
        ))
    }),
    def("set_or_return", 3, 3, property::set_or_return).takes_unknown(),
    def("set_guard_inherited_attributes", 0, -1, |_, _, _| {
        Ok(Value::NIL)
    }),
    def("method_missing", 1, -1, missing).takes_unknown(),
    def("respond_to_missing?", 1, 2, |_, _, _| Ok(Value::FALSE)),
    def("after_created", 0, 0, |i, v, _| {
        super::identity::after_created(i, v)
    }),
    def("identity", 0, 0, identity),
    def("run_context", 0, 0, |i, _, _| {
        Ok(super::dsl::run_context(i))
    }),
    def("source_line_file", 0, 0, |i, v, _| {
        let path = meta(i, v).map(|m| m.location.path.to_string());
        Ok(path.map_or(Value::NIL, |p| i.str(p)))
    }),
    def("source_line_number", 0, 0, |i, v, _| {
        Ok(meta(i, v).map_or(Value::NIL, |m| i64::from(m.location.line).into()))
    }),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

/// Methods of resources whose names Ruby's own functions have too.
const SHADOWED: &[&str] = &[
    "system", "format", "method", "display", "open", "test", "load", "hash", "exec", "fork",
    "print", "srand", "rand", "exit", "sleep", "p", "puts", "select", "trap", "timeout", "warn",
    "fail",
];

/// Adds the methods of `Chef::Resource`.
pub fn install(interp: &mut Interp, class: ClassId) {
    interp.add_methods(class, &TABLE);
    super::custom::install(interp, class);
}

/// What is known of a resource beside its object.
pub fn meta(interp: &mut Interp, this: Value) -> Option<&mut Meta> {
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

/// Whether a resource has this name.
pub fn name_is(interp: &mut Interp, this: Value, wanted: &str) -> bool {
    let name = interp.ivar(this, Name::new("@name")).unwrap_or(Value::NIL);
    match interp.text_or_sym(name) {
        Some(text) => text == wanted,
        None => interp.to_text(name).is_ok_and(|text| text == wanted),
    }
}

fn to_s(interp: &mut Interp, this: Value, _: &Args) -> R {
    let text = label(interp, this);
    // Under the name of its own class: a `package` is an `apt_package` here.
    let kind = interp.call(this, "resource_name", &[])?;
    let own = interp.text_or_sym(kind).map(str::to_owned);
    let text = match (own, text.split_once('[')) {
        (Some(own), Some((_, rest))) if !own.is_empty() => format!("{own}[{rest}"),
        _ => text,
    };
    Ok(interp.str(text))
}

/// The properties that describe the machine's state with their values, then what else was set
/// (`Chef::Resource#to_h`; bookkeeping of Chef's own is left out).
fn to_hash(interp: &mut Interp, this: Value, _: &Args) -> R {
    let declared = property_rules::declared(interp, this);
    let (state, rest): (Vec<_>, Vec<_>) = declared.into_iter().partition(|(_, r)| r.is_state());
    let mut hash = Hash::default();
    for (name, _) in state {
        let value = read(interp, this, name)?;
        hash.map.insert(Key::Sym(name), (name.into(), value));
    }
    let own = ["name", "action", "cookbook_name", "recipe_name"].map(Name::new);
    for name in own
        .into_iter()
        .chain(rest.into_iter().map(|(name, _)| name))
    {
        if let Some(value) = interp.ivar(this, property::ivar_of(name)) {
            hash.map
                .entry(Key::Sym(name))
                .or_insert((name.into(), value));
        }
    }
    Ok(interp.hash(hash))
}

/// The name of the resource's own class: that of `package` is `apt_package` on Debian.
fn own_name(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = interp.real_class_of(this);
    match run(interp).core_types.get(&class) {
        Some(core) => Ok(Value::sym(core.name)),
        None => type_symbol(interp, this, args),
    }
}

/// The name under which it was declared.
fn type_symbol(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(meta(interp, this)
        .map(|m| m.r#type.clone())
        .map_or(Value::NIL, |t| Value::sym(&t)))
}

/// The class of a built-in resource, made on first use, with a method for each property.
pub fn core_class(interp: &mut Interp, core: &'static ResourceType) -> ClassId {
    if let Some(class) = interp.class_by_path(&core.class)
        && run(interp).core_types.contains_key(&class)
    {
        return class;
    }
    let base = run(interp).classes.resource;
    let parent = if core.superclass == "Chef::Resource" {
        base
    } else {
        match resource_table::by_class(&core.superclass) {
            Some(parent) => core_class(interp, parent),
            None => match interp.class_by_path(&core.superclass) {
                Some(class) => class,
                None => interp.define_class(&core.superclass, base),
            },
        }
    };
    let class = match interp.class_by_path(&core.class) {
        Some(class) => class,
        None => interp.define_class(&core.class, parent),
    };
    run(interp).core_types.insert(class, core);
    for name in SHADOWED.iter().filter(|name| core.has_method(name)) {
        define_property(interp, class, Name::new(name));
    }
    // A property takes the place of a function of Ruby's or of recipes.
    for name in core.properties.keys().map(|name| Name::new(name)) {
        let found = interp.classes.find(class, name);
        if found.is_some_and(|found| found.owner != base) {
            define_property(interp, class, name);
        }
    }
    class
}

/// The built-in resource that a class is, or descends from.
pub fn core_type(interp: &mut Interp, class: ClassId) -> Option<&'static ResourceType> {
    let ancestors = interp.classes.ancestors(class);
    ancestors
        .iter()
        .find_map(|c| run(interp).core_types.get(c).copied())
}

/// The class that a resource name of the DSL stands for on this node.
pub fn class_for(interp: &mut Interp, name: &str) -> Option<ClassId> {
    match super::provides::find(interp, name) {
        Some(Some(class)) => return Some(class),
        Some(None) => {
            // A file in `resources/` provides its own name whatever else it says.
            let own = run(interp).own_names.iter().find(|(_, own)| *own == name);
            if let Some((class, _)) = own {
                return Some(*class);
            }
        }
        None => {
            if let Some(class) = run(interp).custom.get(name) {
                return Some(*class);
            }
        }
    }
    let facts = ["os", "platform", "platform_family", "platform_version"]
        .map(|fact| super::dsl::fact(interp, fact).ok());
    let platform = Platform {
        os: facts[0].as_deref(),
        name: facts[1].as_deref(),
        family: facts[2].as_deref(),
        version: facts[3].as_deref(),
    };
    let core = resource_table::resolve(name, &platform)?;
    Some(core_class(interp, core))
}

/// The resource whose action a provider runs.
pub fn new_resource(interp: &mut Interp, this: Value) -> Option<Value> {
    let provider = run(interp).classes.provider;
    if !interp.is_a(this, provider) {
        return None;
    }
    interp.ivar(this, Name::new("@new_resource"))
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
    let given = name;
    let name = as_name(interp, name)?;
    let (cookbook, recipe) = (cookbook_of(interp, owner), recipe_of(interp, owner));
    let (cookbook, recipe) = (Value::sym(&cookbook), interp.str(recipe));
    interp.set_ivar(object, Name::new("@name"), name)?;
    interp.set_ivar(object, Name::new("@cookbook_name"), cookbook)?;
    interp.set_ivar(object, Name::new("@recipe_name"), recipe)?;
    interp.set_ivar(object, Name::new("@__enclosing"), owner)?;
    if let Some(params) = interp.ivar(owner, Name::new("@params")) {
        interp.set_ivar(object, Name::new("@params"), params)?;
    }
    run(interp).metas.insert(
        id,
        Meta {
            r#type: kind.to_owned(),
            location,
            conditional,
            notifies: Vec::new(),
            children: Vec::new(),
            set: Vec::new(),
            evaluated: IndexMap::default(),
            acts: false,
        },
    );
    if name.is_nil() {
        let key = Name::new("name");
        let rules = property_rules::rules(interp, object, key);
        if rules.has_default() {
            let default = property::default(interp, object, key, &rules)?;
            interp.set_ivar(object, Name::new("@name"), default)?;
        }
    }
    if let Some(core) = core_type(interp, class) {
        super::coerce::initialize(interp, object, core, given)?;
    }
    // A class written in Ruby (a resource of the old kind) may set its own state.
    let class_of = interp.class_of(object);
    let initialize = Name::new("initialize");
    if let Some(found) = interp.classes.find(class_of, initialize)
        && found.owner != interp.core.basic_object
    {
        interp.invoke(&found, object, initialize, Args::of(&[name, Value::NIL]))?;
    }
    if let Some(block) = block {
        let outer = new_resource(interp, owner);
        let definee = Definee::SingletonOf(object);
        interp.instance_exec(block, object, definee, Args::of(outer.as_slice()))?;
    }
    super::custom::after_build(interp, object)?;
    let now = read(interp, object, Name::new("compile_time"))?;
    if now.truthy() == Some(true) {
        for action in actions(interp, object) {
            run_action(interp, object, &Args::of(&[Value::sym(&action)]))?;
        }
        interp.set_ivar(object, Name::new("@action"), Value::sym("nothing"))?;
    }
    Ok(object)
}

/// `file '/x' do … end`: `None` where no resource or definition has this name.
pub fn call(interp: &mut Interp, owner: Value, name: Name, args: &Args) -> R<Option<Value>> {
    if let Some(definition) = run(interp).definitions.get(name.as_str()).cloned() {
        return super::definition::run_definition(interp, owner, &definition, args).map(Some);
    }
    let Some(class) = class_for(interp, name.as_str()) else {
        // Who may provide it elsewhere gives recipes the word everywhere.
        let elsewhere = resource_table::lookup(name.as_str()).is_some()
            || run(interp).offers.contains_key(name.as_str());
        return match elsewhere {
            true => Err(no_such(interp, name.as_str())),
            false => Ok(None),
        };
    };
    if args.list.len() > 1 {
        let given = args.list.len();
        return Err(interp.argument_error(format!(
            "wrong number of arguments (given {given}, expected 0..1)"
        )));
    }
    let given = args.get(0);
    let resource = build(interp, owner, name.as_str(), class, given, args.block)?;
    collection::insert(interp, resource)?;
    Ok(Some(resource))
}

/// The error where no resource of a name is provided on this node (`Chef::ResourceBuilder`).
pub fn no_such(interp: &mut Interp, kind: &str) -> crate::ruby::flow::Flow {
    let platform = super::dsl::fact(interp, "platform").unwrap_or_default();
    let version = super::dsl::fact(interp, "platform_version").unwrap_or_default();
    let message = format!(
        "Cannot find a resource for {kind} on {platform} version {version} with target_mode? false"
    );
    raise(interp, "NoSuchResourceType", message)
}

fn missing(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Kind::Sym(name) = args.get(0).kind else {
        return Ok(Value::NIL);
    };
    let mut rest = args.clone();
    rest.list.remove(0);
    let text = name.as_str();
    let plain = Name::new(text.strip_suffix('=').unwrap_or(text));
    let plain = property_rules::named(interp, this, plain);
    let rules = property_rules::rules(interp, this, plain);
    let class = interp.real_class_of(this);
    let is_method = COMMON.contains(&plain.as_str())
        || core_type(interp, class).is_some_and(|c| c.has_method(plain.as_str()));
    if plain.as_str() == "command"
        && !rest.is_empty()
        && core_type(interp, class).is_some_and(super::coerce::is_script)
    {
        property::call(interp, this, plain, &rules, &rest)?;
        let kind = interp.call(this, "resource_name", &[])?;
        let kind = interp.to_text(kind)?;
        let message = format!(
            "Do not use the command property on a {kind} resource, use the 'code' property instead."
        );
        return Err(raise(interp, "Script", message));
    }
    if is_method
        && let Some(core) = core_type(interp, class)
        && let Some(value) = super::coerce::method_value(interp, core, plain, &rest)?
    {
        return property::call(interp, this, plain, &rules, &Args::of(&[value]));
    }
    if is_method || !matches!(rules, Rules::None) {
        return property::call(interp, this, plain, &rules, &rest);
    }
    // What the enclosing provider answers is passed on to it.
    let enclosing = interp
        .ivar(this, Name::new("@__enclosing"))
        .unwrap_or(Value::NIL);
    let provider = run(interp).classes.provider;
    if interp.is_a(enclosing, provider) && interp.responds(enclosing, text) {
        return interp.send(enclosing, name, rest, crate::ruby::call::Form::Own);
    }
    if let Some(value) = super::introspection::answer(interp, name, &rest)? {
        return Ok(value);
    }
    if interp.is_a(enclosing, provider)
        && let Some(value) = call(interp, enclosing, name, &rest)?
    {
        return Ok(value);
    }
    if let Some(value) = super::known::stand_in(interp, this, name, &rest)? {
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

/// A property's value, evaluated where it is lazy.
pub fn read(interp: &mut Interp, this: Value, name: Name) -> R {
    property::method(interp, this, name, &Args::default())
}

fn is_set(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = interp.text_or_sym(args.get(0)).map(Name::new);
    Ok(name
        .is_some_and(|n| property::is_set(interp, this, n))
        .into())
}

/// The values of the properties that say which thing is meant: one as it is, several as a hash.
fn identity(interp: &mut Interp, this: Value, _: &Args) -> R {
    let declared = property_rules::declared(interp, this);
    let mut wanted: Vec<Name> = declared
        .iter()
        .filter(|(_, rules)| rules.is_identity())
        .map(|(name, _)| *name)
        .collect();
    if wanted.is_empty() {
        let named = declared.iter().find(|(_, rules)| rules.is_name());
        wanted.push(named.map_or_else(|| Name::new("name"), |(name, _)| *name));
    }
    if let [one] = wanted.as_slice() {
        return interp.call(this, one.as_str(), &[]);
    }
    let mut out = crate::ruby::object::Hash::default();
    for name in wanted {
        let value = interp.call(this, name.as_str(), &[])?;
        let key = crate::ruby::object::Key::Sym(name);
        out.map.insert(key, (name.into(), value));
    }
    Ok(interp.hash(out))
}

fn name(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = Name::new("name");
    let ivar = Name::new("@name");
    let Some(value) = args.opt(0) else {
        return Ok(interp.ivar(this, ivar).unwrap_or(Value::NIL));
    };
    let value = property::force(interp, this, value)?;
    let value = match property_rules::rules(interp, this, name) {
        Rules::Core(property) if property.coerced => as_name(interp, value)?,
        Rules::None => as_name(interp, value)?,
        rules => super::property_validation::checked(interp, this, name, &rules, value)?,
    };
    if value.is_nil() {
        return Err(raise(
            interp,
            "ValidationFailed",
            "name is a required property",
        ));
    }
    interp.set_ivar(this, ivar, value)?;
    Ok(value)
}

/// A resource's name is a text: of a list, its items with commas between.
fn as_name(interp: &mut Interp, value: Value) -> R {
    if let Some(items) = interp.array_items(value).map(<[Value]>::to_vec) {
        let list = interp.array(items);
        let comma = interp.str(", ");
        let text = interp.call(list, "join", &[comma])?;
        return Ok(text.with_origin(value.origin));
    }
    if interp.text(value).is_some() || interp.unknown_of(value).is_some() || value.is_nil() {
        return Ok(value);
    }
    let text = interp.to_text(value)?;
    Ok(interp.str(text).with_origin(value.origin))
}

fn action(interp: &mut Interp, this: Value, args: &Args) -> R {
    match args.opt(0).filter(|v| !v.is_nil()) {
        Some(value) => {
            let list = match interp.array_items(value) {
                Some(items) => items.to_vec(),
                None => vec![value],
            };
            for one in list {
                super::dsl::named(interp, one)?;
                validate_action(interp, this, one)?;
            }
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

/// Raises for an action that the resource does not have.
pub fn validate_action(interp: &mut Interp, this: Value, action: Value) -> R<()> {
    let Some(name) = interp.text_or_sym(action).map(str::to_owned) else {
        return Ok(());
    };
    if crate::ruby::unknown::first_hole(&name).is_some() {
        return Ok(());
    }
    let Some(allowed) = super::custom::allowed_actions(interp, this) else {
        return Ok(());
    };
    if allowed.contains(&name) {
        return Ok(());
    }
    let allowed = allowed.iter().map(|a| Value::sym(a)).collect();
    let allowed = interp.array(allowed);
    super::property_validation::check_equal(interp, Name::new("action"), allowed, Value::sym(&name))
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
        let kind_of = |i: &Interp, pair: Value| {
            let first = i.array_items(pair).and_then(|p| p.first().copied());
            first.and_then(|k| i.text_or_sym(k)) == Some(kind)
        };
        let own = list.into_iter().filter(|p| kind_of(interp, *p)).collect();
        return Ok(interp.array(own));
    }
    let pair = interp.array(vec![Value::sym(kind), what]);
    list.push(pair);
    let list = interp.array(list);
    interp.set_ivar(this, ivar, list)?;
    Ok(Value::NIL)
}

fn run_action(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = interp.to_text(args.get(0))?;
    validate_action(interp, this, args.get(0))?;
    super::converge::run_one(interp, this, &name)?;
    Ok(Value::NIL)
}

/// `helper(:name) { … }`: a method of the template.
fn helper(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(name) = interp.text_or_sym(args.get(0)).map(Name::new) else {
        return Ok(Value::NIL);
    };
    let Some(block) = args.block else {
        let message = format!(
            "`helper(:{name})` requires a block argument (e.g., `helper(:{name}) {{ code }}`)"
        );
        return Err(raise(interp, "ValidationFailed", message));
    };
    let module = interp.anonymous_module();
    let method = (Method::Proc(block), Visibility::Public);
    interp.classes.get_mut(module).methods.insert(name, method);
    let value = interp.class_value(module);
    helpers(interp, this, &Args::of(&[value]))
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
        (Method::Named(property::method, name), Visibility::Public),
    );
    methods.insert(
        setter,
        (Method::Named(property::method, name), Visibility::Public),
    );
}
