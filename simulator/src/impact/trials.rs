//! What runs under a supposition do otherwise than the runs themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foretaste_parser::source::Location;

use super::{NodeImpact, pools};
use crate::convergence::{Convergence, Failure, RenderedFile, Search};
use crate::pool::NodeNames;
use crate::readers::Readers;
use crate::search::client;
use crate::simulation::{Simulation, Supposition, Trial};

/// Trials of one kind are made up to so many; each is a run.
const TRIALS: usize = 48;

/// A rendered file whose text depends on the order in which a search's results come.
#[derive(Clone, Debug)]
pub struct OrderImpact {
    /// The node that was tried; others that render the file from the same place are not.
    pub node: String,
    /// Path on the node.
    pub file: String,
    /// The resource that writes it, as `type[name]`.
    pub resource: String,
    /// What that resource notifies.
    pub notifies: Vec<String>,
    /// The first line that depends on the order: as rendered, and in another order.
    pub line: (String, String),
    /// Where that line is written.
    pub location: Location,
    /// The searches with several results that reach the file.
    pub searches: Vec<Search>,
    /// Where the resource that writes the file stands.
    pub written: Location,
    /// Whether the base's file depended on the order, too; `None` where it had no several results.
    pub before: Option<bool>,
}

/// What a run does where one of its searches finds nothing.
#[derive(Clone, Debug)]
pub struct EmptyImpact {
    pub node: String,
    pub search: Search,
    /// The run fails, as it does not otherwise.
    pub failure: Option<Failure>,
    /// Pools that then have nobody left: the file on the node, the pool's name, and where it is written.
    pub emptied: Vec<(String, String, Location)>,
}

/// The runs of a head that are worth a trial in another order: one for each place that writes a file.
#[must_use]
pub fn order_jobs(head: &Simulation) -> Vec<(String, Supposition)> {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for (node, run) in fresh(head) {
        let mut wanted = false;
        for file in run.files.values().filter(|f| !several(run, f).is_empty()) {
            let template = file.template.as_ref().map(|t| t.path().clone());
            wanted |= seen.insert((file.location.clone(), template, file.searches.clone()));
        }
        if wanted && out.len() < TRIALS {
            out.push((node.clone(), Supposition::OtherOrder));
        }
    }
    out
}

/// The same trials of the base, of nodes on which the head's files depend on the order.
#[must_use]
pub fn base_order_jobs(head: &Simulation, trials: &[Trial]) -> Vec<(String, Supposition)> {
    trials
        .iter()
        .filter(|trial| {
            let run = head.runs.get(&trial.node);
            run.is_some_and(|run| differing(&run.after, trial).next().is_some())
        })
        .map(|trial| (trial.node.clone(), trial.supposition.clone()))
        .collect()
}

/// The searches of a head that are worth a trial with nothing found: those on whose way to a file the change touches
/// a file. Of each place, the one with the fewest results.
#[must_use]
pub fn empty_jobs(head: &Simulation, changed: &BTreeSet<Arc<str>>) -> Vec<(String, Supposition)> {
    let mut fewest: BTreeMap<&Location, (usize, &String, &Search)> = BTreeMap::new();
    for (node, run) in fresh(head) {
        for (number, search) in run.searches.iter().enumerate() {
            let mut on_the_way = run.files.values().filter(|f| f.searches.contains(&number));
            let touched = changed.contains(&search.location.path)
                || on_the_way.any(|file| {
                    let template = file.template.as_ref();
                    changed.contains(&file.location.path)
                        || template.is_some_and(|t| changed.contains(t.path()))
                });
            if !touched || !is_certain(search) || search.results.is_empty() {
                continue;
            }
            let this = (search.results.len(), node, search);
            let least = fewest.entry(&search.location).or_insert(this);
            if this.0 < least.0 {
                *least = this;
            }
        }
    }
    fewest
        .into_values()
        .take(TRIALS)
        .map(|(_, node, search)| {
            let supposition = Supposition::Nothing {
                index: search.index.clone(),
                query: client::arrives(&search.query).into_owned(),
            };
            (node.clone(), supposition)
        })
        .collect()
}

/// Settled runs that succeed and are not simply the base's.
fn fresh(head: &Simulation) -> impl Iterator<Item = (&String, &Arc<Convergence>)> {
    head.runs
        .iter()
        .filter(|(_, run)| head.settled && !run.reused && run.after.failure.is_none())
        .map(|(node, run)| (node, &run.after))
}

fn is_certain(search: &Search) -> bool {
    search.maybe.is_empty()
        && search.undetermined.is_none()
        && search.refused.is_none()
        && !search.conditional
}

/// The searches with several results that reach a file. Which ones come where more match says another rule.
fn several(run: &Convergence, file: &RenderedFile) -> Vec<Search> {
    file.searches
        .iter()
        .filter_map(|number| run.searches.get(*number))
        .filter(|search| search.results.len() > 1 && search.cut.is_none() && is_certain(search))
        .cloned()
        .collect()
}

