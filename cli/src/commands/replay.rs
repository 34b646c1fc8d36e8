//! `foretaste replay`

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use clap::Args;
use foretaste_corpus::{Expect, Found, Incident, Place, Tree, from_files, incidents};
use foretaste_parser::source::{Location, Source};
use foretaste_rules::catalogue::RULES;
use foretaste_rules::{Date, Finding, Rule, judge_by};
use foretaste_simulator::change::{self, Revision};
use foretaste_simulator::impact::Impact;
use foretaste_simulator::inventory::Inventory;
use foretaste_simulator::repository::{Files, Layout, ParseCache, Repository};
use serde_json::{Value as Json, json};

use crate::args::{Format, Global};
use crate::context::Streams;
use crate::error::Failure;
use crate::exit::Exit;
use crate::load::config::{Config, FILE};

/// The word for the incidents that are built in.
const EMBEDDED: &str = "corpus";

/// Would the rules have seen past incidents, and do they stay silent about harmless changes that look alike?
///
/// Each incident is a small repository, the change that broke it and what must be found; its harmless twins are
/// changes about which nothing may be found. Exits with 1 when an incident is missed or a twin raises a finding.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A folder of incidents, or of one; `corpus` stands for those that are built in
    #[arg(default_value = EMBEDDED, value_name = "CORPUS")]
    pub corpus: String,
}

/// An incident or twin with what the rules say about it.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub slug: String,
    pub is_twin: bool,
    /// What must be found and is not.
    pub missed: Vec<Expect>,
    pub findings: Vec<Finding>,
}

impl Outcome {
    /// Whether an incident is found, or a twin raises nothing.
    #[must_use]
    pub fn is_good(&self) -> bool {
        if self.is_twin {
            self.findings.is_empty()
        } else {
            self.missed.is_empty()
        }
    }

    fn word(&self) -> &'static str {
        match (self.is_twin, self.is_good()) {
            (false, true) => "found",
            (false, false) => "missed",
            (true, true) => "silent",
            (true, false) => "noisy",
        }
    }
}

/// Replays incidents.
///
/// # Errors
/// A folder that cannot be read, or an incident that is not well formed.
pub fn run(
    global: &Global,
    arguments: &Arguments,
    streams: &mut Streams<'_>,
) -> Result<Exit, Failure> {
    global.formats("replay", &Format::PLAIN)?;
    let loaded = if arguments.corpus == EMBEDDED {
        incidents()
    } else {
        let root = streams.folder.join(&arguments.corpus);
        let mut tree = Tree::new();
        read(&root, "", DEPTH, &mut tree)?;
        from_files(tree)
    };
    let loaded = loaded.map_err(|e| Failure::usage(e.to_string()))?;
    if loaded.is_empty() {
        return Err(
            Failure::usage(format!("{}: no incident in this folder", arguments.corpus))
                .help("an incident is a folder with incident.toml, before/ and after/"),
        );
    }
    let outcomes = loaded
        .iter()
        .map(|incident| judge(incident, &impact(incident)?, RULES))
        .collect::<Result<Vec<Outcome>, Failure>>()?;
    global.write(streams, |format, _| match format {
        Format::Json => format!("{:#}\n", json(&outcomes)),
        _ => human(&outcomes),
    })?;
    Ok(exit(&outcomes))
}

/// How a replay ends.
#[must_use]
pub fn exit(outcomes: &[Outcome]) -> Exit {
    if outcomes.iter().all(Outcome::is_good) {
        Exit::Clean
    } else {
        Exit::Findings
    }
}

/// Deeper folders than this hold no incident.
const DEPTH: usize = 32;

/// Reads every plain file below a folder; links are not followed.
fn read(folder: &Path, prefix: &str, depth: usize, tree: &mut Tree) -> Result<(), Failure> {
    let failed = |e| Failure::unreadable(folder, &e);
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|n| *n != ".git") else {
            continue;
        };
        let path = format!("{prefix}{name}");
        if kind.is_dir() && depth > 0 {
            read(&entry.path(), &format!("{path}/"), depth - 1, tree)?;
        } else if kind.is_file() {
            let bytes =
                std::fs::read(entry.path()).map_err(|e| Failure::unreadable(&entry.path(), &e))?;
            tree.insert(path, bytes);
        }
    }
    Ok(())
}

