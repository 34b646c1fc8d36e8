//! The compile phase: cookbooks' libraries, attributes, resources, definitions and recipes in Chef's order.

use std::sync::Arc;

use foretaste_parser::ruby::ast::Program;
use foretaste_parser::source::{Location, SyntaxError};

use super::run::{program, run};
use crate::convergence::{Failure, Stage};
use crate::ruby::Interp;
use crate::ruby::env::{Args, Definee};
use crate::ruby::flow::{Flow, R};
use crate::ruby::object::Data;
use crate::ruby::value::Value;

/// A file with syntax errors raises as Ruby would on loading it.
pub fn check_syntax(interp: &mut Interp, program: &Program) -> R<()> {
    let Some(error) = program.errors.first() else {
        return Ok(());
    };
    let location = syntax_location(program, error);
    let message = format!("{location}: {}", error.message);
    let flow = interp.error(interp.core.syntax_error, message);
    if let Flow::Raise(exception) = &flow
        && let Some(id) = exception.obj()
        && let Data::Exception(e) = &mut interp.heap.get_mut(id).data
    {
        e.backtrace.insert(0, location);
    }
    Err(flow)
}

/// Where Ruby itself would stop: what was opened and never closed is found at the end of the file, or of what is
/// put around a template's code.
fn syntax_location(program: &Program, error: &SyntaxError) -> Location {
    let location = program.source.location(error.span);
    let unclosed = [
        "expected an `end`",
        "unterminated",
        "to end with `end`",
        "end-of-input",
    ];
    if !unclosed.iter().any(|m| error.message.contains(m)) {
        return location;
    }
    let path = program.source.path();
    let lines = program.source.text().lines().count();
    let around = if path.ends_with(".erb") { 2 } else { 0 };
    Location::line(
        path.clone(),
        u32::try_from(lines + around).unwrap_or(1).max(1),
    )
}

/// Compiles everything that comes before the recipes, then the recipes of the expanded run list.
pub fn compile(interp: &mut Interp) -> R<()> {
    let names: Vec<String> = run(interp).cookbooks.keys().cloned().collect();
    for name in &names {
        libraries(interp, name)?;
    }
    for name in &names {
        attributes(interp, name)?;
    }
    for name in &names {
        resources(interp, name)?;
    }
    for name in &names {
        definitions(interp, name)?;
    }
    for recipe in run(interp).recipes.clone() {
        super::dsl::load_recipe(interp, &recipe, "")?;
    }
    Ok(())
}

fn files(interp: &mut Interp, cookbook: &str, folder: &str) -> Vec<(Arc<str>, String)> {
    let Some(chosen) = run(interp).cookbooks.get(cookbook).cloned() else {
        return Vec::new();
    };
    let prefix = chosen.cookbook.path(&format!("{folder}/"));
    chosen
        .cookbook
        .below(folder, ".rb")
        .map(|p| {
            (
                p.clone(),
                p.get(prefix.len()..)
                    .unwrap_or("")
                    .trim_end_matches(".rb")
                    .to_owned(),
            )
        })
        .collect()
}

fn libraries(interp: &mut Interp, cookbook: &str) -> R<()> {
    for (path, _) in files(interp, cookbook, "libraries") {
        require(interp, &path)?;
    }
    Ok(())
}

/// Runs a file of the repository as `require` does: once. `None` where there is no such file, false where it has run.
pub fn require(interp: &mut Interp, path: &str) -> R<Option<bool>> {
    let Some(program) = program(interp, path) else {
        return Ok(None);
    };
    if !run(interp).required.insert(path.into()) {
        return Ok(Some(false));
    }
    check_syntax(interp, &program)?;
    let (main, object) = (interp.main, interp.core.object);
    interp.run_program(&program, main, object)?;
    Ok(Some(true))
}

/// `default.rb` first, then the others by name.
fn attributes(interp: &mut Interp, cookbook: &str) -> R<()> {
    let mut names: Vec<String> = files(interp, cookbook, "attributes")
        .into_iter()
        .map(|(_, n)| n)
        .collect();
    names.sort_by_key(|n| (n != "default", n.clone()));
    for name in names {
        load_attribute_file(interp, cookbook, &name, false)?;
    }
    let single = run(interp)
        .cookbooks
        .get(cookbook)
        .map(|c| c.cookbook.path("attributes.rb"));
    if let Some(path) = single
        && let Some(program) = program(interp, &path)
    {
        run_attributes(interp, &program)?;
    }
    Ok(())
}

