//! The classes and modules that Chef adds, and what it and the world beyond answer for.

use std::rc::Rc;
use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::attributes::{self, Level};
use super::run::{Classes, run};
use super::{attribute_collections, attribute_view};
use super::{data_bag, definition, dsl, model, node, resource, template};
use crate::convergence::Reads;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::{ClassId, Table};
use crate::ruby::env::{Args, Cref};
use crate::ruby::flow::R;
use crate::ruby::object::{Data, Key};
use crate::ruby::unknown::{Cause, Unknown};
use crate::ruby::value::Value;
use crate::ruby::{Hooks, Interp};

static LOG: &[Builtin] = &[
    def("debug", 0, 1, quiet).takes_unknown(),
    def("trace", 0, 1, quiet).takes_unknown(),
    def("info", 0, 1, quiet).takes_unknown(),
    def("warn", 0, 1, quiet).takes_unknown(),
    def("error", 0, 1, quiet).takes_unknown(),
    def("fatal", 0, 1, quiet).takes_unknown(),
    def("deprecation", 0, -1, quiet).takes_unknown(),
    def("level", 0, 1, |_, _, _| Ok(Value::sym("info"))),
];
static LOG_TABLE: Table = LazyLock::new(|| table(LOG));

static CONFIG: &[Builtin] = &[
    def("[]", 1, 1, config),
    def("[]=", 2, 2, |_, _, a| Ok(a.get(1))).takes_unknown(),
    def("key?", 1, 1, |i, _, _| {
        Ok(i.outside("the client's settings"))
    }),
    def("has_key?", 1, 1, |i, _, _| {
        Ok(i.outside("the client's settings"))
    }),
    def("fetch", 1, 2, config),
    def("method_missing", 1, -1, setting).takes_unknown(),
];
static CONFIG_TABLE: Table = LazyLock::new(|| table(CONFIG));

static CHEF: &[Builtin] = &[
    def("node", 0, 0, |i, _, _| Ok(run(i).node_value)),
    def("run_context", 0, 0, |i, _, _| super::context::root(i)),
    def("deprecated", 1, -1, quiet).takes_unknown(),
    def("log_deprecation", 1, -1, quiet).takes_unknown(),
];
static CHEF_TABLE: Table = LazyLock::new(|| table(CHEF));

/// `Chef::NOT_PASSED`: what stands for an argument that was not given, where `nil` could have been.
static NOT_PASSED: &[Builtin] = &[
    def("to_s", 0, 0, |i, _, _| Ok(i.str("NOT_PASSED"))),
    def("inspect", 0, 0, |i, _, _| Ok(i.str("NOT_PASSED"))),
];
static NOT_PASSED_TABLE: Table = LazyLock::new(|| table(NOT_PASSED));

static APPLICATION: &[Builtin] = &[def("fatal!", 1, 2, fatal), def("exit!", 0, 2, fatal)];
static APPLICATION_TABLE: Table = LazyLock::new(|| table(APPLICATION));

static DEFINE: &[Builtin] = &[def("define", 1, 2, definition::define)];
static DEFINE_TABLE: Table = LazyLock::new(|| table(DEFINE));

static RECIPE: &[Builtin] = &[
    def("respond_to_missing?", 1, 2, declares),
    def("params", 0, 0, definition::params),
    def("to_s", 0, 0, |i, v, _| {
        let text = format!(
            "cookbook: {}, recipe: {} ",
            dsl::cookbook_of(i, v),
            dsl::recipe_of(i, v)
        );
        Ok(i.str(text))
    }),
    def("inspect", 0, 0, |i, v, _| {
        let text = format!(
            "cookbook: {}, recipe: {} ",
            dsl::cookbook_of(i, v),
            dsl::recipe_of(i, v)
        );
        Ok(i.str(text))
    }),
];
static RECIPE_TABLE: Table = LazyLock::new(|| table(RECIPE));

