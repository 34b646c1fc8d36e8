//! The published pages, generated from the rules' own doc comments: `docs/rules/<rule>.md` and an index.

use std::collections::BTreeMap;

use crate::catalogue::RULES;
use crate::rule::Rule;

/// Every page by its file name below `docs/rules/`.
#[must_use]
pub fn pages() -> BTreeMap<String, String> {
    let mut out: BTreeMap<String, String> = RULES
        .iter()
        .map(|rule| (format!("{}.md", rule.name), page(rule)))
        .collect();
    out.insert("README.md".to_owned(), index());
    out
}

/// The page of one rule, as `foretaste explain` shows it too.
#[must_use]
pub fn page(rule: &Rule) -> String {
    let body: String = rule
        .doc
        .lines()
        .map(|line| {
            let line = line.strip_prefix(' ').unwrap_or(line);
            format!("{}\n", line.trim_end())
        })
        .collect();
    format!(
        "# {}\n\n{}. Severity: {}.\n\n{}\n",
        rule.name,
        capitalised(rule.summary),
        rule.severity,
        body.trim_end()
    )
}

fn index() -> String {
    let mut out = String::from(
        "# Rules\n\nA finding is about the change: a problem that the base has too is reported only where the change \
         touches its file.\nSilence a finding with `# foretaste:ignore RULE reason` on its line or the line above, or \
         with a waiver in `foretaste.toml`.\n\n| rule | severity | what it finds |\n|---|---|---|\n",
    );
    for rule in RULES {
        out += &format!(
            "| [{0}]({0}.md) | {1} | {2} |\n",
            rule.name, rule.severity, rule.summary
        );
    }
    out
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|c| c.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

/// The files of a page's example, by `before`, `bad` and `good`, each by its path in the repository. What `bad` and
/// `good` do not have stands as in `before`.
#[must_use]
pub fn example(rule: &Rule) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut out: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let page = page(rule);
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let named = line
            .strip_prefix("```")
            .and_then(|info| info.split_once(' '))
            .and_then(|(_, path)| path.split_once('/'));
        let Some((side, path)) = named else { continue };
        let text: String = lines
            .by_ref()
            .take_while(|l| !l.starts_with("```"))
            .map(|l| format!("{l}\n"))
            .collect();
        out.entry(side.to_owned())
            .or_default()
            .insert(path.to_owned(), text);
    }
    out
}
