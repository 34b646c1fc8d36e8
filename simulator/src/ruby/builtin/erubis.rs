//! `Erubis::Context`: a template's variables by name.

use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::R;
use super::super::object::Hash;
use super::super::value::Value;
use super::{Builtin, def, table};

static METHODS: &[Builtin] = &[
    def("[]", 1, 1, |i, t, a| {
        let name = variable(i, a.get(0))?;
        Ok(i.ivar(t, name).unwrap_or(Value::NIL))
    }),
    def("[]=", 2, 2, |i, t, a| {
        let name = variable(i, a.get(0))?;
        i.set_ivar(t, name, a.get(1))?;
        Ok(a.get(1))
    })
    .takes_unknown()
    .mutates(),
    def("each", 0, 0, |i, t, a| {
        let hash = to_hash(i, t, &Args::default())?;
        i.call_with(hash, "each", a)
    }),
    def("keys", 0, 0, keys),
    def("to_hash", 0, 0, to_hash),
    def("update", 1, 1, |i, t, a| {
        for (key, value) in super::hash::pairs(i, a.get(0)) {
            let name = variable(i, key)?;
            i.set_ivar(t, name, value)?;
        }
        Ok(t)
    })
    .takes_unknown()
    .mutates(),
];
/// What a template's context answers to.
pub static TABLE: Table = LazyLock::new(|| table(METHODS));

fn variable(interp: &mut Interp, key: Value) -> R<Name> {
    let text = interp.to_text(key)?;
    Ok(Name::new(&format!("@{text}")))
}

fn names(interp: &mut Interp, this: Value) -> Vec<Name> {
    let object = this.obj().map(|id| interp.heap.get(id));
    let names = object.and_then(|o| o.ivars.as_ref()).map(|m| m.keys());
    let shown = names.into_iter().flatten();
    shown
        .copied()
        .filter(|n| n.as_str().starts_with('@'))
        .collect()
}

fn keys(interp: &mut Interp, this: Value, _: &Args) -> R {
    let mut list = Vec::new();
    for name in names(interp, this) {
        list.push(interp.str(name.as_str().trim_start_matches('@')));
    }
    Ok(interp.array(list))
}

fn to_hash(interp: &mut Interp, this: Value, _: &Args) -> R {
    let mut hash = Hash::default();
    for name in names(interp, this) {
        let key = interp.str(name.as_str().trim_start_matches('@'));
        let value = interp.ivar(this, name).unwrap_or(Value::NIL);
        super::hash::put(interp, &mut hash, key, value)?;
    }
    Ok(interp.hash(hash))
}
