//! Custom resources: `resources/*.rb` and `providers/*.rb`, and classes of cookbooks' libraries.

use crate::hash::IndexMap;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast::Program;

use super::property_rules::Rules;
use super::provider::{in_collection, new_provider, provider_class};
use super::resource;
use super::run::run;
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::call::Form;
use crate::ruby::class::{ClassId, Method, NamedFn, Table, Visibility};
use crate::ruby::env::Args;
use crate::ruby::flow::R;
use crate::ruby::object::{Data, Hash};
use crate::ruby::value::Value;

/// What a resource class written in Ruby declares.
#[derive(Clone, Debug, Default)]
pub struct Custom {
    /// Options of each property, in order.
    pub properties: IndexMap<Name, Option<Rc<Hash>>>,
    pub actions: BTreeMap<String, Value>,
    /// Names of the actions in the order in which they were declared.
    pub allowed: Vec<String>,
    pub unified: bool,
    pub default_action: Vec<String>,
    /// The class whose instances run actions; its methods come from `action_class`.
    pub provider: Option<ClassId>,
    pub load_current_value: Option<Value>,
    pub cookbook: String,
}

static CLASS_METHODS: &[Builtin] = &[
    def("property", 1, -1, property).takes_unknown(),
    def("attribute", 1, -1, property).takes_unknown(),
    def(
        "property_type",
        0,
        -1,
        super::property_object::property_type,
    )
    .takes_unknown(),
    def("deprecated_property_alias", 3, 3, property_alias).takes_unknown(),
    def("action", 1, 2, action),
    def("actions", 0, -1, actions),
    def("allowed_actions", 0, -1, actions),
    def("default_action", 0, 1, default_action),
    def("action_class", 0, -1, action_class),
    def("declare_action_class", 0, -1, action_class),
    def("provides", 1, -1, provides).takes_unknown(),
    def("resource_name", 0, 1, resource_name),
    def("load_current_value", 0, 0, load_current_value),
    def("load_current_value!", 0, 0, load_current_value),
    def("unified_mode", 0, 1, unified_mode),
    def("description", 0, 1, nothing).takes_unknown(),
    def("introduced", 0, 1, nothing).takes_unknown(),
    def("examples", 0, 1, nothing).takes_unknown(),
    def("chef_version_for_provides", 0, -1, nothing).takes_unknown(),
    def("preview_resource", 0, 1, nothing).takes_unknown(),
    def("state_attrs", 0, -1, nothing).takes_unknown(),
    def("identity_attr", 0, 1, nothing).takes_unknown(),
    def("use_inline_resources", 0, 0, nothing),
    def("include_resource", 0, -1, nothing).takes_unknown(),
    def("deprecated", 0, -1, nothing).takes_unknown(),
    def("allowed_actions=", 1, 1, actions),
    def("lazy", 0, 1, |i, _, a| {
        let class = run(i).classes.lazy;
        let object: Value = i.alloc(class, Data::Plain).into();
        i.set_ivar(object, Name::new("@block"), a.block.unwrap_or(Value::NIL))?;
        Ok(object)
    }),
    def("use", 1, 1, use_partial),
    def("properties", 0, 1, properties),
    def("state_properties", 0, 0, |i, v, _| {
        properties_where(i, v, Rules::is_state)
    }),
    def("identity_properties", 0, 0, |i, v, _| {
        properties_where(i, v, Rules::is_identity)
    }),
    def("inherited", 1, 1, inherited),
    def("node", 0, 0, |i, _, _| Ok(run(i).node_value)),
];
static CLASS_TABLE: Table = LazyLock::new(|| table(CLASS_METHODS));

pub fn install(interp: &mut Interp, resource: ClassId) {
    interp.add_static(resource, &CLASS_TABLE);
}

/// A class's properties as `Chef::Property` objects, by name.
fn properties(interp: &mut Interp, this: Value, _: &Args) -> R {
    let class = class_of(interp, this);
    let mut out = Hash::default();
    for (name, rules) in super::property_rules::declared_in(interp, class) {
        let key = crate::ruby::object::Key::Sym(name);
        let value = super::property_object::object(interp, name, &rules)?;
        out.map.insert(key, (name.into(), value));
    }
    Ok(interp.hash(out))
}

