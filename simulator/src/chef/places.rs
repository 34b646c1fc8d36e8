//! Where in a role, environment or policy file each attribute is set.

use std::collections::BTreeMap;

use foretaste_parser::json;
use foretaste_parser::ruby::ast::{Arg, Expr, ExprKind, Pair, Program};
use foretaste_parser::source::{Location, Source};

/// Places by path. The first part is the section (`default_attributes`, `run_list`, …), the others are keys; an item of
/// a run list has its own text for a key.
pub type Places = BTreeMap<Vec<String>, Location>;

/// Deeper attributes have the place of what they lie in.
const MAX_DEPTH: usize = 60;

/// Of a JSON file.
#[must_use]
pub fn of_json(source: &Source, root: &json::Node) -> Places {
    fn walk(source: &Source, node: &json::Node, path: &mut Vec<String>, out: &mut Places) {
        if path.len() > MAX_DEPTH {
            return;
        }
        for (key, value) in node.entries() {
            path.push(key.text.to_string());
            out.insert(path.clone(), source.location(key.span));
            walk(source, value, path, out);
            path.pop();
        }
        if path.first().is_some_and(|p| p.contains("run_list")) {
            for item in node.items() {
                path.extend(item.as_str().map(str::to_owned));
                out.insert(path.clone(), source.location(item.span));
                path.pop();
            }
        }
    }
    let mut out = Places::new();
    walk(source, root, &mut Vec::new(), &mut out);
    out
}

/// Of a Ruby file: of what its calls have as literals.
#[must_use]
pub fn of_ruby(program: &Program) -> Places {
    let mut out = Places::new();
    let statements = match &program.body.kind {
        ExprKind::Seq(list) => &list[..],
        _ => std::slice::from_ref(&program.body),
    };
    for statement in statements {
        let ExprKind::Call(call) = &statement.kind else {
            continue;
        };
        if call.recv.is_some() {
            continue;
        }
        let mut path = vec![call.name.as_str().to_owned()];
        if call.name.as_str() == "cookbook" {
            if let Some(Arg::Value(Expr {
                kind: ExprKind::Str(name),
                ..
            })) = call.args.list.first()
            {
                let path = vec!["cookbook_versions".to_owned(), name.to_string()];
                out.insert(path, program.source.location(statement.span));
            }
            continue;
        }
        out.insert(path.clone(), program.source.location(statement.span));
        arguments(program, &call.args.list, &mut path, &mut out);
    }
    out
}

fn arguments(program: &Program, list: &[Arg], path: &mut Vec<String>, out: &mut Places) {
    for arg in list {
        match arg {
            Arg::Value(value) => expression(program, value, path, out),
            Arg::Keywords(pairs) => hash(program, pairs, path, out),
            _ => {}
        }
    }
}

/// The keys of a literal, or the items of a run list.
fn expression(program: &Program, value: &Expr, path: &mut Vec<String>, out: &mut Places) {
    match &value.kind {
        ExprKind::Hash(pairs) => hash(program, pairs, path, out),
        ExprKind::Str(text) if path.first().is_some_and(|p| p.contains("run_list")) => {
            path.push(text.to_string());
            out.insert(path.clone(), program.source.location(value.span));
            path.pop();
        }
        ExprKind::Array(items) if path.first().is_some_and(|p| p.contains("run_list")) => {
            arguments(program, items, path, out);
        }
        _ => {}
    }
}

fn hash(program: &Program, pairs: &[Pair], path: &mut Vec<String>, out: &mut Places) {
    if path.len() > MAX_DEPTH {
        return;
    }
    for pair in pairs {
        let Some(key) = &pair.key else { continue };
        let text = match &key.kind {
            ExprKind::Str(text) => text.to_string(),
            ExprKind::Sym(name) => name.as_str().to_owned(),
            ExprKind::Int(n) => n.to_string(),
            _ => continue,
        };
        path.push(text);
        out.insert(path.clone(), program.source.location(key.span));
        expression(program, &pair.value, path, out);
        path.pop();
    }
}
