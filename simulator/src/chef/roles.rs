//! Roles and environments, from Ruby or JSON.

use std::sync::Arc;

use foretaste_parser::json;
use foretaste_parser::ruby::ast::{Arg, Expr, ExprKind};
use foretaste_parser::source::{Location, Source};
use serde_json::{Map, Value as Json};

use super::json::to_json;
use super::places::{self, Places};
use super::run_list::{Role, RunListItem};
use crate::convergence::Undetermined;
use crate::inventory::Problem;
use crate::repository::Repository;
use crate::ruby::Interp;
use crate::ruby::env::Args;
use crate::ruby::flow::{Flow, R};
use crate::ruby::value::Value;

/// A role or environment as its file says.
#[derive(Clone, Debug, Default)]
pub struct Described {
    pub path: Arc<str>,
    pub name: Option<String>,
    pub description: String,
    pub run_list: Vec<String>,
    pub env_run_lists: Map<String, Json>,
    pub default_attributes: Map<String, Json>,
    pub override_attributes: Map<String, Json>,
    /// Cookbook version constraints of an environment.
    pub cookbook_versions: Map<String, Json>,
    pub places: Places,
    /// Why the file may say something else: what of it could not be evaluated.
    pub open: Option<Undetermined>,
}

impl Described {
    /// Where a path below a section is set, or else the nearest that it lies in.
    #[must_use]
    pub fn place(&self, section: &str, path: &[&str]) -> Option<Location> {
        let mut whole: Vec<String> = vec![section.to_owned()];
        whole.extend(path.iter().map(|p| (*p).to_owned()));
        while !whole.is_empty() {
            if let Some(place) = self.places.get(&whole) {
                return Some(place.clone());
            }
            whole.pop();
        }
        (!self.path.is_empty()).then(|| Location::line(self.path.clone(), 1))
    }

    /// Reads what a role, environment or policy lock says in JSON.
    pub(super) fn from_json(path: Arc<str>, json: &Json) -> Self {
        let object = |name: &str| {
            json.get(name)
                .and_then(Json::as_object)
                .cloned()
                .unwrap_or_default()
        };
        let text = |name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
        Self {
            path,
            name: text("name"),
            description: text("description").unwrap_or_default(),
            run_list: strings(json.get("run_list")),
            env_run_lists: object("env_run_lists"),
            default_attributes: object("default_attributes"),
            override_attributes: object("override_attributes"),
            cookbook_versions: object("cookbook_versions"),
            places: Places::new(),
            open: None,
        }
    }

    /// As the server holds it, for its search index.
    #[must_use]
    pub fn to_json(&self, name: &str, class: &str) -> Json {
        let mut out = Map::new();
        out.insert("name".into(), name.into());
        out.insert("description".into(), self.description.as_str().into());
        let json_class = match class {
            "role" => "Chef::Role",
            _ => "Chef::Environment",
        };
        out.insert("json_class".into(), json_class.into());
        out.insert("chef_type".into(), class.into());
        out.insert(
            "default_attributes".into(),
            Json::Object(self.default_attributes.clone()),
        );
        out.insert(
            "override_attributes".into(),
            Json::Object(self.override_attributes.clone()),
        );
        if class == "role" {
            out.insert("run_list".into(), Json::from(self.run_list.clone()));
            out.insert(
                "env_run_lists".into(),
                Json::Object(self.env_run_lists.clone()),
            );
        } else {
            out.insert(
                "cookbook_versions".into(),
                Json::Object(self.cookbook_versions.clone()),
            );
        }
        Json::Object(out)
    }

    /// As the expansion of run lists wants it. Entries that Chef would refuse are left out.
    #[must_use]
    pub fn role(&self, name: &str) -> Role {
        let items = |list: &[String]| {
            list.iter()
                .filter_map(|i| RunListItem::parse(i).ok())
                .collect::<Vec<_>>()
        };
        Role {
            name: name.to_owned(),
            run_list: items(&self.run_list),
            env_run_lists: self
                .env_run_lists
                .iter()
                .map(|(k, v)| (k.clone(), items(&strings(Some(v)))))
                .collect(),
            default_attributes: self.default_attributes.clone(),
            override_attributes: self.override_attributes.clone(),
        }
    }
}

fn strings(json: Option<&Json>) -> Vec<String> {
    json.and_then(Json::as_array)
        .map(|list| {
            list.iter()
                .filter_map(Json::as_str)
                .map(str::to_owned)
                .collect()
        })
        .unwrap_or_default()
}

/// A file that could not be read as a role or environment.
#[derive(Clone, Debug)]
pub struct Unreadable {
    pub class: String,
    pub message: String,
    pub location: Option<Location>,
}

/// Reads a role or environment file, once for all runs.
pub fn read(repository: &Repository, path: &Arc<str>) -> Result<Arc<Described>, Unreadable> {
    repository.described(path, || read_file(repository, path).map(Arc::new))
}

