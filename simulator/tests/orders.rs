//! What is said of a rollout against every order of converges there is, for small repositories made up from a fixed seed.
//!
//! The truth is found with the plain converge alone: from saved documents to saved documents, one node at a time. Of the
//! code under test, only the settled end of the base is taken from it, which is where a change begins.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use foretaste_simulator::change::{self, Revision, Settings};
use foretaste_simulator::chef;
use foretaste_simulator::convergence::SavedNode;
use foretaste_simulator::impact::Impact;
use foretaste_simulator::inventory::Inventory;
use foretaste_simulator::repository::{Files, Layout, Repository};
use foretaste_simulator::rollout::{Kind, Order};
use foretaste_simulator::search::SearchIndex;
use foretaste_simulator::simulation::IndexView;

const CASES: u64 = 240;

/// xorshift64*: the same cases on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }
}

/// One node's own role and recipe at one side of a change.
#[derive(Clone, Debug)]
struct Side {
    kind: &'static str,
    tier: &'static str,
    query: Option<&'static str>,
    treat: &'static str,
}

const QUERIES: [&str; 5] = [
    "roles:web",
    "roles:api",
    "app_tier:one",
    "app_tier:two OR roles:db",
    "roles:web AND NOT app_seen:yes",
];

/// What a recipe does with what it found.
const TREATS: [&str; 7] = [
    "",
    "",
    "raise 'nobody' if found.empty?\n",
    "found = found.first(2)\n",
    "found = found.first(1) if found.size == 2\n",
    "node.default['app']['seen'] = 'yes' unless found.empty?\n",
    "node.default['app']['tier'] = 'two' if found.size > 1\n",
];

fn side(random: &mut Random) -> Side {
    Side {
        kind: random.of(&["web", "api", "db"]),
        tier: random.of(&["one", "two"]),
        query: random.chance(60).then(|| random.of(&QUERIES)),
        treat: random.of(&TREATS),
    }
}

fn edited(random: &mut Random, from: &Side) -> Side {
    let mut side = from.clone();
    let other = self::side(random);
    if random.chance(60) {
        side.kind = other.kind;
    }
    if random.chance(30) {
        side.tier = other.tier;
    }
    if random.chance(30) && side.query.is_some() {
        side.query = Some(other.query.unwrap_or("roles:web"));
    }
    if random.chance(15) {
        side.treat = other.treat;
    }
    side
}

const TEMPLATE: &str = "defaults\n  mode http\nfrontend public\n  bind :80\n  default_backend app\nbackend app\n\
                        <% @found.each do |n| -%>\n  server <%= n.name %> <%= n['ipaddress'] %>:80\n<% end -%>\n";

fn revision(sides: &[Side]) -> Revision {
    let mut files = Files::default();
    let mut put = |path: String, text: String| {
        files
            .0
            .insert(Arc::from(path.as_str()), Arc::from(text.into_bytes()));
    };
    put(
        "cookbooks/edge/metadata.rb".into(),
        "name 'edge'\nversion '1.0.0'\n".into(),
    );
    put(
        "cookbooks/edge/templates/default/haproxy.cfg.erb".into(),
        TEMPLATE.into(),
    );
    for kind in ["web", "api", "db"] {
        put(
            format!("roles/{kind}.rb"),
            format!("name '{kind}'\nrun_list []\n"),
        );
    }
    let mut inventory = Inventory::default();
    for (i, side) in sides.iter().enumerate() {
        let mut recipe = String::new();
        if let Some(query) = side.query {
            let _ = write!(
                recipe,
                "found = search(:node, '{query}').sort_by(&:name)\n{}\
                 template '/etc/haproxy/haproxy.cfg' do\n  source 'haproxy.cfg.erb'\n  variables(found: found)\nend\n",
                side.treat
            );
        }
        put(format!("cookbooks/edge/recipes/n{i}.rb"), recipe);
        put(
            format!("roles/n{i}.rb"),
            format!(
                "name 'n{i}'\nrun_list 'role[{}]', 'recipe[edge::n{i}]'\n\
                 default_attributes 'app' => {{ 'tier' => '{}' }}\n",
                side.kind, side.tier
            ),
        );
        let node = format!(
            r#"{{"name": "n{i}", "run_list": ["role[n{i}]"], "automatic": {{"ipaddress": "10.0.0.{i}", "platform": "ubuntu"}}}}"#
        );
        inventory.add_json(&format!("nodes/n{i}.json"), node.as_bytes());
    }
    let layout = Layout::detect(&files);
    Revision {
        repository: Arc::new(Repository::new(files, layout, Arc::default())),
        inventory,
    }
}

