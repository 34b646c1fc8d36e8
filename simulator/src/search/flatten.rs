//! A document's indexed text, as the server's expander makes it.
//!
//! A scalar at `a` → `b` → `c` becomes `a_b_c__=__v` and `c__=__v`. The keys of a hash are values of its own path, too.
//! Arrays have no indexes. All pairs go sorted into one text, which the search engine cuts at white space.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::analysis;
use super::number;

/// Between an attribute's name and its value.
pub const SEPARATOR: &str = "__=__";

/// Deeper values are left out; the JSON parser does not read such documents either.
const MAX_DEPTH: usize = 300;

/// The indexed form of a document.
#[derive(Clone, Debug, Default)]
pub struct Expanded {
    /// Pairs, each with a space behind it.
    content: String,
    /// Byte ranges in `content`, by position.
    tokens: Vec<(u32, u32)>,
    /// Positions, by the text of their token.
    sorted: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Pair {
    start: u32,
    value: u32,
    end: u32,
}

impl Pair {
    fn key(self, text: &str) -> &str {
        let end = self.value as usize - SEPARATOR.len();
        text.get(self.start as usize..end).unwrap_or_default()
    }

    fn value(self, text: &str) -> &str {
        text.get(self.value as usize..self.end as usize)
            .unwrap_or_default()
    }
}

impl Expanded {
    /// Takes the indexed text.
    pub fn new(content: String) -> Self {
        let tokens: Vec<(u32, u32)> = analysis::tokens(&content)
            .into_iter()
            .map(|(start, end)| (offset(start), offset(end)))
            .collect();
        let mut sorted: Vec<u32> = (0..offset(tokens.len())).collect();
        sorted.sort_by(|a, b| token(&content, &tokens, *a).cmp(token(&content, &tokens, *b)));
        Self {
            content,
            tokens,
            sorted,
        }
    }

    /// The text that the server indexes.
    pub fn content(&self) -> &str {
        &self.content
    }

    pub fn has_key(&self, key: &str) -> bool {
        let prefix = format!("{key}{SEPARATOR}");
        self.from(&prefix)
            .next()
            .is_some_and(|token| token.starts_with(&prefix))
    }

    /// Tokens by position.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        (0..offset(self.tokens.len())).map(|at| self.token(at))
    }

    /// Tokens in the order of their texts, from the first that is not less than `start`.
    pub fn from<'a>(&'a self, start: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let first = self.sorted.partition_point(|at| self.token(*at) < start);
        self.sorted
            .get(first..)
            .unwrap_or_default()
            .iter()
            .map(|at| self.token(*at))
    }

    pub fn contains(&self, text: &str) -> bool {
        self.from(text).next() == Some(text)
    }

    /// Positions of a token.
    pub fn positions<'a>(&'a self, text: &'a str) -> impl Iterator<Item = u32> + 'a {
        let first = self.sorted.partition_point(|at| self.token(*at) < text);
        self.sorted
            .get(first..)
            .unwrap_or_default()
            .iter()
            .copied()
            .take_while(move |at| self.token(*at) == text)
    }

    fn token(&self, position: u32) -> &str {
        token(&self.content, &self.tokens, position)
    }
}

fn token<'a>(content: &'a str, tokens: &[(u32, u32)], position: u32) -> &'a str {
    tokens
        .get(position as usize)
        .and_then(|(start, end)| content.get(*start as usize..*end as usize))
        .unwrap_or_default()
}

fn offset(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The pairs of a document as they come, with repetitions.
#[derive(Default)]
pub struct Raw {
    text: String,
    pairs: Vec<Pair>,
}

impl Raw {
    /// Adds what a top-level key contributes.
    pub fn key(&mut self, key: &str, value: &Json) {
        let mut path = key.to_string();
        self.expand(value, &mut path, key, MAX_DEPTH);
    }

    /// Adds what a value at `path`, whose last part is `leaf`, contributes. The path is as before afterwards.
    fn expand(&mut self, value: &Json, path: &mut String, leaf: &str, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        match value {
            Json::Object(map) => {
                let length = path.len();
                for (key, value) in map {
                    self.value(path, leaf, key);
                    path.push('_');
                    path.push_str(key);
                    self.expand(value, path, key, depth);
                    path.truncate(length);
                }
            }
            Json::Array(list) => {
                for value in list {
                    self.expand(value, path, leaf, depth);
                }
            }
            scalar => self.value(path, leaf, &text(scalar)),
        }
    }

    fn value(&mut self, path: &str, leaf: &str, value: &str) {
        self.pair(path, value);
        if leaf != path {
            self.pair(leaf, value);
        }
    }

    /// Adds a pair that is not in the document's JSON.
    pub fn pair(&mut self, key: &str, value: &str) {
        let start = offset(self.text.len());
        self.text.push_str(key);
        self.text.push_str(SEPARATOR);
        let middle = offset(self.text.len());
        self.text.push_str(value);
        self.pairs.push(Pair {
            start,
            value: middle,
            end: offset(self.text.len()),
        });
    }

    /// The text of all pairs by key, then value, each once.
    pub fn text(mut self) -> String {
        let text = &self.text;
        let parts = |pair: &Pair| (pair.key(text), pair.value(text));
        self.pairs.sort_unstable_by(|a, b| parts(a).cmp(&parts(b)));
        self.pairs.dedup_by(|a, b| parts(a) == parts(b));
        let mut out = String::with_capacity(text.len() + self.pairs.len());
        for pair in &self.pairs {
            let whole = text.get(pair.start as usize..pair.end as usize);
            out.push_str(whole.unwrap_or_default());
            out.push(' ');
        }
        out
    }
}

/// A scalar's text: null is empty, floats as Erlang prints them.
fn text(value: &Json) -> Cow<'_, str> {
    match value {
        Json::Null => Cow::Borrowed(""),
        Json::String(text) => Cow::Borrowed(text),
        Json::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => Cow::Owned(number::erlang(float)),
            _ => Cow::Owned(number.to_string()),
        },
        other => Cow::Owned(other.to_string()),
    }
}
