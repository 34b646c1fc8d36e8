//! What templates write: text with the template line of each piece.

use super::Interp;
use super::encoding::{Encoding, is_plain};
use super::flow::R;
use super::unknown::hole;
use super::value::{Origin, UnknownId};

/// The output of one template being rendered.
#[derive(Debug, Default)]
pub struct Buffer {
    pub text: String,
    /// Byte offset in `text` and the template line that wrote from there on.
    pub marks: Vec<(usize, u32)>,
    pub origin: Origin,
    /// The encoding of what was written that is more than ASCII.
    pub encoding: Option<Encoding>,
}

impl Buffer {
    fn push(&mut self, text: &str, line: u32) {
        if self.marks.last().is_none_or(|(_, l)| *l != line) {
            self.marks.push((self.text.len(), line));
        }
        self.text.push_str(text);
    }

    /// For each line of the text, the template line that wrote its beginning.
    pub fn lines(&self) -> Vec<u32> {
        let mut out = Vec::new();
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            let at = self.marks.partition_point(|(offset, _)| *offset <= start);
            out.push(
                at.checked_sub(1)
                    .and_then(|i| self.marks.get(i))
                    .map_or(1, |m| m.1),
            );
            start += line.len();
        }
        out
    }

    fn cut(&mut self, at: usize) -> (String, Vec<(usize, u32)>) {
        let marks = self.marks.partition_point(|(offset, _)| *offset < at);
        let cut = (self.text.split_off(at), self.marks.split_off(marks));
        if self.encoding.is_some() && is_plain(&self.text) {
            self.encoding = None;
        }
        cut
    }
}

impl Interp {
    /// Appends to the innermost buffer. Each line is marked with the template line it comes from:
    /// `first_line` for the first, counting on where `counts` says that the text is the template's own.
    ///
    /// Chef has Ruby read templates as bytes. So a template's own text that is more than ASCII does not go together with
    /// a value that is, although both are UTF-8.
    ///
    /// # Errors
    /// `Encoding::CompatibilityError` there.
    pub fn emit(
        &mut self,
        text: &str,
        encoding: Encoding,
        first_line: u32,
        counts: bool,
        origin: Origin,
    ) -> R<()> {
        if let Some(buffer) = self.buffers.last_mut()
            && !is_plain(text)
        {
            let before = *buffer.encoding.get_or_insert(encoding);
            if before != encoding {
                return Err(self.incompatible(before, encoding));
            }
        }
        self.write(text, first_line, counts, origin);
        Ok(())
    }

    fn write(&mut self, text: &str, first_line: u32, counts: bool, origin: Origin) {
        let origin = self.origins.union(origin, self.control);
        let Some(buffer) = self.buffers.last_mut() else {
            self.stdout.push_str(text);
            return;
        };
        self.heap.bytes += text.len();
        let mut line = first_line;
        for piece in text.split_inclusive('\n') {
            buffer.push(piece, line);
            if counts {
                line += 1;
            }
        }
        let old = buffer.origin;
        let new = self.origins.union(old, origin);
        if let Some(buffer) = self.buffers.last_mut() {
            buffer.origin = new;
        }
    }

    pub(super) fn output_mark(&self) -> usize {
        self.buffers.last().map_or(0, |b| b.text.len())
    }

    /// Takes back what was written since the mark.
    pub(super) fn output_take(&mut self, mark: usize) -> (String, Vec<(usize, u32)>) {
        match self.buffers.last_mut() {
            Some(buffer) if buffer.text.len() >= mark => buffer.cut(mark),
            _ => (String::new(), Vec::new()),
        }
    }

    pub(super) fn output_put(&mut self, (text, marks): (String, Vec<(usize, u32)>)) {
        if let Some(buffer) = self.buffers.last_mut() {
            buffer.text.push_str(&text);
            buffer.marks.extend(marks);
        }
    }

    /// Writes what two sides of a branch have in common, with a hole where they differ.
    pub(super) fn output_join(
        &mut self,
        why: UnknownId,
        a: (String, Vec<(usize, u32)>),
        b: &(String, Vec<(usize, u32)>),
    ) {
        let mark = self.output_mark();
        let (text, prefix) = join_text(&a.0, &b.0, why);
        if let Some(buffer) = self.buffers.last_mut() {
            buffer.text.push_str(&text);
            buffer
                .marks
                .extend(a.1.into_iter().filter(|(at, _)| *at <= mark + prefix));
        }
    }
}

/// Common beginning and end of two texts with a hole for what differs, and the length of the beginning.
pub(super) fn join_text(a: &str, b: &str, why: UnknownId) -> (String, usize) {
    if a == b {
        return (a.to_owned(), a.len());
    }
    let prefix: usize = a
        .chars()
        .zip(b.chars())
        .take_while(|(x, y)| x == y)
        .map(|(x, _)| x.len_utf8())
        .sum();
    let (start, rest_a) = a.split_at_checked(prefix).unwrap_or(("", a));
    let rest_b = b.get(prefix..).unwrap_or_default();
    let suffix: usize = rest_a
        .chars()
        .rev()
        .zip(rest_b.chars().rev())
        .take_while(|(x, y)| x == y)
        .map(|(x, _)| x.len_utf8())
        .sum();
    let end = rest_a.get(rest_a.len() - suffix..).unwrap_or_default();
    (format!("{start}{}{end}", hole(why)), prefix)
}