static NODE_STATIC: &[Builtin] = &[def("load", 1, 1, load_node)];
static NODE_STATIC_TABLE: Table = LazyLock::new(|| table(NODE_STATIC));

static QUERY: &[Builtin] = &[def("search", 1, -1, super::search::query).takes_unknown()];
static QUERY_TABLE: Table = LazyLock::new(|| table(QUERY));

static BAG_STATIC: &[Builtin] = &[def("load", 1, 1, load_bag), def("list", 0, 1, bags)];
static BAG_STATIC_TABLE: Table = LazyLock::new(|| table(BAG_STATIC));

static ENVIRONMENT: &[Builtin] = &[
    def("[]", 1, 1, |i, _, a| model::variable(i, a)),
    def("fetch", 1, 2, |i, _, a| model::fetch_variable(i, a)),
    def("key?", 1, 1, |i, _, a| model::has_variable(i, a)),
    def("has_key?", 1, 1, |i, _, a| model::has_variable(i, a)),
    def("include?", 1, 1, |i, _, a| model::has_variable(i, a)),
    def("member?", 1, 1, |i, _, a| model::has_variable(i, a)),
    def("[]=", 2, 2, |_, _, a| Ok(a.get(1))).takes_unknown(),
];
static ENVIRONMENT_TABLE: Table = LazyLock::new(|| table(ENVIRONMENT));

/// `Chef::DelayedEvaluator.new { … }`, which `lazy` is short for.
static LAZY: &[Builtin] = &[def("initialize", 0, -1, |i, v, a| {
    i.set_ivar(v, Name::new("@block"), a.block.unwrap_or(Value::NIL))?;
    Ok(Value::NIL)
})
.takes_unknown()];
static LAZY_TABLE: Table = LazyLock::new(|| table(LAZY));

fn not_passed(interp: &mut Interp, chef: ClassId) {
    let object = interp.core.object;
    let value: Value = interp.alloc(object, Data::Plain).into();
    let singleton = interp.singleton_of(value);
    interp.add_methods(singleton, &NOT_PASSED_TABLE);
    let constants = &mut interp.classes.get_mut(chef).constants;
    constants.insert(Name::new("NOT_PASSED"), value);
}

/// Where constants of a cookbook's file are looked for. Chef evaluates files in `Chef::Mixin::FromFile`, and so they see
/// what is in `Chef` without its name: `Log.info 'x'`.
pub fn scope(interp: &Interp, class: ClassId) -> Rc<Cref> {
    let mut scope = None;
    for name in ["Chef", "Chef::Mixin"] {
        if let Some(class) = interp.class_by_path(name) {
            scope = Some(Rc::new(Cref {
                class,
                parent: scope,
            }));
        }
    }
    Rc::new(Cref {
        class,
        parent: scope,
    })
}

