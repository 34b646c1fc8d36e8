//! `foretaste check`, from a repository to an answer.

mod program;

use program::{BAD_SEARCH, Folder, LB_RECIPE};
use serde_json::json;

#[test]
fn a_bad_search_in_the_work_tree_is_unsafe() {
    let shop = Folder::emptied();
    let ran = shop.run(&["check"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    for part in [
        "pool-emptied",
        "cookbooks/lb/recipes/default.rb:1:",
        "serving before 2 (web1, web2) → after none",
        "on 2 load balancers: lb1, lb2",
        "did you mean `web` (2 nodes)?",
        "unsafe: 2 errors",
        "nodes 4 ·",
    ] {
        assert!(ran.out.contains(part), "{part} is missing in\n{}", ran.out);
    }
}

#[test]
fn the_json_is_the_documented_one() {
    let shop = Folder::emptied();
    let ran = shop.run(&["check", "--format", "json"]);
    assert_eq!(ran.code, 1);
    let json = ran.json();
    assert_eq!(json["schema"], 1);
    assert_eq!(json["verdict"], "unsafe");
    assert_eq!(
        json["counts"]["nodes"],
        json!({"found": 4, "evaluated": 4, "undetermined": 0})
    );
    let finding = &json["findings"][0];
    assert_eq!(finding["rule"], "pool-emptied");
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["primary"]["path"], LB_RECIPE);
    assert_eq!(finding["primary"]["line"], 1);
    assert_eq!(finding["cause"][0], json!({"path": LB_RECIPE, "line": 1}));
    assert_eq!(finding["nodes"], json!(["lb1", "lb2"]));
    assert_eq!(finding["pools"], json!(["web"]));
    assert!(!finding["evidence"].as_array().unwrap().is_empty());
    let pool = &json["pools"][0];
    assert_eq!(
        (&pool["node"], &pool["name"]),
        (&json!("lb1"), &json!("web"))
    );
    assert_eq!(
        pool["before"][0],
        json!({"name": "web1", "address": "10.0.1.1", "port": 80, "node": "web1", "state": "serving"})
    );
    assert_eq!(pool["after"], json!([]));
    assert_eq!(
        json["nodes"][0],
        json!({
            "name": "lb1",
            "before": {"ok": true, "error": null},
            "after": {"ok": true, "error": null},
            "changed": true,
        })
    );
    assert_eq!(json["undetermined"], json!([]));
}

#[test]
fn a_change_that_changes_no_node_is_safe() {
    let shop = Folder::shop();
    shop.commit("before");
    shop.write("roles/web.rb", "# about\nname 'web'\nrun_list []\n");
    let ran = shop.run(&["check", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(ran.json()["verdict"], "safe");
}

#[test]
fn staged_judges_what_is_staged_and_nothing_else() {
    let shop = Folder::emptied();
    assert_eq!(shop.run(&["check", "--staged"]).code, 0);
    shop.stage();
    shop.write(LB_RECIPE, "web = []\n");
    let ran = shop.run(&["check", "--staged", "--format", "json"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.rules(), ["pool-emptied", "search-matches-nothing"]);
}

#[test]
fn without_a_base_the_branch_is_judged_from_where_it_began() {
    let shop = Folder::shop();
    shop.commit("before");
    shop.branch("topic");
    shop.write(LB_RECIPE, BAD_SEARCH);
    shop.commit("bad");
    shop.write("roles/web.rb", "# about\nname 'web'\nrun_list []\n");
    shop.commit("harmless");
    assert_eq!(shop.run(&["check"]).code, 1);
    // Of the last commit alone there is nothing to say.
    assert_eq!(shop.run(&["check", "--base", "HEAD~1"]).code, 0);
    assert_eq!(shop.run(&["check", "--head", "HEAD~1"]).code, 1);
}

#[test]
fn folders_are_compared_without_git() {
    let (before, after) = (Folder::shop(), Folder::shop());
    after.write(LB_RECIPE, BAD_SEARCH);
    let base = before.0.to_str().unwrap();
    let ran = after.run(&["check", "--base", base, "--format", "json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let ran = after.run(&["check"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--base DIR"), "{}", ran.err);
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let shop = Folder::shop();
    shop.write(LB_RECIPE, "nil.foo\n");
    shop.stage();
    let ran = shop.run(&["check", "--staged", "--format", "json"]);
    assert_eq!(
        (ran.code, ran.rules()),
        (1, vec!["converge-fails".to_owned()])
    );
    assert_eq!(ran.json()["base"], json!(null));
}

#[test]
fn nothing_checked_is_no_pass() {
    let folder = Folder::new();
    folder.write("README.md", "hello");
    folder.commit("a");
    folder.write("README.md", "hello there");
    for format in ["human", "json"] {
        let ran = folder.run(&["check", "--format", format]);
        assert_eq!(ran.code, 3, "{}", ran.out);
        assert!(ran.out.contains("nothing-checked"), "{}", ran.out);
    }
    assert!(folder.run(&["check"]).out.contains("--inventory"));
}

#[test]
fn roles_stand_in_for_nodes_on_the_first_day() {
    let folder = Folder::new();
    folder.write("roles/web.rb", "name 'web'\nrun_list ['recipe[a]']\n");
    folder.write("cookbooks/a/metadata.rb", "name 'a'\nversion '1.0.0'\n");
    folder.write("cookbooks/a/recipes/default.rb", "package 'a'\n");
    folder.commit("before");
    folder.write("cookbooks/a/recipes/default.rb", "include_recipe 'b'\n");
    let ran = folder.run(&["check"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("1 node is made up"), "{}", ran.out);
    assert!(ran.out.contains("web-synthetic"), "{}", ran.out);
    // Who wants no such nodes gets none, and no answer.
    folder.write("foretaste.toml", "[inventory]\nsynthesize = 'never'\n");
    assert_eq!(folder.run(&["check"]).code, 3);
}

#[test]
fn a_cookbook_or_policies_stand_in_where_there_are_no_roles() {
    let cookbook = Folder::new();
    cookbook.write("metadata.rb", "name 'app'\nversion '1.0.0'\n");
    cookbook.write("recipes/default.rb", "package 'a'\n");
    cookbook.commit("before");
    cookbook.write("recipes/default.rb", "nil.foo\n");
    let ran = cookbook.run(&["check"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("on 1 node: app-synthetic"), "{}", ran.out);

    let export = Folder::new();
    let recipe = "cookbook_artifacts/app-0a1b/recipes/default.rb";
    export.write(
        "cookbook_artifacts/app-0a1b/metadata.json",
        r#"{"name": "app", "version": "1.0.0"}"#,
    );
    export.write(recipe, "package 'a'\n");
    export.write(
        "policy_groups/prod.json",
        r#"{"policies": {"web": {"revision_id": "r1"}}}"#,
    );
    export.write(
        "policies/web-r1.json",
        r#"{"name": "web", "revision_id": "r1", "run_list": ["recipe[app::default]"],
            "cookbook_locks": {"app": {"version": "1.0.0", "identifier": "0a1b"}}}"#,
    );
    export.commit("before");
    export.write(recipe, "nil.foo\n");
    let ran = export.run(&["check"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(
        ran.out.contains("on 1 node: web-prod-synthetic"),
        "{}",
        ran.out
    );
}

#[test]
fn what_is_unknown_is_written_so() {
    let shop = Folder::shop();
    std::fs::remove_dir_all(shop.0.join("nodes")).unwrap();
    shop.commit("before");
    shop.write(LB_RECIPE, BAD_SEARCH);
    for format in ["human", "json", "sarif"] {
        let ran = shop.run(&["check", "--format", format]);
        assert_eq!(ran.code, 1, "{}", ran.out);
        let is_private = |c: char| ('\u{e000}'..='\u{f8ff}').contains(&c) || c >= '\u{f0000}';
        assert!(!ran.out.contains(is_private), "{}", ran.out);
    }
    assert!(
        shop.run(&["check"])
            .out
            .contains("serving before 1 (‹unknown›)")
    );
}

#[test]
fn what_stays_undetermined_is_seen_and_fails_strictly() {
    let shop = Folder::shop();
    shop.commit("before");
    shop.write(
        LB_RECIPE,
        "web = search(:node, 'roles:web')\nx = Matrix.identity(2).count\n\
         template '/etc/haproxy/haproxy.cfg' do\n  variables(web: web)\nend\n",
    );
    let ran = shop.run(&["check"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(
        ran.out.contains("undetermined: nothing found"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("not evaluated (1 not supported):"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("2 nodes"), "{}", ran.out);
    let ran = shop.run(&["check", "--strict", "--format", "json"]);
    assert_eq!(ran.code, 3);
    let open = ran.json()["undetermined"].clone();
    assert_eq!(open[0]["path"], LB_RECIPE);
    assert_eq!(open[0]["line"], 2);
}

#[test]
fn a_node_that_fails_anyway_is_no_pass() {
    let shop = Folder::shop();
    shop.write(
        "cookbooks/lb/attributes/default.rb",
        "default['lb']['x'] = node['none']['x']\n",
    );
    shop.commit("before");
    shop.write(LB_RECIPE, "log 'two'\n");
    let ran = shop.run(&["check"]);
    assert!(
        ran.out.contains("undetermined: nothing found"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("with and without"), "{}", ran.out);
}

#[test]
fn an_inventory_that_is_no_json_is_no_pass() {
    let shop = Folder::shop();
    shop.commit("before");
    shop.write("nodes.json", "[{\"name\": \"web1\", \"run_list\": []}, 1]");
    let ran = shop.run(&["check", "--inventory", "nodes.json", "--strict"]);
    assert_eq!(ran.code, 3, "{}", ran.out);
    assert!(ran.out.contains("entry 2 is no node object"), "{}", ran.out);
}
