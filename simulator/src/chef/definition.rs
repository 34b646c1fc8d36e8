//! `define :name, defaults do … end`: recipes with parameters.

use foretaste_parser::name::Name;

use super::dsl::{cookbook_of, recipe_of};
use super::run::{Definition, run};
use crate::ruby::Interp;
use crate::ruby::env::{Args, Definee};
use crate::ruby::flow::R;
use crate::ruby::object::{Data, Hash, Key};
use crate::ruby::value::{Kind, Value};

/// `define` at the top of a definitions file.
pub fn define(interp: &mut Interp, _: Value, args: &Args) -> R {
    let name = interp.to_text(args.get(0))?;
    let Some(block) = args.block else {
        return Ok(Value::NIL);
    };
    let mut params = Vec::new();
    let defaults = args
        .opt(1)
        .and_then(|v| interp.hash_data(v))
        .map(|h| h.map.values().copied().collect::<Vec<_>>());
    for (key, value) in defaults.unwrap_or_default() {
        params.push((interp.to_text(key)?, value));
    }
    run(interp)
        .definitions
        .insert(name, Definition { block, params });
    Ok(Value::NIL)
}

/// What the block given to a definition sets: every call in it is a parameter.
pub fn parameter(interp: &mut Interp, this: Value, name: Name, args: &Args) -> R<Option<Value>> {
    let Some(params) = interp.ivar(this, Name::new("@__definition")) else {
        return Ok(None);
    };
    match (name.as_str(), args.is_empty()) {
        ("params", true) => return Ok(Some(params)),
        ("node", true) => return Ok(Some(run(interp).node_value)),
        _ => {}
    }
    let key = Key::Sym(name);
    let value = match args.list.as_slice() {
        [one] => *one,
        several => interp.array(several.to_vec()),
    };
    interp
        .hash_mut(params)?
        .map
        .insert(key, (name.into(), value));
    Ok(Some(value))
}

/// A definition called from a recipe: its block runs as a recipe of its own, with `params`.
pub fn run_definition(
    interp: &mut Interp,
    owner: Value,
    definition: &Definition,
    args: &Args,
) -> R {
    let mut hash = Hash {
        indifferent: false,
        ..Hash::default()
    };
    for (name, value) in &definition.params {
        let name = Name::new(name);
        hash.map.insert(Key::Sym(name), (name.into(), *value));
    }
    let params = interp.hash(hash);
    let class = run(interp).classes.recipe;
    if let Some(block) = args.block {
        let collector: Value = {
            let class = run(interp).classes.definition;
            interp.alloc(class, Data::Plain)
        }
        .into();
        interp.set_ivar(collector, Name::new("@__definition"), params)?;
        let definee = Definee::SingletonOf(collector);
        interp.instance_exec(block, collector, definee, Args::default())?;
    }
    let name = Name::new("name");
    let entry = (name.into(), args.get(0));
    interp.hash_mut(params)?.map.insert(Key::Sym(name), entry);
    let recipe: Value = interp.alloc(class, Data::Plain).into();
    let (cookbook, of) = (cookbook_of(interp, owner), recipe_of(interp, owner));
    let (cookbook, of) = (Value::sym(&cookbook), interp.str(of));
    interp.set_ivar(recipe, Name::new("@cookbook_name"), cookbook)?;
    interp.set_ivar(recipe, Name::new("@recipe_name"), of)?;
    interp.set_ivar(recipe, Name::new("@params"), params)?;
    let definee = Definee::SingletonOf(recipe);
    interp.instance_exec(definition.block, recipe, definee, Args::default())
}

/// `params` inside a definition.
pub fn params(interp: &mut Interp, this: Value, _: &Args) -> R {
    match interp.ivar(this, Name::new("@params")) {
        Some(params) if matches!(params.kind, Kind::Obj(_)) => Ok(params),
        _ => {
            let empty = interp.hash(Hash::default());
            interp.set_ivar(this, Name::new("@params"), empty)?;
            Ok(empty)
        }
    }
}
