//! What is declared of properties, by Chef for its own resources and by cookbooks for theirs.

use std::rc::Rc;

use foretaste_parser::name::Name;

use super::custom;
use super::resource_table::{self, DefaultValue, Required};
use super::run::run;
use crate::hash::IndexMap;
use crate::ruby::Interp;
use crate::ruby::class::ClassId;
use crate::ruby::env::Args;
use crate::ruby::flow::R;
use crate::ruby::object::{Hash, Key};
use crate::ruby::value::Value;

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

    /// Whether its default is checked when it is declared.
    pub fn has_static_default(&self, interp: &mut Interp) -> bool {
        match self {
            Self::Core(property) => match &property.default {
                DefaultValue::Value(value) => !value.is_null() && !property.coerced,
                _ => false,
            },
            _ => {
                let default = self.option("default").filter(|v| !v.is_nil());
                self.option("coerce").is_none()
                    && default.is_some_and(|v| !super::property::is_lazy(interp, v))
            }
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
    pub fn may_be_required(&self) -> bool {
        match self {
            Self::Core(property) => property.required != Required::Never,
            _ => self.option("required").is_some(),
        }
    }

    pub fn required(&self, interp: &Interp, actions: &[String]) -> bool {
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
    find(interp, this, name).map_or(Rules::None, |(_, rules)| rules)
}

/// The class that declares a resource's property.
pub fn declaring(interp: &mut Interp, this: Value, name: Name) -> Option<ClassId> {
    find(interp, this, name).map(|(class, _)| class)
}

fn find(interp: &mut Interp, this: Value, name: Name) -> Option<(ClassId, Rules)> {
    let class = interp.real_class_of(this);
    for class in interp.classes.ancestors(class).iter() {
        let run = run(interp);
        if let Some(custom) = run.customs.get(class)
            && let Some(options) = custom.properties.get(&name)
        {
            return Some((*class, Rules::Custom(options.clone())));
        }
        if let Some(core) = run.core_types.get(class)
            && let Some(property) = core.property(name.as_str())
        {
            return Some((*class, Rules::Core(property)));
        }
    }
    None
}

/// The property that a name means: Chef gives some a second one, such as `user` for a file's `owner`.
pub fn named(interp: &mut Interp, this: Value, name: Name) -> Name {
    let class = interp.real_class_of(this);
    let ancestors = interp.classes.ancestors(class);
    let types = &run(interp).core_types;
    let alias = |class| types.get(class)?.alias(name.as_str());
    ancestors.iter().find_map(alias).map_or(name, Name::new)
}

/// All properties that a resource's class declares, its ancestors' included; what is declared anew stands last.
pub fn declared(interp: &mut Interp, this: Value) -> Vec<(Name, Rules)> {
    declared_where(interp, this, |_| true)
}

/// Properties of a class, from the first declared to the last, ancestors' first.
pub fn declared_in(interp: &mut Interp, class: ClassId) -> Vec<(Name, Rules)> {
    of_class(interp, class, |_| true)
}

/// The properties that a resource's class declares and that are wanted.
pub fn declared_where(
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

/// `property :name, Type, default: …` for a class. Without a type it adds to what the ancestors said of a property
/// of this name (`Chef::Mixin::Properties#property`).
///
/// # Errors
/// As Chef raises: `ArgumentError` for options that exclude each other and for names that resources need themselves,
/// and what the default's validation raises.
pub fn declare(interp: &mut Interp, class: ClassId, args: &Args) -> R<Option<Name>> {
    let Some(name) = interp.text_or_sym(args.get(0)).map(Name::new) else {
        return Ok(None);
    };
    let given = args.list.iter().rev().find_map(|v| interp.hash_data(*v));
    let options = given.cloned().unwrap_or_default();
    let types = args.opt(1).filter(|v| interp.hash_data(*v).is_none());
    let template = match types {
        // `property_type(is: …)` given as the type.
        Some(types) => {
            let options = interp.ivar(types, Name::new(super::property_object::TYPE_OPTIONS));
            options.and_then(|o| interp.hash_data(o).cloned())
        }
        None => {
            let ancestors = interp.classes.ancestors(class);
            let declared = ancestors
                .iter()
                .find_map(|c| run(interp).customs.get(c)?.properties.get(&name).cloned());
            declared.flatten().map(|options| Hash::clone(&options))
        }
    };
    let options = match (template, types) {
        (Some(template), _) => derived(template, options),
        (None, Some(types)) => typed(interp, types, options),
        (None, None) => options,
    };
    refuse_contradictions(interp, class, name, &options)?;
    super::property_validation::check_default(interp, name, &options)?;
    let list = &mut custom::custom(interp, class).properties;
    list.insert(name, Some(Rc::new(options)));
    Ok(Some(name))
}

/// What a property says beside what it is derived from. A new default takes the place of any other.
fn derived(template: Hash, options: Hash) -> Hash {
    let mut merged = template;
    let defaults = ["name_property", "name_attribute", "default"].map(|k| Key::Sym(Name::new(k)));
    if defaults.iter().any(|k| options.map.contains_key(k)) {
        for key in &defaults {
            merged.map.shift_remove(key);
        }
    }
    merged.map.extend(options.map);
    merged
}

/// The type that stands after the name is checked last, unless `is:` stands among the options, too.
fn typed(interp: &mut Interp, types: Value, mut options: Hash) -> Hash {
    let key = Name::new("is");
    let is = match options.map.get(&Key::Sym(key)) {
        Some((_, more)) => {
            let mut all = Vec::new();
            for part in [types, *more] {
                match interp.array_items(part) {
                    Some(items) => all.extend_from_slice(items),
                    None => all.push(part),
                }
            }
            interp.array(all)
        }
        None => types,
    };
    options.map.insert(Key::Sym(key), (key.into(), is));
    options
}

/// Methods of `Chef::Resource` and of every object that no property may take the place of
/// (`Chef::Property#emit_dsl`).
const TAKEN: &[&str] = &[
    "__id__",
    "__send__",
    "action",
    "action_description",
    "after_created",
    "allowed_actions",
    "as_json",
    "before_notifications",
    "class",
    "clone",
    "cookbook_name",
    "cookbook_version",
    "current_value",
    "current_value_does_not_exist!",
    "custom_exception_message",
    "customize_exception",
    "declared_key",
    "declared_type",
    "default_guard_interpreter",
    "define_singleton_method",
    "defined_at",
    "delayed_action",
    "delayed_notifications",
    "display",
    "dup",
    "elapsed_time",
    "enclosing_provider",
    "enum_for",
    "eql?",
    "equal?",
    "events",
    "executed_by_runner",
    "extend",
    "freeze",
    "frozen?",
    "guard_interpreter",
    "hash",
    "identity",
    "immediate_notifications",
    "inspect",
    "instance_eval",
    "instance_exec",
    "instance_of?",
    "instance_variable_defined?",
    "instance_variable_get",
    "instance_variable_set",
    "instance_variables",
    "is_a?",
    "itself",
    "kind_of?",
    "load_from",
    "logger",
    "lookup_provider_constant",
    "method",
    "method_missing",
    "methods",
    "nil?",
    "node",
    "not_if",
    "notifies",
    "notifies_before",
    "notifies_delayed",
    "notifies_immediately",
    "object_id",
    "only_if",
    "params",
    "private_methods",
    "protected_methods",
    "provider",
    "provider_for_action",
    "public_method",
    "public_methods",
    "public_send",
    "recipe_name",
    "remove_instance_variable",
    "resolve_notification_references",
    "resource_initializing",
    "resource_name",
    "respond_to?",
    "run_action",
    "run_context",
    "send",
    "should_skip?",
    "singleton_class",
    "singleton_method",
    "singleton_methods",
    "source_line",
    "source_line_file",
    "source_line_number",
    "state_for_resource_reporter",
    "subscribes",
    "suppress_up_to_date_messages?",
    "taint",
    "tainted?",
    "tap",
    "then",
    "to_enum",
    "to_h",
    "to_hash",
    "to_json",
    "to_s",
    "to_text",
    "trust",
    "untaint",
    "untrust",
    "untrusted?",
    "updated",
    "updated?",
    "updated_by_last_action",
    "updated_by_last_action?",
    "validate_action",
    "validate_resource_spec!",
    "value_to_text",
    "with_umask",
    "yield_self",
];

fn refuse_contradictions(interp: &mut Interp, class: ClassId, name: Name, options: &Hash) -> R<()> {
    // A file in `resources/` gets its name when it is whole.
    let own = "";
    let has = |key: &str| options.map.contains_key(&Key::Sym(Name::new(key)));
    let message = if has("name_property") && has("name_attribute") {
        format!(
            "name_attribute and name_property are functionally identical and both cannot be specified on a property at \
             once. Use just one on property {name} of resource {own}"
        )
    } else if has("default") && (has("name_property") || has("name_attribute")) {
        format!(
            "A property cannot be both a name_property/name_attribute and have a default value. Use one or the other \
             on property {name} of resource {own}"
        )
    } else if TAKEN.contains(&name.as_str())
        && !interp.classes.get(class).methods.contains_key(&name)
    {
        format!(
            "Property `{name}` of resource `{own}` overwrites an existing method. A different name should be used for \
             this property."
        )
    } else {
        return Ok(());
    };
    Err(interp.argument_error(message))
}
