//! What the user says of the world outside: files of the nodes and the client's environment.

use std::collections::BTreeMap;

use foretaste_parser::name::Name;

use super::run::run;
use crate::ruby::Interp;
use crate::ruby::env::Args;
use crate::ruby::flow::R;
use crate::ruby::value::Value;

/// What is there at a path of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeFile {
    Absent,
    /// Something, of which no more is known.
    Exists,
    Folder,
    /// A folder with exactly these entries; of a pattern, what `Dir.glob` finds.
    Holds(Vec<String>),
    /// A file with this text.
    Text(String),
}

/// Answers a question about a path, by the name of `File`'s method; `None` where the user has not said.
///
/// # Errors
/// `Errno::ENOENT`, where what is absent is read.
pub fn file(interp: &mut Interp, question: &str, path: &str) -> R<Option<Value>> {
    let files = &run(interp).options.files;
    let key = match path.strip_suffix('/') {
        Some("") | None => path,
        Some(path) => path,
    };
    if question == "glob" {
        return Ok(match files.get(path).cloned() {
            Some(NodeFile::Absent) => Some(interp.array(Vec::new())),
            Some(NodeFile::Holds(paths)) => Some(strings(interp, paths)),
            _ => None,
        });
    }
    let found = files.get(key).cloned().or_else(|| from_above(files, key));
    let Some(found) = found else {
        // A folder is there where something in it is.
        let holds = files.iter().any(|(known, state)| {
            *state != NodeFile::Absent
                && known
                    .strip_prefix(key)
                    .is_some_and(|rest| rest.starts_with('/'))
        });
        return Ok(match question {
            "exist?" | "directory?" if holds => Some(Value::TRUE),
            "file?" if holds => Some(Value::FALSE),
            _ => None,
        });
    };
    Ok(Some(match (question, found) {
        ("exist?", state) => (state != NodeFile::Absent).into(),
        (
            "directory?" | "file?" | "symlink?" | "executable?" | "readable?" | "writable?"
            | "zero?" | "owned?",
            NodeFile::Absent,
        ) => Value::FALSE,
        ("size?", NodeFile::Absent) => Value::NIL,
        ("children", NodeFile::Absent) => {
            return Err(no_such_file(interp, "dir_initialize", path)?);
        }
        (_, NodeFile::Absent) => return Err(no_such_file(interp, "rb_sysopen", path)?),
        ("directory?", NodeFile::Folder | NodeFile::Holds(_)) => Value::TRUE,
        ("file?", NodeFile::Folder | NodeFile::Holds(_)) => Value::FALSE,
        ("children", NodeFile::Holds(names)) => strings(interp, names),
        ("directory?", NodeFile::Text(_)) => Value::FALSE,
        ("file?", NodeFile::Text(_)) => Value::TRUE,
        ("read" | "binread", NodeFile::Text(text)) => interp.str(text),
        ("readlines" | "foreach", NodeFile::Text(text)) => {
            let lines = text.split_inclusive('\n').map(|line| interp.str(line));
            let lines = lines.collect();
            interp.array(lines)
        }
        ("size", NodeFile::Text(text)) => Value::count(text.len()),
        ("size?", NodeFile::Text(text)) if !text.is_empty() => Value::count(text.len()),
        ("size?", NodeFile::Text(_)) => Value::NIL,
        ("zero?", NodeFile::Text(text)) => text.is_empty().into(),
        _ => return Ok(None),
    }))
}

/// What a folder above says: nothing is in a folder that is not there, and of one whose entries are named only those.
fn from_above(files: &BTreeMap<String, NodeFile>, path: &str) -> Option<NodeFile> {
    path.rmatch_indices('/').find_map(|(at, _)| {
        let folder = path.get(..at).filter(|f| !f.is_empty()).unwrap_or("/");
        let rest = path.get(at + 1..)?;
        let entry = rest.split('/').next()?;
        match files.get(folder)? {
            NodeFile::Absent => Some(NodeFile::Absent),
            NodeFile::Holds(names) if !names.iter().any(|n| n == entry) => Some(NodeFile::Absent),
            NodeFile::Holds(_) if entry == rest => Some(NodeFile::Exists),
            _ => None,
        }
    })
}

