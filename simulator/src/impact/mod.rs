//! What a change does: the simulation of its base against that of its head.
//!
//! An [`Impact`] is data and judges nothing; rules do. Without a base the whole tree is judged, and everything in it
//! counts as new.

mod blame;
mod compare;
mod configs;
mod counts;
mod diff;
mod parts;
mod pools;
mod roles;
mod rounds;
mod searches;
mod syntax;
mod trials;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foretaste_parser::formats::Format;
use foretaste_parser::problem::Problem;
use foretaste_parser::source::{Location, Source, SyntaxError};

use crate::convergence::{Convergence, Failure, RenderedFile, Search, Undetermined};
use crate::pool::Pool;
use crate::readers::Readers;
use crate::rollout::{self, Kind, Rollout, SharedAddresses, Traffic, Walked};
use crate::search::{Moment, SearchIndex};
use crate::simulation::{Oscillation, Run, Simulation, Trial};
use crate::split::Split;

pub use blame::Suspects;
pub use counts::{Count, Counts};
pub use diff::{FileChange, Hunk, file_changes, hunks};
pub use parts::{Part, parts};
pub(crate) use pools::{node_names, of_run as pools_of_run};
pub use roles::role_files;
pub use syntax::{is_conflict_marker, syntax_errors};
pub use trials::{EmptyImpact, OrderImpact, base_order_jobs, empty_jobs, order_jobs};
pub use versions::{Held, Holder, Versions};

/// What to compare.
#[derive(Clone, Copy)]
pub struct Comparison<'a> {
    /// `None` judges the head alone.
    pub base: Option<&'a Simulation>,
    pub head: &'a Simulation,
    /// Files that differ; all files of the head where there is no base.
    pub changes: &'a [FileChange],
    /// A file of the head by its path.
    pub file: &'a dyn Fn(&str) -> Option<Arc<Source>>,
    /// What reads the files of nodes.
    pub readers: &'a Readers,
    /// The role files of the head.
    pub roles: &'a [RoleFile],
    /// What changed files belong to.
    pub parts: &'a BTreeMap<Arc<str>, Part>,
    /// By policy group, the revisions of its policies: of the base and of the head.
    pub policy_groups: [&'a BTreeMap<String, Held>; 2],
    /// Runs of the head under suppositions.
    pub trials: &'a [Trial],
    /// The same of the base, where they bear on what the head's showed.
    pub base_trials: &'a [Trial],
    /// What people decide about the rollout.
    pub rollout: &'a rollout::Options,
}

/// A role file as it is written, for what its expansion does not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleFile {
    pub path: Arc<str>,
    /// The file's name without its extension.
    pub stem: String,
    /// The name inside, and where; `None` where it is not a plain string.
    pub name: Option<(String, Location)>,
    /// Items of its run list and of those for single environments, as `role[x]` or `recipe[x]`.
    pub run_list: Vec<(String, Location)>,
}

/// Everything that differs between base and head, and what of it could not be evaluated.
#[derive(Clone, Debug)]
pub struct Impact {
    /// False where the head is judged alone, and all that is present counts as new.
    pub has_base: bool,
    pub files: Vec<FileChange>,
    /// What of them belongs to roles, cookbooks and their like, by path.
    pub parts: BTreeMap<Arc<str>, Part>,
    /// What environments pin and policy groups have.
    pub versions: Versions,
    /// Every node of base or head, by name.
    pub nodes: BTreeMap<String, NodeImpact>,
    /// Every pool of base or head, changed or not, by node, file and name.
    pub pools: Vec<PoolImpact>,
    /// Searches of head nodes, each with the search of the base that it was.
    pub searches: Vec<SearchImpact>,
    /// Problems of rendered configs in the head.
    pub configs: Vec<ConfigImpact>,
    /// Files of the repository that do not parse, in the head.
    pub syntax: Vec<SyntaxImpact>,
    /// The role files of the head.
    pub roles: Vec<RoleFile>,
    /// Rendered files that depend on the order of results, of nodes that were tried.
    pub orders: Vec<OrderImpact>,
    /// What runs do where a search finds nothing, of searches that were tried.
    pub empties: Vec<EmptyImpact>,
    /// What was not evaluated, with the nodes for which it was not.
    pub undetermined: BTreeMap<Undetermined, BTreeSet<String>>,
    pub counts: Counts,
    /// What nodes have saved when the head is settled.
    pub index: SearchIndex,
    /// What is on the server when the head has been uploaded and nobody has converged: what acts at once is in it.
    pub index_start: SearchIndex,
    /// What nodes had saved when the base was settled.
    pub index_before: Option<SearchIndex>,
    /// Rounds after which the head still changed, where it did not settle.
    pub unsettled_after: Option<u32>,
    /// Nodes of the head that change one another's results for ever, where those of the base did not.
    pub oscillation: Option<Oscillation>,
    /// Of each round of converges of the head, the results of those that converged in it.
    pub history: Vec<BTreeMap<String, Arc<Convergence>>>,
    /// The rounds of the head's converges until nothing changes, or until that is given up.
    pub rounds: Vec<Round>,
    /// What was found in every state on the way, where there are few enough to visit them all.
    pub walked: Option<Walked>,
    /// What people decided about the rollout.
    pub options: rollout::Options,
    /// Addresses that nodes share.
    pub shared: SharedAddresses,
    /// Where customers are sent, where the repository's owners say more of it than pools do.
    pub traffic: Option<Traffic>,
    /// How the change can go out.
    pub rollout: Rollout,
    /// Two changes to make of this one, where it has no safe order and each of them has.
    pub split: Option<Split>,
}

