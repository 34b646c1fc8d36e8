//! `# foretaste:ignore RULE reason` on a line, or on the line above it.
//!
//! Works in every format whose comments begin with `#`, and in ERB's `<%# … %>`. JSON has no comments: there, and for
//! whole paths, a [waiver](crate::waiver) does it. A reason is required; without one nothing is suppressed.

use foretaste_parser::source::{Location, Source};

/// One such comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    pub rule: String,
    pub reason: String,
    pub location: Location,
}

const MARK: &str = "foretaste:ignore";

/// The comment that speaks of a rule for a line of a file, if there is one with a reason.
#[must_use]
pub fn suppression(source: &Source, line: u32, rule: &str) -> Option<Suppression> {
    let here = read(source, line, rule);
    // A comment behind code speaks of its own line only.
    here.or_else(|| {
        let above = line.checked_sub(1)?;
        let text = source.line_text(above).trim_start();
        (text.starts_with('#') || text.starts_with("<%#"))
            .then(|| read(source, above, rule))
            .flatten()
    })
}

fn read(source: &Source, line: u32, rule: &str) -> Option<Suppression> {
    let text = source.line_text(line);
    let (before, after) = text.split_once(MARK)?;
    if !before.trim_end().ends_with('#') {
        return None;
    }
    let after = after
        .trim()
        .trim_end_matches("%>")
        .trim_end_matches('-')
        .trim();
    let (named, reason) = after.split_once(char::is_whitespace)?;
    (named == rule && !reason.trim().is_empty()).then(|| Suppression {
        rule: rule.to_owned(),
        reason: reason.trim().to_owned(),
        location: Location::line(source.path().clone(), line),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_speaks_of_its_line_or_the_next_and_needs_a_reason() {
        let source = Source::new(
            "r.rb",
            "# foretaste:ignore pool-shrunk moving out of fra\nsearch\nsearch # foretaste:ignore pool-shrunk drained\nsearch\n\
             # foretaste:ignore pool-shrunk\nsearch\n",
        );
        let reason = |line| suppression(&source, line, "pool-shrunk").map(|s| s.reason);
        assert_eq!(reason(2).as_deref(), Some("moving out of fra"));
        assert_eq!(reason(3).as_deref(), Some("drained"));
        assert_eq!(reason(4), None);
        assert_eq!(reason(6), None);
        assert_eq!(suppression(&source, 2, "pool-emptied"), None);
        let erb = Source::new("t.erb", "<%# foretaste:ignore config-syntax known -%>\nx\n");
        assert_eq!(
            suppression(&erb, 2, "config-syntax")
                .map(|s| s.reason)
                .as_deref(),
            Some("known")
        );
    }
}
