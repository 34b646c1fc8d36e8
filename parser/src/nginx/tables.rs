//! The directive table, read once from `tables/directives.txt`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::hash::HashMap;

/// One form of a directive: a name may have several, by context.
pub struct Form {
    /// `1`, `2+`, `any` or `flag` (one argument, `on` or `off`), …
    pub counts: Vec<&'static str>,
    pub block: bool,
    pub contexts: Vec<&'static str>,
}

pub static DIRECTIVES: LazyLock<HashMap<&str, Vec<Form>>> = LazyLock::new(|| {
    let mut table: HashMap<&str, Vec<Form>> = HashMap::default();
    let rows = include_str!("tables/directives.txt")
        .lines()
        .chain(include_str!("tables/modules.txt").lines())
        .filter(|l| !l.is_empty() && !l.starts_with('#'));
    for row in rows {
        let mut words = row.split(' ');
        let (Some(name), Some(counts), Some(block), Some(contexts)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            continue;
        };
        table.entry(name).or_default().push(Form {
            counts: counts.split(',').collect(),
            block: block == "block",
            contexts: contexts.split(',').collect(),
        });
    }
    table
});

/// What a lone argument of a directive has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    Time,
    Size,
    Number,
    Text,
}

/// How a directive's value is read.
pub struct Value {
    pub kind: ValueKind,
    /// True where a block may not repeat the directive.
    pub once: bool,
}

fn rows(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
}

pub static VALUES: LazyLock<HashMap<&str, Value>> = LazyLock::new(|| {
    rows(include_str!("tables/values.txt"))
        .filter_map(|row| {
            let mut words = row.split(' ');
            let name = words.next()?;
            let kind = match words.next()? {
                "time" => ValueKind::Time,
                "size" => ValueKind::Size,
                "num" => ValueKind::Number,
                _ => ValueKind::Text,
            };
            Some((
                name,
                Value {
                    kind,
                    once: words.next() == Some("once"),
                },
            ))
        })
        .collect()
});

/// Directives that only NGINX Plus or modules built apart know; the second set has the beginnings of families.
static ELSEWHERE: LazyLock<(BTreeSet<&str>, Vec<&str>)> = LazyLock::new(|| {
    let (families, names): (Vec<_>, Vec<_>) =
        rows(include_str!("tables/commercial.txt")).partition(|row| row.ends_with('*'));
    let families = families
        .into_iter()
        .map(|f| f.trim_end_matches('*'))
        .collect();
    (names.into_iter().collect(), families)
});

/// True for a directive that only NGINX Plus or a module built apart knows.
pub fn is_known_elsewhere(name: &str) -> bool {
    let (names, families) = &*ELSEWHERE;
    names.contains(name) || families.iter().any(|f| name.starts_with(f))
}

/// Variables that exist by themselves.
pub static VARIABLES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    rows(include_str!("tables/variables.txt"))
        .filter_map(|row| row.split(' ').next())
        .collect()
});

/// Those of them that cannot be set.
pub static FIXED_VARIABLES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    rows(include_str!("tables/variables.txt"))
        .filter_map(|row| row.strip_suffix(" fixed"))
        .collect()
});

/// Arguments in which a directive puts variables: their places from 1, or 0 for all.
pub static INTERPOLATED: LazyLock<HashMap<&str, Vec<usize>>> = LazyLock::new(|| {
    rows(include_str!("tables/interpolated.txt"))
        .filter_map(|row| {
            let (name, places) = row.split_once(' ')?;
            Some((
                name,
                places.split(',').filter_map(|p| p.parse().ok()).collect(),
            ))
        })
        .collect()
});
