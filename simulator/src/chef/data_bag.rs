//! Data bags and their items.

use std::sync::{Arc, LazyLock};

use serde_json::Value as Json;

use super::json::to_value;
use super::run::{line_of, run};
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::{ClassId, Table};
use crate::ruby::env::Args;
use crate::ruby::flow::R;
use crate::ruby::object::{Hash, Key};
use crate::ruby::origin::OriginSource;
use crate::ruby::value::{Origin, Value};

static ITEM: &[Builtin] = &[
    def("raw_data", 0, 0, |_, v, _| Ok(v)),
    def("id", 0, 0, |i, v, _| field(i, v, "id")),
    def("data_bag", 0, 0, |i, v, _| {
        Ok(i.ivar(v, foretaste_parser::name::Name::new("@data_bag"))
            .unwrap_or(Value::NIL))
    }),
];
static ITEM_TABLE: Table = LazyLock::new(|| table(ITEM));

static STATIC: &[Builtin] = &[def("load", 1, 3, load)];
static STATIC_TABLE: Table = LazyLock::new(|| table(STATIC));

/// Adds the methods of `Chef::DataBagItem`, and `load` to it and its encrypted sister.
pub fn install(interp: &mut Interp, item: ClassId, others: &[ClassId]) {
    interp.add_methods(item, &ITEM_TABLE);
    interp.add_static(item, &STATIC_TABLE);
    for class in others {
        interp.add_static(*class, &STATIC_TABLE);
    }
}

fn field(interp: &mut Interp, this: Value, name: &str) -> R {
    let found = interp
        .hash_data(this)
        .and_then(|h| h.map.get(&Key::Str(name.into())))
        .map(|(_, v)| *v);
    Ok(found.unwrap_or(Value::NIL))
}

/// `data_bag(name)`: the ids of its items.
pub fn list(interp: &mut Interp, _: Value, args: &Args) -> R {
    let bag = interp.to_text(args.get(0))?;
    let folder = format!("{}/{bag}", run(interp).repository.layout.data_bags);
    run(interp).looked_at(&folder);
    let view = run(interp).index.clone();
    if unkept(interp) {
        return Ok(interp.outside(format!("data bag {bag}: the repository keeps no data bags")));
    }
    let Some(documents) = view.view().saved().documents(&bag) else {
        return Err(super::dsl::http_error(interp, 404, "Not Found"));
    };
    let names: Vec<String> = documents.map(|d| d.name().to_owned()).collect();
    let items = names.into_iter().map(|n| interp.str(n)).collect();
    Ok(interp.array(items))
}

fn load(interp: &mut Interp, this: Value, args: &Args) -> R {
    item(interp, this, args)
}

/// `data_bag_item(bag, id, secret)`
pub fn item(interp: &mut Interp, _: Value, args: &Args) -> R {
    let (bag, id) = (interp.to_text(args.get(0))?, interp.to_text(args.get(1))?);
    let path = run(interp)
        .repository
        .data_bags
        .get(&bag)
        .and_then(|b| b.get(&id))
        .cloned();
    let origin = match &path {
        Some(path) => {
            run(interp).looked_at(path);
            interp.origins.source(OriginSource {
                message: format!("data bag item {bag}/{id}"),
                location: Some(line_of(path, 1)),
                tag: None,
            })
        }
        None => {
            let wanted = format!(
                "{}/{bag}/{id}.json",
                run(interp).repository.layout.data_bags
            );
            run(interp).looked_at(&wanted);
            Origin::HERE
        }
    };
    if unkept(interp) {
        return Ok(interp.outside(format!(
            "data bag item {bag}/{id}: the repository keeps no data bags"
        )));
    }
    let Some(json) = raw(interp, &bag, &id) else {
        return Err(super::dsl::http_error(interp, 404, "Not Found"));
    };
    Ok(item_value(interp, &bag, &json, origin))
}

/// Whether the organisation's data bags are kept elsewhere than in this repository, as secrets often are.
pub fn unkept(interp: &mut Interp) -> bool {
    run(interp).repository.data_bags.is_empty()
}

/// An item's own fields, without what the index adds.
fn raw(interp: &mut Interp, bag: &str, id: &str) -> Option<Arc<Json>> {
    run(interp).document(bag, id)
}

/// An item as recipes get it. Encrypted values are unknown: their key is not here.
pub fn item_value(interp: &mut Interp, bag: &str, json: &Json, origin: Origin) -> Value {
    let class = run(interp).classes.item;
    let mut hash = Hash {
        indifferent: true,
        ..Hash::default()
    };
    for (key, value) in json.as_object().into_iter().flatten() {
        if matches!(key.as_str(), "data_bag" | "chef_type") {
            continue;
        }
        let value = match value.get("encrypted_data") {
            Some(_) => interp
                .outside(format!("the encrypted value `{key}` of data bag {bag}"))
                .with_origin(origin),
            None => {
                let value = to_value(interp, value, origin);
                let mash = run(interp).attributes.classes.mash;
                super::attributes::deep_copy(interp, value, mash, interp.core.array, true)
                    .with_origin(origin)
            }
        };
        let key_value = interp.str(key.as_str());
        hash.map
            .insert(Key::Str(key.as_str().into()), (key_value, value));
    }
    let data = crate::ruby::object::Data::Hash(Box::new(hash));
    let object: Value = interp.alloc(class, data).into();
    let name = interp.str(bag);
    let _ = interp.set_ivar(object, foretaste_parser::name::Name::new("@data_bag"), name);
    object.with_origin(origin)
}
