//! What time it is: only the node knows.

use std::sync::LazyLock;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::value::Value;
use super::super::{Builtin, def, table};

static STATIC: &[Builtin] = &[
    def("now", 0, -1, now).takes_unknown(),
    def("today", 0, -1, now).takes_unknown(),
];
static TABLE: Table = LazyLock::new(|| table(STATIC));

/// Adds the questions for now to `Time` and `Date`.
pub fn install(interp: &mut Interp) {
    for name in ["Time", "Date"] {
        if let Some(class) = interp.class_by_path(name) {
            interp.add_static(class, &TABLE);
        }
    }
}

fn now(interp: &mut Interp, _: Value, _: &Args) -> R {
    Ok(interp.outside("the time of the run"))
}
