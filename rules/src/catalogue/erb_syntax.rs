//! A template that does not parse.

use foretaste_parser::formats::Format;
use foretaste_simulator::impact::Impact;

use super::ruby_syntax;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Translates every template that the change touches as Chef does (Erubis 2.7 with trim) and parses the Ruby inside.
    ///
    /// ## Why it matters
    /// A template is compiled when its resource converges, so the run fails half-way: what came before it is done,
    /// what comes after it is not, and the node does not save itself.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// template '/etc/motd'
    /// ```
    /// ```erb before/cookbooks/edge/templates/default/motd.erb
    /// <% if node['edge'] -%>
    /// edge
    /// <% end -%>
    /// ```
    /// ```ruby before/cookbooks/edge/metadata.rb
    /// name 'edge'
    /// version '1.0.0'
    /// ```
    /// ```json before/nodes/lb1.json
    /// {"name": "lb1", "run_list": ["recipe[edge]"], "automatic": {"hostname": "lb1", "ipaddress": "10.0.0.1"}}
    /// ```
    /// Bad: the `end` is lost.
    /// ```erb bad/cookbooks/edge/templates/default/motd.erb
    /// <% if node['edge'] -%>
    /// the edge
    /// ```
    /// Good:
    /// ```erb good/cookbooks/edge/templates/default/motd.erb
    /// <% if node['edge'] -%>
    /// the edge
    /// <% end -%>
    /// ```
    ///
    /// ## What to do
    /// Mend the line that the finding points at.
    ///
    /// ## Incident
    /// `template-loses-its-end`: a partial loses the end of its loop.
    ///
    /// ## How the server behaves
    /// The client raises Chef::Mixin::Template::TemplateError around Ruby's SyntaxError when the resource converges.
    ERB_SYNTAX = "erb-syntax", Error,
    "a template does not parse",
    incident: "template-loses-its-end"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    ruby_syntax::findings(impact, Some(Format::Erb), "ERB")
}
