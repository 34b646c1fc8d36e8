//! Files of the repository that do not parse.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foretaste_parser::formats::{Format, format_of};
use foretaste_parser::source::{Source, Span, SyntaxError};
use foretaste_parser::{erb, json, ruby};

use super::{Comparison, NodeImpact, SyntaxImpact};

/// The errors of a file in its own format; `None` as format stands for merge conflict markers.
#[must_use]
pub fn syntax_errors(source: &Arc<Source>) -> Vec<(Option<Format>, SyntaxError)> {
    let markers = conflict_markers(source);
    if !markers.is_empty() {
        // What a parser says about the markers themselves helps nobody.
        return markers.into_iter().map(|e| (None, e)).collect();
    }
    let first = source.text().as_bytes();
    let first = first.get(..first.len().min(128)).unwrap_or_default();
    let Some(format) = format_of(source.path(), first) else {
        return Vec::new();
    };
    errors(format, source)
        .into_iter()
        .map(|e| (Some(format), e))
        .collect()
}

fn errors(format: Format, source: &Arc<Source>) -> Vec<SyntaxError> {
    match format {
        Format::Ruby => ruby::parse(source.clone()).errors,
        Format::Erb => erb::parse(source.clone()).errors,
        Format::Json => json::parse(source).1,
        // Configs are judged as nodes render them.
        _ => Vec::new(),
    }
}

/// Whether a line is one that a version control system leaves between two versions.
#[must_use]
pub fn is_conflict_marker(line: &str) -> bool {
    let line = line.trim_end_matches(['\r', '\n']);
    line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ") || line.starts_with("||||||| ")
}

/// One error for each conflict, from its first marker. A lone marker is text: only an opening one that is closed
/// again, with the divider between them, is a conflict.
fn conflict_markers(source: &Source) -> Vec<SyntaxError> {
    let mut out = Vec::new();
    let mut open: Option<(Span, bool)> = None;
    let mut start = 0usize;
    for line in source.text().split_inclusive('\n') {
        let span = Span::new(start, start + line.trim_end().len());
        start += line.len();
        let text = line.trim_end_matches(['\r', '\n']);
        if text.starts_with("<<<<<<< ") {
            open = Some((span, false));
        } else if text == "=======" {
            open = open.map(|(at, _)| (at, true));
        } else if text.starts_with(">>>>>>> ")
            && let Some((at, true)) = open.take()
        {
            out.push(
                SyntaxError::new("a merge conflict is left in this file", at)
                    .with_help("keep one side, or both, and delete the lines of `<`, `=` and `>`"),
            );
        }
    }
    out
}

pub(super) fn compare(
    c: &Comparison<'_>,
    nodes: &BTreeMap<String, NodeImpact>,
) -> Vec<SyntaxImpact> {
    let mut out = Vec::new();
    for change in c.changes {
        let Some(after) = &change.after else { continue };
        let found = syntax_errors(after);
        if found.is_empty() {
            continue;
        }
        let mut known: Vec<String> = match (&c.base, &change.before) {
            (Some(_), Some(before)) => syntax_errors(before)
                .into_iter()
                .map(|(_, e)| e.message)
                .collect(),
            _ => Vec::new(),
        };
        let readers = readers(&change.path, nodes);
        for (format, error) in found {
            let same = known.iter().position(|m| *m == error.message);
            if let Some(i) = same {
                known.swap_remove(i);
            }
            out.push(SyntaxImpact {
                format,
                location: after.location(error.span),
                error,
                new: same.is_none(),
                nodes: readers.iter().map(|n| (*n).to_owned()).collect(),
            });
        }
    }
    out
}

/// Nodes whose settled runs read a file.
fn readers<'n>(path: &Arc<str>, nodes: &'n BTreeMap<String, NodeImpact>) -> BTreeSet<&'n str> {
    nodes
        .values()
        .filter(|n| {
            let after = n
                .after
                .as_ref()
                .is_some_and(|r| r.after.inputs.contains(path));
            after || n.before.as_ref().is_some_and(|b| b.inputs.contains(path))
        })
        .map(|n| n.name.as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_is_told_from_text_that_looks_like_one() {
        let count = |text: &str| syntax_errors(&Arc::new(Source::new("README", text))).len();
        assert_eq!(count("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> topic\n"), 1);
        assert_eq!(count("Title\n=======\n\n>>>>>>> quoted\n"), 0);
        assert_eq!(count("cat <<<<<<<\n<<<<<<< HEAD\n"), 0);
    }

    #[test]
    fn errors_are_those_of_the_format() {
        let show = |path: &str, text: &str| {
            let source = Arc::new(Source::new(path, text));
            syntax_errors(&source)
                .iter()
                .map(|(_, e)| format!("{}: {}", source.location(e.span).line, e.message))
                .collect::<Vec<_>>()
                .join("; ")
        };
        assert_eq!(
            show("roles/a.json", "{\n  // ours\n  \"a\": \"//\" /* x */\n}\n"),
            ""
        );
        assert_eq!(
            show("roles/a.json", "{\n  \"a\": 1,\n}\n"),
            "2: trailing comma before `}`"
        );
        assert_ne!(
            show("cookbooks/a/recipes/default.rb", "package 'a' do\n"),
            ""
        );
        assert_ne!(show("cookbooks/a/templates/a.erb", "<% if true -%>\n"), "");
        assert_eq!(
            show(
                "cookbooks/a/templates/a.erb",
                "<% if true -%>\n<% end -%>\n"
            ),
            ""
        );
    }
}
