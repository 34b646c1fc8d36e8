//! What Chef's own resources make of a property's value before they check it: the `coerce` of their properties.

use foretaste_parser::name::Name;

use super::resource_table::{self, ResourceType};
use crate::ruby::Interp;
use crate::ruby::flow::R;
use crate::ruby::object::{Hash, Key};
use crate::ruby::value::{Kind, Value};

/// A way in which a property's value is converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// A text becomes its words, as a shell splits them.
    Words,
    /// A text becomes what stands between its commas.
    Commas,
    /// As [`Self::Commas`], each a group's name with its `%`.
    SudoGroups,
    /// A text becomes what stands between its commas without spaces around; each part of a list loses its own.
    MountOptions,
    /// As [`Self::Commas`]; what is neither text nor list cannot be split.
    SudoUsers,
    /// A list becomes its items with commas between.
    CommaJoined,
    /// A text becomes a symbol, without a colon at its start.
    Colonless,
    /// Names of Ohai's plugins.
    Plugins,
    /// One value becomes a list of it.
    List,
    /// As [`Self::List`], in order.
    SortedList,
    /// Lists inside become part of the list.
    Flat,
    /// A list becomes a hash of its items to true.
    Switches,
    /// A text.
    Text,
    /// A list becomes its items with spaces between, anything else a text.
    Joined,
    /// A whole number (`Integer(x)`).
    Integer,
    /// A whole number (`x.to_i`).
    ToInteger,
    /// A text becomes a symbol.
    Symbol,
    Downcase,
    /// A text becomes a list of it.
    Wrapped,
    /// A folder without the slash at its end.
    MountPoint,
    /// A day's name becomes its number.
    Weekday,
    /// A number or text becomes `{ 'duration' => x }`.
    Duration,
    /// `on` or `off`.
    OnOff,
    /// False becomes nil.
    Nil,
    /// A file name in `sudoers.d`, which must not have dots.
    SudoersFile,
    /// A name that ends in `.conf`.
    Conf,
    /// When a package manager's cache is to be dropped.
    FlushCache,
    /// Nothing that changes what cookbooks of servers write.
    Same,
}

/// By class (descendants included) and property.
const TABLE: &[(&str, &str, How)] = &[
    ("AptRepository", "key", How::List),
    ("AptRepository", "options", How::List),
    ("Alternatives", "priority", How::ToInteger),
    ("ChefClientCron", "splay", How::Integer),
    ("ChefClientCron", "nice", How::Integer),
    ("ChefClientConfig", "no_proxy", How::CommaJoined),
    ("ChefClientConfig", "ohai_disabled_plugins", How::Plugins),
    ("ChefClientConfig", "ohai_optional_plugins", How::Plugins),
    ("ChefClientConfig", "ssl_verify_mode", How::Colonless),
    ("ChefClientLaunchd", "interval", How::Integer),
    ("ChefClientLaunchd", "nice", How::Integer),
    ("ChefClientLaunchd", "splay", How::Integer),
    (
        "ChefClientScheduledTask",
        "frequency_modifier",
        How::Integer,
    ),
    ("ChefClientScheduledTask", "splay", How::Integer),
    ("ChefClientSystemdTimer", "cpu_quota", How::Integer),
    ("ChefSleep", "seconds", How::Integer),
    ("ChocolateyPackage", "package_name", How::Flat),
    ("ChocolateyPackage", "version", How::Flat),
    ("Cron", "time_out", How::Duration),
    ("Cron", "weekday", How::Weekday),
    ("CronD", "time_out", How::Duration),
    ("CronD", "weekday", How::Weekday),
    ("DnfPackage", "arch", How::Flat),
    ("DnfPackage", "flush_cache", How::FlushCache),
    ("File", "checksum", How::Downcase),
    ("Group", "excluded_members", How::Commas),
    ("Group", "members", How::Commas),
    ("HabitatService", "bind", How::Wrapped),
    ("HabitatService", "binding_mode", How::Symbol),
    ("HabitatService", "channel", How::Symbol),
    ("HabitatService", "strategy", How::Symbol),
    ("HabitatService", "topology", How::Symbol),
    ("HabitatService", "update_condition", How::Symbol),
    ("HabitatSup", "health_check_interval", How::Text),
    ("HabitatSup", "peer", How::Wrapped),
    ("Link", "link_type", How::Symbol),
    ("Mount", "device_type", How::Symbol),
    ("Mount", "mount_point", How::MountPoint),
    ("Mount", "options", How::MountOptions),
    ("Mount", "supports", How::Switches),
    ("Package", "options", How::Words),
    ("RhsmErrataLevel", "errata_level", How::Downcase),
    ("RhsmRegister", "activation_key", How::List),
    ("SelinuxBoolean", "value", How::OnOff),
    ("SelinuxUser", "roles", How::SortedList),
    ("Service", "options", How::Words),
    ("Service", "supports", How::Switches),
    ("Subversion", "svn_arguments", How::Nil),
    ("Subversion", "svn_info_args", How::Nil),
    ("Sudo", "filename", How::SudoersFile),
    ("Sudo", "groups", How::SudoGroups),
    ("Sudo", "users", How::SudoUsers),
    ("Sysctl", "value", How::Joined),
    ("UserUlimit", "filename", How::Conf),
    ("WindowsAuditPolicy", "subcategory", How::List),
    ("WindowsUserPrivilege", "privilege", How::List),
    ("WindowsUserPrivilege", "users", How::List),
    ("YumPackage", "arch", How::Same),
    ("YumPackage", "flush_cache", How::FlushCache),
    ("YumPackage", "package_name", How::Same),
    ("YumPackage", "version", How::Same),
    ("ZypperPackage", "global_options", How::Words),
    ("ZypperRepository", "gpgkey", How::List),
];

