//! The `foretaste` program.

use std::io::{stderr, stdin, stdout};
use std::process::ExitCode;

use foretaste::context::{Streams, Terminals};

/// Simulated runs make and drop many small values; this serves them in about two thirds of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let folder = match std::env::current_dir() {
        Ok(folder) => folder,
        Err(_) => ".".into(),
    };
    let streams = Streams {
        input: &mut stdin().lock(),
        out: &mut std::io::BufWriter::new(stdout().lock()),
        // Not locked: progress is drawn from another thread.
        err: &mut stderr(),
        folder,
        terminals: Terminals::of_process(),
    };
    foretaste::run(std::env::args_os(), streams).into()
}
