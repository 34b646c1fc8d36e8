//! `search` in recipes: asks the index as saved, and remembers what was asked and found.

use std::sync::Arc;

use foretaste_parser::name::Name;
use serde_json::Value as Json;

use super::json::to_value;
use super::run::{evidence, run};
use crate::convergence::Search;
use crate::ruby::Interp;
use crate::ruby::env::Args;
use crate::ruby::flow::R;
use crate::ruby::object::{Hash, Key};
use crate::ruby::origin::OriginSource;
use crate::ruby::unknown::first_hole;
use crate::ruby::value::{Origin, Value};
use crate::search::client::{self, Request};
use crate::search::{Answer, Document, Kind};

/// `search(index, query = '*:*', filter_result: …) { |result| … }`. In recipes it asks for page after page, unless
/// the old form with a sort order, a start and rows is used without a block.
pub fn search(interp: &mut Interp, _: Value, args: &Args) -> R {
    interp.spend(100)?;
    if args.list.len() > 3 && args.block.is_none() {
        return one_page(interp, args);
    }
    Ok(ask(interp, args, true)?.0)
}

/// `Chef::Search::Query.new.search(…)`: with a block page after page; else rows, start and total of one.
pub fn query(interp: &mut Interp, _: Value, args: &Args) -> R {
    match args.block {
        Some(_) => Ok(ask(interp, args, true)?.0),
        None => one_page(interp, args),
    }
}

fn one_page(interp: &mut Interp, args: &Args) -> R {
    let (found, page) = ask(interp, args, false)?;
    Ok(match page {
        Some((start, total)) => {
            let origin = interp.origin_of(found);
            let together = interp.origins.together(origin);
            let origin = interp.origins.union(origin, together);
            let total = Value::count(total).with_origin(origin);
            interp.array(vec![found, Value::count(start), total])
        }
        None => found,
    })
}

/// Where a page starts, and how many matches the server says there are; `None` where that cannot be known.
type Page = Option<(usize, usize)>;

