//! `foretaste check`

use std::collections::BTreeSet;

use clap::Args;
use foretaste_parser::nearest::nearest;
use foretaste_simulator::change::Settings;
use foretaste_simulator::pool::matches;

use crate::args::{Format, Global};
use crate::context::Streams;
use crate::error::Failure;
use crate::exit::Exit;
use crate::gate::{self, Report, Terms};
use crate::load::config::{Config, FILE};
use crate::load::side::Loader;
use crate::load::what_if::WhatIf;
use crate::progress::Progress;
use crate::render;
use crate::render::summary::Summary;
use crate::validators;

/// Judge a change before any node converges: pools that empty, configs that do not parse, converges that fail
///
/// Compares two revisions of a Chef repository by simulating every node that the change reaches in both.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The tree before the change [default: where the head left the upstream default branch, else the last commit]
    #[arg(long, value_name = "REV|DIR")]
    pub base: Option<String>,
    /// The tree after the change [default: the work tree]
    #[arg(long, value_name = "REV|DIR", conflicts_with = "staged")]
    pub head: Option<String>,
    /// Judge what is staged against the last commit
    #[arg(long)]
    pub staged: bool,
    /// Ask haproxy, nginx, visudo and others too, where they are installed: each about the files that nodes would have,
    /// in a folder of its own and without a network
    #[arg(long)]
    pub with_validators: bool,
}

/// Checks.
///
/// # Errors
/// Revisions, an inventory or a configuration that cannot be read.
pub fn run(
    global: &Global,
    arguments: &Arguments,
    streams: &mut Streams<'_>,
) -> Result<Exit, Failure> {
    global.formats("check", &Format::ALL)?;
    let report = report(global, arguments, streams, &WhatIf::default())?;
    write(global, &report, streams)?;
    Ok(report.exit)
}

/// Simulates and judges a change under suppositions.
///
/// # Errors
/// Revisions, an inventory or a configuration that cannot be read, and suppositions about what does not exist.
pub fn report(
    global: &Global,
    arguments: &Arguments,
    streams: &Streams<'_>,
    what_if: &WhatIf<'_>,
) -> Result<Report, Failure> {
    let source = global.source(streams)?;
    let change = source.change(
        arguments.base.as_deref(),
        arguments.head.as_deref(),
        arguments.staged,
    )?;
    let config = global.config(&source, &change.head, streams)?;
    let mut terms = terms(global, &config);
    let progress = Progress::new(streams);
    let mut loader = Loader::new(&source, &config, global.inventory_paths(streams));
    let base = match &change.base {
        Some(base) => {
            progress.say(format!("reading {base}"));
            Some(loader.side(base)?.0)
        }
        None => None,
    };
    progress.say(format!("reading {}", change.head));
    let (mut head, mut notes) = loader.side(&change.head)?;
    what_if.apply(base.as_ref(), &mut head, &mut terms.settings.rollout)?;
    if base.is_none() {
        notes.push("no commit comes before this: everything counts as new".to_owned());
    }
    let mut report = gate::weigh(base, head, &terms, notes, &progress);
    let unused = unused_pools(&config, &report);
    report.notes.extend(unused);
    if arguments.with_validators {
        progress.say("asking the programs that read the configs");
        let said = validators::words(&report.impact, &config.readers);
        let hidden = said.iter().map(|line| report.secrets.hide(line));
        report.notes.extend(hidden);
    }
    Ok(report)
}

/// A limit that protects no pool is most often a typing error.
fn unused_pools(config: &Config, report: &Report) -> Vec<String> {
    let names: BTreeSet<&str> = report
        .impact
        .pools
        .iter()
        .map(|p| p.name.as_str())
        .collect();
    let limits = config.rules.pools.iter();
    limits
        .filter(|limit| !names.iter().any(|name| matches(&limit.pool, name)))
        .map(|limit| {
            let said = format!(
                "{FILE} limits the pool `{}`, and no pool is called so",
                limit.pool
            );
            match nearest(&limit.pool, names.iter().copied()) {
                Some(meant) => format!("{said}; did you mean `{meant}`?"),
                None => said,
            }
        })
        .collect()
}

/// How the arguments and the configuration want a change to be judged.
#[must_use]
pub fn terms(global: &Global, config: &Config) -> Terms {
    Terms {
        settings: settings(global, config),
        rules: config.rules.clone(),
        fail_on: global.fail_on(config).into(),
        strict: global.strict || config.keys.strict,
        secret_keys: config.secret_keys(),
        today: gate::today(),
    }
}

/// How nodes are simulated.
#[must_use]
pub fn settings(global: &Global, config: &Config) -> Settings {
    Settings {
        profile: global.search_profile(config),
        threads: gate::threads(),
        ..config.settings()
    }
}

/// Writes a report in every format that was asked for.
///
/// # Errors
/// Output that cannot be written.
pub fn write(global: &Global, report: &Report, streams: &mut Streams<'_>) -> Result<(), Failure> {
    global.write(streams, |format, paint| match format {
        Format::Human => render::human::report(report, paint),
        Format::Json => render::json::report(report),
        other => render::summary(other, &Summary::of_check(report)),
    })
}
