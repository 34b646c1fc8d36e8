//! Run lists: what an item says, and the expansion of roles to the recipes of one environment.
//!
//! The rules are those of `Chef::RunList::RunListExpansion`: depth first; a role counts once, so a cycle just
//! ends; a role is applied after all that it includes, so the outer role's attributes win over those of the
//! roles inside it, and a later role's over an earlier one's. A missing role is skipped and, at the end, an error.

use crate::hash::IndexMap;
use std::fmt;

use indexmap::IndexSet;
use serde_json::{Map, Value as Json};

use super::deep_merge::deep_merge;
use super::version::{Flavour, Version};

/// One item of a run list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RunListItem {
    Role(String),
    Recipe {
        name: String,
        version: Option<String>,
    },
}

impl fmt::Display for RunListItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(name) => write!(f, "role[{name}]"),
            Self::Recipe {
                name,
                version: Some(version),
            } => write!(f, "recipe[{name}@{version}]"),
            Self::Recipe { name, .. } => write!(f, "recipe[{name}]"),
        }
    }
}

/// Two or three numbers, as an item's version must be to count as one.
fn is_version(text: &str) -> bool {
    let parts: Vec<_> = text.split('.').collect();
    (2..=3).contains(&parts.len())
        && parts
            .iter()
            .all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
}

/// `name` or `name@1.2.3`, where the name has no `@`.
fn versioned(text: &str) -> Option<(&str, Option<&str>)> {
    match text.split_once('@') {
        None => Some((text, None)),
        Some((name, version)) => {
            (!name.is_empty() && is_version(version)).then_some((name, Some(version)))
        }
    }
}

fn bracketed<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let inner = text
        .strip_prefix(word)?
        .strip_prefix('[')?
        .strip_suffix(']')?;
    (!inner.is_empty() && !inner.contains(']')).then_some(inner)
}

impl RunListItem {
    /// Reads an item: `role[x]`, `recipe[x]`, `recipe[x::y@1.2.3]`, `x`, `x::y`, `x@1.2.3`.
    ///
    /// # Errors
    /// The message of the `ArgumentError` that Chef raises.
    pub fn parse(text: &str) -> Result<Self, String> {
        let recipe = |(name, version): (&str, Option<&str>)| Self::Recipe {
            name: name.to_owned(),
            version: version.map(str::to_owned),
        };
        if let Some(inner) = bracketed(text, "recipe")
            && let Some(found) = versioned(inner)
        {
            return Ok(recipe(found));
        }
        if let Some(inner) = bracketed(text, "role") {
            return Ok(Self::Role(inner.to_owned()));
        }
        if let Some(found @ (_, Some(_))) = versioned(text) {
            return Ok(recipe(found));
        }
        if text.contains(['[', ']']) {
            // Chef reads a capture that its own pattern lacks, so the name is empty in its message too.
            return Err(format!(
                "Unable to create Chef::RunList::RunListItem from String:{text:?}: must be recipe[] or role[]"
            ));
        }
        Ok(recipe((text, None)))
    }
}

/// What the expansion needs to know of a role.
#[derive(Clone, Debug, Default)]
pub struct Role {
    pub name: String,
    pub run_list: Vec<RunListItem>,
    /// Run lists of environments; one for `_default` replaces `run_list`.
    pub env_run_lists: IndexMap<String, Vec<RunListItem>>,
    pub default_attributes: Map<String, Json>,
    pub override_attributes: Map<String, Json>,
}

impl Role {
    /// The run list in an environment: its own, else the default one.
    #[must_use]
    pub fn run_list_for(&self, environment: &str) -> &[RunListItem] {
        self.env_run_lists
            .get(environment)
            .or_else(|| self.env_run_lists.get("_default"))
            .unwrap_or(&self.run_list)
    }
}

/// A role that a run list names and nobody defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingRole {
    pub name: String,
    /// The role that includes it; `None` where the node's own run list does.
    pub included_by: Option<String>,
}

