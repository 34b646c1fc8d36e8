//! Addresses that machines share by VRRP: one machine holds them, and its standbys serve nobody until it falls silent.
//!
//! Instances of one router have the same id and the same addresses on all machines; the id alone is only unique within
//! one network. Whoever has the highest priority holds the addresses, whatever `state` says (RFC 5798, section 6.4,
//! keepalived.conf(5)). Equal priorities and `nopreempt` leave it open who does.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use foretaste_parser::formats::Format;
use foretaste_parser::hole::has_hole;
use foretaste_parser::keepalived::{Item, parse};
use foretaste_parser::source::Source;

use crate::convergence::Convergence;
use crate::impact::NodeImpact;
use crate::readers::Readers;

/// keepalived's own, where a config has none.
const PRIORITY: u32 = 100;

/// Addresses that machines share, before a change and after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedAddresses {
    before: Holders,
    after: Holders,
}

/// Who has which address at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holders {
    /// By address: who holds it, or may.
    holders: BTreeMap<IpAddr, BTreeSet<String>>,
    /// Whoever has instances and holds no address in any of them.
    standbys: BTreeSet<String>,
}

/// The id and the addresses.
type Router = (String, BTreeSet<IpAddr>);
/// By router: each machine with its priority, where that is certain.
type Routers<'n> = BTreeMap<Router, Vec<(&'n str, Option<u32>)>>;

/// One `vrrp_instance` of one machine.
struct Instance {
    router: Router,
    /// `None` where it is not certain.
    priority: Option<u32>,
}

impl SharedAddresses {
    /// Reads the files that nodes have at both times.
    #[must_use]
    pub fn new(nodes: &BTreeMap<String, NodeImpact>, readers: &Readers) -> Self {
        let side = |run: &dyn Fn(&NodeImpact) -> Option<&Convergence>| {
            let mut routers = Routers::new();
            for node in nodes.values() {
                let files = run(node).into_iter().flat_map(|run| &run.files);
                for (path, file) in files {
                    if readers.format(path, &file.text) != Some(Format::Keepalived) {
                        continue;
                    }
                    let sure = file.conditional.is_none();
                    for instance in instances(&Source::new(path.as_str(), file.text.clone())) {
                        let part = (node.name.as_str(), instance.priority.filter(|_| sure));
                        routers.entry(instance.router).or_default().push(part);
                    }
                }
            }
            Holders::new(routers)
        };
        Self {
            before: side(&|n| n.before.as_deref()),
            // Who fails keeps the files that it has.
            after: side(&|n| match &n.after {
                Some(run) if run.after.failure.is_some() => n.before.as_deref(),
                run => run.as_ref().map(|r| &*r.after),
            }),
        }
    }

    #[must_use]
    pub fn before(&self) -> &Holders {
        &self.before
    }

    #[must_use]
    pub fn after(&self) -> &Holders {
        &self.after
    }

    /// Whoever holds no shared address before and after, and has some to take over.
    #[must_use]
    pub fn standbys(&self) -> BTreeSet<String> {
        &self.before.standbys & &self.after.standbys
    }
}

impl Holders {
    fn new(routers: Routers<'_>) -> Self {
        let mut out = Self::default();
        let mut all = BTreeSet::new();
        let mut holding = BTreeSet::new();
        for ((_, addresses), parts) in routers {
            let highest = parts.iter().filter_map(|(_, p)| *p).max();
            let sure = parts.iter().all(|(_, p)| p.is_some())
                && parts.iter().filter(|(_, p)| *p == highest).count() == 1;
            let holders: BTreeSet<String> = parts
                .iter()
                .filter(|(_, p)| !sure || *p == highest)
                .map(|(node, _)| (*node).to_owned())
                .collect();
            all.extend(parts.iter().map(|(node, _)| (*node).to_owned()));
            for address in addresses {
                let known = out.holders.entry(address).or_default();
                known.extend(holders.iter().cloned());
            }
            holding.extend(holders);
        }
        out.standbys = &all - &holding;
        out
    }

    /// Whoever holds an address, or may.
    pub fn of(&self, address: IpAddr) -> impl Iterator<Item = &str> {
        let holders = self.holders.get(&address).into_iter().flatten();
        holders.map(String::as_str)
    }
}

