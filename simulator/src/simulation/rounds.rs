//! Rounds: who must run again, against which documents, until nobody must.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::shared::Shared;
use super::{Converge, IndexView, Options, Oscillation, Run, Simulation, World, edit, threads};
use crate::convergence::{Convergence, Reads, SavedNode, Search};
use crate::search::{Answer, Document, SearchIndex, Timeline};

/// A state of the index that runs have seen, with the answers it gave.
struct Generation {
    index: SearchIndex,
    answers: BTreeMap<(String, String), Answers>,
    /// Whose documents differ from the generation before.
    saved: BTreeSet<String>,
}

/// What a search returned: the documents that match for certain, those that may, or neither for a refusal.
#[derive(Clone, PartialEq, Eq)]
enum Answers {
    Found(Vec<ByContent>, Vec<ByContent>),
    None,
}

/// A document that equals another of the same content; almost always by being the very same one.
#[derive(Clone)]
struct ByContent(Arc<Document>);

impl PartialEq for ByContent {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (self.0.name() == other.0.name()
                && match (self.0.saved(), other.0.saved()) {
                    (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a == b,
                    _ => self.0.json() == other.0.json(),
                })
    }
}

impl Eq for ByContent {}

impl Answers {
    /// Whether a run sees the same here: for nodes by their names, since what it read of each is compared apart.
    fn alike(&self, other: &Self, index: &str) -> bool {
        let same = |a: &[ByContent], b: &[ByContent]| {
            if index != "node" {
                return a == b;
            }
            let names = |list: &[ByContent]| -> Vec<String> {
                list.iter().map(|d| d.0.name().to_owned()).collect()
            };
            names(a) == names(b)
        };
        match (self, other) {
            (Self::Found(certain, maybe), Self::Found(other_certain, other_maybe)) => {
                same(certain, other_certain) && same(maybe, other_maybe)
            }
            (one, other) => one == other,
        }
    }
}

/// Whether what was read of a node is the same in two of its documents.
fn reads_alike(old: Option<Arc<Document>>, new: Option<Arc<Document>>, reads: &Reads) -> bool {
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (None, None) => return true,
        _ => return false,
    };
    let keys = match reads {
        _ if Arc::ptr_eq(&old, &new) => return true,
        Reads::All => return ByContent(old) == ByContent(new),
        Reads::Keys(keys) => keys,
    };
    keys.iter().all(|key| {
        let open = |document: &Document| -> Vec<Vec<String>> {
            let paths = document.saved().map(|s| s.unknown.clone());
            let concerns = |path: &Vec<String>| path.first().is_none_or(|f| f == key || f == "*");
            paths.into_iter().flatten().filter(concerns).collect()
        };
        old.key(key) == new.key(key) && open(&old) == open(&new)
    })
}

impl Generation {
    fn new(index: SearchIndex) -> Self {
        Self {
            index,
            answers: BTreeMap::new(),
            saved: BTreeSet::new(),
        }
    }

    fn saved(&self, node: &str) -> Option<&Arc<SavedNode>> {
        self.index.document("node", node)?.saved()
    }

    fn answers(&mut self, search: &Search) -> &Answers {
        self.answers
            .entry((search.index.clone(), search.query.clone()))
            .or_insert_with(|| match self.index.search(&search.index, &search.query) {
                Answer::Results { certain, maybe } => Answers::Found(
                    certain.iter().cloned().map(ByContent).collect(),
                    maybe.iter().cloned().map(ByContent).collect(),
                ),
                Answer::Refused(_) | Answer::NoSuchIndex => Answers::None,
            })
    }
}

fn same_document(a: Option<&Arc<SavedNode>>, b: Option<&Arc<SavedNode>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b) || **a == **b,
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// Converges after which nodes that save in turn are taken to go on for ever.
const CONVERGES_IN_TURN: usize = 200;

/// A node's latest result, and what it came from.
struct Latest {
    result: Arc<Convergence>,
    /// The object that this run began with.
    input: Arc<SavedNode>,
    /// Which state of the index it saw.
    generation: usize,
    reused: bool,
}

pub(super) struct Rounds<'a> {
    converge: &'a dyn Converge,
    options: Options,
    generations: Vec<Generation>,
    latest: BTreeMap<String, Latest>,
    inventory: BTreeMap<String, Arc<SavedNode>>,
    /// The index when the first run began.
    start: SearchIndex,
    shared: Shared,
}

