//! chef-zero's queries over its names and values.
//!
//! chef-zero judges one document after the other and stops as soon as it knows, so an operator that it cannot do
//! raises only where a document gets it there. `domain` is therefore always the documents that get to a node.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use foretaste_parser::query::zero::{Node, NodeKind};
use roaring::RoaringBitmap;

use super::found::Found;
use super::gathered::{Gathered, Gatherer};
use super::segment::Segment;
use crate::search::document::Document;
use crate::search::unknown::{Key, MayHold};
use crate::search::zero::{self, Raised, TEXT};

/// Between a name and a value in a term. In names a NUL is followed by [`NUL`], so this cannot be part of one.
const BETWEEN: &str = "\0\0";
const NUL: &str = "\0\u{1}";

/// The names and values of documents, in chef-zero's order.
pub fn gather(documents: &[Arc<Document>]) -> Gathered {
    let mut out = Gatherer::default();
    let mut term = String::new();
    for document in documents {
        document.with_flat(|flat| {
            for (name, value) in flat.pairs() {
                term.clear();
                for part in [&*escaped(name), BETWEEN, value] {
                    term.push_str(part);
                }
                let number = out.number(&term);
                out.hold(number);
            }
        });
        out.end();
    }
    out.finish()
}

fn escaped(name: &str) -> Cow<'_, str> {
    if name.contains('\0') {
        Cow::Owned(name.replace('\0', NUL))
    } else {
        Cow::Borrowed(name)
    }
}

/// Finds what a query matches among the living documents of a segment.
///
/// # Errors
/// Some document makes chef-zero raise; which one does so first is not said.
pub fn find<'s>(
    segment: &'s Segment,
    live: &'s RoaringBitmap,
    query: &Node,
) -> Result<Found<'s>, Raised> {
    Searcher { segment }.document(query, live)
}

struct Searcher<'s> {
    segment: &'s Segment,
}

/// The values under one name or several: terms, and the documents that may have more than is known.
struct Values {
    terms: Vec<Range<usize>>,
    more: RoaringBitmap,
}

type Outcome<'a> = Result<Found<'a>, Raised>;

impl<'s> Searcher<'s> {
    fn document(&self, node: &Node, domain: &RoaringBitmap) -> Outcome<'s> {
        match &node.kind {
            NodeKind::And(all) => and(all, domain, |node, domain| self.document(node, domain)),
            NodeKind::Or(all) => or(all, domain, |node, domain| self.document(node, domain)),
            NodeKind::Not(inner) => Ok(not(domain, &self.document(inner, domain)?)),
            NodeKind::Plus => Err(zero::PLUS),
            NodeKind::Boost(inner) | NodeKind::Group(inner) => self.document(inner, domain),
            NodeKind::Field(name, value) => self.values(value, &self.field(name, domain)?, domain),
            NodeKind::Word(_) | NodeKind::Phrase(_) | NodeKind::Range { .. } => {
                self.values(node, &self.named(TEXT), domain)
            }
        }
    }

    fn named(&self, name: &str) -> Values {
        let mut more = RoaringBitmap::new();
        for (unknown, documents) in &self.segment.unknown {
            match unknown.may_hold(&Key::Exact(name.to_string())) {
                MayHold::No => {}
                MayHold::Yes => more |= documents,
                // What is known is asked of the server's document here, too.
                MayHold::UnlessKnown(key) => more.extend(documents.iter().filter(|at| {
                    let document = self.segment.document(*at);
                    document.is_some_and(|d| !d.expanded().has_key(&key))
                })),
            }
        }
        let prefix = format!("{}{BETWEEN}", escaped(name));
        Values {
            terms: vec![self.segment.terms.prefixed(&prefix)],
            more,
        }
    }

    fn field(&self, name: &Node, domain: &RoaringBitmap) -> Result<Values, Raised> {
        if let Some(literal) = zero::literal(name)? {
            return Ok(self.named(literal));
        }
        let terms = &self.segment.terms;
        let mut out = Values {
            terms: Vec::new(),
            more: RoaringBitmap::new(),
        };
        let mut at = 0;
        while at < terms.len() {
            let key = terms
                .term(at)
                .split_once(BETWEEN)
                .map_or("", |(key, _)| key);
            let end = terms
                .after_prefix(&format!("{key}{BETWEEN}"), at)
                .max(at + 1);
            match zero::name_matches(name, &key.replace(NUL, "\0")) {
                Ok(true) => out.terms.push(at..end),
                Ok(false) => {}
                Err(raised) if self.segment.postings.meets(at..end, domain) => return Err(raised),
                Err(_) => {}
            }
            at = end;
        }
        for (_, documents) in &self.segment.unknown {
            out.more |= documents;
        }
        Ok(out)
    }

    fn values(&self, node: &Node, values: &Values, domain: &RoaringBitmap) -> Outcome<'s> {
        match &node.kind {
            NodeKind::And(all) => and(all, domain, |node, domain| {
                self.values(node, values, domain)
            }),
            NodeKind::Or(all) => or(all, domain, |node, domain| {
                self.values(node, values, domain)
            }),
            NodeKind::Not(inner) => Ok(not(domain, &self.values(inner, values, domain)?)),
            NodeKind::Plus => Err(zero::PLUS),
            NodeKind::Boost(inner) | NodeKind::Group(inner) => self.values(inner, values, domain),
            NodeKind::Field(..) => Err(zero::COLON),
            NodeKind::Word(pattern) | NodeKind::Phrase(pattern) => {
                let found = values
                    .terms
                    .iter()
                    .cloned()
                    .flatten()
                    .filter(|at| zero::found(pattern, self.value(*at)));
                let yes = self.segment.postings.union(found);
                Ok(Found::new(Cow::Owned(yes), &values.more).within(domain))
            }
            NodeKind::Range { .. } => {
                let held = values.terms.iter().cloned().flatten();
                let holders = self.segment.postings.union(held) & domain;
                let matches = |document: &u32| {
                    let first = self.segment.positions(*document).iter().find(|term| {
                        let term = **term as usize;
                        values.terms.iter().any(|range| range.contains(&term))
                    });
                    first.is_some_and(|term| zero::in_range(node, self.value(*term as usize)))
                };
                let yes: RoaringBitmap = holders.iter().filter(matches).collect();
                let yes = Cow::Owned(yes - &values.more);
                Ok(Found::new(yes, &values.more).within(domain))
            }
        }
    }

    fn value(&self, term: usize) -> &str {
        let term = self.segment.terms.term(term);
        term.split_once(BETWEEN).map_or("", |(_, value)| value)
    }
}

fn not(domain: &RoaringBitmap, found: &Found<'_>) -> Found<'static> {
    Found::certain(Cow::Borrowed(domain)).without(found)
}

fn and<'s>(
    all: &[Node],
    domain: &RoaringBitmap,
    judge: impl Fn(&Node, &RoaringBitmap) -> Outcome<'s>,
) -> Outcome<'s> {
    let mut out = Found::certain(Cow::Owned(domain.clone()));
    for node in all {
        if out.may().is_empty() {
            break;
        }
        out = out.and(&judge(node, out.may())?);
    }
    Ok(out)
}

fn or<'s>(
    all: &[Node],
    domain: &RoaringBitmap,
    judge: impl Fn(&Node, &RoaringBitmap) -> Outcome<'s>,
) -> Outcome<'s> {
    let mut out = Found::nothing();
    for node in all {
        let open = domain - out.yes();
        if open.is_empty() {
            break;
        }
        out = out.or(&judge(node, &open)?);
    }
    Ok(out)
}