type Members = BTreeSet<String>;

/// The number of what is saved, and who is in the balancer's config where there is one.
type Converged = (usize, Option<Members>);

/// The plain truth about one change: what a node renders, and what it saves, by what all have saved.
struct Truth {
    head: Revision,
    objects: SearchIndex,
    names: Vec<String>,
    docs: Vec<Vec<Arc<SavedNode>>>,
    floors: Vec<usize>,
    known: BTreeMap<(usize, Vec<usize>), Option<Converged>>,
}

/// What is saved, by the numbers of documents, and who has converged with success.
type State = (Vec<usize>, BTreeSet<usize>);

fn backend(text: &str) -> Members {
    let servers = text
        .lines()
        .filter_map(|l| l.trim().strip_prefix("server "));
    servers
        .filter_map(|l| l.split(' ').next())
        .map(str::to_owned)
        .collect()
}

impl Truth {
    fn run(&mut self, node: usize, saved: &[usize]) -> Option<Converged> {
        let key = (node, saved.to_vec());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let mut index = self.objects.clone();
        for (docs, n) in self.docs.iter().zip(saved) {
            index.put_node(docs[*n].clone());
        }
        let own = self.docs[node][saved[node]].clone();
        let options = chef::Options::default();
        let run = chef::converge(
            &self.head.repository,
            &own,
            IndexView::Now(&index),
            &options,
        );
        assert!(run.undetermined.is_empty(), "{:?}", run.undetermined);
        let out = run.saved.filter(|_| run.failure.is_none()).map(|doc| {
            let docs = &mut self.docs[node];
            let n = docs.iter().position(|d| **d == *doc).unwrap_or_else(|| {
                docs.push(doc.clone());
                docs.len() - 1
            });
            let file = run.files.get("/etc/haproxy/haproxy.cfg");
            (n, file.map(|f| backend(&f.text)))
        });
        self.known.insert(key, out.clone());
        out
    }

    fn is_well(&mut self, node: usize, saved: &[usize]) -> bool {
        let floor = self.floors[node];
        self.run(node, saved)
            .is_some_and(|(_, members)| members.is_none_or(|m| m.len() >= floor))
    }

    fn start(&self) -> BTreeSet<State> {
        BTreeSet::from([(vec![0; self.names.len()], BTreeSet::new())])
    }

    fn walk(&mut self, from: &BTreeSet<State>, who: &BTreeSet<usize>) -> BTreeSet<State> {
        let mut seen = from.clone();
        let mut todo: Vec<State> = from.iter().cloned().collect();
        while let Some((docs, done)) = todo.pop() {
            for node in who {
                if let Some((n, _)) = self.run(*node, &docs) {
                    let (mut docs, mut done) = (docs.clone(), done.clone());
                    docs[*node] = n;
                    done.insert(*node);
                    if seen.insert((docs.clone(), done.clone())) {
                        todo.push((docs, done));
                    }
                }
            }
        }
        seen
    }

    /// By node the fewest members in any order; who can converge in some.
    fn worst(&mut self) -> (BTreeMap<usize, usize>, BTreeSet<usize>) {
        let all: BTreeSet<usize> = (0..self.names.len()).collect();
        let (mut worst, mut can) = (BTreeMap::new(), BTreeSet::new());
        for (docs, _) in self.walk(&self.start(), &all) {
            for node in &all {
                let Some((_, members)) = self.run(*node, &docs) else {
                    continue;
                };
                can.insert(*node);
                if let Some(members) = members {
                    let least = worst.entry(*node).or_insert(members.len());
                    *least = members.len().min(*least);
                }
            }
        }
        (worst, can)
    }

    /// The states after one more group has had its turn; `None` where that is not safe.
    fn turn(&mut self, from: &BTreeSet<State>, turn: &BTreeSet<usize>) -> Option<BTreeSet<State>> {
        let mut states = self.walk(from, turn);
        for (docs, _) in &states {
            if !turn.iter().all(|n| self.is_well(*n, docs)) {
                return None;
            }
        }
        states.retain(|(_, done)| done == turn);
        Some(states)
    }

    fn is_safe(&mut self, free: &BTreeSet<usize>, groups: &[BTreeSet<usize>]) -> bool {
        let (mut states, mut turn) = (self.start(), free.clone());
        for group in groups {
            turn.extend(group);
            match self.turn(&states, &turn) {
                Some(next) => states = next,
                None => return false,
            }
        }
        true
    }

    fn some_order_is_safe(&mut self, can: &BTreeSet<usize>) -> bool {
        let mut dead = BTreeSet::new();
        self.goes_on(&self.start(), &BTreeSet::new(), can, &mut dead)
    }

