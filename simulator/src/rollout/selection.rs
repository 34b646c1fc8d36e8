//! What nodes select of one another, at the moments that matter, and how sure that is.

use std::collections::{BTreeMap, BTreeSet};

use super::bonds::Bonds;
use super::table::{Row, Table};
use super::walk::{self, Walked};
use crate::convergence::{Convergence, Search};
use crate::impact::Impact;
use crate::pool::Pool;
use crate::simulation::Run;

/// What a selection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Serving members of a pool in a rendered config.
    Pool,
    /// Results of a search that are written to a file whose format is not read.
    Search,
    /// What a converge needs to find in order to succeed.
    Need,
}

/// Whether the worst moment is the worst there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// Every member comes and goes by its own converge alone.
    Exact,
    /// In no order are fewer found; whether so few ever are is not known, for this reason.
    Bound(String),
}

impl Exactness {
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Exact => None,
            Self::Bound(reason) => Some(reason),
        }
    }
}

/// Members that one node selects, by node name where they are nodes, else by their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Whose it is.
    pub node: String,
    /// Path of the rendered file; empty for [`Kind::Need`].
    pub file: String,
    /// The pool's name, or the search's query.
    pub name: String,
    pub kind: Kind,
    pub before: BTreeSet<String>,
    /// This node converges before all others.
    pub first: BTreeSet<String>,
    /// The unluckiest order: who is found whatever the order, see [`Exactness`].
    pub worst: BTreeSet<String>,
    /// The fewest of the moments that were simulated; they really occur.
    pub seen: BTreeSet<String>,
    pub settled: BTreeSet<String>,
    pub exactness: Exactness,
    /// Fewer than so many are not safe on the way.
    pub floor: usize,
    pub(super) count: Count,
}

/// How members can be counted at moments that were not simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Count {
    /// Each for itself, but for these, who may be there or not.
    Each {
        but: BTreeSet<String>,
    },
    /// Only when all of these have converged: then what was simulated last is found.
    Settled {
        after: BTreeSet<String>,
    },
    Never,
}

impl Selection {
    /// Who is found from its own converge on.
    pub fn joining(&self) -> impl Iterator<Item = &str> {
        self.settled.difference(&self.first).map(String::as_str)
    }

    /// Who is found until its own converge.
    pub fn leaving(&self) -> impl Iterator<Item = &str> {
        self.first.difference(&self.settled).map(String::as_str)
    }

    fn is_steady(&self) -> bool {
        self.before == self.first && self.first == self.worst && self.worst == self.settled
    }
}

/// What must not be gone below on the way from one size to another: half of what there was, and never the last one.
/// An end that is lower, or a beginning, is no question of order.
#[must_use]
pub fn floor(before: usize, settled: usize) -> usize {
    before.div_ceil(2).min(settled)
}

/// Nodes that serve nobody, as people have decided.
pub(super) fn gone(impact: &Impact) -> BTreeSet<String> {
    &impact.options.drained | &impact.options.down
}

/// All selections that differ at any moment.
pub(super) fn selections(impact: &Impact, bonds: &mut Bonds) -> Vec<Selection> {
    let mut out = all(impact, bonds);
    if let Some(walked) = &impact.walked {
        for selection in &mut out {
            take_over(selection, walked);
        }
    }
    out.retain(|s| !s.is_steady());
    out
}

/// What was found in every state, instead of what three moments show.
fn take_over(selection: &mut Selection, walked: &Walked) {
    let Some(worst) = walked.worst.get(&walk::place(selection)) else {
        return;
    };
    if worst.len() < selection.seen.len() {
        selection.seen.clone_from(worst);
    }
    if !walked.unsure.contains(&selection.node) {
        selection.worst.clone_from(worst);
        selection.seen.clone_from(worst);
        selection.exactness = Exactness::Exact;
    }
}

