//! How search grows with the inventory: `cargo bench -p foretaste-simulator --bench search`.
//!
//! Prints what an index of 1,000, 10,000 and 100,000 generated nodes costs, and each size's ratio to the one before,
//! so that growth shows; then measures the queries one by one. Give a name to measure only those: `-- scale` is the
//! table alone.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use foretaste_simulator::convergence::SavedNode;
use foretaste_simulator::packed::Attributes;
use foretaste_simulator::search::{Answer, Profile, SearchIndex};
use serde_json::{Value as Json, json};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

const QUERIES: [(&str, &str); 11] = [
    (
        "two-term AND, 1 in 80",
        "roles:role17 AND chef_environment:staging",
    ),
    (
        "two-term AND, 1 in 4",
        "roles:base AND chef_environment:staging",
    ),
    ("one node by name", "name:node0000042"),
    ("wildcard behind", "roles:role1*"),
    ("wildcard before", "fqdn:*42.prod.example.net"),
    ("wildcard in the name", "*_mtu:1500 AND roles:role17"),
    ("range", "memory_total:[100 TO 200]"),
    ("negation", "NOT roles:role17"),
    ("fuzzy", "roles:rola17~1"),
    ("phrase that all have", "app_note:\"serves the shop\""),
    (
        "phrase AND a term",
        "app_note:\"serves the shop\" AND roles:role17",
    ),
];

/// A node with about 190 attributes, as ohai reports them: many that all nodes share, some that a few share, and
/// some of its own.
fn node(i: usize) -> SavedNode {
    let environment = ["prod", "staging", "dev", "qa"][i % 4];
    let name = format!("node{i:07}");
    let (a, b, c) = (i >> 16 & 255, i >> 8 & 255, i & 255);
    let interface = |k: usize| {
        json!({
            "mtu": "1500", "state": "up", "encapsulation": "Ethernet", "number": k.to_string(),
            "addresses": {
                format!("10.{a}.{b}.{c}"): {"family": "inet", "prefixlen": "24", "netmask": "255.255.255.0", "scope": "Global"},
                format!("02:00:{k:02x}:{a:02x}:{b:02x}:{c:02x}"): {"family": "lladdr"},
            },
            "flags": ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
        })
    };
    let filesystem = |k: usize| {
        json!({
            "kb_size": (i * 37 % 90_000 + k).to_string(), "kb_used": (i * 91 % 80_000).to_string(),
            "fs_type": "ext4", "mount": format!("/srv/{k}"), "mount_options": ["rw", "relatime"],
            "uuid": format!("{:016x}-{k}", i.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        })
    };
    let automatic = json!({
        "fqdn": format!("{name}.{environment}.example.net"), "hostname": name, "domain": format!("{environment}.example.net"),
        "ipaddress": format!("10.{a}.{b}.{c}"), "macaddress": format!("02:00:00:{a:02x}:{b:02x}:{c:02x}"),
        "machine_id": format!("{:032x}", i as u128 * 0x1234_5678_9abc_def1),
        "platform": "ubuntu", "platform_family": "debian", "platform_version": (["20.04", "22.04", "24.04"][i % 3]),
        "os": "linux", "os_version": format!("5.15.0-{}-generic", i % 9), "uptime_seconds": i * 7919 % 10_000_000,
        "roles": [format!("role{}", i % 80), "base", "monitored"], "recipes": [format!("app{}::default", i % 80), "base::default"],
        "kernel": {"name": "Linux", "machine": "x86_64", "release": "5.15.0", "processor": "x86_64",
            "modules": (0..48).map(|k| (format!("module{k}"), json!({"size": "16384", "refcount": "0"}))).collect::<serde_json::Map<_, _>>()},
        "network": {"default_gateway": format!("10.{a}.{b}.1"), "interfaces": {"eth0": interface(0), "eth1": interface(1)}},
        "memory": {"total": format!("{}kB", i * 13 % 1000), "free": format!("{}kB", i * 17 % 900), "swap": {"total": "0kB", "free": "0kB"}},
        "cpu": {"total": 8 << (i % 3), "real": 1, "0": {"vendor_id": "GenuineIntel", "model_name": "Xeon", "mhz": "2400.000", "flags": ["fpu", "vme", "sse", "sse2", "avx"]}},
        "filesystem": {"by_mountpoint": {"/": filesystem(0), "/srv": filesystem(1), "/var": filesystem(2)}},
        "languages": {"ruby": {"version": "3.1.2", "platform": "x86_64-linux"}, "python": {"version": "3.10.6"}},
        "dmi": {"system": {"manufacturer": "Acme", "serial_number": format!("SN{i:08}"), "uuid": format!("{:032x}", i * 31)}},
    });
    let map = |json: Json| Attributes::from(json.as_object().cloned().unwrap_or_default());
    SavedNode {
        name,
        chef_environment: environment.into(),
        run_list: vec![format!("role[role{}]", i % 80), "role[base]".into()],
        default: map(
            json!({"app": {"port": 8000 + i % 80, "workers": 4, "tier": (["gold", "silver"][i % 2]), "note": "serves the shop"}}),
        ),
        normal: map(
            json!({"tags": if i.is_multiple_of(10) { json!(["live"]) } else { json!([]) }}),
        ),
        automatic: map(automatic),
        ..SavedNode::default()
    }
}

fn attributes(json: &Json) -> usize {
    match json {
        Json::Object(map) => map.values().map(attributes).sum(),
        Json::Array(list) => list.iter().map(attributes).sum(),
        _ => 1,
    }
}

fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn index(size: usize) -> SearchIndex {
    let mut index = SearchIndex::new(Profile::Server).with_threads(threads());
    for i in 0..size {
        index.put_node(node(i));
    }
    index
}

fn ready(size: usize) -> &'static SearchIndex {
    static READY: [OnceLock<SearchIndex>; SIZES.len()] = [const { OnceLock::new() }; SIZES.len()];
    let slot = SIZES.iter().position(|s| *s == size).unwrap_or(0);
    READY[slot].get_or_init(|| {
        let index = index(size);
        black_box(index.search("node", "*:*"));
        index
    })
}

