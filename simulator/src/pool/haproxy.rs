//! Pools of a HAProxy config: each backend and listen section, with the servers that its defaults shape.

use foretaste_parser::haproxy::{Config, Line, Section, SectionKind, Word, parse};
use foretaste_parser::hole::has_hole;
use foretaste_parser::source::Source;

use super::{Member, MemberState, Pool};

/// Templates stop making servers once a pool has this many.
const MAX_TEMPLATE: u32 = 10_000;

/// The pools of a file, in its order: backends, and listen sections that name servers.
#[must_use]
pub fn pools(source: &Source) -> Vec<Pool> {
    let (config, _) = parse(source);
    config
        .sections
        .iter()
        .filter(|s| s.kind.is_backend())
        .map(|section| pool(&config, section, source))
        .collect()
}

/// What `server` lines inherit: from the defaults sections, then from the section's own `default-server`.
#[derive(Clone, Copy, Default)]
struct State {
    backup: bool,
    disabled: bool,
    drained: bool,
    /// An unknown word could say any of the above.
    unknown: bool,
}

impl State {
    fn read(&mut self, words: &[Word<'_>]) {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match &*word.text {
                "backup" => self.backup = true,
                "no-backup" => self.backup = false,
                "disabled" => self.disabled = true,
                "enabled" => self.disabled = false,
                "weight" => match words.next().map(|w| &*w.text) {
                    Some(weight) if has_hole(weight) => self.unknown = true,
                    Some(weight) => self.drained = weight.trim_start_matches('0').is_empty(),
                    // HAProxy takes it for 0.
                    None => self.drained = true,
                },
                text if has_hole(text) => self.unknown = true,
                _ => {}
            }
        }
    }

    fn of(self, address: &str) -> MemberState {
        if address.is_empty() {
            MemberState::Blank
        } else if self.disabled {
            MemberState::Disabled
        } else if self.drained {
            MemberState::Drained
        } else if self.backup {
            MemberState::Backup
        } else {
            MemberState::Serving
        }
    }
}

fn pool(config: &Config<'_>, section: &Section<'_>, source: &Source) -> Pool {
    let mut pool = Pool {
        name: section.name().to_owned(),
        members: Vec::new(),
        line: section.header.number,
        end_line: source.line(section.span.end.saturating_sub(1)),
        undetermined: None,
        ..Pool::default()
    };
    if has_hole(section.name()) {
        pool.undetermined = Some("the pool's name is unknown".to_owned());
    }
    let mut state = State::default();
    let mut switched_off = false;
    for defaults in inherited(config, section) {
        read_defaults(defaults, &mut state, &mut switched_off, &mut pool);
    }
    for line in &section.lines {
        match line.keyword() {
            "default-server" => state.read(line.from(1)),
            "disabled" => switched_off = true,
            "enabled" => switched_off = false,
            "server" => pool
                .members
                .push(server(line, state, &mut pool.undetermined)),
            "server-template" => template(line, state, &mut pool),
            "dispatch" => pool.members.push(dispatch(line)),
            keyword if has_hole(keyword) => {
                pool.undetermined = Some("an unknown part of the text may hold servers".to_owned());
            }
            _ => {}
        }
    }
    if switched_off {
        for member in &mut pool.members {
            member.state = MemberState::Disabled;
        }
    }
    pool
}

/// The defaults that a section starts from, outermost first: the one it names, or the last anonymous rule, the
/// defaults section before it.
fn inherited<'c, 's>(config: &'c Config<'s>, section: &Section<'_>) -> Vec<&'c Section<'s>> {
    let is_defaults = |s: &&Section<'s>| s.kind == SectionKind::Defaults;
    let mut chain = Vec::new();
    let mut next = match section.from() {
        Some(name) => config
            .sections
            .iter()
            .filter(is_defaults)
            .find(|s| s.name() == name.text),
        None => config
            .sections
            .iter()
            .filter(is_defaults)
            .take_while(|s| s.span.start < section.span.start)
            .last(),
    };
    while let Some(defaults) = next.filter(|_| chain.len() < 16) {
        chain.push(defaults);
        next = defaults.from().and_then(|name| {
            config
                .sections
                .iter()
                .filter(is_defaults)
                .find(|s| s.name() == name.text)
        });
    }
    chain.reverse();
    chain
}

fn read_defaults(
    defaults: &Section<'_>,
    state: &mut State,
    switched_off: &mut bool,
    pool: &mut Pool,
) {
    for line in &defaults.lines {
        match line.keyword() {
            "default-server" => state.read(line.from(1)),
            "disabled" => *switched_off = true,
            "enabled" => *switched_off = false,
            keyword if has_hole(keyword) => {
                pool.undetermined =
                    Some("an unknown part of the defaults may hold a default-server".to_owned());
            }
            _ => {}
        }
    }
}

