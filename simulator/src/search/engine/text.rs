//! Clauses over the tokens of the server's documents.

use std::borrow::Cow;

use foretaste_parser::query::{Occur, Scope};
use roaring::RoaringBitmap;

use super::found::Found;
use super::segment::Segment;
use crate::search::flatten::SEPARATOR;
use crate::search::lucene::{Leaf, Prepared, in_a_row};
use crate::search::pattern::{Automaton, Reading};
use crate::search::unknown::{Key, MayHold};

/// Finds what a clause matches among those documents of a segment that matter. Others may be in the answer, too.
pub fn find<'s>(segment: &'s Segment, domain: &'s RoaringBitmap, clause: &Prepared) -> Found<'s> {
    match clause {
        Prepared::All => Found::certain(Cow::Borrowed(domain)),
        Prepared::Nothing => Found::nothing(),
        Prepared::Group(clauses) => group(segment, domain, clauses),
        Prepared::Leaf { scope, leaf, key } => {
            let mut yes = matches(segment, domain, leaf);
            if *scope == Scope::Everywhere {
                let holds = |at: &u32| {
                    let document = segment.document(*at);
                    document.is_some_and(|d| d.keywords().any(|word| leaf.is_keyword(word)))
                };
                let found: RoaringBitmap = domain.iter().filter(holds).collect();
                yes = Cow::Owned(&*yes | found);
            }
            if segment.unknown.is_empty() {
                Found::certain(yes)
            } else {
                Found::new(yes, &unsure(segment, key))
            }
        }
    }
}

fn group<'s>(
    segment: &'s Segment,
    domain: &'s RoaringBitmap,
    clauses: &[(Occur, Prepared)],
) -> Found<'s> {
    let of = |wanted: Occur| {
        let these = clauses.iter().filter(move |(occur, _)| *occur == wanted);
        these.map(|(_, clause)| clause)
    };
    let mut required: Vec<&Prepared> = of(Occur::Must).collect();
    required.sort_by_key(|clause| reads_documents(clause));
    // What is optional does not count beside what is required.
    let mut out = match required.split_first() {
        Some((first, others)) => others
            .iter()
            .fold(find(segment, domain, first), |all, next| {
                all.and(&find(segment, all.may(), next))
            }),
        None => of(Occur::Should)
            .map(|clause| find(segment, domain, clause))
            .reduce(|any, next| any.or(&next))
            .unwrap_or_else(Found::nothing),
    };
    for excluded in of(Occur::MustNot) {
        out = out.without(&find(segment, out.may(), excluded));
    }
    out
}

/// Whether a clause looks at documents one by one, so that it had better be the last.
fn reads_documents(clause: &Prepared) -> bool {
    match clause {
        Prepared::All | Prepared::Nothing => false,
        Prepared::Group(clauses) => clauses.iter().any(|(_, clause)| reads_documents(clause)),
        Prepared::Leaf { scope, leaf, .. } => {
            *scope == Scope::Everywhere || matches!(leaf, Leaf::Phrase(..))
        }
    }
}

/// The documents with an unknown value that could give a token with this key.
fn unsure(segment: &Segment, key: &Key) -> RoaringBitmap {
    let mut out = RoaringBitmap::new();
    for (unknown, documents) in &segment.unknown {
        match unknown.may_hold(key) {
            MayHold::No => {}
            MayHold::Yes => out |= documents,
            MayHold::UnlessKnown(key) => {
                let known = segment.terms.prefixed(&format!("{key}{SEPARATOR}"));
                out |= documents - segment.postings.union(known);
            }
        }
    }
    out
}

fn matches<'s>(
    segment: &'s Segment,
    domain: &RoaringBitmap,
    leaf: &Leaf,
) -> Cow<'s, RoaringBitmap> {
    let terms = &segment.terms;
    let of = |term: &String| terms.find(term).map(|at| segment.postings.of(at));
    let union =
        |wanted: &mut dyn Iterator<Item = usize>| Cow::Owned(segment.postings.union(wanted));
    match leaf {
        Leaf::Any(tokens, _) => match tokens.as_slice() {
            [one] => of(one).unwrap_or_default(),
            several => union(&mut several.iter().filter_map(|token| terms.find(token))),
        },
        Leaf::Phrase(tokens, slop, _) => phrase(segment, domain, tokens, *slop),
        Leaf::Prefix(stem) => union(&mut terms.prefixed(stem)),
        Leaf::Wildcard(glob, prefix) => {
            let range = terms.prefixed(prefix);
            union(&mut range.filter(|at| glob.matches(terms.term(*at))))
        }
        Leaf::Regex(regex) => union(
            &mut (0..terms.len()).filter(|at| regex.is_match(terms.term(*at)).unwrap_or(false)),
        ),
        Leaf::Fuzzy(text, edits) => Cow::Owned(fuzzy(segment, text, *edits)),
        Leaf::Range {
            lower,
            upper,
            inclusive,
        } => {
            let range = terms.between(lower, upper);
            let limit = |at: usize| terms.term(at) == lower || terms.term(at) == upper;
            union(&mut range.filter(|at| *inclusive || !limit(*at)))
        }
    }
}

/// Terms near a text: what begins alike is compared once.
fn fuzzy(segment: &Segment, text: &[char], edits: usize) -> RoaringBitmap {
    let terms = &segment.terms;
    let mut automaton = Automaton::new(text, edits);
    let mut near = Vec::new();
    let mut at = 0;
    while at < terms.len() {
        let term = terms.term(at);
        match automaton.read(term) {
            Reading::Near => near.push(at),
            Reading::Far => {}
            Reading::Dead(prefix) => {
                at = terms.after_prefix(prefix, at).max(at + 1);
                continue;
            }
        }
        at += 1;
    }
    segment.postings.union(near.into_iter())
}

/// Documents with all tokens, then of these the ones that have them in a row.
fn phrase<'s>(
    segment: &'s Segment,
    domain: &RoaringBitmap,
    tokens: &[String],
    slop: u32,
) -> Cow<'s, RoaringBitmap> {
    let numbers: Option<Vec<usize>> = tokens.iter().map(|t| segment.terms.find(t)).collect();
    let Some(numbers) = numbers.filter(|n| !n.is_empty()) else {
        return Cow::default();
    };
    let mut out = Cow::default();
    for (index, term) in numbers.iter().enumerate() {
        let holders = segment.postings.of(*term);
        out = if index == 0 {
            holders
        } else {
            Cow::Owned(&*out & &*holders)
        };
    }
    if numbers.len() > 1 {
        let places = |document: u32| -> Vec<Vec<u32>> {
            let positions = segment.positions(document);
            let of = |term: &usize| {
                (0..)
                    .zip(positions)
                    .filter(|(_, held)| **held as usize == *term)
                    .map(|(at, _)| at)
                    .collect()
            };
            numbers.iter().map(of).collect()
        };
        let holds = |document: &u32| match slop {
            0 => {
                let mut rows = segment.positions(*document).windows(numbers.len());
                rows.any(|row| row.iter().zip(&numbers).all(|(a, b)| *a as usize == *b))
            }
            _ => in_a_row(&places(*document), slop),
        };
        out = Cow::Owned((&*out & domain).iter().filter(holds).collect());
    }
    out
}
