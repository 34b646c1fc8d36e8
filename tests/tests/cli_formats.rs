//! What each format writes, whole: a reader of these files is a program that somebody else wrote.

mod program;

use program::{BAD_SEARCH, FORMATS, Folder, LB_RECIPE};

/// A shop whose balancers lose their pool, with a comment that lets one finding pass and one thing that is not
/// evaluated.
fn emptied() -> Folder {
    let shop = Folder::emptied();
    shop.write(
        LB_RECIPE,
        BAD_SEARCH.replace(
            "webb')",
            "webb') # foretaste:ignore search-matches-nothing moved <soon>",
        ) + "Matrix.identity(2).count\n",
    );
    shop
}

fn check(format: &str) -> String {
    let ran = emptied().run(&["check", "--format", format]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    ran.out
}

#[test]
fn check_as_human() {
    insta::assert_snapshot!(check("human"), @r"
    pool-emptied

      × pool `web` loses all 2 servers: nobody serves it any more
       ╭─[cookbooks/lb/recipes/default.rb:1:7]
     1 │ web = search(:node, 'roles:webb') # foretaste:ignore search-matches-nothing moved <soon>
       ·       ─────────────┬─────────────
       ·                    ╰── this changed
     2 │ template '/etc/haproxy/haproxy.cfg' do
       ╰────
      why:
      • the change writes `web = search(:node, 'roles:webb') # foretaste:ignore search-matches-nothing
        moved <soon>`
        cookbooks/lb/recipes/default.rb:1
      • the search was `roles:web` and matched 2 (web1, web2); now it is `roles:webb` and matches
        nothing
        cookbooks/lb/recipes/default.rb:1
      • /etc/haproxy/haproxy.cfg then has:
        backend web
        cookbooks/lb/templates/default/haproxy.cfg.erb:9
      see also:
      • no longer served by web1, web2
        cookbooks/lb/recipes/default.rb:1
      pool web in /etc/haproxy/haproxy.cfg: serving before 2 (web1, web2) → after none
      on 2 load balancers: lb1, lb2
      help: roles `webb` does not exist; did you mean `web` (2 nodes)?

    let pass: search-matches-nothing at cookbooks/lb/recipes/default.rb:1, as
              cookbooks/lb/recipes/default.rb:1 says: moved <soon>

    unsafe: 1 error
      change   HEAD (2950bd6cd0) → the work tree: 1 file differs, 2 nodes change
      checked  files 4 · nodes 2 of 4 (2 undetermined) · searches 2 · configs 2
      not evaluated (1 not supported):
        2 nodes Matrix is not modelled (cookbooks/lb/recipes/default.rb:5)
    ");
}

#[test]
fn check_as_json() {
    insta::assert_snapshot!(check("json"), @r#"
    {
      "schema": 1,
      "verdict": "unsafe",
      "base": "HEAD (2950bd6cd0)",
      "head": "the work tree",
      "counts": {
        "files": {
          "found": 4,
          "evaluated": 4,
          "undetermined": 0
        },
        "nodes": {
          "found": 4,
          "evaluated": 2,
          "undetermined": 2
        },
        "searches": {
          "found": 2,
          "evaluated": 2,
          "undetermined": 0
        },
        "configs": {
          "found": 2,
          "evaluated": 2,
          "undetermined": 0
        }
      },
      "findings": [
        {
          "rule": "pool-emptied",
          "severity": "error",
          "message": "pool `web` loses all 2 servers: nobody serves it any more",
          "help": "roles `webb` does not exist; did you mean `web` (2 nodes)?",
          "primary": {
            "path": "cookbooks/lb/recipes/default.rb",
            "line": 1,
            "column": 7,
            "end_line": 1,
            "end_column": 34
          },
          "related": [
            {
              "message": "no longer served by web1, web2",
              "path": "cookbooks/lb/recipes/default.rb",
              "line": 1
            }
          ],
          "cause": [
            {
              "path": "cookbooks/lb/recipes/default.rb",
              "line": 1
            }
          ],
          "nodes": [
            "lb1",
            "lb2"
          ],
          "pools": [
            "web"
          ],
          "evidence": [
            {
              "message": "the change writes `web = search(:node, 'roles:webb') # foretaste:ignore search-matches-nothing moved <soon>`",
              "path": "cookbooks/lb/recipes/default.rb",
              "line": 1
            },
            {
              "message": "the search was `roles:web` and matched 2 (web1, web2); now it is `roles:webb` and matches nothing",
              "path": "cookbooks/lb/recipes/default.rb",
              "line": 1
            },
            {
              "message": "/etc/haproxy/haproxy.cfg then has:\nbackend web",
              "path": "cookbooks/lb/templates/default/haproxy.cfg.erb",
              "line": 9
            }
          ]
        }
      ],
      "suppressed": [
        {
          "rule": "search-matches-nothing",
          "severity": "error",
          "message": "the search `roles:webb` matches nothing; it matched 2 nodes",
          "help": "roles `webb` does not exist; did you mean `web` (2 nodes)?",
          "primary": {
            "path": "cookbooks/lb/recipes/default.rb",
            "line": 1,
            "column": 7,
            "end_line": 1,
            "end_column": 34
          },
          "related": [],
          "cause": [
            {
              "path": "cookbooks/lb/recipes/default.rb",
              "line": 1
            }
          ],
          "nodes": [
            "lb1",
            "lb2"
          ],
          "pools": [],
          "evidence": [
            {
              "message": "the change writes `web = search(:node, 'roles:webb') # foretaste:ignore search-matches-nothing moved <soon>`",
              "path": "cookbooks/lb/recipes/default.rb",
              "line": 1
            },
            {
              "message": "the search was `roles:web` and matched 2 (web1, web2); now it is `roles:webb` and matches nothing",
              "path": "cookbooks/lb/recipes/default.rb",
              "line": 1
            }
          ],
          "by": {
            "comment": {
              "reason": "moved <soon>",
              "path": "cookbooks/lb/recipes/default.rb",
              "line": 1
            }
          }
        }
      ],
      "refused_waivers": [],
      "pools": [
        {
          "node": "lb1",
          "file": "/etc/haproxy/haproxy.cfg",
          "name": "web",
          "before": [
            {
              "name": "web1",
              "address": "10.0.1.1",
              "port": 80,
              "node": "web1",
              "state": "serving"
            },
            {
              "name": "web2",
              "address": "10.0.1.2",
              "port": 80,
              "node": "web2",
              "state": "serving"
            }
          ],
          "first": [],
          "worst": [],
          "after": [],
          "undetermined": null
        },
        {
          "node": "lb2",
          "file": "/etc/haproxy/haproxy.cfg",
          "name": "web",
          "before": [
            {
              "name": "web1",
              "address": "10.0.1.1",
              "port": 80,
              "node": "web1",
              "state": "serving"
            },
            {
              "name": "web2",
              "address": "10.0.1.2",
              "port": 80,
              "node": "web2",
              "state": "serving"
            }
          ],
          "first": [],
          "worst": [],
          "after": [],
          "undetermined": null
        }
      ],
      "nodes": [
        {
          "name": "lb1",
          "before": {
            "ok": true,
            "error": null
          },
          "after": {
            "ok": true,
            "error": null
          },
          "changed": true
        },
        {
          "name": "lb2",
          "before": {
            "ok": true,
            "error": null
          },
          "after": {
            "ok": true,
            "error": null
          },
          "changed": true
        },
        {
          "name": "web1",
          "before": {
            "ok": true,
            "error": null
          },
          "after": {
            "ok": true,
            "error": null
          },
          "changed": false
        },
        {
          "name": "web2",
          "before": {
            "ok": true,
            "error": null
          },
          "after": {
            "ok": true,
            "error": null
          },
          "changed": false
        }
      ],
      "undetermined": [
        {
          "node": "lb1",
          "path": "cookbooks/lb/recipes/default.rb",
          "line": 5,
          "reason": "Matrix is not modelled",
          "kind": "unsupported"
        },
        {
          "node": "lb2",
          "path": "cookbooks/lb/recipes/default.rb",
          "line": 5,
          "reason": "Matrix is not modelled",
          "kind": "unsupported"
        }
      ],
      "undetermined_by_kind": {
        "outside": 0,
        "unsupported": 1,
        "budget": 0
      },
      "notes": []
    }
    "#);
}

#[test]
fn every_format_has_the_finding_and_goes_to_its_file() {
    let shop = emptied();
    let outputs = FORMATS.map(|f| format!("--format={f}=out.{f}"));
    let mut arguments = vec!["check"];
    arguments.extend(outputs.iter().map(String::as_str));
    let ran = shop.run(&arguments);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    for format in FORMATS {
        let text = shop.read(&format!("out.{format}"));
        assert!(text.contains("pool-emptied"), "{format}: {text}");
        assert!(text.contains("Matrix"), "{format}: {text}");
    }
    let log: serde_json::Value = serde_json::from_str(&shop.read("out.sarif")).unwrap();
    let result = &log["runs"][0]["results"][0];
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(
        log["runs"][0]["tool"]["driver"]["rules"][index]["id"],
        result["ruleId"]
    );
}

/// A file that does not parse, one that is not read, and one that is well.
fn lint(format: &str) -> String {
    let folder = Folder::new();
    folder.write("roles/web.rb", "name 'web'\n");
    folder.write("roles/db.rb", "name 'db\n");
    folder.write("roles/old.rb", b"\0\x01\x02");
    let ran = folder.run(&["lint", "--format", format]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    ran.out
}

#[test]
fn lint_as_human() {
    insta::assert_snapshot!(lint("human"), @r"
    ruby-syntax

      × unterminated string meets end of file
       ╭─[roles/db.rb:1:6]
     1 │ name 'db
       ·      ┬
       ·      ╰── here
       ╰────

    not read: roles/old.rb: a binary file
    1 error in 1 of 2 files; 1 not read
    ");
}

#[test]
fn lint_as_json() {
    insta::assert_snapshot!(lint("json"), @r#"
    {
      "schema": 1,
      "files": [
        {
          "path": "roles/db.rb",
          "format": "ruby",
          "ok": false,
          "findings": [
            {
              "rule": "ruby-syntax",
              "severity": "error",
              "message": "unterminated string meets end of file",
              "help": "",
              "primary": {
                "path": "roles/db.rb",
                "line": 1,
                "column": 6,
                "end_line": 1,
                "end_column": 7
              }
            }
          ]
        },
        {
          "path": "roles/web.rb",
          "format": "ruby",
          "ok": true,
          "findings": []
        }
      ],
      "undetermined": [
        {
          "path": "roles/old.rb",
          "reason": "a binary file"
        }
      ]
    }
    "#);
}

#[test]
fn converge_as_json() {
    let ran = Folder::shop().run(&["converge", "lb1", "--format", "json"]);
    let mut json = ran.json();
    // Which defaults a resource shows is the simulator's own matter.
    let properties = json["nodes"][0]["resources"][0]["properties"].as_object_mut();
    properties.unwrap().retain(|name, _| name == "variables");
    insta::assert_snapshot!(format!("{json:#}"), @r#"
    {
      "schema": 1,
      "nodes": [
        {
          "name": "lb1",
          "ok": true,
          "expanded": {
            "roles": [
              "lb"
            ],
            "recipes": [
              "lb"
            ]
          },
          "resources": [
            {
              "type": "template",
              "name": "/etc/haproxy/haproxy.cfg",
              "action": [
                "create"
              ],
              "properties": {
                "variables": {
                  "web": [
                    "node[web1]",
                    "node[web2]"
                  ]
                }
              },
              "notifies": [],
              "conditional": null,
              "source": {
                "path": "cookbooks/lb/recipes/default.rb",
                "line": 2
              },
              "children": []
            }
          ],
          "searches": [
            {
              "index": "node",
              "query": "roles:web",
              "results": [
                "web1",
                "web2"
              ]
            }
          ],
          "files": {
            "/etc/haproxy/haproxy.cfg": "defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\nfrontend public\n  bind :80\n  default_backend web\nbackend web\n  server web1 10.0.1.1:80\n  server web2 10.0.1.2:80\n"
          },
          "error": null,
          "undetermined": []
        }
      ],
      "notes": []
    }
    "#);
}

#[test]
fn a_format_that_is_not_there_is_refused_before_any_work() {
    let folder = Folder::new();
    for (arguments, said) in [
        (&["check", "--format", "jsn"][..], "did you mean json?"),
        (
            &["check", "--format", "xml"],
            "the formats are human, json, sarif",
        ),
        (&["check", "--format", "json="], "after = stands a file"),
        (
            &["search", "node", "a:b", "--format", "sarif"],
            "search has no format sarif",
        ),
        (
            &["explain", "--format", "json"],
            "explain has no format json",
        ),
        (
            &["check", "--format", "human", "--format", "json"],
            "two formats are to go to the standard output",
        ),
        (
            &["check", "--format", "junit=a", "--format", "json=a"],
            "two formats are to go to a",
        ),
    ] {
        let ran = folder.run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.err.contains(said), "{}", ran.err);
    }
}
