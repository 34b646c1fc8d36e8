//! The directive table, read once from `tables/directives.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

/// One form of a directive: a name may have several, by context.
pub struct Form {
    /// `1`, `2+`, `any` or `flag` (one argument, `on` or `off`), …
    pub counts: Vec<&'static str>,
    pub block: bool,
    pub contexts: Vec<&'static str>,
}

pub static DIRECTIVES: LazyLock<HashMap<&str, Vec<Form>>> = LazyLock::new(|| {
    let mut table: HashMap<&str, Vec<Form>> = HashMap::new();
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
