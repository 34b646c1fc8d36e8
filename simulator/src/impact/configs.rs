//! What is wrong with the configs that nodes would write.

use std::collections::BTreeMap;

use foretaste_parser::formats::Format;
use foretaste_parser::problem::Problem;
use foretaste_parser::source::{Location, Source};

use super::{ConfigImpact, ConfigProblem, NodeImpact};
use crate::convergence::{Convergence, RenderedFile};
use crate::files::NodeFiles;
use crate::readers::Readers;
use crate::search::Moment;

type Problems = BTreeMap<String, (Format, Vec<Problem>)>;

pub(super) fn problems(
    nodes: &BTreeMap<String, NodeImpact>,
    readers: &Readers,
) -> Vec<ConfigImpact> {
    let mut out = Vec::new();
    for node in nodes.values() {
        let Some(run) = &node.after else { continue };
        let before = node.before.as_ref().map(|b| of_run(b, readers));
        let settled = of_run(&run.after, readers);
        for (moment, result) in run.moments() {
            // What a failing run would have written stays unwritten.
            if result.failure.is_some() {
                continue;
            }
            let found = if moment == Moment::Settled {
                settled.clone()
            } else {
                of_run(result, readers)
            };
            for (path, (format, problems)) in found {
                // A moment adds only what the settled state does not have already.
                let again = moment != Moment::Settled
                    && run.after.failure.is_none()
                    && settled.get(&path).is_some_and(|(_, p)| *p == problems);
                let file = result.files.get(&path);
                if let (Some(file), false, false) = (file, again, problems.is_empty()) {
                    let known = before.as_ref().and_then(|b| b.get(&path));
                    let problems = placed(file, &path, problems, known.map(|(_, p)| p));
                    out.push(ConfigImpact {
                        node: result.node.clone(),
                        file: path,
                        format,
                        moment,
                        rendered: file.clone(),
                        problems,
                    });
                }
            }
        }
    }
    out
}

fn of_run(run: &Convergence, readers: &Readers) -> Problems {
    NodeFiles::new(run, readers)
        .problems()
        .into_iter()
        .map(|(path, found)| (path.to_owned(), found))
        .collect()
}

fn placed(
    file: &RenderedFile,
    path: &str,
    problems: Vec<Problem>,
    before: Option<&Vec<Problem>>,
) -> Vec<ConfigProblem> {
    let source = Source::new(path, file.text.clone());
    let mut known: Vec<&Problem> = before.into_iter().flatten().collect();
    problems
        .into_iter()
        .map(|problem| {
            let line = source.line(problem.span.start);
            let same = known
                .iter()
                .position(|k| k.class == problem.class && k.message == problem.message);
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
