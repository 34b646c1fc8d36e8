//! Text to spanned syntax. Parsing never fails: it returns a tree and errors. No I/O.

pub mod erb;
pub mod haproxy;
pub mod json;
pub mod name;
pub mod nginx;
pub mod query;
pub mod ruby;
pub mod source;
