//! Hash tables with a quick hash function, seeded anew in each process against crafted keys. The order of a
//! [`HashMap`] says nothing.

pub use foldhash::fast::RandomState;

pub type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;
pub type HashSet<K> = std::collections::HashSet<K, RandomState>;
