//! Properties of resources, built in or written in a cookbook: what setting one checks and keeps, and what
//! reading one gives (`Chef::Property`).

use std::cell::RefCell;
use std::rc::Rc;

use foretaste_parser::name::Name;

use super::coerce;
use super::custom;
use super::dsl::raise;
use super::property_check::{self, Simple};
use super::resource::meta;
use super::resource_table::{self, DefaultValue, Required};
use super::run::run;
use crate::hash::{HashMap, IndexMap};
use crate::ruby::Interp;
use crate::ruby::class::ClassId;
use crate::ruby::env::{Args, Definee};
use crate::ruby::flow::R;
use crate::ruby::object::{Hash, Key};
use crate::ruby::value::{Kind, Value};

/// How a property is declared.
pub enum Rules {
    Core(&'static resource_table::Property),
    /// The options given to `property`.
    Custom(Option<Rc<Hash>>),
    /// Nothing is known of it.
    None,
}

impl Rules {
    pub fn option(&self, name: &str) -> Option<Value> {
        match self {
            Self::Custom(options) => options
                .as_ref()?
                .map
                .get(&Key::Sym(Name::new(name)))
                .map(|(_, v)| *v),
            _ => None,
        }
    }

    fn flag(&self, name: &str) -> bool {
        self.option(name).is_some_and(|v| v.truthy() == Some(true))
    }

    pub fn is_name(&self) -> bool {
        match self {
            Self::Core(property) => property.name_property,
            _ => self.flag("name_property") || self.flag("name_attribute"),
        }
    }

    pub fn has_default(&self) -> bool {
        self.is_name()
            || match self {
                Self::Core(property) => property.default != DefaultValue::None,
                _ => self.option("default").is_some(),
            }
    }

    /// Whether its value is part of what the machine has, and so of what is compared.
    pub fn is_state(&self) -> bool {
        self.option("desired_state").and_then(Value::truthy) != Some(false)
    }

    pub fn is_identity(&self) -> bool {
        match self {
            Self::Core(property) => property.identity,
            _ => self.flag("identity"),
        }
    }

    /// Whether it may have to be set, for some action.
    fn may_be_required(&self) -> bool {
        match self {
            Self::Core(property) => property.required != Required::Never,
            _ => self.option("required").is_some(),
        }
    }

