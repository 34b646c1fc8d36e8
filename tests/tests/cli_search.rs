//! `foretaste search` as a person and as a program meet it.

mod program;

use program::Folder;

fn ask(arguments: &[&str]) -> String {
    let shop = Folder::shop();
    let ran = shop.run(&[&["search"], arguments].concat());
    assert_eq!(ran.err, "");
    ran.out
}

/// With line ends and indents that a person can read.
fn pretty(json: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    serde_json::to_string_pretty(&json).unwrap()
}

#[test]
fn an_explanation_as_json() {
    let query = "roles:web AND NOT name:web3";
    let out = ask(&["node", query, "--why", "lb1", "--format", "json"]);
    insta::assert_snapshot!(pretty(&out), @r#"
    {
      "query": "roles:web AND NOT name:web3",
      "nodes": [
        "web1",
        "web2"
      ],
      "explain": {
        "profile": "server",
        "tree": {
          "text": "all that is required",
          "start": 0,
          "end": 27,
          "occur": null,
          "idle": false,
          "matches": 2,
          "children": [
            {
              "text": "roles is `web`",
              "start": 0,
              "end": 9,
              "occur": "required",
              "idle": false,
              "matches": 2,
              "children": []
            },
            {
              "text": "name is `web3`",
              "start": 18,
              "end": 27,
              "occur": "excluded",
              "idle": false,
              "matches": 0,
              "children": []
            }
          ]
        },
        "sent": "content:roles__=__web AND NOT content:name__=__web3",
        "unmatched": [
          {
            "field": "name",
            "value": "web3",
            "start": 18,
            "end": 27,
            "holders": 4,
            "near_values": [
              {
                "value": "web1",
                "holders": 1
              },
              {
                "value": "web2",
                "holders": 1
              }
            ],
            "near_fields": []
          }
        ],
        "first_words": [],
        "why": {
          "object": "lb1",
          "found": true,
          "tree": {
            "text": "all that is required",
            "start": 0,
            "end": 27,
            "occur": null,
            "idle": false,
            "truth": "no",
            "children": [
              {
                "text": "roles is `web`",
                "start": 0,
                "end": 9,
                "occur": "required",
                "idle": false,
                "truth": "no",
                "children": []
              },
              {
                "text": "name is `web3`",
                "start": 18,
                "end": 27,
                "occur": "excluded",
                "idle": false,
                "truth": "no",
                "children": []
              }
            ]
          }
        },
        "profiles": [
          {
            "profile": "server",
            "matches": 2,
            "also": [],
            "not": []
          },
          {
            "profile": "solr4",
            "matches": 2,
            "also": [],
            "not": []
          },
          {
            "profile": "zero",
            "matches": 2,
            "also": [],
            "not": []
          }
        ]
      }
    }
    "#);
}

#[test]
fn what_is_near_as_json() {
    let out = ask(&["node", "rolez:web", "--explain", "--format", "json"]);
    insta::assert_snapshot!(pretty(&out), @r#"
    {
      "query": "rolez:web",
      "nodes": [],
      "explain": {
        "profile": "server",
        "tree": {
          "text": "rolez is `web`",
          "start": 0,
          "end": 9,
          "occur": null,
          "idle": false,
          "matches": 0,
          "children": []
        },
        "sent": "content:rolez__=__web",
        "unmatched": [
          {
            "field": "rolez",
            "value": "web",
            "start": 0,
            "end": 9,
            "holders": 0,
            "near_values": [],
            "near_fields": [
              {
                "field": "role",
                "holders": 4
              },
              {
                "field": "roles",
                "holders": 4
              }
            ]
          }
        ],
        "first_words": [],
        "profiles": [
          {
            "profile": "server",
            "matches": 0,
            "also": [],
            "not": []
          },
          {
            "profile": "solr4",
            "matches": 0,
            "also": [],
            "not": []
          },
          {
            "profile": "zero",
            "matches": 0,
            "also": [],
            "not": []
          }
        ]
      }
    }
    "#);
}

#[test]
fn a_batch_is_explained_line_by_line() {
    let shop = Folder::shop();
    let queries = "\"roles:lb\"\n\"a AND\"\n";
    let ran = shop.run_with(&["search", "--batch", "--explain"], queries);
    insta::assert_snapshot!(ran.out, @r#"
    {"query":"roles:lb","nodes":["lb1","lb2"],"explain":{"profile":"server","tree":{"text":"roles is `lb`","start":0,"end":8,"occur":null,"idle":false,"matches":2,"children":[]},"sent":"content:roles__=__lb","unmatched":[],"first_words":[],"profiles":[{"profile":"server","matches":2,"also":[],"not":[]},{"profile":"solr4","matches":2,"also":[],"not":[]},{"profile":"zero","matches":2,"also":[],"not":[]}]}}
    {"query":"a AND","error":{"message":"invalid index name or query","offset":1},"explain":{"profile":"server","profiles":[{"profile":"server","matches":0,"error":{"status":400,"message":"invalid index name or query"},"also":[],"not":[]},{"profile":"solr4","matches":0,"error":{"status":400,"message":"invalid index name or query"},"also":[],"not":[]},{"profile":"zero","matches":0,"error":{"status":400,"message":"invalid search query: 'a AND'"},"also":[],"not":[]}]}}
    "#);
}

#[test]
fn other_indexes_have_items() {
    insta::assert_snapshot!(ask(&["role", "*:*", "--format", "json"]), @r#"
    {"query":"*:*","items":["lb","web"]}
    "#);
    insta::assert_snapshot!(ask(&["rolls", "*:*", "--format", "json"]), @r#"
    {"query":"*:*","error":{"message":"I don't know how to search for rolls data objects.","offset":0}}
    "#);
    insta::assert_snapshot!(ask(&["rolls", "*:*"]), @"there is no index and no data bag `rolls`: the server answers 404");
}

#[test]
fn what_cannot_be_read_is_named() {
    let shop = Folder::shop();
    shop.write("roles/broken.rb", "name 'broken'\nrun_list(");
    shop.write("roles/odd.rb", "name 'odd'\nfrobnicate 3\n");
    shop.write("data_bags/users/ann.json", "{\"id\": ");
    let ran = shop.run(&["search", "role", "name:broken"]);
    insta::assert_snapshot!(ran.err, @r#"
    note: roles/broken.rb:2: role `broken` is not searched: SyntaxError: unexpected end-of-input; expected a `)` to close the arguments
    note: roles/odd.rb:2: role `odd` is not searched: NoMethodError: undefined method `frobnicate' for #<Chef::Role:0x…>
    note: data_bags/users/ann.json:1: item `ann` of data bag `users` is not searched: EOF while parsing a value at line 1 column 7
    "#);
}

#[test]
fn what_is_meant_is_said() {
    let shop = Folder::shop();
    shop.write("data_bags/users/ann.json", "{\"id\": \"ann\"}");
    let mut out = String::new();
    for arguments in [
        &["user", "id:ann"][..],
        &["node", "roles:wbe"],
        &["node", "roles:web", "--why", "wob1"],
        &["node", "role:(web OR lb)", "--explain"],
        &["node", "--profile", "server", "--", "-roles:web"],
    ] {
        out += &format!("> {}\n", arguments.join(" "));
        let ran = shop.run(&[&["search"], arguments].concat());
        out += &ran.out;
        out += &ran.err;
    }
    insta::assert_snapshot!(out, @r"
    > user id:ann
    there is no index and no data bag `user`: the server answers 404
    help: did you mean `users`?
    > node roles:wbe
    0 of 4 match
    help: --explain says what is near
    > node roles:web --why wob1
    web1
    web2
    2 of 4 match

    server reads it as
      roles is `web`: 2 matches
      sent to the search engine: content:roles__=__web

    there is no wob1 in the index
    help: did you mean `web1`?

    server: 2 matches
    solr4: 2 matches
    zero: 2 matches
    > node role:(web OR lb) --explain
    0 of 4 match

    server reads it as
      at least one of: 0 matches
        optional: role is empty: 0 matches
        optional: at least one of: 0 matches
          optional: the word `web`, anywhere: 0 matches
          optional: the word `lb`, anywhere: 0 matches
      sent to the search engine: content:role__=__(web OR lb)
      of 4 objects with `role` none has an empty one

    server: 0 matches
    solr4: 0 matches
    zero: 4 matches; also lb1, lb2, web1, web2
    > node --profile server -- -roles:web
    lb1
    lb2
    2 of 4 match
    ");
}

#[test]
fn roles_and_environments_are_as_an_upload_leaves_them() {
    let shop = Folder::shop();
    shop.write(
        "roles/db.rb",
        "name 'db'\ndescription 'keeps the orders'\nrun_list 'recipe[pg]'\n",
    );
    shop.write(
        "environments/prod.json",
        "{\"name\": \"prod\", \"description\": \"orders\", \"cookbook_versions\": {\"pg\": \"= 1.0\"}}",
    );
    let ask = |index: &str, query: &str| shop.run(&["search", index, query]).out;
    let mut out = String::new();
    for (index, query) in [
        ("role", "description:keeps"),
        ("role", "description:orders"),
        ("role", "json_class:Chef\\:\\:Role AND name:db"),
        (
            "environment",
            "description:orders AND json_class:Chef\\:\\:Env*",
        ),
        ("environment", "cookbook_versions_pg:*"),
    ] {
        out += &format!("> {index} {query}\n{}", ask(index, query));
    }
    insta::assert_snapshot!(out, @r"
    > role description:keeps
    db
    1 of 3 match
    > role description:orders
    0 of 3 match
    help: --explain says what is near
    > role json_class:Chef\:\:Role AND name:db
    db
    1 of 3 match
    > environment description:orders AND json_class:Chef\:\:Env*
    prod
    1 of 1 match
    > environment cookbook_versions_pg:*
    prod
    1 of 1 match
    ");
}

#[test]
fn a_refused_query_steers_no_terminal() {
    insta::assert_snapshot!(ask(&["node", "a:b\nc:\u{1b}[31m(%1b"]), @r"
    the server refuses this query: 400 invalid search query: 'a:b
    c:?[31m(?'
      a:b c:?[31m(%1b
         ^
    help: this character is not accepted; `?` matches any one character
    ");
    insta::assert_snapshot!(ask(&["no\u{1b}de", "a:b"]), @r"
    there is no index and no data bag `no?de`: the server answers 404
    help: did you mean `node`?
    ");
}
