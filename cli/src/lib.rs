//! The program as a library: arguments in, text and an exit code out.

// Nothing that comes from input may panic; the few exceptions say why they cannot.
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

pub mod args;
pub mod commands;
pub mod context;
pub mod error;
pub mod exit;
pub mod gate;
pub mod load;
pub mod progress;
pub mod render;
pub mod secrets;
pub mod validators;

use std::ffi::OsString;
use std::io::Write;

use clap::Parser;

use args::{Cli, Command, Format};
use context::{Lasting, Streams};
use error::Failure;
use exit::Exit;

/// Runs one command line, its first word being the program's name.
pub fn run<A>(arguments: impl IntoIterator<Item = A>, streams: Streams<'_>) -> Exit
where
    A: Into<OsString> + Clone,
{
    let mut out = Lasting::new(&mut *streams.out);
    let mut streams = Streams {
        input: &mut *streams.input,
        out: &mut out,
        err: &mut *streams.err,
        folder: streams.folder,
        terminals: streams.terminals,
    };
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let text = error.render().to_string();
            let (stream, exit) = if error.use_stderr() {
                (&mut streams.err, Exit::CouldNotRun)
            } else {
                (&mut streams.out, Exit::Clean)
            };
            // Nobody is left to be told when this cannot be written.
            let _ = stream
                .write_all(text.as_bytes())
                .and_then(|()| stream.flush());
            return exit;
        }
    };
    match dispatch(&cli, &mut streams) {
        Ok(exit) => exit,
        Err(failure) => {
            let paint = cli
                .global
                .paint(streams.terminals.err, streams.terminals.width);
            let text = render::error::failure(&failure, &paint.handler());
            let _ = streams.err.write_all(text.as_bytes());
            Exit::CouldNotRun
        }
    }
}

fn dispatch(cli: &Cli, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let for_people = |command| cli.global.formats(command, &[Format::Human]);
    match &cli.command {
        Command::Check(arguments) => commands::check::run(&cli.global, arguments, streams),
        Command::Plan(arguments) => commands::plan::run(&cli.global, arguments, streams),
        Command::Lint(arguments) => commands::lint::run(&cli.global, arguments, streams),
        Command::Search(arguments) => commands::search::run(&cli.global, arguments, streams),
        Command::Replay(arguments) => commands::replay::run(&cli.global, arguments, streams),
        Command::Converge(arguments) => commands::converge::run(&cli.global, arguments, streams),
        Command::Explain(arguments) => {
            for_people("explain")?;
            commands::explain::run(arguments, streams)
        }
        Command::Init(arguments) => {
            for_people("init")?;
            commands::init::run(&cli.global, arguments, streams)
        }
        Command::Hook(command) => {
            for_people("hook")?;
            commands::hook::run(&cli.global, command, streams)
        }
        Command::Demo(arguments) => commands::demo::run(&cli.global, arguments, streams),
    }
}
