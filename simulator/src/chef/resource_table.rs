//! The resources that come with Chef: their properties, actions, and which one a name means on a platform.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use crate::hash::HashMap;
use serde_json::Value as Json;

use super::platform::Platform;
use super::property_check::Simple;
use super::version::{Flavour, Version};

/// One built-in resource.
#[derive(Debug)]
pub struct ResourceType {
    pub name: &'static str,
    /// Full class name, such as `Chef::Resource::AptPackage`.
    pub class: String,
    pub superclass: String,
    /// The default action first; `nothing` is left out.
    pub actions: Vec<&'static str>,
    /// Methods besides properties that a declaration may call, such as a template's `source`.
    pub methods: Vec<&'static str>,
    pub properties: BTreeMap<&'static str, Property>,
}

#[derive(Clone, Debug, Default)]
pub struct Property {
    /// Ruby classes, and values where a property allows single ones (`true`, `:quiet`); empty allows all.
    pub types: Vec<&'static str>,
    pub name_property: bool,
    pub required: Required,
    pub identity: bool,
    /// Chef converts what is given before it checks it, so that other types may do too.
    pub coerced: bool,
    pub sensitive: bool,
    pub deprecated: bool,
    pub default: DefaultValue,
    pub equal_to: Vec<Literal>,
    /// Ruby patterns, one of which must match.
    pub patterns: Vec<String>,
    /// The patterns as the engine has them, made at the first check.
    matchers: OnceLock<Vec<fancy_regex::Regex>>,
    /// How many lists the class has around its patterns, which its messages print.
    pub pattern_lists: usize,
    /// What Chef says of a value that it refuses, in place of the usual words.
    pub message: Option<String>,
}

/// When a property must be set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Required {
    #[default]
    Never,
    Always,
    /// For these actions.
    For(Vec<&'static str>),
}

/// The value of a property that nobody sets.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum DefaultValue {
    #[default]
    None,
    Value(Json),
    /// Computed on the node.
    Computed,
}

/// An allowed value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    Symbol(String),
    String(String),
    Integer(i64),
    Bool(bool),
}

impl Literal {
    #[must_use]
    pub fn simple(&self) -> Simple<'_> {
        match self {
            Self::Symbol(s) => Simple::Symbol(s),
            Self::String(s) => Simple::String(s),
            Self::Integer(n) => Simple::Integer(*n),
            Self::Bool(b) => Simple::Bool(*b),
        }
    }

    fn parse(text: &str) -> Self {
        if let Some(symbol) = text.strip_prefix(':') {
            Self::Symbol(symbol.to_owned())
        } else if let Ok(n) = text.parse() {
            Self::Integer(n)
        } else if let Ok(b) = text.parse() {
            Self::Bool(b)
        } else {
            Self::String(text.trim_matches('"').to_owned())
        }
    }
}

impl Property {
    /// Whether one of the patterns matches; true where there is none, or one is beyond the engine.
    #[must_use]
    pub fn fits_pattern(&self, text: &str) -> bool {
        let matchers = self.matchers.get_or_init(|| {
            // Ruby's ^ and $ are those of lines.
            let compiled = |p: &String| {
                let p = p.replace(r"\0", r"\x00");
                fancy_regex::Regex::new(&format!("(?m:{p})")).ok()
            };
            let all: Option<Vec<_>> = self.patterns.iter().map(compiled).collect();
            all.unwrap_or_default()
        });
        matchers.is_empty() || matchers.iter().any(|p| p.is_match(text).unwrap_or(true))
    }
}

impl Property {
    /// Whether what it takes for a word is a symbol.
    #[must_use]
    pub fn takes_symbols_only(&self) -> bool {
        let of_values = !self.equal_to.is_empty()
            && self
                .equal_to
                .iter()
                .all(|l| matches!(l, Literal::Symbol(_)));
        !self.types.contains(&"String") && (self.types.contains(&"Symbol") || of_values)
    }
}

impl ResourceType {
    #[must_use]
    pub fn default_action(&self) -> &'static str {
        self.actions.first().copied().unwrap_or("nothing")
    }

    /// Whether the resource has an action; every resource has `nothing`.
    #[must_use]
    pub fn has_action(&self, action: &str) -> bool {
        action == "nothing" || self.actions.contains(&action)
    }

    #[must_use]
    pub fn has_property(&self, name: &str) -> bool {
        self.properties.contains_key(name)
    }

    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties.get(name)
    }

    /// The property that takes the resource's name where it is not set.
    #[must_use]
    pub fn name_property(&self) -> Option<&'static str> {
        self.properties
            .iter()
            .find(|(_, p)| p.name_property)
            .map(|(name, _)| *name)
    }
}

