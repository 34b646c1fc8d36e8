//! What many runs have in common, kept once: most resources and rendered files of a repository's nodes are the same on
//! all of them, and in all rounds.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use crate::convergence::{Convergence, Resource};
use crate::hash::HashSet;

/// Resources and texts of the results of one simulation.
#[derive(Default)]
pub(super) struct Shared {
    resources: Mutex<HashSet<Arc<Resource>>>,
    texts: Mutex<HashSet<Arc<str>>>,
}

impl Shared {
    /// The same result, with what an earlier one has too taken from there.
    pub(super) fn share(&self, mut result: Convergence) -> Convergence {
        share(&self.resources, result.resources.iter_mut());
        share(&self.texts, result.files.values_mut().map(|f| &mut f.text));
        result
    }
}

fn share<'a, T: ?Sized + Eq + Hash + 'a>(
    known: &Mutex<HashSet<Arc<T>>>,
    values: impl Iterator<Item = &'a mut Arc<T>>,
) {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    for value in values {
        match known.get(value) {
            Some(same) => *value = same.clone(),
            None => {
                known.insert(value.clone());
            }
        }
    }
}
