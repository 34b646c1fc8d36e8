//! A pool that is named and not defined.

use foretaste_parser::problem::{Class, Kind};
use foretaste_simulator::impact::{ConfigProblem, Impact};

use super::config_syntax;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Reports a `default_backend`, `use_backend` or `proxy_pass` of a rendered config that names a backend or
    /// upstream which no file of the node defines.
    ///
    /// ## Why it matters
    /// HAProxy refuses the file. nginx takes the name for a host name: it refuses the file when the name does not
    /// resolve, and sends customers to a stranger when it does.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// template '/etc/haproxy/haproxy.cfg'
    /// ```
    /// ```erb before/cookbooks/edge/templates/default/haproxy.cfg.erb
    /// defaults
    ///   mode http
    ///   timeout connect 5s
    ///   timeout client 30s
    ///   timeout server 30s
    /// frontend public
    ///   bind :80
    ///   default_backend web
    /// backend web
    ///   server web1 10.0.0.2:80
    /// ```
    /// ```ruby before/cookbooks/edge/metadata.rb
    /// name 'edge'
    /// version '1.0.0'
    /// ```
    /// ```json before/nodes/lb1.json
    /// {"name": "lb1", "run_list": ["recipe[edge]"], "automatic": {"hostname": "lb1", "ipaddress": "10.0.0.1"}}
    /// ```
    /// Bad: the backend gets another name and its frontend does not follow.
    /// ```erb bad/cookbooks/edge/templates/default/haproxy.cfg.erb
    /// defaults
    ///   mode http
    ///   timeout connect 5s
    ///   timeout client 30s
    ///   timeout server 30s
    /// frontend public
    ///   bind :80
    ///   default_backend web
    /// backend storefront
    ///   server web1 10.0.0.2:80
    /// ```
    /// Good: both change together.
    /// ```erb good/cookbooks/edge/templates/default/haproxy.cfg.erb
    /// defaults
    ///   mode http
    ///   timeout connect 5s
    ///   timeout client 30s
    ///   timeout server 30s
    /// frontend public
    ///   bind :80
    ///   default_backend storefront
    /// backend storefront
    ///   server web1 10.0.0.2:80
    /// ```
    ///
    /// ## What to do
    /// Name the pool that is meant; the message lists those that are near.
    ///
    /// ## Incident
    /// `frontend-names-a-renamed-backend`: a backend is renamed, its frontend is not.
    ///
    /// ## How the server behaves
    /// HAProxy: "unable to find required default_backend", a fatal error of the configuration. nginx: "host not found
    /// in upstream".
    UNDEFINED_BACKEND = "undefined-backend", Error,
    "a rendered config names a backend or upstream that is not there",
    incident: "frontend-names-a-renamed-backend"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    let missing = |p: &ConfigProblem| {
        // A part of a configuration may name what another part defines: that is a warning, and not told.
        p.problem.class == Class::UndefinedPool && p.problem.kind == Kind::Error
    };
    config_syntax::findings(impact, missing)
        .into_iter()
        .map(|mut finding| {
            if finding.help.starts_with("mend the line") {
                finding.help =
                    "define the pool in this file, or name the one that is meant".to_owned();
            }
            finding
        })
        .collect()
}