    fn required(&self, interp: &Interp, actions: &[String]) -> bool {
        match self {
            Self::Core(property) => match &property.required {
                Required::Never => false,
                Required::Always => !property.name_property,
                Required::For(wanted) => actions.iter().any(|a| wanted.contains(&a.as_str())),
            },
            _ => match self.option("required") {
                None => false,
                Some(required) => match interp.array_items(required) {
                    Some(items) => items.iter().any(|v| {
                        interp
                            .text_or_sym(*v)
                            .is_some_and(|v| actions.iter().any(|a| a == v))
                    }),
                    None => required.truthy() == Some(true),
                },
            },
        }
    }
}

/// What is declared of a resource's property, nearest class first.
pub fn rules(interp: &mut Interp, this: Value, name: Name) -> Rules {
    let class = interp.real_class_of(this);
    for class in interp.classes.ancestors(class).iter() {
        let run = run(interp);
        if let Some(custom) = run.customs.get(class)
            && let Some(options) = custom.properties.get(&name)
        {
            return Rules::Custom(options.clone());
        }
        if let Some(core) = run.core_types.get(class)
            && let Some(property) = core.property(name.as_str())
        {
            return Rules::Core(property);
        }
    }
    Rules::None
}

/// The property that a name means: Chef gives some a second one, such as `user` for a file's `owner`.
pub fn named(interp: &mut Interp, this: Value, name: Name) -> Name {
    let class = interp.real_class_of(this);
    let ancestors = interp.classes.ancestors(class);
    let types = &run(interp).core_types;
    let alias = |class| types.get(class)?.alias(name.as_str());
    ancestors.iter().find_map(alias).map_or(name, Name::new)
}

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

fn required_error(interp: &mut Interp, name: Name) -> crate::ruby::flow::Flow {
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

fn exec(interp: &mut Interp, this: Value, proc: Value, args: &[Value]) -> R {
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

fn default(interp: &mut Interp, this: Value, name: Name, rules: &Rules) -> R {
    let scripts_have_no_name = name.as_str() == "command" && matches!(rules, Rules::Core(_));
    if rules.is_name() && !scripts_have_no_name && rules.option("default").is_none() {
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

fn kinds(interp: &Interp, rules: &Rules) -> Vec<Value> {
    let Some(kinds) = rules.option("__types").or_else(|| rules.option("is")) else {
        return Vec::new();
    };
    interp
        .array_items(kinds)
        .map_or_else(|| vec![kinds], <[Value]>::to_vec)
}

/// Whether nil is a value like others here; elsewhere setting nil sets the default.
fn accepts_nil(interp: &Interp, rules: &Rules) -> bool {
    match rules {
        Rules::Core(property) => {
            property.coerced
                || property
                    .types
                    .iter()
                    .any(|t| matches!(*t, "nil" | "NilClass"))
        }
        Rules::Custom(_) => {
            rules.option("coerce").is_some()
                || kinds(interp, rules).iter().any(|k| {
                    k.is_nil()
                        || interp
                            .as_class(*k)
                            .is_some_and(|c| &*interp.class_name(c) == "NilClass")
                })
        }
        Rules::None => true,
    }
}

/// A value as the property keeps it, coerced and validated.
fn checked(interp: &mut Interp, this: Value, name: Name, rules: &Rules, value: Value) -> R {
    let mut value = value;
    if interp.unknown_of(value).is_some() || value.is_nil() {
        return Ok(value);
    }
    let mut converted = true;
    if let Some(coerce) = rules.option("coerce") {
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
    if value.is_nil() || interp.unknown_or_hole(value).is_some() {
        return Ok(value);
    }
    match rules {
        Rules::Core(property) if converted => {
            check_core(interp, name, property, value)?;
            called_back(interp, this, name, value)?;
        }
        Rules::None => called_back(interp, this, name, value)?,
        Rules::Custom(Some(_)) => {
            let checked = check_custom(interp, this, name, rules, value);
            return own_words(interp, rules, checked).map(|()| value);
        }
        _ => {}
    }
    Ok(value)
}

fn called_back(interp: &mut Interp, this: Value, name: Name, value: Value) -> R<()> {
    let class = interp.real_class_of(this);
    match super::resource::core_type(interp, class) {
        Some(core) => super::callbacks::check(interp, core, name, value),
        None => Ok(()),
    }
}

fn check_core(
    interp: &mut Interp,
    name: Name,
    property: &resource_table::Property,
    value: Value,
) -> R<()> {
    let class = interp.real_class_of(value);
    let ancestors = interp.classes.ancestors(class);
    let text = match interp.text_or_sym(value) {
        None if !property.patterns.is_empty() => interp.to_text(value)?,
        _ => String::new(),
    };
    let is_a = |name: &str| {
        let named = |c: &ClassId| interp.classes.get(*c).name.as_deref() == Some(name);
        ancestors.iter().any(named)
    };
    let simple = match value.kind {
        Kind::Sym(name) => Some(Simple::Symbol(name.as_str())),
        Kind::Int(n) => Some(Simple::Integer(n)),
        Kind::Bool(b) => Some(Simple::Bool(b)),
        _ => interp.text(value).map(Simple::String),
    };
    let text = interp.text_or_sym(value).unwrap_or(&text);
    let Err(refusal) = property_check::check(property, is_a, simple, text) else {
        return Ok(());
    };
    let (inspect, text) = (interp.inspect(value)?, interp.to_text(value)?);
    let message = property_check::message(refusal, name.as_str(), property, &inspect, &text);
    Err(raise(interp, "ValidationFailed", message))
}

/// A failed validation, in the words of the property's `validation_message` where it has one.
fn own_words(interp: &mut Interp, rules: &Rules, checked: R<()>) -> R<()> {
    let (Err(crate::ruby::flow::Flow::Raise(exception)), Some(message)) =
        (&checked, rules.option("validation_message"))
    else {
        return checked;
    };
    let class = super::error_class(interp, "ValidationFailed");
    if !interp.is_a(*exception, class) {
        return checked;
    }
    let message = interp.to_text(message)?;
    Err(raise(interp, "ValidationFailed", message))
}

/// `Chef::Mixin::ParamsValidate` with the options of a property.
fn check_custom(
    interp: &mut Interp,
    this: Value,
    name: Name,
    rules: &Rules,
    value: Value,
) -> R<()> {
    let kinds = kinds(interp, rules);
    if !kinds.is_empty() && !any_of(interp, this, &kinds, value)? {
        let mut names = Vec::new();
        for kind in &kinds {
            names.push(interp.inspect(*kind)?);
        }
        let shown = interp.inspect(value)?;
        let message = format!(
            "Property {name} must be one of: {}!  You passed {shown}.",
            names.join(", ")
        );
        return Err(raise(interp, "ValidationFailed", message));
    }
    if let Some(kinds) = rules.option("kind_of") {
        let list = list_of(interp, kinds);
        if !any_of(interp, this, &list, value)? {
            let list = interp.array(list);
            let (kinds, shown) = (interp.inspect(list)?, interp.inspect(value)?);
            let message = format!("Option {name} must be a kind of {kinds}!  You passed {shown}.");
            return Err(raise(interp, "ValidationFailed", message));
        }
    }
    if let Some(allowed) = rules.option("equal_to") {
        check_equal(interp, name, allowed, value)?;
    }
    if let Some(patterns) = rules.option("regex") {
        let text = interp.to_text(value)?;
        let subject = interp.str(text.as_str());
        let mut fits = false;
        for pattern in list_of(interp, patterns) {
            fits |= interp.call(pattern, "match?", &[subject])?.truthy() != Some(false);
        }
        if !fits {
            let patterns = interp.inspect(patterns)?;
            let message = format!(
                "Property {name}'s value {text} does not match regular expression {patterns}"
            );
            return Err(raise(interp, "ValidationFailed", message));
        }
    }
    if let Some(methods) = rules.option("respond_to") {
        for method in list_of(interp, methods) {
            let known = interp.call(value, "respond_to?", &[method])?;
            if known.truthy() == Some(false) {
                let method = interp.to_text(method)?;
                let message = format!("Option {name} must have a {method} method!");
                return Err(raise(interp, "ValidationFailed", message));
            }
        }
    }
    if let Some(adjectives) = rules.option("cannot_be") {
        for adjective in list_of(interp, adjectives) {
            let adjective = interp.to_text(adjective)?;
            let predicate = format!("{adjective}?");
            if interp.responds(value, &predicate)
                && interp.call(value, &predicate, &[])?.truthy() == Some(true)
            {
                let message = format!("Option {name} cannot be {adjective}");
                return Err(raise(interp, "ValidationFailed", message));
            }
        }
    }
    if let Some(callbacks) = rules.option("callbacks") {
        let pairs: Vec<(Value, Value)> = interp
            .hash_data(callbacks)
            .map(|h| h.map.values().copied().collect())
            .unwrap_or_default();
        for (words, callback) in pairs {
            let fine = interp.call_callable(callback, Args::of(&[value]))?;
            if fine.truthy() == Some(false) {
                let (words, text) = (interp.to_text(words)?, interp.to_text(value)?);
                let message = format!("Option {name}'s value {text} {words}!");
                return Err(raise(interp, "ValidationFailed", message));
            }
        }
    }
    Ok(())
}

fn list_of(interp: &Interp, value: Value) -> Vec<Value> {
    interp
        .array_items(value)
        .map_or_else(|| vec![value], <[Value]>::to_vec)
}

/// Whether a value is of one of the kinds: of a class, what a proc accepts, or equal.
fn any_of(interp: &mut Interp, this: Value, kinds: &[Value], value: Value) -> R<bool> {
    for kind in kinds {
        if interp.unknown_of(*kind).is_some() {
            return Ok(true);
        }
        let fits = match (interp.as_class(*kind), kind.obj()) {
            (Some(class), _) => interp.is_a(value, class),
            (None, Some(id)) if matches!(interp.data(id), crate::ruby::object::Data::Proc(_)) => {
                exec(interp, this, *kind, &[value])?.truthy() != Some(false)
            }
            _ => interp.case_equal(*kind, value).unwrap_or(true),
        };
        if fits {
            return Ok(true);
        }
    }
    Ok(false)
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
    let shown = interp.inspect(value)?;
    let message = format!(
        "Option {name} must be equal to one of: {}!  You passed {shown}.",
        names.join(", ")
    );
    Err(raise(interp, "ValidationFailed", message))
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

/// All properties that a resource's class declares, its ancestors' included; what is declared anew stands last.
pub fn declared(interp: &mut Interp, this: Value) -> Vec<(Name, Rules)> {
    declared_where(interp, this, |_| true)
}

/// Properties of a class, from the first declared to the last, ancestors' first.
pub fn declared_in(interp: &mut Interp, class: ClassId) -> Vec<(Name, Rules)> {
    of_class(interp, class, |_| true)
}

fn declared_where(
    interp: &mut Interp,
    this: Value,
    wanted: impl Fn(&Rules) -> bool,
) -> Vec<(Name, Rules)> {
    let class = interp.real_class_of(this);
    of_class(interp, class, wanted)
}

fn of_class(
    interp: &mut Interp,
    class: ClassId,
    wanted: impl Fn(&Rules) -> bool,
) -> Vec<(Name, Rules)> {
    let ancestors = interp.classes.ancestors(class);
    let mut out: IndexMap<Name, Rules> = IndexMap::default();
    for class in ancestors.iter().rev() {
        let run = run(interp);
        if let Some(core) = run.core_types.get(class) {
            for (name, property) in &core.properties {
                let rules = Rules::Core(property);
                if wanted(&rules) {
                    out.insert(Name::new(name), rules);
                }
            }
        }
        if let Some(custom) = run.customs.get(class) {
            for (name, options) in &custom.properties {
                out.shift_remove(name);
                let rules = Rules::Custom(options.clone());
                if wanted(&rules) {
                    out.insert(*name, rules);
                }
            }
        }
    }
    out.into_iter().collect()
}

/// `property :name, Type, default: …` for a class: adds to what the ancestors said of a property of this name.
pub fn declare(interp: &mut Interp, class: ClassId, args: &Args) -> Option<Name> {
    let name = interp.text_or_sym(args.get(0)).map(Name::new)?;
    let mut options = args
        .list
        .iter()
        .rev()
        .find_map(|v| interp.hash_data(*v))
        .cloned()
        .unwrap_or_default();
    let types = args.opt(1).filter(|v| interp.hash_data(*v).is_none());
    let described =
        types.and_then(|types| interp.ivar(types, Name::new(super::property_object::TYPE_OPTIONS)));
    if let Some(described) = described.and_then(|o| interp.hash_data(o).cloned()) {
        // `property_type(is: …)` given as the type: what it says, and what is said here.
        let mut derived = described;
        derived.map.extend(options.map);
        options = derived;
    } else if let Some(types) = types {
        let key = Name::new("__types");
        options.map.insert(Key::Sym(key), (key.into(), types));
    }
    // What an ancestor declared stays, except for what is said anew.
    let ancestors = interp.classes.ancestors(class);
    let inherited = ancestors.iter().find_map(|c| {
        let custom = run(interp).customs.get(c)?;
        custom.properties.get(&name)?.clone()
    });
    if let Some(inherited) = inherited {
        let mut merged = Hash::clone(&inherited);
        let has = |key: &str| options.map.contains_key(&Key::Sym(Name::new(key)));
        if ["name_property", "name_attribute", "default"]
            .iter()
            .any(|k| has(k))
        {
            for key in ["name_property", "name_attribute", "default"] {
                merged.map.shift_remove(&Key::Sym(Name::new(key)));
            }
        }
        merged.map.extend(options.map);
        options = merged;
    }
    let list = &mut custom::custom(interp, class).properties;
    list.insert(name, Some(Rc::new(options)));
    Some(name)
}
