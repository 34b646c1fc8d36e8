//! A compact S-expression form of the tree, for tests. Locals are shown as `depth.slot`.

use std::fmt::Write as _;

use super::ast::{
    Arg, Args, Block, BlockArg, Body, Expr, ExprKind as E, KeywordRest, LocalRef, MultiTarget,
    Pair, Param, Params, Program, Target, TargetKind as T,
};

/// The tree of a program, with the locals of each scope. Constructs without a form of their own here
/// are shown as Rust's debug output has them.
#[must_use]
pub fn print(program: &Program) -> String {
    let mut out = String::new();
    names(&mut out, &program.locals);
    expr(&mut out, &program.body);
    out
}

fn names(out: &mut String, names: &[crate::name::Name]) {
    let names: Vec<&str> = names.iter().map(|n| n.as_str()).collect();
    let _ = write!(out, "[{}] ", names.join(" "));
}

fn expr(out: &mut String, e: &Expr) {
    match &e.kind {
        E::Nil => out.push_str("nil"),
        E::SelfRef => out.push_str("self"),
        E::Int(n) => put(out, n),
        E::Float(n) => put(out, n),
        E::BigInt(n) | E::Numeric(n) => put(out, n),
        E::Str(text) => drop(write!(out, "{text:?}")),
        E::Sym(name) => drop(write!(out, ":{name}")),
        E::Local(at) => local(out, *at),
        E::IVar(name) | E::GVar(name) | E::CVar(name) | E::Const(name) => put(out, name),
        E::RootConst(name) => drop(write!(out, "::{name}")),
        E::ScopedConst(scope, name) => {
            expr(out, scope);
            let _ = write!(out, "::{name}");
        }
        E::Interp(parts) => list(out, "str", parts),
        E::InterpSym(parts) => list(out, "sym", parts),
        E::Seq(parts) => list(out, "do", parts),
        E::Array(items) => group(out, "array", |out| items.iter().for_each(|a| arg(out, a))),
        E::Hash(items) => group(out, "hash", |out| pairs(out, items)),
        E::Assign(to, value) => group(out, "=", |out| {
            target(out, to);
            spaced(out, value);
        }),
        E::MultiAssign(to, value) => group(out, "=", |out| {
            multi(out, to);
            spaced(out, value);
        }),
        E::OpAssign(to, op, value) => group(out, "op=", |out| {
            target(out, to);
            let _ = write!(out, " {op:?}");
            spaced(out, value);
        }),
        E::And(a, b) => list(out, "and", [&**a, &**b]),
        E::Or(a, b) => list(out, "or", [&**a, &**b]),
        E::Not(a) => list(out, "not", [&**a]),
        E::If {
            cond,
            then,
            otherwise,
        } => group(out, "if", |out| {
            spaced(out, cond);
            for branch in [then, otherwise] {
                match branch {
                    Some(branch) => spaced(out, branch),
                    None => out.push_str(" -"),
                }
            }
        }),
        E::Call(call) => {
            let safe = if call.safe { "&." } else { "." };
            group(out, "call", |out| {
                if let Some(recv) = &call.recv {
                    spaced(out, recv);
                }
                let _ = write!(out, " {safe}{}", call.name);
                args(out, &call.args);
            });
        }
        E::Super(list) => group(out, "super", |out| args(out, list)),
        E::Yield(list) => group(out, "yield", |out| args(out, list)),
        E::Lambda(b) => group(out, "lambda", |out| block(out, b)),
        E::Def(def) => group(out, "def", |out| {
            let _ = write!(out, " {}", def.name);
            params(out, &def.params);
            body(out, &def.body);
        }),
        other => drop(write!(out, "{other:?}")),
    }
}

fn put(out: &mut String, value: impl std::fmt::Display) {
    let _ = write!(out, "{value}");
}

fn local(out: &mut String, at: LocalRef) {
    let _ = write!(out, "{}.{}", at.depth, at.slot);
}

fn group(out: &mut String, head: &str, inner: impl FnOnce(&mut String)) {
    out.push('(');
    out.push_str(head);
    inner(out);
    out.push(')');
}

