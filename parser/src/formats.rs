//! The formats that are read, and which one a file has.

mod by_path;

use std::fmt;

pub use by_path::format_of;

macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident $name:literal, $reader:literal, $depth:literal;)+) => {
        /// A format that foretaste reads.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Format { $($(#[$doc])* $variant),+ }

        impl Format {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name by which people and machines pick a format.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The program that reads such a file.
            #[must_use]
            pub fn reader(self) -> &'static str {
                match self { $(Self::$variant => $reader),+ }
            }

            /// How deep a file is checked, in words for `docs/formats.md`.
            #[must_use]
            pub fn depth(self) -> &'static str {
                match self { $(Self::$variant => $depth),+ }
            }
        }
    };
}

formats! {
    Ruby "ruby", "Ruby", "syntax as Ruby 3.4 has it";
    Erb "erb", "Erubis", "tags as Chef renders them, and the syntax of the Ruby inside";
    Json "json", "Chef", "syntax as Chef's parser takes it, comments too; on nodes keys that stand twice";
    HaproxyCfg "haproxy", "HAProxy", "what `haproxy -c` refuses: sections, keywords, arguments, sample expressions, names; pools";
    Nginx "nginx", "nginx", "what `nginx -t` refuses: directives, contexts, arguments, variables, names; pools";
    Httpd "httpd", "Apache httpd", "sections and their arguments, Listen, Require and a few switches; balancer members without a host; balancers as pools";
    Vcl "vcl", "Varnish", "tokens, blocks, statements; backends without an address; backends, probes, ACLs and subroutines that are named but not there; directors as pools";
    Keepalived "keepalived", "keepalived", "blocks and top-level keywords; virtual servers that it ignores and real servers without an address; virtual servers as pools";
    Squid "squid", "Squid", "access lists, ACLs that are named but not there; cache peers without a host; cache peers as a pool";
    Sshd "sshd", "sshd", "what `sshd -t` refuses: keywords, how many arguments, values, Match; algorithms that look mistyped; settings that lock everybody out";
    Sudoers "sudoers", "sudo", "what `visudo -c` refuses: the grammar, settings of Defaults; file names that sudo passes over";
    SystemdUnit "systemd", "systemd", "section headers; of services the start command; sections, assignments and choices that are passed over";
    Crontab "crontab", "cron", "what `crontab -n` refuses: times, users, commands, environment; the last line's end";
    Logrotate "logrotate", "logrotate", "blocks, scripts, directives that look mistyped, numbers";
    Hosts "hosts", "the resolver", "lines that are passed over";
    ResolvConf "resolv.conf", "the resolver", "lines that are passed over; options that look mistyped; no name server left";
    Sysctl "sysctl", "sysctl", "assignments; keys that stand twice with two values";
    Iptables "iptables", "iptables-restore", "tables, chains, their policies, COMMIT; an INPUT that drops everything";
    Nftables "nftables", "nft", "blocks and quotes";
    PostgresqlConf "postgresql.conf", "PostgreSQL", "assignments and quotes";
    PgHba "pg_hba", "PostgreSQL", "types, fields, addresses, methods";
    MyCnf "my.cnf", "MySQL", "groups";
    Redis "redis", "Redis", "quotes, arguments, yes and no, ports, memory";
    Named "named", "BIND", "what `named-checkconf` refuses: marks, options and their values, zones, keys, channels of the log; names that look mistyped";
    Zone "zone", "BIND", "what `named-checkzone` refuses: parentheses, classes, types, their fields, CNAME beside other data, SOA and NS; names that lead nowhere";
    Rsyslog "rsyslog", "rsyslog", "what `rsyslogd -N1` refuses: both grammars, selectors; names that look mistyped; parameters of objects that need no module";
    Prometheus "prometheus", "Prometheus", "YAML, duplicate keys, keys at the top that look mistyped, jobs";
    Yaml "yaml", "its reader", "syntax (saphyr-parser), duplicate keys";
    Toml "toml", "its reader", "syntax and duplicate keys (toml)";
    Xml "xml", "its reader", "whether it is well-formed (roxmltree)";
    Ini "ini", "its reader", "section headers";
    Properties "properties", "Java", "escapes, duplicate keys";
    Envoy "envoy", "Envoy", "YAML or JSON syntax and duplicate keys; endpoints without an address; clusters as pools";
}

