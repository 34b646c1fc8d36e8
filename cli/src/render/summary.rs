//! What a check or a lint has to say, for formats that have one place for each finding: secrets hidden, nothing left
//! to decide but how it is written.

use std::collections::{BTreeMap, BTreeSet};

use foretaste_parser::source::Location;
use foretaste_rules::{Finding, Severity, Suppressed};
use foretaste_simulator::convergence::{Evidence, UndeterminedKind};
use foretaste_simulator::impact::Count;

use super::lint::Linted;
use super::paint::count;
use crate::exit::Exit;
use crate::gate::Report;

/// Everything that a format needs.
pub struct Summary {
    /// `check` or `lint`.
    pub command: &'static str,
    /// `unsafe: 2 errors`.
    pub headline: String,
    /// What was compared; empty for a lint.
    pub change: String,
    /// `files 5 · nodes 4 · searches 2 · configs 2`.
    pub checked: String,
    pub issues: Vec<Issue>,
    /// Findings that somebody lets pass.
    pub passed: Vec<Passed>,
    pub gaps: Vec<Gap>,
    pub notes: Vec<String>,
    /// What was looked at, by name: nodes of a check, files of a lint.
    pub subjects: Vec<Subject>,
    pub fail_on: Severity,
    pub exit: Exit,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Issue {
    pub rule: &'static str,
    pub severity: Severity,
    pub message: String,
    pub help: String,
    pub place: Location,
    pub evidence: Vec<Evidence>,
    pub related: Vec<Evidence>,
    pub nodes: Vec<String>,
    pub pools: Vec<String>,
}

/// A finding that is let pass.
pub struct Passed {
    pub issue: Issue,
    pub why: String,
    /// By a comment beside it, not by a waiver.
    pub in_source: bool,
}

/// A reason for which something was not evaluated.
pub struct Gap {
    pub reason: String,
    /// The first place that it was met at.
    pub place: Option<Location>,
    pub places: usize,
    pub nodes: BTreeSet<String>,
    /// What only the machines themselves know; it says nothing about foretaste.
    pub is_outside: bool,
}

/// Something that was looked at.
pub struct Subject {
    pub name: String,
    /// Why it was not evaluated in full.
    pub open: Option<String>,
}

impl Summary {
    #[must_use]
    pub fn of_check(report: &Report) -> Self {
        let hide = |text: &str| report.secrets.hide(text);
        let impact = &report.impact;
        let passed = report.judgement.suppressed.iter();
        let gaps = gaps(report);
        let subjects = impact
            .nodes
            .values()
            .filter(|node| node.after.is_some())
            .map(|node| Subject {
                name: node.name.clone(),
                open: gaps
                    .iter()
                    .find(|gap| !gap.is_outside && gap.nodes.contains(&node.name))
                    .map(|gap| gap.reason.clone()),
            })
            .collect();
        Self {
            command: "check",
            headline: headline(report.verdict.as_str(), &report.judgement.findings),
            change: change(report),
            checked: checked(report),
            issues: report
                .judgement
                .findings
                .iter()
                .map(|f| issue(f, &hide))
                .collect(),
            passed: passed.map(|(f, by)| let_pass(f, by, &hide)).collect(),
            gaps,
            notes: report.notes.iter().map(|n| hide(n)).collect(),
            subjects,
            fail_on: report.fail_on,
            exit: report.exit,
        }
    }

    #[must_use]
    pub fn of_lint(linted: &Linted, fail_on: Severity, exit: Exit) -> Self {
        let issues: Vec<Issue> = linted
            .files
            .iter()
            .flat_map(|file| file.errors.iter().map(|e| file.issue(e)))
            .collect();
        let gaps = linted
            .unread
            .iter()
            .map(|(path, reason)| Gap {
                reason: reason.clone(),
                place: Some(Location::line(path.clone(), 1)),
                places: 1,
                nodes: BTreeSet::new(),
                is_outside: false,
            })
            .collect();
        let read = linted.files.iter().map(|file| Subject {
            name: file.source.path().to_string(),
            open: None,
        });
        let unread = linted.unread.iter().map(|(path, reason)| Subject {
            name: path.to_string(),
            open: Some(reason.clone()),
        });
        Self {
            command: "lint",
            headline: linted.headline(),
            change: String::new(),
            checked: of_count(
                "files",
                Count {
                    found: linted.files.len() + linted.unread.len(),
                    evaluated: linted.files.len(),
                    undetermined: linted.unread.len(),
                },
            ),
            issues,
            passed: Vec::new(),
            gaps,
            notes: Vec::new(),
            subjects: read.chain(unread).collect(),
            fail_on,
            exit,
        }
    }

