//! What exists instead of what a search found nothing of.

use std::collections::BTreeMap;

use foretaste_parser::query::{Clause, Matcher, Meaning, Test};
use foretaste_parser::source::Span;

use super::analysis;
use super::engine::Family;
use super::flatten::SEPARATOR;
use super::index::{Answer, SearchIndex};
use super::pattern;
use super::plan::Plan;

/// Values or names are listed up to so many.
const LISTED: usize = 5;

/// How near a field and value are to what the documents of an index hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nearest {
    /// Documents that have the field at all.
    pub holders: usize,
    /// The nearest values of this field, each with its number of documents, nearest first.
    pub values: Vec<(String, usize)>,
    /// The nearest field names where no document has the field.
    pub fields: Vec<(String, usize)>,
}

/// A clause of a query that matches no document of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmatched {
    pub field: String,
    pub value: String,
    pub span: Span,
    pub nearest: Nearest,
}

impl SearchIndex {
    /// Finds what is nearest to a field and value, both without escapes, in the server's documents of an index.
    #[must_use]
    pub fn nearest(&self, index: &str, field: &str, value: &str) -> Nearest {
        let Some(engine) = self.engine(index, Family::Text) else {
            return Nearest::default();
        };
        let (values, holders) = engine.values(field);
        let near = Near::new(field);
        Nearest {
            holders,
            values: Near::new(value).rank(values),
            fields: if holders == 0 {
                // The server's own fields are nobody's meaning.
                near.rank(
                    engine.fields(|name| {
                        !name.starts_with("X_CHEF_") && near.distance(name).is_some()
                    }),
                )
            } else {
                Vec::new()
            },
        }
    }

    /// The clauses of a query that ask for one field and value and match nothing in the index.
    #[must_use]
    pub fn unmatched(&self, index: &str, plan: &Plan) -> Vec<Unmatched> {
        let mut wanted = Vec::new();
        if let Meaning::Lucene { clause, .. } = &plan.query().meaning {
            collect(clause, &mut wanted);
        }
        wanted.retain(|(clause, _, _)| {
            let Some(alone) = Plan::of_clause(plan.query(), clause) else {
                return false;
            };
            self.engine(index, Family::Text)
                .is_some_and(|engine| !engine.finds(&alone))
        });
        wanted
            .into_iter()
            .map(|(clause, field, value)| Unmatched {
                field: field.to_string(),
                value: value.to_string(),
                span: clause.span,
                nearest: self.nearest(index, field, value),
            })
            .collect()
    }
}

/// A clause that asks for one word and matches values that only begin with it: a value is indexed word by word, and
/// only its first word bears the field's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstWord {
    pub field: String,
    pub word: String,
    pub span: Span,
    /// The whole values, each with the results that have it.
    pub values: BTreeMap<String, Vec<String>>,
}

impl SearchIndex {
    /// The clauses of a query that bring in results by the first word of a longer value. None for chef-zero, which
    /// does not index words.
    #[must_use]
    pub fn first_words(&self, index: &str, plan: &Plan) -> Vec<FirstWord> {
        let mut asked = Vec::new();
        if let Meaning::Lucene { clause, .. } = &plan.query().meaning {
            collect(clause, &mut asked);
        }
        asked.retain(|(clause, _, value)| {
            let is_word = matches!(&clause.test, Test::Tokens(_, Matcher::Text(_)));
            is_word && !value.is_empty() && !value.contains(analysis::is_space)
        });
        let Answer::Results { certain, .. } = self.run(index, plan) else {
            return Vec::new();
        };
        let mut out = Vec::new();
        for (clause, field, word) in asked {
            let mut found = FirstWord {
                field: field.to_string(),
                word: word.to_string(),
                span: clause.span,
                values: BTreeMap::new(),
            };
            for document in &certain {
                if let Some(value) = document.value_beginning(field, word) {
                    let names = found.values.entry(value).or_default();
                    names.push(document.name().to_string());
                }
            }
            if !found.values.is_empty() {
                out.push(found);
            }
        }
        out
    }
}

fn collect<'a>(clause: &'a Clause, out: &mut Vec<(&'a Clause, &'a str, &'a str)>) {
    match &clause.test {
        Test::Group(clauses) => clauses.iter().for_each(|(_, inner)| collect(inner, out)),
        Test::Tokens(_, Matcher::Text(text) | Matcher::Phrase(text, _) | Matcher::Prefix(text)) => {
            if let Some((field, value)) = text.split_once(SEPARATOR) {
                out.push((clause, field, value));
            }
        }
        _ => {}
    }
}

/// What candidates are compared with.
struct Near {
    lower: String,
    letters: Vec<char>,
    limit: usize,
}

impl Near {
    fn new(text: &str) -> Self {
        let lower = text.to_lowercase();
        let letters: Vec<char> = lower.chars().collect();
        let limit = (letters.len() / 3).clamp(1, 4);
        Self {
            lower,
            letters,
            limit,
        }
    }

    /// The nearest candidates: equal but for case first, then what begins with the text or the other way round, then
    /// by edit distance; the more frequent first among equals.
    fn rank(&self, candidates: BTreeMap<String, usize>) -> Vec<(String, usize)> {
        let mut ranked: Vec<(usize, String, usize)> = candidates
            .into_iter()
            .filter_map(|(candidate, count)| Some((self.distance(&candidate)?, candidate, count)))
            .collect();
        ranked.sort_by(|a, b| (a.0, b.2, &a.1).cmp(&(b.0, a.2, &b.1)));
        ranked
            .into_iter()
            .take(LISTED)
            .map(|(_, candidate, count)| (candidate, count))
            .collect()
    }

    fn distance(&self, candidate: &str) -> Option<usize> {
        let lower = self.lower.as_str();
        let candidate = candidate.to_lowercase();
        if candidate == lower {
            return Some(0);
        }
        let begins = |long: &str, short: &str| !short.is_empty() && long.starts_with(short);
        if begins(&candidate, lower) || (candidate.len() > 2 && begins(lower, &candidate)) {
            return Some(1);
        }
        let letters: Vec<char> = candidate.chars().collect();
        pattern::distance(&letters, &self.letters, self.limit)
            .map(|distance| distance + 1)
            .or_else(|| (lower.len() > 2 && candidate.contains(lower)).then_some(self.limit + 2))
    }
}
