//! Functions of recipes, resources, providers, attribute files and templates.

use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::collection;
use super::commands;
use super::data_bag;
use super::run::{program, run};
use super::search;
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::{ClassId, Table};
use crate::ruby::env::{Args, Definee};
use crate::ruby::flow::{Flow, R};
use crate::ruby::object::{Data, Key};
use crate::ruby::value::Value;

/// What resources have, and recipes have not.
static LAZY: &[Builtin] = &[def("lazy", 0, 1, lazy)];
pub(super) static LAZY_TABLE: Table = LazyLock::new(|| table(LAZY));

static METHODS: &[Builtin] = &[
    def("node", 0, 0, |i, _, _| Ok(run(i).node_value)),
    def("run_context", 0, 0, |i, _, _| Ok(run_context(i))),
    def("include_recipe", 0, -1, include_recipe),
    def("require_recipe", 1, -1, include_recipe),
    def("include_attribute", 1, -1, include_attribute),
    def("cookbook_name", 0, 0, |i, v, _| {
        Ok(own(i, v, "@cookbook_name"))
    }),
    def("recipe_name", 0, 0, |i, v, _| Ok(own(i, v, "@recipe_name"))),
    def("search", 1, -1, search::search).takes_unknown(),
    def("data_bag", 1, 1, data_bag::list),
    def("data_bag_item", 2, 3, data_bag::item),
    def("tag", 0, -1, tag),
    def("untag", 0, -1, untag),
    def("tagged?", 0, -1, tagged),
    def("platform?", 0, -1, platform),
    def("platform_family?", 0, -1, platform_family),
    def("value_for_platform", 1, -1, value_for_platform),
    def(
        "value_for_platform_family",
        1,
        -1,
        value_for_platform_family,
    ),
    def("shell_out", 0, -1, |i, _, a| commands::start(i, a)).takes_unknown(),
    def("shell_out!", 0, -1, |i, _, a| commands::start_strict(i, a)).takes_unknown(),
    def("powershell_out", 0, -1, |i, _, a| commands::start(i, a)).takes_unknown(),
    def("powershell_out!", 0, -1, |i, _, a| {
        commands::start_strict(i, a)
    })
    .takes_unknown(),
    def("chef_vault_item", 2, 2, data_bag::vault_or_plain),
    def("reboot_pending?", 0, 0, |i, _, _| {
        Ok(i.outside("whether a reboot is pending"))
    }),
    def("registry_key_exists?", 0, -1, |i, _, _| {
        Ok(i.outside("the Windows registry"))
    })
    .takes_unknown(),
    def("registry_get_values", 0, -1, |i, _, _| {
        Ok(i.outside("the Windows registry"))
    })
    .takes_unknown(),
    def("declare_resource", 0, -1, collection::declare_resource).takes_unknown(),
    def("build_resource", 0, -1, collection::build_resource).takes_unknown(),
    def("find_resource", 0, -1, collection::find_resource).takes_unknown(),
    def("find_resource!", 0, -1, collection::find_resource_strict),
    def("edit_resource", 0, -1, collection::edit_resource).takes_unknown(),
    def("edit_resource!", 0, -1, collection::edit_resource_strict),
    def("delete_resource", 0, -1, collection::delete_resource),
    def(
        "delete_resource!",
        0,
        -1,
        collection::delete_resource_strict,
    ),
    def("resources", 0, -1, collection::resources),
    def("with_run_context", 1, 1, collection::with_run_context),
    def("why_run?", 0, 0, |_, _, _| Ok(Value::FALSE)),
    def("ruby", 0, 0, |i, _, _| {
        Ok(i.outside("the Ruby that runs Chef"))
    }),
    def("random_password", 0, -1, |i, _, _| {
        Ok(i.outside("a random password"))
    })
    .takes_unknown(),
    def("secure_password", 0, -1, |i, _, _| {
        Ok(i.outside("a random password"))
    })
    .takes_unknown(),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

/// Adds the functions to a module.
pub fn install(interp: &mut Interp, module: ClassId) {
    interp.add_methods(module, &TABLE);
}

fn own(interp: &Interp, this: Value, name: &str) -> Value {
    interp.ivar(this, Name::new(name)).unwrap_or(Value::NIL)
}

/// The name of the cookbook that a recipe, resource or provider belongs to.
pub fn cookbook_of(interp: &Interp, this: Value) -> String {
    interp
        .text_or_sym(own(interp, this, "@cookbook_name"))
        .unwrap_or("")
        .to_owned()
}

pub fn recipe_of(interp: &Interp, this: Value) -> String {
    interp
        .text(own(interp, this, "@recipe_name"))
        .unwrap_or("")
        .to_owned()
}

/// `run_context`, of which cookbooks ask the collections.
pub fn run_context(interp: &mut Interp) -> Value {
    let class = match interp.class_by_path("Chef::RunContext") {
        Some(class) => class,
        None => interp.define_class("Chef::RunContext", interp.core.object),
    };
    let object: Value = interp.alloc(class, Data::Plain).into();
    super::context::install(interp, class);
    let depth = Value::count(run(interp).collections.len());
    let _ = interp.set_ivar(object, Name::new("@depth"), depth);
    object
}

/// Raises an exception of one of Chef's own classes.
pub fn raise(interp: &mut Interp, class: &str, message: impl Into<String>) -> Flow {
    let class = super::error_class(interp, class);
    interp.error(class, message)
}

/// What the server answers: `Net::HTTPClientException`, with its `response`.
pub fn http_error(interp: &mut Interp, status: u16, word: &str) -> Flow {
    let class = interp
        .class_by_path("Net::HTTPClientException")
        .unwrap_or(interp.core.standard_error);
    let flow = interp.error(class, format!("{status} \"{word}\""));
    if let Flow::Raise(exception) = &flow {
        let exception = *exception;
        let class = match interp.class_by_path("Net::HTTPResponse") {
            Some(class) => class,
            None => {
                let object = interp.core.object;
                let response = interp.define_class("Net::HTTPResponse", object);
                interp.add_methods(response, &RESPONSE_TABLE);
                interp.add_methods(class, &HTTP_ERROR_TABLE);
                response
            }
        };
        let response: Value = interp.alloc(class, Data::Plain).into();
        let (code, word) = (interp.str(status.to_string()), interp.str(word));
        let _ = interp.set_ivar(response, Name::new("@code"), code);
        let _ = interp.set_ivar(response, Name::new("@message"), word);
        let _ = interp.set_ivar(exception, Name::new("@response"), response);
    }
    flow
}

static RESPONSE: &[Builtin] = &[
    def("code", 0, 0, |i, v, _| Ok(own(i, v, "@code"))),
    def("message", 0, 0, |i, v, _| Ok(own(i, v, "@message"))),
    def("msg", 0, 0, |i, v, _| Ok(own(i, v, "@message"))),
    def("body", 0, 0, |i, _, _| {
        Ok(i.outside("the body of the server's answer"))
    }),
];
static RESPONSE_TABLE: Table = LazyLock::new(|| table(RESPONSE));

static HTTP_ERROR: &[Builtin] = &[def("response", 0, 0, |i, v, _| Ok(own(i, v, "@response")))];
static HTTP_ERROR_TABLE: Table = LazyLock::new(|| table(HTTP_ERROR));

/// `cookbook::recipe` of a name as recipes write it.
pub fn qualified(name: &str, current: &str) -> (String, String) {
    match name.split_once("::") {
        Some(("", recipe)) if !recipe.is_empty() => (current.to_owned(), recipe.to_owned()),
        Some((cookbook, recipe)) if !cookbook.is_empty() && !recipe.is_empty() => {
            (cookbook.to_owned(), recipe.to_owned())
        }
        _ => (name.to_owned(), "default".to_owned()),
    }
}

/// A name that Chef makes a symbol of, which is not to be had of everything.
pub(super) fn named(interp: &mut Interp, value: Value) -> R<String> {
    if interp.text_or_sym(value).is_none() && interp.unknown_of(value).is_none() {
        interp.call(value, "to_sym", &[])?;
    }
    interp.to_text(value)
}

fn include_recipe(interp: &mut Interp, this: Value, args: &Args) -> R {
    let current = cookbook_of(interp, this);
    let mut names = Vec::new();
    for value in &args.list {
        match interp.array_items(*value).map(<[Value]>::to_vec) {
            Some(items) => names.extend(items),
            None => names.push(*value),
        }
    }
    for name in names {
        let name = named(interp, name)?;
        load_recipe(interp, &name, &current)?;
    }
    Ok(Value::NIL)
}

/// Runs a recipe unless it has run already.
pub fn load_recipe(interp: &mut Interp, name: &str, current: &str) -> R<()> {
    interp.spend(50)?;
    let (cookbook, recipe) = qualified(name, current);
    let full = format!("{cookbook}::{recipe}");
    if !run(interp).loaded_recipes.insert(full.clone()) {
        return Ok(());
    }
    let Some(chosen) = run(interp).cookbooks.get(&cookbook).cloned() else {
        // What is not here may be a dependency of another cookbook that is not here.
        if !run(interp).elsewhere.is_empty() {
            interp.outside(format!(
                "the recipe {full}, whose cookbook is not in the repository"
            ));
            return Ok(());
        }
        return Err(raise(
            interp,
            "CookbookNotFound",
            format!(
                "Cookbook {cookbook} not found. If you're loading {cookbook} from another cookbook, make sure you \
                 configure the dependency in your metadata"
            ),
        ));
    };
    super::load::note_recipe(interp, &full);
    let path = chosen.cookbook.path(&format!("recipes/{recipe}.rb"));
    let alternative = chosen.cookbook.path("recipe.rb");
    let path = if recipe == "default"
        && !chosen.cookbook.has(&path)
        && chosen.cookbook.has(&alternative)
    {
        alternative
    } else {
        path
    };
    let Some(program) = program(interp, &path) else {
        let yaml = ["yml", "yaml"].map(|e| chosen.cookbook.path(&format!("recipes/{recipe}.{e}")));
        if yaml.iter().any(|p| chosen.cookbook.has(p)) {
            interp.unsupported(format!("the YAML recipe {full}"));
            return Ok(());
        }
        return Err(raise(
            interp,
            "RecipeNotFound",
            format!("could not find recipe {recipe} for cookbook {cookbook}"),
        ));
    };
    super::load::check_syntax(interp, &program)?;
    let class = run(interp).classes.recipe;
    let object: Value = interp.alloc(class, Data::Plain).into();
    // Chef takes a recipe's name apart into a symbol and a text.
    let (c, r) = (Value::sym(&cookbook), interp.str(recipe));
    interp.set_ivar(object, Name::new("@cookbook_name"), c)?;
    interp.set_ivar(object, Name::new("@recipe_name"), r)?;
    let definee = Definee::SingletonOf(object);
    // Its constants and classes are its own.
    let class = interp.singleton_of(object);
    let cref = super::modules::scope(interp, class);
    interp.run_program_as(&program, object, cref, definee)?;
    Ok(())
}

fn include_attribute(interp: &mut Interp, this: Value, args: &Args) -> R {
    // Only attribute files have it.
    let recipe = run(interp).classes.recipe;
    if interp.is_a(this, recipe) {
        let name = Name::new("include_attribute");
        return Err(interp.no_method(this, name, crate::ruby::call::Form::Own));
    }
    let current = cookbook_of(interp, this);
    for value in args.list.clone() {
        let name = interp.to_text(value)?;
        let (cookbook, file) = qualified(&name, &current);
        super::load::load_attribute_file(interp, &cookbook, &file, true)?;
    }
    Ok(Value::NIL)
}

fn words(interp: &mut Interp, args: &Args) -> R<Vec<String>> {
    let mut out = Vec::new();
    for value in &args.list {
        match interp.array_items(*value).map(<[Value]>::to_vec) {
            Some(items) => {
                for item in items {
                    out.push(interp.to_text(item)?);
                }
            }
            None => out.push(interp.to_text(*value)?),
        }
    }
    Ok(out)
}

fn tag(interp: &mut Interp, _: Value, args: &Args) -> R {
    let node = run(interp).node_value;
    let list = interp.call(node, "tags", &[])?;
    for word in words(interp, args)? {
        let value = interp.str(word);
        let known = interp.call(list, "include?", &[value])?;
        if known.truthy() != Some(true) {
            interp.call(list, "push", &[value])?;
        }
    }
    Ok(list)
}

fn untag(interp: &mut Interp, _: Value, args: &Args) -> R {
    let node = run(interp).node_value;
    let list = interp.call(node, "tags", &[])?;
    for word in words(interp, args)? {
        let value = interp.str(word);
        interp.call(list, "delete", &[value])?;
    }
    Ok(list)
}

fn tagged(interp: &mut Interp, _: Value, args: &Args) -> R {
    let node = run(interp).node_value;
    let list = interp.call(node, "tags", &[])?;
    for word in words(interp, args)? {
        let value = interp.str(word);
        let known = interp.call(list, "include?", &[value])?;
        if known.truthy() != Some(true) {
            return Ok(known);
        }
    }
    Ok(Value::TRUE)
}

/// `lazy { … }`: the block is kept for the converge.
pub(super) fn lazy(interp: &mut Interp, _: Value, args: &Args) -> R {
    let Some(block) = args.block else {
        return Ok(Value::NIL);
    };
    let class = run(interp).classes.lazy;
    let object: Value = interp.alloc(class, Data::Plain).into();
    interp.set_ivar(object, Name::new("@block"), block)?;
    Ok(object)
}

/// One of the node's own facts, or the unknown that stands for it.
pub fn fact(interp: &mut Interp, name: &str) -> Result<String, Value> {
    let node = run(interp).node_value;
    let value = super::node::top(interp, node, name);
    match interp.text(value) {
        Some(text) => Ok(text.to_owned()),
        None => Err(value),
    }
}

/// The version of Chef that runs on the node: what Ohai found, else the one whose ways the simulation follows.
pub fn client_version(interp: &mut Interp) -> String {
    const MODELLED: &str = "18.11.21";
    let saved = &run(interp).node.automatic;
    let found = saved
        .value("chef_packages")
        .and_then(|p| p.get("chef")?.get("version")?.as_str());
    found.unwrap_or(MODELLED).to_owned()
}

fn platform(interp: &mut Interp, _: Value, args: &Args) -> R {
    let names = words(interp, args)?;
    match fact(interp, "platform") {
        Ok(platform) => Ok(names.contains(&platform).into()),
        Err(value) => Ok(if value.unknown().is_some() {
            value
        } else {
            Value::FALSE
        }),
    }
}

fn platform_family(interp: &mut Interp, _: Value, args: &Args) -> R {
    let names = words(interp, args)?;
    match fact(interp, "platform_family") {
        Ok(family) => Ok(names.contains(&family).into()),
        Err(value) => Ok(if value.unknown().is_some() {
            value
        } else {
            Value::FALSE
        }),
    }
}

fn lookup(interp: &mut Interp, hash: Value, wanted: &str) -> Option<Value> {
    let pairs: Vec<(Key, Value)> = interp
        .hash_data(hash)?
        .map
        .iter()
        .map(|(k, (_, v))| (k.clone(), *v))
        .collect();
    for (key, value) in pairs {
        let hit = match &key {
            Key::Array(keys) => keys
                .iter()
                .any(|k| super::json::key_text(k) == Some(wanted)),
            key => super::json::key_text(key) == Some(wanted),
        };
        if hit {
            return Some(value);
        }
    }
    None
}

/// `{ %w(ubuntu debian) => { '>= 20.04' => x, 'default' => y }, 'default' => z }`
/// What stands for a platform must be a hash of versions, for those of other nodes, too.
fn check_platforms(interp: &mut Interp, table: Value) -> R<()> {
    let Some(table) = interp.hash_data(table) else {
        return match interp.unknown_of(table) {
            Some(_) => Ok(()),
            None => interp.call(table, "each", &[]).map(|_| ()),
        };
    };
    let pairs: Vec<(Value, Value)> = table.map.values().copied().collect();
    for (platforms, versions) in pairs {
        let any = interp.text(platforms) == Some("default");
        let is_fine = interp.hash_data(versions).is_some() || interp.unknown_of(versions).is_some();
        if !any && !is_fine {
            let platforms = match interp.array_items(platforms).map(<[Value]>::to_vec) {
                Some(_) => interp.inspect(platforms)?,
                None => interp.to_text(platforms)?,
            };
            let shown = interp.inspect(versions)?;
            return Err(interp.argument_error(format!(
                "platform dependent values must be specified in the format :platform => {{:version => value}} you \
                 gave a value {shown} for platform(s) {platforms}"
            )));
        }
    }
    Ok(())
}

fn value_for_platform(interp: &mut Interp, _: Value, args: &Args) -> R {
    let table = args.get(0);
    check_platforms(interp, table)?;
    let platform = match fact(interp, "platform") {
        Ok(platform) => platform,
        Err(value) if value.unknown().is_some() => return Ok(value),
        Err(_) => String::new(),
    };
    let version = fact(interp, "platform_version").unwrap_or_default();
    if let Some(versions) = lookup(interp, table, &platform) {
        if interp.hash_data(versions).is_none() {
            interp.known(versions)?;
            let shown = interp.inspect(versions)?;
            return Err(interp.argument_error(format!(
                "platform dependent values must be specified in the format :platform => {{:version => value}} you \
                 gave a value {shown} for platform(s) {platform}"
            )));
        }
        if let Some(value) = lookup(interp, versions, &version) {
            return Ok(value);
        }
        let keys: Vec<(Key, Value)> = interp
            .hash_data(versions)
            .map(|h| h.map.iter().map(|(k, (_, v))| (k.clone(), *v)).collect())
            .unwrap_or_default();
        let mut matched: Vec<(String, Value)> = Vec::new();
        for (key, value) in keys {
            let list: Vec<Key> = match key {
                Key::Array(keys) => keys.to_vec(),
                key => vec![key],
            };
            let texts = list.iter().filter_map(super::json::key_text);
            let texts = texts.filter(|c| *c != "default");
            let fitting = texts.filter(|c| super::version_matches(c, &version));
            matched.extend(fitting.map(|c| (c.to_owned(), value)));
        }
        match matched.as_slice() {
            [] => {}
            [(_, value)] => return Ok(*value),
            many => {
                let names: Vec<String> = many.iter().map(|(c, _)| format!("{c:?}")).collect();
                let shown = interp.inspect(table)?;
                let message = format!(
                    "Multiple matches detected for {platform} with values {shown}. The matches are: [{}]",
                    names.join(", ")
                );
                return Err(interp.error(interp.core.runtime_error, message));
            }
        }
        if let Some(value) = lookup(interp, versions, "default") {
            return Ok(value);
        }
    }
    Ok(lookup(interp, table, "default").unwrap_or(Value::NIL))
}

fn value_for_platform_family(interp: &mut Interp, _: Value, args: &Args) -> R {
    let family = match fact(interp, "platform_family") {
        Ok(family) => family,
        Err(value) if value.unknown().is_some() => return Ok(value),
        Err(_) => String::new(),
    };
    let table = args.get(0);
    let found = lookup(interp, table, &family).or_else(|| lookup(interp, table, "default"));
    Ok(found.unwrap_or(Value::NIL))
}
