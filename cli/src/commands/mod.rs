//! One file a command.

pub mod check;
pub mod converge;
pub mod demo;
pub mod explain;
pub mod hook;
pub mod init;
pub mod lint;
pub mod plan;
pub mod replay;
pub mod search;
