//! Kernel's functions: output, raising, loops, conversion, the outside world.

use std::rc::Rc;
use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::{Flow, R};
use super::super::object::{Data, Proc, ProcBody};
use super::super::value::{Kind, Value};
use super::{Builtin, def, table};

static METHODS: &[Builtin] = &[
    def("puts", 0, -1, puts).takes_unknown(),
    def("print", 0, -1, print).takes_unknown(),
    def("putc", 1, 1, putc),
    def("display", 0, 1, display).takes_unknown(),
    def("p", 0, -1, p).takes_unknown(),
    def("pp", 0, -1, p).takes_unknown(),
    def("warn", 0, -1, nothing).takes_unknown(),
    def("srand", 0, 1, nothing).takes_unknown(),
    def("at_exit", 0, 0, nothing),
    def("raise", 0, 4, raise).takes_unknown(),
    def("fail", 0, 4, raise).takes_unknown(),
    def("loop", 0, 0, loop_),
    def("lambda", 0, 0, lambda),
    def("proc", 0, 0, proc_),
    def("catch", 0, 1, catch),
    def("throw", 1, 2, throw),
    def("exit", 0, 1, exit),
    def("exit!", 0, 1, exit),
    def("abort", 0, 1, abort).takes_unknown(),
    def("require", 1, 1, require).takes_unknown(),
    def("require_relative", 1, 1, require_relative).takes_unknown(),
    def("load", 1, 2, require).takes_unknown(),
    def("`", 1, 1, backtick).takes_unknown(),
    def("system", 1, -1, system).takes_unknown(),
    def("exec", 1, -1, system).takes_unknown(),
    def("spawn", 1, -1, system).takes_unknown(),
    def("fork", 0, 0, outside_process).takes_unknown(),
    def("rand", 0, 1, random).takes_unknown(),
    def("sleep", 0, 1, |_, _, args| Ok(args.get(0))).takes_unknown(),
    def("gets", 0, 2, outside_input),
    def("caller", 0, 2, caller),
    def("caller_locations", 0, 2, caller_locations),
    def("open", 1, -1, open).takes_unknown(),
    def("String", 1, 1, string).takes_unknown(),
    def("Array", 1, 1, array).takes_unknown(),
    def("Hash", 1, 1, hash).takes_unknown(),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub(super) fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.kernel, &TABLE);
    interp.add_static(interp.core.kernel, &TABLE);
}

fn nothing(_: &mut Interp, _: Value, _: &Args) -> R {
    Ok(Value::NIL)
}

/// What `puts` writes: each value on a line of its own, arrays item by item.
pub(super) fn lines(interp: &mut Interp, args: &Args) -> R<String> {
    fn line(interp: &mut Interp, value: Value, depth: usize, out: &mut String) -> R<()> {
        let list = match interp.array_items(value).map(<[Value]>::to_vec) {
            Some(items) => Some(items),
            None if value.obj().is_some() && interp.responds(value, "to_ary") => {
                let list = interp.call(value, "to_ary", &[])?;
                interp.array_items(list).map(<[Value]>::to_vec)
            }
            None => None,
        };
        if let Some(items) = list
            && depth < 100
        {
            for item in items {
                line(interp, item, depth + 1, out)?;
            }
            return Ok(());
        }
        let text = interp.to_text(value)?;
        out.push_str(&text);
        if !text.ends_with('\n') {
            out.push('\n');
        }
        interp.check_len(out.len())
    }
    let mut out = String::new();
    if args.is_empty() {
        out.push('\n');
    }
    for value in &args.list {
        line(interp, *value, 0, &mut out)?;
    }
    Ok(out)
}

/// Adds to what the program wrote to standard output.
pub(super) fn write_out(interp: &mut Interp, text: &str) -> R<()> {
    if interp.stdout.len() + text.len() > interp.budget.max_string {
        return Err(interp.halt("too much output"));
    }
    interp.stdout.push_str(text);
    Ok(())
}

