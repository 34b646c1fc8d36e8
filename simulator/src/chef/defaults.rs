//! Defaults of the properties of Chef's own resources: what the table has as JSON, and what is computed from the
//! resource or its node.

use foretaste_parser::name::Name;

use super::resource::{core_type, read};
use super::resource_table::{DefaultValue, Property, ResourceType};
use crate::ruby::Interp;
use crate::ruby::flow::R;
use crate::ruby::object::Hash;
use crate::ruby::value::Value;

/// What a property of a built-in resource is where nobody sets it.
///
/// # Errors
/// As reading another property does.
pub fn of_core(interp: &mut Interp, this: Value, name: Name, property: &Property) -> R {
    let class = interp.real_class_of(this);
    if let Some(core) = core_type(interp, class)
        && let Some(value) = computed(interp, this, core, name.as_str())?
    {
        return Ok(value);
    }
    let json = match &property.default {
        DefaultValue::Value(json) => json,
        DefaultValue::Computed => {
            return Ok(interp.outside(format!("the default of {name}")));
        }
        DefaultValue::None => return Ok(Value::NIL),
    };
    let value = super::json::to_value(interp, json, Default::default());
    // JSON has no symbols.
    let symbols = property.takes_symbols_only();
    if let Some(text) = interp.text(value).filter(|_| symbols) {
        return Ok(Value::sym(text));
    }
    let Some(hash) = interp.hash_data(value) else {
        return Ok(value);
    };
    let pairs: Vec<(Value, Value)> = hash.map.values().copied().collect();
    let mut out = Hash::default();
    for (key, value) in pairs {
        let key = interp.text(key).map_or(key, Value::sym);
        out.map.insert(interp.key(key)?, (key, value));
    }
    Ok(interp.hash(out))
}

