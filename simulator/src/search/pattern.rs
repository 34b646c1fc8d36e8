//! Ways for a token to match: wildcards, edit distance, Lucene's regular expressions.

/// A pattern over a whole text: `*` is any text, `?` any one character, a backslash takes either literally.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    parts: Vec<Part>,
    /// The text that every match ends with.
    suffix: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Char(char),
    One,
    Many,
}

impl Glob {
    pub fn new(pattern: &str) -> Self {
        let mut parts = Vec::new();
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            let part = match c {
                '*' if parts.last() == Some(&Part::Many) => continue,
                '*' => Part::Many,
                '?' => Part::One,
                '\\' => Part::Char(chars.next().unwrap_or('\\')),
                c => Part::Char(c),
            };
            parts.push(part);
        }
        let behind = parts
            .iter()
            .rposition(|part| !matches!(part, Part::Char(_)));
        let suffix = parts.get(behind.map_or(0, |at| at + 1)..);
        let suffix = suffix
            .unwrap_or_default()
            .iter()
            .filter_map(|part| match part {
                Part::Char(c) => Some(*c),
                Part::One | Part::Many => None,
            });
        Self {
            suffix: suffix.collect(),
            parts,
        }
    }

    /// The text that every match begins with.
    pub fn prefix(&self) -> String {
        self.parts
            .iter()
            .map_while(|part| match part {
                Part::Char(c) => Some(*c),
                _ => None,
            })
            .collect()
    }

    /// The text that this matches alone, where it has no wildcard.
    pub fn literal(&self) -> Option<String> {
        let prefix = self.prefix();
        (prefix.chars().count() == self.parts.len()).then_some(prefix)
    }

    pub fn matches(&self, text: &str) -> bool {
        // Most texts are told apart by their ends.
        if !text.ends_with(self.suffix.as_str()) {
            return false;
        }
        let mut rest = text.chars();
        let mut at = 0;
        // Where to go on when the last `*` has to take one character more.
        let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            let matched = match self.parts.get(at) {
                Some(Part::Many) => {
                    at += 1;
                    retry = Some((at, rest.clone()));
                    continue;
                }
                Some(Part::One) => rest.next().is_some(),
                Some(Part::Char(c)) => rest.next() == Some(*c),
                None => rest.as_str().is_empty(),
            };
            if !matched {
                let Some((start, after)) = &mut retry else {
                    return false;
                };
                if after.next().is_none() {
                    return false;
                }
                at = *start;
                rest = after.clone();
            } else if at == self.parts.len() {
                return true;
            } else {
                at += 1;
            }
        }
    }
}

/// Whether two texts are at most `edits` insertions, deletions, replacements or swaps of neighbours apart.
pub fn within(a: &[char], b: &[char], edits: usize) -> bool {
    distance(a, b, edits).is_some()
}

/// The edit distance, swaps counted as one; `None` where it is more than `limit`.
pub fn distance(a: &[char], b: &[char], limit: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
            let mut best = (cell(&last, j) + usize::from(x != y))
                .min(cell(&last, j + 1) + 1)
                .min(cell(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(cell(&before, j - 1) + 1);
            }
            row.push(best);
        }
        if row.iter().min().is_some_and(|least| *least > limit) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|distance| *distance <= limit)
}

/// What an [`Automaton`] makes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading<'t> {
    Near,
    Far,
    /// No text that begins like this is near.
    Dead(&'t str),
}

/// Compares many texts with one, quickest where they come in order: what begins alike is read once.
pub struct Automaton<'a> {
    wanted: &'a [char],
    edits: usize,
    /// The letters read so far, and the row of the distance table after each of them, with one before the first.
    letters: Vec<char>,
    rows: Vec<Vec<usize>>,
}

impl<'a> Automaton<'a> {
    pub fn new(wanted: &'a [char], edits: usize) -> Self {
        Self {
            wanted,
            edits,
            letters: Vec::new(),
            rows: vec![(0..=wanted.len()).collect()],
        }
    }

