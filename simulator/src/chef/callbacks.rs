//! What Chef's own resources ask of a property's value beyond its type. Source: `Chef::ResourceHelpers::CronValidations`,
//! `Chef::Mixin::Securable`, `Chef::Resource::RemoteFile`.

use foretaste_parser::name::Name;

use super::dsl::raise;
use super::resource_table::ResourceType;
use crate::ruby::Interp;
use crate::ruby::flow::{Flow, R};
use crate::ruby::value::{Kind, Value};

const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const DAYS: &[&str] = &[
    "sun",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];
const SECURABLE: &[&str] = &[
    "file",
    "template",
    "cookbook_file",
    "remote_file",
    "directory",
    "remote_directory",
];

/// Checks a value that has the right type.
///
/// # Errors
/// As Chef raises: `ValidationFailed`, `ArgumentError`, `InvalidRemoteFileURI`.
pub fn check(interp: &mut Interp, core: &ResourceType, name: Name, value: Value) -> R<()> {
    let kind = match core.name {
        "cron" | "cron_d" | "chef_client_cron" => "cron",
        other => other,
    };
    match (kind, name.as_str()) {
        ("cron", "minute") => numeric(interp, name, value, 0, 59, &[]),
        ("cron", "hour") => numeric(interp, name, value, 0, 23, &[]),
        ("cron", "day") => numeric(interp, name, value, 1, 31, &[]),
        ("cron", "month") => {
            let number = matches!(value.kind, Kind::Int(_) | Kind::Float(_));
            match number || interp.text(value).is_some() {
                true => numeric(interp, name, value, 1, 12, MONTHS),
                false => refuse_spec(interp, name, value),
            }
        }
        ("cron", "weekday") => {
            let text = interp.to_text(value)?;
            match is_spec(&text, 0, 7, DAYS) {
                true => Ok(()),
                false => refuse_spec(interp, name, value),
            }
        }
        ("cron" | "chef_client_launchd" | "chef_client_scheduled_task", "splay") => within(
            interp,
            name,
            value,
            0..=i64::MAX,
            "should be a positive number",
        ),
        ("chef_client_launchd", "interval")
        | ("chef_client_scheduled_task", "frequency_modifier") => within(
            interp,
            name,
            value,
            1..=i64::MAX,
            "should be a positive number",
        ),
        ("cron" | "chef_client_launchd", "nice") => within(
            interp,
            name,
            value,
            -20..=19,
            "should be an Integer between -20 and 19",
        ),
        ("chef_client_systemd_timer", "cpu_quota") => within(
            interp,
            name,
            value,
            1..=i64::MAX,
            "should be a positive Integer",
        ),
        ("chef_client_scheduled_task", "priority") => {
            within(interp, name, value, 0..=10, "should be in range of 0 to 10")
        }
        ("chef_client_config", "log_location") => match value.kind {
            Kind::Sym(word) if !matches!(word.as_str(), "win_evt" | "syslog") => {
                let words = "accepts Symbol values of ':win_evt' for Windows Event Log or ':syslog' for Syslog";
                Err(failed(interp, name, value, words)?)
            }
            _ => Ok(()),
        },
        ("inspec_waiver" | "inspec_waiver_file_entry", "expiration") => {
            expiration(interp, name, value)
        }
        (kind, "mode") if SECURABLE.contains(&kind) => mode(interp, name, value),
        ("remote_file", "source") => source(interp, core, value),
        _ => Ok(()),
    }
}

fn within(
    interp: &mut Interp,
    name: Name,
    value: Value,
    range: std::ops::RangeInclusive<i64>,
    words: &str,
) -> R<()> {
    match value.kind {
        Kind::Int(n) if !range.contains(&n) => Err(failed(interp, name, value, words)?),
        _ => Ok(()),
    }
}

/// A day of the calendar, as `2030-01-31`.
fn expiration(interp: &mut Interp, name: Name, value: Value) -> R<()> {
    let Some(text) = interp.text_or_sym(value).map(str::to_owned) else {
        return Ok(());
    };
    let parts: Vec<Option<u32>> = text.split('-').map(|part| part.parse().ok()).collect();
    let valid = text.len() == 10
        && match parts.as_slice() {
            [Some(year), Some(month), Some(day)] => is_date(*year, *month, *day),
            _ => false,
        };
    let words = "Expiration date should be a valid calendar date and match the following format: YYYY-MM-DD";
    match valid {
        true => Ok(()),
        false => Err(failed(interp, name, value, words)?),
    }
}