/// A JSON file with the places in it. What is no JSON is an error where the parser stumbles.
pub(super) fn read_json(
    repository: &Repository,
    path: &Arc<str>,
) -> Result<(Json, Places), Unreadable> {
    let source = Source::new(path.clone(), repository.text(path).unwrap_or_default());
    let (root, errors) = json::parse(&source);
    if let Some(error) = errors.first() {
        return Err(Unreadable {
            class: "FFI_Yajl::ParseError".into(),
            message: error.message.clone(),
            location: Some(source.location(error.span)),
        });
    }
    let Some(root) = root else {
        return Ok((Json::Null, Places::new()));
    };
    Ok((root.to_json(), places::of_json(&source, &root)))
}

fn read_file(repository: &Repository, path: &Arc<str>) -> Result<Described, Unreadable> {
    if path.ends_with(".json") {
        let (json, places) = read_json(repository, path)?;
        return Ok(Described {
            places,
            ..Described::from_json(path.clone(), &json)
        });
    }
    let Some(program) = repository.ruby(path) else {
        return Ok(Described::default());
    };
    if let Some(error) = program.errors.first() {
        return Err(Unreadable {
            class: "SyntaxError".into(),
            message: error.message.clone(),
            location: Some(program.source.location(error.span)),
        });
    }
    let places = places::of_ruby(&program);
    // Most files are literal; only the others need the machine.
    let mut out = Described {
        path: path.clone(),
        ..Described::default()
    };
    let statements: Vec<&Expr> = match &program.body.kind {
        ExprKind::Seq(list) => list.iter().collect(),
        _ => vec![&program.body],
    };
    let literal = statements.iter().all(|s| literal_call(s, &mut out));
    if !literal {
        out = evaluate(path, &program)?;
    }
    out.places = places;
    Ok(out)
}

fn literal_call(expr: &Expr, out: &mut Described) -> bool {
    let ExprKind::Call(call) = &expr.kind else {
        return matches!(expr.kind, ExprKind::Nil);
    };
    if call.recv.is_some() || call.args.block.is_some() {
        return false;
    }
    let mut values = Vec::new();
    for arg in &call.args.list {
        let value = match arg {
            Arg::Value(expr) => literal(expr),
            Arg::Keywords(pairs) => literal_pairs(pairs),
            _ => None,
        };
        match value {
            Some(value) => values.push(value),
            None => return false,
        }
    }
    set(out, call.name.as_str(), values)
}

fn literal(expr: &Expr) -> Option<Json> {
    Some(match &expr.kind {
        ExprKind::Nil => Json::Null,
        ExprKind::True => Json::Bool(true),
        ExprKind::False => Json::Bool(false),
        ExprKind::Int(n) => Json::from(*n),
        ExprKind::Float(f) => Json::from(*f),
        ExprKind::Str(text) => Json::from(&**text),
        ExprKind::Sym(name) => Json::from(name.as_str()),
        ExprKind::Array(items) => Json::Array(
            items
                .iter()
                .map(|i| match i {
                    Arg::Value(e) => literal(e),
                    Arg::Keywords(pairs) => literal_pairs(pairs),
                    _ => None,
                })
                .collect::<Option<_>>()?,
        ),
        ExprKind::Hash(pairs) => literal_pairs(pairs)?,
        _ => return None,
    })
}

fn literal_pairs(pairs: &[foretaste_parser::ruby::ast::Pair]) -> Option<Json> {
    let mut map = Map::new();
    for pair in pairs {
        let key = match literal(pair.key.as_ref()?)? {
            Json::String(text) => text,
            Json::Number(n) => n.to_string(),
            _ => return None,
        };
        map.insert(key, literal(&pair.value)?);
    }
    Some(Json::Object(map))
}

/// Applies one call of the role or environment DSL; false where it is none.
fn set(out: &mut Described, name: &str, mut values: Vec<Json>) -> bool {
    let object = |values: &mut Vec<Json>| match values.pop() {
        Some(Json::Object(map)) => map,
        _ => Map::new(),
    };
    match name {
        "name" => out.name = values.first().and_then(Json::as_str).map(str::to_owned),
        "description" => {
            let text = values.first().and_then(Json::as_str);
            out.description = text.unwrap_or_default().to_owned();
        }
        "run_list" => out.run_list = flatten(&values),
        "env_run_lists" | "env_run_list" => out.env_run_lists = object(&mut values),
        "default_attributes" => out.default_attributes = object(&mut values),
        "override_attributes" => out.override_attributes = object(&mut values),
        "cookbook_versions" => out.cookbook_versions = object(&mut values),
        "cookbook" => {
            if let [Json::String(name), constraint] = values.as_slice() {
                out.cookbook_versions
                    .insert(name.clone(), constraint.clone());
            }
        }
        _ => return false,
    }
    true
}