/// Searches, and tells the page that was got.
fn ask(interp: &mut Interp, args: &Args, pages: bool) -> R<(Value, Page)> {
    let index = interp.to_text(args.get(0))?;
    let mut query_value = args.get(1);
    let mut options = None;
    for extra in args.list.iter().skip(1) {
        if interp.hash_data(*extra).is_some() {
            options = Some(*extra);
            if extra.kind == query_value.kind {
                query_value = Value::NIL;
            }
        }
    }
    let mut query = match query_value.is_nil() {
        true => "*:*".to_owned(),
        false => interp.to_text(query_value)?,
    };
    if index == "node"
        && !query.contains(':')
        && option(interp, options, "fuzz").truthy() == Some(true)
    {
        query = client::fuzz(&query);
    }
    let query_origin = interp.origin_of(query_value);
    let query_origin = interp.origins.union(query_origin, interp.control);
    let (start, rows) = match options {
        Some(_) => (
            option(interp, options, "start"),
            option(interp, options, "rows"),
        ),
        None => (args.get(3), args.get(4)),
    };
    let (start, rows) = (count(interp, start), count(interp, rows));
    let filter = Some(option(interp, options, "filter_result")).filter(|f| !f.is_nil());
    let location = match interp.location() {
        Some(location) => location,
        None => super::run::line_of("", 1),
    };
    let number = run(interp).searches.len();
    if interp.origins.is_tagged(query_origin) {
        run(interp).dependent.insert(number);
    }
    let mut record = Search {
        index: index.clone(),
        query: interp.show_holes(&query),
        location: location.clone(),
        results: Vec::new(),
        maybe: Vec::new(),
        undetermined: None,
        refused: None,
        origins: evidence(interp, query_origin),
        conditional: interp.condition().is_some(),
        rows: None,
        cut: None,
        guarded: false,
    };
    let unknown = interp
        .unknown_of(query_value)
        .or_else(|| first_hole(&query))
        .or_else(|| first_hole(&index));
    if let Some(id) = unknown {
        record.undetermined = Some(interp.unknowns.reason(id).to_owned());
        run(interp).searches.push(record);
        let source = source(interp, &index, &query, location, number, "cannot be known");
        let origin = interp.origins.union(source, query_origin);
        return Ok((
            once(interp, args, Value::from(id).with_origin(origin))?,
            None,
        ));
    }
    if let Some((name, wrong)) = [("start", &start), ("rows", &rows)]
        .into_iter()
        .find_map(|(name, given)| Some((name, given.as_ref().err()?)))
    {
        record.refused = Some(format!("invalid '{name}' value: '{wrong}'"));
        run(interp).searches.push(record);
        return Err(super::dsl::http_error(interp, 400, "Bad Request"));
    }
    let request = Request {
        start: start.ok().flatten().unwrap_or_default(),
        rows: rows.ok().flatten(),
        pages,
    };
    let view = run(interp).index.clone();
    let profile = view.view().saved().profile();
    let answer = view.view().search(&index, &client::arrives(&query));
    match answer {
        Answer::Results { certain, maybe } => {
            let matched = certain.len();
            let page = Some((request.start, client::total(profile, matched)));
            let mut certain = certain.to_vec();
            if maybe.is_empty() {
                let received = request.received(profile, matched);
                record.cut = (received.len() < matched).then_some(matched);
                certain.truncate(received.end);
                certain.drain(..received.start.min(certain.len()));
            }
            record.results = certain.iter().map(|d| d.name().to_owned()).collect();
            record.maybe = maybe.iter().map(|d| d.name().to_owned()).collect();
            let found = match record.results.as_slice() {
                [] => "matches nothing".to_owned(),
                names => format!("matches {}: {}", names.len(), names.join(", ")),
            };
            let source = source(interp, &index, &query, location, number, &found);
            let mut origin = interp.origins.union(source, query_origin);
            if request.may_cut(profile, matched) {
                let together = interp.origins.together(source);
                origin = interp.origins.union(origin, together);
                run(interp).dependent.insert(number);
            }
            run(interp).searches.push(record);
            if !maybe.is_empty() {
                let names: Vec<&str> = maybe.iter().map(|d| d.name()).collect();
                let names = some(&names);
                let reason = format!("whether the search `{query}` also matches {names}");
                let unknown = interp.outside(reason);
                return Ok((once(interp, args, unknown.with_origin(origin))?, None));
            }
            let values = results(interp, &certain, filter, origin, number)?;
            if args.block.is_some() {
                each(interp, args, values, origin)?;
                return Ok((Value::TRUE, page));
            }
            Ok((interp.array(values).with_origin(origin), page))
        }
        Answer::Refused(error) => {
            record.refused = Some(error.message.clone());
            run(interp).searches.push(record);
            Err(super::dsl::http_error(interp, 400, "Bad Request"))
        }
        Answer::NoSuchIndex if super::data_bag::unkept(interp) => {
            let reason = format!("data bag {index}, which the repository does not hold");
            record.undetermined = Some(reason.clone());
            run(interp).searches.push(record);
            let unknown = interp.outside(reason);
            Ok((once(interp, args, unknown)?, None))
        }
        Answer::NoSuchIndex => {
            record.refused = Some(format!(
                "I don't know how to search for {index} data objects."
            ));
            run(interp).searches.push(record);
            Err(super::dsl::http_error(interp, 404, "Not Found"))
        }
    }
}

/// Gives results to the search's block, one by one.
fn each(interp: &mut Interp, args: &Args, values: Vec<Value>, origin: Origin) -> R<()> {
    let all = interp.array(Vec::new()).with_origin(origin);
    interp.each_of(all, |interp| {
        for value in values {
            interp.yield_to(args, &[value])?;
        }
        Ok(())
    })
}

/// A number that the URL carries; what cannot be one is given back.
fn count(interp: &mut Interp, value: Value) -> Result<Option<usize>, String> {
    if value.is_nil() || value.unknown().is_some() {
        return Ok(None);
    }
    let text = interp.to_text(value).unwrap_or_default();
    text.parse().map(Some).map_err(|_| text)
}

/// An option of the search, by its name; nil where it is not given.
fn option(interp: &Interp, options: Option<Value>, name: &str) -> Value {
    let of = |hash: Value| {
        let map = &interp.hash_data(hash)?.map;
        map.get(&Key::Sym(Name::new(name)))
            .or_else(|| map.get(&Key::Str(name.into())))
            .map(|(_, v)| *v)
    };
    options.and_then(of).unwrap_or(Value::NIL)
}

