//! From an impact to a verdict: runs the catalogue, then takes out what is suppressed or waived.

use std::sync::Arc;

use foretaste_parser::source::Source;
use foretaste_simulator::convergence::UndeterminedKind;
use foretaste_simulator::impact::Impact;
use foretaste_simulator::rollout::Traffic;

use crate::catalogue;
use crate::config::Config;
use crate::date::Date;
use crate::finding::{Finding, group};
use crate::rule::Rule;
use crate::severity::Severity;
use crate::suppression::{Suppression, suppression};
use crate::waiver::{Refusal, Waiver};

/// Everything that rules say about an impact.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// Worst first, then by place.
    pub findings: Vec<Finding>,
    pub suppressed: Vec<(Finding, Suppressed)>,
    /// Waivers that cover a finding and still do not let it pass.
    pub refused: Vec<(Waiver, Refusal)>,
}

/// Who lets a finding pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suppressed {
    Comment(Suppression),
    Waived(Waiver),
}

/// The answer to "may this change go out?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Safe,
    Unsafe,
    /// Nothing was found, but something that the change touches could not be evaluated.
    Undetermined,
    /// Nothing was evaluated at all.
    NothingChecked,
}

impl Verdict {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
            Self::Undetermined => "undetermined",
            Self::NothingChecked => "nothing-checked",
        }
    }
}

/// Judges by every rule. `file` gives a file of the head, in which suppressing comments are read.
pub fn judge(
    impact: &Impact,
    config: &Config,
    file: &dyn Fn(&str) -> Option<Arc<Source>>,
    today: Date,
) -> Judgement {
    judge_by(catalogue::RULES, impact, config, file, today)
}

/// Judges by some rules.
pub fn judge_by(
    rules: &[&Rule],
    impact: &Impact,
    config: &Config,
    file: &dyn Fn(&str) -> Option<Arc<Source>>,
    today: Date,
) -> Judgement {
    let mut judgement = Judgement::default();
    for rule in rules {
        let Some(severity) = config
            .severity
            .get(rule.name)
            .copied()
            .unwrap_or(Some(rule.severity))
        else {
            continue;
        };
        let mut found = (rule.check)(impact, config);
        for finding in &mut found {
            finding.rule = rule.name;
            finding.severity = finding.severity.min(severity);
        }
        for finding in group(found) {
            judgement.take(finding, config, file, today);
        }
    }
    judgement.findings.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| a.primary.cmp(&b.primary))
            .then_with(|| a.rule.cmp(b.rule))
            .then_with(|| a.message.cmp(&b.message))
    });
    judgement
}

impl Judgement {
    fn take(
        &mut self,
        finding: Finding,
        config: &Config,
        file: &dyn Fn(&str) -> Option<Arc<Source>>,
        today: Date,
    ) {
        let comment = std::iter::once(&finding.primary)
            .chain(&finding.cause)
            .find_map(|place| suppression(&*file(&place.path)?, place.line, finding.rule));
        if let Some(comment) = comment {
            self.suppressed
                .push((finding, Suppressed::Comment(comment)));
            return;
        }
        let mut refused = Vec::new();
        for waiver in config.waivers.iter().filter(|w| w.covers(&finding)) {
            match waiver.allows(&finding, today) {
                Ok(()) => {
                    self.suppressed
                        .push((finding, Suppressed::Waived(waiver.clone())));
                    return;
                }
                Err(refusal) => refused.push((waiver.clone(), refusal)),
            }
        }
        self.refused.extend(refused);
        self.findings.push(finding);
    }

    /// The verdict, where findings of at least `fail_on` make a change unsafe.
    #[must_use]
    pub fn verdict(&self, impact: &Impact, fail_on: Severity) -> Verdict {
        if self.findings.iter().any(|f| f.severity >= fail_on) {
            Verdict::Unsafe
        } else if impact.counts.nodes.evaluated == 0 && impact.counts.files.evaluated == 0 {
            Verdict::NothingChecked
        } else if is_open(impact) {
            Verdict::Undetermined
        } else {
            Verdict::Safe
        }
    }
}

/// Whether something that the change reaches was not evaluated.
fn is_open(impact: &Impact) -> bool {
    let nodes = impact.nodes.values().any(|node| {
        let Some(run) = &node.after else { return false };
        let limits = |kind| kind != UndeterminedKind::Outside;
        // One that fails with and without the change is no finding, but what would come after is not known.
        let stops = run.after.failure.is_some();
        !run.reused && (stops || run.after.undetermined.iter().any(|u| limits(u.kind)))
    });
    let pools = impact.pools.iter().any(|pool| {
        let reused = impact
            .nodes
            .get(&pool.node)
            .and_then(|n| n.after.as_ref())
            .is_some_and(|r| r.reused);
        pool.undetermined.is_some() && !reused
    });
    let traffic = impact.traffic.as_ref().is_some_and(Traffic::is_open);
    nodes || pools || traffic || impact.unsettled_after.is_some()
}