    /// A number for each issue that stays the same while its rule, file and message do, wherever its line moves.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<String> {
        let mut seen: BTreeMap<u64, usize> = BTreeMap::new();
        self.issues
            .iter()
            .map(|issue| {
                let hash = hash(&[issue.rule, &issue.place.path, &issue.message]);
                let nth = seen.entry(hash).or_default();
                *nth += 1;
                format!("{hash:016x}-{nth}")
            })
            .collect()
    }
}

impl Issue {
    /// Message, whom it hits, what to do: a paragraph each.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = self.message.clone();
        if !self.nodes.is_empty() {
            out += &format!("\n\non {}", self.on());
        }
        if !self.help.is_empty() {
            out += &format!("\n\nhelp: {}", self.help);
        }
        out
    }

    /// `2 nodes: lb1, lb2`.
    #[must_use]
    pub fn on(&self) -> String {
        let n = count(self.nodes.len(), "node", "nodes");
        format!("{n}: {}", super::paint::names(&self.nodes, 10))
    }
}

/// FNV-1a with a separator after each part: stable for as long as a fingerprint must be.
fn hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|p| p.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn issue(finding: &Finding, hide: &dyn Fn(&str) -> String) -> Issue {
    let steps = |steps: &[Evidence]| {
        let step = |e: &Evidence| Evidence {
            message: hide(&e.message),
            location: e.location.clone(),
        };
        steps.iter().map(step).collect()
    };
    Issue {
        rule: finding.rule,
        severity: finding.severity,
        message: hide(&finding.message),
        help: hide(&finding.help),
        place: finding.primary.clone(),
        evidence: steps(&finding.evidence),
        related: steps(&finding.related),
        nodes: finding.nodes.clone(),
        pools: finding.pools.clone(),
    }
}

fn let_pass(finding: &Finding, by: &Suppressed, hide: &dyn Fn(&str) -> String) -> Passed {
    let why = match by {
        Suppressed::Comment(comment) => {
            format!("as {} says: {}", comment.location, comment.reason)
        }
        Suppressed::Waived(waiver) => format!(
            "{} answers for it until {}: {}",
            waiver.owner, waiver.expires, waiver.reason
        ),
    };
    Passed {
        issue: issue(finding, hide),
        why: hide(&why),
        in_source: matches!(by, Suppressed::Comment(_)),
    }
}

/// `unsafe: 2 errors, 1 warning`.
#[must_use]
pub fn headline(verdict: &str, findings: &[Finding]) -> String {
    let found: Vec<String> = [
        (Severity::Error, "error", "errors"),
        (Severity::Warning, "warning", "warnings"),
        (Severity::Note, "note", "notes"),
    ]
    .into_iter()
    .map(|(severity, one, many)| {
        let n = findings.iter().filter(|f| f.severity == severity).count();
        (n, count(n, one, many))
    })
    .filter(|(n, _)| *n > 0)
    .map(|(_, text)| text)
    .collect();
    if found.is_empty() {
        return format!("{verdict}: nothing found");
    }
    format!("{verdict}: {}", found.join(", "))
}

/// `HEAD (2950bd6cd0) → the work tree: 1 file differs, 2 nodes change`.
#[must_use]
pub fn change(report: &Report) -> String {
    let impact = &report.impact;
    let reached = impact.nodes.values().filter(|n| n.changed).count();
    format!(
        "{} → {}: {}, {}",
        report.base.as_deref().unwrap_or("nothing"),
        report.head,
        count(impact.files.len(), "file differs", "files differ"),
        count(reached, "node changes", "nodes change")
    )
}

