//! The published pages and what they promise of each rule.

use std::collections::BTreeSet;
use std::path::PathBuf;

use foretaste_rules::catalogue::RULES;
use foretaste_rules::docs;

const HEADINGS: [&str; 6] = [
    "## What it does",
    "## Why it matters",
    "## Example",
    "## What to do",
    "## Incident",
    "## How the server behaves",
];

/// `UPDATE_DOCS=1 cargo test -p foretaste-rules --test pages` writes the pages anew.
#[test]
fn the_published_pages_are_those_of_the_rules() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/rules");
    let pages = docs::pages();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in &pages {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
    for (name, text) in &pages {
        let published = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(
            published == *text,
            "docs/rules/{name} is stale: run this test with UPDATE_DOCS=1"
        );
    }
    let published: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(published, pages.keys().cloned().collect());
}

#[test]
fn every_page_has_every_heading_once_and_an_example_of_both_kinds() {
    for rule in RULES {
        let page = docs::page(rule);
        let headings: Vec<&str> = page.lines().filter(|l| l.starts_with("## ")).collect();
        assert_eq!(headings, HEADINGS, "{}", rule.name);
        let example = docs::example(rule);
        for side in ["bad", "good"] {
            assert!(
                example.get(side).is_some_and(|f| !f.is_empty()),
                "{}: {side}",
                rule.name
            );
        }
        assert!(
            page.contains(rule.incident),
            "{} tells of its incident",
            rule.name
        );
    }
}

#[test]
fn names_are_those_of_their_files_and_are_one_each() {
    let names: BTreeSet<&str> = RULES.iter().map(|r| r.name).collect();
    assert_eq!(names.len(), RULES.len());
    for rule in RULES {
        let file = rule.file.rsplit(['/', '\\']).next().unwrap();
        assert_eq!(file, format!("{}.rs", rule.name.replace('-', "_")));
    }
}
