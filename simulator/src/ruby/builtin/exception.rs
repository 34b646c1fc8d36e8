//! Exceptions as objects.

use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::{Flow, R};
use super::super::object::{Data, Exception};
use super::super::value::{Kind, Value};
use super::super::{Interp, Label};
use super::{Builtin, def, table};

static METHODS: &[Builtin] = &[
    def("initialize", 0, 1, initialize).takes_unknown(),
    def("message", 0, 0, message).takes_unknown(),
    def("to_s", 0, 0, to_s).takes_unknown(),
    def("inspect", 0, 0, inspect).takes_unknown(),
    def("full_message", 0, 1, full_message).takes_unknown(),
    def("backtrace", 0, 0, backtrace),
    def("backtrace_locations", 0, 0, backtrace_locations),
    def("set_backtrace", 1, 1, set_backtrace).takes_unknown(),
    def("cause", 0, 0, cause),
    def("exception", 0, 1, exception).takes_unknown(),
    def("==", 1, 1, equal),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

static STATIC: &[Builtin] = &[
    def("exception", 0, -1, |i, v, a| i.call_with(v, "new", a)).takes_unknown(),
    def("to_tty?", 0, 0, |_, _, _| Ok(Value::FALSE)),
];
static STATIC_TABLE: Table = LazyLock::new(|| table(STATIC));

/// `Thread::Backtrace::Location`, kept as a pair of line and label.
static LOCATION: &[Builtin] = &[
    def("lineno", 0, 0, |i, t, _| Ok(part(i, t, "@lineno"))),
    def("path", 0, 0, |i, t, _| Ok(part(i, t, "@path"))),
    def("absolute_path", 0, 0, |i, t, _| Ok(part(i, t, "@path"))),
    def("label", 0, 0, |i, t, _| Ok(part(i, t, "@label"))),
    def("base_label", 0, 0, |i, t, _| Ok(part(i, t, "@base_label"))),
    def("to_s", 0, 0, |i, t, _| Ok(part(i, t, "@to_s"))),
    def("inspect", 0, 0, |i, t, _| {
        let text = i.inspect(part(i, t, "@to_s"))?;
        Ok(i.str(text))
    }),
];
static LOCATION_TABLE: Table = LazyLock::new(|| table(LOCATION));

pub(super) fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.exception, &TABLE);
    interp.add_static(interp.core.exception, &STATIC_TABLE);
    let object = interp.core.object;
    interp.define_class("Thread", object);
    interp.define_class("Thread::Backtrace", object);
    let location = interp.define_class("Thread::Backtrace::Location", object);
    interp.add_methods(location, &LOCATION_TABLE);
    super::errors::install(interp);
}

fn part(interp: &Interp, this: Value, name: &str) -> Value {
    interp.ivar(this, Name::new(name)).unwrap_or(Value::NIL)
}

pub(super) fn of(interp: &Interp, this: Value) -> Option<&Exception> {
    match interp.data(this.obj()?) {
        Data::Exception(e) => Some(e),
        _ => None,
    }
}

fn of_mut(interp: &mut Interp, this: Value) -> Option<&mut Exception> {
    match &mut interp.heap.get_mut(this.obj()?).data {
        Data::Exception(e) => Some(e),
        _ => None,
    }
}

pub(super) fn set_message(interp: &mut Interp, this: Value, message: Value) {
    if let Some(e) = of_mut(interp, this) {
        e.message = message;
    }
}

fn initialize(interp: &mut Interp, this: Value, args: &Args) -> R {
    set_message(interp, this, args.get(0));
    Ok(Value::NIL)
}

fn to_s(interp: &mut Interp, this: Value, _: &Args) -> R {
    let message = of(interp, this).map_or(Value::NIL, |e| e.message);
    if message.is_nil() {
        let name = interp.class_name(interp.real_class_of(this));
        return Ok(interp.str(&*name));
    }
    if interp.text(message).is_some() || interp.unknown_of(message).is_some() {
        return Ok(message);
    }
    let text = interp.to_text(message)?;
    Ok(interp.str(text))
}

