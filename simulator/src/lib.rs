//! Deterministic simulation of Chef: no I/O, no clock, nothing of a repository is run.

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

pub mod change;
pub mod chef;
pub mod convergence;
pub mod files;
pub mod hash;
pub mod impact;
pub mod inventory;
pub mod packed;
pub mod pool;
pub mod readers;
pub mod repository;
pub mod rollout;
pub mod ruby;
pub mod search;
pub mod simulation;
pub mod split;
