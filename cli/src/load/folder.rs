//! Lists a plain folder.

use std::path::Path;
use std::sync::Arc;

use super::tree::{Listing, Place};
use crate::error::Failure;

/// Deeper folders than this are no repository's.
const DEPTH: usize = 64;

/// Lists every file below a folder. `skip` is asked for each path, with whether it is a folder.
pub(super) fn list(
    root: &Path,
    skip: &mut dyn FnMut(&str, bool) -> bool,
) -> Result<Listing, Failure> {
    let mut listing = Listing::new();
    walk(root, "", DEPTH, skip, &mut listing)?;
    Ok(listing)
}

fn walk(
    folder: &Path,
    prefix: &str,
    depth: usize,
    skip: &mut dyn FnMut(&str, bool) -> bool,
    listing: &mut Listing,
) -> Result<(), Failure> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if prefix.is_empty() => return Err(Failure::unreadable(folder, &e)),
        Err(e) => {
            unreadable(
                listing,
                prefix,
                format!("a folder that cannot be read: {e}"),
            );
            return Ok(());
        }
    };
    if depth == 0 {
        unreadable(
            listing,
            prefix,
            format!("folders nest more than {DEPTH} deep"),
        );
        return Ok(());
    }
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) => {
                unreadable(
                    listing,
                    prefix,
                    format!("a folder that cannot be read: {e}"),
                );
                break;
            }
        };
        let name = entry.file_name();
        if name == ".git" {
            continue;
        }
        let Some(name) = name.to_str() else {
            let name = name.to_string_lossy();
            let reason = "its name is not UTF-8".to_owned();
            listing.insert(format!("{prefix}{name}").into(), Place::Unreadable(reason));
            continue;
        };
        let path = format!("{prefix}{name}");
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            // It went away while we looked.
            Err(_) => continue,
        };
        if skip(&path, kind.is_dir()) {
            continue;
        }
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), depth - 1, skip, listing)?;
        } else {
            listing.insert(Arc::from(path), place(&entry.path(), kind));
        }
    }
    Ok(())
}

fn unreadable(listing: &mut Listing, prefix: &str, reason: String) {
    let folder = prefix.trim_end_matches('/');
    listing.insert(folder.into(), Place::Unreadable(reason));
}

/// Where a directory entry's content is. Pipes, sockets and devices are never opened.
pub(super) fn place(file: &Path, kind: std::fs::FileType) -> Place {
    if kind.is_file() {
        return Place::Disk(file.to_owned());
    }
    if !kind.is_symlink() {
        return Place::Unreadable("neither a file nor a folder".to_owned());
    }
    match std::fs::read_link(file) {
        Ok(target) => Place::Link(target.to_string_lossy().into_owned()),
        Err(e) => Place::Unreadable(format!("a link that cannot be read: {e}")),
    }
}
