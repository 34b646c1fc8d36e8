//! Which trees are meant: `--base`, `--head`, `--staged`, or what is usual without them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use foretaste_simulator::repository::{Files, Layout, ParseCache, Repository};
use gix::ObjectId;

use super::config::Config;
use super::folder;
use super::git::Git;
use super::tree::{self, Shared, Unread};
use crate::error::Failure;

/// One tree of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    Folder(PathBuf),
    Commit { id: ObjectId, name: String },
    Index,
    WorkTree,
}

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Commit { id, name } if id.to_string().starts_with(name) => {
                write!(f, "{}", id.to_hex_with_len(10))
            }
            Self::Commit { id, name } => write!(f, "{name} ({})", id.to_hex_with_len(10)),
            Self::Index => f.write_str("the staged files"),
            Self::WorkTree => f.write_str("the work tree"),
        }
    }
}

/// The change that is to be judged.
#[derive(Clone, Debug)]
pub struct Change {
    /// `None` where nothing came before: everything is new.
    pub base: Option<Revision>,
    pub head: Revision,
}

/// The place that is judged: a git repository, or a plain folder.
pub struct Source {
    pub root: PathBuf,
    /// Where relative folders are looked for.
    current: PathBuf,
    repo: Option<gix::Repository>,
}

impl Source {
    /// Opens the repository around a folder; without git the folder itself.
    ///
    /// # Errors
    /// A folder that does not exist.
    pub fn open(folder: &Path, current: &Path) -> Result<Self, Failure> {
        let folder = folder
            .canonicalize()
            .map_err(|e| Failure::unreadable(folder, &e))?;
        // Objects are read from what is at hand; the configuration that the environment may inject is not asked.
        let repo = gix::discover(&folder).ok().map(|mut repo| {
            repo.object_cache_size_if_unset(16 << 20);
            repo
        });
        let root = repo
            .as_ref()
            .map(|r| r.workdir().unwrap_or_else(|| r.git_dir()).to_owned())
            .unwrap_or(folder);
        Ok(Self {
            root,
            current: current.to_owned(),
            repo,
        })
    }

    #[must_use]
    pub fn git(&self) -> Option<&gix::Repository> {
        self.repo.as_ref()
    }

    /// The tree of a text: a folder that exists, or what git resolves.
    ///
    /// # Errors
    /// What is neither.
    pub fn revision(&self, text: &str) -> Result<Revision, Failure> {
        if let Some(repo) = &self.repo
            && let Ok(id) = commit_id(repo, text)
        {
            return Ok(Revision::Commit {
                id,
                name: text.to_owned(),
            });
        }
        let folder = self.current.join(text);
        if folder.is_dir() {
            return Ok(Revision::Folder(folder));
        }
        let help = if self
            .repo
            .as_ref()
            .is_some_and(|r| r.is_shallow().unwrap_or(false))
        {
            "the clone is shallow: fetch more of its history (`git fetch --deepen=50`, or `fetch-depth: 0` in a workflow)"
        } else {
            "name a branch, a tag, a commit, or the path of a folder"
        };
        Err(Failure::usage(format!(
            "`{text}` is neither a revision that git knows nor a folder"
        ))
        .help(help))
    }

    /// The single tree of commands that look at one: `--head`, else the work tree or the folder.
    ///
    /// # Errors
    /// As [`Self::revision`].
    pub fn one(&self, head: Option<&str>) -> Result<Revision, Failure> {
        match head {
            Some(text) => self.revision(text),
            None => Ok(self.usual_head()),
        }
    }

    /// The change that arguments name.
    ///
    /// # Errors
    /// Revisions that do not exist, or none to compare with.
    pub fn change(
        &self,
        base: Option<&str>,
        head: Option<&str>,
        staged: bool,
    ) -> Result<Change, Failure> {
        let head = match head {
            Some(text) => self.revision(text)?,
            None if staged => Revision::Index,
            None => self.usual_head(),
        };
        if staged && self.repo.is_none() {
            return Err(Failure::usage("--staged needs a git repository"));
        }
        let base = match base {
            Some(text) => Some(self.revision(text)?),
            None if self.is_unborn() && !matches!(head, Revision::Commit { .. }) => None,
            None if staged => Some(self.head_commit()?),
            None => self.usual_base(&head)?,
        };
        Ok(Change { base, head })
    }

    fn usual_head(&self) -> Revision {
        match &self.repo {
            Some(repo) if repo.workdir().is_some() => Revision::WorkTree,
            Some(_) => self
                .head_commit()
                .unwrap_or_else(|_| Revision::Folder(self.root.clone())),
            None => Revision::Folder(self.root.clone()),
        }
    }