fn message(interp: &mut Interp, this: Value, _: &Args) -> R {
    let text = interp.call(this, "to_s", &[])?;
    if interp.text(text).is_some() || interp.unknown_of(text).is_some() {
        return Ok(text);
    }
    let text = interp.to_text(text)?;
    Ok(interp.str(text))
}

fn inspect(interp: &mut Interp, this: Value, _: &Args) -> R {
    let name = interp.class_name(interp.real_class_of(this));
    let text = interp.to_text(this)?;
    let text = if text.is_empty() {
        name.to_string()
    } else {
        format!("#<{name}: {text}>")
    };
    Ok(interp.str(text))
}

/// The lines of `backtrace`; `None` before the exception is raised.
fn lines(interp: &mut Interp, this: Value) -> R<Option<Vec<String>>> {
    if let Some(given) = of(interp, this).and_then(|e| e.given_backtrace) {
        if given.is_nil() {
            return Ok(None);
        }
        let mut lines = Vec::new();
        for line in interp.to_list(given)? {
            lines.push(interp.to_text(line)?);
        }
        return Ok(Some(lines));
    }
    let trace = of(interp, this)
        .map(|e| e.trace.clone())
        .unwrap_or_default();
    if trace.is_empty() {
        return Ok(None);
    }
    Ok(Some(trace.iter().map(|f| interp.trace_line(f)).collect()))
}

fn backtrace(interp: &mut Interp, this: Value, _: &Args) -> R {
    if let Some(given) = of(interp, this).and_then(|e| e.given_backtrace) {
        return Ok(given);
    }
    let Some(lines) = lines(interp, this)? else {
        return Ok(Value::NIL);
    };
    let list = lines.into_iter().map(|l| interp.str(l)).collect();
    Ok(interp.array(list))
}

fn backtrace_locations(interp: &mut Interp, this: Value, _: &Args) -> R {
    let trace = match of(interp, this) {
        Some(e) if e.given_backtrace.is_none() => e.trace.clone(),
        _ => Vec::new(),
    };
    if trace.is_empty() {
        return Ok(Value::NIL);
    }
    locations(interp, &trace)
}

/// Frames as `Thread::Backtrace::Location`s.
pub(super) fn locations(
    interp: &mut Interp,
    trace: &[(foretaste_parser::source::Location, Label)],
) -> R {
    let class = interp.class_named("Thread::Backtrace::Location");
    let mut list = Vec::with_capacity(trace.len());
    for frame in trace {
        let made = Value::from(interp.alloc(class, Data::Plain));
        let label = interp.label_text(frame.1);
        let base = label.rsplit(" in ").next().unwrap_or(&label).to_owned();
        let line = interp.trace_line(frame);
        for (name, value) in [
            ("@lineno", i64::from(frame.0.line).into()),
            ("@path", interp.str(&*frame.0.path)),
            ("@label", interp.str(label)),
            ("@base_label", interp.str(base)),
            ("@to_s", interp.str(line)),
        ] {
            interp.set_ivar(made, Name::new(name), value)?;
        }
        list.push(made);
    }
    Ok(interp.array(list))
}

fn set_backtrace(interp: &mut Interp, this: Value, args: &Args) -> R {
    let given = check_backtrace(interp, args.get(0))?;
    if let Some(e) = of_mut(interp, this) {
        e.given_backtrace = Some(given);
    }
    Ok(given)
}

/// What may be a backtrace: nil, a string, an array of strings.
pub(super) fn check_backtrace(interp: &mut Interp, given: Value) -> R {
    if interp.text(given).is_some() {
        return Ok(interp.array(vec![given]));
    }
    let strings = interp
        .array_items(given)
        .is_some_and(|list| list.iter().all(|l| interp.text(*l).is_some()));
    if strings || given.is_nil() || interp.unknown_of(given).is_some() {
        return Ok(given);
    }
    Err(interp.type_error("backtrace must be Array of String"))
}

