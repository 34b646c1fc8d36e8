//! Simulated converges, for people and machines.

use std::fmt::Write;

use foretaste_simulator::convergence::{Convergence, Resource, Search, UndeterminedKind};
use serde_json::{Map, Value as Json, json};

use super::paint::{Paint, count, names, printable};
use crate::commands::converge::Converges;

/// What is shown instead of content that a resource calls sensitive.
const SENSITIVE: &str = "‹sensitive›";

/// The machine's form, ending in a newline.
#[must_use]
pub fn json(shown: &Converges) -> String {
    let nodes: Vec<Json> = shown
        .runs
        .iter()
        .map(|run| {
            let mut node = node(run);
            if shown.explain_unknown
                && let Some(map) = node.as_object_mut()
            {
                map.insert("unknown".to_owned(), super::unknown::json(run).into());
            }
            node
        })
        .collect();
    let mut out = json!({"schema": 1, "nodes": nodes, "notes": shown.notes});
    shown.secrets.hide_in_json(&mut out);
    format!("{out:#}\n")
}

fn node(run: &Convergence) -> Json {
    let files: Map<String, Json> = run
        .files
        .iter()
        .map(|(path, file)| {
            let text = if file.sensitive {
                SENSITIVE.to_owned()
            } else {
                file.display()
            };
            (path.clone(), Json::from(text))
        })
        .collect();
    let error = run.failure.as_ref().map(|failure| {
        json!({
            "class": failure.class,
            "message": failure.message,
            "path": failure.location.as_ref().map(|l| &*l.path),
            "line": failure.location.as_ref().map(|l| l.line),
        })
    });
    let undetermined: Vec<Json> = run
        .undetermined
        .iter()
        .map(|what| {
            json!({
                "path": what.location.as_ref().map(|l| &*l.path),
                "line": what.location.as_ref().map(|l| l.line),
                "reason": what.reason,
                "kind": kind(what.kind),
            })
        })
        .collect();
    json!({
        "name": run.node,
        "ok": run.failure.is_none(),
        "expanded": {"roles": run.expanded.roles, "recipes": run.expanded.recipes},
        "resources": run.resources.iter().map(|r| resource(r)).collect::<Vec<_>>(),
        "searches": run.searches.iter().map(search).collect::<Vec<_>>(),
        "files": files,
        "error": error,
        "undetermined": undetermined,
    })
}

/// Whose limit it is that something stayed unknown.
pub(super) fn kind(kind: UndeterminedKind) -> &'static str {
    match kind {
        UndeterminedKind::Outside => "outside",
        UndeterminedKind::Unsupported => "unsupported",
        UndeterminedKind::Budget => "budget",
    }
}

/// How often something stayed unknown, by whose limit it was; empty where nothing did.
pub(super) fn accounting(kinds: impl Iterator<Item = UndeterminedKind> + Clone) -> String {
    const WORDS: &[(UndeterminedKind, &str)] = &[
        (UndeterminedKind::Outside, "of the world outside"),
        (UndeterminedKind::Unsupported, "not supported"),
        (UndeterminedKind::Budget, "over the budget"),
    ];
    let parts: Vec<String> = WORDS
        .iter()
        .map(|(kind, words)| (kinds.clone().filter(|k| k == kind).count(), words))
        .filter(|(n, _)| *n > 0)
        .map(|(n, words)| format!("{n} {words}"))
        .collect();
    parts.join(", ")
}

fn is_sensitive(resource: &Resource) -> bool {
    resource.properties.get("sensitive") == Some(&Json::Bool(true))
}

fn resource(resource: &Resource) -> Json {
    let hidden = is_sensitive(resource);
    let properties: Map<String, Json> = resource
        .properties
        .iter()
        .map(|(name, value)| {
            let shown = match hidden && name != "sensitive" && !value.is_boolean() {
                true => Json::from(SENSITIVE),
                false => value.clone(),
            };
            (name.clone(), shown)
        })
        .collect();
    let notifies: Vec<Json> = resource
        .notifies
        .iter()
        .map(|n| json!({"timing": n.timing, "action": n.action, "target": n.target}))
        .collect();
    json!({
        "type": resource.r#type,
        "name": resource.name,
        "action": resource.action,
        "properties": properties,
        "notifies": notifies,
        "conditional": resource.conditional,
        "source": {"path": &*resource.location.path, "line": resource.location.line},
        "children": resource.children.iter().map(|c| self::resource(c)).collect::<Vec<_>>(),
    })
}