/// Runs an attribute file unless it has run already; `strict` raises where there is none.
pub fn load_attribute_file(interp: &mut Interp, cookbook: &str, file: &str, strict: bool) -> R<()> {
    let full = format!("{cookbook}::{file}");
    if !run(interp).loaded_attributes.insert(full.clone()) {
        return Ok(());
    }
    let path = run(interp)
        .cookbooks
        .get(cookbook)
        .map(|c| c.cookbook.path(&format!("attributes/{file}.rb")));
    let found = match path {
        Some(path) => program(interp, &path),
        None => None,
    };
    let Some(program) = found else {
        if strict && !run(interp).cookbooks.contains_key(cookbook) {
            let message = format!(
                "Cookbook {cookbook} not found. If you're loading {cookbook} from another cookbook, make sure you \
                 configure the dependency in your metadata"
            );
            return Err(super::dsl::raise(interp, "CookbookNotFound", message));
        }
        if strict {
            let message = format!(
                "could not find filename {file} in segment attributes for cookbook {cookbook}"
            );
            return Err(super::dsl::raise(interp, "FileNotFound", message));
        }
        return Ok(());
    };
    run_attributes(interp, &program)
}

fn run_attributes(interp: &mut Interp, program: &Arc<Program>) -> R<()> {
    check_syntax(interp, program)?;
    let node = run(interp).node_value;
    let definee = Definee::SingletonOf(node);
    let cref = super::modules::scope(interp, interp.core.object);
    interp.run_program_as(program, node, cref, definee)?;
    Ok(())
}

fn resources(interp: &mut Interp, cookbook: &str) -> R<()> {
    for (path, name) in files(interp, cookbook, "resources") {
        if name.starts_with('_') {
            continue;
        }
        if let Some(program) = program(interp, &path) {
            super::custom::load_resource(interp, cookbook, &name, &program)?;
        }
    }
    for (path, name) in files(interp, cookbook, "providers") {
        if let Some(program) = program(interp, &path) {
            super::custom::load_provider(interp, cookbook, &name, &program)?;
        }
    }
    Ok(())
}

fn definitions(interp: &mut Interp, cookbook: &str) -> R<()> {
    for (path, _) in files(interp, cookbook, "definitions") {
        let Some(program) = program(interp, &path) else {
            continue;
        };
        check_syntax(interp, &program)?;
        let class = run(interp).classes.definition;
        let object: Value = interp.alloc(class, Data::Plain).into();
        let cref = super::modules::scope(interp, interp.core.object);
        interp.run_program_in(&program, object, cref, Args::default())?;
    }
    Ok(())
}

/// A recipe that runs is among those that the node saves.
pub fn note_recipe(interp: &mut Interp, full: &str) {
    let automatic = run(interp)
        .attributes
        .level(super::attributes::Level::Automatic);
    let key = interp.str("recipes");
    let Ok(list) = interp.call(automatic, "[]", &[key]) else {
        return;
    };
    let known = interp
        .array_items(list)
        .is_some_and(|l| l.iter().any(|v| interp.text(*v) == Some(full)));
    if !known {
        let value = interp.str(full);
        if let Ok(list) = interp.array_mut(list) {
            list.push(value);
        }
    }
}

/// Records a failure, unless one came before it.
pub fn fail(interp: &mut Interp, exception: Value, stage: Stage, resource: Option<Value>) {
    let declared = resource
        .and_then(|r| super::resource::meta(interp, r))
        .map(|m| m.location.clone());
    fail_at(interp, exception, stage, resource, declared);
}

/// Records a failure that belongs to `declared` where no frame of it is in a cookbook.
pub fn fail_at(
    interp: &mut Interp,
    exception: Value,
    stage: Stage,
    resource: Option<Value>,
    declared: Option<Location>,
) {
    if run(interp).failure.is_some() {
        return;
    }
    let class = interp
        .class_name(interp.real_class_of(exception))
        .to_string();
    let message = interp.exception_text(exception);
    let trace = match exception.obj().map(|id| interp.data(id)) {
        Some(Data::Exception(e)) => e.backtrace.clone(),
        _ => Vec::new(),
    };
    let template = run(interp).template_place.take();
    let place: Option<Location> = trace.first().cloned().or(declared);
    let resource = resource.map(|r| super::resource::label(interp, r));
    run(interp).failure = Some(Failure {
        stage,
        class,
        message,
        location: place,
        trace,
        resource,
        template,
    });
}
