//! Platforms: what Ohai says of them as such, and Chef's questions about them.
//!
//! [`facts`] is for nodes that nobody exported. It tells only what the platform decides; addresses, names,
//! memory and the kernel's exact release stay unknown.

use serde_json::{Map, Value as Json, json};

use super::version::{Constraint, Flavour, Version};

/// What of a node decides which resources and values are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Platform<'a> {
    pub os: Option<&'a str>,
    pub family: Option<&'a str>,
    pub name: Option<&'a str>,
    pub version: Option<&'a str>,
}

/// A platform that Ohai knows: name, family, os.
struct Known {
    name: &'static str,
    family: &'static str,
    os: &'static str,
}

const fn known(name: &'static str, family: &'static str, os: &'static str) -> Known {
    Known { name, family, os }
}

/// From Ohai's platform plugins.
const PLATFORMS: &[Known] = &[
    known("aix", "aix", "aix"),
    known("almalinux", "rhel", "linux"),
    known("alpine", "alpine", "linux"),
    known("amazon", "amazon", "linux"),
    known("arch", "arch", "linux"),
    known("centos", "rhel", "linux"),
    known("debian", "debian", "linux"),
    known("fedora", "fedora", "linux"),
    known("freebsd", "freebsd", "freebsd"),
    known("gentoo", "gentoo", "linux"),
    known("linuxmint", "debian", "linux"),
    known("mac_os_x", "mac_os_x", "darwin"),
    known("openbsd", "openbsd", "openbsd"),
    known("opensuse", "suse", "linux"),
    known("opensuseleap", "suse", "linux"),
    known("oracle", "rhel", "linux"),
    known("raspbian", "debian", "linux"),
    known("redhat", "rhel", "linux"),
    known("rocky", "rhel", "linux"),
    known("scientific", "rhel", "linux"),
    known("solaris2", "solaris2", "solaris2"),
    known("suse", "suse", "linux"),
    known("ubuntu", "debian", "linux"),
    known("windows", "windows", "windows"),
];

/// The name that Ohai gives a platform, for what people write instead.
#[must_use]
pub fn canonical(name: &str) -> &str {
    match name {
        "rhel" | "redhatenterprise" => "redhat",
        "alma" => "almalinux",
        "rockylinux" => "rocky",
        "oraclelinux" => "oracle",
        "amazonlinux" => "amazon",
        "sles" => "suse",
        "opensuse-leap" => "opensuseleap",
        "archlinux" => "arch",
        "macos" | "macosx" => "mac_os_x",
        other => other,
    }
}

fn find(name: &str) -> Option<&'static Known> {
    PLATFORMS.iter().find(|p| p.name == name)
}

/// `platform_family` of a platform.
#[must_use]
pub fn family(name: &str) -> Option<&'static str> {
    find(canonical(name)).map(|p| p.family)
}

/// All platforms that [`facts`] knows.
pub fn names() -> impl Iterator<Item = &'static str> {
    PLATFORMS.iter().map(|p| p.name)
}

/// Code names, by platform and version.
const CODENAMES: &[(&str, &str, &str)] = &[
    ("ubuntu", "14.04", "trusty"),
    ("ubuntu", "16.04", "xenial"),
    ("ubuntu", "18.04", "bionic"),
    ("ubuntu", "20.04", "focal"),
    ("ubuntu", "22.04", "jammy"),
    ("ubuntu", "22.10", "kinetic"),
    ("ubuntu", "23.04", "lunar"),
    ("ubuntu", "23.10", "mantic"),
    ("ubuntu", "24.04", "noble"),
    ("ubuntu", "24.10", "oracular"),
    ("ubuntu", "25.04", "plucky"),
    ("debian", "8", "jessie"),
    ("debian", "9", "stretch"),
    ("debian", "10", "buster"),
    ("debian", "11", "bullseye"),
    ("debian", "12", "bookworm"),
    ("debian", "13", "trixie"),
];

