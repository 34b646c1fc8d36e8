//! What Chef adds to Ruby: one node's converge, simulated.
//!
//! [`converge`] follows Chef Infra Client: the run list is expanded over roles and environment, attributes are
//! put into their levels, cookbooks load in order (libraries, attributes, resources, definitions), recipes
//! declare resources, and the converge phase evaluates what is lazy, runs custom resources' actions and renders
//! files. Nothing outside is touched: what would be is unknown, with its reason.

use crate::hash::IndexMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexSet;
use serde_json::{Map, Value as Json};

mod attribute_collections;
mod attribute_view;
pub mod attributes;
mod callbacks;
mod coerce;
mod collection;
mod commands;
mod context;
mod converge;
mod custom;
mod data_bag;
pub mod deep_merge;
mod defaults;
mod definition;
pub mod depsolve;
mod dsl;
mod encrypted;
mod expand;
pub mod file_specificity;
mod identity;
mod introspection;
mod json;
mod json_compat;
mod known;
mod levels;
mod load;
pub mod metadata;
mod mixins;
mod model;
mod modules;
mod node;
mod notification;
mod objects;
pub mod ohai;
mod order;
mod outcome;
mod places;
pub mod platform;
mod policy;
mod property;
pub mod property_check;
mod property_object;
mod property_rules;
mod property_validation;
mod provider;
mod provides;
mod require;
mod resource;
pub mod resource_table;
pub mod roles;
mod run;
pub mod run_list;
mod search;
mod template;
#[cfg(test)]
mod tests;
mod unless;
pub mod version;
mod version_objects;

use crate::convergence::{Convergence, ExpandedRunList, SavedNode, Stage, Undetermined};
use crate::repository::Repository;
use crate::ruby::Interp;
use crate::ruby::budget::Budget;
use crate::ruby::class::ClassId;
use crate::ruby::flow::Flow;
use crate::ruby::object::Data;
use crate::ruby::value::Value;
use crate::simulation::IndexView;
use attributes::Attributes;
pub use model::{NodeFile, answer};
pub use policy::policy_groups;
pub use roles::index_objects;
use run::{Run, View, run};

/// How a converge is simulated: what is known of the world outside the repository.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The content of `encrypted_data_bag_secret`. Without it encrypted values are unknown.
    pub secret: Option<String>,
    /// Output of commands that recipes run. Other commands' output is unknown.
    pub commands: Vec<Command>,
    /// What is at paths of the nodes. Other paths are unknown.
    pub files: BTreeMap<String, NodeFile>,
    /// Variables of the client's environment; `None` for one that is not set. Others are unknown.
    pub environment: BTreeMap<String, Option<String>>,
    /// Automatic attributes of nodes that do not have them.
    pub facts: Map<String, Json>,
    /// What one node's run may use.
    pub budget: Budget,
}

/// What a command that `shell_out` or backticks run prints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// The whole command, or a pattern between slashes.
    pub command: String,
    pub stdout: String,
    pub stderr: String,
    pub status: i64,
}

impl Command {
    /// Why no command can ever be meant by a text: a pattern that is none.
    #[must_use]
    pub fn problem(text: &str) -> Option<String> {
        let pattern = text.strip_prefix('/')?.strip_suffix('/')?;
        let error = fancy_regex::Regex::new(pattern).err()?;
        Some(format!("this pattern cannot be read: {error}"))
    }
}

