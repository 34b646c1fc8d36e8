//! Rounds, moments and reuse, with nodes that converge in a line of Rust each.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::*;
use crate::convergence::{Failure, Reads, RenderedFile, Search, Stage};
use crate::search::Profile;
use foretaste_parser::source::Location;

fn node(name: &str, run_list: &[&str]) -> Arc<SavedNode> {
    Arc::new(SavedNode {
        name: name.into(),
        run_list: run_list.iter().map(|s| (*s).to_owned()).collect(),
        ..SavedNode::default()
    })
}

fn world(nodes: Vec<Arc<SavedNode>>) -> World {
    World {
        nodes,
        objects: SearchIndex::new(Profile::Server),
        problems: Vec::new(),
    }
}

fn options() -> Options {
    Options {
        threads: NonZeroUsize::new(2).unwrap(),
        stack_bytes: 1 << 20,
        ..Options::default()
    }
}

/// A run that saves its roles; `lb` writes what its query finds.
fn run(node: &SavedNode, index: IndexView<'_>, query: &str) -> Convergence {
    let mut saved = node.clone();
    saved.automatic.insert(
        "roles".into(),
        json!(
            node.run_list
                .iter()
                .filter_map(|r| r.strip_prefix("role[")?.strip_suffix(']'))
                .collect::<Vec<_>>()
        ),
    );
    let mut out = Convergence {
        node: node.name.clone(),
        ..Convergence::default()
    };
    if node.name.starts_with("lb") {
        let results: Vec<String> = index
            .search("node", query)
            .names()
            .iter()
            .map(|n| (*n).to_owned())
            .collect();
        out.files.insert(
            "/hosts".into(),
            RenderedFile {
                text: results.join(" ").into(),
                holes: vec![],
                resource: "file[/hosts]".into(),
                location: Location::line("r.rb", 1),
                template: None,
                template_lines: vec![],
                searches: vec![0],
                together: vec![],
                origins: vec![],
                conditional: None,
                sensitive: false,
            },
        );
        out.searches.push(Search {
            index: "node".into(),
            query: query.into(),
            location: Location::line("r.rb", 1),
            results,
            maybe: vec![],
            undetermined: None,
            refused: None,
            origins: vec![],
            conditional: false,
            rows: None,
            cut: None,
            guarded: false,
        });
        out.inputs.insert("cookbooks/lb/".into());
    }
    out.saved = Some(Arc::new(saved));
    out
}

fn hosts(result: &Convergence) -> &str {
    result.files.get("/hosts").map_or("-", |f| &*f.text)
}

fn moments(simulation: &Simulation, node: &str) -> String {
    let run = &simulation.runs[node];
    format!(
        "first [{}] worst [{}] after [{}]",
        hosts(&run.first),
        hosts(&run.worst),
        hosts(&run.after)
    )
}

#[test]
fn what_nodes_save_is_found_in_the_next_round() {
    let world = world(vec![node("lb", &[]), node("web1", &["role[web]"])]);
    let converge = |n: &SavedNode, i: IndexView<'_>| run(n, i, "roles:web");
    let simulation = simulate(&world, &converge, options());
    assert_eq!(moments(&simulation, "lb"), "first [] worst [] after [web1]");
    assert!(simulation.settled);
    assert_eq!(simulation.rounds, 2);
}

#[test]
fn a_change_has_three_moments() {
    let before = world(vec![
        node("lb", &[]),
        node("web1", &["role[web]"]),
        node("web2", &["role[web]"]),
        node("web3", &["role[new]"]),
    ]);
    let old = |n: &SavedNode, i: IndexView<'_>| run(n, i, "roles:web OR roles:new");
    let base = simulate(&before, &old, options());
    assert_eq!(
        moments(&base, "lb").split(" after ").nth(1),
        Some("[web1 web2 web3]")
    );

    // web1 leaves, web2 stays, web3 joins; the balancer asks for the new role alone.
    let after = world(vec![
        node("lb", &[]),
        node("web1", &["role[new]"]),
        node("web2", &["role[web]"]),
        node("web3", &["role[web]"]),
    ]);
    let new = |n: &SavedNode, i: IndexView<'_>| run(n, i, "roles:web");
    let changed = ["cookbooks/lb/recipes/default.rb".into()].into();
    let head = simulate_change(&base, &after, &changed, &new, options());
    assert_eq!(
        moments(&head, "lb"),
        "first [web1 web2] worst [web2] after [web2 web3]"
    );
}

