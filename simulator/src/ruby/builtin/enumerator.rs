//! Native methods of `Enumerator`: a receiver, a method and its arguments, run when it is used.

use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::super::Interp;
use super::super::call::Form;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::R;
use super::super::object::{Data, ProcBody};
use super::super::value::{Kind, Value};
use super::{Builtin, def, table};

#[derive(Clone, Debug)]
struct Enumerator {
    recv: Value,
    method: Name,
    args: Vec<Value>,
    /// The last argument holds keywords.
    keywords: bool,
    /// For `next`: what has been produced so far and how much of it was taken.
    produced: Vec<Value>,
    position: usize,
    exhausted: bool,
    /// How much the body has written to standard output so far.
    written: usize,
    /// What the method returned at the end, for `StopIteration#result`.
    result: Value,
    /// The block or number that `size` gives.
    size: Option<Value>,
}

/// What `Enumerator.new { |y| … }` iterates over.
#[derive(Clone, Debug)]
struct Generator(Value);

/// The `y` that a generator's block is given: passes values on to this block.
#[derive(Clone, Debug)]
struct Yielder(Value);

static METHODS: &[Builtin] = &[
    def("each", 0, 0, each),
    def("each_with_index", 0, 0, each_with_index).enumerates(),
    def("each_with_object", 1, 1, with_object).takes_unknown(),
    def("inspect", 0, 0, inspect),
    def("next", 0, 0, next),
    def("peek", 0, 0, peek),
    def("rewind", 0, 0, rewind),
    def("size", 0, 0, size),
    def("to_s", 0, 0, inspect),
    def("with_index", 0, 1, with_index).enumerates(),
    def("with_object", 1, 1, with_object).takes_unknown(),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

static STATIC: &[Builtin] = &[def("new", 0, 1, new)];
static STATIC_TABLE: Table = LazyLock::new(|| table(STATIC));

static GENERATOR: &[Builtin] = &[def("each", 0, 0, generate)];
static GENERATOR_TABLE: Table = LazyLock::new(|| table(GENERATOR));

static YIELDER: &[Builtin] = &[
    def("<<", 1, 1, push).takes_unknown(),
    def("yield", 0, -1, yield_value).takes_unknown(),
    def("call", 0, -1, yield_value).takes_unknown(),
];
static YIELDER_TABLE: Table = LazyLock::new(|| table(YIELDER));

pub(super) fn install(interp: &mut Interp) {
    let object = interp.core.object;
    let class = interp.define_class("Enumerator", object);
    interp.include(class, interp.core.enumerable);
    interp.add_methods(class, &TABLE);
    interp.add_static(class, &STATIC_TABLE);
    let generator = interp.define_class("Enumerator::Generator", object);
    interp.include(generator, interp.core.enumerable);
    interp.add_methods(generator, &GENERATOR_TABLE);
    let yielder = interp.define_class("Enumerator::Yielder", object);
    interp.add_methods(yielder, &YIELDER_TABLE);
}

/// An enumerator over what a method yields.
pub fn enumerator(interp: &mut Interp, recv: Value, method: &str, args: &Args) -> Value {
    let class = interp.class_named("Enumerator");
    interp.new_host(
        class,
        Enumerator {
            recv,
            method: Name::new(method),
            args: args.list.clone(),
            keywords: args.keywords,
            produced: Vec::new(),
            position: 0,
            exhausted: false,
            written: 0,
            result: Value::NIL,
            size: None,
        },
    )
}

/// Sets what `size` gives: a number, or a block to ask.
pub fn set_size(interp: &mut Interp, this: Value, size: Option<Value>) {
    if let Some(e) = interp.host_data_mut::<Enumerator>(this) {
        e.size = size;
    }
}

fn new(interp: &mut Interp, _: Value, args: &Args) -> R {
    let Some(block) = args.block else {
        return Err(interp.argument_error("no block given"));
    };
    let class = interp.class_named("Enumerator::Generator");
    let generator = interp.new_host(class, Generator(block));
    let made = enumerator(interp, generator, "each", &Args::default());
    set_size(interp, made, args.opt(0));
    Ok(made)
}

fn generate(interp: &mut Interp, this: Value, args: &Args) -> R {
    let (Some(Generator(proc)), Some(block)) =
        (interp.host_data::<Generator>(this).cloned(), args.block)
    else {
        return Ok(this);
    };
    let class = interp.class_named("Enumerator::Yielder");
    let yielder = interp.new_host(class, Yielder(block));
    interp.call_proc(proc, Args::of(&[yielder]))
}

fn push(interp: &mut Interp, this: Value, args: &Args) -> R {
    yield_value(interp, this, args)?;
    Ok(this)
}

fn yield_value(interp: &mut Interp, this: Value, args: &Args) -> R {
    match interp.host_data::<Yielder>(this).cloned() {
        Some(Yielder(block)) => interp.call_proc(block, Args::of(&args.list)),
        None => Ok(Value::NIL),
    }
}

fn parts(interp: &Interp, this: Value) -> Option<(Value, Name, Vec<Value>)> {
    let e = interp.host_data::<Enumerator>(this)?;
    Some((e.recv, e.method, e.args.clone()))
}

/// Runs the enumerator's method with a block.
fn run(interp: &mut Interp, this: Value, block: Value) -> R {
    match parts(interp, this) {
        Some((recv, method, list)) => {
            let keywords = interp
                .host_data::<Enumerator>(this)
                .is_some_and(|e| e.keywords);
            let args = Args {
                list,
                keywords,
                block: Some(block),
            };
            interp.send(recv, method, args, Form::Own)
        }
        None => Ok(Value::NIL),
    }
}

fn each(interp: &mut Interp, this: Value, args: &Args) -> R {
    match args.block {
        Some(block) => run(interp, this, block),
        None => Ok(this),
    }
}

fn each_with_index(interp: &mut Interp, this: Value, args: &Args) -> R {
    indexed(interp, this, args, 0)
}

fn with_index(interp: &mut Interp, this: Value, args: &Args) -> R {
    let from = match args.opt(0).filter(|n| !n.is_nil()) {
        Some(n) => interp.int_arg(n)?,
        None => 0,
    };
    indexed(interp, this, args, from)
}

fn indexed(interp: &mut Interp, this: Value, args: &Args, from: i64) -> R {
    let block = args.block.unwrap_or(Value::NIL);
    let captured = interp.array(vec![block, from.into()]);
    let body = ProcBody::Native {
        f: call_indexed,
        captured,
    };
    let block = interp.new_proc(body, false);
    run(interp, this, block)
}

/// A block that passes its argument on with a running index.
fn call_indexed(interp: &mut Interp, captured: Value, args: &Args) -> R {
    let value = interp.pack(&args.list);
    let (Some(block), Some(index)) = (
        interp
            .array_items(captured)
            .and_then(|c| c.first())
            .copied(),
        interp.array_items(captured).and_then(|c| c.get(1)).copied(),
    ) else {
        return Ok(Value::NIL);
    };
    if let Kind::Int(n) = index.kind
        && let Some(slot) = interp.array_mut(captured)?.get_mut(1)
    {
        *slot = n.saturating_add(1).into();
    }
    interp.call_proc(block, Args::of(&[value, index]))
}

fn with_object(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(block) = args.block else {
        return Ok(enumerator(interp, this, "with_object", args));
    };
    let memo = args.get(0);
    let captured = interp.array(vec![block, memo]);
    let body = ProcBody::Native {
        f: call_with_object,
        captured,
    };
    let block = interp.new_proc(body, false);
    run(interp, this, block)?;
    Ok(memo)
}

fn call_with_object(interp: &mut Interp, captured: Value, args: &Args) -> R {
    let value = interp.pack(&args.list);
    match interp.array_items(captured) {
        Some([block, memo]) => {
            let (block, memo) = (*block, *memo);
            interp.call_proc(block, Args::of(&[value, memo]))
        }
        _ => Ok(Value::NIL),
    }
}

/// Makes sure that the element `next` would give has been produced.
fn produce(interp: &mut Interp, this: Value) -> R<Option<Value>> {
    let Some(e) = interp.host_data::<Enumerator>(this).cloned() else {
        return Ok(None);
    };
    if let Some(value) = e.produced.get(e.position) {
        return Ok(Some(*value));
    }
    if e.exhausted {
        return Ok(None);
    }
    // The body cannot be suspended, so it is run again from its start; what it wrote before counts once.
    let limit = e.position + 1;
    let before = interp.stdout.clone();
    let mark = e.written;
    let (produced, result) = interp.collect_with_result(this, Name::new("each"), &[], limit)?;
    let written = interp
        .stdout
        .split_off(before.len().min(interp.stdout.len()));
    interp
        .stdout
        .push_str(written.get(mark.min(written.len())..).unwrap_or_default());
    let value = produced.get(e.position).copied();
    if let Some(e) = interp.host_data_mut::<Enumerator>(this) {
        e.exhausted = produced.len() < limit;
        e.produced = produced;
        e.written = written.len();
        e.result = result;
    }
    Ok(value)
}

fn peek(interp: &mut Interp, this: Value, _: &Args) -> R {
    match produce(interp, this)? {
        Some(value) => Ok(value),
        None => {
            let result = interp
                .host_data::<Enumerator>(this)
                .map_or(Value::NIL, |e| e.result);
            let flow = interp.error(interp.core.stop_iteration, "iteration reached an end");
            Err(interp.with_detail(flow, "result", result))
        }
    }
}

fn next(interp: &mut Interp, this: Value, args: &Args) -> R {
    let value = peek(interp, this, args)?;
    if let Some(e) = interp.host_data_mut::<Enumerator>(this) {
        e.position += 1;
    }
    Ok(value)
}

fn rewind(interp: &mut Interp, this: Value, _: &Args) -> R {
    if let Some(e) = interp.host_data_mut::<Enumerator>(this) {
        e.position = 0;
        e.produced.clear();
        e.exhausted = false;
        e.written = 0;
    }
    Ok(this)
}

fn size(interp: &mut Interp, this: Value, _: &Args) -> R {
    if let Some(size) = interp.host_data::<Enumerator>(this).and_then(|e| e.size) {
        return match size.obj() {
            Some(_) => {
                let list = interp.host_data::<Enumerator>(this).map(|e| e.args.clone());
                interp.call_callable(size, Args::of(&list.unwrap_or_default()))
            }
            None => Ok(size),
        };
    }
    let Some((recv, method, _)) = parts(interp, this) else {
        return Ok(Value::NIL);
    };
    match method.as_str() {
        "loop" | "cycle" => Ok(f64::INFINITY.into()),
        "times" => Ok(recv),
        // Where it stops is not known before it is run.
        "find" | "detect" | "find_index" | "index" | "rindex" | "take_while" | "drop_while"
        | "bsearch" | "each_line" | "then" | "yield_self" => Ok(Value::NIL),
        "each" | "each_pair" | "each_key" | "each_value" | "each_index" | "each_with_index"
        | "each_with_object" | "each_entry" | "each_char" | "chunk" | "map" | "collect"
        | "map!" | "collect!" | "flat_map" | "collect_concat" | "filter_map" | "select"
        | "filter" | "find_all" | "select!" | "filter!" | "keep_if" | "reject" | "reject!"
        | "delete_if" | "partition" | "group_by" | "sort_by" | "sort_by!" | "min_by" | "max_by"
        | "minmax_by" | "reverse_each" | "transform_values" | "transform_values!"
        | "transform_keys" | "transform_keys!"
            if interp.host_data::<Generator>(recv).is_none() && interp.responds(recv, "size") =>
        {
            interp.call(recv, "size", &[])
        }
        _ if interp.host_data::<Generator>(recv).is_some() => Ok(Value::NIL),
        _ => {
            let items = interp.to_list(this)?;
            Ok(Value::count(items.len()))
        }
    }
}

fn inspect(interp: &mut Interp, this: Value, _: &Args) -> R {
    let Some((recv, method, list)) = parts(interp, this) else {
        return Ok(interp.str("#<Enumerator: uninitialized>"));
    };
    let is_generator = interp.host_data::<Generator>(recv).is_some();
    let e_recv = recv;
    let recv = if is_generator {
        interp.any_to_s(recv)
    } else {
        interp.inspect(recv)?
    };
    let mut texts = Vec::new();
    for arg in list {
        texts.push(interp.inspect(arg)?);
    }
    let args = if texts.is_empty() {
        String::new()
    } else {
        format!("({})", texts.join(", "))
    };
    // Steps of numbers are arithmetic sequences, which print as they are written.
    if matches!(method.as_str(), "step" | "%") && is_number_or_range(interp, e_recv) {
        return Ok(interp.str(match interp.range_of(e_recv) {
            Some(_) => format!("(({recv}).{method}{args})"),
            None => format!("({recv}.{method}{args})"),
        }));
    }
    Ok(interp.str(format!("#<Enumerator: {recv}:{method}{args}>")))
}

impl Interp {
    /// True for data of an enumerator, which is iterated by running it.
    pub fn is_enumerator(&self, value: Value) -> bool {
        matches!(value.obj().map(|id| self.data(id)), Some(Data::Host(_)))
            && self.host_data::<Enumerator>(value).is_some()
    }
}

fn is_number_or_range(interp: &Interp, value: Value) -> bool {
    match interp.range_of(value) {
        Some(range) => matches!(range.low.kind, Kind::Int(_) | Kind::Float(_)),
        None => matches!(value.kind, Kind::Int(_) | Kind::Float(_)),
    }
}
