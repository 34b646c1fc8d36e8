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
    match (core.name, name.as_str()) {
        ("cron" | "cron_d", "minute") => numeric(interp, name, value, 0, 59, &[]),
        ("cron" | "cron_d", "hour") => numeric(interp, name, value, 0, 23, &[]),
        ("cron" | "cron_d", "day") => numeric(interp, name, value, 1, 31, &[]),
        ("cron" | "cron_d", "month") => numeric(interp, name, value, 1, 12, MONTHS),
        ("cron" | "cron_d", "weekday") => numeric(interp, name, value, 0, 7, DAYS),
        (kind, "mode") if SECURABLE.contains(&kind) => mode(interp, name, value),
        ("remote_file", "source") => source(interp, core, value),
        _ => Ok(()),
    }
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
    let within = |n: i64| (low..=high).contains(&n);
    let part = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        part == "*" || digits && part.parse().is_ok_and(within)
    };
    let good = match (value.kind, interp.text_or_sym(value)) {
        (Kind::Int(n), _) => within(n),
        (_, Some(text)) => {
            let text = text.to_lowercase();
            names.contains(&text.as_str())
                // Ruby's `split` drops what is empty at the end.
                || text.trim_end_matches(['/', '-', ',']).split(['/', '-', ',']).all(part)
        }
        _ => true,
    };
    match good {
        true => Ok(()),
        false => Err(failed(
            interp,
            name,
            value,
            &format!("should be a valid {name} spec"),
        )?),
    }
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
        None => value,
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
