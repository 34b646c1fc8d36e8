//! ERB templates exactly as Chef renders them: Erubis 2.7 with its default pattern and trimming.
//!
//! A template becomes the very Ruby code that Erubis would make of it, as the `proc` that it evaluates;
//! that code is parsed, its spans are led back to the template, and appending to `_buf` becomes output.
//! So whatever surprises the generated code holds (a comment in a tag that swallows what follows, a
//! block in `<%= %>`) surprise here too. The rules of
//! what is trimmed are those of `Erubis::Basic::Converter#convert_input`:
//! * a statement or comment alone on its line takes the line with it;
//! * `<%= x -%>` and `<%= x =%>` swallow the newline that follows, on statements such a tail does nothing;
//! * `<%%` gives the tag itself; a tag ends at the first `%>`, even inside a Ruby string; an unclosed tag is text.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::ruby::ast::Program;
use crate::ruby::prism::{Spans, Template, parse_generated};
use crate::source::{Source, Span};

/// Parses a template. The program's spans refer to the template; running it emits the rendered text.
#[must_use]
pub fn parse(source: Arc<Source>) -> Program {
    let text = source.text().clone();
    let out = generate(&text);
    let template = Template {
        spans: &out.map,
        texts: &out.texts,
        line: &|at| line_of(&out.code, at),
        start: out.start,
        end: out.end,
    };
    parse_generated(source, &out.code, &template)
}

/// Ruby code made of a template.
#[derive(Default)]
struct Generated {
    code: String,
    /// Where the code appends template text.
    texts: Vec<usize>,
    /// Where the template's code begins and ends.
    start: usize,
    end: usize,
    map: Map,
}

/// The line of an offset in the generated code. It is the template's, but for what Erubis itself adds: after a comment
/// that ends a line without having begun it, everything is a line further down, and Ruby's `__LINE__` says so.
fn line_of(code: &str, at: usize) -> u32 {
    let before = code.get(..at).unwrap_or(code);
    let newlines = before.bytes().filter(|b| *b == b'\n').count();
    u32::try_from(newlines)
        .unwrap_or(u32::MAX)
        .saturating_add(1)
}

fn generate(text: &str) -> Generated {
    let mut out = Generated::default();
    out.glue("proc { _buf = '';", 0, 0);
    out.start = out.code.len();
    convert(text, &mut out);
    if !out.code.ends_with('\n') {
        out.glue("\n", text.len(), 0);
    }
    out.end = out.code.len();
    out.glue("_buf.to_s\n }", text.len(), 0);
    out
}

/// Which ranges of generated code stand for which of the template, in order.
#[derive(Default)]
struct Map {
    pieces: Vec<Piece>,
}

struct Piece {
    generated: usize,
    original: usize,
    length: usize,
    /// The code was copied, so that offsets inside it agree; else all of it stands for the whole range.
    copied: bool,
}

impl Map {
    fn find(&self, at: usize) -> Option<&Piece> {
        let next = self.pieces.partition_point(|p| p.generated <= at);
        self.pieces.get(next.checked_sub(1)?)
    }

    fn point(&self, at: usize, end: bool) -> usize {
        match self.find(at) {
            Some(p) if p.copied => p.original + (at - p.generated).min(p.length),
            Some(p) => p.original + if end { p.length } else { 0 },
            None => 0,
        }
    }
}

impl Spans for Map {
    fn original(&self, start: u32, end: u32) -> Span {
        let (start, end) = (start as usize, end as usize);
        // The end belongs to the piece of the last character.
        let last = end.saturating_sub(1).max(start);
        let to = match self.find(last) {
            Some(p) if p.copied => p.original + (end.saturating_sub(p.generated)).min(p.length),
            _ => self.point(last, true),
        };
        Span::new(self.point(start, false), to)
    }
}

impl Generated {
    fn glue(&mut self, code: &str, original: usize, length: usize) {
        self.map.pieces.push(Piece {
            generated: self.code.len(),
            original,
            length,
            copied: false,
        });
        self.code.push_str(code);
    }

    fn copy(&mut self, code: &str, original: usize) {
        self.map.pieces.push(Piece {
            generated: self.code.len(),
            original,
            length: code.len(),
            copied: true,
        });
        self.code.push_str(code);
    }

    fn text(&mut self, text: &str, original: usize) {
        if text.is_empty() {
            return;
        }
        self.glue(" ", original, 0);
        self.texts.push(self.code.len());
        self.glue("_buf << '", original, 0);
        self.quoted(text, original);
        self.glue("';", original + text.len(), 0);
    }

    /// Template text inside single quotes.
    fn quoted(&mut self, text: &str, original: usize) {
        let mut at = 0;
        for piece in text.split_inclusive(['\'', '\\']) {
            let plain = piece.trim_end_matches(['\'', '\\']);
            if !plain.is_empty() {
                self.copy(plain, original + at);
            }
            at += plain.len();
            let special = piece.get(plain.len()..).unwrap_or("");
            if !special.is_empty() {
                self.glue("\\", original + at, 0);
                self.copy(special, original + at);
            }
            at += special.len();
        }
    }

    fn statement(&mut self, pieces: &[(&str, usize)]) {
        let mut end = 0;
        for (code, original) in pieces {
            self.copy(code, *original);
            end = original + code.len();
        }
        if !self.code.ends_with('\n') {
            self.glue(";", end, 0);
        }
    }

    /// `<%% … %>` gives itself without the second `%`.
    fn restored(&mut self, tag: &Tag<'_>, lead: &str, space: &str) {
        let lead_at = tag.start - lead.len();
        let after = tag.end - space.len();
        self.glue(" ", lead_at, 0);
        self.texts.push(self.code.len());
        self.glue("_buf << '", lead_at, 0);
        self.quoted(lead, lead_at);
        self.glue("<%", tag.start, 0);
        self.quoted(tag.code, tag.code_start);
        self.glue(tag.tail, tag.code_start + tag.code.len(), 0);
        self.glue("%>", after.saturating_sub(2), 0);
        self.quoted(space, after);
        self.glue("';", tag.end, 0);
    }

