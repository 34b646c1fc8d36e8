//! Resource collections, and what recipes do with them by name (`Chef::DSL::DeclareResource`).

use foretaste_parser::name::Name;

use super::dsl::raise;
use super::notification::Wish;
use super::resource;
use super::run::run;
use crate::ruby::Interp;
use crate::ruby::env::{Args, Definee};
use crate::ruby::flow::{Flow, R};
use crate::ruby::object::Key;
use crate::ruby::unknown::first_hole;
use crate::ruby::value::Value;

/// The resources of the node, or those that one run of a custom resource's action declared.
#[derive(Clone, Debug, Default)]
pub struct Collection {
    pub list: Vec<Value>,
    pub notifications: Vec<Wish>,
    /// Resources converge as they are declared (`unified_mode`).
    pub unified: bool,
    /// The custom resource whose action this is.
    pub owner: Option<Value>,
    /// While converging, the place of the current resource: new ones go behind it.
    pub at: Option<usize>,
}

/// Puts a resource into the innermost collection; in unified mode it converges at once.
pub fn add(interp: &mut Interp, resource: Value) -> R<()> {
    let Some(collection) = run(interp).collections.last_mut() else {
        return Ok(());
    };
    match &mut collection.at {
        Some(at) if *at + 1 < collection.list.len() => {
            *at += 1;
            collection.list.insert(*at, resource);
        }
        _ => collection.list.push(resource),
    }
    let unified = collection.unified;
    if let Some(owner) = collection.owner
        && let Some(meta) = resource::meta(interp, owner)
    {
        meta.children.push(resource);
    }
    if unified {
        super::converge::converge_and_note(interp, resource)?;
    }
    Ok(())
}

/// Adds a resource that was declared, which must have a name.
///
/// # Errors
/// `Chef::Exceptions::ValidationFailed`.
pub fn insert(interp: &mut Interp, resource: Value) -> R<()> {
    let name = interp.ivar(resource, Name::new("@name"));
    if name.is_none_or(Value::is_nil) {
        return Err(raise(
            interp,
            "ValidationFailed",
            "name is a required property",
        ));
    }
    add(interp, resource)
}

/// Checks what `declare_resource` and its like are given: a type, a name, and options of these names.
fn check_args(interp: &mut Interp, args: &Args, options: &[&str]) -> R<()> {
    let last = args.list.last().copied().unwrap_or(Value::NIL);
    let keys: Vec<Name> = match interp.hash_data(last).filter(|_| args.list.len() > 1) {
        Some(hash) => hash
            .map
            .keys()
            .filter_map(|key| match key {
                Key::Sym(name) => Some(*name),
                _ => None,
            })
            .collect(),
        None => Vec::new(),
    };
    let given = args.list.len() - usize::from(!keys.is_empty());
    if given != 2 {
        let message = format!("wrong number of arguments (given {given}, expected 2)");
        return Err(interp.argument_error(message));
    }
    let unknown: Vec<String> = keys
        .iter()
        .filter(|key| !options.contains(&key.as_str()))
        .map(|key| format!(":{key}"))
        .collect();
    match unknown.as_slice() {
        [] => {
            super::dsl::named(interp, args.get(0))?;
            Ok(())
        }
        [one] => Err(interp.argument_error(format!("unknown keyword: {one}"))),
        several => {
            let message = format!("unknown keywords: {}", several.join(", "));
            Err(interp.argument_error(message))
        }
    }
}

const DECLARING: &[&str] = &["created_at", "run_context", "enclosing_provider"];
const EDITING: &[&str] = &["created_at", "run_context"];
const FINDING: &[&str] = &["run_context"];

/// Runs with the collections from `depth` on out of sight.
fn with_outer(interp: &mut Interp, depth: usize, f: impl FnOnce(&mut Interp) -> R) -> R {
    let depth = depth.max(1).min(run(interp).collections.len());
    let inner = run(interp).collections.split_off(depth);
    let result = f(interp);
    run(interp).collections.extend(inner);
    result
}

/// `with_run_context :root do … end`
pub fn with_run_context(interp: &mut Interp, _: Value, args: &Args) -> R {
    let context = args.get(0);
    let fits = matches!(interp.text_or_sym(context), Some("root" | "parent"))
        || interp.ivar(context, Name::new("@depth")).is_some()
        || interp.unknown_of(context).is_some();
    if !fits {
        let message =
            "bad argument to run_context helper, must be :root, :parent, or a Chef::RunContext";
        return Err(interp.argument_error(message.to_owned()));
    }
    let depth = context_depth(interp, context);
    let args = args.clone();
    with_outer(interp, depth, |i| i.yield_to(&args, &[]))
}