fn codename(name: &str, version: &str) -> Option<&'static str> {
    let version = match name {
        "debian" => version.split('.').next().unwrap_or(version),
        _ => version,
    };
    CODENAMES
        .iter()
        .find(|(n, v, _)| *n == name && *v == version)
        .map(|(_, _, codename)| *codename)
}

/// How the platform starts its services; `None` where that is not decided by it.
fn init_package(platform: &Known, version: &str) -> Option<&'static str> {
    let major = Version::parse(version, Flavour::Platform).map(|v| v.major);
    let since = |first: u64, before: &'static str| {
        major
            .as_ref()
            .ok()
            .map(|m| if *m >= first { "systemd" } else { before })
    };
    match (platform.name, platform.family) {
        ("ubuntu", _) => since(15, "upstart"),
        ("debian", _) => since(8, "sysvinit"),
        ("raspbian", _) => since(8, "sysvinit"),
        ("amazon", _) => match major.as_ref().ok()? {
            // Amazon Linux 1 counted in months: 2018.03.
            2 | 2022.. if !version.starts_with("201") => Some("systemd"),
            _ => Some("init"),
        },
        (_, "rhel") => since(7, "init"),
        (_, "fedora" | "arch") => Some("systemd"),
        (_, "suse") => since(12, "init"),
        (_, "freebsd" | "openbsd" | "alpine" | "gentoo") => Some("init"),
        (_, "mac_os_x") => Some("launchd"),
        _ => None,
    }
}

/// The automatic attributes that follow from a platform and its version (`None`: not given).
/// Empty where the platform is unknown.
#[must_use]
pub fn facts(platform: &str, version: Option<&str>) -> Map<String, Json> {
    let mut out = Map::new();
    let Some(known) = find(canonical(platform)) else {
        return out;
    };
    out.insert("os".into(), known.os.into());
    out.insert("platform".into(), known.name.into());
    out.insert("platform_family".into(), known.family.into());
    out.insert("kernel".into(), json!({ "name": kernel_name(known.os) }));
    if known.os != "windows" {
        let root_group = match known.os {
            "linux" | "solaris2" => "root",
            "aix" => "system",
            _ => "wheel",
        };
        out.insert("root_group".into(), root_group.into());
    }
    let Some(version) = version else { return out };
    out.insert("platform_version".into(), version.into());
    if known.os == "freebsd" {
        out.insert("os_version".into(), version.into());
    }
    if let Some(init) = init_package(known, version) {
        out.insert("init_package".into(), init.into());
    }
    if let Some(lsb) = lsb(known, version) {
        out.insert("lsb".into(), lsb);
    }
    out
}

fn kernel_name(os: &str) -> &'static str {
    match os {
        "darwin" => "Darwin",
        "freebsd" => "FreeBSD",
        "openbsd" => "OpenBSD",
        "solaris2" => "SunOS",
        "aix" => "AIX",
        "windows" => "Microsoft Windows",
        _ => "Linux",
    }
}

/// What `lsb_release` says where it comes with the platform. Ubuntu's description names the point release,
/// which the version does not tell.
fn lsb(platform: &Known, version: &str) -> Option<Json> {
    let codename = codename(platform.name, version)?;
    Some(match platform.name {
        "ubuntu" => json!({ "id": "Ubuntu", "release": version, "codename": codename }),
        _ => {
            let release = match version.split_once('.') {
                // Since Debian 12 the release is the major version alone.
                Some((major, _)) if major.parse().is_ok_and(|m: u32| m >= 12) => major,
                _ => version,
            };
            json!({ "id": "Debian", "release": release, "codename": codename,
                "description": format!("Debian GNU/Linux {release} ({codename})") })
        }
    })
}

/// What a predicate of `ChefUtils` looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// `node['platform']`
    Name,
    /// `node['platform_family']`
    Family,
    /// `node['os']`
    Os,
    /// `node['kernel']['machine']`
    Machine,
}

/// A predicate that is true when a fact is (or, negated, is not) one of some values.
#[derive(Clone, Copy, Debug)]
pub struct Predicate {
    pub name: &'static str,
    pub fact: Fact,
    pub values: &'static [&'static str],
    pub negated: bool,
}