impl<'a> Rounds<'a> {
    pub(super) fn new(world: &World, converge: &'a dyn Converge, options: Options) -> Self {
        let mut index = world.objects.clone();
        for node in &world.nodes {
            index.put_node(node.clone());
        }
        Self::starting(world, index, converge, options)
    }

    fn starting(
        world: &World,
        index: SearchIndex,
        converge: &'a dyn Converge,
        options: Options,
    ) -> Self {
        let index = index.with_threads(options.threads);
        Self {
            converge,
            options,
            start: index.clone(),
            generations: vec![Generation::new(index)],
            latest: BTreeMap::new(),
            inventory: world
                .nodes
                .iter()
                .map(|n| (n.name.clone(), n.clone()))
                .collect(),
            shared: Shared::default(),
        }
    }

    pub(super) fn after(
        base: &Simulation,
        head: &World,
        changed: &BTreeSet<Arc<str>>,
        converge: &'a dyn Converge,
        options: Options,
    ) -> Self {
        let mut index = head.objects.clone();
        for node in &head.nodes {
            let saved = match (base.document(&node.name), base.inventory.get(&node.name)) {
                (Some(saved), Some(before)) if **before == **node => saved.clone(),
                (Some(saved), Some(before)) => Arc::new(edit::edited(saved, before, node)),
                _ => node.clone(),
            };
            index.put_node(saved);
        }
        let mut rounds = Self::starting(head, index, converge, options);
        rounds.reuse(base, changed);
        rounds
    }

    /// Takes over results of the base that nothing in the change can alter.
    fn reuse(&mut self, base: &Simulation, changed: &BTreeSet<Arc<str>>) {
        if !base.settled {
            return;
        }
        self.generations
            .insert(0, Generation::new(base.index.clone()));
        for (name, run) in &base.runs {
            let (Some(old), Some(new)) = (base.document(name), self.document(name)) else {
                continue;
            };
            let same_object = Arc::ptr_eq(old, &new) || **old == *new;
            if same_object && !reads_any(&run.after, changed) {
                let latest = Latest {
                    result: run.after.clone(),
                    input: new,
                    generation: 0,
                    reused: true,
                };
                self.latest.insert(name.clone(), latest);
            }
        }
    }

    pub(super) fn settle(mut self) -> Simulation {
        let mut first: Option<BTreeMap<String, Arc<Convergence>>> = None;
        let mut rounds = 0;
        let mut settled = true;
        let mut history = Vec::new();
        let mut repeating = None;
        loop {
            let jobs = self.due();
            if jobs.is_empty() && first.is_some() {
                break;
            }
            if rounds >= self.options.rounds {
                settled = false;
                break;
            }
            rounds += 1;
            let names: Vec<String> = jobs.iter().map(|n| n.name.clone()).collect();
            self.round(jobs);
            history.push(self.results_of(&names));
            first.get_or_insert_with(|| self.results());
            self.save();
            repeating = self.repeating();
            if repeating.is_some() {
                settled = false;
                break;
            }
        }
        let first = first.unwrap_or_default();
        let mut worst = self.worst(&first);
        passing(&history, &first, &mut worst);
        let runs = self
            .latest
            .iter()
            .map(|(name, latest)| {
                let mut run = Run::steady(latest.result.clone());
                run.reused = latest.reused;
                if let Some(first) = first.get(name) {
                    run.first = first.clone();
                    run.worst = worst.get(name).unwrap_or(first).clone();
                }
                (name.clone(), run)
            })
            .collect();
        let index = self.now().clone();
        let oscillation = repeating.map(|nodes| Oscillation {
            in_turn: self.settles_in_turn(),
            nodes,
        });
        Simulation {
            runs,
            index,
            start: self.start,
            rounds,
            settled,
            history,
            oscillation,
            inventory: self.inventory,
        }
    }

    /// Who saves differently from round to round, where the last save led back to where the rounds have been: what
    /// follows from a state follows again, so they never settle.
    fn repeating(&self) -> Option<BTreeSet<String>> {
        let (last, earlier) = self.generations.split_last()?;
        let mut moved = last.saved.clone();
        if moved.is_empty() {
            return None;
        }
        for generation in earlier.iter().rev() {
            let same = moved
                .iter()
                .all(|n| same_document(generation.saved(n), last.saved(n)));
            if same {
                return Some(moved);
            }
            // What was there before the first save of these rounds is no state of them.
            if generation.saved.is_empty() {
                return None;
            }
            moved.extend(generation.saved.iter().cloned());
        }
        None
    }

