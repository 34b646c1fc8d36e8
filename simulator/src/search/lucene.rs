//! The search engine's side: clauses judged against one document's tokens.

use foretaste_parser::query::{Clause, Matcher, Occur, Profile, Scope, Test};

use super::analysis;
use super::document::Document;
use super::pattern::{self, Glob};
use super::truth::Truth;
use super::unknown::Key;

/// A clause made ready for many documents. The tree has the shape of the parsed clause.
#[derive(Debug)]
pub enum Prepared {
    All,
    Nothing,
    Group(Vec<(Occur, Prepared)>),
    Leaf {
        scope: Scope,
        leaf: Leaf,
        /// Whose unknown value could decide.
        key: Key,
    },
}

#[derive(Debug)]
pub enum Leaf {
    /// Any of the tokens, or on a keyword field the whole text.
    Any(Vec<String>, String),
    Phrase(Vec<String>, u32, String),
    Prefix(String),
    Wildcard(Glob, String),
    Regex(fancy_regex::Regex),
    Fuzzy(Vec<char>, usize),
    Range {
        lower: String,
        upper: String,
        inclusive: bool,
    },
}

/// Makes a clause ready; `None` where it holds a regular expression that is none.
pub fn prepare(clause: &Clause, profile: Profile) -> Option<Prepared> {
    Some(match &clause.test {
        Test::All => Prepared::All,
        Test::Nothing => Prepared::Nothing,
        Test::Group(clauses) => Prepared::Group(
            clauses
                .iter()
                .map(|(occur, clause)| Some((*occur, prepare(clause, profile)?)))
                .collect::<Option<_>>()?,
        ),
        Test::Tokens(scope, matcher) => {
            let (leaf, key) = leaf(matcher, profile)?;
            Prepared::Leaf {
                scope: *scope,
                leaf,
                key,
            }
        }
    })
}

fn leaf(matcher: &Matcher, profile: Profile) -> Option<(Leaf, Key)> {
    Some(match matcher {
        Matcher::Text(text) => {
            let tokens = tokens(text);
            let key = tokens.first().map_or(Key::Any, |t| Key::of_token(t));
            let leaf = match profile {
                // Solr's schema makes a phrase of a word that the analyser cuts.
                Profile::Solr4 if tokens.len() > 1 => Leaf::Phrase(tokens, 0, text.clone()),
                _ => Leaf::Any(tokens, text.clone()),
            };
            (leaf, key)
        }
        Matcher::Phrase(text, slop) => {
            let tokens = tokens(text);
            let key = tokens.first().map_or(Key::Any, |t| Key::of_token(t));
            (Leaf::Phrase(tokens, *slop, text.clone()), key)
        }
        Matcher::Prefix(stem) => (Leaf::Prefix(stem.clone()), Key::of_token(stem)),
        Matcher::Wildcard(text) => {
            let glob = Glob::new(text);
            let prefix = glob.prefix();
            (Leaf::Wildcard(glob, prefix), Key::of_pattern(text))
        }
        Matcher::Regex(text) => (Leaf::Regex(pattern::regex(text)?), Key::Any),
        Matcher::Fuzzy(text, edits) => (
            Leaf::Fuzzy(text.chars().collect(), *edits as usize),
            match Key::of_token(text) {
                Key::Exact(key) => Key::Near(key, *edits as usize),
                other => other,
            },
        ),
        Matcher::Range {
            lower,
            upper,
            inclusive,
        } => {
            let key = Key::of_token(lower);
            let leaf = Leaf::Range {
                lower: lower.clone(),
                upper: upper.clone(),
                inclusive: *inclusive,
            };
            (leaf, key)
        }
    })
}

fn tokens(text: &str) -> Vec<String> {
    analysis::tokens(text)
        .into_iter()
        .filter_map(|(start, end)| text.get(start..end))
        .map(str::to_string)
        .collect()
}

impl Prepared {
    pub fn judge(&self, document: &Document) -> Truth {
        match self {
            Self::All => Truth::Yes,
            Self::Nothing => Truth::No,
            Self::Group(clauses) => {
                group(clauses.iter().map(|(occur, c)| (*occur, c.judge(document))))
            }
            Self::Leaf { scope, leaf, key } => {
                if leaf.matches(document, *scope) {
                    Truth::Yes
                } else if document.may_hold(key) {
                    Truth::Maybe
                } else {
                    Truth::No
                }
            }
        }
    }
}

