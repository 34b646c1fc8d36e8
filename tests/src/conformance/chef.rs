//! `conformance chef PATH`: small repositories as real Chef converged them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use foretaste_simulator::chef;
use foretaste_simulator::convergence::{Convergence, Resource, SavedNode};
use foretaste_simulator::repository::{Files, Layout, ParseCache, Repository};
use foretaste_simulator::ruby::budget::with_stack;
use foretaste_simulator::search::{Profile, SearchIndex};
use foretaste_simulator::simulation::IndexView;
use serde_json::Value as Json;

use super::Report;

/// Runs every case of a folder, or the one case that the folder is.
///
/// # Errors
/// Where a file cannot be read.
pub fn run(path: &Path) -> Result<Report, String> {
    let mut report = Report::new("chef");
    let mut cases = Vec::new();
    if path.join("case.json").is_file() {
        cases.push(path.to_path_buf());
    } else {
        let entries = std::fs::read_dir(path).map_err(|e| format!("{}: {e}", path.display()))?;
        for entry in entries.flatten() {
            if entry.path().join("case.json").is_file() {
                cases.push(entry.path());
            }
        }
    }
    cases.sort();
    for case in cases {
        judge(&case, &mut report)?;
    }
    Ok(report)
}

/// All files below a folder.
///
/// # Errors
/// Where one cannot be read.
pub fn files(root: &Path) -> Result<Files, String> {
    fn walk(root: &Path, folder: &Path, out: &mut Files) -> Result<(), String> {
        let entries =
            std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(root, &path, out)?;
                continue;
            }
            let bytes = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            let inside = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            out.0.insert(inside.into(), bytes.into());
        }
        Ok(())
    }
    let mut out = Files::default();
    walk(root, root, &mut out)?;
    Ok(out)
}

/// A node object from its JSON.
#[must_use]
pub fn node(json: &Json) -> SavedNode {
    let object = |name: &str| {
        json.get(name)
            .and_then(Json::as_object)
            .cloned()
            .unwrap_or_default()
    };
    let text = |name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
    SavedNode {
        name: text("name").unwrap_or_default(),
        chef_environment: text("chef_environment").unwrap_or_else(|| "_default".to_owned()),
        run_list: strings(json.get("run_list")),
        policy_name: text("policy_name"),
        policy_group: text("policy_group"),
        default: object("default").into(),
        normal: object("normal").into(),
        r#override: object("override").into(),
        automatic: object("automatic").into(),
        ..SavedNode::default()
    }
}

fn strings(json: Option<&Json>) -> Vec<String> {
    let list = json.and_then(Json::as_array).into_iter().flatten();
    list.filter_map(Json::as_str).map(str::to_owned).collect()
}

/// The search index of a repository's nodes, data bags, roles and environments as its files have them.
#[must_use]
pub fn index(repository: &Repository, nodes: &BTreeMap<String, SavedNode>) -> SearchIndex {
    let mut index = SearchIndex::new(Profile::Server);
    chef::index_objects(repository, &mut index);
    for node in nodes.values() {
        index.put_node(node.clone());
    }
    index
}

fn judge(case: &Path, report: &mut Report) -> Result<(), String> {
    let id = case
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let text = std::fs::read_to_string(case.join("case.json")).map_err(|e| format!("{id}: {e}"))?;
    let json: Json = serde_json::from_str(&text).map_err(|e| format!("{id}: {e}"))?;
    let files = files(&case.join("repo"))?;
    let layout = Layout::detect(&files);
    let repository = Arc::new(Repository::new(
        files,
        layout,
        Arc::new(ParseCache::default()),
    ));
    let mut nodes = BTreeMap::new();
    for path in repository.files.below(&repository.layout.nodes) {
        if let Some(Ok(json)) = repository.json(path) {
            let node = node(&json);
            nodes.insert(node.name.clone(), node);
        }
    }
    let index = index(&repository, &nodes);
    let options = options(case, &json)?;
    // A vault's values cannot be known without a client's key.
    let holes_allowed = json
        .get("options")
        .is_some_and(|o| o.get("vault").is_some());
    let theme = json.get("theme").and_then(Json::as_str).unwrap_or("");
    for expected in json
        .get("nodes")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
    {
        let name = expected.get("name").and_then(Json::as_str).unwrap_or("");
        let Some(node) = nodes.get(name) else {
            continue;
        };
        let result =
            with_stack(|| chef::converge(&repository, node, IndexView::Now(&index), &options));
        let mut wrong = compare(expected, &result, holes_allowed);
        compare_searches(expected, &result, &mut wrong);
        compare_attributes(expected, &result, &mut wrong);
        let failure = (!wrong.is_empty()).then(|| format!("{id}/{name}: {}", wrong.join("; ")));
        report.count(theme, failure);
    }
    Ok(())
}

