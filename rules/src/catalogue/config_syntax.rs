//! A rendered config that the daemon refuses.

use foretaste_parser::problem::{Class, Kind};
use foretaste_simulator::convergence::Search;
use foretaste_simulator::impact::{ConfigImpact, ConfigProblem, Impact, SearchImpact, Suspects};
use foretaste_simulator::search::Moment;

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;
use crate::severity::Severity;

declare_rule! {
    /// ## What it does
    /// Reads each HAProxy and nginx config as the change would render it on each node, and reports what the daemon
    /// would refuse. A problem that the base's file had too is not the change's.
    ///
    /// ## Why it matters
    /// The daemon keeps running with its old file until somebody restarts it, or the machine boots: the outage then
    /// comes at a bad time, with no change near it.
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
    /// Bad: the keyword is `maxconn`.
    /// ```erb bad/cookbooks/edge/templates/default/haproxy.cfg.erb
    /// defaults
    ///   mode http
    ///   timeout connect 5s
    ///   timeout client 30s
    ///   timeout server 30s
    /// frontend public
    ///   bind :80
    ///   maxcon 2000
    ///   default_backend web
    /// backend web
    ///   server web1 10.0.0.2:80
    /// ```
    /// Good:
    /// ```erb good/cookbooks/edge/templates/default/haproxy.cfg.erb
    /// defaults
    ///   mode http
    ///   timeout connect 5s
    ///   timeout client 30s
    ///   timeout server 30s
    /// frontend public
    ///   bind :80
    ///   maxconn 2000
    ///   default_backend web
    /// backend web
    ///   server web1 10.0.0.2:80
    /// ```
    ///
    /// ## What to do
    /// Mend the line of the template that the finding points at; the evidence shows it as rendered. Give the template
    /// resource a `verify` with the daemon's own check as a second net.
    ///
    /// ## Incident
    /// `template-breaks-the-balancer-config`: a brace lost in haproxy.cfg.erb.
    ///
    /// ## How the server behaves
    /// Chef writes whatever the template renders. `haproxy -c` and `nginx -t` are asked by nobody unless the template
    /// resource has a `verify`, or the service's reload does it.
    CONFIG_SYNTAX = "config-syntax", Error,
    "a rendered config does not parse: the daemon would refuse it",
    incident: "template-breaks-the-balancer-config"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    findings(impact, |p| {
        p.problem.kind == Kind::Error
            && !matches!(p.problem.class, Class::BlankAddress | Class::UndefinedPool)
    })
}

/// One finding for each new problem that is of a rule's kind. The first of a file stands for those that follow from it.
pub(super) fn findings(impact: &Impact, wanted: impl Fn(&ConfigProblem) -> bool) -> Vec<Finding> {
    impact
        .configs
        .iter()
        .flat_map(|config| {
            config
                .problems
                .iter()
                .filter(|p| p.new && wanted(p))
                .map(|p| finding(impact, config, p))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn finding(impact: &Impact, config: &ConfigImpact, problem: &ConfigProblem) -> Finding {
    let mut suspects = Suspects::default();
    suspects.places.push(problem.location.clone());
    suspects.places.push(config.rendered.location.clone());
    suspects.nodes.insert(config.node.clone());
    suspects.speak_of(&problem.text);
    let searches: Vec<(&SearchImpact, &Search)> = impact
        .searches
        .iter()
        // What finds nobody leaves no trace in a file.
        .filter(|s| s.node == config.node && (s.files.is_empty() || s.files.contains(&config.file)))
        .filter_map(|s| Some((s, chain::search_at(s, config.moment)?)))
        .collect();
    // What answers otherwise than before is on the way to the problem; where nothing does, everything may be.
    let differing: Vec<_> = searches
        .iter()
        .copied()
        .filter(|(s, now)| s.before.as_ref().is_none_or(|b| b.results != now.results))
        .collect();
    for (search, now) in if differing.is_empty() {
        &searches
    } else {
        &differing
    } {
        suspects.nodes.extend(now.results.iter().cloned());
        if let Some(before) = &search.before {
            suspects.nodes.extend(before.results.iter().cloned());
        }
        suspects.speak_of(&now.query);
        suspects.places.push(now.location.clone());
        suspects
            .places
            .extend(now.origins.iter().map(|o| o.location.clone()));
    }
    let place = problem.location.clone();
    let mut finding = Finding::new(
        format!(
            "{} would refuse {}: {}",
            config.format.reader(),
            config.file,
            problem.problem.message
        ),
        place.clone(),
    )
    .node(config.node.as_str());
    if problem.problem.kind == Kind::Warning {
        finding.message = format!("{}: {}", config.file, problem.problem.message);
    }
    finding.help = problem
        .problem
        .help
        .clone()
        .unwrap_or_else(|| "mend the line that the evidence shows as rendered".to_owned());
    finding.cause = impact.blame(&suspects);
    for cause in &finding.cause {
        if *cause != place {
            finding.evidence.push(chain::changed(impact, cause));
        }
    }
    for (search, now) in differing.iter().take(3) {
        finding.evidence.push(chain::searched(search, now));
    }
    finding.pools = impact
        .pools
        .iter()
        .filter(|p| p.node == config.node && p.file == config.file)
        .filter_map(|p| p.at(config.moment))
        .filter(|p| (p.line..=p.end_line).contains(&problem.line))
        .map(|p| p.name.clone())
        .collect();
    let shown = if config.rendered.sensitive {
        "a line that is not shown: the resource is sensitive"
    } else {
        problem.text.trim()
    };
    finding = finding.evidence(
        format!("line {} of {} is then `{shown}`", problem.line, config.file),
        place,
    );
    if let Some(line) = written_by(config, problem) {
        let place = problem.location.clone();
        finding = finding.evidence(format!("the template's line is `{line}`"), place);
    }
    if config.moment == Moment::Settled {
        finding
    } else {
        finding.message += ", as long as other nodes have not converged";
        finding.at_most(Severity::Warning)
    }
}

/// The template's line behind a rendered line, where an expression in it made the difference.
fn written_by<'c>(config: &'c ConfigImpact, problem: &ConfigProblem) -> Option<&'c str> {
    let template = config.rendered.template.as_ref()?;
    if *template.path() != problem.location.path || config.rendered.sensitive {
        return None;
    }
    let line = template.line_text(problem.location.line).trim();
    line.contains("<%").then_some(line)
}
