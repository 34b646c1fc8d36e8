//! The corpus, judged as a change is.

use std::sync::Arc;

use foretaste_corpus::{Expect, Found, Incident, Place, Tree};
use foretaste_parser::source::{Location, Source};
use foretaste_rules::{Config, Date, Finding, Rule, judge_by};
use foretaste_simulator::convergence::{Convergence, SavedNode};
use foretaste_simulator::impact::{Comparison, Impact, file_changes, role_files};
use foretaste_simulator::repository::{Files, Layout, ParseCache, Repository};
use foretaste_simulator::search::{Profile, SearchIndex};
use foretaste_simulator::simulation::{self, IndexView, Options, World};

/// What some rules find in an incident's change.
///
/// # Panics
/// Never: the day is a day.
#[must_use]
pub fn findings(incident: &Incident, rules: &[&Rule]) -> Vec<Finding> {
    let cache = Arc::new(ParseCache::default());
    let base = repository(&incident.before, &cache);
    let head = repository(&incident.after, &cache);
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
    // Waivers expire; the corpus has none.
    let today = Date::new(2026, 1, 1).expect("a day");
    judge_by(rules, &impact, &Config::default(), &file, today).findings
}

fn repository(tree: &Tree, cache: &Arc<ParseCache>) -> Repository {
    let files = Files(
        tree.iter()
            .map(|(path, bytes)| (Arc::from(path.as_str()), Arc::from(bytes.as_slice())))
            .collect(),
    );
    let layout = Layout::detect(&files);
    Repository::new(files, layout, cache.clone())
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
