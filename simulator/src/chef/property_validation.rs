//! What a property makes of a value before it keeps it: conversion, and validation (`Chef::Property`'s
//! `coerce_and_validate`, `Chef::Mixin::ParamsValidate`).

use foretaste_parser::name::Name;

use super::coerce;
use super::dsl::raise;
use super::property::exec;
use super::property_check::{self, Refusal, Simple};
use super::property_rules::{Rules, declaring};
use super::resource_table;
use super::run::run;
use crate::ruby::Interp;
use crate::ruby::class::ClassId;
use crate::ruby::env::Args;
use crate::ruby::flow::{Flow, R};
use crate::ruby::object::{Data, Hash, Key};
use crate::ruby::value::{Kind, Value};

/// Options of a property that do not say which values are valid.
const NOT_CHECKS: &[&str] = &[
    "declared_in",
    "name",
    "instance_variable_name",
    "desired_state",
    "identity",
    "default",
    "name_property",
    "name_attribute",
    "coerce",
    "required",
    "nillable",
    "sensitive",
    "description",
    "introduced",
    "deprecated",
    "default_description",
    "skip_docs",
    "validation_message",
];

/// Whether nil is a value like others here; elsewhere setting nil sets the default.
pub fn accepts_nil(interp: &mut Interp, rules: &Rules) -> bool {
    match rules {
        Rules::Core(property) => property.coerced || property.types.iter().any(|t| is_nil_type(t)),
        Rules::Custom(_) => {
            rules.option("coerce").is_some()
                || rules.option("is").is_some_and(|kinds| {
                    let kinds = list_of(interp, kinds);
                    kinds
                        .iter()
                        .any(|kind| match (interp.as_class(*kind), kind.obj()) {
                            (Some(class), _) => interp.is_a(Value::NIL, class),
                            _ => kind.is_nil(),
                        })
                })
        }
        Rules::None => true,
    }
}

fn is_nil_type(name: &str) -> bool {
    matches!(name, "nil" | "NilClass")
}

/// A value as the property keeps it, coerced and validated.
///
/// # Errors
/// As Chef raises for a value that it refuses, and what a cookbook's own conversions and checks raise.
pub fn checked(interp: &mut Interp, this: Value, name: Name, rules: &Rules, value: Value) -> R {
    let mut value = value;
    if interp.unknown_of(value).is_some() {
        return Ok(value);
    }
    let mut converted = true;
    if value.is_nil() {
        // Nil is never converted.
    } else if let Some(coerce) = rules.option("coerce") {
        value = exec(interp, this, coerce, &[value])?;
    } else if let Rules::Core(property) = rules
        && property.coerced
    {
        let class = interp.real_class_of(this);
        let core = super::resource::core_type(interp, class);
        match core.map(|core| coerce::coerce(interp, core, name, value)) {
            Some(result) => match result? {
                Some(coerced) => value = coerced,
                None => converted = false,
            },
            None => converted = false,
        }
    }
    if value.is_nil() && !rules.has_default() || interp.unknown_or_hole(value).is_some() {
        return Ok(value);
    }
    match rules {
        Rules::Core(property) if converted => {
            let message = own_message(interp, this, name, rules);
            let checked = check_core(interp, this, name, property, value);
            in_own_words(interp, checked, message)?;
        }
        Rules::None if !value.is_nil() => called_back(interp, this, name, value)?,
        Rules::Custom(Some(options)) => {
            let message = own_message(interp, this, name, rules);
            let checked = check_custom(interp, Some(this), name, options, value);
            in_own_words(interp, checked, message)?;
        }
        _ => {}
    }
    Ok(value)
}

/// Checks the default of a property when it is declared.
///
/// # Errors
/// As setting it would; what needs a resource is not checked.
pub fn check_default(interp: &mut Interp, name: Name, options: &Hash) -> R<()> {
    let get = |key: &str| options.map.get(&Key::Sym(Name::new(key))).map(|(_, v)| *v);
    let Some(default) = get("default") else {
        return Ok(());
    };
    let waits = super::property::is_lazy(interp, default)
        || interp.unknown_or_hole(default).is_some()
        || !default.is_nil() && get("coerce").is_some();
    if waits {
        return Ok(());
    }
    let checked = check_custom(interp, None, name, options, default);
    in_own_words(interp, checked, get("validation_message"))
}

fn called_back(interp: &mut Interp, this: Value, name: Name, value: Value) -> R<()> {
    let class = interp.real_class_of(this);
    match super::resource::core_type(interp, class) {
        Some(core) => super::callbacks::check(interp, core, name, value),
        None => Ok(()),
    }
}

