//! What documents hold, as the server's expander takes them apart.
//!
//! A scalar at `a` → `b` → `c` gives the pairs `a_b_c` = `v` and `c` = `v`. The keys of a hash are values of its own
//! path, too. Arrays have no indexes. A document has each pair once, by key, then value.
//!
//! Most pairs are those of other documents, too, so each is held once, and documents as numbers.

use std::borrow::Cow;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use serde_json::{Map, Value as Json};

use super::number;
use super::texts::{Texts, number, ranks};
use crate::packed::{Attributes, Packed};

/// Deeper values are left out; the JSON parser does not read such documents either.
const MAX_DEPTH: usize = 300;

/// The pairs of some documents.
#[derive(Default)]
pub struct Pairs {
    texts: Texts,
    steps: HashTable<Step>,
    /// Key and value.
    pairs: Vec<(u32, u32)>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// Of the document that is being read.
    open: Vec<u32>,
    /// The pairs of all documents, one after the other.
    held: Vec<u32>,
    /// Where each document's pairs end.
    ends: Vec<usize>,
    path: String,
}

/// The way from a hash to what is under one of its keys: both paths as texts.
struct Step {
    from: u32,
    key: u32,
    to: u32,
}

impl Pairs {
    /// Adds what a top-level key contributes to the document that is being read.
    pub fn key(&mut self, key: &str, value: Packed<'_>) {
        let key = self.texts.number(key);
        self.expand(value, key, key, MAX_DEPTH);
    }

    /// Adds what an object's keys contribute.
    pub fn object(&mut self, map: &Map<String, Json>) {
        for (key, value) in Attributes::from(map).entries() {
            self.key(key, value);
        }
    }

    /// Adds a pair that is not in the document's JSON.
    pub fn pair(&mut self, key: &str, value: &str) {
        let (key, value) = (self.texts.number(key), self.texts.number(value));
        self.hold(key, value);
    }

    /// The document ends here.
    pub fn end(&mut self) {
        self.open.sort_unstable();
        self.open.dedup();
        self.held.append(&mut self.open);
        self.ends.push(self.held.len());
    }

    /// Numbers the pairs by key, then value, and puts those of each document into this order.
    pub fn sort(&mut self) {
        let texts = ranks(&self.texts.sorted());
        let rank = |text: u32| u64::from(texts.get(text as usize).copied().unwrap_or_default());
        let mut order: Vec<(u64, u32)> = (0..)
            .zip(&self.pairs)
            .map(|(at, (key, value))| (rank(*key) << 32 | rank(*value), at))
            .collect();
        drop(texts);
        order.sort_unstable();
        let order: Vec<u32> = order.into_iter().map(|(_, at)| at).collect();
        self.pairs = order
            .iter()
            .map(|at| self.pairs.get(*at as usize).copied().unwrap_or_default())
            .collect();
        // They number by the old order.
        self.numbers = HashTable::new();
        let ranks = ranks(&order);
        for held in &mut self.held {
            *held = ranks.get(*held as usize).copied().unwrap_or_default();
        }
        let mut start = 0;
        for end in &self.ends {
            if let Some(held) = self.held.get_mut(start..*end) {
                held.sort_unstable();
            }
            start = *end;
        }
    }

    /// All pairs by number.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let text = |n: u32| self.texts.text(n);
        self.pairs
            .iter()
            .map(move |(key, value)| (text(*key), text(*value)))
    }

    /// The numbers of the pairs of each document.
    pub fn documents(&self) -> impl Iterator<Item = &[u32]> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let held = self.held.get(start..*end);
            start = *end;
            held.unwrap_or_default()
        })
    }

    /// Adds what a value at `path`, whose last part is `leaf`, contributes.
    fn expand(&mut self, value: Packed<'_>, path: u32, leaf: u32, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        match value {
            Packed::Object(entries) => {
                for (key, value) in entries {
                    let key = self.texts.number(key);
                    self.value(path, leaf, key);
                    let below = self.step(path, key);
                    self.expand(value, below, key, depth);
                }
            }
            Packed::Array(values) => {
                for value in values {
                    self.expand(value, path, leaf, depth);
                }
            }
            Packed::Null => self.scalar("", path, leaf),
            Packed::Bool(true) => self.scalar("true", path, leaf),
            Packed::Bool(false) => self.scalar("false", path, leaf),
            Packed::Text(text) => self.scalar(text, path, leaf),
            Packed::Number(text) => self.scalar(&number_text(text), path, leaf),
        }
    }

    fn scalar(&mut self, text: &str, path: u32, leaf: u32) {
        let value = self.texts.number(text);
        self.value(path, leaf, value);
    }

    fn value(&mut self, path: u32, leaf: u32, value: u32) {
        self.hold(path, value);
        if leaf != path {
            self.hold(leaf, value);
        }
    }

    fn hold(&mut self, key: u32, value: u32) {
        let Self {
            pairs,
            numbers,
            hasher,
            ..
        } = self;
        let entry = numbers.entry(
            hasher.hash_one((key, value)),
            |at| pairs.get(*at as usize) == Some(&(key, value)),
            |at| hasher.hash_one(pairs.get(*at as usize).copied().unwrap_or_default()),
        );
        let at = *entry
            .or_insert_with(|| {
                pairs.push((key, value));
                number(pairs.len() - 1)
            })
            .get();
        self.open.push(at);
    }

    /// The path to what is under a key of the hash at `from`.
    fn step(&mut self, from: u32, key: u32) -> u32 {
        let Self {
            texts,
            steps,
            hasher,
            path,
            ..
        } = self;
        steps
            .entry(
                hasher.hash_one((from, key)),
                |step| (step.from, step.key) == (from, key),
                |step| hasher.hash_one((step.from, step.key)),
            )
            .or_insert_with(|| {
                path.clear();
                path.push_str(texts.text(from));
                path.push('_');
                path.push_str(texts.text(key));
                let to = texts.number(path);
                Step { from, key, to }
            })
            .get()
            .to
    }
}

/// A number's text: floats as Erlang prints them.
fn number_text(text: &str) -> Cow<'_, str> {
    let is_float = text.contains(['.', 'e', 'E']);
    match text
        .parse::<f64>()
        .ok()
        .filter(|f| is_float && f.is_finite())
    {
        Some(float) => Cow::Owned(number::erlang(float)),
        None => Cow::Borrowed(text),
    }
}
