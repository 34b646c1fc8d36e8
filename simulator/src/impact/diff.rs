//! Which lines of a file a change touches.

use std::sync::Arc;

use foretaste_parser::source::{Location, Source};

use crate::repository::Files;

/// One file that differs between base and head.
#[derive(Clone, Debug)]
pub struct FileChange {
    pub path: Arc<str>,
    /// `None` where the change adds the file, or where its bytes are not text that was loaded.
    pub before: Option<Arc<Source>>,
    /// `None` where the change removes the file.
    pub after: Option<Arc<Source>>,
    /// In the order of the file.
    pub hunks: Vec<Hunk>,
}

/// A run of lines that became other lines. Lines count from 1; an empty side stands before its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hunk {
    pub old_line: u32,
    pub old_count: u32,
    pub new_line: u32,
    pub new_count: u32,
}

impl FileChange {
    #[must_use]
    pub fn new(path: Arc<str>, before: Option<Arc<Source>>, after: Option<Arc<Source>>) -> Self {
        let text = |s: &Option<Arc<Source>>| {
            s.as_ref()
                .map_or_else(|| Arc::from(""), |s| s.text().clone())
        };
        let hunks = hunks(&text(&before), &text(&after));
        Self {
            path,
            before,
            after,
            hunks,
        }
    }

    /// The hunk that a line of the head is in; a removal is at the line that now stands in its place.
    #[must_use]
    pub fn hunk_at(&self, line: u32) -> Option<&Hunk> {
        self.hunks.iter().find(|h| h.covers(line))
    }

    /// Where a line of the base is in the head; `None` where the change removed it.
    #[must_use]
    pub fn new_line(&self, old: u32) -> Option<u32> {
        let mut shift = 0i64;
        for h in &self.hunks {
            if old < h.old_line {
                break;
            }
            if old < h.old_line.saturating_add(h.old_count) {
                return None;
            }
            shift += i64::from(h.new_count) - i64::from(h.old_count);
        }
        u32::try_from(i64::from(old) + shift).ok()
    }

    /// The place of a hunk in the head, or in the base where the file is gone.
    #[must_use]
    pub fn location(&self, hunk: &Hunk) -> Location {
        let line = if self.after.is_some() {
            hunk.new_line
        } else {
            hunk.old_line
        };
        Location::line(self.path.clone(), line.max(1))
    }
}

impl Hunk {
    /// Whether a line of the head lies in this hunk.
    #[must_use]
    pub fn covers(&self, line: u32) -> bool {
        line >= self.new_line && line < self.new_line.saturating_add(self.new_count.max(1))
    }
}

/// The files that differ, by path. Without a base, every file of the head is one that the change adds.
#[must_use]
pub fn file_changes(base: Option<&Files>, head: &Files) -> Vec<FileChange> {
    let nothing = Files::default();
    let base = base.unwrap_or(&nothing);
    let mut paths: Vec<&Arc<str>> = base.0.keys().chain(head.0.keys()).collect();
    paths.sort();
    paths.dedup();
    let source = |files: &Files, path: &Arc<str>| {
        let bytes = files.get(path)?;
        Some(Arc::new(Source::from_bytes(path.clone(), bytes)))
    };
    paths
        .into_iter()
        .filter(|path| match (base.get(path), head.get(path)) {
            (Some(a), Some(b)) => !Arc::ptr_eq(a, b) && a != b,
            _ => true,
        })
        .map(|path| FileChange::new(path.clone(), source(base, path), source(head, path)))
        .collect()
}

/// More cells than this are not compared: what lies between equal ends is then one hunk.
const CELLS: usize = 4_000_000;

/// The hunks between two texts: a longest common subsequence of lines between their equal ends.
#[must_use]
pub fn hunks(before: &str, after: &str) -> Vec<Hunk> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old
        .iter()
        .skip(head)
        .rev()
        .zip(new.iter().skip(head).rev())
        .take_while(|(a, b)| a == b)
        .count();
    let old = old.get(head..old.len() - tail).unwrap_or_default();
    let new = new.get(head..new.len() - tail).unwrap_or_default();
    let kept = if old.len().saturating_mul(new.len()) <= CELLS {
        common(old, new)
    } else {
        Vec::new()
    };
    let mut out = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (a, b) in kept.into_iter().chain([(old.len(), new.len())]) {
        if a > i || b > j {
            out.push(Hunk {
                old_line: number(head + i),
                old_count: count(a - i),
                new_line: number(head + j),
                new_count: count(b - j),
            });
        }
        (i, j) = (a + 1, b + 1);
    }
    out
}

/// Pairs of indexes of equal lines, increasing on both sides, as many as can be.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    let mut lengths = vec![0u32; (old.len() + 1) * width];
    let at = |lengths: &[u32], i: usize, j: usize| lengths.get(i * width + j).copied().unwrap_or(0);
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let longest = if a == b {
                at(&lengths, i + 1, j + 1) + 1
            } else {
                at(&lengths, i + 1, j).max(at(&lengths, i, j + 1))
            };
            if let Some(cell) = lengths.get_mut(i * width + j) {
                *cell = longest;
            }
        }
    }
    let mut out = Vec::new();
    let (mut i, mut j) = (0, 0);
    while let (Some(a), Some(b)) = (old.get(i), new.get(j)) {
        if a == b {
            out.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if at(&lengths, i + 1, j) >= at(&lengths, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    out
}

fn number(index: usize) -> u32 {
    count(index).saturating_add(1)
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(before: &str, after: &str) -> String {
        hunks(before, after)
            .iter()
            .map(|h| {
                format!(
                    "-{},{} +{},{} ",
                    h.old_line, h.old_count, h.new_line, h.new_count
                )
            })
            .collect()
    }

    #[test]
    fn hunks_name_the_lines_that_changed() {
        assert_eq!(show("a\nb\nc\n", "a\nB\nc\n"), "-2,1 +2,1 ");
        assert_eq!(show("a\nb\nc\nd\n", "a\nc\nx\nd\n"), "-2,1 +2,0 -4,0 +3,1 ");
        assert_eq!(show("", "a\nb\n"), "-1,0 +1,2 ");
        assert_eq!(show("a\n", "a\n"), "");
    }

    #[test]
    fn a_line_is_found_again_in_the_head() {
        let source = |text: &str| Some(Arc::new(Source::new("f", text)));
        let change = FileChange::new("f".into(), source("a\nb\nc\n"), source("x\na\nc\n"));
        assert_eq!(change.new_line(1), Some(2));
        assert_eq!(change.new_line(2), None);
        assert_eq!(change.new_line(3), Some(3));
        assert!(change.hunk_at(1).is_some() && change.hunk_at(2).is_none());
    }
}
