//! `foretaste.toml`: what cannot be guessed about a repository. Everything in it is optional.

use std::collections::BTreeMap;
use std::path::Path;

use foretaste_parser::formats::{Format, Override};
use foretaste_parser::nearest::nearest;
use foretaste_rules::catalogue::RULES;
use foretaste_rules::{Config as RuleConfig, Date, PoolLimits, Severity as RuleSeverity, Waiver};
use foretaste_simulator::repository::Layout;
use indexmap::IndexMap;
use serde::Deserialize;

use super::revision::{Revision, Source};
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
    /// The format of files on nodes, by their paths; `*` stands for any text within a path, `**` for any text.
    pub formats: IndexMap<String, String>,
    /// By a pool's name, in which `*` stands for any text. The first that matches applies.
    pub pools: IndexMap<String, PoolKeys>,
    /// By a rule's name.
    pub rules: BTreeMap<String, RuleKeys>,
    #[serde(rename = "waiver")]
    pub waivers: Vec<WaiverKeys>,
    pub secrets: SecretKeys,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Note,
    Warning,
    Error,
}

impl From<Severity> for RuleSeverity {
    fn from(word: Severity) -> Self {
        match word {
            Severity::Note => Self::Note,
            Severity::Warning => Self::Warning,
            Severity::Error => Self::Error,
        }
    }
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
    /// Never fewer serving members than this.
    pub floor: Option<usize>,
    /// At most this share of the serving members may go.
    pub percent: Option<u32>,
    /// The share counts for pools of at least so many.
    pub from: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleKeys {
    pub severity: Option<Severity>,
    pub disable: bool,
}

/// A finding that somebody answers for, for a time and within a bound.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaiverKeys {
    pub rule: String,
    pub owner: String,
    pub reason: String,
    /// The last day on which it holds, as `2026-12-31`.
    pub expires: String,
    pub path: Option<String>,
    pub pool: Option<String>,
    pub node: Option<String>,
    /// At most so many nodes may be hit.
    pub bound: Option<usize>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecretKeys {
    /// Names of attributes and data bag keys whose values are never shown.
    pub keys: Vec<String>,
}

impl Config {
    /// The configuration that a head is judged by: that of its folder where it is one and has one, else the repository's.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn of(source: &Source, head: &Revision) -> Result<Self, Failure> {
        match head {
            Revision::Folder(folder) if folder.join(FILE).exists() => Self::load(folder),
            _ => Self::load(&source.root),
        }
    }

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

    /// What the file decides about rules, pools and waivers.
    ///
    /// # Errors
    /// A rule that does not exist, or a day that is none.
    pub fn rules(&self) -> Result<RuleConfig, Failure> {
        let mut out = RuleConfig::default();
        for (name, keys) in &self.rules {
            known_rule(name)?;
            if keys.disable {
                out.severity.insert(name.clone(), None);
            } else if let Some(severity) = keys.severity {
                out.severity.insert(name.clone(), Some(severity.into()));
            }
        }
        for (pool, keys) in &self.pools {
            let usual = PoolLimits::default();
            out.pools.push(PoolLimits {
                pool: pool.clone(),
                percent: keys.percent.unwrap_or(usual.percent),
                from: keys.from.unwrap_or(usual.from),
                floor: keys.floor.unwrap_or(usual.floor),
            });
        }
        for waiver in &self.waivers {
            known_rule(&waiver.rule)?;
            out.waivers.push(Waiver {
                rule: waiver.rule.clone(),
                path: waiver.path.clone(),
                pool: waiver.pool.clone(),
                node: waiver.node.clone(),
                owner: waiver.owner.clone(),
                reason: waiver.reason.clone(),
                expires: waiver.expires.parse::<Date>().map_err(|e| {
                    Failure::usage(format!("{FILE}: a waiver of {}: {e}", waiver.rule))
                })?,
                bound: waiver.bound,
            });
        }
        Ok(out)
    }

    /// The formats that the file gives to paths on nodes.
    ///
    /// # Errors
    /// A format that does not exist.
    pub fn formats(&self) -> Result<Vec<Override>, Failure> {
        self.formats
            .iter()
            .map(|(pattern, name)| {
                let format = Format::from_name(name).ok_or_else(|| {
                    let names: Vec<_> = Format::ALL.iter().map(|f| f.as_str()).collect();
                    let names = names.join(", ");
                    Failure::usage(format!("{FILE}: `{name}` is no format"))
                        .help(format!("the formats are {names}"))
                })?;
                Ok(Override {
                    pattern: pattern.clone(),
                    format,
                })
            })
            .collect()
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

fn known_rule(name: &str) -> Result<(), Failure> {
    if RULES.iter().any(|r| r.name == name) {
        return Ok(());
    }
    let failure = Failure::usage(format!("{FILE}: there is no rule `{name}`"));
    Err(match nearest(name, RULES.iter().map(|r| r.name)) {
        Some(meant) => failure.help(format!("did you mean `{meant}`?")),
        None => failure.help("`foretaste explain` lists the rules"),
    })
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

    #[test]
    fn what_is_decided_about_rules_and_pools_reaches_them() {
        let config = Config::parse(
            "[rules.pool-shrunk]\nseverity = 'warning'\n[rules.ruby-syntax]\ndisable = true\n\
             [pools.'web*']\nfloor = 5\n[pools.'*']\npercent = 10\n\
             [[waiver]]\nrule = 'pool-emptied'\nowner = 'ops'\nreason = 'move'\nexpires = '2026-12-31'\n",
        )
        .unwrap()
        .rules()
        .unwrap();
        assert_eq!(
            config.severity.get("pool-shrunk"),
            Some(&Some(RuleSeverity::Warning))
        );
        assert_eq!(config.severity.get("ruby-syntax"), Some(&None));
        assert_eq!(
            (config.limits("web_1").floor, config.limits("web_1").percent),
            (5, 30)
        );
        assert_eq!(config.limits("api").percent, 10);
        assert_eq!(config.waivers.len(), 1);
    }

    #[test]
    fn a_rule_that_does_not_exist_is_refused_with_what_was_meant() {
        let config = Config::parse("[rules.pool-shrink]\ndisable = true\n").unwrap();
        let failure = config.rules().unwrap_err();
        assert_eq!(failure.help.as_deref(), Some("did you mean `pool-shrunk`?"));
        let waiver =
            "[[waiver]]\nrule = 'pool-shrunk'\nowner = 'a'\nreason = 'b'\nexpires = '2026-02-30'\n";
        assert!(Config::parse(waiver).unwrap().rules().is_err());
    }
}
