//! Where customers are sent: what the owners of a repository say of their sites, and what DNS and data bags make of it.
//!
//! A pool tells who serves when a balancer is asked. Which balancer customers ask is DNS's to say, and a site that no
//! record leads to is out of rotation with all its pools: the place to try a change, and the place to fail over to. What
//! cannot be followed to a node or a site leaves everybody in rotation who is in a pool, and is told.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use foretaste_parser::hole::has_hole;
use foretaste_parser::source::{Location, Source};
use foretaste_parser::zone::{self, Lead};
use serde_json::Value as Json;

use super::vrrp::Holders;
use crate::convergence::{Convergence, Undetermined, UndeterminedKind};
use crate::impact::{Impact, NodeImpact};
use crate::pool::NodeNames;
use crate::search::SearchIndex;

/// What the owners of a repository say of where customers are sent. The default says nothing: pools tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// The attribute that names a node's site, as a path; empty where sites have no part in it.
    pub site: Vec<String>,
    /// Sites to which customers are always sent.
    pub active: BTreeSet<String>,
    /// What sends customers to nodes or sites.
    pub records: Vec<Record>,
    /// Addresses that stand for a site and belong to none of its nodes, such as those that balancers share.
    pub addresses: BTreeMap<IpAddr, String>,
}

/// Something that sends customers somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A, AAAA and CNAME records of a zone file: in the repository, or, where the path begins with `/`, on nodes.
    Zone {
        path: String,
        /// The names that customers ask for, as in the zone or in full.
        names: Vec<String>,
    },
    /// A data bag item that holds addresses, names of machines or names of sites.
    Item {
        bag: String,
        id: String,
        /// Where in the item; all of it where this is empty.
        key: Vec<String>,
    },
}

/// Where customers are sent before a change and after it.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    /// `None` where there is no base.
    pub before: Option<Ways>,
    pub after: Ways,
    /// The site of each node that has one.
    pub sites: BTreeMap<String, String>,
}

/// Where customers are sent at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    pub sites: BTreeSet<String>,
    /// Nodes that records name themselves.
    pub nodes: BTreeSet<String>,
    /// Each record that leads somewhere.
    pub leads: Vec<Way>,
    /// What could not be followed; then nobody is out of rotation.
    pub open: Vec<(String, Option<Location>)>,
}

/// One record, followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// A name of the zone, or the data bag item.
    pub from: String,
    /// The address or name that it leads to.
    pub to: String,
    /// A node or a site.
    pub reaches: String,
    pub location: Option<Location>,
}

impl Rotation {
    /// Whether anything but pools decides who is in rotation.
    #[must_use]
    pub fn decides(&self) -> bool {
        !self.active.is_empty() || !self.records.is_empty()
    }

    /// Whether a file of the repository is one of its zones.
    #[must_use]
    pub fn reads(&self, path: &str) -> bool {
        let mut records = self.records.iter();
        records.any(|r| matches!(r, Record::Zone { path: zone, .. } if zone == path))
    }
}

impl Traffic {
    /// Follows the records of both sides. `None` where the owners say nothing. `file` gives a text of the head.
    #[must_use]
    pub fn new(impact: &Impact, file: &dyn Fn(&str) -> Option<Arc<Source>>) -> Option<Self> {
        let rotation = &impact.options.rotation;
        if rotation.site.is_empty() && !rotation.decides() {
            return None;
        }
        let sites = sites(impact, &rotation.site);
        let indexes = [Some(&impact.index), impact.index_before.as_ref()];
        let nodes = indexes.into_iter().flatten();
        let nodes = nodes.flat_map(|i| i.documents("node").into_iter().flatten());
        let names = NodeNames::new(nodes.filter_map(|d| d.saved()).map(AsRef::as_ref));
        let known_sites: BTreeSet<&str> = sites.values().map(String::as_str).collect();
        let side = |index, text, run, shared| {
            let follower = Follower {
                impact,
                index,
                text,
                run,
                names: &names,
                shared,
                known_sites: &known_sites,
                sites: &sites,
            };
            follower.ways()
        };
        let old = |path: &str| match impact.file(path) {
            Some(change) => change.before.clone(),
            None => file(path),
        };
        let (run_before, run_after): (&RunOf<'_>, &RunOf<'_>) = (&|n| n.before.as_deref(), &|n| {
            n.after.as_ref().map(|r| &*r.after)
        });
        let (shared, before) = (&impact.shared, impact.index_before.as_ref());
        let before =
            before.map(|index| side(index, &old as TextOf<'_>, run_before, shared.before()));
        let after = side(&impact.index_start, file, run_after, shared.after());
        Some(Self {
            before,
            after,
            sites,
        })
    }

    /// Each time, from the earlier one.
    pub fn times(&self) -> impl Iterator<Item = &Ways> {
        self.before.iter().chain([&self.after])
    }

    /// Whether it is not certain at both times where customers are sent.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.times().any(|ways| !ways.open.is_empty())
    }

    /// What could not be followed.
    pub fn undetermined(&self) -> impl Iterator<Item = Undetermined> {
        self.times()
            .flat_map(|ways| &ways.open)
            .map(|(reason, location)| Undetermined {
                kind: UndeterminedKind::Outside,
                reason: format!("who is in rotation: {reason}"),
                location: location.clone(),
            })
    }
}

/// The nodes' sites, as they save them in the end.
fn sites(impact: &Impact, attribute: &[String]) -> BTreeMap<String, String> {
    if attribute.is_empty() {
        return BTreeMap::new();
    }
    let of = |name: &String| {
        let indexes = [Some(&impact.index), impact.index_before.as_ref()];
        let found = indexes.into_iter().flatten().find_map(|index| {
            let site = index.document("node", name)?.pick(attribute);
            site.as_str().map(str::to_owned)
        });
        Some((name.clone(), found?))
    };
    impact.nodes.keys().filter_map(of).collect()
}

type RunOf<'a> = dyn Fn(&NodeImpact) -> Option<&Convergence> + 'a;
type TextOf<'a> = &'a dyn Fn(&str) -> Option<Arc<Source>>;

struct Follower<'a> {
    impact: &'a Impact,
    index: &'a SearchIndex,
    text: TextOf<'a>,
    run: &'a RunOf<'a>,
    names: &'a NodeNames,
    shared: &'a Holders,
    known_sites: &'a BTreeSet<&'a str>,
    sites: &'a BTreeMap<String, String>,
}

