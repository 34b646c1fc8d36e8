//! `conformance changes PATH`: commits as real Chef, haproxy and nginx judged them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use foretaste_parser::formats::Format;
use foretaste_parser::problem::Kind;
use foretaste_simulator::change::{self, Revision, Settings};
use foretaste_simulator::impact::{Impact, PoolImpact};
use foretaste_simulator::inventory::Inventory;
use foretaste_simulator::repository::{Layout, ParseCache, Repository};
use foretaste_simulator::search::Moment;
use serde_json::Value as Json;

use super::Report;
use super::chef::files;

/// Judges every change of a folder, or the one change that the folder is.
///
/// # Errors
/// Where a file cannot be read.
pub fn run(path: &Path) -> Result<Report, String> {
    let mut report = Report::new("changes");
    let mut cases = Vec::new();
    if path.join("change.json").is_file() {
        cases.push(path.to_path_buf());
    } else {
        let entries = std::fs::read_dir(path).map_err(|e| format!("{}: {e}", path.display()))?;
        cases.extend(
            entries
                .flatten()
                .map(|e| e.path())
                .filter(|p| p.join("change.json").is_file()),
        );
    }
    cases.sort();
    for case in cases {
        let id = case
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        let text =
            std::fs::read_to_string(case.join("change.json")).map_err(|e| format!("{id}: {e}"))?;
        let json: Json = serde_json::from_str(&text).map_err(|e| format!("{id}: {e}"))?;
        let cache = Arc::new(ParseCache::default());
        let base = revision(&case.join("before"), &cache)?;
        let head = revision(&case.join("after"), &cache)?;
        let impact = change::impact(Some(&base), &head, &Settings::default());
        let wrong = compare(&json, &impact);
        let kind = json.get("kind").and_then(Json::as_str).unwrap_or("");
        report.count(
            kind,
            (!wrong.is_empty()).then(|| format!("{id}: {}", wrong.join("; "))),
        );
    }
    Ok(report)
}

/// A folder as a revision, with the node objects of its `nodes/`.
fn revision(folder: &Path, cache: &Arc<ParseCache>) -> Result<Revision, String> {
    let files = files(folder)?;
    let layout = Layout::detect(&files);
    let mut inventory = Inventory::default();
    for path in files.below(&layout.nodes) {
        if let Some(bytes) = files.get(path) {
            inventory.add_json(path, bytes);
        }
    }
    let repository = Arc::new(Repository::new(files, layout, cache.clone()));
    Ok(Revision {
        repository,
        inventory,
    })
}

type Pools = BTreeMap<String, Vec<String>>;

/// `balancer/pool` to the sorted names of its members' nodes, from what was recorded.
fn recorded(json: &Json, side: &str) -> Pools {
    let mut out = Pools::new();
    let balancers = json
        .get(side)
        .and_then(|s| s.get("balancers"))
        .and_then(Json::as_object);
    for (node, balancer) in balancers.into_iter().flatten() {
        for (pool, members) in balancer
            .get("pools")
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
        {
            let mut names: Vec<String> = members
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
                // `address:` without a port is the address.
                .map(|m| m.trim_end_matches(':').to_owned())
                .collect();
            names.sort();
            out.insert(format!("{node}/{pool}"), names);
        }
    }
    out
}

fn ours(impact: &Impact, side: &str) -> Pools {
    let mut out = Pools::new();
    for pool in &impact.pools {
        let side = match side {
            "before" => &pool.before,
            "after" => &pool.after,
            _ => &pool.first,
        };
        if let Some(side) = side {
            let mut names: Vec<String> = side
                .members
                .iter()
                .map(|m| {
                    let port = m.port.map(|p| format!(":{p}")).unwrap_or_default();
                    match pool.format {
                        Format::Nginx => format!("{}{port}", m.address),
                        _ => format!("{} {}{port}", m.name, m.address),
                    }
                })
                .collect();
            names.sort();
            out.insert(format!("{}/{}", pool.node, pool.name), names);
        }
    }
    out
}