/// The properties that describe the state of the machine, or those that say which thing is meant.
fn properties_where(interp: &mut Interp, this: Value, wanted: fn(&Rules) -> bool) -> R {
    let class = class_of(interp, this);
    let mut out = Vec::new();
    for (name, rules) in super::property_rules::declared_in(interp, class) {
        if wanted(&rules) {
            out.push(super::property_object::object(interp, name, &rules)?);
        }
    }
    Ok(interp.array(out))
}

fn unified_mode(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class_of(interp, this);
    if let Some(flag) = args.opt(0) {
        custom(interp, class).unified = flag.truthy() == Some(true);
    }
    let unified = is_unified(interp, class);
    Ok(unified.into())
}

pub(super) fn is_unified(interp: &mut Interp, class: ClassId) -> bool {
    run(interp).customs.get(&class).is_some_and(|c| c.unified)
}

fn is_lwrp(interp: &mut Interp, class: ClassId) -> bool {
    let base = interp.class_by_path("Chef::Resource::LWRPBase");
    base.is_some_and(|base| interp.classes.is_a(class, base))
}

pub(super) fn nothing(_: &mut Interp, _: Value, _: &Args) -> R {
    Ok(Value::NIL)
}

pub(super) fn class_of(interp: &mut Interp, this: Value) -> ClassId {
    interp.as_class(this).unwrap_or(interp.core.object)
}

/// The description of a class, made on first use.
pub fn custom(interp: &mut Interp, class: ClassId) -> &mut Custom {
    Rc::make_mut(run(interp).customs.entry(class).or_default())
}

/// The descriptions of a class and its ancestors, nearest first.
pub(super) fn lineage(interp: &mut Interp, class: ClassId) -> Vec<Rc<Custom>> {
    let order = interp.classes.ancestors(class);
    order
        .iter()
        .filter_map(|c| run(interp).customs.get(c).cloned())
        .collect()
}

/// `property :name, Type, default: …`
fn property(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class_of(interp, this);
    match super::property_rules::declare(interp, class, args)? {
        Some(name) => {
            resource::define_property(interp, class, name);
            Ok(name.into())
        }
        None => Ok(Value::NIL),
    }
}

/// `deprecated_property_alias 'old', 'new', 'message'`: the old name calls the new one
/// (`Chef::Property.emit_deprecated_alias`).
fn property_alias(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class_of(interp, this);
    let name = |i: &Interp, at: usize| i.text_or_sym(args.get(at)).map(Name::new);
    let (Some(from), Some(to)) = (name(interp, 0), name(interp, 1)) else {
        return Ok(Value::NIL);
    };
    let forward: NamedFn = |i, this, to, args| i.send(this, to, args.clone(), Form::Own);
    let methods = &mut interp.classes.get_mut(class).methods;
    for key in [from, Name::new(&format!("{from}="))] {
        methods.insert(key, (Method::Named(forward, to), Visibility::Public));
    }
    Ok(Value::NIL)
}

fn action(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class_of(interp, this);
    let Some(name) = interp.text_or_sym(args.get(0)).map(str::to_owned) else {
        return Ok(Value::NIL);
    };
    if let Some(block) = args.block {
        let block = interp.as_lambda(block);
        let entry = custom(interp, class);
        if entry.default_action.is_empty() && name != "nothing" {
            entry.default_action = vec![name.clone()];
        }
        entry.actions.insert(name.clone(), block);
        if !entry.allowed.contains(&name) {
            entry.allowed.push(name.clone());
        }
        let provider = provider_class(interp, class);
        define_action(interp, provider, &name);
    }
    Ok(Value::NIL)
}

/// Other actions and the action class may call an action as a method, `action_name`.
fn define_action(interp: &mut Interp, provider: ClassId, name: &str) {
    let method = Method::Named(call_action, Name::new(name));
    let key = Name::new(&format!("action_{name}"));
    let methods = &mut interp.classes.get_mut(provider).methods;
    methods.insert(key, (method, Visibility::Public));
}