    /// Whether nodes that save in turn, each seeing what the one before saved, come to an end.
    fn settles_in_turn(&mut self) -> bool {
        let mut last = String::new();
        for _ in 0..CONVERGES_IN_TURN {
            let mut due = self.due();
            let next = due.iter().position(|n| n.name > last).unwrap_or(0);
            if due.is_empty() {
                return true;
            }
            let node = due.swap_remove(next);
            last.clone_from(&node.name);
            self.converge(vec![node]);
            self.save();
        }
        false
    }

    fn now(&self) -> &SearchIndex {
        self.generations.last().map_or(&self.start, |g| &g.index)
    }

    fn document(&self, node: &str) -> Option<Arc<SavedNode>> {
        self.now().document("node", node)?.saved().cloned()
    }

    fn results(&self) -> BTreeMap<String, Arc<Convergence>> {
        self.latest
            .iter()
            .map(|(name, latest)| (name.clone(), latest.result.clone()))
            .collect()
    }

    fn results_of(&self, names: &[String]) -> BTreeMap<String, Arc<Convergence>> {
        let results = names.iter().filter_map(|name| {
            let latest = self.latest.get(name)?;
            Some((name.clone(), latest.result.clone()))
        });
        results.collect()
    }

    /// The nodes whose result is missing or may now be another, with the object each begins with.
    fn due(&mut self) -> Vec<Arc<SavedNode>> {
        let now = self.generations.len().saturating_sub(1);
        let names: Vec<String> = self.inventory.keys().cloned().collect();
        let mut due = Vec::new();
        for name in names {
            let Some(object) = self.document(&name) else {
                continue;
            };
            let again = match self.latest.get(&name) {
                None => true,
                Some(latest) => {
                    let (result, generation) = (latest.result.clone(), latest.generation);
                    let moved = begins_otherwise(&latest.input, &object);
                    moved || self.sees_otherwise(&result, generation, now)
                }
            };
            if again {
                due.push(object);
            }
        }
        due
    }

    /// Whether a search of this run has other results in another generation, or an object that it read differs there.
    fn sees_otherwise(&mut self, result: &Convergence, from: usize, to: usize) -> bool {
        if from == to {
            return false;
        }
        let document = |generation: usize, name: &str| {
            let generation = self.generations.get(generation)?;
            generation.index.document("node", name).cloned()
        };
        let mut reads = result.reads.iter();
        if reads.any(|(name, reads)| !reads_alike(document(from, name), document(to, name), reads))
        {
            return true;
        }
        let mut searches = result.searches.iter().filter(|s| s.undetermined.is_none());
        searches.any(|search| {
            let mut answers = |generation: usize| {
                let generation = self.generations.get_mut(generation)?;
                Some(generation.answers(search).clone())
            };
            match (answers(from), answers(to)) {
                (Some(old), Some(new)) => !old.alike(&new, &search.index),
                _ => true,
            }
        })
    }

    fn round(&mut self, jobs: Vec<Arc<SavedNode>>) {
        let generation = self.generations.len().saturating_sub(1);
        // What is not run again has just been found to see this generation as it saw its own.
        for latest in self.latest.values_mut() {
            latest.generation = generation;
        }
        self.converge(jobs);
    }

    fn converge(&mut self, jobs: Vec<Arc<SavedNode>>) {
        let index = self.now().clone();
        let (converge, shared) = (self.converge, &self.shared);
        let results = threads::map(&jobs, self.options, |node| {
            shared.share(converge.converge(node, IndexView::Now(&index)))
        });
        let generation = self.generations.len().saturating_sub(1);
        for (input, result) in jobs.into_iter().zip(results) {
            let latest = Latest {
                result: Arc::new(result),
                generation,
                reused: false,
                input: input.clone(),
            };
            self.latest.insert(input.name.clone(), latest);
        }
    }

