//! JSON with positions, as Chef reads node, role and environment files: FFI-YAJL takes `/* */` and
//! `//` comments besides the standard. What is wrong is reported and skipped, so that one mistake does
//! not hide the next.

mod parser;

use serde_json::{Map, Number, Value};

use crate::source::{Source, Span, SyntaxError};

/// A JSON value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub span: Span,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Null,
    Bool(bool),
    /// As written: Ruby makes an Integer of any size of it, or a Float where it has a `.` or an exponent.
    Number(Box<str>),
    String(Box<str>),
    Array(Vec<Node>),
    /// In the order of the file, duplicates included.
    Object(Vec<(Key, Node)>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// With its quotes.
    pub span: Span,
    pub text: Box<str>,
}

/// Parses a JSON text. Where there are errors, the value holds what could be read around them.
#[must_use]
pub fn parse(source: &Source) -> (Option<Node>, Vec<SyntaxError>) {
    parser::parse(source.text())
}

impl Node {
    /// The value of a key of an object; of the last one where a key is repeated, as in Ruby.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        let found = self.entries().iter().rev().find(|(k, _)| &*k.text == key);
        found.map(|(_, value)| value)
    }

    /// The value at a JSON pointer (RFC 6901): `/default_attributes/haproxy/0`, or itself for `""`.
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<&Node> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer
            .strip_prefix('/')?
            .split('/')
            .try_fold(self, |node, step| {
                let step = step.replace("~1", "/").replace("~0", "~");
                match &node.kind {
                    Kind::Array(items) => items.get(step.parse::<usize>().ok()?),
                    _ => node.get(&step),
                }
            })
    }

    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The items of an array; none of anything else.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Array(items) => items,
            _ => &[],
        }
    }

    /// The pairs of an object; none of anything else.
    #[must_use]
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.kind {
            Kind::Object(entries) => entries,
            _ => &[],
        }
    }

    /// Keys that an object anywhere in this value already has, each with its first place. They are no
    /// syntax errors: Ruby takes the last.
    #[must_use]
    pub fn duplicates(&self) -> Vec<(&Key, Span)> {
        let mut found = Vec::new();
        self.collect_duplicates(&mut found);
        found
    }

    fn collect_duplicates<'n>(&'n self, found: &mut Vec<(&'n Key, Span)>) {
        let mut seen = std::collections::BTreeMap::new();
        for (key, value) in self.entries() {
            let first = *seen.entry(&*key.text).or_insert(key.span);
            if first != key.span {
                found.push((key, first));
            }
            value.collect_duplicates(found);
        }
        for item in self.items() {
            item.collect_duplicates(found);
        }
    }

    /// The value without its places.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(b) => Value::Bool(*b),
            Kind::Number(text) => text
                .parse::<Number>()
                .map_or_else(|_| Value::String(text.to_string()), Value::Number),
            Kind::String(text) => Value::String(text.to_string()),
            Kind::Array(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            Kind::Object(entries) => {
                let pairs = entries
                    .iter()
                    .map(|(k, v)| (k.text.to_string(), v.to_json()));
                Value::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Node, parse};
    use crate::source::Source;

    fn read(text: &str) -> (Option<Node>, String) {
        let source = Source::new("role.json", text);
        let (node, errors) = parse(&source);
        let lines = errors.iter().map(|e| {
            let (line, column) = source.line_column(e.span.start);
            let help = e.help.as_ref().map_or(String::new(), |h| format!(" ({h})"));
            format!("{line}:{column} {}{help}", e.message)
        });
        (node, lines.collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn comments_and_large_numbers_are_as_chef_reads_them() {
        let text = "// role\n{\"n\": 123456789012345678901234567890, /* c */ \"f\": 1.50e2}";
        let (node, errors) = read(text);
        let node = node.expect("a value");
        assert_eq!(errors, "");
        let number = |key| node.get(key).map(|n| format!("{:?}", n.kind));
        insta::assert_snapshot!(number("n").unwrap(), @r#"Number("123456789012345678901234567890")"#);
        insta::assert_snapshot!(number("f").unwrap(), @r#"Number("1.50e2")"#);
    }

    #[test]
    fn one_mistake_does_not_hide_the_next() {
        let (node, errors) = read(
            "{\n  \"a\": [1 2, 03,],\n  'b': \"x\ty\",\n  \"c\": nil,\n  \"d\" true,\n  \"e\": \"\\q\",\n  \"f\": 7,\n}\nx",
        );
        insta::assert_snapshot!(errors, @r"
        2:11 expected a comma before this
        2:14 `03` is not a number
        2:16 trailing comma before `]`
        3:3 expected a key (keys are strings in double quotes)
        3:10 control character in a string
        4:8 expected a value, found `nil` (write `null`)
        5:3 expected `:` after this key
        6:9 unknown escape `\q`
        7:9 trailing comma before `}`
        9:1 unexpected text after the value
        ");
        let kept = node.and_then(|n| n.get("f").map(Node::to_json));
        assert_eq!(kept, Some(serde_json::json!(7)));
    }

    #[test]
    fn what_ends_too_early_says_what_is_open() {
        insta::assert_snapshot!(read("{\"a\": [1, {\"b\": \"c").1, @r"
        1:17 this string is never closed
        1:11 `{` is never closed
        1:7 `[` is never closed
        1:1 `{` is never closed
        ");
        insta::assert_snapshot!(read("").1, @"1:1 expected a value, found the end of the file");
        assert!(read("/* x").1.starts_with("1:1 unclosed comment"));
    }

    #[test]
    fn escapes_make_characters() {
        let (node, errors) = read(r#""\u00e9\ud83d\ude00\ud800\n\/""#);
        assert_eq!(errors, "");
        assert_eq!(node.as_ref().and_then(Node::as_str), Some("é😀\u{fffd}\n/"));
    }

    #[test]
    fn duplicates_and_pointers() {
        let (node, _) = read(r#"{"a": {"x": 1, "x": 2}, "b/c": [true]}"#);
        let node = node.expect("a value");
        let names = node
            .duplicates()
            .into_iter()
            .map(|(k, _)| k.text.to_string());
        assert_eq!(names.collect::<Vec<_>>(), ["x"]);
        let at = |p| node.pointer(p).map(Node::to_json);
        assert_eq!(at("/a/x"), Some(serde_json::json!(2)));
        assert_eq!(at("/b~1c/0"), Some(serde_json::json!(true)));
        assert_eq!(at("/a/y"), None);
    }

    #[test]
    fn nesting_is_bounded() {
        let (_, errors) = read(&"[".repeat(100_000));
        insta::assert_snapshot!(errors, @"1:501 nested too deeply");
    }
}
