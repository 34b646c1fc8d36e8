//! PostgreSQL's `postgresql.conf` and `pg_hba.conf`: what keeps the server from starting or reloading.
//!
//! Source: PostgreSQL's manual, "Setting Parameters" and "The pg_hba.conf File".

use std::net::IpAddr;

use crate::hole::has_hole;
use crate::lines::{Continue, lines};
use crate::nearest::nearest;
use crate::problem::{Class, Problem};
use crate::source::{Source, Span};

/// `name = value`, the value quoted where it is no plain word.
#[must_use]
pub fn conf(source: &Source) -> Vec<Problem> {
    let mut out = Vec::new();
    for line in lines(source.text(), Continue::Never) {
        if line.is_silent(&['#']) || has_hole(&line.text) {
            continue;
        }
        let text = line.text.trim();
        let end = text
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')))
            .unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        let rest = rest.trim_start();
        let value = rest.strip_prefix('=').unwrap_or(rest).trim_start();
        if name.is_empty() || !ends_well(value) {
            let near = if name.is_empty() { text } else { value };
            let near = near.split('#').next().unwrap_or("").trim();
            let near = if near.is_empty() { "end of line" } else { near };
            let message = format!("syntax error near \"{near}\"");
            out.push(Problem::error(Class::Syntax, message, line.span));
        }
    }
    out
}

/// One value, then nothing but a comment.
fn ends_well(value: &str) -> bool {
    let after = if let Some(inner) = value.strip_prefix('\'') {
        let mut rest = inner;
        loop {
            let Some(at) = rest.find(['\'', '\\']) else {
                return false;
            };
            let tail = rest.get(at..).unwrap_or("");
            match tail.strip_prefix("''") {
                Some(next) => rest = next,
                None if tail.starts_with('\\') => {
                    let mut chars = tail.chars();
                    chars.nth(1);
                    rest = chars.as_str();
                }
                None => break tail.get(1..).unwrap_or(""),
            }
        }
    } else {
        let end = value
            .find(|c: char| c.is_whitespace() || c == '#')
            .unwrap_or(value.len());
        if end == 0 {
            return false;
        }
        value.get(end..).unwrap_or("")
    };
    let after = after.trim_start();
    after.is_empty() || after.starts_with('#')
}

const TYPES: [&str; 6] = [
    "local",
    "host",
    "hostssl",
    "hostnossl",
    "hostgssenc",
    "hostnogssenc",
];
const METHODS: &[&str] = &[
    "trust",
    "reject",
    "scram-sha-256",
    "md5",
    "password",
    "gss",
    "sspi",
    "ident",
    "peer",
    "ldap",
    "radius",
    "cert",
    "pam",
    "bsd",
    "oauth",
    "crypt",
    "krb5",
];

/// A line is `type database user [address] method [options]`.
#[must_use]
pub fn hba(source: &Source) -> Vec<Problem> {
    let mut out = Vec::new();
    let mut records = 0;
    for line in lines(source.text(), Continue::Backslash) {
        if line.is_silent(&['#']) {
            continue;
        }
        records += 1;
        if has_hole(&line.text)
            || line.text.trim_start().starts_with('@')
            || line.text.trim_start().starts_with("include")
        {
            continue;
        }
        if let Err((class, message)) = record(&fields(&line.text)) {
            out.push(Problem::error(class, message, line.span));
        }
    }
    if records == 0 {
        out.push(Problem::error(
            Class::Arity,
            "the file contains no entries: the server does not take it",
            Span::default(),
        ));
    }
    out
}

