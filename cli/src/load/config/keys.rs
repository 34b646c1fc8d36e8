//! The keys of `foretaste.toml`, as they are written.

use std::collections::BTreeMap;

use foretaste_rules::Severity as RuleSeverity;
use indexmap::IndexMap;
use serde::Deserialize;
use toml::Spanned;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keys {
    /// The lowest severity that fails a check: `note`, `warning` or `error`.
    pub fail_on: Option<Severity>,
    /// Whether something undetermined fails a check.
    pub strict: bool,
    pub repository: RepositoryKeys,
    pub inventory: InventoryKeys,
    pub search: SearchKeys,
    #[serde(rename = "format")]
    pub format_of: Vec<FormatKeys>,
    /// The same in short: the format of files on nodes, by their paths; `*` stands for any text within a path, `**` for any text.
    pub formats: IndexMap<String, Spanned<String>>,
    pub haproxy: Vec<HaproxyKeys>,
    /// By a pool's name, in which `*` stands for any text. The first that matches applies.
    pub pools: IndexMap<Spanned<String>, PoolKeys>,
    /// By a rule's name.
    pub rules: BTreeMap<Spanned<String>, RuleKeys>,
    #[serde(rename = "waiver")]
    pub waivers: Vec<WaiverKeys>,
    pub secrets: SecretKeys,
    pub model: ModelKeys,
    pub client: ClientKeys,
    pub rotation: RotationKeys,
}

/// Where customers are sent, as far as pools do not tell.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RotationKeys {
    /// The attribute that names a node's site, with dots between its parts.
    pub site: Option<Spanned<String>>,
    /// Sites to which customers are always sent.
    pub active: Vec<Spanned<String>>,
    #[serde(rename = "record")]
    pub records: Vec<RecordKeys>,
    /// By site: addresses that are none of its nodes' own, such as those that balancers share.
    pub addresses: IndexMap<String, Vec<Spanned<String>>>,
}

/// Something that sends customers somewhere: a zone file, or a data bag item.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordKeys {
    /// A zone file in the repository; with `/` in front, on nodes.
    pub zone: Option<Spanned<String>>,
    /// The names in it that customers ask for.
    #[serde(default)]
    pub names: Vec<Spanned<String>>,
    /// As `BAG/ITEM`.
    pub item: Option<Spanned<String>>,
    /// Where in the item addresses, machines or sites stand, with dots between its parts.
    pub key: Option<Spanned<String>>,
}

/// How often nodes converge, as their client.rb says it, in seconds.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientKeys {
    pub interval: Option<u32>,
    pub splay: Option<u32>,
}

impl ClientKeys {
    /// The longest time until every node has converged once more, in minutes; `None` where nobody says.
    #[must_use]
    pub fn round_minutes(self) -> Option<u64> {
        let seconds = u64::from(self.interval?) + u64::from(self.splay.unwrap_or(0));
        Some(seconds.div_ceil(60))
    }
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

/// The format of files on nodes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatKeys {
    /// In which `*` stands for any text within a path, `**` for any text. The last that matches applies.
    pub path: Spanned<String>,
    pub format: Spanned<String>,
}

/// The version of HAProxy on nodes, or for files of the repository. The first that matches applies.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HaproxyKeys {
    /// A name in which `*` stands for any text, or `role[NAME]`.
    pub nodes: Option<Spanned<String>>,
    /// A path in the repository, for `lint`, which knows no nodes; `*` stands for any text within a path, `**` for any.
    pub path: Option<Spanned<String>>,
    /// As `2.8`.
    pub version: Spanned<String>,
}

/// Paths relative to the repository.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RepositoryKeys {
    pub cookbook_paths: Option<Vec<Spanned<String>>>,
    pub roles: Option<Spanned<String>>,
    pub environments: Option<Spanned<String>>,
    pub data_bags: Option<Spanned<String>>,
    pub nodes: Option<Spanned<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InventoryKeys {
    /// Files or folders of node objects.
    pub paths: Vec<String>,
    pub synthesize: Option<Synthesize>,
    /// As `ubuntu 22.04`; of nodes that do not say.
    pub platform: Option<Spanned<String>>,
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

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeKeys {
    pub name: Spanned<String>,
    #[serde(default)]
    pub run_list: Vec<Spanned<String>>,
    pub environment: Option<String>,
    pub platform: Option<Spanned<String>>,
    #[serde(default)]
    pub addresses: Vec<Spanned<String>>,
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

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PoolKeys {
    /// Never fewer serving members than this.
    pub floor: Option<usize>,
    /// At most this share of the serving members may go.
    pub percent: Option<Spanned<u32>>,
    /// The share counts for pools of at least so many.
    pub from: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleKeys {
    pub severity: Option<RuleWord>,
}

/// What a rule is turned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleWord {
    Off,
    Note,
    Warning,
    Error,
}

impl RuleWord {
    /// The severity; `None` where the rule is off.
    #[must_use]
    pub fn severity(self) -> Option<RuleSeverity> {
        match self {
            Self::Off => None,
            Self::Note => Some(RuleSeverity::Note),
            Self::Warning => Some(RuleSeverity::Warning),
            Self::Error => Some(RuleSeverity::Error),
        }
    }
}

/// A finding that somebody answers for, for a time and within a bound.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaiverKeys {
    pub rule: Spanned<String>,
    pub owner: String,
    pub reason: String,
    /// The last day on which it holds, as `2026-12-31`.
    pub expires: Spanned<String>,
    pub path: Option<String>,
    pub pool: Option<String>,
    pub node: Option<String>,
    /// At most so many nodes may be hit.
    pub bound: Option<usize>,
}

/// What is said of the machines and their world, so that it is known.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelKeys {
    /// What commands print, by the whole command or a pattern between slashes.
    pub commands: IndexMap<Spanned<String>, CommandKeys>,
    /// What is at a path: its text, or whether something is there.
    pub files: IndexMap<Spanned<String>, FileKeys>,
    /// Variables of the client's environment; false for one that is not set.
    pub environment: BTreeMap<String, VariableKeys>,
    /// Automatic attributes of nodes that do not have them.
    pub attributes: toml::Table,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a text that is printed, or { stdout, stderr, status }"
)]
pub enum CommandKeys {
    Text(String),
    Whole(CommandParts),
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CommandParts {
    pub stdout: String,
    pub stderr: String,
    pub status: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a file's text, the names in a folder, true where it is there, or false where it is not"
)]
pub enum FileKeys {
    There(bool),
    Text(String),
    Holds(Vec<String>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a text, or false where the variable is not set")]
pub enum VariableKeys {
    Set(bool),
    Text(String),
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecretKeys {
    /// Names of attributes and data bag keys whose values are never shown.
    pub keys: Vec<Spanned<String>>,
}
