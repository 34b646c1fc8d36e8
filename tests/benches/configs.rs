//! How fast configs are read: `cargo bench -p foretaste-tests --bench configs`.
//!
//! For each fixture, the time to parse it, to parse and check it, and to cut it into words, the least that any reader
//! must do; then the same for a hundred copies of a pool's servers, where it is long lists that count.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use foretaste_parser::formats::Format;
use foretaste_parser::source::Source;
use foretaste_parser::{check, haproxy, nginx};

/// Each figure is the best of this many rounds.
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(120);

/// Seconds for one call.
fn time(mut work: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mut calls = 0u32;
        while start.elapsed() < ROUND {
            work();
            calls += 1;
        }
        best = best.min(start.elapsed().as_secs_f64() / f64::from(calls));
    }
    best
}

fn measure(name: &str, format: Format, path: &str, text: &str) {
    let source = Source::new(path, text);
    let words = time(|| {
        black_box(
            source
                .text()
                .lines()
                .flat_map(str::split_whitespace)
                .count(),
        );
    });
    let parse = time(|| match format {
        Format::Nginx => {
            black_box(nginx::parse(&source));
        }
        _ => {
            black_box(haproxy::parse(&source));
        }
    });
    let whole = time(|| {
        black_box(check::problems(format, &source));
    });
    let speed = |seconds: f64| text.len() as f64 / seconds / 1e6;
    println!(
        "{name:24} {:8} bytes  parse {:7.1} µs {:6.1} MB/s ({:4.1}× words)  with checks {:8.1} µs {:6.1} MB/s ({:4.1}× words)",
        text.len(),
        parse * 1e6,
        speed(parse),
        parse / words,
        whole * 1e6,
        speed(whole),
        whole / words,
    );
}

fn main() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let read = |name: &str| std::fs::read_to_string(fixtures.join(name)).expect("a fixture");
    measure(
        "haproxy/shop",
        Format::HaproxyCfg,
        "haproxy.cfg",
        &read("haproxy/shop.cfg"),
    );
    measure(
        "haproxy/tcp",
        Format::HaproxyCfg,
        "haproxy.cfg",
        &read("haproxy/tcp.cfg"),
    );
    measure(
        "nginx/shop",
        Format::Nginx,
        "/etc/nginx/nginx.conf",
        &read("nginx/shop.conf"),
    );
    let servers: String = (0..5000)
        .map(|n| {
            format!(
                "  server web{n} 10.1.{}.{}:8080 check weight 10\n",
                n / 250,
                n % 250 + 1
            )
        })
        .collect();
    let large = format!("{}\nbackend large\n{servers}", read("haproxy/shop.cfg"));
    measure(
        "haproxy/5000 servers",
        Format::HaproxyCfg,
        "haproxy.cfg",
        &large,
    );
    let servers: String = (0..5000)
        .map(|n| format!("  server 10.1.{}.{}:8080 weight=2;\n", n / 250, n % 250 + 1))
        .collect();
    let large = format!("upstream large {{\n{servers}}}\n");
    measure(
        "nginx/5000 servers",
        Format::Nginx,
        "/etc/nginx/conf.d/large.conf",
        &large,
    );
}
