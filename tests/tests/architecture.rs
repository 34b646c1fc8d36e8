//! ARCHITECTURE.md names every room, and nothing that is not there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const CRATES: [&str; 6] = ["parser", "simulator", "rules", "corpus", "cli", "tests"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What stands in backticks and begins with a folder of the repository; templates like `<rule>.rs` are left out.
fn named(page: &str) -> BTreeSet<String> {
    page.split('`')
        .skip(1)
        .step_by(2)
        .filter(|span| {
            let top = span.split('/').next().unwrap_or_default();
            (CRATES.contains(&top) || top == "docs") && span.contains('/') && !span.contains('<')
        })
        .map(str::to_owned)
        .collect()
}

/// Every folder of sources, and every file that is a room of its own beside them.
fn rooms(root: &Path) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for name in CRATES {
        let mut folders = vec![format!("{name}/src")];
        while let Some(folder) = folders.pop() {
            let top = folder.ends_with("/src");
            if !top {
                rooms.insert(format!("{folder}/"));
            }
            for entry in fs::read_dir(root.join(&folder)).unwrap() {
                let entry = entry.unwrap();
                let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
                if entry.path().is_dir() {
                    // Tests are no room of their own.
                    if entry.file_name() != "tests" {
                        folders.push(path);
                    }
                } else if top && !path.ends_with("/lib.rs") && !path.ends_with("/main.rs") {
                    rooms.insert(path);
                }
            }
        }
    }
    rooms
}

fn missing(rooms: &BTreeSet<String>, named: &BTreeSet<String>) -> Vec<String> {
    rooms.difference(named).cloned().collect()
}

#[test]
fn every_path_that_is_named_exists() {
    let root = root();
    let page = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let gone: Vec<String> = named(&page)
        .into_iter()
        .filter(|path| {
            let there = root.join(path);
            !there.exists() || there.is_dir() != path.ends_with('/')
        })
        .collect();
    assert_eq!(gone, Vec::<String>::new());
}

#[test]
fn every_room_is_named() {
    let root = root();
    let page = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    assert_eq!(missing(&rooms(&root), &named(&page)), Vec::<String>::new());
}

#[test]
fn a_room_that_is_not_named_would_be_seen() {
    let rooms = rooms(&root());
    let page = "`parser/src/ruby/` and `parser/src/nothing/`, but not `<rule>.rs` or `ruby/`";
    let named = named(page);
    assert_eq!(
        named.iter().map(String::as_str).collect::<Vec<_>>(),
        ["parser/src/nothing/", "parser/src/ruby/"]
    );
    assert!(missing(&rooms, &named).contains(&"rules/src/catalogue/".to_owned()));
}