/// Files that a trial renders otherwise.
fn differing<'a>(
    run: &'a Convergence,
    trial: &'a Trial,
) -> impl Iterator<Item = (&'a String, &'a RenderedFile, &'a RenderedFile)> {
    run.files
        .iter()
        .filter(|_| trial.result.failure.is_none())
        .filter_map(|(path, file)| Some((path, file, trial.result.files.get(path)?)))
        .filter(|(_, file, tried)| file.text != tried.text)
}

pub(super) fn orders(
    nodes: &BTreeMap<String, NodeImpact>,
    head: &[Trial],
    base: &[Trial],
) -> Vec<OrderImpact> {
    let mut out = Vec::new();
    for trial in head
        .iter()
        .filter(|t| t.supposition == Supposition::OtherOrder)
    {
        let Some(node) = nodes.get(&trial.node) else {
            continue;
        };
        let Some(run) = node.after.as_ref().map(|run| &run.after) else {
            continue;
        };
        let tried = base.iter().find(|t| t.node == trial.node);
        let before = |path: &String| {
            let (run, trial) = (node.before.as_ref()?, tried?);
            let file = run.files.get(path)?;
            let had_several = !several(run, file).is_empty();
            had_several.then(|| differing(run, trial).any(|(other, _, _)| other == path))
        };
        for (path, file, tried) in differing(run, trial) {
            let searches = several(run, file);
            let Some((line, number)) = first_difference(file, tried) else {
                continue;
            };
            if searches.is_empty() {
                continue;
            }
            out.push(OrderImpact {
                node: trial.node.clone(),
                file: path.clone(),
                resource: file.resource.clone(),
                notifies: notified(run, &file.resource),
                line,
                location: place(file, number),
                searches,
                written: file.location.clone(),
                before: before(path),
            });
        }
    }
    out
}

fn notified(run: &Convergence, resource: &str) -> Vec<String> {
    run.resources
        .iter()
        .filter(|r| format!("{}[{}]", r.r#type, r.name) == resource)
        .flat_map(|r| r.notifies.iter().map(|n| n.target.clone()))
        .collect()
}

/// The first lines that differ, and their number from 0.
fn first_difference(
    file: &RenderedFile,
    tried: &RenderedFile,
) -> Option<((String, String), usize)> {
    if file.sensitive {
        return Some((("‹sensitive›".to_owned(), "‹sensitive›".to_owned()), 0));
    }
    let (text, other) = (file.display(), tried.display());
    let mut others = other.lines();
    text.lines().enumerate().find_map(|(number, line)| {
        let other = others.next().unwrap_or_default();
        (line != other).then(|| ((line.trim().to_owned(), other.trim().to_owned()), number))
    })
}

/// Where a line of a rendered file is written.
fn place(file: &RenderedFile, number: usize) -> Location {
    match (&file.template, file.template_lines.get(number)) {
        (Some(template), Some(line)) if *line > 0 => Location::line(template.path().clone(), *line),
        _ => file.location.clone(),
    }
}

pub(super) fn empties(
    nodes: &BTreeMap<String, NodeImpact>,
    trials: &[Trial],
    names: &NodeNames,
    readers: &Readers,
) -> Vec<EmptyImpact> {
    let mut out = Vec::new();
    for trial in trials {
        let Supposition::Nothing { index, query } = &trial.supposition else {
            continue;
        };
        let run = nodes.get(&trial.node).and_then(|n| n.after.as_ref());
        let Some(run) = run.map(|run| &run.after) else {
            continue;
        };
        let search = run
            .searches
            .iter()
            .find(|s| s.index == *index && client::arrives(&s.query) == *query);
        let Some(search) = search else {
            continue;
        };
        let serving = |run: &Convergence| -> BTreeMap<(String, String), (usize, u32)> {
            pools::of_run(run, names, readers)
                .into_iter()
                .filter(|(_, p)| p.pool.undetermined.is_none())
                .map(|(_, p)| {
                    let serving = p.pool.serving().count();
                    ((p.file, p.pool.name), (serving, p.pool.line))
                })
                .collect()
        };
        let emptied = if trial.result.failure.is_some() {
            Vec::new()
        } else {
            let left = serving(&trial.result);
            serving(run)
                .into_iter()
                .filter(|(key, (count, _))| {
                    // A pool that is not written at all then was seen to.
                    *count > 0 && left.get(key).is_some_and(|(left, _)| *left == 0)
                })
                .filter_map(|((path, pool), (_, line))| {
                    let file = run.files.get(&path)?;
                    let number = (line as usize).saturating_sub(1);
                    Some((path, pool, place(file, number)))
                })
                .collect()
        };
        out.push(EmptyImpact {
            node: trial.node.clone(),
            search: search.clone(),
            failure: trial.result.failure.clone(),
            emptied,
        });
    }
    out
}
