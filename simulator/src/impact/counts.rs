//! How much was looked at. Nothing checked is not a pass.

use std::collections::{BTreeMap, BTreeSet};

use foretaste_parser::check::can_judge;

use super::{Comparison, NodeImpact, PoolImpact};
use crate::convergence::UndeterminedKind;

/// Of what was found, what was evaluated and what was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub found: usize,
    pub evaluated: usize,
    pub undetermined: usize,
}

impl Count {
    fn add(&mut self, evaluated: bool) {
        self.found += 1;
        if evaluated {
            self.evaluated += 1;
        } else {
            self.undetermined += 1;
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files of the repository that runs read, and those that changed.
    pub files: Count,
    /// Nodes of the head. Undetermined where a run met what the evaluator does not do, or ran out of its budget.
    pub nodes: Count,
    /// Searches of those nodes. Undetermined where the query or the index is not known.
    pub searches: Count,
    /// Rendered files of a format that is read. Undetermined where members of a pool are not known.
    pub configs: Count,
}

pub(super) fn count(
    c: &Comparison<'_>,
    nodes: &BTreeMap<String, NodeImpact>,
    pool_impacts: &[PoolImpact],
) -> Counts {
    let mut counts = Counts::default();
    let mut files: BTreeSet<&str> = c.changes.iter().map(|f| &*f.path).collect();
    let unclear: BTreeSet<(&str, &str)> = pool_impacts
        .iter()
        .filter(|p| p.undetermined.is_some())
        .map(|p| (p.node.as_str(), p.file.as_str()))
        .collect();
    for node in nodes.values() {
        let Some(run) = &node.after else { continue };
        let result = &run.after;
        counts.nodes.add(
            !result
                .undetermined
                .iter()
                .any(|u| u.kind != UndeterminedKind::Outside),
        );
        for search in &result.searches {
            counts.searches.add(search.undetermined.is_none());
        }
        for (path, file) in &result.files {
            if let Some(format) = c.readers.format(path, &file.text) {
                let judged = can_judge(format, &file.text);
                counts
                    .configs
                    .add(judged && !unclear.contains(&(&node.name, path)));
            }
        }
        files.extend(
            result
                .inputs
                .iter()
                .filter(|i| !i.ends_with('/'))
                .map(|i| &**i),
        );
    }
    for path in files {
        // An input that was looked for and is not there is none; a removed file needs no reading.
        let changed = c.changes.iter().find(|f| &*f.path == path);
        match changed {
            Some(change) => counts
                .files
                .add(change.after.is_some() || change.before.is_some()),
            None if (c.file)(path).is_some() => counts.files.add(true),
            None => {}
        }
    }
    counts
}
