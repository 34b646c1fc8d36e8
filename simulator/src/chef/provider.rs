//! Providers: what runs the actions of resources that cookbooks define.

use crate::hash::HashSet;
use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::collection::Collection;
use super::custom::{class_of, custom, is_unified, lineage, nothing};
use super::resource;
use super::run::run;
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::call::Form;
use crate::ruby::class::{ClassId, Found, Method, NamedFn, Table, Visibility};
use crate::ruby::env::{Args, Definee};
use crate::ruby::flow::{Flow, R};
use crate::ruby::object::Data;
use crate::ruby::value::{Kind, Value};

static PROVIDER: &[Builtin] = &[
    def("new_resource", 0, 0, |i, v, _| {
        Ok(i.ivar(v, Name::new("@new_resource")).unwrap_or(Value::NIL))
    }),
    def("current_resource", 0, 0, |i, v, _| {
        Ok(i.ivar(v, Name::new("@current_resource"))
            .unwrap_or(Value::NIL))
    }),
    def("action", 0, 0, |i, v, _| {
        Ok(i.ivar(v, Name::new("@action")).unwrap_or(Value::NIL))
    }),
    def("converge_by", 0, 1, |i, _, a| i.yield_to(a, &[])).takes_unknown(),
    def("converge_if_changed", 0, -1, converge_if_changed),
    def("property_is_set?", 1, 1, |i, v, a| {
        let target = i.ivar(v, Name::new("@new_resource")).unwrap_or(Value::NIL);
        i.call(target, "property_is_set?", &[a.get(0)])
    }),
    def("updated_by_last_action", 0, 1, nothing).takes_unknown(),
    def("use_inline_resources", 0, 0, nothing),
    def("whyrun_supported?", 0, 0, |_, _, _| Ok(Value::TRUE)),
    def("run_context", 0, 0, |i, _, _| {
        Ok(super::dsl::run_context(i))
    }),
    def("cookbook_name", 0, 0, |i, v, _| {
        Ok(i.ivar(v, Name::new("@cookbook_name")).unwrap_or(Value::NIL))
    }),
    def("recipe_name", 0, 0, |i, v, _| {
        Ok(i.ivar(v, Name::new("@recipe_name")).unwrap_or(Value::NIL))
    }),
    def("load_current_resource", 0, 0, nothing),
    def("define_resource_requirements", 0, 0, nothing),
    def("load_after_resource", 0, 0, nothing),
    def("check_resource_semantics!", 0, 0, nothing),
    def("action_nothing", 0, 0, nothing),
    def("action_description", 0, -1, nothing).takes_unknown(),
];

static PROVIDER_TABLE: Table = LazyLock::new(|| table(PROVIDER));

static PROVIDER_CLASS: &[Builtin] = &[
    def("action", 1, 2, provider_action),
    def("use_inline_resources", 0, 0, nothing),
    def("provides", 1, -1, provider_provides).takes_unknown(),
    def("include_resource", 0, -1, nothing).takes_unknown(),
];

static PROVIDER_CLASS_TABLE: Table = LazyLock::new(|| table(PROVIDER_CLASS));

/// Runs the block where a property of the machine's state differs, or where there is none.
fn converge_if_changed(interp: &mut Interp, this: Value, args: &Args) -> R {
    let own = |i: &Interp, name: &str| i.ivar(this, Name::new(name)).unwrap_or(Value::NIL);
    let (wanted, current) = (
        own(interp, "@new_resource"),
        own(interp, "@current_resource"),
    );
    if current.is_nil() {
        interp.yield_to(args, &[])?;
        return Ok(Value::TRUE);
    }
    let names: Vec<String> = args
        .list
        .iter()
        .filter_map(|v| interp.text_or_sym(*v))
        .map(str::to_owned)
        .collect();
    let mut unsure = None;
    for (name, rules) in super::property_rules::declared(interp, wanted) {
        let asked = if names.is_empty() {
            rules.is_state() && matches!(rules, super::property_rules::Rules::Custom(_))
        } else {
            names.iter().any(|n| *n == name.as_str())
        };
        if !asked || !(super::property::is_set(interp, wanted, name) || rules.has_default()) {
            continue;
        }
        let (new, old) = (
            resource::read(interp, wanted, name)?,
            resource::read(interp, current, name)?,
        );
        let differs = interp.call(new, "!=", &[old])?;
        match differs.truthy() {
            Some(true) => {
                interp.yield_to(args, &[])?;
                return Ok(Value::TRUE);
            }
            Some(false) => {}
            None => unsure = unsure.or(differs.unknown()),
        }
    }
    match unsure {
        Some(why) => {
            let args = args.clone();
            interp.conditionally(why, |i| i.yield_to(&args, &[]))
        }
        None => Ok(Value::FALSE),
    }
}

pub fn install_provider(interp: &mut Interp, provider: ClassId) {
    interp.add_methods(provider, &PROVIDER_TABLE);
    interp.add_static(provider, &PROVIDER_CLASS_TABLE);
}

