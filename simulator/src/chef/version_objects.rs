//! `Chef::Version` and `Chef::VersionConstraint`, and their forms for platforms, as recipes make them.

use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::dsl::raise;
use super::version::{Constraint, Flavour, Version};
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::{ClassId, Table};
use crate::ruby::env::Args;
use crate::ruby::flow::R;
use crate::ruby::object::Data;
use crate::ruby::value::Value;

static VERSION: &[Builtin] = &[
    def("<=>", 1, 1, |i, t, a| {
        let (Some(a), Some(b)) = (version_of(i, t), version_of(i, a.get(0))) else {
            return Ok(Value::NIL);
        };
        Ok((a.cmp(&b) as i64).into())
    }),
    def("eql?", 1, 1, |i, t, a| {
        Ok((version_of(i, t) == version_of(i, a.get(0))).into())
    }),
    def("inspect", 0, 0, |i, t, _| text(i, t, "@text")),
    def("major", 0, 0, |i, t, _| part(i, t, |v| v.major)),
    def("minor", 0, 0, |i, t, _| part(i, t, |v| v.minor)),
    def("patch", 0, 0, |i, t, _| part(i, t, |v| v.patch)),
    def("to_s", 0, 0, |i, t, _| text(i, t, "@text")),
];
static VERSION_TABLE: Table = LazyLock::new(|| table(VERSION));

static VERSION_CLASS: &[Builtin] = &[def("new", 0, 1, |i, t, a| {
    let given = a.get(0);
    let text = i.to_text(given)?;
    let class = i.as_class(t).unwrap_or(i.core.object);
    make_version(i, class, &text)
})];
static VERSION_CLASS_TABLE: Table = LazyLock::new(|| table(VERSION_CLASS));

static CONSTRAINT: &[Builtin] = &[
    def("==", 1, 1, same),
    def("eql?", 1, 1, same),
    def("include?", 1, 1, include),
    def("inspect", 0, 0, |i, t, _| {
        let text = text(i, t, "@text")?;
        let text = i.to_text(text)?;
        Ok(i.str(format!("({text})")))
    }),
    def("op", 0, 0, |i, t, _| {
        let text = text(i, t, "@text")?;
        let text = i.to_text(text)?;
        Ok(i.str(text.split(' ').next().unwrap_or("")))
    }),
    def("to_s", 0, 0, |i, t, _| text(i, t, "@text")),
    def("version", 0, 0, |i, t, _| {
        let text = text(i, t, "@text")?;
        let text = i.to_text(text)?;
        let raw = text.split_once(' ').map_or("", |(_, raw)| raw).to_owned();
        let class = version_class(i, t);
        make_version(i, class, &raw)
    }),
];
static CONSTRAINT_TABLE: Table = LazyLock::new(|| table(CONSTRAINT));

static CONSTRAINT_CLASS: &[Builtin] = &[def("new", 0, 1, new_constraint)];
static CONSTRAINT_CLASS_TABLE: Table = LazyLock::new(|| table(CONSTRAINT_CLASS));

/// Defines the classes.
pub fn install(interp: &mut Interp) {
    let object = interp.core.object;
    let version = interp.define_class("Chef::Version", object);
    interp.include(version, interp.core.comparable);
    interp.add_methods(version, &VERSION_TABLE);
    interp.add_static(version, &VERSION_CLASS_TABLE);
    interp.define_class("Chef::Version::Platform", version);
    let constraint = interp.define_class("Chef::VersionConstraint", object);
    interp.add_methods(constraint, &CONSTRAINT_TABLE);
    interp.add_static(constraint, &CONSTRAINT_CLASS_TABLE);
    interp.define_class("Chef::VersionConstraint::Platform", constraint);
}

fn flavour(interp: &Interp, class: ClassId) -> Flavour {
    match interp.class_name(class).ends_with("Platform") {
        true => Flavour::Platform,
        false => Flavour::Cookbook,
    }
}

fn version_class(interp: &Interp, constraint: Value) -> ClassId {
    let path = match flavour(interp, interp.real_class_of(constraint)) {
        Flavour::Platform => "Chef::Version::Platform",
        Flavour::Cookbook => "Chef::Version",
    };
    interp.class_named(path)
}

