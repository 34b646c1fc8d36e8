//! What a rollout says, against every order of converges of small repositories made up from a fixed seed.
//!
//! The truth is found by converging node after node, from saved documents to saved documents, and counting the servers
//! in what is rendered. Only the converge of one node is shared with what is tested. Both ways of knowing
//! are held against it: walking through all states, and counting members, as for fleets too large to walk through.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foretaste_simulator::change::{self, Revision, Settings};
use foretaste_simulator::chef;
use foretaste_simulator::convergence::SavedNode;
use foretaste_simulator::impact::Impact;
use foretaste_simulator::inventory::Inventory;
use foretaste_simulator::repository::{Files, Layout, ParseCache, Repository};
use foretaste_simulator::rollout::{Exactness, Kind, Order, WALKED_NODES};
use foretaste_simulator::search::SearchIndex;
use foretaste_simulator::simulation::IndexView;

/// Unless `ROLLOUT_CASES` says another number.
const CASES: u64 = 120;
const STATES: usize = 3_000;

/// xorshift64*: the same cases on every machine.
struct Random(u64);

impl Random {
    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let n = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        of[usize::try_from(n).unwrap() % of.len()]
    }
}

const QUERIES: &[&str] = &[
    "roles:old",
    "roles:new",
    "roles:old OR roles:new",
    "ready:true",
    "tags:live",
    "roles:old AND ready:true",
];
const SAVES: &[&str] = &[
    "",
    "node.default['ready'] = true",
    "node.normal['ready'] = !search(:node, 'roles:new').empty?",
    "node.normal['ready'] = search(:node, 'roles:old').size < 3",
    "tag('live')",
    "untag('live')",
];
const USES: &[&str] = &["found", "found", "found", "(found.size > 1 ? found : [])"];

fn tree(random: &mut Random) -> BTreeMap<String, String> {
    let query = random.pick(QUERIES);
    let mut out = BTreeMap::new();
    let mut put = |path: &str, text: String| out.insert(path.to_owned(), text);
    let uses = random.pick(USES);
    put(
        "cookbooks/edge/recipes/default.rb",
        format!(
            "found = search(:node, '{query}').sort_by(&:name)\nservers = {uses}.map {{ |n| \"  server #{{n.name}} 10.0.0.1:80\\n\" }}\n\
             file '/etc/haproxy/haproxy.cfg' do\n  content \"backend app\\n\" + servers.join\nend\n"
        ),
    );
    put("cookbooks/edge/metadata.rb", "name 'edge'\n".to_owned());
    put("cookbooks/app/metadata.rb", "name 'app'\n".to_owned());
    let saves = random.pick(SAVES);
    put("cookbooks/app/recipes/default.rb", format!("{saves}\n"));
    let includes = random.pick(&["recipe[app]", "role[new]", "role[new]"]);
    // Servers that also list one another.
    let peers = random.pick(&["recipe[app]", "recipe[edge]', 'recipe[app]"]);
    put(
        "roles/old.rb",
        format!("name 'old'\nrun_list '{includes}'\n"),
    );
    put("roles/new.rb", format!("name 'new'\nrun_list '{peers}'\n"));
    out
}

fn revision(tree: &BTreeMap<String, String>, nodes: &BTreeMap<String, String>) -> Revision {
    let files = Files(
        tree.iter()
            .map(|(p, t)| (Arc::from(p.as_str()), Arc::from(t.as_bytes())))
            .collect(),
    );
    let mut inventory = Inventory::default();
    for (path, text) in nodes {
        inventory.add_json(path, text.as_bytes());
    }
    let layout = Layout::detect(&files);
    Revision {
        repository: Arc::new(Repository::new(
            files,
            layout,
            Arc::new(ParseCache::default()),
        )),
        inventory,
    }
}

fn node(name: &str, run_list: &str) -> (String, String) {
    let text = format!(
        "{{\"name\": \"{name}\", \"run_list\": [\"{run_list}\"], \"automatic\": {{\"hostname\": \"{name}\", \
         \"ipaddress\": \"10.0.0.1\"}}}}"
    );
    (format!("nodes/{name}.json"), text)
}

/// What everybody has saved, and who has converged.
#[derive(Clone)]
struct State {
    index: SearchIndex,
    done: BTreeSet<String>,
}

/// All converges there can be, each made once.
struct Truth<'a> {
    head: &'a Revision,
    names: Vec<String>,
    seen: BTreeMap<(String, String), Outcome>,
}

