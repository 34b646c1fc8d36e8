//! `$stdout` and `$stderr` as objects. What is written to standard error is dropped.

use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::object::Data;
use super::super::super::value::{Kind, Value};
use super::super::{Builtin, def, kernel, table};

static METHODS: &[Builtin] = &[
    def("<<", 1, 1, |i, t, a| {
        let text = i.to_text(a.get(0))?;
        emit(i, t, &text).map(|()| t)
    })
    .takes_unknown(),
    def("close", 0, 0, |_, _, _| Ok(Value::NIL)),
    def("external_encoding", 0, 0, |_, _, _| Ok(Value::NIL)),
    def("fileno", 0, 0, |i, t, _| Ok(number(i, t).into())),
    def("flush", 0, 0, |_, t, _| Ok(t)),
    def("fsync", 0, 0, |_, _, _| Ok(0.into())),
    def("isatty", 0, 0, |_, _, _| Ok(Value::FALSE)),
    def("p", 0, -1, |i, t, a| {
        for value in &a.list {
            let text = i.inspect(*value)? + "\n";
            emit(i, t, &text)?;
        }
        Ok(a.get(0))
    })
    .takes_unknown(),
    def("print", 0, -1, |i, t, a| write(i, t, a).map(|_| Value::NIL)).takes_unknown(),
    def("printf", 0, -1, |i, t, a| {
        let text = i.call_with(t, "format", a)?;
        let text = i.to_text(text)?;
        emit(i, t, &text).map(|()| Value::NIL)
    })
    .takes_unknown(),
    def("putc", 1, 1, |i, t, a| {
        let text = kernel::character(i, a.get(0))?;
        emit(i, t, &text).map(|()| a.get(0))
    }),
    def("puts", 0, -1, |i, t, a| {
        let text = kernel::lines(i, a)?;
        emit(i, t, &text).map(|()| Value::NIL)
    })
    .takes_unknown(),
    def("set_encoding", 1, -1, |_, t, _| Ok(t)),
    def("sync", 0, 0, |_, _, _| Ok(Value::TRUE)),
    def("sync=", 1, 1, |_, _, a| Ok(a.get(0))),
    def("tty?", 0, 0, |_, _, _| Ok(Value::FALSE)),
    def("inspect", 0, 0, |i, t, _| {
        let name = if number(i, t) == 1 {
            "STDOUT"
        } else {
            "STDERR"
        };
        Ok(i.str(format!("#<IO:<{name}>>")))
    }),
    def("write", 0, -1, write).takes_unknown(),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

/// Adds the two streams; `IO` must be defined.
pub fn install(interp: &mut Interp) {
    let class = interp.class_named("IO");
    interp.add_methods(class, &TABLE);
    let object = interp.core.object;
    for (n, global, constant) in [(1i64, "$stdout", "STDOUT"), (2, "$stderr", "STDERR")] {
        let stream = Value::from(interp.alloc(class, Data::Host(Box::new(Stream(n)))));
        interp.globals.insert(Name::new(global), stream);
        let constants = &mut interp.classes.get_mut(object).constants;
        constants.insert(Name::new(constant), stream);
    }
}

/// A stream by its number.
#[derive(Clone, Debug)]
struct Stream(i64);

fn number(interp: &Interp, this: Value) -> i64 {
    interp.host_data::<Stream>(this).map_or(1, |s| s.0)
}

fn emit(interp: &mut Interp, this: Value, text: &str) -> R<()> {
    match number(interp, this) {
        1 => kernel::write_out(interp, text),
        _ => Ok(()),
    }
}

fn write(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut bytes = 0i64;
    for value in &args.list {
        let text = interp.to_text(*value)?;
        bytes += i64::try_from(text.len()).unwrap_or(0);
        emit(interp, this, &text)?;
    }
    Ok(bytes.into())
}

/// Whether `$stdout` was replaced by an object of the program's own.
pub fn redirected(interp: &Interp) -> Option<Value> {
    let stream = interp.globals.get(&Name::new("$stdout")).copied()?;
    match stream.kind {
        Kind::Obj(_) if interp.host_data::<Stream>(stream).is_none() => Some(stream),
        _ => None,
    }
}
