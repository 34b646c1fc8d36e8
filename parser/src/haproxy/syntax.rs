//! The tree of a HAProxy config: sections of lines of words.

use std::borrow::Cow;

use super::version::{Known, Version};
use crate::hole::has_hole;
use crate::source::Span;

/// A whole file.
#[derive(Clone, Debug, Default)]
pub struct Config<'s> {
    pub sections: Vec<Section<'s>>,
    /// Lines before the first section.
    pub stray: Vec<Line<'s>>,
}

/// One section: its header line and the lines up to the next header.
#[derive(Clone, Debug)]
pub struct Section<'s> {
    pub kind: SectionKind,
    pub header: Line<'s>,
    pub lines: Vec<Line<'s>>,
    /// From the header to the end of the last line that is not blank or a comment.
    pub span: Span,
}

/// One line that says something.
#[derive(Clone, Debug)]
pub struct Line<'s> {
    /// Never empty; without a leading `no` or `default`.
    pub words: Vec<Word<'s>>,
    /// The `no` or `default` before the keyword.
    pub prefix: Option<Prefix>,
    pub span: Span,
    /// Counted from 1.
    pub number: u32,
    /// Of the program that reads it.
    pub version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    No,
    Default,
}

/// One word after quotes and escapes are taken away.
#[derive(Clone, Debug)]
pub struct Word<'s> {
    pub text: Cow<'s, str>,
    /// True where quotes took part.
    pub quoted: bool,
    pub span: Span,
}

impl Word<'_> {
    /// True where part of the word is unknown.
    #[must_use]
    pub fn has_hole(&self) -> bool {
        has_hole(&self.text)
    }
}

impl<'s> Line<'s> {
    /// The text of word `n`, the keyword being 0; empty past the end, as HAProxy itself has it.
    #[must_use]
    pub fn arg(&self, n: usize) -> &str {
        self.words.get(n).map_or("", |w| &w.text)
    }

    #[must_use]
    pub fn word(&self, n: usize) -> Option<&Word<'s>> {
        self.words.get(n)
    }

    #[must_use]
    pub fn keyword(&self) -> &str {
        self.arg(0)
    }

    /// Words after the keyword, from word `n` on.
    #[must_use]
    pub fn from(&self, n: usize) -> &[Word<'s>] {
        self.words.get(n..).unwrap_or(&[])
    }

    #[must_use]
    pub fn has_hole(&self) -> bool {
        self.words.iter().any(Word::has_hole)
    }

    /// The span of word `n`; where there is none, the end of the line.
    #[must_use]
    pub fn span_of(&self, n: usize) -> Span {
        self.words.get(n).map_or(
            Span {
                start: self.span.end,
                end: self.span.end,
            },
            |w| w.span,
        )
    }
}

impl<'s> Section<'s> {
    /// The section's name, where its kind has one.
    #[must_use]
    pub fn name(&self) -> &str {
        self.header.arg(1)
    }

    /// A backend header with words that do not belong there: the daemon makes no section of it, and says nothing.
    #[must_use]
    pub fn is_void(&self) -> bool {
        self.kind == SectionKind::Backend
            && !self.header.arg(2).is_empty()
            && self.header.arg(2) != "from"
    }

    /// The defaults section that it asks for by `from NAME`.
    #[must_use]
    pub fn from(&self) -> Option<&Word<'s>> {
        (self.header.arg(2) == "from")
            .then(|| self.header.word(3))
            .flatten()
    }
}

macro_rules! section_kinds {
    ($($variant:ident $text:literal),+ $(,)?) => {
        /// What a section is, by its first word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum SectionKind { $($variant),+ }

        impl SectionKind {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            #[must_use]
            pub fn of(word: &str) -> Option<Self> {
                match word { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

section_kinds! {
    Global "global",
    Defaults "defaults",
    Frontend "frontend",
    Backend "backend",
    Listen "listen",
    Userlist "userlist",
    Peers "peers",
    Resolvers "resolvers",
    Mailers "mailers",
    Cache "cache",
    Program "program",
    HttpErrors "http-errors",
    Ring "ring",
    LogForward "log-forward",
    FcgiApp "fcgi-app",
    CrtStore "crt-store",
    LogProfile "log-profile",
    Traces "traces",
    Acme "acme",
    Healthcheck "healthcheck",
}

impl SectionKind {
    /// The versions that have such a section.
    pub(super) fn known(self) -> Known {
        match self {
            Self::Program => Known::until(Version::new(3, 2)),
            Self::CrtStore => Known::since(Version::new(3, 0)),
            Self::LogProfile | Self::Traces => Known::since(Version::new(3, 1)),
            Self::Acme => Known::since(Version::new(3, 2)),
            Self::Healthcheck => Known::since(Version::new(3, 4)),
            _ => Known::default(),
        }
    }

    /// Sections that pass traffic, and `defaults` that they inherit from.
    #[must_use]
    pub fn is_proxy(self) -> bool {
        matches!(
            self,
            Self::Defaults | Self::Frontend | Self::Backend | Self::Listen
        )
    }

    /// Sections that can have servers and take traffic from others.
    #[must_use]
    pub fn is_backend(self) -> bool {
        matches!(self, Self::Backend | Self::Listen)
    }
}
