//! GitLab's Code Quality report.
//!
//! Source: GitLab's documentation, "Code Quality report format". It has no place for what was not evaluated but a
//! finding of its lowest severity.

use foretaste_rules::Severity;
use serde_json::{Value as Json, json};

use super::summary::Summary;

/// The whole report, ending in a newline.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let fingerprints = summary.fingerprints();
    let mut entries: Vec<Json> = summary
        .issues
        .iter()
        .zip(fingerprints)
        .map(|(issue, fingerprint)| {
            let severity = match issue.severity {
                Severity::Error => "critical",
                Severity::Warning => "major",
                Severity::Note => "minor",
            };
            json!({
                "description": issue.text(),
                "check_name": issue.rule,
                "fingerprint": fingerprint,
                "severity": severity,
                "location": {
                    "path": &*issue.place.path,
                    "lines": {"begin": issue.place.line, "end": issue.place.end_line},
                },
            })
        })
        .collect();
    for gap in summary.gaps.iter().filter(|gap| !gap.is_outside) {
        let Some(place) = &gap.place else { continue };
        entries.push(json!({
            "description": format!("not evaluated: {}", gap.reason),
            "check_name": "undetermined",
            "fingerprint": format!("undetermined {}:{}", gap.reason, place.path),
            "severity": "info",
            "location": {"path": &*place.path, "lines": {"begin": place.line, "end": place.line}},
        }));
    }
    format!("{:#}\n", Json::from(entries))
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_of_everything() {
        let text = super::render(&crate::render::summary::example());
        insta::assert_snapshot!(text, @r#"
        [
          {
            "description": "pool `web` loses all 2 servers\n\non 2 nodes: lb1, lb2\n\nhelp: did you mean `web` & <co>?",
            "check_name": "pool-emptied",
            "fingerprint": "25df0ad51bd735d6-1",
            "severity": "critical",
            "location": {
              "path": "roles/web, new.rb",
              "lines": {
                "begin": 3,
                "end": 3
              }
            }
          },
          {
            "description": "100% of it",
            "check_name": "query-surprises",
            "fingerprint": "a10729a5391263e3-1",
            "severity": "major",
            "location": {
              "path": "roles/web, new.rb",
              "lines": {
                "begin": 4,
                "end": 6
              }
            }
          },
          {
            "description": "not evaluated: ObjectSpace is not modelled",
            "check_name": "undetermined",
            "fingerprint": "undetermined ObjectSpace is not modelled:cookbooks/lb/recipes/default.rb",
            "severity": "info",
            "location": {
              "path": "cookbooks/lb/recipes/default.rb",
              "lines": {
                "begin": 5,
                "end": 5
              }
            }
          }
        ]
        "#);
    }
}