/// The fields of a line: separated by space, joined by commas, quotes taken together.
fn fields(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let (mut word, mut quoted, mut joined) = (String::new(), false, false);
    for c in text.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                word.push(c);
            }
            '#' if !quoted => break,
            c if c.is_whitespace() && !quoted => {
                if !word.is_empty() && !word.ends_with(',') {
                    out.push(std::mem::take(&mut word));
                }
                joined = word.ends_with(',');
            }
            ',' if word.is_empty() && !joined => {
                // A comma after a space still joins.
                word = out.pop().unwrap_or_default();
                word.push(c);
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

fn record(fields: &[String]) -> Result<(), (Class, String)> {
    let field = |n: usize| fields.get(n).map_or("", |f| f.trim_matches('"'));
    let kind = field(0);
    if !TYPES.contains(&kind) {
        return Err((Class::Value, format!("invalid connection type \"{kind}\"")));
    }
    let names = [
        "a database",
        "a role",
        "an address",
        "an authentication method",
    ];
    let local = kind == "local";
    let mut method = if local { 3 } else { 4 };
    for (n, name) in names.iter().enumerate() {
        let missing = fields.len() <= n + 1 && !(local && n == 3);
        let skip = local && n == 2 && fields.len() == 4;
        if missing && !skip {
            let name = if local && n == 2 {
                "an authentication method"
            } else {
                name
            };
            return Err((
                Class::Arity,
                format!("end-of-line before {name} is specified"),
            ));
        }
    }
    if !local {
        let address = field(3);
        // A bare address has its mask in a field of its own.
        if address.parse::<IpAddr>().is_ok() {
            if field(4).parse::<IpAddr>().is_err() {
                return Err((
                    Class::Value,
                    format!(
                        "invalid IP mask \"{}\" after the address {address}",
                        field(4)
                    ),
                ));
            }
            method = 5;
        } else if let Some((ip, bits)) = address.split_once('/') {
            let limit = match ip.parse::<IpAddr>() {
                Ok(IpAddr::V4(_)) => 32,
                Ok(IpAddr::V6(_)) => 128,
                Err(_) => {
                    return Err((
                        Class::Value,
                        format!(
                            "specifying both host name and CIDR mask is invalid: \"{address}\""
                        ),
                    ));
                }
            };
            if bits.parse::<u8>().map_or(true, |b| b > limit) {
                return Err((
                    Class::Value,
                    format!("invalid CIDR mask in address \"{address}\""),
                ));
            }
        }
    }
    let name = field(method);
    if METHODS.contains(&name) {
        return Ok(());
    }
    let message = format!("invalid authentication method \"{name}\"");
    Err((
        Class::Value,
        match nearest(name, METHODS.iter().copied()) {
            Some(near) => format!("{message}, did you mean \"{near}\"?"),
            None => message,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::report;

    #[test]
    fn settings_need_a_value_that_ends() {
        insta::assert_snapshot!(report(conf, "\
listen_addresses = '*' # all
port 5432
work_mem = 64MB
search_path = '\"$user\", ''x'', a\\'b'
custom.name= on#x
max_connections =
log_line_prefix = '%m
shared_buffers = 1 GB
= 3
include_dir 'conf.d'
"), @r#"
        6: Error syntax syntax error near "end of line"
        7: Error syntax syntax error near "'%m"
        8: Error syntax syntax error near "1 GB"
        9: Error syntax syntax error near "= 3"
        "#);
    }

    #[test]
    fn records_of_pg_hba_are_checked() {
        insta::assert_snapshot!(report(hba, "\
# TYPE DATABASE USER ADDRESS METHOD
local all postgres peer
local all , other \"odd name\" peer map=x
host a,b all 10.0.0.0/8 scram-sha-256
host all all 10.0.0.0 255.0.0.0 md5
host all all samehost trust
hostssl all +group .example.com ldap ldapserver=x \\
  ldaptls=1
hots all all 10.0.0.0/8 md5
host all all 10.0.0.0/33 md5
host all all 10.0.0.0 md5
host all all md5
host all all 10.0.0.0/8 scram-sha256
local all all
"), @r#"
        9: Error value invalid connection type "hots"
        10: Error value invalid CIDR mask in address "10.0.0.0/33"
        11: Error value invalid IP mask "md5" after the address 10.0.0.0
        12: Error arity end-of-line before an authentication method is specified
        13: Error value invalid authentication method "scram-sha256", did you mean "scram-sha-256"?
        14: Error arity end-of-line before an authentication method is specified
        "#);
        insta::assert_snapshot!(report(hba, "# nobody\n"), @"1: Error arity the file contains no entries: the server does not take it");
        assert_eq!(report(hba, "\u{100000}\n"), "");
    }
}
