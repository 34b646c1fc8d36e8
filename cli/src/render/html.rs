//! A page for a browser, in one file: no script, nothing that is fetched, light and dark.

use std::fmt::Write;

use foretaste_parser::source::Location;
use foretaste_rules::Severity;

use super::paint::count;
use super::summary::{Gap, Issue, Summary};
use crate::exit::Exit;

const STYLE: &str = "
:root { color-scheme: light dark; --error: #b3261e; --warning: #8a6100; --note: #1d5fa8; --clean: #1b6e3a; }
@media (prefers-color-scheme: dark) {
  :root { --error: #ff8a80; --warning: #f0c04a; --note: #8ab8ff; --clean: #7fd6a0; }
}
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; border-left: .5rem solid; padding-left: .75rem; }
article { border: 1px solid #8886; border-left: .3rem solid; border-radius: .3rem; padding: .25rem 1rem; margin: 1rem 0; }
article h2 { font-size: 1.05rem; margin: .5rem 0; }
.error { border-left-color: var(--error); } .warning { border-left-color: var(--warning); }
.note { border-left-color: var(--note); } .clean { border-left-color: var(--clean); }
code { font-family: ui-monospace, monospace; font-size: .9em; background: #8882; padding: 0 .2em; border-radius: .2em; }
li { white-space: pre-line; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .2rem .5rem; border-top: 1px solid #8884; }
td:first-child { text-align: right; }
";

/// The whole page.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let mark = match summary.exit {
        Exit::Clean => "clean",
        Exit::Findings | Exit::CouldNotRun => "error",
        Exit::NotEvaluated => "warning",
    };
    let title = format!("foretaste {}: {}", summary.command, summary.headline);
    let (plain, title) = (escaped(&title), text(&title));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{plain}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1 class=\"{mark}\">{title}</h1>\n"
    );
    for line in [&summary.change, &summary.checked] {
        if !line.is_empty() {
            let _ = writeln!(out, "<p>{}</p>", text(line));
        }
    }
    for note in &summary.notes {
        let _ = writeln!(out, "<p><em>{}</em></p>", text(note));
    }
    for shown in &summary.issues {
        out += &issue(shown);
    }
    if !summary.passed.is_empty() {
        out += "<h2>Let pass</h2>\n<ul>\n";
        for passed in &summary.passed {
            let _ = writeln!(
                out,
                "<li><code>{}</code> at {}: {}</li>",
                escaped(passed.issue.rule),
                place(&passed.issue.place),
                text(&passed.why)
            );
        }
        out += "</ul>\n";
    }
    let (outside, own): (Vec<_>, Vec<_>) = summary.gaps.iter().partition(|g| g.is_outside);
    out += &gaps("Not evaluated", &own);
    out += &gaps("Known only to the machines themselves", &outside);
    out + "</body>\n</html>\n"
}

fn issue(issue: &Issue) -> String {
    let class = match issue.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let mut out = format!(
        "<article class=\"{class}\">\n<h2>{}</h2>\n<p>{class} <code>{}</code> at {}</p>\n",
        text(&issue.message),
        escaped(issue.rule),
        place(&issue.place)
    );
    if !issue.nodes.is_empty() {
        let _ = writeln!(out, "<p>on {}</p>", text(&issue.on()));
    }
    if !issue.evidence.is_empty() || !issue.related.is_empty() {
        out += "<ul>\n";
        for step in issue.evidence.iter().chain(&issue.related) {
            let (message, at) = (text(&step.message), place(&step.location));
            let _ = writeln!(out, "<li>{message} ({at})</li>");
        }
        out += "</ul>\n";
    }
    if !issue.help.is_empty() {
        let _ = writeln!(out, "<p><strong>Help:</strong> {}</p>", text(&issue.help));
    }
    out + "</article>\n"
}

fn gaps(title: &str, gaps: &[&Gap]) -> String {
    if gaps.is_empty() {
        return String::new();
    }
    let n = count(gaps.len(), "reason", "reasons");
    let mut out = format!(
        "<details>\n<summary>{title} ({n})</summary>\n<table>\n\
         <tr><th>nodes</th><th>reason</th><th>first place</th></tr>\n"
    );
    for gap in gaps {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
            gap.nodes.len(),
            text(&gap.reason),
            gap.place.as_ref().map(place).unwrap_or_default()
        );
    }
    out + "</table>\n</details>\n"
}

fn place(at: &Location) -> String {
    format!("<code>{}:{}</code>", escaped(&at.path), at.line)
}

/// Text of which nothing is markup, but for code between backticks, which our messages are written with.
fn text(message: &str) -> String {
    let parts: Vec<&str> = message.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // A backtick without its partner.
        return escaped(message);
    }
    let mut out = String::with_capacity(message.len());
    for (i, part) in parts.into_iter().enumerate() {
        let part = escaped(part);
        out += &match i % 2 {
            0 => part,
            _ => format!("<code>{part}</code>"),
        };
    }
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            // Characters that no page may hold.
            c if c.is_control() && c != '\n' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_repository_becomes_markup() {
        assert_eq!(
            text("<script>'a'&\"b\" `x<y` \u{7}"),
            "&lt;script&gt;&#39;a&#39;&amp;&quot;b&quot; <code>x&lt;y</code> \u{fffd}"
        );
        assert_eq!(text("a ` b"), "a ` b");
    }

    #[test]
    fn one_of_everything() {
        let page = render(&crate::render::summary::example());
        let (_, body) = page.split_once("<body>").unwrap_or_default();
        insta::assert_snapshot!(body, @r#"
        <h1 class="error">foretaste check: unsafe: 1 error, 1 warning</h1>
        <p>HEAD → the work tree: 1 file differs, 2 nodes change</p>
        <p>files 4 · nodes 3 of 4 (1 undetermined)</p>
        <p><em>2 nodes are made up</em></p>
        <article class="error">
        <h2>pool <code>web</code> loses all 2 servers</h2>
        <p>error <code>pool-emptied</code> at <code>roles/web, new.rb:3</code></p>
        <p>on 2 nodes: lb1, lb2</p>
        <ul>
        <li>then it has:
        backend web (<code>cookbooks/lb/templates/a.erb:9</code>)</li>
        <li>served by web1 (<code>nodes/web1.json:1</code>)</li>
        </ul>
        <p><strong>Help:</strong> did you mean <code>web</code> &amp; &lt;co&gt;?</p>
        </article>
        <article class="warning">
        <h2>100% of it</h2>
        <p>warning <code>query-surprises</code> at <code>roles/web, new.rb:4</code></p>
        </article>
        <h2>Let pass</h2>
        <ul>
        <li><code>query-surprises</code> at <code>roles/web, new.rb:4</code>: ops answers for it until 2026-12-31: we move</li>
        </ul>
        <details>
        <summary>Not evaluated (1 reason)</summary>
        <table>
        <tr><th>nodes</th><th>reason</th><th>first place</th></tr>
        <tr><td>2</td><td>ObjectSpace is not modelled</td><td><code>cookbooks/lb/recipes/default.rb:5</code></td></tr>
        </table>
        </details>
        <details>
        <summary>Known only to the machines themselves (1 reason)</summary>
        <table>
        <tr><th>nodes</th><th>reason</th><th>first place</th></tr>
        <tr><td>2</td><td>the clock</td><td><code>cookbooks/lb/recipes/default.rb:5</code></td></tr>
        </table>
        </details>
        </body>
        </html>
        "#);
    }
}
