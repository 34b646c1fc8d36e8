//! The keyword tables, read once from the text files in `tables/`.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

/// Non-blank, non-comment lines of a table.
fn rows(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
}

/// A keyword of the global and proxy sections.
pub struct Keyword {
    /// Letters of the sections that take it, see `tables/keywords.txt`.
    pub sections: &'static str,
    pub arguments: Vec<&'static str>,
}

pub static KEYWORDS: LazyLock<HashMap<&str, Keyword>> = LazyLock::new(|| {
    rows(include_str!("tables/keywords.txt"))
        .filter_map(|row| {
            let mut words = row.split_whitespace();
            let (name, sections) = (words.next()?, words.next()?);
            Some((
                name,
                Keyword {
                    sections,
                    arguments: words.collect(),
                },
            ))
        })
        .collect()
});

/// Keywords that are refused with a hint.
pub static REMOVED: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    rows(include_str!("tables/removed.txt"))
        .filter_map(|row| row.split_once(' '))
        .collect()
});

/// `option` switches that take no argument.
pub static OPTIONS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    rows(include_str!("tables/options.txt"))
        .filter_map(|row| row.split(' ').next())
        .collect()
});

/// Keyword and number of words that follow it; -1 where it reads its own.
fn counted(text: &'static str) -> HashMap<&'static str, i32> {
    rows(text)
        .filter_map(|row| {
            let (name, count) = row.split_once(' ')?;
            Some((name, count.parse().ok()?))
        })
        .collect()
}

pub static BIND: LazyLock<HashMap<&str, i32>> =
    LazyLock::new(|| counted(include_str!("tables/bind.txt")));
pub static SERVER: LazyLock<HashMap<&str, i32>> =
    LazyLock::new(|| counted(include_str!("tables/server.txt")));

/// Rule sets (`http-request`, `tcp-request connection`, …) and their actions; an action ending in `*` takes a
/// parameter in parentheses.
pub static ACTIONS: LazyLock<HashMap<&str, BTreeSet<&str>>> = LazyLock::new(|| {
    let mut sets: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for row in rows(include_str!("tables/actions.txt")) {
        if let Some((set, action)) = row.rsplit_once(' ') {
            sets.entry(set).or_default().insert(action);
        }
    }
    sets
});

/// A sample fetch or converter.
pub struct Sample {
    /// Types of its arguments; what follows a `[` may be missing.
    pub required: Vec<&'static str>,
    pub optional: Vec<&'static str>,
    pub output: &'static str,
}

fn samples(text: &'static str) -> HashMap<&'static str, Sample> {
    rows(text)
        .filter_map(|row| {
            let (signature, types) = row.split_once(": ")?;
            let output = types.split(" => ").next()?;
            let (name, arguments) = match signature.split_once('(') {
                Some((name, rest)) => (name, rest.strip_suffix(')')?),
                None => (signature, ""),
            };
            let (required, optional) = arguments.split_once('[').unwrap_or((arguments, ""));
            let list = |s: &'static str| {
                s.trim_end_matches(']')
                    .split(',')
                    .map(str::trim)
                    .filter(|t| !t.is_empty())
                    .collect()
            };
            Some((
                name,
                Sample {
                    required: list(required),
                    optional: list(optional),
                    output,
                },
            ))
        })
        .collect()
}

pub static FETCHES: LazyLock<HashMap<&str, Sample>> =
    LazyLock::new(|| samples(include_str!("tables/fetches.txt")));
pub static CONVERTERS: LazyLock<HashMap<&str, Sample>> =
    LazyLock::new(|| samples(include_str!("tables/converters.txt")));

/// ACL keywords: the fetch and the match method that they stand for.
pub static ACLS: LazyLock<HashMap<&str, (&str, &str)>> = LazyLock::new(|| {
    rows(include_str!("tables/acls.txt"))
        .filter_map(|row| {
            let (name, meaning) = row.split_once(" = ")?;
            Some((name, meaning.split_once(" -m ")?))
        })
        .collect()
});