/// How many collections a run context sees: `:root`, `:parent`, or a context object.
fn context_depth(interp: &mut Interp, context: Value) -> usize {
    let all = run(interp).collections.len();
    match interp.text_or_sym(context) {
        Some("root") => 1,
        Some("parent") => all.saturating_sub(1),
        _ => match interp.ivar(context, Name::new("@depth")).map(|v| v.kind) {
            Some(crate::ruby::value::Kind::Int(n)) => usize::try_from(n).unwrap_or(all),
            _ => all,
        },
    }
}

/// Runs in the context that `run_context:` names, if it was given.
fn in_context(interp: &mut Interp, args: &Args, f: impl FnOnce(&mut Interp) -> R) -> R {
    let key = Key::Sym(Name::new("run_context"));
    let given = args
        .list
        .last()
        .and_then(|v| interp.hash_data(*v))
        .and_then(|h| h.map.get(&key))
        .map(|(_, v)| *v);
    match given {
        Some(context) => {
            let depth = context_depth(interp, context);
            with_outer(interp, depth, f)
        }
        None => f(interp),
    }
}

/// The last resource declared as `type[name]`, in the innermost collection that has one.
pub fn find_label(interp: &mut Interp, wanted: &str) -> Option<Value> {
    let nameless = format!("{wanted}[]");
    let wanted = if wanted.contains('[') {
        wanted
    } else {
        &nameless
    };
    let lists: Vec<Value> = run(interp)
        .collections
        .iter()
        .rev()
        .flat_map(|l| l.list.iter().rev().copied())
        .collect();
    let (kind, rest) = wanted.split_once('[')?;
    let wanted = rest.strip_suffix(']')?;
    lists.into_iter().find(|r| {
        super::resource::meta(interp, *r).is_some_and(|m| m.r#type == kind)
            && super::resource::name_is(interp, *r, wanted)
    })
}

/// Whether a string has the form `type[name]`.
pub fn is_label(text: &str) -> bool {
    text.find('[').is_some_and(|at| at > 0) && text.ends_with(']')
        || !text.contains(['[', ']', ' '])
}

pub fn invalid_specification(interp: &mut Interp, text: &str) -> Flow {
    let message = format!(
        "The string `{text}' is not valid for resource collection lookup. Correct syntax is \
         `resource_type[resource_name]'"
    );
    raise(interp, "InvalidResourceSpecification", message)
}

fn not_found(interp: &mut Interp, label: &str) -> Flow {
    if !run(interp).elsewhere.is_empty() {
        let reason = format!("{label}, which a cookbook that is not in the repository may declare");
        if let Some(id) = interp.outside(reason).unknown() {
            return Flow::Unknown(id);
        }
    }
    raise(
        interp,
        "ResourceNotFound",
        format!("Cannot find a resource matching {label} (did you define it first?)"),
    )
}

fn lookup(interp: &mut Interp, label: &str) -> R {
    match find_label(interp, label) {
        Some(resource) => Ok(resource),
        None if label.contains('[') => Err(not_found(interp, label)),
        None => Err(not_found(interp, &format!("{label}[]"))),
    }
}

fn wanted(interp: &mut Interp, args: &Args) -> R<String> {
    let kind = interp.to_text(args.get(0))?;
    match args.opt(1) {
        Some(name) if interp.hash_data(name).is_none() => {
            let name = interp.to_text(name)?;
            Ok(format!("{kind}[{name}]"))
        }
        _ => Ok(kind),
    }
}

pub fn declare_resource(interp: &mut Interp, this: Value, args: &Args) -> R {
    check_args(interp, args, DECLARING)?;
    in_context(interp, args, |interp| {
        let resource = build_resource(interp, this, args)?;
        insert(interp, resource)?;
        Ok(resource)
    })
}

pub fn build_resource(interp: &mut Interp, this: Value, args: &Args) -> R {
    check_args(interp, args, DECLARING)?;
    if let Some(id) = interp.unknown_or_hole(args.get(0)) {
        return Err(Flow::Unknown(id));
    }
    let kind = interp.to_text(args.get(0))?;
    match resource::class_for(interp, &kind) {
        Some(class) => {
            let name = args
                .opt(1)
                .filter(|v| interp.hash_data(*v).is_none())
                .unwrap_or(Value::NIL);
            resource::build(interp, this, &kind, class, name, args.block)
        }
        None => Err(resource::no_such(interp, &kind)),
    }
}

pub fn find_resource(interp: &mut Interp, this: Value, args: &Args) -> R {
    check_args(interp, args, EDITING)?;
    in_context(interp, args, |interp| {
        let label = wanted(interp, args)?;
        match (first_hole(&label), find_label(interp, &label)) {
            // Whether there is one of an unknown name cannot be told; a block says what there will be.
            (Some(id), _) if args.block.is_none() => Err(Flow::Unknown(id)),
            (None, Some(resource)) => Ok(resource),
            (None, None) if args.block.is_none() => Ok(Value::NIL),
            _ => declare_resource(interp, this, args),
        }
    })
}

pub fn find_resource_strict(interp: &mut Interp, _: Value, args: &Args) -> R {
    check_args(interp, args, FINDING)?;
    in_context(interp, args, |interp| {
        let label = wanted(interp, args)?;
        lookup(interp, &label)
    })
}

/// Runs a block in a resource that was found; a custom resource's action passes its resource on.
fn edit(interp: &mut Interp, this: Value, found: Value, args: &Args) -> R {
    if let Some(block) = args.block {
        let outer = resource::new_resource(interp, this);
        let definee = Definee::SingletonOf(found);
        interp.instance_exec(block, found, definee, Args::of(outer.as_slice()))?;
    }
    Ok(found)
}

pub fn edit_resource(interp: &mut Interp, this: Value, args: &Args) -> R {
    check_args(interp, args, EDITING)?;
    in_context(interp, args, |interp| {
        let label = wanted(interp, args)?;
        match (first_hole(&label), find_label(interp, &label)) {
            (None, Some(found)) => edit(interp, this, found, args),
            _ => declare_resource(interp, this, args),
        }
    })
}

pub fn edit_resource_strict(interp: &mut Interp, this: Value, args: &Args) -> R {
    check_args(interp, args, EDITING)?;
    in_context(interp, args, |interp| {
        let label = wanted(interp, args)?;
        let found = lookup(interp, &label)?;
        edit(interp, this, found, args)
    })
}

pub fn delete_resource(interp: &mut Interp, _: Value, args: &Args) -> R {
    check_args(interp, args, FINDING)?;
    in_context(interp, args, |interp| {
        let label = wanted(interp, args)?;
        let found = find_label(interp, &label);
        if let Some(found) = found {
            remove(interp, found, &label);
        }
        Ok(found.unwrap_or(Value::NIL))
    })
}

pub fn delete_resource_strict(interp: &mut Interp, _: Value, args: &Args) -> R {
    check_args(interp, args, FINDING)?;
    in_context(interp, args, |interp| {
        let label = wanted(interp, args)?;
        let found = lookup(interp, &label)?;
        remove(interp, found, &label);
        Ok(found)
    })
}

fn remove(interp: &mut Interp, resource: Value, label: &str) {
    for collection in &mut run(interp).collections {
        collection.list.retain(|r| r.kind != resource.kind);
        collection.notifications.retain(|w| w.from != label);
    }
    for meta in run(interp).metas.values_mut() {
        meta.children.retain(|r| r.kind != resource.kind);
    }
}

/// `resources('service[x]')`, `resources(service: 'x')`
pub fn resources(interp: &mut Interp, _: Value, args: &Args) -> R {
    let mut out = Vec::new();
    for value in args.list.clone() {
        if let Some(hash) = interp.hash_data(value) {
            let pairs: Vec<(Value, Value)> = hash.map.values().copied().collect();
            for (kind, names) in pairs {
                let kind = interp.to_text(kind)?;
                let names = match interp.array_items(names) {
                    Some(items) => items.to_vec(),
                    None => vec![names],
                };
                for name in names {
                    let name = interp.to_text(name)?;
                    out.push(lookup(interp, &format!("{kind}[{name}]"))?);
                }
            }
        } else if interp.text(value).is_some() {
            let text = interp.to_text(value)?;
            if !is_label(&text) {
                let message = format!(
                    "Bad string format {text}, you must have a string like resource_type[name]!"
                );
                return Err(interp.argument_error(message));
            }
            out.push(lookup(interp, &text)?);
        } else {
            let message = "arguments to Chef::ResourceCollection::ResourceSet#find should be of the form \
                           :resource => 'name' or 'resource[name]'";
            return Err(raise(interp, "InvalidResourceSpecification", message));
        }
    }
    match out.as_slice() {
        [only] => Ok(*only),
        _ => Ok(interp.array(out)),
    }
}