pub(super) fn bonds(impact: &Impact) -> Bonds {
    let runs = impact.nodes.values();
    let runs = runs.filter_map(|n| Some((n.name.as_str(), n.after.as_ref()?)));
    let down = &impact.options.down;
    Bonds::new(runs, &impact.index_start, &impact.history, down)
}

/// Every selection, steady or not, of nodes that converge. Who is gone is nobody's member; a drained node's own pools
/// have no floor, since nobody asks it.
pub(super) fn all(impact: &Impact, bonds: &mut Bonds) -> Vec<Selection> {
    let gone = gone(impact);
    let mut out = pools(impact, bonds, &gone);
    out.extend(searches(impact, bonds, &gone));
    out.extend(needs(impact));
    out.retain(|s| !impact.options.down.contains(&s.node));
    for selection in &mut out {
        if selection.kind == Kind::Pool && impact.options.drained.contains(&selection.node) {
            selection.floor = 0;
        }
    }
    out.sort_by(|a, b| {
        (&a.node, &a.file, a.kind, &a.name).cmp(&(&b.node, &b.file, b.kind, &b.name))
    });
    out
}

/// Who serves, by node name where it is known, without those that are gone.
pub(super) fn members(pool: Option<&Pool>, gone: &BTreeSet<String>) -> BTreeSet<String> {
    let serving = pool.into_iter().flat_map(Pool::serving);
    serving
        .map(|m| m.node.as_ref().unwrap_or(&m.name))
        .filter(|n| !gone.contains(*n))
        .cloned()
        .collect()
}

fn pools(impact: &Impact, bonds: &mut Bonds, gone: &BTreeSet<String>) -> Vec<Selection> {
    let mut out = Vec::new();
    let mut rounds: BTreeMap<(&str, &str, &str), Vec<&BTreeSet<String>>> = BTreeMap::new();
    for pool in impact.rounds.iter().flat_map(|r| &r.pools) {
        let place = (&*pool.node, &*pool.file, &*pool.name);
        rounds.entry(place).or_default().push(&pool.serving);
    }
    for pool in &impact.pools {
        let Some(node) = impact.nodes.get(&pool.node) else {
            continue;
        };
        let Some(run) = &node.after else { continue };
        let [before, first, settled] =
            [&pool.before, &pool.first, &pool.after].map(|p| members(p.as_ref(), gone));
        let mut seen = members(pool.worst.as_ref(), gone);
        let place = (&*pool.node, &*pool.file, &*pool.name);
        let own = rounds.get(&place).into_iter().flatten();
        let own = own.map(|serving| *serving - gone);
        if let Some(least) = own
            .min_by_key(BTreeSet::len)
            .filter(|s| s.len() < seen.len())
        {
            seen = least;
        }
        let parts = pool.after.iter().flat_map(|p| &p.parts);
        let searches: Option<Vec<usize>> = run.after.files.get(&pool.file).map(|own| {
            let parts = parts.filter_map(|p| run.after.files.get(p));
            let mut all: Vec<usize> = own.searches.clone();
            all.extend(parts.flat_map(|f| &f.searches));
            all.sort_unstable();
            all.dedup();
            all
        });
        let index = searches.as_deref();
        let together = together(run, &pool.file, pool.after.iter().flat_map(|p| &p.parts));
        let mut judged = judge(
            impact,
            bonds,
            &pool.node,
            run,
            (index, &together),
            [&first, &settled, &seen],
        );
        if let Some(reason) = &pool.undetermined {
            judged.exactness = Exactness::Bound(reason.clone());
            judged.count = Count::Never;
            judged.worst.clear();
        }
        out.push(Selection {
            node: pool.node.clone(),
            file: pool.file.clone(),
            name: pool.name.clone(),
            kind: Kind::Pool,
            floor: impact
                .options
                .floor(&pool.name, before.len(), settled.len()),
            worst: judged.worst,
            seen: judged.seen,
            count: judged.count,
            before,
            first,
            settled,
            exactness: judged.exactness,
        });
    }
    out
}

