//! `run_context` as cookbooks use it.

use std::sync::LazyLock;

use super::resource;
use super::run::run;
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::{ClassId, Table};
use crate::ruby::env::Args;
use crate::ruby::flow::R;
use crate::ruby::value::Value;

static METHODS: &[Builtin] = &[
    def("node", 0, 0, |i, _, _| Ok(run(i).node_value)),
    def("root_run_context", 0, 0, |_, v, _| Ok(v)),
    def("parent_run_context", 0, 0, |_, v, _| Ok(v)),
    def("resource_collection", 0, 0, |_, v, _| Ok(v)),
    def("include_recipe", 1, -1, |i, _, a| include(i, a)),
    def("loaded_recipe?", 1, 1, loaded),
    def("has_template_in_cookbook?", 2, 2, |i, _, a| {
        has_file(i, a, "templates")
    }),
    def("has_cookbook_file_in_cookbook?", 2, 2, |i, _, a| {
        has_file(i, a, "files")
    }),
    def("find", 1, 1, |i, v, a| resource::resources(i, v, a)),
    def("lookup", 1, 1, |i, v, a| resource::resources(i, v, a)),
    def("all_resources", 0, 0, all),
    def("to_a", 0, 0, all),
    def("each", 0, 0, each),
    def("map", 0, 0, each),
    def("insert", 1, 2, |i, _, a| {
        let value = a.get(0);
        if let Some(list) = run(i).collections.last_mut() {
            list.push(value);
        }
        Ok(value)
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

fn has_file(interp: &mut Interp, args: &Args, kind: &str) -> R {
    let (cookbook, file) = (interp.to_text(args.get(0))?, interp.to_text(args.get(1))?);
    let ending = format!("/{file}");
    let found = run(interp)
        .cookbooks
        .get(&cookbook)
        .is_some_and(|c| c.cookbook.below(kind, "").any(|p| p.ends_with(&ending)));
    Ok(found.into())
}

fn all(interp: &mut Interp, _: Value, _: &Args) -> R {
    let list = run(interp).collections.first().cloned().unwrap_or_default();
    Ok(interp.array(list))
}

fn each(interp: &mut Interp, this: Value, args: &Args) -> R {
    for item in run(interp).collections.first().cloned().unwrap_or_default() {
        interp.yield_to(args, &[item])?;
    }
    Ok(this)
}
