//! What is wrong with the configs that nodes would write.

use std::collections::BTreeMap;

use foretaste_parser::check;
use foretaste_parser::formats::{Format, Override};
use foretaste_parser::source::{Location, Source};

use super::{ConfigImpact, ConfigProblem, NodeImpact, pools};
use crate::convergence::{Convergence, RenderedFile};
use crate::search::Moment;

pub(super) fn problems(
    nodes: &BTreeMap<String, NodeImpact>,
    formats: &[Override],
) -> Vec<ConfigImpact> {
    let mut out = Vec::new();
    for node in nodes.values() {
        let Some(run) = &node.after else { continue };
        for (moment, result) in run.moments() {
            // What a failing run would have written stays unwritten.
            if result.failure.is_some() {
                continue;
            }
            for (path, file) in &result.files {
                // A moment adds only what the settled state does not have already.
                let settled = run.after.files.get(path).map(|f| &f.text);
                if moment != Moment::Settled && settled == Some(&file.text) {
                    continue;
                }
                if let Some(config) = config(node, result, moment, path, file, formats) {
                    out.push(config);
                }
            }
        }
    }
    out
}

fn config(
    node: &NodeImpact,
    run: &Convergence,
    moment: Moment,
    path: &str,
    file: &RenderedFile,
    formats: &[Override],
) -> Option<ConfigImpact> {
    let format = pools::format(path, &file.text, formats)?;
    let source = Source::new(path, file.text.clone());
    let problems = check::problems(format, &source);
    if problems.is_empty() {
        return None;
    }
    let mut known = known_before(node, path, format);
    let problems = problems
        .into_iter()
        .map(|problem| {
            let line = source.line(problem.span.start);
            let same = known
                .iter()
                .position(|k| k.0 == problem.class.as_str() && k.1 == problem.message);
            if let Some(i) = same {
                known.swap_remove(i);
            }
            ConfigProblem {
                line,
                text: show_holes(source.line_text(line)),
                location: place(file, line),
                new: same.is_none(),
                problem,
            }
        })
        .collect();
    Some(ConfigImpact {
        node: run.node.clone(),
        file: path.to_owned(),
        format,
        moment,
        rendered: file.clone(),
        problems,
    })
}

fn known_before(node: &NodeImpact, path: &str, format: Format) -> Vec<(&'static str, String)> {
    let Some(file) = node.before.as_ref().and_then(|b| b.files.get(path)) else {
        return Vec::new();
    };
    let source = Source::new(path, file.text.clone());
    check::problems(format, &source)
        .into_iter()
        .map(|p| (p.class.as_str(), p.message))
        .collect()
}

/// Where in the repository a line of a rendered file comes from.
pub(super) fn place(file: &RenderedFile, line: u32) -> Location {
    let index = (line as usize).saturating_sub(1);
    match (&file.template, file.template_lines.get(index)) {
        (Some(template), Some(&line)) if line > 0 => Location::line(template.path().clone(), line),
        (Some(template), _) if file.template_lines.is_empty() => {
            Location::line(template.path().clone(), line.max(1))
        }
        _ => file.location.clone(),
    }
}

fn show_holes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if RenderedFile::is_hole(c) {
            out.push_str("‹unknown›");
        } else {
            out.push(c);
        }
    }
    out
}
