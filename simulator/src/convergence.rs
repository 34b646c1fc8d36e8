//! What one node's simulated run gives: the why-run's result.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foretaste_parser::source::{Location, Source};
use serde_json::Value as Json;

use crate::packed::Attributes;

/// The outcome of simulating one node at one revision against one search index.
#[derive(Clone, Debug, Default)]
pub struct Convergence {
    pub node: String,
    pub expanded: ExpandedRunList,
    /// In declaration order; also what was declared before a failure.
    pub resources: Vec<Arc<Resource>>,
    pub searches: Vec<Search>,
    /// By path on the node.
    pub files: BTreeMap<String, RenderedFile>,
    pub failure: Option<Failure>,
    pub undetermined: Vec<Undetermined>,
    /// What the node saves at the end of a successful run.
    pub saved: Option<Arc<SavedNode>>,
    /// What a failing run had computed until then, and no server ever sees; for whoever hides secrets.
    pub unsaved: Option<Arc<SavedNode>>,
    /// Encrypted values that the run decrypted; for whoever hides secrets.
    pub secrets: Vec<Json>,
    /// Repository files that the run read or looked for: a change elsewhere cannot alter this result. A path that
    /// ends in `/` stands for everything below it.
    pub inputs: BTreeSet<Arc<str>>,
    /// What it read of other nodes, by their names.
    pub reads: BTreeMap<String, Reads>,
    /// Indexes into `searches` whose results had a part in the attributes that the run wrote.
    pub saved_from: BTreeSet<usize>,
    /// Those among them of attributes that the next run begins with.
    pub kept_from: BTreeSet<usize>,
    /// Searches whose results were used together anywhere: that may fail with some and not with others.
    pub together: BTreeSet<usize>,
    /// Those among them of which a number was made that a method may not take: it may fail with more results as well as
    /// with fewer.
    pub counted_on: BTreeSet<usize>,
    /// Searches of whose results not all were looked at, so that all that comes after depends on them together.
    pub cut_short: BTreeSet<usize>,
    /// Searches where whether one node is a result depends on others: the query was made from what another search
    /// found, or no more than a page is received.
    pub dependent: BTreeSet<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpandedRunList {
    pub roles: Vec<String>,
    pub recipes: Vec<String>,
}

/// A node object as the server keeps it; `knife node show -F json -l` has these fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SavedNode {
    pub name: String,
    pub chef_environment: String,
    pub run_list: Vec<String>,
    pub policy_name: Option<String>,
    pub policy_group: Option<String>,
    pub default: Attributes,
    pub normal: Attributes,
    pub r#override: Attributes,
    pub automatic: Attributes,
    /// Attribute paths whose value the simulation could not know; a search on them may or may not match. A last part
    /// `*` stands for keys that are not known.
    pub unknown: Vec<Vec<String>>,
    /// True where nobody exported this node: its missing automatic attributes are unknown, not nil.
    pub synthetic: bool,
    /// Where the node is described, for messages.
    pub location: Option<Location>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resource {
    pub r#type: String,
    pub name: String,
    pub action: Vec<String>,
    pub properties: BTreeMap<String, Json>,
    pub notifies: Vec<Notification>,
    /// Why it is not certain that the run declares or converges this resource.
    pub conditional: Option<String>,
    pub location: Location,
    pub children: Vec<Arc<Resource>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Notification {
    /// `delayed`, `immediately` or `before`.
    pub timing: String,
    pub action: String,
    /// `type[name]`
    pub target: String,
    pub location: Location,
}

/// A step on the way from a cause to its effect.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    pub message: String,
    pub location: Location,
}

/// One `search` call that the run made.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    pub index: String,
    /// As it is given to Chef's client; unknown parts stand as `‹reason›`.
    pub query: String,
    pub location: Location,
    /// Names (nodes) or ids (items) of what certainly matches, sorted.
    pub results: Vec<String>,
    /// What matches or not depending on something unknown, sorted.
    pub maybe: Vec<String>,
    /// Set where the index cannot tell (an unknown query, an unknown index).
    pub undetermined: Option<String>,
    /// What the server answers instead of results.
    pub refused: Option<String>,
    /// Where the query's text came from: attribute writes, role and environment files.
    pub origins: Vec<Evidence>,
    /// True where the run may not make this search at all.
    pub conditional: bool,
    /// Values returned instead of objects (`filter_result`), a row for each result.
    pub rows: Option<Vec<Json>>,
    /// How many match, where the caller gets fewer of them.
    pub cut: Option<usize>,
    /// True when the block or the code after it was seen to treat an empty result (a branch or a raise).
    pub guarded: bool,
}

