//! Texts by number.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Distinct texts in one allocation, numbered as they come.
#[derive(Default)]
pub struct Texts {
    text: String,
    ends: Vec<usize>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Texts {
    /// The number of a text, which is held from now on.
    pub fn number(&mut self, text: &str) -> u32 {
        let Self {
            text: all,
            ends,
            numbers,
            hasher,
        } = self;
        let entry = numbers.entry(
            hasher.hash_one(text),
            |held| slice(all, ends, *held) == text,
            |held| hasher.hash_one(slice(all, ends, *held)),
        );
        *entry
            .or_insert_with(|| {
                all.push_str(text);
                ends.push(all.len());
                number(ends.len() - 1)
            })
            .get()
    }

    pub fn text(&self, number: u32) -> &str {
        slice(&self.text, &self.ends, number)
    }

    /// Numbers by the byte order of their texts.
    pub fn sorted(&self) -> Vec<u32> {
        // Most texts differ at their beginning, which is at hand here.
        let mut order: Vec<(u64, u32)> = (0..number(self.ends.len()))
            .map(|n| (beginning(self.text(n)), n))
            .collect();
        order.sort_unstable_by(|a, b| {
            a.0.cmp(&b.0)
                .then_with(|| self.text(a.1).cmp(self.text(b.1)))
        });
        order.into_iter().map(|(_, n)| n).collect()
    }
}

/// The place of each number in an order.
pub fn ranks(order: &[u32]) -> Vec<u32> {
    let mut out = vec![0; order.len()];
    for (rank, number) in (0..).zip(order) {
        if let Some(slot) = out.get_mut(*number as usize) {
            *slot = rank;
        }
    }
    out
}

pub fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn slice<'a>(all: &'a str, ends: &[usize], number: u32) -> &'a str {
    let number = number as usize;
    let end = |at: usize| ends.get(at).copied();
    let start = number.checked_sub(1).and_then(end).unwrap_or(0);
    end(number)
        .and_then(|end| all.get(start..end))
        .unwrap_or_default()
}

/// The first eight bytes, as a number that orders as they do.
fn beginning(text: &str) -> u64 {
    let mut out = [0; 8];
    out.iter_mut()
        .zip(text.bytes())
        .for_each(|(slot, byte)| *slot = byte);
    u64::from_be_bytes(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_numbered_once_and_ordered_by_bytes() {
        let mut texts = Texts::default();
        let words = [
            "b",
            "",
            "longer than eight",
            "b",
            "longer th",
            "b\0",
            "Z",
            "é",
            "",
        ];
        let numbers: Vec<u32> = words.iter().map(|word| texts.number(word)).collect();
        assert_eq!(numbers, [0, 1, 2, 0, 3, 4, 5, 6, 1]);
        let order = texts.sorted();
        let sorted: Vec<&str> = order.iter().map(|n| texts.text(*n)).collect();
        assert_eq!(
            sorted,
            ["", "Z", "b", "b\0", "longer th", "longer than eight", "é"]
        );
        assert_eq!(ranks(&order)[0], 2);
    }
}
