//! Why a folder is not an incident.

use std::fmt;

/// An incident's folder that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// The file to mend, in the folder that was given.
    pub path: String,
    pub message: String,
}

impl LoadError {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

impl std::error::Error for LoadError {}