/// Defines everything; attributes are still to be set up.
pub fn define(interp: &mut Interp) -> (Classes, attributes::Classes) {
    let object = interp.core.object;
    let runtime = interp.core.standard_error;
    let chef = interp.define_class("Chef", object);
    interp.add_static(chef, &CHEF_TABLE);
    not_passed(interp, chef);
    interp.define_module("Chef::DSL");
    interp.define_module("Chef::Mixin");
    interp.define_class("Chef::Exceptions", object);
    let node_class = interp.define_class("Chef::Node", object);
    let collections = attribute_collections::define(interp);
    let dsl_module = interp.define_module("Chef::DSL::Recipe");
    let recipe = interp.define_class("Chef::Recipe", object);
    let resource_class = interp.define_class("Chef::Resource", object);
    let provider = interp.define_class("Chef::Provider", object);
    interp.define_class("Chef::Resource::LWRPBase", resource_class);
    let lwrp_provider = interp.define_class("Chef::Provider::LWRPBase", provider);
    let action_class = interp.define_class("Chef::Resource::ActionClass", provider);
    let lazy = interp.define_class("Chef::DelayedEvaluator", object);
    interp.add_methods(lazy, &LAZY_TABLE);
    let context = interp.define_class("Chef::Mixin::Template::TemplateContext", object);
    let definition_class = interp.define_class("Chef::ResourceDefinition", object);
    super::json_compat::install(interp);
    let item = interp.define_class("Chef::DataBagItem", collections.mash);
    let bag = interp.define_class("Chef::DataBag", object);
    let log = interp.define_class("Chef::Log", object);
    let config_class = interp.define_class("Chef::Config", object);
    let application = interp.define_class("Chef::Application", object);
    interp.define_module("Chef::Search");
    let query = interp.define_class("Chef::Search::Query", object);
    interp.define_module("Net");
    let http = interp.define_class("Net::HTTPClientException", runtime);
    let http_value = interp.class_value(http);
    if let Some(net) = interp.class_by_path("Net") {
        interp
            .classes
            .get_mut(net)
            .constants
            .insert(Name::new("HTTPServerException"), http_value);
    }

    dsl::install(interp, dsl_module);
    for class in [recipe, resource_class, provider, node_class, context] {
        interp.include(class, dsl_module);
    }
    interp.add_methods(recipe, &RECIPE_TABLE);
    node::install(interp, node_class);
    interp.add_static(node_class, &NODE_STATIC_TABLE);
    resource::install(interp, resource_class);
    for class in [resource_class, provider, node_class] {
        interp.add_methods(class, &dsl::LAZY_TABLE);
    }
    super::provider::install_provider(interp, provider);
    interp.add_methods(context, &crate::ruby::builtin::erubis::TABLE);
    template::install(interp, context);
    interp.add_methods(definition_class, &DEFINE_TABLE);
    data_bag::install(interp, item);
    super::commands::install(interp);
    super::version_objects::install(interp);
    super::mixins::install(interp);
    super::objects::install(interp);
    interp.add_static(bag, &BAG_STATIC_TABLE);
    interp.add_static(log, &LOG_TABLE);
    interp.add_static(config_class, &CONFIG_TABLE);
    interp.add_static(application, &APPLICATION_TABLE);
    interp.add_methods(query, &QUERY_TABLE);
    let env = interp.define_class("ENV", object);
    interp.add_static(env, &ENVIRONMENT_TABLE);
    let classes = Classes {
        node: node_class,
        recipe,
        resource: resource_class,
        provider,
        action_class,
        lwrp_provider,
        lazy,
        template_context: context,
        dsl: dsl_module,
        item,
        definition: definition_class,
    };
    (classes, collections)
}

/// What the machine asks Chef.
pub fn hooks() -> Hooks {
    Hooks {
        const_missing,
        require: super::require::require,
        preloaded: true,
        shell: super::commands::output,
        file: model::file,
        method_missing: |interp, recv, name, args| method_missing(interp, recv, name, args),
        frozen: |interp, value| attribute_collections::immutable_error(interp, value),
    }
}

/// Whether a recipe answers to a name: a resource's or a definition's.
fn declares(interp: &mut Interp, _: Value, args: &Args) -> R {
    let Some(name) = interp.text_or_sym(args.get(0)).map(str::to_owned) else {
        return Ok(Value::FALSE);
    };
    let defined = run(interp).definitions.contains_key(&name);
    Ok((defined || resource::class_for(interp, &name).is_some()).into())
}

fn quiet(_: &mut Interp, _: Value, _: &Args) -> R {
    Ok(Value::NIL)
}

/// Settings that are the same on every client; others are the node's own.
fn config(interp: &mut Interp, _: Value, args: &Args) -> R {
    let name = interp.to_text(args.get(0))?;
    Ok(match name.as_str() {
        "solo" | "solo_legacy_mode" | "local_mode" | "why_run" | "minimal_ohai" => Value::FALSE,
        "file_cache_path" => interp.str("/var/chef/cache"),
        "file_backup_path" => interp.str("/var/chef/backup"),
        "node_name" => {
            let name = run(interp).node.name.clone();
            interp.str(name)
        }
        "encrypted_data_bag_secret" if run(interp).options.secret.is_some() => {
            interp.str(data_bag::SECRET_PATH)
        }
        _ => interp.outside(format!("Chef::Config[:{name}]")),
    })
}

