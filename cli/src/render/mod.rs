//! What people and machines get to see.

pub mod error;
pub mod lint;
pub mod place;
