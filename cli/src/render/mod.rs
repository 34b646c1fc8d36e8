//! What people and machines get to see.

pub mod converge;
pub mod error;
pub mod human;
pub mod json;
pub mod lint;
pub mod paint;
pub mod place;
