//! What was listed and not read: it is counted, what depends on it is not judged, and neither passes as safe.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use foretaste_parser::source::Location;
use foretaste_rules::Judgement;
use foretaste_simulator::convergence::{Convergence, Undetermined, UndeterminedKind};
use foretaste_simulator::impact::{Impact, NodeImpact};

use super::Side;
use crate::load::tree::{Unread, UnreadKind, is_evaluated};

/// One path that was not read on one side of a change or on both.
struct Gap<'a> {
    unread: &'a Unread,
    /// For people: in the base only.
    in_base: bool,
    /// Nodes whose runs asked for it.
    readers: BTreeSet<String>,
}

/// Counts what was not read as undetermined, and takes out the findings that rest on it. Says whether any of it may
/// matter: it would be evaluated, or the change touches it.
pub fn account(
    impact: &mut Impact,
    judgement: &mut Judgement,
    base: Option<&Side>,
    head: &Side,
) -> bool {
    let gaps = gaps(impact, base, head);
    withhold(impact, judgement, &gaps);
    for (path, gap) in &gaps {
        count(impact, path, gap);
    }
    !gaps.is_empty()
}

fn gaps<'a>(
    impact: &Impact,
    base: Option<&'a Side>,
    head: &'a Side,
) -> BTreeMap<Arc<str>, Gap<'a>> {
    let before = base.into_iter().flat_map(|b| b.unread.iter());
    let mut gaps = BTreeMap::new();
    for (path, unread) in before.chain(&head.unread) {
        let of_base = base.and_then(|b| b.unread.get(path));
        let of_head = head.unread.get(path);
        let counts = unread.kind == UnreadKind::Absent || is_evaluated(path);
        // A large download or an image that is as it was tells nothing.
        if !counts && of_base == of_head {
            continue;
        }
        let readers = impact
            .nodes
            .values()
            .filter(|node| runs(node).any(|run| reads(run, path)))
            .map(|node| node.name.clone())
            .collect();
        let gap = Gap {
            unread,
            in_base: of_head.is_none(),
            readers,
        };
        gaps.insert(path.clone(), gap);
    }
    gaps
}

fn runs(node: &NodeImpact) -> impl Iterator<Item = &Convergence> {
    let after = node.after.iter().flat_map(|r| r.moments().map(|(_, c)| c));
    node.before.iter().chain(after).map(|run| &**run)
}

/// Whether a run asked for a path, for it as a folder, or for something below it.
fn reads(run: &Convergence, path: &str) -> bool {
    let stem = path.strip_suffix(".rb").or(path.strip_suffix(".json"));
    let folder = format!("{path}/");
    run.inputs.contains(path)
        || stem.is_some_and(|stem| run.inputs.contains(stem))
        || run
            .inputs
            .range::<str, _>((Bound::Included(folder.as_str()), Bound::Unbounded))
            .next()
            .is_some_and(|input| input.starts_with(&folder))
}

/// Findings that may be there only because something was not read are no findings.
fn withhold(impact: &mut Impact, judgement: &mut Judgement, gaps: &BTreeMap<Arc<str>, Gap<'_>>) {
    let gaps: Vec<(&Arc<str>, &Gap<'_>)> = gaps
        .iter()
        .filter(|(_, gap)| gap.unread.kind != UnreadKind::Lossy)
        .collect();
    if gaps.is_empty() {
        return;
    }
    judgement.findings.retain(|finding| {
        let gap = gaps.iter().find(|(path, gap)| {
            finding.primary.path == **path
                || (!finding.nodes.is_empty()
                    && finding.nodes.iter().all(|n| gap.readers.contains(n)))
        });
        let Some((path, _)) = gap else { return true };
        let open = Undetermined {
            kind: UndeterminedKind::Unsupported,
            reason: format!(
                "{} is not judged: it may come from {path}, which was not read",
                finding.rule
            ),
            location: Some(finding.primary.clone()),
        };
        let nodes = impact.undetermined.entry(open).or_default();
        nodes.extend(finding.nodes.iter().cloned());
        false
    });
}

fn count(impact: &mut Impact, path: &Arc<str>, gap: &Gap<'_>) {
    let counts = &mut impact.counts.files;
    // It was counted as evaluated where a run asked for it, with the nothing that was read of it.
    let is_known = gap.unread.kind != UnreadKind::Absent
        && (!gap.readers.is_empty() || impact.files.iter().any(|f| f.path == *path));
    if is_known {
        counts.evaluated = counts.evaluated.saturating_sub(1);
    } else {
        counts.found += 1;
    }
    counts.undetermined += 1;
    let reason = &gap.unread.reason;
    let open = Undetermined {
        kind: UndeterminedKind::Budget,
        reason: match gap.in_base {
            true => format!("before the change: {reason}"),
            false => reason.clone(),
        },
        location: Some(Location::line(path.clone(), 1)),
    };
    let nodes = impact.undetermined.entry(open).or_default();
    nodes.extend(gap.readers.iter().cloned());
}