/// What one converge saves and renders.
#[derive(Clone)]
struct Outcome {
    saved: Option<Arc<SavedNode>>,
    servers: usize,
}

impl Truth<'_> {
    fn key(&self, index: &SearchIndex) -> String {
        let documents = self.names.iter().map(|n| {
            let saved = index.document("node", n).and_then(|d| d.saved()).unwrap();
            format!(
                "{:?}{:?}{:?}",
                saved.normal,
                saved.default,
                saved.automatic.get("roles")
            )
        });
        documents.collect()
    }

    fn converge(&mut self, name: &str, index: &SearchIndex) -> Outcome {
        let key = (name.to_owned(), self.key(index));
        if let Some(known) = self.seen.get(&key) {
            return known.clone();
        }
        let own = index
            .document("node", name)
            .and_then(|d| d.saved())
            .unwrap();
        let run = chef::converge(
            &self.head.repository,
            own,
            IndexView::Now(index),
            &chef::Options::default(),
        );
        let text = run
            .files
            .get("/etc/haproxy/haproxy.cfg")
            .map(|f| f.text.clone());
        let outcome = Outcome {
            saved: run.saved.filter(|_| run.failure.is_none()),
            servers: text.map_or(0, |t| t.matches("  server ").count()),
        };
        self.seen.insert(key, outcome.clone());
        outcome
    }

    /// Every state that converges of these nodes lead to, with the fewest servers that each balancer renders on the way;
    /// `None` where they are too many.
    fn walk(
        &mut self,
        from: &[State],
        nodes: &BTreeSet<String>,
    ) -> Option<(Vec<State>, BTreeMap<String, usize>)> {
        let mut fewest: BTreeMap<String, usize> = BTreeMap::new();
        let mut seen: BTreeSet<(String, BTreeSet<String>)> = BTreeSet::new();
        let mut queue: Vec<State> = from.to_vec();
        let mut out = Vec::new();
        while let Some(state) = queue.pop() {
            if !seen.insert((self.key(&state.index), state.done.clone())) {
                continue;
            }
            if seen.len() > STATES {
                return None;
            }
            for name in nodes {
                let outcome = self.converge(name, &state.index);
                let least = fewest.entry(name.clone()).or_insert(usize::MAX);
                *least = outcome.servers.min(*least);
                let mut next = state.clone();
                next.done.insert(name.clone());
                if let Some(saved) = outcome.saved {
                    next.index.put_node(saved);
                }
                queue.push(next);
            }
            out.push(state);
        }
        Some((out, fewest))
    }

    /// Whether balancers keep their floors while groups converge one after the other; nodes in none at any time.
    fn is_safe(
        &mut self,
        start: &State,
        groups: &[BTreeSet<String>],
        floors: &BTreeMap<String, usize>,
    ) -> Option<bool> {
        let bound: BTreeSet<&String> = groups.iter().flatten().collect();
        let free: BTreeSet<String> = self
            .names
            .iter()
            .filter(|n| !bound.contains(n))
            .cloned()
            .collect();
        let mut turn = free;
        let mut states = vec![start.clone()];
        for group in groups {
            turn.extend(group.iter().cloned());
            let (after, fewest) = self.walk(&states, &turn)?;
            let keeps =
                |(name, least): (&String, &usize)| floors.get(name).is_none_or(|f| least >= f);
            if !fewest.iter().all(keeps) {
                return Some(false);
            }
            states = after
                .into_iter()
                .filter(|s| group.is_subset(&s.done))
                .collect();
        }
        Some(true)
    }
}

fn permutations(names: &[String]) -> Vec<Vec<BTreeSet<String>>> {
    let Some((first, rest)) = names.split_first() else {
        return vec![Vec::new()];
    };
    let mut out = Vec::new();
    for order in permutations(rest) {
        for at in 0..=order.len() {
            let mut order = order.clone();
            order.insert(at, BTreeSet::from([first.clone()]));
            out.push(order);
        }
    }
    out
}

