//! The converge phase: what each resource's actions would do, as far as files and further resources go.

use crate::hash::HashSet;
use foretaste_parser::name::Name;
use foretaste_parser::source::Location;

use super::notification;
use super::resource::actions;
use super::run::run;
use super::template;
use crate::convergence::Stage;
use crate::ruby::Interp;
use crate::ruby::env::Args;
use crate::ruby::flow::{Flow, R};
use crate::ruby::value::Value;

/// Converges the node's collection, and at the end what was put off till then.
pub fn converge_run(interp: &mut Interp) -> R<()> {
    converge_innermost(interp, None)?;
    let mut done = 0;
    while let Some((resource, action)) = run(interp).delayed.get(done).cloned() {
        done += 1;
        let result = validate_and_run(interp, resource, &action);
        note(interp, resource, result)?;
    }
    notified(interp)
}

/// What only notifications run, in the order in which they are told: done where the notifying resource changes
/// something, which is for the node to say. Actions that write no file and declare nothing are passed over.
fn notified(interp: &mut Interp) -> R<()> {
    let (mut seen, mut told) = (HashSet::default(), HashSet::default());
    let mut at = 0;
    while let Some(next) = run(interp).notified.get(at).copied() {
        at += 1;
        let acts = super::resource::meta(interp, next.notifier).is_some_and(|m| m.acts)
            || next.notifier.obj().is_some_and(|id| told.contains(&id));
        if !acts || !seen.insert((next.target.obj(), next.action)) {
            continue;
        }
        // What is told to do something may tell others, who stood before it.
        if next.target.obj().is_some_and(|id| told.insert(id)) {
            at = 0;
        }
        if !has_effect(interp, next.target) {
            continue;
        }
        let from = super::resource::label(interp, next.notifier);
        let from = interp.show_holes(&from);
        let why = format!("whether {from} changes anything and so notifies");
        let declared = super::resource::meta(interp, next.target).map_or(0, |m| m.children.len());
        perhaps(interp, next.target, &why, |interp| {
            match guards(interp, next.target)? {
                Guard::Skip => Ok(()),
                Guard::Run(_) => {
                    let condition = Some(why.clone());
                    run_action(interp, next.target, next.action.as_str(), condition)
                }
            }
        })?;
        // The files tell what it would do; in the list of resources stands what a run does in any case.
        if let Some(meta) = super::resource::meta(interp, next.target) {
            meta.children.truncate(declared);
        }
    }
    Ok(())
}

/// Does what depends on `why`: what fails there is no failure of the run as such.
fn perhaps(
    interp: &mut Interp,
    this: Value,
    why: &str,
    f: impl FnOnce(&mut Interp) -> R<()>,
) -> R<()> {
    let certain = run(interp).failure.take();
    let result = f(interp);
    let noted = note(interp, this, result);
    let perhaps = std::mem::replace(&mut run(interp).failure, certain);
    if let Some(failure) = perhaps {
        let (class, message) = (failure.class, failure.message);
        let reason = format!("may raise {class}: {message} (depends on {why})");
        interp.outside_at(reason, failure.location);
    }
    noted
}

/// Whether running a resource can write a file or declare more.
fn has_effect(interp: &mut Interp, this: Value) -> bool {
    let class = interp.real_class_of(this);
    run(interp).core_types.get(&class).is_none_or(|c| {
        matches!(
            c.name,
            "template" | "file" | "cookbook_file" | "remote_directory" | "ruby_block"
        )
    })
}

/// Converges the innermost collection in order. Like the recording of real runs, it goes on after a failure so
/// that all resources are seen, and the first failure is the run's; a halt ends it. `owner` is the resource whose
/// action declared the collection.
pub fn converge_innermost(interp: &mut Interp, owner: Option<Value>) -> R<()> {
    notification::settle(interp);
    let all = match run(interp).collections.last() {
        Some(collection) => collection.list.clone(),
        None => return Ok(()),
    };
    for resource in all {
        if let Err(flow) = notification::check_targets(interp, resource) {
            match flow {
                Flow::Raise(exception) => {
                    let declared = location(interp, resource);
                    super::load::fail_at(interp, exception, Stage::Converge, owner, declared);
                }
                flow => return Err(flow),
            }
        }
    }
    let depth = run(interp).collections.len();
    let mut next = 0;
    while let Some(collection) = run(interp).collections.last_mut() {
        let Some(resource) = collection.list.get(next).copied() else {
            collection.at = None;
            break;
        };
        collection.at = Some(next);
        if !collection.unified {
            converge_and_note(interp, resource)?;
        }
        run(interp).collections.truncate(depth);
        next += 1;
    }
    Ok(())
}

/// Converges one resource and notes its failure.
pub fn converge_and_note(interp: &mut Interp, resource: Value) -> R<()> {
    let result = converge_one(interp, resource);
    note(interp, resource, result)
}

fn note(interp: &mut Interp, resource: Value, result: R<()>) -> R<()> {
    match result {
        Ok(()) => Ok(()),
        Err(Flow::Raise(exception)) => {
            let ignored = super::resource::read(interp, resource, Name::new("ignore_failure"));
            if ignored.ok().and_then(Value::truthy) == Some(false) {
                super::load::fail(interp, exception, Stage::Converge, Some(resource));
            }
            Ok(())
        }
        Err(Flow::Halt(id)) => Err(Flow::Halt(id)),
        Err(_) => Ok(()),
    }
}

