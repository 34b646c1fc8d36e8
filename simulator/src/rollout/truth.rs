//! The rollout's answers against every order of converges there is, for small fleets made up from a fixed seed.
//!
//! The truth is found as plainly as can be: by walking from saved documents to saved documents, one converge at a time,
//! and looking at what each node then renders. Nothing of the code under test takes part in that.

use std::collections::{BTreeMap, BTreeSet};

use super::explore::{Fleet, Outcome, explore};
use super::order::{Order, order};
use super::table::{Groups, Row, Table};

const CASES: u64 = 1_000;

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
}

type Tags = u8;

/// One node of the change's head.
#[derive(Clone, Debug)]
struct Node {
    before: Tags,
    after: Tags,
    selections: Vec<Selection>,
    /// Saves this tag too when its first selection finds somebody.
    gains: Option<Tags>,
    /// Fails while its first selection finds nobody.
    needs: bool,
    fails: bool,
}

#[derive(Clone, Debug)]
struct Selection {
    tag: Tags,
    floor: usize,
    /// With fewer results than this, only the first is used: results are treated together.
    together: usize,
}

#[derive(Clone, Debug)]
struct Model(Vec<Node>);

fn model(random: &mut Random, independent: bool) -> Model {
    let len = 2 + random.below(if independent { 7 } else { 4 });
    let tags = |random: &mut Random| 1 << random.below(4);
    let nodes = (0..len).map(|_| {
        let before = tags(random) | if random.chance(30) { tags(random) } else { 0 };
        let after = match random.below(3) {
            0 => before,
            1 => tags(random),
            _ => before | tags(random),
        };
        let selections = (0..random.below(3)).map(|_| Selection {
            tag: tags(random),
            floor: usize::try_from(random.below(3)).unwrap(),
            together: if independent {
                0
            } else {
                usize::try_from(random.below(4)).unwrap()
            },
        });
        let selections: Vec<Selection> = selections.collect();
        let asks = !independent && !selections.is_empty();
        Node {
            before,
            after,
            selections,
            gains: (asks && random.chance(30)).then(|| 1 << random.below(4)),
            needs: asks && random.chance(20),
            fails: !independent && random.chance(10),
        }
    });
    let mut model = Model(nodes.collect());
    // A floor that is not kept when all is done is no question of order.
    let docs: Vec<Tags> = model.0.iter().map(|n| n.after).collect();
    for i in 0..model.0.len() {
        for s in 0..model.0[i].selections.len() {
            let selection = &model.0[i].selections[s];
            let found = docs.iter().filter(|d| **d & selection.tag != 0).count();
            model.0[i].selections[s].floor = model.0[i].selections[s].floor.min(found);
        }
    }
    model
}

impl Model {
    fn found(&self, selection: &Selection, docs: &[Tags]) -> BTreeSet<usize> {
        let mut found: Vec<usize> = (0..docs.len())
            .filter(|i| docs[*i] & selection.tag != 0)
            .collect();
        if found.len() < selection.together {
            found.truncate(1);
        }
        found.into_iter().collect()
    }

    /// What a converge saves and renders; `None` where it fails.
    fn run(&self, node: usize, docs: &[Tags]) -> Option<(Tags, Vec<BTreeSet<usize>>)> {
        let of = &self.0[node];
        let found: Vec<BTreeSet<usize>> =
            of.selections.iter().map(|s| self.found(s, docs)).collect();
        let some = found.first().is_some_and(|f| !f.is_empty());
        if of.fails || (of.needs && !some) {
            return None;
        }
        let gained = of.gains.filter(|_| some).unwrap_or(0);
        Some((of.after | gained, found))
    }

    fn start(&self) -> Vec<Tags> {
        self.0.iter().map(|n| n.before).collect()
    }

    /// Whether a converge succeeds and keeps its floors.
    fn is_well(&self, node: usize, docs: &[Tags]) -> bool {
        self.run(node, docs).is_some_and(|(_, found)| {
            let floors = self.0[node].selections.iter().map(|s| s.floor);
            found.iter().zip(floors).all(|(f, floor)| f.len() >= floor)
        })
    }
}

