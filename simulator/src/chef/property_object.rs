//! `Chef::Property` objects: types to derive properties from, and what a class tells of its properties.

use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::property_rules::Rules;
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::{ClassId, Table};
use crate::ruby::env::Args;
use crate::ruby::flow::R;
use crate::ruby::object::{Data, Hash};
use crate::ruby::value::Value;

static METHODS: &[Builtin] = &[
    def("name", 0, 0, |i, v, _| own(i, v, "@name")),
    def("desired_state?", 0, 0, |i, v, _| own(i, v, "@state")),
    def("identity?", 0, 0, |i, v, _| own(i, v, "@identity")),
    def("has_default?", 0, 0, |i, v, _| own(i, v, "@has_default")),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

fn own(interp: &mut Interp, this: Value, ivar: &str) -> R {
    Ok(interp.ivar(this, Name::new(ivar)).unwrap_or(Value::NIL))
}

fn class(interp: &mut Interp) -> ClassId {
    match interp.class_by_path("Chef::Property") {
        Some(class) => class,
        None => {
            let class = interp.define_class("Chef::Property", interp.core.object);
            interp.add_methods(class, &TABLE);
            class
        }
    }
}

/// A property as `Chef::Property` describes it to cookbooks: its name and what kind it is.
pub fn object(interp: &mut Interp, name: Name, rules: &Rules) -> R {
    let class = class(interp);
    let object: Value = interp.alloc(class, Data::Plain).into();
    let kinds = [
        ("@state", rules.is_state()),
        ("@identity", rules.is_identity()),
        ("@has_default", rules.has_default()),
    ];
    interp.set_ivar(object, Name::new("@name"), name.into())?;
    for (ivar, is) in kinds {
        interp.set_ivar(object, Name::new(ivar), is.into())?;
    }
    Ok(object)
}

/// Where the result of `property_type` keeps its options.
pub const TYPE_OPTIONS: &str = "@options";

/// `property_type(is: [true, false], default: false)`: a type for properties to be derived from
/// (`Chef::Mixin::Properties#property_type`).
pub fn property_type(interp: &mut Interp, _: Value, args: &Args) -> R {
    let class = class(interp);
    let object: Value = interp.alloc(class, Data::Plain).into();
    let options = match args.opt(0) {
        Some(options) => options,
        None => interp.hash(Hash::default()),
    };
    interp.set_ivar(object, Name::new(TYPE_OPTIONS), options)?;
    Ok(object)
}
