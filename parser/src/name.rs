//! Interned names: an identifier is compared as a number and read back as a `&'static str`.

use std::collections::HashMap;
use std::fmt;
use std::sync::{LazyLock, RwLock};

/// An interned identifier. Equal texts have equal names for the life of the process; the order of
/// names says nothing, so sort by `as_str` wherever the order can be seen.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name(u32);

#[derive(Default)]
struct Table {
    index: HashMap<&'static str, u32>,
    texts: Vec<&'static str>,
}

static TABLE: LazyLock<RwLock<Table>> = LazyLock::new(RwLock::default);

impl Name {
    /// Interns a text. The text lives until the process ends.
    pub fn new(text: &str) -> Self {
        if let Some(id) = read().index.get(text) {
            return Self(*id);
        }
        let mut table = TABLE
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(id) = table.index.get(text) {
            return Self(*id);
        }
        let text: &'static str = Box::leak(text.into());
        let id = u32::try_from(table.texts.len()).unwrap_or(u32::MAX);
        table.texts.push(text);
        table.index.insert(text, id);
        Self(id)
    }

    pub fn as_str(self) -> &'static str {
        read().texts.get(self.0 as usize).copied().unwrap_or("")
    }
}

fn read() -> std::sync::RwLockReadGuard<'static, Table> {
    TABLE
        .read()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