/// Marks an exception as raised here, for the reasons that `raise` was given.
pub(super) fn raised(
    interp: &mut Interp,
    exception: Value,
    fresh: bool,
    backtrace: Option<Value>,
    cause: Option<Value>,
) {
    let (places, trace) = (interp.backtrace(), interp.trace());
    let current = interp.current_exception;
    let Some(e) = of_mut(interp, exception) else {
        return;
    };
    if e.trace.is_empty() || fresh {
        e.backtrace = places;
        e.trace = trace;
    }
    if backtrace.is_some() {
        e.given_backtrace = backtrace;
    }
    if cause.is_some() {
        e.cause = cause;
    } else if e.cause.is_none() && current.is_some_and(|c| c.kind != exception.kind) {
        e.cause = current;
    }
}

/// The message as an uncaught exception shows it, without colours.
fn full_message(interp: &mut Interp, this: Value, args: &Args) -> R {
    let bottom = interp
        .keyword(args, "order")
        .and_then(|o| interp.text_or_sym(o))
        .is_some_and(|o| o == "bottom");
    let bright = interp
        .keyword(args, "highlight")
        .is_some_and(|h| h.truthy() == Some(true));
    if bottom || bright {
        return Err(interp.not_supported("full_message with colours or turned around"));
    }
    let class = interp.class_name(interp.real_class_of(this));
    let text = {
        let message = interp.call(this, "message", &[])?;
        interp.to_text(message)?
    };
    let lines = lines(interp, this)?.unwrap_or_default();
    let place = match lines.first() {
        Some(first) => first.clone(),
        None => interp
            .source()
            .map_or("-e".into(), |s| s.path().to_string()),
    };
    let mut out = match text.split_once('\n') {
        _ if text.is_empty() => format!("{place}: unhandled exception"),
        Some((first, rest)) => format!("{place}: {first} ({class})\n{rest}"),
        None => format!("{place}: {text} ({class})"),
    };
    for line in lines.iter().skip(1) {
        if !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(&format!("\tfrom {line}"));
    }
    if lines.len() > 1 {
        out.push('\n');
    }
    let mut cause = of(interp, this).and_then(|e| e.cause);
    for _ in 0..10 {
        let Some(e) = cause.filter(|c| !c.is_nil()) else {
            break;
        };
        let shown = full_message(interp, e, &Args::default())?;
        out.push_str(&interp.to_text(shown)?);
        cause = None;
    }
    Ok(interp.str(out))
}

fn cause(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(of(interp, this).and_then(|e| e.cause).unwrap_or(Value::NIL))
}

fn exception(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(message) = args.opt(0).filter(|m| m.kind != this.kind) else {
        return Ok(this);
    };
    let copy = interp.call(this, "clone", &[])?;
    set_message(interp, copy, message);
    Ok(copy)
}

fn equal(interp: &mut Interp, this: Value, args: &Args) -> R {
    let other = args.get(0);
    if interp.real_class_of(this) != interp.real_class_of(other) {
        return Ok(Value::FALSE);
    }
    let (a, b) = (interp.to_text(this)?, interp.to_text(other)?);
    let (x, y) = (lines(interp, this)?, lines(interp, other)?);
    Ok((a == b && x == y).into())
}

impl Interp {
    /// Keeps what an exception knows besides its message, for `receiver`, `key` and their like.
    pub fn with_detail(&mut self, flow: Flow, name: &str, value: Value) -> Flow {
        if let Flow::Raise(exception) = flow
            && let Kind::Obj(id) = exception.kind
        {
            let ivars = &mut self.heap.get_mut(id).ivars;
            ivars
                .get_or_insert_default()
                .insert(Name::new(&format!("__{name}")), value);
        }
        flow
    }
}
