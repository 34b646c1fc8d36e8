//! The questions of ChefUtils about a node: its platform, its machine, where it runs.
//!
//! What a node object tells is answered from it. What Chef looks up on the machine itself (files, its environment)
//! is unknown, unless an attribute says the same.

use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::node;
use super::platform;
use super::run::run;
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::{ClassId, Table};
use crate::ruby::env::Args;
use crate::ruby::flow::R;
use crate::ruby::object::{Data, Str};
use crate::ruby::value::{Kind, Value};

/// How a question is answered, where the platform tables do not.
enum Ask {
    /// The node has this attribute.
    Key(&'static str),
    /// `virtualization.system` and `virtualization.role` are these.
    Virtual(&'static str, &'static str),
    Role(&'static str),
    NotRole(&'static str),
    /// VMware's product.
    VmWare(&'static str),
    /// An environment variable of the client is set.
    Environment(&'static str),
    /// Something of the machine that no attribute tells.
    Machine(&'static str),
    /// A file of the machine, by `File`'s method of this name.
    File(&'static str),
}

const QUESTIONS: &[(&str, Ask)] = &[
    ("alibaba?", Ask::Key("alibaba")),
    ("azure?", Ask::Key("azure")),
    ("cloud?", Ask::Key("cloud")),
    ("digital_ocean?", Ask::Key("digital_ocean")),
    ("digitalocean?", Ask::Key("digital_ocean")),
    ("ec2?", Ask::Key("ec2")),
    ("euca?", Ask::Key("eucalyptus")),
    ("eucalyptus?", Ask::Key("eucalyptus")),
    ("gce?", Ask::Key("gce")),
    ("linode?", Ask::Key("linode")),
    ("openstack?", Ask::Key("openstack")),
    ("rackspace?", Ask::Key("rackspace")),
    ("softlayer?", Ask::Key("softlayer")),
    ("hyperv?", Ask::Virtual("hyperv", "guest")),
    ("kvm?", Ask::Virtual("kvm", "guest")),
    ("kvm_host?", Ask::Virtual("kvm", "host")),
    ("lxc?", Ask::Virtual("lxc", "guest")),
    ("lxc_host?", Ask::Virtual("lxc", "host")),
    ("openvz?", Ask::Virtual("openvz", "guest")),
    ("openvz_host?", Ask::Virtual("openvz", "host")),
    ("parallels?", Ask::Virtual("parallels", "guest")),
    ("parallels_host?", Ask::Virtual("parallels", "host")),
    ("vbox?", Ask::Virtual("vbox", "guest")),
    ("vbox_host?", Ask::Virtual("vbox", "host")),
    ("virtualbox?", Ask::Virtual("vbox", "guest")),
    ("vmware?", Ask::Virtual("vmware", "guest")),
    ("vmware_host?", Ask::Virtual("vmware", "host")),
    ("vmware_desktop?", Ask::VmWare("vmware_desktop")),
    ("vmware_vsphere?", Ask::VmWare("vmware_vsphere")),
    ("guest?", Ask::Role("guest")),
    ("virtual?", Ask::Role("guest")),
    ("hypervisor?", Ask::Role("host")),
    ("physical?", Ask::NotRole("guest")),
    ("ci?", Ask::Environment("CI")),
    ("kitchen?", Ask::Environment("TEST_KITCHEN")),
    ("debianrcd?", Ask::Machine("whether update-rc.d is there")),
    ("invokercd?", Ask::Machine("whether invoke-rc.d is there")),
    ("upstart?", Ask::Machine("whether upstart is there")),
    ("insserv?", Ask::Machine("whether insserv is there")),
    ("redhatrcd?", Ask::Machine("whether chkconfig is there")),
    (
        "has_systemd_service_unit?",
        Ask::Machine("the systemd units of the node"),
    ),
    (
        "has_systemd_unit?",
        Ask::Machine("the systemd units of the node"),
    ),
    (
        "service_script_exist?",
        Ask::Machine("the service scripts of the node"),
    ),
    ("sanitized_path", Ask::Machine("the client's PATH")),
    ("default_paths", Ask::Machine("the client's PATH")),
    ("file_exist?", Ask::File("exist?")),
    ("file_directory?", Ask::File("directory?")),
    ("dir_exist?", Ask::File("directory?")),
    ("file_read", Ask::File("read")),
    ("file_open", Ask::File("open")),
];

/// Answers a question of ChefUtils' DSL; `None` where it has none of this name. A node may be given as the argument.
pub fn answer(interp: &mut Interp, name: Name, args: &Args) -> R<Option<Value>> {
    let text = name.as_str();
    let this = match args.opt(0) {
        Some(given) if is_node(interp, given) => given,
        _ => run(interp).node_value,
    };
    if let Some(predicate) = platform::predicate(text) {
        let path: &[&str] = match predicate.fact {
            platform::Fact::Machine => &["kernel", "machine"],
            platform::Fact::Name => &["platform"],
            platform::Fact::Family => &["platform_family"],
            platform::Fact::Os => &["os"],
        };
        let value = read(interp, this, path)?;
        return Ok(Some(match value.unknown() {
            Some(_) => value,
            None => predicate.answer(interp.text(value)).into(),
        }));
    }
    if let Some(major) = platform::rhel_predicate(text) {
        let family = is(interp, this, &["platform_family"], "rhel")?;
        let version = read(interp, this, &["platform_version"])?;
        let fits = match version.unknown() {
            Some(_) => version,
            None => {
                let first = interp.text(version).and_then(|v| v.split('.').next());
                (first.and_then(|v| v.parse().ok()) == Some(major)).into()
            }
        };
        return Ok(Some(both(family, fits)));
    }
    let ask = QUESTIONS.iter().find(|(n, _)| *n == text).map(|(_, a)| a);
    if let Some(ask) = ask {
        return asked(interp, this, ask, args).map(Some);
    }
    Ok(Some(match text {
        "docker?" => is(
            interp,
            this,
            &["virtualization", "systems", "docker"],
            "guest",
        )?,
        "effortless?" => {
            let value = read(interp, this, &["chef_packages", "chef", "chef_effortless"])?;
            truth(value)
        }
        // Ohai reads the same file for its attribute.
        "systemd?" => match read(interp, this, &["init_package"])? {
            value if value.is_nil() => interp.outside("the first process of the node"),
            _ => is(interp, this, &["init_package"], "systemd")?,
        },
        "includes_recipe?" | "include_recipe?" => interp.call(this, "recipe?", &[args.get(0)])?,
        "vagrant?" => {
            let key = asked(interp, this, &Ask::Key("vagrant"), args)?;
            let domain = read(interp, this, &["domain"])?;
            let domain = match domain.unknown() {
                Some(_) => domain,
                None => interp
                    .text(domain)
                    .is_some_and(|d| d.contains("vagrantup.com"))
                    .into(),
            };
            if key.truthy() == Some(true) || domain.truthy() == Some(true) {
                Value::TRUE
            } else {
                interp.outside("whether the node has a user vagrant")
            }
        }
        "platform_version" => {
            let version = read(interp, this, &["platform_version"])?;
            version_string(interp, version)?
        }
        "which" | "where" => {
            if let Some(id) = interp.unknown_of(args.get(0)) {
                return Ok(Some(id.into()));
            }
            let program = interp.to_text(args.get(0))?;
            let program = interp.show_holes(&program);
            interp.outside(format!("where the program {program} is on the node"))
        }
        _ => return Ok(None),
    }))
}

fn is_node(interp: &mut Interp, value: Value) -> bool {
    let class = run(interp).classes.node;
    value.obj().is_some() && interp.is_a(value, class)
}

fn asked(interp: &mut Interp, this: Value, ask: &Ask, args: &Args) -> R {
    match ask {
        Ask::Key(key) => {
            let value = read(interp, this, &[key])?;
            Ok(match value.unknown() {
                Some(_) => value,
                None => (!value.is_nil()).into(),
            })
        }
        Ask::Virtual(system, role) => {
            let system = is(interp, this, &["virtualization", "system"], system)?;
            let role = is(interp, this, &["virtualization", "role"], role)?;
            Ok(both(system, role))
        }
        Ask::Role(role) => is(interp, this, &["virtualization", "role"], role),
        Ask::NotRole(role) => {
            let value = is(interp, this, &["virtualization", "role"], role)?;
            Ok(value.truthy().map_or(value, |truth| (!truth).into()))
        }
        Ask::VmWare(product) => {
            let system = is(interp, this, &["virtualization", "system"], "vmware")?;
            let product = is(interp, this, &["vmware", "host", "type"], product)?;
            Ok(both(system, product))
        }
        Ask::Environment(name) => {
            let name = interp.str(*name);
            let env = interp
                .class_by_path("ENV")
                .map(|class| interp.class_value(class));
            interp.call(env.unwrap_or(Value::NIL), "key?", &[name])
        }
        Ask::Machine(reason) => Ok(interp.outside(*reason)),
        Ask::File(method) => {
            let file = interp
                .class_by_path("File")
                .map(|class| interp.class_value(class));
            match file {
                Some(file) => interp.call(file, method, &args.list),
                None => Ok(interp.outside("the node's files")),
            }
        }
    }
}

/// A nested attribute of a node; nil where it has none, unknown where that cannot be told.
fn read(interp: &mut Interp, this: Value, path: &[&str]) -> R {
    let Some((first, rest)) = path.split_first() else {
        return Ok(Value::NIL);
    };
    let value = node::top(interp, this, first);
    if value.unknown().is_some() {
        return Ok(value);
    }
    let keys: Vec<Value> = rest.iter().map(|key| interp.str(*key)).collect();
    Ok(super::attribute_collections::walk(interp, value, &keys)?.unwrap_or(Value::NIL))
}

/// Whether a nested attribute has a value.
fn is(interp: &mut Interp, this: Value, path: &[&str], wanted: &str) -> R {
    let value = read(interp, this, path)?;
    Ok(match value.unknown() {
        Some(_) => value,
        None => (interp.text(value) == Some(wanted)).into(),
    })
}

/// `a && b`, known where one of them is known to be false.
fn both(a: Value, b: Value) -> Value {
    match (a.truthy(), b.truthy()) {
        (Some(false), _) | (_, Some(false)) => Value::FALSE,
        (None, _) => a,
        (_, None) => b,
        _ => Value::TRUE,
    }
}

fn truth(value: Value) -> Value {
    value.truthy().map_or(value, Value::from)
}

static VERSION: &[Builtin] = &[
    def("<=>", 1, 1, |i, v, a| compare(i, v, a, "<=>")),
    def("==", 1, 1, |i, v, a| compare(i, v, a, "==")),
    def("<", 1, 1, |i, v, a| compare(i, v, a, "<")),
    def("<=", 1, 1, |i, v, a| compare(i, v, a, "<=")),
    def(">", 1, 1, |i, v, a| compare(i, v, a, ">")),
    def(">=", 1, 1, |i, v, a| compare(i, v, a, ">=")),
];
static VERSION_TABLE: Table = LazyLock::new(|| table(VERSION));

/// A text that compares as a version (`ChefUtils::VersionString`).
///
/// # Errors
/// Where the text of the value cannot be had.
pub fn version_string(interp: &mut Interp, value: Value) -> R {
    if interp.unknown_of(value).is_some() {
        return Ok(value);
    }
    let text = interp.to_text(value)?;
    let class = version_class(interp);
    let data = Data::Str(Str {
        text,
        encoding: crate::ruby::encoding::Encoding::Utf8,
    });
    let object: Value = interp.alloc(class, data).into();
    Ok(object.with_origin(value.origin))
}

/// `ChefUtils::VersionString`, made on first use.
pub fn version_class(interp: &mut Interp) -> ClassId {
    const PATH: &str = "ChefUtils::VersionString";
    match interp.class_by_path(PATH) {
        Some(class) => class,
        None => {
            let class = interp.define_class(PATH, interp.core.string);
            interp.add_methods(class, &VERSION_TABLE);
            class
        }
    }
}

fn compare(interp: &mut Interp, this: Value, args: &Args, operator: &str) -> R {
    let mut sides = Vec::new();
    for side in [this, args.get(0)] {
        let text = interp.to_text(side)?;
        let text = interp.str(text);
        let gem = interp.const_in(interp.core.object, Name::new("Gem"))?;
        let gem = interp.as_class(gem).unwrap_or(interp.core.object);
        let gem = interp.const_in(gem, Name::new("Version"))?;
        sides.push(interp.call(gem, "new", &[text])?);
    }
    match sides.as_slice() {
        [a, b] => interp.call(*a, operator, &[*b]),
        _ => Ok(Value::NIL),
    }
}

/// Names of products and programs, as `ChefUtils::Dist` and the older `Chef::Dist` have them.
const NAMES: &[(&str, &str)] = &[
    ("ChefUtils::Dist::Apply::PRODUCT", "Chef Infra Apply"),
    ("ChefUtils::Dist::Automate::PRODUCT", "Chef Automate"),
    ("ChefUtils::Dist::Habitat::PRODUCT", "Chef Habitat"),
    ("ChefUtils::Dist::Habitat::SHORT", "habitat"),
    ("ChefUtils::Dist::Habitat::EXEC", "hab"),
    ("ChefUtils::Dist::Infra::PRODUCT", "Chef Infra Client"),
    ("ChefUtils::Dist::Infra::SHORT", "chef"),
    ("ChefUtils::Dist::Infra::CLIENT", "chef-client"),
    ("ChefUtils::Dist::Infra::EXEC", "chef"),
    ("ChefUtils::Dist::Infra::SHELL", "chef-shell"),
    ("ChefUtils::Dist::Infra::USER_CONF_DIR", ".chef"),
    ("ChefUtils::Dist::Infra::DIR_SUFFIX", "chef"),
    ("ChefUtils::Dist::Infra::GEM", "chef"),
    ("ChefUtils::Dist::Inspec::PRODUCT", "Chef InSpec"),
    ("ChefUtils::Dist::Inspec::EXEC", "inspec"),
    ("ChefUtils::Dist::Org::WEBSITE", "https://chef.io"),
    ("ChefUtils::Dist::Org::LEGACY_CONF_DIR", "opscode"),
    ("ChefUtils::Dist::Org::PRODUCT", "Chef Infra"),
    ("ChefUtils::Dist::Server::PRODUCT", "Chef Infra Server"),
    ("ChefUtils::Dist::Server::CONF_DIR", "/etc/chef-server"),
    ("ChefUtils::Dist::Server::SERVER", "chef-server"),
    ("ChefUtils::Dist::Server::SERVER_CTL", "chef-server-ctl"),
    ("ChefUtils::Dist::Solo::PRODUCT", "Chef Infra Solo"),
    ("ChefUtils::Dist::Solo::EXEC", "chef-solo"),
    ("ChefUtils::Dist::Workstation::PRODUCT", "Chef Workstation"),
    ("ChefUtils::Dist::Zero::PRODUCT", "Chef Infra Zero"),
    ("ChefUtils::Dist::Zero::EXEC", "chef-zero"),
    ("ChefUtils::VERSION", "18.11.21"),
    ("ChefUtils::CANARY", "1"),
];

/// Modules of ChefUtils, each of which answers all questions.
const MODULES: &[&str] = &[
    "ChefUtils",
    "ChefUtils::DSL",
    "ChefUtils::DSL::Architecture",
    "ChefUtils::DSL::Cloud",
    "ChefUtils::DSL::DefaultPaths",
    "ChefUtils::DSL::Introspection",
    "ChefUtils::DSL::OS",
    "ChefUtils::DSL::PathSanity",
    "ChefUtils::DSL::Platform",
    "ChefUtils::DSL::PlatformFamily",
    "ChefUtils::DSL::PlatformVersion",
    "ChefUtils::DSL::Service",
    "ChefUtils::DSL::TrainHelpers",
    "ChefUtils::DSL::Virtualization",
    "ChefUtils::DSL::Which",
    "ChefUtils::DSL::Windows",
    "ChefUtils::Dist",
    "ChefUtils::Dist::Apply",
    "ChefUtils::Dist::Automate",
    "ChefUtils::Dist::Habitat",
    "ChefUtils::Dist::Infra",
    "ChefUtils::Dist::Inspec",
    "ChefUtils::Dist::Org",
    "ChefUtils::Dist::Server",
    "ChefUtils::Dist::Solo",
    "ChefUtils::Dist::Workstation",
    "ChefUtils::Dist::Zero",
];

/// Constants of ChefUtils by their full name.
pub fn constant(interp: &mut Interp, full: &str) -> Option<Value> {
    if let Some((_, text)) = NAMES.iter().find(|(name, _)| *name == full) {
        return Some(interp.str(*text));
    }
    if full == "ChefUtils::VersionString" || full == "Chef::VersionString" {
        let class = version_class(interp);
        return Some(interp.class_value(class));
    }
    if full == "ChefUtils::Mash" {
        let class = run(interp).attributes.classes.mash;
        return Some(interp.class_value(class));
    }
    MODULES.contains(&full).then(|| {
        let module = interp.define_module(full);
        interp.class_value(module)
    })
}

/// Whether a value is one of ChefUtils' modules or includes one, so that it answers.
pub fn answers(interp: &mut Interp, recv: Value) -> bool {
    let own = |interp: &Interp, class: ClassId| interp.class_name(class).starts_with("ChefUtils");
    if let Some(class) = interp.as_class(recv)
        && own(interp, class)
    {
        return true;
    }
    if !matches!(recv.kind, Kind::Obj(_)) {
        return false;
    }
    let class = interp.class_of(recv);
    let ancestors = interp.classes.ancestors(class);
    ancestors.iter().any(|c| own(interp, *c))
}
