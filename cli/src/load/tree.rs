//! A revision's files: what is listed, what of it is read.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use foretaste_simulator::repository::{Files, Layout};
use gix::ObjectId;

use super::config::Config;
use super::links;
use crate::error::Failure;

/// A file larger than this is listed but not read: nothing that Chef evaluates is.
pub const SIZE_LIMIT: u64 = 8 << 20;

/// Where a file's bytes are.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Disk(PathBuf),
    Blob(ObjectId),
    /// A symlink with its target, as written.
    Link(String),
}

/// What a revision lists, before anything is read.
pub(super) type Listing = BTreeMap<Arc<str>, Place>;

/// A revision's files, as far as they were read.
#[derive(Debug, Default)]
pub struct Tree {
    pub files: Files,
    pub layout: Option<Layout>,
    /// Files over the size limit, with their sizes: listed without their content.
    pub too_large: BTreeMap<Arc<str>, u64>,
}

/// Bytes that were read before: base and head share what is the same in both.
#[derive(Default)]
pub struct Shared {
    blobs: std::collections::HashMap<ObjectId, Arc<[u8]>>,
    by_path: BTreeMap<Arc<str>, Arc<[u8]>>,
}

/// The bytes of a file, or the size of one over the limit.
pub(super) enum Content<B> {
    Read(B),
    TooLarge(u64),
}

/// Gives the bytes of a blob.
pub(super) type ReadBlob<'a> = dyn Fn(ObjectId) -> Result<Content<Vec<u8>>, Failure> + 'a;

/// Reads of a listing what a simulation can ask for.
pub(super) fn read(
    listing: &Listing,
    config: &Config,
    shared: &mut Shared,
    blob: &ReadBlob<'_>,
) -> Result<Tree, Failure> {
    let listing = links::resolve(listing);
    let names = Files(
        listing
            .keys()
            .map(|path| (path.clone(), Arc::from([])))
            .collect(),
    );
    let layout = config.layout(Layout::detect(&names));
    let mut tree = Tree::default();
    for (path, place) in &listing {
        if !is_wanted(path, &layout) {
            continue;
        }
        let known = match place {
            Place::Blob(id) => shared.blobs.get(id).cloned(),
            _ => None,
        };
        let content = match (known, place) {
            (Some(bytes), _) => Content::Read(bytes),
            (None, Place::Blob(id)) => match blob(*id)? {
                Content::Read(bytes) => {
                    let bytes = shared.same(path, bytes);
                    shared.blobs.insert(*id, bytes.clone());
                    Content::Read(bytes)
                }
                Content::TooLarge(size) => Content::TooLarge(size),
            },
            (None, Place::Disk(file)) => match read_disk(file)? {
                Content::Read(bytes) => Content::Read(shared.same(path, bytes)),
                Content::TooLarge(size) => Content::TooLarge(size),
            },
            (None, Place::Link(_)) => continue,
        };
        let bytes = match content {
            Content::Read(bytes) => bytes,
            Content::TooLarge(size) => {
                tree.too_large.insert(path.clone(), size);
                Arc::from([])
            }
        };
        tree.files.0.insert(path.clone(), bytes);
    }
    tree.layout = Some(layout);
    Ok(tree)
}

impl Shared {
    /// The bytes already read for this path where they are the same, so that what is parsed once is parsed for both.
    fn same(&mut self, path: &Arc<str>, bytes: Vec<u8>) -> Arc<[u8]> {
        if let Some(known) = self.by_path.get(path)
            && **known == *bytes
        {
            return known.clone();
        }
        let bytes: Arc<[u8]> = bytes.into();
        self.by_path.insert(path.clone(), bytes.clone());
        bytes
    }
}

fn read_disk(file: &std::path::Path) -> Result<Content<Vec<u8>>, Failure> {
    let failed = |e| Failure::unreadable(file, &e);
    let size = std::fs::metadata(file).map_err(failed)?.len();
    if size > SIZE_LIMIT {
        return Ok(Content::TooLarge(size));
    }
    std::fs::read(file).map(Content::Read).map_err(failed)
}

/// Whether a simulation may ask for a file.
fn is_wanted(path: &str, layout: &Layout) -> bool {
    let below = |folder: &str| {
        folder.is_empty()
            || path
                .strip_prefix(folder)
                .is_some_and(|rest| rest.starts_with('/'))
    };
    let objects = [
        &layout.roles,
        &layout.environments,
        &layout.data_bags,
        &layout.nodes,
    ];
    layout.cookbooks.iter().any(|c| below(c))
        || layout.single_cookbook.as_ref().is_some_and(|c| below(c))
        || objects.into_iter().any(|o| below(o))
        || path.ends_with(".lock.json")
        || matches!(
            path,
            "foretaste.toml" | "kitchen.yml" | ".kitchen.yml" | "Policyfile.rb" | "Berksfile"
        )
}
