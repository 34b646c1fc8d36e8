//! Which cookbooks a run needs, which version of each, and in which order they load.

use indexmap::IndexMap;

use foretaste_parser::ruby::ast::{Arg, Expr, ExprKind};

use crate::repository::{Cookbook, Repository};

/// A cookbook as this run uses it.
#[derive(Clone, Debug)]
pub struct Chosen {
    pub cookbook: Cookbook,
}

/// What is missing: a cookbook, and who wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub cookbook: String,
    pub wanted_by: Option<String>,
}

/// The cookbooks of a run list and all that they depend on. Dependencies load before what needs them, as
/// `Chef::RunContext::CookbookCompiler#cookbook_order` has it: depth first, in the order of the run list,
/// dependencies by name.
pub fn load_order(
    repository: &Repository,
    wanted: &[String],
) -> Result<IndexMap<String, Chosen>, Missing> {
    let mut out = IndexMap::new();
    let mut visiting = Vec::new();
    for name in wanted {
        add(repository, name, None, &mut out, &mut visiting)?;
    }
    Ok(out)
}

fn add(
    repository: &Repository,
    name: &str,
    wanted_by: Option<&str>,
    out: &mut IndexMap<String, Chosen>,
    visiting: &mut Vec<String>,
) -> Result<(), Missing> {
    if out.contains_key(name) || visiting.iter().any(|v| v == name) {
        return Ok(());
    }
    let Some(cookbook) = repository.cookbooks.get(name).and_then(|v| v.last()) else {
        return Err(Missing {
            cookbook: name.to_owned(),
            wanted_by: wanted_by.map(str::to_owned),
        });
    };
    let mut depends = dependencies(repository, cookbook);
    depends.sort();
    depends.dedup();
    visiting.push(name.to_owned());
    for dependency in &depends {
        add(repository, dependency, Some(name), out, visiting)?;
    }
    visiting.pop();
    out.insert(
        name.to_owned(),
        Chosen {
            cookbook: cookbook.clone(),
        },
    );
    Ok(())
}

/// `depends` of metadata.rb or the keys of metadata.json's `dependencies`.
pub fn dependencies(repository: &Repository, cookbook: &Cookbook) -> Vec<String> {
    let Some(path) = &cookbook.metadata else {
        return Vec::new();
    };
    if path.ends_with(".json") {
        let json = repository.json(path).and_then(Result::ok);
        let keys = json
            .as_ref()
            .and_then(|j| j.get("dependencies")?.as_object());
        return keys
            .map(|o| o.keys().cloned().collect())
            .unwrap_or_default();
    }
    let mut out = Vec::new();
    if let Some(program) = repository.ruby(path) {
        collect(&program.body, &[], &mut out);
    }
    out
}

/// `depends "x"`, also inside `%w(a b).each { |c| depends c }` and conditions.
fn collect(expr: &Expr, looped: &[String], out: &mut Vec<String>) {
    match &expr.kind {
        ExprKind::Seq(list) => list.iter().for_each(|e| collect(e, looped, out)),
        ExprKind::If {
            then, otherwise, ..
        } => {
            for side in [then, otherwise].into_iter().flatten() {
                collect(side, looped, out);
            }
        }
        ExprKind::Call(call) => {
            if call.recv.is_none() && call.name.as_str() == "depends" {
                match call.args.list.first() {
                    Some(Arg::Value(Expr {
                        kind: ExprKind::Str(text),
                        ..
                    })) => out.push(text.to_string()),
                    Some(Arg::Value(Expr {
                        kind: ExprKind::Local(_),
                        ..
                    })) => out.extend(looped.iter().cloned()),
                    _ => {}
                }
            }
            if let Some(foretaste_parser::ruby::ast::BlockArg::Literal(block)) = &call.args.block
                && let Some(body) = &block.body.expr
            {
                let items = match call.recv.as_ref().map(|r| &r.kind) {
                    Some(ExprKind::Array(items)) => strings(items),
                    _ => Vec::new(),
                };
                collect(body, &items, out);
            }
        }
        _ => {}
    }
}

fn strings(items: &[Arg]) -> Vec<String> {
    items
        .iter()
        .filter_map(|i| match i {
            Arg::Value(Expr {
                kind: ExprKind::Str(text),
                ..
            }) => Some(text.to_string()),
            _ => None,
        })
        .collect()
}
