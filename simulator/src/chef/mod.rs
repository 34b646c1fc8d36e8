//! What Chef adds to Ruby: one node's converge, simulated.
//!
//! [`converge`] follows Chef Infra Client: the run list is expanded over roles and environment, attributes are
//! put into their levels, cookbooks load in order (libraries, attributes, resources, definitions), recipes
//! declare resources, and the converge phase evaluates what is lazy, runs custom resources' actions and renders
//! files. Nothing outside is touched: what would be is unknown, with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foretaste_parser::name::Name;
use foretaste_parser::source::Location;
use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value as Json};

pub mod attributes;
mod context;
mod converge;
mod custom;
mod data_bag;
pub mod deep_merge;
mod definition;
pub mod depsolve;
mod dsl;
pub mod file_specificity;
mod json;
mod load;
pub mod metadata;
mod modules;
mod node;
mod order;
mod outcome;
pub mod platform;
pub mod property_check;
mod resource;
pub mod resource_table;
pub mod roles;
mod run;
pub mod run_list;
mod search;
mod template;
mod unless;
pub mod version;

use crate::convergence::{Convergence, ExpandedRunList, Failure, SavedNode, Stage};
use crate::repository::Repository;
use crate::ruby::Interp;
use crate::ruby::class::ClassId;
use crate::ruby::env::Args;
use crate::ruby::flow::{Flow, R};
use crate::ruby::object::Data;
use crate::ruby::origin::OriginSource;
use crate::ruby::value::{Kind, Value};
use crate::simulation::IndexView;
use attributes::{Attributes, Level};
pub use roles::index_objects;
use run::{Run, View, run};

/// How a converge is simulated.
#[derive(Clone, Debug, Default)]
pub struct Options {}

/// The why-run of one node. Needs a thread with [`crate::ruby::budget::STACK_BYTES`] of stack.
#[must_use]
pub fn converge(
    repository: &Arc<Repository>,
    node: &SavedNode,
    index: IndexView<'_>,
    _options: &Options,
) -> Convergence {
    let mut out = Convergence {
        node: node.name.clone(),
        ..Convergence::default()
    };
    let mut inputs = BTreeSet::new();
    let expansion = match expand(repository, node, &mut inputs) {
        Ok(expansion) => expansion,
        Err(failure) => {
            out.failure = Some(*failure);
            out.inputs = inputs;
            return out;
        }
    };
    out.expanded = ExpandedRunList {
        roles: expansion.expansion.roles.iter().cloned().collect(),
        recipes: expansion.expansion.recipes.keys().cloned().collect(),
    };
    let wanted: Vec<String> = expansion
        .expansion
        .recipes
        .keys()
        .map(|r| run_list::split_recipe(r).0.to_owned())
        .collect();
    let cookbooks = match order::load_order(repository, &wanted) {
        Ok(cookbooks) => cookbooks,
        Err(missing) => {
            let by = missing
                .wanted_by
                .map(|by| format!(" (required by cookbook {by})"))
                .unwrap_or_default();
            out.failure = Some(Failure {
                stage: Stage::Expand,
                class: "Net::HTTPClientException".into(),
                message: format!(
                    "412 \"Precondition Failed\": no such cookbook {}{by}",
                    missing.cookbook
                ),
                location: node.location.clone(),
                trace: Vec::new(),
                resource: None,
                template: None,
            });
            out.inputs = inputs;
            return out;
        }
    };
    for chosen in cookbooks.values() {
        if chosen.cookbook.root.is_empty() {
            inputs.extend(chosen.cookbook.files.iter().cloned());
        } else {
            // Whatever is added to a cookbook may be loaded.
            inputs.insert(format!("{}/", chosen.cookbook.root).into());
        }
    }
    let mut interp = machine(repository, node, index, inputs);
    {
        let run = run(&mut interp);
        run.cookbooks = cookbooks;
        run.roles = out.expanded.roles.clone();
        run.recipes = out.expanded.recipes.clone();
    }
    fill_attributes(&mut interp, node, &expansion);
    match load::compile(&mut interp) {
        Ok(()) => {
            let list = run(&mut interp)
                .collections
                .first()
                .cloned()
                .unwrap_or_default();
            outcome::resolve_subscriptions(&mut interp, &list);
            let _ = converge::converge_all(&mut interp, &list);
        }
        Err(Flow::Raise(exception)) => load::fail(&mut interp, exception, Stage::Compile, None),
        Err(_) => {}
    }
    outcome::collect(&mut interp, node, out)
}