/// `Chef::Config.name`; a setting is not written here.
fn setting(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = interp.to_text(args.get(0))?;
    if name.ends_with('=') {
        return Ok(args.get(1));
    }
    let name = interp.str(name.trim_end_matches('?'));
    config(interp, this, &Args::of(&[name]))
}

fn fatal(interp: &mut Interp, _: Value, args: &Args) -> R {
    let message = interp.to_text(args.get(0))?;
    Err(interp.error(interp.core.system_exit, message))
}

fn load_node(interp: &mut Interp, _: Value, args: &Args) -> R {
    let name = interp.to_text(args.get(0))?;
    let view = run(interp).index.clone();
    match view.view().document("node", &name) {
        Some(document) => {
            run(interp).reads.insert(name, Reads::All);
            Ok(node::other(interp, document, Default::default()))
        }
        None => Err(dsl::http_error(interp, 404, "Not Found")),
    }
}

fn load_bag(interp: &mut Interp, this: Value, args: &Args) -> R {
    let names = data_bag::list(interp, this, args)?;
    let mut hash = crate::ruby::object::Hash::default();
    for name in interp
        .array_items(names)
        .map(<[Value]>::to_vec)
        .unwrap_or_default()
    {
        let key = interp.key(name)?;
        hash.map.insert(key, (name, Value::NIL));
    }
    Ok(interp.hash(hash))
}

fn bags(interp: &mut Interp, _: Value, _: &Args) -> R {
    let names: Vec<String> = run(interp).repository.data_bags.keys().cloned().collect();
    let mut hash = crate::ruby::object::Hash::default();
    for name in names {
        let value = interp.str(name.as_str());
        hash.map
            .insert(Key::Str(name.as_str().into()), (value, Value::NIL));
    }
    Ok(interp.hash(hash))
}

/// Libraries whose every answer is the world's, and what of it.
const WORLD: &[(&str, &str)] = &[
    ("AWS", "the network of the node"),
    ("Aws", "the network of the node"),
    ("Etc", "the users of the node"),
    ("Excon", "the network of the node"),
    ("FileUtils", "the files of the node"),
    ("Fog", "the network of the node"),
    ("GC", "the Ruby that runs Chef"),
    ("HTTParty", "the network of the node"),
    ("IPSocket", "the network of the node"),
    ("Mysql", "the network of the node"),
    ("Mysql2", "the network of the node"),
    ("ObjectSpace", "the Ruby that runs Chef"),
    ("Ohai", "what Ohai finds"),
    ("Open3", "the output of a command"),
    ("PG", "the network of the node"),
    ("Process", "the processes of the node"),
    ("RUBY_PATCHLEVEL", "the Ruby that runs Chef"),
    ("RUBY_PLATFORM", "the Ruby that runs Chef"),
    ("RUBY_VERSION", "the Ruby that runs Chef"),
    ("RbConfig", "the Ruby that runs Chef"),
    ("Resolv", "the network of the node"),
    ("RestClient", "the network of the node"),
    ("SecureRandom", "a random value"),
    ("Signal", "the processes of the node"),
    ("Socket", "the network of the node"),
    ("TCPServer", "the network of the node"),
    ("TCPSocket", "the network of the node"),
    ("Tempfile", "the files of the node"),
    ("Tmpdir", "the files of the node"),
    ("Train", "the network of the node"),
    ("UNIXSocket", "the network of the node"),
    ("WIN32OLE", "Windows"),
    ("Win32", "Windows"),
    ("Winrm", "the network of the node"),
    ("Chef::HTTP", "what the Chef server answers"),
    ("Chef::REST", "what the Chef server answers"),
    ("Chef::ServerAPI", "what the Chef server answers"),
    ("Chef::Util", "the files of the node"),
    ("Net::HTTP", "the network of the node"),
    ("Net::SSH", "the network of the node"),
];

