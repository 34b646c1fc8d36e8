//! What a command works with: arguments that all share, and where input and output are.

use std::io::{IsTerminal, Read, Write};
use std::path::PathBuf;

use foretaste_simulator::convergence::RenderedFile;
use terminal_size::terminal_size;

use crate::args::{Color, Format, Global, Output};
use crate::error::Failure;
use crate::load::config::{Config, Profile, Severity};
use crate::load::revision::{Revision, Source};
use crate::render::paint::Paint;

/// Input and output of the whole program; tests give their own.
pub struct Streams<'a> {
    pub input: &'a mut dyn Read,
    pub out: &'a mut dyn Write,
    pub err: &'a mut dyn Write,
    /// The folder that relative paths and the repository are looked for from.
    pub folder: PathBuf,
    /// Whether `out` and `err` are terminals that a person looks at.
    pub terminals: Terminals,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Terminals {
    pub out: bool,
    pub err: bool,
    /// Columns, where they are known.
    pub width: Option<usize>,
}

/// Columns of text that goes to no terminal.
const USUAL_WIDTH: usize = 100;

impl Terminals {
    /// Those of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self {
            out: std::io::stdout().is_terminal(),
            err: std::io::stderr().is_terminal(),
            width: std::env::var("COLUMNS")
                .ok()
                .and_then(|columns| columns.parse().ok())
                .or_else(|| terminal_size().map(|(width, _)| usize::from(width.0))),
        }
    }
}

impl Global {
    /// The repository that is meant.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn source(&self, streams: &Streams<'_>) -> Result<Source, Failure> {
        let folder = match &self.repo {
            Some(folder) => streams.folder.join(folder),
            None => streams.folder.clone(),
        };
        Source::open(&folder, &streams.folder)
    }

    /// The configuration that a revision is judged by, with the data bag secret that the arguments name.
    ///
    /// # Errors
    /// As [`Config::of`]; a secret that cannot be read or is empty.
    pub fn config(
        &self,
        source: &Source,
        head: &Revision,
        streams: &Streams<'_>,
    ) -> Result<Config, Failure> {
        let named = self.config.as_ref().map(|path| streams.folder.join(path));
        let mut config = Config::of(source, head, named.as_deref())?;
        if let Some(path) = &self.secret_file {
            config.model.secret = Some(secret(&streams.folder.join(path))?);
        }
        Ok(config)
    }

    /// Inventory paths, as seen from where the program was started.
    #[must_use]
    pub fn inventory_paths(&self, streams: &Streams<'_>) -> Vec<PathBuf> {
        self.inventory
            .iter()
            .map(|p| streams.folder.join(p))
            .collect()
    }

    #[must_use]
    pub fn search_profile(&self, config: &Config) -> foretaste_simulator::search::Profile {
        use foretaste_simulator::search::Profile as Simulated;
        match self.profile.or(config.keys.search.profile) {
            None | Some(Profile::Server) => Simulated::Server,
            Some(Profile::Solr4) => Simulated::Solr4,
            Some(Profile::Zero) => Simulated::Zero,
        }
    }

    #[must_use]
    pub fn fail_on(&self, config: &Config) -> Severity {
        self.fail_on
            .map(Severity::from)
            .or(config.keys.fail_on)
            .unwrap_or(Severity::Error)
    }

    /// How text for people is drawn.
    #[must_use]
    pub fn paint(&self, is_terminal: bool, width: Option<usize>) -> Paint {
        let colored = match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        };
        Paint {
            colored,
            width: width.unwrap_or(USUAL_WIDTH).clamp(40, 120),
        }
    }

    /// Refuses formats that a command does not have, and outputs that would end up in one another.
    ///
    /// # Errors
    /// The first such format.
    pub fn formats(&self, command: &str, known: &[Format]) -> Result<(), Failure> {
        let mut places: Vec<Option<&PathBuf>> = Vec::new();
        for output in &self.format {
            if !known.contains(&output.format) {
                let names: Vec<&str> = known.iter().map(|f| f.as_str()).collect();
                let name = output.format.as_str();
                let failure = Failure::usage(format!("{command} has no format {name}"));
                return Err(match names.is_empty() {
                    true => failure.help("its output is text for people"),
                    false => failure.help(format!("it has {}", names.join(" and "))),
                });
            }
            let place = output.file.as_ref();
            if places.contains(&place) {
                let place = place.map_or("the standard output".into(), |p| p.to_string_lossy());
                return Err(Failure::usage(format!("two formats are to go to {place}"))
                    .help("send each to a file of its own: --format json=report.json"));
            }
            places.push(place);
        }
        Ok(())
    }

    /// Writes every output that was asked for; without `--format` text for people.
    ///
    /// # Errors
    /// Output that cannot be written. A file is written whole or not at all.
    pub fn write(
        &self,
        streams: &mut Streams<'_>,
        mut render: impl FnMut(Format, Paint) -> String,
    ) -> Result<(), Failure> {
        let mut render = |format, paint| show_holes(render(format, paint));
        let usual = [Output {
            format: Format::Human,
            file: None,
        }];
        let outputs: &[Output] = if self.format.is_empty() {
            &usual
        } else {
            &self.format
        };
        for output in outputs {
            match &output.file {
                None => {
                    let terminals = streams.terminals;
                    let text = render(output.format, self.paint(terminals.out, terminals.width));
                    streams.out.write_all(text.as_bytes())?;
                }
                Some(file) => write_whole(
                    &streams.folder.join(file),
                    render(output.format, self.paint(false, None)).as_bytes(),
                )?,
            }
        }
        streams.out.flush()?;
        Ok(())
    }
}

