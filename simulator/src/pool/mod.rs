//! Pools: what a rendered balancer config sends customers to.

pub mod envoy;
pub mod haproxy;
pub mod httpd;
pub mod keepalived;
pub mod names;
pub mod nginx;
pub mod squid;
pub mod vcl;

use foretaste_parser::formats::Format;
use foretaste_parser::source::Source;

pub use names::NodeNames;

/// The pools of a rendered file; none where its format has none.
#[must_use]
pub fn pools(format: Format, source: &Source) -> Vec<Pool> {
    match format {
        Format::HaproxyCfg => haproxy::pools(source),
        Format::Nginx => nginx::pools(source),
        Format::Httpd => httpd::pools(source),
        Format::Vcl => vcl::pools(source),
        Format::Keepalived => keepalived::pools(source),
        Format::Squid => squid::pools(source),
        Format::Envoy => envoy::pools(source),
        _ => Vec::new(),
    }
}

/// One backend, upstream or director in one rendered file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pool {
    /// The backend's or upstream's name as the file has it.
    pub name: String,
    pub members: Vec<Member>,
    /// Lines in the rendered file, from 1: the pool's own and its last.
    pub line: u32,
    pub end_line: u32,
    /// Set where an unknown part of the text could add, remove or change members.
    pub undetermined: Option<String>,
    /// True where the pool's own text asks for other files, which may hold members.
    pub includes: bool,
    /// The managed files that the pool's members were read from, too; their paths on the node.
    pub parts: Vec<String>,
}

impl Pool {
    /// Members that customers' requests can reach in ordinary operation.
    pub fn serving(&self) -> impl Iterator<Item = &Member> {
        self.members
            .iter()
            .filter(|m| m.state == MemberState::Serving)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    /// Host name or address as written; holes as in the text.
    pub address: String,
    pub port: Option<u32>,
    /// The inventory node behind the address or name.
    pub node: Option<String>,
    pub state: MemberState,
    /// In the pool's file, or in the one that it includes.
    pub line: u32,
    /// The included file that holds the member; `None` where the pool's own does.
    pub part: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberState {
    Serving,
    /// Serves only when the others are down.
    Backup,
    Disabled,
    /// Weight 0: drained.
    Drained,
    /// No address: accepted by the daemon's parser, reaches nobody.
    Blank,
}

impl MemberState {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::Backup => "backup",
            Self::Disabled => "disabled",
            Self::Drained => "drained",
            Self::Blank => "blank",
        }
    }
}

/// Whether a pool's name, or another text, matches a pattern in which `*` stands for any text.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or(""),
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Host and port of `host:port`, `[v6]:port` or a host alone.
fn split_host_port(text: &str) -> (String, Option<u32>) {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port))
            if !port.contains(']') && (!host.contains(':') || host.ends_with(']')) =>
        {
            (host, port.parse().ok())
        }
        _ => (text, None),
    };
    let host = host
        .strip_prefix('[')
        .and_then(|h| h.strip_suffix(']'))
        .unwrap_or(host);
    (host.to_owned(), port)
}

#[cfg(test)]
mod tests {
    use super::{Pool, Source, matches};

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(matches("*", "") && matches("web*", "web_1") && matches("*-api-*", "x-api-y"));
        assert!(!matches("web", "web1") && !matches("a*a", "a") && !matches("web*", "api"));
    }

    /// The pools of a text, a line for each and for each member.
    pub fn report(pools: fn(&Source) -> Vec<Pool>, text: &str) -> String {
        pools(&Source::new("a", text)).iter().map(line).collect()
    }

    /// A pool as text, a line for each member.
    pub fn line(pool: &Pool) -> String {
        let mut out = format!("{} ({}-{})", pool.name, pool.line, pool.end_line);
        if let Some(why) = &pool.undetermined {
            out += &format!(" undetermined: {why}");
        }
        for m in &pool.members {
            let port = m.port.map_or(String::new(), |p| format!(":{p}"));
            out += &format!("\n  {} {} {}{port}", m.state.as_str(), m.name, m.address);
        }
        out + "\n"
    }
}