/// What a method of a built-in resource that is no property keeps of its arguments, where that is not the first of
/// them: the sources of a `remote_file` are a list.
pub fn method_value(
    interp: &mut Interp,
    core: &'static ResourceType,
    name: Name,
    args: &crate::ruby::env::Args,
) -> R<Option<Value>> {
    if core.name != "remote_file" || name.as_str() != "source" || args.is_empty() {
        return Ok(None);
    }
    if args
        .opt(0)
        .is_some_and(|v| v.obj().is_some() && super::property::is_lazy(interp, v))
    {
        return Ok(None);
    }
    let list = interp.array(args.list.to_vec());
    interp.call(list, "flatten", &[]).map(Some)
}

/// Whether a built-in resource is of a class of Chef's or descends from it.
pub fn is_a(core: &'static ResourceType, class: &str) -> bool {
    let mut at = Some(core);
    while let Some(core) = at {
        if core.class.rsplit("::").next() == Some(class) {
            return true;
        }
        if core.superclass.rsplit("::").next() == Some(class) {
            return true;
        }
        at = resource_table::by_class(&core.superclass);
    }
    false
}

/// Whether a built-in resource runs a text of its own instead of a command.
#[must_use]
pub fn is_script(core: &'static ResourceType) -> bool {
    is_a(core, "Script") || is_a(core, "WindowsScript")
}

/// A value as a built-in resource keeps it; `None` where its conversion is not modelled.
pub fn coerce(
    interp: &mut Interp,
    core: &'static ResourceType,
    name: Name,
    value: Value,
) -> R<Option<Value>> {
    let Some((_, _, how)) = TABLE
        .iter()
        .find(|(class, property, _)| *property == name.as_str() && is_a(core, class))
    else {
        return Ok(None);
    };
    convert(interp, *how, value)
        .map(|converted| Some(converted.with_origin(interp.origin_of(value))))
}