fn location(interp: &mut Interp, this: Value) -> Option<Location> {
    super::resource::meta(interp, this).map(|m| m.location.clone())
}

fn converge_one(interp: &mut Interp, this: Value) -> R<()> {
    for action in actions(interp, this) {
        validate_and_run(interp, this, &action)?;
    }
    Ok(())
}

fn validate_and_run(interp: &mut Interp, this: Value, action: &str) -> R<()> {
    super::resource::validate_action(interp, this, Value::sym(action))?;
    run_one(interp, this, action)
}

/// Runs one action now, as `run_action` does.
pub fn run_one(interp: &mut Interp, this: Value, action: &str) -> R<()> {
    // A resource that does nothing does not ask its guards either.
    if action == "nothing" {
        return Ok(());
    }
    match guards(interp, this)? {
        Guard::Skip => Ok(()),
        Guard::Run(condition) => run_action(interp, this, action, condition),
    }
}

enum Guard {
    Skip,
    /// With the reason where it is not certain.
    Run(Option<String>),
}

fn guards(interp: &mut Interp, this: Value) -> R<Guard> {
    let mut condition = None;
    let Some(list) = interp.ivar(this, Name::new("@__guards")) else {
        return Ok(Guard::Run(None));
    };
    for pair in interp
        .array_items(list)
        .map(<[Value]>::to_vec)
        .unwrap_or_default()
    {
        let Some([kind, what]) = interp
            .array_items(pair)
            .and_then(|p| <[Value; 2]>::try_from(p).ok())
        else {
            continue;
        };
        let wants = interp.text_or_sym(kind) == Some("only_if");
        let is_block = matches!(
            what.obj().map(|id| interp.data(id)),
            Some(crate::ruby::object::Data::Proc(_))
        );
        if !is_block {
            let text = interp.to_text(what)?;
            match super::commands::succeeds(interp, &text) {
                Some(truth) if truth != wants => return Ok(Guard::Skip),
                Some(_) => {}
                None => {
                    let text = interp.show_holes(&text);
                    condition = Some(format!("the guard command `{text}`"));
                }
            }
            continue;
        }
        let value = interp.call_proc(what, Args::default())?;
        match value.truthy() {
            Some(truth) if truth != wants => return Ok(Guard::Skip),
            Some(_) => {}
            None => {
                if let Some(id) = value.unknown() {
                    condition = Some(interp.unknowns.reason(id).to_owned());
                }
            }
        }
    }
    Ok(Guard::Run(condition))
}

fn run_action(interp: &mut Interp, this: Value, action: &str, condition: Option<String>) -> R<()> {
    let meta = this
        .obj()
        .and_then(|id| run(interp).metas.get(&id))
        .cloned();
    let class = interp.real_class_of(this);
    let kind = super::resource::core_type(interp, class).map_or("", |c| c.name);
    let condition = condition.or_else(|| meta.and_then(|m| m.conditional));
    if let Some(meta) = super::resource::meta(interp, this) {
        meta.acts = true;
    }
    let is_custom = !run(interp).core_types.contains_key(&class);
    if is_custom || kind == "ruby_block" {
        // What is done only perhaps must not count as done.
        return match condition {
            Some(reason) if interp.condition().is_none() => {
                let declared = location(interp, this);
                let Some(why) = interp.outside_at(reason, declared).unknown() else {
                    return Ok(());
                };
                let acted = |i: &mut Interp| act(i, this, kind, action, None).map(|()| Value::NIL);
                interp.conditionally(why, acted).map(|_| ())
            }
            _ => act(interp, this, kind, action, None),
        };
    }
    match condition {
        Some(why) if interp.condition().is_none() => perhaps(interp, this, &why, |interp| {
            act(interp, this, kind, action, Some(why.clone()))
        }),
        condition => act(interp, this, kind, action, condition),
    }
}

/// Does what an action does. A file that it writes is there only on the condition.
fn act(
    interp: &mut Interp,
    this: Value,
    kind: &str,
    action: &str,
    condition: Option<String>,
) -> R<()> {
    if super::provider::run_custom(interp, this, action)? {
        return Ok(());
    }
    super::property::check_required(interp, this, action)?;
    match (kind, action) {
        ("template", "create" | "create_if_missing") => template::template(interp, this, condition),
        ("file", "create" | "create_if_missing") => template::file(interp, this, condition),
        ("cookbook_file", "create" | "create_if_missing") => {
            template::cookbook_file(interp, this, condition)
        }
        ("remote_directory", "create" | "create_if_missing") => {
            template::remote_directory(interp, this, condition)
        }
        ("ruby_block", "run" | "create") => {
            let block = interp.ivar(this, Name::new("@block")).unwrap_or(Value::NIL);
            if !block.is_nil() {
                interp.call_proc(block, Args::default())?;
            }
            Ok(())
        }
        _ => Ok(()),
    }?;
    super::property::evaluate(interp, this)
}