#[test]
fn only_what_a_change_can_alter_runs_again() {
    let before = world(vec![node("lb", &[]), node("web1", &["role[web]"])]);
    let runs = AtomicUsize::new(0);
    let converge = |n: &SavedNode, i: IndexView<'_>| {
        runs.fetch_add(1, Ordering::Relaxed);
        run(n, i, "roles:web")
    };
    let base = simulate(&before, &converge, options());
    let count = |changed: &str, after: &World| {
        runs.store(0, Ordering::Relaxed);
        simulate_change(&base, after, &[changed.into()].into(), &converge, options());
        runs.load(Ordering::Relaxed)
    };
    assert_eq!(count("cookbooks/other/recipes/default.rb", &before), 0);
    assert_eq!(count("cookbooks/lb/templates/x.erb", &before), 1);
    // web2 is new and saves; then the balancer finds it.
    let mut more = before.clone();
    more.nodes.push(node("web2", &["role[web]"]));
    assert_eq!(count("nodes/web2.json", &more), 2);
}

#[test]
fn who_fails_does_not_save_and_who_never_settles_is_told() {
    let before = world(vec![node("lb", &[]), node("web1", &["role[web]"])]);
    let failing = |n: &SavedNode, i: IndexView<'_>| {
        let mut out = run(n, i, "roles:web");
        if n.name == "web1" {
            out.failure = Some(Failure {
                stage: Stage::Compile,
                class: "RuntimeError".into(),
                message: "no".into(),
                location: None,
                trace: vec![],
                resource: None,
                template: None,
            });
        }
        out
    };
    let simulation = simulate(&before, &failing, options());
    assert_eq!(hosts(&simulation.runs["lb"].after), "");

    // Saves another value each time: its own search sees it, so it never ends.
    let flipping = |n: &SavedNode, i: IndexView<'_>| {
        let mut out = run(n, i, "roles:on");
        let on = hosts(&out) == "lb";
        let mut saved = n.clone();
        saved
            .automatic
            .insert("roles".into(), json!([if on { "off" } else { "on" }]));
        out.saved = Some(Arc::new(saved));
        out
    };
    let simulation = simulate(&world(vec![node("lb", &[])]), &flipping, options());
    assert!(!simulation.settled);
    let oscillation = simulation.oscillation.unwrap();
    assert_eq!(Vec::from_iter(&oscillation.nodes), ["lb"]);
    assert!(!oscillation.in_turn);

    // Two that each take what the other has not: together they never settle, one after the other they do.
    let taking = |n: &SavedNode, i: IndexView<'_>| {
        let mut out = run(n, i, "roles:on");
        let taken = out.searches[0].results.iter().any(|r| *r != n.name);
        let mut saved = n.clone();
        let roles = json!([if taken { "off" } else { "on" }]);
        saved.automatic.insert("roles".into(), roles);
        out.saved = Some(Arc::new(saved));
        out
    };
    let pair = world(vec![node("lb1", &[]), node("lb2", &[])]);
    let oscillation = simulate(&pair, &taking, options()).oscillation.unwrap();
    assert_eq!(Vec::from_iter(&oscillation.nodes), ["lb1", "lb2"]);
    assert!(oscillation.in_turn);

    // Counts its converges: it changes without an end, and never comes back.
    let counting = |n: &SavedNode, i: IndexView<'_>| {
        let mut out = run(n, i, "roles:on");
        let mut saved = n.clone();
        let count = n.normal.get("count").and_then(|c| c.as_u64()).unwrap_or(0);
        saved.normal.insert("count".into(), json!(count + 1));
        out.saved = Some(Arc::new(saved));
        out
    };
    let simulation = simulate(&world(vec![node("lb", &[])]), &counting, options());
    assert!(!simulation.settled && simulation.oscillation.is_none());
    assert_eq!(simulation.rounds, options().rounds);
}

#[test]
fn a_node_that_is_found_matters_as_far_as_it_is_read() {
    let with = |key: &str| {
        let mut web = SavedNode::clone(&node("web1", &["role[web]"]));
        web.default.insert(key.to_owned(), json!(1));
        world(vec![node("lb", &[]), Arc::new(web)])
    };
    let runs_after = |reads: Reads| {
        let runs = AtomicUsize::new(0);
        let converge = |n: &SavedNode, i: IndexView<'_>| {
            runs.fetch_add(1, Ordering::Relaxed);
            let mut out = run(n, i, "roles:web");
            if n.name == "lb" {
                out.reads.insert("web1".to_owned(), reads.clone());
            }
            out
        };
        let base = simulate(&with("a"), &converge, options());
        runs.store(0, Ordering::Relaxed);
        let changed = ["nodes/web1.json".into()].into();
        simulate_change(&base, &with("b"), &changed, &converge, options());
        runs.load(Ordering::Relaxed)
    };
    let keys = |key: &str| Reads::Keys([key.to_owned()].into());
    // The web server itself runs each time.
    assert_eq!(runs_after(keys("port")), 1);
    assert_eq!(runs_after(keys("b")), 2);
    assert_eq!(runs_after(Reads::All), 2);
}
