//! Who is in rotation: whom customers' requests reach.

use std::collections::{BTreeMap, BTreeSet};

use super::traffic::{Traffic, Ways};
use crate::impact::Impact;
use crate::pool::Pool;

/// Nodes that customers reach, before a change and after it.
pub(super) struct Customers {
    /// `None` where there is no base, or it is not certain.
    before: Option<BTreeSet<String>>,
    after: Option<BTreeSet<String>>,
    /// Whoever is in a pool that somebody serves, or balances one, or is asked for by name.
    pooled: BTreeSet<String>,
    out: BTreeSet<String>,
}

impl Customers {
    pub fn new(impact: &Impact) -> Self {
        let options = &impact.options;
        let links = Links::new(impact);
        let times = impact.traffic.iter().flat_map(Traffic::times);
        let named = times.flat_map(|ways| ways.nodes.iter().cloned());
        let pooled = links.nodes.iter().cloned().chain(named).collect();
        let of = |ways: &Ways| ways.open.is_empty().then(|| links.reached(impact, ways));
        let traffic = impact.traffic.as_ref();
        let traffic = traffic.filter(|_| options.rotation.decides());
        Self {
            before: traffic.and_then(|t| t.before.as_ref()).and_then(of),
            after: traffic.and_then(|t| of(&t.after)),
            pooled,
            out: options.drained.union(&options.down).cloned().collect(),
        }
    }

    /// Who is in rotation before the change or after it.
    pub fn rotation(&self) -> BTreeSet<String> {
        let both = self.before.as_ref().zip(self.after.as_ref());
        let all = both.map_or_else(|| self.pooled.clone(), |(before, after)| before | after);
        &all - &self.out
    }

    /// Who is in rotation after the change and was not before it.
    pub fn arriving(&self) -> BTreeSet<String> {
        let both = self.before.as_ref().zip(self.after.as_ref());
        let new = both.map(|(before, after)| after - before);
        &new.unwrap_or_default() - &self.out
    }
}

/// Who sends requests to whom, by the pools of both sides.
struct Links<'i> {
    members: BTreeMap<&'i str, BTreeSet<&'i str>>,
    /// All of them, but for those that only take an address over when another falls silent.
    nodes: BTreeSet<String>,
}

impl<'i> Links<'i> {
    fn new(impact: &'i Impact) -> Self {
        let mut links: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for pool in &impact.pools {
            let times = [&pool.before, &pool.first, &pool.after];
            let serving = times.into_iter().flatten().flat_map(Pool::serving);
            let members: BTreeSet<&str> = serving
                .map(|m| m.node.as_deref().unwrap_or(&m.name))
                .filter(|n| impact.nodes.contains_key(*n))
                .collect();
            if !members.is_empty() {
                links.entry(&pool.node).or_default().extend(members);
            }
        }
        let standbys = impact.shared.standbys();
        let asked = links.keys().filter(|n| !standbys.contains(**n));
        // Nobody asks a standby; whom it would ask may serve in another's pool.
        let members = asked.clone().filter_map(|n| links.get(n)).flatten();
        let nodes = asked.chain(members).map(|n| (*n).to_owned()).collect();
        Self {
            members: links,
            nodes,
        }
    }

    /// Whom customers reach who are sent these ways. Where nodes have sites, a site is in rotation as a whole, and a node
    /// without one is as its pools say; else requests go from balancer to member.
    fn reached(&self, impact: &Impact, ways: &Ways) -> BTreeSet<String> {
        let sites = impact.traffic.as_ref().map(|t: &Traffic| &t.sites);
        let mut out = ways.nodes.clone();
        if let Some(sites) = sites.filter(|s| !s.is_empty()) {
            let active = |n: &String| sites.get(n).is_none_or(|site| ways.sites.contains(site));
            out.extend(self.nodes.iter().filter(|n| active(n)).cloned());
            return out;
        }
        let mut queue: Vec<String> = out.iter().cloned().collect();
        while let Some(node) = queue.pop() {
            for member in self.members.get(node.as_str()).into_iter().flatten() {
                if out.insert((*member).to_owned()) {
                    queue.push((*member).to_owned());
                }
            }
        }
        out
    }
}
