//! Ruby: prism parses, we lower once into a compact tree that every simulated node shares.

pub mod ast;
pub(crate) mod prism;

pub use prism::parse;
