//! What cannot be read is undetermined, with the reason; it is never passed over, and no false finding comes of it.

mod program;

use program::{BAD_SEARCH, Folder, LB_RECIPE, Ran};
use serde_json::json;

const TEMPLATE: &str = "cookbooks/lb/templates/default/haproxy.cfg.erb";

fn large() -> String {
    format!("# {}\n", "x".repeat(9 << 20))
}

/// A check of the work tree, which must find nothing and be undetermined for a reason.
fn undetermined(shop: &Folder, path: &str, reason: &str) -> Ran {
    let ran = shop.run(&["check", "--format", "json"]);
    let json = ran.json();
    assert_eq!(json["verdict"], "undetermined", "{}", ran.out);
    assert_eq!(json["findings"], json!([]));
    assert_eq!(json["counts"]["files"]["undetermined"], 1);
    let said = json["undetermined"]
        .as_array()
        .unwrap()
        .iter()
        .any(|u| u["path"] == path && u["reason"].as_str().unwrap().contains(reason));
    assert!(said, "{}", ran.out);
    assert_eq!(shop.run(&["check", "--strict"]).code, 3);
    ran
}

#[test]
fn a_file_over_the_size_limit() {
    let shop = Folder::shop();
    shop.commit("before");
    shop.write("cookbooks/lb/recipes/large.rb", large());
    undetermined(&shop, "cookbooks/lb/recipes/large.rb", "9 MiB is too large");
}

#[test]
fn a_template_that_is_not_read_empties_no_pool() {
    let shop = Folder::shop();
    shop.commit("before");
    shop.write(TEMPLATE, large());
    undetermined(&shop, TEMPLATE, "9 MiB is too large");
}

#[test]
fn a_binary_recipe() {
    let shop = Folder::shop();
    shop.commit("before");
    shop.write(LB_RECIPE, b"\x7fELF\0\0\0");
    undetermined(&shop, LB_RECIPE, "a binary file");
    let ran = shop.run(&["lint", "--format", "json"]);
    assert_eq!(
        ran.json()["undetermined"],
        json!([{"path": LB_RECIPE, "reason": "a binary file"}])
    );
    assert_eq!((ran.code, shop.run(&["lint", "--strict"]).code), (0, 3));
}

#[test]
fn a_recipe_in_latin_1_is_still_evaluated() {
    let shop = Folder::shop();
    shop.commit("before");
    let mut recipe = b"# caf\xe9\n".to_vec();
    recipe.extend(shop.read(LB_RECIPE).bytes());
    shop.write(LB_RECIPE, &recipe);
    undetermined(&shop, LB_RECIPE, "not UTF-8, in line 1");
    recipe.truncate(7);
    recipe.extend(BAD_SEARCH.bytes());
    shop.write(LB_RECIPE, &recipe);
    assert_eq!(shop.run(&["check"]).code, 1);
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_tree() {
    let shop = Folder::shop();
    shop.commit("before");
    let recipe = shop.0.join(LB_RECIPE);
    std::fs::remove_file(&recipe).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", &recipe).unwrap();
    let ran = undetermined(&shop, LB_RECIPE, "a link out of the repository");
    let withheld = "run-list-missing is not judged";
    assert!(ran.out.contains(withheld), "{}", ran.out);
    // The same from git's own files.
    shop.commit("linked");
    let ran = shop.run(&[
        "check", "--base", "HEAD~1", "--head", "HEAD", "--format", "json",
    ]);
    assert_eq!(ran.json()["verdict"], "undetermined");
    let ran = shop.run(&["lint"]);
    assert!(ran.out.contains("not read: "), "{}", ran.out);
}

#[test]
fn a_submodule_is_read_at_its_commit_where_it_is_checked_out() {
    let shop = Folder::shop();
    shop.write("roles/db.rb", "name 'db'\nrun_list ['recipe[pg]']\n");
    let node = shop.read("nodes/web1.json").replace("web", "db");
    shop.write("nodes/db1.json", node);
    let inner = shop.inner("cookbooks/pg");
    inner.write("metadata.rb", "name 'pg'\nversion '1.0.0'\n");
    inner.write("recipes/default.rb", "package 'pg'\n");
    inner.commit("inner");
    shop.commit("before");
    inner.write("recipes/default.rb", "nil.foo\n");
    let ran = shop.run(&["check", "--format", "json"]);
    assert_eq!(
        (ran.code, ran.rules()),
        (1, vec!["converge-fails".to_owned()])
    );
    inner.commit("broken");
    shop.commit("after");
    let between = [
        "check", "--base", "HEAD~1", "--head", "HEAD", "--format", "json",
    ];
    let ran = shop.run(&between);
    assert_eq!(
        (ran.code, ran.rules()),
        (1, vec!["converge-fails".to_owned()])
    );
    // As after a clone without its submodules.
    std::fs::remove_dir_all(&inner.0).unwrap();
    std::fs::create_dir(&inner.0).unwrap();
    let ran = shop.run(&between);
    assert_eq!(ran.json()["verdict"], "undetermined", "{}", ran.out);
    undetermined(&shop, "cookbooks/pg", "a submodule that is not checked out");
}