/// `REXML::Document.new(text)`: what an unknown text gives is unknown for the text's reason.
static XML: &[Builtin] = &[def("new", 0, -1, |i, _, a| {
    let text = a.get(0);
    let known = i.unknown_or_hole(text).is_none() && i.unknown_of(text).is_none();
    Ok(match known {
        true => i.unsupported("REXML is not modelled"),
        false => text,
    })
})
.takes_unknown()];
static XML_TABLE: Table = LazyLock::new(|| table(XML));

/// Gems and parts of the standard library that Chef itself has loaded and that are not modelled.
const OUTSIDE: &[&str] = &[
    "Benchmark",
    "Bundler",
    "CSV",
    "Dir",
    "FFI",
    "FFI_Yajl",
    "File",
    "FileTest",
    "Gem",
    "IO",
    "JSON",
    "Kconv",
    "Logger",
    "Marshal",
    "Math",
    "Mutex",
    "OpenSSL",
    "OptionParser",
    "PP",
    "Random",
    "ARGV",
    "StringScanner",
    "Thread",
    "Timeout",
    "Zlib",
    "ChefConfig",
    "Erubis",
    "Dsl",
    "STDIN",
    "STDOUT",
    "STDERR",
    "Errno",
    "DelegateClass",
    "Monitor",
    "Queue",
    "Plist",
    "Licensing",
    "Inspec",
    "Nokogiri",
];

/// Modules whose methods are among those of the recipe DSL.
const DSL_MODULES: &[&str] = &[
    "::ChefVault",
    "::DataQuery",
    "::DeclareResource",
    "::IncludeAttribute",
    "::IncludeRecipe",
    "::PlatformIntrospection",
    "::PowershellOut",
    "::RebootPending",
    "::RegistryHelper",
    "::ShellOut",
    "::Universal",
];

fn const_missing(interp: &mut Interp, scope: ClassId, name: Name) -> R<Option<Value>> {
    let text = name.as_str();
    let full = if scope == interp.core.object {
        text.to_owned()
    } else {
        format!("{}::{text}", interp.class_name(scope))
    };
    if full == "Chef::VERSION" {
        let version = dsl::client_version(interp);
        let version = interp.str(version);
        return super::introspection::version_string(interp, version).map(Some);
    }
    if let Some(value) = super::introspection::constant(interp, &full) {
        return Ok(Some(value));
    }
    if let Some(short) = full.strip_prefix("Chef::Exceptions::") {
        let class = super::error_class(interp, short);
        return Ok(Some(interp.class_value(class)));
    }
    if let Some(short) = full.strip_prefix("Chef::Resource::") {
        let snake = snake(short);
        let core = super::resource_table::by_class(&full)
            .or_else(|| super::resource_table::lookup(&snake));
        if let Some(core) = core {
            let class = resource::core_class(interp, core);
            return Ok(Some(interp.class_value(class)));
        }
    }
    if text == "REXML" {
        let object = interp.core.object;
        let module = interp.define_module("REXML");
        let document = interp.define_class("REXML::Document", object);
        interp.add_static(document, &XML_TABLE);
        return Ok(Some(interp.class_value(module)));
    }
    // What the library before this hook has a model of never comes here.
    if let Some((_, reason)) = WORLD
        .iter()
        .find(|(name, _)| *name == full || *name == text)
    {
        return Ok(Some(interp.outside(*reason)));
    }
    if full.starts_with("Chef::Mixin::") || full.starts_with("Chef::DSL::") {
        let module = interp.define_module(&full);
        let is_dsl = DSL_MODULES.iter().any(|own| full.ends_with(own));
        if is_dsl {
            let dsl = run(interp).classes.dsl;
            interp.include(module, dsl);
        }
        // Where Chef's own list has its methods, what it lacks is missing.
        if !is_dsl && !super::known::lists(&full) {
            let id = interp.unknowns.add_quietly(Unknown {
                cause: Cause::Unsupported,
                reason: format!("{full} is not modelled"),
                location: None,
            });
            interp.classes.get_mut(module).opaque = Some(id);
        }
        return Ok(Some(interp.class_value(module)));
    }
    if ["Chef::", "ChefVault::", "Mixlib::", "Net::", "REXML::"]
        .iter()
        .any(|own| full.starts_with(own))
    {
        if let Some(short) = full.strip_prefix("Chef::Provider::") {
            // Cookbooks may reopen or inherit from Chef's own providers, whose methods are not known here.
            let first = short.split("::").next().unwrap_or("");
            if super::resource_table::lookup(&snake(first)).is_none() {
                return Ok(None);
            }
            let parent = run(interp).classes.provider;
            let class = interp.define_class(&full, parent);
            let id = interp.unknowns.add_quietly(Unknown {
                cause: Cause::Unsupported,
                reason: format!("{full} is not modelled"),
                location: None,
            });
            interp.classes.get_mut(class).opaque = Some(id);
            return Ok(Some(interp.class_value(class)));
        }
        return Ok(Some(interp.unsupported(format!("{full} is not modelled"))));
    }
    if scope == interp.core.object || interp.classes.get(scope).name.is_some() {
        if OUTSIDE.contains(&text) || crate::ruby::builtin::known::is_constant(text) {
            return Ok(Some(interp.unsupported(format!("{text} is not modelled"))));
        }
        if let Some(gem) = super::require::unmodelled(interp) {
            return Ok(Some(
                interp.unsupported(format!("{full}, which may come from {gem}")),
            ));
        }
    }
    Ok(None)
}