/// `action_name` called in a provider: the action's block in a run context of its own.
fn call_action(interp: &mut Interp, this: Value, name: Name, _: &Args) -> R {
    let Some(resource) = resource::new_resource(interp, this) else {
        return Ok(Value::NIL);
    };
    let class = interp.real_class_of(resource);
    let lineage = lineage(interp, class);
    let Some(block) = lineage
        .iter()
        .find_map(|c| c.actions.get(name.as_str()))
        .copied()
    else {
        return Ok(Value::NIL);
    };
    let provider = interp.real_class_of(this);
    in_collection(interp, resource, |i| {
        i.instance_exec(block, this, provider, Args::default())
    })?;
    Ok(Value::TRUE)
}

/// The actions that a resource may be given; `None` where that is not known.
pub fn allowed_actions(interp: &mut Interp, this: Value) -> Option<Vec<String>> {
    let class = interp.real_class_of(this);
    let mut out = vec!["nothing".to_owned()];
    if let Some(core) = resource::core_type(interp, class) {
        out.extend(
            core.actions
                .iter()
                .filter(|a| **a != "nothing")
                .map(|a| (*a).to_owned()),
        );
    }
    if let Some(list) = interp.ivar(this, Name::new("@allowed_actions")) {
        out.extend(action_names(interp, list));
    }
    let described = lineage(interp, class);
    for custom in described.iter().rev() {
        for name in custom.allowed.iter().chain(&custom.default_action) {
            if !out.contains(name) {
                out.push(name.clone());
            }
        }
    }
    (out.len() > 1).then_some(out)
}

fn actions(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class_of(interp, this);
    let mut list = Vec::new();
    for value in &args.list {
        match interp.array_items(*value) {
            Some(items) => list.extend(items.to_vec()),
            None => list.push(*value),
        }
    }
    let names: Vec<String> = list
        .iter()
        .filter_map(|v| interp.text_or_sym(*v))
        .map(str::to_owned)
        .collect();
    let is_lwrp = is_lwrp(interp, class);
    let entry = custom(interp, class);
    // Only the old kind of resource acts by default on the first action that it lists.
    if is_lwrp && entry.default_action.is_empty() {
        entry.default_action = names.first().cloned().into_iter().collect();
    }
    entry.allowed.extend(names);
    let all: Vec<Value> = entry
        .allowed
        .clone()
        .iter()
        .map(|n| Value::sym(n))
        .collect();
    Ok(interp.array(all))
}

fn action_names(interp: &Interp, value: Value) -> Vec<String> {
    let list = interp
        .array_items(value)
        .map_or_else(|| vec![value], <[Value]>::to_vec);
    list.iter()
        .filter_map(|v| interp.text_or_sym(*v))
        .map(str::to_owned)
        .collect()
}

fn default_action_of(interp: &mut Interp, class: ClassId) -> Vec<String> {
    lineage(interp, class)
        .iter()
        .find(|c| !c.default_action.is_empty())
        .map(|c| c.default_action.clone())
        .unwrap_or_default()
}

fn default_action_set(interp: &mut Interp, class: ClassId, names: Vec<String>) {
    custom(interp, class).default_action = names;
}

fn default_action(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class_of(interp, this);
    match args.opt(0) {
        Some(value) => {
            let names = action_names(interp, value);
            default_action_set(interp, class, names);
            Ok(value)
        }
        None => {
            let names = default_action_of(interp, class)
                .iter()
                .map(|n| Value::sym(n))
                .collect();
            Ok(interp.array(names))
        }
    }
}

/// The actions of a resource that names none itself.
pub fn default_action_of_object(interp: &mut Interp, this: Value) -> Vec<String> {
    let class = interp.real_class_of(this);
    let own = default_action_of(interp, class);
    if !own.is_empty() {
        return own;
    }
    match resource::core_type(interp, class) {
        Some(core) => vec![core.default_action().to_owned()],
        None => vec!["nothing".to_owned()],
    }
}

fn action_class(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class_of(interp, this);
    let provider = provider_class(interp, class);
    let value = interp.class_value(provider);
    if let Some(block) = args.block {
        interp.instance_exec(block, value, provider, Args::default())?;
    }
    Ok(value)
}

