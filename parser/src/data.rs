//! Data files that any program may read: JSON, TOML, XML, and Prometheus's YAML.

use std::collections::BTreeMap;

use crate::hole::has_hole;
use crate::nearest::nearest;
use crate::problem::{Class, Problem};
use crate::source::{Source, Span};
use crate::{json, yaml};

/// JSON as lenient as Chef's parser has it; of two equal keys most readers take the last.
#[must_use]
pub fn json(source: &Source) -> Vec<Problem> {
    if has_hole(source.text()) || source.text().trim().is_empty() {
        return Vec::new();
    }
    let (root, errors) = json::parse(source);
    let mut out: Vec<Problem> = errors.into_iter().map(Problem::from).collect();
    let mut stack: Vec<&json::Node> = root.iter().collect();
    while let Some(node) = stack.pop() {
        match &node.kind {
            json::Kind::Array(items) => stack.extend(items),
            json::Kind::Object(entries) => {
                let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
                for (key, value) in entries {
                    let line = source.line(key.span.start);
                    if let Some(first) = seen.insert(&key.text, line) {
                        let message = format!(
                            "the key `{}` is already on line {first}: most readers take the last",
                            key.text
                        );
                        out.push(Problem::warning(Class::DuplicateName, message, key.span));
                    }
                    stack.push(value);
                }
            }
            _ => {}
        }
    }
    out.sort_by_key(|p| p.span.start);
    out
}

/// TOML by the `toml` crate, which also refuses keys that stand twice.
#[must_use]
pub fn toml(source: &Source) -> Vec<Problem> {
    if has_hole(source.text()) {
        return Vec::new();
    }
    let parsed: Result<toml::Table, _> = toml::from_str(source.text());
    parsed
        .err()
        .map(|error| {
            let span = error
                .span()
                .map_or(Span::default(), |s| Span::new(s.start, s.end));
            Problem::error(Class::Syntax, error.message().trim(), span)
        })
        .into_iter()
        .collect()
}

/// XML by `roxmltree`: whether it is well-formed.
#[must_use]
pub fn xml(source: &Source) -> Vec<Problem> {
    // A document type may define entities that only its own file knows.
    if has_hole(source.text()) || source.text().trim().is_empty() {
        return Vec::new();
    }
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..roxmltree::ParsingOptions::default()
    };
    match roxmltree::Document::parse_with_options(source.text(), options) {
        Ok(_) | Err(roxmltree::Error::UnknownEntityReference(..)) => Vec::new(),
        Err(error) => {
            let at = error.pos();
            let start = source.line_start(at.row).unwrap_or(0);
            let span = Span { start, end: start };
            vec![Problem::error(Class::Syntax, error.to_string(), span)]
        }
    }
}

/// Keys at the top of Prometheus's own file.
const PROMETHEUS: &[&str] = &[
    "global",
    "alerting",
    "rule_files",
    "scrape_configs",
    "scrape_config_files",
    "remote_write",
    "remote_read",
    "storage",
    "tracing",
    "runtime",
    "otlp",
];

/// Prometheus's configuration: its reader is strict, so a key that stands twice or is unknown keeps it from starting.
#[must_use]
pub fn prometheus(source: &Source) -> Vec<Problem> {
    let mut out = yaml::problems(source);
    for problem in &mut out {
        if problem.class == Class::DuplicateName {
            problem.kind = crate::problem::Kind::Error;
        }
    }
    if has_hole(source.text()) || !out.is_empty() {
        return out;
    }
    let (documents, _) = yaml::parse(source);
    let Some(root) = documents.first() else {
        return out;
    };
    // Files of rules and targets have other keys, and the same directory.
    if root.get("scrape_configs").is_none() && root.get("global").is_none() {
        return out;
    }
    for (key, _) in root.entries() {
        let Some(name) = key.text().filter(|n| !PROMETHEUS.contains(n)) else {
            continue;
        };
        if let Some(near) = nearest(name, PROMETHEUS.iter().copied()) {
            let message = format!("field {name} not found in type config.plain");
            out.push(
                Problem::error(Class::UnknownKeyword, message, key.span)
                    .with_help(format!("did you mean `{near}`?")),
            );
        }
    }
    let mut jobs: BTreeMap<&str, u32> = BTreeMap::new();
    for job in root
        .get("scrape_configs")
        .into_iter()
        .flat_map(yaml::Node::items)
    {
        let Some(name) = job.get("job_name") else {
            if !job.entries().is_empty() && job.get("<<").is_none() {
                out.push(Problem::error(Class::Arity, "job_name is empty", job.span));
            }
            continue;
        };
        let (Some(text), line) = (name.text(), source.line(name.span.start)) else {
            continue;
        };
        if let Some(first) = jobs.insert(text, line) {
            let message = format!(
                "found multiple scrape configs with job name \"{text}\": the first is on line {first}"
            );
            out.push(Problem::error(Class::DuplicateName, message, name.span));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::report;

    #[test]
    fn data_that_does_not_parse_is_told() {
        insta::assert_snapshot!(report(json, "{\"a\": 1,\n \"b\": {\"a\": 2},\n \"a\": [3,]}\n"), @"
        3: Warning duplicate-name the key `a` is already on line 1: most readers take the last
        3: Error syntax trailing comma before `]`
        ");
        insta::assert_snapshot!(report(toml, "a = 1\n[b]\nc = 'x\n"), @"3: Error syntax invalid literal string, expected `'`");
        insta::assert_snapshot!(report(toml, "a = 1\na = 2\n"), @"2: Error syntax duplicate key");
        insta::assert_snapshot!(report(xml, "<?xml version=\"1.0\"?>\n<a>\n  <b x='1' x='2'/>\n</a>\n"), @"3: Error syntax attribute 'x' at 3:12 is already defined");
        insta::assert_snapshot!(report(xml, "<a>\n  <b></a>\n"), @"2: Error syntax expected 'b' tag, not 'a' at 2:6");
        assert_eq!(
            report(xml, "<!DOCTYPE a [<!ENTITY x 'y'>]>\n<a>&x;&z;</a>\n"),
            ""
        );
    }

    #[test]
    fn prometheus_takes_no_unknown_key() {
        insta::assert_snapshot!(report(prometheus, "\
global: {scrape_interval: 15s}
scrape_config: []
scrape_configs:
- job_name: node
- job_name: 'node'
- static_configs: []
"), @r#"
        2: Error unknown-keyword field scrape_config not found in type config.plain
        5: Error duplicate-name found multiple scrape configs with job name "node": the first is on line 4
        6: Error arity job_name is empty
        "#);
        insta::assert_snapshot!(report(prometheus, "global: {}\nglobal: {}\n"), @"2: Error duplicate-name the key `global` is already on line 1: which of the two counts is up to the reader");
        assert_eq!(report(prometheus, "groups:\n- name: a\n  rules: []\n"), "");
    }
}
