//! The keyword tables, read once from the text files in `tables/`. A row may end in the versions that know it, see
//! [`Known::of`].

use std::sync::LazyLock;

use super::version::{Known, Version};
use crate::hash::HashMap;

/// Non-blank, non-comment lines of a table.
fn rows(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
}

/// What names mean, in the versions that know them.
pub struct Table<T>(HashMap<&'static str, (T, Known)>);

impl<T> Table<T> {
    fn new(text: &'static str, read: impl Fn(&'static str) -> Option<(&'static str, T)>) -> Self {
        let row = |row| {
            let (row, known) = Known::of(row);
            let (name, value) = read(row)?;
            Some((name, (value, known)))
        };
        Self(rows(text).filter_map(row).collect())
    }

    /// What a name means.
    ///
    /// # Errors
    /// Why this version does not know it, as [`Known::by`] says it; nothing where no version does.
    pub fn get(&self, name: &str, version: Version) -> Result<&T, String> {
        let (value, known) = self.0.get(name).ok_or_else(String::new)?;
        known.by(version).map(|()| value)
    }

    /// True where some version knows the name.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// What a version knows, in no order.
    pub fn known_to(&self, version: Version) -> impl Iterator<Item = (&'static str, &T)> {
        self.0
            .iter()
            .filter(move |(_, (_, known))| known.by(version).is_ok())
            .map(|(name, (value, _))| (*name, value))
    }

    /// Names that a version knows, in no order.
    pub fn names(&self, version: Version) -> impl Iterator<Item = &'static str> {
        self.known_to(version).map(|(name, _)| name)
    }
}

/// A keyword of the global and proxy sections.
pub struct Keyword {
    /// Letters of the sections that take it, see `tables/keywords.txt`.
    pub sections: &'static str,
    pub arguments: Vec<&'static str>,
}

pub static KEYWORDS: LazyLock<Table<Keyword>> = LazyLock::new(|| {
    Table::new(include_str!("tables/keywords.txt"), |row| {
        let mut words = row.split_whitespace();
        let (name, sections) = (words.next()?, words.next()?);
        let arguments = words.collect();
        Some((
            name,
            Keyword {
                sections,
                arguments,
            },
        ))
    })
});

/// Keywords that are refused with a hint.
pub static REMOVED: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    rows(include_str!("tables/removed.txt"))
        .filter_map(|row| row.split_once(' '))
        .collect()
});

/// `option` switches that take no argument.
pub static OPTIONS: LazyLock<Table<()>> = LazyLock::new(|| {
    Table::new(include_str!("tables/options.txt"), |row| {
        Some((row.split(' ').next()?, ()))
    })
});

/// Keyword and number of words that follow it; -1 where it reads its own.
fn counted(text: &'static str) -> Table<i32> {
    Table::new(text, |row| {
        let (name, count) = row.split_once(' ')?;
        Some((name, count.parse().ok()?))
    })
}

pub static BIND: LazyLock<Table<i32>> = LazyLock::new(|| counted(include_str!("tables/bind.txt")));
pub static SERVER: LazyLock<Table<i32>> =
    LazyLock::new(|| counted(include_str!("tables/server.txt")));

/// Rule sets (`http-request`, `tcp-request connection`, …) and their actions; an action ending in `*` takes a
/// parameter in parentheses.
pub static ACTIONS: LazyLock<HashMap<&str, Vec<(&str, Known)>>> = LazyLock::new(|| {
    let mut sets: HashMap<&str, Vec<(&str, Known)>> = HashMap::default();
    for row in rows(include_str!("tables/actions.txt")) {
        let (row, known) = Known::of(row);
        if let Some((set, action)) = row.rsplit_once(' ') {
            sets.entry(set).or_default().push((action, known));
        }
    }
    sets
});

/// Words that keywords choose from, by keyword and word, where versions differ.
pub static CHOICES: LazyLock<Table<()>> =
    LazyLock::new(|| Table::new(include_str!("tables/choices.txt"), |row| Some((row, ()))));

/// A sample fetch or converter.
pub struct Sample {
    /// Types of its arguments; what follows a `[` may be missing.
    pub required: Vec<&'static str>,
    pub optional: Vec<&'static str>,
    pub output: &'static str,
}

fn samples(text: &'static str) -> Table<Sample> {
    Table::new(text, |row| {
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
        let sample = Sample {
            required: list(required),
            optional: list(optional),
            output,
        };
        Some((name, sample))
    })
}

pub static FETCHES: LazyLock<Table<Sample>> =
    LazyLock::new(|| samples(include_str!("tables/fetches.txt")));
pub static CONVERTERS: LazyLock<Table<Sample>> =
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
