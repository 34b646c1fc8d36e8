//! `conformance config PATH`: HAProxy and nginx files with the verdicts of the real programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use foretaste_parser::problem::{Kind, Problem};
use foretaste_parser::source::Source;
use foretaste_parser::{haproxy, nginx};
use serde_json::Value as Json;

/// Figures of one format.
#[derive(Default)]
struct Tally {
    refused: usize,
    caught: usize,
    accepted: usize,
    false_alarms: usize,
    lines: usize,
    same_line: usize,
    classes: BTreeMap<String, (usize, usize)>,
}

/// Judges `haproxy.jsonl` and `nginx.jsonl` in a folder, or one such file. Returns the report and whether all passed.
///
/// # Errors
/// Where nothing can be read, or nothing in it is a case.
pub fn run(path: &Path) -> Result<(String, bool), String> {
    let files = if path.is_dir() {
        vec![path.join("haproxy.jsonl"), path.join("nginx.jsonl")]
    } else {
        vec![path.to_owned()]
    };
    let mut report = String::new();
    let mut tallies = Vec::new();
    for file in &files {
        let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        let format = if file.to_string_lossy().contains("nginx") { "nginx" } else { "haproxy" };
        let mut tally = Tally::default();
        for (index, row) in text.lines().enumerate() {
            let row: Json =
                serde_json::from_str(row).map_err(|e| format!("{}:{}: {e}", file.display(), index + 1))?;
            if let Some(line) = judge(format, &row, &mut tally) {
                report.push_str(&line);
            }
        }
        tallies.push((format, tally));
    }
    Ok(summary(report, &tallies))
}

/// Judges one case: a line for the report where we differ from the program.
fn judge(format: &str, row: &Json, tally: &mut Tally) -> Option<String> {
    let field = |name: &str| row.get(name).and_then(Json::as_str).unwrap_or("");
    let refused = match field("category") {
        "ok" | "ok-needs-context" | "no-listener" => false,
        "error" => true,
        _ => return None,
    };
    let source = Source::new(format!("{format}.conf"), decode(field("text"), field("encoding")));
    let problems = problems(format, &source, field("wrapper"));
    let first = problems.iter().find(|p| p.kind == Kind::Error);
    let class = if refused { field("cls") } else { "accepted" };
    let count = tally.classes.entry(class.to_owned()).or_default();
    count.1 += 1;
    let passed = first.is_some() == refused;
    count.0 += usize::from(passed);
    if refused {
        tally.refused += 1;
        tally.caught += usize::from(first.is_some());
    } else {
        tally.accepted += 1;
        tally.false_alarms += usize::from(first.is_some());
    }
    let said = first.map(|p| (source.line(p.span.start), p.message.as_str()));
    if let (true, Some((ours, message)), Some(theirs)) = (refused, said, row.get("line").and_then(Json::as_u64)) {
        tally.lines += 1;
        if u64::from(ours) == theirs {
            tally.same_line += 1;
        } else if std::env::var_os("CONFORMANCE_LINES").is_some() {
            return Some(format!(
                "line {} [{class}]: ours {ours} ({message}), theirs {theirs} ({})\n",
                field("id"),
                field("message")
            ));
        }
    }
    match said {
        None if refused => Some(format!("missed {} [{class}]: {}\n", field("id"), field("message").replace('\n', " "))),
        Some((line, message)) if !refused => Some(format!("false alarm {}: line {line}: {message}\n", field("id"))),
        _ => None,
    }
}

/// Texts that were not UTF-8 are given as Latin-1, a character a byte; bytes that are not UTF-8 stay unknown to us too.
fn decode(text: &str, encoding: &str) -> String {
    if encoding != "latin-1" {
        return text.to_owned();
    }
    let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn problems(format: &str, source: &Source, wrapper: &str) -> Vec<Problem> {
    if format == "haproxy" {
        return haproxy::problems(source);
    }
    let (config, errors) = nginx::parse(source);
    let context = nginx::Context::from_name(wrapper).unwrap_or(nginx::Context::Main);
    nginx::problems_in(&config, errors, context)
}

fn summary(mut report: String, tallies: &[(&str, Tally)]) -> (String, bool) {
    let (mut passed, mut total) = (0, 0);
    for (format, tally) in tallies {
        for (class, (ok, all)) in &tally.classes {
            let _ = writeln!(report, "{format} {class}: {ok}/{all}");
            passed += ok;
            total += all;
        }
    }
    for (format, t) in tallies {
        let _ = writeln!(
            report,
            "{format}: errors caught {}/{} ({}), false alarms {}/{} ({}), same line {}/{} ({})",
            t.caught,
            t.refused,
            percent(t.caught, t.refused),
            t.false_alarms,
            t.accepted,
            percent(t.false_alarms, t.accepted),
            t.same_line,
            t.lines,
            percent(t.same_line, t.lines),
        );
    }
    let _ = writeln!(report, "config: {passed}/{total} passed");
    (report, total > 0 && passed == total)
}

/// A share in percent with one decimal, by whole numbers only.
fn percent(part: usize, whole: usize) -> String {
    let tenths = (part * 1000 + whole / 2).checked_div(whole).unwrap_or(0);
    format!("{}.{}%", tenths / 10, tenths % 10)
}
