//! A rendered config that is taken, and does not do what it seems to say.

use foretaste_parser::problem::{Class, Kind};
use foretaste_simulator::impact::{ConfigProblem, Impact};

use super::config_syntax;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;
use crate::severity::Severity;

declare_rule! {
    /// ## What it does
    /// Reports what a program accepts in a config that the change renders, and what still does harm: settings that lock
    /// everybody out (sshd without any way to log in, a firewall that drops all that comes in), files and lines that
    /// are passed over in silence (a sudoers file with a dot in its name, a crontab whose last line has no end, a host
    /// without an address), and keys that stand twice in YAML, JSON and sysctl files. A problem that the base's file had
    /// too is not the change's.
    ///
    /// ## Why it matters
    /// Every validator is content. A lock-out shows when somebody needs the machine, and a file that nobody reads shows
    /// when what it was written for does not happen.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/login/recipes/default.rb
    /// template '/etc/ssh/sshd_config'
    /// ```
    /// ```erb before/cookbooks/login/templates/default/sshd_config.erb
    /// PasswordAuthentication no
    /// KbdInteractiveAuthentication no
    /// PubkeyAuthentication yes
    /// ```
    /// ```ruby before/cookbooks/login/metadata.rb
    /// name 'login'
    /// version '1.0.0'
    /// ```
    /// ```json before/nodes/web1.json
    /// {"name": "web1", "run_list": ["recipe[login]"], "automatic": {"hostname": "web1", "ipaddress": "10.0.0.1"}}
    /// ```
    /// Bad: the last way in goes.
    /// ```erb bad/cookbooks/login/templates/default/sshd_config.erb
    /// PasswordAuthentication no
    /// KbdInteractiveAuthentication no
    /// PubkeyAuthentication no
    /// ```
    /// Good: keys stay.
    /// ```erb good/cookbooks/login/templates/default/sshd_config.erb
    /// PasswordAuthentication no
    /// KbdInteractiveAuthentication no
    /// PermitRootLogin no
    /// PubkeyAuthentication yes
    /// ```
    ///
    /// ## What to do
    /// Mend the line that the finding points at. For a lock-out, keep a session open on one node while the first
    /// converges.
    ///
    /// ## Incident
    /// `sshd-accepts-nothing`: an attribute turns the last way to log in off.
    ///
    /// ## How the server behaves
    /// `sshd -t` and `visudo -c` judge whether a file parses, not who can still log in. sudo skips files of an included
    /// directory whose name contains a dot or ends in `~`; Debian's cron ignores a crontab without a final newline.
    CONFIG_SURPRISE = "config-surprise", Error,
    "a rendered config is taken, and locks people out or is passed over",
    incident: "sshd-accepts-nothing"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    let told = |p: &ConfigProblem, classes: &[Class]| {
        p.problem.kind == Kind::Warning && classes.contains(&p.problem.class)
    };
    let mut found = config_syntax::findings(impact, |p| told(p, &[Class::LockOut]));
    let quiet =
        config_syntax::findings(impact, |p| told(p, &[Class::Ignored, Class::DuplicateName]));
    found.extend(quiet.into_iter().map(|f| f.at_most(Severity::Warning)));
    found
}
