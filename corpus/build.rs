//! Lists every file of `incidents/` so that the crate can embed them.
//!
//! An own script of forty lines rather than the `include_dir` crate: that macro cannot tell cargo on
//! a stable compiler which folders it read, so a new incident would be missed until something else
//! changed; and it is a procedural macro, with its parser, for one listing.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(var("CARGO_MANIFEST_DIR")?).join("incidents");
    println!("cargo::rerun-if-changed=build.rs");
    // A folder is looked through to its last file, so additions and deletions are seen too.
    println!("cargo::rerun-if-changed=incidents");

    let mut files = Vec::new();
    list(&root, &root, &mut files)?;
    files.sort();

    let mut code = String::from("&[\n");
    for (name, path) in files {
        let _ = writeln!(code, "    ({name:?}, include_bytes!({path:?})),");
    }
    code.push_str("]\n");
    fs::write(PathBuf::from(var("OUT_DIR")?).join("incidents.rs"), code)
}

fn list(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(root, &path, files)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
            files.push((parts.join("/"), path.clone()));
        }
    }
    Ok(())
}

fn var(name: &str) -> io::Result<std::ffi::OsString> {
    env::var_os(name).ok_or_else(|| io::Error::other(format!("{name} is not set")))
}
