//! What Ruby 3.1 has, by class: calling a method of it that no table declares is unsupported, not missing.
//!
//! The names are in `known.tsv`, as Ruby itself lists them.

use std::sync::LazyLock;

/// A class's name with its methods.
type Row = (&'static str, &'static [&'static str]);

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let lines = include_str!("known.tsv").lines();
    let rows = lines.filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| {
        let (class, names) = line.split_once('\t')?;
        let names: Vec<&str> = names.split(' ').collect();
        // Once for the process: every machine's classes refer to these lists.
        Some((class, &*names.leak()))
    })
    .collect()
});

/// Each core class with the methods that Ruby has in it.
pub fn classes() -> impl Iterator<Item = Row> {
    ROWS.iter()
        .copied()
        .filter(|(class, _)| *class != CONSTANTS)
}

const CONSTANTS: &str = "constants";

/// Whether Ruby or its standard library has a constant that this evaluator may lack.
pub fn is_constant(name: &str) -> bool {
    let row = ROWS.iter().find(|(class, _)| *class == CONSTANTS);
    row.is_some_and(|(_, names)| names.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::super::super::Interp;

    #[test]
    fn every_class_of_the_list_is_one_of_the_core() {
        let interp = Interp::default();
        for (class, names) in super::classes() {
            assert!(interp.class_by_path(class).is_some(), "{class}");
            assert!(names.iter().all(|n| !n.is_empty()), "{class}");
        }
        assert!(super::is_constant("BigDecimal") && !super::is_constant("Bigdecimal"));
    }
}