/// Writes to `$stdout`, whatever it is now.
fn write(interp: &mut Interp, text: &str) -> R<()> {
    match super::stdlib::io::redirected(interp) {
        Some(stream) => {
            let text = interp.str(text);
            interp.call(stream, "write", &[text]).map(|_| ())
        }
        None => write_out(interp, text),
    }
}

/// The character that `putc` writes.
pub(super) fn character(interp: &mut Interp, value: Value) -> R<String> {
    if let Some(text) = interp.text(value) {
        return Ok(text.chars().take(1).collect());
    }
    let n = interp.int_arg(value)?;
    Ok(char::from((n & 0xff) as u8).to_string())
}

fn putc(interp: &mut Interp, _: Value, args: &Args) -> R {
    let text = character(interp, args.get(0))?;
    write(interp, &text)?;
    Ok(args.get(0))
}

fn puts(interp: &mut Interp, _: Value, args: &Args) -> R {
    let text = lines(interp, args)?;
    write(interp, &text)?;
    Ok(Value::NIL)
}

fn print(interp: &mut Interp, _: Value, args: &Args) -> R {
    for value in &args.list {
        let text = interp.to_text(*value)?;
        write(interp, &text)?;
    }
    Ok(Value::NIL)
}

fn display(interp: &mut Interp, this: Value, _: &Args) -> R {
    let text = interp.to_text(this)?;
    write(interp, &text)?;
    Ok(Value::NIL)
}

fn p(interp: &mut Interp, _: Value, args: &Args) -> R {
    for value in &args.list {
        let text = interp.inspect(*value)? + "\n";
        write(interp, &text)?;
    }
    Ok(match args.len() {
        0 => Value::NIL,
        1 => args.get(0),
        _ => interp.array(args.list.clone()),
    })
}

/// `raise`, in all its forms.
pub(crate) fn raise(interp: &mut Interp, _: Value, args: &Args) -> R {
    let mut list = args.list.clone();
    let mut cause = None;
    if args.keywords
        && let Some(given) = interp.keyword(args, "cause")
    {
        cause = Some(given);
        list.pop();
    }
    let first = list.first().copied();
    let exception = match first {
        None => match interp.current_exception {
            Some(current) => return Err(Flow::Raise(current)),
            None => {
                let message = interp.str("");
                interp.exception(interp.core.runtime_error, message)
            }
        },
        Some(first) if interp.unknown_of(first).is_some() => {
            let message = list.get(1).copied().unwrap_or(first);
            interp.exception(interp.core.standard_error, message)
        }
        Some(first) if interp.text(first).is_some() => {
            interp.exception(interp.core.runtime_error, first)
        }
        Some(first) => match (
            interp.as_class(first),
            super::exception::of(interp, first).is_some(),
        ) {
            (Some(_), _) => {
                let rest = Args {
                    list: list.iter().skip(1).take(1).copied().collect(),
                    keywords: args.keywords && cause.is_none() && list.len() == 2,
                    block: None,
                };
                if !interp.responds(first, "exception") {
                    return Err(interp.type_error("exception class/object expected"));
                }
                let made = interp.send(
                    first,
                    "exception".into_name(),
                    rest,
                    super::super::call::Form::Own,
                )?;
                if interp.unknown_of(made).is_some() {
                    interp.exception(interp.core.standard_error, made)
                } else {
                    made
                }
            }
            (None, true) => match list.get(1) {
                Some(message) => interp.call(first, "exception", &[*message])?,
                None => first,
            },
            _ if interp.responds(first, "exception") => {
                interp.call(first, "exception", list.get(1..2).unwrap_or_default())?
            }
            _ => return Err(interp.type_error("exception class/object expected")),
        },
    };
    if !interp.is_a(exception, interp.core.exception) {
        return Err(interp.type_error("exception class/object expected"));
    }
    let fresh = first.is_some_and(|f| f.kind != exception.kind);
    let backtrace = match list.get(2) {
        Some(given) => Some(super::exception::check_backtrace(interp, *given)?),
        None => None,
    };
    super::exception::raised(interp, exception, fresh, backtrace, cause);
    Err(Flow::Raise(exception))
}

