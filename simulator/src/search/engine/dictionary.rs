//! The distinct terms of a segment, in byte order.

use std::ops::Range;

/// Sorted texts in one allocation; a term's number is its rank.
#[derive(Debug, Default)]
pub struct Dictionary {
    text: String,
    ends: Vec<usize>,
}

impl Dictionary {
    /// Takes terms that are sorted and distinct.
    pub fn new<'a>(sorted: impl Iterator<Item = &'a str>) -> Self {
        let mut out = Self::default();
        for term in sorted {
            out.text.push_str(term);
            out.ends.push(out.text.len());
        }
        out.text.shrink_to_fit();
        out.ends.shrink_to_fit();
        out
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn term(&self, number: usize) -> &str {
        let start = match number.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or_default(),
            None => 0,
        };
        self.ends
            .get(number)
            .and_then(|end| self.text.get(start..*end))
            .unwrap_or_default()
    }

    pub fn find(&self, term: &str) -> Option<usize> {
        let at = self.first_from(term, 0);
        (at < self.len() && self.term(at) == term).then_some(at)
    }

    /// The terms that begin with a text.
    pub fn prefixed(&self, prefix: &str) -> Range<usize> {
        let start = self.first_from(prefix, 0);
        start..self.after_prefix(prefix, start)
    }

    /// The first term behind all that begin with a text, of which `from` is one or the place for one.
    pub fn after_prefix(&self, prefix: &str, from: usize) -> usize {
        self.gallop(from, |term| term.starts_with(prefix))
    }

    /// The terms from one text to another, both included.
    pub fn between(&self, lower: &str, upper: &str) -> Range<usize> {
        let start = self.first_from(lower, 0);
        start..self.gallop(start, |term| term <= upper)
    }

    /// The first term from `from` on that is not less than a text.
    fn first_from(&self, text: &str, from: usize) -> usize {
        partition(from, self.len(), |at| self.term(at) < text)
    }

    /// The first term from `from` on that a test rejects, which accepts what comes before; quick where that is near.
    fn gallop(&self, from: usize, accepts: impl Fn(&str) -> bool) -> usize {
        let mut step = 1;
        let mut low = from;
        while low + step <= self.len() && accepts(self.term(low + step - 1)) {
            low += step;
            step *= 2;
        }
        partition(low, self.len().min(low + step), |at| accepts(self.term(at)))
    }
}

fn partition(mut low: usize, mut high: usize, before: impl Fn(usize) -> bool) -> usize {
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_terms() {
        let words = ["a", "ab", "ab1", "ab2", "b", "ba", "c"];
        let terms = Dictionary::new(words.into_iter());
        let show = |range: Range<usize>| range.map(|n| terms.term(n)).collect::<Vec<_>>().join(" ");
        assert_eq!(show(terms.prefixed("ab")), "ab ab1 ab2");
        assert_eq!(show(terms.prefixed("")), words.join(" "));
        assert_eq!(show(terms.prefixed("bb")), "");
        assert_eq!(show(terms.between("ab1", "b")), "ab1 ab2 b");
        assert_eq!(show(terms.between("aba", "zz")), "b ba c");
        assert_eq!(show(terms.between("c", "a")), "");
        assert_eq!(terms.find("ba"), Some(5));
        assert_eq!(terms.find("bb"), None);
        assert_eq!(Dictionary::default().find(""), None);
    }
}
