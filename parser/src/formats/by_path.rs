//! Which format a file has by its path on the node or in the repository.

use super::Format;

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
        Some("json") if is_envoy(path, &lower) => return Some(Format::Envoy),
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
    if let Some(format) = of_system(path, &lower) {
        return Some(format);
    }
    if is_foreign(path) {
        return None;
    }
    if is_haproxy(path, &lower) {
        return Some(Format::HaproxyCfg);
    }
    if is_nginx(path, &lower) {
        return Some(Format::Nginx);
    }
    if let Some(format) = of_service(path, &lower) {
        return Some(format);
    }
    if let Some(format) = of_data(path, &lower) {
        return Some(format);
    }
    let first_line = first_bytes.split(|b| *b == b'\n').next().unwrap_or(b"");
    (first_line.starts_with(b"#!") && contains(first_line, b"ruby")).then_some(Format::Ruby)
}

fn is_haproxy(path: &str, name: &str) -> bool {
    let config = matches!(extension(name), Some("cfg" | "conf"));
    config && (name.contains("haproxy") || directories(path).any(|d| d == "haproxy"))
        // Files of other kinds that live beside HAProxy's own.
        && name != "spoe.conf"
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

/// Directories whose files speak about a service to another program, in that program's words.
fn is_foreign(path: &str) -> bool {
    directories(path).any(|d| {
        matches!(
            d,
            "apparmor.d"
                | "collectd"
                | "dbus-1"
                | "fail2ban"
                | "init"
                | "limits.d"
                | "modprobe.d"
                | "monit"
                | "munin"
                | "profile.d"
                | "rsyslog.d"
                | "supervisor"
                | "sysusers.d"
                | "syslog-ng"
                | "telegraf"
                | "tmpfiles.d"
                | "udev"
        )
    })
}

/// Files of the operating system, and of databases, by their usual places.
fn of_system(path: &str, name: &str) -> Option<Format> {
    let within = |dir: &str| directories(path).any(|d| d == dir);
    let extension = extension(name).unwrap_or("");
    let conf = extension == "conf";
    let is_unit = matches!(
        extension,
        "service"
            | "timer"
            | "socket"
            | "mount"
            | "automount"
            | "swap"
            | "target"
            | "path"
            | "slice"
    );
    Some(match name {
        "sshd_config" => Format::Sshd,
        "sudoers" => Format::Sudoers,
        "crontab" if path == "/etc/crontab" => Format::Crontab,
        "logrotate.conf" => Format::Logrotate,
        "hosts" if path == "/etc/hosts" => Format::Hosts,
        "resolv.conf" => Format::ResolvConf,
        "sysctl.conf" => Format::Sysctl,
        "nftables.conf" => Format::Nftables,
        "rules.v4" | "rules.v6" if within("iptables") => Format::Iptables,
        "iptables" | "ip6tables" if within("sysconfig") => Format::Iptables,
        "postgresql.conf" => Format::PostgresqlConf,
        "pg_hba.conf" => Format::PgHba,
        "my.cnf" => Format::MyCnf,
        "redis.conf" => Format::Redis,
        _ if conf && within("rsyslog.d") => Format::Rsyslog,
        "named.conf" if !is_foreign(path) => Format::Named,
        "prometheus.yml" | "prometheus.yaml" => Format::Prometheus,
        _ if within("sshd_config.d") => Format::Sshd,
        _ if within("sudoers.d") => Format::Sudoers,
        _ if within("cron.d") || within("crontabs") => Format::Crontab,
        _ if within("logrotate.d") => Format::Logrotate,
        _ if conf && within("sysctl.d") => Format::Sysctl,
        _ if extension == "nft" => Format::Nftables,
        _ if extension == "cnf" && (within("mysql") || within("my.cnf.d")) => Format::MyCnf,
        _ if conf && within("redis") => Format::Redis,
        _ if is_zone(path, name) => Format::Zone,
        _ if within("bind") && (conf || name.starts_with("named.conf")) => Format::Named,
        _ if is_unit && (within("systemd") || path.starts_with("/etc/systemd")) => {
            Format::SystemdUnit
        }
        _ if conf && within("systemd") => Format::SystemdUnit,
        "rsyslog.conf" if !is_foreign(path) => Format::Rsyslog,
        _ => return None,
    })
}

/// Zone files by their extension, or by the names that are usual beside a name server's config.
fn is_zone(path: &str, name: &str) -> bool {
    let beside = directories(path).any(|d| matches!(d, "bind" | "named" | "zones" | "nsd"));
    extension(name) == Some("zone")
        || beside && (name.starts_with("db.") || extension(name) == Some("db"))
}

/// Data that any program may read, by extension. Chef's own YAML and TOML are read elsewhere.
fn of_data(path: &str, name: &str) -> Option<Format> {
    // In a repository's folders, tests and tools keep data for readers of their own.
    if !path.starts_with('/') {
        return None;
    }
    Some(match extension(name)? {
        "yml" | "yaml" => Format::Yaml,
        "toml" => Format::Toml,
        "xml" => Format::Xml,
        "ini" => Format::Ini,
        "properties" => Format::Properties,
        _ => return None,
    })
}

/// Services whose files have a directory or an extension of their own.
fn of_service(path: &str, name: &str) -> Option<Format> {
    let within = |dir: &str| directories(path).any(|d| d == dir);
    let conf = extension(name) == Some("conf");
    let extension = extension(name).unwrap_or("");
    if matches!(name, "httpd.conf" | "apache2.conf") || is_httpd(path, name) {
        return Some(Format::Httpd);
    }
    if extension == "vcl" {
        return Some(Format::Vcl);
    }
    if conf && (name == "keepalived.conf" || within("keepalived")) {
        return Some(Format::Keepalived);
    }
    if name == "squid.conf" || conf && within("squid") && within("conf.d") {
        return Some(Format::Squid);
    }
    if matches!(extension, "yaml" | "yml") && is_envoy(path, name) {
        return Some(Format::Envoy);
    }
    None
}

fn is_httpd(path: &str, name: &str) -> bool {
    let within = |dir: &str| directories(path).any(|d| d == dir);
    if !(within("apache2") || within("httpd")) {
        return false;
    }
    // Debian's `.load` files and RHEL's `.conf` files; sites are often named after themselves.
    matches!(extension(name), Some("conf" | "load"))
        || within("sites-available")
        || within("sites-enabled")
}

fn is_envoy(path: &str, name: &str) -> bool {
    name.starts_with("envoy") || directories(path).any(|d| d == "envoy")
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
