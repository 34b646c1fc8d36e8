//! What is said about converges that fail: one cause, one finding.

mod support;

use std::sync::Arc;

use foretaste_parser::source::{Location, Source};
use foretaste_rules::catalogue::{self, RULES};
use foretaste_rules::{Config, Date, Rule, Suppressed, Waiver, judge_by};
use foretaste_simulator::convergence::{Failure, Stage};
use insta::assert_snapshot;
use support::{RECIPE, Side, impact, judged, show};

const NODES: [(&str, &str); 4] = [
    ("lb1", "lb"),
    ("lb2", "lb"),
    ("web1", "web"),
    ("web2", "web"),
];

fn failure(class: &str, message: &str) -> Failure {
    Failure {
        stage: Stage::Compile,
        class: class.into(),
        message: message.into(),
        location: Some(Location::line(RECIPE, 1)),
        trace: vec![
            Location::line(RECIPE, 1),
            Location::line("cookbooks/lb/libraries/x.rb", 4),
        ],
        resource: None,
        template: None,
    }
}

/// A change after which both balancers fail.
fn change(class: &str, message: &str) -> (Side, Side) {
    let before = Side::new(&NODES, &[("web", "roles:web")]);
    let mut after = Side::new(&NODES, &[("web", "role:web")]);
    for name in ["lb1", "lb2"] {
        after.failures.insert(name.into(), failure(class, message));
    }
    (before, after)
}

#[test]
fn nodes_that_fail_for_one_reason_are_one_finding() {
    let (before, after) = change("NoMethodError", "undefined method `[]' for nil:NilClass");
    assert_snapshot!(show(&judged(RULES, &impact(&before, &after)).findings), @r#"
        error converge-fails cookbooks/lb/recipes/default.rb:1: the converge would fail: NoMethodError: undefined method `[]' for nil:NilClass
          help: handle the case at the place shown, or give the attribute a default; the node keeps its old state until then
          on lb1, lb2
          cookbooks/lb/recipes/default.rb:1: NoMethodError: undefined method `[]' for nil:NilClass
          cookbooks/lb/libraries/x.rb:4: called from here
        "#);
}

#[test]
fn a_failure_belongs_to_the_rule_that_explains_it() {
    let cases = [
        (
            "Chef::Exceptions::MissingRole",
            "The expanded run list includes nonexistent roles: base-os",
            "run-list-missing",
        ),
        (
            "Net::HTTPClientException",
            "412 \"Precondition Failed\"",
            "run-list-missing",
        ),
        (
            "Net::HTTPClientException",
            "404 \"Not Found\"",
            "converge-fails",
        ),
        (
            "Chef::Exceptions::FileNotFound",
            "Cookbook 'sshd' (1.0.0) does not contain a file at any of these locations:\n  templates/a.erb",
            "missing-template",
        ),
        (
            "NoMethodError",
            "undefined method `locale' for Custom resource pgdb_database from cookbook pgdb",
            "unknown-property",
        ),
        (
            "Chef::Exceptions::ResourceNotFound",
            "resource file[/a] is configured to notify resource service[b] with action restart, but service[b] cannot be found",
            "missing-notification-target",
        ),
        (
            "Chef::Exceptions::ResourceNotFound",
            "Cannot find a resource matching file[/nope] (did you define it first?)",
            "converge-fails",
        ),
        (
            "Chef::Exceptions::ValidationFailed",
            "owner is a required property",
            "converge-fails",
        ),
    ];
    for (class, message, rule) in cases {
        let (before, after) = change(class, message);
        let found = judged(RULES, &impact(&before, &after)).findings;
        let rules: Vec<&str> = found.iter().map(|f| f.rule).collect();
        assert_eq!(rules, [rule], "{class}: {message}");
        assert_eq!(found[0].nodes, ["lb1", "lb2"]);
    }
}

#[test]
fn who_failed_before_is_news_only_where_the_change_touches_the_place() {
    let (mut before, after) = change("RuntimeError", "no");
    before.failures.clone_from(&after.failures);
    let touched = judged(RULES, &impact(&before, &after)).findings;
    assert_eq!(touched.len(), 1);
    let untouched = judged(RULES, &impact(&before, &before)).findings;
    assert_eq!(show(&untouched), "");
}

#[test]
fn comments_and_waivers_take_findings_out_and_say_so() {
    let (before, after) = change("RuntimeError", "no");
    let impact = impact(&before, &after);
    let today = Date::new(2026, 11, 1).unwrap();
    let judge = |config: &Config, text: &str| {
        let source = Arc::new(Source::new(RECIPE, text));
        judge_by(RULES, &impact, config, &|_| Some(source.clone()), today)
    };
    let with_comment = judge(
        &Config::default(),
        "raise 'no' # foretaste:ignore converge-fails a drill\n",
    );
    assert!(with_comment.findings.is_empty());
    assert!(
        matches!(&with_comment.suppressed[..], [(_, Suppressed::Comment(c))] if c.reason == "a drill")
    );

    let waiver = |expires| Waiver {
        rule: "converge-fails".into(),
        path: None,
        pool: None,
        node: Some("lb*".into()),
        owner: "ops".into(),
        reason: "a drill".into(),
        expires,
        bound: None,
    };
    let waived = |expires| Config {
        waivers: vec![waiver(expires)],
        ..Config::default()
    };
    assert!(judge(&waived(today), "").findings.is_empty());
    let late = judge(&waived(Date::new(2026, 10, 31).unwrap()), "");
    assert_eq!((late.findings.len(), late.refused.len()), (1, 1));
}

#[test]
fn without_its_check_a_rule_finds_nothing() {
    fn blind(rule: &'static Rule) -> Vec<&'static Rule> {
        let without: &'static Rule = Box::leak(Box::new(Rule {
            check: |_, _| Vec::new(),
            ..*rule
        }));
        RULES
            .iter()
            .map(|r| if r.name == rule.name { without } else { *r })
            .collect()
    }
    let (before, after) = change("RuntimeError", "no");
    let impact = impact(&before, &after);
    let fires = catalogue::rule("converge-fails").unwrap();
    assert_eq!(judged(RULES, &impact).findings.len(), 1);
    assert_eq!(judged(&blind(fires), &impact).findings.len(), 0);
}