/// The roles that a node's run list expands to; `None` where it cannot be expanded.
#[must_use]
pub fn expanded_roles(repository: &Repository, node: &SavedNode) -> Option<Vec<String>> {
    let expanded = expand(repository, node, &mut BTreeSet::new()).ok()?;
    Some(expanded.expansion.roles.iter().cloned().collect())
}

/// The expanded run list with the files that it came from.
struct Expanded {
    expansion: run_list::Expansion,
    roles: BTreeMap<String, roles::Described>,
    environment: roles::Described,
}

fn expand(
    repository: &Repository,
    node: &SavedNode,
    inputs: &mut BTreeSet<Arc<str>>,
) -> Result<Expanded, Box<Failure>> {
    let unreadable = |u: roles::Unreadable| {
        Box::new(Failure {
            stage: Stage::Expand,
            class: u.class,
            message: u.message,
            location: u.location,
            trace: Vec::new(),
            resource: None,
            template: None,
        })
    };
    let failure = |class: &str, message: String, location: Option<Location>| {
        Box::new(Failure {
            stage: Stage::Expand,
            class: class.to_owned(),
            message,
            location,
            trace: Vec::new(),
            resource: None,
            template: None,
        })
    };
    let mut environment = roles::Described::default();
    let name = if node.chef_environment.is_empty() {
        "_default"
    } else {
        node.chef_environment.as_str()
    };
    if name != "_default" {
        inputs.insert(format!("{}/{name}", repository.layout.environments).into());
        match repository.environments.get(name) {
            Some(path) => {
                inputs.insert(path.clone());
                environment = roles::read(repository, path).map_err(unreadable)?;
            }
            None if repository.environments.is_empty() => {}
            None => {
                let location = node.location.clone();
                return Err(failure(
                    "Net::HTTPClientException",
                    "404 \"Not Found\"".into(),
                    location,
                ));
            }
        }
    }
    let mut items = Vec::new();
    for item in &node.run_list {
        match run_list::RunListItem::parse(item) {
            Ok(item) => items.push(item),
            Err(message) => return Err(failure("ArgumentError", message, node.location.clone())),
        }
    }
    // All roles that can be reached are read first, since expansion itself only looks them up.
    let mut described = BTreeMap::new();
    let mut found = BTreeMap::new();
    let mut todo: Vec<String> = items.iter().filter_map(role_name).collect();
    while let Some(name) = todo.pop() {
        if described.contains_key(&name) {
            continue;
        }
        inputs.insert(format!("{}/{name}", repository.layout.roles).into());
        let Some(path) = repository.roles.get(&name) else {
            continue;
        };
        inputs.insert(path.clone());
        let role = roles::read(repository, path).map_err(unreadable)?;
        let plain = role.role(&name);
        todo.extend(
            plain
                .run_list_for(&node.chef_environment)
                .iter()
                .filter_map(role_name),
        );
        described.insert(name.clone(), role);
        found.insert(name, plain);
    }
    let expansion = run_list::expand(&items, &node.chef_environment, &|name| found.get(name));
    if let Some(message) = expansion.missing_role_message() {
        return Err(failure(
            "Chef::Exceptions::MissingRole",
            message,
            node.location.clone(),
        ));
    }
    Ok(Expanded {
        expansion,
        roles: described,
        environment,
    })
}

fn role_name(item: &run_list::RunListItem) -> Option<String> {
    match item {
        run_list::RunListItem::Role(name) => Some(name.clone()),
        run_list::RunListItem::Recipe { .. } => None,
    }
}

