//! Ruby: prism parses, we lower once into a compact tree that every simulated node shares.

pub mod ast;
mod print;
pub(crate) mod prism;

pub use print::print;
pub use prism::{parse, parse_within};
