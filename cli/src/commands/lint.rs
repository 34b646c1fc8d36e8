//! `foretaste lint`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;
use foretaste_parser::formats::Format as FileFormat;
use foretaste_parser::source::Source;

use crate::args::{Format, Global};
use crate::context::Streams;
use crate::error::Failure;
use crate::exit::Exit;
use crate::load::config::{Config, Severity};
use crate::load::paths;
use crate::load::tree::SIZE_LIMIT;
use crate::render;
use crate::render::lint::{Checked, check};

/// Find files that do not parse: Ruby, ERB, JSON, merge conflicts, HAProxy and nginx configs
///
/// Needs no inventory. A file of another format is passed over.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Files and folders, or - for the standard input [default: the whole repository]
    pub paths: Vec<PathBuf>,
    /// The format of every file given, whatever its name says
    #[arg(long, value_name = "FORMAT", value_parser = file_format)]
    pub r#as: Option<FileFormat>,
}

fn file_format(name: &str) -> Result<FileFormat, String> {
    let names: Vec<_> = FileFormat::ALL.iter().map(|f| f.as_str()).collect();
    FileFormat::from_name(name).ok_or_else(|| format!("the formats are {}", names.join(", ")))
}

/// Lints.
///
/// # Errors
/// Paths that cannot be read, or standard input without its format.
pub fn run(
    global: &Global,
    arguments: &Arguments,
    streams: &mut Streams<'_>,
) -> Result<Exit, Failure> {
    let source = global.source(streams)?;
    let config = Config::load(&source.root)?;
    let checked = if arguments.paths.iter().any(|p| p.as_os_str() == "-") {
        vec![standard_input(arguments, streams)?]
    } else {
        let files = paths::files(&source, &streams.folder, &arguments.paths)?;
        files_in_parallel(&files, arguments.r#as)?
    };
    global.write(streams, |format, paint| match format {
        Format::Json => render::lint::json(&checked),
        Format::Human => render::lint::human(&checked, &paint.handler()),
    })?;
    let fails = global.fail_on(&config) <= Severity::Error
        && checked.iter().any(|file| !file.errors.is_empty());
    Ok(match (fails, checked.is_empty()) {
        (true, _) => Exit::Findings,
        (false, true) => Exit::NotEvaluated,
        (false, false) => Exit::Clean,
    })
}

fn standard_input(arguments: &Arguments, streams: &mut Streams<'_>) -> Result<Checked, Failure> {
    if arguments.paths.len() > 1 {
        return Err(Failure::usage(
            "- stands alone: give files or the standard input, not both",
        ));
    }
    let Some(format) = arguments.r#as else {
        return Err(
            Failure::usage("the standard input has no name that tells its format")
                .help("add --as ruby, --as erb, --as json, --as haproxy or --as nginx"),
        );
    };
    let mut bytes = Vec::new();
    streams
        .input
        .read_to_end(&mut bytes)
        .map_err(|e| Failure::unreadable(Path::new("-"), &e))?;
    let source = Arc::new(Source::from_bytes("-", &bytes));
    check(&source, Some(format)).ok_or_else(|| Failure::usage("nothing was given"))
}

/// Reads and checks every file of a known format; the result is in the order of the paths.
fn files_in_parallel(
    files: &BTreeMap<Arc<str>, PathBuf>,
    format: Option<FileFormat>,
) -> Result<Vec<Checked>, Failure> {
    let files: Vec<(&Arc<str>, &PathBuf)> = files.iter().collect();
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, Checked)>, Failure> {
        let mut done = Vec::new();
        while let Some((i, (path, file))) = {
            let i = next.fetch_add(1, Ordering::Relaxed);
            files.get(i).map(|f| (i, *f))
        } {
            let Some(bytes) = read(file)? else { continue };
            let source = Arc::new(Source::from_bytes(path.clone(), &bytes));
            if let Some(checked) = check(&source, format) {
                done.push((i, checked));
            }
        }
        Ok(done)
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut results = Vec::new();
    std::thread::scope(|scope| -> Result<(), Failure> {
        let handles: Result<Vec<_>, _> = (0..threads)
            .map(|_| {
                // As deep as a hostile file may nest.
                std::thread::Builder::new()
                    .stack_size(64 << 20)
                    .spawn_scoped(scope, work)
            })
            .collect();
        let handles = handles.map_err(|e| Failure::usage(format!("cannot start a thread: {e}")))?;
        for handle in handles {
            let part = handle
                .join()
                .map_err(|_| Failure::usage("a parser failed; please report this file"))?;
            results.extend(part?);
        }
        Ok(())
    })?;
    results.sort_by_key(|(i, _)| *i);
    Ok(results.into_iter().map(|(_, checked)| checked).collect())
}

/// A file's bytes; `None` for what is too large to be source, or binary.
fn read(file: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let failed = |e| Failure::unreadable(file, &e);
    if std::fs::metadata(file).map_err(failed)?.len() > SIZE_LIMIT {
        return Ok(None);
    }
    let bytes = std::fs::read(file).map_err(failed)?;
    let is_binary = bytes.iter().take(8000).any(|b| *b == 0);
    Ok((!is_binary).then_some(bytes))
}
