//! What is wrong with a config file, in the daemon's eyes or in its customers'.

use crate::source::{Span, SyntaxError};

/// One thing wrong with a config file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub kind: Kind,
    pub class: Class,
    pub message: String,
    pub span: Span,
    /// What to do about it, where that is known.
    pub help: Option<String>,
}

/// Whether the daemon would start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The daemon refuses the file.
    Error,
    /// The daemon accepts the file; it still does not do what its author meant, or cannot be judged here.
    Warning,
}

/// What sort of mistake it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Quotes, braces, escapes, line ends: the text does not parse.
    Syntax,
    /// A keyword, section or directive that does not exist.
    UnknownKeyword,
    /// A keyword in a section or context that does not allow it.
    Placement,
    /// Too few or too many arguments.
    Arity,
    /// A number, time, size, address or choice that is not accepted.
    Value,
    /// A pool that is named but not defined.
    UndefinedPool,
    /// Any other name that is used but not defined: ACL, table, log format, …
    UndefinedName,
    /// Two servers of one pool with one name.
    DuplicateServer,
    /// Any other name defined twice.
    DuplicateName,
    /// A server without an address: accepted, and reaches nobody.
    BlankAddress,
    /// A pool without servers where the daemon refuses that.
    EmptyPool,
    /// Accepted, and keeps people or traffic out that are meant to come in.
    LockOut,
    /// Passed over in silence: the file or line does nothing.
    Ignored,
}

impl Class {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::UnknownKeyword => "unknown-keyword",
            Self::Placement => "placement",
            Self::Arity => "arity",
            Self::Value => "value",
            Self::UndefinedPool => "undefined-pool",
            Self::UndefinedName => "undefined-name",
            Self::DuplicateServer => "duplicate-server",
            Self::DuplicateName => "duplicate-name",
            Self::BlankAddress => "blank-address",
            Self::EmptyPool => "empty-pool",
            Self::LockOut => "lock-out",
            Self::Ignored => "ignored",
        }
    }
}

impl Problem {
    pub fn error(class: Class, message: impl Into<String>, span: Span) -> Self {
        Self {
            kind: Kind::Error,
            class,
            message: message.into(),
            span,
            help: None,
        }
    }

    pub fn warning(class: Class, message: impl Into<String>, span: Span) -> Self {
        Self {
            kind: Kind::Warning,
            ..Self::error(class, message, span)
        }
    }

    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<SyntaxError> for Problem {
    fn from(e: SyntaxError) -> Self {
        Self {
            help: e.help,
            ..Self::error(Class::Syntax, e.message, e.span)
        }
    }
}
