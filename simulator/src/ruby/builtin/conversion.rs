//! Kernel's conversions: `Integer()`, `Float()`, `format` and its like.

use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::{Flow, R};
use super::super::value::{Kind, Value};
use super::{Builtin, def, table};

static METHODS: &[Builtin] = &[
    def("Float", 1, -1, float),
    def("Integer", 1, -1, integer),
    def("format", 1, -1, format).takes_unknown(),
    def("printf", 0, -1, printf).takes_unknown(),
    def("sprintf", 1, -1, format).takes_unknown(),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub(super) fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.kernel, &TABLE);
    interp.add_static(interp.core.kernel, &TABLE);
}

/// With `exception: false`, what cannot be converted is nil.
fn quietly(interp: &mut Interp, args: &Args, result: R) -> R {
    let quiet = interp
        .keyword(args, "exception")
        .is_some_and(|v| v.kind == Kind::Bool(false));
    match result {
        Err(Flow::Raise(_)) if quiet => Ok(Value::NIL),
        result => result,
    }
}

/// Refuses other keywords than `exception`, and more than `most` values before it.
fn only_exception(interp: &mut Interp, args: &Args, most: usize) -> R<()> {
    let values = args.len() - usize::from(args.keywords);
    if values > most {
        let expected = if most == 1 {
            "1".to_owned()
        } else {
            format!("1..{most}")
        };
        return Err(interp.argument_error(format!(
            "wrong number of arguments (given {values}, expected {expected})"
        )));
    }
    if !args.keywords || interp.keyword(args, "exception").is_some() {
        return Ok(());
    }
    let hash = args.list.last().and_then(|h| interp.hash_data(*h));
    let first = hash.and_then(|h| h.map.values().next().map(|(key, _)| *key));
    match first {
        Some(key) => {
            let shown = interp.inspect(key)?;
            Err(interp.argument_error(format!("unknown keyword: {shown}")))
        }
        None => Ok(()),
    }
}

fn integer(interp: &mut Interp, _: Value, args: &Args) -> R {
    only_exception(interp, args, 2)?;
    let base = args.opt(1).filter(|_| !args.keywords || args.len() > 2);
    let value = args.get(0);
    let is_number = matches!(value.kind, Kind::Int(_) | Kind::Float(_));
    let result = match base {
        Some(base) if !base.is_nil() && !is_number => in_base(interp, value, base),
        _ => super::integer::to_integer(interp, value),
    };
    quietly(interp, args, result)
}

fn in_base(interp: &mut Interp, value: Value, base: Value) -> R {
    let base = interp.int_arg(base)?;
    if interp.text(value).is_none() {
        return Err(interp.argument_error("base specified for non string value"));
    }
    let Some(base) = u32::try_from(base).ok().filter(|b| (2..=36).contains(b)) else {
        return Err(interp.argument_error(format!("invalid radix {base}")));
    };
    let text = interp.str_arg(value)?;
    match super::integer::strict_int(interp, &text, base)? {
        Some(n) => Ok(n),
        None => {
            let shown = super::super::convert::inspect_str(&text, Default::default());
            Err(interp.argument_error(format!("invalid value for Integer(): {shown}")))
        }
    }
}

fn float(interp: &mut Interp, _: Value, args: &Args) -> R {
    only_exception(interp, args, 1)?;
    let result = super::float::to_float(interp, args.get(0)).map(Value::from);
    quietly(interp, args, result)
}

fn format(interp: &mut Interp, _: Value, args: &Args) -> R {
    let template = interp.str_arg(args.get(0))?;
    let values = args.list.get(1..).unwrap_or_default();
    let text = super::string::format::format(interp, &template, values)?;
    Ok(interp.str(text))
}

fn printf(interp: &mut Interp, this: Value, args: &Args) -> R {
    if !args.is_empty() {
        let text = format(interp, this, args)?;
        interp.call(this, "print", &[text])?;
    }
    Ok(Value::NIL)
}
