//! `require` and `require_relative`, and what the libraries may have brought that nothing here models.

use foretaste_parser::name::Name;

use super::load;
use super::run::run;
use crate::ruby::Interp;
use crate::ruby::flow::R;
use crate::ruby::value::{Kind, Value};

/// `require_relative` and `require` of a cookbook's own file run it; a library that is not modelled is remembered.
pub fn require(interp: &mut Interp, name: &str) -> R {
    const KNOWN: &[&str] = &[
        "json",
        "set",
        "uri",
        "yaml",
        "ostruct",
        "digest",
        "base64",
        "time",
        "date",
        "tempfile",
        "fileutils",
        "pathname",
        "securerandom",
        "shellwords",
        "ipaddr",
        "net/http",
        "openssl",
        "erb",
        "forwardable",
        "singleton",
        "socket",
        "etc",
        "resolv",
        "open3",
        "timeout",
        "logger",
        "English",
        "pp",
        "rbconfig",
        "rubygems",
        "chef",
        "mixlib/shellout",
        "csv",
        "stringio",
        "bigdecimal",
        "benchmark",
        "rexml/document",
        "tmpdir",
        "zlib",
        "open-uri",
    ];
    let from = interp.location().filter(|_| name.starts_with('.'));
    let file = match &from {
        Some(from) => beside(&from.path, name),
        None => name.trim_start_matches('/').to_owned(),
    };
    let file = match file.ends_with(".rb") {
        true => file,
        false => format!("{file}.rb"),
    };
    match load::require(interp, &file)? {
        Some(first) => return Ok(first.into()),
        None if from.is_some() => {
            let class = interp.core.load_error;
            let message = format!(
                "cannot load such file -- /var/chef/cache/{}",
                file.trim_end_matches(".rb")
            );
            return Err(interp.error(class, message));
        }
        None => {}
    }
    let known = KNOWN.contains(&name)
        || name.starts_with('.')
        || name.starts_with('/')
        || name.starts_with("chef/")
        || name.starts_with("digest/");
    if !known {
        run(interp)
            .unmodelled
            .get_or_insert_with(|| format!("the gem or file `{name}`"));
    }
    Ok(Value::TRUE)
}

/// A path written relative to a file.
fn beside(file: &str, path: &str) -> String {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/").trim_start_matches('/').to_owned()
}

/// What a library that is not modelled may have added to a class of Ruby's own. To `nil` few do, and a method that `nil`
/// lacks is the commonest mistake there is.
pub fn added_to_core(interp: &mut Interp, recv: Value, name: Name) -> R<Option<Value>> {
    let is_core = matches!(
        recv.kind,
        Kind::Int(_) | Kind::Float(_) | Kind::Sym(_) | Kind::Bool(_)
    ) || interp.text(recv).is_some()
        || interp.array_items(recv).is_some()
        || interp.hash_data(recv).is_some();
    if !is_core || interp.is_known(interp.class_of(recv), name.as_str()) {
        return Ok(None);
    }
    let source = run(interp).unmodelled.clone();
    Ok(source.map(|source| interp.unsupported(format!("`{name}`, which may come from {source}"))))
}
