//! What foretaste.toml and comments in the repository decide.

mod program;

use program::{BAD_SEARCH, FORMATS, Folder, LB_RECIPE};
use serde_json::json;

#[test]
fn rules_can_be_turned_off_and_down() {
    let shop = Folder::emptied();
    shop.write(
        "foretaste.toml",
        "[rules.pool-emptied]\nseverity = 'warning'\n[rules.search-matches-nothing]\nseverity = 'off'\n",
    );
    let ran = shop.run(&["check", "--format", "json"]);
    assert_eq!(
        (ran.code, ran.rules()),
        (0, vec!["pool-emptied".to_owned()])
    );
    assert_eq!(shop.run(&["check", "--fail-on", "warning"]).code, 1);
    shop.write(
        "foretaste.toml",
        "fail_on = 'warning'\n[rules.pool-emptied]\nseverity = 'warning'\n",
    );
    assert_eq!(shop.run(&["check"]).code, 1);
}

#[test]
fn a_waiver_holds_until_its_day_and_is_always_seen() {
    let shop = Folder::emptied();
    let waiver = |rule: &str, expires: &str| {
        format!(
            "[[waiver]]\nrule = '{rule}'\nowner = 'ops'\nreason = 'the shop moves'\nexpires = '{expires}'\n"
        )
    };
    shop.write(
        "foretaste.toml",
        waiver("pool-emptied", "9999-12-31") + &waiver("search-matches-nothing", "9999-12-31"),
    );
    let ran = shop.run(&["check"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("the shop moves"), "{}", ran.out);
    shop.write("foretaste.toml", waiver("pool-emptied", "2020-01-01"));
    let ran = shop.run(&["check"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("it held until 2020-01-01"), "{}", ran.out);
}

#[test]
fn a_comment_lets_one_finding_pass() {
    let shop = Folder::emptied();
    let ignored = "# foretaste:ignore search-matches-nothing nobody yet\n".to_owned() + BAD_SEARCH;
    shop.write(LB_RECIPE, ignored);
    let ran = shop.run(&["check", "--format", "json"]);
    assert_eq!(ran.rules(), ["pool-emptied"]);
    assert_eq!(
        ran.json()["suppressed"][0]["by"]["comment"]["reason"],
        "nobody yet"
    );
}

#[test]
fn limits_of_pools_are_the_owners() {
    let shop = Folder::shop();
    for n in 3..=6 {
        let node = shop
            .read("nodes/web2.json")
            .replace("web2", &format!("web{n}"));
        shop.write(
            &format!("nodes/web{n}.json"),
            node.replace("10.0.1.2", &format!("10.0.1.{n}")),
        );
    }
    shop.commit("before");
    // Five of six are left, which nobody minds.
    let less = shop
        .read(LB_RECIPE)
        .replace("'roles:web'", "'roles:web AND NOT name:web6'");
    shop.write(LB_RECIPE, less);
    assert_eq!(shop.run(&["check"]).code, 0);
    shop.write("foretaste.toml", "[pools.'w*']\nfloor = 6\n");
    let ran = shop.run(&["check", "--fail-on", "warning", "--format", "json"]);
    assert_eq!((ran.code, ran.rules()), (1, vec!["pool-shrunk".to_owned()]));
}

#[test]
fn a_secret_reaches_no_output() {
    let shop = Folder::shop();
    shop.commit("before");
    shop.write("foretaste.toml", "[secrets]\nkeys = ['password']\n");
    shop.write(
        "cookbooks/lb/attributes/default.rb",
        "default['lb']['password'] = 'hunter2secret'\n",
    );
    shop.write(
        LB_RECIPE,
        "web = search(:node, 'roles:web')\nfile '/etc/pass' do\n  content node['lb']['password']\nend\n\
         raise \"no #{node['lb']['password']}\"\n",
    );
    for arguments in [
        &["check"][..],
        &["check", "--format", "json"],
        &["converge", "--all", "--show-files"],
        &["converge", "--all", "--format", "json"],
    ] {
        let ran = shop.run(arguments);
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
        assert!(
            !ran.out.contains("hunter2secret"),
            "{arguments:?}: {}",
            ran.out
        );
    }
}

#[test]
fn a_secret_beside_a_syntax_error_is_not_shown() {
    let shop = Folder::emptied();
    shop.write("foretaste.toml", "[secrets]\nkeys = ['password']\n");
    shop.write(
        "cookbooks/lb/attributes/default.rb",
        "default['lb']['password'] = 'hunter2secret' )\ndefault['password'] = 'hunter3secret\n",
    );
    for command in ["lint", "check"] {
        for format in FORMATS {
            let ran = shop.run(&[command, "--format", format]);
            assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
            let shown = ran.out.contains("hunter2") || ran.out.contains("hunter3");
            assert!(!shown, "{command} {format}: {}", ran.out);
        }
    }
}

#[test]
fn what_the_file_does_not_know_is_refused() {
    let shop = Folder::emptied();
    for (text, said) in [
        ("[pool.web]\nfloor = 1\n", "did you mean `pools`?"),
        (
            "[rules.pool-empty]\nseverity = 'off'\n",
            "there is no rule `pool-empty`",
        ),
        ("[formats]\n'/a' = 'apache'\n", "`apache` is no format"),
        ("fail_on = \n", "foretaste.toml"),
    ] {
        shop.write("foretaste.toml", text);
        let ran = shop.run(&["check"]);
        assert_eq!(ran.code, 2, "{text}");
        assert!(ran.err.contains(said), "{}", ran.err);
    }
}

#[test]
fn a_balancer_is_judged_by_the_version_on_its_node() {
    let shop = Folder::shop();
    shop.commit("before");
    let template = "cookbooks/lb/templates/default/haproxy.cfg.erb";
    let newer = shop
        .read(template)
        .replace("\nbackend web\n", "\nbackend web\n  guid web-pool\n");
    shop.write(template, newer);
    let ran = shop.run(&["check", "--format", "json"]);
    let why = "unknown keyword 'guid' in 'backend' section in HAProxy 2.6: it is there since 3.0";
    assert!(ran.out.contains(why), "{}", ran.out);

    let said = "[[haproxy]]\nnodes = 'role[lb]'\nversion = '3.0'\n";
    assert_eq!(rules_with(&shop, said), [""; 0]);
    let elsewhere = "[[haproxy]]\nnodes = 'web*'\nversion = '3.0'\n";
    assert_eq!(rules_with(&shop, elsewhere), ["config-syntax"]);

    let recipe = "package 'haproxy' do\n  version '3.0.5-1~bpo12+1'\nend\n".to_owned();
    shop.write(LB_RECIPE, recipe + &shop.read(LB_RECIPE));
    assert_eq!(rules_with(&shop, ""), [""; 0]);
}

#[test]
fn lint_judges_a_file_for_the_version_of_its_path() {
    let shop = Folder::shop();
    let file = "cookbooks/lb/files/default/haproxy.cfg";
    shop.write(
        file,
        "defaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\nbackend web\n  guid web-pool\n",
    );
    let lint = |config: &str| {
        shop.write("foretaste.toml", config);
        shop.run(&["lint", file]).code
    };
    assert_eq!(lint(""), 1);
    let of_path = |path: &str| format!("[[haproxy]]\npath = '{path}'\nversion = '3.0'\n");
    assert_eq!(lint(&of_path("cookbooks/lb/**")), 0);
    assert_eq!(lint(&of_path("cookbooks/web/**")), 1);
    assert_eq!(lint("[[haproxy]]\nnodes = '*'\nversion = '3.0'\n"), 0);
}

/// The findings' rules, with a configuration.
fn rules_with(shop: &Folder, config: &str) -> Vec<String> {
    shop.write("foretaste.toml", config);
    shop.run(&["check", "--format", "json"]).rules()
}

#[test]
fn how_much_of_a_pool_may_go_is_its_owners_word() {
    let shop = Folder::shop();
    for n in 3..=10 {
        let node = shop
            .read("nodes/web2.json")
            .replace("web2", &format!("web{n}"));
        shop.write(
            &format!("nodes/web{n}.json"),
            node.replace("10.0.1.2", &format!("10.0.1.{n}")),
        );
    }
    shop.commit("before");
    // Eight of ten are left.
    let less = shop.read(LB_RECIPE).replace(
        "'roles:web')",
        "'roles:web').reject { |n| %w(web9 web10).include?(n.name) }",
    );
    shop.write(LB_RECIPE, less);
    assert_eq!(rules_with(&shop, ""), [""; 0]);
    assert_eq!(
        rules_with(&shop, "[pools.web]\npercent = 10\n"),
        ["pool-shrunk"]
    );
    assert!(rules_with(&shop, "[pools.web]\npercent = 10\nfrom = 11\n").is_empty());
    // A limit for nobody is told.
    shop.write("foretaste.toml", "[pools.wep]\npercent = 10\n");
    let ran = shop.run(&["check"]);
    assert!(
        ran.out
            .contains("no pool is called so; did you mean `web`?"),
        "{}",
        ran.out
    );
}

#[test]
fn strict_in_the_file_is_as_in_the_arguments() {
    let shop = Folder::shop();
    shop.commit("before");
    shop.write(
        "cookbooks/lb/recipes/default.rb",
        shop.read(LB_RECIPE) + "Matrix.identity(2).count\n",
    );
    assert_eq!(shop.run(&["check"]).code, 0);
    shop.write("foretaste.toml", "strict = true\n");
    assert_eq!(shop.run(&["check"]).code, 3);
}

#[test]
fn nodes_may_be_described_by_hand() {
    let shop = Folder::shop();
    std::fs::remove_dir_all(shop.0.join("nodes")).unwrap();
    shop.write(
        "foretaste.toml",
        "[inventory]\nplatform = 'debian 12'\n\
         [[inventory.node]]\nname = 'lb9.example.com'\nrun_list = ['role[lb]']\nenvironment = 'prod'\n\
         [[inventory.node]]\nname = 'web9'\nrun_list = ['role[web]']\nplatform = 'centos 7'\n\
         addresses = ['2001:db8::9', '10.0.1.9']\n",
    );
    shop.write("environments/prod.rb", "name 'prod'\n");
    shop.write(
        LB_RECIPE,
        "web = search(:node, 'roles:web')\n\
         log \"#{node['platform']} #{node['platform_version']} #{node.chef_environment} #{node['fqdn']}\"\n\
         log web.map { |n| \"#{n['platform']} #{n['ipaddress']} #{n['ip6address']}\" }.join\n\
         template '/etc/haproxy/haproxy.cfg' do\n  variables(web: web)\nend\n",
    );
    let ran = shop.run(&["converge", "lb9.example.com", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let node = &ran.json()["nodes"][0];
    assert_eq!(node["searches"][0]["results"], json!(["web9"]));
    assert_eq!(
        node["resources"][0]["name"],
        "debian 12 prod lb9.example.com"
    );
    assert_eq!(node["resources"][1]["name"], "centos 10.0.1.9 2001:db8::9");
}

#[test]
fn the_inventory_and_the_profile_may_be_named_in_the_file() {
    let shop = Folder::shop();
    shop.write(
        "exports/all.json",
        r#"{"results": 1, "rows": [{"name": "x1", "run_list": ["role[lb]"], "automatic": {"roles": ["lb"]}}]}"#,
    );
    shop.write("foretaste.toml", "[inventory]\npaths = ['exports']\n");
    let ran = shop.run(&["search", "node", "*:*"]);
    assert_eq!(ran.out, "x1\n1 of 1 match\n", "{}", ran.err);
    // The roles of the repository come on top where that is said.
    shop.write(
        "foretaste.toml",
        "[inventory]\npaths = ['exports']\nsynthesize = 'roles'\n",
    );
    let ran = shop.run(&["search", "node", "name:*-synthetic"]);
    assert!(
        ran.out.starts_with("lb-synthetic\nweb-synthetic\n"),
        "{}",
        ran.out
    );
    // Kitchen's search has no regular expressions in the server's sense.
    let of = |profile: &str| {
        shop.write(
            "foretaste.toml",
            format!("[search]\nprofile = '{profile}'\n"),
        );
        shop.run(&["search", "node", "name:web1 AND"]).out
    };
    assert_ne!(of("server"), of("zero"));
}

#[test]
fn another_file_may_be_named() {
    let shop = Folder::emptied();
    shop.write("ci.toml", "fail_on = 'note'\n[rules.pool-emptied]\nseverity = 'note'\n[rules.search-matches-nothing]\nseverity = 'off'\n");
    assert_eq!(shop.run(&["check", "--config", "ci.toml"]).code, 1);
    shop.write("ci.toml", "[rules.pool-emptied]\nseverity = 'off'\n[rules.search-matches-nothing]\nseverity = 'off'\n");
    assert_eq!(shop.run(&["check", "--config", "ci.toml"]).code, 0);
    assert_eq!(shop.run(&["check", "--config", "no.toml"]).code, 2);
    shop.write("ci.toml", "strict = 1\n");
    let ran = shop.run(&["check", "--config", "ci.toml"]);
    assert!(ran.err.contains("ci.toml:1:10"), "{}", ran.err);
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let shop = Folder::emptied();
    shop.write("foretaste.toml", "[repository]\ndata_bags = 'bags'\n");
    let ran = shop.run(&["check"]);
    assert!(ran.out.contains("names the folder `bags`"), "{}", ran.out);
}

/// Encrypted by Chef with the secret below; its one value is `tr0ub4dor`.
const SEALED: &str = r#"{"id": "db", "password": {"encrypted_data": "dpZxIoiGGMd9Mhhc+W82YWIkWUJBYzvkNNIhWQ==\n",
    "iv": "JgWfV+YZI7wlFxc5\n", "auth_tag": "fRntdMXbjlGnO/0GO0VcWQ==\n", "version": 3, "cipher": "aes-256-gcm"}}"#;
const SECRET: &str = "invented-secret-0f7c1d9e2b8a4c63-for-tests-only";

#[test]
fn a_secret_decrypts_items_and_what_was_encrypted_reaches_no_output() {
    let shop = Folder::shop();
    shop.write("data_bags/keys/db.json", SEALED);
    shop.commit("before");
    shop.write("key", format!("{SECRET}\n"));
    shop.write(
        LB_RECIPE,
        "key = Chef::EncryptedDataBagItem.load_secret(Chef::Config[:encrypted_data_bag_secret])\n\
         item = data_bag_item('keys', 'db', key)\n\
         file '/etc/pass' do\n  content \"#{item['password'].length} #{item['password']} #{key}\"\nend\n",
    );
    let show = ["converge", "--all", "--show-files"];
    let closed = shop.run(&show);
    assert!(
        closed
            .out
            .contains("‹Chef::Config[:encrypted_data_bag_secret]›"),
        "{}",
        closed.out
    );
    let opened = shop.run(&[&show[..], &["--secret-file", "key"]].concat());
    assert!(opened.out.contains("9 ‹secret› ‹secret›"), "{}", opened.out);
    for more in [&["--format", "json"][..], &[]] {
        let check = [&["check", "--secret-file", "key"][..], more].concat();
        let ran = shop.run(&check);
        assert!(!ran.out.contains("tr0ub4dor"), "{}", ran.out);
        assert!(!ran.out.contains(SECRET), "{}", ran.out);
    }
    shop.write("key", "another");
    let wrong = shop.run(&[&show[..], &["--secret-file", "key"]].concat());
    assert!(wrong.out.contains("DecryptionFailure"), "{}", wrong.out);
    for (name, said) in [("empty", "is empty"), ("absent", "No such file")] {
        shop.write("empty", "\n");
        let ran = shop.run(&["check", "--secret-file", name]);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains(said), "{}", ran.err);
    }
}
