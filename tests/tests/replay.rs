//! Every incident is found, every harmless twin is silent, and a rule that does not check is missed.

use foretaste_corpus::{Incident, incidents};
use foretaste_rules::catalogue::RULES;
use foretaste_rules::{Finding, Rule};
use foretaste_simulator::impact::Impact;
use foretaste_tests::replay::{impact, judged, missed, show};

fn corpus() -> Vec<(Incident, Impact)> {
    let with_impact = |incident: Incident| {
        let impact = impact(&incident);
        (incident, impact)
    };
    incidents()
        .expect("well formed")
        .into_iter()
        .map(with_impact)
        .collect()
}

fn is_told(incident: &Incident, found: &[Finding]) -> bool {
    if incident.is_silent() {
        found.is_empty()
    } else {
        missed(&incident.expect, found).is_empty()
    }
}

#[test]
fn incidents_are_found_and_twins_are_silent() {
    for (incident, impact) in corpus() {
        let found = judged(&incident, &impact, RULES);
        assert!(
            is_told(&incident, &found),
            "{}: missed {:?}\nfound:\n{}",
            incident.slug,
            missed(&incident.expect, &found),
            found.iter().map(show).collect::<Vec<_>>().join("\n")
        );
    }
}

#[test]
fn a_rule_that_checks_nothing_is_noticed() {
    let corpus = corpus();
    for broken in RULES {
        let silent = Rule {
            check: |_, _| Vec::new(),
            ..**broken
        };
        let rules: Vec<&Rule> = RULES
            .iter()
            .map(|rule| {
                if rule.name == broken.name {
                    &silent
                } else {
                    *rule
                }
            })
            .collect();
        let noticed = corpus.iter().any(|(incident, impact)| {
            incident.expect.iter().any(|e| e.rule == broken.name)
                && !is_told(incident, &judged(incident, impact, &rules))
        });
        assert!(noticed, "the corpus passes without {}", broken.name);
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