/// Chef's own properties list their type last.
fn check_core(
    interp: &mut Interp,
    this: Value,
    name: Name,
    property: &resource_table::Property,
    value: Value,
) -> R<()> {
    if value.is_nil() {
        let fits = property.types.is_empty() || property.types.iter().any(|t| is_nil_type(t));
        return match fits {
            true => Ok(()),
            false => refused(interp, name, property, value, Refusal::Type),
        };
    }
    let class = interp.real_class_of(value);
    let ancestors = interp.classes.ancestors(class);
    let text = match interp.text_or_sym(value) {
        None if !property.patterns.is_empty() => interp.to_text(value)?,
        _ => String::new(),
    };
    let simple = match value.kind {
        Kind::Sym(name) => Some(Simple::Symbol(name.as_str())),
        Kind::Int(n) => Some(Simple::Integer(n)),
        Kind::Bool(b) => Some(Simple::Bool(b)),
        _ => interp.text(value).map(Simple::String),
    };
    let text = interp.text_or_sym(value).unwrap_or(&text);
    if let Err(refusal) = property_check::check_value(property, simple, text) {
        return refused(interp, name, property, value, refusal);
    }
    let is_a = |name: &str| {
        let named = |c: &ClassId| interp.classes.get(*c).name.as_deref() == Some(name);
        ancestors.iter().any(named)
    };
    let typed = property_check::check_type(property, is_a, simple);
    called_back(interp, this, name, value)?;
    match typed {
        Ok(()) => Ok(()),
        Err(refusal) => refused(interp, name, property, value, refusal),
    }
}

fn refused(
    interp: &mut Interp,
    name: Name,
    property: &resource_table::Property,
    value: Value,
    refusal: Refusal,
) -> R<()> {
    let (inspect, text) = (interp.inspect(value)?, interp.to_text(value)?);
    let message = property_check::message(refusal, name.as_str(), property, &inspect, &text);
    Err(raise(interp, "ValidationFailed", message))
}

/// The property's `validation_message`, where this resource is the one to speak it: Chef takes it out of the
/// property's options at the first validation, a default's included, and so only the resource that was validated
/// then has it.
fn own_message(interp: &mut Interp, this: Value, name: Name, rules: &Rules) -> Option<Value> {
    let message = match rules {
        Rules::Core(property) => {
            let text = property.message.as_deref()?;
            interp.str(text)
        }
        _ => rules.option("validation_message")?,
    };
    if rules.has_static_default(interp) {
        return None;
    }
    let class = declaring(interp, this, name)?;
    let object = this.obj()?;
    let speakers = &mut run(interp).speakers;
    (*speakers.entry((class, name)).or_insert(object) == object).then_some(message)
}

/// A failed validation, in the words of the property's `validation_message` where it has one.
fn in_own_words(interp: &mut Interp, checked: R<()>, message: Option<Value>) -> R<()> {
    let (Err(Flow::Raise(exception)), Some(message)) = (&checked, message) else {
        return checked;
    };
    let class = super::error_class(interp, "ValidationFailed");
    if !interp.is_a(*exception, class) {
        return checked;
    }
    let message = interp.to_text(message)?;
    Err(raise(interp, "ValidationFailed", message))
}

fn failed(interp: &mut Interp, message: String) -> R<()> {
    Err(raise(interp, "ValidationFailed", message))
}

/// `Chef::Mixin::ParamsValidate` with the options of a property, one after the other. Without a resource, what
/// needs one is left.
fn check_custom(
    interp: &mut Interp,
    this: Option<Value>,
    name: Name,
    options: &Hash,
    value: Value,
) -> R<()> {
    for (key, option) in options.map.values() {
        let key = interp.text_or_sym(*key).unwrap_or("").to_owned();
        match key.as_str() {
            key if NOT_CHECKS.contains(&key) => {}
            "is" => check_is(interp, this, name, *option, value)?,
            "kind_of" | "equal_to" | "regex" | "respond_to" | "cannot_be" | "callbacks"
                if value.is_nil() => {}
            "kind_of" => check_kind(interp, name, *option, value)?,
            "equal_to" => check_equal(interp, name, *option, value)?,
            "regex" => check_pattern(interp, name, *option, value)?,
            "respond_to" => check_methods(interp, name, *option, value)?,
            "cannot_be" => check_not(interp, name, *option, value)?,
            "callbacks" => check_callbacks(interp, name, *option, value)?,
            _ => {
                let message = format!("Validation map has unknown check: {key}");
                return Err(interp.argument_error(message));
            }
        }
    }
    Ok(())
}