/// One round of converges, each against what the round before saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Nodes whose result could be another than before, by name.
    pub converged: Vec<String>,
    /// As they are after the round, those that any round alters.
    pub pools: Vec<RoundPool>,
}

/// A pool after a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundPool {
    pub node: String,
    /// Path on the node.
    pub file: String,
    pub name: String,
    /// By node name where they are nodes, else by their own.
    pub serving: BTreeSet<String>,
}

/// One node in base and head.
#[derive(Clone, Debug)]
pub struct NodeImpact {
    pub name: String,
    /// Its settled result in the base; `None` for a new node or without a base.
    pub before: Option<Arc<Convergence>>,
    /// Its results in the head; `None` for a node that the change removes.
    pub after: Option<Run>,
    /// Whether anything about it differs: resources, rendered files, searches' results or its outcome.
    pub changed: bool,
    /// Whether what it does to its machine differs: resources, rendered files or its outcome.
    pub altered: bool,
}

impl NodeImpact {
    /// Its failure in the head, at the first moment that has one: settled, first, worst.
    #[must_use]
    pub fn failure(&self) -> Option<(Moment, &Failure)> {
        self.after
            .as_ref()?
            .moments()
            .find_map(|(moment, run)| Some((moment, run.failure.as_ref()?)))
    }

    /// Its failure in the base.
    #[must_use]
    pub fn failure_before(&self) -> Option<&Failure> {
        self.before.as_ref()?.failure.as_ref()
    }

    /// Whether its run read a file of the repository, or looked for it, before the change or after it.
    #[must_use]
    pub fn reads(&self, path: &str) -> bool {
        let after = self.after.as_ref().map(|r| &r.after);
        let mut runs = self.before.iter().chain(after);
        runs.any(|run| {
            let mut folders = path.match_indices('/').filter_map(|(i, _)| path.get(..=i));
            run.inputs.contains(path) || folders.any(|folder| run.inputs.contains(folder))
        })
    }

    /// Its result in the head at a moment.
    #[must_use]
    pub fn at(&self, moment: Moment) -> Option<&Arc<Convergence>> {
        let run = self.after.as_ref()?;
        Some(match moment {
            Moment::First => &run.first,
            Moment::Worst => &run.worst,
            Moment::Settled => &run.after,
        })
    }
}

/// One pool of one rendered file of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodePool {
    pub node: String,
    pub file: String,
    pub pool: Pool,
}

/// One pool in base and head. A moment has none where the file then has no such pool.
#[derive(Clone, Debug)]
pub struct PoolImpact {
    pub node: String,
    /// Path on the node.
    pub file: String,
    pub name: String,
    pub format: Format,
    pub before: Option<Pool>,
    pub first: Option<Pool>,
    pub worst: Option<Pool>,
    pub after: Option<Pool>,
    /// Why members are not certain in the head.
    pub undetermined: Option<String>,
}