    fn goes_on(
        &mut self,
        states: &BTreeSet<State>,
        turn: &BTreeSet<usize>,
        can: &BTreeSet<usize>,
        dead: &mut BTreeSet<(BTreeSet<usize>, BTreeSet<State>)>,
    ) -> bool {
        if turn == can {
            return true;
        }
        for node in can.difference(turn) {
            let mut turn = turn.clone();
            turn.insert(*node);
            let Some(next) = self.turn(states, &turn) else {
                continue;
            };
            let key = (turn, next);
            if dead.contains(&key) {
                continue;
            }
            if self.goes_on(&key.1, &key.0, can, dead) {
                return true;
            }
            dead.insert(key);
        }
        false
    }

    fn numbers<'n>(&self, names: impl IntoIterator<Item = &'n String>) -> BTreeSet<usize> {
        let place = |name: &String| self.names.iter().position(|n| n == name).unwrap();
        names.into_iter().map(place).collect()
    }
}

fn truth(base: &Revision, head: &Revision, impact: &Impact) -> Option<Truth> {
    let settings = Settings::default();
    let before = change::simulate(base, &settings);
    if !before.settled || impact.unsettled_after.is_some() {
        return None;
    }
    let names: Vec<String> = head.inventory.nodes.keys().cloned().collect();
    let docs = names
        .iter()
        .map(|n| vec![before.document(n).unwrap().clone()]);
    let serving = |text: Option<Arc<str>>| text.map_or(0, |t| backend(&t).len());
    let floors = names.iter().map(|name| {
        let file = "/etc/haproxy/haproxy.cfg";
        let old = before.runs[name]
            .after
            .files
            .get(file)
            .map(|f| f.text.clone());
        let new = impact.nodes[name].after.as_ref().unwrap();
        let new = new.after.files.get(file).map(|f| f.text.clone());
        serving(old).div_ceil(2).min(serving(new))
    });
    Some(Truth {
        docs: docs.collect(),
        floors: floors.collect(),
        names: names.clone(),
        objects: change::world(head, &settings).objects,
        head: head.clone(),
        known: BTreeMap::new(),
    })
}

#[test]
fn every_order_of_real_converges_agrees() {
    let mut random = Random(0x000B_DE25);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut note = |what| *seen.entry(what).or_default() += 1;
    for case in 0..CASES {
        let len = 2 + random.below(3);
        let before: Vec<Side> = (0..len).map(|_| side(&mut random)).collect();
        let after: Vec<Side> = before.iter().map(|s| edited(&mut random, s)).collect();
        let (base, head) = (revision(&before), revision(&after));
        let impact = change::impact(Some(&base), &head, &Settings::default());
        let Some(mut truth) = truth(&base, &head, &impact) else {
            note("never settles");
            continue;
        };
        let what = || {
            format!(
                "case {case}:\n{before:#?}\n{after:#?}\n{:#?}",
                impact.rollout
            )
        };
        let (worst, can) = truth.worst();
        for (node, worst) in &worst {
            let name = &truth.names[*node];
            let mut pools = impact.rollout.selections.iter();
            match pools.find(|s| s.kind == Kind::Pool && s.node == *name) {
                Some(pool) if pool.exactness.reason().is_none() => {
                    note("exact");
                    assert_eq!(pool.worst.len(), *worst, "{name} in {}", what());
                }
                Some(_) => note("bound"),
                None => {
                    let pool = impact.pools.iter().find(|p| p.node == *name);
                    let steady = pool.map_or(0, |p| p.serving_before());
                    assert_eq!(steady, *worst, "{name} is steady in {}", what());
                }
            }
        }
        match &impact.rollout.order {
            Order::Any => {
                note("any");
                assert!(truth.is_safe(&BTreeSet::new(), &[can]), "{}", what());
            }
            Order::Groups(groups) => {
                note("groups");
                let groups: Vec<_> = groups.iter().map(|g| truth.numbers(g)).collect();
                let bound: BTreeSet<usize> = groups.iter().flatten().copied().collect();
                let free: BTreeSet<usize> = can.difference(&bound).copied().collect();
                assert!(truth.is_safe(&free, &groups), "{}", what());
            }
            Order::None(_) => {
                note("none");
                assert!(!truth.some_order_is_safe(&can), "{}", what());
            }
            Order::Unknown(_) => note("unknown"),
        }
    }
    // Every answer was put to the test.
    for (what, least) in [("exact", 200), ("any", 100), ("groups", 15), ("none", 5)] {
        assert!(
            seen.get(what).is_some_and(|n| *n >= least),
            "{what}: {seen:?}"
        );
    }
}