/// Lucene's boolean query: everything required and nothing excluded; without anything required, at least one of what
/// is optional. A group that only excludes has matched nothing before it gets here with a match-all.
pub fn group(judged: impl Iterator<Item = (Occur, Truth)>) -> Truth {
    let mut required = None;
    let mut optional = Truth::No;
    let mut allowed = Truth::Yes;
    for (occur, truth) in judged {
        match occur {
            Occur::Must => required = Some(required.map_or(truth, |r: Truth| r.min(truth))),
            Occur::Should => optional = optional.max(truth),
            Occur::MustNot => allowed = allowed.min(!truth),
        }
    }
    required.unwrap_or(optional).min(allowed)
}

impl Leaf {
    fn matches(&self, document: &Document, scope: Scope) -> bool {
        self.in_content(document)
            || (scope == Scope::Everywhere && document.keywords().any(|k| self.is_keyword(k)))
    }

    fn in_content(&self, document: &Document) -> bool {
        let content = document.expanded();
        match self {
            Self::Any(tokens, _) => tokens.iter().any(|t| content.contains(t)),
            Self::Phrase(tokens, slop, _) => phrase(document, tokens, *slop),
            Self::Prefix(stem) => content
                .from(stem)
                .next()
                .is_some_and(|t| t.starts_with(stem.as_str())),
            Self::Wildcard(glob, prefix) => content
                .from(prefix)
                .take_while(|token| token.starts_with(prefix.as_str()))
                .any(|token| glob.matches(token)),
            Self::Regex(regex) => content
                .from("")
                .any(|token| regex.is_match(token).unwrap_or(false)),
            Self::Fuzzy(text, edits) => content.from("").any(|token| is_near(token, text, *edits)),
            Self::Range {
                lower,
                upper,
                inclusive,
            } => content
                .from(lower)
                .take_while(|token| *token <= upper.as_str())
                .any(|token| *inclusive || (token != lower && token != upper)),
        }
    }

    /// A keyword field holds one token, the whole text.
    pub fn is_keyword(&self, value: &str) -> bool {
        match self {
            Self::Any(_, text) | Self::Phrase(_, _, text) => text == value,
            Self::Prefix(stem) => value.starts_with(stem.as_str()),
            Self::Wildcard(glob, _) => glob.matches(value),
            Self::Regex(regex) => regex.is_match(value).unwrap_or(false),
            Self::Fuzzy(text, edits) => is_near(value, text, *edits),
            Self::Range { .. } => false,
        }
    }
}

fn is_near(token: &str, text: &[char], edits: usize) -> bool {
    // A character has at most four bytes, so most tokens need no comparison.
    if token.len() + edits < text.len() || token.len() > 4 * (text.len() + edits) {
        return false;
    }
    let token: Vec<char> = token.chars().collect();
    pattern::within(&token, text, edits)
}

/// Whether a document has tokens in a row.
fn phrase(document: &Document, tokens: &[String], slop: u32) -> bool {
    let content = document.expanded();
    let places: Vec<Vec<u32>> = tokens
        .iter()
        .map(|token| content.positions(token).collect())
        .collect();
    in_a_row(&places, slop)
}

/// Whether tokens with these positions are in a row; with slop, in places whose offsets differ by so much at most.
pub fn in_a_row(places: &[Vec<u32>], slop: u32) -> bool {
    let offsets: Vec<Vec<i64>> = (0..)
        .zip(places)
        .map(|(index, places)| places.iter().map(|at| i64::from(*at) - index).collect())
        .collect();
    let Some(first) = offsets.first() else {
        return false;
    };
    if slop == 0 {
        return first
            .iter()
            .any(|start| offsets.iter().all(|places| places.contains(start)));
    }
    let slop = i64::from(slop);
    offsets.iter().flatten().any(|least| {
        let mut used = Vec::new();
        (0..).zip(&offsets).all(|(index, places)| {
            let found = places.iter().find(|at| {
                (*least..=*least + slop).contains(*at) && !used.contains(&(*at + index))
            });
            used.extend(found.map(|at| at + index));
            found.is_some()
        })
    })
}
