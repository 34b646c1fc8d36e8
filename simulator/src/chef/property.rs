//! Properties of resources, built in or written in a cookbook: what setting one checks and keeps, and what
//! reading one gives (`Chef::Property`).

use std::cell::RefCell;
use std::rc::Rc;

use foretaste_parser::name::Name;

use super::dsl::raise;
use super::property_rules::{Rules, declared_where, rules};
use super::property_validation::{accepts_nil, checked};
use super::resource::meta;
use super::run::run;
use crate::hash::HashMap;
use crate::ruby::Interp;
use crate::ruby::env::{Args, Definee};
use crate::ruby::flow::{Flow, R};
use crate::ruby::value::{Kind, Value};

/// A property's method: with an argument it sets, without one it reads.
pub fn method(interp: &mut Interp, this: Value, name: Name, args: &Args) -> R {
    let rules = rules(interp, this, name);
    call(interp, this, name, &rules, args)
}

/// Sets a property whatever the value is, nil included.
pub fn assign(interp: &mut Interp, this: Value, name: Name, value: Value) -> R {
    let rules = rules(interp, this, name);
    set(interp, this, name, &rules, value)
}

/// Sets or reads by given rules.
pub fn call(interp: &mut Interp, this: Value, name: Name, rules: &Rules, args: &Args) -> R {
    if args.block.is_some() && matches!(rules, Rules::Custom(_)) {
        let label = super::resource::label(interp, this);
        let message = format!(
            "Property `{name}` of `{label}` was incorrectly passed a block. Possible property-resource collision. To \
             call a resource named `{name}` either rename the property or else use `declare_resource(:{name}, ...)`"
        );
        return Err(interp.error(interp.core.runtime_error, message));
    }
    match args.opt(0).or(args.block) {
        Some(value) => set(interp, this, name, rules, value),
        None => get(interp, this, name, rules),
    }
}

/// The instance variable that a property is kept in.
pub fn ivar_of(name: Name) -> Name {
    thread_local! {
        static KNOWN: RefCell<HashMap<Name, Name>> = RefCell::default();
    }
    let make = || Name::new(&format!("@{name}"));
    KNOWN.with_borrow_mut(|known| *known.entry(name).or_insert_with(make))
}

pub fn is_lazy(interp: &mut Interp, value: Value) -> bool {
    let lazy = run(interp).classes.lazy;
    value.obj().is_some() && interp.is_a(value, lazy)
}

/// Whether something set the property, be it the default that was read.
pub fn is_set(interp: &Interp, this: Value, name: Name) -> bool {
    interp.ivar(this, ivar_of(name)).is_some()
}

fn required_error(interp: &mut Interp, name: Name) -> Flow {
    raise(
        interp,
        "ValidationFailed",
        format!("{name} is a required property"),
    )
}

fn set(interp: &mut Interp, this: Value, name: Name, rules: &Rules, value: Value) -> R {
    let mut value = value;
    if value.is_nil() && !accepts_nil(interp, rules) {
        value = default(interp, this, name, rules)?;
    }
    if !is_lazy(interp, value) {
        value = checked(interp, this, name, rules, value)?;
    }
    let origin = interp.origin_of(value);
    let origin = interp.origins.union(origin, interp.control);
    interp.set_ivar(this, ivar_of(name), value.with_origin(origin))?;
    if let Some(meta) = meta(interp, this)
        && !meta.set.contains(&name)
    {
        meta.set.push(name);
    }
    if value.is_nil() && rules.may_be_required() {
        let actions = super::resource::actions(interp, this);
        if rules.required(interp, &actions) {
            return Err(required_error(interp, name));
        }
    }
    Ok(value)
}

/// A property's value; its default where it was not set. A default that can be changed in place becomes the
/// property's own on its first reading.
pub fn get(interp: &mut Interp, this: Value, name: Name, rules: &Rules) -> R {
    let stored = interp.ivar(this, ivar_of(name));
    let value = match stored.filter(|v| !is_default_of_a_branch(interp, this, name, rules, *v)) {
        Some(value) => output(interp, this, name, rules, value)?,
        None if rules.has_default() => {
            let value = default(interp, this, name, rules)?;
            let lazy = is_lazy(interp, value);
            let value = if lazy {
                output(interp, this, name, rules, value)?
            } else {
                let value = checked(interp, this, name, rules, value)?;
                copy(interp, value, 0)
            };
            if value.obj().is_some() && interp.unknown_of(value).is_none() {
                interp.set_ivar(this, ivar_of(name), value)?;
                note_read(interp, this, name, value);
            }
            value
        }
        None => Value::NIL,
    };
    if value.is_nil() && rules.may_be_required() {
        let actions = super::resource::actions(interp, this);
        if rules.required(interp, &actions) {
            return Err(required_error(interp, name));
        }
    }
    Ok(value)
}

