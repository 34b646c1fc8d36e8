//! Picks the format of a file by its path.

use std::fmt;

/// A format that foretaste reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    Ruby,
    Erb,
    Json,
    HaproxyCfg,
    Nginx,
}

impl Format {
    pub const ALL: [Self; 5] = [
        Self::Ruby,
        Self::Erb,
        Self::Json,
        Self::HaproxyCfg,
        Self::Nginx,
    ];

    /// The name by which people and machines pick a format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ruby => "ruby",
            Self::Erb => "erb",
            Self::Json => "json",
            Self::HaproxyCfg => "haproxy",
            Self::Nginx => "nginx",
        }
    }

    /// The format of a name given by [`Self::as_str`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.as_str() == name)
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

/// The format of a file, by its path on the node or in the repository; `first_bytes` (may be empty) decide only
/// where the path does not.
#[must_use]
pub fn format_of(path: &str, first_bytes: &[u8]) -> Option<Format> {
    let path = path.trim_end_matches('/');
    let name = path.rsplit('/').next().unwrap_or(path);
    let lower = name.to_ascii_lowercase();
    match lower.rsplit_once('.').map(|(_, e)| e) {
        Some("rb" | "gemspec" | "rake") => return Some(Format::Ruby),
        Some("erb") => return Some(Format::Erb),
        Some("json") => return Some(Format::Json),
        _ => {}
    }
    if matches!(
        name,
        "Berksfile"
            | "Gemfile"
            | "Rakefile"
            | "Policyfile"
            | "Vagrantfile"
            | "Cheffile"
            | "Thorfile"
    ) {
        return Some(Format::Ruby);
    }
    if is_haproxy(path, &lower) {
        return Some(Format::HaproxyCfg);
    }
    if is_nginx(path, &lower) {
        return Some(Format::Nginx);
    }
    let first_line = first_bytes.split(|b| *b == b'\n').next().unwrap_or(b"");
    (first_line.starts_with(b"#!") && contains(first_line, b"ruby")).then_some(Format::Ruby)
}

/// The format that a template renders: that of its name without `.erb`.
#[must_use]
pub fn inner_format_of(path: &str) -> Option<Format> {
    format_of(path.strip_suffix(".erb")?, b"")
}

fn is_haproxy(path: &str, name: &str) -> bool {
    let config = matches!(extension(name), Some("cfg" | "conf"));
    config && (name.contains("haproxy") || directories(path).any(|d| d == "haproxy"))
        // Files of other kinds that live beside HAProxy's own.
        && !matches!(name, "rsyslog.conf" | "logrotate.conf" | "spoe.conf")
        && !directories(path).any(|d| matches!(d, "rsyslog.d" | "logrotate.d" | "sysctl.d" | "limits.d"))
}

fn is_nginx(path: &str, name: &str) -> bool {
    if name == "nginx.conf" {
        return true;
    }
    if !directories(path).any(|d| d == "nginx") {
        return matches!(extension(name), Some("conf"))
            && name.contains("nginx")
            && !path.contains("rsyslog");
    }
    let site = directories(path).any(|d| {
        matches!(
            d,
            "sites-enabled"
                | "sites-available"
                | "modules-enabled"
                | "modules-available"
                | "streams-enabled"
        )
    });
    // Under sites-* a file is often named after its site: any name will do, also one with dots.
    site || extension(name) == Some("conf")
        || matches!(
            name,
            "mime.types" | "fastcgi_params" | "uwsgi_params" | "scgi_params" | "proxy_params"
        )
}

fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, e)| e)
}

fn directories(path: &str) -> impl Iterator<Item = &str> {
    let end = path.rfind('/').unwrap_or(0);
    path.get(..end)
        .unwrap_or("")
        .split('/')
        .filter(|d| !d.is_empty())
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}

/// `*` matches within a directory, `**` across them; linear in the path for a fixed pattern.
fn matches_pattern(pattern: &str, path: &str) -> bool {
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
            ("/etc/rsyslog.d/49-haproxy.conf", None),
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
