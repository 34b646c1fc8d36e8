//! What all commands have in common, and the small ones.

mod program;

use std::io::{self, Write};

use foretaste::context::{Streams, Terminals};
use program::{Folder, LB_RECIPE};
use serde_json::{Value as Json, json};

#[test]
fn every_format_gives_the_same_code_and_goes_where_it_is_sent() {
    let shop = Folder::emptied();
    let ran = shop.run(&["check", "--format", "json=out.json", "--format", "human"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("unsafe: 2 errors"));
    let json: Json = serde_json::from_str(&shop.read("out.json")).unwrap();
    assert_eq!(json["verdict"], "unsafe");
    let ran = shop.run(&["check", "--format", "json=no/such/folder.json"]);
    assert_eq!(ran.code, 2);
}

/// A reader that goes away after some bytes.
struct Closing(usize);

impl Write for Closing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.checked_sub(bytes.len()) {
            Some(left) => self.0 = left,
            None => return Err(io::ErrorKind::BrokenPipe.into()),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_goes_away_changes_nothing() {
    let shop = Folder::emptied();
    let mut err = Vec::new();
    let streams = Streams {
        input: &mut io::empty(),
        out: &mut Closing(10),
        err: &mut err,
        folder: shop.0.clone(),
        terminals: Terminals::default(),
    };
    assert_eq!(foretaste::run(["foretaste", "check"], streams).code(), 1);
    assert_eq!(err, b"");
}

#[test]
fn the_demo_shows_the_incident() {
    let ran = Folder::new().run(&["demo"]);
    assert_eq!(ran.code, 0);
    for part in ["503", "pool-emptied", "unsafe: "] {
        assert!(ran.out.contains(part), "{}", ran.out);
    }
    // For machines without the story.
    assert_eq!(
        Folder::new().run(&["demo", "--format", "json"]).json()["verdict"],
        "unsafe"
    );
}

#[test]
fn converge_shows_what_one_node_would_get() {
    let shop = Folder::shop();
    let ran = shop.run(&["converge", "lb1", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let node = &ran.json()["nodes"][0];
    assert_eq!(
        node["expanded"],
        json!({"roles": ["lb"], "recipes": ["lb"]})
    );
    assert_eq!(node["searches"][0]["results"], json!(["web1", "web2"]));
    let file = node["files"]["/etc/haproxy/haproxy.cfg"].as_str().unwrap();
    assert!(file.ends_with("server web2 10.0.1.2:80\n"), "{file}");
    assert_eq!(
        node["resources"][0]["source"],
        json!({"path": LB_RECIPE, "line": 2})
    );
    let ran = shop.run(&["converge", "lb3"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean `lb1`?"), "{}", ran.err);
    shop.write(LB_RECIPE, "nil.foo\n");
    let ran = shop.run(&["converge", "--all"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("NoMethodError"), "{}", ran.out);
}

#[test]
fn lint_reads_files_and_the_standard_input() {
    let shop = Folder::shop();
    assert_eq!(shop.run(&["lint"]).code, 0);
    let ran = shop.run_with(&["lint", "-", "--as", "ruby", "--format", "json"], "if x\n");
    assert_eq!(ran.code, 1);
    assert_eq!(ran.json()["files"][0]["findings"][0]["rule"], "ruby-syntax");
    assert_eq!(shop.run_with(&["lint", "-"], "x").code, 2);
    shop.write("roles/web.rb", "name 'web\n");
    let ran = shop.run(&["lint", "roles", "--format", "json"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.json()["files"][1]["path"], "roles/web.rb");
    assert_eq!(shop.run(&["lint", "no-such-file"]).code, 2);
}

#[test]
fn search_answers_a_query_and_a_batch() {
    let shop = Folder::shop();
    let ran = shop.run(&["search", "node", "roles:web"]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "web1\nweb2\n2 of 4 match\n")
    );
    let ran = shop.run_with(&["search", "--batch"], "\"roles:lb\"\n\"a AND\"\n");
    let lines: Vec<Json> = ran
        .out
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(
        lines[0],
        json!({"query": "roles:lb", "nodes": ["lb1", "lb2"]})
    );
    assert!(lines[1]["error"]["message"].is_string(), "{}", ran.out);
    let empty = Folder::new();
    assert_eq!(empty.run(&["search", "node", "*:*"]).code, 3);
    assert_eq!(empty.run_with(&["search", "--batch"], "\"a:b\"\n").code, 3);
    let ran = shop.run(&["search", "--batch", "--format", "json=a.json"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
}

#[test]
fn every_object_of_the_repository_can_be_searched() {
    let shop = Folder::shop();
    shop.write(
        "environments/prod.rb",
        "name 'prod'\ndescription 'the shop'\n",
    );
    shop.write(
        "data_bags/users/a.json",
        r#"{"id": "anna", "shell": "zsh"}"#,
    );
    shop.write("clients/ci.json", r#"{"name": "ci", "validator": true}"#);
    for (index, query, found) in [
        ("role", "run_list:recipe\\[lb\\]", "lb"),
        ("environment", "name:prod", "prod"),
        ("users", "shell:zsh", "anna"),
        ("client", "validator:true", "ci"),
    ] {
        let ran = shop.run(&["search", index, query]);
        assert_eq!(ran.code, 0, "{index}: {}{}", ran.out, ran.err);
        assert_eq!(ran.out.lines().next(), Some(found), "{index}");
    }
    let ran = shop.run(&["search", "nodes", "a:b"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("did you mean `node`?"), "{}", ran.out);
}

#[test]
fn a_node_that_is_made_up_is_found_by_what_its_converge_saves() {
    let shop = Folder::shop();
    shop.write(
        "cookbooks/lb/attributes/default.rb",
        "default['tier'] = 'edge'\n",
    );
    // What is exported is as it was saved, whatever a converge would change.
    let ran = shop.run(&["search", "node", "tier:edge"]);
    assert_eq!(ran.out.lines().next(), Some("0 of 4 match"));
    let ran = shop.run(&["search", "node", "tier:edge", "--converged"]);
    assert_eq!(ran.out, "lb1\nlb2\n2 of 4 match\n");
    std::fs::remove_dir_all(shop.0.join("nodes")).unwrap();
    let ran = shop.run(&["search", "node", "tier:edge"]);
    assert_eq!(ran.out, "lb-synthetic\n1 of 2 match\n");
    assert!(
        ran.err.starts_with("note: 2 nodes are made up"),
        "{}",
        ran.err
    );
}

#[test]
fn wrong_arguments_are_no_findings() {
    let folder = Folder::new();
    for arguments in [
        &["chek"][..],
        &["check", "--format", "xml"],
        &["check", "--head", "x", "--staged"],
        &["check", "--repo", "/no/such/folder"],
        &["explain", "no-such-rule"],
        &[],
    ] {
        let ran = folder.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(!ran.err.is_empty(), "{arguments:?}");
    }
    assert_eq!(folder.run(&["--help"]).code, 0);
}

#[test]
fn init_writes_a_file_that_changes_nothing() {
    let shop = Folder::shop();
    shop.commit("before");
    assert_eq!(shop.run(&["init"]).code, 0);
    assert_eq!(shop.run(&["check"]).code, 0);
    assert_eq!(shop.run(&["init"]).code, 2);
}
