//! Searches over small inventories, and the promise of three-valued answers.

use std::fmt::Write;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::*;
use crate::convergence::SavedNode;

fn node(name: &str, default: Json, automatic: Json) -> SavedNode {
    let map = |json: Json| json.as_object().cloned().unwrap_or_default();
    SavedNode {
        name: name.into(),
        chef_environment: "prod".into(),
        run_list: vec!["role[web]".into(), "recipe[nginx::default]".into()],
        default: map(default).into(),
        automatic: map(automatic).into(),
        ..SavedNode::default()
    }
}

fn show(answer: &Answer) -> String {
    let names = |hits: &Hits| hits.names().join(",");
    match answer {
        Answer::Results { certain, maybe } if maybe.is_empty() => format!("[{}]", names(certain)),
        Answer::Results { certain, maybe } => {
            format!("[{}] maybe [{}]", names(certain), names(maybe))
        }
        Answer::Refused(error) => format!("{} {}", error.status, error.message),
        Answer::NoSuchIndex => "404".into(),
    }
}

fn answers(index: &SearchIndex, queries: &[&str]) -> String {
    let mut out = String::new();
    for query in queries {
        writeln!(out, "{query}  =>  {}", show(&index.search("node", query))).unwrap();
    }
    out
}

#[test]
fn documents_are_flattened_as_the_server_does() {
    let node = node(
        "n1",
        json!({"a": {"b": {"c": [1, [2.0, {"d": null}]], "e": {}}}, "role": "never", "f": 1e21}),
        json!({"a": {"b": {"c2": true}}}),
    );
    let mut index = SearchIndex::new(Profile::Server);
    index.put_node(node);
    let content = index
        .document("node", "n1")
        .unwrap()
        .content()
        .replace(' ', "\n");
    insta::assert_snapshot!(content, @r#"
    X_CHEF_database_CHEF_X__=__chef_00000000000000000000000000000001
    X_CHEF_id_CHEF_X__=__00000000000108b37b07b558d4c008b3
    X_CHEF_type_CHEF_X__=__node
    a__=__b
    a_b__=__c
    a_b__=__c2
    a_b__=__e
    a_b_c__=__1
    a_b_c__=__2.0
    a_b_c__=__d
    a_b_c2__=__true
    a_b_c_d__=__
    b__=__c
    b__=__c2
    b__=__e
    c__=__1
    c__=__2.0
    c__=__d
    c2__=__true
    chef_environment__=__prod
    chef_type__=__node
    d__=__
    f__=__1.0e21
    name__=__n1
    recipe__=__nginx::default
    role__=__web
    run_list__=__recipe[nginx::default]
    run_list__=__role[web]
    "#);
}

#[test]
fn other_objects_are_found() {
    let mut index = SearchIndex::new(Profile::Server);
    index.put_item("users", "ann", json!({"id": "ann", "groups": ["ops"]}));
    index.put_data_bag("empty");
    index.put_role("web", json!({"name": "web", "run_list": ["recipe[nginx]"], "env_run_lists": {"_default": ["recipe[x]"], "prod": []}}));
    let ask = |name: &str, query: &str| show(&index.search(name, query));
    assert_eq!(
        ask(
            "users",
            "groups:ops AND data_bag:users AND chef_type:data_bag_item"
        ),
        "[ann]"
    );
    assert_eq!(ask("users", "users"), "[ann]");
    assert_eq!(ask("empty", "*:*"), "[]");
    assert_eq!(ask("nothing", "*:*"), "404");
    assert_eq!(
        ask("role", "run_list:recipe\\[nginx\\] AND env_run_lists:prod"),
        "[web]"
    );
    assert_eq!(ask("role", "env_run_lists:_default"), "[]");
}

#[test]
fn profiles_differ_by_name() {
    let mut index = SearchIndex::new(Profile::Server);
    index.put_node(node(
        "n1",
        json!({"note": "alpha beta", "tags": []}),
        json!({"roles": ["web"]}),
    ));
    let mut out = String::new();
    for query in [
        "roles:WEB",
        "tags:*",
        "note:beta",
        "node",
        "x:y OR NOT (NOT roles:db)",
        "roles:(web OR db)",
        "a:1 AND +b:2",
        "NOT x:1 AND roles:web",
    ] {
        let shown: Vec<String> = Profile::ALL
            .into_iter()
            .map(|p| show(&index.with_profile(p).search("node", query)))
            .collect();
        writeln!(out, "{query}  =>  {}", shown.join(" | ")).unwrap();
    }
    insta::assert_snapshot!(out, @r#"
    roles:WEB  =>  [] | [] | [n1]
    tags:*  =>  [] | [] | [n1]
    note:beta  =>  [] | [] | [n1]
    node  =>  [n1] | [] | []
    x:y OR NOT (NOT roles:db)  =>  [] | [] | []
    roles:(web OR db)  =>  [] | [] | [n1]
    a:1 AND +b:2  =>  400 invalid search query: 'a:1 AND +b:2' | 400 invalid search query: 'a:1 AND +b:2' | []
    NOT x:1 AND roles:web  =>  400 invalid search query: 'NOT x:1 AND roles:web' | 400 invalid search query: 'NOT x:1 AND roles:web' | [n1]
    "#);
}

#[test]
fn unknown_values_make_a_match_possible_never_absent() {
    let mut known = node(
        "known",
        json!({"app": {"port": 80, "name": "shop"}}),
        json!({"platform": "ubuntu"}),
    );
    known.unknown = vec![vec!["app".into(), "port".into()]];
    let mut made = node("made", json!({"app": {"name": "shop"}}), json!({}));
    made.synthetic = true;
    let mut index = SearchIndex::new(Profile::Server);
    index.put_node(known);
    index.put_node(made);
    let queries = [
        "app_port:80",
        "port:80",
        "NOT app_port:80",
        "app:port",
        "app_port:[8 TO 9]",
        "app_p*:80",
        "app_name:blog",
        "platform:ubuntu",
        "role:web",
        "role:db",
        "platform:ubuntu AND app_name:blog",
        "app_name:shop OR platform:x",
        "word",
    ];
    insta::assert_snapshot!(answers(&index, &queries), @r#"
    app_port:80  =>  [] maybe [known]
    port:80  =>  [] maybe [known]
    NOT app_port:80  =>  [made] maybe [known]
    app:port  =>  [known]
    app_port:[8 TO 9]  =>  [] maybe [known]
    app_p*:80  =>  [] maybe [known]
    app_name:blog  =>  []
    platform:ubuntu  =>  [known] maybe [made]
    role:web  =>  [known,made]
    role:db  =>  []
    platform:ubuntu AND app_name:blog  =>  []
    app_name:shop OR platform:x  =>  [known,made]
    word  =>  [] maybe [known,made]
    "#);
    insta::assert_snapshot!(answers(&index.with_profile(Profile::Zero), &queries), @r#"
    app_port:80  =>  [] maybe [known]
    port:80  =>  [] maybe [known]
    NOT app_port:80  =>  [made] maybe [known]
    app:port  =>  [known]
    app_port:[8 TO 9]  =>  [] maybe [known]
    app_p*:80  =>  [] maybe [known,made]
    app_name:blog  =>  []
    platform:ubuntu  =>  [known] maybe [made]
    role:web  =>  [known,made]
    role:db  =>  []
    platform:ubuntu AND app_name:blog  =>  []
    app_name:shop OR platform:x  =>  [known,made]
    word  =>  []
    "#);
}

#[test]
fn a_rollout_has_a_worst_moment() {
    let mut old = SearchIndex::new(Profile::Server);
    old.put_node(node("a", json!({"tier": "web"}), json!({})));
    old.put_node(node("b", json!({"tier": "db"}), json!({})));
    let mut new = old.clone();
    new.put_node(node("a", json!({"tier": "app"}), json!({})));
    new.put_node(node("b", json!({"tier": "app"}), json!({})));
    let timeline = Timeline { old, new };
    let at = |moment, query| show(&timeline.search(moment, "node", query));
    assert_eq!(at(Moment::First, "tier:web"), "[a]");
    assert_eq!(at(Moment::Settled, "tier:app"), "[a,b]");
    assert_eq!(at(Moment::Worst, "tier:app"), "[]");
    assert_eq!(at(Moment::Worst, "tier:*"), "[a,b]");
}

#[test]
fn what_is_nearest() {
    let mut index = SearchIndex::new(Profile::Server);
    for (name, role) in [("a", "webapp"), ("b", "webapp"), ("c", "db")] {
        index.put_node(node(name, json!({}), json!({"roles": [role]})));
    }
    let near = index.nearest("node", "roles", "wepapp");
    assert_eq!((near.holders, near.values), (3, vec![("webapp".into(), 2)]));
    let near = index.nearest("node", "role_s", "web");
    assert_eq!(
        near.fields,
        [("role".to_string(), 3), ("roles".to_string(), 3)]
    );
    let plan = Plan::new("roles:web AND chef_environment:prod", Profile::Server).unwrap();
    let unmatched = index.unmatched("node", &plan);
    assert_eq!(unmatched.len(), 1);
    assert_eq!(unmatched[0].nearest.values, [("webapp".to_string(), 2)]);
}

#[test]
fn explanations_follow_the_clauses() {
    fn write(explanation: &Explanation, depth: usize, out: &mut String) {
        let idle = if explanation.idle { " (idle)" } else { "" };
        let occur = explanation
            .occur
            .map_or(String::new(), |o| format!("{o:?}: "));
        writeln!(
            out,
            "{}{occur}{} {:?}{idle}",
            "  ".repeat(depth),
            explanation.text,
            explanation.truth
        )
        .unwrap();
        explanation
            .children
            .iter()
            .for_each(|child| write(child, depth + 1, out));
    }
    let document = Document::node(Arc::new(node(
        "n1",
        json!({"port": 80}),
        json!({"roles": ["web"]}),
    )));
    let mut out = String::new();
    for profile in [Profile::Server, Profile::Zero] {
        let plan = Plan::new(
            "roles:web OR x:* AND (port:[7 TO *] NOT note:\"a b\")",
            profile,
        )
        .unwrap();
        write(&plan.explain(&document), 0, &mut out);
    }
    insta::assert_snapshot!(out, @r#"
    all that is required No
      Should: roles is `web` Yes (idle)
      Must: x exists No
      Must: at least one of Yes
        Should: port is from `7` as text Yes
        MustNot: note is empty No
        Should: the words `a b`, anywhere No
    any of Yes
      roles:web Yes
      all of No
        x:* No
        (port:[7 TO *] NOT note:"a b") Yes
          any of Yes
            port:[7 TO *] No
            not Yes
              note:"a b" No
    "#);
}

/// A small generator with a fixed seed.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % n as u64).unwrap()
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn query(&mut self, depth: usize) -> String {
        let mut out = String::new();
        for index in 0..=self.below(3) {
            if index > 0 {
                out.push_str(self.pick(&[" AND ", " OR ", " "]));
            }
            if depth > 0 && self.below(3) == 0 {
                out.push_str(&format!("({})", self.query(depth - 1)));
            } else {
                let field = self.pick(&["a", "b", "a_c", "c", "*c", "a*", "d"]);
                let value =
                    self.pick(&["x", "y", "*", "x*", "[x TO y]", "z~1", "\"x w\"", "c", "?x"]);
                out.push_str(&format!("{field}:{value}"));
            }
        }
        if self.below(3) == 0 {
            out.push_str(self.pick(&[" NOT a:x", " NOT c:y", " -b:*", " w"]));
        }
        out
    }

    fn value(&mut self) -> Json {
        match self.below(5) {
            0 => json!("x"),
            1 => json!("y"),
            2 => json!("x w"),
            3 => json!(["x", "z"]),
            _ => Json::Null,
        }
    }
}

#[test]
fn making_an_unknown_known_stays_within_the_answer() {
    let mut lcg = Lcg(3);
    let mut undecided = 0;
    for _ in 0..4_000 {
        let query = lcg.query(2);
        let mut attributes = Map::new();
        attributes.insert("a".into(), json!({"c": lcg.value(), "e": lcg.value()}));
        attributes.insert("b".into(), lcg.value());
        let mut unknown = node("n", Json::Object(attributes.clone()), json!({}));
        let path: Vec<String> = lcg
            .pick(&["a c", "b", "a *"])
            .split(' ')
            .map(str::to_string)
            .collect();
        unknown.unknown = vec![path.clone()];
        let known_value = lcg.value();
        match path.as_slice() {
            [top] => attributes.insert(top.clone(), known_value),
            [_, last] if last == "*" => attributes.insert("a".into(), json!({"c": known_value})),
            _ => attributes.insert(
                "a".into(),
                json!({"c": known_value, "e": attributes["a"]["e"]}),
            ),
        };
        let known = node("n", Json::Object(attributes), json!({}));
        for profile in Profile::ALL {
            let Ok(plan) = Plan::new(&query, profile) else {
                continue;
            };
            let judge = |node: &SavedNode| plan.judge(&Document::node(Arc::new(node.clone())));
            let (Ok(before), Ok(after)) = (judge(&unknown), judge(&known)) else {
                continue;
            };
            assert_ne!(after, Truth::Maybe);
            undecided += usize::from(before == Truth::Maybe);
            assert!(
                before == Truth::Maybe || before == after,
                "{profile:?} {query}: {before:?}, then {after:?} with {:?}",
                known.default
            );
        }
    }
    assert!(
        undecided > 500,
        "only {undecided} answers depend on the unknown"
    );
}

#[test]
fn any_text_is_answered_without_panic() {
    let mut index = SearchIndex::new(Profile::Server);
    index.put_node(node(
        "n1",
        json!({"a": {"b": ["x y", 1.5, null]}}),
        json!({"roles": ["web"]}),
    ));
    let mut lcg = Lcg(5);
    let pieces = [
        "a",
        "b:",
        "\"",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        " TO ",
        " ",
        "AND ",
        " OR ",
        "NOT ",
        "*",
        "?",
        "~",
        "^",
        "1",
        ".5",
        "/",
        "\\",
        "-",
        "+",
        "!",
        "&&",
        "||",
        ":",
        "%",
        "%41",
        "%zz",
        "\u{e9}",
        "\u{1f600}",
        "#",
        "\t",
        "\n",
        "x",
        "_",
    ];
    let mut accepted = 0;
    for _ in 0..30_000 {
        let text: String = (0..=lcg.below(12)).map(|_| lcg.pick(&pieces)).collect();
        for profile in Profile::ALL {
            if let Ok(plan) = Plan::new(&text, profile) {
                accepted += 1;
                let document = index.document("node", "n1").expect("it is there");
                let explained = plan.explain(document).truth;
                assert!(plan.judge(document).is_err() || plan.judge(document) == Ok(explained));
            }
        }
        let _ = foretaste_parser::query::surprises(&text);
    }
    assert!(accepted > 1_000, "only {accepted} are accepted");
}
