//! Files that do not parse, for people and machines.

use std::fmt::Write;
use std::sync::Arc;

use foretaste_parser::formats::{Format, format_of};
use foretaste_parser::problem::{Kind, Problem};
use foretaste_parser::source::{Source, Span, SyntaxError};
use foretaste_parser::{check as config_check, conflict, erb, json as json_parser, ruby};
use miette::GraphicalReportHandler;
use serde_json::{Value as Json, json as to_json};

use super::place::{Snippet, snippet};

/// One file that was looked at.
pub struct Checked {
    pub source: Arc<Source>,
    pub format: Format,
    pub errors: Vec<LintError>,
}

pub struct LintError {
    /// The rule that a check would report it under.
    pub rule: &'static str,
    pub message: String,
    pub help: Option<String>,
    pub span: Span,
}

/// Checks a text; `None` where its format is not one that is read.
#[must_use]
pub fn check(source: &Arc<Source>, format: Option<Format>) -> Option<Checked> {
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
            config => problems(config_check::problems(config, source)),
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
pub fn json(files: &[Checked]) -> String {
    let files: Vec<Json> = files
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
    format!("{:#}\n", to_json!({"schema": 1, "files": files}))
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

/// The person's form: each error in its place, then how many files were looked at.
#[must_use]
pub fn human(files: &[Checked], handler: &GraphicalReportHandler) -> String {
    let mut out = String::new();
    for file in files {
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
                handler,
            );
            out.push('\n');
        }
    }
    let errors: usize = files.iter().map(|f| f.errors.len()).sum();
    let broken = files.iter().filter(|f| !f.errors.is_empty()).count();
    let _ = match (files.len(), errors) {
        (0, _) => writeln!(out, "nothing was checked: no file of a format that is read"),
        (n, 0) => writeln!(out, "{n} files parse"),
        (n, errors) => writeln!(
            out,
            "{errors} error{} in {broken} of {n} files",
            if errors == 1 { "" } else { "s" }
        ),
    };
    out
}