/// Other names of properties, which Chef's classes declare with `alias`: resource, other name, property.
const ALIASES: &[(&str, &str, &str)] = &[
    ("archive_file", "extract_options", "options"),
    ("archive_file", "extract_to", "destination"),
    ("chef_handler", "supports", "type"),
    ("directory", "user", "owner"),
    ("execute", "env", "environment"),
    ("file", "user", "owner"),
    ("git", "reference", "revision"),
    ("group", "users", "members"),
    ("link", "user", "owner"),
    ("powershell_package_source", "url", "source_location"),
    ("remote_directory", "user", "owner"),
    ("remote_file", "use_etags", "use_etag"),
    ("selinux_state", "temporary", "persistent"),
    ("sudo", "group", "groups"),
    ("sudo", "user", "users"),
    ("user", "group", "gid"),
    ("windows_auto_run", "program", "path"),
    ("windows_certificate", "cert_path", "output_path"),
    ("windows_firewall_rule", "interfacetype", "interface_type"),
    ("windows_firewall_rule", "localip", "local_address"),
    ("windows_firewall_rule", "localport", "local_port"),
    ("windows_firewall_rule", "remoteip", "remote_address"),
    ("windows_firewall_rule", "remoteport", "remote_port"),
    ("yum_repository", "keyurl", "gpgkey"),
    ("yum_repository", "mirrorexpire", "mirror_expire"),
    ("yum_repository", "url", "baseurl"),
    ("zypper_repository", "key", "gpgkey"),
    ("zypper_repository", "uri", "baseurl"),
];

impl ResourceType {
    /// The property that another name of it means.
    #[must_use]
    pub fn alias(&self, name: &str) -> Option<&'static str> {
        let found =
            |(resource, other, _): &&(&str, &str, &str)| *resource == self.name && *other == name;
        ALIASES.iter().find(found).map(|(_, _, property)| *property)
    }
}

static TABLE: LazyLock<BTreeMap<&'static str, ResourceType>> =
    LazyLock::new(|| parse(include_str!("resources.tsv")));

/// Properties of every resource, unless it says otherwise.
const COMMON: &str = "\tname\tString\trc
\tcompile_time\tTrueClass FalseClass\t\tfalse
\tignore_failure\ttrue false :quiet \"quiet\"\t\tfalse
\tretries\tInteger\t\t0
\tretry_delay\tInteger\t\t2
\tsensitive\tTrueClass FalseClass\t\tfalse
\tumask\tString Integer";

fn parse(text: &'static str) -> BTreeMap<&'static str, ResourceType> {
    let common: BTreeMap<_, _> = COMMON.lines().filter_map(parse_property).collect();
    let mut table = BTreeMap::new();
    let mut current: Option<ResourceType> = None;
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        if line.starts_with('\t') {
            if let (Some(resource), Some((name, property))) = (&mut current, parse_property(line)) {
                resource.properties.insert(name, property);
            }
        } else {
            table.extend(current.take().map(|r| (r.name, r)));
            current = parse_resource(line, &common);
        }
    }
    table.extend(current.map(|r| (r.name, r)));
    table
}

fn parse_resource(
    line: &'static str,
    common: &BTreeMap<&'static str, Property>,
) -> Option<ResourceType> {
    let mut fields = line.split('\t');
    let name = fields.next()?;
    let class = format!("Chef::Resource::{}", fields.next()?);
    let superclass = match fields.next()? {
        "Chef::Resource" => "Chef::Resource".to_owned(),
        other => format!("Chef::Resource::{other}"),
    };
    Some(ResourceType {
        name,
        class,
        superclass,
        actions: words(fields.next()),
        methods: words(fields.next()),
        properties: common.clone(),
    })
}

