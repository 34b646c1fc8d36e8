//! `foretaste.toml`: what cannot be guessed about a repository. Everything in it is optional.

use std::collections::BTreeMap;
use std::path::Path;

use foretaste_parser::nearest::nearest;
use foretaste_simulator::repository::Layout;
use serde::Deserialize;

use crate::error::Failure;

pub const FILE: &str = "foretaste.toml";

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The lowest severity that fails a check: `note`, `warning` or `error`.
    pub fail_on: Option<Severity>,
    /// Whether something undetermined fails a check.
    pub strict: bool,
    pub repository: RepositoryKeys,
    pub inventory: InventoryKeys,
    pub search: SearchKeys,
    /// By a pool's name, in which `*` stands for any text.
    pub pools: BTreeMap<String, PoolKeys>,
    /// By a rule's name.
    pub rules: BTreeMap<String, RuleKeys>,
    pub secrets: SecretKeys,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Note,
    Warning,
    Error,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RepositoryKeys {
    pub cookbook_paths: Option<Vec<String>>,
    pub roles: Option<String>,
    pub environments: Option<String>,
    pub data_bags: Option<String>,
    pub nodes: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InventoryKeys {
    /// Files or folders of node objects.
    pub paths: Vec<String>,
    pub synthesize: Option<Synthesize>,
    /// As `ubuntu 22.04`; of nodes that do not say.
    pub platform: Option<String>,
    #[serde(rename = "node")]
    pub nodes: Vec<NodeKeys>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Synthesize {
    /// One node for each role.
    Roles,
    /// None: a repository without node objects has nothing to simulate.
    Never,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeKeys {
    pub name: String,
    #[serde(default)]
    pub run_list: Vec<String>,
    pub environment: Option<String>,
    pub platform: Option<String>,
    #[serde(default)]
    pub addresses: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchKeys {
    pub profile: Option<Profile>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Chef Infra Server 15 with OpenSearch.
    Server,
    /// Chef Server 12 to 14 with Solr 4.
    Solr4,
    /// chef-zero: Test Kitchen and local mode.
    Zero,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PoolKeys {
    pub floor: Option<usize>,
    pub percent: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleKeys {
    pub severity: Option<Severity>,
    pub disable: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecretKeys {
    /// Names of attributes and data bag keys whose values are never shown.
    pub keys: Vec<String>,
}

impl Config {
    /// Reads the file of a repository; the default where there is none.
    ///
    /// # Errors
    /// A file that cannot be read, is no TOML, or has keys or values that mean nothing here.
    pub fn load(root: &Path) -> Result<Self, Failure> {
        let path = root.join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(Failure::unreadable(&path, &e)),
        }
    }

    /// Reads a text.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(text: &str) -> Result<Self, Failure> {
        toml::from_str(text).map_err(|error| {
            let message = error.message();
            let mut failure = Failure::usage(format!("{FILE}: {message}"));
            if let Some(meant) = did_you_mean(message) {
                failure = failure.help(format!("did you mean `{meant}`?"));
            }
            match error.span() {
                Some(span) => failure.at(FILE, text, span),
                None => failure,
            }
        })
    }

    /// The layout that was found, with what the file says instead.
    #[must_use]
    pub fn layout(&self, mut layout: Layout) -> Layout {
        let keys = &self.repository;
        let clean = |path: &String| {
            path.trim_start_matches("./")
                .trim_end_matches('/')
                .to_owned()
        };
        if let Some(paths) = &keys.cookbook_paths {
            layout.cookbooks = paths.iter().map(clean).collect();
        }
        for (folder, said) in [
            (&mut layout.roles, &keys.roles),
            (&mut layout.environments, &keys.environments),
            (&mut layout.data_bags, &keys.data_bags),
            (&mut layout.nodes, &keys.nodes),
        ] {
            if let Some(path) = said {
                *folder = clean(path);
            }
        }
        layout
    }
}

/// The nearest of the names that serde lists as expected: "unknown field `x`, expected one of `a`, `b`".
fn did_you_mean(message: &str) -> Option<String> {
    let (unknown, expected) = message.split_once("expected")?;
    let unknown = unknown.split('`').nth(1)?;
    nearest(unknown, expected.split('`').skip(1).step_by(2)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_refused_with_what_was_meant() {
        let failure = Config::parse("[inventory]\nsynthesise = 'roles'\n").unwrap_err();
        assert_eq!(failure.help.as_deref(), Some("did you mean `synthesize`?"));
        assert_eq!(failure.place.map(|p| p.span), Some(12..22));
        let failure = Config::parse("[serach]\n").unwrap_err();
        assert_eq!(failure.help.as_deref(), Some("did you mean `search`?"));
    }

    #[test]
    fn every_key_is_read() {
        let config = Config::parse(super::super::super::commands::init::TEMPLATE).unwrap();
        assert!(config.inventory.nodes.is_empty());
        let config = Config::parse(
            "fail_on = 'warning'\nstrict = true\n[repository]\ncookbook_paths = ['site/']\nroles = './r'\n\
             [inventory]\npaths = ['n']\nsynthesize = 'roles'\nplatform = 'debian 12'\n\
             [[inventory.node]]\nname = 'web1'\nrun_list = ['role[web]']\naddresses = ['10.0.0.1']\n\
             [search]\nprofile = 'zero'\n[pools.'web*']\nfloor = 3\npercent = 20\n\
             [rules.pool-shrunk]\nseverity = 'note'\n[secrets]\nkeys = ['password']\n",
        )
        .unwrap();
        let layout = config.layout(Layout::detect(&Default::default()));
        assert_eq!(layout.cookbooks, ["site"]);
        assert_eq!(layout.roles, "r");
        assert_eq!(config.inventory.nodes[0].name, "web1");
        assert_eq!(config.fail_on, Some(Severity::Warning));
    }
}
