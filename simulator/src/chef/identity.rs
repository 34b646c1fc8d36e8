//! As whom a resource acts: the checks of `execute`, the scripts and `remote_file` of the user, domain and password
//! that they are given, and what else built-in resources look at when they are whole (`after_created`).

use foretaste_parser::name::Name;

use super::coerce::is_a;
use super::dsl::raise;
use super::resource::{core_type, read};
use crate::ruby::Interp;
use crate::ruby::flow::R;
use crate::ruby::value::Value;

/// `after_created` of the built-in resources.
///
/// # Errors
/// As Chef raises: `UnsupportedPlatform`, `ArgumentError`, `RuntimeError`.
pub fn after_created(interp: &mut Interp, this: Value) -> R {
    let class = interp.real_class_of(this);
    let Some(core) = core_type(interp, class) else {
        return Ok(Value::NIL);
    };
    match core.name {
        "remote_file" => check(
            interp,
            this,
            ["remote_user", "remote_password", "remote_domain"],
        )?,
        "sudo" => {
            let path = Name::new("visudo_path");
            if read(interp, this, path)?.truthy() == Some(true) {
                let message = "The 'visudo_path' property from the sudo cookbook has been replaced with the \
                               'visudo_binary' property. The path is now more intelligently determined and for most \
                               users specifying the path should no longer be necessary. If this resource still cannot \
                               determine the path to visudo then provide the absolute path to the binary with the \
                               'visudo_binary' property.";
                return Err(interp.error(interp.core.runtime_error, message.to_owned()));
            }
        }
        _ if is_a(core, "Execute") || is_a(core, "WindowsScript") => {
            let set = |interp: &Interp, name: &str| {
                super::property::is_set(interp, this, Name::new(name))
            };
            if ["user", "password", "domain", "elevated"]
                .iter()
                .any(|name| set(interp, name))
            {
                check_platform(interp, this, ["password", "domain", "elevated"])?;
                check(interp, this, ["user", "password", "domain"])?;
            }
        }
        _ => {}
    }
    Ok(Value::NIL)
}

/// Whether the node is known to run something else than Windows.
fn is_elsewhere(interp: &mut Interp) -> bool {
    let family = super::dsl::fact(interp, "platform_family");
    family.is_ok_and(|family| family != "windows")
}

fn check_platform(interp: &mut Interp, this: Value, names: [&str; 3]) -> R<()> {
    if !is_elsewhere(interp) {
        return Ok(());
    }
    let [password, domain, elevated] = names;
    let what = if is_given(interp, this, password)? || is_given(interp, this, domain)? {
        "Values for `domain` and `password` are"
    } else if is_given(interp, this, elevated)? {
        "Value for `elevated` is"
    } else {
        return Ok(());
    };
    let message = format!(
        "This functionality is not supported on platform {what} only supported on the Windows platform."
    );
    Err(raise(interp, "UnsupportedPlatform", message))
}

fn is_given(interp: &mut Interp, this: Value, name: &str) -> R<bool> {
    let value = read(interp, this, Name::new(name))?;
    Ok(value.truthy() == Some(true))
}

/// Splits `domain\user` and `user@domain`.
fn check(interp: &mut Interp, this: Value, names: [&str; 3]) -> R<()> {
    let [user_name, password_name, domain_name] = names;
    let user = read(interp, this, Name::new(user_name))?;
    let password = read(interp, this, Name::new(password_name))?;
    let domain = read(interp, this, Name::new(domain_name))?;
    if [user, password, domain]
        .iter()
        .any(|v| interp.unknown_or_hole(*v).is_some())
    {
        return Ok(());
    }
    let refuse =
        |interp: &mut Interp, message: String| -> R<()> { Err(interp.argument_error(message)) };
    if user.is_nil() && !domain.is_nil() {
        let domain = interp.to_text(domain)?;
        let message = format!("The domain `{domain}` was specified, but no user name was given");
        return refuse(interp, message);
    }
    let text = interp.text(user).map(str::to_owned);
    if let Some(text) = text {
        if !domain.is_nil() {
            if text.contains(['\\', '@']) {
                let domain = interp.to_text(domain)?;
                let message = format!(
                    "The domain is provided twice. Username: `{text}`, Domain: `{domain}`. Please specify domain only \
                     once."
                );
                return refuse(interp, message);
            }
            return Ok(());
        }
        let parts = split(&text, '\\');
        let at = split(&text, '@');
        let (own, domain) = match (parts.as_slice(), at.as_slice()) {
            ([domain, user], _) => (*user, *domain),
            ([_], [user, domain]) => (*user, *domain),
            ([_], [_]) | ([] | [_, _, _, ..], _) => return Ok(()),
            ([_], _) => {
                let message = format!(
                    "The specified user name `{text}` is not a syntactically valid user name"
                );
                return refuse(interp, message);
            }
        };
        let (own, domain) = (own.to_owned(), domain.to_owned());
        for (name, text) in [(user_name, own), (domain_name, domain)] {
            let value = interp.str(text).with_origin(user.origin);
            super::property::assign(interp, this, Name::new(name), value)?;
        }
    } else if !password.is_nil() && user.is_nil() {
        let message = "A value for `password` or `domain` was specified without specification of a value for `user`";
        return refuse(interp, message.to_owned());
    }
    Ok(())
}

/// As Ruby's `split`, which leaves out what is empty at the end.
fn split(text: &str, by: char) -> Vec<&str> {
    let mut parts: Vec<&str> = text.split(by).collect();
    while parts.last().is_some_and(|p| p.is_empty()) {
        parts.pop();
    }
    parts
}