/// The result of expanding a run list.
#[derive(Clone, Debug, Default)]
pub struct Expansion {
    /// Roles in the order in which they were met, missing ones too.
    pub roles: IndexSet<String>,
    /// Recipes as written, with the versions that the run list asks for.
    pub recipes: IndexMap<String, Option<String>>,
    pub missing_roles: Vec<MissingRole>,
    /// Recipes asked for at two versions: Chef's message.
    pub conflict: Option<String>,
    pub role_default: Map<String, Json>,
    pub role_override: Map<String, Json>,
    /// Roles in the order in which their attributes were merged, so the last wins.
    pub applied: Vec<String>,
}

/// How deep roles may include one another here; each role counts once, so only a chain of distinct roles gets there.
const MAX_DEPTH: usize = 500;

/// Expands a run list in an environment. `role` finds a role by name.
pub fn expand<'r>(
    run_list: &[RunListItem],
    environment: &str,
    role: &dyn Fn(&str) -> Option<&'r Role>,
) -> Expansion {
    let mut expansion = Expansion::default();
    expansion.add(run_list, environment, role, None, 0);
    expansion
}

impl Expansion {
    fn add<'r>(
        &mut self,
        items: &[RunListItem],
        environment: &str,
        find: &dyn Fn(&str) -> Option<&'r Role>,
        included_by: Option<&str>,
        depth: usize,
    ) {
        for item in items {
            match item {
                RunListItem::Recipe { name, version } => self.add_recipe(name, version.as_deref()),
                RunListItem::Role(name) => {
                    if !self.roles.insert(name.clone()) {
                        continue;
                    }
                    let Some(role) = find(name).filter(|_| depth < MAX_DEPTH) else {
                        self.missing_roles.push(MissingRole {
                            name: name.clone(),
                            included_by: included_by.map(str::to_owned),
                        });
                        continue;
                    };
                    self.add(
                        role.run_list_for(environment),
                        environment,
                        find,
                        Some(name),
                        depth + 1,
                    );
                    deep_merge(&mut self.role_default, &role.default_attributes);
                    deep_merge(&mut self.role_override, &role.override_attributes);
                    self.applied.push(name.clone());
                }
            }
        }
    }

    fn add_recipe(&mut self, name: &str, version: Option<&str>) {
        let known = self.recipes.entry(name.to_owned()).or_default();
        let Some(version) = version else { return };
        let parse = |v: &str| Version::parse(v, Flavour::Cookbook).ok();
        if let Some(known) = known
            && parse(known) != parse(version)
        {
            self.conflict.get_or_insert_with(|| {
                format!("Run list requires {name} at versions {known} and {version}")
            });
        }
        *known = Some(version.to_owned());
    }

    /// The message of Chef's `MissingRole`, where a role is missing.
    #[must_use]
    pub fn missing_role_message(&self) -> Option<String> {
        let names: Vec<_> = self.missing_roles.iter().map(|m| m.name.as_str()).collect();
        (!names.is_empty()).then(|| {
            format!(
                "The expanded run list includes nonexistent roles: {}",
                names.join(", ")
            )
        })
    }

    /// `node['recipes']`: a default recipe appears under both of its names.
    #[must_use]
    pub fn recipes_attribute(&self) -> Vec<String> {
        let mut out = Vec::new();
        for name in self.recipes.keys() {
            if let Some(short) = name.strip_suffix("::default") {
                out.extend([short.to_owned(), name.clone()]);
            } else if name.contains("::") {
                out.push(name.clone());
            } else {
                out.extend([name.clone(), format!("{name}::default")]);
            }
        }
        out
    }

    /// `node['expanded_run_list']`: full names, with versions where the run list gives them.
    #[must_use]
    pub fn expanded_run_list(&self) -> Vec<String> {
        self.recipes
            .iter()
            .map(|(name, version)| {
                let suffix = if name.contains("::") { "" } else { "::default" };
                match version {
                    Some(version) => format!("{name}{suffix}@{version}"),
                    None => format!("{name}{suffix}"),
                }
            })
            .collect()
    }
}

