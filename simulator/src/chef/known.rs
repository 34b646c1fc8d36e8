//! Methods that Chef Infra Client 18 has, by class: calling one that is not modelled here is unsupported, not missing.
//!
//! `known.tsv` lists the names defined in Chef's own files, those of included modules and superclasses among them. A
//! full stop after a class means methods of the class itself.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::ruby::Interp;
use foretaste_parser::name::Name;

use crate::ruby::call::Form;
use crate::ruby::env::Args;
use crate::ruby::flow::R;
use crate::ruby::value::Value;

static METHODS: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
    include_str!("known.tsv")
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(class, names)| (class, names.split(' ').collect()))
        .collect()
});

/// Whether the methods of a class or module are listed.
pub fn lists(class: &str) -> bool {
    METHODS.contains_key(class)
}

/// What a method gives that real Chef has here and this machine lacks: an unknown. `None` where Chef lacks it too.
pub fn stand_in(interp: &mut Interp, recv: Value, name: Name, args: &Args) -> R<Option<Value>> {
    let Some(method) = method(interp, recv, name) else {
        return Ok(None);
    };
    let unknown = interp.unsupported(format!("{method} is not supported"));
    interp
        .send(unknown, name, args.clone(), Form::Own)
        .map(Some)
}

/// `Chef::Node#save`, where the receiver's class is known to have such a method in real Chef.
fn method(interp: &mut Interp, recv: Value, name: Name) -> Option<String> {
    let (class, mark, sign) = match interp.as_class(recv) {
        Some(class) => (class, ".", "."),
        None => (interp.class_of(recv), "", "#"),
    };
    let ancestors = interp.classes.ancestors(class);
    ancestors.iter().find_map(|&ancestor| {
        let class = interp.class_name(ancestor);
        let names = METHODS.get(format!("{class}{mark}").as_str())?;
        let known = names.contains(&name.as_str());
        known.then(|| format!("{class}{sign}{name}"))
    })
}
