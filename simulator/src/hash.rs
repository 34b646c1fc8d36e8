//! Hash tables with a quick hash function; that of the parser, and one that keeps the order of insertion.

pub use foretaste_parser::hash::{HashMap, HashSet, RandomState};

pub type IndexMap<K, V> = indexmap::IndexMap<K, V, RandomState>;