/// What documents are saved, and who has converged with success.
type State = (Vec<Tags>, BTreeSet<usize>);

/// All states that converges of `who` lead to.
fn walk(model: &Model, from: &BTreeSet<State>, who: &BTreeSet<usize>) -> BTreeSet<State> {
    let mut seen = from.clone();
    let mut todo: Vec<State> = from.iter().cloned().collect();
    while let Some((docs, done)) = todo.pop() {
        for node in who {
            if let Some((saved, _)) = model.run(*node, &docs) {
                let (mut docs, mut done) = (docs.clone(), done.clone());
                docs[*node] = saved;
                done.insert(*node);
                if seen.insert((docs.clone(), done.clone())) {
                    todo.push((docs, done));
                }
            }
        }
    }
    seen
}

fn beginning(model: &Model) -> BTreeSet<State> {
    BTreeSet::from([(model.start(), BTreeSet::new())])
}

/// The fewest members of each selection in any order, and who can converge at all.
fn worst(model: &Model) -> (BTreeMap<(usize, usize), usize>, BTreeSet<usize>) {
    let all = (0..model.0.len()).collect();
    let (mut out, mut can) = (BTreeMap::new(), BTreeSet::new());
    for (docs, _) in walk(model, &beginning(model), &all) {
        for node in 0..model.0.len() {
            if let Some((_, found)) = model.run(node, &docs) {
                can.insert(node);
                for (i, f) in found.iter().enumerate() {
                    let least = out.entry((node, i)).or_insert(f.len());
                    *least = f.len().min(*least);
                }
            }
        }
    }
    (out, can)
}

/// Whether groups are safe: no converge of nodes that may have their turn fails or falls under a floor.
fn is_safe(model: &Model, groups: &Groups) -> bool {
    let (mut states, mut turn) = (beginning(model), BTreeSet::new());
    for group in groups {
        turn.extend(group.iter().copied());
        states = walk(model, &states, &turn);
        if !states
            .iter()
            .all(|(docs, _)| turn.iter().all(|n| model.is_well(*n, docs)))
        {
            return false;
        }
        states.retain(|(_, done)| *done == turn);
    }
    true
}

/// Whether any order of single nodes is safe, by trying all of them.
fn some_order_is_safe(model: &Model, can: &BTreeSet<usize>) -> bool {
    fn go(
        model: &Model,
        states: &BTreeSet<State>,
        turn: &BTreeSet<usize>,
        can: &BTreeSet<usize>,
        failed: &mut BTreeSet<(BTreeSet<usize>, BTreeSet<State>)>,
    ) -> bool {
        turn == can
            || can.difference(turn).any(|node| {
                let mut turn = turn.clone();
                turn.insert(*node);
                let mut states = walk(model, states, &turn);
                if !states
                    .iter()
                    .all(|(docs, _)| turn.iter().all(|n| model.is_well(*n, docs)))
                {
                    return false;
                }
                states.retain(|(_, done)| *done == turn);
                let key = (turn, states);
                if failed.contains(&key) {
                    return false;
                }
                let found = go(model, &key.1, &key.0, can, failed);
                if !found {
                    failed.insert(key);
                }
                found
            })
    }
    go(
        model,
        &beginning(model),
        &BTreeSet::new(),
        can,
        &mut BTreeSet::new(),
    )
}

/// The table of a model whose nodes are independent.
fn table(model: &Model) -> Table {
    let rows = model.0.iter().enumerate().flat_map(|(owner, node)| {
        node.selections.iter().map(move |selection| {
            let mut row = Row {
                owner,
                floor: selection.floor,
                fixed: 0,
                joining: BTreeSet::new(),
                leaving: BTreeSet::new(),
            };
            for (i, other) in model.0.iter().enumerate() {
                match (
                    other.before & selection.tag != 0,
                    other.after & selection.tag != 0,
                ) {
                    (true, true) => row.fixed += 1,
                    (true, false) => drop(row.leaving.insert(i)),
                    (false, true) => drop(row.joining.insert(i)),
                    (false, false) => {}
                }
            }
            row
        })
    });
    Table {
        nodes: model.0.len(),
        rows: rows.collect(),
    }
}

