//! Every incident is found, every harmless twin is silent, and a rule that does not check is missed.

use std::path::Path;
use std::sync::LazyLock;

use foretaste::commands::replay::{exit, human, impact, judge};
use foretaste::context::{Streams, Terminals};
use foretaste::exit::Exit;
use foretaste_corpus::{Incident, incidents};
use foretaste_rules::Rule;
use foretaste_rules::catalogue::{RULES, rule};
use foretaste_simulator::impact::Impact;

static CORPUS: LazyLock<Vec<(Incident, Impact)>> = LazyLock::new(|| {
    incidents()
        .expect("well formed")
        .into_iter()
        .map(|incident| {
            let impact = impact(&incident).expect("its configuration is well formed");
            (incident, impact)
        })
        .collect()
});

fn replay(rules: &[&Rule]) -> (Exit, String) {
    let outcomes: Vec<_> = CORPUS
        .iter()
        .map(|(incident, impact)| judge(incident, impact, rules).expect("well formed"))
        .collect();
    (exit(&outcomes), human(&outcomes))
}

#[test]
fn incidents_are_found_and_twins_are_silent() {
    let (exit, text) = replay(RULES);
    assert_eq!(exit, Exit::Clean, "{text}");
}

#[test]
fn a_rule_that_checks_nothing_is_noticed() {
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
        let (exit, text) = replay(&rules);
        assert_eq!(exit, Exit::Findings, "passes without {}", broken.name);
        assert!(
            text.contains(&format!("expected: {}", broken.name)),
            "{text}"
        );
    }
}

#[test]
fn every_rule_names_an_incident_that_expects_it() {
    for rule in RULES {
        let named = CORPUS
            .iter()
            .map(|(incident, _)| incident)
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
    for (incident, _) in CORPUS.iter() {
        for expect in &incident.expect {
            let known = rule(&expect.rule).is_some();
            assert!(known, "{}: no rule `{}`", incident.slug, expect.rule);
        }
    }
}

fn run(folder: &Path, arguments: &[&str]) -> (Exit, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let streams = Streams {
        input: &mut std::io::empty(),
        out: &mut out,
        err: &mut err,
        folder: folder.to_owned(),
        terminals: Terminals::default(),
    };
    let exit = foretaste::run(["foretaste", "replay"].iter().chain(arguments), streams);
    let text = [out, err].concat();
    (exit, String::from_utf8(text).expect("text"))
}

#[test]
fn a_folder_of_ones_own_incidents_is_replayed() {
    let folder = std::env::temp_dir().join(format!("foretaste-replay-{}", std::process::id()));
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("written");
        std::fs::write(path, text).expect("written");
    };
    assert_eq!(run(&folder, &["nowhere"]).0, Exit::CouldNotRun);

    write(
        "ours/x/incident.toml",
        "title = 'A comma'\n[story]\nhappened = ''\nsource = ''\ndetection = ''\nrecovery = ''\n\
         prevention = ''\nresponse = ''\nkept = ''\nchanged = ''\n\
         [[expect]]\nrule = 'json-syntax'\ncause = 'roles/web.json:1'\n\
         [[expect]]\nrule = 'role-cycle'\n[twin.calm]\ntitle = 'None'\n[twin.loud]\ntitle = 'Two'\n",
    );
    write("ours/x/before/roles/web.json", "{\"name\": \"web\"}\n");
    write("ours/x/after/roles/web.json", "{\"name\": \"web\",}\n");
    write("ours/x/twins/calm/roles/web.json", "{\"name\":  \"web\"}\n");
    write(
        "ours/x/twins/loud/roles/web.json",
        "{\"name\": \"web\",,}\n",
    );
    let (exit, text) = run(&folder, &["ours"]);
    let (_, json) = run(&folder, &["ours", "--format", "json"]);
    std::fs::remove_dir_all(&folder).expect("removed");
    insta::assert_snapshot!(text, @r"
    missed  x
            expected: role-cycle
            raised: json-syntax at roles/web.json:1: this file is not valid JSON: trailing comma before `}`
    silent  x/calm
    noisy   x/loud
            raised: json-syntax at roles/web.json:1: this file is not valid JSON: unexpected comma

    incidents: 0 found, 1 missed
    harmless twins: 1 silent, 1 noisy
    ");
    assert_eq!(exit, Exit::Findings);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    insta::assert_snapshot!(json["counts"], @r#"{"found":0,"missed":1,"silent":1,"noisy":1}"#);
}