const fn is(name: &'static str, fact: Fact, values: &'static [&'static str]) -> Predicate {
    Predicate {
        name,
        fact,
        values,
        negated: false,
    }
}

const X64: &[&str] = &[
    "amd64", "x86_64", "ppc64", "ppc64le", "s390x", "ia64", "sparc64", "aarch64", "arch64",
    "arm64", "sun4v", "sun4u",
];

/// `ChefUtils::DSL::{Platform,PlatformFamily,OS,Architecture}`: those that one fact decides.
pub const PREDICATES: &[Predicate] = &[
    is("linuxmint_platform?", Fact::Name, &["linuxmint"]),
    is("mint?", Fact::Name, &["linuxmint"]),
    is("linux_mint?", Fact::Name, &["linuxmint"]),
    is("linuxmint?", Fact::Name, &["linuxmint"]),
    is("ubuntu_platform?", Fact::Name, &["ubuntu"]),
    is("ubuntu?", Fact::Name, &["ubuntu"]),
    is("raspbian_platform?", Fact::Name, &["raspbian"]),
    is("raspbian?", Fact::Name, &["raspbian"]),
    is("debian_platform?", Fact::Name, &["debian"]),
    is("amazon_platform?", Fact::Name, &["amazon"]),
    is("redhat_platform?", Fact::Name, &["redhat"]),
    is("redhat_enterprise?", Fact::Name, &["redhat"]),
    is("redhat_enterprise_linux?", Fact::Name, &["redhat"]),
    is("redhat?", Fact::Name, &["redhat"]),
    is("centos_platform?", Fact::Name, &["centos"]),
    is("centos?", Fact::Name, &["centos"]),
    is("oracle_platform?", Fact::Name, &["oracle"]),
    is("oracle_linux?", Fact::Name, &["oracle"]),
    is("oracle?", Fact::Name, &["oracle"]),
    is("scientific_platform?", Fact::Name, &["scientific"]),
    is("scientific_linux?", Fact::Name, &["scientific"]),
    is("scientific?", Fact::Name, &["scientific"]),
    is("clearos_platform?", Fact::Name, &["clearos"]),
    is("clearos?", Fact::Name, &["clearos"]),
    is("fedora_platform?", Fact::Name, &["fedora"]),
    is("arch_platform?", Fact::Name, &["arch"]),
    is("solaris2_platform?", Fact::Name, &["solaris2"]),
    is("smartos_platform?", Fact::Name, &["smartos"]),
    is("omnios_platform?", Fact::Name, &["omnios"]),
    is("omnios?", Fact::Name, &["omnios"]),
    is("openindiana_platform?", Fact::Name, &["openindiana"]),
    is("openindiana?", Fact::Name, &["openindiana"]),
    is("aix_platform?", Fact::Name, &["aix"]),
    is("freebsd_platform?", Fact::Name, &["freebsd"]),
    is("openbsd_platform?", Fact::Name, &["openbsd"]),
    is("netbsd_platform?", Fact::Name, &["netbsd"]),
    is("dragonfly_platform?", Fact::Name, &["dragonfly"]),
    is("macos_platform?", Fact::Name, &["mac_os_x"]),
    is("mac_os_x_platform?", Fact::Name, &["mac_os_x"]),
    is("gentoo_platform?", Fact::Name, &["gentoo"]),
    is("slackware_platform?", Fact::Name, &["slackware"]),
    is("suse_platform?", Fact::Name, &["suse"]),
    is(
        "opensuse_platform?",
        Fact::Name,
        &["opensuse", "opensuseleap"],
    ),
    is("opensuse?", Fact::Name, &["opensuse", "opensuseleap"]),
    is(
        "opensuseleap_platform?",
        Fact::Name,
        &["opensuse", "opensuseleap"],
    ),
    is("leap_platform?", Fact::Name, &["opensuse", "opensuseleap"]),
    is("windows_platform?", Fact::Name, &["windows"]),
    is(
        "solaris_based?",
        Fact::Name,
        &["solaris2", "smartos", "omnios", "openindiana"],
    ),
    is(
        "bsd_based?",
        Fact::Name,
        &["netbsd", "freebsd", "openbsd", "dragonflybsd"],
    ),
    is("arch?", Fact::Family, &["arch"]),
    is("arch_linux?", Fact::Family, &["arch"]),
    is("aix?", Fact::Family, &["aix"]),
    is("debian?", Fact::Family, &["debian"]),
    is("fedora?", Fact::Family, &["fedora"]),
    is("macos?", Fact::Family, &["mac_os_x"]),
    is("osx?", Fact::Family, &["mac_os_x"]),
    is("mac?", Fact::Family, &["mac_os_x"]),
    is("mac_os_x?", Fact::Family, &["mac_os_x"]),
    is("rhel?", Fact::Family, &["rhel"]),
    is("el?", Fact::Family, &["rhel"]),
    is("amazon?", Fact::Family, &["amazon"]),
    is("amazon_linux?", Fact::Family, &["amazon"]),
    is("solaris2?", Fact::Family, &["solaris2"]),
    is("solaris?", Fact::Family, &["solaris2"]),
    is("smartos?", Fact::Family, &["smartos"]),
    is("suse?", Fact::Family, &["suse"]),
    is("gentoo?", Fact::Family, &["gentoo"]),
    is("freebsd?", Fact::Family, &["freebsd"]),
    is("openbsd?", Fact::Family, &["openbsd"]),
    is("netbsd?", Fact::Family, &["netbsd"]),
    is("dragonflybsd?", Fact::Family, &["dragonflybsd"]),
    is("windows?", Fact::Family, &["windows"]),
    is(
        "rpm_based?",
        Fact::Family,
        &["rhel", "fedora", "amazon", "suse"],
    ),
    is(
        "fedora_derived?",
        Fact::Family,
        &["rhel", "fedora", "amazon"],
    ),
    is("redhat_based?", Fact::Family, &["rhel", "fedora"]),
    is("linux?", Fact::Os, &["linux"]),
    is("darwin?", Fact::Os, &["darwin"]),
    is("_64_bit?", Fact::Machine, X64),
    Predicate {
        name: "_32_bit?",
        fact: Fact::Machine,
        values: X64,
        negated: true,
    },
    // Both conditions of Chef's, 32 bits and Intel's, on one fact.
    is("i386?", Fact::Machine, &["i86pc", "i386", "i686"]),
    is(
        "intel?",
        Fact::Machine,
        &["i86pc", "i386", "x86_64", "amd64", "i686"],
    ),
    is("sparc?", Fact::Machine, &["sun4u", "sun4v"]),
    is("ppc64?", Fact::Machine, &["ppc64"]),
    is("ppc64le?", Fact::Machine, &["ppc64le"]),
    is("powerpc?", Fact::Machine, &["powerpc"]),
    is(
        "arm?",
        Fact::Machine,
        &["armv6l", "armv7l", "armhf", "aarch64", "arm64", "arch64"],
    ),
    is("armhf?", Fact::Machine, &["armv6l", "armv7l", "armhf"]),
    is("s390x?", Fact::Machine, &["s390x"]),
    is("s390?", Fact::Machine, &["s390"]),
];

/// A predicate of the `ChefUtils` DSL by its method name.
#[must_use]
pub fn predicate(name: &str) -> Option<&'static Predicate> {
    PREDICATES.iter().find(|p| p.name == name)
}