fn words(field: Option<&'static str>) -> Vec<&'static str> {
    field.unwrap_or_default().split_whitespace().collect()
}

fn parse_property(line: &'static str) -> Option<(&'static str, Property)> {
    let mut fields = line.split('\t').skip(1);
    let name = fields.next()?;
    let types = words(fields.next());
    let (flags, required_for) = match fields.next().unwrap_or_default() {
        flags if flags.contains("r:") => flags.split_once("r:")?,
        flags => (flags, ""),
    };
    let required = if !required_for.is_empty() {
        Required::For(required_for.split(',').collect())
    } else if flags.contains('r') {
        Required::Always
    } else {
        Required::Never
    };
    let default = match fields.next().unwrap_or_default() {
        "" => DefaultValue::None,
        "?" => DefaultValue::Computed,
        json => serde_json::from_str(json).map_or(DefaultValue::Computed, DefaultValue::Value),
    };
    let list = |field: Option<&str>| -> Vec<String> {
        serde_json::from_str(field.unwrap_or_default()).unwrap_or_default()
    };
    let equal_to = list(fields.next());
    let patterns = fields.next().unwrap_or_default();
    let pattern_lists = patterns.bytes().take_while(|b| *b == b'[').count();
    let message = fields
        .next()
        .and_then(|json| serde_json::from_str(json).ok());
    let property = Property {
        types,
        name_property: flags.contains('n'),
        required,
        identity: flags.contains('i'),
        coerced: flags.contains('c'),
        sensitive: flags.contains('s'),
        deprecated: flags.contains('d'),
        default,
        equal_to: equal_to.iter().map(|v| Literal::parse(v)).collect(),
        patterns: match serde_json::from_str::<String>(patterns) {
            Ok(one) => vec![one],
            Err(_) => match serde_json::from_str::<[Vec<String>; 1]>(patterns) {
                Ok([inner]) => inner,
                Err(_) => list(Some(patterns)),
            },
        },
        matchers: OnceLock::new(),
        pattern_lists,
        message,
    };
    Some((name, property))
}

/// A built-in resource by its own name; see [`resolve`] for names whose meaning depends on the platform.
#[must_use]
pub fn lookup(name: &str) -> Option<&'static ResourceType> {
    TABLE.get(name)
}

impl ResourceType {
    /// Whether a resource of this type has a method beside its properties, of its own or from a class above.
    #[must_use]
    pub fn has_method(&self, name: &str) -> bool {
        let above = |r: &&ResourceType| by_class(&r.superclass).map(|s| s as &ResourceType);
        std::iter::successors(Some(self), above).any(|r| r.methods.contains(&name))
    }
}

/// A built-in resource by its class's full name.
#[must_use]
pub fn by_class(class: &str) -> Option<&'static ResourceType> {
    static BY_CLASS: LazyLock<HashMap<&'static str, &'static ResourceType>> = LazyLock::new(|| {
        TABLE
            .values()
            .rev()
            .map(|r| (r.class.as_str(), r))
            .collect()
    });
    BY_CLASS.get(class).copied()
}

/// All names that a recipe can declare without any cookbook, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.keys().copied().chain(PROVIDES.iter().map(|p| p.name))
}

/// A `provides` line of a built-in resource: on nodes of this kind, `name` means `resource`.
struct Provides {
    name: &'static str,
    resource: &'static str,
    on: On,
}

/// Which nodes a [`Provides`] is for.
enum On {
    Everywhere,
    Os(&'static str),
    Families(&'static [&'static str]),
    Platforms(&'static [&'static str]),
    FamilySince(&'static str, u64),
    PlatformSince(&'static str, u64),
}

const fn provides(name: &'static str, resource: &'static str, on: On) -> Provides {
    Provides { name, resource, on }
}

/// The first line that fits wins. From the `provides` of Chef's resource classes; the one block among them
/// (Amazon Linux with a `dnf` command) is told by version.
const PROVIDES: &[Provides] = &[
    provides("package", "dnf_package", On::FamilySince("rhel", 8)),
    provides("package", "dnf_package", On::PlatformSince("fedora", 22)),
    provides("package", "dnf_package", On::PlatformSince("amazon", 2022)),
    provides(
        "package",
        "yum_package",
        On::Families(&["fedora", "rhel", "amazon"]),
    ),
    provides("package", "apt_package", On::Families(&["debian"])),
    provides("package", "zypper_package", On::Families(&["suse"])),
    provides("package", "freebsd_package", On::Platforms(&["freebsd"])),
    provides("package", "homebrew_package", On::Os("darwin")),
    provides("package", "ips_package", On::Os("solaris2")),
    provides("package", "openbsd_package", On::Os("openbsd")),
    provides("package", "smartos_package", On::Families(&["smartos"])),
    provides("package", "windows_package", On::Os("windows")),
    provides("service", "macosx_service", On::Os("darwin")),
    provides("service", "windows_service", On::Os("windows")),
    provides("user", "linux_user", On::Os("linux")),
    provides("user", "pw_user", On::Os("freebsd")),
    provides("user", "aix_user", On::Os("aix")),
    provides("user", "mac_user", On::Platforms(&["mac_os_x"])),
    provides(
        "user",
        "solaris_user",
        On::Platforms(&["solaris2", "omnios"]),
    ),
    provides("user", "windows_user", On::Os("windows")),
    provides("cron_manage", "cron_access", On::Everywhere),
    provides("env", "windows_env", On::Everywhere),
    provides("habitat_sup_systemd", "habitat_sup", On::Everywhere),
    provides("libarchive_file", "archive_file", On::Everywhere),
    provides(
        "mac_os_x_userdefaults",
        "macos_userdefaults",
        On::Everywhere,
    ),
    provides("openssl_rsa_key", "openssl_rsa_private_key", On::Everywhere),
    provides("openssl_x509", "openssl_x509_certificate", On::Everywhere),
    provides("sysctl_param", "sysctl", On::Everywhere),
    provides("zypper_repo", "zypper_repository", On::Everywhere),
];

fn since(platform: &Platform<'_>, major: u64) -> bool {
    platform
        .version
        .and_then(|v| Version::parse(v, Flavour::Platform).ok())
        .is_some_and(|v| v.major >= major)
}

impl On {
    fn matches(&self, node: &Platform<'_>) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Os(os) => node.os == Some(os),
            Self::Families(families) => node.family.is_some_and(|f| families.contains(&f)),
            Self::Platforms(names) => node.name.is_some_and(|n| names.contains(&n)),
            Self::FamilySince(family, major) => node.family == Some(family) && since(node, *major),
            Self::PlatformSince(name, major) => node.name == Some(name) && since(node, *major),
        }
    }
}