/// What a case gives besides the repository: the data bags' secret and canned commands.
fn options(case: &Path, json: &Json) -> Result<chef::Options, String> {
    let given = |name: &str| {
        let path = json.get("options")?.get(name)?.as_str()?;
        Some(std::fs::read_to_string(case.join(path)).map_err(|e| format!("{path}: {e}")))
    };
    let commands: Json = match given("commands_file").transpose()? {
        Some(text) => serde_json::from_str(&text).map_err(|e| e.to_string())?,
        None => Json::Null,
    };
    let commands = commands.as_object().into_iter().flatten();
    Ok(chef::Options {
        secret: given("secret_file").transpose()?,
        commands: commands
            .map(|(command, output)| chef::Command {
                command: command.clone(),
                stdout: output
                    .as_str()
                    .map_or_else(|| text(output, "stdout"), str::to_owned),
                stderr: text(output, "stderr"),
                status: output.get("status").and_then(Json::as_i64).unwrap_or(0),
            })
            .collect(),
        ..chef::Options::default()
    })
}

fn compare(expected: &Json, got: &Convergence, holes_allowed: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    let error = expected.get("error").filter(|e| !e.is_null());
    let class = error.and_then(|e| e.get("class")).and_then(Json::as_str);
    let line = error.and_then(|e| {
        Some(format!(
            "{}:{}",
            e.get("file")?.as_str()?,
            e.get("line")?.as_u64()?
        ))
    });
    let got_class = got.failure.as_ref().map(|f| f.class.as_str());
    if class != got_class {
        let message = got
            .failure
            .as_ref()
            .map(|f| f.message.clone())
            .unwrap_or_default();
        let place = got.failure.as_ref().and_then(|f| f.location.as_ref());
        let place = place.map(ToString::to_string).unwrap_or_default();
        wrong.push(format!(
            "error {class:?}, got {got_class:?} {message} at {place}"
        ));
    } else if let (Some(line), Some(place)) =
        (line, got.failure.as_ref().and_then(|f| f.location.as_ref()))
        && line != place.to_string()
    {
        wrong.push(format!("error at {line}, got {place}"));
    }
    if let Some(expanded) = expected.get("expanded").filter(|e| !e.is_null()) {
        let roles = strings(expanded.get("roles"));
        if roles != got.expanded.roles {
            wrong.push(format!("roles {roles:?}, got {:?}", got.expanded.roles));
        }
    }
    let list = expected
        .get("resources")
        .and_then(Json::as_array)
        .cloned()
        .unwrap_or_default();
    compare_resources(&list, &got.resources, &mut wrong);
    let searches: Vec<String> = expected
        .get("searches")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .map(|s| format!("{} {}", text(s, "index"), text(s, "query")))
        .collect();
    let ours: Vec<String> = got
        .searches
        .iter()
        .map(|s| format!("{} {}", s.index, s.query))
        .collect();
    if searches != ours {
        wrong.push(format!("searches {searches:?}, got {ours:?}"));
    }
    let files = expected
        .get("files")
        .and_then(Json::as_object)
        .cloned()
        .unwrap_or_default();
    for (path, content) in &files {
        match (content.as_str(), got.files.get(path)) {
            (Some(_), Some(file)) if holes_allowed && !file.holes.is_empty() => {}
            (Some(content), Some(file)) if content != file.display() => {
                wrong.push(format!(
                    "file {path}: {content:?}, got {:?}",
                    file.display()
                ));
            }
            (Some(_), None) => wrong.push(format!("file {path} missing")),
            _ => {}
        }
    }
    for path in got.files.keys().filter(|p| !files.contains_key(*p)) {
        wrong.push(format!("file {path} is too many"));
    }
    wrong
}

/// What each search found, where names were recorded and all pages came at once.
fn compare_searches(expected: &Json, got: &Convergence, wrong: &mut Vec<String>) {
    let searches = expected.get("searches").and_then(Json::as_array);
    for (want, have) in searches.into_iter().flatten().zip(&got.searches) {
        let results = want.get("results").and_then(Json::as_array);
        let Some(results) = results.filter(|r| r.iter().all(Json::is_string)) else {
            continue;
        };
        if want.get("options").is_some() || have.undetermined.is_some() {
            continue;
        }
        let mut names = strings(Some(&Json::from(results.clone())));
        names.sort();
        if names != have.results {
            let (index, query) = (&have.index, &have.query);
            let ours = &have.results;
            wrong.push(format!(
                "search({index}, {query}) finds {names:?}, got {ours:?}"
            ));
        }
    }
}

