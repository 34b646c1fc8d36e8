//! Text to spanned syntax. Parsing never fails: it returns a tree and errors. No I/O.

pub mod assembly;
pub mod check;
pub mod conflict;
pub mod envoy;
pub mod erb;
pub mod formats;
pub mod haproxy;
pub mod hole;
pub mod httpd;
pub mod json;
pub mod keepalived;
pub mod lines;
pub mod name;
pub mod nearest;
pub mod nginx;
pub mod problem;
pub mod query;
mod regex;
pub mod ruby;
pub mod source;
pub mod squid;
pub mod vcl;
pub mod yaml;
