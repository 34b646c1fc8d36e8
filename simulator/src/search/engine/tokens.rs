//! The tokens of the server's documents.

use std::sync::Arc;

use super::dictionary::Dictionary;
use super::gathered::Gathered;
use crate::search::analysis;
use crate::search::document::Document;
use crate::search::flatten::SEPARATOR;
use crate::search::pairs::Pairs;
use crate::search::texts::number;

/// The tokens of documents, by position. What documents have in common is cut into tokens once.
pub fn gather(documents: &[Arc<Document>]) -> Gathered {
    let mut pairs = Pairs::default();
    for document in documents {
        document.pairs(&mut pairs);
    }
    pairs.sort();
    let cut = Cut::new(&pairs);
    let (terms, numbers) = cut.number();
    let mut positions = Vec::new();
    let mut ends = Vec::with_capacity(documents.len());
    for held in pairs.documents() {
        for pair in held {
            positions.extend_from_slice(numbers.get(cut.tokens_of(*pair)).unwrap_or_default());
        }
        ends.push(positions.len());
    }
    positions.shrink_to_fit();
    Gathered {
        terms,
        positions,
        ends,
    }
}

/// The tokens of pairs.
#[derive(Default)]
struct Cut {
    text: String,
    /// Where each token is in the text.
    tokens: Vec<(usize, usize)>,
    /// Where the tokens of each pair end.
    ends: Vec<usize>,
}

impl Cut {
    fn new(pairs: &Pairs) -> Self {
        let mut out = Self::default();
        for (key, value) in pairs.all() {
            let start = out.text.len();
            for part in [key, SEPARATOR, value] {
                out.text.push_str(part);
            }
            let text = out.text.get(start..).unwrap_or_default();
            if analysis::is_plainly_one(text) {
                out.tokens.push((start, out.text.len()));
            } else {
                let tokens = analysis::tokens(text).into_iter();
                out.tokens
                    .extend(tokens.map(|(from, to)| (start + from, start + to)));
            }
            out.ends.push(out.tokens.len());
        }
        out
    }

    fn tokens_of(&self, pair: u32) -> std::ops::Range<usize> {
        let end = |at: usize| self.ends.get(at).copied();
        let pair = pair as usize;
        let start = pair.checked_sub(1).and_then(end).unwrap_or(0);
        start..end(pair).unwrap_or(start)
    }

    /// The distinct tokens, and which of them each token is.
    fn number(&self) -> (Dictionary, Vec<u32>) {
        let text = |at: u32| {
            let place = self.tokens.get(at as usize);
            place
                .and_then(|(start, end)| self.text.get(*start..*end))
                .unwrap_or_default()
        };
        let mut order: Vec<u32> = (0..number(self.tokens.len())).collect();
        // Pairs come in order, so tokens nearly do, and this sort goes by what is in order already.
        order.sort_by(|a, b| text(*a).cmp(text(*b)));
        let mut numbers = vec![0; order.len()];
        let mut distinct: Vec<u32> = Vec::with_capacity(order.len());
        for at in order {
            if distinct.last().is_none_or(|last| text(*last) != text(at)) {
                distinct.push(at);
            }
            if let Some(slot) = numbers.get_mut(at as usize) {
                *slot = number(distinct.len() - 1);
            }
        }
        (Dictionary::new(distinct.into_iter().map(text)), numbers)
    }
}
