//! The project's own copy of the recorded searches: all pass, but for those listed with a reason.

use std::path::Path;

use foretaste_tests::conformance::search;

#[test]
fn recorded_searches_are_answered_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/search");
    let report = search::run(&folder).expect("the data is readable");
    let listed = std::fs::read_to_string(folder.join("expected_failures.txt"))
        .expect("the list is readable");
    let mut listed: Vec<String> = listed
        .lines()
        .map(|line| {
            line.split_whitespace()
                .take(2)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    let mut failed: Vec<String> = report
        .failures
        .iter()
        .map(|line| {
            let mut words = line.split_whitespace();
            let (id, profile) = (
                words.next().unwrap_or_default(),
                words.next().unwrap_or_default(),
            );
            format!("{profile} {id}")
        })
        .collect();
    listed.sort();
    failed.sort();
    assert_eq!(failed, listed, "{}", report.text());
    assert_eq!((report.passed(), report.total()), (651, 651));
    assert_eq!(
        report.notes,
        [
            "server: 651/651",
            "solr4: 651/651",
            "zero: 651/651",
            "indexed text identical: 33/33"
        ]
    );
}
