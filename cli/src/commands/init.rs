//! `foretaste init`

use clap::Args;

use crate::args::Global;
use crate::context::{Streams, write_whole};
use crate::error::Failure;
use crate::exit::Exit;
use crate::load::config::FILE;

/// Write a foretaste.toml in which everything is explained and nothing is set
#[derive(Debug, Args)]
pub struct Arguments {}

/// The file that is written.
pub const TEMPLATE: &str = r##"# What foretaste cannot guess about this repository. Every key is optional; a line without `#` sets it.

# The lowest severity that fails a check: "note", "warning" or "error".
# fail_on = "error"
# Fail (exit code 3) when something could not be evaluated.
# strict = false

[repository]
# A later folder wins where two hold the same cookbook.
# cookbook_paths = ["cookbooks", "site-cookbooks"]
# roles = "roles"
# environments = "environments"
# data_bags = "data_bags"
# nodes = "nodes"

[inventory]
# Node objects: `knife search node "*:*" -F json -l > nodes.json`, or a folder of `knife download nodes`.
# paths = ["nodes.json"]
# Make one node of each role ("roles") or none ("never"). Without any node object, "roles" is usual.
# synthesize = "roles"
# The platform of nodes that do not say.
# platform = "ubuntu 22.04"

# Nodes described by hand:
# [[inventory.node]]
# name = "web1.example.com"
# run_list = ["role[web]"]
# environment = "production"
# platform = "ubuntu 22.04"
# addresses = ["192.0.2.10", "2001:db8::10"]

[search]
# Whose search: "server" (Chef Infra Server 15), "solr4" (12 to 14) or "zero" (Test Kitchen).
# profile = "server"

# The formats of files on nodes where their paths do not tell; haproxy, nginx, httpd, vcl, ….
# [[format]]
# path = "/srv/edge/**/*.conf"
# format = "haproxy"

# The version of HAProxy, where no package's version tells it; 2.6 is meant otherwise.
# [[haproxy]]
# nodes = "role[edge]"
# path = "cookbooks/edge/**" # the files that lint judges so
# version = "2.8"

# Answers about the machines, which a simulation never asks: what is said here is known.
# [model.commands]
# "uname -r" = "5.15.0-97-generic"
# "/^rpm -q /" = { stdout = "", status = 1 }
# [model.files]
# "/etc/timezone" = "Etc/UTC"
# "/etc/redhat-release" = false
# [model.environment]
# TEST_KITCHEN = false
# [model.attributes]
# virtualization = { system = "kvm", role = "guest" }

# How much a pool may lose, by its name; the first that matches applies. Never fewer servers than `floor`; at most
# `percent` of a pool of `from` servers or more.
# [pools."web*"]
# floor = 2
# percent = 30
# from = 10

# A rule's severity: "error", "warning", "note" or "off".
# [rules.pool-shrunk]
# severity = "warning"

# A finding that somebody answers for, until a day and for no more nodes than `bound`. `path`, `pool` and `node` may
# narrow it.
# [[waiver]]
# rule = "pool-shrunk"
# pool = "web*"
# owner = "ops@example.com"
# reason = "moving out of the old datacentre"
# expires = "2026-12-31"
# bound = 2

[client]
# How often nodes converge, as client.rb says it, in seconds: with it `plan` tells the minutes that a change takes.
# interval = 1800
# splay = 300

[rotation]
# Where customers are sent, as far as pools do not tell: docs/rollout.md. The attribute that names a node's site, and the
# sites that always serve.
# site = "datacenter"
# active = ["london"]

# Or what sends customers to a site or a node: names of a zone file, or a data bag item.
# [[rotation.record]]
# zone = "dns/example.com.zone"
# names = ["www"]
# [[rotation.record]]
# item = "dns/www"
# key = "active"

# Addresses that are none of a node's own, such as those that balancers share, by site.
# [rotation.addresses]
# london = ["203.0.113.10"]

[secrets]
# Attributes and data bag keys whose values are never shown.
# keys = ["password", "token"]
"##;

/// Writes the file.
///
/// # Errors
/// A file that is there already, or cannot be written.
pub fn run(global: &Global, _: &Arguments, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let path = global.source(streams)?.root.join(FILE);
    if path.exists() {
        return Err(Failure::usage(format!(
            "{} is there already",
            path.display()
        )));
    }
    write_whole(&path, TEMPLATE.as_bytes())?;
    writeln!(streams.out, "wrote {}", path.display())?;
    Ok(Exit::Clean)
}
