//! Each page's bad example fires its rule and no other; its good example is silent.

use std::collections::BTreeMap;
use std::sync::Arc;

use foretaste_parser::source::Source;
use foretaste_rules::catalogue::RULES;
use foretaste_rules::{Config, Date, Finding, Rule, docs, judge};
use foretaste_simulator::convergence::{Convergence, SavedNode};
use foretaste_simulator::impact::{Comparison, Impact, file_changes, role_files};
use foretaste_simulator::repository::{Files, Layout, ParseCache, Repository};
use foretaste_simulator::search::{Profile, SearchIndex};
use foretaste_simulator::simulation::{self, IndexView, Options, World};

/// Rules whose examples need no converge.
const STATIC: [&str; 6] = [
    "ruby-syntax",
    "erb-syntax",
    "json-syntax",
    "merge-conflict",
    "role-cycle",
    "role-name-mismatch",
];

type Texts = BTreeMap<String, String>;

fn repository(texts: &Texts) -> Repository {
    let files = Files(
        texts
            .iter()
            .map(|(path, text)| (Arc::from(path.as_str()), Arc::from(text.as_bytes())))
            .collect(),
    );
    let layout = Layout::detect(&files);
    Repository::new(files, layout, Arc::new(ParseCache::default()))
}

fn findings(before: &Texts, after: &Texts) -> Vec<Finding> {
    let (base, head) = (repository(before), repository(after));
    let world = World {
        nodes: Vec::new(),
        objects: SearchIndex::new(Profile::Server),
    };
    let converge = |_: &SavedNode, _: IndexView<'_>| Convergence::default();
    let simulation = simulation::simulate(&world, &converge, Options::default());
    let changes = file_changes(Some(&base.files), &head.files);
    let file = |path: &str| {
        let bytes = head.files.get(path)?;
        Some(Arc::new(Source::from_bytes(path, bytes)))
    };
    let impact = Impact::new(&Comparison {
        base: Some(&simulation),
        head: &simulation,
        changes: &changes,
        file: &file,
        formats: &[],
        roles: &role_files(&head),
    });
    let today = Date::new(2026, 11, 1).unwrap();
    judge(&impact, &Config::default(), &file, today).findings
}

fn fired(rule: &Rule, side: &str) -> Vec<String> {
    let example = docs::example(rule);
    let before = example.get("before").cloned().unwrap_or_default();
    let mut after = before.clone();
    after.extend(example.get(side).cloned().unwrap_or_default());
    findings(&before, &after)
        .iter()
        .map(|f| f.rule.to_owned())
        .collect()
}

#[test]
fn bad_examples_fire_their_rule_alone_and_good_ones_are_silent() {
    for rule in RULES.iter().filter(|r| STATIC.contains(&r.name)) {
        assert_eq!(
            fired(rule, "bad"),
            [rule.name],
            "the bad example of {}",
            rule.name
        );
        assert_eq!(
            fired(rule, "good"),
            [""; 0],
            "the good example of {}",
            rule.name
        );
    }
}
