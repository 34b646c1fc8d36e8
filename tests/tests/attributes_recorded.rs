//! Attributes come out as Chef's own attribute code has them: each row of the recorded data is a recipe of its own.

use std::path::Path;
use std::sync::Arc;

use foretaste_simulator::chef::{self, Options};
use foretaste_simulator::convergence::SavedNode;
use foretaste_simulator::repository::{Files, Layout, ParseCache, Repository};
use foretaste_simulator::ruby::budget::with_stack;
use foretaste_simulator::search::{Profile, SearchIndex};
use foretaste_simulator::simulation::IndexView;
use serde_json::Value as Json;

const OUT: &str = "/out";

/// The text of the one file that a recipe writes: the row's value, or its exception.
fn converge(code: &str) -> String {
    let recipe = format!(
        "begin\n  r = begin\n{code}\n  end\n  r = r.inspect\nrescue Exception => e\n  r = \"#{{e.class}}: \
         #{{e.message.lines.first.chomp.sub(/ for #<.*/, ' for #<...>')}}\"\nend\nfile '{OUT}' do\n  content r\nend\n"
    );
    let mut files = Files::default();
    for (path, text) in [
        ("cookbooks/a/metadata.rb", "name 'a'\nversion '1.0.0'\n"),
        ("cookbooks/a/recipes/default.rb", recipe.as_str()),
    ] {
        files.0.insert(path.into(), text.as_bytes().to_vec().into());
    }
    let layout = Layout::detect(&files);
    let cache = Arc::new(ParseCache::default());
    let repository = Arc::new(Repository::new(files, layout, cache));
    let node = SavedNode {
        name: "n".to_owned(),
        chef_environment: "_default".to_owned(),
        run_list: vec!["recipe[a]".to_owned()],
        ..SavedNode::default()
    };
    let index = SearchIndex::new(Profile::Server);
    let view = IndexView::Now(&index);
    let run = with_stack(|| chef::converge(&repository, &node, view, &Options::default()));
    run.files.get(OUT).map_or_else(
        || format!("no file: {:?} {:?}", run.failure, run.undetermined),
        |file| file.text.to_string(),
    )
}

#[test]
fn attributes_are_what_chef_makes_of_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/attributes/cases.jsonl");
    let rows = std::fs::read_to_string(path).expect("the data is readable");
    let mut wrong = Vec::new();
    let mut total = 0;
    for row in rows.lines() {
        let row: Json = serde_json::from_str(row).expect("a row is JSON");
        let text = |key: &str| row.get(key).and_then(Json::as_str).unwrap_or_default();
        let ours = converge(text("code"));
        total += 1;
        if ours != text("chef") {
            wrong.push(format!(
                "{}\n{}\n  chef: {}\n  ours: {ours}",
                text("id"),
                text("code"),
                text("chef")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(total >= 580, "only {total} rows");
}