/// Searches whose results reach a file without pools.
fn searches(impact: &Impact, bonds: &mut Bonds, gone: &BTreeSet<String>) -> Vec<Selection> {
    let mut out = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for search in &impact.searches {
        let next = places.entry(&search.node).or_default();
        let place = *next;
        *next += 1;
        let Some(run) = impact
            .nodes
            .get(&search.node)
            .and_then(|n| n.after.as_ref())
        else {
            continue;
        };
        let balances = |file: &String| impact.pools.iter().any(|p| p.stands_in(&search.node, file));
        let Some(file) = search.files.iter().find(|f| !balances(f)) else {
            continue;
        };
        if search.after.index != "node" {
            continue;
        }
        let found = |s: Option<&Search>| -> BTreeSet<String> {
            s.into_iter()
                .flat_map(|s| s.results.iter().filter(|n| !gone.contains(*n)).cloned())
                .collect()
        };
        let before = found(search.before.as_ref());
        let first = found(search.first.as_ref());
        let seen = found(search.worst.as_ref());
        let settled = found(Some(&search.after));
        let moments = [&first, &settled, &seen];
        let behind = (Some(&[place][..]), &BTreeSet::new());
        let judged = judge(impact, bonds, &search.node, run, behind, moments);
        out.push(Selection {
            node: search.node.clone(),
            file: file.clone(),
            name: search.after.query.clone(),
            kind: Kind::Search,
            // A list of peers may shrink; that it is empty for a while is what hurts.
            floor: floor(before.len(), settled.len()).min(1),
            worst: judged.worst,
            seen: judged.seen,
            count: judged.count,
            before,
            first,
            settled,
            exactness: judged.exactness,
        });
    }
    out
}

/// Converges that succeed only when others have been there before.
fn needs(impact: &Impact) -> Vec<Selection> {
    let mut out = Vec::new();
    for node in impact.nodes.values() {
        let Some(run) = &node.after else { continue };
        let fails = run.first.failure.is_some() || run.worst.failure.is_some();
        if !fails || run.after.failure.is_some() {
            continue;
        }
        let found = |run: &Convergence| -> BTreeSet<String> {
            let nodes = run.searches.iter().filter(|s| s.index == "node");
            nodes.flat_map(|s| s.results.iter().cloned()).collect()
        };
        let (first, settled) = (found(&run.first), found(&run.after));
        let after = moving(impact, run);
        let down = after.intersection(&impact.options.down).next();
        let reason = match down {
            Some(down) => format!("its converge fails on the way, and {down} is down"),
            None => "its converge fails on the way; what it needs is taken to be all it finds in the end".to_owned(),
        };
        out.push(Selection {
            node: node.name.clone(),
            file: String::new(),
            name: "converge".to_owned(),
            kind: Kind::Need,
            before: settled.clone(),
            floor: settled.len(),
            worst: BTreeSet::new(),
            seen: first.intersection(&settled).cloned().collect(),
            count: match down {
                Some(_) => Count::Never,
                None => Count::Settled { after },
            },
            first,
            settled,
            exactness: Exactness::Bound(reason),
        });
    }
    out
}

/// What is known of the members at moments that were not simulated.
struct Judged {
    exactness: Exactness,
    count: Count,
    /// Who is there in every order.
    worst: BTreeSet<String>,
    /// The least of the simulated moments.
    seen: BTreeSet<String>,
}

/// The searches behind a selection, where that is known, and those whose results it takes together.
type Behind<'a> = (Option<&'a [usize]>, &'a BTreeSet<usize>);

/// The searches whose results a file's text takes together, at any moment.
fn together<'p>(
    run: &Run,
    file: &'p String,
    parts: impl Iterator<Item = &'p String>,
) -> BTreeSet<usize> {
    let paths: Vec<&String> = parts.chain([file]).collect();
    let mut out = BTreeSet::new();
    for (_, moment) in run.moments() {
        out.extend(&moment.cut_short);
        let files = paths.iter().filter_map(|p| moment.files.get(*p));
        out.extend(files.flat_map(|f| &f.together));
    }
    out
}

