//! Where a directive stands.

use super::super::syntax::{Config, Directive};
use super::super::tables::DIRECTIVES;

/// The block that a directive stands in, as far as nginx tells blocks apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    Main,
    Events,
    Http,
    Server,
    ServerIf,
    Location,
    LocationIf,
    LimitExcept,
    Upstream,
    Stream,
    StreamServer,
    StreamUpstream,
    Mail,
    MailServer,
}

impl Context {
    const ALL: [Self; 14] = [
        Self::Http,
        Self::Server,
        Self::Location,
        Self::Main,
        Self::Events,
        Self::Stream,
        Self::StreamServer,
        Self::Upstream,
        Self::StreamUpstream,
        Self::Mail,
        Self::MailServer,
        Self::LocationIf,
        Self::ServerIf,
        Self::LimitExcept,
    ];

    /// The name in the directive table, which writes nested blocks as `http/server`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Events => "events",
            Self::Http => "http",
            Self::Server => "http/server",
            Self::ServerIf => "http/server/if",
            Self::Location => "http/location",
            Self::LocationIf => "http/location/if",
            Self::LimitExcept => "http/location/limit_except",
            Self::Upstream => "http/upstream",
            Self::Stream => "stream",
            Self::StreamServer => "stream/server",
            Self::StreamUpstream => "stream/upstream",
            Self::Mail => "mail",
            Self::MailServer => "mail/server",
        }
    }

    /// The context of a name given by [`Self::as_str`] or by its last word (`server`).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|c| c.as_str() == name || c.as_str().strip_prefix("http/") == Some(name))
    }

    pub(super) fn is_among(self, contexts: &[&str]) -> bool {
        contexts.contains(&self.as_str())
    }

    /// The context inside a block directive; `None` for blocks of data (`map`, `types`, …).
    #[must_use]
    pub fn inside(self, name: &str) -> Option<Self> {
        Some(match (self, name) {
            (Self::Main, "events") => Self::Events,
            (Self::Main, "http") => Self::Http,
            (Self::Main, "stream") => Self::Stream,
            (Self::Main, "mail") => Self::Mail,
            (Self::Http, "server") => Self::Server,
            (Self::Http, "upstream") => Self::Upstream,
            (Self::Server | Self::Location, "location") => Self::Location,
            (Self::Server, "if") => Self::ServerIf,
            (Self::Location, "if") => Self::LocationIf,
            (Self::Location, "limit_except") => Self::LimitExcept,
            (Self::Stream, "server") => Self::StreamServer,
            (Self::Stream, "upstream") => Self::StreamUpstream,
            (Self::Mail, "server") => Self::MailServer,
            _ => return None,
        })
    }

    /// True within `http`, at any depth.
    #[must_use]
    pub fn is_http(self) -> bool {
        self.as_str().starts_with("http")
    }
}

/// The context in which a file's directives stand: what its path says, unless another fits them better.
#[must_use]
pub fn context_of(path: &str, config: &Config<'_>) -> Context {
    let by_path = if path.ends_with("nginx.conf") || path.contains("/modules-") {
        Context::Main
    } else if path.contains("stream") {
        Context::Stream
    } else {
        Context::Http
    };
    let misfits = |context: Context| {
        config
            .directives
            .iter()
            .filter(|d| !fits(d, context))
            .count()
    };
    let mut best = (misfits(by_path), by_path);
    for context in Context::ALL {
        let found = misfits(context);
        if found < best.0 {
            best = (found, context);
        }
    }
    best.1
}

/// True where the context allows the directive in this shape, or where nothing is known of it.
fn fits(directive: &Directive<'_>, context: Context) -> bool {
    DIRECTIVES.get(&*directive.name.text).is_none_or(|forms| {
        forms
            .iter()
            .any(|f| context.is_among(&f.contexts) && f.block == directive.has_block())
    })
}
