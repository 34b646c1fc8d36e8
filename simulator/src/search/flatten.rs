//! A document's indexed text, as the server's expander makes it.
//!
//! A scalar at `a` → `b` → `c` becomes `a_b_c__=__v` and `c__=__v`. The keys of a hash are values of its own path, too.
//! Arrays have no indexes. All pairs go sorted into one text, which the search engine cuts at white space.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

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
    pairs: Vec<Pair>,
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

impl Expanded {
    /// Expands a document's top-level keys together with `extra` pairs that are not in its JSON.
    pub fn new(json: &Map<String, Json>, extra: &[(&str, &str)]) -> Self {
        let mut pairs = BTreeSet::new();
        for (key, value) in extra {
            pairs.insert(((*key).to_string(), (*value).to_string()));
        }
        for (key, value) in json {
            expand(value, key, key, MAX_DEPTH, &mut pairs);
        }
        let mut out = Self::default();
        for (key, value) in &pairs {
            let start = offset(out.content.len());
            out.content.push_str(key);
            out.content.push_str(SEPARATOR);
            let value_start = offset(out.content.len());
            out.content.push_str(value);
            out.pairs.push(Pair {
                start,
                value: value_start,
                end: offset(out.content.len()),
            });
            out.content.push(' ');
        }
        out.tokens = analysis::tokens(&out.content)
            .into_iter()
            .map(|(start, end)| (offset(start), offset(end)))
            .collect();
        out.sorted = (0..offset(out.tokens.len())).collect();
        let (content, tokens) = (&out.content, &out.tokens);
        out.sorted
            .sort_by(|a, b| token(content, tokens, *a).cmp(token(content, tokens, *b)));
        out
    }

    /// The text that the server indexes.
    pub fn content(&self) -> &str {
        &self.content
    }

    /// Attribute names and values, sorted.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|pair| {
            let key_end = pair.value as usize - SEPARATOR.len();
            let text = |start: usize, end: u32| self.content.get(start..end as usize);
            (
                self.content
                    .get(pair.start as usize..key_end)
                    .unwrap_or_default(),
                text(pair.value as usize, pair.end).unwrap_or_default(),
            )
        })
    }

    pub fn has_key(&self, key: &str) -> bool {
        let prefix = format!("{key}{SEPARATOR}");
        self.from(&prefix)
            .next()
            .is_some_and(|token| token.starts_with(&prefix))
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

/// Adds what a value at `path`, whose last part is `leaf`, contributes.
fn expand(
    value: &Json,
    path: &str,
    leaf: &str,
    depth: usize,
    pairs: &mut BTreeSet<(String, String)>,
) {
    if depth == 0 {
        return;
    }
    match value {
        Json::Object(map) => {
            for (key, value) in map {
                add(path, leaf, key, pairs);
                expand(value, &format!("{path}_{key}"), key, depth - 1, pairs);
            }
        }
        Json::Array(list) => {
            for value in list {
                expand(value, path, leaf, depth - 1, pairs);
            }
        }
        scalar => add(path, leaf, &text(scalar), pairs),
    }
}

fn add(path: &str, leaf: &str, value: &str, pairs: &mut BTreeSet<(String, String)>) {
    pairs.insert((path.to_string(), value.to_string()));
    if leaf != path {
        pairs.insert((leaf.to_string(), value.to_string()));
    }
}

/// A scalar's text: null is empty, floats as Erlang prints them.
fn text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => number::erlang(float),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}