    /// Every node that succeeded saves; one that failed keeps its old document.
    fn save(&mut self) {
        let mut index = self.now().clone();
        let mut changed = BTreeSet::new();
        for latest in self.latest.values() {
            let Some(saved) = &latest.result.saved else {
                continue;
            };
            if latest.result.failure.is_none() && **saved != *latest.input {
                let same = index
                    .document("node", &saved.name)
                    .and_then(|d| d.saved())
                    .is_some_and(|s| Arc::ptr_eq(s, saved) || **s == **saved);
                if !same {
                    index.put_node(saved.clone());
                    changed.insert(saved.name.clone());
                }
            }
        }
        if !changed.is_empty() {
            let mut generation = Generation::new(index);
            generation.saved = changed;
            self.generations.push(generation);
        }
    }

    /// Results at the unluckiest moment, of nodes for which that is neither the first nor the last.
    fn worst(
        &mut self,
        first: &BTreeMap<String, Arc<Convergence>>,
    ) -> BTreeMap<String, Arc<Convergence>> {
        let timeline = Timeline {
            old: self.start.clone(),
            new: self.now().clone(),
        };
        let mut out = BTreeMap::new();
        let mut jobs = Vec::new();
        for (name, latest) in &self.latest {
            let Some(before) = first.get(name) else {
                continue;
            };
            match unluckiest(before, &latest.result) {
                Unluckiest::First => {}
                Unluckiest::Settled => {
                    out.insert(name.clone(), latest.result.clone());
                }
                Unluckiest::Between => {
                    let saved = self.start.document("node", name).and_then(|d| d.saved());
                    jobs.extend(saved.cloned());
                }
            }
        }
        let (converge, shared) = (self.converge, &self.shared);
        let results = threads::map(&jobs, self.options, |node| {
            shared.share(converge.converge(node, IndexView::Between(&timeline)))
        });
        for (node, result) in jobs.iter().zip(results) {
            out.insert(node.name.clone(), Arc::new(result));
        }
        out
    }
}

/// Results between the first round and the last are moments too, and may be unluckier than what is before and after:
/// there a node may find what another had saved only for a while.
fn passing(
    history: &[BTreeMap<String, Arc<Convergence>>],
    first: &BTreeMap<String, Arc<Convergence>>,
    worst: &mut BTreeMap<String, Arc<Convergence>>,
) {
    let found = |run: &Convergence| -> usize {
        let failed = run.failure.is_some();
        run.searches
            .iter()
            .map(|s| if failed { 0 } else { s.results.len() })
            .sum()
    };
    for (name, result) in history.iter().flatten() {
        let known = worst.get(name).or_else(|| first.get(name));
        if known.is_none_or(|known| found(result) < found(known)) {
            worst.insert(name.clone(), result.clone());
        }
    }
}

/// When a node's searches find the least.
enum Unluckiest {
    First,
    Settled,
    Between,
}

fn unluckiest(first: &Arc<Convergence>, settled: &Arc<Convergence>) -> Unluckiest {
    if Arc::ptr_eq(first, settled) {
        return Unluckiest::First;
    }
    let (mut grows, mut shrinks) = (false, false);
    let mut later = settled.searches.iter();
    for search in &first.searches {
        let Some(after) = later
            .next()
            .filter(|s| s.index == search.index && s.query == search.query)
        else {
            return Unluckiest::Between;
        };
        shrinks |= !search.results.iter().all(|r| after.results.contains(r));
        grows |= !after.results.iter().all(|r| search.results.contains(r));
    }
    match (grows, shrinks, later.next()) {
        (true, true, _) | (_, _, Some(_)) => Unluckiest::Between,
        (_, false, None) => Unluckiest::First,
        (false, true, None) => Unluckiest::Settled,
    }
}

/// Whether a run that begins with another object can give another result. What a run computes itself (default,
/// override, roles, recipes) it computes anew; its normal attributes and its run list stay.
fn begins_otherwise(a: &SavedNode, b: &SavedNode) -> bool {
    a.run_list != b.run_list
        || a.chef_environment != b.chef_environment
        || a.policy_name != b.policy_name
        || a.policy_group != b.policy_group
        || a.normal != b.normal
}

/// Whether a run read or looked for any of these paths. An input that ends in `/` stands for everything below it.
fn reads_any(run: &Convergence, changed: &BTreeSet<Arc<str>>) -> bool {
    changed.iter().any(|path| {
        run.inputs.contains(path)
            || path.match_indices('/').any(|(i, _)| {
                path.get(..=i)
                    .is_some_and(|folder| run.inputs.contains(folder))
            })
    })
}
