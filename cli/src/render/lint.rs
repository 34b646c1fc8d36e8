//! Files that do not parse, for people and machines.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use foretaste_parser::formats::{Format, format_of};
use foretaste_parser::problem::{Kind, Problem};
use foretaste_parser::source::{Source, Span, SyntaxError};
use foretaste_parser::{check as config_check, conflict, erb, json as json_parser, ruby};
use foretaste_rules::Severity;
use foretaste_simulator::readers::Readers;
use serde_json::{Value as Json, json as to_json};

use super::paint::{Paint, count};
use super::place::{Snippet, snippet};
use super::summary::Issue;
use crate::secrets::Secrets;

/// Files that were not read, shown before the rest is only counted.
const SHOWN: usize = 10;

/// All that was looked at.
#[derive(Default)]
pub struct Linted {
    pub files: Vec<Checked>,
    /// Files that were not read, with the reason.
    pub unread: BTreeMap<Arc<str>, String>,
}

impl Linted {
    #[must_use]
    pub fn errors(&self) -> usize {
        self.files.iter().map(|f| f.errors.len()).sum()
    }

    /// Hides secrets, in place where places are shown.
    pub fn hide(&mut self, secrets: &Secrets) {
        for file in &mut self.files {
            if file.errors.is_empty() {
                continue;
            }
            let text = secrets.hide_in_place(file.source.text());
            file.source = Arc::new(Source::new(file.source.path().clone(), text));
            for error in &mut file.errors {
                error.message = secrets.hide(&error.message);
                error.help = error.help.as_deref().map(|help| secrets.hide(help));
            }
        }
    }

    /// `2 errors in 1 of 5 files; 1 not read`.
    #[must_use]
    pub fn headline(&self) -> String {
        let broken = self.files.iter().filter(|f| !f.errors.is_empty()).count();
        let mut out = match (self.files.len(), self.errors()) {
            (0, _) => "nothing was checked: no file of a format that is read".to_owned(),
            (n, 0) => count(n, "file parses", "files parse"),
            (n, errors) => format!(
                "{} in {broken} of {}",
                count(errors, "error", "errors"),
                count(n, "file", "files")
            ),
        };
        if !self.unread.is_empty() {
            let _ = write!(out, "; {} not read", self.unread.len());
        }
        out
    }
}

/// One file that was looked at.
pub struct Checked {
    pub source: Arc<Source>,
    pub format: Format,
    pub errors: Vec<LintError>,
}

impl Checked {
    /// An error of this file for formats that have one place for each.
    #[must_use]
    pub fn issue(&self, error: &LintError) -> Issue {
        Issue {
            rule: error.rule,
            severity: Severity::Error,
            message: error.message.clone(),
            help: error.help.clone().unwrap_or_default(),
            place: self.source.location(error.span),
            evidence: Vec::new(),
            related: Vec::new(),
            nodes: Vec::new(),
            pools: Vec::new(),
        }
    }
}

pub struct LintError {
    /// The rule that a check would report it under.
    pub rule: &'static str,
    pub message: String,
    pub help: Option<String>,
    pub span: Span,
}

/// Checks a text; `None` where its format is not one that is read. HAProxy's is judged for the version that the user says
/// of its path.
#[must_use]
pub fn check(source: &Arc<Source>, format: Option<Format>, readers: &Readers) -> Option<Checked> {
    let text = source.text().as_bytes();
    let first = text.get(..text.len().min(128)).unwrap_or(text);
    let format = format.or_else(|| format_of(source.path(), first))?;
    // What a parser says about the markers themselves helps nobody.
    let mut errors = syntax("merge-conflict", conflict::markers(source));
    if errors.is_empty() {
        errors = match format {
            Format::Ruby => syntax("ruby-syntax", ruby::parse(source.clone()).errors),
            Format::Erb => syntax("erb-syntax", erb::parse(source.clone()).errors),
            Format::Json => syntax("json-syntax", json_parser::parse(source).1),
            config => {
                let version = readers.haproxy_of_file(source.path());
                problems(config_check::problems_for(config, source, version))
            }
        };
    }
    Some(Checked {
        source: source.clone(),
        format,
        errors,
    })
}

fn syntax(rule: &'static str, errors: Vec<SyntaxError>) -> Vec<LintError> {
    errors
        .into_iter()
        .map(|e| LintError {
            rule,
            message: e.message,
            help: e.help,
            span: e.span,
        })
        .collect()
}

/// What the daemon refuses; what it only warns about is judged on rendered files, where it can be known.
fn problems(problems: Vec<Problem>) -> Vec<LintError> {
    problems
        .into_iter()
        .filter(|p| p.kind == Kind::Error)
        .map(|p| LintError {
            rule: "config-syntax",
            message: p.message,
            help: p.help,
            span: p.span,
        })
        .collect()
}

/// The machine's form.
#[must_use]
pub fn json(linted: &Linted) -> String {
    let files: Vec<Json> = linted
        .files
        .iter()
        .map(|file| {
            let findings: Vec<Json> = file.errors.iter().map(|e| finding(file, e)).collect();
            to_json!({
                "path": &**file.source.path(),
                "format": file.format.as_str(),
                "ok": findings.is_empty(),
                "findings": findings,
            })
        })
        .collect();
    let unread: Vec<Json> = linted
        .unread
        .iter()
        .map(|(path, reason)| to_json!({"path": &**path, "reason": reason}))
        .collect();
    let out = to_json!({"schema": 1, "files": files, "undetermined": unread});
    format!("{out:#}\n")
}

fn finding(file: &Checked, error: &LintError) -> Json {
    let at = file.source.location(error.span);
    to_json!({
        "rule": error.rule,
        "severity": "error",
        "message": error.message,
        "help": error.help.as_deref().unwrap_or(""),
        "primary": {
            "path": &*at.path,
            "line": at.line,
            "column": at.column,
            "end_line": at.end_line,
            "end_column": at.end_column,
        },
    })
}

/// The person's form: each error in its place, what was not read, then how many files were looked at.
#[must_use]
pub fn human(linted: &Linted, paint: Paint) -> String {
    let handler = paint.handler();
    let mut out = String::new();
    for file in &linted.files {
        for error in &file.errors {
            out += &snippet(
                &Snippet {
                    code: error.rule,
                    level: miette::Severity::Error,
                    message: &error.message,
                    help: error.help.as_deref(),
                    path: file.source.path(),
                    text: file.source.text(),
                    labels: vec![(
                        error.span.start as usize..error.span.end as usize,
                        "here".into(),
                    )],
                },
                &handler,
            );
            out.push('\n');
        }
    }
    for (path, reason) in linted.unread.iter().take(SHOWN) {
        out += &paint.paragraph("not read: ", &format!("{path}: {reason}"));
    }
    if let Some(more) = linted.unread.len().checked_sub(SHOWN).filter(|n| *n > 0) {
        let _ = writeln!(out, "not read: {more} more files");
    }
    out += &linted.headline();
    out.push('\n');
    out
}
