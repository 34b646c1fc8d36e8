//! What the terms hold that is near to a field and a value.

use std::collections::BTreeMap;

use super::Engine;
use super::Part;
use crate::search::flatten::SEPARATOR;

impl Engine {
    /// The values of a field, each with its number of documents, and how many documents have the field.
    pub fn values(&self, field: &str) -> (BTreeMap<String, usize>, usize) {
        let prefix = format!("{field}{SEPARATOR}");
        let mut values = BTreeMap::new();
        let mut holders = 0;
        for part in &self.parts {
            let terms = part.segment.terms.prefixed(&prefix);
            let with_field = part.segment.postings.union(terms.clone()) & &*part.live;
            for document in &with_field {
                holders += 1;
                part.values_of(document, &terms, &prefix, &mut values);
            }
        }
        (values, holders)
    }

    /// The field names that a test accepts, each with its number of documents.
    pub fn fields(&self, accepts: impl Fn(&str) -> bool) -> BTreeMap<String, usize> {
        let mut out: BTreeMap<String, usize> = BTreeMap::new();
        for part in &self.parts {
            let terms = &part.segment.terms;
            let mut at = 0;
            while at < terms.len() {
                let Some((field, _)) = terms.term(at).split_once(SEPARATOR) else {
                    at += 1;
                    continue;
                };
                let end = terms
                    .after_prefix(&format!("{field}{SEPARATOR}"), at)
                    .max(at + 1);
                if accepts(field) {
                    let holders = part.segment.postings.union(at..end);
                    let count = holders.intersection_len(&part.live);
                    if count > 0 {
                        *out.entry(field.to_string()).or_default() +=
                            usize::try_from(count).unwrap_or(usize::MAX);
                    }
                }
                at = end;
            }
        }
        out
    }
}

impl Part {
    /// One document's values of a field, with the words behind the first.
    fn values_of(
        &self,
        document: u32,
        field: &std::ops::Range<usize>,
        prefix: &str,
        into: &mut BTreeMap<String, usize>,
    ) {
        let term = |number: &u32| self.segment.terms.term(*number as usize);
        let mut positions = self.segment.positions(document).iter().peekable();
        while let Some(number) = positions.next() {
            if !field.contains(&(*number as usize)) {
                continue;
            }
            let mut value = term(number)
                .strip_prefix(prefix)
                .unwrap_or_default()
                .to_string();
            while let Some(more) = positions.next_if(|next| !term(next).contains(SEPARATOR)) {
                value.push(' ');
                value.push_str(term(more));
            }
            *into.entry(value).or_default() += 1;
        }
    }
}
