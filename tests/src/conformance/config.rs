//! Kind `config`: HAProxy and nginx files with the verdicts of the real programs.

use std::path::Path;

use foretaste_parser::problem::{Kind, Problem};
use foretaste_parser::source::Source;
use foretaste_parser::{haproxy, nginx};
use serde_json::Value as Json;

use super::Report;

/// Figures of one format.
#[derive(Default)]
struct Tally {
    refused: usize,
    caught: usize,
    accepted: usize,
    false_alarms: usize,
    lines: usize,
    same_line: usize,
}

/// Judges `haproxy.jsonl` and `nginx.jsonl` in a folder, or one such file.
///
/// # Errors
/// Files that are missing or not in the form expected.
pub fn run(path: &Path) -> Result<Report, String> {
    let files = if path.is_dir() {
        vec![path.join("haproxy.jsonl"), path.join("nginx.jsonl")]
    } else {
        vec![path.to_owned()]
    };
    let mut report = Report::new("config");
    for file in &files {
        let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        let format = if file.to_string_lossy().contains("nginx") {
            "nginx"
        } else {
            "haproxy"
        };
        let mut tally = Tally::default();
        for (index, row) in text.lines().enumerate() {
            let row: Json = serde_json::from_str(row)
                .map_err(|e| format!("{}:{}: {e}", file.display(), index + 1))?;
            judge(format, &row, &mut tally, &mut report);
        }
        report.notes.push(tally.note(format));
    }
    Ok(report)
}

impl Tally {
    fn note(&self, format: &str) -> String {
        let share = |part, whole| format!("{part}/{whole} ({})", percent(part, whole));
        format!(
            "{format}: errors caught {}, false alarms {}, same line {}",
            share(self.caught, self.refused),
            share(self.false_alarms, self.accepted),
            share(self.same_line, self.lines),
        )
    }
}

/// Judges one case. What would be refused only on the machine that recorded it is left out.
fn judge(format: &str, row: &Json, tally: &mut Tally, report: &mut Report) {
    let field = |name: &str| row.get(name).and_then(Json::as_str).unwrap_or("");
    let refused = match field("category") {
        // A file without a listener is valid, though the program would have nothing to do.
        "ok" | "ok-needs-context" | "no-listener" => false,
        "error" => true,
        _ => return,
    };
    let text = decode(field("text"), field("encoding"));
    let source = Source::new(format!("{format}.conf"), text);
    let problems = problems(format, &source, field("wrapper"));
    let first = problems.iter().find(|p| p.kind == Kind::Error);
    if refused {
        tally.refused += 1;
        tally.caught += usize::from(first.is_some());
    } else {
        tally.accepted += 1;
        tally.false_alarms += usize::from(first.is_some());
    }
    let ours = first.map(|p| u64::from(source.line(p.span.start)));
    let theirs = row.get("line").and_then(Json::as_u64);
    if let (true, Some(ours), Some(theirs)) = (refused, ours, theirs) {
        tally.lines += 1;
        tally.same_line += usize::from(ours == theirs);
        if ours != theirs {
            let (id, message) = (field("id"), first.map_or("", |p| &p.message));
            report.notes.push(format!(
                "line {id}: ours {ours} ({message}), theirs {theirs} ({})",
                field("message")
            ));
        }
    }
    let class = if refused { field("cls") } else { "accepted" };
    let failure = match first {
        None if refused => Some(format!(
            "missed {} [{class}]: {}",
            field("id"),
            field("message").replace('\n', " ")
        )),
        Some(problem) if !refused => Some(format!(
            "false alarm {}: line {}: {}",
            field("id"),
            source.line(problem.span.start),
            problem.message
        )),
        _ => None,
    };
    report.count(&format!("{format} {class}"), failure);
}

/// Texts that were not UTF-8 are given as Latin-1, a character a byte; bytes that are not UTF-8 stay unknown to us too.
fn decode(text: &str, encoding: &str) -> String {
    if encoding != "latin-1" {
        return text.to_owned();
    }
    let bytes: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn problems(format: &str, source: &Source, wrapper: &str) -> Vec<Problem> {
    if format == "haproxy" {
        return haproxy::problems(source, haproxy::Version::USUAL);
    }
    let (config, errors) = nginx::parse(source);
    // The `events` wrapper only adds the block that a whole file lacked.
    let context = match wrapper {
        "http" => nginx::Context::Http,
        "server" => nginx::Context::Server,
        _ => nginx::Context::Main,
    };
    nginx::problems_in(&config, errors, context, nginx::Extent::Whole)
}

/// A share in percent with one decimal, by whole numbers only.
fn percent(part: usize, whole: usize) -> String {
    let tenths = (part * 1000 + whole / 2).checked_div(whole).unwrap_or(0);
    format!("{}.{}%", tenths / 10, tenths % 10)
}
