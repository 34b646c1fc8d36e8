//! `node.default_unless['a']['b'] = x` and its like: a chain of keys that ends in one call with the whole path.

use std::sync::LazyLock;

use super::attributes::Level;
use super::node::{Way, write_as};
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::Table;
use crate::ruby::env::Args;
use crate::ruby::flow::R;
use crate::ruby::object::Data;
use crate::ruby::value::Value;

#[derive(Clone, Debug)]
struct Chain {
    level: Level,
    way: Way,
    path: Vec<Value>,
}

static METHODS: &[Builtin] = &[
    def("[]", 1, 1, step),
    def("[]=", 2, 2, write).takes_unknown(),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

/// The beginning of a chain that writes to a level.
pub fn chain(interp: &mut Interp, level: Level, way: Way) -> Value {
    let path = Vec::new();
    make(interp, Chain { level, way, path })
}

fn make(interp: &mut Interp, chain: Chain) -> Value {
    let class = match interp.class_by_path("Chef::Decorator::Unchain") {
        Some(class) => class,
        None => {
            if interp.class_by_path("Chef::Decorator").is_none() {
                interp.define_class("Chef::Decorator", interp.core.object);
            }
            let class = interp.define_class("Chef::Decorator::Unchain", interp.core.object);
            interp.add_methods(class, &TABLE);
            class
        }
    };
    interp.alloc(class, Data::Host(Box::new(chain))).into()
}

fn of(interp: &Interp, this: Value) -> Option<Chain> {
    match interp.data(this.obj()?) {
        Data::Host(data) => data.as_any().downcast_ref::<Chain>().cloned(),
        _ => None,
    }
}

fn step(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(mut chain) = of(interp, this) else {
        return Ok(Value::NIL);
    };
    chain.path.push(args.get(0));
    Ok(make(interp, chain))
}

fn write(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(mut chain) = of(interp, this) else {
        return Ok(Value::NIL);
    };
    chain.path.push(args.get(0));
    write_as(interp, chain.level, chain.way, &chain.path, args.get(1))?;
    Ok(args.get(1))
}
