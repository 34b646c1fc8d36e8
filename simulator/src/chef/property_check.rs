//! Whether a built-in resource's property accepts a value, and in which words Chef refuses it
//! (`Chef::Mixin::ParamsValidate`).

use super::resource_table::{Literal, Property};

/// What a check needs to know of a value. `nil` and lazy values are not checked when they are set.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// Its class and that class's ancestors by name, such as `Integer`, `Numeric`, ….
    pub classes: &'a [&'a str],
    /// The value itself, where it is a simple one.
    pub literal: Option<&'a Literal>,
    /// What `inspect` gives.
    pub inspect: &'a str,
    /// What `to_s` gives.
    pub text: &'a str,
}

/// Checks a value against a property.
///
/// # Errors
/// The message of Chef's `ValidationFailed`.
pub fn check(name: &str, property: &Property, given: Given<'_>) -> Result<(), String> {
    let types = &property.types;
    if !types.is_empty() && !types.iter().any(|t| is_of(t, given)) {
        let allowed = types.join(", ");
        let inspect = given.inspect;
        return Err(format!(
            "Property {name} must be one of: {allowed}!  You passed {inspect}."
        ));
    }
    let equal_to = &property.equal_to;
    if !equal_to.is_empty() && given.literal.is_none_or(|l| !equal_to.contains(l)) {
        let allowed = list(equal_to.iter().map(inspect));
        let inspect = given.inspect;
        return Err(format!(
            "Option {name} must be equal to one of: {allowed}!  You passed {inspect}."
        ));
    }
    let compiled: Option<Vec<_>> = property
        .patterns
        .iter()
        // Ruby's ^ and $ are those of lines.
        .map(|p| fancy_regex::Regex::new(&format!("(?m:{p})")).ok())
        .collect();
    let refused = |patterns: Vec<fancy_regex::Regex>| {
        !patterns.is_empty()
            && !patterns
                .iter()
                .any(|p| p.is_match(given.text).unwrap_or(true))
    };
    if compiled.is_some_and(refused) {
        let mut patterns = list(property.patterns.iter().map(|p| inspect_pattern(p)));
        if property.patterns_listed {
            patterns = format!("[{patterns}]");
        }
        let text = given.text;
        return Err(format!(
            "Property {name}'s value {text} does not match regular expression {patterns}"
        ));
    }
    Ok(())
}

/// Whether a value is of a type as the table writes it: a class, or a single value.
fn is_of(allowed: &str, given: Given<'_>) -> bool {
    match allowed {
        "true" | "TrueClass" => given.literal == Some(&Literal::Bool(true)),
        "false" | "FalseClass" => given.literal == Some(&Literal::Bool(false)),
        other => match (other.strip_prefix(':'), other.strip_prefix('"')) {
            (Some(symbol), _) => {
                matches!(given.literal, Some(Literal::Symbol(s)) if s == symbol)
            }
            (_, Some(text)) => {
                matches!(given.literal, Some(Literal::String(s)) if s == text.trim_end_matches('"'))
            }
            _ => given.classes.contains(&other),
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

fn inspect(literal: &Literal) -> String {
    match literal {
        Literal::Symbol(s) => crate::ruby::convert::inspect_symbol(s),
        Literal::String(s) => crate::ruby::convert::inspect_str(s, false),
        Literal::Integer(n) => n.to_string(),
        Literal::Bool(b) => b.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::resource_table::lookup;
    use super::*;

    fn told(resource: &str, name: &str, class: &str, literal: &Literal) -> String {
        let shown = inspect(literal);
        let given = Given {
            classes: &[class, "Object"],
            literal: Some(literal),
            inspect: &shown,
            text: shown.trim_matches(['"', ':']),
        };
        let property = lookup(resource).and_then(|r| r.property(name)).unwrap();
        check(name, property, given).map_or_else(|e| e, |()| "fine".into())
    }

    #[test]
    fn refusals_are_in_chefs_words() {
        let string = |s: &str| Literal::String(s.into());
        let symbol = |s: &str| Literal::Symbol(s.into());
        insta::assert_snapshot!(told("log", "level", "Symbol", &symbol("warn")), @"fine");
        insta::assert_snapshot!(told("log", "level", "Symbol", &symbol("loud")), @"Option level must be equal to one of: :debug, :info, :warn, :error, :fatal!  You passed :loud.");
        insta::assert_snapshot!(told("template", "cookbook", "Symbol", &symbol("lb")), @"Property cookbook must be one of: String!  You passed :lb.");
        insta::assert_snapshot!(told("yum_repository", "repositoryid", "String", &string("a/b")), @r"Property repositoryid's value a/b does not match regular expression [/^[^\/]+$/]");
        insta::assert_snapshot!(told("yum_repository", "cost", "String", &string("x")), @r"Property cost's value x does not match regular expression /^\d+$/");
        insta::assert_snapshot!(told("template", "ignore_failure", "Symbol", &symbol("quiet")), @"fine");
        insta::assert_snapshot!(told("template", "backup", "FalseClass", &Literal::Bool(false)), @"fine");
    }
}
