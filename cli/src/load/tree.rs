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
    /// Nowhere to be read, and why: a submodule that is not here, a link out of the tree, a pipe. May be a folder.
    Unreadable(String),
}

/// What a revision lists, before anything is read.
pub(super) type Listing = BTreeMap<Arc<str>, Place>;

/// A revision's files, as far as they were read.
#[derive(Debug, Default)]
pub struct Tree {
    pub files: Files,
    pub layout: Option<Layout>,
    pub unread: BTreeMap<Arc<str>, Unread>,
}

/// What was listed and could not be read as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// For people: `a file of 12 MiB is too large to read`.
    pub reason: String,
    pub kind: UnreadKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnreadKind {
    /// There is nothing of it: neither it nor what may lie below it is among the files.
    Absent,
    /// It is among the files without its content.
    Empty,
    /// It is among the files, but some of its bytes are no UTF-8.
    Lossy,
}

/// Whether Chef, or this program, makes something of a file's content.
#[must_use]
pub fn is_evaluated(path: &str) -> bool {
    [".rb", ".erb", ".json"].iter().any(|e| path.ends_with(e))
}

/// Bytes that were read before: base and head share what is the same in both.
#[derive(Default)]
pub struct Shared {
    blobs: std::collections::HashMap<ObjectId, Arc<[u8]>>,
    by_path: BTreeMap<Arc<str>, Arc<[u8]>>,
}

/// The bytes of a file, or why there are none.
pub enum Content<B> {
    Read(B),
    TooLarge(u64),
    Unreadable(String),
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
        if !is_wanted(path, &layout) && !config.rotation.reads(path) {
            continue;
        }
        let (bytes, unread) = match content(path, place, shared, blob)? {
            Content::Read(bytes) => {
                let no_text = is_evaluated(path).then(|| no_text(&bytes)).flatten();
                match no_text {
                    None => (Some(bytes), None),
                    Some(NoText::Binary) => {
                        let reason = NoText::Binary.to_string();
                        (Some(Arc::from([])), Some((reason, UnreadKind::Empty)))
                    }
                    Some(no_text) => (Some(bytes), Some((no_text.to_string(), UnreadKind::Lossy))),
                }
            }
            Content::TooLarge(size) => {
                let reason = too_large(size);
                (Some(Arc::from([])), Some((reason, UnreadKind::Empty)))
            }
            Content::Unreadable(reason) => match place {
                // A file that cannot be opened is there all the same.
                Place::Disk(_) => (Some(Arc::from([])), Some((reason, UnreadKind::Empty))),
                _ => (None, Some((reason, UnreadKind::Absent))),
            },
        };
        if let Some((reason, kind)) = unread {
            tree.unread.insert(path.clone(), Unread { reason, kind });
        }
        if let Some(bytes) = bytes {
            tree.files.0.insert(path.clone(), bytes);
        }
    }
    tree.layout = Some(layout);
    Ok(tree)
}

fn content(
    path: &Arc<str>,
    place: &Place,
    shared: &mut Shared,
    blob: &ReadBlob<'_>,
) -> Result<Content<Arc<[u8]>>, Failure> {
    let read = match place {
        Place::Blob(id) => match shared.blobs.get(id) {
            Some(bytes) => return Ok(Content::Read(bytes.clone())),
            None => blob(*id)?,
        },
        Place::Disk(file) => read_disk(file),
        Place::Unreadable(reason) => Content::Unreadable(reason.clone()),
        Place::Link(target) => Content::Unreadable(format!("a link to {target} leads nowhere")),
    };
    Ok(match read {
        Content::Read(bytes) => {
            let bytes = shared.same(path, bytes);
            if let Place::Blob(id) = place {
                shared.blobs.insert(*id, bytes.clone());
            }
            Content::Read(bytes)
        }
        Content::TooLarge(size) => Content::TooLarge(size),
        Content::Unreadable(reason) => Content::Unreadable(reason),
    })
}

/// Why bytes are no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoText {
    Binary,
    /// The first line with bytes that are no UTF-8.
    NotUtf8 {
        line: usize,
    },
}

impl std::fmt::Display for NoText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Binary => f.write_str("a binary file"),
            Self::NotUtf8 { line } => write!(f, "a file that is not UTF-8, in line {line}"),
        }
    }
}

/// Why bytes are no text, where they are none.
#[must_use]
pub fn no_text(bytes: &[u8]) -> Option<NoText> {
    if bytes.iter().take(8000).any(|b| *b == 0) {
        return Some(NoText::Binary);
    }
    let error = std::str::from_utf8(bytes).err()?;
    let before = bytes.get(..error.valid_up_to()).unwrap_or(bytes);
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    Some(NoText::NotUtf8 { line })
}

/// Why a file of so many bytes is not read.
#[must_use]
pub fn too_large(size: u64) -> String {
    format!("a file of {} MiB is too large to read", size >> 20)
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

/// A file's bytes.
#[must_use]
pub fn read_disk(file: &std::path::Path) -> Content<Vec<u8>> {
    let failed =
        |e: std::io::Error| Content::Unreadable(format!("a file that cannot be read: {e}"));
    match std::fs::metadata(file) {
        Ok(meta) if meta.len() > SIZE_LIMIT => Content::TooLarge(meta.len()),
        Ok(_) => std::fs::read(file).map_or_else(failed, Content::Read),
        Err(e) => failed(e),
    }
}

/// Whether a simulation may ask for a file.
fn is_wanted(path: &str, layout: &Layout) -> bool {
    let below = |folder: &str| {
        folder.is_empty()
            || path
                .strip_prefix(folder)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let objects = [
        &layout.roles,
        &layout.environments,
        &layout.data_bags,
        &layout.nodes,
    ];
    let root = layout.roles.strip_suffix("roles").unwrap_or("");
    let at_root = path.strip_prefix(root).unwrap_or(path);
    layout.cookbooks.iter().any(|c| below(c))
        || layout.single_cookbook.as_ref().is_some_and(|c| below(c))
        || objects.into_iter().any(|o| below(o))
        || path.ends_with(".lock.json")
        || ["policies/", "policy_groups/", "clients/"]
            .iter()
            .any(|folder| at_root.starts_with(folder))
        || [path, at_root].iter().any(|path| {
            matches!(
                *path,
                "foretaste.toml"
                    | "kitchen.yml"
                    | ".kitchen.yml"
                    | "Policyfile.rb"
                    | "Berksfile"
                    | "Cheffile"
            )
        })
}
