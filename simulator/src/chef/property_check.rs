//! Whether a built-in resource's property accepts a value, and in which words Chef refuses it
//! (`Chef::Mixin::ParamsValidate`).

use super::resource_table::Property;

/// A value of a kind that the table can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Simple<'a> {
    Symbol(&'a str),
    String(&'a str),
    Integer(i64),
    Bool(bool),
}

/// Why a value is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Type,
    NotAllowed,
    Pattern,
}

/// Checks a value against the values and patterns that a property allows, which Chef does before it looks at the
/// type. `simple` is the value itself where it is a simple one; `text` gives what its `to_s` gives.
///
/// # Errors
/// What [`message`] puts in Chef's words.
pub fn check_value(
    property: &Property,
    simple: Option<Simple<'_>>,
    text: &str,
) -> Result<(), Refusal> {
    let equal_to = &property.equal_to;
    if !equal_to.is_empty() && !equal_to.iter().any(|l| Some(l.simple()) == simple) {
        return Err(Refusal::NotAllowed);
    }
    match property.fits_pattern(text) {
        true => Ok(()),
        false => Err(Refusal::Pattern),
    }
}

/// Checks that a value is of one of a property's types. `is_a` says whether it is of a class, by the class's name.
///
/// # Errors
/// [`Refusal::Type`]
pub fn check_type(
    property: &Property,
    is_a: impl Fn(&str) -> bool,
    simple: Option<Simple<'_>>,
) -> Result<(), Refusal> {
    let types = &property.types;
    match types.is_empty() || types.iter().any(|t| is_of(t, &is_a, simple)) {
        true => Ok(()),
        false => Err(Refusal::Type),
    }
}

/// The message of Chef's `ValidationFailed`, for a value with what `inspect` and `to_s` give of it.
pub fn message(
    refusal: Refusal,
    name: &str,
    property: &Property,
    inspect: &str,
    text: &str,
) -> String {
    match refusal {
        Refusal::Type => {
            let allowed = property.types.join(", ");
            format!("Property {name} must be one of: {allowed}!  You passed {inspect}.")
        }
        Refusal::NotAllowed => {
            let allowed = list(property.equal_to.iter().map(|l| shown(l.simple())));
            format!("Option {name} must be equal to one of: {allowed}!  You passed {inspect}.")
        }
        Refusal::Pattern => {
            let mut patterns = list(property.patterns.iter().map(|p| inspect_pattern(p)));
            for _ in 0..property.pattern_lists {
                patterns = format!("[{patterns}]");
            }
            format!("Property {name}'s value {text} does not match regular expression {patterns}")
        }
    }
}

/// Whether a value is of a type as the table writes it: a class, or a single value.
fn is_of(allowed: &str, is_a: impl Fn(&str) -> bool, simple: Option<Simple<'_>>) -> bool {
    match allowed {
        "true" | "TrueClass" => simple == Some(Simple::Bool(true)),
        "false" | "FalseClass" => simple == Some(Simple::Bool(false)),
        other => match (other.strip_prefix(':'), other.strip_prefix('"')) {
            (Some(symbol), _) => simple == Some(Simple::Symbol(symbol)),
            (_, Some(text)) => simple == Some(Simple::String(text.trim_end_matches('"'))),
            _ => is_a(other),
        },
    }
}

/// A pattern as Ruby shows it, with its slashes escaped.
fn inspect_pattern(pattern: &str) -> String {
    let mut out = String::from("/");
    let mut escaped = false;
    for c in pattern.chars() {
        if c == '/' && !escaped {
            out.push('\\');
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out.push('/');
    out
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

fn shown(simple: Simple<'_>) -> String {
    match simple {
        Simple::Symbol(s) => crate::ruby::convert::inspect_symbol(s),
        Simple::String(s) => {
            crate::ruby::convert::inspect_str(s, crate::ruby::encoding::Encoding::Utf8)
        }
        Simple::Integer(n) => n.to_string(),
        Simple::Bool(b) => b.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::resource_table::lookup;
    use super::*;

    fn told(resource: &str, name: &str, class: &str, simple: Simple<'_>) -> String {
        let inspect = shown(simple);
        let text = inspect.trim_matches(['"', ':']);
        let property = lookup(resource).and_then(|r| r.property(name)).unwrap();
        let is_a = |c: &str| c == class || c == "Object";
        let checked = check_value(property, Some(simple), text)
            .and_then(|()| check_type(property, is_a, Some(simple)));
        match checked {
            Ok(()) => "fine".into(),
            Err(refusal) => message(refusal, name, property, &inspect, text),
        }
    }

    #[test]
    fn refusals_are_in_chefs_words() {
        let (string, symbol) = (Simple::String, Simple::Symbol);
        insta::assert_snapshot!(told("log", "level", "Symbol", symbol("warn")), @"fine");
        insta::assert_snapshot!(told("log", "level", "Symbol", symbol("loud")), @"Option level must be equal to one of: :debug, :info, :warn, :error, :fatal!  You passed :loud.");
        insta::assert_snapshot!(told("template", "cookbook", "Symbol", symbol("lb")), @"Property cookbook must be one of: String!  You passed :lb.");
        insta::assert_snapshot!(told("yum_repository", "repositoryid", "String", string("a/b")), @r"Property repositoryid's value a/b does not match regular expression [/^[^\/]+$/]");
        insta::assert_snapshot!(told("yum_repository", "cost", "String", string("x")), @r"Property cost's value x does not match regular expression /^\d+$/");
        insta::assert_snapshot!(told("template", "ignore_failure", "Symbol", symbol("quiet")), @"fine");
        insta::assert_snapshot!(told("template", "backup", "FalseClass", Simple::Bool(false)), @"fine");
    }
}
