//! The conformance runner: what foretaste says, against recorded verdicts of the real programs.
//!
//! One file a kind. Nothing here knows a single case: what is expected to fail is data, and fails all the same.

use std::collections::BTreeMap;
use std::path::Path;

pub mod changes;
pub mod chef;
pub mod config;
pub mod erb;
pub mod ruby;
pub mod search;

/// What a kind's runner found.
#[derive(Debug, Default)]
pub struct Report {
    pub kind: &'static str,
    /// A line for each case that failed.
    pub failures: Vec<String>,
    /// Passed and all, by class.
    pub classes: BTreeMap<String, (usize, usize)>,
    /// Further figures, printed before the last line.
    pub notes: Vec<String>,
}

impl Report {
    #[must_use]
    pub fn new(kind: &'static str) -> Self {
        Self {
            kind,
            ..Self::default()
        }
    }

    /// Counts a case of a class; `failure` tells what was wrong.
    pub fn count(&mut self, class: &str, failure: Option<String>) {
        let (passed, total) = self.classes.entry(class.to_string()).or_default();
        *total += 1;
        match failure {
            None => *passed += 1,
            Some(line) => self.failures.push(line),
        }
    }

    #[must_use]
    pub fn passed(&self) -> usize {
        self.classes.values().map(|(passed, _)| passed).sum()
    }

    #[must_use]
    pub fn total(&self) -> usize {
        self.classes.values().map(|(_, total)| total).sum()
    }

    /// The text to print; its last line is `KIND: PASSED/TOTAL passed`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines = self.failures.clone();
        for (class, (passed, total)) in &self.classes {
            lines.push(format!("{class}: {passed}/{total}"));
        }
        lines.extend(self.notes.iter().cloned());
        lines.push(format!(
            "{}: {}/{} passed",
            self.kind,
            self.passed(),
            self.total()
        ));
        lines.join("\n")
    }
}

/// Runs a kind's cases at a path.
///
/// # Errors
/// An unknown kind, or data that cannot be read.
pub fn run(kind: &str, path: &Path) -> Result<Report, String> {
    match kind {
        "changes" => changes::run(path),
        "chef" => chef::run(path),
        "config" => config::run(path),
        "erb" => erb::run(path),
        "ruby" => ruby::run(path),
        "search" => search::run(path),
        _ => Err(format!(
            "unknown kind `{kind}`; there is: changes, chef, config, erb, ruby, search"
        )),
    }
}
