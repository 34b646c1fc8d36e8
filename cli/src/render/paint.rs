//! How text for people is drawn: colours and width.

use miette::{GraphicalReportHandler, GraphicalTheme};

/// Colours or none, and how wide a line may be.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    pub colored: bool,
    pub width: usize,
}

impl Paint {
    /// What draws places in source.
    #[must_use]
    pub fn handler(self) -> GraphicalReportHandler {
        let theme = if self.colored {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        GraphicalReportHandler::new_themed(theme)
            .with_width(self.width)
            .with_links(false)
    }

    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    #[must_use]
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    #[must_use]
    pub fn red(self, text: &str) -> String {
        self.with("1;31", text)
    }

    #[must_use]
    pub fn yellow(self, text: &str) -> String {
        self.with("1;33", text)
    }

    #[must_use]
    pub fn green(self, text: &str) -> String {
        self.with("1;32", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.colored {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// A paragraph, wrapped; its first line begins with `first`, the others with as many spaces. Lines of the text
    /// stay lines.
    #[must_use]
    pub fn paragraph(self, first: &str, text: &str) -> String {
        let indent = " ".repeat(first.chars().count());
        let room = self.width.saturating_sub(indent.len()).max(20);
        let mut out = String::new();
        let lines = text.lines().flat_map(|line| wrap(&printable(line), room));
        for (i, line) in lines.enumerate() {
            out += if i == 0 { first } else { &indent };
            out += &line;
            out.truncate(out.trim_end().len());
            out.push('\n');
        }
        out
    }
}

/// Breaks a line at spaces; a word that is longer stays whole, so that it can be copied.
fn wrap(line: &str, room: usize) -> Vec<String> {
    if line.chars().count() <= room {
        return vec![line.to_owned()];
    }
    let indent: String = line.chars().take_while(|c| *c == ' ').collect();
    let mut out = Vec::new();
    let mut current = indent.clone();
    let mut used = indent.chars().count();
    let mut is_empty = true;
    for word in line.split_whitespace() {
        let length = word.chars().count();
        if !is_empty && used + 1 + length > room {
            out.push(std::mem::replace(&mut current, indent.clone()));
            used = indent.chars().count();
            is_empty = true;
        }
        if !is_empty {
            current.push(' ');
            used += 1;
        }
        current.push_str(word);
        used += length;
        is_empty = false;
    }
    out.push(current);
    out
}

/// A text without characters that steer a terminal: what comes from a repository must not. Each is replaced by one
/// of as many bytes, so that places stay the same; lines stay lines.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            c if c.is_control() && c.len_utf8() == 1 => '?',
            c if c.is_control() => '·',
            c => c,
        })
        .collect()
}

/// `1 node`, `2 nodes`.
#[must_use]
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// The first names of a list, and how many more there are.
#[must_use]
pub fn names<S: AsRef<str>>(names: &[S], at_most: usize) -> String {
    let shown: Vec<&str> = names.iter().take(at_most).map(AsRef::as_ref).collect();
    let more = names.len() - shown.len();
    let mut out = shown.join(", ");
    if more > 0 {
        out += &format!(" and {more} more");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_keeps_its_indent_and_long_words() {
        let paint = Paint {
            colored: false,
            width: 30,
        };
        insta::assert_snapshot!(paint.paragraph("help: ", "ask for what the servers really are: /etc/haproxy/haproxy.cfg/and/more\n  x"), @r"
        help: ask for what the servers
              really are:
              /etc/haproxy/haproxy.cfg/and/more
                x
        ");
    }

    #[test]
    fn names_are_counted_where_they_are_many() {
        assert_eq!(names(&["a", "b", "c"], 2), "a, b and 1 more");
        assert_eq!(names(&["a"], 2), "a");
    }
}
