//! What is wrong with a config of any format.

use crate::assembly::Include;
use crate::formats::Format;
use crate::hole::has_hole;
use crate::problem::Problem;
use crate::source::Source;
use crate::{
    cron, data, envoy, firewall, haproxy, hosts, httpd, ini, keepalived, logrotate, named, nginx,
    postgresql, redis, rsyslog, squid, sshd, sudoers, vcl, yaml, zone,
};

/// The problems of a config, by its format; none for the formats of a repository itself. HAProxy's is judged for the
/// usual version.
#[must_use]
pub fn problems(format: Format, source: &Source) -> Vec<Problem> {
    problems_for(format, source, haproxy::Version::USUAL)
}

/// As [`problems`], for a version of HAProxy.
#[must_use]
pub fn problems_for(format: Format, source: &Source, version: haproxy::Version) -> Vec<Problem> {
    match format {
        Format::Ruby | Format::Erb => Vec::new(),
        Format::Json => data::json(source),
        Format::Sshd => sshd::problems(source),
        Format::Sudoers => sudoers::problems(source),
        Format::SystemdUnit => ini::unit(source),
        Format::Crontab => cron::problems(source),
        Format::Logrotate => logrotate::problems(source),
        Format::Hosts => hosts::hosts(source),
        Format::ResolvConf => hosts::resolv_conf(source),
        Format::Sysctl => hosts::sysctl(source),
        Format::Iptables => firewall::iptables(source),
        Format::Nftables => firewall::nftables(source),
        Format::PostgresqlConf => postgresql::conf(source),
        Format::PgHba => postgresql::hba(source),
        Format::MyCnf => ini::my_cnf(source),
        Format::Redis => redis::problems(source),
        Format::Named => named::problems(source),
        Format::Zone => zone::problems(source),
        Format::Rsyslog => rsyslog::problems(source),
        Format::Prometheus => data::prometheus(source),
        Format::Yaml => yaml::problems(source),
        Format::Toml => data::toml(source),
        Format::Xml => data::xml(source),
        Format::Ini => ini::problems(source),
        Format::Properties => ini::properties(source),
        Format::HaproxyCfg => haproxy::problems(source, version),
        Format::Nginx => nginx::problems(source),
        Format::Httpd => httpd::problems(source),
        Format::Vcl => vcl::problems(source),
        Format::Keepalived => keepalived::problems(source),
        Format::Squid => squid::problems(source),
        Format::Envoy => envoy::problems(source),
    }
}

/// The files that a config asks for, in its order, where its format has includes that are read in their place.
#[must_use]
pub fn includes(format: Format, source: &Source) -> Vec<Include> {
    match format {
        Format::Nginx => nginx::includes(source),
        Format::Vcl => vcl::includes(source),
        Format::Squid => squid::includes(source),
        Format::Httpd => httpd::includes(source),
        _ => Vec::new(),
    }
}

/// True where a text with unknown parts can still be judged around them. In data one unknown part may hold any
/// structure, so such a file is left alone.
#[must_use]
pub fn can_judge(format: Format, text: &str) -> bool {
    let is_data = matches!(
        format,
        Format::Json
            | Format::Yaml
            | Format::Toml
            | Format::Xml
            | Format::Prometheus
            | Format::Envoy
    );
    !is_data || !has_hole(text)
}