/// The instances of a config that name their router and have addresses.
fn instances(source: &Source) -> Vec<Instance> {
    let (items, _) = parse(source);
    let instances = items.iter().filter(|i| i.name == "vrrp_instance");
    instances.filter_map(instance).collect()
}

fn instance(item: &Item) -> Option<Instance> {
    let block = item.block.as_ref()?;
    let last = |name: &str| block.iter().rfind(|i| i.name == name);
    let id = last("virtual_router_id")?.arg(0);
    let listed = block.iter().filter(|i| {
        matches!(
            i.name.as_str(),
            "virtual_ipaddress" | "virtual_ipaddress_excluded"
        )
    });
    let listed: Vec<&Item> = listed.flat_map(|i| i.block.iter().flatten()).collect();
    let addresses: BTreeSet<IpAddr> = listed
        .iter()
        .filter_map(|i| i.name.split('/').next()?.parse().ok())
        .collect();
    if addresses.is_empty() || has_hole(id) {
        return None;
    }
    // `@host` before a line makes it one host's; a script's weight moves the priority.
    let open = block.iter().any(|i| {
        i.name.starts_with('@') || has_hole(&i.name) || i.name == "nopreempt" || i.name == "include"
    });
    let priority = match last("priority") {
        None => Some(PRIORITY),
        Some(item) => item.arg(0).parse().ok(),
    };
    Some(Instance {
        router: (id.to_owned(), addresses),
        priority: priority.filter(|_| !open),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(configs: &[(&str, &str)]) -> String {
        let mut routers = Routers::new();
        for (node, text) in configs {
            for instance in instances(&Source::new("keepalived.conf", *text)) {
                let part = (*node, instance.priority);
                routers.entry(instance.router).or_default().push(part);
            }
        }
        let holders = Holders::new(routers);
        let mut out = String::new();
        for (address, nodes) in &holders.holders {
            out += &format!("{address}: {nodes:?}\n");
        }
        out + &format!("standbys: {:?}", holders.standbys)
    }

    fn config(id: u32, address: &str, rest: &str) -> String {
        format!(
            "vrrp_instance a {{\n  virtual_router_id {id}\n  {rest}\n  virtual_ipaddress {{\n    {address}/24 dev eth0\n  }}\n}}\n"
        )
    }

    #[test]
    fn the_highest_priority_holds_the_addresses() {
        let (high, low) = (
            config(51, "192.0.2.1", "state BACKUP\n  priority 150"),
            config(51, "192.0.2.1", "state MASTER"),
        );
        insta::assert_snapshot!(shown(&[("lb1", &low), ("lb2", &high)]), @r#"
        192.0.2.1: {"lb2"}
        standbys: {"lb1"}
        "#);
    }

    #[test]
    fn whoever_holds_one_of_two_is_no_standby() {
        let one = |a: u32, b: u32| {
            config(51, "192.0.2.1", &format!("priority {a}"))
                + &config(52, "192.0.2.2", &format!("priority {b}"))
        };
        insta::assert_snapshot!(shown(&[("lb1", &one(150, 100)), ("lb2", &one(100, 150))]), @r#"
        192.0.2.1: {"lb1"}
        192.0.2.2: {"lb2"}
        standbys: {}
        "#);
    }

    #[test]
    fn nobody_is_a_standby_where_it_is_open() {
        let open = [
            ["priority 100", "priority 100"],
            ["priority 150\n  nopreempt", "priority 100"],
            ["@lb1 priority 150\n  priority 50", "priority 100"],
            ["priority \u{100000}", "priority 100"],
        ];
        for [a, b] in open {
            let (a, b) = (config(51, "192.0.2.1", a), config(51, "192.0.2.1", b));
            let shown = shown(&[("lb1", &a), ("lb2", &b)]);
            assert!(shown.ends_with("standbys: {}"), "{shown}");
        }
    }

    #[test]
    fn one_id_in_two_networks_is_two_routers() {
        let (here, there) = (
            config(51, "192.0.2.1", "priority 150"),
            config(51, "198.51.100.1", "priority 100"),
        );
        insta::assert_snapshot!(shown(&[("lb1", &here), ("lb2", &there)]), @r#"
        192.0.2.1: {"lb1"}
        198.51.100.1: {"lb2"}
        standbys: {}
        "#);
    }
}
