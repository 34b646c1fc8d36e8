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
    let DefaultValue::Value(json) = &property.default else {
        return Ok(Value::NIL);
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
        (_, "command") if is_script => Value::NIL,
        ("cookbook_file" | "remote_directory", "source") => {
            let path = interp.ivar(this, Name::new("@name")).unwrap_or(Value::NIL);
            let path = interp.to_text(path)?;
            interp.str(base(&path))
        }
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
        ("sudo", "config_prefix") => interp.str("/etc"),
        ("user_ulimit", "filename") => {
            let name = text(interp, "username")?;
            let name = if name == "*" { "00_all" } else { &name };
            interp.str(format!("{name}_limits.conf"))
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}