impl PoolImpact {
    /// Whether a file of the pool's node holds it, or a part of it that the pool's own file includes.
    #[must_use]
    pub fn stands_in(&self, node: &str, path: &str) -> bool {
        let pools = [&self.before, &self.first, &self.worst, &self.after];
        let mut parts = pools.into_iter().flatten().flat_map(|p| &p.parts);
        self.node == node && (self.file == path || parts.any(|p| p == path))
    }

    #[must_use]
    pub fn at(&self, moment: Moment) -> Option<&Pool> {
        match moment {
            Moment::First => self.first.as_ref(),
            Moment::Worst => self.worst.as_ref(),
            Moment::Settled => self.after.as_ref(),
        }
    }

    /// How many members serve in the base.
    #[must_use]
    pub fn serving_before(&self) -> usize {
        self.before.as_ref().map_or(0, |p| p.serving().count())
    }

    /// How many members serve in the head at a moment.
    #[must_use]
    pub fn serving_at(&self, moment: Moment) -> usize {
        self.at(moment).map_or(0, |p| p.serving().count())
    }
}

/// One search of one node in the head.
#[derive(Clone, Debug)]
pub struct SearchImpact {
    pub node: String,
    /// The search of the base in its place; `None` where the change adds it.
    pub before: Option<Search>,
    pub first: Option<Search>,
    pub worst: Option<Search>,
    pub after: Search,
    /// Rendered files that its results reach, by path on the node.
    pub files: Vec<String>,
}

/// Problems of one rendered config in the head.
#[derive(Clone, Debug)]
pub struct ConfigImpact {
    pub node: String,
    /// Path on the node.
    pub file: String,
    pub format: Format,
    pub moment: Moment,
    pub rendered: RenderedFile,
    pub problems: Vec<ConfigProblem>,
}

#[derive(Clone, Debug)]
pub struct ConfigProblem {
    pub problem: Problem,
    /// In the rendered text, from 1.
    pub line: u32,
    /// That line, holes shown as `‹unknown›`.
    pub text: String,
    /// The template's line that produced it, or the resource that writes the file.
    pub location: Location,
    /// False where the base's file had the same problem.
    pub new: bool,
}

/// A file of the repository that does not parse.
#[derive(Clone, Debug)]
pub struct SyntaxImpact {
    /// `None` for merge conflict markers, which no format allows.
    pub format: Option<Format>,
    pub error: SyntaxError,
    pub location: Location,
    /// False where the base's file had the same error.
    pub new: bool,
    /// Nodes whose runs read the file.
    pub nodes: Vec<String>,
}

impl Impact {
    /// Compares two simulations.
    #[must_use]
    pub fn new(comparison: &Comparison<'_>) -> Self {
        let mut impact = compare::compare(comparison);
        impact.traffic = Traffic::new(&impact, comparison.file);
        let open = impact.traffic.iter().flat_map(Traffic::undetermined);
        let open: Vec<Undetermined> = open.collect();
        for undetermined in open {
            impact.undetermined.entry(undetermined).or_default();
        }
        impact.rollout = Rollout::new(&impact);
        impact
    }

    /// Takes over what a walk through all states of the rollout found.
    pub fn walked(&mut self, walked: Walked) {
        for pool in &mut self.pools {
            let place = (
                pool.node.clone(),
                pool.file.clone(),
                Kind::Pool,
                pool.name.clone(),
            );
            if let Some(worst) = walked.pools.get(&place)
                && worst.serving().count() < pool.serving_at(Moment::Worst)
            {
                pool.worst = Some(worst.clone());
            }
        }
        self.walked = Some(walked);
        self.rollout = Rollout::new(self);
    }

    /// The change of a file, where it is one that the change touches.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&FileChange> {
        self.files.iter().find(|f| &*f.path == path)
    }

    /// Whether a line of the head is one that the change wrote; every line is, without a base.
    #[must_use]
    pub fn touches(&self, location: &Location) -> bool {
        !self.has_base
            || self
                .file(&location.path)
                .is_some_and(|f| f.hunk_at(location.line).is_some())
    }

    /// The rendered file of a node at a moment.
    #[must_use]
    pub fn rendered(&self, node: &str, file: &str, moment: Moment) -> Option<&RenderedFile> {
        self.nodes.get(node)?.at(moment)?.files.get(file)
    }
}