impl Format {
    /// The format of a name given by [`Self::as_str`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|f| f.as_str() == name)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A user's word on the format of some paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// A path, or a pattern in which `*` stands for any text within a path and `**` for any text.
    pub pattern: String,
    pub format: Format,
}

/// The format of a path that overrides decide first; the last one that matches wins.
#[must_use]
pub fn format_with(overrides: &[Override], path: &str, first_bytes: &[u8]) -> Option<Format> {
    overrides
        .iter()
        .rev()
        .find(|o| matches_pattern(&o.pattern, path))
        .map(|o| o.format)
        .or_else(|| format_of(path, first_bytes))
}

/// The format that a template renders: that of its name without `.erb`.
#[must_use]
pub fn inner_format_of(path: &str) -> Option<Format> {
    format_of(path.strip_suffix(".erb")?, b"")
}

/// True where a pattern fits a whole path: `*` matches within a directory, `**` across them. Linear in the path for a
/// fixed pattern.
#[must_use]
pub fn matches_pattern(pattern: &str, path: &str) -> bool {
    let (p, t) = (pattern.as_bytes(), path.as_bytes());
    // Reachable positions in the path after each part of the pattern.
    let mut reach = vec![false; t.len() + 1];
    if let Some(first) = reach.first_mut() {
        *first = true;
    }
    let mut i = 0;
    while let Some(c) = p.get(i) {
        let mut next = vec![false; t.len() + 1];
        if *c == b'*' {
            let deep = p.get(i + 1) == Some(&b'*');
            i += if deep { 2 } else { 1 };
            let mut on = false;
            for (at, slot) in next.iter_mut().enumerate() {
                on = reach.get(at) == Some(&true)
                    || (on && (deep || at.checked_sub(1).and_then(|b| t.get(b)) != Some(&b'/')));
                *slot = on;
            }
        } else {
            i += 1;
            for (at, slot) in next.iter_mut().enumerate().skip(1) {
                *slot = reach.get(at - 1) == Some(&true) && t.get(at - 1) == Some(c);
            }
        }
        reach = next;
    }
    reach.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_on_the_node_or_in_the_repository_has_its_format() {
        let cases = [
            ("/etc/haproxy/haproxy.cfg", Some(Format::HaproxyCfg)),
            ("/etc/haproxy/conf.d/10-web.cfg", Some(Format::HaproxyCfg)),
            ("/etc/haproxy/errors/503.http", None),
            ("/etc/rsyslog.d/49-haproxy.conf", Some(Format::Rsyslog)),
            (
                "cookbooks/log/files/default/rsyslog.conf",
                Some(Format::Rsyslog),
            ),
            ("/etc/bind/db.example.com", Some(Format::Zone)),
            ("/etc/bind/named.conf.local", Some(Format::Named)),
            ("/etc/nginx/nginx.conf", Some(Format::Nginx)),
            (
                "/etc/nginx/sites-enabled/www.example.com",
                Some(Format::Nginx),
            ),
            ("/etc/nginx/conf.d/upstreams.conf", Some(Format::Nginx)),
            ("/etc/nginx/ssl/site.key", None),
            ("cookbooks/web/recipes/default.rb", Some(Format::Ruby)),
            ("roles/web.json", Some(Format::Json)),
            (
                "cookbooks/lb/templates/default/haproxy.cfg.erb",
                Some(Format::Erb),
            ),
            ("/etc/motd", None),
        ];
        for (path, format) in cases {
            assert_eq!(format_of(path, b""), format, "{path}");
        }
        assert_eq!(
            format_of("bin/tool", b"#!/usr/bin/env ruby\n"),
            Some(Format::Ruby)
        );
        assert_eq!(
            inner_format_of("cookbooks/lb/templates/default/haproxy.cfg.erb"),
            Some(Format::HaproxyCfg)
        );
    }

    #[test]
    fn the_last_matching_override_wins() {
        let overrides = [
            Override {
                pattern: "/srv/**/*.conf".into(),
                format: Format::Nginx,
            },
            Override {
                pattern: "/srv/lb/*.conf".into(),
                format: Format::HaproxyCfg,
            },
        ];
        let format = |p| format_with(&overrides, p, b"");
        assert_eq!(format("/srv/a/b/x.conf"), Some(Format::Nginx));
        assert_eq!(format("/srv/lb/x.conf"), Some(Format::HaproxyCfg));
        assert_eq!(format("/srv/lb/deep/x.conf"), Some(Format::Nginx));
        assert_eq!(format("/srv/x"), None);
    }
}