    /// Whether git has no commit yet.
    fn is_unborn(&self) -> bool {
        self.repo
            .as_ref()
            .is_some_and(|r| r.head().is_ok_and(|h| h.is_unborn()))
    }

    fn head_commit(&self) -> Result<Revision, Failure> {
        self.revision("HEAD").map_err(|_| {
            Failure::usage("there is no commit yet to compare with: name one with --base")
        })
    }

    /// Where the head left the upstream default branch. On that branch itself there is no other side: the last
    /// commit for a work tree, the parent for a commit; nothing for the first commit.
    fn usual_base(&self, head: &Revision) -> Result<Option<Revision>, Failure> {
        let Some(repo) = &self.repo else {
            return Err(Failure::usage(
                "there is nothing to compare with: this is no git repository",
            )
            .help("name the tree before the change with --base DIR"));
        };
        let id = match head {
            Revision::Commit { id, .. } => *id,
            _ => commit_id(repo, "HEAD").map_err(|_| {
                Failure::usage("there is no commit yet to compare with: name one with --base")
            })?,
        };
        const UPSTREAM: [&str; 5] = [
            "refs/remotes/origin/HEAD",
            "refs/remotes/origin/main",
            "refs/remotes/origin/master",
            "refs/heads/main",
            "refs/heads/master",
        ];
        let upstream = UPSTREAM
            .into_iter()
            .find_map(|name| Some((name, commit_id(repo, name).ok()?)));
        if let Some((name, upstream)) = upstream
            && let Ok(Some(merge_base)) = repo.merge_base(id, upstream)
        {
            let merge_base = merge_base.detach();
            if merge_base != id {
                let short = name
                    .trim_start_matches("refs/")
                    .trim_start_matches("remotes/");
                return Ok(Some(Revision::Commit {
                    id: merge_base,
                    name: format!("merge base with {}", short.trim_start_matches("heads/")),
                }));
            }
        }
        match head {
            Revision::Commit { .. } => {
                let commit = repo.find_commit(id).map_err(Failure::git)?;
                if commit.parent_ids().next().is_none() {
                    return Ok(None);
                }
                let parent = format!("{id}~1");
                let before = commit_id(repo, &parent).map_err(|_| {
                    Failure::usage(
                        "the parent of this commit, to compare with, is not here",
                    )
                    .help(if repo.is_shallow().unwrap_or(false) {
                        "the clone is shallow: fetch more of its history (`git fetch --deepen=50`), or name a base \
                         with --base"
                    } else {
                        "name a base with --base"
                    })
                })?;
                Ok(Some(Revision::Commit {
                    id: before,
                    name: "parent".to_owned(),
                }))
            }
            _ => Ok(Some(Revision::Commit {
                id,
                name: "HEAD".to_owned(),
            })),
        }
    }

    /// Reads a revision, and finds what is where in it.
    ///
    /// # Errors
    /// Files or objects that cannot be read.
    pub fn load(
        &self,
        revision: &Revision,
        config: &Config,
        shared: &mut Shared,
        cache: &Arc<ParseCache>,
    ) -> Result<Loaded, Failure> {
        let tree = match (revision, &self.repo) {
            (Revision::Folder(path), _) => {
                let listing = folder::list(path, &mut |_, _| false)?;
                let none = |_| Ok(tree::Content::TooLarge(0));
                tree::read(&listing, config, shared, &none)?
            }
            (_, None) => return Err(Failure::usage("this is no git repository")),
            (revision, Some(repo)) => {
                let git = Git::new(repo);
                let listing = match revision {
                    Revision::Commit { id, .. } => git.commit(*id)?,
                    Revision::Index => git.index()?,
                    _ => git.work_tree()?,
                };
                tree::read(&listing, config, shared, &|id| git.blob(id))?
            }
        };
        let layout = tree
            .layout
            .unwrap_or_else(|| Layout::detect(&Files::default()));
        Ok(Loaded {
            repository: Repository::new(tree.files, layout, cache.clone()),
            unread: tree.unread,
        })
    }
}

/// A revision as it is simulated.
pub struct Loaded {
    pub repository: Repository,
    pub unread: BTreeMap<Arc<str>, Unread>,
}

/// The commit that git resolves a text to.
fn commit_id(repo: &gix::Repository, text: &str) -> Result<ObjectId, Failure> {
    let id = repo.rev_parse_single(text).map_err(Failure::git)?;
    let object = id.object().map_err(Failure::git)?;
    let commit = object
        .peel_to_kind(gix::object::Kind::Commit)
        .map_err(Failure::git)?;
    Ok(commit.id)
}
