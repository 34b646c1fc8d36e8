//! What foretaste.toml and comments in the repository decide.

mod program;

use program::{BAD_SEARCH, Folder, LB_RECIPE};

/// The shop with the search that empties its pool.
fn emptied() -> Folder {
    let shop = Folder::shop();
    shop.commit("before");
    shop.write(LB_RECIPE, BAD_SEARCH);
    shop
}

#[test]
fn rules_can_be_turned_off_and_down() {
    let shop = emptied();
    shop.write(
        "foretaste.toml",
        "[rules.pool-emptied]\nseverity = 'warning'\n[rules.search-matches-nothing]\ndisable = true\n",
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
    let shop = emptied();
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
    let shop = emptied();
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
fn what_the_file_does_not_know_is_refused() {
    let shop = emptied();
    for (text, said) in [
        ("[pool.web]\nfloor = 1\n", "did you mean `pools`?"),
        (
            "[rules.pool-empty]\ndisable = true\n",
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
