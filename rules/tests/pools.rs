//! What is said about pools and the searches behind them.

mod support;

use foretaste_rules::catalogue::RULES;
use foretaste_rules::{Severity, Verdict};
use insta::assert_snapshot;
use support::{Side, impact, judged, show};

const NODES: [(&str, &str); 5] = [
    ("lb1", "lb"),
    ("lb2", "lb"),
    ("web1", "web"),
    ("web2", "web"),
    ("api1", "api"),
];

fn side(query: &str) -> Side {
    Side::new(&NODES, &[("web", query)])
}

fn found(before: &Side, after: &Side) -> String {
    show(&judged(RULES, &impact(before, after)).findings)
}

#[test]
fn a_query_for_nobody_empties_the_pool_and_the_chain_says_how() {
    assert_snapshot!(found(&side("roles:web"), &side("roles:wbe")), @r#"
        error pool-emptied cookbooks/lb/recipes/default.rb:1: pool `web` loses all 2 servers: nobody serves it any more
          help: roles `wbe` does not exist; did you mean `web` (2 nodes)?
          on lb1, lb2
          cookbooks/lb/recipes/default.rb:1: the change writes `search(:node, "roles:wbe")`
          cookbooks/lb/recipes/default.rb:1: the search was `roles:web` and matched 2 (web1, web2); now it is `roles:wbe` and matches nothing
          cookbooks/lb/templates/default/haproxy.cfg.erb:9: /etc/haproxy/haproxy.cfg then has:
            backend web
          also cookbooks/lb/recipes/default.rb:1: no longer served by web1, web2
        error search-matches-nothing cookbooks/lb/recipes/default.rb:1: the search `roles:wbe` matches nothing; it matched 2 nodes
          help: roles `wbe` does not exist; did you mean `web` (2 nodes)?
          on lb1, lb2
          cookbooks/lb/recipes/default.rb:1: the change writes `search(:node, "roles:wbe")`
          cookbooks/lb/recipes/default.rb:1: the search was `roles:web` and matched 2 (web1, web2); now it is `roles:wbe` and matches nothing
        "#);
}

#[test]
fn a_pool_that_is_empty_only_on_the_way_is_found() {
    let mut after = side("roles:shop");
    for roles in after.nodes.values_mut().filter(|r| **r == ["web"]) {
        roles.push("shop".into());
    }
    assert_snapshot!(found(&side("roles:web"), &after), @r#"
        error pool-emptied cookbooks/lb/recipes/default.rb:1: pool `web` is empty while the change goes out: 2 → 0 → 2 servers
          help: let web1, web2 converge before lb1, lb2 (`foretaste plan` has the waves), or split the change: let the servers save the new name beside the old one and converge, then move the search, then take the old name away
          on lb1, lb2
          cookbooks/lb/recipes/default.rb:1: the change writes `search(:node, "roles:shop")`
          cookbooks/lb/recipes/default.rb:1: the search was `roles:web` and matched 2 (web1, web2); now it is `roles:shop` and matches nothing
          cookbooks/lb/templates/default/haproxy.cfg.erb:9: /etc/haproxy/haproxy.cfg then has:
            backend web
          also cookbooks/lb/recipes/default.rb:1: no longer served by web1, web2
        "#);
}

#[test]
fn another_spelling_of_a_query_is_silent() {
    let impact = impact(&side("roles:web"), &side("role:web"));
    let judgement = judged(RULES, &impact);
    assert_snapshot!(show(&judgement.findings), @"");
    assert_eq!(judgement.verdict(&impact, Severity::Error), Verdict::Safe);
}

#[test]
fn a_pool_of_one_is_too_small() {
    assert_snapshot!(found(&side("roles:web"), &side("roles:web AND name:web1")), @r#"
        error pool-shrunk cookbooks/lb/recipes/default.rb:1: pool `web` shrinks from 2 servers to 1: fewer than 2 would serve
          help: take servers away in steps within the limit, or set `[[pools]]` in foretaste.toml if this pool may lose more
          on lb1, lb2
          cookbooks/lb/recipes/default.rb:1: the change writes `search(:node, "roles:web AND name:web1")`
          cookbooks/lb/recipes/default.rb:1: the search was `roles:web` and matched 2 (web1, web2); now it is `roles:web AND name:web1` and matches 1 (web1)
          cookbooks/lb/templates/default/haproxy.cfg.erb:9: /etc/haproxy/haproxy.cfg then has:
            backend web
              server web1 web1.example.net:80
          also cookbooks/lb/recipes/default.rb:1: no longer served by web2
        "#);
}

#[test]
fn a_backup_hides_an_empty_pool_from_the_daemon_but_not_from_us() {
    let sorry = "  server sorry 192.0.2.1:80 backup\n".to_owned();
    let (mut before, mut after) = (side("roles:web"), side("roles:wbe"));
    before.extra.clone_from(&sorry);
    after.extra = sorry;
    let all = found(&before, &after);
    assert!(all.contains("`sorry` is backup"), "{all}");
}

#[test]
fn a_deleted_backend_is_not_an_emptied_one() {
    let before = Side::new(&NODES, &[("web", "roles:web"), ("api", "roles:api")]);
    assert_eq!(found(&before, &side("roles:web")), "");
    let mut renamed = before.clone();
    renamed.queries[1].0 = "backend_api".into();
    assert_eq!(found(&before, &renamed), "");
    // No line that the change removes speaks of the pool.
    let generated = Side::new(&NODES, &[("web", "roles:web"), ("api", "roles:a*")]);
    let text = found(&generated, &side("roles:web"));
    assert!(text.contains("pool `api` loses its one server"), "{text}");
}

#[test]
fn results_in_a_file_of_unknown_format_count_too() {
    let (mut before, mut after) = (side("roles:web"), side("roles:wbe"));
    before.other_file = Some("/etc/hosts.lst".into());
    after.other_file = Some("/etc/hosts.lst".into());
    assert_snapshot!(found(&before, &after), @r#"
        error search-matches-nothing cookbooks/lb/recipes/default.rb:1: the search `roles:wbe` matches nothing; it matched 2 nodes
          help: roles `wbe` does not exist; did you mean `web` (2 nodes)?
          on lb1, lb2
          cookbooks/lb/recipes/default.rb:1: the change writes `search(:node, "roles:wbe")`
          cookbooks/lb/recipes/default.rb:1: the search was `roles:web` and matched 2 (web1, web2); now it is `roles:wbe` and matches nothing
          cookbooks/lb/recipes/default.rb:9: its results are written to /etc/hosts.lst, a file whose format is not read
        "#);
}

#[test]
fn a_refused_query_is_told_with_the_servers_reason() {
    assert_snapshot!(found(&side("roles:web"), &side("roles:web AND (")), @r#"
        error query-refused cookbooks/lb/recipes/default.rb:1: the server refuses the query `roles:web AND (`: invalid search query: 'roles:web AND ('
          help: the query ends too early: a `)`, `]` or `"` is missing
          on lb1, lb2
          cookbooks/lb/recipes/default.rb:1: asks for `roles:web AND (`; the converge fails here
        "#);
}