/// The class that runs a resource class's actions.
pub(super) fn provider_class(interp: &mut Interp, class: ClassId) -> ClassId {
    if let Some(provider) = custom(interp, class).provider {
        return provider;
    }
    // What an ancestor's action class defines is there too.
    let parent_class = interp.classes.get(class).superclass;
    let parent = match parent_class {
        Some(parent) if run(interp).customs.contains_key(&parent) => provider_class(interp, parent),
        _ => run(interp).classes.action_class,
    };
    new_provider(interp, class, parent)
}

pub(super) fn new_provider(interp: &mut Interp, class: ClassId, parent: ClassId) -> ClassId {
    let provider = interp.anonymous_class(parent);
    let name = interp.class_name(class).to_string();
    interp.classes.get_mut(provider).name = Some(format!("{name}::ActionClass").as_str().into());
    custom(interp, class).provider = Some(provider);
    provider
}

fn provider_action(interp: &mut Interp, this: Value, args: &Args) -> R {
    let provider = class_of(interp, this);
    let Some(name) = interp.text_or_sym(args.get(0)).map(str::to_owned) else {
        return Ok(Value::NIL);
    };
    let owner = run(interp)
        .customs
        .iter()
        .find(|(_, c)| c.provider == Some(provider))
        .map(|(id, _)| *id);
    match (owner, args.block) {
        (Some(class), Some(block)) => {
            let block = interp.as_lambda(block);
            custom(interp, class).actions.insert(name, block);
        }
        (None, Some(block)) => {
            let method = crate::ruby::class::Method::Proc(block);
            let key = Name::new(&format!("action_{name}"));
            let methods = &mut interp.classes.get_mut(provider).methods;
            methods.insert(key, (method, crate::ruby::class::Visibility::Public));
        }
        _ => {}
    }
    Ok(Value::NIL)
}

/// A provider class of a library says which resource it acts for.
fn provider_provides(interp: &mut Interp, this: Value, args: &Args) -> R {
    let provider = class_of(interp, this);
    if let Some(name) = interp.text_or_sym(args.get(0)).map(str::to_owned)
        && let Some(class) = run(interp).custom.get(&name).copied()
    {
        custom(interp, class).provider = Some(provider);
    }
    Ok(Value::NIL)
}

/// Runs an action of a custom resource; what it declares becomes the resource's children. False where
/// the resource is not a custom one.
pub fn run_custom(interp: &mut Interp, this: Value, action: &str) -> R<bool> {
    let class = interp.real_class_of(this);
    let lineage_of = lineage(interp, class);
    let Some(provider_of) = lineage_of.iter().find_map(|c| c.provider).or_else(|| {
        lineage_of
            .iter()
            .any(|c| !c.actions.is_empty())
            .then_some(ClassId(0))
    }) else {
        return library_provider(interp, this, class, action);
    };
    let provider = if provider_of == ClassId(0) {
        provider_class(interp, class)
    } else {
        provider_of
    };
    super::property::check_required(interp, this, action)?;
    let block = lineage_of
        .iter()
        .find_map(|c| c.actions.get(action))
        .copied();
    let object = provider_object(interp, this, provider, action)?;
    if let Some(load) = lineage_of.iter().find_map(|c| c.load_current_value) {
        current_value(interp, this, object, class, load)?;
    }
    if action == "nothing" {
        return Ok(true);
    }
    let method = Name::new(&format!("action_{action}"));
    let Some(block) = block else {
        if interp.responds(object, method.as_str()) {
            in_collection(interp, this, |i| i.call(object, method.as_str(), &[]))?;
            return Ok(true);
        }
        let shown = interp.class_name(provider).to_string();
        let message = format!("undefined method `{method}' for {shown}");
        return Err(interp.error(interp.core.no_method_error, message));
    };
    in_collection(interp, this, |i| {
        i.instance_exec(block, object, provider, Args::default())
    })?;
    Ok(true)
}

/// A provider class of a library (`Chef::Provider::Name`), for a resource of the heavy kind.
fn library_provider(interp: &mut Interp, this: Value, class: ClassId, action: &str) -> R<bool> {
    let name = interp.class_name(class);
    let short = name.rsplit("::").next().unwrap_or("").to_owned();
    if run(interp).core_types.contains_key(&class) {
        return Ok(false);
    }
    let Some(provider) = interp.class_by_path(&format!("Chef::Provider::{short}")) else {
        return Ok(false);
    };
    let object = provider_object(interp, this, provider, action)?;
    let method = format!("action_{action}");
    if interp.responds(object, &method) {
        in_collection(interp, this, |i| i.call(object, &method, &[]))?;
        return Ok(true);
    }
    Ok(false)
}