/// Cookbook and recipe of a recipe's name; `::x` and a missing half are the caller's matter.
#[must_use]
pub fn split_recipe(name: &str) -> (&str, &str) {
    name.split_once("::").unwrap_or((name, "default"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn items(text: &str) -> Vec<RunListItem> {
        text.split_whitespace()
            .map(|i| RunListItem::parse(i).unwrap())
            .collect()
    }

    fn role(name: &str, run_list: &str, default: Json) -> Role {
        let Json::Object(default_attributes) = default else {
            panic!("attributes are an object")
        };
        Role {
            name: name.into(),
            run_list: items(run_list),
            default_attributes,
            ..Role::default()
        }
    }

    fn show(roles: &[Role], run_list: &str, environment: &str) -> String {
        let e = expand(&items(run_list), environment, &|n| {
            roles.iter().find(|r| r.name == n)
        });
        format!(
            "roles: {}\nrecipes: {}\nrun_list: {}\ndefault: {}\nerror: {:?}",
            e.roles.iter().cloned().collect::<Vec<_>>().join(" "),
            e.recipes_attribute().join(" "),
            e.expanded_run_list().join(" "),
            Json::Object(e.role_default.clone()),
            e.missing_role_message().or(e.conflict)
        )
    }

    #[test]
    fn items_are_read_as_chef_reads_them() {
        let read = |t| RunListItem::parse(t).map_or_else(|e| e, |i| i.to_string());
        insta::assert_snapshot!(read("role[web]"), @"role[web]");
        insta::assert_snapshot!(read("web::app"), @"recipe[web::app]");
        insta::assert_snapshot!(read("recipe[varnish::vcl@1.2.0]"), @"recipe[varnish::vcl@1.2.0]");
        insta::assert_snapshot!(read("varnish@1.2"), @"recipe[varnish@1.2]");
        insta::assert_snapshot!(read("roles[web]"), @r#"Unable to create Chef::RunList::RunListItem from String:"roles[web]": must be recipe[] or role[]"#);
    }

    #[test]
    fn nested_roles_come_depth_first_and_the_outer_role_wins() {
        let roles = [
            role("base", "motd ntp", json!({"port": 1, "servers": ["a"]})),
            role(
                "web",
                "role[base] nginx::default",
                json!({"port": 8080, "servers": ["b", "a"]}),
            ),
            role("shop", "role[web] role[base] shop::frontend ntp", json!({})),
        ];
        insta::assert_snapshot!(show(&roles, "role[shop]", "_default"), @r#"
        roles: shop web base
        recipes: motd motd::default ntp ntp::default nginx nginx::default shop::frontend
        run_list: motd::default ntp::default nginx::default shop::frontend
        default: {"port":8080,"servers":["a","b"]}
        error: None
        "#);
    }

    #[test]
    fn a_cycle_just_ends() {
        let roles = [
            role("app", "role[worker] worker", json!({"from": "app"})),
            role("worker", "app_base role[app]", json!({"from": "worker"})),
        ];
        insta::assert_snapshot!(show(&roles, "role[app]", "_default"), @r#"
        roles: app worker
        recipes: app_base app_base::default worker worker::default
        run_list: app_base::default worker::default
        default: {"from":"app"}
        error: None
        "#);
    }

    #[test]
    fn missing_roles_and_conflicting_versions_are_errors() {
        let roles = [role("web", "role[base-os] role[ntp]", json!({}))];
        insta::assert_snapshot!(show(&roles, "role[web] role[ntp]", "_default"), @r#"
        roles: web base-os ntp
        recipes: 
        run_list: 
        default: {}
        error: Some("The expanded run list includes nonexistent roles: base-os, ntp")
        "#);
        insta::assert_snapshot!(show(&[], "recipe[x@1.0.0] recipe[x@1.1]", "_default"), @r#"
        roles: 
        recipes: x x::default
        run_list: x::default@1.1
        default: {}
        error: Some("Run list requires x at versions 1.0.0 and 1.1")
        "#);
    }

    #[test]
    fn an_environment_may_have_its_own_run_list() {
        let mut edge = role("edge", "haproxy", json!({}));
        edge.env_run_lists.insert("lab".into(), Vec::new());
        edge.env_run_lists
            .insert("production".into(), items("haproxy nrpe"));
        let expanded = |environment| {
            let e = expand(&items("role[edge]"), environment, &|_| Some(&edge));
            e.expanded_run_list().join(" ")
        };
        assert_eq!(expanded("production"), "haproxy::default nrpe::default");
        assert_eq!(expanded("lab"), "");
        assert_eq!(expanded("staging"), "haproxy::default");
    }
}