trait IntoName {
    fn into_name(self) -> foretaste_parser::name::Name;
}

impl IntoName for &str {
    fn into_name(self) -> foretaste_parser::name::Name {
        foretaste_parser::name::Name::new(self)
    }
}

fn loop_(interp: &mut Interp, _: Value, args: &Args) -> R {
    loop {
        match interp.yield_to(args, &[]) {
            Ok(_) => {}
            Err(Flow::Raise(e)) if interp.is_a(e, interp.core.stop_iteration) => {
                return interp.call(e, "result", &[]);
            }
            Err(flow) => return Err(flow),
        }
    }
}

fn lambda(interp: &mut Interp, _: Value, args: &Args) -> R {
    let Some(block) = args.block else {
        return Err(interp.argument_error("tried to create Proc object without a block"));
    };
    if let Some(id) = block.obj()
        && let Data::Proc(proc) = interp.data(id)
        && let ProcBody::Block { block, env } = &proc.body
    {
        let body = ProcBody::Block {
            block: block.clone(),
            env: env.clone(),
        };
        let id = interp.alloc(
            interp.core.proc_class,
            Data::Proc(Rc::new(Proc { body, lambda: true })),
        );
        return Ok(id.into());
    }
    Ok(block)
}

fn proc_(interp: &mut Interp, _: Value, args: &Args) -> R {
    args.block
        .ok_or(())
        .map_err(|()| interp.argument_error("tried to create Proc object without a block"))
}

fn catch(interp: &mut Interp, _: Value, args: &Args) -> R {
    let tag = match args.opt(0) {
        Some(tag) => tag,
        None => {
            let class = interp.core.object;
            interp.alloc(class, Data::Plain).into()
        }
    };
    interp.catching.push(tag);
    let result = interp.yield_to(args, &[tag]);
    interp.catching.pop();
    match result {
        Err(Flow::Throw(thrown, value)) => {
            let same = thrown.kind == tag.kind
                || matches!((interp.text(thrown), interp.text(tag)), (Some(a), Some(b)) if a == b);
            if same {
                Ok(value)
            } else {
                Err(Flow::Throw(thrown, value))
            }
        }
        other => other,
    }
}

fn throw(interp: &mut Interp, _: Value, args: &Args) -> R {
    let tag = args.get(0);
    let caught = interp.catching.iter().any(|t| {
        t.kind == tag.kind
            || matches!((interp.text(*t), interp.text(tag)), (Some(a), Some(b)) if a == b)
    });
    if !caught {
        let text = interp.inspect(tag)?;
        let class = interp.core.uncaught_throw_error;
        let flow = interp.error(class, format!("uncaught throw {text}"));
        let flow = interp.with_detail(flow, "tag", tag);
        return Err(interp.with_detail(flow, "value", args.get(1)));
    }
    Err(Flow::Throw(tag, args.get(1)))
}

fn exit(interp: &mut Interp, _: Value, args: &Args) -> R {
    let status = match args.get(0).kind {
        Kind::Bool(false) => 1.into(),
        Kind::Int(_) | Kind::Unknown(_) => args.get(0),
        _ => 0.into(),
    };
    let flow = interp.error(interp.core.system_exit, "exit");
    Err(interp.with_detail(flow, "status", status))
}

/// Writes its message to standard error, which nobody reads here, and exits.
fn abort(interp: &mut Interp, _: Value, args: &Args) -> R {
    let text = match args.opt(0) {
        Some(message) => interp.str_arg(message)?,
        None => "exit".into(),
    };
    let flow = interp.error(interp.core.system_exit, text);
    Err(interp.with_detail(flow, "status", 1.into()))
}

fn require(interp: &mut Interp, _: Value, args: &Args) -> R {
    match interp.text(args.get(0)).map(str::to_owned) {
        Some(name) => (interp.hooks.require)(interp, &name),
        None => Ok(Value::TRUE),
    }
}

