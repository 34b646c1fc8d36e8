//! Native methods of `Symbol`: mostly those of its string.

use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::R;
use super::super::object::ProcBody;
use super::super::value::{Kind, Value};
use super::{Builtin, def, table};

static METHODS: &[Builtin] = &[
    def("<=>", 1, 1, |i, t, a| with_symbol(i, t, "<=>", a)),
    def("=~", 1, 1, |i, t, a| on_string(i, t, "=~", a)),
    def("[]", 1, 2, |i, t, a| on_string(i, t, "[]", a)),
    def("capitalize", 0, -1, |i, t, a| {
        symbolic(i, t, "capitalize", a)
    }),
    def("casecmp", 1, 1, |i, t, a| with_symbol(i, t, "casecmp", a)),
    def("casecmp?", 1, 1, |i, t, a| with_symbol(i, t, "casecmp?", a)),
    def("downcase", 0, -1, |i, t, a| symbolic(i, t, "downcase", a)),
    def("empty?", 0, 0, |i, t, a| on_string(i, t, "empty?", a)),
    def("encoding", 0, 0, |i, t, a| on_string(i, t, "encoding", a)),
    def("end_with?", 0, -1, |i, t, a| {
        on_string(i, t, "end_with?", a)
    }),
    def("id2name", 0, 0, to_s),
    def("inspect", 0, 0, |i, t, _| {
        let text = i.inspect(t)?;
        Ok(i.str(text))
    }),
    def("length", 0, 0, |i, t, a| on_string(i, t, "length", a)),
    def("match", 1, 2, |i, t, a| on_string(i, t, "match", a)),
    def("match?", 1, 2, |i, t, a| on_string(i, t, "match?", a)),
    def("name", 0, 0, to_s),
    def("next", 0, 0, |i, t, a| symbolic(i, t, "succ", a)),
    def("size", 0, 0, |i, t, a| on_string(i, t, "length", a)),
    def("slice", 1, 2, |i, t, a| on_string(i, t, "[]", a)),
    def("start_with?", 0, -1, |i, t, a| {
        on_string(i, t, "start_with?", a)
    }),
    def("succ", 0, 0, |i, t, a| symbolic(i, t, "succ", a)),
    def("swapcase", 0, -1, |i, t, a| symbolic(i, t, "swapcase", a)),
    def("to_proc", 0, 0, to_proc),
    def("to_s", 0, 0, to_s),
    def("to_sym", 0, 0, |_, this, _| Ok(this)),
    def("upcase", 0, -1, |i, t, a| symbolic(i, t, "upcase", a)),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub(super) fn install(interp: &mut Interp) {
    interp.include(interp.core.symbol, interp.core.comparable);
    interp.add_methods(interp.core.symbol, &TABLE);
}

fn to_s(interp: &mut Interp, this: Value, _: &Args) -> R {
    let text = interp.text_or_sym(this).unwrap_or_default().to_owned();
    Ok(interp.str(text))
}

/// A method of the symbol's string; symbol arguments count as strings too.
fn on_string(interp: &mut Interp, this: Value, name: &str, args: &Args) -> R {
    let text = to_s(interp, this, args)?;
    interp.call_with(text, name, args)
}

/// Compares with another symbol by their texts; nothing else compares.
fn with_symbol(interp: &mut Interp, this: Value, name: &str, args: &Args) -> R {
    let Kind::Sym(other) = args.get(0).kind else {
        return Ok(Value::NIL);
    };
    let (text, other) = (to_s(interp, this, args)?, interp.str(other.as_str()));
    interp.call(text, name, &[other])
}

fn symbolic(interp: &mut Interp, this: Value, name: &str, args: &Args) -> R {
    let text = on_string(interp, this, name, args)?;
    Ok(interp.text(text).map_or(Value::NIL, Value::sym))
}

fn to_proc(interp: &mut Interp, this: Value, _: &Args) -> R {
    match this.kind {
        Kind::Sym(name) => Ok(interp.new_proc(ProcBody::Symbol(name), true)),
        _ => Ok(Value::NIL),
    }
}
