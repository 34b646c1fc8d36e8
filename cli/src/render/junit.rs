//! JUnit's XML, as Jenkins, GitLab and others read it: a case for each node of a check or file of a lint, and one for
//! each file that has a finding which hits no node.
//!
//! Source: the schema of Jenkins' xUnit plugin, `junit-10.xsd`. Findings below `--fail-on` fail no case and stand in its
//! output; a case that was not evaluated in full and has no finding is skipped, with the reason.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::summary::{Issue, Summary};

#[derive(Default)]
struct Case<'a> {
    issues: Vec<&'a Issue>,
    open: Option<&'a str>,
}

/// The whole document.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let subject = if summary.command == "check" {
        "node"
    } else {
        "file"
    };
    let mut cases: BTreeMap<(&str, &str), Case<'_>> = BTreeMap::new();
    for known in &summary.subjects {
        let case = cases.entry((subject, &known.name)).or_default();
        case.open = known.open.as_deref();
    }
    for issue in &summary.issues {
        if issue.nodes.is_empty() {
            let case = cases.entry(("file", &issue.place.path)).or_default();
            case.issues.push(issue);
        }
        for node in &issue.nodes {
            let case = cases.entry(("node", node)).or_default();
            case.issues.push(issue);
        }
    }
    let (mut body, mut failures, mut skipped) = (String::new(), 0, 0);
    for ((kind, name), case) in &cases {
        let _ = write!(
            body,
            "    <testcase classname=\"foretaste.{}.{kind}\" name=\"{}\"",
            summary.command,
            escape(name)
        );
        let (failing, lesser): (Vec<&Issue>, Vec<&Issue>) = case
            .issues
            .iter()
            .partition(|i| i.severity >= summary.fail_on);
        let mut inner = String::new();
        if let Some(first) = failing.first() {
            failures += 1;
            let text: Vec<String> = failing.iter().map(|i| text(i)).collect();
            let _ = writeln!(
                inner,
                "      <failure message=\"{}\" type=\"{}\">{}</failure>",
                escape(&first.message),
                first.rule,
                escape(&text.join("\n\n"))
            );
        } else if let Some(reason) = case.open {
            skipped += 1;
            let _ = writeln!(
                inner,
                "      <skipped message=\"{}\"/>",
                escape(&format!("not evaluated in full: {reason}"))
            );
        }
        let mut text: Vec<String> = lesser.iter().map(|i| text(i)).collect();
        if let Some(reason) = case.open.filter(|_| !failing.is_empty()) {
            text.push(format!("not evaluated in full: {reason}"));
        }
        if !text.is_empty() {
            let _ = writeln!(
                inner,
                "      <system-out>{}</system-out>",
                escape(&text.join("\n\n"))
            );
        }
        if inner.is_empty() {
            body += "/>\n";
        } else {
            let _ = writeln!(body, ">\n{inner}    </testcase>");
        }
    }
    let tests = cases.len();
    let name = format!("foretaste {}", summary.command);
    let out = [&summary.headline, &summary.change, &summary.checked]
        .map(String::as_str)
        .join("\n");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\">\n  \
         <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">\n\
         {body}    <system-out>{}</system-out>\n  </testsuite>\n</testsuites>\n",
        escape(out.trim())
    )
}

fn text(issue: &Issue) -> String {
    format!(
        "{}: {} at {}\n{}",
        issue.severity.as_str(),
        issue.rule,
        issue.place,
        issue.text()
    )
}

/// XML's own characters escaped, and those that XML 1.0 cannot hold left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            // In an attribute a plain newline would be read as a space.
            '\n' => out += "&#10;",
            '\t' => out += "&#9;",
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_text_breaks_the_document() {
        assert_eq!(
            super::escape("a<b>\"&\u{1b}\n]]>"),
            "a&lt;b&gt;&quot;&amp;&#10;]]&gt;"
        );
    }

    #[test]
    fn one_of_everything() {
        let text = super::render(&crate::render::summary::example());
        insta::assert_snapshot!(text, @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="foretaste check" tests="5" failures="2">
          <testsuite name="foretaste check" tests="5" failures="2" errors="0" skipped="1">
            <testcase classname="foretaste.check.file" name="roles/web, new.rb">
              <system-out>warning: query-surprises at roles/web, new.rb:4&#10;100% of it</system-out>
            </testcase>
            <testcase classname="foretaste.check.node" name="lb1">
              <failure message="pool `web` loses all 2 servers" type="pool-emptied">error: pool-emptied at roles/web, new.rb:3&#10;pool `web` loses all 2 servers&#10;&#10;on 2 nodes: lb1, lb2&#10;&#10;help: did you mean `web` &amp; &lt;co&gt;?</failure>
              <system-out>not evaluated in full: ObjectSpace is not modelled</system-out>
            </testcase>
            <testcase classname="foretaste.check.node" name="lb2">
              <failure message="pool `web` loses all 2 servers" type="pool-emptied">error: pool-emptied at roles/web, new.rb:3&#10;pool `web` loses all 2 servers&#10;&#10;on 2 nodes: lb1, lb2&#10;&#10;help: did you mean `web` &amp; &lt;co&gt;?</failure>
            </testcase>
            <testcase classname="foretaste.check.node" name="web1">
              <skipped message="not evaluated in full: ObjectSpace is not modelled"/>
            </testcase>
            <testcase classname="foretaste.check.node" name="web2"/>
            <system-out>unsafe: 1 error, 1 warning&#10;HEAD → the work tree: 1 file differs, 2 nodes change&#10;files 4 · nodes 3 of 4 (1 undetermined)</system-out>
          </testsuite>
        </testsuites>
        "#);
    }
}