fn search(search: &Search) -> Json {
    let mut out = json!({
        "index": search.index,
        "query": search.query,
        "results": search.results,
    });
    let Some(map) = out.as_object_mut() else {
        return out;
    };
    // Only where there is something to say: most searches are certain.
    if !search.maybe.is_empty() {
        map.insert("maybe".to_owned(), json!(search.maybe));
    }
    for (key, value) in [
        ("undetermined", &search.undetermined),
        ("refused", &search.refused),
    ] {
        if let Some(value) = value {
            map.insert(key.to_owned(), json!(value));
        }
    }
    out
}

/// The person's form: a block for each node, then how many converged.
#[must_use]
pub fn human(shown: &Converges, paint: Paint) -> String {
    let mut out = String::new();
    for run in &shown.runs {
        out += &block(run, shown, paint);
        out.push('\n');
    }
    for note in &shown.notes {
        out += &paint.paragraph("note: ", note);
    }
    let failed = shown.runs.iter().filter(|r| r.failure.is_some()).count();
    let open = shown.runs.iter().filter(|r| !r.undetermined.is_empty());
    let kinds = open
        .clone()
        .flat_map(|r| r.undetermined.iter().map(|u| u.kind));
    let _ = match shown.runs.len() {
        0 => writeln!(
            out,
            "no node to simulate: give node objects with --inventory, in nodes/ or in foretaste.toml"
        ),
        n => writeln!(
            out,
            "{} of {} converge; {} left something undetermined{}",
            n - failed,
            count(n, "node", "nodes"),
            open.count(),
            match accounting(kinds).as_str() {
                "" => String::new(),
                parts => format!(": {parts}"),
            }
        ),
    };
    shown.secrets.hide(&out)
}

fn block(run: &Convergence, shown: &Converges, paint: Paint) -> String {
    let state = match &run.failure {
        Some(_) => paint.red("fails"),
        None => paint.green("converges"),
    };
    let mut out = format!("{} {state}\n", paint.bold(&run.node));
    let mut list = |title: &str, items: &[String]| {
        if !items.is_empty() {
            out += &paint.paragraph(&format!("  {title:10}"), &items.join(", "));
        }
    };
    list("roles", &run.expanded.roles);
    list("recipes", &run.expanded.recipes);
    if !run.resources.is_empty() {
        let _ = writeln!(out, "  resources");
        for resource in &run.resources {
            tree(&mut out, resource, 2);
        }
    }
    if !run.searches.is_empty() {
        let _ = writeln!(out, "  searches");
        for search in &run.searches {
            out += &paint.paragraph("    ", &search_line(search));
        }
    }
    if !run.files.is_empty() {
        let _ = writeln!(out, "  files");
        for (path, file) in &run.files {
            let lines = count(file.text.lines().count(), "line", "lines");
            let _ = writeln!(out, "    {path}  {lines}, from {}", file.location);
            match (shown.show_files, file.sensitive) {
                (false, _) => {}
                (true, true) => {
                    let _ = writeln!(out, "      {SENSITIVE}");
                }
                (true, false) => {
                    for line in file.display().lines() {
                        let _ = writeln!(out, "      {}", printable(line));
                    }
                }
            }
        }
    }
    if let Some(failure) = &run.failure {
        out += &paint.paragraph(
            "  fails     ",
            &format!("{}: {}", failure.class, failure.message),
        );
        if let Some(place) = &failure.location {
            let _ = writeln!(out, "            at {place}");
        }
    }
    if shown.explain_unknown {
        out += &super::unknown::human(run, paint);
    } else if !run.undetermined.is_empty() {
        let _ = writeln!(out, "  undetermined");
        for what in &run.undetermined {
            let place = what.location.as_ref();
            let place = place.map_or(String::new(), |l| format!(" ({l})"));
            out += &paint.paragraph("    ", &format!("{}{place}", what.reason));
        }
    }
    out
}

fn tree(out: &mut String, resource: &Resource, depth: usize) {
    let indent = "  ".repeat(depth);
    let actions = resource.action.join(", ");
    let _ = write!(
        out,
        "{indent}{}[{}] {actions}",
        resource.r#type,
        printable(&resource.name)
    );
    if let Some(why) = &resource.conditional {
        let _ = write!(out, "  (perhaps: {why})");
    }
    let _ = writeln!(out, "  {}", resource.location);
    for child in &resource.children {
        tree(out, child, depth + 1);
    }
}

fn search_line(search: &Search) -> String {
    let mut line = format!("{} `{}`: ", search.index, search.query);
    line += &match (&search.refused, &search.undetermined) {
        (Some(why), _) => format!("the server refuses it: {why}"),
        (None, Some(why)) => format!("undetermined: {why}"),
        (None, None) if search.results.is_empty() => "nothing".to_owned(),
        (None, None) => format!("{} ({})", search.results.len(), names(&search.results, 8)),
    };
    if !search.maybe.is_empty() {
        let _ = write!(line, ", perhaps {}", names(&search.maybe, 8));
    }
    line
}
