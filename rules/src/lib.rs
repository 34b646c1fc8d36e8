//! The catalogue: a rule is a plain function from an impact to findings.
//!
//! Nothing here renders, reads a file or asks the clock: [`judge`] takes data and gives data. A rule is one file of
//! [`catalogue`], which holds its published page, its check and what proves both.

// Nothing that comes from input may panic; the few exceptions say why they cannot.
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

pub mod catalogue;
mod chain;
pub mod config;
pub mod date;
pub mod docs;
mod failure;
pub mod finding;
mod judge;
mod query;
mod restarts;
pub mod rule;
pub mod severity;
pub mod suppression;
pub mod waiver;

pub use config::{Config, PoolLimits};
pub use date::Date;
pub use finding::Finding;
pub use foretaste_simulator::convergence::Evidence;
pub use judge::{Judgement, Suppressed, Verdict, judge, judge_by};
pub use rule::Rule;
pub use severity::Severity;
pub use waiver::Waiver;