fn snake(camel: &str) -> String {
    let mut out = String::new();
    for (i, c) in camel.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// Resources, definitions and platform predicates, for whatever has the DSL.
fn method_missing(interp: &mut Interp, recv: Value, name: Name, args: &Args) -> R<Option<Value>> {
    if let Some(value) = of_the_dsl(interp, recv, name, args)? {
        return Ok(Some(value));
    }
    if let Some(value) = super::known::stand_in(interp, recv, name, args)? {
        return Ok(Some(value));
    }
    super::require::added(interp, recv, name)
}

fn of_the_dsl(interp: &mut Interp, recv: Value, name: Name, args: &Args) -> R<Option<Value>> {
    if let Some(value) = definition::parameter(interp, recv, name, args)? {
        return Ok(Some(value));
    }
    let classes = run(interp).classes;
    let has_dsl = interp.is_a(recv, classes.dsl);
    if !has_dsl {
        return match super::introspection::answers(interp, recv) {
            true => super::introspection::answer(interp, name, args),
            false => Ok(None),
        };
    }
    if (interp.is_a(recv, classes.recipe) || interp.is_a(recv, classes.provider))
        && let Some(value) = resource::call(interp, recv, name, args)?
    {
        return Ok(Some(value));
    }
    if let Some(value) = super::introspection::answer(interp, name, args)? {
        return Ok(Some(value));
    }
    // A resource, definition or helper of a cookbook that is not here.
    if !run(interp).elsewhere.is_empty()
        && let Some(source) = super::require::unmodelled(interp)
    {
        return Ok(Some(
            interp.outside(format!("`{name}`, which may come from {source}")),
        ));
    }
    Ok(None)
}

/// Missing keys of the hashes of a level are unknown from here on.
pub fn open_ended(interp: &mut Interp, level: Level) {
    let Some(unknown) = run(interp).attributes.missing_automatic else {
        return;
    };
    let root = run(interp).attributes.level(level);
    let children: Vec<Value> = interp
        .hash_data(root)
        .map(|h| h.map.values().map(|(_, v)| *v).collect())
        .unwrap_or_default();
    for child in children {
        attribute_view::open_end(interp, child, unknown);
    }
}
