//! The first phase of a run: from a node object to recipes, attributes of roles and environment, and cookbooks.

use crate::hash::IndexMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foretaste_parser::source::Location;

use super::order::{self, Chosen};
use super::policy::{self, NoPolicy, Policy};
use super::roles::{self, Described};
use super::run_list::{self, Expansion, RunListItem};
use crate::convergence::{Failure, SavedNode, Stage, Undetermined, UndeterminedKind};
use crate::repository::Repository;

/// The expanded run list with the files that it came from.
pub struct Expanded {
    pub expansion: Expansion,
    /// Roles by name.
    pub roles: BTreeMap<String, Arc<Described>>,
    pub environment: Arc<Described>,
    /// The name of the environment: of a policy's node, its group.
    pub environment_name: String,
    pub policy: Option<Policy>,
    /// The run list that the node has now: of a policy's node, its policy's.
    pub run_list: Vec<String>,
}

/// Why a run ends before any cookbook is read.
pub enum Stopped {
    Failure(Box<Failure>),
    /// What is needed lies outside the repository, or could not be evaluated.
    Unknown(Undetermined),
}

fn failure(class: &str, message: String, location: Option<Location>) -> Stopped {
    Stopped::Failure(Box::new(Failure {
        stage: Stage::Expand,
        class: class.to_owned(),
        message,
        location,
        trace: Vec::new(),
        resource: None,
        template: None,
    }))
}

fn unreadable(u: roles::Unreadable) -> Stopped {
    failure(&u.class, u.message, u.location)
}

/// What a role or environment file says, where all of it is known.
fn read(repository: &Repository, path: &Arc<str>) -> Result<Arc<Described>, Stopped> {
    let described = roles::read(repository, path).map_err(unreadable)?;
    match &described.open {
        Some(open) => Err(Stopped::Unknown(open.clone())),
        None => Ok(described),
    }
}

/// Expands a node's run list over its roles and environment, or takes it from its policy.
pub fn expand(
    repository: &Repository,
    node: &SavedNode,
    inputs: &mut BTreeSet<Arc<str>>,
) -> Result<Expanded, Stopped> {
    if let (Some(name), Some(group)) = (&node.policy_name, &node.policy_group) {
        return of_policy(repository, node, name, group, inputs);
    }
    let name = match node.chef_environment.as_str() {
        "" => "_default",
        name => name,
    };
    let environment = environment(repository, node, name, inputs)?;
    let mut items = Vec::new();
    for item in &node.run_list {
        match RunListItem::parse(item) {
            Ok(item) => items.push(item),
            Err(message) => return Err(failure("ArgumentError", message, node.location.clone())),
        }
    }
    // All roles that can be reached are read first, since expansion itself only looks them up.
    let mut described = BTreeMap::new();
    let mut found = BTreeMap::new();
    let mut todo: Vec<String> = items.iter().filter_map(role_name).collect();
    while let Some(role) = todo.pop() {
        if described.contains_key(&role) {
            continue;
        }
        inputs.insert(format!("{}/{role}", repository.layout.roles).into());
        let Some(path) = repository.roles.get(&role) else {
            continue;
        };
        inputs.insert(path.clone());
        let file = read(repository, path)?;
        let plain = file.role(&role);
        todo.extend(plain.run_list_for(name).iter().filter_map(role_name));
        described.insert(role.clone(), file);
        found.insert(role, plain);
    }
    let expansion = run_list::expand(&items, name, &|role| found.get(role));
    if let Some(message) = expansion.missing_role_message() {
        let first = expansion.missing_roles.first();
        let place = first.and_then(|missing| {
            let by = described.get(missing.included_by.as_ref()?)?;
            run_list_place(by, &format!("role[{}]", missing.name))
        });
        let location = place.or_else(|| node.location.clone());
        return Err(failure("Chef::Exceptions::MissingRole", message, location));
    }
    if let Some(message) = expansion.conflict.clone() {
        return Err(failure(
            "Chef::Exceptions::CookbookVersionConflict",
            message,
            node.location.clone(),
        ));
    }
    Ok(Expanded {
        expansion,
        roles: described,
        environment,
        environment_name: name.to_owned(),
        policy: None,
        run_list: node.run_list.clone(),
    })
}

/// The line of a role's run list that has an item.
fn run_list_place(role: &Described, item: &str) -> Option<Location> {
    let listed = |path: &&Vec<String>| {
        path.first().is_some_and(|p| p.contains("run_list"))
            && path.last().is_some_and(|p| p == item)
    };
    let found = role.places.keys().find(listed);
    found.and_then(|path| role.places.get(path)).cloned()
}

