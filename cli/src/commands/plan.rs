//! `foretaste plan`

use clap::Args;

use super::check;
use crate::args::{Format, Global};
use crate::context::Streams;
use crate::error::Failure;
use crate::exit::Exit;
use crate::load::what_if::{Set, WhatIf};
use crate::render;

/// Show everything that a change does, in which order nodes must converge, and in which waves to let them
///
/// The same inputs as `check`, and the same findings; besides, pools at every moment, rendered files that differ, who
/// must converge before whom, and waves with the search that selects each one's nodes.
#[derive(Debug, Args)]
#[group(id = "plan")]
pub struct Arguments {
    /// The tree before the change [default: where the head left the upstream default branch, else the last commit]
    #[arg(long, value_name = "REV|DIR")]
    pub base: Option<String>,
    /// The tree after the change [default: the work tree]
    #[arg(long, value_name = "REV|DIR", conflicts_with = "staged")]
    pub head: Option<String>,
    /// Plan what is staged against the last commit
    #[arg(long)]
    pub staged: bool,
    /// What if a node or environment had another value: `web1.run_list=role[web],recipe[a]`, `web1.chef_environment=dev`,
    /// `web1.app.port=8080` (a normal attribute), `production.app.port=8080` (the environment's default attribute)
    #[arg(long, value_name = "NAME.KEY=VALUE")]
    pub set: Vec<Set>,
    /// This node has been taken out of rotation
    #[arg(long, value_name = "NODE")]
    pub drain: Vec<String>,
    /// This node is not running: it serves nobody and does not converge
    #[arg(long, value_name = "NODE")]
    pub down: Vec<String>,
    /// Show this wave alone, counted from 1
    #[arg(long, value_name = "N")]
    pub only_wave: Option<usize>,
}

/// Plans.
///
/// # Errors
/// Revisions, an inventory or a configuration that cannot be read; nodes or a wave that do not exist.
pub fn run(
    global: &Global,
    arguments: &Arguments,
    streams: &mut Streams<'_>,
) -> Result<Exit, Failure> {
    global.formats("plan", &Format::PLAIN)?;
    let what_if = WhatIf {
        set: &arguments.set,
        drained: &arguments.drain,
        down: &arguments.down,
    };
    let change = check::Arguments {
        base: arguments.base.clone(),
        head: arguments.head.clone(),
        staged: arguments.staged,
        with_validators: false,
    };
    let report = check::report(global, &change, streams, &what_if)?;
    let waves = report.impact.rollout.waves.len();
    if let Some(only) = arguments.only_wave
        && (only == 0 || only > waves)
    {
        return Err(Failure::usage(format!("there is no wave {only}"))
            .help(format!("this change goes out in {waves} waves")));
    }
    global.write(streams, |format, paint| match format {
        Format::Json => render::plan::json(&report, arguments.only_wave),
        _ => render::plan::human(&report, arguments.only_wave, paint),
    })?;
    Ok(report.exit)
}
