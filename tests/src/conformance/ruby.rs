//! Kind `ruby`: snippets and programs against what real Ruby gave.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use foretaste_parser::source::Source;
use foretaste_simulator::ruby::Interp;
use foretaste_simulator::ruby::budget::with_stack;
use foretaste_simulator::ruby::flow::Flow;
use foretaste_simulator::ruby::value::Value;
use serde_json::Value as Json;

use super::Report;

/// What became of one snippet.
#[derive(Debug, Default)]
struct Outcome {
    inspect: Option<String>,
    exception: Option<(String, String)>,
    output: String,
    /// Why the result is unknown, or why the run ended.
    unknown: Option<String>,
}

/// Runs `expressions.jsonl` and `programs.jsonl` of a folder, or one such file.
///
/// # Errors
/// Files that are missing or not lines of JSON.
pub fn run(path: &Path) -> Result<Report, String> {
    let mut report = Report::new("ruby");
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let files = if path.is_dir() {
        vec![path.join("expressions.jsonl"), path.join("programs.jsonl")]
    } else {
        vec![path.to_path_buf()]
    };
    for file in files {
        for row in rows(&file)? {
            let text = |key: &str| row.get(key).and_then(Json::as_str).unwrap_or_default();
            let outcome = evaluate(text("code"));
            let failure = failure(&row, &outcome);
            if failure.is_some()
                && let Some(reason) = &outcome.unknown
            {
                *reasons.entry(reason.clone()).or_default() += 1;
            }
            let line = failure.map(|why| format!("{} {:?}: {why}", text("id"), text("code")));
            report.count(text("class"), line);
        }
    }
    let mut reasons: Vec<(String, usize)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let shown = reasons.into_iter().take(60);
    report
        .notes
        .extend(shown.map(|(reason, count)| format!("{count:5} unknown: {reason}")));
    Ok(report)
}

/// The rows of a file with a JSON value a line.
pub(super) fn rows(file: &Path) -> Result<Vec<Json>, String> {
    let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    text.lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).map_err(|e| format!("{}: {e}", file.display())))
        .collect()
}

/// Runs a snippet in a fresh machine.
fn evaluate(code: &str) -> Outcome {
    let source = Arc::new(Source::new("snippet.rb", code));
    let program = Arc::new(foretaste_parser::ruby::parse(source));
    if let Some(error) = program.errors.first() {
        return Outcome {
            exception: Some(("SyntaxError".into(), error.message.clone())),
            ..Outcome::default()
        };
    }
    with_stack(|| {
        let mut interp = Interp::default();
        let (main, object) = (interp.main, interp.core.object);
        let result = interp.run_program(&program, main, object);
        let mut outcome = Outcome::default();
        match result {
            Ok(value) => inspected(&mut interp, value, &mut outcome),
            Err(flow) => left(&mut interp, flow, &mut outcome),
        }
        outcome.output = interp.stdout.clone();
        outcome
    })
}

fn inspected(interp: &mut Interp, value: Value, outcome: &mut Outcome) {
    if let Some(id) = interp.unknown_of(value) {
        outcome.unknown = Some(interp.unknowns.reason(id).to_owned());
        return;
    }
    match interp.inspect(value) {
        Ok(text) => {
            if let Some(id) = foretaste_simulator::ruby::unknown::first_hole(&text) {
                outcome.unknown = Some(interp.unknowns.reason(id).to_owned());
            }
            outcome.inspect = Some(text);
        }
        Err(flow) => left(interp, flow, outcome),
    }
}

fn left(interp: &mut Interp, flow: Flow, outcome: &mut Outcome) {
    match flow {
        Flow::Raise(exception) => {
            let class = interp
                .class_name(interp.real_class_of(exception))
                .to_string();
            let message = interp.exception_text(exception);
            let first = message.lines().next().unwrap_or_default().to_owned();
            outcome.exception = Some((class, first));
        }
        Flow::Halt(id) | Flow::Unknown(id) => {
            outcome.unknown = Some(interp.unknowns.reason(id).to_owned());
        }
        other => outcome.unknown = Some(format!("left by {other:?}")),
    }
}

/// Why an outcome is not the recorded one.
fn failure(row: &Json, outcome: &Outcome) -> Option<String> {
    let text = |key: &str| row.get(key).and_then(Json::as_str).unwrap_or_default();
    if let Some(reason) = &outcome.unknown {
        return Some(format!("unknown: {reason}"));
    }
    if row.get("ok").and_then(Json::as_bool) == Some(true) {
        if let Some((class, message)) = &outcome.exception {
            return Some(format!(
                "raised {class}: {message}; want {}",
                text("inspect")
            ));
        }
        let got = outcome.inspect.as_deref().unwrap_or_default();
        if got != text("inspect") {
            return Some(format!("got {got}; want {}", text("inspect")));
        }
    } else {
        let Some((class, message)) = &outcome.exception else {
            let got = outcome.inspect.as_deref().unwrap_or_default();
            return Some(format!(
                "got {got}; want {}: {}",
                text("exception"),
                text("message")
            ));
        };
        // Messages of syntax errors are the parser generator's own.
        let same =
            class == text("exception") && (class == "SyntaxError" || message == text("message"));
        if !same {
            return Some(format!(
                "raised {class}: {message}; want {}: {}",
                text("exception"),
                text("message")
            ));
        }
    }
    (outcome.output != text("output"))
        .then(|| format!("wrote {:?}; want {:?}", outcome.output, text("output")))
}