fn convert(interp: &mut Interp, how: How, value: Value) -> R {
    let text = interp.text(value).map(str::to_owned);
    let items = interp.array_items(value).map(<[Value]>::to_vec);
    match (how, text, items) {
        (How::Words, Some(_), _) => interp.call(value, "shellsplit", &[]),
        (How::Commas | How::SudoUsers, Some(text), _) => Ok(strings(interp, commas(&text))),
        (How::SudoUsers | How::SudoGroups, None, None) => interp.call(value, "split", &[]),
        (How::MountOptions, None, None) => interp.call(value, "collect", &[]),
        (How::CommaJoined, _, Some(_)) => {
            let comma = interp.str(",");
            interp.call(value, "join", &[comma])
        }
        (How::Plugins, _, None) => interp.call(value, "map", &[]),
        (How::Plugins, _, Some(items)) => {
            let mut names = Vec::new();
            for item in items {
                let name = convert(interp, How::Colonless, item)?;
                names.push(interp.call(name, "capitalize", &[])?);
            }
            Ok(interp.array(names))
        }
        (How::Colonless, Some(text), _) => Ok(Value::sym(text.strip_prefix(':').unwrap_or(&text))),
        (How::Colonless, None, _) => interp.call(value, "to_sym", &[]),
        (How::SudoGroups, text, items) => {
            let mut names = text.map(|t| commas(&t)).unwrap_or_default();
            for item in items.unwrap_or_default() {
                names.push(interp.to_text(item)?);
            }
            for name in names.iter_mut().filter(|n| !n.starts_with('%')) {
                name.insert(0, '%');
            }
            Ok(strings(interp, names))
        }
        (How::MountOptions, text, items) => {
            let mut parts: Vec<String> = text
                .map(|t| t.split(',').map(str::to_owned).collect())
                .unwrap_or_default();
            // Ruby's split drops empty parts at the end.
            while parts.last().is_some_and(String::is_empty) {
                parts.pop();
            }
            for item in items.unwrap_or_default() {
                parts.push(interp.to_text(item)?);
            }
            let parts = parts.iter().map(|p| p.trim().to_owned()).collect();
            Ok(strings(interp, parts))
        }
        (How::List, _, None) => array_of(interp, value),
        (How::SortedList, _, items) => {
            let list = interp.array(items.unwrap_or_else(|| vec![value]));
            interp.call(list, "sort", &[])
        }
        (How::Flat, _, items) => {
            let list = interp.array(items.unwrap_or_else(|| vec![value]));
            interp.call(list, "flatten", &[])
        }
        (How::Switches, _, Some(items)) => {
            let mut out = Hash::default();
            for item in items {
                let key = interp.key(item)?;
                out.map.insert(key, (item, Value::TRUE));
            }
            Ok(interp.hash(out))
        }
        (How::Joined, _, Some(_)) => {
            let space = interp.str(" ");
            interp.call(value, "join", &[space])
        }
        (How::Text, Some(_), _) => Ok(value),
        (How::Text | How::Joined, ..) => {
            let text = interp.to_text(value)?;
            Ok(interp.str(text))
        }
        (How::Integer, ..) => interp.call(Value::NIL, "Integer", &[value]),
        (How::ToInteger, ..) => interp.call(value, "to_i", &[]),
        (How::Symbol, Some(text), _) => Ok(Value::sym(&text)),
        (How::Downcase, Some(_), _) => interp.call(value, "downcase", &[]),
        (How::Wrapped, Some(_), _) => Ok(interp.array(vec![value])),
        (How::MountPoint, Some(text), _) if text != "/" && !text.ends_with(":/") => {
            Ok(interp.str(text.strip_suffix('/').unwrap_or(&text)))
        }
        (How::Weekday, ..) => {
            let name = interp.to_text(value)?.to_lowercase();
            let days = [
                "sunday",
                "monday",
                "tuesday",
                "wednesday",
                "thursday",
                "friday",
                "saturday",
            ];
            let number = days
                .iter()
                .position(|day| *day == name || day.get(..3) == Some(&*name));
            Ok(number.map_or(value, |n| {
                interp.str(n.to_string()).with_origin(value.origin)
            }))
        }
        (How::Duration, None, None)
            if interp.hash_data(value).is_none() && !matches!(value.kind, Kind::Int(_)) =>
        {
            Ok(Value::NIL)
        }
        (How::Duration, ..) if interp.hash_data(value).is_some() => time_out(interp, value),
        (How::Duration, text, _) if text.is_some() || matches!(value.kind, Kind::Int(_)) => {
            let key = interp.str("duration");
            let mut out = Hash::default();
            out.map.insert(Key::Str("duration".into()), (key, value));
            Ok(interp.hash(out))
        }
        (How::OnOff, text, _) => {
            let on = match (text.as_deref(), value.kind) {
                (Some("on" | "true" | "1"), _) | (_, Kind::Bool(true) | Kind::Int(1)) => "on",
                (Some("off" | "false" | "0"), _) | (_, Kind::Bool(false) | Kind::Int(0)) => "off",
                _ => {
                    let shown = interp.to_text(value)?;
                    let message = format!("selinux_bool: Invalid selinux boolean value {shown}");
                    return Err(interp.error(interp.core.argument_error, message));
                }
            };
            Ok(interp.str(on))
        }
        (How::Nil, ..) if matches!(value.kind, Kind::Bool(false)) => Ok(Value::NIL),
        (How::SudoersFile, Some(text), _) => Ok(interp.str(text.replace(['.', '~'], "__"))),
        (How::Conf, Some(text), _) if !text.ends_with(".conf") => {
            Ok(interp.str(format!("{text}.conf")))
        }
        (How::FlushCache, _, items) => flush_cache(interp, value, items),
        _ => Ok(value),
    }
}

