//! A comment for a pull request or a job summary, in GitHub's Markdown.

use std::fmt::Write;

use foretaste_parser::source::Location;
use foretaste_rules::Severity;

use super::summary::{Issue, Summary};
use crate::exit::Exit;

/// Findings that are shown; a comment has a limited length.
const ISSUES: usize = 40;
/// Reasons for which something was not evaluated that are shown.
const GAPS: usize = 20;

/// The whole comment.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let mark = match summary.exit {
        Exit::Clean => "✅",
        Exit::Findings | Exit::CouldNotRun => "❌",
        Exit::NotEvaluated => "⚠️",
    };
    let mut out = format!(
        "### {mark} foretaste {}: {}\n\n",
        summary.command,
        plain(&summary.headline)
    );
    for line in [&summary.change, &summary.checked] {
        if !line.is_empty() {
            let _ = writeln!(out, "- {}", plain(line));
        }
    }
    for note in &summary.notes {
        let _ = writeln!(out, "\n> {}", plain(note));
    }
    for shown in summary.issues.iter().take(ISSUES) {
        out += &issue(shown);
    }
    if let Some(more) = summary.issues.len().checked_sub(ISSUES).filter(|n| *n > 0) {
        let _ = writeln!(out, "\nand {more} more findings");
    }
    if !summary.passed.is_empty() {
        out += "\n**Let pass**\n\n";
        for passed in &summary.passed {
            let _ = writeln!(
                out,
                "- {} at {}: {}",
                code(passed.issue.rule),
                place(&passed.issue.place),
                plain(&passed.why)
            );
        }
    }
    out += &gaps(summary);
    out
}

fn issue(issue: &Issue) -> String {
    let mark = match issue.severity {
        Severity::Error => "❌",
        Severity::Warning => "⚠️",
        Severity::Note => "ℹ️",
    };
    let mut out = format!(
        "\n#### {mark} {}\n\n{} at {}\n",
        plain(&issue.message),
        code(issue.rule),
        place(&issue.place)
    );
    if !issue.nodes.is_empty() {
        let _ = writeln!(out, "on {}", plain(&issue.on()));
    }
    if !issue.evidence.is_empty() || !issue.related.is_empty() {
        out += "\n";
        for step in issue.evidence.iter().chain(&issue.related) {
            let _ = writeln!(
                out,
                "- {} ({})",
                plain(&step.message),
                place(&step.location)
            );
        }
    }
    if !issue.help.is_empty() {
        let _ = writeln!(out, "\n**Help:** {}", plain(&issue.help));
    }
    out
}

fn gaps(summary: &Summary) -> String {
    if summary.gaps.is_empty() {
        return String::new();
    }
    let n = super::paint::count(summary.gaps.len(), "reason", "reasons");
    let mut out = format!(
        "\n<details><summary>Not evaluated ({n})</summary>\n\n| nodes | reason | first place |\n|---:|---|---|\n"
    );
    for gap in summary.gaps.iter().take(GAPS) {
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            gap.nodes.len(),
            plain(&gap.reason),
            gap.place.as_ref().map(place).unwrap_or_default()
        );
    }
    if let Some(more) = summary.gaps.len().checked_sub(GAPS).filter(|n| *n > 0) {
        let _ = writeln!(out, "| | and {more} more | |");
    }
    out + "\n</details>\n"
}

fn place(at: &Location) -> String {
    code(&format!("{}:{}", at.path, at.line))
}

/// A code span; one that holds backticks is fenced by more of them.
fn code(text: &str) -> String {
    let text = one_line(text).replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest == 0 {
        format!("{fence}{text}{fence}")
    } else {
        format!("{fence} {text} {fence}")
    }
}

/// Text of which nothing is markup, a mention or a link, but for code spans, which our messages are written with.
fn plain(text: &str) -> String {
    let text = one_line(text);
    // Without its partner a backtick would swallow what follows.
    let paired = text.matches('`').count().is_multiple_of(2);
    let mut in_code = false;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '`' if paired => {
                in_code = !in_code;
                out.push(c);
            }
            '|' => out += "\\|",
            c if in_code => out.push(c),
            '<' => out += "&lt;",
            '&' => out += "&amp;",
            '@' => out += "&#64;",
            '*' | '_' | '[' | ']' | '\\' | '#' | '~' | '`' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_repository_becomes_markup() {
        assert_eq!(
            plain("<b>@team [x](y) a|b `role:*|x`\n# c"),
            "&lt;b>&#64;team \\[x\\](y) a\\|b `role:*\\|x` \\# c"
        );
        assert_eq!(plain("a ` b <i>"), "a \\` b &lt;i>");
        assert_eq!(code("a`b|c"), "`` a`b\\|c ``");
    }

    #[test]
    fn one_of_everything() {
        let text = super::render(&crate::render::summary::example());
        insta::assert_snapshot!(text, @r"
        ### ❌ foretaste check: unsafe: 1 error, 1 warning

        - HEAD → the work tree: 1 file differs, 2 nodes change
        - files 4 · nodes 3 of 4 (1 undetermined)

        > 2 nodes are made up

        #### ❌ pool `web` loses all 2 servers

        `pool-emptied` at `roles/web, new.rb:3`
        on 2 nodes: lb1, lb2

        - then it has: backend web (`cookbooks/lb/templates/a.erb:9`)
        - served by web1 (`nodes/web1.json:1`)

        **Help:** did you mean `web` &amp; &lt;co>?

        #### ⚠️ 100% of it

        `query-surprises` at `roles/web, new.rb:4`

        **Let pass**

        - `query-surprises` at `roles/web, new.rb:4`: ops answers for it until 2026-12-31: we move

        <details><summary>Not evaluated (2 reasons)</summary>

        | nodes | reason | first place |
        |---:|---|---|
        | 2 | ObjectSpace is not modelled | `cookbooks/lb/recipes/default.rb:5` |
        | 2 | the clock | `cookbooks/lb/recipes/default.rb:5` |

        </details>
        ");
    }
}