impl Follower<'_> {
    fn ways(&self) -> Ways {
        let rotation = &self.impact.options.rotation;
        let mut out = Ways {
            sites: rotation.active.clone(),
            ..Ways::default()
        };
        for record in &rotation.records {
            match record {
                Record::Zone { path, names } => self.zone(path, names, &mut out),
                Record::Item { bag, id, key } => self.item(bag, id, key, &mut out),
            }
        }
        let named = out.nodes.iter().filter_map(|n| self.sites.get(n));
        out.sites.extend(named.cloned());
        out
    }

    /// The texts of a zone: one of the repository, or those that nodes have.
    fn zones(&self, path: &str) -> Vec<(Arc<Source>, Option<Location>)> {
        if !path.starts_with('/') {
            return (self.text)(path).map(|s| (s, None)).into_iter().collect();
        }
        let mut out: Vec<(Arc<Source>, Option<Location>)> = Vec::new();
        for node in self.impact.nodes.values() {
            let file = (self.run)(node).and_then(|run| run.files.get(path));
            if let Some(file) = file.filter(|f| !out.iter().any(|(s, _)| *s.text() == f.text)) {
                let source = Arc::new(Source::new(path, file.text.clone()));
                out.push((source, Some(file.location.clone())));
            }
        }
        out
    }

    fn zone(&self, path: &str, names: &[String], out: &mut Ways) {
        let zones = self.zones(path);
        if zones.is_empty() {
            out.open
                .push((format!("there is no zone file {path}"), None));
        }
        for (source, written_by) in &zones {
            let leads = zone::leads(source);
            let mut records: BTreeMap<&str, Vec<&Lead>> = BTreeMap::new();
            for lead in &leads.records {
                records.entry(&lead.owner).or_default().push(lead);
            }
            for name in names {
                let owners = records.keys().copied();
                let owners: Vec<&str> = owners
                    .filter(|owner| is_name(name, owner, &leads.apex))
                    .collect();
                let follow = Follow {
                    source,
                    records: &records,
                    written_by: written_by.as_ref(),
                    name,
                };
                let known = (out.leads.len(), out.open.len());
                self.follow(&follow, owners, out);
                if known == (out.leads.len(), out.open.len()) {
                    let reason = format!("{path} has no address for {name}");
                    out.open.push((reason, written_by.clone()));
                }
            }
            if leads.is_open {
                let reason = format!("parts of {path} stand elsewhere or are unknown");
                out.open.push((reason, written_by.clone()));
            }
        }
    }

    /// Follows names of a zone to their addresses, each once.
    fn follow(&self, zone: &Follow<'_>, owners: Vec<&str>, out: &mut Ways) {
        let mut seen: BTreeSet<&str> = owners.iter().copied().collect();
        let mut queue = owners;
        while let Some(owner) = queue.pop() {
            for lead in zone.records.get(owner).into_iter().flatten() {
                if !lead.is_address
                    && let Some((next, _)) = zone.records.get_key_value(lead.target.as_str())
                {
                    if seen.insert(next) {
                        queue.push(next);
                    }
                    continue;
                }
                let place = match zone.written_by {
                    Some(template) => template.clone(),
                    None => {
                        let line = zone.source.line(lead.span.start);
                        Location::line(zone.source.path().clone(), line)
                    }
                };
                let to = lead.target.trim_end_matches(['?', '.']);
                self.reach(zone.name, to, &|| Some(place.clone()), true, out);
            }
        }
    }

    fn item(&self, bag: &str, id: &str, key: &[String], out: &mut Ways) {
        let from = format!("data bag item {bag}/{id}");
        let Some(document) = self.index.document(bag, id) else {
            out.open.push((format!("there is no {from}"), None));
            return;
        };
        let json = document.json();
        let mut texts = BTreeSet::new();
        gather(&json, key, &mut texts);
        let source = self.item_file(bag, id);
        let place = |text: &str| {
            let source = source.as_ref()?;
            let line = line_of(source, text).unwrap_or(1);
            Some(Location::line(source.path().clone(), line))
        };
        let mut found = false;
        for text in texts {
            // Of a whole item, most texts are something else.
            found |= self.reach(&from, text, &|| place(text), !key.is_empty(), out);
        }
        if !found && (key.is_empty() || out.open.is_empty()) {
            let at = match key {
                [] => String::new(),
                key => format!(" at {}", key.join(".")),
            };
            out.open
                .push((format!("{from} names no node and no site{at}"), place("")));
        }
    }

    /// The item's file where the change touches it, and else none: nothing is told of its place then.
    fn item_file(&self, bag: &str, id: &str) -> Option<Arc<Source>> {
        let end = format!("/{bag}/{id}.json");
        let changed = self.impact.files.iter().find(|f| f.path.ends_with(&end))?;
        (self.text)(&changed.path)
    }

    /// Notes where an address, a machine's name or a site's name leads. False where it leads nowhere.
    fn reach(
        &self,
        from: &str,
        to: &str,
        location: &dyn Fn() -> Option<Location>,
        is_lead: bool,
        out: &mut Ways,
    ) -> bool {
        let address = to.parse::<IpAddr>().ok();
        let stands_for = self.impact.options.rotation.addresses.iter();
        let mut sites = stands_for
            .filter(|(known, _)| Some(**known) == address)
            .map(|(_, site)| site.as_str())
            .chain(self.known_sites.get(to).copied());
        let shared = address.into_iter().flat_map(|a| self.shared.of(a));
        let shared: Vec<&str> = shared.collect();
        let reaches = if let Some(site) = sites.next() {
            out.sites.insert(site.to_owned());
            site.to_owned()
        } else if !shared.is_empty() {
            out.nodes.extend(shared.iter().map(|n| (*n).to_owned()));
            shared.join(" or ")
        } else if let Some(node) = self.names.find(to) {
            out.nodes.insert(node.to_owned());
            node.to_owned()
        } else {
            if is_lead {
                let what = if has_hole(to) {
                    "something unknown"
                } else {
                    to
                };
                let reason = format!("{from} leads to {what}, which is no node and no site");
                out.open.push((reason, location()));
            }
            return false;
        };
        out.leads.push(Way {
            from: from.to_owned(),
            to: to.to_owned(),
            reaches,
            location: location(),
        });
        true
    }
}

