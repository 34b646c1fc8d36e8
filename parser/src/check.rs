//! What is wrong with a config of any format.

use crate::assembly::Include;
use crate::formats::Format;
use crate::problem::Problem;
use crate::source::Source;
use crate::{envoy, haproxy, httpd, keepalived, nginx, squid, vcl};

/// The problems of a config, by its format; none for the formats of a repository itself.
#[must_use]
pub fn problems(format: Format, source: &Source) -> Vec<Problem> {
    match format {
        Format::Ruby | Format::Erb | Format::Json => Vec::new(),
        Format::HaproxyCfg => haproxy::problems(source),
        Format::Nginx => nginx::problems(source),
        Format::Httpd => httpd::problems(source),
        Format::Vcl => vcl::problems(source),
        Format::Keepalived => keepalived::problems(source),
        Format::Squid => squid::problems(source),
        Format::Envoy => envoy::problems(source),
    }
}

/// The files that a config asks for, in its order, where its format has includes that are read in their place.
#[must_use]
pub fn includes(format: Format, source: &Source) -> Vec<Include> {
    match format {
        Format::Nginx => nginx::includes(source),
        Format::Vcl => vcl::includes(source),
        Format::Squid => squid::includes(source),
        _ => Vec::new(),
    }
}