fn is_date(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// A number, or a text of numbers in lists, ranges and steps; a name of its own is fine, too.
fn numeric(
    interp: &mut Interp,
    name: Name,
    value: Value,
    low: i64,
    high: i64,
    names: &[&str],
) -> R<()> {
    let good = match (value.kind, interp.text(value)) {
        (Kind::Int(n), _) => (low..=high).contains(&n),
        (Kind::Float(f), _) => (low as f64..=high as f64).contains(&f),
        (_, Some(text)) => is_spec(text, low, high, names),
        // It cannot be split, and Ruby says so.
        _ => return interp.call(value, "split", &[]).map(|_| ()),
    };
    match good {
        true => Ok(()),
        false => refuse_spec(interp, name, value),
    }
}

fn is_spec(text: &str, low: i64, high: i64, names: &[&str]) -> bool {
    let part = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        part == "*" || digits && part.parse().is_ok_and(|n| (low..=high).contains(&n))
    };
    // Ruby's `split` drops what is empty at the end.
    let text = text.to_lowercase();
    let trimmed = text.trim_end_matches(['/', '-', ',']);
    names.contains(&text.as_str()) || trimmed.is_empty() || trimmed.split(['/', '-', ',']).all(part)
}

fn refuse_spec(interp: &mut Interp, name: Name, value: Value) -> R<()> {
    let words = format!("should be a valid {name} spec");
    Err(failed(interp, name, value, &words)?)
}

fn failed(interp: &mut Interp, name: Name, value: Value, words: &str) -> R<Flow> {
    let text = interp.to_text(value)?;
    let message = format!("Option {name}'s value {text} {words}!");
    Ok(raise(interp, "ValidationFailed", message))
}

/// Permission bits: a text is octal.
fn mode(interp: &mut Interp, name: Name, value: Value) -> R<()> {
    let number = match interp.text(value).map(str::to_owned) {
        Some(text) => {
            let octal = match text.starts_with('0') {
                true => text,
                false => format!("0{text}"),
            };
            let octal = interp.str(octal);
            integer(interp, octal)?
        }
        None => integer(interp, value)?,
    };
    match number.kind {
        Kind::Int(n) if !(0..=0o7777).contains(&n) => {
            Err(failed(interp, name, value, "not in valid numeric range")?)
        }
        _ => Ok(()),
    }
}

/// `Integer(text)`
fn integer(interp: &mut Interp, text: Value) -> R {
    let recipe = super::run::run(interp).node_value;
    let args = crate::ruby::env::Args::of(&[text]);
    interp.send(
        recipe,
        Name::new("Integer"),
        args,
        crate::ruby::call::Form::Own,
    )
}

fn source(interp: &mut Interp, core: &ResourceType, value: Value) -> R<()> {
    let items = match interp.array_items(value).map(<[Value]>::to_vec) {
        Some(items) => items,
        None => vec![value],
    };
    if items.is_empty() {
        let message = format!("{} has an empty source", core.name);
        return Err(interp.argument_error(message));
    }
    for item in items {
        if interp.unknown_or_hole(item).is_some() {
            continue;
        }
        let absolute = interp.text(item).is_some_and(|text| {
            let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
            let first = scheme
                .bytes()
                .next()
                .is_some_and(|b| b.is_ascii_alphabetic());
            let rest = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
            text.starts_with("\\\\") || first && scheme.bytes().all(rest)
        });
        let lazy = super::property::is_lazy(interp, item);
        if !absolute && !lazy {
            let shown = interp.inspect(item)?;
            let kind = core.name;
            let message = format!(
                "{shown} is not a valid `source` parameter for {kind}. `source` must be an absolute URI or an array of \
                 URIs."
            );
            return Err(raise(interp, "InvalidRemoteFileURI", message));
        }
    }
    Ok(())
}
