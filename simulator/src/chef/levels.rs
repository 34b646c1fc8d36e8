//! What a node object, its roles, its environment or its policy put into the attribute levels.

use foretaste_parser::source::Location;
use serde_json::{Map, Value as Json};

use super::attributes::{self, Level};
use super::expand::Expanded;
use super::modules;
use super::roles::Described;
use super::run::run;
use crate::convergence::SavedNode;
use crate::ruby::Interp;
use crate::ruby::origin::OriginSource;
use crate::ruby::value::Origin;

/// Fills the levels as they are before any cookbook's attribute file.
pub fn fill(interp: &mut Interp, node: &SavedNode, expanded: &Expanded, facts: &Map<String, Json>) {
    if node.synthetic {
        let unknown = interp.outside("an automatic attribute of a synthetic node");
        run(interp).attributes.missing_automatic = Some(unknown);
        let run = run(interp);
        for chosen in run.cookbooks.values() {
            let reported = run.repository.reported(&chosen.cookbook);
            run.attributes.reported.extend(reported.iter().cloned());
        }
    }
    let origin = source(interp, format!("node {}", node.name), node.location.clone());
    attributes::load(interp, Level::Normal, &node.normal.to_map(), &mut |_, _| {
        origin
    });
    let mut known = facts.clone();
    super::deep_merge::hash_only_merge(&mut known, &automatic(node, expanded));
    let automatic = known;
    attributes::load(interp, Level::Automatic, &automatic, &mut |_, _| origin);
    if node.synthetic {
        // Of what is only partly known, the rest is unknown, not absent.
        modules::open_ended(interp, Level::Automatic);
    }
    let mut vault = Map::new();
    vault.insert("databag_fallback".into(), Json::Bool(false));
    let mut whole = Map::new();
    whole.insert("chef-vault".into(), Json::Object(vault));
    attributes::load(interp, Level::Default, &whole, &mut |_, _| Origin::HERE);

    let environment = &*expanded.environment;
    let label = format!("environment {}", expanded.environment_name);
    let files = [(label.as_str(), environment)];
    described(
        interp,
        Level::EnvDefault,
        &environment.default_attributes,
        &files,
    );
    described(
        interp,
        Level::EnvOverride,
        &environment.override_attributes,
        &files,
    );
    let labels: Vec<(String, &Described)> = match (&expanded.policy, &node.policy_name) {
        (Some(policy), Some(name)) => vec![(format!("policy {name}"), &policy.described)],
        _ => expanded
            .expansion
            .applied
            .iter()
            .filter_map(|name| Some((format!("role {name}"), &**expanded.roles.get(name)?)))
            .collect(),
    };
    let files: Vec<(&str, &Described)> = labels.iter().map(|(l, d)| (l.as_str(), *d)).collect();
    let expansion = &expanded.expansion;
    described(interp, Level::RoleDefault, &expansion.role_default, &files);
    described(
        interp,
        Level::RoleOverride,
        &expansion.role_override,
        &files,
    );
}

/// The saved automatic attributes, with what the expansion sets.
fn automatic(node: &SavedNode, expanded: &Expanded) -> Map<String, Json> {
    let expansion = &expanded.expansion;
    let mut out = node.automatic.to_map();
    let mut set = |key: &str, value: Json| {
        out.insert(key.to_owned(), value);
    };
    let roles: Vec<String> = expansion.roles.iter().cloned().collect();
    set("roles", Json::from(roles));
    match &expanded.policy {
        Some(policy) => {
            let recipes: Vec<String> = expansion.recipes.keys().cloned().collect();
            set("recipes", Json::from(recipes));
            set("policy_revision", Json::from(policy.revision.clone()));
            set("policy_name", Json::from(node.policy_name.clone()));
            set("policy_group", Json::from(node.policy_group.clone()));
        }
        None => {
            set("recipes", Json::from(expansion.recipes_attribute()));
            set(
                "expanded_run_list",
                Json::from(expansion.expanded_run_list()),
            );
        }
    }
    set(
        "chef_environment",
        Json::from(expanded.environment_name.clone()),
    );
    set("name", Json::from(node.name.clone()));
    out
}

fn source(interp: &mut Interp, message: String, location: Option<Location>) -> Origin {
    interp.origins.source(OriginSource {
        message,
        location,
        tag: None,
    })
}

/// Loads a tree; each part of it has for its origin the lines that set it.
///
/// Later files win, so a plain value has one line; hashes and arrays are put together from all files that have them.
fn described(
    interp: &mut Interp,
    level: Level,
    tree: &Map<String, Json>,
    files: &[(&str, &Described)],
) {
    let section = match level {
        Level::EnvOverride | Level::RoleOverride => "override_attributes",
        _ => "default_attributes",
    };
    attributes::load(interp, level, tree, &mut |interp, path| {
        let mut whole = vec![section.to_owned()];
        whole.extend(path.iter().cloned());
        let mut origin = Origin::HERE;
        for (label, file) in files {
            let own = match section {
                "override_attributes" => &file.override_attributes,
                _ => &file.default_attributes,
            };
            let Some(value) = at(own, path) else { continue };
            let keys: Vec<&str> = path.iter().map(String::as_str).collect();
            let place = file.place(section, &keys);
            let one = source(interp, format!("{label} sets {}", path.join(".")), place);
            origin = match value {
                Json::Array(_) | Json::Object(_) => interp.origins.union(origin, one),
                _ => one,
            };
        }
        origin
    });
}

fn at<'j>(tree: &'j Map<String, Json>, path: &[String]) -> Option<&'j Json> {
    let (first, rest) = path.split_first()?;
    rest.iter()
        .try_fold(tree.get(first)?, |at, part| at.get(part))
}