fn check_is(
    interp: &mut Interp,
    this: Option<Value>,
    name: Name,
    kinds: Value,
    value: Value,
) -> R<()> {
    let kinds = list_of(interp, kinds);
    for kind in &kinds {
        if interp.unknown_of(*kind).is_some() {
            return Ok(());
        }
        let fits = match (interp.as_class(*kind), kind.obj()) {
            (Some(class), _) => interp.is_a(value, class),
            (None, Some(id)) if matches!(interp.data(id), Data::Proc(_)) => match this {
                Some(this) => exec(interp, this, *kind, &[value])?.truthy() != Some(false),
                None => true,
            },
            _ => interp.case_equal(*kind, value).unwrap_or(true),
        };
        if fits {
            return Ok(());
        }
    }
    let mut names = Vec::new();
    for kind in &kinds {
        names.push(interp.inspect(*kind)?);
    }
    let (names, shown) = (names.join(", "), interp.inspect(value)?);
    let message = format!("Property {name} must be one of: {names}!  You passed {shown}.");
    failed(interp, message)
}

fn check_kind(interp: &mut Interp, name: Name, kinds: Value, value: Value) -> R<()> {
    let kinds = list_of(interp, kinds);
    for kind in &kinds {
        let class = interp.as_class(*kind);
        if class.is_none_or(|class| interp.is_a(value, class)) {
            return Ok(());
        }
    }
    let kinds = interp.array(kinds);
    let (kinds, shown) = (interp.inspect(kinds)?, interp.inspect(value)?);
    let message = format!("Option {name} must be a kind of {kinds}!  You passed {shown}.");
    failed(interp, message)
}

/// Raises unless a value is one of those allowed.
pub fn check_equal(interp: &mut Interp, name: Name, allowed: Value, value: Value) -> R<()> {
    let list = interp.splat(allowed)?;
    for one in &list {
        if interp.equal(*one, value).unwrap_or(true) {
            return Ok(());
        }
    }
    let mut names = Vec::new();
    for one in &list {
        names.push(interp.inspect(*one)?);
    }
    let (names, shown) = (names.join(", "), interp.inspect(value)?);
    let message = format!("Option {name} must be equal to one of: {names}!  You passed {shown}.");
    failed(interp, message)
}

fn check_pattern(interp: &mut Interp, name: Name, patterns: Value, value: Value) -> R<()> {
    let text = interp.to_text(value)?;
    let subject = interp.str(text.as_str());
    for outer in list_of(interp, patterns) {
        for pattern in list_of(interp, outer) {
            if interp.call(pattern, "match?", &[subject])?.truthy() != Some(false) {
                return Ok(());
            }
        }
    }
    let patterns = interp.inspect(patterns)?;
    let message =
        format!("Property {name}'s value {text} does not match regular expression {patterns}");
    failed(interp, message)
}

fn check_methods(interp: &mut Interp, name: Name, methods: Value, value: Value) -> R<()> {
    for method in list_of(interp, methods) {
        let known = interp.call(value, "respond_to?", &[method])?;
        if known.truthy() == Some(false) {
            let method = interp.to_text(method)?;
            let message = format!("Option {name} must have a {method} method!");
            return failed(interp, message);
        }
    }
    Ok(())
}

fn check_not(interp: &mut Interp, name: Name, adjectives: Value, value: Value) -> R<()> {
    for adjective in list_of(interp, adjectives) {
        let predicate = format!("{}?", interp.to_text(adjective)?);
        if interp.responds(value, &predicate)
            && interp.call(value, &predicate, &[])?.truthy() == Some(true)
        {
            let adjectives = interp.to_text(adjectives)?;
            return failed(interp, format!("Option {name} cannot be {adjectives}"));
        }
    }
    Ok(())
}

fn check_callbacks(interp: &mut Interp, name: Name, callbacks: Value, value: Value) -> R<()> {
    let Some(callbacks) = interp.hash_data(callbacks) else {
        if interp.unknown_of(callbacks).is_some() {
            return Ok(());
        }
        return Err(interp.argument_error("Callback list must be a hash!".to_owned()));
    };
    let pairs: Vec<(Value, Value)> = callbacks.map.values().copied().collect();
    for (words, callback) in pairs {
        let fine = interp.call_callable(callback, Args::of(&[value]))?;
        if fine.truthy() == Some(false) {
            let (words, text) = (interp.to_text(words)?, interp.to_text(value)?);
            return failed(interp, format!("Option {name}'s value {text} {words}!"));
        }
    }
    Ok(())
}

fn list_of(interp: &Interp, value: Value) -> Vec<Value> {
    interp
        .array_items(value)
        .map_or_else(|| vec![value], <[Value]>::to_vec)
}
