//! SARIF 2.1.0, as code scanning of GitHub and others reads it.
//!
//! Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", and the properties that GitHub's
//! documentation asks for. Findings that are let pass are results with a suppression; what was not evaluated is a
//! notification of the invocation, for which viewers have a place beside the results.

use foretaste_parser::source::Location;
use foretaste_rules::catalogue::RULES;
use foretaste_rules::{Severity, docs};
use foretaste_simulator::convergence::Evidence;
use serde_json::{Value as Json, json};

use super::summary::{Issue, Summary};
use crate::exit::Exit;

/// The whole log, ending in a newline.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let fingerprints = summary.fingerprints();
    let mut results: Vec<Json> = summary
        .issues
        .iter()
        .zip(fingerprints)
        .map(|(issue, fingerprint)| {
            let mut out = result(issue);
            set(
                &mut out,
                "partialFingerprints",
                json!({"foretaste/v1": fingerprint}),
            );
            out
        })
        .collect();
    results.extend(summary.passed.iter().map(|passed| {
        let kind = if passed.in_source {
            "inSource"
        } else {
            "external"
        };
        let mut out = result(&passed.issue);
        let suppression = json!({"kind": kind, "status": "accepted", "justification": passed.why});
        set(&mut out, "suppressions", json!([suppression]));
        out
    }));
    let notifications: Vec<Json> = summary
        .gaps
        .iter()
        .map(|gap| {
            let mut out = json!({
                "level": if gap.is_outside { "note" } else { "warning" },
                "message": {"text": format!("not evaluated: {}", gap.reason)},
                "descriptor": {"id": "undetermined"},
            });
            if let Some(place) = &gap.place {
                set(&mut out, "locations", json!([location(place, None)]));
            }
            out
        })
        .collect();
    let rules: Vec<Json> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.name,
                "shortDescription": {"text": rule.summary},
                "help": {"text": rule.summary, "markdown": docs::page(rule)},
                "defaultConfiguration": {"level": level(rule.severity)},
            })
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "foretaste",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                    "notifications": [{
                        "id": "undetermined",
                        "shortDescription": {"text": "Something was not evaluated"},
                    }],
                },
            },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                // Findings are what a run is for; only a run that evaluated nothing did not succeed.
                "executionSuccessful": summary.exit != Exit::NotEvaluated,
                "exitCode": summary.exit.code(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
            "properties": {
                "verdict": summary.headline,
                "change": summary.change,
                "checked": summary.checked,
                "notes": summary.notes,
            },
        }],
    });
    format!("{log:#}\n")
}

