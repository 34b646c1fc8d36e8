//! Workflow commands of GitHub Actions: an annotation at each finding's place.
//!
//! Source: GitHub's documentation, "Workflow commands for GitHub Actions", and the escapes of `@actions/core`
//! (`command.ts`).

use std::fmt::Write;

use foretaste_rules::Severity;

use super::summary::{Gap, Summary};
use crate::exit::Exit;

/// Reasons for which something was not evaluated that are shown.
const GAPS: usize = 5;

/// A line for each finding, then the verdict.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let mut out = String::new();
    for issue in &summary.issues {
        let command = match issue.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let at = &issue.place;
        let _ = write!(
            out,
            "::{command} file={},line={}",
            property(&at.path),
            at.line
        );
        if (at.line, at.column) != (at.end_line, at.end_column) {
            let _ = write!(out, ",endLine={}", at.end_line);
            // Columns are taken only within one line.
            if at.line == at.end_line {
                let _ = write!(out, ",col={},endColumn={}", at.column, at.end_column);
            }
        }
        let _ = writeln!(
            out,
            ",title={}::{}",
            property(&format!("foretaste: {}", issue.rule)),
            data(&issue.text())
        );
    }
    let command = match summary.exit {
        Exit::Clean => "notice",
        Exit::NotEvaluated => "warning",
        Exit::Findings | Exit::CouldNotRun => "error",
    };
    let mut text = summary.headline.clone();
    for line in [&summary.change, &summary.checked] {
        if !line.is_empty() {
            text += "\n";
            text += line;
        }
    }
    for note in &summary.notes {
        text += "\nnote: ";
        text += note;
    }
    let gaps: Vec<&Gap> = summary.gaps.iter().filter(|g| !g.is_outside).collect();
    for gap in gaps.iter().take(GAPS) {
        let _ = write!(text, "\nnot evaluated: {}", gap.reason);
        if let Some(place) = &gap.place {
            let _ = write!(text, " ({place})");
        }
    }
    if let Some(more) = gaps.len().checked_sub(GAPS).filter(|n| *n > 0) {
        let _ = write!(text, "\nand {more} more reasons");
    }
    let title = property(&format!("foretaste {}", summary.command));
    let _ = writeln!(out, "::{command} title={title}::{}", data(&text));
    out
}

/// What stands after the command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// What stands in a property of the command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_end_a_command_or_begin_one() {
        assert_eq!(data("a\n::error::100%\r"), "a%0A::error::100%25%0D");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }

    #[test]
    fn one_of_everything() {
        let text = super::render(&crate::render::summary::example());
        insta::assert_snapshot!(text, @r"
        ::error file=roles/web%2C new.rb,line=3,endLine=3,col=5,endColumn=17,title=foretaste%3A pool-emptied::pool `web` loses all 2 servers%0A%0Aon 2 nodes: lb1, lb2%0A%0Ahelp: did you mean `web` & <co>?
        ::warning file=roles/web%2C new.rb,line=4,endLine=6,title=foretaste%3A query-surprises::100%25 of it
        ::error title=foretaste check::unsafe: 1 error, 1 warning%0AHEAD → the work tree: 1 file differs, 2 nodes change%0Afiles 4 · nodes 3 of 4 (1 undetermined)%0Anote: 2 nodes are made up%0Anot evaluated: ObjectSpace is not modelled (cookbooks/lb/recipes/default.rb:5)
        ");
    }
}
