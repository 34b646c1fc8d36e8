//! What it costs to simulate a node: `cargo bench -p foretaste-tests --bench nodes [-- FOLDER]`.
//!
//! Converges each node of a Chef repository on one thread, once all files are parsed, and prints how the times are
//! spread. Nodes are those of `nodes/` and one for each role. Without a folder it takes the small repositories of
//! `tests/data/chef`. The memory after each pass over all nodes shows whether it grows with the nodes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use foretaste_simulator::change::{Revision, Settings, world};
use foretaste_simulator::chef;
use foretaste_simulator::inventory::{Inventory, Platform};
use foretaste_simulator::repository::{Files, Layout, ParseCache, Repository};
use foretaste_simulator::ruby::budget::with_stack;
use foretaste_simulator::simulation::{self, IndexView};

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PASSES: usize = 3;

fn main() {
    let folder = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    let repositories = match &folder {
        Some(folder) => vec![PathBuf::from(folder)],
        None => examples(),
    };
    let loaded: Vec<Revision> = repositories.iter().map(|path| load(path)).collect();
    let settings = Settings::default();
    let worlds: Vec<_> = loaded
        .iter()
        .map(|revision| {
            let converge = |node: &_, index: IndexView<'_>| {
                chef::converge(&revision.repository, node, index, &settings.chef)
            };
            let world = world(revision, &settings);
            // Everything is parsed, and searches find what was saved.
            let settled = simulation::simulate(&world, &converge, simulation::Options::default());
            (revision, world, settled)
        })
        .collect();
    println!("memory when all nodes have converged: {}", resident());
    let mut best: BTreeMap<(usize, &str), Duration> = BTreeMap::new();
    for pass in 1..=PASSES {
        let start = Instant::now();
        for (at, (revision, world, settled)) in worlds.iter().enumerate() {
            for node in &world.nodes {
                let started = Instant::now();
                let run = with_stack(|| {
                    let index = IndexView::Now(&settled.index);
                    chef::converge(&revision.repository, node, index, &settings.chef)
                });
                let took = started.elapsed();
                std::hint::black_box(&run);
                let known = best.entry((at, &node.name)).or_insert(took);
                *known = took.min(*known);
            }
        }
        println!(
            "pass {pass}: {:.2?}, memory {}",
            start.elapsed(),
            resident()
        );
    }
    let mut times: Vec<Duration> = best.values().copied().collect();
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{} nodes, best of {PASSES}: median {:.2?}, least {:.2?}, 90% {:.2?}, most {:.2?}",
        times.len(),
        at(0.5),
        at(0.0),
        at(0.9),
        at(1.0)
    );
}

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/chef");
    let mut found: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the recorded repositories")
        .filter_map(|entry| Some(entry.ok()?.path().join("repo")))
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

fn load(folder: &Path) -> Revision {
    let mut files = Files::default();
    add(folder, folder, &mut files);
    let mut inventory = Inventory::default();
    for (path, bytes) in &files.0 {
        if path.starts_with("nodes/") && path.ends_with(".json") {
            inventory.add_json(path, bytes);
        }
    }
    let layout = Layout::detect(&files);
    let cache = Arc::new(ParseCache::default());
    let repository = Arc::new(Repository::new(files, layout, cache));
    inventory.add_roles(&repository, &Platform::default());
    Revision {
        repository,
        inventory,
    }
}

fn add(root: &Path, folder: &Path, files: &mut Files) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() && entry.file_name() != ".git" {
            add(root, &path, files);
        } else if kind.is_file()
            && let (Ok(inside), Ok(bytes)) = (path.strip_prefix(root), std::fs::read(&path))
            && let Some(inside) = inside.to_str()
        {
            files.0.insert(inside.into(), bytes.into());
        }
    }
}

/// What the process holds, where the system says it.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned())
}
