//! A template that does not exist.

use foretaste_parser::source::Location;
use foretaste_simulator::convergence::Evidence;
use foretaste_simulator::impact::Impact;

use crate::config::Config;
use crate::failure::{self, Kind};
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Reports resources whose template, partial or cookbook file is not among the cookbook's files, for the node's own platform and host.
    ///
    /// ## Why it matters
    /// The run fails when it reaches the resource, with everything before it done.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// template '/etc/motd' do
    ///   source 'motd.erb'
    /// end
    /// ```
    /// ```erb before/cookbooks/edge/templates/default/motd.erb
    /// welcome
    /// ```
    /// ```ruby before/cookbooks/edge/metadata.rb
    /// name 'edge'
    /// version '1.0.0'
    /// ```
    /// ```json before/nodes/lb1.json
    /// {"name": "lb1", "run_list": ["recipe[edge]"], "automatic": {"hostname": "lb1", "ipaddress": "10.0.0.1"}}
    /// ```
    /// Bad:
    /// ```ruby bad/cookbooks/edge/recipes/default.rb
    /// template '/etc/motd' do
    ///   source 'message.erb'
    /// end
    /// ```
    /// Good:
    /// ```ruby good/cookbooks/edge/recipes/default.rb
    /// template '/etc/motd' do
    ///   source 'motd.erb'
    ///   mode '0644'
    /// end
    /// ```
    ///
    /// ## What to do
    /// Add the file, or name the one that exists.
    ///
    /// ## Incident
    /// `partial-renamed`: a partial is renamed and its template is not.
    ///
    /// ## How the server behaves
    /// Chef looks below `templates/` for `host-<fqdn>/`, `<platform>-<version>/`, `<platform>/`, `default/` and the
    /// folder itself, and raises FileNotFound with the list of places.
    MISSING_TEMPLATE = "missing-template", Error,
    "a template, partial or cookbook file does not exist",
    incident: "partial-renamed"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    failure::news(impact, Kind::Template)
        .into_iter()
        .map(|(node, moment, failure)| {
            let missing = Missing::of(&failure.message);
            let message = match &missing {
                Some(m) => format!("cookbook `{}` has no {} `{}`", m.cookbook, m.what(), m.name),
                None => format!(
                    "a file of the cookbook does not exist: {}",
                    failure::first_line(&failure.message)
                ),
            };
            let finding = failure::finding(impact, node, moment, failure, message)
                .help("add the file, or name the one that exists; the place of a template depends on platform and host");
            match (missing, &failure.location) {
                (Some(missing), Some(place)) => missing.tell(impact, place, finding),
                _ => finding,
            }
        })
        .collect()
}

/// The file that Chef looked for.
struct Missing<'a> {
    cookbook: &'a str,
    /// `templates` or `files`
    folder: &'a str,
    name: &'a str,
}

impl<'a> Missing<'a> {
    /// Chef lists where it looked, the plainest place last.
    fn of(message: &'a str) -> Option<Self> {
        let (first, rest) = message.split_once('\n')?;
        let cookbook = first.split('\'').nth(1)?;
        let last = rest
            .lines()
            .take_while(|l| !l.trim().is_empty())
            .last()?
            .trim();
        let (folder, name) = last.split_once('/')?;
        Some(Self {
            cookbook,
            folder,
            name: name.strip_prefix("default/").unwrap_or(name),
        })
    }

    fn what(&self) -> &'static str {
        if self.folder == "files" {
            "file"
        } else {
            "template"
        }
    }

    fn tell(&self, impact: &Impact, place: &Location, mut finding: Finding) -> Finding {
        let folders = [
            format!("{}/{}", self.cookbook, self.folder),
            format!("{}/{}/default", self.cookbook, self.folder),
        ];
        if let Some(file) = folders
            .iter()
            .find_map(|f| failure::added_beside(impact, f))
        {
            finding.help = format!("did you mean `{file}`, which the change adds?");
        }
        let removed = |path: &str| {
            path.contains(&format!("{}/{}/", self.cookbook, self.folder))
                && path.ends_with(&format!("/{}", self.name))
        };
        let named = Evidence {
            message: format!("asks for `{}`", self.name),
            location: place.clone(),
        };
        failure::of_missing(impact, finding, &[named], &removed)
    }
}
