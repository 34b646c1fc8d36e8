//! From two revisions to what the change between them does: the one place where repository, inventory, converge,
//! simulation and comparison come together.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use foretaste_parser::source::Source;

use crate::chef;
use crate::convergence::{Convergence, SavedNode};
use crate::impact::{
    Comparison, FileChange, Held, Impact, base_order_jobs, empty_jobs, file_changes, order_jobs,
    parts, role_files,
};
use crate::inventory::Inventory;
use crate::readers::Readers;
use crate::repository::Repository;
use crate::rollout;
use crate::ruby::budget::STACK_BYTES;
use crate::search::{Profile, SearchIndex};
use crate::simulation::{self, IndexView, Simulation, Trial, World};
use crate::split;

/// A repository at one revision, with the nodes that it is simulated for.
#[derive(Clone)]
pub struct Revision {
    pub repository: Arc<Repository>,
    pub inventory: Inventory,
}

/// How revisions are simulated and compared.
#[derive(Clone, Debug)]
pub struct Settings {
    pub profile: Profile,
    /// Nodes converged at the same time. Results do not depend on it.
    pub threads: NonZeroUsize,
    /// What reads the files of nodes.
    pub readers: Readers,
    pub chef: chef::Options,
    /// While no more nodes than so many matter to one another, every state on the way of a change is visited; 0 for
    /// never. See [`rollout::walk`].
    pub walked_nodes: usize,
    /// What people decide about the rollout.
    pub rollout: rollout::Options,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            profile: Profile::Server,
            threads: NonZeroUsize::MIN,
            readers: Readers::default(),
            chef: chef::Options::default(),
            walked_nodes: rollout::WALKED_NODES,
            rollout: rollout::Options::default(),
        }
    }
}

/// What there is to simulate: the inventory's nodes, and roles, environments and data bags as an upload puts them
/// on the server.
#[must_use]
pub fn world(revision: &Revision, settings: &Settings) -> World {
    let mut objects = SearchIndex::new(settings.profile);
    let problems = chef::index_objects(&revision.repository, &mut objects);
    let nodes = revision
        .inventory
        .nodes
        .values()
        .map(|node| Arc::new(first_seen(revision, node)))
        .collect();
    World {
        nodes,
        objects,
        problems,
    }
}

/// A synthetic node has never converged: all that cookbooks would give it is unknown, but for the roles that its run
/// list expands to.
fn first_seen(revision: &Revision, node: &SavedNode) -> SavedNode {
    let mut node = node.clone();
    if node.synthetic && node.unknown.is_empty() {
        node.unknown.push(vec!["*".to_owned()]);
        if !node.automatic.contains_key("roles")
            && let Some(roles) = chef::expanded_roles(&revision.repository, &node)
        {
            node.automatic.insert("roles".to_owned(), roles.into());
        }
    }
    node
}

/// A revision's nodes, converged until nothing changes.
#[must_use]
pub fn simulate(revision: &Revision, settings: &Settings) -> Simulation {
    let converge = converge_fn(revision, settings);
    simulation::simulate(&world(revision, settings), &converge, options(settings))
}

/// What a change does. Without a base the head is judged alone, and everything in it counts as new.
#[must_use]
pub fn impact(base: Option<&Revision>, head: &Revision, settings: &Settings) -> Impact {
    let simulated = base.map(|base| (base, simulate(base, settings)));
    let base = simulated
        .as_ref()
        .map(|(base, simulated)| (*base, simulated));
    let (mut impact, _) = in_one(base, head, settings, true);
    impact.split = base.and_then(|base| split::split(base, head, &impact, settings));
    impact
}

/// What a change does as it is, whether or not it could be two, and where its head settles. Trials are only for rules.
pub(crate) fn in_one(
    from: Option<(&Revision, &Simulation)>,
    head: &Revision,
    settings: &Settings,
    with_trials: bool,
) -> (Impact, Simulation) {
    let base = from.map(|(base, _)| base);
    let changes = file_changes(base.map(|b| &b.repository.files), &head.repository.files);
    let head_simulation = match from {
        None => simulate(head, settings),
        Some((_, before)) => {
            let changed: BTreeSet<Arc<str>> = changes.iter().map(|c| c.path.clone()).collect();
            let converge = converge_fn(head, settings);
            let world = world(head, settings);
            simulation::simulate_change(before, &world, &changed, &converge, options(settings))
        }
    };
    let (trials, base_trials) = match with_trials {
        true => trials(from, (head, &head_simulation), &changes, settings),
        false => Default::default(),
    };
    let file = |path: &str| {
        let bytes = head.repository.files.get(path)?;
        Some(Arc::new(Source::from_bytes(path, bytes)))
    };
    let mut impact = Impact::new(&Comparison {
        base: from.map(|(_, simulated)| simulated),
        head: &head_simulation,
        changes: &changes,
        file: &file,
        readers: &settings.readers,
        roles: &role_files(&head.repository),
        policy_groups: [&groups(base), &groups(Some(head))],
        parts: &parts(base.map(|b| &*b.repository), &head.repository, &changes),
        trials: &trials,
        base_trials: &base_trials,
        rollout: &settings.rollout,
    });
    if base.is_some() {
        let converge = converge_fn(head, settings);
        let (readers, most) = (&settings.readers, settings.walked_nodes);
        let walk = |()| rollout::walk(&impact, &head_simulation, &converge, readers, most);
        if let Some(walked) = simulation::with_stack(options(settings), walk) {
            impact.walked(walked);
        }
    }
    (impact, head_simulation)
}

/// The revisions of policies by policy group.
fn groups(revision: Option<&Revision>) -> BTreeMap<String, Held> {
    revision.map_or_else(BTreeMap::new, |r| chef::policy_groups(&r.repository))
}

/// Runs of the head in which searches answer otherwise, and those of the base that they are compared with.
fn trials(
    base: Option<(&Revision, &Simulation)>,
    (head, simulated): (&Revision, &Simulation),
    changes: &[FileChange],
    settings: &Settings,
) -> (Vec<Trial>, Vec<Trial>) {
    let changed: BTreeSet<Arc<str>> = changes.iter().map(|c| c.path.clone()).collect();
    let suppose = |revision: &Revision, simulation: &Simulation, jobs: &[_]| {
        let converge = converge_fn(revision, settings);
        simulation::suppose(simulation, jobs, &converge, options(settings))
    };
    let mut out = suppose(head, simulated, &order_jobs(simulated));
    let before =
        base.map(|(revision, before)| suppose(revision, before, &base_order_jobs(simulated, &out)));
    out.extend(suppose(head, simulated, &empty_jobs(simulated, &changed)));
    (out, before.unwrap_or_default())
}

fn converge_fn<'a>(
    revision: &'a Revision,
    settings: &'a Settings,
) -> impl Fn(&SavedNode, IndexView<'_>) -> Convergence + Sync + 'a {
    move |node, index| chef::converge(&revision.repository, node, index, &settings.chef)
}

fn options(settings: &Settings) -> simulation::Options {
    simulation::Options {
        threads: settings.threads,
        stack_bytes: STACK_BYTES,
        ..simulation::Options::default()
    }
}