impl Predicate {
    /// The answer for the fact's value; `None` is an attribute that the node does not have.
    #[must_use]
    pub fn answer(&self, value: Option<&str>) -> bool {
        value.is_some_and(|v| self.values.contains(&v)) != self.negated
    }
}

/// The EL major versions that `rhel6?`, `rhel7?` and `rhel8?` ask for.
#[must_use]
pub fn rhel_predicate(name: &str) -> Option<u64> {
    match name {
        "rhel6?" => Some(6),
        "rhel7?" => Some(7),
        "rhel8?" => Some(8),
        _ => None,
    }
}

/// Which key of `value_for_platform`'s hash for one platform is meant by a version: the version itself, the one
/// constraint that allows it, `default`, or none.
///
/// # Errors
/// The keys that match, where several constraints do; Chef raises then.
pub fn version_key<'k>(keys: &[&'k str], version: &str) -> Result<Option<&'k str>, Vec<&'k str>> {
    let exact = keys.iter().copied().find(|k| *k == version);
    if let Ok(parsed) = Version::parse(version, Flavour::Platform) {
        let mut matches = Vec::new();
        for key in keys {
            match Constraint::parse(key, Flavour::Platform) {
                Ok(constraint) if constraint.allows(parsed) => matches.push(*key),
                Ok(_) => {}
                // A constraint whose version is malformed ends Chef's search for matches; other words are passed over.
                Err(message) if message.contains("does not match") => {
                    matches.clear();
                    break;
                }
                Err(_) => {}
            }
        }
        match matches.as_slice() {
            _ if exact.is_some() => {}
            [] => {}
            [one] => return Ok(Some(one)),
            _ => return Err(matches),
        }
    }
    Ok(exact.or_else(|| keys.iter().copied().find(|k| *k == "default")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(platform: &str, version: &str) -> String {
        Json::Object(facts(platform, Some(version))).to_string()
    }

    #[test]
    fn facts_are_those_that_the_platform_decides() {
        insta::assert_snapshot!(told("ubuntu", "22.04"), @r#"{"os":"linux","platform":"ubuntu","platform_family":"debian","kernel":{"name":"Linux"},"root_group":"root","platform_version":"22.04","init_package":"systemd","lsb":{"id":"Ubuntu","release":"22.04","codename":"jammy"}}"#);
        insta::assert_snapshot!(told("centos", "6.10"), @r#"{"os":"linux","platform":"centos","platform_family":"rhel","kernel":{"name":"Linux"},"root_group":"root","platform_version":"6.10","init_package":"init"}"#);
        insta::assert_snapshot!(told("freebsd", "13.2-RELEASE"), @r#"{"os":"freebsd","platform":"freebsd","platform_family":"freebsd","kernel":{"name":"FreeBSD"},"root_group":"wheel","platform_version":"13.2-RELEASE","os_version":"13.2-RELEASE","init_package":"init"}"#);
        insta::assert_snapshot!(told("templeos", "1"), @"{}");
        assert_eq!(
            facts("amazon", Some("2018.03")).get("init_package"),
            Some(&json!("init"))
        );
        assert_eq!(
            facts("amazon", Some("2023")).get("init_package"),
            Some(&json!("systemd"))
        );
    }

    #[test]
    fn predicates_ask_the_fact_that_chef_asks() {
        let ask =
            |name, value| predicate(name).map(|p: &Predicate| (p.fact, p.answer(Some(value))));
        assert_eq!(ask("debian?", "debian"), Some((Fact::Family, true)));
        assert_eq!(ask("debian_platform?", "ubuntu"), Some((Fact::Name, false)));
        assert_eq!(ask("_32_bit?", "i686"), Some((Fact::Machine, true)));
        assert_eq!(ask("i386?", "x86_64"), Some((Fact::Machine, false)));
        assert_eq!(predicate("rocky?").map(|p| p.name), None);
    }

    #[test]
    fn version_keys_match_exactly_then_by_constraint_then_default() {
        let pick = |keys: &[&str], version: &str| format!("{:?}", version_key(keys, version));
        insta::assert_snapshot!(pick(&["22.04", ">= 20.04", "default"], "22.04"), @r#"Ok(Some("22.04"))"#);
        insta::assert_snapshot!(pick(&["< 8", ">= 8.0", "default"], "9.3"), @r#"Ok(Some(">= 8.0"))"#);
        insta::assert_snapshot!(pick(&[">= 7", ">= 8", "default"], "9.3"), @r#"Err([">= 7", ">= 8"])"#);
        insta::assert_snapshot!(pick(&["12.04", "default"], "22.04"), @r#"Ok(Some("default"))"#);
        insta::assert_snapshot!(pick(&["12.04"], "22.04"), @"Ok(None)");
    }
}
