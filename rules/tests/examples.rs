//! Each page's bad example fires its rule and no other; its good example is silent.

use std::collections::BTreeMap;
use std::sync::Arc;

use foretaste_parser::source::Source;
use foretaste_rules::catalogue::RULES;
use foretaste_rules::{Config, Date, Finding, Rule, docs, judge};
use foretaste_simulator::change::{self, Revision, Settings};
use foretaste_simulator::inventory::Inventory;
use foretaste_simulator::repository::{Files, Layout, ParseCache, Repository};

type Texts = BTreeMap<String, String>;

fn revision(texts: &Texts) -> Revision {
    let files = Files(
        texts
            .iter()
            .map(|(path, text)| (Arc::from(path.as_str()), Arc::from(text.as_bytes())))
            .collect(),
    );
    let mut inventory = Inventory::default();
    for (path, text) in texts.iter().filter(|(path, _)| path.starts_with("nodes/")) {
        inventory.add_json(path, text.as_bytes());
    }
    let layout = Layout::detect(&files);
    Revision {
        repository: Arc::new(Repository::new(
            files,
            layout,
            Arc::new(ParseCache::default()),
        )),
        inventory,
    }
}

fn findings(before: &Texts, after: &Texts) -> Vec<Finding> {
    let impact = change::impact(
        Some(&revision(before)),
        &revision(after),
        &Settings::default(),
    );
    let file = |path: &str| Some(Arc::new(Source::new(path, after.get(path)?.as_str())));
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
    for rule in RULES {
        // The pool's own search tells the same: both fire.
        let bad: &[&str] = match rule.name {
            "pool-emptied" => &["pool-emptied", "search-matches-nothing"],
            "no-safe-order" => &["no-safe-order", "pool-shrunk"],
            name => &[name],
        };
        assert_eq!(fired(rule, "bad"), bad, "the bad example of {}", rule.name);
        assert_eq!(
            fired(rule, "good"),
            [""; 0],
            "the good example of {}",
            rule.name
        );
    }
}
