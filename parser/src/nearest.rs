//! The name that was probably meant.

/// The nearest of some names by edit distance, where one is near enough to be a typing error. Of equally near
/// names, the first in alphabetical order.
pub fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let allowed = match name.chars().count() {
        0..=2 => return None,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    if name.len() > 64 {
        return None;
    }
    names
        .filter(|n| n.len().abs_diff(name.len()) <= allowed && *n != name)
        .map(|n| (distance(name, n), n))
        .filter(|(d, _)| *d <= allowed)
        .min()
        .map(|(_, n)| n)
}

/// Edit distance in characters: insert, delete, replace.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, cb) in row.iter_mut().skip(1).zip(b.chars()) {
            let cost = if ca == cb {
                diagonal
            } else {
                diagonal.min(left).min(*cell) + 1
            };
            diagonal = *cell;
            *cell = cost;
            left = cost;
        }
    }
    row.last().copied().unwrap_or(0)
}
