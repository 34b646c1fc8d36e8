//! `notifies` and `subscribes`, and finding out whom they mean.

use foretaste_parser::source::Location;

use super::collection;
use super::dsl::raise;
use super::resource::{actions, label, meta};
use super::run::run;
use crate::convergence::Notification;
use crate::hash::{HashMap, HashSet};
use crate::ruby::Interp;
use crate::ruby::env::Args;
use crate::ruby::flow::R;
use crate::ruby::value::Value;

/// In the order in which they are told; an unknown one comes last.
const TIMINGS: [&str; 3] = ["before", "immediately", "delayed"];

/// One notification as written; `subscribes` is one of the resource that is subscribed to.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Label of the resource whose change is told.
    pub from: String,
    pub notification: Notification,
}

pub fn notifies(interp: &mut Interp, this: Value, args: &Args) -> R {
    // Only `subscribes` takes a list.
    if interp.array_items(args.get(1)).is_some() {
        let shown = interp.inspect(args.get(1))?;
        return Err(no_resource(interp, &shown));
    }
    let own = label(interp, this);
    for (target, notification) in wishes(interp, this, args)? {
        add(
            interp,
            own.clone(),
            Notification {
                target,
                ..notification
            },
        );
    }
    Ok(Value::TRUE)
}

pub fn subscribes(interp: &mut Interp, this: Value, args: &Args) -> R {
    let own = label(interp, this);
    for (from, notification) in wishes(interp, this, args)? {
        let target = own.clone();
        add(
            interp,
            from,
            Notification {
                target,
                ..notification
            },
        );
    }
    Ok(Value::TRUE)
}

fn add(interp: &mut Interp, from: String, notification: Notification) {
    if let Some(collection) = run(interp).collections.last_mut() {
        collection.notifications.push(Wish { from, notification });
    }
}

/// What `notifies` and `subscribes` were given, for each resource named.
fn wishes(interp: &mut Interp, this: Value, args: &Args) -> R<Vec<(String, Notification)>> {
    let action = super::dsl::named(interp, args.get(0))?;
    let given = match args.opt(2) {
        Some(timing) if interp.hash_data(timing).is_none() => interp.to_text(timing)?,
        _ => "delayed".to_owned(),
    };
    let timing = match given.as_str() {
        "delayed" | "before" => given,
        "immediate" | "immediately" => "immediately".to_owned(),
        _ if crate::ruby::unknown::first_hole(&given).is_some() => interp.show_holes(&given),
        _ => {
            let list = match interp.array_items(args.get(1)) {
                Some(items) => items.to_vec(),
                None => vec![args.get(1)],
            };
            let list = interp.array(list);
            let (list, own) = (interp.inspect(list)?, label(interp, this));
            let message = format!(
                "invalid timing: {given} for notifies({action}, {list}, {given}) resource {own} Valid timings are: \
                 :delayed, :immediate, :immediately, :before"
            );
            return Err(interp.argument_error(message));
        }
    };
    let location = interp.location().unwrap_or_else(|| Location::line("", 1));
    let mut labels = Vec::new();
    targets(interp, args.get(1), &mut labels)?;
    let notification = Notification {
        timing,
        action: interp.show_holes(&action),
        target: String::new(),
        location,
    };
    Ok(labels
        .into_iter()
        .map(|l| (interp.show_holes(&l), notification.clone()))
        .collect())
}

fn no_resource(interp: &mut Interp, shown: &str) -> crate::ruby::flow::Flow {
    let message = format!(
        "The object `{shown}' is not valid for resource collection lookup. Use a String like \
         `resource_type[resource_name]' or a Chef::Resource object"
    );
    raise(interp, "InvalidResourceSpecification", message)
}

