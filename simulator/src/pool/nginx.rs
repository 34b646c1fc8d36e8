//! Pools of an nginx config: each `upstream` block, in `http` and in `stream`.

use foretaste_parser::hole::{has_hole, is_hole};
use foretaste_parser::nginx::{Directive, parse};
use foretaste_parser::source::Source;

use super::{Member, MemberState, Pool};

/// The pools of a file or of a fragment of one, in its order.
#[must_use]
pub fn pools(source: &Source) -> Vec<Pool> {
    let (config, _) = parse(source);
    let mut found = Vec::new();
    for directive in &config.directives {
        collect(directive, source, &mut found);
        for inner in directive.block() {
            collect(inner, source, &mut found);
        }
    }
    found
}

fn collect(directive: &Directive<'_>, source: &Source, found: &mut Vec<Pool>) {
    if directive.name.text != "upstream" || !directive.has_block() {
        return;
    }
    let mut pool = Pool {
        name: directive.arg(0).to_owned(),
        members: Vec::new(),
        line: source.line(directive.span.start),
        end_line: source.line(directive.span.end.saturating_sub(1)),
        undetermined: None,
        ..Pool::default()
    };
    if has_hole(&pool.name) {
        pool.undetermined = Some("the pool's name is unknown".to_owned());
    }
    for line in directive.block() {
        match &*line.name.text {
            "server" => pool
                .members
                .push(server(line, source, &mut pool.undetermined)),
            "include" => {
                pool.includes = true;
                pool.undetermined = Some(format!("the pool includes {}", line.arg(0)));
            }
            name if has_hole(name) => {
                pool.undetermined = Some("an unknown part of the text may hold servers".to_owned());
            }
            _ => {}
        }
    }
    found.push(pool);
}

fn server(line: &Directive<'_>, source: &Source, undetermined: &mut Option<String>) -> Member {
    let text = line.arg(0);
    let (address, port) = split_address(text);
    let mut state = MemberState::Serving;
    let mut unknown = !text.is_empty() && text.trim_matches(is_hole).is_empty();
    for parameter in line.arguments.iter().skip(1) {
        match &*parameter.text {
            "down" => state = MemberState::Disabled,
            "backup" if state == MemberState::Serving => state = MemberState::Backup,
            "drain" => state = MemberState::Drained,
            text => unknown |= has_hole(text),
        }
    }
    if address.is_empty() {
        state = MemberState::Blank;
    }
    let number = source.line(line.span.start);
    if unknown {
        undetermined.get_or_insert_with(|| format!("line {number} holds unknown text"));
    }
    Member {
        // nginx's servers have no name but their address.
        name: text.to_owned(),
        address,
        port,
        node: None,
        part: None,
        state,
        line: number,
    }
}

/// Host and port; a `unix:` path stays whole.
fn split_address(text: &str) -> (String, Option<u32>) {
    if text.starts_with("unix:") {
        return (text.to_owned(), None);
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()),
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
    use super::*;

    #[test]
    fn upstreams_of_http_and_stream_and_of_fragments_are_pools() {
        let text = "\
http {
  upstream app {
    least_conn;
    server 10.0.0.1:8080 weight=2;
    server web2.example.com down;
    server [2001:db8::1]:80 backup;
    server unix:/run/app.sock;
  }
}
stream { upstream db { server \u{100000}:5432; } }
upstream frag { include /etc/nginx/servers/*.conf; }
";
        let report: String = pools(&Source::new("nginx.conf", text))
            .iter()
            .map(super::super::tests::line)
            .collect();
        insta::assert_snapshot!(report, @"
        app (2-8)
          serving 10.0.0.1:8080 10.0.0.1:8080
          disabled web2.example.com web2.example.com
          backup [2001:db8::1]:80 2001:db8::1:80
          serving unix:/run/app.sock unix:/run/app.sock
        db (10-10)
          serving 􀀀:5432 􀀀:5432
        frag (11-11) undetermined: the pool includes /etc/nginx/servers/*.conf
        ");
    }
}