/// The why-run of one node. Needs a thread with [`crate::ruby::budget::STACK_BYTES`] of stack.
#[must_use]
pub fn converge(
    repository: &Arc<Repository>,
    node: &SavedNode,
    index: IndexView<'_>,
    options: &Options,
) -> Convergence {
    let mut out = Convergence {
        node: node.name.clone(),
        ..Convergence::default()
    };
    let mut inputs = BTreeSet::new();
    let expanded = match expand::expand(repository, node, &mut inputs) {
        Ok(expanded) => expanded,
        Err(stopped) => return end(out, stopped, inputs),
    };
    out.expanded = ExpandedRunList {
        roles: expanded.expansion.roles.iter().cloned().collect(),
        recipes: expanded.expansion.recipes.keys().cloned().collect(),
    };
    let (cookbooks, elsewhere) = match expand::cookbooks(repository, node, &expanded, &mut inputs) {
        Ok(cookbooks) => cookbooks,
        Err(stopped) => return end(out, stopped, inputs),
    };
    let chosen = cookbooks.values();
    let open = chosen.filter_map(|c| repository.metadata(&c.cookbook).open.clone());
    let open: Vec<Undetermined> = open.collect();
    let mut interp = machine(repository, node, index, inputs, options);
    {
        let run = run(&mut interp);
        run.extra_undetermined = open;
        run.environment.clone_from(&expanded.environment_name);
        run.run_list.clone_from(&expanded.run_list);
        run.cookbooks = cookbooks;
        run.roles = out.expanded.roles.clone();
        run.recipes = out.expanded.recipes.clone();
        run.elsewhere = elsewhere;
    }
    let facts = &options.facts;
    levels::fill(&mut interp, node, &expanded, facts);
    let compiled = load::compile(&mut interp);
    if let Err(Flow::Raise(exception)) = compiled {
        load::fail(&mut interp, exception, Stage::Compile, None);
    }
    // A run that fails converges nothing more; what it has declared is still worth seeing through.
    if matches!(compiled, Ok(()) | Err(Flow::Raise(_))) {
        let _ = converge::converge_run(&mut interp);
    }
    outcome::collect(&mut interp, node, out)
}

/// The result of a run that ends before any cookbook is read.
fn end(mut out: Convergence, why: expand::Stopped, inputs: BTreeSet<Arc<str>>) -> Convergence {
    match why {
        expand::Stopped::Failure(failure) => out.failure = Some(*failure),
        expand::Stopped::Unknown(open) => out.undetermined.push(open),
    }
    out.inputs = inputs;
    out
}

/// The roles that a node's run list expands to; `None` where it cannot be expanded.
#[must_use]
pub fn expanded_roles(repository: &Repository, node: &SavedNode) -> Option<Vec<String>> {
    let expanded = expand::expand(repository, node, &mut BTreeSet::new()).ok()?;
    Some(expanded.expansion.roles.iter().cloned().collect())
}

/// A machine with Chef's classes and an empty run.
fn machine(
    repository: &Arc<Repository>,
    node: &SavedNode,
    index: IndexView<'_>,
    inputs: BTreeSet<Arc<str>>,
    options: &Options,
) -> Interp {
    let mut interp = Interp::new(modules::hooks());
    interp.budget = options.budget.clone();
    let (classes, collections) = modules::define(&mut interp);
    // The run is there before anything that asks for it; attributes come right after.
    let blank = Attributes::new(&mut interp, collections);
    interp.host = Some(Box::new(Run {
        repository: repository.clone(),
        index: View::of(index),
        node: Arc::new(node.clone()),
        options: options.clone(),
        environment: String::new(),
        run_list: Vec::new(),
        elsewhere: Vec::new(),
        attributes: blank,
        classes,
        node_value: Value::NIL,
        run_state: Value::NIL,
        cookbooks: IndexMap::default(),
        roles: Vec::new(),
        recipes: Vec::new(),
        loaded_recipes: IndexSet::new(),
        loaded_attributes: BTreeSet::new(),
        required: BTreeSet::new(),
        collections: vec![collection::Collection::default()],
        core_types: BTreeMap::new(),
        delayed: Vec::new(),
        notified: Vec::new(),
        custom: BTreeMap::new(),
        offers: BTreeMap::new(),
        definitions: BTreeMap::new(),
        searches: Vec::new(),
        dependent: Default::default(),
        written_from: crate::ruby::value::Origin::HERE,
        files: BTreeMap::new(),
        failure: None,
        inputs,
        documents: BTreeMap::new(),
        reads: BTreeMap::new(),
        unmodelled: IndexSet::new(),
        metas: BTreeMap::new(),
        customs: BTreeMap::new(),
        own_names: BTreeMap::new(),
        forwarding: Default::default(),
        secrets: Vec::new(),
        custom_labels: BTreeMap::new(),
        speakers: Default::default(),
        template_depth: 0,
        template_place: None,
        extra_undetermined: Vec::new(),
    }));
    let node_value: Value = interp.alloc(classes.node, Data::Plain).into();
    let state = interp.hash(crate::ruby::object::Hash::default());
    let run = run(&mut interp);
    run.node_value = node_value;
    run.run_state = state;
    interp
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
