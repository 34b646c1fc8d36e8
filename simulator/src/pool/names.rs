//! Which inventory node a pool's member is.

use std::collections::{BTreeMap, BTreeSet};

use super::Member;
use crate::convergence::SavedNode;
use crate::packed::{Attributes, Packed};

/// The names and addresses under which other machines know the nodes of an inventory.
#[derive(Clone, Debug, Default)]
pub struct NodeNames {
    /// Lower-case name or address → node; `None` where several nodes claim it.
    known: BTreeMap<String, Option<String>>,
    /// First labels of names (`web1` of `web1.example.com`), used where nothing else is known.
    short: BTreeMap<String, Option<String>>,
}

/// Attributes of the cloud an instance runs in that hold its names and addresses.
const CLOUD_KEYS: [&str; 10] = [
    "public_ips",
    "private_ips",
    "public_ipv4",
    "local_ipv4",
    "public_ipv4_addrs",
    "local_ipv4_addrs",
    "public_ipv6",
    "public_hostname",
    "local_hostname",
    "private_ipv4",
];

impl NodeNames {
    /// Collects each node's name, FQDN, host name, machine name and all addresses of its interfaces and cloud.
    pub fn new<'n>(nodes: impl IntoIterator<Item = &'n SavedNode>) -> Self {
        let mut names = Self::default();
        for node in nodes {
            for text in claims(node) {
                let text = text.to_ascii_lowercase();
                if let Some((label, _)) = text.split_once('.')
                    && label.contains(|c: char| c.is_ascii_alphabetic())
                {
                    claim(&mut names.short, label, &node.name);
                }
                claim(&mut names.known, &text, &node.name);
            }
        }
        names
    }

    /// The node behind a member: by its address, then by its own name, then by the first label of its address.
    /// `None` where no node or more than one answers to it.
    #[must_use]
    pub fn resolve(&self, member: &Member) -> Option<&str> {
        let address = member.address.to_ascii_lowercase();
        let name = member.name.to_ascii_lowercase();
        let address = address.trim_end_matches('.');
        if let Some(found) = self.known.get(address) {
            return found.as_deref();
        }
        let label = address.split('.').next().unwrap_or("");
        self.known
            .get(&name)
            .or_else(|| self.short.get(address))
            .or_else(|| self.short.get(&name))
            .or_else(|| self.known.get(label))
            .and_then(Option::as_deref)
    }

    /// The node that a name or address alone leads to; `None` where none or more than one answers to it.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<&str> {
        let text = text.to_ascii_lowercase();
        let known = self.known.get(text.trim_end_matches('.'));
        known.or_else(|| self.short.get(&text))?.as_deref()
    }

    /// Sets the node of each member that one node answers to.
    pub fn tie(&self, members: &mut [Member]) {
        for member in members {
            member.node = self.resolve(member).map(str::to_owned);
        }
    }
}

fn claim(map: &mut BTreeMap<String, Option<String>>, text: &str, node: &str) {
    map.entry(text.to_owned())
        .and_modify(|holder| {
            if holder.as_deref() != Some(node) {
                *holder = None;
            }
        })
        .or_insert_with(|| Some(node.to_owned()));
}

/// Every text under which a node may be known.
fn claims(node: &SavedNode) -> BTreeSet<String> {
    let automatic = &node.automatic;
    let mut out = BTreeSet::from([node.name.clone()]);
    for key in ["fqdn", "hostname", "machinename", "ipaddress", "ip6address"] {
        text(automatic.value(key), &mut out);
    }
    for cloud in [
        "cloud",
        "cloud_v2",
        "ec2",
        "gce",
        "azure",
        "openstack",
        "digital_ocean",
        "rackspace",
        "linode",
    ] {
        if let Some(cloud) = automatic.value(cloud) {
            for key in CLOUD_KEYS {
                text(cloud.get(key), &mut out);
            }
        }
    }
    if let Some(Packed::Object(interfaces)) =
        automatic.value("network").and_then(|n| n.get("interfaces"))
    {
        interfaces.for_each(|(_, i)| interface(i, &mut out));
    }
    // What a repository itself writes about its machines, as openly as Ohai does.
    for level in [&node.default, &node.normal, &node.r#override] {
        written(level, &mut out);
    }
    for local in ["localhost", "127.0.0.1", "::1", ""] {
        out.remove(local);
    }
    out
}

fn interface(interface: Packed<'_>, out: &mut BTreeSet<String>) {
    let Some(Packed::Object(addresses)) = interface.get("addresses") else {
        return;
    };
    for (address, facts) in addresses {
        let family = facts.get("family").and_then(Packed::as_str);
        let local = facts.get("scope").and_then(Packed::as_str) == Some("Node");
        if !local && !address.starts_with("127.") && matches!(family, Some("inet" | "inet6")) {
            out.insert(address.to_owned());
        }
    }
}

fn written(level: &Attributes, out: &mut BTreeSet<String>) {
    for key in ["fqdn", "hostname", "ipaddress"] {
        text(level.value(key), out);
    }
}

fn text(value: Option<Packed<'_>>, out: &mut BTreeSet<String>) {
    match value {
        Some(Packed::Text(s)) => {
            out.insert(s.to_owned());
        }
        Some(Packed::Array(values)) => {
            for s in values.filter_map(Packed::as_str) {
                out.insert(s.to_owned());
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::MemberState;
    use super::*;

    fn node(name: &str, automatic: Json) -> SavedNode {
        let Json::Object(automatic) = automatic else {
            panic!("an object");
        };
        SavedNode {
            name: name.to_owned(),
            automatic: automatic.into(),
            ..SavedNode::default()
        }
    }

    fn member(name: &str, address: &str) -> Member {
        Member {
            name: name.to_owned(),
            address: address.to_owned(),
            port: None,
            node: None,
            part: None,
            state: MemberState::Serving,
            line: 1,
        }
    }

    #[test]
    fn a_member_is_the_one_node_that_answers_to_its_address_or_name() {
        let nodes = [
            node(
                "web1",
                json!({"fqdn": "web1.dc1.example.com", "ipaddress": "10.0.0.1", "network": {"interfaces": {
                    "eth1": {"addresses": {"192.168.0.1": {"family": "inet", "scope": "Global"}, "AA:BB": {"family": "lladdr"}}}
                }}}),
            ),
            node(
                "web2.example.com",
                json!({"ipaddress": "10.0.0.2", "ec2": {"public_hostname": "ec2-2.aws.example.com"}}),
            ),
            node("db", json!({"ipaddress": "10.0.0.9"})),
            node("db-copy", json!({"ipaddress": "10.0.0.9"})),
        ];
        let names = NodeNames::new(&nodes);
        let cases = [
            ("x", "10.0.0.1", Some("web1")),
            ("x", "192.168.0.1", Some("web1")),
            ("x", "WEB1.dc1.example.com", Some("web1")),
            ("x", "web1.internal", Some("web1")),
            ("x", "ec2-2.aws.example.com", Some("web2.example.com")),
            ("web2", "10.9.9.9", Some("web2.example.com")),
            ("web2", "10.0.0.1", Some("web1")),
            ("x", "10.0.0.9", None),
            ("x", "127.0.0.1", None),
            ("x", "", None),
        ];
        for (name, address, expected) in cases {
            assert_eq!(
                names.resolve(&member(name, address)),
                expected,
                "{name} {address}"
            );
        }
    }
}
