//! Role files as they are written: the name inside and the run lists, each with its place.

use foretaste_parser::json;
use foretaste_parser::ruby::ast::{Arg, Expr, ExprKind, Pair};
use foretaste_parser::source::{Location, Source};

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
    let Some(text) = repository.text(&role.path) else {
        return;
    };
    let source = Source::new(role.path.clone(), text);
    let (Some(json), _) = json::parse(&source) else {
        return;
    };
    let text = |node: &json::Node| Some((node.as_str()?.to_owned(), source.location(node.span)));
    role.name = json.get("name").and_then(text);
    let others = json
        .get("env_run_lists")
        .into_iter()
        .flat_map(|lists| lists.entries().iter().map(|(_, list)| list));
    role.run_list = json
        .get("run_list")
        .into_iter()
        .chain(others)
        .flat_map(|list| list.items().iter().filter_map(text))
        .collect();
}
