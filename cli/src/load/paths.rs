//! Files that are named on the command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::revision::Source;
use super::tree::{Listing, Place};
use super::{folder, git};
use crate::error::Failure;

/// Files by the names under which they are reported: relative to the repository where they are inside of it.
/// Without paths, the whole repository.
///
/// # Errors
/// Paths that do not exist or cannot be read.
pub fn files(
    source: &Source,
    current: &Path,
    paths: &[PathBuf],
) -> Result<BTreeMap<Arc<str>, PathBuf>, Failure> {
    let mut out = BTreeMap::new();
    if paths.is_empty() {
        add(&mut out, "", whole(source)?);
        return Ok(out);
    }
    let mut listed: Option<Listing> = None;
    for given in paths {
        let path = current
            .join(given)
            .canonicalize()
            .map_err(|e| Failure::unreadable(given, &e))?;
        let inside = path.strip_prefix(&source.root).ok().and_then(Path::to_str);
        if !path.is_dir() {
            let name = inside.map_or_else(|| given.display().to_string(), slashes);
            out.insert(name.into(), path);
            continue;
        }
        // In a git repository a folder means what git would not ignore.
        match inside.filter(|_| source.git().is_some_and(|r| r.workdir().is_some())) {
            Some(inside) => {
                let all = match &listed {
                    Some(all) => all,
                    None => listed.insert(whole(source)?),
                };
                let prefix = slashes(inside);
                let below = all
                    .iter()
                    .filter(|(p, _)| {
                        prefix.is_empty()
                            || p.strip_prefix(&*prefix).is_some_and(|r| r.starts_with('/'))
                    })
                    .map(|(p, place)| (p.clone(), place.clone()))
                    .collect();
                add(&mut out, "", below);
            }
            None => {
                let name = inside.map_or_else(|| given.display().to_string(), slashes);
                let prefix = match name.trim_end_matches('/') {
                    "" | "." => String::new(),
                    name => format!("{name}/"),
                };
                add(&mut out, &prefix, folder::list(&path, &mut |_, _| false)?);
            }
        }
    }
    Ok(out)
}

fn whole(source: &Source) -> Result<Listing, Failure> {
    match source.git() {
        Some(repo) if repo.workdir().is_some() => git::work_tree(repo),
        _ => folder::list(&source.root, &mut |_, _| false),
    }
}

/// Links are left out: what they lead to in the tree is listed itself.
fn add(out: &mut BTreeMap<Arc<str>, PathBuf>, prefix: &str, listing: Listing) {
    for (path, place) in listing {
        if let Place::Disk(file) = place {
            out.insert(format!("{prefix}{path}").into(), file);
        }
    }
}

fn slashes(path: &str) -> String {
    if std::path::MAIN_SEPARATOR == '/' {
        path.to_owned()
    } else {
        path.replace(std::path::MAIN_SEPARATOR, "/")
    }
}