fn flatten(values: &[Json]) -> Vec<String> {
    let mut out = Vec::new();
    for value in values {
        match value {
            Json::String(text) => out.push(text.clone()),
            Json::Array(items) => out.extend(flatten(items)),
            _ => {}
        }
    }
    out
}

/// Runs a role or environment file on a machine of its own.
fn evaluate(
    path: &Arc<str>,
    program: &Arc<foretaste_parser::ruby::ast::Program>,
) -> Result<Described, Unreadable> {
    let mut interp = Interp::default();
    interp.budget.max_depth = 2_000;
    interp.budget.steps = 1_000_000;
    let class = interp.define_class("Chef", interp.core.object);
    let role = interp.define_class("Chef::Role", interp.core.object);
    let _ = class;
    interp.hooks.method_missing = |interp, _, name, args| dsl(interp, name.as_str(), args);
    let object: Value = interp.alloc(role, crate::ruby::object::Data::Plain).into();
    interp.host = Some(Box::new(Described {
        path: path.clone(),
        ..Described::default()
    }));
    let result = interp.run_program(program, object, role);
    match result {
        Err(Flow::Raise(exception)) => Err(Unreadable {
            class: interp
                .class_name(interp.real_class_of(exception))
                .to_string(),
            message: interp.exception_text(exception),
            location: interp.exception_location(exception),
        }),
        _ => {
            let open = interp.unknowns.undetermined().next();
            let out = std::mem::take(interp.host_mut::<Described>());
            Ok(Described { open, ..out })
        }
    }
}

fn dsl(interp: &mut Interp, name: &str, args: &Args) -> R<Option<Value>> {
    const CALLS: &[&str] = &[
        "name",
        "description",
        "run_list",
        "env_run_lists",
        "env_run_list",
        "default_attributes",
        "override_attributes",
        "cookbook_versions",
        "cookbook",
    ];
    if !CALLS.contains(&name) {
        return Ok(None);
    }
    let values = args.list.iter().map(|v| to_json(interp, *v)).collect();
    set(interp.host_mut::<Described>(), name, values);
    Ok(Some(Value::NIL))
}

/// Puts a repository's roles, environments, data bags and clients (`knife download clients`) into a search index, as an
/// upload would.
///
/// Returns what cannot be read, and so is not in the index.
pub fn index_objects(
    repository: &Repository,
    index: &mut crate::search::SearchIndex,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, path) in &repository.roles {
        match read(repository, path) {
            Ok(role) if role.open.is_some() => problems.push(half_known("role", name, path, &role)),
            Ok(role) => index.put_role(
                role.name.as_deref().unwrap_or(name),
                role.to_json(name, "role"),
            ),
            Err(error) => problems.push(unindexed("role", name, path, &error)),
        }
    }
    for (name, path) in &repository.environments {
        match read(repository, path) {
            Ok(environment) if environment.open.is_some() => {
                problems.push(half_known("environment", name, path, &environment));
            }
            Ok(environment) => {
                index.put_environment(name, environment.to_json(name, "environment"));
            }
            Err(error) => problems.push(unindexed("environment", name, path, &error)),
        }
    }
    for (bag, items) in &repository.data_bags {
        index.put_data_bag(bag);
        for (file, path) in items {
            match repository.json(path) {
                Some(Ok(json)) => {
                    let id = json
                        .get("id")
                        .and_then(Json::as_str)
                        .unwrap_or(file)
                        .to_owned();
                    index.put_item(bag, &id, json);
                }
                Some(Err(error)) => problems.push(Problem {
                    message: format!("item `{file}` of data bag `{bag}` is not searched: {error}"),
                    location: Location::line(path.clone(), 1),
                }),
                None => {}
            }
        }
    }
    let root = repository.layout.roles.strip_suffix("roles").unwrap_or("");
    let clients = format!("{root}clients");
    for path in repository.files.below(&clients) {
        let file = path.rsplit('/').next().unwrap_or("");
        if let Some(name) = file.strip_suffix(".json")
            && let Some(Ok(json)) = repository.json(path)
        {
            let name = json.get("name").and_then(Json::as_str).unwrap_or(name);
            let name = name.to_owned();
            index.put_client(&name, json);
        }
    }
    problems
}

fn half_known(what: &str, name: &str, path: &Arc<str>, described: &Described) -> Problem {
    let open = described.open.as_ref();
    let reason = open.map_or("", |open| open.reason.as_str());
    let place = open.and_then(|open| open.location.clone());
    Problem {
        message: format!("{what} `{name}` is not searched, as it could not be evaluated: {reason}"),
        location: place.unwrap_or_else(|| Location::line(path.clone(), 1)),
    }
}

fn unindexed(what: &str, name: &str, path: &Arc<str>, error: &Unreadable) -> Problem {
    let (class, message) = (&error.class, error.message.trim_end());
    let place = error.location.clone();
    Problem {
        message: format!("{what} `{name}` is not searched: {class}: {message}"),
        location: place.unwrap_or_else(|| Location::line(path.clone(), 1)),
    }
}
