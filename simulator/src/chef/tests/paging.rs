//! More results than one answer of the server holds.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::chef::Options;
use crate::convergence::SavedNode;
use crate::repository::{Files, Layout, Repository};
use crate::ruby::budget::with_stack;
use crate::search::{Profile, SearchIndex};
use crate::simulation::IndexView;

/// What a recipe gets of so many nodes, and how the run remembers each search.
fn counts(profile: Profile, nodes: usize, code: &str) -> String {
    let mut files = Files::default();
    for (path, text) in [
        ("cookbooks/a/metadata.rb", "name 'a'\nversion '1.0.0'\n"),
        ("cookbooks/a/recipes/default.rb", code),
    ] {
        files.0.insert(path.into(), text.as_bytes().into());
    }
    let layout = Layout::detect(&files);
    let repository = Arc::new(Repository::new(files, layout, Arc::default()));
    let mut index = SearchIndex::new(profile);
    for i in 0..nodes {
        index.put_node(SavedNode {
            name: format!("n{i:05}"),
            chef_environment: "_default".to_owned(),
            ..SavedNode::default()
        });
    }
    let node = super::node();
    let result = with_stack(|| {
        super::super::converge(
            &repository,
            &node,
            IndexView::Now(&index),
            &Options::default(),
        )
    });
    let mut out = super::show(&result);
    for search in &result.searches {
        let received = search.results.len();
        let _ = writeln!(out, "received {received}, cut {:?}", search.cut);
    }
    out
}

const FORMS: &str = "
seen = 0
search(:node, 'name:*') { |_| seen += 1 }
file('/recipe') { content search(:node, 'name:*').size.to_s }
file('/block') { content seen.to_s }
file('/rows') { content search(:node, 'name:*', rows: 20).size.to_s }
found, start, total = Chef::Search::Query.new.search(:node, 'name:*')
file('/page') { content [found.size, start, total].join(' ') }
found, start, total = Chef::Search::Query.new.search(:node, 'name:*', start: 1000)
file('/next') { content [found.size, start, total].join(' ') }
file('/filtered') { content search(:node, 'name:*', filter_result: { 'n' => ['name'] }).size.to_s }
";

#[test]
fn recipes_get_every_page_and_a_query_object_one() {
    insta::assert_snapshot!(counts(Profile::Server, 1500, FORMS), @r#"
    file[/recipe] create content="1500"
    file[/block] create content="1500"
    file[/rows] create content="1500"
    file[/page] create content="1000 0 1500"
    file[/next] create content="500 1000 1500"
    file[/filtered] create content="1500"
    /block: "1500"
    /filtered: "1500"
    /next: "500 1000 1500"
    /page: "1000 0 1500"
    /recipe: "1500"
    /rows: "1500"
    received 1500, cut None
    received 1500, cut None
    received 1500, cut None
    received 1000, cut Some(1500)
    received 500, cut Some(1500)
    received 1500, cut None
    "#);
}

#[test]
fn opensearch_ends_at_its_window() {
    let code = "file('/recipe') { content search(:node, 'name:*', filter_result: { 'n' => ['name'] }).size.to_s }";
    insta::assert_snapshot!(counts(Profile::Server, 10_001, code), @r#"
    file[/recipe] create content="10000"
    /recipe: "10000"
    received 10000, cut Some(10001)
    "#);
}