/// The options of `timeout`, by their names.
fn time_out(interp: &mut Interp, value: Value) -> R {
    let known = [
        "duration",
        "preserve-status",
        "foreground",
        "kill-after",
        "signal",
    ];
    let pairs: Vec<(Value, Value)> = interp
        .hash_data(value)
        .map(|hash| hash.map.values().copied().collect())
        .unwrap_or_default();
    let mut others = Vec::new();
    for (key, _) in pairs {
        if !interp.text(key).is_some_and(|key| known.contains(&key)) {
            others.push(interp.to_text(key)?);
        }
    }
    if others.is_empty() {
        return Ok(value);
    }
    let message = format!(
        "Key of option time_out must be equal to one of: \"{}\"!  You passed \"{}\".",
        known.join("\", \""),
        others.join(", ")
    );
    Err(super::dsl::raise(interp, "ValidationFailed", message))
}

/// `Array(value)`
fn array_of(interp: &mut Interp, value: Value) -> R {
    if interp.array_items(value).is_some() {
        return Ok(value);
    }
    if interp.responds(value, "to_a") {
        return interp.call(value, "to_a", &[]);
    }
    Ok(interp.array(vec![value]))
}

fn flush_cache(interp: &mut Interp, value: Value, items: Option<Vec<Value>>) -> R {
    if interp.hash_data(value).is_some() {
        return Ok(value);
    }
    if items.is_some() {
        return convert(interp, How::Switches, value);
    }
    let (before, after) = match value.kind {
        Kind::Bool(both) => (both, both),
        Kind::Sym(name) if name.as_str() == "before" => (true, false),
        Kind::Sym(name) if name.as_str() == "after" => (false, true),
        _ => return Ok(Value::NIL),
    };
    let mut out = Hash::default();
    for (name, given) in [("before", before), ("after", after)] {
        let name = Name::new(name);
        out.map.insert(Key::Sym(name), (name.into(), given.into()));
    }
    Ok(interp.hash(out))
}

fn strings(interp: &mut Interp, texts: Vec<String>) -> Value {
    let items = texts.into_iter().map(|t| interp.str(t)).collect();
    interp.array(items)
}

fn commas(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = text
        .split(',')
        .enumerate()
        .map(|(i, part)| {
            // Spaces belong to the comma; those at either end of the text stay.
            let part = if i > 0 { part.trim_start() } else { part };
            part.to_owned()
        })
        .collect();
    let last = parts.len().saturating_sub(1);
    for part in parts.iter_mut().take(last) {
        part.truncate(part.trim_end().len());
    }
    while parts.last().is_some_and(String::is_empty) {
        parts.pop();
    }
    parts
}

/// What a built-in resource sets itself when it is made, before its block runs (`initialize`). `given` is what the
/// recipe wrote as the name, which may be a list.
pub fn initialize(
    interp: &mut Interp,
    this: Value,
    core: &'static ResourceType,
    given: Value,
) -> R<()> {
    let name = interp.ivar(this, Name::new("@name")).unwrap_or(Value::NIL);
    let set = |interp: &mut Interp, property: &str, value: Value| {
        interp.set_ivar(this, Name::new(&format!("@{property}")), value)?;
        if let Some(meta) = super::resource::meta(interp, this) {
            meta.set.push(Name::new(property));
        }
        Ok(())
    };
    if is_a(core, "Package") {
        super::property::assign(interp, this, Name::new("package_name"), given)?;
    }
    if core.name == "execute" {
        set(interp, "command", name)?;
    }
    if is_script(core) {
        interp.set_ivar(this, Name::new("@command"), Value::NIL)?;
    }
    if core.name == "template"
        && let Some(text) = interp.text(name).map(str::to_owned)
    {
        let base = text.trim_end_matches('/').rsplit('/').next().unwrap_or("");
        let source = interp.str(format!("{base}.erb"));
        set(interp, "source", source)?;
    }
    Ok(())
}
