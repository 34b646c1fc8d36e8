//! Conflict markers.

use foretaste_simulator::impact::Impact;

use super::ruby_syntax;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Reports `<<<<<<<`, `=======`, `>>>>>>>` left between two versions, in a file of any format that the change touches.
    ///
    /// ## Why it matters
    /// In Ruby and JSON they are a syntax error with a message about something else. In templates, ERB passes them
    /// on: they are rendered into the config.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/roles/web.rb
    /// name 'web'
    /// run_list []
    /// ```
    /// Bad:
    /// ```ruby bad/roles/web.rb
    /// name 'web'
    /// <<<<<<< HEAD
    /// run_list []
    /// =======
    /// run_list ['recipe[web]']
    /// >>>>>>> topic
    /// ```
    /// Good:
    /// ```ruby good/roles/web.rb
    /// name 'web'
    /// description '======='
    /// run_list []
    /// ```
    ///
    /// ## What to do
    /// Keep one side, or both, and delete the markers.
    ///
    /// ## Incident
    /// `merge-markers-left-in-a-role`: conflict markers are committed with a role.
    ///
    /// ## How the server behaves
    /// Ruby's parser stops at the first marker; ERB does not know them and renders them as text.
    MERGE_CONFLICT = "merge-conflict", Error,
    "merge conflict markers are left in a file",
    incident: "merge-markers-left-in-a-role"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    ruby_syntax::findings(impact, None, "")
}