impl Fleet for Model {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn converge(&mut self, node: usize, saved: &[u32]) -> Option<Outcome> {
        let docs: Vec<Tags> = saved
            .iter()
            .zip(&self.0)
            .map(|(saved, node)| match saved {
                0 => node.before,
                n => Tags::try_from(n - 1).unwrap(),
            })
            .collect();
        let run = self.run(node, &docs);
        let names = |found: &BTreeSet<usize>| found.iter().map(ToString::to_string).collect();
        Some(match run {
            None => Outcome {
                saved: None,
                selections: Vec::new(),
            },
            Some((saved, found)) => Outcome {
                saved: Some(u32::from(saved) + 1),
                selections: found.iter().map(names).collect(),
            },
        })
    }

    fn floor(&self, node: usize, selection: usize) -> usize {
        self.0[node].selections[selection].floor
    }
}

#[test]
fn independent_members_are_counted_as_every_order_shows_them() {
    let mut random = Random(0x00F0_2E7A_57E5);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for case in 0..CASES {
        let model = model(&mut random, true);
        let (worst, can) = worst(&model);
        let table = table(&model);
        let mut rows = table.rows.iter();
        for (node, of) in model.0.iter().enumerate() {
            for i in 0..of.selections.len() {
                let row = rows.next().unwrap();
                assert_eq!(row.worst(), worst[&(node, i)], "case {case}: {model:?}");
            }
        }
        let everybody: Groups = vec![can.clone()];
        let kind = match order(&table) {
            Order::Any => {
                assert!(is_safe(&model, &everybody), "case {case}: {model:?}");
                "any"
            }
            Order::Groups(groups) => {
                assert!(
                    is_safe(&model, &groups),
                    "case {case}: {groups:?} {model:?}"
                );
                assert_eq!(
                    groups.iter().flatten().copied().collect::<BTreeSet<_>>(),
                    can
                );
                assert!(
                    !is_safe(&model, &everybody),
                    "case {case}: needs no order {model:?}"
                );
                "groups"
            }
            Order::None(_) => {
                assert!(!some_order_is_safe(&model, &can), "case {case}: {model:?}");
                "none"
            }
            Order::Unknown => panic!("case {case}: small fleets are decided: {model:?}"),
        };
        *seen.entry(kind).or_default() += 1;
    }
    // Every answer was put to the test, many times.
    assert!(
        seen.values().all(|n| *n > 50) && seen.len() == 3,
        "{seen:?}"
    );
}

#[test]
fn members_that_depend_on_others_are_explored_to_the_truth() {
    let mut random = Random(0xD0_5E_ED);
    let mut seen: BTreeMap<bool, usize> = BTreeMap::new();
    for case in 0..CASES {
        let mut model = model(&mut random, false);
        let (worst, can) = worst(&model);
        let explored = explore(&mut model, &Groups::new()).expect("a small fleet");
        let sizes: BTreeMap<(usize, usize), usize> = explored
            .worst
            .iter()
            .map(|(key, found)| (*key, found.len()))
            .collect();
        assert_eq!(sizes, worst, "case {case}: {model:?}");
        let never: BTreeSet<usize> = (0..model.0.len()).filter(|n| !can.contains(n)).collect();
        assert_eq!(explored.fail_always, never, "case {case}: {model:?}");
        match &explored.order {
            Some(groups) => {
                assert!(is_safe(&model, groups), "case {case}: {groups:?} {model:?}");
                assert_eq!(
                    groups.iter().flatten().copied().collect::<BTreeSet<_>>(),
                    can
                );
            }
            None => assert!(!some_order_is_safe(&model, &can), "case {case}: {model:?}"),
        }
        *seen.entry(explored.order.is_some()).or_default() += 1;
    }
    assert!(
        seen.values().all(|n| *n > 50) && seen.len() == 2,
        "{seen:?}"
    );
}
