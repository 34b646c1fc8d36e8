//! Lists what git holds: a commit, the index, the work tree. No git program is run.

use std::cell::RefCell;
use std::sync::Arc;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::index::entry::{Flags, Mode, Stage};
use gix::objs::tree::EntryKind;

use super::folder;
use super::tree::{Content, Listing, Place, SIZE_LIMIT};
use crate::error::Failure;

/// Submodules within submodules are followed so deep.
const DEPTH: usize = 4;

/// A repository with those of its submodules that are checked out.
pub(super) struct Git {
    main: gix::Repository,
    submodules: RefCell<Vec<gix::Repository>>,
}

impl Git {
    pub(super) fn new(main: &gix::Repository) -> Self {
        Self {
            main: main.clone(),
            submodules: RefCell::default(),
        }
    }

    /// The files of a commit.
    pub(super) fn commit(&self, id: ObjectId) -> Result<Listing, Failure> {
        let tree = self
            .main
            .find_commit(id)
            .and_then(|commit| commit.tree_id())
            .map_err(Failure::git)?;
        let mut listing = Listing::new();
        self.tree(&self.main, tree.detach(), "", DEPTH, &mut listing)?;
        Ok(listing)
    }

    /// Adds the files of a tree below a prefix.
    fn tree(
        &self,
        repo: &gix::Repository,
        id: ObjectId,
        prefix: &str,
        depth: usize,
        listing: &mut Listing,
    ) -> Result<(), Failure> {
        let tree = repo.find_tree(id).map_err(Failure::git)?;
        let entries = tree.traverse().breadthfirst.files().map_err(Failure::git)?;
        for entry in entries {
            let path = format!("{prefix}{}", entry.filepath.to_str_lossy());
            let place = match entry.mode.kind() {
                _ if entry.filepath.to_str().is_err() => no_utf8(),
                EntryKind::Blob | EntryKind::BlobExecutable => Place::Blob(entry.oid),
                EntryKind::Link => link(repo, entry.oid)?,
                EntryKind::Commit => {
                    self.submodule(&path, entry.oid, depth, listing)?;
                    continue;
                }
                EntryKind::Tree => continue,
            };
            listing.insert(Arc::from(path), place);
        }
        Ok(())
    }

    /// Adds a submodule's files at the commit that is recorded, from its checked-out repository.
    fn submodule(
        &self,
        path: &str,
        id: ObjectId,
        depth: usize,
        listing: &mut Listing,
    ) -> Result<(), Failure> {
        let opened = self
            .main
            .workdir()
            .filter(|_| depth > 0)
            .and_then(|root| gix::open(root.join(path)).ok());
        let tree = opened.as_ref().and_then(|repo| {
            let commit = repo.find_commit(id).ok()?;
            Some(commit.tree_id().ok()?.detach())
        });
        let (Some(repo), Some(tree)) = (opened, tree) else {
            let reason = match depth {
                0 => "submodules nest too deep",
                _ => "a submodule that is not checked out at this commit",
            };
            listing.insert(path.into(), Place::Unreadable(reason.to_owned()));
            return Ok(());
        };
        self.tree(&repo, tree, &format!("{path}/"), depth - 1, listing)?;
        self.submodules.borrow_mut().push(repo);
        Ok(())
    }

    /// The staged files. A file in conflict is listed as our side has it.
    pub(super) fn index(&self) -> Result<Listing, Failure> {
        let index = staged(&self.main)?;
        let mut listing = Listing::new();
        for entry in index.entries() {
            if !matches!(entry.stage(), Stage::Unconflicted | Stage::Ours) {
                continue;
            }
            self.entry(&index, entry, &mut listing)?;
        }
        Ok(listing)
    }

    /// Adds what an index entry stands for.
    fn entry(
        &self,
        index: &gix::index::File,
        entry: &gix::index::Entry,
        listing: &mut Listing,
    ) -> Result<(), Failure> {
        let path = entry.path(index);
        let name = path.to_str_lossy();
        let place = match entry.mode {
            _ if path.to_str().is_err() => no_utf8(),
            Mode::FILE | Mode::FILE_EXECUTABLE => Place::Blob(entry.id),
            Mode::SYMLINK => link(&self.main, entry.id)?,
            Mode::COMMIT => return self.submodule(&name, entry.id, DEPTH, listing),
            // A folder outside of what a sparse index has.
            Mode::DIR => {
                let prefix = format!("{}/", name.trim_end_matches('/'));
                return self.tree(&self.main, entry.id, &prefix, DEPTH, listing);
            }
            _ => return Ok(()),
        };
        listing.insert(Arc::from(&*name), place);
        Ok(())
    }

    /// The files of the work tree: tracked ones that are there, and untracked ones that are not ignored.
    pub(super) fn work_tree(&self) -> Result<Listing, Failure> {
        let repo = &self.main;
        let root = repo
            .workdir()
            .ok_or_else(|| {
                Failure::usage("this repository is bare: it has no work tree to look at")
                    .help("name a revision with --head, where the command has it")
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
        for entry in index.entries() {
            let path = entry.path(&index).to_str_lossy();
            if listing.contains_key(&*path) {
                continue;
            }
            // What a sparse checkout leaves out is as it was committed.
            if entry.flags.contains(Flags::SKIP_WORKTREE) || entry.mode == Mode::DIR {
                self.entry(&index, entry, &mut listing)?;
                continue;
            }
            if entry.mode == Mode::COMMIT {
                let folder = format!("{path}/");
                let below = listing.range(Arc::<str>::from(folder.as_str())..).next();
                if below.is_none_or(|(file, _)| !file.starts_with(&folder)) {
                    let reason = "a submodule that is not checked out".to_owned();
                    listing.insert(Arc::from(&*path), Place::Unreadable(reason));
                }
                continue;
            }
            // A file that git tracks counts even where a pattern would ignore it.
            let file = root.join(&*path);
            if let Ok(meta) = std::fs::symlink_metadata(&file)
                && !meta.is_dir()
            {
                let place = folder::place(&file, meta.file_type());
                listing.insert(Arc::from(&*path), place);
            }
        }
        Ok(listing)
    }

    /// A blob's bytes, whichever of the repositories has it.
    pub(super) fn blob(&self, id: ObjectId) -> Result<Content<Vec<u8>>, Failure> {
        match blob(&self.main, id) {
            Ok(content) => Ok(content),
            Err(failure) => self
                .submodules
                .borrow()
                .iter()
                .find_map(|repo| blob(repo, id).ok())
                .ok_or(failure),
        }
    }
}

fn no_utf8() -> Place {
    Place::Unreadable("its name is not UTF-8".to_owned())
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

fn link(repo: &gix::Repository, id: ObjectId) -> Result<Place, Failure> {
    let target = match blob(repo, id)? {
        Content::Read(target) => target,
        Content::TooLarge(_) | Content::Unreadable(_) => Vec::new(),
    };
    Ok(Place::Link(String::from_utf8_lossy(&target).into_owned()))
}

/// A blob's bytes.
fn blob(repo: &gix::Repository, id: ObjectId) -> Result<Content<Vec<u8>>, Failure> {
    let header = repo.find_header(id).map_err(Failure::git)?;
    if header.size() > SIZE_LIMIT {
        return Ok(Content::TooLarge(header.size()));
    }
    let object = repo.find_object(id).map_err(Failure::git)?;
    Ok(Content::Read(object.detach().data))
}
