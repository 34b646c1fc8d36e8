//! Pools of a keepalived config: each `virtual_server` with its real servers.

use foretaste_parser::hole::has_hole;
use foretaste_parser::keepalived::{Item, parse};
use foretaste_parser::source::Source;

use super::{Member, MemberState, Pool};

/// The virtual servers of a file, named by their address and port, group or firewall mark.
#[must_use]
pub fn pools(source: &Source) -> Vec<Pool> {
    let (items, _) = parse(source);
    items
        .iter()
        .filter(|i| i.name == "virtual_server" && i.block.is_some())
        .map(|item| pool(item, source))
        .collect()
}

fn pool(server: &Item, source: &Source) -> Pool {
    let name = server.arguments.join(" ");
    let mut pool = Pool {
        undetermined: has_hole(&name).then(|| "the pool's name is unknown".to_owned()),
        name,
        members: Vec::new(),
        line: source.line(server.span.start),
        end_line: source.line(server.end.saturating_sub(1)),
        ..Pool::default()
    };
    for item in server.block.iter().flatten() {
        match item.name.as_str() {
            "real_server" => pool.members.push(real_server(item, source)),
            "sorry_server" => pool.members.push(member(item, MemberState::Backup, source)),
            "include" => {
                pool.includes = true;
                pool.undetermined = Some(format!("the pool includes {}", item.arg(0)));
            }
            name if has_hole(name) => {
                pool.undetermined = Some("an unknown part of the text may hold servers".to_owned());
            }
            _ => {}
        }
    }
    pool
}

fn real_server(item: &Item, source: &Source) -> Member {
    let weight = item.block.iter().flatten().rfind(|i| i.name == "weight");
    let drained = weight.is_some_and(|w| w.arg(0).parse() == Ok(0i64));
    let state = if drained {
        MemberState::Drained
    } else {
        MemberState::Serving
    };
    member(item, state, source)
}

fn member(item: &Item, state: MemberState, source: &Source) -> Member {
    let address = item.arg(0);
    // Where the address is blank, the port stands in its place.
    let blank = address.is_empty() || address.parse::<u32>().is_ok();
    Member {
        name: item.arguments.join(" "),
        address: if blank {
            String::new()
        } else {
            address.to_owned()
        },
        port: item.arg(1).parse().ok(),
        node: None,
        part: None,
        state: if blank { MemberState::Blank } else { state },
        line: source.line(item.span.start),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_servers_have_their_real_and_sorry_servers() {
        let text = "\
virtual_server 10.0.0.9 80 {
  lb_algo rr
  sorry_server 127.0.0.1 8080
  real_server 10.0.0.1 80 {
    weight 1
  }
  real_server 10.0.0.2 80 { weight 0 }
  real_server  80 {
  }
}
virtual_server group web {
}
virtual_server_group web { 10.0.0.9 80 }
";
        insta::assert_snapshot!(super::super::tests::report(pools, text), @"
        10.0.0.9 80 (1-10)
          backup 127.0.0.1 8080 127.0.0.1:8080
          serving 10.0.0.1 80 10.0.0.1:80
          drained 10.0.0.2 80 10.0.0.2:80
          blank 80 
        group web (11-12)
        ");
    }
}
