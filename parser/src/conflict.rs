//! Merge-conflict markers that git left in a file.

use crate::source::{Source, Span, SyntaxError};

/// Finds the conflicts in a text of any format, an error for each.
///
/// A line of `=======` alone is an underline in Markdown and data in a heredoc; what git leaves is a
/// block, from `<<<<<<< ` through `=======` to `>>>>>>> `, each seven characters at the beginning of
/// its line.
#[must_use]
pub fn markers(source: &Source) -> Vec<SyntaxError> {
    let mut errors = Vec::new();
    let mut open: Option<(Span, bool)> = None;
    let mut at = 0;
    for line in source.text().split_inclusive('\n') {
        let text = line.trim_end_matches(['\n', '\r']);
        let span = Span::new(at, at + text.len());
        at += line.len();
        if is_marker(text, "<<<<<<<") {
            open = Some((span, false));
        } else if text == "=======" {
            if let Some((_, divided)) = &mut open {
                *divided = true;
            }
        } else if is_marker(text, ">>>>>>>")
            && let Some((start, true)) = open.take()
        {
            let whole = start.to(span);
            errors.push(
                SyntaxError::new("unresolved merge conflict", whole)
                    .with_help("choose between the two sides and remove the marker lines"),
            );
        }
    }
    errors
}

/// The marker, and nothing or a label after a space.
fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker)
        .is_some_and(|label| label.is_empty() || label.starts_with(' '))
}

#[cfg(test)]
mod tests {
    use super::markers;
    use crate::source::Source;

    fn lines(text: &str) -> Vec<(u32, u32)> {
        let source = Source::new("a", text);
        let spans = markers(&source).into_iter().map(|e| e.span);
        spans
            .map(|s| (source.line(s.start), source.line(s.end)))
            .collect()
    }

    #[test]
    fn blocks_are_found_in_both_styles() {
        let text = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> topic\nd\n<<<<<<< ours\r\nx\r\n||||||| base\r\ny\r\n=======\r\nz\r\n>>>>>>> theirs\r\n";
        assert_eq!(lines(text), [(2, 6), (8, 14)]);
    }

    #[test]
    fn underlines_and_quoted_markers_are_no_conflict() {
        assert_eq!(lines("Title\n=======\n\nOther\n=======\n"), []);
        assert_eq!(lines("cat <<EOS\n=======\nEOS\n>>>>>>> x\n"), []);
        assert_eq!(lines("  <<<<<<< HEAD\n=======\n>>>>>>> x\n"), []);
        assert_eq!(lines("<<<<<<<< eight\n=======\n>>>>>>>> x\n"), []);
    }
}
