//! `foretaste plan`: the order of converges, waves, and what-if.

mod program;

use program::{Folder, LB_RECIPE};
use serde_json::json;

/// The shop on the way to another role name: settled it is as before, but who converges first matters.
fn renamed() -> Folder {
    let shop = Folder::shop();
    shop.commit("before");
    shop.write("roles/web.rb", "name 'web'\nrun_list 'role[shop]'\n");
    shop.write("roles/shop.rb", "name 'shop'\nrun_list []\n");
    let recipe = shop.read(LB_RECIPE).replace("roles:web", "roles:shop");
    shop.write(LB_RECIPE, recipe);
    shop
}

#[test]
fn a_renamed_role_has_one_safe_order_and_waves_that_keep_to_it() {
    let shop = renamed();
    let json = shop.run(&["plan", "--format", "json"]).json();
    let rollout = &json["rollout"];
    assert_eq!(
        rollout["order"],
        json!({"safe": true, "groups": [["web1", "web2"], ["lb1", "lb2"]]})
    );
    assert_eq!(
        rollout["constraints"],
        json!([{"first": ["web1", "web2"], "then": ["lb1", "lb2"], "because": ["web"]}])
    );
    let selection = &rollout["selections"][0];
    assert_eq!(selection["settled"], json!(["web1", "web2"]));
    assert_eq!(
        (&selection["worst"], &selection["worst_is"]),
        (&json!([]), &json!("exact"))
    );
    let waves: Vec<_> = rollout["waves"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| &w["nodes"])
        .collect();
    assert_eq!(json!(waves), json!([["web1"], ["web2"], ["lb1"], ["lb2"]]));

    let text = shop.run(&["plan"]).out;
    for part in [
        "web1, web2 before lb1, lb2 (for web)",
        "knife ssh 'name:web1' 'sudo chef-client'",
        "pool web: 1 of 2 converge, on lb1, lb2",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn one_wave_alone_and_nodes_out_of_rotation() {
    let shop = renamed();
    let one = shop
        .run(&["plan", "--only-wave", "2", "--format", "json"])
        .json();
    assert_eq!(one["rollout"]["waves"][0]["nodes"], json!(["web2"]));
    assert_eq!(shop.run(&["plan", "--only-wave", "5"]).code, 2);

    let drained = shop
        .run(&["plan", "--drain", "web2", "--format", "json"])
        .json();
    let wave = &drained["rollout"]["waves"][0];
    assert_eq!(
        (&wave["stage"], &wave["nodes"]),
        (&json!("out of rotation"), &json!(["web2"]))
    );
    let down = shop
        .run(&["plan", "--down", "web2", "--format", "json"])
        .json();
    let waves = down["rollout"]["waves"].to_string();
    assert!(!waves.contains("web2"), "{waves}");
    assert_eq!(shop.run(&["plan", "--down", "web9"]).code, 2);
}

/// The stages and nodes of all waves.
fn waves(json: &serde_json::Value) -> Vec<String> {
    let waves = json["rollout"]["waves"].as_array().unwrap().iter();
    waves
        .map(|w| format!("{}: {}", w["stage"], w["nodes"]).replace('"', ""))
        .collect()
}

#[test]
fn a_split_that_would_leave_nobody_in_between_is_not_named() {
    let shop = Folder::shop();
    let look_for = |from: &str, to: &str| {
        let recipe = shop.read(LB_RECIPE);
        shop.write(LB_RECIPE, recipe.replace(from, to));
    };
    for role in ["old", "new"] {
        let text = format!("name '{role}'\nrun_list 'recipe[lb]'\n");
        shop.write(&format!("roles/{role}.rb"), text);
    }
    shop.write("roles/web.rb", "name 'web'\nrun_list 'role[old]'\n");
    look_for("roles:web", "roles:old");
    shop.commit("before");
    shop.write("roles/web.rb", "name 'web'\nrun_list 'role[new]'\n");
    look_for("roles:old", "roles:new");
    let json = shop.run(&["plan", "--format", "json"]).json();
    assert_eq!(json["rollout"]["order"]["safe"], json!(false));
    assert_eq!(json["rollout"]["split"], json!(null));
}

#[test]
fn a_cycle_is_split_where_both_halves_are_safe() {
    let shop = Folder::shop();
    let peers = |role: &str| {
        let recipe = shop.read(LB_RECIPE);
        shop.write(
            LB_RECIPE,
            recipe.replace("roles:web", &format!("roles:{role}")),
        );
    };
    shop.write("roles/web.rb", "name 'web'\nrun_list 'recipe[lb]'\n");
    shop.commit("before");
    shop.write("roles/web.rb", "name 'web'\nrun_list 'role[shop]'\n");
    shop.write("roles/shop.rb", "name 'shop'\nrun_list 'recipe[lb]'\n");
    peers("shop");
    let json = shop.run(&["plan", "--format", "json"]).json();
    assert_eq!(json["rollout"]["order"]["safe"], json!(false));
    assert_eq!(
        json["rollout"]["split"],
        json!({"first": ["roles/shop.rb", "roles/web.rb"], "then": [LB_RECIPE]})
    );
    let findings = json["findings"].as_array().unwrap();
    let told = findings.iter().find(|f| f["rule"] == "no-safe-order");
    assert_eq!(
        told.unwrap()["help"],
        json!(format!(
            "split the change in two, each half has a safe order: first roles/shop.rb, roles/web.rb; when all have \
             converged, {LB_RECIPE}"
        ))
    );
    // One half alone has an order, and needs no split.
    shop.commit("all");
    shop.write(LB_RECIPE, shop.read(LB_RECIPE) + "# said again\n");
    let json = shop.run(&["plan", "--format", "json"]).json();
    assert_eq!(json["rollout"]["split"], json!(null));
}

#[test]
fn one_pool_has_one_canary_at_a_time() {
    let shop = renamed();
    // Two types of servers in one pool.
    shop.write("roles/blue.rb", "name 'blue'\nrun_list 'role[web]'\n");
    let node = shop.read("nodes/web2.json");
    shop.write(
        "nodes/web2.json",
        node.replace("[\"role[web]\"]", "[\"role[blue]\"]"),
    );
    let json = shop.run(&["plan", "--format", "json"]).json();
    assert_eq!(
        waves(&json),
        [
            "canaries: [web1]",
            "canaries: [web2]",
            "canaries: [lb1]",
            "the rest: [lb2]"
        ]
    );
}

#[test]
fn a_failing_wave_is_the_end_and_pools_stay_as_they_are_then() {
    let shop = renamed();
    shop.write("roles/shop.rb", "name 'shop'\nrun_list 'recipe[shop]'\n");
    shop.write(
        "cookbooks/shop/metadata.rb",
        "name 'shop'\nversion '1.0.0'\n",
    );
    shop.write(
        "cookbooks/shop/recipes/default.rb",
        "raise 'no' if node.name == 'web2'\n",
    );
    let json = shop.run(&["plan", "--format", "json"]).json();
    assert_eq!(waves(&json), ["canaries: [web1]", "the rest: [web2]"]);
    let end = &json["rollout"]["waves"][1];
    assert_eq!(end["failing"], json!(["web2"]));
    // No balancer has converged: both keep what they have.
    assert_eq!(
        (&end["stays"][0]["members"], &end["stays"][1]["members"]),
        (&json!(2), &json!(2))
    );
    let text = shop.run(&["plan"]).out;
    assert!(
        text.contains("the rollout ends here, for web2 would fail"),
        "{text}"
    );
}

#[test]
fn drained_and_down_nodes_are_counted_out_of_pools() {
    let shop = renamed();
    let members = |options: &[&str]| {
        let mut words = vec!["plan", "--format", "json"];
        words.extend(options);
        let json = shop.run(&words).json();
        let waves = json["rollout"]["waves"].as_array().unwrap().clone();
        let canary = waves.iter().find(|w| w["stage"] == "canaries").unwrap();
        canary["pools"][0]["members"].clone()
    };
    assert_eq!(members(&["--drain", "web2"]), json!(1));
    assert_eq!(members(&["--down", "web2"]), json!(1));
    assert_eq!(members(&[]), json!(2));
}

#[test]
fn an_environment_may_have_another_value() {
    what_if_in_the_environment(
        "environments/live.json",
        r#"{"name": "live", "default_attributes": {"edge": {"role": "web"}}}"#,
    );
}

#[test]
fn an_environment_in_ruby_may_have_another_value() {
    what_if_in_the_environment(
        "environments/live.rb",
        "name 'live'\nkind = 'web'\ndefault_attributes 'edge' => { 'role' => \"#{kind}\" }\n",
    );
}

fn what_if_in_the_environment(path: &str, text: &str) {
    let shop = Folder::shop();
    shop.write(path, text);
    for lb in ["nodes/lb1.json", "nodes/lb2.json"] {
        let node = shop.read(lb);
        shop.write(
            lb,
            node.replacen('{', r#"{"chef_environment": "live", "#, 1),
        );
    }
    let recipe = shop.read(LB_RECIPE);
    shop.write(
        LB_RECIPE,
        recipe.replace("'roles:web'", "\"roles:#{node['edge']['role']}\""),
    );
    shop.commit("before");
    let sizes = |options: &[&str]| {
        let json = shop.run(options).json();
        json["pools"][0]["after"].as_array().unwrap().len()
    };
    let set = ["plan", "--format", "json", "--set", "live.edge.role=nobody"];
    assert_eq!(sizes(&set), 0);
    let same = ["plan", "--format", "json", "--set", "live.edge.role=web"];
    assert_eq!(shop.run(&same).code, 0);
    let quoted = [
        "plan",
        "--format",
        "json",
        "--set",
        "live.edge.note=it's \\ so",
    ];
    let run = shop.run(&quoted);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}

#[test]
fn what_if_without_editing_files() {
    let shop = Folder::shop();
    shop.commit("before");
    let calm = shop.run(&["plan"]);
    assert_eq!(calm.code, 0, "{}{}", calm.out, calm.err);
    assert!(
        calm.out.contains("any order of converges is safe"),
        "{}",
        calm.out
    );
    let set = shop.run(&[
        "plan",
        "--set",
        "web1.run_list=[]",
        "--set",
        "web2.run_list=",
        "--format",
        "json",
    ]);
    assert_eq!(set.code, 1, "{}{}", set.out, set.err);
    let json = set.json();
    assert_eq!(json["pools"][0]["after"], json!([]));
    let diff = json["diffs"][0]["diff"].as_str().unwrap().to_owned();
    assert!(
        diff.contains("-  server web1") && diff.contains("@@"),
        "{diff}"
    );
    let unknown = shop.run(&["plan", "--set", "web9.x=1"]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.err.contains("no node or environment"),
        "{}",
        unknown.err
    );
}

#[test]
fn rounds_are_counted_and_become_minutes() {
    let shop = renamed();
    shop.write("foretaste.toml", "[client]\ninterval = 1800\nsplay = 300\n");
    let json = shop.run(&["plan", "--format", "json"]).json();
    let rounds = &json["rollout"]["rounds"];
    let serving: Vec<_> = rounds
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["pools"][0]["serving"])
        .collect();
    assert_eq!(json!(serving), json!([[], ["web1", "web2"]]));
    let text = shop.run(&["plan"]).out;
    for part in [
        "rounds  2 rounds of converges until nothing changes, up to 70 minutes",
        "pool web: 2 → 0 → 2, on lb1, lb2",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn a_server_that_is_down_is_missed_when_another_restarts() {
    let shop = Folder::shop();
    shop.write("cookbooks/app/metadata.rb", "name 'app'\nversion '1.0.0'\n");
    let recipe = |text: &str| {
        format!(
            "file '/etc/app' do\n  content '{text}'\n  notifies :restart, 'service[app]'\nend\nservice 'app'\n"
        )
    };
    shop.write("cookbooks/app/recipes/default.rb", recipe("a"));
    shop.write("roles/web.rb", "name 'web'\nrun_list 'recipe[app]'\n");
    shop.write(
        "foretaste.toml",
        "[pools.web]\nfloor = 1\n[rules.restart-storm]\nseverity = 'off'\n",
    );
    shop.commit("before");
    shop.write("cookbooks/app/recipes/default.rb", recipe("b"));
    assert_eq!(shop.run(&["plan", "--format", "json"]).rules(), [""; 0]);
    let down = shop.run(&["plan", "--down", "web2", "--format", "json"]);
    assert_eq!(down.rules(), ["wave-below-floor"]);
}
