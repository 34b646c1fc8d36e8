//! Files that are named on the command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder;
use super::git::Git;
use super::links;
use super::revision::Source;
use super::tree::{Listing, Place};
use crate::error::Failure;

/// Files by the names under which they are reported: relative to the repository where they are inside of it.
#[derive(Debug, Default)]
pub struct Named {
    pub files: BTreeMap<Arc<str>, PathBuf>,
    /// What is there and cannot be opened, with the reason.
    pub unread: BTreeMap<Arc<str>, String>,
}

/// The files of paths, folders with all that is below them. Without paths, the whole repository.
///
/// # Errors
/// Paths that do not exist or cannot be read.
pub fn files(source: &Source, current: &Path, paths: &[PathBuf]) -> Result<Named, Failure> {
    let mut out = Named::default();
    if paths.is_empty() {
        out.add("", &whole(source)?, &|_| true);
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
            out.files.insert(name.into(), path);
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
                out.add("", all, &|path| {
                    let rest = path.strip_prefix(&*prefix);
                    prefix.is_empty() || rest.is_some_and(|r| r.is_empty() || r.starts_with('/'))
                });
            }
            None => {
                let name = inside.map_or_else(|| given.display().to_string(), slashes);
                let prefix = match name.trim_end_matches('/') {
                    "" | "." => String::new(),
                    name => format!("{name}/"),
                };
                out.add(&prefix, &folder::list(&path, &mut |_, _| false)?, &|_| true);
            }
        }
    }
    Ok(out)
}

fn whole(source: &Source) -> Result<Listing, Failure> {
    match source.git() {
        Some(repo) => Git::new(repo).work_tree(),
        None => folder::list(&source.root, &mut |_, _| false),
    }
}

impl Named {
    /// A file that links lead to is looked at once, under its own name.
    fn add(&mut self, prefix: &str, listing: &Listing, keep: &dyn Fn(&str) -> bool) {
        for (path, place) in links::resolve(listing) {
            let is_itself = matches!(listing.get(&path), Some(Place::Disk(_)));
            if !keep(&path) {
                continue;
            }
            let path: Arc<str> = format!("{prefix}{path}").into();
            match place {
                Place::Disk(file) if is_itself => {
                    self.files.insert(path, file);
                }
                Place::Unreadable(reason) => {
                    self.unread.insert(path, reason);
                }
                Place::Disk(_) | Place::Blob(_) | Place::Link(_) => {}
            }
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
