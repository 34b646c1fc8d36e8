//! Role files as they are written: the name inside and the run lists, each with its place.

use foretaste_parser::ruby::ast::{Arg, Expr, ExprKind, Pair};
use foretaste_parser::source::{Location, Source};
use serde_json::Value as Json;

use super::RoleFile;
use crate::repository::Repository;

/// The role files of a repository, in the order of their names.
#[must_use]
pub fn role_files(repository: &Repository) -> Vec<RoleFile> {
    repository
        .roles
        .iter()
        .map(|(stem, path)| {
            let mut role = RoleFile {
                path: path.clone(),
                stem: stem.clone(),
                name: None,
                run_list: Vec::new(),
            };
            if path.ends_with(".json") {
                json(repository, &mut role);
            } else {
                ruby(repository, &mut role);
            }
            role
        })
        .collect()
}

fn ruby(repository: &Repository, role: &mut RoleFile) {
    let Some(program) = repository.ruby(&role.path) else {
        return;
    };
    let source = &program.source;
    let statements = match &program.body.kind {
        ExprKind::Seq(list) => list.iter().collect(),
        _ => vec![&program.body],
    };
    for statement in statements {
        let ExprKind::Call(call) = &statement.kind else {
            continue;
        };
        if call.recv.is_some() {
            continue;
        }
        match call.name.as_str() {
            "name" => {
                if let Some(Arg::Value(value)) = call.args.list.first()
                    && let ExprKind::Str(text) = &value.kind
                {
                    role.name = Some((text.to_string(), source.location(value.span)));
                }
            }
            "run_list" | "env_run_lists" | "env_run_list" => {
                arguments(&call.args.list, source, &mut role.run_list, 0);
            }
            _ => {}
        }
    }
}

/// Every plain string in arguments, arrays and values of hashes.
fn arguments(list: &[Arg], source: &Source, out: &mut Vec<(String, Location)>, depth: u32) {
    for argument in list {
        match argument {
            Arg::Value(value) => strings(value, source, out, depth),
            Arg::Keywords(pairs) => values(pairs, source, out, depth),
            Arg::Splat(_) | Arg::Forward => {}
        }
    }
}

fn values(pairs: &[Pair], source: &Source, out: &mut Vec<(String, Location)>, depth: u32) {
    for pair in pairs {
        strings(&pair.value, source, out, depth);
    }
}

fn strings(value: &Expr, source: &Source, out: &mut Vec<(String, Location)>, depth: u32) {
    if depth > 8 {
        return;
    }
    match &value.kind {
        ExprKind::Str(text) => out.push((text.to_string(), source.location(value.span))),
        ExprKind::Array(items) => arguments(items, source, out, depth + 1),
        ExprKind::Hash(pairs) => values(pairs, source, out, depth + 1),
        _ => {}
    }
}

fn json(repository: &Repository, role: &mut RoleFile) {
    let (Some(text), Some(Ok(json))) = (repository.text(&role.path), repository.json(&role.path))
    else {
        return;
    };
    let source = Source::new(role.path.clone(), text);
    // Values are found again in the text: good enough for a line.
    let place = |value: &str| {
        let quoted = Json::from(value).to_string();
        let at = source.text().find(&quoted).unwrap_or(0);
        Location::line(
            role.path.clone(),
            source.line(u32::try_from(at).unwrap_or(0)),
        )
    };
    role.name = json
        .get("name")
        .and_then(Json::as_str)
        .map(|name| (name.to_owned(), place(name)));
    let items = json.get("run_list").and_then(Json::as_array);
    let others = json
        .get("env_run_lists")
        .and_then(Json::as_object)
        .into_iter()
        .flat_map(|lists| lists.values())
        .filter_map(Json::as_array);
    role.run_list = items
        .into_iter()
        .chain(others)
        .flatten()
        .filter_map(Json::as_str)
        .map(|item| (item.to_owned(), place(item)))
        .collect();
}
