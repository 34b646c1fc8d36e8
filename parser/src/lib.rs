//! Text to spanned syntax. Parsing never fails: it returns a tree and errors. No I/O.

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

pub mod assembly;
pub mod check;
pub mod conflict;
pub mod cron;
pub mod data;
pub mod envoy;
pub mod erb;
pub mod firewall;
pub mod formats;
pub mod haproxy;
pub mod hash;
pub mod hole;
pub mod hosts;
pub mod httpd;
pub mod ini;
pub mod json;
pub mod keepalived;
pub mod lines;
pub mod logrotate;
pub mod name;
pub mod named;
pub mod nearest;
pub mod nginx;
pub mod postgresql;
pub mod problem;
pub mod query;
pub mod redis;
mod regex;
pub mod rsyslog;
pub mod ruby;
pub mod source;
pub mod squid;
pub mod sshd;
pub mod sudoers;
pub mod vcl;
pub mod yaml;
pub mod zone;
