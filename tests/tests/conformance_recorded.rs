//! The project's own copy of what real Ruby, Erubis and Chef said: all is the same, but for the rows that are listed with a
//! reason.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use foretaste_tests::conformance::{Report, changes, chef, erb, ruby};

fn data(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data")
        .join(folder)
}

/// Fails where other rows fail than those listed, in either direction: the list only gets shorter.
fn differs_as_listed(report: &Report, folder: &str, least: usize) {
    let list = data(folder).join("known_differences.tsv");
    let list = std::fs::read_to_string(list).expect("the list is readable");
    let listed: BTreeSet<&str> = list
        .lines()
        .map(|line| {
            let (id, reason) = line.split_once('\t').expect("an id and a reason");
            assert!(!reason.is_empty(), "{id} has no reason");
            id
        })
        .collect();
    let failed: BTreeSet<&str> = report
        .failures
        .iter()
        .filter_map(|line| line.split([' ', ':']).next())
        .collect();
    let new: Vec<&String> = report
        .failures
        .iter()
        .filter(|line| {
            !line
                .split([' ', ':'])
                .next()
                .is_some_and(|id| listed.contains(id))
        })
        .collect();
    assert!(new.is_empty(), "these differ and are not listed: {new:#?}");
    let gone: Vec<&&str> = listed.difference(&failed).collect();
    assert!(
        gone.is_empty(),
        "these pass now, take them off the list: {gone:?}"
    );
    assert!(report.total() >= least, "only {} rows", report.total());
}

#[test]
fn expressions_and_programs_give_what_ruby_gives() {
    let report = ruby::run(&data("ruby")).expect("the data is readable");
    differs_as_listed(&report, "ruby", 2873);
}

#[test]
fn methods_of_core_classes_do_what_rubys_do() {
    let report = ruby::run(&data("ruby_methods")).expect("the data is readable");
    assert_eq!(report.failures, [""; 0]);
    assert!(report.total() >= 2700, "only {} rows", report.total());
}

#[test]
fn templates_of_random_pieces_render_as_chef_renders_them() {
    let report = erb::run(&data("templates")).expect("the data is readable");
    assert_eq!(report.failures, [""; 0]);
    assert!(report.total() >= 250, "only {} rows", report.total());
}

#[test]
fn templates_render_as_erubis_renders_them() {
    let report = erb::run(&data("ruby")).expect("the data is readable");
    assert_eq!(
        (report.passed(), report.total()),
        (268, 268),
        "{}",
        report.text()
    );
}

#[test]
fn nodes_converge_as_chef_converges_them() {
    let report = chef::run(&data("chef")).expect("the data is readable");
    differs_as_listed(&report, "chef", 272);
}

#[test]
fn changes_do_what_they_did_to_chef_s_nodes() {
    let report = changes::run(&data("changes")).expect("the data is readable");
    assert_eq!(
        (report.passed(), report.total()),
        (12, 12),
        "{}",
        report.text()
    );
}