/// An unknown result: its block runs once, conditionally.
fn once(interp: &mut Interp, args: &Args, value: Value) -> R {
    if let (Some(block), Some(id)) = (args.block, value.unknown()) {
        interp.conditionally(id, |this| this.call_proc(block, Args::of(&[value])))?;
    }
    Ok(value)
}

fn source(
    interp: &mut Interp,
    index: &str,
    query: &str,
    location: foretaste_parser::source::Location,
    number: usize,
    found: &str,
) -> Origin {
    let query = interp.show_holes(query);
    interp.origins.source(OriginSource {
        message: format!("search({index}, \"{query}\") {found}"),
        location: Some(location),
        tag: u32::try_from(number).ok(),
    })
}

fn results(
    interp: &mut Interp,
    documents: &[Arc<Document>],
    filter: Option<Value>,
    origin: Origin,
    number: usize,
) -> R<Vec<Value>> {
    let item = u32::try_from(number).map_or(Origin::HERE, |n| interp.origins.item(n));
    let origin = interp.origins.union(origin, item);
    let mut out = Vec::with_capacity(documents.len());
    let mut rows = Vec::new();
    for document in documents {
        let value = match filter {
            Some(filter) => {
                let row = filtered(interp, document, filter, origin)?;
                rows.push(super::json::to_json(interp, row));
                row
            }
            None => object(interp, document, origin),
        };
        out.push(value.with_origin(origin));
    }
    if filter.is_some()
        && let Some(search) = run(interp).searches.get_mut(number)
    {
        search.rows = Some(rows);
    }
    Ok(out)
}

/// A result as recipes get it.
fn object(interp: &mut Interp, document: &Arc<Document>, origin: Origin) -> Value {
    match document.kind() {
        Kind::Node => super::node::other(interp, document, origin),
        Kind::Item(bag) => super::data_bag::item_value(interp, bag, &document.json(), origin),
        _ => super::objects::object(interp, document, origin),
    }
}

/// `filter_result: { 'ip' => ['ipaddress'], 'name' => ['name'] }`: keys become strings, missing paths nil.
fn filtered(interp: &mut Interp, document: &Arc<Document>, filter: Value, origin: Origin) -> R {
    let pairs: Vec<(Value, Value)> = interp
        .hash_data(filter)
        .map(|h| h.map.values().copied().collect())
        .unwrap_or_default();
    let mut out = Hash::default();
    for (key, path) in pairs {
        let name = interp.to_text(key)?;
        let mut parts = Vec::new();
        for part in interp
            .array_items(path)
            .map(<[Value]>::to_vec)
            .unwrap_or_default()
        {
            parts.push(interp.to_text(part)?);
        }
        let value = match document.kind() {
            Kind::Node => node_path(interp, document, &parts, origin)?,
            _ => {
                let whole = document.json();
                let json = parts.iter().try_fold(&*whole, |at, part| at.get(part));
                to_value(interp, json.unwrap_or(&Json::Null), origin)
            }
        };
        let key = interp.str(name.as_str());
        out.map.insert(Key::Str(name.as_str().into()), (key, value));
    }
    Ok(interp.hash(out).with_origin(origin))
}

fn node_path(interp: &mut Interp, document: &Arc<Document>, path: &[String], origin: Origin) -> R {
    let Some((first, rest)) = path.split_first() else {
        return Ok(Value::NIL);
    };
    let node = super::node::other(interp, document, origin);
    let value = super::node::top(interp, node, first);
    let mut keys = Vec::new();
    for part in rest {
        keys.push(interp.str(part.as_str()));
    }
    let found = super::attribute_collections::walk(interp, value, &keys)?.unwrap_or(Value::NIL);
    let (hash, array) = (interp.core.hash, interp.core.array);
    Ok(super::attribute_view::deep_copy(interp, found, hash, array, false).with_origin(origin))
}

/// The first few names, and how many more there are.
fn some(names: &[&str]) -> String {
    const SHOWN: usize = 4;
    let first = names.get(..SHOWN).unwrap_or(names).join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
