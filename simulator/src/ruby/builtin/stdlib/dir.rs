//! `Dir`: the folders of a node are unknown, but for those of which somebody has said what is in them.

use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::object::Data;
use super::super::super::value::Value;
use super::super::{Builtin, def, table};
use super::file::{ask, fits, outside, path_arg};

/// Folders below folders that a pattern may lead through.
const MAX_PARTS: usize = 64;

static STATIC: &[Builtin] = &[
    def("[]", 1, -1, glob),
    def("chdir", 0, 1, outside),
    def("children", 1, 2, children),
    def("delete", 1, 1, outside),
    def("each_child", 1, 2, |i, t, a| each(i, t, a, children)),
    def("empty?", 1, 1, |i, t, a| {
        let list = children(i, t, a)?;
        let empty = i.array_items(list).map(<[Value]>::is_empty);
        Ok(empty.map_or(list, Value::from))
    }),
    def("entries", 1, 2, entries),
    def("exist?", 1, 1, |i, _, a| ask(i, a, "directory?")),
    def("exists?", 1, 1, |i, _, a| ask(i, a, "directory?")),
    def("foreach", 1, 2, |i, t, a| each(i, t, a, entries)),
    def("getwd", 0, 0, outside),
    def("glob", 1, -1, glob),
    def("home", 0, 1, outside),
    def("mkdir", 1, 2, outside),
    def("mktmpdir", 0, -1, outside),
    def("new", 1, 2, |i, _, a| open(i, a)),
    def("open", 1, 2, |i, _, a| {
        let dir = open(i, a)?;
        match a.block {
            Some(_) => i.yield_to(a, &[dir]),
            None => Ok(dir),
        }
    }),
    def("pwd", 0, 0, outside),
    def("rmdir", 1, 1, outside),
    def("tmpdir", 0, 0, outside),
    def("unlink", 1, 1, outside),
];
static STATIC_TABLE: Table = LazyLock::new(|| table(STATIC));

static METHODS: &[Builtin] = &[
    def("children", 0, 0, |i, t, _| {
        let path = path_of(i, t);
        children(i, t, &Args::of(&[path]))
    }),
    def("close", 0, 0, |_, _, _| Ok(Value::NIL)),
    def("each", 0, 0, |i, t, a| {
        let path = path_of(i, t);
        let list = entries(i, t, &Args::of(&[path]))?;
        i.call_with(list, "each", &Args::default().with_block(a.block))
            .map(|_| t)
    }),
    def("each_child", 0, 0, |i, t, a| {
        let path = path_of(i, t);
        let list = children(i, t, &Args::of(&[path]))?;
        i.call_with(list, "each", &Args::default().with_block(a.block))
            .map(|_| t)
    }),
    def("path", 0, 0, |i, t, _| Ok(path_of(i, t))),
    def("to_path", 0, 0, |i, t, _| Ok(path_of(i, t))),
];
static METHODS_TABLE: Table = LazyLock::new(|| table(METHODS));

pub(super) fn install(interp: &mut Interp) {
    let dir = interp.define_class("Dir", interp.core.object);
    interp.include(dir, interp.core.enumerable);
    interp.add_static(dir, &STATIC_TABLE);
    interp.add_methods(dir, &METHODS_TABLE);
}

fn path_of(interp: &Interp, this: Value) -> Value {
    interp.ivar(this, Name::new("@path")).unwrap_or(Value::NIL)
}

/// What is in a folder, by name; `None` where nobody has said.
///
/// # Errors
/// `Errno::ENOENT` where it is not there.
fn names(interp: &mut Interp, path: &str) -> R<Option<Vec<String>>> {
    let Some(answer) = (interp.hooks.file)(interp, "children", path)? else {
        return Ok(None);
    };
    let items = interp.array_items(answer).map(<[Value]>::to_vec);
    Ok(items.map(|items| {
        let texts = items.iter().filter_map(|v| interp.text(*v));
        texts.map(str::to_owned).collect()
    }))
}

fn children(interp: &mut Interp, this: Value, args: &Args) -> R {
    let path = path_arg(interp, args.get(0))?;
    match names(interp, &path)? {
        Some(names) => Ok(strings(interp, names)),
        None => outside(interp, this, args),
    }
}

