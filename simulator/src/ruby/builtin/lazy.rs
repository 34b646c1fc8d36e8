//! `Enumerator::Lazy`: a source and the steps that its elements pass when they are asked for.

use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::R;
use super::super::value::Value;
use super::support::Step;
use super::{Builtin, def, table};

#[derive(Clone, Debug)]
struct Lazy {
    source: Value,
    stages: Vec<Stage>,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Map(Value),
    Select(Value),
    Reject(Value),
    FilterMap(Value),
    FlatMap(Value),
    TakeWhile(Value),
    DropWhile(Value),
    Take(usize),
    Drop(usize),
    WithIndex,
}

impl Stage {
    fn name(self) -> String {
        match self {
            Stage::Map(_) => "map".into(),
            Stage::Select(_) => "select".into(),
            Stage::Reject(_) => "reject".into(),
            Stage::FilterMap(_) => "filter_map".into(),
            Stage::FlatMap(_) => "flat_map".into(),
            Stage::TakeWhile(_) => "take_while".into(),
            Stage::DropWhile(_) => "drop_while".into(),
            Stage::Take(n) => format!("take({n})"),
            Stage::Drop(n) => format!("drop({n})"),
            Stage::WithIndex => "with_index".into(),
        }
    }
}

static METHODS: &[Builtin] = &[
    def("collect", 0, 0, |i, t, a| with_block(i, t, a, Stage::Map)),
    def("drop", 1, 1, drop),
    def("drop_while", 0, 0, |i, t, a| {
        with_block(i, t, a, Stage::DropWhile)
    }),
    def("each", 0, 0, each),
    def("each_with_index", 0, 0, |i, t, _| {
        Ok(staged(i, t, Stage::WithIndex))
    }),
    def("eager", 0, 0, force),
    def("filter", 0, 0, |i, t, a| with_block(i, t, a, Stage::Select)),
    def("filter_map", 0, 0, |i, t, a| {
        with_block(i, t, a, Stage::FilterMap)
    }),
    def("first", 0, 1, first),
    def("flat_map", 0, 0, |i, t, a| {
        with_block(i, t, a, Stage::FlatMap)
    }),
    def("force", 0, 0, force),
    def("inspect", 0, 0, inspect),
    def("lazy", 0, 0, |_, this, _| Ok(this)),
    def("map", 0, 0, |i, t, a| with_block(i, t, a, Stage::Map)),
    def("reject", 0, 0, |i, t, a| with_block(i, t, a, Stage::Reject)),
    def("select", 0, 0, |i, t, a| with_block(i, t, a, Stage::Select)),
    def("take", 1, 1, take),
    def("take_while", 0, 0, |i, t, a| {
        with_block(i, t, a, Stage::TakeWhile)
    }),
    def("to_a", 0, 0, force),
    def("to_s", 0, 0, inspect),
    def("with_index", 0, 0, |i, t, _| {
        Ok(staged(i, t, Stage::WithIndex))
    }),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub(super) fn install(interp: &mut Interp) {
    let parent = interp.class_named("Enumerator");
    let class = interp.define_class("Enumerator::Lazy", parent);
    interp.add_methods(class, &TABLE);
}

pub fn lazy(interp: &mut Interp, this: Value, _: &Args) -> R {
    let class = interp.class_named("Enumerator::Lazy");
    Ok(interp.new_host(
        class,
        Lazy {
            source: this,
            stages: Vec::new(),
        },
    ))
}

fn staged(interp: &mut Interp, this: Value, stage: Stage) -> Value {
    let Some(mut lazy) = interp.host_data::<Lazy>(this).cloned() else {
        return this;
    };
    lazy.stages.push(stage);
    interp.heap.bytes += lazy.stages.len() * size_of::<Stage>();
    let class = interp.class_named("Enumerator::Lazy");
    interp.new_host(class, lazy)
}

fn with_block(interp: &mut Interp, this: Value, args: &Args, stage: fn(Value) -> Stage) -> R {
    match args.block {
        Some(block) => Ok(staged(interp, this, stage(block))),
        None => Err(interp.argument_error("tried to call lazy map without a block")),
    }
}

fn take(interp: &mut Interp, this: Value, args: &Args) -> R {
    let n = interp.count_arg(args.get(0), "attempt to take negative size")?;
    Ok(staged(interp, this, Stage::Take(n)))
}

fn drop(interp: &mut Interp, this: Value, args: &Args) -> R {
    let n = interp.count_arg(args.get(0), "attempt to drop negative size")?;
    Ok(staged(interp, this, Stage::Drop(n)))
}

/// One run of the stages: how many elements each has seen, and whether it let one through.
struct Run {
    stages: Vec<(Stage, usize, bool)>,
    out: Vec<Value>,
    limit: usize,
}

impl Run {
    fn test(interp: &mut Interp, block: Value, value: Value) -> R<bool> {
        let result = interp.call_proc(block, Args::of(&[value]))?;
        interp.truth(result)
    }

    /// Sends one element through the stages from `at` on.
    fn pass(&mut self, interp: &mut Interp, value: Value, at: usize) -> R<Step> {
        let mut value = value;
        let mut last = Step::Go;
        for i in at..self.stages.len() {
            let Some((stage, seen, open)) = self.stages.get(i).copied() else {
                break;
            };
            if let Some(state) = self.stages.get_mut(i) {
                state.1 += 1;
            }
            let through = match stage {
                Stage::Map(f) => {
                    value = interp.call_proc(f, Args::of(&[value]))?;
                    true
                }
                Stage::Select(f) => Self::test(interp, f, value)?,
                Stage::Reject(f) => !Self::test(interp, f, value)?,
                Stage::FilterMap(f) => {
                    value = interp.call_proc(f, Args::of(&[value]))?;
                    interp.truth(value)?
                }
                Stage::FlatMap(f) => {
                    let list = interp.call_proc(f, Args::of(&[value]))?;
                    let items = interp
                        .array_items(list)
                        .map_or_else(|| vec![list], <[Value]>::to_vec);
                    for item in items {
                        if self.pass(interp, item, i + 1)? == Step::Stop {
                            return Ok(Step::Stop);
                        }
                    }
                    return Ok(Step::Go);
                }
                Stage::TakeWhile(f) => {
                    if !Self::test(interp, f, value)? {
                        return Ok(Step::Stop);
                    }
                    true
                }
                Stage::DropWhile(f) => {
                    let opened = open || !Self::test(interp, f, value)?;
                    if let Some(state) = self.stages.get_mut(i) {
                        state.2 = opened;
                    }
                    opened
                }
                Stage::Take(n) => {
                    if seen + 1 >= n {
                        last = Step::Stop;
                    }
                    seen < n
                }
                Stage::Drop(n) => seen >= n,
                Stage::WithIndex => {
                    value = interp.array(vec![value, Value::count(seen)]);
                    true
                }
            };
            if !through {
                return Ok(last);
            }
        }
        self.out.push(value);
        Ok(if self.out.len() >= self.limit {
            Step::Stop
        } else {
            last
        })
    }
}

/// The first `limit` elements that come out.
fn results(interp: &mut Interp, this: Value, limit: usize) -> R<Vec<Value>> {
    let Some(lazy) = interp.host_data::<Lazy>(this).cloned() else {
        return Ok(Vec::new());
    };
    let nothing = limit == 0 || lazy.stages.iter().any(|s| matches!(s, Stage::Take(0)));
    if nothing {
        return Ok(Vec::new());
    }
    let start = || Run {
        stages: lazy.stages.iter().map(|s| (*s, 0, false)).collect(),
        out: Vec::new(),
        limit,
    };
    let native = interp.array_items(lazy.source).is_some()
        || interp.hash_data(lazy.source).is_some()
        || interp.range_of(lazy.source).is_some();
    if native {
        let mut run = start();
        interp.iterate(lazy.source, &mut |interp, item| run.pass(interp, item, 0))?;
        return Ok(run.out);
    }
    // A source written in Ruby may be endless: it is asked for more until enough came out.
    let mut ask = 64;
    loop {
        let items = interp.collect_each(lazy.source, ask)?;
        let ended = items.len() < ask;
        let mut run = start();
        let mut stopped = false;
        for item in items {
            if run.pass(interp, item, 0)? == Step::Stop {
                stopped = true;
                break;
            }
        }
        if stopped || ended {
            return Ok(run.out);
        }
        ask *= 4;
    }
}

fn force(interp: &mut Interp, this: Value, _: &Args) -> R {
    let items = results(interp, this, usize::MAX)?;
    Ok(interp.array(items))
}

fn first(interp: &mut Interp, this: Value, args: &Args) -> R {
    match args.opt(0) {
        Some(n) => {
            let n = interp.count_arg(n, "attempt to take negative size")?;
            let items = results(interp, this, n)?;
            Ok(interp.array(items))
        }
        None => Ok(results(interp, this, 1)?
            .first()
            .copied()
            .unwrap_or(Value::NIL)),
    }
}

fn each(interp: &mut Interp, this: Value, args: &Args) -> R {
    if args.block.is_some() {
        for item in results(interp, this, usize::MAX)? {
            interp.yield_to(args, &[item])?;
        }
    }
    Ok(this)
}

fn inspect(interp: &mut Interp, this: Value, _: &Args) -> R {
    let Some(lazy) = interp.host_data::<Lazy>(this).cloned() else {
        return Ok(Value::NIL);
    };
    let mut text = format!("#<Enumerator::Lazy: {}>", interp.inspect(lazy.source)?);
    for stage in lazy.stages {
        text = format!("#<Enumerator::Lazy: {text}:{}>", stage.name());
    }
    Ok(interp.str(text))
}
