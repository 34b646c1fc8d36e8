//! `foretaste hook install | uninstall`, and what pre-commit is told.

mod program;

use std::fs;

use clap::Parser;
use program::Folder;

const HOOK: &str = ".git/hooks/pre-commit";

#[test]
fn a_hook_runs_after_the_one_that_was_there_and_leaves_it() {
    let shop = Folder::shop();
    shop.git();
    let theirs = "#!/bin/sh\necho theirs\n";
    shop.write(HOOK, theirs);
    for _ in 0..2 {
        let ran = shop.run(&["hook", "install"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let hook = shop.read(HOOK);
        assert!(hook.contains("foretaste check --staged"), "{hook}");
        assert_eq!(shop.read(".git/hooks/pre-commit.before-foretaste"), theirs);
    }
    assert_eq!(shop.run(&["hook", "uninstall"]).code, 0);
    assert_eq!(shop.read(HOOK), theirs);
    let chained = shop.0.join(".git/hooks/pre-commit.before-foretaste");
    assert!(!chained.exists());
    // A hook that is not ours stays.
    assert_eq!(shop.run(&["hook", "uninstall"]).code, 0);
    assert_eq!(shop.read(HOOK), theirs);
}

#[cfg(unix)]
#[test]
fn the_hook_can_be_run() {
    use std::os::unix::fs::PermissionsExt;
    let shop = Folder::shop();
    shop.git();
    shop.run(&["hook", "install"]);
    let mode = fs::metadata(shop.0.join(HOOK))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o111, 0o111);
}

#[test]
fn the_hooks_folder_of_the_repository_is_respected() {
    let shop = Folder::shop();
    shop.git();
    let config = shop.read(".git/config");
    shop.write(".git/config", config + "[core]\n\thooksPath = .githooks\n");
    assert_eq!(shop.run(&["hook", "install"]).code, 0);
    assert!(shop.read(".githooks/pre-commit").contains("check --staged"));
    assert!(!shop.0.join(HOOK).exists());
    assert_eq!(shop.run(&["hook", "uninstall"]).code, 0);
    assert!(!shop.0.join(".githooks/pre-commit").exists());
}

#[test]
fn a_manager_of_hooks_is_left_to_itself() {
    let shop = Folder::shop();
    shop.git();
    let theirs = "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\" # husky\n";
    shop.write(HOOK, theirs);
    let ran = shop.run(&["hook", "install"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains(".husky/pre-commit"), "{}", ran.err);
    assert_eq!(shop.read(HOOK), theirs);
}

#[test]
fn without_a_work_tree_there_is_no_hook() {
    assert_eq!(Folder::new().run(&["hook", "install"]).code, 2);
    let bare = Folder::new();
    gix::init_bare(&bare.0).unwrap();
    for arguments in [&["hook", "install"][..], &["lint"]] {
        let ran = bare.run(arguments);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains("bare"), "{}", ran.err);
    }
}

#[test]
fn what_pre_commit_runs_is_a_command_of_ours() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../.pre-commit-hooks.yaml");
    let text = fs::read_to_string(file).unwrap();
    let entries: Vec<&str> = text
        .lines()
        .filter_map(|l| l.trim().strip_prefix("entry: "))
        .collect();
    assert_eq!(entries, ["foretaste check --staged", "foretaste lint"]);
    for entry in entries {
        foretaste::args::Cli::try_parse_from(entry.split(' ')).unwrap();
    }
}