fn list<'e>(out: &mut String, head: &str, items: impl IntoIterator<Item = &'e Expr>) {
    group(out, head, |out| {
        for item in items {
            spaced(out, item);
        }
    });
}

fn spaced(out: &mut String, e: &Expr) {
    out.push(' ');
    expr(out, e);
}

fn pairs(out: &mut String, list: &[Pair]) {
    for pair in list {
        match &pair.key {
            Some(key) => spaced(out, key),
            None => out.push_str(" **"),
        }
        spaced(out, &pair.value);
    }
}

fn arg(out: &mut String, a: &Arg) {
    match a {
        Arg::Value(value) => spaced(out, value),
        Arg::Splat(value) => {
            out.push_str(" *");
            expr(out, value);
        }
        Arg::Keywords(list) => {
            out.push(' ');
            group(out, "keywords", |out| pairs(out, list));
        }
        Arg::Forward => out.push_str(" ..."),
    }
}

fn args(out: &mut String, list: &Args) {
    list.list.iter().for_each(|a| arg(out, a));
    match &list.block {
        Some(BlockArg::Literal(b)) => {
            out.push(' ');
            group(out, "block", |out| block(out, b));
        }
        Some(BlockArg::Pass(value)) => {
            out.push_str(" &");
            if let Some(value) = value {
                expr(out, value);
            }
        }
        None => {}
    }
}

fn block(out: &mut String, b: &Block) {
    params(out, &b.params);
    body(out, &b.body);
}

fn body(out: &mut String, b: &Body) {
    out.push(' ');
    names(out, &b.locals);
    match &b.expr {
        Some(e) => expr(out, e),
        None => out.push('-'),
    }
}

fn params(out: &mut String, p: &Params) {
    out.push_str(" |");
    p.required.iter().for_each(|p| param(out, p));
    for (slot, default) in &p.optional {
        let _ = write!(out, " {slot}=");
        expr(out, default);
    }
    if let Some(Some(slot)) = p.rest {
        let _ = write!(out, " *{slot}");
    }
    p.post.iter().for_each(|p| param(out, p));
    for (name, slot, default) in &p.keywords {
        let _ = write!(out, " {name}:{slot}");
        if let Some(default) = default {
            out.push('=');
            expr(out, default);
        }
    }
    match p.keyword_rest {
        KeywordRest::Rest(Some(slot)) => drop(write!(out, " **{slot}")),
        KeywordRest::Forbidden => out.push_str(" **nil"),
        KeywordRest::None | KeywordRest::Rest(None) => {}
    }
    if let Some(Some(slot)) = p.block {
        let _ = write!(out, " &{slot}");
    }
    if p.excess_comma {
        out.push_str(" ,");
    }
    out.push_str(" |");
}

fn param(out: &mut String, p: &Param) {
    match p {
        Param::Slot(slot) => drop(write!(out, " {slot}")),
        Param::Destructure(targets) => multi(out, targets),
    }
}

fn multi(out: &mut String, targets: &MultiTarget) {
    out.push(' ');
    group(out, "targets", |out| {
        targets.before.iter().for_each(|t| target(out, t));
        if let Some(splat) = &targets.splat {
            out.push_str(" *");
            if let Some(t) = splat {
                target(out, t);
            }
        }
        targets.after.iter().for_each(|t| target(out, t));
    });
}

fn target(out: &mut String, t: &Target) {
    out.push(' ');
    match &t.kind {
        T::Local(at) => local(out, *at),
        T::IVar(name) | T::GVar(name) | T::CVar(name) | T::Const(name) => put(out, name),
        T::ScopedConst(scope, name) => {
            expr(out, scope);
            let _ = write!(out, "::{name}");
        }
        T::Attr { recv, name, safe } => {
            expr(out, recv);
            let _ = write!(out, "{}{name}", if *safe { "&." } else { "." });
        }
        T::Index { recv, args: list } => {
            expr(out, recv);
            out.push('[');
            args(out, list);
            out.push(']');
        }
        T::Multi(targets) => multi(out, targets),
    }
}
