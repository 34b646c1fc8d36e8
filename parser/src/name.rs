//! Interned names: an identifier is compared by its address and read back as a `&'static str`.

use std::cell::RefCell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::hash::HashMap;

/// An interned identifier. Equal texts have equal names for the life of the process; names have no
/// order, so sort by `as_str` wherever an order can be seen.
#[derive(Clone, Copy)]
pub struct Name(&'static &'static str);

/// Every name there is, by its text.
static TABLE: LazyLock<Mutex<HashMap<&'static str, Name>>> = LazyLock::new(Mutex::default);

thread_local! {
    /// The part of the table that this thread has asked for, so that threads do not wait for each other.
    static MIRROR: RefCell<HashMap<&'static str, Name>> = RefCell::default();
}

impl Name {
    /// Interns a text. The text lives until the process ends.
    pub fn new(text: &str) -> Self {
        MIRROR.with_borrow_mut(|mirror| match mirror.get(text) {
            Some(name) => *name,
            None => {
                let name = Self::shared(text);
                mirror.insert(name.as_str(), name);
                name
            }
        })
    }

    fn shared(text: &str) -> Self {
        let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = table.get(text) {
            return *name;
        }
        let text: &'static str = Box::leak(text.into());
        let name = Self(Box::leak(Box::new(text)));
        table.insert(text, name);
        name
    }

    pub fn as_str(self) -> &'static str {
        self.0
    }

    fn address(self) -> *const &'static str {
        self.0
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.address().hash(state);
    }
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

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn threads_agree_on_names() {
        let here = Name::new("threads_agree_on_names");
        let there = std::thread::spawn(|| Name::new("threads_agree_on_names"));
        assert_eq!(there.join().ok(), Some(here));
        assert_ne!(Name::new("another"), here);
    }
}