/// Judges members at the first moment, when settled, and at the unluckiest of the other simulated moments.
fn judge(
    impact: &Impact,
    bonds: &mut Bonds,
    node: &str,
    run: &Run,
    behind: Behind<'_>,
    [first, settled, worst]: [&BTreeSet<String>; 3],
) -> Judged {
    let unsure = bonds.unsure_of(node, run);
    let least = [worst, first, settled].into_iter().min_by_key(|m| m.len());
    let seen = match bonds.wait_for_nobody() {
        true => least.cloned().unwrap_or_default(),
        // Only the beginning is sure to occur while somebody is down who was simulated to converge.
        false => first.clone(),
    };
    let stay: BTreeSet<String> = first.intersection(settled).cloned().collect();
    // Who always fails keeps what was rendered before.
    let fails = run.after.failure.is_some() && run.moments().count() == 1 && unsure.is_empty();
    let together = whole(impact, run, behind, !unsure.is_empty(), first, settled)
        .or_else(|| (*worst != stay).then_some(TOGETHER))
        .filter(|_| !fails);
    let bound = |reason: &str, count: Count| Judged {
        exactness: Exactness::Bound(reason.to_owned()),
        worst: match &count {
            Count::Each { but } => stay.difference(but).cloned().collect(),
            _ => BTreeSet::new(),
        },
        count,
        seen: seen.clone(),
    };
    let (here, elsewhere): (BTreeSet<String>, BTreeSet<String>) = unsure
        .into_iter()
        .partition(|n| first.contains(n) || settled.contains(n));
    match together {
        Some(reason) if keeps(run) || !here.is_empty() || !elsewhere.is_empty() => {
            bound(reason, Count::Never)
        }
        Some(reason) => {
            let after = moving(impact, run);
            bound(reason, Count::Settled { after })
        }
        None if keeps(run) => bound(
            "what it finds at one converge has a part in the next",
            Count::Never,
        ),
        None if !here.is_empty() => bound(
            "what a member saves depends on when it converges",
            Count::Each { but: here },
        ),
        None => Judged {
            exactness: Exactness::Exact,
            count: Count::Each { but: here },
            worst: stay,
            seen,
        },
    }
}

const TOGETHER: &str = "results are treated together, not each for itself";

/// Why members are not found each for itself; `None` where they are.
fn whole(
    impact: &Impact,
    run: &Run,
    (searches, together): Behind<'_>,
    unsure: bool,
    first: &BTreeSet<String>,
    settled: &BTreeSet<String>,
) -> Option<&'static str> {
    if run.moments().any(|(_, r)| r.failure.is_some()) {
        return Some("its owner's converge fails at one moment and not at another");
    }
    if together.iter().any(|i| unsure || varies(run, *i)) {
        return Some(TOGETHER);
    }
    for (_, moment) in run.moments() {
        for (i, search) in moment.searches.iter().enumerate() {
            // A branch decides on all that comes after it, whatever it is made from.
            if search.guarded && search.index == "node" && varies(run, i) {
                return Some("the recipe branches on what the search returns");
            }
            let is_behind = searches.is_none_or(|s| s.contains(&i));
            if is_behind && moment.dependent.contains(&i) && varies(run, i) {
                return Some(
                    "it searches for what another search returned, or gets a page at most",
                );
            }
            if is_behind && (!search.maybe.is_empty() || search.undetermined.is_some()) {
                return Some("not all results of its searches are known");
            }
        }
    }
    for name in first.symmetric_difference(settled) {
        match impact.nodes.get(name) {
            None => return Some("what comes or goes is no node"),
            Some(_) if !is_saved_anew(impact, name) => {
                return Some("a member comes or goes by another node's converge");
            }
            Some(_) => {}
        }
    }
    None
}

