//! Runs under a supposition: what would come out if a search had answered otherwise?
//!
//! Whether a recipe cares for the order of results, or for their absence, is not read from its text. It converges once
//! more with the other answer, and what it then does tells.

use std::sync::Arc;

use super::{Converge, IndexView, Options, Simulation, threads};
use crate::convergence::Convergence;
use crate::search::{Answer, Hits};

/// In what a search answers otherwise than the index has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Supposition {
    /// Results come in another order; a server promises none.
    OtherOrder,
    /// This search finds nothing.
    Nothing { index: String, query: String },
}

impl Supposition {
    /// What a search answers under this supposition.
    pub(super) fn applied(&self, answer: Answer, index: &str, query: &str) -> Answer {
        match (self, answer) {
            (Self::OtherOrder, Answer::Results { certain, maybe }) => {
                let mut certain = certain.to_vec();
                // No result stays in its place, whether first, last or in the middle.
                let by = usize::from(certain.len() > 1);
                certain.rotate_left(by);
                Answer::Results {
                    certain: certain.into(),
                    maybe,
                }
            }
            (Self::Nothing { index: i, query: q }, Answer::Results { .. })
                if (i.as_str(), q.as_str()) == (index, query) =>
            {
                Answer::Results {
                    certain: Hits::default(),
                    maybe: Hits::default(),
                }
            }
            (_, answer) => answer,
        }
    }
}

/// One node's run under a supposition.
#[derive(Clone, Debug)]
pub struct Trial {
    pub node: String,
    pub supposition: Supposition,
    pub result: Arc<Convergence>,
}

/// Converges nodes of a settled simulation once more, each under its supposition.
pub fn suppose(
    simulation: &Simulation,
    jobs: &[(String, Supposition)],
    converge: &dyn Converge,
    options: Options,
) -> Vec<Trial> {
    let results = threads::map(jobs, options, |(node, supposition)| {
        let saved = simulation.document(node)?;
        let view = IndexView::Supposing(&simulation.index, supposition);
        Some(Trial {
            node: node.clone(),
            supposition: supposition.clone(),
            result: Arc::new(converge.converge(saved, view)),
        })
    });
    results.into_iter().flatten().collect()
}