fn set(to: &mut Json, key: &str, value: Json) {
    if let Some(map) = to.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn result(issue: &Issue) -> Json {
    let mut out = json!({
        "ruleId": issue.rule,
        "level": level(issue.severity),
        "message": {"text": issue.text()},
        "locations": [location(&issue.place, None)],
        "properties": {"nodes": issue.nodes, "pools": issue.pools},
    });
    if let Some(index) = RULES.iter().position(|r| r.name == issue.rule) {
        set(&mut out, "ruleIndex", json!(index));
    }
    let at = |e: &Evidence| location(&e.location, Some(&e.message));
    if !issue.related.is_empty() {
        let related: Vec<Json> = issue.related.iter().map(at).collect();
        set(&mut out, "relatedLocations", Json::from(related));
    }
    if !issue.evidence.is_empty() {
        let steps: Vec<Json> = issue
            .evidence
            .iter()
            .map(|e| json!({"location": at(e)}))
            .collect();
        let flow = json!([{"threadFlows": [{"locations": steps}]}]);
        set(&mut out, "codeFlows", flow);
    }
    out
}

fn location(at: &Location, message: Option<&str>) -> Json {
    let mut region = json!({"startLine": at.line.max(1)});
    // A place without columns is its whole line.
    if (at.line, at.column) != (at.end_line, at.end_column) {
        set(&mut region, "startColumn", json!(at.column.max(1)));
        set(&mut region, "endLine", json!(at.end_line.max(at.line)));
        set(&mut region, "endColumn", json!(at.end_column.max(1)));
    }
    let artifact = if at.path.starts_with('/') {
        json!({"uri": format!("file://{}", uri(&at.path))})
    } else {
        json!({"uri": uri(&at.path), "uriBaseId": "%SRCROOT%"})
    };
    let mut out = json!({
        "physicalLocation": {"artifactLocation": artifact, "region": region},
    });
    if let Some(message) = message {
        set(&mut out, "message", json!({"text": message}));
    }
    out
}

/// A path as RFC 3986 writes it: all but unreserved characters and slashes as percent and two digits.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out += &format!("%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_path_is_written_as_a_uri() {
        assert_eq!(super::uri("a b/é:[x].rb"), "a%20b/%C3%A9%3A%5Bx%5D.rb");
    }

    #[test]
    fn one_of_everything() {
        let text = super::render(&crate::render::summary::example());
        let mut log: serde_json::Value = serde_json::from_str(&text).unwrap();
        // The catalogue and the version change for reasons of their own.
        let driver = &mut log["runs"][0]["tool"]["driver"];
        assert!(driver["rules"].as_array().is_some_and(|r| r.len() > 10));
        driver["rules"] = "…".into();
        driver["semanticVersion"] = "…".into();
        log["runs"][0]["results"][0]["ruleIndex"] = "…".into();
        insta::assert_snapshot!(format!("{log:#}"), @r#"
        {
          "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
          "version": "2.1.0",
          "runs": [
            {
              "tool": {
                "driver": {
                  "name": "foretaste",
                  "semanticVersion": "…",
                  "rules": "…",
                  "notifications": [
                    {
                      "id": "undetermined",
                      "shortDescription": {
                        "text": "Something was not evaluated"
                      }
                    }
                  ]
                }
              },
              "columnKind": "unicodeCodePoints",
              "invocations": [
                {
                  "executionSuccessful": true,
                  "exitCode": 1,
                  "toolExecutionNotifications": [
                    {
                      "level": "warning",
                      "message": {
                        "text": "not evaluated: ObjectSpace is not modelled"
                      },
                      "descriptor": {
                        "id": "undetermined"
                      },
                      "locations": [
                        {
                          "physicalLocation": {
                            "artifactLocation": {
                              "uri": "cookbooks/lb/recipes/default.rb",
                              "uriBaseId": "%SRCROOT%"
                            },
                            "region": {
                              "startLine": 5
                            }
                          }
                        }
                      ]
                    },
                    {
                      "level": "note",
                      "message": {
                        "text": "not evaluated: the clock"
                      },
                      "descriptor": {
                        "id": "undetermined"
                      },
                      "locations": [
                        {
                          "physicalLocation": {
                            "artifactLocation": {
                              "uri": "cookbooks/lb/recipes/default.rb",
                              "uriBaseId": "%SRCROOT%"
                            },
                            "region": {
                              "startLine": 5
                            }
                          }
                        }
                      ]
                    }
                  ]
                }
              ],
              "results": [
                {
                  "ruleId": "pool-emptied",
                  "level": "error",
                  "message": {
                    "text": "pool `web` loses all 2 servers\n\non 2 nodes: lb1, lb2\n\nhelp: did you mean `web` & <co>?"
                  },
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "roles/web%2C%20new.rb",
                          "uriBaseId": "%SRCROOT%"
                        },
                        "region": {
                          "startLine": 3,
                          "startColumn": 5,
                          "endLine": 3,
                          "endColumn": 17
                        }
                      }
                    }
                  ],
                  "properties": {
                    "nodes": [
                      "lb1",
                      "lb2"
                    ],
                    "pools": [
                      "web"
                    ]
                  },
                  "ruleIndex": "…",
                  "relatedLocations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "nodes/web1.json",
                          "uriBaseId": "%SRCROOT%"
                        },
                        "region": {
                          "startLine": 1
                        }
                      },
                      "message": {
                        "text": "served by web1"
                      }
                    }
                  ],
                  "codeFlows": [
                    {
                      "threadFlows": [
                        {
                          "locations": [
                            {
                              "location": {
                                "physicalLocation": {
                                  "artifactLocation": {
                                    "uri": "cookbooks/lb/templates/a.erb",
                                    "uriBaseId": "%SRCROOT%"
                                  },
                                  "region": {
                                    "startLine": 9
                                  }
                                },
                                "message": {
                                  "text": "then it has:\nbackend web"
                                }
                              }
                            }
                          ]
                        }
                      ]
                    }
                  ],
                  "partialFingerprints": {
                    "foretaste/v1": "25df0ad51bd735d6-1"
                  }
                },
                {
                  "ruleId": "query-surprises",
                  "level": "warning",
                  "message": {
                    "text": "100% of it"
                  },
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "roles/web%2C%20new.rb",
                          "uriBaseId": "%SRCROOT%"
                        },
                        "region": {
                          "startLine": 4,
                          "startColumn": 1,
                          "endLine": 6,
                          "endColumn": 4
                        }
                      }
                    }
                  ],
                  "properties": {
                    "nodes": [],
                    "pools": []
                  },
                  "partialFingerprints": {
                    "foretaste/v1": "a10729a5391263e3-1"
                  }
                },
                {
                  "ruleId": "query-surprises",
                  "level": "warning",
                  "message": {
                    "text": "100% of it"
                  },
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "roles/web%2C%20new.rb",
                          "uriBaseId": "%SRCROOT%"
                        },
                        "region": {
                          "startLine": 4,
                          "startColumn": 1,
                          "endLine": 6,
                          "endColumn": 4
                        }
                      }
                    }
                  ],
                  "properties": {
                    "nodes": [],
                    "pools": []
                  },
                  "suppressions": [
                    {
                      "kind": "external",
                      "status": "accepted",
                      "justification": "ops answers for it until 2026-12-31: we move"
                    }
                  ]
                }
              ],
              "properties": {
                "verdict": "unsafe: 1 error, 1 warning",
                "change": "HEAD → the work tree: 1 file differs, 2 nodes change",
                "checked": "files 4 · nodes 3 of 4 (1 undetermined)",
                "notes": [
                  "2 nodes are made up"
                ]
              }
            }
          ]
        }
        "#);
    }
}
