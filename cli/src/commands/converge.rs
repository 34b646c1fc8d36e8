//! `foretaste converge`

use std::sync::Arc;

use clap::Args;
use foretaste_parser::nearest::nearest;
use foretaste_simulator::change::simulate;
use foretaste_simulator::convergence::Convergence;

use super::check::settings;
use crate::args::{Format, Global};
use crate::context::Streams;
use crate::error::Failure;
use crate::exit::Exit;
use crate::gate;
use crate::load::config::Severity;
use crate::load::side::Loader;
use crate::load::tree::{UnreadKind, is_evaluated};
use crate::progress::Progress;
use crate::render;
use crate::secrets::Secrets;

/// Simulate nodes' converges at one revision: run list, resources, searches, files, failures
///
/// Every node of the inventory is simulated until their searches settle; those that are named are shown.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Names of nodes
    #[arg(required_unless_present = "all", value_name = "NODE")]
    pub nodes: Vec<String>,
    /// Every node of the inventory
    #[arg(long, conflicts_with = "nodes")]
    pub all: bool,
    /// The revision to converge [default: the work tree]
    #[arg(long, value_name = "REV|DIR")]
    pub head: Option<String>,
    /// Show the text of each rendered file
    #[arg(long)]
    pub show_files: bool,
    /// Trace each unknown value: where it came from, what it reached, which [model] entry would make it known
    #[arg(long)]
    pub explain_unknown: bool,
}

/// Converges that were simulated, and what there is to say about them.
pub struct Converges {
    pub runs: Vec<Arc<Convergence>>,
    pub notes: Vec<String>,
    pub secrets: Secrets,
    pub show_files: bool,
    pub explain_unknown: bool,
}

/// Simulates and shows converges.
///
/// # Errors
/// An unreadable repository or inventory, or a node that does not exist.
pub fn run(
    global: &Global,
    arguments: &Arguments,
    streams: &mut Streams<'_>,
) -> Result<Exit, Failure> {
    global.formats("converge", &Format::PLAIN)?;
    let source = global.source(streams)?;
    let revision = source.one(arguments.head.as_deref())?;
    let config = global.config(&source, &revision, streams)?;
    let settings = settings(global, &config);
    let progress = Progress::new(streams);
    progress.say(format!("reading {revision}"));
    let mut loader = Loader::new(&source, &config, global.inventory_paths(streams));
    let (side, mut notes) = loader.side(&revision)?;
    let inventory = &side.revision.inventory;
    for name in &arguments.nodes {
        if !inventory.nodes.contains_key(name) {
            return Err(no_such_node(name, inventory.nodes.keys()));
        }
    }
    for problem in &inventory.problems {
        notes.push(format!("{}: {}", problem.location, problem.message));
    }
    for (path, unread) in &side.unread {
        if unread.kind == UnreadKind::Absent || is_evaluated(path) {
            notes.push(format!("not read: {path}: {}", unread.reason));
        }
    }
    progress.say(format!("simulating {} nodes", inventory.nodes.len()));
    let simulation = simulate(&side.revision, &settings);
    drop(progress);
    let runs: Vec<&Convergence> = simulation.runs.values().map(|r| &*r.after).collect();
    let secrets = gate::secrets(&config.secret_keys(), &runs, &[&side]);
    if !simulation.settled {
        notes.push(format!(
            "after {} rounds of converges searches still change",
            simulation.rounds
        ));
    }
    let shown = Converges {
        runs: simulation
            .runs
            .iter()
            .filter(|(name, _)| arguments.all || arguments.nodes.contains(name))
            .map(|(_, run)| run.after.clone())
            .collect(),
        notes,
        secrets,
        show_files: arguments.show_files,
        explain_unknown: arguments.explain_unknown,
    };
    global.write(streams, |format, paint| match format {
        Format::Json => render::converge::json(&shown),
        _ => render::converge::human(&shown, paint),
    })?;
    let failed = shown.runs.iter().any(|run| run.failure.is_some());
    let open = shown.runs.iter().any(|run| !run.undetermined.is_empty());
    let strict = global.strict || config.keys.strict;
    Ok(if failed && global.fail_on(&config) <= Severity::Error {
        Exit::Findings
    } else if shown.runs.is_empty() || (strict && open) {
        Exit::NotEvaluated
    } else {
        Exit::Clean
    })
}

fn no_such_node<'a>(name: &str, known: impl Iterator<Item = &'a String> + Clone) -> Failure {
    let failure = Failure::usage(format!("there is no node `{name}` in the inventory"));
    if let Some(meant) = nearest(name, known.clone().map(String::as_str)) {
        return failure.help(format!("did you mean `{meant}`?"));
    }
    let names: Vec<&String> = known.collect();
    match names.len() {
        0 => failure.help("the inventory is empty: give node objects with --inventory"),
        _ => failure.help(format!("there are {}", render::paint::names(&names, 8))),
    }
}