/// The recipes and attributes that the node saves. Nothing is saved after an error.
fn compare_attributes(expected: &Json, got: &Convergence, wrong: &mut Vec<String>) {
    let Some(saved) = &got.saved else { return };
    let recipes = expected
        .get("recipes_at_end")
        .or_else(|| expected.get("expanded")?.get("recipes"));
    let ours = saved.automatic.get("recipes");
    if let (Some(want), Some(have)) = (recipes, ours)
        && *want != have
    {
        wrong.push(format!("node['recipes'] {want}, got {have}"));
    }
    if expected.get("attributes_changed_at_converge").is_some() {
        return;
    }
    let mut merged = saved.default.to_map();
    for level in [&saved.normal, &saved.r#override, &saved.automatic] {
        chef::deep_merge::hash_only_merge(&mut merged, &level.to_map());
    }
    let attributes = expected.get("attributes").and_then(Json::as_object);
    for (key, want) in attributes.into_iter().flatten() {
        if saved.unknown.iter().any(|path| path.first() == Some(key)) {
            continue;
        }
        let want = plain(want);
        let have = merged.get(key).cloned().unwrap_or(Json::Null);
        if want != have {
            wrong.push(format!("node['{key}'] {want}, got {have}"));
        }
    }
}

/// A recorded value as it would be saved: symbols as strings.
fn plain(json: &Json) -> Json {
    match json {
        Json::Object(map) => match map.get("__sym").or_else(|| map.get("__resource")) {
            Some(name) => name.clone(),
            None if map.contains_key("__node") => format!("node[{}]", text(json, "__node")).into(),
            None => map.iter().map(|(k, v)| (k.clone(), plain(v))).collect(),
        },
        Json::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

/// The part of a recorded value that no text can hold: a block, an object.
fn opaque(json: &Json) -> Option<&str> {
    const MARKS: &[&str] = &["__lazy", "__proc", "__object", "__module"];
    match json {
        Json::Object(map) => MARKS
            .iter()
            .copied()
            .find(|mark| map.contains_key(*mark))
            .or_else(|| map.values().find_map(opaque)),
        Json::Array(items) => items.iter().find_map(opaque),
        _ => None,
    }
}

fn text(json: &Json, name: &str) -> String {
    json.get(name)
        .and_then(Json::as_str)
        .unwrap_or("")
        .to_owned()
}

fn compare_resources(expected: &[Json], got: &[Arc<Resource>], wrong: &mut Vec<String>) {
    let label = |r: &Resource| format!("{}[{}] {:?}", r.r#type, r.name, r.action);
    let want: Vec<String> = expected
        .iter()
        .map(|r| {
            format!(
                "{}[{}] {:?}",
                text(r, "type"),
                text(r, "name"),
                strings(r.get("action"))
            )
        })
        .collect();
    let have: Vec<String> = got.iter().map(|r| label(r)).collect();
    if want != have {
        wrong.push(format!("resources {want:?}, got {have:?}"));
        return;
    }
    for (want, have) in expected.iter().zip(got) {
        let notifies: Vec<String> = want
            .get("notifies")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .map(|n| {
                format!(
                    "{} {} {}",
                    text(n, "timing"),
                    text(n, "action"),
                    text(n, "target")
                )
            })
            .collect();
        let ours: Vec<String> = have
            .notifies
            .iter()
            .map(|n| format!("{} {} {}", n.timing, n.action, n.target))
            .collect();
        if notifies != ours {
            wrong.push(format!(
                "{} notifies {notifies:?}, got {ours:?}",
                label(have)
            ));
        }
        let empty = serde_json::Map::new();
        let properties = want
            .get("properties")
            .and_then(Json::as_object)
            .unwrap_or(&empty);
        for (name, value) in properties {
            let ours = have.properties.get(name);
            let hidden = ours.is_some_and(|o| *o == "‹sensitive›");
            // The recording has some name properties that only reading them had set.
            let hidden = hidden || ours.is_none() && *value == have.name;
            if !hidden && opaque(value).is_none() && ours != Some(&plain(value)) {
                let ours = ours.map_or_else(|| "nothing".to_owned(), Json::to_string);
                wrong.push(format!("{} {name} {value}, got {ours}", label(have)));
            }
        }
        for name in have.properties.keys() {
            // The recording leaves out what was set to nil, and what is there from the name.
            let from_name = name == "package_name" || name == "command";
            if !properties.contains_key(name) && !have.properties[name].is_null() && !from_name {
                wrong.push(format!("{} {name} is too many", label(have)));
            }
        }
        let children = want
            .get("children")
            .and_then(Json::as_array)
            .cloned()
            .unwrap_or_default();
        compare_resources(&children, &have.children, wrong);
    }
}
