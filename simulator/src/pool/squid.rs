//! The pool of a Squid config: the peers that it must send requests to.

use foretaste_parser::hole::has_hole;
use foretaste_parser::source::Source;
use foretaste_parser::squid::{Directive, parse};

use super::{Member, MemberState, Pool};

/// One pool, `cache_peer`, where Squid may not go to origin servers itself: as a reverse proxy (`accel`), or with
/// `never_direct allow all`. Elsewhere peers only help, and nobody is lost without them.
#[must_use]
pub fn pools(source: &Source) -> Vec<Pool> {
    let directives = parse(source);
    let Some(bound) = directives.iter().find(|d| needs_peers(d)) else {
        return Vec::new();
    };
    let peers: Vec<&Directive> = directives
        .iter()
        .filter(|d| d.name == "cache_peer" && d.arg(1) != "sibling")
        .collect();
    let line = |d: &Directive| source.line(d.span.start);
    let first = peers.first().map_or(line(bound), |d| line(d));
    let unknown = directives.iter().find(|d| {
        has_hole(&d.name)
            || d.name == "include"
            || d.name == "cache_peer" && d.arguments.iter().any(|a| has_hole(a))
    });
    vec![Pool {
        name: "cache_peer".to_owned(),
        members: peers.iter().map(|d| member(d, line(d))).collect(),
        line: first,
        end_line: peers.last().map_or(first, |d| line(d)),
        undetermined: unknown.map(|d| format!("line {} holds what is not known here", line(d))),
        ..Pool::default()
    }]
}

fn needs_peers(line: &Directive) -> bool {
    match line.name.as_str() {
        "never_direct" => line.arguments == ["allow", "all"],
        "http_port" | "https_port" => line.arguments.iter().any(|a| a == "accel"),
        _ => false,
    }
}

fn member(line: &Directive, number: u32) -> Member {
    let address = line.arg(0);
    // With a blank host, the kind of peer is the first word.
    let blank = matches!(address, "" | "parent" | "sibling" | "multicast");
    let name = line
        .arguments
        .iter()
        .find_map(|a| a.strip_prefix("name="))
        .unwrap_or(address);
    Member {
        name: name.to_owned(),
        address: if blank {
            String::new()
        } else {
            address.to_owned()
        },
        port: line.arg(2).parse().ok(),
        node: None,
        part: None,
        state: if blank {
            MemberState::Blank
        } else {
            MemberState::Serving
        },
        line: number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_a_pool_where_squid_may_not_go_itself() {
        let report = |text: &str| super::super::tests::report(pools, text);
        let peers = "\
cache_peer web1.example.com parent 80 0 no-query originserver name=web1
cache_peer  parent 80 0 no-query originserver
cache_peer 10.0.0.5 sibling 3128 3130
";
        assert_eq!(report(peers), "");
        insta::assert_snapshot!(report(&format!("http_port 80 accel defaultsite=a.example.com\n{peers}")), @"
        cache_peer (2-3)
          serving web1 web1.example.com:80
          blank parent :0
        ");
        insta::assert_snapshot!(report("never_direct allow all\n"), @"cache_peer (1-1)");
    }
}
