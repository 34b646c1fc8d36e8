//! A revision's nodes, converged until nothing changes any more.
//!
//! A search sees what other nodes saved at the end of their last run, so one run of each node is not enough to know
//! where a repository leads: what one node saves is what another finds. [`simulate`] therefore goes in rounds. In each,
//! every node that could now give another result converges against the index as the round before left it; then all
//! that succeeded save. It ends when nobody's result can change, or after [`Options::rounds`].
//!
//! A change is simulated from where its base had settled ([`simulate_change`]): the index still holds the old
//! documents when the new code first runs. Each node so has three results (see [`Run`]).
//!
//! How one node converges is the caller's: a [`Converge`], in practice `chef::converge` over a repository.

mod edit;
mod rounds;
mod shared;
mod suppose;
#[cfg(test)]
mod tests;
mod threads;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::convergence::{Convergence, SavedNode, Undetermined};
use crate::inventory::Problem;
use crate::search::{Answer, Document, Moment, SearchIndex, Timeline};

pub use suppose::{Supposition, Trial, suppose};
pub(crate) use threads::with_stack;

/// Runs one node. Must be a function of its arguments alone: its results are kept and reused.
pub trait Converge: Sync {
    /// The why-run of `node`, whose searches `index` answers.
    fn converge(&self, node: &SavedNode, index: IndexView<'_>) -> Convergence;
}

impl<F> Converge for F
where
    F: Fn(&SavedNode, IndexView<'_>) -> Convergence + Sync,
{
    fn converge(&self, node: &SavedNode, index: IndexView<'_>) -> Convergence {
        self(node, index)
    }
}

/// The search index as one run sees it.
#[derive(Clone, Copy, Debug)]
pub enum IndexView<'a> {
    /// What is saved now.
    Now(&'a SearchIndex),
    /// At the unluckiest moment between two states: only what matches before and after.
    Between(&'a Timeline),
    /// What is saved now, but answered otherwise.
    Supposing(&'a SearchIndex, &'a Supposition),
}

impl<'a> IndexView<'a> {
    /// Answers a query as `search(index, query)` in a recipe gets it.
    #[must_use]
    pub fn search(&self, index: &str, query: &str) -> Answer {
        match self {
            Self::Now(now) => now.search(index, query),
            Self::Between(timeline) => timeline.search(Moment::Worst, index, query),
            Self::Supposing(now, supposition) => {
                supposition.applied(now.search(index, query), index, query)
            }
        }
    }

    /// One object by its name, as `Chef::Node.load` and its like read it.
    #[must_use]
    pub fn document(&self, index: &str, name: &str) -> Option<&'a Arc<Document>> {
        self.saved().document(index, name)
    }

    /// The documents that searches are answered from; between two states, the earlier ones.
    #[must_use]
    pub fn saved(&self) -> &'a SearchIndex {
        match self {
            Self::Now(now) | Self::Supposing(now, _) => now,
            Self::Between(timeline) => &timeline.old,
        }
    }
}

/// Limits of a simulation.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Nodes converged at the same time. Results do not depend on it.
    pub threads: NonZeroUsize,
    /// Rounds after which a simulation that still changes is given up as not settling.
    pub rounds: u32,
    /// Of each thread: the evaluator recurses as deep as the Ruby it reads.
    pub stack_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: NonZeroUsize::MIN,
            rounds: 5,
            stack_bytes: 256 << 20,
        }
    }
}

/// What there is to simulate at one revision.
#[derive(Clone, Debug)]
pub struct World {
    /// The inventory, as exported or kept in the repository.
    pub nodes: Vec<Arc<SavedNode>>,
    /// The organisation's other objects: roles, environments, clients, data bags. Nodes in it are replaced.
    pub objects: SearchIndex,
    /// What of them cannot be read.
    pub problems: Vec<Problem>,
}

/// The settled result of a revision.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// By node name.
    pub runs: BTreeMap<String, Run>,
    /// With what every node has saved in the end.
    pub index: SearchIndex,
    /// Before the first run: what acts at once (roles, environments, data bags, edits of node objects) is in it.
    pub start: SearchIndex,
    /// How many rounds it took.
    pub rounds: u32,
    /// False where results still changed in the last round.
    pub settled: bool,
    /// Of each round, the results of those that converged in it.
    pub history: Vec<BTreeMap<String, Arc<Convergence>>>,
    /// Where rounds came back to a state that they had been in.
    pub oscillation: Option<Oscillation>,
    /// Inventory objects that this simulation began with, by name.
    pub inventory: BTreeMap<String, Arc<SavedNode>>,
}

/// Nodes that change one another's results for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oscillation {
    /// Who saves differently from round to round.
    pub nodes: BTreeSet<String>,
    /// Whether they settle where each converges after the other has saved. Where they do, in what depends on the order.
    pub in_turn: bool,
}

/// One node's results at the moments that matter. All three are one result unless searches differ between them.
#[derive(Clone, Debug)]
pub struct Run {
    /// This node converges before every other one.
    pub first: Arc<Convergence>,
    /// This node converges at the unluckiest moment: its searches find only what matches before and after.
    pub worst: Arc<Convergence>,
    /// This node converges after everybody else has.
    pub after: Arc<Convergence>,
    /// Whether the settled result is, without a run, the one of the base: nothing that it read has changed.
    pub reused: bool,
}

impl Run {
    fn steady(result: Arc<Convergence>) -> Self {
        Self {
            first: result.clone(),
            worst: result.clone(),
            after: result,
            reused: false,
        }
    }

    /// Each different result once, the settled one first.
    pub fn moments(&self) -> impl Iterator<Item = (Moment, &Arc<Convergence>)> {
        let first = !Arc::ptr_eq(&self.first, &self.after);
        let worst =
            !Arc::ptr_eq(&self.worst, &self.after) && !Arc::ptr_eq(&self.worst, &self.first);
        std::iter::once((Moment::Settled, &self.after))
            .chain(first.then_some((Moment::First, &self.first)))
            .chain(worst.then_some((Moment::Worst, &self.worst)))
    }
}

impl Simulation {
    /// What a node saved in the end; its inventory object where it never succeeded.
    #[must_use]
    pub fn document(&self, node: &str) -> Option<&Arc<SavedNode>> {
        self.index.document("node", node)?.saved()
    }

    /// Everything that was not evaluated, with the nodes it was not evaluated for.
    #[must_use]
    pub fn undetermined(&self) -> BTreeMap<Undetermined, BTreeSet<String>> {
        let mut out: BTreeMap<Undetermined, BTreeSet<String>> = BTreeMap::new();
        for (name, run) in &self.runs {
            for (_, result) in run.moments() {
                for reason in &result.undetermined {
                    out.entry(reason.clone()).or_default().insert(name.clone());
                }
            }
        }
        out
    }
}

/// Converges every node until nothing changes, from the inventory's own documents.
pub fn simulate(world: &World, converge: &dyn Converge, options: Options) -> Simulation {
    rounds::Rounds::new(world, converge, options).settle()
}

/// Converges the nodes of a change's head, from where its base had settled.
///
/// The change's own edits of node objects are in the index from the start; what nodes save comes later. `changed` are
/// the paths of files that the change adds, edits or removes: a node that has read none of them, whose own object and
/// search results are as before, is not run again.
pub fn simulate_change(
    base: &Simulation,
    head: &World,
    changed: &BTreeSet<Arc<str>>,
    converge: &dyn Converge,
    options: Options,
) -> Simulation {
    rounds::Rounds::after(base, head, changed, converge, options).settle()
}