    /// `<%=`, `<%==`, and `<%===`, which prints to standard error; with more, Erubis drops the tag.
    fn output(&mut self, tag: &Tag<'_>) {
        let (open, close) = match tag.indicator {
            "=" => (" _buf << (", ").to_s;"),
            "==" => (" _buf << Erubis::XmlHelper.escape_xml(", ");"),
            "===" => (" $stderr.puts(\"*** debug: #{(", ").inspect}\");"),
            _ => return,
        };
        self.glue(open, tag.code_start, 0);
        self.copy(tag.code, tag.code_start);
        self.glue(close, tag.code_start + tag.code.len(), 0);
    }
}

/// One `<% … %>` with what follows it on its line.
struct Tag<'t> {
    /// Offset of `<%`.
    start: usize,
    /// `=`, `==`, `-`, `#`, `%` or nothing.
    indicator: &'t str,
    code: &'t str,
    code_start: usize,
    /// `-` or `=` before `%>`.
    tail: &'t str,
    /// Spaces and a newline right after the tag.
    space: Option<&'t str>,
    end: usize,
}

/// The next tag: `/<%(=+|-|\#|%)?(.*?)([-=])?%>([ \t]*\r?\n)?/m`.
fn next_tag(text: &str, from: usize) -> Option<Tag<'_>> {
    let start = from + text.get(from..)?.find("<%")?;
    let after = start + 2;
    let rest = text.get(after..)?;
    let equals = rest.len() - rest.trim_start_matches('=').len();
    let marks = match rest.as_bytes().first() {
        Some(b'=') => equals,
        Some(b'-' | b'#' | b'%') => 1,
        _ => 0,
    };
    let closing = |from: usize| text.get(from..).and_then(|t| t.find("%>"));
    // The `%` of `<%%>` closes the tag only where no other `%>` follows: the expression backtracks.
    let (code_start, close) = match closing(after + marks) {
        Some(close) => (after + marks, close),
        None => (after, closing(after)?),
    };
    let mut code = text.get(code_start..code_start + close)?;
    let mut tail = "";
    if let Some(last) = code.len().checked_sub(1)
        && matches!(code.as_bytes().get(last), Some(b'-' | b'='))
    {
        (code, tail) = code.split_at(last);
    }
    let mut end = code_start + close + 2;
    let following = text.get(end..)?;
    let blank = following.len() - following.trim_start_matches([' ', '\t']).len();
    let newline = match following.get(blank..)? {
        rest if rest.starts_with('\n') => Some(1),
        rest if rest.starts_with("\r\n") => Some(2),
        _ => None,
    };
    let space = newline.and_then(|n| following.get(..blank + n));
    end += space.map_or(0, str::len);
    Some(Tag {
        start,
        indicator: text.get(after..code_start)?,
        code,
        code_start,
        tail,
        space,
        end,
    })
}

/// Spaces between the beginning of a line and a tag, split off the text before it.
fn line_space(text: &str, at_line_start: bool) -> (&str, Option<&str>) {
    let blank = |s: &str| s.bytes().all(|b| matches!(b, b' ' | b'\t'));
    if text.is_empty() {
        return (text, at_line_start.then_some(""));
    }
    match text.rfind('\n') {
        Some(at) if at + 1 == text.len() => (text, Some("")),
        Some(at) => match text.split_at(at + 1) {
            (before, space) if blank(space) => (before, Some(space)),
            _ => (text, None),
        },
        None if at_line_start && blank(text) => ("", Some(text)),
        None => (text, None),
    }
}

fn convert(input: &str, out: &mut Generated) {
    let mut pos = 0;
    let mut at_line_start = true;
    while let Some(tag) = next_tag(input, pos) {
        let before = input.get(pos..tag.start).unwrap_or("");
        let is_output = tag.indicator.starts_with('=');
        let (before, lead) = if is_output {
            (before, None)
        } else {
            line_space(before, at_line_start)
        };
        out.text(before, pos);
        let lead_at = pos + before.len();
        let after = tag.end - tag.space.map_or(0, str::len);
        at_line_start = tag.space.is_some();
        pos = tag.end;
        let own_line = match (lead, tag.space) {
            (Some(lead), Some(space)) => Some((lead, space)),
            _ => None,
        };
        let lead_text = lead.unwrap_or("");
        let space_text = tag.space.unwrap_or("");
        match tag.indicator.as_bytes().first() {
            Some(b'=') => {
                out.output(&tag);
                if tag.tail.is_empty() {
                    out.text(space_text, after);
                }
            }
            Some(b'#') => {
                let lines = tag.code.matches('\n').count() + usize::from(tag.space.is_some());
                let code = if lines == 0 {
                    ";".to_owned()
                } else {
                    "\n".repeat(lines)
                };
                if own_line.is_none() {
                    out.text(lead_text, lead_at);
                }
                out.glue(&code, tag.start, 0);
                if own_line.is_none() {
                    out.text(space_text, after);
                }
            }
            Some(b'%') => out.restored(&tag, lead_text, space_text),
            _ => match own_line {
                Some((lead, space)) => {
                    out.statement(&[(lead, lead_at), (tag.code, tag.code_start), (space, after)])
                }
                None => {
                    out.text(lead_text, lead_at);
                    out.statement(&[(tag.code, tag.code_start)]);
                    out.text(space_text, after);
                }
            },
        }
    }
    out.text(input.get(pos..).unwrap_or(""), pos);
}
