//! Imports go down only, and below `cli` there is no file, process, network, environment, clock or terminal.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Each crate below `tests`, with those of ours that it may import.
const LAYERS: [(&str, &[&str]); 5] = [
    ("parser", &[]),
    ("simulator", &["parser"]),
    ("rules", &["parser", "simulator"]),
    ("corpus", &[]),
    ("cli", &["parser", "simulator", "rules", "corpus"]),
];
/// The crates that touch nothing outside.
const PURE: [&str; 4] = ["parser", "simulator", "rules", "corpus"];

/// Other people's crates that belong to the program alone.
const FOR_THE_PROGRAM: [&str; 5] = ["clap", "miette", "gix", "indicatif", "terminal_size"];

/// What a pure crate lacks, as paths in `std`. Their addresses are parsed only, threads share the work out.
const OUTSIDE: [&str; 7] = [
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::os",
    "std::process",
    "std::time",
];
const ALLOWED: [&str; 3] = [
    "std::net::IpAddr",
    "std::net::Ipv4Addr",
    "std::net::Ipv6Addr",
];
const PRINTING: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Everything that a crate of the workspace is built from, as `cargo tree` has it, itself left out.
fn tree(name: &str) -> BTreeSet<String> {
    let package = match name {
        "cli" => "foretaste".to_owned(),
        name => format!("foretaste-{name}"),
    };
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal,build"])
        .args(["--prefix", "none", "--format", "{p}"])
        .args(["--package", &package])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.split(" ").next())
        .filter(|p| *p != package)
        .map(str::to_owned)
        .collect()
}

/// The dependencies of a crate that its layer may not have.
fn upward(name: &str, allowed: &[&str], tree: &BTreeSet<String>) -> Vec<String> {
    tree.iter()
        .filter(|package| {
            let ours = package.strip_prefix("foretaste-");
            let upward = ours.is_some_and(|p| !allowed.contains(&p)) || *package == "foretaste";
            upward || (PURE.contains(&name) && FOR_THE_PROGRAM.contains(&package.as_str()))
        })
        .cloned()
        .collect()
}

/// The places of a source text that reach outside, as `line: what`.
fn outside(text: &str) -> Vec<String> {
    let tokens: TokenStream = text.parse().expect("Rust");
    let mut found = Vec::new();
    walk(tokens, &mut found);
    found
}

fn walk(tokens: TokenStream, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => walk(group.stream(), found),
            TokenTree::Ident(word) => {
                let line = word.span().start().line;
                let next = tokens.get(at + 1).map(TokenTree::to_string);
                if word == "std" {
                    let mut paths = Vec::new();
                    expand("std", &tokens[at + 1..], &mut paths);
                    found.extend(
                        paths
                            .into_iter()
                            .filter(|p| reaches(p))
                            .map(|p| format!("{line}: {p}")),
                    );
                } else if PRINTING.iter().any(|p| word == p) && next.as_deref() == Some("!") {
                    found.push(format!("{line}: {word}!"));
                }
            }
            _ => {}
        }
    }
}

/// The paths that begin with `path` and go on with `rest`: `::a::b`, or `::{a, b::c}`.
fn expand(path: &str, rest: &[TokenTree], paths: &mut Vec<String>) {
    let mut path = path.to_owned();
    let mut rest = rest;
    while let [TokenTree::Punct(a), TokenTree::Punct(b), next, more @ ..] = rest
        && a.as_char() == ':'
        && b.as_char() == ':'
    {
        match next {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                let comma = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ',');
                for branch in inside.split(comma) {
                    if let [first, more @ ..] = branch {
                        expand(&format!("{path}::{first}"), more, paths);
                    }
                }
                return;
            }
            next => path = format!("{path}::{next}"),
        }
        rest = more;
    }
    paths.push(path);
}

/// Whether a path is one of [`OUTSIDE`] or in it; all of `std` under a name, or by `*`, counts.
fn reaches(path: &str) -> bool {
    let within = |module: &&str| {
        path.strip_prefix(*module)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    matches!(path, "std" | "std::self" | "std::*")
        || (OUTSIDE.iter().any(within) && !ALLOWED.iter().any(within))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn imports_go_down_only() {
    for (name, allowed) in LAYERS {
        assert_eq!(
            upward(name, allowed, &tree(name)),
            Vec::<String>::new(),
            "{name} may not be built from these"
        );
    }
}

#[test]
fn an_import_that_goes_up_would_be_seen() {
    // The tree of `cli` is real and has all that the lower layers may not have.
    let cli = tree("cli");
    assert_eq!(
        upward("rules", &["parser", "simulator"], &cli),
        [
            "clap",
            "foretaste-corpus",
            "foretaste-rules",
            "gix",
            "indicatif",
            "miette",
            "terminal_size"
        ]
    );
}

#[test]
fn below_the_program_nothing_reaches_outside() {
    let mut reaching = Vec::new();
    for name in PURE {
        let mut files = Vec::new();
        sources(&root().join(name).join("src"), &mut files);
        assert!(!files.is_empty(), "{name} has sources");
        files.sort();
        for file in files {
            for place in outside(&fs::read_to_string(&file).unwrap()) {
                reaching.push(format!("{}:{place}", file.display()));
            }
        }
    }
    assert_eq!(reaching, Vec::<String>::new());
}

#[test]
fn every_way_outside_would_be_seen() {
    let cases: &[(&str, &[&str])] = &[
        ("use std::fs;", &["1: std::fs"]),
        (
            "fn f() {\n    std::fs::read(\"x\");\n}",
            &["2: std::fs::read"],
        ),
        (
            "use std::{collections::BTreeMap, time::{Duration, Instant}};",
            &["1: std::time::Duration", "1: std::time::Instant"],
        ),
        (
            "m! { [std :: process :: Command] }",
            &["1: std::process::Command"],
        ),
        (
            "use std::net::{IpAddr, TcpStream};",
            &["1: std::net::TcpStream"],
        ),
        ("use std as s;", &["1: std"]),
        ("use std::*;", &["1: std::*"]),
        ("fn f() { println!(\"\") }", &["1: println!"]),
        ("use std::{self};", &["1: std::self"]),
        ("// std::fs\nconst S: &str = \"std::fs\";", &[]),
        ("use std::environment;", &[]),
        ("use std::net::Ipv4Addr;\nuse std::thread;", &[]),
    ];
    for (text, expected) in cases {
        assert_eq!(outside(text), *expected, "{text}");
    }
}