/// A machine with Chef's classes and an empty run.
fn machine(
    repository: &Arc<Repository>,
    node: &SavedNode,
    index: IndexView<'_>,
    inputs: BTreeSet<Arc<str>>,
) -> Interp {
    let mut interp = Interp::new(modules::hooks());
    let (classes, collections) = modules::define(&mut interp);
    // The run is there before anything that asks for it; attributes come right after.
    let blank = Attributes::new(&mut interp, collections);
    let environment = if node.chef_environment.is_empty() {
        "_default".to_owned()
    } else {
        node.chef_environment.clone()
    };
    interp.host = Some(Box::new(Run {
        repository: repository.clone(),
        index: View::of(index),
        node: Arc::new(node.clone()),
        environment,
        attributes: blank,
        classes,
        node_value: Value::NIL,
        run_state: Value::NIL,
        cookbooks: IndexMap::new(),
        roles: Vec::new(),
        recipes: Vec::new(),
        loaded_recipes: IndexSet::new(),
        loaded_attributes: BTreeSet::new(),
        collections: vec![Vec::new()],
        custom: BTreeMap::new(),
        definitions: BTreeMap::new(),
        searches: Vec::new(),
        files: BTreeMap::new(),
        failure: None,
        inputs,
        documents: BTreeMap::new(),
        unmodelled: None,
        metas: BTreeMap::new(),
        customs: BTreeMap::new(),
        own_names: BTreeMap::new(),
        custom_labels: BTreeMap::new(),
        template_depth: 0,
        template_place: None,
        extra_undetermined: Vec::new(),
    }));
    let node_value: Value = interp.alloc(classes.node, Data::Plain).into();
    let state = interp.hash(crate::ruby::object::Hash {
        indifferent: true,
        ..Default::default()
    });
    let run = run(&mut interp);
    run.node_value = node_value;
    run.run_state = state;
    interp
}

/// Puts what the node, its roles and its environment say into the levels.
fn fill_attributes(interp: &mut Interp, node: &SavedNode, expanded: &Expanded) {
    if node.synthetic {
        let unknown = interp.outside("an automatic attribute of a synthetic node");
        run(interp).attributes.missing_automatic = Some(unknown);
    }
    let node_origin = source(interp, format!("node {}", node.name), node.location.clone());
    attributes::load(interp, Level::Normal, &node.normal, node_origin);
    let mut automatic = node.automatic.clone();
    let list = |items: Vec<String>| Json::from(items);
    automatic.insert(
        "recipes".into(),
        list(expanded.expansion.recipes_attribute()),
    );
    automatic.insert(
        "expanded_run_list".into(),
        list(expanded.expansion.expanded_run_list()),
    );
    automatic.insert(
        "roles".into(),
        list(expanded.expansion.roles.iter().cloned().collect()),
    );
    automatic.insert(
        "chef_environment".into(),
        Json::from(run(interp).environment.clone()),
    );
    automatic.insert("name".into(), Json::from(node.name.clone()));
    attributes::load(interp, Level::Automatic, &automatic, node_origin);
    if node.synthetic {
        // Of what is only partly known, the rest is unknown, not absent.
        modules::open_ended(interp, Level::Automatic);
    }
    let environment = &expanded.environment;
    let label = format!("environment {}", run(interp).environment);
    load_described(
        interp,
        Level::EnvDefault,
        &environment.default_attributes,
        &[(label.clone(), environment)],
    );
    load_described(
        interp,
        Level::EnvOverride,
        &environment.override_attributes,
        &[(label, environment)],
    );
    let applied: Vec<(String, &roles::Described)> = expanded
        .expansion
        .applied
        .iter()
        .filter_map(|name| Some((format!("role {name}"), expanded.roles.get(name)?)))
        .collect();
    load_described(
        interp,
        Level::RoleDefault,
        &expanded.expansion.role_default,
        &applied,
    );
    load_described(
        interp,
        Level::RoleOverride,
        &expanded.expansion.role_override,
        &applied,
    );
}

