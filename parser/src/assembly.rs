//! One text put together from several files, as a daemon reads them through its includes.

use crate::problem::Problem;
use crate::source::{Source, Span};

/// A statement that asks for other files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// The statement's place, its end mark too.
    pub span: Span,
    /// The path as written, perhaps with `*`, `?` or `[…]`.
    pub pattern: String,
}

impl Include {
    /// True where a pattern may match files that nobody manages.
    #[must_use]
    pub fn is_glob(&self) -> bool {
        self.pattern.contains(['*', '?', '['])
    }
}

/// A text that grows file by file.
#[derive(Debug, Default)]
pub struct Assembly {
    text: String,
    pieces: Vec<Piece>,
}

/// A stretch of the text and where it comes from.
#[derive(Clone, Copy, Debug)]
struct Piece {
    start: usize,
    end: usize,
    file: usize,
    offset: usize,
}

impl Assembly {
    /// Adds `text`, which starts at `offset` of the file with this number.
    pub fn push(&mut self, file: usize, offset: usize, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.pieces.push(Piece {
            start,
            end: self.text.len(),
            file,
            offset,
        });
    }

    /// Ends a line that is not ended yet, so that files do not run into one another.
    pub fn end_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file that a span of the whole starts in, and the span in that file.
    #[must_use]
    pub fn place(&self, span: Span) -> Option<(usize, Span)> {
        let at = span.start as usize;
        let next = self.pieces.partition_point(|p| p.start <= at);
        let piece = self.pieces.get(..next)?.last()?;
        // What stands between two pieces is the end of the first.
        let within =
            |offset: usize| offset.clamp(piece.start, piece.end) - piece.start + piece.offset;
        Some((piece.file, Span::new(within(at), within(span.end as usize))))
    }

    /// A problem of the whole as one of its file; lines that its message names are lines of files then.
    #[must_use]
    pub fn localize(
        &self,
        whole: &Source,
        files: &[&Source],
        mut problem: Problem,
    ) -> Option<(usize, Problem)> {
        let (file, span) = self.place(problem.span)?;
        problem.span = span;
        let marker = " at line ";
        if let Some(at) = problem.message.find(marker) {
            let digits: String = problem
                .message
                .get(at + marker.len()..)?
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            if let Some((other, line)) =
                digits.parse().ok().and_then(|l| self.line(whole, files, l))
            {
                let place = if other == file {
                    format!(" at line {line}")
                } else {
                    format!(" at {}:{line}", files.get(other)?.path())
                };
                let end = at + marker.len() + digits.len();
                problem.message.replace_range(at..end, &place);
            }
        }
        Some((file, problem))
    }

    /// The files of which something stands between two places, empty ones too.
    pub fn files_between(&self, start: u32, end: u32) -> impl Iterator<Item = usize> {
        let (start, end) = (start as usize, end as usize);
        let reach = move |p: &&Piece| p.start < end && p.end.max(p.start) >= start;
        self.pieces.iter().filter(reach).map(|p| p.file)
    }

    /// The file that a line of the whole comes from, and the line in that file.
    #[must_use]
    pub fn line(&self, whole: &Source, files: &[&Source], line: u32) -> Option<(usize, u32)> {
        let start = whole.line_start(line)?;
        let (file, span) = self.place(Span { start, end: start })?;
        Some((file, files.get(file)?.line(span.start)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Class;

    #[test]
    fn places_and_lines_are_those_of_the_files() {
        let (a, b) = (Source::new("a", "one\ntwo\n"), Source::new("b", "x\ny"));
        let mut whole = Assembly::default();
        whole.push(0, 0, "one\n");
        whole.push(1, 0, b.text());
        whole.end_line();
        whole.push(0, 4, "two\n");
        let source = Source::new("a", whole.text());
        assert_eq!(whole.text(), "one\nx\ny\ntwo\n");
        let problem = Problem::error(Class::DuplicateName, "first at line 3", Span::new(8, 11));
        let (file, problem) = whole.localize(&source, &[&a, &b], problem).unwrap();
        assert_eq!((file, problem.span), (0, Span::new(4, 7)));
        assert_eq!(problem.message, "first at b:2");
    }
}