fn provider_object(interp: &mut Interp, this: Value, provider: ClassId, action: &str) -> R {
    let object: Value = interp.alloc(provider, Data::Plain).into();
    for ivar in ["@cookbook_name", "@recipe_name"] {
        let value = interp.ivar(this, Name::new(ivar)).unwrap_or(Value::NIL);
        interp.set_ivar(object, Name::new(ivar), value)?;
    }
    interp.set_ivar(object, Name::new("@new_resource"), this)?;
    interp.set_ivar(object, Name::new("@action"), Value::sym(action))?;
    forward_methods(interp, this, provider);
    Ok(object)
}

/// At its first instance an action class gets the public and protected methods that the resource's classes
/// and modules define, save for properties and what it has itself (`Chef::Provider.include_resource_dsl_module`).
fn forward_methods(interp: &mut Interp, this: Value, provider: ClassId) {
    let base = run(interp).classes;
    if !interp.classes.is_a(provider, base.action_class) || !run(interp).forwarding.insert(provider)
    {
        return;
    }
    let class = interp.real_class_of(this);
    let properties: HashSet<Name> = super::property_rules::declared(interp, this)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let common = interp.classes.ancestors(base.resource);
    let mut names: Vec<Name> = Vec::new();
    for ancestor in interp.classes.ancestors(class).iter() {
        if !common.contains(ancestor) {
            names.extend(interp.classes.get(*ancestor).methods.keys().copied());
        }
    }
    let forward: NamedFn = |interp, this, name, args| {
        let target = interp
            .ivar(this, Name::new("@new_resource"))
            .unwrap_or(Value::NIL);
        interp.send(target, name, args.clone(), Form::Own)
    };
    let module = interp.anonymous_module();
    for name in names {
        let text = name.as_str();
        let is_property = properties.contains(&Name::new(text.strip_suffix('=').unwrap_or(text)));
        let is_private = |found: &Found| found.visibility == Visibility::Private;
        let is_seen = |interp: &mut Interp, class: ClassId| {
            let found = interp.classes.find(class, name);
            found.is_some_and(|found| !is_private(&found))
        };
        if !is_property
            && is_seen(interp, class)
            && !is_seen(interp, provider)
            && !is_seen(interp, base.resource)
        {
            let methods = &mut interp.classes.get_mut(module).methods;
            methods.insert(name, (Method::Named(forward, name), Visibility::Public));
        }
    }
    interp.include(provider, module);
}

/// `load_current_value`: a copy of the resource with what the machine has; what it reads there is unknown.
fn current_value(
    interp: &mut Interp,
    this: Value,
    provider: Value,
    class: ClassId,
    block: Value,
) -> R<()> {
    let current: Value = interp.alloc(class, Data::Plain).into();
    for ivar in ["@name", "@cookbook_name", "@recipe_name", "@__enclosing"] {
        let value = interp.ivar(this, Name::new(ivar)).unwrap_or(Value::NIL);
        interp.set_ivar(current, Name::new(ivar), value)?;
    }
    // What says which thing is meant, and how, is the same; the state is to be loaded.
    for (name, rules) in super::property_rules::declared(interp, this) {
        if (rules.is_identity() || !rules.is_state()) && super::property::is_set(interp, this, name)
        {
            let ivar = Name::new(&format!("@{name}"));
            let value = interp.ivar(this, ivar).unwrap_or(Value::NIL);
            interp.set_ivar(current, ivar, value)?;
        }
    }
    interp.set_ivar(provider, Name::new("@current_resource"), current)?;
    let definee = Definee::SingletonOf(current);
    let given = match interp.call(block, "arity", &[])?.kind {
        Kind::Int(1..) => Args::of(&[this]),
        _ => Args::default(),
    };
    match interp.instance_exec(block, current, definee, given) {
        Ok(_) => Ok(()),
        Err(Flow::Raise(exception)) => {
            let class = super::error_class(interp, "CurrentValueDoesNotExist");
            if !interp.is_a(exception, class) {
                return Err(Flow::Raise(exception));
            }
            interp.set_ivar(provider, Name::new("@current_resource"), Value::NIL)
        }
        Err(flow) => Err(flow),
    }
}

/// Runs with a collection of its own, which becomes the resource's children and converges at once.
pub(super) fn in_collection(
    interp: &mut Interp,
    this: Value,
    f: impl FnOnce(&mut Interp) -> R,
) -> R<()> {
    if run(interp).collections.len() > 40 {
        return Err(interp.error(interp.core.system_stack_error, "stack level too deep"));
    }
    let class = interp.real_class_of(this);
    let unified = is_unified(interp, class);
    run(interp).collections.push(Collection {
        unified,
        owner: Some(this),
        ..Collection::default()
    });
    let depth = run(interp).collections.len();
    let mut result = f(interp).map(|_| ());
    run(interp).collections.truncate(depth);
    if result.is_ok() {
        result = super::converge::converge_innermost(interp, Some(this));
    } else {
        super::notification::settle(interp);
    }
    run(interp).collections.pop();
    result
}