fn source(
    interp: &mut Interp,
    message: String,
    location: Option<Location>,
) -> crate::ruby::value::Origin {
    interp.origins.source(OriginSource {
        message,
        location,
        tag: None,
    })
}

/// Loads a tree one top-level key at a time, with the files that speak of the key as its sources.
fn load_described(
    interp: &mut Interp,
    level: Level,
    tree: &Map<String, Json>,
    files: &[(String, &roles::Described)],
) {
    for (key, value) in tree {
        let mut origin = crate::ruby::value::Origin::HERE;
        for (label, described) in files {
            let own = match level {
                Level::EnvOverride | Level::RoleOverride => &described.override_attributes,
                _ => &described.default_attributes,
            };
            if !own.contains_key(key) {
                continue;
            }
            let line = run(interp)
                .repository
                .text(&described.path)
                .and_then(|text| text.lines().position(|l| l.contains(key.as_str())))
                .map_or(1, |n| u32::try_from(n + 1).unwrap_or(1));
            let location = Location::line(described.path.clone(), line);
            let one = source(interp, format!("{label} sets {key}"), Some(location));
            origin = interp.origins.union(origin, one);
        }
        let mut single = Map::new();
        single.insert(key.clone(), value.clone());
        attributes::load(interp, level, &single, origin);
    }
}

/// One of Chef's exception classes by its short name.
pub(crate) fn error_class(interp: &mut Interp, name: &str) -> ClassId {
    error_class_at(interp, &format!("Chef::Exceptions::{name}"))
}

/// An exception class by its full name, made on first use.
pub(crate) fn error_class_at(interp: &mut Interp, path: &str) -> ClassId {
    if let Some(class) = interp.class_by_path(path) {
        return class;
    }
    let core = interp.core;
    let parent = match path.rsplit("::").next().unwrap_or("") {
        "ValidationFailed" | "RecipeNotFound" => core.argument_error,
        "ImmutableAttributeModification" => core.no_method_error,
        "NoSuchResourceType" => core.name_error,
        _ => core.runtime_error,
    };
    interp.define_class(path, parent)
}

/// Whether a version constraint allows a version; false where either is malformed.
pub(crate) fn version_matches(constraint: &str, wanted: &str) -> bool {
    matches!(platform::version_key(&[constraint], wanted), Ok(Some(_)))
}

/// The predicates of ChefUtils: `debian?`, `rhel?`, …
pub(crate) fn platform_helper(interp: &mut Interp, name: Name, args: &Args) -> R<Option<Value>> {
    let _ = args;
    if let Some(predicate) = platform::predicate(name.as_str()) {
        let fact = match predicate.fact {
            platform::Fact::Machine => {
                let node = run(interp).node_value;
                let kernel = node::top(interp, node, "kernel");
                let key = interp.str("machine");
                let value = attributes::walk(interp, kernel, &[key])?.unwrap_or(Value::NIL);
                match interp.text(value) {
                    Some(text) => Ok(text.to_owned()),
                    None => Err(value),
                }
            }
            platform::Fact::Name => dsl::fact(interp, "platform"),
            platform::Fact::Family => dsl::fact(interp, "platform_family"),
            platform::Fact::Os => dsl::fact(interp, "os"),
        };
        return Ok(Some(match fact {
            Ok(text) => predicate.answer(Some(&text)).into(),
            Err(value) if value.unknown().is_some() => value,
            Err(_) => predicate.answer(None).into(),
        }));
    }
    if let Some(major) = platform::rhel_predicate(name.as_str()) {
        let family = dsl::fact(interp, "platform_family");
        let version = dsl::fact(interp, "platform_version");
        return Ok(Some(match (family, version) {
            (Ok(family), Ok(version)) => {
                let starts = version.split('.').next().and_then(|v| v.parse().ok()) == Some(major);
                (family == "rhel" && starts).into()
            }
            (Err(value), _) | (_, Err(value)) if matches!(value.kind, Kind::Unknown(_)) => value,
            _ => Value::FALSE,
        }));
    }
    Ok(None)
}