fn computed(
    interp: &mut Interp,
    this: Value,
    core: &ResourceType,
    property: &str,
) -> R<Option<Value>> {
    let text = |interp: &mut Interp, name: &str| -> R<String> {
        let value = read(interp, this, Name::new(name))?;
        interp.to_text(value)
    };
    let base = |path: &str| -> String {
        let path = path.trim_end_matches('/');
        path.rsplit('/').next().unwrap_or(path).to_owned()
    };
    let interpreter = match core.name {
        "bash" | "csh" | "ksh" | "perl" | "python" | "ruby" => Some(core.name),
        "batch" => Some("cmd.exe"),
        _ => None,
    };
    let is_script = interpreter.is_some() || core.name == "script";
    let value = match (core.name, property) {
        (_, "interpreter") if interpreter.is_some() => interp.str(interpreter.unwrap_or("")),
        (_, "sensitive") if is_script || core.name == "execute" => {
            let password = read(interp, this, Name::new("password"))?;
            password.truthy().is_some_and(|given| given).into()
        }
        ("archive_file", "options") => interp.array(vec![Value::sym("time")]),
        ("chef_client_config", "node_name") => {
            let node = super::run::run(interp).node_value;
            interp.call(node, "name", &[])?
        }
        ("chef_client_cron", "log_directory") => match fact(interp, "platform")? {
            Ok(platform) if platform == "mac_os_x" => interp.str("/Library/Logs/Chef"),
            Ok(_) => interp.str("/var/log/chef"),
            Err(unknown) => unknown,
        },
        ("chef_client_scheduled_task", "frequency_modifier") => {
            let minutes = text(interp, "frequency")? == "minute";
            if minutes { 30.into() } else { 1.into() }
        }
        ("chef_client_scheduled_task", "log_directory") => {
            let folder = text(interp, "config_directory")?;
            interp.str(format!("{folder}/log"))
        }
        ("chef_gem" | "gem_package", "clear_sources") => Value::NIL,
        ("cab_package" | "msu_package", "source") => read(interp, this, Name::new("package_name"))?,
        ("dmg_package", "volumes_dir" | "dmg_name") => read(interp, this, Name::new("app"))?,
        ("mac_user", "home") => {
            let name = text(interp, "name")?;
            interp.str(format!("/Users/{name}"))
        }
        ("mac_user", "secure_token_password") => Value::NIL,
        ("openssl_ec_private_key" | "openssl_rsa_private_key", "key_cipher") => interp.str("des3"),
        ("selinux_install", "packages") => {
            return selinux_packages(interp).map(Some);
        }
        ("selinux_state", "policy") => match fact(interp, "platform_family")? {
            Ok(family) => match family.as_str() {
                "rhel" | "fedora" | "amazon" => interp.str("targeted"),
                "debian" => interp.str("default"),
                _ => Value::NIL,
            },
            Err(unknown) => unknown,
        },
        ("ssh_known_hosts_entry", "group") => {
            let node = super::run::run(interp).node_value;
            super::node::top(interp, node, "root_group")
        }
        ("windows_certificate", "sensitive") => {
            let password = read(interp, this, Name::new("pfx_password"))?;
            password.truthy().is_some_and(|given| given).into()
        }
        ("windows_firewall_rule", "displayname") => read(interp, this, Name::new("rule_name"))?,
        ("windows_task", "user") => Value::NIL,
        ("zypper_package", "gpg_check") => Value::TRUE,
        ("zypper_repository", "cookbook") => interp
            .ivar(this, Name::new("@cookbook_name"))
            .unwrap_or(Value::NIL),
        ("cookbook_file" | "remote_directory", "source") => {
            let path = interp.ivar(this, Name::new("@name")).unwrap_or(Value::NIL);
            let path = interp.to_text(path)?;
            interp.str(base(&path))
        }
        ("http_request", "message") => interp.ivar(this, Name::new("@name")).unwrap_or(Value::NIL),
        ("route", "route_type") => Value::sym("host"),
        ("hostname", "ipaddress") => {
            let node = super::run::run(interp).node_value;
            super::node::top(interp, node, "ipaddress")
        }
        ("remote_directory", "files_mode") => 0o644.into(),
        ("file" | "template" | "cookbook_file" | "remote_file", "atomic_update") => Value::TRUE,
        ("file" | "template" | "cookbook_file" | "remote_file", "verifications") => {
            interp.array(Vec::new())
        }
        ("apt_repository", "distribution") => {
            let node = super::run::run(interp).node_value;
            let lsb = super::node::top(interp, node, "lsb");
            if lsb.is_nil() {
                return Ok(Some(lsb));
            }
            let key = interp.str("codename");
            interp.call(lsb, "[]", &[key])?
        }
        ("service" | "windows_service" | "macosx_service", "pattern") => {
            let name = text(interp, "service_name")?;
            interp.str(name)
        }
        ("mount", "supports") => {
            let key = Value::sym("remount");
            let mut hash = Hash::default();
            hash.map.insert(interp.key(key)?, (key, Value::FALSE));
            interp.hash(hash)
        }
        ("alternatives", "link") => {
            let name = text(interp, "link_name")?;
            interp.str(format!("/usr/bin/{name}"))
        }
        ("sudo", "config_prefix") => match fact(interp, "platform_family")? {
            Ok(family) => interp.str(match family.as_str() {
                "smartos" => "/opt/local/etc",
                "mac_os_x" => "/private/etc",
                "freebsd" => "/usr/local/etc",
                _ => "/etc",
            }),
            Err(unknown) => unknown,
        },
        ("user_ulimit", "filename") => {
            let name = text(interp, "username")?;
            let name = if name == "*" { "00_all" } else { &name };
            interp.str(format!("{name}_limits.conf"))
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}

/// A fact of the node's, or what stands in its place where it is not known.
fn fact(interp: &mut Interp, name: &str) -> R<Result<String, Value>> {
    match super::dsl::fact(interp, name) {
        Ok(text) => Ok(Ok(text)),
        Err(value) if interp.unknown_of(value).is_some() => Ok(Err(value)),
        Err(_) => Ok(Ok(String::new())),
    }
}

fn selinux_packages(interp: &mut Interp) -> R {
    let family = match fact(interp, "platform_family")? {
        Ok(family) => family,
        Err(unknown) => return Ok(unknown),
    };
    let names: &[&str] = match family.as_str() {
        "rhel" | "fedora" | "amazon" => &[
            "make",
            "policycoreutils",
            "selinux-policy",
            "selinux-policy-targeted",
            "selinux-policy-devel",
            "libselinux-utils",
            "setools-console",
        ],
        "debian" => {
            let platform = super::dsl::fact(interp, "platform");
            let version = super::dsl::fact(interp, "platform_version");
            let old = platform.is_ok_and(|p| p == "ubuntu") && version.is_ok_and(|v| v == "18.04");
            match old {
                true => &[
                    "make",
                    "policycoreutils",
                    "selinux",
                    "selinux-basics",
                    "selinux-policy-default",
                    "selinux-policy-dev",
                    "auditd",
                    "setools",
                ],
                false => &[
                    "make",
                    "policycoreutils",
                    "selinux-basics",
                    "selinux-policy-default",
                    "selinux-policy-dev",
                    "auditd",
                    "setools",
                ],
            }
        }
        _ => return Ok(Value::NIL),
    };
    let names = names.iter().map(|name| interp.str(*name)).collect();
    Ok(interp.array(names))
}