fn role_name(item: &RunListItem) -> Option<String> {
    match item {
        RunListItem::Role(name) => Some(name.clone()),
        RunListItem::Recipe { .. } => None,
    }
}

fn environment(
    repository: &Repository,
    node: &SavedNode,
    name: &str,
    inputs: &mut BTreeSet<Arc<str>>,
) -> Result<Arc<Described>, Stopped> {
    if name == "_default" {
        return Ok(Arc::default());
    }
    inputs.insert(format!("{}/{name}", repository.layout.environments).into());
    match repository.environments.get(name) {
        Some(path) => {
            inputs.insert(path.clone());
            read(repository, path)
        }
        // A repository without environments has them elsewhere.
        None if repository.environments.is_empty() => Ok(Arc::default()),
        None => Err(failure(
            "Net::HTTPClientException",
            "404 \"Not Found\"".into(),
            node.location.clone(),
        )),
    }
}

fn of_policy(
    repository: &Repository,
    node: &SavedNode,
    name: &str,
    group: &str,
    inputs: &mut BTreeSet<Arc<str>>,
) -> Result<Expanded, Stopped> {
    const BUILDER: &str = "Chef::PolicyBuilder::Policyfile";
    let policy = policy::find(repository, name, group, inputs).map_err(|why| match why {
        NoPolicy::NotFound(message) => failure(
            &format!("{BUILDER}::ConfigurationError"),
            message,
            node.location.clone(),
        ),
        NoPolicy::Invalid(message) => failure(
            &format!("{BUILDER}::PolicyfileError"),
            message,
            node.location.clone(),
        ),
        NoPolicy::Unreadable(error) => unreadable(error),
        NoPolicy::Elsewhere => Stopped::Unknown(Undetermined {
            kind: UndeterminedKind::Outside,
            reason: format!("the policy {name}, whose lock is not in the repository"),
            location: node.location.clone(),
        }),
    })?;
    Ok(Expanded {
        expansion: policy.expansion(),
        roles: BTreeMap::new(),
        environment: Arc::default(),
        environment_name: group.to_owned(),
        run_list: policy.described.run_list.clone(),
        policy: Some(policy),
    })
}

/// The cookbooks of a run, in the order of their loading, and the names of those that come from elsewhere than the
/// repository.
pub type Cookbooks = (IndexMap<String, Chosen>, Vec<String>);

/// Chooses the cookbooks of a run as the server does: a refusal is the error that Chef would end with, unless metadata
/// that is not wholly known could have averted it.
pub fn cookbooks(
    repository: &Repository,
    node: &SavedNode,
    expanded: &Expanded,
    inputs: &mut BTreeSet<Arc<str>>,
) -> Result<Cookbooks, Stopped> {
    let expansion = &expanded.expansion;
    if let Some(policy) = &expanded.policy {
        let order = order::load_order(repository, expansion, &policy.cookbooks);
        return Ok((order, policy.elsewhere.clone()));
    }
    match order::choose(repository, expansion, &expanded.environment, inputs) {
        Ok(chosen) => {
            let order = order::load_order(repository, expansion, &chosen.cookbooks);
            Ok((order, chosen.elsewhere))
        }
        Err(order::Refusal {
            open: Some(open), ..
        }) => Err(Stopped::Unknown(*open)),
        Err(refusal) => {
            let asked = || {
                let name = match &refusal.error {
                    super::depsolve::Unsolvable::NoCookbook {
                        name,
                        wanted_by: None,
                    }
                    | super::depsolve::Unsolvable::NoVersion { name, .. } => name,
                    _ => return None,
                };
                let recipe = expansion
                    .recipes
                    .keys()
                    .find(|r| run_list::split_recipe(r).0 == name)?;
                let items = [format!("recipe[{recipe}]"), recipe.clone()];
                expanded
                    .roles
                    .values()
                    .find_map(|role| items.iter().find_map(|i| run_list_place(role, i)))
            };
            let location = refusal.location.clone().or_else(asked);
            Err(Stopped::Failure(Box::new(Failure {
                stage: Stage::Compile,
                class: "Net::HTTPClientException".into(),
                message: format!("412 \"Precondition Failed\": {}", refusal.error),
                location: location.or_else(|| node.location.clone()),
                trace: Vec::new(),
                resource: None,
                template: None,
            })))
        }
    }
}