/// Resources that Chef has on one operating system only.
const ONLY_ON: &[(&str, &str)] = &[("launchd", "darwin"), ("powershell_script", "windows")];

/// The built-in resource that a name means on a platform. `user` is taken for Linux's where the platform is
/// not known, since every platform's user has what recipes set.
#[must_use]
pub fn resolve(name: &str, platform: &Platform<'_>) -> Option<&'static ResourceType> {
    let elsewhere = |os: &str| platform.os.is_some_and(|own| own != os);
    if ONLY_ON.iter().any(|(n, os)| *n == name && elsewhere(os)) {
        return None;
    }
    PROVIDES
        .iter()
        .find(|p| p.name == name && p.on.matches(platform))
        .and_then(|p| lookup(p.resource))
        .or_else(|| lookup(name))
        .or_else(|| (name == "user" && platform.name.is_none()).then(|| lookup("linux_user"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(
        name: &str,
        os: &'static str,
        platform: &'static str,
        version: &'static str,
    ) -> &'static str {
        let platform = Platform {
            os: Some(os),
            name: Some(platform),
            family: super::super::platform::family(platform),
            version: Some(version),
        };
        resolve(name, &platform).map_or("none", |r| r.name)
    }

    #[test]
    fn the_table_is_whole() {
        assert_eq!(TABLE.len(), 176);
        for p in PROVIDES {
            assert!(lookup(p.resource).is_some(), "{}", p.resource);
        }
    }

    #[test]
    fn names_mean_what_the_platform_makes_of_them() {
        insta::assert_snapshot!(meaning("package", "linux", "ubuntu", "22.04"), @"apt_package");
        insta::assert_snapshot!(meaning("package", "linux", "rocky", "9.3"), @"dnf_package");
        insta::assert_snapshot!(meaning("package", "linux", "centos", "7.9.2009"), @"yum_package");
        insta::assert_snapshot!(meaning("package", "linux", "opensuseleap", "15.5"), @"zypper_package");
        insta::assert_snapshot!(meaning("package", "freebsd", "freebsd", "13.2-RELEASE"), @"freebsd_package");
        insta::assert_snapshot!(meaning("user", "freebsd", "freebsd", "13.2-RELEASE"), @"pw_user");
        insta::assert_snapshot!(meaning("service", "linux", "ubuntu", "22.04"), @"service");
        insta::assert_snapshot!(meaning("launchd", "linux", "ubuntu", "22.04"), @"none");
        insta::assert_snapshot!(meaning("launchd", "darwin", "mac_os_x", "13.2"), @"launchd");
        insta::assert_snapshot!(meaning("haproxy", "linux", "ubuntu", "22.04"), @"none");
    }

    #[test]
    fn properties_carry_their_rules() {
        let cron = lookup("cron").and_then(|r| r.property("time"));
        assert_eq!(
            cron.map(|p| p.equal_to[0].clone()),
            Some(Literal::Symbol("reboot".into()))
        );
        let template = lookup("template").unwrap();
        assert_eq!(template.name_property(), Some("path"));
        assert_eq!(template.default_action(), "create");
        assert!(template.methods.contains(&"source"));
        assert!(template.has_action("nothing") && !template.has_action("install"));
        let key = lookup("yum_repository").and_then(|r| r.property("repositoryid"));
        insta::assert_debug_snapshot!(key.map(|k| &k.patterns), @r#"
        Some(
            [
                "^[^/]+$",
            ],
        )
        "#);
    }
}
