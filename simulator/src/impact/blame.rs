//! Which changed lines an effect comes from, judged by what it read and what it speaks of.

use std::collections::BTreeSet;

use foretaste_parser::source::Location;

use super::{FileChange, Hunk, Impact};

/// What is known about the origin of an effect.
#[derive(Clone, Debug, Default)]
pub struct Suspects {
    /// Places on the way to the effect: the query, the attribute it came from, the template's line.
    pub places: Vec<Location>,
    /// Nodes whose runs, or whose own objects, lead to it.
    pub nodes: BTreeSet<String>,
    /// What the effect speaks of: terms of a query, the name that is missing.
    pub words: BTreeSet<String>,
}

/// At most so many causes are named.
const CAUSES: usize = 3;

impl Suspects {
    /// Adds the words of a text: names, not operators or numbers.
    pub fn speak_of(&mut self, text: &str) {
        self.words.extend(
            words(text)
                .filter(|w| w.len() > 1 && !matches!(*w, "AND" | "OR" | "NOT" | "TO"))
                .filter(|w| !w.chars().all(|c| c.is_ascii_digit()))
                .map(str::to_owned),
        );
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')))
        .map(|w| w.trim_matches('-'))
        .filter(|w| !w.is_empty())
}

impl Impact {
    /// The changed lines that an effect comes from, likeliest first; empty without a base, or where the change
    /// touches nothing that the effect depends on.
    #[must_use]
    pub fn blame(&self, suspects: &Suspects) -> Vec<Location> {
        let mut scored: Vec<(u32, Location)> = Vec::new();
        if !self.has_base {
            return Vec::new();
        }
        for file in &self.files {
            let on_the_way: Vec<&Location> = suspects
                .places
                .iter()
                .filter(|p| p.path == file.path)
                .collect();
            if on_the_way.is_empty() && !self.depends(suspects, file) {
                continue;
            }
            for hunk in &file.hunks {
                let hit = on_the_way.iter().find(|p| hunk.covers(p.line));
                let (spoken, line) = spoken_of(file, hunk, suspects);
                let score = if hit.is_some() { 100 } else { 0 }
                    + spoken * 2
                    + u32::from(!on_the_way.is_empty());
                let location = match hit {
                    Some(place) => (*place).clone(),
                    None => line.unwrap_or_else(|| file.location(hunk)),
                };
                scored.push((score, location));
            }
        }
        scored.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let best = scored.first().map_or(0, |(s, _)| *s);
        let mut out: Vec<Location> = Vec::new();
        for (score, location) in scored {
            // What is certain needs no guesses beside it.
            let close = if best >= 100 {
                score >= 100
            } else {
                score * 2 >= best
            };
            if close && out.len() < CAUSES && !out.contains(&location) {
                out.push(location);
            }
        }
        out
    }

    /// Whether the runs of the suspected nodes, or their own objects, depend on a file.
    fn depends(&self, suspects: &Suspects, file: &FileChange) -> bool {
        suspects.nodes.iter().any(|name| {
            let read = self.nodes.get(name).is_some_and(|n| n.reads(&file.path));
            // The object of a node that the change removes is in the old index alone.
            let object = [Some(&self.index), self.index_before.as_ref()]
                .into_iter()
                .flatten()
                .filter_map(|index| index.document("node", name)?.saved()?.location.as_ref())
                .any(|l| l.path == file.path);
            read || object
        })
    }
}

/// How many suspected words a hunk has on either side, and the head's line that has most of them.
fn spoken_of(file: &FileChange, hunk: &Hunk, suspects: &Suspects) -> (u32, Option<Location>) {
    let mut all = BTreeSet::new();
    let mut best: Option<(usize, u32)> = None;
    if let Some(after) = &file.after {
        for line in hunk.new_line..hunk.new_line.saturating_add(hunk.new_count) {
            let here: BTreeSet<&str> = words(after.line_text(line))
                .filter(|w| suspects.words.contains(*w))
                .collect();
            if here.len() > best.map_or(0, |(n, _)| n) {
                best = Some((here.len(), line));
            }
            all.extend(here);
        }
    }
    if let Some(before) = &file.before {
        for line in hunk.old_line..hunk.old_line.saturating_add(hunk.old_count) {
            all.extend(words(before.line_text(line)).filter(|w| suspects.words.contains(*w)));
        }
    }
    let count = u32::try_from(all.len()).unwrap_or(u32::MAX).min(20);
    (
        count,
        best.map(|(_, line)| Location::line(file.path.clone(), line)),
    )
}