fn provides(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class_of(interp, this);
    if let Some(name) = interp.text_or_sym(args.get(0)).map(str::to_owned) {
        super::provides::set(interp, &name, class, args);
        run(interp).custom.insert(name, class);
    }
    Ok(Value::NIL)
}

fn resource_name(interp: &mut Interp, this: Value, args: &Args) -> R {
    if args.is_empty() {
        return Ok(Value::NIL);
    }
    provides(interp, this, args)
}

fn load_current_value(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class_of(interp, this);
    let block = args.block.map(|block| interp.as_lambda(block));
    custom(interp, class).load_current_value = block;
    Ok(Value::NIL)
}

/// `use 'partial'`: the cookbook's `resources/_partial.rb`.
fn use_partial(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class_of(interp, this);
    let name = interp.to_text(args.get(0))?;
    let cookbook = custom(interp, class).cookbook.clone();
    let Some(chosen) = run(interp).cookbooks.get(&cookbook).cloned() else {
        return Ok(Value::NIL);
    };
    let plain = name.trim_start_matches('_').trim_end_matches(".rb");
    for file in [
        format!("resources/_{plain}.rb"),
        format!("resources/{plain}.rb"),
    ] {
        let path = chosen.cookbook.path(&file);
        if let Some(program) = super::run::program(interp, &path) {
            return run_in_class(interp, &program, class).map(|()| Value::NIL);
        }
    }
    Ok(Value::NIL)
}

/// A class of a library that descends from `Chef::Resource` provides its own snake-case name.
fn inherited(interp: &mut Interp, _: Value, args: &Args) -> R {
    let Some(class) = interp.as_class(args.get(0)) else {
        return Ok(Value::NIL);
    };
    let name = interp.class_name(class);
    let short = name.rsplit("::").next().unwrap_or("");
    let mut snake = String::new();
    for (i, c) in short.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    if !snake.starts_with('#') {
        run(interp).custom.entry(snake).or_insert(class);
    }
    Ok(Value::NIL)
}

/// `resources/name.rb` of a cookbook: a class whose body is the file.
pub fn load_resource(
    interp: &mut Interp,
    cookbook: &str,
    file: &str,
    program: &Arc<Program>,
) -> R<()> {
    let name = if file == "default" {
        cookbook.to_owned()
    } else {
        format!("{cookbook}_{file}")
    };
    let parent = run(interp).classes.resource;
    let class = interp.anonymous_class(parent);
    let label = format!("Custom resource {name} from cookbook {cookbook}");
    interp.classes.get_mut(class).name = Some(label.as_str().into());
    run(interp).custom_labels.insert(class, label);
    custom(interp, class).cookbook = cookbook.to_owned();
    run(interp).custom.insert(name.clone(), class);
    run(interp).own_names.insert(class, name);
    run_in_class(interp, program, class)
}

/// `providers/name.rb` of the old kind: actions for the resource of the same name.
pub fn load_provider(
    interp: &mut Interp,
    cookbook: &str,
    file: &str,
    program: &Arc<Program>,
) -> R<()> {
    let name = if file == "default" {
        cookbook.to_owned()
    } else {
        format!("{cookbook}_{file}")
    };
    let Some(class) = run(interp).custom.get(&name).copied() else {
        return Ok(());
    };
    let provider = match custom(interp, class).provider {
        Some(provider) => provider,
        None => {
            let base = run(interp).classes.lwrp_provider;
            new_provider(interp, class, base)
        }
    };
    run_in_class(interp, program, provider)
}

fn run_in_class(interp: &mut Interp, program: &Arc<Program>, class: ClassId) -> R<()> {
    super::load::check_syntax(interp, program)?;
    // As `class_eval` of a text: constants are the class's, and those of the modules that it includes.
    let cref = super::modules::scope(interp, class);
    let value = interp.class_value(class);
    interp.run_class_file(program, value, cref, class)?;
    Ok(())
}

/// After a resource's block: required properties, `after_created`.
pub fn after_build(interp: &mut Interp, this: Value) -> R<()> {
    if interp.responds(this, "after_created") {
        interp.call(this, "after_created", &[])?;
    }
    Ok(())
}
