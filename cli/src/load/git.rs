//! Lists what git holds: a commit, the index, the work tree. No git program is run.

use std::sync::Arc;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::index::entry::{Mode, Stage};
use gix::objs::tree::EntryKind;

use super::folder;
use super::tree::{Content, Listing, Place, SIZE_LIMIT};
use crate::error::Failure;

/// The files of a commit.
pub(super) fn commit(repo: &gix::Repository, id: ObjectId) -> Result<Listing, Failure> {
    let tree = repo
        .find_commit(id)
        .and_then(|commit| commit.tree())
        .map_err(Failure::git)?;
    let entries = tree.traverse().breadthfirst.files().map_err(Failure::git)?;
    let mut listing = Listing::new();
    for entry in entries {
        let Ok(path) = entry.filepath.to_str() else {
            continue;
        };
        let place = match entry.mode.kind() {
            EntryKind::Blob | EntryKind::BlobExecutable => Place::Blob(entry.oid),
            EntryKind::Link => link(repo, entry.oid)?,
            EntryKind::Tree | EntryKind::Commit => continue,
        };
        listing.insert(Arc::from(path), place);
    }
    Ok(listing)
}

/// The staged files. A file in conflict is listed as our side has it.
pub(super) fn index(repo: &gix::Repository) -> Result<Listing, Failure> {
    let index = staged(repo)?;
    let mut listing = Listing::new();
    for entry in index.entries() {
        if !matches!(entry.stage(), Stage::Unconflicted | Stage::Ours) {
            continue;
        }
        let Ok(path) = entry.path(&index).to_str() else {
            continue;
        };
        let place = match entry.mode {
            Mode::FILE | Mode::FILE_EXECUTABLE => Place::Blob(entry.id),
            Mode::SYMLINK => link(repo, entry.id)?,
            _ => continue,
        };
        listing.insert(Arc::from(path), place);
    }
    Ok(listing)
}

/// The index; the one that git prepares where it runs us as a hook of `git commit -a` or `git commit FILE`.
fn staged(repo: &gix::Repository) -> Result<Arc<gix::index::File>, Failure> {
    let git_dir = repo.git_dir().canonicalize().ok();
    let prepared = std::env::var_os("GIT_INDEX_FILE")
        .and_then(|path| std::path::PathBuf::from(path).canonicalize().ok())
        .filter(|path| path.parent() == git_dir.as_deref());
    match prepared {
        Some(path) => gix::index::File::at(path, repo.object_hash(), false, Default::default())
            .map(Arc::new)
            .map_err(Failure::git),
        None => repo
            .index_or_empty()
            .map(|index| Arc::new((**index).clone()))
            .map_err(Failure::git),
    }
}

/// The files of the work tree: tracked ones that are there, and untracked ones that are not ignored.
pub(super) fn work_tree(repo: &gix::Repository) -> Result<Listing, Failure> {
    let root = repo
        .workdir()
        .ok_or_else(|| {
            Failure::usage("this repository has no work tree: name a revision with --head")
        })?
        .to_owned();
    let index = repo.index_or_empty().map_err(Failure::git)?;
    let mut excludes = repo
        .excludes(
            &index,
            None,
            gix::worktree::stack::state::ignore::Source::WorktreeThenIdMappingIfNotSkipped,
        )
        .map_err(Failure::git)?;
    let mut skip = |path: &str, is_dir: bool| {
        let mode = if is_dir { Mode::DIR } else { Mode::FILE };
        excludes
            .at_path(path, Some(mode))
            .is_ok_and(|at| at.is_excluded())
    };
    let mut listing = folder::list(&root, &mut skip)?;
    // A file that git tracks counts even where a pattern would ignore it.
    for entry in index.entries() {
        let Ok(path) = entry.path(&index).to_str() else {
            continue;
        };
        if listing.contains_key(path) {
            continue;
        }
        let file = root.join(path);
        if let Ok(meta) = std::fs::symlink_metadata(&file)
            && let Some(place) = folder::place(&file, meta.file_type())
        {
            listing.insert(Arc::from(path), place);
        }
    }
    Ok(listing)
}

fn link(repo: &gix::Repository, id: ObjectId) -> Result<Place, Failure> {
    let target = match blob(repo, id)? {
        Content::Read(target) => target,
        Content::TooLarge(_) => Vec::new(),
    };
    Ok(Place::Link(String::from_utf8_lossy(&target).into_owned()))
}

/// A blob's bytes.
pub(super) fn blob(repo: &gix::Repository, id: ObjectId) -> Result<Content<Vec<u8>>, Failure> {
    let header = repo.find_header(id).map_err(Failure::git)?;
    if header.size() > SIZE_LIMIT {
        return Ok(Content::TooLarge(header.size()));
    }
    let object = repo.find_object(id).map_err(Failure::git)?;
    Ok(Content::Read(object.detach().data))
}
