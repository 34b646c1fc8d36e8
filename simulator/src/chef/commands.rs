//! Commands that recipes run: the output that the user gave for them, else unknown.

use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::Command;
use super::run::run;
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::{ClassId, Table};
use crate::ruby::env::Args;
use crate::ruby::flow::{Flow, R};
use crate::ruby::object::Data;
use crate::ruby::value::{Kind, Value};

static METHODS: &[Builtin] = &[
    def("stdout", 0, 0, |i, v, _| Ok(part(i, v, "@stdout"))),
    def("stderr", 0, 0, |i, v, _| Ok(part(i, v, "@stderr"))),
    def("exitstatus", 0, 0, |i, v, _| Ok(part(i, v, "@status"))),
    def("status", 0, 0, |_, v, _| Ok(v)),
    def("success?", 0, 0, |i, v, _| Ok((!failed(i, v)).into())),
    def("command", 0, 0, |i, v, _| Ok(part(i, v, "@command"))),
    def("run_command", 0, 0, |_, v, _| Ok(v)),
    def("error?", 0, 0, |i, v, _| Ok(failed(i, v).into())),
    def("error!", 0, 0, |i, v, _| check(i, v)),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

static STATIC: &[Builtin] = &[def("new", 1, -1, |i, _, a| start(i, a)).takes_unknown()];
static STATIC_TABLE: Table = LazyLock::new(|| table(STATIC));

const CLASS: &str = "Mixlib::ShellOut";

/// Defines `Mixlib::ShellOut`.
pub fn install(interp: &mut Interp) {
    interp.define_module("Mixlib");
    let class: ClassId = interp.define_class(CLASS, interp.core.object);
    interp.add_methods(class, &TABLE);
    interp.add_static(class, &STATIC_TABLE);
    let runtime = interp.core.runtime_error;
    for name in ["ShellCommandFailed", "CommandTimeout"] {
        interp.define_class(&format!("{CLASS}::{name}"), runtime);
    }
}

/// What the user said that a command prints: exact commands come before patterns.
fn canned(interp: &mut Interp, command: &str) -> Option<Command> {
    let commands = &run(interp).options.commands;
    let exact = commands.iter().find(|c| c.command == command);
    let found = exact.or_else(|| {
        commands.iter().find(|c| {
            let pattern = c
                .command
                .strip_prefix('/')
                .and_then(|p| p.strip_suffix('/'));
            pattern
                .and_then(|p| fancy_regex::Regex::new(p).ok())
                .is_some_and(|p| p.is_match(command).unwrap_or(false))
        })
    });
    found.cloned()
}

/// Whether a command ends well, where the user said how it ends.
pub fn succeeds(interp: &mut Interp, command: &str) -> Option<bool> {
    canned(interp, command).map(|c| c.status == 0)
}

/// The text of a command; the arguments of one given as a list are joined.
fn text(interp: &mut Interp, args: &Args) -> R<String> {
    let mut words = Vec::new();
    for value in args.list.clone() {
        if interp.hash_data(value).is_some() {
            continue;
        }
        match interp.array_items(value).map(<[Value]>::to_vec) {
            Some(items) => {
                for item in items {
                    words.push(interp.to_text(item)?);
                }
            }
            None => words.push(interp.to_text(value)?),
        }
    }
    Ok(words.join(" "))
}

fn unknown(interp: &mut Interp, command: &str) -> Value {
    let command = interp.show_holes(command);
    interp.outside(format!("the output of the command `{command}`"))
}

/// Backticks and `%x()`.
pub fn output(interp: &mut Interp, command: Value) -> R {
    let command = interp.to_text(command)?;
    match canned(interp, &command) {
        Some(canned) => Ok(interp.str(canned.stdout)),
        None => Ok(unknown(interp, &command)),
    }
}

/// `shell_out`, and `Mixlib::ShellOut.new`, whose run cannot be told from its making here.
pub fn start(interp: &mut Interp, args: &Args) -> R {
    if let Some(id) = args.list.iter().find_map(|a| interp.unknown_of(*a)) {
        return Ok(id.into());
    }
    let command = text(interp, args)?;
    let Some(canned) = canned(interp, &command) else {
        return Ok(unknown(interp, &command));
    };
    let class = super::error_class_at(interp, CLASS);
    let object: Value = interp.alloc(class, Data::Plain).into();
    let (command, stdout) = (interp.str(command), interp.str(canned.stdout));
    let stderr = interp.str(canned.stderr);
    for (name, value) in [
        ("@command", command),
        ("@stdout", stdout),
        ("@stderr", stderr),
        ("@status", canned.status.into()),
    ] {
        interp.set_ivar(object, Name::new(name), value)?;
    }
    Ok(object)
}

/// `shell_out!`
pub fn start_strict(interp: &mut Interp, args: &Args) -> R {
    let started = start(interp, args)?;
    if started.unknown().is_none() {
        check(interp, started)?;
    }
    Ok(started)
}

fn part(interp: &Interp, this: Value, name: &str) -> Value {
    interp.ivar(this, Name::new(name)).unwrap_or(Value::NIL)
}

fn failed(interp: &Interp, this: Value) -> bool {
    !matches!(part(interp, this, "@status").kind, Kind::Int(0))
}

fn check(interp: &mut Interp, this: Value) -> Result<Value, Flow> {
    if !failed(interp, this) {
        return Ok(Value::NIL);
    }
    let mut texts = Vec::new();
    for name in ["@status", "@command", "@stdout", "@stderr"] {
        let value = part(interp, this, name);
        texts.push(interp.to_text(value)?);
    }
    let [status, command, stdout, stderr] = texts.as_slice() else {
        return Ok(Value::NIL);
    };
    let message = format!(
        "Expected process to exit with [0], but received '{status}'\n---- Begin output of {command} ----\n\
         STDOUT: {}\nSTDERR: {}\n---- End output of {command} ----\nRan {command} returned {status}",
        stdout.trim(),
        stderr.trim()
    );
    let class = super::error_class_at(interp, &format!("{CLASS}::ShellCommandFailed"));
    Err(interp.error(class, message))
}
