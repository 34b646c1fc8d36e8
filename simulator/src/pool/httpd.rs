//! Pools of an Apache config: each balancer of `mod_proxy_balancer`.

use std::collections::BTreeMap;

use foretaste_parser::hole::has_hole;
use foretaste_parser::httpd::{Directive, is_include, parse};
use foretaste_parser::source::Source;

use super::{Member, MemberState, Pool, split_host_port};

/// The balancers of a file or a part of one, by name. `BalancerMember` stands in a `<Proxy balancer://…>` section, or
/// names its balancer itself.
#[must_use]
pub fn pools(source: &Source) -> Vec<Pool> {
    let (directives, _) = parse(source);
    let mut found = Found {
        pools: BTreeMap::new(),
        source,
    };
    found.level(&directives, None);
    let mut pools: Vec<Pool> = found.pools.into_values().collect();
    pools.sort_by_key(|p| p.line);
    pools
}

struct Found<'s> {
    pools: BTreeMap<String, Pool>,
    source: &'s Source,
}

/// `balancer://name/…` → `name`.
fn balancer(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("balancer://")?;
    Some(rest.split('/').next().unwrap_or(rest))
}

impl Found<'_> {
    fn level(&mut self, directives: &[Directive], within: Option<&str>) {
        for directive in directives {
            let name = within.map(str::to_owned);
            if let Some(body) = &directive.body {
                let proxy = directive
                    .is("Proxy")
                    .then(|| balancer(directive.arg(0)))
                    .flatten();
                if let Some(name) = proxy {
                    let end = self.source.line(directive.end.saturating_sub(1));
                    let pool = self.pool(name, directive);
                    pool.end_line = pool.end_line.max(end);
                }
                self.level(body, proxy.or(within));
            } else if directive.is("BalancerMember") {
                self.member(directive, name);
            } else if let Some(name) = name {
                if is_include(directive) {
                    let pool = self.pool(&name, directive);
                    pool.includes = true;
                    pool.undetermined = Some(format!("the pool includes {}", directive.arg(0)));
                } else if has_hole(&directive.name) {
                    self.pool(&name, directive).undetermined =
                        Some("an unknown part of the text may hold members".to_owned());
                }
            }
        }
    }

    fn pool(&mut self, name: &str, at: &Directive) -> &mut Pool {
        let line = self.source.line(at.span.start);
        self.pools.entry(name.to_owned()).or_insert_with(|| Pool {
            name: name.to_owned(),
            members: Vec::new(),
            line,
            end_line: line,
            undetermined: has_hole(name).then(|| "the pool's name is unknown".to_owned()),
            ..Pool::default()
        })
    }

    fn member(&mut self, directive: &Directive, within: Option<String>) {
        let mut words = directive.arguments.iter().map(String::as_str).peekable();
        let named = words.peek().and_then(|w| balancer(w)).map(str::to_owned);
        if named.is_some() {
            words.next();
        }
        let Some(name) = named.or(within) else { return };
        let url = words.next().unwrap_or("");
        let mut state = MemberState::Serving;
        let mut unknown = false;
        for word in words {
            unknown |= has_hole(word);
            if let Some((key, value)) = word.split_once('=')
                && key.eq_ignore_ascii_case("status")
            {
                state = status(value);
            }
        }
        // `balancer://a` may come before the section; http://host:port/path is the usual form.
        let rest = url.split_once("://").map_or(url, |(_, r)| r);
        let (address, port) = split_host_port(rest.split('/').next().unwrap_or(rest));
        if address.is_empty() && !url.starts_with("unix:") {
            state = MemberState::Blank;
        }
        let line = self.source.line(directive.span.start);
        let pool = self.pool(&name, directive);
        pool.end_line = pool.end_line.max(line);
        if unknown {
            pool.undetermined
                .get_or_insert_with(|| format!("line {line} holds unknown text"));
        }
        pool.members.push(Member {
            name: url.to_owned(),
            address,
            port,
            node: None,
            part: None,
            state,
            line,
        });
    }
}

/// `+D` disabled, `+S` stopped, `+E` in error, `+N` drained, `+H` and `+R` spare; `-` takes a flag away.
fn status(flags: &str) -> MemberState {
    let mut state = MemberState::Serving;
    let mut on = true;
    for flag in flags.chars() {
        match flag.to_ascii_uppercase() {
            '+' => on = true,
            '-' => on = false,
            'D' | 'S' | 'E' if on => return MemberState::Disabled,
            'N' if on => state = MemberState::Drained,
            'H' | 'R' if on && state == MemberState::Serving => state = MemberState::Backup,
            _ => {}
        }
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balancers_have_the_members_of_their_section_and_those_that_name_them() {
        let text = "\
<VirtualHost *:80>
  <Proxy balancer://app>
    BalancerMember http://web1.example.com:8080 loadfactor=2
    BalancerMember ajp://10.0.0.2:8009 status=+D
    BalancerMember \"http://web3\" status=+H
    BalancerMember http://:8080
    ProxySet lbmethod=byrequests
  </Proxy>
  ProxyPass / balancer://app/
</VirtualHost>
BalancerMember balancer://old http://10.0.0.9 status=+N-H
ProxyPass /elsewhere balancer://elsewhere/
<Proxy balancer://more>
  IncludeOptional members.conf
</Proxy>
<Proxy *>
  Require all granted
</Proxy>
";
        insta::assert_snapshot!(super::super::tests::report(pools, text), @"
        app (2-8)
          serving http://web1.example.com:8080 web1.example.com:8080
          disabled ajp://10.0.0.2:8009 10.0.0.2:8009
          backup http://web3 web3
          blank http://:8080 :8080
        old (11-11)
          drained http://10.0.0.9 10.0.0.9
        more (13-15) undetermined: the pool includes members.conf
        ");
    }
}
