//! What Ruby 3.1 has, by class: calling a method of it that no table declares is unsupported, not missing.
//!
//! The names are in `known.tsv`, as Ruby itself lists them.

use std::sync::LazyLock;

use crate::hash::HashMap;

/// Names by class; those of the class itself under its name with a full stop.
static ROWS: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let lines = include_str!("known.tsv").lines();
    let rows = lines.filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| {
        let (class, names) = line.split_once('\t')?;
        Some((class, names.split(' ').collect()))
    })
    .collect()
});

/// Whether Ruby has a method in a class, or of the class itself.
pub fn has(class: &str, of_itself: bool, name: &str) -> bool {
    let row = match of_itself {
        true => ROWS.get(format!("{class}.").as_str()),
        false => ROWS.get(class),
    };
    row.is_some_and(|names| names.contains(&name))
}

/// Whether Ruby or its standard library has a constant that this evaluator may lack.
pub fn is_constant(name: &str) -> bool {
    has("constants", false, name)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_list_has_methods_of_instances_and_of_classes() {
        assert!(super::has("File", true, "rename") && !super::has("File", false, "rename"));
        assert!(super::has("String", false, "unpack1") && !super::has("String", true, "unpack1"));
        assert!(super::is_constant("BigDecimal") && !super::is_constant("Bigdecimal"));
    }
}
