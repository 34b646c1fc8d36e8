//! `foretaste lint`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;
use foretaste_parser::formats::{Format as FileFormat, format_of};
use foretaste_parser::source::Source;
use foretaste_simulator::readers::Readers;

use crate::args::{Format, Global};
use crate::context::Streams;
use crate::error::Failure;
use crate::exit::Exit;
use crate::load::config::Severity;
use crate::load::paths;
use crate::load::revision::Revision;
use crate::load::tree::{Content, NoText, no_text, read_disk, too_large};
use crate::render;
use crate::render::lint::{Checked, Linted, check};
use crate::render::summary::Summary;
use crate::secrets::Secrets;

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
    global.formats("lint", &Format::ALL)?;
    let source = global.source(streams)?;
    let config = global.config(&source, &Revision::Folder(source.root.clone()), streams)?;
    let mut linted = if arguments.paths.iter().any(|p| p.as_os_str() == "-") {
        Linted {
            files: vec![standard_input(arguments, &config.readers, streams)?],
            ..Linted::default()
        }
    } else {
        let named = paths::files(&source, &streams.folder, &arguments.paths)?;
        let mut linted = files_in_parallel(&named.files, arguments.r#as, &config.readers)?;
        linted.unread.extend(named.unread);
        linted
    };
    let keys = config.secret_keys();
    if !keys.is_empty() {
        let texts = linted.files.iter().map(|f| f.source.text().as_ref());
        let secrets = Secrets::collect(&keys, &[], [], texts);
        linted.hide(&secrets);
    }
    let fails = global.fail_on(&config) <= Severity::Error && linted.errors() > 0;
    let open = (global.strict || config.keys.strict) && !linted.unread.is_empty();
    let exit = if fails {
        Exit::Findings
    } else if open || linted.files.is_empty() {
        Exit::NotEvaluated
    } else {
        Exit::Clean
    };
    let fail_on = global.fail_on(&config).into();
    global.write(streams, |format, paint| match format {
        Format::Json => render::lint::json(&linted),
        Format::Human => render::lint::human(&linted, paint),
        other => render::summary(other, &Summary::of_lint(&linted, fail_on, exit)),
    })?;
    Ok(exit)
}

fn standard_input(
    arguments: &Arguments,
    readers: &Readers,
    streams: &mut Streams<'_>,
) -> Result<Checked, Failure> {
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
    check(&source, Some(format), readers).ok_or_else(|| Failure::usage("nothing was given"))
}

/// A file that was looked at: what was found, or why it was not read.
type Looked = Result<Checked, String>;

/// Reads and checks every file of a known format; the result is in the order of the paths.
fn files_in_parallel(
    files: &BTreeMap<Arc<str>, PathBuf>,
    format: Option<FileFormat>,
    readers: &Readers,
) -> Result<Linted, Failure> {
    let files: Vec<(&Arc<str>, &PathBuf)> = files.iter().collect();
    let next = AtomicUsize::new(0);
    let work = || -> Vec<(usize, Looked)> {
        let mut done = Vec::new();
        while let Some((i, (path, file))) = {
            let i = next.fetch_add(1, Ordering::Relaxed);
            files.get(i).map(|f| (i, *f))
        } {
            if let Some(looked) = look(path, file, format, readers) {
                done.push((i, looked));
            }
        }
        done
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
            results.extend(part);
        }
        Ok(())
    })?;
    results.sort_by_key(|(i, _)| *i);
    let mut linted = Linted::default();
    for (i, looked) in results {
        match (looked, files.get(i)) {
            (Ok(checked), _) => linted.files.push(checked),
            (Err(reason), Some((path, _))) => {
                linted.unread.insert((*path).clone(), reason);
            }
            (Err(_), None) => {}
        }
    }
    Ok(linted)
}

/// Reads and checks a file; `None` where its format is not one that is read.
fn look(
    path: &Arc<str>,
    file: &Path,
    format: Option<FileFormat>,
    readers: &Readers,
) -> Option<Looked> {
    let by_name = format.or_else(|| format_of(path, b""));
    let bytes = match read_disk(file) {
        Content::Read(bytes) => bytes,
        // Whatever else is large or locked away is none of ours.
        Content::TooLarge(size) => return by_name.map(|_| Err(too_large(size))),
        Content::Unreadable(reason) => return by_name.map(|_| Err(reason)),
    };
    match no_text(&bytes) {
        Some(NoText::Binary) => return by_name.map(|_| Err(NoText::Binary.to_string())),
        // Chef reads it all the same, and so do we; what it says in that place is not known.
        Some(NoText::NotUtf8 { .. }) | None => {}
    }
    let source = Arc::new(Source::from_bytes(path.clone(), &bytes));
    check(&source, format, readers).map(Ok)
}