/// The labels that a target stands for: a string, a resource, `{ type => name }` or a list of those.
fn targets(interp: &mut Interp, target: Value, out: &mut Vec<String>) -> R<()> {
    if let Some(hash) = interp.hash_data(target) {
        let pairs: Vec<(Value, Value)> = hash.map.values().copied().collect();
        for (kind, name) in pairs {
            let kind = interp.to_text(kind)?;
            let names = match interp.array_items(name) {
                Some(items) => items.to_vec(),
                None => vec![name],
            };
            for name in names {
                let name = interp.to_text(name)?;
                out.push(format!("{kind}[{name}]"));
            }
        }
    } else if let Some(items) = interp.array_items(target).map(<[Value]>::to_vec) {
        for item in items {
            targets(interp, item, out)?;
        }
    } else {
        let text = interp.to_text(target)?;
        let resource = run(interp).classes.resource;
        let is_known = interp.unknown_or_hole(target).is_none();
        if is_known && interp.text(target).is_none() && !interp.is_a(target, resource) {
            let shown = interp.inspect(target)?;
            return Err(no_resource(interp, &shown));
        }
        if is_known && !collection::is_label(&text) {
            return Err(collection::invalid_specification(interp, &text));
        }
        out.push(text);
    }
    Ok(())
}

/// Gives every resource of the innermost collection what is to be told when it changes. Chef keeps this by
/// label, so resources of one label share it; what is told before comes first, then at once, then at the end.
pub fn settle(interp: &mut Interp) {
    let Some(collection) = run(interp).collections.last() else {
        return;
    };
    if collection.notifications.is_empty() {
        return;
    }
    let list = collection.list.clone();
    let mut wanted: HashMap<String, Vec<Notification>> = HashMap::default();
    for wish in &collection.notifications {
        let of_one = wanted.entry(wish.from.clone()).or_default();
        of_one.push(wish.notification.clone());
    }
    for notifications in wanted.values_mut() {
        let told = |n: &Notification| TIMINGS.iter().position(|t| *t == n.timing);
        notifications.sort_by_key(|n| told(n).unwrap_or(TIMINGS.len()));
    }
    let kinds: HashSet<String> = wanted
        .keys()
        .filter_map(|label| Some(label.split_once('[')?.0.to_owned()))
        .collect();
    for resource in list {
        let notifies = match meta(interp, resource) {
            Some(meta) if kinds.contains(&meta.r#type) => {
                let own = label(interp, resource);
                let own = interp.show_holes(&own);
                wanted.get(&own).cloned().unwrap_or_default()
            }
            _ => Vec::new(),
        };
        if let Some(meta) = meta(interp, resource) {
            meta.notifies = notifies;
        }
    }
}

/// An action of a resource that is run only where another resource changes something.
#[derive(Clone, Copy, Debug)]
pub struct Notified {
    pub notifier: Value,
    pub target: Value,
    pub action: foretaste_parser::name::Name,
}

/// The error for the first notification of a resource whose target is in no collection.
///
/// # Errors
/// `Chef::Exceptions::ResourceNotFound`.
pub fn check_targets(interp: &mut Interp, this: Value) -> R<()> {
    let (notifies, location) = match meta(interp, this) {
        Some(meta) if !meta.notifies.is_empty() => (meta.notifies.clone(), meta.location.clone()),
        _ => return Ok(()),
    };
    for notification in notifies {
        let target = &notification.target;
        if target.contains('‹') {
            continue;
        }
        if let Some(target) = collection::find_label(interp, target) {
            let action = foretaste_parser::name::Name::new(&notification.action);
            let declared = actions(interp, target);
            if !declared.iter().any(|a| a == action.as_str()) {
                run(interp).notified.push(Notified {
                    notifier: this,
                    target,
                    action,
                });
            }
            continue;
        }
        if !run(interp).elsewhere.is_empty() {
            let target = target.clone();
            interp.outside(format!(
                "whether a cookbook that is not in the repository declares {target}"
            ));
            continue;
        }
        let label = label(interp, this);
        return Err(raise(
            interp,
            "ResourceNotFound",
            format!(
                "resource {label} is configured to notify resource {target} with action {}, but {target} cannot be \
                 found in the resource collection. {label} is defined in {}:in `from_file'\n",
                notification.action, location
            ),
        ));
    }
    Ok(())
}

/// `delayed_action :create`: the resource's own action, once, at the end of the run.
pub fn delayed_action(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut list = Vec::new();
    for value in &args.list {
        match interp.array_items(*value) {
            Some(items) => list.extend(items.to_vec()),
            None => list.push(*value),
        }
    }
    for value in list {
        let action = interp.to_text(value)?;
        let delayed = &mut run(interp).delayed;
        if !delayed
            .iter()
            .any(|(r, a)| r.kind == this.kind && *a == action)
        {
            delayed.push((this, action));
        }
    }
    Ok(Value::NIL)
}
