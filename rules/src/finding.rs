//! What a rule reports: data, for any rendering.

use foretaste_parser::source::Location;
use foretaste_simulator::convergence::Evidence;

use crate::severity::Severity;

/// One thing that a change does, with where, why, whom it hits and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: &'static str,
    pub severity: Severity,
    /// One sentence that names no node: the same effect on many nodes is one finding.
    pub message: String,
    /// What to do next.
    pub help: String,
    /// Where to look first: the cause where it is known.
    pub primary: Location,
    /// Other places that bear on it.
    pub related: Vec<Evidence>,
    /// Changed lines that it comes from, likeliest first; empty where no change is judged.
    pub cause: Vec<Location>,
    /// Affected nodes, sorted.
    pub nodes: Vec<String>,
    /// Affected pools by name, sorted.
    pub pools: Vec<String>,
    /// The way from the cause to the effect, in order.
    pub evidence: Vec<Evidence>,
}

impl Finding {
    /// A finding of one place; its severity is set by whoever judges.
    #[must_use]
    pub fn new(message: impl Into<String>, primary: Location) -> Self {
        Self {
            rule: "",
            severity: Severity::Error,
            message: message.into(),
            help: String::new(),
            primary,
            related: Vec::new(),
            cause: Vec::new(),
            nodes: Vec::new(),
            pools: Vec::new(),
            evidence: Vec::new(),
        }
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    #[must_use]
    pub fn node(mut self, node: impl Into<String>) -> Self {
        self.nodes.push(node.into());
        self
    }

    #[must_use]
    pub fn at_most(mut self, severity: Severity) -> Self {
        self.severity = self.severity.min(severity);
        self
    }

    /// Sets the cause, and points at it first.
    #[must_use]
    pub fn caused_by(mut self, cause: Vec<Location>) -> Self {
        if let Some(first) = cause.first() {
            self.primary = first.clone();
        }
        self.cause = cause;
        self
    }

    #[must_use]
    pub fn evidence(mut self, message: impl Into<String>, location: Location) -> Self {
        self.evidence.push(Evidence {
            message: message.into(),
            location,
        });
        self
    }

    /// Every place that the finding points at.
    pub fn places(&self) -> impl Iterator<Item = &Location> {
        let steps = self.evidence.iter().chain(&self.related);
        std::iter::once(&self.primary)
            .chain(&self.cause)
            .chain(steps.map(|e| &e.location))
    }
}

/// Joins findings that say the same of the same place: one for all nodes and pools that it hits. The evidence is that
/// of the first; the rest would repeat it with other names.
#[must_use]
pub fn group(findings: Vec<Finding>) -> Vec<Finding> {
    let mut out: Vec<Finding> = Vec::new();
    for finding in findings {
        let same = out.iter_mut().find(|f| {
            f.rule == finding.rule
                && f.message == finding.message
                && f.primary == finding.primary
                && f.severity == finding.severity
        });
        match same {
            Some(first) => {
                first.nodes.extend(finding.nodes);
                first.pools.extend(finding.pools);
                for cause in finding.cause {
                    if !first.cause.contains(&cause) {
                        first.cause.push(cause);
                    }
                }
            }
            None => out.push(finding),
        }
    }
    for finding in &mut out {
        for names in [&mut finding.nodes, &mut finding.pools] {
            names.sort();
            names.dedup();
        }
    }
    out
}