fn compare(json: &Json, impact: &Impact) -> Vec<String> {
    let mut wrong = Vec::new();
    for (side, after) in [("before", false), ("after", true)] {
        let mine = ours(impact, side);
        for (pool, members) in recorded(json, side) {
            match mine.get(&pool) {
                Some(found) if *found == members => {}
                found => wrong.push(format!("{side} {pool}: {members:?}, got {found:?}")),
            }
        }
        let nodes = json
            .get(side)
            .and_then(|s| s.get("nodes"))
            .and_then(Json::as_object);
        for (name, node) in nodes.into_iter().flatten() {
            let ok = node.get("ok").and_then(Json::as_bool).unwrap_or(true);
            let Some(own) = impact.nodes.get(name) else {
                wrong.push(format!("{side} {name}: not simulated"));
                continue;
            };
            let failure = if after {
                own.after.as_ref().and_then(|r| r.after.failure.as_ref())
            } else {
                own.failure_before()
            };
            if ok == failure.is_some() {
                let text = failure.map(|f| format!("{}: {}", f.class, f.message));
                wrong.push(format!("{side} {name}: ok {ok}, got {text:?}"));
            }
        }
    }
    // A balancer that converges before everybody else.
    let mine = ours(impact, "worst_order");
    for (pool, members) in recorded(json, "worst_order") {
        match mine.get(&pool) {
            Some(found) if *found == members => {}
            found => wrong.push(format!("first {pool}: {members:?}, got {found:?}")),
        }
    }
    if let Some(worst) = json.get("worst_order") {
        wrong.extend(first(worst, json, impact));
    }
    let verdict = json.get("verdict");
    let mut invalid: Vec<String> = names(verdict, "invalid");
    invalid.sort();
    let mut refused: Vec<String> = impact
        .configs
        .iter()
        .filter(|c| c.problems.iter().any(|p| p.problem.kind == Kind::Error))
        .map(|c| format!("{}:{}", c.node, c.file))
        .collect();
    refused.sort();
    refused.dedup();
    if invalid != refused {
        wrong.push(format!("invalid {invalid:?}, got {refused:?}"));
    }
    let mut fails = names(verdict, "fails");
    fails.sort();
    let failing: Vec<String> = impact
        .nodes
        .values()
        .filter(|n| n.failure().is_some() && n.failure_before().is_none())
        .map(|n| n.name.clone())
        .collect();
    if fails != failing {
        wrong.push(format!("fails {fails:?}, got {failing:?}"));
    }
    wrong
}

/// What was recorded of balancers that converge before everybody else: who fails, which pools are empty or smaller, and
/// which configs their daemons refuse.
fn first(worst: &Json, json: &Json, impact: &Impact) -> Vec<String> {
    let balancers: Vec<&String> = ["before", "after", "worst_order"]
        .iter()
        .filter_map(|side| json.get(side)?.get("balancers")?.as_object())
        .flat_map(|b| b.keys())
        .collect();
    let run = |name: &str| impact.nodes.get(name)?.at(Moment::First);
    let failing = impact.nodes.values().filter(|n| {
        let fails = run(&n.name).is_some_and(|r| r.failure.is_some());
        balancers.contains(&&n.name) && fails && n.failure_before().is_none()
    });
    let sizes = |pool: &&PoolImpact| (pool.serving_before(), pool.serving_at(Moment::First));
    let name = |pool: &PoolImpact| format!("{}/{}", pool.node, pool.name);
    let written = |p: &&PoolImpact| run(&p.node).is_some_and(|r| r.failure.is_none());
    let pools: Vec<&PoolImpact> = impact.pools.iter().filter(written).collect();
    let empty = pools.iter().filter(|p| matches!(sizes(p), (1.., 0)));
    let smaller = pools
        .iter()
        .filter(|p| matches!(sizes(p), (before, 1..) if sizes(p).1 < before));
    let invalid = impact.configs.iter().filter(|c| {
        let refused = c.problems.iter().any(|p| p.problem.kind == Kind::Error);
        // A config that is the same at several moments is kept once, under the settled one.
        let text = impact.rendered(&c.node, &c.file, Moment::First);
        refused && text.is_some_and(|t| t.text == c.rendered.text)
    });
    let mut wrong = Vec::new();
    for (field, mut mine) in [
        ("fails", failing.map(|n| n.name.clone()).collect::<Vec<_>>()),
        ("empties", empty.map(|p| name(p)).collect()),
        ("shrinks", smaller.map(|p| name(p)).collect()),
        (
            "invalid",
            invalid.map(|c| format!("{}:{}", c.node, c.file)).collect(),
        ),
    ] {
        let mut recorded: Vec<String> = worst
            .get(field)
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(|v| v.as_str().or_else(|| v.get("pool")?.as_str()))
            .map(str::to_owned)
            .collect();
        recorded.sort();
        mine.sort();
        mine.dedup();
        if recorded != mine {
            wrong.push(format!("first {field} {recorded:?}, got {mine:?}"));
        }
    }
    wrong
}

fn names(json: Option<&Json>, field: &str) -> Vec<String> {
    let list = json
        .and_then(|v| v.get(field))
        .and_then(Json::as_array)
        .into_iter()
        .flatten();
    list.filter_map(Json::as_str).map(str::to_owned).collect()
}
