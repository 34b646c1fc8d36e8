//! The converge phase: what each resource's actions would do, as far as files and further resources go.

use foretaste_parser::name::Name;

use super::custom;
use super::dsl::raise;
use super::resource::{actions, label};
use super::run::run;
use super::template;
use crate::ruby::Interp;
use crate::ruby::env::Args;
use crate::ruby::flow::{Flow, R};
use crate::ruby::value::Value;

/// Converges resources in order. Like the recording of real runs, it goes on after a failure so that all
/// resources are seen, and the first failure is the run's; a halt ends it.
pub fn converge_all(interp: &mut Interp, resources: &[Value]) -> R<()> {
    for resource in resources {
        let result = converge_one(interp, *resource);
        match result {
            Ok(()) => {}
            Err(Flow::Raise(exception)) => {
                let ignored =
                    super::resource::read(interp, *resource, Name::new("ignore_failure"))?;
                if ignored.truthy() != Some(true) {
                    super::load::fail(
                        interp,
                        exception,
                        crate::convergence::Stage::Converge,
                        Some(*resource),
                    );
                }
            }
            Err(Flow::Halt(id)) => return Err(Flow::Halt(id)),
            Err(_) => {}
        }
    }
    Ok(())
}

fn converge_one(interp: &mut Interp, this: Value) -> R<()> {
    check_targets(interp, this)?;
    for action in actions(interp, this) {
        match guards(interp, this)? {
            Guard::Skip => return Ok(()),
            Guard::Run(condition) => run_action(interp, this, &action, condition)?,
        }
    }
    Ok(())
}

/// Runs one action now, as `run_action` does.
pub fn run_one(interp: &mut Interp, this: Value, action: &str) -> R<()> {
    match guards(interp, this)? {
        Guard::Skip => Ok(()),
        Guard::Run(condition) => run_action(interp, this, action, condition),
    }
}

/// A notification must find its target in the collection.
fn check_targets(interp: &mut Interp, this: Value) -> R<()> {
    let Some(meta) = this
        .obj()
        .and_then(|id| run(interp).metas.get(&id))
        .cloned()
    else {
        return Ok(());
    };
    for notification in meta.notifies {
        if notification.target.contains('‹')
            || super::resource::find(interp, &notification.target).is_some()
        {
            continue;
        }
        let label = label(interp, this);
        let target = &notification.target;
        return Err(raise(
            interp,
            "ResourceNotFound",
            format!(
                "resource {label} is configured to notify resource {target} with action {}, but {target} cannot be \
                 found in the resource collection. {label} is defined in {}",
                notification.action, meta.location
            ),
        ));
    }
    Ok(())
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
            let text = interp.show_holes(&text);
            condition = Some(format!("the guard command `{text}`"));
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
    let kind = meta.as_ref().map(|m| m.r#type.clone()).unwrap_or_default();
    let condition = condition.or_else(|| meta.and_then(|m| m.conditional));
    if custom::run_custom(interp, this, action)? {
        return Ok(());
    }
    if action == "nothing" {
        return Ok(());
    }
    match (kind.as_str(), action) {
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
    }
}
