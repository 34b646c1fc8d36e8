//! `provides :name, platform_family: 'rhel'`: which of the cookbooks' resources a name means on this node
//! (`Chef::NodeMap`).

use std::cmp::Ordering;

use foretaste_parser::name::Name;

use super::dsl;
use super::run::run;
use super::version::{Constraint, Flavour};
use crate::ruby::Interp;
use crate::ruby::class::ClassId;
use crate::ruby::env::Args;
use crate::ruby::object::Key;
use crate::ruby::value::Value;

/// What a filter may ask for, in the order in which a more particular one goes first.
const FACTS: [&str; 4] = ["platform_version", "platform", "platform_family", "os"];

/// A class that offers itself under a name.
#[derive(Clone, Debug)]
pub struct Offer {
    pub class: ClassId,
    block: Option<Value>,
    /// What each of [`FACTS`] may be; empty where that does not matter.
    filters: [Vec<String>; 4],
}

/// Remembers an offer where Chef would put it: the more particular first, and of equals the last.
pub fn set(interp: &mut Interp, name: &str, class: ClassId, args: &Args) {
    let options = args
        .list
        .iter()
        .rev()
        .find_map(|v| interp.hash_data(*v))
        .cloned();
    let mut offer = Offer {
        class,
        block: args.block,
        filters: Default::default(),
    };
    for (fact, filter) in FACTS.iter().zip(&mut offer.filters) {
        let value = options
            .as_ref()
            .and_then(|o| o.map.get(&Key::Sym(Name::new(fact))))
            .map(|(_, value)| *value);
        let values = match value {
            Some(list) if interp.array_items(list).is_some() => {
                interp.array_items(list).unwrap_or_default().to_vec()
            }
            other => other.into_iter().collect(),
        };
        filter.extend(
            values
                .iter()
                .filter_map(|v| interp.text_or_sym(*v))
                .map(str::to_owned),
        );
    }
    let offers = run(interp).offers.entry(name.to_owned()).or_default();
    let before =
        |known: &Offer| matches!(order(&offer, known), Some(Ordering::Less | Ordering::Equal));
    let at = offers.iter().position(before).unwrap_or(offers.len());
    offers.insert(at, offer);
}

/// `compare_matchers`; `None` for two with blocks, which cannot be compared.
fn order(new: &Offer, known: &Offer) -> Option<Ordering> {
    match (new.block, known.block) {
        (Some(_), Some(_)) => return None,
        (Some(_), None) => return Some(Ordering::Less),
        (None, Some(_)) => return Some(Ordering::Greater),
        (None, None) => {}
    }
    let filters = new.filters.iter().zip(&known.filters);
    let key = |filter: &Vec<String>| {
        let negated = filter.iter().any(|f| f.starts_with('!'));
        (filter.is_empty(), negated, filter.clone())
    };
    let orders = filters.map(|(a, b)| key(a).cmp(&key(b)));
    Some(orders.fold(Ordering::Equal, Ordering::then))
}

/// The class that a name means on this node: the inner `None` where none of those that offer themselves does so here,
/// the outer where nobody does anywhere.
pub fn find(interp: &mut Interp, name: &str) -> Option<Option<ClassId>> {
    let offers = run(interp).offers.get(name)?.clone();
    let found = offers.into_iter().find(|offer| fits(interp, offer));
    Some(found.map(|offer| offer.class))
}

/// Whether an offer holds on this node. What is unknown of the node speaks against none.
fn fits(interp: &mut Interp, offer: &Offer) -> bool {
    for (fact, filter) in FACTS.iter().zip(&offer.filters) {
        if filter.is_empty() {
            continue;
        }
        let Ok(value) = dsl::fact(interp, fact) else {
            continue;
        };
        let fits = if *fact == "platform_version" {
            filter.iter().any(|wanted| {
                Constraint::parse(wanted, Flavour::Platform).is_ok_and(|c| c.allows_text(&value))
            })
        } else {
            let (not, only): (Vec<&str>, Vec<&str>) = filter
                .iter()
                .map(String::as_str)
                .partition(|f| f.starts_with('!'));
            let named = |list: &[&str], text: &str| list.contains(&text);
            !named(&not, &format!("!{value}"))
                && (only.is_empty() || named(&only, &value) || named(&only, "all"))
        };
        if !fits {
            return false;
        }
    }
    let Some(block) = offer.block else {
        return true;
    };
    let node = run(interp).node_value;
    let said = interp.call_proc(block, Args::of(&[node]));
    said.ok().and_then(|value| value.truthy()) != Some(false)
}