/// Whether a search of a run returns something else at another moment.
fn varies(run: &Run, search: usize) -> bool {
    let found = |r: &Convergence| {
        r.searches
            .get(search)
            .map(|s| (s.query.clone(), s.results.clone()))
    };
    let settled = found(&run.after);
    run.moments().any(|(_, r)| found(r) != settled)
}

/// Whether a run that succeeds at every simulated moment may fail at another one.
pub(super) fn may_fail_between(name: &str, run: &Run, bonds: &mut Bonds) -> bool {
    let counts = |r: &Convergence| r.counted_on.iter().any(|i| varies(run, *i));
    let decides = |r: &Convergence| {
        let mut all = r.searches.iter().enumerate();
        all.any(|(i, s)| s.index == "node" && (s.guarded || r.together.contains(&i)))
    };
    run.moments().any(|(_, r)| counts(r))
        || (run.moments().any(|(_, r)| decides(r)) && !bonds.unsure_of(name, run).is_empty())
}

/// Whether a run begins with what its searches found another time.
fn keeps(run: &Run) -> bool {
    run.moments().any(|(_, r)| !r.kept_from.is_empty())
}

/// Who is found or read by a run at some moment and saves something else in this change.
fn moving(impact: &Impact, run: &Run) -> BTreeSet<String> {
    let found = run.moments().flat_map(|(_, r)| {
        let nodes = r.searches.iter().filter(|s| s.index == "node");
        nodes.flat_map(|s| &s.results).chain(r.reads.keys())
    });
    let moves = |n: &&String| impact.nodes.contains_key(*n) && is_saved_anew(impact, n);
    found.filter(moves).cloned().collect()
}

fn is_saved_anew(impact: &Impact, name: &str) -> bool {
    let saved = |index: &crate::search::SearchIndex| {
        index
            .document("node", name)
            .and_then(|d| d.saved())
            .cloned()
    };
    match (saved(&impact.index_start), saved(&impact.index)) {
        (Some(a), Some(b)) => !std::sync::Arc::ptr_eq(&a, &b) && a != b,
        _ => true,
    }
}

/// The selections as a table that promises no more members than are found in any order, with the names behind its
/// numbers.
pub(super) fn table(selections: &[Selection], impact: &Impact) -> (Vec<String>, Table) {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for selection in selections {
        names.insert(&selection.node);
        let after = match &selection.count {
            Count::Settled { after } => Some(after.iter().map(String::as_str)),
            _ => None,
        };
        names.extend(
            selection
                .joining()
                .chain(selection.leaving())
                .chain(after.into_iter().flatten())
                .filter(|n| impact.nodes.contains_key(*n)),
        );
    }
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let number = |name: &str| names.binary_search_by(|n| n.as_str().cmp(name)).ok();
    let rows = selections
        .iter()
        .filter_map(|s| Some(row(s, number(&s.node)?, &number)))
        .collect();
    let table = Table {
        nodes: names.len(),
        rows,
    };
    (names, table)
}

fn row(of: &Selection, owner: usize, number: &impl Fn(&str) -> Option<usize>) -> Row {
    let mut row = Row {
        owner,
        floor: of.floor,
        fixed: 0,
        joining: BTreeSet::new(),
        leaving: BTreeSet::new(),
    };
    match &of.count {
        Count::Each { but } => {
            let sure = |n: &&str| !but.contains(*n);
            row.fixed = of.worst.len();
            row.joining = of.joining().filter(sure).filter_map(number).collect();
            row.leaving = of.leaving().filter(sure).filter_map(number).collect();
        }
        Count::Settled { after } => {
            row.joining = after.iter().filter_map(|n| number(n)).collect();
            row.floor = row.joining.len();
        }
        // No more than none is ever promised.
        Count::Never => {}
    }
    row
}
