//! `converge --explain-unknown`, and the accounting of what a check could not know.

mod program;

use program::{Folder, LB_RECIPE};
use serde_json::json;

const RECIPE: &str = "tier = `lsb-tier --short`.strip\n\
     log \"tier #{tier}\"\n\
     if ENV['EXTRA']\n  log 'extra'\nend\n\
     file '/etc/motd' do\n  content Matrix.identity(2).to_s\nend\n";

fn folder(model: &str) -> Folder {
    let shop = Folder::shop();
    shop.write(LB_RECIPE, RECIPE);
    shop.write("foretaste.toml", model);
    shop
}

#[test]
fn each_unknown_says_where_it_came_from_what_it_reached_and_how_to_answer() {
    let ran = folder("").run(&["converge", "lb1", "--explain-unknown"]);
    let (_, traced) = ran.out.split_once("  unknown\n").unwrap_or_default();
    let (traced, _) = traced.split_once("\n\n").unwrap_or((traced, ""));
    insta::assert_snapshot!(traced, @r#"
    the environment variable EXTRA (outside)
      from      cookbooks/lb/recipes/default.rb:3
      reaches   whether there is log[extra]
      to answer, in foretaste.toml:
        [model.environment]
        "EXTRA" = "…" # false where it is not set
    the output of the command `lsb-tier --short` (outside)
      from      cookbooks/lb/recipes/default.rb:1
      reaches   the name of log[tier ‹the output of the command `lsb-tier --short`›]
      to answer, in foretaste.toml:
        [model.commands]
        "lsb-tier --short" = "…"
    Matrix is not modelled (unsupported)
      from      cookbooks/lb/recipes/default.rb:7
      reaches   the text of /etc/motd
    "#);
    let ran = folder("").run(&["converge", "lb1"]);
    assert!(!ran.out.contains("to answer"), "{}", ran.out);
}

#[test]
fn the_answers_that_are_proposed_make_it_known() {
    let ran = folder("").run(&["converge", "lb1", "--explain-unknown", "--format", "json"]);
    let unknown = ran.json()["nodes"][0]["unknown"].clone();
    let answers: Vec<String> = unknown
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry["answer"].as_str()?.to_owned()))
        .collect();
    assert_eq!(answers.len(), 2, "{unknown:#}");
    let shop = folder(&answers.join("\n"));
    let ran = shop.run(&["converge", "lb1", "--explain-unknown", "--format", "json"]);
    let node = &ran.json()["nodes"][0];
    let kinds: Vec<_> = node["unknown"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| entry["kind"].clone())
        .collect();
    assert_eq!(kinds, [json!("unsupported")], "{node:#}");
    assert_eq!(node["resources"][0]["name"], "tier …");
}

#[test]
fn a_check_counts_what_is_undetermined_by_whose_limit_it_is() {
    let shop = Folder::shop();
    shop.commit("before");
    shop.write(LB_RECIPE, RECIPE);
    let ran = shop.run(&["check", "--format", "json"]);
    assert_eq!(
        ran.json()["undetermined_by_kind"],
        json!({"outside": 2, "unsupported": 1, "budget": 0}),
        "{}",
        ran.out
    );
}