/// A zone in which a name is followed.
struct Follow<'a> {
    source: &'a Source,
    records: &'a BTreeMap<&'a str, Vec<&'a Lead>>,
    /// The template of a zone that nodes have.
    written_by: Option<&'a Location>,
    /// As the owners wrote it.
    name: &'a str,
}

/// Whether a name as people write it is an owner of a zone, whose own name may not be known.
fn is_name(name: &str, owner: &str, apex: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if name == "@" {
        return owner == apex;
    }
    let name = name.trim_end_matches('.');
    let labels = |text: &str, front: &str| {
        text.strip_prefix(front)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    match owner.strip_suffix('?') {
        Some("") => false,
        Some(front) => labels(name, front.trim_end_matches('.')),
        None => {
            let owner = owner.trim_end_matches('.');
            let zone = apex.trim_end_matches(['?', '.']);
            owner == name || (!zone.is_empty() && owner == format!("{name}.{zone}"))
        }
    }
}

/// Every text at a path of a JSON value; what a list holds is looked through.
fn gather<'j>(json: &'j Json, path: &[String], out: &mut BTreeSet<&'j str>) {
    match (json, path.split_first()) {
        (Json::Array(list), _) => list.iter().for_each(|j| gather(j, path, out)),
        (Json::Object(map), Some((key, rest))) => {
            if let Some(json) = map.get(key) {
                gather(json, rest, out);
            }
        }
        (Json::Object(map), None) => {
            let own = |key: &String| !matches!(key.as_str(), "id" | "data_bag" | "chef_type");
            let inside = map.iter().filter(|(key, _)| own(key));
            inside.for_each(|(_, j)| gather(j, path, out));
        }
        (Json::String(text), None) => drop(out.insert(text)),
        _ => {}
    }
}

/// The line on which a JSON file has a text.
fn line_of(source: &Source, text: &str) -> Option<u32> {
    let quoted = format!("\"{text}\"");
    let at = source.text().find(&quoted)?;
    Some(source.line(u32::try_from(at).ok()?))
}
