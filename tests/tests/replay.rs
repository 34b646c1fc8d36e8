//! Every incident is found, every harmless twin is silent, and a rule that does not check is missed.

use foretaste_corpus::{Incident, incidents};
use foretaste_rules::Rule;
use foretaste_rules::catalogue::RULES;
use foretaste_tests::replay::{findings, missed, show};

/// Rules whose findings need no converge.
const STATIC: [&str; 6] = [
    "ruby-syntax",
    "erb-syntax",
    "json-syntax",
    "merge-conflict",
    "role-cycle",
    "role-name-mismatch",
];

fn rules() -> Vec<&'static Rule> {
    let mut rules = RULES.to_vec();
    rules.retain(|rule| STATIC.contains(&rule.name));
    rules
}

fn corpus() -> Vec<Incident> {
    let mut incidents = incidents().expect("well formed");
    for incident in &mut incidents {
        incident.expect.retain(|e| STATIC.contains(&&*e.rule));
    }
    incidents
}

#[test]
fn every_incident_is_found() {
    for incident in corpus() {
        let found = findings(&incident, &rules());
        let missed = missed(&incident.expect, &found);
        assert!(
            missed.is_empty(),
            "{}: missed {}\nfound:\n{}",
            incident.slug,
            missed[0],
            found.iter().map(show).collect::<Vec<_>>().join("\n")
        );
    }
}

#[test]
fn every_twin_is_silent() {
    for twin in corpus().iter().filter(|i| i.harmless_twin_of.is_some()) {
        let found: Vec<String> = findings(twin, &rules()).iter().map(show).collect();
        assert_eq!(found, Vec::<String>::new(), "{}", twin.slug);
    }
}

#[test]
fn a_rule_that_finds_nothing_is_noticed() {
    let corpus = corpus();
    for broken in rules() {
        let mut rules = rules();
        rules.retain(|rule| rule.name != broken.name);
        let noticed = corpus
            .iter()
            .any(|incident| !missed(&incident.expect, &findings(incident, &rules)).is_empty());
        assert!(
            noticed,
            "the corpus passes without the rule {}",
            broken.name
        );
    }
}

#[test]
fn every_rule_names_an_incident_that_expects_it() {
    let incidents = incidents().expect("well formed");
    for rule in RULES {
        let named = incidents
            .iter()
            .find(|incident| incident.slug == rule.incident)
            .unwrap_or_else(|| panic!("{}: no incident `{}`", rule.name, rule.incident));
        assert!(
            named.expect.iter().any(|e| e.rule == rule.name),
            "{}: `{}` does not expect it",
            rule.name,
            rule.incident
        );
    }
}

#[test]
fn every_expected_rule_exists() {
    for incident in incidents().expect("well formed") {
        for expect in &incident.expect {
            let known = foretaste_rules::catalogue::rule(&expect.rule).is_some();
            assert!(known, "{}: no rule `{}`", incident.slug, expect.rule);
        }
    }
}
