//! Deterministic simulation of Chef: no I/O, no clock, nothing of a repository is run.

pub mod change;
pub mod chef;
pub mod convergence;
pub mod files;
pub mod hash;
pub mod impact;
pub mod inventory;
pub mod pool;
pub mod repository;
pub mod rollout;
pub mod ruby;
pub mod search;
pub mod simulation;
