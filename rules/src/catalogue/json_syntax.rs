//! A JSON file that does not parse.

use foretaste_parser::formats::Format;
use foretaste_simulator::impact::Impact;

use super::ruby_syntax;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Parses every JSON file that the change touches: roles, environments, data bag items, nodes, metadata.
    ///
    /// ## Why it matters
    /// The upload of that object fails, and with it often the rest of a pipeline's upload: cookbooks are new, roles
    /// are old.
    ///
    /// ## Example
    /// Before:
    /// ```json before/roles/web.json
    /// {"name": "web", "run_list": []}
    /// ```
    /// Bad: a trailing comma.
    /// ```json bad/roles/web.json
    /// {"name": "web", "run_list": [],}
    /// ```
    /// Good:
    /// ```json good/roles/web.json
    /// {"name": "web", "run_list": [], "description": "serves the shop"}
    /// ```
    ///
    /// ## What to do
    /// Mend the line that the finding points at.
    ///
    /// ## Incident
    /// `trailing-comma-in-a-role`: a role in JSON gains a trailing comma.
    ///
    /// ## How the server behaves
    /// `knife role from file` stops with a parse error of FFI_Yajl; chef-solo and local mode fail every run that needs the object.
    JSON_SYNTAX = "json-syntax", Error,
    "a JSON file does not parse",
    incident: "trailing-comma-in-a-role"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    ruby_syntax::findings(impact, Some(Format::Json), "JSON")
}
