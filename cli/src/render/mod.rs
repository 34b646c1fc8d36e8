//! What people and machines read: a file for each format.

pub mod converge;
pub mod error;
pub mod explained;
pub mod explanation;
mod github;
mod gitlab;
mod html;
pub mod human;
pub mod json;
mod junit;
pub mod lint;
mod markdown;
pub mod paint;
pub mod place;
pub mod plan;
mod rotation;
mod sarif;
pub mod summary;
mod unknown;

use crate::args::Format;
use summary::Summary;

/// A summary in a format that is written from one; nothing in those that need more.
#[must_use]
pub fn summary(format: Format, summary: &Summary) -> String {
    match format {
        Format::Sarif => sarif::render(summary),
        Format::Github => github::render(summary),
        Format::Gitlab => gitlab::render(summary),
        Format::Junit => junit::render(summary),
        Format::Markdown => markdown::render(summary),
        Format::Html => html::render(summary),
        Format::Human | Format::Json => String::new(),
    }
}
