//! What Chef adds to Ruby.

pub mod deep_merge;
pub mod depsolve;
pub mod file_specificity;
pub mod metadata;
pub mod platform;
pub mod resource_table;
pub mod run_list;
pub mod version;