/// Resident memory of this process in bytes, where the system tells.
fn resident() -> Option<usize> {
    status("VmRSS:")
}

/// The most memory that this process ever had.
fn peak() -> Option<usize> {
    status("VmHWM:")
}

fn status(field: &str) -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    let kilobytes: usize = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Processor time that this process has used, in milliseconds: beside other work, the clock tells less.
fn processor() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    let ticks: f64 = fields
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    Some(ticks * 10.0)
}

/// The median of some runs after a first one.
fn median(mut run: impl FnMut()) -> Duration {
    run();
    let mut times: Vec<Duration> = (0..31)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

/// The mean of many runs after a first one, for work that is put off and then done at once.
fn mean(mut run: impl FnMut()) -> Duration {
    const RUNS: u32 = 300;
    run();
    let start = Instant::now();
    (0..RUNS).for_each(|_| run());
    start.elapsed() / RUNS
}

/// A line of figures, one for each size, with the ratio of each to the one before.
fn line(what: &str, figures: &[f64], unit: &str) {
    print!("{what:<24}");
    let mut before = None;
    for figure in figures {
        print!("{figure:>12.1} {unit:<3}");
        match before.replace(figure) {
            Some(earlier) => print!(" ×{:<6.1}", figure / earlier),
            None => print!("{:8}", ""),
        }
    }
    println!();
}

fn scale() {
    let sample = node(4711);
    let count: usize = [&sample.default, &sample.normal, &sample.automatic]
        .into_iter()
        .flat_map(Attributes::entries)
        .map(|(_, value)| attributes(&value.to_json()))
        .sum();
    println!("nodes of {count} attributes, {} threads\n", threads());
    print!("{:24}", "nodes");
    SIZES.iter().for_each(|size| print!("{size:>12}{:12}", ""));
    println!();
    let mut objects = Vec::new();
    let mut built = Vec::new();
    let mut built_by = Vec::new();
    let mut held = Vec::new();
    let mut together = Vec::new();
    let mut most = Vec::new();
    let mut saved = Vec::new();
    let mut asked = vec![Vec::new(); QUERIES.len()];
    for size in SIZES {
        let before = resident();
        let mut index = index(size);
        let with_nodes = resident();
        let used = processor();
        let start = Instant::now();
        black_box(index.search("node", "name:x"));
        let worked = processor().zip(used).map(|(to, from)| to - from);
        built_by.push(worked.unwrap_or(f64::NAN));
        built.push(start.elapsed().as_secs_f64() * 1e3);
        let per_node = |from: Option<usize>, to: Option<usize>| {
            let grown = to?.checked_sub(from?)?;
            Some(grown as f64 / size as f64 / 1024.0)
        };
        objects.push(per_node(before, with_nodes).unwrap_or(f64::NAN));
        held.push(per_node(with_nodes, resident()).unwrap_or(f64::NAN));
        let megabytes = |bytes: Option<usize>| bytes.map_or(f64::NAN, |b| b as f64 / 1048576.0);
        together.push(megabytes(resident()));
        most.push(megabytes(peak()));
        for ((_, query), times) in QUERIES.iter().zip(&mut asked) {
            let time = median(|| {
                black_box(index.search("node", query));
            });
            times.push(time.as_secs_f64() * 1e6);
        }
        let saves: Vec<Arc<SavedNode>> = (0..97).map(|i| Arc::new(node(i * (size / 97)))).collect();
        let mut at = 0;
        let time = mean(|| {
            // A node saves, and what was there before stays, as for each moment of a rollout.
            let mut next = index.clone();
            at += 1;
            next.put_node(saves[at % saves.len()].clone());
            black_box(next.search("node", "name:x"));
            index = next;
        });
        saved.push(time.as_secs_f64() * 1e6);
    }
    line("node objects, each", &objects, "KB");
    line("index, each node", &held, "KB");
    line("whole process", &together, "MB");
    line("at most, building", &most, "MB");
    line("build", &built, "ms");
    line("build, processor time", &built_by, "ms");
    line("one node saves", &saved, "µs");
    for ((what, _), times) in QUERIES.iter().zip(&asked) {
        line(what, times, "µs");
    }
    println!();
}

#[divan::bench(args = [1_000, 10_000], sample_count = 3, sample_size = 1)]
fn build(bencher: divan::Bencher, size: usize) {
    bencher
        .with_inputs(|| index(size))
        .bench_values(|index| black_box(index.search("node", "name:x")));
}

fn bench(bencher: divan::Bencher, size: usize, query: &str) {
    let index = ready(size);
    assert!(matches!(
        index.search("node", query),
        Answer::Results { .. }
    ));
    bencher.bench(|| index.search("node", black_box(query)));
}

macro_rules! queries {
    ($($name:ident = $query:literal),+ $(,)?) => {$(
        #[divan::bench(args = SIZES)]
        fn $name(bencher: divan::Bencher, size: usize) {
            bench(bencher, size, $query);
        }
    )+};
}

queries! {
    two_terms = "roles:role17 AND chef_environment:staging",
    wildcard = "roles:role1*",
    range = "memory_total:[100 TO 200]",
    negation = "NOT roles:role17",
    phrase = "app_note:\"serves the shop\" AND roles:role17",
}

fn main() {
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    if asked.is_empty() || asked.iter().any(|name| name == "scale") {
        scale();
    }
    if !asked.iter().any(|name| name == "scale") {
        divan::main();
    }
}