fn server(line: &Line<'_>, inherited: State, undetermined: &mut Option<String>) -> Member {
    let mut state = inherited;
    state.read(line.from(3));
    // A hole as a word of its own may be several words, so also the place of the others is unknown.
    if state.unknown
        || has_hole(line.arg(1))
        || has_hole(line.arg(2))
            && line
                .arg(2)
                .trim_matches(foretaste_parser::hole::is_hole)
                .is_empty()
    {
        undetermined.get_or_insert_with(|| format!("line {} holds unknown text", line.number));
    }
    let (address, port) = split_address(line.arg(2));
    Member {
        name: line.arg(1).to_owned(),
        state: state.of(&address),
        address,
        port,
        node: None,
        part: None,
        line: line.number,
    }
}

/// `server-template <prefix> <number or range> <address> …` makes one server a number.
fn template(line: &Line<'_>, inherited: State, pool: &mut Pool) {
    let mut state = inherited;
    state.read(line.from(4));
    let range = line.arg(2);
    let (low, high): (Option<u32>, Option<u32>) = match range.split_once('-') {
        Some((low, high)) => (low.parse().ok(), high.parse().ok()),
        None => (Some(1), range.parse().ok()),
    };
    let (Some(low), Some(high)) = (low, high) else {
        pool.undetermined = Some(format!(
            "the number of servers on line {} is unknown",
            line.number
        ));
        return;
    };
    let (address, port) = split_address(line.arg(3));
    let room = MAX_TEMPLATE.saturating_sub(u32::try_from(pool.members.len()).unwrap_or(u32::MAX));
    for n in (low..=high).take(room as usize) {
        pool.members.push(Member {
            name: format!("{}{n}", line.arg(1)),
            state: state.of(&address),
            address: address.clone(),
            port,
            node: None,
            part: None,
            line: line.number,
        });
    }
}

/// `dispatch <address>:<port>`: a pool of one that has no name.
fn dispatch(line: &Line<'_>) -> Member {
    let (address, port) = split_address(line.arg(1));
    Member {
        name: "dispatch".to_owned(),
        state: State::default().of(&address),
        address,
        port,
        node: None,
        part: None,
        line: line.number,
    }
}

/// Host and port of a server's address; the host is empty where the address is blank.
fn split_address(text: &str) -> (String, Option<u32>) {
    let address = foretaste_parser::haproxy::Address::parse(text);
    let port = address.port.and_then(|p| p.parse().ok());
    (address.bare_host().to_owned(), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> String {
        pools(&Source::new("haproxy.cfg", text))
            .iter()
            .map(super::super::tests::line)
            .collect()
    }

    #[test]
    fn servers_have_the_state_that_they_and_their_defaults_say() {
        insta::assert_snapshot!(report("\
defaults
  default-server inter 3s backup
frontend www
  bind :80
backend app
  default-server no-backup
  server a 10.0.0.1:80 check weight 10
  server b 10.0.0.2:80 check weight 0
  server b2 10.0.0.2:80 check weight
  server c 10.0.0.3:80 disabled
  server d :80 check
  server e web5.example.com backup
  server f [2001:db8::1]:80
defaults fresh
backend tpl from fresh
  server-template app 2 app.example.com:8080 check
backend off from fresh
  server a 10.0.0.1:80
  disabled
backend bare from fresh
  http-request deny
listen inherits
  server a unix@/run/x.sock
"), @"
        app (5-13)
          serving a 10.0.0.1:80
          drained b 10.0.0.2:80
          drained b2 10.0.0.2:80
          disabled c 10.0.0.3:80
          blank d :80
          backup e web5.example.com
          serving f 2001:db8::1:80
        tpl (15-16)
          serving app1 app.example.com:8080
          serving app2 app.example.com:8080
        off (17-19)
          disabled a 10.0.0.1:80
        bare (20-21)
        inherits (22-23)
          serving a /run/x.sock
        ");
    }

    #[test]
    fn a_hole_that_could_hide_servers_is_told() {
        let report = report(
            "backend a\n  server x \u{100000}:80 check\nbackend b\n  \u{100000}\nbackend c\n  server x 10.0.0.1:80 \u{100000}\n",
        );
        insta::assert_snapshot!(report, @"
        a (1-2)
          serving x 􀀀:80
        b (3-4) undetermined: an unknown part of the text may hold servers
        c (5-6) undetermined: line 6 holds unknown text
          serving x 10.0.0.1:80
        ");
    }
}
