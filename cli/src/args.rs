//! The command line. Doc comments are its help texts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use foretaste_parser::nearest::nearest;

use crate::commands;
use crate::load::config::{Profile, Severity};

/// Taste the change before your customers do: a linter and dry-run simulator for Chef.
///
/// Nothing of the repository is executed: no Ruby, no command, no Chef server.
///
/// Exit codes: 0 checked, nothing at or above --fail-on; 1 findings; 2 could not run; 3 nothing was evaluated, or
/// under --strict something stayed undetermined.
#[derive(Debug, Parser)]
#[command(name = "foretaste", version, max_term_width = 100, after_help = BEGIN)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Below the help.
const BEGIN: &str =
    "Begin with `foretaste demo`; then run `foretaste check` in your Chef repository.";

/// What every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Common options")]
pub struct Global {
    /// The Chef repository [default: the repository around the current folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub repo: Option<PathBuf>,
    /// Node objects: a JSON file, or a folder of them [default: what foretaste.toml says, else nodes/]
    #[arg(long, global = true, value_name = "PATH")]
    pub inventory: Vec<PathBuf>,
    /// The configuration [default: foretaste.toml in the repository]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The secret of encrypted data bags, as `knife --secret-file` takes it [default: their values are unknown]
    #[arg(long, global = true, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// Whose search is simulated [default: server]
    #[arg(long, global = true, value_enum)]
    pub profile: Option<Profile>,
    /// human, json, sarif, github, gitlab, junit, markdown or html; as FORMAT=FILE it is written to that file
    #[arg(long, global = true, value_name = "FORMAT[=FILE]", value_parser = Output::from_text)]
    pub format: Vec<Output>,
    /// The lowest severity that makes the exit code 1 [default: error]
    #[arg(long, global = true, value_enum, value_name = "SEVERITY")]
    pub fail_on: Option<FailOn>,
    /// Exit with 3 when something stayed undetermined
    #[arg(long, global = true)]
    pub strict: bool,
    /// Colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Note,
    Warning,
    Error,
}

impl From<FailOn> for Severity {
    fn from(word: FailOn) -> Self {
        match word {
            FailOn::Note => Self::Note,
            FailOn::Warning => Self::Warning,
            FailOn::Error => Self::Error,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Human,
    Json,
    Sarif,
    Github,
    Gitlab,
    Junit,
    Markdown,
    Html,
}

impl Format {
    pub const ALL: [Self; 8] = [
        Self::Human,
        Self::Json,
        Self::Sarif,
        Self::Github,
        Self::Gitlab,
        Self::Junit,
        Self::Markdown,
        Self::Html,
    ];
    /// Those of commands that have no findings.
    pub const PLAIN: [Self; 2] = [Self::Human, Self::Json];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }
}

/// One output: its format, and the file it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub format: Format,
    pub file: Option<PathBuf>,
}

impl Output {
    fn from_text(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let names = Format::ALL.map(Format::as_str);
        let known = Format::ALL.into_iter().find(|f| f.as_str() == name);
        let format = known.ok_or_else(|| match nearest(name, names.into_iter()) {
            Some(meant) => format!("did you mean {meant}?"),
            None => format!("the formats are {}", names.join(", ")),
        })?;
        if file.as_ref().is_some_and(|f| f.as_os_str().is_empty()) {
            return Err(format!("after = stands a file: {name}=report.txt"));
        }
        Ok(Self { format, file })
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Check(commands::check::Arguments),
    Plan(commands::plan::Arguments),
    Lint(commands::lint::Arguments),
    Search(commands::search::Arguments),
    Replay(commands::replay::Arguments),
    Converge(commands::converge::Arguments),
    Explain(commands::explain::Arguments),
    Init(commands::init::Arguments),
    #[command(subcommand)]
    Hook(commands::hook::Command),
    Demo(commands::demo::Arguments),
}
