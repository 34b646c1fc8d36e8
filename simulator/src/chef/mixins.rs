//! Modules of Chef's own that cookbooks call: `Chef::Mixin::DeepMerge`.

use std::sync::LazyLock;

use super::attribute_view;
use super::run::run;
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::Table;
use crate::ruby::flow::R;
use crate::ruby::value::Value;

static DEEP_MERGE: &[Builtin] = &[
    def("merge", 2, 2, |i, _, a| {
        let (onto, with) = (a.get(0), a.get(1));
        let merged = attribute_view::merge(i, Some(onto), with, true);
        let (mash, array) = (run(i).attributes.classes.mash, i.core.array);
        Ok(attribute_view::deep_copy(i, merged, mash, array, true))
    })
    .takes_unknown(),
    def("deep_merge", 2, 2, |i, _, a| {
        copy(i, a.get(1), a.get(0), true)
    })
    .takes_unknown(),
    def("deep_merge!", 2, 2, |i, _, a| {
        in_place(i, a.get(1), a.get(0), true)
    })
    .takes_unknown(),
    def("hash_only_merge", 2, 2, |i, _, a| {
        copy(i, a.get(0), a.get(1), false)
    })
    .takes_unknown(),
    def("hash_only_merge!", 2, 2, |i, _, a| {
        in_place(i, a.get(0), a.get(1), false)
    })
    .takes_unknown(),
];
static DEEP_MERGE_TABLE: Table = LazyLock::new(|| table(DEEP_MERGE));

/// Defines the modules; a class that includes one has its methods too.
pub fn install(interp: &mut Interp) {
    let module = interp.define_module("Chef::Mixin::DeepMerge");
    interp.add_static(module, &DEEP_MERGE_TABLE);
    interp.add_methods(module, &DEEP_MERGE_TABLE);
}

/// A new value; its hashes are of the class of the one that is merged onto.
fn copy(interp: &mut Interp, onto: Value, with: Value, arrays: bool) -> R {
    let merged = attribute_view::merge(interp, Some(onto), with, arrays);
    let indifferent = interp.hash_data(onto).is_some_and(|h| h.indifferent);
    let class = match indifferent {
        true => run(interp).attributes.classes.mash,
        false => interp.core.hash,
    };
    let array = interp.core.array;
    Ok(attribute_view::deep_copy(
        interp,
        merged,
        class,
        array,
        indifferent,
    ))
}

fn in_place(interp: &mut Interp, onto: Value, with: Value, arrays: bool) -> R {
    let merged = copy(interp, onto, with, arrays)?;
    let pairs: Vec<(Value, Value)> = match (interp.hash_data(onto), interp.hash_data(merged)) {
        (Some(_), Some(merged)) => merged.map.values().copied().collect(),
        _ => return Ok(merged),
    };
    for (key, value) in pairs {
        interp.call(onto, "[]=", &[key, value])?;
    }
    Ok(onto)
}
