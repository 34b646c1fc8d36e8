//! `foretaste explain`

use std::path::PathBuf;

use clap::Args;
use foretaste_parser::nearest::nearest;
use foretaste_rules::catalogue::{RULES, rule};
use foretaste_rules::docs;

use crate::context::{Streams, write_whole};
use crate::error::Failure;
use crate::exit::Exit;

/// What a rule finds, why it matters, and what to do
#[derive(Debug, Args)]
pub struct Arguments {
    /// The rule's name [default: a list of all rules]
    #[arg(conflicts_with = "all")]
    pub rule: Option<String>,
    /// Every rule's page
    #[arg(long)]
    pub all: bool,
    /// Write the pages into this folder instead
    #[arg(long, value_name = "DIR", requires = "all")]
    pub write: Option<PathBuf>,
}

/// Prints or writes rules' pages.
///
/// # Errors
/// A rule that does not exist, or a folder that cannot be written.
pub fn run(arguments: &Arguments, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    if let Some(folder) = &arguments.write {
        let folder = streams.folder.join(folder);
        std::fs::create_dir_all(&folder).map_err(|e| Failure::unwritable(&folder, &e))?;
        for (name, page) in docs::pages() {
            write_whole(&folder.join(name), page.as_bytes())?;
        }
        return Ok(Exit::Clean);
    }
    if arguments.all {
        for rule in RULES {
            writeln!(streams.out, "{}", docs::page(rule))?;
        }
        return Ok(Exit::Clean);
    }
    let Some(name) = &arguments.rule else {
        let width = RULES.iter().map(|r| r.name.len()).max().unwrap_or(0);
        for rule in RULES {
            writeln!(
                streams.out,
                "{:width$}  {:7}  {}",
                rule.name,
                rule.severity.as_str(),
                rule.summary
            )?;
        }
        return Ok(Exit::Clean);
    };
    let Some(rule) = rule(name) else {
        let failure = Failure::usage(format!("there is no rule `{name}`"));
        return Err(match nearest(name, RULES.iter().map(|r| r.name)) {
            Some(meant) => failure.help(format!("did you mean `{meant}`?")),
            None => failure.help("`foretaste explain` lists them all"),
        });
    };
    write!(streams.out, "{}", docs::page(rule))?;
    Ok(Exit::Clean)
}