/// Other files of a cookbook's libraries are loaded anyway, in Chef's own order.
fn require_relative(interp: &mut Interp, _: Value, args: &Args) -> R {
    match interp.text(args.get(0)).map(|t| format!("./{t}")) {
        Some(name) => (interp.hooks.require)(interp, &name),
        None => Ok(Value::TRUE),
    }
}

fn backtick(interp: &mut Interp, _: Value, args: &Args) -> R {
    (interp.hooks.shell)(interp, args.get(0))
}

fn system(interp: &mut Interp, _: Value, args: &Args) -> R {
    let text = interp.to_text(args.get(0))?;
    let text = interp.show_holes(&text);
    Ok(interp.outside(format!("the result of the command `{text}`")))
}

fn outside_process(interp: &mut Interp, _: Value, _: &Args) -> R {
    Ok(interp.outside("another process"))
}

fn outside_input(interp: &mut Interp, _: Value, _: &Args) -> R {
    Ok(interp.outside("standard input"))
}

fn random(interp: &mut Interp, _: Value, _: &Args) -> R {
    Ok(interp.outside("a random number"))
}

fn open(interp: &mut Interp, _: Value, args: &Args) -> R {
    let text = interp.to_text(args.get(0))?;
    let text = interp.show_holes(&text);
    Ok(interp.outside(format!("the content of {text}")))
}

/// The frames that `caller` is asked for.
fn callers(
    interp: &mut Interp,
    args: &Args,
) -> R<Vec<(foretaste_parser::source::Location, super::super::Label)>> {
    let trace = interp.trace();
    let (skip, take) = match interp.range_of(args.get(0)).cloned() {
        Some(range) => interp.range_span(&range, trace.len())?.unwrap_or_default(),
        None => {
            let skip = match args.opt(0) {
                Some(n) => interp.count_arg(n, "negative level")?,
                None => 1,
            };
            let take = match args.opt(1).filter(|n| !n.is_nil()) {
                Some(n) => interp.count_arg(n, "negative size")?,
                None => usize::MAX,
            };
            (skip, take)
        }
    };
    Ok(trace.into_iter().skip(skip).take(take).collect())
}

fn caller(interp: &mut Interp, _: Value, args: &Args) -> R {
    let frames = callers(interp, args)?;
    let lines: Vec<String> = frames.iter().map(|f| interp.trace_line(f)).collect();
    let list = lines.into_iter().map(|l| interp.str(l)).collect();
    Ok(interp.array(list))
}

fn caller_locations(interp: &mut Interp, _: Value, args: &Args) -> R {
    let frames = callers(interp, args)?;
    super::exception::locations(interp, &frames)
}

fn string(interp: &mut Interp, _: Value, args: &Args) -> R {
    if let Some(id) = interp.unknown_of(args.get(0)) {
        return Ok(id.into());
    }
    let text = interp.to_text(args.get(0))?;
    Ok(interp.str(text))
}

fn array(interp: &mut Interp, _: Value, args: &Args) -> R {
    let value = args.get(0);
    if interp.unknown_of(value).is_some() || interp.array_items(value).is_some() {
        return Ok(value);
    }
    if value.is_nil() {
        return Ok(interp.array(Vec::new()));
    }
    for name in ["to_ary", "to_a"] {
        if interp.responds(value, name) {
            return interp.call(value, name, &[]);
        }
    }
    Ok(interp.array(vec![value]))
}

fn hash(interp: &mut Interp, _: Value, args: &Args) -> R {
    let value = args.get(0);
    let empty = value.is_nil() || interp.array_items(value).is_some_and(<[Value]>::is_empty);
    if empty {
        return Ok(interp.hash(Default::default()));
    }
    if matches!(value.kind, Kind::Unknown(_)) || interp.hash_data(value).is_some() {
        return Ok(value);
    }
    if value.obj().is_none() || !interp.responds(value, "to_hash") {
        let label = interp.class_name(interp.real_class_of(value));
        return Err(interp.type_error(format!("can't convert {label} into Hash")));
    }
    let hash = interp.to_hash(value)?;
    Ok(interp.hash(hash))
}
