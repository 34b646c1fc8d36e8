//! A document's indexed text, as the server's expander makes it.
//!
//! All pairs go as `key__=__value` into one text, sorted, which the search engine cuts at white space.

use super::analysis;
use super::pairs::Pairs;
use super::texts::number;

/// Between an attribute's name and its value.
pub const SEPARATOR: &str = "__=__";

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

impl Expanded {
    /// Of the one document that these pairs are of.
    pub fn new(mut pairs: Pairs) -> Self {
        pairs.sort();
        let mut content = String::new();
        for (key, value) in pairs.all() {
            for part in [key, SEPARATOR, value, " "] {
                content.push_str(part);
            }
        }
        let tokens: Vec<(u32, u32)> = analysis::tokens(&content)
            .into_iter()
            .map(|(start, end)| (number(start), number(end)))
            .collect();
        let mut sorted: Vec<u32> = (0..number(tokens.len())).collect();
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
        (0..number(self.tokens.len())).map(|at| self.token(at))
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
