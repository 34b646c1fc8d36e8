//! `foretaste hook install | uninstall`

use std::fs;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use gix::config::Source;

use crate::args::Global;
use crate::context::{Streams, write_whole};
use crate::error::Failure;
use crate::exit::Exit;

/// Check what is staged before each commit
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add the check to git's pre-commit hook; a hook that is there runs first
    Install,
    /// Take it away again, and put back the hook that was there
    Uninstall,
}

/// By this line a hook is known to be ours.
const MARK: &str = "# Installed by `foretaste hook install`.";
/// The hook that was there before.
const CHAINED: &str = "pre-commit.before-foretaste";

const HOOK: &str = r#"#!/bin/sh
# Installed by `foretaste hook install`.
before="$(dirname "$0")/pre-commit.before-foretaste"
if [ -x "$before" ]; then
  "$before" "$@" || exit $?
fi
if ! command -v foretaste >/dev/null 2>&1; then
  echo "foretaste is not installed: nothing is checked" >&2
  exit 0
fi
exec foretaste check --staged
"#;

/// Managers of hooks whose scripts ask for their own name, and so cannot be moved away; and where their users write
/// what to run.
const MANAGERS: [(&str, &str); 2] = [
    ("husky", ".husky/pre-commit"),
    ("overcommit", ".overcommit.yml"),
];

/// Installs or removes the hook.
///
/// # Errors
/// No git repository, or files that cannot be written.
pub fn run(global: &Global, command: &Command, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let folder = hooks_folder(global, streams)?;
    let hook = folder.join("pre-commit");
    let message = match command {
        Command::Install => install(&folder, &hook)?,
        Command::Uninstall => uninstall(&folder, &hook)?,
    };
    writeln!(streams.out, "{message}")?;
    Ok(Exit::Clean)
}

/// `core.hooksPath`, else the hooks of the repository that all its work trees share.
fn hooks_folder(global: &Global, streams: &Streams<'_>) -> Result<PathBuf, Failure> {
    let source = global.source(streams)?;
    let repo = source
        .git()
        .ok_or_else(|| Failure::usage("hooks belong to a git repository, and this is none"))?;
    if repo.workdir().is_none() {
        return Err(Failure::usage(
            "this repository is bare: nothing is committed in it",
        ));
    }
    let config = repo.config_snapshot();
    let own = |source: Source| matches!(source, Source::Local | Source::Worktree);
    let set = |ours: bool| {
        let path = config
            .plumbing()
            .string_filter("core.hooksPath", |meta| !ours || own(meta.source))?;
        Some(path.to_string()).filter(|path| !path.is_empty())
    };
    let expand = |path: String| match path.strip_prefix("~/") {
        Some(rest) => std::env::home_dir().unwrap_or_default().join(rest),
        None => source.root.join(path),
    };
    match (set(true), set(false)) {
        (Some(path), _) => Ok(expand(path)),
        (None, None) => Ok(repo.common_dir().join("hooks")),
        (None, Some(path)) => Err(Failure::usage(format!(
            "core.hooksPath is {path} for all of your repositories, and a hook there would run in each of them"
        ))
        .help(
            "add `foretaste check --staged` to the pre-commit hook there, or give this repository its own: `git config \
             core.hooksPath .git/hooks`",
        )),
    }
}

fn install(folder: &Path, hook: &Path) -> Result<String, Failure> {
    let chained = folder.join(CHAINED);
    fs::create_dir_all(folder).map_err(|e| Failure::unwritable(folder, &e))?;
    let mut message = format!("{} now checks what is staged", hook.display());
    if exists(hook) && !is_ours(hook) {
        let text = fs::read(hook).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        if let Some((manager, place)) = MANAGERS.iter().find(|(name, _)| text.contains(name)) {
            return Err(Failure::usage(format!(
                "the hooks of this repository are managed by {manager}"
            ))
            .help(format!("let it run `foretaste check --staged`, in {place}")));
        }
        if exists(&chained) {
            return Err(Failure::usage(format!(
                "{} is not ours, and {} is taken",
                hook.display(),
                chained.display()
            ))
            .help("move one of them away"));
        }
        rename(hook, &chained)?;
        message += ", after the hook that was there";
    }
    write_whole(hook, HOOK.as_bytes())?;
    make_executable(hook)?;
    Ok(message)
}

fn uninstall(folder: &Path, hook: &Path) -> Result<String, Failure> {
    let chained = folder.join(CHAINED);
    if !is_ours(hook) {
        return Ok("no hook of foretaste is installed".to_owned());
    }
    if exists(&chained) {
        rename(&chained, hook)?;
        return Ok(format!("{} is as it was", hook.display()));
    }
    fs::remove_file(hook).map_err(|e| Failure::unwritable(hook, &e))?;
    Ok(format!("removed {}", hook.display()))
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn is_ours(hook: &Path) -> bool {
    fs::read(hook).is_ok_and(|text| String::from_utf8_lossy(&text).contains(MARK))
}

fn rename(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::rename(from, to).map_err(|e| Failure::unwritable(to, &e))
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .map_err(|e| Failure::unwritable(path, &e))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> Result<(), Failure> {
    Ok(())
}
