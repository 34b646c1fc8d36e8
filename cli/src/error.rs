//! Why a command could not run. Findings are no failures.

use std::fmt::Display;
use std::io;
use std::ops::Range;
use std::path::Path;

/// A reason to stop, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The text that is wrong, and where.
    pub place: Option<FailurePlace>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailurePlace {
    pub name: String,
    pub text: String,
    pub span: Range<usize>,
}

impl Failure {
    /// Arguments or a situation that a command does not work in.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
            place: None,
        }
    }

    /// A file or folder that cannot be read.
    #[must_use]
    pub fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::usage(format!("cannot read {}: {error}", path.display()))
    }

    /// A file that cannot be written.
    #[must_use]
    pub fn unwritable(path: &Path, error: &io::Error) -> Self {
        Self::usage(format!("cannot write {}: {error}", path.display()))
    }

    /// What git's files hold is not as it should be.
    pub fn git(error: impl Display) -> Self {
        Self::usage(format!("git: {error}"))
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub fn at(mut self, name: &str, text: &str, span: Range<usize>) -> Self {
        self.place = Some(FailurePlace {
            name: name.to_owned(),
            text: text.to_owned(),
            span,
        });
        self
    }
}

/// Writing output is the only I/O whose errors have no path.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::usage(format!("cannot write the output: {error}"))
    }
}
