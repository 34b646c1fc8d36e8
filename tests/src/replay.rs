//! The corpus, judged as a change is.

use std::sync::Arc;

use foretaste_corpus::{Expect, Found, Incident, Place, Tree};
use foretaste_parser::source::{Location, Source};
use foretaste_rules::{Config, Date, Finding, Rule, judge_by};
use foretaste_simulator::change::{self, Revision, Settings};
use foretaste_simulator::impact::Impact;
use foretaste_simulator::inventory::Inventory;
use foretaste_simulator::repository::{Files, Layout, ParseCache, Repository};

/// What an incident's change does.
#[must_use]
pub fn impact(incident: &Incident) -> Impact {
    let cache = Arc::new(ParseCache::default());
    let base = revision(&incident.before, &incident.inventory, &cache);
    let head = revision(&incident.after, &incident.inventory, &cache);
    change::impact(Some(&base), &head, &Settings::default())
}

/// What some rules find in an impact of an incident.
///
/// # Panics
/// Never: the day is a day.
#[must_use]
pub fn judged(incident: &Incident, impact: &Impact, rules: &[&Rule]) -> Vec<Finding> {
    let file = |path: &str| {
        let bytes = incident.after.get(path)?;
        Some(Arc::new(Source::from_bytes(path, bytes)))
    };
    // Waivers expire; the corpus has none.
    let today = Date::new(2026, 1, 1).expect("a day");
    judge_by(rules, impact, &Config::default(), &file, today).findings
}

/// A tree as a revision, its nodes from the inventory or else from its own `nodes/`.
fn revision(tree: &Tree, inventory: &Tree, cache: &Arc<ParseCache>) -> Revision {
    let files = Files(
        tree.iter()
            .map(|(path, bytes)| (Arc::from(path.as_str()), Arc::from(bytes.as_slice())))
            .collect(),
    );
    let mut nodes = Inventory::default();
    if inventory.is_empty() {
        for (path, bytes) in tree.iter().filter(|(path, _)| path.starts_with("nodes/")) {
            nodes.add_json(path, bytes);
        }
    }
    for (path, bytes) in inventory {
        nodes.add_json(&format!("inventory/{path}"), bytes);
    }
    let layout = Layout::detect(&files);
    Revision {
        repository: Arc::new(Repository::new(files, layout, cache.clone())),
        inventory: nodes,
    }
}

/// The expectations that no finding meets.
#[must_use]
pub fn missed<'a>(expect: &'a [Expect], findings: &[Finding]) -> Vec<&'a Expect> {
    expect
        .iter()
        .filter(|expect| !findings.iter().any(|finding| is_met(expect, finding)))
        .collect()
}

fn is_met(expect: &Expect, finding: &Finding) -> bool {
    let places: Vec<Place> = std::iter::once(&finding.primary)
        .chain(&finding.cause)
        .chain(finding.related.iter().map(|e| &e.location))
        .chain(finding.evidence.iter().map(|e| &e.location))
        .map(place)
        .collect();
    expect.is_met_by(Found {
        rule: finding.rule,
        pools: &finding.pools,
        nodes: &finding.nodes,
        places: &places,
    })
}

fn place(location: &Location) -> Place {
    Place {
        path: location.path.to_string(),
        line: location.line,
    }
}

/// A finding in one line, for failures of tests.
#[must_use]
pub fn show(finding: &Finding) -> String {
    format!(
        "{} at {}: {} (nodes {}; pools {})",
        finding.rule,
        place(&finding.primary),
        finding.message,
        finding.nodes.join(" "),
        finding.pools.join(" "),
    )
}
