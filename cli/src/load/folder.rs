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
    if depth == 0 {
        return Ok(());
    }
    let failed = |e| Failure::unreadable(folder, &e);
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        // A name that is not UTF-8 cannot be named by a cookbook.
        let Some(name) = name.to_str() else { continue };
        if name == ".git" {
            continue;
        }
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(failed)?;
        if skip(&path, kind.is_dir()) {
            continue;
        }
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), depth - 1, skip, listing)?;
        } else if let Some(place) = place(&entry.path(), kind) {
            listing.insert(Arc::from(path), place);
        }
    }
    Ok(())
}

/// Where a directory entry's content is; `None` for pipes, sockets and devices, which are never opened.
pub(super) fn place(file: &Path, kind: std::fs::FileType) -> Option<Place> {
    if kind.is_symlink() {
        let target = std::fs::read_link(file).ok()?;
        Some(Place::Link(target.to_str()?.to_owned()))
    } else {
        kind.is_file().then(|| Place::Disk(file.to_owned()))
    }
}