/// As [`children`], with the folder itself and the one above.
fn entries(interp: &mut Interp, this: Value, args: &Args) -> R {
    let path = path_arg(interp, args.get(0))?;
    match names(interp, &path)? {
        Some(names) => {
            let own = [".", ".."].map(str::to_owned).into_iter();
            Ok(strings(interp, own.chain(names).collect()))
        }
        None => outside(interp, this, args),
    }
}

fn each(
    interp: &mut Interp,
    this: Value,
    args: &Args,
    list: fn(&mut Interp, Value, &Args) -> R,
) -> R {
    let list = list(interp, this, args)?;
    let each = interp.call_with(list, "each", &Args::default().with_block(args.block))?;
    Ok(match args.block {
        Some(_) => Value::NIL,
        None => each,
    })
}

fn open(interp: &mut Interp, args: &Args) -> R {
    let path = path_arg(interp, args.get(0))?;
    if names(interp, &path)?.is_none() {
        return outside(interp, Value::NIL, args);
    }
    let class = interp.const_in(interp.core.object, Name::new("Dir"))?;
    let class = interp.as_class(class).unwrap_or(interp.core.object);
    let dir: Value = interp.alloc(class, Data::Plain).into();
    let path = interp.str(path);
    interp.set_ivar(dir, Name::new("@path"), path)?;
    Ok(dir)
}

fn strings(interp: &mut Interp, texts: Vec<String>) -> Value {
    let items = texts.into_iter().map(|t| interp.str(t)).collect();
    interp.array(items)
}

/// `Dir.glob(pattern…)`: known where what is in every folder on the way is.
fn glob(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut patterns = Vec::new();
    for value in &args.list {
        match interp.array_items(*value).map(<[Value]>::to_vec) {
            Some(items) => {
                for item in items {
                    patterns.push(path_arg(interp, item)?);
                }
            }
            None if interp.text(*value).is_some() => patterns.push(path_arg(interp, *value)?),
            // Flags, or a folder to start in.
            None => return outside(interp, this, args),
        }
    }
    let mut found = Vec::new();
    for pattern in patterns {
        let Some(some) = matches(interp, &pattern)? else {
            return outside(interp, this, args);
        };
        found.extend(some);
    }
    let list = strings(interp, found);
    if args.block.is_some() {
        interp.call_with(list, "each", &Args::default().with_block(args.block))?;
        return Ok(Value::NIL);
    }
    Ok(list)
}

/// What a pattern matches, in order; `None` where it leads through what nobody has spoken of.
fn matches(interp: &mut Interp, pattern: &str) -> R<Option<Vec<String>>> {
    if let Some(said) = (interp.hooks.file)(interp, "glob", pattern)? {
        let items = interp.array_items(said).map(<[Value]>::to_vec);
        let texts = items.iter().flatten().filter_map(|v| interp.text(*v));
        return Ok(Some(texts.map(str::to_owned).collect()));
    }
    let parts: Vec<&str> = pattern.split('/').collect();
    let plain =
        pattern.starts_with('/') && !pattern.contains(['{', '\\']) && !pattern.contains("**");
    if !plain || parts.len() > MAX_PARTS {
        return Ok(None);
    }
    let mut reached = vec![String::new()];
    for (i, part) in parts.iter().enumerate().skip(1) {
        let mut next = Vec::new();
        for folder in reached {
            if !part.contains(['*', '?', '[']) {
                let path = format!("{folder}/{part}");
                match (interp.hooks.file)(interp, "exist?", &path)?.map(|v| v.truthy()) {
                    Some(Some(true)) => next.push(path),
                    Some(Some(false)) => {}
                    // On the way to a folder that is spoken of.
                    _ if i + 1 < parts.len() => next.push(path),
                    _ => return Ok(None),
                }
                continue;
            }
            if (interp.hooks.file)(interp, "directory?", &folder)?
                .is_some_and(|v| v.truthy() == Some(false))
            {
                continue;
            }
            let Some(mut names) = names(interp, &folder)? else {
                return Ok(None);
            };
            names.sort();
            interp.spend(names.len().saturating_mul(part.len()))?;
            next.extend(
                names
                    .into_iter()
                    .filter(|name| fits(part, name))
                    .map(|name| format!("{folder}/{name}")),
            );
        }
        reached = next;
    }
    Ok(Some(reached))
}
