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
        run(interp).unmodelled.insert(name.to_owned());
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

/// Where a constant or method may come from that nothing in the repository defines: gems and files without a model, and
/// cookbooks that are not here. `None` where all is known.
pub fn unmodelled(interp: &mut Interp) -> Option<String> {
    let run = run(interp);
    let mut sources = Vec::new();
    if !run.elsewhere.is_empty() {
        let names = run.elsewhere.join(", ");
        sources.push(format!(
            "a cookbook that is not in the repository ({names})"
        ));
    }
    let gems: Vec<String> = run.unmodelled.iter().map(|n| format!("`{n}`")).collect();
    match gems.as_slice() {
        [] => {}
        [one] => sources.push(format!("the gem or file {one}")),
        several => sources.push(format!("the gems or files {}", several.join(", "))),
    }
    (!sources.is_empty()).then(|| sources.join(" or "))
}

/// A method that a library without a model may have added: to a class of Ruby's own, to its own module that a cookbook
/// has opened, or for all, as `IPAddress(text)`. To `nil` few add any, and a method that `nil` lacks is the commonest
/// mistake there is.
pub fn added(interp: &mut Interp, recv: Value, name: Name) -> R<Option<Value>> {
    let is_core = matches!(
        recv.kind,
        Kind::Int(_) | Kind::Float(_) | Kind::Sym(_) | Kind::Bool(_)
    ) || interp.text(recv).is_some()
        || interp.array_items(recv).is_some()
        || interp.hash_data(recv).is_some();
    let for_all = name.as_str().starts_with(char::is_uppercase);
    let may_be = for_all || is_core || is_of_a_gem(interp, recv);
    if !may_be || interp.is_known(interp.class_of(recv), name.as_str()) {
        return Ok(None);
    }
    let source = unmodelled(interp);
    Ok(source.map(|source| interp.unsupported(format!("`{name}`, which may come from {source}"))))
}

/// Whether a module is named after a library that was required: `Docker` after `docker` or `docker-api`.
fn is_of_a_gem(interp: &mut Interp, recv: Value) -> bool {
    let Some(class) = interp.as_class(recv) else {
        return false;
    };
    let name = interp.class_name(class).to_lowercase();
    let top = name.split("::").next().unwrap_or("");
    run(interp).unmodelled.iter().any(|gem| {
        let first = gem.split(['-', '/']).next().unwrap_or("");
        first.replace('_', "") == top
    })
}