    pub fn read<'t>(&mut self, text: &'t str) -> Reading<'t> {
        let alike = text
            .chars()
            .zip(&self.letters)
            .take_while(|(a, b)| a == *b)
            .count();
        self.letters.truncate(alike);
        self.rows.truncate(alike + 1);
        for (at, letter) in text.char_indices().skip(alike) {
            let row = self.row(letter);
            let dead = row.iter().min().is_none_or(|least| *least > self.edits);
            self.letters.push(letter);
            self.rows.push(row);
            if dead {
                let end = at + letter.len_utf8();
                return Reading::Dead(text.get(..end).unwrap_or(text));
            }
        }
        match self.rows.last().and_then(|row| row.last()) {
            Some(distance) if *distance <= self.edits => Reading::Near,
            _ => Reading::Far,
        }
    }

    fn row(&self, letter: char) -> Vec<usize> {
        let cell = |row: Option<&Vec<usize>>, at: usize| {
            row.and_then(|row| row.get(at))
                .copied()
                .unwrap_or(usize::MAX / 2)
        };
        let last = self.rows.last();
        let before = self
            .rows
            .len()
            .checked_sub(2)
            .and_then(|at| self.rows.get(at));
        let mut out = Vec::with_capacity(self.wanted.len() + 1);
        let mut left = cell(last, 0) + 1;
        out.push(left);
        let mut earlier = None;
        for (j, wanted) in self.wanted.iter().enumerate() {
            let mut best = (cell(last, j) + usize::from(letter != *wanted))
                .min(cell(last, j + 1) + 1)
                .min(left + 1);
            if earlier == Some(letter) && self.letters.last() == Some(wanted) {
                best = best.min(cell(before, j.saturating_sub(1)) + 1);
            }
            out.push(best);
            left = best;
            earlier = Some(*wanted);
        }
        out
    }
}

/// A Lucene regular expression over whole tokens, for the `fancy_regex` crate; `None` where it has no meaning there.
///
/// Lucene has no anchors; `@` is any text, `#` nothing at all, quotes take text literally, a repetition that repeats
/// nothing is a literal.
pub fn regex(pattern: &str) -> Option<fancy_regex::Regex> {
    let mut out = String::from(r"\A(?s:");
    let mut chars = pattern.chars().peekable();
    let mut repeats = false;
    let mut class = false;
    while let Some(c) = chars.next() {
        let repeatable = repeats;
        repeats = true;
        match c {
            '\\' => out.push_str(&fancy_regex::escape(&chars.next()?.to_string())),
            ']' if class => {
                class = false;
                out.push(c);
            }
            c if class => out.push(c),
            '[' => {
                class = true;
                out.push(c);
                repeats = false;
            }
            '"' => {
                let text: String = chars.by_ref().take_while(|c| *c != '"').collect();
                out.push_str(&format!("(?:{})", fancy_regex::escape(&text)));
            }
            '@' => out.push_str("(?:.*)"),
            '#' => out.push_str("(?:[^\\s\\S])"),
            '.' => out.push('.'),
            '(' | '|' => {
                out.push(c);
                repeats = false;
            }
            ')' => out.push(c),
            '*' | '+' | '?' if repeatable => {
                // Lucene repeats the repetition; elsewhere two signs mean something else.
                let mut sign = c;
                while let Some(again) = chars.next_if(|c| "*+?".contains(*c)) {
                    if again != sign {
                        sign = '*';
                    }
                }
                out.push(sign);
            }
            '{' if repeatable => {
                let count: String = chars.by_ref().take_while(|c| *c != '}').collect();
                out.push_str(&format!("{{{count}}}"));
            }
            c => out.push_str(&fancy_regex::escape(&c.to_string())),
        }
    }
    out.push_str(r")\z");
    fancy_regex::Regex::new(&out).ok()
}
