//! `converge --explain-unknown`: where each unknown value of a run came from, what it reached, and what would make it known.

use std::fmt::Write;

use foretaste_simulator::chef::answer;
use foretaste_simulator::convergence::{Convergence, Resource, Undetermined};
use serde_json::{Value as Json, json};

use super::converge::kind;
use super::paint::{Paint, names};

/// One unknown of a run.
struct Traced<'a> {
    what: &'a Undetermined,
    /// Files, resources and searches that it is part of, or that depend on it.
    reaches: Vec<String>,
    /// Lines for foretaste.toml.
    answer: Option<String>,
}

fn traced(run: &Convergence) -> Vec<Traced<'_>> {
    let trace = |what| Traced {
        what,
        reaches: reached(run, what),
        answer: answer(&what.reason),
    };
    run.undetermined.iter().map(trace).collect()
}

fn reached(run: &Convergence, what: &Undetermined) -> Vec<String> {
    let reason = what.reason.as_str();
    let depends = |on: &Option<String>| on.as_ref().is_some_and(|text| text.contains(reason));
    let mut out = Vec::new();
    for resource in &run.resources {
        resources(&mut out, resource, reason);
    }
    for (path, file) in &run.files {
        if file.holes.iter().any(|hole| hole == reason) {
            out.push(format!("the text of {path}"));
        } else if depends(&file.conditional) {
            out.push(format!("whether {path} is written"));
        }
    }
    for search in &run.searches {
        if depends(&search.undetermined) {
            out.push(format!("the search {} `{}`", search.index, search.query));
        }
    }
    out
}

fn resources(out: &mut Vec<String>, resource: &Resource, reason: &str) {
    let label = format!("{}[{}]", resource.r#type, resource.name);
    let hole = format!("‹{reason}›");
    if resource
        .conditional
        .as_ref()
        .is_some_and(|why| why.contains(reason))
    {
        out.push(format!("whether there is {label}"));
    } else {
        let properties: Vec<&str> = resource
            .properties
            .iter()
            .filter(|(_, value)| holds(value, &hole, 0))
            .map(|(name, _)| name.as_str())
            .collect();
        if resource.name.contains(&hole) {
            out.push(format!("the name of {label}"));
        }
        if !properties.is_empty() {
            out.push(format!("{} of {label}", properties.join(", ")));
        }
    }
    for child in &resource.children {
        resources(out, child, reason);
    }
}

fn holds(value: &Json, hole: &str, depth: usize) -> bool {
    match value {
        Json::String(text) => text.contains(hole),
        _ if depth > 64 => false,
        Json::Array(items) => items.iter().any(|v| holds(v, hole, depth + 1)),
        Json::Object(map) => {
            let mut pairs = map.iter();
            pairs.any(|(k, v)| k.contains(hole) || holds(v, hole, depth + 1))
        }
        _ => false,
    }
}

/// The machine's form.
pub fn json(run: &Convergence) -> Vec<Json> {
    let entry = |traced: Traced<'_>| {
        let place = traced.what.location.as_ref();
        json!({
            "reason": traced.what.reason,
            "kind": kind(traced.what.kind),
            "path": place.map(|l| &*l.path),
            "line": place.map(|l| l.line),
            "reaches": traced.reaches,
            "answer": traced.answer,
        })
    };
    traced(run).into_iter().map(entry).collect()
}

/// The person's form.
pub fn human(run: &Convergence, paint: Paint) -> String {
    let list = traced(run);
    let mut out = String::new();
    if !list.is_empty() {
        out += "  unknown\n";
    }
    for traced in list {
        let what = traced.what;
        out += &paint.paragraph("    ", &format!("{} ({})", what.reason, kind(what.kind)));
        match &what.location {
            Some(place) => {
                let _ = writeln!(out, "      from      {place}");
            }
            None => out += "      from      the node itself\n",
        }
        let reaches = match traced.reaches.is_empty() {
            true => "nothing that is shown here".to_owned(),
            false => names(&traced.reaches, 8),
        };
        out += &paint.paragraph("      reaches   ", &reaches);
        if let Some(answer) = traced.answer {
            out += "      to answer, in foretaste.toml:\n";
            for line in answer.lines() {
                let _ = writeln!(out, "        {line}");
            }
        }
    }
    out
}
