//! YAML with positions: what does not parse, and keys that one mapping has twice.
//!
//! The reading itself is `saphyr-parser`'s, which follows YAML 1.2.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use crate::hole::has_hole;
use crate::problem::{Class, Problem};
use crate::source::{Source, Span, SyntaxError};

/// Values nested deeper than this are refused: no config is.
const MAX_DEPTH: usize = 128;

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub span: Span,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A scalar, and whether it stands without quotes.
    Scalar(String, bool),
    Sequence(Vec<Node>),
    /// In the order of the file, duplicates included.
    Mapping(Vec<(Node, Node)>),
    /// A value that stands elsewhere, by its anchor.
    Alias,
}

impl Node {
    /// The value of a key of a mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|(k, _)| k.text() == Some(key))
            .map(|(_, v)| v)
    }

    /// The value at a path of keys.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Entries of a mapping; none of anything else.
    #[must_use]
    pub fn entries(&self) -> &[(Node, Node)] {
        match &self.kind {
            Kind::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// Items of a sequence; none of anything else.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Sequence(items) => items,
            _ => &[],
        }
    }

    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text, _) => Some(text),
            _ => None,
        }
    }
}

enum Open {
    Sequence(Vec<Node>),
    /// The key that waits for its value.
    Mapping(Vec<(Node, Node)>, Option<Node>),
}

/// The documents of a file, up to the first error.
#[must_use]
pub fn parse(source: &Source) -> (Vec<Node>, Option<SyntaxError>) {
    let text = source.text();
    let offsets = Offsets::new(text);
    let mut documents = Vec::new();
    let mut stack: Vec<(Open, Span)> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, at) = match event {
            Ok(event) => event,
            Err(error) => {
                let start = offsets.byte(error.marker());
                let span = Span::new(start, start);
                return (documents, Some(SyntaxError::new(error.info(), span)));
            }
        };
        let span = Span::new(offsets.byte(&at.start), offsets.byte(&at.end));
        let value = match event {
            Event::Scalar(text, style, _, _) => Node {
                span,
                kind: Kind::Scalar(text.into_owned(), style == ScalarStyle::Plain),
            },
            Event::Alias(_) => Node {
                span,
                kind: Kind::Alias,
            },
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if stack.len() >= MAX_DEPTH {
                    let error = SyntaxError::new("values are nested too deeply", span);
                    return (documents, Some(error));
                }
                let open = if matches!(event, Event::SequenceStart(..)) {
                    Open::Sequence(Vec::new())
                } else {
                    Open::Mapping(Vec::new(), None)
                };
                stack.push((open, span));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match stack.pop() {
                Some((Open::Sequence(items), start)) => Node {
                    span: start.to(span),
                    kind: Kind::Sequence(items),
                },
                Some((Open::Mapping(entries, _), start)) => Node {
                    span: start.to(span),
                    kind: Kind::Mapping(entries),
                },
                None => continue,
            },
            _ => continue,
        };
        match stack.last_mut() {
            None => documents.push(value),
            Some((Open::Sequence(items), _)) => items.push(value),
            Some((Open::Mapping(entries, key), _)) => match key.take() {
                None => *key = Some(value),
                Some(key) => entries.push((key, value)),
            },
        }
    }
    (documents, None)
}

/// Byte offsets of characters: the reader counts characters.
struct Offsets(Option<Vec<usize>>);

impl Offsets {
    fn new(text: &str) -> Self {
        let bytes = || text.char_indices().map(|(i, _)| i).chain([text.len()]);
        Self((!text.is_ascii()).then(|| bytes().collect()))
    }

    fn byte(&self, marker: &Marker) -> usize {
        match &self.0 {
            None => marker.index(),
            Some(offsets) => offsets
                .get(marker.index())
                .or(offsets.last())
                .copied()
                .unwrap_or(0),
        }
    }
}

/// What is wrong with a file. A file with unknown parts is not judged: one may hold any structure.
#[must_use]
pub fn problems(source: &Source) -> Vec<Problem> {
    if has_hole(source.text()) {
        return Vec::new();
    }
    let (documents, error) = parse(source);
    let mut out: Vec<Problem> = error.into_iter().map(Problem::from).collect();
    let mut stack: Vec<&Node> = documents.iter().rev().collect();
    while let Some(node) = stack.pop() {
        duplicates(node, source, &mut out);
        stack.extend(node.items());
        stack.extend(node.entries().iter().map(|(_, value)| value));
    }
    out.sort_by_key(|p| p.span.start);
    out
}

fn duplicates(node: &Node, source: &Source, out: &mut Vec<Problem>) {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for (key, _) in node.entries() {
        // `<<` merges another mapping in, and may do so twice.
        let Some(text) = key.text().filter(|t| *t != "<<") else {
            continue;
        };
        let line = source.line(key.span.start);
        if let Some(first) = seen.get(text) {
            let message = format!(
                "the key `{text}` is already on line {first}: which of the two counts is up to the reader"
            );
            out.push(Problem::warning(Class::DuplicateName, message, key.span));
        } else {
            seen.insert(text, line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> String {
        let source = Source::new("a.yml", text);
        problems(&source)
            .iter()
            .map(|p| format!("{}: {}\n", source.line(p.span.start), p.message))
            .collect()
    }

    #[test]
    fn errors_and_duplicates_have_their_lines() {
        insta::assert_snapshot!(report("a: 1\nb:\n  - é: x\n    é: y\n<<: 1\n<<: 2\na: 2\n"), @"
        4: the key `é` is already on line 3: which of the two counts is up to the reader
        7: the key `a` is already on line 1: which of the two counts is up to the reader
        ");
        insta::assert_snapshot!(report("a: 1\nb: [1, 2\nc: 3\n"), @"3: illegal placement of ':' indicator");
        insta::assert_snapshot!(report("a: b: c\n"), @"1: mapping values are not allowed in this context");
        insta::assert_snapshot!(report("a:\n\t- b\n"), @"2: tabs disallowed within this context (block indentation)");
        assert_eq!(
            report("%YAML 1.1\n---\na: &x [1]\nb: *x\n---\nc: {a: 1, b: [\"é\"]}\n"),
            ""
        );
        assert_eq!(report("a: \u{100000}: c\n"), "");
    }

    #[test]
    fn values_are_found_by_their_path() {
        let source = Source::new("a.yml", "é: {b: [x, \"y\"]}\n");
        let (documents, _) = parse(&source);
        let items = documents[0].at(&["é", "b"]).unwrap().items();
        assert_eq!(source.slice(items[1].span), "\"y\"");
        assert_eq!(items[0].kind, Kind::Scalar("x".into(), true));
    }
}