/// Whether an unknown stands here only because a branch that may not run has read the default, and kept it.
fn is_default_of_a_branch(
    interp: &mut Interp,
    this: Value,
    name: Name,
    rules: &Rules,
    value: Value,
) -> bool {
    value.unknown().is_some()
        && rules.has_default()
        && meta(interp, this).is_some_and(|meta| !meta.set.contains(&name))
}

/// A list or hash that a recipe read may have been filled since: it belongs to what the resource is given, unless
/// its own action reads it.
fn note_read(interp: &mut Interp, this: Value, name: Name, value: Value) {
    let container = interp.array_items(value).is_some() || interp.hash_data(value).is_some();
    if let Some(meta) = meta(interp, this)
        && container
        && !meta.acts
        && !meta.set.contains(&name)
    {
        meta.set.push(name);
    }
}

/// Checks that what must be set is set, when an action is about to run.
///
/// # Errors
/// `Chef::Exceptions::ValidationFailed`.
pub fn check_required(interp: &mut Interp, this: Value, action: &str) -> R<()> {
    let actions = [action.to_owned()];
    for (name, rules) in declared_where(interp, this, Rules::may_be_required) {
        if rules.required(interp, &actions) && get(interp, this, name, &rules)?.is_nil() {
            return Err(required_error(interp, name));
        }
    }
    Ok(())
}

fn output(interp: &mut Interp, this: Value, name: Name, rules: &Rules, value: Value) -> R {
    if !is_lazy(interp, value) {
        return Ok(value);
    }
    let value = force(interp, this, value)?;
    let value = checked(interp, this, name, rules, value)?;
    if let Some(meta) = meta(interp, this) {
        meta.evaluated.insert(name, value);
    }
    Ok(value)
}

/// Reads the lazy properties that nothing has read yet, as a built-in resource does when it acts.
pub fn evaluate(interp: &mut Interp, this: Value) -> R<()> {
    let Some(meta) = meta(interp, this).cloned() else {
        return Ok(());
    };
    for name in meta.set {
        let value = interp.ivar(this, ivar_of(name)).unwrap_or(Value::NIL);
        if !meta.evaluated.contains_key(&name) && is_lazy(interp, value) {
            method(interp, this, name, &Args::default())?;
        }
    }
    Ok(())
}

/// What a lazy value gives, evaluated for a resource: in the resource, unless the block takes it as a parameter.
pub fn force(interp: &mut Interp, this: Value, value: Value) -> R {
    if !is_lazy(interp, value) {
        return Ok(value);
    }
    let block = interp
        .ivar(value, Name::new("@block"))
        .unwrap_or(Value::NIL);
    exec(interp, this, block, &[])
}

/// Runs a block of a property: in the resource, unless it takes more parameters than it is given.
pub(super) fn exec(interp: &mut Interp, this: Value, proc: Value, args: &[Value]) -> R {
    let arity = match interp.call(proc, "arity", &[])?.kind {
        Kind::Int(n) => usize::try_from(n).unwrap_or(0),
        _ => 0,
    };
    if arity > args.len() {
        let mut list = vec![this];
        list.extend(args);
        return interp.call_proc(proc, Args::of(&list));
    }
    let definee = Definee::SingletonOf(this);
    interp.instance_exec(proc, this, definee, Args::of(args))
}

/// What a property is where nobody sets it.
pub(super) fn default(interp: &mut Interp, this: Value, name: Name, rules: &Rules) -> R {
    if rules.is_name() && rules.option("default").is_none() {
        return Ok(interp.ivar(this, Name::new("@name")).unwrap_or(Value::NIL));
    }
    match rules {
        Rules::Core(property) => super::defaults::of_core(interp, this, name, property),
        _ => Ok(rules.option("default").unwrap_or(Value::NIL)),
    }
}

/// Chef hands out copies of defaults, so that resources do not share them.
fn copy(interp: &mut Interp, value: Value, depth: usize) -> Value {
    if depth > 20 {
        return value;
    }
    if let Some(items) = interp.array_items(value).map(<[Value]>::to_vec) {
        let items = items
            .into_iter()
            .map(|v| copy(interp, v, depth + 1))
            .collect();
        return interp.array(items).with_origin(value.origin);
    }
    if let Some(mut hash) = interp.hash_data(value).cloned() {
        for (_, v) in hash.map.values_mut() {
            *v = copy(interp, *v, depth + 1);
        }
        return interp.hash(hash).with_origin(value.origin);
    }
    if let Some(text) = interp.text(value).map(str::to_owned) {
        return interp.str(text).with_origin(value.origin);
    }
    value
}

/// `set_or_return(:name, value, options)` of resources of the old kind.
pub fn set_or_return(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(name) = interp.text_or_sym(args.get(0)).map(Name::new) else {
        return Ok(Value::NIL);
    };
    let rules = Rules::Custom(interp.hash_data(args.get(2)).cloned().map(Rc::new));
    let value = args.get(1);
    if value.is_nil() {
        get(interp, this, name, &rules)
    } else {
        set(interp, this, name, &rules, value)
    }
}