fn strings(interp: &mut Interp, texts: Vec<String>) -> Value {
    let items = texts.into_iter().map(|t| interp.str(t)).collect();
    interp.array(items)
}

fn no_such_file(interp: &mut Interp, at: &str, path: &str) -> R<crate::ruby::flow::Flow> {
    let errno = interp.const_in(interp.core.object, Name::new("Errno"))?;
    let errno = interp.as_class(errno).unwrap_or(interp.core.object);
    let class = interp.const_in(errno, Name::new("ENOENT"))?;
    let class = interp.as_class(class).unwrap_or(interp.core.standard_error);
    Ok(interp.error(class, format!("No such file or directory @ {at} - {path}")))
}

/// A variable of the client's environment, as `ENV[name]` gives it.
///
/// # Errors
/// Where the name is no text.
pub fn variable(interp: &mut Interp, args: &Args) -> R {
    let name = interp.to_text(args.get(0))?;
    Ok(match run(interp).options.environment.get(&name).cloned() {
        Some(Some(text)) => interp.str(text),
        Some(None) => Value::NIL,
        None => interp.outside(format!("the environment variable {name}")),
    })
}

/// `ENV.fetch`: the value, else the default that is given, else a `KeyError`.
///
/// # Errors
/// As its block raises, and where there is neither.
pub fn fetch_variable(interp: &mut Interp, args: &Args) -> R {
    let value = variable(interp, args)?;
    if !value.is_nil() {
        return Ok(value);
    }
    if args.block.is_some() {
        return interp.yield_to(args, &[args.get(0)]);
    }
    match args.opt(1) {
        Some(default) => Ok(default),
        None => {
            let name = interp.to_text(args.get(0))?;
            let message = format!("key not found: {name:?}");
            Err(interp.error(interp.core.key_error, message))
        }
    }
}

/// `ENV.key?`
///
/// # Errors
/// Where the name is no text.
pub fn has_variable(interp: &mut Interp, args: &Args) -> R {
    let value = variable(interp, args)?;
    Ok(match value.unknown() {
        Some(_) => value,
        None => (!value.is_nil()).into(),
    })
}

/// The lines of foretaste.toml that would make an unknown of this reason known, with `…` where the answer goes; `None`
/// where there is nothing to say of it, or nothing that would help.
#[must_use]
pub fn answer(reason: &str) -> Option<String> {
    let between = |start: &str, end: &str| reason.strip_prefix(start)?.strip_suffix(end);
    let entry = |table: &str, key: &str, value: &str| {
        // What is unknown in it cannot be written down.
        let known = !key.contains('‹');
        // A JSON string is a TOML one.
        let key = serde_json::to_string(key).ok().filter(|_| known)?;
        Some(format!("[model.{table}]\n{key} = {value}"))
    };
    let command = between("the output of the command `", "`")
        .or_else(|| between("the result of the command `", "`"));
    if let Some(command) = command {
        return entry("commands", command, "\"…\"");
    }
    if let Some(name) = between("the environment variable ", "") {
        return entry("environment", name, "\"…\" # false where it is not set");
    }
    if let Some(path) = between("the state of ", " on the node").filter(|p| p.starts_with('/')) {
        let value = match path.contains(['*', '?', '[']) {
            true => "[] # the paths that match",
            false => "true # or false, its text, or of a folder the names in it",
        };
        return entry("files", path, value);
    }
    if let Some(path) = between("the content of ", "").filter(|p| p.starts_with('/')) {
        return entry("files", path, "\"…\"");
    }
    if reason == "an automatic attribute of a synthetic node" {
        return Some(
            "[model.attributes]\n# what is read there, as a node object has it".to_owned(),
        );
    }
    None
}