/// What is unknown in a rendered text is marked by characters that nobody can read.
fn show_holes(text: String) -> String {
    if !text.contains(RenderedFile::is_hole) {
        return text;
    }
    let show = |c: char| match RenderedFile::is_hole(c) {
        true => "‹unknown›".to_owned(),
        false => c.to_string(),
    };
    text.chars().map(show).collect()
}

/// What a file with the secret of encrypted data bags holds, as Chef's client reads it.
fn secret(path: &std::path::Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("the secret {}: {error}", path.display())))?;
    match text.trim() {
        "" => Err(Failure::usage(format!(
            "the secret {} is empty",
            path.display()
        ))),
        secret => Ok(secret.to_owned()),
    }
}

/// Writes a file beside its place first and then moves it there, so that an interrupt leaves no half of it. A pipe or
/// a device is written to as it is.
///
/// # Errors
/// A file that cannot be written.
pub fn write_whole(path: &std::path::Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |e| Failure::unwritable(path, &e);
    // What a link leads to is meant, not the link.
    let to = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if to.metadata().is_ok_and(|meta| !meta.is_file()) {
        return std::fs::OpenOptions::new()
            .write(true)
            .open(&to)
            .and_then(|mut file| file.write_all(bytes))
            .map_err(failed);
    }
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let beside = to.with_file_name(name);
    std::fs::write(&beside, bytes)
        .and_then(|()| std::fs::rename(&beside, &to))
        .map_err(|e| {
            let _ = std::fs::remove_file(&beside);
            failed(e)
        })
}

/// An output whose reader may go away (`| head`): the rest is then written to nobody, and the command ends as it would
/// have.
pub struct Lasting<'a> {
    to: &'a mut dyn Write,
    is_gone: bool,
}

impl<'a> Lasting<'a> {
    pub fn new(to: &'a mut dyn Write) -> Self {
        Self { to, is_gone: false }
    }

    fn forgive<T>(&mut self, result: std::io::Result<T>, instead: T) -> std::io::Result<T> {
        match result {
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => {
                self.is_gone = true;
                Ok(instead)
            }
            other => other,
        }
    }
}

impl Write for Lasting<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.is_gone {
            return Ok(bytes.len());
        }
        let result = self.to.write(bytes);
        self.forgive(result, bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        if self.is_gone {
            return Ok(());
        }
        let result = self.to.flush();
        self.forgive(result, ())
    }
}
