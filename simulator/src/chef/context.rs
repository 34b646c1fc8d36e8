//! `run_context` as cookbooks use it.

use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::file_specificity::{self, Segment, Wanted};
use super::run::run;
use super::{collection, template};
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::{ClassId, Table};
use crate::ruby::env::Args;
use crate::ruby::flow::R;
use crate::ruby::object::{Data, Hash, Key};
use crate::ruby::value::{Kind, Value};

static METHODS: &[Builtin] = &[
    def("node", 0, 0, |i, _, _| Ok(run(i).node_value)),
    // Chef's own has much to show, and so Ruby's messages leave it out.
    def("inspect", 0, 0, |i, v, _| {
        let text = i.any_to_s(v);
        Ok(i.str(text))
    }),
    def("root_run_context", 0, 0, |i, _, _| root(i)),
    def("parent_run_context", 0, 0, |i, v, _| {
        let depth = depth(i, v).saturating_sub(1);
        at_depth(i, depth)
    }),
    def("resource_collection", 0, 0, |_, v, _| Ok(v)),
    def("cookbook_collection", 0, 0, cookbooks),
    def("include?", 1, 1, |i, _, a| {
        let label = i.to_text(a.get(0))?;
        Ok(collection::find_label(i, &label).is_some().into())
    }),
    def("include_recipe", 1, -1, |i, _, a| include(i, a)),
    def("loaded_recipe?", 1, 1, loaded),
    def("loaded_recipes", 0, 0, |i, _, _| {
        let names: Vec<String> = run(i).loaded_recipes.iter().cloned().collect();
        let names = names.into_iter().map(|name| i.str(name)).collect();
        Ok(i.array(names))
    }),
    def("loaded_fully_qualified_recipe?", 2, 2, |i, _, a| {
        let full = qualified(i, a)?;
        Ok(run(i).loaded_recipes.contains(&full).into())
    }),
    def("loaded_fully_qualified_attribute?", 2, 2, |i, _, a| {
        let full = qualified(i, a)?;
        Ok(run(i).loaded_attributes.contains(&full).into())
    }),
    def("has_template_in_cookbook?", 2, 2, |i, _, a| {
        has_file(i, a, "templates")
    }),
    def("has_cookbook_file_in_cookbook?", 2, 2, |i, _, a| {
        has_file(i, a, "files")
    }),
    def("find", 1, 1, collection::resources),
    def("lookup", 1, 1, collection::resources),
    def("all_resources", 0, 0, all),
    def("to_a", 0, 0, all),
    def("each", 0, 0, each),
    def("map", 0, 0, map),
    def("insert", 1, 2, |i, _, a| {
        collection::add(i, a.get(0))?;
        Ok(a.get(0))
    }),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

/// Adds the methods where they are not there yet.
pub fn install(interp: &mut Interp, class: ClassId) {
    if interp.classes.get(class).natives.is_empty() {
        interp.add_methods(class, &TABLE);
    }
}

fn include(interp: &mut Interp, args: &Args) -> R {
    for value in args.list.clone() {
        let name = interp.to_text(value)?;
        super::dsl::load_recipe(interp, &name, "")?;
    }
    Ok(Value::NIL)
}

fn loaded(interp: &mut Interp, _: Value, args: &Args) -> R {
    let name = interp.to_text(args.get(0))?;
    let (cookbook, recipe) = super::dsl::qualified(&name, "");
    Ok(run(interp)
        .loaded_recipes
        .contains(&format!("{cookbook}::{recipe}"))
        .into())
}

/// `cookbook::file` of a cookbook's name and a file's.
fn qualified(interp: &mut Interp, args: &Args) -> R<String> {
    let (cookbook, file) = (interp.to_text(args.get(0))?, interp.to_text(args.get(1))?);
    Ok(format!("{cookbook}::{file}"))
}

fn has_file(interp: &mut Interp, args: &Args, kind: &str) -> R {
    let (cookbook, file) = (interp.to_text(args.get(0))?, interp.to_text(args.get(1))?);
    let ending = format!("/{file}");
    let found = run(interp)
        .cookbooks
        .get(&cookbook)
        .is_some_and(|c| c.cookbook.below(kind, "").any(|p| p.ends_with(&ending)));
    Ok(found.into())
}

fn depth(interp: &Interp, this: Value) -> usize {
    match interp.ivar(this, Name::new("@depth")).map(|v| v.kind) {
        Some(Kind::Int(n)) => usize::try_from(n).unwrap_or(1),
        _ => 1,
    }
}

/// The run's own context, which `Chef.run_context` and `node.run_context` are wherever they are called.
pub fn root(interp: &mut Interp) -> R {
    at_depth(interp, 1)
}

fn at_depth(interp: &mut Interp, depth: usize) -> R {
    let context = super::dsl::run_context(interp);
    interp.set_ivar(context, Name::new("@depth"), Value::count(depth.max(1)))?;
    Ok(context)
}

/// The cookbooks of the run by name; of each, its name and version.
fn cookbooks(interp: &mut Interp, _: Value, _: &Args) -> R {
    let known: Vec<(String, String)> = run(interp)
        .cookbooks
        .iter()
        .map(|(name, chosen)| {
            let version = chosen.cookbook.version.clone();
            (name.clone(), version.unwrap_or_else(|| "0.0.0".to_owned()))
        })
        .collect();
    let class = match interp.class_by_path("Chef::CookbookVersion") {
        Some(class) => class,
        None => {
            let class = interp.define_class("Chef::CookbookVersion", interp.core.object);
            interp.add_methods(class, &COOKBOOK_TABLE);
            class
        }
    };
    let mut hash = Hash {
        indifferent: true,
        ..Hash::default()
    };
    for (name, version) in known {
        let object: Value = interp.alloc(class, Data::Plain).into();
        let (key, own, version) = (
            Key::Str(name.as_str().into()),
            interp.str(name),
            interp.str(version),
        );
        interp.set_ivar(object, Name::new("@name"), own)?;
        interp.set_ivar(object, Name::new("@version"), version)?;
        hash.map.insert(key, (own, object));
    }
    Ok(interp.hash(hash))
}

static COOKBOOK: &[Builtin] = &[
    def("name", 0, 0, |i, v, _| {
        Ok(i.ivar(v, Name::new("@name")).unwrap_or(Value::NIL))
    }),
    def("version", 0, 0, |i, v, _| {
        Ok(i.ivar(v, Name::new("@version")).unwrap_or(Value::NIL))
    }),
    def(
        "relative_filenames_in_preferred_directory",
        3,
        3,
        files_of_directory,
    ),
];
/// `relative_filenames_in_preferred_directory(node, segment, folder)`: the files of the most specific of the folders
/// that a `remote_directory` could mean, by their paths inside it.
fn files_of_directory(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = interp.ivar(this, Name::new("@name")).unwrap_or(Value::NIL);
    let name = interp.to_text(name)?;
    let segment = match interp.to_text(args.get(1))?.as_str() {
        "files" => Segment::Files,
        "templates" => Segment::Templates,
        other => return Ok(interp.unsupported(format!("the folder {other} of a cookbook"))),
    };
    let folder = interp.to_text(args.get(2))?;
    let facts = template::Facts::of(interp);
    let chosen = run(interp).cookbooks.get(&name).cloned();
    for candidate in file_specificity::candidates(segment, Wanted::One(&folder), facts.host()) {
        let Some(chosen) = &chosen else { break };
        let prefix = format!("{}/", chosen.cookbook.path(&candidate));
        let found: Vec<String> = chosen
            .cookbook
            .below(&candidate, "")
            .filter_map(|path| path.strip_prefix(&prefix).map(str::to_owned))
            .collect();
        if !found.is_empty() {
            let found = found.into_iter().map(|path| interp.str(path)).collect();
            return Ok(interp.array(found));
        }
    }
    let part = segment.name();
    let message = format!("cookbook {name} has no directory {part}/default/{folder}");
    Err(super::dsl::raise(interp, "FileNotFound", message))
}

static COOKBOOK_TABLE: Table = LazyLock::new(|| table(COOKBOOK));

fn list(interp: &mut Interp, this: Value) -> Vec<Value> {
    let at = depth(interp, this).saturating_sub(1);
    let found = run(interp).collections.get(at);
    found.map(|c| c.list.clone()).unwrap_or_default()
}

fn all(interp: &mut Interp, this: Value, _: &Args) -> R {
    let list = list(interp, this);
    Ok(interp.array(list))
}

fn each(interp: &mut Interp, this: Value, args: &Args) -> R {
    for item in list(interp, this) {
        interp.yield_to(args, &[item])?;
    }
    Ok(this)
}

fn map(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut out = Vec::new();
    for item in list(interp, this) {
        out.push(interp.yield_to(args, &[item])?);
    }
    Ok(interp.array(out))
}
