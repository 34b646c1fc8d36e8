//! Each rule's page: its bad example fires the rule and no other, its good example is silent.

use std::collections::BTreeMap;

use foretaste::commands::replay::{impact, judge};
use foretaste_corpus::{Incident, Tree};
use foretaste_rules::catalogue::RULES;
use foretaste_rules::{Rule, docs};

fn fired(rule: &Rule, side: &str) -> Vec<String> {
    let example = docs::example(rule);
    let tree = |texts: Option<&BTreeMap<String, String>>| -> Tree {
        let texts = texts.into_iter().flatten();
        texts
            .map(|(path, text)| (path.clone(), text.clone().into_bytes()))
            .collect()
    };
    let before = tree(example.get("before"));
    let mut after = before.clone();
    after.extend(tree(example.get(side)));
    let incident = Incident {
        slug: format!("{}-{side}", rule.name),
        title: String::new(),
        story: None,
        harmless_twin_of: None,
        before,
        after,
        inventory: Tree::new(),
        expect: Vec::new(),
    };
    let impact = impact(&incident).expect("the page's foretaste.toml is well formed");
    let outcome = judge(&incident, &impact, RULES).expect("it is");
    let findings = outcome.findings.iter();
    findings.map(|f| f.rule.to_owned()).collect()
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