fn text(interp: &mut Interp, this: Value, ivar: &str) -> R {
    Ok(interp.ivar(this, Name::new(ivar)).unwrap_or(Value::NIL))
}

fn own_text(interp: &Interp, this: Value) -> Option<&str> {
    interp.text(interp.ivar(this, Name::new("@text"))?)
}

fn version_of(interp: &mut Interp, this: Value) -> Option<Version> {
    let class = interp.class_named("Chef::Version");
    let is_version = interp.is_a(this, class);
    let text = own_text(interp, this).filter(|_| is_version)?;
    Version::parse(text, Flavour::Cookbook).ok()
}

fn part(interp: &mut Interp, this: Value, part: fn(Version) -> u64) -> R {
    let number = version_of(interp, this).map_or(0, part);
    Ok(i64::try_from(number).unwrap_or(i64::MAX).into())
}

fn make_version(interp: &mut Interp, class: ClassId, text: &str) -> R {
    let flavour = flavour(interp, class);
    let version = match Version::parse(text, flavour) {
        Ok(version) => version.to_string(),
        Err(message) => {
            let error = match flavour {
                Flavour::Platform => "InvalidPlatformVersion",
                Flavour::Cookbook => "InvalidCookbookVersion",
            };
            return Err(raise(interp, error, message));
        }
    };
    with_text(interp, class, version)
}

fn with_text(interp: &mut Interp, class: ClassId, text: String) -> R {
    let made: Value = interp.alloc(class, Data::Plain).into();
    let text = interp.str(text);
    interp.set_ivar(made, Name::new("@text"), text)?;
    Ok(made)
}

fn new_constraint(interp: &mut Interp, this: Value, args: &Args) -> R {
    const ANY: &str = ">= 0.0.0";
    let class = interp.as_class(this).unwrap_or(interp.core.object);
    let given = args.get(0);
    let list = interp.array_items(given).map(<[Value]>::to_vec);
    let spec = match (&list, interp.text(given)) {
        _ if given.is_nil() => ANY.to_owned(),
        (Some(list), _) => match list.as_slice() {
            [] => ANY.to_owned(),
            [one] => interp.to_text(*one)?,
            many => {
                let mut texts = Vec::new();
                for value in many {
                    texts.push(interp.to_text(*value)?);
                }
                let message = format!(
                    "only one version constraint operation is supported, but you gave {} ['{}']",
                    many.len(),
                    texts.join(", ")
                );
                return Err(raise(interp, "InvalidVersionConstraint", message));
            }
        },
        (None, Some(text)) => text.to_owned(),
        (None, None) => {
            let shown = interp.inspect(given)?;
            let message =
                format!("VersionConstraint should be created from a String. You gave: {shown}");
            return Err(raise(interp, "InvalidVersionConstraint", message));
        }
    };
    match Constraint::parse(&spec, flavour(interp, class)) {
        Ok(constraint) => with_text(interp, class, constraint.to_string()),
        Err(message) => {
            let error = match message.contains("does not match") {
                true if flavour(interp, class) == Flavour::Platform => "InvalidPlatformVersion",
                true => "InvalidCookbookVersion",
                false => "InvalidVersionConstraint",
            };
            Err(raise(interp, error, message))
        }
    }
}

fn include(interp: &mut Interp, this: Value, args: &Args) -> R {
    let given = args.get(0);
    let has_version = given.obj().is_some() && interp.responds(given, "version");
    let version = match has_version {
        true => interp.call(given, "version", &[])?,
        false => given,
    };
    let version = interp.to_text(version)?;
    let class = version_class(interp, this);
    let version = make_version(interp, class, &version)?;
    let flavour = flavour(interp, interp.real_class_of(this));
    let constraint = own_text(interp, this).and_then(|t| Constraint::parse(t, flavour).ok());
    let version = version_of(interp, version);
    Ok(match (constraint, version) {
        (Some(constraint), Some(version)) => constraint.allows(version).into(),
        _ => Value::FALSE,
    })
}

fn same(interp: &mut Interp, this: Value, args: &Args) -> R {
    let other = args.get(0);
    let alike = interp.real_class_of(this) == interp.real_class_of(other)
        && own_text(interp, this) == own_text(interp, other);
    Ok(alike.into())
}
