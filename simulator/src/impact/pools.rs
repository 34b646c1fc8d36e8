//! Pools of rendered files, in base and head.

use std::collections::BTreeMap;

use foretaste_parser::formats::Format;
use foretaste_parser::source::Source;

use super::{NodeImpact, NodePool, PoolImpact};
use crate::convergence::Convergence;
use crate::files::NodeFiles;
use crate::pool::{self, NodeNames, Pool};
use crate::readers::Readers;
use crate::search::Moment;
use crate::simulation::Simulation;

/// Names and addresses of every node as it saves itself in the end.
pub(crate) fn node_names(simulation: &Simulation) -> NodeNames {
    let saved = simulation
        .index
        .documents("node")
        .into_iter()
        .flatten()
        .filter_map(|d| d.saved());
    NodeNames::new(saved.map(AsRef::as_ref))
}

/// The pools of every file that a run renders, members tied to nodes.
pub(crate) fn of_run(
    run: &Convergence,
    names: &NodeNames,
    readers: &Readers,
) -> Vec<(Format, NodePool)> {
    let mut out = Vec::new();
    // Put together only for the few files that spread a pool over others.
    let mut together: Option<NodeFiles<'_>> = None;
    for (path, file) in &run.files {
        let Some(format) = readers.format(path, &file.text) else {
            continue;
        };
        let source = Source::new(path.as_str(), file.text.clone());
        let mut pools = pool::pools(format, &source);
        if pools.iter().any(|p| p.includes) {
            let files = together.get_or_insert_with(|| NodeFiles::new(run, readers));
            pools = files.pools(path);
        }
        for mut pool in pools {
            names.tie(&mut pool.members);
            if pool.undetermined.is_none() {
                let parts = pool.parts.iter().filter_map(|p| run.files.get(p));
                pool.undetermined = std::iter::once(file)
                    .chain(parts)
                    .find_map(|f| f.conditional.clone());
            }
            let pool = NodePool {
                node: run.node.clone(),
                file: path.clone(),
                pool,
            };
            out.push((format, pool));
        }
    }
    out
}

type Key = (String, String);

fn keyed(run: &Convergence, names: &NodeNames, readers: &Readers) -> BTreeMap<Key, (Format, Pool)> {
    of_run(run, names, readers)
        .into_iter()
        .map(|(format, p)| ((p.file, p.pool.name.clone()), (format, p.pool)))
        .collect()
}

pub(super) fn compare(
    nodes: &BTreeMap<String, NodeImpact>,
    names: &NodeNames,
    readers: &Readers,
) -> Vec<PoolImpact> {
    let mut out = Vec::new();
    for node in nodes.values() {
        let Some(after) = &node.after else { continue };
        // A run that fails leaves the balancer's file as it was: the failure is the finding, not the pools.
        let written = |moment: Moment| {
            let run = node.at(moment)?;
            run.failure.is_none().then(|| keyed(run, names, readers))
        };
        let before = node
            .before
            .as_ref()
            .map(|run| keyed(run, names, readers))
            .unwrap_or_default();
        let settled = written(Moment::Settled).unwrap_or_else(|| before.clone());
        let same = after.moments().count() == 1;
        let (first, worst) = if same {
            (settled.clone(), settled.clone())
        } else {
            (
                written(Moment::First).unwrap_or_else(|| before.clone()),
                written(Moment::Worst).unwrap_or_else(|| before.clone()),
            )
        };
        let mut keys: Vec<&Key> = [&before, &settled, &first, &worst]
            .into_iter()
            .flat_map(|m| m.keys())
            .collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let at = |m: &BTreeMap<Key, (Format, Pool)>| m.get(key).map(|(_, p)| p.clone());
            let Some(format) = [&settled, &first, &worst, &before]
                .iter()
                .find_map(|m| m.get(key))
                .map(|(f, _)| *f)
            else {
                continue;
            };
            let (first, worst, after) = (at(&first), at(&worst), at(&settled));
            let undetermined = [&after, &first, &worst]
                .into_iter()
                .flatten()
                .find_map(|p| p.undetermined.clone());
            out.push(PoolImpact {
                node: node.name.clone(),
                file: key.0.clone(),
                name: key.1.clone(),
                format,
                before: at(&before),
                first,
                worst,
                after,
                undetermined,
            });
        }
    }
    out
}