/// What the tree after an incident's change decides for itself.
fn config(incident: &Incident) -> Result<Config, Failure> {
    match incident.after.get(FILE) {
        Some(bytes) => Config::parse(
            &format!("{}/{FILE}", incident.slug),
            &String::from_utf8_lossy(bytes),
        ),
        None => Ok(Config::default()),
    }
}

/// What an incident's change does.
///
/// # Errors
/// A configuration of the incident's own that cannot be read.
pub fn impact(incident: &Incident) -> Result<Impact, Failure> {
    let cache = Arc::new(ParseCache::default());
    let base = revision(&incident.before, &incident.inventory, &cache);
    let head = revision(&incident.after, &incident.inventory, &cache);
    let settings = config(incident)?.settings();
    Ok(change::impact(Some(&base), &head, &settings))
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

/// Judges an incident's change by some rules.
///
/// # Errors
/// As [`impact`].
pub fn judge(incident: &Incident, impact: &Impact, rules: &[&Rule]) -> Result<Outcome, Failure> {
    let config = config(incident)?.rules;
    let file = |path: &str| {
        let bytes = incident.after.get(path)?;
        Some(Arc::new(Source::from_bytes(path, bytes)))
    };
    // An incident has no waivers that a day could end.
    let today = Date::MAX;
    let findings = judge_by(rules, impact, &config, &file, today).findings;
    let missed = incident
        .expect
        .iter()
        .filter(|expect| !findings.iter().any(|finding| is_met(expect, finding)))
        .cloned()
        .collect();
    Ok(Outcome {
        slug: incident.slug.clone(),
        is_twin: incident.is_silent(),
        missed,
        findings,
    })
}

fn is_met(expect: &Expect, finding: &Finding) -> bool {
    let places: Vec<Place> = finding.places().map(place).collect();
    let steps = finding.evidence.iter().chain(&finding.related);
    let steps = steps.map(|e| e.message.as_str());
    let texts: Vec<&str> = [finding.message.as_str(), finding.help.as_str()]
        .into_iter()
        .chain(steps)
        .collect();
    expect.is_met_by(Found {
        rule: finding.rule,
        pools: &finding.pools,
        nodes: &finding.nodes,
        places: &places,
        texts: &texts,
    })
}

fn place(location: &Location) -> Place {
    Place {
        path: location.path.to_string(),
        line: location.line,
    }
}

/// A line for each incident; what was missed, and what was found instead, below it.
#[must_use]
pub fn human(outcomes: &[Outcome]) -> String {
    let mut out = String::new();
    for outcome in outcomes {
        let _ = writeln!(out, "{:6}  {}", outcome.word(), outcome.slug);
        if outcome.is_good() {
            continue;
        }
        for expect in &outcome.missed {
            let _ = writeln!(out, "        expected: {expect}");
        }
        for finding in &outcome.findings {
            let _ = writeln!(
                out,
                "        raised: {} at {}: {}",
                finding.rule,
                place(&finding.primary),
                finding.message
            );
        }
    }
    let of = |word| outcomes.iter().filter(|o| o.word() == word).count();
    let _ = writeln!(
        out,
        "\nincidents: {} found, {} missed\nharmless twins: {} silent, {} noisy",
        of("found"),
        of("missed"),
        of("silent"),
        of("noisy"),
    );
    out
}

fn json(outcomes: &[Outcome]) -> Json {
    let of = |word| outcomes.iter().filter(|o| o.word() == word).count();
    let incidents: Vec<Json> = outcomes.iter().map(one).collect();
    json!({
        "schema": 1,
        "counts": {
            "found": of("found"),
            "missed": of("missed"),
            "silent": of("silent"),
            "noisy": of("noisy"),
        },
        "incidents": incidents,
    })
}

fn one(outcome: &Outcome) -> Json {
    let missed: Vec<Json> = outcome
        .missed
        .iter()
        .map(|e| {
            json!({
                "rule": e.rule,
                "pool": e.pool,
                "nodes": e.nodes,
                "cause": e.cause.as_ref().map(ToString::to_string),
            })
        })
        .collect();
    let findings: Vec<Json> = outcome
        .findings
        .iter()
        .map(|f| {
            json!({
                "rule": f.rule,
                "severity": f.severity.as_str(),
                "message": f.message,
                "primary": {"path": &*f.primary.path, "line": f.primary.line, "column": f.primary.column},
                "nodes": f.nodes,
                "pools": f.pools,
            })
        })
        .collect();
    json!({
        "name": outcome.slug,
        "outcome": outcome.word(),
        "twin": outcome.is_twin,
        "missed": missed,
        "findings": findings,
    })
}