/// How much was looked at.
#[must_use]
pub fn checked(report: &Report) -> String {
    let counts = &report.impact.counts;
    [
        ("files", counts.files),
        ("nodes", counts.nodes),
        ("searches", counts.searches),
        ("configs", counts.configs),
    ]
    .map(|(what, count)| of_count(what, count))
    .join(" · ")
}

fn of_count(what: &str, count: Count) -> String {
    if count.undetermined == 0 {
        format!("{what} {}", count.found)
    } else {
        format!(
            "{what} {} of {} ({} undetermined)",
            count.evaluated, count.found, count.undetermined
        )
    }
}

/// Why things were not evaluated: foretaste's own limits first, the most frequent first.
#[must_use]
pub fn gaps(report: &Report) -> Vec<Gap> {
    let mut rows: BTreeMap<(bool, &str), Gap> = BTreeMap::new();
    for (what, nodes) in &report.impact.undetermined {
        let is_outside = what.kind == UndeterminedKind::Outside;
        let row = rows
            .entry((is_outside, &what.reason))
            .or_insert_with(|| Gap {
                reason: report.secrets.hide(&what.reason),
                place: None,
                places: 0,
                nodes: BTreeSet::new(),
                is_outside,
            });
        row.nodes.extend(nodes.iter().cloned());
        row.places += 1;
        if row.place.is_none() {
            row.place.clone_from(&what.location);
        }
    }
    let mut rows: Vec<Gap> = rows.into_values().collect();
    rows.sort_by_key(|gap| (gap.is_outside, std::cmp::Reverse(gap.nodes.len())));
    rows
}

/// One of everything, for the tests of the formats.
#[cfg(test)]
pub fn example() -> Summary {
    let at = |path: &str, line, column, end_line, end_column| Location {
        path: path.into(),
        line,
        column,
        end_line,
        end_column,
    };
    let issue = Issue {
        rule: "pool-emptied",
        severity: Severity::Error,
        message: "pool `web` loses all 2 servers".to_owned(),
        help: "did you mean `web` & <co>?".to_owned(),
        place: at("roles/web, new.rb", 3, 5, 3, 17),
        evidence: vec![Evidence {
            message: "then it has:\nbackend web".to_owned(),
            location: Location::line("cookbooks/lb/templates/a.erb", 9),
        }],
        related: vec![Evidence {
            message: "served by web1".to_owned(),
            location: Location::line("nodes/web1.json", 1),
        }],
        nodes: vec!["lb1".to_owned(), "lb2".to_owned()],
        pools: vec!["web".to_owned()],
    };
    let warning = Issue {
        rule: "query-surprises",
        severity: Severity::Warning,
        message: "100% of it".to_owned(),
        help: String::new(),
        place: at("roles/web, new.rb", 4, 1, 6, 4),
        evidence: Vec::new(),
        related: Vec::new(),
        nodes: Vec::new(),
        pools: Vec::new(),
    };
    let gap = |reason: &str, is_outside| Gap {
        reason: reason.to_owned(),
        place: Some(Location::line("cookbooks/lb/recipes/default.rb", 5)),
        places: 2,
        nodes: ["lb1".to_owned(), "web1".to_owned()].into(),
        is_outside,
    };
    let subject = |name: &str, open: Option<&str>| Subject {
        name: name.to_owned(),
        open: open.map(str::to_owned),
    };
    Summary {
        command: "check",
        headline: "unsafe: 1 error, 1 warning".to_owned(),
        change: "HEAD → the work tree: 1 file differs, 2 nodes change".to_owned(),
        checked: "files 4 · nodes 3 of 4 (1 undetermined)".to_owned(),
        passed: vec![Passed {
            issue: warning.clone(),
            why: "ops answers for it until 2026-12-31: we move".to_owned(),
            in_source: false,
        }],
        issues: vec![issue, warning],
        gaps: vec![
            gap("ObjectSpace is not modelled", false),
            gap("the clock", true),
        ],
        notes: vec!["2 nodes are made up".to_owned()],
        subjects: vec![
            subject("lb1", Some("ObjectSpace is not modelled")),
            subject("lb2", None),
            subject("web1", Some("ObjectSpace is not modelled")),
            subject("web2", None),
        ],
        fail_on: Severity::Error,
        exit: Exit::Findings,
    }
}
