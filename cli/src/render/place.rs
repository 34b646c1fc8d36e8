//! One place in one text, with what is to be said about it.

use super::paint::printable;
use miette::{
    Diagnostic, GraphicalReportHandler, LabeledSpan, NamedSource, Severity as Level, SourceCode,
    SourceSpan,
};

/// What is shown above, inside and below a piece of source.
pub struct Snippet<'a> {
    pub code: &'a str,
    pub level: Level,
    pub message: &'a str,
    pub help: Option<&'a str>,
    pub path: &'a str,
    pub text: &'a str,
    /// Byte offsets with what stands at them.
    pub labels: Vec<(std::ops::Range<usize>, String)>,
}

struct Report<'a> {
    snippet: &'a Snippet<'a>,
    source: NamedSource<String>,
}

impl std::fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.snippet.message)
    }
}

impl std::fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&printable(self.snippet.message))
    }
}

impl std::error::Error for Report<'_> {}

impl Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(self.snippet.code))
    }

    fn severity(&self) -> Option<Level> {
        Some(self.snippet.level)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(self.snippet.help?))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.snippet.labels.iter().map(|(span, label)| {
            LabeledSpan::new_with_span(Some(label.clone()), SourceSpan::from(span.clone()))
        })))
    }
}

/// The snippet as text; without source where a label lies outside of it.
#[must_use]
pub fn snippet(snippet: &Snippet<'_>, handler: &GraphicalReportHandler) -> String {
    let report = Report {
        snippet,
        source: NamedSource::new(snippet.path, printable(snippet.text)),
    };
    let mut out = String::new();
    match handler.render_report(&mut out, &report) {
        Ok(()) => out,
        Err(_) => format!("{}: {}\n", snippet.path, snippet.message),
    }
}