/// What a run read of another node's object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reads {
    /// These top-level attributes, there or not; the name besides.
    Keys(BTreeSet<String>),
    All,
}

impl Default for Reads {
    fn default() -> Self {
        Self::Keys(BTreeSet::new())
    }
}

/// The text that a file of the node would have after the run.
#[derive(Clone, Debug)]
pub struct RenderedFile {
    /// Line ends as rendered. An unknown part is one hole character each, see [`Self::holes`].
    pub text: Arc<str>,
    /// Reasons of the holes in `text`, in order of their appearance.
    pub holes: Vec<String>,
    /// Type and name of the resource that writes it.
    pub resource: String,
    pub location: Location,
    /// The template or file in the repository that it came from.
    pub template: Option<Arc<Source>>,
    /// For each line of `text`, the line of the template that produced it; empty where not a template.
    pub template_lines: Vec<u32>,
    /// Indexes into the convergence's searches whose results reached this text.
    pub searches: Vec<usize>,
    /// Those among them whose results were used together, not each for itself: what becomes of one depends on the others.
    pub together: Vec<usize>,
    pub origins: Vec<Evidence>,
    pub conditional: Option<String>,
    /// True where the content must not be shown.
    pub sensitive: bool,
}

impl RenderedFile {
    /// Characters of plane 16 stand for text that the simulation does not know.
    #[must_use]
    pub fn is_hole(c: char) -> bool {
        ('\u{100000}'..='\u{10FFFD}').contains(&c)
    }

    /// The text for people: each hole as `‹reason›`.
    #[must_use]
    pub fn display(&self) -> String {
        let mut holes = self.holes.iter();
        let mut out = String::with_capacity(self.text.len());
        for c in self.text.chars() {
            if Self::is_hole(c) {
                out.push('‹');
                out.push_str(holes.next().map_or("unknown", String::as_str));
                out.push('›');
            } else {
                out.push(c);
            }
        }
        out
    }
}

/// What Chef would raise: this node's run fails here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub stage: Stage,
    /// Chef's or Ruby's error class.
    pub class: String,
    pub message: String,
    pub location: Option<Location>,
    /// Cookbook frames, innermost first.
    pub trace: Vec<Location>,
    pub resource: Option<String>,
    pub template: Option<Location>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Expand,
    Compile,
    Converge,
}

/// Something that the simulation did not evaluate; never passed as safe.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undetermined {
    pub kind: UndeterminedKind,
    pub reason: String,
    pub location: Option<Location>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UndeterminedKind {
    /// The machine outside: commands, files, clock, network, random, secrets.
    Outside,
    /// Ruby or Chef that the evaluator does not do yet.
    Unsupported,
    /// Steps, depth or memory ran out.
    Budget,
}

/// Top-level keys that ohai fills in; of a synthetic node they are unknown.
pub const AUTOMATIC_KEYS: &[&str] = &[
    "block_device",
    "chef_packages",
    "cloud",
    "cloud_v2",
    "cpu",
    "current_user",
    "dmi",
    "domain",
    "ec2",
    "etc",
    "filesystem",
    "filesystem2",
    "fips",
    "fqdn",
    "gce",
    "azure",
    "openstack",
    "hostname",
    "hostnamectl",
    "idle",
    "idletime",
    "init_package",
    "ip6address",
    "ipaddress",
    "kernel",
    "keys",
    "languages",
    "libvirt",
    "linode",
    "lsb",
    "machine_id",
    "machinename",
    "macaddress",
    "memory",
    "network",
    "ohai_time",
    "os",
    "os_release",
    "os_version",
    "packages",
    "platform",
    "platform_build",
    "platform_family",
    "platform_version",
    "root_group",
    "scaleway",
    "sessions",
    "shard_seed",
    "shells",
    "sysconf",
    "systemd_paths",
    "time",
    "timezone",
    "uptime",
    "uptime_seconds",
    "virtualization",
    "counters",
    "command",
    "hardware",
    "rackspace",
    "digital_ocean",
    "eucalyptus",
];