/// How a case was answered, and what was wrong about it.
fn judge(impact: &Impact, head: &Revision) -> Option<(&'static str, Option<String>)> {
    let names: Vec<String> = impact.nodes.keys().cloned().collect();
    let mut truth = Truth {
        head,
        names: names.clone(),
        seen: BTreeMap::new(),
    };
    let start = State {
        index: impact.index_start.clone(),
        done: BTreeSet::new(),
    };
    let all: BTreeSet<String> = names.iter().cloned().collect();
    let (_, fewest) = truth.walk(std::slice::from_ref(&start), &all)?;
    let pools = impact
        .rollout
        .selections
        .iter()
        .filter(|s| s.kind == Kind::Pool);
    let mut floors = BTreeMap::new();
    let mut kind = "steady";
    for pool in pools {
        floors.insert(pool.node.clone(), pool.floor);
        let (said, least) = (pool.worst.len(), fewest[&pool.node]);
        let exact = pool.exactness == Exactness::Exact;
        kind = match (exact, kind) {
            (false, _) | (_, "bound") => "bound",
            _ => "exact",
        };
        if exact && said != least {
            return Some((kind, Some(format!("{pool:?}: said {said}, is {least}"))));
        }
    }
    let groups = match &impact.rollout.order {
        Order::Any => vec![all],
        Order::Groups(groups) => groups.iter().map(|g| g.iter().cloned().collect()).collect(),
        Order::None(cycle) => {
            for order in permutations(&names) {
                if truth.is_safe(&start, &order, &floors)? {
                    return Some((
                        "none",
                        Some(format!("{order:?} is safe, not none: {cycle:?}")),
                    ));
                }
            }
            return Some(("none", None));
        }
        Order::Unknown(_) => return Some(("unknown", None)),
    };
    let safe = truth.is_safe(&start, &groups, &floors)?;
    let wrong = (!safe).then(|| {
        format!(
            "{:?} is not safe: {:?}",
            impact.rollout.order, impact.rollout.selections
        )
    });
    Some((kind, wrong))
}

fn cases(walked_nodes: usize) -> (BTreeMap<&'static str, usize>, Vec<String>) {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let said = std::env::var("ROLLOUT_CASES").ok();
    let number = said.and_then(|n| n.parse().ok()).unwrap_or(CASES);
    for seed in 0..number {
        let mut random = Random((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let (before, mut after) = (tree(&mut random), tree(&mut random));
        // Most changes leave some files as they are.
        for path in [
            "cookbooks/edge/recipes/default.rb",
            "cookbooks/app/recipes/default.rb",
            "roles/old.rb",
        ] {
            if random.pick(&["keep", "change", "change", "change"]) == "keep" {
                after.insert(path.to_owned(), before[path].clone());
            }
        }
        let mut nodes = BTreeMap::from([node("lb1", "recipe[edge]")]);
        for name in ["app1", "app2", "app3"] {
            nodes.extend([node(
                name,
                random.pick(&["role[old]", "role[old]", "role[new]"]),
            )]);
        }
        let (base, head) = (revision(&before, &nodes), revision(&after, &nodes));
        let settings = Settings {
            walked_nodes,
            ..Settings::default()
        };
        let impact = change::impact(Some(&base), &head, &settings);
        if impact.unsettled_after.is_some() {
            *counts.entry("unsettled").or_default() += 1;
            continue;
        }
        let Some((kind, fault)) = judge(&impact, &head) else {
            *counts.entry("too many states").or_default() += 1;
            continue;
        };
        *counts.entry(kind).or_default() += 1;
        if let Some(fault) = fault {
            wrong.push(format!("{seed}: {fault}\n{before:?}\n{after:?}"));
        }
    }
    (counts, wrong)
}

/// Counts of the answers, none of which is wrong.
fn hold(walked_nodes: usize) -> BTreeMap<&'static str, usize> {
    let thread = std::thread::Builder::new().stack_size(256 << 20);
    let cases = thread.spawn(move || cases(walked_nodes)).unwrap();
    let (counts, wrong) = cases.join().unwrap();
    assert!(
        wrong.is_empty(),
        "{} wrong of {counts:?}; the first:\n{}",
        wrong.len(),
        wrong[0]
    );
    counts
}

#[test]
fn counting_holds_in_every_order_of_whole_converges() {
    let counts = hold(0);
    for kind in ["exact", "bound"] {
        assert!(counts.get(kind).is_some_and(|n| *n > 3), "{counts:?}");
    }
}

/// Four nodes are few enough to visit every state, and then nothing is left at a bound.
#[test]
fn walking_holds_in_every_order_of_whole_converges() {
    let counts = hold(WALKED_NODES);
    assert!(counts.get("exact").is_some_and(|n| *n > 60), "{counts:?}");
    assert!(!counts.contains_key("bound"), "{counts:?}");
}
